"""The graph behind a Tensor, and the way back through it.

A Tensor that was made by an operation points to a Node, its `grad_fn`. The Node points to the Nodes (or leaves) of the
inputs and holds, for each, the function from the result's gradient to that input's gradient. Nothing points forward:
a graph is freed the moment its last tensor goes.
"""

import contextlib
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from micrograd.engine import topological_order
from micrograd.errors import GO_ON, ON_ERROR
from micrograd.ops.reductions import sum_of_rows

RELEASED = (
    "Trying to backward through the graph a second time: what it saved for the way back was released by the first. "
    "Call backward(retain_graph=True) the first time if you need to do it twice."
)


class Node:
    """One operation of the graph.

    name: what PyTorch calls it. op, inputs, options: the call of it: in the place of each tensor of the graph its Node
    or, for a leaf, its Tensor, and arrays for other tensors, so that no number is kept that the way back needs not.
    module: the Module in whose forward it happened, see `entered`. edges: to each input that wants a gradient, as
    (parent, derivative, shape, dtype): the input's Node or, for a leaf, its Tensor; the function from the gradient of
    the result to that of the input; the input's shape and dtype. None once released. _prev: the Nodes among the
    parents. saved: what the derivatives look at, each as a version counter and its state at the time; holds_values:
    whether they look at any value. retained: a weak reference to the result, where its grad is wanted.
    """

    __slots__ = (
        "_prev",
        "edges",
        "holds_values",
        "inputs",
        "module",
        "name",
        "op",
        "options",
        "retained",
        "saved",
        "where",
    )
    where: tuple[str, int]

    def __init__(self, name: str, op: Any = None, options: dict[str, Any] | None = None):
        self.name = name
        self.op = op
        self.inputs: list[Any] = []
        self.options = options
        self.module = entered[0]
        self.edges: list[tuple[Any, Callable[[Any], Any], tuple[int, ...], np.dtype]] | None = []
        self._prev: list[Node] = []
        self.saved: list[tuple[list[int], int]] = []
        self.holds_values = False
        self.retained: Callable[[], Any] | None = None

    @property
    def next_functions(self) -> "tuple[tuple[Node | None, int], ...]":
        """Where the gradient goes next, as in PyTorch: for each input a Node, or None where it wants none, and 0."""
        parents = [parent for parent, *_ in self.edges or ()]
        nodes = [p if isinstance(p, Node) or p is None else Node("AccumulateGrad") for p in parents]
        return tuple([(node, 0) for node in nodes])

    def __repr__(self) -> str:
        return f"<{self.name} object at {hex(id(self))}>"


class Roots:
    """Stands before the Nodes at which backward begins, so that one walk finds all that is behind them."""

    def __init__(self, tensors: Sequence[Any]):
        self._prev = [tensor.grad_fn for tensor in tensors if tensor.grad_fn is not None]


def run_backward(tensors: Sequence[Any], starts: Sequence[np.ndarray], retain_graph: bool, wanted: Any = None) -> dict:
    """Carry the gradients `starts` of `tensors` back to all leaves behind them.

    Returns the gradient of each leaf, an array that nobody else holds, by the leaf. wanted: Nodes whose gradients are
    to be returned beside them. A gradient is handed over, not copied, wherever nobody else holds it: a fresh array may
    be changed in place.
    """
    token = ON_ERROR.set(GO_ON)
    try:
        return _run_backward(tensors, starts, retain_graph, wanted)
    finally:
        ON_ERROR.reset(token)


def _run_backward(tensors: Any, starts: Any, retain_graph: bool, wanted: Any) -> dict:
    gradients: dict[Any, Any] = {}
    for tensor, start in zip(tensors, starts, strict=True):
        at = tensor if tensor.grad_fn is None else tensor.grad_fn
        gradients[at] = gradients[at] + start if at in gradients else start.copy()
    found: dict[Any, Any] = {}
    for node in topological_order(Roots(tensors))[-2::-1]:
        g = gradients.pop(node, None)
        if g is None:
            continue  # a derivative said that this input has none
        if node.retained is not None and (tensor := node.retained()) is not None:
            tensor._accumulate(g.copy())
        if wanted and node in wanted:
            found[node] = g.copy()
        if node.edges is None:
            raise RuntimeError(RELEASED)
        for counter, version in node.saved:
            if counter[0] != version:
                raise RuntimeError(_spoiled(node, counter[0], version))
        for parent, derivative, shape, dtype in node.edges:
            mine = derivative(g)
            if mine is None:
                continue
            fresh = mine is not g and mine.base is None
            if mine.shape != shape:
                mine, fresh = unbroadcast(mine, shape), True
            if mine.dtype is not dtype and mine.dtype != dtype:
                mine, fresh = mine.astype(dtype), True
            others = gradients.get(parent)
            if others is not None:
                mine = np.add(mine, others, out=mine if fresh and type(mine) is np.ndarray else None)
            elif not fresh and type(parent) is not Node:
                mine = mine.copy()  # what a leaf gets is its own
            gradients[parent] = mine
        if node.holds_values and not retain_graph:
            node.edges, node.inputs = None, []
    return gradients | found


def unbroadcast(gradient: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The gradient of an input of `shape` that was broadcast: summed over every dimension that broadcasting made."""
    extra = gradient.ndim - len(shape)
    if extra:
        if not gradient.flags.c_contiguous:
            gradient = np.add.reduce(gradient, axis=tuple(range(extra)))
        elif gradient.ndim == 2 and extra == 1:
            gradient = sum_of_rows(gradient)
        else:
            n, left = math.prod(gradient.shape[:extra]), gradient.shape[extra:]
            gradient = sum_of_rows(gradient.reshape(n, math.prod(left))).reshape(left)
    if gradient.shape != shape:
        stretched = tuple([i for i, n in enumerate(shape) if n == 1 != gradient.shape[i]])
        gradient = np.add.reduce(gradient, axis=stretched, keepdims=True)
    return gradient


def _spoiled(node: Node, now: int, then: int) -> str:
    return (
        "one of the variables needed for gradient computation has been modified by an inplace operation: "
        f"{node.name} saved a tensor at version {then}, and it is at version {now} now. "
        "Write x = x + y in place of x += y there, or clone() the tensor first."
    )


# The Module whose forward runs now, as (weak reference to it, the same of the one that called it); None outside. A weak
# one, because a Module may keep its own output.
entered: list[tuple[Any, Any] | None] = [None]

# Told of every operation, whether it enters a graph or not: a function of the op, its inputs, options and result.
observer: list[Callable | None] = [None]

# What a hook wants to be called, once, at the end of the backward that runs now.
after_backward: list[Callable[[], None]] = []


def call_after_backward() -> None:
    """Call what hooks have asked for, and forget it."""
    asked = after_backward.copy()
    after_backward.clear()
    for function in asked:
        function()


# Whether operations record a graph; `no_grad` turns it off.
grad_enabled = [True]


def is_grad_enabled() -> bool:
    """Whether operations record a graph now."""
    return grad_enabled[0]


class no_grad(contextlib.ContextDecorator):  # noqa: N801 - PyTorch's name
    """Operations inside `with no_grad():`, or in a function decorated `@no_grad()`, record no graph."""

    wanted = False

    def __new__(cls, function: Callable | None = None) -> Any:
        self = super().__new__(cls)
        if function is None:
            return self
        return cls()(function)  # @no_grad, without brackets

    def __enter__(self) -> None:
        self.before = grad_enabled[0]
        grad_enabled[0] = self.wanted

    def __exit__(self, *exception: object) -> None:
        grad_enabled[0] = self.before

    def _recreate_cm(self) -> "no_grad":
        return type(self)()  # a decorated function may call itself


class inference_mode(no_grad):  # noqa: N801 - PyTorch's name
    """The same as no_grad; PyTorch's own also does without the counters of changes in place."""


class enable_grad(no_grad):  # noqa: N801 - PyTorch's name
    """Inside it operations record a graph again, within a `no_grad` too."""

    wanted = True


class set_grad_enabled:  # noqa: N801 - PyTorch's name
    """Turn recording on or off from here on; as a context manager, until the end of the block."""

    def __init__(self, mode: bool):
        self.before = grad_enabled[0]
        grad_enabled[0] = bool(mode)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exception: object) -> None:
        grad_enabled[0] = self.before
