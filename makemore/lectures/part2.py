"""Part 2: a multilayer perceptron (Bengio et al. 2003), all weights drawn from the standard normal distribution."""

from typing import Any

import micrograd
from makemore.config import LECTURE_SEED
from makemore.corpus import Corpus
from makemore.lectures.descent import Outcome, batches, descend, outcome_of, step_of
from makemore.report import parameters_of
from micrograd import Generator, Tensor
from micrograd.nn import Module, Parameter

BLOCK_SIZE, N_EMBD, N_HIDDEN = 3, 10, 200
SHOWN = (0, 1, 2, 10, 100, 200)


class Net(Module):
    """tanh(C[x] @ W1 + b1) @ W2 + b2; drawn in the order C, W1, b1, W2, b2."""

    whole_words = False
    context_length = BLOCK_SIZE

    def __init__(self, vocabulary_size: int, generator: Generator):
        self.vocabulary_size = vocabulary_size

        def randn(*shape: int) -> Parameter:
            return Parameter(micrograd.randn(*shape, generator=generator))

        self.C = randn(vocabulary_size, N_EMBD)
        self.W1 = randn(BLOCK_SIZE * N_EMBD, N_HIDDEN)
        self.b1 = randn(N_HIDDEN)
        self.W2 = randn(N_HIDDEN, vocabulary_size)
        self.b2 = randn(vocabulary_size)

    def forward(self, contexts: Tensor) -> Tensor:
        """contexts (n, 3), int64, to logits (n, vocabulary_size)."""
        emb = self.C[contexts].view(len(contexts), -1)  # (n, 30)
        h = (emb @ self.W1 + self.b1).tanh()  # (n, 200)
        return h @ self.W2 + self.b2


def run(corpus: Corpus, steps: int) -> Outcome:
    """Train the net for that many steps, and evaluate it."""
    # The lecture does not seed its batches. Here they come from the generator of the weights, as from part 3 on.
    generator = Generator().manual_seed(LECTURE_SEED)
    net = Net(len(corpus.vocabulary), generator)
    losses = descend(step_of(net, batches(corpus, BLOCK_SIZE, generator)), steps, "part 2")
    values: dict[str, Any] = {f"examples in {part}": int(corpus.counts(part, 1).sum()) for part in corpus.parts}
    values |= {"parameters": parameters_of(net)}
    same_rate = steps / 2  # until then the learning rate is the same in runs of all lengths
    values |= {f"loss of the batch of step {i}": losses[i] for i in SHOWN if i == 0 or i <= same_rate}
    return outcome_of(net, corpus, values)
