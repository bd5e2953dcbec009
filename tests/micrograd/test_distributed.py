"""Several processes: the same programs under mpiexec here and under gloo there; and no rank that waits for ever."""

import functools
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from two_libraries import error

import micrograd
import micrograd.distributed as dist
from micrograd.nn import Linear
from micrograd.nn.parallel import DistributedDataParallel
from micrograd.utils.data.distributed import DistributedSampler

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(__file__).with_name("on_ranks.py")
MPIEXEC = Path(sys.executable).with_name("mpiexec")
# Root has to ask Open MPI twice; NumPy's own threads would only wait for each other.
ASKED = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OMP_NUM_THREADS": "1"}
ENVIRONMENT = {**os.environ, **ASKED, "PYTHONPATH": str(ROOT)}
SIZES = [2, *(pytest.param(size, marks=pytest.mark.slow) for size in (1, 3))]
SECONDS = 240  # for any run: they take two to ten on an idle machine

needs_mpi = pytest.mark.skipif(
    importlib.util.find_spec("mpi4py") is None or not MPIEXEC.exists(),
    reason="mpi4py and an MPI are not installed: pip install 'micrograd-makemore[distributed]'",
)


def finish(processes):
    """Wait for processes to end: status and what they said of each. None is left over, whatever happens."""
    try:
        said = [process.communicate(timeout=SECONDS)[0] for process in processes]
        return [(process.returncode, text) for process, text in zip(processes, said, strict=True)]
    finally:
        for process in processes:
            if process.poll() is None:
                process.terminate()  # mpiexec ends its ranks then
                process.wait(timeout=SECONDS)


def start(command):
    return subprocess.Popen(
        [str(word) for word in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=ENVIRONMENT,
    )


def start_ranks(size, *words):
    """Start a Python program on as many ranks."""
    return start([MPIEXEC, "--oversubscribe", "-n", size, sys.executable, *words])


def under_mpiexec(size, *words):
    """Status and output of a Python program on as many ranks."""
    return finish([start_ranks(size, *words)])[0]


@functools.cache
def runs(size):
    """What the programs find on as many ranks, here and under PyTorch, and what is printed here."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "order.py").write_text(ORDER)
        (folder / "disagree.py").write_text(PRELUDE + DISAGREE)
        others = [folder / name for name in (["order.py"] if size > 1 else []) + (["disagree.py"] * (size == 2))]
        there = start([sys.executable, PROGRAMS, "torch", folder, size])
        (here, said), (status, printed) = finish([start_ranks(size, PROGRAMS, "micrograd", folder, *others), there])
        assert here == 0, said
        assert status == 0, printed
        return {file.relative_to(folder).as_posix(): dict(np.load(file)) for file in folder.rglob("*.npz")}, said


def found_on(size):
    """What the programs find on as many ranks, here and there: of each rank a dict of arrays, by program."""
    files, _ = runs(size)
    names = ("collectives", "training", "training_with_buffers", "unused")
    return [
        {name: [files[f"{library} {size}/{name} {rank}.npz"] for rank in range(size)] for name in names}
        for library in ("micrograd", "torch")
    ]


def compare_with_gloo(program, size, tolerance):
    """Every array of a program agrees, relative to its largest number or to 1. What was found here."""
    mine, theirs = (found[program] for found in found_on(size))
    for rank in range(size):
        assert mine[rank].keys() == theirs[rank].keys()
        for name, expected in theirs[rank].items():
            found = mine[rank][name]
            assert (found.dtype, found.shape) == (expected.dtype, expected.shape), f"rank {rank}: {name}"
            if expected.dtype.kind in "iubU":
                assert np.array_equal(found, expected), f"rank {rank}: {name}"
            elif not name.startswith("time"):
                scale = max(1, np.abs(expected).max(initial=0))
                np.testing.assert_allclose(found, expected, 0, tolerance * scale, err_msg=f"rank {rank}: {name}")
    return mine


@needs_mpi
@pytest.mark.parametrize("size", SIZES)
def test_every_collective_does_what_gloo_does(size):
    found = compare_with_gloo("collectives", size, tolerance=1e-6)
    assert [(int(each["rank"]), int(each["size"])) for each in found] == [(rank, size) for rank in range(size)]
    for name in found[0]:
        if name.startswith(("all_", "broadcast")):
            assert len({each[name].tobytes() for each in found}) == 1, f"{name}: not the same bits on all ranks"
    came, left = ([each[f"time: {what}"] for each in found] for what in ("came to the barrier", "left it"))
    assert min(left) >= max(came), "a rank went on before the last one came"


@needs_mpi
@pytest.mark.parametrize("size", SIZES)
def test_fifty_steps_are_those_of_pytorch(size):
    check_the_same_bits(compare_with_gloo("training", size, tolerance=1e-6))


@needs_mpi
@pytest.mark.parametrize("size", SIZES)
def test_batch_norms_buffers_are_those_of_rank_0_as_in_pytorch(size):
    check_the_same_bits(compare_with_gloo("training_with_buffers", size, tolerance=1e-9))  # in float64


def check_the_same_bits(found):
    """Weights and averaged gradients are the same on every rank to the last bit; gradients under no_sync are not."""
    compared = 0
    for name in found[0]:
        bits = {each[name].tobytes() for each in found}
        if re.match(r"(start|\d+|end) (grad of )?module.\d.(weight|bias)", name):
            compared += 1
            assert len(bits) == 1, name
        elif re.match(r"\d+ before grad of module.3.weight", name):
            assert len(bits) == len(found), name
    assert compared > 500


@needs_mpi
@pytest.mark.parametrize("size", SIZES)
def test_unused_parameters_and_no_sync_are_as_in_pytorch(size):
    found = compare_with_gloo("unused", size, tolerance=1e-6)
    assert "all use a grad of module.b.weight" not in found[0]
    assert all("Expected to have finished reduction" in str(each["error"]) for each in found)


ORDER = """
import numpy as np, sys
import micrograd as torch, micrograd.distributed as dist
dist.init_process_group()
rank, size = dist.get_rank(), dist.get_world_size()
draw = np.random.default_rng(1)
columns = draw.normal(size=(size, 1)).astype("float32") * 10 ** draw.integers(-3, 4, (size, 1)).astype("float32")
for n in (1, 2, 5, 16, 17, 1000, 70_001):
    x = torch.from_numpy(np.repeat(columns[rank], n))
    dist.all_reduce(x)
    total = columns[0].copy()
    for other in columns[1:]:
        total += other
    assert (x.numpy() == total).all(), n
lost = torch.tensor([1.0, float("nan") if rank == size - 1 else 2.0])
for op in (dist.ReduceOp.MAX, dist.ReduceOp.MIN, dist.ReduceOp.SUM):
    x = lost.clone()
    dist.all_reduce(x, op)
    assert x.isnan().tolist() == [False, True], op
rows = torch.zeros(3, 4)
dist.all_reduce(rows[:, 1].add_(1.0))
assert rows.tolist() == [[0, size, 0, 0]] * 3
weight = torch.ones(2, requires_grad=True)
square, other = (weight * weight).sum(), weight.detach()
dist.all_reduce(other)
try:
    square.backward()
except RuntimeError as error:
    assert "modified by an inplace operation" in str(error)
else:
    raise AssertionError("a change by all_reduce passed unnoticed")
dist.destroy_process_group()
assert not dist.is_initialized()
dist.init_process_group("mpi", world_size=size, rank=rank)
dist.barrier()
print("in order")
"""


@needs_mpi
@pytest.mark.parametrize("size", [2, 3, pytest.param(5, marks=pytest.mark.slow)])
def test_sums_are_in_the_order_of_the_ranks_at_every_place_and_nan_is_kept(size, tmp_path):
    if size == 2:  # it is one of the programs there
        assert runs(size)[1].count("in order\n") == size
    else:
        (tmp_path / "program.py").write_text(ORDER)
        assert under_mpiexec(size, tmp_path / "program.py") == (0, "in order\n" * size)


PRELUDE = """
import sys, time
from datetime import timedelta
import micrograd as torch, micrograd.distributed as dist
from micrograd.nn.parallel import DistributedDataParallel
dist.init_process_group("mpi", timeout=timedelta(seconds=30))
rank = dist.get_rank()
ones = torch.ones(2)
"""


def ends(size, tmp_path, text):
    """The one line with which all ranks of a program end; the rest is a traceback at most, and the launcher's."""
    (tmp_path / "program.py").write_text(PRELUDE + text)
    status, said = under_mpiexec(size, tmp_path / "program.py")
    lines = re.findall(r"rank \d of \d ends all ranks: .*", said)  # mpiexec may put a stray byte of its own before it
    assert status != 0
    assert len(set(lines)) == 1, said
    assert said.count("Traceback") <= 1, said
    return lines[0]


@needs_mpi
@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("if rank == 1: raise KeyError('lost')\ndist.barrier()", "rank 1 of 2 ends all ranks: KeyError: 'lost'"),
        ("if rank == 1: sys.exit(2)\ndist.barrier()", "it waits for rank 1, which has ended, in barrier()"),
        ("if rank == 0: dist.destroy_process_group(); time.sleep(20)\ndist.barrier()", "it waits for rank 0, which"),
        (
            "dist.all_reduce(torch.ones(2 + rank))",
            "the ranks do not agree: rank 0 called all_reduce(float32 [2], SUM); "
            "rank 1 called all_reduce(float32 [3], SUM)",
        ),
        ("if rank: dist.all_reduce([1.0])\ndist.barrier()", "TypeError: a collective takes a Tensor, not list"),
        (
            "model = DistributedDataParallel(torch.nn.Linear(2, 2))\n"
            "for _ in range(2 - rank): model(ones).sum().backward()",
            "it waits for rank 1, which has ended, in backward through DistributedDataParallel",
        ),
    ],
)
def test_a_rank_that_fails_ends_all_with_one_line(text, line, tmp_path):
    assert line in ends(2, tmp_path, text)


DISAGREE = """
def attempt(call, *args):
    try:
        call(*args)
    except RuntimeError as error:
        if rank == 0:
            print(error)

attempt(dist.all_reduce, ones.double() if rank else ones)
attempt(dist.reduce, ones, 0, dist.ReduceOp.MAX if rank else dist.ReduceOp.MIN)
attempt(dist.broadcast, ones, rank)
attempt(*(dist.barrier,) if rank else (dist.all_gather, [ones, ones], ones))
attempt(dist.broadcast_object_list, [1] * (rank + 1))
attempt(DistributedDataParallel, torch.nn.Linear(2, 2 + rank))
attempt(DistributedDataParallel, torch.nn.Linear(2, 2, bias=not rank))
dist.all_reduce(ones)
assert ones.tolist() == [2, 2]
"""


@needs_mpi
def test_ranks_that_disagree_are_told_who_called_what_and_can_go_on():
    said = runs(2)[1]
    one, two = "the ranks do not agree: rank 0 called ", "; rank 1 called "
    assert [line for line in said.splitlines() if line != "in order"] == [
        f"{one}all_reduce(float32 [2], SUM){two}all_reduce(float64 [2], SUM)",
        f"{one}reduce(float32 [2], 0, MIN){two}reduce(float32 [2], 0, MAX)",
        f"{one}broadcast(float32 [2], 0){two}broadcast(float32 [2], 1)",
        f"{one}all_gather(float32 [2]){two}barrier()",
        f"{one}broadcast_object_list of 1 objects from 0{two}broadcast_object_list of 2 objects from 0",
        f"{one}DistributedDataParallel with weight [2, 2]{two}DistributedDataParallel with weight [3, 2]",
        f"{one}DistributedDataParallel of 2 tensors{two}DistributedDataParallel of 1 tensors",
    ]


@needs_mpi
def test_no_rank_waits_for_longer_than_the_timeout(tmp_path):
    text = "dist.destroy_process_group()\ndist.init_process_group(timeout=timedelta(seconds=2))\n"
    line = ends(2, tmp_path, text + "if rank: time.sleep(40)\ndist.barrier()")
    assert line == "rank 0 of 2 ends all ranks: it has waited 2 s for the other ranks in barrier()"


LATE = """
if rank == 0: dist.broadcast(ones, 0); sys.exit()
if rank == 1: dist.broadcast(ones, 0)
if rank == 2: time.sleep(3); dist.broadcast(ones, 0)
print("got it")
"""


@needs_mpi
def test_a_rank_may_end_before_a_slow_one_takes_what_it_gave(tmp_path):
    (tmp_path / "program.py").write_text(PRELUDE + LATE)
    status, said = under_mpiexec(3, tmp_path / "program.py")
    assert (status, said) == (0, "got it\n" * 2)


def test_before_it_is_initialised_every_call_raises_what_it_raises_in_pytorch():
    for library in (micrograd, torch):
        ones = library.ones(2)
        calls = [
            library.distributed.get_rank,
            library.distributed.get_world_size,
            library.distributed.barrier,
            lambda ones=ones, library=library: library.distributed.all_reduce(ones),
            lambda ones=ones, library=library: library.distributed.broadcast(ones, 0),
            lambda library=library: library.nn.parallel.DistributedDataParallel(library.nn.Linear(1, 1)),
            lambda library=library: library.utils.data.DistributedSampler([1, 2]),
        ]
        assert [error(call) for call in calls] == ["ValueError"] * len(calls)
    assert not dist.is_initialized()
    with pytest.raises(ValueError, match="please make sure to call init_process_group"):
        DistributedDataParallel(Linear(1, 1))


def test_another_backend_is_refused_in_one_line():
    with pytest.raises(ValueError, match="no backend 'gloo' here: take init_process_group"):
        dist.init_process_group("gloo")


def test_without_mpi4py_all_imports_and_initialising_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    assert not dist.is_available()
    with pytest.raises(ImportError, match=r"needs mpi4py and an MPI: pip install 'micrograd-makemore\[distributed\]'"):
        dist.init_process_group()


def test_importing_micrograd_imports_no_mpi4py():
    text = "import sys, micrograd.distributed, micrograd.nn.parallel; assert 'mpi4py' not in sys.modules"
    assert finish([start([sys.executable, "-c", text])]) == [(0, "")]


@needs_mpi
@pytest.mark.parametrize("name", ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE"])
def test_the_mpiexec_of_another_mpi_is_told_in_one_line(name):
    # A rank of MPICH's mpiexec sees its environment, and an Open MPI that knows nothing of the others.
    text = f"import micrograd.distributed as dist, os; os.environ['{name}'] = '2'; dist.init_process_group()"
    [(status, said)] = finish([start([sys.executable, "-c", text])])
    assert status == 1
    assert said.startswith("Traceback")
    assert "mpiexec has started 2 processes, and mpi4py's" in said.splitlines()[-1]


@needs_mpi
def test_arguments_that_contradict_mpiexec_and_a_second_call_are_refused():
    text = """
import micrograd as torch, micrograd.distributed as dist
def error(call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except Exception as raised:
        print(type(raised).__name__, raised)
error(dist.init_process_group, world_size=2)
error(dist.init_process_group, rank=3)
dist.init_process_group(world_size=1, rank=0)
error(dist.init_process_group)
error(dist.all_reduce, torch.tensor([1, 2]), dist.ReduceOp.AVG)
error(dist.all_reduce, torch.ones(2), "sum")
error(dist.all_reduce, torch.ones(1).expand(3))
error(dist.broadcast, torch.ones(2), 1)
error(dist.gather, torch.ones(2))
error(dist.scatter, torch.ones(2), [torch.ones(2)] * 2)
error(dist.scatter, torch.ones(2), [torch.ones(3)])
error(dist.all_gather, [torch.ones(2).double()], torch.ones(2))
error(torch.nn.parallel.DistributedDataParallel, torch.nn.Tanh())
error(torch.nn.parallel.DistributedDataParallel, torch.nn.MLP(2, [1]))
"""
    [(status, said)] = finish([start([sys.executable, "-c", text])])
    assert (status, said.splitlines()) == (
        0,
        [
            "ValueError world_size is 1, as mpiexec says, and not 2: leave the argument out",
            "ValueError rank is 0, as mpiexec says, and not 3: leave the argument out",
            "ValueError trying to initialize the default process group twice!",
            "RuntimeError an average of torch.int64 is no torch.int64: take SUM, or tensor.float()",
            "TypeError op is one of ReduceOp's, such as ReduceOp.SUM, not 'sum'",
            "RuntimeError several elements of this expanded tensor share one place in memory: clone() it first",
            "RuntimeError there is no rank 1: the ranks are 0 to 0",
            "ValueError gather_list is missing on rank 0: a list of 1 tensors",
            "RuntimeError scatter_list has 2 tensors, and there are 1 ranks: one to each",
            "ValueError scatter_list has a tensor of float32 [3] beside one of float32 [2]",
            "ValueError tensor_list has a tensor of float64 [2] beside one of float32 [2]",
            "RuntimeError DistributedDataParallel is not needed: no parameter of the module requires a gradient",
            "TypeError the parameters of this MLP are Values: only nets of tensors are sent",
        ],
    )


@given(
    n=st.integers(1, 40),
    num_replicas=st.integers(1, 6),
    shuffle=st.booleans(),
    seed=st.integers(0, 5),
    drop_last=st.booleans(),
    epochs=st.lists(st.integers(0, 100), max_size=3),
)
def test_the_sampler_gives_each_rank_the_examples_that_pytorch_gives_it(
    n, num_replicas, shuffle, seed, drop_last, epochs
):
    for rank in range(num_replicas):
        samplers = [
            library.utils.data.distributed.DistributedSampler(
                range(n), num_replicas, rank, shuffle=shuffle, seed=seed, drop_last=drop_last
            )
            for library in (micrograd, torch)
        ]
        for epoch in (None, *epochs):
            if epoch is not None:
                for sampler in samplers:
                    sampler.set_epoch(epoch)
            mine, theirs = (list(sampler) for sampler in samplers)
            assert mine == theirs
            assert len(samplers[0]) == len(samplers[1]) == len(mine)


@pytest.mark.parametrize("rank", [2, -1])
def test_the_sampler_refuses_a_rank_that_is_none(rank):
    for library in (micrograd, torch):
        assert error(library.utils.data.DistributedSampler, [1, 2, 3], 2, rank) == "ValueError"
    with pytest.raises(ValueError, match=r"rank should be in the interval \[0, 1\]"):
        DistributedSampler([1, 2, 3], 2, rank)
