"""The collectives: what every rank calls, and what then stands where.

A reduction cuts the array into as many pieces as there are ranks, sends each to the rank that adds it up, and gathers
the sums. That moves no more than MPI's own Allreduce does over a ring, and the order is always rank 0 + rank 1 + ...:
every rank gets the same bits, wherever in the array a number stands and whichever MPI is installed. NumPy's maximum
keeps a nan, which MPI's own MAX loses.
"""

import enum
import itertools
from typing import Any

import numpy as np

from micrograd.distributed.group import Group, current
from micrograd.in_place import shares_elements
from micrograd.tensors import Tensor


class ReduceOp(enum.Enum):
    """How a reduction combines the numbers of the ranks."""

    SUM = "sum"
    AVG = "avg"
    PRODUCT = "product"
    MIN = "min"
    MAX = "max"


COMBINE: dict[ReduceOp, np.ufunc] = {
    ReduceOp.SUM: np.add,
    ReduceOp.AVG: np.add,
    ReduceOp.PRODUCT: np.multiply,
    ReduceOp.MIN: np.minimum,
    ReduceOp.MAX: np.maximum,
}


def all_reduce(tensor: Tensor, op: ReduceOp = ReduceOp.SUM) -> None:
    """Put the sum of all ranks' tensors, or what else op says, into the tensor of every rank.

    AVG is the sum divided by the number of ranks. A nan of any rank stays one, in MAX and MIN as well.
    Raises ValueError before init_process_group, TypeError if tensor is not a Tensor or op not a ReduceOp, RuntimeError
    for AVG of integers and, on every rank, where shapes or dtypes differ.

    >>> import micrograd as torch, micrograd.distributed as dist
    >>> dist.all_reduce(torch.ones(3))  # doctest: +SKIP
    """
    group, array = current(), _to_reduce(tensor, op)
    with group.collective(f"all_reduce({_form(array)}, {op.name})"):
        reduce_in_place(group, array, op)
    _put(tensor, array)


def reduce(tensor: Tensor, dst: int, op: ReduceOp = ReduceOp.SUM) -> None:
    """The same as all_reduce, but only the tensor of rank dst is changed."""
    group, array = current(), _to_reduce(tensor, op)
    with group.collective(f"reduce({_form(array)}, {_root(group, dst)}, {op.name})") as comm:
        piece, counts = _piece(group, array.reshape(-1), op)
        comm.Gatherv(piece, [array, counts] if group.rank == dst else None, dst)
    if group.rank == dst:
        _put(tensor, array)


def broadcast(tensor: Tensor, src: int) -> None:
    """Put the tensor of rank src into the tensor of every rank. Raises as all_reduce does."""
    group, array = current(), _in_order(tensor)
    with group.collective(f"broadcast({_form(array)}, {_root(group, src)})") as comm:
        comm.Bcast(array, src)
    if group.rank != src:
        _put(tensor, array)


def all_gather(tensor_list: list[Tensor], tensor: Tensor) -> None:
    """Put the tensors of all ranks into tensor_list, on every rank: one of tensor's shape and dtype to a rank.

    Raises as all_reduce does, and RuntimeError for a list of another length, ValueError for one of other tensors.
    """
    group, array = current(), _in_order(tensor)
    _check_list("tensor_list", tensor_list, group, array)
    with group.collective(f"all_gather({_form(array)})") as comm:
        gathered = np.empty((group.size, *array.shape), array.dtype)
        comm.Allgather(array, gathered)
    for mine, other in zip(tensor_list, gathered, strict=True):
        _put(mine, other)


def gather(tensor: Tensor, gather_list: list[Tensor] | None = None, dst: int = 0) -> None:
    """Put the tensors of all ranks into the gather_list of rank dst; the other ranks give none.

    Raises as all_gather does, and ValueError where gather_list is missing on rank dst or given on another.
    """
    group, array = current(), _in_order(tensor)
    gathers = _only_on(_root(group, dst), "gather_list", gather_list, group, array)
    with group.collective(f"gather({_form(array)}, {dst})") as comm:
        gathered = np.empty((group.size, *array.shape), array.dtype) if gathers else None
        comm.Gather(array, gathered, dst)
    for mine, other in zip(gathers, () if gathered is None else gathered, strict=True):
        _put(mine, other)


def scatter(tensor: Tensor, scatter_list: list[Tensor] | None = None, src: int = 0) -> None:
    """Put one tensor of the scatter_list of rank src into the tensor of each rank; the other ranks give none.

    Raises as gather does.
    """
    group, array = current(), _in_order(tensor)
    scatters = _only_on(_root(group, src), "scatter_list", scatter_list, group, array)
    with group.collective(f"scatter({_form(array)}, {src})") as comm:
        comm.Scatter(np.stack([each._array for each in scatters]) if scatters else None, array, src)
    _put(tensor, array)


def broadcast_object_list(object_list: list[Any], src: int = 0) -> None:
    """Put the objects of rank src, pickled and unpickled again, into the list of every rank, which is as long.

    Raises ValueError before init_process_group, and RuntimeError on every rank where the lengths differ.
    """
    group = current()
    with group.collective(f"broadcast_object_list of {len(object_list)} objects from {_root(group, src)}") as comm:
        object_list[:] = comm.bcast(list(object_list), src)


def barrier() -> None:
    """Wait until every rank is here. Raises ValueError before init_process_group."""
    with current().collective("barrier()"):
        pass  # to agree that all are here, all have to be here


def reduce_in_place(group: Group, array: np.ndarray, op: ReduceOp) -> None:
    """all_reduce of an array in row-major order, in ranks that have agreed on it."""
    piece, counts = _piece(group, array.reshape(-1), op)
    group.comm.Allgatherv(piece, [array, counts])


def _piece(group: Group, flat: np.ndarray, op: ReduceOp) -> tuple[np.ndarray, list[int]]:
    """This rank's piece of the reduction, and the lengths of all ranks' pieces."""
    bounds = [flat.size * i // group.size for i in range(group.size + 1)]
    counts = [end - start for start, end in itertools.pairwise(bounds)]
    received = np.empty((group.size, counts[group.rank]), flat.dtype)
    group.comm.Alltoallv([flat, counts], [received, [counts[group.rank]] * group.size])
    piece = received[0]
    with np.errstate(all="ignore"):
        for other in received[1:]:  # one by one: NumPy's own sum over an axis may add in another order
            COMBINE[op](piece, other, out=piece)
        if op is ReduceOp.AVG:
            piece /= group.size
    return piece, counts


def _in_order(tensor: Tensor) -> np.ndarray:
    """The array of a tensor, in row-major order, as MPI sends it: a copy where it lies in another."""
    if not isinstance(tensor, Tensor):
        raise TypeError(f"a collective takes a Tensor, not {type(tensor).__name__}")
    if shares_elements(tensor._array):
        raise RuntimeError("several elements of this expanded tensor share one place in memory: clone() it first")
    return np.asarray(tensor._array, order="C")


def _to_reduce(tensor: Tensor, op: ReduceOp) -> np.ndarray:
    array = _in_order(tensor)
    if not isinstance(op, ReduceOp):
        raise TypeError(f"op is one of ReduceOp's, such as ReduceOp.SUM, not {op!r}")
    if op is ReduceOp.AVG and array.dtype.kind != "f":
        raise RuntimeError(f"an average of {tensor.dtype} is no {tensor.dtype}: take SUM, or tensor.float()")
    return array


def _form(array: np.ndarray) -> str:
    return f"{array.dtype.name} {list(array.shape)}"


def _put(tensor: Tensor, array: np.ndarray) -> None:
    """Let tensor hold the numbers of an array, and backward know that it was changed."""
    if array is not tensor._array:
        tensor._array[...] = array
    tensor._version[0] += 1


def _root(group: Group, rank: int) -> int:
    if rank not in range(group.size):
        raise RuntimeError(f"there is no rank {rank}: the ranks are 0 to {group.size - 1}")
    return rank


def _only_on(root: int, name: str, tensors: list[Tensor] | None, group: Group, array: np.ndarray) -> list[Tensor]:
    """The list that rank root gives, and an empty one on the others."""
    if group.rank != root:
        if tensors:
            raise ValueError(f"{name} is given on rank {root} alone, not on rank {group.rank}")
        return []
    if not tensors:
        raise ValueError(f"{name} is missing on rank {root}: a list of {group.size} tensors")
    _check_list(name, tensors, group, array)
    return tensors


def _check_list(name: str, tensors: list[Tensor], group: Group, array: np.ndarray) -> None:
    if len(tensors) != group.size:
        raise RuntimeError(f"{name} has {len(tensors)} tensors, and there are {group.size} ranks: one to each")
    for each in tensors:
        if _form(_in_order(each)) != _form(array):
            raise ValueError(f"{name} has a tensor of {_form(each._array)} beside one of {_form(array)}")
