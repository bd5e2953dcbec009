"""What the guard remembers of a tensor: how it was made, as far as a later mistake could depend on it.

A Trace is a few numbers and names, is kept on the tensor itself, and goes with it. A function of each element, which
leaves every element in its place, hands on the same Trace. A change in place ends it.
"""

import itertools
import math
import weakref
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from micrograd.guard.caught import Place
from micrograd.ops import OPS
from micrograd.tensors import Tensor

Options = dict[str, Any]


class Reduced(NamedTuple):
    """A reduction: the op, what it was applied to, and over which dimensions of that."""

    op: str
    source: Callable[[], Tensor | None]
    layout: int
    shape: tuple[int, ...]
    dims: tuple[int, ...]
    keepdim: bool


class Softmax(NamedTuple):
    """A softmax over dimension `dim` of a tensor of shape `shape`, of which a view or a part may be left.

    groups: for each element left the number of its group; those of a group added up to 1. A view of the tensor, or an
    index, is taken of the groups as well, so that these know where the dimension has gone. moved: whether one was.
    """

    dim: int
    shape: tuple[int, ...]
    groups: np.ndarray
    moved: bool = False

    @classmethod
    def of(cls, dim: int, shape: tuple[int, ...]) -> "Softmax":
        """That of all of the tensor."""
        one_each = [n if i != dim else 1 for i, n in enumerate(shape)]
        return cls(dim, shape, np.broadcast_to(np.arange(math.prod(one_each)).reshape(one_each), shape))

    def runs_over(self, dim: int) -> bool:
        """Whether what lies along this dimension of what is left is of one group."""
        groups = self.groups
        return not groups.size or not groups.strides[dim] or bool((groups == groups.take([0], dim)).all())


class Trace(NamedTuple):
    """How a tensor was made.

    layout: a number, the same for tensors whose elements correspond one to one, 0 where nobody asked yet.
    made_by: "exp", "sigmoid", "softmax", "log_softmax" or "unsqueeze" where the tensor is just that, and
    nothing was done to it since. softmax: the one that it came out of. reduced: the reduction that it is the result of.
    outer: the place where a column (n, 1) and a vector (n,) were broadcast to the (n, n) that it comes from.
    gradient_of: the leaf whose grad it is, perhaps times a number. update: the place where it was made as
    p - lr * p.grad.
    """

    layout: int = 0
    made_by: str = ""
    softmax: Softmax | None = None
    reduced: Reduced | None = None
    outer: Place | None = None
    gradient_of: Callable[[], Tensor | None] | None = None
    update: Place | None = None


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


def dims_in(options: Options, ndim: int) -> tuple[int, ...] | None:
    """The dimensions that a call names, counted from the front; None where it names none."""
    dim = options.get("dim")
    if isinstance(dim, bool) or dim is None or dim == ():
        return None
    return tuple([d % max(ndim, 1) for d in ((dim,) if isinstance(dim, int) else dim)])


# What the result of an op is remembered by. Each is called as the observer is, with the name of the op for the op.


def of_one(op: str, inputs: Sequence[Any], options: Options, result: Tensor) -> None:
    """Hand the trace of a tensor on to a function of each of its elements."""
    trace = with_layout(inputs[0])
    made_by = trace.made_by if op in ("clone", "to_dtype") else op if op in ("exp", "sigmoid") else ""
    if trace.made_by != made_by or trace.update is not None:
        trace = trace._replace(made_by=made_by, update=None)
    remember(result, trace)


def of_two(op: str, inputs: Sequence[Any], options: Options, result: Tensor) -> None:
    """Give the result of arithmetic on two tensors its trace; a number leaves each element where it is."""
    x, y = inputs
    if not isinstance(y, Tensor) or (isinstance(x, Tensor) and y._array.ndim == 0 < x._array.ndim):
        return of_one(op, [x], options, result)
    if not isinstance(x, Tensor) or x._array.ndim == 0 < y._array.ndim:
        return of_one(op, [y], options, result)
    shape, a, b = result._array.shape, trace_of(x), trace_of(y)
    if a is NOTHING and b is NOTHING:
        return None
    whole = a if x._array.shape == shape else b if y._array.shape == shape else NOTHING
    total, softmax = b.reduced if op == "div" and a.made_by == "exp" else None, None
    if total is not None and (total.op, total.layout, len(total.dims)) == ("sum", a.layout, 1):
        softmax = Softmax.of(total.dims[0], shape)  # counts / counts.sum(dim, keepdim=True)
    return remember(result, Trace(whole.layout, "softmax" if softmax else "", softmax, None, a.outer or b.outer))


def of_reduction(op: str, inputs: Sequence[Any], options: Options, result: Tensor) -> None:
    """Note what the result of a reduction was reduced from."""
    x = inputs[0]
    dims = dims_in(options, x.ndim)
    if dims is not None:
        if op == "pick":
            largest, smallest = x._array.argmax(dims[0]), x._array.argmin(dims[0])
            same = [name for name, i in (("max", largest), ("min", smallest)) if np.array_equal(i, options["indices"])]
            op = same[0] if same else "median"
        layout = with_layout(x).layout
        reduced = Reduced(op, weakref.ref(x), layout, x._array.shape, dims, bool(options.get("keepdim")))
        remember(result, Trace(reduced=reduced))


def of_rearranged(op: str, inputs: Sequence[Any], options: Options, result: Tensor) -> None:
    """Of a view or a part of a softmax, note where its groups are."""
    index = options.get("index")
    if op == "unsqueeze" or (op == "slice" and None in (index if isinstance(index, tuple) else (index,))):
        remember(result, Trace(made_by="unsqueeze"))
    trace = trace_of(inputs[0])
    if trace.softmax is not None and op in ("view", "reshape_copy", "squeeze", "slice", "index", "transpose"):
        groups = trace.softmax.groups
        if op in ("slice", "index", "transpose"):
            groups = OPS[op].forward(groups, **options)[0]
        groups = groups.reshape(result._array.shape)
        remember(result, Trace(made_by=trace.made_by, softmax=trace.softmax._replace(groups=groups, moved=True)))
