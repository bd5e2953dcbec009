"""Logits, counts and softmax, and why the maximum is subtracted first."""

import math

import micrograd as torch
import micrograd.nn.functional as F  # noqa: N812 - as everywhere
from micrograd.draw import draw
from micrograd.lessons.lesson import Exercise, check, compare_with_pytorch, save


def softmax(logits):
    """Probabilities from logits, as one would write it first: it overflows."""
    counts = logits.exp()
    return counts / counts.sum()


def lesson(folder) -> None:
    print("A net's outputs are any numbers. Read as logits, the logarithms of counts, they need two steps:")
    logits = torch.tensor([math.log(6), math.log(3), math.log(1), -1.0], requires_grad=True)
    counts = logits.exp()
    p = counts / counts.sum()
    print("  logits ", "  ".join([f"{x:7.4f}" for x in logits.tolist()]))
    print("  counts ", "  ".join([f"{x:7.4f}" for x in counts.tolist()]), "  exp: never below zero")
    print("  p      ", "  ".join([f"{x:7.4f}" for x in p.tolist()]), "  divided by their sum")
    check("they sum to 1", p.sum().item(), "~", 1.0)
    check("twice the count is twice the probability", (p[0] / p[1]).item(), "~", 2.0)

    print("\nA number added to every logit multiplies all counts by one factor, which cancels in the division:")
    check("so only the differences of logits matter", softmax(logits + 5), "~", p)

    print("\nThat is useful, because exp overflows: float32 ends at 3.4e38, just above exp(88):")
    large = torch.tensor([90.0, 89.0])
    check("exp(88)", torch.tensor(88.0).exp().item(), "<", math.inf)
    check("exp(89)", large[1].exp().item(), "==", math.inf)
    check("and inf / inf is nan, not a number", softmax(large).isnan().all().item(), "==", True)
    print("Subtract the largest logit first: the largest count is then 1, and nothing overflows.")
    check("softmax(logits - max)", softmax(large - large.max()), "~", softmax(torch.tensor([1.0, 0.0])))
    check("F.softmax does it", F.softmax(large, 0), "~", softmax(large - large.max()))

    print("\nThe loss is -log p of the character that came. p can be too small for a float, log p is not:")
    p_small = softmax(torch.tensor([0.0, 200.0]) - 200)
    check("p of logit 0 beside 200", p_small[0].item(), "==", 0.0)
    check(
        "cross_entropy never makes p", F.cross_entropy(torch.tensor([0.0, 200.0]), torch.tensor(0)).item(), "==", 200.0
    )

    print("\nBackward of softmax and log together is simple: p, minus 1 for the character that came.")
    loss = -p[2].log()
    save(draw(loss, loss=loss, logits=logits, counts=counts, p=p), folder / "softmax.svg")
    loss.backward()
    check("d(loss)/d(logits)", logits.grad, "~", p.detach() - torch.tensor([0.0, 0.0, 1.0, 0.0]))
    check("it raises one logit and lowers the others: the sum", logits.grad.sum().item(), "~", 0.0)

    def two_ways(torch, logits, ys):
        careful = logits - logits.max(1, keepdim=True).values
        p = careful.exp() / careful.exp().sum(1, keepdim=True)
        return torch.nn.functional.cross_entropy(logits, ys) - p[torch.arange(2), ys].log().mean(), {"p": p}

    compare_with_pytorch(two_ways, [[100.0, 99.0, 98.0], [0.1, -0.3, 0.2]], [1, 2])


logits = torch.tensor([1.0, 2.0, 5.0]).log()
exercise_1 = Exercise(
    "The logits are log 1, log 2 and log 5: 0, 0.6931 and 1.6094. What is the probability of the last?",
    softmax(logits)[2].item(),
    ((logits[2] / logits.sum()).item(), "logits are not counts yet: exp first, then divide"),
    (5.0, "that is the count; divide by the sum of the counts"),
    (5 / 3, "divide by the sum of the counts, not by how many there are"),
    (1 / 3, "that would be for equal logits"),
    hint="exp of each, and that of the last divided by the sum of all three",
)

exercise_2 = Exercise(
    "The right character has p = 0.25. What is the gradient of the loss, -log p, by its logit?",
    0.25 - 1,
    (0.75, "the sign: a larger logit makes the loss smaller"),
    (0.25, "that is the gradient by a wrong character's logit; for the right one, subtract 1"),
    (-4.0, "-1/p is the gradient by p; from the logit to p is one more step, p * (1 - p)"),
    (-math.log(0.25), "that is the loss itself"),
    hint="p, minus 1 for the character that came",
)
