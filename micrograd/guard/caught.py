"""What the guard raises, and the line where the mistake was made."""

import contextlib
import os
import sys
from collections.abc import Sequence
from typing import Any

Place = tuple[str, int]  # a file and a line in it

# Where the package's own frames come from: its files, and the functions that `micrograd.ops` makes.
_OWN = (os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep, "<micrograd.")


class GuardError(RuntimeError):
    """A mistake that PyTorch would not have mentioned; its subclasses are the kinds of mistakes."""

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows: the user's lines and the message."""
        from IPython import get_ipython  # it has asked

        hide_engine(self)
        lines: list[str] = get_ipython().InteractiveTB.structured_traceback(type(self), self, self.__traceback__)
        return lines


class BroadcastError(GuardError):
    """Two shapes broadcast, and to something that can hardly be meant."""


class SoftmaxError(GuardError):
    """Softmax over the wrong dimension, or twice, or missing."""


class NotFiniteError(GuardError):
    """The first nan or infinity, forward or backward."""


class StaleGradientError(GuardError):
    """A step along a gradient that is not that of this step: zero_grad was forgotten, or came too early."""


class NoGradientError(GuardError):
    """A parameter that no gradient reaches, and that therefore never learns."""


class UpdateError(GuardError):
    """An update that made another tensor in the place of the parameter, or a parameter that nothing updates."""


def user_line() -> Place:
    """The line of the user's program that runs now: the innermost one outside of this package."""
    frame = sys._getframe(2)
    while frame.f_code.co_filename.startswith(_OWN) and frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno


def hide_engine(error: BaseException) -> None:
    """Take the frames of this package, and those of its decorators, out of the traceback of an error."""
    last = entry = error.__traceback__
    while entry is not None and last is not None:
        entry = entry.tb_next
        if entry is None or not entry.tb_frame.f_code.co_filename.startswith((*_OWN, contextlib.__file__)):
            last.tb_next, last = entry, entry


def place_text(place: Sequence[Any] | None) -> str:
    """A place in brackets, with a space before it; nothing for None."""
    return "" if place is None else f" ({os.path.basename(place[0])}, line {place[1]})"
