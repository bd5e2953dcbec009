"""micrograd.lessons: every lesson runs and is true, every exercise knows right from wrong, and the command."""

import importlib
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from lesson_checks import check_hints, check_lesson, check_right, exercises

import micrograd
from micrograd import lessons
from micrograd.command import run_command
from micrograd.compare.runs import NO_PYTORCH
from micrograd.draw import Picture
from micrograd.engine import Value
from micrograd.lessons import batch_norm, broadcasting, chain_rule, dim_of_sum, nudging, own_op
from micrograd.lessons.__main__ import main
from micrograd.lessons.lesson import check, compare_with_pytorch, save

MACHINERY = {"__init__", "__main__", "command", "lesson", "notebook"}


def module_of(name):
    return importlib.import_module(f"micrograd.lessons.{name}")


@pytest.fixture
def command(capsys):
    """Runs the command: command("nudging") gives its status and the lines on stdout and on stderr."""

    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            run_command(lambda: main([str(argument) for argument in arguments]))
        printed = capsys.readouterr()
        return ended.value.code, printed.out.splitlines(), printed.err.splitlines()

    return run


def complaint_of(outcome):
    status, _, lines = outcome
    assert status == 2
    assert len(lines) == 1
    assert lines[0].startswith("error: ")
    return lines[0].removeprefix("error: ")


# The lessons.


def test_every_file_is_in_the_list_of_lessons():
    files = {path.stem for path in Path(lessons.__file__).parent.glob("*.py")}
    assert sorted(files - MACHINERY) == sorted(lessons.LESSONS)


@pytest.mark.parametrize("name", lessons.LESSONS)
def test_a_lesson_runs_through_and_ends_with_pytorch(name, command, tmp_path):
    status, lines, errors = command(name, "-o", tmp_path / "new folder")
    assert (status, errors) == (0, [])
    check_lesson(module_of(name), lines, tmp_path / "new folder")
    compared = [line == f"micrograd beside PyTorch {torch.__version__}" for line in lines]
    four_ways = [line.split() == ["Value", "Tensor", "PyTorch", "differences"] for line in lines]
    assert sum(compared) + sum(four_ways) == 1


@pytest.mark.parametrize("name", lessons.LESSONS)
def test_without_pytorch_a_lesson_says_so_in_a_line(name, command, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    status, lines, _ = command(name, "-o", tmp_path)
    assert status == 0
    assert lines.count(NO_PYTORCH) == 1


def halved(op):
    """The op with half its derivative."""

    def wrong(x):
        y = op(x)
        return Value(y.data, y._prev, y._op, local=tuple([0.5 * slope for slope in y._local]))

    return wrong


def with_a_biased_variance(x, gain, bias):
    mean, var = x.mean(0, keepdim=True), x.var(0, unbiased=False, keepdim=True)
    inverse_std = (var + 1e-5) ** -0.5
    xhat = (x - mean) * inverse_std
    return gain * xhat + bias, (mean, var, inverse_std, xhat)


@pytest.mark.parametrize(
    ("name", "what", "instead"),
    [
        ("nudging", "f", lambda x: 3 * x**2 - 5 * x),
        ("nudging", "quotient", lambda x, h: (nudging.f(x + h) - nudging.f(x - h)) / h),
        ("chain_rule", "neuron", lambda x1, x2, w1, w2, b: x1 * w1 + x2 * w2 + b),
        ("accumulation", "backward_that_overwrites", lambda root: root.backward()),
        ("order", "nearest_first", lambda root: micrograd.engine.topological_order(root)[::-1]),
        ("own_op", "softplus", own_op.softplus_with_a_mistake),
        ("own_op", "softplus", halved(own_op.softplus)),
        ("broken_up_tanh", "broken_up", lambda x: (x.exp() - 1) / (x.exp() + 1)),
        ("broadcasting", "N", micrograd.ones(3, 3)),
        ("dim_of_sum", "x", micrograd.tensor([[1.0, 2.0, 4.0], [10.0, 20.0, 30.0]])),
        ("batch_norm", "batch_norm", with_a_biased_variance),
    ],
)
def test_a_claim_that_is_false_makes_a_lesson_fail(name, what, instead, tmp_path, monkeypatch):
    monkeypatch.setattr(module_of(name), what, instead)
    with pytest.raises(AssertionError, match="this does not hold: "):
        module_of(name).lesson(tmp_path)


def test_a_wrong_derivative_in_the_engine_makes_a_lesson_fail(tmp_path, monkeypatch):
    monkeypatch.setattr(Value, "tanh", halved(Value.tanh))
    with pytest.raises(AssertionError, match=r"this does not hold: w1\.grad"):
        chain_rule.lesson(tmp_path)


# The exercises.

RIGHT = {
    ("nudging", 1): 3 * 2 * 2 - 4,
    ("nudging", 2): "2/3",
    ("chain_rule", 1): -3 * (1 - math.tanh(1) ** 2),
    ("chain_rule", 2): f"{1 - math.tanh(1) ** 2:.3f}",
    ("accumulation", 1): 7,
    ("accumulation", 2): "21",
    ("order", 1): "y, v, u, x",
    ("order", 2): "2*2 + 2",
    ("own_op", 1): "3*x**2",
    ("own_op", 2): 0.9277,
    ("broken_up_tanh", 1): "1 - 0.36",
    ("broken_up_tanh", 2): 0.16,
    ("broadcasting", 1): "(5, 3, 4)",
    ("broadcasting", 2): "1/3",
    ("dim_of_sum", 1): [32, 64],
    ("dim_of_sum", 2): "1",
    ("batch_norm", 1): -2 + 3,
    ("batch_norm", 2): 0,
}
NONSENSE = {str: "one two", int: 12345.5, float: 12345.5, list: [9, 9, 9, 9]}


def test_every_exercise_is_tried_below():
    assert exercises({name: module_of(name) for name in lessons.LESSONS}) == list(RIGHT)


@pytest.mark.parametrize(("name", "number"), RIGHT)
def test_an_exercise_takes_the_right_answer_in_python_and_in_the_shell(name, number, command, capsys):
    answer = RIGHT[name, number]
    check_right(module_of(name), number, answer, capsys)
    words = answer if isinstance(answer, list) else str(answer).split()
    status, lines, _ = command(name, "--answer", number, *words)
    assert status == 0
    assert lines[0].startswith("right: ")


@pytest.mark.parametrize(("name", "number"), RIGHT)
def test_each_wrong_answer_gets_the_hint_that_is_meant_for_it(name, number, capsys):
    exercise = getattr(module_of(name), f"exercise_{number}")
    check_hints(exercise, (lambda x: 17 * x) if callable(exercise.right) else NONSENSE[type(exercise.right)], capsys)


def test_a_wrong_answer_in_the_shell_has_the_status_1(command):
    status, lines, errors = command("nudging", "--answer", 1, "9")
    assert (status, errors) == (1, [])
    assert lines == ["not yet: that is f(2) itself. The slope is how much f changes: (f(2 + h) - f(2)) / h"]


@pytest.mark.parametrize("kind", [np.array, micrograd.tensor, torch.tensor, list, tuple])
def test_an_answer_may_be_an_array_or_a_tensor(kind):
    assert broadcasting.exercise_1(kind([5, 3, 4]))
    assert not broadcasting.exercise_1(kind([5, 1, 4]))


def test_an_answer_may_be_a_number_of_any_kind():
    for answer in (8, 8.0, np.float32(8), micrograd.tensor(8.0, requires_grad=True), torch.tensor([8]), 8.001):
        assert nudging.exercise_1(answer)
    assert not nudging.exercise_1(8.1)


def test_a_formula_may_be_a_function_or_text_and_is_judged_by_what_it_gives():
    for formula in ("3*x**2", "3*x*x", "exp(2*log(x) + log(3))", lambda x: 3 * x * x):
        assert own_op.exercise_1(formula)
    for formula in ("3*x", "12", lambda x: 3 * x**2 + 0.01):
        assert not own_op.exercise_1(formula)


@pytest.mark.parametrize(
    ("exercise", "answer", "words"),
    [
        (nudging.exercise_1, "eight", "'eight' is no number"),
        (nudging.exercise_1, "1/0", "'1/0' is no number"),
        (nudging.exercise_1, "8 8", "'8 8' is no number"),
        (nudging.exercise_1, "", "'' is no number"),
        (nudging.exercise_1, [8, 8], "the answer is one number, not 2"),
        (nudging.exercise_1, None, "the answer is a number, not None"),
        (nudging.exercise_1, math.nan, "the answer is a number, not nan"),
        (broadcasting.exercise_1, object(), "the answer is numbers, not <object"),
        (broadcasting.exercise_1, "5, three", "'three' is no number"),
        (module_of("order").exercise_1, 3, "the answer is words"),
        (own_op.exercise_1, "3*y**2", "a formula in x"),
        (own_op.exercise_1, "import os", "a formula in x"),
    ],
)
def test_an_answer_of_another_kind_is_refused(exercise, answer, words):
    with pytest.raises(ValueError, match=words):
        exercise(answer)


# The command.


def test_without_a_name_the_command_lists_the_lessons(command):
    status, lines, _ = command()
    assert status == 0
    assert [line.split()[0] for line in lines[: len(lessons.LESSONS)]] == list(lessons.LESSONS)
    assert lines[0] == f"  {'nudging':<14}  {nudging.__doc__.splitlines()[0]}"
    assert lines[-1] == "run one: python -m micrograd.lessons nudging"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nudgin"], "there is no lesson 'nudgin'; the nearest is nudging"),
        (["chain-rule"], "there is no lesson 'chain-rule'; the nearest is chain_rule"),
        (["lesson"], "there is no lesson 'lesson'; "),
        (["qqq"], "there is no lesson 'qqq'; there are nudging, chain_rule"),
        (["--answer", "1", "8"], "--answer needs the name of the lesson before it"),
        (["nudging", "--answer"], "--answer takes the number of an exercise of nudging, 1 or 2, and then the answer"),
        (["nudging", "--answer", "1"], "--answer takes the number of an exercise of nudging, 1 or 2"),
        (["nudging", "--answer", "3", "8"], "--answer takes the number of an exercise of nudging, 1 or 2"),
        (["nudging", "--answer", "1", "eight"], "'eight' is no number; write it as 0.25 or 1/4"),
        (["nudging", "--frobnicate"], "there is no flag --frobnicate"),
    ],
)
def test_what_the_command_cannot_use_is_one_line(arguments, words, command):
    assert complaint_of(command(*arguments)).startswith(words)


def test_a_folder_that_cannot_be_made_is_one_line(command, tmp_path):
    (tmp_path / "file").write_text("")
    assert complaint_of(command("nudging", "-o", tmp_path / "file")).startswith(str(tmp_path / "file"))


def test_an_answer_may_be_negative_and_a_fraction(command):
    assert command("nudging", "--answer", "2", "-2/3")[1] == ["not yet: the sign: at -2/3 the slope is -8"]
    assert command("chain_rule", "--answer", "1", "-1.26")[1] == ["right: -1.26"]


def test_the_command_runs_in_a_process_of_its_own(tmp_path):
    run = [sys.executable, "-m", "micrograd.lessons", "accumulation", "--answer", "1", "7"]
    root = Path(micrograd.__file__).parents[1]
    done = subprocess.run(run, cwd=tmp_path, env={"PYTHONPATH": str(root)}, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "right: 7\n", "")


def test_the_picture_of_a_lesson_goes_into_a_folder_for_output(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert command("accumulation")[0] == 0
    assert (tmp_path / "out" / "lessons" / "accumulation.svg").exists()


# What the lessons are made with.


@pytest.mark.parametrize(
    ("found", "relation", "expected", "within"),
    [
        (14.0, "==", 14.0001, 0),
        (14.0, "~", 14.1, 0.05),
        (math.nan, "~", 14.0, 0.05),
        (math.nan, "==", math.nan, 0),
        (1.0, "<", 1.0, 0),
        (1.0, ">", 2.0, 0),
        (1.0, "!=", 1.0, 0),
        ([1.0, 2.0], "==", [1.0, 3.0], 0),
        ([1.0, 2.0], "!=", [1.0, 3.0], 0),
        ([1.0, 2.0], "~", [1.0, 2.0, 3.0], 0.1),
        ([1.0, 2.0], "==", [[1.0], [2.0]], 0),
        (np.zeros(9), "~", np.eye(3).reshape(9), 0.5),
        ("a", "==", "b", 0),
        (False, "==", True, 0),
    ],
)
def test_a_check_that_does_not_hold_is_an_error_with_its_claim(found, relation, expected, within, capsys):
    with pytest.raises(AssertionError, match="this does not hold: the moon is cheese: "):
        check("the moon is cheese", found, relation, expected, within)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("found", "relation", "expected", "words"),
    [
        (14.0, "==", 14, "both 14"),
        (14.001, "~", 14, "14.001 ~ 14, within 0.01"),
        (1, "<", 2.5, "1 < 2.5"),
        (micrograd.tensor([1.0, 2.0]), "==", torch.tensor([1.0, 2.0]), "both [1, 2]"),
        ((3, 1), "!=", [1, 3], "[3, 1] != [1, 3]"),
        (np.zeros(9), "~", np.full(9, 0.001), "9 numbers, at most 0.001 apart, within 0.01"),
        ("a", "==", "a", "a"),
        (True, "==", True, "True"),
    ],
)
def test_a_check_that_holds_prints_its_claim_and_the_two_numbers(found, relation, expected, words, capsys):
    check("so it is", found, relation, expected, 0.01)
    assert capsys.readouterr().out == f"  ok  so it is: {words}\n"


def test_a_function_that_differs_from_pytorch_makes_a_lesson_fail(capsys):
    with pytest.raises(AssertionError, match="micrograd and PyTorch differ"):
        compare_with_pytorch(lambda library, x: x * (2 if library is micrograd else 3), [1.0])
    assert "different" in capsys.readouterr().out


def test_an_expression_that_differs_from_pytorch_makes_a_lesson_fail(monkeypatch):
    monkeypatch.setattr(Value, "tanh", halved(Value.tanh))
    with pytest.raises(AssertionError, match="micrograd and PyTorch differ"):
        compare_with_pytorch("tanh(x)", x=0.5)


def test_where_no_picture_can_be_laid_out_the_lesson_goes_on(command, tmp_path, monkeypatch):
    def svg(self):
        raise OSError("there is nothing to lay it out with")

    monkeypatch.setattr(Picture, "svg", svg)
    status, lines, _ = command("nudging", "-o", tmp_path / "none")
    assert status == 0
    assert "no picture: there is nothing to lay it out with" in lines
    assert not (tmp_path / "none").exists()


def test_a_picture_is_that_of_its_lesson(tmp_path):
    dim_of_sum.lesson(tmp_path)
    batch_norm.lesson(tmp_path)
    assert ">sums<" in (tmp_path / "dim_of_sum.svg").read_text()
    assert ">xhat<" in (tmp_path / "batch_norm.svg").read_text()
    save(micrograd.draw.draw(Value(1.0, label="tiny") * 2), tmp_path / "a" / "b.svg")
    assert ">tiny<" in (tmp_path / "a" / "b.svg").read_text()


def test_the_program_of_batch_norm_adds_up_the_three_parts_of_dx_that_the_lesson_names(command):
    status, lines, _ = command("batch_norm")
    assert status == 0
    program = [line.strip().partition("  # ")[0] for line in lines if line.startswith("    d_x")]
    assert program == ["d_x_2 = np.add(d_sub, d_x)", "d_x_4 = np.add(d_x_3, d_x_2)"]
