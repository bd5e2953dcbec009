"""The error for a name of PyTorch's that micrograd does not have."""

import difflib
from collections.abc import Callable, Collection
from typing import Any


def nearest(where: str, name: str, there: Collection[str]) -> AttributeError:
    """The AttributeError for a name that is not among those there, with the nearest of them."""
    if name.startswith("__"):  # asked by Python and NumPy themselves, to find out
        return AttributeError(name)
    close = difflib.get_close_matches(name, [known for known in there if not known.startswith("_")], 1, 0.5)
    hint = f"; the nearest there is {close[0]!r}" if close else ""
    return AttributeError(f"{where} has no {name!r}: not all of PyTorch is here{hint}")


def getattr_of(module: str, there: Callable[[], Collection[str]]) -> Callable[[str], Any]:
    """The __getattr__ of a module."""

    def __getattr__(name: str) -> Any:  # noqa: N807 - it becomes the module's
        raise nearest(module, name, there())

    return __getattr__
