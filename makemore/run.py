"""The parts of a run that commands share: its config and model, its steps, its losses, pictures and new words."""

import argparse
import contextlib
import shlex
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import micrograd
from makemore import data, diagnosis, plots
from makemore.config import COMMON, TRAINING, Choice, choose, config_of
from makemore.corpus import SPLITS, Corpus
from makemore.display import quantity
from makemore.language_model import Uniform, check_word_fits, embedding_of, evaluate
from makemore.models import FAMILIES, NGRAMS, make
from makemore.models.ngram import Counts
from makemore.report import Losses
from makemore.run_folder import Checkpoint, RunFolder
from makemore.steps import rate_for
from makemore.training import LAST_CHARACTERS, Training
from micrograd.command import UsageError
from micrograd.guard import GuardError, guard

MOST_EPOCHS, LEAST_STEPS = 40, 1000
"""A net soon overfits a short list, so it takes fewer steps on one, see `steps_for`."""

INTERPOLATION = 10.0
"""How much n-grams are interpolated where there are no dev words to learn it on."""
INTERPOLATIONS, SMOOTHINGS = [2.0**n for n in range(-2, 9)], [2.0**n for n in range(-7, 4)]
"""What is tried on dev. On lists of 150 to 350,000 words 3 to 30 interpolate best, and 0.02 to 0.3 smooth best."""
LEAST_DEV = 100
"""Dev parts of fewer characters are too short to learn it on."""
LECTURE_DECAY = 0.01


# Before the first step.


def read_corpus(config: Mapping[str, Any], input_file: str | None) -> Corpus:
    """The words of the file, else of the one in the config, else the bundled ones.

    Raises OSError or UsageError where they cannot be read.
    """
    path = input_file or config.get("input_file")
    path = Path(path) if path else data.bundled_names()
    return Corpus.read(path, config.get("split") or COMMON["split"], bool(config.get("unique")))


def config_for(flags: argparse.Namespace, corpus: Corpus) -> tuple[dict[str, Any], Choice | None]:
    """The whole config of a run, and how its type was chosen where the flags name none.

    Raises UsageError where the flags do not fit the type or the words, or a table of n-grams would be too large.
    """
    choice = None if flags.type else choose(flags, corpus.survey.words, "dev" in corpus.parts)
    config = config_of(flags, choice)
    if config["type"] in NGRAMS:
        data.check_table(len(corpus.vocabulary), config["block_size"] + 1)
    return complete(config, corpus), choice


def complete(config: dict[str, Any], corpus: Corpus) -> dict[str, Any]:
    """The config with what is known of the words, and what depends on them where no flag set it.

    Raises UsageError where the words do not fit into the block size.
    """
    config = config | {
        "input_file": str(corpus.list.path.resolve()),
        "digest": corpus.survey.digest,
        "longest": corpus.survey.longest,
        "vocabulary": corpus.vocabulary.characters,
    }
    needed = corpus.survey.longest + 1
    if config["block_size"] is None:
        config["block_size"] = needed
    elif FAMILIES[config["type"]].model.whole_words and config["block_size"] < needed:
        raise UsageError(
            f"--block-size {config['block_size']} is too short for --type {config['type']}, which reads whole words: "
            f"the longest word and its end need {needed}"
        )
    if config["max_steps"] is None:
        config["max_steps"] = steps_for(config, corpus)
    if config["eval_every"] is None:
        config["eval_every"] = TRAINING[config["type"]]["eval_every"]
        if config["type"] not in NGRAMS and config["max_steps"] >= 0:  # a short run has a curve too
            config["eval_every"] = max(1, min(config["eval_every"], config["max_steps"] // 20))
    if config["early_stop"] is None:
        config["early_stop"] = patience_for(config, corpus)
    if config["schedule_steps"] is None:
        config["schedule_steps"] = 0 if config["schedule"] == "constant" else config["max_steps"]
    if config["weight_decay"] is None:
        config["weight_decay"] = weight_decay_for(corpus, config["block_size"] + 1)
    if config["learning_rate"] is None:
        counts = corpus.counts("train", config["block_size"] + 1)
        config["learning_rate"] = rate_for(counts, config["batch_size"], config["weight_decay"])
    if config["fit"] == "counts" and config["smoothing"] is None and not config.get("interpolation"):
        config["interpolation"] = counted(corpus, config["block_size"] + 1, None).interpolation
    return config


def patience_for(config: dict[str, Any], corpus: Corpus) -> int:
    """After how many evaluations without a better dev loss a run ends: a third of all of them; 0, never, for n-grams.

    On lists of 148 to 7,923 words nets had their lowest dev loss after a twentieth to all of their steps, and none that
    was stopped so would have come to a lower one.
    """
    if config["type"] in NGRAMS or config["max_steps"] < 0 or "dev" not in corpus.parts:
        return 0
    return max(3, config["max_steps"] // config["eval_every"] // 3)


def steps_for(config: dict[str, Any], corpus: Corpus) -> int:
    """The steps of the type or, for a net on a short list, as many as MOST_EPOCHS take, but LEAST_STEPS at least."""
    usual = TRAINING[config["type"]]["max_steps"]
    if config["type"] in NGRAMS:
        return usual
    counts = corpus.counts("train", 1)
    examples = counts[0] if FAMILIES[config["type"]].model.whole_words else counts.sum()
    return min(usual, max(LEAST_STEPS, MOST_EPOCHS * int(examples) // config["batch_size"]))


def check_prompt(config: dict[str, Any], corpus: Corpus, prompt: str, ending: str) -> None:
    """Raises UsageError where the model could not begin a word with the prompt, or end it so."""
    corpus.vocabulary.encode(ending)
    ids = corpus.vocabulary.encode(prompt)
    if FAMILIES[config["type"]].model.whole_words:
        check_word_fits(config["block_size"], prompt, len(ids) + 1)


def new_model(config: dict[str, Any], corpus: Corpus) -> Any:
    """The counts of a run by counting, or a net with its initial weights, drawn from the default generator.

    config["seed"] seeds the generator, and the batches of a training go on from there. Raises UsageError where sizes do
    not fit together.
    """
    if config["fit"] == "counts":
        return counted(corpus, config["block_size"] + 1, config["smoothing"], config.get("interpolation"))
    micrograd.manual_seed(config["seed"])
    return make(config, len(corpus.vocabulary))


def counted(corpus: Corpus, order: int, smoothing: float | None, interpolation: float | None = None) -> Counts:
    """The counts of the train part: smoothed, or interpolated; how much, where nothing says it, is learned on dev."""
    counts = corpus.counts("train", order)
    if smoothing is not None:
        return Counts(counts, smoothing)
    model = Counts(counts, interpolation=interpolation or INTERPOLATION)
    if interpolation is None:
        learn_on_dev(corpus, model, "interpolation", INTERPOLATIONS)
    return model


def weight_decay_for(corpus: Corpus, order: int) -> float:
    """The weight decay of an n-gram by gradient descent: the lecture's, or more on a list that leaves much unseen.

    At its minimum the loss with the penalty w * (W**2).mean() has p = (count - c * logit) / (sum of counts), where
    c = 2 * w * examples / weights, so that c is about what smoothing adds to a count: that is learned on dev.
    """
    model = Counts(corpus.counts("train", order), 0.0)
    learn_on_dev(corpus, model, "smoothing", SMOOTHINGS)
    return max(LECTURE_DECAY, float(f"{model.smoothing * model.counts.numel() / (2 * model.counts.sum().item()):.3g}"))


def learn_on_dev(corpus: Corpus, model: Counts, name: str, values: list[float]) -> None:
    """Set an attribute of the model to that of the values with which its dev loss is lowest, if dev is long enough."""
    dev = corpus.context_counts_for(model, "dev")
    if dev is None or dev.counts.sum() < LEAST_DEV:
        return

    def loss(value: float) -> float:
        setattr(model, name, value)
        return evaluate(model, dev)

    setattr(model, name, min(values, key=loss))  # the last that was tried is not the best


# The steps.


def train(run: Training, flags: argparse.Namespace | None = None) -> float:
    """Keep a run in its folder, and take its steps; how many seconds they took.

    flags: those of makemore.train, which say what looks on, whether the guard does, and how a step is computed; None
    for a run of another command, which says nothing about its end.
    Raises UsageError where the loss is not finite, or the guard catches something, and SystemExit with status 130 where
    Ctrl-C ended it.
    """
    folder = run.folder
    folder.write_config(run.config)
    if run.config["fit"] == "counts":
        counts = run.model.counts.numpy().reshape(-1, run.model.vocabulary_size)
        folder.write_checkpoint(Checkpoint(0, {"counts": counts}, {}, None))
        return 0.0
    watch = diagnosis.Watch(run) if flags and flags.diagnose else None
    shown_on = diagnosis.Board(run, flags.tensorboard) if flags and flags.tensorboard else None
    observers: list[Any] = [each for each in (watch, shown_on) if each]

    def stepped(run: Training) -> None:
        for each in observers:
            each.stepped(run)

    first, began = run.step, time.monotonic()
    try:
        with guard() if flags and flags.guard else contextlib.nullcontext():
            finished = run.take_steps(
                stepped=stepped if observers else None,
                evaluated=shown_on.evaluated if shown_on else None,
                compiled=not (watch or (flags and flags.no_compile)),
                threads=flags.threads if flags else None,
            )
    except GuardError as caught:
        raise UsageError(f"the guard stopped step {run.step + 1:,}: {' '.join(str(caught).split())}") from None
    finally:
        if shown_on:
            shown_on.close(run)
    seconds = time.monotonic() - began
    if not (finished or run.step):
        print("\nstopped before the first step; nothing is kept")
        raise SystemExit(130)
    folder.commit()
    if not finished:
        print(f"\nstopped at step {run.step:,} after {seconds:.1f} s; the run is kept in {folder.path}")
        print("go on with: " + (resuming(folder) if flags else "the same command"))
        raise SystemExit(130)
    if flags:
        early = run.config["early_stop"] and run.step != run.config["max_steps"]
        best = run.best() if early else None
        why = f"; the dev loss has not fallen since step {best['step']:,} (--early-stop 0 goes on)" if best else ""
        print(f"trained     {quantity(run.step - first, 'step')} in {seconds:.2f} s{why}")
    if watch:
        watch.finish(folder)
    return seconds


def resuming(folder: RunFolder) -> str:
    """The command that goes on with the run in the folder."""
    return f"python -m makemore.train -o {shlex.quote(str(folder.path))} --resume"


# After the last step.


def conclude(run: Training, pictures: bool = True) -> Losses:
    """Give the model its best weights, evaluate it and draw the pictures; the losses, see `losses_of`."""
    if run.metrics:
        run.folder.restore(run.model)
    losses = losses_of(run)
    if pictures:
        draw_pictures(run, losses)
    write_last_line(run, losses)
    return losses


def losses_of(run: Training) -> Losses:
    """The losses of the model of a run on each part, last, after those of models to compare it with.

    These are one that knows nothing, and counts of single characters, of pairs and of a trigram's n-grams. Of a part
    that would take minutes the loss is that of a sample, which is always the same.
    """
    config, corpus = run.config, run.corpus
    size = len(corpus.vocabulary)
    models: dict[str, Any] = {"uniform": Uniform(size)}
    names = {"unigram": 1, "bigram": 2} | ({"trigram": 3} if config["type"] != "bigram" else {})
    for name, order in names.items():
        if size**order <= data.MAX_CELLS:
            models[f"{name}, counted"] = counted(corpus, order, config["smoothing"])
    models[f"{config['type']}, {'counted' if config['fit'] == 'counts' else 'trained'}"] = run.model
    return {
        name: {part: corpus.loss(model, part, LAST_CHARACTERS) for part in SPLITS} for name, model in models.items()
    }


def samples_of(run: Training) -> list[str]:
    """A line for each part on a sample of which the loss of the run's model is measured."""
    lines = []
    for part in run.corpus.parts:
        whole, sample = (run.corpus.context_counts_for(run.model, part, size) for size in (None, LAST_CHARACTERS))
        if whole and sample and len(sample.contexts) < len(whole.contexts):
            what = "words" if run.model.whole_words else "different contexts"
            seen = f"{len(sample.contexts):,} of the {len(whole.contexts):,} {what}"
            lines.append(f"the {part} loss of the {run.config['type']} is that of {seen}, drawn at random")
    return lines


def write_last_line(run: Training, losses: Losses) -> None:
    """Add the model's own losses to the metrics: the last thing that a run does, and the sign that it has ended."""
    final = losses[list(losses)[-1]]
    run.folder.write_metrics([*run.metrics, {"step": run.step} | {f"{part}_loss": final[part] for part in SPLITS}])


def draw_pictures(run: Training, losses: Losses) -> None:
    """loss.png, for a bigram bigram.png, and for a model with an embedding embedding.png."""
    config, corpus, folder, metrics = run.config, run.corpus, run.folder, run.metrics
    title = f"{config['type']} on {Path(config['input_file']).name}"
    if metrics:
        part = "dev" if "dev" in corpus.parts else "train"
        counted_ones = {f"{name}, {part}": row[part] for name, row in losses.items() if "counted" in name}
        lines = {name: loss for name, loss in counted_ones.items() if loss is not None}
        folder.write("loss.png", plots.loss_curve(metrics, lines, title))
    else:
        folder.write("loss.png", plots.loss_bars(losses, title))
    tokens = corpus.vocabulary.tokens
    if config["type"] == "bigram":
        picture = plots.bigram_heat_map(corpus.counts("train", 2), tokens, f"{title}: how often each pair")
        folder.write("bigram.png", picture)
    points = embedding_of(run.model)
    if points is not None and points.shape[1] >= 2:
        picture = plots.embedding(points.astype(np.float64), tokens, f"{title}: the embedding of each character")
        folder.write("embedding.png", picture)
