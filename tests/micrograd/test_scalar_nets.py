"""Neuron, Layer and MLP do what the public micrograd 0.1 does under the same seeds, and train as in PyTorch."""

import random

import numpy as np
import pytest
import torch

from micrograd.engine import Value, topological_order
from micrograd.nn import MLP, Layer, Module, Neuron


def test_a_neuron_draws_its_weights_in_order_and_starts_its_bias_at_zero():
    random.seed(7)
    neuron = Neuron(3)
    draws = random.Random(7)
    assert [w.data for w in neuron.w] == [draws.uniform(-1, 1) for _ in range(3)]
    assert neuron.b.data == 0.0
    assert neuron.nonlin is True


def test_a_net_draws_neuron_after_neuron_and_layer_after_layer():
    random.seed(7)
    net = MLP(3, [4, 2, 1])
    draws = random.Random(7)
    for layer, (nin, nout) in zip(net.layers, [(3, 4), (4, 2), (2, 1)], strict=True):
        assert len(layer.neurons) == nout
        for neuron in layer.neurons:
            assert [w.data for w in neuron.w] == [draws.uniform(-1, 1) for _ in range(nin)]
            assert neuron.b.data == 0.0
    assert random.random() == draws.random()


def test_hidden_layers_bend_and_the_last_layer_is_linear():
    first, second, last = MLP(2, [3, 2, 1]).layers
    assert [n.nonlin for n in first.neurons + second.neurons] == [True] * 5
    assert [n.nonlin for n in last.neurons] == [False]
    assert [n.nonlin for n in MLP(2, [3]).layers[0].neurons] == [False] * 3
    assert [n.nonlin for n in Layer(2, 2).neurons] == [True] * 2
    assert [n.nonlin for n in Layer(2, 2, nonlin=False).neurons] == [False] * 2


def test_the_printed_forms_are_those_of_the_public_package():
    assert repr(Neuron(2)) == "ReLUNeuron(2)"
    assert repr(Neuron(2, nonlin=False)) == "LinearNeuron(2)"
    assert repr(Layer(2, 2)) == "Layer of [ReLUNeuron(2), ReLUNeuron(2)]"
    assert repr(MLP(2, [2, 1])) == "MLP of [Layer of [ReLUNeuron(2), ReLUNeuron(2)], Layer of [LinearNeuron(2)]]"
    assert str(MLP(1, [1])) == "MLP of [Layer of [LinearNeuron(1)]]"


def test_parameters_are_a_list_neuron_by_neuron_weights_before_bias():
    net = MLP(2, [16, 16, 1])
    parameters = net.parameters()
    assert type(parameters) is list
    assert len(parameters) == 337
    assert parameters == [p for layer in net.layers for n in layer.neurons for p in (*n.w, n.b)]
    assert parameters[:51] == net.layers[0].parameters() + net.layers[1].neurons[0].parameters()[:3]


def test_zero_grad_sets_every_gradient_to_zero():
    net = MLP(2, [3, 1])
    for p in net.parameters():
        p.grad = 1.5
    net.zero_grad()
    assert [p.grad for p in net.parameters()] == [0] * 13
    assert all(isinstance(part, Module) for part in (net, net.layers[0], net.layers[0].neurons[0]))


def test_a_scalar_net_may_be_a_part_of_a_module():
    class Net(Module):
        def __init__(self):
            self.body, self.head = MLP(2, [3, 2]), Neuron(2, nonlin=False)

        def forward(self, x):
            return self.head(self.body(x))

    net = Net()
    assert list(net.parameters()) == [*net.body.parameters(), *net.head.parameters()]
    assert [name for name, _ in net.named_parameters()][16:] == ["body.16", "head.0", "head.1", "head.2"]
    net([1.0, -2.0]).backward()
    assert any(p.grad for p in net.parameters())
    net.double().zero_grad()
    assert [p.grad for p in net.parameters()] == [0] * 20
    with pytest.raises(TypeError, match="the parameters of this Net are Values"):
        net.state_dict()


def neuron_of(ws, b, nonlin):
    neuron = Neuron(len(ws), nonlin=nonlin)
    neuron.w, neuron.b = [Value(w) for w in ws], Value(b)
    return neuron


@pytest.mark.parametrize("nonlin", [True, False])
@pytest.mark.parametrize("b", [0.5, -10.0])
def test_a_neuron_is_the_weighted_sum_of_its_inputs_with_the_gradients_of_torch(b, nonlin):
    neuron = neuron_of([2.0, -3.0], b, nonlin)
    x = [Value(4.0), Value(1.0)]
    out = neuron(x)
    out.backward()

    w_torch, b_torch, x_torch = (
        torch.tensor(t, dtype=torch.float64, requires_grad=True) for t in ([2.0, -3.0], b, [4.0, 1.0])
    )
    expected = w_torch @ x_torch + b_torch
    expected = expected.relu() if nonlin else expected
    expected.backward()
    assert out.data == expected.item()
    assert [w.grad for w in neuron.w] == w_torch.grad.tolist()
    assert neuron.b.grad == b_torch.grad.item()
    assert [xi.grad for xi in x] == x_torch.grad.tolist()


def test_a_neuron_adds_one_node_to_the_graph_and_another_where_it_bends():
    x = [Value(1.0), Value(2.0)]
    leaves = 2 + 3
    assert len(topological_order(Neuron(2, nonlin=False)(x))) == leaves + 1
    assert len(topological_order(Neuron(2)(x))) == leaves + 2


def test_a_layer_gives_a_list_and_where_it_has_one_neuron_a_value():
    outs = Layer(2, 3)([1.0, 2.0])
    assert [type(out) for out in outs] == [Value] * 3
    assert type(outs) is list
    assert type(Layer(2, 1)([1.0, 2.0])) is Value
    assert type(MLP(2, [3, 1])([1.0, 2.0])) is Value
    assert len(MLP(2, [1, 3])([1.0, 2.0])) == 3


def test_a_layer_of_one_neuron_may_stand_in_the_middle():
    net = MLP(2, [3, 1, 2])
    hidden = net.layers[1](net.layers[0]([1.0, 2.0]))
    assert [out.data for out in net([1.0, 2.0])] == [out.data for out in net.layers[2]([hidden])]


@pytest.mark.parametrize("kind", [list, tuple, iter, np.array, lambda x: [Value(xi) for xi in x]])
def test_inputs_may_be_numbers_or_values_in_any_iterable(kind):
    random.seed(3)
    net = MLP(3, [4, 4, 1])
    assert net(kind([2.0, 3.0, -1.0])).data == net([2.0, 3.0, -1.0]).data


def test_a_number_enters_the_graph_once_for_all_neurons_of_a_layer():
    out = sum(Layer(2, 5)([1.0, 2.0]))
    constants = [node for node in topological_order(out) if node.data in (1.0, 2.0) and not node._prev]
    assert len(constants) == 2


@pytest.mark.parametrize("net", [Neuron(2), Layer(2, 4), MLP(2, [4, 1])], ids=["Neuron", "Layer", "MLP"])
@pytest.mark.parametrize("x", [[1.0], [1.0, 2.0, 3.0]], ids=["too few", "too many"])
def test_a_wrong_number_of_inputs_is_an_error_that_names_both_numbers(net, x):
    with pytest.raises(ValueError, match=f"2 weights do not go with {len(x)} inputs"):
        net(x)


# The public package's demo: two moons, a net of 337 parameters, the largest-margin loss with a pull towards zero.

STEPS = 100
RATES = [1.0 - 0.9 * k / STEPS for k in range(STEPS)]
PULL = 1e-4
FIRST_LOSS = 0.8958441028683222


def moons():
    """100 points on two half circles, shuffled and blurred, as scikit-learn draws them after np.random.seed(1337)."""
    draws = np.random.RandomState(1337)
    angle = np.linspace(0, np.pi, 50)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    points = np.concatenate([upper, [1.0, 0.5] - upper])
    order = np.arange(100)
    draws.shuffle(order)
    return points[order] + draws.normal(scale=0.1, size=(100, 2)), np.repeat([-1, 1], 50)[order]


def train(net, points, labels, rates):
    """The loss and the share of points on their side, of each step."""
    history = []
    for rate in rates:
        scores = [net([Value(x) for x in point]) for point in points]
        losses = [(1 + -label * score).relu() for label, score in zip(labels, scores, strict=True)]
        loss = sum(losses) * (1.0 / len(losses)) + PULL * sum(p * p for p in net.parameters())
        net.zero_grad()
        loss.backward()
        for p in net.parameters():
            p.data -= rate * p.grad
        right = sum(bool((label > 0) == (score.data > 0)) for label, score in zip(labels, scores, strict=True))
        history.append((loss.data, right / len(labels)))
    return history


def train_in_torch(net, points, labels, rates):
    """The same in matrices, from the net's present weights: the loss of each step."""
    layers = [
        [
            torch.tensor(numbers, dtype=torch.float64, requires_grad=True)
            for numbers in ([[w.data for w in n.w] for n in layer.neurons], [n.b.data for n in layer.neurons])
        ]
        for layer in net.layers
    ]
    history = []
    for rate in rates:
        x = torch.tensor(points)
        for i, (weight, bias) in enumerate(layers):
            x = x @ weight.T + bias
            x = x if i == len(layers) - 1 else x.relu()
        parameters = [p for layer in layers for p in layer]
        loss = (1 - torch.tensor(labels) * x[:, 0]).relu().mean() + PULL * sum((p**2).sum() for p in parameters)
        gradients = torch.autograd.grad(loss, parameters)
        with torch.no_grad():
            for p, gradient in zip(parameters, gradients, strict=True):
                p -= rate * gradient
        history.append(loss.item())
    return history


def test_the_demo_trains_as_the_same_net_in_torch_does():
    random.seed(42)
    net = MLP(2, [16, 16, 1])
    points, labels = moons()
    expected = train_in_torch(net, points, labels, RATES[:10])
    assert [loss for loss, _ in train(net, points, labels, RATES[:10])] == pytest.approx(expected, rel=1e-9)
    assert expected[-1] < expected[0]


def test_the_demo_begins_with_the_number_that_the_public_package_published():
    random.seed(1337)
    assert train(MLP(2, [16, 16, 1]), *moons(), RATES[:1]) == [(pytest.approx(FIRST_LOSS, rel=1e-9), 0.5)]


@pytest.mark.slow  # its first ten steps are compared with PyTorch above
def test_the_demo_prints_the_numbers_that_the_public_package_published():
    random.seed(1337)
    history = train(MLP(2, [16, 16, 1]), *moons(), RATES)
    losses = [loss for loss, _ in history]
    assert losses[0] == pytest.approx(FIRST_LOSS, rel=1e-9)
    assert losses[96:] == pytest.approx(
        [0.010980043387921506, 0.010979446081684675, 0.010978888332907229, 0.010978370135492717], rel=1e-9
    )
    assert (history[0][1], history[-1][1]) == (0.5, 1.0)
