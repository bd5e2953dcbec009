"""Schedules of learning rates: after each step (or epoch) of an optimizer they set the "lr" of its groups."""

import math
import types
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from micrograd.optim.optimizers import Optimizer
from micrograd.rules.missing import getattr_of

__all__ = [
    "CosineAnnealingLR",
    "LRScheduler",
    "LambdaLR",
    "MultiStepLR",
    "OneCycleLR",
    "ReduceLROnPlateau",
    "StepLR",
]


class LRScheduler:
    """The base of all schedules; one of your own defines `get_lr`, which returns the new lr of each group.

    optimizer: an Optimizer; its groups get an "initial_lr", with which the schedule starts.
    last_epoch: how many times `step` was called before, to resume a run; -1 starts anew.

    Raises TypeError if optimizer is not an Optimizer, KeyError for a last_epoch where a group has no "initial_lr".

    >>> optimizer = torch.optim.SGD([torch.ones(2)], lr=0.5)
    >>> scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.5)
    >>> optimizer.step()
    >>> scheduler.step()
    >>> scheduler.get_last_lr()
    [0.25]
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1):
        self.optimizer = _checked(optimizer)
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param_groups[{i}] has no 'initial_lr' to resume from: load the optimizer's state first"
                )
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._step_count = 0
        self._is_initial = True
        self._advance()
        self._is_initial = False

    def step(self) -> None:
        """Set the learning rates of the next epoch; warns if called before the optimizer's first step."""
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
        """The learning rates at last_epoch, one for each group; a program asks get_last_lr() instead."""
        raise NotImplementedError(f"{type(self).__name__} has no get_lr: define get_lr(self)")

    def get_last_lr(self) -> list[float]:
        """The learning rates as they were last set, one for each group."""
        return self._last_lr

    def state_dict(self) -> dict[str, Any]:
        """The state of the schedule: all of its attributes but the optimizer."""
        return {name: value for name, value in vars(self).items() if name != "optimizer"}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Resume from a state_dict; the rates themselves come with the optimizer's state."""
        vars(self).update(state_dict)


def _checked(optimizer: Any) -> Optimizer:
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")
    return optimizer


def _of_each_group(optimizer: Optimizer, name: str, value: Any) -> list[Any]:
    """The values of all groups, from a list of them or one for all. Raises ValueError for a list of another length."""
    groups = len(optimizer.param_groups)
    values = list(value) if isinstance(value, list | tuple) else [value] * groups
    if len(values) != groups:
        raise ValueError(f"expected {groups} {name}, one for each group, got {len(values)}")
    return values


class LambdaLR(LRScheduler):
    """lr = initial_lr * lr_lambda(epoch); lr_lambda may be a list with a function for each group.

    Raises ValueError where the list has another length than there are groups.

    >>> optimizer = torch.optim.SGD([torch.ones(2)], lr=1.0)
    >>> scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.5**step)
    >>> for _ in range(2):
    ...     optimizer.step()
    ...     scheduler.step()
    >>> round(optimizer.param_groups[0]['lr'], 4)
    0.25
    """

    def __init__(self, optimizer: Optimizer, lr_lambda: Any, last_epoch: int = -1):
        self.lr_lambdas: list[Callable[[int], float]] = _of_each_group(optimizer, "lr_lambda", lr_lambda)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> Sequence[float]:
        return [lr * function(self.last_epoch) for lr, function in zip(self.base_lrs, self.lr_lambdas, strict=True)]

    def state_dict(self) -> dict[str, Any]:
        """The state of the schedule, without functions, and with the attributes of other callables."""
        saved = [None if isinstance(f, types.FunctionType) else dict(vars(f)) for f in self.lr_lambdas]
        return super().state_dict() | {"lr_lambdas": saved}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Resume from a state_dict, with the functions of this schedule."""
        for function, saved in zip(self.lr_lambdas, state_dict["lr_lambdas"], strict=True):
            if saved is not None:
                vars(function).update(saved)
        super().load_state_dict({name: value for name, value in state_dict.items() if name != "lr_lambdas"})


class StepLR(LRScheduler):
    """Multiply the learning rates by gamma after every step_size epochs.

    >>> optimizer = torch.optim.SGD([torch.ones(2)], lr=1.0)
    >>> scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.1)
    >>> for _ in range(2):
    ...     optimizer.step()
    ...     scheduler.step()
    >>> round(optimizer.param_groups[0]['lr'], 4)
    0.1
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1):
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> Sequence[float]:
        due = self.last_epoch > 0 and self.last_epoch % self.step_size == 0
        return [lr * self.gamma if due else lr for lr in self._rates()]


class MultiStepLR(LRScheduler):
    """Multiply the learning rates by gamma at each of the epochs in milestones; one that is there twice counts twice.

    >>> optimizer = torch.optim.SGD([torch.ones(2)], lr=1.0)
    >>> scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones=[1, 2], gamma=0.1)
    >>> for _ in range(2):
    ...     optimizer.step()
    ...     scheduler.step()
    >>> round(optimizer.param_groups[0]['lr'], 4)
    0.01
    """

    def __init__(self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1):
        self.milestones, self.gamma = Counter(milestones), gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> Sequence[float]:
        times = self.milestones.get(self.last_epoch, 0)
        return [lr * self.gamma**times if times else lr for lr in self._rates()]


class CosineAnnealingLR(LRScheduler):
    """The learning rates fall to eta_min in T_max epochs along half a cosine, and rise again after it.

    lr = eta_min + (initial_lr - eta_min) * (1 + cos(pi * epoch / T_max)) / 2 (Loshchilov and Hutter 2017, without
    restarts), in PyTorch's recursive form: each comes from the one before, so that other changes to lr are kept.

    >>> optimizer = torch.optim.SGD([torch.ones(2)], lr=1.0)
    >>> scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=4)
    >>> for _ in range(2):
    ...     optimizer.step()
    ...     scheduler.step()
    >>> round(optimizer.param_groups[0]['lr'], 4)
    0.5
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1):
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> Sequence[float]:
        if self._is_initial:
            return self._rates()
        if (self.last_epoch - 1 - self.T_max) % (2 * self.T_max) == 0:  # at the bottom the quotient below is 0 / 0
            return [
                lr + (base - self.eta_min) * (1 - math.cos(math.pi / self.T_max)) / 2
                for lr, base in zip(self._rates(), self.base_lrs, strict=True)
            ]
        now, before = (1 + math.cos(math.pi * epoch / self.T_max) for epoch in (self.last_epoch, self.last_epoch - 1))
        return [now / before * (lr - self.eta_min) + self.eta_min for lr in self._rates()]


class OneCycleLR(LRScheduler):
    """One cycle of total_steps (or epochs * steps_per_epoch) steps, called after each batch (Smith and Topin 2018).

    lr rises from max_lr / div_factor to max_lr in the fraction pct_start of the steps, then falls to
    max_lr / div_factor / final_div_factor; with three_phase first, in as many steps as it rose, to where it began.
    anneal_strategy: 'cos' or 'linear'. cycle_momentum: SGD's momentum, or Adam's first beta, falls from max_momentum to
    base_momentum while lr rises, and rises while it falls. max_lr and both momenta may be lists, one value for
    each group. As in PyTorch, one step beyond the last is taken, on the same curve.
    Raises ValueError for settings that make no sense, and from the second step beyond the last on.

    >>> optimizer = torch.optim.SGD([torch.ones(2)], lr=1.0)
    >>> scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1.0, total_steps=10)
    >>> for _ in range(2):
    ...     optimizer.step()
    ...     scheduler.step()
    >>> round(optimizer.param_groups[0]['lr'], 4)
    1.0
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: Any,
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: Any = 0.85,
        max_momentum: Any = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ):
        groups = _checked(optimizer).param_groups
        if total_steps is None and (epochs is None or steps_per_epoch is None):
            raise ValueError("OneCycleLR needs either total_steps or both epochs and steps_per_epoch")
        for n in (epochs, steps_per_epoch) if total_steps is None else (total_steps,):
            if not isinstance(n, int) or n <= 0:
                raise ValueError(f"expected positive integers as numbers of steps and epochs, but got {n}")
        if not isinstance(pct_start, float) or not 0 <= pct_start <= 1:
            raise ValueError(f"expected a float between 0 and 1 as pct_start, but got {pct_start}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"anneal_strategy must be 'cos' or 'linear', but got {anneal_strategy!r}")
        if cycle_momentum:
            self.use_beta1 = "betas" in optimizer.defaults
            if not self.use_beta1 and "momentum" not in optimizer.defaults:
                raise ValueError("cycle_momentum=True needs an optimizer with a momentum or with betas")
        self.total_steps = epochs * steps_per_epoch if total_steps is None else total_steps  # type: ignore[operator]
        self.pct_start, self.three_phase = pct_start, three_phase
        self._anneal_func_type, self.cycle_momentum = anneal_strategy, cycle_momentum
        if last_epoch == -1:
            for group, lr in zip(groups, _of_each_group(optimizer, "max_lr", max_lr), strict=True):
                first = lr / div_factor
                group |= {"initial_lr": first, "max_lr": lr, "min_lr": first / final_div_factor}
            if cycle_momentum:
                highest = _of_each_group(optimizer, "max_momentum", max_momentum)
                lowest = _of_each_group(optimizer, "base_momentum", base_momentum)
                for group, high, low in zip(groups, highest, lowest, strict=True):
                    group |= {"max_momentum": high, "base_momentum": low}
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> Sequence[float]:
        if self.last_epoch > self.total_steps:
            raise ValueError(f"tried step {self.last_epoch} of a cycle of {self.total_steps} steps")
        peak, last = self.pct_start * self.total_steps - 1, self.total_steps - 1
        rise = (peak, "initial_lr", "max_lr", "max_momentum", "base_momentum")
        phases = [rise, (last, "max_lr", "min_lr", "base_momentum", "max_momentum")]
        if self.three_phase:
            fall = (2 * self.pct_start * self.total_steps - 2, "max_lr", "initial_lr", "base_momentum", "max_momentum")
            phases = [rise, fall, (last, "initial_lr", "min_lr", "max_momentum", "max_momentum")]
        start = 0.0
        while self.last_epoch > phases[0][0] and len(phases) > 1:
            start = phases.pop(0)[0]
        end, from_lr, to_lr, from_momentum, to_momentum = phases[0]
        fraction = (self.last_epoch - start) / (end - start)
        groups = self.optimizer.param_groups
        for group in groups if self.cycle_momentum else []:
            momentum = self._anneal(group[from_momentum], group[to_momentum], fraction)
            group |= {"betas": (momentum, *group["betas"][1:])} if self.use_beta1 else {"momentum": momentum}
        return [self._anneal(group[from_lr], group[to_lr], fraction) for group in groups]

    def _anneal(self, start: float, end: float, fraction: float) -> float:
        """Between start (fraction 0) and end (fraction 1)."""
        if self._anneal_func_type == "linear":
            return (end - start) * fraction + start
        return end + (start - end) / 2 * (math.cos(math.pi * fraction) + 1)


class ReduceLROnPlateau(LRScheduler):
    """Multiply the learning rates by factor once step(metric) brought no improvement for more than `patience` calls.

    mode: 'min' if a smaller metric is better, or 'max'. threshold: the smallest improvement that counts, as a fraction
    of the best metric (threshold_mode 'rel') or as a difference ('abs'). cooldown: the number of calls after a
    reduction that are not counted. min_lr: the lower bound of lr, or a list, one for each group. eps: smaller changes
    of lr are not made.
    Raises ValueError for settings that make no sense.

    >>> optimizer = torch.optim.SGD([torch.ones(2)], lr=1.0)
    >>> scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0)
    >>> for loss in (1.0, 2.0):
    ...     scheduler.step(loss)
    >>> optimizer.param_groups[0]['lr']
    0.1
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: Any = 0,
        eps: float = 1e-8,
    ):
        if factor >= 1:
            raise ValueError(f"factor should be < 1.0, and it is {factor}")
        if mode not in ("min", "max"):
            raise ValueError(f"mode {mode!r} is unknown: take 'min' or 'max'")
        if threshold_mode not in ("rel", "abs"):
            raise ValueError(f"threshold mode {threshold_mode!r} is unknown: take 'rel' or 'abs'")
        self.optimizer = _checked(optimizer)
        self.min_lrs = _of_each_group(optimizer, "min_lr", min_lr)
        self.default_min_lr = None if isinstance(min_lr, list | tuple) else min_lr  # for groups that are added later
        self.mode, self.factor, self.patience, self.cooldown, self.eps = mode, factor, patience, cooldown, eps
        self.threshold, self.threshold_mode = threshold, threshold_mode
        self.best = math.inf if mode == "min" else -math.inf
        self.cooldown_counter = self.num_bad_epochs = self.last_epoch = 0
        self._last_lr = self._rates()

    def step(self, metrics: Any) -> None:  # type: ignore[override]
        """Reduce the learning rates if metrics, a number or a Tensor of one, has not improved for too long."""
        current = float(metrics)
        self.last_epoch += 1
        self.num_bad_epochs += 1
        if self._is_better(current):
            self.best, self.num_bad_epochs = current, 0
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce()
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
        self._last_lr = self._rates()

    def _is_better(self, metric: float) -> bool:
        step = -self.threshold if self.mode == "min" else self.threshold
        bar = self.best * (1 + step) if self.threshold_mode == "rel" else self.best + step
        return metric < bar if self.mode == "min" else metric > bar

    def _reduce(self) -> None:
        groups = self.optimizer.param_groups
        if len(groups) != len(self.min_lrs):
            if self.default_min_lr is None:
                raise RuntimeError(f"there are {len(groups)} groups, and min_lrs has {len(self.min_lrs)} rates")
            self.min_lrs = [self.default_min_lr] * len(groups)
        for group, least in zip(groups, self.min_lrs, strict=True):
            lr = max(float(group["lr"]) * self.factor, least)
            if float(group["lr"]) - lr > self.eps:
                group["lr"] = lr


__getattr__ = getattr_of("micrograd.optim.lr_scheduler", lambda: __all__)
