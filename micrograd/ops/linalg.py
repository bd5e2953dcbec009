"""The matrix product."""

import math

import numpy as np

from micrograd.ops.registry import op


@op("MmBackward0")
def mm(x, y):
    return x @ y, lambda g: g @ y.T, lambda g: x.T @ g


@op("DotBackward0")
def dot(x, y):
    return np.asarray(x @ y), lambda g: g * y, lambda g: g * x


@op("MvBackward0")
def mv(x, y):
    return x @ y, lambda g: np.outer(g, y), lambda g: x.T @ g


@op("UnsafeViewBackward0")
def matmul_folded(x, y):
    """Any number of leading dimensions in x, a matrix y: one large matrix product instead of many small ones."""
    rows, (n, m) = math.prod(x.shape[:-1]), y.shape
    out = (x.reshape(rows, n) @ y).reshape(*x.shape[:-1], m)
    return (
        out,
        lambda g: (g.reshape(rows, m) @ y.T).reshape(*g.shape[:-1], n),
        lambda g: x.reshape(rows, n).T @ g.reshape(rows, m),
    )


@op("BmmBackward0", in_order=True)
def bmm(x, y):
    return matmul_broadcast(x, y)


@op("UnsafeViewBackward0", in_order=True)
def matmul_broadcast(x, y):
    """Matrices in the last two dimensions, the others broadcast."""
    return x @ y, lambda g: g @ y.swapaxes(-1, -2), lambda g: x.swapaxes(-1, -2) @ g


@op("EinsumBackward0", in_order=True)
def einsum(*arrays, inputs, output):
    """inputs: the letters of each array, none twice in one array; output: those of the result."""
    formula = ",".join(inputs) + "->" + output
    sizes: dict[str, int] = {}
    for letters, array in zip(inputs, arrays, strict=True):
        sizes |= zip(letters, array.shape, strict=True)

    def to(k):
        letters = [output, *(names for i, names in enumerate(inputs) if i != k)]
        present = "".join(letter for letter in inputs[k] if any(letter in names for names in letters))
        back = ",".join(letters) + "->" + present

        def to_array(g):
            others = [a for i, a in enumerate(arrays) if i != k]
            result = np.einsum(back, g, *others, optimize=True)
            kept = [sizes[letter] if letter in present else 1 for letter in inputs[k]]
            return np.broadcast_to(result.reshape(kept), [sizes[letter] for letter in inputs[k]])

        return to_array

    return np.asarray(np.einsum(formula, *arrays, optimize=True)), *[to(k) for k in range(len(arrays))]
