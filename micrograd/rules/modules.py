"""Modules that are called as their one function: `from micrograd import draw`, and then `draw(loss)`."""

import sys
import types
from importlib import import_module
from typing import Any


class CallableModule(types.ModuleType):
    """A module whose call is one of the function in it that has its name, as micrograd.draw.draw.

    >>> picture = torch.draw(torch.Value(2.0) * 3)
    """

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return getattr(self, self.__name__.rpartition(".")[2])(*args, **kwargs)


def make_callable(module: str) -> None:
    """Let a module that is imported by now be called."""
    sys.modules[module].__class__ = CallableModule


def draw_dot(root: Any, format: str = "svg", rankdir: str = "LR") -> Any:
    """The picture of the graph behind a Value or Tensor, as `micrograd.draw(root, direction=rankdir)` makes it.

    It shows itself in a notebook, and render("graph") writes graph.svg, or .png or .pdf. Raises ValueError for another
    format.
    """
    if format not in ("svg", "png", "pdf"):
        raise ValueError(f"draw_dot makes svg, png and pdf, not {format!r}; draw_dot().dot() is text for Graphviz")
    picture = import_module("micrograd.draw").draw(root, direction=rankdir)
    picture.format = format
    return picture
