#!/usr/bin/env bash
# onnxruntime's GroupNormalization of a patch of equal pixels is nan, and it is far off where the mean is large.
#
# Versions: onnxruntime 1.32.0, onnx 1.23.2, numpy 2.4.6.
# Expected: one group for each channel is InstanceNormalization: the same numbers, 0 where all pixels are equal (epsilon
#           is there to divide by), and about float64's elsewhere.
# Seen: InstanceNormalization is right. GroupNormalization subtracts the square of the mean from the mean of the squares. That
#       can be less than -epsilon, and then a patch of equal pixels is nan, at one brightness and not at the next; noise around
#       1000 is off by a tenth and more.
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

print("onnxruntime", version("onnxruntime"), "onnx", version("onnx"))
CHANNELS, PIXELS = 200, 7 * 7


def normalized(operator, x, **attributes):
    inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("x", "scale", "bias")]
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    node = helper.make_node(operator, ["x", "scale", "bias"], ["y"], epsilon=1e-5, **attributes)
    graph = helper.make_graph([node], "norm", inputs, [y])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    one, zero = np.ones(CHANNELS, dtype=np.float32), np.zeros(CHANNELS, dtype=np.float32)
    return session.run(None, {"x": x, "scale": one, "bias": zero})[0]


noise = np.random.default_rng(0).normal(size=(1, CHANNELS, PIXELS))
shades = np.linspace(0.3, 254.7, CHANNELS)[None, :, None]  # a channel of equal pixels for each brightness
ok = True
for name, x in (("noise", noise), ("noise + 1000", noise + 1000), ("equal pixels", 0 * noise + shades)):
    x = x.astype(np.float32)
    x64 = x.astype(np.float64)
    exact = (x64 - x64.mean(2, keepdims=True)) / np.sqrt(x64.var(2, keepdims=True) + 1e-5)
    instance, group = normalized("InstanceNormalization", x), normalized("GroupNormalization", x, num_groups=CHANNELS)
    error, seen, lost = np.abs(instance - exact).max(), np.nanmax(np.abs(group - exact)), np.isnan(group[0, :, 0]).sum()
    print(f"{name}: largest error {error:.0e} by InstanceNormalization, {seen:.2g} by GroupNormalization, {lost} channels nan")
    known = {"noise": seen < 1e-3 and not lost, "noise + 1000": seen > 0.05, "equal pixels": lost > 5}
    ok = ok and error < 0.05 and known[name]
sys.exit(0 if ok else 1)
EOF
