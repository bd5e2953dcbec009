"""One expression four ways: with Values, with Tensors, with PyTorch, and by finite differences."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

import micrograd
from micrograd.autograd import slopes
from micrograd.compare.differences import RELATIVE, STEP
from micrograd.compare.report import DIFFERENT, Pair, aligned, judge, rounding
from micrograd.compare.runs import NO_PYTORCH, pytorch
from micrograd.engine import Value
from micrograd.expression import ExpressionError, evaluate


def compare_expression(text: str, numbers: Mapping[str, float]) -> tuple[str, bool]:
    """The table of its value and gradients, in rows, and whether all agree.

    numbers: what the names in the expression stand for. Raises ExpressionError for what is not an expression, and
    where it has no value.
    """
    columns = {"Value": _with_values(text, numbers), "Tensor": _with_tensors(micrograd, text, numbers)}
    torch = pytorch()
    if torch is not None:
        columns["PyTorch"] = _with_tensors(torch, text, numbers)
    agree = all(_agree(columns["Value"], other) for other in columns.values())
    by_sides = _slopes(text, numbers)
    value, *gradients = columns["Value"]
    size = RELATIVE * max([1.0, abs(value), *map(abs, gradients)])
    agree = agree and all(
        not min(left, right) - error - size > gradient and not gradient > max(left, right) + error + size
        for gradient, (left, right, error) in zip(gradients, by_sides, strict=True)  # nan holds nothing against it
    )
    rows = [["", *columns, "differences"]]
    for i, name in enumerate(["value", *[f"d/d{name}" for name in numbers]]):
        left, right, _ = by_sides[i - 1] if i else (value, value, 0.0)
        by_differences = f"{left:.6g} left, {right:.6g} right" if left < right or left > right else f"{left:.8g}"
        rows.append([name, *[f"{column[i]:.12g}" for column in columns.values()], by_differences])
    lines = aligned(rows, right=range(1, len(rows[0])))
    what = "all agree, the finite differences as far as they go" if agree else "they differ"
    at = ", ".join([f"{name} = {number:g}" for name, number in numbers.items()])
    title = f"{text}   at {at}" if at else text
    return "\n".join([title, *lines, what, *[NO_PYTORCH] * (torch is None)]), agree


def _with_values(text: str, numbers: Mapping[str, float]) -> np.ndarray:
    leaves = {name: Value(number) for name, number in numbers.items()}
    result = evaluate(text, leaves)
    if isinstance(result, Value):
        try:
            result.backward()
        except ZeroDivisionError as error:
            raise ExpressionError(str(error)) from None
        return np.array([result.data, *[leaf.grad for leaf in leaves.values()]])
    return np.array([result, *[0.0] * len(leaves)])


def _with_tensors(library: Any, text: str, numbers: Mapping[str, float]) -> np.ndarray:
    float64 = {"dtype": library.float64, "requires_grad": True}
    leaves = {name: library.tensor(number, **float64) for name, number in numbers.items()}
    result = evaluate(text, leaves)
    if not isinstance(result, library.Tensor):
        return np.array([result, *[0.0] * len(leaves)])
    result.backward()
    return np.array([result.item(), *[0.0 if leaf.grad is None else leaf.grad.item() for leaf in leaves.values()]])


def _slopes(text: str, numbers: Mapping[str, float]) -> list[tuple[float, float, float]]:
    """The derivative by each number, by differences, from the left and from the right; at a kink these are two.

    Where an expression is smooth both come nearer to each other as the step gets smaller, and the central difference
    stands for both. The third number is how far that may still be from the limit, going by a smaller step. All are nan
    where the expression has no value beside the point.
    """
    at = np.array(list(numbers.values()), np.float64)

    def f() -> float:
        try:
            return float(evaluate(text, dict(zip(numbers, at.tolist(), strict=True))))
        except ExpressionError:
            return math.nan

    found = []
    for wide, near in zip(slopes(f, at, STEP).T.tolist(), slopes(f, at, STEP / 8).T.tolist(), strict=True):
        middle, gaps = sum(wide) / 2, [abs(right - left) for left, right in (wide, near)]
        kink = gaps[0] > 1e-4 * max(1.0, abs(middle)) and gaps[1] > gaps[0] / 2
        error = abs(sum(wide) - sum(near))  # of the central differences, twice
        found.append((*near, error) if kink else (middle, middle, error))
    return found


def _agree(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether value and gradients of two columns are close."""
    pairs = [Pair("value", a[:1], b[:1]), Pair("gradients", a[1:], b[1:])]
    return all(row.verdict != DIFFERENT for row in judge(pairs, *rounding([a[1:]])))
