"""Matrix products of all kinds."""

import math
from typing import Any

import numpy as np

from micrograd.ops import apply, attach, function, op, save
from micrograd.ops.joining import in_one_dtype
from micrograd.rules.errors import need_one_dtype
from micrograd.rules.sums import sum_over
from micrograd.tensors import Tensor, wrap


@op("MmBackward0", sign="@", of="", examples=["x @ square", "x.mm(square)"])
def _mm(x, y, /):
    """The product of two matrices."""
    return x @ y, save(lambda g: g @ y.T, y), save(lambda g: x.T @ g, x)


@op("DotBackward0", sign="@", of="", examples=["row @ x[0]", "row.dot(x[0])"])
def _dot(x, y, /):
    """The product of two vectors, a number."""
    return np.asarray(x @ y), save(lambda g: g * y, y), save(lambda g: g * x, x)


@op("MvBackward0", sign="@", of="", examples=["x @ row", "x.mv(row)"])
def _mv(x, y, /):
    """The product of a matrix and a vector."""
    return x @ y, save(lambda g: np.outer(g, y), y), save(lambda g: x.T @ g, x)


@op("UnsafeViewBackward0", sign="@", in_order=True, of="", examples=["batch @ square", "batch @ batch.mT"])
def _matmul(x, y, /):
    """Matrices in the last two dimensions, the others broadcast."""
    if y.ndim > 2:
        return x @ y, save(lambda g: g @ y.swapaxes(-1, -2), y), save(lambda g: x.swapaxes(-1, -2) @ g, x)
    rows, (n, m) = math.prod(x.shape[:-1]), y.shape  # one large product instead of many small ones
    return (
        (x.reshape(rows, n) @ y).reshape(*x.shape[:-1], m),
        save(lambda g: (g.reshape(rows, m) @ y.T).reshape(*g.shape[:-1], n), y),
        save(lambda g: x.reshape(rows, n).T @ g.reshape(rows, m), x),
    )


@function("__matmul__", examples=["x @ square"])
def matmul(input: Tensor, other: Tensor) -> Tensor:
    """input @ other: over the last dimension of input and the last but one of other, or the only one of a vector.

    (n, k) @ (k, m) is (n, m); leading dimensions broadcast: (b, n, k) @ (k, m) is (b, n, m). Raises RuntimeError where
    the sizes do not fit or the dtypes differ.
    """
    if not isinstance(other, Tensor):
        if not isinstance(other, np.ndarray):
            raise TypeError(f"matmul(): argument 'other' must be Tensor, not {type(other).__name__}")
        other = input.new_tensor(other)
    a, b = input._array, other._array
    if a.ndim == 2 == b.ndim and a.dtype is b.dtype and a.dtype.kind != "b":
        return apply(_mm.op, input, other)
    if a.ndim == 0 or b.ndim == 0:
        raise RuntimeError("both arguments to matmul need to be at least 1D; to multiply by a number write *")
    need_one_dtype("matmul", a, b)
    if a.dtype == bool:
        raise RuntimeError("matmul: bools have no product, take x.float()")
    if a.ndim == 1:
        if b.ndim == 1:
            return apply(_dot.op, input, other)
        return _row_of(apply(_mm.op if b.ndim == 2 else _matmul.op, input.unsqueeze(0), other))
    if b.ndim == 1:
        return apply(_mv.op, input, other) if a.ndim == 2 else matmul(input, other.unsqueeze(1)).squeeze(-1)
    return apply(_matmul.op, input, other)


def _row_of(product: Tensor) -> Tensor:
    """The product of a vector and matrices without the dimension of length 1 that the vector was given."""
    result = product.squeeze(-2)
    if result.grad_fn is not None:
        result.grad_fn.name = "SqueezeBackward4"  # PyTorch's name
    return result


def _rmatmul(input: Tensor, other: Any) -> Any:
    return matmul(input.new_tensor(other), input) if isinstance(other, np.ndarray) else NotImplemented


attach("__rmatmul__", _rmatmul)


# That is what the lectures need. More products:


def _need_dims(name: str, input: Tensor, other: Tensor, dims: tuple[int, int]) -> None:
    if (input.ndim, other.ndim) != dims:
        raise RuntimeError(f"{name}: takes {dims[0]}-D and {dims[1]}-D tensors, not {input.ndim}-D and {other.ndim}-D")


@function(examples=["x.mm(square)"])
def mm(input: Tensor, mat2: Tensor) -> Tensor:
    """The product of two matrices, (n, k) and (k, m): (n, m). Raises RuntimeError where they are not."""
    _need_dims("mm", input, mat2, (2, 2))
    return matmul(input, mat2)


@function(examples=["x.mv(row)"])
def mv(input: Tensor, vec: Tensor) -> Tensor:
    """The product of a matrix (n, k) and a vector (k,): (n,). Raises RuntimeError where they are not."""
    _need_dims("mv", input, vec, (2, 1))
    return matmul(input, vec)


@function(examples=["row.dot(row)"])
def dot(input: Tensor, tensor: Tensor) -> Tensor:
    """The sum of the products of two vectors' elements, (n,) and (n,): (). Raises RuntimeError where they are not."""
    _need_dims("dot", input, tensor, (1, 1))
    return matmul(input, tensor)


@function(examples=["batch.bmm(batch.transpose(1, 2))"])
def bmm(input: Tensor, mat2: Tensor) -> Tensor:
    """The products of matrices pair by pair, (b, n, k) and (b, k, m): (b, n, m). Raises RuntimeError for others."""
    _need_dims("bmm", input, mat2, (3, 3))
    if input._array.dtype != mat2._array.dtype or input.shape[0] != mat2.shape[0]:
        raise RuntimeError(f"bmm: as many matrices on either side, of one dtype; not {input.shape} and {mat2.shape}")
    return apply(_matmul.op, input, mat2, name="BmmBackward0")


@function(examples=["row.outer(row)"])
def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """The products of each element of (n,) and each of (m,): (n, m). Raises RuntimeError where they are no vectors."""
    if input.ndim != 1 or vec2.ndim != 1:
        raise RuntimeError(f"outer: Expected 1-D argument, but got {input.ndim}-D and {vec2.ndim}-D")
    return input.unsqueeze(1) * vec2


@op("TraceBackward0", examples=["square.trace()"])
def trace(x, /):
    """The sum of a matrix's diagonal. Raises RuntimeError for what is no matrix."""
    if x.ndim != 2:
        raise RuntimeError(f"trace: expected a matrix, but got {x.ndim} dimensions")
    shape = x.shape
    return np.asarray(np.trace(x)), lambda g: np.eye(*shape, dtype=g.dtype) * g


@function(examples=["y.addmm(x, square)"])
def addmm(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta * input + alpha * mat1 @ mat2, with (n, k) @ (k, m); input broadcasts to (n, m)."""
    return _weighted_sum(input, beta, mm(mat1, mat2), alpha, "AddmmBackward0")


@function(examples=["torch.baddbmm(batch, batch, torch.ones(2, 4, 4, dtype=torch.float64))"])
def baddbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta * input + alpha * bmm(batch1, batch2), with (b, n, k) and (b, k, m); input broadcasts to (b, n, m)."""
    return _weighted_sum(input, beta, bmm(batch1, batch2), alpha, "BaddbmmBackward0")


def _weighted_sum(x: Tensor, beta: float, product: Tensor, alpha: float, name: str) -> Tensor:
    add: Any = Tensor.add
    if beta == 0:  # whatever x holds, nan included
        x = x.masked_fill(wrap(np.True_), 0)
    elif beta != 1:
        x = x * beta
    return apply(add.op, x, product if alpha == 1 else product * alpha, name=name)


@function(method=False, examples=["torch.tensordot(x, square, 1)"])
def tensordot(a: Tensor, b: Tensor, dims: Any = 2) -> Tensor:
    """The sum of products over dims: the last ones of a and first ones of b, or the ones listed for a and for b.

    (2, 3, 4) and (3, 4, 5) with dims=2: (2, 5).
    """
    if isinstance(dims, int):
        dims = (range(a.ndim - dims, a.ndim), range(dims))
    ours, theirs = ([d % t.ndim for d in listed] for t, listed in zip((a, b), dims, strict=True))
    for i, j in zip(ours, theirs, strict=True):  # a length of 1 goes with any other
        if a.shape[i] == 1 != b.shape[j]:
            b = b.sum(j, keepdim=True)
        elif b.shape[j] == 1 != a.shape[i]:
            a = a.sum(i, keepdim=True)
    kept_a, kept_b = ([d for d in range(t.ndim) if d not in named] for t, named in ((a, ours), (b, theirs)))
    inner = math.prod([a.shape[d] for d in ours])
    rows = a.permute(*kept_a, *ours).reshape(math.prod([a.shape[d] for d in kept_a]), inner)
    columns = b.permute(*theirs, *kept_b).reshape(inner, math.prod([b.shape[d] for d in kept_b]))
    return matmul(rows, columns).view([a.shape[d] for d in kept_a] + [b.shape[d] for d in kept_b])


@function(method=False, examples=["torch.einsum('ij,jk->ik', x, square)"])
def einsum(equation: str, *operands: Any) -> Tensor:
    """A sum of products, written in letters: einsum('bij,bjk->bik', x, y) multiplies matrices.

    Each letter names a dimension, the same one wherever it stands; those not after the arrow are summed over.
    A letter that stands twice in one tensor means its diagonal. Raises RuntimeError for an equation that does not fit.
    """
    tensors = list(operands[0]) if len(operands) == 1 and not isinstance(operands[0], Tensor) else list(operands)
    left, arrow, output = equation.replace(" ", "").partition("->")
    inputs = left.split(",")
    if len(inputs) != len(tensors):
        raise RuntimeError(f"einsum(): {equation!r} names {len(inputs)} tensors, and there are {len(tensors)}")
    inputs, dots = _without_ellipsis(inputs, tensors, equation)
    for i, (letters, tensor) in enumerate(zip(inputs, tensors, strict=True)):
        if len(letters) != tensor.ndim:
            raise RuntimeError(f"einsum(): {letters!r} does not fit a tensor of the shape {list(tensor.shape)}")
        inputs[i], tensors[i] = _without_repeats(letters, tensor)
    if not arrow:
        output = dots + "".join(sorted(c for c in set(left) if left.count(c) == 1 and c.isalpha()))
    output = output.replace("...", dots)
    if len(set(output)) < len(output) or not set(output) <= set("".join(inputs)):
        raise RuntimeError(
            f"einsum(): the letters of the result {output!r} have to stand in the inputs, each once here"
        )
    if len(tensors) == 1 and output and sorted(output) == sorted(inputs[0]):
        return tensors[0].permute([inputs[0].index(letter) for letter in output])  # a view, as in PyTorch
    same = in_one_dtype(tensors, [x._array for x in tensors])
    return apply(_einsum.op, *same, inputs=inputs, output=output)


def _without_repeats(letters: str, x: Tensor) -> tuple[str, Tensor]:
    """A tensor with a letter to each dimension: where a letter stands twice, the diagonal of the two."""
    for c in set(letters):
        while letters.count(c) > 1:
            i = letters.index(c)
            j = letters.index(c, i + 1)
            if x.shape[i] != x.shape[j]:
                raise RuntimeError(
                    f"einsum(): {c!r} stands for dimensions of the lengths {x.shape[i]} and {x.shape[j]}"
                )
            x, letters = x.diagonal(0, i, j), letters[:i] + letters[i + 1 : j] + letters[j + 1 :] + c
    return letters, x


def _without_ellipsis(inputs: list[str], tensors: list[Tensor], equation: str) -> tuple[list[str], str]:
    """The inputs with letters of their own for what '...' stands for, and these letters."""
    unused = [c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if c not in equation]
    ranks = [x.ndim - len(letters) + 3 for letters, x in zip(inputs, tensors, strict=True) if "..." in letters]
    dots = "".join(unused[: max(ranks, default=0)])
    result = []
    for letters, x in zip(inputs, tensors, strict=True):
        rank = x.ndim - len(letters) + 3
        result.append(letters.replace("...", dots[len(dots) - rank :] if rank else ""))
    return result, dots


@op(
    "EinsumBackward0",
    in_order=True,
    of="",
    examples=["torch.einsum('ij,jk->ik', x, square)", "torch.einsum('ij->j', x)"],
)
def _einsum(*xs, inputs, output):
    """inputs: the letters of each array, none twice in one array; output: those of the result."""
    sizes: dict[str, int] = {}
    for letters, x in zip(inputs, xs, strict=True):
        for letter, n in zip(letters, x.shape, strict=True):
            if sizes.get(letter, 1) == 1:
                sizes[letter] = n
            elif n not in (1, sizes[letter]):
                raise RuntimeError(f"einsum(): {letter!r} stands for dimensions of the lengths {sizes[letter]} and {n}")

    def full(letters, x):
        return np.broadcast_to(x, [sizes[letter] for letter in letters])  # a length of 1 goes with any other

    def derivative(k):
        names, others = [*inputs[:k], *inputs[k + 1 :]], [*xs[:k], *xs[k + 1 :]]
        found = set(output).union(*names)
        summed = [d for d, letter in enumerate(inputs[k]) if letter not in found]

        def dx(g):
            given = [(output, g), *[(letters, full(letters, x)) for letters, x in zip(names, others, strict=True)]]
            result = _contract(given, [letter for letter in inputs[k] if letter in found])
            return full(inputs[k], np.expand_dims(result, summed))

        return save(dx, *others)

    given = [(letters, full(letters, x)) for letters, x in zip(inputs, xs, strict=True)]
    return _contract(given, output), *[derivative(k) for k in range(len(xs))]


def _contract(given, output):
    """The sum of products, from the left two at a time, each as a product of matrices. given: (letters, array)s."""
    (a, x), *rest = given
    for i, (b, y) in enumerate(rest):
        kept = {*output, *[letter for letters, _ in rest[i + 1 :] for letter in letters]}
        batch = [c for c in a if c in b and c in kept]
        summed = [c for c in a if c in b and c not in kept]
        rows, columns = [c for c in a if c not in b and c in kept], [c for c in b if c not in a and c in kept]
        x, y = _laid_out(a, x, batch + rows + summed), _laid_out(b, y, batch + summed + columns)
        common, n, m = x.shape[: len(batch)], len(batch) + len(rows), len(batch) + len(summed)
        shape = (*x.shape[:n], *y.shape[m:])
        inner = math.prod(x.shape[n:])
        x = x.reshape(*common, math.prod(x.shape[len(batch) : n]), inner)
        x = (x @ y.reshape(*common, inner, math.prod(y.shape[m:]))).reshape(shape)
        a = batch + rows + columns
    return _laid_out(a, x, output)


def _laid_out(letters, x, wanted):
    """An array with its dimensions in the order of the letters wanted, summed over all others."""
    gone = tuple([d for d, c in enumerate(letters) if c not in wanted])
    if gone:
        x = np.asarray(sum_over(x, gone, dtype=np.int64 if x.dtype.kind in "biu" else None))
        letters = [c for c in letters if c in wanted]
    return x.transpose([letters.index(c) for c in wanted])
