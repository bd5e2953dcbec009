#!/usr/bin/env bash
# torch.func.jacrev of cdist has the gradient of the first distance in every row of the Jacobian.
#
# Versions: torch 2.13.0 (CPU).
# Expected: the Jacobian of the distances is the same by torch.func.jacrev, by jacrev with chunk_size=1, by
#           torch.autograd.functional.jacobian and from the formula: direction(i, j) / length.
# Seen: the last three agree. jacrev asks for all rows at once (vmap over the vjp), and each gets what the first asked for: the
#       other points have a slope of 0, whatever p is. With cdist(x, x) the first distance is 0, and so is the whole Jacobian.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
"$work/venv/bin/python" - <<'EOF'
import sys

import torch
from torch.func import jacrev, vjp

print("torch", torch.__version__)
x = torch.tensor([[0.0, 0.0], [3.0, 4.0]], dtype=torch.float64)
y = torch.tensor([[0.0, 1.0], [6.0, 8.0]], dtype=torch.float64)


def by_cdist(x):
    return torch.cdist(x, y).flatten()


def by_formula(x):
    return (x[:, None] - y).square().sum(-1).sqrt().flatten()


expected, seen = jacrev(by_formula)(x), jacrev(by_cdist)(x)
same = torch.equal(by_cdist(x), by_formula(x))
others = [torch.autograd.functional.jacobian(by_cdist, x), jacrev(by_cdist, chunk_size=1)(x)]
others.append(torch.stack([vjp(by_cdist, x)[1](row)[0] for row in torch.eye(4, dtype=torch.float64)]))
agree = all(torch.allclose(other, expected) for other in others)
for i, distance in enumerate(by_cdist(x)):
    print(f"distance {distance:7.4f}: expected {expected[i].flatten().tolist()}, seen {seen[i].flatten().tolist()}")
print(f"distances equal: {same}; Jacobian one by one, in chunks of 1, by autograd.functional as expected: {agree}")
repeated = bool((seen == seen[0]).all()) and torch.allclose(seen[0], expected[0]) and not torch.allclose(seen, expected)
itself = jacrev(lambda x: torch.cdist(x, x))(x)
print("largest entry of the Jacobian of cdist(x, x): expected 0.8, seen", itself.abs().max().item())
sys.exit(0 if same and agree and repeated and not itself.any() else 1)
EOF
