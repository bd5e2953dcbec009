"""PyTorch's torch.autograd: gradients as values, operations of one's own, and a check of them."""

from collections.abc import Callable, Sequence
from functools import partial, wraps
from itertools import count
from typing import Any, Self

import numpy as np

from micrograd.engine import Value, topological_order
from micrograd.graph import RELEASED, Node, new_node, state
from micrograd.graph import run_backward as _run_backward
from micrograd.rules.grad_mode import enable_grad, inference_mode, is_grad_enabled, no_grad
from micrograd.tensors import Tensor, attach, refuse_second_order, start_of_backward, wrap

__all__ = ["Function", "enable_grad", "grad", "gradcheck", "inference_mode", "is_grad_enabled", "no_grad", "scalar_op"]


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Any = None,
    retain_graph: bool = False,
    create_graph: bool = False,
    allow_unused: bool = False,
) -> tuple[Tensor | None, ...]:
    """The gradients of outputs by inputs, a tuple with one for each input; no .grad is touched.

    grad_outputs: a gradient for each output that has more than one element. Raises RuntimeError where an input has no
    part in the outputs, unless allow_unused (its gradient is None then), and as Tensor.backward does.

    >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> torch.autograd.grad((x * x).sum(), x)
    (tensor([2., 4.]),)
    """
    refuse_second_order(create_graph)
    outputs = [outputs] if isinstance(outputs, Tensor) else list(outputs)
    inputs = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    given = [grad_outputs] if isinstance(grad_outputs, Tensor) else list(grad_outputs or [None] * len(outputs))
    if not inputs:
        raise RuntimeError("grad() needs inputs, the tensors to take the gradient by")
    for tensor in inputs:
        if not tensor.requires_grad:
            raise RuntimeError("One of the differentiated Tensors does not require grad")
    starts = [start_of_backward(output, gradient) for output, gradient in zip(outputs, given, strict=True)]
    targets: list[Any] = [tensor.grad_fn or tensor for tensor in inputs]
    found = _run_backward(outputs, starts, retain_graph, set(targets), _leading_elsewhere(outputs, set(targets)))
    gradients = [_after_hooks(target, found.get(target)) for target in targets]
    if not allow_unused and any(g is None for g in gradients):
        raise RuntimeError(
            "One of the differentiated Tensors appears to not have been used in the graph. "
            "Set allow_unused=True if this is the desired behavior."
        )
    return tuple([None if g is None else wrap(g.copy()) for g in gradients])


def _leading_elsewhere(outputs: Sequence[Tensor], wanted: set[Any]) -> set[Node]:
    """The Nodes behind outputs from which the way leads to no Node or leaf that is wanted."""
    order = topological_order(*[output.grad_fn for output in outputs if output.grad_fn is not None])
    leading: set[Any] = set()
    for node in order:  # all that a node was made from comes before it
        parents = [edge.parent for edge in node.edges] if node.edges is not None else node._prev
        unknown = node.edges is None and any(isinstance(each, Tensor) for each in wanted)  # its leaves are forgotten
        if unknown or any(parent in wanted or parent in leading for parent in parents):
            leading.add(node)
    return set(order) - leading


def _after_hooks(target: Any, g: Any) -> Any:
    """The gradient of a leaf after the leaf's hooks; that of a Node has been through its own."""
    if isinstance(target, Tensor) and target._hooks and g is not None:
        for hook in list(target._hooks.values()):
            g = hook(g)
    return g


class Context:
    """What forward leaves for backward: tensors by save_for_backward, anything else as attributes of its own."""

    needs_input_grad: tuple[bool, ...] = ()

    def __init__(self) -> None:
        self._tensors: tuple[Any, ...] | None = ()
        self._materialize = True

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep tensors for backward; a later change in place of one of them is noticed there."""
        self._tensors = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Whether backward is given zeros for an output without a gradient, as it is at first, or None."""
        self._materialize = value

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """The tensors kept. Raises RuntimeError once backward has released them."""
        if self._tensors is None:
            raise RuntimeError(RELEASED)
        return self._tensors


class Function:
    """An operation of one's own: a subclass with two static methods, used as `Name.apply(...)`.

    forward(ctx, *inputs) returns a Tensor or a tuple of them; backward(ctx, *gradients), one of each output, returns a
    gradient, or None, for each input. Where a third one is there, setup_context(ctx, inputs, output), forward takes the
    inputs alone.

    >>> class Double(torch.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         return x * 2
    ...     @staticmethod
    ...     def backward(ctx, grad):
    ...         return grad * 2
    >>> x = torch.ones(2, requires_grad=True)
    >>> Double.apply(x).sum().backward()
    >>> x.grad
    tensor([2., 2.])
    """

    setup_context: Callable[..., None] | None = None

    @staticmethod
    def forward(ctx: Any, *inputs: Any) -> Any:
        """The result. Every subclass defines it."""
        raise NotImplementedError("a Function needs a static method forward(ctx, ...)")

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        """The gradients of the inputs, from those of the outputs. Every subclass defines it."""
        raise NotImplementedError("a Function needs a static method backward(ctx, ...)")

    @classmethod
    def apply(cls, *inputs: Any) -> Any:
        """Run forward, and enter the result into the graph."""
        ctx = Context()
        ctx.needs_input_grad = tuple([isinstance(x, Tensor) and x.requires_grad for x in inputs])
        with no_grad():
            if cls.setup_context is None:
                results = cls.forward(ctx, *inputs)
            else:
                results = cls.forward(*inputs)
                cls.setup_context(ctx, inputs, results)
        if not (state.grad_enabled and any(ctx.needs_input_grad)):
            return results
        several = isinstance(results, tuple)
        outputs = [x.detach() if any(x is y for y in inputs) else x for x in (results if several else (results,))]
        shapes = [(output._array.shape, output._array.dtype) for output in outputs]
        node = _node_of(cls, ctx, inputs, shapes, several)
        for i, output in enumerate(outputs):
            if output._array.dtype.kind == "f":
                output._node = _output_node(cls, node, i, len(outputs)) if several else node
                output._requires_grad = True
        return tuple(outputs) if several else outputs[0]


def _node_of(function: type[Function], ctx: Context, inputs: Sequence[Any], outputs: list[Any], several: bool) -> Node:
    """The Node of a Function: its backward runs once, and each edge takes one of the gradients that it returns."""
    node = new_node(f"{function.__name__}Backward")
    tensors = [t for t in ctx.saved_tensors if isinstance(t, Tensor)]
    node.saved = [t._array for t in tensors] if ctx._tensors else None
    node.versions = [(t._version, t._version[0], id(t._array)) for t in tensors]
    positions = [i for i, needed in enumerate(ctx.needs_input_grad) if needed]
    held: list[Any] = []

    def gradient_of(g: Any, position: int) -> Any:
        if position == positions[0]:
            held[:] = _gradients(function, ctx, g if several else [g], outputs, len(inputs))
        gradient = held[position]
        if position == positions[-1]:
            held.clear()
        return None if gradient is None else _checked(function, gradient, position, inputs[position].shape)

    for position in positions:
        x = inputs[position]
        node.add_edge(x.grad_fn or x, partial(gradient_of, position=position), x._array.shape, x._array.dtype)
    return node


def _gradients(function: type[Function], ctx: Context, given: Any, outputs: list[Any], n_inputs: int) -> list[Any]:
    """What the user's backward returns for the gradients `given`, as a list with one for each input."""
    tensors: list[Tensor | None] = []
    for g, (shape, dtype) in zip(given, outputs, strict=True):
        if isinstance(g, int):  # no gradient came
            tensors.append(wrap(np.zeros(shape, dtype)) if ctx._materialize else None)
        else:
            tensors.append(wrap(np.array(g)))
    with no_grad():
        results = function.backward(ctx, *tensors)
    results = list(results) if isinstance(results, tuple) else [results]
    while len(results) > n_inputs and results[-1] is None:
        results.pop()
    if len(results) != n_inputs:
        raise RuntimeError(
            f"function {function.__name__}Backward returned an incorrect number of gradients "
            f"(expected {n_inputs}, got {len(results)})"
        )
    return results


def _checked(function: type[Function], gradient: Any, i: int, shape: tuple[int, ...]) -> np.ndarray:
    """The array of a gradient of input i. Raises RuntimeError where it is no Tensor or does not sum down to `shape`."""
    if not isinstance(gradient, Tensor):
        raise RuntimeError(f"{function.__name__}Backward: expected Tensor or None (got {type(gradient).__name__})")
    extra = gradient.ndim - len(shape)
    if extra < 0 or any(n not in (1, m) for n, m in zip(shape, gradient.shape[extra:], strict=True)):
        raise RuntimeError(
            f"Function {function.__name__}Backward returned an invalid gradient at index {i} - got "
            f"{list(gradient.shape)} but expected shape compatible with {list(shape)}"
        )
    return gradient._array.copy()


def _output_node(function: type[Function], joint: Node, i: int, n: int) -> Node:
    """The Node of one of several outputs: it puts its gradient at index i of a row for the Function's own Node."""

    def into_row(g: Any) -> np.ndarray:
        row = np.zeros(n, object)
        row[i] = g
        return row

    node = new_node(joint.name)
    node.add_edge(joint, into_row, (n,), np.dtype(object))
    return node


def scalar_op(function: Callable[..., Sequence[float]]) -> Callable[..., Value]:
    """An operation on Values, of a function of numbers that returns its result and its derivative by each of them.

    It does what a function that returns Value(..., local=...) does, and `micrograd.compile` can run it again.

    >>> import math
    >>> from micrograd.engine import Value
    >>> @scalar_op
    ... def sin(x):
    ...     return math.sin(x), math.cos(x)
    >>> x = Value(0.0)
    >>> sin(x).backward()
    >>> x.grad
    1.0
    """

    @wraps(function)
    def on_values(*inputs: Any) -> Value:
        values = [x if isinstance(x, Value) else Value(x) for x in inputs]
        result, *local = function(*[x.data for x in values])
        return Value(result, values, function.__name__, local=local)

    return on_values


def gradcheck(
    func: Callable,
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
) -> bool:
    """Whether the gradients of func by its float64 inputs agree with differences, (f(x + eps) - f(x - eps)) / 2 eps.

    Returns True, or raises RuntimeError naming the input and the largest difference (returns False without
    raise_exception). Raises ValueError where no input is a float64 tensor that requires grad.

    >>> x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    >>> torch.autograd.gradcheck(torch.tanh, (x,))
    True
    """
    inputs = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    checked = [x for x in inputs if isinstance(x, Tensor) and x.requires_grad]
    if not checked or any(x._array.dtype != np.float64 for x in checked):
        raise ValueError("gradcheck expects at least one float64 tensor that requires grad, and no float32 ones")
    output = func(*inputs)
    weights = np.random.default_rng(0).standard_normal(output._array.shape)  # checks all outputs at once
    analytic = grad(output, checked, wrap(weights), allow_unused=True)

    def weighted() -> float:
        with no_grad():
            return float((func(*inputs)._array * weights).sum())

    for number, (x, given) in enumerate(zip(checked, analytic, strict=True)):
        numeric = slopes(weighted, x._array, eps).mean(0).reshape(x._array.shape)
        mine = np.zeros_like(numeric) if given is None else given._array
        if not np.allclose(mine, numeric, rtol=rtol, atol=atol):
            if not raise_exception:
                return False
            worst = np.unravel_index(np.argmax(np.abs(mine - numeric)), mine.shape)
            raise RuntimeError(
                f"gradcheck: the gradient of input {number} differs most at {tuple(int(i) for i in worst)}: "
                f"{mine[worst]:.6g} by backward, {numeric[worst]:.6g} by differences"
            )
    return True


def slopes(f: Callable[[], float], array: np.ndarray, step: float, positions: Any = None) -> np.ndarray:
    """The slopes of f by the elements of an array, from the left and from the right, without any derivative: (2, n).

    With h = step * max(1, |x|) they are (f(x) - f(x - h)) / h and (f(x + h) - f(x)) / h, and their mean is the central
    difference. f: computes a number from the array as it is. array: float64; it ends as it was. positions: which of the
    elements, as indices of the flat array; None for all.
    """
    positions = range(array.size) if positions is None else positions
    middle, found = f(), np.empty((2, len(positions)))
    for i, position in enumerate(positions):
        x = array.flat[position]
        for side, sign in enumerate((-1, 1)):
            array.flat[position] = x + sign * step * max(1.0, abs(x))
            found[side, i] = (f() - middle) / (array.flat[position] - x)
        array.flat[position] = x
    return found


# Hooks of tensors.


_keys = count()


class HookHandle:
    """Takes a hook away again: `handle.remove()`, or at the end of `with handle:`."""

    def __init__(self, hooks: dict[int, Callable], hook: Callable):
        self._hooks, self._key = hooks, next(_keys)  # id(self) would be free again with the handle, its hook not
        hooks[self._key] = hook

    def remove(self) -> None:
        """Take the hook away; a second time changes nothing."""
        self._hooks.pop(self._key, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.remove()


def _hooked(hook: Callable[[Tensor], Any], g: np.ndarray) -> np.ndarray:
    """The gradient g after the user's hook."""
    result = hook(wrap(np.array(g)))
    if result is None:
        return g
    if result.shape != g.shape:
        raise RuntimeError(f"a hook has changed the size of the gradient: {list(g.shape)} to {list(result.shape)}")
    return result._array.astype(g.dtype, copy=False)


def register_hook(input: Tensor, hook: Callable[[Tensor], Any]) -> HookHandle:
    """Call hook(grad) whenever backward has the gradient of this tensor; what it returns, if anything, goes on.

    Returns a handle whose remove() takes the hook away. Raises RuntimeError where the tensor does not require grad.

    >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> handle = x.register_hook(lambda grad: grad * 10)
    >>> x.sum().backward()
    >>> x.grad
    tensor([10., 10.])
    """
    if not input.requires_grad:
        raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
    holder: Any = input if input.grad_fn is None else input.grad_fn
    name = "_hooks" if holder is input else "hooks"
    if getattr(holder, name) is None:
        setattr(holder, name, {})
    return HookHandle(getattr(holder, name), lambda g: _hooked(hook, g))


def register_post_accumulate_grad_hook(input: Tensor, hook: Callable[[Tensor], None]) -> HookHandle:
    """Call hook(input) after backward has added to this leaf's grad. Raises RuntimeError if it is not a leaf."""
    if not input.requires_grad or input.grad_fn is not None:
        raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
    if input._post_accumulate_hooks is None:
        input._post_accumulate_hooks = {}
    return HookHandle(input._post_accumulate_hooks, hook)


for _function in (register_hook, register_post_accumulate_grad_hook):
    attach(_function.__name__, _function)
