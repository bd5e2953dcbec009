"""The source of a function beside its tree: the tree says where something stands, the edit is one of the text.

That is why comments and line breaks of the source outlast every edit; `ast.unparse` would lose them.
"""

import ast
import inspect
import textwrap
from typing import Any

from micrograd.compiling.recording import Obstacle


class EditedSource:
    """The source of a function, and what its names stand for. Each edit parses the text anew, and returns True."""

    def __init__(self, function: Any):
        self.function = function
        self.scope = dict(function.__globals__)
        if function.__closure__:
            self.scope |= inspect.getclosurevars(function).nonlocals
        self.text = textwrap.dedent(inspect.getsource(function))
        self.parse()

    def parse(self) -> None:
        self.tree: Any = ast.parse(self.text).body[0]
        self.starts = [0]  # of the lines, in bytes, as the tree counts
        for line in self.text.encode().split(b"\n"):
            self.starts.append(self.starts[-1] + len(line) + 1)
        nodes = list(ast.walk(self.tree))
        self.stores = [(n.id, n.lineno) for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
        self.loops: Any = [(n.lineno, n.end_lineno) for n in nodes if isinstance(n, ast.For | ast.While)]
        self.own = {name for name, _ in self.stores} | {n.arg for n in nodes if isinstance(n, ast.arg)}
        self.own |= {n.name for n in nodes if isinstance(n, ast.FunctionDef) and n is not self.tree}

    def span(self, node: Any) -> tuple[int, int]:
        """Where the text of a node starts and ends, in bytes."""
        return self.starts[node.lineno - 1] + node.col_offset, self.starts[node.end_lineno - 1] + node.end_col_offset

    def segment(self, node: Any) -> str:
        """The text of a node."""
        start, end = self.span(node)
        return self.text.encode()[start:end].decode()

    def replace(self, node: Any, new: str) -> bool:
        start, end = self.span(node)
        return self.put(start, end, new)

    def replace_expression(self, node: ast.expr, new: str) -> bool:
        """Another expression in place of one, in parentheses where precedence asks for them."""
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
        """Another text between two offsets in bytes."""
        whole = self.text.encode()
        self.text = (whole[:start] + new.encode() + whole[end:]).decode()
        self.parse()
        return True

    def put_lines(self, node: Any, new: list[str]) -> bool:
        """Other lines in place of those of a statement; with none, a block of this statement alone goes, too."""
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
        """The lines of statements, indented by `depth`."""
        lines = self.text.split("\n")
        start = statements[0].lineno - 1
        while lines[start - 1].lstrip().startswith("#") and start > 1:
            start -= 1
        found = lines[start : statements[-1].end_lineno]
        inner = statements[0].col_offset
        return [line[inner - depth :] if line.strip() else "" for line in found]

    def replace_arguments(self, node: Any) -> bool:
        """Write the arguments of a function or lambda as its tree now has them."""
        start = self.span(node)[0]
        text = self.text.encode()
        if isinstance(node, ast.FunctionDef):
            start = text.index(b"(", text.index(b"def ", start)) + 1
            end = _closing(text, start)
        else:
            start, end = start + len(b"lambda "), self.span(node.body)[0]
            end = text.rindex(b":", start, end)
        return self.put(start, end, ast.unparse(node.args))

    def found(self, node: ast.expr) -> Any:
        """What a name, or a name with attributes, of the function's globals stands for."""
        parts = node
        while isinstance(parts, ast.Attribute):
            parts = parts.value
        if not isinstance(parts, ast.Name) or parts.id not in self.scope or parts.id in self.own:
            return None
        try:
            return eval(compile(ast.Expression(node), "<found>", "eval"), self.scope)
        except AttributeError:
            return None


def _closing(text: bytes, start: int) -> int:
    """The offset of the bracket that closes the one before start."""
    depth = 1
    for i in range(start, len(text)):
        depth += {ord("("): 1, ord(")"): -1, ord("["): 1, ord("]"): -1}.get(text[i], 0)
        if not depth:
            return i
    raise Obstacle("a bracket is not closed")
