"""The random draws, from PyTorch's stream: the same seed gives PyTorch's numbers (see `micrograd.generator`)."""

from typing import Any

import numpy as np

from micrograd import dtypes
from micrograd import generator as streams
from micrograd.creation import shape_of
from micrograd.device import takes_device
from micrograd.dtypes import dtype as DType  # noqa: N812 - `dtype` is PyTorch's argument
from micrograd.tensors import Tensor, method, wrap


class Generator(streams.Generator):
    """A stream of random numbers; see `micrograd.generator`. Its state is a tensor of bytes (uint8), as in PyTorch."""

    def get_state(self) -> Any:
        """The state of the stream, 5056 bytes."""
        return wrap(super().get_state())

    def set_state(self, new_state: Any) -> None:
        """Go on from a state. Raises RuntimeError or TypeError for what is none."""
        super().set_state(new_state._array if isinstance(new_state, Tensor) else new_state)


default_generator = Generator()
"""The stream of every draw that is given no generator of its own; like PyTorch's it starts anew in each program."""
default_generator.seed()


def manual_seed(seed: int) -> Generator:
    """Start the default stream anew from a seed, and return its Generator."""
    return default_generator.manual_seed(seed)


def initial_seed() -> int:
    """The seed that the default stream began with."""
    return default_generator.initial_seed()


@takes_device
def rand(
    *size: Any, generator: Generator | None = None, dtype: DType = dtypes.float32, requires_grad: bool = False
) -> Tensor:
    """Numbers from the uniform distribution on [0, 1), in a shape."""
    array = (generator or default_generator).uniform(shape_of(size), dtype.numpy)
    return wrap(array).requires_grad_(requires_grad)


@takes_device
def randn(
    *size: Any, generator: Generator | None = None, dtype: DType = dtypes.float32, requires_grad: bool = False
) -> Tensor:
    """Numbers from the normal distribution of mean 0 and variance 1, in a shape."""
    array = (generator or default_generator).normal(shape_of(size), dtype.numpy)
    return wrap(array).requires_grad_(requires_grad)


@takes_device
def randint(
    low: int, high: Any = None, size: Any = None, *, generator: Generator | None = None, dtype: DType = dtypes.int64
) -> Tensor:
    """Whole numbers from low up to and without high; randint(high, size) begins at 0.

    Raises RuntimeError where there are none to choose from.
    """
    if size is None:  # randint(high, size)
        low, high, size = 0, low, high
    array = (generator or default_generator).integers(low, high, shape_of((size,)))
    return wrap(array.astype(dtype.numpy, copy=False))


@takes_device
def randperm(n: int, *, generator: Generator | None = None) -> Tensor:
    """The numbers 0 to n - 1 in a random order, int64."""
    return wrap((generator or default_generator).permutation(n))


def multinomial(
    input: Tensor, num_samples: int, replacement: bool = False, *, generator: Generator | None = None
) -> Tensor:
    """Indices (int64) drawn with the weights in the last dimension of input, which need not add up to 1.

    input: weights of the shape (n,) or (rows, n); the result is (num_samples,) or (rows, num_samples). Which samples a
    seed gives has changed in PyTorch; see `Generator.legacy_multinomial` for those of the lectures.
    Raises RuntimeError where a weight is negative, infinite or nan, or where they do not allow so many samples.
    """
    return wrap((generator or default_generator).multinomial(input._array, num_samples, replacement))


def rand_like(input: Tensor, *, dtype: DType | None = None, requires_grad: bool = False) -> Tensor:
    """rand in the shape of input, and in its dtype where none is given."""
    return rand(*input.shape, dtype=dtype or input.dtype, requires_grad=requires_grad)


def randn_like(input: Tensor, *, dtype: DType | None = None, requires_grad: bool = False) -> Tensor:
    """randn in the shape of input, and in its dtype where none is given."""
    return randn(*input.shape, dtype=dtype or input.dtype, requires_grad=requires_grad)


def randint_like(input: Tensor, low: int, high: int | None = None, *, dtype: DType | None = None) -> Tensor:
    """randint in the shape of input, and in its dtype where none is given."""
    low, high = (0, low) if high is None else (low, high)
    return randint(low, high, input.shape, dtype=dtype or input.dtype)


def normal(mean: Any, std: Any = 1.0, size: Any = None, *, generator: Generator | None = None) -> Tensor:
    """Numbers from normal distributions: of a mean and a standard deviation in a size, or of tensors of either.

    Raises RuntimeError for a negative standard deviation.
    """
    if (std._array if isinstance(std, Tensor) else np.asarray(std)).min(initial=0) < 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std}")
    if size is None:
        size = (mean * std).shape if isinstance(mean, Tensor) else std.shape
    return randn(*shape_of((size,)), generator=generator) * std + mean


def bernoulli(input: Tensor, *, generator: Generator | None = None) -> Tensor:
    """1 with the probability that each element of input names, else 0. Raises RuntimeError where it is none."""
    return wrap((generator or default_generator).bernoulli(input._array).astype(input._array.dtype, copy=False))


@method
def normal_(x: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill x from the normal distribution of that mean and standard deviation, in place."""
    array = (generator or default_generator).normal(x._array.shape, x._array.dtype)
    return x.copy_(wrap(array * array.dtype.type(std) + array.dtype.type(mean)))


@method
def uniform_(x: Tensor, a: float = 0.0, b: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill x from the uniform distribution on [a, b), in place."""
    return x.copy_(wrap((generator or default_generator).uniform(x._array.shape, x._array.dtype, a, b)))


@method
def bernoulli_(x: Tensor, p: Any = 0.5, *, generator: Generator | None = None) -> Tensor:
    """Fill x with 1 with probability p (a number, or a tensor of its shape), else 0, in place."""
    stream = generator or default_generator
    drawn = stream.bernoulli(p._array) if isinstance(p, Tensor) else stream.bernoulli_scalar(p, x._array.shape)
    return x.copy_(wrap(drawn))
