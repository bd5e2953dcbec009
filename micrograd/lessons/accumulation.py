"""Why +=: a number that is used twice gets a gradient from each use."""

from micrograd import Value
from micrograd.draw import draw
from micrograd.engine import topological_order
from micrograd.lessons.lesson import Exercise, check, compare_with_pytorch, save


def backward_that_overwrites(root):
    """As Value.backward, but with = where it has +=."""
    root.grad = 1.0
    for node in reversed(topological_order(root)):
        for parent, slope in zip(node._prev, node._local, strict=True):
            parent.grad = slope * node.grad


def lesson(folder) -> None:
    a = Value(3.0, label="a")
    b = a + a
    print("b = a + a. Nudge a by h, and both terms grow by h: the slope is 2.")
    check("nudging", ((3.001 + 3.001) - (3.0 + 3.0)) / 0.001, "~", 2.0)

    print("\nThere are two paths from b back to a, each with slope 1.")
    backward_that_overwrites(b)
    check("with =, the second path overwrites what the first one gave", a.grad, "==", 1.0)
    b.zero_grad()
    b.backward()
    check("with +=, they add up", a.grad, "==", 2.0)
    save(draw(b), folder / "accumulation.svg")

    print("\nThe same where the paths differ: d = a*c + a, with c = 5, has slope 5 along one and 1 along the other.")
    a, c = Value(3.0), Value(5.0)
    d = a * c + a
    backward_that_overwrites(d)
    check("with =, one path only", a.grad, "!=", 6.0)
    d.zero_grad()
    d.backward()
    check("with +=, 5 + 1", a.grad, "==", 6.0)

    print("\n+= has a price: grad keeps what is in it until it is set to 0.")
    d.backward()
    check("a second backward adds to the first", a.grad, "==", 12.0)
    d.zero_grad()
    check("zero_grad sets it to 0", a.grad, "==", 0)
    d.backward()
    check("and the gradient is right again", a.grad, "==", 6.0)
    print("So a training step is: zero_grad, backward, and then the update of the parameters.")
    compare_with_pytorch("a*c + a", a=3.0, c=5.0)


exercise_1 = Exercise(
    "y = a*a + a, and a = 3. What is dy/da?",
    7.0,
    (6.0, "6 is the slope of a*a alone; the third use of a, + a, adds its own"),
    (4.0, "a*a uses a twice, so each of the two factors adds 3"),
    (1.0, "1 is the slope of + a alone; each use of a in a*a adds its own"),
    (12.0, "that is y; the slope is how much y changes for a nudge of a"),
    hint="a is used three times: write down the slope by each use, and add them",
)

once = 7.0
exercise_2 = Exercise(
    "y.backward() is called three times for that y, without zero_grad. What is in a.grad?",
    3 * once,
    (once, "that is the gradient of one call; each call adds to grad, and nothing set it to 0"),
    (2 * once, "that is after two calls: the first one counts as well"),
    (once**3, "gradients of several calls are added, not multiplied"),
    hint="each call adds the same gradient to what is there",
)
