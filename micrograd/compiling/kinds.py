"""What is known of the arguments of functions before they are called: the dimensions and dtypes of arrays, options."""

import ast
import math
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from micrograd import graph

HERE = str(Path(graph.__file__).parent)
PARTS = (int, slice, type(...))
"""What a shape, or the index of a view, is made of."""
OF_KINDS = ("dim_of", "dims_of", "_is_of_rows")
"""Functions of the engine that look at no more than dimensions and dtypes."""


def is_own(value: Any) -> bool:
    """Whether it is a function of the engine."""
    return isinstance(value, types.FunctionType) and value.__code__.co_filename.startswith(HERE)


class Length:
    """A dimension that has another length in another call. It equals what was as long; other comparisons raise.

    All calls that are looked at have to agree, and they have different lengths: what is as long in each is so always.
    most: how long it can be at most, None if that is not known.
    """

    def __init__(self, value: int, most: int | None = None):
        self.value, self.most = value, most

    def __le__(self, other: Any) -> Any:
        if isinstance(other, int) and self.most is not None and self.most <= other:
            return True
        return self._varies()

    def __eq__(self, other: object) -> Any:
        if self.value == (other.value if isinstance(other, Length) else other):
            return True
        return self._varies()

    def _varies(self, *_: Any) -> Any:
        raise TypeError("this length varies")

    __ne__ = __lt__ = __gt__ = __ge__ = __index__ = __mod__ = __add__ = __sub__ = _varies
    __hash__ = None  # type: ignore[assignment]


class Kind:
    """What is known of an array in all calls: its dtype, its dimensions and those of their lengths that never vary.

    length: gives for a dimension and its length the length, or a Length if it varies.
    """

    __class__ = np.ndarray  # type: ignore[assignment]  # so says isinstance

    def __init__(self, array: np.ndarray, length: Callable[[int, int], Any]):
        self.ndim, self.dtype, self.flags = array.ndim, array.dtype, _Flags(array)
        self.shape = tuple([length(i, n) for i, n in enumerate(array.shape)])

    @property
    def size(self) -> Length:
        """How many elements there are: not known, but whether there are any is."""
        return Length(math.prod([n.value if isinstance(n, Length) else n for n in self.shape]))

    def __len__(self) -> Any:
        return self.shape[0].__index__()

    def __eq__(self, other: object) -> bool:
        return type(other) is Kind and self._known() == other._known()

    def __hash__(self) -> int:
        return hash(self._known())

    def _known(self) -> tuple[Any, ...]:
        shape = tuple([f"n={n.value}" if isinstance(n, Length) else n for n in self.shape])
        return self.ndim, self.dtype, self.flags.in_order, shape


class _Flags:
    """Whether an array lies in order: if it does, it does so with other lengths too, but not the other way round."""

    def __init__(self, array: np.ndarray):
        self.in_order = array.flags.c_contiguous

    @property
    def c_contiguous(self) -> bool:
        if not self.in_order:
            raise AttributeError("with a length of 1 it may be so")
        return True


class Open:
    """What may be another thing in each call."""


OPEN = Open()


def kind_of(value: Any, length: Callable[[int, int], Any], is_option: bool | int = False) -> Any:
    """What of an argument holds for all calls like this one; a whole number may be the length of a dimension."""
    if isinstance(value, np.ndarray):
        return Kind(value, length)
    if value is None or isinstance(value, bool | str | float) or (is_option and isinstance(value, int)):
        return value
    if isinstance(value, tuple) and all(item is None or isinstance(item, PARTS) for item in value):
        # Where lengths that vary are in it, it is another one in another call.
        return tuple([slice(None) if isinstance(item, slice) else item for item in value])
    return OPEN


def _type_of(value: Any) -> Any:
    return np.ndarray if isinstance(value, np.ndarray) else type(value)


class Unknown(Exception):  # noqa: N818 - never leaves this file
    """More than dimensions and dtypes decides it."""


def decided(expression: ast.expr, scope: dict[str, Any], calls: list[dict[str, Any]]) -> Any:
    """The value of an expression in all the calls, given as names and kinds. Raises Unknown where they differ."""
    names = {node.id for node in ast.walk(expression) if isinstance(node, ast.Name)}
    own = [scope[name] for name in names if is_own(scope.get(name))]
    if any(function.__name__ not in OF_KINDS for function in own):
        raise Unknown
    code = compile(ast.Expression(expression), "<decided>", "eval")
    found = []
    for call in calls or [{}]:
        if any(isinstance(call.get(name), Open) for name in names):
            raise Unknown
        try:
            value = eval(code, {**scope, "type": _type_of}, call)
        except Exception:
            raise Unknown from None
        if isinstance(value, Length):
            value = value.value > 0
        if not (value is None or isinstance(value, bool | int | str | tuple | np.bool_)):
            raise Unknown
        found.append(value)
    if any(type(value) is not type(found[0]) or value != found[0] for value in found):
        raise Unknown
    return found[0]
