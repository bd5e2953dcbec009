"""The lessons as notebooks: what the file has, cell by cell, and two of them are executed."""

import ast
import importlib
import inspect
import sys

import pytest

import makemore.lessons
import micrograd.lessons
from micrograd.command import run_command
from micrograd.lessons.__main__ import main
from micrograd.lessons.notebook import cells, write

nbformat = pytest.importorskip("nbformat", reason="it writes notebooks: pip install nbformat")

LESSONS = [
    importlib.import_module(f"{package.__name__}.{name}")
    for package in (micrograd.lessons, makemore.lessons)
    for name in package.LESSONS
]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.__name__)
def test_a_notebook_has_every_step_of_its_lesson_and_no_answers(lesson):
    made = cells(lesson)
    code = ast.parse("\n".join([cell.text for cell in made if cell.kind == "code"]))
    done = {ast.unparse(statement) for statement in code.body}
    body = ast.parse(inspect.getsource(lesson)).body
    steps = next(part.body for part in body if isinstance(part, ast.FunctionDef) and part.name == "lesson")
    left = [ast.unparse(step) for step in steps if ast.unparse(step) not in done]
    assert all(step.startswith(("print('", 'print("', "save(")) for step in left)
    assert sum(step.startswith("save(") for step in left) == sum(
        cell.text.split("\n")[-1].startswith("draw(") for cell in made
    )
    said = "".join([cell.text for cell in made if cell.kind == "markdown"])
    assert all(exercise.__doc__.split(".")[0] in said for exercise in (lesson.exercise_1, lesson.exercise_2))
    assert not any("Exercise(" in ast.unparse(statement) for statement in code.body)


def test_the_command_writes_one_or_all_and_they_are_the_same_every_time(tmp_path, capsys):
    for folder in ("one", "all"):
        arguments = ["--notebook", str(tmp_path / folder)] + (["nudging"] if folder == "one" else [])
        assert main(arguments) == 0
        assert capsys.readouterr().out.startswith(f"saved {tmp_path / folder / 'nudging.ipynb'}\n")
    assert sorted(path.stem for path in (tmp_path / "all").iterdir()) == sorted(micrograd.lessons.LESSONS)
    one, same = (tmp_path / folder / "nudging.ipynb" for folder in ("one", "all"))
    assert one.read_bytes() == same.read_bytes()
    nbformat.validate(nbformat.read(one, 4))


def test_without_nbformat_one_line_says_what_to_install(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "nbformat", None)
    with pytest.raises(SystemExit) as ended:
        run_command(lambda: main(["nudging", "--notebook", str(tmp_path)]))
    assert ended.value.code == 2
    assert capsys.readouterr().err == "error: to make notebooks: pip install 'micrograd-makemore[notebooks]'\n"


def test_two_of_them_run_from_top_to_bottom_and_show_their_pictures(tmp_path):
    nbclient = pytest.importorskip("nbclient", reason="it runs notebooks: pip install nbclient ipykernel")
    pytest.importorskip("ipykernel", reason="it runs notebooks: pip install nbclient ipykernel")
    names = ("micrograd.lessons.nudging", "makemore.lessons.one_hot")
    one, other = (nbformat.read(write(importlib.import_module(name), tmp_path), 4) for name in names)
    one.cells += other.cells  # in one kernel, which takes a while to start
    nbclient.NotebookClient(one, timeout=120).execute()
    outputs = [output for cell in one.cells if cell.cell_type == "code" for output in cell.outputs]
    pictures = [output.data for output in outputs if output.output_type == "execute_result"]
    assert len(pictures) == 2
    assert all("<title>" in picture["text/html"] for picture in pictures)
    assert all(picture["text/plain"].startswith("<Compute graph of ") for picture in pictures)
    assert "ok  x.grad: both 14" in "".join([output.text for output in outputs if output.output_type == "stream"])
