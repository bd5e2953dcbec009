"""The guard: each mistake passes without it and is caught with it, and right code that looks alike is left alone."""

import copy
import gc
import pickle
import random
import subprocess
import sys
import traceback
import weakref

import numpy as np
import pytest

import micrograd as torch
from micrograd import graph, nn
from micrograd.compare.examples import samples
from micrograd.engine import Value
from micrograd.guard import (
    BroadcastError,
    GuardError,
    NoGradientError,
    NotFiniteError,
    SoftmaxError,
    StaleGradientError,
    UpdateError,
    guard,
)
from micrograd.nn import functional as F  # noqa: N812 - as everywhere
from micrograd.ops import OPS

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # of mse_loss and .grad, which are beside the point


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(42)


def caught(mistake, kind, *words):
    """Assert that a mistake passes in silence without the guard, and is caught with it, in words with these in them."""
    mistake()
    told(mistake, kind, *words)


def told(mistake, kind, *words):
    """Assert that the guard catches a mistake, and says these words and what was meant."""
    with guard(), pytest.raises(kind) as error:
        mistake()
    assert issubclass(kind, GuardError)
    for word in (*words, "robably meant: "):
        assert word in str(error.value)


def helpful(mistake, *words, kind=RuntimeError):
    """Assert that a mistake raises an error that says these words, with the guard and without it."""
    with pytest.raises(kind) as error:
        mistake()
    with guard(), pytest.raises(kind) as guarded:
        mistake()
    assert str(error.value) == str(guarded.value)
    for word in words:
        assert word in str(error.value)


def parameter(*shape, scale=1.0):
    return (torch.randn(*shape) * scale).requires_grad_()


def classes(n, of=5):
    return torch.randint(0, of, (n,))


# Reductions without keepdim.


def of_counts(P):
    N = (P * 9).floor()
    return N.double() / N.sum(1)


SQUARE = {
    "P / P.sum(1)": lambda P: P / P.sum(1),
    "x - x.mean(1)": lambda x: x - x.mean(1),
    "x - x.max(1).values": lambda x: x - x.max(1).values,
    "N.double() / N.sum(1)": of_counts,
    "x.exp() / x.exp().sum(1)": lambda x: x.exp() / x.exp().sum(1),
    "x / (x**2).sum(1).sqrt()": lambda x: x / (x**2).sum(1).sqrt(),
    "x - x.logsumexp(1)": lambda x: x - x.logsumexp(1),
    "counts * counts.sum(1)**-1": lambda x: x * x.sum(1) ** -1,
}


def divided_in_place(P):
    P = P.clone()
    P /= P.sum(1)


def centred_in_place(P):
    P = P.clone()
    P -= P.mean(1)


SQUARE |= {"P /= P.sum(1)": divided_in_place, "x -= x.mean(1)": centred_in_place}


@pytest.mark.parametrize("mistake", SQUARE.values(), ids=SQUARE.keys())
def test_a_reduction_that_lies_along_another_dimension_is_caught(mistake):
    P = torch.rand(4, 4) + 0.1
    caught(lambda: mistake(P), BroadcastError, "keepdim=True", "[4, 4]", "dim 1")


def test_a_column_over_its_own_sums_is_caught():
    caught(lambda: (lambda x: x / x.sum(1))(torch.rand(5, 1)), BroadcastError, "x / x.sum(1, keepdim=True)")


def test_a_reduction_in_three_dimensions_that_lies_along_another_is_caught():
    x = torch.randn(4, 4, 4)
    caught(lambda: x - x.mean(2), BroadcastError, "x - x.mean(2, keepdim=True)", "dim 1 and 2", "dim 0 and 1")


def fine_broadcasts(P, v):
    P / P.sum(1, keepdim=True)
    P / P.sum(0)
    P / P.sum()
    P - P.mean(0)
    (P - P.mean(0)) / P.std(0)
    (P - P.mean(1, keepdim=True)) / P.std(1, keepdim=True)
    P / P.sum(1).unsqueeze(1)
    P / P.sum(1)[:, None]
    P / P.sum(1).view(-1, 1)
    P.T / P.sum(1)
    P + v  # a bias that happens to be as long
    P * v
    P + torch.rand(4, 4).sum(1)  # the sum of something else
    P @ P.sum(1)
    P.sum(1) / P.sum(1)
    P.sum(1) / P.sum(0)
    squares = (P**2).sum(1)
    squares[:, None] + squares - 2 * P @ P.T  # distances of each from each
    kernel = P @ P.T  # symmetric: rows and columns have the same sums
    degrees = kernel.sum(1)
    kernel / degrees.sqrt() / degrees.sqrt()[:, None]
    kernel - kernel.mean(1) - kernel.mean(1)[:, None] + kernel.mean()
    one = P[:1, :1]
    one / one.sum(1)
    table = P.clone()
    table /= table.sum(1, keepdim=True)
    sums = table.sum(1)
    table += 1
    table / sums  # of other numbers by now


def test_reductions_that_lie_where_they_belong_are_left_alone():
    with guard():
        fine_broadcasts(torch.rand(4, 4), torch.rand(4))


# A prediction (n, 1) and a target (n,).


def regression():
    return parameter(3, 1), torch.randn(8, 3), torch.randn(8)


OUTER = {
    "mean of squares": lambda p, y: ((p - y) ** 2).mean(),
    "target first": lambda p, y: (y - p).abs().sum(),
    "hinge": lambda p, y: (1 - y * p).relu().mean(),
    "likelihood": lambda p, y: -(y * p.sigmoid().log() + (1 - y) * (1 - p.sigmoid()).log()).mean(),
    "mse_loss": lambda p, y: F.mse_loss(p, y),
    "nn.MSELoss": lambda p, y: nn.MSELoss()(p, y),
}


@pytest.mark.parametrize("loss", OUTER.values(), ids=OUTER.keys())
def test_a_loss_of_every_prediction_against_every_target_is_caught(loss):
    W, x, y = regression()
    caught(lambda: loss(x @ W, y).backward(), BroadcastError, "[8, 1]", "[8]", "[8, 8]")


@pytest.mark.parametrize("loss", OUTER.values(), ids=OUTER.keys())
def test_losses_of_one_shape_are_left_alone(loss):
    W, x, y = regression()
    with guard():
        loss(x @ W, y.view(-1, 1)).backward()
        W.grad = None
        loss((x @ W).squeeze(1), y).backward()


def test_comparing_each_with_each_on_purpose_is_left_alone():
    scores, others = parameter(6), torch.randn(6)
    with guard():
        (1 - (scores[:, None] - others)).relu().mean().backward()
        (scores.unsqueeze(1) - scores).abs().mean().backward()
        (torch.randn(6, 1) - torch.randn(6)).abs().mean()
        hidden = torch.randn(6, 1) * scores + parameter(6)  # one input, six neurons, six examples
        (hidden.tanh() @ parameter(6, 1)).mean().backward()


# Softmax.


def logits_and_targets():
    logits = torch.randn(6, 5)
    return logits, torch.tensor([1, 0, 4, 2, 2, 3])


OVER_THE_BATCH = {
    "probs[range(n), y]": lambda x, y: F.softmax(x, 0)[range(6), y],
    "probs[arange(n), y]": lambda x, y: -x.softmax(0)[torch.arange(6), y].log().mean(),
    "log_probs[arange(n), y]": lambda x, y: -x.log_softmax(0)[torch.arange(6), y].mean(),
    "by hand": lambda x, y: (x.exp() / x.exp().sum(0, keepdim=True))[torch.arange(6), y],
    "probs[y, arange(n)]": lambda x, y: x.T.softmax(1)[y, torch.arange(6)],
    "nll_loss": lambda x, y: F.nll_loss(F.log_softmax(x, 0), y),
    "gather": lambda x, y: F.softmax(x, 0).gather(1, y.view(-1, 1)),
}


@pytest.mark.parametrize("mistake", OVER_THE_BATCH.values(), ids=OVER_THE_BATCH.keys())
def test_softmax_over_the_batch_is_caught_where_a_class_of_each_is_picked(mistake):
    logits, y = logits_and_targets()
    caught(lambda: mistake(logits, y), SoftmaxError, "softmax(logits, dim=")


def test_softmax_that_is_picked_from_as_it_should_be_is_left_alone():
    logits, y = logits_and_targets()
    with guard():
        F.softmax(logits, 1)[range(6), y].log().mean()
        logits.T.softmax(0)[y, torch.arange(6)]
        counts = logits.exp()
        (counts / counts.sum(1, keepdim=True))[torch.arange(6), y].log().mean()
        F.nll_loss(F.log_softmax(logits, 1), y)
        F.softmax(logits, 1).gather(1, y.view(-1, 1))
        F.softmax(logits, 0)[y, classes(6)]  # any elements
        F.softmax(logits, 1).topk(1, 0)  # the example that likes a class best
        F.softmax(logits, 1).sort(0)
        each = torch.arange(5)
        pairs = torch.randn(5, 5)  # which picture goes with which caption, both ways
        -(pairs.log_softmax(0)[each, each] + pairs.log_softmax(1)[each, each]).mean()
        F.nll_loss(pairs.log_softmax(0), each)


WITHOUT_THE_CLASSES = {
    "multinomial over the batch": lambda x, y: torch.multinomial(x[0].softmax(0), 1),
    "multinomial of one row": lambda x, y: torch.multinomial(x[:1, 0].softmax(0), 1),
    "multinomial of the last step": lambda x, y: torch.multinomial(x.softmax(1)[:, -1], 1),
    "multinomial of the last step of one": lambda x, y: torch.multinomial(x.softmax(1)[0, -1, :], 1),
    "multinomial of all steps": lambda x, y: torch.multinomial(F.softmax(x, 1).view(-1, 5), 1),
    "log_softmax of the last step": lambda x, y: torch.multinomial(x.log_softmax(-2)[..., -1, :].exp(), 1),
    "softmax over the batch of the last step": lambda x, y: torch.multinomial(x.softmax(0)[:, -1], 1),
    "nll_loss of the last step": lambda x, y: F.nll_loss(x.log_softmax(1)[:, -1], y),
    "probs[:, -1][arange(n), y]": lambda x, y: x.softmax(1)[:, -1][torch.arange(3), y],
}


@pytest.mark.parametrize("mistake", WITHOUT_THE_CLASSES.values(), ids=WITHOUT_THE_CLASSES.keys())
def test_softmax_over_the_steps_is_caught_where_a_class_is_drawn_or_picked(mistake):
    steps, y = torch.randn(3, 4, 5), torch.tensor([1, 0, 4])
    caught(lambda: mistake(steps, y), SoftmaxError, "softmax(logits, dim=-1)", "over dim")


def test_draws_from_a_softmax_over_the_classes_are_left_alone():
    steps, y = torch.randn(3, 4, 5), torch.tensor([1, 0, 4])
    drawn_from = (
        lambda: steps.softmax(2)[:, -1],
        lambda: steps[:, -1].softmax(1),
        lambda: steps.softmax(-1)[0],
        lambda: F.softmax(steps, -1).view(-1, 5),
        lambda: steps.transpose(1, 2).softmax(1)[:, :, -1],
        lambda: steps.transpose(1, 2).softmax(1).transpose(1, 2)[:, -1],
        lambda: steps[0].T.softmax(0).T,
        lambda: steps[0, 0].softmax(0),
        lambda: steps.softmax(1)[:, :, 3],  # which step likes a class
        lambda: steps.softmax(0)[:, 2, 3],
        lambda: steps.softmax(1).sum(1),
    )
    with guard():
        for probs in drawn_from:
            torch.multinomial(probs(), 1)
        F.nll_loss(steps.log_softmax(2)[:, -1], y)


TWICE = {
    "cross_entropy(softmax)": lambda x, y: F.cross_entropy(F.softmax(x, 1), y),
    "CrossEntropyLoss(softmax)": lambda x, y: nn.CrossEntropyLoss()(x.softmax(-1), y),
    "softmax(softmax)": lambda x, y: F.softmax(F.softmax(x, 1), 1),
    "log_softmax(softmax)": lambda x, y: F.nll_loss(F.log_softmax(F.softmax(x, 1), 1), y),
    "cross_entropy of a view": lambda x, y: F.cross_entropy(F.softmax(x.view(2, 3, 5), 2).view(6, 5), y),
    "cross_entropy of the last step": lambda x, y: F.cross_entropy(F.softmax(x.view(3, 2, 5), 2)[:, -1, :], y[:3]),
    "by hand": lambda x, y: F.cross_entropy(x.exp() / x.exp().sum(1, keepdim=True), y),
    "nll_loss without log": lambda x, y: F.nll_loss(F.softmax(x, 1), y),
    "nll_loss of logits": lambda x, y: F.nll_loss(x, y),
    "cross_entropy(sigmoid)": lambda x, y: F.cross_entropy(x.sigmoid(), y),
}


@pytest.mark.parametrize("mistake", TWICE.values(), ids=TWICE.keys())
def test_probabilities_in_the_place_of_logits_are_caught(mistake):
    logits, y = logits_and_targets()
    caught(lambda: mistake(logits, y), SoftmaxError, "softmax")


def test_one_softmax_after_the_other_is_left_alone():
    logits, y = logits_and_targets()
    with guard():
        F.cross_entropy(logits, y)
        F.cross_entropy(logits.log_softmax(1), y)  # the same loss
        F.cross_entropy(logits.softmax(1).log(), y)
        F.softmax(logits.softmax(1).log() / 0.7, 1)  # a temperature
        weights = F.softmax(torch.randn(6, 6), 1)
        F.softmax(weights @ logits, 1)  # attention, then classes
        F.cross_entropy(logits, logits.softmax(1))  # soft targets
        F.softmax(F.softmax(logits, 0), 1)
        F.cross_entropy(5 * logits.sigmoid(), y)  # between 0 and 5
        F.nll_loss((logits.softmax(1) + 1e-8).log(), y)


# nan and inf.


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (lambda: torch.tensor([[0.5, 0.0]]).log().mean(), ("log(x) is -inf at [0, 1]", "x is 0")),
        (lambda: torch.tensor(0.0).log(), ("log(x) is -inf", "x is 0")),
        (lambda: torch.tensor([1.0, -1.0]).log(), ("log(x) is nan at [1]", "x is -1")),
        (lambda: torch.zeros(2, 3) / torch.zeros(2, 3).sum(1, keepdim=True), ("x / y is nan at [0, 0]", "y is 0")),
        (lambda: torch.ones(2) / torch.tensor([1.0, 0.0]), ("x / y is inf at [1]", "x is 1 and y is 0")),
        (lambda: 1 / torch.zeros(2), ("1 / x is inf at [0]", "x is 0")),
        (lambda: torch.zeros(2).div_(torch.zeros(2)), ("x / y is nan at [0]", "y is 0")),
        (lambda: torch.ones(2) // 0.0, ("x // y is inf at [0]", "y is 0")),
        (
            lambda: torch.full((2,), 3e38).index_add(0, torch.tensor([0]), torch.tensor([3e38])),
            ("add_at of [2]", "inf"),
        ),
        (lambda: F.cross_entropy(torch.ones(2, 3), torch.tensor([-100, -100])), ("cross_entropy of [2, 3]", "nan")),
        (lambda: torch.tensor([1.0, 100.0]).exp(), ("exp(x) is inf at [1]", "x is 100", "x.max()")),
        (lambda: torch.tensor([4.0, -4.0]).sqrt(), ("sqrt(x) is nan at [1]", "x is -4")),
        (lambda: torch.zeros(3) ** -0.5, ("x ** y is inf at [0]", "y is -0.5", "negative power")),
        (lambda: torch.ones(3, 1).std(1), ("std of [3, 1]", "unbiased=False")),
        (lambda: torch.ones(0).mean(), ("mean of [0]", "at least one element")),
        (lambda: F.cross_entropy(torch.ones(0, 3), classes(0)), ("cross_entropy of [0, 3]", "at least one element")),
        (lambda: torch.full((2, 2), 1e30) @ torch.full((2, 2), 1e30), ("mm of [2, 2] and [2, 2], all finite", "inf")),
        (lambda: torch.full((2,), 1e30) ** 2, ("x ** y is inf at [0]", "x is 1e+30", "learning rate")),
        (lambda: F.softmax(torch.full((2, 3), -np.inf), 1), ("softmax of [2, 3]", "nan at [0, 0]", "-inf alone")),
        (lambda: torch.zeros(2) * -np.inf, ("x * y is nan at [0]", "masked_fill")),
        (lambda: (lambda p: -(p * p.log()).sum())(torch.tensor([0.0, 1.0])), ("x * y is nan at [0]",)),
        (lambda: F.nll_loss(torch.tensor([[0.0, 1.0]]).log(), torch.tensor([0])), ("log(x) is -inf at [0, 0]",)),
    ],
)
def test_the_first_nan_or_infinity_is_caught_with_its_op_and_index(mistake, words):
    caught(mistake, NotFiniteError, *words)


def test_what_the_user_made_infinite_is_left_alone():
    scores, mask = parameter(4, 4), torch.tril(torch.ones(4, 4))
    with guard():
        for masked in (
            scores.masked_fill(mask == 0, float("-inf")),
            torch.where(mask == 0, torch.tensor(float("-inf")), scores),
            scores + torch.zeros(4, 4).masked_fill(mask == 0, float("-inf")),
            scores + torch.triu(torch.full((4, 4), float("-inf")), 1),
        ):
            weights = F.softmax(masked, -1)
            masked.max(1)
            ((weights @ torch.randn(4, 2)).sum() + masked.logsumexp(1).sum()).backward()
        logits = torch.randn(4, 5)
        logits[:, 2] = -float("inf")
        F.softmax(logits / 0.8, -1)
        F.cross_entropy(logits, torch.tensor([0, 1, 3, 4]))
        logits.log_softmax(1) * 2
        best = torch.tensor(float("inf"))
        torch.minimum(best, logits[0, 0])
        missing = torch.tensor([1.0, float("nan")])
        missing * 2
        (missing + 1).mean()
        F.scaled_dot_product_attention(*torch.randn(3, 1, 4, 2), is_causal=True)


def test_log_of_zero_that_nobody_uses_is_left_alone():
    counts = torch.tensor([[2.0, 0.0], [1.0, 3.0]])
    with guard():
        table = (counts / counts.sum(1, keepdim=True)).log()
        assert table[0, 1].item() == -np.inf
        table[[0, 1, 1], [0, 0, 1]].mean()
        (-table)[1].sum()
        assert table.exp()[0, 1].item() == 0
        F.softmax(table, 1)
        F.log_softmax(table / 2, 1)
        F.cross_entropy(table, torch.tensor([0, 1]))
        torch.where(counts > 0, table, torch.zeros(2, 2)).sum()
        with pytest.raises(NotFiniteError, match=r"log\(x\) is -inf at \[0, 1\].*Now sum"):
            table[[0, 1], [1, 1]].sum()
        with pytest.raises(NotFiniteError, match="Now mean"):
            (-table.view(-1)).mean()


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (lambda x: x.sqrt().sum(), ("backward through sqrt", "inf at [0] of [3]")),
        (lambda x: torch.where(x > 0, x.log(), torch.zeros(3)).sum(), ("backward through log", "nan at [0]")),
        (lambda x: (x * 2).sqrt()[1:].sum(), ("backward through sqrt", "nan at [0]")),
        (lambda x: (x**0.5).mean(), ("backward through pow", "at [0]")),
        (lambda x: (x * 1e-30 * 1e30 * 1e30).sum(), ("backward through mul", "inf")),
    ],
)
def test_a_gradient_that_is_not_finite_is_caught_on_the_way_back(mistake, words):
    x = torch.tensor([0.0, 1.0, 2.0]).requires_grad_()
    line = mistake.__code__.co_firstlineno
    caught(lambda: mistake(x).backward(), NotFiniteError, *words, f"test_guard.py, line {line}")
    x.grad = None
    told(lambda: torch.autograd.grad(mistake(x), x), NotFiniteError, *words)
    assert x.grad is None


def test_a_gradient_that_is_infinite_where_no_leaf_is_reached_is_left_alone():
    x = torch.tensor([-1000.0, 0.0, 1.0]).requires_grad_()
    with guard():
        torch.where(x > 0, x, torch.zeros(3)).sqrt().detach()
        x.relu().sum().backward()
    assert x.grad.tolist() == [0, 0, 1]


# zero_grad.


class Net:
    """A layer of three neurons, its data and a step by hand or by an optimizer."""

    def __init__(self):
        self.W, self.b = parameter(4, 3), parameter(3)
        self.x, self.y = torch.randn(8, 4), classes(8, 3)
        self.parameters = [self.W, self.b]

    def loss(self):
        return F.cross_entropy(self.x @ self.W + self.b, self.y)

    def forget(self):
        for p in self.parameters:
            p.grad = None


def by_data(p):
    p.data += -0.1 * p.grad


def by_assigned_data(p):
    p.data = p.data - 0.1 * p.grad


def by_data_in_place(p):
    p.data.sub_(p.grad.data * 0.1)


def under_no_grad(p):
    with torch.no_grad():
        p -= 0.1 * p.grad


UPDATES = [by_data, by_assigned_data, by_data_in_place, under_no_grad]
OPTIMIZERS = [torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW]


@pytest.mark.parametrize("update", UPDATES)
def test_a_forgotten_zero_grad_is_caught_with_updates_by_hand(update):
    net = Net()

    def train():
        for _ in range(2):
            net.loss().backward()
            for p in net.parameters:
                update(p)

    caught(train, StaleGradientError, "gradient of the step before", "zero_grad")


@pytest.mark.parametrize("kind", OPTIMIZERS)
@pytest.mark.parametrize("clip", [False, True])
def test_a_forgotten_zero_grad_is_caught_with_an_optimizer(kind, clip):
    net = Net()
    optimizer = kind(net.parameters, lr=0.1)

    def train():
        for _ in range(2):
            net.loss().backward()
            if clip:
                nn.utils.clip_grad_norm_(net.parameters, 0.01)
            optimizer.step()

    caught(train, StaleGradientError, "zero_grad")


def test_a_forgotten_zero_grad_of_one_parameter_is_caught_at_the_step():
    net = Net()
    optimizer = torch.optim.SGD(net.parameters, lr=0.1)

    def train():
        for _ in range(2):
            net.W.grad = None
            net.loss().backward()
            optimizer.step()

    caught(train, StaleGradientError, "[3]")


def test_zero_grad_between_backward_and_step_is_caught():
    for set_to_none in (True, False):
        net = Net()
        optimizer = torch.optim.SGD(net.parameters, lr=0.1)

        def train(net=net, optimizer=optimizer, set_to_none=set_to_none):
            net.loss().backward()
            optimizer.zero_grad(set_to_none=set_to_none)
            optimizer.step()

        caught(train, StaleGradientError, "emptied")


def test_a_forgotten_zero_grad_of_values_is_caught():
    w = Value(1.5)

    def train():
        for _ in range(2):
            loss = (w * 2.0 - 1.0) ** 2
            loss.backward()
            w.data -= 0.1 * w.grad

    caught(train, StaleGradientError, "zero_grad")
    w.grad = 0
    with guard():
        for _ in range(3):
            loss = (w * 2.0 - 1.0) ** 2
            w.grad = 0
            loss.backward()
            (w * 3.0).backward()  # accumulates
            w.data -= 0.1 * w.grad


EMPTIED = {
    "grad = None": lambda net, optimizer: net.forget(),
    "zero_grad": lambda net, optimizer: optimizer.zero_grad(),
    "zeros": lambda net, optimizer: optimizer.zero_grad(set_to_none=False),
    "zero_": lambda net, optimizer: [p.grad.zero_() for p in net.parameters if p.grad is not None],
    "grad.data.zero_": lambda net, optimizer: [p.grad.data.zero_() for p in net.parameters if p.grad is not None],
}


@pytest.mark.parametrize("empty", EMPTIED.values(), ids=EMPTIED.keys())
@pytest.mark.parametrize("update", [*UPDATES, None])
def test_gradients_that_add_up_on_purpose_are_left_alone(empty, update):
    net = Net()
    optimizer = torch.optim.SGD(net.parameters, lr=0.1)
    with guard():
        for _ in range(12):
            empty(net, optimizer)
            for _ in range(3):
                (net.loss() / 3).backward()
            nn.utils.clip_grad_norm_(net.parameters, 1.0)
            if update is None:
                optimizer.step()
            else:
                for p in net.parameters:
                    update(p)


def test_a_net_that_another_is_trained_through_is_left_alone():
    maker, judge = nn.Linear(2, 3), nn.Linear(3, 1)
    of_maker, of_judge = (torch.optim.Adam(part.parameters(), lr=0.01) for part in (maker, judge))
    with guard():
        for _ in range(12):
            of_judge.zero_grad()
            made = maker(torch.randn(8, 2))
            (
                judge(made.detach()).mean() - judge(torch.randn(8, 3)).mean() + judge(made.detach()).square().mean()
            ).backward()
            of_judge.step()
            of_maker.zero_grad()
            (-judge(made).mean()).backward()
            of_maker.step()


def test_a_momentum_by_hand_is_left_alone():
    net = Net()
    with guard():
        for _ in range(4):
            for p in net.parameters:
                if p.grad is not None:
                    p.grad *= 0.9
            net.loss().backward()
            for p in net.parameters:
                by_data(p)


# Parameters that learn nothing.


def test_a_parameter_that_no_loss_depends_on_is_caught():
    net, unused = Net(), parameter(7)

    def train():
        optimizer = torch.optim.SGD([*net.parameters, unused], lr=0.1)
        for _ in range(10):
            optimizer.zero_grad()
            net.loss().backward()
            optimizer.step()

    caught(train, NoGradientError, "parameter 2", "[7]")
    unused.requires_grad = False
    with guard():
        train()


@pytest.mark.parametrize("update", [*UPDATES, None])
def test_a_gradient_that_is_always_zero_is_caught(update):
    net, rounded = Net(), parameter(3, scale=0.1)
    optimizer = torch.optim.SGD([*net.parameters, rounded], lr=0.1)

    def train():
        for _ in range(12):
            optimizer.zero_grad()
            F.cross_entropy(net.x @ net.W + net.b + rounded.round(), net.y).backward()
            if update is None:
                optimizer.step()
            else:
                for p in [*net.parameters, rounded]:
                    update(p)

    caught(train, NoGradientError, "[3]", "zero in every element")


def test_backward_of_a_number_that_is_no_loss_any_more_is_caught():
    net = Net()
    caught(lambda: torch.tensor(net.loss().item(), requires_grad=True).backward(), NoGradientError, "without .item()")


def test_an_optimizer_of_another_net_is_caught():
    net, other = Net(), Net()
    optimizer = torch.optim.SGD(other.parameters, lr=0.1)

    def train():
        for _ in range(10):
            optimizer.zero_grad()
            net.forget()
            net.loss().backward()
            optimizer.step()

    caught(train, NoGradientError, "no parameter of the optimizer", "net.parameters()")


def test_optimizers_that_take_turns_are_left_alone():
    nets = Net(), Net()
    optimizers = [torch.optim.SGD(net.parameters, lr=0.1) for net in nets]
    with guard():
        for step in range(30):
            nets[step // 8 % 2].loss().backward()
            for optimizer in optimizers:
                optimizer.step()
                optimizer.zero_grad()


def test_a_gradient_that_wakes_up_late_or_falls_asleep_is_left_alone():
    inner, outer = parameter(3), torch.zeros(3).requires_grad_()  # outer starts at 0: inner has no gradient at first
    optimizer = torch.optim.SGD([inner, outer], lr=0.1)
    with guard():
        for step in range(30):
            optimizer.zero_grad()
            asleep = (inner * outer - 1).sum() ** 2 if step < 15 else (inner * 0).sum() + outer.sum()
            for _ in range(12 if step == 0 else 1):  # many small batches to a step
                asleep.backward(retain_graph=True)
            optimizer.step()


# Updates.


@pytest.mark.parametrize("recorded", [True, False])
def test_a_parameter_that_is_replaced_by_its_update_is_caught(recorded):
    def train():
        W, x, y = parameter(4, 3), torch.randn(8, 4), classes(8, 3)
        for _ in range(2):
            if W.requires_grad:
                F.cross_entropy(x @ W, y).backward()
            with torch.set_grad_enabled(recorded):
                W = W - 0.1 * W.grad if W.grad is not None else W

    caught(train, UpdateError, "p -= lr * p.grad", "test_guard.py, line", "[4, 3]" if recorded else "no_grad")


def test_a_backward_that_fails_of_a_replaced_parameter_says_so():
    def train():
        W, x = parameter(4, 3), torch.randn(8, 4)
        for _ in range(2):
            (x @ W).sum().backward()
            with torch.no_grad():
                W = W - 0.1 * W.grad

    helpful(train, "p -= lr * p.grad")


def test_an_update_inside_the_graph_is_explained():
    W = parameter(4, 3)
    W.sum().backward()

    def update():
        nonlocal W
        W -= 0.1 * W.grad

    helpful(update, "p -= lr * p.grad", "[4, 3]")


def test_new_leaves_and_steps_that_are_differentiated_through_are_left_alone():
    W, x = parameter(4, 3), torch.randn(8, 4)
    with guard():
        for _ in range(3):  # a new leaf each time
            (x @ W).square().mean().backward()
            W = (W - 0.1 * W.grad).detach().requires_grad_()
        for _ in range(3):
            (x @ W).square().mean().backward()
            with torch.no_grad():
                W = W - 0.1 * W.grad
            W.requires_grad = True
        (x @ W).square().mean().backward()
        quick = W - 0.1 * W.grad  # the weights after a step, of which the loss is taken (first-order MAML)
        W.grad = None
        (x @ quick).square().mean().backward()
        by_data(W)
        with torch.no_grad():
            W.copy_(W - 0.1 * W.grad)


# Dtypes.


def test_integers_in_a_matrix_product_are_explained():
    one_hot, W = F.one_hot(torch.tensor([0, 2]), num_classes=3), parameter(3, 4)
    for product in (
        lambda: one_hot @ W,
        lambda: W.T @ one_hot.T,
        lambda: torch.matmul(one_hot, W),
        lambda: torch.mm(one_hot, W),
        lambda: F.linear(one_hot, W.T),
        lambda: nn.Linear(3, 4)(one_hot),
    ):
        helpful(product, "F.one_hot(x, num_classes=...).float()")
    helpful(lambda: torch.randn(2, 3).double() @ W, "float64 unless told otherwise")
    with guard():
        one_hot.float() @ W
        with pytest.raises(RuntimeError, match="cannot be multiplied") as error:
            W @ W
    assert not isinstance(error.value, GuardError)


def test_targets_of_the_wrong_dtype_are_explained():
    logits = torch.randn(4, 3)
    floats, one_hot = torch.tensor([0.0, 1.0, 2.0, 1.0]), F.one_hot(torch.tensor([0, 1, 2, 1]))
    helpful(lambda: F.cross_entropy(logits, floats), "y.long()")
    helpful(lambda: F.nll_loss(logits.log_softmax(1), floats), "y.long()")
    helpful(lambda: F.cross_entropy(logits, one_hot), "y.argmax(1)")
    with guard():
        F.cross_entropy(logits, floats.long())
        F.cross_entropy(logits, one_hot.float())
        F.cross_entropy(logits[0], torch.tensor([0.2, 0.8, 0.0]))


# The guard itself.


def mistake():
    P = torch.arange(9).view(3, 3).float()
    return P / P.sum(1)


def test_it_is_on_inside_and_off_outside_also_after_errors_and_one_in_another():
    def doors():
        observer = graph.observer
        return observer.operation, observer.backward, observer.step, observer.missing_grad, Value.backward

    before = doors()
    with guard():
        with guard():
            pass
        with pytest.raises(BroadcastError):
            mistake()
    with pytest.raises(ZeroDivisionError), guard():
        1 / 0  # noqa: B018
    mistake()
    assert before == doors()


def test_it_decorates_functions():
    decorated = guard()(mistake)
    for _ in range(2):
        with pytest.raises(BroadcastError):
            decorated()
    mistake()


def test_who_listened_before_still_hears_every_op():
    heard = []
    graph.observer.operation = lambda op, inputs, options, result: heard.append(op.name)
    try:
        with guard():
            torch.ones(2).exp().sum()
    finally:
        graph.observer.operation = None
    assert heard == ["exp", "sum"]


EXAMPLES = [(name, example) for name, op in OPS.items() for example in op.examples]


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_every_operation_is_heard_and_no_right_one_is_accused(name, example):
    heard = []
    graph.observer.operation = lambda op, inputs, options, result: heard.append(op.name)
    names = samples(torch)
    try:
        with guard():
            eval(example, names)
    except GuardError:
        assert example in MISTAKES
    finally:
        graph.observer.operation = None
    assert name in heard or example in MISTAKES


IN_PLACE = [name for name in OPS if f"{name}_" in vars(torch.Tensor)]


@pytest.mark.parametrize("name", IN_PLACE)
def test_every_operation_in_place_is_heard(name):
    x, y = torch.rand(3, 3) + 0.5, torch.rand(3, 3) + 0.5
    if name.startswith("bitwise"):
        x, y = x > 1, y > 1
    arguments = {"clamp": (0, 1), "masked_fill": (x > 1, 0.0), "lerp": (y, 0.5), "unsqueeze": (0,), "transpose": (0, 1)}
    required = [p for p in OPS[name].parameters if p.default is p.empty]
    heard = []
    graph.observer.operation = lambda op, inputs, options, result: heard.append(op.name)
    try:
        getattr(x, f"{name}_")(*arguments.get(name, (y,) * (len(required) - 1)))
    finally:
        graph.observer.operation = None
    assert name in heard


# Examples that are mistakes where they are meant: infinities, and numbers that are no log probabilities.
MISTAKES = [
    example for _, example in EXAMPLES if "/ 0" in example or example.startswith(("F.nll_loss(x,", "F.nll_loss(batch,"))
]

PROGRAM = "import micrograd as torch\nP = torch.rand(3, 3)\nP / P.sum(1)\nprint('silence')"


@pytest.mark.parametrize(("value", "on"), [("1", True), ("0", False), (None, False)])
def test_the_environment_variable_turns_it_on(value, on):
    environment = {} if value is None else {"MICROGRAD_GUARD": value}
    environment["PYTHONPATH"] = torch.__file__.rsplit("/", 2)[0]
    run = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True)
    assert ("BroadcastError" in run.stderr) == on
    assert ("silence" in run.stdout) == (not on)


def test_the_error_is_raised_on_the_line_of_the_mistake():
    with guard(), pytest.raises(BroadcastError) as error:
        mistake()
    lines = [entry.lineno for entry in error.traceback if str(entry.path).endswith("test_guard.py")]
    assert lines[-1] == mistake.__code__.co_firstlineno + 1


def test_the_traceback_ends_on_the_users_line():
    try:
        with guard():
            mistake()
    except BroadcastError as error:
        frames = traceback.extract_tb(error.__traceback__)
    assert frames[-1].filename == __file__
    assert frames[-1].line == "return P / P.sum(1)"


def test_it_keeps_no_tensor_alive():
    gc.collect()
    gc.disable()
    try:
        with guard():
            net = Net()
            loss = net.loss()
            loss.backward()
            for p in net.parameters:
                by_data(p)
            kept = [weakref.ref(x) for x in (loss, net.W, net.W.grad)]
            del net, loss, p
            assert [ref() for ref in kept] == [None, None, None]
    finally:
        gc.enable()


def test_tensors_can_be_copied_and_pickled_under_it():
    with guard():
        net = Net()
        net.loss().backward()
        for p in net.parameters:
            by_data(p)
            for twin in (copy.deepcopy(p), pickle.loads(pickle.dumps(p))):
                assert torch.equal(twin, p)


def test_backward_twice_says_the_same_as_without_it():
    loss = (parameter(3) ** 2).sum()
    with guard():
        loss.backward()
        with pytest.raises(RuntimeError, match="second time"):
            loss.backward()


# Right programs, as the lectures write them.


def names(n=64, block=3):
    return torch.randint(0, 27, (n, block)), torch.randint(0, 27, (n,))


def bigram_table():
    N = torch.zeros((27, 27), dtype=torch.int32)
    x, y = names(200)
    for i, j in zip(x[:, 0].tolist(), y.tolist(), strict=True):
        N[i, j] += 1
    P = (N + 1).float()
    P /= P.sum(1, keepdim=True)
    total = 0.0
    for i, j in zip(x[:9, 0], y[:9], strict=True):
        total += torch.log(P[i, j])
    torch.multinomial(P[0], 1, replacement=True).item()
    return -total / 9


def bigram_net():
    x, y = names()
    W = torch.randn((27, 27)).requires_grad_()
    for _ in range(12):
        logits = F.one_hot(x[:, 0], num_classes=27).float() @ W
        counts = logits.exp()
        probs = counts / counts.sum(1, keepdim=True)
        loss = -probs[torch.arange(64), y].log().mean() + 0.01 * (W**2).mean()
        W.grad = None
        loss.backward()
        W.data += -50 * W.grad
    return loss


def mlp_with_a_sweep_of_rates():
    x, y = names()
    parameters = [parameter(27, 2), parameter(6, 100), parameter(100), parameter(100, 27), parameter(27)]
    C, W1, b1, W2, b2 = parameters
    losses = []
    for rate in 10 ** torch.linspace(-3, -1, 20):
        batch = torch.randint(0, 64, (16,))
        h = torch.tanh(C[x[batch]].view(-1, 6) @ W1 + b1)
        loss = F.cross_entropy(h @ W2 + b2, y[batch])
        for p in parameters:
            p.grad = None
        loss.backward()
        for p in parameters:
            p.data += -rate * p.grad
        losses.append(loss.log10().item())
    with torch.no_grad():
        h = torch.tanh(C[x].view(-1, 6) @ W1 + b1)
        probs = F.softmax(h @ W2 + b2, dim=1)
        torch.multinomial(probs, num_samples=1)
    return loss


def batch_norm_and_manual_backprop(n=27):
    """With as many examples as hidden neurons as characters, so that wrong broadcasts would pass."""
    x, y = names(n)
    parameters = [parameter(n, 10), parameter(30, n), parameter(n, n), parameter(n), parameter(1, n), parameter(1, n)]
    C, W1, W2, b2, gain, bias = parameters
    for _ in range(3):
        emb = C[x]
        before = emb.view(n, -1) @ W1
        mean = 1 / n * before.sum(0, keepdim=True)
        diff = before - mean
        var = 1 / (n - 1) * (diff**2).sum(0, keepdim=True)
        inverse = (var + 1e-5) ** -0.5
        raw = diff * inverse
        h = torch.tanh(gain * raw + bias)
        logits = h @ W2 + b2
        shifted = logits - logits.max(1, keepdim=True).values
        counts = shifted.exp()
        counts_sum = counts.sum(1, keepdim=True)
        probs = counts * counts_sum**-1
        loss = -probs.log()[range(n), y].mean()
        for p in parameters:
            p.grad = None
        loss.backward()
        with torch.no_grad():
            dlogits = F.softmax(logits, 1)
            dlogits[range(n), y] -= 1
            dlogits /= n
            dh = dlogits @ W2.T
            dW2, db2 = h.T @ dlogits, dlogits.sum(0)
            dpre = (1.0 - h**2) * dh
            dgain, dbias = (raw * dpre).sum(0, keepdim=True), dpre.sum(0, keepdim=True)
            dbefore = gain * inverse / n * (n * dpre - dpre.sum(0) - n / (n - 1) * raw * (dpre * raw).sum(0))
            for p, g in ((W2, dW2), (b2, db2), (gain, dgain), (bias, dbias)):
                assert torch.allclose(p.grad, g, atol=1e-4)
                p.data += -0.1 * g
            dW1 = emb.view(n, -1).T @ dbefore
            W1.data += -0.1 * dW1
    layer = F.batch_norm(before, None, None, training=True)
    (before - before.mean(0)) / before.std(0)
    return layer


class Residual(nn.Module):
    """Attention by hand with a mask, dropout, layer norm and a feed-forward part."""

    def __init__(self, n, heads=2):
        self.n, self.heads = n, heads
        self.norm1, self.norm2 = nn.LayerNorm(n), nn.LayerNorm(n)
        self.qkv, self.out = nn.Linear(n, 3 * n), nn.Linear(n, n)
        self.feed = nn.Sequential(nn.Linear(n, 4 * n), nn.GELU(), nn.Linear(4 * n, n), nn.Dropout(0.2))

    def forward(self, x):
        B, T, n = x.shape
        q, k, v = self.qkv(self.norm1(x)).split(n, dim=2)
        q, k, v = (t.view(B, T, self.heads, n // self.heads).transpose(1, 2) for t in (q, k, v))
        scores = (q @ k.transpose(-2, -1)) * (1.0 / (n // self.heads) ** 0.5)
        scores = scores.masked_fill(torch.tril(torch.ones(T, T)).view(1, 1, T, T) == 0, float("-inf"))
        weights = F.dropout(F.softmax(scores, dim=-1), 0.1, self.training)
        x = x + self.out((weights @ v).transpose(1, 2).contiguous().view(B, T, n))
        return x + self.feed(self.norm2(x))


class Transformer(nn.Module):
    def __init__(self, n=8, length=8):
        self.characters, self.positions = nn.Embedding(27, n), nn.Embedding(length, n)
        self.blocks = nn.Sequential(Residual(n), Residual(n))
        self.head = nn.Linear(n, 27)

    def forward(self, x):
        return self.head(self.blocks(self.characters(x) + self.positions(torch.arange(x.shape[1]))))


def transformer():
    net = Transformer()
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-2)
    x = torch.randint(0, 27, (8, 9))
    for _ in range(12):
        optimizer.zero_grad()
        for rows in (x[:4], x[4:]):  # gradients of two batches
            logits = net(rows[:, :-1])
            loss = F.cross_entropy(logits.view(-1, 27), rows[:, 1:].reshape(-1)) / 2
            loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
    net.eval()
    with torch.no_grad():
        logits = net(x[:, :-1])[:, -1, :] / 0.9
        kept = logits.topk(5).values
        logits[logits < kept[:, [-1]]] = -float("inf")
        torch.multinomial(F.softmax(logits, dim=-1), num_samples=1)
        F.cross_entropy(net(x[:, :-1]).permute(0, 2, 1), x[:, 1:])
    return loss


def wavenet():
    n = 12
    net = nn.Sequential(
        nn.Embedding(27, n),
        nn.Flatten(1),
        nn.Linear(4 * n, n, bias=False),
        nn.BatchNorm1d(n),
        nn.Tanh(),
        nn.Dropout(0.5),
        nn.Linear(n, 27),
    )
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 5)
    x, y = names(27, 4)
    for _ in range(12):
        loss = F.cross_entropy(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        with torch.no_grad():
            [((0.1 * p.grad).std() / p.data.std()).log10().item() for p in net.parameters() if p.ndim == 2]
    net.eval()
    return F.cross_entropy(net(x), y)


def scalar_net():
    net = nn.MLP(3, [4, 1])
    for _ in range(3):
        loss = sum(((net([1.0, 2.0, float(i)]) - 1.0) ** 2 for i in range(3)), Value(0.0))
        net.zero_grad()
        loss.backward()
        for p in net.parameters():
            p.data -= 0.05 * p.grad
    return loss


PROGRAMS = [
    bigram_table,
    bigram_net,
    mlp_with_a_sweep_of_rates,
    batch_norm_and_manual_backprop,
    transformer,
    wavenet,
    scalar_net,
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_right_programs_are_left_alone_and_compute_the_same(program):
    results = []
    for on in (False, True):
        torch.manual_seed(1)
        random.seed(1)
        if on:
            with guard():
                results.append(program())
        else:
            results.append(program())
    plain, guarded = (r.data if isinstance(r, Value) else r.tolist() for r in results)
    assert plain == guarded
