#!/usr/bin/env bash
# The windows of pandas (rolling, expanding, ewm) take an infinite loss for a missing one, and smooth a diverged run away.
#
# Versions: pandas 3.1.1, numpy 2.4.6.
# Expected: expanding().max() is cummax() and expanding().sum() is cumsum(): inf once a loss was inf. A mean over an
#           inf is inf, as Series.mean says, and isna says that inf is not missing.
# Seen: each window puts nan in the place of inf before it counts. The maximum of (2, inf, 3) so far is 3, the mean of
#       the window is that of the rest, and the exponential mean goes on as if the step had not been.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet pandas==3.1.1 numpy==2.4.6
"$work/venv/bin/python" - <<'EOF'
import sys

import numpy as np
import pandas as pd

print("pandas", pd.__version__)
losses = pd.Series([2.0, np.inf, 3.0])
rows = {
    "maximum so far": (losses.cummax(), losses.expanding().max(), 3.0),
    "sum so far": (losses.cumsum(), losses.expanding().sum(), 5.0),
    "mean so far": (losses.cumsum() / [1, 2, 3], losses.expanding().mean(), 2.5),
    "mean of three": (losses.cumsum() / [1, 2, 3], losses.rolling(3, min_periods=1).mean(), 2.5),
}
ok = not losses.isna().any() and losses.mean() == np.inf
for name, (expected, seen, known) in rows.items():
    print(f"{name:15} expected {expected.tolist()}, seen {seen.tolist()}")
    ok = ok and expected.iloc[-1] == np.inf and seen.iloc[-1] == known
smoothed = losses.ewm(span=3).mean()
print(f"{'ewm(span=3)':15} expected inf from the second on, seen {smoothed.tolist()}")
sys.exit(0 if ok and np.isfinite(smoothed).all() else 1)
EOF
