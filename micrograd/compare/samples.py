"""The tensors that the examples of the operations are lines of Python on, for micrograd and PyTorch alike."""

import math
from functools import partial
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
    numbers: dict[str, np.ndarray] = {name: np.asarray(rng.normal(size=shape)) for name, shape in normal.items()}
    numbers["positive"] = rng.uniform(0.5, 2.0, (3, 4))
    numbers["ints"] = np.array([2, 0, 3, 1])
    numbers["mask"] = numbers["x"] > 0
    numbers["targets"] = np.array([1, 3, 0])
    return numbers


def samples(library: Any) -> dict[str, Any]:
    """The samples as tensors of a library, those of floats as leaves that require grad; and `others`."""
    tensors = {name: library.tensor(array) for name, array in arrays().items()}
    for tensor in tensors.values():
        if tensor.dtype.is_floating_point:
            tensor.requires_grad_()
    return {**tensors, **others(library)}


def others(library: Any) -> dict[str, Any]:
    """What else the examples name."""
    return {"torch": library, "F": functional(library), "math": math, "put": put}


class functional:  # noqa: N801 - it stands for nn.functional
    """A library's nn.functional and, where that is PyTorch's, step by step what only micrograd's has."""

    def __init__(self, library: Any):
        self._library = library

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._library.nn.functional, name, None)
        return partial(getattr(step_by_step, name), self._library) if found is None else found


def put(x: Any, value: Any, index: Any) -> Any:
    """x[index] = value as a function, for examples."""
    x[index] = value
    return x
