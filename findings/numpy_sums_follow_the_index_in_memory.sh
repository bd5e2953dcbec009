#!/usr/bin/env bash
# Two equal arrays of indices pick equal rows in NumPy, and the sums of these are 1 percent apart.
#
# Versions: numpy 2.4.6.
# Expected: a[i] and a[j] are the same when i and j are; a sum over a dimension then depends on the numbers alone.
# Seen: what is picked lies in memory as the index does. Where i is the transpose of another array, sum(0) runs along memory and
#       adds in pairs; else it adds row after row, and in float32 a million times 0.1 is 100,958. array_equal sees no
#       difference anywhere.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet numpy==2.4.6
"$work/venv/bin/python" - <<'EOF'
import sys

import numpy as np

print("numpy", np.__version__)
a = np.array([0.1, 0.2], dtype=np.float32)
i = np.zeros((1_000_000, 3), dtype=np.int64)
j = np.zeros((3, 1_000_000), dtype=np.int64).T
same = np.array_equal(i, j) and np.array_equal(a[i], a[j]) and a[i].strides != a[j].strides
by_rows, by_columns = a[i].sum(0), a[j].sum(0)
print("equal indices, equal rows:", same)
print("expected: three sums of about 100,000, the same for both")
print("seen:    ", by_rows.tolist(), "and", by_columns.tolist())
sys.exit(0 if same and np.all(by_rows > 100_900) and np.allclose(by_columns, 100_000, rtol=1e-6) else 1)
EOF
