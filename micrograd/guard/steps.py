"""Training steps: gradients of the step before, parameters that no gradient reaches, updates that go wrong."""

import weakref
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

from micrograd.engine import Value, topological_order
from micrograd.guard.caught import NoGradientError, StaleGradientError, UpdateError, place_text, user_line
from micrograd.guard.trace import Trace, remember, trace_of
from micrograd.tensors import Tensor

SEVERAL = 10
"""For so many steps from the first a parameter may be without a gradient: what starts at 0 may take a few to wake."""


class Record:
    """What is remembered of a leaf between one backward and the next.

    numbers: its elements at the last backward. grad, grad_version: the grad that backward left and its
    counter of changes. brought: whether that was not all zero. reached: whether backward came here since the last step.
    fresh, numbers_before, unmoved: see `beside`. mixed: whether grad holds the gradients of two steps. awake: whether
    any gradient ever was not zero. sleeping: how many steps before that.
    """

    def __init__(self) -> None:
        self.numbers: bytes | None = None
        self.numbers_before: bytes | None = None
        self.grad: Callable[[], Tensor | None] = lambda: None
        self.grad_version = self.unmoved = self.sleeping = 0
        self.brought = self.reached = self.fresh = self.mixed = self.awake = False

    def __reduce__(self) -> Any:
        return Record, ()  # a copied or unpickled tensor has no past

    def has_moved(self, leaf: Tensor) -> bool:
        """Whether leaf was changed since the last backward, in whatever way."""
        return self.numbers not in (None, numbers(leaf))

    def holds(self, leaf: Tensor) -> bool:
        """Whether leaf still has the grad that backward left in it."""
        return leaf._grad is not None and leaf._grad is self.grad()

    def is_stale(self, leaf: Tensor) -> bool:
        """Whether that is unchanged, and leaf was moved by it."""
        unchanged = self.holds(leaf) and leaf._grad._version[0] == self.grad_version  # type: ignore[union-attr]
        return unchanged and not _is_zero(leaf) and self.has_moved(leaf)

    def is_mixed(self, leaf: Tensor) -> bool:
        """Whether leaf has the gradients of two steps."""
        return self.mixed and self.holds(leaf) and not _is_zero(leaf)

    def note_change(self, leaf: Tensor) -> None:
        """Take a change of the grad since backward, such as clipping, for one that goes with the update."""
        if self.holds(leaf):
            self.grad_version = leaf._grad._version[0]  # type: ignore[union-attr]


def numbers(leaf: Tensor) -> bytes:
    """All of its elements; to copy and to compare them takes a tenth of the time of a checksum."""
    return leaf._array.tobytes("A")


def record_of(leaf: Tensor) -> Record:
    """What is remembered of a leaf; a new Record of one that nobody asked for yet."""
    record: Record = leaf.__dict__.get("_record") or leaf.__dict__.setdefault("_record", Record())
    return record


def _is_zero(leaf: Tensor) -> bool:
    return leaf._grad is None or not leaf._grad._array.any()


STALE = (
    "backward adds to the grad of {which}, which still holds the gradient of the step before, although the parameters "
    "have moved since: the next step would go along the sum of both. Probably meant: optimizer.zero_grad(), or "
    "p.grad = None for every parameter, before loss.backward()"
)

_reached_since_step = [False]
"""Whether backward has come to any leaf since the last step of any optimizer."""

_reached: list[Callable[[], Tensor | None]] = []
"""The leaves of the last backward, whose grads have not been looked at yet."""


def before_accumulating(gradients: dict[Any, Any]) -> None:
    """Look at the gradients that backward is about to add to the leaves.

    Raises StaleGradientError where all leaves still hold the gradients they were moved by. If only some do, that is
    right for a net that another one is trained through, as long as it is not moved by them: see `before_step`.
    """
    leaves = [leaf for leaf in gradients if isinstance(leaf, Tensor)]
    found = [(leaf, gradients[leaf], record_of(leaf)) for leaf in leaves]
    stale, stepped = 0, any(record.has_moved(leaf) for leaf, _, record in found)
    for leaf, g, record in found:
        if record.is_stale(leaf):
            stale, record.mixed = stale + 1, True
        else:
            record.mixed = record.is_mixed(leaf)
        if not record.awake:
            _check_asleep(leaf, g, record, stepped and any(other.any() for other in gradients.values()))
    if stale and stale == len(leaves):
        for *_, record in found:
            record.mixed = False
        raise StaleGradientError(STALE.format(which="all parameters" if stale > 1 else _shape_text(leaves[0])))
    _reached_since_step[0] = _reached_since_step[0] or bool(leaves)
    for leaf, g, record in found:
        record.numbers, record.brought = numbers(leaf), bool(g.any())
        record.reached = record.fresh = True
        _reached.append(weakref.ref(leaf))


def _check_asleep(leaf: Tensor, g: np.ndarray, record: Record, others_step: bool) -> None:
    """Raises NoGradientError where the gradient has been zero at each of several steps, and that of another not."""
    if g.any():
        record.awake = True
    elif others_step:
        record.sleeping += 1
        if record.sleeping >= SEVERAL:
            raise NoGradientError(
                f"the gradient of {_shape_text(leaf)} is zero in every element, and was at all of the first "
                f"{record.sleeping} steps: it does not learn. Probably meant: smaller weights or inputs, so that no "
                "relu or tanh before it is off or saturated everywhere; no 0 that it is multiplied by; no round() or "
                "sign() after it"
            )


def note_gradients() -> None:
    """Remember the grads that backward has left in the leaves; called when anything happens after it."""
    while _reached:
        leaf = _reached.pop()()
        grad = None if leaf is None else leaf._grad
        if leaf is not None and grad is not None:
            record = record_of(leaf)
            record.grad_version = grad._version[0]
            if record.grad() is not grad:
                record.grad = weakref.ref(grad)
                remember(grad, Trace(gradient_of=weakref.ref(leaf)))


def before_step(parameters: Sequence[Tensor]) -> None:
    """Look at the parameters that an optimizer is about to move.

    Raises StaleGradientError for gradients of two steps, and where zero_grad took away all that backward brought;
    NoGradientError for a parameter that had no gradient at any of the first steps.
    """
    note_gradients()
    found = [(p, record_of(p)) for p in parameters]
    for p, record in found:
        _check_mixed(p, record)
    if any(r.reached for _, r in found) and all(p._grad is None or (r.brought and _is_zero(p)) for p, r in found):
        raise StaleGradientError(
            "step: backward has filled the gradients since the last step and zero_grad has emptied them again, so that "
            "nothing would move. Probably meant: optimizer.zero_grad(), then loss.backward(), then optimizer.step()"
        )
    alone = all(p._grad is None for p in parameters)
    for i, (p, record) in enumerate(found):
        if p._grad is None and p._requires_grad and not record.reached and record.grad() is None:
            _check_without(i, p, record, alone)
    _reached_since_step[0] = False
    for p, record in found:
        record.reached = False
        record.note_change(p)


def _check_mixed(p: Tensor, record: Record) -> None:
    """Raises StaleGradientError where p is about to be moved by the gradients of two steps."""
    if record.is_mixed(p):
        raise StaleGradientError(STALE.format(which=_shape_text(p)))


def _check_without(i: int, p: Tensor, record: Record, alone: bool) -> None:
    """Raises NoGradientError where a parameter, or all (alone), had no gradient at any of several steps, others had."""
    record.sleeping += not record.awake
    if record.sleeping < SEVERAL or (alone and not _reached_since_step[0]):
        return
    if alone:
        raise NoGradientError(
            f"no parameter of the optimizer has had a gradient at any of {record.sleeping} steps, though backward has "
            "filled those of other tensors: it holds the parameters of another net. Probably meant: an optimizer made "
            "of net.parameters() of the net that the loss is computed with, and made after the net"
        )
    raise NoGradientError(
        f"parameter {i} of the optimizer, {_shape_text(p)}, has had no gradient at any of {record.sleeping} "
        "steps: no loss depended on it. Probably meant: to use it in the forward, without .data, "
        ".detach(), .item() or no_grad() in between; or to leave it out, p.requires_grad = False"
    )


# Updates.

UPDATE = "with torch.no_grad(): p -= lr * p.grad, or p.data -= lr * p.grad"


def mark_update(x: Any, y: Any, result: Tensor) -> None:
    """Note x - lr * p.grad: p is about to be moved, or where x is p, another tensor is about to take its place.

    Raises StaleGradientError where p holds the gradients of two steps.
    """
    owner = trace_of(y).gradient_of
    p = None if owner is None else owner()
    if p is None:
        return
    _check_mixed(p, record_of(p))
    record_of(p).note_change(p)
    if p is x:
        remember(result, trace_of(result)._replace(update=user_line()))


def check_missing_grad(x: Tensor) -> None:
    """Raises UpdateError for the missing grad of what was made as p - lr * p.grad: it will never get one."""
    place = trace_of(x).update
    if place is None:
        return
    if x.grad_fn is not None and x.grad_fn.retained is None:
        raise UpdateError(
            f"p = p - lr * p.grad{place_text(place)} made a new tensor, {_shape_text(x)}, that is part of the graph: "
            f"it is no leaf, and its grad stays None. Probably meant: {UPDATE}"
        )
    if not x._requires_grad:
        raise UpdateError(
            f"p = p - lr * p.grad under no_grad{place_text(place)} made a new tensor that does not require grad, in "
            f"place of the parameter. Probably meant: {UPDATE}, which changes the parameter itself"
        )


def check_roots(tensors: Sequence[Tensor]) -> None:
    """Raises NoGradientError where backward starts from leaves alone, such as torch.tensor(loss.item())."""
    if all(t.grad_fn is None for t in tensors):
        raise NoGradientError(
            f"backward from {_shape_text(tensors[0])} that no operation made: there is no graph behind it, and no "
            "parameter gets a gradient. Probably meant: the loss itself, without .item(), .detach() or torch.tensor "
            "around it; torch.stack(losses).mean() for several"
        )


def _shape_text(leaf: Tensor) -> str:
    return f"a tensor of shape {list(leaf.shape)}"


# The scalar engine.


def guarded(original: Callable) -> Callable:
    """Value.backward, which raises StaleGradientError where the leaves that moved since the last one kept its grad."""

    @wraps(original)
    def backward(root: Value) -> None:
        leaves = [node for node in topological_order(root) if not node._prev]
        kept = emptied = 0
        for leaf in leaves:
            data, grad = leaf.__dict__.get("_after_backward", (leaf.data, 0))
            if data != leaf.data and grad:
                kept, emptied = kept + (leaf.grad == grad), emptied + (leaf.grad != grad)
        if kept and not emptied:
            raise StaleGradientError(
                f"backward adds to the grad of {kept} Values that still hold the gradient of the step before, although "
                "their data has moved since. Probably meant: p.grad = 0 for every parameter, or net.zero_grad(), "
                "before loss.backward()"
            )
        original(root)
        for leaf in leaves:
            leaf.__dict__["_after_backward"] = (leaf.data, leaf.grad)

    return backward
