"""Attention, a function of nn.functional."""

from typing import Any

import numpy as np

from micrograd.graph import state
from micrograd.ops import apply, function, op, plain, save
from micrograd.ops.layers import shared
from micrograd.ops.normalization import dropout_factors
from micrograd.ops.shapes import need_tensors
from micrograd.rules.errors import need_one_dtype
from micrograd.rules.layout import laid_like, put_in_order
from micrograd.rules.rerun import rerun
from micrograd.rules.sums import largest_of_rows
from micrograd.tensors import Tensor

_KERNEL = "ScaledDotProductFlashAttentionForCpuBackward0"


@op(
    lambda query, *_, kernel, **__: _KERNEL if kernel else "UnsafeViewBackward0" if query.ndim > 2 else "MmBackward0",
    of="",
    examples=[
        "F.scaled_dot_product_attention(batch, batch, batch)",
        "F.scaled_dot_product_attention(x, y, positive, square[:3, :3])",
        "F.scaled_dot_product_attention(batch[None], batch[None], batch[None], is_causal=True, scale=0.3)",
    ],
)
def _attention(query, key, value, mask, /, *, scale, factors, kernel):
    """softmax(query @ key.mT * scale + mask) @ value over the last two dimensions.

    mask: None or what is added to the scores, -inf where attention is not allowed. factors: None or dropout's, for the
    softmax. kernel: whether PyTorch has a node of its own for it; then the result lies in memory as query does.

    Fused, for speed: (query @ key.mT * scale + mask).softmax(-1) @ value.
    """
    probabilities = query @ key.swapaxes(-1, -2)
    probabilities *= scale
    if mask is not None:
        probabilities += mask
    # Of a row of -inf alone, the largest is taken to be finite and the sum to be 1: it looks nowhere.
    probabilities -= largest_of_rows(probabilities, np.finfo(probabilities.dtype).min)
    np.exp(probabilities, out=probabilities)
    total = np.add.reduce(probabilities, -1, keepdims=True)
    probabilities /= np.maximum(total, 1, out=total)
    weights = probabilities if factors is None else probabilities * factors

    @shared
    def dscores(g):
        result = g @ value.swapaxes(-1, -2)
        if factors is not None:
            result *= factors
        result -= np.vecdot(result, probabilities)[..., None]
        result *= probabilities
        return result

    out = weights @ value
    as_query = kernel and all(x.strides[-1] == x.itemsize for x in (query, key, value))
    return (
        laid_like(out, [query]) if as_query else put_in_order(out),
        save(lambda g: dscores(g) @ key * scale, key, value, probabilities),
        save(lambda g: dscores(g).swapaxes(-1, -2) @ query * scale, query, value, probabilities),
        save(lambda g: weights.swapaxes(-1, -2) @ g, weights),
        save(lambda g: dscores(g).copy(), value, probabilities),
    )


@function(of="functional", examples=["F.scaled_dot_product_attention(batch, batch, batch, is_causal=True)"])
def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    *,
    scale: float | None = None,
) -> Tensor:
    """softmax(query @ key.mT * scale + attn_mask) @ value: for each query a weighted mean of the values.

    (Vaswani et al. 2017.) query: (..., l, e); key: (..., s, e); value: (..., s, f); the result is (..., l, f).
    attn_mask: of a shape that broadcasts to (..., l, s), either bools, True where position l may attend to position s,
    or floats to be added to the scores.
    is_causal: position l attends to none after l. scale: 1 / sqrt(e) by default. dropout_p: the probability with which
    each weight is dropped, in training or not.
    Raises RuntimeError where shapes or dtypes do not fit, and for attn_mask beside is_causal except where PyTorch takes
    both: with four dimensions, without dropout, and a mask that wants no gradient.
    """
    need_tensors("scaled_dot_product_attention", query, key, value, optional=[attn_mask])
    q, k, v = query._array, key._array, value._array
    need_one_dtype("attention", q, k, v)
    if min(q.ndim, k.ndim, v.ndim) < 2 or q.shape[-1] != k.shape[-1] or k.shape[-2] != v.shape[-2]:
        raise RuntimeError(
            "attention takes a query (..., l, e), a key (..., s, e) and a value (..., s, f), not "
            f"{list(q.shape)}, {list(k.shape)} and {list(v.shape)}"
        )
    kernel = q.ndim == 4 and q.shape[:2] == k.shape[:-2] == v.shape[:-2] and q.shape[3] == v.shape[3] and not dropout_p
    kernel = kernel and not (attn_mask is not None and attn_mask.requires_grad and state.grad_enabled)
    mask: Any = attn_mask
    if mask is not None and mask._array.dtype.kind == "b":
        mask = _added(mask._array, q.dtype)
    elif mask is not None and mask._array.dtype != q.dtype:
        raise RuntimeError(f"attn_mask has to be of bools or {query.dtype}, and it is {mask.dtype}")
    if is_causal:
        if attn_mask is not None and not kernel:
            raise RuntimeError("Explicit attn_mask should not be set when is_causal=True")
        causal = _causal(q.shape[-2], k.shape[-2], q.dtype)
        mask = causal if mask is None else causal + plain(mask)
    factors = None
    if dropout_p:
        batch = np.broadcast_shapes(q.shape[:-2], k.shape[:-2])
        factors = rerun(dropout_factors)((*batch, q.shape[-2], k.shape[-2]), dropout_p, q.dtype)
    scale = q.shape[-1] ** -0.5 if scale is None else scale
    return apply(_attention.op, query, key, value, mask, scale=scale, factors=factors, kernel=kernel)


@rerun
def _causal(n: int, m: int, dtype: np.dtype) -> np.ndarray:
    """The causal mask, (n, m): -inf is added where position i would attend to one after i."""
    return _added(np.tri(n, m, dtype=bool), dtype)


def _added(mask: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """What is added to the scores for a mask of bools: 0 where it is True, else -inf."""
    return np.where(mask, dtype.type(0), dtype.type(-np.inf))
