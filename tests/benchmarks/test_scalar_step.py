"""The scalar demo step, with a neuron as one node and as one node per + and *: `pytest -m benchmark -s`."""

import random

import pytest
from benchmarks.timing import compare, report

from micrograd.engine import Value
from micrograd.nn import MLP


def spelled_out(net, x):
    """What net(x) gives, with a node for every + and every *."""
    for layer in net.layers:
        outs = []
        for neuron in layer.neurons:
            total = neuron.b
            for wi, xi in zip(neuron.w, x, strict=True):
                total = total + wi * xi
            outs.append(total.relu() if neuron.nonlin else total)
        x = outs
    return x[0]


def step(net, forward, points, labels):
    """Forward, max-margin loss with its L2 term, backward, and an update too small to change the work."""
    losses = [(1 + -label * forward(net, x)).relu() for x, label in zip(points, labels, strict=True)]
    loss = sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in net.parameters())
    net.zero_grad()
    loss.backward()
    for p in net.parameters():
        p.data -= 1e-9 * p.grad


@pytest.mark.benchmark
def test_a_demo_step_with_a_neuron_in_one_node_against_one_node_per_plus_and_times():
    random.seed(1337)
    net = MLP(2, [16, 16, 1])
    points = [[Value(random.uniform(-1, 2)), Value(random.uniform(-1, 1))] for _ in range(100)]
    labels = [random.choice([-1, 1]) for _ in points]
    times = compare(
        one_node_a_neuron=lambda: step(net, lambda net, x: net(x), points, labels),
        spelled_out=lambda: step(net, spelled_out, points, labels),
    )
    report("scalar demo step", times, against="spelled_out")
