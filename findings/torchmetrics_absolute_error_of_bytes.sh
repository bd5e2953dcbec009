#!/usr/bin/env bash
# In TorchMetrics the mean absolute error of two images that differ by 1 is 255 or 1, by their order, if the pixels are bytes.
#
# Versions: torchmetrics 1.9.0, torch 2.13.0 (CPU).
# Expected: pixels 10 and 11 have a mean absolute error of 1 in either order, as float images have it, and their squared error is
#           1 in every type.
# Seen: uint8 images are taken without a word and the difference wraps around: 10 - 11 is 255. The metric of the squared error and
#       PSNR turn into floats first and are right; the absolute error, its relative kinds and the Minkowski distance do not.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torchmetrics==1.9.0 torch==2.13.0 numpy==2.4.6
"$work/venv/bin/python" -W ignore - <<'EOF'
import sys

import torch
import torchmetrics
from torchmetrics.functional import mean_absolute_error, mean_squared_error, minkowski_distance

print("torchmetrics", torchmetrics.__version__, "torch", torch.__version__)
darker, lighter = torch.full((8, 8), 10, dtype=torch.uint8), torch.full((8, 8), 11, dtype=torch.uint8)
ok = True
for name, metric, wrong in (
    ("squared error", mean_squared_error, 1.0),
    ("absolute error", mean_absolute_error, 255.0),
    ("Minkowski, p=1", lambda a, b: minkowski_distance(a, b, p=1) / a.numel(), 255.0),
):
    expected = float(metric(darker.float(), lighter.float()))
    seen = [float(metric(*pair)) for pair in ((darker, lighter), (lighter, darker))]
    print(f"{name:14}: expected {expected} in either order, seen {seen}")
    ok = ok and expected == 1.0 and seen == [wrong, 1.0]
metric = torchmetrics.MeanAbsoluteError()
metric.update(darker, lighter)
sys.exit(0 if ok and metric.compute() == 255.0 else 1)
EOF
