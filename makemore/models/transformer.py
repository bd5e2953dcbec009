"""The transformer of the public makemore.py, which is GPT-2 in small (Radford et al., 2019; Vaswani et al., 2017).

Each position holds a vector. Every block adds to it twice: first a weighted mean of what is at the positions up to it
(attention), then the output of a net with one hidden layer that sees this position alone.
"""

import micrograd
from makemore.models.sizes import check_context, check_sizes
from micrograd import Tensor
from micrograd.nn import GELU, Embedding, LayerNorm, Linear, Module, ModuleDict, ModuleList
from micrograd.nn import functional as F  # noqa: N812 - as everywhere


class CausalSelfAttention(Module):
    """Attention of every position to itself and those before it, with several heads side by side."""

    bias: Tensor

    def __init__(self, context_length: int, n_embd: int, n_head: int):
        self.c_attn = Linear(n_embd, 3 * n_embd)  # query, key and value of all heads
        self.c_proj = Linear(n_embd, n_embd)
        # makemore.py keeps its mask here, so a checkpoint has one; here the mask is part of the function.
        self.register_buffer("bias", micrograd.ones(context_length, context_length).tril()[None, None])
        self.n_head = n_head

    def forward(self, x: Tensor) -> Tensor:
        """x: (n, T, n_embd); the result has its shape."""
        return self.c_proj(F.causal_self_attention(self.c_attn(x), self.n_head))


class Block(Module):
    """x = x + attention(layer_norm(x)); the result is x + mlp(layer_norm(x))."""

    def __init__(self, context_length: int, n_embd: int, n_head: int):
        self.ln_1 = LayerNorm(n_embd)
        self.attn = CausalSelfAttention(context_length, n_embd, n_head)
        self.ln_2 = LayerNorm(n_embd)
        self.mlp = ModuleDict(
            {"c_fc": Linear(n_embd, 4 * n_embd), "c_proj": Linear(4 * n_embd, n_embd), "act": GELU("tanh")}
        )

    def forward(self, x: Tensor) -> Tensor:
        """x: (n, T, n_embd); the result has its shape."""
        x = x + self.attn(self.ln_1(x))
        mlp = self.mlp
        return x + mlp["c_proj"](mlp["act"](mlp["c_fc"](self.ln_2(x))))


class Transformer(Module):
    """Logits of the next character after each character of whole words.

    n_layer: blocks. n_head: heads of attention in each. n_embd: the size of an embedding.
    Names, shapes and initial weights are those of makemore.py.
    Raises ValueError for an n_embd that is not a multiple of n_head, and for a size below 1.
    """

    whole_words = True

    def __init__(self, vocabulary_size: int, context_length: int, *, n_embd: int, n_head: int, n_layer: int):
        check_sizes(vocabulary_size=vocabulary_size, context_length=context_length)
        check_sizes(n_embd=n_embd, n_head=n_head, n_layer=n_layer)
        if n_embd % n_head:
            raise ValueError(f"n_embd is divided among the heads: {n_embd} has to be a multiple of n_head, {n_head}")
        self.vocabulary_size, self.context_length = vocabulary_size, context_length
        self.transformer = ModuleDict(
            {
                "wte": Embedding(vocabulary_size, n_embd),
                "wpe": Embedding(context_length, n_embd),
                "h": ModuleList([Block(context_length, n_embd, n_head) for _ in range(n_layer)]),
                "ln_f": LayerNorm(n_embd),
            }
        )
        self.lm_head = Linear(n_embd, vocabulary_size, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """x (n, T), int64, to logits (n, T, vocabulary_size). Raises ValueError where T is above context_length."""
        length = x.shape[1]
        check_context(length, self.context_length)
        net = self.transformer
        x = net["wte"](x) + net["wpe"].weight[:length]  # (n, T, n_embd)
        for block in net["h"]:
            x = block(x)
        return self.lm_head(net["ln_f"](x))
