"""The mistakes that pass in silence, caught where they happen.

    from micrograd import guard

    with guard():
        train()

or `@guard()` above a function, or the environment variable MICROGRAD_GUARD=1 for a whole program. Each mistake raises
a subclass of GuardError that says what happened, with the shapes, and what was probably meant:

- a reduction without keepdim that broadcasts back along another dimension; a prediction (n, 1) and a target (n,) that
  make a loss of (n, n) numbers (`guard.broadcasts`);
- softmax over the batch, of a softmax or missing; sigmoid before cross_entropy (`guard.softmaxes`);
- the first nan or infinity, forward or backward (`guard.finite`);
- a forgotten zero_grad, parameters that get no gradient, updates inside the graph (`guard.steps`);
- layers in a plain list and weights that are no Parameters, which no optimizer sees (`guard.beside`);
- numbers that backward needs and that were written over through NumPy or `.data` (`guard.memory`).

While it is on, the engine reports each operation and each backward to it (`graph.observer`). Off, nothing of it runs.
"""

import contextlib
import os
import sys
from typing import Any

import micrograd.rules.public  # noqa: F401 - the first, for it may say why all others fail
from micrograd.guard import watch
from micrograd.guard.caught import BroadcastError as BroadcastError  # these are for users
from micrograd.guard.caught import GuardError as GuardError
from micrograd.guard.caught import NoGradientError as NoGradientError
from micrograd.guard.caught import NotFiniteError as NotFiniteError
from micrograd.guard.caught import SoftmaxError as SoftmaxError
from micrograd.guard.caught import StaleGradientError as StaleGradientError
from micrograd.guard.caught import UpdateError as UpdateError
from micrograd.guard.caught import hide_engine
from micrograd.rules.modules import make_callable

_depth = [0]  # how many guards are on, one within the other


class guard(contextlib.ContextDecorator):  # noqa: N801 - used as no_grad is
    """Catch mistakes inside `with guard():`, or in a function decorated `@guard()`; may stand within another.

    >>> P = torch.arange(9).view(3, 3).float()
    >>> with guard():  # doctest: +ELLIPSIS
    ...     P / P.sum(1)
    Traceback (most recent call last):
    ...
    micrograd.guard.caught.BroadcastError: x / x.sum(1), ... Probably meant: x / x.sum(1, keepdim=True)
    """

    def __enter__(self) -> None:
        if _depth[0] == 0:
            watch.start()
        _depth[0] += 1

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        _depth[0] -= 1
        if _depth[0] == 0:
            watch.stop()
        if isinstance(error, GuardError):
            hide_engine(error)


def follow_environment() -> None:
    """Turn the guard on, to the end of the program, where MICROGRAD_GUARD is set to something other than 0."""
    if os.environ.get("MICROGRAD_GUARD", "0") not in ("", "0"):
        guard().__enter__()
        sys.excepthook = _excepthook


def _excepthook(kind: Any, error: BaseException, traceback: Any) -> None:
    if isinstance(error, GuardError):
        hide_engine(error)
    sys.__excepthook__(kind, error, error.__traceback__)


make_callable(__name__)
