#!/usr/bin/env bash
# Installing bottleneck makes the median of two large positive integers negative in pandas, and in xarray with its option on.
#
# Versions: pandas 3.1.1 and xarray 2026.9.0 without and with bottleneck 1.6.0, numpy 2.4.6.
# Expected: the median of 2147483647 and 5 lies between them, 1073741826, with or without a package that is only there for
#           speed; np.median says so for each integer type.
# Seen: bottleneck adds the two middle numbers in their own type before it halves the sum, and that wraps. pandas uses it
#       as soon as it can be imported, for int64; xarray does with use_bottleneck=True, for int32 as well: -1073741822.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
cat >"$work/middle.py" <<'EOF'
import importlib.util
import sys

import numpy as np
import pandas as pd
import xarray as xr

found = importlib.util.find_spec("bottleneck") is not None
xr.set_options(use_bottleneck=True)
print("pandas", pd.__version__, "xarray", xr.__version__, "with bottleneck" if found else "alone")


def in_pandas(numbers):
    return float(pd.Series(numbers).median())


def in_xarray(numbers):
    return float(xr.DataArray(numbers, dims="n").median("n", skipna=True))


ok = True
for median, numbers in (
    (in_pandas, np.array([2**62, 2**62])),
    (in_xarray, np.array([2**62, 2**62])),
    (in_xarray, np.array([2**31 - 1, 5], dtype=np.int32)),
):
    expected, seen = float(np.median(numbers)), median(numbers)
    print(f"   {median.__name__}: median of {numbers.tolist()}: expected {expected:.0f}, seen {seen:.0f}")
    ok = ok and (seen < 0 if found else seen == expected) and median(numbers[:1]) == numbers[0]
sys.exit(0 if ok else 1)
EOF
"$work/venv/bin/pip" install --quiet pandas==3.1.1 xarray==2026.9.0 numpy==2.4.6
"$work/venv/bin/python" -W ignore "$work/middle.py"
"$work/venv/bin/pip" install --quiet bottleneck==1.6.0
"$work/venv/bin/python" -W ignore "$work/middle.py"
