"""One function, two libraries: `both` runs it on micrograd and on PyTorch and compares everything that comes out.

The function is written for PyTorch and takes the library as its first argument, `def f(torch, x, y): ...`.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import micrograd

torch.set_num_threads(1)  # the tensors of the tests are small
# torch.manual_seed seeds every kind of GPU too. For each that is not there it writes down the stack: milliseconds here.
for absent in (torch.cuda, torch.xpu, torch.mtia):
    absent.manual_seed_all = lambda seed: None

# Both libraries round each operation to half a unit in the last place (eps / 2), and functions such as exp to a few of
# them; a sum of n terms may be off by n of these, relative to its largest terms, in whatever order it is added up.
# So two right answers lie within UNITS * n * eps * (their size + the size of the terms) of each other, n being the
# number of elements of the largest array at hand and eps that of the coarsest dtype: 64 numbers in float32 leave
# 1e-4, in float64 2e-13.
UNITS = 16


def both(fn: Callable, *arrays: np.ndarray, scale: float = 1.0, gradient: Any = None, **options: Any) -> None:
    """Run fn(library, *tensors, **options) on both libraries; compare the results and the gradients of float inputs.

    fn: returns a tensor or several; those of floats are sent back with a gradient each.
    scale: the size of the terms that add up in fn; with 0 the smallest numbers, too, have to agree in their digits.
    gradient: where the way back starts; an array that broadcasts to the result, or None for random numbers.
    """
    mine = Run(micrograd, fn, arrays, options)
    theirs = Run(torch, fn, arrays, options)
    assert len(mine.results) == len(theirs.results), "the number of results"
    seen = [*arrays, *theirs.values()]
    terms = max([array.size for array in seen], default=1)
    eps = max([np.finfo(array.dtype).eps for array in seen if array.dtype.kind == "f"], default=0)
    tolerance = UNITS * terms * eps
    pairs = list(zip(mine.results, theirs.results, strict=True))
    for i, (result, expected) in enumerate(pairs):
        same(result, expected, tolerance, scale, f"result {i}")
    wanted = [pair for pair in pairs if tensor_like(pair[1]) and pair[1].requires_grad]
    for i, (result, expected) in enumerate(wanted):
        given = upstream(expected.detach().numpy(), gradient)
        last = i == len(wanted) - 1
        mine.start = micrograd.from_numpy(given.copy())
        result.backward(mine.start, retain_graph=not last)
        expected.backward(torch.from_numpy(given.copy()), retain_graph=not last)
        np.testing.assert_array_equal(mine.start.numpy(), given, "the gradient given to backward was changed")
    for i, (leaf, expected) in enumerate(zip(mine.leaves, theirs.leaves, strict=True)):
        np.testing.assert_array_equal(leaf.detach().numpy(), expected.detach().numpy(), f"input {i} was changed")
        assert (leaf.grad is None) == (expected.grad is None), f"the gradient of input {i} is there, or is not"
        if expected.grad is not None:
            same(leaf.grad, expected.grad, tolerance, scale, f"the gradient of input {i}")
    mine.check_memory()


def both_raise(fn: Callable, *arrays: np.ndarray, **options: Any) -> None:
    """Assert that fn raises on both libraries, in the forward or on the way back, and the same class of error."""
    mine, theirs = (outcome(library, fn, arrays, options) for library in (micrograd, torch))
    assert theirs is not None, "PyTorch raises nothing"
    assert mine is not None, f"PyTorch raises {theirs.__name__}, micrograd nothing"
    assert mine is theirs, f"PyTorch raises {theirs.__name__}, micrograd {mine.__name__}"


def both_alike(fn: Callable, *arrays: np.ndarray, scale: float = 1.0, **options: Any) -> None:
    """`both` where PyTorch gives a result, `both_raise` where it raises."""
    if outcome(torch, fn, arrays, options) is None:
        both(fn, *arrays, scale=scale, **options)
    else:
        both_raise(fn, *arrays, **options)


def same_on_both(program: Callable, rtol: float = 1e-5, atol: float = 1e-6) -> None:
    """Assert that the program, a function of the library, returns the same on both; and that it does return it.

    The tolerances, of floats, suit programs that add up a few numbers of the size of 1 to 1000 in float32.
    """
    mine, theirs = program(micrograd), program(torch)
    agree(mine, theirs, rtol, atol)
    assert mine is not None


def agree(mine: Any, theirs: Any, rtol: float = 1e-5, atol: float = 1e-6) -> None:
    """Assert that two agree: tensors in dtype, shape, numbers and requires_grad, lists in each item, others in ==."""
    if isinstance(theirs, torch.Tensor):
        assert isinstance(mine, micrograd.Tensor)
        assert str(mine.dtype) == str(theirs.dtype)
        assert mine.requires_grad == theirs.requires_grad
        rtol, atol = (rtol, atol) if theirs.dtype.is_floating_point else (0, 0)
        np.testing.assert_allclose(mine.detach().numpy(), theirs.detach().numpy(), rtol=rtol, atol=atol, strict=True)
    elif isinstance(theirs, list | tuple):
        assert len(mine) == len(theirs)
        for my_item, their_item in zip(mine, theirs, strict=True):
            agree(my_item, their_item, rtol, atol)
    else:
        assert mine == theirs


def error(function: Callable, *args: Any, **kwargs: Any) -> str | None:
    """The class of the error that a call raises, by name; None where it raises none."""
    try:
        function(*args, **kwargs)
    except Exception as raised:
        return type(raised).__name__
    return None


# The classes of PyTorch's errors; others of its own, such as NotImplementedError, are children of one of these.
ERRORS = (IndexError, ValueError, TypeError, RuntimeError)


def outcome(library: Any, fn: Callable, arrays: Any, options: dict[str, Any]) -> type[Exception] | None:
    """The class of the error that fn raises, None where it raises none."""
    try:
        for result in Run(library, fn, arrays, options).results:
            if tensor_like(result) and result.requires_grad:
                result.backward(library.ones_like(result), retain_graph=True)
    except ERRORS as error:
        return next(kind for kind in ERRORS if isinstance(error, kind))
    return None


class Run:
    """One run of fn: the leaves that it was given and the results that it gave."""

    def __init__(self, library: Any, fn: Callable, arrays: Any, options: dict[str, Any]):
        self.leaves = [leaf(library, array) for array in arrays]
        results = fn(library, *self.leaves, **options)
        self.results = list(results) if isinstance(results, tuple | list) else [results]
        self.start: Any = None

    def values(self) -> list[np.ndarray]:
        return [result.detach().numpy() for result in self.results if tensor_like(result)]

    def check_memory(self) -> None:
        """The gradients of leaves share no memory: not among themselves, nor with anything else in sight."""
        grads = [leaf.grad.numpy() for leaf in self.leaves if leaf.grad is not None]
        others = [*self.values(), *[leaf.detach().numpy() for leaf in self.leaves]]
        others += [] if self.start is None else [self.start.numpy()]
        for i, grad in enumerate(grads):
            assert grad.flags.writeable, "a gradient is a view that cannot be written to"
            for other in (*grads[:i], *others):
                assert not np.may_share_memory(grad, other), "the gradient of a leaf shares memory"


def leaf(library: Any, array: np.ndarray) -> Any:
    """A tensor of the library with the numbers of the array, laid out as there; one of floats requires a gradient."""
    tensor = library.from_numpy(array.copy(order="K"))
    return tensor.requires_grad_() if array.dtype.kind == "f" else tensor


def tensor_like(x: Any) -> bool:
    return isinstance(x, torch.Tensor | micrograd.Tensor)


def upstream(result: np.ndarray, gradient: Any) -> np.ndarray:
    """The gradient of a result to start from."""
    if gradient is None:
        gradient = np.random.default_rng(result.size).normal(size=result.shape)
    return np.array(np.broadcast_to(gradient, result.shape), result.dtype)


def same(mine: Any, theirs: Any, tolerance: float, scale: float = 1.0, what: str = "result") -> None:
    """Assert that two results have one shape, dtype and requires_grad, and numbers that are close enough."""
    if not tensor_like(theirs):
        assert mine == theirs, f"{what}: {mine!r}, not {theirs!r}"
        return
    assert tuple(mine.shape) == tuple(theirs.shape), f"{what}: shape {tuple(mine.shape)}, not {tuple(theirs.shape)}"
    assert repr(mine.dtype) == repr(theirs.dtype), f"{what}: dtype {mine.dtype}, not {theirs.dtype}"
    assert mine.requires_grad == theirs.requires_grad, f"{what}: requires_grad {mine.requires_grad}"
    a, b = mine.detach().numpy(), theirs.detach().numpy()
    if a.dtype.kind != "f":
        assert np.array_equal(a, b), f"{what}:\n{a}\nnot\n{b}"
        return
    with np.errstate(all="ignore"):
        bound = tolerance * (np.abs(b) + scale)
        close = (a == b) | (np.isnan(a) & np.isnan(b)) | ((np.abs(a - b) <= bound) & np.isfinite(b))
    assert close.all(), f"{what}:\n{a}\nnot\n{b}\n(allowed: {bound})"


def torch_races_on_its_own_stream() -> bool:
    """Whether the installed PyTorch takes its exponentials from the generator and from no other stream.

    On some processors they come from MKL's; what is drawn with `multinomial` is another then. Asked of NumPy's words of
    the stream, and not of micrograd, which is what the tests are about.
    """
    weights = [0.1, 0.4, 0.2, 0.3]
    for seed in range(1, 20):
        words = np.random.RandomState(seed).randint(0, 2**32, 8, np.uint32).tolist()
        uniforms = [((words[i] << 32 | words[i + 1]) & (2**53 - 1)) / 2**53 for i in range(0, 8, 2)]
        arrivals = [-math.log1p(-u) / weight for u, weight in zip(uniforms, weights, strict=True)]
        drawn = torch.multinomial(torch.tensor(weights), 1, generator=torch.Generator().manual_seed(seed)).item()
        if drawn != int(np.argmin(arrivals)):
            return False
    return True


TORCH_RACES = torch_races_on_its_own_stream()
needs_torch_races = pytest.mark.skipif(
    not TORCH_RACES, reason="on this processor PyTorch draws exponentials from another stream"
)
