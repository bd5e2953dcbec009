"""What a compiled function depends on, and what it does beside computing: each call as without compile."""

import copy
import logging
import os
import warnings

import numpy as np
import pytest

import micrograd
from micrograd import nn

F = nn.functional
x = micrograd.tensor([1.0, 2.0, 3.0])


def same_as_eager(make, calls=3):
    """The results of calls with a change before each third, eager and compiled; returns the compiled function.

    make: returns a function without arguments that gives a tensor, and one that changes what that depends on.
    """
    found = []
    for compiled in (False, True):
        micrograd.manual_seed(0)
        function, change = make()
        function = micrograd.compile(function) if compiled else function
        results = []
        for i in range(calls * 2):
            if i and i % 2 == 0:
                change(i)
            results.append(function().tolist())
        found.append(results)
    assert found[0] == found[1]
    return function


class Table:
    rate = 2.0

    @staticmethod
    def scaled(x):
        return x * Table.rate


def class_attribute():
    class Mine(Table):
        rate, sizes = 2.0, [3.0]

        @property
        def size(self):
            return self.sizes[0]

    table = Mine()
    return lambda: x * Mine.rate * table.sizes[0] + table.size, lambda i: (
        setattr(Mine, "rate", float(i)),
        Mine.sizes.__setitem__(0, float(i)),
    )


def static_method():
    class Mine(Table):
        pass

    return lambda: Mine.scaled(x), lambda i: setattr(Mine, "scaled", staticmethod(lambda x: x * i))


def keyword_default_and_attribute_of_a_function():
    def scaled(x, *, factor=2.0):
        return x * factor + scaled.shift

    scaled.shift = 1.0

    def change(i):
        scaled.__kwdefaults__ = {"factor": float(i)}
        scaled.shift += 1

    return lambda: scaled(x), change


def order_of_a_dict():
    steps = {"double": 2.0, "add": 1.0}

    def change(i):
        first = next(iter(steps))
        steps[first] = steps.pop(first)

    def function():
        y = x
        for factor in steps.values():
            y = (y + 1) * factor
        return y

    return function, change


def order_of_layers():
    net = nn.Sequential(nn.Linear(3, 3), nn.Tanh())

    def change(i):
        first = net[0]
        delattr(net, "0")
        setattr(net, "0", first)

    return lambda: net(x), change


def default_dtype():
    ints = micrograd.tensor([1, 2, 3])
    names = [micrograd.float32, micrograd.float64]
    return lambda: ints / 3, lambda i: micrograd.set_default_dtype(names[i // 2 % 2])


def parameters_frozen_in_mid_training():
    net = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3), nn.Dropout(0.5), nn.Linear(3, 1))
    optimizer = micrograd.optim.SGD(net.parameters(), lr=0.1, weight_decay=0.1)

    def function():
        return net(micrograd.ones(2, 3) * x).sum()

    def change(i):
        function().backward()
        optimizer.step()
        net[i // 2 % 2].requires_grad_(i % 3 == 0)

    return function, change


@pytest.mark.filterwarnings("error:compile")
@pytest.mark.parametrize(
    "make",
    [
        *(class_attribute, static_method, keyword_default_and_attribute_of_a_function, order_of_a_dict),
        order_of_layers,
        *(default_dtype, parameters_frozen_in_mid_training),
    ],
)
def test_what_a_function_depends_on_is_seen_to_change(make):
    try:
        same_as_eager(make)
    finally:
        micrograd.set_default_dtype(micrograd.float32)


def appends_to_its_argument(xs):
    xs.append(xs[0] * 2)
    return xs[-1]


def takes_from_its_argument(xs):
    return xs.pop() * 2


def puts_into_its_argument(xs):
    xs[0] = xs[0] * 2
    return xs[0] + 1


@pytest.mark.parametrize("function", [appends_to_its_argument, takes_from_its_argument, puts_into_its_argument])
def test_a_list_of_the_callers_is_changed_on_every_call(function):
    compiled, found = micrograd.compile(function), []
    with pytest.warns(UserWarning, match="a list or dict of its caller's") as caught:  # noqa: PT031
        for each in (function, compiled, compiled):
            xs = [x * 1, x * 3]
            found.append([each(xs).tolist(), [item.tolist() for item in xs]])
    assert len(caught) == 1
    assert found[0] == found[1] == found[2]


numbers = iter(range(100)).__next__


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("x * numbers()", "cannot be watched"),
        ("x * np.random.rand()", "random numbers"),
        ("x * int(os.getenv('NUMBER', '1'))", "getenv"),
        ("x * (1 if w.grad is None else 2)", "grad of a tensor is read"),
        ("x[place] * w[0, place]", "item looks at the numbers"),
        ("x[..., place] + x[place, None]", "item looks at the numbers"),
        ("x * (1 if x.is_leaf else 2)", "is_leaf of a tensor is read"),
        ("x * (logging.getLogger('compile test').error('said') is None)", "otherwise each time"),
        ("x * (warnings.warn('said') is None)", "leave out"),
    ],
)
def test_what_is_otherwise_each_time_runs_eagerly(body, why):
    scope = {
        **globals(),
        "w": micrograd.ones(1, 3, requires_grad=True),
        "place": micrograd.tensor(1),
        "np": np,
        "os": os,
        "logging": logging,
    }
    compiled = micrograd.compile(eval(f"lambda x: {body}", scope))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        compiled(x), compiled(x)
    said = [str(warning.message) for warning in caught]
    assert [why in text for text in said if "compile" in text] == [True]
    if "warn(" in body:
        assert said.count("said") == 2


def test_an_index_that_is_changed_before_backward_has_been_copied():
    def run(function):
        C.grad = None
        index = micrograd.tensor([0, 1, 2, 2])
        value = function(index)
        index.fill_(4)
        value.backward()
        return C.grad.tolist()

    C = micrograd.ones(5, 3, requires_grad=True)
    for function in (lambda ix: C[ix].sum(), lambda ix: C[:, ix % 3].sum(), lambda ix: C.gather(0, ix[:, None]).sum()):
        compiled = micrograd.compile(function)
        assert [run(compiled) for _ in range(3)] == [run(function)] * 3
        assert compiled.source()


def test_a_tensor_given_twice_has_a_program_of_its_own():
    compiled, a, b = micrograd.compile(lambda x, y, z: (x * y + z).sum()), *micrograd.ones(2, 3).unbind()
    for given in ((a, b, a), (a, a, b), (a, a, a), (b, a, b)) * 2:
        leaves = [micrograd.randn(3, requires_grad=True) for _ in range(2)]
        chosen = [leaves[0] if t is a else leaves[1] for t in given]
        grads = []
        for function in (compiled, compiled._function):
            for each in leaves:
                each.grad = None
            function(*chosen).backward()
            grads.append([None if each.grad is None else each.grad.tolist() for each in leaves])
        assert grads[0] == grads[1]
    assert sum(map(len, compiled._recorded.values())) == 3


def test_a_tensor_made_of_numbers_is_part_of_the_program():
    factors = [1.0, 2.0, 3.0]
    compiled = micrograd.compile(lambda x: x * micrograd.tensor(factors))
    assert [compiled(x).tolist() for _ in range(2)] == [[1, 4, 9]] * 2
    factors[0] = 5.0
    assert compiled(x).tolist() == [5, 4, 9]
    with pytest.warns(UserWarning, match="view of what was given"):
        micrograd.compile(lambda: micrograd.tensor(factors).view(3, 1))()


@pytest.mark.filterwarnings("error:compile")
def test_lists_and_ranges_among_indices_are_part_of_the_program():
    places, w = [0, 2], micrograd.randn(3, 4, requires_grad=True)

    def loss_of(y):
        picked = w.log_softmax(1)[range(3), y]
        copy = picked * 1
        copy[places] = 0.5
        return picked.mean() + copy.sum() + w[:, places].sum()

    compiled = micrograd.compile(loss_of)
    for i in range(6):
        places[0] = i // 2
        y, found = micrograd.randint(0, 4, (3,)), []
        for function in (loss_of, compiled):
            w.grad = None
            loss = function(y)
            loss.backward()
            found.append([loss.item(), w.grad.tolist()])
        assert found[0] == found[1]
    assert sum(map(len, compiled._recorded.values())) == 3


def test_a_compiled_model_is_copied_with_its_parameters():
    net = micrograd.compile(nn.Linear(3, 1))
    twin = copy.deepcopy(net)
    before = [net(x).item(), twin(x).item()]
    with micrograd.no_grad():
        net.weight.zero_()
    assert twin(x).item() == before[0] == before[1] != net(x).item()
    assert twin.source()


@pytest.mark.filterwarnings("error:compile")
def test_a_function_under_no_grad_the_largest_along_a_dimension_and_einsum_are_compiled():
    w = micrograd.randn(3, 3, requires_grad=True)
    compiled = micrograd.compile(micrograd.no_grad()(lambda x: x @ w))
    assert [compiled(x).requires_grad for _ in range(2)] == [False] * 2
    assert compiled(x).tolist() == (x @ w).tolist()
    stable = micrograd.compile(lambda w: (w - w.max(1, keepdim=True).values).exp().log().sum())
    for _ in range(3):
        w = micrograd.randn(3, 3, requires_grad=True)
        stable(w).backward()
        found, w.grad = w.grad.tolist(), None
        stable._function(w).backward()
        assert found == w.grad.tolist()
    pairs = micrograd.compile(lambda a, b: micrograd.einsum("bij,bjk->bik", a, b))
    for _ in range(3):
        a, b = micrograd.randn(2, 3, 4), micrograd.randn(2, 4, 3)
        assert micrograd.equal(pairs(a, b), a @ b)
