"""Shapes. The result of these is a view wherever NumPy can make one."""

import numpy as np

from micrograd.ops.registry import op, unchanged


@op("ViewBackward0")
def view(x, shape):
    if min(shape, default=0) < -1:  # NumPy takes any negative length for -1
        raise ValueError(f"{min(shape)} is no length")
    before = x.shape
    return x.reshape(shape, copy=False), lambda g: g.reshape(before)


@op("UnsafeViewBackward0")
def reshape_copy(x, shape):
    before = x.shape
    return x.reshape(shape, copy=True), lambda g: g.reshape(before)


@op("UnsqueezeBackward0")
def unsqueeze(x, shape):
    return view(x, shape)


@op("SqueezeBackward0")
def squeeze(x, shape):
    return view(x, shape)


@op("SqueezeBackward1")
def squeeze_dim(x, shape):
    return view(x, shape)


@op("PermuteBackward0")
def permute(x, dims):
    return x.transpose(dims), lambda g: g.transpose(np.argsort(dims))


@op("TransposeBackward0")
def transpose(x, dim0, dim1):
    return x.swapaxes(dim0, dim1), lambda g: g.swapaxes(dim0, dim1)


@op("ExpandBackward0")
def expand(x, shape):
    return np.broadcast_to(x, shape), unchanged


@op("CatBackward0", in_order=True)
def cat(*xs, dim):
    ends = np.cumsum([x.shape[dim] for x in xs])
    starts = ends - [x.shape[dim] for x in xs]
    whole = (np.s_[:],) * dim
    places = [(*whole, np.s_[start:end]) for start, end in zip(starts, ends, strict=True)]
    return np.concatenate(xs, axis=dim), *[lambda g, place=place: g[place] for place in places]


@op("StackBackward0", in_order=True)
def stack(*xs, dim):
    places = [(*(np.s_[:],) * dim, i) for i in range(len(xs))]
    return np.stack(xs, axis=dim), *[lambda g, place=place: g[place] for place in places]


@op("CloneBackward0")
def clone(x):
    return x.copy(), unchanged


@op("ToCopyBackward0")
def to(x, dtype):
    return x.astype(dtype), unchanged  # the graph casts each gradient to the dtype of its input


@op("RepeatBackward0", in_order=True)
def repeat(x, times):
    """x laid side by side times[d] times along each dimension d; len(times) is at least x.ndim."""
    shape = (1,) * (len(times) - x.ndim) + x.shape
    split = [n for pair in zip(times, shape, strict=True) for n in pair]
    return np.tile(x, times), lambda g: g.reshape(split).sum(axis=tuple(range(0, len(split), 2))).reshape(shape)


@op("RollBackward0", in_order=True)
def roll(x, shifts, dims):
    back = -shifts if isinstance(shifts, int) else tuple([-n for n in shifts])
    return np.roll(x, shifts, dims), lambda g: np.roll(g, back, dims)


@op("FlipBackward0", in_order=True)
def flip(x, dims):
    return np.flip(x, dims).copy(), lambda g: np.flip(g, dims)


@op("TrilBackward0", in_order=True)
def tril(x, diagonal):
    return np.tril(x, diagonal), lambda g: np.tril(g, diagonal)


@op("TriuBackward0", in_order=True)
def triu(x, diagonal):
    return np.triu(x, diagonal), lambda g: np.triu(g, diagonal)
