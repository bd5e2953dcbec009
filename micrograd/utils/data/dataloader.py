"""Batches of a dataset."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar

import numpy as np

from micrograd.creation import from_numpy, tensor
from micrograd.ops.joining import stack
from micrograd.random import Generator
from micrograd.tensors import Tensor, wrap
from micrograd.utils.data.dataset import Dataset, Subset, TensorDataset
from micrograd.utils.data.sampler import BatchSampler, RandomSampler, SequentialSampler, drawn_seed

T = TypeVar("T", covariant=True)


class DataLoader(Generic[T]):
    """Batches of a dataset: `for batch in loader` is one epoch.

    dataset: anything with `__getitem__` and `__len__`. batch_size: examples per batch; None for single examples, not
    stacked. shuffle: in random order. sampler: yields the indices instead; batch_sampler: yields lists of them.
    collate_fn: makes a batch of a list of examples. drop_last: leave out a last batch that is not full. generator: what
    shuffling draws from. The examples are always read in this process: num_workers and the other arguments for workers,
    pinned memory and timeouts change nothing.

    Raises ValueError for arguments that exclude each other and for sizes that are not positive.

    >>> data = torch.utils.data.TensorDataset(torch.arange(3))
    >>> [batch for batch, in torch.utils.data.DataLoader(data, batch_size=2)]
    [tensor([0, 1]), tensor([2])]
    """

    def __init__(
        self,
        dataset: Dataset[T],
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
        self.collate_fn: Callable[[Any], Any] = collate_fn or (
            default_convert if batch_sampler is None else default_collate
        )

    def __iter__(self) -> Iterator[Any]:
        indices = iter(self.sampler if self.batch_sampler is None else self.batch_sampler)
        drawn_seed(self.generator)  # PyTorch's seed of the workers; unused, but it advances the stream
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


def default_collate(batch: Sequence[Any]) -> Any:
    """A batch of examples: tensors, arrays and numbers are stacked; tuples, lists and dicts item by item.

    The batch of tuples is a list of batches, as in PyTorch; ints become int64, floats float64, strings stay a list.
    Raises RuntimeError for different shapes or lengths, TypeError for what cannot be stacked.

    >>> torch.utils.data.default_collate([(1, 2.0), (3, 4.0)])
    [tensor([1, 3]), tensor([2., 4.], dtype=torch.float64)]
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
    """One example, with arrays and NumPy's numbers as tensors; all else is unchanged.

    >>> import numpy as np
    >>> torch.utils.data.default_convert(np.array([1.0, 2.0]))
    tensor([1., 2.], dtype=torch.float64)
    """
    if isinstance(data, np.ndarray | np.generic) and data.dtype.kind in "biuf":
        return wrap(np.asarray(data))
    if isinstance(data, Mapping):
        return {key: default_convert(value) for key, value in data.items()}
    if isinstance(data, tuple | list):
        values = [default_convert(value) for value in data]
        return type(data)(*values) if hasattr(data, "_fields") else values
    return data
