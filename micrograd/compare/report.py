"""What a comparison found: a row for each value and gradient, and the table of them for people.

Two right answers need not be the same to the last bit: each operation rounds to half a unit in the last place, eps / 2
of its result, and n roundings that add up go as far astray as n random steps, sqrt(n). So a tensor agrees
within

    16 * sqrt(n) * eps * (its largest number)  +  eps * (the largest number of the comparison, or 1)

n being the number of elements of the largest tensor at hand and eps that of the coarsest dtype, 1.2e-7 in float32 and
2.2e-16 in float64; 16 leaves room for a chain of some 256 operations. The second term is for a gradient whose parts
cancel, such as that of a bias before batch normalization: what is left of it is rounding, beside the 1 that the way
back starts with.
"""

import html
import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

EXACT, APPROXIMATE, DIFFERENT = "exact", "approximate", "different"
UNITS = 16


class Row(NamedTuple):
    """What was found of one value or gradient.

    verdict: 'exact', 'approximate' or 'different'. largest: the largest absolute difference; nan where a shape or a
    number is missing on one side. at: its index, or None. mine, theirs: what stands there, a number,
    or the words for what is there in place of numbers. remark: more about it, in words.
    """

    name: str
    shape: tuple[int, ...]
    verdict: str
    largest: float
    at: tuple[int, ...] | None
    mine: Any
    theirs: Any
    remark: str = ""


class Report:
    """The rows of a comparison: true if all of them agree, and printed as a table, in a notebook too.

    title: what is compared. sides: what to call the numbers `mine` and `theirs` of a row, 'on micrograd' for example.
    remarks: lines to stand below the table.
    """

    def __init__(self, title: str, rows: Sequence[Row], sides: tuple[str, str], remarks: Sequence[str] = ()):
        self.title, self.rows, self.sides, self.remarks = title, list(rows), sides, list(remarks)

    def __bool__(self) -> bool:
        return all(row.verdict != DIFFERENT for row in self.rows)

    def __getitem__(self, name: str) -> Row:
        """The row of this name. Raises KeyError where no row has it."""
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(f"{name!r}: the rows are {', '.join([row.name for row in self.rows])}")

    def _cells(self) -> list[list[str]]:
        rows = [["", "shape", "verdict", "largest difference", "at"]]
        for row in self.rows:
            at = at_text(row.at) if row.largest else ""
            rows.append([row.name, str(list(row.shape)), row.verdict, number_text(row.largest), at])
        return rows

    def _words(self) -> list[str]:
        """The lines below the table: of each difference the numbers, and what else is to be said."""
        lines = []
        for row in self.rows:
            if row.verdict == DIFFERENT:
                place = f" at {at_text(row.at)}" if row.at else ""
                mine, theirs = both_numbers(row.mine, row.theirs)
                lines.append(f"{row.name}{place}: {mine} {self.sides[0]}, {theirs} {self.sides[1]}")
            if row.remark:
                lines.append(f"  {row.remark}" if row.verdict == DIFFERENT else f"{row.name}: {row.remark}")
        return lines + self.remarks

    def __str__(self) -> str:
        return "\n".join([self.title, *aligned(self._cells(), right=(3,)), *self._words()])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        head, *rows = [[html.escape(cell) for cell in row] for row in self._cells()]
        lines = [f"<p>{html.escape(self.title)}</p>", "<table>"]
        lines.append("<tr>" + "".join([f"<th>{cell}</th>" for cell in head]) + "</tr>")
        for row in rows:
            row[2] = f"<b>{row[2]}</b>" if row[2] == DIFFERENT else row[2]
            lines.append("<tr>" + "".join([f"<td>{cell}</td>" for cell in row]) + "</tr>")
        return "\n".join([*lines, "</table>", *[f"<p>{html.escape(line.strip())}</p>" for line in self._words()]])


def aligned(rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> list[str]:
    """The rows of a table as lines whose columns stand below each other; those whose numbers are in `right` end so."""
    columns = []
    for i, column in enumerate(zip(*rows, strict=True)):
        width = max(map(len, column))
        columns.append([cell.rjust(width) if i in right else cell.ljust(width) for cell in column])
    return ["  ".join(cells).rstrip() for cells in zip(*columns, strict=True)]


def at_text(at: Any) -> str:
    """An index as one would write it, [1, 2]; nothing for None."""
    return str(list(at)) if at else ""


def number_text(number: float) -> str:
    """A difference with its two leading digits."""
    return "0" if number == 0 else f"{number:.1e}"


def both_numbers(a: Any, b: Any) -> tuple[str, str]:
    """Two numbers with as many digits as show that they differ, six at least; words stay as they are."""
    if isinstance(a, str) or isinstance(b, str):
        return str(a), str(b)
    for digits in range(6, 18):
        texts = f"{a:.{digits}g}", f"{b:.{digits}g}"
        if texts[0] != texts[1]:
            break
    return texts


# Judging.


class Pair(NamedTuple):
    """Two answers that should agree, each an array, or None for a gradient that is not there."""

    name: str
    mine: np.ndarray | None
    theirs: np.ndarray | None


def rounding(arrays: Iterable[np.ndarray]) -> tuple[float, float]:
    """How far roundings may lead astray where these arrays are at hand: relative to a tensor's largest number, and eps.

    Both are 0 where no array holds floats.
    """
    arrays = list(arrays)
    n = max([array.size for array in arrays], default=1)
    eps = max([float(np.finfo(array.dtype).eps) for array in arrays if array.dtype.kind == "f"], default=0.0)
    return UNITS * math.sqrt(max(n, 1)) * eps, eps


def largest_of(arrays: Iterable[np.ndarray | None]) -> float:
    """The largest finite number, without its sign; 0 where there is none."""
    sizes = [np.abs(a[np.isfinite(a)]).max(initial=0) for a in arrays if a is not None and a.dtype.kind != "b"]
    return float(max(sizes, default=0))


def judge(pairs: Sequence[Pair], relative: float, floor: float) -> list[Row]:
    """A Row for each pair. It agrees within relative * (its largest number) + floor * (the largest of all, or 1)."""
    overall = max(largest_of([pair.theirs for pair in pairs]), 1.0)
    return [_row(pair, relative * largest_of([pair.theirs]) + floor * overall) for pair in pairs]


def _row(pair: Pair, bound: float) -> Row:
    name, a, b = pair
    if a is None or b is None:
        words = ["none" if x is None else "one" for x in (a, b)]
        shape = next((x.shape for x in (a, b) if x is not None), ())
        same = a is None and b is None
        verdict, remark = (EXACT, "no gradient on either side") if same else (DIFFERENT, "there is only one gradient")
        return Row(name, shape, verdict, 0.0 if same else math.nan, None, words[0], words[1], remark)
    if a.shape != b.shape or a.dtype != b.dtype:
        words = [f"{x.dtype.name} {list(x.shape)}" for x in (a, b)]
        return Row(name, a.shape, DIFFERENT, math.nan, None, *words)
    if not a.size:
        return Row(name, a.shape, EXACT, 0.0, None, None, None)
    wide = np.float64 if a.dtype.kind == "f" else object  # bools and the largest integers have no differences
    with np.errstate(all="ignore"):
        apart = np.array(np.abs(np.subtract(a.astype(wide), b.astype(wide))), np.float64)
    same_place = (a == b) | ((a != a) & (b != b))  # nan is as good as nan here
    apart[same_place] = 0
    at = tuple([int(i) for i in np.unravel_index(int(np.argmax(np.where(np.isnan(apart), np.inf, apart))), a.shape)])
    verdict = EXACT if same_place.all() else APPROXIMATE if apart.max() <= bound else DIFFERENT
    return Row(name, a.shape, verdict, float(apart[at]), at, a[at].item(), b[at].item())
