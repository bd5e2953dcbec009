"""The table of ops."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

OPS: dict[str, Callable] = {}


def op(grad_name: str, in_order: bool = False) -> Callable[[Callable], Any]:
    """Enter an op into the table of OPS, with the name that its node prints (PyTorch's).

    in_order: whether the result lies in memory in order whatever the inputs do, so that it can be viewed in any shape.
    """

    def enter(function: Any) -> Any:
        function.grad_name = grad_name
        function.kept, function.in_order = {}, in_order
        OPS[function.__name__] = function
        return function

    return enter


class Kept(NamedTuple):
    """What a derivative keeps: the positions of the inputs it mentions, -1 for the result, and whether any value."""

    positions: tuple[int, ...] | None  # None for all inputs, of an op that takes any number of them
    any_value: bool


def look_up_kept(op: Any, derivative: Any, n_inputs: int) -> Kept:
    """Read off the names that a derivative mentions what it keeps; once for each derivative in the source."""
    mentioned, source = derivative.__code__.co_freevars, op.__code__
    names = source.co_varnames[: min(source.co_argcount, n_inputs)]
    all_inputs = (
        bool(source.co_flags & inspect.CO_VARARGS)
        and source.co_varnames[source.co_argcount + source.co_kwonlyargcount] in mentioned
    )
    positions = () if all_inputs else tuple([names.index(name) for name in mentioned if name in names])
    positions += (-1,) * ("out" in mentioned)
    arrays = any(isinstance(held, np.ndarray) for held in _held(derivative))
    found = op.kept[id(derivative.__code__)] = Kept(None if all_inputs else positions, arrays or bool(positions))
    return found


def _held(x: Any) -> Iterator[Any]:
    """All that x is or holds: the items of a tuple or list, what is in the closure of a function, and so on inwards."""
    yield x
    inner = x if isinstance(x, tuple | list) else [c.cell_contents for c in getattr(x, "__closure__", None) or ()]
    for item in inner:
        yield from _held(item)


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
