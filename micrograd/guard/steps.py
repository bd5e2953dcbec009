"""Training steps: gradients of the step before, parameters that no gradient reaches, updates that go wrong."""

import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from micrograd.engine import Value, topological_order
from micrograd.guard.caught import NoGradientError, StaleGradientError, UpdateError, here, told
from micrograd.guard.trace import Trace, remember, trace_of
from micrograd.tensors import Tensor

SEVERAL = 10
"""For so many steps from the first a parameter may be without a gradient: what starts at 0 may take a few to wake."""


class Record:
    """What is remembered of a leaf between one backward and the next.

    version: its counter of changes at the last backward. views: the counters of the .data handed out since. written:
    whether .data was set since. grad, grad_version: the grad that backward left and its counter of changes. reached:
    whether backward came here since the last step. mixed: whether grad holds the gradients of two steps.
    awake: whether any gradient ever was not zero. sleeping: how many steps before that.
    """

    def __init__(self) -> None:
        self.version = 0
        self.views: list[list[int]] = []
        self.written = False
        self.grad: Callable[[], Tensor | None] = lambda: None
        self.grad_version = 0
        self.reached = self.mixed = self.awake = False
        self.sleeping = 0

    def __reduce__(self) -> Any:
        return Record, ()  # a copied or unpickled tensor has no past

    def moved(self, leaf: Tensor) -> bool:
        """Whether leaf was changed since the last backward."""
        return self.written or leaf._version[0] != self.version or any(version[0] for version in self.views)

    def holds_stale(self, leaf: Tensor) -> bool:
        """Whether leaf still has the gradient it was moved by."""
        grad = leaf._grad
        if grad is None or grad is not self.grad() or grad._version[0] != self.grad_version or not self.moved(leaf):
            return False
        return bool(grad._array.any())

    def still_mixed(self, leaf: Tensor) -> bool:
        return self.mixed and leaf._grad is not None and leaf._grad is self.grad() and bool(leaf._grad._array.any())


def _record_of(leaf: Tensor) -> Record | None:
    return leaf.__dict__.get("_record")


def _new_record(leaf: Tensor) -> Record:
    record = leaf.__dict__["_record"] = Record()
    return record


STALE = (
    "backward adds to the grad of {which}, which still holds the gradient of the step before, although the parameters "
    "have moved since: the next step would go along the sum of both. Probably meant: optimizer.zero_grad(), or "
    "p.grad = None for every parameter, before loss.backward()"
)


def before_accumulating(gradients: dict[Any, Any]) -> None:
    """Look at the gradients that backward is about to add to the leaves.

    Raises StaleGradientError where all leaves still hold the gradients they were moved by. If only some do, that is
    right for a net that another one is trained through, as long as it is not moved by them: see `before_step`.
    """
    leaves = [(leaf, g) for leaf, g in gradients.items() if isinstance(leaf, Tensor)]
    stale = 0
    for leaf, g in leaves:
        record = _record_of(leaf)
        if record is not None and record.holds_stale(leaf):
            stale, record.mixed = stale + 1, True
        elif record is not None and record.mixed:
            record.mixed = record.still_mixed(leaf)
        if record is None or not record.awake:
            _check_asleep(leaf, g, record or _new_record(leaf), gradients)
    if stale and stale == len(leaves):
        for leaf, _ in leaves:
            leaf.__dict__["_record"].mixed = False
        raise StaleGradientError(STALE.format(which="all parameters" if stale > 1 else _shown(leaves[0][0])))


def _check_asleep(leaf: Tensor, g: np.ndarray, record: Record, gradients: dict[Any, Any]) -> None:
    """Raises NoGradientError where the gradient has been zero at each of several steps, and that of another not."""
    if g.any():
        record.awake = True
    elif record.moved(leaf):
        record.sleeping += 1
        if record.sleeping >= SEVERAL and any(other.any() for other in gradients.values()):
            raise NoGradientError(
                f"the gradient of {_shown(leaf)} is zero in every element, and was at all of the first "
                f"{record.sleeping} steps: it does not learn. Probably meant: smaller weights or inputs, so that no "
                "relu or tanh before it is off or saturated everywhere; no 0 that it is multiplied by; no round() or "
                "sign() behind it"
            )


def after_accumulating(leaves: Sequence[Tensor]) -> None:
    """Remember how the leaves were when they got their gradients."""
    for leaf in leaves:
        record: Record = leaf.__dict__["_record"]
        grad = leaf._grad
        if grad is None:
            continue
        record.version = leaf._version[0]
        record.views, record.written, record.reached = [], False, True
        record.grad_version = grad._version[0]
        if record.grad() is not grad:
            record.grad = weakref.ref(grad)
            remember(grad, Trace(gradient_of=weakref.ref(leaf)))


def before_step(parameters: Sequence[Tensor]) -> None:
    """Look at the parameters that an optimizer is about to move.

    Raises StaleGradientError for gradients of two steps, and where zero_grad took away all that backward brought;
    NoGradientError for a parameter that had none at all of the first steps, where others had.
    """
    found = [(p, _record_of(p)) for p in parameters]
    for p, record in found:
        if record is not None and record.still_mixed(p):
            raise StaleGradientError(STALE.format(which=_shown(p)))
    if any(r is not None and r.reached for _, r in found) and all(_erased(p, r) for p, r in found):
        raise StaleGradientError(
            "step: backward has filled the gradients since the last step and zero_grad has emptied them again, so that "
            "nothing would move. Probably meant: optimizer.zero_grad(), then loss.backward(), then optimizer.step()"
        )
    for i, (p, record) in enumerate(found):
        if p._grad is None and p._requires_grad and (record is None or (not record.reached and record.grad() is None)):
            record = record or _new_record(p)
            if record.awake:
                continue
            record.sleeping += 1
            if record.sleeping >= SEVERAL and any(other._grad is not None for other in parameters):
                raise NoGradientError(
                    f"parameter {i} of the optimizer, {_shown(p)}, has had no gradient at any of {record.sleeping} "
                    "steps: no loss depended on it. Probably meant: to use it in the forward, without .data, "
                    ".detach(), .item() or no_grad() in between; or to leave it out, p.requires_grad = False"
                )


def _erased(p: Tensor, record: Record | None) -> bool:
    """Whether p has no gradient, or one that was filled with zeros since backward."""
    if p._grad is None:
        return True
    changed = record is not None and p._grad is record.grad() and p._grad._version[0] != record.grad_version
    return changed and not p._grad._array.any()


def after_step(parameters: Sequence[Tensor]) -> None:
    """Remember that the parameters were moved, and by which state of their gradients."""
    for p in parameters:
        record = _record_of(p)
        if record is not None:
            record.reached = False
            if p._grad is not None and p._grad is record.grad():
                record.grad_version = p._grad._version[0]


def data_handed_out(leaf: Tensor, view: Tensor) -> None:
    """Remember the .data of a leaf, through which it may be moved."""
    record = _record_of(leaf)
    if record is None:
        return
    if not record.moved(leaf) and leaf._grad is not None and leaf._grad is record.grad():
        record.grad_version = leaf._grad._version[0]
    if len(record.views) >= 8:
        record.written, record.views = record.written or any(version[0] for version in record.views), []
    record.views.append(view._version)


def data_set(leaf: Tensor) -> None:
    """Remember that p.data = ... moved a leaf. Raises StaleGradientError where it holds the gradients of two steps."""
    record = _record_of(leaf)
    if record is not None:
        if record.still_mixed(leaf):
            raise StaleGradientError(STALE.format(which=_shown(leaf)))
        record.written = True


# Updates.

last_update: list[Any] = [None]
"""The place of the last p - lr * p.grad that made a tensor without a gradient, for a backward that fails of it."""

UPDATE = "with torch.no_grad(): p -= lr * p.grad, or p.data -= lr * p.grad"


def mark_update(x: Any, y: Any, result: Tensor) -> None:
    """Note the result of p - lr * p.grad, which is another tensor than p."""
    owner = trace_of(y).gradient_of
    if owner is not None and owner() is x:
        place = here()
        remember(result, trace_of(result)._replace(update=place))
        if not result._requires_grad:
            last_update[0] = place


def check_grad_of_update(x: Tensor) -> None:
    """Raises UpdateError where the grad is asked of what was made as p - lr * p.grad: it has none, and gets none."""
    place = trace_of(x).update
    if place is None:
        return
    if x.grad_fn is not None and x.grad_fn.retained is None:
        raise UpdateError(
            f"p = p - lr * p.grad{told(place)} made a new tensor, {_shown(x)}, that is part of the graph: it is no "
            f"leaf, and its grad stays None. Probably meant: {UPDATE}"
        )
    if not x._requires_grad:
        raise UpdateError(_without_grad(place))


def _without_grad(place: Any) -> str:
    return (
        f"p = p - lr * p.grad under no_grad{told(place)} made a new tensor that does not require grad, in the place "
        f"of the parameter. Probably meant: {UPDATE}, which changes the parameter itself"
    )


def explain_backward(error: RuntimeError) -> Exception:
    """The error to raise in the place of one that backward raised."""
    if last_update[0] is not None and "does not require grad" in str(error):
        return UpdateError(_without_grad(last_update[0]))
    return error


def refused(leaf: Tensor) -> UpdateError:
    """What is raised for a change in place of a leaf while the graph is being recorded."""
    return UpdateError(
        f"a change in place of a parameter, {_shown(leaf)}, while the graph is recorded: the update itself would "
        f"become a part of the graph. Probably meant: {UPDATE}"
    )


def _shown(leaf: Tensor) -> str:
    return f"a tensor of shape {list(leaf.shape)}"


# The scalar engine.


def before_value_backward(root: Value) -> list[Value]:
    """The leaves behind root. Raises StaleGradientError where those that moved since the last backward kept it."""
    leaves = [node for node in topological_order(root) if not node._prev]
    kept = emptied = 0
    for leaf in leaves:
        data, grad = leaf.__dict__.get("_after_backward", (leaf.data, 0))
        if data != leaf.data and grad:
            kept, emptied = kept + (leaf.grad == grad), emptied + (leaf.grad != grad)
    if kept and not emptied:
        raise StaleGradientError(
            f"backward adds to the grad of {kept} Values that still hold the gradient of the step before, although "
            "their data has moved since. Probably meant: p.grad = 0 for every parameter, or net.zero_grad(), before "
            "loss.backward()"
        )
    return leaves


def after_value_backward(leaves: Sequence[Value]) -> None:
    for leaf in leaves:
        leaf.__dict__["_after_backward"] = (leaf.data, leaf.grad)
