#!/usr/bin/env bash
# In scikit-learn the largest error of bytes that differ by 10 at most is 255, and their median error 123.5 at a mean of 3.5.
#
# Versions: scikit-learn 1.9.1, numpy 2.4.6.
# Expected: of pixels or labels of the type uint8, as of floats, the errors are 1, 2, 1 and 10: mean 3.5, median 1.5, largest 10.
# Seen: mean_absolute_error and mean_squared_error work in floats. max_error and median_absolute_error subtract the bytes as they
#       are, 10 - 11 is 255, and the same two arrays have other errors in the other order. There is no warning.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet scikit-learn==1.9.1 numpy==2.4.6
"$work/venv/bin/python" - <<'EOF'
import sys

import numpy as np
import sklearn
from sklearn.metrics import max_error, mean_absolute_error, mean_squared_error, median_absolute_error

print("scikit-learn", sklearn.__version__)
truth, guess = np.array([10, 20, 30, 200], dtype=np.uint8), np.array([11, 18, 31, 190], dtype=np.uint8)
ok = True
for metric, right, wrong in (
    (mean_squared_error, 26.5, 26.5),
    (mean_absolute_error, 3.5, 3.5),
    (median_absolute_error, 1.5, 123.5),
    (max_error, 10.0, 255.0),
):
    expected, seen = float(metric(truth.astype(float), guess.astype(float))), float(metric(truth, guess))
    turned = float(metric(guess, truth))
    print(f"{metric.__name__:21}: expected {expected}, seen {seen}, with the arguments exchanged {turned}")
    ok = ok and expected == right and seen == wrong and (turned == right) == (right == wrong)
sys.exit(0 if ok else 1)
EOF
