"""2,000 random programs, the same each time, leave on micrograd what they leave on PyTorch; with -m slow as many more.

`python -m tests.fuzz --programs 200000` runs more of them; what differs is printed here as the smallest program.
"""

import functools

import pytest
from fuzz.differential import (
    INTEGERS,
    LOUD,
    NEEDLESS,
    SELECTION,
    SHARED,
    SILENT,
    SPOILED,
    UNREFUSED,
    Difference,
    differences,
)
from fuzz.programs import TOPICS, program
from fuzz.search import paragraph, shorten

PROGRAMS = 250  # of each of the eight topics, in each half

halves = pytest.mark.parametrize("first", [0, pytest.param(PROGRAMS, marks=pytest.mark.slow)])


@functools.cache
def found(topic: str, first: int) -> list[tuple[int, Difference]]:
    """The differences of a topic's programs from the seed `first` on, each with the seed of its program."""
    seeds = range(first, first + PROGRAMS)
    return [(seed, difference) for seed in seeds for difference in differences(*program(topic, seed))]


@halves
@pytest.mark.parametrize("topic", TOPICS)
def test_random_programs_leave_the_same_behind(topic, first):
    silent = [(seed, difference) for seed, difference in found(topic, first) if difference.kind in SILENT]
    if silent:
        seed, difference = silent[0]
        lines, difference = shorten(program(topic, seed).lines, difference)
        count = len({seed for seed, _ in silent})
        pytest.fail(f"{count} of {PROGRAMS} programs differ, such as\n\n{paragraph(difference, lines)}", pytrace=False)


@halves
@pytest.mark.parametrize("topic", TOPICS)
def test_micrograd_seldom_raises_where_pytorch_runs(topic, first):
    """An engine that refuses much has few silent differences; most of these write to memory that they read."""
    loud = {seed for seed, difference in found(topic, first) if difference.kind == LOUD}
    assert len(loud) <= 0.05 * PROGRAMS


NO_FAULT = {
    "a convolution that leaves its padding out": (
        SELECTION,
        "x = torch.tensor([[[-2.0, 0.0]], [[0.0, -math.inf]]], requires_grad=True)",
        "y = torch.nn.functional.conv1d(torch.zeros(2, 1, 2), x, padding=1)",
    ),
    "elu in place, of nan": (
        SELECTION,
        "x = torch.tensor(-2.0, requires_grad=True)",
        "y = x.log()",
        "torch.nn.functional.elu(y, inplace=True)",
        "y.backward()",
    ),
    "a product with zeros, beside a power": (
        SELECTION,
        "x = torch.zeros(2, 2, requires_grad=True)",
        "y = x ** torch.tensor([[-2.0, 0.5], [-0.5, 1.75]])",
        "z = y @ y.mT",
        "u = z.cumprod(0)",
        "((3 * y).sum() + (3 * z).sum() + (u * u).sum()).backward()",
    ),
    "amin of -infinity, which log_softmax sends nan back to": (
        SELECTION,
        "x = torch.tensor([[0.75, -math.inf], [-0.75, 1.25]], requires_grad=True)",
        "y = x.amin(1)",
        "z = y.log_softmax(0)",
        "((z * z).sum() + (y * y).sum()).backward()",
    ),
    "the variance of one infinite norm": (
        SELECTION,
        "x = torch.tensor([1.5, math.inf, math.inf], requires_grad=True)",
        "y = x.norm(math.inf)",
        "z = y.var()",
        "(z + (y * y).sum()).backward()",
    ),
    "a view of several that the loss does not need": (
        NEEDLESS,
        "x = torch.tensor([-0.75, -1.5, 1.25], requires_grad=True)",
        "y = x.round()",
        "z = y.chunk(3, 0)[1]",
        "loss = torch.nn.functional.mse_loss(z, z)",
        "y[[0, 2, 1]] = -2.0",
        "(y.sum() + loss).backward()",
    ),
    "a graph through integers": (
        INTEGERS,
        "x = torch.tensor(-2.0, requires_grad=True)",
        "y = torch.tensor([0], dtype=torch.uint8)",
        "y[:2, None] = x",
        "z = y.sin()",
    ),
    "a view whose base has other memory by then": (
        NEEDLESS,
        "x = torch.tensor([1.75, -0.25, -2.0], requires_grad=True)",
        "y = x.sum(0, keepdim=True)",
        "z = y.detach()",
        "z.data = torch.ones(1)",
        "u = y.chunk(1)[0]",
        "z.scatter_(-1, torch.tensor([0]), torch.zeros(1))",
        "u.sum().backward()",
    ),
    "a version counter that goes with the memory here": (
        NEEDLESS,
        "x = torch.ones(3, 1, requires_grad=True)",
        "y = x.clone()",
        "y.data = x",
        "z = x.split([1, 0], -1)[1]",
        "y.lerp_(y, 1.0)",
    ),
    "a product to which 0 times something infinite is added": (
        SELECTION,
        "x = torch.zeros(2, 1, requires_grad=True)",
        "y = x ** torch.tensor(-math.inf)",
        "z = torch.addmm(y, y, y.mT, beta=0.0)",
        "((z * z).sum() + y.sum()).backward()",
    ),
    "a key that is changed by way of its data": (
        SPOILED,
        "x = torch.tensor([[-1.5, -0.5, 0.0], [-0.75, -1.0, 1.75]], requires_grad=True)",
        "y = torch.tensor([[-1.5, -0.25, -1.25], [0.0, -0.5, -0.5]])",
        "z = torch.nn.functional.scaled_dot_product_attention(x, y, x)",
        "y.data[0] = 1.75",
        "(z * z).sum().backward()",
    ),
    "integers that are changed by way of their data": (
        NEEDLESS,
        "x = torch.ones(3, requires_grad=True)",
        "y = torch.tensor(1)",
        "z = x * y",
        "y.data[...] = 0",
        "z.sum().backward()",
    ),
    "a view of no elements that PyTorch does not take apart": (
        UNREFUSED,
        "x = torch.ones(2, requires_grad=True) * 1",
        "y = x.split(1)[0][1:]",
        "x *= 2",
        "z = y.unbind()",
    ),
    "gradients in one memory": (
        SHARED,
        "x = torch.tensor(1.5, requires_grad=True)",
        "y = torch.tensor(1.75, requires_grad=True)",
        "z = torch.stack([y, x])",
        "z.sum().backward()",
        "(z * z).sum().backward()",
    ),
    "gradients in one memory, of rows": (
        SHARED,
        "x = torch.tensor(1.5, requires_grad=True)",
        "y = torch.tensor(1.75, requires_grad=True)",
        "z = torch.vstack([y, x])",
        "z.sum().backward()",
        "(z * z).sum().backward()",
    ),
    "equal numbers, of which quantile takes one": (
        SELECTION,
        "x = torch.tensor([0.0, -1.5, 0.25, -1.25, 1.5, -1.25, -0.25, -0.25, -1.75], requires_grad=True)",
        "torch.outer(x, x).quantile(0.5).backward()",
    ),
    "a gradient that is a view in PyTorch": (
        NEEDLESS,
        "x = torch.tensor([0.75], requires_grad=True)",
        "y = x.transpose(0, -1)",
        "g = torch.autograd.grad(y, x, torch.ones_like(y))[0]",
        "g.view(1, 1).mul_(x)",
    ),
}


@pytest.mark.parametrize("name", NO_FAULT)
def test_a_second_look_tells_what_is_no_fault(name):
    kind, *lines = NO_FAULT[name]
    assert {difference.kind for difference in differences(lines)} == {kind}


ONCE_FOUND = {
    "a property that PyTorch fails to tell by an assertion of its own": [
        "x = torch.ones(3, requires_grad=True)",
        "y = x @ x",
        "z = y[...]",
        "z.retain_grad()",
        "z.unsqueeze_(-1)",
        "y[...] = torch.tensor(1.5)",
    ],
    "a view of several, used after a change": [
        "x = torch.ones(4, requires_grad=True) * 1",
        "y = x.chunk(2)[0]",
        "x *= 2",
        "z = y * 3",
    ],
    "numbers put where they stand, without their graph": [
        "x = torch.tensor([-1.0, 2.0], requires_grad=True)",
        "y = x.max(0).values",
        "z = y.detach().view_as(y)",
        "z.T[...] = -1.5",
        "y[...] = z",
        "(x.sum() + y * y).backward()",
    ],
    "the gradient of a leaf with a dimension of length 1 between": [
        "x = torch.zeros(2, 1, 3).movedim(-1, 0).requires_grad_()",
        "x.backward(torch.ones(3, 2, 1))",
    ],
}


@pytest.mark.parametrize("name", ONCE_FOUND)
def test_what_was_once_found_is_the_same_now(name):
    assert differences(ONCE_FOUND[name]) == []


def test_a_topic_and_a_seed_give_the_same_program_each_time():
    assert program("views", 1).lines == program("views", 1).lines != program("views", 2).lines
