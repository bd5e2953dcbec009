#!/usr/bin/env bash
# Parameters without dimensions that are stacked and added up get one gradient in memory between them in PyTorch.
#
# Versions: torch 2.13.0 (CPU).
# Expected: of the sum of two parameters each gets 1, and 2 after a second backward; clip_grad_norm_ to a norm of 1 leaves each
#       0.7071, as where they are added up by +.
# Seen: 3 after a second backward (with four parameters 5), and 0.5 after clipping: the gradients of the parts of a sum are one
#       number that is expanded, each leaf takes its part over as its grad without a copy, and what changes one grad in place,
#       as accumulation and clipping do, changes all of them. Parameters of shape (1,) are not concerned.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
"$work/venv/bin/python" -W ignore - <<'EOF'
import sys

import torch

print("torch", torch.__version__)


def added(parameters):
    return sum(parameters[1:], parameters[0])


def stacked(parameters):
    return torch.stack(parameters).sum()


def twice(loss, n, shape=()):
    parameters = [torch.ones(shape, requires_grad=True) for _ in range(n)]
    for _ in range(2):
        loss(parameters).sum().backward()
    return [p.grad.item() for p in parameters]


def clipped(loss):
    parameters = [torch.ones((), requires_grad=True) for _ in range(2)]
    loss(parameters).backward()
    torch.nn.utils.clip_grad_norm_(parameters, 1.0)
    return [round(p.grad.item(), 4) for p in parameters]


for n in (2, 4):
    print(f"{n} parameters, backward twice: expected {twice(added, n)}, seen {twice(stacked, n)}")
print(f"clipped to a norm of 1: expected {clipped(added)}, seen {clipped(stacked)}")
print(f"for comparison, of shape (1,): {twice(stacked, 2, (1,))}")
as_seen = twice(stacked, 2) == [3, 3] and twice(stacked, 4) == [5] * 4 and clipped(stacked) == [0.5, 0.5]
right = twice(added, 2) == [2, 2] == twice(stacked, 2, (1,)) and clipped(added) == [0.7071, 0.7071]
sys.exit(0 if as_seen and right else 1)
EOF
