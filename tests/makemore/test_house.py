"""What of makemore imports what, and what a run makes once."""

import ast
import builtins
import dis
import inspect
import subprocess
import sys
from pathlib import Path

from makemore import data
from makemore.language_model import words_drawn
from makemore.models.mlp import MLP

FOLDER = Path(data.__file__).parent
COMMANDS = {"train", "sample", "score", "draw", "export", "ladder", "tune"}


def imports_of(path):
    """The modules of makemore that a file imports, wherever it does."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("makemore"):
            names = node.module.split(".")[1:2] or [alias.name for alias in node.names]
            found |= set(names)
    return found


def test_no_module_imports_a_command():
    for path in FOLDER.rglob("*.py"):
        assert not imports_of(path) & COMMANDS, path


def test_models_know_no_files_and_no_runs():
    for path in (FOLDER / "models").glob("*.py"):
        assert imports_of(path) <= {"data", "models"}, path


def test_exporting_is_known_to_its_command_alone():
    for path in FOLDER.rglob("*.py"):
        assert "exporting" not in imports_of(path) or path.parent.name == "exporting" or path.stem == "export", path


def test_lessons_and_lectures_are_known_to_nobody():
    for path in FOLDER.rglob("*.py"):
        assert not imports_of(path) & {"lessons", "lectures"} or path.parent.name in ("lessons", "lectures"), path


def test_what_an_exported_file_copies_whole_needs_numpy_alone():
    def globals_of(code):
        found = {step.argval for step in dis.get_instructions(code) if step.opname == "LOAD_GLOBAL"}
        return found.union(*[globals_of(inner) for inner in code.co_consts if inspect.iscode(inner)])

    assert globals_of(words_drawn.__code__) - {*dir(builtins)} == {"np", "MOST_CACHED"}


def test_no_two_modules_need_each_other():
    modules = {path.stem: imports_of(path) for path in FOLDER.glob("*.py")}
    for folder in {path.parent for path in FOLDER.glob("*/*.py")}:
        modules[folder.name] = set().union(*map(imports_of, folder.glob("*.py"))) - {folder.name}

    def needs(name, above=()):
        assert name not in above, " -> ".join([*above, name])
        for other in modules.get(name, ()):
            needs(other, (*above, name))

    for name in modules:
        needs(name)


def test_what_takes_long_to_load_is_loaded_when_it_is_needed():
    code = "import makemore.train, makemore.tune, sys; print({'matplotlib', 'optuna', 'torch'} & {*sys.modules})"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "set()\n"


def test_a_run_makes_its_model_once(command, short_list, tmp_path, monkeypatch):
    made, make = [], MLP.__init__
    monkeypatch.setattr(MLP, "__init__", lambda self, *sizes, **more: made.append(self) or make(self, *sizes, **more))
    flags = ["--type", "mlp", "--n-embd2", 8, "--max-steps", 20]
    assert command("train", "-i", short_list, "-o", tmp_path / "run", *flags).status == 0
    assert len(made) == 1
