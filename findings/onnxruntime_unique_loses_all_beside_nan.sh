#!/usr/bin/env bash
# In onnxruntime Unique of (3, nan, 1, 2, 1) leaves numbers out that are there, and counts them as others.
#
# Versions: onnxruntime 1.32.0, onnx 1.23.2, numpy 2.4.6.
# Expected: ONNX's reference and NumPy: 1, 2, 3 and nan with the counts 2, 1, 1, 1; each number found again in the result.
# Seen: the numbers go into an ordered map, where a nan is neither less nor greater than any: it counts as equal to what it
#       meets. Where the nan comes first, nothing but nan is left, counted five times, and the inverse says that all five are
#       this one. Without the nan, and for integers, all is right.
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
results = ["numbers", "first", "inverse", "counts"]
x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [None])
kinds = [TensorProto.FLOAT] + 3 * [TensorProto.INT64]
outputs = [helper.make_tensor_value_info(name, kind, None) for name, kind in zip(results, kinds, strict=True)]
graph = helper.make_graph([helper.make_node("Unique", ["x"], results)], "unique", [x], outputs)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
nan = np.nan
ok = True
for numbers in ([3.0, 4.0, 1.0, 2.0, 1.0], [3.0, nan, 1.0, 2.0, 1.0], [nan, 3.0, 1.0, 2.0, 1.0]):
    feed = {"x": np.array(numbers, dtype=np.float32)}
    reference, seen = (run(None, feed) for run in (ReferenceEvaluator(model).run, session.run))
    print(f"Unique of {numbers}: expected {reference[0].tolist()}, counts {reference[3].tolist()}")
    print(f"    seen {seen[0].tolist()}, counts {seen[3].tolist()}, inverse {seen[2].tolist()}")
    found_again = np.array_equal(seen[0][seen[2]], feed["x"], equal_nan=True)
    ok = ok and np.array_equal(reference[0], np.unique(feed["x"]), equal_nan=True) and found_again == (nan not in numbers)
    ok = ok and (len(seen[0]) == 1 or not np.isnan(numbers[0]))
sys.exit(0 if ok else 1)
EOF
