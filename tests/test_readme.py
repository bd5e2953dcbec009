"""The README is true: its Python examples give what they show, and its commands run."""

import doctest
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def run(arguments: list[str], folder: Path) -> str:
    done = subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_python_examples_give_what_they_show():
    results = doctest.testfile(str(ROOT / "README.md"), module_relative=False)
    assert results.attempted > 10
    assert results.failed == 0


def test_the_docstrings_examples_give_what_they_show():
    from micrograd import engine

    assert doctest.testmod(engine).failed == 0


def test_the_transcript_is_what_the_first_command_prints(tmp_path):
    transcript = re.search(r"```text\n(.*?)```", README, re.DOTALL).group(1)

    def without_times_and_paths(text):
        return re.sub(r"from \S+names.txt", "from names.txt", re.sub(r"[\d.]+ s\b", "", text)).strip()

    printed = run(["-m", "makemore.train"], tmp_path)
    assert without_times_and_paths(printed) == without_times_and_paths(transcript)


def test_the_commands_for_a_list_of_ones_own_run(tmp_path):
    (tmp_path / "cities.txt").write_text("New York\nSt. Paul\nNew Orleans\nParis\nNewark\nLondon\nXqzkw\n" * 20)
    commands = re.findall(r"^\$ python (.*)$", README, re.MULTILINE)
    assert len(commands) == 4
    for command in commands:
        run(shlex.split(command), tmp_path)


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
            if not file.name.startswith("__") and file.name not in ("command_line.py", "complaint.py"):
                assert file.name in part, f"the README does not show {package}/{file.name}"
