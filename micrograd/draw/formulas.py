"""What an operation is called in a picture, what it does and what its derivatives are: mathematics, and the code."""

import inspect
import re
from collections.abc import Sequence
from typing import Any

from micrograd.engine import Value
from micrograd.graph import Node
from micrograd.ops import OPERATORS

SIGNS = {
    **{"slice": "[ ]", "index": "[ ]", "put": "[ ] =", "neg": "neg", "reshape_copy": "view", "to_dtype": "to"},
    **{"MaxBackward0": "max", "MaxBackward1": "max", "MinBackward0": "min", "MinBackward1": "min"},
    **{"MedianBackward1": "median", "TopkBackward0": "topk", "SortBackward0": "sort"},
}
"""The sign of an op, by the name of the op or of its node, where it is neither `Op.sign` nor the op's name."""

LONGEST_TITLE = 24
"""A title that would be longer is a number instead."""

PRECEDENCE = {"+": 1, "-": 1, "*": 2, "/": 2, "@": 2, "**": 4}
ATOM = 5

FORMULAS: dict[str, tuple[str, ...]] = {
    "+": ("x + y", "g", "g"),
    "-": ("x - y", "g", "-g"),
    "*": ("x * y", "y · g", "x · g"),
    "/": ("x / y", "g / y", "-x / y² · g"),
    "**": ("x**y", "y · x**(y - 1) · g", "out · ln(x) · g"),
    "1/": ("1 / x", "-1 / x² · g"),
    "@": ("x @ y", "g @ yᵀ", "xᵀ @ g"),
    "neg": ("-x", "-g"),
    "exp": ("exp(x)", "out · g"),
    "log": ("log(x)", "g / x"),
    "sqrt": ("sqrt(x)", "g / (2 · out)"),
    "tanh": ("tanh(x)", "(1 - out²) · g"),
    "sigmoid": ("1 / (1 + exp(-x))", "out · (1 - out) · g"),
    "relu": ("relu(x)", "g where x > 0, and 0 elsewhere"),
    "ReLU": ("ReLU(x)", "g where x > 0, and 0 elsewhere"),
    "abs": ("abs(x)", "sign(x) · g"),
    "sin": ("sin(x)", "cos(x) · g"),
    "cos": ("cos(x)", "-sin(x) · g"),
    "sum": ("sum(x)", "g for each element that was added up"),
    "mean": ("mean(x)", "g / n for each of the n elements"),
    "max": ("max(x)", "g at the largest element, 0 elsewhere"),
    "min": ("min(x)", "g at the smallest element, 0 elsewhere"),
    "softmax": ("softmax(x)", "out · (g - sum of out · g)"),
    "log_softmax": ("log_softmax(x)", "g - softmax(x) · sum of g"),
    "cross_entropy": ("-log softmax(x)[target], the mean of n", "(softmax(x) - one-hot target) · g / n"),
    "nll_loss": ("-x[target], the mean of n", "-g / n at each target, 0 elsewhere"),
    "linear": ("x @ weightᵀ + bias", "g @ weight", "gᵀ @ x", "g added up over all rows"),
    "embedding": ("weight[index]", "zeros, with each row of g added at its index"),
    "[ ]": ("x[index]", "zeros in the shape of x, with g added at the index"),
    "view": ("x in another shape", "g in the shape of x"),
    "transpose": ("x with two dimensions swapped", "g with them swapped back"),
    "cat": ("the inputs one after the other", "each the part of g that came from it"),
    "expand": ("x broadcast to a larger shape", "g added up over the dimensions that were broadcast"),
}
"""By sign: the result, then for each input what is added to its gradient; g is the gradient of the result, `out`."""

_INPUTS = {"linear": ("x", "weight", "bias"), "embedding": ("index", "weight"), "[ ]": ("x", "index")}
_INPUTS |= dict.fromkeys(("cross_entropy", "nll_loss"), ("x", "target"))

_METHODS = {sign: f"__{name}__" for sign, name in OPERATORS.items()}
_METHODS |= {"neg": "__neg__", "ReLU": "relu", "abs": "__abs__"}

_PLACE = re.compile(r"(\(?)(?<!\w)(x|y|out|weight|bias|index|target)(?![a-z_0-9])(\)?)")


def sign_of(node: Node) -> str:
    """The sign of the operation of a Node in a picture: + or exp."""
    if node.op is None:
        return node.name.removesuffix("Backward")
    return SIGNS.get(node.name) or SIGNS.get(node.op.name) or node.op.sign or node.op.name


def formula(box: Any) -> tuple[str, ...]:
    """How a box came about, and what is added to the gradient of each input, in the names of the picture."""
    op = box.op
    result, *ways = FORMULAS.get(op, ("",))
    if op == "+" and len(box.operands) > 2:
        result, ways = "the sum of all inputs", ["g"] * len(box.operands)
    elif op == "linear" and len(box.operands) == 2:
        result = result.removesuffix(" + bias")
    names = dict(zip(_INPUTS.get(op, ("x", "y")), box.operands, strict=False)) | {"out": box}

    def put(found: re.Match) -> str:
        before, place, after = found.groups()
        name, precedence = _title(names.get(place, place))
        return f"{before}{name if precedence == ATOM or (before and after) else f'({name})'}{after}"

    if op == "**" and isinstance(box.operands[-1], str):
        n = float(box.operands[-1]) - 1
        ways = [ways[0].replace("**(y - 1)", "" if n == 1 else f"**{n:g}")]
    result, *ways = [_PLACE.sub(put, text) for text in (result, *ways)]
    whole = len(box.operands) < 8 and (op in PRECEDENCE or not result)
    made = composed(op, box.operands, whole=True)[0] if whole else result
    return box.title if made == box.title else f"{box.title} = {made or box.sign}", *ways


def composed(sign: str, operands: Sequence[Any], whole: bool = False) -> tuple[str, int]:
    """A title made of an operation and its operands, with its precedence; empty where it would be long.

    operands: Boxes, and numbers as text. whole: however long, and with operands that have a number for a title.
    """
    operands = [_title(x) for x in operands]
    titles = [title for title, _ in operands]
    if not operands or any(not title or (title.startswith("#") and not whole) for title in titles):
        return "", ATOM
    level = ATOM
    if sign in PRECEDENCE and len(operands) > 1:
        level = PRECEDENCE[sign]
        parts = [
            f"({title})" if inner < level or (inner == level and (i > 0) == (sign != "**") and sign != "+") else title
            for i, (title, inner) in enumerate(operands)
        ]
        title = sign.join(parts) if sign == "**" else f" {sign} ".join(parts)
    elif sign == "neg":
        title, level = (f"-{titles[0]}" if operands[0][1] > 2 else f"-({titles[0]})"), 3
    elif sign == "[ ]":
        title = f"{titles[0]}[{', '.join(titles[1:])}]" if len(titles) > 1 and operands[0][1] == ATOM else ""
    elif sign.isidentifier():
        title = f"{sign}({', '.join(titles)})"
    else:
        title = ""
    return (title, level) if whole or len(title) <= LONGEST_TITLE else ("", ATOM)


def _title(operand: Any) -> tuple[str, int]:
    """The title of a Box, or a number as text, and its precedence."""
    return (operand, ATOM) if isinstance(operand, str) else (operand.title, operand.precedence)


def short(x: Any) -> str:
    """A number with as few digits as it needs; a row of them in the same way."""
    if isinstance(x, tuple | list):
        return ", ".join(map(short, x))
    return f"{x:g}" if isinstance(x, float) else str(x)


def number(x: Any, digits: int = 4) -> str:
    """A number as it stands in a box, with so many decimals."""
    if not isinstance(x, float):
        return str(x)
    smallest = 10.0 ** -max(digits - 1, min(digits, 1))
    return f"{x:.{digits}f}" if x == 0 or smallest <= abs(x) < 1e5 else f"{x:.{max(digits - 1, 0)}e}"


def code(box: Any) -> str:
    """The engine's source of the operation, with its derivatives; empty where it cannot be read."""
    op = getattr(box.node, "op", None)
    operation = op.forward if op is not None else getattr(Value, _METHODS.get(box.op, box.op), None)
    try:
        return inspect.cleandoc("\n" + inspect.getsource(operation)) if operation is not None else ""
    except (OSError, TypeError):
        return ""
