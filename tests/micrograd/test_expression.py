"""Expressions as text: what they give is what Python gives for the same line, and everything else is one clear line."""

import math
import random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import micrograd
from micrograd import Value
from micrograd.expression import DEEPEST, FUNCTIONS, LONGEST, ExpressionError, evaluate, names

NAMES = ("a", "b", "x_1")
NUMBER = st.floats(0.25, 3) | st.floats(-3, -0.25)
CONSTANTS = {"K": 2.0, "L": 0.5, "M": 1e-3}


# What an expression is made of; powers, logarithms and quotients only where they are numbers.
FORMS = [
    *[
        "({} + {})",
        "({} - {})",
        "{} * ({})",
        "(-({}))",
        "({}) ** 2",
        "1 / (({}) ** 2 + 1.5)",
        "({}) ** -2.0 / ({}) ** -2.0",
    ],
    *[
        "({}).tanh()",
        "sigmoid({})",
        "relu({})",
        "abs({})",
        "exp(tanh({}))",
        "sqrt(({}) ** 2 + 1)",
        "log(sigmoid({}) + 1)",
    ],
    *["sin({})", "({}).cos()", "2 ** ({}).tanh()"],
]


def text_of(rng, depth):
    """A random expression."""
    if depth == 0:
        return rng.choice([*NAMES, *CONSTANTS])
    form = rng.choice(FORMS)
    return form.format(*[text_of(rng, depth - 1) for _ in range(form.count("{}"))])


IN_PYTORCH = {name: getattr(torch, name) for name in FUNCTIONS}


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 10**9), depth=st.integers(1, 4), numbers=st.tuples(*[NUMBER] * 3))
def test_an_expression_gives_what_python_gives_and_the_gradients_are_those_of_torch(seed, depth, numbers):
    with_letters = text = text_of(random.Random(seed), depth)
    for letter, number in CONSTANTS.items():
        text = text.replace(letter, str(number))
    values = {name: Value(x) for name, x in zip(NAMES, numbers, strict=True) if name in names(text)}
    leaves = {name: torch.tensor(x.data, dtype=torch.float64, requires_grad=True) for name, x in values.items()}
    try:
        mine = evaluate(text, values)
    except ExpressionError:  # 0 ** -2
        return
    theirs = evaluate(text, leaves)
    theirs_data = theirs.item() if leaves else theirs
    # An error in the last place grows with every function that follows.
    mine_data = mine.data if isinstance(mine, Value) else mine
    assert mine_data == pytest.approx(theirs_data, rel=1e-9, abs=1e-12)
    assert evaluate(text, {name: x.data for name, x in values.items()}) == mine_data
    if leaves:
        constants = {letter: torch.tensor(number, dtype=torch.float64) for letter, number in CONSTANTS.items()}
        python = eval(with_letters, IN_PYTORCH | leaves | constants)  # the text is ours
        # Constants are numbers in the one and tensors in the other; PyTorch rounds some powers of these differently.
        assert theirs.item() == pytest.approx(python.item(), rel=1e-9, abs=1e-12)
        mine.backward()
        theirs.backward()
        gradients = {name: float(leaf.grad) for name, leaf in leaves.items()}
        assert {name: x.grad for name, x in values.items()} == pytest.approx(gradients, rel=1e-8, abs=1e-10)


@pytest.mark.parametrize("library", [micrograd, torch])
def test_tensors_have_their_own_functions_and_the_matrix_product(library):
    x, w = library.tensor([[1.0, 2.0], [3.0, 4.0]]), library.tensor([[1.0], [-1.0]])
    assert evaluate("tanh(x @ W).sum()", {"x": x, "W": w}).item() == (x @ w).tanh().sum().item()
    assert evaluate("mean(x) + x.max()", {"x": x}).item() == 6.5


def test_numbers_are_floats():
    assert isinstance(evaluate("2 * 3", {}), float)
    assert evaluate("7 / 2 ** 2", {}) == 1.75


def test_names_come_in_order_of_appearance_and_once():
    assert names("b * (a + exp(b)).tanh() * c") == ["b", "a", "c"]
    assert names("-(x2) ** x1 @ y") == ["x2", "x1", "y"]
    assert names("1 + 2") == []


WRONG = {
    "__import__('os')": "no function",
    "__import__('os').system('true')": "no function",
    "a.data": "a.data is not known",
    "a.__class__": "not known",
    "a.tanh": "not known",
    "a[0]": "a[0] is not known",
    "(1, 2)": "not known",
    "lambda: 1": "not known",
    "a if a else a": "not known",
    "[a for a in a]": "not known",
    "a < 2": "a < 2 is not known",
    "a // 2": "not known",
    "a % 2": "not known",
    "~a": "not known",
    "not a": "not known",
    "a and a": "not known",
    "f'{a}'": "not known",
    "'a'": "not known",
    "1j": "not known",
    "True": "not known",
    "(a := 2)": "not known",
    "a = 2": "is no expression",
    "a b": "is no expression",
    "(a": "is no expression",
    "a +": "is no expression",
    "a\0": "is no expression",
    "a\nb": "is no expression",
    "": "empty",
    "   ": "empty",
    "eval(a)": "eval(a) is no function",
    "a(2)": "no function",
    "a.item()": "no function",
    "tanh": "tanh(x)",
    "tanh()": "one operand",
    "tanh(a, a)": "one operand",
    "tanh(x=a)": "one operand",
    "a.sum(0)": "one operand",
    "tanh(*a)": "not known",
    "9**9**9": "larger than the largest float",
    "a**1e300": "larger than the largest float",
    "exp(exp(a))*exp(1000)": "larger than the largest float",
    "1e999": "larger than the largest float",
    "9" * 1900: "larger than the largest float",
    "1 / (a - a)": "by zero",
    "0 ** -1": "negative power",
    "(-8) ** 0.5": "not a real number",
    "log(a - a)": "above zero",
    "sqrt(-a)": "not negative",
    "sum(a)": "no sum",
    "a @ a": "unsupported",
    "a + b": "'b'",
    "2": "'a' is not in the expression",
    "(" * 10_000 + "a" + ")" * 10_000: "2,000 characters",
    "(" * 900 + "a" + ")" * 900: "too deeply",
    "-" * 1900 + "a": "too deeply",
    "tanh(" * 250 + "a" + ")" * 250: "too deeply",
    "a+" * (DEEPEST + 1) + "a": "too deeply",
    "a" * (LONGEST + 1): "2,000 characters",
}


@pytest.mark.parametrize("text", WRONG, ids=lambda text: ascii(text[:30]))
def test_anything_else_is_one_line(text):
    with pytest.raises(ExpressionError) as raised:
        evaluate(text, {"a": Value(5.0)} if "a" in text or text == "2" else {})
    message = str(raised.value)
    assert WRONG[text] in message
    assert "\n" not in message
    assert len(message) < 400


def test_as_many_operations_as_promised_go_inside_each_other():
    assert evaluate("a+" * (DEEPEST - 1) + "a", {"a": 1.0}) == DEEPEST


def test_shapes_that_do_not_fit_are_one_line():
    with pytest.raises(ExpressionError, match=r"x \+ y: .*2.*3"):
        evaluate("x + y", {"x": micrograd.ones(2), "y": micrograd.ones(3)})


def test_infinity_of_a_variable_is_let_through():
    assert evaluate("a + 1", {"a": math.inf}) == math.inf
