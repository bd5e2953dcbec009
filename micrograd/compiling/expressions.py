"""Expressions of a text to read: others in place of names, and written as people write them."""

import ast
import copy
from collections.abc import Mapping
from typing import Any


class Put(ast.NodeTransformer):
    """Puts expressions in place of names; leaves out `copy=`, `dtype=None` and the tuple in reshape((a, b))."""

    def __init__(self, names: Mapping[str, ast.expr]):
        self.names = names

    def visit_Name(self, node: ast.Name) -> Any:
        is_read = isinstance(node.ctx, ast.Load) and node.id in self.names
        return placed(copy.deepcopy(self.names[node.id]), node) if is_read else node

    def visit_Call(self, node: ast.Call) -> Any:
        self.generic_visit(node)
        node.keywords = [k for k in node.keywords if k.arg != "copy" and not _is_no_dtype(k)]
        first: Any = node.args[0] if len(node.args) == 1 else None
        if isinstance(first, ast.Starred) and isinstance(first.value, ast.Tuple):
            node.args = list(first.value.elts)
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("reshape", "transpose"):
            node.args = list(node.args[0].elts) if isinstance(node.args[0], ast.Tuple) else node.args
        return node


def put(expression: ast.expr, names: Mapping[str, ast.expr]) -> Any:
    """A copy of an expression with others in place of names."""
    return _tidy(Put(names).visit(copy.deepcopy(expression)))


def placed(new: Any, old: ast.AST) -> Any:
    """A new tree, which counts as standing where the old one does."""
    for node in ast.walk(new):
        ast.copy_location(node, old)
    return new


def unparse(expression: ast.expr) -> str:
    """The text of an expression."""
    return ast.unparse(_tidy(copy.deepcopy(expression)))


def _is_no_dtype(keyword: ast.keyword) -> bool:
    return keyword.arg == "dtype" and isinstance(keyword.value, ast.Constant) and keyword.value.value is None


def _tidy(expression: ast.expr) -> ast.expr:
    """Write slice(a, b) and np.s_[a:b] in an index as a:b, and drop an ellipsis at its end."""

    class Tidy(ast.NodeTransformer):
        def visit_Subscript(self, node: ast.Subscript) -> Any:
            self.generic_visit(node)
            if isinstance(node.slice, ast.Subscript) and ast.unparse(node.slice.value) == "np.s_":
                node.slice = node.slice.slice
            parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            parts = [_slice_of(part) for part in parts]
            while len(parts) > 1 and isinstance(parts[-1], ast.Constant) and parts[-1].value is ...:
                parts.pop()
            node.slice = parts[0] if len(parts) == 1 else ast.Tuple(parts, ast.Load())
            return node

    return ast.fix_missing_locations(Tidy().visit(expression))


def _slice_of(part: Any) -> Any:
    if isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id == "slice":
        bounds = [None if isinstance(a, ast.Constant) and a.value is None else a for a in part.args]
        return ast.Slice(*bounds)
    return part
