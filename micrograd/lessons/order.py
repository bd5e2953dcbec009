"""Why topological order: a node may pass its gradient on only when it is complete."""

import sys

from micrograd import Value
from micrograd.draw import draw
from micrograd.engine import topological_order
from micrograd.lessons.lesson import Exercise, check, compare_with_pytorch, save


def backward_in(order):
    """Go back through the nodes in this order; the first one is the result."""
    for node in order:
        node.grad = 0.0
    order[0].grad = 1.0
    for node in order:
        for parent, slope in zip(node._prev, node._local, strict=True):
            parent.grad += slope * node.grad


def nearest_first(root):
    """The nodes by how few steps they are from the result: a plausible order, and a wrong one."""
    order = [root]
    for node in order:  # which grows meanwhile
        order += [parent for parent in dict.fromkeys(node._prev) if parent not in order]
    return order


def names(order):
    return " ".join([node.label for node in order])


def lesson(folder) -> None:
    a, three = Value(1.0, label="a"), Value(3.0, label="3")
    b = a + a
    c = b * three
    d = b + c
    b.label, c.label, d.label = "b", "c", "d"
    print("b = a + a,  c = 3*b,  d = b + c. So d = 2a + 6a = 8a, and the slope by a is 8.")
    print("b is used twice: in d, right at the end, and in c, one step earlier.")

    print("\nA natural order for backward is the nearest first:", names(nearest_first(d)))
    backward_in(nearest_first(d))
    check("a gets too little", a.grad, "<", 8.0)
    check("b had only the 1 from d when it passed its gradient on to a: 2 * 1", a.grad, "==", 2.0)
    check("the 3 from c reached b later, and b did not pass it on again", b.grad, "==", 4.0)

    print("\nTopological order: every node after those it was made from. Backward goes through it from the end.")
    order = topological_order(d)[::-1]
    print(f"  {names(order)}")
    check("c comes before b, which it was made from", order.index(c), "<", order.index(b))
    backward_in(order)
    check("and a gets all of it", a.grad, "==", 8.0)
    d.zero_grad()
    d.backward()
    check("that is what backward does", a.grad, "==", 8.0)
    save(draw(d), folder / "order.svg")

    print("\nThe order comes from a depth-first search. A recursive function would fail in a deep graph, at Python's")
    print("limit of nested calls; engine.py keeps the path in a list instead.")
    length = 2 * sys.getrecursionlimit()
    x = Value(1.0)
    y = x
    for _ in range(length):
        y = y + 1.0
    y.backward()
    check(f"a chain of {length:,} additions, twice Python's limit, has the slope", x.grad, "==", 1.0)
    compare_with_pytorch("(a + a) + (a + a)*3", a=1.0)


exercise_1 = Exercise(
    "u = x + 1, v = u*x, y = u + v. In which order does backward go through u, v, x and y? (words: a b c d)",
    "y v u x",
    ("x u v y", "that is the way forward; backward begins at the result"),
    ("y u v x", "u is used in v, so a part of u's gradient comes from v: v has to come before u"),
    hint="each of the four once; begin with y, and put a node only after all those that use it",
)

exercise_2 = Exercise(
    "And with x = 2, what is dy/dx?",
    6.0,
    (4.0, "that is what the order y u v x gives: u passed its gradient on before v had added to it"),
    (3.0, "that is the path through v alone; u depends on x as well"),
    (9.0, "that is y itself"),
    hint="y = (x + 1) + (x + 1)*x; in order: what does y add to u and v, v to u and x, and then u to x?",
)
