"""Functions of `functional` that work on sequences and have no twin in PyTorch: each is one node of the graph."""

from typing import Any

from micrograd.nn.losses import need_one_dtype
from micrograd.ops import attention, recurrent
from micrograd.tensors import Tensor, apply


def rnn(input: Tensor, start: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """The state of a recurrent net after each step in time, h = tanh(weight @ [x, h] + bias), (T, n, h).

    input: (T, n, e), T steps of n sequences; start: the state before the first, (1, h); weight: (h, e + h); bias: (h,).
    Raises RuntimeError where shapes or dtypes do not fit.
    """
    return _recurrent(recurrent.rnn, 1, input, start, weight=weight, bias=bias)


def gru(input: Tensor, start: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """As rnn, with gates: h = (1 - z) * h + z * c.

    z, r = sigmoid(weight @ [x, h] + bias), c = tanh(weight @ [x, r * h] + bias). weight: (3 * h, e + h) and bias:
    (3 * h,), the rows of z first, then those of r and of c.
    """
    return _recurrent(recurrent.gru, 3, input, start, weight=weight, bias=bias)


def lstm(input: Tensor, start: Tensor, start_cell: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """As rnn, with gates and a memory cell: h = o * tanh(cell), cell = f * cell + i * c.

    i, f, o = sigmoid(weight @ [x, h] + bias), c = tanh(weight @ [x, h] + bias). start_cell: the cell before the first
    step, (1, h). weight: (4 * h, e + h), bias: (4 * h,), the rows of i first, then those of f, o and c.
    """
    return _recurrent(recurrent.lstm, 4, input, start, start_cell, weight=weight, bias=bias)


def _recurrent(op: Any, gates: int, input: Tensor, *starts: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    need_one_dtype(op.__name__, input, *starts, weight, bias)
    hidden = starts[0].shape[-1]
    wanted = [(1, hidden)] * len(starts) + [(gates * hidden, input.shape[-1] + hidden), (gates * hidden,)]
    given = [tuple(tensor.shape) for tensor in (*starts, weight, bias)]
    if input.ndim != 3 or given != wanted:
        raise RuntimeError(
            f"{op.__name__}: with an input {list(input.shape)}, which has to be (T, n, e), and a state of {hidden} "
            f"numbers go the shapes {wanted}, not {given}"
        )
    return apply(op, input, *starts, weight, bias)


def causal_self_attention(qkv: Tensor, n_head: int) -> Tensor:
    """softmax(q @ k.T / sqrt(c / n_head)) @ v of each head, where no position looks at those after it, (n, T, c).

    qkv: (n, T, 3 * c), the query, the key and the value of each position one after the other, in each of them the c /
    n_head numbers of one head after those of the other. Raises RuntimeError where the last dimension is not so divided.
    """
    if qkv.ndim != 3 or 0 in qkv.shape[1:] or n_head < 1 or qkv.shape[2] % (3 * n_head):
        raise RuntimeError(
            f"causal_self_attention takes (n, T, 3 * c) where {n_head} heads divide c, not {list(qkv.shape)}"
        )
    return apply(attention.causal_self_attention, qkv, n_head=n_head)
