#!/usr/bin/env bash
# In PyTorch a maximum by groups hands part of its gradient to a number that include_self=False has excluded.
#
# Versions: torch 2.13.0 (CPU).
# Expected: with include_self=False what stood in the output before does not count: not in the value, and not in the
#           gradient. The gradients of a group add up to 1, as those of amax do, shared by its largest numbers.
# Seen: the value is right. Where the old number happens to equal the maximum, it takes its share of the gradient and that is
#       lost: two equal zeros get a third each, a single zero a half. Zeros meet zeros after a relu, the usual place for this.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
"$work/venv/bin/python" -W ignore - <<'EOF'
import sys

import torch

print("torch", torch.__version__)
group = torch.tensor([0, 0, 1, 2, 2])
numbers = [0.0, 0.0, 0.0, 0.0, 5.0]
expected_value, expected = [0.0, 0.0, 5.0], [0.5, 0.5, 1.0, 0.0, 1.0]


def gradient(reduce, old):
    x = torch.tensor(numbers, requires_grad=True)
    y = reduce(torch.full((3,), old), x)
    y.sum().backward()
    return y.tolist(), x.grad.tolist()


def by_scatter(old, x):
    return old.scatter_reduce(0, group, x, "amax", include_self=False)


def by_index(old, x):
    return old.index_reduce(0, group, x, "amax", include_self=False)


def by_amax(old, x):
    return torch.stack([x[group == i].amax() for i in range(3)])


ok = gradient(by_amax, 0.0) == (expected_value, expected)
print("gradient expected in each line", expected)
for reduce in (by_scatter, by_index):
    for old in (-1.0, 0.0):
        value, seen = gradient(reduce, old)
        print(f"{reduce.__name__:10} with {old:4} in the output before: value {value}, gradient {[round(g, 3) for g in seen]}")
        known = expected if old else [1 / 3, 1 / 3, 0.5, 0.0, 1.0]
        ok = ok and value == expected_value and torch.allclose(torch.tensor(seen), torch.tensor(known))
sys.exit(0 if ok else 1)
EOF
