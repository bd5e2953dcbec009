"""The boxes of a picture, and the walk backward through them: what each operation adds to its inputs, and to what."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from micrograd import graph
from micrograd.draw.formulas import ATOM, formula, number
from micrograd.engine import Value
from micrograd.rules.errors import silent
from micrograd.tensors import Tensor


@dataclass(eq=False)
class Frame:
    """A Module whose operations are drawn together in one frame, under its label."""

    label: str


@dataclass(eq=False, slots=True)
class Box:
    """A node of the graph as it is drawn: its numbers, and the operation that made them.

    role: "parameter", "input", "result", "loss" (where backward begins) or "folded" (stands for `count` nodes).
    data, grad: a float or an array; None where they are not known. sign: of the operation, empty for a leaf.
    shape, dtype: of a tensor. frames: the modules it was made in, the outermost first. node: the Value, or the Node or
    leaf Tensor, that it shows; op: the name of what made it. local: of a Value, the local derivative by each parent,
    None where it has a backward function of its own; edges: of a Node. operands: the boxes of its inputs and, as text,
    the plain numbers among them.
    """

    role: str
    title: str = ""
    sign: str = ""
    data: Any = None
    grad: Any = None
    parents: list["Box"] = field(default_factory=list)
    frames: tuple[Frame, ...] = ()
    shape: tuple[int, ...] | None = None
    dtype: str = ""
    node: Any = None
    op: str = ""
    local: Sequence[Any] | None = None
    edges: Sequence[graph.Edge] = ()
    precedence: int = ATOM
    operands: "Sequence[Box | str]" = ()
    count: int = 1

    @property
    def kind(self) -> str:
        """The shape and dtype of a tensor as text, or nothing."""
        return "" if self.shape is None else f"{list(self.shape)} {self.dtype}"


class Contribution(NamedTuple):
    """What an operation adds to the gradient of one of its inputs.

    how: the local derivative or, of tensors, the formula. added: what is added; before, after: the input's gradient.
    summed: a sentence on the dimensions that broadcasting made, over which the gradient is summed; else empty.
    """

    to: Box
    how: str
    added: Any
    before: Any
    after: Any
    summed: str


class Step(NamedTuple):
    """One operation of backward: its box, its complete gradient, and what it adds to its inputs."""

    box: Box
    gradient: Any
    contributions: list[Contribution]


def ends(boxes: Sequence[Box]) -> list[Box]:
    """The boxes at which backward begins."""
    return [box for box in boxes if box.role == "loss"]


def walk(boxes: Sequence[Box]) -> Iterator[Step]:
    """Go backward through the boxes of a whole graph, in the reverse of their order, from a gradient of 1.

    The gradients are those of the boxes; no `.grad` of the graph changes. Raises as backward does.
    """
    box_of = {id(box.node): box for box in boxes}
    for box in boxes:
        box.grad = None if box.role != "loss" else 1.0 if isinstance(box.data, float) else np.ones_like(box.data)
    for box in reversed(boxes):
        if box.grad is not None and box.parents:
            contributions = []
            for parent, how, added, summed in _contributions(box, box_of):
                before = zero(added) if parent.grad is None else parent.grad
                parent.grad = before + added if isinstance(added, float) else np.asarray(before + added)
                contributions.append(Contribution(parent, how, added, before, parent.grad, summed))
            yield Step(box, box.grad, contributions)


def zero(like: Any) -> Any:
    """The gradient before anything is added to it."""
    return 0.0 if isinstance(like, float) else np.zeros_like(like)


def _contributions(box: Box, box_of: dict[int, Box]) -> Iterator[tuple[Box, str, Any, str]]:
    """For each input its box, the formula, what is added to its gradient, and over which dimensions that was summed."""
    g = box.grad
    if isinstance(box.node, graph.Node):
        yield from _to_tensors(box, box_of)
    elif box.local is not None and len(box.local) == len(box.parents):
        ways = formula(box)[1:]
        for i, (parent, derivative) in enumerate(zip(box.parents, box.local, strict=True)):
            in_words = f"{ways[i]} = " if i < len(ways) and ways[i] != "g" else ""
            yield parent, f"{in_words}{number(derivative)} · {number(g)}", derivative * g, ""
    else:
        for x, dx in _by_function(box.node, g):
            yield box_of[id(x)], "its own _backward", dx, ""


def _by_function(node: Value, g: float) -> list[tuple[Value, float]]:
    """What a Value's own backward function adds to each input, found by calling it; all grads are restored."""
    held = [(value, value.grad) for value in {node, *node._prev}]
    try:
        for value, _ in held:
            value.grad = 0.0
        node.grad = g
        node._backward()
        return [(parent, float(parent.grad)) for parent in dict.fromkeys(node._prev)]
    finally:
        for value, grad in held:
            value.grad = grad


def _to_tensors(box: Box, box_of: dict[int, Box]) -> Iterator[tuple[Box, str, Any, str]]:
    positions = [i for i, x in enumerate(box.node.inputs) if isinstance(x, graph.Node | Tensor)]
    hows = formula(box)[1:]
    for position, edge in zip(positions or range(len(box.edges)), box.edges, strict=True):
        with silent():
            dx = edge.derivative(box.grad)
        if dx is not None:
            how = hows[min(position, len(hows) - 1)] if hows else ""
            yield box_of[id(edge.parent)], how, graph.fitted(dx, edge.shape, edge.dtype), _summed(dx.shape, edge.shape)


def _summed(raw: tuple[int, ...], shape: tuple[int, ...]) -> str:
    """What was done to the gradient of an input that was broadcast."""
    if raw == shape:
        return ""
    extra = len(raw) - len(shape)
    dims = [*range(extra), *[extra + i for i, n in enumerate(shape) if n != raw[extra + i]]]
    which = "dim" if len(dims) == 1 else "dims"
    return f"{list(raw)} summed over {which} {', '.join(map(str, dims))} to {list(shape)}, since broadcasting made them"
