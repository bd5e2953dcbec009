"""N-grams, both ways: a table of counts, and a table of logits that learns.

Either has a row for each context of order - 1 characters and a column for each next character. They are one model: the
logits that explain the words best are the logarithms of the counts, and smoothing the counts and pulling the logits
to zero (L2) both pull the probabilities to uniform.
"""

import numpy as np

import micrograd
from makemore.data import order_of, row_numbers
from micrograd import Generator, Tensor
from micrograd.nn import Module, Parameter
from micrograd.nn import functional as F  # noqa: N812 - as everywhere


class _Table(Module):
    """What the two have in common: which row of the table a context means."""

    whole_words = False

    def __init__(self, vocabulary_size: int, order: int):
        self.vocabulary_size = vocabulary_size
        self.context_length = order - 1

    def rows(self, contexts: Tensor) -> Tensor:
        """The row of each context: contexts (n, context_length), int64, to (n,)."""
        return micrograd.from_numpy(row_numbers(contexts.numpy(), self.vocabulary_size))


class Counts(_Table):
    """An n-gram by counting: p(next | context) = (count + smoothing) / sum of these over the row.

    counts: (size ** (order - 1), size), int64. smoothing: 0 or more, added to each count (Laplace's at 1).
    A pair never seen has probability 0 where nothing is added, so its logit is -inf; a context never seen has the
    uniform distribution then.
    """

    def __init__(self, counts: np.ndarray, smoothing: float = 0.0):
        super().__init__(counts.shape[-1], order_of(counts))
        self.counts: Tensor
        self.register_buffer("counts", micrograd.from_numpy(counts))
        self.smoothing = smoothing

    def forward(self, contexts: Tensor) -> Tensor:
        """The logarithm of each next character's probability: contexts (n, context_length) to (n, size), float64."""
        scale = max(1.0, self.smoothing)  # both are divided by it, or the sum of a row could overflow
        counts = self.counts[self.rows(contexts)].double() / scale + self.smoothing / scale
        counts[(counts.sum(1) == 0)] = 1.0
        return (counts / counts.sum(1, keepdim=True)).log()


class NGram(_Table):
    """An n-gram by gradient descent: the logits are a row of W, (size ** (order - 1), size).

    W starts from the normal distribution, drawn from the generator. W[row] is what one-hot times W gives, without
    the multiplications by 0.
    """

    def __init__(self, vocabulary_size: int, order: int, generator: Generator | None = None):
        super().__init__(vocabulary_size, order)
        shape = (vocabulary_size**self.context_length, vocabulary_size)
        self.W = Parameter(micrograd.randn(shape, generator=generator))

    def forward(self, contexts: Tensor) -> Tensor:
        """The logits of the next character: contexts (n, context_length) to (n, size)."""
        return self.W[self.rows(contexts)]

    def loss_of_counts(self, shares: Tensor) -> Tensor:
        """The mean cross-entropy, in nats, over examples of which `shares`, of the shape of W, counts each kind.

        shares: counts divided by their sum. All examples of one kind have one loss, so the table costs the same
        whether it stands for a thousand examples or a billion.
        """
        return -(shares * F.log_softmax(self.W, 1)).sum()

    def penalty(self, weight_decay: float) -> Tensor:
        """The lecture's L2 penalty, weight_decay * (W**2).mean(): it smooths, as adding to the counts does."""
        return weight_decay * (self.W**2).mean()
