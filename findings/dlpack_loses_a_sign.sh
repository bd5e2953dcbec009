#!/usr/bin/env bash
# DLPack hands on the imaginary part of a conjugated tensor with the wrong sign.
#
# Versions: torch 2.13.0, numpy 2.4.6.
# Expected: np.from_dlpack(t) has t's values, or refuses, as t.numpy() does and as from_dlpack does for a conjugate view.
# Seen: PyTorch negates lazily, by a bit on the view. The export refuses the bit for "conjugate" but not the one for
#       "negative": the plain memory goes out, every number with the opposite sign, even from torch to torch.
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
z = torch.tensor([0 + 1j, 2 + 3j])
y = z.conj().imag
in_numpy, in_torch = np.from_dlpack(y), torch.from_dlpack(y)
print("expected:", y.tolist(), "or an error")
print("seen: np.from_dlpack", in_numpy.tolist(), "torch.from_dlpack", in_torch.tolist())


def refuses(export):
    try:
        export()
    except (BufferError, RuntimeError) as e:
        print("for comparison, refused:", e)
        return True
    return False


others_refuse = refuses(y.numpy) and refuses(lambda: np.from_dlpack(z.conj()))
wrong = y.tolist() == [-1.0, -3.0] and in_numpy.tolist() == [1.0, 3.0] and in_torch.tolist() == [1.0, 3.0]
sys.exit(0 if wrong and others_refuse else 1)
EOF
