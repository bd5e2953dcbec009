"""Training steps of the neural models against the same steps in PyTorch: `pytest -m benchmark -n 0 -s`.

A step draws a batch of 32 and does everything to it: forward, cross-entropy, backward, update. PyTorch is in its best
form: attention, layer norm and optimizer (fused=True) are single kernels. It runs on two threads, as installed on two
cores, and on one, which is its better way with work as small as this or on a machine that has other things to do. Nets
of the lectures step by SGD, those of makemore.py by AdamW on whole words, padded to the longest.
"""

import importlib.util
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from benchmarks.timing import compare, report

import micrograd
from makemore import data
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

RATE = 1e-4  # so small that the weights, and with them the work, stay about as they are
BLOCK = 16  # the longest name and its end
SIXTY_FOUR = {"n_embd": 64, "n_embd2": 64}
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


@pytest.fixture(scope="module")
def words():
    """Names that the context holds."""
    return [word for word in data.WordList(data.bundled_names()).words() if len(word) < BLOCK]


def examples(words, whole_words, length):
    """All examples: contexts and targets."""
    numbers = data.Vocabulary("".join(words)).encode_text(data.text_of(words))
    if not whole_words:
        return data.examples(numbers, length)
    x, y = np.zeros((len(words), length), np.int64), np.full((len(words), length), -1, np.int64)
    starts = np.flatnonzero(numbers == 0)
    for i, (start, end) in enumerate(pairwise(starts)):
        x[i, : end - start], y[i, : end - start] = numbers[start:end], numbers[start + 1 : end + 1]
    return x, y


def step_of(library, model, x, y, whole_words, **fastest):
    """A training step in either library, written for both."""
    x, y = library.from_numpy(x), library.from_numpy(y)
    kind = library.optim.AdamW if whole_words else library.optim.SGD
    optimizer = kind(model.parameters(), lr=RATE, **fastest)

    def step():
        batch = library.randint(0, len(x), (32,))
        logits, targets = model(x[batch]), y[batch]
        loss = library.nn.functional.cross_entropy(logits.view(-1, 27), targets.view(-1), ignore_index=-1)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def on_threads(number, step):
    """A step with so many of PyTorch's threads."""

    def on_them():
        if torch.get_num_threads() != number:
            torch.set_num_threads(number)
        return step()

    return on_them


def steps_of(name, words):
    """The step on micrograd and on PyTorch, from the same weights, on the same batches."""
    kind, length, sizes = NETS[name]
    x, y = examples(words, kind.whole_words, length)
    micrograd.manual_seed(1)
    mine, other = kind(27, length, **sizes), getattr(theirs, kind.__name__)(27, length, **sizes)
    other.load_state_dict({key: torch.from_numpy(t.numpy().copy()) for key, t in mine.state_dict().items()})
    micrograd.manual_seed(2)
    torch.manual_seed(2)
    return (
        step_of(micrograd, mine, x, y, kind.whole_words),
        step_of(torch, other, x, y, kind.whole_words, fused=True),
    )


def by_hand(words):
    """The step of the lecture's MLP in NumPy alone, every derivative written out: what an engine cannot go below."""
    x, y = examples(words, False, 3)
    rng = np.random.default_rng(1)
    shapes = [(27, 10), (30, 200), (200,), (200, 27), (27,)]
    C, W1, b1, W2, b2 = (0.1 * rng.standard_normal(shape, np.float32) for shape in shapes)

    def step():
        batch = rng.integers(0, len(x), 32)
        rows, targets = x[batch], y[batch]
        emb = C[rows].reshape(32, 30)
        h = np.tanh(emb @ W1 + b1)
        logits = h @ W2 + b2
        logits -= logits.max(1, keepdims=True)
        slope = np.exp(logits)
        total = slope.sum(1, keepdims=True)
        loss = (np.log(total[:, 0]) - logits[np.arange(32), targets]).mean()
        slope /= total
        slope[np.arange(32), targets] -= 1
        slope /= 32
        to_hidden = (slope @ W2.T) * (1 - h * h)
        to_table = np.zeros_like(C)
        np.add.at(to_table, rows, (to_hidden @ W1.T).reshape(32, 3, 10))
        gradients = to_table, emb.T @ to_hidden, to_hidden.sum(0), h.T @ slope, slope.sum(0)
        for weights, gradient in zip((C, W1, b1, W2, b2), gradients, strict=True):
            weights -= RATE * gradient
        return float(loss)

    return step


@pytest.mark.benchmark
@pytest.mark.parametrize("name", NETS)
def test_a_training_step_against_pytorch(name, words):
    ours, pytorch = steps_of(name, words)
    assert [ours() for _ in range(5)] == pytest.approx([pytorch() for _ in range(5)], rel=1e-4)
    functions = {"micrograd": ours, "PyTorch": on_threads(2, pytorch), "PyTorch,_one_thread": on_threads(1, pytorch)}
    if name == "MLP of the lecture":
        functions["NumPy_by_hand"] = by_hand(words)
    report(f"{name}, batch of 32", compare(**functions), against="PyTorch")
