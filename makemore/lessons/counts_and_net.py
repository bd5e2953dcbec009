"""Counts and the net are the same model: gradient descent finds the logarithms of the counts."""

import math

import micrograd as torch
from makemore.data import WordList, bundled_names, count_ngrams, survey
from makemore.language_model import ContextCounts, evaluate
from makemore.models.ngram import Counts, NGram
from micrograd.draw import draw
from micrograd.lessons.lesson import Exercise, check, compare_with_pytorch, save


def backward(net, loss):
    net.zero_grad()
    loss.backward()
    return net.W.grad


def lesson(folder) -> None:
    blocks = list(WordList(bundled_names()).blocks())
    vocabulary = survey(blocks).vocabulary
    size = len(vocabulary)
    counts = count_ngrams(blocks, vocabulary, 2)
    print(f"How often which character follows which: a table of {size} by {size}, {counts.sum():,} examples in all.")

    print("\nOne model divides each row by its sum. That is all it learns.")
    counted = evaluate(Counts(counts), ContextCounts.of_table(counts))
    print(f"  loss, the mean of -log p of the character that came: {counted:.4f} nats a character")
    check("less than that of equal probabilities, log 27", counted, "<", math.log(size))

    print("\nThe other is a net: a table W of logits, and softmax of its rows. W = 0 gives equal probabilities:")
    net = NGram(size, 2)
    torch.nn.init.zeros_(net.W)
    frequencies = torch.from_numpy(counts / counts.sum()).float()
    loss = net.loss_of_counts(frequencies)
    check("its loss", loss.item(), "~", math.log(size), within=1e-5)
    print("(All examples of a bigram have the same loss, so each is computed once, times its frequency.)")
    save(draw(loss, loss=loss, net=net, frequencies=frequencies), folder / "counts_and_net.svg")

    print("\nGradient descent, all examples in each step, rate 50:")
    for step in range(401):
        loss = net.loss_of_counts(frequencies)
        if step in (0, 1, 10, 100, 400):
            print(f"  step {step:3}   loss {loss.item():.4f}")
        gradient = backward(net, loss)
        with torch.no_grad():
            net.W -= 50 * gradient
    check("it approaches the loss of the counts", loss.item(), "~", counted, within=0.01)
    check("and never below it", loss.item(), ">", counted)

    probabilities = net.W.detach().softmax(1)
    e = vocabulary.tokens.index("e")
    check("p after e, largest", probabilities[e].max().item(), "~", counts[e].max() / counts[e].sum(), within=0.005)

    print("\nWhy? With the logarithms of the counts in W (of 1e-9 for 0) the gradient is zero:")
    with torch.no_grad():
        net.W.copy_(torch.from_numpy(counts).double().clamp(min=1e-9).log())
    loss = net.loss_of_counts(frequencies)
    check("the largest gradient", backward(net, loss).abs().max().item(), "~", 0.0)
    check("the loss is that of the counts", loss.item(), "~", counted, within=1e-5)

    def loss_of_counts(torch, W, frequencies):
        return -(frequencies * torch.log_softmax(W, 1)).sum()

    compare_with_pytorch(
        loss_of_counts, torch.randn((size, size), generator=torch.Generator().manual_seed(1)), frequencies
    )


exercise_1 = Exercise(
    "After x, a came 6 times, e 3 times, the end once. How much larger is the logit of a than that of the end?",
    math.log(6 / 1),
    (6.0, "that is the ratio of the counts; logits are their logarithms"),
    (math.log10(6), "the natural logarithm, since softmax uses exp"),
    (math.log(0.6), "that is the logarithm of a's probability; the difference of two logits is asked"),
    (5.0, "that is the difference of the counts; logits are their logarithms"),
    hint="the net's best logits are the logarithms of the counts; a number added to all of them changes nothing",
)

p = torch.tensor([0.6, 0.3, 0.1]).double()
entropy = -(p * p.log()).sum().item()
exercise_2 = Exercise(
    "And what is the smallest loss, in nats, that a model can have on these ten examples?",
    entropy,
    (math.log(3), "that is for three equal probabilities, 1/3 each; the counts are better"),
    (entropy / math.log(2), "those are bits; nats come from the natural logarithm"),
    (10 * entropy, "that is the sum over the ten; the loss is the mean"),
    (0.0, "no model can know which of the three comes: the context is the same"),
    (-math.log(0.6), "that is the loss of an a; the other four examples count, too"),
    hint="p = 0.6, 0.3, 0.1: six examples with -log 0.6, three with -log 0.3, one with -log 0.1, and their mean",
)
