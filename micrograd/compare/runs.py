"""One run of a function on one library, micrograd or PyTorch, and its backward."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import micrograd

DTYPES = ("float32", "float64", "int64", "int32", "uint8", "bool")

NO_PYTORCH = "PyTorch is not installed; to compare with it: pip install torch (it is in this project's test extra)"


def pytorch() -> Any:
    """PyTorch, or None where it is not installed."""
    try:
        import torch
    except ImportError:
        return None
    return torch


class Run:
    """One run of fn with its backward. values, gradients: arrays by name; a gradient is None where there is none."""

    def __init__(self, library: Any, kind: type, fn: Callable, arrays: Sequence[np.ndarray], names: Sequence[str]):
        leaves = [leaf(library, array) for array in arrays]
        try:
            self.value, inner = taken_apart(fn(library, *leaves), kind)
            for tensor in inner.values():
                if tensor.requires_grad:
                    tensor.retain_grad()
            back(library, self.value)
        except Exception as error:
            error.add_note(f"raised while the function that is compared ran on {library.__name__}")
            raise
        self.values = {name: _array(tensor) for name, tensor in {"value": self.value, **inner}.items()}
        wanted = {name: leaf for name, leaf in zip(names, leaves, strict=True) if leaf.requires_grad} | inner
        self.gradients = {
            f"gradient of {name}": None if not tensor.requires_grad or tensor.grad is None else _array(tensor.grad)
            for name, tensor in wanted.items()
        }


def back(library: Any, value: Any) -> None:
    """Backward from a value of whatever shape, if it requires grad; see `start_of`."""
    if value.requires_grad:
        value.backward(library.from_numpy(start_of(value)))


def taken_apart(result: Any, kind: type) -> tuple[Any, dict[str, Any]]:
    """What fn returned, as the value and the inner tensors by name. Raises TypeError for anything else."""
    value, inner = result if isinstance(result, tuple) and len(result) == 2 else (result, {})
    if not isinstance(inner, dict) or not all(isinstance(tensor, kind) for tensor in [value, *inner.values()]):
        given = f"a tuple of {', '.join([type(x).__name__ for x in result])}" if isinstance(result, tuple) else ""
        raise TypeError(
            "fn has to return a tensor, or a tensor and a dict of inner ones, (loss, {'h': h}); it returned "
            + (given or f"a {type(result).__name__}")
        )
    return value, inner


def leaf(library: Any, array: np.ndarray) -> Any:
    """A tensor of the library with the numbers of the array; one of floats requires a gradient."""
    tensor = library.from_numpy(array.copy())
    return tensor.requires_grad_() if array.dtype.kind == "f" else tensor


def start_of(value: Any) -> np.ndarray:
    """The gradient that backward starts from: 1, or for several elements random numbers, always the same."""
    array = _array(value)
    if array.size == 1:
        return np.ones(array.shape, array.dtype)
    return np.asarray(np.random.default_rng(0).standard_normal(array.shape), array.dtype)


def _array(tensor: Any) -> np.ndarray:
    found: np.ndarray = tensor.detach().numpy()
    return found


def array_of(x: Any, what: str) -> np.ndarray:
    """The numbers of an input: a tensor of either library, an array, nested lists, or a number.

    Raises TypeError for anything else. Lists and numbers get the dtypes that PyTorch gives them, float32 or int64.
    """
    if hasattr(x, "detach"):
        x = x.detach().numpy()
    if not isinstance(x, np.ndarray | np.generic):
        try:
            x = micrograd.tensor(x).numpy()
        except (TypeError, ValueError, RuntimeError) as error:
            raise TypeError(f"{what} is a {type(x).__name__}, not a tensor, an array, lists or a number") from error
    if x.dtype.name not in DTYPES:
        raise TypeError(f"{what} holds {x.dtype.name}, and both libraries know {', '.join(DTYPES)}")
    return np.asarray(x)


def names_of(fn: Callable, n: int) -> list[str]:
    """The names that fn itself gives to its inputs after the library; those of *inputs are numbered."""
    names: list[str] = []
    for parameter in list(inspect.signature(fn).parameters.values())[1:]:
        if parameter.kind is parameter.VAR_POSITIONAL:
            names += [f"{parameter.name}[{i}]" for i in range(n - len(names))]
        elif parameter.kind is not parameter.KEYWORD_ONLY:
            names.append(parameter.name)
    return (names + [f"input {i}" for i in range(len(names), n)])[:n]
