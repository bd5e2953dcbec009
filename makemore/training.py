"""Gradient descent on a model: the loop, its progress bar, and how it is stopped."""

import math
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType, TracebackType

import numpy as np
from tqdm import tqdm

from makemore.complaint import Complaint
from micrograd import Tensor
from micrograd.optim import Optimizer


class StopAsked:
    """Turns Ctrl-C into `asked`, so that a step is never left half done; a second Ctrl-C stops at once."""

    def __enter__(self) -> "StopAsked":
        self.asked = False
        self.in_main_thread = threading.current_thread() is threading.main_thread()
        if self.in_main_thread:
            self.before = signal.signal(signal.SIGINT, self._ask)
        return self

    def _ask(self, signum: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True

    def __exit__(self, kind: type | None, value: BaseException | None, trace: TracebackType | None) -> None:
        if self.in_main_thread:
            signal.signal(signal.SIGINT, self.before)


def train(
    loss_of_step: Callable[[], Tensor],
    optimizer: Optimizer,
    *,
    first: int,
    last: int,
    eval_every: int,
    evaluate: Callable[[int], None],
) -> int:
    """Take the steps `first` + 1 to `last` (-1: without end) and return the number of the last one taken.

    loss_of_step: draws its batch and returns the loss. evaluate: called with the number of steps done before the
    first, after every eval_every and after the last. Ctrl-C ends it after the step under way.
    Raises Complaint where the loss is no longer a number.
    """
    step = evaluated = first
    shown = time.monotonic()
    total = None if last < 0 else last
    with StopAsked() as stop, tqdm(total=total, initial=first, unit="step", desc="training") as bar:
        if first == 0:
            evaluate(0)
        while step != last and not stop.asked:
            loss = loss_of_step()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            step += 1
            number = loss.item()
            if not math.isfinite(number):
                bar.close()
                raise Complaint(f"the loss became {number} at step {step:,}; lower --learning-rate")
            bar.update()
            if time.monotonic() - shown > 0.1 or step == last:
                bar.set_postfix_str(f"loss {number:.4f}", refresh=False)
                shown = time.monotonic()
            if step % eval_every == 0:
                evaluate(step)
                evaluated = step
    if step > evaluated:
        evaluate(step)
    return step


def remembered(optimizer: Optimizer) -> dict[str, np.ndarray]:
    """What the optimizer remembers of its parameters, by their number and its name, such as "0.momentum_buffer"."""
    state = optimizer.state_dict()["state"]
    return {f"{i}.{name}": tensor.numpy() for i, values in state.items() for name, tensor in values.items()}


def remind(optimizer: Optimizer, arrays: dict[str, np.ndarray]) -> None:
    """Give the optimizer back what `remembered` took. Raises Complaint where it does not fit its parameters."""
    state: dict[int, dict[str, np.ndarray]] = {}
    try:
        for key, array in arrays.items():
            number, name = key.split(".")
            state.setdefault(int(number), {})[name] = array
        optimizer.load_state_dict(optimizer.state_dict() | {"state": state})
    except ValueError as error:
        raise Complaint(f"the checkpoint does not fit the optimizer ({error}); train anew with --overwrite") from None
