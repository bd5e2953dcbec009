"""Beside the public micrograd in one environment: one line says what is wrong and what to do."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import micrograd

ROOT = Path(micrograd.__file__).parents[1]
REMEDY = (
    "pip uninstall micrograd micrograd-viz micrograd-makemore, and then install micrograd-makemore again as before "
    "(pip install . in its folder)"
)


def install_ours(site):
    for name in ("micrograd", "makemore"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, site / name, dirs_exist_ok=True, ignore=ignored)


def install_the_public_one(site):
    """Files as it has them: an empty __init__.py, and two modules."""
    (site / "micrograd").mkdir(exist_ok=True)
    (site / "micrograd/__init__.py").write_text("")
    (site / "micrograd/engine.py").write_text("class Value:\n    pass\n")
    (site / "micrograd/nn.py").write_text("from micrograd.engine import Value\n")


def run(line, *sites):
    path = ":".join(map(str, sites))
    environment = {"PYTHONPATH": path, "PATH": "/usr/bin:/bin"}
    return subprocess.run([sys.executable, "-c", line], env=environment, capture_output=True, text=True, cwd="/")


@pytest.mark.parametrize(
    "line",
    [
        "import micrograd.nn",
        "from micrograd import guard",
        "import micrograd.lessons.__main__",
        "import makemore",
        "import makemore.train",
    ],
)
def test_where_the_public_one_came_last_the_import_says_so(line, tmp_path):
    install_ours(tmp_path)
    install_the_public_one(tmp_path)
    done = run(line, tmp_path)
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ImportError: another package named micrograd is installed")
    assert last.endswith(REMEDY)


def test_where_ours_came_last_it_runs_and_warns(tmp_path):
    install_the_public_one(tmp_path)
    install_ours(tmp_path)
    done = run("import makemore, micrograd; print(micrograd.nn.Linear, micrograd.engine.Value(2.0) * 3)", tmp_path)
    assert "Value(data=6.0" in done.stdout
    assert done.stderr.startswith("micrograd:1: UserWarning: another package named micrograd is installed")
    assert done.stderr.endswith(REMEDY + "\n")
    assert done.stderr.count("\n") == 1


def test_where_the_public_one_stands_before_ours_on_the_path_makemore_says_so(tmp_path):
    install_the_public_one(tmp_path)
    done = run("import makemore", tmp_path, ROOT)
    assert done.stderr.splitlines()[-1].endswith(REMEDY)


def test_alone_there_is_nothing_to_say():
    done = run("import micrograd, makemore, makemore.sample", ROOT)
    assert done.stderr == ""
