#!/usr/bin/env bash
# In PyTorch the first row of a conv1d with an infinite weight is nan or -inf depending on whether a second row is there.
#
# Versions: torch 2.13.0 (CPU, x86-64).
# Expected: the rows of a batch do not depend on each other, nor on float32 or float64: the zeros of padding=1 times an
#           infinite weight are nan at the border, for one row as for two.
# Seen: two rows of float32 are convolved by oneDNN, which leaves the padding out; one row, or float64, or the same with oneDNN
#       off, is convolved by PyTorch's own code, which multiplies it. A diverged net is nan for one word, not for two.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
"$work/venv/bin/python" - <<'EOF'
import math
import sys

import torch
from torch.nn.functional import conv1d

print("torch", torch.__version__)
kernel = torch.full((1, 1, 3), -math.inf)


def first_row(rows, dtype=torch.float32):
    return conv1d(torch.ones(rows, 1, 4, dtype=dtype), kernel.to(dtype), padding=1)[0, 0]


one, two, double = first_row(1), first_row(2), first_row(2, torch.float64)
with torch.backends.mkldnn.flags(enabled=False):
    without = first_row(2)
print("expected in each line the same")
print("one row, float32:            ", one.tolist())
print("two rows, float32:           ", two.tolist())
print("two rows, float64:           ", double.tolist())
print("two rows, float32, no oneDNN:", without.tolist())
border_is_nan = all(bool(row[0].isnan()) for row in (one, double, without))
sys.exit(0 if border_is_nan and two[0] == -math.inf else 1)
EOF
