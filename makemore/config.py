"""What a run is made of: the bounds of its numbers, its defaults, its flags, and the check of config.json.

A config is a dict of these settings and, once `run.complete` has seen the words, of what is known of them.
"""

import argparse
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from makemore.models import FAMILIES, NGRAMS, TYPES
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
NUMBERS = {
    "max_steps": Bounds(int, 0, most=MOST, also=-1),
    "schedule_steps": Bounds(int, 0, most=MOST),
    "eval_every": Bounds(int, 1, most=MOST),
    "early_stop": Bounds(int, 0, most=MOST),
    "warmup": Bounds(int, 0, most=MOST),
    "batch_size": Bounds(int, 0, most=2**24),
    "block_size": Bounds(int, 0, most=2**24),
    "n_embd": Bounds(int, 1, most=2**24),
    "n_embd2": Bounds(int, 1, most=2**24),
    "n_layer": Bounds(int, 1, most=2**10),
    "n_head": Bounds(int, 1, most=2**24),
    "learning_rate": Bounds(float, 0, above=True),
    "weight_decay": Bounds(float, 0),
    "clip": Bounds(float, 0),
    "smoothing": Bounds(float, 0),
    "interpolation": Bounds(float, 0, above=True),
    "longest": Bounds(int, 0, most=MOST),
    "seed": SEED,
}
CHOICES = {
    "fit": ("gradient", "counts"),
    "split": ("80/10/10", "none"),
    "optimizer": ("sgd", "adamw"),
    "schedule": ("constant", "step", "linear", "cosine"),
}
SWITCHES = ("batchnorm", "direct", "blank")
OF_SOME_TYPES = ("n_embd", "n_embd2", "n_layer", "n_head", *SWITCHES)
OPTIONAL = (*OF_SOME_TYPES, "interpolation", "unique")
"""What a config.json may lack."""


def wrong_settings(config: Mapping[str, Any]) -> list[str]:
    """The names of what a config.json lacks, or has a value for that no flag would give."""
    known = {*NUMBERS, *CHOICES, *SWITCHES, "unique", "type", "input_file", "digest", "vocabulary"}
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
    if name in NUMBERS:
        return NUMBERS[name].allow(value) or (name == "smoothing" and value is None)
    if name in CHOICES:
        return isinstance(value, str) and value in CHOICES[name]
    if name in (*SWITCHES, "unique"):
        return isinstance(value, bool)
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


def flag_of(name: str) -> str:
    """The flag that sets a name of the config."""
    return "--" + name.replace("_", "-")


def add_training_flags(parser: Parser) -> None:
    """The flags that make up a run. None has a default here: --resume takes them from the run."""
    group = parser.add_argument_group("the model")
    group.add_argument("--type", choices=["auto", *TYPES], help="(auto: what is best on lists of that length)")
    _add_switch(group, "unique", "read a word that stands in the list more than once only once (no)")
    _add_choice(group, "fit", "by gradient descent (default) or by counting")
    _add_number(group, "block_size", "N", "how far it looks back (mlp 3, wavenet 8, others the whole word)")
    _add_number(group, "n_layer", "N", "layers (mlp 1, transformer 4)")
    _add_number(group, "n_head", "N", "heads of attention (4)")
    _add_number(group, "n_embd", "N", "numbers to a character (mlp 10, wavenet 24, others 64)")
    _add_number(group, "n_embd2", "N", "hidden units (mlp 200, wavenet 128, others 64)")
    _add_switch(group, "batchnorm", "mlp: normalize each batch (yes)")
    _add_switch(group, "direct", "mlp: connections from the embedding straight to the output (no)")
    _add_switch(group, "blank", "mlp: the net of makemore.py, with a token for what is before a word (no)")
    group = parser.add_argument_group("its training")
    _add_number(
        group, "max_steps", "N", "steps in total; -1: without end, until Ctrl-C (by type; fewer on a short list)"
    )
    _add_number(group, "batch_size", "N", "examples, or words, to a step (32; n-grams all of them)", "-b")
    _add_number(group, "learning_rate", "R", "(n-grams 50 or less, mlp and wavenet 0.1, others 0.003)", "-l")
    _add_number(group, "weight_decay", "W", "n-grams: times (W**2).mean() in the loss; others: the optimizer's", "-w")
    _add_choice(group, "optimizer", "(sgd; adamw where makemore.py has it)")
    _add_choice(group, "schedule", "of the learning rate; step: a tenth from half the steps on")
    _add_number(group, "warmup", "N", "steps until the rate is reached")
    _add_number(group, "clip", "N", "largest norm of the gradient (0: any)")
    _add_number(group, "early_stop", "N", "stop after N evaluations without a better dev loss (nets: a third of all "
                "evaluations; 0: never)")  # fmt: skip
    what = "added to every count; 0 makes what was never seen impossible (instead, shorter n-grams are mixed in, "
    _add_number(group, "smoothing", "S", what + "as much as the dev words like best)")
    _add_number(group, "seed", "N", f"of all that is drawn ({LECTURE_SEED})")
    _add_number(group, "eval_every", "N", "steps between evaluations")


def _add_number(group: Any, name: str, metavar: str, what: str, *short: str) -> None:
    group.add_argument(*short, flag_of(name), type=NUMBERS[name], metavar=metavar, help=what)


def _add_choice(group: Any, name: str, what: str) -> None:
    group.add_argument(flag_of(name), choices=CHOICES[name], help=what)


def _add_switch(group: Any, name: str, what: str) -> None:
    group.add_argument(flag_of(name), action=argparse.BooleanOptionalAction, default=None, help=what)


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
    _add_choice(group, "split", "train, dev and test, or train on everything")
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


# From flags to a config.


def config_of(
    flags: argparse.Namespace, type_: str | None = None, settings: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What the flags make of a run: those that were given, else the defaults of its type.

    type_, settings: those that are taken where the flags name no type. Raises UsageError for a flag that the type does
    not have.
    """
    config = defaults_of(flags.type or type_ or TYPES[0]) | dict(settings or {})
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
        raise UsageError(f"--block-size does not go with --type {type_}, which says it by its name")
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
