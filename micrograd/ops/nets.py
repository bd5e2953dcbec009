"""The layers of nets, each of them one node with its own derivative.

Much of the time here is memory: arrays that nobody else holds are changed in place, and a sum over rows or columns is
a product with a vector of ones or an einsum, which make no array in between and take a fraction of the time of NumPy's
own sum over the first dimension.
"""

import math

import numpy as np
from numpy.lib.stride_tricks import as_strided

from micrograd.ops.indexing import _scatter_add
from micrograd.ops.reductions import sum_of_columns, sum_of_rows
from micrograd.ops.registry import op, shared


@op("AddmmBackward0")
def linear(x, weight, bias):
    """x (..., n) @ weight (m, n).T + bias (m,), with all leading dimensions in one matrix product."""
    shape, (m, n), rows = x.shape, weight.shape, math.prod(x.shape[:-1])
    out = x.reshape(rows, n) @ weight.T
    if bias is not None:
        out += bias
    return (
        out.reshape(*shape[:-1], m),
        lambda g: (g.reshape(rows, m) @ weight).reshape(shape),
        lambda g: g.reshape(rows, m).T @ x.reshape(rows, n),
        lambda g: sum_of_rows(g.reshape(rows, m)),
    )


@op("ViewBackward0")
def linear_folded(x, weight, bias):
    return linear(x, weight, bias)


@op("MmBackward0")
def linear_unbiased(x, weight):
    return linear(x, weight, None)[:3]


@op("UnsafeViewBackward0")
def linear_unbiased_folded(x, weight):
    return linear(x, weight, None)[:3]


@op("EmbeddingBackward0")
def embedding(weight, indices, padding_idx):
    """The rows of weight (n, m) at the indices (...): (..., m). The row of padding_idx gets no gradient."""
    shape = weight.shape

    def to_weight(g):
        result = _scatter_add(shape, indices, g)
        if padding_idx is not None:
            result[padding_idx] = 0
        return result

    return weight.take(indices, 0), to_weight


# The probability that a standard normal number is above z >= 0 is exp(-z**2 / 2) times c1 * t + c2 * t**2 + ... with
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


@op("GeluBackward0")
def gelu(x):
    """x times the probability that a standard normal number is below x."""
    size = np.minimum(np.abs(x), 1000, out=np.empty_like(x))  # so that infinity times 0 is 0
    t = np.asarray(size + 4)
    np.reciprocal(t, out=t)
    *others, last = _NORMAL_TAIL[x.dtype]
    above = np.asarray(t * last)
    for coefficient in reversed(others):
        above += coefficient
        above *= t
    density = np.multiply(x, x, out=t)
    density *= -0.5
    np.exp(density, out=density)  # less the factor 1 / sqrt(2 pi)
    above *= density
    # x * (1 - above) where x is positive and x * above where it is not; choosing would be ten times as slow.
    result = np.asarray(np.maximum(x, 0))
    result -= size * above

    def to_x(g):
        slope = np.asarray(density * size)
        slope *= -1 / math.sqrt(2 * math.pi)
        slope += above
        positive = np.asarray(x > 0, x.dtype)
        slope *= 1 - 2 * positive
        slope += positive
        slope *= g
        return slope

    return result, to_x


@op("GeluBackward0")
def gelu_tanh(x):
    """x * (1 + tanh(a * (x + b * x**3))) / 2 with a = sqrt(2 / pi), b = 0.044715 (Hendrycks and Gimpel, 2016)."""
    a, b = math.sqrt(2 / math.pi), 0.044715
    bend = np.asarray(x * x)
    bend *= a * b
    bend += a
    bend *= x
    np.tanh(bend, out=bend)
    result = np.asarray(x * bend)
    result += x
    result *= 0.5

    def to_x(g):
        slope = np.asarray(x * x)
        slope *= 3 * a * b
        slope += a
        slope *= x
        rest = np.asarray(bend * bend)
        slope *= np.subtract(1, rest, out=rest)
        slope += bend
        slope += 1
        slope *= 0.5
        slope *= g
        return slope

    return result, to_x


@op("NativeLayerNormBackward0", in_order=True)
def layer_norm(x, weight, bias, dims, eps):
    """x less its mean and over its standard deviation, over the last `dims` dimensions; then * weight + bias."""
    shape, inner = x.shape, x.shape[-dims:]
    rows, n = math.prod(shape[:-dims]), math.prod(inner)
    normed = x.reshape(rows, n)
    normed = normed - (sum_of_columns(normed) / n)[:, None]
    scale = (1 / np.sqrt(np.vecdot(normed, normed) / n + eps))[:, None]
    normed *= scale
    result = normed.reshape(shape).copy() if weight is None else normed.reshape(shape) * weight
    if bias is not None:
        result += bias

    def to_x(g):
        result = np.array(g, order="C") if weight is None else np.multiply(g, weight, order="C")
        slope = result.reshape(rows, n)
        along = np.vecdot(slope, normed) / n
        slope -= (sum_of_columns(slope) / n)[:, None]
        slope -= normed * along[:, None]
        slope *= scale
        return result

    return (
        result,
        to_x,
        lambda g: np.einsum("ij,ij->j", g.reshape(rows, n), normed).reshape(inner),
        lambda g: sum_of_rows(g.reshape(rows, n)).reshape(inner),
    )


def _of_channels(x):
    """x (n, channels, ...) with at most three dimensions."""
    return x if x.ndim == 2 else x.reshape(*x.shape[:2], math.prod(x.shape[2:]))


def _beside(x, each):
    """A number for each channel, (channels,), laid out to broadcast against x, which has two dimensions or three."""
    return each if x.ndim == 2 else each[:, None]


def _sum_of_channels(x):
    return sum_of_rows(x) if x.ndim == 2 else np.einsum("ncl->c", x)


def moments(x):
    """Mean and variance (divided by n) of each channel of x (n, channels, ...), two arrays (channels,)."""
    x = _of_channels(x)
    n = x.size // x.shape[1] if x.size else 0
    mean = _sum_of_channels(x) / n
    centred = x - _beside(x, mean)
    centred *= centred
    return mean, _sum_of_channels(centred) / n


@op("NativeBatchNormBackward0")
def batch_norm(x, weight, bias, mean, var, eps, training):
    """x (n, channels, ...) less mean and over sqrt(var + eps), then * weight + bias, all of these (channels,).

    In training, mean and var are those of x, and the gradient goes through them as well.
    """
    shape, columns = x.shape, _of_channels(x)
    scale = 1 / np.sqrt(var + eps)
    normed = np.subtract(columns, _beside(columns, mean), order="C")  # however x lies: as PyTorch's result
    normed *= _beside(normed, scale)
    result = normed.copy() if weight is None else normed * _beside(normed, weight)
    if bias is not None:
        result += _beside(normed, bias)

    @shared
    def sums(g):
        g = _of_channels(g)
        return _sum_of_channels(g), _sum_of_channels(g * normed)

    def to_x(g):
        slope = scale if weight is None else scale * weight
        if not training:
            return (_of_channels(g) * _beside(normed, slope)).reshape(shape)
        n = normed.size // max(len(slope), 1)
        total, along = sums(g)
        result = normed * _beside(normed, along / -n)
        result += _of_channels(g)
        result -= _beside(normed, total / n)
        result *= _beside(normed, slope)
        return result.reshape(shape)

    return result.reshape(shape), to_x, lambda g: sums(g)[1].copy(), lambda g: sums(g)[0].copy()


@op("ConvolutionBackward0")
def conv1d(x, weight, bias, stride, padding, dilation):
    """x (n, channels, length) in windows of `taps`, each the dot product with weight (outs, channels, taps), plus bias.

    padding: how many zeros to put before and behind. The result is (n, outs, positions).
    """
    (n, channels, length), (outs, _, taps) = x.shape, weight.shape
    before, behind = padding
    if before or behind:
        padded = np.zeros((n, channels, before + length + behind), x.dtype)
        padded[:, :, before : before + length] = x
        x = padded
    positions = (x.shape[2] - dilation * (taps - 1) - 1) // stride + 1
    padded_shape, (*steps, step) = x.shape, x.strides
    windows = as_strided(x, (n, channels, taps, positions), (*steps, dilation * step, stride * step))
    x = windows.reshape(n, channels * taps, positions)  # one matrix product does the rest
    result = weight.reshape(outs, channels * taps) @ x
    if bias is not None:
        result += bias[:, None]

    def to_x(g):
        parts = (weight.reshape(outs, channels * taps).T @ g).reshape(n, channels, taps, positions)
        result = np.zeros(padded_shape, g.dtype)
        for tap in range(taps):
            start = tap * dilation
            result[:, :, start : start + stride * (positions - 1) + 1 : stride] += parts[:, :, tap]
        return result[:, :, before : before + length]

    return (
        result,
        to_x,
        lambda g: np.tensordot(g, x, ([0, 2], [0, 2])).reshape(outs, channels, taps),
        lambda g: np.einsum("nop->o", g),
    )


@op("ScaledDotProductFlashAttentionForCpuBackward0", in_order=True)
def attention(q, k, v, mask, scale, kept):
    """softmax(q @ k.T * scale + mask) @ v over the last two dimensions: q (..., l, e), k (..., s, e), v (..., s, f).

    mask: None or what is added, -inf where there is no looking. kept: None or dropout's factors for the softmax.
    """
    chances = q @ k.swapaxes(-1, -2)
    chances *= scale
    if mask is not None:
        chances += mask
    # Of a row of -inf alone, the largest is taken to be finite and the sum to be 1: it looks nowhere.
    chances -= np.maximum.reduce(chances, -1, keepdims=True, initial=np.finfo(chances.dtype).min)
    np.exp(chances, out=chances)
    total = np.add.reduce(chances, -1, keepdims=True)
    chances /= np.maximum(total, 1, out=total)
    used = chances if kept is None else chances * kept

    def slope(g, v):
        """The gradient of what goes into the softmax."""
        result = g @ v.swapaxes(-1, -2)
        if kept is not None:
            result *= kept
        result -= np.vecdot(result, chances)[..., None]
        result *= chances
        return result

    of_scores = shared(slope)
    return (
        used @ v,
        lambda g: of_scores(g, v) @ k * scale,
        lambda g: of_scores(g, v).swapaxes(-1, -2) @ q * scale,
        lambda g: used.swapaxes(-1, -2) @ g,
        lambda g: of_scores(g, v).copy(),
    )


@op("ConstantPadNdBackward0")
def pad(x, widths, value):
    """x with (before, behind) elements of `value` added in each dimension; a negative number takes some away."""
    shape = x.shape
    result = np.full([n + before + behind for n, (before, behind) in zip(shape, widths, strict=True)], value, x.dtype)
    inside = tuple([_between(before, behind, n) for n, (before, behind) in zip(result.shape, widths, strict=True)])
    seen = tuple([_between(-before, -behind, n) for n, (before, behind) in zip(shape, widths, strict=True)])
    result[inside] = x[seen]

    def to_x(g):
        result = np.zeros(shape, g.dtype)
        result[seen] = g[inside]
        return result

    return result, to_x


def _between(before, behind, n):
    return np.s_[max(before, 0) : n - max(behind, 0)]
