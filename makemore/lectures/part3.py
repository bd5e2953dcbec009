"""Part 3: the net of part 2 with initial weights of the right scale, and batch normalization written out."""

import micrograd
from makemore.config import LECTURE_SEED
from makemore.corpus import Corpus
from makemore.lectures.descent import Outcome, batches, descend, outcome_of, step_of
from makemore.report import parameters_of
from micrograd import Generator, Tensor, no_grad
from micrograd.nn import Module, Parameter

BLOCK_SIZE, N_EMBD, N_HIDDEN = 3, 10, 200
GAIN = 5 / 3  # makes up for tanh, which shrinks the std
MOMENTUM = 0.001


class Net(Module):
    """An MLP with batch normalization before tanh (Ioffe and Szegedy 2015).

    As in the lecture: the std divides by n - 1, there is no eps, and evaluation uses a running mean of the stds.
    """

    whole_words = False
    context_length = BLOCK_SIZE
    bnmean_running: Tensor
    bnstd_running: Tensor

    def __init__(self, vocabulary_size: int, generator: Generator):
        self.vocabulary_size = vocabulary_size
        fan_in = BLOCK_SIZE * N_EMBD

        def randn(*shape: int, std: float = 1.0) -> Parameter:
            return Parameter(micrograd.randn(*shape, generator=generator) * std)

        self.C = randn(vocabulary_size, N_EMBD)
        self.W1 = randn(fan_in, N_HIDDEN, std=GAIN / fan_in**0.5)
        self.W2 = randn(N_HIDDEN, vocabulary_size, std=0.01)
        self.b2 = randn(vocabulary_size, std=0)
        self.bngain = Parameter(micrograd.ones(1, N_HIDDEN))
        self.bnbias = Parameter(micrograd.zeros(1, N_HIDDEN))
        self.register_buffer("bnmean_running", micrograd.zeros(1, N_HIDDEN))
        self.register_buffer("bnstd_running", micrograd.ones(1, N_HIDDEN))

    def forward(self, contexts: Tensor) -> Tensor:
        """contexts (n, 3), int64, to logits (n, vocabulary_size)."""
        hpreact = self.C[contexts].view(len(contexts), -1) @ self.W1  # (n, 200)
        mean, std = self.bnmean_running, self.bnstd_running
        if self.training:
            mean, std = hpreact.mean(0, keepdim=True), hpreact.std(0, keepdim=True)
            with no_grad():
                self.bnmean_running += MOMENTUM * (mean - self.bnmean_running)
                self.bnstd_running += MOMENTUM * (std - self.bnstd_running)
        h = (self.bngain * (hpreact - mean) / std + self.bnbias).tanh()
        return h @ self.W2 + self.b2


def run(corpus: Corpus, steps: int) -> Outcome:
    """Train the net for that many steps, and evaluate it."""
    generator = Generator().manual_seed(LECTURE_SEED)
    net = Net(len(corpus.vocabulary), generator)
    losses = descend(step_of(net, batches(corpus, BLOCK_SIZE, generator)), steps, "part 3")
    return outcome_of(net, corpus, {"parameters": parameters_of(net), "loss of the batch of step 0": losses[0]})
