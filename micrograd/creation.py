"""Tensors out of numbers. dtype None means what PyTorch would take: int64 for ints, float32 for floats."""

import math
from typing import Any

import numpy as np

from micrograd import dtypes
from micrograd.device import takes_device
from micrograd.dtypes import dtype as DType  # noqa: N812 - `dtype` is PyTorch's argument
from micrograd.tensors import Tensor, wrap


@takes_device
def tensor(data: Any, dtype: DType | None = None, requires_grad: bool = False) -> Tensor:
    """A tensor with its own copy of data: a number, nested lists of numbers or tensors of one element, or an array.

    Python floats become float32 and ints int64; arrays keep their dtype. Raises ValueError where the lists are ragged
    or hold something else than numbers, TypeError where NumPy's dtype has no counterpart here.
    """
    if isinstance(data, Tensor):
        array = data._array.copy()
    elif isinstance(data, np.ndarray | np.generic):
        array = np.array(data)
    else:
        array = _from_lists(data, dtype)
    if dtype is not None:
        array = array.astype(dtype.numpy)
    elif array.dtype not in DType._of:
        names = ", ".join(str(numpy_dtype) for numpy_dtype in DType._of)
        raise TypeError(f"can't make a tensor of {array.dtype}; the dtypes there are: {names}")
    return wrap(array).requires_grad_(requires_grad)


def _from_lists(data: Any, dtype: DType | None) -> np.ndarray:
    try:
        array = np.array(data)
    except ValueError:
        raise ValueError("tensor() takes lists of one length at each depth, and these are ragged") from None
    if array.dtype.kind not in "biuf":
        if isinstance(data, str):
            raise TypeError("tensor() takes numbers, not a str")
        if array.dtype.kind == "U":
            raise ValueError(f"tensor() takes numbers, not strings: {data!r:.60}")
        if isinstance(array.flat[0] if array.size else data, int):
            raise ValueError(f"{data!r:.60} does not fit in int64")
        raise RuntimeError(f"Could not infer dtype of {type(array.flat[0] if array.size else data).__name__}")
    if dtype is None and array.dtype == np.float64 and not _holds_doubles(data):
        return array.astype(np.float32)
    return array


def _holds_doubles(data: Any) -> bool:
    """Whether the first number is one of NumPy's or of a tensor, whose float64 stays float64; Python's does not."""
    while isinstance(data, list | tuple) and data:
        data = data[0]
    return isinstance(data, np.ndarray | np.generic | Tensor)


def from_numpy(array: np.ndarray) -> Tensor:
    """A tensor in the memory of the array. Raises TypeError where it is no array or its dtype has no counterpart."""
    if not isinstance(array, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(array).__name__})")
    if array.dtype not in DType._of:
        raise TypeError(f"can't convert np.ndarray of type {array.dtype}")
    return wrap(array)


def shape_of(size: tuple[Any, ...]) -> tuple[int, ...]:
    """The shape that zeros(2, 3), zeros((2, 3)) and zeros([2, 3]) all mean."""
    shape = tuple(size[0]) if len(size) == 1 and isinstance(size[0], tuple | list) else size
    if any(n < 0 for n in shape):
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(shape)}: {list(shape)}")
    return shape


@takes_device
def zeros(*size: Any, dtype: DType = dtypes.float32, requires_grad: bool = False) -> Tensor:
    """Zeros in a shape."""
    return wrap(np.zeros(shape_of(size), dtype.numpy)).requires_grad_(requires_grad)


@takes_device
def ones(*size: Any, dtype: DType = dtypes.float32, requires_grad: bool = False) -> Tensor:
    """Ones in a shape."""
    return wrap(np.ones(shape_of(size), dtype.numpy)).requires_grad_(requires_grad)


@takes_device
def full(size: Any, fill_value: Any, dtype: DType | None = None, requires_grad: bool = False) -> Tensor:
    """fill_value in a shape, in the dtype of fill_value."""
    filled = np.full(shape_of((size,)), fill_value, tensor(fill_value, dtype)._array.dtype)
    return wrap(filled).requires_grad_(requires_grad)


@takes_device
def zeros_like(input: Tensor, dtype: DType | None = None, requires_grad: bool = False) -> Tensor:
    """Zeros in the shape of input, and in its dtype where none is given."""
    return zeros(*input.shape, dtype=dtype or input.dtype, requires_grad=requires_grad)


@takes_device
def ones_like(input: Tensor, dtype: DType | None = None, requires_grad: bool = False) -> Tensor:
    """Ones in the shape of input, and in its dtype where none is given."""
    return ones(*input.shape, dtype=dtype or input.dtype, requires_grad=requires_grad)


@takes_device
def arange(
    start: Any, end: Any = None, step: Any = 1, *, dtype: DType | None = None, requires_grad: bool = False
) -> Tensor:
    """start, start + step, ... up to and without end; arange(n) counts from 0. int64 where all three are ints.

    Raises RuntimeError where step is 0 or leads away from end.
    """
    if end is None:
        start, end = 0, start
    start, end, step = [n.item() if isinstance(n, Tensor | np.generic) else n for n in (start, end, step)]
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if (end - start) * step < 0:
        raise RuntimeError(f"arange: the step {step} does not lead from {start} to {end}")
    whole = all(isinstance(number, int) for number in (start, end, step))
    kind = dtype or (dtypes.int64 if whole else dtypes.float32)
    numbers = start + step * np.arange(math.ceil((end - start) / step))
    return wrap(numbers.astype(kind.numpy)).requires_grad_(requires_grad)


@takes_device
def linspace(start: Any, end: Any, steps: int, *, dtype: DType | None = None, requires_grad: bool = False) -> Tensor:
    """steps numbers at equal distances from start to end, both included."""
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    kind = (dtype or dtypes.float32).numpy
    # PyTorch counts from start in the first half and back from end in the second.
    positions = np.arange(steps, dtype=kind)
    first, last = np.array([start, end], kind)
    step = (last - first) / kind.type(max(steps - 1, 1))
    low = first + step * positions
    high = last - step * positions[::-1]
    return wrap(np.where(np.arange(steps) < max(steps // 2, 1), low, high).astype(kind)).requires_grad_(requires_grad)


@takes_device
def empty(*size: Any, dtype: DType = dtypes.float32, requires_grad: bool = False) -> Tensor:
    """A tensor of a shape whose numbers are whatever was in the memory."""
    return wrap(np.empty(shape_of(size), dtype.numpy)).requires_grad_(requires_grad)


@takes_device
def eye(n: int, m: int | None = None, *, dtype: DType = dtypes.float32, requires_grad: bool = False) -> Tensor:
    """An n by m (by default n by n) matrix with ones on its diagonal and zeros elsewhere."""
    return wrap(np.eye(n, m, dtype=dtype.numpy)).requires_grad_(requires_grad)


def full_like(input: Tensor, fill_value: Any, dtype: DType | None = None, requires_grad: bool = False) -> Tensor:
    """fill_value in the shape of input, and in its dtype where none is given."""
    return full(input.shape, fill_value, dtype=dtype or input.dtype, requires_grad=requires_grad)


def empty_like(input: Tensor, dtype: DType | None = None, requires_grad: bool = False) -> Tensor:
    """A tensor in the shape of input, and in its dtype where none is given, with whatever was in the memory."""
    return empty(*input.shape, dtype=dtype or input.dtype, requires_grad=requires_grad)
