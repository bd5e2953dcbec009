"""In which order the elements of a result lie in memory: PyTorch keeps that of its inputs."""

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from micrograd.rules.dtypes import result_type


def laid_out(result: np.ndarray, arrays: Sequence[Any]) -> np.ndarray:
    """`result`, made element by element of the arrays, in the order in which PyTorch would have written it."""
    shape = result.shape
    given = [a for a in arrays if isinstance(a, np.ndarray)]
    if any(0 in a.strides for a in given):
        given = _converted(given, result.dtype)
    if all(a.shape == shape for a in given):
        if len(given) == 1 and given[0].strides == strides_in_order(shape, given[0].itemsize):
            return put_in_order(result)
        if len(given) == len(arrays) and 1 in shape:  # PyTorch's shortcuts
            if all(a.flags.c_contiguous for a in given):
                return put_in_order(result)
            if len(shape) == 4 and all(a.transpose(_channels_last(4)).flags.c_contiguous for a in given):
                return in_memory(result, _channels_last(4))
            if is_dense(given[0]) and all(a.strides == given[0].strides for a in given):
                return laid_like(result, given[:1])
    return in_memory(result, dims_in_memory(shape, [stretched(a, shape) for a in given]))


def _converted(arrays: Sequence[np.ndarray], dtype: np.dtype) -> list[np.ndarray]:
    """Arrays that lie as PyTorch's copies of these, those that are expanded and have to be brought to another dtype."""
    common = result_type(*arrays) if dtype.kind == "b" else dtype
    return [laid_like(np.empty(a.shape, common), [a]) if 0 in a.strides and a.dtype != common else a for a in arrays]


def laid_as_arrays(result: np.ndarray, arrays: Sequence[Any]) -> np.ndarray:
    """The same for an operation whose numbers are options in PyTorch; elsewhere they count as tensors do.

    Of a number, as in 2**x, the result lies in order.
    """
    if type(arrays[0]) is not np.ndarray:
        return put_in_order(result)
    return laid_out(result, [a for a in arrays if type(a) is np.ndarray])


def laid_by_condition(result: np.ndarray, arrays: Sequence[Any]) -> np.ndarray:
    """The same for where, whose condition PyTorch leaves a bool."""
    condition, *others = arrays
    if 0 in condition.strides:
        steps = [step * result.itemsize for step in condition.strides]
        condition = as_strided(np.empty(1, result.dtype), condition.shape, steps)
    return laid_out(result, [condition, *others])


def laid_like(result: np.ndarray, arrays: Sequence[np.ndarray]) -> np.ndarray:
    """`result`, in which each element of the array has its own, in its very strides, or where it has gaps in its order.

    So lies what PyTorch copies: clone, sort, zeros_like and their kind.
    """
    (x,) = arrays
    if x.flags.c_contiguous and result.flags.c_contiguous and 1 not in x.shape:
        return result
    laid = in_memory(result, dims_in_memory(x.shape, [x.strides]))
    if 1 not in x.shape or not is_dense(x):
        return laid
    return as_strided(laid, x.shape, [step // x.itemsize * laid.itemsize for step in x.strides])


def joined(result: np.ndarray, arrays: Sequence[np.ndarray]) -> np.ndarray:
    """`result` in order, or with the channels last where all arrays, of pictures or films, are taken to lie so."""
    if result.ndim > 3 and all(lies_channels_last(a) for a in arrays):
        return in_memory(result, _channels_last(result.ndim))
    return put_in_order(result)


def _channels_last(ndim: int) -> tuple[int, ...]:
    """The dimensions of (n, channels, height, width), from far to near, where the channels lie side by side."""
    return 0, *range(2, ndim), 1


def lies_channels_last(x: np.ndarray) -> bool:
    """Whether PyTorch takes an array to lie channels last: it has 4 or 5 dimensions, and their strides say so."""
    if x.ndim not in (4, 5) or not x.size or not x.strides[1]:
        return False
    least = 0
    for d in reversed(_channels_last(x.ndim)):
        if x.strides[d] < least or (d == 0 and least == x.strides[1]):  # the same as that is ambiguous, and does not
            return False
        least = x.strides[d] * x.shape[d]
    return True


def is_dense(x: np.ndarray) -> bool:
    """Whether the elements of x lie side by side in memory, in whatever order, each in a place of its own."""
    size = x.itemsize
    for step, n in sorted([(step, n) for n, step in zip(x.shape, x.strides, strict=True) if n != 1]):
        if step != size:
            return False
        size *= n
    return True


def put_in_order(array: np.ndarray) -> np.ndarray:
    """The array in order in memory, with the strides of that where a length is 1 too: itself, or a copy."""
    if not array.flags.c_contiguous:
        return array.copy()
    if array.strides == strides_in_order(array.shape, array.itemsize):
        return array
    return array.reshape(-1).reshape(array.shape)


@functools.lru_cache(maxsize=1024)
def strides_in_order(shape: tuple[int, ...], itemsize: int) -> tuple[int, ...]:
    """The strides of an array of a shape that lies in order."""
    return tuple([itemsize * math.prod(shape[d + 1 :]) for d in range(len(shape))])


def in_memory(array: np.ndarray, dims: Sequence[int]) -> np.ndarray:
    """The array in memory in the order of these dimensions: itself where it lies so, else a copy."""
    if array.flags.c_contiguous and list(dims) == list(range(array.ndim)):  # most do, and np.argsort takes a while
        return put_in_order(array) if 1 in array.shape else array
    moved = array.transpose(dims)
    if not moved.flags.c_contiguous:
        return moved.copy("C").transpose(np.argsort(dims))
    if 1 not in array.shape:
        return array
    return put_in_order(moved).transpose(np.argsort(dims))  # a single element has its stride too


def viewed(out: np.ndarray, x: np.ndarray) -> np.ndarray:
    """out, which is x in another shape in the same memory, with PyTorch's strides also where a length is 1.

    A dimension of length 1 steps over the whole of the one behind it, and as the last of all like the last of x. No
    index moves along it, and yet the order of results depends on it.
    """
    if x.flags.c_contiguous and x.shape != out.shape and x.strides[-1:] in ((), (x.itemsize,)):
        return out
    steps, step = [], x.strides[-1]
    for n, own in zip(reversed(out.shape), reversed(out.strides), strict=True):
        steps.append(step if n == 1 else own)
        step = n * steps[-1]
    strides = tuple(reversed(steps))
    return out if strides == out.strides else as_strided(out, out.shape, strides)


def as_leaf(g: np.ndarray, x: np.ndarray, grad: Any) -> np.ndarray:
    """The gradient g of the leaf x, in the shape that x was given since it was used, by unsqueeze_ or `.data =`.

    grad: the Tensor that is there already; where none is, g lies in memory in the order of x, if x has no gaps. Raises
    RuntimeError where g or grad does not fit.
    """
    if g.shape != x.shape:
        fitted = np.empty(x.shape, g.dtype)
        try:
            fitted[...] = g
        except ValueError:
            raise RuntimeError(
                f"a gradient of shape {list(g.shape)} does not fit the leaf, which has the shape {list(x.shape)} by "
                "now: call backward before its shape is changed"
            ) from None
        g = fitted
    if grad is None:
        return _lying_as(x, g)
    if grad.shape != x.shape:
        raise RuntimeError(
            f"a gradient of shape {list(x.shape)} cannot be added to a grad of shape {list(grad.shape)}: call "
            "zero_grad() first"
        )
    return g


def _lying_as(x: np.ndarray, g: np.ndarray) -> np.ndarray:
    if g.flags.c_contiguous and x.flags.c_contiguous:
        return g
    if is_dense(x) and all(n == 1 or own == other for n, own, other in zip(x.shape, x.strides, g.strides, strict=True)):
        return g
    result = laid_like(np.empty(x.shape, g.dtype), [x]) if is_dense(x) else np.empty(x.shape, g.dtype)
    result[...] = g
    return result


def unsqueezed(x: np.ndarray, dim: int) -> np.ndarray:
    """The view of x with a dimension of length 1 at dim, which steps over the whole of the one behind it."""
    step = x.strides[dim] * x.shape[dim] if dim < x.ndim else x.itemsize
    strides = (*x.strides[:dim], step, *x.strides[dim:])
    return as_strided(x, (*x.shape[:dim], 1, *x.shape[dim:]), strides)


def expanded(x: np.ndarray, shape: Sequence[int]) -> list[int]:
    """The strides of the view that expand makes of x; NumPy's has others where a length is 1."""
    strides = stretched(x, np.broadcast_to(x, shape).shape)
    for d in reversed(range(len(shape) - x.ndim if x.ndim else 0)):
        strides[d] = shape[d + 1] * strides[d + 1] if shape[d] == 1 else 0
    return strides


def stretched(array: np.ndarray, shape: Sequence[int]) -> list[int]:
    """The strides of an array that is broadcast to a shape; 0 where it is stretched."""
    start = len(shape) - array.ndim
    own = zip(array.strides, array.shape, shape[start:], strict=True)
    return [0] * start + [stride if n == m else 0 for stride, n, m in own]


def dims_in_memory(shape: Sequence[int], strides: Sequence[Sequence[int]]) -> list[int]:
    """The dimensions of a result, from the one whose neighbours lie farthest apart to that where they are nearest.

    By the rule of PyTorch's TensorIterator: the strides of the first input decide; where they are 0, those of the next.
    """

    def is_farther(d: int, e: int) -> bool | None:
        for steps in strides:
            if steps[d] and steps[e]:
                if steps[d] != steps[e]:
                    return steps[d] > steps[e]
                if shape[d] > shape[e]:
                    return True
        return None  # cannot be told

    order = list(reversed(range(len(shape))))  # from near to far
    for i in range(1, len(order)):
        place = i
        for j in reversed(range(i)):
            farther = is_farther(order[j], order[place])
            if farther:
                order[j], order[place] = order[place], order[j]
                place = j
            elif farther is False:
                break
    return order[::-1]
