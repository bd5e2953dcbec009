"""PyTorch's indexing rules in terms of NumPy's."""

from collections.abc import Callable
from typing import Any

import numpy as np


def split_index(index: Any, ndim: int, copied: Callable | None, made: Callable) -> tuple[Any, Any]:
    """An index as two, to be applied one after the other: a basic one, and one with arrays; None where it is void.

    NumPy takes an int beside an array for an array and orders the dimensions by that; PyTorch selects by it first.
    copied: what copies the arrays, where the graph will keep them. made: called with an array made of a list or range,
    which it returns. Raises IndexError, TypeError or ValueError for what cannot be an index.
    """
    if type(index) is int:
        return (index, ...), None
    if isinstance(index, tuple) and index and all(item is ... for item in index):
        return (...,), None  # several, where there is nothing else, are one
    if isinstance(index, list) and any(not isinstance(item, int) for item in index):
        index = tuple(index)  # as in PyTorch: x[[rows, columns]] is x[rows, columns]
    items = [_item(item, copied, made) for item in (index if isinstance(index, tuple) else (index,))]
    arrays = [isinstance(item, np.ndarray) for item in items]
    if not any(arrays):
        return (*items, ...) if not any(item is ... for item in items) else tuple(items), None
    if len(items) == 1:
        return None, items[0]
    if sum([dims_named(item) for item in items]) == ndim:  # NumPy takes an ellipsis that stands for nothing for a gap
        items = [item for item in items if item is not ...]
    if len(items) == 1:
        return None, items[0]
    if not any(item is None or isinstance(item, int) for item in items):
        return None, tuple(items)
    basic: list[Any] = []
    left: list[Any] = []
    for item in items:
        if isinstance(item, np.ndarray):
            basic += [slice(None)] * dims_named(item)
            left.append(item)
        else:
            basic.append(item)
            left += [] if isinstance(item, int) else [item if item is ... else slice(None)]
    return tuple(basic), tuple(left)


def basic_kind(basic: tuple[Any, ...]) -> str:
    """What PyTorch would do last for a basic index: "int", "slice" or "None" (a new dimension)."""
    for item in reversed(basic):
        if isinstance(item, int):
            return "int"
        if item is None:
            return "None"
        if item is not ... and item != slice(None):
            break
    return "slice"


def takes_all(basic: tuple[Any, ...], shape: tuple[int, ...]) -> bool:
    """Whether a basic index is full slices alone: what is assigned there PyTorch writes to the tensor itself."""
    gap = basic.index(...)
    named = [*zip(basic[:gap], shape, strict=False), *zip(basic[:gap:-1], shape[::-1], strict=False)]
    return len(basic) <= len(shape) + 1 and all(
        isinstance(item, slice)
        and item.start in (None, 0)
        and item.step in (None, 1)
        and (item.stop is None or item.stop >= n)
        for item, n in named
    )


def dims_named(item: Any) -> int:
    """How many dimensions one part of an index speaks of."""
    if isinstance(item, np.ndarray) and item.dtype == bool:
        return item.ndim
    return 0 if item is None or item is ... else 1


def _item(item: Any, copied: Callable | None, made: Callable) -> Any:
    """One part of an index as NumPy takes it; arrays are copied where the graph keeps them."""
    if item is None or item is ... or type(item) is int:
        return item
    if isinstance(item, slice):
        if item.step is not None and item.step <= 0:
            raise ValueError("step must be greater than zero; flip the tensor to go backwards")
        return item
    if isinstance(item, range):
        return made(np.arange(item.start, item.stop, item.step))
    if isinstance(item, np.integer):
        return int(item)
    if isinstance(item, np.bool_):
        raise IndexError("an index is made of ints, slices, None, ..., lists and tensors, not of NumPy's bools")
    if isinstance(item, str | bytes | dict):
        raise TypeError(f"an index is made of ints, slices, None, ..., lists and tensors, not {type(item).__name__}")
    array = np.asarray(item)
    if array.dtype.kind not in "iub":
        if array.size or isinstance(item, np.ndarray):
            raise IndexError(f"tensors used as indices must be long, int, byte or bool tensors, not {array.dtype}")
        array = array.astype(np.int64)
    if array.dtype == np.uint8:  # a mask, as in PyTorch
        array = array.astype(bool)
    if array.ndim == 0 and array.dtype.kind != "b":
        return int(array)
    if not isinstance(item, np.ndarray):
        return made(array)
    return array if copied is None else copied(array)


_UNSIGNED = {n: np.dtype(f"u{n}") for n in (1, 4, 8)}


def out_of_range(indices: np.ndarray, n: int) -> bool:
    """Whether an index, of whole numbers, is none of 0 ... n - 1."""
    unsigned = indices.view(_UNSIGNED[indices.itemsize])  # a negative index is a large one here
    return indices.size > 0 and unsigned.item(unsigned.argmax()) >= n  # half the time of max()
