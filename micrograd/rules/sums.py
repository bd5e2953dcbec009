"""Sums that stay accurate over many numbers, whatever the layout, and the undoing of a broadcast.

float32 has 24 bits: once a running sum is ten million times as large as what is added, nothing is added at all. NumPy
adds in pairs of halves along memory, and then the error stays near that of one addition, but along every other
dimension it adds one row after the other: a million times 0.1 comes to 100,958. So these here add up blocks of rows,
and then the sums of the blocks in float64. A product with ones adds up a block in a fraction of the time of a sum.
"""

import functools
import math
from typing import Any

import numpy as np

BLOCK = 64  # rows that are added up one after the other; the sums of the blocks add up in float64
SMALL = 4096  # elements; in a sum of fewer nothing is lost


@functools.lru_cache(maxsize=16)
def _ones(n: int, dtype: np.dtype) -> np.ndarray:
    return np.ones(n, dtype)


def sum_of_rows(x: np.ndarray) -> np.ndarray:
    """The rows of a matrix (n, m) added up: (m,); of several matrices (..., n, m) those of each: (..., m)."""
    *several, n, m = x.shape
    if n <= BLOCK or x.dtype.kind != "f":
        return _ones(n, x.dtype).dot(x)
    whole = n - n % BLOCK
    sums = _ones(BLOCK, x.dtype) @ x[..., :whole, :].reshape(*several, n // BLOCK, BLOCK, m)
    total = np.add.reduce(sums, axis=-2, dtype=np.float64)
    if whole < n:
        total += _ones(n - whole, x.dtype) @ x[..., whole:, :]
    return total.astype(x.dtype)


def sum_of_columns(x: np.ndarray) -> np.ndarray:
    """The columns of a matrix (n, m) added up: (n,)."""
    n = x.shape[1]
    if n <= BLOCK:
        return x.dot(_ones(n, x.dtype))
    return np.add.reduce(x, axis=1) if x.flags.c_contiguous else sum_of_rows(x.T)


def largest_of_rows(x: np.ndarray, least: float = -np.inf) -> np.ndarray:
    """The largest number of each row, (..., m) to (..., 1); `least` where that is larger.

    Many short rows are laid side by side first: along memory NumPy takes four times as long.
    """
    m = x.shape[-1]
    if m > BLOCK or x.size <= SMALL:
        return np.maximum.reduce(x, axis=-1, keepdims=True, initial=least)
    columns = x.reshape(-1, m).T.copy()
    return np.maximum.reduce(columns, axis=0, initial=least).reshape(*x.shape[:-1], 1)


def sum_over(x: np.ndarray, dim: tuple[int, ...] | None, keepdim: bool = False, dtype: Any = None) -> Any:
    """The sum over dim, a tuple of dimensions that are there, or None for all of them."""
    if keepdim and not (x.flags.c_contiguous and x.size):  # NumPy's strides of the dimensions kept would be those of x
        kept = [1 if dim is None or d in dim else n for d, n in enumerate(x.shape)]
        return sum_over(x, dim, dtype=dtype).reshape(kept)
    if x.size <= SMALL or x.dtype.kind != "f" or (x.flags.c_contiguous and dim in (None, (x.ndim - 1,))):
        return np.add.reduce(x, axis=dim, keepdims=keepdim, dtype=dtype)  # type: ignore[call-overload]
    if dim is None:
        total = np.add.reduce(x.ravel(order="K"))
        return total.reshape((1,) * x.ndim) if keepdim else total
    n, shape = math.prod([x.shape[d] for d in dim]), [m for d, m in enumerate(x.shape) if d not in dim]
    if n <= 64:
        return np.add.reduce(x, axis=dim, keepdims=keepdim)  # type: ignore[call-overload]
    rows = np.moveaxis(x, dim, range(len(dim))).reshape(n, math.prod(shape))
    total = sum_of_rows(rows).reshape(shape)
    return np.expand_dims(total, dim) if keepdim else total


def unbroadcast(gradient: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The gradient of an input of `shape` that was broadcast: summed over every dimension that broadcasting made."""
    if gradient.ndim > len(shape):
        gradient = sum_of_first(gradient, gradient.ndim - len(shape))
    return gradient if gradient.shape == shape else sum_of_stretched(gradient, shape)


def sum_of_first(x: np.ndarray, dims: int) -> np.ndarray:
    """The sum over the first dimensions, so many of them."""
    if not x.flags.c_contiguous:
        return sum_over(x, tuple(range(dims)))
    if x.ndim == 2 and dims == 1:
        return sum_of_rows(x)
    n, rest = math.prod(x.shape[:dims]), x.shape[dims:]
    return sum_of_rows(x.reshape(n, math.prod(rest))).reshape(rest)


def sum_of_stretched(x: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The sum over the dimensions that have a length of 1 in `shape`."""
    stretched = tuple([i for i, n in enumerate(shape) if n == 1 != x.shape[i]])
    return sum_over(x, stretched, keepdim=True)
