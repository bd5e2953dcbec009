"""A step of gradient descent that several processes share.

A batch is always cut into the same shards, SHARDS of them or, with more processes, the next power of two. Each process
works out the gradients of its own, and all are added up in pairs, as in a tournament: (0 + 1) + (2 + 3). Neither
depends on how many processes there are, so that one and two and three and four take the same steps, to the last bit.
"""

import math
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

import micrograd
from makemore import processes
from makemore.corpus import examples_of, window_of
from makemore.data import Examples
from makemore.language_model import loss_of
from makemore.models import NGRAMS, make, set_weights
from makemore.optimizers import load_optimizer, optimizer_arrays, optimizer_of
from makemore.threads import on_threads
from micrograd import from_numpy
from micrograd.distributed.group import current
from micrograd.nn import BatchNorm1d
from micrograd.nn.utils import clip_grad_norm_

SHARDS = 4
"""Into how many a batch is cut: more would be slower, because each of them is a forward and a backward."""


def can_share(config: dict[str, Any], model: Any) -> bool:
    """Whether the batch of a run can be cut: not one of fewer examples than there are shards, that of a table of counts
    (which has none), nor one that is normalized as a whole."""
    whole = any(isinstance(module, BatchNorm1d) for module in model.modules())
    return config["batch_size"] >= _count_of_shards(current().size) and not whole


@contextmanager
def shared(run: Any, ids: np.ndarray, examples: Examples, compiled: bool, threads: int) -> Iterator["SharedStep"]:
    """The steps of a run, which all processes take together until the block ends. ids: the token ids of examples."""
    state = {name: tensor.numpy() for name, tensor in run.model.state_dict().items()}
    random = micrograd.random.default_generator.get_state().numpy()
    step = SharedStep(run.config, examples, run.model, run.optimizer, compiled)
    with processes.helped(
        take_part, run.config, ids, state, optimizer_arrays(run.optimizer), random, compiled, threads
    ):
        try:
            yield step
        finally:
            step.end()


def take_part(
    config: dict[str, Any],
    ids: np.ndarray,
    state: dict[str, np.ndarray],
    optimizer_state: dict[str, np.ndarray],
    random: np.ndarray,
    compiled: bool,
    threads: int,
) -> None:
    """Take the steps of rank 0's run on another rank, until it ends them."""
    model = make(config, len(config["vocabulary"]) + 1)
    set_weights(model, state)
    optimizer = optimizer_of(config, model)
    load_optimizer(optimizer, optimizer_state)
    micrograd.random.default_generator.set_state(from_numpy(random))
    model.train()
    step = SharedStep(config, examples_of(ids, window_of(model)), model, optimizer, compiled)
    with on_threads(threads):
        while step.follow():
            pass


class SharedStep:
    """A step: this process's shards of its batch, and the sum of all. compiled: by `micrograd.compile`."""

    def __init__(self, config: dict[str, Any], examples: Examples, model: Any, optimizer: Any, compiled: bool):
        self.config, self.examples, self.model, self.optimizer = config, examples, model, optimizer
        self.loss_of: Any = micrograd.compile(loss_of) if compiled else loss_of
        self.group: Any = current()
        self.lengths = (examples.targets >= 0).sum(1) if model.whole_words else None
        self.parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
        self.count = _count_of_shards(self.group.size)
        mine = [_in_turn(shard, self.count) for shard in _shards_of(self.group.rank, self.group.size, self.count)]
        self.pairs = [mine[i : i + 2] for i in range(0, len(mine), 2)]  # or one, where a rank has no more
        numbers = sum(parameter.numel() for parameter in self.parameters) + 1  # the last is the loss
        self.rows = np.zeros((len(self.pairs), numbers), np.float32)
        self.total = self.rows[0]
        bounds = [numbers * i // self.group.size for i in range(self.group.size + 1)]
        self.counts = np.diff(bounds)
        self.received = np.zeros((self.group.size, self.counts[self.group.rank]), np.float32)

    def take(self, rate: float) -> float:
        """On rank 0: take the step, together with all other ranks, and return its loss."""
        self.group.comm.Bcast(np.array([rate]))
        return self._take(rate)

    def follow(self) -> bool:
        """On another rank: take the next step, if there is one."""
        rate = np.zeros(1)
        self.group.comm.Bcast(rate)
        if not math.isnan(rate[0]):
            self._take(float(rate[0]))
        return not math.isnan(rate[0])

    def end(self) -> None:
        """On rank 0: tell the others that no step follows."""
        self.group.comm.Bcast(np.array([math.nan]))

    def _take(self, rate: float) -> float:
        # A signal is heard when the step is done: whoever left in the middle would leave the others waiting.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, processes.STOPS) if hasattr(signal, "pthread_sigmask") else ()
        try:
            outcome = processes.Outcome.of(self._gradients)
            if outcome.error is not None:
                self.rows[0].fill(math.nan)
            self._add_up()
            if math.isnan(self.total[-1]):  # the same bits on all ranks, so all come here
                for found in self.group.comm.allgather(outcome):
                    found.get()
            self._update(rate)
        finally:
            if before != ():
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return float(self.total[-1])

    def _gradients(self) -> None:
        """Fill the rows: of each pair of shards of this rank the gradients, and their part of the loss."""
        size = self.config["batch_size"]
        chosen = micrograd.randint(0, len(self.examples.contexts), (size,)).numpy()
        if self.lengths is not None:  # words of one length go together, so that there is less padding
            chosen = chosen[np.argsort(self.lengths[chosen], kind="stable")]
        for row, pair in zip(self.rows, self.pairs, strict=True):
            self.optimizer.zero_grad()  # the second backward of a pair adds to what the first has left
            loss = sum(self._backward(chosen, shard) for shard in pair)
            gradients = [np.zeros(p.numel()) if p.grad is None else p.grad.numpy().reshape(-1) for p in self.parameters]
            np.concatenate([*gradients, [loss]], out=row, casting="same_kind")

    def _backward(self, chosen: np.ndarray, shard: int) -> np.float32:
        """Add the gradients of a shard of the chosen examples to those of the parameters; its part of the loss."""
        size = len(chosen)
        part = chosen[size * shard // self.count : size * (shard + 1) // self.count]
        contexts, targets, share = self.examples.contexts[part], self.examples.targets[part], len(part) / size
        if self.lengths is not None:
            longest = self.lengths[part].max()
            contexts, targets = contexts[:, :longest], np.ascontiguousarray(targets[:, :longest])
            share = float(self.lengths[part].sum() / self.lengths[chosen].sum())
        loss = self.loss_of(self.model, from_numpy(contexts), from_numpy(targets))
        if self.config["type"] in NGRAMS:
            loss = loss + self.model.penalty(self.config["weight_decay"])
        loss = loss * share
        loss.backward()
        return np.float32(loss.item())

    def _add_up(self) -> None:
        """Put the sum of all ranks' rows into total: each rank adds up its piece, and all gather the pieces."""
        comm, counts = self.group.comm, self.counts
        with np.errstate(all="ignore"):
            add_in_pairs([*self.rows])
            if self.group.size == 1:
                return
            comm.Alltoallv([self.total, counts], [self.received, [counts[self.group.rank]] * self.group.size])
            piece = add_in_pairs([*self.received])
        comm.Allgatherv(piece, [self.total, counts])

    def _update(self, rate: float) -> None:
        """Step with the gradients in total, which lie in it and are not copied."""
        start = 0
        for parameter in self.parameters:
            end = start + parameter.numel()
            parameter.grad = from_numpy(self.total[start:end].reshape(parameter.shape))
            start = end
        if self.config["clip"]:
            clip_grad_norm_(self.parameters, self.config["clip"])
        self.optimizer.param_groups[0]["lr"] = rate
        self.optimizer.step()


def add_in_pairs(rows: list[np.ndarray]) -> np.ndarray:
    """The sum of the rows, which it changes: of the first half, and of the second."""
    if len(rows) == 1:
        return rows[0]
    middle = len(rows) // 2
    left = add_in_pairs(rows[:middle])
    left += add_in_pairs(rows[middle:])
    return left


def _count_of_shards(size: int) -> int:
    """Into how many shards so many ranks cut a batch."""
    return max(SHARDS, 1 << (size - 1).bit_length())


def _in_turn(i: int, count: int) -> int:
    """The shards in the order in which they are handed out: the shortest words, the longest, the next shortest, ..."""
    return count - 1 - i // 2 if i % 2 else i // 2


def _shards_of(rank: int, size: int, count: int) -> range:
    """The shards of a rank, a whole branch of the tree: half of the ranks have half of the shards."""
    start = 0
    while size > 1:
        half, count = size // 2, count // 2
        if rank < half:
            size = half
        else:
            rank, size, start = rank - half, size - half, start + count
    return range(start, start + count)
