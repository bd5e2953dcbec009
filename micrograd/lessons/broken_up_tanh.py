"""A broken-up tanh: an op may be as small or as large as you like."""

import math

from micrograd import Value
from micrograd.draw import draw
from micrograd.engine import topological_order
from micrograd.lessons.lesson import Exercise, check, compare_with_pytorch, save


def broken_up(x):
    """tanh, composed of smaller ops: (exp(2x) - 1) / (exp(2x) + 1)."""
    e = (2 * x).exp()
    return (e - 1) / (e + 1)


def lesson(folder) -> None:
    print("tanh(x) is (exp(2x) - 1) / (exp(2x) + 1). We can make it one op, or compose it of smaller ones.")
    whole, parts = Value(0.8, label="x"), Value(0.8, label="x")
    one, five = whole.tanh(), broken_up(parts)
    one.backward()
    five.backward()
    check("the same value", five.data, "~", one.data, within=1e-12)
    check("the same gradient", parts.grad, "~", whole.grad, within=1e-12)
    check("the derivative of the one op is a line: 1 - tanh(x)**2", whole.grad, "==", 1 - one.data**2)
    save(draw(five), folder / "broken_up_tanh.svg")

    print("\nThe composed one has 9 nodes, and exp(2x) is used twice, so its gradient is a sum:")
    check("nodes of the one op", len(topological_order(one)), "==", 2)
    check("nodes of the composed one", len(topological_order(five)), "==", 9)
    print("Backward does not care how large an op is. It needs the result, and the derivative by each input.")

    print("\nSo why have large ops? They take fewer steps, and they can avoid overflow. At x = 400:")
    check("the one op", Value(400.0).tanh().data, "==", 1.0)
    try:
        broken_up(Value(400.0))
        message = "no error"
    except OverflowError as error:
        message = str(error)
    check("the composed one", message, "==", "exp(800.0) is larger than the largest float, 1.8e308")
    compare_with_pytorch("(exp(2*x) - 1) / (exp(2*x) + 1)", x=0.8)


exercise_1 = Exercise(
    "tanh(x) is 0.6 at some x. What is its slope there? (You need not know x.)",
    1 - 0.6**2,
    (0.6**2, "that is tanh squared, the slope is 1 minus that"),
    (1 - 0.6, "square it: 1 - tanh(x)**2"),
    (1 - math.tanh(0.6) ** 2, "0.6 is tanh(x) already; this is the slope at x = 0.6"),
    hint="the slope of tanh is 1 - tanh(x)**2",
)

exercise_2 = Exercise(
    "The sigmoid s(x) = 1 / (1 + exp(-x)) is (1 + tanh(x/2)) / 2. It is 0.8 at some x. What is its slope there?",
    0.8 * (1 - 0.8),
    (1 - 0.8**2, "that is the derivative of tanh; express tanh by s: tanh(x/2) = 2s - 1"),
    (1 - 0.8, "nearly: times s"),
    (1 - 0.6**2, "that is the slope of tanh at x/2; multiply by two halves, of x/2 and of the / 2 outside"),
    ((1 - 0.6**2) / 2, "one factor 1/2 is missing: x/2 gives one, and the / 2 outside another"),
    hint="chain rule: (1 - tanh(x/2)**2) * 1/2 * 1/2, and tanh(x/2) is 2s - 1",
)
