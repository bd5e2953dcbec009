#!/usr/bin/env bash
# In JAX hypot(3e20, 4e20) is right and its slope is 1.25, though no slope of a length is above 1; for small sides it is nan.
#
# Versions: jax 0.10.2, jaxlib 0.10.2, numpy 2.4.6.
# Expected: (0.6, 0.8) at any scale: hypot is there to be safe from squares that overflow, and the values are. The absolute value
#           of the complex number 3 + 4i is the same function and has these slopes at all scales, in float32 as well.
# Seen: only the value is safe. The derivative squares the larger side all the same: from 2e19 on (float32) the larger side's slope
#       is 1.25, below 1e-20 both are nan or -inf; float64 does it beyond 1e154. Forward mode has the same.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet jax==0.10.2 jaxlib==0.10.2 numpy==2.4.6
JAX_PLATFORMS=cpu "$work/venv/bin/python" - <<'EOF'
import sys

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)
print("jax", jax.__version__)


def by_complex(a, b):
    return jnp.abs(jax.lax.complex(a, b))


def value_and_slopes(length, scale, dtype):
    sides = dtype(3 * scale), dtype(4 * scale)
    value, slopes = jax.value_and_grad(length, argnums=(0, 1))(*sides)
    return float(value) / scale, [round(float(slope), 4) for slope in slopes]


ok = True
for dtype, scales in ((jnp.float32, (1e-22, 1.0, 1e18, 1e20)), (jnp.float64, (1e-160, 1.0, 1e160))):
    for scale in scales:
        (by_abs, expected), (value, seen) = (value_and_slopes(f, scale, dtype) for f in (by_complex, jnp.hypot))
        print(f"{dtype.__name__} {scale:6.0e}: slopes expected {expected}, seen {seen}; lengths {by_abs:.4f} and {value:.4f}")
        ok = ok and np.allclose([by_abs, value], 5.0) and np.allclose(expected, [0.6, 0.8])
        if scale < 1.0:
            ok = ok and not np.isfinite(seen).any()
        else:
            ok = ok and np.allclose(seen, [0.6, 1.25] if scale > 1e18 else [0.6, 0.8])
sys.exit(0 if ok else 1)
EOF
