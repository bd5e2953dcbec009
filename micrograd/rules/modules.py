"""Modules that are called as their one function: `from micrograd import draw`, and then `draw(loss)`."""

import sys
import types
from collections.abc import Callable
from typing import Any


def make_callable(module: str, function: Callable[..., Any]) -> None:
    """Let a call of the module be one of the function, which mostly bears its name.

    >>> import micrograd
    >>> picture = micrograd.draw(micrograd.Value(2.0) * 3)
    """
    attributes = {"__call__": staticmethod(function), "__module__": __name__}
    sys.modules[module].__class__ = type("CallableModule", (types.ModuleType,), attributes)
