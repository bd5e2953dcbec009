"""Tensors in other programs' hands: NumPy's functions, DLPack, pickle and copy, Matplotlib and pandas."""

import copy
import multiprocessing
import pickle

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

import micrograd

NUMBERS = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)


@pytest.mark.parametrize("options", [{}, {"axis": 0}, {"axis": -1, "keepdims": True}, {"axis": (0, 1)}], ids=str)
@pytest.mark.parametrize(
    ("name", "in_torch"),
    [(name, name) for name in ("sum", "mean", "std", "var", "any", "all")]
    + [("max", "amax"), ("min", "amin"), ("amax", "amax"), ("amin", "amin")],
)
def test_numpy_s_function_of_a_tensor_is_pytorch_s(name, in_torch, options):
    ours, theirs = micrograd.tensor(NUMBERS, requires_grad=True), torch.tensor(NUMBERS, requires_grad=True)
    found = getattr(np, name)(ours, **options)
    expected = getattr(torch, in_torch)(theirs, **options)
    assert isinstance(found, micrograd.Tensor)
    assert found.shape == tuple(expected.shape)
    # The sum of all is small beside what is added, so that its last digits depend on the order.
    np.testing.assert_allclose(found.detach().numpy(), expected.detach().numpy(), rtol=1e-6, atol=1e-6)
    if expected.requires_grad:
        found.sum().backward()
        expected.sum().backward()
        np.testing.assert_allclose(ours.grad.numpy(), theirs.grad.numpy(), rtol=1e-5, atol=1e-7)


def test_numpy_s_prod_of_a_tensor_is_pytorch_s():
    ours, theirs = micrograd.tensor(NUMBERS), torch.tensor(NUMBERS)
    assert np.prod(ours).item() == pytest.approx(theirs.prod().item(), rel=1e-6)
    np.testing.assert_allclose(np.prod(ours, 1).numpy(), theirs.prod(1).numpy(), rtol=1e-6)


def test_numpy_s_words_for_the_divisor_and_the_dtype_count():
    ours, theirs = micrograd.tensor(NUMBERS), torch.tensor(NUMBERS)
    assert np.std(ours, ddof=0).item() == pytest.approx(theirs.std(correction=0).item(), rel=1e-6)
    assert np.sum(ours, dtype=np.float64).dtype == micrograd.float64
    with pytest.raises(TypeError, match="takes no out"):
        np.sum(ours, out=np.zeros(()))


def test_numpy_s_other_functions_take_the_array():
    ours = micrograd.tensor(NUMBERS)
    np.testing.assert_array_equal(np.concatenate([ours, ours]), np.concatenate([NUMBERS, NUMBERS]))
    np.testing.assert_array_equal(np.where(NUMBERS > 0, ours, 0), np.where(NUMBERS > 0, NUMBERS, 0))
    assert np.median(ours) == np.median(NUMBERS)
    assert np.allclose(ours, NUMBERS)


def test_matplotlib_draws_a_box_a_column():
    axes = Figure().add_subplot()
    x = micrograd.randn(100, 3)
    assert len(axes.boxplot(x)["boxes"]) == 3
    assert len(axes.violinplot(x)["bodies"]) == 3
    assert len(axes.hist(x)[0]) == 3


class Series:
    """What pandas has to a tensor: an array of its own, asked for by __array__, beside a sequence of numbers."""

    def __init__(self, array):
        self.array = array

    def __array__(self, dtype=None, copy=None):
        return self.array

    def __len__(self):
        return len(self.array)

    def __getitem__(self, i):
        return self.array[i]


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64, np.uint8, np.bool_])
def test_what_has_an_array_keeps_its_dtype(dtype):
    array = np.array([1, 0, 2], dtype)
    tensor = micrograd.tensor(Series(array))
    assert tensor.dtype == micrograd.from_numpy(array).dtype
    array[0] = 0
    assert tensor.tolist()[0] == 1, "it is a copy"


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64", "uint8", "bool"])
def test_dlpack_shares_memory_both_ways(dtype):
    ours = micrograd.zeros(2, 3, dtype=getattr(micrograd, dtype)).T
    theirs, array = torch.from_dlpack(ours), np.from_dlpack(ours)
    theirs[0, 1] = 1
    assert ours[0, 1].item() == array[0, 1] == 1
    back = micrograd.from_dlpack(theirs)
    back[2, 0] = 1
    assert theirs[2, 0].item() == 1
    assert back.dtype == getattr(micrograd, dtype)
    assert torch.equal(torch.tensor(ours), theirs)
    copied = micrograd.from_dlpack(theirs, copy=True)
    copied[0, 0] = 1
    assert theirs[0, 0].item() == 0


def test_a_tensor_that_requires_grad_is_not_exported():
    for x in (micrograd.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)):
        with pytest.raises(BufferError, match="require gradient"):
            np.from_dlpack(x)


def test_what_may_not_be_written_to_stays_so_on_the_way():
    array = np.arange(3.0)
    array.flags.writeable = False
    ours = micrograd.from_dlpack(array)
    with pytest.raises((ValueError, RuntimeError)):
        ours[0] = 5.0
    assert not np.from_dlpack(ours).flags.writeable
    assert array[0] == 0


def test_a_dtype_that_is_not_there_is_refused():
    with pytest.raises(TypeError, match="float16"):
        micrograd.from_dlpack(np.zeros(2, np.float16))


def test_jax_reads_a_tensor_and_is_read():
    jax = pytest.importorskip("jax")
    ours = micrograd.tensor(NUMBERS)
    theirs = jax.dlpack.from_dlpack(ours)
    np.testing.assert_array_equal(np.asarray(theirs), NUMBERS)
    back = micrograd.from_dlpack(theirs)
    np.testing.assert_array_equal(back.numpy(), NUMBERS)
    with pytest.raises((ValueError, RuntimeError)):
        back[0, 0] = 1.0


def made(torch):
    leaf = torch.ones(3, requires_grad=True)
    (leaf * leaf).sum().backward()
    return {
        "leaf": leaf,
        "loss": (leaf * 2).sum(),
        "data": torch.arange(3),
        "parameter": torch.nn.Parameter(leaf.detach()),
    }


@pytest.mark.parametrize("which", ["leaf", "loss", "data", "parameter"])
def test_pickle_keeps_the_numbers_and_whether_a_gradient_is_wanted_and_no_graph(which):
    ours, theirs = (pickle.loads(pickle.dumps(made(each)[which])) for each in (micrograd, torch))
    assert type(ours).__name__ == type(theirs).__name__
    assert ours.tolist() == theirs.tolist()
    for name in ("requires_grad", "is_leaf", "grad_fn", "grad"):
        assert getattr(ours, name) == getattr(theirs, name) or name == "grad_fn"
    assert ours.grad_fn is None


@pytest.mark.parametrize("which", ["leaf", "data", "parameter"])
def test_deepcopy_keeps_the_gradient_and_shares_nothing(which):
    for library in (micrograd, torch):
        x = made(library)[which]
        one, two = copy.deepcopy([x, x])
        assert one is two
        assert one.tolist() == x.tolist()
        assert one.requires_grad == x.requires_grad
        with library.no_grad():
            one[0] = 7
        assert x[0].item() != 7
        assert (one.grad is None) == (x.grad is None)
        assert one.grad is None or one.grad is not x.grad


def test_a_tensor_with_a_graph_is_not_deep_copied():
    for library in (micrograd, torch):
        with pytest.raises(RuntimeError):
            copy.deepcopy(made(library)["loss"])


def test_copy_is_another_tensor_in_the_same_memory():
    for library in (micrograd, torch):
        x = made(library)["leaf"]
        other = copy.copy(x)
        with library.no_grad():
            other[0] = 7
        assert x[0].item() == 7
        assert other.grad is None


def test_a_loss_goes_to_another_process():
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        loss = (micrograd.ones(3, requires_grad=True) * 2).sum()
        assert pool.apply(float, (loss,)) == 6.0
