#!/usr/bin/env bash
# In PyTensor 2.5 // 1 is 2.5: the optimizer takes a floor division by 1 for a division by 1.
#
# Versions: pytensor 3.0.7, numpy 2.4.6.
# Expected: x // 1 rounds down, as floor(x), Python, NumPy and PyTensor without its rewrites have it; optimizing a graph makes it
#           faster and keeps its values.
# Seen: the graph of x // 1 is rewritten to x, in the default mode, for floats as for integers. -2.5 stays -2.5, and the bin that
#       a number falls into, x // width, is no whole number as soon as the width is 1; for each other width it is one.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet pytensor==3.0.7 numpy==2.4.6
PYTENSOR_FLAGS="base_compiledir=$work,cxx=,linker=py" "$work/venv/bin/python" -W ignore - <<'EOF'
import sys

import numpy as np
import pytensor
import pytensor.tensor as pt
from pytensor.compile.mode import Mode

print("pytensor", pytensor.__version__)
x = pt.dvector("x")
numbers = np.array([-2.5, -0.5, 0.5, 2.5])
as_written = Mode(linker="py", optimizer=None)
ok = True
for name, graph in (("x // 2", x // 2), ("x // 1", x // 1), ("floor(x)", pt.floor(x)), ("floor(x / 1)", pt.floor(x / 1))):
    expected = pytensor.function([x], graph, mode=as_written)(numbers)
    seen = pytensor.function([x], graph)(numbers)
    print(f"{name:12} of {numbers.tolist()}: without rewrites {expected.tolist()}, by default {seen.tolist()}")
    right = np.floor(numbers / 2) if name == "x // 2" else np.floor(numbers)
    ok = ok and np.array_equal(expected, right) and np.array_equal(seen, numbers if name == "x // 1" else right)
sys.exit(0 if ok else 1)
EOF
