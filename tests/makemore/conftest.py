"""What the tests of makemore share: word lists, and the commands run here or in a process of their own."""

import contextlib
import importlib
import io
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import NamedTuple

import pytest

import micrograd
from makemore import data, plots
from micrograd import command as endings

ROOT = Path(data.__file__).resolve().parents[1]


class Outcome(NamedTuple):
    """How a command ended: its status and what it printed."""

    status: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """The one line on stderr, beside any progress bar, of a command that has to fail with status 2."""
        lines = [line for line in self.err.splitlines() if line.strip() and not line.startswith("training:")]
        assert self.status == 2, self
        assert len(lines) == 1, self.err
        assert lines[0].startswith("error: ")
        assert self.err.endswith(lines[0] + "\n")
        return lines[0].removeprefix("error: ")


def run_here(name: str, *arguments: object) -> Outcome:
    """Run `python -m makemore.<name>` with these arguments, without starting a process. A traceback is raised."""
    main = importlib.import_module(f"makemore.{name}").main
    out, err = io.StringIO(), io.StringIO()
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.redirect_stdout(out))
        stack.enter_context(contextlib.redirect_stderr(err))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("error", RuntimeWarning)  # it would be a line more on stderr
        ended = stack.enter_context(pytest.raises(SystemExit))
        endings.run_command(lambda: main([str(argument) for argument in arguments]))
    return Outcome(ended.value.code or 0, out.getvalue(), err.getvalue())


def process_of(name: str, *arguments: object, cwd: Path, output: str = "utf-8", **options: object) -> subprocess.Popen:
    """Start `python -m makemore.<name>` with these arguments in the folder cwd, its output in pipes and so encoded."""
    words = [sys.executable, "-m", f"makemore.{name}", *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": output}
    return subprocess.Popen(
        words, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", **options
    )


def run_process(name: str, *arguments: object, cwd: Path, **options: object) -> Outcome:
    """Run `python -m makemore.<name>` to its end in a process of its own."""
    process = process_of(name, *arguments, cwd=cwd, **options)
    out, err = process.communicate(timeout=120)
    return Outcome(process.returncode, out, err)


# Where a test says no type, its run is of a bigram, which takes a fraction of a second.


def of_a_bigram(name: str, arguments: tuple) -> list[str]:
    """The arguments, with --type bigram before them where they begin a run and say no type."""
    words = [str(argument) for argument in arguments]
    said = {"--type", "--resume", "--sample-only", "--help"} & {*words}
    return words if said or name != "train" else ["--type", "bigram", *words]


@pytest.fixture(scope="session")
def command():
    """Runs a command in this process: command("train", "-n", 3) gives its Outcome."""
    return lambda name, *arguments: run_here(name, *of_a_bigram(name, arguments))


@pytest.fixture(scope="session")
def start_process():
    """Starts a command in a process of its own."""
    return lambda name, *arguments, **options: process_of(name, *of_a_bigram(name, arguments), **options)


@pytest.fixture(scope="session")
def process():
    """Runs a command in a process of its own: process("train", "-n", 3, cwd=folder) gives its Outcome."""
    return lambda name, *arguments, **options: run_process(name, *of_a_bigram(name, arguments), **options)


@pytest.fixture
def real_pictures():
    """For a test whose runs draw their pictures."""


PICTURES = [
    name for name, function in vars(plots).items() if getattr(function, "__annotations__", {}).get("return") is bytes
]


@pytest.fixture(autouse=True)
def quick_pictures(request, monkeypatch):
    """Pictures are left empty, but for real_pictures, since drawing takes longer than all the rest of a run."""
    if "real_pictures" not in request.fixturenames:
        for name in PICTURES:
            monkeypatch.setattr(plots, name, lambda *what, **how: b"")


@pytest.fixture
def compiled():
    """For a test whose runs are compiled."""


@pytest.fixture(autouse=True)
def quick_steps(request, monkeypatch):
    """Steps are not compiled, but for `compiled`: recording one takes longer than a test's few do."""
    if "compiled" not in request.fixturenames:
        monkeypatch.setattr(micrograd, "compile", lambda function: function)


@pytest.fixture(scope="session")
def names() -> list[str]:
    """The names that come with the package."""
    return data.WordList(data.bundled_names()).words()


@pytest.fixture(scope="session")
def short_list(names, tmp_path_factory) -> Path:
    """A file of real names of six letters only, on which a run takes a fraction of a second, pictures included."""
    path = tmp_path_factory.mktemp("lists") / "short.txt"
    path.write_text("".join([name + "\n" for name in names if set(name) <= set("aeilmn")]))
    return path
