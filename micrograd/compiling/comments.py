"""The text of a function whose tree was changed: comments, blank lines and untouched lines are those of its source.

`ast.unparse` alone would lose them.
"""

import ast
import copy
import io
import re
import textwrap
import tokenize
from typing import Any

WIDTH = 120


class CommentedSource:
    """The source of a function and its tree; `written` gives the tree, after changes, as text again."""

    def __init__(self, text: str):
        self.lines = text.split("\n")
        self.tree: Any = ast.parse(text).body[0]
        statements = [node for node in ast.walk(self.tree) if isinstance(node, ast.stmt)]
        self.as_it_was = {node: ast.dump(_head(node)) for node in statements}
        self.first_inside = {node: node.body[0].lineno for node in statements if hasattr(node, "body")}
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        self.comments = {
            t.start[0]: t.string for t in tokens if t.type == tokenize.COMMENT and "type: " not in t.string
        }

    def written(self) -> str:
        """The text of the tree as it is now."""
        self.left = dict(self.comments)
        return re.sub(r"  # type: ignore.*", "", "\n".join(self._statement(self.tree, 0)))

    def _block(self, statements: list[Any], indent: int) -> list[str]:
        """The lines of statements; where a blank line or comments stood before one they do so again."""
        lines: list[str] = []
        for before, statement in zip([None, *statements], statements, strict=False):
            first = min([statement.lineno, *[d.lineno for d in getattr(statement, "decorator_list", ())]])
            start = first
            while self.lines[start - 2].lstrip().startswith("#"):
                start -= 1
            is_apart = not self.lines[start - 2].strip() and not isinstance(statement, ast.Return)
            if before is not None and (is_apart or isinstance(before, ast.FunctionDef)):
                lines.append("")
            lines += [" " * indent + comment for comment in self._comments(range(start, first))]
            lines += self._statement(statement, indent)
        return lines

    def _comments(self, rows: range) -> list[str]:
        """The comments in these rows, each of which is given once."""
        return [self.left.pop(row) for row in rows if row in self.left]

    def _statement(self, node: Any, indent: int) -> list[str]:
        if hasattr(node, "body"):
            return self._compound(node, indent)
        pad = " " * indent
        if ast.dump(node) == self.as_it_was.get(node):
            text = "\n".join(self.lines[node.lineno - 1 : node.end_lineno])
            return textwrap.indent(textwrap.dedent(text), pad).split("\n")
        if is_docstring(node):
            return textwrap.wrap(f'"""{node.value.value}"""', WIDTH, initial_indent=pad, subsequent_indent=pad)
        code = _code_of(node)
        *above, beside = ["", *self._comments(range(node.lineno, node.end_lineno + 1))]
        lines = [pad + comment for comment in above if comment]
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple) and len(pad + code) > WIDTH:
            parts = [f"{pad}    {unparse(part)}," for part in node.value.elts]
            return [*lines, f"{pad}return (", *parts, f"{pad})"]
        return lines + _fitted(code, indent, beside)

    def _compound(self, node: Any, indent: int) -> list[str]:
        """A statement with others inside."""
        head, pad, rest = _head(node), " " * indent, getattr(node, "orelse", [])
        rows = [*range(node.lineno, self.first_inside[node])]
        rows = [row for row in rows if not self.lines[row - 1].lstrip().startswith("#")]
        if ast.dump(head) == self.as_it_was[node] and not isinstance(node, ast.FunctionDef):
            text = textwrap.dedent("\n".join([self.lines[row - 1] for row in rows]))
            lines = textwrap.indent(text.removeprefix("el"), pad).split("\n")
        else:
            *decorators, line = unparse(head).split("\n")[:-1]
            beside = self._comments(range(rows[0], rows[-1] + 1))
            lines = [pad + decorator for decorator in decorators] + _fitted(line, indent, "".join(beside))
        lines += self._block(node.body, indent + 4)
        if len(rest) == 1 and isinstance(rest[0], ast.If):
            first, *others = self._statement(rest[0], indent)
            return [*lines, f"{pad}el{first.lstrip()}", *others]
        return [*lines, f"{pad}else:", *self._block(rest, indent + 4)] if rest else lines


def _head(node: Any) -> Any:
    """A statement with nothing inside."""
    head = copy.copy(node)
    if hasattr(node, "body"):
        head.body = [ast.Pass()]
    if getattr(node, "orelse", None):
        head.orelse = []
    return head


def is_docstring(statement: Any) -> bool:
    """Whether a statement is a constant alone, as a docstring is."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _code_of(node: Any) -> str:
    """A statement as code, tuples without brackets."""
    if isinstance(node, ast.Assign):
        return " = ".join(map(_bare, [*node.targets, node.value]))
    return f"return {_bare(node.value)}" if isinstance(node, ast.Return) else unparse(node)


def _bare(value: Any) -> str:
    return (
        ", ".join(map(unparse, value.elts)) if isinstance(value, ast.Tuple) and len(value.elts) > 1 else unparse(value)
    )


def unparse(node: ast.AST) -> str:
    """A tree as code, with the quotes that people write."""
    code = ast.unparse(node)
    return code if '"' in code else code.replace("'", '"')


def _fitted(code: str, indent: int, comment: str = "") -> list[str]:
    """A line of code and its comment, on several lines where they are too long for one."""
    pad = " " * indent
    if len(whole := f"{pad}{code}  {comment}".rstrip()) <= WIDTH:
        return [whole]
    lines = [pad + comment] if comment else []
    if len(pad + code) <= WIDTH or code.rstrip(":")[-1] != ")":
        return [*lines, pad + code]
    end, depth = code.rindex(")"), 0
    start = end
    while depth or start == end:
        depth += {")": 1, "(": -1}.get(code[start], 0)
        start -= 1
    inner = textwrap.wrap(code[start + 2 : end], WIDTH - 4 - indent, break_long_words=False, break_on_hyphens=False)
    return [*lines, pad + code[: start + 2], *[f"{pad}    {line}" for line in inner], pad + code[end:]]
