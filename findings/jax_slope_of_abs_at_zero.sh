#!/usr/bin/env bash
# In JAX the slope of |x| at 0 is 1, so an L1 penalty pushes weights that are exactly 0 away from 0.
#
# Versions: jax 0.10.2, torch 2.13.0, autograd 1.9.1, numpy 2.4.6.
# Expected: 0, the middle of the slopes -1 and 1 on both sides, as in PyTorch and HIPS autograd; jnp.sign(0) is 0 and
#           the slope of jax.nn.relu at 0 is 0.
# Seen: jax.grad(jnp.abs)(0.0) is 1, also in the 1-norm. A step of gradient descent on the penalty alone moves a zero
#       weight to -lr, and a pruned (masked) layer fills again.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet jax==0.10.2 torch==2.13.0 autograd==1.9.1 numpy==2.4.6
"$work/venv/bin/python" - <<'EOF'
import sys

import autograd
import autograd.numpy as anp
import jax
import jax.numpy as jnp
import torch

print("jax", jax.__version__, "torch", torch.__version__, "autograd 1.9.1")
x = torch.zeros((), requires_grad=True)
x.abs().backward()
in_torch, in_autograd = x.grad.item(), float(autograd.grad(anp.abs)(0.0))
in_jax = float(jax.grad(jnp.abs)(0.0))
norm = jax.grad(lambda w: jnp.linalg.norm(w, 1))(jnp.zeros(2)).tolist()
weights = jnp.array([0.0, 1.0, -1.0])
stepped = weights - 0.1 * jax.grad(lambda w: jnp.abs(w).sum())(weights)
print("expected: 0 from each; torch", in_torch, "autograd", in_autograd, "jnp.sign(0)", float(jnp.sign(0.0)))
print("seen in jax:", in_jax, "1-norm of zeros", norm, "weights 0, 1, -1 after a step", stepped.tolist())
ok = in_torch == in_autograd == 0 and float(jnp.sign(0.0)) == 0 and float(jax.grad(jax.nn.relu)(0.0)) == 0
sys.exit(0 if ok and in_jax == 1 and norm == [1, 1] and stepped[0] < 0 else 1)
EOF
