#!/usr/bin/env bash
# With numexpr installed, pandas doubles 2147483647 to -2 in a column of 1,000,000 rows, and to 4294967294 in one of 1,000,001.
#
# Versions: pandas 3.1.1, numexpr 2.14.2, numpy 2.4.6.
# Expected: the type and the numbers of a result do not depend on how many rows there are: int32 * 2 is int32 and wraps around, as
#           in NumPy, and float32 * 0.5 is float32.
# Seen: from one row over a million on, pandas hands the work to numexpr, which takes a Python number for 64 bits: the same line
#       gives int64 and float64 (pandas knows of the floats, issue 61951), twice the memory, and other numbers. The root of -inf,
#       as x ** 0.5, is nan below and inf above.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet pandas==3.1.1 numexpr==2.14.2 numpy==2.4.6
"$work/venv/bin/python" - <<'EOF'
import sys
from importlib.metadata import version

import numpy as np
import pandas as pd

print("pandas", pd.__version__, "numexpr", version("numexpr"))
MILLION = 1_000_000


def first(number, kind, operation, rows):
    result = operation(pd.Series(np.full(rows, number, dtype=kind)))
    return str(result.dtype), float(result.iloc[0])


seen, ok = {}, True
for name, number, kind, operation in (
    ("x * 2", 2**31 - 1, "int32", lambda x: x * 2),
    ("x * 0.5", 0.1, "float32", lambda x: x * 0.5),
    ("x ** 0.5", -np.inf, "float64", lambda x: x**0.5),
    ("x + x", 2**31 - 1, "int32", lambda x: x + x),
):
    seen[name] = [first(number, kind, operation, rows) for rows in (MILLION, MILLION + 1)]
    with pd.option_context("compute.use_numexpr", False):
        expected = first(number, kind, operation, MILLION + 1)
    print(f"{name:8} of {number} as {kind}: expected, without numexpr: {expected}")
    print(f"    1,000,000 rows: {seen[name][0]}, 1,000,001 rows: {seen[name][1]}")
    ok = ok and str(seen[name][0]) == str(expected)
ok = ok and seen["x * 2"] == [("int32", -2.0), ("int64", 2.0**32 - 2)]
ok = ok and [kind for kind, _ in seen["x * 0.5"]] == ["float32", "float64"]
ok = ok and np.isnan(seen["x ** 0.5"][0][1]) and seen["x ** 0.5"][1][1] == np.inf
sys.exit(0 if ok and seen["x + x"] == [("int32", -2.0)] * 2 else 1)
EOF
