"""In which order the elements of a result lie in memory: PyTorch keeps that of its inputs."""

from collections.abc import Sequence
from typing import Any

import numpy as np


def laid_out(result: np.ndarray, arrays: Sequence[Any]) -> np.ndarray:
    """`result`, made element by element of the arrays, in the order in which PyTorch would have written it."""
    if all([type(a) is not np.ndarray or a.ndim < 2 or a.flags.c_contiguous for a in arrays]):
        return result if result.flags.c_contiguous else result.copy()
    dims = dims_in_memory(result.shape, [a for a in arrays if isinstance(a, np.ndarray)])
    shape = tuple([result.shape[d] for d in dims])
    if result.transpose(dims).flags.c_contiguous:
        return result
    return result.transpose(dims).copy().transpose(np.argsort(dims))


def dims_in_memory(shape: Sequence[int], arrays: Sequence[np.ndarray]) -> list[int]:
    """The dimensions of a result, from the one whose neighbours lie farthest apart to that where they are nearest.

    By the rule of PyTorch's TensorIterator: the strides of the first array decide; where it is stretched, the next.
    """
    n = len(shape)
    strides = [
        (0,) * (n - a.ndim) + tuple([s if m == k else 0 for s, m, k in zip(a.strides, a.shape, shape[n - a.ndim :])])
        for a in arrays
    ]

    def is_farther(d: int, e: int) -> bool | None:
        for steps in strides:
            if steps[d] and steps[e]:
                if steps[d] != steps[e]:
                    return steps[d] > steps[e]
                if shape[d] > shape[e]:
                    return True
        return None  # cannot be told

    order = list(reversed(range(n)))  # from near to far
    for i in range(1, n):
        place = i
        for j in reversed(range(i)):
            farther = is_farther(order[j], order[place])
            if farther:
                order[j], order[place] = order[place], order[j]
                place = j
            elif farther is False:
                break
    return order[::-1]
