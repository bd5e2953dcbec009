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
    found = [Cell("markdown", f"# {heading}\n{rest}".strip())]
    end = parts[0].end_lineno or 0
    definitions: list[list[str]] = []
    for part in parts[1:]:
        text, first = lines[end : part.end_lineno], end
        end = part.end_lineno or 0
        if not isinstance(part, ast.FunctionDef):
            if not definitions or any(lines[i].strip() for i in range(first, part.lineno - 1)) or len(text) > 2:
                definitions.append([])
            definitions[-1] += text
        elif part.name != "lesson":
            definitions.append(text)
        else:
            break  # what follows are the exercises, with their answers
    found += [Cell("code", dedent("\n".join(text)).strip()) for text in definitions]
    return [*found, *_steps(part.body, lines), *_exercises(lesson)]


def _steps(body: Sequence[ast.stmt], lines: list[str]) -> Iterator[Cell]:
    """What a function does: prose that it prints as text, and the rest as code, a cell up to each empty line."""
    code: list[str] = []
    end = body[0].lineno - 1

    def cell() -> Iterator[Cell]:
        if any(line.strip() for line in code):
            yield Cell("code", dedent("\n".join(code)).strip("\n"))
        code.clear()

    prose: list[str] = []
    for statement in body:
        text = lines[end : statement.end_lineno]
        end = statement.end_lineno or 0
        called = statement.value if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call) else None
        name = called.func.id if called is not None and isinstance(called.func, ast.Name) else ""
        said = _said(called) if name == "print" and called is not None else None
        if not text[0].strip() or said is not None:
            yield from cell()
        if said is not None:
            prose.append(said)
            continue
        if prose:
            yield Cell("markdown", " ".join(prose))
            prose.clear()
        if name == "save" and called is not None:  # the picture shows itself
            code.append(" " * statement.col_offset + ast.unparse(called.args[0]))
            yield from cell()
        else:
            code += text
    yield from cell()
    if prose:
        yield Cell("markdown", " ".join(prose))


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
