"""On how many threads a run multiplies matrices.

Several threads wait for the slowest of them after each product. Microseconds for a product, on two cores of an AMD EPYC
and in the mean, alone and beside other programs that kept both cores at work:

| rows x inner x columns | multiplications | one thread | two threads | one, busy | two, busy |
| --- | ---: | ---: | ---: | ---: | ---: |
| 32 x 128 x 192 | 0.8 million | 28 | 17 | 60 | 14,700 |
| 320 x 64 x 256 | 5 million | 114 | 63 | 340 | 3,800 |
| 320 x 128 x 512 | 21 million | 440 | 250 | 2,200 | 10,100 |
| 320 x 256 x 1024 | 84 million | 1,870 | 930 | 7,300 | 19,700 |

What a small net gains is little, and what it may lose is a hundred times its time. So products of up to ALONE
multiplications go on one thread: those of every type in its usual size, on words of up to thirty characters. This is
decided by sizes alone, because a sum that several threads add up may be rounded in another way.
"""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import micrograd
from makemore import processes
from makemore.models import NGRAMS
from micrograd.nn import Embedding

ALONE = 1 << 24


def threads_for(config: Mapping[str, Any], model: Any) -> int:
    """The threads for the steps of a run: all that NumPy has where the largest product is worth it, else one.

    One as well for each of the processes of an mpiexec, which share the cores.
    """
    tables = {id(module.weight) for module in model.modules() if isinstance(module, Embedding)}
    weights = [p.numel() for p in model.parameters() if p.ndim == 2 and id(p) not in tables]
    largest = config["batch_size"] * config["block_size"] * max(weights, default=0)
    if processes.launched() or config["type"] in NGRAMS or largest <= ALONE:
        return 1
    return micrograd.get_num_threads()


@contextlib.contextmanager
def on_threads(n: int) -> Iterator[None]:
    """Within it products of matrices go on n threads."""
    before = micrograd.get_num_threads()
    micrograd.set_num_threads(n)
    try:
        yield
    finally:
        micrograd.set_num_threads(before)
