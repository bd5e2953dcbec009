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
   is used next, that its base has changed since (`_changes` is not what it has `_seen`), and looks at the new base (the
   node AsStridedBackward0). So a graph is never rewritten, and a base does not have to know its views:

       x = w * 1                     x -> MulBackward0
       v = x[:2]                     v -> SliceBackward0 -> MulBackward0
       v *= 3                        x -> CopySlices -> (MulBackward0, the product's MulBackward0 -> SliceBackward0)
       v, or another view of x       v -> AsStridedBackward0 -> CopySlices

A tensor made by `detach()` shares memory and counter, and has no base: changes through it leave the graph of others
alone. `.data` does not even share the counter: backward does not notice changes made through it.

Refused, with PyTorch's words: a change of a leaf that requires grad, or of a view of one; of one of the several views
that `unbind`, `split` or `chunk` return, or of a view made under no_grad, while the graph is recorded; of a tensor
whose elements share memory (after `expand`); a change that reads memory which it writes. What is refused changes
nothing.
"""

import functools
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from micrograd.graph import Node, enable_grad, observer, state
from micrograd.rules.errors import GO_ON, ON_ERROR, OVERLAPS, PARTLY_OVERLAPS, check_in_place
from micrograd.tensors import Tensor, attach, wrap

CHANGED_LEAF = "a leaf Variable that requires grad is being used in an in-place operation."
MADE_UNDER_NO_GRAD = (
    "A view was created in no_grad mode and is being modified inplace with grad mode enabled: make the view and change "
    "it both inside the no_grad block, or both outside."
)
ONE_OF_SEVERAL = (
    "a view that is one of several outputs of one function is being modified inplace: take it by an index of its own, "
    "as in x[0], or write x = x + y in place of x += y."
)

# Views.


def view_of(x: Tensor, result: Tensor, one_of_several: bool = False) -> Tensor:
    """Note that `result`, which looks at the memory of x, is a view of it; returns result."""
    base = x if x._base is None else x._base
    result._version, result._base, result._seen = x._version, base, base._changes
    if one_of_several:
        result._read_only = ONE_OF_SEVERAL
    elif not state.grad_enabled:
        result._read_only = MADE_UNDER_NO_GRAD
        result._requires_grad = x._requires_grad  # as in PyTorch: a leaf of its own
    elif x._read_only is not None:
        result._read_only = x._read_only
    return result


def _refresh(view: Tensor) -> None:
    """Give a view whose base was changed in place its way back through the base as it is now."""
    base: Any = view._base
    view._seen = base._changes
    node, old = Node("AsStridedBackward0"), view._node
    shape, size, positions = base._array.shape, base._array.size, positions_in(base._array, view._array)

    def dbase(g: Any) -> np.ndarray:
        result = np.zeros(size, g.dtype)
        np.add.at(result, positions, g)
        return result.reshape(shape)

    node.add_edge(base._node or base, dbase, shape, base._array.dtype)
    if old is not None and old.retained is not None:
        old.retained, node.retained = None, weakref.ref(view)
    view._node, view._requires_grad = node, True


attach("_refresh", _refresh)


def positions_in(base: np.ndarray, view: np.ndarray) -> np.ndarray:
    """For each element of a view, its number among the elements of the base, in the view's shape."""
    step = base.itemsize
    steps = [n // step for n in base.strides]
    span = sum((n - 1) * s for n, s in zip(base.shape, steps, strict=True)) + 1 if base.size else 0
    numbers = np.zeros(span, np.intp)
    as_strided(numbers, base.shape, [8 * s for s in steps])[...] = np.arange(base.size).reshape(base.shape)
    offset = (view.ctypes.data - base.ctypes.data) // step if view.size else 0
    return as_strided(numbers[offset:], view.shape, [8 * (n // step) for n in view.strides])


# Changes.


def refuse_change(x: Tensor) -> None:
    """Raises RuntimeError where x cannot be changed in place by an operation that the graph records."""
    if x._read_only is not None:
        raise RuntimeError(x._read_only)
    for tensor, words in ((x, CHANGED_LEAF), (x._base, CHANGED_LEAF.replace("a leaf", "a view of a leaf"))):
        if tensor is not None and tensor.requires_grad and tensor.grad_fn is None:
            raise RuntimeError(
                f"{words} It is {list(tensor.shape)}. An update is no part of the graph: write with torch.no_grad(): "
                "p -= lr * p.grad, or p.data -= lr * p.grad"
            )


def snapshot(x: Tensor) -> Tensor:
    """What the graph keeps of a tensor that is about to be changed: its place in the graph, and its numbers now."""
    before = wrap(x._array.copy(order="K"))
    before._node, before._requires_grad = x.grad_fn, x.requires_grad
    return before


def records(*tensors: Any) -> bool:
    """Whether the graph records an operation on these."""
    return state.grad_enabled and any(isinstance(t, Tensor) and t.requires_grad for t in tensors)


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
    base: Any = x._base
    if base is None:
        _set_node(x, result._node)
        return
    shape, positions = base._array.shape, positions_in(base._array, x._array)
    node = Node("CopySlices")

    def dbefore(g: Any) -> np.ndarray:
        rest = np.array(g, order="C")
        rest.reshape(-1)[positions] = 0
        return rest

    if base._requires_grad:
        node.add_edge(base._node or base, dbefore, shape, base._array.dtype)
    node.add_edge(result._node, lambda g: g.reshape(-1)[positions], x._array.shape, x._array.dtype)
    _set_node(base, node)


def _set_node(base: Tensor, node: Any) -> None:
    """Make `node` the graph of a tensor that was changed in place; retain_grad means its numbers as they are now."""
    if base._node is not None and base._node.retained is not None:
        base._node.retained, node.retained = None, weakref.ref(base)
    base._node, base._requires_grad = node, True
    base._changes += 1


def refuse_overlap(x: np.ndarray, other: Any) -> None:
    """Raises PyTorch's RuntimeErrors for an x whose elements share memory, or that shares a part of it with `other`."""
    if 0 in x.strides and x.size and any(n > 1 and not s for n, s in zip(x.shape, x.strides, strict=True)):
        raise RuntimeError(OVERLAPS)
    if not isinstance(other, np.ndarray) or x is other or not np.may_share_memory(x, other):
        return
    same = x.ctypes.data == other.ctypes.data and x.strides == other.strides and x.shape == other.shape
    if not same and _is_dense(x) and _is_dense(other):
        raise RuntimeError(PARTLY_OVERLAPS)


def _is_dense(x: np.ndarray) -> bool:
    """Whether the elements fill a piece of memory, in whatever order of the dimensions."""
    expected = x.itemsize
    for stride, n in sorted(zip(x.strides, x.shape, strict=True)):
        if n != 1:
            if stride != expected:
                return False
            expected *= n
    return True


def in_place(function: Callable) -> Callable:
    """The form of a function that puts its result into its first argument, such as PyTorch's `add_` of `add`.

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
        for other in operands[1:]:
            if isinstance(other, Tensor):
                refuse_overlap(input._array, other._array)
        write(input, function(before, *args, **kwargs))
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
        plain = type(array) is float or (type(array) is np.ndarray and array.dtype is mine.dtype)
        in_graph = state.grad_enabled and (_may_require_grad(input) or (is_tensor and _may_require_grad(other)))
        if in_graph or not plain or alpha != 1 or mine.dtype.kind != "f" or observer.operation is not None:
            return recorded(input, other) if alpha == 1 else recorded(input, other, alpha=alpha)
        if mine.base is not None or (is_tensor and array.base is not None):
            refuse_overlap(mine, array)
        token = ON_ERROR.set(GO_ON)
        try:
            ufunc(mine, array, mine)
        except ValueError:  # the shapes do not fit
            return recorded(input, other)
        finally:
            ON_ERROR.reset(token)
        input._version[0] += 1
        return input

    return renamed(changed, function)


def _may_require_grad(x: Tensor) -> bool:
    return x._requires_grad or x._base is not None


def reshaped_in_place(function: Callable) -> Callable:
    """The form of a function that gives x itself another shape, such as `unsqueeze_`; its numbers stay where they are.

    Under no_grad as well the graph goes on through the new shape: backward could not undo it otherwise.
    """

    def changed(input: Tensor, *args: Any) -> Tensor:
        if state.grad_enabled and input.requires_grad:
            refuse_change(input)
        with enable_grad():
            result = function(input, *args)
        input._array = result._array
        if input.grad_fn is not None:
            input._node = result._node
        return input

    return renamed(changed, function)


def renamed(changed: Callable, function: Callable) -> Callable:
    """Give the form in place of a function its name and docstring."""
    changed.__name__ = changed.__qualname__ = f"{function.__name__}_"
    changed.__doc__ = f"The same as `{function.__name__}`, in place."
    return changed
