"""Every op of the engine on both libraries, by the examples that stand beside it in `micrograd.ops`.

An example is a line of Python on the samples below, tensors of micrograd and of PyTorch alike.
"""

import math
import re
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from micrograd.compare import compare, step_by_step
from micrograd.compare.report import DIFFERENT, Report
from micrograd.compare.runs import pytorch
from micrograd.ops import OPS

FLOATS = ("float32", "float64")

# Examples with these words have a gradient that is not the derivative of their numbers, or a step that rounding hides.
NOT_BY_DIFFERENCES = ("detach()", "padding_idx", "float32", ".float()", "/ 0")


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


class Checked(NamedTuple):
    """What was found of an op: how many cases, the largest difference in each dtype, and the first Report that is not
    true."""

    op: str
    cases: int
    largest: dict[str, float]
    wrong: Report | None

    @property
    def verdict(self) -> str:
        """'agrees', 'different', or 'not tried' where no example has finite differences."""
        return "not tried" if not self.cases else "agrees" if self.wrong is None else DIFFERENT


def function_of(example: str) -> tuple[Callable, list[str]]:
    """An example as a function fn(torch, *samples) of either library, and the names of the samples that it takes."""
    names = [name for name in arrays() if re.search(rf"\b{name}\b", example)]

    def run(torch: Any, *samples: Any) -> Any:
        torch.manual_seed(1)
        result = eval(example, others(torch) | dict(zip(names, samples, strict=True)))
        if not isinstance(result, tuple | list):
            return result
        first, *rest = result
        return first, {f"result {i}": tensor for i, tensor in enumerate(rest, 1)}

    return run, names


def check(op: str) -> Checked:
    """Compare an op with PyTorch or, where that is not installed, with finite differences in float64."""
    cases, wrong, torch = 0, None, pytorch()
    largest: dict[str, float] = {}
    for example in OPS[op].examples:
        if torch is None and any(word in example for word in NOT_BY_DIFFERENCES):
            continue
        fn, names = function_of(example)
        numbers = [arrays()[name] for name in names]
        for dtype in FLOATS if torch is not None else FLOATS[1:]:
            inputs = [array.astype(dtype) if array.dtype.kind == "f" else array for array in numbers]
            report = compare(fn, *inputs, names=names)
            cases += 1
            largest[dtype] = float(np.max([largest.get(dtype, 0.0), *[row.largest for row in report.rows]]))
            if not report and wrong is None:
                report.remarks.insert(0, f"in the example {example}, in {dtype}")
                wrong = report
    return Checked(op, cases, largest, wrong)
