#!/usr/bin/env bash
# In Thinc the normalized loss of the same rows is half as large if each is there twice, and its gradient is not its slope.
#
# Versions: thinc 9.1.1, numpy 2.4.6.
# Expected: a loss that is divided by the number of rows does not change when every row is repeated, as CosineDistance has it, and
#           get_grad is the slope of get_loss, as CosineDistance has it too.
# Seen: L2Distance divides the differences by the number of rows and squares them afterwards, so its loss falls with the size of
#       the batch, and get_grad is half of that number times the slope. CategoricalCrossentropy takes the same squares, no
#       logarithm: for certain and wrong guesses, whose cross-entropy is infinite, it is 2 over the number of rows. A loss of
#       one batch size cannot be compared with that of another, nor the last, smaller batch with the ones before.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet thinc==9.1.1 numpy==2.4.6
"$work/venv/bin/python" - <<'EOF'
import sys
from importlib.metadata import version

import numpy as np
from thinc.api import CategoricalCrossentropy, CosineDistance, L2Distance

print("thinc", version("thinc"))
random = np.random.default_rng(0)
guesses, truths = random.normal(size=(2, 4, 3))
sure, wrong = np.eye(3)[[0, 1, 2, 0]], np.eye(3)[[1, 2, 0, 1]]


def slope(loss, rows, targets, step=1e-4):
    """The slope of the loss in the first number, by the difference of two values."""
    change = np.zeros_like(rows)
    change[0, 0] = step
    return float(loss.get_loss(rows + change, targets) - loss.get_loss(rows - change, targets)) / (2 * step)


ok = True
for loss, a, b in ((CosineDistance(), guesses, truths), (L2Distance(), guesses, truths), (CategoricalCrossentropy(), sure, wrong)):
    times = (1, 2, 10)
    seen = [float(loss.get_loss(np.tile(a, (n, 1)), np.tile(b, (n, 1)))) for n in times]
    print(f"{type(loss).__name__} of 4, 8 and 40 rows: expected one number, seen {np.round(seen, 4).tolist()}")
    shrinks = not isinstance(loss, CosineDistance)
    ok = ok and np.allclose(seen, [seen[0] / n if shrinks else seen[0] for n in times], rtol=1e-4)
    if a is guesses:
        ratios = []
        for n in times:
            rows, targets = np.tile(a, (n, 1)), np.tile(b, (n, 1))
            ratios.append(float(loss.get_grad(rows, targets)[0, 0] / slope(loss, rows, targets)))
        print(f"  its gradient by its slope: expected 1, seen {np.round(ratios, 2).tolist()}")
        ok = ok and np.allclose(ratios, [2 * n if shrinks else 1 for n in times], rtol=1e-2)
    else:
        ok = ok and np.isclose(seen[0], 2 / 4)
sys.exit(0 if ok else 1)
EOF
