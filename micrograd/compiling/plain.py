"""The source of functions of arrays, as someone would write it who calls them in a few ways only.

An operation checks what it is given, takes several kinds of input, and hands back derivatives. In a program that is
known as a whole most of that is decided: how many dimensions an array has, whether there is a bias, whether anyone goes
back. `Functions` watches the calls, and writes the functions without what they leave out; every other line stands as it
does in `micrograd.ops`, with its comments. Nothing is decided by the length of a dimension: the text is good for all.
"""

import ast
import builtins
import inspect
import sys
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from micrograd.compiling.kinds import HERE, kind_of
from micrograd.compiling.simplifying import is_docstring
from micrograd.compiling.sources import Source


class Functions:
    """The functions that a text needs, each once, in the order in which they have to stand.

    backward: whether operations hand back their derivatives. taken: names that are not free. lengths: those that vary.
    weights: the ids of arrays whose lengths do not.
    """

    def __init__(self, backward: bool, taken: set[str], lengths: set[int], weights: set[int]):
        self.backward, self.lengths, self.weights = backward, lengths, weights
        self.taken = {*taken, *dir(builtins)}
        self.calls: dict[Any, list[dict[str, Any]]] = {}
        self.names: dict[Any, str] = {}
        self.texts: dict[str, str] = {}
        self.constants: dict[str, str] = {}
        self.modules: set[str] = set()
        self.ops: set[Any] = set()  # what stands for an operation
        self.short: dict[Any, Any] = {}  # the sources of operations that are one expression in a call, see `Listing`
        self.returns: dict[Any, int] = {}  # how many derivatives an operation has
        self.returned: dict[Any, list[int]] = {}
        self.dropped: dict[Any, set[str]] = {}  # the options that are not asked for any more

    def kind_of(self, value: Any, is_option: bool | int = False) -> Any:
        """What of an argument holds in every call: the first length of what is computed never does."""
        fixed = id(value) in self.weights

        def varies(dim: int, length: int) -> bool:
            return not fixed and (dim == 0 or any(length == n or (n > 100 and length % n == 0) for n in self.lengths))

        return kind_of(value, varies, is_option)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Notes how the engine's functions are called in the block."""
        before = sys.getprofile()

        def call(frame: types.FrameType, event: str, argument: Any) -> None:
            code = frame.f_code
            if event == "call" and code.co_filename.startswith(HERE):
                names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
                of_op = code.co_posonlyargcount
                kinds = {name: self.kind_of(frame.f_locals[name], of_op and i >= of_op) for i, name in enumerate(names)}
                known = self.calls.setdefault(code, [])
                if kinds not in known:
                    known.append(kinds)

        sys.setprofile(call)
        try:
            yield
        finally:
            sys.setprofile(before)

    def needed(self, function: Callable, is_op: bool = False) -> str:
        """The name of a function in the text, to which it and all that it uses is added.

        is_op: whether it stands for an operation, so that it may go without derivatives and decided options.
        """
        function = inspect.unwrap(function)
        if function in self.names:
            return self.names[function]
        name = function.__name__.lstrip("_") if is_op else function.__name__
        while name in self.taken:
            name += "_"
        self.taken.add(name)
        self.names[function] = name
        text = Source(self, function, is_op or function in self.ops).written(name)
        self.texts[name] = text
        return name

    def handed_back(self, function: Any) -> list[int]:
        """Which of its arguments a function returns, where it does no more than that; [] for any other."""
        if function in self.returned:
            return self.returned[function]
        self.returned[function] = []
        source = Source(self, inspect.unwrap(function), False)
        source.simplify()
        statements = [s for s in source.tree.body if not is_docstring(s)]
        if len(statements) != 1 or not isinstance(statements[0], ast.Return):
            return []
        value, arguments = statements[0].value, [a.arg for a in source.tree.args.args]
        returned = value.elts if isinstance(value, ast.Tuple) else [value]
        names = [v.id for v in returned if isinstance(v, ast.Name) and v.id in arguments]
        if len(names) == len(returned):
            self.returned[function] = [arguments.index(name) for name in names]
        return self.returned[function]
