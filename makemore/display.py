"""How text and numbers are written for people: in columns on a screen, whatever the alphabet, and without surprises."""

import sys
import time
import unicodedata
from collections.abc import Sequence
from typing import Any, TextIO

from tqdm import tqdm

LOG_SECONDS = 30.0
"""How often progress is printed where no bar can be drawn."""
shows_bars = True
"""Whether this process shows bars: under mpiexec only rank 0 does."""
_OF_TOTAL = "{desc}: {percentage:.0f} %, {n_fmt} of {total_fmt} {unit}s, {elapsed} gone, {remaining} to go{postfix}"
_WITHOUT_END = "{desc}: {n_fmt} {unit}s, {elapsed} gone{postfix}"


class _Lines:
    """Takes what a bar draws over itself, and writes it as lines, one every LOG_SECONDS."""

    def __init__(self, stream: TextIO):
        self.stream, self.last = stream, time.monotonic()

    def write(self, text: str) -> None:
        # A bar keeps to its own interval, but not where words are written above it or what it says behind it changes.
        if text.strip() and time.monotonic() - self.last >= LOG_SECONDS:
            self.last = time.monotonic()
            self.stream.write(text.strip() + "\n")

    def flush(self) -> None:
        self.stream.flush()


def progress_bar(*iterable: Any, **options: Any) -> tqdm:
    """tqdm's bar on a terminal and in a notebook; elsewhere, as in a log file, a line every LOG_SECONDS."""
    if not (getattr(sys.stderr, "isatty", bool)() or "ipykernel" in sys.modules):
        options |= {"file": _Lines(sys.stderr), "mininterval": LOG_SECONDS, "delay": LOG_SECONDS}
        has_end = iterable or options.get("total") is not None
        options |= {"bar_format": _OF_TOTAL if has_end else _WITHOUT_END, "leave": False}
    return tqdm(*iterable, **options if shows_bars else options | {"disable": True})


def width(text: str) -> int:
    """How many columns of a terminal the text takes: two for a wide character (Chinese, emoji), 0 for a mark that
    is drawn over the one before it.

    Source: Unicode Standard Annex #11, East Asian Width. Terminals differ in emoji that are joined to one.
    """
    # NFC makes one character of the parts of a Korean syllable, of which only the first would take columns.
    drawn = [
        each for each in unicodedata.normalize("NFC", text) if unicodedata.category(each) not in ("Mn", "Me", "Cf")
    ]
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in drawn)


def padded(text: str, columns: int) -> str:
    """The text with spaces after it, that many columns wide; as it is where it is wider."""
    return text + " " * (columns - width(text))


def table(
    rows: Sequence[Sequence[str]], align: str, gap: str = "  ", titles: Sequence[tuple[str, int]] = ()
) -> list[str]:
    """The lines of a table whose columns are as wide as their widest cell.

    rows: as many cells in each. align: "<" (left) or ">" (right) for each column. titles: a line above the others, each
    title centered over so many columns and the gaps before them.
    """
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    lines, top, first = [], "", 0
    for title, span in titles:
        room = sum(widths[first : first + span]) + len(gap) * span
        widths[first] += max(0, width(title) - room)
        top += f"{title:^{max(room, width(title))}}"
        first += span
    if titles:
        lines.append(top[len(gap) :].rstrip())
    for row in rows:
        cells = []
        for cell, side, columns in zip(row, align, widths, strict=False):
            cells.append(padded(cell, columns) if side == "<" else " " * (columns - width(cell)) + cell)
        lines.append(gap.join(cells).rstrip())
    return lines


def shown(text: str) -> str:
    r"""The text with control characters and line ends as escapes, `\t` or `\x1b`: they would move the cursor."""
    moving = {each for each in text if unicodedata.category(each) in ("Cc", "Zl", "Zp")}
    return "".join([each.encode("unicode_escape").decode() if each in moving else each for each in text])


def shown_token(token: str) -> str:
    """A token of a vocabulary so that it can be told from others: `' '` for a space, U+200D for what is invisible, a
    mark on a dotted circle."""
    if token == " ":
        return "' '"
    if len(token) > 1:  # the boundary <end>
        return token
    category = unicodedata.category(token)
    if category in ("Cf", "Zs", "Co", "Cn") or unicodedata.name(token, "").startswith("VARIATION SELECTOR"):
        return code_point(token)
    return f"◌{token}" if category in ("Mn", "Me", "Mc") else shown(token)


def code_point(character: str) -> str:
    """The number of a character as Unicode writes it, U+6771."""
    return f"U+{ord(character):04X}"


def decimal(value: float, places: int) -> str:
    """A number in at most eight characters: 8.281, from a thousand on 3,001, then 5.7e+53.

    places: how many decimals a number below a thousand has, at most 4.
    """
    if value < 999.5:  # what is nearer to a thousand is one
        return f"{value:.{places}f}"
    return f"{value:,.0f}" if value < 100_000 else f"{value:.2g}"


def quantity(n: int, noun: str) -> str:
    """So many of something: 1 step, 2,000 steps."""
    return f"{n:,} {noun}" + ("" if n == 1 else "s")
