"""The border of a recorded program: what is checked before it runs again, and the node that stands for it in the graph.

The checks are one function of Python, written for the recorded call: what its arguments were, what the function read.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from micrograd.graph import Edge, Node, new_node, observer, state
from micrograd.nn.module import Module
from micrograd.rules.errors import GO_ON, ON_ERROR
from micrograd.rules.grad_mode import enable_grad
from micrograd.tensors import Tensor


class Entry:
    """The lines of the function that asks whether a call is like the recorded one, and runs the program if it is."""

    def __init__(self, scope: dict[str, Any]):
        self.scope = scope
        self.lines: list[str] = []
        self.tensors: list[str] = []
        self.given: dict[int, str] = {}
        self.arrays: dict[str, np.ndarray] = {}

    def known(self, value: Any) -> str:
        """The name of a thing that the function compares with."""
        name = f"k{len(self.scope)}"
        self.scope[name] = value
        return name

    def refuse(self, *conditions: str) -> None:
        """Another call than the recorded one is where one of these holds."""
        self.lines.append(f"if {' or '.join(conditions)}: return None")

    def argument(self, i: int, value: Any) -> bool:
        """Checks of an argument; False where it is of a kind that only the longer way knows."""
        x = f"x{i}"
        self.lines.append(f"{x} = args[{i}]")
        if isinstance(value, Tensor):
            if value._base is not None:
                return False
            if id(value) in self.given:
                self.refuse(f"{x} is not {self.given[id(value)]}")
                return True
            self.given[id(value)] = x
            array = value._array
            self.refuse(f"type({x}) is not {self.known(type(value))}", f"{x}._base is not None")
            self.refuse(f"{x}._requires_grad is not {value._requires_grad}")
            a = self.array(x, array)
            self.refuse(f"{a}.dtype is not {self.known(array.dtype)}", f"{a}.shape != {array.shape}")
            self.refuse(f"{a}.strides != {array.strides}")
        elif value is None or isinstance(value, Module) or type(value) in (bool, str):
            self.refuse(f"{x} is not {self.known(value)}")
        elif type(value) is int:
            self.refuse(f"type({x}) is not int", f"{x} != {value}")
        else:
            return False
        return True

    def array(self, tensor: str, array: np.ndarray) -> str:
        """The name of a tensor's array, which has to be another than those before."""
        name = f"a{len(self.arrays)}"
        self.lines.append(f"{name} = {tensor}._array")
        for other, its in self.arrays.items():
            if its.shape == array.shape and its.dtype == array.dtype:
                self.refuse(f"{name} is {other}")
        self.tensors.append(tensor)
        self.arrays[name] = array
        return name


def entry(args: Sequence[Any], holds: Callable, leaves: Sequence[Tensor], forward: Callable) -> Callable | None:
    """A function of a call's arguments that runs the program; None where they are of a kind that it does not know.

    What it returns is None where the call is of another kind than the recorded one or something that the function read
    has changed, else (the tensors, their arrays, the value, the way back).
    """
    scope = {"state": state, "observer": observer, "forward": forward, "holds": holds}
    new = Entry(scope | {"ON_ERROR": ON_ERROR, "GO_ON": GO_ON})
    new.refuse(f"len(args) != {len(args)}", f"state.grad_enabled is not {state.grad_enabled}")
    new.refuse("observer.operation is not None", "state.recording is not None")
    if not all(new.argument(i, value) for i, value in enumerate(args)):
        return None
    new.refuse("not holds()")
    for leaf in leaves:
        new.array(new.known(leaf), leaf._array)
    arrays = ", ".join(new.arrays)
    new.lines += ["token = ON_ERROR.set(GO_ON)", "try:", f"    value, back = forward({arrays})", "finally:"]
    new.lines += ["    ON_ERROR.reset(token)", f"return ({', '.join(new.tensors)},), ({arrays},), value, back"]
    text = "def enter(args):\n" + "\n".join([f"    {line}" for line in new.lines])
    exec(compile(text, "<micrograd border>", "exec"), new.scope)
    return new.scope["enter"]


class WayBack:
    """The gradients of all that wants one, computed once for each gradient of the result."""

    __slots__ = ("back", "found", "g")

    def __init__(self, back: Callable):
        self.back, self.g, self.found = back, None, []  # type: ignore[var-annotated]

    def part(self, i: int, g: Any) -> Any:
        """The gradient of input i, from that of the result; each is handed over once."""
        if self.g is not g:
            self.g, self.found = g, self.back(g)
        mine, self.found[i] = self.found[i], None
        return mine


def node_of(
    tensors: Sequence[Tensor], back: Callable, wanting: Sequence[tuple[int, tuple[int, ...], np.dtype]]
) -> Node:
    """The Node of a program, with an edge to each tensor that wants a gradient: (which, its shape, its dtype)."""
    way = WayBack(back)
    parents: list[Any] = []
    edges: list[Edge] = []
    previous: list[Any] = []
    for n, (i, shape, dtype) in enumerate(wanting):
        tensor = tensors[i]
        parent: Any = tensor._node or tensor
        if parent is not tensor:
            previous.append(parent)
        parents.append(parent)
        edges.append(Edge(parent, partial(way.part, n), shape, dtype))
    node = new_node("CompiledFunctionBackward")
    node.inputs, node.edges, node._prev = parents, edges, previous
    return node


class Call:
    """The call that a program ran in place of: the function, its arguments, and what came out."""

    __slots__ = ("args", "function", "kwargs", "value")

    def __init__(self, function: Callable, args: Sequence[Any], kwargs: dict[str, Any], value: np.ndarray):
        self.function, self.args, self.kwargs, self.value = function, args, kwargs, value


def unfold(node: Node) -> None:
    """Make of a program's Node the graph of the call that it stands for; for what draws it.

    Other Nodes stay as they are, and so do programs whose call gives other numbers by now.
    """
    call = (node.options or {}).get("call")
    if not isinstance(call, Call):
        return
    with enable_grad():
        result = call.function(*call.args, **call.kwargs)
    made, released = result._node, node.edges is None
    if made is None or result._array.tobytes() != call.value.tobytes():
        return
    for name in ("name", "op", "inputs", "options", "module", "edges", "_prev", "saved", "versions"):
        setattr(node, name, getattr(made, name))
    if released:
        node.edges = node.saved = None
