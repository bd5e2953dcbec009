"""Programs by the thousand: the differences that they show, each with the smallest program that shows it."""

import re
from collections import Counter
from typing import NamedTuple

import torch

from .differential import ERROR_CLASS, KINDS, LOUD, SILENT, UNREFUSED, Difference, differences, smallest
from .programs import program

ENOUGH, FEW = 300, 3  # so many silent differences of a kind, and loud ones of a message, each process makes small


NOT_SHORTENED = "not made small"


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
        lines, outcome = program(topic, seed)
        found = differences(lines, outcome)
        seen = set()
        for difference in found:
            kind = difference.kind
            label = kind if kind in SILENT else (kind, message(difference))
            if label in seen:
                continue
            seen.add(label)
            lines_of_it, shown = lines, difference
            if shortened[label] < (ENOUGH if kind in SILENT else FEW):
                shortened[label] += 1
                lines_of_it, shown = shorten(lines, difference)
            signature = steps(lines_of_it) if kind in SILENT else message(difference)
            if kind in SILENT and lines_of_it is lines:
                signature = NOT_SHORTENED
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


def report(findings: list[Finding]) -> str:
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.kind, finding.signature), []).append(finding)
    text = []
    for kind in KINDS:
        of_kind = [group for (k, _), group in groups.items() if k == kind]
        for group in sorted(of_kind, key=len, reverse=True):
            text.append(entry(group))
    return "\n".join(text)


def entry(group: list[Finding]) -> str:
    """The smallest of the findings that are alike, and how often they were met."""
    finding = min(group, key=lambda f: (len(f.lines), sum(map(len, f.lines))))
    header = f"# {finding.kind}, {len(group)} times: {finding.signature}  ({finding.topic} {finding.seed})"
    return f"{header}\n{paragraph(finding.difference, finding.lines)}"


def paragraph(difference: Difference, lines: list[str]) -> str:
    """A program to paste, and what the libraries gave."""
    text = "\n".join(lines)
    kind, what, mine, theirs = difference
    return f"{text}\n# {kind}: {what}\n#   micrograd {mine}\n#   PyTorch   {theirs}\n"
