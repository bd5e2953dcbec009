"""What `micrograd.nn.functional` has as one function each and PyTorch has not, step by step in PyTorch's names.

The recurrent nets take x (T, n, e), h0 and c0 (1, h), weight (gates * h, e + h) and bias (gates * h,), and
return the states, (T, n, h).
"""

from typing import Any


def rnn(torch: Any, x: Any, h0: Any, weight: Any, bias: Any) -> Any:
    """h = tanh(weight @ [x, h] + bias)."""
    h, states = h0.expand(x.shape[1], -1), []
    for xt in x:
        h = torch.tanh(_gates(torch, xt, h, weight, bias))
        states.append(h)
    return torch.stack(states)


def gru(torch: Any, x: Any, h0: Any, weight: Any, bias: Any) -> Any:
    """z, r = sigmoid(weight @ [x, h] + bias); c = tanh(weight @ [x, r * h] + bias); h = (1 - z) * h + z * c."""
    size = h0.shape[1]
    h, states = h0.expand(x.shape[1], -1), []
    for xt in x:
        z, r = torch.sigmoid(_gates(torch, xt, h, weight[: 2 * size], bias[: 2 * size])).split(size, 1)
        c = torch.tanh(_gates(torch, xt, r * h, weight[2 * size :], bias[2 * size :]))
        h = (1 - z) * h + z * c
        states.append(h)
    return torch.stack(states)


def lstm(torch: Any, x: Any, h0: Any, c0: Any, weight: Any, bias: Any) -> Any:
    """i, f, o = sigmoid(weight @ [x, h] + bias); cell = f * cell + i * tanh(...); h = o * tanh(cell)."""
    n = x.shape[1]
    h, cell, states = h0.expand(n, -1), c0.expand(n, -1), []
    for xt in x:
        i, f, o, c = _gates(torch, xt, h, weight, bias).split(h0.shape[1], 1)
        cell = torch.sigmoid(f) * cell + torch.sigmoid(i) * torch.tanh(c)
        h = torch.sigmoid(o) * torch.tanh(cell)
        states.append(h)
    return torch.stack(states)


def _gates(torch: Any, x: Any, h: Any, weight: Any, bias: Any) -> Any:
    return torch.cat([x, h], 1) @ weight.T + bias


def causal_self_attention(torch: Any, qkv: Any, n_head: int) -> Any:
    """Attention with n_head heads: of queries, keys and values side by side, (n, T, 3 * c), to (n, T, c)."""
    n, steps, width = qkv.shape
    q, k, v = [
        part.view(n, steps, n_head, width // (3 * n_head)).transpose(1, 2)  # (n, n_head, T, c / n_head)
        for part in qkv.split(width // 3, 2)
    ]
    scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
    ahead = torch.ones(steps, steps).tril() == 0
    y = torch.nn.functional.softmax(scores.masked_fill(ahead, float("-inf")), dim=-1) @ v
    return y.transpose(1, 2).reshape(n, steps, width // 3)
