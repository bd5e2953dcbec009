"""Minibatch noise: a few examples point roughly the right way, and cost little."""

import micrograd as torch
import micrograd.nn.functional as F  # noqa: N812 - as everywhere
from makemore import data
from makemore.corpus import Corpus
from makemore.models.ngram import NGram
from micrograd.draw import draw
from micrograd.lessons.lesson import Exercise, check, compare_with_pytorch, save


def loss_on(net, contexts, targets):
    return F.cross_entropy(net(contexts), targets)


def gradient(net, loss):
    """The gradient of a loss by W, flattened."""
    net.zero_grad()
    loss.backward()
    return net.W.grad.view(-1).clone()


def descend(net, contexts, targets, g, rate):
    """300 steps, each on 32 examples."""
    for _ in range(300):
        rows = torch.randint(0, len(targets), (32,), generator=g)
        step = gradient(net, loss_on(net, contexts[rows], targets[rows]))
        with torch.no_grad():
            net.W -= rate * step.view(net.W.shape)


def lesson(folder) -> None:
    corpus = Corpus.read(data.bundled_names(), "none")
    contexts, targets = [torch.from_numpy(array) for array in corpus.examples("train", 1)]
    counts = corpus.counts("train", 2)
    frequencies = torch.from_numpy(counts / counts.sum()).float()
    g = torch.Generator().manual_seed(2147483647)
    net = NGram(len(corpus.vocabulary), 2, g)
    whole = net.loss_of_counts(frequencies)
    print(f"The loss of an untrained bigram on all {len(targets):,} examples is {whole.item():.4f}.")
    print("On a minibatch, some examples drawn at random, it differs from batch to batch:")
    losses = {}
    with torch.no_grad():
        each = F.cross_entropy(net(contexts), targets, reduction="none")  # of every single example
    for n in (8, 32, 128, 512):
        drawn = torch.randint(0, len(targets), (1000, n), generator=g)
        losses[n] = each[drawn].mean(1)
        some = " ".join([f"{loss:.2f}" for loss in losses[n][:5].tolist()])
        print(f"  {n:3} examples   {some} ...   mean {losses[n].mean().item():.3f}   std {losses[n].std().item():.4f}")
    check("the mean over many batches is the loss on all", losses[32].mean().item(), "~", whole.item(), within=0.05)
    ratio = losses[8].std().item() / losses[128].std().item()
    check("16 times as many examples divide the noise by sqrt(16)", ratio, "~", 4.0, within=0.5)
    of_one = each.std().item()
    check("std * sqrt(n) is the std of one example", losses[32].std().item() * 32**0.5, "~", of_one, within=0.15)

    print("\nThe gradient is noisy, too. Its cosine similarity to that of all examples, 1 being the same direction:")
    right = gradient(net, whole)
    cosines = {}
    for n in (8, 32, 512):
        rows = torch.randint(0, len(targets), (n,), generator=g)
        one = gradient(net, loss_on(net, contexts[rows], targets[rows]))
        cosines[n] = (one @ right / (one @ one * (right @ right)) ** 0.5).item()
        print(f"  {n:3} examples   {cosines[n]:.2f}")
    check("8 examples point in that direction, too", cosines[8], ">", 0.0)
    check("512 much more so", cosines[512], ">", cosines[8])
    xs, ys = contexts[rows], targets[rows]
    save(draw(loss_on(net, xs, ys), net=net, contexts=xs, targets=ys), folder / "minibatches.svg")

    print("\nSo take many rough steps, not a few exact ones. 300 steps of 32 see 9,600 examples, 4 percent of all:")
    descend(net, contexts, targets, g, rate=10.0)
    rough = net.loss_of_counts(frequencies).item()
    check("the loss on all examples is far less", rough, "<", whole.item() - 0.5)
    print("In the end large steps follow the noise; steps a tenth as large average it out:")
    descend(net, contexts, targets, g, rate=1.0)
    check("after 300 of these", net.loss_of_counts(frequencies).item(), "<", rough)

    def on_a_batch(torch, W, xs, ys):
        return torch.nn.functional.cross_entropy(W[xs], ys)

    compare_with_pytorch(on_a_batch, net.W, xs[:8].view(-1), ys[:8])


exercise_1 = Exercise(
    "The loss of batches of 32 has a std of 0.2. What is the std for batches of 128?",
    0.2 / (128 / 32) ** 0.5,
    (0.2 / 4, "4 times as many examples divide the noise by sqrt(4) only"),
    (0.2, "more examples average more of the noise away"),
    (0.4, "more examples, less noise"),
    (0.8, "more examples, less noise, and with a square root"),
    hint="the std of the mean of n examples is that of one divided by sqrt(n)",
)

exercise_2 = Exercise(
    "And how many examples are in a batch whose loss has a std of 0.02?",
    32 * (0.2 / 0.02) ** 2,
    (320, "10 times as many examples divide the noise by sqrt(10) only"),
    (100, "100 times as many as before, and those were 32"),
    (32 * 10**0.5, "the other way round: the noise goes with 1 / sqrt(n), so n goes with the square"),
    hint="a tenth of the noise: by which factor does n grow, if the noise goes with 1 / sqrt(n)?",
)
