#!/usr/bin/env bash
# torch.arange with a fractional step and an integer dtype counts in another step, and has another length.
#
# Versions: torch 2.13.0, numpy 2.4.6.
# Expected: torch.arange(0, 10, 2.5, dtype=torch.int64) is torch.arange(0, 10, 2.5).long(): 0, 2, 5, 7.
# Seen: the step itself is cut to 2 first, also for the length: 0, 2, 4, 6, 8, five numbers in place of four.
#       A step of 0.5 is cut to 0, and the call raises. (NumPy keeps the length of 4, but has 0, 2, 4, 6.)
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
"$work/venv/bin/python" - <<'EOF'
import sys

import numpy as np
import torch

print("torch", torch.__version__, "numpy", np.__version__)
expected = torch.arange(0, 10, 2.5).long().tolist()
seen = torch.arange(0, 10, 2.5, dtype=torch.int64).tolist()
in_numpy = np.arange(0, 10, 2.5, dtype=np.int64).tolist()
print("expected", expected, "seen", seen, "NumPy's", in_numpy)
try:
    torch.arange(0, 5, 0.5, dtype=torch.int64)
    raised = ""
except (ValueError, RuntimeError) as e:
    raised = str(e)
print("a step of 0.5:", raised or "no error")
sys.exit(0 if seen == [0, 2, 4, 6, 8] and in_numpy == [0, 2, 4, 6] and "nonzero" in raised else 1)
EOF
