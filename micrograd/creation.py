"""Functions that make tensors. dtype None means PyTorch's choice: int64 for ints, float32 for floats.

All of these take requires_grad as well, and device, which has to be the CPU.
"""

import functools
import itertools
import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from micrograd import tensors
from micrograd.ops import TORCH, function
from micrograd.ops.shapes import need_tensors
from micrograd.rules import dtypes
from micrograd.rules.device import check_device
from micrograd.rules.dims import sizes_of, whole
from micrograd.rules.dtypes import dtype as DType  # noqa: N812 - `dtype` is PyTorch's argument
from micrograd.rules.errors import need_to_fit
from micrograd.rules.layout import laid_like
from micrograd.tensors import Tensor, attach, wrap


def makes_tensor(create: Callable) -> Any:
    """Let a function that makes a tensor take requires_grad and device too; it becomes one of the package."""

    @functools.wraps(create)
    def make(*args: Any, requires_grad: bool = False, device: Any = None, **options: Any) -> Tensor:
        if device is not None:
            check_device(device)
        if options.get("dtype") is not None:
            options["dtype"] = _dtype(create.__name__, options["dtype"])
        if not isinstance(requires_grad, bool):
            kind = type(requires_grad).__name__
            raise TypeError(f"{create.__name__}(): argument 'requires_grad' must be bool, not {kind}")
        result = create(*args, **options)
        return result.requires_grad_() if requires_grad else result

    return function(method=False)(make)


def _dtype(name: str, given: Any) -> DType:
    """The dtype that is given, perhaps as Python's float, int or bool. Raises TypeError for anything else."""
    dtype = dtypes.OF_PYTHON.get(given, given) if isinstance(given, type) else given
    if not isinstance(dtype, DType):
        raise TypeError(f"{name}(): argument 'dtype' must be a dtype such as float32, not {given!r:.40}")
    return dtype


@makes_tensor
def tensor(data: Any, *, dtype: DType | None = None) -> Tensor:
    """A tensor with its own copy of data: a number, nested lists of numbers or tensors of one element, or an array.

    Python floats become float32 and ints int64; arrays keep their dtype. Raises ValueError where the lists are ragged
    or hold something else than numbers, RuntimeError for a number that does not fit the dtype, TypeError where NumPy's
    dtype has no counterpart here.

    >>> torch.tensor([[1, 2], [3, 4]])
    tensor([[1, 2],
            [3, 4]])
    >>> torch.tensor([1.5, 2.0], requires_grad=True)
    tensor([1.5000, 2.0000], requires_grad=True)
    """
    if isinstance(data, Tensor):
        warnings.warn(
            "To copy construct from a tensor, it is recommended to use x.detach().clone(), which says what tensor(x) "
            "does: the copy has no graph, and backward stops there",
            stacklevel=3,
        )
    return _tensor(data, dtype)


def _tensor(data: Any, dtype: DType | None) -> Tensor:
    if isinstance(data, Tensor):
        array = data._array.copy(order="K")
    elif isinstance(data, np.ndarray | np.generic) or hasattr(type(data), "__array__"):  # such as a Series of pandas
        array = np.array(np.asarray(data))
    else:
        array = _from_lists(data, dtype)
    if dtype is not None:
        if not isinstance(data, Tensor | np.ndarray):
            _need_to_fit(array, dtype)
        array = array.astype(dtype.numpy)
    elif array.dtype not in DType._of:
        names = ", ".join(str(numpy_dtype) for numpy_dtype in DType._of)
        raise TypeError(f"can't make a tensor of {array.dtype}; the dtypes there are: {names}")
    return wrap(laid_like(array, [data._array]) if isinstance(data, Tensor) else array)


def _from_lists(data: Any, dtype: DType | None) -> np.ndarray:
    seen: set[np.dtype] = set()
    types = _types_in(data)
    if not types <= {float, int, bool}:
        data = _with_numbers(data, seen)
    try:
        array = np.array(data)
    except ValueError:
        raise ValueError("tensor() takes lists of one length at each depth, and these are ragged") from None
    if types == {int} and array.dtype != np.int64:  # NumPy makes floats of some of those that are too large
        if dtype is None or dtype.numpy.kind in "iu":
            raise ValueError(f"{data!r:.60} does not fit in int64")
        array = np.array(data, np.float64)
    if array.dtype.kind not in "biuf":
        if isinstance(data, str | bytes):
            raise TypeError(f"tensor() takes numbers, not {type(data).__name__}: {data!r:.60}")
        if array.dtype.kind == "U":
            raise ValueError(f"tensor() takes numbers, not strings: {data!r:.60}")
        wrong = types - {float, int, bool}
        raise RuntimeError(f"Could not infer dtype of {wrong.pop().__name__ if wrong else type(data).__name__}")
    if dtype is None and seen:
        return array.astype(dtypes.result_type(*[np.empty(1, each) for each in seen]))
    return array.astype(dtypes.default_dtype.numpy) if dtype is None and array.dtype == np.float64 else array


def _need_to_fit(numbers: np.ndarray, dtype: DType) -> None:
    """Raises RuntimeError where numbers of a list do not fit a dtype of integers; ints down to -255 wrap in uint8."""
    if dtype.numpy.kind not in "iu" or not numbers.size:
        return
    low, high = np.iinfo(dtype.numpy).min, np.iinfo(dtype.numpy).max
    if dtype is dtypes.uint8 and numbers.dtype.kind != "f":
        low = -255
    outside = ~((numbers >= low) & ((numbers <= high) if numbers.dtype.kind != "f" else (numbers < high + 1.0)))
    if outside.any():
        raise RuntimeError(f"value cannot be converted to type {dtype} without overflow: {numbers[outside].flat[0]}")


def _types_in(data: Any) -> set[type]:
    """The types of all that nested lists hold, the lists themselves left out; a level at a time, without a loop."""
    found: set[type] = set()
    level = [data]
    while level:
        types = set(map(type, level))
        found |= {kind for kind in types if not issubclass(kind, list | tuple)}
        level = list(itertools.chain.from_iterable(x for x in level if isinstance(x, list | tuple)))
    return found


def _with_numbers(data: Any, seen: set[np.dtype]) -> Any:
    """The nested lists with Python's numbers in the place of tensors and NumPy's; their dtypes are added to seen."""
    if isinstance(data, list | tuple):
        return [_with_numbers(item, seen) for item in data]
    if isinstance(data, Tensor):
        if data._array.size != 1:
            error = ValueError if data._array.dtype.kind == "f" else TypeError
            raise error("only one element tensors can be converted to Python scalars: take stack() of the others")
        seen.add(data._array.dtype)
        return data._array.item()
    if isinstance(data, np.ndarray | np.generic):
        seen.add(data.dtype)
        return data.tolist()
    if isinstance(data, bool | int | float):
        seen.add(dtypes.numpy_dtype(data))
    return data


@makes_tensor
def as_tensor(data: Any, dtype: DType | None = None) -> Tensor:
    """data itself if it is a tensor of that dtype; of an array, a tensor that shares its memory; else `tensor(data)`.

    A tensor of another dtype is converted by `Tensor.to`, and stays part of its graph.

    >>> x = torch.ones(2)
    >>> torch.as_tensor(x) is x
    True
    """
    if isinstance(data, np.ndarray):
        data = from_numpy(data)
    if isinstance(data, Tensor) and dtype in (None, data.dtype):
        return data
    return data.to(dtype) if isinstance(data, Tensor) else _tensor(data, dtype)


TORCH["asarray"] = as_tensor


@function(method=False)
def from_numpy(array: np.ndarray) -> Tensor:
    """A tensor that shares the memory of a NumPy array. Raises TypeError for anything else, or a dtype not here.

    >>> import numpy as np
    >>> torch.from_numpy(np.array([1.0, 2.0]))
    tensor([1., 2.], dtype=torch.float64)
    """
    if not isinstance(array, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(array).__name__})")
    if array.dtype not in DType._of:
        raise TypeError(f"can't convert np.ndarray of type {array.dtype}")
    return wrap(array)


def shape_of(size: tuple[Any, ...]) -> tuple[int, ...]:
    """The shape that zeros(2, 3), zeros((2, 3)) and zeros([2, 3]) all mean. Raises RuntimeError for a negative size."""
    shape = sizes_of(size)
    if shape and min(shape) < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(shape)}: {list(shape)}")
    return shape


def _filled(make: Callable, name: str, what: str) -> Any:
    """A function that makes an array of a shape, as one that makes a tensor."""

    def filled(*shape: Any, size: Any = (), dtype: DType | None = None) -> Tensor:
        return wrap(make(shape_of(shape or (size,)), (dtype or dtypes.default_dtype).numpy))

    line = f">>> torch.{name}(2, 3).shape\n    torch.Size([2, 3])"
    filled.__name__, filled.__doc__ = name, f"{what}\n\n    {line}\n    "
    return makes_tensor(filled)


zeros = _filled(np.zeros, "zeros", "Zeros in a shape.")
ones = _filled(np.ones, "ones", "Ones in a shape.")
empty = _filled(np.empty, "empty", "A tensor of a shape whose numbers are whatever was in the memory.")


@makes_tensor
def full(size: Any, fill_value: Any, *, dtype: DType | None = None) -> Tensor:
    """A tensor of the given shape filled with a number, fill_value, whose dtype it has unless one is given.

    Raises TypeError if fill_value is not a number, RuntimeError if it does not fit the dtype.

    >>> torch.full((2, 3), 7)
    tensor([[7, 7, 7],
            [7, 7, 7]])
    """
    if not isinstance(size, Sequence):
        raise TypeError(f"full(): argument 'size' must be a tuple of ints, not {size!r:.40}: full((2, 3), 7)")
    number = fill_value.item() if isinstance(fill_value, Tensor | np.generic) and not fill_value.ndim else fill_value
    if not isinstance(number, bool | int | float):
        raise TypeError(f"full(): argument 'fill_value' must be a number, not {type(number).__name__}: {number!r:.40}")
    kind = dtypes.numpy_dtype(number) if dtype is None else dtype.numpy
    return wrap(np.full(shape_of((size,)), need_to_fit(number, kind), kind))


def like(make: Callable, name: str) -> Any:
    """The form of a function that takes the shape, and the dtype where none is given, from a tensor."""

    def of_shape(input: Tensor, *args: Any, dtype: DType | None = None, **options: Any) -> Tensor:
        need_tensors(name, input)
        result = make(input.shape, *args, dtype=dtype or input.dtype, **options)
        result._array = laid_like(result._array, [input._array])
        return result

    of_shape.__name__ = name
    arguments = "torch.ones(2, 3), 5.0" if name == "full_like" else "torch.ones(2, 3)"
    line = f">>> torch.{name}({arguments}).shape\n    torch.Size([2, 3])"
    what = f"{make.__name__} in the shape of input, lying as it does, and in its dtype where none is given."
    of_shape.__doc__ = f"{what}\n\n    {line}\n    "
    return function(method=False)(of_shape)


zeros_like = like(zeros, "zeros_like")
ones_like = like(ones, "ones_like")
empty_like = like(empty, "empty_like")
full_like = like(full, "full_like")


def _new(make: Callable) -> None:
    """The form of a function that takes the dtype from a tensor, a method: x.new_zeros(2, 3)."""

    def new(x: Tensor, *args: Any, dtype: DType | None = None, **options: Any) -> Tensor:
        return make(*args, dtype=dtype or x.dtype, **options)

    new.__name__ = f"new_{make.__name__}"
    new.__doc__ = f"{make.__name__} in the dtype of x where none is given."
    attach(new.__name__, new)


for _make in (zeros, ones, empty, full, tensor):
    _new(_make)


def _typed(dtype: DType) -> Callable[..., Tensor]:
    """LongTensor and its like, PyTorch's first way to say a dtype: of data, or in a shape."""

    def typed(*data: Any) -> Tensor:
        of_shape = not data or isinstance(data[0], int | dtypes.Size)
        if not of_shape and not isinstance(data[0], Tensor | np.ndarray) and str in _types_in(data[0]):
            raise TypeError(f"{typed.__name__}() takes numbers, not strings: {data[0]!r:.60}")
        return empty(*(data or (0,)), dtype=dtype) if of_shape else _tensor(data[0], dtype)

    vars(typed)["dtype"] = dtype  # for x.type(LongTensor)
    typed.__name__ = f"{dtypes.TITLES[dtype.numpy.name]}Tensor"
    line = f">>> torch.{typed.__name__}([1, 0]).dtype\n    {dtype}"
    typed.__doc__ = f"A tensor of {dtype} of data, or in a shape.\n\n    {line}\n    "
    return function(method=False)(typed)


FloatTensor, DoubleTensor = _typed(dtypes.float32), _typed(dtypes.float64)
IntTensor, LongTensor = _typed(dtypes.int32), _typed(dtypes.int64)
ByteTensor, BoolTensor = _typed(dtypes.uint8), _typed(dtypes.bool)


@makes_tensor
def arange(start: Any = 0, end: Any = None, step: Any = 1, *, dtype: DType | None = None) -> Tensor:
    """start, start + step, ... in [start, end); arange(n) counts from 0. int64 if all three are ints.

    With a dtype of integers start and step are rounded toward zero first, as in PyTorch. Raises RuntimeError where step
    is 0 or leads away from end, or one of the three is not finite, NotImplementedError for bools.

    >>> torch.arange(3)
    tensor([0, 1, 2])
    >>> torch.arange(1, 2, 0.25)
    tensor([1.0000, 1.2500, 1.5000, 1.7500])
    """
    if end is None:
        start, end = 0, start
    start, end, step = [n.item() if isinstance(n, Tensor | np.generic) else n for n in (start, end, step)]
    if not all(math.isfinite(n) for n in (start, end, step)):
        raise RuntimeError(f"unsupported range: {start} -> {end}, step {step}")
    if step == 0 or (dtype is dtypes.int64 and not int(step)):
        raise RuntimeError("step must be nonzero")
    if (end - start) * step < 0:
        raise RuntimeError(f"arange: the step {step} does not lead from {start} to {end}")
    if dtype is dtypes.int64:
        start, end, step = int(start), int(end), int(step)
    whole = all(isinstance(number, int) for number in (start, end, step))
    kind = dtype or (dtypes.int64 if whole else dtypes.default_dtype)
    _refuse_bool("arange", kind)
    n = math.ceil((end - start) / step)
    if not kind.is_floating_point:
        start, step = int(start), int(step)
    return wrap((start + step * np.arange(n)).astype(kind.numpy))


def _refuse_bool(name: str, dtype: DType) -> None:
    if dtype is dtypes.bool:
        raise NotImplementedError(f"{name} is not there for bools: compare its result, as in {name}(...) != 0")


@makes_tensor
def linspace(start: Any, end: Any, steps: int, *, dtype: DType | None = None) -> Tensor:
    """steps evenly spaced numbers from start to end, both included.

    >>> torch.linspace(0, 1, 5)
    tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])
    """
    steps = whole(steps)
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    _refuse_bool("linspace", dtype or dtypes.default_dtype)
    kind = (dtype or dtypes.default_dtype).numpy
    # PyTorch counts from start in the first half and back from end in the second.
    positions = np.arange(steps, dtype=kind)
    first, last = np.array([need_to_fit(n, kind) for n in (start, end)], kind)
    step = (last - first) / kind.type(max(steps - 1, 1))
    low = first + step * positions
    high = last - step * positions[::-1]
    return wrap(np.where(np.arange(steps) < max(steps // 2, 1), low, high).astype(kind))


@makes_tensor
def logspace(start: Any, end: Any, steps: int, base: float = 10.0, *, dtype: DType | None = None) -> Tensor:
    """base to the power of the numbers of linspace(start, end, steps).

    >>> torch.logspace(0, 2, 3)
    tensor([  1.,  10., 100.])
    """
    if dtype is None or dtype.is_floating_point:
        return base ** linspace(start, end, steps, dtype=dtype)
    return wrap((base ** linspace(start, end, steps, dtype=dtypes.float64))._array.astype(dtype.numpy))


@makes_tensor
def eye(n: int, m: int | None = None, *, dtype: DType | None = None) -> Tensor:
    """The n by m (by default n by n) matrix with ones on the diagonal. Raises RuntimeError if n or m is negative.

    >>> torch.eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    if n < 0 or (m is not None and m < 0):
        raise RuntimeError(f"eye(): n and m must be greater or equal to 0, and they are {n} and {m}")
    return wrap(np.eye(n, m, dtype=(dtype or dtypes.default_dtype).numpy))


tensors.from_data.append(FloatTensor)


# Asked of tensors, or of what may be one.


@function(method=False)
def is_tensor(obj: Any) -> bool:
    """Whether obj is a Tensor.

    >>> torch.is_tensor([1.0])
    False
    """
    return isinstance(obj, Tensor)


@function(method=False)
def numel(input: Tensor) -> int:
    """The number of elements.

    >>> torch.numel(torch.ones(2, 3))
    6
    """
    return input.numel()
