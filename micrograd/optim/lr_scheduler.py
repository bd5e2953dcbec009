"""Schedules of learning rates: after each step (or epoch) of an optimizer they set the "lr" of its groups."""

import math
import types
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from micrograd.rules.missing import getattr_of
from micrograd.optim.optimizers import Optimizer

__all__ = ["CosineAnnealingLR", "LRScheduler", "LambdaLR", "StepLR"]


class LRScheduler:
    """What all schedules share; one of your own defines `get_lr`, which returns the new rates, one for each group.

    optimizer: an Optimizer; its groups get an "initial_lr", from which the schedule goes out.
    last_epoch: how many times `step` was called before, to go on with a run; -1 starts anew.

    Raises TypeError for what is no Optimizer, KeyError for a last_epoch where a group has no "initial_lr".
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1):
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")
        self.optimizer = optimizer
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise KeyError(f"param_groups[{i}] has no 'initial_lr' to go on from: load the optimizer's state first")
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._step_count = 0
        self._is_initial = True
        self._advance()
        self._is_initial = False

    def step(self) -> None:
        """Set the learning rates of the next epoch; warns where it comes before the optimizer's first step."""
        if self._step_count == 1 and not self.optimizer._stepped and type(self.optimizer).step is Optimizer.step:
            warnings.warn(
                "lr_scheduler.step() is called before optimizer.step(): the first learning rate is left out. "
                "Call optimizer.step() first.",
                stacklevel=2,
            )
        self._advance()

    def _advance(self) -> None:
        self._step_count += 1
        self.last_epoch += 1
        for group, lr in zip(self.optimizer.param_groups, self.get_lr(), strict=True):
            group["lr"] = lr
        self._last_lr = self._rates()

    def _rates(self) -> list[float]:
        return [group["lr"] for group in self.optimizer.param_groups]

    def get_lr(self) -> Sequence[float]:
        """The rates at last_epoch, one for each group; a program asks get_last_lr() instead."""
        raise NotImplementedError(f"{type(self).__name__} has no get_lr: define get_lr(self)")

    def get_last_lr(self) -> list[float]:
        """The rates as they were last set, one for each group."""
        return self._last_lr

    def state_dict(self) -> dict[str, Any]:
        """Where the schedule stands: all of its attributes but the optimizer."""
        return {name: value for name, value in vars(self).items() if name != "optimizer"}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on where the schedule of that state_dict stood; the rates themselves come with the optimizer's state."""
        vars(self).update(state_dict)


class LambdaLR(LRScheduler):
    """The rates at first times lr_lambda(epoch); lr_lambda may be a list with a function for each group.

    Raises ValueError where the list has another length than there are groups.
    """

    def __init__(self, optimizer: Optimizer, lr_lambda: Any, last_epoch: int = -1):
        groups = len(optimizer.param_groups)
        self.lr_lambdas: list[Callable[[int], float]]
        self.lr_lambdas = list(lr_lambda) if isinstance(lr_lambda, list | tuple) else [lr_lambda] * groups
        if len(self.lr_lambdas) != groups:
            raise ValueError(f"Expected {groups} lr_lambdas, but got {len(self.lr_lambdas)}")
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> Sequence[float]:
        """The rates at last_epoch, one for each group."""
        return [lr * function(self.last_epoch) for lr, function in zip(self.base_lrs, self.lr_lambdas, strict=True)]

    def state_dict(self) -> dict[str, Any]:
        """Where the schedule stands; functions stay out of it, of other callables their attributes are in it."""
        saved = [None if isinstance(f, types.FunctionType) else dict(vars(f)) for f in self.lr_lambdas]
        return super().state_dict() | {"lr_lambdas": saved}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on where the schedule of that state_dict stood, with the functions that are here."""
        for function, saved in zip(self.lr_lambdas, state_dict["lr_lambdas"], strict=True):
            if saved is not None:
                vars(function).update(saved)
        super().load_state_dict({name: value for name, value in state_dict.items() if name != "lr_lambdas"})


class StepLR(LRScheduler):
    """The rates times gamma after every step_size epochs."""

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1):
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> Sequence[float]:
        """The rates at last_epoch, one for each group."""
        due = self.last_epoch > 0 and self.last_epoch % self.step_size == 0
        return [lr * self.gamma if due else lr for lr in self._rates()]


class CosineAnnealingLR(LRScheduler):
    """The rates fall to eta_min in T_max epochs along half a cosine, and rise again after it.

    (1 + cos(pi epoch / T_max)) / 2 of the way from eta_min to the rate at first (Loshchilov and Hutter 2017, without
    restarts), as PyTorch has it: each rate comes from the one before, so that other changes to the rate are kept.
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1):
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> Sequence[float]:
        """The rates at last_epoch, one for each group."""
        if self._is_initial:
            return self._rates()
        if (self.last_epoch - 1 - self.T_max) % (2 * self.T_max) == 0:  # at the bottom the quotient below is 0 / 0
            return [
                lr + (base - self.eta_min) * (1 - math.cos(math.pi / self.T_max)) / 2
                for lr, base in zip(self._rates(), self.base_lrs, strict=True)
            ]
        now, before = (1 + math.cos(math.pi * epoch / self.T_max) for epoch in (self.last_epoch, self.last_epoch - 1))
        return [now / before * (lr - self.eta_min) + self.eta_min for lr in self._rates()]


__getattr__ = getattr_of("micrograd.optim.lr_scheduler", lambda: __all__)
