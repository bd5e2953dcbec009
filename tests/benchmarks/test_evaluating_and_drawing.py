"""Evaluating and drawing words with the lecture's MLP, against PyTorch: `pytest -m benchmark -n 0 -s`."""

import itertools

import numpy as np
import pytest
import torch
from benchmarks.timing import compare, report
from torch.nn import functional as TF  # noqa: N812 - as everywhere

import micrograd
from makemore import data
from makemore.corpus import SPLITS, Corpus
from makemore.language_model import Sampler, evaluate
from makemore.models.mlp import MLP
from makemore.new_words import WORDS_AT_ONCE
from micrograd import Generator

SEED, WORDS = 2147483647, 1000


@pytest.fixture(scope="module")
def corpus():
    return Corpus.read(data.bundled_names(), "80/10/10")


@pytest.fixture(scope="module")
def model():
    micrograd.manual_seed(SEED)
    return MLP(27, 3, n_embd=10, n_embd2=200).eval()


@pytest.fixture(scope="module")
def weights(model):
    """The numbers of the model as PyTorch's tensors."""
    return [torch.from_numpy(p.detach().numpy().copy()) for p in model.parameters()]


def logits_of(weights, contexts):
    """The lecture's net in PyTorch."""
    embedding, w1, b1, w2, b2 = weights
    hidden = torch.tanh(TF.linear(embedding[contexts].view(len(contexts), -1), w1, b1))
    return TF.linear(hidden, w2, b2)


@pytest.mark.benchmark
def test_evaluating_all_parts_against_pytorch(corpus, model, weights):
    examples = [tuple(map(torch.from_numpy, corpus.examples(part, 3))) for part in SPLITS]

    @torch.no_grad()
    def theirs():
        return [TF.cross_entropy(logits_of(weights, contexts), targets).item() for contexts, targets in examples]

    def ours():
        return [evaluate(model, corpus.context_counts_for(model, part)) for part in SPLITS]

    np.testing.assert_allclose(ours(), theirs(), rtol=1e-5)
    report("loss of train, dev and test", compare(each_distinct_context_once=ours, PyTorch=theirs), against="PyTorch")


@pytest.mark.benchmark
def test_drawing_many_words_at_once_against_one_by_one_in_pytorch(corpus, model, weights):
    generator = torch.Generator().manual_seed(SEED)

    @torch.no_grad()
    def one_by_one():
        for _ in range(WORDS):
            context, length = [0, 0, 0], 0
            while length < 100:
                probabilities = TF.softmax(logits_of(weights, torch.tensor([context])), dim=1)
                drawn = torch.multinomial(probabilities, num_samples=1, generator=generator).item()
                context, length = [*context[1:], drawn], length + 1
                if drawn == 0:
                    break

    def at_once():
        sampler = Sampler(model, corpus.vocabulary, Generator().manual_seed(SEED), at_once=WORDS_AT_ONCE)
        return list(itertools.islice(sampler.words(), WORDS))

    assert len(at_once()) == WORDS
    times = compare(many_at_once=at_once, PyTorch_one_by_one=one_by_one)
    report(f"{WORDS:,} words", times, against="PyTorch_one_by_one")
