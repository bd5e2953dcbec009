"""Matrix products of all kinds."""

import math
from typing import Any

from micrograd.ops import linalg as ops
from micrograd.reductions import norm  # noqa: F401 - torch.linalg has it too
from micrograd.tensors import Tensor, apply, method, named


@method
def matmul(input: Tensor, other: Tensor) -> Tensor:
    """input @ other: over the last dimension of input and the last but one of other, or the only one of a vector.

    The dimensions before these broadcast.
    Raises RuntimeError where the sizes do not fit or the dtypes differ.
    """
    if not isinstance(other, Tensor):
        raise TypeError(f"matmul(): argument 'other' must be Tensor, not {type(other).__name__}")
    if (
        input._array.ndim == other._array.ndim == 2
        and input._array.dtype is other._array.dtype
        and input._array.dtype.kind != "b"
    ):
        return apply(ops.mm, input, other)
    if input._array.dtype == bool:
        raise RuntimeError("matmul: bools have no product, take x.float()")
    if input.ndim == 0 or other.ndim == 0:
        raise RuntimeError("both arguments to matmul need to be at least 1D; to multiply by a number write *")
    if input._array.dtype != other._array.dtype:
        raise RuntimeError(f"matmul: expected both to have the same dtype, but found {input.dtype} and {other.dtype}")
    if input.ndim == 1 and other.ndim == 1:
        return apply(ops.dot, input, other)
    if input.ndim == 2 and other.ndim == 1:
        return apply(ops.mv, input, other)
    if input.ndim == 1:
        return named(matmul(input.view(1, -1), other).squeeze(-2), "SqueezeBackward4")
    if other.ndim == 1:
        return matmul(input, other.view(-1, 1)).squeeze(-1)
    if other.ndim == 2:
        return apply(ops.mm if input.ndim == 2 else ops.matmul_folded, input, other)
    return apply(ops.matmul_broadcast, input, other)


def _need_dims(name: str, input: Tensor, other: Tensor, dims: tuple[int, int]) -> None:
    if (input.ndim, other.ndim) != dims:
        raise RuntimeError(f"{name}: takes {dims[0]}-D and {dims[1]}-D tensors, not {input.ndim}-D and {other.ndim}-D")


@method
def mm(input: Tensor, mat2: Tensor) -> Tensor:
    """The product of two matrices."""
    _need_dims("mm", input, mat2, (2, 2))
    return matmul(input, mat2)


@method
def mv(input: Tensor, vec: Tensor) -> Tensor:
    """The product of a matrix and a vector."""
    _need_dims("mv", input, vec, (2, 1))
    return matmul(input, vec)


@method
def dot(input: Tensor, tensor: Tensor) -> Tensor:
    """The sum of the products of two vectors' elements."""
    _need_dims("dot", input, tensor, (1, 1))
    return matmul(input, tensor)


@method
def bmm(input: Tensor, mat2: Tensor) -> Tensor:
    """The products of two rows of matrices, pair by pair."""
    _need_dims("bmm", input, mat2, (3, 3))
    if input._array.dtype != mat2._array.dtype or input.shape[0] != mat2.shape[0]:
        raise RuntimeError(f"bmm: as many matrices on either side, of one dtype; not {input.shape} and {mat2.shape}")
    return apply(ops.bmm, input, mat2)


@method
def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """The products of each element of one vector and each of another, a matrix."""
    if input.ndim != 1 or vec2.ndim != 1:
        raise RuntimeError(f"outer: Expected 1-D argument, but got {input.ndim}-D and {vec2.ndim}-D")
    return input.unsqueeze(1) * vec2


@method
def trace(input: Tensor) -> Tensor:
    """The sum of a matrix's diagonal."""
    return named(input.diagonal().sum(), "TraceBackward0")


@method
def addmm(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta * input + alpha * mat1 @ mat2."""
    return named(_weighted_sum(input, beta, mm(mat1, mat2), alpha), "AddmmBackward0")


@method
def baddbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta * input + alpha * bmm(batch1, batch2)."""
    return named(_weighted_sum(input, beta, bmm(batch1, batch2), alpha), "BaddbmmBackward0")


def _weighted_sum(x: Tensor, beta: float, product: Tensor, alpha: float) -> Tensor:
    return (x if beta == 1 else x * beta) + (product if alpha == 1 else product * alpha)


def tensordot(a: Tensor, b: Tensor, dims: Any = 2) -> Tensor:
    """The sum of products over dims: the last ones of a and first ones of b, or the ones listed for a and for b."""
    if isinstance(dims, int):
        dims = (range(a.ndim - dims, a.ndim), range(dims))
    ours, theirs = ([d % t.ndim for d in listed] for t, listed in zip((a, b), dims, strict=True))
    kept_a, kept_b = ([d for d in range(t.ndim) if d not in named] for t, named in ((a, ours), (b, theirs)))
    inner = math.prod([a.shape[d] for d in ours])
    rows = a.permute(*kept_a, *ours).reshape(math.prod([a.shape[d] for d in kept_a]), inner)
    columns = b.permute(*theirs, *kept_b).reshape(inner, math.prod([b.shape[d] for d in kept_b]))
    return matmul(rows, columns).view([a.shape[d] for d in kept_a] + [b.shape[d] for d in kept_b])


def einsum(equation: str, *operands: Any) -> Tensor:
    """A sum of products, written in letters: einsum('bij,bjk->bik', x, y) multiplies matrices.

    Each letter names a dimension, the same one wherever it stands; those not behind the arrow are summed over.
    Raises RuntimeError for an equation that does not fit, and for a letter that stands twice in one tensor.
    """
    tensors = list(operands[0]) if len(operands) == 1 and not isinstance(operands[0], Tensor) else list(operands)
    left, arrow, output = equation.replace(" ", "").partition("->")
    inputs = left.split(",")
    if len(inputs) != len(tensors):
        raise RuntimeError(f"einsum(): {equation!r} names {len(inputs)} tensors, and there are {len(tensors)}")
    inputs, dots = _without_ellipsis(inputs, tensors, equation)
    for letters, tensor in zip(inputs, tensors, strict=True):
        if len(letters) != tensor.ndim:
            raise RuntimeError(f"einsum(): {letters!r} does not fit a tensor of the shape {list(tensor.shape)}")
        if len(set(letters)) < len(letters):
            raise RuntimeError(f"einsum(): {letters!r} has a letter twice; take the diagonal of the tensor first")
    if not arrow:
        every = "".join(inputs)
        output = dots + "".join(sorted(c for c in set(every) if every.count(c) == 1 and c not in dots))
    output = output.replace("...", dots)
    if len(tensors) == 1 and output and sorted(output) == sorted(inputs[0]):
        return tensors[0].permute([inputs[0].index(letter) for letter in output])  # a view, as in PyTorch
    return apply(ops.einsum, *tensors, inputs=inputs, output=output)


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
