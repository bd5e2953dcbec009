#!/usr/bin/env bash
# ONNX's own reference evaluator leaves out the padding of MaxPool with auto_pad SAME_LOWER: the result is shorter and wrong.
#
# Versions: onnx 1.23.2, onnxruntime 1.32.0, numpy 2.4.6.
# Expected: as many outputs as ONNX's shape inference says, ceil(5 / 2) = 3: (2, 4, 5) for windows of 3 over 1 to 5, (1, 3, 5)
#       for windows of 2. onnxruntime has these, and the evaluator's own AveragePool pads.
# Seen: (3, 5) both times, as with VALID. With strides of 1 the evaluator raises an IndexError for pictures of one
#       dimension. SAME_UPPER with strides of 2 is right.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
"$work/venv/bin/python" - <<'EOF'
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, shape_inference
from onnx.reference import ReferenceEvaluator

print("onnx", onnx.__version__, "onnxruntime", onnxruntime.__version__, "numpy", np.__version__)
x = np.array([[[1, 2, 3, 4, 5]]], np.float32)


def pooled(op, auto_pad, kernel):
    """The length by shape inference, and what the reference evaluator and onnxruntime give."""
    node = helper.make_node(op, ["x"], ["y"], kernel_shape=[kernel], strides=[2], auto_pad=auto_pad)
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in (("x", [1, 1, 5]), ("y", None))]
    graph = helper.make_graph([node], "pool", ends[:1], ends[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=9)
    inferred = shape_inference.infer_shapes(model).graph.output[0].type.tensor_type.shape.dim[2].dim_value
    reference = ReferenceEvaluator(model).run(None, {"x": x})[0].reshape(-1).tolist()
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return inferred, reference, session.run(None, {"x": x})[0].reshape(-1).tolist()


ok = True
for op, auto_pad, kernel, expected, seen in (
    ("MaxPool", "SAME_LOWER", 3, [2, 4, 5], [3, 5]),
    ("MaxPool", "SAME_LOWER", 2, [1, 3, 5], [3, 5]),
    ("MaxPool", "SAME_UPPER", 3, [2, 4, 5], [2, 4, 5]),
    ("AveragePool", "SAME_LOWER", 3, [1.5, 3, 4.5], [1.5, 3, 4.5]),
):
    inferred, reference, runtime = pooled(op, auto_pad, kernel)
    print(f"{op} {auto_pad} of {kernel}: {inferred} outputs inferred, onnxruntime {runtime}, reference {reference}")
    ok = ok and inferred == 3 and runtime == expected and reference == seen
sys.exit(0 if ok else 1)
EOF
