"""Samplers: the order of the examples.

A RandomSampler without a generator of its own takes a seed from the default stream at the start of each epoch.
"""

import itertools
from collections.abc import Iterable, Iterator
from typing import Any, Generic, TypeVar

from micrograd.random import Generator, stream_of

T = TypeVar("T", covariant=True)


class Sampler(Generic[T]):
    """The base of all samplers; a subclass defines `__iter__`, which yields indices.

    >>> isinstance(torch.utils.data.SequentialSampler(range(3)), torch.utils.data.Sampler)
    True
    """

    def __iter__(self) -> Iterator[T]:
        raise NotImplementedError(f"{type(self).__name__} has no __iter__: define __iter__(self)")


class SequentialSampler(Sampler[int]):
    """0, 1, 2, ...

    >>> list(torch.utils.data.SequentialSampler(range(3)))
    [0, 1, 2]
    """

    def __init__(self, data_source: Any):
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """num_samples indices in random order, by default as many as there are examples.

    replacement: draw each from all examples; else from permutations, one after the other.
    Raises TypeError if replacement is not a bool, ValueError if num_samples is not a positive int.

    >>> sorted(torch.utils.data.RandomSampler(range(3)))
    [0, 1, 2]
    """

    def __init__(
        self,
        data_source: Any,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ):
        self.data_source, self.replacement, self.generator = data_source, replacement, generator
        self._num_samples = num_samples
        if not isinstance(replacement, bool):
            raise TypeError(f"replacement should be a boolean value, but got replacement={replacement}")
        if not isinstance(self.num_samples, int) or self.num_samples <= 0:
            raise ValueError(f"num_samples should be a positive integer value, but got num_samples={self.num_samples}")

    @property
    def num_samples(self) -> int:
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        n = len(self.data_source)
        generator = self.generator or Generator().manual_seed(drawn_seed(None))
        # As many at once as PyTorch draws, so that a shared generator's stream stands where PyTorch's does.
        if self.replacement:
            for _ in range(self.num_samples // 32):
                yield from generator.integers(0, n, 32).tolist()
            yield from generator.integers(0, n, self.num_samples % 32).tolist()
        else:
            for _ in range(self.num_samples // n):
                yield from generator.permutation(n).tolist()
            yield from generator.permutation(n).tolist()[: self.num_samples % n]

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """The indices of another sampler in lists of batch_size; drop_last leaves out a last one that is shorter.

    Raises ValueError if batch_size is not a positive int or drop_last not a bool.

    >>> list(torch.utils.data.BatchSampler(torch.utils.data.SequentialSampler(range(3)), 2, drop_last=False))
    [[0, 1], [2]]
    """

    def __init__(self, sampler: Iterable[int], batch_size: int, drop_last: bool):
        if not isinstance(batch_size, int) or isinstance(batch_size, bool) or batch_size <= 0:
            raise ValueError(f"batch_size should be a positive integer value, but got batch_size={batch_size}")
        if not isinstance(drop_last, bool):
            raise ValueError(f"drop_last should be a boolean value, but got drop_last={drop_last}")
        self.sampler, self.batch_size, self.drop_last = sampler, batch_size, drop_last

    def __iter__(self) -> Iterator[list[int]]:
        indices = iter(self.sampler)
        while batch := list(itertools.islice(indices, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield batch

    def __len__(self) -> int:
        indices: Any = self.sampler
        return len(indices) // self.batch_size if self.drop_last else -(-len(indices) // self.batch_size)


def drawn_seed(generator: Generator | None) -> int:
    """A seed from the stream of a generator, by default the default one."""
    return int(stream_of(generator)._long_words(1)[0])
