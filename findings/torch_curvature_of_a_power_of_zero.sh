#!/usr/bin/env bash
# In PyTorch the second derivative of x ** p in p is nan at x = 0 by two backward passes, and right by torch.func.hessian.
#
# Versions: torch 2.13.0 (CPU).
# Expected: 0 ** p is 0 for all p > 0, so all its derivatives in p are 0, by either way to take them; the first backward says so.
# Seen: the first backward takes care of the logarithm of 0, the second does not: where an exponent is trained (generalized mean
#       pooling), one zero behind a relu makes a gradient penalty nan. Forward over reverse (hessian) is right.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
"$work/venv/bin/python" -W ignore - <<'EOF'
import math
import sys

import torch
from torch.func import grad, hessian

print("torch", torch.__version__)


def mean_power(p, x):
    return (x**p).mean()


def by_hessian(p, x):
    return grad(mean_power)(p, x).item(), hessian(mean_power)(p, x).item()


def by_two_backwards(p, x):
    p.requires_grad_()
    first = torch.autograd.grad(mean_power(p, x), p, create_graph=True)[0]
    return first.item(), torch.autograd.grad(first, p)[0].item()


ok = True
expected = 2 * math.log(2), 2 * math.log(2) ** 2
for numbers in ([1.0, 2.0], [0.0, 2.0]):
    x, p = (torch.tensor(value, dtype=torch.float64) for value in (numbers, 2.0))
    right, seen = by_hessian(p, x), by_two_backwards(p, x)
    print(f"x = {numbers}: expected derivatives in p {expected}, hessian {right}, two backwards {seen}")
    ok = ok and all(math.isclose(a, b) for a, b in zip(right, expected, strict=True)) and math.isclose(seen[0], right[0])
    ok = ok and (math.isnan(seen[1]) if 0.0 in numbers else math.isclose(seen[1], right[1]))
sys.exit(0 if ok else 1)
EOF
