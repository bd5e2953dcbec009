#!/usr/bin/env bash
# all_reduce (gloo) of a vector whose entries are all equal gives a vector whose entries are not.
#
# Versions: torch 2.13.0, its gloo backend, 3 processes on one machine.
# Expected: each rank sends n times one number; the n sums are one number, since they add the same three floats.
# Seen: the vector is split over the ranks and each part is added in another order, so with 3 ranks there are up to 3
#       different sums. Two replicas of a weight, or the same weight at another place in a bucket, drift apart.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
cat >"$work/sums.py" <<'EOF'
import sys

import torch
import torch.distributed as dist


def run(rank, store):
    dist.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=3)
    total = torch.full((64,), [0.8, -2.5, 1.4][rank])
    dist.all_reduce(total)
    if rank == 0:
        print("torch", torch.__version__, "gloo, 3 ranks; expected one sum in all 64 places, seen:")
        for value in sorted(set(total.tolist())):
            print(f"   {value:.9f} in {(total == value).sum()} places")
        dist.barrier()
        sys.exit(0 if len(set(total.tolist())) > 1 else 1)
    dist.barrier()


if __name__ == "__main__":
    torch.multiprocessing.spawn(run, (sys.argv[1],), 3)
EOF
"$work/venv/bin/python" "$work/sums.py" "$work/store"
