"""The optimizer of a run, and its state as arrays that a file or another process takes."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from makemore.models import NGRAMS
from micrograd.optim import SGD, AdamW, Optimizer


def optimizer_of(config: Mapping[str, Any], model: Any) -> Optimizer:
    """The optimizer that config asks for. An n-gram's weight decay is a penalty of its loss instead."""
    decay = 0.0 if config["type"] in NGRAMS else config["weight_decay"]
    rate = config["learning_rate"]
    if config["optimizer"] == "sgd":
        return SGD(model.parameters(), lr=rate, weight_decay=decay)
    return AdamW(model.parameters(), lr=rate, betas=(0.9, 0.99), weight_decay=decay)  # makemore.py's betas


def optimizer_arrays(optimizer: Optimizer) -> dict[str, np.ndarray]:
    """The optimizer's state of each parameter, by the parameter's index and its own name: "0.momentum_buffer"."""
    state = optimizer.state_dict()["state"]
    return {f"{i}.{name}": tensor.numpy() for i, values in state.items() for name, tensor in values.items()}


def load_optimizer(optimizer: Optimizer, arrays: dict[str, np.ndarray]) -> None:
    """Put back what `optimizer_arrays` gave. Raises ValueError where it does not fit the optimizer's parameters."""
    state: dict[int, dict[str, np.ndarray]] = {}
    for key, array in arrays.items():
        index, name = key.split(".")
        state.setdefault(int(index), {})[name] = array
    if isinstance(optimizer, AdamW) and arrays:
        for i in range(len(optimizer.param_groups[0]["params"])):
            if lacking := {"step", "exp_avg", "exp_avg_sq"} - state.get(i, {}).keys():
                raise ValueError(f"the optimizer's {i}.{min(lacking)} is not there")
    optimizer.load_state_dict(optimizer.state_dict() | {"state": state})
