#!/usr/bin/env bash
# In SciPy 7 / 2 is 3 in a sparse array of integers that is kept as lists or as a dictionary, and 3.5 in each other format.
#
# Versions: scipy 1.17.1, numpy 2.4.6.
# Expected: / is the true division in Python, in NumPy and in SciPy: 3.5, and -3.5 for -7. The format says how the numbers
#           are stored and changes none of them; lil_array and dok_array are the ones to build a matrix in.
# Seen: these two keep the integer type for the quotient and cut it: counts divided by their total are all 0. By 2.0, or times
#       0.5, or after .tocsr(), the same array gives 3.5. /= does the same, where the others refuse.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet scipy==1.17.1 numpy==2.4.6
"$work/venv/bin/python" - <<'EOF'
import sys

import numpy as np
import scipy
from scipy import sparse

print("scipy", scipy.__version__, "numpy", np.__version__)
counts = np.array([[7, 0], [1, -7]])
total = int(np.abs(counts).sum())
ok = True
for name in ("csr", "csc", "coo", "bsr", "dia", "lil", "dok"):
    stored = getattr(sparse, f"{name}_array")(counts)
    halves, shares = (stored / 2).toarray(), (stored / total).toarray()
    print(f"{name}: halves expected {(counts / 2).tolist()}, seen {halves.tolist()}; first share {shares[0, 0]:.3f}")
    others = all(np.array_equal(x.toarray(), counts / 2) for x in (stored / 2.0, stored * 0.5, stored.tocsr() / 2))
    cut = name in ("lil", "dok")
    ok = ok and others and np.array_equal(halves, np.trunc(counts / 2) if cut else counts / 2) and shares.any() != cut
sys.exit(0 if ok else 1)
EOF
