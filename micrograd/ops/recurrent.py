"""Nets for sequences that PyTorch does not have as one function: each is one node over all steps in time.

The recurrent nets take x, (T, n, e): T time steps, n sequences, e features. The hidden size is h; h0, (1, h),
is the state before the first step, and the result, (T, n, h), holds that after each step. weight, (gates * h,
e + h), has the rows of one gate after those of the other; the first e columns, W_x, go with x, the others, W_h, with
the state before. bias is (gates * h,).

x @ W_x.T + bias is known before the loop over time and is one product of matrices for each gate. The loop back finds
the gradients of all that went into the gates; from these, products again give those of x, weight and bias. It begins at
the last step with a gradient: in a batch of words that are padded to one length, the steps after the longest have none.
The gates are (T, gates, n, h), so that those of a step are one piece of memory; their gradients, of which products over
all steps are taken, are (gates, T, n, h). The states, (T + 1, n, h), begin with that before the first step.
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
    """x @ W_x.T + bias for each gate, (T, gates, n, h)."""
    (steps, n, e), (gates, hidden, _) = x.shape, W_x.shape
    products = x.reshape(steps * n, e) @ W_x.swapaxes(1, 2)
    rows = bias.reshape(gates, 1, hidden).repeat(n, 1)  # NumPy adds them in longer pieces than the bias itself
    result = np.empty((steps, gates, n, hidden), x.dtype)
    return np.add(products.reshape(gates, steps, n, hidden).swapaxes(0, 1), rows, out=result)


def _half(weight, bias, rows):
    """Copies of weight and bias with the first rows, those of sigmoids, multiplied by 0.5; see `_sigmoid_of_twice`."""
    weight, bias = weight.copy(), bias.copy()
    weight[:rows] *= 0.5
    bias[:rows] *= 0.5
    return weight, bias


def _sigmoid_of_twice(x):
    """x becomes 1 / (1 + exp(-2 * x)); by way of tanh, which does not overflow."""
    np.tanh(x, out=x)
    x *= 0.5
    x += 0.5


def _steps_with_gradient(g):
    """How many steps there are up to the last one with a gradient; g: (T, n, h). Zeros after it would add nothing."""
    steps = len(g)
    while steps and not g[steps - 1].any():
        steps -= 1
    return steps


# The gradients, from those of what went into the gates, dgates, (gates, T, n, h).


def _dx(dgates, weight, shape):
    """The gradient of x, of shape (T, n, e), from that of the gates, (gates, steps, n, h)."""
    gates, steps, n, hidden = dgates.shape
    W_x, _ = _by_gate(weight, hidden)
    parts = dgates.reshape(gates, steps * n, hidden) @ W_x
    result = np.empty(shape, dgates.dtype)
    np.add.reduce(parts.reshape(gates, steps, *shape[1:]), axis=0, out=result[:steps])
    result[steps:] = 0
    return result


def _dweight(dgates, x, *h_before):
    """The gradient of the weight. h_before: for each gate the state that goes with its W_h, or one for all of them."""
    gates, steps, n, hidden = dgates.shape
    e = x.shape[2]
    result = np.empty((gates * hidden, e + hidden), dgates.dtype)
    (dW_x, dW_h), across = _by_gate(result, hidden), dgates.reshape(gates, steps * n, hidden).swapaxes(1, 2)
    np.matmul(across, x[:steps].reshape(steps * n, e), out=dW_x)
    for gate in range(gates):
        np.matmul(across[gate], h_before[gate % len(h_before)][:steps].reshape(steps * n, hidden), out=dW_h[gate])
    return result


def _dbias(dgates):
    """The gradient of the bias, (gates * h,), from that of the gates, (gates, steps, n, h)."""
    gates, steps, n, hidden = dgates.shape
    return sum_of_rows(dgates.reshape(gates, steps * n, hidden)).reshape(gates * hidden)


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
    shape, hidden = x.shape, h0.shape[1]
    W_x, W_h = _by_gate(weight, hidden)
    inputs, W_h_T = _inputs(x, W_x, bias), W_h[0].T.copy()
    states = np.empty((shape[0] + 1, shape[1], hidden), x.dtype)
    out, states[0] = states[1:], h0
    for (now,), h, after in zip(inputs, states, out, strict=False):
        now += h @ W_h_T
        np.tanh(now, out=after)

    @shared
    def backward(g):
        steps, W_h = _steps_with_gradient(g), _by_gate(weight, hidden)[1][0]
        dgate = np.square(out[:steps])
        np.subtract(1, dgate, out=dgate)  # the derivative of tanh
        dh = np.zeros(out.shape[1:], out.dtype)
        for t in reversed(range(steps)):
            dh += g[t]
            now = dgate[t]
            now *= dh
            np.matmul(now, W_h, out=dh)
        return dgate[None], dh

    return (
        out,
        save(lambda g: _dx(backward(g)[0], weight, shape), weight, out),
        save(lambda g: _dfirst(backward(g)[1]), weight, out),
        save(lambda g: _dweight(backward(g)[0], x, states), x, weight, states, out),
        save(lambda g: _dbias(backward(g)[0]), weight, out),
    )


@op("GruBackward0", of="functional", examples=["F.gru(sequence, state, gates[:6], gates_bias[:6])"])
def gru(x, h0, weight, bias, /):
    """The hidden states of a gated recurrent unit (Cho et al. 2014), with gates z and r and candidate c: (T, n, h).

    As rnn, with weight (3 * h, e + h) and bias (3 * h,), the rows of z first, then those of r and of c.

    Fused, for speed: at each step z, r = sigmoid(weight @ [x, h] + bias); c = tanh(weight @ [x, r * h] + bias);
    h = (1 - z) * h + z * c.
    """
    _check("gru", 3, x, [h0], weight, bias)
    (steps, n, _), shape, hidden = x.shape, x.shape, h0.shape[1]
    half, half_bias = _half(weight, bias, 2 * hidden)
    W_x, W_h = _by_gate(half, hidden)
    gates, W_h_T = _inputs(x, W_x, half_bias), W_h.swapaxes(1, 2).copy()
    states, reset = np.empty((steps + 1, n, hidden), x.dtype), np.empty((steps, n, hidden), x.dtype)  # reset: r * h
    out, states[0] = states[1:], h0
    for t in range(steps):
        now = gates[t]
        z, r, c = now
        zr, h, after = now[:2], states[t], out[t]
        zr += h @ W_h_T[:2]
        _sigmoid_of_twice(zr)
        c += np.multiply(r, h, out=reset[t]) @ W_h_T[2]
        np.tanh(c, out=c)
        np.subtract(c, h, out=after)
        after *= z
        after += h

    @shared
    def backward(g):
        steps, (_, W_h) = _steps_with_gradient(g), _by_gate(weight, hidden)
        z, r, c = gates[:steps].swapaxes(0, 1)
        dz, dr, dc = dgates = np.empty((3, *z.shape), z.dtype)
        passed_on = np.empty((steps, 2, *out.shape[1:]), out.dtype)  # how much of the gradients of h and of r * h
        kept = np.subtract(1, z, out=passed_on[:, 0])
        passed_on[:, 1] = r
        np.subtract(c, states[:steps], out=dz)
        dz *= z
        dz *= kept
        np.subtract(1, r, out=dr)
        dr *= reset[:steps]
        np.multiply(c, c, out=dc)
        np.subtract(1, dc, out=dc)
        dc *= z
        dh, dreset = both = np.zeros((2, *out.shape[1:]), out.dtype)  # dreset: the gradient of r * h
        for t in reversed(range(steps)):
            now = dgates[:, t]
            z_now, r_now, c_now = now
            dh += g[t]
            z_now *= dh
            c_now *= dh
            np.matmul(c_now, W_h[2], out=dreset)
            r_now *= dreset
            both *= passed_on[t]
            both += now[:2] @ W_h[:2]
            dh += dreset
        return dgates, dh

    return (
        out,
        save(lambda g: _dx(backward(g)[0], weight, shape), weight, gates, states, reset, out),
        save(lambda g: _dfirst(backward(g)[1]), weight, gates, states, reset, out),
        save(lambda g: _dweight(backward(g)[0], x, states, states, reset), x, weight, gates, states, reset, out),
        save(lambda g: _dbias(backward(g)[0]), weight, gates, states, reset, out),
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
    (steps, n, _), shape, hidden = x.shape, x.shape, h0.shape[1]
    half, half_bias = _half(weight, bias, 3 * hidden)
    W_x, W_h = _by_gate(half, hidden)
    gates, W_h_T = _inputs(x, W_x, half_bias), W_h.swapaxes(1, 2).copy()
    states, cells = np.empty((2, steps + 1, n, hidden), x.dtype)
    out, states[0], cells[0] = states[1:], h0, c0
    tanh = np.empty((steps, n, hidden), x.dtype)  # of the cell
    for t in range(steps):
        now, cell = gates[t], cells[t + 1]
        i, f, o, c = now
        now += states[t] @ W_h_T
        _sigmoid_of_twice(now[:3])
        np.tanh(c, out=c)
        np.multiply(f, cells[t], out=cell)
        cell += i * c
        np.multiply(np.tanh(cell, out=tanh[t]), o, out=out[t])

    @shared
    def backward(g):
        steps, (_, W_h) = _steps_with_gradient(g), _by_gate(weight, hidden)
        i, f, o, c = of_gates = gates[:steps].swapaxes(0, 1)
        di, df, do, dc = dgates = np.empty(of_gates.shape, c.dtype)
        np.subtract(1, of_gates, out=dgates)
        dgates *= of_gates  # the derivative of the sigmoids
        di *= c
        df *= cells[:steps]
        do *= tanh[:steps]
        np.multiply(c, c, out=dc)
        np.subtract(1, dc, out=dc)
        dc *= i
        dtanh = np.square(tanh[:steps])
        np.subtract(1, dtanh, out=dtanh)
        dtanh *= o
        dh, dcell = np.zeros((2, *out.shape[1:]), out.dtype)
        for t in reversed(range(steps)):
            dh += g[t]
            dcell += dh * dtanh[t]
            i_and_f, o_now, c_now = dgates[:2, t], dgates[2, t], dgates[3, t]
            i_and_f *= dcell
            o_now *= dh
            c_now *= dcell
            dcell *= f[t]
            np.add.reduce(dgates[:, t] @ W_h, axis=0, out=dh)
        return dgates, dh, dcell

    return (
        out,
        save(lambda g: _dx(backward(g)[0], weight, shape), weight, gates, cells, tanh, out),
        save(lambda g: _dfirst(backward(g)[1]), weight, gates, cells, tanh, out),
        save(lambda g: _dfirst(backward(g)[2]), weight, gates, cells, tanh, out),
        save(lambda g: _dweight(backward(g)[0], x, states), x, weight, gates, cells, tanh, states, out),
        save(lambda g: _dbias(backward(g)[0]), weight, gates, cells, tanh, out),
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
