#!/usr/bin/env bash
# Awkward Array fits a falling line to points that rise by 2 a second, if the seconds are those of a clock.
#
# Versions: awkward 2.14.0, numpy 2.4.6.
# Expected: the slope of a line through (t, 1), (t + 1, 3), (t + 2, 5), (t + 3, 7) is 2, whenever t is. ak.corr of the same
#           numbers is 1 and ak.covar 2.5, and np.polynomial.Polynomial.fit says 2.
# Seen: ak.linear_fit subtracts the square of a sum from a sum of squares, which float64 has no digits for from 1e8 on. For
#       seconds since 1970 the slope is -0.005, though their correlation is 1.
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
y = ak.Array([[1.0, 3.0, 5.0, 7.0]])
slopes = {}
ok = True
for start in (0.0, 1e6, 1e8, 1.7e9):
    t = ak.Array([start + np.arange(4.0)])
    by_numpy = np.polynomial.Polynomial.fit(t[0].to_numpy(), y[0].to_numpy(), 1).convert().coef[1]
    correlation = ak.corr(t, y, axis=1)[0]
    slopes[start] = ak.linear_fit(t, y, axis=1)[0].slope
    print(f"from t = {start:13.1f}: slope expected 2, NumPy {by_numpy:.4f}, seen {slopes[start]:.4f}; correlation {correlation}")
    ok = ok and np.isclose(by_numpy, 2.0) and np.isclose(correlation, 1.0)
right = np.allclose([slopes[0.0], slopes[1e6]], 2.0)
sys.exit(0 if ok and right and slopes[1e8] < 1.5 and slopes[1.7e9] < 0 else 1)
EOF
