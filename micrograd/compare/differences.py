"""Finite differences: the gradient without any derivative, (f(x + h) - f(x - h)) / 2h, an element at a time.

They need nothing but the function, so they are the check where PyTorch is not installed, and the second one where it
is. The step h is the cube root of eps, at which rounding and curvature spoil the quotient equally (Press and others,
Numerical Recipes, section 5.7): both leave it right to about eps ** (2 / 3), 4e-11 in float64.
"""

from collections.abc import Callable, Sequence

import numpy as np

import micrograd
from micrograd.autograd import slopes
from micrograd.compare.report import Pair, Report, judge, largest_of
from micrograd.compare.runs import NO_PYTORCH, Run, start_of, taken_apart

PROBED = 64
"""At most so many elements of an array are tried, drawn at random: each costs two runs of the function."""

EPS = float(np.finfo(np.float64).eps)
STEP = EPS ** (1 / 3)
RELATIVE = 1e4 * EPS ** (2 / 3)
"""How far a right quotient may be from the gradient, 4e-7 of the largest gradient: the third derivative of the function
decides, which may be as much as thousands."""


def probed(array: np.ndarray) -> np.ndarray:
    """The flat indices of the elements that are tried."""
    if array.size <= PROBED:
        return np.arange(array.size)
    return np.sort(np.random.default_rng(0).choice(array.size, PROBED, replace=False))


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

    pairs, tried = [], []
    for name, array in zip(names, arrays, strict=True):
        if array.dtype.kind == "f":
            name, flat_indices = f"gradient of {name}", probed(array)
            gradient = run.gradients[name]
            mine = np.zeros(array.shape) if gradient is None else gradient
            pairs.append(Pair(name, mine.reshape(-1)[flat_indices], slopes(f, array, STEP, flat_indices).mean(0)))
            tried.append((array.shape, flat_indices))
    floor = RELATIVE * max(1.0, abs(f())) / max(1.0, largest_of([pair.theirs for pair in pairs]))
    rows = [
        row._replace(shape=shape, at=row.at and tuple(map(int, np.unravel_index(flat_indices[row.at[0]], shape))))
        for row, (shape, flat_indices) in zip(judge(pairs, RELATIVE, floor), tried, strict=True)
    ]
    title = "micrograd beside finite differences, both in float64"
    return Report(title, rows, ("on micrograd", "by differences"), [NO_PYTORCH])
