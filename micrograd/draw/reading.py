"""From a Value or a Tensor to the boxes of its picture, each with its numbers, its gradient and its name."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import takewhile
from typing import Any

import numpy as np

from micrograd.compiling import Obstacle, unfold
from micrograd.draw.boxes import Box, Frame, walk
from micrograd.draw.formulas import composed, short, sign_of
from micrograd.engine import Value, topological_order
from micrograd.graph import Edge, Node
from micrograd.nn import Module
from micrograd.rules.errors import silent
from micrograd.tensors import Tensor

AGAIN = (
    "The numbers are computed again from the parameters and inputs as they are now: backward() released those in "
    "between. "
)


class Names:
    """What the things in a graph are called, which of them are parameters, and the frames of modules.

    labels: a Value, a Tensor, a Module or a list of these by name; the parts of the latter two get names such as
    net.0.weight and xs[1]. Raises TypeError for anything else.
    """

    def __init__(self, labels: Mapping[str, Any], parameters: Iterable[Any]):
        self.parameters = {id(parameter) for parameter in parameters}
        self._of: dict[int, str] = {}
        self._arrays: list[tuple[str, np.ndarray]] = []
        self._held: list[Any] = []  # an id is one's own only as long as one lives
        self._owned: set[int] = set()
        self._paths: dict[Module, dict[Module, str]] = {}
        self._frames: dict[Module, Frame] = {}
        for label, thing in labels.items():
            for name, part in self._parts(label, thing, set()):
                self._held.append(part)
                if isinstance(part, Tensor):
                    self._arrays.append((name, part._array))
                    part = part.grad_fn or part
                self._of.setdefault(id(part), name)

    def _parts(self, path: str, thing: Any, seen: set[int]) -> Iterator[tuple[str, Any]]:
        if isinstance(thing, Value | Tensor):
            yield path, thing
        elif id(thing) in seen:
            return
        elif isinstance(thing, list | tuple):
            seen.add(id(thing))
            for i, part in enumerate(thing):
                yield from self._parts(f"{path}[{i}]", part, seen)
        elif isinstance(thing, Module):
            seen.add(id(thing))
            self.parameters.update(map(id, thing.parameters()))
            for name, part in vars(thing).items():
                if isinstance(part, Value | Tensor | Module | list | tuple):
                    yield from self._parts(f"{path}.{name}", part, seen)
        elif not seen:
            kind = type(thing).__name__
            raise TypeError(f"draw: {path} names a {kind}; a name is for a Value, Tensor, Module or list of these")

    def of(self, node: Any) -> str:
        """The name given to a Value, leaf Tensor or Node; empty where it has no name."""
        return self._of.get(id(node), "")

    def of_array(self, array: np.ndarray) -> str:
        """The name of a tensor outside the graph: of the one with this array, or with the same numbers in its order."""
        same = [name for name, named in self._arrays if named is array]
        flat = [(name, named.reshape(-1)) for name, named in self._arrays if named.dtype == array.dtype]
        same += [name for name, named in flat if np.array_equal(named, array.reshape(-1))]
        return same[0] if same else ""

    def is_of_a_module(self, leaf: Any) -> bool:
        """Whether a leaf Tensor or an array is a parameter or buffer of these modules."""
        return id(leaf) in self._owned

    def frames_around(self, node: Node) -> tuple[Frame, ...]:
        """The frames of the modules that a Node was made in, the outermost first.

        Their parameters and buffers get their names, where no label gave them one.
        """
        modules: list[Module] = []
        entered = node.module
        while entered is not None:
            reference, entered = entered
            if (module := reference()) is not None:
                modules.insert(0, module)
        for module in modules:
            if module is modules[0] and module not in self._paths:
                self._paths[module] = {part: path for path, part in module.named_modules()}
                buffers = [(name, buffer._array) for name, buffer in module.named_buffers()]
                for name, part in [*module.named_parameters(), *buffers]:
                    self._of.setdefault(id(part), name)
                    self._owned.add(id(part))
            if module not in self._frames:
                path, kind = self._paths[modules[0]].get(module, ""), type(module).__name__
                self._frames[module] = Frame(f"{path}: {kind}" if path else kind)
        return tuple([self._frames[module] for module in modules])


def read(roots: Sequence[Any], names: Names) -> list[Box]:
    """The boxes behind some Values or some Tensors, in the order of the graph. Raises as `draw` does."""
    boxes = _read_values(roots, names) if isinstance(roots[0], Value) else _read_tensors(roots, names)
    number, ends = 0, [box for box in boxes if box.role == "loss"]
    for box in boxes:
        if not box.title and box.role == "loss":
            box.title = "result" if len(ends) == 1 else f"result[{ends.index(box)}]"
        elif not box.title:
            number += 1
            box.title = f"#{number}"
    return boxes


def was_released(roots: Sequence[Any]) -> bool:
    """Whether backward() has let go of numbers behind these, so that `read` works them out again."""
    return any(node.edges is None for node in _nodes_behind([root for root in roots if isinstance(root, Tensor)]))


def _nodes_behind(roots: Sequence[Tensor]) -> list[Any]:
    return topological_order(*[root.grad_fn for root in roots if root.grad_fn is not None])


def program_of(roots: Sequence[Any]) -> str:
    """The text of the program, if a compiled call gave the first of these by one; "" where there is no text."""
    made = getattr(roots[0] if isinstance(roots[0], Value) else roots[0].grad_fn, "program", None)
    try:
        return made() if made is not None else ""
    except Obstacle:
        return ""


def _read_values(roots: Sequence[Value], names: Names) -> list[Box]:
    for node in topological_order(*roots):
        if hasattr(node, "unfold"):  # a call of a compiled function, which is drawn as the graph that it stands for
            node.unfold()
    order = topological_order(*roots)
    ends = set(roots)
    boxes: list[Box] = []
    # Of Value.dot, w[0], ..., x[0], ..., b, the leaves among the weights and the bias are trained.
    dots = [node._prev for node in order if node._op == "dot"]
    weights = {id(x) for inputs in dots for x in (*inputs[: len(inputs) // 2], inputs[-1]) if not x._prev}
    made: dict[Value, Box] = {}
    for node in order:
        role = "loss" if node in ends else "result"
        if not node._prev and role == "result":
            role = "parameter" if id(node) in names.parameters or id(node) in weights else "input"
        box = made[node] = Box(role, names.of(node) or node.label, node._op, node.data, float(node.grad), node=node)
        box.parents = [made[parent] for parent in node._prev]
        box.op = "**" if node._op.startswith("**") else node._op
        box.local = None if "_backward" in vars(node) else node._local
        box.operands = box.parents
        if node._op == "dot":
            products = _unfold_dot(node, box)
            boxes += reversed(products)  # backward, which goes the other way, takes the first one first
            box.operands = box.parents
        elif len(box.parents) == 1 and box.op == "**":
            with suppress(ValueError):  # in an operation of one's own anything may follow
                box.sign = f"**{short(float(node._op[2:]))}"
            box.operands = [*box.parents, box.sign[2:]]
        if not box.title and box.parents:
            box.title, box.precedence = composed(box.op, box.operands)
        elif not box.title and role != "parameter" and len(constant := short(node.data)) <= 4:
            box.title = constant  # not of a bias: it begins at 0, and changes
        boxes.append(box)
    return boxes


def _unfold_dot(node: Value, total: Box) -> list[Box]:
    """Draw Value.dot as what it stands for: products, which are returned, and their sum with the bias in `total`."""
    n = len(total.parents) // 2
    products = []
    for i in range(n):
        w, x = total.parents[i], total.parents[n + i]
        product = Box("result", "", "*", w.data * x.data, total.grad, [w, x], node=(node, i), op="*")
        product.local = (x.data, w.data)
        product.operands = [w, x]
        product.title, product.precedence = composed("*", product.operands)
        products.append(product)
    total.parents = [*products, total.parents[-1]]
    total.sign, total.op, total.local = "+", "+", (1.0,) * (n + 1)
    return products


def _read_tensors(roots: Sequence[Tensor], names: Names) -> list[Box]:
    for root in roots:
        if not root.requires_grad:
            raise ValueError("draw: this Tensor has no graph, for nothing that it was made from requires a gradient")
    for node in _nodes_behind(roots):
        unfold(node)  # a call of a compiled function, which is drawn as the graph that it stands for
    order = _nodes_behind(roots)
    frames = {node: names.frames_around(node) for node in order}
    boxes: list[Box] = []
    made: dict[Any, Box] = {}

    def leaf(x: Any) -> Box:
        """The box of a leaf Tensor or of an array outside the graph, made where it is first seen."""
        key = x if isinstance(x, Tensor) else id(x)
        if key not in made:
            if isinstance(x, Tensor):
                box = Box("parameter", names.of(x), data=x._array, node=x)
            else:
                box = Box("input", names.of_array(x) or names.of(x), data=x, node=x)
            box.shape, box.dtype = box.data.shape, str(box.data.dtype)
            made[key] = box
            boxes.append(box)
        return made[key]

    for node in order:
        inputs = node.inputs if node.op is not None else [edge.parent for edge in node.edges or ()]
        options = [x if isinstance(x, tuple) else (x,) for x in (node.options or {}).values()]
        parts: list[Any] = []
        for x in (*inputs, *[x for option in options for x in option if isinstance(x, np.ndarray)]):
            parts.append(made[x] if isinstance(x, Node) else leaf(x) if isinstance(x, Tensor | np.ndarray) else x)
        parents = [x for x in parts if isinstance(x, Box)]
        box = made[node] = Box("result", names.of(node), parents=parents, frames=frames[node], node=node)
        box.data, box.edges = _run_again(node, made)
        box.op = sign_of(node)
        box.sign, box.operands = _call(node, box.op, parts)
        if not box.title:
            box.title, box.precedence = composed(box.op, box.operands)
        for edge in box.edges:
            known = made[edge.parent] if isinstance(edge.parent, Node) else leaf(edge.parent)
            known.shape, known.dtype = edge.shape, str(edge.dtype)
        boxes.append(box)
    for root in roots:
        box = leaf(root) if root.grad_fn is None else made[root.grad_fn]
        box.role, box.data, box.shape, box.dtype = "loss", root._array, root._array.shape, str(root._array.dtype)
    for _ in walk(boxes):
        pass  # which leaves the gradients in the boxes
    _move_into_frames(boxes, [box for box in boxes if not box.parents and names.is_of_a_module(box.node)])
    return boxes


def _run_again(node: Node, made: Mapping[Any, Box]) -> tuple[Any, Sequence[Edge]]:
    """The result of a Node, run again on the results of those before it, and its edges.

    The result is None where one of those is not known. The edges are made again, too, where backward() released them.
    """
    inputs = [made[x].data if isinstance(x, Node | Tensor) else x for x in node.inputs]
    known = node.op is not None and all(
        x is not None or before is None for x, before in zip(inputs, node.inputs, strict=True)
    )
    wanting = [i for i, x in enumerate(node.inputs) if isinstance(x, Node | Tensor)]
    if node.edges is None and not (known and wanting):
        raise RuntimeError(
            f"the numbers behind this Tensor were released by backward(), and {node.name} cannot be computed "
            "again: draw it before, or call backward(retain_graph=True)"
        )
    if node.edges is not None and node.saved is not None:
        node.check()
    if not known:
        return None, node.edges or ()
    if node.op.name == "put":
        inputs[0] = inputs[0].copy()  # it changes its input
    with silent():
        result, *ways = node.op.forward(*inputs, **node.options or {})
    if node.edges is not None:
        return np.asarray(result), node.edges
    derivatives = [way[0] if isinstance(way, tuple) else way for way in ways]
    return np.asarray(result), [Edge(node.inputs[i], derivatives[i], inputs[i].shape, inputs[i].dtype) for i in wanting]


def _call(node: Node, op: str, inputs: Sequence[Any]) -> tuple[str, list[Box | str]]:
    """The sign of the operation with the plain numbers that belong to it, and the operands.

    inputs: Boxes, numbers and None.
    """
    operands = [x if isinstance(x, Box) else short(x) for x in inputs if x is not None]
    first = next((i for i, x in enumerate(operands) if isinstance(x, Box)), 0)
    left, right = [[x for x in part if isinstance(x, str)] for part in (operands[:first], operands[first:])]
    dim = (node.options or {}).get("dim")
    words = [*left, op, *right, *([] if dim is None else [f"dim {short(dim)}"])]
    return ("" if op == "**" else " ").join(words), operands


def _move_into_frames(boxes: list[Box], owned: list[Box]) -> None:
    """Draw what modules own within those that use it, as far as all users share them."""
    users: dict[Box, list[tuple[Frame, ...]]] = {box: [] for box in owned}
    for box in boxes:
        for parent in box.parents:
            if parent in users:
                users[parent].append(box.frames)
    for box, frames in users.items():
        shared = takewhile(lambda level: len(set(level)) == 1, zip(*frames, strict=False))
        box.frames = tuple([level[0] for level in shared])
