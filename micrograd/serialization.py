"""Saving and loading tensors and plain data around them, in the safetensors format: no pickle, so nothing is executed.

The tensors of a state_dict stand in the file under their own names: PyTorch's users read it with
`safetensors.torch.load_file`, and what they write with `save_file` loads here. Tensors that lie deeper are named after
the way to them, such as "state.0.exp_avg"; the data around them is JSON in the file's metadata.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import safetensors
import safetensors.numpy

from micrograd.tensors import Tensor, wrap

STRUCTURE = "micrograd"  # the name of the JSON in the metadata
RESERVED = "__metadata__"  # safetensors' own

# The format's names of the dtypes that are here.
DTYPES = {"F32": np.float32, "F64": np.float64, "I32": np.int32, "I64": np.int64, "U8": np.uint8, "BOOL": np.bool_}


def save(obj: Any, f: str | os.PathLike | BinaryIO) -> None:
    """Write obj, a Tensor or plain data with Tensors in it, to a path or an open binary file.

    Plain data are numbers, strings, True, False, None, and lists, tuples and dicts of them. A path is written whole or
    not at all. Raises TypeError for anything else, RuntimeError where the folder of the path is not there.
    """
    arrays: dict[str, np.ndarray] = {}
    structure = json.dumps(_to_json(obj, arrays, ""))
    content = safetensors.numpy.save(arrays, {STRUCTURE: structure})
    if isinstance(f, str | os.PathLike):
        _write(Path(f).resolve(), content)
    else:
        f.write(content)


def _write(path: Path, content: bytes) -> None:
    if not path.parent.is_dir():
        raise RuntimeError(f"Parent directory {path.parent} does not exist.")
    if path.exists() and not path.is_file():  # a pipe or a device: there is nothing to take its place
        path.write_bytes(content)
        return
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def load(f: str | os.PathLike | BinaryIO, map_location: Any = None, *, weights_only: bool = True) -> Any:
    """Read what save, or any writer of safetensors, wrote to a path or an open binary file.

    Another writer's file is a dict of its tensors. map_location and weights_only are PyTorch's and change nothing:
    there is one device, and nothing but data. Raises OSError where the file cannot be read, RuntimeError where it is
    damaged or in another format, TypeError for dtypes that are not here.
    """
    content = Path(f).read_bytes() if isinstance(f, str | os.PathLike) else f.read()
    try:
        parts = safetensors.deserialize(content)
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
        tensors = {name: wrap(_array_of(name, part)) for name, part in parts}
        structure = header.pop(RESERVED, {}).get(STRUCTURE)
        if structure is None:
            return {name: tensors[name] for name in header}
        return _from_json(json.loads(structure), tensors)
    except (safetensors.SafetensorError, ValueError, KeyError) as error:
        raise RuntimeError(
            f"{f} cannot be loaded: it is damaged, or not in the safetensors format ({error}). What PyTorch's own save "
            "wrote has to be written anew with safetensors.torch.save_file"
        ) from None


def _array_of(name: str, part: Mapping[str, Any]) -> np.ndarray:
    if part["dtype"] not in DTYPES:
        raise TypeError(
            f"{name!r} is of the dtype {part['dtype']}, and there are {', '.join(DTYPES)}: save it as float32"
        )
    return np.frombuffer(part["data"], DTYPES[part["dtype"]]).reshape(part["shape"])


def _to_json(obj: Any, arrays: dict[str, np.ndarray], way: str) -> Any:
    """obj as JSON; what JSON does not tell apart is a list that begins with its kind. Tensors go into arrays.

    way: the keys that lead to obj, joined by dots.
    """
    if isinstance(obj, np.generic):
        obj = obj.item()
    if obj is None or isinstance(obj, bool | int | float | str):
        return obj
    if isinstance(obj, Tensor):
        name = way or "tensor"
        while name in arrays or name == RESERVED:
            name += "_"
        arrays[name] = np.asarray(obj._array, order="C")
        return ["tensor", name, obj._requires_grad]
    if isinstance(obj, Mapping):
        items = [[_to_json(key, arrays, way), _to_json(obj[key], arrays, _on(way, key))] for key in obj]
        return ["dict", *items]
    if isinstance(obj, list | tuple):
        items = [_to_json(item, arrays, _on(way, i)) for i, item in enumerate(obj)]
        return ["tuple" if isinstance(obj, tuple) else "list", *items]
    raise TypeError(
        f"save takes tensors and plain data (numbers, strings, lists, tuples, dicts), not {type(obj).__name__}"
        + (f" at {way!r}" if way else "")
    )


def _on(way: str, key: Any) -> str:
    return f"{way}.{key}" if way else str(key)


def _from_json(obj: Any, tensors: Mapping[str, Tensor]) -> Any:
    if not isinstance(obj, list):
        return obj
    kind, *parts = obj
    if kind == "tensor":
        name, requires_grad = parts
        return tensors[name].requires_grad_(requires_grad)
    if kind == "dict":
        return {_from_json(key, tensors): _from_json(value, tensors) for key, value in parts}
    items = [_from_json(part, tensors) for part in parts]
    return tuple(items) if kind == "tuple" else items
