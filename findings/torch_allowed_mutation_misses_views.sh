#!/usr/bin/env bash
# torch.autograd.graph.allow_mutation_on_saved_tensors gives wrong gradients, in silence, for changes through a view.
#
# Versions: torch 2.13.0 (CPU).
# Expected: within it a tensor that backward has saved may be changed in place; the gradient is that of the old numbers.
# Seen: so it is where the saved tensor itself is changed. Where a part of it is (b[1:].zero_()), nothing is copied, and the
#       check that refuses this elsewhere is off: backward takes the new numbers.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
"$work/venv/bin/python" - <<'EOF'
import contextlib
import sys

import torch
from torch.autograd.graph import allow_mutation_on_saved_tensors

print("torch", torch.__version__)


def gradient(change, within):
    with within():
        a = torch.ones(3, requires_grad=True)
        b = torch.tensor([4.0, 2.0, 1.0])
        total = (a * b).sum()
        change(b)
        try:
            total.backward()
        except RuntimeError:
            return "refused"
    return a.grad.tolist()


def whole(b):
    b.zero_()


def part(b):
    b[1:].zero_()


seen = {}
for change in (whole, part):
    outside = gradient(change, contextlib.nullcontext)
    seen[change] = gradient(change, allow_mutation_on_saved_tensors)
    print(f"change of the {change.__name__:5}: outside {outside}, expected within [4.0, 2.0, 1.0], seen {seen[change]}")
    if outside != "refused":
        sys.exit(1)
sys.exit(0 if seen == {whole: [4.0, 2.0, 1.0], part: [4.0, 0.0, 0.0]} else 1)
EOF
