"""PyTorch's dtypes and its rule for mixing them, over NumPy's."""

import builtins
import math
from typing import Any

import numpy as np


class dtype:  # noqa: N801 - PyTorch's name
    """The type of a tensor's elements, such as `float32`. Prints as PyTorch's does: `torch.float32`.

    >>> torch.ones(2).dtype
    torch.float32
    >>> torch.float32.is_floating_point
    True
    """

    _of: dict[np.dtype, "dtype"] = {}  # noqa: RUF012 - one object a type, looked up by NumPy's

    def __init__(self, name: str):
        self.numpy = np.dtype(name)
        dtype._of[self.numpy] = self

    @property
    def is_floating_point(self) -> builtins.bool:
        return self.numpy.kind == "f"

    def __reduce__(self) -> str:
        return self.numpy.name  # pickled and copied by name, so that it stays the one object

    def __repr__(self) -> str:
        return f"torch.{self.numpy.name}"


float32 = float = dtype("float32")
float64 = double = dtype("float64")
int32 = int = dtype("int32")
int64 = long = dtype("int64")
uint8 = dtype("uint8")
bool = dtype("bool")

# The dtypes that Python's own types name, as in zeros(3, dtype=float).
OF_PYTHON: dict[Any, dtype] = {builtins.float: float64, builtins.int: int64, builtins.bool: bool}

default_dtype = float32  # of floats where none is said; set_default_dtype changes it


def get_default_dtype() -> dtype:
    """The dtype of new tensors of floats: float32, until set_default_dtype changes it."""
    return default_dtype


def set_default_dtype(d: dtype) -> None:
    """Set the dtype of new tensors of floats: float32 or float64. Raises TypeError for any other."""
    global default_dtype
    if d not in (float32, float64):
        raise TypeError(f"only floating-point types are supported as the default type: float32 or float64, not {d!r}")
    default_dtype = d


# The names that PyTorch's messages use.
TITLES = {"float32": "Float", "float64": "Double", "int32": "Int", "int64": "Long", "uint8": "Byte", "bool": "Bool"}


def dtype_of(array: np.ndarray) -> dtype:
    return dtype._of[array.dtype]


class Size(tuple[builtins.int, ...]):
    """A shape: a tuple of ints that prints as PyTorch's does.

    >>> torch.ones(2, 3).shape.numel()
    6
    """

    def numel(self) -> builtins.int:
        """The number of elements of a tensor of this shape."""
        return math.prod(self)

    def __getitem__(self, index: Any) -> Any:
        item = super().__getitem__(index)
        return Size(item) if isinstance(index, slice) else item

    def __add__(self, other: Any) -> "Size":
        return Size(super().__add__(tuple(other)))

    def __mul__(self, times: Any) -> "Size":
        return Size(super().__mul__(times))

    def __repr__(self) -> str:
        return f"torch.Size({list(self)})"


CATEGORY = {"b": 0, "i": 1, "u": 1, "f": 2}


def promote(x: Any, y: Any) -> tuple[Any, Any]:
    """x and y, arrays or Python numbers, ready for NumPy to combine them in PyTorch's dtype.

    PyTorch decides by category (bool, int, float) first: a number or a tensor without dimensions changes the dtype of
    a tensor with dimensions only where it is of a higher category; and an int tensor meets a float32 one in float32.
    """
    if type(x) is np.ndarray:
        if type(y) is np.ndarray:
            if x.dtype is y.dtype:
                return x, y
        elif x.dtype.kind == "f":
            return x, y  # NumPy, too, keeps the dtype of an array of floats beside a number
    elif type(y) is np.ndarray and y.dtype.kind == "f":
        return x, y
    common = result_type(x, y)
    return np.asarray(x).astype(common, copy=False), np.asarray(y).astype(common, copy=False)


def result_type(*operands: Any) -> np.dtype:
    """The dtype of a result of arrays and Python numbers, by the rule in PyTorch's documentation of torch.dtype."""
    ranked = sorted(operands, key=_rank)
    result, rank = numpy_dtype(ranked[0]), _rank(ranked[0])
    for operand in ranked[1:]:
        mine = numpy_dtype(operand)
        if CATEGORY[mine.kind] > CATEGORY[result.kind]:
            result, rank = mine, _rank(operand)
        elif CATEGORY[mine.kind] == CATEGORY[result.kind] and _rank(operand) == rank:
            result = np.promote_types(mine, result)
    return result


def _rank(operand: Any) -> builtins.int:
    """Who decides: a tensor with dimensions before one without, and that before a number."""
    return 2 if not isinstance(operand, np.ndarray) else 1 if operand.ndim == 0 else 0


def numpy_dtype(operand: Any) -> np.dtype:
    """That of an array, or the one that PyTorch takes for a number of Python's."""
    if isinstance(operand, np.ndarray):
        return operand.dtype
    if operand is None:
        raise TypeError("unsupported operand: a tensor goes with tensors and numbers, not with None")
    if isinstance(operand, builtins.bool):
        return bool.numpy
    return int64.numpy if isinstance(operand, builtins.int) else default_dtype.numpy


def floating(x: np.ndarray) -> np.ndarray:
    """x itself where it holds floats, else x in the default dtype, as before exp, log, division and their like."""
    return x if x.dtype.kind == "f" else x.astype(default_dtype.numpy)
