"""The hierarchical net of part 5 of the makemore lectures, in the manner of WaveNet (van den Oord et al., 2016).

The context does not go into one layer as a whole: two characters are fused, then two pairs, then two fours, until one
vector stands for all of it.
"""

import math

from makemore.models.mlp import NormalLinear
from makemore.models.sizes import check_sizes
from micrograd import Tensor
from micrograd.nn import BatchNorm1d, Embedding, Module, Sequential, Tanh


class FlattenConsecutive(Module):
    """Each n consecutive vectors as one: (..., c) to (rows / n, n * c).

    The lecture keeps the examples apart, (n_examples, positions, channels). Here all positions of all examples are rows
    of one matrix. It is the same memory, the linear layers see the same vectors, and batch normalization goes over
    examples and positions alike by itself.
    """

    def __init__(self, n: int):
        self.n = n

    def forward(self, x: Tensor) -> Tensor:
        """x: (..., c), where n divides the last dimension but one."""
        return x.view(-1, self.n * x.shape[-1])

    def extra_repr(self) -> str:
        return str(self.n)


class WaveNet(Module):
    """Logits of the next character from a context of 2, 4, 8, ... characters, fused two by two.

    n_embd: the size of a character's embedding. n_embd2: the units of each hidden layer, of which there are
    log2(context_length). The initial weights are those of the lecture, drawn in its order.
    Raises ValueError for a context_length that is not a power of 2, and for a size below 1.
    """

    whole_words = False

    def __init__(self, vocabulary_size: int, context_length: int, *, n_embd: int, n_embd2: int):
        check_sizes(vocabulary_size=vocabulary_size, n_embd=n_embd, n_embd2=n_embd2)
        if context_length < 2 or context_length & (context_length - 1):
            raise ValueError(
                f"the context of a WaveNet has to be 2, 4, 8, 16, ... characters long, and it is {context_length}"
            )
        self.vocabulary_size, self.context_length = vocabulary_size, context_length
        layers: list[Module] = [Embedding(vocabulary_size, n_embd)]
        width = n_embd
        for _ in range(int(math.log2(context_length))):
            layers += [
                FlattenConsecutive(2),
                NormalLinear(2 * width, n_embd2, bias=False, std=1 / math.sqrt(2 * width)),
                BatchNorm1d(n_embd2),
                Tanh(),
            ]
            width = n_embd2
        # A tenth of the usual size, so that at first all characters are about as likely.
        layers.append(NormalLinear(n_embd2, vocabulary_size, std=0.1 / math.sqrt(n_embd2)))
        self.layers = Sequential(*layers)

    def forward(self, contexts: Tensor) -> Tensor:
        """contexts (n, context_length), int64, to logits (n, vocabulary_size)."""
        return self.layers(contexts)
