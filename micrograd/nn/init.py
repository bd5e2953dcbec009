"""Initialization of weights. Each function fills a tensor in place and returns it; generator: None is the default one.

xavier (Glorot and Bengio 2010) and kaiming (He et al. 2015) choose the standard deviation that keeps the variance of
activations, or of gradients, from layer to layer. Of a weight (out, in, *kernel_size) fan_in is the number of inputs
to each output, fan_out that of outputs of each input.
"""

import math
import warnings
from typing import Any

import numpy as np

from micrograd import creation
from micrograd.ops.selecting import where
from micrograd.random import Generator
from micrograd.rules import dtypes
from micrograd.rules.grad_mode import no_grad
from micrograd.rules.missing import getattr_of
from micrograd.tensors import Tensor

__all__ = [
    "calculate_gain",
    "constant_",
    "kaiming_normal_",
    "kaiming_uniform_",
    "normal_",
    "ones_",
    "orthogonal_",
    "trunc_normal_",
    "uniform_",
    "xavier_normal_",
    "xavier_uniform_",
    "zeros_",
]


@no_grad()
def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill from the uniform distribution on [a, b). Raises RuntimeError if b < a.

    >>> w = torch.nn.init.uniform_(torch.empty(3), -1, 1)
    >>> w.shape
    torch.Size([3])
    """
    return tensor.uniform_(a, b, generator=generator)


@no_grad()
def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill from the normal distribution. Raises RuntimeError for a negative standard deviation.

    >>> w = torch.nn.init.normal_(torch.empty(3, 4))
    """
    return tensor.normal_(mean, std, generator=generator)


@no_grad()
def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fill with one number.

    >>> torch.nn.init.constant_(torch.empty(2), 0.5)
    tensor([0.5000, 0.5000])
    """
    tensor[...] = val
    return tensor


def zeros_(tensor: Tensor) -> Tensor:
    """Fill with zeros.

    >>> torch.nn.init.zeros_(torch.empty(2))
    tensor([0., 0.])
    """
    return constant_(tensor, 0.0)


def ones_(tensor: Tensor) -> Tensor:
    """Fill with ones.

    >>> torch.nn.init.ones_(torch.empty(2))
    tensor([1., 1.])
    """
    return constant_(tensor, 1.0)


_GAINS = {"tanh": 5 / 3, "relu": math.sqrt(2), "selu": 3 / 4}
_GAINS |= dict.fromkeys(("linear", "sigmoid", "conv1d", "conv2d", "conv3d"), 1.0)


def calculate_gain(nonlinearity: str, param: Any = None) -> float:
    """The gain of a nonlinearity: the factor of the standard deviation. param: leaky_relu's negative slope (0.01).

    Raises ValueError for another nonlinearity.

    >>> torch.nn.init.calculate_gain('tanh')
    1.6666666666666667
    """
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, int | float):
            raise ValueError(f"negative_slope {slope} not a valid number")
        return math.sqrt(2 / (1 + slope**2))
    if nonlinearity not in _GAINS:
        raise ValueError(f"Unsupported nonlinearity {nonlinearity}; there are {', '.join(_GAINS)} and leaky_relu")
    return _GAINS[nonlinearity]


def _fans(tensor: Tensor) -> tuple[int, int]:
    """fan_in and fan_out."""
    if tensor.ndim < 2:
        raise ValueError("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions")
    kernel_size = math.prod(tensor.shape[2:])
    return tensor.shape[1] * kernel_size, tensor.shape[0] * kernel_size


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    fans = dict(zip(("fan_in", "fan_out"), _fans(tensor), strict=True))
    if mode.lower() not in fans:
        raise ValueError(f"Mode {mode} not supported, please use one of {list(fans)}")
    return calculate_gain(nonlinearity, a) / math.sqrt(fans[mode.lower()])


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Fill from the uniform distribution with standard deviation gain / sqrt(fan) and mean 0.

    a: the negative slope of leaky_relu. mode: 'fan_in' keeps the variance of activations, 'fan_out' of gradients.
    Raises ValueError for another mode or nonlinearity and for fewer than two dimensions.

    >>> w = torch.nn.init.kaiming_uniform_(torch.empty(3, 4))
    """
    if not tensor.numel():
        return tensor
    bound = math.sqrt(3) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Fill from the normal distribution with standard deviation gain / sqrt(fan); otherwise as kaiming_uniform_.

    >>> w = torch.nn.init.kaiming_normal_(torch.empty(3, 4))
    """
    if not tensor.numel():
        return tensor
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


def _xavier_std(tensor: Tensor, gain: float) -> float:
    return gain * math.sqrt(2 / sum(_fans(tensor)))


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill from the uniform distribution with standard deviation gain * sqrt(2 / (fan_in + fan_out)) and mean 0.

    Raises ValueError for fewer than two dimensions.

    >>> w = torch.nn.init.xavier_uniform_(torch.empty(3, 4))
    """
    bound = math.sqrt(3) * _xavier_std(tensor, gain)
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill from the normal distribution with that standard deviation; otherwise as xavier_uniform_.

    >>> w = torch.nn.init.xavier_normal_(torch.empty(3, 4))
    """
    return normal_(tensor, 0.0, _xavier_std(tensor, gain), generator)


def _normal_cdf(x: float) -> float:
    return (1 + math.erf(x / math.sqrt(2))) / 2


@no_grad()
def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:
    """Fill from the normal distribution truncated to [a, b]: values outside are drawn again.

    As in PyTorch 2.13, each round draws for all elements. Where [a, b] holds at most 0.3 of the distribution, uniform
    candidates are accepted with probability density / largest density instead. Warns if [a, b] lies more than 2 std
    from the mean.

    >>> w = torch.nn.init.trunc_normal_(torch.empty(3, 4))
    """
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn("trunc_normal_: mean is more than 2 std from [a, b]; few draws lie there", stacklevel=2)
    x, pending = creation.empty_like(tensor), creation.ones_like(tensor, dtype=dtypes.bool)
    common = _normal_cdf((b - mean) / std) - _normal_cdf((a - mean) / std) > 0.3
    log_peak = -0.5 * ((max(a, min(mean, b)) - mean) / std) ** 2
    low, high = (creation.tensor(bound, dtype=tensor.dtype).item() for bound in (a, b))
    while True:
        x.normal_(mean, std, generator=generator) if common else x.uniform_(a, b, generator=generator)
        tensor.copy_(where(pending, x, tensor))
        if common:
            pending = (tensor < low) | (tensor > high)
        else:
            log_density = -0.5 * ((x - mean) / std) ** 2 - log_peak
            pending &= creation.empty_like(tensor).uniform_(generator=generator).log() > log_density
        if not pending.any():
            return tensor


@no_grad()
def orthogonal_(tensor: Tensor, gain: float = 1, generator: Generator | None = None) -> Tensor:
    """Fill with gain times a random matrix of orthonormal rows or columns (Saxe et al. 2014).

    tensor: (n, ...), seen as (n, m); its rows are orthonormal if n <= m, else its columns. Agrees with PyTorch to 1e-5:
    the two decompositions are computed by different code. Raises ValueError for fewer than two dimensions.

    >>> w = torch.nn.init.orthogonal_(torch.empty(3, 4))
    """
    if tensor.ndim < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    if not tensor.numel():
        return tensor
    rows, columns = tensor.shape[0], tensor.numel() // tensor.shape[0]
    drawn = creation.empty(rows, columns, dtype=tensor.dtype).normal_(generator=generator).numpy()
    q, r = np.linalg.qr(drawn.T if rows < columns else drawn)
    q *= np.sign(np.diag(r))  # with a positive diagonal of r, q is uniform (Mezzadri 2007)
    q = q.T if rows < columns else q
    return tensor.copy_(creation.from_numpy(gain * q).view(tensor.shape))


__getattr__ = getattr_of("micrograd.nn.init", lambda: __all__)
