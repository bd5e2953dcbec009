"""How a tensor lies in memory: its storage, a flat row of numbers, and the strides by which an index finds its place.

A view has the storage of its tensor, and other strides: `x.t()` swaps them, and moves nothing.
"""

import copy
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from micrograd.tensors import Tensor, attach


class Storage:
    """The flat row of numbers that a tensor and all of its views share; prints as PyTorch's does."""

    def __init__(self, array: np.ndarray):
        self._array = array

    def __len__(self) -> int:
        return self._array.size

    def __getitem__(self, index: Any) -> Any:
        return self._array[index].tolist()

    def __setitem__(self, index: Any, value: Any) -> None:
        self._array[index] = value

    def tolist(self) -> list:
        """The numbers in a list."""
        return self._array.tolist()

    def data_ptr(self) -> int:
        """The address of the first number, the same for all tensors of this storage."""
        return self._array.ctypes.data

    def __repr__(self) -> str:
        kind = f"torch.storage.TypedStorage(dtype=torch.{self._array.dtype.name}, device=cpu)"
        return "\n".join([*[f" {number}" for number in self.tolist()], f"[{kind} of size {len(self)}]"])


def _memory(array: np.ndarray) -> np.ndarray:
    """The array whose memory this one looks at."""
    base: Any = array
    while isinstance(base, np.ndarray):
        array = base
        base = array.base if isinstance(array.base, np.ndarray) else getattr(array.base, "base", None)  # as_strided's
    return array


def _owner(array: np.ndarray) -> np.ndarray:
    """The same, flat."""
    return _memory(array).reshape(-1, order="A", copy=False)


def storage(x: Tensor) -> Storage:
    """The storage of x, which its views share."""
    return Storage(_owner(x._array))


def untyped_storage(x: Tensor) -> Storage:
    """The storage of x as bytes."""
    return Storage(_owner(x._array).view(np.uint8))


def stride(x: Tensor, dim: int | None = None) -> Any:
    """How many elements of the storage lie between neighbours along each dimension, or along dim."""
    strides = tuple([n // x._array.itemsize for n in x._array.strides])
    return strides if dim is None else strides[dim]


def storage_offset(x: Tensor) -> int:
    """The index of x's first element in its storage."""
    return (x._array.ctypes.data - _owner(x._array).ctypes.data) // x._array.itemsize


def data_ptr(x: Tensor) -> int:
    """The address of x's first element."""
    return x._array.ctypes.data


def element_size(x: Tensor) -> int:
    """The number of bytes of an element."""
    return x._array.itemsize


# What a copy does not have in common with the tensor: its memory, its place in the graph, and who listens.
OWN = ("_array", "_version", "_node", "_base", "_seen", "_changed", "_read_only", "_hooks", "_post_accumulate_hooks")


def deepcopy(x: Tensor, memo: dict[int, Any]) -> Tensor:
    """What copy.deepcopy makes of a leaf: tensors of one memory share one again. Raises RuntimeError for no leaf."""
    if x.grad_fn is not None:
        raise RuntimeError(
            "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment: "
            "take detach() or clone()"
        )
    memory, array = _memory(x._array), x._array
    copied = memo.setdefault(id(memory), memory.copy(order="K"))
    start = (array.ctypes.data - memory.ctypes.data) // array.itemsize
    result = memo[id(x)] = object.__new__(type(x))
    vars(result).update({name: copy.deepcopy(value, memo) for name, value in vars(x).items() if name not in OWN})
    result._array = as_strided(copied.reshape(-1, order="A", copy=False)[start:], array.shape, array.strides)
    result._version = [0]
    return result


attach("__deepcopy__", deepcopy)
for _function in (storage, untyped_storage, stride, storage_offset, data_ptr, element_size):
    attach(_function.__name__, _function)
