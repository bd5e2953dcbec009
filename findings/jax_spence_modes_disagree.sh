#!/usr/bin/env bash
# In JAX the derivative of scipy.special.spence is right in forward mode and nan in reverse mode, from 1 to 2.
#
# Versions: jax 0.10.2, jaxlib 0.10.2.
# Expected: jax.jvp and jax.grad give the same derivative of the dilogarithm, log(x) / (1 - x), and -1 at x = 1.
# Seen: for 1 < x <= 2 the values and the forward mode are right, and the reverse mode is nan without a word. At x = 1 both
#       modes say 0.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet jax==0.10.2 jaxlib==0.10.2
JAX_PLATFORMS=cpu "$work/venv/bin/python" - <<'EOF'
import sys

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import spence

print("jax", jax.__version__)
x = jnp.array([0.5, 1.0, 1.1, 1.5, 2.0, 2.5])
expected = jnp.where(x == 1, -1.0, jnp.log(x) / (1 - x))
forward = jax.vmap(lambda at: jax.jvp(spence, (at,), (1.0,))[1])(x)
reverse = jax.vmap(jax.grad(spence))(x)
print("x        ", x)
print("expected ", expected)
print("forward  ", forward)
print("reverse  ", reverse)
print("values   ", spence(x))
away = np.asarray(x != 1)
inside = np.asarray((x > 1) & (x <= 2))
ok = np.allclose(forward[away], expected[away], rtol=1e-5) and np.isfinite(spence(x)).all()
ok = ok and np.array_equal(np.isnan(reverse), inside) and float(forward[1]) == float(reverse[1]) == 0.0
sys.exit(0 if ok else 1)
EOF
