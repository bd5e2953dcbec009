"""The tensors that the examples of the operations are lines of Python on, for micrograd and PyTorch alike."""

import functools
import math
from types import SimpleNamespace
from typing import Any

import numpy as np

from micrograd.compare import step_by_step


def arrays() -> dict[str, np.ndarray]:
    """The numbers of the samples, by name; those of floats in float64, so that differences can be taken."""
    rng = np.random.default_rng(2147483647)
    normal = {
        **{"x": (3, 4), "y": (3, 4), "row": (4,), "square": (4, 4), "batch": (2, 3, 4), "scalar": ()},
        **{"weight": (5, 4), "bias": (5,), "signal": (2, 3, 8), "kernel": (4, 3, 2), "sequence": (4, 2, 3)},
        **{"state": (1, 2), "cell": (1, 2), "gates": (8, 5), "gates_bias": (8,), "qkv": (2, 3, 12)},
    }
    numbers = {name: np.asarray(rng.normal(size=shape)) for name, shape in normal.items()}
    numbers["positive"] = rng.uniform(0.5, 2.0, (3, 4))
    numbers["ints"] = np.array([2, 0, 3, 1])
    numbers["mask"] = numbers["x"] > 0
    numbers["targets"] = np.array([1, 3, 0])
    return numbers


def samples(library: Any) -> dict[str, Any]:
    """The samples as tensors of a library, those of floats as leaves that require grad; and beside them `torch`, `F`, `math` and `put`."""
    tensors = {name: library.tensor(array) for name, array in arrays().items()}
    for tensor in tensors.values():
        if tensor.dtype.is_floating_point:
            tensor.requires_grad_()
    return {**tensors, **others(library)}


def others(library: Any) -> dict[str, Any]:
    """What else the examples name."""
    return {"torch": library, "F": functional(library), "math": math, "put": put}


def put(x: Any, value: Any, index: Any) -> Any:
    """x[index] = value as a function, for examples."""
    x[index] = value
    return x


def functional(library: Any) -> Any:
    """The nn.functional of a library, with what only micrograd's has step by step."""
    if hasattr(library.nn.functional, "causal_self_attention"):
        return library.nn.functional
    ours = {name: functools.partial(getattr(step_by_step, name), library) for name in step_by_step.NAMES}
    return SimpleNamespace(**vars(library.nn.functional), **ours)
