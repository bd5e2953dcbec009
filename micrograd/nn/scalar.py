"""Scalar nets: Neuron, Layer and MLP, whose every weight is a Value.

The names, the printed forms and the order of the random draws are those of the public micrograd 0.1, so the programs
written for it run here and print the same numbers. A neuron is one node of the graph (`Value.dot`), and one more for
its relu.
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from micrograd.engine import Value
from micrograd.nn.module import Module


class ScalarNet(Module):
    """The base of the three. As a child of another module, it has its Values as numbered parameters."""

    def __call__(self, x: Any) -> Any:
        """forward(x), and the hooks around it where there are any; a Value need not know which module it is of."""
        return super().__call__(x) if self._hooks else self.forward(x)

    def _own_parameters(self) -> Iterator[tuple[str, Value]]:
        return ((str(i), p) for i, p in enumerate(self.parameters()))


class Neuron(ScalarNet):
    """relu(b + w0*x0 + w1*x1 + ...), or the same without relu where nonlin is False.

    nin: the number of inputs. The weights `w` are drawn by `random.uniform(-1, 1)`, first to last; the bias `b` is 0.

    >>> neuron = Neuron(2)
    >>> neuron
    ReLUNeuron(2)
    >>> len(neuron.parameters())
    3
    """

    def __init__(self, nin: int, nonlin: bool = True):
        self.w = [Value(random.uniform(-1, 1)) for _ in range(nin)]
        self.b = Value(0)
        self.nonlin = nonlin

    def forward(self, x: Iterable[Any]) -> Value:
        """x: nin Values or numbers; returns a Value. Raises ValueError for another number of them."""
        out = Value.dot(self.w, x, self.b)
        return out.relu() if self.nonlin else out

    def parameters(self) -> list[Value]:  # type: ignore[override]
        """The weights, then the bias."""
        return [*self.w, self.b]

    def __repr__(self) -> str:
        return f"{'ReLU' if self.nonlin else 'Linear'}Neuron({len(self.w)})"


class Layer(ScalarNet):
    """nout neurons, each with all nin inputs; kwargs go to every Neuron.

    >>> from micrograd.nn import Layer
    >>> Layer(2, 3)
    Layer of [ReLUNeuron(2), ReLUNeuron(2), ReLUNeuron(2)]
    >>> len(Layer(2, 3)([1.0, -2.0]))
    3
    """

    def __init__(self, nin: int, nout: int, **kwargs: Any):
        self.neurons = [Neuron(nin, **kwargs) for _ in range(nout)]

    def forward(self, x: Value | Iterable[Any]) -> Value | list[Value]:
        """x: nin Values or numbers, or a single Value if nin is 1.

        Returns a list of nout Values, or a single Value if nout is 1. Raises ValueError for another number of inputs.
        """
        # Numbers become Values once here, not again in every neuron.
        inputs = [x] if isinstance(x, Value) else [xi if isinstance(xi, Value) else Value(xi) for xi in x]
        outs = [neuron(inputs) for neuron in self.neurons]
        return outs[0] if len(outs) == 1 else outs

    def parameters(self) -> list[Value]:  # type: ignore[override]
        """Those of the first neuron, then of the second, and so on."""
        return [p for neuron in self.neurons for p in neuron.parameters()]

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(map(repr, self.neurons))}]"


class MLP(ScalarNet):
    """A multi-layer perceptron: relu in all layers but the last, which is linear.

    nin: the number of inputs; nouts: the number of neurons of each layer.

    >>> from micrograd.nn import MLP
    >>> net = MLP(3, [4, 4, 1])
    >>> len(net.parameters())
    41
    """

    def __init__(self, nin: int, nouts: Sequence[int]):
        last = len(nouts) - 1
        sizes = enumerate(pairwise([nin, *nouts]))
        self.layers = [Layer(before, after, nonlin=i != last) for i, (before, after) in sizes]

    def forward(self, x: Iterable[Any]) -> Any:
        """x: nin Values or numbers; returns the output of the last Layer. Raises ValueError as Layer."""
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self) -> list[Value]:  # type: ignore[override]
        """Those of the first layer, then of the second, and so on."""
        return [p for layer in self.layers for p in layer.parameters()]

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(map(repr, self.layers))}]"
