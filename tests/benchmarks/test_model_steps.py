"""Training steps of the neural models against the same steps in PyTorch: `pytest -m benchmark -n 0 -s`.

A step draws a batch of 32 and does everything to it: forward, cross-entropy, backward, update. PyTorch is in its best
form: attention, layer norm and optimizer (fused=True) are single kernels. It runs on two threads, as installed on two
cores, and on one, which is its better way with work as small as this or on a machine that has other things to do. Nets
of the lectures step by SGD, those of makemore.py by AdamW on whole words, padded to the longest.
"""

import importlib.util
from pathlib import Path

import pytest
import torch
from benchmarks.steps import BLOCK, SIXTY_FOUR, examples, net_step, step_by_hand
from benchmarks.timing import compare, report

import micrograd
from makemore.models.bow import BagOfWords
from makemore.models.mlp import MLP
from makemore.models.recurrent import GRU, LSTM, RNN
from makemore.models.transformer import Transformer
from makemore.models.wavenet import WaveNet

_spec = importlib.util.spec_from_file_location(
    "pytorch_models", Path(__file__).parents[1] / "makemore" / "pytorch_models.py"
)
theirs = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(theirs)

NETS = {
    "MLP of the lecture": (MLP, 3, {"n_embd": 10, "n_embd2": 200}),
    "MLP with batch norm": (MLP, 3, {"n_embd": 10, "n_embd2": 200, "batchnorm": True}),
    "WaveNet": (WaveNet, 8, {"n_embd": 24, "n_embd2": 128}),
    "RNN": (RNN, BLOCK, SIXTY_FOUR),
    "GRU": (GRU, BLOCK, SIXTY_FOUR),
    "LSTM": (LSTM, BLOCK, SIXTY_FOUR),
    "bag of words": (BagOfWords, BLOCK, SIXTY_FOUR),
    "transformer": (Transformer, BLOCK, {"n_embd": 64, "n_layer": 4, "n_head": 4}),
}


@pytest.fixture(autouse=True)
def as_many_threads_as_before():
    """Whatever is done to the number of PyTorch's threads is undone."""
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def on_threads(number, step):
    """A step with so many of PyTorch's threads."""

    def on_them():
        if torch.get_num_threads() != number:
            torch.set_num_threads(number)
        return step()

    return on_them


def steps_of(name):
    """The step on micrograd and on PyTorch, from the same weights, on the same batches."""
    kind, length, sizes = NETS[name]
    x, y = examples(length, kind.whole_words)
    micrograd.manual_seed(1)
    mine, other = kind(27, length, **sizes), getattr(theirs, kind.__name__)(27, length, **sizes)
    other.load_state_dict({key: torch.from_numpy(t.numpy().copy()) for key, t in mine.state_dict().items()})
    micrograd.manual_seed(2)
    torch.manual_seed(2)
    return (
        net_step(micrograd, mine, x, y, kind.whole_words),
        net_step(torch, other, x, y, kind.whole_words),
    )


@pytest.mark.benchmark
@pytest.mark.parametrize("name", NETS)
def test_a_training_step_against_pytorch(name):
    ours, pytorch = steps_of(name)
    assert [ours() for _ in range(5)] == pytest.approx([pytorch() for _ in range(5)], rel=1e-4)
    functions = {"micrograd": ours, "PyTorch": on_threads(2, pytorch), "PyTorch,_one_thread": on_threads(1, pytorch)}
    if name == "MLP of the lecture":
        functions["NumPy_by_hand"] = step_by_hand()
    report(f"{name}, batch of 32", compare(**functions), against="PyTorch")
