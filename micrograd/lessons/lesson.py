"""What every lesson does: check its claims, save its picture, ask PyTorch, and mark an answer."""

import math
import operator
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from micrograd.compare import compare
from micrograd.compare.expressions import compare_expression
from micrograd.draw import Picture
from micrograd.expression import ExpressionError, evaluate, names

RELATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
}
SHOWN = 6
"""Of so many numbers at the most each is printed."""
POINTS = (0.3, 0.8, 2.0)
"""Where the formula of an answer is tried."""


def check(claim: str, found: Any, relation: str, expected: Any, within: float = 1e-6) -> None:
    """Print a claim and the two things it is about.

    found, expected: strings, numbers, or lists, arrays or tensors of numbers, which have to be so in every element.
    relation: ==, !=, < or >; or ~, for numbers at most `within` apart. Raises AssertionError where it does not hold.
    """
    if isinstance(found, str | bool):
        holds = bool(RELATIONS[relation](found, expected))
        words = str(found) if relation == "==" and holds else f"{found} {relation} {expected}"
    else:
        left, right = _array(found), _array(expected)
        same_shape = not right.ndim or left.shape == right.shape
        with np.errstate(invalid="ignore"):  # inf - inf
            apart = float(np.abs(left - right).max(initial=0)) if same_shape else math.nan
        holds = same_shape and bool(np.all(apart <= within if relation == "~" else RELATIONS[relation](left, right)))
        sides = _shown(left), _shown(right)
        words = f"both {sides[0]}" if holds and sides[0] == sides[1] else f"{sides[0]} {relation} {sides[1]}"
        if same_shape and left.size > SHOWN:
            words = f"{left.size:,} numbers, at most {apart:.2g} apart"
        elif not holds and sides[0] == sides[1]:
            words += f", {apart:.2g} apart"
        if relation == "~" and apart > 1e-6:
            words += f", within {within:g}"
    if not holds:
        raise AssertionError(f"this does not hold: {claim}: {words}")
    print(f"  ok  {claim}: {words}")


def save(picture: Picture, path: Path) -> None:
    """Save the picture of a lesson, and say so; or why there is none, where this machine cannot lay it out."""
    try:
        text = picture.svg()
    except OSError as error:
        print(f"no picture: {error}")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    print(f"picture: {path}")


def compare_with_pytorch(what: Callable | str, *inputs: Any, **numbers: float) -> None:
    """Print fn(torch, *inputs) and its gradients on micrograd beside PyTorch, or beside finite differences without it.

    An expression, such as "a*b" with a=2.0 and b=3.0, is compared with Values and with Tensors. Raises AssertionError
    where they differ.
    """
    if isinstance(what, str):
        table, agree = compare_expression(what, numbers)
    else:
        report = compare(what, *inputs)
        table, agree = str(report), bool(report)
    print(f"\n{table}")
    if not agree:
        raise AssertionError("micrograd and PyTorch differ")


class Exercise:
    """A question, called with an answer: prints whether that is right or, if not, what it may come from.

    right: a number, a list of numbers, words separated by spaces, or a function of x, which is a formula. wrong:
    answers often given, each with what it means. hint: for every other.
    """

    def __init__(self, question: str, right: Any, *wrong: tuple[Any, str], hint: str):
        self.__doc__, self.right, self.wrong, self.hint = question, right, wrong, hint

    def __call__(self, answer: Any) -> bool:
        """Mark an answer: of the kind of the right one, or text as it is typed, "2/3", "5, 3, 4", "3*x**2".

        Three digits of a number are enough. Raises ValueError for an answer of another kind.
        """
        given = _read(answer, self.right)
        if _same(given, _read(self.right, self.right)):
            print(f"right: {'this formula' if callable(answer) else answer if callable(self.right) else _shown(given)}")
            return True
        meant = [meaning for value, meaning in self.wrong if _same(given, _read(value, self.right))]
        print(f"not yet: {[*meant, self.hint][0]}")
        return False


def exercises(lesson: ModuleType) -> dict[str, Exercise]:
    """The exercises of a lesson by their number, "1" and so on."""
    return {name[-1]: thing for name, thing in vars(lesson).items() if isinstance(thing, Exercise)}


def _read(answer: Any, like: Any) -> Any:
    """An answer as words, or as an array of numbers, whichever `like` is; of a formula those at POINTS."""
    if isinstance(like, str):
        if not isinstance(answer, str):
            raise ValueError(f"the answer is words with spaces between them, not {answer!r:.40}")
        return " ".join(re.findall(r"\w+", answer.lower()))
    if callable(like):
        return np.array([_at(answer, x) for x in POINTS])
    if isinstance(answer, str):
        words = [word for word in re.split(r"[\s,;()\[\]]+", answer) if word] if np.ndim(like) else [answer]
        answer = [_number(word) for word in words]
    try:
        numbers = np.array(_array(answer), np.float64).reshape(-1)
    except (TypeError, ValueError):
        numbers = np.array([math.nan])
    if np.isnan(numbers).any():
        raise ValueError(f"the answer is {'numbers' if np.ndim(like) else 'a number'}, not {answer!r:.40}")
    if np.ndim(like):
        return numbers
    if len(numbers) != 1:
        raise ValueError(f"the answer is one number, not {len(numbers)}")
    return numbers[0]


def _number(word: str) -> float:
    try:
        return float(evaluate(word, {}))
    except ExpressionError:
        raise ValueError(f"{word!r:.40} is no number; write it as 0.25 or 1/4") from None


def _at(formula: Any, x: float) -> float:
    """What a formula gives at x."""
    if callable(formula):
        return float(formula(x))
    try:
        return float(evaluate(str(formula), {"x": x} if names(str(formula)) else {}))
    except ExpressionError as error:
        raise ValueError(f"the answer is a formula in x, such as 2*x + 1: {error}") from None


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, str):
        return bool(a == b)
    return a.shape == b.shape and bool(np.allclose(a, b, rtol=1e-3, atol=1e-4))


def _array(x: Any) -> np.ndarray:
    return np.asarray(x.detach() if hasattr(x, "detach") else x)


def _shown(x: Any) -> str:
    if isinstance(x, str):
        return x
    if x.ndim == 0:
        return f"{x.item():.{6 if x.dtype == np.float32 else 8}g}"
    return "[" + ", ".join([_shown(part) for part in x]) + "]"
