"""A lesson as a Jupyter notebook: its file, cut into cells where it has empty lines, with its prose as text."""

import ast
import inspect
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from typing import NamedTuple

from micrograd.command import UsageError
from micrograd.lessons.lesson import exercises
from micrograd.rules.files import write_whole


class Cell(NamedTuple):
    """A cell of a notebook: "markdown" or "code", and what is in it."""

    kind: str
    text: str


def write(lesson: ModuleType, folder: Path) -> Path:
    """Write the notebook of a lesson into a folder; its path.

    Raises UsageError without nbformat, OSError where it cannot be written.
    """
    try:
        from nbformat import v4, writes
    except ImportError:
        raise UsageError("to make notebooks: pip install 'micrograd-makemore[notebooks]'") from None
    new = {"markdown": v4.new_markdown_cell, "code": v4.new_code_cell}
    made = [new[cell.kind](cell.text, id=f"cell-{i}") for i, cell in enumerate(cells(lesson))]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{lesson.__name__.rpartition('.')[2]}.ipynb"
    write_whole(path, f"{writes(v4.new_notebook(cells=made, metadata=kernel))}\n".encode())
    return path


def cells(lesson: ModuleType) -> list[Cell]:
    """The title, what the lesson imports and defines, its steps, and its exercises without the answers."""
    source = inspect.getsource(lesson)
    lines, parts = source.splitlines(), ast.parse(source).body
    heading, _, rest = inspect.cleandoc(lesson.__doc__ or "").partition("\n")
    function = next(part for part in parts if isinstance(part, ast.FunctionDef) and part.name == "lesson")
    definitions = "\n".join(lines[parts[0].end_lineno : function.lineno - 1]).strip().split("\n\n\n")
    found = [Cell("markdown", f"# {heading}\n{rest}".strip()), *[Cell("code", text) for text in definitions]]
    return [*found, *_steps(function.body, lines), *_exercises(lesson)]  # without what follows: the answers


def _steps(body: Sequence[ast.stmt], lines: list[str]) -> Iterator[Cell]:
    """What a function does: prose that it prints as text, and the rest as code, a cell up to each empty line."""
    found: list[tuple[str, list[str]]] = []
    end, ended = body[0].lineno - 1, True
    for statement in body:
        text = lines[end : statement.end_lineno]
        end = statement.end_lineno or 0
        call = statement.value if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call) else None
        name = call.func.id if call is not None and isinstance(call.func, ast.Name) else ""
        said = _said(call) if name == "print" and call is not None else None
        kind = "code" if said is None else "markdown"
        if not found or kind != found[-1][0] or (said is None and (ended or not text[0].strip())):
            found.append((kind, []))
        if name == "save" and call is not None:  # the picture shows itself
            text = [" " * statement.col_offset + ast.unparse(call.args[0])]
        found[-1][1].extend(text if said is None else [said])
        ended = name == "save"
    for kind, text in found:
        yield Cell(kind, dedent("\n".join(text)).strip("\n") if kind == "code" else " ".join(text))


def _said(call: ast.Call) -> str | None:
    """The sentence that a call of print prints; None for numbers, and for the head of a table."""
    if len(call.args) != 1 or not isinstance(call.args[0], ast.Constant) or call.keywords:
        return None
    text = str(call.args[0].value).strip("\n")
    return None if text.startswith(" ") else re.sub(r"([\\`*_{}\[\]<>#|$~])", r"\\\1", text)


def _exercises(lesson: ModuleType) -> Iterator[Cell]:
    package, _, name = lesson.__name__.rpartition(".")
    for number, exercise in exercises(lesson).items():
        yield Cell("markdown", f"## Exercise {number}\n\n{exercise.__doc__}")
        yield Cell("code", f"from {package} import {name}\n\n# {name}.exercise_{number}(your answer)")
