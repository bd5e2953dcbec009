#!/usr/bin/env bash
# In Keras the slope of celu at 0 is 2 with TensorFlow, though it is 1 on both sides.
#
# Versions: keras 3.15.1, tensorflow-cpu 2.21.0, numpy 2.4.6.
# Expected: celu is smooth: x above 0, alpha * (exp(x / alpha) - 1) below, with the slope 1 at 0 from either side, for each alpha.
#           Keras has it so with JAX and with PyTorch, and elu, its equal for alpha = 1, with TensorFlow too.
# Seen: with TensorFlow celu is a maximum plus a minimum, and at a tie each gives its whole gradient. A unit that is exactly 0, as
#       all are after zero weights or a pad, learns twice as fast as one at 1e-6.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet keras==3.15.1 tensorflow-cpu==2.21.0 numpy==2.4.6
export CUDA_VISIBLE_DEVICES=-1 TF_CPP_MIN_LOG_LEVEL=3 KERAS_BACKEND=tensorflow KERAS_HOME="$work/keras"
"$work/venv/bin/python" -W ignore - <<'EOF' 2>/dev/null
import sys

import keras
import tensorflow as tf
from keras.ops import celu, elu

print("keras", keras.__version__, "tensorflow", tf.__version__)
ok = True
for name, function in (
    ("elu", elu),
    ("celu", celu),
    ("celu, alpha = 0.5", lambda x: celu(x, 0.5)),
):
    x = tf.Variable([-1e-6, 0.0, 1e-6])
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(function(x))
    seen = tape.gradient(total, x).numpy().round(4).tolist()
    print(f"slopes of {name:17} at -1e-6, 0, 1e-6: expected 1, seen {seen}")
    ok = ok and seen == [1.0, 1.0 if function is elu else 2.0, 1.0]
sys.exit(0 if ok else 1)
EOF
