"""The losses as modules. Their arguments are those of the functions, in `micrograd.ops.losses`."""

from typing import Any

from micrograd.nn.module import Module
from micrograd.ops.losses import cross_entropy, mse_loss, nll_loss
from micrograd.tensors import Tensor


class CrossEntropyLoss(Module):
    """See `cross_entropy`."""

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
        """input: logits; target: class indices or probabilities."""
        return cross_entropy(
            input,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )


class NLLLoss(Module):
    """See `nll_loss`."""

    weight: Any

    def __init__(self, weight: Tensor | None = None, *, ignore_index: int = -100, reduction: str = "mean"):
        self.register_buffer("weight", weight)
        self.ignore_index, self.reduction = ignore_index, reduction

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """input: log probabilities; target: class indices."""
        return nll_loss(input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction)


class MSELoss(Module):
    """See `mse_loss`."""

    def __init__(self, *, reduction: str = "mean"):
        self.reduction = reduction

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """input and target: of one shape."""
        return mse_loss(input, target, reduction=self.reduction)
