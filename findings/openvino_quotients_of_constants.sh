#!/usr/bin/env bash
# In OpenVINO 200 / 3 of bytes is 66 if the numbers are fed to a model, and 67 if they are constants in it; -7 / 2 is -3 or -4.
#
# Versions: openvino 2026.4.1, numpy 2.4.6.
# Expected: a constant is folded into what the model would compute. Divide of integers rounds down by default: 200 / 3 is 66, and
#           -7 / 2 is -4.
# Seen: fed bytes are right, constants are rounded to the nearest. For int32 it is the other way round: constants are right, fed
#       numbers are rounded towards zero (issue 38248), and 2147483647 / 2, by way of float32, is one too large. A bucket or a
#       place in a table changes as soon as an input of an exported model becomes a constant. Floats agree.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet openvino==2026.4.1 numpy==2.4.6
"$work/venv/bin/python" - <<'EOF'
import sys

import numpy as np
import openvino
from openvino import opset13 as ops

print("openvino", openvino.__version__)
core = openvino.Core()


def quotients(a, b):
    """a / b of two inputs of a model, and of two constants in one."""
    inputs = [ops.parameter(x.shape, dtype=x.dtype) for x in (a, b)]
    fed = core.compile_model(openvino.Model([ops.divide(*inputs)], inputs), "CPU")
    unused = ops.parameter([1], dtype=np.float32)
    folded = core.compile_model(openvino.Model([ops.divide(ops.constant(a), ops.constant(b)), unused], [unused]), "CPU")
    return fed([a, b])[0].tolist(), folded([np.zeros(1, dtype=np.float32)])[0].tolist()


known = {
    "float32": ([-3.5, 3.5], [-3.5, 3.5]),
    "int32": ([-3, -3, 1073741824], [-4, -4, 1073741823]),
    "uint8": ([66, 127, 3], [67, 128, 4]),
}
ok = True
for kind, a, b in (
    ("float32", [-7, 7], [2, 2]),
    ("int32", [-7, 7, 2147483647], [2, -2, 2]),
    ("uint8", [200, 255, 7], [3, 2, 2]),
):
    a, b = np.array(a, dtype=kind), np.array(b, dtype=kind)
    expected = (a / b if kind == "float32" else a // b).tolist()
    fed, folded = quotients(a, b)
    print(f"{a.tolist()} / {b.tolist()} in {kind}: expected {expected}, fed {fed}, constant {folded}")
    ok = ok and (fed, folded) == known[kind]
sys.exit(0 if ok else 1)
EOF
