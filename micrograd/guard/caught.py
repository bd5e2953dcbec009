"""What the guard raises, and where a mistake was made."""

import os
import sys
from collections.abc import Sequence

Place = tuple[str, int]  # a file and a line in it

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


class GuardError(RuntimeError):
    """A mistake that PyTorch would not have mentioned, or not so that it helps; its children are the kinds of them."""


class BroadcastError(GuardError):
    """Two shapes broadcast, and to something that can hardly be meant."""


class SoftmaxError(GuardError):
    """Softmax over the wrong dimension, or twice, or missing."""


class NotFiniteError(GuardError):
    """The first nan or infinity, in the forward or on the way back."""


class StaleGradientError(GuardError):
    """A step along a gradient that is not the one of this step: zero_grad was forgotten, or came too early."""


class NoGradientError(GuardError):
    """A parameter that no gradient reaches, and that therefore never learns."""


class UpdateError(GuardError):
    """A parameter was updated in a way that makes it a part of the graph, or a tensor that is no parameter any more."""


class DtypeError(GuardError):
    """Integers where floats are needed, or floats where class indices are."""


def here() -> Place:
    """The line of the user's program that runs now: the innermost one outside of this package."""
    frame = sys._getframe(2)
    while frame.f_code.co_filename.startswith(_PACKAGE) and frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno


def told(place: Place | None) -> str:
    """A place in words, with a space before it; nothing where there is none."""
    return "" if place is None else f" ({os.path.basename(place[0])}, line {place[1]})"


def listed(index: Sequence[int]) -> str:
    """An index as it stands behind the name of a tensor."""
    return str([int(i) for i in index])
