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

from micrograd.compiling.comments import is_docstring
from micrograd.compiling.expressions import put
from micrograd.compiling.kinds import HERE, OPEN, Kind, Length, is_own, kind_of
from micrograd.compiling.sources import Source


class Functions:
    """The functions that a text needs, each once, in the order in which they have to stand.

    backward: whether operations hand back their derivatives. taken: names that are not free. lengths: those that vary,
    each with the most that it can be. weights: the ids of arrays whose lengths do not vary.
    """

    def __init__(self, backward: bool, taken: set[str], lengths: dict[int, int | None], weights: set[int]):
        self.backward, self.lengths, self.weights = backward, lengths, weights
        self.taken = {*taken, *dir(builtins)}
        self.calls: dict[Any, list[dict[str, Any]]] = {}
        self.names: dict[Any, str] = {}
        self.texts: dict[str, str] = {}
        self.constants: dict[str, str] = {}
        self.modules: set[str] = set()
        self.ops: set[Any] = set()  # what stands for an operation
        self.forward_only: set[Any] = set()  # operations that no gradient goes through
        self.short: dict[Any, Any] = {}  # the sources of operations that are one expression in a call, see `Listing`
        self.returns: dict[Any, int] = {}  # how many derivatives an operation has
        self.one_liners: dict[Any, tuple[Source, ast.expr] | None] = {}
        self.dropped: dict[Any, set[str]] = {}  # the options that are not asked for any more

    def kind_of(self, value: Any, is_option: bool | int = False) -> Any:
        """What of an argument holds in every call: the first length of what is computed never does."""
        fixed = id(value) in self.weights

        def length(dim: int, n: int) -> Any:
            varies = dim == 0 or any(n == m or (m > 100 and n % m == 0) for m in self.lengths)
            return Length(n, self.lengths.get(n)) if varies and not fixed else n

        if type(value) is int and value in (2, 3) and value not in self.lengths:
            is_option = True  # an exponent; larger numbers may be computed from lengths
        return kind_of(value, length, is_option)

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
        is_op = is_op or function in self.ops
        name = function.__name__.lstrip("_") if is_op else function.__name__
        while name in self.taken:
            name += "_"
        self.taken.add(name)
        self.names[function] = name
        inner = self.behind(function) if is_op else None
        if inner is None:
            self.texts[name] = Source(self, function, is_op).written(name)
        else:
            self.names[inner] = name
            self.texts[name] = Source(self, inner, is_op).written(name, inspect.getdoc(function))
        return name

    def behind(self, function: Any) -> Any:
        """The function that another one only calls, with the same arguments in the same order; None for any other."""
        source = Source(self, function, True)
        source.simplify()
        source.drop_options()
        statements = [s for s in source.tree.body if not is_docstring(s)]
        value = statements[0].value if len(statements) == 1 and isinstance(statements[0], ast.Return) else None
        if not isinstance(value, ast.Call) or not is_own(called := source.found(value.func)):
            return None
        return called if ast.unparse(value).endswith(f"({ast.unparse(source.tree.args)})") else None

    def one_line(self, function: Any, calls: list[dict[str, Any]]) -> tuple[Source, ast.expr] | None:
        """A function of the engine that comes to one expression in calls with these kinds; None for any other."""
        function = inspect.unwrap(function)
        if not is_own(function) or function in self.ops:
            return None
        watched = self.calls.get(function.__code__, [{}])
        calls = [known | call for known in watched for call in calls if _fit(known, call)] or watched
        key = function, repr([{name: _known(kind) for name, kind in call.items()} for call in calls])
        if key not in self.one_liners:
            self.one_liners[key] = None  # while it is looked at, for a function that calls itself
            source = Source(self, function, False, calls)
            source.simplify()
            expression = _only_expression(source.tree.body)
            self.one_liners[key] = None if expression is None else (source, expression)
        return self.one_liners[key]


def _known(kind: Any) -> Any:
    return kind._known() if isinstance(kind, Kind) else kind


def _fit(known: dict[str, Any], call: dict[str, Any]) -> bool:
    """Whether a call may be one of those that are known: the same kinds wherever both say one."""
    return all(known.get(name, kind) in (kind, OPEN) for name, kind in call.items())


def _only_expression(body: list[ast.stmt]) -> ast.expr | None:
    """What a function returns that does no more than name parts of it; each name has to be read once."""
    statements = [s for s in body if not is_docstring(s)]
    if not statements or not isinstance(statements[-1], ast.Return) or statements[-1].value is None:
        return None
    expression = statements[-1].value
    for statement in reversed(statements[:-1]):
        if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Name):
            return None
        name = statement.targets[0].id
        if [n.id for n in ast.walk(expression) if isinstance(n, ast.Name)].count(name) != 1:
            return None
        expression = put(expression, {name: statement.value})
    return expression
