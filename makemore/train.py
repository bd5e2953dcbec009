"""`python -m makemore.train`: reads a list of words, learns from it, and makes up new words like them."""

import argparse
import math
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import micrograd
from makemore import data
from makemore.command_line import LECTURE_SEED, RUNS, Parser, add_sampling_flags, number, run_command, seed
from makemore.complaint import Complaint
from makemore.data import Survey, Vocabulary, WordList
from makemore.language_model import Tally, Uniform, evaluate
from makemore.models import ORDERS, load, make
from makemore.models.ngram import Counts
from makemore.run_folder import SAMPLES, Checkpoint, RunFolder
from makemore.sample import Drawn, draw, print_words, sampler_of, word_list_of
from makemore.training import remembered, remind, train
from micrograd import Generator
from micrograd.nn import functional as F  # noqa: N812 - as everywhere
from micrograd.optim import SGD

# What a run is made of, and what it is where no flag says otherwise. batch_size 0 is the full batch.
STEPS = {"bigram": 1000, "trigram": 5000}
DEFAULTS: dict[str, Any] = {
    "type": "bigram",
    "fit": "gradient",
    "split": "80/10/10",
    "max_steps": None,  # STEPS of the type
    "batch_size": 0,
    "learning_rate": None,  # rate_for the counts
    "weight_decay": 0.01,
    "smoothing": 1.0,
    "seed": LECTURE_SEED,
    "eval_every": 20,
}
SPLITS = ("train", "dev", "test")


def parser_of_flags() -> Parser:
    """The command's flags. Those that make up a run have no default here: --resume takes them from the run."""
    parser = Parser(
        prog="python -m makemore.train",
        description="Learn from a list of words, and make up new words like them.",
        epilog="With no flags at all: the bundled names, a bigram, by gradient descent.",
    )
    group = parser.add_argument_group("what to learn from, and where to keep it")
    group.add_argument("-i", "--input-file", metavar="FILE", help="one word to a line, UTF-8 (default: bundled names)")
    group.add_argument("-o", "--work-dir", metavar="DIR", help="the run's folder (default: the next number under out/)")
    group.add_argument("--split", choices=["80/10/10", "none"], help="train, dev and test, or train on everything")
    group.add_argument("--resume", action="store_true", help="go on with the run in -o (default: the latest)")
    group.add_argument("--overwrite", action="store_true", help="replace the run in -o")
    group.add_argument("--sample-only", action="store_true", help="only draw words from the run in -o")
    group = parser.add_argument_group("the model and its training")
    group.add_argument("--type", choices=list(ORDERS), help="what it looks back at: one character or two (bigram)")
    group.add_argument("--fit", choices=["gradient", "counts"], help="by gradient descent (default) or by counting")
    group.add_argument("--smoothing", type=number(float, 0), metavar="S",
                       help="added to every count (1); 0 makes what was never seen impossible")  # fmt: skip
    group.add_argument("--max-steps", type=number(int, 0, also=-1), metavar="N",
                       help="steps in total (bigram 1000, trigram 5000); -1: without end, until Ctrl-C")  # fmt: skip
    group.add_argument("-b", "--batch-size", type=number(int, 1), metavar="N",
                       help="examples to a step (default: all of them, through the table of counts)")  # fmt: skip
    group.add_argument("-l", "--learning-rate", type=number(float, 0, above=True), metavar="R",
                       help="(50, or less where the words are so few that it would overshoot)")  # fmt: skip
    group.add_argument("-w", "--weight-decay", type=number(float, 0), metavar="W",
                       help="how strongly (W**2).mean() counts beside the loss (0.01); it smooths")  # fmt: skip
    group.add_argument("--seed", type=seed, help=f"of all that is drawn ({LECTURE_SEED})")
    group.add_argument("--eval-every", type=number(int, 1), metavar="N", help="steps between evaluations (20)")
    parser.add_argument("-n", "--num-samples", type=number(int, 0), default=20, metavar="N", help="new words (20)")
    add_sampling_flags(parser)
    parser.add_argument("--uniform", action="store_true",
                        help="beside the new words, show those of a model that knows nothing")  # fmt: skip
    return parser


def config_of(flags: argparse.Namespace) -> dict[str, Any]:
    """What the run is made of: the flags that were given, else the defaults."""
    given = {name: getattr(flags, name) for name in DEFAULTS}
    config = {name: DEFAULTS[name] if value is None else value for name, value in given.items()}
    if config["max_steps"] is None:
        config["max_steps"] = STEPS[config["type"]]
    return config


class Words(NamedTuple):
    """The list of words as training wants it: its survey, and the blocks of text of each part that has words."""

    list: WordList
    survey: Survey
    parts: dict[str, Callable[[], Iterable[str]]]


def read(path: Path, split: str) -> Words:
    """Read a list of words and split it. With split "none" it is never held in memory as a whole.

    Raises OSError and Complaint where the list is not to be had, and Complaint where it is too short to split.
    """
    words = WordList(path)
    survey = data.survey(words.blocks())
    if split == "none":
        return Words(words, survey, {"train": words.blocks})
    if survey.words < 2:
        raise Complaint(f"{path} holds a single word, too few to split; --split none trains on it all the same")
    parts = data.split_words(words.words())
    texts = {name: data.text_of(part) for name, part in zip(SPLITS, parts, strict=True) if part}
    return Words(words, survey, {name: partial(list, [text]) for name, text in texts.items()})


def rate_for(counts: np.ndarray) -> float:
    """The learning rate where none is given: the lecture's 50, or less where gradient descent would overshoot with it.

    At the bottom the loss bends along a row of logits by at most the row's share of the examples times its largest
    probability, or times 1/2 where that is less; steps of 2 over this bend and more grow rather than shrink.
    """
    rows = counts.sum(1)
    bend = (rows * np.minimum(counts.max(1) / np.maximum(rows, 1), 0.5)).max() / rows.sum()
    return round(min(50.0, 1.9 / float(bend)), 1)


class Measure:
    """The losses of models on every part of the words, through the counts of the n-grams in them."""

    def __init__(self, counts: dict[str, np.ndarray]):
        self.tallies = {name: Tally.of_table(table) for name, table in counts.items()}

    def losses(self, model: Any, parts: Iterable[str] = SPLITS) -> dict[str, float | None]:
        """The loss on each part in nats a character; None for a part that has no words."""
        return {name: evaluate(model, self.tallies[name]) if name in self.tallies else None for name in parts}


class Descent(NamedTuple):
    """Gradient descent at some step: all that changes from step to step, and the losses so far."""

    step: int
    model: Any
    optimizer: SGD
    generator: Generator
    metrics: list[dict[str, Any]]


def first_step(config: dict[str, Any], vocabulary: Vocabulary) -> Descent:
    """Gradient descent before its first step."""
    generator = Generator().manual_seed(config["seed"])
    model = make(config, len(vocabulary), generator)
    return Descent(0, model, SGD(model.parameters(), lr=config["learning_rate"]), generator, [])


def resumed(config: dict[str, Any], folder: RunFolder) -> Descent:
    """Gradient descent as the run in the folder left it. Raises Complaint where its files are damaged."""
    checkpoint = folder.read_checkpoint()
    model, _ = load(folder, checkpoint)
    generator, step = Generator(), checkpoint.step
    optimizer = SGD(model.parameters(), lr=config["learning_rate"])
    try:
        generator.set_state(checkpoint.random)
        remind(optimizer, checkpoint.optimizer)
    except (RuntimeError, TypeError, ValueError, AttributeError) as error:
        raise Complaint(f"the checkpoint in {folder.path} cannot be gone on from ({error}); train anew") from None
    # The last evaluation stays only where a run that was not stopped would have made it.
    kept = step if step % config["eval_every"] == 0 else step - 1
    metrics = [line for line in folder.read_metrics() if line["step"] <= kept and "test_loss" not in line]
    return Descent(step, model, optimizer, generator, metrics)


def gradient_descent(
    config: dict[str, Any],
    words: Words,
    counts: dict[str, np.ndarray],
    measure: Measure,
    folder: RunFolder,
    descent: Descent,
) -> None:
    """Go on with gradient descent up to config["max_steps"]; the model and the losses in `descent` change."""
    first, model, optimizer, generator, metrics = descent
    loss_of_step = loss_on_minibatches if config["batch_size"] else loss_on_everything
    began = time.monotonic()

    def keep(step: int) -> None:
        losses = measure.losses(model, ("train", "dev"))
        metrics.append({"step": step, "train_loss": losses["train"], "dev_loss": losses["dev"]})
        state = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
        folder.write_checkpoint(Checkpoint(step, state, remembered(optimizer), generator.get_state().numpy()))
        folder.write_metrics(metrics)

    step = train(
        loss_of_step(config, words, counts["train"], model, generator),
        optimizer,
        first=first,
        last=config["max_steps"],
        eval_every=config["eval_every"],
        evaluate=keep,
    )
    seconds = time.monotonic() - began
    if step != config["max_steps"]:
        print(f"\nstopped at step {step:,} after {seconds:.1f} s; the run is kept in {folder.path}")
        print(f"go on with: python -m makemore.train -o {folder.path} --resume")
        raise SystemExit(130)
    print(f"trained     {step - first:,} steps in {seconds:.2f} s")
    print_descent(metrics)


def loss_on_everything(
    config: dict[str, Any], words: Words, counts: np.ndarray, model: Any, generator: Generator
) -> Callable[[], micrograd.Tensor]:
    """The loss of a step on all examples at once, through the table of their counts."""
    shares = micrograd.from_numpy((counts / counts.sum()).astype(np.float32))
    return lambda: model.loss_of_counts(shares) + model.penalty(config["weight_decay"])


def loss_on_minibatches(
    config: dict[str, Any], words: Words, counts: np.ndarray, model: Any, generator: Generator
) -> Callable[[], micrograd.Tensor]:
    """The loss of a step on batch_size examples, drawn from the generator as in the lecture."""
    text = "".join(words.parts["train"]())
    found = data.examples(words.survey.vocabulary.encode_text(text), model.context_length)
    contexts, targets = micrograd.from_numpy(found.contexts), micrograd.from_numpy(found.targets)

    def loss() -> micrograd.Tensor:
        batch = micrograd.randint(0, len(targets), (config["batch_size"],), generator=generator)
        return F.cross_entropy(model(contexts[batch]), targets[batch]) + model.penalty(config["weight_decay"])

    return loss


# What is printed.


def print_words_read(words: Words, counts: dict[str, np.ndarray], config: dict[str, Any]) -> None:
    """What was read: the words, the vocabulary, the examples of each part."""
    survey = words.survey
    tokens = survey.vocabulary.tokens
    shown = " ".join(tokens[:40]) + (" …" if len(tokens) > 40 else "")
    lengths = f"{survey.shortest} to {survey.longest} characters long"
    print(f"words       {survey.words:,} from {shown_path(words.list.path)}, {lengths}")
    print(f"vocabulary  {len(tokens):,}: {shown}   ({tokens[0]} is the boundary of a word)")
    print("examples    " + "   ".join(f"{name} {int(table.sum()):,}" for name, table in counts.items()))


def print_model(config: dict[str, Any], parameters: int) -> None:
    """What is trained, and how."""
    if config["fit"] == "counts":
        print(f"model       {config['type']} by counting, {parameters:,} counts, smoothing {config['smoothing']:g}")
        return
    batch = f"batches of {config['batch_size']:,}" if config["batch_size"] else "all examples at every step"
    steps = "until Ctrl-C" if config["max_steps"] < 0 else f"{config['max_steps']:,} steps"
    print(f"model       {config['type']} by gradient descent, {parameters:,} parameters, {batch}")
    print(f"            {steps}, learning rate {config['learning_rate']:g}, weight decay {config['weight_decay']:g}")


def print_descent(metrics: list[dict[str, Any]]) -> None:
    """How the loss fell: at the first evaluation, at the last, and at some between, each some times as far on."""
    if len(metrics) > 1:
        steps = [line["step"] for line in metrics]
        marks = np.geomspace(1, len(metrics) - 1, 4).round().astype(int)
        chosen = [metrics[i] for i in sorted({0, *marks.tolist()})]
        fell = ", ".join(f"{line['train_loss']:.4f} at {line['step']:,}" for line in chosen)
        print(f"train loss  {fell}" + (" steps" if steps[-1] != 1 else " step"))


def shown_path(path: Path) -> Path:
    """The path as seen from the current folder, where it is inside."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def print_losses(losses: dict[str, dict[str, float | None]]) -> None:
    """The table of losses and perplexities, a model to a line."""
    parts = [part for part in SPLITS if any(row[part] is not None for row in losses.values())]
    width = max(len(name) for name in losses) + 2
    heads = "".join(f"{part:>9}" for part in parts)
    print(f"\n{'':<{width}}{'loss, nats a character':^{9 * len(parts)}}   {'perplexity':^{9 * len(parts)}}".rstrip())
    print(f"{'':<{width}}{heads}   {heads}")
    for name, row in losses.items():
        values = [row[part] for part in parts]
        nats = "".join(f"{'-' if loss is None else f'{loss:.4f}':>9}" for loss in values)
        ppl = "".join(f"{'-' if loss is None else f'{perplexity(loss):.3f}':>9}" for loss in values)
        print(f"{name:<{width}}{nats}   {ppl}")


def perplexity(loss: float) -> float:
    """exp(loss): how many characters, all equally likely, would be as hard to tell."""
    return math.exp(loss) if loss < 700 else math.inf


def print_hints(losses: dict[str, dict[str, float | None]], counts: np.ndarray, config: dict[str, Any]) -> None:
    """What a reader of the table may stumble over."""
    if any(loss == math.inf for row in losses.values() for loss in row.values()):
        print("inf: a pair that training never saw has probability 0; --smoothing 1 adds one to every count")
    trained = losses.get(f"{config['type']}, trained", {})
    train_loss, dev_loss = trained.get("train"), trained.get("dev")
    if train_loss is not None and dev_loss is not None and dev_loss - train_loss > 0.3:
        print("train loss far under dev: it learned these words by heart; try a larger --weight-decay, or --fit counts")
    if config["fit"] == "counts" and config["smoothing"] == 0:
        unseen = int((counts.sum(1) == 0).sum())
        if unseen:
            print(
                f"{unseen:,} of {len(counts):,} contexts were never seen; after them every character is equally likely"
            )


# The command.


def draw_words(model: Any, words: Words, config: dict[str, Any], flags: argparse.Namespace) -> dict[str, list[Drawn]]:
    """New words of the model and, with --uniform, of the model that knows nothing."""
    vocabulary = words.survey.vocabulary
    models = {"model": model} | ({"uniform model": Uniform(len(vocabulary))} if flags.uniform else {})
    return {
        name: draw(sampler_of(each, vocabulary, config, flags), flags.num_samples, words.list, flags.only_new)
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
    config = folder.read_config()
    if config["fit"] == "counts":
        raise Complaint(f"{folder.path} holds a model that was counted: there are no steps to go on with")
    for name in DEFAULTS:
        value = getattr(flags, name)
        if name not in ("max_steps", "eval_every") and value is not None and value != config[name]:
            flag = "--" + name.replace("_", "-")
            raise Complaint(
                f"{flag} {value} contradicts the run in {folder.path}, which has {config[name]}; leave it out"
            )
    load(folder)  # is all there that a run is made of?
    for name in ("max_steps", "eval_every"):
        config[name] = config[name] if getattr(flags, name) is None else getattr(flags, name)
    step = folder.read_checkpoint().step
    if 0 <= config["max_steps"] <= step:
        raise Complaint(f"the run in {folder.path} has done {step:,} steps; give a larger total with --max-steps")
    return config


def check_flags(flags: argparse.Namespace) -> None:
    """Raises Complaint where flags do not go together."""
    if flags.fit == "counts" and flags.max_steps is not None:
        raise Complaint("--max-steps goes with --fit gradient; counting takes no steps")
    if flags.resume and flags.overwrite:
        raise Complaint("--resume goes on with a run and --overwrite replaces it; give one of them")
    if flags.overwrite and not flags.work_dir:
        raise Complaint("--overwrite replaces the run in the folder that -o names; give -o as well")


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
    descent = resumed(config, old) if old else None
    flags.seed = config["seed"]
    given = flags.input_file or config.get("input_file")
    words = read(Path(given) if given else data.bundled_names(), config["split"])
    if old and words.survey.digest != config["digest"]:
        raise Complaint(f"{words.list.path} does not hold the words that the run began with; --resume needs the same")
    vocabulary = words.survey.vocabulary
    config |= {
        "input_file": str(words.list.path.resolve()),
        "digest": words.survey.digest,
        "longest": words.survey.longest,
        "vocabulary": vocabulary.characters,
    }
    vocabulary.encode(flags.prompt)
    order = ORDERS[config["type"]]
    counts = {name: data.count_ngrams(blocks(), vocabulary, order) for name, blocks in words.parts.items()}
    if config["learning_rate"] is None:
        config["learning_rate"] = rate_for(counts["train"])
    print_words_read(words, counts, config)
    print_model(config, counts["train"].size)

    if old:
        folder = old
    elif flags.work_dir:
        folder = RunFolder(flags.work_dir)
        folder.claim(flags.overwrite)
    else:
        folder = RunFolder.next_free(RUNS)
    folder.write_config(config)

    measure = Measure(counts)
    unigram = Counts(counts["train"].sum(0)[None], config["smoothing"])
    counted = Counts(counts["train"], config["smoothing"])
    models = {"uniform": Uniform(len(vocabulary)), "unigram, counted": unigram, f"{config['type']}, counted": counted}
    metrics: list[dict[str, Any]] = []
    if config["fit"] == "counts":
        model: Any = counted
        folder.write_checkpoint(Checkpoint(0, {"counts": counts["train"]}, {}, None))
    else:
        descent = descent or first_step(config, vocabulary)
        gradient_descent(config, words, counts, measure, folder, descent)
        model, metrics = descent.model, descent.metrics
        models[f"{config['type']}, trained"] = model

    losses = {name: measure.losses(model) for name, model in models.items()}
    final = measure.losses(model)
    last = {"step": config["max_steps"] if metrics else 0} | {f"{part}_loss": final[part] for part in SPLITS}
    drawn = draw_words(model, words, config, flags)
    folder.write_metrics([*metrics, last])
    folder.write(SAMPLES, data.text_of([word.word for word in drawn["model"]]))
    draw_pictures(folder, config, metrics, losses, counts["train"], vocabulary)
    print_losses(losses)
    print_hints(losses, counts["train"], config)
    if flags.num_samples:
        print("\nnew words" + (f", temperature {flags.temperature:g}" if flags.temperature != 1 else ""))
        print_words(drawn, flags.num_samples, indent="  ")
    print(f"\nsaved in {folder.path}; more words: python -m makemore.sample -o {folder.path}")
    return 0


def draw_pictures(
    folder: RunFolder,
    config: dict[str, Any],
    metrics: list[dict[str, Any]],
    losses: dict[str, dict[str, float | None]],
    counts: np.ndarray,
    vocabulary: Vocabulary,
) -> None:
    """loss.png, and for a bigram bigram.png."""
    from makemore import plots  # here, because matplotlib takes a second to load

    title = f"{config['type']} on {Path(config['input_file']).name}"
    if metrics:
        baselines = {
            name: row["train"] for name, row in losses.items() if row["train"] is not None and "counted" in name
        }
        folder.write("loss.png", plots.loss_curve(metrics, baselines, title))
    else:
        folder.write("loss.png", plots.loss_bars(losses, title))
    if config["type"] == "bigram":
        folder.write("bigram.png", plots.bigram_heat_map(counts, vocabulary.tokens, f"{title}: how often each pair"))


if __name__ == "__main__":
    run_command(main)
