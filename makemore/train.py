"""`python -m makemore.train`: reads a list of words, learns from it, and makes up new words like them."""

import argparse
import contextlib
import time
from pathlib import Path
from typing import Any

from makemore import data, diagnosis, report
from makemore.command_line import RUNS
from makemore.corpus import SPLITS, Corpus
from makemore.language_model import Uniform, evaluate
from makemore.models import FAMILIES, NGRAMS, load
from makemore.models.ngram import Counts
from makemore.report import Losses
from makemore.run_folder import SAMPLES, Checkpoint, RunFolder
from makemore.sample import Drawn, draw, print_words, sampler_of, word_list_of
from makemore.settings import check_flags, check_resumed, config_of, parser_of_flags
from makemore.training import Training, rate_for
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
    whole_words = FAMILIES[config["type"]].sizes["block_size"] is None and not config.get("blank")
    needed = corpus.survey.longest + 1
    if config["block_size"] is None:
        config["block_size"] = needed
    elif whole_words and config["block_size"] < needed:
        raise Complaint(
            f"--block-size {config['block_size']} is too short for --type {config['type']}, which reads whole words: "
            f"the longest word and its end need {needed}"
        )
    if config["learning_rate"] is None:
        config["learning_rate"] = rate_for(corpus.counts("train", config["block_size"] + 1), config["batch_size"])
    return config


def finish(
    config: dict[str, Any], corpus: Corpus, folder: RunFolder, metrics: list[dict[str, Any]]
) -> tuple[Any, Losses]:
    """Evaluate the model of a run that has ended, on everything; write its last line of metrics and its pictures.

    Returns the model, the best one kept, and its losses with those of the baselines.
    """
    model, _ = load(folder)
    how = "counted" if config["fit"] == "counts" else "trained"
    models = {**baselines(corpus, config), f"{config['type']}, {how}": model}
    losses = {name: losses_of(each, corpus) for name, each in models.items()}
    final = losses[f"{config['type']}, {how}"]
    step = metrics[-1]["step"] if metrics else 0
    folder.append_metrics({"step": step} | {f"{part}_loss": final[part] for part in SPLITS})
    draw_pictures(folder, config, metrics, losses, corpus, model)
    return model, losses


def train(
    config: dict[str, Any],
    corpus: Corpus,
    folder: RunFolder,
    *,
    resume: bool = False,
    diagnose: bool = False,
    guarded: bool = False,
    quiet: bool = False,
) -> tuple[list[dict[str, Any]], float]:
    """Train the model of config and keep the run in the folder; the metrics, and how many seconds the steps took.

    diagnose: look inside, see `diagnosis.Watch`. guarded: under `micrograd.guard`. quiet: say nothing but how it goes.
    Raises Complaint where the loss is no number any more, or the guard catches something, and SystemExit with status
    130 where Ctrl-C ended it.
    """
    folder.write_config(config)
    if config["fit"] == "counts":
        counts = corpus.counts("train", config["block_size"] + 1)
        folder.write_checkpoint(Checkpoint(0, {"counts": counts}, {}, None))
        folder.write_metrics([])
        return [], 0.0
    run = Training.resumed(config, corpus, folder) if resume else Training(config, corpus, folder)
    watch = diagnosis.Watch(run) if diagnose else None
    first, began = run.step, time.monotonic()
    try:
        with guard() if guarded else contextlib.nullcontext():
            finished = run.take_steps(stepped=watch.step if watch else None)
    except GuardError as caught:
        raise Complaint(f"the guard stopped step {run.step + 1:,}: {' '.join(str(caught).split())}") from None
    seconds = time.monotonic() - began
    if not finished:
        print(f"\nstopped at step {run.step:,} after {seconds:.1f} s; the run is kept in {folder.path}")
        print("go on with: " + ("the same command" if quiet else f"python -m makemore.train -o {folder.path} --resume"))
        raise SystemExit(130)
    if quiet:
        return run.metrics, seconds
    print(f"trained     {run.step - first:,} steps in {seconds:.2f} s" + _why_ended(run))
    if watch:
        watch.finish(folder)
    return run.metrics, seconds


def _why_ended(run: Training) -> str:
    best = run.best()
    if run.config["early_stop"] and run.step != run.config["max_steps"] and best is not None:
        return f"; the dev loss has not fallen since step {best['step']:,}"
    return ""


def draw_words(model: Any, corpus: Corpus, config: dict[str, Any], flags: argparse.Namespace) -> dict[str, list[Drawn]]:
    """New words of the model and, with --uniform, of the model that knows nothing."""
    vocabulary = corpus.vocabulary
    models = {"model": model} | ({"uniform model": Uniform(len(vocabulary))} if flags.uniform else {})
    return {
        name: draw(sampler_of(each, vocabulary, config, flags), flags.num_samples, corpus.list, flags.only_new)
        for name, each in models.items()
    }


def sample_only(folder: RunFolder, flags: argparse.Namespace) -> int:
    """What --sample-only does."""
    config = folder.read_config()
    flags.seed = config["seed"] if flags.seed is None else flags.seed
    model, vocabulary = load(folder)
    words = word_list_of(config, needed=flags.only_new)
    drawn = draw(sampler_of(model, vocabulary, config, flags), flags.num_samples, words, flags.only_new)
    print_words({"model": drawn}, flags.num_samples, marks=not flags.only_new)
    return 0


def resumed_config(folder: RunFolder, flags: argparse.Namespace) -> dict[str, Any]:
    """The config of the run that goes on. Raises Complaint where a flag contradicts it or nothing is left to do."""
    config = check_resumed(flags, folder.read_config(), folder.path)
    load(folder)  # is all there that a run is made of?
    step = folder.read_checkpoint().step
    if 0 <= config["max_steps"] <= step:
        raise Complaint(f"the run in {folder.path} has done {step:,} steps; give a larger total with --max-steps")
    return config


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    flags = parser_of_flags().parse_args(arguments)
    check_flags(flags)
    old = (
        (RunFolder(flags.work_dir) if flags.work_dir else RunFolder.latest(RUNS))
        if (flags.resume or flags.sample_only)
        else None
    )
    if flags.sample_only and old:
        return sample_only(old, flags)
    config = resumed_config(old, flags) if old else config_of(flags)
    flags.seed = config["seed"]
    given = flags.input_file or config.get("input_file")
    corpus = Corpus.read(Path(given) if given else data.bundled_names(), config["split"])
    if old and corpus.survey.digest != config["digest"]:
        raise Complaint(f"{corpus.list.path} does not hold the words that the run began with; --resume needs the same")
    corpus.vocabulary.encode(flags.prompt)
    if config["type"] in NGRAMS:
        data.check_table(len(corpus.vocabulary), config["block_size"] + 1)
    config = complete(config, corpus)
    if old:
        Training.resumed(config, corpus, old)  # whatever is wrong with its files is said before anything is printed
    parameters = diagnosis.parameters_of(config, corpus)
    report.print_words_read(corpus)
    report.print_model(config, parameters)

    if old:
        folder = old
    elif flags.work_dir:
        folder = RunFolder(flags.work_dir)
        folder.claim(flags.overwrite)
    else:
        folder = RunFolder.next_free(RUNS)
    if flags.find_lr:
        return diagnosis.find_learning_rate(config, corpus, folder)
    if not old and config["fit"] == "gradient":
        diagnosis.print_first_look(config, corpus)

    metrics, _ = train(config, corpus, folder, resume=bool(old), diagnose=flags.diagnose, guarded=flags.guard)
    report.print_descent(metrics)
    model, losses = finish(config, corpus, folder, metrics)
    drawn = draw_words(model, corpus, config, flags)
    folder.write(SAMPLES, data.text_of([word.word for word in drawn["model"]]))
    report.print_losses(losses)
    report.print_hints(losses, corpus, config, metrics)
    if flags.num_samples:
        print("\nnew words" + (f", temperature {flags.temperature:g}" if flags.temperature != 1 else ""))
        print_words(drawn, flags.num_samples, indent="  ")
    print(f"\nsaved in {folder.path}; more words: python -m makemore.sample -o {folder.path}")
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
        points = embedding.weight.detach().numpy()[: len(tokens)]
        folder.write("embedding.png", plots.embedding(points, tokens, f"{title}: the embedding of each character"))


if __name__ == "__main__":
    run_command(main)
