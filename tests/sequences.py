"""The functions on sequences that PyTorch does not have: micrograd's own, and written out step by step in PyTorch."""

from micrograd.nn import functional


def in_both(function):
    """The function for both libraries: given PyTorch it runs as it is written, given micrograd the one of this name."""

    def run(library, *tensors, **options):
        if library.__name__ == "micrograd":
            return getattr(functional, function.__name__)(*tensors, **options)
        return function(library, *tensors, **options)

    return run


def gate(torch, x, state, weight, bias, k):
    """What goes into gate number k: its rows of weight times x and state side by side, plus its part of bias."""
    hidden = state.shape[1]
    rows = slice(k * hidden, (k + 1) * hidden)
    return torch.cat([x, state], 1) @ weight[rows].T + bias[rows]


@in_both
def rnn(torch, xs, start, weight, bias):
    states = [start.expand(xs.shape[1], -1)]
    for x in xs:
        states.append(gate(torch, x, states[-1], weight, bias, 0).tanh())
    return torch.stack(states[1:])


@in_both
def gru(torch, xs, start, weight, bias):
    states = [start.expand(xs.shape[1], -1)]
    for x in xs:
        h = states[-1]
        z, r = (gate(torch, x, h, weight, bias, k).sigmoid() for k in range(2))
        c = gate(torch, x, r * h, weight, bias, 2).tanh()
        states.append((1 - z) * h + z * c)
    return torch.stack(states[1:])


@in_both
def lstm(torch, xs, start, start_cell, weight, bias):
    states, cell = [start.expand(xs.shape[1], -1)], start_cell
    for x in xs:
        i, f, o = (gate(torch, x, states[-1], weight, bias, k).sigmoid() for k in range(3))
        c = gate(torch, x, states[-1], weight, bias, 3).tanh()
        cell = f * cell + i * c
        states.append(o * cell.tanh())
    return torch.stack(states[1:])


@in_both
def causal_self_attention(torch, qkv, n_head):
    n, length, width = qkv.shape
    q, k, v = (part.view(n, length, n_head, width // 3 // n_head).transpose(1, 2) for part in qkv.chunk(3, 2))
    scores = q @ k.transpose(2, 3) / q.shape[3] ** 0.5
    scores = scores.masked_fill(torch.ones(length, length).tril() == 0, -torch.inf)
    return (scores.softmax(3) @ v).transpose(1, 2).reshape(n, length, width // 3)
