#!/usr/bin/env bash
# With numexpr installed, pandas' query("x > 5") drops each row whose x is an unsigned number from 2 ** 63 on.
#
# Versions: pandas 3.1.1, numexpr 2.14.2, numpy 2.4.6.
# Expected: an optional package that makes query and eval faster leaves their answers as they are: of unsigned 64-bit numbers, the
#           usual type of a hash, 2 ** 63 and 2 ** 64 - 1 are above 5, and half of 2 ** 63 is 2 ** 62.
# Seen: numexpr reads the numbers as signed, without an error. They come out negative, so half of all hashes fall out of a query,
#       and x / 2 and x.sum() are negative. df[df.x > 5] and engine="python" are right.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
cat >"$work/ids.py" <<'EOF'
import sys
from importlib.util import find_spec

import numpy as np
import pandas as pd

frame = pd.DataFrame({"x": np.array([7, 2**63, 2**64 - 1], dtype=np.uint64)})
expected = frame[frame.x > 5].x.tolist()
seen, by_python = frame.query("x > 5").x.tolist(), frame.query("x > 5", engine="python").x.tolist()
half = frame.eval("x / 2").tolist()
print("pandas", pd.__version__, "with numexpr" if find_spec("numexpr") else "without numexpr")
print("rows above 5: expected", expected, "seen", seen)
print("halves: expected", (frame.x / 2).tolist(), "seen", half)
if sys.argv[1] == "lost":
    ok = seen == [7] and half[1] == -(2.0**62)
else:
    ok = seen == expected and half[1] == 2.0**62
sys.exit(0 if ok and expected == by_python == frame.x.tolist() else 1)
EOF
"$work/venv/bin/pip" install --quiet pandas==3.1.1 numpy==2.4.6
"$work/venv/bin/python" "$work/ids.py" kept
"$work/venv/bin/pip" install --quiet numexpr==2.14.2
"$work/venv/bin/python" "$work/ids.py" lost
