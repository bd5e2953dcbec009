"""The body of an operation or of a derivative as lines of a program, where it is a row of assignments."""

import ast
import builtins
from typing import Any

import numpy as np

from micrograd.compiling.recording import STATIC
from micrograd.compiling.text import Text
from micrograd.compiling.trees import Unfit, nodes_of, renamed
from micrograd.rules import errors

CHECKS = (errors.refuse_bools, errors.need_floats, errors.need_one_dtype)  # of dtypes and shapes alone: passed once
LAYOUT = ("_is_of_rows", "_all_in_order")  # ask for kinds and layouts alone
CASTS = {"promote", "floating"}  # their work is decided by dtypes alone
PASSING = {"floating", "_in_dtype", "need_floats"}  # give back what they are given, or another dtype of it
BY_SHAPE = {"dim_of", "dims_of", "_count"}  # of the shape of an array, and of options


class Body:
    """Follows the body of an operation or derivative: writes its assignments, and decides what shapes decide."""

    def __init__(self, program: Text, names: dict[str, ast.expr], op: Any = None):
        self.program, self.names, self.op = program, names, op
        self.functions: dict[str, ast.FunctionDef] = {}

    def is_static(self, node: ast.AST) -> bool:
        """Whether shapes, dtypes and options alone decide the value of an expression."""
        if isinstance(node, ast.Attribute) and node.attr in STATIC and isinstance(node.value, ast.Name):
            return True
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in ("isinstance", "len", "type") and isinstance(node.args[0], ast.Name):
                return True
            if node.func.id in BY_SHAPE and node.func.id in self.program.helpers:
                return all(isinstance(n, ast.Name) or self.is_static(n) for n in node.args)
            if node.func.id not in ("isinstance", "len", "type", "max", "min", "int", "tuple", "list", "range", "sum"):
                return node.func.id in self.program.helpers and node.func.id in LAYOUT
        elif isinstance(node, ast.Call):
            return ast.unparse(node.func) == "math.prod" and all(map(self.is_static, node.args))
        if isinstance(node, ast.Compare) and all(isinstance(o, ast.Is | ast.IsNot) for o in node.ops):
            return all(
                isinstance(n, ast.Name | ast.Constant) or self.is_static(n) for n in (node.left, *node.comparators)
            )
        if isinstance(node, ast.Name):
            if node.id in self.program.computed or (
                node.id not in self.program.scope and not hasattr(builtins, node.id)
            ):
                return False
            value = self.program.scope.get(node.id)
            return not isinstance(value, np.ndarray | np.generic) and not (
                isinstance(value, tuple | list) and any(isinstance(v, np.ndarray) for v in value)
            )
        return all(self.is_static(child) for child in ast.iter_child_nodes(node))

    def expression(self, node: ast.expr) -> ast.expr:
        """An expression with the program's names, its choices by shape made."""
        nodes = nodes_of(node)
        names = {n.id for n in nodes if isinstance(n, ast.Name)}
        if names & self.functions.keys():
            raise Unfit  # an inner function that the way forward calls as well
        node = renamed(node, self.names)
        if names.isdisjoint(PASSING) and not any(isinstance(n, ast.IfExp) for n in nodes):
            return node
        body = self

        class Choose(ast.NodeTransformer):
            def visit_Call(self, node: ast.Call) -> Any:
                self.generic_visit(node)
                if (
                    isinstance(node.func, ast.Name) and node.func.id in PASSING and isinstance(node.args[0], ast.Name)
                ) and body.program.value(node) is body.program.value(node.args[0]):
                    return node.args[0]
                return node

            def visit_IfExp(self, node: ast.IfExp) -> Any:
                if body.is_static(node.test):
                    return self.visit(node.body if body.program.value(node.test) else node.orelse)
                return self.generic_visit(node)

        return Choose().visit(node)

    def follow(self, statements: list[ast.stmt]) -> ast.expr | None:
        """Write the statements up to a return, whose expression (with the function's own names) is given back."""
        program = self.program
        for statement in statements:
            if isinstance(statement, ast.Return):
                return statement.value
            if isinstance(statement, ast.If):
                test = self.expression(statement.test)
                if not self.is_static(test):
                    if statement.orelse or not isinstance(statement.body[-1], ast.Raise):
                        raise Unfit
                    program.run(ast.unparse(renamed(statement, self.names)))  # wrong numbers, refused on every call
                    continue
                result = self.follow(statement.body if program.value(test) else statement.orelse)
                if result is not None:
                    return result
            elif isinstance(statement, ast.Expr):
                called = statement.value.func if isinstance(statement.value, ast.Call) else None
                checks = {check.__name__ for check in CHECKS}
                if isinstance(called, ast.Name) and called.id in checks and program.scope.get(called.id) is not None:
                    continue
                program.run(ast.unparse(self.expression(statement.value)))
            elif isinstance(statement, ast.Assign) and len(statement.targets) == 1:
                self._assign(statement.targets[0], statement.value)
            elif isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Subscript):
                changed = ast.AugAssign(
                    self.expression(statement.target),  # type: ignore[arg-type]
                    statement.op,
                    self.expression(statement.value),  # type: ignore[arg-type]
                )
                program.run(ast.unparse(changed))
            elif isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
                target = self.names[statement.target.id]
                if not isinstance(target, ast.Name):
                    raise Unfit
                changed = ast.AugAssign(target, statement.op, self.expression(statement.value))
                target.ctx = ast.Store()
                program.run(ast.unparse(changed))
            elif isinstance(statement, ast.FunctionDef):
                if statement.decorator_list:
                    raise Unfit
                self.functions[statement.name] = statement
            else:
                raise Unfit
        return None

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        written = self.expression(value)
        casts = isinstance(written, ast.Call) and ast.unparse(written.func) in CASTS
        if casts and self._cast(target, written):  # type: ignore[arg-type]
            return
        if isinstance(target, ast.Tuple) and isinstance(written, ast.Tuple):
            for one, part in zip(target.elts, written.elts, strict=True):
                self._assign_written(one, part)
        else:
            self._assign_written(target, written)

    def _assign_written(self, target: ast.expr, written: ast.expr) -> None:
        program = self.program
        if isinstance(target, ast.Name):
            if isinstance(written, ast.Name | ast.Constant):
                self.names[target.id] = written
                return
            if self.is_static(written) and isinstance(value := program.value(written), int | float | tuple | None):
                self.names[target.id] = program.expression(value)
                return
            name = program.fresh(
                self.op.name if self.op is not None and target.id in ("out", "result", "found") else target.id
            )
            program.run(f"{name} = {ast.unparse(written)}")
            program.computed.add(name)
            self.names[target.id] = ast.Name(name, ast.Load())
            return
        if isinstance(target, ast.Tuple) and all(isinstance(t, ast.Name) for t in target.elts):
            names = [program.fresh(t.id) for t in target.elts]  # type: ignore[attr-defined]
            program.run(f"{', '.join(names)} = {ast.unparse(written)}")
            program.computed.update(names)
            for t, name in zip(target.elts, names, strict=True):
                self.names[t.id] = ast.Name(name, ast.Load())  # type: ignore[attr-defined]
            return
        if isinstance(target, ast.Subscript):
            program.run(f"{ast.unparse(self.expression(target))} = {ast.unparse(written)}")
            return
        raise Unfit

    def _cast(self, target: ast.expr, call: ast.Call) -> bool:
        """promote and floating: what dtypes decide is decided here."""
        program = self.program
        results = program.value(call)
        results = results if isinstance(results, tuple) else (results,)
        targets = target.elts if isinstance(target, ast.Tuple) else [target]
        if len(targets) != len(results) or len(call.args) != len(results):
            return False
        new: dict[str, ast.expr] = {}
        for one, given, result in zip(targets, call.args, results, strict=True):
            old = program.value(given)
            if result is old or (not isinstance(result, np.ndarray) and type(result) is type(old)):
                new[one.id] = given  # type: ignore[attr-defined]
                continue
            name = program.fresh(
                f"{ast.unparse(given)}_as_{result.dtype.name}" if isinstance(given, ast.Name) else "number"
            )
            program.run(
                f"{name} = np.asarray({ast.unparse(given)}).astype(np.dtype('{result.dtype.name}'), copy=False)"
            )
            new[one.id] = ast.Name(name, ast.Load())  # type: ignore[attr-defined]
        self.names.update(new)
        return True
