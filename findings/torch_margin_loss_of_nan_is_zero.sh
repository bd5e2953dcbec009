#!/usr/bin/env bash
# PyTorch's multi_margin_loss of scores that are all nan is 0, the perfect loss; compiled, the same call is nan.
#
# Versions: torch 2.13.0 (CPU).
# Expected: nan, as cross_entropy and the other margin losses have it, with or without torch.compile.
# Seen: a margin counts if it is above 0, which nan never is: loss and gradient of a net that has diverged are 0, and so they are
#       in multilabel_margin_loss. torch.compile takes the maximum with 0 in its place (the backend that only decomposes the
#       operations, no compiler needed), and that is nan.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
"$work/venv/bin/python" -W ignore - <<'EOF'
import math
import sys

import torch
from torch.nn import functional as F

print("torch", torch.__version__)
scores = torch.full((2, 3), math.nan, requires_grad=True)
classes, labels = torch.tensor([1, 0]), torch.tensor([[1, -1, -1], [0, 2, -1]])
ok = True
for function, target in (
    (F.cross_entropy, classes),
    (F.multi_margin_loss, classes),
    (F.multilabel_margin_loss, labels),
):
    eager = function(scores, target)
    gradient = torch.autograd.grad(eager, scores)[0]
    compiled = torch.compile(function, backend="aot_eager_decomp_partition")(scores.detach(), target)
    print(f"{function.__name__}: expected nan, eager {eager.item()}, compiled {compiled.item()}, gradient {gradient[0].tolist()}")
    lost = eager.item() == 0 and not gradient.any()
    ok = ok and bool(compiled.isnan()) and (bool(eager.isnan()) if function is F.cross_entropy else lost)
zero = torch.zeros(1)
hinge = F.margin_ranking_loss(scores[0, :1], zero, torch.ones(1)), F.hinge_embedding_loss(scores[0, :1], -torch.ones(1))
print("for comparison: margin_ranking_loss and hinge_embedding_loss of nan:", [loss.item() for loss in hinge])
sys.exit(0 if ok and all(loss.isnan() for loss in hinge) else 1)
EOF
