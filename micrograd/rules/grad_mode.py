"""Whether operations record a graph: no_grad and its kin, as context managers and as decorators."""

import functools
import inspect
from collections.abc import Callable
from typing import Any, Self, TypeVar, overload

from micrograd.graph import state

F = TypeVar("F", bound=Callable)


def is_grad_enabled() -> bool:
    """Whether operations record a graph now, in this thread.

    >>> torch.is_grad_enabled()
    True
    """
    return state.grad_enabled


class GradMode:
    """Turns recording on or off: `with mode:` until the end of the block, `@mode` in every call of a function.

    In a generator function it holds while the generator runs, not while it waits between two items.
    """

    mode: bool

    def __enter__(self) -> None:
        self.before = state.grad_enabled
        state.grad_enabled = self.mode

    def __exit__(self, *exception: object) -> None:
        state.grad_enabled = self.before

    def __call__(self, function: F) -> F:
        if inspect.isgeneratorfunction(function):
            return self._around_generator(function)

        @functools.wraps(function)
        def in_mode(*args: Any, **kwargs: Any) -> Any:
            with self._again():
                return function(*args, **kwargs)

        return in_mode  # type: ignore[return-value]

    def _again(self) -> "GradMode":
        """The same mode for one call: a decorated function may call itself."""
        new = object.__new__(type(self))
        new.mode = self.mode
        return new

    def _around_generator(self, function: Callable) -> Any:
        @functools.wraps(function)
        def in_mode(*args: Any, **kwargs: Any) -> Any:
            running = function(*args, **kwargs)
            resume, given = running.send, None
            try:
                while True:
                    with self._again():
                        item = resume(given)
                    try:
                        resume, given = running.send, (yield item)
                    except GeneratorExit:
                        with self._again():
                            running.close()
                        raise
                    except BaseException as error:
                        resume, given = running.throw, error
            except StopIteration as end:
                return end.value

        return in_mode  # type: ignore[return-value]


class set_grad_enabled(GradMode):  # noqa: N801 - PyTorch's name
    """Turn recording on or off from here on; as a context manager, until the end of the block.

    >>> from micrograd import is_grad_enabled
    >>> with set_grad_enabled(False):
    ...     print(is_grad_enabled())
    False
    """

    def __init__(self, mode: bool):
        if mode is not True and mode is not False:
            raise TypeError(f"set_grad_enabled() takes True or False, not {mode!r:.40}")
        self.mode, self.before = mode, state.grad_enabled
        state.grad_enabled = self.mode

    def __enter__(self) -> None:
        state.grad_enabled = self.mode

    def __call__(self, function: F) -> F:
        state.grad_enabled = self.before  # a decorator changes nothing outside of the function
        return super().__call__(function)

    def _again(self) -> GradMode:
        return type(self)(self.mode)


class no_grad(GradMode):  # noqa: N801 - PyTorch's name
    """Operations inside `with no_grad():`, or in a function decorated `@no_grad()`, record no graph.

    >>> w = torch.ones(2, requires_grad=True)
    >>> with torch.no_grad():
    ...     print((w * 2).requires_grad)
    False
    """

    mode = False

    @overload
    def __new__(cls, function: None = None) -> Self: ...
    @overload
    def __new__(cls, function: F) -> F: ...  # type: ignore[misc] # @no_grad, without brackets
    def __new__(cls, function: Any = None) -> Any:
        self = super().__new__(cls)
        return self(function) if callable(function) else self


class enable_grad(no_grad):  # noqa: N801 - PyTorch's name
    """Inside it operations record a graph again, within a `no_grad` too.

    >>> with torch.no_grad(), torch.enable_grad():
    ...     print(torch.is_grad_enabled())
    True
    """

    mode = True


class inference_mode(GradMode):  # noqa: N801 - PyTorch's name
    """The same as no_grad, or with mode=False as enable_grad; PyTorch's also keeps no version counters.

    >>> with torch.inference_mode():
    ...     print(torch.is_grad_enabled())
    False
    """

    def __new__(cls, mode: Any = True) -> Any:
        self = super().__new__(cls)
        self.mode = not callable(mode) and not mode
        return self(mode) if callable(mode) else self
