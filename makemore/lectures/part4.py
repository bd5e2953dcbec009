"""Part 4: the net of part 3 without autograd: every gradient written out, in NumPy alone."""

from typing import Any, NamedTuple, Self

import numpy as np

import micrograd
from makemore.config import LECTURE_SEED
from makemore.corpus import Corpus
from makemore.data import Examples
from makemore.lectures.descent import Outcome, batches, descend, loss_on, outcome_of
from makemore.report import parameters_of
from micrograd import Generator, Tensor
from micrograd.nn import Module, Parameter

BLOCK_SIZE, N_EMBD, N_HIDDEN = 3, 10, 200
EPS = 1e-5
NAMES = ("C", "W1", "b1", "W2", "b2", "bngain", "bnbias")
GAIN_SEED = 42
"""The notebook draws bngain and bnbias from a generator without a seed, so its numbers cannot be drawn again."""


class Net(Module):
    """The MLP, with micrograd's operations: for evaluation, and to compare the gradients with.

    Evaluation uses the mean and variance of hpreact over all training examples, which `calibrate` computes.
    """

    whole_words = False
    context_length = BLOCK_SIZE

    def __init__(self, vocabulary_size: int, generator: Generator):
        self.vocabulary_size = vocabulary_size
        fan_in = BLOCK_SIZE * N_EMBD
        of_gain = Generator().manual_seed(GAIN_SEED)

        def randn(*shape: int, std: float, mean: float = 0.0, generator: Generator = generator) -> Parameter:
            return Parameter(micrograd.randn(*shape, generator=generator) * std + mean)

        # None of them is 0 or 1, where a mistake in a gradient would not show.
        self.C = randn(vocabulary_size, N_EMBD, std=1)
        self.W1 = randn(fan_in, N_HIDDEN, std=(5 / 3) / fan_in**0.5)
        self.b1 = randn(N_HIDDEN, std=0.1)
        self.W2 = randn(N_HIDDEN, vocabulary_size, std=0.1)
        self.b2 = randn(vocabulary_size, std=0.1)
        self.bngain = randn(1, N_HIDDEN, std=0.1, mean=1.0, generator=of_gain)
        self.bnbias = randn(1, N_HIDDEN, std=0.1, generator=of_gain)
        self.statistics: tuple[Tensor, Tensor] | None = None

    def forward(self, contexts: Tensor) -> Tensor:
        """contexts (n, 3), int64, to logits (n, vocabulary_size)."""
        hpreact = self._hpreact(contexts)
        mean, var = self.statistics or (hpreact.mean(0, keepdim=True), hpreact.var(0, keepdim=True))
        h = (self.bngain * (hpreact - mean) / (var + EPS) ** 0.5 + self.bnbias).tanh()
        return h @ self.W2 + self.b2

    def _hpreact(self, contexts: Tensor) -> Tensor:
        return self.C[contexts].view(len(contexts), -1) @ self.W1 + self.b1

    @micrograd.no_grad()
    def calibrate(self, examples: Examples) -> None:
        """Fix mean and variance to those of all examples."""
        hpreact = self._hpreact(micrograd.from_numpy(examples.contexts))
        self.statistics = hpreact.mean(0, keepdim=True), hpreact.var(0, keepdim=True)

    def arrays(self) -> "Weights":
        """The parameters as arrays that share their memory."""
        return Weights(*(getattr(self, name).detach().numpy() for name in NAMES))


class Weights(NamedTuple):
    """The seven arrays that are learned, float32; or their gradients."""

    C: np.ndarray
    W1: np.ndarray
    b1: np.ndarray
    W2: np.ndarray
    b2: np.ndarray
    bngain: np.ndarray
    bnbias: np.ndarray

    def move(self, gradients: Self, rate: float) -> None:
        """Take a step against the gradients, in place."""
        for weight, gradient in zip(self, gradients, strict=True):
            weight -= rate * gradient


def loss_and_gradients(w: Weights, contexts: np.ndarray, targets: np.ndarray) -> tuple[float, Weights]:
    """The mean cross-entropy of a batch, and its gradient for each array, by the chain rule.

    contexts (n, 3) and targets (n,), int64. dx stands for the derivative of the loss by x.
    """
    n, rows = len(contexts), np.arange(len(contexts))

    # Forward.
    emb = w.C[contexts].reshape(n, -1)  # (n, 30)
    hpreact = emb @ w.W1 + w.b1  # (n, 200)
    centered = hpreact - hpreact.mean(0)
    var_inv = ((centered**2).sum(0) / (n - 1) + np.float32(EPS)) ** np.float32(-0.5)  # (200,)
    bnraw = centered * var_inv  # (n, 200)
    h = np.tanh(w.bngain * bnraw + w.bnbias)
    logits = h @ w.W2 + w.b2  # (n, 27)
    shifted = logits - logits.max(1, keepdims=True)
    exp = np.exp(shifted)
    sums = exp.sum(1, keepdims=True)
    loss = float((np.log(sums[:, 0]) - shifted[rows, targets]).mean())

    # Backward. Through cross-entropy: probabilities, minus 1 at the target.
    dlogits = exp / sums
    dlogits[rows, targets] -= 1
    dlogits /= n
    dnormed = (dlogits @ w.W2.T) * (1 - h * h)  # through tanh, whose derivative is 1 - tanh**2
    dbngain, dbnbias = (dnormed * bnraw).sum(0, keepdims=True), dnormed.sum(0, keepdims=True)
    # Through batch normalization: directly, through the mean, and through the variance.
    dhpreact = w.bngain * var_inv * (dnormed - dbnbias / n - bnraw * dbngain / (n - 1))
    demb = (dhpreact @ w.W1.T).reshape(-1, w.C.shape[1])  # (n * 3, 10)
    looked_up = (np.arange(len(w.C))[:, None] == contexts.reshape(-1)).astype(demb.dtype)
    return loss, Weights(
        C=looked_up @ demb,  # a row gets the gradients of all positions that looked it up
        W1=emb.T @ dhpreact,
        b1=dhpreact.sum(0),
        W2=h.T @ dlogits,
        b2=dlogits.sum(0),
        bngain=dbngain,
        bnbias=dbnbias,
    )


def largest_difference(net: Net, contexts: np.ndarray, targets: np.ndarray) -> float:
    """The largest difference of a gradient written out from the one that backward() finds."""
    net.zero_grad()
    loss_on(net, contexts, targets).backward()
    _, gradients = loss_and_gradients(net.arrays(), contexts, targets)
    pairs = zip(NAMES, gradients, strict=True)
    return max(float(np.abs(getattr(net, name).grad.numpy() - gradient).max()) for name, gradient in pairs)


def run(corpus: Corpus, steps: int) -> Outcome:
    """Train the net for that many steps, and evaluate it."""
    generator = Generator().manual_seed(LECTURE_SEED)
    net = Net(len(corpus.vocabulary), generator)
    found = corpus.examples("train", BLOCK_SIZE)
    first = Examples(found.contexts[:32], found.targets[:32])
    values: dict[str, Any] = {
        "parameters": parameters_of(net),
        "gradients by hand, largest error": largest_difference(net, *first),
    }
    weights, draw = net.arrays(), batches(corpus, BLOCK_SIZE, generator)

    def step(rate: float) -> float:
        loss, gradients = loss_and_gradients(weights, *draw())
        weights.move(gradients, rate)
        return loss

    values["loss of the batch of step 0"] = descend(step, steps, "part 4")[0]
    net.calibrate(found)
    return outcome_of(net, corpus, values)
