"""A step of gradient descent that several processes share.

A batch is always cut into the same shards, SHARDS of them or, with more processes, the next power of two. Each process
works out the gradients of its own, and all are added up in pairs, as in a tournament: (0 + 1) + (2 + 3). Neither
depends on how many processes there are, so that one and two and three and four take the same steps, to the last bit.

Then each process updates its share of the parameters, whose gradients it has added up, and all exchange the new weights
(Rajbhandari et al. 2020, ZeRO): as many numbers are sent as if all had all gradients, and nothing is worked out twice.
"""

import functools
import math
import operator
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

import micrograd
from makemore import processes
from makemore.data import Examples, examples
from makemore.language_model import loss_of, window_of
from makemore.models import NGRAMS, make, set_weights
from makemore.run_folder import Checkpoint
from makemore.steps import load_optimizer, on_threads, optimizer_arrays, optimizer_of
from micrograd import from_numpy
from micrograd.distributed.group import current
from micrograd.nn import BatchNorm1d
from micrograd.nn.utils import clip_grads_with_norm_, get_total_norm

SHARDS = 4
"""Into how many a batch is cut: more would be slower, because each of them is a forward and a backward."""


def why_whole(config: dict[str, Any], model: Any) -> str:
    """Why the steps of a run cannot be split over the processes; empty where they can."""
    size, shards = config["batch_size"], _count_of_shards(current().size)
    if any(isinstance(module, BatchNorm1d) for module in model.modules()):
        return "batch norm looks at the whole batch" + " (--no-batchnorm splits it)" * (config["type"] == "mlp")
    if not size:
        return "a step on all examples at once is as quick as sending it (--batch-size 32 splits it)"
    return f"a batch of {size} is too small for {shards} parts" if size < shards else ""


@contextmanager
def shared(run: Any, ids: np.ndarray, examples: Examples, compiled: bool, threads: int) -> Iterator["SharedStep"]:
    """The steps of a run, which all processes take together until the block ends. ids: the token ids of examples."""
    checkpoint = run.checkpoint()
    step = SharedStep(run.config, examples, run.model, run.optimizer, compiled)
    with processes.helped(take_part, run.config, ids, checkpoint, compiled, threads):
        try:
            yield step
        finally:
            if not step.ended:  # by an error that has sent all home
                step.gather_state()
                step.end()


def take_part(config: dict[str, Any], ids: np.ndarray, checkpoint: Checkpoint, compiled: bool, threads: int) -> None:
    """Take the steps of rank 0's run on another rank, until it ends them."""
    model = make(config, len(config["vocabulary"]) + 1)
    set_weights(model, checkpoint.model)
    optimizer = optimizer_of(config, model)
    load_optimizer(optimizer, checkpoint.optimizer)
    micrograd.random.default_generator.set_state(checkpoint.random)
    model.train()
    step = SharedStep(config, examples(ids, window_of(model)), model, optimizer, compiled)
    with on_threads(threads):
        while step.follow():
            pass


def _on_all_ranks(method: Callable[..., Any]) -> Callable[..., Any]:
    """Lets all ranks do what rank 0 is asked to do, those that `SharedStep.follow`."""

    @functools.wraps(method)
    def called(step: "SharedStep", *arguments: Any) -> Any:
        if step.group.rank:
            return method(step, *arguments)
        # A signal is heard when the call is done: whoever left in the middle would leave the others waiting.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, processes.STOPS) if hasattr(signal, "pthread_sigmask") else ()
        try:
            step.group.comm.bcast((method.__name__, arguments))
            return method(step, *arguments)
        finally:
            if before != ():
                signal.pthread_sigmask(signal.SIG_SETMASK, before)

    return called


class SharedStep:
    """A step: this process's shards of its batch, and its share of the update. compiled: by `micrograd.compile`.

    weights: those of all parameters one after the other, which lie in it, and at its end the loss.
    """

    def __init__(self, config: dict[str, Any], examples: Examples, model: Any, optimizer: Any, compiled: bool):
        self.config, self.examples, self.model, self.optimizer = config, examples, model, optimizer
        self.loss_of: Any = micrograd.compile(loss_of) if compiled else loss_of
        self.group: Any = current()
        self.ended = False
        self.lengths = (examples.targets >= 0).sum(1) if model.whole_words else None
        self.count = _count_of_shards(self.group.size)
        self.cuts = cuts_of_batch(config["batch_size"], self.count, self.lengths)
        mine = [_in_turn(shard, self.count) for shard in _shards_of(self.group.rank, self.group.size, self.count)]
        self.pairs = [mine[i : i + 2] for i in range(0, len(mine), 2)]  # or one, where a rank has no more
        self.parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
        self._lay_out()
        self.rows = np.zeros((len(self.pairs), len(self.weights)), np.float32)
        self.sums = self.rows[0]

    def _lay_out(self) -> None:
        """Put the weights one after the other, and share the parameters out to the ranks."""
        rank, size = self.group.rank, self.group.size
        numbers = np.array([parameter.numel() for parameter in self.parameters])
        ends = np.cumsum(numbers)
        self.weights = np.zeros(ends[-1] + 1, np.float32)
        self.places = [slice(*place) for place in zip(ends - numbers, ends, strict=True)]
        for parameter, place in zip(self.parameters, self.places, strict=True):
            self.weights[place] = parameter.detach().numpy().reshape(-1)
            parameter.data = from_numpy(self.weights[place].reshape(parameter.shape))
        cuts = cuts_into(size, numbers)
        self.own = range(cuts[rank], cuts[rank + 1])
        bounds = np.array([0, *ends])[cuts]
        bounds[-1] += 1  # the last rank adds up the losses as well
        self.starts, self.counts = bounds[:-1], np.diff(bounds)
        self.share = slice(bounds[rank], bounds[rank + 1])
        self.received = np.zeros((size, self.counts[rank]), np.float32)
        for i, parameter in enumerate(self.parameters):
            if rank and i not in self.own:
                self.optimizer.state.pop(parameter, None)

    def follow(self) -> bool:
        """On another rank: do what rank 0 does; whether there is more to come."""
        name, arguments = self.group.comm.bcast(None)
        getattr(self, name)(*arguments)
        return not self.ended

    @_on_all_ranks
    def take(self, rate: float) -> float:
        """Take the step, and return its loss."""
        outcome = processes.Outcome.of(self._gradients)
        if outcome.error is not None:
            self.rows[0].fill(math.nan)
        self._add_up()
        self._update(rate)
        self._exchange()
        if math.isnan(self.weights[-1]):  # the same bits on all ranks, so all come here
            outcomes = self.group.comm.allgather(outcome)
            self.ended = any(found.error is not None for found in outcomes)
            for found in outcomes:
                found.get()
        return float(self.weights[-1])

    @_on_all_ranks
    def gather_gradients(self) -> None:
        """Give the parameters of rank 0 the gradients of the last step, all of them."""
        first = self.group.rank == 0  # where sums lies in rows[0] already
        every = [self.rows[0], (self.counts, self.starts)] if first else None
        self.group.comm.Gatherv(self.group.MPI.IN_PLACE if first else self.sums, every)
        if first:
            self._set_gradients(range(len(self.parameters)), self.rows[0], 0)

    @_on_all_ranks
    def gather_state(self) -> None:
        """Give the optimizer of rank 0 its state, of all parameters."""
        found = self.group.comm.gather(optimizer_arrays(self.optimizer))
        if found:  # a later rank knows better of its own parameters than rank 0 does
            load_optimizer(self.optimizer, functools.reduce(operator.or_, found))

    @_on_all_ranks
    def end(self) -> None:
        """Let the other ranks go."""
        self.ended = True

    def _gradients(self) -> None:
        """Fill the rows: of each pair of shards of this rank the gradients, and their part of the loss."""
        size = self.config["batch_size"]
        chosen = micrograd.randint(0, len(self.examples.contexts), (size,)).numpy()
        if self.lengths is not None:  # words of one length go together, so that there is less padding
            chosen = chosen[np.argsort(self.lengths[chosen], kind="stable")]
        for row, pair in zip(self.rows, self.pairs, strict=True):
            losses, gradients = zip(*[self._backward(chosen, shard) for shard in pair], strict=True)
            row[-1] = sum(losses)
            for place, first, last in zip(self.places, gradients[0], gradients[-1], strict=True):
                if len(pair) == 2:
                    np.add(first, last, out=row[place])
                else:
                    row[place] = first

    def _backward(self, chosen: np.ndarray, shard: int) -> tuple[np.float32, list[np.ndarray]]:
        """Of a shard of the chosen examples its part of the loss, and the gradients of the parameters, flat."""
        part = chosen[self.cuts[shard] : self.cuts[shard + 1]]
        share = len(part) / len(chosen)
        if self.lengths is not None:
            share = float(self.lengths[part].sum() / self.lengths[chosen].sum())
        loss = self.loss_of(self.model, *map(from_numpy, self.examples.at(part)))
        if self.config["type"] in NGRAMS:
            loss = loss + self.model.penalty(self.config["weight_decay"])
        loss = loss * share
        self.optimizer.zero_grad()
        loss.backward()
        gradients = [np.zeros(p.shape, np.float32) if p.grad is None else p.grad.numpy() for p in self.parameters]
        return np.float32(loss.item()), [gradient.reshape(-1) for gradient in gradients]

    def _add_up(self) -> None:
        """Put the sum of all ranks' rows into sums, as far as it is this rank's share."""
        rank, received = self.group.rank, [*self.received]
        sent, expected = self.counts.copy(), np.full(self.group.size, self.counts[rank])
        sent[rank] = expected[rank] = 0  # one's own numbers stay where they are
        to = [self.rows[0], (sent, self.starts)]
        with np.errstate(all="ignore"):
            received[rank] = add_in_pairs([*self.rows])[self.share]
            self.group.comm.Alltoallv(to, [self.received, (expected, self.counts[rank] * np.arange(self.group.size))])
            self.sums = add_in_pairs(received)

    def _update(self, rate: float) -> None:
        """Step with this rank's share of the gradients."""
        self.optimizer.zero_grad()
        self._set_gradients(self.own, self.sums, self.share.start)
        if self.config["clip"]:
            norms = np.zeros(len(self.parameters), np.float32)  # in the same order whatever the number of processes
            norms[self.own] = [np.linalg.norm(self.parameters[i].grad.numpy().reshape(-1)) for i in self.own]
            self.group.comm.Allreduce(self.group.MPI.IN_PLACE, norms)
            clip_grads_with_norm_(self.parameters, self.config["clip"], get_total_norm([from_numpy(norms)]))
        self.optimizer.param_groups[0]["lr"] = rate
        self.optimizer.step()

    def _set_gradients(self, which: Iterable[int], numbers: np.ndarray, start: int) -> None:
        """Let the gradients of these parameters lie in numbers, the first of which belongs at the place start."""
        for i in which:
            found = numbers[self.places[i].start - start : self.places[i].stop - start]
            self.parameters[i].grad = from_numpy(found.reshape(self.parameters[i].shape))

    def _exchange(self) -> None:
        """Give all ranks the weights that each has updated, and the loss."""
        if self.group.rank == self.group.size - 1:
            self.weights[-1] = self.sums[-1]
        self.group.comm.Allgatherv(self.group.MPI.IN_PLACE, [self.weights, (self.counts, self.starts)])


def cuts_into(parts: int, weights: np.ndarray) -> np.ndarray:
    """Where a row of things is cut into parts of about the same weight: (parts + 1,), from 0 to all."""
    before = np.cumsum([0, *weights])
    return np.abs(before - np.linspace(0, before[-1], parts + 1)[:, None]).argmin(1)


def cuts_of_batch(size: int, shards: int, lengths: np.ndarray | None) -> np.ndarray:
    """Where a batch is cut into shards: (shards + 1,). lengths: of all examples, where a batch is sorted by them.

    Then the longest words have a shard of fewer, so that of a usual batch each has about as many characters.
    """
    usual = np.ones(size) if lengths is None else np.quantile(lengths, (np.arange(size) + 0.5) / size)
    least = np.arange(shards + 1)  # none is empty
    cuts = np.maximum.accumulate(cuts_into(shards, usual) - least) + least
    return np.minimum(cuts, size - shards + least)


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
