"""The optimizers. They work on the arrays of parameters and gradients, in place and outside the graph.

The formulas are those of PyTorch's documentation. PyTorch rounds a product and a sum at once where the processor can,
NumPy one after the other: parameters agree to the last bits of float32, not in every bit.
"""

import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from micrograd.rules.errors import GO_ON, ON_ERROR
from micrograd.graph import enable_grad, observer
from micrograd.tensors import Tensor, wrap

Group = dict[str, Any]

LIKE_THE_PARAMETER = ("momentum_buffer", "exp_avg", "exp_avg_sq", "max_exp_avg_sq")  # a number for each of its numbers


class Optimizer:
    """What all optimizers share; one of your own defines `step`, as with PyTorch.

    params: tensors that are leaves, or dicts with tensors under "params" and settings of their own beside them.
    defaults: the settings of groups that have none of their own.

    param_groups: the groups as dicts of "params" and settings, which may be changed between steps.
    state: for each parameter that was moved, what the optimizer remembers of it, by name.

    Raises TypeError for what is neither tensor nor dict, ValueError for no parameters at all, for a tensor that is no
    leaf, and for one that is in two groups.
    """

    def __init__(self, params: Any, defaults: Group):
        if isinstance(params, Tensor):
            raise TypeError("an optimizer takes several tensors, or dicts of them; put the one into a list: [tensor]")
        self.defaults = defaults
        self.state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        self.param_groups: list[Group] = []
        self._stepped = False  # a schedule asks, and warns of the wrong order
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        for group in groups if isinstance(groups[0], dict) else [{"params": groups}]:
            self.add_param_group(group)

    def add_param_group(self, param_group: Group) -> None:
        """Optimize the tensors of one more group: a dict of "params" and of settings that differ from the defaults."""
        if not isinstance(param_group, dict):
            raise TypeError(f"a group of parameters is a dict with 'params' in it, not {type(param_group).__name__}")
        params = param_group["params"]
        if isinstance(params, set):
            raise TypeError("parameters go into a list: a set has another order in every run")
        params = [params] if isinstance(params, Tensor) else list(params)
        for parameter in params:
            if not isinstance(parameter, Tensor):
                raise TypeError(f"an optimizer can only optimize Tensors, not {type(parameter).__name__}")
            if parameter.grad_fn is not None and parameter.grad_fn.retained is None:
                raise ValueError("can't optimize a non-leaf Tensor: detach() it, and then requires_grad_()")
        taken = {parameter for group in self.param_groups for parameter in group["params"]}
        if not taken.isdisjoint(params):
            raise ValueError("some parameters appear in more than one parameter group")
        if len(set(params)) < len(params):
            warnings.warn("a group has the same parameter more than once, and moves it as often", stacklevel=3)
        param_group["params"] = params
        self.param_groups.append(param_group)
        for name, value in self.defaults.items():
            param_group.setdefault(name, value)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters or, with set_to_none=False, fill them with zeros."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if set_to_none:
                    parameter._grad = None
                elif parameter._grad is not None:
                    parameter._grad.zero_()

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Move every parameter that has a gradient.

        closure: computes the loss and its gradients anew; it is called first, and what it returns is returned.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        if observer.step is not None:
            observer.step([p for group in self.param_groups for p in group["params"]])
        self._stepped = True
        token = ON_ERROR.set(GO_ON)
        try:
            for group in self.param_groups:
                self._move(group)
        finally:
            ON_ERROR.reset(token)
        return loss

    def _move(self, group: Group) -> None:
        raise NotImplementedError(f"{type(self).__name__} has no step: define step(self, closure=None)")

    def state_dict(self) -> dict[str, Any]:
        """What a run needs to go on as if it had not been stopped, laid out as PyTorch does; it shares memory.

        "state" has what is remembered by the number of the parameter, "param_groups" the groups with these numbers.
        """
        parameters = [parameter for group in self.param_groups for parameter in group["params"]]
        numbers = {parameter: number for number, parameter in enumerate(parameters)}
        groups = [
            group | {"params": [numbers[parameter] for parameter in group["params"]]} for group in self.param_groups
        ]
        return {"state": {numbers[parameter]: state for parameter, state in self.state.items()}, "param_groups": groups}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over the settings, and copies of what is remembered, from the state_dict of such an optimizer.

        Tensors may be arrays as well. Nothing is changed unless all fits: raises ValueError where the groups or the
        shapes differ from those here.
        """
        saved = state_dict["param_groups"]
        if [len(group["params"]) for group in saved] != [len(group["params"]) for group in self.param_groups]:
            raise ValueError("the loaded state dict has groups of other sizes than the optimizer")
        by_number = {
            number: parameter
            for group, own in zip(saved, self.param_groups, strict=True)
            for number, parameter in zip(group["params"], own["params"], strict=True)
        }
        groups = [
            self.defaults | group | {"params": own["params"]}
            for group, own in zip(saved, self.param_groups, strict=True)
        ]
        for group in groups:
            self._check(group)
        state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        for number, values in state_dict["state"].items():
            if number not in by_number:
                raise ValueError(f"the loaded state dict knows of a parameter {number} that is in none of its groups")
            parameter = by_number[number]
            state[parameter] = {name: _copied(name, value, parameter) for name, value in values.items()}
        self.state, self.param_groups = state, groups

    def _check(self, settings: Group) -> None:
        """Raise ValueError for settings that make no sense, NotImplementedError for those that are not there."""

    def __repr__(self) -> str:
        text = f"{type(self).__name__} ("
        for i, group in enumerate(self.param_groups):
            settings = [f"    {name}: {group[name]}\n" for name in sorted(group) if name != "params"]
            text += f"\nParameter Group {i}\n" + "".join(settings)
        return text + ")"


def _copied(name: str, value: Any, parameter: Tensor) -> Any:
    """A copy of one thing remembered of a parameter: a tensor in the dtype of the parameter, but for the step."""
    if isinstance(value, Tensor):
        value = value._array
    if name == "step":
        return wrap(np.array(value, np.float32))
    if not isinstance(value, np.ndarray):
        return value
    if name in LIKE_THE_PARAMETER and value.shape != parameter._array.shape:
        raise ValueError(
            f"{name} of the shape {list(value.shape)} does not fit a parameter of the shape {list(parameter.shape)}"
        )
    return wrap(np.array(value, parameter._array.dtype))


def _check_not_negative(**settings: float) -> None:
    for name, value in settings.items():
        if not value >= 0:
            raise ValueError(f"Invalid {name.replace('_', ' ')}: {value}; it has to be 0 or more")


def _check_not_differentiable(settings: Group) -> None:
    if settings.get("differentiable"):
        raise NotImplementedError("differentiable=True is not there: steps are taken outside the graph")


class SGD(Optimizer):
    """Stochastic gradient descent: p -= lr * g, with momentum and weight decay where wanted.

    The gradient g is grad + weight_decay * p; with momentum the step is along a velocity, which begins as g and becomes
    momentum * velocity + (1 - dampening) * g, or with nesterov along g + momentum * velocity (Sutskever et al. 2013, in
    the form of PyTorch's documentation of SGD). maximize: go up the gradient. foreach and fused are PyTorch's ways to
    be faster, and change nothing.
    Raises ValueError for negative settings, and for nesterov without momentum or with dampening.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ):
        defaults: Group = {"lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay}
        defaults |= {"nesterov": nesterov, "maximize": maximize, "differentiable": differentiable}
        defaults |= {"foreach": foreach, "fused": fused}
        self._check(defaults)
        super().__init__(params, defaults)

    def _check(self, settings: Group) -> None:
        _check_not_differentiable(settings)
        lr, momentum, dampening, weight_decay = (settings[k] for k in ("lr", "momentum", "dampening", "weight_decay"))
        _check_not_negative(learning_rate=lr, momentum_value=momentum, weight_decay_value=weight_decay)
        if settings["nesterov"] and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")

    def _move(self, group: Group) -> None:
        # float, because a number of NumPy's would turn arrays of float32 into float64
        lr, momentum, damp = float(group["lr"]), float(group["momentum"]), 1 - float(group["dampening"])
        weight_decay = float(group["weight_decay"])
        for parameter, array, g in _with_gradient(group):
            if weight_decay:
                g = g + weight_decay * array
            if momentum:
                state = self.state[parameter]
                if state.get("momentum_buffer") is None:
                    state["momentum_buffer"] = wrap(np.array(g))
                    velocity = state["momentum_buffer"]._array
                else:
                    velocity = state["momentum_buffer"]._array
                    velocity *= momentum
                    velocity += g if damp == 1 else damp * g
                g = g + momentum * velocity if group["nesterov"] else velocity
            array -= lr * g


class Adam(Optimizer):
    """Adam: a step of about lr for each number, along the mean of its gradients over their root mean square.

    Both means forget exponentially, by the two betas, and begin at 0, for which a factor makes up (Kingma and Ba 2015).
    weight_decay * p is added to the gradient or, with decoupled_weight_decay, lr * weight_decay * p taken from p.
    amsgrad: divide by the largest root mean square so far (Reddi and others 2018). maximize: go up the gradient.
    foreach, capturable and fused are PyTorch's ways to be faster, and change nothing.
    Raises ValueError for negative settings and for betas outside [0, 1).
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ):
        defaults: Group = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "amsgrad": amsgrad}
        defaults |= {"maximize": maximize, "differentiable": differentiable, "capturable": capturable}
        defaults |= {"foreach": foreach, "fused": fused, "decoupled_weight_decay": decoupled_weight_decay}
        self._check(defaults)
        super().__init__(params, defaults)

    def _check(self, settings: Group) -> None:
        _check_not_differentiable(settings)
        lr, eps, weight_decay = settings["lr"], settings["eps"], settings["weight_decay"]
        _check_not_negative(learning_rate=lr, epsilon_value=eps, weight_decay_value=weight_decay)
        for i, beta in enumerate(settings["betas"]):
            if not 0 <= beta < 1:
                raise ValueError(f"Invalid beta parameter at index {i}: {beta}; it has to be in [0, 1)")

    def _move(self, group: Group) -> None:
        lr, weight_decay, eps = float(group["lr"]), float(group["weight_decay"]), float(group["eps"])
        beta1, beta2 = map(float, group["betas"])
        for parameter, array, g in _with_gradient(group):
            state = self.state[parameter]
            if not state:
                state["step"] = wrap(np.zeros((), np.float32))
                for name in ("exp_avg", "exp_avg_sq", *["max_exp_avg_sq"] * group["amsgrad"]):
                    state[name] = wrap(np.zeros_like(array))
            mean, square = state["exp_avg"]._array, state["exp_avg_sq"]._array
            state["step"]._array += 1
            step = state["step"]._array.item()
            if weight_decay and group["decoupled_weight_decay"]:
                array *= 1 - lr * weight_decay
            elif weight_decay:
                g = g + weight_decay * array
            # The order at the end of the paper's section 2, which spares divisions: the factor that makes up for the
            # beginning of the root mean square goes into the rate and into eps.
            correction = (1 - beta2**step) ** 0.5
            move = np.multiply(g, 1 - beta1, out=np.empty_like(array))
            mean *= beta1
            mean += move
            np.multiply(g, 1 - beta2, out=move)  # before squaring, so that no square is larger than need be
            move *= g
            square *= beta2
            square += move
            if group["amsgrad"]:
                largest = state["max_exp_avg_sq"]._array
                square = np.maximum(largest, square, out=largest)
            np.sqrt(square, out=move)
            move += eps * correction
            np.divide(mean, move, out=move)
            move *= lr * correction / (1 - beta1**step)
            array -= move


class AdamW(Adam):
    """Adam with weight decay apart from the gradient: each step first takes p *= 1 - lr * weight_decay.

    Loshchilov and Hutter (2019). Arguments and errors are those of Adam, but that weight_decay is 0.01 by default.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        **options: Any,
    ):
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, decoupled_weight_decay=True, **options)


def _with_gradient(group: Group) -> Iterator[tuple[Tensor, np.ndarray, np.ndarray]]:
    """The parameters of a group that have a gradient, each with its array, which is changed, and the gradient's."""
    for parameter in group["params"]:
        if parameter._grad is not None:
            g = parameter._grad._array
            yield parameter, parameter._array, -g if group["maximize"] else g
            parameter._version[0] += 1
