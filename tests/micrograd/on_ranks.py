"""Programs that run on several processes: `mpiexec -n SIZE python on_ranks.py micrograd FOLDER [PROGRAM ...]`, and
`python on_ranks.py torch FOLDER SIZE ...`, which forks the processes of each size, so that PyTorch is loaded once.

Each is a function of the library that returns arrays by name; they are left in FOLDER, a file to a program and rank.
micrograd is started by mpiexec, which knows rank and size; PyTorch's processes are given theirs, and find each other by
a file.
"""

import importlib
import os
import sys
import time
import traceback
from datetime import timedelta
from pathlib import Path

import numpy as np

WAIT = timedelta(seconds=120)  # and no longer, for any other rank


def array(tensor):
    """The numbers as they are now."""
    return np.array(tensor.detach().numpy())


def numbers(torch, shape, rank, dtype="float32"):
    """Numbers in a shape that each rank has others of, the same on both libraries."""
    return torch.from_numpy(np.random.default_rng([rank, *shape]).normal(0, 10, shape).astype(dtype))


def collectives(torch):
    """Every collective, on every dtype, from and to every rank."""
    dist = torch.distributed
    rank, size = dist.get_rank(), dist.get_world_size()
    found = {"rank": rank, "size": size}
    for op in ("SUM", "AVG", "PRODUCT", "MIN", "MAX"):
        for dtype in ("float32", "float64", "int32", "int64", "uint8"):
            if op == "AVG" and "int" in dtype:
                continue
            for shape in ((), (1,), (7,), (3, 5), (0,), (1000,)):
                x = numbers(torch, shape, rank, dtype)
                dist.all_reduce(x, getattr(dist.ReduceOp, op))
                found[f"all_reduce {op} {dtype} {shape}"] = array(x)
        for dst in range(size):
            x = numbers(torch, (4,), rank)
            dist.reduce(x, dst, getattr(dist.ReduceOp, op))
            if rank == dst:  # PyTorch leaves parts of the sum on the others
                found[f"reduce {op} {dst}"] = array(x)
    x = numbers(torch, (3, 4), rank)
    columns = x.t()
    dist.all_reduce(columns)
    found["all_reduce of columns"], found["their rows"] = array(columns), array(x)
    weight = torch.ones(2, requires_grad=True)
    dist.all_reduce(weight)
    found["all_reduce of a leaf"] = array(weight)
    for dtype in ("float32", "float64", "int32", "int64", "uint8", "bool"):
        x = numbers(torch, (2, 3), rank, dtype)
        others = [torch.zeros_like(x) for _ in range(size)]
        dist.all_gather(others, x)
        found[f"all_gather {dtype}"] = np.stack([array(other) for other in others])
        for root in range(size):
            x = numbers(torch, (2, 3), rank, dtype)
            dist.broadcast(x, root)
            found[f"broadcast {dtype} {root}"] = array(x)
            others = [torch.zeros_like(x) for _ in range(size)] if rank == root else None
            dist.gather(numbers(torch, (2, 3), rank, dtype), others, dst=root)
            found[f"gather {dtype} {root}"] = np.stack([array(other) for other in others or [x]])
            mine = [numbers(torch, (2, 3), 10 + i, dtype) for i in range(size)] if rank == root else None
            dist.scatter(x, mine, src=root)
            found[f"scatter {dtype} {root}"] = array(x)
    objects = [{"epoch": 3}, "words"] if rank == size - 1 else [None, None]
    dist.broadcast_object_list(objects, src=size - 1)
    found["objects"] = str(objects)
    time.sleep(0.2 * rank)
    found["time: came to the barrier"] = time.time()
    dist.barrier()
    found["time: left it"] = time.time()
    return found


def net(torch, norm):
    """A net that each rank begins with other weights."""
    nn = torch.nn
    torch.manual_seed(1 + torch.distributed.get_rank())
    middle = nn.BatchNorm1d(30) if norm else nn.LayerNorm(30)
    return nn.Sequential(nn.Linear(6, 30), middle, nn.Tanh(), nn.Linear(30, 30), nn.Tanh(), nn.Linear(30, 4))


def examples(torch, dtype):
    draw = np.random.default_rng(7)
    x, y = draw.normal(size=(103, 6)).astype(dtype), draw.integers(0, 4, 103)
    return torch.utils.data.TensorDataset(torch.from_numpy(x), torch.from_numpy(y))


def state(model, found, prefix):
    """Every parameter, gradient and buffer."""
    for name, parameter in model.named_parameters():
        found[f"{prefix} {name}"] = array(parameter)
        if parameter.grad is not None:
            found[f"{prefix} grad of {name}"] = array(parameter.grad)
    for name, buffer in model.named_buffers():
        found[f"{prefix} {name}"] = array(buffer)


def training(torch, dtype="float32", norm=False, bucket_cap_mb=25.0):
    """Fifty steps, five epochs of a DistributedSampler; every fourth step of two batches, added up under no_sync."""
    found = {}
    functional = torch.nn.functional
    parallel = importlib.import_module(f"{torch.__name__}.nn.parallel")
    data = importlib.import_module(f"{torch.__name__}.utils.data")
    dataset = examples(torch, dtype)
    sampler = data.distributed.DistributedSampler(dataset, shuffle=True, seed=11)
    loader = data.DataLoader(dataset, batch_size=5, sampler=sampler)
    model = parallel.DistributedDataParallel(net(torch, norm).to(getattr(torch, dtype)), bucket_cap_mb=bucket_cap_mb)
    state(model, found, "start")
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    step = 0
    for epoch in range(100):
        sampler.set_epoch(epoch)
        found[f"epoch {epoch}"] = list(sampler)
        for x, y in loader:
            optimizer.zero_grad()
            if step % 4 == 3:
                with model.no_sync():
                    functional.cross_entropy(model(x), y).backward()
                state(model, found, f"{step} before")
            loss = functional.cross_entropy(model(x), y)
            loss.backward()
            state(model, found, str(step))
            optimizer.step()
            step += 1
            if step == 50:
                model.eval()
                with torch.no_grad():
                    found["evaluated"] = array(model(x))
                state(model, found, "end")
                return found


def training_with_buffers(torch):
    """In float64, because a batch norm of five examples makes much of a last digit; and in small buckets."""
    return training(torch, "float64", norm=True, bucket_cap_mb=0.001)


class Branches(importlib.import_module(sys.argv[1] if __name__ == "__main__" else "micrograd").nn.Module):
    """Three parts; a forward takes some of them."""

    def __init__(self, torch):
        super().__init__()
        torch.manual_seed(3)
        self.a, self.b, self.c = (torch.nn.Linear(2, 2) for _ in range(3))

    def forward(self, x, parts):
        return sum([getattr(self, part)(x).sum() for part in parts])


def unused(torch):
    """What the gradients are where ranks use parts of the net, and what is sent when."""
    found = {}
    rank = torch.distributed.get_rank()
    x = torch.ones(1, 2) * (rank + 1)
    parallel = importlib.import_module(f"{torch.__name__}.nn.parallel")
    model = parallel.DistributedDataParallel(Branches(torch), find_unused_parameters=True)
    for parts in ("a", "ab", "abc"):
        model.zero_grad()
        model(x, parts).backward()
        state(model, found, f"all use {parts}")
    model.zero_grad()
    model(x, "a" if rank == 0 else "b").backward()
    state(model, found, "rank 0 uses a, others b")
    model.zero_grad()
    with model.no_sync():
        model(x, "c").backward()
    model(x, "a").backward()
    state(model, found, "c before, alone")

    model = parallel.DistributedDataParallel(Branches(torch))
    model(x, "abc").backward(retain_graph=True)
    loss = model(x, "abc")
    loss.backward(retain_graph=True)
    state(model, found, "two averaged backwards add up")
    loss.backward()
    state(model, found, "a second backward through one forward is not sent")
    model.zero_grad()
    model.module(x, "abc").backward()
    state(model, found, "a backward through the module is not sent")
    model.zero_grad()
    with model.no_sync():
        loss = model(x, "abc")
    loss.backward()
    state(model, found, "a forward under no_sync is not sent")
    model.zero_grad()
    loss = model(x, "abc")
    with model.no_sync():
        loss.backward()
    state(model, found, "a backward alone under no_sync is sent")
    model.zero_grad()
    model(x, "a").backward()
    try:
        model(x, "a").backward()
    except RuntimeError as error:
        found["error"] = str(error).split(":")[0][:40]
    return found


PROGRAMS = (collectives, training, training_with_buffers, unused)


def run_programs(torch, folder):
    """Run every program on this rank, and leave what it finds in a folder of the number of ranks."""
    folder = folder / f"{torch.__name__} {torch.distributed.get_world_size()}"
    folder.mkdir(exist_ok=True)
    for program in PROGRAMS:
        found = program(torch)
        np.savez(folder / f"{program.__name__} {torch.distributed.get_rank()}.npz", **found)


def fork_ranks(torch, folder, size):
    """Run every program on as many ranks under gloo. Exits with status 1 where one fails."""
    ranks = []
    for rank in range(size):
        if (child := os.fork()) == 0:
            try:
                torch.set_num_threads(1)  # and so no thread of the parent's is asked for
                place = f"file://{folder}/meeting of {size}"
                torch.distributed.init_process_group("gloo", place, WAIT, world_size=size, rank=rank)
                run_programs(torch, folder)
                torch.distributed.destroy_process_group()
                status = 0
            except BaseException:
                traceback.print_exc()
                status = 1
            sys.stderr.flush()
            os._exit(status)
        ranks.append(child)
    if any([os.waitpid(child, 0)[1] for child in ranks]):  # noqa: C419 - wait for all of them
        raise SystemExit(1)


def main():
    library, folder, *others = sys.argv[1:]
    torch = importlib.import_module(library)
    if library == "torch":
        for size in others:
            fork_ranks(torch, Path(folder), int(size))
        return
    torch.distributed.init_process_group("mpi", timeout=WAIT)
    run_programs(torch, Path(folder))
    for other in others:  # each joins the group itself
        torch.distributed.destroy_process_group()
        exec(compile(Path(other).read_text(), other, "exec"), {})
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main()
