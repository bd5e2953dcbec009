"""Watches one call of a function of Values: which are made, by what, and whether anything reads their numbers.

The graph that the call leaves is its record. What a graph cannot show is watched here: a function that looks at the
numbers of Values could go another way next time, and an operation that was given numbers alone cannot be run again.
"""

import sys
import types
from typing import Any

import numpy as np

from micrograd import autograd, engine
from micrograd.compiling.guards import Guards
from micrograd.compiling.recording import Recording, Watch
from micrograd.engine import Value
from micrograd.graph import state
from micrograd.tensors import Tensor

POWER = Value.__pow__.__code__
OWN = next(code for code in autograd.scalar_op.__code__.co_consts if isinstance(code, types.CodeType))
HAND_ON = {OWN, *(code for code in OWN.co_consts if isinstance(code, types.CodeType))}
LOOKS = {getattr(Value, f"__{name}__").__code__: f"{name} compares Values" for name in ("lt", "le", "gt", "ge")}
LOOKS[Value.__repr__.__code__] = "a Value is printed"
LARGEST = 1_000_000  # bytes of an array that is compared on every call


class ValueGuards(Guards):
    """Values that a function reads are inputs: their numbers are read in each call."""

    def inside(self, value: Any, label: str, attributes: Any = ()) -> None:
        if isinstance(value, Value):
            self.names.setdefault(id(value), label)
            self.kept[id(value)] = value
        elif isinstance(value, np.ndarray) and value.dtype.kind in "biuf" and value.nbytes <= LARGEST:
            if id(value) not in self.kept:
                self.kept[id(value)] = value
                name = self._constant(value)
                self.conditions.append(
                    f"{name}.shape == {value.shape} and {name}.dtype is {self._constant(value.dtype)}"
                    f" and {name}.tobytes() == {self._constant(value.tobytes())}"
                )
        elif isinstance(value, Tensor):
            self.obstacle = self.obstacle or f"{label} is a tensor, among Values"
        else:
            super().inside(value, label, attributes)


class ValueRecording(Recording):
    """As a context manager: the Values of the block are watched.

    nodes: by id, each Value that was made, and what its op needs beside its inputs: the exponent of a power, the
    function of an operation of one's own. asks_kinds: whether the function may ask what kind of thing it was given.
    """

    def __init__(self, guards: ValueGuards):
        super().__init__()
        self.guards = guards
        for name, item in vars(Value).items():
            if isinstance(item, types.FunctionType) and name != "__init__":  # which another thread's recording replaces
                guards.variable(vars(Value), name, name)  # type: ignore[arg-type]
        self.nodes: dict[int, tuple[Value, Any]] = {}
        self.asks_kinds = False

    def watch_named(self, scope: dict[str, Any], name: str, names: set[str]) -> None:
        self.asks_kinds = self.asks_kinds or name in ("type", "isinstance", "getattr", "hasattr", "id")
        self.guards.variable(scope, name, name, names)

    def operation(self, op: Any, inputs: Any, options: dict[str, Any], result: Any) -> None:
        if state.recording is self:
            self.stop("it works with tensors, among Values")

    def born(self, value: Value, frame: Any) -> None:
        """A Value was made, in this frame."""
        code, parameter = frame.f_code, None
        if code is POWER:
            parameter = frame.f_locals.get("exponent")
        elif code is OWN:
            parameter = frame.f_locals["function"]
        elif value._prev and code.co_filename != engine.__file__:
            self.stop(
                f"the operation '{value._op}' gives numbers alone (local=...), which cannot be run again with others: "
                "write it as a function of numbers that returns its result and derivatives, and decorate that with "
                "@micrograd.autograd.scalar_op"
            )
        self.nodes[id(value)] = (value, parameter)

    def looked(self, what: str, frame: Any) -> None:
        """A frame reads the number or the gradient of a Value."""
        code = frame.f_code
        if code in LOOKS:
            self.stop(f"{LOOKS[code]}, and could go another way next time")
        elif what == "grad":
            inside = code.co_filename == engine.__file__ or code.co_name == "zero_grad"
            who = f"{code.co_name}()" if inside else f"{code.co_name} reads or sets grad and"
            self.stop(f"{who} belongs outside of a compiled function")
        elif code.co_filename != engine.__file__ and code not in HAND_ON:
            self.stop(
                f"{code.co_name} looks at the number of a Value (.data): return the Value, and look at it outside"
            )

    def __enter__(self) -> "ValueRecording":
        _values.__enter__()
        super().__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        super().__exit__(*exception)
        _values.__exit__()


_as_ever = Value.__init__


def _init(self: Value, *args: Any, **kwargs: Any) -> None:
    _as_ever(self, *args, **kwargs)
    if isinstance(state.recording, ValueRecording):
        state.recording.born(self, sys._getframe(1))


def _watched(name: str) -> property:
    """An attribute of Value that reports who reads and who changes it."""

    def read(value: Value) -> Any:
        if isinstance(state.recording, ValueRecording):
            state.recording.looked(name, sys._getframe(1))
        try:
            return value.__dict__[name]
        except KeyError:
            raise AttributeError(name) from None

    def write(value: Value, new: Any) -> None:
        if isinstance(state.recording, ValueRecording) and name in value.__dict__:
            if name == "data":
                state.recording.stop("the number of a Value is set, which belongs outside of a compiled function")
            else:
                state.recording.looked(name, sys._getframe(1))
        value.__dict__[name] = new

    return property(read, write)


_values = Watch(Value, __init__=_init, data=_watched("data"), grad=_watched("grad"))
