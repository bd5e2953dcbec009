"""Tensors in other programs' hands: NumPy's functions, DLPack, pickle, and what Matplotlib and pandas ask for.

This file adds to Tensor what these programs look for; the way to a NumPy array is in `micrograd.tensors`.
"""

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from micrograd.ops import TORCH, function
from micrograd.rules import dtypes
from micrograd.rules.device import check_device
from micrograd.tensors import Tensor, attach, wrap


def _to_numpy(self: Tensor) -> np.ndarray:
    """numpy() under the name by which Matplotlib and pandas ask for it."""
    return self.numpy()


attach("to_numpy", _to_numpy)


# NumPy's functions.


_NAMES = ("sum", "prod", "mean", "std", "var", "amax", "amin", "any", "all")
OF_NUMPY: dict[Any, Callable] = {getattr(np, name): TORCH[name] for name in _NAMES}
OF_NUMPY |= {np.max: TORCH["amax"], np.min: TORCH["amin"]}
"""What NumPy's functions give for a Tensor: a Tensor, with its graph, as PyTorch's function of that name computes it.

np.std and np.var divide by n - 1 therefore, unless ddof says otherwise.
"""
_PYTORCHS = {"axis": "dim", "keepdims": "keepdim", "ddof": "correction"}
_ASIDE = ("out", "where", "initial", "mean")


def _array_function(self: Tensor, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
    """What NumPy calls for a function of its own that is given a Tensor."""
    if function not in OF_NUMPY or not isinstance(args[0] if args else kwargs.get("a"), Tensor):
        return function._implementation(*args, **kwargs)
    given = dict(_signature(function).bind(*args, **kwargs).arguments)
    x = given.pop("a")
    for name in _ASIDE:
        if given.pop(name, None) is not None:
            raise TypeError(f"np.{function.__name__} of a Tensor takes no {name}; make it an array with x.numpy()")
    if (dtype := given.pop("dtype", None)) is not None:
        x = x.to(dtypes.dtype._of[np.dtype(dtype)])
    options = {_PYTORCHS.get(name, name): value for name, value in given.items() if value is not None}
    if options.get("keepdim") and "dim" not in options:
        options["dim"] = tuple(range(x.ndim))
    return OF_NUMPY[function](x, **options)


@cache
def _signature(function: Any) -> inspect.Signature:
    return inspect.signature(function)


attach("__array_function__", _array_function)


# DLPack, the way between libraries without a copy.


def _dlpack(self: Tensor, **options: Any) -> Any:
    """The capsule that other libraries read the memory from. Raises BufferError for a tensor that requires grad."""
    if self.requires_grad:
        raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
    return self._array.__dlpack__(**options)


def _dlpack_device(self: Tensor) -> tuple[int, int]:
    return self._array.__dlpack_device__()


attach("__dlpack__", _dlpack)
attach("__dlpack_device__", _dlpack_device)


@function(method=False, examples=["torch.from_dlpack(x.detach())"])
def from_dlpack(ext_tensor: Any, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """A tensor in the memory of another library's. copy: True never shares it, False raises where it cannot be shared.

    What may not be written to there, such as an array of JAX, may not be changed in place here. Raises TypeError for
    dtypes that are not here, RuntimeError for another device than the CPU.

    >>> import numpy as np
    >>> torch.from_dlpack(np.arange(3.0))
    tensor([0., 1., 2.], dtype=torch.float64)
    """
    if device is not None:
        check_device(device)
    if isinstance(ext_tensor, Tensor):
        return ext_tensor.clone() if copy else ext_tensor.detach()
    array = np.from_dlpack(ext_tensor, copy=copy)
    if array.dtype not in dtypes.dtype._of:
        raise TypeError(f"can't convert an array of {array.dtype}: make it float32 first")
    return wrap(array)


# pickle, which multiprocessing and mpi4py send by, and copy.copy; copy.deepcopy is in `rules.storage`.


def _reduce(self: Tensor, protocol: int) -> Any:
    """How pickle makes it anew: the numbers and requires_grad, without a graph or a gradient, as in PyTorch."""
    return _made_anew, (type(self), np.array(self._array), self.requires_grad, _attributes(self))


def _copy(self: Tensor) -> Tensor:
    """copy.copy: another tensor in the same memory, without a graph or a gradient, as in PyTorch."""
    made = _made_anew(type(self), self._array, self.requires_grad, _attributes(self))
    made._share(self)
    return made


def _attributes(x: Tensor) -> dict[str, Any]:
    """What its user has put onto a tensor."""
    return {name: value for name, value in x.__dict__.items() if not name.startswith("_")}


def _made_anew(kind: type, array: np.ndarray, requires_grad: bool, attributes: dict[str, Any]) -> Tensor:
    tensor: Tensor = object.__new__(kind)
    tensor._share(wrap(array))
    tensor._requires_grad = requires_grad
    tensor.__dict__.update(attributes)
    return tensor


attach("__reduce_ex__", _reduce)
attach("__copy__", _copy)
