"""How many threads a run multiplies matrices on.

Several threads wait for the slowest of them after each product. Mean microseconds of a product on two cores of an AMD
EPYC, alone and beside other programs that kept both cores busy:

| rows x inner x columns | multiplications | one thread | two threads | one, busy | two, busy |
| --- | ---: | ---: | ---: | ---: | ---: |
| 32 x 128 x 192 | 0.8 million | 28 | 17 | 60 | 14,700 |
| 320 x 64 x 256 | 5 million | 114 | 63 | 340 | 3,800 |
| 320 x 128 x 512 | 21 million | 440 | 250 | 2,200 | 10,100 |
| 320 x 256 x 1024 | 84 million | 1,870 | 930 | 7,300 | 19,700 |

A small net gains little from two threads, and may become a hundred times slower. So a run whose largest product has at
most MOST_ON_ONE multiplications takes one thread: every type in its default size, on words of up to thirty characters.
Sizes alone decide this, not what runs beside, because the number of threads can change how a sum is rounded.
"""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import micrograd
from makemore import processes
from makemore.models import NGRAMS
from micrograd.nn import Embedding

MOST_ON_ONE = 1 << 24
"""Multiplications in a product of matrices."""


def threads_for(config: Mapping[str, Any], model: Any) -> int:
    """The number of threads for the steps of a run: all of NumPy's if the largest product is worth it, else one.

    Each process of an mpiexec takes one, because they share the cores.
    """
    tables = {id(module.weight) for module in model.modules() if isinstance(module, Embedding)}
    weights = [p.numel() for p in model.parameters() if p.ndim == 2 and id(p) not in tables]
    largest = config["batch_size"] * config["block_size"] * max(weights, default=0)
    if processes.launched() or config["type"] in NGRAMS or largest <= MOST_ON_ONE:
        return 1
    return micrograd.get_num_threads()


@contextlib.contextmanager
def on_threads(n: int) -> Iterator[None]:
    """A block in which products of matrices use n threads."""
    before = micrograd.get_num_threads()
    micrograd.set_num_threads(n)
    try:
        yield
    finally:
        micrograd.set_num_threads(before)
