#!/usr/bin/env bash
# In TensorFlow the softmax of (1, nan, 3) is (0, nan, 0) in float32 and bfloat16, and all nan in float64 and float16.
#
# Versions: tensorflow-cpu 2.21.0, numpy 2.4.6.
# Expected: the sum under the fraction is nan, so each probability is, as log_softmax has it in each type, and softmax in
#           float32 when compiled by XLA or with oneDNN off. An infinite score gives nan in the same way.
# Seen: by oneDNN, which TensorFlow uses by default for float32 and bfloat16, only the place of the nan is nan. All else gets the
#       probability 0, a number: one bad key takes away the attention of all the others.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet tensorflow-cpu==2.21.0 numpy==2.4.6
export CUDA_VISIBLE_DEVICES=-1 TF_CPP_MIN_LOG_LEVEL=3 TF_ENABLE_ONEDNN_OPTS=1
"$work/venv/bin/python" -W ignore - <<'EOF' 2>/dev/null
import sys

import numpy as np
import tensorflow as tf

print("tensorflow", tf.__version__)
compiled = tf.function(tf.nn.softmax, jit_compile=True)
ok = bool(np.isnan(compiled(tf.constant([1.0, np.nan, 3.0]))).all())
print("float32, compiled: all nan:", ok)
for kind in ("float64", "float16", "bfloat16", "float32"):
    for scores in ((1.0, np.nan, 3.0), (1.0, np.inf, 3.0)):
        x = tf.constant(scores, kind)
        expected = np.asarray(tf.exp(tf.nn.log_softmax(x)), np.float64)
        seen = np.asarray(tf.nn.softmax(x), np.float64)
        print(f"{kind:8} softmax of {scores}: expected {expected.tolist()}, seen {seen.tolist()}")
        by_one_dnn = kind in ("bfloat16", "float32")
        known = [0.0, np.nan, 0.0] if by_one_dnn else [np.nan] * 3
        ok = ok and np.isnan(expected).all() and np.array_equal(seen, known, equal_nan=True)
sys.exit(0 if ok else 1)
EOF
