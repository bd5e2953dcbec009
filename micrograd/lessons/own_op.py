"""Your own op: what it computes, and its derivative beside it."""

import math

from micrograd import Value, tensor
from micrograd.draw import draw
from micrograd.lessons.lesson import Exercise, check, compare_with_pytorch, save


def softplus(x: Value) -> Value:
    """log(1 + exp(x)), a smooth ReLU. Its derivative is the sigmoid of x."""
    slope = 1 / (1 + math.exp(-x.data))
    return Value(math.log1p(math.exp(x.data)), (x,), "softplus", local=(slope,))


def softplus_with_a_mistake(x: Value) -> Value:
    slope = 1 / (1 + math.exp(x.data))  # the sign
    return Value(math.log1p(math.exp(x.data)), (x,), "softplus", local=(slope,))


def by_nudging(op, x, h=1e-5):
    """The slope of an op at x, from both sides, without its derivative."""
    return (op(Value(x + h)).data - op(Value(x - h)).data) / (2 * h)


def gradient(op, x):
    """The slope of an op at x, as the op itself says."""
    x = Value(x)
    op(x).backward()
    return x.grad


def softplus_of_tensors(torch, x, w):
    """The same for a Tensor, as PyTorch has it: forward, backward, and what forward saves for backward."""

    class Softplus(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return (1 + x.exp()).log()

        @staticmethod
        def backward(ctx, gradient):
            (x,) = ctx.saved_tensors
            return gradient / (1 + (-x).exp())

    return (Softplus.apply(x) * w).sum()


def lesson(folder) -> None:
    print("An op is a function that returns a Value, with its derivative by each input: local=(...,).")
    print("softplus(x) = log(1 + exp(x)), and its slope is 1 / (1 + exp(-x)).")
    check("softplus(0) = log 2", softplus(Value(0.0)).data, "~", math.log(2))
    check("its slope at 0", gradient(softplus, 0.0), "==", 0.5)

    print("\nCheck every derivative. Nudging needs the op alone:")
    for x in (-2.0, 0.7, 3.0):
        check(f"at {x:4}", gradient(softplus, x), "~", by_nudging(softplus, x), within=1e-8)
    print("One with a mistake in it, exp(x) for exp(-x), is right at 0 by chance, and nowhere else:")
    check("at  0.0", gradient(softplus_with_a_mistake, 0.0), "==", 0.5)
    check("at  0.7", gradient(softplus_with_a_mistake, 0.7), "!=", round(by_nudging(softplus, 0.7), 6))

    print("\nFrom here on it is an op like any other, and backward goes through it:")
    a, b = Value(2.0, label="a"), Value(-0.5, label="b")
    y = softplus(a * b) ** 2
    y.backward()
    inner = a.data * b.data
    by_hand = 2 * softplus(Value(inner)).data * gradient(softplus, inner) * b.data
    check("softplus(a*b)**2 by a, with the chain rule by hand", a.grad, "~", by_hand, within=1e-12)
    save(draw(y), folder / "own_op.svg")

    print("\nFor Tensors it is a Function with forward and backward, the same text on both libraries:")
    compare_with_pytorch(softplus_of_tensors, tensor([-2.0, 0.7, 3.0]), tensor([1.0, 2.0, -1.0]))


exercise_1 = Exercise(
    "An op that computes x**3: what is its slope? (a formula in x)",
    lambda x: 3 * x**2,
    (lambda x: x**2, "the exponent becomes a factor, too"),
    (lambda x: 3 * x**3, "the exponent becomes a factor, and the new exponent is one less"),
    (lambda x: 3 * x, "the exponent gets smaller by one only, from 3 to 2"),
    (lambda x: x**4 / 4, "that is the integral, not the derivative"),
    hint="nudge: ((x + h)**3 - x**3) / h is 3*x**2 and what vanishes with h",
)

sigmoid = 1 / (1 + math.exp(-1))
exercise_2 = Exercise(
    "An op that computes x / (1 + exp(-x)), named SiLU: what is its slope at x = 1?",
    by_nudging(lambda x: x / (1 + (-x).exp()), 1.0),
    (sigmoid, "that is the sigmoid alone (and at 1 the op itself): the x before it changes the sigmoid, too"),
    (sigmoid * (1 - sigmoid), "that is the slope of the sigmoid; x is used twice, and both uses add up"),
    hint="x is used twice, as x and inside the sigmoid s: the slope is s + x * s * (1 - s). Or nudge it",
)
