#!/usr/bin/env bash
# In a sparse array of SciPy nan < 1 is True, and so is nan > -1; the place of its maximum is that of a zero.
#
# Versions: scipy 1.17.1, numpy 2.4.6.
# Expected: nan is neither below nor above a number, in the same array kept dense, and argmax is the place of the nan (as max is
#           nan) or of the largest number.
# Seen: where the zeros that are not stored fulfil a comparison, SciPy computes the opposite and turns it round, which makes it
#       true for nan; for a bound on the other side of 0 it is False. argmax of (5, nan, 0, 7) is 2, though 0 is the smallest.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet scipy==1.17.1 numpy==2.4.6
"$work/venv/bin/python" -W ignore - <<'EOF'
import operator
import sys

import numpy as np
import scipy
from scipy import sparse

print("scipy", scipy.__version__, "numpy", np.__version__)
dense = np.array([[5.0, np.nan, 0.0, 7.0]])
ok = True
for kind in (sparse.csr_array, sparse.coo_array):
    stored = kind(dense)
    for compare, bound, wrong in ((operator.lt, 1, True), (operator.gt, -1, True), (operator.lt, -1, False), (operator.gt, 1, False)):
        expected, seen = compare(dense, bound)[0].tolist(), compare(stored, bound).toarray()[0].tolist()
        print(f"{kind.__name__} {compare.__name__} {bound:2}: expected {expected}, seen {seen}")
        ok = ok and not expected[1] and seen[1] == wrong and seen[0] == expected[0] and seen[2:] == expected[2:]
    print(f"{kind.__name__} max {stored.max()}, argmax: expected 1 or 3, seen {stored.argmax()}; nanmax {stored.nanmax()}")
    ok = ok and np.isnan(stored.max()) and stored.argmax() == 2 and stored.nanmax() == 7
sys.exit(0 if ok else 1)
EOF
