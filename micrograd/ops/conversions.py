"""Other dtypes, and the one device. Each is a method of Tensor."""

import builtins
from collections.abc import Callable
from typing import Any

from micrograd.ops import apply, attach, function, op, unchanged
from micrograd.rules import dtypes
from micrograd.rules.device import check_device
from micrograd.rules.device import device as Device  # noqa: N812 - `device` is PyTorch's argument
from micrograd.rules.dtypes import dtype as DType  # noqa: N812 - `dtype` is PyTorch's argument
from micrograd.rules.errors import silent
from micrograd.rules.layout import laid_like
from micrograd.tensors import Tensor, wrap


@op("ToCopyBackward0", elementwise=laid_like, of="", examples=["x.float()", "x.to(torch.float32)"])
def _to_dtype(x, /, dtype):
    """x in another dtype of floats."""
    return x.astype(dtype), unchanged  # the graph casts each gradient to the dtype of its input


def to(
    x: Tensor, *args: Any, dtype: Any = None, device: Any = None, copy: Any = False, non_blocking: Any = False
) -> Tensor:
    """x in another dtype, or in that of another tensor; x itself where it has it already. The one device is the CPU.

    The gradient comes back in x's own dtype. Raises RuntimeError for another device.
    """
    for argument in args:
        if isinstance(argument, DType | builtins.type):
            dtype = argument
        elif isinstance(argument, Tensor):
            dtype = argument.dtype
        elif argument is None or isinstance(argument, str | Device):
            device = argument
        elif isinstance(argument, builtins.int):
            raise RuntimeError(f"to(): there is no device {argument}: the one device is 'cpu'")
        else:
            raise TypeError(f"to() takes a dtype, a device or a tensor, not {argument!r:.60}")
    check_device(device)
    dtype = dtypes.OF_PYTHON.get(dtype, dtype)
    if dtype is not None and not isinstance(dtype, DType):
        raise TypeError(f"to(): argument 'dtype' must be a dtype such as torch.float32, not {dtype!r:.60}")
    if dtype is None or x._array.dtype == dtype.numpy:
        return x.clone() if copy else x
    if not dtype.is_floating_point:
        with silent():
            return wrap(laid_like(x._array.astype(dtype.numpy), [x._array]))
    return apply(_to_dtype.op, x, dtype=dtype.numpy)


def _to(dtype: DType, name: str) -> Callable[[Tensor], Tensor]:
    def function(x: Tensor) -> Tensor:
        return to(x, dtype)

    function.__name__, function.__doc__ = name, f"x in {dtype}."
    attach(name, function)
    return function


float = _to(dtypes.float32, "float")
double = _to(dtypes.float64, "double")
int = _to(dtypes.int32, "int")
long = _to(dtypes.int64, "long")
byte = _to(dtypes.uint8, "byte")
bool = _to(dtypes.bool, "bool")


def cpu(x: Tensor) -> Tensor:
    """x itself: the one device is the CPU."""
    return x


def cuda(x: Tensor, *device: Any) -> Tensor:
    """Raises RuntimeError: there is no other device than the CPU."""
    return to(x, "cuda")


def type_as(x: Tensor, other: Tensor) -> Tensor:
    """x in the dtype of other."""
    return to(x, other.dtype)


def type(x: Tensor, dtype: Any = None) -> Any:
    """x in another dtype, or the one that torch.LongTensor, or its name, stands for; without one, the name of x's own.

    Raises ValueError for another name or class, TypeError for anything else.
    """
    if dtype is None:
        return f"torch.{dtypes.TITLES[x.dtype.numpy.name]}Tensor"
    if isinstance(dtype, str):
        named = {f"torch.{title}Tensor": getattr(dtypes, name) for name, title in dtypes.TITLES.items()}
        dtype = named.get(dtype, dtype)
    elif not isinstance(dtype, Tensor | builtins.type):
        dtype = getattr(dtype, "dtype", dtype)
    if not isinstance(dtype, DType):
        kind = ValueError if isinstance(dtype, str | builtins.type) else TypeError
        raise kind(
            f"type() takes a dtype such as torch.float32, or the name of one such as torch.FloatTensor: {dtype!r:.60}"
        )
    return to(x, dtype)


def is_floating_point(input: Tensor) -> builtins.bool:
    """Whether the elements are floats."""
    return input.dtype.is_floating_point


for _function in (to, cpu, cuda, type_as, type):
    attach(_function.__name__, _function)
function(examples=["torch.is_floating_point(x)"])(is_floating_point)
attach("device", property(lambda x: Device("cpu"), doc="The one device, the CPU."))
attach("is_cuda", False)
