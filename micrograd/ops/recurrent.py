"""Nets for sequences that PyTorch does not have as one function: each is one node over all steps in time.

The recurrent nets take x, (T, n, e): T time steps, n sequences, e features. The hidden size is h; h0, (1, h),
is the state before the first step, and the result, (T, n, h), holds that after each step. weight, (gates * h,
e + h), has the rows of one gate after those of the other; the first e columns, W_x, go with x, the others, W_h, with
the state before. bias is (gates * h,).

x @ W_x.T + bias is known before the loop over time and is one product of matrices for each gate. The loop back finds
the gradients of all that went into the gates; from these, products again give those of x, weight and bias. Arrays are
(gates, T, n, h), so that each gate at each step is one piece of memory.
"""

import numpy as np

from micrograd.ops import op, save
from micrograd.ops.layers import shared
from micrograd.rules.errors import need_one_dtype
from micrograd.rules.sums import sum_of_columns, sum_of_rows


def _check(name, gates, x, states, weight, bias):
    """Raises RuntimeError where the shapes or dtypes of a recurrent net do not fit."""
    need_one_dtype(name, x, *states, weight, bias)
    hidden = states[0].shape[-1] if states[0].ndim else 0
    e = x.shape[-1] if x.ndim else 0
    wanted = [(1, hidden)] * len(states) + [(gates * hidden, e + hidden), (gates * hidden,)]
    given = [array.shape for array in (*states, weight, bias)]
    if x.ndim != 3 or given != wanted:
        raise RuntimeError(
            f"{name}: with an input {list(x.shape)}, which has to be (T, n, e), and a state of {hidden} numbers go the "
            f"shapes {wanted}, not {given}"
        )


def _by_gate(weight, hidden):
    """The columns of weight that go with x, (gates, h, e), and those that go with the state, (gates, h, h)."""
    weight = weight.reshape(-1, hidden, weight.shape[1])
    return weight[:, :, :-hidden], weight[:, :, -hidden:]


def _inputs(x, W_x, bias):
    """x @ W_x.T + bias for each gate, (gates, T, n, h)."""
    (steps, n, e), (gates, hidden, _) = x.shape, W_x.shape
    result = x.reshape(steps * n, e) @ W_x.swapaxes(1, 2)
    result += bias.reshape(gates, 1, hidden)
    return result.reshape(gates, steps, n, hidden)


def _states_before(first, states):
    """The state before each step, from that before the first and those after each: (T, n, h)."""
    before = np.empty_like(states)
    before[:1] = first
    before[1:] = states[:-1]
    return before


def _sigmoid_of_twice(x):
    """x becomes 1 / (1 + exp(-2 * x)); by way of tanh, which does not overflow."""
    np.tanh(x, out=x)
    x *= 0.5
    x += 0.5


# The gradients, from those of what went into the gates, dgates, (gates, T, n, h).


def _dx(dgates, weight):
    """The gradient of x, (T, n, e), from that of the gates, (gates, T, n, h)."""
    gates, steps, n, hidden = dgates.shape
    W_x, _ = _by_gate(weight, hidden)
    parts = dgates.reshape(gates, steps * n, hidden) @ W_x
    return np.add.reduce(parts, axis=0).reshape(steps, n, W_x.shape[2])


def _dweight(dgates, x, *h_before):
    """The gradient of the weight. h_before: for each gate the state that goes with its W_h, or one for all of them."""
    gates, steps, n, hidden = dgates.shape
    e = x.shape[2]
    result = np.empty((gates * hidden, e + hidden), dgates.dtype)
    (dW_x, dW_h), across = _by_gate(result, hidden), dgates.reshape(gates, steps * n, hidden).swapaxes(1, 2)
    dW_x[...] = across @ x.reshape(steps * n, e)
    for gate in range(gates):
        dW_h[gate] = across[gate] @ h_before[gate % len(h_before)].reshape(steps * n, hidden)
    return result


def _dbias(dgates):
    """The gradient of the bias, (gates * h,), from that of the gates, (gates, T, n, h)."""
    gates, steps, n, hidden = dgates.shape
    return np.concatenate([sum_of_rows(dgate) for dgate in dgates.reshape(gates, steps * n, hidden)])


def _dfirst(dh):
    """The gradient of a first state, (1, h), that all sequences share."""
    return sum_of_rows(dh)[None]


@op("RnnTanhBackward0", of="functional", examples=["F.rnn(sequence, state, gates[:2], gates_bias[:2])"])
def rnn(x, h0, weight, bias, /):
    """The hidden state of a recurrent net after each time step (Elman 1990): (T, n, h).

    input: (T, n, e), T steps of n sequences; h0: the state before the first, (1, h); weight: (h, e + h); bias: (h,).
    Raises RuntimeError where shapes or dtypes do not fit.

    Fused, for speed: at each step h = tanh(weight @ [x, h] + bias).
    """
    _check("rnn", 1, x, [h0], weight, bias)
    W_x, W_h = _by_gate(weight, h0.shape[1])
    (out,), W_h = _inputs(x, W_x, bias), W_h[0].copy()
    h, W_h_T = h0.repeat(x.shape[1], 0), W_h.T.copy()
    for now in out:
        now += h @ W_h_T
        h = np.tanh(now, out=now)

    @shared
    def backward(g):
        dgate = out * out
        np.subtract(1, dgate, out=dgate)  # the derivative of tanh
        dh = np.zeros(out.shape[1:], out.dtype)
        for t in reversed(range(len(out))):
            dh += g[t]
            dgate[t] *= dh
            np.matmul(dgate[t], W_h, out=dh)
        return dgate[None], dh

    return (
        out,
        save(lambda g: _dx(backward(g)[0], weight), weight, W_h, out),
        save(lambda g: _dfirst(backward(g)[1]), W_h, out),
        save(lambda g: _dweight(backward(g)[0], x, _states_before(h0, out)), x, h0, W_h, out),
        save(lambda g: _dbias(backward(g)[0]), W_h, out),
    )


@op("GruBackward0", of="functional", examples=["F.gru(sequence, state, gates[:6], gates_bias[:6])"])
def gru(x, h0, weight, bias, /):
    """The hidden states of a gated recurrent unit (Cho et al. 2014), with gates z and r and candidate c: (T, n, h).

    As rnn, with weight (3 * h, e + h) and bias (3 * h,), the rows of z first, then those of r and of c.

    Fused, for speed: at each step z, r = sigmoid(weight @ [x, h] + bias); c = tanh(weight @ [x, r * h] + bias);
    h = (1 - z) * h + z * c.
    """
    _check("gru", 3, x, [h0], weight, bias)
    W_x, W_h = _by_gate(weight, h0.shape[1])
    gates, W_h = _inputs(x, W_x, bias), W_h.copy()
    z, r, c = gates
    h, W_h_T = h0.repeat(x.shape[1], 0), W_h.swapaxes(1, 2).copy()
    gates[:2] *= 0.5
    W_h_T[:2] *= 0.5
    out = np.empty_like(z)
    for t in range(len(out)):
        zr = gates[:2, t]
        zr += h @ W_h_T[:2]
        _sigmoid_of_twice(zr)
        c[t] += (r[t] * h) @ W_h_T[2]
        np.tanh(c[t], out=c[t])
        now = np.subtract(c[t], h, out=out[t])
        now *= z[t]
        now += h
        h = now

    @shared
    def backward(g):
        h_before = _states_before(h0, out)
        dgates, kept = np.empty_like(gates), 1 - z
        dz, dr, dc = dgates
        np.subtract(c, h_before, out=dz)
        dz *= z
        dz *= kept
        np.subtract(1, r, out=dr)
        dr *= r
        dr *= h_before
        np.multiply(c, c, out=dc)
        np.subtract(1, dc, out=dc)
        dc *= z
        dh = np.zeros(out.shape[1:], out.dtype)
        for t in reversed(range(len(out))):
            dh += g[t]
            dz[t] *= dh
            dc[t] *= dh
            dreset = dc[t] @ W_h[2]  # the gradient of r * h
            dr[t] *= dreset
            dreset *= r[t]
            dh *= kept[t]
            dh += dreset
            dh += dz[t] @ W_h[0]
            dh += dr[t] @ W_h[1]
        return dgates, dh, h_before

    def dweight(g):
        dgates, _, h_before = backward(g)
        return _dweight(dgates, x, h_before, h_before, r * h_before)

    return (
        out,
        save(lambda g: _dx(backward(g)[0], weight), weight, h0, gates, W_h, out),
        save(lambda g: _dfirst(backward(g)[1]), h0, gates, W_h, out),
        save(dweight, x, h0, gates, W_h, out),
        save(lambda g: _dbias(backward(g)[0]), h0, gates, W_h, out),
    )


@op("LstmBackward0", of="functional", examples=["F.lstm(sequence, state, cell, gates, gates_bias)"])
def lstm(x, h0, c0, weight, bias, /):
    """The hidden states of a long short-term memory (Hochreiter and Schmidhuber 1997): (T, n, h).

    As rnn, with a cell beside the state, which is c0, (1, h), before the first step, the gates i, f (the forget gate of
    Gers et al. 2000) and o and the candidate c. weight: (4 * h, e + h), bias: (4 * h,), in this order.

    Fused, for speed: at each step i, f, o = sigmoid(weight @ [x, h] + bias); c = tanh(weight @ [x, h] + bias);
    cell = f * cell + i * c; h = o * tanh(cell).
    """
    _check("lstm", 4, x, [h0, c0], weight, bias)
    W_x, W_h = _by_gate(weight, h0.shape[1])
    gates, W_h = _inputs(x, W_x, bias), W_h.copy()
    i, f, o, c = gates
    W_h_T = W_h.swapaxes(1, 2).copy()
    gates[:3] *= 0.5
    W_h_T[:3] *= 0.5
    h, cell = (state.repeat(x.shape[1], 0) for state in (h0, c0))
    out, cells, tanh = (np.empty_like(i) for _ in range(3))  # tanh: of the cell
    for t in range(len(out)):
        now = gates[:, t]
        now += h @ W_h_T
        _sigmoid_of_twice(now[:3])
        np.tanh(now[3], out=now[3])
        cell = np.multiply(f[t], cell, out=cells[t])
        cell += i[t] * c[t]
        h = np.multiply(np.tanh(cell, out=tanh[t]), o[t], out=out[t])

    @shared
    def backward(g):
        dgates = 1 - gates
        dgates *= gates  # the derivative of the sigmoids
        di, df, do, dc = dgates
        di *= c
        df *= _states_before(c0, cells)
        do *= tanh
        np.multiply(c, c, out=dc)
        np.subtract(1, dc, out=dc)
        dc *= i
        dtanh = 1 - tanh * tanh
        dtanh *= o
        dh, dcell = np.zeros((2, *tanh.shape[1:]), tanh.dtype)
        for t in reversed(range(len(tanh))):
            dh += g[t]
            dcell += dh * dtanh[t]
            now = dgates[:, t]
            now[:2] *= dcell
            now[2] *= dh
            now[3] *= dcell
            dcell *= f[t]
            np.add.reduce(now @ W_h, axis=0, out=dh)
        return dgates, dh, dcell

    return (
        out,
        save(lambda g: _dx(backward(g)[0], weight), weight, c0, gates, cells, tanh, W_h),
        save(lambda g: _dfirst(backward(g)[1]), c0, gates, cells, tanh, W_h),
        save(lambda g: _dfirst(backward(g)[2]), c0, gates, cells, tanh, W_h),
        save(lambda g: _dweight(backward(g)[0], x, _states_before(h0, out)), x, h0, c0, gates, cells, tanh, W_h, out),
        save(lambda g: _dbias(backward(g)[0]), c0, gates, cells, tanh, W_h),
    )


@op("CausalSelfAttentionBackward0", of="functional", examples=["F.causal_self_attention(qkv, 2)"])
def causal_self_attention(qkv, /, n_head):
    """Multi-head self-attention in which no position attends to later ones (Vaswani et al. 2017): (n, T, c).

    qkv: (n, T, 3 * c), the query, the key and the value of each position one after the other, in each of them the c /
    n_head numbers of one head after those of the other. Raises RuntimeError where the last dimension is not so divided.

    Fused, for speed: scaled_dot_product_attention(q, k, v, is_causal=True) of each head.
    """
    if qkv.ndim != 3 or 0 in qkv.shape[1:] or n_head < 1 or qkv.shape[2] % (3 * n_head):
        raise RuntimeError(
            f"causal_self_attention takes (n, T, 3 * c) where {n_head} heads divide c, not {list(qkv.shape)}"
        )
    n, steps, width = qkv.shape
    size = width // 3 // n_head
    scale = size**-0.5

    def heads(x):
        """x (n, T, parts * c) as (parts, n, n_head, T, c / n_head), in the same memory."""
        return x.reshape(n, steps, x.shape[2] // (n_head * size), n_head, size).transpose(2, 0, 3, 1, 4)

    q, k, v = heads(qkv)
    probabilities = np.matmul(q, k.swapaxes(-1, -2), out=np.empty((n, n_head, steps, steps), qkv.dtype))
    probabilities *= scale
    position = np.arange(steps)
    probabilities += np.where(position > position[:, None], -np.inf, 0).astype(qkv.dtype)
    rows = probabilities.reshape(-1, steps)
    rows -= rows.T.copy().max(0)[:, None]  # along memory: a quarter of the time of rows.max(1)
    np.exp(rows, out=rows)
    rows /= sum_of_columns(rows)[:, None]
    out = np.empty((n, steps, width // 3), qkv.dtype)
    np.matmul(probabilities, v, out=heads(out)[0])

    def dqkv(g):
        (q, k, v), (g,), result = heads(qkv), heads(g), np.empty(qkv.shape, g.dtype)
        dq, dk, dv = heads(result)
        np.matmul(probabilities.swapaxes(-1, -2), g, out=dv)
        dscores = g @ v.swapaxes(-1, -2)
        dscores -= sum_of_columns((dscores * probabilities).reshape(-1, steps)).reshape(n, n_head, steps, 1)
        dscores *= probabilities
        dscores *= scale
        np.matmul(dscores, k, out=dq)
        np.matmul(dscores.swapaxes(-1, -2), q, out=dk)
        return result

    return out, save(dqkv, qkv, probabilities)
