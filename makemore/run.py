"""The parts of a run that commands share: its config and model, its steps, its losses, pictures and new words."""

import argparse
import contextlib
import itertools
import shlex
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

from tqdm import tqdm

import micrograd
from makemore import data, diagnosis, in_parts, plots, tensorboard
from makemore.config import TRAINING
from makemore.corpus import SPLITS, Corpus
from makemore.data import Vocabulary, WordList
from makemore.display import quantity, shown, table
from makemore.language_model import Sampler, Uniform, check_word_fits, evaluate
from makemore.models import FAMILIES, NGRAMS, make
from makemore.models.ngram import Counts
from makemore.report import Losses
from makemore.run_folder import Checkpoint, RunFolder
from makemore.training import Training, rate_for
from micrograd import Generator
from micrograd.command import UsageError
from micrograd.guard import GuardError, guard
from micrograd.nn import Embedding

MOST_EPOCHS, LEAST_STEPS = 40, 1000
"""A net soon knows a short list by heart, so that it trains on it for fewer steps, see `steps_for`."""

TRIES_PER_WORD = 500
"""How many words are drawn at most for each new one that is wanted."""

WORDS_AT_ONCE = 250
"""How many words of a net grow side by side."""


# Before the first step.


def read_corpus(config: dict[str, Any], input_file: str | None) -> Corpus:
    """The words of the file, else of the one in the config, else the bundled ones.

    Raises OSError or UsageError where they cannot be read, UsageError where a table of n-grams would be too large.
    """
    path = input_file or config.get("input_file")
    corpus = Corpus.read(Path(path) if path else data.bundled_names(), config["split"])
    if config["type"] in NGRAMS:
        data.check_table(len(corpus.vocabulary), config["block_size"] + 1)
    return corpus


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
    if config["schedule_steps"] is None:
        config["schedule_steps"] = 0 if config["schedule"] == "constant" else config["max_steps"]
    if config["learning_rate"] is None:
        counts = corpus.counts("train", config["block_size"] + 1)
        config["learning_rate"] = rate_for(counts, config["batch_size"], config["weight_decay"])
    return config


def steps_for(config: dict[str, Any], corpus: Corpus) -> int:
    """The steps of the type or, for a net on a short list, as many as MOST_EPOCHS take, but LEAST_STEPS at least."""
    usual = TRAINING[config["type"]]["max_steps"]
    if config["type"] in NGRAMS:
        return usual
    counts = corpus.counts("train", 1)
    examples = counts[0] if FAMILIES[config["type"]].model.whole_words else counts.sum()
    return min(usual, max(LEAST_STEPS, MOST_EPOCHS * int(examples) // config["batch_size"]))


def check_prompt(config: dict[str, Any], corpus: Corpus, prompt: str) -> None:
    """Raises UsageError where the model could not begin a word with the prompt."""
    ids = corpus.vocabulary.encode(prompt)
    if FAMILIES[config["type"]].model.whole_words:
        check_word_fits(config["block_size"], prompt, len(ids) + 1)


def new_model(config: dict[str, Any], corpus: Corpus) -> Any:
    """The counts of a run by counting, or a net with its first weights, drawn from the default generator.

    config["seed"] seeds the generator, and the batches of a training go on from there. Raises UsageError where sizes do
    not fit together.
    """
    if config["fit"] == "counts":
        return Counts(corpus.counts("train", config["block_size"] + 1), config["smoothing"])
    micrograd.manual_seed(config["seed"])
    return make(config, len(corpus.vocabulary))


# The steps.


def train(
    run: Training,
    *,
    diagnose: bool = False,
    guarded: bool = False,
    quiet: bool = False,
    board: str | None = None,
    compiled: bool = True,
    threads: int | None = None,
) -> float:
    """Keep a run in its folder, and take its steps; how many seconds they took.

    diagnose: look inside, see `diagnosis.Watch`. guarded: under `micrograd.guard`. quiet: print nothing about the end.
    board: a folder for TensorBoard, see `tensorboard.Board`.
    compiled: each step as a recorded program, unless something looks inside; the results are the same.
    threads: for products of matrices; None takes `threads_for` the run.
    Raises UsageError where the loss is not finite, or the guard catches something, and SystemExit with status 130 where
    Ctrl-C ended it.
    """
    folder = run.folder
    folder.write_config(run.config)
    if run.config["fit"] == "counts":
        counts = run.model.counts.numpy().reshape(-1, run.model.vocabulary_size)
        folder.write_checkpoint(Checkpoint(0, {"counts": counts}, {}, None))
        return 0.0
    watch = diagnosis.Watch(run) if diagnose else None
    shown_on = tensorboard.Board(run, board) if board else None
    after_step = [each for each in (watch and watch.step, shown_on and shown_on.stepped) if each]

    def stepped(run: Training) -> None:
        for call in after_step:
            call(run)

    first, began = run.step, time.monotonic()
    try:
        with guard() if guarded else contextlib.nullcontext():
            finished = run.take_steps(
                stepped=stepped if after_step else None,
                evaluated=shown_on.evaluated if shown_on else None,
                compiled=compiled and watch is None,
                threads=threads,
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


# After the last step.


def losses_of(run: Training) -> Losses:
    """The losses of the model of a run on all of each part, last, after those of models to compare it with.

    These are one that knows nothing, and counts of single characters, of pairs and of a trigram's n-grams.
    """
    config, corpus = run.config, run.corpus
    size = len(corpus.vocabulary)
    models: dict[str, Any] = {"uniform": Uniform(size)}
    names = {"unigram": 1, "bigram": 2} | ({"trigram": 3} if config["type"] != "bigram" else {})
    for name, order in names.items():
        if size**order <= data.MAX_CELLS:
            models[f"{name}, counted"] = Counts(corpus.counts("train", order), config["smoothing"])
    models[f"{config['type']}, {'counted' if config['fit'] == 'counts' else 'trained'}"] = run.model
    return {name: losses_of_model(model, corpus) for name, model in models.items()}


def losses_of_model(model: Any, corpus: Corpus) -> dict[str, float | None]:
    """The model's loss on all of each part, in nats a character; None for a part that has no words."""
    found = {part: corpus.context_counts_for(model, part) for part in SPLITS}
    return {part: None if each is None else evaluate(model, each) for part, each in found.items()}


def write_last_line(run: Training, losses: Losses) -> None:
    """Add the model's own losses to the metrics: the last thing that a run does, and the sign that it has ended."""
    final = losses[list(losses)[-1]]
    run.folder.write_metrics([*run.metrics, {"step": run.step} | {f"{part}_loss": final[part] for part in SPLITS}])


def draw_pictures(run: Training, losses: Losses) -> None:
    """loss.png, for a bigram bigram.png, and for a model with an embedding embedding.png."""
    config, corpus, folder, metrics = run.config, run.corpus, run.folder, run.metrics
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
    embedding = next((module for module in run.model.modules() if isinstance(module, Embedding)), None)  # of characters
    if embedding is not None and embedding.weight.shape[1] >= 2:
        points = embedding.weight.detach().double().numpy()[: len(tokens)]
        folder.write("embedding.png", plots.embedding(points, tokens, f"{title}: the embedding of each character"))


# New words.


class Drawn(NamedTuple):
    """A word, and whether it is in the list that the model learned from (None where the list is not at hand)."""

    word: str
    seen: bool | None


def draw_words(sampler: Sampler, n: int, words: WordList | None, only_new: bool = False) -> list[Drawn]:
    """n words of one character or more from the sampler, each marked as seen or new; with only_new, those that are new.

    words: the list the model learned from; None leaves the marks out. With only_new there are fewer than n words where
    TRIES_PER_WORD * n drawn ones did not hold n that are new.
    """
    drawn: list[Drawn] = []
    tries, new_words = 0, sampler.words()
    with tqdm(total=n, unit="word", desc="drawing", delay=1, leave=False) as bar:
        while len(drawn) < n and tries < TRIES_PER_WORD * n:
            # Each time as many as all times before together, so that a long list is not read again and again.
            wanted = min(max(n - len(drawn), tries), TRIES_PER_WORD * n - tries)
            batch = []
            for word in itertools.islice(new_words, wanted):
                batch.append(word)
                bar.update(not only_new)
            tries += len(batch)
            seen = in_parts.seen(words, batch) if words is not None else set()
            for word in filter(None, batch):
                if not (only_new and word in seen) and len(drawn) < n:
                    drawn.append(Drawn(word, None if words is None else word in seen))
            bar.update(len(drawn) - bar.n)
    return drawn


def sampler_of(model: Any, vocabulary: Vocabulary, config: dict[str, Any], flags: argparse.Namespace) -> Sampler:
    """The Sampler that the flags ask for, on a stream of its own from flags.seed, else from that of the run.

    N-grams draw a word after the other, as in the lecture, and the others many at once, as makemore.py does. A word
    without an end is cut 100 characters after the prompt, or at twice the longest word of the list.
    """
    return Sampler(
        model,
        vocabulary,
        Generator().manual_seed(config["seed"] if flags.seed is None else flags.seed),
        at_once=1 if config["type"] in NGRAMS else WORDS_AT_ONCE,
        temperature=flags.temperature,
        top_k=None if flags.top_k == -1 else flags.top_k,
        prompt=flags.prompt,
        longest=max(100, 2 * config["longest"]),
    )


def print_words(columns: dict[str, list[Drawn]], wanted: int, marks: bool = True, indent: str = "") -> None:
    """Print drawn words a line each, with their marks; several columns side by side under their names."""
    texts = []
    for name, column in columns.items():
        rows = [(shown(word), "seen" if seen else "new") if marks and seen is not None else (shown(word),)
                for word, seen in column]  # fmt: skip
        texts.append([name] * (len(columns) > 1) + table(rows, "<<"))
    for line in table(list(itertools.zip_longest(*texts, fillvalue="")), "<<", gap="    "):
        print(indent + line)
    found = min(len(column) for column in columns.values())
    if found < wanted:
        print(f"only {found} of {wanted} words came in {TRIES_PER_WORD * wanted:,} tries", file=sys.stderr)


def sample(folder: RunFolder, flags: argparse.Namespace) -> None:
    """Draw words from the run in the folder, as the flags have it, and print them.

    Raises UsageError where --only-new needs a list that is gone.
    """
    config = folder.read_config()
    model, vocabulary = folder.load()
    path = Path(config["input_file"])
    words = WordList(path) if path.is_file() else None
    if words is None and flags.only_new:
        raise UsageError(f"--only-new needs the list the model learned from, and {path} is gone")
    drawn = draw_words(sampler_of(model, vocabulary, config, flags), flags.num_samples, words, flags.only_new)
    if words is None:
        print(f"{config['input_file']} is gone, so words are not marked as new or seen", file=sys.stderr)
    print_words({"model": drawn}, flags.num_samples, marks=not flags.only_new)
