"""The source of an operation as a tree of Python's, without what is about graphs and types, and with other names."""

import ast
import copy
import functools
import inspect
import pickle
import textwrap
from collections.abc import Callable
from typing import Any

from micrograd.compiling.recording import Obstacle


class Unfit(Exception):  # noqa: N818 - ends no recording: the operation is called then
    """The body of an operation is no row of assignments."""


def tree_of(function: Callable, is_op: bool) -> ast.FunctionDef:
    """A copy of one's own of the source of a function, read once; see `_read`."""
    return pickle.loads(_read(function, is_op))  # several times as fast as copy.deepcopy


@functools.lru_cache(maxsize=512)
def _read(function: Callable, is_op: bool) -> bytes:
    """The source of a function without the engine's decorators, docstring and annotations; of an op, without save."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    except (OSError, TypeError, SyntaxError) as error:
        raise Obstacle(f"the source of {getattr(function, '__name__', function)} is not there") from error
    if not isinstance(tree, ast.FunctionDef):
        raise Obstacle(f"{getattr(function, '__name__', function)} is no function with a source of its own")
    tree = _Plain(is_op).visit(tree)
    if isinstance(tree.body[0], ast.Expr) and isinstance(tree.body[0].value, ast.Constant):
        tree.body = tree.body[1:] or [ast.Pass()]
    return pickle.dumps(ast.fix_missing_locations(tree))


class _Plain(ast.NodeTransformer):
    """Takes out what is about graphs and types: save(derivative, ...), annotations, @op."""

    def __init__(self, is_op: bool):
        self.is_op = is_op

    def visit_Call(self, node: ast.Call) -> Any:
        self.generic_visit(node)
        if not self.is_op:
            return node
        return node.args[0] if isinstance(node.func, ast.Name) and node.func.id == "save" else node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        self.generic_visit(node)
        node.returns = None
        node.decorator_list = [d for d in node.decorator_list if not _is_op(d)]
        for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
            argument.annotation = None
        if node.args.vararg:
            node.args.vararg.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        self.generic_visit(node)
        return ast.Assign([node.target], node.value) if node.value else None


def _is_op(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(called, ast.Name) and called.id in ("op", "function", "rerun")


def stores(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


class Rename(ast.NodeTransformer):
    """Puts other expressions in place of names."""

    def __init__(self, names: dict[str, ast.expr]):
        self.names = names

    def visit_Name(self, node: ast.Name) -> Any:
        found = self.names.get(node.id)
        if found is None:
            return node
        found = copy.deepcopy(found)
        if isinstance(found, ast.Name):
            found.ctx = node.ctx
        return found

    def visit_Lambda(self, node: ast.Lambda) -> Any:
        own = {a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)}
        node.body = Rename({k: v for k, v in self.names.items() if k not in own}).visit(node.body)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        own = {a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)}
        own |= {name for statement in node.body for name in stores(statement)}
        inner = Rename({k: v for k, v in self.names.items() if k not in own})
        node.body = [inner.visit(statement) for statement in node.body]
        if node.name in self.names:
            node.name = self.names[node.name].id  # type: ignore[attr-defined]
        node.decorator_list = [self.visit(d) for d in node.decorator_list]
        return node
