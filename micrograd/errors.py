"""PyTorch's errors for what NumPy refuses: the same classes, and the shapes in every message."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from micrograd.dtypes import TITLES

OVERLAPS = (
    "unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
    "Please clone() the tensor before performing the operation."
)


def explain(name: str, arrays: Sequence[Any], error: Exception) -> Exception:
    """The error that PyTorch would raise where NumPy raised `error`, with all shapes in it."""
    shapes = [a.shape for a in arrays if isinstance(a, np.ndarray)]
    if isinstance(error, IndexError):
        return IndexError(str(error).replace("axis", "dimension").replace("array", "tensor"))
    if name in ("mm", "mv", "matmul_folded", "matmul_broadcast", "bmm", "dot"):
        what = " and ".join("x".join(map(str, shape)) for shape in shapes)
        return RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({what})")
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


def check_in_place(array: np.ndarray, result: np.ndarray) -> None:
    """Raise PyTorch's errors for a result that does not go into the memory of `array`."""
    if not array.flags.writeable:
        raise RuntimeError(OVERLAPS)
    if array.shape != result.shape:
        raise RuntimeError(
            f"output with shape {list(array.shape)} doesn't match the broadcast shape {list(result.shape)}"
        )
    if not np.can_cast(result.dtype, array.dtype, "same_kind"):
        titles = [TITLES[dtype.name] for dtype in (result.dtype, array.dtype)]
        raise RuntimeError(f"result type {titles[0]} can't be cast to the desired output type {titles[1]}")
