"""A reverse-mode autograd engine from scratch: `Value` for numbers, `Tensor` for arrays, with PyTorch's names.

Code written for PyTorch's part that is here runs with `import micrograd as torch`.
"""

# ruff: noqa: F401, I001 - these names are for the users of the package; operations come in the order of their layers

from math import e, inf, nan, pi

from micrograd.engine import Value
from micrograd.graph import enable_grad, inference_mode, is_grad_enabled, no_grad, set_grad_enabled
from micrograd.tensors import Tensor
from micrograd.ops import TORCH, elementwise, logic, indexing, shapes, reductions, linalg, sorting, conversions
from micrograd import creation, random
from micrograd.rules import storage
from micrograd.rules.device import (
    backends,
    cuda,
    device,
    set_float32_matmul_precision,
    set_num_threads,
    use_deterministic_algorithms,
)
from micrograd.rules.dtypes import Size, bool, double, dtype, float, float32, float64, int, int32, int64, long, uint8
from micrograd.rules.memory import keep_freed_memory
from micrograd.rules.missing import getattr_of
from micrograd.rules.printing import set_printoptions
from micrograd import autograd, distributed, nn, optim, utils
from micrograd.serialization import load, save
from micrograd.compiling import compile

__version__ = "0.1.0"

globals().update(TORCH)

__getattr__ = getattr_of("micrograd", globals)

keep_freed_memory()

from micrograd import guard  # the last, because it looks at the whole package

guard.follow_environment()
