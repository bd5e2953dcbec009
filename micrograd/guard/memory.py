"""Writes through an array of NumPy's into the memory of a tensor, of which its counter of changes knows nothing."""

import weakref
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from micrograd.graph import Node
from micrograd.guard.caught import UpdateError, place_text
from micrograd.tensors import Tensor

MOST_BYTES = 1 << 17
"""Larger arrays are not watched: to look whether one was changed takes as long as to read it."""


class _Shared:
    """An array that NumPy has a hold of: a checksum of it, and the counters of changes of the tensors in its memory."""

    def __init__(self, array: np.ndarray):
        self.array = weakref.ref(array)
        self.checksum = zlib.crc32(array.tobytes())
        self.counters: dict[int, list[int]] = {}
        self.versions: dict[int, int] = {}
        self.written: set[int] = set()  # the counters that did not know of a change

    def look(self) -> None:
        """Count a change that was made since the last look, and that no tensor has counted."""
        array = self.array()
        if array is None:
            return
        checksum = zlib.crc32(array.tobytes())
        counted = any(counter[0] != self.versions[key] for key, counter in self.counters.items())
        if checksum != self.checksum and not counted:
            for key, counter in self.counters.items():
                counter[0] += 1
                self.written.add(key)
        self.checksum = checksum
        self.versions = {key: counter[0] for key, counter in self.counters.items()}


_shared: dict[int, _Shared] = {}


def on_shared(tensor: Tensor) -> None:
    """Remember that NumPy has a hold of the memory of a tensor."""
    array = _root(tensor._array)
    if array.nbytes <= MOST_BYTES:
        if id(array) not in _shared or _shared[id(array)].array() is None:
            _shared[id(array)] = _Shared(array)
        _add(_shared[id(array)], tensor)


def on_operation(inputs: Sequence[Any], result: Tensor) -> None:
    """Look at the inputs of an operation that the graph keeps, as far as NumPy has a hold of them."""
    if not _shared or result.grad_fn is None:
        return
    for x in inputs:
        if isinstance(x, Tensor) and (shared := _shared.get(id(_root(x._array)))) is not None:
            shared.look()
            _add(shared, x)


def check_saved(nodes: Iterable[Node]) -> None:
    """Raises UpdateError where backward is about to use numbers that were written over through NumPy."""
    if not _shared:
        return
    for key, shared in list(_shared.items()):
        shared.look()
        if shared.array() is None:
            del _shared[key]
    written = {key for shared in _shared.values() for key in shared.written}
    for node in nodes:
        for counter, _ in node.changed():
            if id(counter) in written:
                raise UpdateError(
                    f"backward through {node.name}{place_text(getattr(node, 'where', None))} needs numbers that were "
                    "written over since through .numpy() or the array given to from_numpy, which share the tensor's "
                    "memory: the gradients would be wrong. Probably meant: x.detach().numpy().copy(), or to write "
                    "before the forward"
                )


def forget() -> None:
    _shared.clear()


def _add(shared: _Shared, tensor: Tensor) -> None:
    key = id(tensor._version)
    if len(shared.counters) > 1000:  # of tensors that are gone for the most part
        del shared.counters[next(iter(shared.counters))]
    shared.counters[key] = tensor._version
    shared.versions[key] = tensor._version[0]


def _root(array: np.ndarray) -> np.ndarray:
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array
