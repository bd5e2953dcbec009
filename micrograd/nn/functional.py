"""What layers do, as functions, with PyTorch's names and rules. Usually imported as F."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from micrograd import dtypes, joining, random
from micrograd.elementwise import relu as _relu
from micrograd.elementwise import sigmoid, tanh, where
from micrograd.rules.errors import GO_ON, ON_ERROR, cannot_be_multiplied
from micrograd.rules.missing import getattr_of
from micrograd.nn.losses import cross_entropy, mse_loss, need_floats, need_one_dtype, nll_loss
from micrograd.nn.sequences import causal_self_attention, gru, lstm, rnn
from micrograd.ops import nets
from micrograd.reductions import log_softmax as _log_softmax
from micrograd.reductions import softmax as _softmax
from micrograd.tensors import Tensor, apply, in_place, named, wrap

__all__ = [
    "batch_norm",
    "causal_self_attention",
    "conv1d",
    "cross_entropy",
    "dropout",
    "elu",
    "embedding",
    "gelu",
    "gru",
    "layer_norm",
    "leaky_relu",
    "linear",
    "log_softmax",
    "lstm",
    "mse_loss",
    "nll_loss",
    "one_hot",
    "pad",
    "relu",
    "rnn",
    "scaled_dot_product_attention",
    "sigmoid",
    "silu",
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
    need_one_dtype("linear", input, weight, bias)
    if w.ndim > 2 or not x.ndim or not w.ndim or x.shape[-1] != w.shape[-1]:
        raise RuntimeError(
            f"{cannot_be_multiplied(x.shape, w.shape[::-1])}; linear: the last dimension of input {list(x.shape)} has "
            f"to be the last of weight {list(w.shape)}, which has two"
        )
    if w.ndim != 2 or x.ndim == 1 or (bias is not None and bias._array.shape != w.shape[:1]):
        product = input.matmul(weight.t())
        return product if bias is None else product + bias
    if bias is None:
        return apply(nets.linear_unbiased if x.ndim == 2 else nets.linear_unbiased_folded, input, weight)
    return apply(nets.linear if x.ndim == 2 else nets.linear_folded, input, weight, bias)


def embedding(input: Tensor, weight: Tensor, padding_idx: int | None = None) -> Tensor:
    """The rows of weight (n, m) that input, int64 or int32 of any shape, names; the result is (*input.shape, m).

    padding_idx: a row that gets no gradient. Raises RuntimeError where input holds no integers, IndexError for a row
    that is not there.
    """
    indices = input._array
    if indices.dtype.kind != "i":
        raise RuntimeError(f"embedding: the indices have to be Long or Int, and they are {input.dtype}")
    if indices.size and np.maximum.reduce(indices.astype(np.uint64), None) >= len(weight):  # a negative one is huge
        wrong = indices[(indices < 0) | (indices >= len(weight))].flat[0]
        raise IndexError(f"index out of range in self: {wrong}, and there are {len(weight)} rows")
    return apply(nets.embedding, weight, input, padding_idx=padding_idx)


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
    dilation-th element; bias: (outs,); padding: so many zeros at each end, or 'same', or 'valid' (none); groups: the
    channels and the outs in so many parts, each seeing its own alone, with a weight (outs, channels / groups, taps).
    The result is (n, outs, positions), or (outs, positions). Raises RuntimeError where shapes or dtypes do not fit.
    """
    if groups != 1:
        parts = [t if t is None else t.chunk(groups, dim) for t, dim in ((input, -2), (weight, 0), (bias, 0))]
        inputs, weights, biases = [[None] * groups if part is None else part for part in parts]
        rows: Any = zip(inputs, weights, biases, strict=True)
        return joining.cat([conv1d(x, w, b, stride, padding, dilation) for x, w, b in rows], -2)
    if input.ndim == 2:
        return conv1d(input.unsqueeze(0), weight, bias, stride, padding, dilation).squeeze(0)
    need_one_dtype("conv1d", input, weight, bias)
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
    need_one_dtype("attention", query, key, value)
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
    need_floats("layer_norm", input)
    need_one_dtype("layer_norm", input, weight, bias)
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
    need_floats("batch_norm", input)
    need_one_dtype("batch_norm", input, weight, bias)
    x = input._array
    channels = x.shape[1] if x.ndim > 1 else 0
    for tensor in (running_mean, running_var, weight, bias):
        if tensor is not None and tensor._array.shape != (channels,):
            raise RuntimeError(
                f"batch_norm: means, variances, weight and bias should contain {channels} elements, one for each "
                f"channel of the input {list(x.shape)}, and one contains {list(tensor.shape)}"
            )
    if training:
        n = x.size // max(channels, 1)
        if n == 1:
            raise ValueError(f"Expected more than 1 value per channel when training, got input size {input.shape}")
        token = ON_ERROR.set(GO_ON)
        try:
            mean, var = nets.moments(x)
            for running, now, factor in ((running_mean, mean, 1.0), (running_var, var, n / (n - 1))):
                if running is not None and n:
                    running._array *= 1 - momentum
                    running._array += momentum * factor * now
        finally:
            ON_ERROR.reset(token)
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
    factors = np.empty_like(input._array)  # drawn in the order in which the elements lie in memory, as PyTorch does
    factors.ravel("K")[...] = _dropout_factors((factors.size,), p, factors.dtype)
    result = input * wrap(factors)
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
    need_floats("gelu", input)
    if approximate not in ("none", "tanh"):
        raise RuntimeError(f"approximate argument must be either none or tanh, not {approximate!r}")
    return apply(nets.gelu if approximate == "none" else nets.gelu_tanh, input)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """Each element, times negative_slope where it is not positive (Maas, Hannun and Ng 2013)."""
    if inplace:
        return in_place(leaky_relu)(input, negative_slope)
    return named(where(input > 0, input, input * negative_slope), "LeakyReluBackward0")


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Each element, or alpha * (exp(x) - 1) where it is not positive (Clevert, Unterthiner and Hochreiter 2015)."""
    if inplace:
        return in_place(elu)(input, alpha)
    return named(where(input > 0, input, input.clamp(max=0).expm1() * alpha), "EluBackward0")


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """Each element times its sigmoid (Elfwing, Uchibe and Doya 2017, also known as swish)."""
    need_floats("silu", input)
    return in_place(silu)(input) if inplace else named(input * sigmoid(input), "SiluBackward0")


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


def one_hot(input: Tensor, num_classes: int = -1) -> Tensor:
    """A row of zeros with a single 1 for each class index: shape (*, num_classes), int64.

    num_classes -1 means the largest index and one. Raises RuntimeError for what is no index of a class.
    """
    indices = input._array
    if indices.dtype != np.int64:
        raise RuntimeError(f"one_hot is only applicable to index tensor of type LongTensor, and this is {input.dtype}")
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


__getattr__ = getattr_of("micrograd.nn.functional", lambda: __all__)
