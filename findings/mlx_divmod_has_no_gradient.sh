#!/usr/bin/env bash
# In MLX the remainder that divmod gives has the gradient 0, the same remainder by % has the gradient 1.
#
# Versions: mlx 0.32.4 with mlx-cpu 0.32.4.
# Expected: divmod(a, b) is documented as (a // b, a % b), only faster; its second part has the slopes of a % b, 1 in a and
#           -(a // b) in b, as finite differences say.
# Seen: the values are equal. mx.grad through divmod is 0 in both arguments, without an error, and a phase or an angle that is
#       wrapped this way is not trained.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "mlx[cpu]==0.32.4" mlx-cpu==0.32.4
"$work/venv/bin/python" - <<'EOF'
import sys
from importlib.metadata import version

import mlx.core as mx

mx.set_default_device(mx.cpu)
print("mlx", version("mlx"))
a, b, step = mx.array([5.5, -5.5, 1.75]), mx.array([2.0, 3.0, 0.5]), 1 / 64


def by_divmod(a, b):
    return mx.divmod(a, b)[1]


def by_remainder(a, b):
    return a % b


def slopes(remainder):
    return [g.tolist() for g in mx.grad(lambda a, b: remainder(a, b).sum(), argnums=(0, 1))(a, b)]


def differences(remainder):
    in_a = (remainder(a + step, b) - remainder(a - step, b)) / (2 * step)
    in_b = (remainder(a, b + step) - remainder(a, b - step)) / (2 * step)
    return [in_a.tolist(), in_b.tolist()]


same_value = by_divmod(a, b).tolist() == by_remainder(a, b).tolist() == [1.5, 0.5, 0.25]
expected = differences(by_divmod)
print(f"values equal: {same_value}; expected slopes in a and b, from differences: {expected}")
print("seen by %:     ", slopes(by_remainder))
print("seen by divmod:", slopes(by_divmod))
right = slopes(by_remainder) == expected == [[1.0, 1.0, 1.0], [-2.0, 2.0, -3.0]]
sys.exit(0 if same_value and right and slopes(by_divmod) == [[0.0] * 3] * 2 else 1)
EOF
