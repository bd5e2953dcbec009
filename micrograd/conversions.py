"""Other dtypes, and the one device. Each is a method of Tensor."""

import builtins
from collections.abc import Callable
from typing import Any

from micrograd import dtypes
from micrograd.rules.device import check_device
from micrograd.rules.device import device as Device  # noqa: N812 - `device` is PyTorch's argument
from micrograd.rules.dtypes import dtype as DType  # noqa: N812 - `dtype` is PyTorch's argument
from micrograd.ops import shapes
from micrograd.tensors import Tensor, apply, method, wrap


@method
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
        else:
            raise TypeError(f"to() takes a dtype, a device or a tensor, not {argument!r:.60}")
    check_device(device)
    dtype = dtypes.OF_PYTHON.get(dtype, dtype)
    if dtype is None or x._array.dtype == dtype.numpy:
        return x.clone() if copy else x
    if not dtype.is_floating_point:
        return wrap(x._array.astype(dtype.numpy))
    return apply(shapes.to, x, dtype=dtype.numpy)


def _to(dtype: DType, name: str) -> Callable[[Tensor], Tensor]:
    def function(x: Tensor) -> Tensor:
        return to(x, dtype)

    function.__name__, function.__doc__ = name, f"x in {dtype}."
    return method(function)


float = _to(dtypes.float32, "float")
double = _to(dtypes.float64, "double")
int = _to(dtypes.int32, "int")
long = _to(dtypes.int64, "long")
byte = _to(dtypes.uint8, "byte")
bool = _to(dtypes.bool, "bool")


@method
def cpu(x: Tensor) -> Tensor:
    """x itself: the one device is the CPU."""
    return x


@method
def cuda(x: Tensor, *device: Any) -> Tensor:
    """Raises RuntimeError: there is no other device than the CPU."""
    check_device("cuda")
    return x


@method
def type_as(x: Tensor, other: Tensor) -> Tensor:
    """x in the dtype of other."""
    return to(x, other.dtype)


@method
def type(x: Tensor, dtype: Any = None) -> Any:
    """x in another dtype, or one that LongTensor and its like name; without one, x's name: 'torch.FloatTensor'."""
    if dtype is None:
        return f"torch.{dtypes.TITLES[x.dtype.numpy.name]}Tensor"
    return to(x, getattr(dtype, "dtype", dtype))


@method
def is_floating_point(x: Tensor) -> builtins.bool:
    """Whether the elements are floats."""
    return x.dtype.is_floating_point


Tensor.device = property(lambda x: Device("cpu"), doc="The one device, the CPU.")  # type: ignore[attr-defined]
Tensor.is_cuda = False  # type: ignore[attr-defined]
