#!/usr/bin/env bash
# A histogram with an empty bin is not found in an exact FAISS index by Jensen-Shannon, not even by itself.
#
# Versions: faiss-cpu 1.15.1, scipy 1.17.1, numpy 2.4.6.
# Expected: p log p is 0 for p = 0, so that the Jensen-Shannon divergence of any two distributions is at most log 2, of (0.5, 0.5, 0)
#           and (0, 0, 1) it is log 2, and of one with itself 0. SciPy's jensenshannon is its square root.
# Seen: with a 0 in either the distance is nan, and what is nan does not come into the results: the index answers -1, "nothing
#       there". A hundred-thousandth in place of the 0 makes it right. Canberra does so where both have a 0 (issue 5557).
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet faiss-cpu==1.15.1 scipy==1.17.1 numpy==2.4.6
"$work/venv/bin/python" - <<'EOF'
import sys

import faiss
import numpy as np
from scipy.spatial.distance import jensenshannon

print("faiss", faiss.__version__)
histograms = np.array([[0.5, 0.5, 0], [0.4, 0.6, 0], [0.3, 0.3, 0.4], [0, 0, 1]], dtype=np.float32)
expected = np.array([[jensenshannon(a, b) ** 2 for b in histograms] for a in histograms])
nearest = np.argsort(expected, axis=1)[:, :2].tolist()


def search(rows):
    """All distances, and the two that an exact index finds nearest to each row."""
    index = faiss.IndexFlat(3, faiss.METRIC_JensenShannon)
    index.add(rows)
    return faiss.pairwise_distances(rows, rows, faiss.METRIC_JensenShannon), index.search(rows, 2)[1].tolist()


for name, rows in (("a 0", histograms), ("1e-5", np.maximum(histograms, np.float32(1e-5)))):
    distances, seen = search(rows)
    print(f"with {name} in the empty bins: nearest two expected {nearest}, seen {seen}")
    first = [row[0].astype(float).round(3).tolist() for row in (expected, distances)]
    print("  distances from the first: expected", first[0], "seen", first[1])
    if name == "a 0":
        full = (histograms > 0).all(axis=1)
        ok = (np.isnan(distances) != (full[:, None] & full)).all() and seen == [[-1, -1], [-1, -1], [2, -1], [-1, -1]]
    else:
        ok = ok and np.allclose(distances, expected, atol=1e-3) and seen == nearest
sys.exit(0 if ok else 1)
EOF
