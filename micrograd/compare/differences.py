"""Finite differences: the gradient without any derivative, (f(x + h) - f(x - h)) / 2h, an element at a time.

They need nothing but the function, so they are the check where PyTorch is not installed, and the second one where it
is. The step h is the cube root of eps, at which rounding and curvature spoil the quotient equally (Press and others,
Numerical Recipes, section 5.7): both leave it right to about eps ** (2 / 3), 4e-11 in float64.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from micrograd.autograd import slopes
from micrograd.compare.report import Pair, Row, judge, largest_of

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


def judge_by_differences(
    f: Callable[[], float], inputs: list[tuple[str, np.ndarray]], gradients: list[Any], value: float
) -> list[Row]:
    """A Row for each input: its gradient, an array or None for 0, against the quotients. value: f(), for its size."""
    pairs, positions = [], [probed(array) for _, array in inputs]
    for (name, array), where, gradient in zip(inputs, positions, gradients, strict=True):
        mine = np.zeros(array.shape) if gradient is None else gradient
        pairs.append(Pair(name, mine.reshape(-1)[where], slopes(f, array, STEP, where).mean(0)))
    floor = RELATIVE * max(1.0, abs(value)) / max(1.0, largest_of([pair.theirs for pair in pairs]))
    rows = judge(pairs, RELATIVE, floor)
    return [
        row._replace(
            shape=array.shape,
            at=None if row.at is None else tuple([int(i) for i in np.unravel_index(where[row.at[0]], array.shape)]),
        )
        for row, where, (_, array) in zip(rows, positions, inputs, strict=True)
    ]
