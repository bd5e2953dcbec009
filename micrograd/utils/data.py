"""Datasets, and loaders that draw batches from them: PyTorch's torch.utils.data, with the same batches from a seed.

A RandomSampler without a generator of its own takes a seed from the default stream at the start of each epoch, and a
DataLoader takes one more, which is of no use but moves the stream on; both as PyTorch does.
"""

import itertools
import math
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar

import numpy as np

from micrograd.creation import from_numpy, tensor
from micrograd.missing import getattr_of
from micrograd.random import Generator, default_generator
from micrograd.shapes import stack
from micrograd.tensors import Tensor, wrap

__all__ = [
    "BatchSampler",
    "DataLoader",
    "Dataset",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "Subset",
    "TensorDataset",
    "default_collate",
    "default_convert",
    "random_split",
]

T = TypeVar("T", covariant=True)


class Dataset(Generic[T]):
    """Examples by their number; a subclass defines `__getitem__` and, to be shuffled or counted, `__len__`."""

    def __getitem__(self, index: Any) -> T:
        raise NotImplementedError(f"{type(self).__name__} has no __getitem__: define __getitem__(self, index)")


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """The rows of tensors that belong together: example i is (tensors[0][i], tensors[1][i], ...).

    Raises AssertionError where the tensors do not have the same number of rows.
    """

    def __init__(self, *tensors: Tensor):
        rows = [tensor.size(0) for tensor in tensors]
        if len(set(rows)) > 1:
            raise AssertionError(f"Size mismatch between tensors: they have {rows} rows")
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple([tensor[index] for tensor in self.tensors])

    def __len__(self) -> int:
        return self.tensors[0].size(0)


class Subset(Dataset[T]):
    """The examples of a dataset at some indices."""

    def __init__(self, dataset: Any, indices: Sequence[int]):
        self.dataset, self.indices = dataset, indices

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, list):
            return self.dataset[[self.indices[i] for i in index]]
        return self.dataset[self.indices[index]]

    def __len__(self) -> int:
        return len(self.indices)


def random_split(dataset: Any, lengths: Sequence[float], generator: Generator | None = None) -> list[Subset]:
    """The dataset in random parts of these lengths, or of these fractions of its own.

    What is left over by fractions is dealt out from the first part on. Warns of a part that gets nothing. Raises
    ValueError where the lengths do not add up to that of the dataset, or a fraction is not between 0 and 1.
    """
    total = len(dataset)
    if math.isclose(sum(lengths), 1) and sum(lengths) <= 1:
        if any(not 0 <= share <= 1 for share in lengths):
            raise ValueError(f"each fraction has to be between 0 and 1, got {list(lengths)}")
        sizes = [math.floor(total * share) for share in lengths]
        left = total - sum(sizes)
        sizes = [size + left // len(sizes) + (i < left % len(sizes)) for i, size in enumerate(sizes)]
        if 0 in sizes:
            warnings.warn(f"Length of split at index {sizes.index(0)} is 0: it is an empty dataset.", stacklevel=2)
    else:
        sizes = list(lengths)  # type: ignore[arg-type] # whole numbers
    if sum(sizes) != total:
        raise ValueError(f"the lengths add up to {sum(sizes)}, and the dataset has {total} examples")
    order = (generator or default_generator).permutation(total).tolist()
    return [
        Subset(dataset, order[end - size : end]) for end, size in zip(itertools.accumulate(sizes), sizes, strict=True)
    ]


# Samplers: in which order the examples come.


class Sampler(Generic[T]):
    """An order of the examples of a dataset; a subclass defines `__iter__`, which yields their indices."""

    def __iter__(self) -> Iterator[T]:
        raise NotImplementedError(f"{type(self).__name__} has no __iter__: define __iter__(self)")


class SequentialSampler(Sampler[int]):
    """One after the other."""

    def __init__(self, data_source: Any):
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """In random order, drawn as they are asked for: num_samples of them, by default as many as there are.

    replacement: whether each is drawn from all, so that the same may come again at once; else from a shuffled pack, and
    from another one after it. Raises ValueError where num_samples is not a whole number above 0.
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
        generator = self.generator or Generator().manual_seed(_drawn_seed(None))
        # How many are drawn at once is PyTorch's: of a generator that others share, it moves the stream on as far.
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
    """The indices of another sampler in lists of batch_size; the last may be shorter, unless drop_last leaves it out.

    Raises ValueError where batch_size is not a whole number above 0 or drop_last is not True or False.
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


# From a list of examples to a batch.


def default_collate(batch: Sequence[Any]) -> Any:
    """A batch out of examples: tensors, arrays and numbers are stacked, each at its place in tuples, lists and dicts.

    The batch of tuples is a list of batches, as in PyTorch; whole numbers become int64, floats float64, strings stay a
    list. Raises RuntimeError where the examples are not of one shape, TypeError for what cannot be stacked.
    """
    first = batch[0]
    if isinstance(first, Tensor):
        return stack(batch)
    if isinstance(first, np.ndarray):
        return stack([from_numpy(example) for example in batch])
    if isinstance(first, np.generic):
        return from_numpy(np.array(batch))
    if isinstance(first, float):
        return wrap(np.array(batch, np.float64))
    if isinstance(first, int):
        return tensor(batch)
    if isinstance(first, str | bytes):
        return batch
    if isinstance(first, Mapping):
        return {key: default_collate([example[key] for example in batch]) for key in first}
    if isinstance(first, tuple | list):
        if any(len(example) != len(first) for example in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        columns = [default_collate(column) for column in zip(*batch, strict=True)]
        return type(first)(*columns) if hasattr(first, "_fields") else columns
    raise TypeError(f"default_collate takes tensors, arrays, numbers, strings, dicts and lists, not {type(first)}")


def default_convert(data: Any) -> Any:
    """One example with tensors in the place of arrays and NumPy's numbers; all else stays as it is."""
    if isinstance(data, np.ndarray | np.generic) and data.dtype.kind in "biuf":
        return wrap(np.asarray(data))
    if isinstance(data, Mapping):
        return {key: default_convert(value) for key, value in data.items()}
    if isinstance(data, tuple | list):
        values = [default_convert(value) for value in data]
        return type(data)(*values) if hasattr(data, "_fields") else values
    return data


class DataLoader(Generic[T]):
    """Batches of a dataset: `for batch in loader` goes through it once, and each `iter(loader)` begins anew.

    dataset: anything with `__getitem__` and `__len__`. batch_size: examples to a batch, None for single examples that
    are not stacked. shuffle: in random order. sampler: yields the indices instead; batch_sampler: yields lists of them.
    collate_fn: makes a batch of a list of examples. drop_last: leave out a last batch that is not full. generator: what
    shuffling draws from. The examples are always read in this process: num_workers and what else is for workers and
    other devices changes nothing.

    Raises ValueError for arguments that exclude each other and for sizes that are not positive.
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Any = None,
        batch_sampler: Any = None,
        num_workers: int = 0,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Any = None,
        multiprocessing_context: Any = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ):
        if num_workers < 0:
            raise ValueError(f"num_workers option should be non-negative, got {num_workers}")
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ValueError(
                    "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last"
                )
            batch_size = None
        elif batch_size is None and drop_last:
            raise ValueError("batch_size=None means no batches, and is mutually exclusive with drop_last")
        if sampler is None:
            sampler = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        if batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.dataset, self.batch_size, self.drop_last = dataset, batch_size, drop_last
        self.sampler, self.batch_sampler, self.generator = sampler, batch_sampler, generator
        self.num_workers, self.pin_memory = num_workers, pin_memory
        self.collate_fn = collate_fn or (default_convert if batch_sampler is None else default_collate)

    def __iter__(self) -> Iterator[Any]:
        indices = iter(self.sampler if self.batch_sampler is None else self.batch_sampler)
        _drawn_seed(self.generator)  # PyTorch's seed of the workers
        return map(self._example if self.batch_sampler is None else self._batch, indices)

    def _example(self, index: int) -> Any:
        return self.collate_fn(self.dataset[index])

    def _batch(self, indices: Sequence[int]) -> Any:
        dataset = self.dataset
        while type(dataset) is Subset:
            indices, dataset = [dataset.indices[i] for i in indices], dataset.dataset
        if type(dataset) is TensorDataset and self.collate_fn is default_collate:
            return [tensor[indices] for tensor in dataset.tensors]  # all rows at once: the same, and much faster
        if hasattr(dataset, "__getitems__"):
            return self.collate_fn(dataset.__getitems__(indices))
        return self.collate_fn([dataset[index] for index in indices])

    def __len__(self) -> int:
        return len(self.sampler if self.batch_sampler is None else self.batch_sampler)


def _drawn_seed(generator: Generator | None) -> int:
    """A seed from a stream, the default one unless another is given."""
    return int((generator or default_generator)._long_words(1)[0])


__getattr__ = getattr_of("micrograd.utils.data", lambda: __all__)
