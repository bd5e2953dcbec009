"""The source of one function as it stands in an exported file: simplified, and with the names that the file has.

This package has two writers of NumPy text, because they write for different readers. `program.py` writes for speed: for
the shapes of one call, operations inlined, memory reused, comments gone. `listing.py` and this file write for people:
for any number of examples, each operation a function with the comments that it has in `micrograd.ops`. Both start from
the same recording (`recording.py`) and from the sources of the operations.
"""

import ast
import inspect
import re
import sys
import types
from typing import Any

import numpy as np

from micrograd.compiling.kinds import is_own
from micrograd.compiling.recording import Obstacle
from micrograd.compiling.simplifying import SimplifiedSource
from micrograd.rules import dtypes

MODULES = {"numpy": "np", "math": "math", "functools": "functools"}


class Source(SimplifiedSource):
    """The source of one function, to be written under another name."""

    def written(self, name: str) -> str:
        """The text of the function, and of what it uses, under the names that the file gives them."""
        self.simplify()
        self.drop_options()
        renamed: list[tuple[Any, str]] = []
        skip: set[int] = set()
        for node in ast.walk(self.tree):
            if id(node) in skip or not isinstance(node, ast.Name | ast.Attribute):
                continue
            value = self.found(node)
            if value is None and not (isinstance(node, ast.Name) and node.id in self.scope):
                continue
            if isinstance(node, ast.Name) and (node.id in self.own or node.id not in self.scope):
                continue
            new = self.global_name(node, value)
            if new is not None:
                skip |= {id(inner) for inner in ast.walk(node)}
                if new != self.segment(node):
                    renamed.append((node, new))
        edits = sorted([(*self.span(node), new) for node, new in renamed], reverse=True)
        whole = self.text.encode()
        for start, end, new in edits:
            whole = whole[:start] + new.encode() + whole[end:]
        text = re.sub(r"  # type: ignore.*", "", re.sub(r"\n(\s*\n)+", "\n\n", whole.decode())).rstrip()
        text = re.sub(r'("""\n)\n+(?! *(def|@))', r"\1", text)
        if not text.rpartition("\n\n")[0].rstrip().endswith(("result", ")")) or "def " not in text[4:]:
            text = text.replace("\n\n    return", "\n    return")
        return text.replace(f"def {self.function.__name__}(", f"def {name}(", 1)

    def drop_options(self) -> None:
        """Remove the options that no line reads any more."""
        args = self.tree.args
        used = {n.id for n in ast.walk(self.tree) if isinstance(n, ast.Name)}
        kept = [a for a in args.kwonlyargs if a.arg in used]
        defaults = args.kw_defaults
        self.dropped = {a.arg for a in args.kwonlyargs if a.arg not in used}
        if self.is_op:
            n = len(args.args) - len(args.defaults)
            gone = [i for i, a in enumerate(args.args) if i >= n and a.arg not in used]
            self.dropped |= {args.args[i].arg for i in gone}
            args.defaults = [d for i, d in enumerate(args.defaults, n) if i not in gone]
            args.args = [a for i, a in enumerate(args.args) if i not in gone]
            args.kw_defaults = [d for a, d in zip(args.kwonlyargs, defaults, strict=True) if a in kept]
            args.kwonlyargs = kept
            if self.dropped:
                self.replace_arguments(self.tree)
        self.functions.dropped[self.function] = self.dropped if self.is_op else set()

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


def _line_of(name: str, scope: dict[str, Any], value: Any) -> str:
    """The assignment of a constant, as its module has it."""
    module = sys.modules.get(scope.get("__name__", ""))
    text = inspect.getsource(module) if module is not None else ""
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == name:
            lines = text.split("\n")
            return "\n".join(lines[node.lineno - 1 : node.end_lineno])
    return f"{name} = {value!r}"
