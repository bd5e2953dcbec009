#!/usr/bin/env bash
# optax.clip_by_global_norm turns a float16 gradient of length 424 into zeros: the model stops learning without a word.
#
# Versions: optax 0.2.8, jax 0.10.2, numpy 2.4.6.
# Expected: a gradient longer than 1 is scaled to length 1, (0.707, 0.707), in each precision; 424 is far from the largest
#           float16, 65504.
# Seen: the length is the root of a sum of squares in the gradient's own precision, 300 * 300 is inf, and a number divided by
#       inf is 0. Any entry above 255 does it. No nan is left for a check to find, and sharper losses only stop it more surely.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet optax==0.2.8 jax==0.10.2 jaxlib==0.10.2 numpy==2.4.6
JAX_PLATFORMS=cpu "$work/venv/bin/python" -W ignore - <<'EOF'
import sys
from importlib.metadata import version

import jax.numpy as jnp
import numpy as np
import optax

print("optax", version("optax"), "jax", version("jax"))
clip = optax.clip_by_global_norm(1.0)
clipped = {}
for dtype in (jnp.float32, jnp.bfloat16, jnp.float16):
    for entry in (100.0, 300.0):
        gradient = jnp.full(2, entry, dtype=dtype)
        exact = np.linalg.norm(np.asarray(gradient, dtype=np.float64))
        clipped[dtype.__name__, entry] = np.asarray(clip.update(gradient, clip.init(gradient))[0], dtype=np.float64)
        print(f"{dtype.__name__:8} gradient of length {exact:5.1f}: expected about [0.707 0.707], seen", end=" ")
        print(clipped[dtype.__name__, entry])
stopped = clipped.pop(("float16", 300.0))
others = all(np.allclose(update, 0.5**0.5, rtol=0.01) for update in clipped.values())
sys.exit(0 if others and not stopped.any() else 1)
EOF
