"""PyTorch's errors for what NumPy refuses: the same classes, and the shapes in every message."""

import math
from collections.abc import Sequence
from contextvars import ContextVar, copy_context
from typing import Any

import numpy as np

from micrograd.dtypes import CATEGORY, TITLES

OVERLAPS = (
    "unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
    "Please clone() the tensor before performing the operation."
)


def _numpy_error_state() -> tuple[ContextVar[Any], Any]:
    """The variable in which NumPy keeps what to do about an overflow and its like, and its value for going on."""
    before = copy_context()
    with np.errstate(all="ignore"):
        inside = copy_context()
    changed = [(variable, value) for variable, value in inside.items() if before.get(variable) is not value]
    return changed[0] if changed else (ContextVar("not_numpys"), None)


# Where PyTorch computes on in silence (log of 0, overflow), so does this package, whatever the user's warnings and
# settings. Setting the variable is what np.errstate does, in a tenth of the time.
ON_ERROR, GO_ON = _numpy_error_state()


def explain(name: str, arrays: Sequence[Any], options: dict[str, Any], error: Exception) -> Exception:
    """The error that PyTorch would raise where NumPy raised `error`, with all shapes in it."""
    shapes = [a.shape for a in arrays if isinstance(a, np.ndarray)]
    if isinstance(error, IndexError):
        return IndexError(str(error).replace("axis", "dimension").replace("array", "tensor"))
    if name in ("mm", "mv", "matmul_folded", "matmul_broadcast", "bmm", "dot"):
        return RuntimeError(cannot_be_multiplied(*shapes))
    if name == "view":
        shape = list(options["shape"])
        if "copy" not in str(error):
            return RuntimeError(f"shape '{shape}' is invalid for input of size {arrays[0].size}")
        return RuntimeError(
            f"view size is not compatible with input tensor's size and stride: {list(shapes[0])} cannot be seen as "
            f"{shape} without a copy. Use .reshape(...) instead."
        )
    if "read-only" in str(error):
        return RuntimeError(OVERLAPS)
    if name in ("put", "index_put"):
        return RuntimeError(
            f"shape mismatch: value tensor of shape {list(shapes[-1])} does not fit the indexing result"
        )
    if len(shapes) == 2:
        a, b = shapes
        for i in range(1, min(len(a), len(b)) + 1):
            if a[-i] != b[-i] and 1 not in (a[-i], b[-i]):
                return RuntimeError(
                    f"The size of tensor a ({a[-i]}) must match the size of tensor b ({b[-i]}) at non-singleton "
                    f"dimension {max(len(a), len(b)) - i}; the shapes are {list(a)} and {list(b)}"
                )
    return RuntimeError(f"{name}: {error}")


def cannot_be_multiplied(x: tuple[int, ...], y: tuple[int, ...]) -> str:
    """PyTorch's words for two shapes; it folds the leading dimensions of the first into one, and speaks of that."""
    folded = (math.prod(x[:-1]), x[-1]) if len(x) > 2 and len(y) == 2 else x
    what = " and ".join("x".join(map(str, shape)) for shape in (folded, y))
    return f"mat1 and mat2 shapes cannot be multiplied ({what}){f': {list(x)} and {list(y)}' if folded != x else ''}"


def check_in_place(array: np.ndarray, result: np.ndarray) -> None:
    """Raise PyTorch's errors for a result that does not go into the memory of `array`."""
    if not array.flags.writeable:
        raise RuntimeError(OVERLAPS)
    if array.shape != result.shape:
        raise RuntimeError(
            f"output with shape {list(array.shape)} doesn't match the broadcast shape {list(result.shape)}"
        )
    if CATEGORY[result.dtype.kind] > CATEGORY[array.dtype.kind]:
        titles = [TITLES[dtype.name] for dtype in (result.dtype, array.dtype)]
        raise RuntimeError(f"result type {titles[0]} can't be cast to the desired output type {titles[1]}")
