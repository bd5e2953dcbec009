"""Every op of the array engine against PyTorch: values, dtypes and gradients; and the rules that all derivatives keep.

The cases are in `op_cases`. Here they are run, first for their numbers, then for the rules of `micrograd.ops`.
"""

import contextlib
import inspect
import itertools
import math
import operator
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from op_cases import (
    CASES,
    DTYPES,
    FLOATS,
    FUNCTIONS,
    NUMBERS,
    SPECIAL,
    Case,
    array,
    broadcast,
    index_for,
    indices,
    numbers,
    shapes,
)
from two_libraries import Run, both, both_alike, both_raise, outcome

import micrograd
from micrograd.ops import save

# PyTorch warns of much that is tried here; NumPy of what neither library minds, such as the log of 0.
pytestmark = [pytest.mark.filterwarnings("ignore::UserWarning"), pytest.mark.filterwarnings("ignore::RuntimeWarning")]

every_case = pytest.mark.parametrize("case", CASES, ids=[case.op for case in CASES])


def some(examples):
    return settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))


class Call(NamedTuple):
    """One call of `apply`: the op, its inputs as arrays and numbers, which were Tensors, and the node that it made."""

    op: Any
    inputs: list[Any]
    are_tensors: list[bool]
    options: dict[str, Any]
    node: Any = None


@contextlib.contextmanager
def applied():
    """A list that fills with what is applied meanwhile."""
    calls = []

    def note(op, inputs, options, result):
        are_tensors = [isinstance(x, micrograd.Tensor) for x in inputs]
        arrays = [x._array.copy(order="K") if is_one else x for x, is_one in zip(inputs, are_tensors, strict=True)]
        calls.append(Call(op, arrays, are_tensors, options, result.grad_fn))

    micrograd.graph.observer.operation = note
    try:
        yield calls
    finally:
        micrograd.graph.observer.operation = None


# The cases.


def check(case, arrays, options):
    """Compare the case on both libraries, and see that it reached its op."""
    with applied() as calls:
        both(case.fn, *arrays, **options)
    reached = [call.op.name for call in calls if call.node is not None]
    assert set(case.op.split(" or ")) & set(reached), f"no node of the graph was made by {case.op}, only by {reached}"


def test_a_case_that_does_not_reach_its_op_is_noticed():
    with pytest.raises(AssertionError, match="no node of the graph was made by exp, only by"):
        check(Case("exp", lambda torch, x: x.detach().exp() + x, None), [np.ones(3)], {})


@every_case
@some(15)
@given(data=st.data())
def test_the_value_and_the_gradients_are_those_of_pytorch(case, data):
    check(case, *data.draw(case.inputs))


@pytest.mark.parametrize(("name", "fn", "inputs"), FUNCTIONS, ids=[row[0] for row in FUNCTIONS])
@some(10)
@given(data=st.data())
def test_a_function_put_together_from_ops_gives_what_pytorch_gives(name, fn, inputs, data):
    arrays, options = data.draw(inputs)
    both_alike(fn, *arrays, **options)


# Numbers at the edge: zeros, infinities, nan, and what overflows in between.

finite = st.sampled_from([1.0, -2.0, 0.0, 3.5])
edge = st.sampled_from(SPECIAL)
OF_ONE = {
    "exp": lambda torch, x: x.exp(),
    "log": lambda torch, x: x.log(),
    "sqrt": lambda torch, x: x.sqrt(),
    "tanh": lambda torch, x: x.tanh(),
    "sigmoid": lambda torch, x: x.sigmoid(),
    "relu": lambda torch, x: x.relu(),
    "abs": lambda torch, x: x.abs(),
    "sign": lambda torch, x: x.sign(),
    **{
        name: lambda torch, x, name=name: getattr(x, name)()
        for name in ("rsqrt", "log2", "log10", "log1p", "sin", "cos", "floor", "ceil", "round")
    },
    "2 / x": lambda torch, x: 2 / x,
    "x / 0": lambda torch, x: x / 0,
    **{f"x ** {n}": lambda torch, x, n=n: x**n for n in (0, 1, 2, 3, 4, -1, -2, 1.5, float("inf"), float("nan"))},
    **{f"{n} ** x": lambda torch, x, n=n: n**x for n in (2, 0, -1.5)},
}
OF_TWO = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "**": operator.pow}


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", OF_ONE)
def test_a_function_of_one_number_agrees_to_the_digit_at_the_edges(name, dtype):
    for gradient in (1.0, -2.0):
        both(OF_ONE[name], np.array(SPECIAL, dtype), scale=0, gradient=gradient)
        for value in SPECIAL:  # PyTorch takes long arrays and single numbers along different ways
            both(OF_ONE[name], np.array(value, dtype), scale=0, gradient=gradient)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", OF_TWO)
def test_a_function_of_two_numbers_agrees_to_the_digit_at_the_edges(name, dtype):
    x, y = np.array(list(itertools.product([*SPECIAL, 2.0, 3.0], repeat=2)), dtype).T
    both(lambda torch, x, y: OF_TWO[name](x, y), x, y, scale=0)


def test_an_infinite_gradient_does_not_pass_a_relu_that_is_shut():
    x = np.array([-1.0, 0.0, 2.0, 4.0], np.float32)
    both(lambda torch, x: x.relu().sqrt(), x)
    both(lambda torch, x: x.relu(), x, gradient=np.inf)
    both(lambda torch, x: x.relu(), np.array(-1.0), gradient=np.nan)


def test_a_power_of_zero_passes_no_gradient_however_large():
    both(lambda torch, x: x**0, np.array([1.0, 0.0, np.inf]), gradient=np.inf)


def test_the_spread_of_large_numbers_does_not_overflow():
    x = np.array([[-1e30, 1e30], [1e30, 2e30], [3e30, 4e30], [-3e30, -7e30]], np.float32)
    both(lambda torch, x: [x.std(), x.std(0), x.detach().var()], x)


def test_neither_warnings_nor_settings_of_numpy_reach_the_engine():
    with warnings.catch_warnings(), np.errstate(all="raise"):
        warnings.simplefilter("error")
        x = micrograd.tensor([0.0, 1e38, -1.0, math.inf], requires_grad=True)
        y = x.log() + x * 1e30 + x / 0 + x.exp() + x.sqrt() - x
        y.backward(micrograd.ones(4))
        x.data *= 1e38
        assert (x.detach() // 0).isnan().any()


@pytest.mark.parametrize(
    "spread",
    [
        lambda torch, x: x[:1].var(0),
        lambda torch, x: x[0, 0].std(),
        lambda torch, x: x.var(correction=12),
        lambda torch, x: torch.zeros(0, 3).var(0, unbiased=False),
        lambda torch, x: torch.std(x[:, :1], dim=1, keepdim=True),
    ],
)
def test_a_variance_of_too_few_is_not_nan_in_silence(spread):
    """Such as that of the batch of one example that a net with batch normalization is sampled with, in training."""
    found = []
    for library in (micrograd, torch):
        with pytest.warns(UserWarning, match="degrees of freedom is <= 0") as caught:
            found.append(spread(library, library.arange(12.0).view(4, 3)).tolist())
        assert [Path(each.filename).name for each in caught] == ["test_ops.py"]
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (lambda x: x - x.max(1, keepdim=True), r"not with Max, .*take its \.values or \.indices$"),
        (lambda x: x - x.sort(1), r"take its \.values"),
        (lambda x: micrograd.exp(x.topk(2)), r"take its \.values"),
        (lambda x: micrograd.add(x, [1, 2, 3]), r"list: \[1, 2, 3\]; torch\.tensor\(\.\.\.\) makes a tensor of it"),
        (lambda x: x + "a", "not with str: 'a'$"),
    ],
)
def test_an_operand_that_is_no_tensor_is_named_with_what_was_meant(wrong, hint):
    with pytest.raises(TypeError, match=hint):
        wrong(micrograd.ones(2, 3))


def test_a_variance_of_enough_says_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        micrograd.ones(2).var()
        micrograd.ones(1).var(unbiased=False)


ROWS = {
    "sum": lambda torch, x: x.sum(1),
    "mean": lambda torch, x: x.mean(1),
    "var": lambda torch, x: x.var(1),
    "std": lambda torch, x: x.std(1),
    "max": lambda torch, x: x.max(1),
    "min": lambda torch, x: x.min(1),
    "max of all": lambda torch, x: x.max(),
    "min of all": lambda torch, x: x.min(),
    "argmax": lambda torch, x: x.argmax(1),
    "argmin": lambda torch, x: x.argmin(1),
    "softmax": lambda torch, x: x.softmax(1),
    "log_softmax": lambda torch, x: x.log_softmax(1),
    "cross_entropy": lambda torch, x: torch.nn.functional.cross_entropy(x, x.argmin(1), reduction="none"),
    "mean of cross_entropy": lambda torch, x: torch.nn.functional.cross_entropy(x, x.argmax(1)),
}


@pytest.mark.parametrize("name", ROWS)
@some(40)
@given(data=st.data(), dtype=st.sampled_from(FLOATS))
def test_a_function_of_rows_agrees_at_the_edges(name, data, dtype):
    n = data.draw(st.integers(2, 4))
    values = st.one_of(finite, st.sampled_from([np.inf, -np.inf, np.nan, 1000.0, -1000.0, 88.0, 89.0]))
    rows = data.draw(st.lists(st.lists(values, min_size=n, max_size=n), min_size=1, max_size=3))
    both(ROWS[name], np.array(rows, dtype))


def test_logits_of_thousands_neither_overflow_nor_vanish():
    x = np.array([[1e4, -1e4, 0], [-3e38, 3e38, 1], [5, 5, 5]], np.float32)
    for fn in (ROWS["softmax"], ROWS["log_softmax"], ROWS["cross_entropy"]):
        both(fn, x)


def test_of_equal_elements_max_shares_the_gradient_and_max_of_a_dim_takes_the_first():
    x = np.array([[1.0, 3.0, 3.0, 0.0], [3.0, 3.0, 3.0, 3.0]])
    for fn in (ROWS["max of all"], ROWS["min of all"], ROWS["max"], ROWS["min"], ROWS["argmax"], ROWS["argmin"]):
        both(fn, x)


# The rules of derivatives.


def derivatives_of(call):
    """The result of a call, done again, and for each Tensor of floats the derivative and what it says it saves."""
    out, *derivatives = call.op.forward(*call.inputs, **call.options)
    rows = zip(call.inputs, call.are_tensors, derivatives, strict=False)
    pairs = [
        (d[0], d[1:]) if isinstance(d, tuple) else (d, ())
        for x, is_tensor, d in rows
        if is_tensor and x.dtype.kind == "f"
    ]
    return out, [pair for pair in pairs if pair[0] is not None]


def kept(function):
    """The arrays in the closure of a function, and in those of the functions in there."""
    for cell in getattr(function, "__closure__", None) or ():
        content = cell.cell_contents
        for item in content if isinstance(content, tuple | list) else [content]:
            if isinstance(item, np.ndarray):
                yield item
            elif inspect.isfunction(item):
                yield from kept(item)


def check_gives_and_keeps_its_own(call):
    """A derivative gives the same each time, leaves its argument as it was, and returns nothing that it keeps."""
    out, derivatives = derivatives_of(call)
    g = np.random.default_rng(0).normal(size=np.shape(out)).astype(np.asarray(out).dtype)
    before = g.copy()
    for derivative, _ in derivatives:
        first = derivative(g)
        if first is None:  # there is none, see norm(0)
            continue
        right = first.copy()
        np.testing.assert_array_equal(derivative(g), right, "the derivative does not give the same again")
        np.testing.assert_array_equal(first, right, "a later call changed what was given before")
        np.testing.assert_array_equal(g, before, "the derivative changed what it was given")
        for held in kept(derivative):
            assert not np.may_share_memory(first, held), "the derivative returns what it keeps"


def check_takes_any_layout(call):
    """A derivative takes a gradient of any order in memory, one that cannot be written to, and a NumPy scalar."""
    out, derivatives = derivatives_of(call)
    g = np.random.default_rng(0).normal(size=np.shape(out)).astype(np.asarray(out).dtype)
    for derivative, _ in derivatives:
        right = derivative(g)
        if right is None:
            continue
        for layout in [np.array(g, order="F"), np.broadcast_to(g, g.shape), *([g[()]] if g.ndim == 0 else [])]:
            np.testing.assert_allclose(derivative(layout), right, rtol=1e-5, atol=1e-5)  # other orders of addition


def check_saves_what_it_keeps(call):
    """What a derivative keeps is what it says it saves, and the inputs and the result among it are those themselves."""
    out, derivatives = derivatives_of(call)
    inputs = [x for x, is_tensor in zip(call.inputs, call.are_tensors, strict=True) if is_tensor]
    for derivative, said in derivatives:
        held = list(kept(derivative))
        said = [item for each in said for item in (each if isinstance(each, tuple) else [each])]
        for mine in held:
            assert any(shares(mine, each) for each in said) or not mine.size, (
                "the derivative keeps what it does not say"
            )
            for whole in (*inputs, out):
                assert not shares(mine, whole) or any(each is whole for each in said), "it saves a view of an input"
        for each in said:
            assert not isinstance(each, np.ndarray) or any(each is mine for mine in held), (
                "it says what it does not keep"
            )


def shares(x, y):
    return isinstance(x, np.ndarray) and isinstance(y, np.ndarray) and np.may_share_memory(x, y)


def derivatives_keep_the_rules(case, arrays, options):
    with applied() as calls:
        Run(micrograd, case.fn, arrays, options)
    for call in calls:
        check_gives_and_keeps_its_own(call)
        check_takes_any_layout(call)
        check_saves_what_it_keeps(call)


def returns_what_it_keeps(x):
    slope = np.full_like(x, 2)
    return 2 * x, lambda g: slope


def changes_what_it_is_given(x):
    return 2 * x, lambda g: np.multiply(g, 2, out=g)


def adds_up_between_calls(x):
    slope = np.full_like(x, 2)
    return 2 * x, lambda g: np.add(slope, g, out=slope).copy()


def keeps_more_than_it_says(x):
    return x * x, lambda g: 2 * g * x


def says_more_than_it_keeps(x):
    return 2 * x, save(lambda g: 2 * g, x)


def saves_a_view_of_its_input(x):
    y = x[:]
    return x * x, save(lambda g: 2 * g * y, y)


def called(function):
    return Call(SimpleNamespace(forward=function), [np.ones(3)], [True], {})


@pytest.mark.parametrize("function", [returns_what_it_keeps, changes_what_it_is_given, adds_up_between_calls])
def test_a_derivative_that_does_not_keep_to_its_own_is_noticed(function):
    with pytest.raises(AssertionError):
        check_gives_and_keeps_its_own(called(function))


@pytest.mark.parametrize("function", [keeps_more_than_it_says, says_more_than_it_keeps, saves_a_view_of_its_input])
def test_a_derivative_that_does_not_say_what_it_keeps_is_noticed(function):
    with pytest.raises(AssertionError, match="sa"):
        check_saves_what_it_keeps(called(function))


def test_a_gradient_that_shares_memory_is_noticed():
    run = Run(micrograd, lambda torch, x: x, [np.ones(3)], {})
    run.leaves[0].grad = run.leaves[0].detach()
    with pytest.raises(AssertionError, match="shares memory"):
        run.check_memory()


# The rules of the graph, whatever the op.


# PyTorch puts these together from other operations, of several kinds and with copies in between, by shape and layout.
COMPOSED = ("attention", "rnn", "gru", "lstm", "causal_self_attention")


def is_composed(case, arrays):
    """Whether PyTorch puts the case together; products only from three dimensions on."""
    return case.op in COMPOSED or (case.op in ("linear", "matmul") and max(x.ndim for x in arrays) > 2)


def backward(run):
    """The gradients of the leaves, for a gradient of ones of the first result; a RuntimeError as the word "refused"."""
    result = run.results[0]
    try:
        result.backward(
            micrograd.ones_like(result) if isinstance(result, micrograd.Tensor) else torch.ones_like(result)
        )
    except RuntimeError:
        return "refused"
    return [None if leaf.grad is None else leaf.grad.numpy() for leaf in run.leaves]


def leaves_add_up_their_gradients_in_place(case, arrays, options):
    run = Run(micrograd, case.fn, arrays, options)
    result = run.results[0]
    result.backward(micrograd.ones_like(result), retain_graph=True)
    once = [None if leaf.grad is None else (leaf.grad, leaf.grad.numpy().copy()) for leaf in run.leaves]
    twice = backward(run)
    for leaf, first, second in zip(run.leaves, once, twice, strict=True):
        if first is not None:
            assert leaf.grad is first[0]
            np.testing.assert_array_equal(second, first[1] + first[1])


def a_second_backward_is_refused_where_pytorch_refuses_it(case, arrays, options):
    again = []
    for library in (micrograd, torch):
        run = Run(library, case.fn, arrays, options)
        backward(run)
        again.append(backward(run) == "refused")
    assert again[0] == again[1] or is_composed(case, arrays)


def a_change_in_place_is_refused_by_backward_or_makes_no_difference(case, arrays, options):
    expected = backward(Run(micrograd, case.fn, arrays, options))
    for changed in range(len(arrays) + 1):
        answers = []
        for library in (micrograd, torch):
            run = Run(library, case.fn, arrays, options)
            tensor = [*run.leaves, run.results[0]][changed]
            if not tensor.requires_grad or (case.op == "expand" and changed == len(arrays)):
                break  # not of floats; or cannot be written to
            with library.no_grad():
                tensor += 1
            answers.append(backward(run))
        else:
            mine, theirs = answers
            if mine != "refused":
                for gradient, right in zip(mine, expected, strict=True):
                    np.testing.assert_array_equal(gradient, right)
            elif not is_composed(case, arrays):
                assert theirs == "refused", "PyTorch has no need of what was changed"


def a_result_is_a_view_where_it_is_one_in_pytorch(case, arrays, options):
    views = []
    for library in (micrograd, torch):
        run = Run(library, case.fn, arrays, options)
        views.append([np.may_share_memory(a, leaf.detach().numpy()) for a in run.values() for leaf in run.leaves])
    assert views[0] == views[1]


def a_result_lies_in_memory_in_order_where_it_does_in_pytorch(case, arrays, options):
    arrays = [np.asarray(x, order="F") for x in arrays]
    mine, theirs = (Run(library, case.fn, arrays, options).results[0] for library in (micrograd, torch))
    assert mine.is_contiguous() or not theirs.is_contiguous(), "it cannot be viewed in another shape"


# What PyTorch calls the nodes of its own compositions, and variants that are one op here.
OTHER_NAMES = {
    "CopyBackwards": ("torch::autograd::CopyBackwards",),
    "CopySlices": ("torch::autograd::CopySlices", "torch::autograd::CopyBackwards", "FillBackward3"),
    "FillBackward3": ("torch::autograd::CopyBackwards",),  # a number assigned to a tensor without dimensions
    "IndexPutBackward0": ("torch::autograd::CopySlices",),
    "MaskedFillBackward0": ("MaskedFillBackward1",),
    "PermuteBackward0": ("ViewBackward0",),  # of an einsum whose product needs no other order
    "PowBackward1": ("PowBackward2",),
    "ProdBackward0": ("ProdBackward1",),
    "RemainderBackward0": ("RemainderBackward1",),
    "SliceBackward0": ("AliasBackward0", "UnsqueezeBackward0", "SelectBackward0"),
    "SqueezeBackward1": ("SqueezeBackward4", "UnsafeViewBackward0"),
    "TransposeBackward0": ("TBackward0",),
    "UnsafeViewBackward0": ("TransposeBackward0", "CloneBackward0", "ViewBackward0", None),
    "ViewBackward0": ("ReshapeAliasBackward0", "NllLossBackward0", "LogSoftmaxBackward0", "SoftmaxBackward0", None),
}


def nodes_are_named_as_in_pytorch(case, arrays, options):
    mine, theirs = (Run(library, case.fn, arrays, options).results[0] for library in (micrograd, torch))
    name = None if theirs.grad_fn is None else theirs.grad_fn.name()
    assert mine.grad_fn.name == name or is_composed(case, arrays) or name in OTHER_NAMES[mine.grad_fn.name]


@every_case
@some(8)
@given(data=st.data())
def test_the_rules_of_derivatives_and_of_the_graph_are_kept(case, data):
    """All on the same inputs, since drawing them takes longer than most of the checks."""
    arrays, options = data.draw(case.inputs)
    for rule in (
        derivatives_keep_the_rules,
        leaves_add_up_their_gradients_in_place,
        a_second_backward_is_refused_where_pytorch_refuses_it,
        a_change_in_place_is_refused_by_backward_or_makes_no_difference,
        a_result_is_a_view_where_it_is_one_in_pytorch,
        a_result_lies_in_memory_in_order_where_it_does_in_pytorch,
        nodes_are_named_as_in_pytorch,
    ):
        rule(case, arrays, options)


# Dtypes.

SIGNS = {**OF_TWO, "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt}
SIGNS |= {">=": operator.ge}
IN_PLACE = {"+=": operator.iadd, "-=": operator.isub, "*=": operator.imul, "/=": operator.itruediv}
NUMBERS_OF_ALL_KINDS = [True, 2, -1, 1.5, np.float64(1.5), np.float32(1.5), np.int64(2), np.int32(2), np.uint8(3)]
SIGNED = [dtype for dtype in DTYPES if dtype is not np.uint8]


def small(dtype, ndim):
    return np.array([3, 1, 2, 0], dtype) if ndim else np.array(2, dtype)


def takes(name, *dtypes):
    """Whether PyTorch has the operation for these dtypes; of bools it has no difference and no power."""
    return not (name in ("-", "**") and np.bool_ in dtypes)


@pytest.mark.parametrize("name", SIGNS)
def test_dtypes_mix_as_in_pytorch(name):
    for x, y in itertools.product(DTYPES, DTYPES):
        for x_dims, y_dims in itertools.product((0, 1), (0, 1)):
            if takes(name, x, y):
                both(lambda torch, x, y: SIGNS[name](x, y), small(x, x_dims), small(y, y_dims))


@pytest.mark.parametrize("name", SIGNS)
def test_numbers_on_either_side_change_dtypes_as_in_pytorch(name):
    for dtype, ndim, number in itertools.product(DTYPES, (0, 1), NUMBERS_OF_ALL_KINDS):
        kind = np.bool_ if number is True else None
        if takes(name, dtype, kind):
            both_alike(lambda torch, x, number: SIGNS[name](x, number), small(dtype, ndim), number=number)
            both_alike(lambda torch, x, number: SIGNS[name](number, x), small(dtype, ndim), number=number)


@pytest.mark.parametrize("name", IN_PLACE)
def test_dtypes_in_place_are_kept_or_refused_as_in_pytorch(name):
    for x, y in itertools.product(DTYPES, DTYPES):
        for x_dims, y_dims in itertools.product((0, 1), (0, 1)):
            both_alike(lambda torch, x, y: IN_PLACE[name](x.clone(), y.detach()), small(x, x_dims), small(y, y_dims))
    for dtype, number in itertools.product(DTYPES, (2, -1, 300, 1.5, True)):
        both_alike(lambda torch, x, number: IN_PLACE[name](x.clone(), number), small(dtype, 1), number=number)


@pytest.mark.parametrize("dtype", DTYPES)
def test_functions_of_any_dtype_give_the_dtype_of_pytorch(dtype):
    names = ["exp", "log", "sqrt", "tanh", "sigmoid", "sum", "mean", "var", "std", "max", "min", "clone"]
    names += ["float", "double", "softmax", "log_softmax"]
    names += ["abs", "relu", "argmax", "argmin", "floor", "ceil", "round"] if dtype is not np.bool_ else []
    names += ["any", "all", "sign", "cumsum", "cumprod", "prod", "flip"]
    for name, ndim in itertools.product(names, (0, 1)):
        dim = {"dim": 0} if name.endswith("softmax") or name.startswith("cum") else {}
        dim = {"dims": (0,)} if name == "flip" else dim
        both_alike(lambda torch, x, name, dim: getattr(x, name)(**dim), small(dtype, ndim), name=name, dim=dim)
    if dtype is not np.bool_:
        both(lambda torch, x: -x, small(dtype, 1))


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_cast_to_whole_numbers_leaves_the_graph(dtype):
    both(lambda torch, x: [x.long(), x.int(), x.bool(), x.to(torch.int64), x.to(torch.uint8)], small(dtype, 1))
    both(lambda torch, x: x.float() * x.long() + x.bool(), small(dtype, 1))


@pytest.mark.parametrize("name", ["sum", "mean", "prod", "cumsum", "cumprod"])
def test_a_reduction_that_is_given_a_dtype_has_it(name):
    for dtype, wanted in itertools.product(DTYPES, ("float32", "float64", "int64", "int32")):
        for dim in ({"dim": 0}, {}) if not name.startswith("cum") else ({"dim": 0},):
            both_alike(
                lambda torch, x, wanted, dim: getattr(x.detach(), name)(**dim, dtype=getattr(torch, wanted)),
                small(dtype, 1),
                wanted=wanted,
                dim=dim,
            )


def test_bools_are_neither_divided_into_whole_parts_nor_raised_to_powers():
    for sign in (operator.floordiv, operator.mod):
        both_raise(lambda torch, x, sign: sign(x, x), small(np.bool_, 1), sign=sign)
        both_raise(lambda torch, x, sign: sign(x, True), small(np.bool_, 1), sign=sign)


@pytest.mark.parametrize("name", ["&", "|"])
def test_and_and_or_of_whole_numbers_and_bools_mix_dtypes_as_in_pytorch(name):
    sign = {"&": operator.and_, "|": operator.or_}[name]
    for x, y in itertools.product(DTYPES, DTYPES):
        for x_dims, y_dims in itertools.product((0, 1), (0, 1)):
            both_alike(lambda torch, x, y: sign(x, y), small(x, x_dims), small(y, y_dims))
    for dtype, number in itertools.product(SIGNED, (True, 2)):
        both_alike(lambda torch, x, number: sign(x, number), small(dtype, 1), number=number)
        both_alike(lambda torch, x, number: sign(number, x), small(dtype, 1), number=number)


def test_lists_of_several_dtypes_are_joined_in_the_dtype_of_pytorch():
    for x, y in itertools.product(DTYPES, DTYPES):
        both(lambda torch, x, y: torch.cat([x, y]), small(x, 1), small(y, 1))
        both(lambda torch, x, y: torch.stack([x, y]), small(x, 1), small(y, 1))
        both(lambda torch, x, y: torch.stack([x, y]), small(x, 0), small(y, 0))


def test_matrices_of_whole_numbers_are_multiplied_and_of_two_dtypes_refused():
    for x, y in itertools.product(SIGNED[:-1], SIGNED[:-1]):
        for x_dims, y_dims in itertools.product((1, 2, 3), (1, 2, 3)):
            pair = np.ones((2, 3, 3)[3 - x_dims :], x), np.ones((2, 3, 3)[3 - y_dims :], y)
            both_alike(lambda torch, x, y: x @ y, *pair)


# Assignment and operations in place.


def change(torch, x, *others, name, index, number=None):
    """x[index] += other, or another operation in place; x += other where the index is None."""
    x = x * 1
    other = others[0] if others else number
    if index is None:
        return IN_PLACE[name](x, other)
    index = index_for(torch, index)
    x[index] = IN_PLACE[name](x[index], other)  # what Python makes of x[index] += other
    return x


@pytest.mark.parametrize("kind", ["whole", "part", "picked"])
@pytest.mark.parametrize("name", IN_PLACE)
@some(20)
@given(data=st.data())
def test_operations_in_place_carry_gradients_as_in_pytorch(name, kind, data):
    x = data.draw(array(shapes(1, 3), low=0.5))
    index = None if kind == "whole" else data.draw(indices(x.shape, advanced=kind == "picked", repeats=False))
    place = x.shape if index is None else tuple(torch.zeros(x.shape)[index_for(torch, index)].shape)
    other = numbers(data.draw, data.draw(broadcast(place)), x.dtype, low=0.5)
    both(change, x, other, name=name, index=index)
    number = data.draw(NUMBERS.filter(lambda n: n is not True and abs(n) > 0.1))
    both(change, x, name=name, index=index, number=number)


def changed(torch, x, y, change):
    """x after a change, a function that is given the library, x outside the leaves, and y."""
    x = x * 1
    result = change(torch, x, y)
    return x if result is None else result


def put(index, value):
    """A change that sets x[index] to value(x, y)."""

    def change(torch, x, y):
        x[index] = value(x, y)

    return change


def start_from_zeros(torch, x, y):
    total = torch.zeros(2, 3)
    total[0] = y
    total[:, 1] = x[:, 2]
    total += y
    return total


def put_twice(torch, x, y):
    x[0] = y
    x[1] = 2 * x[0]
    x[0] = y * y


def use_then_put(torch, x, y):
    square = x * 2
    x[0] = y
    return square + x


def put_then_use(torch, x, y):
    x[0] = y
    square = x * x
    return square.sum() + x[1, 2]


def put_what_changes_later(torch, x, y):
    z = y * 1
    x[0] = z
    z += 1
    return x + z


def into_itself(torch, x, y):
    x += x
    x -= x / 2


def with_views(torch, x, y):
    x[0] += y
    x[:, 1] *= 2
    x[1, 2] = x[0, 0]


CHANGES = {
    "a number": put(0, lambda x, y: 5),
    "True": put((slice(None), 1), lambda x, y: True),
    "all": put(..., lambda x, y: 1.5),
    "a row": put(1, lambda x, y: y),
    "another row": put(0, lambda x, y: x[1]),
    "itself": put(slice(None), lambda x, y: x.clone()),
    "a leading dimension too many": put(0, lambda x, y: y[None]),
    "two leading dimensions too many": put(0, lambda x, y: y[None, None]),
    "a leading dimension too many, picked": put([0, 1], lambda x, y: y[None, None]),
    "a column of one": put((slice(None), slice(0, 1)), lambda x, y: y[:2].unsqueeze(1)),
    "picked": put(([0, 1], [2, 0]), lambda x, y: y[1:]),
    "picked, one value": put(([0, 1, 1], [2, 0, 1]), lambda x, y: y[0]),
    "nothing": put([], lambda x, y: y),
    "wider floats": put(0, lambda x, y: y.double()),
    "whole numbers": put(0, lambda x, y: y.long()),
    "start from zeros": start_from_zeros,
    "put twice": put_twice,
    "use, then put": use_then_put,
    "put, then use": put_then_use,
    "put what changes later": put_what_changes_later,
    "into itself": into_itself,
    "with views": with_views,
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_carries_gradients_as_in_pytorch(name):
    x, y = np.arange(1, 7, dtype=np.float32).reshape(2, 3), np.array([0.5, -1, 2], np.float32)
    both(changed, x, y, change=CHANGES[name])


@pytest.mark.parametrize("value", ["y", "y[0]", "y[:1]", "2.5"])
def test_masks_from_the_tensor_itself_select_and_assign(value):
    def fill(torch, x, y):
        x = x * 1
        x[x > 2] = {"y": y, "y[0]": y[0], "y[:1]": y[:1], "2.5": 2.5}[value]
        return x

    x, y = np.arange(6.0).reshape(2, 3), np.array([0.5, -1, 2])
    both(fill, x, y)
    both(lambda torch, x: x[x > 2], x)
    both(lambda torch, x: x[x > 9], x)


def test_a_change_of_a_tensor_without_dimensions():
    def fill(torch, x, y):
        x = x * 1
        x[()] = y
        return 2 * x

    def add(torch, x, y):
        x = x * 1
        x += y
        return 2 * x

    both(fill, np.array(2.0), np.array(3.0))
    both(add, np.array(2.0), np.array(3.0))


@pytest.mark.parametrize("rows", [3, 64, 65, 500])
@pytest.mark.parametrize("columns", [1, 4, 6])
def test_rows_picked_many_times_add_up_their_gradients(rows, columns):
    x = np.random.default_rng(0).normal(size=(rows, columns))
    index = np.random.default_rng(1).integers(-rows, rows, (8, 5))
    for gradient in (None, np.array([np.inf, 1, np.nan, -2, 0, 3])[:columns]):
        both(lambda torch, x, i: x[i], x, index, gradient=gradient)
        both(lambda torch, x, i: x[i, 1:], x, index)


def test_an_ellipsis_that_stands_for_nothing_does_not_part_arrays():
    x = np.arange(6.0).reshape(2, 3)
    both(lambda torch, x: x[None, [0, 1, 1], ..., [2, 0, 1]], x)
    both(lambda torch, x: x[[1, 0], ..., [True, False, True], None], x)


def test_bools_as_indices_add_a_dimension():
    for x in (np.array(2.0), np.arange(6.0).reshape(2, 3)):
        both(lambda torch, x: [x[True], x[False], x[None, True], x[torch.tensor(True)]], x)


def test_indices_of_other_libraries_and_types_are_taken():
    x = np.arange(6.0).reshape(2, 3)
    both(lambda torch, x: [x[np.array([0, 1, 0])], x[np.int64(1)], x[np.array([True, False])], x[np.array(1)]], x)
    both(lambda torch, x: [x[torch.tensor(1)], x[: torch.tensor(1)], x[range(1, -1, -1)], x[:, [True, False, True]]], x)
    both(lambda torch, x: [row.sum() for row in x], x)


# What is refused.


def refused(*fns):
    return pytest.mark.parametrize(
        "fn", fns, ids=lambda fn: inspect.getsource(fn).strip(" ,\n").removeprefix("lambda ")
    )


@refused(
    lambda t, x, v: x + t.ones(4),
    lambda t, x, v: x * t.ones(3, 2),
    lambda t, x, v: x == t.ones(4),
    lambda t, x, v: x + "a",
    lambda t, x, v: None + x,
    lambda t, x, v: operator.add(x, [1]),
    lambda t, x, v: x < None,
    lambda t, x, v: x ** "a",
    lambda t, x, v: x @ "a",
    lambda t, x, v: x @ 2,
    lambda t, x, v: x @ x,
    lambda t, x, v: x @ v[:2],
    lambda t, x, v: v @ x,
    lambda t, x, v: x @ v[0],
    lambda t, x, v: x @ x.double().T,
    lambda t, x, v: t.ones(2, 3, 4) @ t.ones(3, 4, 2),
    lambda t, x, v: x.long() ** -1,
    lambda t, x, v: x.long() // 0,
    lambda t, x, v: x.long() % 0,
    lambda t, x, v: t.ones(1, 2, 3).bmm(t.ones(4, 3, 2)),
    lambda t, x, v: t.ones(2, 2, 3).bmm(t.ones(2, 3, 2).double()),
    lambda t, x, v: x.item(),
    lambda t, x, v: float(x),
    lambda t, x, v: bool(x),
    lambda t, x, v: len(v[0]),
    lambda t, x, v: list(v[0]),
    lambda t, x, v: x.numpy(),
)
def test_arithmetic_that_makes_no_sense_raises_what_pytorch_raises(fn):
    both_raise(fn, *two_arrays())


@refused(
    lambda t, x, v: x.sum(2),
    lambda t, x, v: x.sum(-3),
    lambda t, x, v: x.sum((0, -2)),
    lambda t, x, v: x.mean(5),
    lambda t, x, v: x.long().mean(),
    lambda t, x, v: x.long().var(),
    lambda t, x, v: x.var(3),
    lambda t, x, v: x.std((1, 1)),
    lambda t, x, v: x.max(2),
    lambda t, x, v: x.argmax(2),
    lambda t, x, v: t.ones(0).max(),
    lambda t, x, v: t.ones(2, 0).max(1),
    lambda t, x, v: t.ones(2, 0).argmin(1),
    lambda t, x, v: x.softmax(2),
    lambda t, x, v: x.log_softmax(-3),
    lambda t, x, v: x.long().softmax(0),
    lambda t, x, v: v[0].sum(1),
    lambda t, x, v: v[0].softmax(1),
)
def test_reductions_that_make_no_sense_raise_what_pytorch_raises(fn):
    both_raise(fn, *two_arrays())


@refused(
    lambda t, x, v: x.view(4),
    lambda t, x, v: x.view(-1, -1),
    lambda t, x, v: x.view(5, -1),
    lambda t, x, v: x.view(-2, 3),
    lambda t, x, v: x.T.view(6),
    lambda t, x, v: x.reshape(7),
    lambda t, x, v: t.ones(0).view(0, -1),
    lambda t, x, v: x.flatten(1, 0),
    lambda t, x, v: x.flatten(0, 2),
    lambda t, x, v: x.permute(0, 0),
    lambda t, x, v: x.permute(0),
    lambda t, x, v: x.permute(0, 2),
    lambda t, x, v: x.transpose(0, 2),
    lambda t, x, v: v[0].transpose(0, 1),
    lambda t, x, v: t.ones(1, 2, 3).t(),
    lambda t, x, v: x.squeeze(2),
    lambda t, x, v: x.unsqueeze(3),
    lambda t, x, v: x.expand(3, 3),
    lambda t, x, v: x.expand(3),
    lambda t, x, v: x.expand(-1, 2, 3),
    lambda t, x, v: t.cat([]),
    lambda t, x, v: t.cat(x),
    lambda t, x, v: t.cat([x, 1.0]),
    lambda t, x, v: t.cat([x, x], 2),
    lambda t, x, v: t.cat([x, x.T]),
    lambda t, x, v: t.cat([x, v]),
    lambda t, x, v: t.cat([v[0], v[1]]),
    lambda t, x, v: t.stack([]),
    lambda t, x, v: t.stack(x),
    lambda t, x, v: t.stack([x, x.T]),
    lambda t, x, v: t.stack([x, x], 3),
    lambda t, x, v: t.cat([t.tensor([]), x], 2),
    lambda t, x, v: t.cat([t.ones(0, 2), x]),
    lambda t, x, v: x.narrow(1, 2, 2),
    lambda t, x, v: x.squeeze((0, 2)),
    lambda t, x, v: x.unsqueeze_(0),
    lambda t, x, v: x.gather(1, t.tensor([[3]])),
    lambda t, x, v: x.scatter(1, t.tensor([[3]]), 1.0),
    lambda t, x, v: x.scatter(1, t.tensor([[0, 1]]), t.ones(1, 1)),
    lambda t, x, v: x.scatter_(1, t.tensor([[0]]), 1.0),
)
def test_shapes_that_do_not_fit_raise_what_pytorch_raises(fn):
    both_raise(fn, *two_arrays())


@refused(
    lambda t, x, v: x[2],
    lambda t, x, v: x[-3],
    lambda t, x, v: x[0, 3],
    lambda t, x, v: x[0, 0, 0],
    lambda t, x, v: v[0][0],
    lambda t, x, v: x[::-1],
    lambda t, x, v: x[::0],
    lambda t, x, v: x[1.0],
    lambda t, x, v: x["a"],
    lambda t, x, v: x[t.tensor([1.0])],
    lambda t, x, v: x[[0, 2]],
    lambda t, x, v: x[t.tensor([-3])],
    lambda t, x, v: x[[0, 1], [0, 1, 2]],
    lambda t, x, v: x[[True]],
    lambda t, x, v: x[t.tensor([True, False, True])],
    lambda t, x, v: x[t.tensor([True, True]), t.tensor([0, 1, 2])],
    lambda t, x, v: put(5, lambda x, y: 1)(t, x * 1, v),
    lambda t, x, v: put((0, 5), lambda x, y: 1)(t, x * 1, v),
    lambda t, x, v: put([0, 5], lambda x, y: 1)(t, x * 1, v),
    lambda t, x, v: put(0, lambda x, y: y[:2])(t, x * 1, v),
    lambda t, x, v: put(0, lambda x, y: x)(t, x * 1, v),
    lambda t, x, v: put(([0, 1], [0, 1]), lambda x, y: y)(t, x * 1, v),
    lambda t, x, v: put([0], lambda x, y: y.double())(t, x * 1, v),
    lambda t, x, v: put(0, lambda x, y: "a")(t, x * 1, v),
    lambda t, x, v: put(0, lambda x, y: None)(t, x * 1, v),
    lambda t, x, v: put(0, lambda x, y: [1, 2, 3])(t, x * 1, v),
)
def test_indices_that_do_not_fit_raise_what_pytorch_raises(fn):
    both_raise(fn, *two_arrays())


@refused(
    lambda t, x, v: operator.iadd(x, 1),
    lambda t, x, v: operator.iadd(x.view(-1), 1),
    lambda t, x, v: put(0, lambda x, y: 1)(t, x, v),
    lambda t, x, v: put(0, lambda x, y: 1)(t, x[:1], v),
    lambda t, x, v: operator.iadd(v * 1, x),
    lambda t, x, v: operator.iadd(x * 1, t.ones(4)),
    lambda t, x, v: operator.iadd(x * 1, "a"),
    lambda t, x, v: operator.iadd((v * 1).expand(2, 3), 1),
    lambda t, x, v: operator.iadd(x.detach().long(), 1.5),
    lambda t, x, v: operator.itruediv(x.detach().long(), 2),
)
def test_changes_in_place_that_make_no_sense_raise_what_pytorch_raises(fn):
    both_raise(fn, *two_arrays())


@refused(
    lambda t, x, v: x.bool() - x.bool(),
    lambda t, x, v: x - x.bool(),
    lambda t, x, v: x.bool() - x,
    lambda t, x, v: x - True,
    lambda t, x, v: True - x,
    lambda t, x, v: -x.bool(),
    lambda t, x, v: x.bool() ** x.bool(),
    lambda t, x, v: x.bool() @ x.bool().T,
    lambda t, x, v: abs(x.bool()),
    lambda t, x, v: x.bool().relu(),
    lambda t, x, v: x.bool().argmax(),
)
def test_bools_are_no_numbers_where_they_are_none_in_pytorch(fn):
    both_raise(fn, *two_arrays())


def two_arrays():
    return np.arange(1, 7, dtype=np.float32).reshape(2, 3), np.array([0.5, -1, 2], np.float32)


# What has no gradient, and small things.


@pytest.mark.parametrize(
    "fn",
    [
        lambda x: x.max(1),
        lambda x: x.min(0),
        lambda x: x.median(1),
        lambda x: x.median(0, keepdim=True),
        lambda x: x.sort(1),
        lambda x: x.topk(1),
        lambda x: (x.softmax(1)[index := x.detach().argmin(1)], index),
        lambda x: (x.gather(1, index := x.detach().argmin(1, keepdim=True)), index),
        lambda x: (x.masked_fill(mask := x.detach() > 1, 0.0), mask),
        lambda x: (micrograd.where(mask := x.detach() > 1, x, 0.0), mask),
        lambda x: (x.clamp(bound := x.detach() * 0 + 1.5), bound),
        lambda x: (micrograd.nn.functional.cross_entropy(x, target := x.detach().argmin(1)), target),
    ],
    ids=lambda fn: inspect.getsource(fn).strip(" ,\n").removeprefix("lambda "),
)
def test_a_change_of_indices_masks_and_bounds_is_noticed_or_makes_no_difference(fn):
    x = micrograd.tensor([[3.0, 1], [2, 1]], requires_grad=True)
    fn(x)[0].sum().backward()
    right = x.grad.tolist()
    x.grad = None
    result, selection = fn(x)
    selection[:] = 1 - selection.long() if selection.dtype is not micrograd.bool else ~selection
    refusal = ""
    try:
        result.sum().backward()
    except RuntimeError as error:
        refusal = str(error)
    assert "modified by an inplace operation" in refusal or x.grad.tolist() == right


@pytest.mark.filterwarnings("ignore:indexing with dtype torch.uint8:UserWarning")
def test_bytes_are_a_mask_and_a_list_of_lists_is_one_index_for_each_dimension():
    x, mask = two_arrays()[0], np.array([1, 0], np.uint8)
    both(lambda torch, x, mask: [x[mask], x[mask, 1:], x[torch.tensor(1, dtype=torch.uint8)]], x, mask)
    both(lambda torch, x: [x[[[0, 1], [1, 2]]], x[[0, 1]], x[[slice(1), 1]], x[[True, False]]], x)
    both(lambda torch, x: put([[0, 1], [1, 2]], lambda x, y: 7.0)(torch, x.detach(), x), x)


def test_sizes_and_numbers_are_those_of_pytorch():
    both(lambda torch, x, v: [tuple(x.shape), x.size(0), x.size(-1), x.dim(), x.numel(), len(x), x.ndim], *two_arrays())
    both(lambda torch, x, v: [x.tolist(), v[0].item(), float(v[1]), int(v[2]), bool(v[0]), 2.0 in x], *two_arrays())
    both_raise(lambda torch, x, v: x.size(2), *two_arrays())


def test_comparisons_count_and_select():
    both(lambda torch, x, v: [(x > 2).any(), (x > 2).all(), (x > 2).sum(), (x > 2).sum(0), ~(x > 2)], *two_arrays())
    both(lambda torch, x, v: (x > v).float().mean(), *two_arrays())
    both(lambda torch, x, v: (x * (x > 2)).sum(), *two_arrays())


def test_a_mean_of_no_examples_is_nan():
    for reduction in ("mean", "sum", "none"):
        for name in ("cross_entropy", "nll_loss"):
            both(
                lambda torch, x, y, name, how: getattr(torch.nn.functional, name)(x, y, reduction=how),
                np.ones((0, 3), np.float32),
                np.ones(0, np.int64),
                name=name,
                how=reduction,
            )


def test_one_hot_rows_are_those_of_pytorch():
    both(lambda torch, x: torch.nn.functional.one_hot(x, num_classes=4), np.array([[0, 3], [1, 1]]))
    both(lambda torch, x: torch.nn.functional.one_hot(x), np.array(2))
    both(lambda torch, x: torch.nn.functional.one_hot(x, num_classes=3), np.zeros((2, 0), np.int64))


def test_variance_over_an_empty_list_of_dims_is_over_all():
    for name in ("var", "std"):
        both(lambda torch, x, name: getattr(x.detach(), name)(dim=()), np.arange(6.0).reshape(2, 3), name=name)


def test_the_helpers_notice_what_differs():
    def differs(torch, x):
        return x * (2 if torch is micrograd else 2.001)

    def gradient_differs(torch, x):
        return x * 2 if torch is micrograd else x * 2 + (x - x.detach())

    def dtype_differs(torch, x):
        return x if torch is micrograd else x.double()

    def shape_differs(torch, x):
        return x if torch is micrograd else x[None]

    for fn in (differs, gradient_differs, dtype_differs, shape_differs):
        with pytest.raises(AssertionError):
            both(fn, np.ones(3, np.float32))
    with pytest.raises(AssertionError, match="PyTorch raises nothing"):
        both_raise(lambda torch, x: x, np.ones(3))
    with pytest.raises(AssertionError, match="PyTorch raises IndexError, micrograd nothing"):
        both_raise(lambda torch, x: x[0] if torch is micrograd else x[9], np.ones(3))
    with pytest.raises(AssertionError, match="PyTorch raises IndexError, micrograd ValueError"):
        both_raise(lambda torch, x: x[::-1] if torch is micrograd else x[9], np.ones(3))
    assert outcome(torch, lambda torch, x: x, [np.ones(3)], {}) is None
