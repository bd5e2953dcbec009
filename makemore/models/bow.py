"""The causal bag of words of the public makemore.py: a transformer block whose attention weights are all equal.

Every position gets the mean of the vectors up to it, whatever they are, and then a small net of it.
"""

import micrograd
from makemore.models.sizes import check_context, check_sizes
from micrograd import Tensor
from micrograd.nn import Embedding, Linear, Module, ModuleDict


class CausalBoW(Module):
    """For each position the mean over it and those before it."""

    bias: Tensor

    def __init__(self, context_length: int):
        self.register_buffer("bias", micrograd.ones(context_length, context_length).tril()[None])

    def forward(self, x: Tensor) -> Tensor:
        """x: (n, T, c); the result has its shape."""
        length = x.shape[1]
        seen = self.bias[0, :length, :length]  # 1 where a row's position sees a column's
        return (seen / seen.sum(1, keepdim=True)) @ x


class BoWBlock(Module):
    """x = x + CausalBoW(x); the result is x + mlp(x), with tanh in the one hidden layer."""

    def __init__(self, context_length: int, n_embd: int, n_embd2: int):
        self.cbow = CausalBoW(context_length)
        self.mlp = ModuleDict({"c_fc": Linear(n_embd, n_embd2), "c_proj": Linear(n_embd2, n_embd)})

    def forward(self, x: Tensor) -> Tensor:
        """x: (n, T, n_embd); the result has its shape."""
        x = x + self.cbow(x)
        return x + self.mlp["c_proj"](self.mlp["c_fc"](x).tanh())


class BagOfWords(Module):
    """Logits of the next character after each character of whole words, from the average of those so far.

    n_embd: the size of the embeddings of a character and of its position. n_embd2: the units of the hidden layer.
    Names, shapes and initial weights are those of makemore.py. Raises ValueError for a size below 1.
    """

    whole_words = True

    def __init__(self, vocabulary_size: int, context_length: int, *, n_embd: int, n_embd2: int):
        check_sizes(vocabulary_size=vocabulary_size, context_length=context_length, n_embd=n_embd, n_embd2=n_embd2)
        self.vocabulary_size, self.context_length = vocabulary_size, context_length
        self.wte = Embedding(vocabulary_size, n_embd)
        self.wpe = Embedding(context_length, n_embd)
        self.context_block = BoWBlock(context_length, n_embd, n_embd2)
        self.lm_head = Linear(n_embd, vocabulary_size)

    def forward(self, x: Tensor) -> Tensor:
        """x (n, T), int64, to logits (n, T, vocabulary_size). Raises ValueError where T is above context_length."""
        length = x.shape[1]
        check_context(length, self.context_length)
        emb = self.wte(x) + self.wpe.weight[:length]  # (n, T, n_embd)
        return self.lm_head(self.context_block(emb))
