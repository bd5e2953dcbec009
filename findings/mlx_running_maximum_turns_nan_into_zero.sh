#!/usr/bin/env bash
# MLX's running maximum and minimum of half-precision numbers take a nan for 0, a number that is not among the inputs.
#
# Versions: mlx 0.32.4 with mlx-cpu 0.32.4, numpy 2.4.6.
# Expected: cummax of (5, 4, nan, 7) is (5, 5, nan, nan), as in NumPy and as MLX has it in float32; max and cumsum of the
#           same half-precision numbers are nan too.
# Seen: in float16 and bfloat16 on the CPU the nan becomes 0.0 and both go on from there: 7 is the largest again, and the
#       lowest loss of a run that has diverged is 0, the perfect one.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "mlx[cpu]==0.32.4" mlx-cpu==0.32.4 numpy==2.4.6
"$work/venv/bin/python" - <<'EOF'
import sys
from importlib.metadata import version

import mlx.core as mx
import numpy as np

mx.set_default_device(mx.cpu)
print("mlx", version("mlx"))
losses = np.array([5.0, 4.0, np.nan, 7.0], dtype=np.float32)
expected = {"cummax": np.maximum.accumulate(losses), "cummin": np.minimum.accumulate(losses)}
ok = True
for dtype in (mx.float32, mx.float16, mx.bfloat16):
    x = mx.array(losses).astype(dtype)
    others_are_nan = bool(mx.isnan(mx.max(x)).item() and mx.isnan(mx.min(x)).item() and mx.isnan(mx.cumsum(x)[3]).item())
    for name, wanted in expected.items():
        seen = np.array(getattr(mx, name)(x).astype(mx.float32))
        print(f"{name} in {dtype}: expected {wanted.tolist()}, seen {seen.tolist()}; max, min, cumsum nan: {others_are_nan}")
        known = wanted if dtype == mx.float32 else [5.0, 5.0, 0.0, 7.0] if name == "cummax" else [5.0, 4.0, 0.0, 0.0]
        ok = ok and others_are_nan and np.array_equal(seen, known, equal_nan=True)
sys.exit(0 if ok else 1)
EOF
