"""What the commands share: how they end when the user can put something right."""

import _thread
import argparse
import difflib
import io
import math
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NoReturn


class UsageError(ValueError):
    """Something the user gave cannot be used. The message is one line: what is wrong, and what to do about it."""


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, in one line, and exit with status 2. A flag that is not there gets the nearest that is."""
        what, found, unknown = message.partition("unrecognized arguments: ")
        if found and not what:
            name = unknown.split()[0].partition("=")[0]
            message = f"there is no {'flag' if name.startswith('-') else 'argument'} {name}"
            message += nearest(name, self._option_string_actions)
            if "--input-file" in self._option_string_actions and Path(name).is_file():
                message += f"; a list of words is given as -i {name}"
        self.exit(2, f"error: {message} (--help lists the flags)\n")


def nearest(name: str, names: Iterable[str], cutoff: float = 0.6) -> str:
    """The end of a message on a name that is not there: "; the nearest is add", or nothing."""
    near = difflib.get_close_matches(name, names, 1, cutoff)
    return f"; the nearest is {near[0]}" if near else ""


def shown_path(path: Path) -> Path:
    """The path as seen from the current folder, where it is inside."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def not_empty(text: str) -> str:
    """The type of a flag that names a file or a folder. Raises ArgumentTypeError where nothing is named."""
    if not text:
        raise argparse.ArgumentTypeError("a name is expected, and it is empty")
    return text


def assignments(words: Iterable[str]) -> dict[str, float]:
    """Words such as a=2 as numbers by name. Raises UsageError for anything else, and for a name that comes twice."""
    found: dict[str, float] = {}
    for word in words:
        name, _, text = word.partition("=")
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not name.isidentifier() or not math.isfinite(number):
            raise UsageError(f"{word!r} gives no name a number; write it as a=2")
        if name in found:
            raise UsageError(f"{name} is given twice")
        found[name] = number
    return found


def run_command(main: Callable[[], int]) -> NoReturn:
    """Run a command and exit with its status; what the user can put right ends it with one line and status 2.

    SIGTERM, which `kill` and a machine that goes down send, is taken as Ctrl-C.
    """
    is_program = main.__module__ == "__main__"  # and no test, whose process lives on
    try:
        try:
            if is_program:
                signal.signal(signal.SIGINT, signal.default_int_handler)
                signal.signal(signal.SIGTERM, signal.default_int_handler)
                sys.unraisablehook = _ask_again
            status = _status_of(main)
        finally:
            if is_program:  # what is left to do is to end, and a signal has nothing to add
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        status = 130
    raise SystemExit(status)


def _ask_again(unraisable: Any) -> None:
    """Python drops a KeyboardInterrupt where nothing can be raised, such as in a weakref's callback: raise it later."""
    if issubclass(unraisable.exc_type, KeyboardInterrupt):
        threading.Timer(0.05, _thread.interrupt_main).start()
    else:
        sys.__unraisablehook__(unraisable)


def _status_of(main: Callable[[], int]) -> int:
    for stream in (sys.stdout, sys.stderr):  # a terminal that lacks a character shows another, and nothing breaks
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        status = main()
        if sys.stdout is not None:  # it may be closed
            sys.stdout.flush()
    except UsageError as error:  # a name in it may have line ends
        print(f"error: {' '.join(str(error).splitlines())}", file=sys.stderr)
        status = 2
    except BrokenPipeError:  # the reader closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 141  # what a shell says of a program that SIGPIPE ended
    except OSError as error:
        what = f"{error.filename or 'file'}: {error.strerror}" if error.strerror else str(error)
        print(f"error: {what}", file=sys.stderr)
        status = 2
    except MemoryError as error:
        print(f"error: not enough memory ({error}); take smaller batches, or a smaller model", file=sys.stderr)
        status = 2
    return status
