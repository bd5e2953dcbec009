#!/usr/bin/env bash
# In JAXopt the projection onto a ball leaves its centre where it is; its derivative there is right forward and nan in reverse.
#
# Versions: jaxopt 0.8.5, jax 0.10.2, numpy 2.4.6.
# Expected: inside the ball the projection is the identity, so its Jacobian is the identity matrix at every inner point and in both
#           modes, the centre being the innermost; the balls of the 1-norm and of the largest entry have it so.
# Seen: for the Euclidean ball jacfwd is the identity everywhere inside, and jacrev, so every gradient of a loss, is nan at (0, 0),
#       where weights and residuals start, and at (1e-30, 0), whose square is 0 in float32. The branch for points outside
#       divides by the length, and comes through though it is not taken. prox_group_lasso, which is 0 around 0, does the same.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet jaxopt==0.8.5 jax==0.10.2 jaxlib==0.10.2 numpy==2.4.6
"$work/venv/bin/python" -W ignore - <<'EOF'
import sys
from importlib.metadata import version

import jax
import jax.numpy as jnp
import numpy as np
from jaxopt.projection import projection_l1_ball, projection_l2_ball, projection_linf_ball
from jaxopt.prox import prox_group_lasso

print("jaxopt", version("jaxopt"), "jax", jax.__version__)
ok = True
for function, inside in (
    (projection_l1_ball, np.eye(2)),
    (projection_linf_ball, np.eye(2)),
    (projection_l2_ball, np.eye(2)),
    (prox_group_lasso, np.zeros((2, 2))),
):
    wrong = function in (projection_l2_ball, prox_group_lasso)
    for point in ([0.1, 0.2], [1e-30, 0.0], [0.0, 0.0]):
        x = jnp.array(point)
        value = function(x, 1.0)
        reverse, forward = (np.asarray(mode(function)(x, 1.0)) for mode in (jax.jacrev, jax.jacfwd))
        print(f"{function.__name__} of {point} is {value}: Jacobian expected {inside.tolist()}")
        print(f"  seen {forward.tolist()} forward, {reverse.tolist()} in reverse")
        is_nan = wrong and point[1] == 0
        ok = ok and np.allclose(value, inside @ x) and np.array_equal(forward, inside)
        ok = ok and (np.isnan(reverse).all() if is_nan else np.array_equal(reverse, inside))
sys.exit(0 if ok else 1)
EOF
