#!/usr/bin/env bash
# In Awkward Array the softmax of (1000, 0) is (nan, 0), and that of (-800, -801) is nan twice.
#
# Versions: awkward 2.14.0, scipy 1.17.1, numpy 2.4.6.
# Expected: (1, 0) and (0.731, 0.269): softmax does not change when a number is added to all scores, and the libraries that have
#           one, such as SciPy, take the largest score away first.
# Seen: ak.softmax takes the exponentials as they are: inf / inf for the best class from 710 on (from 89 on in float32), and 0 / 0
#       where all scores are low. The best class is nan and the others are 0, so that a maximum that passes over nan, as
#       ak.max by rows does, finds 0.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet awkward==2.14.0 scipy==1.17.1 numpy==2.4.6
"$work/venv/bin/python" -W ignore - <<'EOF'
import sys

import awkward as ak
import numpy as np
import scipy.special

print("awkward", ak.__version__, "scipy", scipy.__version__)
ok = True
for dtype, scores in (("float64", [2.0, 1.0]), ("float64", [1000.0, 0.0]), ("float64", [-800.0, -801.0]), ("float32", [89.0, 88.0])):
    expected = scipy.special.softmax(np.array(scores, dtype=dtype))
    probabilities = ak.softmax(ak.from_numpy(np.array([scores], dtype=dtype)), axis=1)
    seen = probabilities[0].to_numpy()
    best = ak.max(probabilities, axis=1)[0]
    print(f"{dtype} {scores}: expected {expected.round(3).tolist()}, seen {seen.round(3).tolist()}, largest {best}")
    ok = ok and (np.allclose(seen, expected) if scores == [2.0, 1.0] else np.isnan(seen[0]) and not best > 0)
sys.exit(0 if ok else 1)
EOF
