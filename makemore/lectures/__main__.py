"""`python -m makemore.lectures`: repeats the lectures' experiments, and prints its results beside the published."""

import argparse
import importlib
import json
import time
from pathlib import Path
from typing import Any

from makemore import data
from makemore.config import Bounds
from makemore.corpus import Corpus
from makemore.data import Survey
from makemore.lectures.descent import Outcome
from makemore.lectures.figures import HEAD, PUBLISHED, Row, notes_of, print_table, rows_of
from makemore.run_folder import RunFolder
from micrograd.command import Parser, UsageError, not_empty, run_command, shown_path

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
    parser.add_argument("-o", "--work-dir", type=not_empty, metavar="DIR",
                        help="keep the results of each part in DIR; parts already there are not run again")  # fmt: skip
    return parser


class PartCache:
    """A folder with the results of each part, for one list and one number of steps. Without a path it keeps nothing."""

    def __init__(self, path: str | None, digest: str, steps: int):
        self.folder = RunFolder(path) if path is not None else None
        self.stamp = {"digest": digest, "steps": steps}
        if self.folder is not None:
            if self.folder.path.exists() and not self.folder.path.is_dir():
                raise UsageError(f"{path} is a file; name a folder with -o")
            self.folder.path.mkdir(parents=True, exist_ok=True)

    def read(self, part: int) -> dict[str, Any] | None:
        """The results of a part; None if there are none. Raises UsageError for those of another list or length."""
        path = self.folder.path / f"part{part}.json" if self.folder is not None else None
        if path is None or not path.exists():
            return None
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            same_list, same_steps = (found[name] == self.stamp[name] for name in ("digest", "steps"))
            _ = found["values"].items(), found["words"], found["seconds"] + 1.0
        except (ValueError, KeyError, TypeError, AttributeError):
            raise UsageError(f"{path} is damaged; remove it") from None
        if not same_list or not (same_steps or part == 1):
            what = f"runs of {found['steps']} steps" if same_list else "the figures of another list"
            raise UsageError(f"{path} holds {what}; name another folder with -o")
        return found

    def write(self, part: int, outcome: Outcome, seconds: float) -> None:
        """Write the results of a part."""
        if self.folder is not None:
            found = self.stamp | {"values": outcome.values, "words": outcome.words, "seconds": seconds}
            self.folder.write(f"part{part}.json", json.dumps(found, indent=1, ensure_ascii=False) + "\n")


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


def print_part(part: int, rows: list[Row], words: list[str], came: str) -> None:
    """The table of a part, its words, and the notes that belong to it."""
    print_table([row[:-1] for row in (HEAD, *rows)])
    if words:
        print(f"\n  new words: {' '.join(words)}")
    for note in notes_of(part):
        print(f"  {note}")
    print(f"  {came}")


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
    cache = PartCache(flags.work_dir, survey.digest, flags.steps)
    found = {part: cache.read(part) for part in parts}

    print(f"{survey.words:,} words from {shown_path(path)}")
    is_lecture = is_lecture_list(survey)
    if flags.steps != PUBLISHED["steps"] and parts != [1]:
        print(f"Parts 2 to 5 take {flags.steps:,} steps here; published losses are those after {PUBLISHED['steps']:,}.")
    tables: dict[int, list[Row]] = {}
    seconds: dict[int, float] = {}
    for part in parts:
        published = PUBLISHED["parts"][str(part)]
        print(f"\npart {part}: {published['title']} ({published['notebook']})", flush=True)
        before = found[part]
        try:
            began = time.monotonic()
            outcome = Outcome(before["values"], before["words"]) if before else run_part(part, path, flags.steps)
            seconds[part] = before["seconds"] if before else time.monotonic() - began
        except KeyboardInterrupt:
            stays = f"parts that are done are kept in {flags.work_dir}: the same command goes on after them"
            print(
                f"\nstopped in part {part}; " + (stays if flags.work_dir else "with -o DIR, parts that are done stay")
            )
            return 130
        if not before:
            cache.write(part, outcome, seconds[part])
        tables[part] = rows_of(part, outcome.values, flags.steps, is_lecture)
        took = f"it took {_time(seconds[part])}"
        print_part(part, tables[part], outcome.words, f"from {flags.work_dir}; {took}" if before else took)
    print_summary(tables, seconds)
    return 1 if any(row.ok is False for rows in tables.values() for row in rows) else 0


if __name__ == "__main__":
    run_command(main)
