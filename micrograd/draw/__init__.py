"""Pictures of compute graphs: `draw(loss)` shows every number and every gradient behind it.

A graph is read into boxes (`reading`), made small enough to look at (`folding`) and laid out by Graphviz (`dot`);
`steps` walks backward through it on a page of its own (`stepping`). `python -m micrograd.draw` draws an expression.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from micrograd.draw.dot import dot_text, svg_text
from micrograd.draw.folding import cut, fold
from micrograd.draw.reading import Names, read
from micrograd.draw.stepping import page
from micrograd.engine import Value
from micrograd.rules.files import write_whole
from micrograd.tensors import Tensor


def draw(root: Any, /, *, depth: int | None = None, parameters: Iterable[Any] = (), **labels: Any) -> "Picture":
    """The picture of the graph behind `root`, from left to right.

    >>> from micrograd import Value
    >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    >>> picture = draw((a * b).tanh())

    root: a Value, a Tensor, or a list of Values or Tensors, as a Module returns it. A Value shows the grad it holds.
    Of Tensors the gradients of `root` by every inner one, too, are worked out here, and no `.grad` is touched; of a
    root with several elements they are those of its sum. The numbers inside are worked out anew from the leaves.
    depth: how many operations back from root are drawn; None draws all, and folds what is too large to look at.
    parameters: the Values that are trained, drawn in their own shape; of Tensors this is known.
    labels: names, as in draw(loss, W=W, xs=xs): of Values, Tensors, or a Module or a list, whose parts get their own.

    Raises TypeError where root is no node of a graph, ValueError for a Tensor without a graph and a negative depth,
    RuntimeError where backward() has released the numbers.
    """
    roots = list(root) if isinstance(root, list | tuple) else [root]
    kinds = {Value if isinstance(x, Value) else Tensor if isinstance(x, Tensor) else None for x in roots}
    if len(kinds) != 1 or None in kinds:
        strange = next((x for x in roots if not isinstance(x, Value | Tensor)), root)
        raise TypeError(f"draw takes a Value, a Tensor or a list of one of them, not {type(strange).__name__}")
    if depth is not None and depth < 0:
        raise ValueError(f"draw: depth counts operations back from the result, and is 0 or more, not {depth}")
    return Picture(roots, Names(labels, parameters), depth)


class Picture:
    """The picture of a graph as it was when `draw` was called; in a notebook it shows itself."""

    def __init__(self, roots: list[Any], names: Names, depth: int | None):
        self._roots, self._names, self._depth = roots, names, depth
        boxes = read(roots, names)
        self._drawn = fold(boxes) if depth is None else cut(boxes, depth)

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

    def steps(self, path: str | Path) -> None:
        """Write a page .html that walks through backward, from the gradient 1 of the result; no `.grad` is touched.

        Raises ValueError for another suffix, RuntimeError where backward() has released the graph, OSError as svg does.
        """
        if Path(path).suffix.lower() != ".html":
            raise ValueError(f"{path}: a page that steps through backward is saved as .html")
        write_whole(path, page(read(self._roots, self._names), self._depth).encode())

    def _repr_svg_(self) -> str:
        return self.svg()
