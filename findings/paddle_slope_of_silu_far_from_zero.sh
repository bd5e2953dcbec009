#!/usr/bin/env bash
# In PaddlePaddle the gradient of silu at -100 is nan, and so is that of celu at 100, with values that are right.
#
# Versions: paddlepaddle 3.3.1 (CPU), numpy 2.4.6.
# Expected: silu(x) is x * sigmoid(x), with the slope 0 far below zero, as x * sigmoid(x) written out and swish have it. celu is x
#           above zero, with the slope 1, as elu has it.
# Seen: where exp(|x|) leaves the range of the type (89 in float32, 710 in float64), silu has the slope nan on the negative side and
#       celu on the positive one. One activation of -100 makes the gradients of all weights before it nan, while the loss is
#       fine. Just before, at -88 in float32 and -709 in float64, silu's is -inf (issue 79630).
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet paddlepaddle==3.3.1 numpy==2.4.6 setuptools==80.9.0
"$work/venv/bin/python" -W ignore - <<'EOF'
import sys

import numpy as np
import paddle
from paddle.nn.functional import celu, elu, sigmoid, silu, swish

print("paddlepaddle", paddle.__version__)
ok = True
for kind, near, far in (("float32", 80.0, 100.0), ("float64", 700.0, 1000.0)):
    for name, function, sign, slope in (
        ("x * sigmoid(x)", lambda x: x * sigmoid(x), -1, 0.0),
        ("swish", swish, -1, 0.0),
        ("silu", silu, -1, 0.0),
        ("elu", elu, 1, 1.0),
        ("celu", celu, 1, 1.0),
    ):
        x = paddle.to_tensor(np.array([sign * near, sign * far], dtype=kind), stop_gradient=False)
        values = function(x)
        values.sum().backward()
        seen = x.grad.numpy()
        print(f"slopes of {name} at {x.tolist()} in {kind}: expected {slope}, seen {seen.round(6) + 0.0}")
        ok = ok and np.allclose(values.numpy(), x.numpy() if sign > 0 else 0) and abs(seen[0] - slope) < 1e-6
        ok = ok and (np.isnan(seen[1]) if name in ("silu", "celu") else abs(seen[1] - slope) < 1e-6)
sys.exit(0 if ok else 1)
EOF
