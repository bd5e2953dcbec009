"""`python -m micrograd.lessons [NAME]`: the lessons on the engine."""

import micrograd.lessons
from micrograd.command import run_command
from micrograd.lessons.command import run


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    return run(micrograd.lessons, arguments)


if __name__ == "__main__":
    run_command(main)
