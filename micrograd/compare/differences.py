"""Finite differences: the gradient without any derivative, (f(x + h) - f(x - h)) / 2h, a number at a time.

It needs nothing but the function, so it is the check where PyTorch is not, and the second one where it is. The step h
is the cube root of eps, at which rounding and curvature spoil the quotient equally (Press and others, Numerical
Recipes, section 5.7): both leave it right to about eps ** (2 / 3), 4e-11 in float64.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from micrograd.compare.report import Pair, Row, judge, largest_of

PROBED = 64
"""So many numbers of an array are tried at the most, drawn at random: each costs two runs of the function."""

EPS = float(np.finfo(np.float64).eps)
STEP = EPS ** (1 / 3)
RELATIVE = 1e4 * EPS ** (2 / 3)
"""How far a right quotient may be from the gradient, 4e-7 of the largest gradient: the third derivative of the function
decides, which may be as much as thousands."""


def quotients(f: Callable[[], float], array: np.ndarray, probed: int = PROBED) -> tuple[np.ndarray, np.ndarray]:
    """Places of the array, as flat indices, and the quotients of f() by the numbers there; the array ends as it was.

    f: computes a number from the array as it is. array: float64.
    """
    places = np.arange(array.size)
    if array.size > probed:
        places = np.sort(np.random.default_rng(0).choice(array.size, probed, replace=False))
    found = np.empty(len(places))
    for i, place in enumerate(places):
        kept = array.flat[place]
        step = STEP * max(1.0, abs(kept))
        array.flat[place] = kept + step
        above, up = f(), array.flat[place]
        array.flat[place] = kept - step
        below, down = f(), array.flat[place]
        array.flat[place] = kept
        found[i] = (above - below) / (up - down)
    return places, found


def judge_by_quotients(
    f: Callable[[], float], inputs: list[tuple[str, np.ndarray]], gradients: list[Any], value: float
) -> list[Row]:
    """A Row for each input: its gradient, an array or None for 0, against the quotients. value: f(), for its size."""
    pairs, places = [], []
    for (name, array), gradient in zip(inputs, gradients, strict=True):
        where, found = quotients(f, array)
        mine = np.zeros(array.shape) if gradient is None else gradient
        pairs.append(Pair(name, mine.reshape(-1)[where], found))
        places.append(where)
    floor = RELATIVE * max(1.0, abs(value)) / max(1.0, largest_of([pair.theirs for pair in pairs]))
    rows = judge(pairs, RELATIVE, floor)
    return [
        row._replace(
            shape=array.shape,
            at=None if row.at is None else tuple([int(i) for i in np.unravel_index(where[row.at[0]], array.shape)]),
        )
        for row, where, (_, array) in zip(rows, places, inputs, strict=True)
    ]
