"""The functions that operations become: PyTorch's names of arguments, and NumPy's where PyTorch takes them."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

PYTORCHS = {"x": "input", "y": "other"}  # what PyTorch calls these arguments of an op
NUMPYS = {"axis": "dim", "keepdims": "keepdim"}


def function_of(op: Any, apply: Callable) -> Any:
    """The function of Tensors that applies an op: its own signature, with PyTorch's names, written out as Python."""
    written: list[str] = []
    inputs: list[str] = []
    options: list[str] = []
    defaults: dict[str, Any] = {}
    for p in op.parameters:
        name = PYTORCHS.get(p.name, p.name)
        star = "*" if p.kind == p.VAR_POSITIONAL else ""
        if p.kind == p.KEYWORD_ONLY and not any(part.startswith("*") for part in written):
            written.append("*")
        if p.default is not p.empty:
            defaults[f"_{name}"] = p.default
        written.append(star + name if p.default is p.empty else f"{name}=_{name}")
        (inputs if p.kind == p.POSITIONAL_ONLY or star else options).append(star + name)
    given = ", ".join([*inputs, *[f"{name}={name}" for name in options]])
    lines = [f"    return apply(op, {given})"]
    if "_dim" in defaults:  # NumPy's words for it, as PyTorch takes them
        written.append("**numpys")
        others = ", ".join([*inputs, *[f"'{name}': {name}" for name in options]][len(inputs) :])
        lines.insert(
            0,
            f"    if numpys:\n        renamed = in_pytorchs_names({op.name!r}, numpys, {{{others}}})\n"
            f"        return apply(op, {', '.join(inputs)}, **renamed)",
        )
    source = "\n".join([f"def {op.name}({', '.join(written)}):", *lines])
    namespace: dict[str, Any] = {"apply": apply, "op": op, "in_pytorchs_names": in_pytorchs_names, **defaults}
    exec(compile(source, f"<micrograd.{op.name}>", "exec"), namespace)
    made = namespace[op.name]
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
    return options


def numpy_names(function: Callable) -> Any:
    """Let a function written by hand take NumPy's words for its arguments dim and keepdim, as PyTorch does."""
    code = function.__code__
    if (
        "dim" not in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        or code.co_flags & inspect.CO_VARKEYWORDS
    ):
        return function

    @functools.wraps(function)
    def renamed(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **{NUMPYS.get(name, name): value for name, value in kwargs.items()})

    return renamed
