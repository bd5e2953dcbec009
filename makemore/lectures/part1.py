"""Part 1: bigrams, by counting and by a net of one layer."""

import itertools
from typing import Any

import numpy as np

import micrograd
from makemore.config import LECTURE_SEED
from makemore.corpus import Corpus
from makemore.data import examples
from makemore.language_model import ContextCounts, Sampler, evaluate
from makemore.lectures.descent import LONGEST_WORD, Outcome
from makemore.models.ngram import Counts, NGram, frequencies_of
from micrograd import Generator
from micrograd.nn import functional as F  # noqa: N812 - as everywhere
from micrograd.optim import SGD

STEPS = 1001
SHOWN = (0, 1, 2, 10, 100, 1000)


def run(corpus: Corpus) -> Outcome:
    """The experiments of part 1 on all the words of the corpus, which is not split."""
    vocabulary, counts = corpus.vocabulary, corpus.counts("train", 2)
    survey, size = corpus.survey, len(corpus.vocabulary)
    values: dict[str, Any] = {
        "words": survey.words,
        "shortest": survey.shortest,
        "longest": survey.longest,
        "bigrams": int(counts.sum()),
    }
    most = np.argsort(-counts, axis=None, kind="stable")[:10].tolist()
    values["most common"] = [f"{vocabulary.decode(divmod(pair, size))} {counts.flat[pair]:,}" for pair in most]
    p = micrograd.rand(3, generator=Generator().manual_seed(LECTURE_SEED))
    values["rand(3), normalised"] = [f"{each:.4f}" for each in (p / p.sum()).tolist()]

    pairs = ContextCounts.of_table(counts)
    for name, smoothing in (("counts", 0.0), ("counts + 1", 1.0)):
        loss = evaluate(Counts(counts, smoothing), pairs)
        values[f"{name}: negative log-likelihood"] = loss * values["bigrams"]
        values[f"{name}: loss"] = loss
    counted = Counts(counts, 1.0)
    values["words of counts + 1, PyTorch before 1.13"] = _words(counted, corpus, legacy=True)
    values["words of counts + 1, PyTorch since 1.13"] = _words(counted, corpus)

    net = NGram(size, 2, Generator().manual_seed(LECTURE_SEED))
    first = examples(corpus.token_ids("train"), 1)
    length = int(np.flatnonzero(first.targets == 0)[0]) + 1  # the first word and its end; the lecture's is emma
    logits = net(micrograd.from_numpy(first.contexts[:length].copy()))
    loss_on_first = F.cross_entropy(logits, micrograd.from_numpy(first.targets[:length].copy()))
    values["neural net: loss on the first word"] = loss_on_first.item()
    values |= {f"neural net: loss at step {step:,}": loss for step, loss in _descend(net, counts).items()}
    values["words of the neural net, PyTorch since 1.13"] = _words(net, corpus)
    return Outcome(values, [])


def _descend(net: NGram, counts: np.ndarray) -> dict[int, float]:
    """The lecture's steps on all bigrams at once; the losses before the steps that are shown."""
    frequencies = frequencies_of(counts)
    optimizer, losses = SGD([net.W], lr=50), {}
    for step in range(STEPS):
        loss = net.loss_of_counts(frequencies) + net.penalty(0.01)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step in SHOWN:
            losses[step] = loss.item()
    return losses


def _words(model: Any, corpus: Corpus, legacy: bool = False) -> list[str]:
    generator = Generator(legacy_multinomial=legacy).manual_seed(LECTURE_SEED)
    sampler = Sampler(model, corpus.vocabulary, generator, longest=LONGEST_WORD)
    return [word + corpus.vocabulary.boundary for word in itertools.islice(sampler.words(), 5)]
