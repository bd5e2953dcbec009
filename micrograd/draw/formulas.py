"""What an operation is called in a picture, what it does and what its derivatives are: mathematics, and the code."""

import inspect
from typing import Any

from micrograd.engine import Value
from micrograd.graph import Node

SIGNS = {
    **{"slice": "[ ]", "index": "[ ]", "put": "[ ] =", "neg": "neg", "reshape_copy": "view", "to_dtype": "to"},
    **{"MaxBackward0": "max", "MaxBackward1": "max", "MinBackward0": "min", "MinBackward1": "min"},
    **{"MedianBackward1": "median", "TopkBackward0": "topk", "SortBackward0": "sort"},
}
"""The sign of an op, by the name of the op or of its node, where it is neither `Op.sign` nor the op's name."""

FORMULAS: dict[str, tuple[str, ...]] = {
    "+": ("x + y", "g", "g"),
    "-": ("x - y", "g", "-g"),
    "*": ("x · y", "y · g", "x · g"),
    "/": ("x / y", "g / y", "-x / y² · g"),
    "**": ("xⁿ", "n · xⁿ⁻¹ · g", "xⁿ · ln(x) · g"),
    "1/": ("1 / x", "-1 / x² · g"),
    "@": ("x @ y", "g @ yᵀ", "xᵀ @ g"),
    "neg": ("-x", "-g"),
    "exp": ("exp(x)", "exp(x) · g"),
    "log": ("ln(x)", "g / x"),
    "sqrt": ("√x", "g / (2·√x)"),
    "tanh": ("tanh(x)", "(1 - tanh(x)²) · g"),
    "sigmoid": ("s = 1 / (1 + exp(-x))", "s · (1 - s) · g"),
    "relu": ("max(x, 0)", "g where x > 0, and 0 elsewhere"),
    "abs": ("|x|", "sign(x) · g"),
    "sin": ("sin(x)", "cos(x) · g"),
    "cos": ("cos(x)", "-sin(x) · g"),
    "sum": ("sum of x", "g for each element that was added up"),
    "mean": ("mean of x", "g / n for each of the n elements"),
    "max": ("largest of x", "g at the largest element, 0 elsewhere"),
    "min": ("smallest of x", "g at the smallest element, 0 elsewhere"),
    "softmax": ("p = softmax(x)", "p · (g - sum of p·g)"),
    "log_softmax": ("ln softmax(x)", "g - softmax(x) · sum of g"),
    "cross_entropy": ("-ln softmax(x)[target], the mean of n", "(softmax(x) - one-hot target) · g / n"),
    "nll_loss": ("-x[target], the mean of n", "-g / n at each target, 0 elsewhere"),
    "linear": ("x @ weightᵀ + bias", "g @ weight", "gᵀ @ x", "g added up over all rows"),
    "embedding": ("weight[indices]", "zeros, with each row of g added at its index"),
    "[ ]": ("x[index]", "zeros of x's shape, with g added at the index"),
    "view": ("x in another shape", "g in the shape of x"),
    "transpose": ("x with two dimensions swapped", "g with them swapped back"),
    "cat": ("the inputs one after the other", "each the part of g that came from it"),
    "expand": ("x broadcast to a larger shape", "g added up over the dimensions that were broadcast"),
}
"""By sign: the result, then for each input what is added to its gradient; g is the gradient of the result."""

_METHODS = {"+": "__add__", "-": "__sub__", "*": "__mul__", "/": "__truediv__", "**": "__pow__", "neg": "__neg__"}
_METHODS |= {"ReLU": "relu", "abs": "__abs__"}


def sign_of(node: Node) -> str:
    """The sign of the operation of a Node in a picture: + or exp."""
    if node.op is None:
        return node.name.removesuffix("Backward")
    return SIGNS.get(node.name) or SIGNS.get(node.op.name) or node.op.sign or node.op.name


def formula(box: Any) -> tuple[str, ...]:
    """The line of FORMULAS for the operation of a box; empty for one that is not there."""
    if box.op == "-" and len(box.parents) == 1:
        return ("x - n", "g") if box.sign.startswith("-") else ("n - x", "-g", "-g")
    if box.op == "linear" and len(box.parents) == 2:
        return ("x @ weightᵀ", *FORMULAS["linear"][1:3])
    if box.op == "+" and len(box.parents) > 2:
        return ("the sum of all inputs", *["g"] * len(box.parents))
    return FORMULAS.get("relu" if box.op == "ReLU" else box.op, ())


def code(box: Any) -> str:
    """The engine's source of the operation, with its derivatives; empty where it cannot be read."""
    op = getattr(box.node, "op", None)
    operation = op.forward if op is not None else getattr(Value, _METHODS.get(box.op, box.op), None)
    try:
        return inspect.cleandoc("\n" + inspect.getsource(operation)) if operation is not None else ""
    except (OSError, TypeError):
        return ""
