"""The public micrograd's demo step, there and here, eager and compiled: `pytest -m benchmark -s`."""

import gc
import importlib.util
import random
import subprocess
import sys
from statistics import median
from time import perf_counter

import pytest
from benchmarks.timing import BLOCKS, report

import micrograd
from micrograd import engine, nn


@pytest.fixture(scope="module")
def public(tmp_path_factory):
    """The modules engine and nn of the public micrograd 0.1.0, which is installed into a folder of its own."""
    folder = tmp_path_factory.mktemp("public")
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", folder, "micrograd==0.1.0"]
    if subprocess.run(pip, capture_output=True).returncode:
        pytest.skip("the public micrograd cannot be installed from here")
    ours = {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] == "micrograd"}
    try:
        modules = []
        for name in ("micrograd.engine", "micrograd.nn"):
            spec = importlib.util.spec_from_file_location(name, folder / f"{name.replace('.', '/')}.py")
            sys.modules[name] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(sys.modules[name])
            modules.append(sys.modules[name])
        return modules
    finally:
        for name in ("micrograd.engine", "micrograd.nn"):
            sys.modules.pop(name, None)
        sys.modules.update(ours)


class Demo:
    """A net of 2-16-16-1 neurons, 100 points in two classes, and the step of training on all of them."""

    def __init__(self, Value, MLP, compile=lambda function: function):
        random.seed(1337)
        net = self.net = MLP(2, [16, 16, 1])
        self.points = [[Value(random.uniform(-1, 2)), Value(random.uniform(-1, 1))] for _ in range(100)]
        labels = self.labels = [random.choice([-1, 1]) for _ in range(100)]

        def loss(points):
            """The max-margin loss with its L2 term, and the scores."""
            scores = [net(x) for x in points]
            losses = [(1 + -label * score).relu() for label, score in zip(labels, scores, strict=True)]
            return sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in net.parameters()), scores

        self.loss = compile(loss)

    def step(self):
        """Loss, accuracy, gradients, and an update too small to change the work."""
        loss, scores = self.loss(self.points)
        right = [(label > 0) == (score.data > 0) for label, score in zip(self.labels, scores, strict=True)]
        self.net.zero_grad()
        loss.backward()
        for p in self.net.parameters():
            p.data -= 1e-9 * p.grad
        return loss.data, sum(right)


@pytest.mark.benchmark
def test_the_public_demo_step_there_and_here_eager_and_compiled(public):
    theirs, their_nn = public
    demos = {
        "public_micrograd": Demo(theirs.Value, their_nn.MLP),
        "eager": Demo(engine.Value, nn.MLP),
        "compiled": Demo(engine.Value, nn.MLP, micrograd.compile),
    }
    calls = {"public_micrograd": 1, "eager": 5, "compiled": 50}
    found = [[demo.step() for demo in demos.values()] for _ in range(3)]
    for (public_loss, public_right), eager, compiled in found:
        assert eager == compiled
        assert eager == (pytest.approx(public_loss, rel=1e-12), public_right)
    blocks = {name: [] for name in demos}
    for _ in range(BLOCKS):
        for name, demo in demos.items():
            gc.collect()  # what the public one leaves behind is not to be paid for by the next
            start = perf_counter()
            for _ in range(calls[name]):
                demo.step()
            blocks[name].append((perf_counter() - start) / calls[name])
    times = {name: median(seconds) for name, seconds in blocks.items()}
    for name in times:
        ratios = [theirs / ours for theirs, ours in zip(blocks["public_micrograd"], blocks[name], strict=True)]
        print(f"\n{name}: the public one takes {median(ratios):.0f} times as long", end="")
    report("public demo step", times, against="public_micrograd")
