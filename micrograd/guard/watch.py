"""What the guard does at the engine's doors, `graph.observer`: after every op, before backward, before a step."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from micrograd.engine import Value, topological_order
from micrograd.graph import observer
from micrograd.guard import beside, broadcasts, memory, softmaxes, steps
from micrograd.guard.caught import user_line
from micrograd.guard.finite import check_result, find_first, is_finite
from micrograd.guard.trace import OF_ONE, OF_TWO, REARRANGED, REDUCTIONS, Options, of_one, of_rearranged, of_two
from micrograd.tensors import Tensor


def on_operation(op: Any, inputs: Sequence[Any], options: Options, result: Tensor) -> None:
    """Look at the result of an op."""
    steps.note_gradients()
    node = result.grad_fn
    if node is not None:
        node.where = memory.Stamp(*user_line(), memory.bytes_of(node.saved or ()))
    name = options["loss"] if op.name == "loss_of_classes" else op.name
    handler = _HANDLERS.get(name)
    if handler is not None and (isinstance(inputs[0], Tensor) or name in OF_TWO):
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
    held = [(node, node.edges) for node in nodes]  # which backward is about to release
    memory.check_saved(nodes)
    beside.note_modules(nodes)

    def after(gradients: dict[Any, Any]) -> None:
        finite = all(is_finite(np.asarray(g)) for g in gradients.values())
        if not finite and all(is_finite(start) for start in starts):
            find_first(held, tensors, starts)
        if accumulates:
            steps.before_accumulating(gradients)

    return after


def before_step(parameters: Sequence[Tensor]) -> None:
    """Look at what an optimizer is about to move, and at what it leaves out."""
    beside.check_step(parameters)
    steps.before_step(parameters)


def _of_two(op: str, inputs: Sequence[Any], options: Options, result: Tensor) -> None:
    x, y = inputs
    of_two(op, inputs, options, result)
    if isinstance(x, Tensor) and isinstance(y, Tensor):
        if x._array.shape != y._array.shape:
            broadcasts.check_operands(op, x, y, result)
        elif op in ("add", "sub"):
            steps.mark_update(x, y, result)


_HANDLERS: dict[str, Callable] = {
    **dict.fromkeys(OF_ONE, of_one),
    **dict.fromkeys(OF_TWO, _of_two),
    **dict.fromkeys(REDUCTIONS, broadcasts.check_loss),
    **dict.fromkeys(REARRANGED - {"put", "where", "embedding", "cat", "stack"}, of_rearranged),
    **dict.fromkeys(("softmax", "log_softmax"), softmaxes.of_softmax),
    **dict.fromkeys(("mm", "matmul"), softmaxes.check_matmul),
    "index": softmaxes.check_index,
    "gather": softmaxes.check_gather,
    "cross_entropy": softmaxes.check_cross_entropy,
    "nll_loss": softmaxes.check_nll_loss,
    "mse_loss": broadcasts.check_mse_loss,
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
    Value.backward = steps.guarded(Value.backward)  # type: ignore[method-assign] # Value has no doors, to stay as small


def stop() -> None:
    """Turn the guard off: all is as it was."""
    for door, function in _outside.items():
        setattr(observer, door, function)
    Value.backward = Value.backward.__wrapped__  # type: ignore[method-assign,attr-defined]
    steps.note_gradients()
    beside.forget()
