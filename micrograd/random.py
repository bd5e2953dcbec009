"""The random draws, from PyTorch's stream: the same seed gives PyTorch's numbers (see `micrograd.stream`)."""

from collections.abc import Callable, Sequence
from operator import index
from typing import Any

import numpy as np

from micrograd.creation import empty_like, makes_tensor, shape_of
from micrograd.graph import observer
from micrograd.in_place import records, refuse_change, refuse_overlap
from micrograd.ops import TORCH, apply, function, op
from micrograd.ops.shapes import need_tensors
from micrograd.rules import dtypes
from micrograd.rules.device import device as Device  # noqa: N812 - `device` is PyTorch's argument
from micrograd.rules.dims import whole
from micrograd.rules.dtypes import dtype as DType  # noqa: N812 - `dtype` is PyTorch's argument
from micrograd.rules.errors import need_floats
from micrograd.rules.layout import dims_in_memory
from micrograd.rules.rerun import rerun
from micrograd.stream import Stream
from micrograd.tensors import Tensor, attach, wrap


class Generator(Stream):
    """A stream of random numbers; see `micrograd.stream`. Its state is a tensor of bytes (uint8), as in PyTorch.

    >>> generator = torch.Generator().manual_seed(42)
    >>> generator.initial_seed()
    42
    """

    device: Any = Device("cpu")

    def get_state(self) -> Any:
        """The state of the stream, 5056 bytes.

        >>> state = torch.get_rng_state()
        >>> first = torch.rand(3)
        >>> torch.set_rng_state(state)
        >>> torch.equal(torch.rand(3), first)
        True
        """
        return wrap(super().get_state())

    def set_state(self, new_state: Any) -> None:
        """Restore a state that get_state gave. Raises TypeError or RuntimeError for anything else."""
        super().set_state(new_state._array if isinstance(new_state, Tensor) else new_state)


default_generator = Generator()
"""The default generator, of every draw that is given none; as in PyTorch, its first seed is always the same."""
default_generator.seed()


@function(method=False)
def manual_seed(seed: int) -> Generator:
    """Seed the default generator, and return it.

    >>> generator = torch.manual_seed(42)
    >>> torch.rand(2)
    tensor([0.8823, 0.9150])
    """
    return default_generator.manual_seed(int(seed))


TORCH |= {
    **{"Generator": Generator, "default_generator": default_generator},
    **{"initial_seed": default_generator.initial_seed, "seed": default_generator.seed},
    **{"get_rng_state": default_generator.get_state, "set_rng_state": default_generator.set_state},
}


def stream_of(generator: Any) -> Generator:
    """The generator, or the default one for None. Raises TypeError for anything else."""
    if generator is None:
        return default_generator
    if not isinstance(generator, Generator):
        kind = type(generator).__name__
        raise TypeError(f"generator must be a Generator, not {kind}: take torch.Generator().manual_seed(seed)")
    return generator


@rerun
def _draw(generator: Generator | None, kind: str, dtype: np.dtype, *arguments: Any) -> np.ndarray:
    """What a method of the generator, or of the default one, draws, in the dtype."""
    drawn = getattr(stream_of(generator), kind)(*arguments)
    return drawn if drawn.dtype == dtype else drawn.astype(dtype)


@makes_tensor
def rand(*shape: Any, size: Any = (), generator: Generator | None = None, dtype: DType | None = None) -> Tensor:
    """A tensor of the given shape, uniform on [0, 1).

    >>> torch.rand(2, 3, generator=torch.Generator().manual_seed(1)).shape
    torch.Size([2, 3])
    """
    kind = (dtype or dtypes.default_dtype).numpy
    return wrap(_draw(generator, "uniform", kind, shape_of(shape or (size,)), kind))


@makes_tensor
def randn(*shape: Any, size: Any = (), generator: Generator | None = None, dtype: DType | None = None) -> Tensor:
    """A tensor of the given shape from the standard normal distribution.

    >>> torch.randn(2, 3, generator=torch.Generator().manual_seed(1)).shape
    torch.Size([2, 3])
    """
    kind = (dtype or dtypes.default_dtype).numpy
    return wrap(_draw(generator, "normal", kind, shape_of(shape or (size,)), kind))


@function(method=False)
def rand_like(input: Tensor, **options: Any) -> Tensor:
    """rand with the shape, the order in memory and, unless given, the dtype of input.

    >>> torch.rand_like(torch.ones(2, 3)).shape
    torch.Size([2, 3])
    """
    return _drawn_like(input, "uniform_", **options)


@function(method=False)
def randn_like(input: Tensor, **options: Any) -> Tensor:
    """randn with the shape, the order in memory and, unless given, the dtype of input.

    >>> torch.randn_like(torch.ones(2, 3)).shape
    torch.Size([2, 3])
    """
    return _drawn_like(input, "normal_", **options)


def _drawn_like(
    input: Tensor,
    name: str,
    *bounds: int,
    dtype: DType | None = None,
    requires_grad: bool = False,
    generator: Generator | None = None,
    device: Any = None,
) -> Tensor:
    drawn = getattr(empty_like(input, dtype=dtype, device=device), name)(*bounds, generator=generator)
    return drawn.requires_grad_(requires_grad)


@makes_tensor
def randint(
    low: int = 0,
    high: Any = None,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: DType | None = None,
) -> Tensor:
    """Integers drawn uniformly from [low, high); randint(high, size) begins at 0.

    Raises RuntimeError unless low < high.

    >>> torch.randint(0, 10, (4,), generator=torch.Generator().manual_seed(1))
    tensor([5, 9, 4, 8])
    """
    if high is None or (size is None and not isinstance(high, int)):  # randint(high, size)
        low, high, size = 0, low, high if size is None else size
    if size is None:
        raise TypeError("randint needs a shape after the bounds: randint(low, high, size)")
    if type(size) is not tuple and not isinstance(size, Sequence):
        raise TypeError(f"randint(): argument 'size' must be tuple of ints, not {type(size).__name__}")
    low, high, kind = index(low), index(high), (dtype or dtypes.int64).numpy
    _check_bounds(low, high, kind)
    return wrap(_draw(generator, "integers", kind, low, high, shape_of((size,))))


def _check_bounds(low: int, high: int, dtype: np.dtype) -> None:
    """Raises RuntimeError where the dtype cannot hold every integer in [low, high)."""
    if dtype.kind == "f" or (dtype.itemsize > 1 and low >= -(2**31) and high <= 2**31):
        return
    least, most = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    if low < least or high - 1 > most:
        raise RuntimeError(f"from {low} to {high - 1} is out of bounds for {dtype}, which has {least} to {most}")


@makes_tensor
def randperm(n: int, *, generator: Generator | None = None, dtype: DType | None = None) -> Tensor:
    """A random permutation of 0 to n - 1, int64.

    >>> torch.randperm(5, generator=torch.Generator().manual_seed(1)).sort().values
    tensor([0, 1, 2, 3, 4])
    """
    return wrap(_draw(generator, "permutation", (dtype or dtypes.int64).numpy, n))


@function()
def multinomial(
    input: Tensor, num_samples: int, replacement: bool = False, *, generator: Generator | None = None
) -> Tensor:
    """Indices (int64) drawn with probabilities proportional to input, over its last dimension.

    input: weights of the shape (n,) or (rows, n); the result is (num_samples,) or (rows, num_samples). Which samples a
    seed gives has changed in PyTorch; see `Generator.legacy_multinomial` for those of the lectures.
    Raises RuntimeError for weights that are no floats, or negative, infinite or nan, and, without replacement, for more
    samples than weights above 0.

    >>> torch.multinomial(torch.tensor([0.0, 1.0, 0.0]), 3, replacement=True)
    tensor([1, 1, 1])
    """
    need_tensors("multinomial", input)
    need_floats(input._array, "multinomial")
    if observer.multinomial is not None:
        observer.multinomial(input)
    return wrap(_draw(generator, "multinomial", np.dtype(np.int64), input._array, whole(num_samples), replacement))


@function(method=False)
def randint_like(input: Tensor, low: int, high: int | None = None, *, dtype: DType | None = None) -> Tensor:
    """randint with the shape and, unless given, the dtype of input.

    >>> torch.randint_like(torch.ones(2, 3), 5).shape
    torch.Size([2, 3])
    """
    low, high = (0, low) if high is None else (low, high)
    return _drawn_like(input, "random_", low, high, dtype=dtype)


@function(method=False)
def normal(mean: Any, std: Any = 1.0, size: Any = None, *, generator: Generator | None = None) -> Tensor:
    """Normal random numbers: normal(mean, std, size), or with a tensor as mean or std, one number for each element.

    Raises RuntimeError for a negative standard deviation.

    >>> torch.normal(0.0, 1.0, (2, 3)).shape
    torch.Size([2, 3])
    """
    _check_std(std)
    if size is None:
        size = (mean * std).shape if isinstance(mean, Tensor) else std.shape
    noise = randn(*shape_of((size,)), generator=generator)
    if not isinstance(mean, Tensor) and not isinstance(std, Tensor):
        return noise * std + mean
    mean_of, std_of = (x._array if isinstance(x, Tensor) else x for x in (mean, std))
    drawn = noise._array * std_of + mean_of
    kind = 1 + isinstance(std, Tensor) + (isinstance(mean, Tensor) and isinstance(std, Tensor))
    return apply(_drawn.op, mean, std, drawn=drawn, name=f"NormalBackward{kind}")


@op("BernoulliBackward0", of="", examples=["(x * 0).bernoulli()"])
def _drawn(*parameters, drawn):
    """What was drawn; its gradient by the parameters of the distribution is 0, as in PyTorch."""
    return drawn, *[np.zeros_like] * len(parameters)


def _check_std(std: Any) -> None:
    if (std._array if isinstance(std, Tensor) else np.asarray(std)).min(initial=0) < 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std}")


@function()
def bernoulli(input: Tensor, *, generator: Generator | None = None) -> Tensor:
    """1 with probability p, else 0, for each element p of input. Raises RuntimeError unless 0 <= p <= 1.

    >>> torch.bernoulli(torch.tensor([0.0, 1.0]))
    tensor([0., 1.])
    """
    need_tensors("bernoulli", input)
    drawn = _draw(generator, "bernoulli", input._array.dtype, input._array)
    return apply(_drawn.op, input, drawn=drawn)


# In place, in the order in which the elements lie in memory, as PyTorch does.


def _fill(x: Tensor, draw: Callable[..., np.ndarray], *others: np.ndarray) -> Tensor:
    """Fill x with draw(shape, *others), where shape and the others, broadcast to x, are in the order of x's memory."""
    if records(x):
        refuse_change(x)
    array = x._array
    refuse_overlap(array, None)
    return x.copy_(wrap(_in_order(draw, array.shape, tuple(dims_in_memory(array.shape, [array.strides])), *others)))


@rerun
def _in_order(draw: Callable[..., np.ndarray], shape: Any, dims: Any, *others: np.ndarray) -> np.ndarray:
    """What `draw` draws for a shape, the dimensions in the order of memory."""
    drawn = draw(tuple([shape[d] for d in dims]), *[np.broadcast_to(a, shape).transpose(dims) for a in others])
    return drawn.transpose(np.argsort(dims)) if shape else drawn


def normal_(x: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill x from the normal distribution of that mean and standard deviation, in place.

    Raises RuntimeError for a negative standard deviation.

    >>> torch.empty(2).normal_(0.0, 0.0)
    tensor([0., 0.])
    """
    _check_std(std)
    stream, dtype, in_blocks = stream_of(generator), x._array.dtype, x._array.flags.c_contiguous

    def draw(shape: Any) -> np.ndarray:
        return stream.normal(shape, dtype, in_blocks) * dtype.type(std) + dtype.type(mean)

    return _fill(x, draw)


def uniform_(x: Tensor, a: float = 0.0, b: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill x from the uniform distribution on [a, b), in place.

    >>> torch.empty(2).uniform_(3.0, 3.0)
    tensor([3., 3.])
    """
    return _fill(x, lambda shape: stream_of(generator).uniform(shape, x._array.dtype, a, b))


def bernoulli_(x: Tensor, p: Any = 0.5, *, generator: Generator | None = None) -> Tensor:
    """Fill x with 1 with probability p (a number, or a tensor that broadcasts to x), else 0, in place.

    >>> torch.empty(2).bernoulli_(1.0)
    tensor([1., 1.])
    """
    stream = stream_of(generator)
    if isinstance(p, Tensor):
        return _fill(x, lambda shape, probabilities: stream.bernoulli(probabilities), p._array)
    return _fill(x, lambda shape: stream.bernoulli_scalar(p, shape))


def exponential_(x: Tensor, lambd: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill x from the exponential distribution with that rate, in place. Raises RuntimeError for a rate not above 0.

    >>> bool((torch.empty(9).exponential_() > 0).all())
    True
    """
    if lambd <= 0:
        raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={lambd}")
    dtype = x._array.dtype
    return _fill(x, lambda shape: stream_of(generator).exponential(shape, dtype) / dtype.type(lambd))


def random_(
    x: Tensor, low: int | None = None, high: int | None = None, *, generator: Generator | None = None
) -> Tensor:
    """Fill x with integers from [low, high), in place; random_(high) begins at 0.

    Without bounds: from 0 to the largest number of an integer dtype; of a float dtype, to the largest up to which every
    integer is exact. Raises RuntimeError unless low < high.

    >>> torch.empty(9).random_(0, 1)
    tensor([0., 0., 0., 0., 0., 0., 0., 0., 0.])
    """
    stream, array = stream_of(generator), x._array
    if low is not None:
        start, end = (0, low) if high is None else (low, high)
        _check_bounds(start, end, array.dtype)
        return _fill(x, lambda shape: stream.integers(start, end, shape))
    largest = 2 ** (np.finfo(array.dtype).nmant + 1) if array.dtype.kind == "f" else np.iinfo(array.dtype).max
    words = stream._long_words if array.itemsize == 8 else stream._words
    return _fill(x, lambda shape: (words(array.size) % (int(largest) + 1)).reshape(shape))


for _function in (normal_, uniform_, bernoulli_, exponential_, random_):
    attach(_function.__name__, _function)
