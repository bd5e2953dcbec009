#!/usr/bin/env bash
# In PyTensor x != x finds no nan, and switch(eq(x, x), x, 0) clears none: the optimizer decides before it sees a number.
#
# Versions: pytensor 3.0.7, numpy 2.4.6.
# Expected: nan is unlike itself, so x != x is the usual test for it: True for nan, as in NumPy and as in PyTensor itself without
#           its rewrites.
# Seen: by default a comparison of a variable with itself is replaced by its answer for a number: x != x by False, x == x and
#       x >= x by True. A guard made of them passes every nan on. isnan(x) is right in either mode.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet pytensor==3.0.7 numpy==2.4.6
PYTENSOR_FLAGS="base_compiledir=$work,cxx=,linker=py" "$work/venv/bin/python" -W ignore - <<'EOF'
import sys

import numpy as np
import pytensor
import pytensor.tensor as pt
from pytensor.compile.mode import Mode

print("pytensor", pytensor.__version__)
x = pt.dvector("x")
as_written = Mode(linker="py", optimizer=None)
numbers = np.array([0.5, np.nan, 2.5])
ok = True
for name, graph in (
    ("isnan(x)", pt.isnan(x)),
    ("x != x", pt.neq(x, x)),
    ("x >= x", pt.ge(x, x)),
    ("nan cleared", pt.switch(pt.eq(x, x), x, 0.0)),
):
    expected = pytensor.function([x], graph, mode=as_written)(numbers)
    seen = pytensor.function([x], graph)(numbers)
    print(f"{name:11} of {numbers.tolist()}: without rewrites {expected.tolist()}, by default {seen.tolist()}")
    same = np.array_equal(expected, seen, equal_nan=True)
    ok = ok and same == (name == "isnan(x)") and np.array_equal(expected[::2], seen[::2])
sys.exit(0 if ok else 1)
EOF
