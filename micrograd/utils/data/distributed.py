"""Which examples are whose, in a training on several processes."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from micrograd.distributed import get_rank, get_world_size
from micrograd.random import Generator
from micrograd.utils.data.sampler import Sampler


class DistributedSampler(Sampler[int]):
    """The examples of one rank: every num_replicas-th of an order that all ranks share, beginning with its own.

    Every rank gets as many: the order begins anew until it is long enough or, if drop_last, loses its end. shuffle: a
    new order for each epoch, from seed + epoch, so `set_epoch` is called before each. num_replicas and rank are those
    of the process group unless given. Raises ValueError for a rank that is not there, and where neither is given nor a
    process group is there.

    >>> list(DistributedSampler(range(5), num_replicas=2, rank=1, shuffle=False))
    [1, 3, 0]
    """

    def __init__(
        self,
        dataset: Any,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ):
        self.num_replicas = get_world_size() if num_replicas is None else num_replicas
        self.rank = get_rank() if rank is None else rank
        if self.rank not in range(self.num_replicas):
            raise ValueError(f"Invalid rank {rank}, rank should be in the interval [0, {self.num_replicas - 1}]")
        self.dataset, self.shuffle, self.seed, self.drop_last, self.epoch = dataset, shuffle, seed, drop_last, 0
        n = len(dataset)
        self.num_samples = n // self.num_replicas if drop_last else -(-n // self.num_replicas)
        self.total_size = self.num_samples * self.num_replicas

    def __iter__(self) -> Iterator[int]:
        n = len(self.dataset)
        order = Generator().manual_seed(self.seed + self.epoch).permutation(n) if self.shuffle else np.arange(n)
        return iter(np.resize(order, self.total_size)[self.rank :: self.num_replicas].tolist())

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Shuffle for this epoch the next time through."""
        self.epoch = epoch
