#!/usr/bin/env bash
# The gradient of torch.var(x, dim=()) is not the gradient of the value that it returns.
#
# Versions: torch 2.13.0.
# Expected: with dim=(), var reduces over everything (it does), and its gradient is that of x.var().
# Seen: the value is x.var()'s, but the backward takes the empty list for "one number in each group": it divides by
#       1 - 1, so that all is infinite, or, with correction=0, is 3 times too large for 3 numbers. gradcheck fails.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
"$work/venv/bin/python" - <<'EOF'
import sys

import torch

print("torch", torch.__version__)


def value_and_gradient(**arguments):
    x = torch.tensor([1.0, 2.0, 4.0], dtype=torch.float64, requires_grad=True)
    y = x.var(**arguments)
    y.backward()
    return y.item(), x.grad


same_value, infinite_gradient = True, False
for correction in (1, 0):
    value, gradient = value_and_gradient(correction=correction)
    value_empty, gradient_empty = value_and_gradient(dim=(), correction=correction)
    print(f"correction={correction}: expected {value:.4f}, gradient {gradient.tolist()}")
    print(f"              seen     {value_empty:.4f}, gradient {gradient_empty.tolist()}")
    same_value &= value == value_empty
    if correction:
        infinite_gradient = bool(gradient_empty.isinf().all())
    else:
        three_times = torch.allclose(gradient_empty, 3 * gradient)
sys.exit(0 if same_value and infinite_gradient and three_times else 1)
EOF
