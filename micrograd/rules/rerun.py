"""What the engine tells a recording of a compiled program (see `micrograd.compiling`)."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from micrograd.graph import state
from micrograd.rules.layout import laid_like


def rerun(function: Callable) -> Callable:
    """Mark a function of arrays outside of operations that a compiled program has to call anew each time.

    It draws random numbers, moves a buffer, or looks at numbers; in the last case its result has to stay the same.
    """

    @functools.wraps(function)
    def run(*arguments: Any) -> Any:
        recording = state.recording
        if recording is None:
            return function(*arguments)
        recording.inside_rerun += 1
        try:
            result = function(*arguments)
        finally:
            recording.inside_rerun -= 1
        recording.rerun(function, arguments, result)
        return result

    return run


def copied(array: np.ndarray) -> np.ndarray:
    """A copy for the graph to keep; a program makes its own, of the array as it is by then."""
    copy = array.copy(order="K")
    if array.ndim > 1 and 1 in array.shape:
        copy = laid_like(copy, [array])
    if state.recording is not None:
        state.recording.stands_for(copy, array)
    return copy


def made(array: np.ndarray) -> np.ndarray:
    """An array of Python's numbers, such as a list among indices; a program has it as a constant."""
    if state.recording is not None:
        state.recording.made[id(array)] = array
    return array
