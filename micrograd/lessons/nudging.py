"""The derivative by nudging: how much does f(x) change when x changes a little?"""

from micrograd import Value
from micrograd.draw import draw
from micrograd.lessons.lesson import Exercise, check, compare_with_pytorch, save


def f(x):
    return 3 * x**2 - 4 * x + 5


def quotient(x, h):
    """How much f changes when x changes by h, divided by h."""
    return (f(x + h) - f(x)) / h


def slope(x):
    """The limit of the quotient for h -> 0: the derivative, by backward."""
    x = Value(x)
    f(x).backward()
    return x.grad


def lesson(folder) -> None:
    print("f(x) = 3x**2 - 4x + 5. We stand at x = 3, where f is", f(3.0), "- and nudge x by h:")
    print("       h     f(3 + h)       (f(3 + h) - f(3)) / h")
    for h in (1.0, 0.1, 0.001, 1e-6):
        print(f"  {h:6g}     {f(3 + h):<13.8g}  {quotient(3.0, h):.8g}")
    check("the quotient approaches 14", quotient(3.0, 1e-6), "~", 14.0, within=1e-4)
    check("the error shrinks with h", abs(quotient(3.0, 0.001) - 14), "<", abs(quotient(3.0, 0.1) - 14))

    print("\nThat 14 is the derivative, the slope of f at 3. A nudge cannot be as small as we like:")
    check("a float has 16 digits, so 3 + 1e-16 is 3", 3 + 1e-16, "==", 3.0)
    check("and the quotient is", quotient(3.0, 1e-16), "==", 0.0)
    print("Nudging in both directions is better: the error to the right and the one to the left cancel.")
    check("even with h = 0.1", (f(3.1) - f(2.9)) / 0.2, "~", 14.0)

    print("\nbackward needs no nudge. A Value remembers how it was made, and each operation knows its own slope:")
    x = Value(3.0, label="x")
    y = f(x)
    y.backward()
    check("x.grad", x.grad, "==", 14.0)
    save(draw(y), folder / "nudging.svg")

    print("\nThe slope says which way is down. A small step against it makes f smaller:")
    check("f(3 - 0.01 * 14) is less than f(3)", f(3 - 0.01 * 14), "<", f(3.0))
    compare_with_pytorch("3*x**2 - 4*x + 5", x=3.0)


exercise_1 = Exercise(
    "What is the slope of this f at x = 2?",
    slope(2.0),
    (f(2.0), "that is f(2) itself. The slope is how much f changes: (f(2 + h) - f(2)) / h"),
    (quotient(2.0, 1.0), "that is the quotient for h = 1, which is large; make h small, 0.001"),
    (f(2.001) - f(2.0), "that is the change of f; divide it by the nudge h"),
    (slope(3.0), "that is the slope at 3; the slope of a curve differs from x to x"),
    hint="work out (f(2 + h) - f(2)) / h for a small h, 0.001",
)

exercise_2 = Exercise(
    "At which x does a small nudge change nothing: where is the slope of f zero?",
    2 / 3,
    (0.0, f"at 0 the slope is {slope(0.0):g}: there, f falls as x grows"),
    (-2 / 3, f"the sign: at -2/3 the slope is {slope(-2 / 3):g}"),
    (f(2 / 3), "that is the value of f at its lowest point; the question is which x that is"),
    hint="try some x with slope(x) of this lesson: where it is below 0 go right, where it is above 0 go left",
)
