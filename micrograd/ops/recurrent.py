"""Recurrent nets, each of them one node over all steps in time.

x is (T, n, e): T steps, n sequences side by side, e numbers each. The state has h numbers: before the first step it is
`start`, (1, h), and the result, (T, n, h), has it after each step. weight, (gates * h, e + h), has the rows of one gate
after those of the other; each row goes first with x, then with the state before. bias is (gates * h,).

What x gives to the gates is known before the loop over time and is one matrix product for each gate. The loop back
finds the gradients of all that went into the gates; from these, products again give those of x, weight and bias. Arrays
are (gates, T, n, h), so that each gate at each step is one piece of memory.
"""

import numpy as np

from micrograd.ops.registry import op, shared


def _by_gate(weight, hidden):
    """weight as (gates, h, e + h)."""
    return weight.reshape(len(weight) // hidden, hidden, weight.shape[1])


def _from_x(x, weight, bias, hidden):
    """What x and bias give to the gates, (gates, T, n, h)."""
    steps, n, e = x.shape
    given = x.reshape(steps * n, e) @ _by_gate(weight, hidden)[:, :, :e].swapaxes(1, 2)
    given += bias.reshape(-1, 1, hidden)
    return given.reshape(len(given), steps, n, hidden)


def _of_state(weight, hidden):
    """The columns of weight that go with the state, (gates, h, h)."""
    return _by_gate(weight, hidden)[:, :, -hidden:].copy()


def _states_before(start, states):
    """The state before each step, from that before the first and those after each: (T, n, h)."""
    before = np.empty_like(states)
    before[:1] = start
    before[1:] = states[:-1]
    return before


def _sigmoid(x):
    """x becomes 1 / (1 + exp(-x)); by way of tanh, which does not overflow."""
    x *= 0.5
    np.tanh(x, out=x)
    x *= 0.5
    x += 0.5


# The gradients, from those of what went into the gates, `slopes`, (gates, T, n, h).


def _to_x(slopes, weight):
    gates, steps, n, hidden = slopes.shape
    e = weight.shape[1] - hidden
    parts = slopes.reshape(gates, steps * n, hidden) @ _by_gate(weight, hidden)[:, :, :e]
    return np.add.reduce(parts, axis=0).reshape(steps, n, e)


def _to_weight(slopes, x, *before):
    """before: for each gate the state that goes with its weight, (T, n, h), or one for all of them."""
    gates, steps, n, hidden = slopes.shape
    e = x.shape[2]
    result = np.empty((gates * hidden, e + hidden), slopes.dtype)
    by_gate, across = _by_gate(result, hidden), slopes.reshape(gates, steps * n, hidden).swapaxes(1, 2)
    by_gate[:, :, :e] = across @ x.reshape(steps * n, e)
    for gate in range(gates):
        by_gate[gate, :, e:] = across[gate] @ before[gate % len(before)].reshape(steps * n, hidden)
    return result


def _to_bias(slopes):
    gates, steps, n, hidden = slopes.shape
    return (np.ones(steps * n, slopes.dtype) @ slopes.reshape(gates, steps * n, hidden)).reshape(gates * hidden)


def _to_start(to_state):
    return np.add.reduce(to_state, axis=0, keepdims=True)


@op("RnnTanhBackward0")
def rnn(x, start, weight, bias):
    """h = tanh(weight @ [x, h] + bias) (Elman, 1990)."""
    hidden = start.shape[1]
    (out,), (of_state,) = _from_x(x, weight, bias, hidden), _of_state(weight, hidden)
    h, turned = start.repeat(x.shape[1], 0), of_state.T.copy()
    for now in out:
        now += h @ turned
        h = np.tanh(now, out=now)

    def backward(g, out):
        slopes = out * out
        np.subtract(1, slopes, out=slopes)  # of tanh
        to_state = np.zeros(out.shape[1:], out.dtype)
        for t in reversed(range(len(out))):
            to_state += g[t]
            slopes[t] *= to_state
            np.matmul(slopes[t], of_state, out=to_state)
        return slopes[None], to_state

    done = shared(backward)
    return (
        out,
        lambda g: _to_x(done(g, out)[0], weight),
        lambda g: _to_start(done(g, out)[1]),
        lambda g: _to_weight(done(g, out)[0], x, _states_before(start, out)),
        lambda g: _to_bias(done(g, out)[0]),
    )


@op("GruBackward0")
def gru(x, start, weight, bias):
    """The gated recurrent unit of Cho et al. (2014), with the gates z and r and the candidate c, in this order:

    z, r = sigmoid(weight @ [x, h] + bias); c = tanh(weight @ [x, r * h] + bias); h = (1 - z) * h + z * c.
    """
    hidden = start.shape[1]
    gates, of_state = _from_x(x, weight, bias, hidden), _of_state(weight, hidden)
    z, r, c = gates
    h, turned = start.repeat(x.shape[1], 0), of_state.swapaxes(1, 2).copy()
    out = np.empty_like(z)
    for t in range(len(out)):
        zr = gates[:2, t]
        zr += h @ turned[:2]
        _sigmoid(zr)
        c[t] += (r[t] * h) @ turned[2]
        np.tanh(c[t], out=c[t])
        now = np.subtract(c[t], h, out=out[t])
        now *= z[t]
        now += h
        h = now

    def backward(g, start, out):
        before = _states_before(start, out)
        slopes, kept = np.empty_like(gates), 1 - z
        to_z, to_r, to_c = slopes
        np.subtract(c, before, out=to_z)
        to_z *= z
        to_z *= kept
        np.subtract(1, r, out=to_r)
        to_r *= r
        to_r *= before
        np.multiply(c, c, out=to_c)
        np.subtract(1, to_c, out=to_c)
        to_c *= z
        to_state = np.zeros(out.shape[1:], out.dtype)
        for t in reversed(range(len(out))):
            to_state += g[t]
            to_z[t] *= to_state
            to_c[t] *= to_state
            to_reset = to_c[t] @ of_state[2]  # the gradient of r * h
            to_r[t] *= to_reset
            to_reset *= r[t]
            to_state *= kept[t]
            to_state += to_reset
            to_state += to_z[t] @ of_state[0]
            to_state += to_r[t] @ of_state[1]
        return slopes, to_state, before

    def to_weight(g, x, start, out):
        slopes, _, before = done(g, start, out)
        return _to_weight(slopes, x, before, before, r * before)

    done = shared(backward)
    return (
        out,
        lambda g: _to_x(done(g, start, out)[0], weight),
        lambda g: _to_start(done(g, start, out)[1]),
        lambda g: to_weight(g, x, start, out),
        lambda g: _to_bias(done(g, start, out)[0]),
    )


@op("LstmBackward0")
def lstm(x, start, start_cell, weight, bias):
    """Long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000).

    Beside the state there is a cell, which is start_cell, (1, h), before the first step. The gates are i, f and o and
    the candidate c, in this order: i, f, o = sigmoid(weight @ [x, h] + bias); c = tanh(weight @ [x, h] + bias);
    cell = f * cell + i * c; h = o * tanh(cell).
    """
    hidden = start.shape[1]
    gates, of_state = _from_x(x, weight, bias, hidden), _of_state(weight, hidden)
    i, f, o, c = gates
    turned = of_state.swapaxes(1, 2).copy()
    h, cell = (state.repeat(x.shape[1], 0) for state in (start, start_cell))
    out, cells, bent = (np.empty_like(i) for _ in range(3))
    for t in range(len(out)):
        now = gates[:, t]
        now += h @ turned
        _sigmoid(now[:3])
        np.tanh(now[3], out=now[3])
        cell = np.multiply(f[t], cell, out=cells[t])
        cell += i[t] * c[t]
        h = np.multiply(np.tanh(cell, out=bent[t]), o[t], out=out[t])

    def backward(g, start_cell):
        slopes = 1 - gates
        slopes *= gates  # of the sigmoids
        to_i, to_f, to_o, to_c = slopes
        to_i *= c
        to_f *= _states_before(start_cell, cells)
        to_o *= bent
        np.multiply(c, c, out=to_c)
        np.subtract(1, to_c, out=to_c)
        to_c *= i
        through = 1 - bent * bent
        through *= o
        to_state, to_cell = np.zeros((2, *bent.shape[1:]), bent.dtype)
        for t in reversed(range(len(bent))):
            to_state += g[t]
            to_cell += to_state * through[t]
            now = slopes[:, t]
            now[:2] *= to_cell
            now[2] *= to_state
            now[3] *= to_cell
            to_cell *= f[t]
            np.add.reduce(now @ of_state, axis=0, out=to_state)
        return slopes, to_state, to_cell

    done = shared(backward)
    return (
        out,
        lambda g: _to_x(done(g, start_cell)[0], weight),
        lambda g: _to_start(done(g, start_cell)[1]),
        lambda g: _to_start(done(g, start_cell)[2]),
        lambda g: _to_weight(done(g, start_cell)[0], x, _states_before(start, out)),
        lambda g: _to_bias(done(g, start_cell)[0]),
    )
