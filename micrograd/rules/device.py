"""The one device there is, and what programs ask of it under PyTorch's names."""

import contextlib
import functools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any


class device:  # noqa: N801 - PyTorch's name
    """device('cpu'). Raises RuntimeError for any other."""

    type = "cpu"
    index = None

    def __init__(self, type: Any):
        check_device(type)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device)

    def __hash__(self) -> int:
        return hash("cpu")

    def __str__(self) -> str:
        return "cpu"

    def __repr__(self) -> str:
        return "device(type='cpu')"


def check_device(wanted: Any) -> None:
    """Raises RuntimeError unless wanted is None or the CPU."""
    if wanted is not None and str(wanted).split(":")[0] != "cpu":
        raise RuntimeError(f"the device {str(wanted)!r} is not there: everything runs on NumPy, on device 'cpu'")


def takes_device(function: Callable) -> Any:
    """Let a function that makes tensors take PyTorch's argument device as well, which has to be the CPU."""

    @functools.wraps(function)
    def on_device(*args: Any, device: Any = None, **kwargs: Any) -> Any:
        if device is not None:
            check_device(device)
        return function(*args, **kwargs)

    return on_device


def get_default_device() -> device:
    """The CPU."""
    return device("cpu")


def set_default_device(device: Any) -> None:
    """Nothing for the CPU, the one device there is. Raises RuntimeError for any other."""
    check_device(device)


class _Nothing(contextlib.ContextDecorator):
    """A block, or a decorated function, that runs as it would by itself."""

    def __init__(self, *args: Any, **options: Any):
        pass

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *exception: object) -> None:
        pass


class autocast(_Nothing):  # noqa: N801 - PyTorch's name
    """`with autocast('cpu'):` changes nothing: there is no half precision to cast to."""


class _Profile(_Nothing):
    """A profiler that measures nothing: `python -m cProfile` and `guard.trace` do."""

    def step(self) -> None:
        """Nothing."""


def set_num_threads(n: int) -> None:
    """Use n threads for NumPy's matrix products, which are all that is multithreaded.

    Raises RuntimeError unless n is an int above 0. Changes nothing where threadpoolctl does not know the library that
    NumPy multiplies with, as on a Mac.

    >>> torch.set_num_threads(1)
    >>> torch.get_num_threads()
    1
    """
    if type(n) is not int:
        raise RuntimeError(f"set_num_threads expects an int, but got {type(n).__name__}")
    if n < 1:
        raise RuntimeError("set_num_threads expects a positive integer")
    for library in _libraries():
        library.set_num_threads(n)


def get_num_threads() -> int:
    """The number of threads of NumPy's matrix products; by default, one for each core."""
    return max([library.num_threads for library in _libraries()], default=1)


def _libraries() -> list[Any]:
    """The libraries that NumPy multiplies matrices with."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas").lib_controllers


def set_float32_matmul_precision(precision: str) -> None:
    """Nothing: products of float32 are computed in float32."""


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Nothing: the same program gives the same numbers in any case."""


# What programs ask of PyTorch's modules of these names before they go on with the CPU.


def _no() -> bool:
    return False


def _do_nothing(*arguments: Any) -> None:
    """There is one stream of random numbers, every operation is done when it returns, and no cache is kept."""


amp = SimpleNamespace(autocast=autocast)
profiler = SimpleNamespace(
    profile=_Profile, record_function=_Nothing, ProfilerActivity=SimpleNamespace(CPU="CPU", CUDA="CUDA")
)
cuda = SimpleNamespace(
    **dict.fromkeys(("is_available", "is_bf16_supported"), _no),
    **dict.fromkeys(("manual_seed", "manual_seed_all", "synchronize", "empty_cache"), _do_nothing),
    device_count=lambda: 0,
    set_device=lambda device: check_device("cuda"),
    amp=amp,
)
mps = SimpleNamespace(is_available=_no, is_built=_no)
backends = SimpleNamespace(
    mps=mps, cudnn=SimpleNamespace(is_available=_no), cuda=SimpleNamespace(matmul=SimpleNamespace(), is_built=_no)
)
