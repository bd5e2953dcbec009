"""Every derivative of the array engine, each beside its operation; a family to a file.

An op takes arrays (or Python numbers) and returns its result and then, for each input in order, the function from the
gradient of the result to the gradient of that input. Three rules make the rest of the engine work:

- A derivative may return a gradient of the broadcast shape: broadcasting is undone in one place, in `micrograd.graph`.
- What a derivative mentions by an input's own name, or as `out`, is what the graph saves; mention no more than needed.
- A derivative never changes what it is given and never returns an array that it keeps.

Work that several derivatives of an op need is done once: see `registry.shared`.
"""

from micrograd.ops import attention, elementwise, indexing, linalg, losses, nets, recurrent, reductions, shapes
from micrograd.ops.registry import OPS

__all__ = [
    "OPS",
    "attention",
    "elementwise",
    "indexing",
    "linalg",
    "losses",
    "nets",
    "recurrent",
    "reductions",
    "shapes",
]
