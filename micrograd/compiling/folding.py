"""Equal groups of lines, one after the other, as a loop; with their way back, as a function that the loop calls.

The lines of a net with several equal layers differ from layer to layer in the names of variables and in the numbers in
the names of weights: `h_0 = x + w["h.0.bias"]`, `h_1 = h_0 + w["h.1.bias"]`. Where each layer takes one variable from
the one before it and hands one on, its lines are written once.
"""

import re
import textwrap
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from micrograd.compiling.lengths import Line, tokens


class Unequal(Exception):  # noqa: N818 - never leaves this file
    """Groups of lines differ in more than names and numbers."""


class Groups:
    """`count` groups of `period` lines from `start` on that differ in names and numbers alone; else raises Unequal.

    taken, handed: the variable that the first group takes from before, and that which the last hands on; in the text
    they are one, `carried`. body: the lines of a group, where the carried variable is `x` until the last one. back: the
    lines of its way back, from `g` to `d_x`. i: the number of each group, see `numbers`. others: what else differs.
    """

    def __init__(self, forward: Sequence[Line], backward: Sequence[Line], start: int, period: int, count: int):
        self.start, self.period, self.count = start, period, count
        self.end = start + period * count
        self.parts = [forward[start + i * period : start + (i + 1) * period] for i in range(count)]
        if not all(part[-1].targets for part in self.parts):
            raise Unequal
        before = {name for line in forward[:start] for name in line.targets}
        outputs = [part[-1].targets[0] for part in self.parts]
        self.taken, self.handed = _taken(self.parts, outputs, before), outputs[-1]
        self.i: tuple[int, ...] = ()
        self.others: dict[tuple[int, ...], str] = {}
        self.names, is_numbered = _common_names(self.parts)
        self.carried = self.names[0][outputs[0]] if is_numbered else "x"
        if any(len({*names.values()}) < len(names) for names in self.names):
            raise Unequal
        inner = {name for part in self.parts for line in part for name in line.targets} - {self.handed, "_", ""}
        outer = [*forward[:start], *forward[self.end :]]
        if (inner | {self.taken}) & {token for line in forward[self.end :] for token in tokens(line.value)}:
            raise Unequal
        if any(self.carried in line.targets for line in outer if line.targets[:1] != [self.taken]):
            raise Unequal
        for names, name in zip(self.names, [self.taken, *outputs], strict=False):
            names[name] = "x"
        self._find_numbers()
        self.body = [self._merged(lines) for lines in zip(*self.parts, strict=True)]
        self.out = self.names[0][outputs[0]]
        self.backs = self._of_backward(backward)
        for names, output, name in zip(self.names, outputs, [self.taken, *outputs], strict=False):
            names |= {f"d_{mine}": f"d_{common}" for mine, common in names.items()}
            names |= {f"d_{output}": "g", f"d_{name}": "d_x"}
        self.back = [self._merged(lines) for lines in zip(*self.backs, strict=True)]
        last = [line.targets for line in self.backs[0]]
        if self.back and [f"d_{self.taken}"] not in last:
            raise Unequal
        outside = [line for line in backward if not any(line in part for part in self.backs)]
        unknown = {self.taken, *inner, *[f"d_{name}" for name in inner]}
        if unknown & {token for line in outside for token in tokens(line.value)}:
            raise Unequal

    @property
    def saved(self) -> int:
        """How many lines fewer there are for it."""
        return (self.period + len(self.back)) * (self.count - 1) - 12 * bool(self.back)

    def _of_backward(self, backward: Sequence[Line]) -> list[list[Line]]:
        """The lines of each group's way back, that of the last group first in the text."""
        found: list[list[Line]] = [[] for _ in self.parts]
        places: list[int] = []
        for line in reversed(backward):
            if line.source is not None and self.start <= line.source < self.end:
                places.append((line.source - self.start) // self.period)
                found[places[-1]].insert(0, line)
            elif places and places[-1] < self.count - 1:
                raise Unequal
        if places != sorted(places) or len({len(part) for part in found}) > 1:
            raise Unequal
        return found

    def _find_numbers(self) -> None:
        """The number of each group: the first number in the names of weights that differs."""
        for lines in zip(*self.parts, strict=True):
            for row in zip(*[tokens(line.value) for line in lines], strict=False):
                if row[0].startswith('"') and len({*row}) > 1:
                    self.i = next(iter(_numbers(row)))
                    return
        self.i = tuple(range(self.count))

    def _merged(self, lines: Sequence[Line]) -> Line:
        """The one line that stands for those of all groups."""
        targets = list(zip(*[line.targets for line in lines], strict=True))
        rows = list(zip(*[tokens(line.value) for line in lines], strict=True))
        if len({len(tokens(line.value)) for line in lines}) > 1 or len({len(line.targets) for line in lines}) > 1:
            raise Unequal
        value = ""
        for k, row in enumerate(rows):
            is_keyword = rows[k + 1][0] == "=" if k + 1 < len(rows) else False
            value += row[0] if is_keyword and len({*row}) == 1 else self._token(row)
        shapes = list(zip(*[(line.shape or "").strip("()").split(", ") for line in lines], strict=False))
        shape = ", ".join(row[0] if len({*row}) == 1 else "..." for row in shapes)
        is_known = lines[0].shape and {*shape.split(", ")} != {"..."}
        return Line([self._target(row) for row in targets], value, f"({shape})" if is_known else None)

    def _target(self, row: tuple[str, ...]) -> str:
        return "".join(map(self._token, zip(*map(tokens, row), strict=True)))

    def _token(self, row: tuple[str, ...]) -> str:
        named = [names.get(token, token) for names, token in zip(self.names, row, strict=True)]
        if len({*named}) == 1:
            return named[0]
        if all(token.isdigit() for token in row):
            numbers = tuple(map(int, row))
            name = f"size_{len(self.others) + 1}" if self.others else "size"
            return self._number(numbers) or self.others.setdefault(numbers, name)
        if not row[0].startswith('"'):
            raise Unequal
        pieces = [re.split(r"(\d+)", token) for token in row]
        text = pieces[0]
        for k in range(1, len(text), 2):
            numbers = tuple([int(piece[k]) for piece in pieces])
            if len({*numbers}) > 1:
                number = self._number(numbers)
                if number is None:
                    raise Unequal
                text[k] = "{" + number + "}"
        return "f" + "".join(text)

    def _number(self, numbers: tuple[int, ...]) -> str | None:
        """A number that differs in terms of that of the group."""
        more = {number - i for number, i in zip(numbers, self.i, strict=True)}
        if len(more) > 1:
            return None
        difference = more.pop()
        return f"i {'+' if difference > 0 else '-'} {abs(difference)}" if difference else "i"

    def with_prefix(self) -> str | None:
        """Write the names of weights as `name + "rest"`, if they all start in one way; returns how."""
        written = [text for line in (*self.body, *self.back) for text in (*line.targets, line.value)]
        found = [re.match(r'f"([^{"]*\{i\}\.)', string) for text in written for string in re.findall(r'f"[^"]*"', text)]
        prefixes = {match and match[1] for match in found}
        elsewhere = any("i" in tokens(re.sub(r'f"[^"]*"', "", text)) for text in written)
        prefix = prefixes.pop() if len(prefixes) == 1 and not elsewhere else None
        if prefix is None:
            return None
        for line in (*self.body, *self.back):
            line.targets = [t.replace(f'f"{prefix}', 'name + "') for t in line.targets]
            line.value = line.value.replace(f'f"{prefix}', 'name + "')
        return f'f"{prefix}"'


def largest_groups(forward: Sequence[Line], backward: Sequence[Line]) -> Groups | None:
    """The groups of equal lines that save the most of them; None where none save four."""
    best: Groups | None = None
    for period in range(2, len(forward) // 2 + 1):
        for start in range(len(forward) - 2 * period + 1):
            for count in range(2, (len(forward) - start) // period + 1):
                try:
                    found = Groups(forward, backward, start, period, count)
                except (Unequal, ValueError):
                    break
                if found.saved >= 4 and (best is None or found.saved > best.saved):
                    best = found
    return best


def _taken(parts: Sequence[Sequence[Line]], outputs: list[str], before: set[str]) -> str:
    """The one variable from before in whose place each later group reads the output of the one before it."""
    found = set()
    for lines in zip(*parts, strict=True):
        for row in zip(*[tokens(line.value) for line in lines], strict=False):
            if list(row[1:]) == outputs[:-1]:
                found.add(row[0])
    if len(found) != 1 or not found <= before:
        raise Unequal
    return found.pop()


def _numbers(row: Iterable[str]) -> list[tuple[int, ...]]:
    """The numbers that differ between strings that are the same but for their numbers."""
    pieces = [re.split(r"(\d+)", token) for token in row]
    if len({tuple(piece[::2]) for piece in pieces}) > 1:
        raise Unequal
    found = [tuple(map(int, numbers)) for numbers in zip(*[piece[1::2] for piece in pieces], strict=True)]
    return [numbers for numbers in found if len({*numbers}) > 1]


def _common_names(parts: Sequence[Sequence[Line]]) -> tuple[list[dict[str, str]], bool]:
    """For each group the names that its variables have in the text, without its number; and whether there was one."""
    names: list[dict[str, str]] = [{} for _ in parts]
    is_numbered = False
    for lines in zip(*parts, strict=True):
        for row in zip(*[line.targets for line in lines], strict=True):
            if row[0] in ("_", ""):
                continue
            numbered = re.match(r"(.*?)_\d+(?:_(.+))?$", row[0])
            is_numbered = numbered is not None and len({re.sub(r"\d+", "#", name, count=1) for name in row}) == 1
            common = (numbered[2] or numbered[1]) if numbered and is_numbered else row[0]
            for mine, name in zip(names, row, strict=True):
                mine[name] = common
    return names, is_numbered


def written(
    forward: Sequence[Line],
    backward: Sequence[Line],
    function: Callable[[str | None], str],
    known: dict[str, list[str]],
) -> tuple[list[str], list[str], str]:
    """The text of the lines of forward and of backward, and that of the function of a group, "" where there is none.

    function: gives its name, from how the names of a group's weights start. known: for each function that there is
    already what it computes; one that computes the same is called.
    """
    groups = largest_groups(forward, backward)
    if groups is None:
        return [line.text() for line in forward], [line.text() for line in backward], ""
    return _Folded(forward, backward, groups, function, known).texts()


class _Folded:
    """The lines around groups, with a loop in place of these."""

    def __init__(self, forward: Any, backward: Any, groups: Groups, named: Any, known: dict[str, Any]):
        self.groups, self.prefix = groups, groups.with_prefix()
        self.before, self.after = forward[: groups.start], forward[groups.end :]
        self.backward = [line for line in backward if not any(line in part for part in groups.backs)]
        self.computed = [re.sub(r"\[0\]$", "", line.value) for line in groups.body]
        same = (name for name, computed in known.items() if computed == self.computed)
        self.is_known = not groups.back and self.computed in known.values()
        self.function = next(same) if self.is_known else named(self.prefix)
        if groups.back:
            known[self.function] = self.computed
        outer = {name for line in self.before for name in line.targets} | {"n", "T", "contexts", "targets"}
        read = {token for line in (*groups.body, *groups.back) for token in tokens(line.value)}
        free = sorted(read & outer - {*groups.names[0].values(), groups.taken, "_"})
        self.others = [*groups.others.values(), *free]
        self.names = {groups.taken: groups.carried, groups.handed: groups.carried}
        self.names |= _without_numbers([*self.before, *self.after], {*self.names, *free}, groups.carried)
        self.names |= {f"d_{name}": f"d_{new}" for name, new in self.names.items()}

    def texts(self) -> tuple[list[str], list[str], str]:
        carried, back = self.groups.carried, bool(self.groups.back)
        lines = [_renamed(line, self.names).text() for line in self.before]
        lines += self.loop()
        lines += [_renamed(line, self.names).text() for line in self.after]
        backs = [_renamed(line, self.names).text() for line in self.backward]
        if back:
            place = next((k for k, line in enumerate(self.backward) if line.source < self.groups.start), len(backs))
            backs[place:place] = ["for back in reversed(backs):", f"    d_{carried} = back(d_{carried}, grads)"]
        return lines, backs, self.text() if back else ""

    def loop(self) -> list[str]:
        """The loop over groups: calls of their function, or the lines themselves."""
        groups, carried = self.groups, self.groups.carried
        call = f"{self.function}(w, {', '.join([carried, self.prefix or 'i', *self.others])})"
        if groups.back:
            return ["backs = []", self.head(), f"    {carried}, back = {call}", "    backs.append(back)"]
        if self.is_known:
            return [self.head(), f"    {carried} = {call}[0]"]
        body = [_renamed(line, {"x": carried, groups.out: carried}) for line in groups.body]
        name = [f"    name = {self.prefix}"] if self.prefix else []
        return [self.head(), *name, *[textwrap.indent(line.text(8), 4 * " ") for line in body]]

    def head(self) -> str:
        groups = self.groups
        if groups.others:
            rows = ", ".join(str(row) for row in zip(groups.i, *groups.others, strict=True))
            return f"for i, {', '.join(groups.others.values())} in ({rows}):"
        first, last = groups.i[0], groups.i[-1]
        if groups.i == tuple(range(first, last + 1)):
            return f"for i in range({f'{first}, ' * bool(first)}{last + 1}):"
        return f"for i in {groups.i}:"

    def text(self) -> str:
        """The function of a group, with its way back inside."""
        groups, shape = self.groups, self.groups.body[-1].shape
        lines = [f"def {self.function}(w, {', '.join(['x', 'name' if self.prefix else 'i', *self.others])}):"]
        lines += [f'    """A {self.function} of the net: what it makes of x, {shape}, and its way back."""']
        lines += [textwrap.indent(line.text(), 4 * " ") for line in groups.body]
        lines += ["", "    def backward(g, grads):"]
        lines += ['        """The gradient of x, from that of the result; those of the weights go into grads."""']
        lines += [textwrap.indent(line.text(8), 8 * " ") for line in groups.back]
        lines += ["        return d_x", "", f"    return {groups.out}, backward"]
        return "\n".join(lines)


def _without_numbers(lines: Sequence[Line], kept: set[str], carried: str) -> dict[str, str]:
    """New names for numbered variables that are not kept, whose names without the number are free now."""
    taken, found = {carried, *kept, *[name for line in lines for name in line.targets]}, {}
    for line in lines:
        for name in line.targets:
            short = re.sub(r"_\d+(?=$|_)", "", name)
            if short not in taken and name not in kept:
                found[name] = short
                taken.add(short)
    return found


def _renamed(line: Line, names: dict[str, str]) -> Line:
    targets = ["".join(names.get(token, token) for token in tokens(target)) for target in line.targets]
    return Line(targets, "".join(names.get(token, token) for token in tokens(line.value)), line.shape)
