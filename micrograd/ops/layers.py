"""The layers of nets: functions of nn.functional, most of them one node with its own derivative.

Much of the time here is memory: arrays that nobody else holds are changed in place, and sums over rows or columns are
those of `micrograd.rules.sums`.
"""

import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from micrograd import random
from micrograd.graph import state
from micrograd.in_place import in_place
from micrograd.ops import apply, elementwise, function, op, plain, reductions, save, unchanged
from micrograd.ops.indexing import added_at
from micrograd.rules.dims import sizes_of
from micrograd.rules.errors import cannot_be_multiplied, dim_error, need_floats, need_one_dtype, silent
from micrograd.rules.rerun import rerun
from micrograd.rules.sums import sum_of_columns, sum_of_rows, unbroadcast
from micrograd.tensors import Tensor, wrap


def need_tensors(name: str, *inputs: Any) -> None:
    """Raises TypeError where one of the first arguments of a function is neither a Tensor nor None."""
    for i, x in enumerate(inputs, 1):
        if type(x) is not Tensor and x is not None and not isinstance(x, Tensor):
            raise TypeError(f"{name}(): the argument at position {i} must be Tensor, not {type(x).__name__}")


def refuse_grad(name: str, argument: str, x: Tensor | None) -> None:
    """Raises RuntimeError, as PyTorch does, where an input that has no derivative wants a gradient."""
    if x is not None and state.grad_enabled and x.requires_grad:
        raise RuntimeError(f"{name} is not differentiable with respect to argument '{argument}': detach() it")


def shared(work: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """`work`, a function of a gradient, for several derivatives of one op: done once for each gradient.

    A derivative neither changes nor returns what it gets from it, for the others use it too.
    """
    last: list[Any] = [None, None]

    def done(g: Any) -> Any:
        if last[0] is not g:
            last[:] = g, work(g)
        return last[1]

    return done


def _linear_node(input: Tensor, weight: Tensor, bias: Any = None) -> str:
    if input.ndim == 2:
        return "AddmmBackward0" if bias is not None else "MmBackward0" if weight.ndim == 2 else "MvBackward0"
    if bias is not None:
        return "ViewBackward0" if input.is_contiguous() else "AddBackward0"
    return "UnsafeViewBackward0" if input.ndim > 2 else "SqueezeBackward4" if weight.ndim == 2 else "DotBackward0"


@op(
    _linear_node,
    of="functional",
    examples=[
        "F.linear(x, weight, bias)",
        "F.linear(batch, weight, bias)",
        "F.linear(batch, weight)",
        "F.linear(x, row)",
    ],
)
def linear(x, weight, bias=None, /):
    """input @ weight.T + bias.

    input: (..., n); weight: (m, n), or (n,); bias: (m,), or what broadcasts to the result, which is (..., m).
    Raises RuntimeError where the sizes do not fit or the dtypes differ.

    Fused, for speed: input @ weight.T + bias, with all leading dimensions in one product of matrices.
    """
    need_one_dtype("linear", x, weight, bias)
    if weight.ndim not in (1, 2) or not x.ndim or x.shape[-1] != weight.shape[-1]:
        raise RuntimeError(
            f"{cannot_be_multiplied(x.shape, weight.shape[::-1])}; linear: the last dimension of input {list(x.shape)} "
            f"has to be the last of weight {list(weight.shape)}, which has two"
        )
    x_shape, w_shape, shape = x.shape, weight.shape, (*x.shape[:-1], *weight.shape[:-1])
    rows, m, n = math.prod(x_shape[:-1]), math.prod(w_shape[:-1]), x_shape[-1]
    out = x.reshape(rows, n) @ weight.reshape(m, n).T
    if bias is not None and bias.shape == (m,):
        out += bias
    out = out.reshape(shape)
    if bias is not None and bias.shape != (m,):
        out = out + bias

    def dx(g):
        return (unbroadcast(g, shape).reshape(rows, m) @ weight.reshape(m, n)).reshape(x_shape)

    def dweight(g):
        return (unbroadcast(g, shape).reshape(rows, m).T @ x.reshape(rows, n)).reshape(w_shape)

    return out, save(dx, weight), save(dweight, x), unchanged


@op(
    "EmbeddingBackward0",
    of="functional",
    examples=["F.embedding(ints, weight)", "F.embedding(ints[None], weight, padding_idx=0)"],
)
def embedding(x, weight, /, padding_idx=None):
    """The rows of weight (n, m) at the indices that input, int64 or int32 of any shape, holds: (*input.shape, m).

    padding_idx: a row that gets no gradient. Raises RuntimeError where input holds no integers, IndexError for a row
    that is not there.
    """
    if weight.ndim != 2:
        raise RuntimeError(f"embedding: 'weight' must be 2-D, and it is {list(weight.shape)}")
    if padding_idx is not None and not -len(weight) <= padding_idx < len(weight):
        raise AssertionError(f"embedding: padding_idx must be within the {len(weight)} rows, and it is {padding_idx}")
    if x.dtype.kind != "i":
        raise RuntimeError(f"embedding: the indices have to be Long or Int, and they are {x.dtype}")
    if x.size and np.maximum.reduce(x.astype(np.uint64), None) >= len(weight):  # unsigned, negative ones are large
        wrong = x[(x < 0) | (x >= len(weight))].flat[0]
        raise IndexError(f"index out of range in self: {wrong}, and there are {len(weight)} rows")
    shape = weight.shape

    def dweight(g):
        result = added_at(shape, x, g)
        if padding_idx is not None:
            result[padding_idx] = 0
        return result

    return weight.take(x, 0), None, save(dweight, x)


# Activations.


@function(of="functional", examples=["F.relu(x)"])
def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """max(input, 0). inplace: change input itself."""
    return elementwise.relu(input) if not inplace else input.relu_()


@function(of="functional", examples=["F.tanh(x)"])
def tanh(input: Tensor) -> Tensor:
    """The hyperbolic tangent of each element."""
    return elementwise.tanh(input)


@function(of="functional", examples=["F.sigmoid(x)"])
def sigmoid(input: Tensor) -> Tensor:
    """1 / (1 + exp(-input))."""
    return elementwise.sigmoid(input)


@function(of="functional", examples=["F.softmax(x, dim=1)"])
def softmax(input: Tensor, dim: int | None = None, *, dtype: Any = None) -> Tensor:
    """exp(input) / exp(input).sum(dim): positive numbers that sum to 1. dtype: what to convert input to before that."""
    return reductions.softmax(input, _dim(input, dim, "softmax"), dtype=dtype)


@function(of="functional", examples=["F.log_softmax(x, dim=1)"])
def log_softmax(input: Tensor, dim: int | None = None, *, dtype: Any = None) -> Tensor:
    """The logarithm of softmax, without its overflow."""
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


@op("GeluBackward0", of="functional", examples=["F.gelu(x)", "F.gelu(x, approximate='tanh')"])
def gelu(x, /, *, approximate="none"):
    """input * Phi(input), Phi the distribution function of a standard normal number (Hendrycks and Gimpel 2016).

    approximate: 'tanh' for their approximation of it. Raises RuntimeError for another word and for what is no float.

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
    a, b = math.sqrt(2 / math.pi), 0.044715
    inner = np.asarray(x * x)
    inner *= a * b
    inner += a
    inner *= x
    tanh = np.tanh(inner, out=inner)
    out = np.asarray(x * tanh)
    out += x
    out *= 0.5

    def dx(g):
        result = np.asarray(x * x)
        result *= 3 * a * b
        result += a
        result *= x
        dtanh = np.asarray(tanh * tanh)
        result *= np.subtract(1, dtanh, out=dtanh)
        result += tanh
        result += 1
        result *= 0.5
        result *= g
        return result

    return out, save(dx, x, tanh)


def _activation(made: Any, input: Tensor, inplace: bool, *options: Any) -> Tensor:
    """An activation of input or, with inplace, in its place."""
    need_tensors(made.__name__, input)
    return (in_place(made) if inplace else made)(input, *options)


@op("LeakyReluBackward0", of="", examples=["F.leaky_relu(x)", "F.leaky_relu(x, 0.3)"])
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

    inplace: change input itself. Raises NotImplementedError for what is no float.
    """
    return _activation(_leaky_relu, input, inplace, negative_slope)


@op("EluBackward0", of="", examples=["F.elu(x)", "F.elu(x, 0.5)"])
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

    inplace: change input itself. Raises NotImplementedError for what is no float.
    """
    return _activation(_elu, input, inplace, alpha)


@op("SiluBackward0", of="", examples=["F.silu(x)"])
def _silu(x, /):
    """x * sigmoid(x)."""
    need_floats(x, "silu", NotImplementedError)
    sigmoid = elementwise.sigmoid.op.forward(x)[0]
    return x * sigmoid, save(lambda g: g * (sigmoid * (1 + x * (1 - sigmoid))), x, sigmoid)


@function(of="functional", examples=["F.silu(x)"])
def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """input * sigmoid(input), also known as swish (Elfwing, Uchibe and Doya 2017).

    inplace: change input itself. Raises NotImplementedError for what is no float.
    """
    return _activation(_silu, input, inplace)


# Normalization and dropout.


@op(
    "NativeLayerNormBackward0",
    of="",
    in_order=True,
    examples=["F.layer_norm(x, (4,), row, y[0], 0.01)", "F.layer_norm(batch, (3, 4), eps=0.01)"],
)
def _layer_norm(x, weight, bias, /, *, normalized_shape, eps):
    """(x - mean) / sqrt(var + eps) * weight + bias over the last dimensions.

    Fused, for speed: with dims the last dimensions,
    (x - x.mean(dims, True)) / (x.var(dims, correction=0, keepdim=True) + eps).sqrt() * weight + bias.
    """
    need_floats(x, "layer_norm", NotImplementedError)
    need_one_dtype("layer_norm", x, weight, bias)
    if not normalized_shape or x.shape[-len(normalized_shape) :] != normalized_shape:
        raise RuntimeError(
            f"Given normalized_shape={list(normalized_shape)}, expected input with shape "
            f"[*, {', '.join(map(str, normalized_shape))}], but got input of size {list(x.shape)}"
        )
    for array in (weight, bias):
        if array is not None and array.shape != normalized_shape:
            raise RuntimeError(
                f"layer_norm: weight and bias have to be {list(normalized_shape)}, and one is {list(array.shape)}"
            )
    n = math.prod(normalized_shape)
    rows = math.prod(x.shape[: x.ndim - len(normalized_shape)])
    normed = x.reshape(rows, n)
    normed = normed - (sum_of_columns(normed) / n)[:, None]
    scale = (1 / np.sqrt(np.vecdot(normed, normed) / n + eps))[:, None]
    normed *= scale
    out = normed.reshape(x.shape).copy() if weight is None else normed.reshape(x.shape) * weight
    if bias is not None:
        out += bias

    def dx(g):
        result = np.array(g, order="C") if weight is None else np.multiply(g, weight, order="C")
        dnormed = result.reshape(rows, n)
        projection = np.vecdot(dnormed, normed) / n
        dnormed -= (sum_of_columns(dnormed) / n)[:, None]
        dnormed -= normed * projection[:, None]
        dnormed *= scale
        return result

    def dweight(g):
        return sum_of_rows(g.reshape(rows, n) * normed).reshape(normalized_shape)

    return out, save(dx, weight, normed, scale), save(dweight, normed), unchanged


@function(of="functional", examples=["F.layer_norm(x, (4,))"])
def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """(input - mean) / sqrt(var + eps) * weight + bias over the last dimensions (Ba, Kiros and Hinton 2016).

    normalized_shape: the shape of these dimensions, and of weight and bias. The variance is divided by n.
    Raises RuntimeError where shapes or dtypes do not fit.
    """
    if isinstance(normalized_shape, int):
        raise TypeError(f"layer_norm(): normalized_shape is a tuple of sizes, not a number: ({normalized_shape},)")
    return apply(_layer_norm.op, input, weight, bias, normalized_shape=sizes_of([normalized_shape]), eps=eps)


def _of_channels(x):
    """x (n, channels, ...) with at most three dimensions."""
    return x if x.ndim == 2 else x.reshape(*x.shape[:2], math.prod(x.shape[2:]))


def _beside(x, each):
    """A number for each channel, (channels,), laid out to broadcast against x, which has two dimensions or three."""
    return each if x.ndim == 2 else each[:, None]


def _sum_of_channels(x):
    """The sum of each channel of x, which has two dimensions or three: (channels,)."""
    if x.ndim == 3:
        n, channels, length = x.shape
        x = sum_of_columns(x.reshape(n * channels, length)).reshape(n, channels)
    return sum_of_rows(x)


def _moments(x):
    """Mean and variance (divided by n) of each channel of x (n, channels, ...), two arrays (channels,)."""
    x = _of_channels(x)
    n = x.size // x.shape[1] if x.size else 0
    mean = _sum_of_channels(x) / n
    centred = x - _beside(x, mean)
    centred *= centred
    return mean, _sum_of_channels(centred) / n


def count_batch(counter: Tensor) -> None:
    """Add 1 to a counter of batches, in place."""
    _add_1(counter._array)
    counter._version[0] += 1


@rerun
def _add_1(counter):
    counter += 1


@rerun
def _moved_moments(x, running_mean, running_var, momentum):
    """The same, after running_mean and running_var, if any, have moved towards them."""
    mean, var = _moments(x)
    n = x.size // x.shape[1] if x.size else 0
    for running, now in ((running_mean, mean), (running_var, var * (n / (n - 1)))) if n else ():
        if running is not None:
            running *= 1 - momentum
            running += momentum * now
    return mean, var


@op(
    "NativeBatchNormBackward0",
    of="",
    examples=[
        "F.batch_norm(x, None, None, row, y[0], training=True, eps=0.01)",
        "F.batch_norm(signal, None, None, training=True)",
        "F.batch_norm(x, row.detach(), positive[0].detach(), y[0], y[1])",
    ],
)
def _batch_norm(x, weight, bias, mean, var, /, *, eps, training):
    """(x - mean) / sqrt(var + eps) * weight + bias for each channel of x (n, channels, ...).

    mean, var, weight, bias: (channels,). In training mean and var are those of x, and the gradient goes through them.

    Fused, for speed: (x - mean) / (var + eps).sqrt() * weight + bias, where in training mean = x.mean(0) and
    var = x.var(0, correction=0).
    """
    shape, columns = x.shape, _of_channels(x)
    scale = 1 / np.sqrt(var + eps)
    normed = np.subtract(columns, _beside(columns, mean), order="C")  # however x lies: as PyTorch's result
    normed *= _beside(normed, scale)
    out = normed.copy() if weight is None else normed * _beside(normed, weight)
    if bias is not None:
        out += _beside(normed, bias)

    @shared
    def sums(g):
        g = _of_channels(g)
        return _sum_of_channels(g), _sum_of_channels(g * normed)

    def dx(g):
        factor = scale if weight is None else scale * weight
        if not training:
            return (_of_channels(g) * _beside(normed, factor)).reshape(shape)
        n = normed.size // max(len(factor), 1)
        dbias, dweight = sums(g)
        result = normed * _beside(normed, dweight / -n)
        result += _of_channels(g)
        result -= _beside(normed, dbias / n)
        result *= _beside(normed, factor)
        return result.reshape(shape)

    return (
        out.reshape(shape),
        save(dx, weight, normed, scale),
        save(lambda g: sums(g)[1].copy(), normed),
        save(lambda g: sums(g)[0].copy(), normed),
    )


@function(of="functional", examples=["F.batch_norm(x, None, None, training=True)"])
def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """(input - mean) / sqrt(var + eps) * weight + bias for each channel (Ioffe and Szegedy 2015).

    input: (n, channels, ...); all others: (channels,). In training mean and variance (divided by n) are those of input,
    and running_mean and running_var move towards them (there the variance is divided by n - 1) by `momentum` of the
    way; otherwise mean and variance are running_mean and running_var.
    Raises RuntimeError where shapes or dtypes do not fit, ValueError for a single value per channel in training.
    """
    need_tensors("batch_norm", input, running_mean, running_var, weight, bias)
    refuse_grad("batch_norm", "running_mean", running_mean)
    refuse_grad("batch_norm", "running_var", running_var)
    x, tensors = input._array, (running_mean, running_var, weight, bias)
    arrays = [tensor._array for tensor in tensors if tensor is not None]
    need_floats(x, "batch_norm", NotImplementedError)
    need_one_dtype("batch_norm", x, *arrays)
    channels = x.shape[1] if x.ndim > 1 else 0
    for array in arrays:
        if array.shape != (channels,):
            raise RuntimeError(
                f"batch_norm: means, variances, weight and bias should contain {channels} elements, one for each "
                f"channel of the input {list(x.shape)}, and one contains {list(array.shape)}"
            )
    if x.ndim < 2:
        raise dim_error(1, x.ndim)
    if not training:
        if running_mean is None or running_var is None:
            raise RuntimeError("running_mean and running_var must be defined in evaluation mode")
        return apply(
            _batch_norm.op, input, weight, bias, running_mean._array, running_var._array, eps=eps, training=False
        )
    if (running_mean is None) != (running_var is None):
        raise ValueError("running_mean and running_var must either both be None or neither be None")
    if eps <= 0:
        raise ValueError(f"batch_norm eps must be positive during training, but got {eps}")
    n = x.size // max(channels, 1)
    if n == 1:
        raise ValueError(f"Expected more than 1 value per channel when training, got input size {input.shape}")
    running = [None if tensor is None else tensor._array for tensor in (running_mean, running_var)]
    with silent():
        mean, var = _moved_moments(x, *running, momentum)
    for tensor in (running_mean, running_var) if n else ():
        if tensor is not None:
            tensor._version[0] += 1
    return apply(_batch_norm.op, input, weight, bias, mean, var, eps=eps, training=True)


@function(of="functional", examples=["F.dropout(x, 0.5, training=False)"])
def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """input with each element 0 with probability p, and the others divided by 1 - p (Srivastava et al. 2014).

    Outside of training it is input itself. inplace: change input itself. Raises ValueError where p is no probability.
    """
    check_probability(p)
    need_tensors("dropout", input)
    if not training or not p or not input._array.size:
        return input
    need_floats(input._array, "dropout", NotImplementedError)
    factors = _dropout_factors_of(input._array, p)
    return input.mul_(wrap(factors)) if inplace else elementwise.mul(input, wrap(factors))


@rerun
def _dropout_factors_of(x: np.ndarray, p: float) -> np.ndarray:
    """Those for x, drawn in the order in which its elements lie in memory, as PyTorch does."""
    factors = np.empty_like(x)
    factors.ravel("K")[...] = _dropout_factors((factors.size,), p, factors.dtype)
    return factors


def _dropout_factors(shape: tuple[int, ...], p: float, dtype: np.dtype) -> np.ndarray:
    """0 with probability p, else 1 / (1 - p), drawn as PyTorch draws them: with p = 1 nothing is drawn."""
    if p == 1:
        return np.zeros(shape, dtype)
    factors = random.default_generator.bernoulli_scalar(1 - p, shape).astype(dtype)
    factors /= 1 - p
    return factors


def check_probability(p: float) -> None:
    """Raises ValueError for a p of dropout that is no probability."""
    if not 0 <= p <= 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


# Sequences.


def _conv1d_node(input: Tensor, *arguments: Any, **options: Any) -> str:
    return "ConvolutionBackward0" if input.ndim == 3 else "SqueezeBackward1"


@op(
    _conv1d_node,
    of="functional",
    examples=[
        "F.conv1d(signal, kernel, row)",
        "F.conv1d(signal, kernel, padding=1, stride=2, dilation=2)",
        "F.conv1d(signal[:, :2], kernel[:, :1], row, padding='same', groups=2)",
        "F.conv1d(signal[0], kernel)",
    ],
)
def conv1d(x, weight, bias=None, /, stride=1, padding=0, dilation=1, groups=1):
    """The dot products of weight with the windows of input that lie `stride` apart, plus bias.

    input: (n, channels, length), or (channels, length); weight: (out_channels, channels / groups, kernel_size), which
    looks at every dilation-th element; bias: (out_channels,); padding: so many zeros at each end, or 'same', or 'valid'
    (none); groups: in so many parts input and output channels are divided, each of which sees its own alone.
    The result is (n, out_channels, out_length), or (out_channels, out_length). Raises RuntimeError where shapes or
    dtypes do not fit.

    Fused, for speed, as one product of matrices (im2col). The composition:
    stack([(x[:, None, :, i : i + kernel_size] * weight).sum((2, 3)) for i in range(out_length)], 2) + bias[:, None].
    """
    need_one_dtype("conv1d", x, weight, bias)
    stride, dilation = _single(stride), _single(dilation)
    left, right = _check_convolution(x, weight, bias, stride, padding, dilation, groups)
    x_shape, w_shape = x.shape, weight.shape
    out_channels, channels, kernel_size = w_shape
    n, length = 1 if x.ndim == 2 else len(x), x.shape[-1]
    padded = x.reshape(n, groups * channels, length)
    if left or right:
        padded = np.zeros((n, groups * channels, left + length + right), x.dtype)
        padded[:, :, left : left + length] = x
    out_length = (padded.shape[2] - dilation * (kernel_size - 1) - 1) // stride + 1
    padded_shape, (*steps, step) = padded.shape, padded.strides
    windows = as_strided(
        padded, (n, groups * channels, kernel_size, out_length), (*steps, dilation * step, stride * step)
    )
    columns = windows.reshape(n, groups, channels * kernel_size, out_length)
    if np.may_share_memory(columns, x):  # with a kernel of 1
        columns = columns.copy()
    kernels_shape = groups, out_channels // groups, channels * kernel_size
    out_shape = (n, out_channels, out_length) if x.ndim == 3 else (out_channels, out_length)
    out = (weight.reshape(kernels_shape) @ columns).reshape(out_shape)
    if bias is not None:
        out += bias[:, None]

    def by_group(g):
        return g.reshape(n, groups, out_channels // groups, out_length)

    def dx(g):
        dcolumns = weight.reshape(kernels_shape).swapaxes(1, 2) @ by_group(g)
        dwindows = dcolumns.reshape(n, groups * channels, kernel_size, out_length)
        result = np.zeros(padded_shape, g.dtype)
        for i in range(kernel_size):
            start = i * dilation
            result[:, :, start : start + stride * (out_length - 1) + 1 : stride] += dwindows[:, :, i]
        return result[:, :, left : left + length].reshape(x_shape)

    def dweight(g):
        g = by_group(g).transpose(1, 2, 0, 3).reshape(groups, out_channels // groups, n * out_length)
        return (g @ columns.transpose(1, 0, 3, 2).reshape(groups, n * out_length, kernels_shape[2])).reshape(w_shape)

    def dbias(g):
        return _sum_of_channels(g.reshape(n, out_channels, out_length))

    return out, save(dx, weight), save(dweight, columns), dbias


def _check_convolution(x, weight, bias, stride, padding, dilation, groups):
    """How many zeros go to the left and to the right. Raises RuntimeError where something does not fit."""
    if groups < 1:
        raise RuntimeError(f"conv1d: groups has to be 1 or more, and it is {groups}")
    if x.ndim not in (2, 3) or weight.ndim != 3 or x.shape[-2] != groups * weight.shape[1]:
        raise RuntimeError(
            "conv1d takes (n, channels, length) and a weight (out_channels, channels / groups, kernel_size), not "
            f"{list(x.shape)} and {list(weight.shape)} with groups={groups}"
        )
    if len(weight) % groups:
        raise RuntimeError(f"conv1d: {len(weight)} output channels cannot be divided into groups={groups}")
    if bias is not None and bias.shape != weight.shape[:1]:
        raise RuntimeError(f"conv1d: the bias has to be {list(weight.shape[:1])}, and it is {list(bias.shape)}")
    if padding == "same" and stride != 1:
        raise RuntimeError("padding='same' is not supported for strided convolutions")
    if isinstance(padding, str) and padding not in ("same", "valid"):
        raise RuntimeError(f"Invalid padding string: {padding!r}; take 'same', 'valid' or a number")
    span = dilation * (weight.shape[2] - 1)
    total = span if padding == "same" else 0 if padding == "valid" else 2 * _single(padding)
    if stride < 1 or dilation < 1 or total < 0:
        raise RuntimeError("conv1d: stride and dilation have to be 1 or more, padding 0 or more")
    if x.shape[-1] + total <= span:
        raise RuntimeError(
            f"conv1d: Kernel size can't be greater than actual input size: a kernel of {weight.shape[2]} spans "
            f"{span + 1} elements, and the input has {x.shape[-1] + total}, padding included"
        )
    return total // 2, total - total // 2


def _single(number: Any) -> Any:
    """The number that 3 and (3,) both mean."""
    return number if isinstance(number, int) else number[0]


def _attention_node(query: Tensor, key: Tensor, *others: Any, kernel: bool, **options: Any) -> str:
    if kernel:
        return "ScaledDotProductFlashAttentionForCpuBackward0"
    return "UnsafeViewBackward0" if query.ndim > 2 else "MmBackward0"


@op(
    _attention_node,
    of="",
    in_order=True,
    examples=[
        "F.scaled_dot_product_attention(batch, batch, batch)",
        "F.scaled_dot_product_attention(x, y, positive, square[:3, :3])",
        "F.scaled_dot_product_attention(batch[None], batch[None], batch[None], is_causal=True, scale=0.3)",
    ],
)
def _attention(query, key, value, mask, /, *, scale, factors, kernel):
    """softmax(query @ key.mT * scale + mask) @ value over the last two dimensions.

    mask: None or what is added, -inf where there is no looking. factors: None or dropout's, for the softmax. kernel:
    whether PyTorch has a node of its own for it.

    Fused, for speed: (query @ key.mT * scale + mask).softmax(-1) @ value.
    """
    probabilities = query @ key.swapaxes(-1, -2)
    probabilities *= scale
    if mask is not None:
        probabilities += mask
    # Of a row of -inf alone, the largest is taken to be finite and the sum to be 1: it looks nowhere.
    probabilities -= np.maximum.reduce(probabilities, -1, keepdims=True, initial=np.finfo(probabilities.dtype).min)
    np.exp(probabilities, out=probabilities)
    total = np.add.reduce(probabilities, -1, keepdims=True)
    probabilities /= np.maximum(total, 1, out=total)
    weights = probabilities if factors is None else probabilities * factors

    @shared
    def dscores(g):
        result = g @ value.swapaxes(-1, -2)
        if factors is not None:
            result *= factors
        result -= np.vecdot(result, probabilities)[..., None]
        result *= probabilities
        return result

    return (
        weights @ value,
        save(lambda g: dscores(g) @ key * scale, key, value, probabilities),
        save(lambda g: dscores(g).swapaxes(-1, -2) @ query * scale, query, value, probabilities),
        save(lambda g: weights.swapaxes(-1, -2) @ g, weights),
        save(lambda g: dscores(g).copy(), value, probabilities),
    )


@function(of="functional", examples=["F.scaled_dot_product_attention(batch, batch, batch, is_causal=True)"])
def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    *,
    scale: float | None = None,
) -> Tensor:
    """softmax(query @ key.mT * scale + attn_mask) @ value: for every query a mean of the values (Vaswani et al. 2017).

    query: (..., l, e); key: (..., s, e); value: (..., s, f); the result is (..., l, f). attn_mask: of a shape that
    broadcasts to (..., l, s), either bools, True where position l may look at position s, or floats to be added.
    is_causal: position l looks at none after l. scale: 1 / sqrt(e) by default. dropout_p: the probability with which
    each weight is dropped, in training or not.
    Raises RuntimeError where shapes or dtypes do not fit, and for attn_mask beside is_causal except where PyTorch takes
    both: with four dimensions, without dropout, and a mask that wants no gradient.
    """
    need_tensors("scaled_dot_product_attention", query, key, value, attn_mask)
    q, k, v = query._array, key._array, value._array
    need_one_dtype("attention", q, k, v)
    if min(q.ndim, k.ndim, v.ndim) < 2 or q.shape[-1] != k.shape[-1] or k.shape[-2] != v.shape[-2]:
        raise RuntimeError(
            "attention takes a query (..., l, e), a key (..., s, e) and a value (..., s, f), not "
            f"{list(q.shape)}, {list(k.shape)} and {list(v.shape)}"
        )
    kernel = q.ndim == 4 and q.shape[:2] == k.shape[:-2] == v.shape[:-2] and q.shape[3] == v.shape[3] and not dropout_p
    kernel = kernel and not (attn_mask is not None and attn_mask.requires_grad and state.grad_enabled)
    mask: Any = attn_mask
    if mask is not None and mask._array.dtype.kind == "b":
        mask = _added(mask._array, q.dtype)
    elif mask is not None and mask._array.dtype != q.dtype:
        raise RuntimeError(f"attn_mask has to be of bools or {query.dtype}, and it is {mask.dtype}")
    if is_causal:
        if attn_mask is not None and not kernel:
            raise RuntimeError("Explicit attn_mask should not be set when is_causal=True")
        causal = _causal(q.shape[-2], k.shape[-2], q.dtype)
        mask = causal if mask is None else causal + plain(mask)
    factors = None
    if dropout_p:
        batch = np.broadcast_shapes(q.shape[:-2], k.shape[:-2])
        factors = rerun(_dropout_factors)((*batch, q.shape[-2], k.shape[-2]), dropout_p, q.dtype)
    scale = q.shape[-1] ** -0.5 if scale is None else scale
    return apply(_attention.op, query, key, value, mask, scale=scale, factors=factors, kernel=kernel)


@rerun
def _causal(n: int, m: int, dtype: np.dtype) -> np.ndarray:
    """What is added for a mask that lets position i look at none after i, (n, m)."""
    return _added(np.tri(n, m, dtype=bool), dtype)


def _added(mask: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """What is added to the scores for a mask of bools: 0 where it is True, else -inf."""
    return np.where(mask, dtype.type(0), dtype.type(-np.inf))


@op(
    "ConstantPadNdBackward0",
    of="functional",
    examples=["F.pad(x, (1, 2))", "F.pad(batch, (1, 0, 2, -1), value=7)", "F.pad(ints, (-1, 1))"],
)
def pad(x, /, pad, mode="constant", value=None):
    """input with more elements at its ends, all of them `value` (0 by default).

    pad: how many to the left and to the right, of the last dimension, then of the last but one, and so on; negative
    ones cut off. Raises RuntimeError where pad has not two numbers for each of at most all dimensions.
    """
    if mode != "constant":
        raise NotImplementedError(f"pad: the mode {mode!r} is not there, only 'constant'")
    if len(pad) % 2 or len(pad) > 2 * x.ndim:
        raise RuntimeError(
            f"Padding length must be divisible by 2 and at most two times the number of dimensions, {x.ndim}; "
            f"it is {len(pad)}"
        )
    if any(
        n < -min(left, 0) - min(right, 0) for n, left, right in zip(x.shape[::-1], pad[0::2], pad[1::2], strict=False)
    ):
        raise RuntimeError(f"pad: {list(pad)} cuts off more than there is of {list(x.shape)}")
    widths = [(0, 0)] * (x.ndim - len(pad) // 2) + list(zip(pad[0::2], pad[1::2], strict=True))[::-1]
    out = np.full([n + left + right for n, (left, right) in zip(x.shape, widths, strict=True)], value or 0, x.dtype)
    inside = tuple([_between(left, right, n) for n, (left, right) in zip(out.shape, widths, strict=True)])
    seen = tuple([_between(-left, -right, n) for n, (left, right) in zip(x.shape, widths, strict=True)])
    out[inside] = x[seen]
    shape = x.shape

    def dx(g):
        result = np.zeros(shape, g.dtype)
        result[seen] = g[inside]
        return result

    return out, dx


def _between(left, right, n):
    return np.s_[max(left, 0) : n - max(right, 0)]


@op("", of="functional", examples=["F.one_hot(ints)", "F.one_hot(ints, num_classes=7)"])
def one_hot(x, /, num_classes=-1):
    """A row of zeros with a single 1 for each class index: shape (*input.shape, num_classes), int64.

    num_classes: by default the largest index plus 1. Raises RuntimeError for what is no index of a class, int64.
    """
    if x.dtype != np.int64:
        raise RuntimeError(f"one_hot is only applicable to index tensor of type LongTensor, and this is {x.dtype}")
    if num_classes < 1 and not x.size:
        raise RuntimeError("Can not infer total number of classes from empty tensor.")
    if num_classes == -1:
        num_classes = int(x.max()) + 1
    if x.size and x.min() < 0:
        raise RuntimeError("Class values must be non-negative.")
    if x.size and x.max() >= num_classes:
        raise RuntimeError(f"Class values must be smaller than num_classes, {num_classes}; one is {x.max()}")
    out = np.zeros((x.size, num_classes), np.int64)
    out[np.arange(x.size), x.reshape(-1)] = 1
    return (out.reshape(*x.shape, num_classes),)
