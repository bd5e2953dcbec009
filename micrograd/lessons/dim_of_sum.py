"""dim of sum: the dimension that you name is the one that disappears."""

import micrograd as torch
from micrograd.draw import draw
from micrograd.lessons.lesson import Exercise, check, compare_with_pytorch, save

x = torch.tensor([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]])


def lesson(folder) -> None:
    print("x has 2 rows and 3 columns, its shape is (2, 3):")
    for row in x.tolist():
        print("   ", *[f"{number:3g}" for number in row])

    print("\nx.sum(0) sums over dimension 0, the one of length 2, which disappears: (2, 3) -> (3,)")
    check("so one number for each column is left", x.sum(0), "==", [11.0, 22.0, 33.0])
    print("x.sum(1) sums over dimension 1, which disappears: (2, 3) -> (2,)")
    check("so one number for each row is left", x.sum(1), "==", [6.0, 60.0])
    check("-1 is the last dimension", x.sum(-1), "==", x.sum(1))
    check("over both, or without dim: one number", x.sum((0, 1)).item(), "==", x.sum().item())
    print("As a loop: for every i, sum x[i, j] over j. dim names the index that is summed over.")
    check("row 1", sum([x[1, j].item() for j in range(3)]), "==", x.sum(1)[1].item())

    print("\nThe same goes for mean, max, softmax, and for batches: (batch, time, features).mean(1) is over time.")
    batch = torch.arange(24.0).view(2, 3, 4)
    check("(2, 3, 4) without its dimension 1", batch.mean(1).shape, "==", (2, 4))
    check("softmax keeps the shape; along its dim it sums to 1", batch.softmax(2).sum(2), "~", torch.ones(2, 3))

    print("\nBackward: each number is in one sum, with slope 1. So it gets the gradient of that sum.")
    leaf = x.clone().requires_grad_()
    sums = leaf.sum(1)
    loss = (sums * torch.tensor([5.0, 7.0])).sum()
    save(draw(loss, x=leaf, sums=sums), folder / "dim_of_sum.svg")
    loss.backward()
    check("row 0 gets the 5 of its sum", leaf.grad[0], "==", [5.0, 5.0, 5.0])
    check("row 1 gets the 7 of its sum", leaf.grad[1], "==", [7.0, 7.0, 7.0])
    print("A sum forward is a broadcast backward, and a broadcast forward is a sum backward.")

    def along_both(torch, x):
        columns, rows = x.sum(0), x.mean(1)
        return (columns**2).sum() + (rows**3).sum(), {"columns": columns, "rows": rows}

    compare_with_pytorch(along_both, x)


exercise_1 = Exercise(
    "A tensor of shape (32, 8, 64): what is the shape of its sum(1)? (all its lengths)",
    [32, 64],
    ([8, 64], "that is sum(0): dimensions are counted from 0"),
    ([32, 8], "that is sum(2), or sum(-1)"),
    ([8], "that is the dimension named; it disappears, and the others stay"),
    ([32, 1, 64], "that is sum(1, keepdim=True)"),
    hint="take the length of dimension 1 out; the dimensions are counted from 0",
)

exercise_2 = Exercise(
    "Logits are (32, 27), one row for each example. For softmax over the 27 characters, what is dim, counted from 0?",
    1,
    (0, "that makes the 32 examples compete for each character: columns would sum to 1, not rows"),
    (27, "dim is the position of the dimension in the shape, not its length"),
    (2, "dimensions are counted from 0"),
    (-1, "that is the last dimension, too, counted from the end; and from 0?"),
    hint="the probabilities of one example have to sum to 1: which index runs over the characters?",
)
