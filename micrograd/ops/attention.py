"""Self-attention of all heads at once, from queries, keys and values side by side."""

import numpy as np

from micrograd.ops.registry import op


@op("CausalSelfAttentionBackward0")
def causal_self_attention(qkv, n_head):
    """qkv (n, T, 3 * c): of each position its query, its key and its value, c numbers each, those of a head together.

    For each head, softmax(q @ k.T / sqrt(c / n_head)) @ v with no looking ahead (Vaswani et al., 2017); the result,
    (n, T, c), has the heads side by side.
    """
    n, steps, width = qkv.shape
    size, ones = width // 3 // n_head, np.ones(steps, qkv.dtype)
    scale = size**-0.5

    def heads(x):
        """x (n, T, parts * c) as (parts, n, n_head, T, c / n_head), in the same memory."""
        return x.reshape(n, steps, x.shape[2] // (n_head * size), n_head, size).transpose(2, 0, 3, 1, 4)

    q, k, v = heads(qkv)
    chances = np.matmul(q, k.swapaxes(-1, -2), out=np.empty((n, n_head, steps, steps), qkv.dtype))
    chances *= scale
    place = np.arange(steps)
    chances += np.where(place > place[:, None], -np.inf, 0).astype(qkv.dtype)
    rows = chances.reshape(-1, steps)
    rows -= rows.T.copy().max(0)[:, None]  # along memory: a quarter of the time of rows.max(1)
    np.exp(rows, out=rows)
    rows /= (rows @ ones)[:, None]
    out = np.empty((n, steps, width // 3), qkv.dtype)
    np.matmul(chances, v, out=heads(out)[0])

    def to_qkv(g):
        (q, k, v), (g,), result = heads(qkv), heads(g), np.empty(qkv.shape, g.dtype)
        to_q, to_k, to_v = heads(result)
        np.matmul(chances.swapaxes(-1, -2), g, out=to_v)
        slope = g @ v.swapaxes(-1, -2)
        slope -= ((slope * chances).reshape(-1, steps) @ ones).reshape(n, n_head, steps, 1)
        slope *= chances
        slope *= scale
        np.matmul(slope, k, out=to_q)
        np.matmul(slope.swapaxes(-1, -2), q, out=to_k)
        return result

    return out, to_qkv
