"""The first nan or infinity, forward or backward.

An infinity that the user put in, the -inf of a mask for example, is theirs, and so is what follows from it; a nan that
an op makes of numbers, and an infinity that it makes of finite ones, is caught. Only log of 0 in a tensor of several
elements may wait: a table of log probabilities may hold -inf, and be the logits of what never happens, until a sum or a
product takes it in.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from micrograd.graph import Node
from micrograd.guard.caught import NotFiniteError, place_text, user_line
from micrograd.guard.trace import OF_ONE, OF_TWO, REARRANGED
from micrograd.ops import OPS
from micrograd.rules.errors import silent
from micrograd.tensors import Tensor

# Finite numbers stay finite under these, and an infinity becomes no nan.
_BOUNDED = {"abs", "neg", "tanh", "sigmoid", "relu", "sign", "floor", "ceil", "round", "clone"}
_CHOSEN = {"maximum", "minimum", "amax", "amin", "pick", "clamp", "masked_fill", "pad", "sorted"}
HARMLESS = REARRANGED | _BOUNDED | _CHOSEN

# An infinity in one element of an input reaches one of the result: nobody has used it yet.
ELEMENT_BY_ELEMENT = OF_ONE | OF_TWO | {"log_softmax"}

_LOGS = ("log", "log2", "log10", "log1p")

_MEANT_BY = {
    _LOGS: "smoothed counts, (N + 1), a little more than 0, (x + 1e-8).log(), or F.log_softmax and F.cross_entropy, "
    "which start from the logits",
    ("exp",): "the largest taken off first, (x - x.max()).exp(), or F.softmax, F.log_softmax, logsumexp, which do that",
    ("div", "reciprocal", "floor_divide", "remainder"): "a divisor that cannot be 0: x / (y + 1e-8), or counts that "
    "are smoothed, (N + 1)",
    ("softmax", "log_softmax", "scaled_dot_product_attention"): "a mask that leaves at least one element of each row: "
    "a row of -inf alone has nothing to choose from",
    ("mul",): "masked_fill(mask, float('-inf')) or torch.where, because 0 * inf is nan",
    ("sub",): "finite numbers before the difference: inf - inf is nan",
    ("sqrt", "rsqrt"): "a number that is not negative: x.clamp(min=0).sqrt()",
    ("pow",): "a base that is not 0 under a negative power, and not negative under a fractional one",
    ("std", "var"): "more than one element, or unbiased=False: one alone has no spread, and n - 1 is 0",
    ("cross_entropy", "nll_loss"): "at least one target that counts: all of them are ignore_index",
}
_MEANT = {op: meant for ops, meant in _MEANT_BY.items() for op in ops}
_MEANT_BACK = {op: _MEANT[op] for op in (*_LOGS, "exp", "div", "reciprocal")} | {
    "sqrt": "(x + 1e-8).sqrt(), whose derivative is finite at 0",
    "pow": "(x + 1e-8) ** 0.5, whose derivative is finite at 0",
    "rsqrt": "(x + 1e-8).rsqrt(), whose derivative is finite at 0",
}
# Of these _MEANT is about a nan; an infinity comes of numbers that are too large.
_OF_NAN = ("softmax", "log_softmax", "std", "var", "mul", "sub", "cross_entropy", "nll_loss")
_NO_ELEMENTS = "at least one element, or example: there are none, and a mean of none is 0 / 0"
_OTHERWISE = "smaller numbers: a lower learning rate, weights that start smaller, or data that is scaled"


def is_finite(array: np.ndarray) -> bool:
    """Whether no element is nan or infinite; mostly the sum of squares tells, which takes a fraction of the time."""
    if array.dtype.kind != "f":
        return True
    flat = array.ravel(order="K")
    with silent():  # the sum may overflow
        return math.isfinite(flat.dot(flat)) or bool(np.isfinite(flat).all())


def check_result(op: str, inputs: Sequence[Any], options: dict[str, Any], result: Tensor) -> None:
    """Raises NotFiniteError where an op made the first nan or infinity."""
    if op in HARMLESS:
        if (early := _log_of_zero(inputs)) and not is_finite(result._array):
            result.__dict__["_log_of_zero"] = early
    elif not is_finite(result._array):
        _examine(op, inputs, options, result)


def _examine(op: str, inputs: Sequence[Any], options: dict[str, Any], result: Tensor) -> None:
    """Tell whose a nan or an infinity is."""
    array = result._array
    given = [a for a in map(_numbers, (*inputs, *options.values())) if a is not None]
    nans = np.isnan(array)
    if nans.any():
        if not any(np.isnan(a).any() for a in given):
            raise NotFiniteError(_message(op, inputs, array, nans))
        return
    if any(np.isinf(a).any() for a in given):
        early = _log_of_zero(inputs)
        if early is None:
            return
        if array.size == 1 or op not in ELEMENT_BY_ELEMENT:
            raise NotFiniteError(f"{early} Now {op} takes it in.")
        result.__dict__["_log_of_zero"] = early
        return
    message = _message(op, inputs, array, np.isinf(array))
    if op not in _LOGS or array.size == 1:
        raise NotFiniteError(message)
    result.__dict__["_log_of_zero"] = f"Made{place_text(user_line())}: {message}"


def _log_of_zero(inputs: Sequence[Any]) -> str | None:
    """What to say of the log of 0 that an input holds and nothing has taken in yet; None where none does."""
    found = [x.__dict__.get("_log_of_zero") for x in inputs if isinstance(x, Tensor)]
    return next(filter(None, found), None)


def _numbers(x: Any) -> np.ndarray | None:
    """An input or option as an array of floats; None where it has none."""
    array = x._array if isinstance(x, Tensor) else x
    if isinstance(array, float):
        return np.asarray(array)
    return array if isinstance(array, np.ndarray) and array.dtype.kind == "f" else None


def _message(op: str, inputs: Sequence[Any], array: np.ndarray, bad: np.ndarray) -> str:
    index = tuple(np.argwhere(bad)[0].tolist())
    value = float(array[index])
    at = f" at {list(index)} of the result {list(array.shape)}" if array.ndim else ""
    arrays = [x._array if isinstance(x, Tensor) else x for x in inputs]
    if op in OF_ONE or op in OF_TWO:
        sign = OPS[op].sign
        what = "1 / x" if op == "reciprocal" else f"x {sign} y" if sign and op in OF_TWO else f"{op}(x)"
        names = [
            f"{name} is {np.broadcast_to(a, array.shape)[index]:.6g}"
            for name, a in zip("xy", arrays, strict=False)
            if isinstance(a, np.ndarray | float | int)
        ]
        what = f"{what} is {value}{at}, where {' and '.join(names)}."
    else:
        shapes = " and ".join(str(list(a.shape)) for a in arrays if isinstance(a, np.ndarray))
        finite = all(is_finite(a) for a in arrays if isinstance(a, np.ndarray))
        state = "all finite" if finite else "infinite in places"
        what = f"{op} of {shapes}, {state}, gives {value}{at}."
    empty = any(isinstance(a, np.ndarray) and not a.size for a in arrays)
    power = op == "pow" and math.isinf(value)
    overflow = power and np.broadcast_to(arrays[0], array.shape)[index] != 0
    return f"{what} Probably meant: {_NO_ELEMENTS if empty else _OTHERWISE if overflow else _hint(op, value)}."


def _hint(op: str, value: float) -> str:
    if op in _LOGS and math.isnan(value):
        return "a number above 0: log of a negative one is nan; the logarithms of probabilities, perhaps"
    return _OTHERWISE if op in _OF_NAN and not math.isnan(value) else _MEANT.get(op, _OTHERWISE)


def find_first(held: Sequence[tuple[Node, Any]], tensors: Sequence[Tensor], starts: Sequence[np.ndarray]) -> None:
    """Go back as backward does; raises NotFiniteError at the first derivative that makes a gradient infinite or nan.

    held: the nodes of the graph, with the edges that they had before backward released them.
    """
    gradients: dict[Any, Any] = {}
    for tensor, start in zip(tensors, starts, strict=True):
        root = tensor.grad_fn or tensor
        gradients[root] = gradients.get(root, 0) + start
    for node, edges in reversed(held):
        g = gradients.get(node)
        if g is None or not is_finite(np.asarray(g)):
            continue
        for edge in edges or ():
            with silent():
                dx = edge.gradient(g)
            if dx is not None:
                if not is_finite(np.asarray(dx)):
                    raise _infinite_gradient(node, np.asarray(dx))
                gradients[edge.parent] = gradients[edge.parent] + dx if edge.parent in gradients else dx
    raise NotFiniteError(f"backward: a gradient overflows where several are added up. Probably meant: {_OTHERWISE}.")


def _infinite_gradient(node: Node, dx: np.ndarray) -> NotFiniteError:
    name = node.name if node.op is None else node.op.name
    index = tuple(np.argwhere(~np.isfinite(dx))[0].tolist())
    meant = _MEANT_BACK.get(name)
    why = (
        f"The derivative of {name} is infinite there, or its result was, and a torch.where or an index that leaves "
        f"the element out does not help, because 0 * inf is nan. Probably meant: {meant}."
        if meant
        else f"What it is multiplied by is nan or infinite there, or too large. Probably meant: {_OTHERWISE}."
    )
    return NotFiniteError(
        f"backward through {name}{place_text(getattr(node, 'where', None))}: the gradient of its input is "
        f"{float(dx[index])} at {list(index)} of {list(dx.shape)}. {why}"
    )
