"""Programs in the style of the lectures run when their import lines are changed, and print what they print on PyTorch.

Each file beside this one is such a program, written for PyTorch; names.txt is in the folder it runs in. All that it
prints is compared, to the character.
"""

import contextlib
import io
import re
from pathlib import Path

import matplotlib
import pytest
from two_libraries import TORCH_RACES

HERE = Path(__file__).parent
PROGRAMS = sorted(path for path in HERE.glob("*.py") if not path.name.startswith("test_"))


def on_micrograd(source: str) -> str:
    """The program with its import lines changed, and nothing else."""
    source = re.sub(r"^import torch$", "import micrograd as torch", source, flags=re.MULTILINE)
    return re.sub(r"^(import|from) torch\.", r"\1 micrograd.", source, flags=re.MULTILINE)


def printed(source: str, program: Path) -> str:
    """All that a program prints, but for addresses."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(source, program, "exec"), {"__name__": "__main__"})
    return re.sub("0x[0-9a-f]+", "0x", out.getvalue())


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_prints_the_same_on_both_libraries(program, tmp_path, monkeypatch):
    matplotlib.use("Agg")
    (tmp_path / "names.txt").write_text((HERE.parent.parent / "data" / "names.txt").read_text())
    monkeypatch.chdir(tmp_path)
    source = program.read_text()
    theirs, mine = printed(source, program), printed(on_micrograd(source), program)
    if not TORCH_RACES:  # PyTorch's samples are other ones on this processor; they come last
        theirs, mine = (text.partition("new names")[0] for text in (theirs, mine))
    assert mine.splitlines() == theirs.splitlines()


def test_no_program_knows_on_which_library_it_runs():
    for program in PROGRAMS:
        source = on_micrograd(program.read_text())
        assert "import micrograd as torch" in source
        assert not re.search(r"import torch|from torch|micrograd\.__|hasattr", source.replace("as torch", ""))
