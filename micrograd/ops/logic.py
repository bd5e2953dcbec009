"""Comparisons and logic by element: tensors of bools, without gradients."""

from typing import Any

import numpy as np

from micrograd.ops import apply, attach, function, op
from micrograd.ops.shapes import need_tensors
from micrograd.rules.dtypes import promote
from micrograd.rules.errors import need_arrays
from micrograd.rules.layout import laid_out
from micrograd.tensors import Tensor

# A comparison with what is no number or tensor, x == None, is left to Python.


def _comparison(name: str, sign: str, ufunc: np.ufunc, *aliases: str) -> Any:
    def forward(x, y, /):
        return (ufunc(*promote(x, y)),)

    forward.__name__, forward.__doc__ = name, f"input {sign} other, element by element; bools."
    return op(
        "", *aliases, sign=sign, elementwise=laid_out, examples=[f"x {sign} y", f"x {sign} 0.5", f"ints {sign} 2"]
    )(forward)


eq = _comparison("eq", "==", np.equal)
ne = _comparison("ne", "!=", np.not_equal, "not_equal")
lt = _comparison("lt", "<", np.less, "less")
le = _comparison("le", "<=", np.less_equal, "less_equal")
gt = _comparison("gt", ">", np.greater, "greater")
ge = _comparison("ge", ">=", np.greater_equal, "greater_equal")

for _name, _function in (("__eq__", eq), ("__ne__", ne)):

    def _compare(input: Tensor, other: Any, function: Any = _function) -> Any:
        comparable = isinstance(other, Tensor | float | int | np.generic | np.ndarray)
        return function(input, other) if comparable else NotImplemented

    attach(_name, _compare)


def _contains(input: Tensor, element: Any) -> bool:
    if not isinstance(element, Tensor | float | int | np.generic):
        raise RuntimeError(f"`in` takes a Tensor or a number, not {type(element).__name__}: {element!r:.60}")
    return bool((input == element)._array.any())


attach("__contains__", _contains)


def _logical(name: str, sign: str, ufunc: np.ufunc, what: str) -> Any:
    def forward(x, y, /):
        if not sign:
            need_arrays(name, x, y)
        x, y = promote(x, y)
        if sign and np.result_type(x, y).kind == "f":
            raise RuntimeError(f"{name}, {sign}, goes with ints and bools, not with floats: compare first")
        return (ufunc(x, y),)

    forward.__name__, forward.__doc__ = name, f"{what}, element by element."
    examples = [f"(ints > 1).{name}(ints < 3)", f"ints.{name}(ints + 1)"]
    return op("", sign=sign, in_place=True, examples=examples)(forward)


logical_and = _logical("logical_and", "", np.logical_and, "Whether both are not zero")
logical_or = _logical("logical_or", "", np.logical_or, "Whether one or both are not zero")
logical_xor = _logical("logical_xor", "", np.logical_xor, "Whether exactly one of both is not zero")
bitwise_and = _logical("bitwise_and", "&", np.bitwise_and, "input & other, for ints and bools")
bitwise_or = _logical("bitwise_or", "|", np.bitwise_or, "input | other, for ints and bools")
bitwise_xor = _logical("bitwise_xor", "^", np.bitwise_xor, "input ^ other, for ints and bools")

for _name, _function in (("and", bitwise_and), ("or", bitwise_or), ("xor", bitwise_xor)):
    attach(f"__r{_name}__", _function)


def _test(name: str, ufunc: np.ufunc, what: str) -> Any:
    def forward(x, /):
        return (ufunc(x),)

    forward.__name__, forward.__doc__ = name, f"Whether each element is {what}."
    return op("", elementwise=laid_out, examples=[f"(x / 0).{name}()"])(forward)


isnan = _test("isnan", np.isnan, "nan")
isinf = _test("isinf", np.isinf, "inf or -inf")
isfinite = _test("isfinite", np.isfinite, "neither nan nor infinite")
logical_not = _test("logical_not", np.logical_not, "zero")


@op("", "__invert__", sign="~", elementwise=laid_out, examples=["~(x > 0)", "~ints"])
def bitwise_not(x, /):
    """~input, for ints and bools. Raises TypeError for floats."""
    if x.dtype.kind == "f":
        raise TypeError(f"~ goes with ints and bools, not with {x.dtype}")
    return (~x,)


@function(examples=["torch.isclose(x, x + 1e-9)"])
def isclose(input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Tensor:
    """Whether |input - other| <= atol + rtol * |other|, by element. Raises RuntimeError for different dtypes."""
    need_tensors("isclose", input, other)
    if input._array.dtype != other._array.dtype:
        raise RuntimeError(f"{input.dtype} did not match {other.dtype}: bring both to one dtype")
    return apply(_isclose.op, input, other, rtol=rtol, atol=atol, equal_nan=equal_nan)


@op("", of="", elementwise=laid_out, examples=["x.isclose(y)", "x.isclose(x + 1e-9)"])
def _isclose(x, y, /, rtol, atol, equal_nan):
    """Whether x is within atol + rtol * |y| of y."""
    return (np.isclose(x, y, rtol, atol, equal_nan),)


@function(examples=["torch.allclose(x, x + 1e-9)"])
def allclose(input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
    """Whether isclose holds for every element. Raises RuntimeError for different dtypes."""
    return bool(isclose(input, other, rtol, atol, equal_nan)._array.all())


@function(examples=["torch.equal(x, y)"])
def equal(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have one shape and the same elements."""
    need_tensors("equal", input, other)
    return np.array_equal(input._array, other._array)
