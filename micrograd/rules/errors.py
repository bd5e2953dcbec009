"""PyTorch's errors for what NumPy refuses: the same classes, and the shapes in every message."""

import math
import warnings
from collections.abc import Callable, Sequence
from contextvars import ContextVar, copy_context
from itertools import combinations
from typing import Any

import numpy as np

from micrograd.rules.dtypes import CATEGORY, TITLES

OVERLAPS = (
    "unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
    "Please clone() the tensor before performing the operation."
)

PARTLY_OVERLAPS = (
    "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single memory "
    "location. Please clone() the tensor before performing the operation."
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


class silent:  # noqa: N801 - read as `with silent():`
    """Let NumPy compute on in silence inside the block."""

    __slots__ = ("token",)

    def __enter__(self) -> None:
        self.token = ON_ERROR.set(GO_ON)

    def __exit__(self, *exception: object) -> None:
        ON_ERROR.reset(self.token)


def pytorch_error(name: str, arrays: Sequence[Any], options: dict[str, Any], error: Exception) -> Exception:
    """The error that PyTorch would raise where NumPy raised `error`, with all shapes in it."""
    if isinstance(error, AttributeError):
        wrong = [i for i, a in enumerate(arrays) if f"'{type(a).__name__}' object has no" in str(error)]
        return must_be_tensor(name, wrong[0] + 1, arrays[wrong[0]]) if wrong else error
    shapes = [a.shape for a in arrays if isinstance(a, np.ndarray)]
    if isinstance(error, IndexError):
        return IndexError(str(error).replace("axis", "dimension").replace("array", "tensor"))
    if name in ("mm", "mv", "matmul", "dot"):
        return RuntimeError(cannot_be_multiplied(*shapes))
    if name == "view":
        shape = list(options["shape"])
        if shape.count(-1) > 1:
            return RuntimeError(f"only one dimension can be inferred, and {shape} has -1 more than once")
        if "copy" not in str(error):
            return RuntimeError(f"shape '{shape}' is invalid for input of size {arrays[0].size}")
        return RuntimeError(
            f"view size is not compatible with input tensor's size and stride: {list(shapes[0])} cannot be seen as "
            f"{shape} without a copy. Use .reshape(...) instead."
        )
    if "read-only" in str(error):
        return RuntimeError(OVERLAPS)
    if name == "put":
        return RuntimeError(
            f"shape mismatch: value tensor of shape {list(shapes[-1])} does not fit the indexing result"
        )
    if name == "expand":
        return RuntimeError(_cannot_be_expanded(shapes[0], options["shape"]))
    for a, b in combinations(shapes, 2):
        for i in range(1, min(len(a), len(b)) + 1):
            if a[-i] != b[-i] and 1 not in (a[-i], b[-i]):
                return RuntimeError(
                    f"The size of tensor a ({a[-i]}) must match the size of tensor b ({b[-i]}) at non-singleton "
                    f"dimension {max(len(a), len(b)) - i}; the shapes are {list(a)} and {list(b)}"
                )
    return RuntimeError(f"{name}: {error}")


def _cannot_be_expanded(shape: Sequence[int], sizes: Sequence[int]) -> str:
    """PyTorch's words for sizes that a tensor of this shape does not expand to."""
    if len(sizes) < len(shape):
        return (
            f"expand: the number of sizes provided ({len(sizes)}) must be greater or equal to the number of dimensions "
            f"in the tensor ({len(shape)}): {list(sizes)} and {list(shape)}"
        )
    first = len(sizes) - len(shape)
    wrong = [d for d in range(first, len(sizes)) if shape[d - first] not in (1, sizes[d])]
    if not wrong:
        return f"expand: {list(sizes)} are no sizes"
    return (
        f"The expanded size of the tensor ({sizes[wrong[-1]]}) must match the existing size "
        f"({shape[wrong[-1] - first]}) at non-singleton dimension {wrong[-1]}. Target sizes: {list(sizes)}. "
        f"Tensor sizes: {list(shape)}"
    )


def must_be_tensor(name: str, which: str | int, x: Any) -> TypeError:
    """The TypeError for an argument that is no Tensor: by its name, or by its position, counted from 1."""
    what = f"argument {which!r}" if isinstance(which, str) else f"the argument at position {which}"
    hint = ", which is what a function without a return gives" if x is None else ""
    return TypeError(f"{name}(): {what} must be Tensor, not {type(x).__name__}{hint}")


def goes_with_no_tensor(x: Any) -> str:
    """The words for an operand that is neither a tensor nor an array nor a number, and what was probably meant."""
    message = f"a Tensor goes with tensors, arrays and numbers, not with {type(x).__name__}"
    if hasattr(type(x), "values") and isinstance(x, tuple):  # what max, sort and their kind return for a dim
        return f"{message}, which holds two tensors: take its .values or .indices"
    hint = "; torch.tensor(...) makes a tensor of it" if isinstance(x, list | tuple | range) else ""
    return f"{message}: {x!r:.60}{hint}"


def warn_of_no_freedom(name: str, n: int, correction: Any, shape: Sequence[int]) -> None:
    """PyTorch's warning where a variance of too few elements divides by 0."""
    warnings.warn(
        f"{name}(): degrees of freedom is <= 0: it divides by n - correction, and that is {n} - {correction} for the "
        f"input {list(shape)}. A batch of one has no variance: use running statistics, or more examples",
        stacklevel=6,
    )


def dim_error(dim: Any, ndim: int) -> IndexError:
    """The IndexError for a dimension that a tensor of `ndim` dimensions does not have."""
    n = max(ndim, 1)
    return IndexError(f"Dimension out of range (expected to be in range of [{-n}, {n - 1}], but got {dim})")


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


def refuse_bools(name: str, *operands: Any, error: type[Exception] = NotImplementedError) -> None:
    """Raises the error where an operand is bool: PyTorch does not take it for a number there."""
    for x in operands:
        if x is True or x is False or (isinstance(x, np.ndarray) and x.dtype == bool):
            raise error(f"{name} is not there for bool tensors: use ~, ^ or logical_not(), or x.float() first")


def refuse_zero(x: Any, y: Any) -> None:
    """Raises RuntimeError where an integer is divided by 0."""
    if np.result_type(x, y).kind in "iu" and np.any(y == 0):
        raise RuntimeError("ZeroDivisionError: integers cannot be divided by zero; take x.float() first")


def derivative_is_missing(name: str, error: type[Exception] = RuntimeError) -> Callable[[Any], Any]:
    """The derivative of an operation that has none: backward raises rather than going on without it."""

    def missing(g: Any) -> Any:
        raise error(f"derivative for {name} is not implemented: take the input's detach() if none is wanted")

    return missing


def need_floats(x: np.ndarray, name: str, error: type[Exception] = RuntimeError) -> np.ndarray:
    """x itself. Raises the error where its elements are not floats."""
    if x.dtype.kind != "f":
        raise error(f"{name}(): the elements have to be floats, and they are {x.dtype}: take x.float() first")
    return x


def need_elements(x: np.ndarray, name: str, dim: Any, error: type[Exception] = RuntimeError) -> None:
    """Raises the error, or with a dim IndexError, where there are no elements to choose from."""
    if dim is None and x.size == 0:
        raise error(f"{name}(): the tensor of shape {list(x.shape)} has no elements to choose from: give it a dim")
    if dim is not None and x.ndim and -x.ndim <= dim < x.ndim and x.shape[dim] == 0:
        raise IndexError(f"{name}(): Expected reduction dim {dim} to have non-zero size; the shape is {list(x.shape)}")


def need_one_dtype(name: str, *arrays: np.ndarray | None) -> None:
    """Raises RuntimeError where the arrays are not of one dtype."""
    dtype = arrays[0].dtype if arrays[0] is not None else None
    for array in arrays:
        if array is not None and array.dtype is not dtype and array.dtype != dtype:
            what = f"{dtype} {list(arrays[0].shape)} and {array.dtype} {list(array.shape)}"  # type: ignore[union-attr]
            meant = "x.float(), or both in double(): NumPy's arrays are float64 unless told otherwise"
            if dtype.kind != array.dtype.kind:  # type: ignore[union-attr]
                meant = "x.float(); F.one_hot makes integers, so F.one_hot(x, num_classes=...).float()"
            raise RuntimeError(f"{name}: all tensors must have the same dtype, but got {what}. Probably meant: {meant}")


def need_arrays(name: str, x: Any, y: Any, argument: str = "other") -> None:
    """Raises TypeError where one of the two inputs of a function that takes tensors alone is a number."""
    if not isinstance(x, np.ndarray):
        raise must_be_tensor(name, "input", x)
    if not isinstance(y, np.ndarray):
        raise must_be_tensor(name, argument, y)


def need_to_fit(x: Any, dtype: np.dtype) -> Any:
    """x, where it is a number of Python's as one that `dtype` has; anything else is left as it is.

    A negative int (no float) wraps into uint8, as in PyTorch. Raises RuntimeError for a number that the dtype does not
    have, such as 300 in uint8, 1e300 in float32 or nan in int64.
    """
    if not isinstance(x, int | float) or dtype.kind == "b":
        return bool(x) if isinstance(x, int | float) else x
    if dtype.kind == "f":
        fits = not math.isfinite(x) or abs(x) <= float(np.finfo(dtype).max)
    else:
        low, high = (
            (-255 * isinstance(x, int), 255) if dtype == np.uint8 else (np.iinfo(dtype).min, np.iinfo(dtype).max)
        )
        fits = low <= x <= high
    if not fits:
        raise RuntimeError(f"value cannot be converted to type {dtype} without overflow: {x!r:.60}")
    return x if dtype.kind == "f" else int(x) % 256 if dtype == np.uint8 else int(x)
