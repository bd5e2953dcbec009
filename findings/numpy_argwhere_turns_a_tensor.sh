#!/usr/bin/env bash
# np.argwhere of a torch tensor has its rows and columns the other way round than np.argwhere of the same array.
#
# Versions: numpy 2.4.6, torch 2.13.0.
# Expected: one row per nonzero entry, as for an array (np.median, np.sort, np.where take a tensor for an array too).
# Seen: NumPy calls the tensor's own nonzero(), whose table already is what argwhere makes, and transposes it. With as
#       many hits as dimensions the shape is the same, and the places are wrong. np.nonzero gives no tuple either, and
#       np.size(t) is a bound method.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
"$work/venv/bin/python" - <<'EOF'
import sys

import numpy as np
import torch

print("torch", torch.__version__, "numpy", np.__version__)
t = torch.tensor([[0, 0, 7], [0, 8, 0]])
expected, seen = np.argwhere(t.numpy()).tolist(), np.argwhere(t).tolist()
print("expected", expected, "seen", seen)
print("np.nonzero: expected", type(np.nonzero(t.numpy())).__name__, "seen", type(np.nonzero(t)).__name__)
print("np.size: expected", np.size(t.numpy()), "seen", type(np.size(t)).__name__)
turned = expected == [[0, 2], [1, 1]] and seen == [[0, 1], [2, 1]]
sys.exit(0 if turned and isinstance(np.nonzero(t), torch.Tensor) and callable(np.size(t)) else 1)
EOF
