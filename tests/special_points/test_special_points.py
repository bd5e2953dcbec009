"""Every function at its special points: what micrograd gives against what PyTorch gave, which `points.json` holds.

The table is in `table`, `draw_up` asks PyTorch, and only the last test here needs PyTorch itself.
"""

import inspect
import json
import operator
from types import ModuleType
from typing import Any

import pytest
from special_points import draw_up, runs, table
from special_points.known import KNOWN
from special_points.saner import SANER

import micrograd
import micrograd.nn.functional

pytestmark = [pytest.mark.filterwarnings("ignore::UserWarning"), pytest.mark.filterwarnings("ignore::RuntimeWarning")]

DATA: dict[str, dict[str, Any]] = json.loads(draw_up.DATA.read_text())
RTOL = {"float32": 1e-5, "float64": 1e-6}  # the data has seven digits

BY_CALL: dict[str, list[table.Case]] = {}
for case in table.CASES:
    BY_CALL.setdefault(case.call, []).append(case)


def names_of(point: dict[str, str], dtype: str) -> tuple[str, str]:
    """What a point of a dtype is called where it differs from others, and where it stands for all floats."""
    return draw_up.point_name(point, dtype), draw_up.point_name(point)


def looked_up(table: dict[str, Any], names: tuple[str, str]) -> Any:
    return table.get(names[0], table.get(names[1]))


def right_answer(call: str, names: tuple[str, str]) -> Any:
    """PyTorch's answer, or the one of the list of what is deliberately saner."""
    saner = looked_up(SANER.get(call, {}), names)
    return looked_up(DATA[call], names) if saner is None else saner.right


def wrong(call: str) -> dict[tuple[str, str], str]:
    """The points of a call at which micrograd gives another answer, with a line that says both."""
    found = {}
    for case in BY_CALL[call]:
        for dtype in case.dtypes:
            for point, answer in zip(case.points, draw_up.answers(micrograd, case, dtype), strict=True):
                names = names_of(point, dtype)
                right = right_answer(call, names)
                if not runs.agree(call, answer, right, RTOL.get(dtype, 0)):
                    found[names] = f"{call} at {names[0]}: {json.dumps(answer)}, and it should be {json.dumps(right)}"
    return found


def points_of(call: str) -> set[tuple[str, str]]:
    return {names_of(point, dtype) for case in BY_CALL[call] for dtype in case.dtypes for point in case.points}


@pytest.mark.parametrize("call", sorted(BY_CALL))
def test_values_and_gradients_are_those_of_pytorch(call):
    found = wrong(call)
    known = {names for names in points_of(call) if set(names) & set(KNOWN.get(call, []))}
    new = [line for names, line in found.items() if names not in known]
    assert not new, "[the result, [the gradients]] of\n" + "\n".join(new)
    mended = sorted([f"{call} at {name}" for name, _ in known - found.keys()])
    assert not mended, f"right now, to be taken out of KNOWN: {mended}"
    if known:
        pytest.xfail(f"{len(known)} known points")


def test_what_is_known_or_saner_is_in_the_table():
    for call, points in [*KNOWN.items(), *SANER.items()]:
        assert set(points) <= {name for names in points_of(call) for name in names}, call


def test_what_is_saner_differs_from_pytorch_and_has_a_reason():
    for call in SANER:
        for names in points_of(call):
            saner = looked_up(SANER[call], names)
            if saner is not None:
                assert not runs.agree(call, saner.right, looked_up(DATA[call], names), 1e-5), f"{call} at {names[0]}"
                assert saner.reason


# The scalar node: PyTorch's numbers, or the error of Python's floats where PyTorch's are not finite.

VALUES = {
    **{f"torch.{name}(x)": getattr(micrograd.Value, name) for name in ("abs", "exp", "log", "sigmoid", "sqrt", "tanh")},
    "torch.relu(x)": micrograd.Value.relu,
    "-x": operator.neg,
    **{f"torch.{name}(x, y)": getattr(operator, name) for name in ("add", "sub", "mul", "pow")},
    "torch.div(x, y)": operator.truediv,
    **{f"x ** {n}": lambda x, n=n: x**n for n in (0, 1, 2, 3, -1, 0.5, -0.5)},
}


@pytest.mark.parametrize("call", VALUES)
def test_a_value_gives_what_pytorch_gives_or_the_error_of_a_float(call):
    for case in [case for case in BY_CALL[call] if case.together]:
        for point in case.points:
            right = right_answer(call, names_of(point, "float64"))
            numbers = [float(runs.numbers(text)) for text in point.values()]
            leaves = [micrograd.Value(number) for number in numbers[:1]] + (
                numbers[1:] if "pow" in call else [*map(micrograd.Value, numbers[1:])]
            )
            try:
                result = VALUES[call](*leaves)
                result.backward()
            except (ZeroDivisionError, ValueError, OverflowError):
                assert "Infinity" in json.dumps(right) or "NaN" in json.dumps(right), f"{call} at {point}"
                continue
            gradients = [leaf.grad for leaf in leaves if isinstance(leaf, micrograd.Value)]
            given = [result.data, gradients]
            assert runs.agree(call, given, [right[0], right[1][: len(gradients)]], 1e-6), f"{call} at {point}: {given}"


# The names that the table need not hold.

# They make tensors, ask about them or move them, and give no gradient.
WITHOUT_GRADIENT = [
    "BoolTensor",
    "ByteTensor",
    "DoubleTensor",
    "FloatTensor",
    "IntTensor",
    "LongTensor",
    "arange",
    "backward",
    "compile",
    "cuda",
    "data_ptr",
    "device",
    "dim",
    "element_size",
    "empty",
    "empty_like",
    "eye",
    "from_dlpack",
    "from_numpy",
    "full",
    "full_like",
    "get_default_device",
    "get_default_dtype",
    "get_num_threads",
    "get_rng_state",
    "grad",
    "grad_fn",
    "histogram",
    "initial_seed",
    "is_contiguous",
    "is_floating_point",
    "is_grad_enabled",
    "is_leaf",
    "is_tensor",
    "item",
    "keep_freed_memory",
    "linspace",
    "load",
    "logspace",
    "manual_seed",
    "multinomial",
    "ndim",
    "nearest",
    "nelement",
    "new_empty",
    "new_full",
    "new_ones",
    "new_zeros",
    "numel",
    "numpy",
    "ones",
    "ones_like",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "randperm",
    "register_hook",
    "register_post_accumulate_grad_hook",
    "requires_grad",
    "requires_grad_",
    "retain_grad",
    "retains_grad",
    "save",
    "seed",
    "set_default_device",
    "set_default_dtype",
    "set_float32_matmul_precision",
    "set_num_threads",
    "set_printoptions",
    "set_rng_state",
    "size",
    "storage",
    "storage_offset",
    "stride",
    "tensor",
    "to_numpy",
    "tolist",
    "untyped_storage",
    "use_deterministic_algorithms",
]

# They are micrograd's own: PyTorch has nothing of the kind to ask.
NOT_OF_PYTORCH = ["causal_self_attention", "draw_dot", "gru", "lstm", "rnn"]


def public() -> set[str]:
    """The functions of micrograd and of nn.functional, and the methods, properties and operators of Tensor."""
    found = set()
    for holder in (micrograd, micrograd.nn.functional, micrograd.Tensor):
        for name in getattr(holder, "__all__", None) or dir(holder):
            thing = inspect.getattr_static(holder, name)
            a_function = callable(thing) or isinstance(thing, property)
            if (
                a_function
                and not isinstance(thing, type | ModuleType)
                and (not name.startswith("_") or name in runs.DUNDERS)
            ):
                found.add(name)
    return found


def mentioned() -> set[str]:
    return set().union(*[runs.names_in(call) for call in BY_CALL])


def test_every_public_function_is_in_the_table():
    assert not public() - mentioned() - {*WITHOUT_GRADIENT, *NOT_OF_PYTORCH}


def test_what_is_left_out_of_the_table_is_there_and_not_in_it():
    assert {*WITHOUT_GRADIENT, *NOT_OF_PYTORCH} <= public() - mentioned()


def test_the_data_is_what_the_script_writes():
    torch = pytest.importorskip("torch")
    assert set(DATA) == set(BY_CALL)
    fresh = draw_up.drawn_up(torch, table.CASES[::7])
    for call, points in fresh.items():
        for name, answer in points.items():
            if name not in SANER.get(call, {}):
                assert runs.alike(answer, looked_up(DATA[call], (name, name)), 1e-5), f"{call} at {name}"
