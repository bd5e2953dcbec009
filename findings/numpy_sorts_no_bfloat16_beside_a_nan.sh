#!/usr/bin/env bash
# np.sort of bfloat16 losses leaves them unsorted if one of them is nan, and np.unique finds numbers twice.
#
# Versions: numpy 2.4.6, ml_dtypes 0.6.0.
# Expected: as for float16, float32 and float64: the numbers in order, nan behind them, each number once in np.unique.
# Seen: bfloat16 and the float8 types of ml_dtypes compare as numbers do, with no place for nan. The numbers before and after
#       the nan are sorted apart from each other, so the first of a sorted array is not its smallest; argsort and unique
#       build on that. np.max and np.median, which look for nan, are nan as they should be.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet numpy==2.4.6 ml_dtypes==0.6.0
"$work/venv/bin/python" -W ignore - <<'EOF'
import sys

import ml_dtypes
import numpy as np

print("numpy", np.__version__, "ml_dtypes", ml_dtypes.__version__)
losses = [3.0, 2.0, np.nan, 1.0, 2.0]
expected = [1.0, 2.0, 2.0, 3.0, np.nan], [1.0, 2.0, 3.0, np.nan]


def seen(dtype):
    x = np.array(losses, dtype=dtype)
    return np.sort(x).astype(float).tolist(), np.unique(x).astype(float).tolist()


def same(a, b):
    return all(np.array_equal(i, j, equal_nan=True) for i, j in zip(a, b, strict=True))


ok = np.isnan(np.max(np.array(losses, dtype=ml_dtypes.bfloat16)))
for dtype in (np.float64, np.float32, np.float16, ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn):
    in_order, once = seen(dtype)
    print(f"{np.dtype(dtype).name:14} sort {in_order}, unique {once}")
    if dtype in (np.float64, np.float32, np.float16):
        ok = ok and same((in_order, once), expected)
    else:
        ok = ok and in_order[0] != 1.0 and once.count(2.0) == 2
sys.exit(0 if ok else 1)
EOF
