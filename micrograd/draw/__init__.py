"""Pictures of compute graphs: `draw(loss)` shows every number and every gradient behind it.

A graph is read into boxes (`reading`), made small enough to look at (`folding`) and laid out by Graphviz (`dot`);
`steps` walks backward through it on a page of its own (`stepping`). `python -m micrograd.draw` draws an expression.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from micrograd.draw.dot import FONT, FONTS, Look, alt_text, dot_text, svg_text
from micrograd.draw.folding import cut, fold
from micrograd.draw.reading import AGAIN, Names, program_of, read, was_released
from micrograd.draw.stepping import page
from micrograd.engine import Value
from micrograd.rules.files import write_whole
from micrograd.rules.modules import make_callable
from micrograd.tensors import Tensor

SHOWN = ("all", "data", "grad", "shapes")
FORMATS = (".svg", ".png", ".pdf", ".dot")
"""The suffixes that a picture is saved under."""


def draw(
    root: Any,
    /,
    *,
    depth: int | None = None,
    direction: str = "LR",
    show: str = "all",
    digits: int = 4,
    parameters: Iterable[Any] = (),
    **labels: Any,
) -> "Picture":
    """The picture of the graph behind `root`.

    >>> from micrograd import Value
    >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    >>> picture = draw((a * b).tanh())

    root: a Value, a Tensor, or a list of Values or Tensors, as a Module returns it. A Value shows the grad it holds.
    For Tensors the gradients of `root` by all others are computed here, and no `.grad` changes; for a root with several
    elements they are those of its sum. Inner numbers are computed again from the leaves; after backward(), which
    releases them, from the leaves as they are then, and the picture says so.
    depth: how many operations back from root are drawn; None draws all, and folds what is too large to look at.
    direction: "LR", inputs at the left and the result at the right, or "TB", from top to bottom.
    show: "all", "data" or "grad" of each box, or "shapes": no numbers, and the operation written into its box, which
    makes a picture that fits a slide. digits: how many decimals a number has.
    parameters: the Values that are trained, drawn in their own shape; of Tensors this is known.
    labels: names, as in draw(loss, W=W, xs=xs): of Values, Tensors, or a Module or a list, whose parts get their own.

    Raises TypeError where root is no node of a graph, ValueError for a Tensor without a graph, a negative depth, and a
    direction, show or digits that is none of these, RuntimeError where backward() has released numbers that cannot be
    computed again: of an autograd.Function of your own, or before a change of a part in place.
    """
    roots = list(root) if isinstance(root, list | tuple) else [root]
    kinds = {Value if isinstance(x, Value) else Tensor if isinstance(x, Tensor) else None for x in roots}
    if len(kinds) != 1 or None in kinds:
        strange = next((x for x in roots if not isinstance(x, Value | Tensor)), root)
        raise TypeError(f"draw takes a Value, a Tensor or a list of one of them, not {type(strange).__name__}")
    if depth is not None and depth < 0:
        raise ValueError(f"draw: depth counts operations back from the result, and is 0 or more, not {depth}")
    if direction not in ("LR", "TB"):
        raise ValueError(f"draw: direction is 'LR' (left to right) or 'TB' (top to bottom), not {direction!r:.40}")
    if show not in SHOWN:
        raise ValueError(f"draw: show is one of {', '.join(map(repr, SHOWN))}, not {show!r:.40}")
    if not isinstance(digits, int) or not 0 <= digits <= 17:
        raise ValueError(f"draw: digits is how many decimals are shown, 0 to 17, not {digits!r:.40}")
    return Picture(roots, Names(labels, parameters), depth, Look(direction, show, digits))


class Picture:
    """The picture of a graph as it was when `draw` was called; in a notebook it shows itself.

    >>> picture = torch.draw(torch.Value(2.0) * 3)
    >>> picture.dot().startswith('digraph')
    True
    """

    def __init__(self, roots: list[Any], names: Names, depth: int | None, look: Look):
        self._roots, self._names, self._depth = roots, names, depth
        boxes = read(roots, names)
        drawn, note = fold(boxes) if depth is None else cut(boxes, depth)
        self._drawn = drawn, (AGAIN if look.show != "shapes" and was_released(roots) else "") + note, look
        self.format = "svg"

    def svg(self) -> str:
        """The picture as SVG text. Raises OSError where there is nothing on this machine to lay it out with."""
        return svg_text(*self._drawn)

    def dot(self) -> str:
        """The picture in Graphviz' DOT language."""
        return dot_text(*self._drawn)

    def png(self) -> bytes:
        """The picture as a PNG, two pixels to a point. Raises ImportError without vl-convert-python, OSError as svg."""
        return bytes(_converter().svg_to_png(self._one_font(), scale=2))

    def pdf(self) -> bytes:
        """The picture as a PDF, which is sharp at any size. Raises as png does."""
        return bytes(_converter().svg_to_pdf(self._one_font()))

    def _one_font(self) -> str:
        """The SVG with the font that every machine has then, and a background without a grey edge."""
        return self.svg().replace(FONTS, FONT).replace('stroke="none"', 'stroke="#ffffff"', 1)

    def save(self, path: str | Path) -> None:
        """Write the picture to a file .svg, .png, .pdf or .dot, whole or not at all.

        Raises ValueError for another suffix, ImportError and OSError as png does or where the file cannot be written.
        """
        suffix = Path(path).suffix.lower()
        if suffix not in FORMATS:
            raise ValueError(f"{path}: a picture is saved as {', '.join(FORMATS)}")
        made = getattr(self, suffix[1:])()
        write_whole(path, made if isinstance(made, bytes) else made.encode())

    def render(self, filename: str | Path = "graph", cleanup: bool = False) -> str:
        """Write filename.svg, as the Digraph of graphviz does, and return its path; there is nothing to clean up."""
        path = f"{filename}.{self.format}"
        self.save(path)
        return path

    def steps(self, path: str | Path) -> None:
        """Write a page .html that walks through backward, from the gradient 1 of the result; no `.grad` is touched.

        Where a function of `compile` gave the result by its program, the page shows that as well.
        Raises ValueError for another suffix, RuntimeError and OSError as draw and svg do.
        """
        if Path(path).suffix.lower() != ".html":
            raise ValueError(f"{path}: a page that steps through backward is saved as .html")
        again = AGAIN if was_released(self._roots) else ""
        boxes, program = read(self._roots, self._names), program_of(self._roots)
        write_whole(path, page(boxes, self._depth, again, self._drawn[2], program).encode())

    def __repr__(self) -> str:
        return f"<{alt_text(self._drawn[0])}>"

    def _repr_svg_(self) -> str:
        return self.svg()

    def _repr_html_(self) -> str:
        """The same within the page, where hovering over a box shows all digits, and it can be scrolled."""
        svg = re.sub(r' id="\w+"', "", self.svg())  # a page may show several
        return f'<div style="overflow: auto">{svg}</div>'


def _converter() -> Any:
    try:
        import matplotlib
        import vl_convert  # type: ignore[import-not-found]
    except ImportError:
        raise ImportError(
            "to make .png and .pdf: pip install 'micrograd-makemore[pictures]'; .svg needs nothing"
        ) from None
    vl_convert.register_font_directory(f"{matplotlib.get_data_path()}/fonts/ttf")
    return vl_convert


make_callable(__name__)
