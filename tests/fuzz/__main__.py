"""Run many random programs on micrograd and on PyTorch, and write down the smallest ones that differ.

    python -m tests.fuzz --programs 200000 --processes 2 --seed 1 --out fuzz.txt

prints what differs silently as it is met, and in the end how many programs differ in each way; it writes for each
distinct difference the smallest program that shows it, what the two libraries gave, and how often it was met.
"""

import argparse
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from .differential import KINDS, SILENT
from .programs import TOPICS
from .search import Finding, entry, report, try_programs

AT_ONCE = 50  # programs of one task of a process


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("--programs", type=int, default=20_000, help="how many programs (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="the first programs' seed (default: %(default)s)")
    parser.add_argument("--processes", type=int, default=2, help="how many processes (default: %(default)s)")
    parser.add_argument("--topic", choices=TOPICS, help="programs of one topic alone")
    parser.add_argument("--out", type=Path, help="the file for the programs that differ")
    arguments = parser.parse_args()
    topics = [arguments.topic] if arguments.topic else TOPICS
    each = -(-arguments.programs // len(topics))
    start = arguments.seed * 1_000_000_000
    tasks = [(t, start + i, min(AT_ONCE, each - i)) for i in range(0, each, AT_ONCE) for t in topics]
    began = time.perf_counter()
    findings: list[Finding] = []
    with ProcessPoolExecutor(arguments.processes, get_context("spawn")) as pool:
        for some in pool.map(try_programs, tasks):
            findings += some
            for finding in some:
                if finding.kind in SILENT:
                    print(entry([finding]), flush=True)
    seconds = time.perf_counter() - began
    count = sum(task[2] for task in tasks)
    print(f"{count} programs in {seconds:.0f} s, {count / seconds:.0f} a second")
    differing = {(f.topic, f.seed) for f in findings if f.kind in SILENT}
    print(f"{len(differing)} differ silently")
    for kind in KINDS:
        of_kind = {(f.topic, f.seed) for f in findings if f.kind == kind}
        distinct = {f.signature for f in findings if f.kind == kind}
        print(f"{len(of_kind):7d}  {kind} ({len(distinct)} distinct)")
    if arguments.out:
        arguments.out.write_text(report(findings))
        print(f"the programs: {arguments.out}")


if __name__ == "__main__":
    main()
