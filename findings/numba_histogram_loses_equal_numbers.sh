#!/usr/bin/env bash
# In a function compiled by Numba, np.histogram of numbers that are all equal counts none of them.
#
# Versions: numba 0.68.1, numpy 2.4.6.
# Expected: the counts add up to how many numbers there are, and are those of np.histogram outside: it widens a range of no
#           width by a half on both sides and has the numbers in the middle bin.
# Seen: all counts are 0, all edges one number. No number is put in a bin of no width, and nothing says so; a weight matrix that
#       is still constant, or a single loss, has an empty histogram. With one other number all are counted again.
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


def histogram(numbers):
    return np.histogram(numbers, 3)


compiled = numba.njit(histogram)
ok = True
for numbers in ([2.0, 2.0, 2.0], [7.0], [2.0, 2.0, 2.5]):
    expected, seen = (f(np.array(numbers))[0].tolist() for f in (histogram, compiled))
    print(f"counts of {numbers}: expected {expected}, seen {seen}")
    lost = len(set(numbers)) == 1
    ok = ok and sum(expected) == len(numbers) and (sum(seen) == 0 if lost else seen == expected)
sys.exit(0 if ok else 1)
EOF
