"""Changes in place, and views.

Why they need a file of their own. A graph remembers arrays: the derivative of `y = x * w` by w is x, and backward reads
it later. `x += 1` in between would give a wrong gradient without a word, and so would `v += 1` where v is a view of x,
since both look at one memory. Three things keep every gradient right, the same three as in PyTorch:

1. A counter. All tensors of one memory share a list of one number, `_version`, and each change in place adds one to it.
   A Node notes the number of each array that it saves; where backward finds another one there, it raises.

2. A change in place is an operation. `x *= 2` computes `x_before * 2`, writes the numbers into x's memory, and gives x
   the graph of the result. What x was before lives on in that graph as a copy, the `snapshot`.

3. A view knows its base, the tensor that owns the memory. A change through a view is a change of the base: the base
   becomes "what it was, with the changed part put in" (the node CopySlices), and every other view of it finds, when it
   is used next, that its memory has changed since (the counter is not what the view has `_seen`), and looks at the new
   base (the node AsStridedBackward0). So a graph is never rewritten, and a base does not have to know its views:

       x = w * 1                     x -> MulBackward0
       v = x[:2]                     v -> SliceBackward0 -> MulBackward0
       v *= 3                        x -> CopySlices -> (MulBackward0, the product's MulBackward0 -> SliceBackward0)
       v, or another view of x       v -> AsStridedBackward0 -> CopySlices

A view requires grad where its base does. One that was made before the base did, or under no_grad, has no way back: what
is computed with it requires grad, and nothing comes of that.

A tensor made by `detach()` shares memory and counter, and has no base: changes through it leave the graph of others
alone. `.data` does not even share the counter: backward does not notice changes made through it.

Refused, with PyTorch's words: a change of a leaf that requires grad, or of a view of one; of one of the several views
that `unbind`, `split` or `chunk` return, or of a view made under no_grad, while the graph is recorded, and any use of
such a view after its base has changed; of a tensor whose elements share memory (after `expand`); a change that reads
memory which it writes. What is refused changes nothing.
"""

import functools
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from micrograd.graph import Node, new_node, observer, state
from micrograd.rules.errors import GO_ON, ON_ERROR, OVERLAPS, PARTLY_OVERLAPS, check_in_place
from micrograd.rules.grad_mode import enable_grad
from micrograd.tensors import Tensor, attach, ndarray, wrap

CHANGED_LEAF = "a leaf Variable that requires grad is being used in an in-place operation."
MADE_UNDER_NO_GRAD = (
    "A view was created in no_grad mode and is being modified inplace with grad mode enabled: make the view and change "
    "it both inside the no_grad block, or both outside."
)
ONE_OF_SEVERAL = (
    "This is one of the views that one function returned, and is being modified inplace: take it by an index of its "
    "own, as in x[0], or write x = x + y in place of x += y."
)
OF_BASE = ("is being", "its base or another view of it has been")

# Views.


def view_of(x: Tensor, result: Tensor) -> Tensor:
    """Note that `result`, which looks at the memory of x, is a view of it; returns result."""
    result._base = x if x._base is None else x._base
    result._version = x._version
    if x._version[0]:
        result._seen = x._version[0]
    if not state.grad_enabled:
        result._read_only = MADE_UNDER_NO_GRAD
    elif x._read_only is not None:
        result._read_only = x._read_only
    return result


def _refresh(view: Tensor) -> None:
    """Give a view whose memory was changed in place its way back through the base as it is now.

    Raises RuntimeError for a view that cannot follow its base.
    """
    base: Any = view._base
    old = view._node
    was_last = view._changed is not None and view._changed[0] == view._version[0]  # the last to change the memory
    if old is None and not base._requires_grad and not was_last:
        view._requires_grad = view._requires_grad and view._changed is None  # what a change gave it is gone
        return
    shape, size, copied = base._array.shape, base._array.size, _as_in_memory(base._array, view._array)
    if copied is None:  # the base, or the view, has other memory by now, through .data
        view._seen = view._version[0]
        return
    if view._read_only is not None:
        raise RuntimeError(view._read_only.replace(*OF_BASE))
    node = new_node("AsStridedBackward0")

    def dbase(g):
        result = np.zeros(size, g.dtype)
        positions = copied(np.arange(size).reshape(shape))[1]
        np.add.at(result, positions, g)  # an element that the view has several times gets all of its gradients
        return result.reshape(shape)

    if was_last:  # whatever has become of its base
        node.add_edge(view._changed[1], dbase, shape, base._array.dtype)
    elif base._requires_grad:
        node.add_edge(base._node or base, dbase, shape, base._array.dtype)
    if old is not None and old.retained is not None:
        old.retained, node.retained = None, weakref.ref(view)
    view._node, view._requires_grad, view._seen = node, True, view._version[0]


attach("_refresh", _refresh)


def _as_in_memory(base: np.ndarray, view: np.ndarray) -> Any:
    """A function of a gradient of the shape of `base`: a copy that lies as base does, and its part where `view` lies.

    None where view does not look at the memory of base.
    """
    (shape, steps, length), (part_shape, part_steps, part_length) = _steps(base), _steps(view)
    start = (view.ctypes.data - base.ctypes.data) // base.itemsize if view.size else 0
    if start < 0 or start + part_length > length:
        return None

    def copied(g):
        memory = np.zeros(length, g.dtype)
        whole = as_strided(memory, shape, [n * g.itemsize for n in steps])
        whole[...] = g
        return whole, as_strided(memory[start:], part_shape, [n * g.itemsize for n in part_steps])

    return copied


def _steps(array: np.ndarray) -> tuple[tuple[int, ...], list[int], int]:
    """The shape, by how many elements an index moves in each dimension, and how many lie from the first to the last."""
    steps = [n // array.itemsize for n in array.strides]
    far = sum([(n - 1) * step for n, step in zip(array.shape, steps, strict=True)])
    return array.shape, steps, far + 1 if array.size else 0


# Changes.


def refuse_change(x: Tensor) -> None:
    """Raises RuntimeError where x cannot be changed in place by an operation that the graph records."""
    if x._read_only is not None:
        raise RuntimeError(x._read_only)
    if not x.requires_grad:
        return
    of_a_leaf = x._base is not None and x._base.grad_fn is None
    if of_a_leaf or x.grad_fn is None:
        words = CHANGED_LEAF.replace("a leaf", "a view of a leaf") if of_a_leaf else CHANGED_LEAF
        raise RuntimeError(
            f"{words} It is {list(x.shape)}. An update is no part of the graph: write with torch.no_grad(): "
            "p -= lr * p.grad, or p.data -= lr * p.grad"
        )


def snapshot(x: Tensor) -> Tensor:
    """What the graph keeps of a tensor that is about to be changed: its place in the graph, and its numbers now."""
    before = wrap(x._array.copy(order="K"))
    before._node, before._requires_grad = x.grad_fn, x.requires_grad
    return before


def records(*tensors: Any) -> bool:
    """Whether the graph records an operation on these."""
    if state.grad_enabled:
        for x in tensors:
            if isinstance(x, Tensor) and _requires_grad(x):
                return True
    return False


def write(x: Tensor, result: Tensor) -> None:
    """Put the numbers of `result`, of x's shape, into x, and give x its graph."""
    check_in_place(x._array, result._array)
    x._array[...] = result._array
    rebase_history(x, result)


def rebase_history(x: Tensor, result: Tensor) -> None:
    """Give x, whose memory holds the numbers of `result` by now, and the base of x, the graph of `result`."""
    x._version[0] += 1
    if not result._requires_grad or x._array.dtype.kind != "f":
        return
    base, node = x._base, result._node
    assert node is not None
    # A derivative that uses the result of a change is spoiled by the next one, as PyTorch says it.
    mine = x._version
    node.versions = [(mine, mine[0], key) if c is result._version else (c, n, key) for c, n, key in node.versions]
    if base is None:
        _set_node(x, node)
        return
    shape, dtype, copied = base._array.shape, base._array.dtype, _as_in_memory(base._array, x._array)
    if copied is None:
        raise RuntimeError("the base of this view was given other memory through .data: make the view anew")
    held = [base._node or (base if base._requires_grad else base._array), node]
    slices = new_node("CopySlices")
    slices.op, slices.inputs, slices.options = CopySlices, held, {"copied": copied}
    slices.saved = ()  # of PyTorch's nodes the one that is released though it saves nothing
    dbefore, dpart = CopySlices.derivatives(copied)
    if base._requires_grad:
        slices.add_edge(base._node or base, dbefore, shape, dtype)
    slices.add_edge(node, dpart, x._array.shape, x._array.dtype)
    _go_around_views(node, x, base, copied)
    _set_node(base, slices)
    x._changed, x._requires_grad = (x._version[0], slices), True
    if x._node is not None and x._node.retained is not None:
        _refresh(x)  # what is wanted is the gradient of x as it is now


def _go_around_views(node: Any, x: Tensor, base: Tensor, copied: Callable) -> None:
    """Lead a change of the view x back to what its base was, past hooks and retain_grad of the views between.

    So it is in PyTorch, where those see what a view was used for, and not that it was changed.
    """
    view = x._node
    while isinstance(view, Node) and view is not base._node and not view.hooks and view.retained is None:
        view = view.edges[0].parent if view.edges else None
    edge = node.edges[0] if node.edges else None
    if not isinstance(view, Node) or view is base._node or edge is None or edge.parent is not x._node:
        return

    def dbase(g):
        part = edge.gradient(g)
        if part is None:
            return None
        result, inside = copied(np.zeros(shape, part.dtype))
        inside[...] = part
        return result

    before, shape, dtype = base._node or base, base._array.shape, base._array.dtype
    node.edges[0] = edge._replace(parent=before, derivative=dbase, shape=shape, dtype=dtype)
    node._prev = [each.parent for each in node.edges if type(each.parent) is Node]


class CopySlices:
    """A change through a view as an operation on its base; run again only by what draws a graph after backward."""

    name, node_name, sign = "put", "CopySlices", ""
    in_order = is_view = False
    elementwise = None

    @staticmethod
    def forward(before: np.ndarray, part: np.ndarray, copied: Callable) -> tuple[Any, ...]:
        """The base after the change, `before` with the part put in, and the derivatives by both."""
        whole, inside = copied(before)
        inside[...] = part
        return whole, *CopySlices.derivatives(copied)

    @staticmethod
    def derivatives(copied: Callable) -> tuple[Callable, Callable]:
        """The gradient of what the base was, 0 where the part was put in, and that of the part."""

        def dbefore(g):
            whole, part = copied(g)
            part[...] = 0
            return whole

        def dpart(g):
            return copied(g)[1]

        return dbefore, dpart


def _set_node(base: Tensor, node: Any) -> None:
    """Make `node` the graph of a tensor that was changed in place; retain_grad means its numbers as they are now."""
    if base._node is not None and base._node.retained is not None:
        base._node.retained, node.retained = None, weakref.ref(base)
    base._node, base._requires_grad = node, True


def refuse_overlap(x: np.ndarray, other: Any, same_too: bool = False) -> None:
    """Raises PyTorch's RuntimeErrors for an x whose elements share memory, or that shares a part of it with `other`.

    Where it cannot tell PyTorch computes in some order of its own, and here it is refused. same_too: refuse the very
    same memory also, as what goes to the places of an index has to be read first.
    """
    if shares_elements(x):
        raise RuntimeError(OVERLAPS)
    near = isinstance(other, np.ndarray) and np.may_share_memory(x, other)
    if near and (same_too if is_same(x, other) else np.shares_memory(x, other)):
        raise RuntimeError(PARTLY_OVERLAPS)


def is_same(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two arrays look at the same elements of memory, in the same way."""
    return a.shape == b.shape and a.strides == b.strides and a.ctypes.data == b.ctypes.data


def shares_elements(x: np.ndarray) -> bool:
    """Whether several elements of x may be one number in memory, as after `expand` and `unfold`."""
    if x.flags.c_contiguous:
        return False
    reach = 0  # how far the dimensions before, whose neighbours are nearer, go
    for step, n in sorted(zip(x.strides, x.shape, strict=True)):
        if n > 1:
            if step <= reach:
                return True
            reach += (n - 1) * step
    return False


def is_expanded(x: np.ndarray) -> bool:
    """Whether x has dimensions all of whose elements are one number in memory."""
    return x.size > 0 and any(step == 0 and n > 1 for step, n in zip(x.strides, x.shape, strict=True))


def in_place(function: Callable, at_places: bool = False) -> Callable:
    """The form of a function that puts its result into its first argument, such as PyTorch's `add_` of `add`.

    at_places: whether it writes at places that an index names, as `index_add_` does.
    Raises RuntimeError for what cannot be changed, and where the result has another shape or a dtype that does not go
    into the tensor's own.
    """

    @functools.wraps(function)
    def changed(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        operands = (input, *args, *kwargs.values())
        before = input
        if records(*operands):
            refuse_change(input)
            before = snapshot(input)
        for other in operands[1:] or (None,):
            refuse_overlap(input._array, other._array if isinstance(other, Tensor) else None, at_places)
        result = function(before, *args, **kwargs)
        if state.recording is not None:
            state.recording.changes(input, before, result)
        write(input, result)
        return input

    return renamed(changed, function)


def arithmetic_in_place(function: Callable, ufunc: np.ufunc) -> Callable:
    """The same for a function of two that is a ufunc of NumPy's: outside the graph it writes without an array between.

    This is what an optimizer's and a learner's `w.data -= rate * w.grad` comes down to.
    """
    recorded = in_place(function)

    def changed(input: Tensor, other: Any, *, alpha: Any = 1) -> Tensor:
        mine, is_tensor = input._array, isinstance(other, Tensor)
        array = other._array if is_tensor else other
        kind = mine.dtype.kind
        if type(array) is ndarray:
            plain = array.dtype is mine.dtype
        else:
            plain = type(array) is int or (type(array) is float and kind == "f")
        plain = plain and (kind == "f" or (kind == "i" and ufunc is not np.true_divide))
        in_graph = state.grad_enabled and (_requires_grad(input) or (is_tensor and _requires_grad(other)))
        if in_graph or not plain or alpha != 1 or observer.operation is not None:
            return recorded(input, other) if alpha == 1 else recorded(input, other, alpha=alpha)
        if mine.base is not None or (is_tensor and array.base is not None):
            refuse_overlap(mine, array)
        token = ON_ERROR.set(GO_ON)
        try:
            ufunc(mine, array, mine)
        except (ValueError, OverflowError):  # the shapes do not fit, or the number
            return recorded(input, other)
        finally:
            ON_ERROR.reset(token)
        input._version[0] += 1
        return input

    return renamed(changed, function)


def _requires_grad(x: Tensor) -> bool:
    return x._requires_grad or (x._base is not None and x._base._requires_grad)


def reshaped_in_place(function: Callable) -> Callable:
    """The form of a function that gives x itself another shape, such as `unsqueeze_`; its numbers stay where they are.

    Under no_grad as well the graph goes on through the new shape: backward could not undo it otherwise.
    """

    def changed(input: Tensor, *args: Any) -> Tensor:
        if state.grad_enabled and input.requires_grad:
            refuse_change(input)
        is_leaf = input.grad_fn is None
        with enable_grad():
            result = function(input, *args)
        input._array = result._array
        input._version[0] += 1
        if not is_leaf:
            input._node, input._seen = result._node, input._version[0]
        return input

    return renamed(changed, function)


def renamed(changed: Callable, function: Callable) -> Callable:
    """Give the form in place of a function its name and docstring."""
    changed.__name__ = changed.__qualname__ = f"{function.__name__}_"
    changed.__doc__ = f"The same as `{function.__name__}`, in place."
    return changed
