"""What a recorded program depends on, and whether it is as it was: one function of Python, asked on every call."""

import functools
import sys
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from micrograd.compiling.recording import HERE
from micrograd.nn.module import Module
from micrograd.rules import dtypes
from micrograd.stream import Stream
from micrograd.tensors import Tensor

MOST = 20_000  # things that are watched; what holds more cannot be asked on every call
PLAIN = {*sys.stdlib_module_names, "micrograd", "numpy"}  # whose classes stay as they are
NUMBERS = (int, float, bool, str, bytes, type(None), complex, type(...), slice)


class Guards:
    """Things that a function read: module attributes, globals, closure cells, lists and their like.

    names: what the tensors among them are called, by id. obstacle: what cannot be watched, None if all can.
    """

    def __init__(self) -> None:
        self.conditions: list[str] = []
        self.scope: dict[str, Any] = {"len": len, "type": type}
        self.names: dict[int, str] = {}
        self.kept: dict[int, Any] = {}
        self.obstacle: str | None = None
        self.done: set[tuple[int, str]] = set()
        self.same(f"{self._constant(vars(dtypes))}['default_dtype']", dtypes.default_dtype)

    def _constant(self, value: Any) -> str:
        name = f"o{len(self.scope)}"
        self.scope[name] = value
        return name

    def same(self, holder: str, value: Any) -> None:
        """The expression `holder` has to give this very object, or an equal number."""
        if type(value) in (int, str, bool, float) and value == value and value != 0:  # -0.0 is another number than 0.0
            known = self._constant(value)
            self.conditions.append(
                f"({holder} is {known} or (type({holder}) is type({known}) and {holder} == {known}))"
            )
        else:
            self.conditions.append(f"{holder} is {self._constant(value)}")

    def variable(self, scope: dict[str, Any], name: str, label: str, attributes: Any = ()) -> None:
        """A global, or another entry of a dict, of a function that ran."""
        if (id(scope), name) in self.done:
            return
        self.done.add((id(scope), name))
        self.kept[id(scope)] = scope
        if name not in scope:  # Python's own, which a global of this name would hide
            self.conditions.append(f"{name!r} not in {self._constant(scope)}")
            return
        self.same(f"{self._constant(scope)}[{name!r}]", scope[name])
        self.inside(scope[name], label, attributes)

    def cell(self, cell: Any, label: str) -> None:
        """A variable of a closure."""
        if id(cell) in self.kept:
            return
        self.kept[id(cell)] = cell
        self.same(f"{self._constant(cell)}.cell_contents", cell.cell_contents)
        self.inside(cell.cell_contents, label)

    def inside(self, value: Any, label: str, attributes: Any = ()) -> None:
        """What is in a value: the attributes of a module or object, the items of a list."""
        if isinstance(value, (NUMBERS, np.generic, Stream)):  # what draws from a stream is called anew
            return
        if isinstance(value, Tensor):
            self.names.setdefault(id(value), label)
            self.kept[id(value)] = value
            return
        if id(value) in self.kept and not isinstance(value, types.ModuleType):
            return
        self.kept[id(value)] = value
        if len(self.conditions) > MOST:
            self.obstacle = self.obstacle or f"{label} holds too much to be watched for changes"
        if self.obstacle is not None:
            return
        if isinstance(value, types.ModuleType):
            if value.__name__.startswith("numpy.random") or (value.__name__ == "numpy" and "random" in attributes):
                self.obstacle = "NumPy's random numbers are asked for"
            elif not (getattr(value, "__file__", None) or "").startswith(HERE) and value.__name__ != "numpy":
                for name in attributes:
                    if name in vars(value) and (id(vars(value)), name) not in self.done:
                        self.variable(vars(value), name, name)
        elif isinstance(value, list | tuple):
            holder = self._constant(value)
            if isinstance(value, list):
                self.conditions.append(f"len({holder}) == {len(value)}")
            for i, item in enumerate(value):
                if isinstance(value, list):
                    self.same(f"{holder}[{i}]", item)
                self.inside(item, f"{label}.{i}", attributes)
                if self.obstacle is not None:
                    return
        elif isinstance(value, dict):
            holder = self._constant(value)
            # their order as well
            self.conditions.append(f"[*{holder}] == {self._constant([*value])}" if value else f"not {holder}")
            for key, item in value.items():
                self.same(f"{holder}[{self._constant(key)}]", item)
                self.inside(item, f"{label}.{key}", attributes)
                if self.obstacle is not None:
                    return
        elif isinstance(value, np.ndarray | set):
            self.obstacle = f"{label}, {type(value).__name__}, can change without a trace: make it a tensor"
        elif isinstance(value, types.FunctionType):
            if not value.__code__.co_filename.startswith((HERE, "<micrograd")):
                for part in ("__code__", "__defaults__", "__kwdefaults__"):
                    # A notebook that loads files again replaces them.
                    self.same(f"{self._constant(value)}.{part}", getattr(value, part))
                for name, cell in zip(value.__code__.co_freevars, value.__closure__ or (), strict=True):
                    self.cell(cell, name)
                for default in (value.__defaults__, value.__kwdefaults__):
                    self.inside(default, label, attributes)
            self.inside(vars(value), label, attributes)
        elif isinstance(value, type):
            self.kind(value, label, attributes)
        elif isinstance(value, np.ufunc):
            return
        elif hasattr(value, "cache_clear") and not value.__module__.startswith("micrograd"):
            self.obstacle = f"{label} keeps its results in a cache, which can be emptied without a trace"
        elif isinstance(value, functools.partial):
            self.inside([value.func, value.args, value.keywords], label, attributes)
        elif callable(value) and hasattr(value, "__self__"):  # a method, of Python or not
            if not isinstance(value.__self__, types.ModuleType):
                self.inside(value.__self__, label, attributes)
            self.inside(getattr(value, "__func__", None), label, attributes)
        elif hasattr(type(value), "source") and "_recorded" in vars(value):  # compiled as well
            self.inside(value._function, label, attributes)
        elif hasattr(value, "__dict__"):
            if isinstance(value, Module) and value._hooks:
                self.obstacle = f"{type(value).__name__} has hooks, which are to be called anew each time"
            mine = vars(value)
            holder = self._constant(mine)
            if sum(isinstance(item, Module) for item in mine.values()) > 1:  # a Sequential runs them in this order
                self.conditions.append(f"[*{holder}] == {self._constant([*mine])}")
            else:
                self.conditions.append(f"len({holder}) == {len(mine)}")
            for name, item in list(mine.items()):
                self.same(f"{holder}[{name!r}]", item)
                self.inside(item, f"{label}.{name}" if label else name, attributes)
            self.kind(type(value), label, attributes)
        elif not callable(value):
            self.obstacle = f"{label}, {type(value).__name__}, cannot be watched for changes"

    def kind(self, value: type, label: str, attributes: Any = ()) -> None:
        """What is written in the body of a class, and of those that it is made from."""
        for kind in value.__mro__:
            if kind.__module__.split(".")[0] in PLAIN or (id(kind), "") in self.done:
                continue
            self.done.add((id(kind), ""))
            holder = self._constant(vars(kind))
            self.conditions.append(f"len({holder}) == {len(vars(kind))}")
            for name, item in list(vars(kind).items()):
                if not name.startswith("__") or isinstance(item, types.FunctionType):
                    self.same(f"{holder}[{name!r}]", item)
                item = item.fget if isinstance(item, property) else getattr(item, "__func__", item)
                plain = isinstance(item, types.FunctionType) or not hasattr(type(item), "__get__")
                if plain and not name.startswith("__"):
                    self.inside(item, f"{label}.{name}" if label else name, attributes)

    def tensor(self, tensor: Tensor) -> None:
        """A leaf, which is read at each call, has to keep its shape, dtype, layout and requires_grad."""
        name, array = self._constant(tensor), tensor._array
        self.conditions.append(
            f"({name}._array is {self._constant(array)} or"
            f" ({name}._array.shape == {array.shape} and {name}._array.dtype is {self._constant(array.dtype)}"
            f" and {name}._array.strides == {array.strides}))"
            f" and {name}._requires_grad is {tensor._requires_grad} and {name}._node is None"
        )

    def made(self) -> Callable[[], bool]:
        """The function that says whether all is as it was."""
        lines = [f"        if not ({condition}): return False\n" for condition in dict.fromkeys(self.conditions)]
        text = f"def holds():\n    try:\n{''.join(lines)}    except KeyError: return False\n    return True\n"
        exec(compile(text, "<micrograd guards>", "exec"), self.scope)
        return self.scope["holds"]
