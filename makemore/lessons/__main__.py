"""`python -m makemore.lessons [NAME]`: the lessons on language models."""

import makemore.lessons
from micrograd.command import run_command
from micrograd.lessons.command import run


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    return run(makemore.lessons, arguments)


if __name__ == "__main__":
    run_command(main)
