#!/usr/bin/env bash
# In onnxruntime a maximum is nan only if the nan stands first, and the maximum of nothing but -inf can be finite.
#
# Versions: onnxruntime 1.32.0, onnx 1.23.2, numpy 2.4.6.
# Expected: ONNX's own reference, NumPy and PyTorch give nan for a ReduceMax over a nan wherever it stands, and -inf for
#           a MaxPool over nothing but -inf (a masked window).
# Seen: ReduceMax over (1, nan, 2, 3) is not nan, and not 3 either (2 on x86-64); a diverged model looks well after its
#       export, or not, by the place of a number. MaxPool of a masked window is -3.4e38, a number that softmax and isinf
#       take for a score, though ReduceMax of the same numbers is -inf.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
"$work/venv/bin/python" - <<'EOF'
import sys
from importlib.metadata import version

import numpy as np
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

print("onnxruntime", version("onnxruntime"), "onnx", version("onnx"))
nan, inf = np.nan, np.inf


def maximum(operator, numbers):
    """The maximum of four numbers by the reference and by onnxruntime."""
    shape, attributes = ((4,), {"keepdims": 0}) if operator == "ReduceMax" else ((1, 1, 2, 2), {"kernel_shape": [2, 2]})
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    graph = helper.make_graph([helper.make_node(operator, ["x"], ["y"], **attributes)], "maximum", [x], [y])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    feed = {"x": np.array(numbers, dtype=np.float32).reshape(shape)}
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return [float(np.squeeze(run(None, feed)[0])) for run in (ReferenceEvaluator(model).run, session.run)]


seen = {}
for operator, numbers in (
    ("ReduceMax", (nan, 1, 2, 3)),
    ("ReduceMax", (1, nan, 2, 3)),
    ("ReduceMax", (1, 2, 3, nan)),
    ("ReduceMax", (-inf, -inf, -inf, -inf)),
    ("MaxPool", (-inf, -inf, -inf, -inf)),
):
    reference, seen[operator, numbers] = maximum(operator, numbers)
    print(f"{operator:9} of {str(numbers):26} expected {reference:4}, seen {seen[operator, numbers]}")
first, second, last, masked, pooled = seen.values()
ok = np.isnan(first) and not np.isnan(second) and last == 3.0
ok = ok and masked == -inf and pooled == np.finfo(np.float32).min
sys.exit(0 if ok else 1)
EOF
