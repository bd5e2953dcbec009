"""Optimizers against torch.optim: the same problem, the same steps, the same parameters."""

import copy
import pickle
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import micrograd

torch.set_num_threads(1)  # the tensors are small

# Each of some 20 steps may round once or twice otherwise than PyTorch, whose products and sums are rounded together.
FLOAT32 = {"rtol": 2e-5, "atol": 1e-6}
FLOAT64 = {"rtol": 1e-12, "atol": 1e-14}


def problem(torch, dtype="float32"):
    """Parameters and their loss: a small net on fixed numbers; the last parameter takes no part in it."""
    kind = getattr(torch, dtype)
    rng = np.random.default_rng(0)
    W, b, s, unused = (
        torch.tensor(rng.normal(size=shape), dtype=kind, requires_grad=True) for shape in ((3, 4), (4,), (), (2,))
    )
    x, y = torch.tensor(rng.normal(size=(8, 3)), dtype=kind), torch.tensor([0, 1, 2, 3, 3, 2, 1, 0])

    def loss():
        return torch.nn.functional.cross_entropy((x @ W).tanh() * s + b, y)

    return [W, b, s, unused], loss


def run(torch, make, steps=20, dtype="float32", each=None):
    """The losses and the parameters after some steps of the optimizer that `make` makes of the parameters."""
    parameters, loss = problem(torch, dtype)
    optimizer = make(torch, parameters)
    losses = []
    for step in range(steps):
        optimizer.zero_grad()
        value = loss()
        value.backward()
        optimizer.step()
        if each is not None:
            each(step, optimizer)
        losses.append(value.item())
    return losses, [p.detach().numpy() for p in parameters]


def check(make, steps=20, dtype="float32", each=None):
    tolerance = FLOAT32 if dtype == "float32" else FLOAT64
    (losses, mine), (their_losses, theirs) = (run(torch_, make, steps, dtype, each) for torch_ in (micrograd, torch))
    np.testing.assert_allclose(losses, their_losses, **tolerance)
    for a, b in zip(mine, theirs, strict=True):
        assert a.dtype == b.dtype == np.dtype(dtype)
        np.testing.assert_allclose(a, b, **tolerance)
    start = [p.detach().numpy() for p in problem(micrograd, dtype)[0]]
    assert not np.array_equal(mine[0], start[0])
    assert np.array_equal(mine[3], start[3]), "a parameter without a gradient was moved"


OPTIMIZERS = {
    "SGD": lambda torch, p: torch.optim.SGD(p, lr=0.5),
    "SGD as it is by default": lambda torch, p: torch.optim.SGD(p),
    "SGD with momentum": lambda torch, p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
    "SGD with weight decay": lambda torch, p: torch.optim.SGD(p, lr=0.1, weight_decay=0.1),
    "SGD with both": lambda torch, p: torch.optim.SGD(p, 0.1, 0.9, weight_decay=0.01),
    "SGD with dampening": lambda torch, p: torch.optim.SGD(p, lr=0.1, momentum=0.9, dampening=0.5),
    "SGD with Nesterov's momentum": lambda torch, p: torch.optim.SGD(
        p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.1
    ),
    "SGD of a generator": lambda torch, p: torch.optim.SGD((x for x in p), lr=0.1),
    "SGD of groups": lambda torch, p: torch.optim.SGD(
        [{"params": p[:1], "lr": 0.01}, {"params": p[1:], "momentum": 0.5}], lr=0.1, weight_decay=0.1
    ),
    "Adam": lambda torch, p: torch.optim.Adam(p, lr=0.01),
    "Adam with weight decay": lambda torch, p: torch.optim.Adam(p, lr=0.01, weight_decay=0.1),
    "AdamW": lambda torch, p: torch.optim.AdamW(p),
    "AdamW with settings": lambda torch, p: torch.optim.AdamW(
        p, lr=0.02, betas=(0.8, 0.99), eps=1e-6, weight_decay=0.1
    ),
    "SGD up the gradient": lambda torch, p: torch.optim.SGD(p, lr=0.1, momentum=0.9, maximize=True),
    "AdamW up the gradient": lambda torch, p: torch.optim.AdamW(p, maximize=True),
    "Adam with amsgrad": lambda torch, p: torch.optim.Adam(p, lr=0.05, betas=(0.5, 0.6), amsgrad=True),
    "AdamW of groups": lambda torch, p: torch.optim.AdamW(
        [{"params": p[:1], "weight_decay": 0.5}, {"params": p[1:], "weight_decay": 0.0}], lr=0.01
    ),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_twenty_steps_are_pytorchs(name, dtype):
    check(OPTIMIZERS[name], dtype=dtype)


KINDS = [
    lambda torch, p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
    lambda torch, p: torch.optim.Adam(p, lr=0.1),
    lambda torch, p: torch.optim.AdamW(p, lr=0.1),
]


def moved(torch, make, arrays, steps, scale=1.0):
    """The optimizer of parameters with these numbers, after some steps along random gradients."""
    rng = np.random.default_rng(1)
    parameters = [torch.from_numpy(array.copy(order="K")).requires_grad_() for array in arrays]
    optimizer = make(torch, parameters)
    for _ in range(steps):
        for p, array in zip(parameters, arrays, strict=True):
            p.grad = torch.from_numpy(np.array(rng.normal(size=array.shape) * scale, array.dtype))
        optimizer.step()
    return optimizer, [p.detach().numpy() for p in parameters]


numbers = st.floats(0, 2) | st.sampled_from([0.0, 1.0, -1.0])
betas = st.floats(0, 0.9999) | st.sampled_from([0.0, 1.0, -0.1])
ANY = st.tuples(
    st.just("SGD"),
    st.fixed_dictionaries(
        {"lr": numbers},
        optional={"momentum": numbers, "dampening": numbers, "weight_decay": numbers, "nesterov": st.booleans()},
    ),
) | st.tuples(
    st.sampled_from(["Adam", "AdamW"]),
    st.fixed_dictionaries(
        {"lr": numbers},
        optional={"betas": st.tuples(betas, betas), "eps": st.floats(1e-8, 1) | st.just(-1.0), "weight_decay": numbers},
    ),
)


@settings(max_examples=100, deadline=None)
@given(ANY)
def test_settings_make_sense_here_where_they_do_in_pytorch(chosen):
    kind, options = chosen
    outcomes = []
    for torch_ in (micrograd, torch):
        try:
            # float64, as what is compared are the formulas: settings of all sizes let roundings grow.
            outcomes.append(
                moved(torch_, lambda torch, p: getattr(torch.optim, kind)(p, **options), [np.ones(4)], 3)[1]
            )
        except ValueError:
            outcomes.append(None)
    mine, theirs = outcomes
    if theirs is None:
        assert mine is None
    else:
        np.testing.assert_allclose(mine, theirs, rtol=1e-9, atol=1e-9)


def test_the_velocity_of_sgd_is_pytorchs_bit_for_bit():
    arrays = [np.ones((3, 4), np.float32), np.ones((), np.float32)]
    mine, theirs = (moved(torch_, KINDS[0], arrays, 30)[0].state_dict()["state"] for torch_ in (micrograd, torch))
    for i in range(2):
        assert mine[i]["momentum_buffer"].tolist() == theirs[i]["momentum_buffer"].tolist()


@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_a_hundred_steps_stay_within_a_few_units_in_the_last_place(make):
    arrays = [np.random.default_rng(0).normal(size=shape).astype(np.float32) for shape in ((20, 30), (40,), ())]
    mine, theirs = (moved(torch_, make, arrays, 100)[1] for torch_ in (micrograd, torch))
    for a, b in zip(mine, theirs, strict=True):
        units = np.abs(a - b) / (np.finfo(np.float32).eps * max(1, np.abs(b).max()))
        assert units.max() <= 100 / 4, "a unit in four steps, as products and sums are rounded apart"


@pytest.mark.parametrize("make", KINDS[1:], ids=["Adam", "AdamW"])
def test_gradients_whose_squares_fit_only_when_scaled_down_are_no_trouble(make):
    # (1 - 0.999) * 5e19**2 is 2.5e36, but 5e19**2 is more than a float32 holds
    mine, theirs = (moved(torch_, make, [np.ones(50, np.float32)], 5, scale=5e19)[1] for torch_ in (micrograd, torch))
    assert np.isfinite(theirs).all()
    np.testing.assert_allclose(mine, theirs, **FLOAT32)


@pytest.mark.parametrize("make", KINDS, ids=["SGD", "Adam", "AdamW"])
def test_parameters_of_any_layout_and_none_are_moved(make):
    array = np.arange(6.0).reshape(2, 3)
    _, rows = moved(micrograd, make, [array, np.ones((0, 3))], 3)
    _, columns = moved(micrograd, make, [np.asfortranarray(array), np.ones((0, 3))], 3)
    assert rows[0].tolist() == columns[0].tolist() != array.tolist()
    assert columns[0].flags.f_contiguous


def test_numbers_of_numpy_and_tensors_as_settings_leave_float32_as_it_is():
    for lr in (np.float64(0.5), np.float32(0.5), micrograd.tensor(0.5)):
        x = micrograd.ones(3, requires_grad=True)
        x.grad = micrograd.ones(3)
        optimizer = micrograd.optim.SGD([x], lr=lr, momentum=np.float64(0.5), weight_decay=np.float64(1))
        optimizer.step()
        assert x.tolist() == [0.0] * 3
        assert optimizer.state[x]["momentum_buffer"].dtype == micrograd.float32


def test_a_tensor_that_retains_its_gradient_may_be_moved():
    def program(torch):
        x = torch.ones(2, requires_grad=True)
        y = x * 3
        y.retain_grad()
        optimizer = torch.optim.SGD([y], lr=0.5)
        (y * 2).sum().backward()
        optimizer.step()
        return y.tolist()

    assert program(micrograd) == program(torch) == [2.0, 2.0]


# What a step does to the tensors.


def test_a_step_changes_the_parameter_in_its_memory_and_keeps_it_a_leaf():
    def program(torch):
        w = torch.tensor([1.0, 2.0], requires_grad=True)
        view = w.detach()
        (w * w).sum().backward()
        grad = w.grad
        optimizer = torch.optim.SGD([w], lr=0.25)
        optimizer.step()
        return view.tolist(), w.is_leaf, w.requires_grad, w.grad is grad, grad.tolist()

    assert program(micrograd) == program(torch) == ([0.5, 1.0], True, True, True, [2.0, 4.0])


@pytest.mark.parametrize("make", [OPTIMIZERS["SGD with both"], OPTIMIZERS["AdamW"], OPTIMIZERS["SGD with dampening"]])
def test_gradients_are_read_and_not_changed_or_kept(make):
    parameters, loss = problem(micrograd)
    optimizer = make(micrograd, parameters)
    for _ in range(2):
        loss().backward()
        before = [p.grad.tolist() for p in parameters[:3]]
        optimizer.step()
        assert [p.grad.tolist() for p in parameters[:3]] == before
        for p in parameters[:3]:
            for tensor in optimizer.state[p].values():
                assert not np.shares_memory(tensor.numpy(), p.grad.numpy())


def test_a_parameter_without_a_gradient_stays_and_is_not_remembered():
    def program(torch):
        a, b = (torch.tensor([1.0], requires_grad=True) for _ in range(2))
        optimizer = torch.optim.SGD([a, b], lr=0.1, momentum=0.9, weight_decay=0.5)
        (a * 2).sum().backward()
        optimizer.step()
        b.grad = torch.tensor([1.0])
        a.grad = None
        optimizer.step()
        return [round(x, 6) for x in (*a.tolist(), *b.tolist())]

    assert program(micrograd) == program(torch)


def test_a_step_between_forward_and_backward_is_noticed():
    def program(torch):
        parameters, loss = problem(torch)
        optimizer = torch.optim.SGD(parameters, lr=0.1)
        late = loss()
        loss().backward()
        optimizer.step()
        try:
            late.backward()
        except RuntimeError as problem_:
            return str(problem_).split(":")[0]

    assert program(micrograd) == program(torch) is not None


def test_zero_grad_forgets_the_gradients_or_fills_them_with_zeros():
    def program(torch):
        parameters, loss = problem(torch)
        optimizer = torch.optim.SGD(parameters, lr=0.1)
        loss().backward()
        held = parameters[0].grad
        optimizer.zero_grad(set_to_none=False)
        zeros = held.abs().sum().item(), parameters[0].grad is held
        loss().backward()
        optimizer.zero_grad()
        return *zeros, [p.grad is None for p in parameters]

    assert program(micrograd) == program(torch) == (0.0, True, [True] * 4)


def test_step_takes_a_closure_and_returns_what_it_returns():
    def program(torch):
        parameters, loss = problem(torch)
        optimizer = torch.optim.SGD(parameters, lr=0.1)

        def closure():
            optimizer.zero_grad()
            value = loss()
            value.backward()
            return value

        with torch.no_grad():
            values = [optimizer.step(closure).item() for _ in range(3)]
        return [round(value, 4) for value in values], optimizer.step()

    assert program(micrograd) == program(torch)


def test_the_rate_can_be_changed_between_the_steps():
    def halve(step, optimizer):
        for group in optimizer.param_groups:
            group["lr"] = 0.1 if step < 5 else np.float64(0.05)

    check(OPTIMIZERS["SGD with momentum"], each=halve)
    check(OPTIMIZERS["AdamW"], each=halve)


# The state of a run.


@pytest.mark.parametrize("way", ["state_dict", "copy", "pickle"])
@pytest.mark.parametrize("name", ["SGD with both", "SGD of groups", "Adam", "AdamW"])
def test_a_run_goes_on_bit_for_bit_from_its_state(name, way):
    parameters, loss = problem(micrograd)
    optimizer = OPTIMIZERS[name](micrograd, parameters)

    def steps(parameters, loss, optimizer):
        for _ in range(5):
            optimizer.zero_grad()
            loss().backward()
            optimizer.step()
        return [p.tolist() for p in parameters]

    steps(parameters, loss, optimizer)
    state = optimizer.state_dict()
    if way == "copy":
        state = copy.deepcopy(state)
    elif way == "pickle":
        state = pickle.loads(pickle.dumps(state))
    again, again_loss = problem(micrograd)
    for p, q in zip(again, parameters, strict=True):
        p.data = q.data.clone()
    fresh = OPTIMIZERS[name](micrograd, again)
    fresh.load_state_dict(state)
    assert steps(again, again_loss, fresh) == steps(parameters, loss, optimizer)


@pytest.mark.parametrize("name", ["SGD with both", "SGD of groups", "Adam", "AdamW"])
def test_a_run_of_pytorch_goes_on_here(name):
    def steps(torch, parameters, loss, optimizer):
        for _ in range(5):
            optimizer.zero_grad()
            loss().backward()
            optimizer.step()
        return [p.detach().numpy() for p in parameters]

    parameters, loss = problem(torch, "float64")
    optimizer = OPTIMIZERS[name](torch, parameters)
    steps(torch, parameters, loss, optimizer)
    mine, my_loss = problem(micrograd, "float64")
    for p, q in zip(mine, parameters, strict=True):
        p.data = micrograd.tensor(q.detach().numpy())
    mine_optimizer = OPTIMIZERS[name](micrograd, mine)
    state = optimizer.state_dict()
    arrays = {
        i: {k: v.numpy() if isinstance(v, torch.Tensor) else v for k, v in values.items()}
        for i, values in state["state"].items()
    }
    mine_optimizer.load_state_dict({"state": arrays, "param_groups": state["param_groups"]})
    for a, b in zip(
        steps(micrograd, mine, my_loss, mine_optimizer), steps(torch, parameters, loss, optimizer), strict=True
    ):
        np.testing.assert_allclose(a, b, **FLOAT64)


@pytest.mark.parametrize("name", ["SGD with both", "SGD of groups", "Adam", "AdamW"])
def test_the_state_dict_is_laid_out_as_pytorchs(name):
    def program(torch):
        parameters, loss = problem(torch)
        optimizer = OPTIMIZERS[name](torch, parameters)
        loss().backward()
        optimizer.step()
        state = optimizer.state_dict()
        layout = {i: {k: tuple(v.shape) for k, v in values.items()} for i, values in state["state"].items()}
        return (
            layout,
            [group["params"] for group in state["param_groups"]],
            [group["lr"] for group in state["param_groups"]],
        )

    assert program(micrograd) == program(torch)


def test_a_state_that_does_not_fit_is_refused_and_changes_nothing():
    parameters, loss = problem(micrograd)
    optimizer = micrograd.optim.SGD(parameters, lr=0.1, momentum=0.9)
    loss().backward()
    optimizer.step()
    state = optimizer.state_dict()
    fewer = micrograd.optim.SGD(parameters[:2], lr=0.5, momentum=0.5)
    other = micrograd.optim.SGD([micrograd.ones(2, requires_grad=True) for _ in range(4)], lr=0.5, momentum=0.5)
    for wrong in (fewer, other):
        with pytest.raises(ValueError, match=r"group|shape"):
            wrong.load_state_dict(state)
        assert wrong.param_groups[0]["lr"] == 0.5
        assert not wrong.state


# Names.


def test_named_parameters_are_optimized_and_their_names_kept_as_in_pytorch():
    def program(torch):
        torch.manual_seed(0)
        net = torch.nn.Linear(3, 2)
        optimizer = torch.optim.SGD(net.named_parameters(), lr=0.1, momentum=0.5)
        net(torch.ones(3)).sum().backward()
        optimizer.step()
        groups = [{"params": [("W", net.weight)], "lr": 0.2}, {"params": [("b", net.bias)]}]
        grouped = torch.optim.AdamW(groups)
        plain = torch.optim.SGD(net.parameters(), lr=0.3)
        printed, saved = repr(optimizer), optimizer.state_dict()["param_groups"][0]["param_names"]
        optimizer.load_state_dict(plain.state_dict())
        kept = optimizer.param_groups[0]["param_names"]
        plain.load_state_dict(grouped.state_dict() | {"param_groups": [{"params": [0, 1], "param_names": ["W", "b"]}]})
        taken = plain.param_groups[0]["param_names"]
        names = [group["param_names"] for group in grouped.param_groups]
        return [p.detach().tolist() for p in net.parameters()], printed, saved, kept, taken, names

    mine, theirs = program(micrograd), program(torch)
    for a, b in zip(mine[0], theirs[0], strict=True):
        np.testing.assert_allclose(a, b, **FLOAT32)
    assert mine[1:] == theirs[1:]


def test_a_rate_may_be_a_tensor_of_one_number():
    for kind in ("SGD", "Adam"):
        outcomes = [
            moved(torch_, lambda torch, p, kind=kind: getattr(torch.optim, kind)(p, torch.tensor(0.1)), [np.ones(4)], 3)
            for torch_ in (micrograd, torch)
        ]
        np.testing.assert_allclose(outcomes[0][1], outcomes[1][1], **FLOAT32)


# What is refused.


@pytest.mark.parametrize(
    "make",
    [
        lambda torch, p: torch.optim.SGD([], lr=0.1),
        lambda torch, p: torch.optim.SGD(p, lr=-0.1),
        lambda torch, p: torch.optim.SGD(p, lr=0.1, momentum=-1),
        lambda torch, p: torch.optim.SGD(p, lr=0.1, weight_decay=-1),
        lambda torch, p: torch.optim.SGD(p, lr=0.1, nesterov=True),
        lambda torch, p: torch.optim.SGD(p, lr=0.1, momentum=0.9, dampening=0.1, nesterov=True),
        lambda torch, p: torch.optim.SGD(p[0], lr=0.1),
        lambda torch, p: torch.optim.SGD([1.0], lr=0.1),
        lambda torch, p: torch.optim.SGD(["W"], lr=0.1),
        lambda torch, p: torch.optim.SGD([p[0] * 2], lr=0.1),
        lambda torch, p: torch.optim.SGD([{"params": p}, {"params": p[:1]}], lr=0.1),
        lambda torch, p: torch.optim.SGD([{"params": set(p)}], lr=0.1),
        lambda torch, p: torch.optim.Adam(p, lr=-1),
        lambda torch, p: torch.optim.Adam(p, betas=(1.0, 0.9)),
        lambda torch, p: torch.optim.Adam(p, betas=(0.9, -0.1)),
        lambda torch, p: torch.optim.AdamW(p, eps=-1),
        lambda torch, p: torch.optim.AdamW(p, weight_decay=-1),
        lambda torch, p: torch.optim.AdamW([]),
        lambda torch, p: torch.optim.SGD(p, lr=0.1).load_state_dict({"state": {}, "param_groups": []}),
        lambda torch, p: torch.optim.SGD(p, lr=torch.ones(2)),
        lambda torch, p: torch.optim.SGD(p, lr=0.1, fused=True, foreach=True),
        lambda torch, p: torch.optim.Adam(p, lr=float("nan")),
        lambda torch, p: torch.optim.Adam(p, lr=torch.ones(2)),
        lambda torch, p: torch.optim.Adam(p, betas=(0, 0.9)),
        lambda torch, p: torch.optim.AdamW(p, betas=(0.9, 0)),
        lambda torch, p: torch.optim.AdamW(p, fused=True, foreach=True),
        lambda torch, p: torch.optim.SGD([("W", p[0]), p[1]], lr=0.1),
        lambda torch, p: torch.optim.SGD([("W", 1.0)], lr=0.1),
        lambda torch, p: torch.optim.SGD([{"params": [("W", p[0])]}, {"params": [p[1]]}], lr=0.1),
        lambda torch, p: torch.optim.SGD([{"params": [p[0]]}, {"params": [("b", p[1])]}], lr=0.1),
    ],
)
def test_settings_that_make_no_sense_are_refused_in_pytorchs_class(make):
    def outcome(torch):
        try:
            make(torch, problem(torch)[0])
        except Exception as raised:
            return type(raised).__name__

    assert outcome(micrograd) == outcome(torch) is not None


def test_not_a_number_is_no_learning_rate():
    with pytest.raises(ValueError, match="learning rate"):
        micrograd.optim.SGD(problem(micrograd)[0], lr=float("nan"))


def test_the_printed_form_names_the_groups_and_their_settings():
    text = repr(micrograd.optim.SGD(problem(micrograd)[0], lr=0.1, momentum=0.9))
    theirs = repr(torch.optim.SGD(problem(torch)[0], lr=0.1, momentum=0.9))
    lines = set(text.splitlines())
    assert {"SGD (", "Parameter Group 0", "    lr: 0.1", "    momentum: 0.9", ")"} <= lines <= set(theirs.splitlines())


# Groups.


def test_a_group_may_be_one_tensor_and_may_come_later():
    def program(torch):
        w, b, c = (torch.ones(2, requires_grad=True) for _ in range(3))
        optimizer = torch.optim.SGD([{"params": [w], "weight_decay": 0.5, "lr": 0.25}, {"params": b}], lr=0.5)
        optimizer.add_param_group({"params": (p for p in [c]), "lr": 2.0})
        for p in (w, b, c):
            p.grad = torch.ones(2)
        optimizer.step()
        names = ("lr", "momentum", "dampening", "weight_decay", "nesterov")
        return [[group[name] for name in names] for group in optimizer.param_groups], w.tolist(), b.tolist(), c.tolist()

    assert program(micrograd) == program(torch)


def test_a_parameter_twice_in_a_group_is_warned_of_and_moved_twice():
    def program(torch):
        x = torch.ones(1, requires_grad=True)
        with pytest.warns(UserWarning, match="parameter"):
            optimizer = torch.optim.SGD([x, x], lr=0.25)
        x.grad = torch.ones(1)
        optimizer.step()
        return x.item(), optimizer.state_dict()["param_groups"][0]["params"]

    assert program(micrograd) == program(torch) == (0.5, [1, 1])


def test_an_optimizer_of_ones_own_needs_a_step_alone():
    def program(torch):
        class Signs(torch.optim.Optimizer):
            def __init__(self, params, lr):
                super().__init__(params, {"lr": lr})

            @torch.no_grad()
            def step(self):
                for group in self.param_groups:
                    for p in group["params"]:
                        self.state[p]["steps"] = self.state[p].get("steps", 0) + 1
                        p -= group["lr"] * (p.grad / p.grad.abs())

        x = torch.ones(3, requires_grad=True)
        optimizer = Signs([x], lr=0.5)
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.5)
        for _ in range(2):
            optimizer.zero_grad()
            (x * torch.tensor([1.0, -2.0, 3.0])).sum().backward()
            optimizer.step()
            scheduler.step()
        return x.tolist(), optimizer.state_dict()

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert program(micrograd) == program(torch)


# Exchange of states.


@pytest.mark.parametrize("name", ["SGD with both", "SGD of groups", "Adam", "AdamW"])
def test_a_run_of_here_goes_on_in_pytorch(name):
    arrays = [np.ones((3, 4)), np.ones(5), np.ones(())]
    mine, values = moved(micrograd, OPTIMIZERS[name], arrays, 5)
    state = mine.state_dict()
    state["state"] = {i: {k: torch.from_numpy(t.numpy()) for k, t in s.items()} for i, s in state["state"].items()}

    theirs = OPTIMIZERS[name](torch, [torch.from_numpy(value.copy()).requires_grad_() for value in values])
    theirs.load_state_dict(copy.deepcopy(state))
    for optimizer, torch_ in ((mine, micrograd), (theirs, torch)):
        rng = np.random.default_rng(2)
        for _ in range(5):
            for group in optimizer.param_groups:
                for p in group["params"]:
                    p.grad = torch_.from_numpy(np.array(rng.normal(size=tuple(p.shape))))
            optimizer.step()
    for group, other in zip(mine.param_groups, theirs.param_groups, strict=True):
        for p, q in zip(group["params"], other["params"], strict=True):
            np.testing.assert_allclose(p.detach().numpy(), q.detach().numpy(), **FLOAT64)


@pytest.mark.parametrize(
    "make",
    [
        lambda torch, p: torch.optim.SGD(p),
        lambda torch, p: torch.optim.Adam(p, weight_decay=0.5),
        lambda torch, p: torch.optim.AdamW([{"params": p, "lr": 2}], betas=(0.9, 0.99), amsgrad=True),
    ],
)
def test_an_optimizer_prints_as_pytorchs(make):
    mine, theirs = (repr(make(library, [library.ones(2)])) for library in (micrograd, torch))
    assert mine == theirs


def test_a_state_dict_has_pytorchs_settings():
    def program(torch):
        w, b = (torch.ones(2, requires_grad=True) for _ in range(2))
        optimizer = torch.optim.Adam([{"params": [w]}, {"params": [b], "lr": 0.5}], lr=0.25)
        b.grad = torch.ones(2)
        optimizer.step()
        return optimizer.state_dict()

    mine, theirs = program(micrograd), program(torch)
    assert mine["state"][1]["step"].item() == 1
    assert repr(mine["state"][1]["step"].dtype) == repr(theirs["state"][1]["step"].dtype)
    for group, expected in zip(mine["param_groups"], theirs["param_groups"], strict=True):
        assert group == expected


def test_a_loaded_state_is_a_copy_in_the_dtype_of_the_parameter():
    first, _ = moved(micrograd, KINDS[0], [np.ones(3, np.float32)], 1)
    second, _ = moved(micrograd, KINDS[0], [np.ones(3)], 1)
    second.load_state_dict(first.state_dict())
    before = first.state_dict()["state"][0]["momentum_buffer"].tolist()
    second.step()
    assert first.state_dict()["state"][0]["momentum_buffer"].tolist() == before
    assert second.state_dict()["state"][0]["momentum_buffer"].dtype == micrograd.float64


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda d: d["state"][0].update(momentum_buffer=np.ones(7)), ValueError, r"momentum_buffer.*\[7\].*\[3\]"),
        (lambda d: d["state"].update({9: {}}), ValueError, "parameter 9"),
        (lambda d: d["param_groups"][0].update(lr=-1), ValueError, "learning rate"),
        (lambda d: d["param_groups"][0].update(differentiable=True), NotImplementedError, "differentiable"),
    ],
)
def test_a_damaged_state_is_refused_by_name_and_changes_nothing(change, error, message):
    optimizer, _ = moved(micrograd, KINDS[0], [np.ones(3)], 1)
    velocity = optimizer.state_dict()["state"][0]["momentum_buffer"]
    damaged = copy.deepcopy(optimizer.state_dict())
    damaged["param_groups"][0]["momentum"] = 0.5
    change(damaged)
    with pytest.raises(error, match=message):
        optimizer.load_state_dict(damaged)
    assert optimizer.param_groups[0]["momentum"] == 0.9
    assert optimizer.state_dict()["state"][0]["momentum_buffer"] is velocity


# What is not here.


def test_an_optimizer_that_is_not_there_is_named():
    with pytest.raises(AttributeError, match=r"micrograd\.optim has no 'LBFGS'"):
        micrograd.optim.LBFGS  # noqa: B018 - asking is what is tested
