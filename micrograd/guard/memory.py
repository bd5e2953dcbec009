"""Writes into the numbers that a graph has saved which no version counter counts: through NumPy, or through `.data`.

Each Node keeps a copy of what it saves, as bytes, and backward compares them. That reads an array once more at either
time, at some 15 GB/s, and takes the memory of what is saved a second time while the guard is on.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np

from micrograd.graph import Node
from micrograd.guard.caught import Place, UpdateError, place_text


class Stamp(tuple):
    """The Place where a Node was made, and what it had saved by then: the bytes of each of its arrays."""

    saved: list[bytes]

    def __new__(cls, place: Place, saved: Iterable[Any]) -> "Stamp":
        made = super().__new__(cls, place)
        made.saved = _bytes(saved)
        return made


def check_saved(nodes: Iterable[Node]) -> None:
    """Raises UpdateError where backward is about to use numbers that were written over without the engine knowing.

    Raises the engine's own RuntimeError where it does know, because a version counter says so.
    """
    for node in nodes:
        where = getattr(node, "where", None)
        if isinstance(where, Stamp) and node.saved and _bytes(node.saved) != where.saved:
            node.check()
            raise UpdateError(
                f"backward through {node.name}{place_text(where)} needs numbers that were written over since, through "
                ".data, .numpy() or the array given to from_numpy, which share the tensor's memory: the gradients "
                "would be wrong. Probably meant: x.detach().clone() or x.detach().numpy().copy(), or to write after "
                "backward or before the forward"
            )


def _bytes(saved: Iterable[Any]) -> list[bytes]:
    return [array.tobytes("A") for array in saved if isinstance(array, np.ndarray)]
