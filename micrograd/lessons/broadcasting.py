"""Broadcasting and keepdim: which element is combined with which."""

import micrograd as torch
from micrograd.draw import draw
from micrograd.guard import BroadcastError, guard
from micrograd.lessons.lesson import Exercise, check, compare_with_pytorch, save

N = torch.tensor([[1.0, 2.0, 1.0], [0.0, 3.0, 1.0], [6.0, 2.0, 2.0]])


def lesson(folder) -> None:
    print("Counts N, and each row is to become probabilities, so that it sums to 1:")
    for row in N.tolist():
        print("   ", *[f"{count:3g}" for count in row])

    print("\nDivide by the sums of the rows. There are two ways to sum, and they differ in shape:")
    kept, dropped = N.sum(1, keepdim=True), N.sum(1)
    print("  N.sum(1, keepdim=True) is", kept.tolist(), "and N.sum(1) is", dropped.tolist())
    check("with keepdim the sums are a column", kept.shape, "==", (3, 1))
    check("without, they are one row", dropped.shape, "==", (3,))

    print("\nThe rule: write one shape below the other, aligned at the right; a 1, or nothing, is stretched.")
    print("  N      3 3      N        3 3")
    print("  kept   3 1      dropped    3   one row, by which every row of N is divided")
    right, wrong = N / kept, N / dropped
    check("kept: each row has its own sum", right.sum(1), "~", [1.0, 1.0, 1.0])
    check("dropped: rows do not sum to 1, and there is no error", wrong.sum(1), "!=", [1.0, 1.0, 1.0])
    check("row 0, column 2 was divided by the sum of row 2", wrong[0, 2].item(), "~", 1.0 / 10.0)

    print("\nShapes that do not fit are an error. A (3, 2) and a (3,):")
    try:
        _ = torch.ones(3, 2) + torch.ones(3)
        message = "no error"
    except RuntimeError as error:
        message = str(error)
    check("it names both lengths", "(2)" in message and "(3)" in message, "==", True)
    print(f"      {message.partition(';')[0]}")
    print("Within micrograd.guard the silent mistake is an error, too:")
    with guard():
        try:
            message = str(N / N.sum(1))
        except BroadcastError as error:
            message = str(error)
    check("its message says what was forgotten", "keepdim=True" in message, "==", True)

    print("\nBackward: what was stretched was used several times, so its gradient is the sum over its uses.")
    x, b = torch.ones(4, 3, requires_grad=True), torch.zeros(3, requires_grad=True)
    loss = (x + b).sum()
    save(draw(loss, x=x, b=b), folder / "broadcasting.svg")
    loss.backward()
    check("each x is used once", x.grad.max().item(), "==", 1.0)
    check("each b is used for 4 rows", b.grad, "==", [4.0, 4.0, 4.0])

    def normalized(torch, N):
        return (N / N.sum(1, keepdim=True))[:, 0].log().sum()

    compare_with_pytorch(normalized, [[1.0, 2.0, 1.0], [1.0, 3.0, 1.0]])


exercise_1 = Exercise(
    "A tensor (5, 1, 4) plus a tensor (3, 1): what is the shape of the result? (all its lengths)",
    [5, 3, 4],
    ([5, 1, 4], "the 1 in the middle is above a 3, and is stretched to it"),
    ([5, 3, 1], "4 is above 1, and the 1 is stretched"),
    ([3, 1, 4], "the shorter shape is aligned at the right: its 3 is below the 1"),
    ([5, 4, 3], "no dimension changes its position"),
    hint="write 5 1 4, and below it, at the right end, 3 1; of each pair one number is a 1: take the other",
)

exercise_2 = Exercise(
    "b of shape (3,) is added to x of shape (8, 3), the loss is the mean of all. What is each element of b.grad?",
    8 / 24,
    (8.0, "that would be for the sum; the mean divides by all 24 numbers"),
    (1 / 24, "that is the gradient of one use; each b is used in 8 rows"),
    (1.0, "each b is used in 8 rows, and each use has the slope 1/24 of the mean"),
    (1 / 8, "the mean is over all 24 numbers, not over a column of 8"),
    hint="how often is each b used, and how much does the mean of 24 numbers change when one of them does?",
)
