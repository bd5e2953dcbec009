#!/usr/bin/env bash
# With one seed, dropout drops other entries of two equal tensors when one of them is a transposed view.
#
# Versions: torch 2.13.0.
# Expected: after the same manual_seed, a random operation gives equal results for equal tensors (x == y everywhere).
# Seen: dropout, normal_ and randn_like draw in the order of memory, so a transposed (or channels_last) tensor gets
#       another mask; torch.bernoulli, which also draws an entry for an entry, goes by index and does not.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
"$work/venv/bin/python" - <<'EOF'
import sys

import torch

print("torch", torch.__version__)
row_major, transposed = torch.full((8, 2), 0.5), torch.full((2, 8), 0.5).t()
assert torch.equal(row_major, transposed)
same = {}
for name, draw in (
    ("dropout", torch.nn.functional.dropout),
    ("randn_like", torch.randn_like),
    ("normal_", lambda x: x.clone().normal_()),
    ("bernoulli", torch.bernoulli),
):
    results = []
    for x in (row_major, transposed):
        torch.manual_seed(0)
        results.append(draw(x))
    same[name] = torch.equal(*results)
print("expected: the same numbers for both layouts")
print("seen, the same:", same)
wanted = {"dropout": False, "randn_like": False, "normal_": False, "bernoulli": True}
sys.exit(0 if same == wanted else 1)
EOF
