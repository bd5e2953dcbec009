"""The scalar engine: a Value is one number that remembers how it was made.

Every operation below does two things: it computes its result, and beside it the local derivatives, the numbers
d(result)/d(input). `backward` walks the graph once, from the result to the leaves, and multiplies and adds: the chain
rule. The lecture writes that out in each operation, as a function `_backward`; here it stands once, as a method.
The array engine (`micrograd.tensors`) is the same idea with arrays in place of numbers.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from numbers import Real
from typing import Any, Self


class Value:
    """A number in a compute graph, with its gradient.

    data: the number, a float. grad: d(root)/d(self) after `root.backward()`, 0 before. _prev: the Values it was made
    from. _local: d(self)/d(parent) for each of these. _op: the name of the operation that made it. label: a name for
    people and for pictures.

    An operation of your own is a function that returns a Value, with the local derivatives in the order of the inputs:

    >>> import math
    >>> def sin(x):
    ...     return Value(math.sin(x.data), (x,), 'sin', local=(math.cos(x.data),))
    >>> x = Value(0.0)
    >>> sin(x).backward()
    >>> x.grad
    1.0

    Setting `out._backward` to a function without arguments, which adds to the inputs' `grad`, works as well.

    Raises TypeError where data is not a number.
    """

    draw_dot: Callable[..., Any]  # the picture of the graph behind it; in `micrograd/__init__.py`

    def __init__(self, data: Any, _children: Iterable["Value"] = (), _op: str = "", label: str = "", local=()):
        self.data: float = data if type(data) is float else _number(data)
        self.grad: float = 0
        self._prev: tuple[Value, ...] = tuple(_children)
        self._op = _op
        self.label = label
        self._local: Sequence[Any] = local

    # Arithmetic: the result, its inputs, and the derivative of the result by each of them.

    def __add__(self, other: Any) -> "Value":
        """x + y; d/dx = 1, d/dy = 1."""
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), "+", local=(1.0, 1.0))

    def __sub__(self, other: Any) -> "Value":
        """x - y; d/dx = 1, d/dy = -1."""
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data - other.data, (self, other), "-", local=(1.0, -1.0))

    def __mul__(self, other: Any) -> "Value":
        """x * y; d/dx = y, d/dy = x."""
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), "*", local=(other.data, self.data))

    def __truediv__(self, other: Any) -> "Value":
        """x / y; d/dx = 1 / y, d/dy = -x / y**2. Raises ZeroDivisionError where y is 0."""
        other = other if isinstance(other, Value) else Value(other)
        if other.data == 0:
            raise ZeroDivisionError(f"/: cannot divide {self.data} by zero")
        ratio = self.data / other.data
        return Value(ratio, (self, other), "/", local=(1.0 / other.data, -ratio / other.data))

    def __pow__(self, other: Any) -> "Value":
        """x**n; d/dx = n x**(n - 1), and where n is a Value too, d/dn = x**n log(x)."""
        if isinstance(other, Value):
            return Value(
                _power(self.data, other.data),
                (self, other),
                "**",
                local=(_power_by_base(self.data, other.data), _power_by_exponent(self.data, other.data)),
            )
        exponent = _number(other)
        return Value(_power(self.data, exponent), (self,), f"**{other}", local=(_power_by_base(self.data, exponent),))

    def __neg__(self) -> "Value":
        """-x; d/dx = -1."""
        return Value(-self.data, (self,), "neg", local=(-1.0,))

    def __radd__(self, other: Any) -> "Value":
        return _value(other) + self

    def __rsub__(self, other: Any) -> "Value":
        return _value(other) - self

    def __rmul__(self, other: Any) -> "Value":
        return _value(other) * self

    def __rtruediv__(self, other: Any) -> "Value":
        return _value(other) / self

    def __rpow__(self, other: Any) -> "Value":
        return _value(other) ** self

    # Functions of one number.

    def exp(self) -> "Value":
        """e**x; its derivative is itself."""
        try:
            result = math.exp(self.data)
        except OverflowError:
            raise OverflowError(f"exp({self.data}) is larger than the largest float, 1.8e308") from None
        return Value(result, (self,), "exp", local=(result,))

    def log(self) -> "Value":
        """The natural logarithm of x; d/dx = 1 / x. Raises ValueError where x is not above zero."""
        if self.data <= 0:
            raise ValueError(f"log({self.data}): the logarithm needs a number above zero")
        return Value(math.log(self.data), (self,), "log", local=(1.0 / self.data,))

    def sqrt(self) -> "Value":
        """The square root of x; d/dx = 1 / (2 sqrt(x)). Raises ValueError where x is negative."""
        if self.data < 0:
            raise ValueError(f"sqrt({self.data}): the square root needs a number that is not negative")
        result = math.sqrt(self.data)
        dx = 0.5 / result if result else NoDerivative(f"sqrt({self.data}) has an infinite derivative")
        return Value(result, (self,), "sqrt", local=(dx,))

    def tanh(self) -> "Value":
        """The hyperbolic tangent of x; d/dx = 1 - tanh(x)**2."""
        result = math.tanh(self.data)
        return Value(result, (self,), "tanh", local=(1.0 - result * result,))

    def sigmoid(self) -> "Value":
        """1 / (1 + exp(-x)); d/dx = sigmoid(x) (1 - sigmoid(x))."""
        small = math.exp(-abs(self.data))  # the exponential of a number that is never positive cannot overflow
        result = (1.0 if self.data >= 0 else small) / (1.0 + small)
        return Value(result, (self,), "sigmoid", local=(result * (1.0 - result),))

    def relu(self) -> "Value":
        """max(x, 0); d/dx is 1 where x > 0, else 0."""
        negative = self.data <= 0  # of nan this is False: nan stays nan, and the gradient goes through
        return Value(0.0 if negative else self.data, (self,), "ReLU", local=(0.0 if negative else 1.0,))

    def __abs__(self) -> "Value":
        """|x|; d/dx is the sign of x."""
        dx = 1.0 if self.data > 0 else -1.0 if self.data < 0 else 0.0
        return Value(abs(self.data), (self,), "abs", local=(dx,))

    abs = __abs__

    @staticmethod
    def dot(ws: Iterable[Any], xs: Iterable[Any], bias: Any = 0.0) -> "Value":
        """bias + w0*x0 + w1*x1 + ..., added up in that order, as one node.

        ws, xs: Values or numbers, as many of one as of the other; bias: a Value or a number. A neuron of n inputs is
        one node instead of 2n, which makes a scalar net several times as fast. Raises ValueError on unequal lengths.
        """
        ws = [w if isinstance(w, Value) else Value(w) for w in ws]
        xs = [x if isinstance(x, Value) else Value(x) for x in xs]
        bias = _value(bias)
        if len(ws) != len(xs):
            raise ValueError(f"dot: {len(ws)} weights do not go with {len(xs)} inputs; give as many of each")
        w_data, x_data, total = [w.data for w in ws], [x.data for x in xs], bias.data
        for w, x in zip(w_data, x_data, strict=True):
            total += w * x
        return Value(total, (*ws, *xs, bias), "dot", local=(*x_data, *w_data, 1.0))

    # Backward.

    def backward(self) -> None:
        """Put d(self)/d(node) into the `grad` of every node that this one was made from.

        Leaves add it to what they hold, so call `zero_grad` between steps; all other nodes start from zero.
        """
        order = topological_order(self)
        for node in order:
            if node._prev:
                node.grad = 0.0  # what a backward before this one left there
        self.grad += 1.0
        for node in reversed(order):
            node._backward()

    def _backward(self) -> None:
        """Hand this node's gradient on to the nodes it was made from: each gets local derivative times gradient."""
        grad = self.grad
        try:
            for parent, derivative in zip(self._prev, self._local, strict=True):
                parent.grad += derivative * grad
        except ValueError:
            raise RuntimeError(
                f"backward: '{self._op}' has {len(self._prev)} inputs and {len(self._local)} local derivatives; "
                "give one for each (local=...) or set its _backward"
            ) from None

    def zero_grad(self) -> None:
        """Set the gradient of this node and of every node that it was made from to 0."""
        for node in topological_order(self):
            node.grad = 0

    # Comparisons look at the numbers; == and hash stay those of the object, so that a graph can be kept in a set.

    def __lt__(self, other: Any) -> bool:
        return self.data < _value(other).data

    def __le__(self, other: Any) -> bool:
        return self.data <= _value(other).data

    def __gt__(self, other: Any) -> bool:
        return self.data > _value(other).data

    def __ge__(self, other: Any) -> bool:
        return self.data >= _value(other).data

    def __float__(self) -> float:
        raise TypeError("a Value is no float, since math.exp(v) would leave the graph: write v.exp(), or v.data")

    def __repr__(self) -> str:
        return f"Value(data={self.data}, grad={self.grad})"


def topological_order(*roots: Any) -> list[Any]:
    """The roots and every node that they were made from, each once and after all that it was made from.

    A node is anything with a `_prev`, the nodes it was made from. In the lecture a function calls itself for each of
    them, and then appends the node. Here the path to where the walk is stands in a list rather than on Python's own
    stack, so a chain of a million nodes is as good as one of three.
    """
    order: list[Any] = []
    seen: set[Any] = set()
    path: list[Any] = [(None, iter(roots))]  # nodes, each with those of its parents that are still to be walked
    while path:
        node, parents = path[-1]
        for parent in parents:
            if parent not in seen:
                seen.add(parent)
                path.append((parent, iter(parent._prev)))
                break
        else:  # all its parents are in the order by now
            order.append(node)
            path.pop()
    order.pop()  # the None that all roots hang from
    return order


def _value(x: Any) -> Value:
    return x if isinstance(x, Value) else Value(x)


def _number(x: Any) -> float:
    if isinstance(x, (int, Real)) or (
        getattr(getattr(x, "dtype", None), "kind", None) in tuple("biuf") and x.ndim == 0
    ):
        return float(x)
    if isinstance(x, Value):
        raise TypeError("a Value of a Value would lose its graph: use it as it is, or Value(x.data) for a new leaf")
    raise TypeError(f"a Value holds one number, not {type(x).__name__}: {x!r:.60}")


# What powers need.


class NoDerivative:
    """Stands for a local derivative that is no number: the result is fine, only going backward through it is not."""

    def __init__(self, reason: str):
        self.reason = reason

    def __mul__(self, grad: float) -> Self:
        raise ZeroDivisionError(f"backward: {self.reason}")


def _power(base: float, exponent: float) -> float:
    base, exponent = float(base), float(exponent)  # numbers of NumPy's would warn where these raise
    if base < 0 and not exponent.is_integer():
        raise ValueError(f"({base})**{exponent}: a negative number to a fractional power is not a real number")
    try:
        return base**exponent
    except ZeroDivisionError:
        raise ZeroDivisionError(f"{base}**{exponent}: zero cannot be raised to a negative power") from None
    except OverflowError:
        raise OverflowError(f"{base}**{exponent} is larger than the largest float, 1.8e308") from None


def _power_by_base(base: float, exponent: float) -> Any:
    """d(base**exponent)/d(base) = exponent * base**(exponent - 1)."""
    if exponent == 0:
        return 0.0
    try:
        return exponent * float(base) ** (exponent - 1)
    except (ZeroDivisionError, OverflowError):
        return NoDerivative(f"{base}**{exponent} has a derivative that is infinite or larger than the largest float")


def _power_by_exponent(base: float, exponent: float) -> Any:
    """d(base**exponent)/d(exponent) = base**exponent * log(base)."""
    if base == 0:
        return 0.0
    if base < 0:
        return math.nan  # as in PyTorch: the power is a number at this exponent and at none beside it
    return base**exponent * math.log(base)
