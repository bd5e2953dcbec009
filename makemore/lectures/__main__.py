"""`python -m makemore.lectures`: repeats the lectures' experiments, and prints its results beside the published."""

import argparse
import importlib
import time
from pathlib import Path

from makemore import data
from makemore.config import Bounds
from makemore.corpus import Corpus
from makemore.data import Survey
from makemore.lectures.descent import Outcome
from makemore.lectures.figures import HEAD, PUBLISHED, Row, notes_of, print_table, rows_of
from micrograd.command import Parser, UsageError, run_command, shown_path

PARTS = (1, 2, 3, 4, 5)


def parser_of_flags() -> Parser:
    """The flags."""
    parser = Parser(
        prog="python -m makemore.lectures",
        description="Repeat the experiments of the makemore lectures, with their seeds, sizes and steps, and print "
        "the results beside the published ones.",
        epilog="Exit status: 0, or 1 where a figure is off. All of it at full length takes six minutes or more, most "
        "of them for part 5.",
    )
    parser.add_argument("--names", metavar="FILE",
                        help="names.txt of the repository karpathy/makemore, to which the published figures belong, "
                        "or another list (default: the bundled names)")  # fmt: skip
    parser.add_argument("--part", type=int, choices=PARTS, nargs="+", action="extend", help="only these (all)")
    parser.add_argument("--steps", type=Bounds(int, 1), default=PUBLISHED["steps"], metavar="N",
                        help=f"of parts 2 to 5 ({PUBLISHED['steps']:,}); the rate falls in proportion")  # fmt: skip
    return parser


def is_lecture_list(survey: Survey) -> bool:
    """Whether the words are those of the lectures, in the same order; it says so if not."""
    lecture = PUBLISHED["list"]
    if survey.digest == lecture["digest"]:
        return True
    if survey.words == lecture["words"]:
        what = f"holds {survey.words:,} words, but others than the lectures', or in another order"
    else:
        what = f"holds {survey.words:,} words, not the lectures' {lecture['words']:,}"
    print(f"This list {what}. The published figures are for that list (names.txt of the repository")
    print("karpathy/makemore), and stand here only as a guide.")
    return False


def run_part(part: int, path: Path, steps: int) -> Outcome:
    """Run the experiments of a part."""
    module = importlib.import_module(f"makemore.lectures.part{part}")
    if part == 1:
        return module.run(Corpus.read(path, "none"))
    return module.run(Corpus.read(path, "80/10/10"), steps)


def print_part(part: int, rows: list[Row], words: list[str], seconds: float) -> None:
    """The table of a part, its words, the notes that belong to it, and the time it took."""
    print_table([row[:-1] for row in (HEAD, *rows)])
    if words:
        print(f"\n  new words: {' '.join(words)}")
    for note in notes_of(part):
        print(f"  {note}")
    print(f"  it took {_time(seconds)}")


def print_summary(tables: dict[int, list[Row]], seconds: dict[int, float]) -> None:
    """A line for each part: how many figures came out, and its dev loss."""
    lines: list[tuple[str, ...]] = [("part", "figures", "as published", "off", "dev loss", "published", "time", "")]
    for part, rows in tables.items():
        compared = [row for row in rows if row.ok is not None]
        off = [row.name or row.here for row in compared if not row.ok]
        dev = next((row for row in rows if row.name == "dev loss"), None)
        losses = (dev.here, dev.published) if dev else ("-", "-")
        counted = (str(len(rows)), str(len(compared) - len(off)), str(len(off)))
        lines.append((str(part), *counted, *losses, _time(seconds[part]), ", ".join(off)))
    print("\nsummary")
    print_table(lines)
    compared = [row for rows in tables.values() for row in rows if row.ok is not None]
    total = sum(map(len, tables.values()))
    good = sum(1 for row in compared if row.ok)
    came = [f"{good} of {len(compared)} figures as published"] if compared else []
    came += [f"{total - len(compared)} cannot be compared"] if total > len(compared) else []
    print(f"\n{', '.join(came)}; {_time(sum(seconds.values()))} in all")


def _time(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds / 60:.1f} min"


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    flags: argparse.Namespace = parser_of_flags().parse_args(arguments)
    parts = sorted(set(flags.part or PARTS))
    path = Path(flags.names) if flags.names else data.bundled_names()
    survey = data.survey(data.WordList(path).blocks())
    if survey.words < 2 and parts != [1]:
        raise UsageError(f"{path} holds a single word, too few to split; run part 1 alone with --part 1")
    data.check_table(len(survey.vocabulary), 2)

    print(f"{survey.words:,} words from {shown_path(path)}")
    is_lecture = is_lecture_list(survey)
    if flags.steps != PUBLISHED["steps"] and parts != [1]:
        print(f"Parts 2 to 5 take {flags.steps:,} steps here; published losses are those after {PUBLISHED['steps']:,}.")
    tables: dict[int, list[Row]] = {}
    seconds: dict[int, float] = {}
    for part in parts:
        published = PUBLISHED["parts"][str(part)]
        print(f"\npart {part}: {published['title']} ({published['notebook']})", flush=True)
        began = time.monotonic()
        try:
            outcome = run_part(part, path, flags.steps)
        except KeyboardInterrupt:
            left = " ".join([str(each) for each in parts if each >= part])
            print(f"\nstopped in part {part}; for the rest add --part {left}")
            return 130
        seconds[part] = time.monotonic() - began
        tables[part] = rows_of(part, outcome.values, flags.steps, is_lecture)
        print_part(part, tables[part], outcome.words, seconds[part])
    print_summary(tables, seconds)
    return 1 if any(row.ok is False for rows in tables.values() for row in rows) else 0


if __name__ == "__main__":
    run_command(main)
