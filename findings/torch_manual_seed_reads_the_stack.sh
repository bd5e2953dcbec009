#!/usr/bin/env bash
# torch.manual_seed takes the longer the deeper in the program it is called, on a build without any GPU.
#
# Versions: torch 2.13.0 (CPU).
# Expected: setting a seed costs the same everywhere, and about what torch.default_generator.manual_seed costs.
# Seen: for accelerators that are not there it keeps the seed for later, each time with the whole call stack as text. At 100
#       calls deep, as in a test run, it takes several times as long as at the top, and hundreds of times as long as
#       the generator's own method, which starts the same stream.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
"$work/venv/bin/python" - <<'EOF'
import sys
import timeit

import torch

print("torch", torch.__version__)


def at_depth(depth, call):
    """Microseconds of a call that stands this deep, the shortest of seven measurements."""
    if depth:
        return at_depth(depth - 1, call)
    return min(timeit.repeat(call, number=200, repeat=7)) / 200 * 1e6


def function():
    torch.manual_seed(1)


def method():
    torch.default_generator.manual_seed(1)


times = {(f.__name__, depth): at_depth(depth, f) for f in (function, method) for depth in (0, 100)}
for (name, depth), microseconds in times.items():
    print(f"{name:8} {depth:3} calls deep: {microseconds:7.1f} us")
function()
by_function = torch.rand(3)
method()
same_stream = torch.equal(by_function, torch.rand(3))
print("same stream:", same_stream)
grows = times["function", 100] > 3 * times["function", 0]
steady = times["method", 100] < 3 * times["method", 0]
sys.exit(0 if grows and steady and same_stream and times["function", 100] > 20 * times["method", 100] else 1)
EOF
