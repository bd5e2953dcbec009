"""The steps that simplify the source of a function for the calls that there are.

An operation checks its arguments, takes several kinds of them, and returns its derivatives; see `plain.py`. Each step
removes one thing that these calls leave undone, or says that there is nothing left for it.
"""

import ast
import inspect
import textwrap
import types
from typing import Any

from micrograd.compiling.editing import EditedSource
from micrograd.compiling.expressions import put
from micrograd.compiling.kinds import OPEN, Unknown, decided, is_own

ENGINE_DECORATORS = ("op", "function", "rerun")
LAYOUT = ("_laid_out", "_with_strides", "viewed", "joined")
"""Functions that lay an array out in memory as PyTorch would: in a text to read none is."""


class SimplifiedSource(EditedSource):
    """The source of a function without what `functions.calls` leave out.

    functions: the `Functions` that the text is written for. is_op: whether the function is the forward of an operation,
    which may go without its derivatives.
    """

    def __init__(self, functions: Any, function: Any, is_op: bool, calls: list[dict[str, Any]] | None = None):
        super().__init__(function)
        self.functions, self.is_op = functions, is_op
        self.calls = functions.calls.get(function.__code__, []) if calls is None else calls
        self.backward, self.casts = functions.backward and function not in functions.forward_only, True

    def simplify(self) -> None:
        """All steps, until none has anything left to do."""
        steps = (self.unmark, self.fold, self.shorten, self.forget)
        while any(step() for step in steps):
            pass

    def unmark(self) -> bool:
        """Without the engine's decorators, annotations, `save`, and all but the first paragraph of the docstring."""
        tree = self.tree
        for decorator in tree.decorator_list:
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            if isinstance(called, ast.Name) and called.id in ENGINE_DECORATORS:
                return self.put_lines(decorator, [])
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.Lambda):
                if isinstance(node, ast.FunctionDef) and node.returns:
                    after = self.text.encode().index(b":", self.span(node.returns)[1])
                    start = self.text.encode().rindex(b")", 0, self.span(node.returns)[0]) + 1
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

    def may_go_on(self, part: ast.expr, inner: set[str], call: dict[str, Any], is_and: bool) -> bool:
        """Whether in a call Python would evaluate what follows a part of `and` or `or`."""
        try:
            return bool(self.decide(part, inner, [call])) == is_and
        except Unknown:
            return True

    def decide(self, test: ast.expr, inner: set[str], among: list[dict[str, Any]] | None = None) -> Any:
        """The value of an expression in all calls, or those given. Raises Unknown."""
        changed = self.changed_before(test, bool(inner)) | inner
        test = put(test, {name: value for name, value in self.definitions().items() if name not in inner})
        calls = self.calls if among is None else among
        calls = [{k: OPEN if k in changed else v for k, v in call.items()} for call in calls]
        calls = [{**dict.fromkeys(changed, OPEN), **call} for call in calls]
        return decided(test, self.scope, calls)

    def definitions(self) -> dict[str, ast.expr]:
        """The names that stand for a shape or a part of one, such as `n = x.shape[1]`, and nothing else."""
        found: dict[str, ast.expr] = {}
        stored = [name for name, _ in self.stores]
        for statement in self.tree.body:
            if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Name):
                continue
            value: Any = statement.value
            shape = value.value if isinstance(value, ast.Subscript) and isinstance(value.slice, ast.Constant) else value
            if isinstance(shape, ast.Attribute) and shape.attr == "shape" and isinstance(shape.value, ast.Name):
                name = statement.targets[0].id
                if stored.count(name) == 1 and shape.value.id not in stored:
                    found[name] = value
        return found

    def changed_before(self, node: Any, anywhere: bool) -> set[str]:
        """The names that may have been assigned again before a node is reached."""
        again = [loop for loop in self.loops if loop[0] <= node.lineno <= loop[1]]
        changed = set()
        for name, line in self.stores:
            if anywhere or line < node.lineno or any(first <= line <= last for first, last in again):
                changed.add(name)
        return changed

    def fold(self) -> bool:
        """Without the branches that dimensions, dtypes and options decide, and without checks."""
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
                colon = self.span(node.test)[1]
                return self.put(self.span(node)[0], colon, "else")
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
        """Whether a statement lays an array out in memory, which changes no number of it, or gets ready for that."""
        if isinstance(statement, ast.If):
            return all(self.is_layout(inner) for inner in statement.body)
        value = statement.value if isinstance(statement, ast.Assign) else None
        called: Any = self.found(value.func) if isinstance(value, ast.Call) else None
        if not is_own(called):
            return False
        return called.__name__ in ("arrays_in", *LAYOUT)

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
        if hasattr(called, "cache_info"):
            called = called.__wrapped__  # what is cached for speed is computed each time
        if called is self.function or not is_own(called):
            return False
        try:
            return self.replace_expression(node, repr(self.decide(node, inner)))
        except Unknown:
            pass
        if called.__name__.startswith("need_") or (not self.casts and called.__name__ in ("laid_out", "laid_like")):
            return self.replace_expression(node, self.segment(node.args[0]))
        if not self.casts and called.__name__ in ("promote", "floating"):
            return self.replace_expression(node, ", ".join(self.segment(argument) for argument in node.args))
        written = self.in_line(called, node, inner)
        return written is not None and self.replace_expression(node, written)

    def in_line(self, called: Any, node: ast.Call, inner: set[str]) -> str | None:
        """The text of a call of a function that is one expression, in place of the call; None for any other."""
        given = _arguments(called, node)
        if given is None:
            return None
        changed = self.changed_before(node, bool(inner)) | inner
        kinds = []
        for call in self.calls or [{}]:
            values = {k: v.value if isinstance(v, ast.Constant) else OPEN for k, v in given.items()}
            read = {k: v.id for k, v in given.items() if isinstance(v, ast.Name) and v.id not in changed}
            kinds.append(values | {k: call.get(name, OPEN) for k, name in read.items()})
        kinds = [{name: kind for name, kind in call.items() if kind is not OPEN} for call in kinds]
        found = self.functions.one_line(called, kinds)
        if found is None:
            return None
        source, expression = found
        names = [n.id for n in ast.walk(expression) if isinstance(n, ast.Name)]
        theirs = {name: source.scope[name] for name in names if name not in given and name in source.scope}
        if any(name in self.own or self.scope.get(name, value) is not value for name, value in theirs.items()):
            return None  # it would be another thing here
        if any(isinstance(n, ast.Lambda | ast.comprehension) for n in ast.walk(expression)):
            return None
        if any(names.count(name) > 1 and not _is_short(value) for name, value in given.items()):
            return None  # it would be computed twice
        self.scope |= theirs
        return ast.unparse(put(expression, given))

    def is_check(self, node: ast.Call) -> bool:
        """Whether a call only raises for wrong arguments."""
        called: Any = self.found(node.func)
        return is_own(called) and called.__name__.lstrip("_").startswith(("check", "need_", "refuse_"))

    def fold_rest(self, node: Any) -> bool:
        """Without what follows a return."""
        body = getattr(node, "body", None)
        if isinstance(body, list):
            for i, statement in enumerate(body[:-1]):
                if isinstance(statement, ast.Return):
                    return self.put_lines(body[i + 1], []) if body[i + 1].lineno > statement.end_lineno else False
        return False

    def shorten(self) -> bool:
        """Without derivatives where there is no backward, and with constants in place of their names."""
        for node in ast.walk(self.tree):
            body = getattr(node, "body", None)
            last: Any = body[-2:] if isinstance(body, list) else []
            if [type(s) for s in last] == [ast.Assign, ast.Return] and isinstance(last[1].value, ast.Name):
                names = [n.id for n in ast.walk(self.tree) if isinstance(n, ast.Name)]
                if self.segment(last[0].targets[0]) == last[1].value.id and names.count(last[1].value.id) == 2:
                    self.replace(last[1].value, self.segment(last[0].value))
                    return self.put_lines(last[0], [])
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
                constant = [(t, v) for t, v in pairs if t.isidentifier() and is_literal(v)]
                if constant and len(pairs) > 1:
                    kept = [pair for pair in pairs if pair not in constant]
                    indent = " " * node.col_offset
                    line = f"{indent}{', '.join(t for t, _ in kept)} = {', '.join(v for _, v in kept)}"
                    return self.put_lines(node, [f"{indent}{t} = {v}" for t, v in constant] + [line] * bool(kept))
                if len(kept) < len(pairs):
                    return self.replace(node, f"{', '.join(t for t, _ in kept)} = {', '.join(v for _, v in kept)}")
        return False

    def is_constant(self, node: ast.Assign) -> bool:
        """Whether it is the only assignment to a name, and its value a literal or a function."""
        if not isinstance(self.found(node.value), types.FunctionType) and not is_literal(self.segment(node.value)):
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
        """Whether a return belongs to an inner function."""
        inner = [n for n in ast.walk(self.tree) if isinstance(n, ast.FunctionDef) and n is not self.tree]
        return any(n.lineno <= node.lineno <= (n.end_lineno or 0) for n in inner)

    def pairs(self, node: ast.Assign) -> list[tuple[str, str]]:
        """The assignments of `a, b = x, y` one by one; [] for any other statement."""
        target, value = node.targets[0], node.value
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
            return [(self.segment(t), self.segment(v)) for t, v in zip(target.elts, value.elts, strict=True)]
        return []

    def forget(self) -> bool:
        """Without what is never read."""
        used = {n.id for n in ast.walk(self.tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
        # `part *= x` changes the array that it is a part of, whether the name is read again or not.
        used |= {
            n.target.id for n in ast.walk(self.tree) if isinstance(n, ast.AugAssign) and isinstance(n.target, ast.Name)
        }
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
        """Whether the next statement assigns to the name without reading it."""
        for parent in ast.walk(self.tree):
            body = getattr(parent, "body", None)
            if isinstance(body, list) and node in body[:-1]:
                after = body[body.index(node) + 1]
                names = {n.id for n in ast.walk(after) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
                targets = after.targets if isinstance(after, ast.Assign) else []
                return name not in names and any(isinstance(t, ast.Name) and t.id == name for t in targets)
        return False


def _arguments(function: Any, call: ast.Call) -> dict[str, ast.expr] | None:
    """The expressions that a call gives for each argument of a function; None where that cannot be told."""
    parameters = inspect.signature(function).parameters
    if any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters.values()):
        return None
    names: list[str] = [*parameters]
    given: list[ast.expr] = []
    for value in call.args:
        if isinstance(value, ast.Starred) and ast.unparse(value.value).endswith(".shape"):  # f(*x.shape)
            given += [ast.Subscript(value.value, ast.Constant(i), ast.Load()) for i in range(len(names) - len(given))]
        elif isinstance(value, ast.Starred):
            return None
        else:
            given.append(value)
    found: dict[str, ast.expr] = dict(zip(names, given, strict=False))
    found |= {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    for name, parameter in parameters.items():
        if name not in found and not isinstance(parameter.default, bool | int | float | str | None):
            return None
        found.setdefault(name, ast.Constant(parameter.default))
    return found


def _is_short(value: ast.expr) -> bool:
    """Whether an expression may stand more than once instead of a name."""
    while isinstance(value, ast.Attribute):
        value = value.value
    return isinstance(value, ast.Name | ast.Constant)


def is_literal(text: str) -> bool:
    """Whether a text is a number, a string, None, or a tuple of them."""
    try:
        return not isinstance(ast.literal_eval(text), list | dict | set)
    except (ValueError, SyntaxError):
        return False


def is_docstring(statement: Any) -> bool:
    """Whether a statement is a constant alone, as a docstring is."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _is_pure(value: ast.expr) -> bool:
    """Whether an expression has no side effect that is known of, so that it can be left out."""
    allowed = {"prod", "len", "min", "max", "range", "cumsum", "zip", "sqrt"}
    allowed |= {"empty_like", "ones_like", "zeros", "arange"}
    for node in ast.walk(value):
        if isinstance(node, ast.Call) and (
            any(keyword.arg == "out" for keyword in node.keywords)
            or getattr(node.func, "attr", getattr(node.func, "id", "")) not in allowed
        ):
            return False
    return True
