"""The processes of one mpiexec: rank 0 runs the command, and the others help where work can be shared.

Rank 0 alone reads flags, decides, writes and prints, as a single process does. The other ranks wait for jobs: a
function and its arguments, pickled. `together` lets every rank call it, `helped` only the others, beside what rank 0
does meanwhile, and `each` deals items out. Outside of mpiexec all three do the work here, and MPI is not loaded.
"""

import atexit
import contextlib
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any, NamedTuple

from makemore import display
from micrograd import command, distributed
from micrograd.command import UsageError
from micrograd.distributed.group import WORLD_SIZES, Group, current

RANKS = ("OMPI_COMM_WORLD_RANK", "PMI_RANK")
JOB, TAKE, GIVE, STOP = range(1, 5)
"""What a message is: a job for a rank, its request for an item, the item, and that it should stop working on it."""

PAUSE = 0.002
"""Seconds between two looks for a message: a rank that waits for long leaves the core to others."""

STOPS = (signal.SIGINT, signal.SIGTERM, *([signal.SIGUSR1] if hasattr(signal, "SIGUSR1") else []))
"""What asks a run to stop. Open MPI's mpiexec makes SIGTERM of a Ctrl-C, and hands SIGUSR1 on."""


_by_itself = False
"""Whether this process is in a call that no other has a part in."""


class Outcome(NamedTuple):
    """What a call came to: its value, or what it raised."""

    value: Any
    error: BaseException | None = None

    @classmethod
    def of(cls, function: Callable[..., Any], *arguments: Any) -> "Outcome":
        """That of a call that every process makes by itself."""
        global _by_itself
        before, _by_itself = _by_itself, True
        try:
            return cls(function(*arguments))
        except BaseException as error:  # whatever it is, rank 0 has to hear of it
            return cls(None, error)
        finally:
            _by_itself = before

    def get(self) -> Any:
        """The value. Raises what the call raised."""
        if self.error is not None:
            raise self.error
        return self.value


def launched() -> bool:
    """Whether an mpiexec has started this process."""
    return any(name in os.environ for name in WORLD_SIZES)


def size() -> int:
    """How many processes can share what is done now."""
    return current().size if are_joined() else 1


def are_joined() -> bool:
    """Whether the processes of an mpiexec, be it only one, can share what is done now."""
    return distributed.is_initialized() and not _by_itself


def run_command(main: Callable[[], int]) -> None:
    """`micrograd.command.run_command`; under mpiexec on rank 0, and the other ranks do the jobs that it gives them."""

    def on_rank() -> int:
        return _run_on_rank(main)

    on_rank.__module__ = main.__module__
    command.run_command(on_rank if launched() else main)


def _run_on_rank(main: Callable[[], int]) -> int:
    try:
        distributed.init_process_group("mpi")
    except (ImportError, RuntimeError) as error:
        if any(os.environ.get(name, "0") != "0" for name in RANKS):
            return 0  # rank 0 says it, and is the last to end, see _leave
        time.sleep(0.2)
        raise UsageError(str(error)) from None
    group = current()
    if group.rank:
        for number in STOPS:  # rank 0 decides what they mean
            signal.signal(number, signal.SIG_IGN)
    elif hasattr(signal, "SIGUSR1"):
        signal.signal(signal.SIGUSR1, lambda *_: signal.raise_signal(signal.SIGINT))
    flags = group.comm.gather(sys.argv[1:])
    if group.rank:
        display.shows_bars = False
        _serve(group)
        _leave(group)
        os._exit(0)
    status = 2
    try:
        differing = [other for other, theirs in enumerate(flags) if theirs != flags[0]]
        if differing:
            raise UsageError(f"rank {differing[0]} was started with other flags than rank 0; give all ranks the same")
        status = main()
        return status
    finally:
        _send_job(group, None)
        atexit.register(_leave, group, 0.1 if status else 0)


def _leave(group: Group, pause: float = 0) -> None:
    """Take leave of MPI, all ranks at once; pause: seconds in which the other processes end, before rank 0 does.

    Of a status that is not 0 Open MPI's mpiexec says a lot while processes are left.
    """
    distributed.destroy_process_group()
    group.MPI.Finalize()
    sys.stdout.flush()
    sys.stderr.flush()
    time.sleep(pause)


def _send_job(group: Group, job: Any) -> None:
    for other in range(1, group.size):
        group.comm.send(job, other, JOB)


def _serve(group: Group) -> None:
    """Do jobs until there are no more."""
    while True:
        while not group.comm.Iprobe(0, JOB):
            time.sleep(PAUSE)
        job = group.comm.recv(None, 0, JOB)
        if job is None:
            return
        group.comm.gather(Outcome.of(*job))


# Every rank at once.


def together(function: Callable[..., Any], *arguments: Any) -> list[Any]:
    """What the function gives on every rank, in their order. Raises what it raises on the first rank where it does."""
    if size() == 1:
        return [Outcome.of(function, *arguments).get()]
    group = current()
    _send_job(group, (function, *arguments))
    return [outcome.get() for outcome in group.comm.gather(Outcome.of(function, *arguments))]


@contextlib.contextmanager
def helped(function: Callable[..., Any], *arguments: Any) -> Iterator[None]:
    """Within it the other ranks are in function(*arguments), which has to end when the block does."""
    if size() == 1:
        yield
        return
    group = current()
    _send_job(group, (function, *arguments))
    try:
        yield
    finally:
        outcomes = group.comm.gather(Outcome(None))
    for outcome in outcomes:
        outcome.get()


# Items dealt out.


def each(function: Callable[..., Any], items: Iterable[Any], *arguments: Any) -> Generator[tuple[Any, Any], None, None]:
    """Pairs of an item and function(item, *arguments), as they are done: a rank that is free takes the next item.

    Where a call raises, or this generator is closed, the calls on other ranks are stopped as by Ctrl-C.
    """
    if size() == 1:
        for item in items:
            yield item, Outcome.of(function, item, *arguments).get()
        return
    deal = _Deal(current(), list(items))
    try:
        with helped(_work, function, arguments), deal:
            while (number := deal.take()) is not None:
                deal.working = True
                outcome = Outcome.of(function, deal.items[number], *arguments)
                deal.working = False
                deal.done.put((number, outcome))
                yield from deal.results()
            while deal.busy:
                yield from deal.results()
                time.sleep(PAUSE)
            yield from deal.results()
    finally:
        deal.stopped = True


class _Deal:
    """Rank 0's side of `each`: a thread hands the next item to whoever asks, while rank 0 works on its own."""

    def __init__(self, group: Group, items: list[Any]):
        self.group, self.items = group, items
        self.next = 0
        self.lock = threading.Lock()
        self.done: queue.SimpleQueue[tuple[int, Outcome]] = queue.SimpleQueue()
        self.busy = set(range(1, group.size))  # the ranks that have not heard yet that there is no item left
        self.stopped = self.told = self.working = False
        self.thread = threading.Thread(target=self._answer, daemon=True)

    def __enter__(self) -> None:
        self.thread.start()

    def __exit__(self, *raised: Any) -> None:
        self.stopped = True
        self.thread.join()

    def take(self) -> int | None:
        """The number of the next item; None where all are taken."""
        with self.lock:
            if self.stopped or self.next == len(self.items):
                return None
            self.next += 1
            return self.next - 1

    def results(self) -> Iterator[tuple[Any, Any]]:
        """What was done since the last call."""
        with contextlib.suppress(queue.Empty):
            while True:
                number, outcome = self.done.get_nowait()
                yield self.items[number], outcome.get()

    def _answer(self) -> None:
        comm = self.group.comm
        while self.busy:
            if self.stopped and not self.told:
                self.told = True
                for other in self.busy:
                    comm.send(None, other, STOP)
            if not comm.Iprobe(tag=TAKE):
                time.sleep(PAUSE)
                continue
            other, finished = comm.recv(tag=TAKE)
            if finished is not None:
                self.done.put(finished)
                if finished[1].error is not None and not self.stopped:
                    self.stopped = True
                    if self.working:
                        signal.raise_signal(signal.SIGINT)
            number = self.take()
            comm.send(None if number is None else (number, self.items[number]), other, GIVE)
            if number is None:
                self.busy.discard(other)


def _work(function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """Another rank's side of `each`."""
    comm = current().comm
    finished, over = None, threading.Event()
    listener = threading.Thread(target=_listen, args=(over,), daemon=True)
    listener.start()
    try:
        while True:
            comm.send((current().rank, finished), 0, TAKE)
            given = comm.recv(None, 0, GIVE)
            if given is None:
                return
            number, item = given
            signal.signal(signal.SIGINT, signal.default_int_handler)
            outcome = Outcome.of(function, item, *arguments)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            finished = number, outcome
    finally:
        over.set()
        listener.join()
        while comm.Iprobe(0, STOP):
            comm.recv(None, 0, STOP)


def _listen(over: threading.Event) -> None:
    """Make Ctrl-C of rank 0's word that this rank should stop."""
    comm = current().comm
    while not over.wait(0.05):
        if comm.Iprobe(0, STOP):
            comm.recv(None, 0, STOP)
            signal.raise_signal(signal.SIGINT)
