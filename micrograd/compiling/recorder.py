"""What a compiled function of tensors and one of Values have in common: programs for its calls, and a warning."""

import warnings
from collections.abc import Callable
from typing import Any

from micrograd.compiling.recording import Obstacle

MOST_RECORDINGS = 8  # in a row, then a function runs as it is


class Recorder:
    """A function whose calls are recorded; where they cannot be it runs as it is, and says so once."""

    frames_to_user = 4  # from a warning to the line that called the compiled function

    def __init__(self, function: Callable, name: str):
        self._function, self._name = function, name
        self._recorded: dict[Any, list[Any]] = {}
        self._refused: set[Any] = set()
        self._in_a_row = 0
        self._eager: str | None = None
        self._warned = False
        self._last: Any = None

    def _give_up(self, why: str, args: Any, kwargs: Any) -> Any:
        self._warn(why)
        self._eager = why
        return self._function(*args, **kwargs)

    def _warn(self, why: str) -> None:
        if not self._warned:
            self._warned = True
            code = getattr(getattr(self._function, "forward", self._function), "__code__", None)
            place = f"{code.co_filename}:{code.co_firstlineno}: " if code is not None and ".py:" not in why else ""
            text = f"compile: {self._name} runs as it is, not compiled: {place}{why}"
            warnings.warn(text, stacklevel=self.frames_to_user)

    def source(self) -> str:
        """The program of the last call as text. Raises RuntimeError where there is none."""
        if self._last is None:
            raise RuntimeError(f"there is no program: {self._eager or 'call the compiled function first'}")
        try:
            return self._last.source()
        except Obstacle as error:
            raise RuntimeError(f"this program has no text of its own: {error}") from None
