#!/usr/bin/env bash
# `tensor -= array` leaves the tensor as it was, so a hand-written SGD step with NumPy gradients trains nothing.
#
# Versions: torch 2.13.0, numpy 2.4.6.
# Expected: `p -= step` writes into p, as it does for a tensor or a number, or it raises.
# Seen: PyTorch's in-place subtraction does not take an array, Python falls back on `step.__rsub__`, and NumPy builds
#       a new tensor (in the array's dtype) that is bound to the name p. The model's parameter is unchanged. No error.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
"$work/venv/bin/python" -W ignore - <<'EOF'
import sys

import numpy as np
import torch

print("torch", torch.__version__, "numpy", np.__version__)
layer = torch.nn.Linear(2, 1)
before = layer.weight.clone()
with torch.no_grad():
    for p in layer.parameters():
        p -= np.ones(p.shape, dtype=np.float32)
unchanged = torch.equal(before, layer.weight)

with torch.no_grad():
    for p in layer.parameters():
        p -= torch.ones(p.shape)
changed_by_tensor = torch.equal(before - 1, layer.weight)

a = b = torch.ones(2)
a -= np.array([1.0, 1.0])
print("expected: the weight falls by 1 in both loops; a and b stay one float32 tensor")
print(f"seen: unchanged by an array: {unchanged}; changed by a tensor: {changed_by_tensor}; a is b: {a is b}, {a.dtype}")
sys.exit(0 if unchanged and changed_by_tensor and a is not b and a.dtype == torch.float64 else 1)
EOF
