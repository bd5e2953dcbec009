"""A function of the user's own on micrograd and on PyTorch: its value and every gradient, side by side."""

from collections.abc import Callable, Sequence
from typing import Any

import micrograd
from micrograd.compare.differences import compare_with_differences
from micrograd.compare.first_difference import first_difference
from micrograd.compare.report import Pair, Report, judge, rounding
from micrograd.compare.runs import Run, array_of, names_of, pytorch


def compare_function(fn: Callable, inputs: Sequence[Any], names: Sequence[str] | None) -> Report:
    """The Report of fn on both libraries; see `micrograd.compare.compare`."""
    if names is None:
        names = names_of(fn, len(inputs))
    elif isinstance(names, str) or len(names) != len(inputs):
        raise ValueError(f"names: give a list of {len(inputs)} names, one for each input, not {names!r:.60}")
    arrays = [array_of(x, f"input {name}") for name, x in zip(names, inputs, strict=True)]
    torch = pytorch()
    if torch is None:
        return compare_with_differences(fn, arrays, names)
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
