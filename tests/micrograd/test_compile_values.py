"""Compiled functions of Values against the functions themselves: the same numbers to the last bit, or no compiling."""

import functools
import gc
import math
import os
import random
import struct
import subprocess
import sys
import threading
import warnings
import weakref
from pathlib import Path

import numpy as np
import pytest

import micrograd
from micrograd import draw, nn
from micrograd.autograd import scalar_op
from micrograd.engine import Value, topological_order

N_PROGRAMS = int(os.environ.get("COMPILE_VALUE_PROGRAMS", "2000"))


def bits(number):
    """A number to the last bit; any nan is as good as another."""
    return "nan" if number != number else struct.pack("d", number)


@scalar_op
def cube(x):
    return x * x * x, 3.0 * x * x


@scalar_op
def bilinear(x, y):
    return x * y + x, y + 1.0, x


UNARY = ["-{x}", "{x}.exp()", "{x}.log()", "{x}.sqrt()", "{x}.tanh()", "{x}.sigmoid()", "{x}.relu()", "abs({x})"]
UNARY += ["{x}**2", "{x}**3", "{x}**-1", "{x}**0.5", "{x}**1", "{x}**0", "cube({x})", "{x} + {k}", "{k} - {x}"]
UNARY += ["{k} * {x}", "{x} / {k}", "{k} / {x}", "2.0**{x}", "{x} - {k}"]
BINARY = ["{x} + {y}", "{x} - {y}", "{x} * {y}", "{x} / {y}", "{x}**{y}", "bilinear({x}, {y})", "{x}.tanh() * {y}"]
MANY = ["Value.dot([{x}, {y}, {z}], [{y}, {k}, {z}], {x})", "sum([{x}, {y}, {z}])", "sum([{x}, {z}, {x}, {k}], {y})"]
WIDE = ["[v * {x} for v in row]", "[v.tanh() + w for v, w in zip(row, reversed(row))]", "[v.relu() - {y} for v in row]"]
WIDE += ["[Value.dot(row, others, v) for v in row]", "[(v * {x} + {k}).relu() for v in row]", "[v * v for v in row]"]


def program_of(rng, wide):
    """The source of a function of a Value, a list of Values, nested lists and a number, which reads Values as well."""
    names = ["a", "b", "xs[0][0]", "xs[1][1]", "p", "ps[0]", "ps[1]"]
    lines = ["row = [v * 1.5 for v in xs[0]] + list(xs[1])", "others = list(reversed(row))"] if wide else []
    for i in range(rng.randint(2, 8)):
        x, y, z = rng.choice(names[-4:]), rng.choice(names), rng.choice(names)
        k = rng.choice(["2.0", "-0.5", "n", "0.0", "1"])
        kind = rng.random()
        if wide and kind < 0.4:
            lines.append(f"row = {rng.choice(WIDE).format(x=x, y=y, k=k)}")
            lines.append(f"v{i} = {rng.choice(['sum(row)', 'row[0]', 'sum(v * w for v, w in zip(row, others))'])}")
        else:
            made = rng.choice(UNARY if kind < 0.6 else BINARY if kind < 0.85 else MANY)
            lines.append(f"v{i} = {made.format(x=x, y=y, z=z, k=k)}")
        names.append(f"v{i}")
    last = names[-1]
    result = rng.choice(
        [last, f"({last}) + a", f"({last}, {rng.choice(names)})", f"[{last}, {names[-2]}, {names[-3]}]"]
    )
    return "def program(a, b, xs, n):\n    " + "\n    ".join([*lines, f"return {result}"])


def outcome(function, arguments, leaves, rng):
    """The numbers of a call and all gradients after backward, once more, and through a larger graph; or the error."""
    try:
        result = function(*arguments)
        outs = [result] if isinstance(result, Value) else list(result)
        for leaf in leaves:
            leaf.grad = rng.choice([0, 0, 0.25])
        found = [bits(out.data) for out in outs]
        for root in (outs[0], outs[0] * 2 + leaves[0], sum(outs)):
            root.backward()
            found += [bits(x.grad) for x in (*leaves, *outs)]
    except (ArithmeticError, ValueError) as error:
        return type(error), str(error)
    return found


def check_program(seed):
    rng = random.Random(seed)
    wide = rng.random() < 0.2
    width = rng.choice([2, 4, 12]) if wide else 2
    source = program_of(rng, wide)
    a, b, p, *ps = [Value(rng.choice([1.0, -1.0]) * rng.uniform(0.1, 2)) for _ in range(5)]
    xs = [[Value(rng.uniform(-2, 2)) for _ in range(width)] for _ in range(2)]
    scope = {"Value": Value, "cube": cube, "bilinear": bilinear, "p": p, "ps": ps}
    exec(source, scope)
    leaves = [a, b, p, *ps, *xs[0], *xs[1]]
    compiled = micrograd.compile(scope["program"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for call in range(2):
            for leaf in leaves:
                leaf.data += rng.choice([0.0, -0.125, 0.5])
            arguments = (a, b, xs, 0.75)
            expected = outcome(scope["program"], arguments, leaves, random.Random(call))
            assert outcome(compiled, arguments, leaves, random.Random(call)) == expected, f"seed {seed}:\n{source}"


@pytest.mark.parametrize("start", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(500, N_PROGRAMS, 500))])
def test_programs_of_values_are_the_same_compiled(start):
    for seed in range(start, min(start + 500, N_PROGRAMS)):
        check_program(seed)


# What is recorded.


def is_compiled(value):
    return value._op == "compiled"


def quietly(compiled, *calls):
    """The results of calls of a compiled function, the later ones of which ran its program."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        results = [compiled(*arguments) for arguments in calls]
    assert not is_compiled(results[0])
    assert all(map(is_compiled, results[1:]))
    return [result.data for result in results]


def the_warning(compiled, *calls):
    """The one warning of calls of a compiled function, which run as they are."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        results = [compiled(*arguments) for arguments in calls]
    assert not any(isinstance(result, Value) and is_compiled(result) for result in results)
    assert [warning.filename for warning in caught] == [__file__]
    return str(caught[0].message)


def points_and_labels(n=20):
    rng = random.Random(3)
    points = [[Value(rng.uniform(-1, 2)), Value(rng.uniform(-1, 1))] for _ in range(n)]
    return points, [rng.choice([-1, 1]) for _ in points]


def trained(compile, steps=20):
    """The losses of a net whose loss function reads it from outside, and its weights and gradients in the end."""
    random.seed(1337)
    net = nn.MLP(2, [4, 4, 1])
    points, labels = points_and_labels()

    @compile
    def loss(points):
        scores = [net(x) for x in points]
        losses = [(1 + -label * score).relu() for label, score in zip(labels, scores, strict=True)]
        return sum(losses) / len(losses) + 1e-4 * sum(p * p for p in net.parameters()), scores

    found = []
    for step in range(steps):
        total, scores = loss(points)
        net.zero_grad()
        total.backward()
        found += [bits(total.data), [bits(score.grad) for score in scores]]
        for p in net.parameters():
            p.data -= (1.0 - 0.9 * step / steps) * p.grad
    return found, [(bits(p.data), bits(p.grad)) for p in net.parameters()], [bits(x.grad) for x in points[0]]


def test_training_a_net_is_the_same_compiled_to_the_last_bit():
    assert trained(micrograd.compile) == trained(lambda function: function)


def test_a_net_itself_is_compiled_too():
    random.seed(2)
    net = nn.MLP(2, [3, 2])
    compiled = micrograd.compile(net)
    x = [Value(0.5), Value(-1.0)]
    for _ in range(2):
        outs, expected = compiled(x), net(x)
        assert [out.data for out in outs] == [out.data for out in expected]
        grads = []
        for a, b in (outs, expected):
            net.zero_grad()
            (a * b - a).backward()
            grads.append([p.grad for p in net.parameters()])
        assert grads[0] == grads[1]
    assert all(map(is_compiled, outs))
    assert compiled.parameters() == net.parameters()


NET = nn.Neuron(2)


def test_a_function_that_is_given_arrays_or_nothing_and_reads_values_is_recorded_in_its_first_call():
    points, net = np.array([[1.0, 2.0], [0.5, -1.0]]), nn.Neuron(2)
    quietly(micrograd.compile(lambda: sum(net(list(map(Value, row))) for row in points)), [], [])
    quietly(micrograd.compile(lambda points: sum(NET(row) for row in points)), [points], [points.copy()])


def test_a_partial_function_and_a_method_are_recorded_too():
    def product(weights, x):
        return weights[0] * x

    x, weights = Value(2.0), [Value(3.0)]
    compiled = micrograd.compile(functools.partial(product, weights))
    assert quietly(compiled, [x], [x]) == [6.0, 6.0]
    weights[0] = Value(5.0)
    assert compiled(x).data == 10.0
    method = micrograd.compile(SCALED.__call__)
    assert quietly(method, [x], [x]) == [12.0, 12.0]


def test_relu_and_its_like_do_not_keep_the_branch_that_was_recorded():
    compiled = micrograd.compile(lambda x: x.relu() + abs(x) * x.sigmoid())
    x = Value(2.0)
    found = []
    for number in (2.0, -3.0, 0.0, 5.0):
        x.data = number
        found.append(compiled(x).data)
    assert found == [(x.relu() + abs(x) * x.sigmoid()).data for x in map(Value, (2.0, -3.0, 0.0, 5.0))]


def test_a_closure_a_list_and_an_array_that_change_are_seen():
    factor, terms, array = 2.0, [1.0, 2.0], np.array([1.0, 2.0])
    compiled = micrograd.compile(lambda x: x * factor + sum(terms) + array[0] * x)
    x = Value(3.0)
    assert quietly(compiled, [x], [x]) == [12.0, 12.0]
    factor = 3.0
    assert compiled(x).data == 15.0
    terms[0] = 2.0
    assert compiled(x).data == 16.0
    array[0] = 10.0
    assert compiled(x).data == 43.0


def test_a_weight_that_is_replaced_is_seen_and_a_number_that_is_set_too():
    net = nn.Neuron(1, nonlin=False)
    compiled = micrograd.compile(lambda x: net([x]))
    x = Value(2.0)
    net.w[0].data = 3.0
    assert quietly(compiled, [x], [x]) == [6.0, 6.0]
    net.w[0].data = 4.0
    assert compiled(x).data == 8.0
    net.w[0] = Value(5.0)
    assert compiled(x).data == 10.0


class Scaled:
    factor = 2.0

    def __init__(self):
        self.w = Value(3.0)

    def __call__(self, x):
        return x * self.w * self.factor


def scaled(x, terms=(1.0,)):
    return abs(SCALED(x)) * RATES["rate"][0] + terms[0] + len(sys.argv)


SCALED, RATES = Scaled(), {"rate": [0.5]}


@pytest.mark.parametrize(
    "change",
    [
        lambda patch: patch.setattr(SCALED, "w", Value(5.0)),
        lambda patch: patch.setattr(Scaled, "factor", 4.0),
        lambda patch: patch.setattr(Scaled, "__call__", lambda self, x: x * 100),
        lambda patch: patch.setitem(globals(), "SCALED", lambda x: x * 7),
        lambda patch: patch.setitem(RATES, "rate", [9.0]),
        lambda patch: patch.setitem(globals(), "RATES", {"rate": [8.0]}),
        lambda patch: patch.setattr(scaled, "__defaults__", ((6.0,),)),
        # No whole number, as what it gives otherwise is one that depends on how many words pytest was called with.
        lambda patch: patch.setattr(scaled, "__code__", (lambda x, terms: x * 11.25).__code__),
        lambda patch: patch.setitem(globals(), "abs", lambda x: x * 12),
        lambda patch: patch.setattr(Value, "__abs__", lambda x: x * 13),
        lambda patch: patch.setattr(sys, "argv", [*sys.argv, "a"]),
    ],
)
def test_whatever_the_function_reads_may_change(change, monkeypatch):
    compiled = micrograd.compile(scaled)
    x = Value(2.0)
    before = quietly(compiled, [x], [x])
    change(monkeypatch)
    assert compiled(x).data == compiled(x).data == scaled(x).data != before[0]


def test_numbers_among_the_arguments_are_part_of_what_is_recorded():
    compiled = micrograd.compile(lambda x, n, words: sum([x] * n) * len(words))
    x = Value(2.0)
    assert quietly(compiled, [x, 3, "ab"], [x, 3, "ab"]) == [12.0, 12.0]
    assert compiled(x, 4, "ab").data == 16.0
    assert compiled(x, 4, "abc").data == 24.0
    assert is_compiled(compiled(x, 3, "ab"))


@pytest.mark.parametrize("number", [0.0, -0.0, math.nan, math.inf, 1e300, 5e-324])
def test_numbers_of_any_kind_are_constants_as_they_are(number):
    compiled = micrograd.compile(lambda x, y: x * y)
    x = Value(2.0)
    assert len({bits(compiled(x, number).data) for _ in range(3)} | {bits(2.0 * number)}) == 1


def test_several_results_an_argument_and_a_constant_come_back_in_their_places():
    @micrograd.compile
    def function(x, y):
        return {"sum": x + y, "rest": [x, (Value(7.0), 3)], "none": None}

    for _ in range(2):
        x, y = Value(1.0), Value(2.0)
        result = function(x, y)
        assert result["rest"][0] is x
        assert (result["sum"].data, result["rest"][1][0].data, result["rest"][1][1], result["none"]) == (
            3.0,
            7.0,
            3,
            None,
        )
    assert is_compiled(result["sum"])


def test_one_value_in_two_places_and_one_that_is_read_as_well():
    w = Value(3.0)
    compiled = micrograd.compile(lambda x, y: x * y + w * x)
    x, y = Value(2.0), Value(5.0)
    for arguments in [(x, y), (x, x), (w, y), (w, w), (x, y), (x, x), (w, y), (w, w), (y, x)]:
        found = []
        for function in (compiled, lambda x, y: x * y + w * x):
            for leaf in (w, x, y):
                leaf.grad = 0
            out = function(*arguments)
            out.backward()
            found.append([out.data, w.grad, x.grad, y.grad])
        assert found[0] == found[1]


def test_an_argument_may_have_a_graph_of_its_own():
    compiled = micrograd.compile(lambda x, y: (x * y).tanh())
    for _ in range(2):
        a, b = Value(0.5), Value(-0.25)
        c = a * b
        out = compiled(c, a)
        out.backward()
        assert c.grad != 0
        assert b.grad == a.data * c.grad
        out.zero_grad()
        assert (a.grad, b.grad, c.grad) == (0, 0, 0)


def test_a_backward_that_an_error_ends_leaves_nothing_for_the_next():
    compiled = micrograd.compile(lambda x: (x * 3, x * 5))
    x = Value(0.0)
    for _ in range(2):
        first, second = compiled(x)
    with pytest.raises(ZeroDivisionError):
        (x.sqrt() + first + second).backward()  # it comes to both results, and then to a slope that is infinite
    x.grad = 0
    first.backward()
    assert x.grad == 3.0


def test_a_label_is_kept():
    @micrograd.compile
    def product(a, b):
        out = a * b
        out.label = "out"
        return out

    a, b = Value(2.0), Value(3.0)
    assert [product(a, b).label for _ in range(2)] == ["out", "out"]
    assert "    out = a * b\n" in product.source()


def test_what_a_compiled_function_gives_is_freed_without_the_garbage_collector():
    compiled = micrograd.compile(lambda x: (x.tanh(), x * x))
    x = Value(1.0)
    compiled(x)
    gc.disable()
    try:
        outs = compiled(x)
        sum(outs).backward()
        watched = [weakref.ref(out) for out in (*outs, outs[0]._prev[0])]
        del outs
        assert [watch() for watch in watched] == [None] * 3
    finally:
        gc.enable()


@pytest.mark.parametrize("n", [1, 40])
def test_it_is_drawn_as_the_graph_that_it_stands_for(n):
    x, w = [Value(0.25 * i, label=f"x{i}") for i in range(n)], Value(2.0, label="w")

    def function(x):
        first = (x[0] * w) ** 2
        return sum((xi - w).tanh() * cube(xi) for xi in x) + Value.dot([w, first], [x[0], 3.0]), first

    pictures = []
    for f in (function, micrograd.compile(function)):
        for data in (2.0, 3.0, 2.0):
            w.data = data
            out, first = f(x)
            out.zero_grad()
            (out * first).backward()
        assert is_compiled(out) == (f is not function)
        w.data += 1.0  # as an optimizer does, before a look at the step
        pictures.append((draw(out).dot(), draw(out * first).dot(), [node.grad for node in topological_order(out)]))
        w.data -= 1.0
    assert pictures[0] == pictures[1]


# What cannot be compiled runs as it is, and one warning says why.


def accuracy_inside(x):
    score = x * 2
    return score, score.data > 0


def branch(x):
    return x if x > 0 else -x


@pytest.mark.parametrize(
    ("function", "why"),
    [
        (accuracy_inside, "test_compile_values.py:{line}: accuracy_inside looks at the number of a Value"),
        (lambda x: x * 2 if x.data > 0 else x, "test_compile_values.py:.*: <lambda> looks at the number"),
        (branch, "test_compile_values.py:.*: gt compares Values"),
        (lambda x: max(x, Value(1.0)) * 2, "gt compares Values"),
        (lambda x: sorted([x, x * 2])[0], "lt compares Values"),
        (lambda x: Value(x.data) * 2, "looks at the number"),
        (lambda x: (x * 2, repr(x))[0], "a Value is printed"),
        (lambda x: ((x * 2).backward(), x * 2)[1], r"backward\(\) belongs outside"),
        (lambda x: (x.zero_grad(), x * 2)[1], r"zero_grad\(\) belongs outside"),
        (lambda x: x * x.grad, "reads or sets grad"),
        (lambda x: (setattr(x, "data", 2.0), x * 2)[1], "the number of a Value is set"),
        (lambda x: x * random.random(), "random"),
        (
            lambda x: Value(math.sin(2.0), (x,), "sin", local=(1.0,)),
            "gives numbers alone .*@micrograd.autograd.scalar_op",
        ),
        (lambda x: x * globals()["RATES"]["rate"][0], "globals is called"),
        (lambda x: None, "it returns NoneType: return Values, or lists, tuples and dicts of them"),
        (lambda x: 2.0, "it returns float: return Values"),
        (lambda x: {x * 2}, "it returns set: return Values"),
        (lambda x: x * micrograd.tensor(2.0).sum().item(), "works with tensors"),
    ],
)
def test_what_cannot_be_recorded_runs_as_it_is_with_one_warning(function, why):
    compiled = micrograd.compile(function)
    line = accuracy_inside.__code__.co_firstlineno + 2
    message = the_warning(compiled, [Value(2.0)], [Value(3.0)], [Value(-1.0)])
    with pytest.raises(AssertionError, match="^compile: .* runs as it is, not compiled: .*" + why.format(line=line)):
        raise AssertionError(message)
    with pytest.raises(RuntimeError, match="there is no program"):
        compiled.source()


def test_a_list_that_the_function_changes_is_no_part_of_a_program():
    def function(x, given):
        given.append(x)
        return x * 2

    given = []
    assert "changes what it is given or what it reads" in the_warning(
        micrograd.compile(function), [Value(1.0), given], [Value(1.0), []]
    )
    assert len(given) == 1


def test_after_eight_new_calls_in_a_row_it_runs_as_it_is_with_one_warning():
    compiled = micrograd.compile(lambda xs: sum(xs))
    message = the_warning(compiled, *[[[Value(1.0)] * n] for n in range(2, 20)])
    assert "8 calls in a row were new" in message
    assert "give numbers that change as Values" in message


def test_an_error_is_that_of_the_function_and_leaves_nothing_behind():
    def function(x, y):
        return x.log() / y + (x - 8.0).exp() ** 0.5

    compiled = micrograd.compile(function)
    for numbers in [(-1.0, 1.0), (2.0, 0.0), (2.0, 1.0), (3.0, 2.0), (-1.0, 1.0), (2.0, 0.0), (1e5, 1.0), (4.0, 1.0)]:
        found = []
        for f in (compiled, function):
            try:
                found.append(f(*map(Value, numbers)).data)
            except (ArithmeticError, ValueError) as error:
                found.append((type(error), str(error)))
        assert found[0] == found[1]
        assert not {"data", "grad"} & set(vars(Value))
    assert is_compiled(compiled(Value(2.0), Value(1.0)))


def test_a_derivative_that_is_no_number_is_noticed_by_backward_as_ever():
    compiled = micrograd.compile(lambda x: x.sqrt() + (x + 1.0) ** 0.5)
    for number in (0.0, 1.0, 0.0, 4.0):
        out = compiled(Value(number))
        if number:
            out.backward()
        else:
            with pytest.raises(ZeroDivisionError, match=r"backward: sqrt\(0.0\) has an infinite derivative"):
                out.backward()
    assert is_compiled(out)


def test_numbers_that_are_no_floats_are_as_good():
    compiled = micrograd.compile(lambda x: x * 3.0 / x)
    for number in (2.0, np.float64(5.0), 7, np.float32(0.1)):
        x = Value(1.0)
        x.data = number
        assert compiled(x).data == (x * 3.0 / x).data
    x.data = np.float64(0.0)
    with pytest.raises(ZeroDivisionError, match="/: cannot divide"):
        compiled(x)


def test_recursion_and_compiled_functions_inside_compiled_ones():
    @micrograd.compile
    def power(x, n):
        return x if n == 1 else x * power(x, n - 1)

    @micrograd.compile
    def both(x):
        return power(x, 3) + power(x, 2)

    x = Value(2.0)
    assert quietly(power, [x, 3], [x, 3]) == [8.0, 8.0]
    assert quietly(both, [x], [x]) == [12.0, 12.0]
    endless = micrograd.compile(lambda x: endless(x))
    for _ in range(2):
        with pytest.raises(RecursionError):
            endless(x)
    assert not {"data", "grad"} & set(vars(Value))


def test_a_list_in_itself_is_no_argument():
    xs = [Value(1.0)]
    xs.append(xs)
    assert "its arguments cannot be told apart" in the_warning(micrograd.compile(lambda xs: xs[0] * 2), [xs], [xs])


def test_a_chain_that_is_too_long_for_a_program_runs_as_it_is():
    def chain(x):
        for _ in range(20_001):
            x = -x
        return x

    assert "a program of 20,002 lines is too long" in the_warning(micrograd.compile(chain), [Value(1.0)], [Value(2.0)])


def test_threads_share_a_compiled_function():
    compiled = micrograd.compile(lambda x, w: (x * w).tanh() * w)
    w = Value(0.5)
    wrong = []

    def work(number):
        for i in range(200):
            x = Value(number + i)
            out = compiled(x, w)
            if out.data != math.tanh(x.data * 0.5) * 0.5 or Value(1.0).data != 1.0:
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(number / 10,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert is_compiled(compiled(Value(1.0), w))


# Its text.


def run_alone(source, numbers):
    """What the text gives in an interpreter that finds no micrograd."""
    program = source + f"\nimport sys\nassert 'micrograd' not in sys.modules\nprint(repr(run(*{numbers!r})))\n"
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, cwd="/")
    assert not done.stderr
    return eval(done.stdout, {"nan": math.nan, "inf": math.inf})


def test_the_text_of_a_small_function_is_the_one_on_the_page_of_written_programs():
    neuron = micrograd.compile(lambda x, w, b: (x * w + b).tanh())
    neuron(Value(2.0), Value(-3.0), Value(6.5))
    page = Path(__file__).parents[2] / "docs" / "written-programs.md"
    assert neuron.source() in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("n", [2, 40])
def test_the_text_alone_gives_the_value_and_the_gradients(n):
    random.seed(5)
    net = nn.MLP(2, [4, 1])
    points, labels = points_and_labels(n)

    @micrograd.compile
    def loss(points):
        losses = [cube(net(x) - label).sigmoid() for x, label in zip(points, labels, strict=True)]
        return (sum(losses) / len(losses) + 1e-4 * sum(p**2 for p in net.parameters())).sqrt()

    out = loss(points)
    out.backward()
    leaves = [*(x for point in points for x in point), *net.parameters()]
    value, gradients = run_alone(loss.source(), [leaf.data for leaf in leaves])
    assert (value, gradients) == (out.data, [leaf.grad for leaf in leaves])
    assert ("import numpy" in loss.source()) == (n == 40)


def rounded(number):
    try:
        return int(number)
    except TypeError:
        return 0


def fresh_batches(function, weights, n=6):
    """The losses and gradients of steps with a batch of new numbers each, and the program in the end."""
    rng = random.Random(2)
    found = []
    for _ in range(n):
        xs = [[rng.gauss(0, 1), rng.choice([0.0, -0.0, 2.0])] for _ in range(3)]
        ys = [rng.choice([-1, 0, 1]) for _ in xs]
        for w in weights:
            w.grad = 0.0
        loss = function(xs, ys)
        loss.backward()
        found.append([loss.data, *[w.grad for w in weights]])
    return [[number.hex() for number in row] for row in found]


@pytest.mark.parametrize(
    ("body", "kinds"),
    [
        ("return sum((net(x) - y) ** 2 for x, y in zip(xs, ys))", (float, int)),
        ("return sum((1 + -y * net(x)).relu() for x, y in zip(xs, ys)) / len(xs)", (float, int)),
        ("return sum(net(x) * (x[0] * 2.0) for x in xs)", ()),
        ("return sum(net(x) * (x[1] if x[1] else 3.0) for x in xs)", ()),
        ("return sum(net(x) if y == 1 else -net(x) for x, y in zip(xs, ys))", (float,)),
        ("return sum(net(x) * {0: 2.0, 1: 3.0, -1: 4.0}[y] for x, y in zip(xs, ys))", (float,)),
        ("return sum(net(x) * (isinstance(y, float) + y) for x, y in zip(xs, ys))", ()),
        ("return sum(net(x) * rounded(x[0]) + x[1] for x in xs)", ()),
        ("return sum((net(x) + 9) ** y for x, y in zip(xs, ys))", (float,)),
    ],
)
def test_new_numbers_in_lists_find_a_program_where_they_only_meet_values(body, kinds):
    random.seed(4)
    net = nn.MLP(2, [3, 1])
    scope = {"net": net, "rounded": rounded}
    exec(f"def loss_of(xs, ys):\n    {body}", scope)
    compiled = micrograd.compile(scope["loss_of"])
    assert fresh_batches(compiled, net.parameters()) == fresh_batches(scope["loss_of"], net.parameters())
    assert compiled._of_values._kinds == kinds
