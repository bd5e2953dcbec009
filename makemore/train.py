"""`python -m makemore.train`: reads a list of words, learns from it, and makes up new words like them."""

import argparse
import contextlib
import shlex
import time
from pathlib import Path
from typing import Any

from makemore import data, diagnosis, report
from makemore.command_line import RUNS
from makemore.corpus import SPLITS, Corpus
from makemore.display import quantity
from makemore.language_model import Uniform, check_length, evaluate
from makemore.models import FAMILIES, NGRAMS, load
from makemore.models.ngram import Counts
from makemore.report import Losses
from makemore.run_folder import SAMPLES, Checkpoint, RunFolder
from makemore.sample import Drawn, draw, print_words, sample, sampler_of
from makemore.settings import check_flags, check_resumed, config_of, parser_of_flags, steps_for
from makemore.training import Training, rate_at, rate_for
from micrograd.command import Complaint, run_command
from micrograd.guard import GuardError, guard
from micrograd.nn import Embedding


def baselines(corpus: Corpus, config: dict[str, Any]) -> dict[str, Any]:
    """Models to compare with: one that knows nothing, and counts of single characters, of pairs and of the n-gram."""
    size = len(corpus.vocabulary)
    models: dict[str, Any] = {"uniform": Uniform(size)}
    names = {"unigram": 1, "bigram": 2} | ({"trigram": 3} if config["type"] != "bigram" else {})
    for name, order in names.items():
        if size**order <= data.MAX_CELLS:
            models[f"{name}, counted"] = Counts(corpus.counts("train", order), config["smoothing"])
    return models


def losses_of(model: Any, corpus: Corpus) -> dict[str, float | None]:
    """The model's loss on all of each part, in nats a character; None for a part that has no words."""
    tallies = {part: corpus.tally_for(model, part) for part in SPLITS}
    return {part: None if tally is None else evaluate(model, tally) for part, tally in tallies.items()}


def complete(config: dict[str, Any], corpus: Corpus) -> dict[str, Any]:
    """The config with what depends on the words."""
    config = config | {
        "input_file": str(corpus.list.path.resolve()),
        "digest": corpus.survey.digest,
        "longest": corpus.survey.longest,
        "vocabulary": corpus.vocabulary.characters,
    }
    whole_words = FAMILIES[config["type"]].model.whole_words
    needed = corpus.survey.longest + 1
    if config["block_size"] is None:
        config["block_size"] = needed
    elif whole_words and config["block_size"] < needed:
        raise Complaint(
            f"--block-size {config['block_size']} is too short for --type {config['type']}, which reads whole words: "
            f"the longest word and its end need {needed}"
        )
    if config["learning_rate"] is None:
        config["learning_rate"] = rate_for(
            corpus.counts("train", config["block_size"] + 1), config["batch_size"], config["weight_decay"]
        )
    return config


def count(config: dict[str, Any], corpus: Corpus, folder: RunFolder) -> None:
    """Count the n-grams, and keep the run in the folder."""
    folder.write_config(config)
    counts = corpus.counts("train", config["block_size"] + 1)
    folder.write_checkpoint(Checkpoint(0, {"counts": counts}, {}, None))


def train(
    run: Training, folder: RunFolder, *, diagnose: bool = False, guarded: bool = False, quiet: bool = False
) -> float:
    """Take the steps of a run that is kept in the folder; how many seconds they took.

    diagnose: look inside, see `diagnosis.Watch`. guarded: under `micrograd.guard`. quiet: say nothing but how it goes.
    Raises Complaint where the loss is no number any more, or the guard catches something, and SystemExit with status
    130 where Ctrl-C ended it.
    """
    folder.write_config(run.config)
    watch = diagnosis.Watch(run) if diagnose else None
    first, began = run.step, time.monotonic()
    try:
        with guard() if guarded else contextlib.nullcontext():
            finished = run.take_steps(stepped=watch.step if watch else None)
    except GuardError as caught:
        raise Complaint(f"the guard stopped step {run.step + 1:,}: {' '.join(str(caught).split())}") from None
    seconds = time.monotonic() - began
    if not (finished or run.step):
        print("\nstopped before the first step; nothing is kept")
        raise SystemExit(130)
    folder.settle()
    if not finished:
        print(f"\nstopped at step {run.step:,} after {seconds:.1f} s; the run is kept in {folder.path}")
        print("go on with: " + ("the same command" if quiet else resuming(folder)))
        raise SystemExit(130)
    if not quiet:
        print(f"trained     {quantity(run.step - first, 'step')} in {seconds:.2f} s" + _why_ended(run))
    if watch:
        watch.finish(folder)
    return seconds


def resuming(folder: RunFolder) -> str:
    """The command that goes on with the run in the folder."""
    return f"python -m makemore.train -o {shlex.quote(str(folder.path))} --resume"


def _why_ended(run: Training) -> str:
    best = run.best()
    if run.config["early_stop"] and run.step != run.config["max_steps"] and best is not None:
        return f"; the dev loss has not fallen since step {best['step']:,}"
    return ""


def all_losses(config: dict[str, Any], corpus: Corpus, model: Any) -> Losses:
    """The losses of the model of a run, on everything, behind those of the baselines."""
    how = "counted" if config["fit"] == "counts" else "trained"
    models = {**baselines(corpus, config), f"{config['type']}, {how}": model}
    return {name: losses_of(each, corpus) for name, each in models.items()}


def write_last_line(folder: RunFolder, metrics: list[dict[str, Any]], losses: Losses) -> None:
    """Add the model's own losses to the metrics: the last thing that a run does, and the sign that it has ended."""
    final = losses[list(losses)[-1]]
    step = metrics[-1]["step"] if metrics else 0
    folder.write_metrics([*metrics, {"step": step} | {f"{part}_loss": final[part] for part in SPLITS}])


def conclude(
    config: dict[str, Any], corpus: Corpus, folder: RunFolder, metrics: list[dict[str, Any]], flags: argparse.Namespace
) -> None:
    """What comes when the steps are done: the losses, the pictures, and the new words."""
    report.print_descent(metrics)
    chosen = folder.read_chosen()
    model, _ = load(folder, chosen)
    if metrics and chosen.step != metrics[-1]["step"]:
        print(f"weights     those of step {chosen.step:,}, where the dev loss was lowest")
    losses = all_losses(config, corpus, model)
    report.print_losses(losses)
    report.print_hints(losses, corpus, config, metrics)
    draw_pictures(folder, config, metrics, losses, corpus, model)
    drawn = draw_words(model, corpus, config, flags)
    folder.write(SAMPLES, data.text_of([word.word for word in drawn["model"]]))
    write_last_line(folder, metrics, losses)
    if flags.num_samples:
        print("\nnew words" + (f", temperature {flags.temperature:g}" if flags.temperature != 1 else ""))
        print_words(drawn, flags.num_samples, indent="  ")
    path = shlex.quote(str(folder.path))
    print(f"\nsaved in {path}; more words: python -m makemore.sample -o {path}")


def draw_words(model: Any, corpus: Corpus, config: dict[str, Any], flags: argparse.Namespace) -> dict[str, list[Drawn]]:
    """New words of the model and, with --uniform, of the model that knows nothing."""
    vocabulary = corpus.vocabulary
    models = {"model": model} | ({"uniform model": Uniform(len(vocabulary))} if flags.uniform else {})
    return {
        name: draw(sampler_of(each, vocabulary, config, flags), flags.num_samples, corpus.list, flags.only_new)
        for name, each in models.items()
    }


def read_corpus(config: dict[str, Any], flags: argparse.Namespace) -> Corpus:
    """The words that the flags name, else those of the config, else the bundled ones; a table of them would fit."""
    given = flags.input_file or config.get("input_file")
    corpus = Corpus.read(Path(given) if given else data.bundled_names(), config["split"])
    if config["type"] in NGRAMS:
        data.check_table(len(corpus.vocabulary), config["block_size"] + 1)
    return corpus


def check_prompt(config: dict[str, Any], corpus: Corpus, prompt: str) -> None:
    """Raises Complaint where the model could not begin a word with the prompt."""
    numbers = corpus.vocabulary.encode(prompt)
    if FAMILIES[config["type"]].model.whole_words:
        check_length(config["block_size"], prompt, len(numbers) + 1)


def begin(flags: argparse.Namespace) -> None:
    """A new run, or a sweep over learning rates."""
    config = config_of(flags)
    if flags.work_dir:  # before a list is read, which may be long
        RunFolder(flags.work_dir).check_free(flags.overwrite or flags.find_lr)
    corpus = read_corpus(config, flags)
    if flags.max_steps is None and config["fit"] == "gradient":
        flags.max_steps = steps_for(config, corpus)
    config = complete(config_of(flags), corpus)
    flags.seed = config["seed"]
    check_prompt(config, corpus, flags.prompt)
    parameters = diagnosis.parameters_of(config, corpus)
    report.print_words_read(corpus)
    report.print_model(config, parameters)
    folder = RunFolder(flags.work_dir) if flags.work_dir else RunFolder.next_free(RUNS)
    if flags.find_lr:
        diagnosis.find_learning_rate(config, corpus, folder)
        return
    with folder.claimed(flags.overwrite):
        if config["fit"] == "counts":
            count(config, corpus, folder)
            conclude(config, corpus, folder, [], flags)
        else:
            diagnosis.print_first_look(config, corpus)
            carry_out(Training(config, corpus, folder), folder, flags)


def go_on(folder: RunFolder, flags: argparse.Namespace) -> None:
    """A run that was stopped, or is to be longer. Raises Complaint where a flag contradicts it or nothing is left."""
    config = check_resumed(flags, folder.read_config(), folder.path)
    corpus = read_corpus(config, flags)
    if corpus.survey.digest != config["digest"]:
        raise Complaint(f"{corpus.list.path} does not hold the words that the run began with; --resume needs the same")
    flags.seed = config["seed"]
    check_prompt(config, corpus, flags.prompt)
    run = Training.resumed(complete(config, corpus), corpus, folder)
    folder.read_chosen()  # whatever is wrong with its files is said now, and not when the steps are done
    if 0 <= config["max_steps"] < run.step or (config["max_steps"] == run.step and folder.has_ended(run.step)):
        raise Complaint(f"the run in {folder.path} has done {run.step:,} steps; give a larger total with --max-steps")
    report.print_words_read(corpus)
    report.print_model(config, sum(p.numel() for p in run.model.parameters()))
    planned = config["schedule_steps"]
    if config["schedule"] != "constant" and not 0 <= config["max_steps"] <= planned:
        rate = rate_at(planned, config)
        print(f"            the schedule was made for {planned:,} steps; those beyond go at a rate of {rate:g}")
    carry_out(run, folder, flags)


def carry_out(run: Training, folder: RunFolder, flags: argparse.Namespace) -> None:
    """Take the steps of a run, and conclude it; where Ctrl-C ends that, say how to go on with what is kept."""
    try:
        train(run, folder, diagnose=flags.diagnose, guarded=flags.guard)
        conclude(run.config, run.corpus, folder, run.metrics, flags)
    except KeyboardInterrupt:
        if not folder.settled:
            raise
        print(f"\nstopped; the run is kept in {folder.path}")
        print(f"go on with: {resuming(folder)}")
        raise SystemExit(130) from None


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    flags = parser_of_flags().parse_args(arguments)
    check_flags(flags)
    if not (flags.resume or flags.sample_only):
        begin(flags)
        return 0
    folder = RunFolder(flags.work_dir) if flags.work_dir else RunFolder.latest(RUNS)
    (sample if flags.sample_only else go_on)(folder, flags)
    return 0


def draw_pictures(
    folder: RunFolder, config: dict[str, Any], metrics: list[dict[str, Any]], losses: Losses, corpus: Corpus, model: Any
) -> None:
    """loss.png, for a bigram bigram.png, and for a model with an embedding embedding.png."""
    from makemore import plots  # here, because matplotlib takes a second to load

    title = f"{config['type']} on {Path(config['input_file']).name}"
    if metrics:
        lines = {name: row["train"] for name, row in losses.items() if row["train"] is not None and "counted" in name}
        folder.write("loss.png", plots.loss_curve(metrics, lines, title))
    else:
        folder.write("loss.png", plots.loss_bars(losses, title))
    tokens = corpus.vocabulary.tokens
    if config["type"] == "bigram":
        picture = plots.bigram_heat_map(corpus.counts("train", 2), tokens, f"{title}: how often each pair")
        folder.write("bigram.png", picture)
    embedding = next((module for module in model.modules() if isinstance(module, Embedding)), None)  # of characters
    if embedding is not None and embedding.weight.shape[1] >= 2:
        points = embedding.weight.detach().double().numpy()[: len(tokens)]
        folder.write("embedding.png", plots.embedding(points, tokens, f"{title}: the embedding of each character"))


if __name__ == "__main__":
    run_command(main)
