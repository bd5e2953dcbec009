"""First weights: nn.init draws what PyTorch's draws, from the default stream and from a Generator."""

import inspect
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import micrograd

LIBRARIES = (micrograd, torch)


def drawn(library, name, shape, dtype, seed, own_generator, **options):
    """The tensor that a function of nn.init filled, as an array, and the next number of the stream it drew from."""
    generator = library.Generator().manual_seed(seed) if own_generator else None
    library.manual_seed(seed + own_generator)  # with a generator of its own, the default stream is to stay out of it
    tensor = library.zeros(tuple(shape), dtype=getattr(library, dtype)).requires_grad_()
    given = {"generator": generator} if own_generator else {}
    assert getattr(library.nn.init, name)(tensor, **given, **options) is tensor
    assert tensor.requires_grad
    assert tensor.grad_fn is None
    return tensor.detach().numpy(), library.rand(1, generator=generator).item()


def compare(name, shape, dtype="float32", seed=0, own_generator=False, **options):
    mine, theirs = (drawn(library, name, shape, dtype, seed, own_generator, **options) for library in LIBRARIES)
    assert mine[1] == theirs[1], "another number of draws"
    assert mine[0].dtype == theirs[0].dtype
    if "normal" in name:  # PyTorch's cosine is its own
        np.testing.assert_allclose(mine[0], theirs[0], rtol=1e-5, atol=2e-6)
    elif dtype == "float64":  # there PyTorch rounds once or twice, depending on the processor; the bounds are below 8
        np.testing.assert_allclose(mine[0], theirs[0], rtol=0, atol=8 * np.finfo(float).eps)
    else:
        np.testing.assert_array_equal(mine[0], theirs[0])


matrices = st.lists(st.integers(1, 6), min_size=2, max_size=4)
anything = st.lists(st.integers(0, 6), max_size=3)
dtypes = st.sampled_from(["float32", "float64"])
seeds = st.integers(0, 2**32)


@settings(max_examples=60, deadline=None)
@given(
    shape=matrices,
    dtype=dtypes,
    seed=seeds,
    own=st.booleans(),
    name=st.sampled_from(["kaiming_uniform_", "kaiming_normal_"]),
    mode=st.sampled_from(["fan_in", "fan_out"]),
    a=st.sampled_from([0, 0.2, math.sqrt(5)]),
    nonlinearity=st.sampled_from(["leaky_relu", "relu", "tanh", "linear", "sigmoid", "selu"]),
)
def test_kaiming_draws_what_pytorch_draws(shape, dtype, seed, own, name, mode, a, nonlinearity):
    compare(name, shape, dtype, seed, own, a=a, mode=mode, nonlinearity=nonlinearity)


@pytest.mark.filterwarnings("ignore:Initializing zero-element tensors")
@pytest.mark.parametrize("name", ["kaiming_uniform_", "kaiming_normal_", "uniform_", "normal_"])
def test_a_tensor_without_elements_takes_no_draws(name):
    compare(name, (0, 3))


@settings(max_examples=40, deadline=None)
@given(
    shape=matrices,
    dtype=dtypes,
    seed=seeds,
    own=st.booleans(),
    name=st.sampled_from(["xavier_uniform_", "xavier_normal_"]),
    gain=st.sampled_from([1.0, 5 / 3, 0.1]),
)
def test_xavier_draws_what_pytorch_draws(shape, dtype, seed, own, name, gain):
    compare(name, shape, dtype, seed, own, gain=gain)


@settings(max_examples=40, deadline=None)
@given(shape=anything, dtype=dtypes, seed=seeds, own=st.booleans(), low=st.floats(-3, 0), width=st.floats(0.1, 5))
def test_uniform_draws_what_pytorch_draws(shape, dtype, seed, own, low, width):
    compare("uniform_", shape, dtype, seed, own)
    compare("uniform_", shape, dtype, seed, own, a=low, b=low + width)


@settings(max_examples=40, deadline=None)
@given(shape=anything, dtype=dtypes, seed=seeds, own=st.booleans(), mean=st.floats(-3, 3), std=st.floats(0, 5))
def test_normal_draws_what_pytorch_draws(shape, dtype, seed, own, mean, std):
    compare("normal_", shape, dtype, seed, own)
    compare("normal_", shape, dtype, seed, own, mean=mean, std=std)


@settings(max_examples=60, deadline=None)
@given(
    shape=anything,
    seed=seeds,
    own=st.booleans(),
    mean=st.floats(-1, 1),
    std=st.floats(0.1, 2),
    a=st.floats(-2, 0.5),
    width=st.floats(0.1, 3),
)
@pytest.mark.filterwarnings("ignore:.*mean is more than 2 std")
def test_truncated_normal_draws_what_pytorch_draws(shape, seed, own, mean, std, a, width):
    compare("trunc_normal_", shape, "float32", seed, own, mean=mean, std=std, a=a, b=a + width)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("bounds", [(-2.0, 2.0), (-0.04, 0.04), (0.0, 0.01), (1.0, 3.0), (-0.1, 0.1)])
def test_truncated_normal_of_a_layers_weight_is_pytorchs_and_keeps_to_its_bounds(bounds, dtype):
    a, b = bounds
    compare("trunc_normal_", (64, 48), dtype, std=0.02 if b < 1 else 1.0, a=a, b=b)
    w = micrograd.nn.init.trunc_normal_(micrograd.empty(1000), a=a, b=b)
    assert a <= w.min().item() < w.max().item() <= b


def test_a_truncation_far_from_the_mean_warns():
    for library in LIBRARIES:
        with pytest.warns(UserWarning, match="mean is more than 2 std"):
            library.nn.init.trunc_normal_(library.empty(2), mean=10.0)


@settings(max_examples=40, deadline=None)
@given(shape=matrices, dtype=dtypes, seed=seeds, own=st.booleans(), gain=st.sampled_from([1, 0.5, 2.0]))
def test_orthogonal_draws_what_pytorch_draws(shape, dtype, seed, own, gain):
    mine, theirs = (drawn(library, "orthogonal_", shape, dtype, seed, own, gain=gain) for library in LIBRARIES)
    assert mine[1] == theirs[1], "another number of draws"
    assert mine[0].dtype == theirs[0].dtype
    # The decompositions are of LAPACK here and there; a matrix that is nearly singular makes more of their roundings.
    matrix = mine[0].reshape(shape[0], -1).astype(float) / gain
    product = matrix @ matrix.T if len(matrix) <= matrix.shape[1] else matrix.T @ matrix
    np.testing.assert_allclose(product, np.eye(len(product)), rtol=0, atol=1e-5)
    np.testing.assert_allclose(mine[0], theirs[0], rtol=0, atol=1e-3)


@pytest.mark.parametrize("shape", [(64, 32), (32, 64), (50, 50), (8, 4, 3), (0, 3)])
def test_an_orthogonal_weight_is_pytorchs_to_five_digits(shape):
    mine, theirs = (drawn(library, "orthogonal_", shape, "float32", 1, False) for library in LIBRARIES)
    np.testing.assert_allclose(mine[0], theirs[0], rtol=0, atol=1e-5)


def test_constants_fill_in_place():
    for name, arguments, number in [("zeros_", (), 0), ("ones_", (), 1), ("constant_", (0.3,), 0.3)]:
        for library in LIBRARIES:
            tensor = library.full((2, 3), 7.0, requires_grad=True)
            assert getattr(library.nn.init, name)(tensor, *arguments) is tensor
            assert tensor.requires_grad
            np.testing.assert_array_equal(tensor.detach().numpy(), np.full((2, 3), number, np.float32))


@pytest.mark.parametrize("name", ["linear", "conv1d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"])
def test_gains_are_those_of_pytorch(name):
    assert micrograd.nn.init.calculate_gain(name) == torch.nn.init.calculate_gain(name)
    if name == "leaky_relu":
        assert micrograd.nn.init.calculate_gain(name, 0.3) == torch.nn.init.calculate_gain(name, 0.3)


REFUSED = [
    lambda t: t.nn.init.calculate_gain("gelu"),
    lambda t: t.nn.init.calculate_gain("leaky_relu", True),
    lambda t: t.nn.init.calculate_gain("leaky_relu", "steep"),
    lambda t: t.nn.init.kaiming_uniform_(t.ones(3)),
    lambda t: t.nn.init.kaiming_normal_(t.ones(3, 3), mode="fan_all"),
    lambda t: t.nn.init.kaiming_normal_(t.ones(3, 3), nonlinearity="gelu"),
    lambda t: t.nn.init.xavier_uniform_(t.ones(3)),
    lambda t: t.nn.init.xavier_normal_(t.ones(())),
    lambda t: t.nn.init.uniform_(t.ones(3), 2, 1),
    lambda t: t.nn.init.normal_(t.ones(3), 0, -1),
    lambda t: t.nn.init.orthogonal_(t.ones(3)),
]


@pytest.mark.parametrize("fn", REFUSED, ids=lambda fn: inspect.getsource(fn).strip(" ,\n").removeprefix("lambda t: "))
def test_what_makes_no_sense_raises_what_pytorch_raises(fn):
    raised = []
    for library in LIBRARIES:
        with pytest.raises((ValueError, RuntimeError)) as error:
            fn(library)
        raised.append(error.type)
    assert raised[0] is raised[1]
