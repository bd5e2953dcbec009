#!/usr/bin/env bash
# In SciPy the gradient magnitude of an image of bytes is smallest at its steepest edge, though the right number fits in a byte.
#
# Versions: scipy 1.17.1, numpy 2.4.6.
# Expected: an edge from 0 to 200 has a slope of 72, as for the same pixels in int16 or as floats (rounded down); a byte holds
#           255, and gaussian_filter of the same bytes keeps its sums in floating point.
# Seen: gaussian_gradient_magnitude squares each slope in the image's own type and takes the root of what is left of it: 72
#       squared is 5184, in a byte 64, and the root is 8. A slope of 12 stays 12, so a soft edge outshines a sharp one.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet scipy==1.17.1 numpy==2.4.6
"$work/venv/bin/python" - <<'EOF'
import sys

import numpy as np
import scipy
from scipy.ndimage import gaussian_gradient_magnitude

print("scipy", scipy.__version__, "numpy", np.__version__)
ok = True
for height in (30, 200):
    image = np.zeros((9, 8), dtype=np.uint8)
    image[:, 4:] = height
    exact = gaussian_gradient_magnitude(image.astype(float), sigma=1)[4]
    expected = gaussian_gradient_magnitude(image.astype(np.int16), sigma=1)[4]
    seen = gaussian_gradient_magnitude(image, sigma=1)[4]
    print(f"edge from 0 to {height}: expected {expected.tolist()}, seen {seen.tolist()}, exact at most {exact.max():.1f}")
    ok = ok and exact.max() < 255 and np.abs(expected - exact).max() < 1.5
    ok = ok and (np.array_equal(seen, expected) if height == 30 else expected.max() == 72 and seen.max() < 10)
sys.exit(0 if ok else 1)
EOF
