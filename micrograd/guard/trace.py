"""What the guard remembers of a tensor: how it was made, as far as a later mistake could depend on it.

A Trace is a few numbers and names, is kept on the tensor itself, and goes with it. A function of each element, which
leaves every element in its place, hands on the same Trace. A change in place ends it.
"""

import itertools
import weakref
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from micrograd.guard.caught import Place
from micrograd.ops import OPS
from micrograd.tensors import Tensor


class Reduced(NamedTuple):
    """A reduction: the op, what it was applied to, and over which dimensions of that."""

    op: str
    source: Callable[[], Tensor | None]
    layout: int
    shape: tuple[int, ...]
    dims: tuple[int, ...]
    keepdim: bool


class OuterBroadcast(NamedTuple):
    """A column (n, 1) and a vector (n,) that were broadcast to (n, n), and where."""

    n: int
    place: Place


class Trace(NamedTuple):
    """How a tensor was made.

    layout: a number, the same for tensors whose elements correspond one to one, 0 where nobody asked yet.
    made_by: "exp", "sigmoid", "softmax", "log_softmax" or "unsqueeze" where the tensor is just that, and
    nothing was done to it since.
    softmax: the dimension over which it was made to add up to 1; where that was taken out of a matrix (0) or a vector
    (-1), any that is not the last. ran: the dimension and the shape at the time, where a view has changed them since.
    reduced: the reduction that it is the result of.
    outer: the broadcast it comes from. gradient_of: the leaf whose grad it is, perhaps times a number.
    update: the place where it was made as p - lr * p.grad.
    """

    layout: int = 0
    made_by: str = ""
    softmax: int | None = None
    reduced: Reduced | None = None
    outer: OuterBroadcast | None = None
    gradient_of: Callable[[], Tensor | None] | None = None
    update: Place | None = None
    ran: tuple[int, tuple[int, ...]] | None = None


NOTHING = Trace()

_layouts = itertools.count(1)


class _Kept(NamedTuple):
    """A Trace on its tensor, and the tensor's version at the time."""

    trace: Trace
    version: int

    def __reduce__(self) -> Any:
        return _Kept, (NOTHING, 0)  # a copied or unpickled tensor has no past


def trace_of(x: Any) -> Trace:
    """What is remembered of a tensor; NOTHING of anything else."""
    kept = x.__dict__.get("_trace") if isinstance(x, Tensor) else None
    if kept is None:
        return NOTHING
    if kept.version == x._version[0]:
        return kept.trace
    return NOTHING if kept.trace.gradient_of is None else Trace(gradient_of=kept.trace.gradient_of)


def remember(x: Tensor, trace: Trace) -> None:
    x.__dict__["_trace"] = _Kept(trace, x._version[0])


def with_layout(x: Tensor) -> Trace:
    """The trace of x, with a layout; x gets a new one if it has none."""
    trace = trace_of(x)
    if not trace.layout:
        trace = trace._replace(layout=next(_layouts))
        remember(x, trace)
    return trace


# The families of ops, by name.


def _ops_of(*families: str) -> frozenset[str]:
    modules = [f"micrograd.ops.{family}" for family in families]
    return frozenset(name for name, op in OPS.items() if op.forward.__module__ in modules)


OF_TWO = frozenset({"add", "sub", "mul", "div", "pow", "maximum", "minimum", "remainder", "floor_divide"})
OF_ONE = (_ops_of("elementwise", "selecting", "activations") | {"clone", "to_dtype"}) - OF_TWO - {"where", "lerp"}
_NO_REDUCTION = {"softmax", "log_softmax", "cumsum", "cumprod", "argmax", "argmin"}
REDUCTIONS = (_ops_of("reductions", "extremes") | {"median"}) - _NO_REDUCTION
REARRANGED = (_ops_of("shapes", "joining", "indexing", "picking") | {"embedding", "where"}) - {"clone", "add_at"}


def dims_in(options: dict[str, Any], ndim: int) -> tuple[int, ...] | None:
    """The dimensions that a call names, counted from the front; None where it names none."""
    dim = options.get("dim")
    if isinstance(dim, bool) or dim is None or dim == ():
        return None
    return tuple([d % max(ndim, 1) for d in ((dim,) if isinstance(dim, int) else dim)])


def of_one(op: str, x: Tensor, result: Tensor) -> None:
    """Hand the trace of x on to a function of each of its elements."""
    trace = with_layout(x)
    made_by = trace.made_by if op in ("clone", "to_dtype") else op if op in ("exp", "sigmoid") else ""
    if trace.made_by != made_by or trace.update is not None:
        trace = trace._replace(made_by=made_by, update=None)
    remember(result, trace)


def of_two(op: str, x: Tensor, y: Tensor, result: Tensor) -> None:
    """Give the result of arithmetic on two tensors its trace."""
    shape, a, b = result._array.shape, trace_of(x), trace_of(y)
    if a is NOTHING and b is NOTHING:
        return
    whole = a if x._array.shape == shape else b if y._array.shape == shape else NOTHING
    softmax = _softmax_by_hand(op, a, b)
    made_by = "" if softmax is None else "softmax"
    remember(result, Trace(whole.layout, made_by, softmax, None, a.outer or b.outer))


def _softmax_by_hand(op: str, a: Trace, b: Trace) -> int | None:
    """The dimension of counts / counts.sum(dim, keepdim=True), where counts were made by exp."""
    if op != "div" or a.made_by != "exp" or b.reduced is None or b.reduced.layout != a.layout:
        return None
    return b.reduced.dims[0] if b.reduced.op == "sum" and len(b.reduced.dims) == 1 else None


def of_reduction(op: str, x: Tensor, options: dict[str, Any], result: Tensor) -> None:
    """Note what the result of a reduction was reduced from."""
    dims = dims_in(options, x.ndim)
    if dims is not None:
        if op == "pick":
            largest, smallest = x._array.argmax(dims[0]), x._array.argmin(dims[0])
            same = [name for name, i in (("max", largest), ("min", smallest)) if np.array_equal(i, options["indices"])]
            op = same[0] if same else "median"
        layout = with_layout(x).layout
        reduced = Reduced(op, weakref.ref(x), layout, x._array.shape, dims, bool(options.get("keepdim")))
        remember(result, Trace(reduced=reduced))


def of_rearranged(op: str, x: Any, options: dict[str, Any], result: Tensor) -> None:
    """Of a view or a part of x, note over which dimension it is still a softmax, where its last one is untouched."""
    if op == "unsqueeze" or (op == "slice" and any(item is None for item in _items(options["index"]))):
        remember(result, Trace(made_by="unsqueeze"))
    trace = trace_of(x)
    if trace.softmax is not None and op == "transpose":
        dims = [options[name] % x.ndim for name in ("dim0", "dim1")]
        dim = {dims[0]: dims[1], dims[1]: dims[0]}.get(trace.softmax, trace.softmax)
        remember(result, trace._replace(layout=0, softmax=dim, ran=trace.ran or (trace.softmax, x._array.shape)))
    if trace.softmax is None or op not in ("view", "slice", "index", "reshape_copy", "squeeze"):
        return
    before, after = x._array.shape, result._array.shape
    if not after or after[-1] != before[-1] or not _keeps_last(options, len(before)):
        return
    if trace.softmax == len(before) - 1:
        remember(result, Trace(made_by=trace.made_by, softmax=len(after) - 1))
    elif len(after) == 2 and result._array.size == x._array.size:  # (B, T, C) as (B*T, C)
        remember(result, Trace(made_by=trace.made_by, softmax=0, ran=trace.ran or (trace.softmax, before)))
    elif len(after) < 3 and (place := _place_after(options.get("index"), trace.softmax, len(before))) is not None:
        softmax = len(after) - 2 if place == -1 else place
        remember(result, Trace(softmax=softmax, ran=trace.ran or (trace.softmax, before)))


def _items(index: Any) -> tuple[Any, ...]:
    return index if isinstance(index, tuple) else (index,)


def _place_after(index: Any, dim: int, ndim: int) -> int | None:
    """Where a dimension is after an index: -1 where a number has taken its place; None where that is hard to say."""
    items = list(_items(index))
    for at in [i for i, item in enumerate(items) if item is ...]:
        items[at : at + 1] = [slice(None)] * (ndim - len(items) + 1)
    items += [slice(None)] * (ndim - len(items))
    if dim < 0 or not all(isinstance(item, int | slice) for item in items):
        return None
    if items[dim] == slice(None):
        return sum([isinstance(item, slice) for item in items[:dim]])
    return -1 if isinstance(items[dim], int) else None


def _keeps_last(options: dict[str, Any], ndim: int) -> bool:
    """Whether an index, if there is one, leaves the last dimension alone."""
    index = options.get("index")
    if index is None:
        return True
    if not isinstance(index, tuple):
        return ndim > getattr(index, "ndim", 1)
    named = [item for item in index if item is not None and item is not ...]
    if len(named) < ndim and (index[-1] is ... or not any(item is ... for item in index)):
        return True
    return bool(named) and isinstance(named[-1], slice) and named[-1] == slice(None)
