"""Module over tensors against torch.nn.Module: programs that define a net for the library they are given."""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest
import torch
from two_libraries import agree, error, same_on_both

import micrograd

torch.set_num_threads(1)  # the tensors are small


def classes(torch, call_init=True):
    """A layer and a net of layers: with parameters before, between and after the parts, and with buffers."""
    nn = torch.nn

    class Scale(nn.Module):
        def __init__(self, factor):
            if call_init or torch is not micrograd:
                super().__init__()
            self.factor = nn.Parameter(torch.tensor([factor, 2 * factor]))

        def forward(self, x):
            return x * self.factor

        def extra_repr(self):
            return f"n={self.factor.numel()}"

    class Linear(nn.Module):
        def __init__(self, n, m, bias=True):
            if call_init or torch is not micrograd:
                super().__init__()
            self.n, self.m = n, m
            g = torch.Generator().manual_seed(n * 10 + m)
            self.weight = nn.Parameter(torch.randn((n, m), generator=g))
            self.bias = nn.Parameter(torch.zeros(m)) if bias else None
            self.scale = Scale(0.5) if m == 2 else None

        def forward(self, x):
            x = x @ self.weight
            x = x if self.bias is None else x + self.bias
            return x if self.scale is None else self.scale(x)

        def extra_repr(self):
            return f"{self.n}, {self.m}"

    class Net(nn.Module):
        def __init__(self):
            if call_init or torch is not micrograd:
                super().__init__()
            self.first = Linear(3, 4)
            self.shift = nn.Parameter(torch.ones(4))
            self.second = Linear(4, 2, bias=False)
            self.gain = nn.Parameter(torch.tensor(2.0), requires_grad=False)
            self.register_buffer("steps", torch.tensor(0))
            self.register_buffer("mean", torch.zeros(2))
            self.register_buffer("scratch", torch.ones(3), persistent=False)
            self.register_buffer("nothing", None)
            self.name = "net"
            self.unseen = [Linear(1, 1)]

        def forward(self, x, *, power=1):
            x = (self.first(x) + self.shift).tanh()
            self.steps += 1
            out = self.second(x) * self.gain
            with torch.no_grad():
                self.mean = 0.9 * self.mean + 0.1 * out.mean(0)
            return out**power

    return Scale, Linear, Net


def make(torch, call_init=True):
    return classes(torch, call_init)[2]()


def inputs(torch):
    return torch.tensor([[1.0, 2.0, -1.0], [0.5, -0.5, 0.25]])


# What a net is made of.


@pytest.mark.parametrize("call_init", [True, False])
def test_parameters_buffers_and_parts_come_in_pytorchs_order_and_names(call_init):
    def program(torch):
        net = make(torch, call_init)
        seen = [[name for name, _ in net.named_parameters()], [name for name, _ in net.named_modules()]]
        seen += [
            [name for name, _ in net.named_children()],
            [name for name, _ in net.named_buffers()],
            list(net.state_dict()),
        ]
        seen += [list(net.parameters()), list(net.buffers()), [type(m).__name__ for m in net.modules()]]
        return [*seen, [type(m).__name__ for m in net.children()], sum(p.nelement() for p in net.parameters())]

    same_on_both(program)


def test_parameters_is_a_generator_that_begins_anew():
    def program(torch):
        net = make(torch)
        one = net.parameters()
        return next(one), len(list(one)), len(list(net.parameters())), iter(one) is one

    same_on_both(program)


def test_an_attribute_that_is_set_again_is_found_in_its_new_state():
    def program(torch):
        net = make(torch)
        net.first.bias = None
        net.second.bias = torch.nn.Parameter(torch.ones(2))
        net.shift = torch.nn.Parameter(torch.zeros(4))
        net.late = classes(torch)[0](3.0)
        del net.gain, net.second.scale
        net.steps = torch.tensor(7)
        return [name for name, _ in net.named_parameters()], list(net.state_dict()), list(net.parameters()), net.steps

    same_on_both(program)


def test_a_tensor_that_is_no_parameter_is_not_trained_and_not_saved():
    def program(torch):
        Scale = classes(torch)[0]
        part = Scale(1.0)
        part.table = torch.ones(3, requires_grad=True)
        return [name for name, _ in part.named_parameters()], list(part.state_dict()), part.table

    same_on_both(program)


def test_shared_parameters_and_parts_count_once():
    def program(torch):
        Scale, _, Net = classes(torch)
        net = Net()
        net.third = net.first
        net.tied = net.shift
        net.second.inner = Scale(1.0)
        net.second.inner.factor = net.second.scale.factor
        names = [name for name, _ in net.named_parameters()], [name for name, _ in net.named_modules()]
        return (
            *names,
            len(list(net.parameters())),
            len(list(net.children())),
            list(net.state_dict()),
            len(list(net.modules())),
        )

    same_on_both(program)


def test_modules_are_found_through_getattr_and_setattr():
    def program(torch):
        Scale, _, Net = classes(torch)
        net = Net()
        for i in range(3):
            setattr(net, f"h{i}", Scale(float(i)))
        return (
            [name for name, _ in net.named_parameters()],
            net.h1.factor,
            hasattr(net, "h3"),
            error(getattr, net, "h3"),
        )

    same_on_both(program)


# Calling it.


def test_a_call_is_forward_with_all_its_arguments():
    def program(torch):
        net = make(torch)
        out = net(inputs(torch), power=2)
        return out, net.forward(inputs(torch), power=2), net.steps, net.mean

    same_on_both(program)


def test_a_module_without_forward_says_so():
    def program(torch):
        class Empty(torch.nn.Module):
            pass

        return error(Empty(), 1), repr(Empty()), list(Empty().parameters()), dict(Empty().state_dict())

    same_on_both(program)


@pytest.mark.parametrize("call_init", [True, False])
def test_a_net_trains_as_in_pytorch(call_init):
    def program(torch):
        net, losses = make(torch, call_init), []
        targets = torch.tensor([1, 0])
        for _ in range(10):
            loss = torch.nn.functional.cross_entropy(net(inputs(torch)), targets)
            net.zero_grad()
            loss.backward()
            for p in net.parameters():
                if p.requires_grad:
                    p.data += -0.1 * p.grad
            losses.append(loss.detach())
        return (
            losses,
            list(net.parameters()),
            [p.grad for p in net.parameters() if p.requires_grad],
            net.mean,
            net.steps,
        )

    same_on_both(program)


def test_zero_grad_sets_the_gradients_to_none():
    def program(torch):
        net = make(torch)
        net(inputs(torch)).sum().backward()
        had = [p.grad is None for p in net.parameters()]
        net.zero_grad()
        return had, [p.grad for p in net.parameters()]

    same_on_both(program)


def test_train_and_eval_reach_every_part():
    def program(torch):
        net = make(torch)
        seen = [[m.training for m in net.modules()], net.eval() is net, [m.training for m in net.modules()]]
        net.second.train()
        seen.append([m.training for m in net.modules()])
        return [*seen, net.train(False) is net, net.training, net.train() is net, [m.training for m in net.modules()]]

    same_on_both(program)


def test_apply_calls_a_function_on_every_part_innermost_first():
    def program(torch):
        net, seen = make(torch), []
        returned = net.apply(lambda module: seen.append(type(module).__name__))
        return seen, returned is net

    same_on_both(program)


def test_requires_grad_of_all_parameters_at_once():
    def program(torch):
        net = make(torch)
        same = net.requires_grad_(False) is net
        frozen = net(inputs(torch)).requires_grad
        net.second.requires_grad_()
        net(inputs(torch)).sum().backward()
        return same, frozen, [(p.requires_grad, p.grad is None) for p in net.parameters()]

    same_on_both(program)


# Saving and loading.


def test_state_dict_holds_detached_tensors_that_share_the_memory():
    def program(torch):
        net = make(torch)
        state = net.state_dict()
        state["shift"][0] = 7
        with torch.no_grad():
            net.gain += 1
        return (
            list(state.items()),
            net.shift,
            [(v.requires_grad, v.is_leaf) for v in state.values()],
            type(state).__name__,
        )

    same_on_both(program)


def test_load_state_dict_copies_and_says_that_all_keys_matched():
    def program(torch):
        one, two = make(torch), make(torch)
        for p in one.parameters():
            p.data += 1
        one(inputs(torch))
        state = one.state_dict()
        shift, weight = two.shift, two.first.weight
        found = two.load_state_dict(state)
        state["shift"] += 100
        same = two.shift is shift and two.first.weight is weight
        return (
            repr(found),
            found.missing_keys,
            found.unexpected_keys,
            same,
            list(two.state_dict().items()),
            list(two.parameters()),
        )

    same_on_both(program)


def test_a_state_dict_goes_through_pickle_and_numpy():
    net, other = make(micrograd), make(micrograd)
    net.shift.data += 3
    other.load_state_dict(pickle.loads(pickle.dumps(net.state_dict())))
    assert other.shift.tolist() == net.shift.tolist() == [4, 4, 4, 4]
    arrays = {name: np.asarray(tensor.numpy() + 1) for name, tensor in net.state_dict().items()}
    other.load_state_dict({name: micrograd.from_numpy(array) for name, array in arrays.items()})
    assert other.shift.tolist() == [5, 5, 5, 5]


def test_weights_saved_by_pytorch_fit_the_same_net_here():
    mine, theirs = make(micrograd), make(torch)
    theirs(inputs(torch))
    for p in theirs.parameters():
        p.data *= 2
    mine.load_state_dict({name: micrograd.from_numpy(tensor.numpy()) for name, tensor in theirs.state_dict().items()})
    agree(mine(inputs(micrograd)), theirs(inputs(torch)))


def broken(state, torch):
    """State dicts that do not fit, by what is wrong with them."""
    lacking = {name: tensor for name, tensor in state.items() if name not in ("shift", "second.scale.factor")}
    beyond = {**state, "third.weight": torch.ones(2), "extra": torch.ones(1)}
    sizes = {**state, "shift": torch.ones(5), "first.weight": torch.ones(4, 3)}
    return {
        "lacking": lacking,
        "beyond": beyond,
        "sizes": sizes,
        "all": {"shift": torch.ones(2), "other": torch.ones(1)},
    }


@pytest.mark.parametrize(
    ("what", "named"),
    [
        ("lacking", ["shift", "second.scale.factor"]),
        ("beyond", ["third.weight", "extra"]),
        ("sizes", ["shift", "first.weight", "[5]", "[4]", "[4, 3]", "[3, 4]"]),
        ("all", ["first.weight", "steps", "other", "shift", "[2]"]),
    ],
)
def test_a_state_that_does_not_fit_is_refused_by_name_and_changes_nothing(what, named):
    def message(torch):
        net = make(torch)
        wrong = broken(net.state_dict(), torch)[what]
        wrong = {name: tensor + 1 for name, tensor in wrong.items()}
        with pytest.raises(RuntimeError) as raised:
            net.load_state_dict(wrong)
        return net, str(raised.value)

    net, text = message(micrograd)
    _, their_text = message(torch)
    for name in named:
        assert name in text
        assert name.strip("[]") in their_text
    assert "Error(s) in loading state_dict for Net" in text
    assert "Error(s) in loading state_dict for Net" in their_text
    for mine, fresh in zip(net.state_dict().values(), make(micrograd).state_dict().values(), strict=True):
        assert mine.tolist() == fresh.tolist()


def test_without_strict_what_fits_is_loaded_and_the_rest_is_returned():
    def program(torch):
        net = make(torch)
        state = {"shift": torch.zeros(4), "other": torch.ones(1)}
        missing, unexpected = net.load_state_dict(state, strict=False)
        too_long = error(net.load_state_dict, {"shift": torch.zeros(5)}, strict=False)
        return sorted(missing), unexpected, net.shift, too_long

    same_on_both(program)


def test_a_state_of_another_dtype_is_converted():
    def program(torch):
        net = make(torch)
        net.load_state_dict({name: tensor.double() for name, tensor in net.state_dict().items()})
        return [tensor.dtype == torch.float32 for tensor in net.parameters()], net.steps, list(net.parameters())

    same_on_both(program)


def test_loading_between_forward_and_backward_is_noticed():
    def program(torch):
        net = make(torch)
        loss = net(inputs(torch)).sum()
        net.load_state_dict(make(torch).state_dict())
        return error(loss.backward)

    same_on_both(program)


def test_buffers_are_saved_unless_told_otherwise_and_follow_their_attribute():
    def program(torch):
        Scale = classes(torch)[0]
        part = Scale(1.0)
        part.register_buffer("running", torch.zeros(2))
        part.register_buffer("hidden", torch.ones(1), persistent=False)
        part.running = part.running + 5
        part.running += 1
        seen = [list(part.state_dict().items()), list(part.named_buffers()), [p.requires_grad for p in part.buffers()]]
        part.running = None
        return [*seen, list(part.state_dict()), [name for name, _ in part.named_buffers()], part.hidden]

    same_on_both(program)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("was_none", [True, False])
@pytest.mark.parametrize("value", ["an int", "a string", "a list", "a tensor", "None", "a Parameter", "a Module"])
def test_a_buffer_is_replaced_by_what_pytorch_allows_and_by_nothing_else(value, was_none):
    def program(torch):
        values = {"an int": 3, "a string": "x", "a list": [1.0], "a tensor": torch.ones(3), "None": None}
        values |= {"a Parameter": torch.nn.Parameter(torch.ones(2)), "a Module": torch.nn.Linear(1, 1)}
        net = torch.nn.BatchNorm1d(2)
        net.register_buffer("more", None if was_none else torch.zeros(2))
        try:
            net.more = values[value]
        except TypeError:
            return "refused", net.more is None, list(net.state_dict())
        return list(net.state_dict()), [name for name, _ in net.named_buffers()]

    assert program(micrograd) == program(torch)


def test_a_buffer_that_was_deleted_is_a_buffer_no_more():
    def program(torch):
        net = torch.nn.BatchNorm1d(2)
        del net.running_mean
        without = list(net.state_dict())
        net.running_mean = torch.zeros(2)
        again = list(net.state_dict())
        net.running_mean = 3
        return without, again, net.running_mean

    assert program(micrograd) == program(torch)


def test_a_copy_is_independent_and_keeps_what_is_shared():
    def program(torch):
        net = make(torch)
        net.tied = net.shift
        net(inputs(torch)).sum().backward()
        twin = copy.deepcopy(net)
        with torch.no_grad():
            twin.shift += 1
        twin.eval()
        seen = [net.shift, twin.shift, twin.tied is twin.shift, twin.shift is net.shift, net.training, twin.training]
        seen += [net.first.weight.grad, list(twin.state_dict()), twin(inputs(torch))]
        return seen

    same_on_both(program)


# Parameter.


def test_a_parameter_is_a_leaf_that_shares_the_memory_of_its_data():
    def program(torch):
        data = torch.tensor([1.0, 2.0])
        p, frozen = torch.nn.Parameter(data), torch.nn.Parameter(data * 2, requires_grad=False)
        grown = torch.nn.Parameter(torch.ones(2, requires_grad=True) * 3)
        data[0] = 5
        (p * grown).sum().backward()
        seen = [p, frozen, grown, p.is_leaf, grown.is_leaf, p.grad, grown.grad, data.requires_grad]
        seen += [
            isinstance(p, torch.Tensor),
            isinstance(p * 1, torch.nn.Parameter),
            isinstance(p.data, torch.nn.Parameter),
        ]
        return [*seen, error(torch.nn.Parameter, torch.tensor([1, 2])), torch.nn.Parameter(torch.tensor([1, 2]), False)]

    same_on_both(program)


def test_a_parameter_prints_as_pytorchs():
    def program(torch):
        return repr(torch.nn.Parameter(torch.tensor([1.0, 2.0]))), str(
            torch.nn.Parameter(torch.ones(1), requires_grad=False)
        )

    same_on_both(program)


# Printing and memory.


def test_nested_modules_print_as_pytorchs():
    def program(torch):
        Scale, Linear, Net = classes(torch)

        class Outer(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.net, self.part, self.none = Net(), Scale(1.0), None

            def extra_repr(self):
                return "one line"

        class Lines(torch.nn.Module):
            def extra_repr(self):
                return "first\nsecond"

        class Both(Lines):
            def __init__(self):
                super().__init__()
                self.inner, self.empty = Outer(), Lines()

        return [repr(x) for x in (Scale(1.0), Linear(3, 4), Linear(4, 2), Net(), Outer(), Lines(), Both())]

    same_on_both(program)


def test_a_net_and_its_graph_are_freed_without_the_garbage_collector():
    net = make(micrograd)
    gc.collect()
    gc.disable()
    try:
        loss = net(inputs(micrograd)).sum()
        loss.backward(retain_graph=True)
        saved = weakref.ref(net), weakref.ref(net.first.weight), weakref.ref(net.shift.detach().numpy())
        assert error(getattr, net, "missing") == "AttributeError"
        del net, loss
        assert [reference() for reference in saved] == [None, None, None]
    finally:
        gc.enable()


def test_a_hook_sees_what_comes_out_and_may_change_it():
    def program(torch):
        torch.manual_seed(1)
        net = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Tanh())
        seen = []
        watching = net[0].register_forward_hook(lambda module, inputs, output: seen.append((inputs[0], output)))
        doubling = net[1].register_forward_hook(lambda module, inputs, output: output * 2)
        x = torch.tensor([[1.0, -2.0]])
        changed = net(x)
        watching.remove()
        doubling.remove()
        net(x)
        return len(seen), seen[0][0] is x, torch.equal(seen[0][1].tanh() * 2, changed), torch.equal(net(x) * 2, changed)

    assert program(micrograd) == program(torch) == (1, True, True, True)


def _size(gradient):
    return None if gradient is None else (tuple(gradient.shape), round(gradient.abs().sum().item(), 2))


@pytest.mark.filterwarnings("ignore:Full backward hook is firing")
def test_hooks_of_every_layer_see_what_they_see_in_pytorch():
    def program(torch):
        nn, seen = torch.nn, []
        torch.manual_seed(0)
        net = nn.Sequential(nn.Embedding(5, 4), nn.Flatten(), nn.Linear(8, 6), nn.BatchNorm1d(6), nn.Tanh())

        def backward(name):
            return lambda module, grad_input, grad_output: seen.append(
                (name, type(module).__name__, [_size(g) for g in grad_input], [_size(g) for g in grad_output])
            )

        handles = []
        for name, module in net.named_modules():
            handles += [
                module.register_full_backward_hook(backward(name)),
                module.register_full_backward_pre_hook(
                    lambda module, grad_output, name=name: seen.append((name, [_size(g) for g in grad_output]))
                ),
                module.register_forward_pre_hook(lambda module, inputs, name=name: seen.append((name, len(inputs)))),
            ]
        x = torch.tensor([[0, 1], [2, 3], [4, 0]])
        out = net(x)
        (out**2 * torch.arange(6)).sum().backward()
        seen.append([_size(p.grad) for p in net.parameters()])
        for handle in handles:
            handle.remove()
        n = len(seen)
        net(x).sum().backward()
        return seen, len(seen) - n, str(out.grad_fn).split()[0].split(".")[-1].strip("<")

    mine, theirs = program(micrograd), program(torch)
    assert mine == theirs
    assert len(mine[0]) == 19


def test_a_backward_hook_sees_the_gradients_of_one_call_alone():
    def program(torch):
        class Two(torch.nn.Module):
            def forward(self, a, b):
                return a * b, a + b

        two, seen = Two(), []
        two.register_full_backward_hook(
            lambda module, grad_input, grad_output: seen.append(
                ([_size(g) for g in grad_input], [_size(g) for g in grad_output])
            )
        )
        a, b = torch.ones(2, requires_grad=True), torch.full((2,), 3.0)
        p, q = two(a, b)
        (p + 2 * q).sum().backward()
        two(a, a)[0].sum().backward()
        p, q = two(*two(a, b))
        (p * q).sum().backward()
        with torch.no_grad():
            assert not two(a, b)[0].requires_grad
        return seen, a.grad.tolist()

    assert program(micrograd) == program(torch)


def test_a_hook_may_change_gradients_and_inputs_and_not_their_number():
    def program(torch):
        layer, found = torch.nn.Linear(2, 2, bias=False), []
        torch.nn.init.ones_(layer.weight)

        def gradient():
            x = torch.ones(1, 2, requires_grad=True)
            layer(x).sum().backward()
            return x.grad.tolist()

        with layer.register_full_backward_hook(lambda module, grad_input, grad_output: (grad_input[0] * 10,)):
            found.append(gradient())
        with layer.register_full_backward_pre_hook(lambda module, grad_output: (grad_output[0] * 3,)):
            found.append(gradient())
        with layer.register_forward_pre_hook(lambda module, inputs: inputs[0] * 2):
            found.append(layer(torch.ones(1, 2)).tolist())
        with layer.register_full_backward_hook(lambda module, grad_input, grad_output: (None, None)):
            found.append(error(gradient))
        return found

    assert program(micrograd) == program(torch)


def test_a_hook_of_a_module_whose_inputs_require_no_grad_changes_none():
    for library in (micrograd, torch):
        layer = library.nn.Linear(2, 2)
        layer.register_full_backward_hook(lambda module, grad_input, grad_output: grad_output)
        loss = layer(library.ones(1, 2)).sum()
        with (
            pytest.warns(UserWarning, match="Full backward hook is firing"),
            pytest.raises(RuntimeError, match="where no input requires gradient should always return None"),
        ):
            loss.backward()


@pytest.mark.parametrize("kind", ["forward", "forward_pre", "full_backward", "full_backward_pre"])
def test_a_net_with_a_hook_is_not_recorded_but_runs(kind):
    net, calls = micrograd.nn.Linear(2, 1), []
    getattr(net, f"register_{kind}_hook")(lambda *given: calls.append(kind))
    step = micrograd.compile(lambda x: net(x).sum())
    x = micrograd.ones(1, 2, requires_grad=True)
    with pytest.warns(UserWarning, match="Linear has hooks"):
        step(x).backward()
    step(x).backward()
    assert len(calls) == 2


@pytest.mark.parametrize(
    ("make", "hint"),
    [
        (lambda nn: nn.Sequential([nn.Tanh(), nn.Tanh()]), r"Sequential\(\*layers\)"),
        (lambda nn: nn.Sequential(nn.Tanh(), nn.Tanh), r"Tanh\(\), an instance"),
        (lambda nn: nn.Sequential(micrograd.tanh), r"nn\.Tanh\(\) for torch\.tanh"),
        (lambda nn: nn.ModuleList([1]), "'0' is a int$"),
    ],
)
def test_what_is_no_module_is_told_what_was_probably_meant(make, hint):
    with pytest.raises(TypeError, match=hint):
        make(micrograd.nn)


def test_another_device_is_refused_and_what_is_asked_of_it_harmless():
    net = micrograd.nn.Linear(2, 1)
    for move in (net.cuda, lambda: net.to("cuda"), lambda: micrograd.zeros(1, device="cuda")):
        with pytest.raises(RuntimeError, match="'cuda' is not there"):
            move()
    assert not micrograd.cuda.is_available()
    assert not micrograd.backends.mps.is_available()
    micrograd.manual_seed(3)
    expected = micrograd.rand(1)
    micrograd.manual_seed(3)
    micrograd.cuda.manual_seed_all(4)
    micrograd.cuda.empty_cache()
    micrograd.backends.cudnn.deterministic = True
    assert micrograd.equal(micrograd.rand(1), expected)
    assert micrograd.compile(net).state_dict().keys() == net.state_dict().keys()
