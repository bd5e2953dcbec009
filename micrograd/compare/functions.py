"""A function of the user's own on micrograd and on PyTorch: its value and every gradient, side by side."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import micrograd
from micrograd.compare.differences import judge_by_differences
from micrograd.compare.first_difference import first_difference
from micrograd.compare.report import Pair, Report, judge, rounding
from micrograd.compare.runs import NO_PYTORCH, Run, array_of, names_of, pytorch, start_of, taken_apart


def compare_function(fn: Callable, inputs: Sequence[Any], names: Sequence[str] | None) -> Report:
    """The Report of fn on both libraries; see `micrograd.compare.compare`."""
    if names is None:
        names = names_of(fn, len(inputs))
    elif isinstance(names, str) or len(names) != len(inputs):
        raise ValueError(f"names: give a list of {len(inputs)} names, one for each input, not {names!r:.60}")
    arrays = [array_of(x, f"input {name}") for name, x in zip(names, inputs, strict=True)]
    torch = pytorch()
    if torch is None:
        report = compare_with_differences(fn, arrays, names)
        report.remarks.append(NO_PYTORCH)
        return report
    mine = Run(micrograd, micrograd.Tensor, fn, arrays, names)
    theirs = Run(torch, torch.Tensor, fn, arrays, names)
    if list(mine.values) != list(theirs.values):
        raise ValueError(
            f"fn names other inner tensors on micrograd than on PyTorch: {list(mine.values)[1:]} and "
            f"{list(theirs.values)[1:]}"
        )
    pairs = [
        Pair(name, found[name], expected[name])
        for found, expected in ((mine.values, theirs.values), (mine.gradients, theirs.gradients))
        for name in found
    ]
    at_hand = [array for pair in pairs for array in pair[1:] if array is not None]
    rows = judge(pairs, *rounding([*arrays, *at_hand]))
    report = Report(f"micrograd beside PyTorch {torch.__version__}", rows, ("on micrograd", "on PyTorch"))
    if not report:
        report.remarks.append(first_difference(torch, fn, arrays, names))
    return report


def compare_with_differences(fn: Callable, arrays: Sequence[np.ndarray], names: Sequence[str]) -> Report:
    """The Report of fn on micrograd beside finite differences, both in float64.

    To these, what fn detaches from the graph looks like a gradient that is missing.
    """
    arrays = [array.astype(np.float64) if array.dtype.kind == "f" else array for array in arrays]
    run = Run(micrograd, micrograd.Tensor, fn, arrays, names)
    weights = start_of(run.value)

    def f() -> float:
        with micrograd.no_grad():
            value, _ = taken_apart(fn(micrograd, *[micrograd.from_numpy(a) for a in arrays]), micrograd.Tensor)
        return float((value.numpy() * weights).sum())

    floats = [(f"gradient of {name}", a) for name, a in zip(names, arrays, strict=True) if a.dtype.kind == "f"]
    rows = judge_by_differences(f, floats, [run.gradients[name] for name, _ in floats], f())
    title = "micrograd beside finite differences, both in float64"
    return Report(title, rows, ("on micrograd", "by differences"))
