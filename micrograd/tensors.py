"""Tensor, the array node: PyTorch's names on a NumPy array.

This file says what a Tensor is: its array, its gradient, and the way to Python and to NumPy. It knows no operation:
those stand in `micrograd.ops`, each with its derivatives, and attach themselves as methods. The way back through them
is in `micrograd.graph`, changes in place are in `micrograd.in_place`.
"""

import warnings
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self, overload

import numpy as np

from micrograd import graph
from micrograd.graph import Node
from micrograd.rules import dtypes
from micrograd.rules.dtypes import Size, dtype_of
from micrograd.rules.errors import dim_error, silent
from micrograd.rules.layout import as_leaf
from micrograd.rules.missing import nearest
from micrograd.rules.printing import name_of_node, tensor_text

if TYPE_CHECKING:
    from micrograd.rules.methods import Methods  # those that operations attach, for editors and type checkers
else:
    Methods = object

_new = object.__new__
ndarray = np.ndarray  # looked up once, since a module with a __getattr__, as NumPy is, is slow to ask

# What makes a tensor of lists, an array or a shape; `micrograd.creation` puts it here.
from_data: list[Callable[..., "Tensor"]] = []


def wrap(array: Any) -> "Tensor":
    """A Tensor of this array, without a copy."""
    tensor = _new(Tensor)
    tensor._array = array if type(array) is ndarray else np.asarray(array)
    tensor._version = [0]
    return tensor


class Tensor(Methods):
    """An array that remembers how it was made, with PyTorch's names and rules.

    Tensor(data) makes a float32 tensor of nested lists or an array and Tensor(2, 3) an empty one in a shape, as in
    PyTorch; `micrograd.tensor` is the usual way.

    grad: after `backward()`, for a leaf that requires grad, the gradient as a Tensor; None before.
    grad_fn: the Node of the operation that made it, None for a leaf.

    >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    tensor([2., 4.])
    """

    _array: np.ndarray
    _version: list[int]  # counts the changes in place, for all tensors of this memory together
    _node: Node | None = None  # grad_fn, but for a view whose memory has changed since
    _requires_grad = False  # of a view: whether it has a way back of its own; it requires grad where its base does too
    _grad: "Tensor | None" = None
    _base: "Tensor | None" = None  # of a view: the tensor whose memory it looks at; see `micrograd.in_place`
    _seen = 0  # of a view: the number of changes in place that _node knows of
    _changed: Any = None  # of a view: when it was changed in place last, and the graph of its base from then on
    _read_only: str | None = None  # of a view: why it cannot be changed in place while the graph is recorded
    _hooks: dict[int, Callable] | None = None
    _post_accumulate_hooks: dict[int, Callable] | None = None
    __array_priority__ = 1000  # NumPy leaves array * tensor to Tensor

    _refresh: Callable[[], None]  # in `micrograd.in_place`

    def __init__(self, *data: Any):
        self._share(from_data[0](*data))

    def _share(self, other: "Tensor") -> None:
        """Take over the memory of another tensor."""
        self._array, self._version = other._array, other._version

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

    @overload
    def size(self, dim: None = None) -> Size: ...
    @overload
    def size(self, dim: int) -> int: ...
    def size(self, dim: int | None = None) -> Size | int:
        """The shape, or the length of dimension dim. Raises IndexError where there is no such dimension."""
        if dim is None:
            return self.shape
        if not -self.ndim <= dim < self.ndim:
            raise dim_error(dim, self.ndim)
        return self._array.shape[dim]

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
        return tensor_text(self._array, requires_grad=self.requires_grad, grad_fn=name_of_node(self))

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if self.ndim == 0 else object.__format__(self, spec)

    __hash__ = object.__hash__

    # Gradients.

    @property
    def grad_fn(self) -> Node | None:
        if self._base is not None and self._version[0] != self._seen:
            self._refresh()
        return self._node

    @property
    def requires_grad(self) -> bool:
        return self._requires_grad or (self._base is not None and self._base._requires_grad)

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if not isinstance(value, bool):
            raise RuntimeError(f"requires_grad must be a bool, not {value!r:.60}")
        if value and self._array.dtype.kind != "f":
            raise RuntimeError(f"only Tensors of floating point dtype can require gradients, and this is {self.dtype}")
        if self.grad_fn is not None:
            raise RuntimeError(
                "you can only change requires_grad flags of leaf variables; use detach() to be rid of the graph"
            )
        self._requires_grad = bool(value)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Set requires_grad, and return self. Raises RuntimeError where False would cut a graph."""
        if not requires_grad or self.grad_fn is None:
            self.requires_grad = requires_grad
        return self

    @property
    def is_leaf(self) -> bool:
        return self.grad_fn is None

    @property
    def grad(self) -> "Tensor | None":
        if self._grad is None:
            if graph.observer.missing_grad is not None:
                graph.observer.missing_grad(self)
            if self._node is not None and self._node.retained is None:
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
                raise RuntimeError(f"assigned grad has {value.dtype}, its tensor {self.dtype}: take grad.to(x.dtype)")
            if value.shape != self.shape:
                raise RuntimeError(f"grad has the shape of its tensor, {list(self.shape)}, not {list(value.shape)}")
        self._grad = value

    @grad.deleter
    def grad(self) -> None:
        self._grad = None

    def retain_grad(self) -> None:
        """Have backward fill the grad of this tensor although it is not a leaf.

        Raises RuntimeError where it does not require grad.
        """
        if not self.requires_grad:
            raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
        if self.grad_fn is not None:
            self.grad_fn.retained = weakref.ref(self)

    @property
    def retains_grad(self) -> bool:
        """Whether backward fills the grad although this is not a leaf."""
        return self.grad_fn is not None and self.grad_fn.retained is not None

    def _retain(self, g: Any) -> None:
        """Add g to the grad of a tensor that is no leaf: a sum in new memory, so that who has the old one keeps it."""
        self._grad = wrap(g if self._grad is None else self._grad._array + g)

    def _accumulate(self, g: Any) -> None:
        """What backward does where it arrives at this leaf with g, an array that nobody else holds."""
        if (self._node if self._base is None else self.grad_fn) is not None:
            raise RuntimeError("leaf variable has been moved into the graph interior")
        if not self._requires_grad and not self.requires_grad:
            return  # it was frozen since
        if self._hooks:
            for hook in list(self._hooks.values()):
                g = hook(g)
        array, grad = self._array, self._grad
        if grad is not None or g.strides != array.strides or g.shape != array.shape:
            g = as_leaf(g, array, grad)
        if grad is None:
            self._grad = wrap(g)
        else:
            with silent():
                grad._array += g
            grad._version[0] += 1
        if self._post_accumulate_hooks:
            for hook in list(self._post_accumulate_hooks.values()):
                hook(self)

    def backward(
        self, gradient: "Tensor | None" = None, retain_graph: bool | None = None, create_graph: bool = False
    ) -> None:
        """Add d(self)/d(leaf) to the grad of every leaf that this tensor was made from and that requires grad.

        gradient: the gradient of self, of its shape; may be left out for a tensor of one element (it is 1 then).
        retain_graph: keep what the graph saved, so that backward can be called again.
        Raises RuntimeError where self has no graph, gradient does not fit, or what was saved is gone or was changed.
        """
        refuse_second_order(create_graph)
        start = start_of_backward(self, gradient)
        for leaf, g in graph.run_backward([self], [start], bool(retain_graph)).items():
            leaf._accumulate(g)
        if graph.after_backward:
            graph.call_after_backward()

    def detach(self) -> "Tensor":
        """The same numbers in the same memory, outside the graph."""
        detached = wrap(self._array)
        detached._version = self._version
        return detached

    def detach_(self) -> Self:
        """Take self out of the graph, and return it. Raises RuntimeError for a view."""
        if self._base is not None:
            raise RuntimeError("Can't detach views in-place. Use detach() instead.")
        self._node, self._requires_grad = None, False
        return self

    @property
    def data(self) -> "Tensor":
        """The same numbers in the same memory, outside the graph; changes through it are not noticed by backward."""
        return wrap(self._array)

    @data.setter
    def data(self, value: "Tensor") -> None:
        if not isinstance(value, Tensor):
            raise TypeError(f"data is set to a Tensor, not to {type(value).__name__}")
        if value._array is self._array:
            return
        if self.requires_grad and value._array.dtype.kind != "f":
            raise RuntimeError(f"data of a tensor that requires gradients must be floating point, not {value.dtype}")
        self._version[0] += 1  # a graph that saved what was here before is not to go on with it
        self._share(value)

    # To Python, to NumPy, to another dtype.

    def item(self) -> int | float:
        """The number in a tensor of one element. Raises RuntimeError for any other."""
        if self._array.size != 1:
            raise RuntimeError(f"a Tensor with {self._array.size} elements cannot be converted to Scalar")
        return self._array.item()

    def tolist(self) -> Any:
        """Nested lists of Python numbers."""
        return self._array.tolist()

    def numpy(self) -> np.ndarray:
        """The array itself, sharing memory. Raises RuntimeError for a tensor that requires grad: detach() it first."""
        if self.requires_grad:
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
            raise ValueError(f"only one element tensors can be converted to Python scalars: this has {self.numel()}")
        return self._array.item()

    def __index__(self) -> int:
        if self._array.size != 1 or self._array.dtype.kind not in "iub":
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self.item())

    def __bool__(self) -> bool:
        if self._array.size != 1:
            raise RuntimeError("Boolean value of Tensor with more than one value is ambiguous: use any() or all()")
        return bool(self.item())

    if not TYPE_CHECKING:  # to type checkers what is not there is not there

        def __getattr__(self, name: str) -> Any:
            raise nearest("Tensor", name, lambda: dir(Tensor))


def attach(name: str, function: Any) -> None:
    """Make a function a method or property of Tensor: so the other files add their operations."""
    setattr(Tensor, name, function)


def start_of_backward(output: Tensor, gradient: Tensor | None) -> np.ndarray:
    """The gradient that backward begins with. Raises RuntimeError if output has no graph or gradient does not fit."""
    if not output._requires_grad and output.grad_fn is None:
        raise RuntimeError(
            "element 0 of tensors does not require grad and does not have a grad_fn: nothing that it was made from "
            "requires a gradient. p = p - lr * p.grad under no_grad makes a tensor that does not; "
            "with torch.no_grad(): p -= lr * p.grad changes the parameter itself"
        )
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
