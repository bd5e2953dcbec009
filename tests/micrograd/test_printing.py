"""The printed form of a tensor is PyTorch's: every text here is compared with repr() of the same tensor there."""

import math
import time

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import micrograd
from micrograd.rules.printing import tensor_text

DTYPES = [np.float32, np.float64, np.int32, np.int64, np.uint8, np.bool_]
FLOATS = st.one_of(
    st.builds(lambda digits, exponent: digits * 10.0**exponent, st.floats(-10, 10), st.integers(-8, 12)),
    st.floats(-10, 10),
    st.integers(-2000, 2000).map(float),
    st.integers(-(10**12), 10**12).map(float),
    # The borders of the scientific notation, and the values that no rule counts.
    st.sampled_from([1e-4, 0.00011, 1e-3, 1.0, 1000.0, 1001.0, 1e5, 1e8, 1.0001e8, 1e11, 9.99995, 0.99995]),
    st.sampled_from([0.0, -0.0, math.nan, math.inf, -math.inf]),
)
SHAPES = st.one_of(
    st.lists(st.integers(0, 4), max_size=5),
    st.lists(st.integers(1, 9), max_size=5),
    st.lists(st.integers(1, 40), min_size=1, max_size=3),
    st.lists(st.sampled_from([1, 2, 6, 7, 1000]), min_size=1, max_size=2),
)


@st.composite
def arrays(draw):
    """An array of any of the dtypes and shapes, filled at random from a few drawn values."""
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    shape = draw(SHAPES)
    if dtype.kind == "f":
        value = FLOATS
    elif dtype.kind == "b":
        value = st.booleans()
    else:
        bounds = np.iinfo(dtype)
        value = st.one_of(st.integers(bounds.min, bounds.max), st.integers(0, 99))
    few = np.array(draw(st.lists(value, min_size=1, max_size=8)), dtype=dtype)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return few[rng.integers(len(few), size=shape)]


def as_torch(array):
    return torch.from_numpy(np.array(array))


@settings(max_examples=400, deadline=None)
@given(arrays())
def test_any_array_prints_as_in_pytorch(array):
    assert tensor_text(array) == repr(as_torch(array))


@settings(max_examples=200, deadline=None)
@given(arrays().filter(lambda array: array.dtype.kind == "f"))
def test_a_tensor_that_wants_a_gradient_prints_as_in_pytorch(array):
    leaf = as_torch(array).requires_grad_()
    assert tensor_text(array, requires_grad=True) == repr(leaf)
    # -0. + 0 is 0., so the values are taken from the sum.
    total = leaf + 0
    assert tensor_text(total.detach().numpy(), requires_grad=True, grad_fn="AddBackward0") == repr(total)


@pytest.mark.parametrize("shape", [(), (3,), (9,), (10,), (2, 3), (3, 400), (0,), (0, 3)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_remark_begins_a_new_line_exactly_where_pytorch_begins_one(shape, dtype):
    array = np.full(shape, 0.5, dtype=dtype)
    for length in range(1, 80):
        name = "F" * length
        function = type(
            name, (torch.autograd.Function,), {"forward": staticmethod(lambda ctx, x: x * 1), "backward": None}
        )
        result = function.apply(as_torch(array).requires_grad_())
        assert tensor_text(array, grad_fn=name + "Backward") == repr(result)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(1000,), (1001,), (7, 143), (6, 167), (10, 10, 10), (11, 10, 10), (2,) * 10])
def test_a_tensor_is_summarised_from_1001_elements_on(dtype, shape):
    array = np.arange(math.prod(shape)).astype(dtype).reshape(shape)
    assert tensor_text(array) == repr(as_torch(array))
    assert ("..." in tensor_text(array)) == (array.size > 1000 and max(shape) > 6)


def test_the_hidden_middle_of_a_summary_does_not_widen_its_columns():
    array = np.ones(2000, dtype=np.float32)
    array[1000] = 123456.75
    assert tensor_text(array) == repr(as_torch(array)) == "tensor([1., 1., 1.,  ..., 1., 1., 1.])"


def test_a_view_with_strides_prints_its_own_elements():
    array = np.arange(4000.0).reshape(50, 80)[::-2, ::3].T
    assert tensor_text(array) == repr(as_torch(array))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "border", [[1e8], [1e8 + 8], [1e8 + 0.5], [1e-4], [0.00011], [1, 1000], [1, 1001], [0.5, 500], [0.5, 500.5]]
)
def test_the_scientific_notation_begins_where_it_does_in_pytorch(dtype, border):
    array = np.array(border, dtype=dtype)
    assert tensor_text(array) == repr(as_torch(array))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_extremes_of_a_float_print_as_in_pytorch(dtype):
    limits = np.finfo(dtype)
    array = np.array([limits.max, limits.min, limits.tiny, limits.smallest_subnormal], dtype=dtype)
    assert tensor_text(array) == repr(as_torch(array))


def test_a_summary_formats_only_what_it_shows():
    array = np.zeros((4000, 4000), dtype=np.float32)
    start = time.perf_counter()
    tensor_text(array)
    # Tenths of a millisecond where only the edges are read; writing out 16 million numbers takes seconds.
    assert time.perf_counter() - start < 0.5


@pytest.mark.parametrize(
    "options",
    [
        {"precision": 2},
        {"precision": 0},
        {"sci_mode": False},
        {"sci_mode": True, "precision": 3},
        {"linewidth": 40},
        {"edgeitems": 1},
        {"threshold": 5},
        {"profile": "short"},
        {"profile": "full", "linewidth": 160},
    ],
)
def test_set_printoptions_changes_what_it_changes_in_pytorch(options):
    def texts(torch):
        x = torch.linspace(0, 1, 9).view(3, 3)
        shown = [x, torch.tensor([1e-5, 1.0, 1000.0]), torch.arange(1200.0), x / 3, torch.arange(7), x * 0, 1 / x]
        try:
            torch.set_printoptions(**options)
            changed = [repr(tensor) for tensor in shown]
            torch.set_printoptions(precision=3)  # what is not given stays, but for sci_mode
            changed += [repr(tensor) for tensor in shown[:3]]
        finally:
            torch.set_printoptions(profile="default")
        return changed + [repr(tensor) for tensor in shown]

    assert texts(micrograd) == texts(torch)


def test_a_print_option_that_is_not_there_is_named():
    with pytest.raises(TypeError, match=r"'width'.*precision"):
        micrograd.set_printoptions(width=3)


OF_A_MATRIX = {
    "topk": lambda torch, x: x.topk(2),
    "sort": lambda torch, x: x.sort(1, descending=True),
    "median": lambda torch, x: x.median(1),
    "split": lambda torch, x: x.split(2, 1),
    "split of several sizes": lambda torch, x: x.split([1, 3], 1),
    "chunk": lambda torch, x: x.chunk(2),
    "unbind": lambda torch, x: x.unbind(1),
    "a loop": lambda torch, x: list(x),
    "t": lambda torch, x: x.t(),
    "a row @ x": lambda torch, x: x[:, 0] @ x,
    "2 ** x": lambda torch, x: 2**x,
    "addmm": lambda torch, x: torch.addmm(torch.ones(3, 3), x, x.T),
    "masked_select": lambda torch, x: x.masked_select(x > 3),
    "index_select": lambda torch, x: x.index_select(0, torch.tensor([0, 2])),
    "index_add": lambda torch, x: x.index_add(0, torch.tensor([0, 2]), torch.ones(2, 4)),
    "diagonal": lambda torch, x: x.diagonal(),
    "trace": lambda torch, x: x.trace(),
    "lerp": lambda torch, x: x.lerp(x + 1, 0.5),
    "clamp_min": lambda torch, x: x.clamp_min(2),
    "clamp_max": lambda torch, x: x.clamp_max(2),
    "nan_to_num": lambda torch, x: x.nan_to_num(),
    "a loss of rows": lambda torch, x: torch.nn.functional.cross_entropy(x, torch.tensor([0, 1, 3])),
    "a loss of columns": lambda torch, x: torch.nn.functional.cross_entropy(x[None], torch.tensor([[0, 1, 2, 0]])),
}


@pytest.mark.parametrize("name", OF_A_MATRIX)
def test_what_is_composed_of_several_operations_prints_the_name_that_it_has_in_pytorch(name):
    mine, theirs = (
        repr(OF_A_MATRIX[name](library, library.arange(12.0).view(3, 4).requires_grad_()))
        for library in (micrograd, torch)
    )
    assert mine == theirs
