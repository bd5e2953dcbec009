"""Run many random programs on micrograd and on PyTorch, and write down the smallest ones that differ.

    python -m tests.fuzz --programs 200000 --processes 2 --seed 1 --out fuzz.txt

prints how many programs differ in each way, and writes for each distinct difference the smallest program that shows
it, what the two libraries gave, and how often it was met.
"""

import argparse
import multiprocessing
import re
import time
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import torch

from .differential import ERROR_CLASS, KINDS, LOUD, SILENT, UNREFUSED, Difference, differences, smallest
from .programs import TOPICS, program

AT_ONCE = 50  # programs of one task of a process
ENOUGH = 3  # so often a loud difference of one message is made small by each process


class Finding(NamedTuple):
    kind: str
    signature: str
    difference: Difference
    lines: list[str]
    topic: str
    seed: int


shortened: Counter = Counter()


def try_programs(task: tuple[str, int, int]) -> list[Finding]:
    """The findings of the programs of one topic with the seeds from one on."""
    topic, first, count = task
    torch.set_num_threads(1)
    findings = []
    for seed in range(first, first + count):
        lines = program(topic, seed)
        found = differences(lines)
        seen = set()
        for difference in found:
            kind = difference.kind
            label = kind if kind in SILENT else (kind, message(difference))
            if label in seen:
                continue
            seen.add(label)
            lines_of_it, shown = lines, difference
            if kind in SILENT or shortened[label] < ENOUGH:
                shortened[label] += 1
                lines_of_it, shown = shorten(lines, difference)
            signature = steps(lines_of_it) if kind in SILENT else message(difference)
            findings.append(Finding(kind, signature, shown, lines_of_it, topic, seed))
    return findings


def shorten(lines: list[str], difference: Difference) -> tuple[list[str], Difference]:
    def alike(other: Difference) -> bool:
        if other.kind != difference.kind:
            return False
        return other.kind in SILENT or message(other) == message(difference)

    fewer = smallest(lines, lambda found: any(alike(other) for other in found))
    return fewer, next((other for other in differences(fewer) if alike(other)), difference)


def message(difference: Difference) -> str:
    """What was said by the library that raised, without the numbers."""
    text = {LOUD: difference.mine, UNREFUSED: difference.theirs}.get(difference.kind, difference.theirs)
    if difference.kind == ERROR_CLASS:
        text = f"{difference.mine.split(':')[0]} for {difference.theirs}"
    return re.sub(r"-?\b\d[\d.]*(e[+-]?\d+)?", "N", text)[:110]


def steps(lines: list[str]) -> str:
    """The operations of a program, which stand for what it is about."""
    words: list[str] = []
    for line in lines:
        line = re.sub(r"torch\.tensor\((\[.*?\]|[^,()]*)\)", "tensor", line)
        names = re.findall(r"(?:\.|\bwith torch\.)([A-Za-z_]\w*)", line)
        names += re.findall(r"\s([-+*/@%]{1,2}=?)\s", line)
        if re.match(r"[\w.()]+\[.*\] =", line):
            names.append("[]=")
        words += names
    dull = {"torch", "tensor", "float32", "sum", "backward", "zeros", "ones", "full", "requires_grad_", "inf", "nan"}
    return " ".join(sorted(set(words) - dull))


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
    with multiprocessing.get_context("spawn").Pool(arguments.processes) as pool:
        for some in pool.imap_unordered(try_programs, tasks):
            findings += some
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


def report(findings: list[Finding]) -> str:
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.kind, finding.signature), []).append(finding)
    text = []
    for kind in KINDS:
        of_kind = [group for (k, _), group in groups.items() if k == kind]
        for group in sorted(of_kind, key=len, reverse=True):
            text.append(paragraph(group))
    return "\n".join(text)


def paragraph(group: list[Finding]) -> str:
    finding: Any = min(group, key=lambda f: (len(f.lines), sum(map(len, f.lines))))
    difference = finding.difference
    header = f"# {finding.kind}, {len(group)} times: {finding.signature}  ({finding.topic} {finding.seed})"
    lines = "\n".join(finding.lines)
    return f"{header}\n{lines}\n# {difference.what}\n#   micrograd {difference.mine}\n#   PyTorch   {difference.theirs}\n"


if __name__ == "__main__":
    main()
