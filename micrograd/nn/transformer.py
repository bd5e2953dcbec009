"""Attention and the layers of the transformer, with PyTorch's names and initial weights (Vaswani et al. 2017).

Shapes: n sequences of a batch; l positions of the query, or target; s positions of the key, or source; e the embedding
dimension, divided among h heads. Sequences are (l, n, e), with batch_first (n, l, e); without a batch (l, e).
Masks: of bools, True where attention is not allowed, or of floats, added to the scores. attn_mask: (l, s) or
(n * h, l, s); key_padding_mask: (n, s), without a batch (s,). is_causal says that attn_mask, which has to be there, is
causal: as in PyTorch the mask is then not read, unless weights are returned or there is a key_padding_mask.
"""

import copy
from collections.abc import Callable
from typing import Any

from micrograd import creation
from micrograd.nn import functional as F  # noqa: N812 - as everywhere
from micrograd.nn import init
from micrograd.nn.containers import ModuleList
from micrograd.nn.layers import Dropout, LayerNorm, Linear, _empty
from micrograd.nn.module import Module
from micrograd.ops import joining, shapes
from micrograd.rules import dtypes
from micrograd.rules.device import takes_device
from micrograd.rules.dtypes import dtype as DType  # noqa: N812 - `dtype` is PyTorch's argument
from micrograd.tensors import Tensor

__all__ = [
    "MultiheadAttention",
    "Transformer",
    "TransformerDecoder",
    "TransformerDecoderLayer",
    "TransformerEncoder",
    "TransformerEncoderLayer",
]


class NonDynamicallyQuantizableLinear(Linear):
    """Linear, under the name that PyTorch prints for the output projection of its attention."""


class MultiheadAttention(Module):
    """Scaled dot-product attention in num_heads heads, with linear projections of query, key, value and result.

    Called with query (l, n, e), key (s, n, kdim) and value (s, n, vdim), it returns the result, like the query, and the
    weights (n, l, s), averaged over the heads; with average_attn_weights=False (n, h, l, s), with need_weights=False
    None. dropout: the probability that a weight is dropped. add_bias_kv, add_zero_attn: one more key and value,
    learned or of zeros.
    Raises ValueError and AssertionError for sizes that are not positive or do not divide, RuntimeError and
    AssertionError for inputs and masks of other shapes or dtypes.

    >>> attention = torch.nn.MultiheadAttention(8, 2, batch_first=True)
    >>> x = torch.zeros(3, 5, 8)
    >>> result, weights = attention(x, x, x)
    >>> result.shape, weights.shape
    (torch.Size([3, 5, 8]), torch.Size([3, 5, 5]))
    """

    @takes_device
    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        dtype: DType | None = None,
    ):
        if embed_dim <= 0 or num_heads <= 0:
            raise ValueError(f"embed_dim and num_heads must be greater than 0, got {embed_dim} and {num_heads}")
        if embed_dim % num_heads:
            raise AssertionError(f"embed_dim must be divisible by num_heads: {embed_dim} by {num_heads}")
        self.embed_dim, self.num_heads, self.dropout = embed_dim, num_heads, dropout
        self.kdim, self.vdim = (embed_dim if dim is None else dim for dim in (kdim, vdim))
        self.batch_first, self.add_zero_attn = batch_first, add_zero_attn
        one_matrix = self.kdim == self.vdim == embed_dim
        self.q_proj_weight = None if one_matrix else _empty(embed_dim, embed_dim, dtype=dtype)
        self.k_proj_weight = None if one_matrix else _empty(embed_dim, self.kdim, dtype=dtype)
        self.v_proj_weight = None if one_matrix else _empty(embed_dim, self.vdim, dtype=dtype)
        self.in_proj_weight = _empty(3 * embed_dim, embed_dim, dtype=dtype) if one_matrix else None
        self.in_proj_bias = _empty(3 * embed_dim, dtype=dtype) if bias else None
        self.bias_k = _empty(1, 1, embed_dim, dtype=dtype) if add_bias_kv else None
        self.bias_v = _empty(1, 1, embed_dim, dtype=dtype) if add_bias_kv else None
        self.out_proj = NonDynamicallyQuantizableLinear(embed_dim, embed_dim, bias, dtype=dtype)
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        for weight in (self.in_proj_weight, self.q_proj_weight, self.k_proj_weight, self.v_proj_weight):
            if weight is not None:
                init.xavier_uniform_(weight)
        for bias in (self.in_proj_bias, self.out_proj.bias):
            if bias is not None:
                init.zeros_(bias)
        for extra in (self.bias_k, self.bias_v):
            if extra is not None:
                init.xavier_normal_(extra)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """query, key, value and the masks have the shapes that the class and the module describe."""
        if is_causal and attn_mask is None:
            raise RuntimeError("is_causal=True needs attn_mask: take Transformer.generate_square_subsequent_mask(l)")
        if query.ndim not in (2, 3) or not query.ndim == key.ndim == value.ndim:
            dims = f"{query.ndim}, {key.ndim} and {value.ndim}"
            raise AssertionError(f"attention takes tensors of two dimensions each, or of three, not of {dims}")
        if query.ndim == 2:
            mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
            dim = 0 if self.batch_first else 1
            query, key, value = (tensor.unsqueeze(dim) for tensor in (query, key, value))
            result, weights = self.forward(
                query, key, value, mask, need_weights, attn_mask, average_attn_weights, is_causal
            )
            return result.squeeze(dim), None if weights is None else weights.squeeze(0)
        if not self.batch_first:
            query, key, value = (shapes.transpose(tensor, 0, 1) for tensor in (query, key, value))
        if query.shape[-1] != self.embed_dim or key.shape[:2] != value.shape[:2]:
            raise AssertionError(
                f"attention takes a query (l, n, {self.embed_dim}), and a key and a value (s, n, ...) of one s and n, "
                f"not {list(query.shape)}, {list(key.shape)} and {list(value.shape)}, the batch first"
            )
        if len(query) != len(key):
            raise RuntimeError(f"attention: the query has a batch of {len(query)}, and key and value one of {len(key)}")
        is_causal = is_causal and key_padding_mask is None and not need_weights
        if is_causal:
            attn_mask = None
        q, k, v = self._projected(query, key, value)
        mask = self._mask(attn_mask, key_padding_mask, (len(query), self.num_heads, q.shape[2], key.shape[1]), q.dtype)
        if mask is not None and k.shape[2] > key.shape[1]:
            mask = F.pad(mask, (0, k.shape[2] - key.shape[1]))
        dropout = self.dropout if self.training else 0.0
        weights = None
        if need_weights:
            scores = q @ k.mT * self.head_dim**-0.5
            weights = F.dropout((scores if mask is None else scores + mask).softmax(-1), dropout)
            result = weights @ v
            weights = weights.mean(1) if average_attn_weights else weights
        else:
            result = F.scaled_dot_product_attention(q, k, v, mask, dropout, is_causal)
        result = self.out_proj(result.permute(2, 0, 1, 3).flatten(2))  # PyTorch's order in memory, which dropout sees
        return shapes.transpose(result, 0, 1) if self.batch_first else result, weights

    @property
    def head_dim(self) -> int:
        """The size of each head, embed_dim // num_heads."""
        return self.embed_dim // self.num_heads

    def _projected(self, query: Tensor, key: Tensor, value: Tensor) -> list[Tensor]:
        """Query, key and value of each head, (n, h, l or s, head_dim)."""
        weights: Any = (self.q_proj_weight, self.k_proj_weight, self.v_proj_weight)
        if self.in_proj_weight is not None:
            weights = self.in_proj_weight.chunk(3)
        biases: Any = (None, None, None) if self.in_proj_bias is None else self.in_proj_bias.chunk(3)
        inputs = zip((query, key, value), weights, biases, strict=True)
        q, k, v = (F.linear(x, weight, bias) for x, weight, bias in inputs)
        if self.bias_k is not None and self.bias_v is not None:
            k, v = (joining.cat([x, bias.expand(len(x), 1, -1)], 1) for x, bias in ((k, self.bias_k), (v, self.bias_v)))
        if self.add_zero_attn:
            k, v = (F.pad(x, (0, 0, 0, 1)) for x in (k, v))
        return [shapes.transpose(x.unflatten(2, (self.num_heads, -1)), 1, 2) for x in (q, k, v)]

    def _mask(self, attn_mask: Any, key_padding_mask: Any, shape: tuple[int, ...], dtype: DType) -> Tensor | None:
        """Both masks in one of floats that broadcasts to (n, h, l, s)."""
        n, heads, length, sources = shape
        both = []
        if attn_mask is not None:
            if tuple(attn_mask.shape) not in ((length, sources), (n * heads, length, sources)):
                raise RuntimeError(
                    f"the shape of attn_mask is {list(attn_mask.shape)}, but should be {[length, sources]} or "
                    f"{[n * heads, length, sources]}"
                )
            both.append(_of_floats(attn_mask, dtype).view(-1, 1 if attn_mask.ndim == 2 else heads, length, sources))
        if key_padding_mask is not None:
            if tuple(key_padding_mask.shape) != (n, sources):
                raise AssertionError(
                    f"the shape of key_padding_mask is {list(key_padding_mask.shape)}, but should be {[n, sources]}"
                )
            both.append(_of_floats(key_padding_mask, dtype).view(n, 1, 1, sources))
        return both[0] + both[1] if len(both) == 2 else both[0] if both else None


def _of_floats(mask: Tensor, dtype: DType) -> Tensor:
    if mask.dtype != dtypes.bool:
        if not mask.dtype.is_floating_point:
            raise AssertionError(f"a mask is of bools or floats, not of {mask.dtype}")
        if mask.dtype != dtype:
            raise RuntimeError(f"a mask of floats has the dtype of the query, {dtype}, and not {mask.dtype}")
        return mask
    return creation.zeros(*mask.shape, dtype=dtype).masked_fill(mask, float("-inf"))


class _Layer(Module):
    """What encoder and decoder layers have in common. Arguments are those of PyTorch; `blocks` residual blocks."""

    blocks: int

    @takes_device
    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Tensor], Tensor] = F.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        dtype: DType | None = None,
    ):
        if isinstance(activation, str) and activation not in ("relu", "gelu"):
            raise RuntimeError(f"activation should be relu/gelu, not {activation}")
        for name in ("self_attn", "multihead_attn")[: self.blocks - 1]:
            attention = MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first, dtype=dtype)
            self.add_module(name, attention)
        self.linear1 = Linear(d_model, dim_feedforward, bias, dtype=dtype)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, dtype=dtype)
        for i in range(1, self.blocks + 1):
            self.add_module(f"norm{i}", LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype))
        for i in range(1, self.blocks + 1):
            self.add_module(f"dropout{i}", Dropout(dropout))
        self.norm_first = norm_first
        self.activation = getattr(F, activation) if isinstance(activation, str) else activation

    def _residual(self, x: Tensor, i: int, function: Callable[[Tensor], Tensor]) -> Tensor:
        """norm(x + dropout(function(x))) or, norm_first, x + dropout(function(norm(x))) (Xiong et al. 2020)."""
        norm, dropout = getattr(self, f"norm{i}"), getattr(self, f"dropout{i}")
        if self.norm_first:
            return x + dropout(function(norm(x)))
        return norm(x + dropout(function(x)))

    def _feed_forward(self, x: Tensor) -> Tensor:
        return self.linear2(self.dropout(self.activation(self.linear1(x))))


class TransformerEncoderLayer(_Layer):
    """Self-attention and a feed-forward net of dim_feedforward hidden units, each with residual, dropout and LayerNorm.

    Called with src (l, n, d_model), it returns the same shape. activation: 'relu', 'gelu' or a function.
    Raises RuntimeError for another activation, and otherwise as MultiheadAttention.

    >>> layer = torch.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    >>> layer(torch.ones(4, 5, 8)).shape
    torch.Size([4, 5, 8])
    """

    blocks = 2
    self_attn: MultiheadAttention

    def forward(
        self,
        src: Tensor,
        src_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:
        """The masks are the attn_mask and the key_padding_mask of MultiheadAttention."""
        masks: Any = (src_key_padding_mask, False, src_mask, True, is_causal)
        x = self._residual(src, 1, lambda x: self.self_attn(x, x, x, *masks)[0])
        return self._residual(x, 2, self._feed_forward)


class TransformerDecoderLayer(_Layer):
    """As TransformerEncoderLayer, with attention to an encoder's output between self-attention and feed-forward net.

    Called with tgt (l, n, d_model) and memory (s, n, d_model), it returns the shape of tgt.

    >>> layer = torch.nn.TransformerDecoderLayer(8, 2, 16, batch_first=True)
    >>> layer(torch.ones(4, 5, 8), torch.ones(4, 3, 8)).shape
    torch.Size([4, 5, 8])
    """

    blocks = 3
    self_attn: MultiheadAttention
    multihead_attn: MultiheadAttention

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """The masks are the attn_mask and the key_padding_mask of the two attentions, to tgt and to memory."""
        masks: Any = (tgt_key_padding_mask, False, tgt_mask, True, tgt_is_causal)
        x = self._residual(tgt, 1, lambda x: self.self_attn(x, x, x, *masks)[0])
        memory_masks: Any = (memory_key_padding_mask, False, memory_mask, True, memory_is_causal)
        x = self._residual(x, 2, lambda x: self.multihead_attn(x, memory, memory, *memory_masks)[0])
        return self._residual(x, 3, self._feed_forward)


class TransformerEncoder(Module):
    """num_layers copies of an encoder layer in sequence, with the same initial weights, and a last norm, if any.

    enable_nested_tensor and mask_check, which make PyTorch faster, change nothing here.

    >>> layer = torch.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    >>> torch.nn.TransformerEncoder(layer, 2)(torch.ones(4, 5, 8)).shape
    torch.Size([4, 5, 8])
    """

    def __init__(
        self,
        encoder_layer: Module,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ):
        self.layers = ModuleList([copy.deepcopy(encoder_layer) for _ in range(num_layers)])
        self.num_layers, self.norm = num_layers, norm

    def forward(
        self,
        src: Tensor,
        mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool | None = None,
    ) -> Tensor:
        """Shapes are those of TransformerEncoderLayer."""
        for layer in self.layers:
            src = layer(src, mask, src_key_padding_mask, bool(is_causal))
        return src if self.norm is None else self.norm(src)


class TransformerDecoder(Module):
    """num_layers copies of a decoder layer in sequence, with the same initial weights, and a last norm, if any.

    >>> layer = torch.nn.TransformerDecoderLayer(8, 2, 16, batch_first=True)
    >>> torch.nn.TransformerDecoder(layer, 2)(torch.ones(4, 5, 8), torch.ones(4, 3, 8)).shape
    torch.Size([4, 5, 8])
    """

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None):
        self.layers = ModuleList([copy.deepcopy(decoder_layer) for _ in range(num_layers)])
        self.num_layers, self.norm = num_layers, norm

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Shapes are those of TransformerDecoderLayer."""
        masks = (tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask)
        for layer in self.layers:
            tgt = layer(tgt, memory, *masks, bool(tgt_is_causal), memory_is_causal)
        return tgt if self.norm is None else self.norm(tgt)


class Transformer:
    """Only the causal mask of PyTorch's class of this name; the encoder-decoder itself is not here.

    >>> torch.nn.Transformer.generate_square_subsequent_mask(2)
    tensor([[0., -inf],
            [0., 0.]])
    """

    def __init__(self, *args: Any, **kwargs: Any):
        raise NotImplementedError(
            "nn.Transformer is not there: take TransformerEncoder and TransformerDecoder, or write the net by hand"
        )

    @staticmethod
    @takes_device
    def generate_square_subsequent_mask(sz: int, dtype: DType | None = None) -> Tensor:
        """The mask (sz, sz) that lets no position look at a later one: -inf above the diagonal, else 0."""
        return joining.triu(creation.full((sz, sz), float("-inf"), dtype=dtype), 1)
