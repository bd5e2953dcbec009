"""Layers, containers and Module beside PyTorch's: from one seed the same weights, numbers, names and printed forms.

A net is a function of the library, `lambda torch: torch.nn.Linear(2, 3)`; `twins` makes it on both.
"""

import copy
import inspect
import pickle
from collections import OrderedDict

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from two_libraries import error, same, tensor_like

import micrograd
from micrograd import nn
from micrograd.nn import utils

# NumPy warns of what neither library minds, such as infinity times 0.
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

LIBRARIES = (micrograd, torch)


def twins(make, seed=0):
    """The net on both libraries, made after the same manual_seed; and the stream stands at the same place then."""
    nets = []
    for library in LIBRARIES:
        library.manual_seed(seed)
        nets.append(make(library))
    assert micrograd.rand(1).item() == torch.rand(1).item(), "another number of draws"
    return nets


def arrays_of(state):
    return {name: np.array(tensor.detach().numpy()) for name, tensor in state.items()}


def same_state(mine, theirs, rtol=0.0, atol=0.0):
    """Assert that two nets hold the same, under the same names and in the same order."""
    a, b = arrays_of(mine.state_dict()), arrays_of(theirs.state_dict())
    assert list(a) == list(b)
    for name, array in a.items():
        assert (array.dtype, array.shape) == (b[name].dtype, b[name].shape), name
        np.testing.assert_allclose(array, b[name], rtol, atol, err_msg=name)


def run(mine, theirs, *arrays, tolerance=1e-5, seed=1):
    """Assert that two nets give the same for the same inputs, and the same gradients of inputs and parameters."""
    outcomes = []
    for library, net in zip(LIBRARIES, (mine, theirs), strict=True):
        library.manual_seed(seed)
        inputs = [library.from_numpy(array.copy()) for array in arrays]
        leaves = [x.requires_grad_() for x in inputs if x.dtype.is_floating_point] + list(net.parameters())
        net.zero_grad()
        out = net(*inputs)
        if out.requires_grad:
            out.backward(library.ones_like(out) + out.detach())
        outcomes.append([out, *[leaf.grad for leaf in leaves]])
    for a, b in zip(*outcomes, strict=True):
        if not tensor_like(b):
            assert a is b is None
        else:
            same(a, b, tolerance)


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


LAYERS = {
    "Linear": (lambda t: t.nn.Linear(4, 3), [numbers(5, 4)]),
    "Linear without bias": (lambda t: t.nn.Linear(4, 30, bias=False), [numbers(2, 5, 4)]),
    "Linear in float64": (lambda t: t.nn.Linear(4, 3, dtype=t.float64, device="cpu"), [numbers(4).astype(float)]),
    "windows that do not divide": (lambda t: t.nn.AdaptiveAvgPool1d(3), [numbers(2, 3, 8)]),
    "windows that overlap": (lambda t: t.nn.AdaptiveAvgPool1d(7), [numbers(3, 5)]),
    "windows that divide": (lambda t: t.nn.AdaptiveAvgPool1d((4,)), [numbers(2, 3, 8)]),
    "one window": (lambda t: t.nn.AdaptiveAvgPool1d(1), [numbers(2, 1, 7)]),
    "windows of infinities": (
        lambda t: t.nn.AdaptiveAvgPool1d(2),
        [np.array([[1, 2, np.inf, 4, 5], [np.nan, 2, 3, 4, 5]], np.float32)],
    ),
    "Embedding": (lambda t: t.nn.Embedding(5, 3), [np.array([[0, 4], [1, 1]])]),
    "large Embedding": (lambda t: t.nn.Embedding(7, 9), [np.array([0, 6])]),
    "Embedding with padding": (lambda t: t.nn.Embedding(5, 3, padding_idx=-1), [np.array([[0, 4], [4, 1]])]),
    "Conv1d": (lambda t: t.nn.Conv1d(2, 3, 2), [numbers(4, 2, 6)]),
    "Conv1d in groups": (lambda t: t.nn.Conv1d(4, 6, 2, groups=2, bias=False), [numbers(3, 4, 6)]),
    "depthwise Conv1d": (lambda t: t.nn.Conv1d(3, 3, 2, groups=3), [numbers(3, 5)]),
    "Conv1d with options": (
        lambda t: t.nn.Conv1d(2, 3, (3,), stride=2, padding=1, dilation=2, bias=False),
        [numbers(4, 2, 9)],
    ),
    "Conv1d of the same length": (lambda t: t.nn.Conv1d(2, 3, 3, padding="same"), [numbers(2, 6)]),
    "LayerNorm": (lambda t: t.nn.LayerNorm(6), [numbers(2, 3, 6)]),
    "LayerNorm of two dimensions": (lambda t: t.nn.LayerNorm((3, 6), eps=1e-3, bias=False), [numbers(2, 3, 6)]),
    "LayerNorm without weights": (lambda t: t.nn.LayerNorm([6], elementwise_affine=False), [numbers(3, 6)]),
    "BatchNorm1d": (lambda t: t.nn.BatchNorm1d(3), [numbers(5, 3)]),
    "BatchNorm1d of sequences": (lambda t: t.nn.BatchNorm1d(3, eps=1e-3, momentum=0.2), [numbers(5, 3, 4)]),
    "BatchNorm1d without bias": (lambda t: t.nn.BatchNorm1d(3, bias=False), [numbers(5, 3)]),
    "BatchNorm1d without weights": (lambda t: t.nn.BatchNorm1d(3, affine=False, momentum=None), [numbers(5, 3)]),
    "BatchNorm1d without memory": (lambda t: t.nn.BatchNorm1d(3, track_running_stats=False), [numbers(5, 3)]),
    "Identity": (lambda t: t.nn.Identity(54, unused=True), [numbers(3)]),
    "Flatten": (lambda t: t.nn.Flatten(), [numbers(2, 3, 4)]),
    "Flatten from the first": (lambda t: t.nn.Flatten(0, 1), [numbers(2, 3, 4)]),
    "Tanh": (lambda t: t.nn.Tanh(), [numbers(3)]),
    "Sigmoid": (lambda t: t.nn.Sigmoid(), [numbers(3)]),
    "ReLU": (lambda t: t.nn.ReLU(), [numbers(3)]),
    "ReLU in place": (lambda t: t.nn.Sequential(t.nn.Identity(), t.nn.Linear(3, 3), t.nn.ReLU(True)), [numbers(3)]),
    "LeakyReLU": (lambda t: t.nn.LeakyReLU(), [numbers(3)]),
    "LeakyReLU in place": (lambda t: t.nn.Sequential(t.nn.Linear(3, 3), t.nn.LeakyReLU(0.2, True)), [numbers(3)]),
    "ELU": (lambda t: t.nn.ELU(), [numbers(3)]),
    "ELU in place": (lambda t: t.nn.Sequential(t.nn.Linear(3, 3), t.nn.ELU(0.5, inplace=True)), [numbers(3)]),
    "SiLU": (lambda t: t.nn.SiLU(), [numbers(3)]),
    "SiLU in place": (lambda t: t.nn.Sequential(t.nn.Linear(3, 3), t.nn.SiLU(True)), [numbers(3)]),
    "GELU": (lambda t: t.nn.GELU(), [numbers(3)]),
    "GELU by tanh": (lambda t: t.nn.GELU(approximate="tanh"), [numbers(3)]),
    "Softmax": (lambda t: t.nn.Softmax(dim=-1), [numbers(2, 3)]),
    "LogSoftmax": (lambda t: t.nn.LogSoftmax(0), [numbers(2, 3)]),
    "Dropout": (lambda t: t.nn.Dropout(), [numbers(4, 5)]),
    "Dropout of little": (lambda t: t.nn.Dropout(0.1), [numbers(4, 5)]),
    "CrossEntropyLoss": (lambda t: t.nn.CrossEntropyLoss(), [numbers(3, 4), np.array([0, 3, 1])]),
    "CrossEntropyLoss with options": (
        lambda t: t.nn.CrossEntropyLoss(t.tensor([1, 2.0]), ignore_index=1, reduction="sum", label_smoothing=0.1),
        [numbers(3, 2), np.array([0, 0, 1])],
    ),
    "NLLLoss": (lambda t: t.nn.NLLLoss(), [numbers(3, 4), np.array([0, -100, 1])]),
    "NLLLoss with options": (
        lambda t: t.nn.NLLLoss(weight=t.tensor([1, 2.0]), ignore_index=0, reduction="none"),
        [numbers(3, 2), np.array([0, 0, 1])],
    ),
    "MSELoss": (lambda t: t.nn.MSELoss(), [numbers(3), numbers(3, seed=1)]),
    "MSELoss summed": (lambda t: t.nn.MSELoss(reduction="sum"), [numbers(3), numbers(3, seed=1)]),
}
every_layer = pytest.mark.parametrize("name", LAYERS)


@every_layer
def test_a_layer_starts_with_pytorchs_weights(name):
    mine, theirs = twins(LAYERS[name][0], seed=42)
    # Embedding: 16 normal numbers or more go through PyTorch's own cosine. float64: PyTorch rounds once or twice,
    # depending on the processor. All others are equal to the last bit.
    same_state(mine, theirs, atol=1e-6 if "Embedding" in name else 1e-16 if "float64" in name else 0)


@every_layer
def test_a_layer_prints_as_in_pytorch(name):
    mine, theirs = twins(LAYERS[name][0])
    assert repr(mine) == repr(theirs)


@every_layer
@pytest.mark.parametrize("training", [True, False])
def test_a_layer_gives_what_pytorchs_gives_and_so_do_its_gradients(name, training):
    make, arrays = LAYERS[name]
    mine, theirs = twins(make)
    run(mine.train(training), theirs.train(training), *arrays)
    same_state(mine, theirs, rtol=1e-6, atol=1e-6)  # the running statistics


@every_layer
def test_the_parameters_print_as_in_pytorch(name):
    mine, theirs = twins(LAYERS[name][0])
    for a, b in zip(mine.named_parameters(), theirs.named_parameters(), strict=True):
        assert a[0] == b[0]
        assert repr(a[1]) == repr(b[1])


def test_linear_of_no_inputs_has_a_bias_of_zeros():
    with pytest.warns(UserWarning, match="zero-element"):
        mine, theirs = twins(lambda t: t.nn.Linear(0, 3))
    same_state(mine, theirs)


@pytest.mark.parametrize("make", [lambda t: t.nn.Softmax(), lambda t: t.nn.LogSoftmax()])
def test_softmax_without_a_dim_warns_and_prints_none(make):
    mine, theirs = twins(make)
    assert repr(mine) == repr(theirs)
    with pytest.warns(UserWarning, match="Implicit dimension choice"):
        run(mine, theirs, numbers(2, 3))


@settings(max_examples=20, deadline=None)
@given(
    momentum=st.sampled_from([0.1, 1.0, 0.0, None]),
    shapes=st.lists(st.sampled_from([(4, 3), (2, 3), (5, 3, 2), (1, 3, 4)]), min_size=1, max_size=5),
)
def test_running_statistics_after_several_batches_are_those_of_pytorch(momentum, shapes):
    mine, theirs = twins(lambda t: t.nn.BatchNorm1d(3, momentum=momentum))
    for i, shape in enumerate(shapes):
        run(mine, theirs, numbers(*shape, seed=i) * 2 + 1)
        same_state(mine, theirs, rtol=1e-5, atol=1e-6)
    run(mine.eval(), theirs.eval(), numbers(1, 3))
    same_state(mine, theirs, rtol=1e-5, atol=1e-6)  # nothing moves outside of training
    assert mine.num_batches_tracked.item() == len(shapes)
    mine.reset_running_stats()
    assert mine.running_mean.tolist() == [0, 0, 0]
    assert mine.running_var.tolist() == [1, 1, 1]
    assert mine.num_batches_tracked.item() == 0


# Nets of several layers.


def mlp(t):
    return t.nn.Sequential(
        t.nn.Embedding(27, 10),
        t.nn.Flatten(),
        t.nn.Linear(30, 20, bias=False),
        t.nn.BatchNorm1d(20),
        t.nn.Tanh(),
        t.nn.Dropout(0.2),
        t.nn.Linear(20, 27),
    )


def transformer(t):
    """A block as people write it, with super().__init__(), a ModuleDict, a ModuleList and tied weights."""

    class Block(t.nn.Module):
        def __init__(self, width, heads):
            super().__init__()
            self.heads = heads
            self.ln_1 = t.nn.LayerNorm(width)
            self.qkv = t.nn.Linear(width, 3 * width)
            self.proj = t.nn.Linear(width, width)
            self.ln_2 = t.nn.LayerNorm(width, bias=False)
            self.mlp = t.nn.ModuleDict(
                {"up": t.nn.Linear(width, 4 * width), "act": t.nn.GELU(), "down": t.nn.Linear(4 * width, width)}
            )
            self.register_buffer("seen", t.zeros(1))

        def forward(self, x):
            b, n, width = x.shape
            q, k, v = (
                part.view(b, n, self.heads, -1).transpose(1, 2) for part in self.qkv(self.ln_1(x)).split(width, dim=2)
            )
            y = t.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + self.proj(y.transpose(1, 2).contiguous().view(b, n, width))
            hidden = self.ln_2(x)
            for layer in self.mlp.values():
                hidden = layer(hidden)
            self.seen += 1
            return x + hidden

        def extra_repr(self):
            return f"heads={self.heads}"

    class Transformer(t.nn.Module):
        def __init__(self):
            super(Transformer, self).__init__()  # noqa: UP008 - as older programs have it
            self.wte = t.nn.Embedding(11, 8)
            self.blocks = t.nn.ModuleList([Block(8, 2) for _ in range(2)])
            self.drop = t.nn.Dropout(0.1)
            self.head = t.nn.Linear(8, 11, bias=False)
            self.head.weight = self.wte.weight
            self.loss = None
            self.apply(self.shrink)

        def shrink(self, module):
            if isinstance(module, t.nn.Linear):
                t.nn.init.normal_(module.weight, mean=0.0, std=0.2)
                if module.bias is not None:
                    t.nn.init.zeros_(module.bias)

        def forward(self, index, targets=None):
            x = self.drop(self.wte(index))
            for block in self.blocks:
                x = block(x)
            logits = self.head(x)
            return t.nn.functional.cross_entropy(logits.view(-1, 11), targets.view(-1))

    return Transformer()


NETS = {
    "mlp": (mlp, [np.random.default_rng(0).integers(0, 27, (8, 3))]),
    "transformer": (transformer, list(np.random.default_rng(0).integers(0, 11, (2, 4, 5)))),
}
every_net = pytest.mark.parametrize("name", NETS)


@every_net
def test_a_net_has_the_weights_the_names_and_the_printed_form_of_pytorchs(name):
    mine, theirs = twins(NETS[name][0])
    same_state(mine, theirs, atol=1e-6)
    assert repr(mine) == repr(theirs)
    for listing in ("named_parameters", "named_buffers", "named_modules", "named_children"):
        for options in ({}, {"prefix": "net"}, {"recurse": False}, {"remove_duplicate": False}):
            if set(options) <= set(inspect.signature(getattr(mine, listing)).parameters):
                names = [[key for key, _ in getattr(net, listing)(**options)] for net in (mine, theirs)]
                assert names[0] == names[1], (listing, options)
    assert [tuple(p.shape) for p in mine.parameters()] == [tuple(p.shape) for p in theirs.parameters()]
    assert len(list(mine.modules())) == len(list(theirs.modules()))
    assert len(list(mine.children())) == len(list(theirs.children()))
    assert len(list(mine.buffers())) == len(list(theirs.buffers()))
    assert list(mine.parameters(recurse=False)) == []


@every_net
def test_a_net_trains_as_pytorchs_does(name):
    make, arrays = NETS[name]
    nets = twins(make)
    histories = []
    for library, net in zip(LIBRARIES, nets, strict=True):
        library.manual_seed(7)
        inputs = [library.from_numpy(array) for array in arrays]
        losses = []
        for _ in range(10):
            out = net(*inputs)
            loss = out if out.ndim == 0 else library.nn.functional.cross_entropy(out, inputs[0][:, 0])
            net.zero_grad()
            loss.backward()
            for p in net.parameters():
                p.data -= 0.2 * p.grad
            losses.append(loss.item())
        histories.append(losses)
    np.testing.assert_allclose(histories[0], histories[1], rtol=1e-4)
    assert histories[0][-1] < histories[0][0]
    same_state(*nets, rtol=1e-3, atol=1e-4)


@every_net
def test_state_dicts_go_from_one_library_to_the_other(name):
    mine, theirs = twins(NETS[name][0])
    other = NETS[name][0](micrograd)
    result = other.load_state_dict({key: micrograd.from_numpy(a) for key, a in arrays_of(theirs.state_dict()).items()})
    assert repr(result) == "<All keys matched successfully>"
    same_state(other, theirs)
    back = NETS[name][0](torch)
    back.load_state_dict({key: torch.from_numpy(a) for key, a in arrays_of(other.state_dict()).items()})
    same_state(mine, back, atol=1e-6)


def test_a_net_is_copied_and_pickled_with_its_weights():
    net = mlp(micrograd)
    for twin in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert [name for name, _ in twin.named_parameters()] == [name for name, _ in net.named_parameters()]
        for a, b in zip(net.parameters(), twin.parameters(), strict=True):
            assert type(b) is nn.Parameter
            assert b.requires_grad
            np.testing.assert_array_equal(a.detach().numpy(), b.detach().numpy())
            assert not np.may_share_memory(a.detach().numpy(), b.detach().numpy())


# State.


def test_a_state_dict_shares_memory_with_the_net_outside_the_graph():
    net = nn.Linear(2, 3)
    state = net.state_dict(prefix="head.")
    assert list(state) == ["head.weight", "head.bias"]
    assert not state["head.weight"].requires_grad
    state["head.weight"][0, 0] = 7
    assert net.weight[0, 0].item() == 7
    assert net.state_dict(keep_vars=True)["weight"] is net.weight


def test_loading_changes_nothing_unless_all_fits():
    net = nn.Linear(2, 3)
    before = arrays_of(net.state_dict())
    for bad in (
        {"weight": micrograd.zeros(3, 2)},
        {"weight": micrograd.zeros(3, 2), "bias": micrograd.zeros(3), "other": micrograd.zeros(1)},
        {"weight": micrograd.zeros(3, 2), "bias": micrograd.zeros(2)},
        {"weight": micrograd.zeros(3, 2), "bias": [0, 0, 0]},
    ):
        with pytest.raises(RuntimeError, match=r"loading state_dict for Linear: .*(bias|other)"):
            net.load_state_dict(bad)
        for name, array in arrays_of(net.state_dict()).items():
            np.testing.assert_array_equal(array, before[name])


def test_loading_what_there_is_reports_what_there_is_not():
    results = []
    for library in LIBRARIES:
        net = library.nn.Linear(2, 3)
        results.append(net.load_state_dict({"weight": library.zeros(3, 2), "other": library.zeros(1)}, strict=False))
        assert net.weight.tolist() == [[0, 0]] * 3
    assert repr(results[0]) == repr(results[1])
    assert results[0].missing_keys == ["bias"]
    assert results[0].unexpected_keys == ["other"]


@pytest.mark.parametrize("net", [nn.Neuron(2), nn.Layer(2, 2), nn.MLP(2, [3, 1])], ids=["Neuron", "Layer", "MLP"])
def test_a_scalar_net_says_that_it_has_no_state_dict(net):
    for call in (net.state_dict, lambda: net.load_state_dict({})):
        with pytest.raises(TypeError, match="are Values: keep"):
            call()


def test_a_net_that_holds_a_scalar_net_still_lists_its_own_parameters():
    net = nn.Sequential(nn.Linear(1, 1), nn.Tanh())
    assert list(net.state_dict()) == ["0.weight", "0.bias"]


# Module.


def both_nets(fn):
    """What fn(library) gives on both libraries; an error as its class."""
    results = []
    for library in LIBRARIES:
        try:
            results.append(fn(library))
        except Exception as error:
            results.append(type(error))
    return results


def alike(*fns):
    return pytest.mark.parametrize(
        "fn", fns, ids=lambda fn: inspect.getsource(fn).strip(" ,\n").removeprefix("lambda ")
    )


def names_after(change):
    """The printed form and the names in the state of a net after a change."""

    def names(t):
        net = t.nn.Sequential(OrderedDict([("first", t.nn.Linear(2, 3)), ("norm", t.nn.BatchNorm1d(3))]))
        change(t, net)
        return repr(net), list(net.state_dict()), [name for name, _ in net.named_modules()]

    return names


CHANGES = {
    "set a parameter to None": lambda t, net: setattr(net.first, "bias", None),
    "set a parameter anew": lambda t, net: setattr(net.first, "weight", t.nn.Parameter(t.ones(1, 1))),
    "set a module to None and back": lambda t, net: [setattr(net, "norm", m) for m in (None, t.nn.Tanh())],
    "put a module in the place of a module": lambda t, net: setattr(net, "first", t.nn.Identity()),
    "put a module in the place of a parameter": lambda t, net: setattr(net.first, "bias", t.nn.Tanh()),
    "delete a parameter": lambda t, net: delattr(net.first, "bias"),
    "delete a module": lambda t, net: delattr(net, "first"),
    "delete a buffer": lambda t, net: delattr(net.norm, "running_mean"),
    "delete and set again": lambda t, net: [delattr(net, "first"), setattr(net, "first", t.nn.Tanh())],
    "set a buffer": lambda t, net: setattr(net.norm, "running_mean", t.ones(5)),
    "set a buffer to None": lambda t, net: setattr(net.norm, "running_mean", None),
    "set a plain tensor": lambda t, net: setattr(net.first, "extra", t.ones(1)),
    "set a parameter beside": lambda t, net: setattr(net.first, "extra", t.nn.Parameter(t.ones(1))),
    "register a parameter": lambda t, net: net.first.register_parameter("extra", t.nn.Parameter(t.ones(1))),
    "register no parameter": lambda t, net: net.first.register_parameter("extra", None),
    "register a buffer": lambda t, net: net.first.register_buffer("extra", t.ones(1)),
    "register no buffer": lambda t, net: net.first.register_buffer("extra", None),
    "register a buffer that is not saved": lambda t, net: net.register_buffer("extra", t.ones(1), persistent=False),
    "register a buffer again": lambda t, net: net.norm.register_buffer("running_mean", t.ones(2)),
    "add a module": lambda t, net: net.add_module("last", t.nn.Tanh()),
    "register a module": lambda t, net: net.register_module("last", t.nn.Tanh()),
    "add a module again": lambda t, net: net.add_module("norm", t.nn.Tanh()),
    "share a module": lambda t, net: net.add_module("again", net.first),
    "share a parameter": lambda t, net: setattr(net.first, "again", net.first.weight),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_changed_net_prints_and_saves_as_in_pytorch(change):
    mine, theirs = both_nets(names_after(change))
    assert mine == theirs


@alike(
    lambda t: setattr(t.nn.Linear(2, 3), "weight", t.ones(3, 2)),
    lambda t: setattr(t.nn.Linear(2, 3), "weight", 3),
    lambda t: setattr(t.nn.Sequential(t.nn.Tanh()), "0", 3),
    lambda t: setattr(t.nn.Sequential(t.nn.Tanh()), "0", t.ones(1)),
    lambda t: t.nn.Linear(2, 3).nonsense,
    lambda t: delattr(t.nn.Linear(2, 3), "nonsense"),
    lambda t: t.nn.Module()(3),
    lambda t: t.nn.ModuleList()(3),
    lambda t: t.nn.Linear(2, 3).train("yes"),
    lambda t: t.nn.Linear(2, 3).register_parameter("q", t.ones(2)),
    lambda t: t.nn.Linear(2, 3).register_parameter("forward", t.nn.Parameter(t.ones(2))),
    lambda t: t.nn.Linear(2, 3).register_buffer("q", 3),
    lambda t: t.nn.Linear(2, 3).register_buffer("forward", t.ones(2)),
    lambda t: t.nn.Linear(2, 3).register_buffer("a.b", t.ones(2)),
    lambda t: t.nn.Linear(2, 3).register_buffer("", t.ones(2)),
    lambda t: t.nn.Linear(2, 3).add_module("weight", t.nn.Tanh()),
    lambda t: t.nn.Linear(2, 3).add_module("a.b", t.nn.Tanh()),
    lambda t: t.nn.Linear(2, 3).add_module("", t.nn.Tanh()),
    lambda t: t.nn.Linear(2, 3).add_module(3, t.nn.Tanh()),
    lambda t: t.nn.Linear(2, 3).add_module("a", 3),
    lambda t: t.nn.Linear(2, 3).get_parameter("nonsense"),
    lambda t: t.nn.Sequential(t.nn.Linear(2, 3)).get_parameter("0.nonsense"),
    lambda t: t.nn.Sequential(t.nn.Linear(2, 3)).get_parameter("1.weight"),
    lambda t: t.nn.BatchNorm1d(2).get_parameter("running_mean"),
    lambda t: t.nn.BatchNorm1d(2).get_buffer("weight"),
    lambda t: t.nn.Linear(2, 3).get_submodule("weight"),
    lambda t: t.nn.Linear(2, 3).load_state_dict([1]),
    lambda t: t.nn.Linear(2, 3).to(t.int64),
    lambda t: t.nn.Parameter(t.ones(3).long()),
    lambda t: t.nn.Dropout(1.5),
    lambda t: t.nn.Dropout(-0.5),
    lambda t: t.nn.GELU("exact")(t.ones(2)),
    lambda t: t.nn.Conv1d(2, 3, 2, padding="full"),
    lambda t: t.nn.Conv1d(2, 3, 2, padding="same", stride=2),
    lambda t: t.nn.BatchNorm1d(3)(t.ones(3)),
    lambda t: t.nn.BatchNorm1d(3)(t.ones(3, 3, 3, 3)),
    lambda t: t.nn.BatchNorm1d(3)(t.ones(3, 4)),
    lambda t: t.nn.BatchNorm1d(3)(t.ones(1, 3)),
    lambda t: t.nn.LayerNorm(3)(t.ones(3, 4)),
    lambda t: t.nn.Linear(3, 2)(t.ones(3, 4)),
    lambda t: t.nn.Embedding(3, 2)(t.tensor([3])),
    lambda t: t.nn.CrossEntropyLoss(reduction="average")(t.ones(2, 2), t.tensor([0, 1])),
)
def test_what_a_module_refuses_raises_what_pytorch_raises(fn):
    mine, theirs = both_nets(fn)
    assert mine is theirs
    assert issubclass(theirs, Exception)


def test_what_is_not_there_says_so():
    with pytest.raises(AttributeError, match="BatchNorm1d takes"):
        nn.BatchNorm2d(3)
    with pytest.raises(TypeError, match="Parameter takes a Tensor"):
        nn.Parameter([1.0, 2.0])
    with pytest.raises(RuntimeError, match="device"):
        nn.Linear(2, 3, device="cuda")


def test_parts_parameters_and_buffers_are_found_by_their_dotted_names():
    net = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.BatchNorm1d(3)))
    assert net.get_submodule("") is net
    assert net.get_submodule("1.0") is net[1][0]
    assert net.get_parameter("1.0.weight") is net[1][0].weight
    assert net.get_buffer("1.0.running_var") is net[1][0].running_var


def test_train_and_eval_reach_every_part():
    net = transformer(micrograd)
    assert net.training
    assert net.eval() is net
    assert not any(part.training for part in net.modules())
    assert net.blocks[0].train() is net.blocks[0]
    assert [part.training for part in (net, net.blocks[1], net.blocks[0], net.blocks[0].mlp["act"])] == [
        *(False, False, True, True)
    ]


def test_apply_reaches_every_part_the_innermost_first():
    visits = []
    for library in LIBRARIES:
        order = []
        net = transformer(library)
        assert net.apply(lambda part, order=order: order.append(type(part).__name__)) is net
        visits.append(order)
    assert visits[0] == visits[1]


def test_zero_grad_forgets_or_fills_with_zeros():
    net = nn.Linear(2, 1)
    net(micrograd.ones(3, 2)).sum().backward()
    kept = net.weight.grad
    net.zero_grad(set_to_none=False)
    assert net.weight.grad is kept
    assert kept.tolist() == [[0, 0]]
    net.zero_grad()
    assert net.weight.grad is None
    net.zero_grad(set_to_none=False)
    assert net.weight.grad is None


def test_requires_grad_of_all_parameters_is_set_at_once():
    net = mlp(micrograd)
    assert net.requires_grad_(False) is net
    assert not any(p.requires_grad for p in net.parameters())
    assert not net(micrograd.zeros(2, 3).long()).requires_grad


def test_a_net_converts_its_floats_and_their_gradients_in_place():
    for library in LIBRARIES:
        net = library.nn.BatchNorm1d(3)
        weight = net.weight
        net(library.ones(4, 3)).sum().backward()
        for convert, dtype in [
            (lambda net: net.double(), library.float64),
            (lambda net: net.float(), library.float32),
            (lambda net, d=library.float64: net.to(d), library.float64),
            (lambda net, d=library.float32: net.to(device="cpu", dtype=d), library.float32),
            (lambda net: net.to("cpu").cpu(), library.float32),
        ]:
            assert convert(net) is net
            assert net.weight is weight
            assert [net.weight.dtype, net.weight.grad.dtype, net.running_mean.dtype] == [dtype] * 3
            assert net.num_batches_tracked.dtype == library.int64
            assert net.weight.requires_grad
        assert net(library.ones(4, 3)).dtype == library.float32


def test_a_net_needs_no_super_init():
    class Net(nn.Module):
        def __init__(self):
            self.inner = nn.Linear(2, 2)
            self.scale = nn.Parameter(micrograd.ones(1))
            self.register_buffer("shift", micrograd.zeros(1))

        def forward(self, x):
            return self.inner(x) * self.scale + self.shift

    net = Net()
    assert [name for name, _ in net.named_parameters()] == ["scale", "inner.weight", "inner.bias"]
    assert list(net.state_dict()) == ["scale", "shift", "inner.weight", "inner.bias"]
    assert net(micrograd.ones(3, 2)).shape == (3, 2)


def test_several_lines_of_extra_repr_stand_below_each_other():
    def make(t):
        class Net(t.nn.Module):
            def __init__(self, inner):
                super().__init__()
                if inner:
                    self.inner = inner

            def extra_repr(self):
                return "one\ntwo"

        return Net(Net(t.nn.Tanh())), Net(None)

    assert repr(make(micrograd)) == repr(make(torch))


# Containers.


def row(t):
    return [t.nn.Linear(1, 2), t.nn.Tanh(), t.nn.Tanh(), t.nn.Linear(2, 1)]


def changed(t, kind, change):
    """The printed form of a row of modules after a change, and of what the change gives."""
    net = t.nn.Sequential(*row(t)) if kind == "Sequential" else t.nn.ModuleList(row(t))
    result = change(t, net)
    return repr(net), repr(result), list(net.state_dict())


ROW_CHANGES = [
    lambda t, net: net[0],
    lambda t, net: net[-1],
    lambda t, net: net[t.tensor(1)],
    lambda t, net: net[1:3],
    lambda t, net: net[::-1],
    lambda t, net: net[:0],
    lambda t, net: [len(net), list(net)],
    lambda t, net: net.append(t.nn.ReLU()),
    lambda t, net: net.extend([t.nn.ReLU(), t.nn.Tanh()]),
    lambda t, net: net.insert(1, t.nn.ReLU()) and None,
    lambda t, net: net.__setitem__(1, t.nn.ReLU()),
    lambda t, net: net.__setitem__(-1, t.nn.ReLU()),
    lambda t, net: net.__delitem__(0),
    lambda t, net: net.__delitem__(-2),
    lambda t, net: net.__delitem__(slice(1, 3)),
    lambda t, net: net[4],
    lambda t, net: net[-5],
    lambda t, net: net["0"],
    lambda t, net: net.append(3),
    lambda t, net: net.__setitem__(9, t.nn.ReLU()),
    lambda t, net: net.__setitem__(0, 3),
]


@pytest.mark.parametrize(
    "fn",
    [
        lambda t: t.nn.AdaptiveAvgPool1d(2)(t.ones(3)),
        lambda t: t.nn.AdaptiveAvgPool1d(2)(t.ones(1, 1, 1, 3)),
        lambda t: t.nn.AdaptiveAvgPool1d(2)(t.ones(2, 0)),
        lambda t: t.nn.AdaptiveAvgPool1d(-1)(t.ones(2, 3)),
        lambda t: t.nn.AdaptiveAvgPool1d((2, 3))(t.ones(2, 3)),
        lambda t: t.nn.AdaptiveAvgPool1d(2)(t.ones(2, 3).long()),
    ],
)
def test_pooling_that_makes_no_sense_is_refused_in_pytorchs_class(fn):
    assert error(fn, micrograd) == error(fn, torch) is not None


@pytest.mark.parametrize(("shape", "size"), [((1, 2, 3), 0), ((0, 1, 3), 2), ((0, 3), 2)])
def test_pooling_of_nothing_gives_nothing_as_in_pytorch(shape, size):
    for library in LIBRARIES:
        assert library.nn.AdaptiveAvgPool1d(size)(library.ones(*shape)).shape == (*shape[:-1], size)


@pytest.mark.parametrize("kind", ["Sequential", "ModuleList"])
@pytest.mark.parametrize(
    "change", ROW_CHANGES, ids=lambda fn: inspect.getsource(fn).strip(" ,\n").removeprefix("lambda t, net: ")
)
def test_rows_of_modules_behave_as_in_pytorch(kind, change):
    mine, theirs = both_nets(lambda t: changed(t, kind, change))
    assert mine == theirs


@alike(
    lambda t: repr(t.nn.Sequential()),
    lambda t: repr(t.nn.ModuleList()),
    lambda t: repr(t.nn.ModuleDict()),
    lambda t: repr(t.nn.ModuleList([t.nn.Tanh()])),
    lambda t: repr(t.nn.ModuleList([t.nn.Tanh()] * 3 + [t.nn.ReLU()] + [t.nn.Sequential(t.nn.Tanh())] * 2)),
    lambda t: repr(t.nn.ModuleList([t.nn.Tanh()]).__add__([t.nn.ReLU()])),
    lambda t: repr(t.nn.ModuleList(part for part in row(t))),
    lambda t: repr(t.nn.Sequential(OrderedDict([("a", t.nn.Tanh()), ("b", t.nn.Linear(1, 1))]))[1:]),
    lambda t: repr(t.nn.Sequential(*[t.nn.Tanh()] * 2)),
    lambda t: list(t.nn.Sequential(*[t.nn.Linear(1, 1)] * 2).state_dict()),
    lambda t: [name for name, _ in t.nn.Sequential(*[t.nn.Linear(1, 1)] * 2).named_parameters()],
    lambda t: t.nn.Sequential(3),
    lambda t: t.nn.ModuleList([3]),
    lambda t: t.nn.Sequential({"a": t.nn.Tanh()}),
    lambda t: t.nn.Sequential()(3),
    lambda t: repr(t.nn.ModuleDict({"a": t.nn.Tanh(), "b": t.nn.Linear(1, 1)})),
    lambda t: repr(t.nn.ModuleDict([("a", t.nn.Tanh()), ("b", t.nn.ReLU())]).a),
    lambda t: [list(t.nn.ModuleDict(dict(zip("bca", row(t), strict=False)))), len(t.nn.ModuleDict())],
    lambda t: list(t.nn.ModuleDict({"a": t.nn.Linear(1, 1)}).state_dict()),
    lambda t: ["a" in t.nn.ModuleDict({"a": t.nn.Tanh()}), "b" in t.nn.ModuleDict({"a": t.nn.Tanh()})],
    lambda t: t.nn.ModuleDict()["a"],
    lambda t: t.nn.ModuleDict({"keys": t.nn.Tanh()}),
    lambda t: t.nn.ModuleDict({"training": t.nn.Tanh()}),
    lambda t: t.nn.ModuleDict({3: t.nn.Tanh()}),
    lambda t: t.nn.ModuleDict({"a.b": t.nn.Tanh()}),
    lambda t: t.nn.ModuleDict({"a": 3}),
)
def test_containers_behave_as_in_pytorch(fn):
    mine, theirs = both_nets(fn)
    assert mine == theirs


def test_a_dict_of_modules_changes_as_a_dict_does():
    def changes(t):
        net = t.nn.ModuleDict({"a": t.nn.Tanh(), "b": t.nn.ReLU(), "c": t.nn.Sigmoid()})
        seen = [repr(net.pop("a")), list(net.keys()), repr(list(net.values())), repr(list(net.items()))]
        net["b"] = t.nn.Tanh()
        del net["c"]
        net.update({"d": t.nn.ReLU(), "e": t.nn.ReLU()})
        net.update(t.nn.ModuleDict({"f": t.nn.ReLU()}))
        seen += [repr(net), len(net), list(net)]
        net.clear()
        return [*seen, repr(net)]

    mine, theirs = both_nets(changes)
    assert mine == theirs


def test_a_list_grows_in_place():
    net = nn.ModuleList([nn.Tanh()])
    same_one = net
    net += [nn.ReLU()]
    assert net is same_one
    assert len(net) == 2


# Clipping.


def gradients(library, arrays):
    parameters = [library.nn.Parameter(library.from_numpy(array * 0)) for array in arrays]
    for parameter, array in zip(parameters, arrays, strict=True):
        parameter.grad = library.from_numpy(array.copy())
    return [*parameters, library.nn.Parameter(library.ones(2))]  # the last one has no gradient


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 99),
    n=st.integers(0, 3),
    max_norm=st.sampled_from([0.1, 1.0, 2, 100.0]),
    norm_type=st.sampled_from([2.0, 1, 3.0, float("inf"), 2]),
)
def test_gradients_are_clipped_by_their_norm_as_in_pytorch(seed, n, max_norm, norm_type):
    arrays = [numbers(3, i + 1, seed=seed + i) for i in range(n)]
    results = []
    for library in LIBRARIES:
        parameters = gradients(library, arrays)
        norm = library.nn.utils.clip_grad_norm_(parameters, max_norm, norm_type)
        again = gradients(library, arrays)
        total = library.nn.utils.get_total_norm([p.grad for p in again[:-1]], norm_type)
        assert library.nn.utils.clip_grads_with_norm_(again, max_norm, total) is None
        results.append([norm, total, *[p.grad for p in (*parameters[:-1], *again[:-1])]])
    for mine, theirs in zip(*results, strict=True):
        same(mine, theirs, 1e-5)


def test_gradients_are_clipped_by_their_values_as_in_pytorch():
    results = []
    for library in LIBRARIES:
        parameters = gradients(library, [numbers(4, 5), numbers(2)])
        assert library.nn.utils.clip_grad_value_(parameters, 0.5) is None
        results.append([p.grad for p in parameters[:-1]])
    for mine, theirs in zip(*results, strict=True):
        same(mine, theirs, 0)


def test_a_single_parameter_and_a_generator_of_them_are_clipped():
    for wrapped in (lambda p: p[0], lambda p: (each for each in p)):
        parameters = gradients(micrograd, [np.full(4, 3, np.float32)])
        assert utils.clip_grad_norm_(wrapped(parameters), 1.0).item() == 6
        assert np.linalg.norm(parameters[0].grad.numpy()) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_norm_that_is_not_finite_is_refused_if_asked_for(bad):
    outcomes = []
    for library in LIBRARIES:
        parameters = gradients(library, [np.array([1, bad], np.float32)])
        with pytest.raises(RuntimeError, match="non-finite"):
            library.nn.utils.clip_grad_norm_(parameters, 1.0, error_if_nonfinite=True)
        library.nn.utils.clip_grad_norm_(parameters, 1.0)
        outcomes.append(parameters[0].grad.numpy())
    np.testing.assert_array_equal(*outcomes)


def test_channels_and_classes_that_come_last_are_shown_the_way():
    """The third dimension of the lectures' batch normalization, and the logits of every position of a transformer."""
    batch = micrograd.ones(4, 8, 30)
    with pytest.raises(RuntimeError, match=r"8 elements.* not \[30\].*bn\(x\.transpose\(1, 2\)\)\.transpose\(1, 2\)"):
        micrograd.nn.BatchNorm1d(30)(batch)
    assert micrograd.nn.BatchNorm1d(30)(batch.transpose(1, 2)).transpose(1, 2).shape == batch.shape
    targets = micrograd.zeros(4, 8, dtype=micrograd.int64)
    with pytest.raises(RuntimeError, match=r"cross_entropy\(x\.view\(-1, 30\), y\.view\(-1\)\)"):
        micrograd.nn.functional.cross_entropy(batch, targets)
    micrograd.nn.functional.cross_entropy(batch.view(-1, 30), targets.view(-1))
