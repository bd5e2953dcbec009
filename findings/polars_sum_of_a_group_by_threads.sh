#!/usr/bin/env bash
# In Polars the float32 sum of a group is off by percents, by another amount for each number of threads; its mean is right.
#
# Versions: polars 2.1.0, numpy 2.4.6.
# Expected: the sum of a column is the sum of its only group: Series.sum, select and over("g") give 2,000,000 for twenty million
#           times 0.1, and the group's mean, from the same agg, is 0.1.
# Seen: the sum in group_by adds in float32, one number after the other, in as many parts as there are threads: 2,097,152 with one
#       thread, and other numbers on a machine with more. Mean times count is not the sum.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet polars==2.1.0 numpy==2.4.6
cat >"$work/sums.py" <<'EOF'
import sys

import numpy as np
import polars as pl

ROWS = 20_000_000
table = pl.DataFrame({"g": np.zeros(ROWS, dtype=np.int8), "x": np.full(ROWS, 0.1, dtype=np.float32)})
whole, selected = table["x"].sum(), table.select(pl.col("x").sum()).item()
_, total, mean = table.group_by("g").agg(total=pl.col("x").sum(), mean=pl.col("x").mean()).row(0)
print("polars", pl.__version__, "threads:", pl.thread_pool_size())
print(f"   expected {ROWS * 0.1:,.0f}; Series.sum {whole:,.0f}, select {selected:,.0f}")
print(f"   group_by: seen {total:,.0f}; its mean times the rows {mean * ROWS:,.0f}")
right = np.allclose([whole, selected, mean * ROWS], ROWS * 0.1, rtol=1e-6)
sys.exit(0 if right and abs(total / whole - 1) > 0.01 else 1)
EOF
for threads in 1 2; do
    POLARS_MAX_THREADS=$threads "$work/venv/bin/python" "$work/sums.py"
done
