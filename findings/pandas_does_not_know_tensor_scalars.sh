#!/usr/bin/env bash
# pandas finds no number of a torch tensor in a column, and no nan in a column of losses.
#
# Versions: pandas 3.1.1, torch 2.13.0, numpy 2.4.6.
# Expected: pd.Series([1, 2, 3]).isin(torch.tensor([1, 2])) is True, True, False (pd.Series(tensor) becomes float32, so
#           tensors are understood); a loss that is nan is missing to isna, dropna and fillna.
# Seen: isin compares tensor scalars by identity: False throughout, silently. The column of losses, made of loss
#       tensors without .item(), is of objects: nan counts as present, and dropna keeps the row.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet pandas==3.1.1 torch==2.13.0 numpy==2.4.6
"$work/venv/bin/python" -W ignore - <<'EOF'
import sys

import pandas as pd
import torch

print("pandas", pd.__version__, "torch", torch.__version__)
ids, wanted = pd.Series([1, 2, 3]), torch.tensor([1, 2])
by_array, by_tensor = ids.isin(wanted.numpy()).tolist(), ids.isin(wanted).tolist()
print("isin: expected", by_array, "seen", by_tensor)
rows = pd.DataFrame([{"loss": torch.tensor(loss)} for loss in (2.5, float("nan"), 2.25)])
left = rows.dropna()
print("rows after dropna: expected 2, seen", len(left), "dtype", rows.loss.dtype)
print("a tensor as a whole becomes", pd.Series(torch.tensor([1.0])).dtype)
sys.exit(0 if by_array == [True, True, False] and not any(by_tensor) and len(left) == 3 else 1)
EOF
