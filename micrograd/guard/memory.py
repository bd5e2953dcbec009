"""Writes into the numbers that a graph has saved which no version counter counts: through NumPy, or through `.data`.

Each Node keeps a copy of what it saves, as bytes, and backward compares them. That reads an array once more at either
time, at some 15 GB/s, and takes the memory of what is saved a second time while the guard is on.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from micrograd.graph import Node
from micrograd.guard.caught import UpdateError, place_text


class Stamp(NamedTuple):
    """The place where a Node was made, and the bytes of each array that it had saved by then."""

    file: str
    line: int
    saved: list[bytes]


def check_saved(nodes: Iterable[Node]) -> None:
    """Raises UpdateError where backward is about to use numbers that were written over without the engine knowing.

    Raises the engine's own RuntimeError where it does know, because a version counter says so.
    """
    for node in nodes:
        where = getattr(node, "where", None)
        if where is not None and node.saved and bytes_of(node.saved) != where.saved:
            node.check()
            raise UpdateError(
                f"backward through {node.name}{place_text(where)} needs numbers that were written over since, through "
                ".data, .numpy() or the array given to from_numpy, which share the tensor's memory: the gradients "
                "would be wrong. Probably meant: x.detach().clone() or x.detach().numpy().copy(), or to write after "
                "backward or before the forward"
            )


def bytes_of(saved: Iterable[Any]) -> list[bytes]:
    """Those of each array among what a Node saves."""
    return [array.tobytes("A") for array in saved if isinstance(array, np.ndarray)]
