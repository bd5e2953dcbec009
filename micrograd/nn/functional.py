"""What layers do, as functions, with PyTorch's names and rules. Usually imported as F.

Each stands beside its derivatives in a file of `micrograd.ops`; this hands on their names.
"""

from typing import Any

# ruff: noqa: F401 - these fill FUNCTIONAL
from micrograd.ops import FUNCTIONAL, activations, attention, convolution, layers, losses, normalization, recurrent
from micrograd.rules.missing import nearest

__all__ = sorted(FUNCTIONAL)

globals().update(FUNCTIONAL)


def __getattr__(name: str) -> Any:
    raise nearest("micrograd.nn.functional", name, lambda: __all__)
