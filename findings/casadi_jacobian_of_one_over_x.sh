#!/usr/bin/env bash
# In CasADi the Jacobian of the inverse of a 1 by 1 matrix is 0; the gradient, and the Jacobian for 2 by 2, are right.
#
# Versions: casadi 3.8.2.
# Expected: inv(x) of one number is 1 / x, and its Jacobian -1 / x ** 2, as gradient and jtimes have it, as SX symbols and larger
#           matrices have it, and as inv(x) written as 1 / x has it.
# Seen: with MX symbols jacobian(inv(x), x) is an empty (structurally zero) matrix, and so is all that a solver builds of it:
#       Newton's method, or a Kalman filter with one measurement, takes the innovation's inverse for a constant. A pinv ends
#       the same way.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet casadi==3.8.2 numpy==2.4.6
"$work/venv/bin/python" - <<'EOF'
import sys

import casadi
import numpy as np
from casadi import MX, SX, Function, gradient, inv, jacobian, jtimes, pinv

print("casadi", casadi.__version__)


def at(x, derivative, value):
    return np.array(Function("f", [x], [derivative])(value))


x, s = MX.sym("x"), SX.sym("s")
seen = {
    "jacobian of 1 / x": at(x, jacobian(1 / x, x), 2.0),
    "gradient of inv(x)": at(x, gradient(inv(x), x), 2.0),
    "jtimes of inv(x)": at(x, jtimes(inv(x), x, MX(1)), 2.0),
    "jacobian of inv(x), SX": at(s, jacobian(inv(s), s), 2.0),
    "jacobian of inv(x)": at(x, jacobian(inv(x), x), 2.0),
    "jacobian of pinv(x)": at(x, jacobian(pinv(x), x), 2.0),
}
for name, derivative in seen.items():
    print(f"{name:23} at 2: expected -0.25, seen {derivative.item():.2f}")
matrix = MX.sym("m", 2, 2)
point = np.array([[2.0, 0.5], [0.3, 3.0]])
inverse = np.linalg.inv(point)
of_two_by_two = at(matrix, jacobian(inv(matrix), matrix), point)
right = np.allclose(of_two_by_two, -np.kron(inverse.T, inverse))
print("jacobian of inv, 2 by 2, is right:", right)
values = [derivative.item() for derivative in seen.values()]
sys.exit(0 if right and values == [-0.25, -0.25, -0.25, -0.25, 0.0, 0.0] else 1)
EOF
