"""Which operation is the first whose result, or else whose derivative, is another one on PyTorch."""

from collections.abc import Callable, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

import micrograd
from micrograd.compare.report import DIFFERENT, Pair, both_numbers, judge, rounding
from micrograd.compare.runs import back, leaf, taken_apart
from micrograd.graph import observer


class Call:
    """An input, or one operation, of a run. node: the name of the graph's node. gradient: filled by backward."""

    def __init__(self, title: str, node: str, inputs: Sequence[Any], result: Any):
        self.title, self.node, self.inputs, self.result = title, node, inputs, result
        self.value: np.ndarray = result.detach().numpy().copy()
        self.gradient: np.ndarray | None = None
        if result.requires_grad:
            result.register_hook(lambda g: setattr(self, "gradient", g.detach().numpy().copy()))


def first_difference(torch: Any, fn: Callable, arrays: Sequence[np.ndarray], names: Sequence[str]) -> str:
    """Run fn once more on both libraries, look at every result and gradient in between, and say what differs first.

    An operation of micrograd's goes with the next one of PyTorch's whose node has the same name and whose result has
    the same shape.
    """
    mine, theirs = (_run(library, fn, arrays, names) for library in (micrograd, torch))
    pairs, begin = [], 0
    for call in mine:
        for i in range(begin, len(theirs)):
            if (theirs[i].node, theirs[i].value.shape) == (call.node, call.value.shape):
                pairs.append((call, theirs[i]))
                begin = i + 1
                break
    for call, partner in pairs:
        if numbers := _difference(call.value, partner.value):
            return f"{call.title} is the first op whose result differs: {numbers}"
    for call, partner in reversed(pairs):
        if numbers := _difference(call.gradient, partner.gradient):
            users = dict.fromkeys(user.title for user in mine if any(x is call.result for x in user.inputs))
            return (
                f"all results agree; going back, the first gradient that differs is that of {call.title}: {numbers}. "
                f"It comes through {', '.join(users) or 'no op'}: a derivative is wrong, or one side is detached"
            )
    return "every op agrees with its partner on PyTorch: look at what is detached, and at Functions of your own"


def _difference(here: np.ndarray | None, there: np.ndarray | None) -> str:
    """The two numbers that differ most, in words; empty where the arrays agree."""
    row = judge([Pair("", here, there)], *rounding([x for x in (here, there) if x is not None]))[0]
    mine, theirs = both_numbers(row.mine, row.theirs) if row.verdict == DIFFERENT else ("", "")
    return mine and f"{mine} on micrograd, {theirs} on PyTorch" + (f" at {list(row.at)}" if row.at else "")


def _run(library: Any, fn: Callable, arrays: Sequence[np.ndarray], names: Sequence[str]) -> list[Call]:
    """The inputs and the calls of a run of fn on a library, after backward."""
    leaves = [leaf(library, array) for array in arrays]
    calls = [Call(f"input {name}", "", (), x) for name, x in zip(names, leaves, strict=True)]
    with _on_micrograd(calls) if library is micrograd else _on_pytorch(calls):
        value, _ = taken_apart(fn(library, *leaves), library.Tensor)
    back(library, value)
    return calls


@contextmanager
def _on_micrograd(calls: list[Call]) -> Any:
    def note(op: Any, inputs: Sequence[Any], options: dict[str, Any], result: Any) -> None:
        if (node := result.grad_fn) is not None:
            calls.append(Call(f"{op.name} ({node.name})", node.name, inputs, result))

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
                calls.append(Call(func.__name__, made.grad_fn.name(), args, made))
            return result

    return Listener()
