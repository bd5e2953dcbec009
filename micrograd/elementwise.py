"""Functions of each element, and comparisons; each is a function of the package and a method of Tensor.

Where there are two tensors they broadcast, and the dtypes mix by PyTorch's rule (`micrograd.dtypes.promote`).
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from micrograd.dtypes import promote
from micrograd.errors import GO_ON, ON_ERROR, explain
from micrograd.ops import elementwise as ops
from micrograd.tensors import Tensor, apply, in_place, method, named, operand, wrap


def _of_one(op: Callable, what: str) -> Callable[[Tensor], Tensor]:
    """A function of one tensor, and its form in place, which ends in an underscore."""

    def function(input: Tensor) -> Tensor:
        return apply(op, input)

    function.__name__ = function.__qualname__ = op.__name__
    function.__doc__ = what
    method(in_place(function))
    return method(function)


exp = _of_one(ops.exp, "e to the power of each element.")
log = _of_one(ops.log, "The natural logarithm of each element: -inf of 0, nan of what is negative.")
log2 = _of_one(ops.log2, "The logarithm to base 2 of each element.")
log10 = _of_one(ops.log10, "The logarithm to base 10 of each element.")
expm1 = _of_one(ops.expm1, "exp(x) - 1 of each element, exact for small x too.")
log1p = _of_one(ops.log1p, "log(1 + x) of each element, exact for small x too.")
sqrt = _of_one(ops.sqrt, "The square root of each element: nan of what is negative.")
rsqrt = _of_one(ops.rsqrt, "1 / sqrt(x) of each element.")
reciprocal = _of_one(ops.reciprocal, "1 / x of each element.")
tanh = _of_one(ops.tanh, "The hyperbolic tangent of each element.")
sigmoid = _of_one(ops.sigmoid, "1 / (1 + exp(-x)) of each element.")
relu = _of_one(ops.relu, "Each element, or 0 where it is negative.")
sin = _of_one(ops.sin, "The sine of each element, in radians.")
cos = _of_one(ops.cos, "The cosine of each element, in radians.")
tan = _of_one(ops.tan, "The tangent of each element, in radians.")
abs = _of_one(ops.abs, "Each element without its sign; the derivative at 0 is 0.")
neg = _of_one(ops.neg, "Each element with the other sign.")
sign = _of_one(ops.sign, "-1, 0 or 1: the sign of each element; the derivative is 0.")
floor = _of_one(ops.floor, "The whole number at or below each element; the derivative is 0.")
trunc = _of_one(ops.trunc, "Each element without what stands behind the point; the derivative is 0.")
ceil = _of_one(ops.ceil, "The whole number at or above each element; the derivative is 0.")


@method
def round(input: Tensor, *, decimals: int = 0) -> Tensor:
    """The nearest number with so many decimals, the even one of two; the derivative is 0."""
    return apply(ops.round, input * 10**decimals) / 10**decimals if decimals else apply(ops.round, input)


@method
def add(input: Tensor, other: Any, *, alpha: float = 1) -> Tensor:
    """input + alpha * other."""
    return input + (other if alpha == 1 else other * alpha)


@method
def sub(input: Tensor, other: Any, *, alpha: float = 1) -> Tensor:
    """input - alpha * other."""
    return input - (other if alpha == 1 else other * alpha)


@method
def mul(input: Tensor, other: Any) -> Tensor:
    """input * other."""
    return input * other


@method
def div(input: Tensor, other: Any) -> Tensor:
    """input / other, in floats."""
    return input / other


@method
def pow(input: Tensor, exponent: Any) -> Tensor:
    """Each element to the power of a number or a tensor."""
    return input**exponent


@method
def square(input: Tensor) -> Tensor:
    """Each element times itself."""
    return input**2


@method
def remainder(input: Tensor, other: Any) -> Tensor:
    """What is left of input after whole times other; it has the sign of other."""
    return apply(ops.remainder, input, operand(other))


@method
def clamp(input: Tensor, min: Any = None, max: Any = None) -> Tensor:
    """Each element, or min where it is below it, or max where it is above; min and max are numbers or tensors."""
    if min is None and max is None:
        raise ValueError("clamp: at least one of 'min' or 'max' must not be None")
    return apply(ops.clamp, input, min, max)


@method
def clamp_min(input: Tensor, min: Any) -> Tensor:
    """Each element, or min where it is below it."""
    return named(clamp(input, min), "ClampMinBackward0")


@method
def clamp_max(input: Tensor, max: Any) -> Tensor:
    """Each element, or max where it is above it."""
    return named(clamp(input, None, max), "ClampMaxBackward0")


@method
def maximum(input: Tensor, other: Tensor) -> Tensor:
    """The larger of two, element by element."""
    return apply(ops.maximum, input, operand(other))


@method
def minimum(input: Tensor, other: Tensor) -> Tensor:
    """The smaller of two, element by element."""
    return apply(ops.minimum, input, operand(other))


def where(condition: Tensor, input: Any = None, other: Any = None) -> Any:
    """input where condition is True, other elsewhere; with the condition alone, the indices where it is True."""
    if input is None:
        return tuple([wrap(indices) for indices in np.nonzero(condition._array)])
    return apply(ops.where, operand(input), operand(other), condition=condition._array.astype(bool))


Tensor.where = lambda x, condition, other: where(condition, x, other)  # type: ignore[attr-defined]


@method
def lerp(input: Tensor, end: Tensor, weight: Any) -> Tensor:
    """Between input and end, by weight of the way: input + weight * (end - input)."""
    return named(input + weight * (end - input), "LerpBackward0")


@method
def nan_to_num(input: Tensor, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Tensor:
    """Numbers in the place of nan, inf and -inf; in that of the last two the largest and smallest if none are given."""
    ends = np.finfo(input._array.dtype) if input.dtype.is_floating_point else np.iinfo(input._array.dtype)
    high, low = (end if number is None else number for number, end in ((posinf, ends.max), (neginf, ends.min)))
    for mask, number in ((isnan(input), nan), (input == math.inf, high), (input == -math.inf, low)):
        input = masked_fill(input, mask, float(number))
    return named(input, "NanToNumBackward0")


@method
def masked_fill(input: Tensor, mask: Tensor, value: Any) -> Tensor:
    """input with value, a number or a tensor without dimensions, wherever mask (bool, broadcast to input) is True."""
    if mask._array.dtype != np.bool_:
        raise RuntimeError(f"masked_fill_ only supports boolean masks, but got mask with dtype {mask.dtype}")
    return apply(ops.masked_fill, input, operand(value), mask)


# Comparisons: tensors of bools, without gradients.


def _compare(ufunc: Callable, name: str, what: str) -> Callable[[Tensor, Any], Tensor]:
    def function(input: Tensor, other: Any) -> Tensor:
        arrays = [t._array if isinstance(t, Tensor) else t for t in (input, operand(other))]
        token = ON_ERROR.set(GO_ON)
        try:
            return wrap(ufunc(*promote(*arrays)))
        except (ValueError, TypeError) as error:
            raise explain(name, arrays, {}, error) from None
        finally:
            ON_ERROR.reset(token)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = what
    return method(function)


eq = _compare(np.equal, "eq", "x == other, element by element.")
ne = _compare(np.not_equal, "ne", "x != other, element by element.")
lt = _compare(np.less, "lt", "x < other, element by element.")
le = _compare(np.less_equal, "le", "x <= other, element by element.")
gt = _compare(np.greater, "gt", "x > other, element by element.")
ge = _compare(np.greater_equal, "ge", "x >= other, element by element.")
logical_and = _compare(np.logical_and, "logical_and", "Whether both are not zero, element by element.")
logical_or = _compare(np.logical_or, "logical_or", "Whether one or both are not zero, element by element.")
logical_xor = _compare(np.logical_xor, "logical_xor", "Whether one of both is not zero, element by element.")
bitwise_and = _compare(np.bitwise_and, "bitwise_and", "x & other, for ints and bools.")
bitwise_or = _compare(np.bitwise_or, "bitwise_or", "x | other, for ints and bools.")
bitwise_xor = _compare(np.bitwise_xor, "bitwise_xor", "x ^ other, for ints and bools.")
floor_divide = _compare(ops.floor_divide, "floor_divide", "x / other, rounded down.")


def _test(ufunc: np.ufunc, name: str, what: str) -> Callable[[Tensor], Tensor]:
    def function(input: Tensor) -> Tensor:
        return wrap(ufunc(input._array))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = what
    return method(function)


isnan = _test(np.isnan, "isnan", "Whether each element is nan.")
isinf = _test(np.isinf, "isinf", "Whether each element is inf or -inf.")
isfinite = _test(np.isfinite, "isfinite", "Whether each element is neither nan nor infinite.")
logical_not = _test(np.logical_not, "logical_not", "Whether each element is zero.")


@method
def isclose(input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Tensor:
    """Whether |input - other| <= atol + rtol * |other|, by element. Raises RuntimeError for different dtypes."""
    if input._array.dtype != other._array.dtype:
        raise RuntimeError(f"{input.dtype} did not match {other.dtype}: bring both to one dtype")
    return wrap(np.isclose(input._array, other._array, rtol, atol, equal_nan))


@method
def allclose(input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
    """Whether isclose holds for every element."""
    return bool(isclose(input, other, rtol, atol, equal_nan)._array.all())


@method
def equal(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have one shape and the same elements."""
    return np.array_equal(input._array, other._array)


# In place.

IN_PLACE = (
    *(round, add, sub, mul, div, pow, square, remainder, floor_divide, clamp, clamp_min, clamp_max, lerp, masked_fill),
    *(logical_and, logical_or, logical_xor, bitwise_and, bitwise_or, bitwise_xor),
)
for _function in IN_PLACE:
    method(in_place(_function))
# Those of + - * / are Tensor's own.
OPERATORS = {"pow": pow, "mod": remainder, "floordiv": floor_divide, "and": bitwise_and, "or": bitwise_or}
for _name, _function in (OPERATORS | {"xor": bitwise_xor}).items():
    setattr(Tensor, f"__i{_name}__", getattr(Tensor, f"{_function.__name__}_"))

# Other names that PyTorch has for the same.

absolute, clip, divide, greater, greater_equal, less, less_equal = abs, clamp, div, gt, ge, lt, le
multiply, negative, not_equal, subtract, true_divide = mul, neg, ne, sub, div
ALIASES = (
    *("absolute", "clip", "divide", "greater", "greater_equal", "less", "less_equal"),
    *("multiply", "negative", "not_equal", "subtract", "true_divide"),
)
for _name in ALIASES:
    _function = globals()[_name]
    setattr(Tensor, _name, _function)
    if hasattr(Tensor, f"{_function.__name__}_"):
        setattr(Tensor, f"{_name}_", getattr(Tensor, f"{_function.__name__}_"))
