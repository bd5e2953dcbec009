"""The layers, with PyTorch's names, initial weights and printed forms. What each computes stands in `nn.functional`."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from micrograd import creation
from micrograd.nn import functional as F  # noqa: N812 - as everywhere
from micrograd.nn import init
from micrograd.nn.module import Module
from micrograd.nn.parameter import Parameter
from micrograd.ops.normalization import check_probability, count_batch
from micrograd.rules import dtypes
from micrograd.rules.device import takes_device
from micrograd.rules.dtypes import dtype as DType  # noqa: N812 - `dtype` is PyTorch's argument
from micrograd.tensors import Tensor

__all__ = [
    "AdaptiveAvgPool1d",
    "BatchNorm1d",
    "Conv1d",
    "Dropout",
    "Embedding",
    "Flatten",
    "Identity",
    "LayerNorm",
    "Linear",
]


def _empty(*shape: int, dtype: DType | None) -> Parameter:
    return Parameter(creation.empty(*shape, dtype=dtype or dtypes.default_dtype))


# Layers with weights.


class Linear(Module):
    """input @ weight.T + bias.

    input: (..., in_features); weight: (out_features, in_features); bias: (out_features,); the result is
    (..., out_features).

    >>> layer = torch.nn.Linear(3, 2)
    >>> layer(torch.zeros(5, 3)).shape
    torch.Size([5, 2])
    """

    @takes_device
    def __init__(self, in_features: int, out_features: int, bias: bool = True, dtype: DType | None = None):
        self.in_features, self.out_features = in_features, out_features
        self.weight = _empty(out_features, in_features, dtype=dtype)
        self.bias = _empty(out_features, dtype=dtype) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weight and bias from U(-bound, bound), bound = 1 / sqrt(in_features)."""
        _draw_weight_and_bias(self.weight, self.bias)

    def forward(self, input: Tensor) -> Tensor:
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


def _draw_weight_and_bias(weight: Tensor, bias: Tensor | None) -> None:
    init.kaiming_uniform_(weight, a=math.sqrt(5))  # this slope makes the bound 1 / sqrt(fan_in)
    if bias is not None:
        fan_in = math.prod(weight.shape[1:])
        bound = 1 / math.sqrt(fan_in) if fan_in else 0.0
        init.uniform_(bias, -bound, bound)


class Embedding(Module):
    """A lookup table: a vector of embedding_dim numbers for each of num_embeddings indices.

    input: int64 or int32 indices of any shape; the result is (*input.shape, embedding_dim).
    padding_idx: a row that starts at 0 and is not trained. Raises AssertionError if there is no such row.

    >>> torch.nn.Embedding(27, 2)(torch.tensor([[1, 2, 3]])).shape
    torch.Size([1, 3, 2])
    """

    @takes_device
    def __init__(
        self, num_embeddings: int, embedding_dim: int, padding_idx: int | None = None, dtype: DType | None = None
    ):
        if padding_idx is not None and not -num_embeddings <= padding_idx < num_embeddings:
            raise AssertionError(f"padding_idx {padding_idx} is out of range: there are {num_embeddings} rows")
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        self.padding_idx = padding_idx if padding_idx is None else padding_idx % num_embeddings
        self.weight = _empty(num_embeddings, embedding_dim, dtype=dtype)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the weight from the standard normal distribution; the row of padding_idx is 0."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            init.zeros_(self.weight.data[self.padding_idx])

    def forward(self, input: Tensor) -> Tensor:
        return F.embedding(input, self.weight, self.padding_idx)

    def extra_repr(self) -> str:
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"


class Conv1d(Module):
    """One-dimensional convolution; see `functional.conv1d` for the arguments.

    input: (n, in_channels, length) or (in_channels, length); the result is (n, out_channels, out_length) or
    (out_channels, out_length). weight: (out_channels, in_channels / groups, kernel_size); bias: (out_channels,).
    Raises ValueError for an unknown padding, for groups that do not divide both channels, and for padding 'same' with
    a stride.

    >>> torch.nn.Conv1d(2, 5, kernel_size=3)(torch.ones(4, 2, 8)).shape
    torch.Size([4, 5, 6])
    """

    @takes_device
    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        dtype: DType | None = None,
    ):
        if isinstance(padding, str) and padding not in ("same", "valid"):
            raise ValueError(f"Invalid padding string {padding!r}, should be one of {{'same', 'valid'}}")
        for channels, name in ((in_channels, "in_channels"), (out_channels, "out_channels")):
            if channels % groups:
                raise ValueError(f"{name} must be divisible by groups: {channels} by {groups}")
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size, self.stride, self.dilation = _tuple(kernel_size), _tuple(stride), _tuple(dilation)
        self.padding = padding if isinstance(padding, str) else _tuple(padding)
        if padding == "same" and self.stride != (1,):
            raise ValueError("padding='same' is not supported for strided convolutions")
        self.weight = _empty(out_channels, in_channels // groups, *self.kernel_size, dtype=dtype)
        self.bias = _empty(out_channels, dtype=dtype) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weight and bias from U(-bound, bound), bound = 1 / sqrt(in_channels / groups * kernel_size)."""
        _draw_weight_and_bias(self.weight, self.bias)

    def forward(self, input: Tensor) -> Tensor:
        return F.conv1d(input, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)

    def extra_repr(self) -> str:
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        text += f", padding={self.padding}" * (self.padding != (0,))
        text += f", dilation={self.dilation}" * (self.dilation != (1,))
        text += f", groups={self.groups}" * (self.groups != 1)
        return text + ", bias=False" * (self.bias is None)


def _tuple(number: Any) -> tuple[int, ...]:
    return (int(number),) if isinstance(number, int | np.integer) else tuple(number)


# Layers that normalize.


class LayerNorm(Module):
    """(input - mean) / sqrt(var + eps) * weight + bias, over the last dimensions (Ba et al. 2016).

    input: (..., *normalized_shape); the result has its shape, as weight and bias have normalized_shape, which may be an
    int. var is divided by n. elementwise_affine=False: without weight and bias.

    >>> torch.nn.LayerNorm(2)(torch.tensor([[1.0, 3.0]]))
    tensor([[-1.0000,  1.0000]], grad_fn=<NativeLayerNormBackward0>)
    """

    @takes_device
    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        dtype: DType | None = None,
    ):
        self.normalized_shape = _tuple(normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        self.weight = _empty(*self.normalized_shape, dtype=dtype) if elementwise_affine else None
        self.bias = _empty(*self.normalized_shape, dtype=dtype) if elementwise_affine and bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the weight to 1 and the bias to 0."""
        _reset_affine(self.weight, self.bias)

    def forward(self, input: Tensor) -> Tensor:
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )


def _reset_affine(weight: Tensor | None, bias: Tensor | None) -> None:
    if weight is not None:
        init.ones_(weight)
    if bias is not None:
        init.zeros_(bias)


class BatchNorm1d(Module):
    """(input - mean) / sqrt(var + eps) * weight + bias for each channel (Ioffe and Szegedy 2015).

    input: (n, num_features) or (n, num_features, length); the result has its shape; all else is (num_features,).
    In training mean and var (divided by n) are the batch's, and the running statistics (var divided by n - 1) follow:
    running = (1 - momentum) * running + momentum * batch's, or, with momentum=None, the average over all batches. After
    eval() mean and var are the running ones, if track_running_stats. affine=False: without weight and bias.
    Raises ValueError for an input of another number of dimensions, and in training for one value per channel.

    >>> torch.nn.BatchNorm1d(2)(torch.ones(4, 2)).shape
    torch.Size([4, 2])
    """

    running_mean: Any
    running_var: Any
    num_batches_tracked: Any

    @takes_device
    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        dtype: DType | None = None,
        *,
        bias: bool = True,
    ):
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        self.weight = _empty(num_features, dtype=dtype) if affine else None
        self.bias = _empty(num_features, dtype=dtype) if affine and bias else None
        kind = dtype or dtypes.default_dtype
        tracked = track_running_stats
        self.register_buffer("running_mean", creation.zeros(num_features, dtype=kind) if tracked else None)
        self.register_buffer("running_var", creation.ones(num_features, dtype=kind) if tracked else None)
        self.register_buffer("num_batches_tracked", creation.tensor(0) if tracked else None)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Set the running mean to 0, the running variance to 1 and the number of batches to 0."""
        if self.track_running_stats:
            self.running_mean.zero_()
            init.ones_(self.running_var)
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        """reset_running_stats, and set the weight to 1 and the bias to 0."""
        self.reset_running_stats()
        _reset_affine(self.weight, self.bias)

    def forward(self, input: Tensor) -> Tensor:
        if input.ndim not in (2, 3):
            raise ValueError(f"expected 2D or 3D input (got {input.ndim}D input)")
        momentum = 0.0 if self.momentum is None else self.momentum
        if self.training and self.track_running_stats:
            count_batch(self.num_batches_tracked)
            if self.momentum is None:
                momentum = 1 / self.num_batches_tracked.item()
        running = (self.running_mean, self.running_var)
        if self.training and not self.track_running_stats:
            running = (None, None)
        training = self.training or running[0] is None
        return F.batch_norm(input, *running, self.weight, self.bias, training, momentum, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


# Layers without weights.


class Identity(Module):
    """The input itself. Any arguments are accepted and ignored, as in PyTorch.

    >>> torch.nn.Identity()(torch.ones(2))
    tensor([1., 1.])
    """

    def __init__(self, *args: Any, **kwargs: Any):
        pass

    def forward(self, input: Tensor) -> Tensor:
        return input


class Flatten(Module):
    """The dimensions from start_dim to end_dim, both included, as one; by default all but the first.

    >>> torch.nn.Flatten()(torch.ones(4, 2, 3)).shape
    torch.Size([4, 6])
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1):
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input: Tensor) -> Tensor:
        return input.flatten(self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class AdaptiveAvgPool1d(Module):
    """The means of output_size windows that cover the last dimension: window i is [i*n // out, ceil((i+1)*n / out)).

    input: (..., channels, n), two or three dimensions of floats; the result is (..., channels, output_size).
    Raises RuntimeError for another shape or output_size, NotImplementedError for other dtypes.

    >>> torch.nn.AdaptiveAvgPool1d(2)(torch.tensor([[1.0, 2.0, 3.0]]))
    tensor([[1.5000, 2.5000]])
    """

    def __init__(self, output_size: int | Sequence[int]):
        self.output_size = output_size

    def forward(self, input: Tensor) -> Tensor:
        sizes = _tuple(self.output_size)
        if len(sizes) != 1 or sizes[0] < 0:
            raise RuntimeError(f"adaptive_avg_pool1d: output_size is one number from 0 on, not {self.output_size}")
        if input.ndim not in (2, 3) or 0 in input.shape[1:]:
            raise RuntimeError(f"adaptive_avg_pool1d: expected a non-empty 2D or 3D input, got {list(input.shape)}")
        if not input.is_floating_point():
            raise NotImplementedError(f"adaptive_avg_pool1d: the input has to be floats, and it is {input.dtype}")
        out, n = sizes[0], input.shape[-1]
        start = creation.arange(out) * n // max(out, 1)
        length = -(-(creation.arange(out) + 1) * n // max(out, 1)) - start
        offset = creation.arange(n // max(out, 1) + 2)  # as many as the longest window has elements
        beyond = offset >= length[:, None]
        windows = input[..., (start[:, None] + offset).clamp(max=n - 1)].masked_fill(beyond, 0.0)
        return windows.sum(-1) / length

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class Dropout(Module):
    """In training each element is zeroed with probability p, else divided by 1 - p; after eval() the input itself.

    input: of any shape (Srivastava et al. 2014). inplace changes it. Raises ValueError unless 0 <= p <= 1.

    >>> torch.nn.Dropout(0.5).eval()(torch.ones(2))
    tensor([1., 1.])
    """

    def __init__(self, p: float = 0.5, inplace: bool = False):
        check_probability(p)
        self.p, self.inplace = p, inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout(input, self.p, self.training, self.inplace)

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"
