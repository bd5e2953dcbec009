"""Lines that are good for any number of examples, from those of two calls with other lengths."""

import ast
import math
import re
import textwrap
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from micrograd.compiling.recording import Obstacle


class Line:
    """One line of the text: what it gives names to, the code that makes it, and the shape of the first of these.

    source: of a line of backward, the index of the line of forward that it is the derivative of.
    """

    def __init__(self, targets: list[str], code: str, shape: Any = None, source: int | None = None):
        self.targets, self.value, self.shape, self.source = targets, code, shape, source

    @property
    def code(self) -> str:
        end = "," if self.targets[1:] == [""] else ""
        return " = ".join([", ".join(filter(None, self.targets)) + end, self.value] if self.targets else [self.value])

    def text(self, indent: int = 4) -> str:
        """The line with its shape as a comment, on three lines where it is too long for one."""
        shape = f"  # {self.shape}" if self.shape else ""
        call = re.fullmatch(r"(.*? = [\w.]+\()(.*)(\)(?:\[0\])?)", self.code)
        if call and len(self.code + shape) + indent > 120:
            whole = re.sub(r'"[^"]*"', lambda match: match[0].replace(" ", "\0"), call[2])  # no string on two lines
            inner = textwrap.wrap(whole, 112 - indent, break_on_hyphens=False)
            return "\n".join([call[1], *["    " + line.replace("\0", " ") for line in inner], call[3] + shape])
        return self.code + shape


def for_any(one: list[Line], other: list[Line], lengths: Mapping[str, tuple[int, int]]) -> list[Line]:
    """The lines of two listings of one call as one, where `lengths` are written by their names.

    lengths: by name, the length that a dimension has in the one and in the other. Raises Obstacle where the listings
    differ in anything else.
    """
    if len(one) != len(other):
        raise Obstacle("the operations depend on how many examples there are")
    lines = []
    for a, b in zip(one, other, strict=True):
        if a.targets != b.targets:
            raise Obstacle("the operations depend on how many examples there are")
        shape = None if a.shape is None or b.shape is None else _merged_text(repr(a.shape), repr(b.shape), lengths)
        lines.append(Line(a.targets, _merged_text(a.value, b.value, lengths), shape, a.source))
    return lines


def _merged_text(one: str, other: str, lengths: Mapping[str, tuple[int, int]]) -> str:
    code = ast.unparse(_merged(ast.parse(one), ast.parse(other), lengths))
    return code if '"' in code else code.replace("'", '"')


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
