"""The page that walks through backward, an operation at a time: what each adds to its inputs, and to what.

The walk is done here, with the derivatives that the graph holds, and changes no `grad`; the page only shows it. The
page is one file that asks for nothing else: `page.html` with the picture and the steps put in.
"""

import html
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from micrograd.draw.dot import MOST_IN_A_ROW, Look, lines_of, number, svg_text
from micrograd.draw.folding import cut
from micrograd.draw.formulas import code, formula
from micrograd.draw.reading import Box
from micrograd.engine import Value
from micrograd.graph import Node
from micrograd.rules.errors import silent
from micrograd.tensors import Tensor


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
    summed: str = ""


class Step(NamedTuple):
    """One operation of backward: its box, its complete gradient, and what it adds to its inputs."""

    box: Box
    gradient: Any
    contributions: list[Contribution]


def walk(boxes: Sequence[Box]) -> Iterator[Step]:
    """Go backward through the boxes of a whole graph, in the reverse of their order, from a gradient of 1.

    Raises RuntimeError where backward() has released the graph, and as backward itself does.
    """
    box_of = {id(box.node): box for box in boxes}
    gradients = {box: 1.0 if isinstance(box.data, float) else np.ones_like(box.data) for box in ends(boxes)}
    for box in reversed(boxes):
        if box in gradients and box.parents:
            contributions = []
            for parent, how, added, summed in _contributions(box, gradients[box], box_of):
                before = gradients.get(parent, _zero(added))
                gradients[parent] = before + added
                contributions.append(Contribution(parent, how, added, before, gradients[parent], summed))
            yield Step(box, gradients[box], contributions)


def ends(boxes: Sequence[Box]) -> list[Box]:
    """The boxes at which backward begins."""
    return [box for box in boxes if box.role == "loss"]


def _contributions(box: Box, g: Any, box_of: dict[int, Box]) -> Iterator[tuple[Box, str, Any, str]]:
    """For each input its box, the formula, what g adds to its gradient, and over which dimensions that was summed."""
    if isinstance(box.node, Node):
        yield from _to_tensors(box, g, box_of)
    elif box.local is not None and len(box.local) == len(box.parents):
        ways = formula(box)[1:]
        for i, (parent, derivative) in enumerate(zip(box.parents, box.local, strict=True)):
            in_words = f"{ways[i]} = " if i < len(ways) and ways[i] != "g" else ""
            yield parent, f"{in_words}{number(derivative)} · {number(g)}", derivative * g, ""
    else:
        yield from _by_function(box.node, g, box_of)


def _by_function(node: Value, g: float, box_of: dict[int, Box]) -> Iterator[tuple[Box, str, float, str]]:
    """What a Value's own backward function adds, found by calling it; all grads are restored."""
    held = [(value, value.grad) for value in {node, *node._prev}]
    try:
        for value, _ in held:
            value.grad = 0.0
        node.grad = g
        node._backward()
        added = [(parent, float(parent.grad)) for parent in dict.fromkeys(node._prev)]
    finally:
        for value, grad in held:
            value.grad = grad
    for parent, dx in added:
        yield box_of[id(parent)], "its own _backward", dx, ""


def _to_tensors(box: Box, g: Any, box_of: dict[int, Box]) -> Iterator[tuple[Box, str, Any, str]]:
    node = box.node
    positions = [i for i, x in enumerate(node.inputs) if isinstance(x, Node | Tensor)] or range(len(node.edges))
    hows = formula(box)[1:]
    for position, edge in zip(positions, node.edges, strict=True):
        with silent():
            raw = edge.derivative(g)
        if raw is not None:
            how = hows[min(position, len(hows) - 1)] if hows else ""
            yield box_of[id(edge.parent)], how, edge.gradient(g), _summed(raw.shape, edge.shape)


def _summed(raw: tuple[int, ...], shape: tuple[int, ...]) -> str:
    """What was done to the gradient of an input that was broadcast."""
    if raw == shape:
        return ""
    extra = len(raw) - len(shape)
    dims = [*range(extra), *[extra + i for i, n in enumerate(shape) if n != raw[extra + i]]]
    which = "dim" if len(dims) == 1 else "dims"
    return f"{list(raw)} summed over {which} {', '.join(map(str, dims))} to {list(shape)}, since broadcasting made them"


def page(boxes: list[Box], depth: int | None, remark: str, look: Look, program: str) -> str:
    """The page as HTML text, for the boxes of a whole graph, of which it shows what `cut` leaves, and a remark.

    program: the text of the program that was run in place of the graph, if one was.
    Raises as `walk` does, and OSError where there is nothing on this machine to lay the picture out with.
    """
    steps = list(walk(boxes))
    for box in boxes:
        box.grad = None
    for step in steps:
        step.box.grad = step.gradient
        for one in step.contributions:
            one.to.grad = one.after
    drawn, note = cut(boxes, depth)
    ids = {id(box.node): f"n{i}" for i, box in enumerate(drawn) if box.node is not None}
    content = {
        "zero": {ids[id(box.node)]: lines_of("grad", _zero(box.grad)) for box in drawn if box.grad is not None},
        "start": [
            {"node": ids[id(box.node)], "name": box.title, "lines": lines_of("grad", box.grad)} for box in ends(drawn)
        ],
        "steps": [_step_text(step, ids) for step in steps if id(step.box.node) in ids],
        "leaves": [
            {"node": ids[id(box.node)], "name": box.title, "gradient": _plain(box.grad), "exact": _exact(box.grad)}
            for box in drawn
            if not box.parents and box.grad is not None
        ],
        "code": {step.box.op: code(step.box) for step in steps if id(step.box.node) in ids},
        "note": remark + note,
        "program": program,
    }
    text = json.dumps(content, ensure_ascii=False).replace("<", "\\u003c")
    name = ", ".join([box.title for box in ends(drawn)])
    template = Path(__file__).with_name("page.html").read_text(encoding="utf-8")
    before, between, after = template.replace("@name@", html.escape(name)).split("@@")
    picture = svg_text(drawn, "", look._replace(show="all", digits=4))  # whose last lines the page replaces
    return f"{before}{picture}{between}{text}{after}"


def _step_text(step: Step, ids: dict[int, str]) -> dict[str, Any]:
    """A step as the page gets it; a row for each one."""
    scalar = isinstance(step.gradient, float)
    rows = [
        {
            "name": one.to.title,
            "node": ids.get(id(one.to.node)),
            "how": one.how,
            "added": _plain(one.added),
            "before": _plain(one.before),
            "after": _plain(one.after),
            "exact": _exact(one.after),
            "shape": "" if scalar else f"{list(one.added.shape)} {one.added.dtype}",
            "summed": one.summed,
            "lines": lines_of("grad", one.after),
        }
        for one in step.contributions
    ]
    return {
        "node": ids[id(step.box.node)],
        "op": step.box.op,
        "gradient": _plain(step.gradient),
        "exact": _exact(step.gradient),
        "shape": "" if scalar else f"{list(step.gradient.shape)} {step.gradient.dtype}",
        "formula": formula(step.box)[0],
        "rows": rows,
    }


def _zero(like: Any) -> Any:
    return 0.0 if isinstance(like, float) else np.zeros_like(like)


def _plain(x: Any) -> str:
    if np.size(x) > 1 and x.dtype != object and not x.any():
        return "0"
    return " ".join(lines_of("", x if np.size(x) <= MOST_IN_A_ROW else np.ravel(x))).strip()


def _exact(x: Any) -> str:
    """All digits of a single number."""
    return repr(x if isinstance(x, float) else x.item()) if np.size(x) == 1 else ""
