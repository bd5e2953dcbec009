"""Timing by alternating blocks, so that whatever else the machine is doing falls on all candidates alike."""

import os
import platform
import re
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

BLOCKS = 7
BLOCK_SECONDS = 0.02


def compare(**functions: Callable[[], object]) -> dict[str, float]:
    """Median seconds per call of each function, by its name.

    A block calls one function often enough to fill 20 ms; blocks go round, A B C A B C, seven of each. The garbage
    collector stays as it is: what a program pays for it belongs to its time.
    """
    calls = {name: _calls_in_a_block(function) for name, function in functions.items()}
    blocks: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(BLOCKS):
        for name, function in functions.items():
            blocks[name].append(_seconds(function, calls[name]) / calls[name])
    return {name: median(seconds) for name, seconds in blocks.items()}


def report(title: str, times: dict[str, float], against: str) -> None:
    """Print a table: each name of `times`, its seconds in a readable unit, and its ratio to those of `against`.

    An underscore in a name is printed as a space.
    """
    rows = [(name.replace("_", " "), _readable(t), f"{t / times[against]:.2f}") for name, t in times.items()]
    rows.insert(0, (title, "time", f"ratio to {against.replace('_', ' ')}"))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    print()
    for name, time, ratio in rows:
        print(f"{name:{widths[0]}}  {time:>{widths[1]}}  {ratio:>{widths[2]}}")


def processor() -> str:
    """The processor's name, and how many cores there are."""
    info = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*: (.*)$", info.read_text() if info.exists() else "", re.MULTILINE)
    return f"{found[1] if found else platform.processor() or platform.machine()}, {os.cpu_count()} cores"


def _calls_in_a_block(function: Callable[[], object]) -> int:
    """How many calls fill a block; they also warm up caches and allocator."""
    calls = 1
    while (seconds := _seconds(function, calls)) < BLOCK_SECONDS:
        calls = max(calls + 1, min(10 * calls, int(1.2 * calls * BLOCK_SECONDS / seconds)))
    return calls


def _seconds(function: Callable[[], object], calls: int) -> float:
    start = perf_counter()
    for _ in range(calls):
        function()
    return perf_counter() - start


def _readable(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds / 1e-9:.1f} ns"
