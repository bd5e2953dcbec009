"""Normalization and dropout, functions of nn.functional."""

import math
from collections.abc import Sequence

import numpy as np

from micrograd import random
from micrograd.ops import apply, elementwise, function, op, save, unchanged
from micrograd.ops.layers import refuse_grad, shared
from micrograd.ops.shapes import need_tensors
from micrograd.rules.dims import sizes_of
from micrograd.rules.errors import dim_error, need_floats, need_one_dtype, silent
from micrograd.rules.rerun import rerun
from micrograd.rules.sums import sum_of_columns, sum_of_rows
from micrograd.tensors import Tensor, wrap


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


# Batch normalization.


def _of_channels(x):
    """x (n, channels, ...) with at most three dimensions."""
    return x if x.ndim == 2 else x.reshape(*x.shape[:2], math.prod(x.shape[2:]))


def _beside(x, each):
    """A number for each channel, (channels,), laid out to broadcast against x, which has two dimensions or three."""
    return each if x.ndim == 2 else each[:, None]


def sum_of_channels(x):
    """The sum of each channel of x, which has two dimensions or three: (channels,)."""
    if x.ndim == 3:
        n, channels, length = x.shape
        x = sum_of_columns(x.reshape(n * channels, length)).reshape(n, channels)
    return sum_of_rows(x)


def _moments(x):
    """Mean and variance (divided by n) of each channel of x (n, channels, ...), two arrays (channels,)."""
    x = _of_channels(x)
    n = x.size // x.shape[1] if x.size else 0
    mean = sum_of_channels(x) / n
    centred = x - _beside(x, mean)
    centred *= centred
    return mean, sum_of_channels(centred) / n


def count_batch(counter: Tensor) -> None:
    """Add 1 to a counter of batches, in place."""
    _add_1(counter._array)
    counter._version[0] += 1


@rerun
def _add_1(counter):
    """Count a batch, in place."""
    counter += 1


@rerun
def _moved_moments(x, running_mean, running_var, momentum):
    """Mean and variance of each channel, after running_mean and running_var, if any, have moved towards them."""
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
        return sum_of_channels(g), sum_of_channels(g * normed)

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
    need_tensors("batch_norm", input, optional=[running_mean, running_var, weight, bias])
    refuse_grad("batch_norm", "running_mean", running_mean)
    refuse_grad("batch_norm", "running_var", running_var)
    x, tensors = input._array, (running_mean, running_var, weight, bias)
    arrays = [tensor._array for tensor in tensors if tensor is not None]
    need_floats(x, "batch_norm", NotImplementedError)
    need_one_dtype("batch_norm", x, *arrays)
    channels = x.shape[1] if x.ndim > 1 else 0
    for array in arrays:
        if array.shape != (channels,):
            hint = ""
            if x.ndim > 2 and array.shape == x.shape[-1:]:
                hint = ". Channels come second, (N, C, L). Where they come last: bn(x.transpose(1, 2)).transpose(1, 2)"
            raise RuntimeError(
                f"batch_norm: running_mean, running_var, weight and bias should contain {channels} elements, one for "
                f"each channel of the input {list(x.shape)}, not {list(array.shape)}{hint}"
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


# Dropout.


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
    """For each element of x 0 with probability p, else 1 / (1 - p), drawn in the order of memory as in PyTorch."""
    factors = np.empty_like(x)
    factors.ravel("K")[...] = dropout_factors((factors.size,), p, factors.dtype)
    return factors


def dropout_factors(shape: tuple[int, ...], p: float, dtype: np.dtype) -> np.ndarray:
    """0 with probability p, else 1 / (1 - p), drawn as PyTorch draws them: with p = 1 nothing is drawn."""
    if p == 1:
        return np.zeros(shape, dtype)
    factors = random.default_generator.bernoulli_scalar(1 - p, shape).astype(dtype)
    factors /= 1 - p
    return factors


def check_probability(p: float) -> None:
    """Raises ValueError if p of dropout is not in [0, 1]."""
    if not 0 <= p <= 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
