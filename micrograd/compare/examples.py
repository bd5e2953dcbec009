"""Every op of the engine on both libraries, by the examples that stand beside it in `micrograd.ops`."""

import ast
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from micrograd.compare.functions import compare_function
from micrograd.compare.report import DIFFERENT, Report
from micrograd.compare.runs import pytorch
from micrograd.compare.samples import arrays, others
from micrograd.ops import OPS

FLOATS = ("float32", "float64")

# Examples with these words have a gradient that is not the derivative of their numbers, or a step that rounding hides.
NOT_BY_DIFFERENCES = ("detach()", "padding_idx", "float32", ".float()", "/ 0")


class Checked(NamedTuple):
    """What was found of an op: the number of cases, the largest difference for each dtype, and the first Report that
    is not true."""

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
    tree = ast.parse(example, "<example>", "eval")
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names = [name for name in arrays() if name in used]
    code = compile(tree, "<example>", "eval")

    def run(torch: Any, *samples: Any) -> Any:
        torch.manual_seed(1)
        result = eval(code, others(torch) | dict(zip(names, samples, strict=True)))
        if not isinstance(result, tuple | list):
            return result
        first, *rest = result
        return first, {f"result {i}": tensor for i, tensor in enumerate(rest, 1)}

    return run, names


def inputs_of(names: Sequence[str], dtype: str) -> list[np.ndarray]:
    """The samples of these names, those of floats in `dtype`."""
    samples = arrays()
    return [samples[name].astype(dtype) if samples[name].dtype.kind == "f" else samples[name] for name in names]


def check(op: str) -> Checked:
    """Compare an op with PyTorch or, where that is not installed, with finite differences in float64."""
    cases, wrong, torch = 0, None, pytorch()
    largest: dict[str, float] = {}
    for example in OPS[op].examples:
        if torch is None and any(word in example for word in NOT_BY_DIFFERENCES):
            continue
        fn, names = function_of(example)
        for dtype in FLOATS if torch is not None else FLOATS[1:]:
            report = compare_function(fn, inputs_of(names, dtype), names)
            cases += 1
            largest[dtype] = float(np.max([largest.get(dtype, 0.0), *[row.largest for row in report.rows]]))
            if not report and wrong is None:
                report.remarks.insert(0, f"in the example {example}, in {dtype}")
                wrong = report
    return Checked(op, cases, largest, wrong)
