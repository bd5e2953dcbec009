"""What an editor knows of the two packages: the stubs are up to date, and type checkers find no error in a project."""

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import micrograd
from micrograd.ops import stubs

EXAMPLE = Path(__file__).parent / "example.py"
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
    "torch.ones(2).dtype": "dtype",
    "torch.nn.functional.cross_entropy(torch.ones(2, 3), torch.tensor([0, 1]))": "Tensor",
    "torch.nn.functional.one_hot(torch.tensor([0, 1]), num_classes=3)": "Tensor",
    "torch.manual_seed(1)": "Generator",
    "torch.no_grad()": "no_grad",
    "torch.__version__": "str",
}


def run(*command, folder):
    return subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "MYPYPATH": str(ROOT), "PYTHONPATH": str(ROOT)},
    )


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    """What each type checker says of three files: its status, and its lines."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copy(EXAMPLE, folder)
    lines = ["import micrograd as torch", *[f"reveal_type({expression})" for expression in TYPES]]
    (folder / "revealed.py").write_text("\n".join(lines), encoding="utf-8")
    (folder / "wrong.py").write_text("import micrograd as torch\ntorch.zeroes(3)\ntorch.ones(3).half_of()\n", "utf-8")
    files = ("example.py", "revealed.py", "wrong.py")

    @cache
    def said(checker):
        return checker(files, folder).stdout.splitlines()

    return said


def mypy(files, folder):
    pytest.importorskip("mypy")
    # What is wrong inside the packages, their own settings tell: `mypy` in CI.
    return run(sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", *files, folder=folder)


def pyright(files, folder):
    program = shutil.which("pyright")
    if program is None:
        pytest.skip("needs pyright, as by npm install --global pyright")
    return run(program, "--pythonpath", sys.executable, *files, folder=folder)


def test_the_stubs_are_what_the_script_writes():
    for path, text in stubs.stubs().items():
        assert path.read_text(encoding="utf-8") == text, f"{path} is old: run python -m micrograd.ops.stubs"


def test_the_stubs_know_every_function_and_method():
    package, functional, methods = stubs.stubs().values()
    for name in micrograd.ops.TORCH:
        assert f"def {name}(" in package or f"{name} as {name}" in package or f"\n{name}: " in package or "__" in name
    for name in micrograd.ops.FUNCTIONAL:
        assert f"def {name}(" in functional
    for name in dir(micrograd.Tensor):
        known = f"def {name}(" in methods or f"    {name}: " in methods
        assert known or name.startswith("_") or name in Path(micrograd.tensors.__file__).read_text(encoding="utf-8")


each_checker = pytest.mark.parametrize("checker", [mypy, pyright])


@each_checker
def test_a_type_checker_finds_no_error_in_the_example(checked, checker):
    assert not [line for line in checked(checker) if "example.py" in line]


@each_checker
def test_a_type_checker_sees_what_an_expression_is(checked, checker):
    for line, (expression, kind) in enumerate(TYPES.items(), 2):
        said = next(text for text in checked(checker) if f"revealed.py:{line}:" in text)
        assert said.rstrip('"]').split('"')[-1].split(".")[-1] == kind, (expression, said)


@each_checker
def test_a_type_checker_names_what_is_not_there(checked, checker):
    wrong = [line for line in checked(checker) if "wrong.py" in line]
    assert [name for name in ("zeroes", "half_of") if any(f'"{name}"' in line for line in wrong)] == [
        "zeroes",
        "half_of",
    ]
    assert len(wrong) == 2, wrong


def test_the_example_runs(tmp_path):
    done = run(sys.executable, EXAMPLE, tmp_path, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "head.weight" in done.stdout
