"""PyTorch's torch.utils: datasets and the loaders that draw batches from them."""

from micrograd.rules.missing import getattr_of
from micrograd.utils import data

__all__ = ["data"]

__getattr__ = getattr_of("micrograd.utils", lambda: __all__)
