#!/usr/bin/env bash
# In PyTorch a quotient of bfloat16 numbers that is cut to an integer is 9 alone and 10 beside an equal one.
#
# Versions: torch 2.13.0 (CPU).
# Expected: torch.div(a, b, rounding_mode="trunc") goes by entries: each is the same however many there are. 0.1 is a little
#           more than a tenth in bfloat16, so that it goes into 1 nine times.
# Seen: for two entries or more the quotient is rounded to bfloat16 first and then cut, to a number above the quotient. For one
#       entry it is cut in float32. The last, shorter batch, or a model fed one by one, falls into other bins. So it is in
#       float16; float32 has no such difference.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
"$work/venv/bin/python" - <<'EOF'
import sys

import torch

print("torch", torch.__version__)
ok = True
for dtype, a, b in ((torch.bfloat16, 1.0, 0.1), (torch.float16, 3.0, 0.3), (torch.float32, 1.0, 0.11)):
    numbers, steps = torch.full((2,), a, dtype=dtype), torch.full((2,), b, dtype=dtype)
    exact = int(numbers[0].item() / steps[0].item())
    one = torch.div(numbers[:1], steps[:1], rounding_mode="trunc").tolist()
    two = torch.div(numbers, steps, rounding_mode="trunc").tolist()
    print(f"{dtype}: {a} / {steps[0].item():.8f}, expected {exact} in each place; alone {one}, beside an equal one {two}")
    ok = ok and (one == [exact] and two == [exact + 1] * 2 if dtype.itemsize == 2 else one * 2 == two == [exact] * 2)
sys.exit(0 if ok else 1)
EOF
