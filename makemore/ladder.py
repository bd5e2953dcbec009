"""`python -m makemore.ladder`: trains every type of model on one list of words and compares them in one table."""

import argparse
import json
import time
from pathlib import Path
from typing import Any, NamedTuple

from makemore import data
from makemore.command_line import LECTURE_SEED, RUNS, number, seed
from makemore.corpus import SPLITS, Corpus
from makemore.display import decimal, shown
from makemore.models import TYPES, load
from makemore.report import perplexity, print_words_read
from makemore.run_folder import CHECKPOINT, CONFIG, RunFolder
from makemore.sample import draw, sampler_of
from makemore.settings import defaults_of, steps_for
from makemore.train import all_losses, complete, draw_pictures, train, write_last_line
from makemore.training import Training
from micrograd.command import Complaint, Parser, run_command

RECORD, TABLE, PICTURE = "ladder.json", "ladder.txt", "ladder.png"
WORDS_SHOWN = 5
STEPS_TIMED = 50


class Rung(NamedTuple):
    """A trained model: its type, its numbers that are learned, its losses in nats a character, how long it took."""

    type: str
    parameters: int
    losses: dict[str, float | None]
    steps: int
    seconds: float
    words: list[str]


def steps_within(config: dict[str, Any], corpus: Corpus, seconds: float) -> int:
    """How many steps of a run take about that long, by the time of the first ones; at least 1."""
    few = {"max_steps": STEPS_TIMED, "schedule_steps": STEPS_TIMED, "eval_every": STEPS_TIMED + 1}
    trial = Training(config | few, corpus)
    times: list[float] = []
    trial.take_steps(progress=False, stepped=lambda run: times.append(time.perf_counter()))
    per_step = (times[-1] - times[STEPS_TIMED // 5]) / (STEPS_TIMED - STEPS_TIMED // 5 - 1)
    return max(1, int(0.9 * seconds / per_step))  # a tenth of it goes to the evaluations


def config_for(type_: str, corpus: Corpus, flags: argparse.Namespace) -> dict[str, Any]:
    """What the rung is made of: the defaults of its type, with fewer steps on a short list, or as the budget allows."""
    config = complete(defaults_of(type_) | {"seed": flags.seed}, corpus)
    steps = steps_for(config, corpus)
    if flags.budget is not None:
        steps = min(steps, steps_within(config, corpus, flags.budget))
    if steps < config["max_steps"]:
        config |= {"max_steps": steps, "warmup": min(config["warmup"], steps // 10)}
        config["eval_every"] = max(1, min(config["eval_every"], steps // 10))
    return config | {"schedule_steps": config["max_steps"]}


def climb(type_: str, corpus: Corpus, flags: argparse.Namespace, folder: RunFolder) -> Rung:
    """Train the rung in its folder, or go on where it was stopped."""
    seconds = 0.0
    if (folder.path / CONFIG).exists():
        config = folder.read_config()
        if config["digest"] != corpus.survey.digest or config["seed"] != flags.seed:
            what = "other words" if config["digest"] != corpus.survey.digest else f"the seed {config['seed']}"
            raise Complaint(f"{folder.path} was trained with {what}; take another folder with -o")
        run = Training.resumed(config, corpus, folder)
        if run.step != config["max_steps"]:
            seconds = train(run, folder, quiet=True)
    else:
        config = config_for(type_, corpus, flags)
        with folder.claimed(overwrite=False):
            run = Training(config, corpus, folder)
            seconds = train(run, folder, quiet=True)
    model, _ = load(folder)
    table = all_losses(config, corpus, model)
    draw_pictures(folder, config, run.metrics, table, corpus, model)
    write_last_line(folder, run.metrics, table)
    asked = argparse.Namespace(seed=config["seed"], temperature=1.0, top_k=-1, prompt="")
    drawn = draw(sampler_of(model, corpus.vocabulary, config, asked), WORDS_SHOWN, None)
    parameters = sum(p.numel() for p in model.parameters())
    return Rung(type_, parameters, table[list(table)[-1]], run.step, seconds, [word.word for word in drawn])


def table_of(rungs: list[Rung]) -> str:
    """The rungs as a table, one to a line."""
    heads = f"{'model':<12}{'parameters':>11}" + "".join(f"{part:>9}" for part in SPLITS)
    heads += f"{'perplexity':>12}{'steps':>9}{'seconds':>9}"
    lines = [f"{'':<23}{'loss, nats a character':^27}{'on test':>12}", f"{heads}  new words"]
    for rung in rungs:
        losses = [rung.losses[part] for part in SPLITS]
        nats = "".join(f"{'-' if loss is None else decimal(loss, 4):>9}" for loss in losses)
        on_test = "-" if losses[-1] is None else decimal(perplexity(losses[-1]), 3)
        words = shown(", ".join(rung.words))
        lines.append(
            f"{rung.type:<12}{rung.parameters:>11,}{nats}{on_test:>12}{rung.steps:>9,}{rung.seconds:>9.1f}  {words}"
        )
    return "\n".join(lines)


def read_record(path: Path, corpus: Corpus) -> dict[str, Rung]:
    """The rungs that were trained before, by their type. Raises Complaint where they are of other words or damaged."""
    if not (path / RECORD).exists():
        return {}
    try:
        record = json.loads((path / RECORD).read_text(encoding="utf-8"))
        rungs = {row["type"]: Rung(**row) for row in record["rungs"]}
        digest = record["digest"]
    except (ValueError, TypeError, KeyError):
        raise Complaint(f"{path / RECORD} is damaged; remove it, or take another folder with -o") from None
    if digest != corpus.survey.digest:
        raise Complaint(f"the ladder in {path} stands on other words; take another folder with -o")
    return rungs


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    parser = Parser(
        prog="python -m makemore.ladder",
        description="Train every type of model on one list of words, and compare them. What is trained is kept.",
    )
    parser.add_argument("rungs", nargs="*", metavar="TYPE", help=f"those to train (all: {', '.join(TYPES)})")
    parser.add_argument("-i", "--input-file", metavar="FILE", help="one word to a line (default: bundled names)")
    parser.add_argument("-o", "--work-dir", metavar="DIR", default=RUNS / "ladder", help="(out/ladder)")
    parser.add_argument("--budget", type=number(float, 0, above=True), metavar="S", help="seconds to a rung, about")
    parser.add_argument("--seed", type=seed, default=LECTURE_SEED, help=f"of all that is drawn ({LECTURE_SEED})")
    flags = parser.parse_args(arguments)
    unknown = [name for name in flags.rungs if name not in TYPES]
    if unknown:
        parser.error(f"there is no type {unknown[0]!r}; there are {', '.join(TYPES)}")
    corpus = Corpus.read(Path(flags.input_file) if flags.input_file else data.bundled_names(), "80/10/10")
    top = RunFolder(flags.work_dir)
    known = read_record(top.path, corpus)
    print_words_read(corpus)
    wanted = [type_ for type_ in TYPES if type_ in flags.rungs or not flags.rungs]
    for i, type_ in enumerate(wanted, 1):
        folder = RunFolder(top.path / type_)
        if type_ in known and (folder.path / CHECKPOINT).exists():
            print(f"\n{type_} ({i} of {len(wanted)}) is trained already")
            continue
        print(f"\n{type_} ({i} of {len(wanted)})")
        known[type_] = climb(type_, corpus, flags, folder)
        ladder = [known[name] for name in TYPES if name in known]
        record = {"digest": corpus.survey.digest, "rungs": [rung._asdict() for rung in ladder]}
        top.write(RECORD, json.dumps(record, indent=1, ensure_ascii=False) + "\n")
    ladder = [known[name] for name in wanted]
    print("\n" + table_of(ladder))
    top.write(TABLE, table_of(ladder) + "\n")
    draw_picture(top, ladder, corpus)
    print(f"\nsaved in {top.path}: a folder for each model, {TABLE} and {PICTURE}")
    return 0


def draw_picture(top: RunFolder, ladder: list[Rung], corpus: Corpus) -> None:
    """The table as a plot."""
    from makemore import plots  # here, because matplotlib takes a second to load

    losses = {part: [rung.losses[part] for rung in ladder] for part in SPLITS}
    names = [f"{rung.type}\n{rung.parameters:,}" for rung in ladder]
    top.write(PICTURE, plots.rungs(names, losses, f"the ladder on {corpus.list.path.name}"))


if __name__ == "__main__":
    run_command(main)
