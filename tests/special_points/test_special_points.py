"""Every function at its special points: what micrograd gives against what PyTorch gave, which `points.json` holds.

The table is in `table`, `draw_up` asks PyTorch, and only the last test here needs PyTorch itself.
"""

import inspect
import json
import types
from typing import Any

import pytest

import micrograd
import micrograd.nn.functional
from special_points import draw_up, runs, table
from special_points.known import KNOWN
from special_points.saner import SANER

pytestmark = [pytest.mark.filterwarnings("ignore::UserWarning"), pytest.mark.filterwarnings("ignore::RuntimeWarning")]

DATA: dict[str, dict[str, Any]] = json.loads(draw_up.DATA.read_text())
RTOL = {"float32": 1e-5, "float64": 1e-6}  # the data has seven digits

BY_CALL: dict[str, list[table.Case]] = {}
for case in table.CASES:
    BY_CALL.setdefault(case.call, []).append(case)


def expected(call: str, point: dict[str, str], dtype: str) -> Any:
    """What is right: PyTorch's answer, or the one of the list of what is deliberately saner."""
    named, everywhere = draw_up.point_name(point, dtype), draw_up.point_name(point)
    for name in (named, everywhere):
        if (call, name) in SANER:
            return SANER[call, name].right
    answers = DATA[call]
    return answers[named] if named in answers else answers[everywhere]


def wrong(call: str) -> dict[str, str]:
    """The points of a call where micrograd gives another answer, each with both."""
    found = {}
    for case in BY_CALL[call]:
        for dtype in case.dtypes:
            for point, answer in zip(case.points, draw_up.answers(micrograd, case, dtype), strict=True):
                right = expected(call, point, dtype)
                if not runs.agree(answer, right, RTOL.get(dtype, 0)):
                    name = f"{call} at {draw_up.point_name(point, dtype)}"
                    found[name] = f"{name}: {json.dumps(answer)}, and it should be {json.dumps(right)}"
    return found


@pytest.mark.parametrize("call", sorted(BY_CALL))
def test_values_and_gradients_are_those_of_pytorch(call):
    found = wrong(call)
    known = KNOWN.keys() & {f"{call} at {draw_up.point_name(p, d)}" for c in BY_CALL[call] for p in c.points for d in c.dtypes}
    new = [found[name] for name in found if name not in known]
    assert not new, "[the result, [the gradients]] at\n" + "\n".join(new)
    mended = sorted(known - found.keys())
    assert not mended, f"right now, to be taken out of the known ones: {mended}"
    if known:
        pytest.xfail(f"{len(known)} known points")


def test_all_that_is_known_is_in_the_table():
    names = {f"{c.call} at {draw_up.point_name(p, d)}" for c in table.CASES for p in c.points for d in c.dtypes}
    assert not KNOWN.keys() - names


def test_what_is_deliberately_saner_is_another_answer_than_pytorchs_and_has_a_reason():
    for (call, name), saner in SANER.items():
        theirs = DATA[call].get(name, DATA[call].get(name.split(" in ")[0]))
        assert theirs is not None
        assert not runs.alike(saner.right, theirs, 1e-5)
        assert saner.reason


# The names that the table need not hold: they give no gradient, or nothing that depends on the numbers.

WITHOUT_GRADIENT = set()


def public() -> set[str]:
    """The functions of micrograd and of nn.functional, and the methods and operators of Tensor."""
    found = set()
    for holder in (micrograd, micrograd.nn.functional, micrograd.Tensor):
        exported = getattr(holder, "__all__", None) or dir(holder)
        for name in exported:
            thing = inspect.getattr_static(holder, name)
            if isinstance(thing, type | types.ModuleType) or not (callable(thing) or isinstance(thing, property)):
                continue
            if not name.startswith("_") or name.strip("_") in ARITHMETIC:
                found.add(name)
    return found


ARITHMETIC = {side + name for name in runs.OPERATORS.values() for side in ("", "r", "i")}
ARITHMETIC |= {"neg", "abs", "getitem", "setitem", "pos"}


def test_every_public_function_is_in_the_table():
    mentioned = set().union(*[runs.names_in(call) for call in BY_CALL])
    assert public() - mentioned == WITHOUT_GRADIENT


def test_the_data_is_what_the_script_writes():
    torch = pytest.importorskip("torch")
    some = table.CASES[::7]
    fresh = draw_up.drawn_up(torch, some)
    for call, points in fresh.items():
        for name, answer in points.items():
            assert runs.alike(answer, DATA[call][name], 1e-5), (call, name)
