"""The graph behind a Tensor, and the way back through it.

A Tensor that was made by an operation points to a Node, its `grad_fn`. The Node has an Edge to each input that wants a
gradient: to the Node that made it or, for a leaf, to the Tensor itself. Nothing points forward: a graph is freed the
moment its last tensor goes.
"""

import threading
from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple

import numpy as np

import micrograd.rules.public  # noqa: F401 - the first, for it may say why all others fail
from micrograd.engine import topological_order
from micrograd.rules.errors import silent
from micrograd.rules.sums import unbroadcast

RELEASED = (
    "Trying to backward through the graph a second time: what it saved for the way back was released by the first. "
    "Call backward(retain_graph=True) the first time if you need to do it twice."
)


class Edge(NamedTuple):
    """From a Node to one of its inputs.

    parent: the input's Node or, for a leaf, its Tensor. derivative: the function from the gradient of the Node's result
    to that of the input. shape, dtype: those of the input.
    """

    parent: Any
    derivative: Callable[[Any], Any]
    shape: tuple[int, ...]
    dtype: np.dtype

    def gradient(self, g: Any) -> Any:
        """The gradient of the input, from that of the result; None where there is none."""
        dx = self.derivative(g)
        return None if dx is None else fitted(dx, self.shape, self.dtype)


class Node:
    """One operation of the graph.

    name: what PyTorch calls it. edges: to the inputs that want a gradient; None once released. _prev: the Nodes among
    their parents. op, inputs, options: the call; in the place of each tensor of the graph stands its Node or, for a
    leaf, its Tensor, and in that of others their arrays, so that nothing is kept alive that backward does not need.
    saved: what the derivatives use, None where they use nothing. versions: of each input and of the result the version
    counter, what it said at the time, and the id of the array, which no other can have while `saved` holds that one.
    retained: a weak reference to the result, where its grad is wanted. hooks: called with the gradient of the result.
    module: see `State`. program: of a compiled call, gives the text of what was run. where: a note of the guard's.
    """

    # There is no __init__: who makes a Node sets what it is, in a third of the time; see `new_node`.
    __slots__ = (
        *("name", "op", "inputs", "options", "module", "edges", "_prev"),
        *("saved", "versions", "retained", "hooks", "program", "where"),
    )
    name: str
    op: Any
    inputs: Sequence[Any]
    options: dict[str, Any] | None
    module: Any
    edges: list[Edge] | None
    _prev: "list[Node]"
    saved: Sequence[Any] | None
    versions: Sequence[tuple[list[int], int, int]]
    retained: Callable[[], Any] | None
    hooks: dict[int, Callable] | None
    program: Callable[[], str]
    where: Any

    def add_edge(self, parent: Any, derivative: Callable[[Any], Any], shape: tuple[int, ...], dtype: np.dtype) -> None:
        """An edge to an input, whose Node or leaf is `parent`."""
        self.edges.append(Edge(parent, derivative, shape, dtype))  # type: ignore[union-attr]
        if type(parent) is Node:
            self._prev.append(parent)

    def check(self) -> None:
        """Raises RuntimeError where an array that the derivatives use was changed in place since."""
        for counter, version, array in self.versions:
            if counter[0] != version and any(id(each) == array for each in self.saved or ()):
                raise RuntimeError(
                    "one of the variables needed for gradient computation has been modified by an inplace operation: "
                    f"{self.name} saved a tensor at version {version}, and it is at version {counter[0]} now. "
                    "Write x = x + y in place of x += y there, or clone() the tensor first."
                )

    def seen(self, g: Any) -> Any:
        """Show the gradient of the result to hooks and to retain_grad; the gradient to go on with."""
        if self.hooks:
            for hook in list(self.hooks.values()):
                g = hook(g)
        tensor = None if self.retained is None else self.retained()
        if tensor is not None:
            tensor._retain(g.copy())
        return g

    @property
    def next_functions(self) -> "tuple[tuple[Node | None, int], ...]":
        """Where the gradient goes next, as in PyTorch: for each input a Node, or None where it wants none, and 0."""
        parents = [edge.parent for edge in self.edges or ()]
        return tuple([(parent if type(parent) is Node else new_node("AccumulateGrad"), 0) for parent in parents])

    def __repr__(self) -> str:
        return f"<{self.name} object at {hex(id(self))}>"


def new_node(name: str) -> Node:
    """A Node of no operation and without edges."""
    node = Node()
    node.name, node.module = name, state.module
    node.op, node.inputs, node.options = None, (), None
    node.edges, node._prev = [], []
    node.saved, node.versions = None, ()
    node.retained = node.hooks = None
    return node


def run_backward(
    tensors: Sequence[Any],
    starts: Sequence[np.ndarray],
    retain_graph: bool,
    wanted: Collection[Node] | None = None,
    skipped: Collection[Node] = (),
) -> dict[Any, Any]:
    """Carry the gradients `starts` of `tensors` back to all leaves that they were made from.

    Returns them by the leaf, and by the Node in `wanted` (None where leaves are to accumulate), as arrays that nobody
    else holds. skipped: Nodes to go no further from. Raises RuntimeError where what was saved is gone or was changed.
    """
    look = None if observer.backward is None else observer.backward(tensors, starts, wanted is None)
    roots = [tensor.grad_fn or tensor for tensor in tensors]
    gradients: dict[Any, Any] = {}
    found: dict[Any, Any] = {}
    unseen = set(skipped).difference(roots, wanted or ()) if skipped else ()
    with silent():
        for i, root in enumerate(roots):
            gradients[root] = gradients[root] + starts[i] if root in gradients else starts[i].copy()
        for node in reversed(topological_order(*[root for root in roots if type(root) is Node])):
            g = gradients.pop(node, None)
            if g is not None and (node.retained or node.hooks) and node not in unseen:
                g = node.seen(g)
            if wanted and node in wanted and g is not None:
                found[node] = g.copy()
            if node in skipped:
                continue
            if node.edges is None:
                raise RuntimeError(RELEASED)
            if node.saved is not None:
                node.check()
            if g is None:
                continue  # a derivative said that this input has none
            for parent, derivative, shape, dtype in node.edges:
                if (dx := derivative(g)) is None:  # what follows is Edge.gradient, without a call
                    continue
                if dx.dtype is not dtype or dx.shape != shape:
                    dx = fitted(dx, shape, dtype)
                others = gradients.get(parent)
                if others is not None:
                    dx = added(dx, g, others)
                elif type(parent) is not Node and not is_fresh(dx, g):
                    dx = dx.copy()
                gradients[parent] = dx
            if node.saved is not None and not retain_graph:
                node.edges = node.saved = None  # let go of the arrays that the derivatives use
    if look is not None:
        look(gradients)
    return gradients | found


def fitted(dx: Any, shape: tuple[int, ...], dtype: np.dtype) -> Any:
    """A gradient summed over the dimensions that broadcasting stretched or added, and in the dtype of its input."""
    return (dx if dx.shape == shape else unbroadcast(dx, shape)).astype(dtype, copy=False)


def is_fresh(dx: Any, g: Any) -> bool:
    """Whether nobody else holds dx, the gradient of an input, made from g: it may be written to and handed over."""
    return dx is not g and dx.base is None and type(dx) is np.ndarray


def added(dx: Any, g: Any, others: Any) -> Any:
    """dx, made from g, and what others give to the same input, as an array that nobody else holds."""
    return np.add(dx, others, out=dx if is_fresh(dx, g) else None)


# What each thread has for itself, and what looks on.


class State(threading.local):
    """What each thread has for itself, as in PyTorch.

    grad_enabled: whether operations record a graph; `no_grad` turns it off. module: the Module whose forward runs now,
    as (weak reference to it, the same of the one that called it), None outside; a weak one, because a Module may keep
    its own output. recording: what `rerun` reports to while a call is compiled, None otherwise.
    """

    def __init__(self) -> None:  # called in each thread that looks
        self.grad_enabled = True
        self.module: Any = None
        self.recording: Any = None


state = State()


class Observer:
    """The doors for what looks at the engine, such as the guard; None where nobody does.

    operation: called after every operation with its Op, inputs, options and result, in a graph or not. backward: called
    with the tensors that backward starts from, their gradients, and whether the leaves accumulate what is found; what
    it returns is called with that before they do. step: called with the parameters that an optimizer is about to move.
    missing_grad: called with a tensor whose grad is read and None. multinomial: with the one that it is to draw from.
    """

    def __init__(self) -> None:
        self.operation: Callable[[Any, Sequence[Any], dict[str, Any], Any], None] | None = None
        self.backward: Callable[[Sequence[Any], Sequence[Any], bool], Callable[[dict[Any, Any]], None]] | None = None
        self.step: Callable[[Sequence[Any]], None] | None = None
        self.missing_grad: Callable[[Any], None] | None = None
        self.multinomial: Callable[[Any], None] | None = None


observer = Observer()


# What hooks want to be called, once, at the end of the backward that runs now.
after_backward: list[Callable[[], None]] = []


def call_after_backward() -> None:
    """Call what hooks have asked for, and forget it."""
    asked = after_backward.copy()
    after_backward.clear()
    for function in asked:
        function()
