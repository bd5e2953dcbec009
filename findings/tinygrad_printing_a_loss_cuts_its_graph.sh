#!/usr/bin/env bash
# In tinygrad, reading loss.item() before loss.backward() loses the part of the gradient that goes through sort or topk.
#
# Versions: tinygrad 0.14.0 (on its PYTHON device, which needs no compiler).
# Expected: looking at a number changes no gradient, as it does not for sum, max or a product.
# Seen: what sort and topk made is computed at that moment and from then on counts as a constant. The gradient of the
#       rest comes back, so that nothing is missing at first sight; no warning, no error.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet tinygrad==0.14.0
DEV=PYTHON "$work/venv/bin/python" - <<'EOF'
import sys
from importlib.metadata import version

from tinygrad import Tensor

print("tinygrad", version("tinygrad"))


def gradient(part, look):
    x = Tensor([3.0, 1.0, 2.0]).is_param_()
    loss = 10 * part(x).sum() + x.sum()
    if look:
        loss.item()
    loss.backward()
    return x.grad.tolist()


parts = {
    "max": lambda x: x.max(),
    "sort": lambda x: x.sort()[0],
    "topk": lambda x: x.topk(2)[0],
}
ok = True
for name, part in parts.items():
    expected, seen = gradient(part, look=False), gradient(part, look=True)
    print(f"{name:4}: expected {expected}, after item() {seen}")
    ok = ok and (expected == seen if name == "max" else expected != seen == [1.0, 1.0, 1.0])
sys.exit(0 if ok else 1)
EOF
