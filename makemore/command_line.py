"""The flags that commands share."""

import argparse
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

RUNS = Path("out")
"""Where runs go that are given no folder."""

LECTURE_SEED = 2147483647


def number(
    kind: type, least: float, *, most: float = math.inf, above: bool = False, also: float | None = None
) -> Callable[[str], Any]:
    """The type of a flag that takes an int or a float, from `least` (or above it) to `most`, or the number `also`."""

    def read(text: str) -> Any:
        try:
            value = kind(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is no {'whole ' if kind is int else ''}number") from None
        if value != also and not (value > least if above else value >= least):
            bound = f"{'above' if above else 'at least'} {least}" + (f", or {also}" if also is not None else "")
            raise argparse.ArgumentTypeError(f"{text} has to be {bound}")
        if value in (float("inf"), float("-inf")):
            raise argparse.ArgumentTypeError(f"{text} is not a finite number")
        if value > most:
            raise argparse.ArgumentTypeError(f"{text} is too large: {most} is the most")
        return value

    return read


seed = number(int, -(2**63), most=2**64 - 1)
"""The type of a flag that takes a seed: any integer of 64 bits, as PyTorch does."""


def add_sampling_flags(parser: argparse.ArgumentParser) -> None:
    """The flags that say how words are drawn."""
    group = parser.add_argument_group("new words")
    group.add_argument("--temperature", type=number(float, 0, above=True), default=1.0, metavar="T",
                       help="below 1 the likely becomes likelier, above 1 all gets more even (default: 1)")  # fmt: skip
    group.add_argument("--top-k", type=number(int, 1, also=-1), default=-1, metavar="K",
                       help="draw only from the K likeliest characters (default: -1, from all)")  # fmt: skip
    group.add_argument("--prompt", default="", metavar="TEXT", help="how each new word begins")
    group.add_argument("--only-new", action="store_true", help="leave out the words that are in the list")
