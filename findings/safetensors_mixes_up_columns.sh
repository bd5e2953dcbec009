#!/usr/bin/env bash
# safetensors 0.8.0 saves a transposed NumPy array with its numbers in other places; 0.7.0 saved it right.
#
# Versions: safetensors 0.8.0 against 0.7.0, numpy 2.4.6.
# Expected: load_file(save_file({"w": w.T})) gives w.T back, or save_file refuses, as safetensors.torch does.
# Seen: the memory goes into the file as it lies, under the transposed shape: right shape, wrong matrix, no error.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
cat >"$work/round_trip.py" <<'EOF'
import sys

import numpy as np
import safetensors
from safetensors.numpy import load_file, save_file

w = np.arange(6.0).reshape(2, 3).T
save_file({"w": w}, sys.argv[1])
back = load_file(sys.argv[1])["w"]
print("safetensors", safetensors.__version__, "numpy", np.__version__)
print("expected", w.tolist(), "seen", back.tolist())
sys.exit(0 if np.array_equal(back, w) == (sys.argv[2] == "kept") else 1)
EOF
"$work/venv/bin/pip" install --quiet safetensors==0.7.0 numpy==2.4.6
"$work/venv/bin/python" "$work/round_trip.py" "$work/old.safetensors" kept
"$work/venv/bin/pip" install --quiet safetensors==0.8.0
"$work/venv/bin/python" "$work/round_trip.py" "$work/new.safetensors" mixed
