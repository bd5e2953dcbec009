"""Lines that are good for any number of examples, from those of two calls with other lengths."""

import ast
import math
import re
import textwrap
from collections.abc import Mapping
from typing import Any

from micrograd.compiling.comments import unparse
from micrograd.compiling.recording import Obstacle

TOKEN = re.compile(r'"[^"]*"|\.?[A-Za-z_]\w*|\d+(?:\.\d+)?(?:e[-+]?\d+)?|\s+|.')


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


def tokens(code: str) -> list[str]:
    """The words, numbers, strings and signs of code; a name after a dot has it."""
    return TOKEN.findall(code)


def _merged_text(one: str, other: str, lengths: Mapping[str, tuple[int, int]]) -> str:
    """The text of both, with names in place of numbers that differ."""
    mine, others = [tokens(unparse(ast.parse(code))) for code in (one, other)]
    if len(mine) != len(others):
        raise Obstacle("the operations depend on how many examples there are")
    for i, (a, b) in enumerate(zip(mine, others, strict=True)):
        if a != b and not (a.isdigit() and b.isdigit()):
            raise Obstacle(f"{a!r:.60} in one text is {b!r:.60} in the other")
        if a != b:
            name = _name_of(int(a), int(b), lengths)
            is_part = "".join(mine[:i]).rstrip()[-1:] in "+-*/%" or "".join(mine[i + 1 :]).lstrip()[:1] in (
                "*",
                "/",
                "%",
            )
            mine[i] = f"({name})" if is_part and " " in name else name
    return "".join(mine)


def _name_of(a: int, b: int, lengths: Mapping[str, tuple[int, int]]) -> str:
    """What a number is in terms of the lengths: n, n * T, 4 * n, n - 1, ..."""
    for name, (x, y) in lengths.items():
        if (a, b) == (x, y):
            return name
    every = {
        " * ".join(lengths): (math.prod(x for x, _ in lengths.values()), math.prod(y for _, y in lengths.values()))
    }
    for name, (x, y) in {**lengths, **every}.items():
        if a % x == 0 == b % y and a // x == b // y:
            return f"{a // x} * {name}" if a != x else name
        if a - x == b - y:
            return f"{name} {'+' if a > x else '-'} {abs(a - x)}"
        if a and b and x % a == 0 == y % b and x // a == y // b:
            return f"{name} // {x // a}"
    raise Obstacle(f"{a} in one text is {b} in the other, and neither is a length")
