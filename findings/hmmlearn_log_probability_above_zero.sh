#!/usr/bin/env bash
# The log probability that hmmlearn gives for a path of states that it decoded by "map" is 2.7, more than any probability has.
#
# Versions: hmmlearn 0.3.3, numpy 2.4.6.
# Expected: decode returns the log probability of the path that it returns, by its page; it is at most 0, at most the score of the
#           whole sequence, and for one and the same path it does not matter which algorithm found it.
# Seen: by "viterbi" it is the path's log probability, by "map" the sum over time of the largest posterior probability: no
#       logarithm, above 0, and the larger the longer the sequence (issue 188, open since 2017). Of two results for one path
#       "map" always looks better, so that decoder must not be chosen by it.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet hmmlearn==0.3.3 numpy==2.4.6
"$work/venv/bin/python" - <<'EOF'
import sys
from importlib.metadata import version

import numpy as np
from hmmlearn.hmm import CategoricalHMM

print("hmmlearn", version("hmmlearn"))
model = CategoricalHMM(2)
model.startprob_ = np.array([0.6, 0.4])
model.transmat_ = np.array([[0.7, 0.3], [0.2, 0.8]])
model.emissionprob_ = np.array([[0.9, 0.1], [0.1, 0.9]])


def of_the_path(seen, states):
    """The log probability of the letters and the states."""
    steps = model.transmat_[states[:-1], states[1:]]
    return np.log(model.startprob_[states[0]]) + np.log(steps).sum() + np.log(model.emissionprob_[states, seen]).sum()


ok = True
for letters in ([0, 1, 1], [0, 1, 1, 1, 0, 0] * 5):
    column = np.array(letters)[:, None]
    print(f"{len(letters)} letters, score of the sequence {model.score(column):.3f}")
    for algorithm in ("viterbi", "map"):
        seen, states = model.decode(column, algorithm=algorithm)
        expected = of_the_path(letters, states)
        posterior = model.predict_proba(column).max(axis=1).sum()
        print(f"  log probability of the path by {algorithm}: expected {expected:.3f}, seen {seen:.3f}")
        ok = ok and np.isclose(seen, expected if algorithm == "viterbi" else posterior) and (seen > 0) == (algorithm == "map")
sys.exit(0 if ok else 1)
EOF
