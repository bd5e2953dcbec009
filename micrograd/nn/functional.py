"""What layers do, as functions, with PyTorch's names and rules. Usually imported as F."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from micrograd import dtypes, random
from micrograd.elementwise import relu as _relu
from micrograd.elementwise import sigmoid, tanh
from micrograd.missing import getattr_of
from micrograd.ops import losses, nets
from micrograd.reductions import log_softmax as _log_softmax
from micrograd.reductions import softmax as _softmax
from micrograd.tensors import Tensor, apply, wrap

__all__ = [
    "batch_norm",
    "conv1d",
    "cross_entropy",
    "dropout",
    "embedding",
    "gelu",
    "layer_norm",
    "linear",
    "log_softmax",
    "mse_loss",
    "nll_loss",
    "one_hot",
    "pad",
    "relu",
    "scaled_dot_product_attention",
    "sigmoid",
    "softmax",
    "tanh",
]


# Layers.


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """input @ weight.T + bias.

    input: (..., n); weight: (m, n), or (n,); bias: (m,); the result is (..., m).
    Raises RuntimeError where the sizes do not fit or the dtypes differ.
    """
    x, w = input._array, weight._array
    _same_dtype("linear", input, weight, bias)
    if w.ndim > 2 or not x.ndim or not w.ndim or x.shape[-1] != w.shape[-1]:
        raise RuntimeError(
            f"linear: mat1 and mat2 shapes cannot be multiplied: input {list(x.shape)}, weight {list(w.shape)}; the "
            "last dimension of input has to be the last of weight, which has two"
        )
    if bias is None or w.ndim != 2 or bias._array.shape != w.shape[:1]:
        product = input.matmul(weight.t())
        return product if bias is None else product + bias
    return apply(nets.linear if x.ndim == 2 else nets.linear_folded, input, weight, bias)


def embedding(input: Tensor, weight: Tensor, padding_idx: int | None = None) -> Tensor:
    """The rows of weight (n, m) that input, int64 or int32 of any shape, names; the result is (*input.shape, m).

    Raises RuntimeError where input holds no integers, IndexError for a row that is not there.
    """
    _no_padding_idx(padding_idx)
    indices = input._array
    if indices.dtype.kind != "i":
        raise RuntimeError(f"embedding: the indices have to be Long or Int, and they are {input.dtype}")
    if indices.size and np.maximum.reduce(indices.astype(np.uint64), None) >= len(weight):  # a negative one is huge
        wrong = indices[(indices < 0) | (indices >= len(weight))].flat[0]
        raise IndexError(f"index out of range in self: {wrong}, and there are {len(weight)} rows")
    return apply(nets.embedding, weight, input)


def _no_padding_idx(padding_idx: int | None) -> None:
    if padding_idx is not None:
        raise NotImplementedError("padding_idx is not there: mask what stands for padding in the loss instead")


def conv1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """The dot products of weight with the windows of input that lie `stride` apart, plus bias.

    input: (n, channels, length), or (channels, length); weight: (outs, channels, taps), whose taps look at every
    dilation-th element; bias: (outs,); padding: so many zeros at each end, or 'same', or 'valid' (none).
    The result is (n, outs, positions), or (outs, positions). Raises RuntimeError where shapes or dtypes do not fit.
    """
    if groups != 1:
        raise NotImplementedError("conv1d: groups other than 1 are not there")
    if input.ndim == 2:
        return conv1d(input.unsqueeze(0), weight, bias, stride, padding, dilation).squeeze(0)
    _same_dtype("conv1d", input, weight, bias)
    if input.ndim != 3 or weight.ndim != 3 or input.shape[1] != weight.shape[1]:
        raise RuntimeError(
            f"conv1d takes (n, channels, length) and a weight (outs, channels, taps), not {list(input.shape)} and "
            f"{list(weight.shape)}"
        )
    if bias is not None and bias.shape != weight.shape[:1]:
        raise RuntimeError(f"conv1d: the bias has to be {list(weight.shape[:1])}, and it is {list(bias.shape)}")
    stride, dilation, span = _single(stride), _single(dilation), _single(dilation) * (weight.shape[2] - 1)
    if padding == "same" and stride != 1:
        raise RuntimeError("padding='same' is not supported for strided convolutions")
    if isinstance(padding, str) and padding not in ("same", "valid"):
        raise RuntimeError(f"Invalid padding string: {padding!r}; take 'same', 'valid' or a number")
    whole = span if padding == "same" else 0 if padding == "valid" else 2 * _single(padding)
    if stride < 1 or dilation < 1 or whole < 0:
        raise RuntimeError("conv1d: stride and dilation have to be 1 or more, padding 0 or more")
    if input.shape[2] + whole <= span:
        raise RuntimeError(
            f"conv1d: Kernel size can't be greater than actual input size: {weight.shape[2]} taps span {span + 1} "
            f"elements, and the input has {input.shape[2] + whole}, padding included"
        )
    ends = (whole // 2, whole - whole // 2)
    return apply(nets.conv1d, input, weight, bias, stride=stride, padding=ends, dilation=dilation)


def _single(number: Any) -> Any:
    """The number that 3 and (3,) both mean."""
    return number if isinstance(number, int) else number[0]


def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    *,
    scale: float | None = None,
) -> Tensor:
    """softmax(query @ key.mT * scale + attn_mask) @ value: of every position, the values it looks at, averaged.

    query: (..., l, e); key: (..., s, e); value: (..., s, f); the result is (..., l, f). attn_mask: of a shape that
    broadcasts to (..., l, s), either bools, True where position l may look at position s, or floats to be added.
    is_causal: position l looks at none after l. scale: 1 / sqrt(e) by default. dropout_p: drops weights, always.
    Raises RuntimeError where shapes or dtypes do not fit.
    """
    q, k, v = query._array, key._array, value._array
    _same_dtype("attention", query, key, value)
    if min(q.ndim, k.ndim, v.ndim) < 2 or q.shape[-1] != k.shape[-1] or k.shape[-2] != v.shape[-2]:
        raise RuntimeError(
            "attention takes a query (..., l, e), a key (..., s, e) and a value (..., s, f), not "
            f"{list(q.shape)}, {list(k.shape)} and {list(v.shape)}"
        )
    mask: Any = attn_mask
    if is_causal:
        if attn_mask is not None:
            raise RuntimeError("Explicit attn_mask should not be set when is_causal=True")
        mask = wrap(np.tri(q.shape[-2], k.shape[-2], dtype=bool))
    if mask is not None and mask._array.dtype.kind == "b":
        mask = np.where(mask._array, q.dtype.type(0), q.dtype.type(-np.inf))
    elif mask is not None and mask._array.dtype != q.dtype:
        raise RuntimeError(f"attn_mask has to be of bools or {query.dtype}, and it is {mask.dtype}")
    kept = None
    if dropout_p:
        batch = np.broadcast_shapes(q.shape[:-2], k.shape[:-2])
        kept = _dropout_factors((*batch, q.shape[-2], k.shape[-2]), dropout_p, q.dtype)
    scale = q.shape[-1] ** -0.5 if scale is None else scale
    return apply(nets.attention, query, key, value, mask, scale=scale, kept=kept)


def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """input less its mean and over its standard deviation, over the last dimensions; then times weight plus bias.

    normalized_shape: the shape of these dimensions, and of weight and bias. The variance is divided by n, and eps is
    added to it. Raises RuntimeError where shapes or dtypes do not fit.
    """
    inner = tuple(normalized_shape)
    _floats("layer_norm", input)
    _same_dtype("layer_norm", input, weight, bias)
    if not inner or input.shape[-len(inner) :] != inner:
        raise RuntimeError(
            f"Given normalized_shape={list(inner)}, expected input with shape [*, {', '.join(map(str, inner))}], "
            f"but got input of size {list(input.shape)}"
        )
    for tensor in (weight, bias):
        if tensor is not None and tensor.shape != inner:
            raise RuntimeError(f"layer_norm: weight and bias have to be {list(inner)}, and one is {list(tensor.shape)}")
    return apply(nets.layer_norm, input, weight, bias, dims=len(inner), eps=eps)


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Each channel of input less its mean and over its standard deviation; then times weight plus bias.

    input: (n, channels, ...); all others: (channels,). In training mean and variance (divided by n) are those of input,
    and running_mean and running_var move towards them (there the variance is divided by n - 1) by `momentum` of the
    way; otherwise mean and variance are running_mean and running_var.
    Raises RuntimeError where shapes or dtypes do not fit, ValueError for a single value per channel in training.
    """
    _floats("batch_norm", input)
    _same_dtype("batch_norm", input, weight, bias)
    channels = input.shape[1] if input.ndim > 1 else 0
    for tensor in (running_mean, running_var, weight, bias):
        if tensor is not None and tensor.shape != (channels,):
            raise RuntimeError(
                f"batch_norm: means, variances, weight and bias should contain {channels} elements, one for each "
                f"channel of the input {list(input.shape)}, and one contains {list(tensor.shape)}"
            )
    if training:
        n = input.numel() // max(channels, 1)
        if n == 1:
            raise ValueError(f"Expected more than 1 value per channel when training, got input size {input.shape}")
        mean, var = nets.moments(input._array)
        for running, now in ((running_mean, mean), (running_var, var * (n / (n - 1)))):
            if running is not None and n:
                running._array[...] = (1 - momentum) * running._array + momentum * now
    elif running_mean is None or running_var is None:
        raise RuntimeError("running_mean and running_var must be defined in evaluation mode")
    else:
        mean, var = running_mean._array, running_var._array
    return apply(nets.batch_norm, input, weight, bias, mean, var, eps=eps, training=training)


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """input with each element 0 with probability p, and the others divided by 1 - p; outside of training, input itself.

    Raises ValueError where p is no probability.
    """
    _probability(p)
    if not training or not p or not input.numel():
        return input
    result = input * wrap(_dropout_factors(input._array.shape, p, input._array.dtype))
    return input.copy_(result) if inplace else result


def _dropout_factors(shape: tuple[int, ...], p: float, dtype: np.dtype) -> np.ndarray:
    """0 with probability p, else 1 / (1 - p), drawn as PyTorch draws them: with p = 1 nothing is drawn."""
    if p == 1:
        return np.zeros(shape, dtype)
    kept = random.default_generator.bernoulli_scalar(1 - p, shape).astype(dtype)
    kept /= 1 - p
    return kept


def _probability(p: float) -> None:
    if not 0 <= p <= 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


def pad(input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Tensor:
    """input with more elements at its ends, all of them `value` (0 by default).

    pad: how many before and behind, of the last dimension, then of the last but one, and so on; negative ones cut off.
    Raises RuntimeError where pad has not two numbers for each of at most all dimensions.
    """
    if mode != "constant":
        raise NotImplementedError(f"pad: the mode {mode!r} is not there, only 'constant'")
    if len(pad) % 2 or len(pad) > 2 * input.ndim:
        raise RuntimeError(
            f"Padding length must be divisible by 2 and at most two times the number of dimensions, {input.ndim}; "
            f"it is {len(pad)}"
        )
    widths = [(0, 0)] * (input.ndim - len(pad) // 2) + list(zip(pad[0::2], pad[1::2], strict=True))[::-1]
    return apply(nets.pad, input, widths=widths, value=value or 0)


# Activations.


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """Each element, or 0 where it is negative."""
    return input.relu_() if inplace else _relu(input)


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """Each element times the probability that a standard normal number is below it; 'tanh': nearly that, and quicker.

    Raises RuntimeError for another `approximate` and for what is no float.
    """
    _floats("gelu", input)
    if approximate not in ("none", "tanh"):
        raise RuntimeError(f"approximate argument must be either none or tanh, not {approximate!r}")
    return apply(nets.gelu if approximate == "none" else nets.gelu_tanh, input)


def softmax(input: Tensor, dim: int | None = None, *, dtype: dtypes.dtype | None = None) -> Tensor:
    """exp of each element, divided by the sum of these over dim. dtype: what to convert input to before that."""
    return _softmax(input, _dim(input, dim, "softmax"), dtype)


def log_softmax(input: Tensor, dim: int | None = None, *, dtype: dtypes.dtype | None = None) -> Tensor:
    """The logarithm of softmax, without its overflow."""
    return _log_softmax(input, _dim(input, dim, "log_softmax"), dtype)


def _dim(input: Tensor, dim: int | None, name: str) -> int:
    """dim or, where there is none, what PyTorch takes, with its warning."""
    if dim is not None:
        return dim
    warnings.warn(f"Implicit dimension choice for {name} has been deprecated: give it dim=...", stacklevel=3)
    return 0 if input.ndim in (0, 1, 3) else 1


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """A row of zeros with a single 1 for each class index: shape (*, num_classes), int64.

    num_classes -1 means the largest index and one. Raises RuntimeError for what is no index of a class.
    """
    indices = tensor._array
    if indices.dtype != np.int64:
        raise RuntimeError(f"one_hot is only applicable to index tensor of type LongTensor, and this is {tensor.dtype}")
    if num_classes == -1:
        if not indices.size:
            raise RuntimeError("Can not infer total number of classes from empty tensor.")
        num_classes = int(indices.max()) + 1
    if indices.size and indices.min() < 0:
        raise RuntimeError("Class values must be non-negative.")
    if indices.size and indices.max() >= num_classes:
        raise RuntimeError(f"Class values must be smaller than num_classes, {num_classes}; one is {indices.max()}")
    result = np.zeros((indices.size, num_classes), np.int64)
    result[np.arange(indices.size), indices.reshape(-1)] = 1
    return wrap(result.reshape(*indices.shape, num_classes))


# Losses.

_INDEX_DTYPES = (np.dtype(np.int64), np.dtype(np.uint8))


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """The negative log-likelihood, in nats, of the target classes under softmax(input).

    input: logits of the shape (n, classes), (classes,) or (n, classes, d1, ...); target: class indices, int64, of the
    shape (n,), () or (n, d1, ...), or probabilities of the shape and dtype of input.
    weight: how much each class counts, (classes,). ignore_index: a target that does not count at all.
    label_smoothing: the part of the target, 0 to 1, that is shared among all classes.
    reduction: 'mean' over the examples, by their weights, 'sum', or 'none' for the loss of each.
    Raises RuntimeError or ValueError where shapes or dtypes do not fit, IndexError for a class that is not there.
    """
    if not 0 <= label_smoothing <= 1:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
    if target._array.dtype.kind == "f" and target.shape == input.shape:
        if ignore_index >= 0:
            raise RuntimeError("ignore_index is not supported for floating point target")
        return _cross_entropy_of_chances(input, target, weight, reduction, label_smoothing)
    return _likelihood(losses.cross_entropy, input, target, weight, ignore_index, reduction, label_smoothing)


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    """The negative of input[i, target[i]], where input holds log probabilities; otherwise as cross_entropy."""
    return _likelihood(losses.nll_loss, input, target, weight, ignore_index, reduction, 0.0)


def _likelihood(
    op: Any, input: Tensor, target: Tensor, weight: Any, ignore_index: int, reduction: str, smoothing: float
) -> Tensor:
    _check_reduction(reduction)
    shape = input._array.shape
    if len(shape) != 2 or target._array.ndim != 1:
        input, target, shape_of_each = _as_rows(op.__name__, input, target)
        result = _likelihood(op, input, target, weight, ignore_index, reduction, smoothing)
        return result.view(shape_of_each) if reduction == "none" else result
    indices, classes = target._array, shape[1]
    if len(indices) != shape[0]:
        raise ValueError(f"Expected input batch_size ({shape[0]}) to match target batch_size ({len(indices)}).")
    _floats(op.__name__, input)
    if indices.dtype not in _INDEX_DTYPES:
        raise RuntimeError(f"expected target dtype to be Long or Byte, but got {target.dtype}: class indices")
    plain = weight is None and not smoothing and not 0 <= ignore_index < classes
    if indices.size and np.maximum.reduce(indices.astype(np.uint64)) >= classes:  # so seen, a negative one is huge
        wrong = indices[((indices < 0) | (indices >= classes)) & (indices != ignore_index)]
        if wrong.size:
            raise IndexError(f"Target {wrong[0]} is out of bounds: there are {classes} classes, 0 to {classes - 1}")
        plain = False
    if plain:
        return apply(op, input, indices.copy() if input._requires_grad else indices, reduction=reduction)
    return _weighted_likelihood(op, input, indices, weight, ignore_index, reduction, smoothing)


def _as_rows(name: str, input: Tensor, target: Tensor) -> tuple[Tensor, Tensor, Any]:
    """input as (n, classes) and target as (n,), whatever the number of dimensions, and the shape of the losses."""
    if input.ndim == 1 and target._array.size == 1:
        return input.view(1, -1), target.view(1), ()
    if input.ndim < 2 or target.ndim == 0:
        raise ValueError(
            f"{name}: target {list(target.shape)} does not go with input {list(input.shape)}: it is class indices (n,) "
            "for logits (n, classes), or () for (classes,)"
        )
    n, classes, *inner = input.shape
    if len(target) != n:
        raise ValueError(f"Expected input batch_size ({n}) to match target batch_size ({len(target)}).")
    if list(target.shape[1:]) != inner:
        raise RuntimeError(f"{name}: Expected target size {[n, *inner]}, got {list(target.shape)}")
    rows = input.permute(0, *range(2, input.ndim), 1).reshape(-1, classes)
    return rows, target.reshape(-1), target.shape


def _weighted_likelihood(
    op: Any, input: Tensor, indices: np.ndarray, weight: Any, ignore_index: int, reduction: str, smoothing: float
) -> Tensor:
    """_likelihood where some targets do not count, or classes count differently, or the target is smoothed."""
    classes = input.shape[1]
    if weight is not None and (weight.shape != (classes,) or weight.dtype != input.dtype):
        raise RuntimeError(
            f"weight tensor should be defined either for all {classes} classes or no classes, in {input.dtype}, but "
            f"got {weight.dtype} of shape {list(weight.shape)}"
        )
    counted = np.flatnonzero(indices != ignore_index)
    rows, own = input[wrap(counted)], indices[counted]
    each = np.ones(classes, input._array.dtype) if weight is None else weight._array
    loss = apply(op, rows, own, reduction="none") * wrap(each[own])
    if smoothing:
        loss = loss * (1 - smoothing) - (rows.log_softmax(1) * wrap(each)).sum(1) * (smoothing / classes)
    if reduction == "none":
        result = wrap(np.zeros(len(indices), input._array.dtype))
        result[wrap(counted)] = loss
        return result
    return loss.sum() / float(each[own].sum()) if reduction == "mean" else loss.sum()


def _cross_entropy_of_chances(input: Tensor, target: Tensor, weight: Any, reduction: str, smoothing: float) -> Tensor:
    _check_reduction(reduction)
    dim = min(1, input.ndim - 1)
    classes = input.shape[dim]
    if smoothing:
        target = target * (1 - smoothing) + smoothing / classes
    if weight is not None:
        target = target * weight.view([classes if d == dim else 1 for d in range(input.ndim)])
    loss = -(input.log_softmax(dim) * target).sum(dim)
    return loss if reduction == "none" else loss.mean() if reduction == "mean" else loss.sum()


def mse_loss(input: Tensor, target: Tensor, *, reduction: str = "mean") -> Tensor:
    """The mean of (input - target)**2, their 'sum', or 'none' for all of them. Shapes that differ broadcast."""
    _check_reduction(reduction)
    if input.shape != target.shape:
        warnings.warn(
            f"mse_loss: the target {list(target.shape)} is broadcast against the input {list(input.shape)}; that is "
            "rarely meant: give both one shape",
            stacklevel=2,
        )
    if input._array.dtype.kind != "f" != target._array.dtype.kind:
        raise RuntimeError(f"mse_loss takes floats, not {input.dtype} and {target.dtype}")
    return apply(nets.mse_loss, input, target, reduction=reduction)


def _check_reduction(reduction: str) -> None:
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{reduction!r} is not a valid value for reduction: take 'mean', 'sum' or 'none'")


def _floats(name: str, x: Tensor) -> None:
    if x._array.dtype.kind != "f":
        raise RuntimeError(f"{name}: the input has to be floats, and it is {x.dtype}: take x.float() first")


def _same_dtype(name: str, *tensors: Tensor | None) -> None:
    dtype = tensors[0]._array.dtype if tensors[0] is not None else None
    for tensor in tensors:
        if tensor is not None and tensor._array.dtype is not dtype and tensor._array.dtype != dtype:
            raise RuntimeError(f"{name}: all tensors must have the same dtype, but got {dtype} and {tensor.dtype}")


__getattr__ = getattr_of("micrograd.nn.functional", lambda: __all__)
