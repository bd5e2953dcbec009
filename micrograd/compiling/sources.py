"""The source of one function as it stands in an exported file: simplified, and with the names that the file has.

This package has two writers of NumPy text, because they write for different readers. `program.py` writes for speed: for
the shapes of one call, operations inlined, memory reused, comments gone. `listing.py` and this file write for people:
for any number of examples, each operation a function with the comments that it has in `micrograd.ops`. Both start from
the same recording (`recording.py`) and from the sources of the operations.
"""

import ast
import inspect
import sys
import types
from typing import Any

import numpy as np

from micrograd.compiling.comments import is_docstring
from micrograd.compiling.expressions import Put
from micrograd.compiling.kinds import OPEN, is_own
from micrograd.compiling.recording import Obstacle
from micrograd.compiling.simplifying import SimplifiedSource, is_literal
from micrograd.ops import unchanged
from micrograd.rules import dtypes

MODULES = {"numpy": "np", "math": "math", "functools": "functools"}


class Source(SimplifiedSource):
    """The source of one function, to be written under another name."""

    def written(self, name: str, about: str | None = None) -> str:
        """The text of the function, and of what it uses, under the names that the file gives them.

        about: a docstring where it has none.
        """
        self.settle()
        self.drop_options()
        if self.is_op:
            self.drop_unchanged()
        for call in self.nodes(ast.Call):
            self.drop_arguments(call)
        self.tree = self.with_names(self.tree)
        self.tree.name = name
        if about is not None and not is_docstring(self.tree.body[0]):
            constant = ast.Expr(ast.Constant(about.partition("\n")[0]))
            self.tree.body.insert(0, ast.copy_location(constant, self.tree.body[0]))
        return self.source.written()

    def with_names(self, tree: Any) -> Any:
        """The tree, or a part of it, with the names that its globals have in the text."""
        names: dict[ast.AST, ast.expr] = {}
        inside: set[ast.AST] = set()
        for node in ast.walk(tree):
            if not isinstance(node, ast.Name | ast.Attribute) or node in inside:
                continue
            is_global = isinstance(node, ast.Name) and node.id in self.scope and node.id not in self.own
            value = self.found(node)
            new = self.global_name(node, value) if is_global or value is not None else None
            if new is not None:
                names[node] = ast.parse(new, mode="eval").body
                inside |= {*ast.walk(node)}
        return _Renamed(names).visit(tree)

    def settle(self) -> None:
        """Simplify it, and write the options that are None, True or False in every call in place of their names."""
        self.simplify()
        kinds = {a.arg: {repr(call.get(a.arg, OPEN)) for call in self.calls} for a in self.tree.args.args}
        decided = {name: each.pop() for name, each in kinds.items() if len(each) == 1}
        decided = {name: text for name, text in decided.items() if text in ("None", "True", "False")}
        if self.is_op and decided:
            Put({name: ast.parse(text, mode="eval").body for name, text in decided.items()}).visit(self.tree)
            self.simplify()

    def drop_options(self) -> None:
        """Remove the options that no line reads any more."""
        args, dropped = self.tree.args, set()
        if self.is_op:
            used = {n.id for n in self.nodes(ast.Name)}
            same = {a.arg: {repr(call.get(a.arg, OPEN)) for call in self.calls} for a in args.kwonlyargs}
            always = {name: each.pop() for name, each in same.items() if len(each) == 1 and name in used}
            always = {name: text for name, text in always.items() if is_literal(text)}
            dropped = {a.arg for a in args.kwonlyargs if a.arg not in used} | {*always}
            n = len(args.args) - len(args.defaults)
            gone = {i for i, a in enumerate(args.args) if i >= n and a.arg not in used}
            last = n - 1 if len(gone) == len(args.defaults) else -1
            while last >= 0 and args.args[last].arg not in used:
                gone.add(last)
                last -= 1
            dropped |= {args.args[i].arg for i in gone}
            args.defaults = [d for i, d in enumerate(args.defaults, n) if i not in gone]
            args.args = [a for i, a in enumerate(args.args) if i not in gone]
            options = zip(args.kwonlyargs, args.kw_defaults, strict=True)
            kept = [(a, ast.parse(always[a.arg], mode="eval").body if a.arg in always else d) for a, d in options]
            kept = [(a, d) for a, d in kept if a.arg in used]
            args.kwonlyargs, args.kw_defaults = [a for a, _ in kept], [d for _, d in kept]
        self.functions.dropped[self.function] = dropped

    def drop_unchanged(self) -> None:
        """Without the last derivatives, where these are the gradient itself."""
        for node in self.tree.body:
            value = node.value if isinstance(node, ast.Return) else None
            while isinstance(value, ast.Tuple) and len(value.elts) > 1 and self.found(value.elts[-1]) is unchanged:
                value.elts.pop()

    def drop_arguments(self, call: ast.Call) -> None:
        """Call another operation without the options that it has no more."""
        found = self.found(call.func)
        function = inspect.unwrap(found) if found is not None and call.keywords else None
        if function is not self.function and is_own(function):
            self.global_name(call.func, found)
            dropped = self.functions.dropped.get(function, set())
            call.keywords = [k for k in call.keywords if k.arg not in dropped]

    def global_name(self, node: Any, value: Any) -> str | None:
        """The name of a global in the text; None where it is part of a longer expression."""
        functions = self.functions
        if isinstance(value, types.ModuleType):
            if value.__name__ in MODULES:
                functions.modules.add(value.__name__)
                return MODULES[value.__name__]
            return None
        if isinstance(value, types.FunctionType) or hasattr(value, "__wrapped__"):
            inner = inspect.unwrap(value)
            if inner is self.function:
                return functions.names[inner]
            is_forward = isinstance(node, ast.Attribute) and node.attr == "forward"
            if is_own(inner):
                return functions.needed(inner, is_op=hasattr(value, "op") or is_forward)
        if isinstance(value, np.dtype):
            return f"np.dtype(np.{value.name})"
        if isinstance(value, dtypes.dtype):
            return None
        if isinstance(node, ast.Name) and isinstance(value, int | float | str | tuple | dict | list | np.generic):
            functions.constants.setdefault(node.id, _line_of(node.id, self.scope, value))
            return node.id
        if isinstance(node, ast.Attribute):
            return None
        if isinstance(value, np.ufunc):
            return f"np.{value.__name__}"
        if getattr(value, "__module__", None) == "_operator":
            functions.modules.add("operator")
            return f"operator.{value.__name__}"
        raise Obstacle(f"{ast.unparse(node)} in {self.function.__name__} has no text")


class _Renamed(ast.NodeTransformer):
    """Puts other expressions in the place of nodes."""

    def __init__(self, names: dict[ast.AST, ast.expr]):
        self.names = names

    def visit(self, node: ast.AST) -> Any:
        return self.names[node] if node in self.names else self.generic_visit(node)


def _line_of(name: str, scope: dict[str, Any], value: Any) -> str:
    """The assignment of a constant, as its module has it."""
    module = sys.modules.get(scope.get("__name__", ""))
    text = inspect.getsource(module) if module is not None else ""
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == name:
            lines = text.split("\n")
            return "\n".join(lines[node.lineno - 1 : node.end_lineno])
    return f"{name} = {value!r}"
