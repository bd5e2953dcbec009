#!/usr/bin/env bash
# In a function compiled by Numba, np.sign of an unsigned number is 255 (or 4294967295) if its highest bit is set.
#
# Versions: numba 0.68.1, numpy 2.4.6.
# Expected: the sign of a pixel of 200 is 1, as NumPy says; an unsigned number is never below 0.
# Seen: the number is compared with 0 as if it were signed, -1 comes out, and as an unsigned number -1 is the largest there is.
#       From 128 on a mask made of np.sign is 255 times too large, while np.abs, > and np.maximum take the same number for 200.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet numba==0.68.1 numpy==2.4.6
"$work/venv/bin/python" - <<'EOF'
import sys

import numba
import numpy as np

print("numba", numba.__version__, "numpy", np.__version__)


def sign(x):
    return np.sign(x)


def others(x):
    return np.abs(x), np.maximum(x, x), x > 0


ok = True
for dtype in (np.uint8, np.uint16, np.uint32, np.uint64):
    largest = np.iinfo(dtype).max
    x = np.array([0, 1, largest // 2, largest // 2 + 1, largest], dtype=dtype)
    expected, seen = sign(x).tolist(), numba.njit(sign)(x).tolist()
    same = all(np.array_equal(a, b) for a, b in zip(others(x), numba.njit(others)(x), strict=True))
    print(f"{np.dtype(dtype).name:6} sign of {x.tolist()}: expected {expected}, seen {seen}")
    ok = ok and expected == [0, 1, 1, 1, 1] and seen == [0, 1, 1, largest, largest] and same
sys.exit(0 if ok else 1)
EOF
