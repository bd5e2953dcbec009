"""Sequences of different lengths in one tensor."""

from collections.abc import Sequence

from micrograd.ops.shapes import transpose
from micrograd.rules.missing import getattr_of
from micrograd.tensors import Tensor

__all__ = ["pad_sequence"]


def pad_sequence(
    sequences: Sequence[Tensor], batch_first: bool = False, padding_value: float = 0.0, padding_side: str = "right"
) -> Tensor:
    """n tensors (length, *) of different lengths as one, (longest, n, *) or, with batch_first, (n, longest, *).

    The shorter ones are filled up with padding_value at their end, or with padding_side='left' at their start.

    >>> torch.nn.utils.rnn.pad_sequence([torch.tensor([1, 2]), torch.tensor([3])], batch_first=True)
    tensor([[1, 2],
            [3, 0]])
    """
    longest, rest = max([len(sequence) for sequence in sequences]), sequences[0].shape[1:]
    result = sequences[0].new_full((len(sequences), longest, *rest), padding_value)
    for i, sequence in enumerate(sequences):
        start = longest - len(sequence) if padding_side == "left" else 0
        result[i, start : start + len(sequence)] = sequence
    return result if batch_first else transpose(result, 0, 1)


__getattr__ = getattr_of("micrograd.nn.utils.rnn", lambda: __all__)
