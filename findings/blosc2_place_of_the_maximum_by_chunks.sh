#!/usr/bin/env bash
# In Blosc2 the place of the maximum of (1, 9, nan, 2, 3, 4) is 0, 1 or 5, by the length of the chunks, and never that of the nan.
#
# Versions: blosc2 4.14.1, numpy 2.4.6.
# Expected: argmax is the place of max, which is nan in any layout: 2, as NumPy has it. How an array is cut into compressed chunks is
#           a matter of storage and changes no result.
# Seen: a chunk with a nan in it has no say: the largest of the other chunks wins, 9 or 4, and if there are none the answer is
#       place 0. So one nan among 200 losses in a single chunk makes the first of them the largest and the smallest. Without a
#       nan all is right.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet blosc2==4.14.1 numpy==2.4.6
"$work/venv/bin/python" - <<'EOF'
import sys

import blosc2
import numpy as np

print("blosc2", blosc2.__version__)
ok = True
for numbers, places in (([1, 9, 5, 2, 3, 4], [(1, 0)] * 3), ([1, 9, np.nan, 2, 3, 4], [(1, 0), (5, 3), (0, 0)])):
    array = np.array(numbers, dtype=np.float64)
    expected = int(np.argmax(array)), int(np.argmin(array))
    for length, known in zip((2, 3, 6), places, strict=True):
        stored = blosc2.asarray(array, chunks=(length,), blocks=(length,))
        seen = int(stored.argmax()), int(stored.argmin())
        print(f"{numbers} in chunks of {length}: max {float(stored.max())}")
        print(f"  places of the maximum and the minimum expected {expected}, seen {seen}")
        ok = ok and seen == known and np.array_equal(stored.max(), array.max(), equal_nan=True)
losses = np.sin(np.arange(200.0))
losses[17] = np.nan
stored = blosc2.asarray(losses, chunks=(200,))
seen = int(stored.argmax()), int(stored.argmin())
print(f"200 losses, one of them nan: places expected {int(np.argmax(losses)), int(np.argmin(losses))}, seen {seen}")
sys.exit(0 if ok and seen == (0, 0) else 1)
EOF
