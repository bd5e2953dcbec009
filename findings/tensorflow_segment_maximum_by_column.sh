#!/usr/bin/env bash
# In TensorFlow the maximum by segments of (5, nan, 3) is 3 in one column and 5 in another; of nothing but -inf it is finite.
#
# Versions: tensorflow-cpu 2.21.0, numpy 2.4.6.
# Expected: equal columns have equal maxima: nan, as reduce_max has it, or 5. The maximum of -inf is -inf, with a gradient.
# Seen: segment_max takes whole packets of columns by one rule and the rest, or a vector, by another: there the nan beats what
#       stood before it and then loses to what comes after, so the largest number is forgotten. unsorted_segment_max starts at the
#       lowest float32: a segment of masked scores is -3.4e38, which no mask and no isinf finds, and its gradient is 0.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet tensorflow-cpu==2.21.0 numpy==2.4.6
CUDA_VISIBLE_DEVICES=-1 TF_CPP_MIN_LOG_LEVEL=3 "$work/venv/bin/python" -W ignore - <<'EOF' 2>/dev/null
import sys

import numpy as np
import tensorflow as tf

print("tensorflow", tf.__version__)
losses = tf.constant(np.repeat(np.float32([[5.0], [np.nan], [3.0]]), 19, axis=1))
one_segment = [0, 0, 0]
by_columns = tf.math.segment_max(losses, one_segment)[0].numpy()
by_vector = tf.math.segment_max(losses[:, 0], one_segment).numpy()
print("reduce_max of 19 equal columns:", set(map(str, tf.reduce_max(losses, 0).numpy())))
print("segment_max of the same columns: expected one number, seen", by_columns.tolist())
print("segment_max of the first column alone:", by_vector.tolist())
ok = np.isnan(tf.reduce_max(losses, 0)).all() and set(by_columns) == {3.0, 5.0} and by_vector == [3.0]

scores = tf.Variable([-np.inf, -np.inf, -np.inf])
for maximum, arguments in ((tf.math.segment_max, [one_segment]), (tf.math.unsorted_segment_max, [one_segment, 1])):
    with tf.GradientTape() as tape:
        value = maximum(scores, *arguments)
    gradient = tf.convert_to_tensor(tape.gradient(value, scores)).numpy()
    print(f"{maximum.__name__} of -inf: expected -inf, seen {float(value[0])}, sum of the gradient {gradient.sum()}")
    right, lost = np.isneginf(value).all() and np.isclose(gradient.sum(), 1), np.isfinite(value).all() and not gradient.any()
    ok = ok and (right if maximum is tf.math.segment_max else lost)
sys.exit(0 if ok else 1)
EOF
