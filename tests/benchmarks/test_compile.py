"""Compiled and eager steps against PyTorch, JAX and an older build: `pytest -m benchmark -n 0 -s`.

Every engine runs in a process of its own (`steps.py`); short blocks go round, and a ratio is the median of those of the
rounds. PyTorch counts in the better of its two forms, one thread or two, and so does a compiled step, in whose products
of matrices most of a transformer's time goes. The older build is the commit that the environment variable
MICROGRAD_BEFORE names, taken out of git; without it those rows are left out. torch.compile takes
minutes and a C++ compiler, and is timed where MICROGRAD_TORCH_COMPILE is set.
"""

import importlib.util
import io
import os
import platform
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from statistics import median
from time import perf_counter

import pytest

import micrograd

ROOT = Path(__file__).parents[2]
ROUNDS, BLOCK_SECONDS = 15, 0.02
F = micrograd.nn.functional

# (work, engine, against, at most): the time of the engine as a part of that of the other.
TARGETS = [
    ("mlp", "compiled", "torch", 0.45),
    ("mlp", "eager", "torch", 0.65),
    ("mlp", "compiled", "jax", 0.75),
    ("mlp", "compiled", "by-hand", None),
    ("trigram", "compiled", "torch", 0.5),
    ("trigram", "eager", "torch", 0.75),
    ("batchnorm", "compiled", "torch", 0.45),
    ("transformer", "compiled", "torch", 0.7),
    ("gru", "compiled", "torch", 0.3),
    ("transformer", "compiled", "torch-compile", 1.0),
    ("gru", "compiled", "torch-compile", 1.0),
    *[(work, "eager", "before", 1.02) for work in ("mlp", "trigram", "batchnorm", "transformer", "gru")],
]


TWO_FORMS = {"torch": ("torch-1", "torch-2"), "compiled": ("compiled-1", "compiled-2")}  # of threads


class Engine:
    """A process that takes steps on one engine, with the package of one build."""

    def __init__(self, engine, build=ROOT):
        threads = {} if engine.endswith("-2") else {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        env = os.environ | threads | {"PYTHONPATH": str(build)}
        script = [sys.executable, str(Path(__file__).parent / "steps.py"), engine]
        self.process = subprocess.Popen(script, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env)

    def seconds(self, work, calls):
        """The seconds of one step, as the mean of so many."""
        self.process.stdin.write(f"{work} {calls}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline()) / calls

    def close(self):
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()


def taken_out(commit, build):
    """The folder `build` with the files of a commit."""
    archive = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(build, filter="data")
    (build / "makemore" / "__init__.py").touch()  # so that no installed one goes before it
    return build


@pytest.fixture(scope="module")
def engines(tmp_path_factory):
    """The engines that can run here, by name."""
    found = {name: Engine(name) for name in ("eager", *TWO_FORMS["compiled"], *TWO_FORMS["torch"], "by-hand")}
    if importlib.util.find_spec("jax"):
        found["jax"] = Engine("jax")
    if os.environ.get("MICROGRAD_TORCH_COMPILE") and shutil.which("g++"):
        found["torch-compile"] = Engine("torch-compile")
    if commit := os.environ.get("MICROGRAD_BEFORE"):
        found["before"] = Engine("eager", taken_out(commit, tmp_path_factory.mktemp("before")))
    yield found
    for engine in found.values():
        engine.close()


def measured(engines, work, names):
    """Seconds of a step in each round, by the engine's name; of an engine with two forms those of the better one."""
    names = dict.fromkeys(form for name in names for form in TWO_FORMS.get(name, (name,)))
    calls = {}
    for name in names:
        engines[name].seconds(work, 3)
        calls[name] = max(1, int(BLOCK_SECONDS / engines[name].seconds(work, 5)))
    found = {name: [] for name in names}
    for _ in range(ROUNDS):
        for name in names:
            found[name].append(engines[name].seconds(work, calls[name]))
    for name, forms in TWO_FORMS.items():
        if forms[0] in found:
            found[name] = min((found[form] for form in forms), key=median)
    return found


def processor():
    """The processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(": ")[1] for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


@pytest.mark.benchmark
def test_steps_against_pytorch_jax_and_the_build_before(engines):
    print(f"\n{processor()}, {os.cpu_count()} cores; medians of {ROUNDS} rounds")
    print(f"{'step':12} {'engine':9} {'us':>8}  {'against':14} {'us':>8}  {'ratio':>6}  at most")
    for work in dict.fromkeys(row[0] for row in TARGETS):
        rows = [row for row in TARGETS if row[0] == work and (row[2] == "torch" or row[2] in engines)]
        found = measured(engines, work, ["torch", *[name for row in rows for name in row[1:3]]])
        for _, mine, other, most in rows:
            ratio = median([a / b for a, b in zip(found[mine], found[other], strict=True)])
            times = [1e6 * median(found[name]) for name in (mine, other)]
            wanted = "" if most is None else f"{most:.2f}"
            print(f"{work:12} {mine:9} {times[0]:8.1f}  {other:14} {times[1]:8.1f}  {ratio:6.2f}  {wanted}")


# What compiling costs.


def mlp_loss():
    """The lecture's MLP on one batch: the loss as a function, and its arguments."""
    micrograd.manual_seed(1)
    parameters = [micrograd.randn(shape) * 0.1 for shape in ((27, 10), (30, 200), (200,), (200, 27), (27,))]
    C, W1, b1, W2, b2 = [p.requires_grad_() for p in parameters]

    def loss(xs, ys):
        h = (C[xs].view(-1, 30) @ W1 + b1).tanh()
        return F.cross_entropy(h @ W2 + b2, ys)

    return loss, (micrograd.randint(0, 27, (32, 3)), micrograd.randint(0, 27, (32,)))


@pytest.mark.benchmark
def test_compiling_has_paid_for_itself_after_so_many_calls():
    loss, arguments = mlp_loss()
    calls = 200

    def seconds(function):
        start = perf_counter()
        for _ in range(calls):
            function(*arguments).backward()
        return (perf_counter() - start) / calls

    compiled = micrograd.compile(loss)
    start = perf_counter()
    compiled(*arguments).backward()
    first = perf_counter() - start
    rounds = [(seconds(loss), seconds(compiled)) for _ in range(ROUNDS)]
    eager, again = median(a for a, _ in rounds), median(b for _, b in rounds)
    paid = (first - eager) / (eager - again)
    print(f"\nfirst call {1e3 * first:.1f} ms, then {1e6 * again:.0f} us instead of {1e6 * eager:.0f}")
    print(f"paid for after {paid:.0f} calls")


@pytest.mark.benchmark
def test_the_first_call_of_each_kind_of_net_which_records_it():
    print(f"\n{processor()}\n{'work':<12} first call  later ones   (ms; target: at most 100 for the first)")
    for work in ("mlp", "trigram", "batchnorm", "gru", "transformer"):
        found = []
        for _ in range(3):
            engine = Engine("compiled-1")  # a new process, which has read no source yet
            found.append((engine.seconds(work, 1), engine.seconds(work, 20)))
            engine.close()
        first, later = (1e3 * median(times) for times in zip(*found, strict=True))
        print(f"{work:<12} {first:10.1f} {later:11.2f}")
        assert first > later


# What python -m makemore.train took for its net before --type auto came: said in full, so that both builds train it.
DEFAULT_NET = ["--type", "mlp", "--n-embd", "10", "--n-embd2", "200", "--batchnorm", "--learning-rate", "0.1"]


@pytest.mark.benchmark
@pytest.mark.skipif("MICROGRAD_BEFORE" not in os.environ, reason="needs MICROGRAD_BEFORE, a commit to compare with")
def test_the_whole_process_of_training_against_that_of_the_build_before(tmp_path):
    before = taken_out(os.environ["MICROGRAD_BEFORE"], tmp_path / "before")
    steps = os.environ.get("MICROGRAD_STEPS", "20000")
    found = {"before": [], "now": [], "now, --no-compile": []}
    for _ in range(3):
        for name, seconds in found.items():
            build, more = (before, []) if name == "before" else (ROOT, name.split(", ")[1:])
            env = os.environ | {"PYTHONPATH": str(build), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
            script = [sys.executable, "-m", "makemore.train", "-o", str(tmp_path / "run"), "--overwrite"]
            start = os.times()
            command = [*script, *DEFAULT_NET, "--max-steps", steps, *more]
            subprocess.run(command, env=env, cwd=build, check=True, capture_output=True)  # -m looks there first
            end = os.times()
            seconds.append([end[k] - start[k] for k in (4, 2, 3)])
    print(f"\n{processor()}: {steps} steps of python -m makemore.train, medians of 3; target: at most 0.6")
    print(f"{'':18} {'seconds':>8} {'of the processor':>17} {'of before':>10}")
    times = {
        name: (median(row[0] for row in rows), median(row[1] + row[2] for row in rows)) for name, rows in found.items()
    }
    for name, (wall, of_processor) in times.items():
        print(f"{name:18} {wall:8.1f} {of_processor:17.1f} {of_processor / times['before'][1]:10.2f}")
