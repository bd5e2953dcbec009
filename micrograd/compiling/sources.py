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

from micrograd.compiling.kinds import OPEN, is_own
from micrograd.compiling.recording import Obstacle
from micrograd.compiling.simplifying import SimplifiedSource, is_docstring, is_literal
from micrograd.ops import unchanged
from micrograd.rules import dtypes

MODULES = {"numpy": "np", "math": "math", "functools": "functools"}


class Source(SimplifiedSource):
    """The source of one function, to be written under another name."""

    def written(self, name: str, about: str | None = None) -> str:
        """The text of the function, and of what it uses, under the names that the file gives them.

        about: a docstring where it has none.
        """
        while self.settle():
            pass
        self.drop_options()
        while self.drop_arguments() or (self.is_op and self.drop_unchanged()):
            pass
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
        first: Any = self.tree.body[0]
        if about is not None and not is_docstring(first):
            text = text.replace(":\n", f':\n    """{about.partition(chr(10))[0]}"""\n', 1)
        return _tidy(text).replace(f"def {self.function.__name__}(", f"def {name}(", 1)

    def settle(self) -> bool:
        """Simplify it, and write the options that are None, True or False in every call in place of their names."""
        self.simplify()
        if not self.is_op or not self.calls:
            return False
        for name in [a.arg for a in self.tree.args.args]:
            kinds = {repr(call.get(name, OPEN)) for call in self.calls}
            if kinds <= {"None"} or kinds <= {"True"} or kinds <= {"False"}:
                for node in ast.walk(self.tree):
                    if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
                        return self.replace(node, kinds.pop())
        return False

    def drop_options(self) -> None:
        """Remove the options that no line reads any more."""
        args = self.tree.args
        used = {n.id for n in ast.walk(self.tree) if isinstance(n, ast.Name)}
        kept = [a for a in args.kwonlyargs if a.arg in used]
        same = {a.arg: {repr(call.get(a.arg, OPEN)) for call in self.calls} for a in kept}
        given = {name: each.pop() for name, each in same.items() if len(each) == 1}
        always = {name: ast.parse(text, mode="eval").body for name, text in given.items() if is_literal(text)}
        defaults = [always.get(a.arg, d) for a, d in zip(args.kwonlyargs, args.kw_defaults, strict=True)]
        self.dropped = {a.arg for a in args.kwonlyargs if a.arg not in used} | {*always}
        if self.is_op:
            n = len(args.args) - len(args.defaults)
            gone = {i for i, a in enumerate(args.args) if i >= n and a.arg not in used}
            last = n - 1 if len(gone) == len(args.defaults) else -1
            while last >= 0 and args.args[last].arg not in used:
                gone.add(last)
                last -= 1
            self.dropped |= {args.args[i].arg for i in gone}
            args.defaults = [d for i, d in enumerate(args.defaults, n) if i not in gone]
            args.args = [a for i, a in enumerate(args.args) if i not in gone]
            args.kw_defaults = [d for a, d in zip(args.kwonlyargs, defaults, strict=True) if a in kept]
            args.kwonlyargs = kept
            if self.dropped:
                self.replace_arguments(self.tree)
        self.functions.dropped[self.function] = self.dropped if self.is_op else set()

    def drop_unchanged(self) -> bool:
        """Without the last derivatives, where these are the gradient itself."""
        for node in self.tree.body:
            value = node.value if isinstance(node, ast.Return) else None
            if isinstance(value, ast.Tuple) and self.found(value.elts[-1]) is unchanged:
                return self.put(self.span(value.elts[-2])[1], self.span(value.elts[-1])[1], "")
        return False

    def drop_arguments(self) -> bool:
        """Call other operations without the options that they have no more."""
        for node in ast.walk(self.tree):
            if not isinstance(node, ast.Call) or not node.keywords or (found := self.found(node.func)) is None:
                continue
            function = inspect.unwrap(found)
            if function is self.function or not is_own(function):
                continue
            self.global_name(node.func, found)
            dropped = self.functions.dropped.get(function, set())
            for i, keyword in enumerate(node.keywords):
                before = [*node.args, *[k.value for k in node.keywords[:i]]]
                if keyword.arg in dropped and before:
                    return self.put(self.span(before[-1])[1], self.span(keyword)[1], "")
        return False

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


def _tidy(text: str) -> str:
    """Blank lines after inner functions only, no line longer than 120 characters for its comment."""
    lines: list[str] = []
    for line in text.split("\n"):
        line = re.sub(r"\breturn \((\w+)\)(?=,|$)", r"return \1", line)
        at_depth = line.startswith("    ") and not line.startswith("     ")
        if at_depth and line.startswith("    return ") and lines:
            while not lines[-1]:
                lines.pop()
            starts = [each for each in lines if re.match(r" {0,4}\S", each)]
            if starts[-1].startswith(("    def ", "    @")):
                lines.append("")
        if len(line) > 120 and "  # " in line:
            line, _, comment = line.rpartition("  # ")
            lines.append(" " * (len(line) - len(line.lstrip())) + "# " + comment)
        lines.append(line)
    return "\n".join(lines)


def _line_of(name: str, scope: dict[str, Any], value: Any) -> str:
    """The assignment of a constant, as its module has it."""
    module = sys.modules.get(scope.get("__name__", ""))
    text = inspect.getsource(module) if module is not None else ""
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == name:
            lines = text.split("\n")
            return "\n".join(lines[node.lineno - 1 : node.end_lineno])
    return f"{name} = {value!r}"
