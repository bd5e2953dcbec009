"""A net that several processes train together, each on examples of its own."""

import contextlib
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np

from micrograd import graph
from micrograd.distributed import ReduceOp, broadcast
from micrograd.distributed.collectives import reduce_in_place
from micrograd.distributed.group import current
from micrograd.engine import Value
from micrograd.nn.module import Module
from micrograd.tensors import Tensor, wrap

UNFINISHED = (
    "Expected to have finished reduction in the prior iteration before starting a new one: backward brought no "
    "gradient to {}. Where a loss may leave parameters out, take DistributedDataParallel(..., "
    "find_unused_parameters=True)"
)


class DistributedDataParallel(Module):
    """A net whose gradients are averaged over all ranks at the end of backward, so that every rank takes the same step.

    module: the net, which every rank makes alike; it begins everywhere with the parameters and buffers of rank 0.
    broadcast_buffers: whether rank 0's buffers are everybody's again before each forward. bucket_cap_mb: gradients are
    sent together, as many as fill so many megabytes. find_unused_parameters: whether a loss may leave parameters out;
    one that no rank used keeps its grad as it is, and a rank that did not use it counts as 0 in the average.

    A forward that records a graph, and its backward, are calls of all ranks: what one does alone goes to `.module`.
    Raises ValueError before init_process_group; TypeError for a scalar net; RuntimeError where no parameter is trained,
    where the nets of the ranks differ and, at the next forward, where backward left a parameter out.

    >>> from micrograd import nn
    >>> model = nn.parallel.DistributedDataParallel(nn.Linear(3, 1))  # doctest: +SKIP
    """

    def __init__(
        self,
        module: Module,
        *,
        broadcast_buffers: bool = True,
        bucket_cap_mb: float = 25,
        find_unused_parameters: bool = False,
    ):
        self.group = current()
        self.module, self.broadcast_buffers, self.bucket_cap_mb = module, broadcast_buffers, bucket_cap_mb
        self.find_unused_parameters = find_unused_parameters
        self.require_backward_grad_sync = True
        if any(isinstance(parameter, Value) for parameter in module.parameters()):
            raise TypeError(f"the parameters of this {type(module).__name__} are Values: only nets of tensors are sent")
        self.trained = {name: each for name, each in module.named_parameters() if each.requires_grad}
        if not self.trained:
            raise RuntimeError("DistributedDataParallel is not needed: no parameter of the module requires a gradient")
        state = [*module.named_parameters(), *module.named_buffers()]
        for call in (f"of {len(state)} tensors", *[f"with {name} {list(each.shape)}" for name, each in state]):
            with self.group.collective(f"DistributedDataParallel {call}"):
                pass
        for _, each in state:
            broadcast(each, 0)
        self.missing: set[Any] | None = None  # the parameters whose gradient is still to come, None if none is sent
        self.used: set[Any] = set()  # those that got a gradient since the last average, no_sync or not
        self.buffers_differ = True  # whether each rank may have changed its buffers
        itself = weakref.ref(self)
        for each in self.trained.values():
            each.register_post_accumulate_grad_hook(lambda p: ddp._arrived(p) if (ddp := itself()) else None)

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        """What the net makes of this rank's inputs."""
        syncs = graph.state.grad_enabled and self.require_backward_grad_sync
        if syncs and self.missing and len(self.missing) < len(self.trained):
            raise RuntimeError(UNFINISHED.format(", ".join(n for n, p in self.trained.items() if p in self.missing)))
        if self.broadcast_buffers and self.buffers_differ:
            for buffer in self.module.buffers():
                broadcast(buffer, 0)
        self.buffers_differ = syncs
        if syncs:
            self.missing = set(self.trained.values())
        return self.module(*inputs, **kwargs)

    @contextlib.contextmanager
    def no_sync(self) -> Iterator[None]:
        """Within it a forward, and the backward that follows, send nothing: gradients add up on each rank."""
        before = self.require_backward_grad_sync
        self.require_backward_grad_sync = False
        try:
            yield
        finally:
            self.require_backward_grad_sync = before

    def _arrived(self, parameter: Tensor) -> None:
        """Note that backward has added to the grad of a parameter."""
        self.used.add(parameter)
        if self.missing is None:
            return
        self.missing.discard(parameter)
        if self._average not in graph.after_backward:
            graph.after_backward.append(self._average)

    def _average(self) -> None:
        """Make every rank's gradients their average, at the end of a backward."""
        if self.missing and not self.find_unused_parameters:
            return  # another backward may bring them; the next forward asks
        self.missing = None
        parameters = list(self.trained.values())
        with self.group.collective("backward through DistributedDataParallel"):
            if self.find_unused_parameters:
                used = np.array([parameter in self.used for parameter in parameters])
                reduce_in_place(self.group, used, ReduceOp.MAX)
                parameters = [parameter for parameter, anywhere in zip(parameters, used, strict=True) if anywhere]
            for bucket in self._buckets(parameters):
                self._average_bucket(bucket)
        self.used.clear()

    def _buckets(self, parameters: list[Any]) -> Iterator[list[np.ndarray]]:
        """The gradients, in lists of one dtype that together are no larger than a bucket, or that have one alone."""
        bucket: list[np.ndarray] = []
        size = 0
        for parameter in parameters:
            if parameter._grad is None:
                parameter.grad = wrap(np.zeros_like(parameter._array))
            parameter._grad._version[0] += 1
            gradient = parameter._grad._array
            if bucket and (size + gradient.nbytes > self.bucket_cap_mb * 2**20 or gradient.dtype != bucket[0].dtype):
                yield bucket
                bucket, size = [], 0
            bucket.append(gradient)
            size += gradient.nbytes
        if bucket:
            yield bucket

    def _average_bucket(self, bucket: list[np.ndarray]) -> None:
        if len(bucket) == 1:
            row = np.asarray(bucket[0], order="C")
        else:
            row = np.concatenate([gradient.reshape(-1) for gradient in bucket])
        reduce_in_place(self.group, row, ReduceOp.AVG)
        start = 0
        for gradient in bucket if row is not bucket[0] else ():
            end = start + gradient.size
            gradient[...] = row.reshape(-1)[start:end].reshape(gradient.shape)
            start = end
