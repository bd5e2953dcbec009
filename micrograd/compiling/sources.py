"""The source of one function, simplified for the calls that there are. Each step edits the text: so comments stay."""

import ast
import inspect
import re
import sys
import textwrap
import types
from typing import Any

import numpy as np

from micrograd.compiling.kinds import OPEN, Unknown, decided, is_own
from micrograd.compiling.recording import Obstacle
from micrograd.rules import dtypes

ENGINE_DECORATORS = ("op", "function", "rerun")
MODULES = {"numpy": "np", "math": "math", "functools": "functools"}
LAYOUT = ("_laid_out", "_with_strides")
"""Functions that lay an array out in memory as PyTorch would. Where none was needed, none is."""


class Source:
    """The source of one function, simplified step by step; each step edits the text, so that comments stay."""

    def __init__(self, functions: Any, function: Any, is_op: bool):
        self.functions, self.function, self.is_op = functions, function, is_op
        self.scope = dict(function.__globals__)
        if function.__closure__:
            self.scope |= inspect.getclosurevars(function).nonlocals
        self.calls = functions.calls.get(function.__code__, [])
        self.backward, self.casts = functions.backward, True
        self.text = textwrap.dedent(inspect.getsource(function))
        self.parse()

    def parse(self) -> None:
        self.module = ast.parse(self.text)
        self.tree: Any = self.module.body[0]
        self.lines = self.text.encode().split(b"\n")
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line) + 1)
        nodes = list(ast.walk(self.tree))
        self.stores = [(n.id, n.lineno) for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
        self.loops: Any = [(n.lineno, n.end_lineno) for n in nodes if isinstance(n, ast.For | ast.While)]
        self.own = {name for name, _ in self.stores} | {n.arg for n in nodes if isinstance(n, ast.arg)}
        self.own |= {n.name for n in nodes if isinstance(n, ast.FunctionDef) and n is not self.tree}

    # Edits of the text.

    def place(self, node: Any) -> tuple[int, int]:
        return self.starts[node.lineno - 1] + node.col_offset, self.starts[node.end_lineno - 1] + node.end_col_offset

    def segment(self, node: Any) -> str:
        start, end = self.place(node)
        return self.text.encode()[start:end].decode()

    def replace(self, node: Any, new: str) -> bool:
        start, end = self.place(node)
        return self.put(start, end, new)

    def replace_expression(self, node: ast.expr, new: str) -> bool:
        """Another expression in place of one, in brackets where it would come apart."""
        parent = next(p for p in ast.walk(self.tree) if any(child is node for child in ast.iter_child_nodes(p)))
        whole: Any = (ast.Assign, ast.AugAssign, ast.Return, ast.Expr, ast.Call, ast.Tuple, ast.List, ast.keyword)
        whole = (*whole, ast.If)
        value = ast.parse(f"({new})", mode="eval").body
        together = (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.Constant, ast.List)
        is_whole = isinstance(parent, whole) and not (isinstance(parent, ast.Call) and parent.func is node)
        if isinstance(value, ast.Compare):
            is_whole |= isinstance(parent, ast.IfExp | ast.BoolOp)
        return self.replace(node, new if is_whole or isinstance(value, together) else f"({new})")

    def put(self, start: int, end: int, new: str) -> bool:
        whole = self.text.encode()
        self.text = (whole[:start] + new.encode() + whole[end:]).decode()
        self.parse()
        return True

    def put_lines(self, node: Any, new: list[str]) -> bool:
        """Other lines in place of those of a statement; without any, a block that it was alone in goes, too."""
        if not new:
            for parent in ast.walk(self.tree):
                if getattr(parent, "body", None) == [node] and isinstance(parent, ast.For | ast.If):
                    return self.put_lines(parent, [])
        lines = self.text.split("\n")
        lines[node.lineno - 1 : node.end_lineno] = new
        self.text = "\n".join(lines)
        self.parse()
        return True

    def block(self, statements: list[Any], depth: int) -> list[str]:
        """The lines of statements, moved out to a depth."""
        lines = self.text.split("\n")
        start = statements[0].lineno - 1
        while lines[start - 1].lstrip().startswith("#") and start > 1:
            start -= 1
        found = lines[start : statements[-1].end_lineno]
        inner = statements[0].col_offset
        return [line[inner - depth :] if line.strip() else "" for line in found]

    # Steps: each makes at most one edit, and says whether it did.

    def simplify(self) -> None:
        """All steps, until none has anything left to do."""
        steps = (self.unmark, self.fold, self.shorten, self.forget)
        while any(step() for step in steps):
            pass

    def unmark(self) -> bool:
        """Without the engine's decorators, annotations, the rest of the docstring, and `save`."""
        tree = self.tree
        for decorator in tree.decorator_list:
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            if isinstance(called, ast.Name) and called.id in ENGINE_DECORATORS:
                return self.put_lines(decorator, [])
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.Lambda):
                if isinstance(node, ast.FunctionDef) and node.returns:
                    after = self.text.encode().index(b":", self.place(node.returns)[1])
                    start = self.text.encode().rindex(b")", 0, self.place(node.returns)[0]) + 1
                    return self.put(start, after, "")
                if node.args.posonlyargs:
                    node.args.args = [*node.args.posonlyargs, *node.args.args]
                    defaults = node.args.defaults
                    node.args.posonlyargs, node.args.defaults = [], defaults
                    return self.replace_arguments(node)
                for argument in (*node.args.args, *node.args.kwonlyargs, node.args.vararg):
                    if argument is not None and argument.annotation:
                        argument.annotation = None
                        return self.replace_arguments(node)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "save":
                return self.replace(node, self.segment(node.args[0]))
            if (
                isinstance(node, ast.Tuple)
                and isinstance(node.ctx, ast.Store)
                and self.segment(node.elts[-1]) == "*saved"
            ):
                return self.replace(node, self.segment(node.elts[0]))
            if isinstance(node, ast.AnnAssign) and node.value:
                return self.replace(node, f"{self.segment(node.target)} = {self.segment(node.value)}")
        first = tree.body[0]
        if is_docstring(first) and ("\n\n" in first.value.value or " Raises " in first.value.value):
            text = " ".join(first.value.value.split("\n\n")[0].split()).partition(" Raises ")[0]
            indent = " " * 4
            lines = textwrap.wrap(f'"""{text}"""', 120, initial_indent=indent, subsequent_indent=indent)
            return self.put_lines(first, lines)
        return False

    def replace_arguments(self, node: Any) -> bool:
        """The arguments of a function written anew."""
        start = self.place(node)[0]
        text = self.text.encode()
        if isinstance(node, ast.FunctionDef):
            start = text.index(b"(", text.index(b"def ", start)) + 1
            end = _closing(text, start)
        else:
            start, end = start + len(b"lambda "), self.place(node.body)[0]
            end = text.rindex(b":", start, end)
        return self.put(start, end, ast.unparse(node.args))

    def may_go_on(self, part: ast.expr, inner: set[str], call: dict[str, Any], is_and: bool) -> bool:
        """Whether in a call what follows a part of `and` or `or` is asked for."""
        try:
            return bool(self.decide(part, inner, [call])) == is_and
        except Unknown:
            return True

    def decide(self, test: ast.expr, inner: set[str], among: list[dict[str, Any]] | None = None) -> Any:
        """The value of an expression in all calls, or those given. Raises Unknown."""
        changed = self.changed_before(test, bool(inner)) | inner
        calls = self.calls if among is None else among
        calls = [{k: OPEN if k in changed else v for k, v in call.items()} for call in calls]
        calls = [{**dict.fromkeys(changed, OPEN), **call} for call in calls]
        return decided(test, self.scope, calls)

    def changed_before(self, node: Any, anywhere: bool) -> set[str]:
        """The names that may have another value at a node than when the function began."""
        again = [loop for loop in self.loops if loop[0] <= node.lineno <= loop[1]]
        changed = set()
        for name, line in self.stores:
            if anywhere or line < node.lineno or any(first <= line <= last for first, last in again):
                changed.add(name)
        return changed

    def fold(self) -> bool:
        """Without what dimensions, dtypes and options have decided, and without checks."""
        return self.fold_in(self.tree, set())

    def fold_in(self, node: ast.AST, inner: set[str]) -> bool:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.Lambda):
                own = {a.arg for a in (*child.args.args, *child.args.kwonlyargs)}
                if self.fold_in(child, inner | own):
                    return True
                continue
            if isinstance(child, ast.If) and self.fold_if(child, inner):
                return True
            if isinstance(child, ast.IfExp | ast.BoolOp | ast.Call) and self.fold_expression(child, inner):
                return True
            if isinstance(child, ast.Expr) and isinstance(child.value, ast.Call) and self.is_check(child.value):
                return self.put_lines(child, [])
            if self.fold_in(child, inner):
                return True
        return self.fold_rest(node)

    def fold_if(self, node: ast.If, inner: set[str]) -> bool:
        is_elif = self.segment(node).startswith("elif")
        if not node.orelse and not is_elif and isinstance(node.body[-1], ast.Raise):
            return self.put_lines(node, [])
        if not node.orelse and not is_elif and all(self.is_layout(s) for s in node.body):
            return self.put_lines(node, [])
        try:
            value = self.decide(node.test, inner)
        except Unknown:
            return False
        taken = node.body if value else node.orelse
        if is_elif:
            if value:  # the last of the branches that can be
                colon = self.place(node.test)[1]
                return self.put(self.place(node)[0], colon, "else")
            if not taken:
                return self.put_lines(node, [])
            if isinstance(taken[0], ast.If) and self.segment(taken[0]).startswith("elif"):
                return self.put_lines(node, self.block(taken, taken[0].col_offset))
            return False
        if not taken:
            return self.put_lines(node, [])
        lines = self.block(taken, node.col_offset)
        if lines[0].lstrip().startswith("elif"):
            lines[0] = lines[0].replace("elif", "if", 1)
        return self.put_lines(node, lines)

    def is_layout(self, statement: Any) -> bool:
        """Whether a statement lays an array out in memory, which none of the calls needed, or gets ready for that."""
        if isinstance(statement, ast.If):
            return all(self.is_layout(inner) for inner in statement.body)
        value = statement.value if isinstance(statement, ast.Assign) else None
        called: Any = self.found(value.func) if isinstance(value, ast.Call) else None
        if not is_own(called):
            return False
        known = called.__code__ in self.functions.calls
        return called.__name__ == "arrays_in" or (called.__name__ in LAYOUT and not known)

    def fold_expression(self, node: Any, inner: set[str]) -> bool:
        if isinstance(node, ast.IfExp):
            try:
                value = self.decide(node.test, inner)
            except Unknown:
                return False
            return self.replace_expression(node, self.segment(node.body if value else node.orelse))
        if isinstance(node, ast.BoolOp):
            is_and, calls = isinstance(node.op, ast.And), self.calls
            for part in node.values:
                try:
                    value = self.decide(part, inner, calls)
                except Unknown:
                    calls = [call for call in calls if self.may_go_on(part, inner, call, is_and)]
                    continue
                if bool(value) != is_and:
                    before = node.values[: node.values.index(part)]
                    return all(map(_is_pure, before)) and self.replace_expression(node, repr(value))
                if bool(value) == is_and:
                    others = [self.segment(other) for other in node.values if other is not part]
                    return self.replace_expression(node, (" and " if is_and else " or ").join(others))
            return False
        called = self.found(node.func)
        if called is self.function or not is_own(called):
            return False
        try:
            return self.replace_expression(node, repr(self.decide(node, inner)))
        except Unknown:
            pass
        if called.__name__.startswith("need_") or (not self.casts and called.__name__ == "laid_out"):
            return self.replace_expression(node, self.segment(node.args[0]))
        if not self.casts and called.__name__ in ("promote", "floating"):
            return self.replace_expression(node, ", ".join(self.segment(argument) for argument in node.args))
        returned = self.functions.handed_back(called)
        if returned and not node.keywords:
            return self.replace_expression(node, ", ".join(self.segment(node.args[i]) for i in returned))
        return False

    def is_check(self, node: ast.Call) -> bool:
        """Whether a call does no more than refuse what does not fit."""
        called: Any = self.found(node.func)
        return is_own(called) and called.__name__.lstrip("_").startswith(("check", "need_", "refuse_"))

    def found(self, node: ast.expr) -> Any:
        """What a name, or a name with attributes, of the function's globals stands for."""
        parts = node
        while isinstance(parts, ast.Attribute):
            parts = parts.value
        if not isinstance(parts, ast.Name) or parts.id not in self.scope or parts.id in self.locals():
            return None
        try:
            return eval(compile(ast.Expression(node), "<found>", "eval"), self.scope)
        except AttributeError:
            return None

    def locals(self) -> set[str]:
        return self.own

    def fold_rest(self, node: Any) -> bool:
        """Without what comes after a return."""
        body = getattr(node, "body", None)
        if isinstance(body, list):
            for i, statement in enumerate(body[:-1]):
                if isinstance(statement, ast.Return):
                    return self.put_lines(body[i + 1], []) if body[i + 1].lineno > statement.end_lineno else False
        return False

    def shorten(self) -> bool:
        """An operation that nobody goes back through returns its result alone; constants have their value."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Return) and self.is_op and not self.backward and not self.is_inner(node):
                if isinstance(node.value, ast.Tuple):
                    return self.replace(node.value, self.segment(node.value.elts[0]))
                called = self.found(node.value.func) if isinstance(node.value, ast.Call) else None
                if is_own(called):
                    self.functions.ops.add(called)
            if isinstance(node, ast.Assign) and len(node.targets) == 1:
                target, value = self.segment(node.targets[0]), self.segment(node.value)
                if target == value or f"({target})" == value:
                    return self.put_lines(node, [])
                if self.is_constant(node):
                    return self.spread(node)
                pairs = self.pairs(node)
                kept = [(t, v) for t, v in pairs if t != v]
                constant = [(t, v) for t, v in pairs if t.isidentifier() and _is_literal(v)]
                if constant and len(pairs) > 1:
                    kept = [pair for pair in pairs if pair not in constant]
                    indent = " " * node.col_offset
                    line = f"{indent}{', '.join(t for t, _ in kept)} = {', '.join(v for _, v in kept)}"
                    return self.put_lines(node, [f"{indent}{t} = {v}" for t, v in constant] + [line] * bool(kept))
                if len(kept) < len(pairs):
                    return self.replace(node, f"{', '.join(t for t, _ in kept)} = {', '.join(v for _, v in kept)}")
        return False

    def is_constant(self, node: ast.Assign) -> bool:
        """Whether a statement names a number, and it is the only one that gives the name a value."""
        if not isinstance(self.found(node.value), types.FunctionType) and not _is_literal(self.segment(node.value)):
            return False
        stores = [n.id for n in ast.walk(self.tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
        return isinstance(node.targets[0], ast.Name) and stores.count(node.targets[0].id) == 1

    def spread(self, node: ast.Assign) -> bool:
        """A constant in place of its name."""
        name, value = self.segment(node.targets[0]), self.segment(node.value)
        for n in ast.walk(self.tree):
            if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load):
                return self.replace_expression(n, value)
        return self.put_lines(node, [])

    def is_inner(self, node: ast.Return) -> bool:
        """Whether a return is that of a function inside."""
        inner = [n for n in ast.walk(self.tree) if isinstance(n, ast.FunctionDef) and n is not self.tree]
        return any(n.lineno <= node.lineno <= (n.end_lineno or 0) for n in inner)

    def pairs(self, node: ast.Assign) -> list[tuple[str, str]]:
        target, value = node.targets[0], node.value
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
            return [(self.segment(t), self.segment(v)) for t, v in zip(target.elts, value.elts, strict=True)]
        return []

    def forget(self) -> bool:
        """Without what is made and not used."""
        read = [n.id for n in ast.walk(self.tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)]
        used = {*read}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef) and node is not self.tree and node.name not in used:
                first = node.decorator_list[0].lineno if node.decorator_list else node.lineno
                lines = self.text.split("\n")
                del lines[first - 1 : node.end_lineno]
                self.text = "\n".join(lines)
                self.parse()
                return True
            if not isinstance(node, ast.Assign) or len(node.targets) != 1:
                continue
            target = node.targets[0]
            if isinstance(target, ast.Name) and _is_pure(node.value) and self.is_overwritten(node, target.id):
                return self.put_lines(node, [])
            if isinstance(target, ast.Name) and target.id not in used and _is_pure(node.value):
                return self.put_lines(node, [])
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = self.pairs(node)
                kept = [
                    pair
                    for pair, t, v in zip(pairs, target.elts, node.value.elts, strict=True)
                    if not (isinstance(t, ast.Name) and t.id not in used and _is_pure(v))
                ]
                if pairs and len(kept) < len(pairs):
                    new = f"{', '.join(t for t, _ in kept)} = {', '.join(v for _, v in kept)}"
                    return self.replace(node, new) if kept else self.put_lines(node, [])
        return False

    def is_overwritten(self, node: ast.Assign, name: str) -> bool:
        """Whether the next statement gives the name another value without a look at this one."""
        for parent in ast.walk(self.tree):
            body = getattr(parent, "body", None)
            if isinstance(body, list) and node in body[:-1]:
                after = body[body.index(node) + 1]
                names = {n.id for n in ast.walk(after) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
                targets = after.targets if isinstance(after, ast.Assign) else []
                return name not in names and any(isinstance(t, ast.Name) and t.id == name for t in targets)
        return False

    # The text.

    def written(self, name: str) -> str:
        """The function under a name, with what it uses under the names that this has in the text."""
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
            if isinstance(node, ast.Name) and (node.id in self.locals() or node.id not in self.scope):
                continue
            new = self.global_name(node, value)
            if new is not None:
                skip |= {id(inner) for inner in ast.walk(node)}
                if new != self.segment(node):
                    renamed.append((node, new))
        places = sorted([(*self.place(node), new) for node, new in renamed], reverse=True)
        whole = self.text.encode()
        for start, end, new in places:
            whole = whole[:start] + new.encode() + whole[end:]
        text = re.sub(r"  # type: ignore.*", "", re.sub(r"\n(\s*\n)+", "\n\n", whole.decode())).rstrip()
        text = re.sub(r'("""\n)\n+(?! *(def|@))', r"\1", text)
        if not text.rpartition("\n\n")[0].rstrip().endswith(("result", ")")) or "def " not in text[4:]:
            text = text.replace("\n\n    return", "\n    return")
        return text.replace(f"def {self.function.__name__}(", f"def {name}(", 1)

    def drop_options(self) -> None:
        """Options that decided something, and are not used any more, are not asked for."""
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
        """How the text calls a global; None where it is part of something longer."""
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
            if is_own(inner):
                return functions.needed(inner, is_op=hasattr(value, "op") or self.ends_in_op(node))
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

    def ends_in_op(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Attribute) and node.attr == "forward"


def _is_literal(text: str) -> bool:
    """Whether a text is a number, a string, None, or a tuple of them."""
    try:
        return not isinstance(ast.literal_eval(text), list | dict | set)
    except (ValueError, SyntaxError):
        return False


def is_docstring(statement: Any) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _is_pure(value: ast.expr) -> bool:
    """Whether nothing else changes when an expression is left out."""
    allowed = ("prod", "len", "range", "cumsum", "zip", "empty_like", "sqrt", "arange", "ones_like", "zeros")
    for node in ast.walk(value):
        if isinstance(node, ast.Call) and (
            any(keyword.arg == "out" for keyword in node.keywords)
            or getattr(node.func, "attr", getattr(node.func, "id", "")) not in allowed
        ):
            return False
    return True


def _closing(text: bytes, start: int) -> int:
    """The place of the bracket that closes the one before start."""
    depth = 1
    for i in range(start, len(text)):
        depth += {ord("("): 1, ord(")"): -1, ord("["): 1, ord("]"): -1}.get(text[i], 0)
        if not depth:
            return i
    raise Obstacle("a bracket is not closed")


def _line_of(name: str, scope: dict[str, Any], value: Any) -> str:
    """The assignment of a constant, as its module has it."""
    module = sys.modules.get(scope.get("__name__", ""))
    text = inspect.getsource(module) if module is not None else ""
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == name:
            lines = text.split("\n")
            return "\n".join(lines[node.lineno - 1 : node.end_lineno])
    return f"{name} = {value!r}"
