"""What one call gives at its points, as data: the same text is run on either library.

A call is Python text in which `torch` is the library, `F` its nn.functional, and letters are tensors; statements may
stand before the last part, which is the result. A point gives the letters their numbers, also as text.
"""

import ast
import functools
import math
import re
from typing import Any

import numpy as np

NUMPYS = {"nan": math.nan, "inf": math.inf, "zeros": np.zeros, "full": np.full, "ones": np.ones, "arange": np.arange}
FLOATS = ("float32", "float64")
INDICES, MASKS = "ij", "m"  # letters of int64 and bool, whatever the dtype of the others

ERRORS = (IndexError, ValueError, TypeError, RuntimeError)  # PyTorch's other classes are children of one of these


def run(library: Any, call: str, point: dict[str, str], dtype: str) -> Any:
    """[the result or results, [the gradients of the letters]]; the class of an error in place of what was not reached.

    Each result is sent a gradient of 1, 2, 3, ... in the order of its elements, so that no two are mistaken.
    """
    return encoded(library, call, {letter: numbers(text) for letter, text in point.items()}, dtype, in_turn=True)


def run_together(library: Any, call: str, points: list[dict[str, str]], dtype: str) -> list[Any]:
    """What `run` gives for each of the points, which are numbers, of a call that works on each element by itself."""
    columns = {letter: np.array([numbers(point[letter]) for point in points]) for letter in points[0]}
    found = encoded(library, call, columns, dtype, in_turn=False)
    if isinstance(found, str):
        return [found] * len(points)
    result, gradients = found
    if isinstance(gradients, str):
        return [[item(result, i), gradients] for i in range(len(points))]
    return [[item(result, i), [item(gradient, i) for gradient in gradients]] for i in range(len(points))]


def item(found: Any, i: int) -> Any:
    if isinstance(found, dict):  # of another dtype
        return {dtype: item(numbers, i) for dtype, numbers in found.items()}
    return None if found is None else found[i]


@functools.cache
def numbers(text: str) -> Any:
    return eval(text, NUMPYS)


@functools.cache
def parts(call: str) -> tuple[Any, Any]:
    """The statements of a call and its last part, ready to run."""
    *statements, result = call.split("; ")
    return compile("\n".join(statements), call, "exec"), compile(result, call, "eval")


def encoded(library: Any, call: str, arrays: dict[str, Any], dtype: str, in_turn: bool) -> Any:
    leaves = {letter: leaf(library, letter, array, dtype) for letter, array in arrays.items()}
    names = {"torch": library, "F": library.nn.functional, "np": np, "nan": math.nan, "inf": math.inf, **leaves}
    statements, last = parts(call)
    try:
        with np.errstate(all="ignore"):
            library.manual_seed(0)
            exec(statements, names)
            result = eval(last, names)
    except Exception as error:
        return class_of(error)
    results = list(result) if isinstance(result, tuple | list) else [result]
    values = [data(each, dtype) for each in results]
    value = values if isinstance(result, tuple | list) else values[0]
    try:
        for each in results:
            if getattr(each, "requires_grad", False):
                n = each.numel()
                start = np.arange(1.0, n + 1) if in_turn else np.ones(n)
                start = library.from_numpy(start.reshape(tuple(each.shape))).to(each.dtype)
                each.backward(start, retain_graph=True)
    except Exception as error:
        return [value, class_of(error)]
    return [value, [data(x.grad, dtype) for letter, x in leaves.items() if letter not in INDICES + MASKS]]


def class_of(error: Exception) -> str:
    return next((kind.__name__ for kind in ERRORS if isinstance(error, kind)), type(error).__name__)


def leaf(library: Any, letter: str, array: Any, dtype: str) -> Any:
    dtype = "int64" if letter in INDICES else "bool" if letter in MASKS else dtype
    tensor = library.from_numpy(np.array(array, dtype))
    return tensor.requires_grad_() if dtype in FLOATS else tensor


def data(x: Any, dtype: str) -> Any:
    """A result as numbers and lists: {dtype: numbers} where the dtype is not that of the inputs."""
    if not hasattr(x, "numpy"):
        return rounded(x) if isinstance(x, float) else x
    array = x.detach().numpy()
    found = f"empty {array.shape}" if array.size == 0 else rounded(array.tolist())
    return found if str(array.dtype) == dtype else {str(array.dtype): found}


def rounded(x: Any) -> Any:
    """To seven digits: special points are about kinds of numbers, and processors differ in the last digit."""
    if isinstance(x, list):
        return [rounded(item) for item in x]
    return float(f"{x:.7g}") if isinstance(x, float) else x


def alike(a: Any, b: Any, rtol: float, signs: bool = False) -> bool:
    """Whether two are the same, floats to a relative difference of rtol; signs: 0.0 is not -0.0."""
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(alike(x, y, rtol, signs) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(alike(a[key], b[key], rtol, signs) for key in a)
    if isinstance(a, float) and isinstance(b, float):
        if math.isnan(a) or math.isnan(b):
            return math.isnan(a) and math.isnan(b)
        if signs and a == b == 0:
            return math.copysign(1, a) == math.copysign(1, b)
        return a == b or (math.isfinite(a) and math.isfinite(b) and abs(a - b) <= rtol * max(abs(a), abs(b), 1e-6))
    return type(a) is type(b) and a == b


# Which of 0.0 and -0.0 is chosen differs with the processor, in PyTorch as well.
CHOOSING = re.compile(r"max|min|clamp|clip|relu|ReLU|elu|ELU|median|quantile|sort|topk|unique|norm")


def agree(call: str, answer: Any, right: Any, rtol: float) -> bool:
    """Whether two answers agree: results to the sign of a zero, unless the call chooses, gradients but for that."""
    if isinstance(answer, str) or isinstance(right, str):
        return answer == right
    signs = not CHOOSING.search(call)
    return alike(answer[0], right[0], rtol, signs) and alike(answer[1], right[1], rtol)


def names_in(call: str) -> set[str]:
    """The names of functions, methods and operators that a call mentions."""
    found = set(re.findall(r"\.(\w+)", call))
    for node in ast.walk(ast.parse(call)):
        if isinstance(node, ast.BinOp):
            operator = OPERATORS[type(node.op).__name__]
            found.add(f"__r{operator}__" if isinstance(node.left, ast.Constant) else f"__{operator}__")
        elif isinstance(node, ast.UnaryOp):
            found.add({"USub": "__neg__", "UAdd": "__pos__", "Invert": "__invert__"}[type(node.op).__name__])
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "abs":
            found.add("__abs__")
        elif isinstance(node, ast.Subscript):
            found.add("__setitem__" if isinstance(node.ctx, ast.Store) else "__getitem__")
        elif isinstance(node, ast.AugAssign):
            found.add(f"__i{OPERATORS[type(node.op).__name__]}__")
    return found


OPERATORS = {"Add": "add", "Sub": "sub", "Mult": "mul", "Div": "truediv", "FloorDiv": "floordiv", "Mod": "mod"}
OPERATORS |= {"Pow": "pow", "MatMult": "matmul", "BitAnd": "and", "BitOr": "or", "BitXor": "xor"}
DUNDERS = {f"__{side}{name}__" for name in OPERATORS.values() for side in ("", "r", "i")}
DUNDERS |= {"__neg__", "__pos__", "__abs__", "__getitem__", "__setitem__"}
