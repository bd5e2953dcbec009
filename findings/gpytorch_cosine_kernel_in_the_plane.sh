#!/usr/bin/env bash
# By GPyTorch's cosine kernel the sum of the values at three points of the plane has the variance -3.
#
# Versions: gpytorch 1.15.2, torch 2.13.0 (CPU).
# Expected: a kernel gives covariances, so that no eigenvalue of its matrix is negative and the variance of a sum, the sum of all
#           entries, is at least 0, in any number of dimensions, as the periodic kernel has it.
# Seen: CosineKernel takes the cosine of pi times the Euclidean distance over the period, which is a covariance on a line only. The
#       corners of a triangle whose sides are one period have the correlation -1, each with each. Nothing warns, and random
#       points of two features have negative eigenvalues as well.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet gpytorch==1.15.2 torch==2.13.0 numpy==2.4.6
"$work/venv/bin/python" - <<'EOF'
import sys

import gpytorch
import torch
from gpytorch.kernels import CosineKernel, PeriodicKernel, RBFKernel

print("gpytorch", gpytorch.__version__, "torch", torch.__version__)
torch.set_default_dtype(torch.float64)
corners = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.5, 0.75**0.5]])
random = torch.rand(30, 2, generator=torch.Generator().manual_seed(0)) * 4


def matrix(kernel, points):
    """The kernel's covariances of the points, for a period and a length of 1."""
    for name in ("period_length", "lengthscale"):
        if getattr(kernel, name, None) is not None:
            setattr(kernel, name, 1.0)
    return kernel(points).to_dense().detach()


ok = True
for make in (RBFKernel, PeriodicKernel, CosineKernel):
    on_a_line, in_the_plane = matrix(make(), random[:, :1]), matrix(make(), random)
    of_the_sum = matrix(make(), corners).sum().item()
    smallest = [torch.linalg.eigvalsh(m).min().item() for m in (on_a_line, in_the_plane)]
    print(f"{make.__name__:15}: smallest eigenvalue on a line {smallest[0]:.4f}, in the plane {smallest[1]:.4f}")
    print(f"{'':15}  variance of the sum over a triangle: expected >= 0, seen {of_the_sum:.4f}")
    wrong = make is CosineKernel
    ok = ok and smallest[0] > -1e-9 and (smallest[1] < -0.5 if wrong else smallest[1] > -1e-9)
    ok = ok and (abs(of_the_sum + 3) < 1e-9 if wrong else of_the_sum > 0)
sys.exit(0 if ok else 1)
EOF
