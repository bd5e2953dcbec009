"""Value, the scalar node: every operation against PyTorch's float64, and the rules of the graph."""

import gc
import math
import operator
import random
import weakref

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import micrograd
from micrograd.engine import Value, topological_order

some = settings(max_examples=100, deadline=None)

NUMBER = st.floats(-100, 100, allow_subnormal=False)
POSITIVE = st.floats(1e-3, 1e3)
NOT_ZERO = st.one_of(st.floats(1e-3, 100), st.floats(-100, -1e-3))
MODEST = st.floats(-30, 30, allow_subnormal=False)
EXPONENT = st.floats(-4, 4, allow_subnormal=False)


def dot(a, b, c, d, bias):
    """a*c + b*d + bias on either library."""
    if any(isinstance(x, Value) for x in (a, b, c, d, bias)):
        return Value.dot([a, b], [c, d], bias)
    return bias + a * c + b * d


# name: the operation, written once for both libraries, and a strategy for each of its inputs.
OPS = {
    "a + b": (operator.add, NUMBER, NUMBER),
    "a - b": (operator.sub, NUMBER, NUMBER),
    "a * b": (operator.mul, NUMBER, NUMBER),
    "a / b": (operator.truediv, NUMBER, NOT_ZERO),
    "a ** b": (operator.pow, POSITIVE, EXPONENT),
    "a ** 3": (lambda a: a**3, NUMBER),
    "a ** 1": (lambda a: a**1, NUMBER),
    "a ** 0": (lambda a: a**0, NUMBER),
    "a ** -2": (lambda a: a**-2, NOT_ZERO),
    "a ** 0.5": (lambda a: a**0.5, POSITIVE),
    "-a": (operator.neg, NUMBER),
    "exp": (lambda a: a.exp(), MODEST),
    "log": (lambda a: a.log(), POSITIVE),
    "sqrt": (lambda a: a.sqrt(), POSITIVE),
    "tanh": (lambda a: a.tanh(), NUMBER),
    "sigmoid": (lambda a: a.sigmoid(), NUMBER),
    "relu": (lambda a: a.relu(), NUMBER),
    "a.abs()": (lambda a: a.abs(), NUMBER),
    "abs(a)": (abs, NUMBER),
    "dot": (dot, NUMBER, NUMBER, NUMBER, NUMBER, NUMBER),
    # Composed: a variable on several paths, operations inside operations.
    "softmax": (lambda a, b, c: a.exp() / (a.exp() + b.exp() + c.exp()), MODEST, MODEST, MODEST),
    "neuron": (lambda a, b, c: (a * b + c).tanh() * a - (a * b).sigmoid(), MODEST, MODEST, MODEST),
    "distance": (lambda a, b: ((a - b) ** 2 + 2 * a * a + 1 / (b * b + 3)).sqrt(), MODEST, MODEST),
    "entropy": (lambda a: -(a.sigmoid() * a.sigmoid().log() + (1 - a.sigmoid()) * (1 - a.sigmoid()).log()), EXPONENT),
    "power of itself": (lambda a: a ** (a / 1000) + 2**-a, POSITIVE),
}


def on_values(function, numbers, wrapped):
    """The result of the function on Values, then the gradients; an input that is not wrapped stays a plain number."""
    inputs = [Value(x) if wrap else x for x, wrap in zip(numbers, wrapped, strict=True)]
    out = function(*inputs)
    out.backward()
    return [out.data, *(x.grad for x in inputs if isinstance(x, Value))]


def on_torch(function, numbers, wrapped):
    """The same on float64 tensors."""
    inputs = [
        torch.tensor(x, dtype=torch.float64, requires_grad=True) if wrap else x
        for x, wrap in zip(numbers, wrapped, strict=True)
    ]
    out = function(*inputs)
    out.backward()
    return [out.item(), *(x.grad.item() for x in inputs if isinstance(x, torch.Tensor))]


# Two mathematics libraries may differ by a few last places (1e-16 each); where such results are subtracted, as in
# tanh's derivative 1 - tanh(x)**2, that error stays absolute, hence abs beside rel.
close = {"rel": 1e-12, "abs": 1e-13}


@pytest.mark.parametrize("name", OPS)
@some
@given(data=st.data())
def test_value_and_gradients_of_every_operation_are_those_of_torch(name, data):
    function, *strategies = OPS[name]
    numbers = data.draw(st.tuples(*strategies))
    wrapped = [True] * len(numbers)
    # In "neuron" tanh's derivative, and its error, is multiplied by up to a * a, some hundreds.
    allowed = close | ({"abs": 1e-12} if name == "neuron" else {})
    assert on_values(function, numbers, wrapped) == pytest.approx(on_torch(function, numbers, wrapped), **allowed)


@pytest.mark.parametrize("wrapped", [(True, False), (False, True)], ids=["Value with number", "number with Value"])
@pytest.mark.parametrize("name", ["a + b", "a - b", "a * b", "a / b", "a ** b"])
@some
@given(data=st.data())
def test_a_number_may_stand_on_either_side_of_a_value(name, wrapped, data):
    function, *strategies = OPS[name]
    numbers = data.draw(st.tuples(*strategies))
    assert on_values(function, numbers, wrapped) == pytest.approx(on_torch(function, numbers, wrapped), **close)


@pytest.mark.parametrize("name", ["a * b", "a / b", "a ** b", "log", "sqrt", "tanh", "sigmoid", "softmax", "distance"])
@some
@given(numbers=st.tuples(*[st.floats(0.1, 3)] * 3))
def test_gradients_are_the_slopes_that_finite_differences_measure(name, numbers):
    function, *strategies = OPS[name]
    numbers = numbers[: len(strategies)]
    _, *gradients = on_values(function, numbers, [True] * len(numbers))
    step = 1e-5
    for i, gradient in enumerate(gradients):
        right, left = ([Value(x + sign * step * (i == j)) for j, x in enumerate(numbers)] for sign in (1, -1))
        measured = (function(*right).data - function(*left).data) / (2 * step)
        # A central difference is off by step**2 / 6 times the third derivative, and by the last places over the step.
        assert gradient == pytest.approx(measured, rel=1e-6, abs=1e-8)


# A program of exact operations on small integers: no rounding, so every order of adding up gives the same bits.
EXACT = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "square": lambda a, b: a**2,
    "neg": lambda a, b: -a,
    "relu": lambda a, b: a.relu(),
    "abs": lambda a, b: abs(a),
}
INSTRUCTION = st.tuples(st.sampled_from(list(EXACT)), st.integers(0, 99), st.integers(0, 99))


@settings(max_examples=200, deadline=None)
@given(numbers=st.tuples(*[st.integers(-2, 2).map(float)] * 3), program=st.lists(INSTRUCTION, min_size=1, max_size=5))
def test_any_composed_expression_has_exactly_the_gradients_of_torch(numbers, program):
    def run(*inputs):
        made = list(inputs)
        for name, i, j in program:
            made.append(EXACT[name](made[i % len(made)], made[j % len(made)]))
        return made[-1] + 0 * sum(inputs)  # the zero ties in every input, for torch has no gradient of an unused one

    assert on_values(run, numbers, [True] * 3) == on_torch(run, numbers, [True] * 3)


@pytest.mark.parametrize("name", ["relu", "abs(a)"])
def test_at_the_kink_the_derivative_is_zero_as_in_torch(name):
    function = OPS[name][0]
    assert on_values(function, [0.0], [True]) == [0.0, 0.0] == on_torch(function, [0.0], [True])


@pytest.mark.parametrize("x", [-1e308, -1000.0, -745.0, 745.0, 1000.0, 1e308])
@pytest.mark.parametrize("name", ["tanh", "sigmoid"])
def test_functions_that_are_bounded_survive_inputs_of_any_size(name, x):
    function = OPS[name][0]
    assert on_values(function, [x], [True]) == pytest.approx(on_torch(function, [x], [True]), abs=1e-300)


def test_zero_to_the_power_of_a_value_has_a_gradient_of_zero_as_in_torch():
    def power(a, b):
        return a**b

    assert on_values(power, [0.0, 2.0], [True, True]) == on_torch(power, [0.0, 2.0], [True, True]) == [0.0] * 3


def test_a_negative_number_may_be_raised_to_a_whole_value():
    assert (Value(-2.0) ** Value(3.0)).data == -8.0
    assert ((-2.0) ** Value(2.0)).data == 4.0


# What a Value is.


def test_a_value_starts_with_gradient_zero_and_says_what_it_holds():
    assert repr(Value(2)) == "Value(data=2.0, grad=0)"
    assert repr(Value(-0.5, label="x")) == "Value(data=-0.5, grad=0)"
    assert type(Value(2).data) is float
    assert Value(2, label="x").label == "x"


def test_a_result_knows_its_inputs_and_its_operation():
    a, b = Value(2.0), Value(3.0)
    assert (a * b)._prev == (a, b)
    outs = [a + b, a - b, a * b, a / b, a**b, a**2, a.relu()]
    assert [out._op for out in outs] == ["+", "-", "*", "/", "**", "**2", "ReLU"]
    assert (a._prev, a._op) == ((), "")


def test_comparisons_look_at_the_numbers():
    two, three = Value(2.0), Value(3.0)
    assert two < three
    assert two <= three
    assert three > two
    assert three >= two
    assert two <= Value(2.0)
    assert two >= Value(2.0)
    assert not two < Value(2.0)
    assert not two > Value(2.0)
    assert two < 2.5 < three
    assert 2 <= two <= 2
    assert max([two, three, Value(1.0)]) is three


def test_a_value_is_no_float_so_that_math_exp_cannot_leave_the_graph():
    for function in (float, math.exp):
        with pytest.raises(TypeError, match=r"write v\.exp\(\), or v\.data"):
            function(Value(2.5))


def test_equality_and_hash_are_those_of_the_object():
    a, b = Value(2.0), Value(2.0)
    assert a == a
    assert a != b
    assert len({a, b, a}) == 2
    assert hash(a) == object.__hash__(a)


NUMPY_NUMBERS = [np.float64(2), np.float32(2), np.float16(2), np.int64(2), np.int32(2), np.uint8(2), np.array(2.0)]


@pytest.mark.parametrize("two", NUMPY_NUMBERS, ids=lambda two: f"{two.dtype}, {type(two).__name__}")
def test_numbers_of_numpy_become_floats_on_either_side(two):
    for name in ("a + b", "a - b", "a * b", "a / b", "a ** b"):
        function = OPS[name][0]
        for left, right in ((two, Value(3)), (Value(3), two)):
            out = function(left, right)
            assert type(out) is Value
            assert type(out.data) is float
            assert out.data == function(*[x.data if type(x) is Value else float(x) for x in (left, right)])
    assert two < Value(3)
    assert not two > Value(3)
    assert Value(3) > two
    assert type(Value(two).data) is float
    assert type(Value.dot([two], [Value(3)], two).data) is float


def test_numbers_of_numpy_that_are_put_into_data_raise_what_floats_raise():
    x = Value(1.0)
    x.data = np.float64(0.0)
    with pytest.raises(ZeroDivisionError, match=r"0\.0\*\*-1"):
        _ = x**-1
    x.data = np.float64(1e200)
    with pytest.raises(OverflowError, match=r"1e\+200\*\*2"):
        _ = x**2
    x.data = np.float64(1e-200)
    with pytest.raises(ZeroDivisionError, match="larger than the largest float"):
        (x**-1).backward()


# Backward.


def test_a_variable_used_twice_gets_the_sum():
    a = Value(3.0)
    (a + a).backward()
    assert a.grad == 2.0


def test_a_variable_on_several_paths_gets_the_sum_over_the_paths():
    a, b = Value(-2.0), Value(3.0)
    d, e = a * b, a + b
    f = d * e
    f.backward()
    assert (a.grad, b.grad) == (-3.0, -8.0)
    assert (d.grad, e.grad, f.grad) == (1.0, -6.0, 1.0)


def test_backward_on_a_leaf_adds_one_to_its_gradient():
    a = Value(3.0)
    a.backward()
    assert a.grad == 1.0
    a.backward()
    assert a.grad == 2.0


def test_a_second_backward_adds_one_more_gradient_to_leaves_and_leaves_inner_nodes_at_the_last():
    a, b = Value(-2.0), Value(3.0)
    d = a * b
    f = d * d + a
    for times in (1, 2, 3):
        f.backward()
        assert (a.grad, b.grad) == (times * -35.0, times * 24.0)
        assert (d.grad, f.grad) == (-12.0, 1.0)


def test_two_roots_over_one_graph_accumulate_in_the_leaves():
    a = Value(3.0)
    square = a * a
    (2 * square).backward()
    (5 * square).backward()
    assert a.grad == 42.0
    assert square.grad == 5.0


def test_zero_grad_clears_the_whole_graph():
    a, b = Value(-2.0), Value(3.0)
    f = (a * b + a).tanh()
    f.backward()
    f.zero_grad()
    assert [node.grad for node in topological_order(f)] == [0] * len(topological_order(f))
    f.backward()
    once = a.grad
    assert once != 0
    f.zero_grad()
    f.backward()
    assert a.grad == once


def random_graph(seed, size=60):
    """Leaves and root of a graph in which every node may be used any number of times."""
    rng = random.Random(seed)
    leaves = [Value(rng.uniform(-1, 1)) for _ in range(5)]
    nodes = list(leaves)
    for _ in range(size):
        a, b = rng.choices(nodes, k=2)
        nodes.append(rng.choice([a + b, a - b, a * b, a.tanh(), -a, Value.dot([a, b], [b, 0.5], a).tanh()]))
    return leaves, sum(nodes)


@pytest.mark.parametrize("seed", range(5))
def test_the_topological_order_has_each_node_once_after_all_that_it_was_made_from(seed):
    _, root = random_graph(seed)
    order = topological_order(root)
    place = {node: i for i, node in enumerate(order)}
    assert len(place) == len(order)
    assert order[-1] is root
    for node in order:
        for parent in node._prev:
            assert place[parent] < place[node]


@pytest.mark.parametrize("seed", range(5))
def test_calling_backward_of_each_node_by_hand_gives_what_backward_gives(seed):
    leaves, root = random_graph(seed)
    root.backward()
    expected = [node.grad for node in topological_order(root)]
    root.zero_grad()
    root.grad = 1.0
    for node in reversed(topological_order(root)):
        node._backward()
    assert [node.grad for node in topological_order(root)] == expected
    assert all(leaf.grad for leaf in leaves)


def test_the_lectures_neuron_by_hand_gives_the_lectures_numbers():
    x1, x2, w1, w2, b = Value(2.0), Value(0.0), Value(-3.0), Value(1.0), Value(6.8813735870195432)
    x1w1, x2w2 = x1 * w1, x2 * w2
    both = x1w1 + x2w2
    n = both + b
    o = n.tanh()
    o.grad = 1.0
    for node in (o, n, b, both, x2w2, x1w1):
        node._backward()
    assert o.data == pytest.approx(math.sqrt(0.5))
    assert [n.grad, b.grad, both.grad] == pytest.approx([0.5] * 3)
    assert [x1.grad, w1.grad, x2.grad, w2.grad] == pytest.approx([-1.5, 1.0, 0.5, 0.0])


# Operations of one's own.


def sin_by_closure(x):
    out = Value(math.sin(x.data), (x,), "sin")

    def _backward():
        x.grad += math.cos(x.data) * out.grad

    out._backward = _backward
    return out


def times_by_closure(x, other):
    out = Value(x.data * other.data, (x, other), "*")

    def _backward():
        x.grad += other.data * out.grad
        other.grad += x.data * out.grad

    out._backward = _backward
    return out


def sin_by_local(x):
    return Value(math.sin(x.data), (x,), "sin", local=(math.cos(x.data),))


@pytest.mark.parametrize("sin", [sin_by_closure, sin_by_local])
@some
@given(a=EXPONENT, b=EXPONENT)
def test_an_operation_of_ones_own_mixes_with_those_that_are_there(sin, a, b):
    def on_either(sin, times, a, b):
        return sin(times(a, b) + a).exp() * times(a, a) - sin(b)

    found = on_values(lambda a, b: on_either(sin, times_by_closure, a, b), [a, b], [True] * 2)
    assert found == pytest.approx(
        on_torch(lambda a, b: on_either(torch.sin, torch.mul, a, b), [a, b], [True] * 2), **close
    )


def test_a_backward_that_is_set_by_hand_is_called_on_leaves_too():
    w, seen = Value(2.0), []
    w._backward = lambda: seen.append(w.grad)
    (w * 3).backward()
    (w * 3).backward()
    assert seen == [3.0, 6.0]
    x, square = Value(3.0), Value(9.0)  # an operation that names no inputs
    square._backward = lambda: setattr(x, "grad", x.grad + 2 * x.data * square.grad)
    square.backward()
    assert x.grad == 6.0


def test_an_operation_without_derivatives_is_an_error_that_says_so():
    x = Value(1.0)
    out = Value(math.sin(1.0), (x,), "sin") * 2
    with pytest.raises(RuntimeError, match=r"'sin' has 1 inputs and 0 local derivatives.*local=.*_backward"):
        out.backward()


def test_too_few_derivatives_are_an_error():
    out = Value(6.0, (Value(2.0), Value(3.0)), "times", local=(3.0,))
    with pytest.raises(RuntimeError, match="'times' has 2 inputs and 1 local derivatives"):
        out.backward()


# Size and memory.


@pytest.mark.parametrize("nodes", [50_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_a_chain_of_a_million_nodes_works(nodes):
    x = Value(1.0)
    out = x
    for _ in range(nodes):
        out = -out
    out.backward()
    assert (out.data, x.grad) == (1.0, 1.0)


@pytest.mark.parametrize("backward", [False, True], ids=["forward only", "after backward"])
def test_a_graph_is_freed_the_moment_its_last_name_goes_without_the_garbage_collector(backward):
    gc.collect()
    gc.disable()
    try:
        leaves, root = random_graph(0)
        if backward:
            root.backward()
        nodes = [weakref.ref(node) for node in topological_order(root)]
        assert len(nodes) > 60
        del root
        alive = {node() for node in nodes} - {None}
        assert alive == set(leaves)
    finally:
        gc.enable()


# dot.

NUMBERS_OF_TWO_LISTS = st.integers(0, 12).flatmap(
    lambda n: st.tuples(st.lists(NUMBER, min_size=n, max_size=n), st.lists(NUMBER, min_size=n, max_size=n), NUMBER)
)


@some
@given(NUMBERS_OF_TWO_LISTS)
def test_dot_is_one_node_with_the_bits_and_the_gradients_of_the_sum_spelled_out(numbers):
    ws, xs = ([Value(number) for number in column] for column in numbers[:2])
    bias = Value(numbers[2])
    out = Value.dot(ws, xs, bias)
    assert out._prev == (*ws, *xs, bias)
    out.backward()
    gradients = [leaf.grad for leaf in (*ws, *xs, bias)]

    spelled_out = bias
    for w, x in zip(ws, xs, strict=True):
        spelled_out = spelled_out + w * x
    spelled_out.zero_grad()
    spelled_out.backward()
    assert out.data == spelled_out.data
    assert gradients == [leaf.grad for leaf in (*ws, *xs, bias)]


def test_dot_takes_numbers_for_any_of_its_inputs_and_any_iterable():
    w = Value(2.0)
    out = Value.dot(iter([w, 3]), np.array([5.0, 7.0]))
    out.backward()
    assert (out.data, w.grad) == (31.0, 5.0)
    assert Value.dot([], [], 4).data == 4.0


@pytest.mark.parametrize("bias", [0.0, Value(1.0)])
def test_dot_of_unequal_lengths_is_an_error_that_names_both(bias):
    with pytest.raises(ValueError, match="dot: 2 weights do not go with 3 inputs"):
        Value.dot([1.0, 2.0], [1.0, 2.0, 3.0], bias)


# Wrong calls.

WRONG = {
    "log of zero": (lambda: Value(0).log(), ValueError, r"log\(0\.0\)"),
    "log of a negative number": (lambda: Value(-1).log(), ValueError, r"log\(-1\.0\)"),
    "square root of a negative number": (lambda: Value(-1).sqrt(), ValueError, r"sqrt\(-1\.0\)"),
    "zero to a negative power": (lambda: Value(0) ** -1, ZeroDivisionError, r"0\.0\*\*-1"),
    "zero to a negative Value": (lambda: 0 ** Value(-1), ZeroDivisionError, r"0\.0\*\*-1"),
    "division by a zero Value": (lambda: 1 / Value(0), ZeroDivisionError, r"/: .*1\.0 by zero"),
    "division by zero": (lambda: Value(1) / 0, ZeroDivisionError, r"/: .*1\.0 by zero"),
    "exp overflow": (lambda: Value(1000).exp(), OverflowError, r"exp\(1000\.0\)"),
    "power overflow": (lambda: Value(10) ** 1000, OverflowError, r"10\.0\*\*1000"),
    "negative to a fractional power": (lambda: Value(-8) ** (1 / 3), ValueError, r"\(-8\.0\)\*\*0\.333"),
    "negative to a fractional Value": (lambda: Value(-8) ** Value(0.5), ValueError, r"\(-8\.0\)\*\*0\.5"),
    "a string": (lambda: Value("3"), TypeError, "str: '3'"),
    "None": (lambda: Value(None), TypeError, "NoneType: None"),
    "a list": (lambda: Value([1]), TypeError, r"list: \[1\]"),
    "an array": (lambda: Value(np.array([1.0])), TypeError, r"ndarray: array\(\[1\.\]\)"),
    "a complex number": (lambda: Value(1j), TypeError, "complex: 1j"),
    "a Tensor": (lambda: Value(micrograd.tensor(2.0)), TypeError, r"Tensor: tensor\(2\.\)"),
    "a dot with a Tensor": (
        lambda: Value.dot([Value(1)], [micrograd.tensor(2.0)]),
        TypeError,
        r"Tensor: tensor\(2\.\)",
    ),
    "a Value of a Value": (lambda: Value(Value(1)), TypeError, "use it as it is"),
    "plus a string": (lambda: Value(1) + "3", TypeError, "str: '3'"),
    "to the power of a string": (lambda: Value(1) ** "3", TypeError, "str: '3'"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_call_is_an_error_that_names_the_operation_and_the_value(name):
    call, error, message = WRONG[name]
    with pytest.raises(error, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("root", "message"),
    [
        (lambda: Value(0).sqrt(), r"backward: sqrt\(0\.0\)"),
        (lambda: Value(0) ** 0.5, r"backward: 0\.0\*\*0\.5"),
        (lambda: Value(0) ** Value(0.5), r"backward: 0\.0\*\*0\.5"),
    ],
)
def test_a_root_of_zero_is_zero_and_an_error_only_in_backward(root, message):
    out = root()
    assert out.data == 0.0
    with pytest.raises(ZeroDivisionError, match=message):
        out.backward()
