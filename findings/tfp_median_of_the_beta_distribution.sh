#!/usr/bin/env bash
# In TensorFlow Probability the median of a beta distribution is wrong where all other quantiles are right; NumPyro's quartiles follow.
#
# Versions: tensorflow-probability 0.25.0, numpyro 0.19.0, jax 0.6.2 (float64), scipy 1.17.1, numpy 2.4.6.
# Expected: cdf(quantile(p)) is p. The median of Beta(1, 3) is 1 - 0.5 ** (1 / 3) = 0.2063, of Beta(0.5, 0.5) it is 0.5, and the
#           quartiles of Student's t with one degree of freedom (Cauchy) are -1 and 1.
# Seen: at p = 0.5, and nowhere else, betaincinv stops at its first guess: 0.2705 for Beta(1, 3), where the cdf is 0.61. NumPyro
#       computes StudentT.icdf by the same function at 2p, so that its quartiles are off: 1.27 for the Cauchy. At 0.5 + 1e-12 all
#       is right, and so is every quantile where the first guess is the answer (equal parameters from 1 on).
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet tensorflow-probability==0.25.0 numpyro==0.19.0 jax==0.6.2 jaxlib==0.6.2 scipy==1.17.1 numpy==2.4.6
"$work/venv/bin/python" -W ignore - <<'EOF'
import sys

import jax
import numpy as np
import numpyro
import tensorflow_probability
from numpyro.distributions import StudentT
from scipy import stats
from tensorflow_probability.substrates.jax.distributions import Beta

jax.config.update("jax_enable_x64", True)
print("tensorflow-probability", tensorflow_probability.__version__, "numpyro", numpyro.__version__, "jax", jax.__version__)
ok = True
for a, b in ((1.0, 3.0), (2.0, 3.0), (2.0, 5.0), (0.5, 0.5)):
    beta = Beta(np.float64(a), np.float64(b))
    levels = np.array([0.1, 0.49, 0.5, 0.5 + 1e-12, 0.51, 0.9])
    expected, seen = stats.beta(a, b).ppf(levels), np.asarray(beta.quantile(levels))
    print(f"median of Beta({a}, {b}): expected {expected[2]:.4f}, seen {seen[2]:.4f}; cdf there {beta.cdf(seen[2]):.3f}")
    wrong = np.abs(seen - expected) > 1e-3
    ok = ok and wrong.tolist() == [False, False, True, False, False, False] and abs(beta.cdf(seen[2]) - 0.5) > 0.005
for freedom in (1.0, 3.0):
    levels = np.array([0.25, 0.25 + 1e-9, 0.75, 0.8])
    expected, seen = stats.t(freedom).ppf(levels), np.asarray(StudentT(freedom).icdf(levels))
    print(f"quantiles {levels.round(9)} of t({freedom:.0f}): expected {expected.round(3)}, seen {seen.round(3)}")
    ok = ok and (np.abs(seen - expected) > 0.05).tolist() == [True, False, True, False]
sys.exit(0 if ok else 1)
EOF
