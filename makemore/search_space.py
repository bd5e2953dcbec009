"""The hyperparameters that makemore.tune searches, and where it looks for each of them."""

import argparse
from typing import Any, NamedTuple

from makemore.config import OF_TRAINING, SIZES, TRAINING, flag_of
from makemore.models import NGRAMS, has_size
from micrograd.command import UsageError


class Between(NamedTuple):
    """Numbers from low to high, both included, drawn evenly on a logarithmic scale; whole ones if both are whole."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.low:,} to {self.high:,}" if isinstance(self.low, int) else f"{self.low:g} to {self.high:g}"


class OneOf(NamedTuple):
    """A few values."""

    values: tuple[Any, ...]

    def __str__(self) -> str:
        return ", ".join(map(str, self.values))


Range = Between | OneOf


SCHEDULES = OF_TRAINING["schedule"].values
USUAL: dict[str, dict[str, Range]] = {
    "n_embd2": {"": Between(32, 512)},  # the lectures have 200 and 128, makemore.py 64
    "n_embd": {
        "": Between(4, 64),  # the lectures have 10 and 24, makemore.py 64; 27 characters need few
        "transformer": OneOf((16, 32, 48, 64, 96, 128)),  # makemore.py has 64; the heads have to divide it
    },
    "block_size": {
        "": Between(2, 12),  # part 2 has 3, part 5 has 8; a name has six characters on average
        "wavenet": OneOf((2, 4, 8, 16)),  # powers of 2 alone
    },
    "learning_rate": {
        "sgd": Between(0.01, 1.0),  # part 2 looks from 0.001 to 1 and takes 0.1
        "adamw": Between(3e-4, 3e-2),  # ten times less and more than 0.003
        "ngram": Between(1.0, 100.0),  # part 1 has 50; steps much beyond it overshoot
    },
    "schedule": {"": OneOf(SCHEDULES)},
    "batch_size": {"": OneOf((16, 32, 64, 128, 256))},  # the lectures have 32; a step costs in proportion
    "weight_decay": {
        "sgd": Between(1e-6, 1e-2),  # at 0.01 and a rate of 0.1, 1,000 steps wipe a weight out
        "adamw": Between(1e-4, 1.0),  # makemore.py has 0.01; times the rate, each step
        "ngram": Between(1e-4, 1.0),  # part 1 has 0.01; 1 pulls to uniform
    },
    "max_steps": {"": Between(0.1, 1.0)},  # of the type's own number: a run as usual, or a shorter one
}
"""Where each hyperparameter is searched, by the kind of model: a type, "ngram", an optimizer, or "" for all others."""
FLOATS = ("learning_rate", "weight_decay")
"""Those that are not whole numbers."""


def usual_ranges(type_: str, optimizer: str) -> dict[str, Range]:
    """Where the hyperparameters that models of a type have are searched, by name."""
    found = {}
    kinds = [type_, "ngram" if type_ in NGRAMS else optimizer, ""]
    for name, ranges in USUAL.items():
        exact = name == "batch_size" and type_ in NGRAMS  # on all examples at once they are faster, and exact
        if not exact and (name not in SIZES or has_size(type_, name)):
            found[name] = next(ranges[kind] for kind in kinds if kind in ranges)
    fractions, usual = found["max_steps"], TRAINING[type_]["max_steps"]
    return found | {"max_steps": Between(*(round(fraction * usual) for fraction in fractions))}


def space_of(flags: argparse.Namespace, config: dict[str, Any]) -> dict[str, Range]:
    """What is searched: the names that --search gives, or all that the type has and no flag fixes.

    Raises UsageError for a name that the type has not, one that is fixed as well, and a range that makes no sense.
    """
    known = usual_ranges(config["type"], config["optimizer"])
    fixed = [name for name in known if getattr(flags, name) is not None]
    if flags.search is None:
        space: dict[str, Range] = {name: range_ for name, range_ in known.items() if name not in fixed}
        if not space:
            raise UsageError("the flags fix every hyperparameter, so there is nothing left to search; leave some out")
    else:
        space = {}
        for text in flags.search:
            name, equals, given = text.partition("=")
            name = name.replace("-", "_")
            if name not in known:
                has = ", ".join(known)
                raise UsageError(f"--search {name}: --type {config['type']} has {has} to search")
            if name in fixed:
                raise UsageError(f"--search {name} and {flag_of(name)} contradict each other; leave one of them out")
            space[name] = _read(name, known[name], given) if equals else known[name]
    if config["type"] == "transformer" and isinstance(widths := space.get("n_embd"), OneOf):
        fitting = tuple(width for width in widths.values if width % config["n_head"] == 0)
        if not fitting:
            raise UsageError(f"--n-head {config['n_head']} divides none of {widths}, which n_embd may be")
        space["n_embd"] = OneOf(fitting)
    return space


def _read(name: str, usual: Range, text: str) -> Range:
    """The range that the user gives: low..high, or values with commas between them."""
    if name == "schedule":
        values = tuple(dict.fromkeys(text.split(",")))
        if not set(values) <= set(SCHEDULES):
            raise UsageError(f"--search {name}={text}: give some of {','.join(SCHEDULES)}, with commas between them")
        return OneOf(values)
    between = ".." in text
    numbers = [_number(name, part) for part in (text.split("..", 1) if between else text.split(","))]
    if None in numbers:
        kind = "numbers" if name in FLOATS else "whole numbers"
        raise UsageError(f"--search {name}={text}: give low..high, or values with commas, all {kind} above 0")
    if not between:
        return OneOf(tuple(dict.fromkeys(numbers)))
    low, high = numbers
    if low > high:
        raise UsageError(f"--search {name}={text}: {low:g} is above {high:g}; the lower one comes first")
    if isinstance(usual, Between):
        return Between(low, high)
    within = tuple(value for value in usual.values if low <= value <= high)
    if not within:
        raise UsageError(f"--search {name}={text}: none of {usual} lies there; name values with commas between them")
    return OneOf(within)


def _number(name: str, text: str) -> Any:
    """Parse a positive int, or a float where the hyperparameter is one; None where the text is not one."""
    try:
        value = float(text) if name in FLOATS else int(text)
    except ValueError:
        return None
    return value if 0 < value < float("inf") else None
