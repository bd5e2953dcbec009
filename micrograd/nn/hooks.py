"""Hooks of a Module: functions of the user's that are called around forward, and when gradients pass through it."""

import warnings
from collections.abc import Callable
from typing import Any

from micrograd.autograd import Function
from micrograd.creation import zeros_like
from micrograd.graph import state
from micrograd.tensors import Tensor

Gradients = tuple[Any, ...]  # Tensors, and None

_NO_INPUT = (
    "Full backward hook is firing when gradients are computed with respect to module outputs since no inputs require "
    "gradients: grad_input holds None alone"
)


class Hooks:
    """The hooks of one Module, of each kind in the order in which they were registered."""

    def __init__(self) -> None:
        self.forward_pre: dict[int, Callable] = {}
        self.forward: dict[int, Callable] = {}
        self.backward_pre: dict[int, Callable] = {}
        self.backward: dict[int, Callable] = {}

    def __bool__(self) -> bool:
        return any(vars(self).values())

    def before(self, module: Any, args: tuple[Any, ...]) -> tuple[tuple[Any, ...], "_Passage | None"]:
        """What forward is given in the place of args, and what watches the gradients of this call, if anything does."""
        for hook in list(self.forward_pre.values()):  # one may remove itself
            changed = hook(module, args)
            if changed is not None:
                args = changed if isinstance(changed, tuple) else (changed,)
        if not (state.grad_enabled and (self.backward or self.backward_pre)):
            return args, None
        passage = _Passage(self, module)
        return passage.enter(args), passage

    def after(self, module: Any, args: tuple[Any, ...], result: Any, passage: "_Passage | None") -> Any:
        """What the module returns in the place of forward's result."""
        for hook in list(self.forward.values()):
            changed = hook(module, args, result)
            result = result if changed is None else changed
        return result if passage is None else passage.leave(result)


class BackwardHookFunction(Function):
    """Tensors as they are; on the way back, all their gradients at once go through a function. Named as PyTorch's."""

    @staticmethod
    def forward(ctx: Any, through: Callable, *tensors: Tensor) -> tuple[Tensor, ...]:
        """The tensors; through(gradients) is called in backward, and may return others."""
        ctx.through = through
        ctx.set_materialize_grads(False)
        return tensors

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor | None) -> tuple[Any, ...]:
        """The gradients after the function."""
        return (None, *ctx.through(gradients))


class _Passage:
    """One call of a Module whose gradients are watched.

    Its inputs and its outputs each go through one node, so that the gradients are those of this call alone.
    """

    def __init__(self, hooks: Hooks, module: Any):
        self.hooks, self.module = hooks, module
        self.inputs: tuple[Any, ...] = ()
        self.watched: list[int] = []  # the positions of the inputs that require grad
        self.grad_output: Gradients | None = None

    def enter(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The inputs, those that require grad behind a node."""
        self.inputs, self.watched = args, _requiring_grad(args)
        return _behind(args, self.watched, self._inputs_reached)

    def leave(self, result: Any) -> Any:
        """The outputs, those that require grad behind a node."""
        if not isinstance(result, Tensor | tuple):
            warnings.warn(
                "For backward hooks to be called, module output should be a Tensor or a tuple of Tensors but received "
                f"{type(result)}",
                stacklevel=4,
            )
            return result
        outputs = result if isinstance(result, tuple) else (result,)
        positions = _requiring_grad(outputs)
        others = _zeros_like(outputs, positions)
        outputs = _behind(outputs, positions, lambda given: self._outputs_reached(given, positions, others))
        return outputs if isinstance(result, tuple) else outputs[0]

    def _outputs_reached(self, given: Gradients, positions: list[int], others: Gradients) -> Gradients:
        grad_output = _spread(given, positions, others)
        for hook in list(self.hooks.backward_pre.values()):
            grad_output = _replaced(grad_output, hook(self.module, grad_output), "grad_output")
        self.grad_output = grad_output
        if not self.watched:
            if self.hooks.backward:
                warnings.warn(_NO_INPUT, stacklevel=2)
            self._call((None,) * len(self.inputs))
        return tuple([grad_output[i] for i in positions])

    def _inputs_reached(self, given: Gradients) -> Gradients:
        if self.grad_output is None:  # a gradient that did not come through the module's result
            return given
        grad_input = self._call(_spread(given, self.watched, _zeros_like(self.inputs, self.watched)))
        return tuple([grad_input[i] for i in self.watched])

    def _call(self, grad_input: Gradients) -> Gradients:
        for hook in list(self.hooks.backward.values()):
            changed = hook(self.module, grad_input, self.grad_output)
            grad_input = _replaced(grad_input, changed, "grad_input")
        if not self.watched and any(g is not None for g in grad_input):
            raise RuntimeError(
                "Backward hook for Modules where no input requires gradient should always return None or None for all "
                "gradients."
            )
        self.grad_output = None
        return grad_input


def _requiring_grad(values: tuple[Any, ...]) -> list[int]:
    return [i for i, x in enumerate(values) if isinstance(x, Tensor) and x.requires_grad]


def _behind(values: tuple[Any, ...], positions: list[int], through: Callable) -> tuple[Any, ...]:
    """The values, those at the positions behind one node whose gradients go through a function."""
    if not positions:
        return values
    tensors = BackwardHookFunction.apply(through, *[values[i] for i in positions])
    return _spread(tensors, positions, values)


def _zeros_like(values: tuple[Any, ...], positions: list[int]) -> Gradients:
    """What hooks are told of tensors that require no grad, beside others that do: zeros. None at the positions."""
    return tuple(
        [zeros_like(x) if isinstance(x, Tensor) and i not in positions else None for i, x in enumerate(values)]
    )


def _spread(given: tuple[Any, ...], positions: list[int], others: tuple[Any, ...]) -> tuple[Any, ...]:
    """The others, with those given at their positions."""
    result = list(others)
    for i, x in zip(positions, given, strict=True):
        result[i] = x
    return tuple(result)


def _replaced(gradients: Gradients, changed: Any, name: str) -> Gradients:
    """The gradients, or what a hook returned in their place. Raises RuntimeError where that is another number."""
    if changed is None:
        return gradients
    changed = changed if isinstance(changed, tuple) else (changed,)
    if len(changed) != len(gradients):
        raise RuntimeError(
            f"Backward hook returned an invalid number of {name}, got {len(changed)}, but expected {len(gradients)}"
        )
    return changed
