"""What a run is made of: its settings with their bounds, defaults and flags, its type, and the check of config.json.

A config is a dict of these settings and, once `run.complete` has seen the words, of what is known of them.
"""

import argparse
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from makemore.models import FAMILIES, NGRAMS, TYPES, has_size
from micrograd.command import Parser, UsageError, not_empty

RUNS = Path("out")
"""Where runs go that are given no folder."""

LECTURE_SEED = 2147483647


# Bounds.


@dataclass(frozen=True)
class Bounds:
    """The numbers that a setting may have, and the type of the flag that sets it: Bounds(int, 1)("5") is 5.

    kind: int or float. least, most: the smallest and the largest; above: least is not allowed itself. also: one more.
    """

    kind: type
    least: float
    most: float = math.inf
    above: bool = False
    also: float | None = None

    def __call__(self, text: str) -> Any:
        """The text as a number. Raises ArgumentTypeError where it is not one, or is out of bounds."""
        try:
            value = self.kind(text)
        except ValueError:
            what = "a whole number" if self.kind is int else "a number"
            raise argparse.ArgumentTypeError(f"{text!r:.40} is not {what}") from None
        if problem := self.problem(value):
            raise argparse.ArgumentTypeError(f"{text:.40} {problem}")
        return value

    def problem(self, value: float) -> str:
        """What is wrong with a number; empty where nothing is."""
        if value != self.also and not (value > self.least if self.above else value >= self.least):
            or_also = f", or {self.also}" if self.also is not None else ""
            return f"has to be {'above' if self.above else 'at least'} {self.least}{or_also}"
        if value in (math.inf, -math.inf):
            return "is not a finite number"
        return f"is too large: {self.most} is the most" if value > self.most else ""

    def allow(self, value: Any) -> bool:
        """Whether a value is such a number."""
        return type(value) in (int, self.kind) and not self.problem(value)


NUM_SAMPLES = Bounds(int, 0, most=10**9)
SEED = Bounds(int, -(2**63), most=2**64 - 1)
"""Any integer of 64 bits, as PyTorch takes it."""
MOST = 10**12
"""More steps, or characters, than anyone will see."""
COUNT, SIZE, AMOUNT = Bounds(int, 0, most=MOST), Bounds(int, 1, most=2**24), Bounds(float, 0)


# Settings.


class Setting(NamedTuple):
    """What a setting may be, and its flag.

    values: the bounds of a number, the names to choose from, or bool. what, metavar, short: of its flag.
    """

    values: Any
    what: str = ""
    metavar: str = "N"
    short: str = ""

    def add_to(self, group: Any, name: str) -> None:
        """Add the flag that sets it. It has no default: what is not given is None."""
        how: dict[str, Any] = {"type": self.values, "metavar": self.metavar}
        if self.values is bool:
            how = {"action": argparse.BooleanOptionalAction, "default": None}
        elif isinstance(self.values, tuple):
            how = {"choices": self.values}
        group.add_argument(*filter(None, [self.short]), flag_of(name), help=self.what, **how)

    def allows(self, value: Any) -> bool:
        """Whether it may be that value."""
        if isinstance(self.values, Bounds):
            return self.values.allow(value)
        return isinstance(value, bool) if self.values is bool else isinstance(value, str) and value in self.values


OF_MODEL = {
    "unique": Setting(bool, "read a word that stands in the list more than once only once (no)"),
    "fit": Setting(("gradient", "counts"), "by gradient descent (default) or by counting"),
    "block_size": Setting(
        Bounds(int, 0, most=2**24), "how far it looks back (mlp 3, wavenet 8, others the whole word)"
    ),
    "n_layer": Setting(Bounds(int, 1, most=2**10), "layers (mlp 1, transformer 4)"),
    "n_head": Setting(SIZE, "heads of attention (4)"),
    "n_embd": Setting(SIZE, "numbers in the embedding of a character (mlp 10, wavenet 24, others 64)"),
    "n_embd2": Setting(SIZE, "hidden units (mlp 200, wavenet 128, others 64)"),
    "batchnorm": Setting(bool, "mlp: normalize each batch (yes)"),
    "direct": Setting(bool, "mlp: connections from the embedding straight to the output (no)"),
    "blank": Setting(bool, "mlp: the net of makemore.py, with a token for what is before a word (no)"),
}
OF_TRAINING = {
    "max_steps": Setting(
        Bounds(int, 0, most=MOST, also=-1),
        "steps in total; -1: without end, until Ctrl-C (by type; fewer on a short list)",
    ),
    "batch_size": Setting(
        Bounds(int, 0, most=2**24), "examples, or words, in a step (32; n-grams all of them)", short="-b"
    ),
    "learning_rate": Setting(
        Bounds(float, 0, above=True), "(n-grams 50 or less, mlp and wavenet 0.1, others 0.003)", "R", "-l"
    ),
    "weight_decay": Setting(
        AMOUNT, "n-grams: W * (weights**2).mean() is added to the loss; others: the optimizer's", "W", "-w"
    ),
    "optimizer": Setting(("sgd", "adamw"), "(sgd; adamw where makemore.py has it)"),
    "schedule": Setting(
        ("constant", "step", "linear", "cosine"), "of the learning rate; step: a tenth from half the steps on"
    ),
    "warmup": Setting(COUNT, "steps in which the rate rises to its full value"),
    "clip": Setting(AMOUNT, "clip the norm of the gradient to N (0: no clipping)"),
    "early_stop": Setting(
        COUNT,
        "stop after N evaluations without a better dev loss (nets: a third of all evaluations; 0: never)",
    ),
    "smoothing": Setting(
        AMOUNT,
        "added to every count; 0 makes what was never seen impossible (instead, shorter n-grams are mixed in, as much "
        "as the dev words like best)",
        "S",
    ),
    "seed": Setting(SEED, f"random seed ({LECTURE_SEED})"),
    "eval_every": Setting(Bounds(int, 1, most=MOST), "steps between evaluations"),
}
SPLIT = Setting(("80/10/10", "none"), "train, dev and test, or train on everything")
WITHOUT_FLAG = {
    "schedule_steps": Setting(COUNT),
    "interpolation": Setting(Bounds(float, 0, above=True)),
    "longest": Setting(COUNT),
}
EVERY_SETTING = OF_MODEL | OF_TRAINING | {"split": SPLIT} | WITHOUT_FLAG
OF_SOME_TYPES = ("n_embd", "n_embd2", "n_layer", "n_head", "batchnorm", "direct", "blank")
OPTIONAL = (*OF_SOME_TYPES, "interpolation", "unique")
"""What a config.json may lack."""


def flag_of(name: str) -> str:
    """The flag that sets a name of the config."""
    return "--" + name.replace("_", "-")


def wrong_settings(config: Mapping[str, Any]) -> list[str]:
    """The names of what a config.json lacks, or has a value for that no flag would give."""
    known = {*EVERY_SETTING, "type", "input_file", "digest", "vocabulary"}
    required = known - {*OPTIONAL}
    wrong = required - config.keys()
    wrong |= {name for name in known & config.keys() if not _is_allowed(name, config[name])}
    if config.get("type") in TYPES:
        sizes = FAMILIES[config["type"]].sizes
        wrong |= {name for name in sizes if name not in config}
        if config["type"] in NGRAMS:  # its name says how far it looks back
            wrong |= {"block_size"} if config.get("block_size") != sizes["block_size"] else set()
        elif config.get("batch_size") == 0:  # all examples at once, which is for n-grams
            wrong |= {"batch_size"}
    return sorted(wrong)


def _is_allowed(name: str, value: Any) -> bool:
    if name in EVERY_SETTING:
        return EVERY_SETTING[name].allows(value) or (name == "smoothing" and value is None)
    if name == "vocabulary":
        return isinstance(value, list) and all(isinstance(item, str) and len(item) == 1 for item in value)
    return isinstance(value, str) and (name != "input_file" or _is_path(value))


def _is_path(text: str) -> bool:
    try:
        return b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        return False


# Defaults.

COMMON: dict[str, Any] = {
    "type": "auto",
    "fit": "gradient",
    "split": "80/10/10",
    "unique": False,
    "smoothing": None,
    "seed": LECTURE_SEED,
    "clip": 0.0,
    "early_stop": None,
}
# batch_size 0 is the full batch; learning_rate and weight_decay None are worked out from the counts; max_steps and
# eval_every are upper bounds, see `run.complete`. The rates are those that brought the bundled names to their lowest
# loss among those tried; the optimizers and batches are those of the lectures (n-grams, mlp, wavenet) and of
# makemore.py (the others).
_NGRAM: dict[str, Any] = {"optimizer": "sgd", "learning_rate": None, "schedule": "constant", "warmup": 0}
_NGRAM |= {"batch_size": 0, "weight_decay": None, "eval_every": 20}
_LECTURE: dict[str, Any] = {"optimizer": "sgd", "learning_rate": 0.1, "schedule": "step", "warmup": 0}
_LECTURE |= {"batch_size": 32, "weight_decay": 0.0}
_MAKEMORE: dict[str, Any] = {"optimizer": "adamw", "learning_rate": 3e-3, "schedule": "cosine", "warmup": 200}
_MAKEMORE |= {"batch_size": 32, "weight_decay": 0.01, "eval_every": 500}
TRAINING: dict[str, dict[str, Any]] = {
    "bigram": _NGRAM | {"max_steps": 1000},
    "trigram": _NGRAM | {"max_steps": 5000},
    "mlp": _LECTURE | {"max_steps": 200_000, "eval_every": 5000},
    "wavenet": _LECTURE | {"max_steps": 20_000, "eval_every": 1000},
    "bow": _MAKEMORE | {"max_steps": 10_000},
    "rnn": _MAKEMORE | {"max_steps": 10_000},
    "gru": _MAKEMORE | {"max_steps": 10_000},
    "lstm": _MAKEMORE | {"max_steps": 10_000},
    "transformer": _MAKEMORE | {"max_steps": 5_000},
}
SIZES = ("block_size", *OF_SOME_TYPES)
SETTINGS = (*COMMON, *TRAINING["mlp"], *SIZES)
FREE_ON_RESUME = ("max_steps", "eval_every", "early_stop")


def defaults_of(type_: str) -> dict[str, Any]:
    """What a run of that type is made of where no flag says otherwise; None for what depends on the words."""
    open_ = dict.fromkeys(("max_steps", "eval_every", "schedule_steps"))
    return COMMON | TRAINING[type_] | FAMILIES[type_].sizes | open_ | {"type": type_}


def keeps_best(config: Mapping[str, Any]) -> bool:
    """Whether the weights with the lowest dev loss are used, and not the last.

    Of an n-gram the last are: they approach the counts, and a short list has too few dev words to choose by. But an
    early stop goes back to the best.
    """
    return config["type"] not in NGRAMS or bool(config["early_stop"])


# Flags.


def add_training_flags(parser: Parser) -> None:
    """The flags that make up a run. None has a default here: --resume takes them from the run."""
    group = parser.add_argument_group("the model")
    group.add_argument("--type", choices=["auto", *TYPES], help="(auto: what is best on lists of that length)")
    for name, setting in OF_MODEL.items():
        setting.add_to(group, name)
    group = parser.add_argument_group("its training")
    for name, setting in OF_TRAINING.items():
        setting.add_to(group, name)


def add_sampling_flags(parser: argparse.ArgumentParser) -> None:
    """The flags that say how words are drawn."""
    group = parser.add_argument_group("new words")
    group.add_argument("--temperature", type=Bounds(float, 0, above=True), default=1.0, metavar="T",
                       help="below 1 the likely becomes likelier, above 1 all gets more even (default: 1)")  # fmt: skip
    group.add_argument("--top-k", type=Bounds(int, 1, also=-1), default=-1, metavar="K",
                       help="draw only from the K likeliest characters (default: -1, from all)")  # fmt: skip
    group.add_argument("--prompt", default="", metavar="TEXT", help="how each new word begins")
    group.add_argument("--ending", default="", metavar="TEXT", help="how each new word ends")
    group.add_argument("--min-length", type=Bounds(int, 1, most=MOST), default=1, metavar="N",
                       help="leave out words of fewer characters")  # fmt: skip
    group.add_argument("--only-new", action="store_true", help="leave out the words that are in the list")
    group.add_argument("--all-different", action="store_true", help="leave out what was drawn already")
    group.add_argument("--likeliest-first", action="store_true", help="in the order of their likelihood")


def add_list_flag(parser: Any) -> None:
    """The flag that names the list of words."""
    what = "one word to a line, UTF-8 (default: bundled names)"
    parser.add_argument("-i", "--input-file", type=not_empty, metavar="FILE", help=what)


def add_folder_flag(parser: Any, default: str = "the latest under out/") -> None:
    """The flag that names the folder of a run."""
    what = f"the run's folder (default: {default})"
    parser.add_argument("-o", "--work-dir", type=not_empty, metavar="DIR", help=what)


def parser_of_flags() -> Parser:
    """The flags of makemore.train."""
    parser = Parser(
        prog="python -m makemore.train",
        description="Learn from a list of words, and make up new words like them.",
        epilog="With no flags at all: the bundled names, and the type that is best on so long a list.",
    )
    group = parser.add_argument_group("what to learn from, and where to keep it")
    add_list_flag(group)
    add_folder_flag(group, "the next number under out/")
    SPLIT.add_to(group, "split")
    group.add_argument("--resume", action="store_true", help="go on with the run in -o (default: the latest)")
    group.add_argument("--overwrite", action="store_true", help="replace the run in -o")
    group.add_argument("--sample-only", action="store_true", help="only draw words from the run in -o")
    what = "try rates from 0.001 to 1 (n-grams from 1 to 1000), a step each, and suggest one"
    group.add_argument("--find-lr", action="store_true", help=what)
    group.add_argument(
        "--guard", action="store_true", help="catch mistakes where they happen; takes up to twice as long"
    )
    what = "run each step as it is written, not as a recorded program; the results are the same"
    group.add_argument("--no-compile", action="store_true", help=what)
    what = "on how many threads matrices are multiplied (small nets one, large ones all cores)"
    group.add_argument("--threads", type=Bounds(int, 1, most=2**10), metavar="N", help=what)
    group.add_argument("--diagnose", action="store_true", help="pictures of activations, gradients and updates")
    what = "show losses, gradients, new words and the embedding in TensorBoard, whose folder this is"
    group.add_argument("--tensorboard", type=not_empty, metavar="DIR", help=what)
    add_training_flags(parser)
    parser.add_argument("-n", "--num-samples", type=NUM_SAMPLES, default=20, metavar="N", help="new words (20)")
    add_sampling_flags(parser)
    what = "beside the new words, show those of a model that knows nothing"
    parser.add_argument("--uniform", action="store_true", help=what)
    return parser


# The type of model for a list: what `--type auto` chooses. docs/choosing-a-model.md has the measurements, on lists of
# 148 to 663,000 words.

FEW_WORDS = 2000
"""On fewer words a net overfits before its last step, so it needs dev words that show when to stop."""

SHORTEST = 148
"""On fewer words nothing was measured."""


class Choice(NamedTuple):
    """A type and settings that belong to it, and why it was chosen."""

    type: str
    settings: Mapping[str, Any] = {}
    why: str = ""

    @property
    def flags(self) -> str:
        """The flags that choose them."""
        return " ".join([f"--type {self.type}", *[f"{flag_of(name)} {value}" for name, value in self.settings.items()]])


BEST = {600: Choice("gru"), 50_000: Choice("lstm"), math.inf: Choice("lstm", {"n_embd2": 128})}
"""The best on lists of fewer words than the key."""


def best_for(words: int) -> Choice:
    """The best on a list of so many words, of the types that take a minute or less on the bundled names."""
    return next(choice for end, choice in BEST.items() if words < end)


def choose(flags: argparse.Namespace, words: int, has_dev: bool) -> Choice:
    """The type for a list of so many words: the best for its length that takes the sizes which the flags name."""
    best = best_for(words)
    if flags.fit == "counts":
        return Choice("trigram", {"fit": "counts"}, "the longest context of the models that are counted")
    given = [name for name in SIZES if getattr(flags, name) is not None]
    if not all(has_size(best.type, name) for name in given):
        taker = next((type_ for type_ in ("mlp", *TYPES) if all(has_size(type_, name) for name in given)), best.type)
        return Choice(taker, {}, "which has " + " and ".join(map(flag_of, given)))
    descent = [name for name in (*TRAINING[best.type], *given) if getattr(flags, name) is not None]
    if words < FEW_WORDS and not has_dev and not descent:
        why = "because no dev words show when a net overfits so short a list"
        return Choice("trigram", {"fit": "counts"}, why)
    start, end = max([0, *[end for end in BEST if end <= words]]), min(end for end in BEST if words < end)
    range_ = f"{start:,} to {end - 1:,} words" if start else f"fewer than {end:,} words"
    range_ = range_ if end < math.inf else f"{start:,} words or more"
    return best._replace(why=f"the best on lists of {range_}; --type names another")


# From flags to a config.


def config_of(flags: argparse.Namespace, choice: Choice | None = None) -> dict[str, Any]:
    """What the flags make of a run: those that were given, else the defaults of its type.

    choice: what is taken where the flags name no type. Raises UsageError for a flag that the type does not have.
    """
    choice = choice or Choice(TYPES[0])
    config = defaults_of(flags.type or choice.type) | dict(choice.settings)
    if flags.blank:  # the net of makemore.py has its sizes
        config |= {"block_size": None, "n_embd": 64, "n_embd2": 64, "batchnorm": False}
    given = {name: value for name in SETTINGS if (value := getattr(flags, name)) is not None}
    strange = [name for name in given if name not in config]
    if strange:
        takers = [type_ for type_ in TYPES if strange[0] in defaults_of(type_)]
        raise UsageError(
            f"{flag_of(strange[0])} does not go with --type {config['type']}, only with {', '.join(takers)}"
        )
    config |= given
    if flags.max_steps == -1 and config["schedule"] != "constant":
        if "schedule" in given:
            raise UsageError(f"--schedule {config['schedule']} needs an end: give --max-steps, or --schedule constant")
        config["schedule"] = "constant"
    return config


def check_flags(flags: argparse.Namespace) -> None:
    """Raises UsageError where flags do not go together."""
    flags.type = type_ = None if flags.type == "auto" else flags.type
    if flags.fit == "counts" and not (flags.resume or flags.sample_only):
        if type_ and type_ not in NGRAMS:
            raise UsageError(
                f"--fit counts goes with --type {' and '.join(NGRAMS)}; {type_} learns by gradient descent"
            )
        descent = [name for name in TRAINING["mlp"] if getattr(flags, name) is not None]
        descent += [
            name for name in ("find_lr", "diagnose", "tensorboard", "early_stop", "clip") if getattr(flags, name)
        ]
        if descent:
            raise UsageError(f"{flag_of(descent[0])} goes with --fit gradient; counting takes no steps")
    if flags.batch_size == 0:
        raise UsageError("--batch-size has to be at least 1; leave it out for all examples at once, with n-grams")
    if type_ in NGRAMS and flags.block_size is not None:
        raise UsageError(f"--block-size does not go with --type {type_}, which looks back as far as its name says")
    if flags.find_lr and (flags.resume or flags.sample_only):
        raise UsageError("--find-lr looks for the rate of a new run: leave out --resume and --sample-only")
    if flags.sample_only and (flags.resume or flags.overwrite):
        raise UsageError("--sample-only trains nothing: leave out --resume and --overwrite")
    if flags.resume and flags.overwrite:
        raise UsageError("--resume goes on with a run and --overwrite replaces it; give one of them")
    if flags.overwrite and not flags.work_dir:
        raise UsageError("--overwrite replaces the run in the folder that -o names; give -o as well")


def config_of_resumed(flags: argparse.Namespace, config: dict[str, Any], path: Path) -> dict[str, Any]:
    """The config of a run that goes on, with the flags that may change. Raises UsageError for others that differ."""
    if config["type"] not in TYPES:
        raise UsageError(f"{path}/config.json has the type {config['type']!r}, which does not exist; train anew")
    if config["fit"] == "counts":
        raise UsageError(f"{path} holds a model that was counted: there are no steps to go on with")
    for name in SETTINGS:
        value = getattr(flags, name)
        if name not in FREE_ON_RESUME and value is not None and value != config.get(name):
            has = f"which has {config[name]}" if name in config else f"whose type, {config['type']}, has none"
            raise UsageError(f"{flag_of(name)} {value} contradicts the run in {path}, {has}; leave it out")
    changed = {name: value for name in FREE_ON_RESUME if (value := getattr(flags, name)) is not None}
    return config | changed
