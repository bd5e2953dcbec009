"""Expressions as text, such as "(a*b + c).tanh()", evaluated with numbers, Values or Tensors for the names in them.

The text is parsed by Python's own parser and then interpreted by the tables below; it is never run as Python. It knows
arithmetic and the functions in FUNCTIONS, and nothing else: no attribute, no index, no call of anything else.
"""

import ast
import math
import operator
import sys
from collections.abc import Mapping
from typing import Any

from micrograd.engine import Value

LONGEST = 2000
"""How many characters an expression may have."""
DEEPEST = 200
"""How many operations may stand one inside the other."""

OPERATORS: dict[type[ast.AST], Any] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.MatMult: operator.matmul,
    ast.USub: operator.neg,
    ast.UAdd: lambda x: x,
}
FUNCTIONS = ("exp", "log", "tanh", "relu", "sigmoid", "sqrt", "abs", "sin", "cos", "sum", "mean", "max")
KNOWN = f"+ - * / ** @ and {', '.join(FUNCTIONS)}"


class ExpressionError(ValueError):
    """An expression, or a value for one of its names, cannot be used. The message is one line."""


def names(text: str) -> list[str]:
    """The names in an expression, each once, in order of appearance. Raises ExpressionError where it is none."""
    return _names(_parse(text))


def evaluate(text: str, variables: Mapping[str, Any]) -> Any:
    """What the expression gives, with `variables` in the place of its names.

    variables: floats, Values or tensors, micrograd's or PyTorch's, by name: those of the expression, no more and no
    fewer. A function may stand before its argument, tanh(x), or behind it, x.tanh(); tensors have their own, numbers
    and Values all but sum, mean and max. Numbers in the text are floats.
    Raises ExpressionError where the text is anything but arithmetic, a name lacks its variable or a variable its name,
    and where an operation has no result.
    """
    tree = _parse(text)
    used = _names(tree)
    for name in used:
        if name not in variables:
            raise ExpressionError(f"the expression has a name {name!r} and nothing stands for it; give {name}=...")
    for name in variables:
        if name not in used:
            raise ExpressionError(f"{name!r} is not in the expression; its names are {', '.join(used) or 'none'}")
    return _value_of(tree, variables)


def _parse(text: str) -> ast.expr:
    """The tree of an expression in which there is nothing unknown."""
    if len(text) > LONGEST:
        raise ExpressionError(f"an expression may have {LONGEST:,} characters, and this one has {len(text):,}")
    if not text.strip():
        raise ExpressionError("the expression is empty; write one such as (a*b + c).tanh()")
    too_deep = ExpressionError(f"the expression is nested too deeply; {DEEPEST} operations inside each other may be")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (RecursionError, MemoryError):
        raise too_deep from None
    except (SyntaxError, ValueError) as error:
        if "too many nested" in str(error):
            raise too_deep from None
        where = f" at character {error.offset}" if isinstance(error, SyntaxError) and error.offset else ""
        raise ExpressionError(f"{_short(text)} is no expression{where}; it knows {KNOWN}") from None
    level: list[ast.expr] = [tree]
    for _ in range(DEEPEST + 1):
        level = [part for node in level for part in _parts(node)]
        if not level:
            return tree
    raise too_deep


def _parts(node: ast.expr) -> list[ast.expr]:
    """The operands of one operation. Raises ExpressionError where it is not one of those known."""
    match node:
        case ast.BinOp(left, op, right) if type(op) in OPERATORS:
            return [left, right]
        case ast.UnaryOp(op, operand) if type(op) in OPERATORS:
            return [operand]
        case ast.Call():
            return [_function(node)[1]]
        case ast.Constant(value) if type(value) in (int, float):
            return []
        case ast.Name(name) if name not in FUNCTIONS:
            return []
        case ast.Name(name):
            raise ExpressionError(f"{name} is a function here: write {name}(x) or x.{name}()")
    raise ExpressionError(f"{_shown(node)} is not known here; what is: {KNOWN}")


def _function(call: ast.Call) -> tuple[str, ast.expr]:
    """The function that is called, and its argument."""
    match call:
        case ast.Call(ast.Name(name), [argument], []) if name in FUNCTIONS:
            return name, argument
        case ast.Call(ast.Attribute(argument, name), [], []) if name in FUNCTIONS:
            return name, argument
        case ast.Call(ast.Name(name) | ast.Attribute(_, name)) if name in FUNCTIONS:
            raise ExpressionError(f"{name} takes one operand: write {name}(x) or x.{name}()")
    raise ExpressionError(f"{_shown(call)} is no function known here; those are {', '.join(FUNCTIONS)}")


def _names(tree: ast.expr) -> list[str]:
    """Names other than those of functions; a node stands before those to its right."""
    functions = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in functions]
    found.sort(key=lambda node: (node.lineno, node.col_offset))
    return list(dict.fromkeys(node.id for node in found))


def _value_of(node: ast.expr, variables: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.Name):
        return variables[node.id]
    try:
        if isinstance(node, ast.Constant):
            return _finite(node.value)
        operands = [_value_of(part, variables) for part in _parts(node)]
        if isinstance(node, ast.Call):
            return _apply(_function(node)[0], operands[0])
        return _operate(OPERATORS[type(node.op)], operands)  # type: ignore[attr-defined]
    except ExpressionError:
        raise
    except (ArithmeticError, ValueError, TypeError, RuntimeError) as error:
        reason = str(error).partition("\n")[0]
        raise ExpressionError(f"{_shown(node)}: {reason:.200}") from None


def _finite(number: Any) -> float:
    if math.isinf(result := float(number) if abs(number) <= sys.float_info.max else math.inf):
        raise OverflowError("it is larger than the largest float, 1.8e308")
    return result


def _operate(function: Any, operands: list[Any]) -> Any:
    if all(isinstance(x, float) for x in operands):  # a Value knows what a float in Python does not: 1/0, (-8)**0.5
        result = function(*map(Value, operands))
        return result.data
    return function(*operands)


def _apply(name: str, x: Any) -> Any:
    if isinstance(x, float):
        return _apply(name, Value(x)).data
    if isinstance(x, Value) and name == "sin":
        return Value(math.sin(x.data), (x,), "sin", local=(math.cos(x.data),))
    if isinstance(x, Value) and name == "cos":
        return Value(math.cos(x.data), (x,), "cos", local=(-math.sin(x.data),))
    method = getattr(x, name, None)
    if method is None:
        kind = "number" if isinstance(x, Value) else type(x).__name__
        raise ExpressionError(f"{name}: a {kind} has no {name}; tensors have")
    return method()


def _shown(node: ast.expr) -> str:
    try:
        return _short(ast.unparse(node))
    except (RecursionError, ValueError):  # deeper than may be, or a number with too many digits
        return "this"


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 40 else text[:39] + "…"
