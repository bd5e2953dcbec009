"""Errors that PyTorch raises as well, in words that do not say what to do."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from micrograd.guard.caught import DtypeError
from micrograd.tensors import Tensor


def explained(original: Callable, reason: Callable[..., str | None]) -> Callable:
    """`original`, with its RuntimeError or ValueError replaced by a DtypeError where `reason` knows one."""

    @wraps(original)
    def function(*args: Any, **kwargs: Any) -> Any:
        try:
            return original(*args, **kwargs)
        except (RuntimeError, ValueError):
            tensors = [x for x in (*args, *kwargs.values()) if isinstance(x, Tensor)]
            message = reason(*tensors) if len(tensors) > 1 else None
            if message is None:
                raise
        raise DtypeError(message)

    return function


def of_product(x: Tensor, y: Tensor, *others: Tensor) -> str | None:
    """What is wrong with the dtypes of a matrix product."""
    if x.dtype == y.dtype:
        return None
    said = f"a product of {x.dtype} {list(x.shape)} and {y.dtype} {list(y.shape)}: both have to be of one dtype. "
    for first, second in ((x, y), (y, x)):
        if not first.dtype.is_floating_point and second.dtype.is_floating_point:
            name, other = ("x", "W") if first is x else ("W", "x")
            meant = f"{name}.float() with {other}; F.one_hot makes integers, so F.one_hot(x, num_classes=...).float()"
            return f"{said}Probably meant: {meant}"
    return f"{said}Probably meant: x.float(), or both in double(): NumPy's arrays are float64 unless told otherwise"


def of_targets(x: Tensor, target: Tensor, *others: Tensor) -> str | None:
    """What is wrong with the targets of cross_entropy or nll_loss."""
    floats, same = target.dtype.is_floating_point, x.shape == target.shape
    said = f"targets of {target.dtype} {list(target.shape)} for logits {list(x.shape)}: "
    if floats and not same and target.ndim < max(x.ndim, 1):
        return f"{said}class indices are whole numbers. Probably meant: F.cross_entropy(logits, y.long())"
    if not floats and same and x.ndim > 1:
        return (
            f"{said}of the shape of the logits they would be probabilities, which are floats. Probably meant: "
            "class indices, y.argmax(1), or y.float()"
        )
    return None


def check_targets_of_one(x: Any, target: Any) -> None:
    """Raises DtypeError for logits (n,) and floats (n,) beyond 1, which pass for the probabilities of one example."""
    if isinstance(x, Tensor) and isinstance(target, Tensor) and x._array.ndim == 1 and target._array.ndim == 1:
        y = target._array
        if y.dtype.kind == "f" and y.size and (y > 1).any():
            raise DtypeError(
                f"cross_entropy of logits {list(x.shape)} and floats {list(y.shape)}, the largest {y.max():g}: they "
                "pass for the probabilities of one example's classes, and look like class indices of many. Probably "
                "meant: logits (n, classes) with y.long()"
            )
