"""Selection by element: the larger of two, clamped to bounds, where a mask is True."""

import warnings
from typing import Any

import numpy as np

from micrograd.ops import apply, attach, function, op, save, unchanged
from micrograd.ops.elementwise import where_true
from micrograd.rules.dtypes import promote, result_type
from micrograd.rules.errors import must_be_tensor, need_arrays, need_to_fit
from micrograd.rules.layout import laid_as_arrays, laid_by_condition, laid_like, laid_out
from micrograd.tensors import Tensor


@op(
    "WhereBackward0",
    of="",
    elementwise=laid_by_condition,
    examples=["torch.where(x > 0, x, y)", "torch.where(x > 0, x, 0.5)"],
)
def _where(condition, x, y, /):
    """x where condition, of bools, is True, else y."""
    common = result_type(x, y)
    x, y = promote(need_to_fit(x, common), need_to_fit(y, common))
    return (
        np.where(condition, x, y),
        None,
        save(lambda g: where_true(condition, g), condition),
        save(lambda g: where_true(~condition, g), condition),
    )


@function(method=False, examples=["torch.where(x > 0, x, y)"])
def where(condition: Tensor, input: Any = None, other: Any = None) -> Any:
    """input where condition is True, other elsewhere; with the condition alone, the indices where it is True.

    Raises RuntimeError where condition is not of bools or uint8, TypeError for one of input and other alone.
    """
    if not isinstance(condition, Tensor):
        raise must_be_tensor("where", "condition", condition)
    if input is None and other is None:
        return condition.nonzero(as_tuple=True)
    if input is None or other is None:
        raise TypeError("where() takes a condition, or a condition and two tensors or numbers to choose from")
    if condition._array.dtype == np.uint8:
        warnings.warn("where received a uint8 condition tensor: compare, as in x > 0, to have bools", stacklevel=2)
        condition = condition != 0
    if condition._array.dtype.kind != "b":
        raise RuntimeError(
            f"where expected condition to be a boolean tensor, but got {condition.dtype}: compare, as in x > 0"
        )
    return apply(_where.op, condition, input, other)


attach("where", lambda input, condition, other: where(condition, input, other))


@op(
    "MaskedFillBackward0",
    in_place=True,
    in_order=True,
    examples=["x.masked_fill(y > 0, 0.5)", "x.masked_fill(y > 0, y.sum())"],
)
def masked_fill(x, mask, value, /):
    """input with value, a number or a tensor without dimensions, wherever mask is True; mask broadcasts to input.

    Raises RuntimeError where mask is not of bools, or value has dimensions or does not fit the dtype of input.
    """
    if value is None:
        raise TypeError("masked_fill(): argument 'value' must be a number or a tensor, not NoneType")
    if np.ndim(value):
        raise RuntimeError(
            f"masked_fill only supports a 0-dimensional value tensor, but got {np.ndim(value)} dimensions"
        )
    value = need_to_fit(value.item() if isinstance(value, np.ndarray) else value, x.dtype)
    if mask.dtype != np.bool_:
        raise RuntimeError(f"masked_fill only supports boolean masks, but got mask with dtype {mask.dtype}")
    return (
        np.where(mask, np.asarray(value, x.dtype), x),
        save(lambda g: where_true(~mask, g), mask),
        None,
        save(lambda g: np.asarray(where_true(mask, g).sum()), mask),
    )


@op("MaximumBackward0", elementwise=laid_out, examples=["torch.maximum(x, y)", "torch.maximum(x, x.detach().round())"])
def maximum(x, y, /):
    """The larger of two, element by element; where both are equal each gets half of the gradient."""
    need_arrays("maximum", x, y)
    x, y = promote(x, y)
    return np.maximum(x, y), save(lambda g: _unless_less(g, x, y), x, y), save(lambda g: _unless_less(g, y, x), x, y)


@op("MinimumBackward0", elementwise=laid_out, examples=["torch.minimum(x, y)", "torch.minimum(x, x.detach().round())"])
def minimum(x, y, /):
    """The smaller of two, element by element; where both are equal each gets half of the gradient."""
    need_arrays("minimum", x, y)
    x, y = promote(x, y)
    return np.minimum(x, y), save(lambda g: _unless_less(g, y, x), x, y), save(lambda g: _unless_less(g, x, y), x, y)


def _unless_less(g, x, y):
    """g where x is the larger (or one is nan), half of it where they are equal, 0 where x < y."""
    result, equal = where_true(~(x < y), g), x == y
    return np.where(equal, g / 2, result) if equal.any() else result


@op(
    "ClampBackward1",
    "clip",
    in_place=True,
    elementwise=laid_as_arrays,
    examples=["x.clamp(-1, 1)", "x.clamp(max=0.5)", "x.clamp(-positive, y)"],
)
def clamp(x, min=None, max=None, /):
    """min(max(input, min), max), each bound a number, a tensor or None. The gradient at a bound goes to input.

    Raises RuntimeError where both bounds are None, or a number does not fit the dtype of input.
    """
    if min is None and max is None:
        raise RuntimeError("clamp: at least one of 'min' or 'max' must not be None")
    if x.dtype.kind != "f":
        min, max = [bound if bound is None else need_to_fit(bound, result_type(x, bound)) for bound in (min, max)]
    out = x
    if min is not None:
        out = np.asarray(np.maximum(*promote(min, out)))  # in this order a -0 stays one, as in PyTorch
    if max is not None:
        out = np.asarray(np.minimum(*promote(max, out)))

    def dx(g):
        inside = True if min is None else x >= min
        return where_true(inside if max is None else inside & (x <= max), g)

    def dmin(g):
        return where_true((x < min) & (True if max is None else np.less(min, max)), g)

    def dmax(g):
        return where_true((x > max) | (False if min is None else np.less(max, min)), g)

    given = [array for array in (x, min, max) if isinstance(array, np.ndarray)]
    return out, *[save(derivative, *given) for derivative in (dx, dmin, dmax)]


@function(in_place=True, examples=["x.clamp_min(-0.5)"])
def clamp_min(input: Tensor, min: Any) -> Tensor:
    """max(input, min)."""
    return apply(clamp.op, input, min, None, name="ClampMinBackward0")


@function(in_place=True, examples=["x.clamp_max(0.5)"])
def clamp_max(input: Tensor, max: Any) -> Tensor:
    """min(input, max)."""
    return apply(clamp.op, input, None, max, name="ClampMaxBackward0")


@op(
    "NanToNumBackward0",
    in_place=True,
    elementwise=laid_like,
    examples=["x.nan_to_num()", "(x / 0).nan_to_num(nan=1.0, posinf=2.0)"],
)
def nan_to_num(x, /, nan=0.0, posinf=None, neginf=None):
    """input with numbers in place of nan, inf and -inf; for the last two the largest and smallest if none are given."""
    if x.dtype.kind != "f":
        return x.copy(), unchanged
    result = np.nan_to_num(x, nan=nan or 0.0, posinf=posinf, neginf=neginf)
    finite = np.isfinite(x)
    return np.asarray(result, x.dtype), save(lambda g: where_true(finite, g), x)
