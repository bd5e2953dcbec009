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
Python on the tensors of `micrograd.compare.examples`; the tests and `micrograd.compare` run them here and on PyTorch.

Four rules make the rest of the engine work:

- An input that has no gradient by its nature, such as a mask, has the derivative None.
- A derivative may return a gradient of the broadcast shape or of another dtype: `fitted` undoes both.
- What a derivative uses is said by `save`: the graph watches whether it is changed in place, and lets go of it when
  backward is done. Save no more than needed.
- A derivative never changes what it is given and never returns an array that it keeps.
"""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from micrograd.graph import Edge, Node, observer, state
from micrograd.in_place import arithmetic_in_place, in_place, view_of
from micrograd.rules.errors import GO_ON, ON_ERROR, goes_with_no_tensor, pytorch_error
from micrograd.rules.layout import laid_out, put_in_order
from micrograd.rules.signatures import function_of, numpy_names
from micrograd.tensors import Tensor, attach, ndarray

new, new_edge = object.__new__, tuple.__new__  # in half the time of Edge(...)


class Op:
    """One operation.

    name: the key in OPS. node_name: what PyTorch calls its node, or a function of the call that says so. forward: the
    function of arrays. parameters: its arguments. sign: what it looks like in a formula. examples: calls of it.
    in_order: whether the result lies in memory in order whatever the inputs do. elementwise: the function of
    `rules.layout` by which it lies as they do, if it does. is_view: whether it looks at the memory of the first input.
    """

    def __init__(
        self,
        forward: Callable,
        node_name: Any,
        sign: str,
        examples: Sequence[str],
        in_order: bool,
        elementwise: Callable | None,
        view: bool,
    ):
        self.name = forward.__name__.strip("_")
        self.node_name, self.forward, self.sign, self.examples = node_name, forward, sign, list(examples)
        self.in_order, self.elementwise, self.is_view = in_order, elementwise, view
        self.parameters = list(inspect.signature(forward).parameters.values())

    def __repr__(self) -> str:
        return f"<op {self.name}>"


OPS: dict[str, Op] = {}

# The functions of the package and those of nn.functional, by name; `micrograd/__init__.py` hands them on.
TORCH: dict[str, Any] = {}
FUNCTIONAL: dict[str, Callable] = {}


def save(*derivative_and_arrays: Any) -> tuple[Any, ...]:
    """A derivative together with the arrays that it uses: inputs, the result, or what was computed on the way."""
    return derivative_and_arrays


def unchanged(g: Any) -> Any:
    """The derivative of what leaves each element as it is."""
    return g


def apply(op: Op, *inputs: Any, name: str | None = None, **options: Any) -> Tensor:
    """The result of an op on Tensors and numbers, as a Tensor of the graph. name: that of the node, if not op's own."""
    arrays: list[Any] = []
    wanting: list[int] = []  # which of the inputs require grad
    any_tensor, recording = False, state.grad_enabled
    for x in inputs:
        if isinstance(x, Tensor):
            any_tensor = True
            if recording and (x._requires_grad or (x._base is not None and x._base._requires_grad)):
                wanting.append(len(arrays))
                if x._base is not None and x._version[0] != x._seen:
                    x._refresh()
            arrays.append(x._array)
        elif type(x) is float or type(x) is int or (x is None and not op.sign):
            arrays.append(x)
        else:
            arrays.append(plain(x))
    if not any_tensor:
        raise TypeError(f"{op.name}(): argument 'input' (position 1) must be Tensor, not {type(inputs[0]).__name__}")
    token = ON_ERROR.set(GO_ON)
    try:
        results = op.forward(*arrays, **options)
    except (ValueError, IndexError, AttributeError) as error:
        raise pytorch_error(op.name, arrays, options, error) from None
    finally:
        ON_ERROR.reset(token)
    array = results[0]  # or a number of NumPy's
    if type(array) is not ndarray:
        array = np.asarray(array)
    elif op.elementwise and array.ndim > 1:
        shape = array.shape  # most lie in order, as their first input does, and stay as they are
        first = arrays[0] if type(arrays[0]) is ndarray else arrays[1]
        if first.shape != shape or not first.flags.c_contiguous or 1 in shape or not array.flags.c_contiguous:
            array = op.elementwise(array, arrays)
    elif op.in_order and array.ndim and (not array.flags.c_contiguous or 1 in array.shape):
        array = put_in_order(array)
    result: Any = new(Tensor)  # as wrap does it, without a call
    result._array, result._version = array, [0]
    if op.is_view:
        view_of(inputs[0], result)
    if wanting and array.dtype.kind == "f":
        _record(op, name, inputs, wanting, arrays, options, results, result)
    if observer.operation is not None:
        observer.operation(op, inputs, options, result)
    return result


def _record(op: Op, name: Any, inputs: Any, wanting: Any, arrays: Any, options: Any, results: Any, result: Any) -> None:
    """Make `result`, the first of an op's results, a node of the graph, with an edge for each derivative wanted."""
    edges: list[Edge] = []
    previous: list[Node] = []
    saved: list[Any] = []
    held = arrays.copy()
    lost = False  # whether an input requires grad and has no way back
    for i in wanting:
        derivative = results[i + 1] if i + 1 < len(results) else None
        if derivative is None:
            continue
        if type(derivative) is tuple:
            saved += derivative
            derivative = derivative[0]
        x, array = inputs[i], arrays[i]
        if not x._requires_grad:
            lost = True
            continue
        if (made_by := x._node) is not None:
            previous.append(made_by)
        parent = held[i] = x if made_by is None else made_by
        edges.append(new_edge(Edge, (parent, derivative, array.shape, array.dtype)))
    if not edges and not lost:
        return
    node = result._node = Node()
    result._requires_grad = True
    node.name = name or (op.node_name if type(op.node_name) is str else op.node_name(*inputs, **options))
    node.op, node.inputs, node.options, node.module = op, held, options, state.module
    node.edges, node._prev = edges, previous
    versions: list[Any] = []
    node.saved, node.versions = saved or None, versions
    node.retained = node.hooks = None
    if saved:
        for x in inputs:
            if isinstance(x, Tensor):
                counter = x._version
                versions.append((counter, counter[0], id(x._array)))
        versions.append((result._version, 0, id(results[0])))


def plain(x: Any) -> Any:
    """What an operation accepts beside a Tensor: a number of Python's or NumPy's, or an array. Raises TypeError."""
    if isinstance(x, Tensor):
        return x._array
    if isinstance(x, np.generic):
        return x.item()
    if isinstance(x, float | int | np.ndarray):
        return x
    raise TypeError(goes_with_no_tensor(x))


# Making functions of ops.


def op(
    node_name: str | Callable[..., str],
    *aliases: str,
    sign: str = "",
    in_place: Any = False,
    view: bool = False,
    in_order: bool = False,
    elementwise: Callable | None = None,
    of: str = "torch",
    examples: Sequence[str],
) -> Callable[[Callable], Any]:
    """Enter a function of arrays into OPS and make of it the function, method, operator and forms in place of Tensors.

    node_name: PyTorch's name of the node, or a function of the call that gives it. aliases: the function's other names.
    in_place: True for a form with an underscore, or the ufunc of NumPy's that does the same. of: "torch" for a function
    of the package and a method, "functional" for a function of nn.functional, "" for one that others are made of.
    elementwise: as in `Op`; of itself `laid_out` where there is a form in place. Raises TypeError without examples.
    """
    if not examples:
        raise TypeError(f"an op needs examples, which are what tests it: op({node_name!r}, examples=[...])")

    elementwise = elementwise or (laid_out if in_place is not False and not in_order else None)

    def enter(forward: Callable) -> Any:
        new = OPS[forward.__name__.strip("_")] = Op(forward, node_name, sign, examples, in_order, elementwise, view)
        made = function_of(new, apply)
        made.op = new
        if not of:
            return made
        return function(*aliases, sign=sign, in_place=in_place, of=of, examples=examples)(made)

    return enter


def function(
    *aliases: str,
    sign: str = "",
    in_place: Any = False,
    of: str = "torch",
    method: bool = True,
    examples: Sequence[str] = (),
) -> Any:
    """Make a function of Tensors one of the package and, with `method`, a method; see `op` for the other arguments."""

    def enter(made: Any) -> Any:
        made = numpy_names(made)
        made.examples = list(examples)
        if examples:
            made.__doc__ = f"{made.__doc__}\n\n    Examples: {'; '.join(examples)}"
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
