"""`python -m makemore.tune`: searches the hyperparameters that give the lowest dev loss, with Optuna."""

from __future__ import annotations

import argparse
import contextlib
import shlex
import sys
import time
from typing import TYPE_CHECKING, Any

from makemore import plots, processes, run
from makemore.config import RUNS, SETTINGS, Bounds, add_list_flag, add_training_flags, config_of, flag_of
from makemore.corpus import Corpus
from makemore.display import table
from makemore.models import NGRAMS
from makemore.report import print_words_read
from makemore.run_folder import RunFolder
from makemore.search_space import USUAL, Range, space_of
from makemore.trials import Search, best_of, done, importance_of, open_study, shown_url, storage_complaints, value_text
from micrograd.command import Parser, UsageError, not_empty, shown_path

if TYPE_CHECKING:
    from optuna import Study

ENOUGH = 30
"""With fewer trials that ran to their end, the importance of a hyperparameter changes a lot from search to search."""

STUDY, PICTURE = "study.db", "importance.png"


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


# What is searched.


def check_flags(flags: argparse.Namespace) -> dict[str, Any]:
    """The config of a trial before its hyperparameters are chosen. Raises UsageError where flags do not go together."""
    if flags.type == "auto":
        raise UsageError("a search is for one type of model; name it with --type (mlp)")
    if flags.fit == "counts":
        raise UsageError("--fit counts takes no steps and has nothing to search but --smoothing; leave it out")
    if flags.max_steps is not None and flags.max_steps < 1:
        raise UsageError(f"--max-steps {flags.max_steps} does not go with a search: give the steps of each trial")
    return config_of(flags)


def settings_of(flags: argparse.Namespace, space: dict[str, Range], corpus: Corpus) -> dict[str, Any]:
    """What all trials of a study have in common, as JSON has it."""
    fixed = {name: value for name in SETTINGS if (value := getattr(flags, name)) is not None}
    return {
        "words": corpus.survey.digest,
        "fixes": fixed,
        "searches": {name: str(range_) for name, range_ in space.items()},
    }


# What it prints.


def command_of(config: dict[str, Any], input_file: str | None) -> str:
    """The command that trains a model like that, every flag written out."""
    words = ["python", "-m", "makemore.train"] + (["-i", input_file] if input_file else [])
    skipped = ("fit", "split", "smoothing", *([] if config.get("unique") else ["unique"]))
    for name, value in config.items():
        if name in skipped or value is None or (name == "block_size" and config["type"] in NGRAMS):
            continue
        if name == "batch_size" and not value:  # all examples, which is what n-grams do where no flag says otherwise
            continue
        if isinstance(value, bool):
            words.append(flag_of(name) if value else flag_of("no_" + name))
        else:
            words += [flag_of(name), str(value)]
    return shlex.join(words)


def print_found(study: Study, space: dict[str, Range], flags: argparse.Namespace, folder: RunFolder) -> None:
    """The best trial, the importance of each hyperparameter, and the command that trains the best."""
    best, ended = best_of(study), done(study)
    pruned = sum(trial.state.name == "PRUNED" for trial in ended)
    print(f"\n{len(ended):,} trials, {pruned:,} of them pruned, in the study {study.study_name!r}")
    if best is None:
        reasons = [trial.user_attrs.get("reason", "") for trial in ended]
        print("none ran to its end" + (f"; the last: {reasons[-1]}" if reasons else " yet"))
        return
    importance = importance_of(study)
    print(f"best: trial {best.number}, dev loss {best.value:.4f} nats a character\n")
    rows = [("", "best", "searched", "importance")]
    for name in sorted(space, key=lambda name: -importance.get(name, 0)):
        part = f"{importance[name]:.0%}" if name in importance else "-"
        rows.append((name, value_text(best.params[name]), str(space[name]), part))
    for line in table(rows, "<><>"):
        print("  " + line)
    if importance:
        ran = sum(trial.state.name == "COMPLETE" for trial in ended)
        if ran < ENOUGH:
            print(f"\nonly {ran} trials ran to their end: how important each is, is rough")
        title = f"{best.user_attrs['config']['type']}: {len(ended):,} trials, best dev loss {best.value:.4f}"
        folder.write(PICTURE, plots.importance(importance, title))
        print(f"\npicture: {folder.path / PICTURE}")
    else:
        print("\nthe importance of each takes more trials to tell")
    print(f"\ntrain it:\n{command_of(best.user_attrs['config'], flags.input_file)}")


# How it goes.


def search_together(given: list[str]) -> bool:
    """`Search.run` on every process of an mpiexec; False as soon as one was stopped."""
    with contextlib.closing(processes.each(search_in_process, range(processes.size()), given)) as results:
        return all(finished for _, finished in results)


def search_in_process(number: int, given: list[str]) -> bool:
    """The trials of one process in the study that was begun."""
    flags = parser_of_flags().parse_args(given)
    search = open_search(flags, resume=True)
    with storage_complaints(storage_of(flags)[0]):
        return search.run()


def open_search(flags: argparse.Namespace, resume: bool) -> Search:
    """The search that the flags ask for, in a study that is begun or gone on with. Raises UsageError."""
    config = check_flags(flags)
    space = space_of(flags, config)
    corpus = read_corpus(flags)
    run.complete(config, corpus)  # raises where the words do not fit
    url, folder = storage_of(flags)
    if folder.path.exists() and not folder.path.is_dir():
        raise UsageError(f"{folder.path} is a file; name a folder with -o")
    folder.path.mkdir(parents=True, exist_ok=True)
    study = open_study(url, flags.study_name or flags.type, settings_of(flags, space, corpus), resume)
    return Search(study, flags, space, corpus)


def read_corpus(flags: argparse.Namespace) -> Corpus:
    """The words, whose dev part is what the search goes by. Raises UsageError where there is none."""
    corpus = run.read_corpus(vars(flags), flags.input_file)
    if "dev" not in corpus.parts:
        raise UsageError(f"{corpus.list.path} has {corpus.survey.words} words, too few for a dev part to go by")
    return corpus


def storage_of(flags: argparse.Namespace) -> tuple[str, RunFolder]:
    """Where the study is kept, and the folder of the search."""
    folder = RunFolder(flags.work_dir or RUNS / "tune")
    return flags.storage or f"sqlite:///{folder.path / STUDY}", folder


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    given = sys.argv[1:] if arguments is None else arguments
    flags = parser_of_flags().parse_args(given)
    try:
        import optuna  # noqa: F401 - it is asked for here, so that all else of makemore does without it
    except ImportError:
        raise UsageError("makemore.tune needs Optuna, which is not installed: pip install optuna") from None
    search = open_search(flags, flags.resume)
    study, (url, folder) = search.study, storage_of(flags)
    url_shown = shown_url(url) if flags.storage else str(shown_path(folder.path / STUDY))
    with storage_complaints(url):
        if flags.resume and len(done(study)) >= flags.trials:
            raise UsageError(
                f"the study {study.study_name!r} has {len(done(study))} trials; give a larger total with --trials"
            )
        print_words_read(search.corpus)
        print(f"model       {flags.type}; searching {', '.join(search.space)}")
        print(f"study       {study.study_name!r} in {url_shown}\n")
        finished = search.run() if processes.size() == 1 else search_together(given)
        print_found(study, search.space, flags, folder)
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
