"""Several processes that train together: PyTorch's torch.distributed with the backend "mpi", over mpi4py.

mpiexec starts the processes, `init_process_group()` joins them, and from then on each has a rank, 0 to world size - 1.
A collective is a function that every rank calls, in the same order; each returns when its rank's part is done. They
change tensors in place, outside the graph. mpi4py is imported by init_process_group and not before.
"""

from micrograd.distributed.collectives import (
    ReduceOp,
    all_gather,
    all_reduce,
    barrier,
    broadcast,
    broadcast_object_list,
    gather,
    reduce,
    scatter,
)
from micrograd.distributed.group import (
    destroy_process_group,
    get_rank,
    get_world_size,
    init_process_group,
    is_available,
    is_initialized,
)
from micrograd.rules.missing import getattr_of

__all__ = [
    "ReduceOp",
    "all_gather",
    "all_reduce",
    "barrier",
    "broadcast",
    "broadcast_object_list",
    "destroy_process_group",
    "gather",
    "get_rank",
    "get_world_size",
    "init_process_group",
    "is_available",
    "is_initialized",
    "reduce",
    "scatter",
]

__getattr__ = getattr_of("micrograd.distributed", lambda: __all__)
