"""The README and its pages are true: their Python examples give what they show, and their commands run."""

import contextlib
import doctest
import io
import re
import runpy
import shlex
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROCESSES = (ROOT / "docs" / "several-processes.md").read_text(encoding="utf-8")
HOUSE = (ROOT / "docs" / "house.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def run(arguments: list[str]) -> str:
    """What `python -m MODULE ...` prints, run in this process and the current folder."""
    module, *words = arguments
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [module, *words])
        for imported in (module, f"{module}.__main__"):  # as in a new process
            patch.delitem(sys.modules, imported, raising=False)
        with pytest.raises(SystemExit) as ended:
            runpy.run_module(module, run_name="__main__", alter_sys=True)
    assert not ended.value.code, printed.getvalue()
    return printed.getvalue()


@pytest.mark.parametrize(("page", "examples"), [("README.md", 20), ("docs/written-programs.md", 12)])
def test_the_python_examples_give_what_they_show(page, examples):
    results = doctest.testfile(str(ROOT / page), module_relative=False)
    assert results.attempted >= examples
    assert results.failed == 0


def test_links_lead_to_files_and_headings_that_are_there():
    def headings(path):
        lines = re.findall("^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
        return {re.sub(r"[^\w -]", "", line).lower().replace(" ", "-") for line in lines}

    links = [(page, link) for page in PAGES for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8"))]
    assert len(links) > 20
    for page, link in links:
        if "//" not in link:
            path, _, heading = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            assert target.exists(), f"{page.name}: {link}"
            assert not heading or heading in headings(target), f"{page.name}: {link}"


def test_the_pictures_and_pages_in_docs_are_shown_somewhere():
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert [path.name for path in (ROOT / "docs").iterdir() if path.name not in text] == []


def test_the_readme_says_in_one_screen_what_this_is_how_to_begin_and_where_all_else_is():
    screen = "\n".join(README.splitlines()[:40])
    for part in (
        "**micrograd** is",
        "**makemore**",
        "pip install -e .",
        "makemore.train",
        "micrograd.draw",
        "![",
        "(docs/",
    ):
        assert part in screen
    assert len(README.splitlines()) <= 350


def test_the_transcript_begins_as_the_first_command_does(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    transcript = re.search(r"```text\n(words .*?)```", README, re.DOTALL).group(1)
    # At a constant rate a run begins as the one in the transcript, whose rate has hardly fallen after 500 steps.
    printed = run(["makemore.train", "--max-steps", "500", "--eval-every", "500", "--schedule", "constant"])

    def lines(text, pattern):
        return re.findall(pattern, re.sub(r"from \S+names.txt", "from names.txt", text), re.MULTILINE)

    for same in (
        r"^(?:words|vocabulary|examples|note|chosen|model) .*$",
        r"^ +(?:loss, nats|train ) .*$",
        r"^.*(?:uniform|counted) .*$",
    ):
        assert lines(printed, same) == lines(transcript, same) != []
    (shown,), (found,) = (lines(text, r"^train loss +([\d.]+) at 0, ([\d.]+) at 500") for text in (transcript, printed))
    # Processors add in different orders, and the rates differ by up to 0.2 percent.
    assert [float(loss) for loss in found] == pytest.approx([float(loss) for loss in shown], rel=5e-3)
    words = lines(printed, r"^  \S+ +(new|seen)$")
    assert (len(words), {*words}) == (20, {"new", "seen"})


def test_the_commands_that_the_readme_shows_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cities.txt").write_text("New York\nSt. Paul\nNew Orleans\nParis\nNewark\nLondon\nXqzkw\n" * 20)
    commands = re.findall(r"^\$ python -m (.*)$", README, re.MULTILINE)
    others = ("\n$ pip install", "\n$ mpiexec")  # see tests/micrograd/test_distributed.py
    assert len(commands) == README.count("\n$ ") - sum(map(README.count, others)) == 14
    for command in commands:
        run(shlex.split(command.replace("--max-steps 20000", "--max-steps 1200")))  # from 1,000 on
    for picture in ("neuron.svg", "steps.html", "out/cities/graph.svg"):
        assert (tmp_path / picture).stat().st_size > 5000


def test_the_page_on_several_processes_names_commands_flags_and_imports_that_are_there():
    commands = re.findall(r"^\$ mpiexec -n \d+ python -m (.*)$", PROCESSES + README, re.MULTILINE)
    assert len(commands) == PROCESSES.count("\n$ mpiexec") + README.count("\n$ mpiexec") == 5
    for command in commands:
        module, *words = shlex.split(command)
        known = run([module, "--help"])
        assert [word for word in words if word.startswith("-") and word not in known] == []
    program = re.search(r"```python\n(.*?)```", PROCESSES, re.DOTALL).group(1)
    compile(program, "the program", "exec")
    imports = re.findall(r"^(?:import|from) .*$", program, re.MULTILINE)
    assert len(imports) == 4
    exec("\n".join(imports), {})


def test_every_flag_the_readme_names_is_there():
    known = run(["makemore.train", "--help"])
    table = README[README.index("| flag of") : README.index("`--help` lists")]
    flags = set(re.findall(r"(?<=`)-{1,2}[a-z][a-z-]*", table))
    assert len(flags) > 12
    assert [flag for flag in flags if flag not in known] == []


def test_the_house_that_its_page_shows_is_the_one_that_stands():
    for package in ("micrograd", "makemore"):
        part = HOUSE[HOUSE.index(f"    {package}/  ") :]
        for file in (ROOT / package).glob("*.py"):
            if not file.name.startswith("__"):
                assert file.name in part, f"docs/house.md does not show {package}/{file.name}"
