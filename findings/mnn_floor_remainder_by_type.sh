#!/usr/bin/env bash
# In MNN the floor remainder of -7 by 2 is 1 for floats and -1 for integers.
#
# Versions: mnn 3.6.1, numpy 2.4.6.
# Expected: floormod goes with floordiv: x = floordiv(x, y) * y + floormod(x, y), as Python, NumPy and TensorFlow have it. -7 is
#           -4 * 2 + 1 in either type.
# Seen: for integers floordiv rounds down and floormod is C's remainder, with the sign of x: -4 * 2 + -1 is -9. An index that is
#       wrapped around by floormod(i - 1, n) is n - 1 as a float and -1 as an integer.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet mnn==3.6.1 numpy==2.4.6
"$work/venv/bin/python" - <<'EOF'
import sys
from importlib.metadata import version

import MNN.expr as expr
import numpy as np

print("mnn", version("mnn"))
x, y = [-7, 7, 8, -8, -1, 6], [2, -2, 3, 3, 5, 3]
remainders = np.mod(x, y)
known = {"float": remainders.tolist(), "int": np.fmod(x, y).tolist()}
ok = True
for name, kind in (("float", expr.float), ("int", expr.int)):
    a, b = (expr.const(numbers, [len(numbers)], expr.NCHW, kind) for numbers in (x, y))
    quotient, seen = (np.array(op(a, b).read()).astype(int) for op in (expr.floordiv, expr.floormod))
    print(f"{name}: {x} by {y}")
    print(f"  floormod expected {remainders.tolist()}, seen {seen.tolist()}")
    print(f"  floordiv * y + floormod: expected {x}, seen {(quotient * y + seen).tolist()}")
    ok = ok and seen.tolist() == known[name] and quotient.tolist() == np.floor_divide(x, y).tolist()
sys.exit(0 if ok else 1)
EOF
