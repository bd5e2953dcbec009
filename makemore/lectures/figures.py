"""The results of a part beside the published figures, a line each."""

import json
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from makemore.display import table

PUBLISHED: dict[str, Any] = json.loads((Path(__file__).parent / "published.json").read_text(encoding="utf-8"))
"""list: the lecture's, its words and `Survey.digest`. steps: of the full length. parts: title, notebook and figures."""

WITHIN = 0.0001
"""How far a number may be from the published one where its figure does not say `within`."""


class Row(NamedTuple):
    """A line of a part's table. ok: whether the two agree; None where they cannot be compared."""

    name: str
    here: str
    published: str
    difference: str
    verdict: str
    ok: bool | None


HEAD = Row("", "here", "published", "difference", "verdict", None)


def rows_of(part: int, values: dict[str, Any], steps: int, is_lecture_list: bool) -> list[Row]:
    """The table of a part. values: by the names of the figures in published.json; those missing are left out."""
    rows = []
    for figure in PUBLISHED["parts"][str(part)]["figures"]:
        if figure["name"] not in values:
            continue
        reason = "" if is_lecture_list else "another list"
        if figure.get("full_length") and steps != PUBLISHED["steps"]:
            reason = reason or f"that is after {PUBLISHED['steps']:,} steps"
        here, published = values[figure["name"]], figure["published"]
        pairs = zip(here, published, strict=False) if isinstance(published, list) else [(here, published)]
        name = figure["name"] + " *" * ("source" in figure)
        for i, pair in enumerate(pairs):  # a list takes several lines
            rows.append(_row("" if i else name, *pair, reason, figure.get("within", WITHIN)))
    return rows


def _row(name: str, here: Any, published: Any, reason: str, within: float) -> Row:
    """A line. reason: why the two cannot be compared; empty where they can."""
    texts = _text(here), _text(published)
    if isinstance(published, str | int):
        ok, close = here == published, ""
    else:
        ok, close = abs(here - published) <= within, f"within {within:g}"
    difference = "" if isinstance(published, str) else _signed(here - published)
    verdict = reason or ("same" if ok and texts[0] == texts[1] else close if ok else f"OFF: not {close or 'the same'}")
    return Row(name, *texts, difference, verdict, None if reason else ok)


def _text(value: Any) -> str:
    """As a table shows it."""
    if isinstance(value, float):
        return f"{value:,.4f}" if abs(value) >= 0.0001 or value == 0 else f"{value:.0e}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _signed(value: float) -> str:
    if isinstance(value, int):
        return f"{value:+,}" if value else "0"
    return f"{value:+.4f}" if abs(value) >= 0.00005 else "0"


def notes_of(part: int) -> list[str]:
    """The notes on the figures of a part, each once, as lines."""
    figures = PUBLISHED["parts"][str(part)]["figures"]
    by_note: dict[str, list[str]] = {}
    for figure in figures:
        if "note" in figure:
            by_note.setdefault(figure["note"], []).append(figure["name"])
    notes = [f"{', '.join(names)}: {note}" for note, names in by_note.items()]
    if any("source" in figure for figure in figures):
        notes.insert(0, "* of PyTorch 2.13 on a CPU, for the lecture's lines; all others are the lecture's own figures")
    return [line for note in notes for line in textwrap.wrap(note, 110, subsequent_indent="  ")]


def print_table(rows: Sequence[tuple[str, ...]]) -> None:
    """Print rows of text in columns; the first and the last are aligned left, the others right."""
    for line in table(rows, "<" + ">" * (len(rows[0]) - 2) + "<"):
        print("  " + line)
