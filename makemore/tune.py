"""`python -m makemore.tune`: searches the hyperparameters that give the lowest dev loss, with Optuna."""

import argparse
import shlex
import sys
import time
from typing import Any

from makemore import processes
from makemore.config import RUNS, Bounds, add_list_flag, add_training_flags, config_of
from makemore.report import print_words_read
from makemore.search_space import USUAL
from micrograd.command import Parser, UsageError, not_empty, shown_path


def parser_of_flags() -> Parser:
    """The flags."""
    parser = Parser(
        prog="python -m makemore.tune",
        description="Search the hyperparameters that give the lowest dev loss.",
        epilog="Trials that look hopeless are ended early. The flags of makemore.train fix a hyperparameter. "
        "It needs Optuna: pip install optuna.",
    )
    group = parser.add_argument_group("the search")
    add_list_flag(group)
    group.add_argument("-o", "--work-dir", type=not_empty, metavar="DIR",
                       help=f"where it is kept (default: {RUNS / 'tune'})")  # fmt: skip
    group.add_argument("--trials", type=Bounds(int, 1), default=50, metavar="N",
                       help="trials in total, those of other machines included (50)")  # fmt: skip
    group.add_argument("--search", nargs="+", metavar="NAME[=RANGE]",
                       help="what to search, in its usual range or in the one that is given, such as n_embd2=50..300 "
                       f"or schedule=step,cosine (default: all the type has, of {', '.join(USUAL)})")  # fmt: skip
    group.add_argument("--study-name", metavar="NAME", help="(the type of the model)")
    group.add_argument("--storage", metavar="URL",
                       help="a database in which several machines search together, such as "
                       "postgresql+psycopg://user:password@host/name, or a file on a folder that they share, such as "
                       "journal:/shared/study.log (default: an SQLite file in -o)")  # fmt: skip
    group.add_argument("--resume", action="store_true",
                       help="go on with the study of that name, alone or beside others that work on it")  # fmt: skip
    add_training_flags(parser)
    parser.set_defaults(split=None, type="mlp")
    return parser


def check_flags(flags: argparse.Namespace) -> dict[str, Any]:
    """The config of a trial before its hyperparameters are chosen. Raises UsageError where flags do not go together."""
    if flags.type == "auto":
        raise UsageError("a search is for one type of model; name it with --type (mlp)")
    if flags.fit == "counts":
        raise UsageError("--fit counts takes no steps and has nothing to search but --smoothing; leave it out")
    if flags.max_steps is not None and flags.max_steps < 1:
        raise UsageError(f"--max-steps {flags.max_steps} does not go with a search: give the steps of each trial")
    return config_of(flags)


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    given = sys.argv[1:] if arguments is None else arguments
    flags = parser_of_flags().parse_args(given)
    try:
        import optuna  # noqa: F401 - it is asked for here, so that all else of makemore does without it
    except ImportError:
        raise UsageError("makemore.tune needs Optuna, which is not installed: pip install optuna") from None
    from makemore.search import STUDY, Search, best_of, done, shown_url, storage_complaints

    config = check_flags(flags)
    search = Search(flags, config, flags.resume)
    study = search.study
    url_shown = shown_url(search.url) if flags.storage else str(shown_path(search.folder.path / STUDY))
    with storage_complaints(search.url):
        if flags.resume and len(done(study)) >= flags.trials:
            raise UsageError(
                f"the study {study.study_name!r} has {len(done(study))} trials; give a larger total with --trials"
            )
        print_words_read(search.corpus)
        print(f"model       {flags.type}; searching {', '.join(search.space)}")
        print(f"study       {study.study_name!r} in {url_shown}\n")
        finished = search.run() if processes.size() == 1 else search.run_together(config)
        search.print_found()
    seconds = time.monotonic() - search.began
    if not finished:
        hidden = {flags.storage: url_shown}  # no password where others may see it
        again = shlex.join([hidden.get(word, word) for word in given if word != "--resume"] + ["--resume"])
        print(f"\nstopped after {seconds:.1f} s; go on with: python -m makemore.tune {again}")
        return 130
    print(f"\n{seconds:.1f} s")
    return 0 if best_of(study) is not None else 2


if __name__ == "__main__":
    processes.run_command(main)
