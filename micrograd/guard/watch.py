"""The guard's places in the engine: the observer of every op, and what stands before methods while the guard is on."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

from micrograd import autograd, graph, linalg
from micrograd.engine import Value
from micrograd.guard import broadcasts, softmaxes, steps, unhelpful
from micrograd.guard.caught import here
from micrograd.guard.finite import Kept, check_result, is_finite
from micrograd.guard.trace import OF_ONE, OF_TWO, REARRANGED, REDUCTIONS, of_one, of_rearranged, of_reduction, of_two
from micrograd.nn import functional
from micrograd.optim.optimizers import Optimizer
from micrograd.tensors import Tensor

_before: list[Callable | None] = [None]  # who listened when the guard came


def observe(op: Any, inputs: Sequence[Any], options: dict[str, Any], result: Tensor) -> None:
    """What `graph.observer` calls after every op."""
    name = op.__name__
    if result.grad_fn is not None:
        result.grad_fn.where = here()
    handle = _HANDLERS.get(name)
    if handle is not None:
        handle(name, inputs, options, result)
    check_result(name, inputs, options, result)
    if _before[0] is not None:
        _before[0](op, inputs, options, result)


def _of_one(op: str, inputs: Sequence[Any], options: Any, result: Tensor) -> None:
    if isinstance(inputs[0], Tensor):
        of_one(op, inputs[0], result)


def _of_two(op: str, inputs: Sequence[Any], options: Any, result: Tensor) -> None:
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


def _of_reduction(op: str, inputs: Sequence[Any], options: Any, result: Tensor) -> None:
    broadcasts.check_loss(op, inputs[0], options)
    of_reduction(op, inputs[0], options, result)


def _of_rearranged(op: str, inputs: Sequence[Any], options: Any, result: Tensor) -> None:
    of_rearranged(op, inputs[0], options, result)


def _of_index(op: str, inputs: Sequence[Any], options: Any, result: Tensor) -> None:
    softmaxes.check_index(inputs[0], options["index"])
    of_rearranged(op, inputs[0], options, result)


def _handlers() -> dict[str, Callable]:
    handlers: dict[str, Callable] = {}
    for names, handler in ((OF_ONE, _of_one), (OF_TWO, _of_two), (REDUCTIONS, _of_reduction)):
        handlers |= dict.fromkeys(names, handler)
    handlers |= dict.fromkeys(REARRANGED - {"put", "index_put", "where", "embedding", "cat", "stack"}, _of_rearranged)
    handlers["index"] = _of_index
    handlers["softmax"] = handlers["log_softmax"] = lambda op, xs, o, out: softmaxes.of_softmax(op, xs[0], o, out)
    handlers["gather"] = lambda op, inputs, options, result: softmaxes.check_gather(inputs[0], options)
    handlers["cross_entropy"] = lambda op, inputs, options, result: softmaxes.check_cross_entropy(inputs[0])
    handlers["nll_loss"] = lambda op, inputs, options, result: softmaxes.check_nll_loss(*inputs)
    handlers["mse_loss"] = lambda op, inputs, options, result: broadcasts.check_mse_loss(*inputs)
    return handlers


_HANDLERS = _handlers()


# What stands before methods and functions: each is made of the original.

_reached: list[Tensor] = []  # the leaves of the backward that runs


def _run_backward(original: Callable) -> Callable:
    def run_backward(tensors: Any, starts: Any, retain_graph: bool, wanted: Any = None) -> dict:
        gradients = _finite_gradients(original, tensors, starts, retain_graph, wanted)
        steps.before_accumulating(gradients)
        _reached[:] = [leaf for leaf in gradients if isinstance(leaf, Tensor)]
        return gradients

    return run_backward


def _run_backward_of_grad(original: Callable) -> Callable:
    def run_backward(tensors: Any, starts: Any, retain_graph: bool, wanted: Any = None) -> dict:
        return _finite_gradients(original, tensors, starts, retain_graph, wanted)

    return run_backward


def _finite_gradients(original: Callable, tensors: Any, starts: Any, retain_graph: bool, wanted: Any) -> dict:
    kept = Kept(tensors)
    gradients: dict = original(tensors, starts, retain_graph, wanted)
    if not all(is_finite(np.asarray(g)) for g in gradients.values()) and all(is_finite(start) for start in starts):
        kept.find_first(lambda: original(tensors, starts, True, wanted))
    return gradients


def _backward(original: Callable) -> Callable:
    @wraps(original)
    def backward(self: Tensor, *args: Any, **kwargs: Any) -> None:
        try:
            original(self, *args, **kwargs)
            steps.after_accumulating(_reached)
        except RuntimeError as error:
            raise steps.explain_backward(error) from None
        finally:
            _reached.clear()

    return backward


def _value_backward(original: Callable) -> Callable:
    @wraps(original)
    def backward(self: Value) -> None:
        leaves = steps.before_value_backward(self)
        original(self)
        steps.after_value_backward(leaves)

    return backward


def _step(original: Callable) -> Callable:
    @wraps(original)
    def step(self: Optimizer, closure: Any = None) -> Any:
        parameters = [p for group in self.param_groups for p in group["params"]]
        if closure is None:
            steps.before_step(parameters)
        result = original(self, closure)
        steps.after_step(parameters)
        return result

    return step


def _data(original: Any) -> property:
    def get(self: Tensor) -> Tensor:
        view = original.fget(self)
        steps.data_handed_out(self, view)
        return view

    def put(self: Tensor, value: Tensor) -> None:
        steps.data_set(self)
        original.fset(self, value)

    return property(get, put, doc=original.__doc__)


def _grad(original: Any) -> property:
    def get(self: Tensor) -> Tensor | None:
        if self._grad is None:
            steps.check_grad_of_update(self)
        return original.fget(self)

    def put(self: Tensor, value: Tensor | None) -> None:
        steps.check_grad_of_update(self)
        original.fset(self, value)

    return property(get, put, doc=original.__doc__)


def _refuse_leaf(original: Callable) -> Callable:
    @wraps(original)
    def refuse_leaf(self: Tensor) -> None:
        try:
            original(self)
        except RuntimeError:
            raise steps.refused(self) from None

    return refuse_leaf


def _product(original: Callable) -> Callable:
    return unhelpful.explained(original, unhelpful.of_product)


def _loss(original: Callable) -> Callable:
    return unhelpful.explained(original, unhelpful.of_targets)


def _cross_entropy(original: Callable) -> Callable:
    explained = _loss(original)

    @wraps(original)
    def cross_entropy(input: Any, target: Any, *args: Any, **kwargs: Any) -> Any:
        unhelpful.check_targets_of_one(input, target)
        return explained(input, target, *args, **kwargs)

    return cross_entropy


def _places() -> list[tuple[Any, str, Callable]]:
    """Each method or function that the guard stands before: its owner, its name, and what makes the new one of it."""
    import micrograd

    return [
        (graph, "run_backward", _run_backward),
        (autograd, "_run_backward", _run_backward_of_grad),
        (Tensor, "backward", _backward),
        (Tensor, "data", _data),
        (Tensor, "grad", _grad),
        (Tensor, "_refuse_leaf", _refuse_leaf),
        (Tensor, "matmul", _product),
        (linalg, "matmul", _product),
        (micrograd, "matmul", _product),
        (functional, "linear", _product),
        (functional, "cross_entropy", _cross_entropy),
        (functional, "nll_loss", _loss),
        (Optimizer, "step", _step),
        (Value, "backward", _value_backward),
    ]


_originals: list[tuple[Any, str, Any]] = []


def start() -> None:
    """Turn the guard on."""
    for owner, name, make in _places():
        original = vars(owner)[name]
        _originals.append((owner, name, original))
        setattr(owner, name, make(original))
    _before[0] = graph.observer[0]
    graph.observer[0] = observe


def stop() -> None:
    """Turn the guard off: all is as it was."""
    while _originals:
        owner, name, original = _originals.pop()
        setattr(owner, name, original)
    graph.observer[0] = _before[0]
    _before[0] = steps.last_update[0] = None
