"""The README is true: its Python examples give what they show, and its commands run."""

import doctest
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def run(arguments: list[str], folder: Path) -> str:
    done = subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_python_examples_give_what_they_show():
    results = doctest.testfile(str(ROOT / "README.md"), module_relative=False)
    assert results.attempted > 10
    assert results.failed == 0


def test_the_docstrings_examples_give_what_they_show():
    from micrograd import engine

    assert doctest.testmod(engine).failed == 0


def numbers_and_text(text):
    """The numbers of a transcript, and what is around them, without times and paths."""
    text = re.sub(r"from \S+names.txt", "from names.txt", re.sub(r"[\d.]+ s\b", "", text)).strip()
    return [float(number) for number in re.findall(r"\d+\.\d+", text)], re.sub(r"\d+\.\d+", "#", text)


def test_the_transcript_is_what_the_first_command_prints(tmp_path):
    transcript = re.search(r"```text\n(words .*?)```", README, re.DOTALL).group(1)
    printed = run(["-m", "makemore.train"], tmp_path)
    (shown, text), (found, around) = numbers_and_text(transcript), numbers_and_text(printed)
    assert around.split("new words")[0] == text.split("new words")[0]
    # Processors add in different orders, and 200,000 steps make of the last digit the third one of a loss; a
    # perplexity is the exponential of it.
    assert found == pytest.approx(shown, rel=5e-3)
    words = [line.split() for line in around.split("new words")[1].splitlines() if line.startswith("  ")]
    assert len(words) == 20
    assert {mark for _, mark in words} == {"new", "seen"}


def test_the_commands_that_the_readme_shows_run(tmp_path):
    (tmp_path / "cities.txt").write_text("New York\nSt. Paul\nNew Orleans\nParis\nNewark\nLondon\nXqzkw\n" * 20)
    commands = re.findall(r"^\$ python (.*)$", README, re.MULTILINE)
    assert len(commands) == 12
    for command in commands:
        run(shlex.split(command), tmp_path)
    for picture in ("neuron.svg", "steps.html", "out/cities/graph.svg"):
        assert (tmp_path / picture).stat().st_size > 5000


def test_every_flag_the_readme_names_is_there():
    known = run(["-m", "makemore.train", "--help"], ROOT)
    table = README[README.index("| flag of") : README.index("`--help` lists")]
    flags = set(re.findall(r"(?<=`)-{1,2}[a-z][a-z-]*", table))
    assert len(flags) > 12
    assert [flag for flag in flags if flag not in known] == []


def test_the_house_that_the_readme_shows_is_the_one_that_stands():
    shown = README[README.index("    micrograd/  ") : README.index("The benchmarks print")]
    for package in ("micrograd", "makemore"):
        part = shown[shown.index(f"    {package}/  ") :]
        for file in (ROOT / package).glob("*.py"):
            if not file.name.startswith("__"):
                assert file.name in part, f"the README does not show {package}/{file.name}"
