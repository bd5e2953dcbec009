"""The chain rule on one neuron: slopes along a path multiply."""

import math

from micrograd import Value
from micrograd.draw import draw
from micrograd.lessons.lesson import Exercise, check, compare_with_pytorch, save

x1, x2, w1, w2 = 2.0, 0.0, -3.0, 1.0


def neuron(x1, x2, w1, w2, b):
    """Inputs times weights, plus a bias, through tanh."""
    n = x1 * w1 + x2 * w2 + b
    return n.tanh() if isinstance(n, Value) else math.tanh(n)


def lesson(folder) -> None:
    b = 6.5
    n = x1 * w1 + x2 * w2 + b
    out = math.tanh(n)
    print("A neuron: n = x1*w1 + x2*w2 + b, out = tanh(n).")
    print(f"With x1 = {x1:g}, x2 = {x2:g}, w1 = {w1:g}, w2 = {w2:g}, b = {b:g}: n = {n:g} and out = {out:.4f}.")

    print("\nBackward by hand, from the end. Each step asks for one small slope only:")
    d_out = 1.0
    print("  d(out)/d(out) = 1")
    d_n = (1 - out**2) * d_out
    print(f"  d(out)/dn  = 1 - out**2        = {d_n:.4f}   what tanh lets through")
    d_b = 1.0 * d_n
    print(f"  d(out)/db  = 1  * d(out)/dn    = {d_b:.4f}   a sum passes the gradient on unchanged")
    d_w1, d_w2 = x1 * d_n, x2 * d_n
    print(f"  d(out)/dw1 = x1 * d(out)/dn    = {d_w1:.4f}   in a product the slope is the other factor")
    print(f"  d(out)/dw2 = x2 * d(out)/dn    = {d_w2:.4f}   x2 is 0: nudge w2, and nothing happens")
    print("That is the chain rule: the slope of the whole is the slope of the step times the slope of the rest.")

    print("\nNudging agrees:")
    h = 1e-6
    by_nudging = (neuron(x1, x2, w1 + h, w2, b) - neuron(x1, x2, w1, w2, b)) / h
    check("d(out)/dw1", d_w1, "~", by_nudging, within=1e-4)
    by_nudging = (neuron(x1, x2, w1, w2 + h, b) - neuron(x1, x2, w1, w2, b)) / h
    check("d(out)/dw2", d_w2, "~", by_nudging, within=1e-4)

    print("\nAnd so does backward, which does these steps and no others:")
    numbers = {"x1": x1, "x2": x2, "w1": w1, "w2": w2, "b": b}
    values = {name: Value(number, label=name) for name, number in numbers.items()}
    result = neuron(**values)
    result.backward()
    check("w1.grad", values["w1"].grad, "~", d_w1, within=1e-12)
    check("w2.grad", values["w2"].grad, "~", d_w2, within=1e-12)
    check("b.grad", values["b"].grad, "~", d_b, within=1e-12)
    save(draw(result, parameters=[values["w1"], values["w2"], values["b"]]), folder / "chain_rule.svg")
    compare_with_pytorch("(x1*w1 + x2*w2 + b).tanh()", **numbers)


d_n = 1 - math.tanh(1) ** 2  # with b = 7
exercise_1 = Exercise(
    "The same neuron with b = 7, so n = 1 and out = 0.7616. What is d(out)/dx1?",
    w1 * d_n,
    (w1, "-3 is the slope of n by x1. Multiply it by that of the rest, d(out)/dn"),
    (x1 * d_n, "that is d(out)/dw1. In a product the slope by one factor is the other factor"),
    (d_n, "that is d(out)/dn. From n on to x1 there is one more step, x1*w1"),
    (-w1 * d_n, "the sign: w1 is negative"),
    (w1 * (1 - math.tanh(0.5) ** 2), "that is the answer for b = 6.5; tanh is flatter at n = 1"),
    hint="two slopes along the path, multiplied: that of tanh, 1 - out**2, and that of x1*w1 by x1",
)

exercise_2 = Exercise(
    "And what is d(out)/dx2, with b = 7 still?",
    w2 * d_n,
    (x2 * d_n, "0 is d(out)/dw2, since x2 is 0. x2 itself is multiplied by w2 = 1, and that is its slope"),
    (1.0, "1 is the slope of n by x2. Multiply it by that of the rest, d(out)/dn"),
    hint="two slopes along the path, multiplied: that of tanh, 1 - out**2, and that of x2*w2 by x2",
)
