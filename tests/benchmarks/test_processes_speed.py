"""What a second process gains makemore: `pytest -m benchmark -n 0 -s`.

Runs without mpiexec, on one process of an mpiexec and on two take turns, each on one thread to a process, on a machine
that has nothing else to do and at least two cores. MAKEMORE_BENCHMARK_GB: the size of the list that is counted (1).
"""

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import numpy as np
import pytest
from benchmarks.timing import processor

from makemore import data

pytest.importorskip("mpi4py")

ROOT = Path(data.__file__).resolve().parents[1]
MPIEXEC = [str(Path(sys.executable).with_name("mpiexec")), "--oversubscribe", "-n"]
ASKED = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OMP_NUM_THREADS": "1"}
ENVIRONMENT = {**os.environ, **ASKED, "PYTHONPATH": str(ROOT)}
ROUNDS, MOST_PEAK = 3, 500e6

# The seconds of a step, and of its parts: gradients, update, and where sums are sent and other ranks waited for.
STEPS = """
import sys, time
from statistics import median
from makemore import processes, run
from makemore.config import config_of, parser_of_flags
from makemore.shards import SharedStep
from makemore.training import Training

PARTS = {"_gradients": 0, "_update": 1, "_add_up": 2, "_exchange": 2}

def main():
    config = config_of(parser_of_flags().parse_args(sys.argv[1:]))
    corpus = run.read_corpus(config, None)
    config = run.complete(config, corpus)
    training, moments, spent = Training(config, corpus, run.new_model(config, corpus)), [], [0.0] * 3
    corpus.loss = lambda *arguments: 1.0  # only steps are timed
    for name, part in PARTS.items():
        def timed(step, *arguments, call=getattr(SharedStep, name), part=part):
            began = time.perf_counter()
            call(step, *arguments)
            spent[part] += time.perf_counter() - began
        setattr(SharedStep, name, timed)
    def note(*_):
        moments.append((time.perf_counter(), *spent))
    def take(step, rate, call=SharedStep.take):
        loss = call(step, rate)
        note()
        return loss
    SharedStep.take = take
    training.take_steps(progress=False, stepped=None if processes.are_joined() else note)
    later = moments[len(moments) // 2 :]  # by then every shape of a batch is compiled
    for column in zip(*later):
        print(median([after - before for before, after in zip(column, column[1:])]))
    return 0

if __name__ == "__main__":
    processes.run_command(main)
"""
# A command, and then the peak of the memory of its process, in bytes.
PEAK = """
import atexit, os, runpy, sys
def say():
    peak = next(int(line.split()[1]) * 1024 for line in open("/proc/self/status") if line.startswith("VmHWM"))
    os.write(2, f"peak {peak}\\n".encode())
atexit.register(say)
end = os._exit  # as the ranks do that help
os._exit = lambda status: (say(), end(status))
runpy.run_module("makemore.train", run_name="__main__", alter_sys=True)
"""


def run(size, *words):
    """Run a Python program on so many processes of an mpiexec, 0 without one: its seconds, output and errors."""
    command = [*([*MPIEXEC, size] if size else []), sys.executable, *words]
    began = time.perf_counter()
    done = subprocess.run([*map(str, command)], env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return time.perf_counter() - began, done.stdout, done.stderr


@pytest.mark.benchmark
@pytest.mark.parametrize("n_embd", [64, 128, 256])
def test_two_processes_take_the_steps_of_a_transformer(n_embd):
    flags = ["--type", "transformer", "--n-embd", n_embd, "--max-steps", 120 if n_embd < 256 else 60]
    flags += ["--eval-every", 10**6, "--schedule", "constant"]
    found = {size: [] for size in (0, 1, 2)}
    for _ in range(ROUNDS):
        for size, times in found.items():
            times.append([float(word) * 1e3 for word in run(size, "-c", STEPS, *flags)[1].split()])
    steps = {size: [step for step, *_ in times] for size, times in found.items()}
    print(f"\n{processor()}: a step of the transformer with --n-embd {n_embd}, ms, one thread to a process")
    print(f"{'':16}    step  gradients  update  adding up and waiting")
    for size, name in ((0, "without mpiexec"), (1, "one process"), (2, "two processes")):
        step, *parts = [median(column) for column in zip(*found[size], strict=True)]
        print(f"{name:16} {step:7.1f}" + " {:10.1f} {:7.1f} {:7.1f}".format(*parts) * (size > 0))
    against_one, against_none = (median(a / b for a, b in zip(steps[size], steps[2], strict=True)) for size in (1, 0))
    print(f"steps a second of two processes: {against_one:.2f} times one's, {against_none:.2f} times without mpiexec")
    if n_embd == 256:
        assert against_one >= 1.6


@pytest.fixture(scope="module")
def long_list(tmp_path_factory):
    """A list of a gigabyte: names, drawn at random."""
    names = np.array(data.WordList(data.bundled_names()).words())
    path, draw = tmp_path_factory.mktemp("lists") / "long.txt", np.random.default_rng(0)
    left = float(os.environ.get("MAKEMORE_BENCHMARK_GB", "1")) * 1e9
    with path.open("w") as file:
        while left > 0:
            left -= file.write(data.text_of(names[draw.integers(0, len(names), 500_000)].tolist()))
    yield path
    path.unlink()


@pytest.mark.benchmark
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the peak of memory is read from /proc")
def test_processes_count_a_long_list(long_list, tmp_path):
    def count(size, name):
        flags = ["-i", long_list, "--type", "bigram", "--fit", "counts", "--split", "none", "-o", tmp_path / name]
        seconds, _, said = run(size, "-c", PEAK, *flags)
        return seconds, max(float(line.split()[1]) for line in said.splitlines() if line.startswith("peak "))

    times = {size: [] for size in (0, 2)}
    for i in range(ROUNDS):
        for size, found in times.items():
            found.append(count(size, f"{i} {size}"))
    seconds, peak = count(4, "four")
    gigabytes = long_list.stat().st_size / 1e9
    print(f"\n{processor()}: {gigabytes:.1f} GB counted, drawn from and drawn; s, and the largest process, MB")
    for size, name in ((0, "without mpiexec"), (2, "two processes")):
        of_each = [median(column) for column in zip(*times[size], strict=True)]
        print(f"{name:16} {of_each[0]:7.1f} {of_each[1] / 1e6:7.0f}")
    print(f"four processes   {seconds:7.1f} {peak / 1e6:7.0f}")
    ratio = median(alone / two for (alone, _), (two, _) in zip(times[0], times[2], strict=True))
    print(f"two processes are {ratio:.2f} times as fast as one")
    tables = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("0 0", "0 2", "four")]
    assert tables[0] == tables[1] == tables[2]
    assert peak < MOST_PEAK
    assert gigabytes < 0.9 or ratio >= 1.7


@pytest.mark.benchmark
def test_starting_under_mpi_takes_a_second_more_at_most(tmp_path):
    (tmp_path / "few.txt").write_text("anna\nbela\nlena\n")
    flags = ["-m", "makemore.train", "-i", tmp_path / "few.txt", "--type", "bigram", "--fit", "counts", "-n", 0]
    more = []
    for i in range(5):
        alone, two = (run(size, *flags, "-o", tmp_path / f"{i} {size}")[0] for size in (0, 2))
        more.append(two - alone)
    print(f"\n{processor()}: two processes of an mpiexec start and end {median(more):.2f} s later than one without")
    assert median(more) <= 1
