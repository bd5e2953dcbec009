"""The optimizers: they change the arrays of parameters in place, outside the graph.

The formulas are those of PyTorch's documentation. PyTorch rounds a product and a sum at once where the processor can,
NumPy one after the other: parameters agree to the last bits of float32, not in every bit.
"""

import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from micrograd.graph import observer
from micrograd.rules.errors import silent
from micrograd.rules.grad_mode import enable_grad
from micrograd.tensors import Tensor, wrap

Group = dict[str, Any]

PER_ELEMENT = ("momentum_buffer", "exp_avg", "exp_avg_sq", "max_exp_avg_sq")  # arrays of the parameter's shape


class Optimizer:
    """The base of all optimizers; one of your own defines `step`, as with PyTorch.

    params: leaf tensors, pairs (name, tensor) such as net.named_parameters(), or dicts: groups with either under
    "params", and settings of their own beside it. defaults: the settings of groups that have none of their own.

    param_groups: the groups as dicts, whose settings may be changed between steps. state: what the optimizer keeps for
    each parameter that it has changed, by name.

    Raises what add_param_group raises, ValueError for no parameters at all, TypeError for a single tensor.

    >>> w = torch.nn.Parameter(torch.zeros(2))
    >>> optimizer = torch.optim.SGD([w], lr=1.0)
    >>> optimizer.param_groups[0]['lr']
    1.0
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
        """Optimize the tensors of one more group: a dict of "params" and of settings that differ from the defaults.

        Raises TypeError for a group that is not a dict, parameters in a set, and one that is not a tensor; ValueError
        for a tensor that is not a leaf or is in another group, and where only some have names.
        """
        if not isinstance(param_group, dict):
            raise TypeError(f"a group of parameters is a dict with 'params' in it, not {type(param_group).__name__}")
        given = param_group["params"]
        if isinstance(given, set):
            raise TypeError("parameters go into a list: a set has another order in every run")
        given = [given] if isinstance(given, Tensor) else list(given)
        names = [item[0] for item in given if isinstance(item, tuple)]
        params = [item[1] if isinstance(item, tuple) else item for item in given]
        if len(names) not in (0, len(params)):
            raise ValueError("all parameters of an optimizer have names, or none: some names are missing")
        for parameter in params:
            if not isinstance(parameter, Tensor):
                raise TypeError(f"an optimizer can only optimize Tensors, not {type(parameter).__name__}")
            if not (parameter.is_leaf or parameter.retains_grad):
                raise ValueError("can't optimize a non-leaf Tensor: detach() it, and then requires_grad_()")
        if names:
            param_group["param_names"] = names
        if any(("param_names" in group) != ("param_names" in param_group) for group in self.param_groups):
            raise ValueError("all groups of an optimizer have named parameters, or none has")
        taken = {parameter for group in self.param_groups for parameter in group["params"]}
        if not taken.isdisjoint(params):
            raise ValueError("some parameters appear in more than one parameter group")
        if len(set(params)) < len(params):
            warnings.warn("a group has the same parameter more than once, and updates it as often", stacklevel=3)
        param_group["params"] = params
        self.param_groups.append(param_group)
        for name, value in self.defaults.items():
            param_group.setdefault(name, value)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Set the gradients of all parameters to None or, with set_to_none=False, to zeros."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if set_to_none:
                    parameter._grad = None
                elif parameter._grad is not None:
                    parameter._grad.zero_()

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient.

        closure: recomputes the loss and its gradients; it is called first, and its loss is returned.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        if observer.step is not None:
            observer.step([p for group in self.param_groups for p in group["params"]])
        self._stepped = True
        with silent():
            for group in self.param_groups:
                self._update(group)
        return loss

    def _update(self, group: Group) -> None:
        raise NotImplementedError(f"{type(self).__name__} has no step: define step(self, closure=None)")

    def state_dict(self) -> dict[str, Any]:
        """A dict of "state" and "param_groups", as PyTorch lays it out: parameters are numbered; memory is shared."""
        parameters = [parameter for group in self.param_groups for parameter in group["params"]]
        numbers = {parameter: number for number, parameter in enumerate(parameters)}
        groups = [group | {"params": [numbers[p] for p in group["params"]]} for group in self.param_groups]
        return {"state": {numbers[parameter]: state for parameter, state in self.state.items()}, "param_groups": groups}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over the settings, and copies of the state, of another optimizer's state_dict; arrays do for tensors.

        Raises ValueError where the groups or the shapes differ from those here; nothing is changed then.
        """
        saved = state_dict["param_groups"]
        if [len(group["params"]) for group in saved] != [len(group["params"]) for group in self.param_groups]:
            raise ValueError("the loaded state dict has groups of other sizes than the optimizer")
        groups: list[Group] = []
        by_number: dict[Any, Tensor] = {}
        for group, own in zip(saved, self.param_groups, strict=True):
            by_number |= zip(group["params"], own["params"], strict=True)
            names = {"param_names": own["param_names"]} if "param_names" in own else {}
            groups.append(self.defaults | names | group | {"params": own["params"]})
            self._check(groups[-1])
        state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        for number, values in state_dict["state"].items():
            if number not in by_number:
                raise ValueError(f"the loaded state dict has the state of parameter {number}, which is in no group")
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
    """A copy of one item of a parameter's state: a tensor of the parameter's dtype, the step one of float32."""
    array = value._array if isinstance(value, Tensor) else value
    if name == "step":
        return wrap(np.array(array, np.float32))
    if not isinstance(array, np.ndarray):
        return array
    if name in PER_ELEMENT and array.shape != parameter._array.shape:
        raise ValueError(
            f"{name} of the shape {list(array.shape)} does not fit a parameter of the shape {list(parameter.shape)}"
        )
    return wrap(np.array(array, parameter._array.dtype))


def _check_settings(settings: Group, **not_negative: Any) -> None:
    """Raise for what SGD and Adam both refuse; not_negative: settings that are 0 or more, by the name to print."""
    if isinstance(settings["lr"], Tensor) and settings["lr"].numel() != 1:
        raise ValueError("Tensor lr must be 1-element")
    for name, value in not_negative.items():
        if not value >= 0:
            raise ValueError(f"Invalid {name.replace('_', ' ')}: {value}; it has to be 0 or more")
    if settings.get("differentiable"):
        raise NotImplementedError("differentiable=True is not there: steps are taken outside the graph")
    if settings.get("fused") and settings.get("foreach"):
        raise RuntimeError("`fused` and `foreach` cannot be `True` together.")


class SGD(Optimizer):
    """Stochastic gradient descent: p -= lr * g with g = grad + weight_decay * p.

    With momentum, velocity = momentum * velocity + (1 - dampening) * g, initially g, replaces g, or with
    nesterov g + momentum * velocity (Sutskever et al. 2013, in the form of PyTorch). maximize: ascend the gradient.
    foreach and fused, PyTorch's faster kernels, change nothing here.
    Raises ValueError for negative settings, and for nesterov without momentum or with dampening.

    >>> w = torch.tensor([1.0], requires_grad=True)
    >>> (w**2).sum().backward()
    >>> torch.optim.SGD([w], lr=0.25).step()
    >>> w.item()
    0.5
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
        lr, momentum, weight_decay = settings["lr"], settings["momentum"], settings["weight_decay"]
        _check_settings(settings, learning_rate=lr, momentum_value=momentum, weight_decay_value=weight_decay)
        if settings["nesterov"] and (momentum <= 0 or settings["dampening"] != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")

    def _update(self, group: Group) -> None:
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
    """Adam (Kingma and Ba 2015): p -= lr * m / (sqrt(v) + eps), m and v moving averages of g and g**2.

    m = beta1 * m + (1 - beta1) * g and v likewise with beta2 and g**2, both bias-corrected.
    weight_decay * p is added to the gradient g or, with decoupled_weight_decay, p *= 1 - lr * weight_decay comes first.
    amsgrad: v is the maximum of all so far (Reddi et al. 2018). maximize: ascend the gradient.
    foreach, capturable and fused, PyTorch's faster kernels, change nothing here.
    Raises ValueError for negative settings and for betas that are not two floats in [0, 1).

    >>> w = torch.nn.Parameter(torch.zeros(2))
    >>> optimizer = torch.optim.Adam([w], lr=0.1)
    >>> w.sum().backward()
    >>> optimizer.step()
    >>> w.detach()
    tensor([-0.1000, -0.1000])
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
        lr, eps, weight_decay = settings["lr"], settings["eps"], settings["weight_decay"]
        _check_settings(settings, learning_rate=lr, epsilon_value=eps, weight_decay_value=weight_decay)
        for i in range(2):
            beta = settings["betas"][i]
            if not (isinstance(beta, float) and 0 <= beta < 1):
                raise ValueError(f"Invalid beta parameter at index {i}: {beta}; it has to be a float in [0, 1)")

    def _update(self, group: Group) -> None:
        lr, weight_decay, eps = float(group["lr"]), float(group["weight_decay"]), float(group["eps"])
        beta1, beta2 = map(float, group["betas"])
        for parameter, array, g in _with_gradient(group):
            state = self.state[parameter]
            if not state:
                state["step"] = wrap(np.zeros((), np.float32))
                for name in ("exp_avg", "exp_avg_sq", *["max_exp_avg_sq"] * group["amsgrad"]):
                    state[name] = wrap(np.zeros_like(array))
            mean, square = state["exp_avg"]._array, state["exp_avg_sq"]._array
            step = state["step"]._array.item() + 1
            state["step"]._array.fill(step)
            largest = state["max_exp_avg_sq"]._array if group["amsgrad"] else None
            if weight_decay and group["decoupled_weight_decay"]:
                array *= 1 - lr * weight_decay
            elif weight_decay:
                g = g + weight_decay * array
            adam_step(array, g, mean, square, step, lr, beta1, beta2, eps, largest)


def adam_step(
    array: np.ndarray,
    g: np.ndarray,
    mean: np.ndarray,
    square: np.ndarray,
    step: float,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    largest: np.ndarray | None = None,
) -> None:
    """Update a parameter's array, and the moving averages of its gradient g and of g**2, in place.

    step: 1 for the first, 2, 3, ... largest: of amsgrad, the maximum of square so far.
    """
    # The order at the end of the paper's section 2, which spares divisions: the correction of the root mean square goes
    # into the rate and into eps.
    correction = (1 - beta2**step) ** 0.5
    update = np.multiply(g, 1 - beta1, out=np.empty_like(array))
    mean *= beta1
    mean += update
    np.multiply(g, 1 - beta2, out=update)  # before squaring, so that no square is larger than need be
    update *= g
    square *= beta2
    square += update
    if largest is not None:
        square = np.maximum(largest, square, out=largest)
    np.sqrt(square, out=update)
    update += eps * correction
    np.divide(mean, update, out=update)
    update *= lr * correction / (1 - beta1**step)
    array -= update


class AdamW(Adam):
    """Adam with decoupled weight decay: each step begins with p *= 1 - lr * weight_decay (Loshchilov and Hutter 2019).

    Arguments and errors are those of Adam, but that weight_decay is 0.01 by default.

    >>> w = torch.nn.Parameter(torch.zeros(2))
    >>> optimizer = torch.optim.AdamW([w], lr=0.1)
    >>> w.sum().backward()
    >>> optimizer.step()
    >>> w.detach()
    tensor([-0.1000, -0.1000])
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
    """(parameter, its array, the array of its gradient) of each parameter of a group that has a gradient."""
    for parameter in group["params"]:
        if parameter._grad is not None:
            g = parameter._grad._array
            yield parameter, parameter._array, -g if group["maximize"] else g
            parameter._version[0] += 1
