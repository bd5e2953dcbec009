"""`python -m makemore.ladder`: trains every type of model on one list of words and compares them in one table."""

import argparse
import json
import shlex
import time
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from makemore import new_words, plots, processes, run
from makemore.config import LECTURE_SEED, RUNS, SEED, TRAINING, Bounds, add_list_flag, defaults_of
from makemore.corpus import SPLITS, Corpus
from makemore.display import decimal, shown, table
from makemore.models import TYPES
from makemore.report import parameters_of, perplexity, print_words_read
from makemore.run_folder import CHECKPOINT, CONFIG, RunFolder
from makemore.training import Training
from micrograd.command import Parser, UsageError, not_empty

RECORD, TABLE, PICTURE = "ladder.json", "ladder.txt", "ladder.png"
WORDS_SHOWN = 5
STEPS_TIMED = 50


class Rung(NamedTuple):
    """A trained model: its type, its number of parameters, its losses in nats a character, how long it took."""

    type: str
    parameters: int
    losses: dict[str, float | None]
    steps: int
    seconds: float
    words: list[str]


def steps_within(config: dict[str, Any], corpus: Corpus, seconds: float) -> int:
    """How many steps of a run take about that long, by the time of the first ones; at least 1."""
    few = {"max_steps": STEPS_TIMED, "schedule_steps": STEPS_TIMED, "eval_every": STEPS_TIMED + 1}
    trial = Training(config | few, corpus, run.new_model(config, corpus))
    times: list[float] = []
    trial.take_steps(progress=False, stepped=lambda _: times.append(time.perf_counter()))
    per_step = (times[-1] - times[STEPS_TIMED // 5]) / (STEPS_TIMED - STEPS_TIMED // 5 - 1)
    return max(1, int(0.9 * seconds / per_step))  # a tenth of it goes to the evaluations


def config_for(type_: str, corpus: Corpus, flags: argparse.Namespace) -> dict[str, Any]:
    """The defaults of the rung's type, with fewer steps on a short list, or as the budget allows."""
    config = run.complete(defaults_of(type_) | {"seed": flags.seed}, corpus)
    steps = config["max_steps"]
    if flags.budget is not None:
        steps = min(steps, steps_within(config, corpus, flags.budget))
    config |= {"max_steps": steps, "schedule_steps": steps, "warmup": min(config["warmup"], steps // 10)}
    config |= {"eval_every": max(1, min(TRAINING[type_]["eval_every"], steps // 10))}
    return config | {"early_stop": run.patience_for(config, corpus)}


@cache
def corpus_of(input_file: str | None) -> Corpus:
    """The words of the file, else the bundled ones; read once in a process."""
    return run.read_corpus({}, input_file)


def climb(type_: str, titles: dict[str, str], flags: argparse.Namespace) -> Rung:
    """Train the rung in its folder, or resume it. Raises UsageError where it has other words or another seed."""
    print(f"\n{titles[type_]}", flush=True)
    corpus, folder = corpus_of(flags.input_file), RunFolder(Path(flags.work_dir) / type_)
    folder.settle()
    if (folder.path / CONFIG).exists():
        config = folder.read_config()
        if config["digest"] != corpus.survey.digest or config["seed"] != flags.seed:
            what = "other words" if config["digest"] != corpus.survey.digest else f"the seed {config['seed']}"
            raise UsageError(f"{folder.path} was trained with {what}; take another folder with -o")
        training = Training.resumed(config, corpus, folder)
        seconds = run.train(training)  # of one that has all its steps, the evaluation that may be missing
    else:
        config = config_for(type_, corpus, flags)
        with folder.staged(overwrite=False):
            training = Training(config, corpus, run.new_model(config, corpus), folder)
            seconds = run.train(training)
    for line in run.samples_of(training):
        print(line, flush=True)
    *_, own = run.conclude(training).values()
    sampler = new_words.sampler_of(training.model, corpus.vocabulary, config, new_words.Drawing())
    words = [drawn.word for drawn in new_words.draw_words(sampler, WORDS_SHOWN, None)]
    return Rung(type_, parameters_of(training.model), own, training.step, seconds, words)


def table_of(rungs: list[Rung]) -> str:
    """The rungs as a table, one to a line."""
    rows = [["model", "parameters", *[f"{part:>7}" for part in SPLITS], "perplexity", "steps", "seconds", "new words"]]
    for rung in rungs:
        losses = [rung.losses[part] for part in SPLITS]
        nats = ["-" if loss is None else decimal(loss, 4) for loss in losses]
        on_test = "-" if losses[-1] is None else decimal(perplexity(losses[-1]), 3)
        taken = [f"{rung.steps:,}", f"{rung.seconds:.1f}", shown(", ".join(rung.words))]
        rows.append([rung.type, f"{rung.parameters:,}", *nats, on_test, *taken])
    titles = [("", 2), ("loss, nats a character", len(SPLITS)), (f"{'on test':>12}", 1)]
    return "\n".join(table(rows, "<>>>>>>><", titles=titles))


def read_record(path: Path, corpus: Corpus) -> dict[str, Rung]:
    """The rungs that were trained before, by their type. Raises UsageError where they are of other words or damaged."""
    if not (path / RECORD).exists():
        return {}
    try:
        record = json.loads((path / RECORD).read_text(encoding="utf-8"))
        rungs = {row["type"]: Rung(**row) for row in record["rungs"]}
        digest = record["digest"]
    except (ValueError, TypeError, KeyError):
        raise UsageError(f"{path / RECORD} is damaged; remove it, or take another folder with -o") from None
    if digest != corpus.survey.digest:
        raise UsageError(f"the ladder in {path} stands on other words; take another folder with -o")
    return rungs


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    parser = Parser(
        prog="python -m makemore.ladder",
        description="Train every type of model on one list of words, and compare them. What is trained is kept.",
    )
    parser.add_argument("rungs", nargs="*", metavar="TYPE", help=f"those to train (all: {', '.join(TYPES)})")
    add_list_flag(parser)
    parser.add_argument("-o", "--work-dir", type=not_empty, metavar="DIR", default=RUNS / "ladder", help="(out/ladder)")
    parser.add_argument(
        "--budget", type=Bounds(float, 0, above=True), metavar="S", help="about how many seconds each type is trained"
    )
    parser.add_argument("--seed", type=SEED, default=LECTURE_SEED, help=f"random seed ({LECTURE_SEED})")
    flags = parser.parse_args(arguments)
    unknown = [name for name in flags.rungs if name not in TYPES]
    if unknown:
        parser.error(f"there is no type {unknown[0]!r}; choose from {', '.join(TYPES)}")
    corpus = corpus_of(flags.input_file)
    top = RunFolder(flags.work_dir)
    with top.held():
        train_rungs(corpus, top, flags)
    return 0


def train_rungs(corpus: Corpus, top: RunFolder, flags: argparse.Namespace) -> None:
    """Train those that are asked for and not trained yet, and compare them."""
    known = read_record(top.path, corpus)
    print_words_read(corpus)
    wanted = [type_ for type_ in TYPES if type_ in flags.rungs or not flags.rungs]
    titles = {type_: f"{type_} ({i} of {len(wanted)})" for i, type_ in enumerate(wanted, 1)}
    trained = [type_ for type_ in wanted if type_ in known and (top.path / type_ / CHECKPOINT).exists()]
    for type_ in trained:
        print(f"\n{titles[type_]} is trained already")
    left = [type_ for type_ in wanted if type_ not in trained]
    if processes.size() > 1:
        left.reverse()  # the long ones first, so that all processes end at about the same time
    for type_, rung in processes.each(climb, left, titles, flags):
        known[type_] = rung
        ladder = [known[name] for name in TYPES if name in known]
        record = {"digest": corpus.survey.digest, "rungs": [rung._asdict() for rung in ladder]}
        top.write(RECORD, json.dumps(record, indent=1, ensure_ascii=False) + "\n")
    ladder = [known[name] for name in wanted]
    print("\n" + table_of(ladder))
    top.write(TABLE, table_of(ladder) + "\n")
    of_part = {part: [rung.losses[part] for rung in ladder] for part in SPLITS}
    names = [f"{rung.type}\n{rung.parameters:,}" for rung in ladder]
    top.write(PICTURE, plots.rungs(names, of_part, f"the ladder on {corpus.list.path.name}"))
    print(f"\nsaved in {top.path}: a folder for each model, {TABLE} and {PICTURE}")
    ranked = [rung for rung in ladder if rung.losses["test"] is not None]
    if ranked:
        part = "test" if ranked[0].losses["dev"] is None else "dev"
        best = min(ranked, key=lambda rung: rung.losses[part] or 0)
        where = shlex.quote(str(top.path / best.type))
        print(f"the best on {part} is {best.type}; new words of it: python -m makemore.sample -o {where}")


if __name__ == "__main__":
    processes.run_command(main)
