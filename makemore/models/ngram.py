"""N-grams, both ways: an array of counts, and a table of logits that learns.

They are one model: the logits that explain the words best are the logarithms of the counts, and smoothing the counts
and pulling the logits to zero (L2) both pull the probabilities to uniform.
"""

import numpy as np

import micrograd
from micrograd import Generator, Tensor
from micrograd.nn import Module, Parameter
from micrograd.nn import functional as F  # noqa: N812 - as everywhere


class Counts(Module):
    """An n-gram by counting: p(next | context) = (count + smoothing) / sum of these over all next characters.

    counts: (size,) * order, int64, the characters of the context first. smoothing: 0 or more, added to each count
    (Laplace's at 1). A pair never seen has probability 0 where nothing is added, so its logit is -inf; a context never
    seen has the uniform distribution then.
    interpolation: above 0; instead of smoothing, p = (count + interpolation * q) / (sum of counts + interpolation),
    where q is the same of the context without its first character, and at last 1 / size (MacKay and Peto 1995): what
    was seen seldom is filled up with what shorter contexts know.
    """

    whole_words = False

    def __init__(self, counts: np.ndarray, smoothing: float = 0.0, interpolation: float | None = None):
        self.vocabulary_size, self.context_length = counts.shape[-1], counts.ndim - 1
        self.counts: Tensor
        self.register_buffer("counts", micrograd.from_numpy(counts))
        self.smoothing, self.interpolation = smoothing, interpolation
        self._shorter: list[Tensor] = []  # the counts after contexts of 0, 1, ... characters, once asked for

    def counts_after(self, contexts: Tensor) -> Tensor:
        """How often each character came next: contexts (n, context_length or less), int64, to (n, size), int64."""
        while len(self._shorter) <= min(contexts.shape[1], self.context_length - 1):
            axes = tuple(range(self.context_length - len(self._shorter)))
            self._shorter.append(self.counts.sum(axes))
        table = [*self._shorter, self.counts][contexts.shape[1]]
        return table.view(-1, self.vocabulary_size)[index_of(contexts, self.vocabulary_size)]

    def forward(self, contexts: Tensor) -> Tensor:
        """The logarithm of each next character's probability: contexts (n, context_length) to (n, size), float64."""
        if self.interpolation is not None:
            p: Tensor | float = 1 / self.vocabulary_size
            for length in range(self.context_length + 1):
                counts = self.counts_after(contexts[:, self.context_length - length :]).double()
                p = (counts + self.interpolation * p) / (counts.sum(1, keepdim=True) + self.interpolation)
            return micrograd.as_tensor(p).log()
        scale = max(1.0, self.smoothing)  # both are divided by it, or the sum of a row could overflow
        counts = self.counts_after(contexts).double() / scale + self.smoothing / scale
        counts = counts + (counts.sum(1, keepdim=True) == 0)  # where nothing was seen, each as often
        return (counts / counts.sum(1, keepdim=True)).log()


class NGram(Module):
    """An n-gram by gradient descent: the logits are a row of W, (size ** (order - 1), size), one for each context.

    W starts from the normal distribution, drawn from the generator. W[row] is what one-hot times W gives, without
    the multiplications by 0.
    """

    whole_words = False

    def __init__(self, vocabulary_size: int, order: int, generator: Generator | None = None):
        self.vocabulary_size, self.context_length = vocabulary_size, order - 1
        shape = (vocabulary_size**self.context_length, vocabulary_size)
        self.W = Parameter(micrograd.randn(shape, generator=generator))

    def forward(self, contexts: Tensor) -> Tensor:
        """The logits of the next character: contexts (n, context_length), int64, to (n, size)."""
        return self.W[index_of(contexts, self.vocabulary_size)]

    def loss_of_counts(self, frequencies: Tensor) -> Tensor:
        """The mean cross-entropy, in nats, over examples of which `frequencies_of` their counts is given.

        All examples of one context and target have one loss, so the table costs the same whether it stands for a
        thousand examples or a billion.
        """
        return -(frequencies * F.log_softmax(self.W, 1)).sum()

    def penalty(self, weight_decay: float) -> Tensor:
        """The lecture's L2 penalty, weight_decay * (W**2).mean(): it smooths, as adding to the counts does."""
        return weight_decay * (self.W**2).mean()


def index_of(contexts: Tensor, vocabulary_size: int) -> Tensor:
    """The number of each context, (n,), the row of a table: its ids are the digits, in base vocabulary_size."""
    if not contexts.shape[1]:
        return contexts.new_zeros(len(contexts))
    index = contexts[:, 0]
    for i in range(1, contexts.shape[1]):
        index = index * vocabulary_size + contexts[:, i]
    return index


def frequencies_of(counts: np.ndarray) -> Tensor:
    """Counts of n-grams, (size,) * order, divided by their sum, in the shape of an NGram's W, float32."""
    return micrograd.from_numpy((counts / counts.sum()).astype(np.float32)).view(-1, counts.shape[-1])
