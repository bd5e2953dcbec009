#!/usr/bin/env bash
# In River the rolling area under the ROC curve of a model that gives every example the same score is 0, 0.4 or 0.5, by the counts.
#
# Versions: river 0.26.1, scikit-learn 1.9.1.
# Expected: RollingROCAUC gives the exact value for its window, its page says: the share of pairs of a positive and a negative
#           that are ranked rightly, ties counting a half. Equal scores make 0.5, as in ROCAUC of River and in scikit-learn.
# Seen: 0 for one positive among ten, 0.4 for five, 0.5 for two among four: each negative gets half of the positives that share its
#       score, rounded down. Two positives at 0.9 and 0.5, two negatives at 0.5 and 0.1 have 3 pairs of 4, not 3.5.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet river==0.26.1 scikit-learn==1.9.1
"$work/venv/bin/python" - <<'EOF'
import sys
from importlib.metadata import version

from river.metrics import ROCAUC, RollingROCAUC
from sklearn.metrics import roc_auc_score

print("river", version("river"))
ok = True
for labels, scores, wrong in (
    ([1, 0, 1, 0], [0.9, 0.6, 0.5, 0.1], 0.75),
    ([1, 0, 1, 0], [0.9, 0.5, 0.5, 0.1], 0.75),
    ([1, 1, 0, 0], [0.5] * 4, 0.5),
    ([1] * 5 + [0] * 5, [0.5] * 10, 0.4),
    ([1] * 3 + [0] * 7, [0.5] * 10, 1 / 3),
    ([1] + [0] * 9, [0.5] * 10, 0.0),
):
    rolling, whole = RollingROCAUC(window_size=len(labels)), ROCAUC(n_thresholds=101)
    for label, score in zip(labels, scores, strict=True):
        rolling.update(bool(label), score)
        whole.update(bool(label), score)
    expected = roc_auc_score(labels, scores)
    print(f"labels {labels}, scores {scores}: expected {expected}, ROCAUC {whole.get():.3f}, seen {rolling.get():.3f}")
    ok = ok and abs(whole.get() - expected) < 1e-3 and abs(rolling.get() - wrong) < 1e-9
sys.exit(0 if ok else 1)
EOF
