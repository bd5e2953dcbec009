"""Convolution, a function of nn.functional."""

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from micrograd.ops import op, save
from micrograd.ops.normalization import sum_of_channels
from micrograd.rules.errors import need_one_dtype
from micrograd.rules.layout import lies_channels_last, unsqueezed


@op(
    lambda input, *others, **options: "ConvolutionBackward0" if input.ndim == 3 else "SqueezeBackward1",
    of="functional",
    examples=[
        "F.conv1d(signal, kernel, row)",
        "F.conv1d(signal, kernel, padding=1, stride=2, dilation=2)",
        "F.conv1d(signal[:, :2], kernel[:, :1], row, padding='same', groups=2)",
        "F.conv1d(signal[0], kernel)",
    ],
)
def conv1d(x, weight, bias=None, /, stride=1, padding=0, dilation=1, groups=1):
    """Cross-correlation: the dot products of weight with windows of input, one every `stride` elements, plus bias.

    input: (n, channels, length), or (channels, length); weight: (out_channels, channels / groups, kernel_size);
    bias: (out_channels,). padding: so many zeros at each end, or 'same', or 'valid' (none). dilation: from one element
    of a window to the next. groups: in so many groups the channels are divided, each connected to its own alone.
    The result is (n, out_channels, out_length), or (out_channels, out_length). Raises RuntimeError where shapes or
    dtypes do not fit.

    Fused, for speed, as one product of matrices (im2col). The composition:
    stack([(x[:, None, :, i : i + kernel_size] * weight).sum((2, 3)) for i in range(out_length)], 2) + bias[:, None].
    """
    need_one_dtype("conv1d", x, weight, bias)
    stride, dilation = _single(stride), _single(dilation)
    left, right = _check_convolution(x, weight, bias, stride, padding, dilation, groups)
    x_shape, w_shape = x.shape, weight.shape
    out_channels, channels, kernel_size = w_shape
    n, length = 1 if x.ndim == 2 else len(x), x.shape[-1]
    if not channels:
        return _of_no_channels(x, weight, (length + left + right - dilation * (kernel_size - 1) - 1) // stride + 1)
    padded = x.reshape(n, groups * channels, length)
    if left or right:
        padded = np.zeros((n, groups * channels, left + length + right), x.dtype)
        padded[:, :, left : left + length] = x
    out_length = (padded.shape[2] - dilation * (kernel_size - 1) - 1) // stride + 1
    padded_shape, (*steps, step) = padded.shape, padded.strides
    windows = as_strided(
        padded, (n, groups * channels, kernel_size, out_length), (*steps, dilation * step, stride * step)
    )
    columns = windows.reshape(n, groups, channels * kernel_size, out_length)
    if np.may_share_memory(columns, x):  # with a kernel of 1
        columns = columns.copy()
    kernels_shape = groups, out_channels // groups, channels * kernel_size
    out_shape = (n, out_channels, out_length) if x.ndim == 3 else (out_channels, out_length)
    out = (weight.reshape(kernels_shape) @ columns).reshape(out_shape)
    if bias is not None:
        out += bias[:, None]
    if lies_channels_last(unsqueezed(weight, 2)) or (
        x.flags.c_contiguous and lies_channels_last(unsqueezed(x if x.ndim == 3 else x[None], 2))
    ):
        out = out.swapaxes(-2, -1).copy().swapaxes(-2, -1)  # PyTorch convolves a picture of one row

    def by_group(g):
        return g.reshape(n, groups, out_channels // groups, out_length)

    def dx(g):
        dcolumns = weight.reshape(kernels_shape).swapaxes(1, 2) @ by_group(g)
        dwindows = dcolumns.reshape(n, groups * channels, kernel_size, out_length)
        result = np.zeros(padded_shape, g.dtype)
        for i in range(kernel_size):
            start = i * dilation
            result[:, :, start : start + stride * (out_length - 1) + 1 : stride] += dwindows[:, :, i]
        return result[:, :, left : left + length].reshape(x_shape)

    def dweight(g):
        g = by_group(g).transpose(1, 2, 0, 3).reshape(groups, out_channels // groups, n * out_length)
        return (g @ columns.transpose(1, 0, 3, 2).reshape(groups, n * out_length, kernels_shape[2])).reshape(w_shape)

    def dbias(g):
        return sum_of_channels(g.reshape(n, out_channels, out_length))

    return out, save(dx, weight), save(dweight, columns), dbias


def _of_no_channels(x, weight, out_length):
    """PyTorch's result for an input of no channels has none either, however many the weight has."""
    lengths = x.shape, weight.shape, weight.shape[:1]
    out = np.zeros((*x.shape[:-2], 0, out_length), x.dtype)
    return out, *[lambda g, shape=shape: np.zeros(shape, g.dtype) for shape in lengths]


def _check_convolution(x, weight, bias, stride, padding, dilation, groups):
    """How many zeros go to the left and to the right. Raises RuntimeError where something does not fit."""
    if groups < 1:
        raise RuntimeError(f"conv1d: groups has to be 1 or more, and it is {groups}")
    if x.ndim not in (2, 3) or weight.ndim != 3 or x.shape[-2] != groups * weight.shape[1]:
        raise RuntimeError(
            "conv1d takes (n, channels, length) and a weight (out_channels, channels / groups, kernel_size), not "
            f"{list(x.shape)} and {list(weight.shape)} with groups={groups}"
        )
    if len(weight) % groups:
        raise RuntimeError(f"conv1d: {len(weight)} output channels cannot be divided into groups={groups}")
    if bias is not None and bias.shape != weight.shape[:1]:
        raise RuntimeError(f"conv1d: the bias has to be {list(weight.shape[:1])}, and it is {list(bias.shape)}")
    if padding == "same" and stride != 1:
        raise RuntimeError("padding='same' is not supported for strided convolutions")
    if isinstance(padding, str) and padding not in ("same", "valid"):
        raise RuntimeError(f"Invalid padding string: {padding!r}; take 'same', 'valid' or a number")
    if not len(weight) or not weight.shape[2] or not x.shape[-1]:
        raise RuntimeError(
            f"conv1d: there is nothing to multiply: the weight is {list(weight.shape)} and the input {list(x.shape)}"
        )
    span = dilation * (weight.shape[2] - 1)
    total = span if padding == "same" else 0 if padding == "valid" else 2 * _single(padding)
    if stride < 1 or dilation < 1 or total < 0:
        raise RuntimeError("conv1d: stride and dilation have to be 1 or more, padding 0 or more")
    if x.shape[-1] + total <= span:
        raise RuntimeError(
            f"conv1d: Kernel size can't be greater than actual input size: a kernel of {weight.shape[2]} spans "
            f"{span + 1} elements, and the input has {x.shape[-1] + total}, padding included"
        )
    return total // 2, total - total // 2


def _single(number: Any) -> Any:
    """The number that 3 and (3,) both mean."""
    return number if isinstance(number, int) else number[0]
