"""Compiled functions of Values against the functions themselves: the same numbers to the last bit, or no compiling."""

import os
import random
import struct
import warnings

import pytest

import micrograd
from micrograd.autograd import scalar_op
from micrograd.engine import Value

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


@pytest.mark.parametrize("start", range(0, N_PROGRAMS, 500))
def test_programs_of_values_are_the_same_compiled(start):
    for seed in range(start, min(start + 500, N_PROGRAMS)):
        check_program(seed)
