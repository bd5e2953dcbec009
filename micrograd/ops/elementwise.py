"""Arithmetic and functions of each element.

Two inputs broadcast against each other, and their dtypes mix by PyTorch's rule (`micrograd.rules.dtypes.promote`).
"""

import math
from typing import Any

import numpy as np

from micrograd.ops import apply, attach, function, op, save, unchanged
from micrograd.rules.dtypes import floating, promote, result_type
from micrograd.rules.errors import (
    derivative_is_missing,
    need_arrays,
    need_floats,
    need_one_dtype,
    refuse_bools,
    refuse_zero,
)
from micrograd.rules.layout import laid_as_arrays
from micrograd.tensors import Tensor

# Arithmetic.


@op("AddBackward0", sign="+", in_place=np.add, examples=["x + y", "x + row", "2 + x", "x.add(y, alpha=3)"])
def add(x, y, /, *, alpha=1):
    """input + alpha * other. Raises RuntimeError for a float alpha of ints."""
    x, y = promote(x, y)
    if alpha == 1:
        return x + y, unchanged, unchanged
    alpha = _alpha(x, alpha)
    return x + alpha * y, unchanged, lambda g: alpha * g


@op("SubBackward0", "subtract", sign="-", in_place=np.subtract, examples=["x - y", "x - row", "x.sub(y, alpha=3)"])
def sub(x, y, /, *, alpha=1):
    """input - alpha * other. Raises RuntimeError for bools, and for a float alpha of ints."""
    refuse_bools("-", x, y, error=RuntimeError)
    x, y = promote(x, y)
    if alpha == 1:
        return x - y, unchanged, lambda g: -g
    alpha = _alpha(x, alpha)
    return x - alpha * y, unchanged, lambda g: -alpha * g


def _alpha(x, alpha):
    """The factor of add and sub, in the dtype of the result."""
    if isinstance(alpha, float) and x.dtype.kind != "f":
        raise RuntimeError("For integral input tensors, argument alpha must not be a floating point number.")
    return np.asarray(alpha).astype(x.dtype)


@op("MulBackward0", "multiply", sign="*", in_place=np.multiply, examples=["x * y", "x * row", "3 * x", "x * x"])
def mul(x, y, /):
    """input * other."""
    x, y = promote(x, y)
    return x * y, save(lambda g: g * y, y), save(lambda g: g * x, x)


@op("DivBackward0", "divide", "true_divide", sign="/", in_place=np.true_divide, examples=["x / positive", "x / 3"])
def div(x, y, /):
    """input / other, in floats."""
    if (isinstance(x, np.ndarray) and x.dtype.kind == "f") or result_type(x, y).kind == "f":
        x, y = promote(x, y)
    else:
        x, y = floating(np.asarray(x)), floating(np.asarray(y))
    return x / y, save(lambda g: g / y, y), save(lambda g: -g * ((x / y) / y), x, y)


def _pow_node(x: Any, exponent: Any) -> str:
    return "PowBackward1" if isinstance(exponent, Tensor) else "PowBackward0"


@op(_pow_node, sign="**", in_place=True, elementwise=laid_as_arrays, examples=["x**2", "positive**y", "x**3", "x**0"])
def pow(x, exponent, /):
    """Each element to the power of a number or a tensor. Raises RuntimeError for ints to a negative int."""
    if isinstance(exponent, int) and exponent < 0 and x.dtype.kind in "iub":
        raise RuntimeError("Integers to negative integer powers are not allowed.")
    x, exponent = promote(x, exponent)
    refuse_bools("**", x)
    if not isinstance(exponent, np.ndarray):
        return _power(x, exponent), save(lambda g: _power_derivative(g, x, exponent), x)
    out = _power_of_integers(x, exponent) if exponent.dtype.kind in "iu" else _power_of_arrays(x, exponent)

    def dx(g):
        if all_normal(out) and np.isfinite(exponent).all():
            return np.where(exponent == 0, 0, g * (exponent * out / x))
        below = np.where(exponent == 0, 1, exponent - 1)
        return np.where(exponent == 0, 0, g * (exponent * _power_of_arrays(x, below)))

    def dexponent(g):
        return np.where((x == 0) & (exponent >= 0), 0, g * (out * np.log(x)))

    return out, save(dx, x, exponent, out), save(dexponent, x, exponent, out)


def all_normal(x):
    """Whether all elements are normal floats: finite, not 0 and not subnormal."""
    return bool((np.abs(x) >= np.finfo(x.dtype).tiny).all() and np.isfinite(x).all())


def _power(x, exponent):
    """x**exponent; small powers by multiplication, which is many times as fast."""
    if exponent == 2:
        return x * x
    if exponent == 3:
        return x * x * x
    if exponent == 0.5:
        return np.sqrt(x)
    if exponent == -0.5:
        return 1 / np.sqrt(x)
    if exponent == -1:
        return 1 / x
    if exponent == -2:
        return 1 / (x * x)
    return _power_by_number(x, exponent)


def _power_derivative(g, x, exponent):
    """g times d(x**n)/dx = n x**(n - 1), and 0 for an exponent of 0 whatever g is."""
    if exponent == 0:
        return np.zeros_like(x)
    slope = x + x if exponent == 2 else exponent * _power(x, exponent - 1)
    slope *= g
    return slope


@op("NegBackward0", "negative", sign="-", in_place=True, examples=["-x"])
def neg(x, /):
    """-input. Raises RuntimeError for bools."""
    refuse_bools("-", x, error=RuntimeError)
    return -x, lambda g: -g


@op("ReciprocalBackward0", sign="1/", in_place=True, examples=["positive.reciprocal()", "2 / positive"])
def reciprocal(x, /):
    """1 / input."""
    out = 1 / floating(x)
    return out, save(lambda g: -g * (out * out), out)


# Operators whose left side is a number. A list times a tensor is left to the list.


def _rsub(input: Tensor, other: Any) -> Tensor:
    return apply(sub.op, other, input, name="RsubBackward1")


def _rmul(input: Tensor, other: Any) -> Any:
    if isinstance(other, list | tuple | str):
        return NotImplemented
    return apply(mul.op, input, other)


def _rdiv(input: Tensor, other: Any) -> Tensor:
    return reciprocal(input) * other  # as PyTorch does, to the last bit


def _rpow(input: Tensor, base: Any) -> Tensor:
    result = apply(pow.op, base, input, name="PowBackward2")
    result._array = np.asarray(result._array, order="C")  # PyTorch forgets how input lies here
    return result


for _name, _function in (("add", add), ("sub", _rsub), ("mul", _rmul), ("truediv", _rdiv), ("pow", _rpow)):
    attach(f"__r{_name}__", _function)
attach("__neg__", neg)

# Functions of one number.


@op("ExpBackward0", in_place=True, examples=["x.exp()"])
def exp(x, /):
    """e**input."""
    out = np.exp(floating(x))
    return out, save(lambda g: g * out, out)


@op("LogBackward0", in_place=True, examples=["positive.log()"])
def log(x, /):
    """The natural logarithm of each element: -inf of 0, nan of a negative one."""
    x = floating(x)
    return np.log(x), save(lambda g: g / x, x)


@op("SqrtBackward0", in_place=True, examples=["positive.sqrt()"])
def sqrt(x, /):
    """The square root of each element: nan of a negative one."""
    out = np.sqrt(floating(x))
    return out, save(lambda g: g / (2 * out), out)


@op("TanhBackward0", in_place=True, examples=["x.tanh()"])
def tanh(x, /):
    """The hyperbolic tangent of each element."""
    out = np.tanh(floating(x))
    return out, save(lambda g: g * (1 - out * out), out)


@op("SigmoidBackward0", in_place=True, examples=["x.sigmoid()"])
def sigmoid(x, /):
    """1 / (1 + exp(-input))."""
    x = floating(x)
    total = np.exp(-np.abs(x))  # of a number that is never positive: it cannot overflow
    total += 1
    out = np.exp(np.minimum(x, 0))
    out /= total
    return out, save(lambda g: g * (1 - out) * out, out)


@op("ReluBackward0", in_place=True, examples=["x.relu()"])
def relu(x, /):
    """max(input, 0). The derivative at 0 is 0, and that of nan 1, as in PyTorch. Raises RuntimeError for bools."""
    refuse_bools("relu", x, error=RuntimeError)
    out = np.maximum(0, x)  # in this order a -0 stays one, as in PyTorch
    return out, save(lambda g: where_true(~(out <= 0), g), out)


def where_true(mask, g):
    """g where mask is True, else 0."""
    result = np.multiply(g, mask)
    if not np.isfinite(np.add.reduce(result, axis=None)):  # inf * 0 is nan; choosing takes ten times as long
        result = np.where(mask, g, g.dtype.type(0))
    return result


# That is what the lectures need. More of PyTorch's functions of one number:


def _power_by_number(x, exponent):
    """x**exponent; beyond 2**24, where float32 does not tell odd from even, in float64."""
    if x.dtype.kind == "f" and not -(2**24) <= exponent <= 2**24:
        return np.power(x, exponent, dtype=np.float64).astype(x.dtype)
    return np.power(x, exponent)


def _power_of_arrays(x, exponent):
    """x**exponent. NumPy takes the square root for a 0.5 that is broadcast: nan of -inf, which to the 0.5 is inf."""
    out, half = np.power(x, exponent), exponent == 0.5
    return np.where(half & ((x == -np.inf) | (x == 0)), np.abs(x, dtype=out.dtype), out) if half.any() else out


def _power_of_integers(x, exponent):
    """x**exponent, where to the power of -1 and less it is what is left of the fraction: 0, but for x of 1 and -1."""
    out = np.power(x, np.maximum(exponent, 0))
    negative = exponent < 0
    return np.where(negative & (x != 1), np.where(x == -1, 1 - 2 * (exponent % 2), 0), out).astype(out.dtype)


@function(in_place=True, examples=["x.square()"])
def square(input: Tensor) -> Tensor:
    """input**2."""
    return input**2


def _pos(input: Tensor) -> Tensor:
    """input itself. Raises RuntimeError for bools."""
    refuse_bools("+", input._array, error=RuntimeError)
    return input


attach("__pos__", _pos)


@op("AbsBackward0", "absolute", in_place=True, examples=["x.abs()"])
def abs(x, /):
    """|input|; the derivative at 0 is 0. Raises RuntimeError for bools."""
    refuse_bools("abs", x)
    return np.abs(x), save(lambda g: g * _sign(x), x)


attach("__abs__", abs)


def _sign(x):
    """-1, 0 or 1; of nan, of which NumPy has none, 0 as in PyTorch."""
    return np.subtract(x > 0, x < 0, dtype=x.dtype)


@op("RsqrtBackward0", in_place=True, examples=["positive.rsqrt()"])
def rsqrt(x, /):
    """1 / sqrt(input)."""
    out = 1 / np.sqrt(floating(x))
    return out, save(lambda g: g * (out * out * out) * -0.5, out)


@op("Log2Backward0", in_place=True, examples=["positive.log2()"])
def log2(x, /):
    """The logarithm to base 2."""
    x = floating(x)
    return np.log2(x), save(lambda g: g / (x * math.log(2)), x)


@op("Log10Backward0", in_place=True, examples=["positive.log10()"])
def log10(x, /):
    """The logarithm to base 10."""
    x = floating(x)
    return np.log10(x), save(lambda g: g / (x * math.log(10)), x)


@op("Log1PBackward0", in_place=True, examples=["positive.log1p()"])
def log1p(x, /):
    """log(1 + input), accurate for small numbers too."""
    x = floating(x)
    return np.log1p(x), save(lambda g: g / (x + 1), x)


@op("Expm1Backward0", in_place=True, examples=["x.expm1()"])
def expm1(x, /):
    """exp(input) - 1, accurate for small numbers too."""
    out = np.expm1(floating(x))
    return out, save(lambda g: g * (out + 1), out)


@op("SinBackward0", in_place=True, examples=["x.sin()"])
def sin(x, /):
    """The sine of each element, in radians."""
    x = floating(x)
    return np.sin(x), save(lambda g: g * np.cos(x), x)


@op("CosBackward0", in_place=True, examples=["x.cos()"])
def cos(x, /):
    """The cosine of each element, in radians."""
    x = floating(x)
    return np.cos(x), save(lambda g: -g * np.sin(x), x)


@op("TanBackward0", in_place=True, examples=["x.tan()"])
def tan(x, /):
    """The tangent of each element, in radians."""
    out = np.tan(floating(x))
    return out, save(lambda g: g * (1 + out * out), out)


# Steps: their derivative is 0 wherever there is one.


@op("SignBackward0", in_place=True, examples=["x.sign()"])
def sign(x, /):
    """-1, 0 or 1: the sign of each element; the derivative is 0."""
    return x.copy() if x.dtype.kind == "b" else _sign(x), np.zeros_like


@op("FloorBackward0", in_place=True, examples=["x.floor()"])
def floor(x, /):
    """The largest integer that is not above each element; the derivative is 0. Raises RuntimeError for bools."""
    refuse_bools("floor", x)
    return np.floor(x), np.zeros_like


@op("CeilBackward0", in_place=True, examples=["x.ceil()"])
def ceil(x, /):
    """The smallest integer that is not below each element; the derivative is 0. Raises RuntimeError for bools."""
    refuse_bools("ceil", x)
    return np.ceil(x), np.zeros_like


@op("TruncBackward0", in_place=True, examples=["x.trunc()"])
def trunc(x, /):
    """Each element rounded toward zero; the derivative is 0. Raises RuntimeError for bools."""
    refuse_bools("trunc", x)
    return np.trunc(x), np.zeros_like


@op("RoundBackward0", in_place=True, examples=["x.round()", "x.round(decimals=1)"])
def round(x, /, *, decimals=0):
    """Each element rounded to so many decimals, half to even; the derivative is 0.

    Raises RuntimeError for bools.
    """
    refuse_bools("round", x)
    if decimals:
        need_floats(x, "round", NotImplementedError)
        return np.rint(x * x.dtype.type(10**decimals)) / x.dtype.type(10**decimals), np.zeros_like
    return np.rint(x) if x.dtype.kind == "f" else x.copy(), np.zeros_like


# Functions of two and more.


@op("RemainderBackward0", sign="%", in_place=True, examples=["x % positive", "x % 0.7"])
def remainder(x, y, /):
    """input - floor(input / other) * other, which has the sign of other. Raises RuntimeError for integers over 0."""
    x, y = promote(x, y)
    refuse_bools("%", x, y)
    refuse_zero(x, y)
    if (x if isinstance(x, np.ndarray) else y).dtype.kind != "f":
        return np.remainder(x, y), None, None
    out = np.asarray(np.fmod(x, y))  # NumPy's own remainder loses the sign of 0
    np.add(out, y, out=out, where=(out != 0) & ((out < 0) != (np.asarray(y) < 0)))
    return out, unchanged, save(lambda g: -g * np.floor_divide(x, y), x, y)


@op("NotImplemented", sign="//", in_place=True, examples=["x.detach() // 0.7", "ints // 2"])
def floor_divide(x, y, /):
    """floor(input / other); it has no derivative. Raises RuntimeError for bools, and for integers over 0."""
    x, y = promote(x, y)
    refuse_bools("//", x, y)
    refuse_zero(x, y)
    missing = derivative_is_missing("floor_divide")
    return np.floor_divide(x, y), missing, missing


for _name, _function in (("floordiv", floor_divide), ("mod", remainder)):
    attach(f"__r{_name}__", lambda input, other, function=_function: function(other, input))


@op(
    "LerpBackward0",
    in_place=True,
    elementwise=laid_as_arrays,
    examples=["x.lerp(y, 0.3)", "torch.lerp(x, y, positive)"],
)
def lerp(x, end, weight, /):
    """input + weight * (end - input), from whichever end is nearer, so that weight 1 gives end exactly.

    Raises RuntimeError where the elements are not floats of one dtype.
    """
    need_arrays("lerp", x, end, "end")
    need_floats(x, "lerp", NotImplementedError)
    need_one_dtype("lerp", x, end, weight if isinstance(weight, np.ndarray) else None)
    number, weight = not isinstance(weight, np.ndarray), np.asarray(weight, x.dtype)
    step = end - x

    def dx(g):
        return g * (1 - weight)

    def dend(g):
        return g * weight

    out = np.where(np.abs(weight) < 0.5, x + weight * step, end - step * (1 - weight))
    if number:
        return out, dx, dend
    return out, save(dx, weight), save(dend, weight), save(lambda g: g * step, step)
