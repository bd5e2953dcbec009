"""Losses as layers, with the arguments of the functions in `nn.functional`."""

from typing import Any

from micrograd.nn import functional as F  # noqa: N812 - as everywhere
from micrograd.nn.module import Module
from micrograd.tensors import Tensor

__all__ = ["CrossEntropyLoss", "MSELoss", "NLLLoss"]


class MSELoss(Module):
    """(input - target)**2, reduced; see `functional.mse_loss`.

    >>> torch.nn.MSELoss()(torch.ones(2), torch.zeros(2))
    tensor(1.)
    """

    def __init__(self, *, reduction: str = "mean"):
        self.reduction = reduction

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.mse_loss(input, target, reduction=self.reduction)


class NLLLoss(Module):
    """-input[i, target[i]] for log probabilities, reduced; see `functional.nll_loss`.

    >>> torch.nn.NLLLoss()(torch.zeros(2, 3), torch.tensor([0, 1]))
    tensor(0.)
    """

    weight: Any

    def __init__(self, weight: Tensor | None = None, *, ignore_index: int = -100, reduction: str = "mean"):
        self.register_buffer("weight", weight)
        self.ignore_index, self.reduction = ignore_index, reduction

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.nll_loss(input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction)


class CrossEntropyLoss(Module):
    """-log(softmax(input)[i, target[i]]) for logits, reduced; see `functional.cross_entropy`.

    label_smoothing: the fraction of the target that is shared among all classes (Szegedy et al. 2016).

    >>> torch.nn.CrossEntropyLoss()(torch.zeros(2, 3), torch.tensor([0, 1]))
    tensor(1.0986)
    """

    weight: Any

    def __init__(
        self,
        weight: Tensor | None = None,
        *,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ):
        self.register_buffer("weight", weight)
        self.ignore_index, self.reduction, self.label_smoothing = ignore_index, reduction, label_smoothing

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.cross_entropy(
            input,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )
