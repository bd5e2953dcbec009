#!/usr/bin/env bash
# Hyperopt's TPE is drawn to the settings whose loss is nan: there it makes most of its trials, far more than at random.
#
# Versions: hyperopt 0.3.0, numpy 2.4.6.
# Expected: a trial whose loss is nan counts as bad, as one with an infinite loss, a huge one or STATUS_FAIL does; the
#           search then stays away from that half of the space and makes a quarter of its trials there.
# Seen: nan is neither kept nor refused. The trial is forgotten (nan <= nan is false), so the half where everything diverges
#       looks for ever like the part that nobody has tried, and gets some 85 percent of the trials.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet hyperopt==0.3.0 numpy==2.4.6 setuptools==80.9.0
"$work/venv/bin/python" -W ignore - <<'EOF'
import logging
import sys
from importlib.metadata import version

import numpy as np
from hyperopt import STATUS_FAIL, fmin, hp, rand, tpe

logging.disable(logging.CRITICAL)
print("hyperopt", version("hyperopt"))


def share_of_diverged(diverged, search, seed):
    """Share of the later trials in the half x > 0.5, where training diverges; the best x is 0.3."""
    tried = []

    def loss(x):
        tried.append(x)
        return diverged if x > 0.5 else (x - 0.3) ** 2

    space, random = hp.uniform("x", 0, 1), np.random.default_rng(seed)
    fmin(loss, space, algo=search, max_evals=80, rstate=random, show_progressbar=False, verbose=False)
    return np.mean(np.array(tried[30:]) > 0.5)


shares = {}
for name, diverged, search in (
    ("random search, nan", np.nan, rand.suggest),
    ("TPE, STATUS_FAIL", {"status": STATUS_FAIL}, tpe.suggest),
    ("TPE, inf", np.inf, tpe.suggest),
    ("TPE, nan", np.nan, tpe.suggest),
):
    shares[name] = [share_of_diverged(diverged, search, seed) for seed in range(5)]
    print(f"{name:18}: share of trials that diverge, five seeds:", " ".join(f"{share:.2f}" for share in shares[name]))
print("expected: as few with nan as with inf")
away = max(shares["TPE, inf"] + shares["TPE, STATUS_FAIL"]) < 0.35
sys.exit(0 if away and min(shares["TPE, nan"]) > 0.7 and max(shares["random search, nan"]) < 0.7 else 1)
EOF
