"""Every operation on arrays, written once; a family to a file.

An operation is one function of arrays. It returns its result and then, for each input in order, the derivative: the
function from the gradient of the result to the gradient of that input. Here is all of multiplication:

    @op("MulBackward0", "multiply", sign="*", in_place=np.multiply, examples=["x * y", "x * 3"])
    def mul(x, y, /):
        \"\"\"input * other.\"\"\"
        x, y = promote(x, y)
        return x * y, save(lambda g: g * y, y), save(lambda g: g * x, x)

What stands before the `/` are the inputs, which become arrays and may have gradients; what follows are options. The
decorator makes of it `micrograd.mul(input, other)`, where x and y bear PyTorch's names, the method `Tensor.mul`, the
alias `multiply`, the operator `*`, the forms in place `mul_` and `*=`, and an entry in OPS. The examples are lines of
Python on the tensors of `micrograd.compare.samples`; the tests and `micrograd.compare` run them here and on PyTorch.

Four rules make the rest of the engine work:

- An input that has no gradient by its nature, such as a mask, has the derivative None.
- A derivative may return a gradient of the broadcast shape or of another dtype: `Edge.gradient` undoes both.
- What a derivative uses is said by `save`: the graph watches whether it is changed in place, and lets go of it when
  backward is done. Save no more than needed.
- A derivative never changes what it is given and never returns an array that it keeps.
"""

import functools
import inspect
from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import Any

import numpy as np

from micrograd.graph import Edge, Node, observer, state
from micrograd.in_place import arithmetic_in_place, in_place, view_of
from micrograd.rules.errors import GO_ON, ON_ERROR, pytorch_error
from micrograd.tensors import Tensor, attach, wrap

Derivative = Callable[[Any], Any]
Array = np.ndarray


class Op:
    """One operation.

    name: the key in OPS. node_name: what PyTorch calls its node, or a function of the call that says so. forward: the
    function of arrays. n_inputs: how many of its arguments are inputs, None for any number. sign: what it looks like in
    a formula. examples: calls of it. in_order: whether the result lies in memory in order whatever the inputs do.
    is_view: whether the result looks at the memory of the first input.
    """

    def __init__(
        self, forward: Callable, node_name: Any, sign: str, examples: Sequence[str], in_order: bool, view: bool
    ):
        self.name = forward.__name__.strip("_")
        self.node_name, self.forward, self.sign, self.examples = node_name, forward, sign, list(examples)
        self.in_order, self.is_view = in_order, view
        self.parameters = list(inspect.signature(forward).parameters.values())
        kinds = [p.kind for p in self.parameters]
        self.n_inputs = (
            None if inspect.Parameter.VAR_POSITIONAL in kinds else kinds.count(inspect.Parameter.POSITIONAL_ONLY)
        )

    def __repr__(self) -> str:
        return f"<op {self.name}>"


OPS: dict[str, Op] = {}

# The functions of the package and those of nn.functional, by name; `micrograd/__init__.py` hands them on.
TORCH: dict[str, Callable] = {}
FUNCTIONAL: dict[str, Callable] = {}


def save(derivative: Derivative, *arrays: Any) -> tuple[Derivative, tuple[Any, ...]]:
    """A derivative together with the arrays that it uses: inputs, the result, or what was computed on the way."""
    return derivative, arrays


def unchanged(g: Any) -> Any:
    """The derivative of what leaves each element as it is."""
    return g


def no_gradient(g: Any) -> None:
    """The derivative by an input that the result does not depend on."""
    return None


def apply(op: Op, *inputs: Any, name: str | None = None, **options: Any) -> Tensor:
    """The result of an op on Tensors and numbers, as a Tensor of the graph. name: that of the node, if not op's own."""
    arrays: list[Any] = []
    wanted = any_tensor = False
    for x in inputs:
        if isinstance(x, Tensor):
            any_tensor = True
            arrays.append(x._array)
            if x._base is not None and x._base._changes != x._seen:
                x._refresh()
            wanted = wanted or x._requires_grad
        elif type(x) is float or type(x) is int or x is None:
            arrays.append(x)
        else:
            arrays.append(plain(x))
    if not any_tensor:
        raise TypeError(f"{op.name}(): argument 'input' (position 1) must be Tensor, not {_kind(inputs)}")
    token = ON_ERROR.set(GO_ON)
    try:
        out, *derivatives = op.forward(*arrays, **options)
    except (ValueError, IndexError) as error:
        raise pytorch_error(op.name, arrays, options, error) from None
    finally:
        ON_ERROR.reset(token)
    if op.in_order and not out.flags.c_contiguous:
        result = wrap(out.copy())
    else:
        result = wrap(out)
    if op.is_view:
        view_of(inputs[0], result)
    if wanted and state.grad_enabled and result._array.dtype.kind == "f":
        _record(op, inputs, options, derivatives, out, result)
        if name is not None:
            result._node.name = name
    if observer.operation is not None:
        observer.operation(op, inputs, options, result)
    return result


def _record(op: Op, inputs: Any, options: dict[str, Any], derivatives: list[Any], out: Any, result: Tensor) -> None:
    """Make `result`, around the array `out`, a node of the graph, with an edge to each input that wants a gradient."""
    node_name = op.node_name
    node: Any = Node(node_name if type(node_name) is str else node_name(*inputs, **options), op, options)
    for x, derivative in zip_longest(inputs, derivatives):
        if not isinstance(x, Tensor):
            node.inputs.append(x)
            continue
        if derivative is None or not x._requires_grad:
            node.inputs.append(x._array)
            continue
        if type(derivative) is tuple:
            derivative, arrays = derivative
            node.holds_values = True
            for array in arrays:
                for tensor in (result,) if array is out else inputs:
                    if isinstance(tensor, Tensor) and (array is out or tensor._array is array):
                        node.saved.append((tensor._version, tensor._version[0]))
                        break
        parent: Any = x._node
        if parent is None:
            parent = x
        else:
            node._prev.append(parent)
        node.inputs.append(parent)
        node.edges.append(Edge(parent, derivative, x._array.shape, x._array.dtype))
    if node.edges:
        result._node = node
        result._requires_grad = True


def rerun(function: Callable) -> Callable:
    """Mark a function of arrays outside of operations that a compiled program has to call anew each time.

    It draws random numbers, moves a buffer, or looks at numbers; in the last case its result has to stay the same.
    """

    @functools.wraps(function)
    def run(*arguments: Any) -> Any:
        recording = state.recording
        if recording is None:
            return function(*arguments)
        recording.inside_rerun += 1
        try:
            result = function(*arguments)
        finally:
            recording.inside_rerun -= 1
        recording.rerun(function, arguments, result)
        return result

    return run


def plain(x: Any) -> Any:
    """What an operation accepts beside a Tensor: a number of Python's or NumPy's, or an array. Raises TypeError."""
    if isinstance(x, Tensor):
        return x._array
    if isinstance(x, float | int):
        return x if type(x) is not np.float64 else float(x)
    if isinstance(x, np.generic):
        return x.item()
    if isinstance(x, np.ndarray):
        return x
    raise TypeError(f"a Tensor goes with tensors, arrays and numbers, not with {type(x).__name__}: {x!r:.60}")


def _kind(inputs: Sequence[Any]) -> str:
    return type(inputs[0]).__name__ if inputs else "nothing"


# Making functions of ops.

PYTORCHS = {"x": "input", "y": "other"}  # what PyTorch calls these arguments


def op(
    node_name: str | Callable[..., str],
    *aliases: str,
    sign: str = "",
    in_place: Any = False,
    view: bool = False,
    in_order: bool = False,
    of: str = "torch",
    examples: Sequence[str],
) -> Callable[[Callable], Any]:
    """Enter a function of arrays into OPS and make of it the function, method, operator and forms in place of Tensors.

    node_name: PyTorch's name of the node, or a function of the call that gives it. aliases: other names of the function.
    in_place: True for a form with an underscore, or the ufunc of NumPy's that does the same. of: "torch" for a function
    of the package and a method, "functional" for a function of nn.functional, "" for one that others are made of.
    Raises TypeError where there are no examples.
    """
    if not examples:
        raise TypeError(f"an op needs examples, which are what tests it: op({node_name!r}, examples=[...])")

    def enter(forward: Callable) -> Any:
        new = OPS[forward.__name__.strip("_")] = Op(forward, node_name, sign, examples, in_order, view)
        made = _function_of(new)
        made.op = new
        if not of:
            return made
        return function(*aliases, sign=sign, in_place=in_place, of=of)(made)

    return enter


def _function_of(op: Op) -> Any:
    """The function of Tensors that applies an op: its own signature, with PyTorch's names, written out as Python."""
    inputs, options, written, defaults = [], [], [], {}
    for p in op.parameters:
        name = PYTORCHS.get(p.name, p.name)
        if p.kind == p.VAR_POSITIONAL:
            written.append(f"*{name}")
            inputs.append(f"*{name}")
            continue
        if p.kind == p.KEYWORD_ONLY and not any(part.startswith("*") for part in written):
            written.append("*")
        if p.default is not p.empty:
            defaults[f"_{name}"] = p.default
        written.append(name if p.default is p.empty else f"{name}=_{name}")
        (inputs.append(name) if p.kind == p.POSITIONAL_ONLY else options.append(f"{name}={name}"))
    name = op.name
    source = f"def {name}({', '.join(written)}):\n    return apply(op, {', '.join(inputs + options)})\n"
    namespace: dict[str, Any] = {"apply": apply, "op": op, **defaults}
    exec(compile(source, f"<micrograd.{name}>", "exec"), namespace)
    made = namespace[name]
    made.__doc__, made.__module__, made.__qualname__ = op.forward.__doc__, op.forward.__module__, name
    made.__defaults__ = made.__defaults__
    return made


def function(*aliases: str, sign: str = "", in_place: Any = False, of: str = "torch", method: bool = True) -> Any:
    """Make a function of Tensors one of the package and, with `method`, a method; see `op` for the other arguments."""

    def enter(made: Callable) -> Any:
        made = numpy_names(made)
        for name in (made.__name__, *aliases):
            (TORCH if of == "torch" else FUNCTIONAL)[name] = made
            if method and of == "torch":
                attach(name, made)
        if sign in OPERATORS and made.__code__.co_argcount > 1:
            attach(f"__{OPERATORS[sign]}__", made)
        if in_place is not False:
            _attach_in_place(made, aliases, sign, in_place)
        return made

    return enter


def numpy_names(function: Callable) -> Any:
    """Let a function take NumPy's words for its arguments dim and keepdim, axis and keepdims, as PyTorch does."""
    code = function.__code__
    if "dim" not in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]:
        return function

    @functools.wraps(function)
    def renamed(*args: Any, **kwargs: Any) -> Any:
        for numpys, own in (("axis", "dim"), ("keepdims", "keepdim")) if kwargs else ():
            if numpys in kwargs:
                kwargs[own] = kwargs.pop(numpys)
        return function(*args, **kwargs)

    return renamed


OPERATORS = {
    **{"+": "add", "-": "sub", "*": "mul", "/": "truediv", "//": "floordiv", "%": "mod", "**": "pow", "@": "matmul"},
    **{"&": "and", "|": "or", "^": "xor", "==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"},
}


def _attach_in_place(made: Callable, aliases: Sequence[str], sign: str, ufunc: Any) -> None:
    changed = in_place(made) if ufunc is True else arithmetic_in_place(made, ufunc)
    for name in (made.__name__, *aliases):
        attach(f"{name}_", changed)
    if sign in OPERATORS and made.__code__.co_argcount > 1:
        attach(f"__i{OPERATORS[sign]}__", changed)
