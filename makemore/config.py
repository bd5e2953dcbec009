"""What a run may be made of: the bounds of its numbers, and the words to choose from.

The flags of training and a run's config.json are both held against this.
"""

import argparse
from collections.abc import Mapping
from typing import Any

from makemore.command_line import number, seed

NUMBERS: dict[str, Any] = {
    "max_steps": number(int, 0, also=-1),
    "schedule_steps": number(int, 0),
    "eval_every": number(int, 1),
    "early_stop": number(int, 0),
    "warmup": number(int, 0),
    "batch_size": number(int, 0, most=2**24),
    "block_size": number(int, 0, most=2**31),
    "n_embd": number(int, 1),
    "n_embd2": number(int, 1),
    "n_layer": number(int, 1),
    "n_head": number(int, 1),
    "learning_rate": number(float, 0, above=True),
    "weight_decay": number(float, 0),
    "clip": number(float, 0),
    "smoothing": number(float, 0),
    "longest": number(int, 0),
    "seed": seed,
}
CHOICES = {
    "fit": ("gradient", "counts"),
    "split": ("80/10/10", "none"),
    "optimizer": ("sgd", "adamw"),
    "schedule": ("constant", "step", "linear", "cosine"),
}
NGRAMS = ("bigram", "trigram")
SWITCHES = ("batchnorm", "direct", "blank")
OF_SOME_TYPES = ("n_embd", "n_embd2", "n_layer", "n_head", *SWITCHES)


def keeps_best(config: Mapping[str, Any]) -> bool:
    """Whether the weights with the lowest dev loss are used, and not the last. An n-gram's last are the ones: they near
    the counts, and the dev words of a short list are too few to judge by; but an early stop goes back to the best."""
    return config["type"] not in NGRAMS or bool(config["early_stop"])


def wrong_names(config: Mapping[str, Any]) -> list[str]:
    """The names of what config lacks, or holds in a form that no flag would take."""
    known = {*NUMBERS, *CHOICES, *SWITCHES, "type", "input_file", "digest", "vocabulary"}
    required = known - {*OF_SOME_TYPES}
    return sorted(name for name in required | (known & config.keys()) if not _fits(name, config.get(name)))


def _fits(name: str, value: Any) -> bool:
    if name in CHOICES:
        return value in CHOICES[name]
    if name in SWITCHES:
        return isinstance(value, bool)
    if name == "vocabulary":
        return isinstance(value, list) and all(isinstance(item, str) and len(item) == 1 for item in value)
    if name not in NUMBERS:
        return isinstance(value, str)
    try:
        NUMBERS[name](str(value))
    except argparse.ArgumentTypeError:
        return False
    return type(value) in (int, float)
