"""Writes through a NumPy array into the memory of a tensor, which its version counter does not see."""

import weakref
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from micrograd.graph import Node
from micrograd.guard.caught import Place, UpdateError, place_text
from micrograd.tensors import Tensor

MOST_BYTES = 1 << 17
"""Larger arrays are not watched: each check reads the whole array."""

_shared: "dict[int, _Shared]" = {}
_writes = [0]
"""How many writes were noticed so far: a clock that tells whether a Node is older than a write."""


class Stamp(tuple):
    """The Place where a Node was made, and how many writes had been noticed by then."""

    writes: int

    def __new__(cls, place: Place) -> "Stamp":
        made = super().__new__(cls, place)
        made.writes = _writes[0]
        return made


class _Shared:
    """An array that NumPy can write to: its checksum, its last write, and the version counters of its tensors.

    A change that no version counter has counted was a write through NumPy.
    """

    def __init__(self, array: np.ndarray):
        self.array = weakref.ref(array)
        self.checksum = zlib.crc32(array.tobytes())
        self.written = 0
        self.counters: dict[int, tuple[list[int], int]] = {}

    def look(self) -> None:
        """Notice a write since the last call."""
        if (array := self.array()) is None:
            return
        checksum = zlib.crc32(array.tobytes())
        if checksum != self.checksum:
            self.checksum = checksum
            if all(counter[0] == version for counter, version in self.counters.values()):
                _writes[0] += 1
                self.written = _writes[0]
        self.counters = {key: (counter, counter[0]) for key, (counter, _) in self.counters.items()}

    def add(self, tensor: Tensor) -> None:
        if len(self.counters) > 100:  # of tensors that are gone for the most part
            del self.counters[next(iter(self.counters))]
        self.counters[id(tensor._version)] = (tensor._version, tensor._version[0])


def on_shared(tensor: Tensor) -> None:
    """Watch the memory of a tensor that NumPy can now write to."""
    array = _root(tensor._array)
    if array.nbytes <= MOST_BYTES:
        shared = _of(array)
        if shared is None:
            shared = _shared[id(array)] = _Shared(array)
        shared.add(tensor)


def on_operation(inputs: Sequence[Any], result: Tensor) -> None:
    """Look at the inputs of an operation that NumPy can write to, because the graph saves them as they are now."""
    if not _shared or result.grad_fn is None:
        return
    for x in inputs:
        if isinstance(x, Tensor) and (shared := _of(_root(x._array))) is not None:
            shared.look()
            shared.add(x)


def check_saved(nodes: Iterable[Node]) -> None:
    """Raises UpdateError where backward is about to use numbers that were written over through NumPy."""
    if not _shared:
        return
    for key, shared in list(_shared.items()):
        shared.look()
        if shared.array() is None:
            del _shared[key]
    for node in nodes:
        where = getattr(node, "where", None)
        for array in node.saved or ():
            shared_with = _of(_root(array)) if isinstance(array, np.ndarray) else None
            if shared_with is not None and isinstance(where, Stamp) and shared_with.written > where.writes:
                raise UpdateError(
                    f"backward through {node.name}{place_text(where)} needs numbers that were written over since "
                    "through .numpy() or the array given to from_numpy, which share the tensor's memory: the "
                    "gradients would be wrong. Probably meant: x.detach().numpy().copy(), or to write before the "
                    "forward"
                )


def forget() -> None:
    _shared.clear()


def _of(array: np.ndarray) -> _Shared | None:
    shared = _shared.get(id(array))
    return shared if shared is not None and shared.array() is array else None


def _root(array: np.ndarray) -> np.ndarray:
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array
