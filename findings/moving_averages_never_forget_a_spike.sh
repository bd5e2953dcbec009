#!/usr/bin/env bash
# After one spike in a loss curve, the moving averages of SciPy and bottleneck stay wrong to the end of the curve.
#
# Versions: scipy 1.17.1, bottleneck 1.6.0, numpy 2.4.6.
# Expected: a window of three numbers forgets a spike after three numbers, as scipy.ndimage.convolve1d does.
# Seen: both keep a running sum, add the new number and take the old one away. What the spike rounded off never comes back: a
#       curve that stands at 2.0 is averaged to 0.0 from there on. After one nan all that follows is nan in SciPy, though
#       bottleneck forgets that.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet scipy==1.17.1 bottleneck==1.6.0 numpy==2.4.6
"$work/venv/bin/python" - <<'EOF'
import sys
from importlib.metadata import version

import bottleneck
import numpy as np
from scipy.ndimage import convolve1d, uniform_filter1d

print("scipy", version("scipy"), "bottleneck", version("bottleneck"))
window = 3
averages = {
    "convolve1d": lambda x: convolve1d(x, np.full(window, 1 / window)),
    "uniform_filter1d": lambda x: uniform_filter1d(x, window),
    "bottleneck.move_mean": lambda x: bottleneck.move_mean(x, window),
}
last = {}
for kind, spike in (("1e17", 1e17), ("nan", np.nan)):
    losses = np.full(12, 2.0)
    losses[3] = spike
    for name, average in averages.items():
        last[name, kind] = average(losses)[-3:].tolist()
        print(f"{name:21} ends, eight numbers after a loss of {kind:4}, with {last[name, kind]}; expected about 2.0")
ok = np.allclose(last["convolve1d", "1e17"], 2.0) and np.allclose(last["convolve1d", "nan"], 2.0)
ok = ok and last["uniform_filter1d", "1e17"] == last["bottleneck.move_mean", "1e17"] == [0.0, 0.0, 0.0]
ok = ok and np.isnan(last["uniform_filter1d", "nan"]).all() and np.allclose(last["bottleneck.move_mean", "nan"], 2.0)
sys.exit(0 if ok else 1)
EOF
