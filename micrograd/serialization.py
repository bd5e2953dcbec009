"""Saving and loading tensors and plain data around them, in the safetensors format: no pickle, so nothing is executed.

The tensors of a state_dict stand in the file under their own names: PyTorch's users read it with
`safetensors.torch.load_file`, and what they write with `save_file` loads here. Tensors that lie deeper are named after
the keys that lead to them, such as "state.0.exp_avg"; the data around them is JSON in the file's metadata. Tensors that
share memory are written each in full, for other readers, and share it again once loaded.
"""

import json
import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import safetensors
import safetensors.numpy
from numpy.lib.array_utils import byte_bounds

from micrograd.rules.files import write_whole
from micrograd.tensors import Tensor, wrap

STRUCTURE = "micrograd"  # the name of the JSON in the metadata
RESERVED = "__metadata__"  # safetensors' own

# The format's names of the dtypes that are here.
DTYPES = {"F32": np.float32, "F64": np.float64, "I32": np.int32, "I64": np.int64, "U8": np.uint8, "BOOL": np.bool_}


def save(obj: Any, f: str | os.PathLike[str] | BinaryIO) -> None:
    """Write obj, a Tensor or plain data with Tensors in it, to a path or an open binary file.

    Plain data are numbers, strings, True, False, None, and lists, tuples and dicts of them. A path is written whole or
    not at all. Raises TypeError for anything else, RuntimeError where the folder of the path is not there.

    >>> import io
    >>> file = io.BytesIO()
    >>> torch.save({"weight": torch.ones(2), "step": 3}, file)
    >>> _ = file.seek(0)
    >>> torch.load(file)
    {'weight': tensor([1., 1.]), 'step': 3}
    """
    tensors: dict[str, tuple[Tensor, list]] = {}
    structure = _to_json(obj, tensors, "")
    _note_shared_memory(tensors)
    # Row-major copies: safetensors 0.8.0 scrambles other arrays.
    arrays = {name: np.asarray(tensor._array, order="C") for name, (tensor, _) in tensors.items()}
    content = safetensors.numpy.save(arrays, {STRUCTURE: json.dumps(structure)})
    if isinstance(f, str | os.PathLike):
        if not Path(f).resolve().parent.is_dir():
            raise RuntimeError(f"Parent directory {Path(f).resolve().parent} does not exist.")
        write_whole(f, content)
    else:
        f.write(content)


def load(f: str | os.PathLike[str] | BinaryIO, map_location: Any = None, *, weights_only: bool = True) -> Any:
    """Read what save, or any writer of safetensors, wrote to a path or an open binary file.

    Another writer's file is a dict of its tensors; so is one that save wrote and another program changed, with a
    warning. map_location and weights_only are PyTorch's and change nothing: there is one device, and nothing but data.
    Raises OSError where the file cannot be read, RuntimeError where it is damaged or in another format, TypeError for
    dtypes that micrograd does not have.

    >>> import io
    >>> file = io.BytesIO()
    >>> torch.save({'w': torch.ones(2)}, file)
    >>> position = file.seek(0)
    >>> torch.load(file)
    {'w': tensor([1., 1.])}
    """
    content = Path(f).read_bytes() if isinstance(f, str | os.PathLike) else f.read()
    try:
        arrays, metadata = arrays_of(content)
    except (safetensors.SafetensorError, ValueError, KeyError) as error:
        raise RuntimeError(
            f"{f} cannot be loaded: it is damaged, or not in the safetensors format ({error}). What PyTorch's own save "
            "wrote has to be written anew with safetensors.torch.save_file"
        ) from None
    if STRUCTURE in metadata:
        try:
            loading = _Loading(arrays)
            obj = loading.from_json(json.loads(metadata[STRUCTURE]))
            if loading.is_whole():
                return obj
        except (ValueError, KeyError, TypeError, RecursionError, MemoryError):
            pass
        warnings.warn(f"{f} was changed or written by another program: its tensors come as a dict", stacklevel=2)
    return {name: wrap(array) for name, array in arrays.items()}


def arrays_of(content: bytes) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """The arrays of a file in the safetensors format, in its order, and its metadata.

    Raises SafetensorError, ValueError or KeyError where it is damaged, TypeError for dtypes that micrograd lacks.
    """
    parts = dict(safetensors.deserialize(content))
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    metadata = header.pop(RESERVED, {})
    return {name: _array_of(name, parts[name]) for name in header}, metadata


def _array_of(name: str, part: Mapping[str, Any]) -> np.ndarray:
    if part["dtype"] not in DTYPES:
        raise TypeError(
            f"{name!r} is of the dtype {part['dtype']}, and micrograd has {', '.join(DTYPES)}: save it as float32"
        )
    return np.frombuffer(part["data"], DTYPES[part["dtype"]]).reshape(part["shape"])


def _to_json(obj: Any, tensors: dict[str, tuple[Tensor, list]], path: str) -> Any:
    """obj as JSON, where a list begins with its kind, which JSON does not tell apart.

    tensors: collects each Tensor and its item in the JSON, by name. path: the keys that lead to obj, joined by dots.
    """
    if isinstance(obj, np.generic):
        obj = obj.item()
    if obj is None or isinstance(obj, bool | int | float | str):
        return obj
    if isinstance(obj, Tensor):
        name = path or "tensor"
        while name in tensors or name == RESERVED:
            name += "_"
        item = ["tensor", name, obj._requires_grad]
        tensors[name] = obj, item
        return item
    if isinstance(obj, Mapping):
        items = [[_to_json(key, tensors, path), _to_json(obj[key], tensors, _joined(path, key))] for key in obj]
        return ["dict", *items]
    if isinstance(obj, list | tuple):
        items = [_to_json(item, tensors, _joined(path, i)) for i, item in enumerate(obj)]
        return ["tuple" if isinstance(obj, tuple) else "list", *items]
    raise TypeError(
        f"save takes tensors and plain data (numbers, strings, lists, tuples, dicts), not {type(obj).__name__}"
        + (f" at {path!r}" if path else "")
    )


def _joined(path: str, key: Any) -> str:
    return f"{path}.{key}" if path else str(key)


def _note_shared_memory(tensors: dict[str, tuple[Tensor, list]]) -> None:
    """Add to the items of tensors whose memory is shared: its first tensor's name, its size, and the offset in it.

    Size, offset and strides are in bytes. A tensor that is there several times becomes one again: its later
    items are ["again", name, first name].
    """
    groups: dict[int, list[str]] = {}
    for name, (tensor, _) in tensors.items():
        owner: Any = tensor._array
        while getattr(owner, "base", None) is not None:
            owner = owner.base
        groups.setdefault(id(owner), []).append(name)
    for names in groups.values():
        bounds = [byte_bounds(tensors[name][0]._array) for name in names]
        start, end = min(low for low, _ in bounds), max(high for _, high in bounds)
        first: dict[int, str] = {}
        for name in names if len(names) > 1 else []:
            tensor, item = tensors[name]
            array = tensor._array
            if id(tensor) in first:
                item[:] = ["again", name, first[id(tensor)]]
            else:
                item += [names[0], end - start, array.ctypes.data - start, array.strides]
            first.setdefault(id(tensor), name)


class _Loading:
    """The tensors of a file on the way into the data around them."""

    def __init__(self, arrays: dict[str, np.ndarray]):
        self.arrays = arrays
        self.tensors: dict[str, Tensor] = {}  # those that were asked for
        self.memories: dict[str, Tensor] = {}  # shared by several of them, under the name of the first

    def is_whole(self) -> bool:
        """Whether all tensors were asked for, and those that share memory agree about what is in it."""
        return self.tensors.keys() == self.arrays.keys() and all(
            tensor._array is self.arrays[name] or tensor._array.tobytes() == self.arrays[name].tobytes()
            for name, tensor in self.tensors.items()
        )

    def from_json(self, obj: Any) -> Any:
        if not isinstance(obj, list):
            return obj
        kind, *items = obj
        if kind == "dict":
            return {self.from_json(key): self.from_json(value) for key, value in items}
        if kind == "again":
            name, first = items
            self.tensors[name] = self.tensors[first]
            return self.tensors[name]
        if kind == "tensor":
            name, requires_grad, *view = items
            tensor = self.shared(self.arrays[name], *view) if view else wrap(self.arrays[name])
            self.tensors[name] = tensor.requires_grad_(requires_grad)
            return tensor
        values = [self.from_json(item) for item in items]
        return tuple(values) if kind == "tuple" else values

    def shared(self, array: np.ndarray, memory: str, size: int, offset: int, strides: list[int]) -> Tensor:
        """The array as a view of memory that other tensors share."""
        whole = self.memories.setdefault(memory, wrap(np.zeros(size, np.uint8)))
        tensor = whole.detach()  # so that all know of each other's changes
        tensor._array = np.ndarray(array.shape, array.dtype, whole._array, offset, strides)
        tensor._array[...] = array
        return tensor
