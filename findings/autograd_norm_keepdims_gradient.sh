#!/usr/bin/env bash
# In HIPS autograd the gradient of numpy.linalg.norm(x, axis=1, keepdims=True) mixes the rows, and nothing says so.
#
# Versions: autograd 1.9.1, numpy 2.4.6.
# Expected: dividing each row by its length has the same gradient whether the length is norm(x, axis=1, keepdims=True)
#           or sqrt(sum(x * x, axis=1, keepdims=True)): the two are equal numbers.
# Seen: the gradient of norm ignores keepdims and broadcasts an (n, 1) column against n rows, to the shape (n, n, d).
#       Behind an addition it is summed down to the right shape again: rows that the loss does not read get a gradient.
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
points = np.array([[3.0, 4.0], [6.0, 8.0]])
only_first = np.array([[1.0, 0.0], [0.0, 0.0]])


def with_norm(x):
    return np.linalg.norm(x, axis=1, keepdims=True)


def with_squares(x):
    return np.sqrt(np.sum(x * x, axis=1, keepdims=True))


def loss(shift, length):
    x = points + shift
    return np.sum(only_first * x / length(x))


at = np.zeros((2, 2))
expected, seen = grad(loss)(at, with_squares), grad(loss)(at, with_norm)
print(f"values: {loss(at, with_squares)} and {loss(at, with_norm)}")
print("expected gradient:", expected.tolist())
print("seen:             ", seen.tolist())
direct = grad(lambda x: np.sum(with_norm(x)))(points).shape
print(f"shape of the gradient of norm for a (2, 2) input: {direct}")
same_value = loss(at, with_squares) == loss(at, with_norm)
unread_row_moves = not expected[1].any() and seen[1].any() and seen.shape == expected.shape
sys.exit(0 if same_value and unread_row_moves and direct == (2, 2, 2) else 1)
EOF
