#!/usr/bin/env bash
# Installing bottleneck makes the standard deviation of a float32 column in pandas 30 times too large.
#
# Versions: pandas 3.1.1 without and with bottleneck 1.6.0, numpy 2.4.6.
# Expected: bottleneck, an optional package, makes pandas faster and changes no result: the spread of a million numbers between
#           1000 and 1001 is 0.289, as it is in float64.
# Seen: pandas hands std, var and sem to bottleneck if that can be imported. Bottleneck adds in float32, one number after the
#       other, so its mean is off by 9, and that is squared into each deviation: std is 9.5. The mean itself, which pandas
#       computes alone, is right, and nobody imported anything.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
cat >"$work/spread.py" <<'EOF'
import importlib.util
import sys

import numpy as np
import pandas as pd

exact = np.random.default_rng(0).random(1_000_000) + 1000
column = pd.Series(exact.astype(np.float32))
mean, spread = column.mean(), column.std()
found = importlib.util.find_spec("bottleneck") is not None
print("pandas", pd.__version__, "with bottleneck" if found else "alone")
print(f"   mean: expected {exact.mean():.3f}, seen {mean:.3f}; std: expected {exact.std():.3f}, seen {spread:.3f}")
right = abs(mean - exact.mean()) < 0.001 and abs(column.astype(np.float64).std() - exact.std()) < 0.001
off = spread / exact.std()
sys.exit(0 if right and (off > 10 if found else abs(off - 1) < 0.01) else 1)
EOF
"$work/venv/bin/pip" install --quiet pandas==3.1.1 numpy==2.4.6
"$work/venv/bin/python" "$work/spread.py"
"$work/venv/bin/pip" install --quiet bottleneck==1.6.0
"$work/venv/bin/python" "$work/spread.py"
