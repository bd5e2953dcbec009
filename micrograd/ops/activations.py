"""Activation functions, of nn.functional."""

import math
import warnings
from typing import Any

import numpy as np

from micrograd.in_place import in_place
from micrograd.ops import FUNCTIONAL, elementwise, function, op, reductions, save
from micrograd.ops.shapes import need_tensors
from micrograd.rules.errors import need_floats
from micrograd.rules.layout import laid_out
from micrograd.tensors import Tensor


@function(of="functional", examples=["F.relu(x)"])
def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """max(input, 0). inplace: change input itself."""
    return elementwise.relu(input) if not inplace else input.relu_()


FUNCTIONAL |= {"tanh": elementwise.tanh, "sigmoid": elementwise.sigmoid}


@function(of="functional", examples=["F.softmax(x, dim=1)"])
def softmax(input: Tensor, dim: int | None = None, *, dtype: Any = None) -> Tensor:
    """exp(input) / exp(input).sum(dim): probabilities, which sum to 1. dtype: what to convert input to before that."""
    return reductions.softmax(input, _dim(input, dim, "softmax"), dtype=dtype)


@function(of="functional", examples=["F.log_softmax(x, dim=1)"])
def log_softmax(input: Tensor, dim: int | None = None, *, dtype: Any = None) -> Tensor:
    """log(softmax(input)), computed without overflow."""
    return reductions.log_softmax(input, _dim(input, dim, "log_softmax"), dtype=dtype)


def _dim(input: Tensor, dim: int | None, name: str) -> int:
    """dim or, where there is none, what PyTorch takes, with its warning."""
    if dim is not None:
        return dim
    warnings.warn(f"Implicit dimension choice for {name} has been deprecated: give it dim=...", stacklevel=4)
    return 0 if input.ndim in (0, 1, 3) else 1


# That is what the lectures need. More activations:


# For z >= 0 the upper tail of the normal distribution, P(Z > z), is exp(-z**2 / 2) times c1 * t + c2 * t**2 + ... with
# t = 1 / (4 + z), the form of Hastings (Approximations for Digital Computers, 1955). The coefficients are least-squares
# fits, computed with 50 digits; the error, times the larger of z and 1, is at most 3e-9 and 6e-17.
_NORMAL_TAIL = {
    np.dtype(np.float32): [0.399198157, 1.68224858, 2.92940817, 63.534625, -243.710911, 1343.87847, -1458.02202],
    np.dtype(np.float64): [
        *[0.39906455026692908, 1.5856129801966899, 6.3734951755932844, 11.623739385336337, 210.6347430642309],
        *[-1493.7274535599866, 14533.408526860667, -88728.877700279176, 414844.95689666965, -1403040.7375394561],
        *[3189210.5140172723, -4617970.4325512398, 3878108.5624904132, -1448743.7623384999],
    ],
}


@op("GeluBackward0", elementwise=laid_out, of="functional", examples=["F.gelu(x)", "F.gelu(x, approximate='tanh')"])
def gelu(x, /, *, approximate="none"):
    """input * Phi(input), Phi the CDF of the standard normal distribution (Hendrycks and Gimpel 2016).

    approximate: 'tanh' for their approximation of it. Raises RuntimeError for another word and
    for other dtypes than floats.

    Fused, for speed: input * 0.5 * (1 + erf(input / sqrt(2))), and with 'tanh'
    0.5 * input * (1 + tanh(sqrt(2 / pi) * (input + 0.044715 * input**3))).
    """
    need_floats(x, "gelu", NotImplementedError)
    if approximate not in ("none", "tanh"):
        raise RuntimeError(f"approximate argument must be either none or tanh, not {approximate!r}")
    return _gelu(x) if approximate == "none" else _gelu_by_tanh(x)


def _gelu(x):
    size = np.minimum(np.abs(x), 1000, out=np.empty_like(x))  # so that infinity times 0 is 0
    t = np.asarray(size + 4)
    np.reciprocal(t, out=t)
    *others, last = _NORMAL_TAIL[x.dtype]
    tail = np.asarray(t * last)
    for coefficient in reversed(others):
        tail += coefficient
        tail *= t
    pdf = np.multiply(x, x, out=t)
    pdf *= -0.5
    np.exp(pdf, out=pdf)  # but for the factor 1 / sqrt(2 pi)
    tail *= pdf
    # x * (1 - tail) where x is positive and x * tail where it is not; choosing would be ten times as slow.
    out = np.asarray(np.maximum(x, 0))
    out -= size * tail

    def dx(g):
        result = np.asarray(pdf * size)
        result *= -1 / math.sqrt(2 * math.pi)
        result += tail
        positive = np.asarray(x > 0, x.dtype)
        result *= 1 - 2 * positive
        result += positive
        result *= g
        return result

    return out, save(dx, x, size, pdf, tail)


def _gelu_by_tanh(x):
    """input * Phi(input), where Phi is approximated by way of tanh (Hendrycks and Gimpel 2016)."""
    a, b = math.sqrt(2 / math.pi), 0.044715
    inner = np.asarray(x * x)
    inner *= a * b
    inner += a
    inner *= x
    phi = np.tanh(inner, out=inner)
    phi *= 0.5
    phi += 0.5

    def dx(g):
        result = np.asarray(x * x)
        result *= 6 * a * b
        result += 2 * a
        result *= x
        dphi = np.asarray(phi * phi)
        result *= np.subtract(phi, dphi, out=dphi)  # phi (1 - phi) is half of what phi grows by
        result += phi
        result *= g
        return result

    return np.asarray(x * phi), save(dx, x, phi)


def _activation(made: Any, input: Tensor, inplace: bool, *options: Any) -> Tensor:
    """An activation of input or, with inplace, in its place."""
    need_tensors(made.__name__, input)
    return (in_place(made) if inplace else made)(input, *options)


@op("LeakyReluBackward0", elementwise=laid_out, of="", examples=["F.leaky_relu(x)", "F.leaky_relu(x, 0.3)"])
def _leaky_relu(x, /, negative_slope):
    """x where x > 0, else negative_slope * x."""
    need_floats(x, "leaky_relu", NotImplementedError)
    positive = x > 0
    negative_slope = float(negative_slope)
    return np.where(positive, x, x * negative_slope), save(
        lambda g: np.where(positive, g, g * negative_slope), positive
    )


@function(of="functional", examples=["F.leaky_relu(x, 0.1)"])
def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """input where it is positive, else negative_slope * input (Maas, Hannun and Ng 2013).

    inplace: change input itself. Raises NotImplementedError where the elements are not floats.
    """
    return _activation(_leaky_relu, input, inplace, negative_slope)


@op("EluBackward0", elementwise=laid_out, of="", examples=["F.elu(x)", "F.elu(x, 0.5)"])
def _elu(x, /, alpha):
    """x where x > 0, else alpha * (exp(x) - 1)."""
    need_floats(x, "elu", NotImplementedError)
    negative = ~(x > 0)  # and nan, of which all is nan
    below = np.minimum(x, 0)
    out = np.where(negative, np.expm1(below) * alpha, x)
    return out, save(lambda g: np.where(negative, g * (np.exp(below) * alpha), g), negative, below)


@function(of="functional", examples=["F.elu(x)"])
def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """input where it is positive, else alpha * (exp(input) - 1) (Clevert, Unterthiner and Hochreiter 2015).

    inplace: change input itself. Raises NotImplementedError where the elements are not floats.
    """
    return _activation(_elu, input, inplace, alpha)


@op("SiluBackward0", elementwise=laid_out, of="", examples=["F.silu(x)"])
def _silu(x, /):
    """x * sigmoid(x)."""
    need_floats(x, "silu", NotImplementedError)
    sigmoid = elementwise.sigmoid.op.forward(x)[0]
    return x * sigmoid, save(lambda g: g * (sigmoid * (1 + x * (1 - sigmoid))), x, sigmoid)


@function(of="functional", examples=["F.silu(x)"])
def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """input * sigmoid(input), also known as swish (Elfwing, Uchibe and Doya 2017).

    inplace: change input itself. Raises NotImplementedError where the elements are not floats.
    """
    return _activation(_silu, input, inplace)
