#!/usr/bin/env bash
# In SciPy the median of (1, nan, 3) in a bin is 3, the minimum 1, and the maximum nan: three rules for nan in one function.
#
# Versions: scipy 1.17.1, numpy 2.4.6.
# Expected: one rule for all statistics of binned_statistic, as it has none for nan among its arguments: nan for each, which is
#           what np.median, np.min and the bin's own mean, sum and std say.
# Seen: the numbers of a bin are sorted with nan behind them. The median takes the number in the middle of them all, one of the
#       largest; the minimum takes the first, and only the maximum meets the nan. With lambda x: np.median(x) it is nan.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet scipy==1.17.1 numpy==2.4.6
"$work/venv/bin/python" -W ignore - <<'EOF'
import sys

import numpy as np
import scipy
from scipy.stats import binned_statistic

print("scipy", scipy.__version__, "numpy", np.__version__)
places = [0.1, 0.2, 0.3]
ok = True
for losses in ([1.0, np.nan, 3.0], [np.nan, 3.0, 1.0], [1.0, 2.0, 3.0]):
    seen = {name: float(binned_statistic(places, losses, name, bins=1)[0][0]) for name in ("mean", "min", "median", "max")}
    by_function = float(binned_statistic(places, losses, lambda x: np.median(x), bins=1)[0][0])
    print(f"{losses} in one bin: {seen}, median by a function of one's own {by_function}; expected one rule")
    if np.isnan(losses).any():
        ok = ok and np.isnan([seen["mean"], seen["max"], by_function]).all() and (seen["min"], seen["median"]) == (1.0, 3.0)
    else:
        ok = ok and (seen["min"], seen["median"], seen["max"], by_function) == (1.0, 2.0, 3.0, 2.0)
sys.exit(0 if ok else 1)
EOF
