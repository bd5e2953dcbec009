"""The steps that simplify the source of a function for the calls that there are.

An operation checks its arguments, takes several kinds of them, and returns its derivatives; see `plain.py`. Each step
takes out of its tree what these calls leave undone; `comments.py` makes text of the tree again.
"""

import ast
import inspect
import textwrap
import types
from collections import Counter
from collections.abc import Iterator
from typing import Any, cast

from micrograd.compiling.comments import CommentedSource, is_docstring
from micrograd.compiling.expressions import Put, placed, put
from micrograd.compiling.kinds import OPEN, Unknown, decided, is_own
from micrograd.compiling.trees import Plain

LAYOUT = ("_laid_out", "_with_strides", "viewed", "joined")
"""Functions that lay an array out in memory as PyTorch would: in a text to read none is."""


class SimplifiedSource:
    """The source of a function without what `functions.calls` leave out.

    functions: the `Functions` that the text is written for. is_op: whether the function is the forward of an operation,
    which may go without its derivatives. tree: what is left of it; scope: what its globals stand for.
    """

    def __init__(self, functions: Any, function: Any, is_op: bool, calls: list[dict[str, Any]] | None = None):
        self.functions, self.function, self.is_op = functions, function, is_op
        self.scope = function.__globals__ | inspect.getclosurevars(function).nonlocals
        self.source = CommentedSource(textwrap.dedent(inspect.getsource(function)))
        self.tree = self.source.tree
        self.calls = functions.calls.get(function.__code__, []) if calls is None else calls
        self.backward, self.casts = functions.backward and function not in functions.forward_only, True
        self.unmark()

    def simplify(self) -> None:
        """All steps, until none has anything left to do."""
        before = ""
        while before != (now := ast.dump(self.tree)):
            before = now
            self.fold()
            self.shorten()
            self.forget()

    # What is found in the tree.

    def nodes(self, kind: Any) -> list[Any]:
        return [node for node in ast.walk(self.tree) if isinstance(node, kind)]

    def blocks(self) -> Iterator[list[ast.stmt]]:
        """The lists of statements."""
        for node in ast.walk(self.tree):
            for part in ("body", "orelse"):
                if isinstance(block := getattr(node, part, None), list) and block:
                    yield block

    def look(self) -> None:
        """Note what assigns to names, and where."""
        names = self.nodes(ast.Name)
        self.stores = [(n.id, n.lineno) for n in names if isinstance(n.ctx, ast.Store)]
        self.loops = [(n.lineno, n.end_lineno) for n in self.nodes(ast.For | ast.While)]
        self.own = {name for name, _ in self.stores} | {n.arg for n in self.nodes(ast.arg)}
        self.own |= {n.name for n in self.nodes(ast.FunctionDef) if n is not self.tree}

    def found(self, node: ast.expr) -> Any:
        """What a name, or a name with attributes, of the function's globals stands for."""
        parts = node
        while isinstance(parts, ast.Attribute):
            parts = parts.value
        if not isinstance(parts, ast.Name) or parts.id not in self.scope or parts.id in self.own:
            return None
        return eval(ast.unparse(node), self.scope)

    def decide(self, test: ast.expr, inner: set[str], among: list[dict[str, Any]] | None = None) -> Any:
        """The value of an expression in all calls, or those given. Raises Unknown."""
        changed = self.changed_before(test, bool(inner)) | inner
        test = put(test, {name: value for name, value in self.definitions().items() if name not in inner})
        calls = self.calls if among is None else among
        calls = [{k: OPEN if k in changed else v for k, v in call.items()} for call in calls]
        calls = [{**dict.fromkeys(changed, OPEN), **call} for call in calls]
        return decided(test, self.scope, calls)

    def may_go_on(self, part: ast.expr, inner: set[str], call: dict[str, Any], is_and: bool) -> bool:
        """Whether in a call Python would evaluate what follows a part of `and` or `or`."""
        try:
            return bool(self.decide(part, inner, [call])) == is_and
        except Unknown:
            return True

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

    # The steps.

    def unmark(self) -> None:
        """Without the engine's marks, and all but the first paragraph of the docstring."""
        first = _Unmark(True).visit(self.tree).body[0]
        if is_docstring(first) and ("\n\n" in first.value.value or " Raises " in first.value.value):
            first.value.value = " ".join(first.value.value.split("\n\n")[0].split()).partition(" Raises ")[0]

    def fold(self) -> None:
        """Without the branches that dimensions, dtypes and options decide, and without checks."""
        self.look()
        _Fold(self).generic_visit(self.tree)
        for block in self.blocks():  # what follows a return
            returns = [i for i, statement in enumerate(block) if isinstance(statement, ast.Return)]
            del block[returns[0] + 1 if returns else len(block) :]

    def is_layout(self, statement: Any) -> bool:
        """Whether a statement lays an array out in memory, which changes no number of it, or gets ready for that."""
        value = statement.value if isinstance(statement, ast.Assign) else None
        called: Any = self.found(value.func) if isinstance(value, ast.Call) else None
        return is_own(called) and called.__name__ in ("arrays_in", *LAYOUT)

    def is_check(self, node: ast.Call) -> bool:
        """Whether a call only raises for wrong arguments."""
        called: Any = self.found(node.func)
        return is_own(called) and called.__name__.lstrip("_").startswith(("check", "need_", "refuse_"))

    def in_line(self, called: Any, node: ast.Call, inner: set[str]) -> ast.expr | None:
        """A call of a function that is one expression, as that expression; None for any other."""
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
        return put(expression, given)

    def shorten(self) -> None:
        """Without derivatives where there is no backward, and with constants in place of their names."""
        self.look()
        self.constants: dict[str, ast.expr] = {}
        inner = {n for f in self.nodes(ast.FunctionDef) if f is not self.tree for n in ast.walk(f)}
        for node in self.nodes(ast.Return) if self.is_op and not self.backward else ():
            if isinstance(node.value, ast.Tuple) and node not in inner:
                node.value = node.value.elts[0]
            elif isinstance(node.value, ast.Call) and node not in inner and is_own(self.found(node.value.func)):
                self.functions.ops.add(self.found(node.value.func))
        names = Counter(n.id for n in self.nodes(ast.Name))
        for block in self.blocks():
            if [type(s) for s in block[-2:]] == [ast.Assign, ast.Return]:
                made, last = cast(list[Any], block[-2:])
                is_name = isinstance(last.value, ast.Name) and _same(made.targets[0], last.value)
                if is_name and names[last.value.id] == 2:
                    last.value = made.value
                    del block[-2]
            block[:] = [part for statement in block for part in self.shortened(statement)]
        if self.constants:
            Put(self.constants).visit(self.tree)

    def shortened(self, node: Any) -> list[ast.stmt]:
        """A statement, without what it assigns to itself; constants are noted, to stand in place of their names."""
        if not isinstance(node, ast.Assign) or len(node.targets) != 1:
            return [node]
        if _same(node.targets[0], node.value):
            return []
        if self.is_constant(node):
            self.constants[node.targets[0].id] = node.value  # type: ignore[attr-defined]
            return []
        pairs = _pairs(node)
        alone: list[tuple[ast.expr, ast.expr]] = [(t, v) for t, v in pairs if isinstance(t, ast.Name) and is_literal(v)]
        kept = [pair for pair in pairs if pair not in alone and not _same(*pair)]
        return [node] if len(kept) == len(pairs) else [*_assignments([[pair] for pair in alone] + [kept], node)]

    def is_constant(self, node: ast.Assign) -> bool:
        """Whether it is the only assignment to a name, and its value a literal or a function."""
        target = node.targets[0]
        is_alone = isinstance(target, ast.Name) and [name for name, _ in self.stores].count(target.id) == 1
        return is_alone and (isinstance(self.found(node.value), types.FunctionType) or is_literal(node.value))

    def forget(self) -> None:
        """Without what is never read."""
        names = self.nodes(ast.Name)
        used = {n.id for n in names if isinstance(n.ctx, ast.Load)}
        # `part *= x` changes the array that it is a part of, whether the name is read again or not.
        used |= {n.target.id for n in self.nodes(ast.AugAssign) if isinstance(n.target, ast.Name)}
        for block in self.blocks():
            following = [*block[1:], None]
            pairs = zip(block, following, strict=True)
            block[:] = [part for node, after in pairs for part in _read(node, after, used)]


class _Unmark(Plain):
    """Takes out the bar after positional arguments, too, and the names of what another operation saves."""

    def visit_arguments(self, node: ast.arguments) -> Any:
        self.generic_visit(node)
        node.posonlyargs, node.args = [], [*node.posonlyargs, *node.args]
        return node

    def visit_Tuple(self, node: ast.Tuple) -> Any:  # noqa: N802
        self.generic_visit(node)
        return node.elts[0] if node.elts and ast.unparse(node.elts[-1]) == "*saved" else node


class _Fold(ast.NodeTransformer):
    """Puts what is decided in place of what decides it. inner: the arguments of inner functions around a node."""

    def __init__(self, source: SimplifiedSource):
        self.source = source
        self.inner: set[str] = set()

    def visit_FunctionDef(self, node: Any) -> Any:
        before, self.inner = self.inner, self.inner | {a.arg for a in (*node.args.args, *node.args.kwonlyargs)}
        self.generic_visit(node)
        self.inner = before
        return node

    visit_Lambda = visit_FunctionDef  # noqa: N815

    def visit_If(self, node: ast.If) -> Any:
        is_check = isinstance(node.body[-1], ast.Raise) or all(map(self.source.is_layout, node.body))
        if is_check and not node.orelse:
            return None
        try:
            taken = node.body if self.source.decide(node.test, self.inner) else node.orelse
        except Unknown:
            return self.generic_visit(node)
        return taken

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        try:
            return self.visit(node.body if self.source.decide(node.test, self.inner) else node.orelse)
        except Unknown:
            return self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> Any:
        is_and, calls = isinstance(node.op, ast.And), self.source.calls
        for i, part in enumerate(node.values):
            try:
                value = self.source.decide(part, self.inner, calls)
            except Unknown:
                calls = [call for call in calls if self.source.may_go_on(part, self.inner, call, is_and)]
                continue
            if bool(value) == is_and:
                del node.values[i]
                return self.visit(node if len(node.values) > 1 else node.values[0])
            if all(map(_is_pure, node.values[:i])):
                return ast.copy_location(ast.Constant(value), node)
            break
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> Any:
        source, called = self.source, self.source.found(node.func)
        called = getattr(called, "__wrapped__", called) if hasattr(called, "cache_info") else called
        if called is source.function or not is_own(called):
            return self.generic_visit(node)
        try:
            return placed(ast.parse(repr(source.decide(node, self.inner)), mode="eval").body, node)
        except Unknown:
            pass
        passes_on = ("promote", "floating", "laid_out", "laid_like") if not source.casts else ()
        if called.__name__.startswith("need_") or called.__name__ in passes_on:
            is_pair = called.__name__ == "promote" and len(node.args) > 1
            return ast.copy_location(ast.Tuple(node.args, ast.Load()), node) if is_pair else node.args[0]
        written = source.in_line(called, node, self.inner)
        return self.generic_visit(node) if written is None else placed(written, node)

    def visit_Expr(self, node: ast.Expr) -> Any:
        if isinstance(node.value, ast.Call) and self.source.is_check(node.value):
            return None
        return self.generic_visit(node)


def _same(one: ast.expr, other: ast.expr) -> bool:
    """Whether two expressions are written alike."""
    return ast.unparse(one) == ast.unparse(other)


def _pairs(node: ast.Assign) -> list[tuple[ast.expr, ast.expr]]:
    """The assignments of `a, b = x, y` one by one; [] for any other."""
    target, value = node.targets[0], node.value
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        return list(zip(target.elts, value.elts, strict=True))
    return []


def _assignments(groups: list[list[tuple[ast.expr, ast.expr]]], old: ast.Assign) -> Iterator[ast.stmt]:
    """An assignment for each group of pairs, in place of an old one."""
    for targets, values in [zip(*group, strict=True) for group in groups if group]:
        parts = (targets[0], values[0])
        if len(targets) > 1:
            parts = ast.Tuple([*targets], ast.Store()), ast.Tuple([*values], ast.Load())
        yield ast.copy_location(ast.Assign([parts[0]], parts[1]), old)


def _read(node: Any, after: Any, used: set[str]) -> list[ast.stmt]:
    """What of a statement is of use, where these names are read. after: the statement that follows it."""
    if isinstance(node, ast.FunctionDef):
        return [node] if node.name in used else []
    if isinstance(node, ast.For | ast.If) and not node.body and not node.orelse:
        return []
    if isinstance(node, ast.If) and not node.body:
        node.test = ast.copy_location(ast.UnaryOp(ast.Not(), node.test), node.test)
        node.body, node.orelse = node.orelse, []
    if not isinstance(node, ast.Assign) or len(node.targets) != 1:
        return [node]
    target = node.targets[0]
    if isinstance(target, ast.Name):
        is_of_use = target.id in used and not _is_overwritten(target.id, after)
        return [node] if is_of_use or not _is_pure(node.value) else []
    pairs = _pairs(node)
    kept = [(t, v) for t, v in pairs if not (isinstance(t, ast.Name) and t.id not in used and _is_pure(v))]
    return [node] if len(kept) == len(pairs) else [*_assignments([kept], node)]


def _is_overwritten(name: str, after: Any) -> bool:
    """Whether the next statement assigns to the name without reading it."""
    if not isinstance(after, ast.Assign):
        return False
    read = {n.id for n in ast.walk(after) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    return name not in read and any(isinstance(t, ast.Name) and t.id == name for t in after.targets)


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


def is_literal(value: str | ast.expr) -> bool:
    """Whether an expression is a number, a string, None, or a tuple of them."""
    try:
        return not isinstance(ast.literal_eval(value), list | dict | set)
    except (ValueError, SyntaxError):
        return False


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
