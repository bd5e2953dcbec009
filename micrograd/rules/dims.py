"""PyTorch's ways to name dimensions and sizes."""

from collections.abc import Sequence
from operator import index
from typing import Any

from micrograd.rules.errors import dim_error


def dim_of(x: Any, dim: Any, extra: int = 0) -> int:
    """dim counted from the front. Raises IndexError for a dim that x, with `extra` dimensions more, does not have."""
    n = max(x.ndim + extra, 1)
    dim = dim if type(dim) is int else whole(dim)
    if not -n <= dim < n:
        raise dim_error(dim, x.ndim + extra)
    return dim % n


def dims_of(x: Any, dim: Any) -> tuple[int, ...] | None:
    """The dimensions that a reduction's dim means, an int, several or None; None for all of them.

    Raises IndexError for one that x does not have, RuntimeError for one that is named twice.
    """
    if dim is None:
        return None
    if not isinstance(dim, Sequence):
        dims: tuple[int, ...] = (dim_of(x, dim),)
    else:
        dims = tuple([dim_of(x, d) for d in dim])
        if len(set(dims)) < len(dims):
            raise RuntimeError(f"dim {dim} appears multiple times in the list of dims")
    return dims if x.ndim and dims else None


def sizes_of(arguments: Any) -> tuple[int, ...]:
    """The numbers that f(2, 3), f((2, 3)) and f([2, 3]) all mean."""
    if len(arguments) == 1 and type(arguments[0]) is not int:
        given = arguments[0]
        arguments = given if type(given) is tuple or isinstance(given, Sequence) else arguments
    return tuple([n if type(n) is int else whole(n) for n in arguments])


def whole(n: Any) -> int:
    """n, an int of Python's or NumPy's or a tensor of one, as an int. Raises TypeError for anything else, and bools."""
    try:
        if not isinstance(n, bool):
            return index(n)
    except TypeError:
        pass
    hint = f"; an option goes by its name, keepdim={n}" if isinstance(n, bool) else ""
    raise TypeError(f"a dimension or a size must be int, not {type(n).__name__}: {n!r:.60}{hint}")


def lengths(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape itself, of which lengths may be -1. Raises RuntimeError for another negative one."""
    if min(shape, default=0) < -1:  # NumPy takes any negative length for -1
        raise RuntimeError(f"invalid shape dimension {min(shape)} in {list(shape)}: -1 alone stands for the rest")
    return shape
