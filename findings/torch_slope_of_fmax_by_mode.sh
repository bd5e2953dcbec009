#!/usr/bin/env bash
# In PyTorch the slope of fmax(x, 0) at 0 is 1 in reverse mode and 0 in forward mode.
#
# Versions: torch 2.13.0 (CPU).
# Expected: at a kink one may choose a slope, but once: jacfwd and jacrev agree there, as they do for maximum (0.5) and relu (0).
# Seen: of two equal numbers the backward of fmax and fmin gives all to the first, and the forward mode to the second. A net that
#       uses fmax in place of relu, since it passes over nan, has a Jacobian that depends on how it is taken; the Hessian
#       mixes both.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
"$work/venv/bin/python" -W ignore - <<'EOF'
import sys

import torch
from torch.func import jacfwd, jacrev

print("torch", torch.__version__)
zero = torch.tensor(0.0)
seen = {}
for name, function in (
    ("relu", torch.relu),
    ("maximum(x, 0)", lambda x: torch.maximum(x, zero)),
    ("fmax(x, 0)", lambda x: torch.fmax(x, zero)),
    ("fmax(0, x)", lambda x: torch.fmax(zero, x)),
    ("fmin(x, 0)", lambda x: torch.fmin(x, zero)),
):
    seen[name] = jacrev(function)(zero).item(), jacfwd(function)(zero).item()
    print(f"slope of {name:13} at 0: reverse mode {seen[name][0]}, forward mode {seen[name][1]}; expected the same")
smooth = all(jacrev(torch.fmax)(torch.tensor(x), zero) == jacfwd(torch.fmax)(torch.tensor(x), zero) for x in (-1.0, 1.0))
known = {"relu": (0, 0), "maximum(x, 0)": (0.5, 0.5), "fmax(x, 0)": (1, 0), "fmax(0, x)": (0, 1)}
same = {name: pair for name, pair in seen.items() if name in known} == known
sys.exit(0 if same and smooth else 1)
EOF
