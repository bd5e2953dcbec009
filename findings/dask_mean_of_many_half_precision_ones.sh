#!/usr/bin/env bash
# The mean of 70,000 ones in float16 is 1 in NumPy, inf in xarray and nan in Dask, or in xarray over Dask.
#
# Versions: dask 2026.8.0, xarray 2026.9.0, numpy 2.4.6.
# Expected: dask.array and xarray give NumPy's mean, which NumPy forms in float32 for float16 and rounds once, so it is 1.
# Seen: both sum in float16, where 65,520 is infinity. Dask counts in float16 as well and divides inf by inf, in chunks of any
#       size: cutting an array into chunks turns one wrong answer into another. 60,000 ones are right.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "dask[array]==2026.8.0" xarray==2026.9.0 numpy==2.4.6
"$work/venv/bin/python" -W ignore - <<'EOF'
import sys

import dask
import numpy as np
import xarray
from dask.array import from_array

print("dask", dask.__version__, "xarray", xarray.__version__, "numpy", np.__version__)
ok = True
for many in (60_000, 70_000):
    ones = np.ones(many, dtype=np.float16)
    labelled = xarray.DataArray(ones)
    seen = {
        "NumPy": ones.mean(),
        "xarray": labelled.mean(),
        "Dask, one chunk": from_array(ones, chunks=many).mean().compute(),
        "Dask, chunks of 1,000": from_array(ones, chunks=1_000).mean().compute(),
        "xarray, chunks of 1,000": labelled.chunk(1_000).mean().compute(),
    }
    seen = {name: float(mean) for name, mean in seen.items()}
    print(f"mean of {many:,} ones in float16: expected 1.0, seen {seen}")
    known = [1.0] * 5 if many == 60_000 else [1.0, np.inf, np.nan, np.nan, np.nan]
    ok = ok and np.array_equal(list(seen.values()), known, equal_nan=True)
sys.exit(0 if ok else 1)
EOF
