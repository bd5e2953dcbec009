"""The layers of nets: functions of nn.functional, most of them one node with its own derivative.

Linear, embedding and padding are here; the others are in `activations`, `normalization`, `convolution`, `attention` and
`recurrent`. Much of the time here is memory: arrays that nobody else holds are changed in place, and sums over rows or
columns are those of `micrograd.rules.sums`.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from micrograd.graph import state
from micrograd.ops import op, save, unchanged
from micrograd.ops.indexing import added_at
from micrograd.rules.errors import cannot_be_multiplied, need_one_dtype
from micrograd.rules.indexing import out_of_range
from micrograd.rules.layout import joined
from micrograd.rules.sums import unbroadcast
from micrograd.tensors import Tensor


def refuse_grad(name: str, argument: str, x: Tensor | None) -> None:
    """Raises RuntimeError, as PyTorch does, where an input that has no derivative requires grad."""
    if x is not None and state.grad_enabled and x.requires_grad:
        raise RuntimeError(f"{name} is not differentiable with respect to argument '{argument}': detach() it")


def shared(work: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """`work`, a function of a gradient, for several derivatives of one op: done once for each gradient.

    A derivative neither changes nor returns what it gets from it, for the others use it too.
    """
    last: list[Any] = [None, None]

    def done(g: Any) -> Any:
        if last[0] is not g:
            last[:] = g, work(g)
        return last[1]

    return done


def _linear_node(input: Tensor, weight: Tensor, bias: Any = None) -> str:
    if input.ndim == 2:
        return "AddmmBackward0" if bias is not None else "MmBackward0" if weight.ndim == 2 else "MvBackward0"
    if bias is not None:
        return "ViewBackward0" if input.is_contiguous() else "AddBackward0"
    return "UnsafeViewBackward0" if input.ndim > 2 else "SqueezeBackward4" if weight.ndim == 2 else "DotBackward0"


@op(
    _linear_node,
    of="functional",
    examples=[
        "F.linear(x, weight, bias)",
        "F.linear(batch, weight, bias)",
        "F.linear(batch, weight)",
        "F.linear(x, row)",
    ],
)
def linear(x, weight, bias=None, /):
    """input @ weight.T + bias.

    input: (..., n); weight: (m, n), or (n,); bias: (m,), or what broadcasts to the result, which is (..., m).
    Raises RuntimeError where the sizes do not fit or the dtypes differ.

    Fused, for speed: input @ weight.T + bias, with all leading dimensions in one product of matrices, and by `dot`,
    which starts half a microsecond sooner than `@`.
    """
    need_one_dtype("linear", x, weight, bias)
    if x.ndim == 2 == weight.ndim and x.shape[1] == weight.shape[1] and (bias is None or bias.shape == (len(weight),)):
        out = x.dot(weight.T)
        if bias is not None:
            out += bias
        return out, save(lambda g: g.dot(weight), weight), save(lambda g: g.T.dot(x), x), unchanged
    if weight.ndim not in (1, 2) or not x.ndim or x.shape[-1] != weight.shape[-1]:
        raise RuntimeError(
            f"{cannot_be_multiplied(x.shape, weight.shape[::-1])}; linear: the last dimension of input {list(x.shape)} "
            f"has to be the last of weight {list(weight.shape)}, which has two"
        )
    x_shape, w_shape, shape = x.shape, weight.shape, (*x.shape[:-1], *weight.shape[:-1])
    rows, m, n = math.prod(x_shape[:-1]), math.prod(w_shape[:-1]), x_shape[-1]
    out = x.reshape(rows, n) @ weight.reshape(m, n).T
    if bias is not None and bias.ndim == 1 < weight.ndim:
        out += bias
    out = out.reshape(shape)
    if bias is not None and not bias.ndim == 1 < weight.ndim:
        out = out + bias

    def dx(g):
        return (unbroadcast(g, shape).reshape(rows, m) @ weight.reshape(m, n)).reshape(x_shape)

    def dweight(g):
        result = np.empty(w_shape, g.dtype)  # no view, which would be copied for the weight
        np.matmul(unbroadcast(g, shape).reshape(rows, m).T, x.reshape(rows, n), out=result.reshape(m, n))
        return result

    return out, save(dx, weight), save(dweight, x), unchanged


@op(
    "EmbeddingBackward0",
    of="functional",
    examples=["F.embedding(ints, weight)", "F.embedding(ints[None], weight, padding_idx=0)"],
)
def embedding(x, weight, /, padding_idx=None):
    """The rows of weight (n, m) at the indices that input, int64 or int32 of any shape, holds: (*input.shape, m).

    padding_idx: a row that gets no gradient. Raises RuntimeError where input holds no integers, IndexError for a row
    that is not there.
    """
    if weight.ndim != 2:
        raise RuntimeError(f"embedding: 'weight' must be 2-D, and it is {list(weight.shape)}")
    if padding_idx is not None and not -len(weight) <= padding_idx < len(weight):
        raise AssertionError(f"embedding: padding_idx must be within the {len(weight)} rows, and it is {padding_idx}")
    if x.dtype.kind != "i":
        raise RuntimeError(f"embedding: the indices have to be Long or Int, and they are {x.dtype}")
    if out_of_range(x, len(weight)):
        raise IndexError(
            f"index out of range in self: {x[(x < 0) | (x >= len(weight))].flat[0]}, and there are {len(weight)} rows"
        )
    shape = weight.shape

    def dweight(g):
        result = added_at(shape, x, g)
        if padding_idx is not None:
            result[padding_idx] = 0
        return result

    return weight.take(x, 0), None, save(dweight, x)


@op(
    "ConstantPadNdBackward0",
    elementwise=joined,
    of="functional",
    examples=["F.pad(x, (1, 2))", "F.pad(batch, (1, 0, 2, -1), value=7)", "F.pad(ints, (-1, 1))"],
)
def pad(x, /, pad, mode="constant", value=None):
    """input with more elements at its ends, all of them `value` (0 by default).

    pad: how many to the left and to the right, of the last dimension, then of the last but one, and so on; negative
    ones cut off. Raises RuntimeError where pad has not two numbers for each of at most all dimensions.
    """
    if mode != "constant":
        raise NotImplementedError(f"pad: the mode {mode!r} is not there, only 'constant'")
    if len(pad) % 2 or len(pad) > 2 * x.ndim:
        raise RuntimeError(
            f"Padding length must be divisible by 2 and at most two times the number of dimensions, {x.ndim}; "
            f"it is {len(pad)}"
        )
    if any(
        n < -min(left, 0) - min(right, 0) for n, left, right in zip(x.shape[::-1], pad[0::2], pad[1::2], strict=False)
    ):
        raise RuntimeError(f"pad: {list(pad)} cuts off more than there is of {list(x.shape)}")
    widths = [(0, 0)] * (x.ndim - len(pad) // 2) + list(zip(pad[0::2], pad[1::2], strict=True))[::-1]
    out = np.full([n + left + right for n, (left, right) in zip(x.shape, widths, strict=True)], value or 0, x.dtype)
    inside = tuple([_between(left, right, n) for n, (left, right) in zip(out.shape, widths, strict=True)])
    seen = tuple([_between(-left, -right, n) for n, (left, right) in zip(x.shape, widths, strict=True)])
    out[inside] = x[seen]
    shape = x.shape

    def dx(g):
        result = np.zeros(shape, g.dtype)
        result[seen] = g[inside]
        return result

    return out, dx


def _between(left, right, n):
    return np.s_[max(left, 0) : n - max(right, 0)]


@op("", of="functional", examples=["F.one_hot(ints)", "F.one_hot(ints, num_classes=7)"])
def one_hot(x, /, num_classes=-1):
    """A row of zeros with a single 1 for each class index: shape (*input.shape, num_classes), int64.

    num_classes: by default the largest index plus 1. Raises RuntimeError for what is no class index, int64.
    """
    if x.dtype != np.int64:
        raise RuntimeError(f"one_hot is only applicable to index tensor of type LongTensor, and this is {x.dtype}")
    if num_classes < 1 and not x.size:
        raise RuntimeError("Can not infer total number of classes from empty tensor.")
    if num_classes == -1:
        num_classes = int(x.max()) + 1
    if x.size and x.min() < 0:
        raise RuntimeError("Class values must be non-negative.")
    if x.size and x.max() >= num_classes:
        raise RuntimeError(f"Class values must be smaller than num_classes, {num_classes}; one is {x.max()}")
    out = np.zeros((x.size, num_classes), np.int64)
    out[np.arange(x.size), x.reshape(-1)] = 1
    return (out.reshape(*x.shape, num_classes),)
