"""What the guard sees of weights and memory: each mistake is caught, and the right code beside it is left alone."""

import numpy as np
import pytest

import micrograd as torch
from micrograd import guard, nn
from micrograd.guard import SoftmaxError, UpdateError
from micrograd.nn import functional as F  # noqa: N812 - as everybody calls it

X, Y = torch.randn(8, 3), torch.randint(0, 4, (8,))


def train(net, parameters=None, steps=12):
    optimizer = torch.optim.SGD(net.parameters() if parameters is None else parameters, lr=0.1)
    for _ in range(steps):
        optimizer.zero_grad()
        for p in set(all_leaves(net)) - {p for group in optimizer.param_groups for p in group["params"]}:
            p.grad = None
        F.cross_entropy(net(X), Y).backward()
        optimizer.step()


def all_leaves(net):
    return [p for name, p in vars(net).items() if isinstance(p, torch.Tensor)]


class Net(nn.Module):
    """One hidden layer, whose layers are kept as `kept` says."""

    def __init__(self, kept):
        super().__init__()
        self.layers = kept([nn.Linear(3, 8), nn.Tanh()])
        self.out = nn.Linear(8, 4)

    def forward(self, x):
        for layer in self.layers.values() if isinstance(self.layers, dict | nn.ModuleDict) else self.layers:
            x = layer(x)
        return self.out(x)


def named(layers):
    return {f"layer{i}": layer for i, layer in enumerate(layers)}


@pytest.mark.parametrize(
    ("kept", "meant"),
    [(list, "nn.ModuleList"), (tuple, "nn.ModuleList"), (named, "nn.ModuleDict"), (lambda x: [x], "")],
)
def test_layers_in_a_plain_list_are_caught(kept, meant):
    def forward_of_nested(self, x):
        for layer in self.layers[0]:
            x = layer(x)
        return self.out(x)

    net = Net(kept)
    if isinstance(net.layers[0] if isinstance(net.layers, list) else None, list):
        net.forward = lambda x: forward_of_nested(net, x)
    with guard(), pytest.raises(UpdateError, match=rf"self\.layers\[.*weight of Net, of shape \[8, 3\].*{meant}"):
        train(net)


@pytest.mark.parametrize("kept", [nn.ModuleList, lambda x: nn.ModuleDict(named(x)), lambda x: nn.Sequential(*x)])
def test_layers_in_a_module_of_layers_are_left_alone(kept):
    with guard():
        train(Net(kept))


def test_layers_in_a_plain_list_that_something_moves_or_nobody_trains_are_left_alone():
    with guard():
        net = Net(list)
        train(net, [*net.parameters(), *net.layers[0].parameters()])
        by_hand = Net(list)
        optimizer = torch.optim.SGD(by_hand.parameters(), lr=0.1)
        for _ in range(12):
            optimizer.zero_grad()
            by_hand.layers[0].zero_grad()
            F.cross_entropy(by_hand(X), Y).backward()
            optimizer.step()
            with torch.no_grad():
                for p in by_hand.layers[0].parameters():
                    p -= 0.1 * p.grad
        frozen = Net(list)
        frozen.layers[0].requires_grad_(False)
        train(frozen)


class Weights(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.w = kind(torch.randn(3, 8))
        self.out = nn.Linear(8, 4)

    def forward(self, x):
        return self.out((x @ self.w).tanh())


def test_weights_that_are_plain_tensors_are_caught():
    with guard(), pytest.raises(UpdateError, match=r"self\.w of Weights, of shape \[3, 8\].*nn\.Parameter"):
        train(Weights(lambda w: w.requires_grad_()))


def test_parameters_and_constants_are_left_alone():
    with guard():
        train(Weights(nn.Parameter))
        train(Weights(lambda w: w))  # a constant, such as a mask
        net = Weights(lambda w: w.requires_grad_())
        train(net, [net.w, *net.parameters()])


def logits():
    """Logits (B, T, C), scores (B, T, T) and targets (B, T)."""
    return torch.randn(2, 5, 7, requires_grad=True), torch.randn(2, 5, 5), torch.randint(0, 7, (2, 5))


OVER_TIME = {
    "gather": lambda x, scores, y, dim: x.softmax(dim).log().gather(2, y[..., None]).mean(),
    "gather of a view": lambda x, scores, y, dim: x.softmax(dim).view(10, 7).gather(1, y.view(10, 1)).log().mean(),
    "an index of a view": lambda x, scores, y, dim: (
        x.softmax(dim).view(10, 7)[torch.arange(10), y.view(-1)].log().mean()
    ),
    "nll_loss of a view": lambda x, scores, y, dim: F.nll_loss(F.log_softmax(x, dim).view(-1, 7), y.view(-1)),
    "nll_loss of the transpose": lambda x, scores, y, dim: F.nll_loss(F.log_softmax(x, dim).transpose(1, 2), y),
    "attention": lambda x, scores, y, dim: scores.softmax(dim) @ x,
    "masked attention": lambda x, scores, y, dim: (scores * 5**-0.5).softmax(dim).matmul(x),
}


@pytest.mark.parametrize("use", OVER_TIME.values(), ids=OVER_TIME.keys())
def test_softmax_over_time_in_place_of_classes_is_caught_and_that_over_classes_left_alone(use):
    with guard():
        with pytest.raises(
            SoftmaxError, match=r"over dim 1 of \[2, 5, [57]\].*Probably meant: softmax\(\w+, dim=(-1|2)\)"
        ):
            use(*logits(), 1)
        use(*logits(), -1)
        use(*logits(), 2)


def test_nll_loss_of_what_is_no_log_of_probabilities_is_caught():
    negative = -torch.rand(8, 4) - 3
    with guard():
        with pytest.raises(SoftmaxError, match="exp of them does not add up to 1 over dim 1"):
            F.nll_loss(negative, Y)
        F.nll_loss(negative.log_softmax(1), Y)
        F.nll_loss((negative.softmax(1) + 1e-4).log(), Y)


SHARED = np.arange(40_000, dtype=np.float32).reshape(40, 1000)  # large, and known to NumPy before the guard is on


def written(how):
    """A loss of two products, between which and backward `how` writes into the input or the weights of the second."""
    w, x = torch.ones(40, 1000, requires_grad=True), torch.from_numpy(SHARED)
    hidden = w * x
    loss = (hidden * hidden).sum()
    how(w, x, hidden)
    return loss


WRITES = {
    "detach().numpy()": lambda w, x, h: h.detach().numpy().__setitem__(0, 5),
    "data.numpy()": lambda w, x, h: h.data.numpy().fill(0),
    "a view of data": lambda w, x, h: h.data.numpy().T[1:].__imul__(2),
    "np.asarray": lambda w, x, h: np.asarray(h.data).__setitem__((3, 7), 5),
    "the same elements in another order": lambda w, x, h: np.copyto(h.data.numpy(), h.data.numpy()[::-1].copy()),
    "the array of from_numpy": lambda w, x, h: SHARED.__setitem__((39, 999), SHARED[39, 999] + 7),
    "data in place": lambda w, x, h: h.data.mul_(2),
    "storage": lambda w, x, h: h.storage().__setitem__(3, 7.0),
}


@pytest.mark.parametrize("how", WRITES.values(), ids=WRITES.keys())
def test_a_write_into_what_backward_needs_is_caught(how):
    with guard(), pytest.raises(UpdateError, match=r"MulBackward0 \(test_guard_weights.py, line.*copy\(\)"):
        written(how).backward()


def test_what_a_version_counter_counts_is_left_to_the_engine():
    with guard(), pytest.raises(RuntimeError, match="modified by an inplace operation"):
        written(lambda w, x, h: h.detach().mul_(2)).backward()


def test_writes_that_backward_does_not_need_are_left_alone():
    w, numbers = torch.ones(3, requires_grad=True), np.ones(3, np.float32)
    with guard():
        x = torch.from_numpy(numbers)
        for step in range(3):  # a new example in the same memory each time
            numbers[:] = step
            (w * x).sum().backward()
            assert w.grad.tolist() == [step] * 3
            w.grad = None
        h = w * 2
        loss = (h + 1).sum()  # a sum needs none of its numbers
        h.detach().numpy()[0] = 5
        loss.backward()
        h = w * 2
        loss = (h * h).sum()
        h.detach().numpy().copy()[0] = 5
        h.detach().numpy().mean()
        loss.backward()
        optimizer = torch.optim.SGD([w], lr=0.1)
        for _ in range(3):  # an optimizer writes in place, and kept is looked at in between
            optimizer.zero_grad()
            kept = w.detach().numpy()
            (w * w).sum().backward()
            optimizer.step()
            with torch.no_grad():
                w.data -= 0.1
        w.grad = None
        loss = (w * w + w).sum()
        w.data[:] = w.data.clone()  # the numbers that are there
        loss.backward(retain_graph=True)
        loss.backward()
        assert kept is not None


def test_a_notebook_shows_the_users_lines_and_the_message(capsys, monkeypatch):
    shells = pytest.importorskip("IPython.core.interactiveshell", reason="a notebook is IPython: pip install ipykernel")
    shell = shells.InteractiveShell.instance(colors="nocolor")
    try:
        shell.run_cell("import micrograd as torch\nP = torch.rand(3, 3)")
        shell.run_cell("guard = torch.guard.guard(); guard.__enter__()")  # as MICROGRAD_GUARD does
        shell.run_cell("def f():\n    return P / P.sum(1)\nf()")
        shell.run_cell("guard.__exit__(None, None, None)")
    finally:
        shells.InteractiveShell.clear_instance()
    shown = capsys.readouterr().out
    assert "return P / P.sum(1)" in shown
    assert "Probably meant: x / x.sum(1, keepdim=True)" in shown
    assert "broadcasts.py" not in shown
    assert shown.count("line ") == 2  # that of the call and that of the mistake
