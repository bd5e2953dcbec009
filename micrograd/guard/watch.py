"""What the guard does at the engine's doors, `graph.observer`: after every op, before backward, before a step."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

from micrograd.engine import Value, topological_order
from micrograd.graph import observer, run_backward
from micrograd.guard import beside, broadcasts, memory, softmaxes, steps
from micrograd.guard.caught import user_line
from micrograd.guard.finite import check_result, find_first, is_finite
from micrograd.guard.trace import OF_ONE, OF_TWO, REARRANGED, REDUCTIONS, of_one, of_rearranged, of_reduction, of_two
from micrograd.tensors import Tensor

Options = dict[str, Any]


def on_operation(op: Any, inputs: Sequence[Any], options: Options, result: Tensor) -> None:
    """Look at the result of an op."""
    steps.note_gradients()
    node = result.grad_fn
    if node is not None:
        node.where = memory.Stamp(*user_line(), memory.bytes_of(node.saved or ()))
    name = options["loss"] if op.name == "loss_of_classes" else op.name
    handler = _HANDLERS.get(name)
    if handler is not None:
        handler(name, inputs, options, result)
    check_result(name, inputs, options, result)
    if _outside["operation"] is not None:
        _outside["operation"](op, inputs, options, result)


def on_backward(tensors: Sequence[Tensor], starts: Sequence[np.ndarray], accumulates: bool) -> Callable[[dict], None]:
    """Look at the graph before backward; returns what looks at the gradients that it found."""
    steps.note_gradients()
    if accumulates:
        steps.check_roots(tensors)
    nodes = topological_order(*[t.grad_fn for t in tensors if t.grad_fn is not None])
    held = [(node, node.edges, node.inputs) for node in nodes]  # which backward is about to release
    memory.check_saved(nodes)
    beside.note_modules(nodes)

    def after(gradients: dict[Any, Any]) -> None:
        finite = all(is_finite(np.asarray(g)) for g in gradients.values())
        if not finite and all(is_finite(start) for start in starts):
            observer.backward = None
            try:
                find_first(held, lambda: run_backward(tensors, starts, True))
            finally:
                observer.backward = on_backward
        if accumulates:
            steps.before_accumulating(gradients)

    return after


def before_step(parameters: Sequence[Tensor]) -> None:
    """Look at what an optimizer is about to move, and at what it leaves out."""
    beside.check_step(parameters)
    steps.before_step(parameters)


def _of_two(op: str, inputs: Sequence[Any], options: Options, result: Tensor) -> None:
    x, y = inputs
    if not isinstance(y, Tensor) or (isinstance(x, Tensor) and y._array.ndim == 0 < x._array.ndim):
        of_one(op, x, result)
    elif not isinstance(x, Tensor) or x._array.ndim == 0 < y._array.ndim:
        of_one(op, y, result)
    else:
        of_two(op, x, y, result)
        if x._array.shape != y._array.shape:
            broadcasts.check_operands(op, x, y, result)
        elif op in ("add", "sub"):
            steps.mark_update(x, y, result)


def _of_reduction(op: str, inputs: Sequence[Any], options: Options, result: Tensor) -> None:
    broadcasts.check_loss(op, inputs[0], options)
    of_reduction(op, inputs[0], options, result)


def _of_index(op: str, inputs: Sequence[Any], options: Options, result: Tensor) -> None:
    softmaxes.check_index(inputs[0], options["index"])
    of_rearranged(op, inputs[0], options, result)


def _of_first(function: Callable) -> Callable:
    """A handler that looks at the first input alone."""

    def handler(op: str, inputs: Sequence[Any], options: Options, result: Tensor) -> None:
        if inputs and isinstance(inputs[0], Tensor):
            function(op, inputs[0], options, result)

    return handler


_HANDLERS: dict[str, Callable] = {
    **dict.fromkeys(OF_ONE, _of_first(lambda op, x, options, result: of_one(op, x, result))),
    **dict.fromkeys(OF_TWO, _of_two),
    **dict.fromkeys(REDUCTIONS, _of_reduction),
    **dict.fromkeys(REARRANGED - {"put", "where", "embedding", "cat", "stack"}, _of_first(of_rearranged)),
    **dict.fromkeys(("softmax", "log_softmax"), _of_first(softmaxes.of_softmax)),
    "index": _of_index,
    "gather": _of_first(lambda op, x, options, result: softmaxes.check_gather(x, options)),
    "cross_entropy": _of_first(lambda op, x, options, result: softmaxes.check_cross_entropy(x)),
    **dict.fromkeys(("mm", "matmul"), _of_first(lambda op, x, options, result: softmaxes.check_matmul(x))),
    "nll_loss": lambda op, inputs, options, result: softmaxes.check_nll_loss(*inputs[:2]),
    "mse_loss": lambda op, inputs, options, result: broadcasts.check_mse_loss(*inputs[:2]),
}

_outside: dict[str, Any] = {}  # who stood at the doors when the guard came
_OURS: dict[str, Any] = {
    "operation": on_operation,
    "backward": on_backward,
    "step": before_step,
    "multinomial": softmaxes.check_multinomial,
    "missing_grad": steps.check_missing_grad,
}


def start() -> None:
    """Turn the guard on."""
    for door, function in _OURS.items():
        _outside[door] = getattr(observer, door)
        setattr(observer, door, function)
    Value.backward = _guarded(Value.backward)  # type: ignore[method-assign] # Value has no doors, to stay as small


def stop() -> None:
    """Turn the guard off: all is as it was."""
    for door, function in _outside.items():
        setattr(observer, door, function)
    Value.backward = Value.backward.__wrapped__  # type: ignore[method-assign,attr-defined]
    steps.note_gradients()
    beside.forget()


def _guarded(original: Callable) -> Callable:
    @wraps(original)
    def backward(self: Value) -> None:
        leaves = steps.before_value_backward(self)
        original(self)
        steps.after_value_backward(leaves)

    return backward
