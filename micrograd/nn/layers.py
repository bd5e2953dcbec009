"""The layers, with PyTorch's names, first weights and printed forms. What each computes stands in `nn.functional`."""

import math
from collections.abc import Sequence
from typing import Any

from micrograd import creation
from micrograd.rules import dtypes
from micrograd.rules.device import takes_device
from micrograd.rules.dtypes import dtype as DType  # noqa: N812 - `dtype` is PyTorch's argument
from micrograd.nn import functional as F  # noqa: N812 - as everywhere
from micrograd.nn import init
from micrograd.nn.module import Module
from micrograd.nn.parameter import Parameter
from micrograd.tensors import Tensor

__all__ = [
    "ELU",
    "GELU",
    "BatchNorm1d",
    "Conv1d",
    "Dropout",
    "Embedding",
    "Flatten",
    "Identity",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "LogSoftmax",
    "ReLU",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Tanh",
]


def _empty(*shape: int, dtype: DType | None) -> Parameter:
    return Parameter(creation.empty(*shape, dtype=dtype or dtypes.float32))


# Layers with weights.


class Linear(Module):
    """input @ weight.T + bias: from in_features to out_features numbers, over the last dimension."""

    @takes_device
    def __init__(self, in_features: int, out_features: int, bias: bool = True, dtype: DType | None = None):
        self.in_features, self.out_features = in_features, out_features
        self.weight = _empty(out_features, in_features, dtype=dtype)
        self.bias = _empty(out_features, dtype=dtype) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weight and bias anew, uniform within 1 / sqrt(in_features)."""
        _draw_weight_and_bias(self.weight, self.bias)

    def forward(self, input: Tensor) -> Tensor:
        """input: (..., in_features); the result is (..., out_features)."""
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
    """A table of num_embeddings rows of embedding_dim numbers, to be looked up by index.

    padding_idx: a row that starts at 0 and is not trained. Raises AssertionError where it is not there.
    """

    @takes_device
    def __init__(
        self, num_embeddings: int, embedding_dim: int, padding_idx: int | None = None, dtype: DType | None = None
    ):
        if padding_idx is not None and not -num_embeddings <= padding_idx < num_embeddings:
            raise AssertionError(f"padding_idx {padding_idx} is none of the {num_embeddings} rows")
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        self.padding_idx = padding_idx if padding_idx is None else padding_idx % num_embeddings
        self.weight = _empty(num_embeddings, embedding_dim, dtype=dtype)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the weight anew, from the standard normal distribution; the row of padding_idx is 0."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            init.zeros_(self.weight.data[self.padding_idx])

    def forward(self, input: Tensor) -> Tensor:
        """input: indices of any shape; the result is (*input.shape, embedding_dim)."""
        return F.embedding(input, self.weight, self.padding_idx)

    def extra_repr(self) -> str:
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"


class Conv1d(Module):
    """The dot products of a weight with the windows of a sequence; see `functional.conv1d`."""

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
        """Draw weight and bias anew, uniform within 1 / sqrt(in_channels / groups * kernel_size)."""
        _draw_weight_and_bias(self.weight, self.bias)

    def forward(self, input: Tensor) -> Tensor:
        """input: (n, in_channels, length); the result is (n, out_channels, positions)."""
        return F.conv1d(input, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)

    def extra_repr(self) -> str:
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        text += f", padding={self.padding}" * (self.padding != (0,))
        text += f", dilation={self.dilation}" * (self.dilation != (1,))
        text += f", groups={self.groups}" * (self.groups != 1)
        return text + ", bias=False" * (self.bias is None)


def _tuple(number: Any) -> tuple[int, ...]:
    return (number,) if isinstance(number, int) else tuple(number)


# Layers that normalize.


class LayerNorm(Module):
    """The last dimensions less their mean and over their standard deviation; then times weight plus bias.

    normalized_shape: the lengths of these dimensions, or of the last one, an int.
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
        _start_from_one_and_zero(self.weight, self.bias)

    def forward(self, input: Tensor) -> Tensor:
        """input: (..., *normalized_shape); the result has its shape."""
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )


def _start_from_one_and_zero(weight: Tensor | None, bias: Tensor | None) -> None:
    if weight is not None:
        init.ones_(weight)
    if bias is not None:
        init.zeros_(bias)


class BatchNorm1d(Module):
    """Each channel less its mean and over its standard deviation over the batch; then times weight plus bias.

    In training these are the batch's own, and the running ones move towards them by `momentum` of the way (None: they
    are the averages over all batches so far); after eval() they are the running ones, if track_running_stats.
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
        kind = dtype or dtypes.float32
        tracked = track_running_stats
        self.register_buffer("running_mean", creation.zeros(num_features, dtype=kind) if tracked else None)
        self.register_buffer("running_var", creation.ones(num_features, dtype=kind) if tracked else None)
        self.register_buffer("num_batches_tracked", creation.tensor(0) if tracked else None)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Forget the batches so far: the running mean becomes 0, the running variance 1."""
        if self.track_running_stats:
            self.running_mean.zero_()
            init.ones_(self.running_var)
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        """Forget the batches so far, and set the weight to 1 and the bias to 0."""
        self.reset_running_stats()
        _start_from_one_and_zero(self.weight, self.bias)

    def forward(self, input: Tensor) -> Tensor:
        """input: (n, num_features) or (n, num_features, length). Raises ValueError for another number of dimensions."""
        if input.ndim not in (2, 3):
            raise ValueError(f"expected 2D or 3D input (got {input.ndim}D input)")
        momentum = 0.0 if self.momentum is None else self.momentum
        if self.training and self.track_running_stats:
            tracked = self.num_batches_tracked
            tracked += 1
            if self.momentum is None:
                momentum = 1 / tracked.item()
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
    """What comes in goes out; any arguments are taken."""

    def __init__(self, *args: Any, **kwargs: Any):
        pass

    def forward(self, input: Tensor) -> Tensor:
        """input itself."""
        return input


class Flatten(Module):
    """The dimensions from start_dim to end_dim as one; by default all but the first."""

    def __init__(self, start_dim: int = 1, end_dim: int = -1):
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input: Tensor) -> Tensor:
        """input: of any shape with these dimensions."""
        return input.flatten(self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Tanh(Module):
    """The hyperbolic tangent of each element."""

    def forward(self, input: Tensor) -> Tensor:
        """input: of any shape; the result has the same."""
        return F.tanh(input)


class Sigmoid(Module):
    """1 / (1 + exp(-x)) of each element."""

    def forward(self, input: Tensor) -> Tensor:
        """input: of any shape; the result has the same."""
        return F.sigmoid(input)


class ReLU(Module):
    """Each element, or 0 where it is negative; inplace changes the input itself."""

    def __init__(self, inplace: bool = False):
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """input: of any shape; the result has the same."""
        return F.relu(input, self.inplace)

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""


class GELU(Module):
    """Each element times the probability that a standard normal number is below it; see `functional.gelu`."""

    def __init__(self, approximate: str = "none"):
        self.approximate = approximate

    def forward(self, input: Tensor) -> Tensor:
        """input: of any shape; the result has the same."""
        return F.gelu(input, approximate=self.approximate)

    def extra_repr(self) -> str:
        return f"approximate={self.approximate!r}"


class LeakyReLU(Module):
    """Each element, times negative_slope where it is not positive; inplace changes the input itself."""

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False):
        self.negative_slope, self.inplace = negative_slope, inplace

    def forward(self, input: Tensor) -> Tensor:
        """input: of any shape; the result has the same."""
        return F.leaky_relu(input, self.negative_slope, self.inplace)

    def extra_repr(self) -> str:
        return f"negative_slope={self.negative_slope}" + (", inplace=True" if self.inplace else "")


class ELU(Module):
    """Each element, or alpha * (exp(x) - 1) where it is not positive; inplace changes the input itself."""

    def __init__(self, alpha: float = 1.0, inplace: bool = False):
        self.alpha, self.inplace = alpha, inplace

    def forward(self, input: Tensor) -> Tensor:
        """input: of any shape; the result has the same."""
        return F.elu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        return f"alpha={self.alpha}" + (", inplace=True" if self.inplace else "")


class SiLU(Module):
    """Each element times its sigmoid; inplace changes the input itself."""

    def __init__(self, inplace: bool = False):
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """input: of any shape; the result has the same."""
        return F.silu(input, self.inplace)

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""


class Softmax(Module):
    """exp of each element, divided by the sum of these over dim."""

    def __init__(self, dim: int | None = None):
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """input: of any shape; the result has the same."""
        return F.softmax(input, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class LogSoftmax(Softmax):
    """The logarithm of Softmax."""

    def forward(self, input: Tensor) -> Tensor:
        """input: of any shape; the result has the same."""
        return F.log_softmax(input, self.dim)


class Dropout(Module):
    """In training, each element 0 with probability p, and the others divided by 1 - p; after eval(), the input itself.

    Raises ValueError where p is no probability.
    """

    def __init__(self, p: float = 0.5, inplace: bool = False):
        F._probability(p)
        self.p, self.inplace = p, inplace

    def forward(self, input: Tensor) -> Tensor:
        """input: of any shape; the result has the same."""
        return F.dropout(input, self.p, self.training, self.inplace)

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"
