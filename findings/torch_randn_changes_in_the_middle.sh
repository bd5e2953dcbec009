#!/usr/bin/env bash
# One more number asked of torch.randn changes numbers in the middle, and from 15 to 16 changes them all.
#
# Versions: torch 2.13.0 (CPU).
# Expected: with one seed, randn(18) begins with randn(17), as torch.rand does and as NumPy's generators do.
# Seen: below 16 the numbers come one after the other; from 16 on they are made in blocks of 16, and the last block is
#       laid over the end. So randn(15) and randn(16) share nothing, and randn(17) and randn(18) differ at 1 and at 9.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
"$work/venv/bin/python" - <<'EOF'
import sys

import torch

print("torch", torch.__version__)


def differ(draw, n):
    torch.manual_seed(0)
    shorter = draw(n)
    torch.manual_seed(0)
    longer = draw(n + 1)
    return (shorter != longer[:n]).nonzero().flatten().tolist()


seen = {(draw.__name__, n): differ(draw, n) for draw in (torch.randn, torch.rand) for n in (14, 15, 17)}
print("expected: no index at which n and n + 1 numbers of the same seed differ")
for (name, n), where in seen.items():
    print(f"seen: {name}({n}) and {name}({n + 1}) differ at {where}")
ok = seen["randn", 14] == [] and seen["randn", 15] == list(range(15)) and seen["randn", 17] == [1, 9]
sys.exit(0 if ok and not any(seen["rand", n] for n in (14, 15, 17)) else 1)
EOF
