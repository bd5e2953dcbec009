"""Compiled functions against the functions themselves: the same numbers to the last bit, or no compiling at all."""

import os
import random
import re
import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest

import micrograd
from micrograd import nn
from micrograd.compare.samples import samples
from micrograd.ops import OPS
from micrograd.random import default_generator

F = nn.functional
N_CHAINS = int(os.environ.get("COMPILE_CHAINS", "300"))
EXAMPLES = [(op.name, example) for op in OPS.values() for example in op.examples]


def outcome(function, arguments, leaves):
    """What a call gives and changes: its result, all gradients, the random stream; or the error it raises."""
    for leaf in leaves:
        leaf.grad = None
    try:
        result = function(*arguments)
        found = [bits(result)]
        if result.requires_grad:
            result.backward(micrograd.ones_like(result))
    except Exception as error:  # noqa: BLE001 - whatever it is, it has to be the same
        return [type(error), str(error)]
    found += [None if leaf.grad is None else bits(leaf.grad) for leaf in leaves]
    return [*found, default_generator.get_state().numpy().tobytes()]


def bits(tensor):
    array = tensor.detach().numpy()
    return array.shape, array.dtype, array.strides, tensor.requires_grad, array.tobytes()


def check_same(function, arguments, leaves, calls=3, renew=None):
    """Three calls, each with other numbers, compiled and eager; returns the compiled function."""
    compiled = micrograd.compile(function)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for i in range(calls):
            if i and renew is not None:
                renew(i)
            state, before = default_generator.get_state(), [t.detach().numpy().copy() for t in arguments]
            expected = outcome(function, arguments, leaves)
            after = [t.detach().numpy().tobytes() for t in arguments]
            default_generator.set_state(state)
            for tensor, array in zip(arguments, before, strict=True):
                tensor.detach().numpy()[...] = array
            found = outcome(compiled, arguments, leaves)
            assert found == expected
            assert [t.detach().numpy().tobytes() for t in arguments] == after
    return compiled


def renewing(tensors):
    """A function that puts other numbers into the floats of tensors."""
    rng = np.random.default_rng(3)

    def renew(i):
        for tensor in tensors:
            array = tensor.detach().numpy()
            if array.dtype.kind == "f":
                array[...] = rng.permutation(array.reshape(-1)).reshape(array.shape)

    return renew


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_an_operation_is_the_same_compiled(name, example):
    given = samples(micrograd)
    tensors = {k: v for k, v in given.items() if isinstance(v, micrograd.Tensor) and re.search(rf"\b{k}\b", example)}
    rest = {k: v for k, v in given.items() if k not in tensors}
    scope = dict(rest)
    exec(f"def function({', '.join(tensors)}):\n    return {example}", scope)
    leaves = [t for t in tensors.values() if t.requires_grad]
    check_same(scope["function"], list(tensors.values()), leaves, renew=renewing(tensors.values()))


UNARY = ["x.tanh()", "x.exp().log1p()", "x.sigmoid()", "x.relu()", "x.T", "x[1:]", "x[::2]", "x * 2", "x.sum(0)"]
UNARY += ["x.mean(-1, keepdim=True)", "x.reshape(-1)", "x.abs()", "-x", "x**2", "x.max()", "x.softmax(-1)", "x.detach()"]
UNARY += ["x.unsqueeze(0)", "x.clone()", "x.cumsum(0)", "x.flip(0)", "x[x > 0]", "x[[0, -1]]", "x.clamp(-1, 1)", "x + 1"]
UNARY += ["x.masked_fill(x > 1, 0.5)", "F.dropout(x, 0.3)", "x.var()", "x.view(-1)", "x.contiguous()", "x.double()"]
BINARY = ["x + y", "x - y", "x * y", "x / (y * y + 1)", "x @ y.T", "micrograd.maximum(x, y)", "micrograd.where(x > 0, x, y)"]
IN_PLACE = ["x.mul_(2)", "x.add_(y)", "x[0] = 1", "x[0].mul_(3)", "x += y", "x.tanh_()", "x.zero_()"]


def chain_of(rng):
    """The source of a function of two tensors, some operations long."""
    names, lines = ["a", "b"], []
    for i in range(rng.randint(2, 8)):
        x, y = rng.choice(names[-3:]), rng.choice(names)
        kind = rng.random()
        made = rng.choice(IN_PLACE if kind < 0.08 else BINARY if kind < 0.4 else UNARY)
        made = re.sub(r"\bx\b", x, re.sub(r"\by\b", y, made))
        if kind < 0.08:
            lines.append(made)
        else:
            lines.append(f"v{i} = {made}")
            names.append(f"v{i}")
    return "def chain(a, b):\n    " + "\n    ".join([*lines, f"return {names[-1]}"])


@pytest.mark.parametrize("start", range(0, N_CHAINS, 50))
def test_chains_of_operations_are_the_same_compiled(start):
    for seed in range(start, start + 50):
        rng = random.Random(seed)
        source = chain_of(rng)
        scope = {"micrograd": micrograd, "F": F}
        exec(source, scope)
        numbers = np.random.default_rng(seed)
        shape = rng.choice([(3, 4), (2, 2), (4, 4), (1, 3)])
        tensors = [micrograd.tensor(numbers.normal(size=shape).astype(np.float32)) for _ in "ab"]
        for tensor in tensors[: rng.choice([1, 2, 2])]:
            tensor.requires_grad_()
        try:
            check_same(scope["chain"], tensors, [t for t in tensors if t.requires_grad], renew=renewing(tensors))
        except AssertionError as error:
            raise AssertionError(f"seed {seed}:\n{source}") from error
