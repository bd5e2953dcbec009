#!/usr/bin/env bash
# In HIPS autograd the gradient of np.repeat(x, 2, axis=-1) has the right shape and numbers of other entries.
#
# Versions: autograd 1.9.1, numpy 2.4.6.
# Expected: axis=-1 is axis=1 for a matrix: equal values, and an entry's gradient is the sum over its own copies.
# Seen: the values are equal. The backward counts a negative axis one too far: for axis=-1 it adds up copies down the columns and
#       reshapes them into place, so that the gradient of one row is that of others. Loss and shape look well; axis=-2 can have
#       another shape as well.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet autograd==1.9.1 numpy==2.4.6
"$work/venv/bin/python" - <<'EOF'
import sys
from importlib.metadata import version

import autograd.numpy as np
from autograd import grad

print("autograd", version("autograd"))
x = np.array([[1.0, 2.0], [3.0, 4.0]])
weights = np.array([[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 10.0, 10.0]])


def loss(x, axis):
    return np.sum(weights * np.repeat(x, 2, axis=axis))


expected, seen = grad(loss)(x, 1), grad(loss)(x, -1)
print(f"values: {loss(x, 1)} and {loss(x, -1)}")
print("gradient by axis=1: ", expected.tolist(), "as expected")
print("gradient by axis=-1:", seen.tolist())
shape = grad(lambda x: np.sum(np.repeat(x, 1, axis=-2)))(np.ones((2, 3))).shape
print(f"shape of the gradient by axis=-2 for a (2, 3) input: {shape}")
right = expected.tolist() == [[2.0, 0.0], [0.0, 20.0]] and loss(x, 1) == loss(x, -1)
wrong = seen.shape == x.shape and not np.allclose(seen, expected)
sys.exit(0 if right and wrong and shape != (2, 3) else 1)
EOF
