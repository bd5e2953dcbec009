"""The multilayer perceptron of Bengio, Ducharme, Vincent and Jauvin (2003), "A Neural Probabilistic Language Model".

Each character of the context is looked up in a table of vectors, the embedding; these, side by side, go through hidden
layers with tanh to the logits of the next character. Parts 2 and 3 of the makemore lectures build this net.
"""

import math

import micrograd
from makemore.models.sizes import check_sizes
from micrograd import Tensor, no_grad
from micrograd.nn import BatchNorm1d, Embedding, Linear, Module, Sequential, Tanh, init


class NormalLinear(Linear):
    """A Linear whose initial weights are drawn as in the lectures: from the normal distribution.

    std, bias_std: the standard deviations of weight and bias; without bias_std the bias starts at 0 and is not drawn.
    """

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, *, std: float, bias_std: float | None = None
    ):
        self.std, self.bias_std = std, bias_std
        super().__init__(in_features, out_features, bias)

    @no_grad()
    def reset_parameters(self) -> None:
        """Draw the weight anew, in the order of the lectures' (in_features, out_features), and then the bias."""
        self.weight.copy_(micrograd.randn(self.in_features, self.out_features).T * self.std)
        if self.bias is not None:
            self.bias.zero_()
            if self.bias_std is not None:
                self.bias.normal_(0.0, self.bias_std)


class MLP(Module):
    """Logits of the next character from the embeddings of the context's characters.

    n_embd: the size of a character's embedding. n_embd2: the units of each of the n_layer hidden layers. batchnorm:
    batch normalization before each tanh (Ioffe and Szegedy, 2015), in place of the bias there. direct: the paper's
    connections from the embeddings to the logits, past the hidden layers. blank: the net of the public makemore.py,
    see `_as_makemore_py`, with the initial weights of PyTorch's layers; otherwise they are those of the lectures' part
    3, drawn in its order.
    Raises ValueError for a size below 1, and for blank together with what makemore.py does not have.
    """

    whole_words = False

    def __init__(
        self,
        vocabulary_size: int,
        context_length: int,
        *,
        n_embd: int,
        n_embd2: int,
        n_layer: int = 1,
        batchnorm: bool = False,
        direct: bool = False,
        blank: bool = False,
    ):
        check_sizes(vocabulary_size=vocabulary_size, context_length=context_length)
        check_sizes(n_embd=n_embd, n_embd2=n_embd2, n_layer=n_layer)
        if blank and (n_layer > 1 or batchnorm or direct):
            raise ValueError("blank is makemore.py's net: it goes with one hidden layer, without batchnorm and direct")
        self.vocabulary_size, self.context_length, self.blank = vocabulary_size, context_length, blank
        concatenated = context_length * n_embd
        if blank:
            self.wte = Embedding(vocabulary_size + 1, n_embd)
            self.mlp = Sequential(Linear(concatenated, n_embd2), Tanh(), Linear(n_embd2, vocabulary_size))
            return
        self.wte = Embedding(vocabulary_size, n_embd)
        layers: list[Module] = []
        for fan_in in [concatenated, *[n_embd2] * (n_layer - 1)]:
            std = init.calculate_gain("tanh") / math.sqrt(fan_in)
            layers.append(NormalLinear(fan_in, n_embd2, bias=not batchnorm, std=std, bias_std=0.01))
            if batchnorm:
                layers.append(BatchNorm1d(n_embd2, momentum=0.001))
            layers.append(Tanh())
        # Small, so that at first all characters are about as likely; the bias is drawn, as in the lecture, times 0.
        self.mlp = Sequential(*layers, NormalLinear(n_embd2, vocabulary_size, std=0.01, bias_std=0.0))
        self.direct = NormalLinear(concatenated, vocabulary_size, bias=False, std=0.01) if direct else None

    def forward(self, contexts: Tensor) -> Tensor:
        """contexts (n, context_length), int64, to logits (n, vocabulary_size)."""
        if self.blank:
            contexts = self._as_makemore_py(contexts)
        emb = self.wte(contexts)  # (n, context_length, n_embd)
        x = emb.view(len(contexts), -1)  # (n, context_length * n_embd)
        logits = self.mlp(x)
        return logits if self.blank or self.direct is None else logits + self.direct(x)

    def _as_makemore_py(self, contexts: Tensor) -> Tensor:
        """The contexts as makemore.py has them: a number of its own, the last, for what is before the boundary that
        starts the word, and the latest character first."""
        before = (contexts[:, :-1] == 0) & (contexts[:, 1:] == 0)
        numbers = contexts[:, :-1].masked_fill(before, self.vocabulary_size)
        return micrograd.cat([numbers, contexts[:, -1:]], 1).flip(1)
