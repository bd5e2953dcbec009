"""Tensors out of numbers, their dtypes and the way back to Python: programs that run on micrograd and on PyTorch."""

import math
import pickle
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from two_libraries import both

import micrograd

torch.set_num_threads(1)  # the tensors are small

some = settings(max_examples=200, deadline=None)

DTYPES = ["float32", "float64", "int32", "int64", "uint8", "bool"]


def same_on_both(program):
    """Assert that the program, a function of the library, returns the same on both, tensors bit for bit."""
    mine, theirs = program(micrograd), program(torch)
    identical(mine, theirs)
    assert mine is not None


def identical(mine, theirs):
    """Assert that tensors are the same in dtype, shape and every bit (nan is nan), lists in every item."""
    if isinstance(theirs, torch.Tensor):
        assert isinstance(mine, micrograd.Tensor)
        assert str(mine.dtype) == str(theirs.dtype)
        np.testing.assert_array_equal(mine.detach().numpy(), theirs.detach().numpy(), strict=True)
    elif isinstance(theirs, list | tuple):
        assert len(mine) == len(theirs)
        for my_item, their_item in zip(mine, theirs, strict=True):
            identical(my_item, their_item)
    else:
        assert type(mine).__name__ == type(theirs).__name__
        assert mine == theirs or (mine != mine and theirs != theirs), f"{mine!r}, not {theirs!r}"


def error(function, *args, **kwargs):
    """The class of the error that a call raises, by name; None where it raises none."""
    try:
        function(*args, **kwargs)
    except Exception as raised:
        return type(raised).__name__
    return None


# tensor().

DATA = {
    "int": 3,
    "negative int": -5,
    "large int": 2**62,
    "float": 0.1,
    "bool": True,
    "nan": math.nan,
    "inf": -math.inf,
    "ints": [1, 2, 3],
    "floats": [0.1, 0.2],
    "bools": [True, False],
    "ints and floats": [1, 2.5],
    "bools and ints": [True, 2],
    "bools and floats": [True, 2.5],
    "an int beyond float32 among floats": [16777217, 0.5],
    "nested": [[1, 2], [3, 4]],
    "deeply nested": [[[1.5], [2.5]], [[3.5], [4.5]]],
    "tuples": ((1, 2), (3, 4)),
    "lists and tuples": [(1, 2), [3, 4]],
    "empty": [],
    "nested and empty": [[], []],
    "range": range(4),
    "large float": 1e30,
    "floats beyond float32": [1e40, 1e-50],
    "numpy float64 scalar": np.float64(0.1),
    "numpy float32 scalar": np.float32(0.1),
    "numpy int32 scalar": np.int32(7),
    "numpy bool scalar": np.bool_(True),
    "numpy scalars of float64": [np.float64(0.1), np.float64(0.2)],
    "numpy scalars of float32": [np.float32(0.1), np.float32(0.2)],
    "numpy scalars of int64": [np.int64(1), np.int64(2)],
    "arrays in a list": [np.array([0.1, 0.2]), np.array([0.3, 0.4])],
    "arrays of float32 in a list": [np.array([0.1, 0.2], np.float32), np.array([0.3, 0.4], np.float32)],
    "an array without dimensions": np.array(0.1),
    "an array in another order": np.arange(6.0).reshape(2, 3).T,
    **{f"array of {name}": np.array([0, 1, 1], name) for name in DTYPES},
    **{f"empty array of {name}": np.zeros((0, 2), name) for name in DTYPES},
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", DATA)
def test_tensor_takes_all_kinds_of_numbers(name):
    same_on_both(lambda torch: torch.tensor(DATA[name]))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "data", [3, 0.1, True, [1, 2], [0.1, 2.7, 255], [True, False], [[1.9], [0.0]], np.array([0.1, 2.7])]
)
def test_tensor_of_a_dtype_has_it_and_loses_no_digit(data, dtype):
    same_on_both(lambda torch: torch.tensor(data, dtype=getattr(torch, dtype)))


@pytest.mark.parametrize("number", [0.1, 1 / 3, math.pi, 16777217.0, 2**53 - 1.0, 1e300])
def test_a_double_keeps_all_of_a_python_float(number):
    assert micrograd.tensor([number, number], dtype=micrograd.float64).tolist() == [number, number]
    assert micrograd.tensor(number, dtype=micrograd.double).item() == number
    assert micrograd.full((2,), number, dtype=micrograd.float64).tolist() == [number, number]


@pytest.mark.parametrize("number", [16777217, 2**53 + 1, 2**63 - 1, -(2**63)])
def test_an_int_keeps_all_of_a_python_int(number):
    assert micrograd.tensor([number, 0]).tolist() == [number, 0]
    assert micrograd.tensor([number, 0], dtype=micrograd.int64).tolist() == [number, 0]


@pytest.mark.filterwarnings("ignore")
def test_tensors_among_the_numbers():
    def program(torch):
        a, b, wide = torch.tensor(1.5), torch.tensor(2), torch.tensor(0.1, dtype=torch.float64)
        whole = torch.tensor([1.0, 2.0], requires_grad=True)
        seen = [torch.tensor([a, a]), torch.tensor([b, b]), torch.tensor([[a], [a]]), torch.tensor([wide, wide])]
        seen += [torch.tensor([torch.tensor([1, 2])[0], b]), torch.tensor([1, a])]
        seen += [torch.tensor(whole), torch.tensor(whole).requires_grad, torch.tensor(b, dtype=torch.float32)]
        return seen

    same_on_both(program)


def test_tensor_copies_and_from_numpy_shares():
    def program(torch):
        array, source = np.array([1.0, 2.0]), torch.tensor([1.0, 2.0])
        copy, shared, again = torch.tensor(array), torch.from_numpy(array), source.clone()
        array[0], source[0] = 7, 7
        shared[1] = 9
        return copy, shared, again, array.tolist()

    same_on_both(program)


@pytest.mark.parametrize("name", DTYPES)
def test_from_numpy_keeps_the_dtype(name):
    same_on_both(lambda torch: torch.from_numpy(np.array([[0, 1], [1, 0]], name)))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "data",
    [
        [[1, 2], [3]],
        [[[1], [2, 3]]],
        "abc",
        ["abc"],
        ["a", "b"],
        [["a"]],
        None,
        [None],
        {},
        {"a": 1},
        [object()],
        object(),
        np.array(["a", "b"]),
        np.array([1, None]),
        2**64,
    ],
)
def test_what_is_no_number_is_refused_in_pytorchs_class(data):
    same_on_both(lambda torch: error(torch.tensor, data))
    assert error(micrograd.tensor, data)


@pytest.mark.parametrize("data", [[1, [2]], [[1], 2], [[1, [2]], [3, 4]]])
def test_lists_of_several_depths_are_refused(data):
    assert error(torch.tensor, data) == "TypeError"
    assert error(micrograd.tensor, data) in ("TypeError", "ValueError")  # to NumPy they are as ragged as any


def test_from_numpy_refuses_what_is_no_array_of_numbers():
    def program(torch):
        return [error(torch.from_numpy, x) for x in ([1, 2], 3.0, np.float32(3), np.array(["a"]), None)]

    same_on_both(program)
    assert all(program(micrograd))


@pytest.mark.parametrize("name", ["complex64", "datetime64[D]"])
def test_a_numpy_dtype_without_a_counterpart_is_refused(name):
    with pytest.raises(TypeError, match="dtype"):
        micrograd.tensor(np.zeros(2, name))
    with pytest.raises(TypeError):
        micrograd.from_numpy(np.zeros(2, name))


@some
@given(
    st.recursive(
        st.one_of(st.integers(-(2**31), 2**31), st.floats(width=32), st.floats(), st.booleans()),
        lambda inner: st.tuples(inner, st.integers(1, 3)).map(lambda pair: [pair[0]] * pair[1]),
        max_leaves=3,
    )
)
def test_nested_lists_of_any_numbers_give_the_same_tensor(data):
    with np.errstate(all="ignore"):
        same_on_both(lambda torch: torch.tensor(data))


@some
@given(st.lists(st.one_of(st.integers(-1000, 1000), st.floats(-1e3, 1e3), st.booleans()), max_size=6))
def test_mixed_lists_give_the_same_tensor(data):
    same_on_both(lambda torch: torch.tensor(data))


# Filled tensors.

SHAPES = [(), (3,), (2, 3), (0,), (2, 0, 3), (1, 1)]


@pytest.mark.parametrize("shape", SHAPES)
def test_zeros_ones_and_full_in_all_forms_of_a_shape(shape):
    def program(torch):
        seen = []
        for make in (
            torch.zeros,
            torch.ones,
            lambda *size, **options: torch.full(size[0] if size else (), 2, **options),
        ):
            seen += [make(shape), make(list(shape))]
        seen += [torch.zeros(torch.zeros(shape).shape), torch.eye(3), torch.eye(2, 3)]
        if shape:
            seen += [torch.zeros(*shape), torch.ones(*shape)]
        return (
            seen,
            torch.empty(shape).shape == torch.zeros(shape).shape,
            torch.empty(list(shape)).dtype == torch.float32,
        )

    same_on_both(program)


@pytest.mark.parametrize("dtype", DTYPES)
def test_filled_tensors_have_the_dtype_asked_for(dtype):
    def program(torch):
        kind = getattr(torch, dtype)
        like = torch.zeros(2, 3, dtype=kind)
        seen = [like, torch.ones(2, dtype=kind), torch.full((2,), 1, dtype=kind), torch.full((2,), 1.0, dtype=kind)]
        seen += [
            torch.zeros_like(like),
            torch.ones_like(like),
            torch.full_like(like, 1),
            torch.zeros_like(like, dtype=torch.float64),
        ]
        seen += [torch.ones_like(like, dtype=torch.int64), torch.arange(3, dtype=kind) if dtype != "bool" else 0]
        return [*seen, torch.empty_like(like).dtype == kind, torch.eye(2, dtype=kind)]

    same_on_both(program)


def test_full_takes_its_dtype_from_the_number():
    def program(torch):
        return [torch.full((2,), x) for x in (1, 1.5, True, -3, math.nan)] + [
            torch.full([2, 1], 0.1, dtype=torch.float64)
        ]

    same_on_both(program)


def test_filled_tensors_may_require_a_gradient():
    def program(torch):
        like = torch.zeros(2)
        made = [
            torch.zeros(2, requires_grad=True),
            torch.ones(2, requires_grad=True),
            torch.full((2,), 1.0, requires_grad=True),
        ]
        made += [
            torch.zeros_like(like, requires_grad=True),
            torch.ones_like(like, requires_grad=True),
            torch.eye(2, requires_grad=True),
        ]
        made += [
            torch.arange(3.0, requires_grad=True),
            torch.linspace(0, 1, 3, requires_grad=True),
            torch.zeros_like(made[0]),
        ]
        wrong = [
            error(torch.zeros, 2, dtype=torch.int64, requires_grad=True),
            error(torch.arange, 3, requires_grad=True),
        ]
        return [(x, x.requires_grad, x.is_leaf) for x in made], wrong, error(torch.full, (2,), 1, requires_grad=True)

    same_on_both(program)


def test_shapes_that_are_none_are_refused():
    def program(torch):
        wrong = [(-1,), (2, -1), ("a",), (1.5,), ([1.5],)]
        return [error(torch.zeros, *size) for size in wrong] + [error(torch.ones, -1), error(torch.full, (-1,), 1)]

    same_on_both(program)


# Ranges.


@some
@given(st.integers(-50, 50), st.integers(-50, 50), st.integers(-7, 7))
def test_arange_of_ints_counts_as_pytorchs(start, end, step):
    same_on_both(
        lambda torch: error(torch.arange, start, end, step) or (torch.arange(start, end, step), torch.arange(abs(end)))
    )


def close(mine, theirs, largest, units):
    """Assert that the arrays are the same up to a few units in the last place of the largest number in them."""
    assert mine.dtype == theirs.dtype
    assert mine.shape == theirs.shape
    allowed = units * np.finfo(mine.dtype).eps * max(largest, float(np.finfo(mine.dtype).tiny))
    np.testing.assert_allclose(mine, theirs, rtol=0, atol=allowed)


# PyTorch rounds now and then on the way, how often depends on the width of the processor's vectors.
ROUNDINGS = 2


@settings(max_examples=300, deadline=None)
@given(st.floats(-10, 10), st.floats(0.01, 10), st.integers(0, 60), st.floats(0, 0.99), st.booleans(), st.booleans())
def test_arange_of_floats_has_the_same_numbers(start, step, n, part, down, wide):
    step = -step if down else step
    end = start + step * (n + part)

    def program(torch):
        return torch.arange(start, end, step, dtype=torch.float64 if wide else torch.float32).numpy()

    close(program(micrograd), program(torch), max(abs(start), abs(end)), ROUNDINGS)


@pytest.mark.parametrize(
    "arguments",
    [
        (5,),
        (2.5,),
        (0, 1, 0.1),
        (1, 0, -0.25),
        (0.0, 1.0, 0.1),
        (3, 3),
        (0,),
        (1, 2, 0.3),
        (-1, 1, 0.5),
        (0, 10, 3),
        (1.5, 7),
    ],
)
def test_arange_takes_one_two_or_three_numbers(arguments):
    same_on_both(lambda torch: torch.arange(*arguments))


def test_arange_takes_names_and_refuses_steps_that_lead_away():
    def program(torch):
        seen = [torch.arange(1, end=7, step=2), torch.arange(0, 5, dtype=torch.float32)]
        seen += [torch.arange(torch.tensor(3)), torch.arange(np.int64(3))]
        return seen, [error(torch.arange, *a) for a in ((0, 3, 0), (0, 3, -1), (3, 0), (3, 0, 1.5), (0.0, 1.0, 0.0))]

    same_on_both(program)


@settings(max_examples=300, deadline=None)
@given(st.floats(-100, 100), st.floats(-100, 100), st.integers(0, 200), st.booleans())
def test_linspace_has_the_same_numbers(start, end, steps, wide):
    def program(torch):
        return torch.linspace(start, end, steps, dtype=torch.float64 if wide else torch.float32).numpy()

    mine, theirs = program(micrograd), program(torch)
    close(mine, theirs, max(abs(start), abs(end)), ROUNDINGS)
    if steps > 1:
        np.testing.assert_array_equal(mine[[0, -1]], theirs[[0, -1]])


@pytest.mark.parametrize(
    "make",
    [
        lambda torch: torch.arange(end=5),
        lambda torch: torch.arange(0, end=5, step=2),
        lambda torch: torch.zeros(size=(2, 3)),
        lambda torch: torch.ones(2, dtype=None),
        lambda torch: torch.eye(2, dtype=torch.int64),
        lambda torch: torch.logspace(-3, 0, 4),
        lambda torch: torch.LongTensor([1, 2]),
        lambda torch: torch.FloatTensor([[1, 2], [3, 4]]),
        lambda torch: torch.BoolTensor([0, 1]),
        lambda torch: [torch.IntTensor(2, 3).shape, torch.DoubleTensor().dtype is torch.float64],
        lambda torch: torch.tensor([1.5, 2.5]).type(torch.int64),
        lambda torch: torch.tensor([1.5, 2.5]).type(torch.LongTensor),
        lambda torch: [torch.zeros(2, dtype=float), torch.tensor([1.5], dtype=int), torch.ones(1).to(bool)],
        lambda torch: [torch.zeros_like(torch.ones(2), dtype=int), torch.ones(1, dtype=torch.int64).to(float)],
        lambda torch: torch.Tensor([[1, 2], [3, 4]]),
        lambda torch: [tuple(torch.Tensor(2, 3).shape), tuple(torch.Tensor(4).shape), torch.Tensor()],
        lambda torch: [torch.tensor([1]).type(), torch.zeros(2).type(), torch.tensor([True]).type()],
        lambda torch: torch.zeros(3).fill_(2),
        lambda torch: torch.zeros(3, dtype=torch.int32).fill_(torch.tensor(4)),
        lambda torch: [torch.is_tensor(torch.zeros(1)), torch.is_tensor([1]), torch.numel(torch.zeros(2, 3))],
        lambda torch: [torch.is_floating_point(torch.zeros(1)), torch.tensor([1]).is_floating_point()],
        lambda torch: torch.clone(torch.ones(2)),
        lambda torch: [str(torch.zeros(1).device), torch.zeros(1).device == torch.device("cpu")],
        lambda torch: torch.zeros(1).is_cuda,
    ],
)
def test_other_ways_to_make_a_tensor_and_to_ask_of_it(make):
    same_on_both(make)


@pytest.mark.parametrize("dtype", ["float64", "int64"])
def test_new_tensors_have_the_dtype_of_the_one_that_makes_them(dtype):
    def program(torch):
        x = torch.zeros(2, dtype=getattr(torch, dtype))
        made = [x.new_zeros(2, 3), x.new_ones((2,)), x.new_full((2,), 3), x.new_tensor([1, 2]), x.new_zeros(2)]
        return [*made, x.new_ones(1, dtype=torch.float32), x.new_empty(2, 4).shape]

    same_on_both(program)


def test_as_tensor_copies_only_what_it_has_to():
    def program(torch):
        x, array = torch.zeros(2), np.zeros(2)
        of_array = torch.as_tensor(array)
        of_array[0] = 5
        return [
            torch.as_tensor(x) is x,
            torch.as_tensor(x, dtype=torch.float64) is x,
            array.tolist(),
            torch.as_tensor([1, 2]),
            torch.as_tensor(3.5, dtype=torch.int64),
            of_array,
        ]

    same_on_both(program)


def test_the_linspaces_of_the_lectures():
    def program(torch):
        return [
            x.numpy() for x in (torch.linspace(-3, 0, 1000), torch.linspace(0, 1, 11), torch.linspace(0, 10, steps=1))
        ]

    for mine, theirs in zip(program(micrograd), program(torch), strict=True):
        close(mine, theirs, 3, 1)
    same_on_both(lambda torch: error(torch.linspace, 0, 1, -1))


# dtypes and sizes.


def test_dtypes_print_and_compare_as_pytorchs():
    def program(torch):
        kinds = [getattr(torch, name) for name in DTYPES]
        names = [torch.float, torch.double, torch.int, torch.long, torch.bool]
        seen = [repr(kind) for kind in kinds + names] + [str(torch.ones(1, dtype=kind).dtype) for kind in kinds]
        seen += [kind.is_floating_point for kind in kinds] + [torch.float is torch.float32, torch.long == torch.int64]
        return seen, {torch.float32: 1}[torch.zeros(1).dtype], torch.zeros(1).dtype == torch.float64

    same_on_both(program)


def test_sizes_are_tuples_that_print_as_pytorchs():
    def program(torch):
        x = torch.zeros(2, 3, 4)
        s = x.shape
        seen = [repr(s), repr(x.size()), str(s[1:]), repr(s[0]), s == (2, 3, 4), s.numel(), len(s), tuple(s), list(s)]
        seen += [
            x.size(0),
            x.size(-1),
            x.shape[-1],
            x.ndim,
            x.dim(),
            x.numel(),
            x.nelement(),
            repr(torch.tensor(1).shape),
        ]
        a, *rest = s
        return [
            *seen,
            a,
            rest,
            repr(s + s[:1]),
            f"{s}",
            hash(s) == hash((2, 3, 4)),
            torch.Size([1, 2]) == (1, 2),
            repr(s * 2),
        ]

    same_on_both(program)


def in_lists(torch):
    """Lists that hold tensors and NumPy's numbers, by what they are."""
    w = torch.ones(2, requires_grad=True)
    ix = torch.tensor([3])
    return {
        "losses in the graph": [(w * i).sum() for i in range(4)],
        "a loss and a number": [w.sum(), 1.0],
        "one drawn": [[0, 0, ix]],
        "several drawn": [ix, ix, ix],
        "a float and an int": [torch.tensor(1.5), 2],
        "a double and a float": [torch.tensor(3, dtype=torch.float64), torch.tensor(1.0)],
        "a float32 of NumPy's": [np.float32(1.5), 2],
        "an int of NumPy's": [np.int64(2), 2.5],
        "a float64 behind": [1.0, np.float64(2)],
        "a float64 deep inside": [[1], [np.float64(2)]],
        "arrays": [np.array([1.0, 2.0]), np.array([3.0, 4.0])],
        "an array and a list": [np.array([1, 2], np.float32), [3, 4]],
        "bytes": [np.uint8(3), 1],
        "bools": [np.bool_(True), False],
        "a tuple": (2, 3),
        "no numbers": [[], []],
        "tensors to be stacked": [torch.ones(2), torch.ones(2)],
        "too large": [2**63, 1],
        "None": [None],
    }


@pytest.mark.filterwarnings("ignore:Creating a tensor from a list of numpy:UserWarning")
@pytest.mark.parametrize("what", in_lists(micrograd))
def test_lists_with_tensors_and_numpys_numbers_make_pytorchs_tensor(what):
    if (expected := error(torch.tensor, in_lists(torch)[what])) is not None:
        assert error(micrograd.tensor, in_lists(micrograd)[what]) == expected
        return
    same_on_both(
        lambda torch: [torch.tensor(in_lists(torch)[what]), torch.tensor(in_lists(torch)[what]).dtype == torch.int64]
    )
    same_on_both(lambda torch: [torch.as_tensor(in_lists(torch)[what]), torch.Tensor(in_lists(torch)[what])])


def test_a_list_and_a_text_are_repeated_by_a_tensor():
    same_on_both(lambda torch: [[0] * torch.tensor(3), "a" * torch.tensor(2), error(lambda: [0] * torch.tensor(1.5))])


def test_a_gradient_may_be_deleted():
    def program(torch):
        x = torch.ones(2, requires_grad=True)
        x.sum().backward()
        del x.grad
        return x.grad is None

    same_on_both(program)


def test_a_size_that_is_not_there_is_refused():
    same_on_both(lambda torch: [error(torch.zeros(2, 3).size, dim) for dim in (2, -3, 1)])


def test_a_dtype_and_a_size_can_be_pickled():
    for thing in (micrograd.float32, micrograd.zeros(2, 3).shape):
        assert pickle.loads(pickle.dumps(thing)) == thing


# Converting.


@pytest.mark.parametrize("name", DTYPES)
def test_conversions_between_all_dtypes(name):
    def program(torch):
        x = torch.tensor([0.0, 1.0, 2.7, 255.0]).to(getattr(torch, name))
        seen = [
            x.float(),
            x.double(),
            x.int(),
            x.long(),
            x.bool(),
            x.byte(),
            x.to(torch.float64),
            x.to(dtype=torch.uint8),
        ]
        return [*seen, x.to(torch.int32), x.type_as(torch.tensor(1.0)), (-x.float()).int(), (-x.float()).long()]

    same_on_both(program)


def test_a_conversion_to_its_own_dtype_gives_the_tensor_itself():
    def program(torch):
        x, n, b = torch.ones(2), torch.arange(2), torch.tensor([True])
        return x.float() is x, n.long() is n, b.bool() is b, x.to(torch.float32) is x, x.double() is x, n.int() is n

    same_on_both(program)


# To Python.


def test_item_and_tolist_give_pythons_numbers():
    def program(torch):
        seen = [torch.tensor(x).item() for x in (1, 1.5, True, 0.1)] + [torch.tensor([[2.5]]).item()]
        seen += [torch.tensor(x).tolist() for x in (3, 0.1, [True, False], [[1, 2], [3, 4]], [], [[0.5], [0.25]])]
        return [
            *seen,
            torch.tensor(0.1, dtype=torch.float64).item(),
            error(torch.ones(2).item),
            error(torch.ones(0).item),
        ]

    same_on_both(program)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # PyTorch's, of its __array__
@pytest.mark.filterwarnings("ignore:__array_wrap__:DeprecationWarning")  # PyTorch's own has the form of NumPy 1
@pytest.mark.parametrize("function", [np.log, np.tanh, lambda x: np.maximum(x, 1.5), lambda x: np.add(x, x)])
@pytest.mark.parametrize("data", [[1.0, 2.0], 3.0, [[1, 2]]])
def test_what_numpy_makes_of_the_elements_of_a_tensor_is_a_tensor(function, data):
    both(lambda torch: function(torch.tensor(data)))


def test_numpy_gives_the_array_and_refuses_what_requires_a_gradient():
    def program(torch):
        x = torch.tensor([[1, 2], [3, 4]], dtype=torch.int32)
        array, w = x.numpy(), torch.ones(2, requires_grad=True)
        array[0, 0] = 9
        seen = [str(array.dtype), array.tolist(), x, error(w.numpy), error((w * 2).numpy), w.detach().numpy().tolist()]
        seen += [
            np.asarray(x).tolist(),
            np.array(x, dtype=np.float64).tolist(),
            error(np.asarray, w),
            str(np.sum(x.numpy())),
        ]
        return seen

    same_on_both(program)


@pytest.mark.parametrize("spec", ["", ".4f", ".2e", "10.3f", "+.1f", "g", "08.3f", ">12"])
def test_a_number_in_an_f_string_is_formatted_as_pythons(spec):
    def program(torch):
        return [format(torch.tensor(x), spec) for x in (3.14159, -2.5)] + [
            f"{torch.tensor(7)}",
            f"{torch.tensor(7):5d}",
        ]

    same_on_both(program)


def test_a_tensor_with_dimensions_in_an_f_string_prints_and_takes_no_format():
    def program(torch):
        x = torch.tensor([1.0, 2.0])
        return f"{x}", str(x), repr(x), error(format, x, ".4f"), error(format, torch.tensor([1.0]), ".4f")

    same_on_both(program)


def test_len_and_iteration_go_over_the_first_dimension():
    def program(torch):
        x = torch.tensor([[1, 2], [3, 4], [5, 6]])
        a, b, c = x
        seen = [len(x), list(x), [row.tolist() for row in x], a, [[int(i) for i in row] for row in x], c.sum()]
        seen += [
            len(torch.zeros(0, 3)),
            list(torch.zeros(0)),
            dict(zip(b, "xy", strict=True)).__len__(),
            sum(torch.tensor([1, 2, 3])),
        ]
        return [
            *seen,
            error(len, torch.tensor(1)),
            error(iter, torch.tensor(1)),
            max(torch.tensor([3.0, 7.0])),
            list(reversed(b.tolist())),
        ]

    same_on_both(program)


def test_contains_asks_whether_any_element_is_equal():
    def program(torch):
        x = torch.tensor([[1, 2], [3, 4]])
        return 3 in x, 7 in x, torch.tensor(2) in x, 2.5 in x

    same_on_both(program)


def test_int_float_bool_and_index_take_one_element():
    def program(torch):
        one = [torch.tensor(2.7), torch.tensor([3]), torch.tensor([[True]]), torch.tensor(0.0)]
        seen = [int(x) for x in one] + [float(x) for x in one] + [bool(x) for x in one]
        seen += ["abcd"[torch.tensor(2)], [10, 20, 30][torch.tensor([1])], list(range(torch.tensor(3)))]
        wrong = [torch.ones(2), torch.ones(0), torch.ones(2, dtype=torch.bool)]
        for convert in (int, float, bool):
            seen += [error(convert, x) for x in wrong[::2]]
        return [
            *seen,
            error(int, wrong[1]),
            error(lambda: "ab"[torch.tensor(1.0)]),
            error(lambda: "ab"[torch.tensor([0, 1])]),
        ]

    same_on_both(program)


def test_a_condition_on_a_tensor_of_one_element():
    def program(torch):
        x = torch.tensor(3.0)
        return ["yes" if x > 2 else "no", not torch.tensor(0), bool(x == 3), x and 5, error(lambda: torch.ones(2) or 1)]

    same_on_both(program)


def test_a_tensor_can_be_a_key_and_is_found_by_identity():
    def program(torch):
        x, y = torch.tensor(1.0), torch.tensor(1.0)
        return len({x, y, x}), {x: "a", y: "b"}[y]

    same_on_both(program)


def test_tensor_with_a_capital_letter_makes_floats():
    def program(torch):
        return torch.Tensor([2]), torch.Tensor([[1, 2], [3, 4]]), torch.Tensor([2.5]).double(), torch.Tensor([True])

    same_on_both(program)


def test_a_copy_that_loses_its_graph_is_said():
    def program(torch):
        w = torch.ones(2, requires_grad=True)
        with pytest.warns(UserWarning, match="To copy construct from a tensor, it is recommended") as caught:
            loss = torch.tensor(w.sum())
        assert {Path(each.filename).name for each in caught} == {"test_creation.py"}
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            torch.tensor([w[0].detach(), w[1].detach()])
            torch.as_tensor(w)
            torch.FloatTensor([1.0])
            kept = torch.as_tensor(w, dtype=torch.float64)
        kept.sum().backward()
        return loss.requires_grad, kept.dtype is torch.float64, w.grad.tolist(), len(caught)

    assert program(micrograd) == program(torch) == (False, True, [1.0, 1.0], 1)


@pytest.mark.parametrize(
    ("data", "kind"), [([1, None], "NoneType"), (None, "NoneType"), ({}, "dict"), ([{}, 2], "dict"), ({1, 2}, "set")]
)
def test_what_is_no_number_is_named(data, kind):
    with pytest.raises(RuntimeError, match=f"Could not infer dtype of {kind}$"):
        micrograd.tensor(data)
