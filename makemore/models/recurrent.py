"""Recurrent nets: one cell, applied to one character after the other, that carries a state from each to the next.

The plain one (Elman, 1990; Mikolov et al., 2010), with gates (GRU: Cho et al., 2014) and with gates and a memory cell
(LSTM: Hochreiter and Schmidhuber, 1997). RNN and GRU are those of the public makemore.py; LSTM is done in their manner.
"""

from typing import Any

import micrograd
from makemore.models.sizes import check_context, check_sizes
from micrograd import Tensor
from micrograd.nn import Embedding, Linear, Module, Parameter
from micrograd.nn import functional as F  # noqa: N812 - as everywhere


class Cell(Module):
    """A Linear for each gate, from n_embd numbers of the character and n_embd2 of the state, side by side, to n_embd2.

    Called with the characters, (T, n, n_embd), the steps in time first, and the state before the first of them,
    (1, n_embd2), a cell gives the states after each, (T, n, n_embd2).
    """

    gates: tuple[str, ...]

    def __init__(self, n_embd: int, n_embd2: int):
        for gate in self.gates:
            self.add_module(f"xh_to_{gate}", Linear(n_embd + n_embd2, n_embd2))

    def stacked(self) -> tuple[Tensor, Tensor]:
        """The weights of all gates, (gates * n_embd2, n_embd + n_embd2), and the biases, (gates * n_embd2,)."""
        layers: Any = list(self.children())
        if len(layers) == 1:
            return layers[0].weight, layers[0].bias
        return micrograd.cat([layer.weight for layer in layers]), micrograd.cat([layer.bias for layer in layers])


class RNNCell(Cell):
    """h = tanh(xh_to_h([x, h]))."""

    gates = ("h",)

    def forward(self, x: Tensor, start: Tensor) -> Tensor:
        """x: (T, n, n_embd); start: (1, n_embd2); the result is (T, n, n_embd2)."""
        return F.rnn(x, start, *self.stacked())


class GRUCell(Cell):
    """z, r = sigmoid of xh_to_z, xh_to_r([x, h]); hbar = tanh(xh_to_hbar([x, r * h])); h = (1 - z) * h + z * hbar."""

    gates = ("z", "r", "hbar")

    def forward(self, x: Tensor, start: Tensor) -> Tensor:
        """x: (T, n, n_embd); start: (1, n_embd2); the result is (T, n, n_embd2)."""
        return F.gru(x, start, *self.stacked())


class LSTMCell(Cell):
    """i, f, o = sigmoid of xh_to_i, xh_to_f, xh_to_o([x, h]); cell = f * cell + i * tanh(xh_to_c([x, h]));
    h = o * tanh(cell). The cell before the first character, `start`, is learned, too."""

    gates = ("i", "f", "o", "c")

    def __init__(self, n_embd: int, n_embd2: int):
        self.start = Parameter(micrograd.zeros(1, n_embd2))
        super().__init__(n_embd, n_embd2)

    def forward(self, x: Tensor, start: Tensor) -> Tensor:
        """x: (T, n, n_embd); start: (1, n_embd2); the result is (T, n, n_embd2)."""
        return F.lstm(x, start, self.start, *self.stacked())


class Recurrent(Module):
    """Logits of the next character after each character of whole words, from a state that a cell carries along.

    n_embd: the size of a character's embedding. n_embd2: that of the state. The state before the first
    character, `start`, is learned, too. Names, shapes and initial weights are those of makemore.py.
    Raises ValueError for a size below 1.
    """

    whole_words = True
    cell_type: type[Cell]

    def __init__(self, vocabulary_size: int, context_length: int, *, n_embd: int, n_embd2: int):
        check_sizes(vocabulary_size=vocabulary_size, context_length=context_length, n_embd=n_embd, n_embd2=n_embd2)
        self.vocabulary_size, self.context_length = vocabulary_size, context_length
        self.start = Parameter(micrograd.zeros(1, n_embd2))
        self.wte = Embedding(vocabulary_size, n_embd)
        self.cell = self.cell_type(n_embd, n_embd2)
        self.lm_head = Linear(n_embd2, vocabulary_size)

    def forward(self, x: Tensor) -> Tensor:
        """x (n, T), int64, to logits (n, T, vocabulary_size). Raises ValueError where T is above context_length."""
        check_context(x.shape[1], self.context_length)
        states = self.cell(self.wte(x.T), self.start)  # (T, n, n_embd2)
        return self.lm_head(states.transpose(0, 1))


class RNN(Recurrent):
    """The net of the plain cell."""

    cell_type = RNNCell


class GRU(Recurrent):
    """The net of the cell with two gates."""

    cell_type = GRUCell


class LSTM(Recurrent):
    """The net of the cell with three gates and a memory."""

    cell_type = LSTMCell
