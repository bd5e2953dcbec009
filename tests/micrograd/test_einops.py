"""einops gives of Tensors what it gives of PyTorch's, gradients included. Skipped where einops is not installed."""

import subprocess
import sys

import numpy as np
import pytest
from two_libraries import both

LINES = [
    "einops.rearrange(x, 'n t c -> n (t c)')",
    "einops.rearrange(x, 'n (a b) c -> b n a c', b=2)",
    "einops.rearrange([x[0], x[1]], 'n t c -> c n t')",
    "einops.reduce(x, 'n t c -> n c', 'mean')",
    "einops.reduce(x, 'n t c -> c', 'max')",
    "einops.reduce(x, 'n t c -> t', 'sum')",
    "einops.reduce(x, 'n t c -> t', 'prod')",
    "einops.repeat(x, 'n t c -> n t k c', k=3)",
    "einops.einsum(x, x, 'n t c, n s c -> n t s')",
]


@pytest.mark.parametrize("line", LINES)
def test_einops_takes_tensors(line):
    einops = pytest.importorskip("einops")
    both(lambda torch, x: eval(line, {"einops": einops, "x": x}), np.arange(24.0).reshape(2, 4, 3) / 7 + 1)


def test_micrograd_does_not_import_einops_and_einops_may_come_before_or_after():
    program = "import sys, micrograd; assert 'einops' not in sys.modules"
    assert not subprocess.run([sys.executable, "-c", program]).returncode
    pytest.importorskip("einops")
    for imports in ("import micrograd, einops", "import einops, micrograd"):
        program = f"{imports}; assert einops.rearrange(micrograd.ones(2, 3), 'a b -> b a').shape == (3, 2)"
        assert not subprocess.run([sys.executable, "-c", program]).returncode
