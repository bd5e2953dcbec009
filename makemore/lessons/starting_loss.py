"""Dead units and the starting loss: what initial weights of the wrong scale do."""

import math

import micrograd as torch
import micrograd.nn.functional as F  # noqa: N812 - as everywhere
from makemore import data
from makemore.corpus import Corpus
from micrograd.draw import draw
from micrograd.lessons.lesson import Exercise, check, compare_with_pytorch, save

BLOCK_SIZE, N_EMBD, N_HIDDEN = 3, 10, 100


class Net:
    """The MLP of the lectures: three characters, looked up in C, through one hidden layer of tanh."""

    def __init__(self, size, hidden_std, output_std):
        g = torch.Generator().manual_seed(2147483647)
        self.C = torch.randn((size, N_EMBD), generator=g)
        self.W1 = torch.randn((BLOCK_SIZE * N_EMBD, N_HIDDEN), generator=g) * hidden_std
        self.W2 = torch.randn((N_HIDDEN, size), generator=g) * output_std
        self.parameters = [self.C, self.W1, self.W2]
        for parameter in self.parameters:
            parameter.requires_grad = True

    def loss(self, contexts, targets):
        self.hpreact = self.C[contexts].view(len(contexts), -1) @ self.W1
        self.h = torch.tanh(self.hpreact)
        self.logits = self.h @ self.W2
        return F.cross_entropy(self.logits, targets)

    def saturated(self):
        """Where tanh is so flat, beyond 0.99, that less than two percent of the gradient gets through."""
        return self.h.detach().abs() > 0.99

    def dead(self):
        """Units that are saturated for every example, so that nothing reaches their weights."""
        return self.saturated().all(0)


def lesson(folder) -> None:
    corpus = Corpus.read(data.bundled_names(), "none")
    size = len(corpus.vocabulary)
    contexts, targets = [torch.from_numpy(array[:1000].copy()) for array in corpus.examples("train", BLOCK_SIZE)]
    print(f"An MLP before its first step knows nothing, so its loss should be log {size} = {math.log(size):.4f}.")
    net = Net(size, hidden_std=1.0, output_std=1.0)
    loss = net.loss(contexts, targets)
    check("with weights from randn it is much higher", loss.item(), ">", 3 * math.log(size))
    print("Its logits are large, so it is confident, and wrong. The first steps only unlearn that.")
    check("the largest probability, on average", net.logits.softmax(1).max(1).values.mean().item(), ">", 0.5)
    net = Net(size, hidden_std=1.0, output_std=0.01)
    loss = net.loss(contexts, targets)
    check("with output weights 100 times smaller", loss.item(), "~", math.log(size), within=0.05)

    print("\nThe loss is fine now, the hidden layer is not. What goes into tanh is a sum of 30 products:")
    check("so its std is about sqrt(30)", net.hpreact.std().item(), "~", 30**0.5, within=1.0)
    saturated = net.saturated()
    fraction = saturated.float().mean().item()
    check("and the fraction of cases in which tanh is flat, beyond 0.99", fraction, ">", 0.5)
    for unit in range(3):
        print(f"  unit {unit}, 60 examples   " + "".join(["#" if on else "." for on in saturated[:60, unit].tolist()]))
    print("# lets almost no gradient through. A unit with # for every example is dead: nothing reaches its weights.")
    net.W1.data[:, 0] *= 1000  # make unit 0 a dead one
    loss = net.loss(contexts, targets)
    loss.backward()
    of_units = net.W1.grad.abs().max(0).values
    check("unit 0 with weights 1,000 times as large: dead", net.dead()[0].item(), "==", True)
    check("the largest gradient of its weights", of_units[0].item(), "==", 0.0)
    check("that of unit 1, which is alive", of_units[1].item(), ">", 0.0)

    print("\nThe cure: a std of (5/3) / sqrt(30), for 30 inputs, and 5/3 because tanh shrinks the std.")
    std = (5 / 3) / (BLOCK_SIZE * N_EMBD) ** 0.5
    net = Net(size, hidden_std=std, output_std=0.01)
    loss = net.loss(contexts, targets)
    check("saturated now", net.saturated().float().mean().item(), "<", 0.15)
    check("dead units", net.dead().sum().item(), "==", 0)
    check("and the loss starts at", loss.item(), "~", math.log(size), within=0.05)
    inputs = {"C": net.C, "W1": net.W1, "W2": net.W2, "contexts": contexts, "targets": targets}
    save(draw(loss, loss=loss, h=net.h, **inputs), folder / "starting_loss.svg")

    def first_loss(torch, C, W1, W2, contexts, targets):
        h = torch.tanh(C[contexts].view(len(contexts), -1) @ W1)
        return torch.nn.functional.cross_entropy(h @ W2, targets)

    compare_with_pytorch(first_loss, *net.parameters, contexts[:32], targets[:32])


exercise_1 = Exercise(
    "A list in another alphabet has 80 characters, boundary included. At what value should the loss start, in nats?",
    math.log(80),
    (1 / 80, "that is the probability of each; the loss is -log of it"),
    (math.log(27), "that is for 27"),
    (math.log2(80), "those are bits; nats come from the natural logarithm"),
    (math.log(81), "the boundary is counted already"),
    (0.0, "a net that knows nothing is not always right"),
    hint="a net that knows nothing gives each of the 80 the same probability, and the loss is -log of it",
)

exercise_2 = Exercise(
    "A unit's output is tanh(...) = 0.99. What fraction of the gradient gets through to its input?",
    1 - 0.99**2,
    (1 - 0.99, "the slope of tanh is 1 - tanh**2, with the square"),
    (0.99, "that is the output; where it is near 1 tanh is flat, and little gets through"),
    (0.99**2, "that is the fraction that does not get through"),
    (0.0, "nearly, but a little gets through: 1 - tanh**2"),
    hint="the slope of tanh is 1 - tanh**2",
)
