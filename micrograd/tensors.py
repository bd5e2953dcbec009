"""Tensor, the array node: PyTorch's names on a NumPy array.

The derivatives stand in `micrograd.ops`, the way back through them in `micrograd.graph`. `apply` joins the two: it
runs an op on the arrays and, where a gradient is wanted, enters it into the graph. Below it every method of Tensor is
what its name says: it puts PyTorch's arguments in order and applies an op.
"""

import functools
import math
import warnings
import weakref
from collections.abc import Callable, Iterator
from itertools import zip_longest
from typing import Any, Self

import numpy as np

from micrograd import dtypes, graph
from micrograd.dtypes import Size, dtype_of
from micrograd.errors import GO_ON, ON_ERROR, check_in_place, explain
from micrograd.graph import Node, grad_enabled, observer
from micrograd.indexing import basic_kind, split_index
from micrograd.memory import keep_freed_memory
from micrograd.missing import nearest
from micrograd.ops import elementwise, indexing, shapes
from micrograd.ops.registry import look_up_kept
from micrograd.printing import tensor_text

keep_freed_memory()


def apply(op: Any, *inputs: Any, **options: Any) -> "Tensor":
    """The result of an op of `micrograd.ops` on Tensors and other inputs, as a Tensor of the graph."""
    arrays: list[Any] = []
    wanted: Any = False
    for x in inputs:
        if isinstance(x, Tensor):
            arrays.append(x._array)
            wanted = wanted or x._requires_grad or x._version[1]
        else:
            arrays.append(x)
    token = ON_ERROR.set(GO_ON)
    try:
        out, *derivatives = op(*arrays, **options)
    except (ValueError, IndexError) as error:
        raise explain(op.__name__, arrays, options, error) from None
    finally:
        ON_ERROR.reset(token)
    if op.in_order and not out.flags.c_contiguous:
        out = out.copy()
    result = wrap(out)
    if wanted and grad_enabled[0]:
        _record(op, inputs, options, derivatives, result)
    if observer[0] is not None:
        observer[0](op, inputs, options, result)
    return result


def _record(op: Any, inputs: tuple[Any, ...], options: dict, derivatives: list[Any], result: "Tensor") -> None:
    """Make `result` a node of the graph, with an edge to each input that wants a gradient."""
    node = Node(op.grad_name, op, options)
    edges: Any = node.edges
    held, saved, kept = node.inputs, node.saved, op.kept
    for x, derivative in zip_longest(inputs, derivatives):
        if not isinstance(x, Tensor):
            held.append(x)
            continue
        if x._version[1] > x._seen:
            raise RuntimeError(CHANGED_THROUGH_A_VIEW)
        array = x._array
        if derivative is None or not x._requires_grad:
            held.append(array)
            continue
        parent: Any = x.grad_fn
        if parent is None:
            parent = x
        else:
            node._prev.append(parent)
        held.append(parent)
        edges.append((parent, derivative, array.shape, array.dtype))
        positions, any_value = kept.get(id(derivative.__code__)) or look_up_kept(op, derivative, len(inputs))
        if any_value:
            node.holds_values = True
            for position in range(len(inputs)) if positions is None else positions:
                tensor = inputs[position] if position >= 0 else result
                if isinstance(tensor, Tensor):
                    version = tensor._version
                    saved.append((version, version[0]))
    if edges:
        result.grad_fn = node
        result._requires_grad = True


_new = object.__new__


def wrap(array: Any) -> "Tensor":
    """A Tensor around an array, without a copy."""
    tensor = _new(Tensor)
    tensor._array = array if type(array) is np.ndarray else np.asarray(array)
    tensor._version = [0, 0]
    return tensor


def named(result: "Tensor", name: str) -> "Tensor":
    """A fresh result of composed operations, its node under the name that PyTorch has for the whole."""
    if result.grad_fn is not None:
        result.grad_fn.name = name
    return result


def method(function: Callable) -> Any:
    """Make a function whose first argument is a Tensor a method of Tensor as well; the other files use it."""
    if "dim" in function.__code__.co_varnames[: function.__code__.co_argcount]:
        function = numpy_names(function)
    setattr(Tensor, function.__name__, function)
    return function


def numpy_names(function: Callable) -> Any:
    """Let a function take NumPy's words for its arguments dim and keepdim, axis and keepdims, as PyTorch does."""

    @functools.wraps(function)
    def renamed(*args: Any, **kwargs: Any) -> Any:
        for numpys, own in (("axis", "dim"), ("keepdims", "keepdim")) if kwargs else ():
            if numpys in kwargs:
                kwargs[own] = kwargs.pop(numpys)
        return function(*args, **kwargs)

    return renamed


def in_place(function: Callable) -> Callable:
    """The form of a function that puts its result into its first argument, PyTorch's name with an underscore behind.

    Raises RuntimeError for a leaf that requires grad, and where the result has another shape or a dtype that does not
    go into the tensor's own.
    """

    def changed(x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        in_graph = grad_enabled[0] and any(isinstance(t, Tensor) and t._requires_grad for t in (x, *args))
        x._become(function(x._before_change() if in_graph else x, *args, **kwargs))
        return x

    changed.__name__ = f"{function.__name__}_"
    changed.__doc__ = f"The same as `{function.__name__}`, in place."
    return changed


CHANGED_LEAF = "a leaf Variable that requires grad is being used in an in-place operation."
CHANGED_THROUGH_A_VIEW = (
    "this tensor shares memory with one that was changed in place, and its gradient would be wrong. "
    "Change the tensor itself, as in x[0] += 1, or clone() the view before changing it."
)


class Tensor:
    """An array that remembers how it was made, with PyTorch's names and rules.

    Tensor(data) makes a float32 tensor of nested lists or an array and Tensor(2, 3) an empty one in a shape, as in
    PyTorch; `micrograd.tensor` is the usual way.

    grad: after `backward()`, for a leaf that requires grad, the gradient as a Tensor; None before.
    grad_fn: the operation that made it, None for a leaf.
    """

    _array: np.ndarray
    # Counted for all views of this memory together: changes in place, and those of them that the graph records.
    _version: list[int]
    _seen: float = 0  # how many of the recorded changes grad_fn knows of
    _base: "Tensor | None" = None  # of a view: the tensor whose memory it looks at
    _requires_grad = False
    _grad: "Tensor | None" = None
    _post_accumulate_hooks: tuple[Callable[["Tensor"], None], ...] = ()
    grad_fn: Node | None = None
    __array_priority__ = 1000  # NumPy leaves array * tensor to Tensor

    def __init__(self, *data: Any):
        from micrograd.creation import FloatTensor  # which is built on this file

        self._share(FloatTensor(*data))

    def _share(self, other: "Tensor") -> None:
        self._array, self._version, self._seen = other._array, other._version, other._seen

    def _view(self, result: "Tensor") -> "Tensor":
        """Note that `result` looks at self's memory."""
        result._version, result._seen = self._version, self._seen
        result._base = self if self._base is None else self._base
        if self._requires_grad and not grad_enabled[0]:
            result._requires_grad = True  # as in PyTorch: a leaf of its own, so that nobody changes self through it
        return result

    # What it is.

    @property
    def shape(self) -> Size:
        return Size(self._array.shape)

    @property
    def dtype(self) -> dtypes.dtype:
        return dtype_of(self._array)

    @property
    def ndim(self) -> int:
        return self._array.ndim

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the length of dimension dim."""
        try:
            return self.shape if dim is None else self._array.shape[dim]
        except IndexError:
            n = max(self.ndim, 1)
            raise IndexError(
                f"Dimension out of range (expected to be in range of [{-n}, {n - 1}], but got {dim})"
            ) from None

    def dim(self) -> int:
        """The number of dimensions."""
        return self._array.ndim

    def numel(self) -> int:
        """The number of elements."""
        return self._array.size

    nelement = numel

    def __len__(self) -> int:
        if not self.ndim:
            raise TypeError("len() of a 0-d tensor")
        return len(self._array)

    def __repr__(self) -> str:
        name = self.grad_fn.name if self.grad_fn is not None else None
        return tensor_text(self._array, requires_grad=self._requires_grad, grad_fn=name)

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if self.ndim == 0 else object.__format__(self, spec)

    __hash__ = object.__hash__

    # Gradients.

    @property
    def requires_grad(self) -> bool:
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if value and self._array.dtype.kind != "f":
            raise RuntimeError(f"only Tensors of floating point dtype can require gradients, and this is {self.dtype}")
        if not value and self.grad_fn is not None:
            raise RuntimeError(
                "you can only change requires_grad flags of leaf variables; use detach() to be rid of the graph"
            )
        self._requires_grad = bool(value)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Set requires_grad, and return self."""
        self.requires_grad = requires_grad
        return self

    @property
    def is_leaf(self) -> bool:
        return self.grad_fn is None

    @property
    def grad(self) -> "Tensor | None":
        if self._grad is None and self.grad_fn is not None and self.grad_fn.retained is None:
            warnings.warn(
                "the grad of a tensor that is not a leaf stays None; call retain_grad() on it before backward()",
                stacklevel=2,
            )
        return self._grad

    @grad.setter
    def grad(self, value: "Tensor | None") -> None:
        if value is not None:
            if not isinstance(value, Tensor):
                raise TypeError(f"assigned grad expected to be a Tensor or None but got {type(value).__name__}")
            if value._array.dtype != self._array.dtype:
                raise RuntimeError(
                    f"assigned grad has {value.dtype}, and its tensor {self.dtype}: take grad.to(x.dtype)"
                )
            if value.shape != self.shape:
                raise RuntimeError(f"grad has the shape of its tensor, {list(self.shape)}, not {list(value.shape)}")
        self._grad = value

    @grad.deleter
    def grad(self) -> None:
        self._grad = None

    def retain_grad(self) -> None:
        """Have backward fill the grad of this tensor although it is not a leaf."""
        if not self._requires_grad:
            raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
        if self.grad_fn is not None:
            self.grad_fn.retained = weakref.ref(self)

    def _accumulate(self, g: Any) -> None:
        """Add g, an array that nobody else holds, to grad."""
        if self._grad is None:
            self._grad = wrap(g)
        else:
            with np.errstate(all="ignore"):
                self._grad._array += g
            self._grad._version[0] += 1

    def backward(
        self, gradient: "Tensor | None" = None, retain_graph: bool = False, create_graph: bool = False
    ) -> None:
        """Add d(self)/d(leaf) to the grad of every leaf behind this tensor that requires grad.

        gradient: the gradient of self, of its shape; may be left out for a tensor of one element (it is 1 then).
        retain_graph: keep what the graph saved, so that backward can be called again.
        Raises RuntimeError where self has no graph, gradient does not fit, or what was saved is gone or was changed.
        """
        refuse_second_order(create_graph)
        start = start_of_backward(self, gradient)
        for leaf, g in graph.run_backward([self], [start], retain_graph).items():
            leaf._accumulate(g)
            for hook in leaf._post_accumulate_hooks:
                hook(leaf)
        graph.call_after_backward()

    def register_post_accumulate_grad_hook(self, hook: Callable[["Tensor"], None]) -> None:
        """Call hook(self) after backward has added to this leaf's grad."""
        self._post_accumulate_hooks = (*self._post_accumulate_hooks, hook)

    def detach(self) -> "Tensor":
        """The same numbers in the same memory, outside the graph."""
        view = wrap(self._array)
        view._version, view._seen = self._version, math.inf  # no change can make it a part of the graph
        return view

    def detach_(self) -> Self:
        """Take self out of the graph, and return it."""
        self._refuse_stale()
        self.grad_fn, self._requires_grad = None, False
        return self

    @property
    def retains_grad(self) -> bool:
        """Whether backward fills the grad although this is not a leaf."""
        return self.grad_fn is not None and self.grad_fn.retained is not None

    @property
    def data(self) -> "Tensor":
        """The same numbers in the same memory, outside the graph; changes through it are not noticed by backward."""
        return wrap(self._array)

    @data.setter
    def data(self, value: "Tensor") -> None:
        if not isinstance(value, Tensor):
            raise TypeError(f"data is set to a Tensor, not to {type(value).__name__}")
        self._array = value._array

    def clone(self) -> "Tensor":
        """A copy in memory of its own, still in the graph."""
        return apply(shapes.clone, self)

    # To Python, to NumPy, to another dtype.

    def item(self) -> Any:
        """The number in a tensor of one element. Raises RuntimeError for any other."""
        if self._array.size != 1:
            raise RuntimeError(f"a Tensor with {self._array.size} elements cannot be converted to Scalar")
        return self._array.item()

    def tolist(self) -> Any:
        """Nested lists of Python numbers."""
        return self._array.tolist()

    def numpy(self) -> np.ndarray:
        """The array itself, sharing memory. Raises RuntimeError for a tensor that requires grad: detach() it first."""
        if self._requires_grad:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
        return self._array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    def __array_wrap__(self, array: np.ndarray, context: Any = None, return_scalar: bool = False) -> "Tensor":
        """What NumPy's functions of elements, such as np.log, make of a Tensor is a Tensor."""
        return wrap(array)

    def __float__(self) -> float:
        return float(self._only_element())

    def __int__(self) -> int:
        return int(self._only_element())

    def _only_element(self) -> Any:
        if self._array.size != 1:
            raise ValueError(
                f"only one element tensors can be converted to Python scalars, and this has {self.numel()}"
            )
        return self._array.item()

    def __index__(self) -> int:
        if self._array.size != 1 or self._array.dtype.kind not in "iub":
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self.item())

    def __bool__(self) -> bool:
        if self._array.size != 1:
            raise RuntimeError("Boolean value of Tensor with more than one value is ambiguous: use any() or all()")
        return bool(self.item())

    def __iter__(self) -> Iterator["Tensor"]:
        if not self.ndim:
            raise TypeError("iteration over a 0-d tensor")
        return (named(self[i], "UnbindBackward0") for i in range(len(self)))

    def __contains__(self, element: Any) -> bool:
        return bool((self == element)._array.any())

    # Arithmetic.

    def __add__(self, other):
        return apply(elementwise.add, self, operand(other))

    def __sub__(self, other):
        return apply(elementwise.sub, self, operand(other))

    def __mul__(self, other):
        return apply(elementwise.mul, self, operand(other))

    def __truediv__(self, other):
        return apply(elementwise.div, self, operand(other))

    def __rsub__(self, other):
        return apply(elementwise.rsub, self, operand(other))

    def __rtruediv__(self, other):
        return apply(elementwise.reciprocal, self) * other  # as PyTorch does, to the last bit

    def __pow__(self, exponent):
        exponent = operand(exponent)
        if isinstance(exponent, Tensor):
            return apply(elementwise.pow_tensor, self, exponent)
        return apply(elementwise.pow, self, exponent)

    def __rpow__(self, base):
        return named(apply(elementwise.pow_tensor, operand(base), self), "PowBackward2")

    __radd__ = __add__

    def __rmul__(self, other):
        return NotImplemented if isinstance(other, list | tuple | str) else self * other  # [0] * n repeats the list

    def __floordiv__(self, other):
        return self.floor_divide(other)

    def __rfloordiv__(self, other):
        return Tensor.floor_divide(operand(other), self)

    def __mod__(self, other):
        return self.remainder(other)

    def __rmod__(self, other):
        return Tensor.remainder(operand(other), self)

    def __neg__(self):
        return apply(elementwise.neg, self)

    def __abs__(self):
        return apply(elementwise.abs, self)

    def __matmul__(self, other):
        return self.matmul(operand(other))

    def __rmatmul__(self, other):
        return operand(other).matmul(self)

    # In place. What the graph saved of the old numbers is noticed by backward; see `graph.Node.saved`.

    def __iadd__(self, other):
        return self._in_place(elementwise.add, np.add, other)

    def __isub__(self, other):
        return self._in_place(elementwise.sub, np.subtract, other)

    def __imul__(self, other):
        return self._in_place(elementwise.mul, np.multiply, other)

    def __itruediv__(self, other):
        return self._in_place(elementwise.div, np.true_divide, other)

    def _in_place(self, op: Callable, ufunc: np.ufunc, other: Any) -> Self:
        other = operand(other)
        other_is_tensor = isinstance(other, Tensor)
        if grad_enabled[0] and (self._requires_grad or (other_is_tensor and other._requires_grad)):
            self._become(apply(op, self._before_change(), other))
            return self
        self._refuse_stale()
        if other_is_tensor:
            other._refuse_stale()
        token = ON_ERROR.set(GO_ON)
        try:
            array = other._array if other_is_tensor else other
            if array is True or array is False or (other_is_tensor and array.dtype.kind == "b"):
                raise TypeError  # the op knows which of them go with bools
            ufunc(self._array, array, self._array)
        except (ValueError, TypeError, OverflowError):
            result = apply(op, self.data, other)._array
            check_in_place(self._array, result)
            self._array[...] = result  # a number that NumPy holds to be too large for uint8
        finally:
            ON_ERROR.reset(token)
        self._version[0] += 1
        return self

    def _before_change(self) -> "Tensor":
        """What the graph keeps of a tensor that is about to be changed: its place in the graph, and its numbers now."""
        self._refuse_stale()
        self._refuse_leaf()
        before = wrap(self._array.copy())
        before.grad_fn, before._requires_grad = self.grad_fn, self._requires_grad
        return before

    def _become(self, result: "Tensor") -> None:
        """Take over the numbers and the graph of the result of a change in place."""
        check_in_place(self._array, result._array)
        self._refuse_stale()
        self._array[...] = result._array
        if result._requires_grad:
            self._adopt(result)
        else:
            self._version[0] += 1

    def _adopt(self, result: "Tensor") -> None:
        """Take over the graph of `result`, whose numbers are in self's memory by now."""
        self._version[0] += 1
        self._version[1] += 1
        self._seen = self._version[1]
        if self.grad_fn is not None and self.grad_fn.retained is not None:
            self.grad_fn.retained = None  # grad is that of the numbers as they are now
            moved: Any = result.grad_fn
            moved.retained = weakref.ref(self)
        self.grad_fn, self._requires_grad = result.grad_fn, True

    def _refuse_stale(self) -> None:
        """Raises RuntimeError for a tensor whose memory the graph has seen changed through another one."""
        if self._version[1] > self._seen and grad_enabled[0]:
            raise RuntimeError(CHANGED_THROUGH_A_VIEW)

    def _refuse_leaf(self) -> None:
        """Raises PyTorch's error for a change in place of a leaf that requires grad, or of a view of one."""
        for tensor, words in ((self, CHANGED_LEAF), (self._base, CHANGED_LEAF.replace("a leaf", "a view of a leaf"))):
            if tensor is not None and tensor._requires_grad and tensor.grad_fn is None:
                raise RuntimeError(f"{words} Put the change under `with no_grad():`, or change its .data.")

    def copy_(self, source: "Tensor") -> Self:
        """Copy the numbers of source, which broadcasts to self's shape, into self; return self."""
        self[...] = source
        return self

    def zero_(self) -> Self:
        """Fill self with zeros, and return it."""
        self[...] = 0
        return self

    # Indexing.

    def __getitem__(self, index: Any) -> "Tensor":
        copy = self._requires_grad and grad_enabled[0]
        if isinstance(index, Tensor):
            array = index._array
            if array.ndim and array.dtype.kind == "i":
                return apply(indexing.index, self, index=array.copy() if copy else array)
        basic, advanced = split_index(_arrays(index), self.ndim, copy=copy)
        result = self
        if basic is not None:
            result = self._view(apply(_BASIC_OPS[basic_kind(basic)], self, index=basic))
        return result if advanced is None else apply(indexing.index, result, index=advanced)

    def __setitem__(self, index: Any, value: Any) -> None:
        basic, advanced = split_index(_arrays(index), self.ndim, copy=True)
        value = operand(value)
        value_is_tensor = isinstance(value, Tensor)
        if value_is_tensor and advanced is not None and value.ndim and value._array.dtype != self._array.dtype:
            raise RuntimeError(
                f"Index put requires the source and destination dtypes match, got {self.dtype} for the destination and "
                f"{value.dtype} for the source: take value.to(x.dtype)"
            )
        if grad_enabled[0] and (self._requires_grad or (value_is_tensor and value._requires_grad)):
            self._refuse_leaf()
            if value_is_tensor and self._is_changed_part(value, basic, advanced):
                self._seen += 1
            self._refuse_stale()  # before the numbers change
            if value_is_tensor:
                value._refuse_stale()
            op = indexing.put if advanced is None else indexing.index_put
            self._adopt(apply(op, self, value, basic=basic, advanced=advanced))
            return
        self._refuse_stale()
        if value_is_tensor:
            value._refuse_stale()
        try:
            indexing.put(self._array, value._array if value_is_tensor else value, basic, advanced)
        except (ValueError, IndexError) as error:
            arrays = [self._array, value._array if value_is_tensor else value]
            raise explain("put", arrays, {}, error) from None
        self._version[0] += 1

    def _is_changed_part(self, value: "Tensor", basic: Any, advanced: Any) -> bool:
        """Whether `value` is self[index] that was just changed in place, as Python has it at the end of x[0] += 1."""
        if value._version is not self._version or advanced is not None or value._seen != self._seen + 1:
            return False
        part, mine = self._array[basic].__array_interface__, value._array.__array_interface__
        return all(part[key] == mine[key] for key in ("data", "shape", "strides"))

    # Comparisons and logic; `elementwise` has them as methods.

    def __eq__(self, other):
        return self.eq(other) if _comparable(other) else NotImplemented

    def __ne__(self, other):
        return self.ne(other) if _comparable(other) else NotImplemented

    def __lt__(self, other):
        return self.lt(other)

    def __le__(self, other):
        return self.le(other)

    def __gt__(self, other):
        return self.gt(other)

    def __ge__(self, other):
        return self.ge(other)

    def __and__(self, other):
        return self.bitwise_and(other)

    def __or__(self, other):
        return self.bitwise_or(other)

    def __xor__(self, other):
        return self.bitwise_xor(other)

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __invert__(self):
        return wrap(~self._array)

    def __getattr__(self, name: str) -> Any:  # for type checkers also: other files add methods with @method
        raise nearest("Tensor", name, dir(Tensor))


def start_of_backward(output: Tensor, gradient: Tensor | None) -> np.ndarray:
    """The gradient that backward begins with. Raises RuntimeError where output has no graph or gradient no fit."""
    if not output._requires_grad:
        raise RuntimeError("element 0 of tensors does not require grad and does not have a grad_fn")
    if output._version[1] > output._seen:
        raise RuntimeError(CHANGED_THROUGH_A_VIEW)
    if gradient is None:
        if output._array.size != 1:
            raise RuntimeError(
                f"grad can be implicitly created only for scalar outputs; this one is {list(output.shape)}: "
                "take its sum() or mean(), or give backward a gradient of that shape"
            )
        start = np.empty_like(output._array)
        start.fill(1)
        return start
    if not isinstance(gradient, Tensor):
        raise TypeError(f"gradient is a Tensor or None, not {type(gradient).__name__}")
    if gradient.shape != output.shape:
        raise RuntimeError(
            f"Mismatch in shape: grad_output[0] has a shape of {gradient.shape} and output[0] has a shape of "
            f"{output.shape}."
        )
    return gradient._array.astype(output._array.dtype, copy=False)


def refuse_second_order(create_graph: bool) -> None:
    """Raises NotImplementedError for create_graph=True: derivatives work on arrays and leave no graph themselves."""
    if create_graph:
        raise NotImplementedError("create_graph=True is not there: gradients of gradients are not computed")


_BASIC_OPS = {"int": indexing.select, "slice": indexing.slice, "None": indexing.index_none}


_NUMBERS = (float, int)


def operand(x: Any) -> Any:
    """What an operator accepts beside a Tensor: Python's numbers, NumPy's, and arrays."""
    if isinstance(x, Tensor):
        return x
    if isinstance(x, _NUMBERS):
        return x if type(x) is not np.float64 else float(x)
    if isinstance(x, np.generic):
        return x.item()
    if isinstance(x, np.ndarray):
        return wrap(x)
    raise TypeError(f"a Tensor goes with tensors, arrays and numbers, not with {type(x).__name__}: {x!r:.60}")


def _arrays(index: Any) -> Any:
    """An index with arrays in the place of tensors."""
    if isinstance(index, tuple):
        return tuple([item._array if isinstance(item, Tensor) else item for item in index])
    return index._array if isinstance(index, Tensor) else index


def _comparable(x: Any) -> bool:
    return isinstance(x, Tensor | float | int | np.generic | np.ndarray)
