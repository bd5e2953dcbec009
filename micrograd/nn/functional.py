"""What layers do, as functions, with PyTorch's names and rules. Usually imported as F.

Each stands beside its derivatives in `micrograd.ops.layers`, `losses` or `recurrent`; this hands on their names.
"""

from typing import Any

from micrograd.ops import FUNCTIONAL, layers, losses, recurrent  # noqa: F401 - which fill FUNCTIONAL
from micrograd.rules.missing import nearest

__all__ = sorted(FUNCTIONAL)

globals().update(FUNCTIONAL)


def __getattr__(name: str) -> Any:
    raise nearest("micrograd.nn.functional", name, __all__)
