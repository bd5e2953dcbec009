"""Arithmetic and functions of each element."""

import math

import numpy as np

from micrograd.dtypes import floating, promote, result_type
from micrograd.ops.registry import op, unchanged


def refuse_bools(name, *operands):
    """Raises RuntimeError where an operand is bool: PyTorch does not take it for a number there."""
    for x in operands:
        if x is True or x is False or (isinstance(x, np.ndarray) and x.dtype == bool):
            raise RuntimeError(f"{name} is not there for bool tensors: use ~, ^ or logical_not(), or x.float() first")


@op("AddBackward0")
def add(x, y):
    x, y = promote(x, y)
    return x + y, unchanged, unchanged


@op("SubBackward0")
def sub(x, y):
    refuse_bools("-", x, y)
    x, y = promote(x, y)
    return x - y, unchanged, lambda g: -g


@op("RsubBackward1")
def rsub(x, y):
    """y - x, where y is a number."""
    refuse_bools("-", x, y)
    x, y = promote(x, y)
    return y - x, lambda g: -g


@op("MulBackward0")
def mul(x, y):
    x, y = promote(x, y)
    return x * y, lambda g: g * y, lambda g: g * x


@op("DivBackward0")
def div(x, y):
    if (isinstance(x, np.ndarray) and x.dtype.kind == "f") or result_type(x, y).kind == "f":
        x, y = promote(x, y)
    else:
        x, y = floating(np.asarray(x)), floating(np.asarray(y))
    return x / y, lambda g: g / y, lambda g: -g * ((x / y) / y)


@op("ReciprocalBackward0")
def reciprocal(x):
    out = 1 / floating(x)
    return out, lambda g: -g * (out * out)


@op("PowBackward0")
def pow(x, exponent):
    if x.dtype.kind in "iub" and exponent < 0 and isinstance(exponent, int):
        raise RuntimeError("Integers to negative integer powers are not allowed.")
    x, exponent = promote(x, exponent)
    refuse_bools("**", x)
    return _power(x, exponent), lambda g: g * _power_slope(x, exponent) if exponent != 0 else np.zeros_like(g)


@op("PowBackward1", in_order=True)
def pow_tensor(x, y):
    x, y = promote(x, y)
    refuse_bools("**", x)
    out = np.power(x, y)
    return (
        out,
        lambda g: g * np.where(y == 0, 0, y * np.power(x, np.where(y == 0, 1, y - 1))),
        lambda g: g * np.where((x == 0) & (y >= 0), 0, out * np.log(x)),
    )


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
    return np.power(x, exponent)


def _power_slope(x, exponent):
    if exponent == 2:
        return x + x
    return exponent * _power(x, exponent - 1)


@op("NegBackward0")
def neg(x):
    refuse_bools("-", x)
    return -x, lambda g: -g


@op("AbsBackward0")
def abs(x):
    refuse_bools("abs", x)
    return np.abs(x), lambda g: g * _sign(x)


def _sign(x):
    """-1, 0 or 1; of nan, of which NumPy has none, 0 as in PyTorch."""
    return np.subtract(x > 0, x < 0, dtype=x.dtype)


@op("ExpBackward0")
def exp(x):
    out = np.exp(floating(x))
    return out, lambda g: g * out


@op("LogBackward0")
def log(x):
    x = floating(x)
    return np.log(x), lambda g: g / x


@op("SqrtBackward0")
def sqrt(x):
    out = np.sqrt(floating(x))
    return out, lambda g: g / (2 * out)


@op("TanhBackward0")
def tanh(x):
    out = np.tanh(floating(x))
    return out, lambda g: g * (1 - out * out)


@op("SigmoidBackward0")
def sigmoid(x):
    x = floating(x)
    total = np.exp(-np.abs(x))  # of a number that is never positive: it cannot overflow
    total += 1
    out = np.exp(np.minimum(x, 0))
    out /= total
    return out, lambda g: g * (1 - out) * out


@op("ReluBackward0")
def relu(x):
    refuse_bools("relu", x)
    out = np.maximum(x, 0)

    def to_x(g):
        result = g * ~(out <= 0)  # through nan it goes on
        if not np.isfinite(np.add.reduce(result, axis=None)):  # infinity times 0; choosing takes ten times as long
            result = np.where(out <= 0, 0, g)
        return result

    return out, to_x


@op("RsqrtBackward0")
def rsqrt(x):
    out = 1 / np.sqrt(floating(x))
    return out, lambda g: g * (out * out * out) * -0.5


@op("Log2Backward0")
def log2(x):
    x = floating(x)
    return np.log2(x), lambda g: g / (x * math.log(2))


@op("Log10Backward0")
def log10(x):
    x = floating(x)
    return np.log10(x), lambda g: g / (x * math.log(10))


@op("Log1PBackward0")
def log1p(x):
    x = floating(x)
    return np.log1p(x), lambda g: g / (x + 1)


@op("Expm1Backward0")
def expm1(x):
    out = np.expm1(floating(x))
    return out, lambda g: g * (out + 1)


@op("SinBackward0")
def sin(x):
    x = floating(x)
    return np.sin(x), lambda g: g * np.cos(x)


@op("CosBackward0")
def cos(x):
    x = floating(x)
    return np.cos(x), lambda g: -g * np.sin(x)


@op("TanBackward0")
def tan(x):
    out = np.tan(floating(x))
    return out, lambda g: g * (1 + out * out)


@op("SignBackward0")
def sign(x):
    return x.copy() if x.dtype.kind == "b" else _sign(x), lambda g: np.zeros_like(g)


@op("FloorBackward0")
def floor(x):
    return np.floor(x), lambda g: np.zeros_like(g)


@op("TruncBackward0")
def trunc(x):
    return np.trunc(x), lambda g: np.zeros_like(g)


@op("CeilBackward0")
def ceil(x):
    return np.ceil(x), lambda g: np.zeros_like(g)


@op("RoundBackward0")
def round(x):
    return np.rint(x) if x.dtype.kind == "f" else x.copy(), lambda g: np.zeros_like(g)


@op("RemainderBackward0")
def remainder(x, y):
    x, y = promote(x, y)
    refuse_bools("%", x, y)
    refuse_zero(x, y)
    return np.remainder(x, y), unchanged, lambda g: -g * np.floor(x / y)


def floor_divide(x, y):
    """x / y, rounded down; without a derivative, as in PyTorch."""
    refuse_bools("//", x, y)
    refuse_zero(x, y)
    return np.floor_divide(x, y)


def refuse_zero(x, y):
    """Raises RuntimeError where a whole number is divided by 0."""
    if np.result_type(x, y).kind in "iu" and np.any(y == 0):
        raise RuntimeError("ZeroDivisionError: whole numbers cannot be divided by zero; take x.float() first")


@op("ClampBackward1")
def clamp(x, low, high):
    """x within low and high, each a number, an array or None; at the bounds themselves the gradient goes to x."""
    out = x
    if low is not None:
        out = np.asarray(np.maximum(*promote(out, low)))
    if high is not None:
        out = np.asarray(np.minimum(*promote(out, high)))

    def to_x(g):
        inside = g
        if low is not None:
            inside = inside * (x >= low)
        if high is not None:
            inside = inside * (x <= high)
        return inside

    return out, to_x, lambda g: g * (x < low) * (high is None or low < high), lambda g: g * (x > high)


@op("MaximumBackward0")
def maximum(x, y):
    """Where both are equal each gets half of the gradient."""
    x, y = promote(x, y)
    return np.maximum(x, y), lambda g: g * _share_of(x, y), lambda g: g * _share_of(y, x)


@op("MinimumBackward0")
def minimum(x, y):
    x, y = promote(x, y)
    return np.minimum(x, y), lambda g: g * _share_of(y, x), lambda g: g * _share_of(x, y)


def _share_of(x, y):
    """1 where x is the larger, 0 where y is, one half where they are equal."""
    return np.where(x == y, x.dtype.type(0.5), x > y)


@op("WhereBackward0")
def where(x, y, condition):
    x, y = promote(x, y)
    return np.where(condition, x, y), lambda g: np.where(condition, g, 0), lambda g: np.where(condition, 0, g)


@op("MaskedFillBackward0", in_order=True)
def masked_fill(x, value, mask):
    """x with value, a number or an array without dimensions, wherever mask is True."""
    out = np.where(mask, np.asarray(value, x.dtype), x)
    return out, lambda g: np.where(mask, 0, g), lambda g: np.asarray((g * mask).sum())
