"""Reductions. dim is a tuple of dimensions that are there, or None for all; of softmax it is one dimension."""

import math

import numpy as np

from micrograd.ops.registry import op


def _stretch(g, shape, dim, keepdim):
    """The gradient of a reduction, laid out again over the dimensions that were reduced away."""
    if dim is not None and not keepdim:
        g = np.expand_dims(g, dim)
    return np.broadcast_to(g, shape)


def _count(shape, dim) -> int:
    return math.prod(shape if dim is None else [shape[d] for d in dim])


@op("SumBackward0")
def sum(x, dim, keepdim):
    shape = x.shape
    dtype = np.int64 if x.dtype.kind in "biu" else None
    out = np.add.reduce(x, axis=dim, keepdims=keepdim, dtype=dtype)
    return out, lambda g: _stretch(g, shape, dim, keepdim)


@op("SumBackward1")
def sum_dim(x, dim, keepdim):
    return sum(x, dim, keepdim)


@op("MeanBackward0")
def mean(x, dim, keepdim):
    shape, n = x.shape, _count(x.shape, dim)
    out = np.add.reduce(x, axis=dim, keepdims=keepdim) / x.dtype.type(n)
    return out, lambda g: _stretch(g / n, shape, dim, keepdim)


@op("MeanBackward1")
def mean_dim(x, dim, keepdim):
    return mean(x, dim, keepdim)


@op("VarBackward0")
def var(x, dim, correction, keepdim):
    shape, freedom = x.shape, _freedom(x.shape, dim, correction)
    out = _variance(x, dim, freedom, keepdim)
    return out, lambda g: _stretch(g, shape, dim, keepdim) * _centred(x, dim) * (x.dtype.type(2) / freedom)


@op("StdBackward0")
def std(x, dim, correction, keepdim):
    shape, freedom = x.shape, _freedom(x.shape, dim, correction)
    out = np.sqrt(_variance(x, dim, freedom, keepdim))

    def to_x(g):
        slope = np.divide(g, out * freedom, out=np.zeros_like(out), where=out != 0)  # no spread, no direction: 0
        return _stretch(slope, shape, dim, keepdim) * _centred(x, dim)

    return out, to_x


def _freedom(shape, dim, correction) -> int:
    """The number of elements less the correction; PyTorch makes it 0, and the variance infinite, where it is less."""
    n = _count(shape, dim) - correction
    return n if n > 0 else 0


def _centred(x, dim):
    return x - np.add.reduce(x, axis=dim, keepdims=True) / x.dtype.type(_count(x.shape, dim))


def _variance(x, dim, freedom, keepdim):
    centred = np.asarray(_centred(x, dim))
    total = np.add.reduce(np.square(centred, out=centred), axis=dim, keepdims=keepdim)
    return np.asarray(total / x.dtype.type(freedom))


@op("MaxBackward1")
def max(x):
    out = np.maximum.reduce(x, axis=None)
    return out, lambda g: _share(g, x, out)


@op("MinBackward1")
def min(x):
    out = np.minimum.reduce(x, axis=None)
    return out, lambda g: _share(g, x, out)


def _share(g, x, out):
    """Of several elements that are the largest, each gets an equal share, as in PyTorch."""
    chosen = (x == out) | np.isnan(x)
    return g * chosen / x.dtype.type(np.count_nonzero(chosen))


@op("MaxBackward0")
def max_dim(x, indices, dim, keepdim):
    return _pick(x, indices, dim, keepdim)


@op("MinBackward0")
def min_dim(x, indices, dim, keepdim):
    return _pick(x, indices, dim, keepdim)


def _pick(x, indices, dim, keepdim):
    shape, where = x.shape, np.expand_dims(indices, dim)
    out = np.take_along_axis(x, where, dim)

    def to_x(g):
        result = np.zeros(shape, g.dtype)
        np.put_along_axis(result, where, g if keepdim else np.expand_dims(g, dim), dim)
        return result

    return (out if keepdim else np.squeeze(out, dim)), to_x


@op("SoftmaxBackward0")
def softmax(x, dim):
    out = np.exp(x - np.maximum.reduce(x, axis=dim, keepdims=True, initial=-np.inf))
    out /= np.add.reduce(out, axis=dim, keepdims=True)

    def to_x(g):
        result = g * out
        result -= out * np.add.reduce(result, axis=dim, keepdims=True)
        return result

    return out, to_x


@op("LogSoftmaxBackward0")
def log_softmax(x, dim):
    out = x - np.maximum.reduce(x, axis=dim, keepdims=True, initial=-np.inf)
    out -= np.log(np.add.reduce(np.exp(out), axis=dim, keepdims=True))
    return out, lambda g: g - np.exp(out) * np.add.reduce(g, axis=dim, keepdims=True)


@op("LogsumexpBackward0")
def logsumexp(x, dim, keepdim):
    shape = x.shape
    largest = np.maximum.reduce(x, axis=dim, keepdims=True, initial=-np.inf)
    largest = np.where(np.isfinite(largest), largest, x.dtype.type(0))
    out = np.log(np.add.reduce(np.exp(x - largest), axis=dim, keepdims=True)) + largest
    if not keepdim:
        out = np.squeeze(out, dim)
    return out, lambda g: _stretch(g, shape, dim, keepdim) * np.exp(x - _stretch(out, shape, dim, keepdim))


@op("ProdBackward0")
def prod(x, dim, keepdim):
    """dim is one dimension. The derivative multiplies all the others, so that a zero does not spoil it."""
    shape = x.shape
    out = np.multiply.reduce(x, axis=dim, keepdims=keepdim, dtype=np.int64 if x.dtype.kind in "biu" else None)

    def to_x(g):
        moved = np.moveaxis(x, dim, -1)
        before, behind = np.ones_like(moved), np.ones_like(moved)
        np.cumprod(moved[..., :-1], axis=-1, out=before[..., 1:])
        np.cumprod(moved[..., :0:-1], axis=-1, out=behind[..., -2::-1])
        return _stretch(g, shape, (dim,), keepdim) * np.moveaxis(before * behind, -1, dim)

    return out, to_x


@op("CumsumBackward0")
def cumsum(x, dim):
    dtype = np.int64 if x.dtype.kind in "biu" else None
    return np.cumsum(x, axis=dim, dtype=dtype), lambda g: np.flip(np.cumsum(np.flip(g, dim), axis=dim), dim)


@op("LinalgVectorNormBackward0")
def norm(x, dim, keepdim):
    """The Euclidean norm; where it is 0 its gradient is 0."""
    shape = x.shape
    out = np.asarray(np.sqrt(np.add.reduce(x * x, axis=dim, keepdims=keepdim)))

    def to_x(g):
        return _stretch(np.divide(g, out, out=np.zeros_like(out), where=out != 0), shape, dim, keepdim) * x

    return out, to_x
