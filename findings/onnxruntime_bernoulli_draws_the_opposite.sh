#!/usr/bin/env bash
# onnxruntime's Bernoulli draws a 1 with probability 1 - p: where the input is 1, the output is always 0.
#
# Versions: onnxruntime 1.32.0, onnx 1.23.2, numpy 2.4.6.
# Expected: the operator's documentation and ONNX's own reference say that p is the probability of a 1, so the mean of
#           many draws is p, and p = 1 and p = 0 leave nothing to chance.
# Seen: onnxruntime has no code of its own for Bernoulli and expands the definition that the onnx package carries:
#       1 where a uniform number is GREATER than p. Every p but 0.5 is mirrored; a dropout mask keeps what it should drop.
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
from onnx import TensorProto, defs, helper
from onnx.reference import ReferenceEvaluator

print("onnxruntime", version("onnxruntime"), "onnx", version("onnx"))
DRAWS = 100_000
x = helper.make_tensor_value_info("x", TensorProto.FLOAT, (DRAWS,))
y = helper.make_tensor_value_info("y", TensorProto.FLOAT, (DRAWS,))
graph = helper.make_graph([helper.make_node("Bernoulli", ["x"], ["y"], seed=1.0)], "draw", [x], [y])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
documented = "output of 1 is produced with probability p" in defs.get_schema("Bernoulli").doc
ok = documented
for p in (0.0, 0.1, 0.5, 0.9, 1.0):
    feed = {"x": np.full(DRAWS, p, dtype=np.float32)}
    reference, seen = (run(None, feed)[0].mean() for run in (ReferenceEvaluator(model).run, session.run))
    print(f"share of ones for p = {p}: expected {p}, ONNX's reference {reference:.3f}, seen {seen:.3f}")
    ok = ok and abs(reference - p) < 0.01 and abs(seen - (1 - p)) < 0.01
sys.exit(0 if ok else 1)
EOF
