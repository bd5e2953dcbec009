"""Training steps of the n-grams, against the same steps in PyTorch: `pytest -m benchmark -n 0 -s`."""

import pytest
import torch
from benchmarks.timing import compare, report
from torch.nn import functional as TF  # noqa: N812 - as everywhere

import micrograd
from makemore import data, steps
from makemore.corpus import Corpus
from makemore.models.ngram import NGram, frequencies_of
from micrograd import Generator
from micrograd.optim import SGD

SEED, WEIGHT_DECAY = 2147483647, 0.01
RATE = 1e-3  # so small that the weights, and with them the work, stay as they are


@pytest.fixture
def one_thread():
    """PyTorch on one thread, which is its best for work as small as a minibatch."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def words():
    return Corpus.read(data.bundled_names(), "none")


def examples_of(words, order):
    """The rows of the contexts and the targets, as PyTorch's tensors."""
    found = data.examples(words.survey.vocabulary.encode_text("".join(words.parts["train"])), order - 1)
    return torch.from_numpy(data.context_index(found.contexts, 27)), torch.from_numpy(found.targets)


def step_of(net, loss_of_step):
    """A step as makemore.train takes it: loss, backward, update."""
    optimizer = SGD(net.parameters(), lr=RATE)

    def step():
        loss = loss_of_step()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def torch_step_of(weights, loss_of_step):
    """The same in PyTorch, as the lecture writes it."""

    def step():
        loss = loss_of_step() + WEIGHT_DECAY * (weights**2).mean()
        weights.grad = None
        loss.backward()
        weights.data += -RATE * weights.grad
        return loss.item()

    return step


def weights_of(net):
    return torch.tensor(net.W.detach().numpy(), requires_grad=True)


@pytest.mark.benchmark
def test_a_full_batch_bigram_step_against_pytorch(words):
    net = NGram(27, 2, Generator().manual_seed(SEED))
    counts = data.count_ngrams(words.parts["train"], words.survey.vocabulary, 2)
    frequencies = frequencies_of(counts)
    xs, ys = examples_of(words, 2)
    one_hot = TF.one_hot(xs, num_classes=27).float()
    all_examples = torch.arange(len(xs))

    def lecture_loss(weights):
        counts = (one_hot @ weights).exp()
        probabilities = counts / counts.sum(1, keepdim=True)
        return -probabilities[all_examples, ys].log().mean()

    ours = step_of(net, lambda: net.loss_of_counts(frequencies) + net.penalty(WEIGHT_DECAY))
    spelled_out, product, row = weights_of(net), weights_of(net), weights_of(net)
    theirs = {
        "PyTorch,_one-hot,_spelled_out": torch_step_of(spelled_out, lambda: lecture_loss(spelled_out)),
        "PyTorch,_one-hot_@_W": torch_step_of(product, lambda: TF.cross_entropy(one_hot @ product, ys)),
        "PyTorch,_W[x]": torch_step_of(row, lambda: TF.cross_entropy(row[xs], ys)),
    }
    assert [step() for step in theirs.values()] == pytest.approx([ours()] * 3, rel=1e-5)
    report("full-batch bigram step", compare(table_of_counts=ours, **theirs), against="table_of_counts")


@pytest.mark.benchmark
@pytest.mark.usefixtures("one_thread")
def test_a_trigram_step_on_a_minibatch_against_pytorch(words):
    micrograd.manual_seed(SEED)
    net = NGram(27, 3)
    config = {"type": "trigram", "batch_size": 32, "weight_decay": WEIGHT_DECAY}
    ours = step_of(net, steps.loss_of_step(config, words, net))

    their_generator = torch.Generator().manual_seed(SEED)
    torch.randn((729, 27), generator=their_generator)
    xs, ys = examples_of(words, 3)

    def on_a_batch(loss):
        def loss_of_step():
            batch = torch.randint(0, len(ys), (32,), generator=their_generator)
            return loss(xs[batch], ys[batch])

        return loss_of_step

    row, embedding = weights_of(net), weights_of(net)
    theirs = {
        "PyTorch,_W[x]": torch_step_of(row, on_a_batch(lambda x, y: TF.cross_entropy(row[x], y))),
        "PyTorch,_F.embedding": torch_step_of(
            embedding, on_a_batch(lambda x, y: TF.cross_entropy(TF.embedding(x, embedding), y))
        ),
    }
    assert theirs["PyTorch,_W[x]"]() == pytest.approx(ours(), rel=1e-5)
    report("trigram step, batch of 32", compare(micrograd=ours, **theirs), against="PyTorch,_F.embedding")
