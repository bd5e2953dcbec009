#!/usr/bin/env bash
# Optuna's PatientPruner lets a trial whose loss is nan, or stands still, run to its end, whatever pruner it wraps.
#
# Versions: optuna 5.0.0.
# Expected: patience delays the wrapped pruner's verdict by some steps without an improvement. ThresholdPruner and
#           MedianPruner stop a trial of nothing but nan at its first report, so with patience=1 it stops a bit later.
# Seen: only a loss that grows ends the patience. A loss stuck at a bad value, and nan, which compares as false with
#       everything, never do: the wrapped pruner is not even asked, and all 20 steps are run.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet optuna==5.0.0
"$work/venv/bin/python" -W ignore - <<'EOF'
import sys

import optuna
from optuna.pruners import MedianPruner, PatientPruner, ThresholdPruner

optuna.logging.set_verbosity(optuna.logging.ERROR)
print("optuna", optuna.__version__)
STEPS = 20


def steps_run(pruner, loss, growth=0.0):
    study = optuna.create_study(direction="minimize", pruner=pruner)
    for _ in range(6):
        trial = study.ask()
        for step in range(STEPS):
            trial.report(1.0 / (step + 1), step)
        study.tell(trial, 1.0 / STEPS)
    trial = study.ask()
    for step in range(STEPS):
        trial.report(loss + growth * step, step)
        if trial.should_prune():
            break
    return step + 1


nan = float("nan")
ok = True
for pruner in (ThresholdPruner(upper=5.0), MedianPruner()):
    patient = PatientPruner(pruner, patience=1)
    alone = steps_run(pruner, nan), steps_run(pruner, 9.0)
    seen = steps_run(patient, nan), steps_run(patient, 9.0)
    growing = steps_run(patient, 9.0, growth=0.1)
    print(f"{type(pruner).__name__}: steps run of a loss of (nan, 9.0): alone {alone}, expected with patience=1: a few,")
    print(f"    seen: {seen}; of a loss that grows from 9.0: {growing}")
    ok = ok and alone == (1, 1) and seen == (STEPS, STEPS) and growing < 5
sys.exit(0 if ok else 1)
EOF
