#!/usr/bin/env bash
# In JAX the slope of the Box-Cox transform in its exponent is 0 at the exponent 0, so that an exponent started there never moves.
#
# Versions: jax 0.10.2, jaxlib 0.10.2, numpy 2.4.6.
# Expected: boxcox(2.5, p) is (2.5 ** p - 1) / p, and log(2.5) at p = 0, where the two meet smoothly: the slope in p is
#           log(2.5) ** 2 / 2, 0.420, as differences of JAX's own values say on both sides.
# Seen: the values are right everywhere. At p = 0, the logarithm, at which one starts, the branch of the logarithm is
#       differentiated, and p does not occur in it: 0 in both modes, for boxcox1p as well. At 0.001 it is 0.420 again.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet jax==0.10.2 jaxlib==0.10.2 numpy==2.4.6
JAX_PLATFORMS=cpu "$work/venv/bin/python" - <<'EOF'
import sys

import jax
import numpy as np
from jax.scipy.special import boxcox, boxcox1p

jax.config.update("jax_enable_x64", True)
print("jax", jax.__version__)
STEP = 1e-4
ok = True
for transform, x in ((boxcox, 2.5), (boxcox1p, 1.5)):

    def at(p, transform=transform, x=x):
        return transform(x, p)

    for p in (-0.001, 0.0, 0.001):
        differences = float(at(p + STEP) - at(p - STEP)) / (2 * STEP)
        reverse, forward = float(jax.grad(at)(p)), float(jax.jvp(at, (p,), (1.0,))[1])
        print(f"{transform.__name__}({x}, {p}) = {float(at(p)):.4f}: slope expected {differences:.4f}, seen {reverse:.4f}, {forward:.4f}")
        ok = ok and np.isclose(differences, np.log(2.5) ** 2 / 2, rtol=0.01) and np.isclose(reverse, forward)
        ok = ok and (reverse == 0 if p == 0 else np.isclose(reverse, differences, rtol=1e-3))
sys.exit(0 if ok else 1)
EOF
