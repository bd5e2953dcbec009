"""Matrix products, and einsum."""

import math
import re
from typing import Any, NamedTuple

import numpy as np

from micrograd.ops import apply, attach, function, op, save
from micrograd.ops.shapes import need_tensors
from micrograd.rules.dims import dim_of
from micrograd.rules.errors import must_be_tensor, need_one_dtype
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
            raise must_be_tensor("matmul", "other", other)
        other = input.new_tensor(other)
    a, b = input._array, other._array
    if a.ndim == 2 == b.ndim and a.dtype is b.dtype and a.dtype.kind != "b":
        return apply(_mm.op, input, other)
    if a.ndim == 0 or b.ndim == 0:
        raise RuntimeError("both arguments to matmul need to be at least 1D; to multiply by a number write *")
    need_one_dtype("matmul", a, b)
    _refuse_bools("matmul", a)
    if a.ndim == 1:
        if b.ndim == 1:
            return apply(_dot.op, input, other)
        return _row_of(apply(_mm.op if b.ndim == 2 else _matmul.op, input.unsqueeze(0), other))
    if b.ndim == 1:
        return apply(_mv.op, input, other) if a.ndim == 2 else matmul(input, other.unsqueeze(1)).squeeze(-1)
    return apply(_matmul.op, input, other)


# That is what the lectures need. More products:


def _row_of(product: Tensor) -> Tensor:
    """The product of a vector and matrices without the dimension of length 1 that the vector was given."""
    result = product.squeeze(-2)
    if result.grad_fn is not None:
        result.grad_fn.name = "SqueezeBackward4"  # PyTorch's name
    return result


def _rmatmul(input: Tensor, other: Any) -> Any:
    return matmul(input.new_tensor(other), input) if isinstance(other, np.ndarray) else NotImplemented


attach("__rmatmul__", _rmatmul)


def _refuse_bools(name: str, x: np.ndarray) -> None:
    if x.dtype.kind == "b":
        raise NotImplementedError(f"{name}: bools have no product, take x.float()")


def _need_dims(name: str, input: Tensor, other: Tensor, dims: tuple[int, int]) -> None:
    need_tensors(name, input, other)
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
    _refuse_bools("bmm", input._array)
    return apply(_matmul.op, input, mat2, name="BmmBackward0")


@function(examples=["row.outer(row)"])
def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """The products of each element of (n,) and each of (m,): (n, m). Raises RuntimeError where they are no vectors."""
    need_tensors("outer", input, vec2)
    if input.ndim != 1 or vec2.ndim != 1:
        raise RuntimeError(f"outer: Expected 1-D argument, but got {input.ndim}-D and {vec2.ndim}-D")
    return input.unsqueeze(1) * vec2


@op("TraceBackward0", examples=["square.trace()"])
def trace(x, /):
    """The sum of the diagonal of a matrix (n, m). Raises RuntimeError for other than two dimensions."""
    if x.ndim != 2:
        raise RuntimeError(f"trace: expected a matrix, but got {x.ndim} dimensions")
    shape = x.shape

    def dx(g):
        result = np.zeros(shape, g.dtype)
        np.einsum("ii->i", result[: min(shape), : min(shape)])[...] = g
        return result

    _refuse_bools("trace", x)
    return np.asarray(np.trace(x, dtype=None if x.dtype.kind == "f" else np.int64)), dx


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
    if product._array.dtype.kind != "f":
        beta, alpha = int(beta), int(alpha)  # as PyTorch takes them beside integers
    if beta == 0:  # whatever x holds, nan included
        x = x.masked_fill(wrap(np.True_), 0)
    elif beta != 1:
        x = x * beta
    shape = (1,) * (product.ndim - x.ndim) + x.shape
    if len(shape) > product.ndim or any(n not in (1, m) for n, m in zip(shape, product.shape, strict=True)):
        raise RuntimeError(f"the input {list(x.shape)} does not expand to the product, {list(product.shape)}")
    return apply(add.op, product if alpha == 1 else product * alpha, x, name=name)  # it lies as the product does


@function(method=False, examples=["torch.tensordot(x, square, 1)"])
def tensordot(a: Tensor, b: Tensor, dims: Any = 2) -> Tensor:
    """The sum of products over dims: the last ones of a and first ones of b, or the ones listed for a and for b.

    (2, 3, 4) and (3, 4, 5) with dims=2: (2, 5). Raises RuntimeError for dims that are not there, or not equally many.
    """
    if isinstance(dims, int):
        if not 0 <= dims <= min(a.ndim, b.ndim):
            raise RuntimeError(f"tensordot: there are no {dims} dims in both {list(a.shape)} and {list(b.shape)}")
        dims = (range(a.ndim - dims, a.ndim), range(dims))
    ours, theirs = ([dim_of(t, d) for d in listed] for t, listed in zip((a, b), dims, strict=True))
    if len(ours) != len(theirs):
        raise RuntimeError(f"tensordot: dims names {len(ours)} dims of the one tensor and {len(theirs)} of the other")
    for i, j in zip(ours, theirs, strict=True):  # a length of 1 goes with any other
        if a.shape[i] == 1 != b.shape[j]:
            b = b.sum(j, keepdim=True)
        elif b.shape[j] == 1 != a.shape[i]:
            a = a.sum(i, keepdim=True)
        elif a.shape[i] != b.shape[j]:
            raise RuntimeError(f"tensordot: dim {i} of {list(a.shape)} and dim {j} of {list(b.shape)} differ in length")
    kept_a, kept_b = ([d for d in range(t.ndim) if d not in named] for t, named in ((a, ours), (b, theirs)))
    inner = math.prod([a.shape[d] for d in ours])
    rows = a.permute(*kept_a, *ours).reshape(math.prod([a.shape[d] for d in kept_a]), inner)
    columns = b.permute(*theirs, *kept_b).reshape(inner, math.prod([b.shape[d] for d in kept_b]))
    return matmul(rows, columns).view([a.shape[d] for d in kept_a] + [b.shape[d] for d in kept_b])


TERM = re.compile(r"[A-Za-z]*(\.\.\.)?[A-Za-z]*")  # of einsum, one tensor's letters


@function(method=False, examples=["torch.einsum('ij,jk->ik', x, square)", "torch.einsum('ij->j', x)"])
def einsum(equation: str, *operands: Any) -> Tensor:
    """A sum of products, written in letters: einsum('bij,bjk->bik', x, y) multiplies matrices.

    Each letter names a dimension, the same one wherever it stands; those not after the arrow are summed over.
    A letter that is repeated in one tensor means its diagonal. Three tensors and more are multiplied from the left.
    Raises RuntimeError for an equation that does not fit.
    """
    if not isinstance(equation, str):
        raise TypeError(f"einsum(): the equation comes first, and is a str such as 'ij,jk->ik', not {equation!r:.40}")
    tensors = list(operands[0]) if len(operands) == 1 and not isinstance(operands[0], Tensor) else list(operands)
    inputs, output = _letters(equation, tensors)
    order = [*output, *sorted({*"".join(inputs)} - {*output})]  # the letters of the result, then those summed over
    terms = [_Term([*own], x).without_repeats() for own, x in zip(inputs, tensors, strict=True)]
    for c in order:
        if len(lengths := {term.length(c) for term in terms} - {1}) > 1:  # a length of 1 goes with any other
            raise RuntimeError(f"einsum(): {c!r} stands for the lengths {sorted(lengths)}")
    product = terms.pop(0)
    if not terms:
        x = product.with_all(order)
        return x.sum(tuple(range(len(output), x.ndim))) if x.ndim > len(output) else x
    while terms:
        other = terms.pop(0)
        product = _contracted(product, other, order, {*output}.union(*[term.long() for term in terms]))
    x, rest = product.tensor, [c for c in product.letters if c not in output]  # these are of length 1 by now
    if product.letters != [*output, *rest]:
        x = x.permute([product.letters.index(c) for c in (*output, *rest)])
    return x.view(x.shape[: len(output)]) if rest else x


class _Term(NamedTuple):
    """A factor of einsum: a tensor, and a letter for each of its dimensions."""

    letters: list[str]
    tensor: Tensor

    def length(self, c: str) -> int:
        """Of the dimension with this letter; 1 where there is none."""
        return self.tensor.shape[self.letters.index(c)] if c in self.letters else 1

    def long(self) -> set[str]:
        """The letters of dimensions that are not of length 1."""
        return {c for c, n in zip(self.letters, self.tensor.shape, strict=True) if n != 1}

    def without_repeats(self) -> "_Term":
        """Where a letter stands twice, the diagonal of the two dimensions."""
        letters, x = self
        for c in letters:
            while letters.count(c) > 1:
                i = letters.index(c)
                j = letters.index(c, i + 1)
                if x.shape[i] != x.shape[j]:
                    raise RuntimeError(f"einsum(): {c!r} stands for the lengths {x.shape[i]} and {x.shape[j]}")
                x, letters = x.diagonal(0, i, j).movedim(-1, i), letters[:j] + letters[j + 1 :]
        return _Term(letters, x)

    def summed(self, gone: set[str], order: list[str]) -> "_Term":
        """The sum over these letters, which stay, of length 1; with all letters, in this order."""
        dims = tuple([d for d, c in enumerate(order) if c in gone])
        return _Term(order, self.with_all(order).sum(dims, keepdim=True)) if dims else self

    def with_all(self, order: list[str]) -> Tensor:
        """The tensor with its dimensions in this order, and of length 1 for the letters it lacks."""
        letters, x = self
        for c in order:
            if c not in letters:
                x, letters = x.unsqueeze(-1), [*letters, c]
        return x.permute([letters.index(c) for c in order])

    def in_blocks(self, *blocks: list[str]) -> Tensor:
        """The tensor with a dimension for each block of letters; those that are in none are of length 1."""
        named = [c for block in blocks for c in block if c in self.letters]
        order = [self.letters.index(c) for c in [*named, *[c for c in self.letters if c not in named]]]
        x = self.tensor if order == list(range(len(order))) else self.tensor.permute(order)
        return x.reshape([math.prod([self.length(c) for c in block]) for block in blocks])


def _contracted(x: _Term, y: _Term, order: list[str], kept: set[str]) -> _Term:
    """x * y, summed over the letters that are not kept, in one product of matrices. order: all letters."""
    x, y = x.summed(x.long() - y.long() - kept, order), y.summed(y.long() - x.long() - kept, order)
    shared = x.long() & y.long()
    summed = [c for c in order if c in shared and c not in kept]
    if not summed:
        return _Term(order, x.with_all(order) * y.with_all(order))
    batch = [c for c in order if c in shared and c in kept]
    rows = [c for c in order if c in x.long() and c not in shared]
    columns = [c for c in order if c not in x.long()]
    if rows and columns and order.index(columns[-1]) < order.index(rows[0]):  # the result is in order that way round
        x, y, rows, columns = y, x, columns, rows
    product = bmm(x.in_blocks(batch, rows, summed), y.in_blocks(batch, summed, columns))
    lengths = [*map(x.length, [*batch, *rows]), *map(y.length, columns)]
    if 1 in lengths:  # then its stride depends on the dimensions that were summed over, which PyTorch keeps until last
        lengths[len(batch + rows) : len(batch + rows)] = [1] * len(summed)
        rows = [*rows, *summed]
    return _Term([*batch, *rows, *columns], product.view(lengths))


def _letters(equation: str, tensors: list[Tensor]) -> tuple[list[str], str]:
    """The letters of each tensor and of the result, with letters of their own for what '...' stands for."""
    left, arrow, output = equation.replace(" ", "").partition("->")
    inputs = left.split(",")
    if not all(TERM.fullmatch(letters) for letters in (*inputs, output)):
        raise RuntimeError(
            f"einsum(): {equation!r} is not an equation of letters and '...', such as 'ij,jk->ik' or '...i->...'"
        )
    if not tensors:
        raise ValueError("einsum(): must specify the equation string and at least one operand")
    if len(inputs) != len(tensors):
        raise RuntimeError(f"einsum(): {equation!r} names {len(inputs)} tensors, and there are {len(tensors)}")
    ranks = [x.ndim - len(own.replace("...", "")) for own, x in zip(inputs, tensors, strict=True)]
    for own, x, rank in zip(inputs, tensors, ranks, strict=True):
        if rank < 0 or (rank > 0 and "..." not in own):
            raise RuntimeError(f"einsum(): {own!r} does not fit a tensor of the shape {list(x.shape)}")
    dots = "0123456789"[: max(ranks, default=0)]
    inputs = [own.replace("...", dots[len(dots) - rank :]) for own, rank in zip(inputs, ranks, strict=True)]
    if not arrow:
        output = "..." + "".join(sorted(c for c in {*left} if left.count(c) == 1 and c.isalpha()))
    output = output.replace("...", dots)
    if len({*output}) < len(output) or not {*output} <= {*"".join(inputs)}:
        raise RuntimeError(
            f"einsum(): the letters of the result {output!r} have to stand in the inputs, each once here"
        )
    return inputs, output
