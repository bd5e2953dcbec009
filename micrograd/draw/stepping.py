"""The page that walks through backward, an operation at a time: what each adds to its inputs, and to what.

The walk is done here, with the derivatives that the graph holds, and changes no `grad`; the page only shows it. The
page is one file that asks for nothing else: `page.html` with the picture and the steps put in.
"""

import html
import json
from pathlib import Path
from typing import Any

import numpy as np

from micrograd.draw.boxes import Box, Step, ends, walk, zero
from micrograd.draw.dot import MOST_IN_A_ROW, Look, lines_of, svg_text
from micrograd.draw.folding import cut
from micrograd.draw.formulas import code, formula


def page(boxes: list[Box], depth: int | None, remark: str, look: Look, program: str) -> str:
    """The page as HTML text, for the boxes of a whole graph, of which it shows what `cut` leaves, and a remark.

    program: the text of the program that was run in place of the graph, if one was.
    Raises as `walk` does, and OSError where there is nothing on this machine to lay the picture out with.
    """
    steps = list(walk(boxes))
    drawn, note = cut(boxes, depth)
    ids = {id(box.node): f"n{i}" for i, box in enumerate(drawn) if box.node is not None}
    content = {
        "zero": {ids[id(box.node)]: lines_of("grad", zero(box.grad)) for box in drawn if box.grad is not None},
        "start": [
            {"node": ids[id(box.node)], "name": box.title, "lines": lines_of("grad", box.grad)} for box in ends(drawn)
        ],
        "steps": [_step_text(step, ids) for step in steps if id(step.box.node) in ids],
        "leaves": [
            {"node": ids[id(box.node)], "name": box.title, **_gradient(box.grad)}
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
    """A step as the page gets it; a row for each input."""
    rows = [
        {
            "name": one.to.title,
            "node": ids.get(id(one.to.node)),
            "how": one.how,
            "added": _plain(one.added),
            "before": _plain(one.before),
            "summed": one.summed,
            "lines": lines_of("grad", one.after),
            **_gradient(one.after),
        }
        for one in step.contributions
    ]
    told = {"node": ids[id(step.box.node)], "op": step.box.op, "formula": formula(step.box)[0], "rows": rows}
    return {**told, **_gradient(step.gradient)}


def _gradient(x: Any) -> dict[str, str]:
    """A gradient as the page gets it; exact: all digits of a single number."""
    return {
        "gradient": _plain(x),
        "exact": repr(x if isinstance(x, float) else x.item()) if np.size(x) == 1 else "",
        "shape": "" if isinstance(x, float) else f"{list(x.shape)} {x.dtype}",
    }


def _plain(x: Any) -> str:
    if np.size(x) > 1 and x.dtype != object and not x.any():
        return "0"
    return " ".join(lines_of("", x if np.size(x) <= MOST_IN_A_ROW else np.ravel(x))).strip()
