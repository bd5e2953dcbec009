"""A reverse-mode autograd engine from scratch: `Value` for numbers, `Tensor` for arrays, with PyTorch's names.

Code written for PyTorch's part that is here runs with `import micrograd as torch`; the examples in docstrings are
lines after that one.
"""

# ruff: noqa: F401, I001 - these names are for the users of the package; operations come in the order of their layers

from micrograd.rules import interrupt  # the first, because the rest takes a while

from math import e, inf, nan, pi
from typing import Any

from micrograd.engine import Value
from micrograd.tensors import Tensor
from micrograd.ops import TORCH, elementwise, selecting, logic, indexing, picking, shapes, joining, reductions, extremes
from micrograd.ops import linalg, sorting, conversions, interop
from micrograd import creation, random
from micrograd.rules import storage
from micrograd.rules.device import (
    amp,
    autocast,
    backends,
    cuda,
    device,
    get_default_device,
    get_num_threads,
    profiler,
    set_default_device,
    set_float32_matmul_precision,
    set_num_threads,
    use_deterministic_algorithms,
)
from micrograd.rules.grad_mode import enable_grad, inference_mode, is_grad_enabled, no_grad, set_grad_enabled
from micrograd.rules.dtypes import Size, bool, double, dtype, float, float32, float64, int, int32, int64, long, uint8
from micrograd.rules.dtypes import get_default_dtype, set_default_dtype
from micrograd.rules.memory import keep_freed_memory
from micrograd.rules.missing import nearest
from micrograd.rules.modules import draw_dot
from micrograd.rules.printing import set_printoptions
from micrograd.rules import public
from micrograd import autograd, distributed, nn, optim, utils
from micrograd.utils import for_einops
from micrograd.serialization import load, save
from micrograd.compiling import compile

__version__ = "0.1.0"

globals().update(TORCH)
del linalg  # PyTorch's module of that name is another


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in ("compare", "draw"):  # which `import micrograd` alone need not read
        return import_module(f"micrograd.{name}")
    for module in (nn, nn.functional, optim, utils.data):
        if name in module.__all__:
            raise AttributeError(f"micrograd has no {name!r}: it is in {module.__name__}")
    raise nearest("micrograd", name, lambda: globals())


Value.draw_dot = Tensor.draw_dot = draw_dot  # type: ignore[method-assign]

keep_freed_memory()

from micrograd import guard  # noqa: E402 - the last, because it looks at the whole package

guard.follow_environment()
