"""In which order the elements of a result lie in memory: PyTorch keeps that of its inputs."""

from collections.abc import Sequence
from typing import Any

import numpy as np


def laid_out(result: np.ndarray, arrays: Sequence[Any]) -> np.ndarray:
    """`result`, made element by element of the arrays, in the order in which PyTorch would have written it."""
    first, shape = arrays[0], result.shape
    if result.flags.c_contiguous and (type(first) is not np.ndarray or first.flags.c_contiguous):
        if len(arrays) == 1 or 1 not in shape:  # the stride of a single element counts beside that of others
            return result
        if all(type(a) is np.ndarray and a.flags.c_contiguous and a.shape == shape for a in arrays):
            return result
    strides = [stretched(a, shape) for a in arrays if isinstance(a, np.ndarray)]
    return in_memory(result, dims_in_memory(shape, strides))


def in_memory(array: np.ndarray, dims: Sequence[int]) -> np.ndarray:
    """The array in memory in the order of these dimensions: itself where it lies so, else a copy."""
    moved = array.transpose(dims)
    if not moved.flags.c_contiguous:
        return moved.copy("C").transpose(np.argsort(dims))
    if 1 not in array.shape:
        return array
    return moved.reshape(-1).reshape(moved.shape).transpose(np.argsort(dims))  # a single element has its stride too


def lying_as(x: np.ndarray, g: np.ndarray) -> np.ndarray:
    """The gradient g of a leaf, in the order in memory of the leaf x, where x has no gaps."""
    if g.flags.c_contiguous and x.flags.c_contiguous:
        return g
    result = np.empty_like(x, g.dtype)
    reach = sum([(n - 1) * step for n, step in zip(x.shape, x.strides, strict=True)]) + x.itemsize
    steps = zip(x.shape, x.strides, result.strides, strict=True)
    if reach != x.nbytes or any(n > 1 and step != other for n, step, other in steps):
        result = np.empty(x.shape, g.dtype)
    result[...] = g
    return result


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
