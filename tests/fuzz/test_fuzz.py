"""2,504 random programs, the same each time, leave on micrograd what they leave on PyTorch; with -m slow as many more.

`python -m tests.fuzz --programs 200000` runs more of them; what differs is printed here as the smallest program.
"""

import functools

import pytest
from fuzz.differential import LOUD, SILENT, Difference, differences
from fuzz.programs import TOPICS, program
from fuzz.search import paragraph, shorten

PROGRAMS = 313  # of each of the eight topics, in each half

halves = pytest.mark.parametrize("first", [0, pytest.param(PROGRAMS, marks=pytest.mark.slow)])


@functools.cache
def found(topic: str, first: int) -> list[tuple[int, Difference]]:
    """The differences of a topic's programs from the seed `first` on, each with the seed of its program."""
    seeds = range(first, first + PROGRAMS)
    return [(seed, difference) for seed in seeds for difference in differences(*program(topic, seed))]


@halves
@pytest.mark.parametrize("topic", TOPICS)
def test_random_programs_leave_the_same_behind(topic, first):
    silent = [(seed, difference) for seed, difference in found(topic, first) if difference.kind in SILENT]
    if silent:
        seed, difference = silent[0]
        lines, difference = shorten(program(topic, seed).lines, difference)
        count = len({seed for seed, _ in silent})
        pytest.fail(f"{count} of {PROGRAMS} programs differ, such as\n\n{paragraph(difference, lines)}", pytrace=False)


@halves
@pytest.mark.parametrize("topic", TOPICS)
def test_micrograd_seldom_raises_where_pytorch_runs(topic, first):
    """An engine that refuses much has few silent differences; most of these write to memory that they read."""
    loud = {seed for seed, difference in found(topic, first) if difference.kind == LOUD}
    assert len(loud) <= 0.05 * PROGRAMS


def test_a_topic_and_a_seed_give_the_same_program_each_time():
    assert program("views", 1).lines == program("views", 1).lines != program("views", 2).lines
