"""Clipping of gradients before the optimizer's step."""

from collections.abc import Iterable

import numpy as np

from micrograd.nn.utils import rnn
from micrograd.rules.missing import getattr_of
from micrograd.tensors import Tensor, wrap

__all__ = ["clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_", "get_total_norm", "rnn"]


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> Tensor:
    """Scale the gradients in place so that the norm of all together is at most max_norm (Pascanu et al. 2013).

    norm_type: the p of the p-norm, or inf. Returns the norm before clipping, a tensor without dimensions.
    Raises RuntimeError for a norm that is not finite, if error_if_nonfinite.

    >>> w = torch.tensor([3.0, 4.0], requires_grad=True)
    >>> w.sum().backward()
    >>> torch.nn.utils.clip_grad_norm_(w, max_norm=1.0)
    tensor(1.4142)
    """
    found = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    total = get_total_norm(_gradients(found), norm_type, error_if_nonfinite)
    clip_grads_with_norm_(found, max_norm, total)
    return total


def get_total_norm(
    tensors: Tensor | Iterable[Tensor], norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> Tensor:
    """The norm of tensors as if all their elements were one vector, a tensor without dimensions.

    Raises RuntimeError for a norm that is not finite, if error_if_nonfinite.

    >>> import micrograd
    >>> micrograd.nn.utils.get_total_norm([micrograd.tensor([3.0]), micrograd.tensor([[4.0]])])
    tensor(5.)
    """
    arrays = [tensor._array for tensor in ([tensors] if isinstance(tensors, Tensor) else tensors)]
    norms = [np.linalg.norm(array.reshape(-1), norm_type) for array in arrays]
    total = np.linalg.norm(np.array(norms), norm_type) if norms else np.float32(0)
    if error_if_nonfinite and not np.isfinite(total):
        raise RuntimeError(
            f"The total norm of order {norm_type} for gradients is non-finite, {total}, so it cannot be clipped"
        )
    return wrap(total)


def clip_grads_with_norm_(parameters: Tensor | Iterable[Tensor], max_norm: float, total_norm: Tensor) -> None:
    """The same as clip_grad_norm_, where the norm of all gradients together is known.

    >>> import micrograd as torch
    >>> w = torch.nn.Parameter(torch.zeros(2))
    >>> w.grad = torch.tensor([3.0, 4.0])
    >>> torch.nn.utils.clip_grads_with_norm_(w, 1.0, torch.tensor(5.0))
    >>> w.grad
    tensor([0.6000, 0.8000])
    """
    factor = max_norm / (total_norm._array + 1e-6)
    if not factor >= 1:  # nan, too, goes into the gradients, as in PyTorch
        for grad in _gradients(parameters):
            grad *= float(factor)


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float) -> None:
    """Clamp every element of the gradients to [-clip_value, clip_value], in place.

    >>> w = torch.nn.Parameter(torch.zeros(2))
    >>> w.grad = torch.tensor([3.0, -0.5])
    >>> torch.nn.utils.clip_grad_value_([w], 1.0)
    >>> w.grad
    tensor([ 1.0000, -0.5000])
    """
    for grad in _gradients(parameters):
        grad.clamp_(-clip_value, clip_value)


def _gradients(parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    tensors = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    return [tensor.grad for tensor in tensors if tensor.grad is not None]


__getattr__ = getattr_of("micrograd.nn.utils", lambda: __all__)
