"""The largest and the smallest. dim and keepdim: see `reductions`."""

from typing import Any, NamedTuple

import numpy as np

from micrograd.ops import apply, function, op, save
from micrograd.ops.reductions import shared_equally, stretch
from micrograd.rules.dims import dim_of, dims_of
from micrograd.rules.errors import need_elements
from micrograd.rules.rerun import rerun
from micrograd.tensors import Tensor, wrap


@op("MaxBackward1", of="", examples=["x.max()"])
def _largest(x, /):
    """The largest element; equal ones share the gradient equally."""
    out = np.asarray(np.maximum.reduce(x, axis=None))
    return out, save(lambda g: shared_equally(g, x, out), x, out)


class ValuesAndIndices(NamedTuple):
    """What max and min give for a dim: the elements, and their indices along dim (int64)."""

    values: Tensor
    indices: Tensor

    def __repr__(self) -> str:
        return f"torch.return_types.{type(self).__name__.lower()}(\nvalues={self.values!r},\nindices={self.indices!r})"


@op("MaxBackward0", of="", examples=["x.max(0).values", "x.max(1, keepdim=True).values", "x.min(0).values"])
def _pick(x, /, indices, dim, keepdim):
    """The element along dim that indices name, one for all others."""
    shape, chosen = x.shape, np.expand_dims(indices, dim)
    out = np.take_along_axis(x, chosen, dim)

    def dx(g):
        result = np.zeros(shape, g.dtype)
        np.put_along_axis(result, chosen, g if keepdim else np.expand_dims(g, dim), dim)
        return result

    return (out if keepdim else np.squeeze(out, dim)), save(dx, chosen)


@function(examples=["x.max(1).values"])
def max(input: Tensor, dim: Any = None, keepdim: bool = False) -> Any:
    """The largest element; with dim, the values and indices of the largest along it.

    With a tensor in place of dim, `maximum` of the two. Raises RuntimeError or IndexError where there are no elements.
    """
    return input.maximum(dim) if isinstance(dim, Tensor) else _along(Max, input, _largest, dim, keepdim)


def _along(kind: Any, x: Tensor, whole: Any, dim: Any, keepdim: bool) -> Any:
    title = kind.__name__
    need_elements(x._array, title.lower(), dim)
    if dim is None:
        return apply(whole.op, x)
    dim = dim_of(x, dim)
    if x.ndim == 0:
        return kind(x.clone(), wrap(np.int64(0)))
    indices = _indices_along(x._array, dim, kind is Max)
    values = apply(_pick.op, x, indices=indices, dim=dim, keepdim=keepdim, name=f"{title}Backward0")
    return kind(values, wrap(np.expand_dims(indices, dim).copy() if keepdim else indices.copy()))


# That is what the lectures need. The smallest, and more:


# Of ValuesAndIndices there is one for each function, as in PyTorch: torch.return_types.max and so on.
Max, Min, Median, Sort, Topk = [
    type(name, (ValuesAndIndices,), {"__doc__": f"The result of {name.lower()} with a dim."})
    for name in ("Max", "Min", "Median", "Sort", "Topk")
]


@rerun
def _indices_along(x, dim, largest):
    """The indices of the largest elements along dim, or of the smallest: of the first where there are several."""
    return x.argmax(dim) if largest else x.argmin(dim)


@op("MinBackward1", of="", examples=["x.min()"])
def _smallest(x, /):
    """The smallest element; equal ones share the gradient equally."""
    out = np.asarray(np.minimum.reduce(x, axis=None))
    return out, save(lambda g: shared_equally(g, x, out), x, out)


@function(examples=["x.min(1).values"])
def min(input: Tensor, dim: Any = None, keepdim: bool = False) -> Any:
    """The smallest element; with dim, the values and indices of the smallest along it.

    With a tensor in place of dim, `minimum` of the two. Raises RuntimeError or IndexError where there are no elements.
    """
    return input.minimum(dim) if isinstance(dim, Tensor) else _along(Min, input, _smallest, dim, keepdim)


@op("", examples=["x.argmax()", "x.argmax(1)", "x.argmax(0, keepdim=True)"])
def argmax(x, /, dim=None, keepdim=False):
    """The index (int64) of the largest element, of the first if there are several; without dim, as if flattened."""
    return (_arg(x, np.argmax, dim, keepdim),)


@op("", examples=["x.argmin()", "x.argmin(1)", "x.argmin(0, keepdim=True)"])
def argmin(x, /, dim=None, keepdim=False):
    """The index (int64) of the smallest element, of the first if there are several; without dim, as if flattened."""
    return (_arg(x, np.argmin, dim, keepdim),)


def _arg(x, arg, dim, keepdim):
    if x.dtype == bool:
        raise RuntimeError(f"{arg.__name__} is not there for bool tensors: take x.int() first")
    need_elements(x, arg.__name__, dim, IndexError)
    axis = None if dim is None else dim_of(x, dim)
    return np.asarray(arg(x, axis=axis if x.ndim else None, keepdims=keepdim))


@op("AmaxBackward0", in_order=True, examples=["x.amax(0)", "batch.amax((0, 2), keepdim=True)", "x.amax()"])
def amax(x, /, dim=(), keepdim=False):
    """The largest element over dim, one or several; equal ones share the gradient equally."""
    return _extreme("amax", np.maximum, x, dim, keepdim)


@op("AminBackward0", in_order=True, examples=["x.amin(0)", "batch.amin((0, 2), keepdim=True)", "x.amin()"])
def amin(x, /, dim=(), keepdim=False):
    """The smallest element over dim, one or several; equal ones share the gradient equally."""
    return _extreme("amin", np.minimum, x, dim, keepdim)


def _extreme(name, ufunc, x, dim, keepdim):
    dims = dims_of(x, dim)
    for each in (None,) if dim == () else dims or range(x.ndim):
        need_elements(x, name, each)
    out = np.asarray(ufunc.reduce(x, axis=dims, keepdims=keepdim))

    def dx(g):
        shares = shared_equally(g, x, out, dims, keepdim, np.nan)
        nowhere = np.isnan(out)  # the gradient of nan is nan, as in PyTorch
        return np.where(stretch(nowhere, x.shape, dims, keepdim), out.dtype.type(np.nan), shares)

    return out, save(dx, x, out)
