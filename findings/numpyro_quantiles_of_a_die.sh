#!/usr/bin/env bash
# In NumPyro the first percentile of a die is 0.06, a number that no die shows.
#
# Versions: numpyro 0.22.0, jax 0.10.2, scipy 1.17.1, numpy 2.4.6.
# Expected: icdf(q) is the smallest number whose cdf is at least q, so that it lies in the support, as SciPy has it: 1 for a die up
#           to q = 1 / 6.
# Seen: the steps of the cdf are taken for a straight line from 0 to 6: icdf(0.05) is 0.3, with probability 0 and cdf 0, outside of
#       the distribution's own support. Only where q is a multiple of a sixth is it right. Draws made by icdf of uniform numbers
#       have the mean 3, not 3.5.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet numpyro==0.22.0 jax==0.10.2 jaxlib==0.10.2 scipy==1.17.1 numpy==2.4.6
"$work/venv/bin/python" -W ignore - <<'EOF'
import sys

import jax
import numpy as np
import numpyro
from numpyro.distributions import DiscreteUniform
from scipy.stats import randint

print("numpyro", numpyro.__version__, "jax", jax.__version__)
die, other = DiscreteUniform(1, 6), randint(1, 7)
shares = np.array([0.01, 0.05, 0.5, 0.7, 0.95])
seen = np.asarray(die.icdf(shares))
inside, reached = np.asarray(die.support(seen)), np.asarray(die.cdf(seen)) >= shares - 1e-6
for q, expected, x, shown, enough in zip(shares, other.ppf(shares), seen, inside, reached, strict=True):
    print(f"icdf({q}): expected {expected:.0f}, seen {x:.2f}, in the support: {shown}, its cdf is at least {q}: {enough}")
middle = (np.arange(6000) + 0.5) / 6000
means = other.ppf(middle).mean(), float(np.asarray(die.icdf(middle)).mean())
print("mean of icdf over the middles of 6,000 equal parts: expected {:.2f}, seen {:.2f}".format(*means))
same_cdf = np.allclose(die.cdf(np.arange(8.0)), other.cdf(np.arange(8.0)))
ok = same_cdf and inside.tolist() == reached.tolist() == [False, False, True, False, False]
sys.exit(0 if ok and np.allclose(seen, 6 * shares, atol=1e-5) and np.allclose(means, (3.5, 3.0), atol=1e-3) else 1)
EOF
