"""The functions that operations become: PyTorch's names of arguments, and NumPy's where PyTorch takes them.

Each is written as text and compiled, as a dataclass writes its `__init__`: a function that took *args and **kwargs and
sorted them out itself would have no signature, and be a tenth slower. Of

    def sum(x, /, dim=None, keepdim=False, *, dtype=None): ...

which is the op, a function of arrays, it makes the function of Tensors

    def sum(input, dim=None, keepdim=False, *, dtype=None, **numpys):
        if numpys:
            return apply(op, input, **in_pytorchs_names('sum', numpys, dict(dim=dim, keepdim=keepdim, dtype=dtype)))
        if keepdim is not False and keepdim is not True: need_bool('sum', 'keepdim', keepdim)
        return apply(op, input, dim=dim, keepdim=keepdim, dtype=dtype)
"""

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from micrograd.rules.errors import must_be_tensor

PYTORCHS = {"x": "input", "y": "other"}  # what PyTorch calls these arguments of an op
NUMPYS = {"axis": "dim", "keepdims": "keepdim"}


def function_of(op: Any, apply: Callable) -> Any:
    """The function of Tensors that applies an op: its own signature, with PyTorch's names."""
    arguments: list[str] = []
    inputs: list[str] = []
    options: list[str] = []
    scope: dict[str, Any] = {"apply": apply, "op": op, "in_pytorchs_names": in_pytorchs_names, "need_bool": need_bool}
    for p in op.parameters:
        name = PYTORCHS.get(p.name, p.name)
        star = "*" if p.kind == p.VAR_POSITIONAL else ""
        (inputs if p.kind == p.POSITIONAL_ONLY or star else options).append(star + name)
        if p.kind == p.KEYWORD_ONLY and not any(each.startswith("*") for each in arguments):
            arguments.append("*")
        if p.default is p.empty:
            arguments.append(star + name)
        else:
            scope[f"_{name}"] = p.default
            arguments.append(f"{name}=_{name}")
    by_name = ", ".join([f"{name}={name}" for name in options])
    given = ", ".join(inputs)
    lines = [f"    return apply(op, {given}, {by_name})"]
    if "_keepdim" in scope:
        check = f"need_bool({op.name!r}, 'keepdim', keepdim)"
        lines.insert(0, f"    if keepdim is not False and keepdim is not True: {check}")
    if "_dim" in scope:
        arguments.append("**numpys")
        renamed = f"in_pytorchs_names({op.name!r}, numpys, dict({by_name}))"
        lines = ["    if numpys:", f"        return apply(op, {given}, **{renamed})", *lines]
    text = "\n".join([f"def {op.name}({', '.join(arguments)}):", *lines])
    exec(compile(text, f"<micrograd.{op.name}>", "exec"), scope)
    made = scope[op.name]
    made.__doc__, made.__module__ = op.forward.__doc__, op.forward.__module__
    return made


def in_pytorchs_names(function: str, given: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    """The options with those that were given by NumPy's names. Raises TypeError for any other name."""
    for name, value in given.items():
        if NUMPYS.get(name) not in options:
            raise TypeError(
                f"{function}() got an unexpected keyword argument '{name}'; there are: {', '.join(options)}"
            )
        options[NUMPYS[name]] = value
    need_bool(function, "keepdim", options.get("keepdim"))
    return options


def need_bool(function: str, name: str, value: Any) -> None:
    """Raises TypeError for an option that is no bool, or None: sum(0, 1) is not the sum over two dimensions."""
    if value is not None and not isinstance(value, bool | np.bool_):
        hint = "; several dimensions are one argument, (0, 1)" if name == "keepdim" else ""
        what = f"{type(value).__name__}: {value!r:.40}"
        raise TypeError(f"{function}(): argument '{name}' must be bool, not {what}{hint}")


def numpy_names(function: Callable) -> Any:
    """Let a function written by hand take NumPy's words for dim and keepdim, and refuse what is no bool for a bool."""
    code = function.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    if "dim" not in names or code.co_flags & inspect.CO_VARKEYWORDS:
        return function
    parameters = enumerate(inspect.signature(function).parameters.values())
    flags = [(i, p.name) for i, p in parameters if isinstance(p.default, bool)]

    @functools.wraps(function)
    def renamed(*args: Any, **kwargs: Any) -> Any:
        kwargs = {NUMPYS.get(name, name): value for name, value in kwargs.items()}
        for i, name in flags:
            need_bool(function.__name__, name, args[i] if len(args) > i else kwargs.get(name))
        try:
            return function(*args, **kwargs)
        except AttributeError:
            if args and isinstance(args[0], float | int | list | None) and names[0] == "input":
                raise must_be_tensor(function.__name__, "input", args[0]) from None
            raise

    return renamed
