#!/usr/bin/env bash
# In Awkward Array the maximum of each row passes over nan, the maximum of all rows is nan, for the same array.
#
# Versions: awkward 2.14.0, numpy 2.4.6.
# Expected: one rule: ak.max is nan where a nan is, as in NumPy and by axis=None (ak.nanmax is there for the other), or it never
#           is; a single row has the same maximum by either axis.
# Seen: with axis=1 (and 0) nan is passed over, with axis=None it is kept, for a single row as for ragged ones. ak.sum of the
#       same rows is nan. The largest loss of each run looks well, and the largest of these is 5 where that of all is nan.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet awkward==2.14.0 numpy==2.4.6
"$work/venv/bin/python" -W ignore - <<'EOF'
import sys

import awkward as ak
import numpy as np

print("awkward", ak.__version__, "numpy", np.__version__)
nan = np.nan
runs = {"ragged": ak.Array([[1.0, nan, 3.0], [nan, 5.0]]), "one row": ak.Array([[1.0, nan, 3.0]])}
ok = np.isnan(np.max([1.0, nan, 3.0]))
for name, losses in runs.items():
    for function in (ak.max, ak.min, ak.sum):
        rows, everything = function(losses, axis=1).to_list(), float(function(losses, axis=None))
        print(f"{function.__name__} of {name}: by rows {rows}, of all {everything}; expected nan in each place")
        kept = bool(np.isnan(rows).all()) if function is ak.sum else not np.isnan(rows).any()
        ok = ok and np.isnan(everything) and kept
sys.exit(0 if ok else 1)
EOF
