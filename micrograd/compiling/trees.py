"""The source of an operation as a tree of Python's, without what is about graphs and types, and with other names."""

import ast
import functools
import inspect
import linecache
import textwrap
import types
from collections.abc import Callable
from typing import Any

from micrograd.compiling.recording import Obstacle

MARKS = ("op", "function", "rerun")
"""The engine's decorators."""
AST_OR_LIST, FUNCTIONS = (ast.AST, list), (ast.Lambda, ast.FunctionDef)  # tuples, for speed: a | b is made each time


class Unfit(Exception):  # noqa: N818 - ends no recording: the operation is called then
    """The body of an operation is no row of assignments."""


@functools.lru_cache(maxsize=512)
def tree_of(function: Callable, is_op: bool) -> ast.FunctionDef:
    """The source of a function without its docstring and what `Plain` takes out.

    It is read once, and not to be changed: `renamed` makes a copy.
    """
    try:
        tree = _parsed(function)
    except (OSError, TypeError, SyntaxError) as error:
        raise Obstacle(f"the source of {getattr(function, '__name__', function)} is not there") from error
    if not isinstance(tree, ast.FunctionDef):
        raise Obstacle(f"{getattr(function, '__name__', function)} is no function with a source of its own")
    tree = Plain(is_op).visit(tree)
    if isinstance(tree.body[0], ast.Expr) and isinstance(tree.body[0].value, ast.Constant):
        tree.body = tree.body[1:] or [ast.Pass()]
    return tree


def _parsed(function: Callable) -> ast.stmt:
    """The source of a function as a tree; its last line is where its code ends, else inspect reads token by token."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    if isinstance(code, types.CodeType):
        lines = linecache.getlines(code.co_filename)[code.co_firstlineno - 1 : _last_line(code)]
        try:
            return ast.parse(textwrap.dedent("".join(lines))).body[0]
        except (SyntaxError, IndexError):  # a bracket is closed further down; there is no such file
            pass
    return ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]


def _last_line(code: types.CodeType) -> int:
    """The last line of a function's code and of what is written inside it."""
    last = max(end or 0 for _, end, _, _ in code.co_positions())
    return max(last, *[_last_line(c) for c in code.co_consts if isinstance(c, types.CodeType)], 0)


class Plain(ast.NodeTransformer):
    """Takes out the engine's decorators and annotations, and what an operation saves: save(derivative, ...)."""

    def __init__(self, is_op: bool):
        self.is_op = is_op

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        self.generic_visit(node)
        called = [d.func if isinstance(d, ast.Call) else d for d in node.decorator_list]
        pairs = zip(node.decorator_list, called, strict=True)
        node.decorator_list = [d for d, c in pairs if not isinstance(c, ast.Name) or c.id not in MARKS]
        node.returns = None
        return node

    def visit_arg(self, node: ast.arg) -> Any:
        node.annotation = None
        return node

    def visit_Call(self, node: ast.Call) -> Any:
        self.generic_visit(node)
        is_save = self.is_op and isinstance(node.func, ast.Name) and node.func.id == "save"
        return node.args[0] if is_save else node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        self.generic_visit(node)
        return ast.copy_location(ast.Assign([node.target], node.value), node) if node.value else None


def stores(node: ast.AST) -> set[str]:
    return {n.id for n in nodes_of(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


@functools.cache
def _fields(kind: Any) -> list[str]:
    """The fields of a kind of node that may hold nodes which have parts of their own: not + or the use of a name."""
    return [name for name in kind._fields if name not in ("ctx", "op", "ops", "id", "attr", "arg", "type_comment")]


def nodes_of(tree: ast.AST) -> list[Any]:
    """The nodes of a tree, as ast.walk gives them but for operators, in a fraction of its time."""
    found: list[Any] = [tree]
    for node in found:
        for name in _fields(node.__class__):
            part = getattr(node, name, None)
            if isinstance(part, ast.AST):
                found.append(part)
            elif part.__class__ is list:
                found += [item for item in part if isinstance(item, ast.AST)]
    return found


def renamed(tree: Any, names: dict[str, ast.expr]) -> Any:
    """A copy of a tree with other expressions in place of names; several times as fast as copy.deepcopy."""
    if isinstance(tree, list):
        return [renamed(item, names) for item in tree]
    if not isinstance(tree, ast.AST) or not tree._fields:
        return tree
    if isinstance(tree, ast.Name):
        found = names.get(tree.id)
        if found is not None and not isinstance(found, ast.Name):
            return renamed(found, {})
        return ast.Name(tree.id if found is None else found.id, tree.ctx)
    new: Any = type(tree).__new__(type(tree))
    if names and isinstance(tree, FUNCTIONS):
        own = {a.arg for a in (*tree.args.posonlyargs, *tree.args.args, *tree.args.kwonlyargs)}
        if isinstance(tree, ast.FunctionDef):
            own |= {name for statement in tree.body for name in stores(statement)}
        inner = {name: found for name, found in names.items() if name not in own}
        vars(new).update({**vars(tree), "args": renamed(tree.args, {})})
        new.body = renamed(tree.body, inner)
        if isinstance(tree, ast.FunctionDef):
            new.name = names[tree.name].id if tree.name in names else tree.name  # type: ignore[attr-defined]
            new.decorator_list = renamed(tree.decorator_list, names)
        return new
    parts = vars(tree)
    vars(new).update(parts)
    for part in _fields(new.__class__):
        if isinstance(value := parts.get(part), AST_OR_LIST):
            vars(new)[part] = renamed(value, names)
    return new
