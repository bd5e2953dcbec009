"""micrograd.compare: what it says of functions on both libraries, and its command."""

import re
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import micrograd
from micrograd.autograd import slopes
from micrograd.command import run_command
from micrograd.compare import Report, compare
from micrograd.compare.__main__ import main
from micrograd.compare.differences import PROBED, STEP, probed
from micrograd.compare.examples import NOT_BY_DIFFERENCES
from micrograd.compare.report import Pair, judge, rounding
from micrograd.ops import OPS

X = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]], np.float32)


@pytest.fixture
def no_pytorch(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)


# Functions on both libraries.


def net(torch, x, w, b, targets):
    h = torch.tanh(x @ w + b)
    return torch.nn.functional.cross_entropy(h, targets), {"h": h}


def net_inputs():
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=shape).astype(np.float32) for shape in [(6, 4), (4, 3), (3,)]]
    return *arrays, rng.integers(0, 3, 6)


def test_a_function_that_agrees_has_a_row_for_its_value_and_each_gradient_inner_ones_too():
    report = compare(net, *net_inputs())
    assert report
    wanted = ["value", "h", "gradient of x", "gradient of w", "gradient of b", "gradient of h"]
    assert [row.name for row in report.rows] == wanted
    assert [row.shape for row in report.rows] == [(), (6, 3), (6, 4), (4, 3), (3,), (6, 3)]
    assert not report.remarks


def test_the_same_bits_are_exact_and_others_are_not():
    assert compare(lambda torch, x: x * 2, X)["value"].verdict == "exact"
    found = compare(lambda torch, x: x * (1 + (torch is micrograd) * 2.0**-22), X)
    assert found["value"].verdict == "approximate"
    assert found["value"].largest > 0


ON_MICROGRAD_ONLY = {
    "its value": lambda here, x: x * (1.001 if here else 1),
    "one element": lambda here, x: x + here * micrograd.tensor([0, 0, 1e-3]) if here else x + 0,
    "its gradient": lambda here, x: x + (x - x.detach()) if here else x * 1,
    "its dtype": lambda here, x: x.double() if here else x * 1,
    "its shape": lambda here, x: x[None] if here else x * 1,
    "nan": lambda here, x: x / x * x + (float("nan") if here else 0),
    "infinity": lambda here, x: x * 1 if here else x + float("inf"),
    "no gradient": lambda here, x: x.detach() if here else x * 1,
}


@pytest.mark.parametrize("name", ON_MICROGRAD_ONLY)
def test_a_report_is_false_when_anything_differs(name):
    report = compare(lambda torch, x: ON_MICROGRAD_ONLY[name](torch is micrograd, x), X)
    assert not report
    assert any(row.verdict == "different" for row in report.rows)
    assert "different" in str(report)


def test_a_report_is_true_only_if_each_single_row_agrees():
    rows = compare(net, *net_inputs()).rows
    for i in range(len(rows)):
        changed = [*rows[:i], rows[i]._replace(verdict="different"), *rows[i + 1 :]]
        assert not Report("", changed, ("here", "there"))
    assert Report("", rows, ("here", "there"))


def test_a_difference_is_shown_with_its_place_and_both_numbers():
    def fn(torch, x):
        return x * (torch.tensor([1, 1, 3.0]) if torch is micrograd else 1)

    row = compare(fn, X)["value"]
    assert (row.at, row.largest, row.mine, row.theirs) == ((0, 2), 4.0, 6.0, 2.0)
    assert "value at [0, 2]: 6 on micrograd, 2 on PyTorch" in str(compare(fn, X))


def test_two_numbers_that_differ_late_are_shown_to_the_digit_that_differs():
    def fn(torch, x):
        return x * (1 + (torch is micrograd) * 1e-9)

    text = str(compare(fn, np.array(1.0)))
    assert "value: 1.000000001 on micrograd, 1 on PyTorch" in text


@pytest.mark.parametrize(
    "give", [np.array, np.ndarray.tolist, torch.tensor, micrograd.tensor], ids=lambda f: f.__name__
)
def test_inputs_may_be_arrays_lists_and_tensors_of_either_library_and_stay_as_they_are(give):
    def fn(torch, x):
        x = x * 1
        x[0] = 3
        return (x * x).sum()

    x = give(X)
    before = x.tolist() if hasattr(x, "tolist") else [list(row) for row in x]
    report = compare(fn, x)
    assert report
    assert report["gradient of x"].shape == (2, 3)
    assert (x.tolist() if hasattr(x, "tolist") else x) == before
    assert getattr(x, "grad", None) is None


def test_inputs_may_be_numbers_and_only_floats_get_a_gradient():
    report = compare(lambda torch, a, i, mask: torch.where(mask, a * i, a), 2.5, 3, [True, False])
    assert report
    assert [row.name for row in report.rows] == ["value", "gradient of a"]


def test_names_are_those_that_the_function_gives_or_the_user():
    def fn(torch, w, *rest):
        return w * rest[0] + rest[1]

    assert [row.name for row in compare(fn, 1.0, 2.0, 3.0).rows][1:] == [
        "gradient of w",
        "gradient of rest[0]",
        "gradient of rest[1]",
    ]
    assert [row.name for row in compare(fn, 1.0, 2.0, 3.0, names=["a", "b", "c"]).rows][1:] == [
        f"gradient of {name}" for name in "abc"
    ]


def test_an_input_that_is_not_used_has_no_gradient_on_either_side():
    report = compare(lambda torch, x, y: x * 2, X, X)
    assert report
    assert report["gradient of y"].remark == "no gradient on either side"


def test_the_table_is_aligned_and_has_a_form_for_notebooks():
    report = compare(net, *net_inputs(), names=["x<y", "weights", "b", "t"])
    _, *lines = str(report).splitlines()
    starts = {line.index(word) for line, word in zip(lines, ["shape", *["["] * (len(lines) - 1)], strict=True)}
    assert len(starts) == 1
    html = report._repr_html_()
    assert html.count("<tr>") == 1 + len(report.rows)
    assert "gradient of x&lt;y" in html
    assert "<y" not in html


# Which op is the first to differ.


def tanh_with_a_wrong_derivative(x):
    out = np.tanh(x)
    return out, lambda g: g * (1 - out)


def tanh_with_a_wrong_value(x):
    out = np.tanh(x) * 1.01
    return out, lambda g: g * (1 - out * out)


def mm_that_forgets_to_transpose(x, y):
    return x @ y, lambda g: g @ y.T, lambda g: np.abs(x.T) @ g


def add_that_counts_twice(x, y, alpha):
    return x + y, lambda g: g, lambda g: g + g


def reciprocal_with_a_wrong_derivative(x):
    out = 1 / x
    return out, lambda g: -g * out


def mm_without_a_derivative(x, y):
    return x @ y, None, lambda g: x.T @ g


FAULTS = {
    "tanh": [tanh_with_a_wrong_derivative, tanh_with_a_wrong_value],
    "mm": [mm_that_forgets_to_transpose, mm_without_a_derivative],
    "add": [add_that_counts_twice],
}


@pytest.mark.parametrize(("op", "fault"), [(op, fault) for op, faults in FAULTS.items() for fault in faults])
def test_a_faulty_op_is_named(op, fault, monkeypatch):
    monkeypatch.setattr(OPS[op], "forward", fault)
    report = compare(net, *net_inputs())
    assert not report
    if "value" in fault.__name__:
        assert report.remarks[-1].startswith(f"{op} (")
        assert "is the first op whose result differs" in report.remarks[-1]
    else:
        assert report.remarks[-1].startswith(
            "all results agree; going back, the first gradient that differs is that of"
        )
        assert f"It comes through {op} (" in report.remarks[-1]


def test_a_faulty_op_that_pytorch_does_in_another_way_is_named(monkeypatch):
    monkeypatch.setattr(OPS["reciprocal"], "forward", reciprocal_with_a_wrong_derivative)
    report = compare(lambda torch, x: 2 / (x * x), X)
    assert not report
    assert "It comes through reciprocal (" in report.remarks[-1]


def test_what_differs_outside_of_the_graph_is_not_blamed_on_an_op():
    report = compare(lambda torch, x: (x if torch is micrograd else x.detach()) * 1 + x, X)
    assert not report
    assert "the first gradient that differs is that of input x" in report.remarks[-1]
    assert "or one side is detached" in report.remarks[-1]


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_listening_leaves_no_trace(monkeypatch):
    monkeypatch.setattr(OPS["tanh"], "forward", tanh_with_a_wrong_value)
    compare(net, *net_inputs())
    assert micrograd.graph.observer.operation is None


# What is refused.


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: compare(3), TypeError, "compare takes a function, fn.torch, x, y., or a dict"),
        (lambda: compare(lambda torch, x: 3, 1.0), TypeError, "fn has to return a tensor.*it returned a int"),
        (lambda: compare(lambda torch, x: (x, x), 1.0), TypeError, "it returned a tuple of Tensor, Tensor"),
        (lambda: compare(lambda torch, x: x, None), TypeError, "input x is a NoneType, not a tensor"),
        (lambda: compare(lambda torch, x: x, "abc"), TypeError, "input x is a str, not a tensor"),
        (lambda: compare(lambda torch, x: x, np.array([1j])), TypeError, "input x holds complex128"),
        (lambda: compare(lambda torch, x: x, 1.0, names=["x", "y"]), ValueError, "give a list of 1 names"),
        (lambda: compare(lambda torch, x: x, 1.0, names="x"), ValueError, "give a list of 1 names"),
        (lambda: compare(lambda torch, x, y: x + y, [1.0, 2.0], [1.0, 2.0, 3.0]), RuntimeError, "size of tensor a .2."),
        (lambda: compare(lambda torch, x: x, 1.0)["h"], KeyError, "the rows are value, gradient of x"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_line(call, error, words):
    with pytest.raises(error, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_an_error_of_the_function_says_on_which_library_it_was_raised():
    with pytest.raises(ZeroDivisionError) as caught:
        compare(lambda torch, x: x if torch is micrograd else 1 / 0, 1.0)
    assert caught.value.__notes__ == ["raised while the function that is compared ran on torch"]


def test_inner_tensors_have_to_be_the_same_ones_on_both_libraries():
    with pytest.raises(ValueError, match="fn names other inner tensors on micrograd than on PyTorch"):
        compare(lambda torch, x: (x * 1, {torch.__name__: x}), 1.0)


# When two numbers agree.


@given(st.integers(1, 200), st.integers(0, 2**16), st.sampled_from([np.float32, np.float64]))
def test_sums_in_two_orders_agree_and_one_percent_more_does_not(n, seed, dtype):
    terms = np.random.default_rng(seed).normal(size=(n, 7)).astype(dtype)
    forth, back = terms[0].copy(), terms[-1].copy()
    for i in range(1, n):
        forth += terms[i]
        back += terms[-1 - i]
    tolerance = rounding([terms])
    assert judge([Pair("", forth, back)], *tolerance)[0].verdict != "different"
    assert judge([Pair("", forth * dtype(1.01), back)], *tolerance)[0].verdict == "different"


# Finite differences.


def test_slopes_of_both_sides_are_the_derivative_and_leave_the_array_as_it_was():
    array = np.random.default_rng(0).normal(size=(3, 4))
    before = array.copy()
    left, right = slopes(lambda: float(np.sin(array).sum()), array, STEP)
    np.testing.assert_allclose((left + right) / 2, np.cos(before).reshape(-1), atol=1e-9)
    np.testing.assert_allclose(right - left, -STEP * np.sin(before).reshape(-1), atol=1e-4)
    assert (array == before).all()


def test_the_slopes_at_a_kink_are_two():
    array = np.zeros((1, 2)).T  # not in order in memory
    assert slopes(lambda: float(np.abs(array).sum()), array, STEP, [1]).tolist() == [[-1], [1]]


def test_of_a_large_array_only_some_elements_are_tried():
    array = np.ones(1000)
    positions = probed(array)
    assert len(set(positions.tolist())) == len(positions) == PROBED
    np.testing.assert_allclose(
        slopes(lambda: float((array * array).sum()), array, STEP, positions).mean(0), 2, atol=1e-6
    )


def test_without_pytorch_finite_differences_take_its_place(no_pytorch, monkeypatch):
    report = compare(net, *net_inputs())
    assert report
    assert [row.name for row in report.rows] == ["gradient of x", "gradient of w", "gradient of b"]
    assert str(report).startswith("micrograd beside finite differences")
    assert "pip install torch" in str(report)
    monkeypatch.setattr(OPS["tanh"], "forward", tanh_with_a_wrong_derivative)
    assert not compare(net, *net_inputs())


# The command.


def test_the_command_compares_every_op_and_all_agree(capsys):
    assert main([]) == 0
    title, head, *rows, last = capsys.readouterr().out.splitlines()
    assert title == f"micrograd beside PyTorch {torch.__version__}"
    assert head.split()[:2] == ["op", "cases"]
    assert [row.split()[0] for row in rows] == list(OPS)
    assert all(row.endswith("  agrees") for row in rows)
    assert last.startswith(f"{len(OPS)} of {len(OPS)} ops agree, in ")


def test_the_command_finds_a_faulty_op_and_ends_with_status_1(capsys, monkeypatch):
    monkeypatch.setattr(OPS["tanh"], "forward", tanh_with_a_wrong_derivative)
    assert main(["exp", "tanh"]) == 1
    out = capsys.readouterr().out
    n = 2 * len(OPS["exp"].examples)
    assert re.search(rf"^exp +{n} .* agrees$", out, re.MULTILINE)
    assert re.search(rf"^tanh +{2 * len(OPS['tanh'].examples)} .* different$", out, re.MULTILINE)
    assert f"in the example {OPS['tanh'].examples[0]}, in float32" in out
    assert "It comes through tanh (TanhBackward0)" in out
    assert out.splitlines()[-1] == f"1 of 2 ops agree, in {n + 2 * len(OPS['tanh'].examples)} cases; not tanh"


def test_the_command_runs_without_pytorch(capsys, no_pytorch):
    assert main(["tanh", "layer_norm"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("micrograd beside finite differences")
    assert "pip install torch" in out


@pytest.mark.usefixtures("no_pytorch")
def test_every_op_agrees_with_finite_differences(capsys):
    assert main([]) == 0
    *_, last = capsys.readouterr().out.splitlines()
    tried = [op for op in OPS.values() if any(not _has_a_word(example) for example in op.examples)]
    assert last.startswith(f"{len(tried)} of {len(OPS)} ops agree")
    assert len(tried) >= len(OPS) - 6  # of isnan and the like there is no example without an infinity


def _has_a_word(example):
    return any(word in example for word in NOT_BY_DIFFERENCES)


def test_the_command_compares_the_ops_that_are_named(capsys):
    assert main(["exp", "mm"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("2 of 2 ops agree")


def test_the_command_is_there():
    words = [sys.executable, "-m", "micrograd.compare", "expp"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert done.stderr.startswith("error: there is no op 'expp'; the nearest is exp")


def expression(capsys, *arguments):
    """The status of the command for an expression, and its rows by their first word."""
    status = main(["--expression", *arguments])
    lines = capsys.readouterr().out.splitlines()
    return status, {line.split()[0]: line.split()[1:] for line in lines[2:]}


def test_an_expression_is_worked_out_four_ways(capsys):
    status, rows = expression(capsys, "(a*b+c).tanh()", "a=2", "b=-3", "c=6.9")
    assert status == 0
    slope = 1 - np.tanh(0.9) ** 2
    expected = {"value": np.tanh(0.9), "d/da": -3 * slope, "d/db": 2 * slope, "d/dc": slope}
    assert list(rows)[:4] == list(expected)
    for name, number in expected.items():
        np.testing.assert_allclose([float(cell) for cell in rows[name]], number, rtol=1e-7)
        assert len(rows[name]) == 4


def test_an_expression_needs_no_pytorch(capsys, no_pytorch):
    status, rows = expression(capsys, "a*b", "a=2", "b=-3")
    assert status == 0
    assert rows["d/da"] == ["-3", "-3", "-3"]
    assert rows["PyTorch"][:3] == ["is", "not", "installed;"]


@pytest.mark.parametrize("text", ["relu(a)", "abs(a) + 2*a", "a.relu()*100000"])
def test_at_a_kink_there_are_two_slopes_and_the_gradient_is_between_them(text, capsys):
    status, rows = expression(capsys, text, "a=0")
    assert status == 0
    assert "left," in rows["d/da"]


def test_a_smooth_expression_has_one_slope(capsys):
    for text, at in [("exp(9*a)", 2), ("1/a", 0.01), ("100000*sin(a)", 3), ("a**2", 0), ("a**3 - a", 1e6)]:
        status, rows = expression(capsys, text, f"a={at}")
        assert status == 0
        assert len(rows["d/da"]) == 4


def test_a_faulty_op_shows_in_an_expression(capsys, monkeypatch):
    monkeypatch.setattr(OPS["tanh"], "forward", tanh_with_a_wrong_derivative)
    assert expression(capsys, "tanh(a)", "a=0.5")[0] == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["tanhh"], "there is no op 'tanhh'; the nearest is tanh"),
        (["a=3"], "there is no op 'a=3'"),
        (["--expression", "a*b", "a=2"], "nothing stands for it; give b=..."),
        (["--expression", "a*b", "a=2", "b"], "'b' gives no name a number; write it as a=2"),
        (["--expression", "a*b", "a=2", "b=x"], "'b=x' gives no name a number"),
        (["--expression", "a", "a=1", "c=2"], "'c' is not in the expression"),
        (["--expression", "a*", "a=2"], "a* is no expression"),
        (["--expression", "log(a)", "a=0"], "the logarithm needs a number above zero"),
        (["--expression", "a**0.5", "a=0"], "has a derivative that is infinite"),
        (["--expression"], "expected one argument"),
        (["--ops"], "there is no flag --ops"),
    ],
)
def test_what_makes_no_sense_ends_the_command_with_a_line_and_status_2(arguments, words, capsys):
    with pytest.raises(SystemExit) as ended:
        run_command(lambda: main(arguments))
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert words in error
    assert error.count("\n") == 1
