"""What a compiled function of Values returns: Values whose only parent is one node, the call of its program.

The inputs of that node are the Values that the function was given or read, and its backward is the program's. Gradients
are added up in the engine's order, so they are the engine's to the last bit, with one exception: if several results go
into one loss, and a weight is used between them as well, the order may differ, and with it the last digit.
"""

import operator
import weakref
from collections.abc import Sequence
from typing import Any

from micrograd.autograd import scalar_op
from micrograd.compiling.value_program import Step
from micrograd.engine import Value, topological_order
from micrograd.graph import state

OPERATIONS: dict[str, Any] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "**": operator.pow,
}
OPERATIONS |= {"neg": operator.neg, "abs": abs, "ReLU": Value.relu}
OPERATIONS |= {name: getattr(Value, name) for name in ("exp", "log", "sqrt", "tanh", "sigmoid")}


class Call(Value):
    """One call of a program, as a node. given: indices of the results that backward reached, the last one first."""

    def __init__(self, program: Any, inputs: Sequence[Value], kept: Any):
        super().__init__(0.0, inputs, "compiled")
        self.program, self.kept = program, kept
        self.results: list[Any] = []
        self.given: list[int] = []

    def _backward(self) -> None:
        which = tuple(dict.fromkeys(reversed(self.given)))
        results = [result() for result in self.results]
        grads, inner = self.program.back(which)(
            self.kept, [results[i].grad for i in which], [x.grad for x in self._prev]
        )
        for x, grad in zip(self._prev, grads, strict=True):
            x.grad = grad
        for i, grad in inner.items():
            if results[i] is not None:
                results[i].grad = 0.0 + grad

    def unfold(self) -> None:
        """Replace this node by the graph of Values that the program stands for, as for a picture.

        Its inner nodes have the gradients of the last backward, if that came here.
        """
        results = {step: result() for step, result in zip(self.program.outs, self.results, strict=True)}
        starts = [(results[self.program.outs[i]], results[self.program.outs[i]].grad) for i in self.given]
        now = [(x.data, x.grad) for x in self._prev]
        for x, number in zip(self._prev, self.program.given(self.kept), strict=True):
            x.data = number  # that of the call; it may have changed since
        made = values_of(self.program, self._prev, results)
        for result, grad in starts:
            result.grad = grad
        for node in made:
            node._backward()
        for x, (data, grad) in zip(self._prev, now, strict=True):
            x.data, x.grad = data, grad


class Result(Value):
    """A Value that a compiled function returns."""

    def __init__(self, data: float, call: Call, index: int, label: str):
        super().__init__(data, (call,), "compiled", label)
        self.index, self.program = index, call.program.source
        call.results.append(weakref.ref(self))

    def _backward(self) -> None:
        call: Any = self._prev[0]
        if call.grad == 0.0:  # a new backward: drop what one that ended with an error left
            call.given = []
        call.grad += 1.0
        call.given.append(self.index)


class Number(Value):
    """A number that a compiled function was given in a list, as a Value: the next call may bring another one.

    It stands for a float as long as the function does arithmetic with it and no more; else it ends the recording.
    """

    def _refuse(self) -> None:
        if state.recording is not None:
            state.recording.stop("a number is compared, converted or asked whether it is zero")

    def __bool__(self) -> bool:
        self._refuse()
        return True

    def __eq__(self, other: object) -> bool:
        self._refuse()
        return self is other

    def __hash__(self) -> int:
        self._refuse()
        return object.__hash__(self)

    def __getattr__(self, name: str) -> Any:
        self._refuse()
        raise AttributeError(name)

    def _no_value_can(self, *others: Any) -> Any:
        self._refuse()
        raise TypeError("a Value is no float")

    __float__ = __int__ = __index__ = __round__ = _no_value_can
    __mod__ = __rmod__ = __floordiv__ = __rfloordiv__ = __divmod__ = __rdivmod__ = _no_value_can


def values_of(program: Any, inputs: Sequence[Value], results: dict[Step, Any]) -> list[Value]:
    """The inner nodes of a program as Values over its inputs, the last one first, with a gradient of 0.

    The results among them become such nodes themselves.
    """
    made: dict[Step, Value] = dict(zip(program.inputs, inputs, strict=True))
    inner = []
    for step in topological_order(*program.outs):
        if step in made:
            continue
        if step.op == "constant":
            made[step] = Value(step.parameter)
            continue
        value = _run(step, [made[parent] for parent in step._prev])
        result = results.get(step)
        if result is not None:
            result.__class__ = Value
            result._prev, result._op, result._local, result.grad = value._prev, value._op, value._local, 0.0
            value = result
        value.label = step.label
        made[step] = value
        inner.append(value)
    return inner[::-1]


def _run(step: Step, parents: Sequence[Value]) -> Value:
    """The operation of a Step on Values."""
    if step.op == "dot":
        half = len(parents) // 2
        return Value.dot(parents[:half], parents[half:-1], parents[-1])
    if step.op == "own":
        return scalar_op(step.parameter)(*parents)
    if step.op == "**n":
        return parents[0] ** (int(step.parameter) if step.parameter.is_integer() else step.parameter)
    return OPERATIONS[step.op](*parents)
