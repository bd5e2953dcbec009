"""Lines that are good for any number of examples, from those of two calls with other lengths."""

import ast
import math
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from micrograd.compiling.recording import Obstacle


class Line:
    """One line of the text: what it gives names to, the code that makes it, and the shape of the first of these."""

    def __init__(self, targets: list[str], code: str, shape: tuple[int, ...] | None = None):
        self.targets, self.value, self.shape = targets, code, shape

    @property
    def code(self) -> str:
        end = "," if self.targets[1:] == [""] else ""
        return " = ".join([", ".join(filter(None, self.targets)) + end, self.value] if self.targets else [self.value])


def for_any(one: list[Line], other: list[Line], lengths: Mapping[str, tuple[int, int]]) -> list[str]:
    """The lines of two listings of one call as text, where `lengths` are written by their names.

    lengths: by name, the length that a dimension has in the one and in the other. Raises Obstacle where the listings
    differ in anything else.
    """
    if len(one) != len(other):
        raise Obstacle("the operations depend on how many examples there are")
    texts = []
    for a, b in zip(one, other, strict=True):
        code = ast.unparse(_merged(ast.parse(a.code), ast.parse(b.code), lengths))
        shape = ""
        if a.shape is not None and b.shape is not None:
            merged = _merged(ast.parse(repr(a.shape)), ast.parse(repr(b.shape)), lengths)
            shape = f"  # {ast.unparse(merged)}"
        texts.append((code if '"' in code else code.replace("'", '"')) + shape)
    return texts


def _merged(a: Any, b: Any, lengths: Mapping[str, tuple[int, int]]) -> Any:
    if type(a) is not type(b):
        raise Obstacle(f"{ast.dump(a):.80} in one text is {ast.dump(b):.80} in the other")
    if isinstance(a, ast.Constant):
        if a.value == b.value and type(a.value) is type(b.value):
            return a
        return ast.parse(_name_of(a.value, b.value, lengths), mode="eval").body
    for field, value in ast.iter_fields(a):
        mine = getattr(b, field)
        if isinstance(value, list):
            if len(value) != len(mine):
                raise Obstacle("the texts have different lengths")
            merged = [_merged(x, y, lengths) if isinstance(x, ast.AST) else x for x, y in zip(value, mine, strict=True)]
            setattr(a, field, merged)
        elif isinstance(value, ast.AST):
            setattr(a, field, _merged(value, mine, lengths))
        elif value != mine:
            raise Obstacle(f"{value!r:.60} in one text is {mine!r:.60} in the other")
    return ast.fix_missing_locations(a)


def _name_of(a: Any, b: Any, lengths: Mapping[str, tuple[int, int]]) -> str:
    """What a number is in terms of the lengths: n, n * T, 4 * n, n - 1, ..."""
    for name, (x, y) in lengths.items():
        if (a, b) == (x, y):
            return name
    every = {
        " * ".join(lengths): (math.prod(x for x, _ in lengths.values()), math.prod(y for _, y in lengths.values()))
    }
    for name, (x, y) in {**lengths, **every}.items():
        with suppress(TypeError):
            if a % x == 0 == b % y and a // x == b // y:
                return f"{a // x} * {name}" if a != x else name
            if a - x == b - y:
                return f"{name} {'+' if a > x else '-'} {abs(a - x)}"
            if x % a == 0 == y % b and x // a == y // b:
                return f"{name} // {x // a}"
    raise Obstacle(f"{a} in one text is {b} in the other, and neither is a length")
