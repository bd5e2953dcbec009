"""The program of a compiled call as text: with NumPy alone it gives the numbers of the call, to the last bit."""

import math
import os
import re
import subprocess
import sys

import numpy as np
import pytest

import micrograd
from micrograd import nn

F = nn.functional


def test_the_source_runs_with_numpy_alone(tmp_path):
    w, b = micrograd.randn(3, 4, requires_grad=True), micrograd.randn(4, requires_grad=True)

    def loss(x, y):
        return F.cross_entropy((x @ w + b).tanh(), y)

    compiled = micrograd.compile(loss)
    x, y = micrograd.randn(5, 3), micrograd.tensor([0, 1, 2, 3, 0])
    compiled(x, y).backward()
    text = compiled.source()
    assert "def run(x, y, w, b):" in text
    assert "x @ w  # (5, 4)" in text
    assert "micrograd" not in text
    np.savez(tmp_path / "arrays.npz", **{n: t.detach().numpy() for n, t in {"x": x, "y": y, "w": w, "b": b}.items()})
    (tmp_path / "program.py").write_text(text)
    code = (
        "import numpy as np, sys; from program import run; a = np.load('arrays.npz')\n"
        "value, gradients = run(a['x'], a['y'], a['w'], a['b'])\n"
        "np.savez('out.npz', value, *gradients); assert 'micrograd' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, env={"PATH": os.environ["PATH"]}, timeout=60)
    out = np.load(tmp_path / "out.npz")
    assert out["arr_0"].tobytes() == loss(x, y).detach().numpy().tobytes()
    assert [out[f"arr_{i}"].tobytes() for i in (1, 2)] == [t.grad.numpy().tobytes() for t in (w, b)]


@pytest.mark.filterwarnings("error")
def test_targets_that_do_not_count_are_compiled_without_a_warning_of_python():
    x, y = micrograd.randn(4, 3, requires_grad=True), micrograd.tensor([0, -1, 2, 1])
    compiled = micrograd.compile(lambda x, y: F.cross_entropy(x, y, ignore_index=-1))
    for _ in range(2):
        compiled(x, y).backward()
    assert x.grad[1].abs().sum() == 0 < x.grad[0].abs().sum()


def test_what_is_run_writes_arrays_again_and_what_is_printed_gives_the_same_bits():
    x, w = micrograd.randn(6, 5, requires_grad=True), micrograd.randn(6, 5, requires_grad=True)
    compiled = micrograd.compile(lambda x, w: ((x * w).tanh() * (1 - x * x * 3 + w * w) / (w * w + 2)).sum())
    for _ in range(2):
        x.grad = w.grad = None
        value = compiled(x, w)
        value.backward()
    scope = {}
    exec(compiled.source(), scope)
    printed, gradients = scope["run"](x.detach().numpy(), w.detach().numpy())
    assert "1 - tanh * tanh" in compiled.source()
    assert np.asarray(printed).tobytes() == value.detach().numpy().tobytes()
    assert [g.tobytes() for g in gradients] == [t.grad.numpy().tobytes() for t in (x, w)]


def test_the_source_of_batch_norm_in_training_moves_the_running_statistics():
    net, x = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Tanh()), micrograd.randn(16, 4)
    compiled = micrograd.compile(net)
    for _ in range(2):
        compiled(x)
    scope = {}
    exec(compiled.source(), scope)
    tensors = dict(zip(("weight", "bias"), net[0].parameters(), strict=True))
    norm = net[1]
    given = [x, *tensors.values(), norm.running_mean, norm.running_var, norm.weight, norm.bias]
    names = re.search(r"def run\((.*)\)", compiled.source())[1].split(", ")
    by_name = {"x0_weight": given[1], "x0_bias": given[2], "x1_running_mean": given[3], "x1_running_var": given[4]}
    by_name |= {"x1_weight": given[5], "x1_bias": given[6], "x1_num_batches_tracked": norm.num_batches_tracked}
    arrays = [by_name.get(name, x).detach().numpy().copy() for name in names]
    value, _ = scope["run"](*arrays)
    assert compiled(x).detach().numpy().tobytes() == np.asarray(value).tobytes()
    moved = arrays[names.index("x1_running_mean")], arrays[names.index("x1_running_var")]
    assert [a.tobytes() for a in moved] == [t.numpy().tobytes() for t in (norm.running_mean, norm.running_var)]
    assert arrays[names.index("x1_num_batches_tracked")] == norm.num_batches_tracked == 3


def test_the_source_holds_constants_that_are_no_finite_numbers():
    compiled = micrograd.compile(lambda x: x + micrograd.tensor([math.nan, math.inf, -math.inf]))
    x = micrograd.zeros(3)
    compiled(x)
    exec(compiled.source(), scope := {})
    assert np.array_equal(scope["run"](x.numpy())[0], [math.nan, math.inf, -math.inf], equal_nan=True)


def test_the_source_of_a_random_draw_takes_the_generator_and_what_draws():
    generator = micrograd.Generator().manual_seed(1)
    compiled = micrograd.compile(lambda x: x + micrograd.randn(3, generator=generator))
    compiled(micrograd.zeros(3))
    assert "def run(x, generator, new_draw):" in compiled.source()


def test_the_source_of_dropout_takes_what_draws_its_factors():
    compiled = micrograd.compile(lambda x: (F.dropout(x, 0.25) * x).sum())
    x = micrograd.randn(6, 4, requires_grad=True)
    for _ in range(2):
        x.grad = None
        micrograd.manual_seed(3)
        loss = compiled(x)
        loss.backward()
    scope, given = {}, []
    exec(compiled.source(), scope)
    assert "micrograd" not in compiled.source()
    micrograd.manual_seed(3)

    def factors(x, p):
        given.append(p)
        return F.dropout(micrograd.ones(x.shape), p).numpy()

    value, (gradient,) = scope["run"](x.detach().numpy(), factors)
    assert (value.tobytes(), gradient.tobytes()) == (loss.detach().numpy().tobytes(), x.grad.numpy().tobytes())
    assert given == [0.25]
