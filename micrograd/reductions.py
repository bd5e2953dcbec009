"""Sums, means and their kin. Each is a function of the package and a method of Tensor.

dim is an int or a tuple of ints, negative ones counted from the end, and None means all of them. With keepdim the
reduced dimensions stay, of length 1: that is what makes `P / P.sum(1, keepdim=True)` divide each row by its own sum.
dtype: what to convert the elements to before. A dim that is not there raises IndexError.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from micrograd.conversions import to
from micrograd.ops import reductions as ops
from micrograd.shapes import dim_of, dims_of
from micrograd.tensors import Tensor, apply, method, wrap


@method
def sum(input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """The sum over dim. Integers and bools add up in int64."""
    return _over(input, dim, keepdim, dtype, ops.sum, ops.sum_dim)


@method
def mean(input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """The mean over dim. Raises RuntimeError where the elements are not floats."""
    if dtype is not None:
        input = to(input, dtype)
    need_floats(input, "mean")
    return _over(input, dim, keepdim, None, ops.mean, ops.mean_dim)


def _over(x: Tensor, dim: Any, keepdim: bool, dtype: Any, whole: Callable, along: Callable) -> Tensor:
    if dtype is not None:
        return to(_over(to(x, dtype), dim, keepdim, None, whole, along), dtype)
    if dim is None:
        return apply(whole, x, dim=None, keepdim=keepdim)
    return apply(along, x, dim=dims_of(x, dim), keepdim=keepdim)


@method
def var(
    input: Tensor, dim: Any = None, unbiased: bool = True, keepdim: bool = False, *, correction: Any = None
) -> Tensor:
    """The variance over dim: the squared distances from the mean, added up and divided by n - correction.

    correction: 1 by default (Bessel's), which is what unbiased=True means, 0 for unbiased=False.
    Raises RuntimeError where the elements are not floats.
    """
    return _spread(ops.var, input, dim, unbiased, keepdim, correction)


@method
def std(
    input: Tensor, dim: Any = None, unbiased: bool = True, keepdim: bool = False, *, correction: Any = None
) -> Tensor:
    """The standard deviation over dim, the square root of `var`; where there is no spread, its gradient is 0."""
    return _spread(ops.std, input, dim, unbiased, keepdim, correction)


def _spread(op: Callable, x: Tensor, dim: Any, unbiased: bool, keepdim: bool, correction: int | None) -> Tensor:
    need_floats(x, op.__name__)
    if isinstance(dim, bool):  # x.var(False): the one argument is unbiased
        dim, unbiased = None, dim
    correction = int(unbiased) if correction is None else correction
    return apply(op, x, dim=None if dim is None else dims_of(x, dim), correction=correction, keepdim=keepdim)


def var_mean(input: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
    """var and, over the same dims, mean."""
    return _with_mean(var(input, *args, **kwargs), input, *args, **kwargs)


def std_mean(input: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
    """std and, over the same dims, mean."""
    return _with_mean(std(input, *args, **kwargs), input, *args, **kwargs)


def _with_mean(
    spread: Tensor, x: Tensor, dim: Any = None, unbiased: Any = None, keepdim: bool = False, **others: Any
) -> tuple[Tensor, Tensor]:
    dim = others.get("axis", None if isinstance(dim, bool) else dim)
    return spread, mean(x, dim, others.get("keepdims", keepdim))


class ValuesAndIndices(NamedTuple):
    """What max and min give for a dim: the elements, and where along dim they stand (int64)."""

    values: Tensor
    indices: Tensor

    def __repr__(self) -> str:
        return f"torch.return_types.{type(self).__name__.lower()}(\nvalues={self.values!r},\nindices={self.indices!r})"


class Max(ValuesAndIndices):
    """The result of max with a dim."""


class Min(ValuesAndIndices):
    """The result of min with a dim."""


@method
def max(input: Tensor, dim: Any = None, keepdim: bool = False) -> Any:
    """The largest element; with dim, the values and indices of the largest along it. Raises RuntimeError for none.

    With a tensor in the place of dim, `maximum` of the two.
    """
    return (
        input.maximum(dim)
        if isinstance(dim, Tensor)
        else _extreme(Max, input, ops.max, ops.max_dim, np.argmax, dim, keepdim)
    )


@method
def min(input: Tensor, dim: Any = None, keepdim: bool = False) -> Any:
    """The smallest element; with dim, the values and indices of the smallest along it. Raises RuntimeError for none.

    With a tensor in the place of dim, `minimum` of the two.
    """
    return (
        input.minimum(dim)
        if isinstance(dim, Tensor)
        else _extreme(Min, input, ops.min, ops.min_dim, np.argmin, dim, keepdim)
    )


@method
def amax(input: Tensor, dim: Any = (), keepdim: bool = False) -> Tensor:
    """The largest element over dim, one or several; of equal ones each gets its share of the gradient."""
    return _over(input, dim, keepdim, None, ops.amax, ops.amax)


@method
def amin(input: Tensor, dim: Any = (), keepdim: bool = False) -> Tensor:
    """The smallest element over dim, one or several; of equal ones each gets its share of the gradient."""
    return _over(input, dim, keepdim, None, ops.amin, ops.amin)


def _extreme(
    kind: Any, x: Tensor, whole: Callable, along: Callable, arg: Callable, dim: int | None, keepdim: bool
) -> Any:
    need_elements(x, whole.__name__, dim)
    if dim is None:
        return apply(whole, x)
    if x.ndim == 0:
        dim_of(x, dim)
        return kind(x.clone(), wrap(np.int64(0)))
    dim = dim_of(x, dim)
    indices = arg(x._array, axis=dim)
    values = apply(along, x, indices, dim=dim, keepdim=keepdim)
    return kind(values, wrap(np.expand_dims(indices, dim).copy() if keepdim else indices.copy()))


@method
def argmax(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The index (int64) of the largest element, of the first if there are several; without dim, as if flattened."""
    return _arg(input, np.argmax, dim, keepdim)


@method
def argmin(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The index (int64) of the smallest element, of the first if there are several; without dim, as if flattened."""
    return _arg(input, np.argmin, dim, keepdim)


def _arg(x: Tensor, arg: Callable, dim: int | None, keepdim: bool) -> Tensor:
    if x._array.dtype == bool:
        raise RuntimeError(f"{arg.__name__} is not there for bool tensors: take x.int() first")
    need_elements(x, arg.__name__, dim)
    if dim is not None:
        dim = dim_of(x, dim)
    return wrap(arg(x._array, axis=dim if x.ndim else None, keepdims=keepdim))


@method
def softmax(input: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """exp of each element, divided by the sum of these over dim. Raises RuntimeError for what is no float."""
    return _along(ops.softmax, input if dtype is None else to(input, dtype), dim)


@method
def log_softmax(input: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """The logarithm of softmax, without its overflow. Raises RuntimeError for what is no float."""
    return _along(ops.log_softmax, input if dtype is None else to(input, dtype), dim)


def _along(op: Callable, x: Tensor, dim: int) -> Tensor:
    need_floats(x, op.__name__)
    dim = dim_of(x, dim)
    return apply(op, x, dim=dim) if x.ndim else apply(op, x.view(1), dim=0).view(())


@method
def logsumexp(input: Tensor, dim: Any, keepdim: bool = False) -> Tensor:
    """log(sum(exp(input))) over dim, without its overflow."""
    return apply(
        ops.logsumexp,
        input if input.dtype.is_floating_point else input.float(),
        dim=dims_of(input, dim),
        keepdim=keepdim,
    )


@method
def prod(input: Tensor, dim: int | None = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """The product over dim, or of all elements. Integers and bools multiply in int64."""
    if dtype is not None:
        return to(prod(to(input, dtype), dim, keepdim), dtype)
    if dim is None or not input.ndim:
        input, dim, keepdim = input.reshape(-1), dim_of(input, dim or 0) if not input.ndim else 0, False
    return apply(ops.prod, input, dim=dim_of(input, dim), keepdim=keepdim)


@method
def cumsum(input: Tensor, dim: int, *, dtype: Any = None) -> Tensor:
    """The sums of the elements up to each one along dim. Integers and bools add up in int64."""
    return _cumulate(ops.cumsum, input, dim, dtype)


@method
def cumprod(input: Tensor, dim: int, *, dtype: Any = None) -> Tensor:
    """The products of the elements up to each one along dim. Integers and bools multiply in int64."""
    return _cumulate(ops.cumprod, input, dim, dtype)


def _cumulate(op: Callable, x: Tensor, dim: int, dtype: Any) -> Tensor:
    if dtype is not None:
        return to(_cumulate(op, to(x, dtype), dim, None), dtype)
    dim = dim_of(x, dim)
    return apply(op, x, dim=dim) if x.ndim else apply(op, x.view(1), dim=0).view(())


@method
def norm(input: Tensor, p: Any = "fro", dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Tensor:
    """(sum of |input|**p) ** (1 / p) over dim; p=2, 'fro', is the Euclidean norm, p=inf the largest absolute value.

    p=0 counts what is not 0. Where the norm is 0, or does not depend on an element, the gradient is 0.
    """
    need_floats(input, "norm")
    dims = None if dim is None else dims_of(input, dim)
    input = input if dtype is None else to(input, dtype)
    return apply(ops.norm, input, p=2.0 if p in (None, "fro") else float(p), dim=dims, keepdim=keepdim)


@method
def any(input: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
    """Whether any element over dim is not zero."""
    return _test(np.any, input, dim, keepdim)


@method
def all(input: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
    """Whether no element over dim is zero."""
    return _test(np.all, input, dim, keepdim)


def _test(test: Callable, x: Tensor, dim: Any, keepdim: bool) -> Tensor:
    result = np.asarray(test(x._array, axis=None if dim is None else dims_of(x, dim), keepdims=keepdim))
    return wrap(result.astype(np.uint8) if x._array.dtype == np.uint8 else result)  # as in PyTorch


@method
def count_nonzero(input: Tensor, dim: Any = None) -> Tensor:
    """How many elements over dim are not zero, int64."""
    return sum(input != 0, dim)


def need_floats(x: Tensor, name: str) -> None:
    if x._array.dtype.kind != "f":
        raise RuntimeError(f"{name}(): the elements have to be floats, and they are {x.dtype}: take x.float() first")


def need_elements(x: Tensor, name: str, dim: int | None) -> None:
    if dim is None and x._array.size == 0:
        raise RuntimeError(f"{name}(): the tensor of shape {list(x.shape)} has no elements to choose from")
    if dim is not None and x.ndim and x._array.shape[dim_of(x, dim)] == 0:
        raise IndexError(f"{name}(): Expected reduction dim {dim} to have non-zero size; the shape is {list(x.shape)}")
