#!/usr/bin/env bash
# In PyTorch the Bessel functions and Chebyshev polynomials have no derivative, and drop out of a gradient without an error.
#
# Versions: torch 2.13.0 (CPU).
# Expected: an operation whose derivative is not written raises, as zeta does; the slope of x * bessel_j0(x) at 1 is
#           J0(1) - J1(1) = 0.3251, and that of x + T2(x) at 0.5 is 3.
# Seen: the result does not require a gradient, so in a sum or product it counts as a constant: 0.7652 and 1. torch.func gives the
#       slope 0 for the function alone, in either mode. i0, i1 and sinc, of the same module, are right; gradcheck finds it.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
"$work/venv/bin/python" -W ignore - <<'EOF'
import sys

import torch
from torch import special
from torch.func import grad, jvp

print("torch", torch.__version__)
two = torch.tensor(2.0, dtype=torch.float64)
ok = True
for name, function, at, known in (
    ("x * i0(x)", lambda x: x * special.i0(x), 1.0, None),
    ("x * bessel_j0(x)", lambda x: x * special.bessel_j0(x), 1.0, "lost"),
    ("x + T2(x)", lambda x: x + special.chebyshev_polynomial_t(x, two), 0.5, "lost"),
    ("modified_bessel_k0(x)", special.modified_bessel_k0, 1.0, "zero"),
):
    x, step = torch.tensor(at, dtype=torch.float64), 1e-5
    expected = ((function(x + step) - function(x - step)) / (2 * step)).item()
    reverse, forward = grad(function)(x).item(), jvp(function, (x,), (torch.ones_like(x),))[1].item()
    print(f"slope of {name:21} at {at}: expected {expected:7.4f}, seen {reverse:7.4f} (reverse), {forward:7.4f} (forward)")
    leaf = x.clone().requires_grad_()
    if known != "zero":
        function(leaf).backward()
        ok = ok and leaf.grad.item() == reverse
    else:
        ok = ok and not function(leaf).requires_grad and reverse == 0.0
    ok = ok and reverse == forward and (abs(reverse - expected) > 0.4 if known else abs(reverse - expected) < 1e-6)
try:
    grad(lambda x: special.zeta(x, two))(two)
    ok = False
except (NotImplementedError, RuntimeError) as error:
    print("zeta:", error)
sys.exit(0 if ok else 1)
EOF
