"""Sums over many numbers: on every path the error is at most PyTorch's, or a few of float32's last digits."""

import numpy as np
import pytest
import torch

import micrograd
from micrograd.rules.sums import largest_of_rows

ROWS = 182_625  # a learner's bigram tables are added up over so many
NEAR_100 = (100.5 + np.random.default_rng(0).standard_normal((ROWS, 3))).astype(np.float32)
TENTHS = np.full((1_000_000, 3), 0.1, np.float32)
INDICES = np.random.default_rng(1).integers(0, 2, ROWS)
DIGITS = 1e-6  # eight times float32's precision


def gradient(function, *shape):
    """The gradient of a parameter of that shape, made of ones, through function(library, parameter, x, i)."""

    def of_parameter(library, x, i):
        parameter = library.ones(shape, dtype=x.dtype, requires_grad=True)
        function(library, parameter, x, i).backward()
        return parameter.grad

    return of_parameter


@pytest.fixture(autouse=True)
def one_thread():
    """PyTorch adds up one part to a thread: with more threads, and so more and shorter parts, its error is another."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def functional(library):
    return library.nn.functional


def running(library, x, i):
    mean, var = library.zeros(3, dtype=x.dtype), library.ones(3, dtype=x.dtype)
    functional(library).batch_norm(x, mean, var, training=True, momentum=1.0)
    return library.stack([mean, var])


def thirds(x):
    return x[: len(x) // 5 * 5].view(5, -1, 3)


def biased(library, b, x, i):
    return (functional(library).linear(x, library.eye(3, dtype=x.dtype), b) * x).sum()


def convolved(library, b, x, i):
    kernel = library.eye(3, dtype=x.dtype)[:, :, None]
    return (functional(library).conv1d(x.T[None], kernel, b) * x.T).sum()


PATHS = {
    "sum()": lambda library, x, i: x.sum(),
    "sum(0)": lambda library, x, i: x.sum(0),
    "T.sum()": lambda library, x, i: x.T.sum(),
    "T.sum(1)": lambda library, x, i: x.T.sum(1),
    "sum(1) of rows in order": lambda library, x, i: x.T.contiguous().sum(1),
    "sum of every second row": lambda library, x, i: x[::2].sum(0),
    "sum of a column": lambda library, x, i: x[:, 1].sum(),
    "sum over the middle of three dimensions": lambda library, x, i: thirds(x).sum(1),
    "sum over the first two": lambda library, x, i: thirds(x).sum((0, 1)),
    "sum over the first and the last": lambda library, x, i: x.view(-1, 1, 3).sum((0, 2)),
    "sum of one row, expanded": lambda library, x, i: x[:1].expand(len(x), 3).sum(0),
    "mean()": lambda library, x, i: x.mean(),
    "mean(0)": lambda library, x, i: x.mean(0),
    "cumsum(0)": lambda library, x, i: x.cumsum(0)[-1],
    "norm(dim=0)": lambda library, x, i: x.norm(dim=0),
    "logsumexp(0)": lambda library, x, i: x.logsumexp(0),
    "einsum ij->j": lambda library, x, i: library.einsum("ij->j", x),
    "einsum ij,ij->j": lambda library, x, i: library.einsum("ij,ij->j", x, x),
    "einsum ij,ik->jk": lambda library, x, i: library.einsum("ij,ik->jk", x, x),
    "gradient of a bias that broadcasts": gradient(lambda library, b, x, i: ((0 * x + b) * x).sum(), 3),
    "gradient of a column that broadcasts": gradient(lambda library, b, x, i: (b * x.T).sum(), 3, 1),
    "gradient of a number that broadcasts": gradient(lambda library, b, x, i: (b * x).sum()),
    "gradient of linear's bias": gradient(biased, 3),
    "gradient of linear's weight": gradient(
        lambda library, w, x, i: (functional(library).linear(x, w) * x).sum(), 3, 3
    ),
    "gradient of conv1d's bias": gradient(convolved, 3),
}
OF_INDICES = {
    "var(0)": lambda library, x, i: x.var(0),
    "std()": lambda library, x, i: x.std(),
    "gradient of an embedding": gradient(
        lambda library, w, x, i: (functional(library).embedding(i, w) * x).sum(), 2, 3
    ),
    "gradient of rows": gradient(lambda library, w, x, i: (w[i] * x).sum(), 2, 3),
    "index_add": lambda library, x, i: library.zeros(2, 3, dtype=x.dtype).index_add(0, i, x),
    "cross_entropy": lambda library, x, i: functional(library).cross_entropy(x, i),
    "mse_loss": lambda library, x, i: functional(library).mse_loss(x, 0 * x),
    "means of batch_norm": running,
    "gradient of batch_norm's weight": gradient(
        lambda library, w, x, i: (functional(library).batch_norm(x, None, None, w, training=True) * x).sum(), 3
    ),
    "gradient of layer_norm's weight": gradient(
        lambda library, w, x, i: (functional(library).layer_norm(x, (3,), w) * x).sum(), 3
    ),
    "gradient of layer_norm's bias": gradient(
        lambda library, b, x, i: (functional(library).layer_norm(x, (3,), None, b) * x).sum(), 3
    ),
}


def relative_errors(path, numbers):
    """The largest error of micrograd and of PyTorch beside the same in float64."""
    exact = path(torch, torch.tensor(numbers, dtype=torch.float64), torch.tensor(INDICES)).detach().numpy()
    return [
        np.max(np.abs(path(library, library.tensor(numbers), library.tensor(INDICES)).detach().numpy() / exact - 1))
        for library in (micrograd, torch)
    ]


@pytest.mark.parametrize("path", PATHS | OF_INDICES)
def test_numbers_near_100_add_up_as_well_as_in_pytorch_or_better(path):
    mine, theirs = relative_errors((PATHS | OF_INDICES)[path], NEAR_100)
    assert mine <= max(theirs, DIGITS)


@pytest.mark.parametrize("path", PATHS)
def test_a_million_tenths_add_up_as_well_as_in_pytorch_or_better(path):
    mine, theirs = relative_errors(PATHS[path], TENTHS)
    assert mine <= max(theirs, DIGITS)


def test_the_variance_of_numbers_far_from_0_is_right_where_pytorch_loses_digits():
    far = [1e8, 1e8 + 8, 1e8 + 16]
    assert micrograd.tensor(far).var().item() == 64
    assert micrograd.var_mean(micrograd.tensor(far))[0].item() == 64
    assert micrograd.tensor(far).std().item() == 8


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (5, 5), (2, 3, 700, 5), (512, 27), (512, 70)])
def test_the_largest_of_rows_is_that_of_numpy_whichever_way_it_is_found(shape):
    x = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    x.reshape(-1)[:3] = [np.nan, -np.inf, np.inf][: x.size]
    wanted = np.maximum.reduce(x, axis=-1, keepdims=True, initial=-np.inf)
    found = largest_of_rows(x)
    assert found.shape == wanted.shape
    assert np.array_equal(found, wanted, equal_nan=True)
