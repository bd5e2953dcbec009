"""Matrix products of all kinds."""

import math
from collections.abc import Callable
from typing import Any

from micrograd.ops import linalg as ops
from micrograd.reductions import norm  # noqa: F401 - torch.linalg has it too
from micrograd.tensors import Tensor, apply, method


@method
def matmul(x: Tensor, y: Tensor) -> Tensor:
    """x @ y: over the last dimension of x and the last but one of y (the only one of a vector), the others broadcast.

    Raises RuntimeError where the sizes do not fit or the dtypes differ.
    """
    if not isinstance(y, Tensor):
        raise TypeError(f"matmul(): argument 'other' must be Tensor, not {type(y).__name__}")
    if x._array.ndim == y._array.ndim == 2 and x._array.dtype is y._array.dtype and x._array.dtype.kind != "b":
        return apply(ops.mm, x, y)
    if x._array.dtype == bool:
        raise RuntimeError("matmul: bools have no product, take x.float()")
    if x.ndim == 0 or y.ndim == 0:
        raise RuntimeError("both arguments to matmul need to be at least 1D; to multiply by a number write *")
    if x._array.dtype != y._array.dtype:
        raise RuntimeError(f"matmul: expected both to have the same dtype, but found {x.dtype} and {y.dtype}")
    if x.ndim == 1 and y.ndim == 1:
        return apply(ops.dot, x, y)
    if x.ndim == 2 and y.ndim == 1:
        return apply(ops.mv, x, y)
    if x.ndim == 1:
        return matmul(x.view(1, -1), y).squeeze(-2)
    if y.ndim == 1:
        return matmul(x, y.view(-1, 1)).squeeze(-1)
    if y.ndim == 2:
        return apply(ops.mm if x.ndim == 2 else ops.matmul_folded, x, y)
    return apply(ops.matmul_broadcast, x, y)


def _product(name: str, dims: tuple[int, int], what: str) -> Callable[[Tensor, Tensor], Tensor]:
    """A matrix product that insists on the numbers of dimensions."""

    def function(x: Tensor, y: Tensor) -> Tensor:
        if (x.ndim, y.ndim) != dims:
            raise RuntimeError(f"{name}: takes {dims[0]}-D and {dims[1]}-D tensors, not {x.ndim}-D and {y.ndim}-D")
        if name != "bmm":
            return matmul(x, y)
        if x._array.dtype != y._array.dtype or x.shape[0] != y.shape[0]:
            raise RuntimeError(f"bmm: as many matrices on either side, of one dtype; not {x.shape} and {y.shape}")
        return apply(ops.bmm, x, y)

    function.__name__, function.__doc__ = name, what
    return method(function)


mm = _product("mm", (2, 2), "The product of two matrices.")
mv = _product("mv", (2, 1), "The product of a matrix and a vector.")
bmm = _product("bmm", (3, 3), "The products of two rows of matrices, pair by pair.")
dot = _product("dot", (1, 1), "The sum of the products of two vectors' elements.")


@method
def outer(x: Tensor, y: Tensor) -> Tensor:
    """The products of each element of one vector and each of another, a matrix."""
    if x.ndim != 1 or y.ndim != 1:
        raise RuntimeError(f"outer: Expected 1-D argument, but got {x.ndim}-D and {y.ndim}-D")
    return x.unsqueeze(1) * y


@method
def trace(x: Tensor) -> Tensor:
    """The sum of a matrix's diagonal."""
    return x.diagonal().sum()


@method
def addmm(x: Tensor, mat1: Tensor, mat2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta * x + alpha * mat1 @ mat2."""
    product = mm(mat1, mat2)
    return (x if beta == 1 else x * beta) + (product if alpha == 1 else product * alpha)


@method
def baddbmm(x: Tensor, batch1: Tensor, batch2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta * x + alpha * bmm(batch1, batch2)."""
    product = bmm(batch1, batch2)
    return (x if beta == 1 else x * beta) + (product if alpha == 1 else product * alpha)


def tensordot(x: Tensor, y: Tensor, dims: Any = 2) -> Tensor:
    """The sum of products over dims: the last ones of x and first ones of y, or the ones listed for x and for y."""
    if isinstance(dims, int):
        dims = (range(x.ndim - dims, x.ndim), range(dims))
    ours, theirs = ([d % t.ndim for d in listed] for t, listed in zip((x, y), dims, strict=True))
    kept_x, kept_y = ([d for d in range(t.ndim) if d not in named] for t, named in ((x, ours), (y, theirs)))
    inner = math.prod([x.shape[d] for d in ours])
    rows = x.permute(*kept_x, *ours).reshape(math.prod([x.shape[d] for d in kept_x]), inner)
    columns = y.permute(*theirs, *kept_y).reshape(inner, math.prod([y.shape[d] for d in kept_y]))
    return matmul(rows, columns).view([x.shape[d] for d in kept_x] + [y.shape[d] for d in kept_y])


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
