"""The flags that the commands that draw share: the file they write, and how a picture looks."""

import argparse
from pathlib import Path
from typing import Any

from micrograd.command import Parser, UsageError
from micrograd.draw import FORMATS, SHOWN, Picture
from micrograd.draw.dot import Look

FILES = ".svg, .png or .pdf, .html for a page that steps through backward, or .dot"


def add_look_flags(parser: Parser) -> None:
    """The flags for what a picture shows."""
    parser.add_argument("--direction", choices=("LR", "TB"), default="LR", help="left to right, or top to bottom (LR)")
    parser.add_argument("--show", choices=SHOWN, default="all",
                        help="data and gradients, one of them, or just shapes, for a slide (all)")  # fmt: skip
    parser.add_argument("--digits", type=int, choices=range(18), default=4, metavar="N", help="decimals (4)")


def look(flags: argparse.Namespace) -> dict[str, Any]:
    """These flags as keyword arguments of `draw`."""
    return {name: getattr(flags, name) for name in Look._fields}


def check_suffix(path: Path, flag: str) -> None:
    """Raises UsageError for a suffix that no picture can have."""
    if path.suffix.lower() not in (*FORMATS, ".html"):
        raise UsageError(f"{flag} {path}: the file is {FILES}")


def write(picture: Picture, path: Path) -> None:
    """Save a picture, or its page. Raises UsageError where a library for it is missing, else as Picture.save does."""
    try:
        picture.steps(path) if path.suffix.lower() == ".html" else picture.save(path)
    except ImportError as error:
        raise UsageError(str(error)) from None
