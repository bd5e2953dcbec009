"""Written by `python -m micrograd.ops.stubs`: change the functions themselves, and run it again."""

import builtins
from collections.abc import Sequence
from micrograd.tensors import Tensor
from typing import Any

def batch_norm(input: Tensor, running_mean: Tensor | None, running_var: Tensor | None, weight: Tensor | None = None, bias: Tensor | None = None, training: builtins.bool = False, momentum: builtins.float = 0.1, eps: builtins.float = 1e-05) -> Tensor:
    """(input - mean) / sqrt(var + eps) * weight + bias for each channel (Ioffe and Szegedy 2015).

    input: (n, channels, ...); all others: (channels,). In training mean and variance (divided by n) are those of input,
    and running_mean and running_var move towards them (there the variance is divided by n - 1) by `momentum` of the
    way; otherwise mean and variance are running_mean and running_var.
    Raises RuntimeError where shapes or dtypes do not fit, ValueError for a single value per channel in training.


    Examples: F.batch_norm(x, None, None, training=True)
    """
def causal_self_attention(qkv: Tensor | builtins.float, n_head: builtins.int) -> Tensor:
    """Multi-head self-attention in which no position attends to later ones (Vaswani et al. 2017): (n, T, c).

    qkv: (n, T, 3 * c), the query, the key and the value of each position one after the other, in each of them the c /
    n_head numbers of one head after those of the other. Raises RuntimeError where the last dimension is not so divided.

    Fused, for speed: scaled_dot_product_attention(q, k, v, is_causal=True) of each head.


    Examples: F.causal_self_attention(qkv, 2)
    """
def conv1d(input: Tensor, weight: Tensor | builtins.float, bias: Tensor | builtins.float | None = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: builtins.int = 1) -> Tensor:
    """Cross-correlation: the dot products of weight with windows of input, one every `stride` elements, plus bias.

    input: (n, channels, length), or (channels, length); weight: (out_channels, channels / groups, kernel_size);
    bias: (out_channels,). padding: so many zeros at each end, or 'same', or 'valid' (none). dilation: from one element
    of a window to the next. groups: in so many groups the channels are divided, each connected to its own alone.
    The result is (n, out_channels, out_length), or (out_channels, out_length). Raises RuntimeError where shapes or
    dtypes do not fit.

    Fused, for speed, as one product of matrices (im2col). The composition:
    stack([(x[:, None, :, i : i + kernel_size] * weight).sum((2, 3)) for i in range(out_length)], 2) + bias[:, None].


    Examples: F.conv1d(signal, kernel, row); F.conv1d(signal, kernel, padding=1, stride=2, dilation=2); F.conv1d(signal[:, :2], kernel[:, :1], row, padding='same', groups=2); F.conv1d(signal[0], kernel)
    """
def cross_entropy(input: Tensor, target: Tensor, weight: Tensor | None = None, *, ignore_index: builtins.int = -100, reduction: builtins.str = 'mean', label_smoothing: builtins.float = 0.0) -> Tensor:
    """The negative log-likelihood, in nats, of the target classes under softmax(input).

    input: logits of the shape (n, classes), (classes,) or (n, classes, d1, ...); target: class indices, int64, of the
    shape (n,), () or (n, d1, ...), or probabilities of the shape and dtype of input.
    weight: of each class, (classes,). ignore_index: a target that does not count at all; where none
    counts, the mean is nan. label_smoothing: the fraction of the target that is shared among all classes (Szegedy
    et al. 2016). reduction: 'mean' over the examples, by their weights, 'sum', or 'none' for the loss of each.
    Raises RuntimeError or ValueError where shapes or dtypes do not fit, IndexError for a class that is not there.


    Examples: F.cross_entropy(x, targets)
    """
def dropout(input: Tensor, p: builtins.float = 0.5, training: builtins.bool = True, inplace: builtins.bool = False) -> Tensor:
    """input with each element 0 with probability p, and the others divided by 1 - p (Srivastava et al. 2014).

    Outside of training it is input itself. inplace: change input itself. Raises ValueError where p is no probability.


    Examples: F.dropout(x, 0.5, training=False)
    """
def elu(input: Tensor, alpha: builtins.float = 1.0, inplace: builtins.bool = False) -> Tensor:
    """input where it is positive, else alpha * (exp(input) - 1) (Clevert, Unterthiner and Hochreiter 2015).

    inplace: change input itself. Raises NotImplementedError where the elements are not floats.


    Examples: F.elu(x)
    """
def embedding(input: Tensor, weight: Tensor | builtins.float, padding_idx: builtins.int | None = None) -> Tensor:
    """The rows of weight (n, m) at the indices that input, int64 or int32 of any shape, holds: (*input.shape, m).

    padding_idx: a row that gets no gradient. Raises RuntimeError where input holds no integers, IndexError for a row
    that is not there.


    Examples: F.embedding(ints, weight); F.embedding(ints[None], weight, padding_idx=0)
    """
def gelu(input: Tensor, *, approximate: builtins.str = 'none') -> Tensor:
    """input * Phi(input), Phi the CDF of the standard normal distribution (Hendrycks and Gimpel 2016).

    approximate: 'tanh' for their approximation of it. Raises RuntimeError for another word and
    for other dtypes than floats.

    Fused, for speed: input * 0.5 * (1 + erf(input / sqrt(2))), and with 'tanh'
    0.5 * input * (1 + tanh(sqrt(2 / pi) * (input + 0.044715 * input**3))).


    Examples: F.gelu(x); F.gelu(x, approximate='tanh')
    """
def gru(input: Tensor, h0: Tensor | builtins.float, weight: Tensor | builtins.float, bias: Tensor | builtins.float) -> Tensor:
    """The hidden states of a gated recurrent unit (Cho et al. 2014), with gates z and r and candidate c: (T, n, h).

    As rnn, with weight (3 * h, e + h) and bias (3 * h,), the rows of z first, then those of r and of c.

    Fused, for speed: at each step z, r = sigmoid(weight @ [x, h] + bias); c = tanh(weight @ [x, r * h] + bias);
    h = (1 - z) * h + z * c.


    Examples: F.gru(sequence, state, gates[:6], gates_bias[:6])
    """
def layer_norm(input: Tensor, normalized_shape: Sequence[builtins.int], weight: Tensor | None = None, bias: Tensor | None = None, eps: builtins.float = 1e-05) -> Tensor:
    """(input - mean) / sqrt(var + eps) * weight + bias over the last dimensions (Ba, Kiros and Hinton 2016).

    normalized_shape: the shape of these dimensions, and of weight and bias. The variance is divided by n.
    Raises RuntimeError where shapes or dtypes do not fit.


    Examples: F.layer_norm(x, (4,))
    """
def leaky_relu(input: Tensor, negative_slope: builtins.float = 0.01, inplace: builtins.bool = False) -> Tensor:
    """input where it is positive, else negative_slope * input (Maas, Hannun and Ng 2013).

    inplace: change input itself. Raises NotImplementedError where the elements are not floats.


    Examples: F.leaky_relu(x, 0.1)
    """
def linear(input: Tensor, weight: Tensor | builtins.float, bias: Tensor | builtins.float | None = None) -> Tensor:
    """input @ weight.T + bias.

    input: (..., n); weight: (m, n), or (n,); bias: (m,), or what broadcasts to the result, which is (..., m).
    Raises RuntimeError where the sizes do not fit or the dtypes differ.

    Fused, for speed: input @ weight.T + bias, with all leading dimensions in one product of matrices, and by `dot`,
    which starts half a microsecond sooner than `@`.


    Examples: F.linear(x, weight, bias); F.linear(batch, weight, bias); F.linear(batch, weight); F.linear(x, row)
    """
def log_softmax(input: Tensor, dim: builtins.int | None = None, *, dtype: Any = None) -> Tensor:
    """log(softmax(input)), computed without overflow.

    Examples: F.log_softmax(x, dim=1)
    """
def lstm(input: Tensor, h0: Tensor | builtins.float, c0: Tensor | builtins.float, weight: Tensor | builtins.float, bias: Tensor | builtins.float) -> Tensor:
    """The hidden states of a long short-term memory (Hochreiter and Schmidhuber 1997): (T, n, h).

    As rnn, with a cell beside the state, which is c0, (1, h), before the first step, the gates i, f (the forget gate of
    Gers et al. 2000) and o and the candidate c. weight: (4 * h, e + h), bias: (4 * h,), in this order.

    Fused, for speed: at each step i, f, o = sigmoid(weight @ [x, h] + bias); c = tanh(weight @ [x, h] + bias);
    cell = f * cell + i * c; h = o * tanh(cell).


    Examples: F.lstm(sequence, state, cell, gates, gates_bias)
    """
def mse_loss(input: Tensor, target: Tensor, *, reduction: builtins.str = 'mean') -> Tensor:
    """The mean of (input - target)**2, their 'sum', or 'none' for all of them. Shapes that differ broadcast.

    Raises RuntimeError for what is no float or does not broadcast, ValueError for another reduction.


    Examples: F.mse_loss(x, y)
    """
def nll_loss(input: Tensor, target: Tensor, weight: Tensor | None = None, *, ignore_index: builtins.int = -100, reduction: builtins.str = 'mean') -> Tensor:
    """-input[i, target[i]], where input holds log probabilities; otherwise as cross_entropy with class indices.

    Examples: F.nll_loss(x.log_softmax(1), targets)
    """
def one_hot(input: Tensor, num_classes: builtins.int = -1) -> Tensor:
    """A row of zeros with a single 1 for each class index: shape (*input.shape, num_classes), int64.

    num_classes: by default the largest index plus 1. Raises RuntimeError for what is no class index, int64.


    Examples: F.one_hot(ints); F.one_hot(ints, num_classes=7)
    """
def pad(input: Tensor, pad: Sequence[builtins.int], mode: builtins.str = 'constant', value: builtins.float | None = None) -> Tensor:
    """input with more elements at its ends, all of them `value` (0 by default).

    pad: how many to the left and to the right, of the last dimension, then of the last but one, and so on; negative
    ones cut off. Raises RuntimeError where pad has not two numbers for each of at most all dimensions.


    Examples: F.pad(x, (1, 2)); F.pad(batch, (1, 0, 2, -1), value=7); F.pad(ints, (-1, 1))
    """
def relu(input: Tensor, inplace: builtins.bool = False) -> Tensor:
    """max(input, 0). inplace: change input itself.

    Examples: F.relu(x)
    """
def rnn(input: Tensor, h0: Tensor | builtins.float, weight: Tensor | builtins.float, bias: Tensor | builtins.float) -> Tensor:
    """The hidden state of a recurrent net after each time step (Elman 1990): (T, n, h).

    input: (T, n, e), T steps of n sequences; h0: the state before the first, (1, h); weight: (h, e + h); bias: (h,).
    Raises RuntimeError where shapes or dtypes do not fit.

    Fused, for speed: at each step h = tanh(weight @ [x, h] + bias).


    Examples: F.rnn(sequence, state, gates[:2], gates_bias[:2])
    """
def scaled_dot_product_attention(query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor | None = None, dropout_p: builtins.float = 0.0, is_causal: builtins.bool = False, *, scale: builtins.float | None = None) -> Tensor:
    """softmax(query @ key.mT * scale + attn_mask) @ value: for each query a weighted mean of the values.

    (Vaswani et al. 2017.) query: (..., l, e); key: (..., s, e); value: (..., s, f); the result is (..., l, f).
    attn_mask: of a shape that broadcasts to (..., l, s), either bools, True where position l may attend to position s,
    or floats to be added to the scores.
    is_causal: position l attends to none after l. scale: 1 / sqrt(e) by default. dropout_p: the probability with which
    each weight is dropped, in training or not.
    Raises RuntimeError where shapes or dtypes do not fit, and for attn_mask beside is_causal except where PyTorch takes
    both: with four dimensions, without dropout, and a mask that wants no gradient.


    Examples: F.scaled_dot_product_attention(batch, batch, batch, is_causal=True)
    """
def sigmoid(input: Tensor) -> Tensor:
    """1 / (1 + exp(-input)).

    Examples: x.sigmoid()
    """
def silu(input: Tensor, inplace: builtins.bool = False) -> Tensor:
    """input * sigmoid(input), also known as swish (Elfwing, Uchibe and Doya 2017).

    inplace: change input itself. Raises NotImplementedError where the elements are not floats.


    Examples: F.silu(x)
    """
def softmax(input: Tensor, dim: builtins.int | None = None, *, dtype: Any = None) -> Tensor:
    """exp(input) / exp(input).sum(dim): probabilities, which sum to 1. dtype: what to convert input to before that.

    Examples: F.softmax(x, dim=1)
    """
def tanh(input: Tensor) -> Tensor:
    """The hyperbolic tangent of each element.

    Examples: x.tanh()
    """
