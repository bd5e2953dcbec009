"""Pictures of compute graphs: `draw(loss)` shows every number and every gradient behind it.

A graph is read into boxes (`reading`), made small enough to look at (`folding`) and laid out by Graphviz (`dot`);
`steps` walks backward through it on a page of its own (`stepping`). `python -m micrograd.draw` draws an expression.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from micrograd.draw.dot import dot_text, svg_text
from micrograd.draw.folding import cut, fold
from micrograd.draw.reading import AGAIN, Names, read, was_released
from micrograd.draw.stepping import page
from micrograd.engine import Value
from micrograd.rules.files import write_whole
from micrograd.rules.modules import make_callable
from micrograd.tensors import Tensor


def draw(
    root: Any,
    /,
    *,
    depth: int | None = None,
    direction: str = "LR",
    parameters: Iterable[Any] = (),
    **labels: Any,
) -> "Picture":
    """The picture of the graph behind `root`.

    >>> from micrograd import Value
    >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    >>> picture = draw((a * b).tanh())

    root: a Value, a Tensor, or a list of Values or Tensors, as a Module returns it. A Value shows the grad it holds.
    Of Tensors the gradients of `root` by every inner one, too, are worked out here, and no `.grad` is touched; of a
    root with several elements they are those of its sum. The numbers inside are worked out anew from the leaves; after
    backward(), which lets go of them, from the leaves as they are then, and the picture says so.
    depth: how many operations back from root are drawn; None draws all, and folds what is too large to look at.
    direction: "LR", inputs at the left and the result at the right, or "TB", from top to bottom.
    parameters: the Values that are trained, drawn in their own shape; of Tensors this is known.
    labels: names, as in draw(loss, W=W, xs=xs): of Values, Tensors, or a Module or a list, whose parts get their own.

    Raises TypeError where root is no node of a graph, ValueError for a Tensor without a graph, a negative depth and a
    direction that is neither, RuntimeError where backward() has released numbers that are not to be had
    again, of an autograd.Function of your own or a change of a part in place.
    """
    roots = list(root) if isinstance(root, list | tuple) else [root]
    kinds = {Value if isinstance(x, Value) else Tensor if isinstance(x, Tensor) else None for x in roots}
    if len(kinds) != 1 or None in kinds:
        strange = next((x for x in roots if not isinstance(x, Value | Tensor)), root)
        raise TypeError(f"draw takes a Value, a Tensor or a list of one of them, not {type(strange).__name__}")
    if depth is not None and depth < 0:
        raise ValueError(f"draw: depth counts operations back from the result, and is 0 or more, not {depth}")
    if direction not in ("LR", "TB"):
        raise ValueError(f"draw: direction is 'LR' (left to right) or 'TB' (top to bottom), not {direction!r}")
    return Picture(roots, Names(labels, parameters), depth, direction)


class Picture:
    """The picture of a graph as it was when `draw` was called; in a notebook it shows itself.

    >>> import micrograd as torch
    >>> picture = torch.draw(torch.Value(2.0) * 3)
    >>> picture.dot().startswith('digraph')
    True
    """

    def __init__(self, roots: list[Any], names: Names, depth: int | None, direction: str = "LR"):
        self._roots, self._names, self._depth = roots, names, depth
        boxes = read(roots, names)
        drawn, note = fold(boxes) if depth is None else cut(boxes, depth)
        self._drawn = drawn, (AGAIN if was_released(roots) else "") + note, direction

    def svg(self) -> str:
        """The picture as SVG text. Raises OSError where there is nothing on this machine to lay it out with."""
        return svg_text(*self._drawn)

    def dot(self) -> str:
        """The picture in Graphviz' DOT language."""
        return dot_text(*self._drawn)

    def save(self, path: str | Path) -> None:
        """Write the picture to a file .svg or .dot, whole or not at all.

        Raises ValueError for another suffix, OSError as svg does or where the file cannot be written.
        """
        suffix = Path(path).suffix.lower()
        if suffix not in (".svg", ".dot"):
            raise ValueError(f"{path}: a picture is saved as .svg or .dot")
        write_whole(path, (self.svg() if suffix == ".svg" else self.dot()).encode())

    def render(self, filename: str | Path = "graph", cleanup: bool = False) -> str:
        """Write filename.svg, as the Digraph of graphviz does, and return its path; there is nothing to clean up."""
        path = f"{filename}.svg"
        self.save(path)
        return path

    def steps(self, path: str | Path) -> None:
        """Write a page .html that walks through backward, from the gradient 1 of the result; no `.grad` is touched.

        Raises ValueError for another suffix, RuntimeError and OSError as draw and svg do.
        """
        if Path(path).suffix.lower() != ".html":
            raise ValueError(f"{path}: a page that steps through backward is saved as .html")
        again = AGAIN if was_released(self._roots) else ""
        write_whole(path, page(read(self._roots, self._names), self._depth, again).encode())

    def _repr_svg_(self) -> str:
        return self.svg()


make_callable(__name__)
