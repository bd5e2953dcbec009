"""The lines of a program as they are run: the same numbers as those that are printed, in less memory.

What is printed reads as the operations are written. What is run lets go of each array after its last use, and writes
the steps of one expression into one array: g * (1 - h * h) becomes np.multiply(g, np.subtract(1, t := h * h, out=t),
out=t). Only an array that this very expression has made is written again, so that nobody else can hold it.
"""

import ast
from collections.abc import Callable
from typing import Any

import numpy as np

from micrograd.compiling.trees import nodes_of

UFUNCS: dict[type, str] = {ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide"}


def thrifty(lines: list[str], kept: set[str], value: Callable[[ast.expr], Any]) -> list[str]:
    """The lines as they are run. kept: the names that are needed after the last one. value: of an expression."""
    return _letting_go([_written_again(line, value) for line in lines], kept)


def names_in(text: str) -> set[str]:
    """The names in a piece of a program."""
    return {node.id for node in nodes_of(ast.parse(text)) if isinstance(node, ast.Name)}


def _letting_go(written: list[tuple[str, ast.AST]], kept: set[str]) -> list[str]:
    """The lines, each array that nothing needs any more let go of at once, as the engine does."""
    made: set[str] = set()
    lines: list[tuple[str, set[str]]] = []
    for line, tree in written:
        nodes = nodes_of(tree)
        lines.append((line, {n.id for n in nodes if isinstance(n, ast.Name)}))
        stores = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        loops = [n.target for n in nodes if isinstance(n, ast.comprehension)]  # whose names are theirs alone
        made |= stores - {n.id for target in loops for n in nodes_of(target) if isinstance(n, ast.Name)}
        if any(isinstance(n, ast.FunctionDef | ast.Lambda) for n in nodes):  # it needs them as long as it lives
            kept = kept | lines[-1][1]
    result: list[str] = []
    for line, names in reversed(lines):
        last = sorted((names & made) - kept)
        kept = kept | set(last)
        result += [f"del {', '.join(last)}", line] if last else [line]
    return result[::-1]


def _written_again(line: str, value: Callable[[ast.expr], Any]) -> tuple[str, ast.AST]:
    """A line with the arrays between the steps of its expression written again, and its tree."""
    tree = ast.parse(line).body[0]
    if not isinstance(tree, ast.Assign | ast.Return) or not isinstance(tree.value, ast.BinOp):
        return line, tree
    tree.value = _Steps(value).visit(tree.value)
    return ast.unparse(tree), tree


class _Steps(ast.NodeTransformer):
    """Gives an operation on an array that the expression has made that array for its result."""

    def __init__(self, value: Callable[[ast.expr], Any]):
        self.value = value
        self.n = 0

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        fits = self._fits(node)
        given: dict[str, ast.expr] = {"left": node.left, "right": node.right}
        target = None
        for side, operand in given.items():
            is_new = isinstance(operand, ast.BinOp) and type(operand.op) in UFUNCS
            given[side] = self.visit(operand) if isinstance(operand, ast.BinOp) else operand
            if target is None and fits is not None and is_new and self._fits(operand) == fits:
                target, given[side] = self._named(given[side])
        if target is None:
            return ast.BinOp(given["left"], node.op, given["right"])
        ufunc = ast.parse(f"np.{UFUNCS[type(node.op)]}", mode="eval").body
        return ast.Call(ufunc, [given["left"], given["right"]], [ast.keyword("out", ast.Name(target, ast.Load()))])

    def _named(self, step: ast.expr) -> tuple[str, ast.expr]:
        """The name of the array that a step gives, and the step with it."""
        if isinstance(step, ast.Call):  # it has gone into one already
            return step.keywords[0].value.id, step  # type: ignore[attr-defined]
        self.n += 1
        name = f"step_{self.n}_"
        return name, ast.NamedExpr(ast.Name(name, ast.Store()), step)

    def _fits(self, node: ast.expr) -> Any:
        """What an array has to be for the result of an operation; None where the result is no array."""
        if not isinstance(node, ast.BinOp) or type(node.op) not in UFUNCS:
            return None
        found = self.value(node)
        if not isinstance(found, np.ndarray) or not found.ndim or not found.flags.c_contiguous:
            return None
        return found.shape, found.dtype
