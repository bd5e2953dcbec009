"""Smoothing and L2: two ways to be less certain of what was rarely seen."""

import math

import numpy as np

import micrograd as torch
from makemore import data
from makemore.corpus import Corpus
from makemore.language_model import ContextCounts, evaluate
from makemore.models.ngram import Counts, NGram
from micrograd.draw import draw
from micrograd.lessons.lesson import Exercise, check, compare_with_pytorch, save


def trained(frequencies, weight_decay):
    """A bigram after 100 steps, on all examples, of loss + weight_decay * (W**2).mean()."""
    net = NGram(len(frequencies), 2, torch.Generator().manual_seed(1))
    rate = 50 / (1 + weight_decay / 10)  # a strong penalty needs small steps
    for _ in range(100):
        loss = net.loss_of_counts(frequencies) + net.penalty(weight_decay)
        net.zero_grad()
        loss.backward()
        with torch.no_grad():
            net.W -= rate * net.W.grad
    return net


def lesson(folder) -> None:
    corpus = Corpus.read(data.bundled_names(), "80/10/10")
    size = len(corpus.vocabulary)
    counts, trigrams = corpus.counts("train", 2), corpus.counts("train", 3)
    never = np.argwhere(counts == 0)
    example = corpus.vocabulary.decode(never[never.min(1) > 0][0])
    print(f"{len(never)} of {size * size} pairs of characters are in no name of train, {example!r} for one.")
    print("By the counts they are impossible, and a word with one of them has the loss -log 0: infinity.")
    print("Smoothing adds k to every count.")
    print("\nTrigrams have many rows with few counts. The loss, on train and on names that were not counted:")
    losses = {}
    dev = corpus.context_counts("dev", 2)
    for k in (0, 0.01, 0.1, 1, 10, 1000, 1e9):
        model = Counts(trigrams, k)
        losses[k] = evaluate(model, ContextCounts.of_table(trigrams)), evaluate(model, dev)
        print(f"  k = {k:<6g}   train {losses[k][0]:.4f}   dev {losses[k][1]:.4f}")
    check("with k = 0 something in dev is impossible", losses[0][1], "==", math.inf)
    check("on train any smoothing raises the loss", losses[0.1][0], ">", losses[0][0])
    check("on dev a little of it is better than next to none", losses[0.1][1], "<", losses[0.01][1])
    check("and than much of it", losses[0.1][1], "<", losses[10][1])
    check("with a very large k all are equally likely: log 27", losses[1e9][1], "~", math.log(size), within=1e-3)

    print("\nA net pulls its logits to 0 instead, by loss + decay * (W**2).mean(). Bigrams, trained:")
    frequencies = torch.from_numpy(counts / counts.sum()).float()
    found = {}
    for decay in (0.0, 0.1, 10.0, 1000.0):
        net = trained(frequencies, decay)
        found[decay] = evaluate(net, ContextCounts.of_table(counts)), net.W.abs().max().item()
        print(f"  decay = {decay:<6g}   train {found[decay][0]:.4f}   largest logit {found[decay][1]:.4f}")
    check("the larger the decay, the nearer to log 27", found[1000.0][0], "~", math.log(size), within=1e-2)
    check("because equal logits are equal probabilities", found[1000.0][1], "~", 0.0, within=0.1)
    net = NGram(size, 2, torch.Generator().manual_seed(1))
    loss = net.loss_of_counts(frequencies) + net.penalty(0.01)
    save(draw(loss, loss=loss, net=net, frequencies=frequencies), folder / "smoothing.svg")

    def with_penalty(torch, W, frequencies):
        return -(frequencies * torch.log_softmax(W, 1)).sum() + 0.01 * (W**2).mean()

    compare_with_pytorch(with_penalty, net.W, frequencies)


exercise_1 = Exercise(
    "The counts of a row are 3, 0 and 1. With k = 1, what is the probability of the second?",
    1 / 7,
    (0.0, "that is without smoothing, k = 0"),
    (1 / 4, "the 1 was added to each of the counts, so the sum they are divided by is larger, too"),
    (1 / 5, "k is added to all three counts, not to this one alone"),
    (1.0, "that is the count now; divide it by the sum"),
    hint="add 1 to each of the three counts, and divide by their new sum",
)

exercise_2 = Exercise(
    "With very strong smoothing, which loss does a model of 50 characters have, in nats?",
    math.log(50),
    (1 / 50, "that is the probability of each; the loss is -log of it"),
    (-math.log(50), "the sign: the loss is minus the logarithm of the probability, 1/50"),
    (math.log(27), "that is for 27 characters"),
    (math.log2(50), "those are bits; nats come from the natural logarithm"),
    (0.0, "a loss of 0 would be a model that is always sure and always right"),
    hint="all 50 get equal probabilities; the loss is -log of one of them",
)
