"""The command of a package of lessons: it lists them, runs one, or marks an answer."""

import argparse
import importlib
import inspect
from pathlib import Path
from types import ModuleType

from micrograd.command import Parser, nearest, shown_path
from micrograd.compare.report import aligned
from micrograd.lessons.lesson import exercises
from micrograd.lessons.notebook import write


def run(package: ModuleType, arguments: list[str] | None) -> int:
    """The command of the package, whose LESSONS names its lessons. Returns 0, or 1 for a wrong answer."""
    command = f"python -m {package.__name__}"
    parser = Parser(
        prog=command,
        description=f"{title(package)} Without a name: the list of them.",
        epilog="An answer is one number or several, 2/3 or -1.5 4, words, or a formula in x, as its exercise asks.",
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help=f"the lesson: {', '.join(package.LESSONS)}")
    parser.add_argument("-o", "--output", default=Path("out", "lessons"), metavar="DIR", type=Path,
                        help="where its picture goes (out/lessons)")  # fmt: skip
    parser.add_argument("--notebook", metavar="DIR", type=Path,
                        help="write the lesson, or without a name all of them, as Jupyter notebooks")  # fmt: skip
    parser.add_argument("--answer", nargs=argparse.REMAINDER,
                        help="N ANSWER: mark an answer to exercise N of the lesson; comes last")  # fmt: skip
    flags = parser.parse_args(arguments)
    if flags.name is None and flags.answer is not None:
        parser.error("--answer needs the name of the lesson before it")
    if flags.name not in (None, *package.LESSONS):
        hint = nearest(flags.name, package.LESSONS, 0.4) or f"; there are {', '.join(package.LESSONS)}"
        parser.error(f"there is no lesson {flags.name!r}{hint}")
    names = [flags.name] if flags.name else package.LESSONS
    lessons = {name: importlib.import_module(f"{package.__name__}.{name}") for name in names}
    if flags.notebook is not None:
        for lesson in lessons.values():
            print(f"saved {write(lesson, flags.notebook)}")
        return 0
    if flags.name is None:
        print("\n".join([f"  {line}" for line in aligned([[name, title(lesson)] for name, lesson in lessons.items()])]))
        print(f"\nrun one: {command} {package.LESSONS[0]}")
        return 0
    lesson = lessons[flags.name]
    if flags.answer is not None:
        return 0 if answered(parser, lesson, flags.name, flags.answer) else 1
    print(f"{title(lesson)}\n")
    lesson.lesson(flags.output)
    print("\nExercises")
    for number, exercise in exercises(lesson).items():
        print(f"  {number}. {exercise.__doc__}")
    print(f"  your answer: {command} {flags.name} --answer 1 ANSWER")
    print(f"  the lesson itself: {shown_path(Path(inspect.getfile(lesson)))}")
    return 0


def title(module: ModuleType) -> str:
    """The first line of a module's docstring."""
    return inspect.cleandoc(module.__doc__ or "").partition("\n")[0]


def answered(parser: Parser, lesson: ModuleType, name: str, words: list[str]) -> bool:
    """Mark the answer in the words after --answer; whether it is right."""
    known = exercises(lesson)
    if len(words) < 2 or words[0] not in known:
        parser.error(f"--answer takes the number of an exercise of {name}, {' or '.join(known)}, and then the answer")
    try:
        right: bool = known[words[0]](" ".join(words[1:]))
    except ValueError as error:
        parser.error(str(error))
    return right
