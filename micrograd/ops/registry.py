"""The table of ops."""

from collections.abc import Callable
from typing import Any

OPS: dict[str, Callable] = {}


def op(grad_name: str) -> Callable[[Callable], Any]:
    """Enter an op into the table of OPS, with the name that its node prints (PyTorch's)."""

    def enter(function: Any) -> Any:
        function.grad_name = grad_name
        OPS[function.__name__] = function
        return function

    return enter


def shared(work: Callable) -> Any:
    """`work`, a function of a gradient, for several derivatives of one op: done once for each gradient.

    A derivative hands over the inputs that the work looks at, `part(g, y)`, so that it mentions them itself and the
    graph knows what it keeps; and it neither changes nor returns what it gets, for the others use it too.
    """
    last: list[Any] = [None, None]

    def done(g: Any, *inputs: Any) -> Any:
        if last[0] is not g:
            last[:] = g, work(g, *inputs)
        return last[1]

    return done


def unchanged(g: Any) -> Any:
    """The derivative of what leaves each element as it is."""
    return g
