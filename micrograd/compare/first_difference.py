"""Which operation is the first whose result, or else whose gradient, is another one on PyTorch."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

import micrograd
from micrograd.compare.report import DIFFERENT, Pair, both_numbers, judge, rounding
from micrograd.compare.runs import back, leaf, taken_apart
from micrograd.graph import observer


class Call:
    """One operation of a run. node: the name of the graph's node. gradient: that of the result, filled by backward."""

    def __init__(self, op: str, inputs: Sequence[Any], result: Any, node: str):
        self.op, self.inputs, self.result, self.node = op, inputs, result, node
        self.value: np.ndarray = result.detach().numpy().copy()
        self.gradient: np.ndarray | None = None
        result.register_hook(self._note)

    def _note(self, gradient: Any) -> None:
        self.gradient = gradient.detach().numpy().copy()

    def __str__(self) -> str:
        return f"{self.op} ({self.node})"


def first_difference(torch: Any, fn: Callable, arrays: Sequence[np.ndarray], names: Sequence[str]) -> str:
    """Run fn once more on both libraries, look at every result and gradient in between, and say what differs first.

    An operation of micrograd's goes with the next one of PyTorch's whose node has the same name and whose result has
    the same shape.
    """
    leaves, mine = _run(micrograd, _on_micrograd, fn, arrays)
    leaves_there, theirs = _run(torch, _on_pytorch, fn, arrays)
    pairs, begin = [], 0
    for call in mine:
        for i in range(begin, len(theirs)):
            if (theirs[i].node, theirs[i].value.shape) == (call.node, call.value.shape):
                pairs.append((call, theirs[i]))
                begin = i + 1
                break
    for call, partner in pairs:
        if numbers := _difference(call.value, partner.value):
            paired = [pair[0] for pair in pairs]
            alone = [str(other) for other in mine[: mine.index(call)] if other not in paired]
            before = f"; before it, PyTorch has no such op as {_listed(alone)}" if alone else ""
            return f"{call} is the first op whose result differs: {numbers}{before}"
    tensors = [(f"the result of {call}", call.result, call.gradient, partner.gradient) for call, partner in pairs[::-1]]
    for name, here, there in zip(names, leaves, leaves_there, strict=True):
        gradients = [None if x.grad is None else x.grad.numpy() for x in (here, there)]
        tensors.append((f"input {name}", here, *gradients))
    for what, tensor, here, there in tensors:
        if numbers := _difference(here, there):
            users = [str(call) for call in mine if any(x is tensor for x in call.inputs)]
            return (
                f"all results agree; going back, the first gradient that differs is that of {what}: {numbers}. It "
                f"comes through {_listed(users) or 'no op'}: a derivative is wrong, or a tensor detached on one side"
            )
    return "every op agrees with its partner on PyTorch: look at what is detached, and at Functions of your own"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(names))


def _difference(here: np.ndarray | None, there: np.ndarray | None) -> str:
    """The two numbers that differ most, in words; empty where the arrays agree."""
    row = judge([Pair("", here, there)], *rounding([x for x in (here, there) if x is not None]))[0]
    if row.verdict != DIFFERENT:
        return ""
    index = f" at {list(row.at)}" if row.at else ""
    mine, theirs = both_numbers(row.mine, row.theirs)
    return f"{mine} on micrograd, {theirs} on PyTorch{index}"


def _run(library: Any, listen: Callable, fn: Callable, arrays: Sequence[np.ndarray]) -> tuple[list[Any], list[Call]]:
    """The leaves and the calls of a run of fn on a library, after backward."""
    leaves, calls = [leaf(library, array) for array in arrays], []  # type: ignore[var-annotated]
    with listen(calls):
        value, _ = taken_apart(fn(library, *leaves), library.Tensor)
    back(library, value)
    return leaves, calls


@contextlib.contextmanager
def _on_micrograd(calls: list[Call]) -> Iterator[None]:
    def note(op: Any, inputs: Sequence[Any], options: dict[str, Any], result: Any) -> None:
        if result.grad_fn is not None:
            calls.append(Call(op.name, inputs, result, result.grad_fn.name))

    before, observer.operation = observer.operation, note
    try:
        yield
    finally:
        observer.operation = before


def _on_pytorch(calls: list[Call]) -> Any:
    import torch
    from torch.overrides import TorchFunctionMode

    class Listener(TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            result = func(*args, **(kwargs or {}))
            made = args[0] if result is None and args else result[0] if isinstance(result, tuple) and result else result
            if isinstance(made, torch.Tensor) and made.grad_fn is not None:
                calls.append(Call(func.__name__, args, made, made.grad_fn.name()))
            return result

    return Listener()
