"""The functions on sequences that PyTorch does not have: micrograd's own, and on PyTorch step by step."""

from micrograd.compare.examples import functional


def in_both(name):
    """The function of this name, run(library, *tensors, **options)."""
    return lambda library, *tensors, **options: getattr(functional(library), name)(*tensors, **options)


rnn, gru, lstm, causal_self_attention = map(in_both, ("rnn", "gru", "lstm", "causal_self_attention"))
