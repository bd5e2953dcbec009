#!/usr/bin/env bash
# In JAX the gradient of a Bernoulli's log probability is nan where the prediction is sure and right: outcome 0 with p = 0.
#
# Versions: jax 0.10.2, jaxlib 0.10.2.
# Expected: log(1 - p) has the slope -1 / (1 - p), so -1 at p = 0, and log(p) the slope 1 at p = 1. pmf has -1 and 1.
# Seen: the values are right, the slopes are nan in both modes, for logpmf and pmf; for binom nan in reverse mode, 0 in forward
#       mode. A float32 sigmoid is exactly 0 below -104, so the first example that is learnt perfectly turns all weights into
#       nan. At p = 1e-6 all is well.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet jax==0.10.2 jaxlib==0.10.2
JAX_PLATFORMS=cpu "$work/venv/bin/python" - <<'EOF'
import math
import sys

import jax
from jax.scipy.stats import bernoulli, binom

print("jax", jax.__version__)
ok = True
for name, function, p, value, slope in (
    ("bernoulli.logpmf(0, p)", lambda p: bernoulli.logpmf(0, p), 1e-6, 0.0, -1.0),
    ("bernoulli.logpmf(0, p)", lambda p: bernoulli.logpmf(0, p), 0.0, 0.0, -1.0),
    ("bernoulli.logpmf(1, p)", lambda p: bernoulli.logpmf(1, p), 1.0, 0.0, 1.0),
    ("bernoulli.pmf(0, p)", lambda p: bernoulli.pmf(0, p), 0.0, 1.0, -1.0),
    ("binom.logpmf(0, 3, p)", lambda p: binom.logpmf(0, 3, p), 0.0, 0.0, -3.0),
):
    reverse, forward = float(jax.grad(function)(p)), float(jax.jvp(function, (p,), (1.0,))[1])
    print(f"{name:22} at p = {p}: value {float(function(p)):.0f}, expected slope {slope}, seen {reverse} and {forward}")
    ok = ok and math.isclose(float(function(p)), value, abs_tol=1e-5)
    ok = ok and (math.isclose(reverse, slope, rel_tol=1e-4) if p == 1e-6 else math.isnan(reverse) and forward != slope)
saturated = float(jax.grad(lambda score: bernoulli.logpmf(0, jax.nn.sigmoid(score)))(-110.0))
print("slope in a score of -110: expected 0, seen", saturated)
sys.exit(0 if ok and math.isnan(saturated) else 1)
EOF
