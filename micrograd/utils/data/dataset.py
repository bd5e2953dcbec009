"""Datasets: examples by index."""

import itertools
import math
import warnings
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from micrograd.random import Generator, stream_of
from micrograd.tensors import Tensor

T = TypeVar("T", covariant=True)


class Dataset(Generic[T]):
    """Examples by index; a subclass defines `__getitem__` and, to be shuffled or counted, `__len__`.

    >>> class Squares(torch.utils.data.Dataset):
    ...     def __getitem__(self, index):
    ...         return index**2
    >>> Squares()[3]
    9
    """

    def __getitem__(self, index: Any) -> T:
        raise NotImplementedError(f"{type(self).__name__} has no __getitem__: define __getitem__(self, index)")


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """Example i is (tensors[0][i], tensors[1][i], ...). Raises AssertionError for different numbers of rows.

    >>> data = torch.utils.data.TensorDataset(torch.arange(4), torch.arange(4) * 10)
    >>> data[1]
    (tensor(1), tensor(10))
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
    """The examples of a dataset at some indices.

    >>> data = torch.utils.data.TensorDataset(torch.arange(4), torch.arange(4) * 10)
    >>> len(torch.utils.data.Subset(data, [0, 2]))
    2
    """

    def __init__(self, dataset: Dataset[T], indices: Sequence[int]):
        self.dataset, self.indices = dataset, indices

    def __getitem__(self, index: Any) -> T:
        if isinstance(index, list):
            return self.dataset[[self.indices[i] for i in index]]
        return self.dataset[self.indices[index]]

    def __len__(self) -> int:
        return len(self.indices)


def random_split(dataset: Dataset[T], lengths: Sequence[float], generator: Generator | None = None) -> list[Subset[T]]:
    """Random, disjoint Subsets of these lengths, or of these fractions of the dataset.

    What the fractions leave over goes to the first subsets, one example each. Warns of an empty subset. Raises
    ValueError if the lengths do not add up to that of the dataset, or a fraction is not between 0 and 1.

    >>> data = torch.utils.data.TensorDataset(torch.arange(4), torch.arange(4) * 10)
    >>> train, dev = torch.utils.data.random_split(data, [3, 1])
    >>> len(train), len(dev)
    (3, 1)
    """
    total = len(dataset)  # type: ignore[arg-type] # one without a length cannot be split
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
    order = stream_of(generator).permutation(total).tolist()
    return [
        Subset(dataset, order[end - size : end]) for end, size in zip(itertools.accumulate(sizes), sizes, strict=True)
    ]
