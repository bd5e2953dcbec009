"""Schedules of learning rates against torch.optim.lr_scheduler: the same program, and the same rates bit for bit."""

import math
import warnings

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import micrograd


def optimizer_of(torch, *rates):
    groups = [{"params": [torch.ones(1, requires_grad=True)], "lr": rate} for rate in rates]
    return torch.optim.SGD(groups, lr=0.1)


def rates_of(torch, make, steps, rates=(0.1, 0.03), interfere=None):
    """The rates after each step of a schedule; interfere: the step before which all rates are set to 0.5."""
    optimizer = optimizer_of(torch, *rates)
    scheduler = make(torch, optimizer)
    seen = [scheduler.get_last_lr()]
    for step in range(steps):
        optimizer.step()
        if step == interfere:
            for group in optimizer.param_groups:
                group["lr"] = 0.5
        scheduler.step()
        seen.append(scheduler.get_last_lr())
        assert [group["lr"] for group in optimizer.param_groups] == scheduler.get_last_lr()
    return seen, [group["initial_lr"] for group in optimizer.param_groups], scheduler.last_epoch


def warmup_and_decay(step):
    return (step + 1) / 10 if step < 10 else 0.5 * (1 + math.cos(math.pi * (step - 10) / 90))


SCHEDULES = {
    "steps": lambda torch, o: torch.optim.lr_scheduler.StepLR(o, step_size=7),
    "steps by gamma": lambda torch, o: torch.optim.lr_scheduler.StepLR(o, 1, gamma=0.97),
    "cosine": lambda torch, o: torch.optim.lr_scheduler.CosineAnnealingLR(o, T_max=100),
    "cosine, up and down": lambda torch, o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 9, eta_min=1e-4),
    "cosine of one step": lambda torch, o: torch.optim.lr_scheduler.CosineAnnealingLR(o, T_max=1),
    "milestones": lambda torch, o: torch.optim.lr_scheduler.MultiStepLR(o, [3, 20, 8, 20]),
    "milestones by gamma": lambda torch, o: torch.optim.lr_scheduler.MultiStepLR(o, range(5, 60, 5), gamma=0.7),
    "one cycle": lambda torch, o: torch.optim.lr_scheduler.OneCycleLR(o, 0.5, total_steps=100),
    "one cycle of epochs": lambda torch, o: torch.optim.lr_scheduler.OneCycleLR(
        o, [0.5, 0.2], epochs=11, steps_per_epoch=10, pct_start=0.43, anneal_strategy="linear"
    ),
    "one cycle of three phases": lambda torch, o: torch.optim.lr_scheduler.OneCycleLR(
        o, 0.5, 101, three_phase=True, max_momentum=[0.9, 0.8], div_factor=10, final_div_factor=100
    ),
    "one cycle without momentum": lambda torch, o: torch.optim.lr_scheduler.OneCycleLR(o, 1, 100, cycle_momentum=False),
    "function": lambda torch, o: torch.optim.lr_scheduler.LambdaLR(o, warmup_and_decay),
    "functions": lambda torch, o: torch.optim.lr_scheduler.LambdaLR(o, [lambda t: 0.95**t, lambda t: t]),
}


@pytest.mark.parametrize("interfere", [None, 0, 11])
@pytest.mark.parametrize("make", SCHEDULES.values(), ids=SCHEDULES)
def test_the_rates_are_pytorchs_bit_for_bit(make, interfere):
    mine, theirs = (rates_of(torch_, make, 100, interfere=interfere) for torch_ in (micrograd, torch))
    assert mine == theirs


rates = st.floats(1e-6, 10)


@settings(max_examples=60, deadline=None)
@given(rates, rates, st.integers(1, 30), st.floats(0, 1), st.integers(0, 70))
def test_any_cosine_and_any_steps_are_pytorchs_bit_for_bit(first, second, length, number, steps):
    def cosine(torch, optimizer):
        return torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, length, eta_min=number)

    def stairs(torch, optimizer):
        return torch.optim.lr_scheduler.StepLR(optimizer, length, gamma=number)

    for make in (cosine, stairs):
        mine, theirs = (rates_of(torch_, make, steps, (first, second)) for torch_ in (micrograd, torch))
        assert mine == theirs


@pytest.mark.parametrize("make", SCHEDULES.values(), ids=SCHEDULES)
def test_a_schedule_goes_on_from_its_state_and_from_that_of_the_other_library(make):
    whole = rates_of(torch, make, 30)[0]
    states = {}
    for torch_ in (micrograd, torch):
        optimizer = optimizer_of(torch_, 0.1, 0.03)
        scheduler = make(torch_, optimizer)
        for _ in range(12):
            optimizer.step()
            scheduler.step()
        states[torch_] = optimizer.state_dict(), scheduler.state_dict()
    here, there = states[micrograd][1], states[torch][1]
    of_micrograd_alone = {"pct_start", "three_phase"}  # PyTorch has their phases instead
    assert {name: here[name] for name in here.keys() - of_micrograd_alone}.items() <= there.items()
    for saved in states.values():
        for torch_ in (micrograd, torch):
            optimizer = optimizer_of(torch_, 9.0, 9.0)
            scheduler = make(torch_, optimizer)
            optimizer.load_state_dict(saved[0])
            scheduler.load_state_dict(saved[1])
            assert scheduler.get_last_lr() == whole[12]
            for expected in whole[13:]:
                optimizer.step()
                scheduler.step()
                assert scheduler.get_last_lr() == expected


@pytest.mark.parametrize("last_epoch", [0, 5, 13])
@pytest.mark.parametrize("make", ["steps", "cosine", "function"])
def test_a_schedule_may_begin_at_a_later_epoch(make, last_epoch):
    def program(torch):
        lr_scheduler = torch.optim.lr_scheduler
        kinds = {
            "steps": lambda o: lr_scheduler.StepLR(o, 7, last_epoch=last_epoch),
            "cosine": lambda o: lr_scheduler.CosineAnnealingLR(o, 20, last_epoch=last_epoch),
            "function": lambda o: lr_scheduler.LambdaLR(o, warmup_and_decay, last_epoch=last_epoch),
        }
        optimizer = optimizer_of(torch, 0.05)
        optimizer.param_groups[0]["initial_lr"] = 0.1
        scheduler = kinds[make](optimizer)
        seen = [scheduler.last_epoch, scheduler.get_last_lr()]
        for _ in range(10):
            optimizer.step()
            scheduler.step()
            seen.append(scheduler.get_last_lr())
        return seen

    assert program(micrograd) == program(torch)


def cycle(torch, kind, steps, *args, **options):
    """The rates and momenta of each step of a cycle, and the class of the error that ended it."""
    optimizer = getattr(torch.optim, kind)([torch.ones(1, requires_grad=True)], lr=0.1)
    seen = []
    try:
        scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, *args, **options)
        for _ in range(steps):
            group = optimizer.param_groups[0]
            seen.append((group["lr"], group.get("momentum"), group.get("betas")))
            optimizer.step()
            scheduler.step()
    except (ValueError, ZeroDivisionError) as error:
        seen.append(type(error))
    return seen


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["SGD", "Adam"]),
    st.integers(1, 30),
    st.floats(0, 1) | st.sampled_from([0.0, 0.5, 1.0]),
    st.sampled_from(["cos", "linear"]),
    st.booleans(),
    st.booleans(),
)
def test_any_cycle_has_pytorchs_rates_and_momenta_also_one_step_past_its_end(
    kind, total, pct_start, strategy, momentum, three_phase
):
    options = {"pct_start": pct_start, "anneal_strategy": strategy}
    options |= {"cycle_momentum": momentum, "three_phase": three_phase}
    mine, theirs = (cycle(torch_, kind, total + 3, 0.3, total, **options) for torch_ in (micrograd, torch))
    assert mine == theirs


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"epochs": 3},
        {"total_steps": 0},
        {"total_steps": 2.5},
        {"epochs": 3, "steps_per_epoch": -1},
        {"total_steps": 9, "pct_start": 1.5},
        {"total_steps": 9, "pct_start": 1},
        {"total_steps": 9, "anneal_strategy": "cosine"},
        {"total_steps": 9, "max_momentum": [0.9, 0.8]},
    ],
)
def test_a_cycle_that_makes_no_sense_is_refused_as_in_pytorch(options):
    mine, theirs = (cycle(torch_, "SGD", 1, 0.3, **options) for torch_ in (micrograd, torch))
    assert mine == theirs == [ValueError]


metrics = st.lists(st.floats(-2, 2) | st.sampled_from([0.0, math.nan, math.inf, -math.inf]), max_size=40)


@settings(max_examples=100, deadline=None)
@given(
    metrics,
    st.sampled_from(["min", "max"]),
    st.sampled_from(["rel", "abs"]),
    st.integers(0, 3),
    st.integers(0, 3),
    st.floats(0, 1),
    st.sampled_from([0, 0.01, [0.001, 0.02]]),
)
def test_rates_fall_where_a_metric_stays_as_in_pytorch(
    metrics, mode, threshold_mode, patience, cooldown, threshold, low
):
    def program(torch):
        optimizer = optimizer_of(torch, 0.1, 0.03)
        options = {"mode": mode, "threshold_mode": threshold_mode, "patience": patience, "cooldown": cooldown}
        options |= {"threshold": threshold, "min_lr": low, "factor": 0.5}
        scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **options)
        seen = []
        for metric in metrics:
            scheduler.step(torch.tensor(metric, dtype=torch.float64))
            seen.append((scheduler.get_last_lr(), [group["lr"] for group in optimizer.param_groups]))
        return seen, scheduler.last_epoch, scheduler.num_bad_epochs, scheduler.cooldown_counter

    assert program(micrograd) == program(torch)


def test_a_schedule_by_a_metric_goes_on_from_the_state_of_the_other_library():
    losses = [1.0, 0.9, 0.9, 0.9, 0.9, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8]

    def make(torch):
        return torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer_of(torch, 0.1), patience=1, cooldown=1)

    def steps(scheduler, losses):
        return [(scheduler.step(loss), scheduler.get_last_lr())[1] for loss in losses]

    whole = steps(make(torch), losses)
    assert whole[-1] != [0.1]
    for first, second in ((micrograd, torch), (torch, micrograd)):
        before, after = make(first), make(second)
        steps(before, losses[:5])
        after.optimizer.load_state_dict(before.optimizer.state_dict())
        after.load_state_dict(before.state_dict())
        assert steps(after, losses[5:]) == whole[5:]


def test_groups_that_are_added_later_fall_to_the_least_rate_of_all():
    def program(torch, low):
        optimizer = optimizer_of(torch, 0.1)
        scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, min_lr=low)
        optimizer.add_param_group({"params": [torch.ones(1, requires_grad=True)], "lr": 0.2})
        try:
            for _ in range(3):
                scheduler.step(1.0)
        except RuntimeError:
            return "refused"
        return scheduler.get_last_lr()

    assert program(micrograd, 0.05) == program(torch, 0.05) == [0.05, 0.05]
    assert program(micrograd, [0.05]) == program(torch, [0.05]) == "refused"


def test_the_attributes_of_a_callable_are_saved_and_functions_are_not():
    class Decay:
        def __init__(self, factor):
            self.factor = factor

        def __call__(self, epoch):
            return self.factor**epoch

    def program(torch):
        optimizer = optimizer_of(torch, 0.1, 0.1)
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, [Decay(0.5), lambda epoch: 1.0])
        saved = scheduler.state_dict()
        fresh = torch.optim.lr_scheduler.LambdaLR(optimizer_of(torch, 0.1, 0.1), [Decay(0.9), lambda epoch: 2.0])
        fresh.load_state_dict(saved)
        fresh.optimizer.step()
        fresh.step()
        return saved["lr_lambdas"], fresh.get_last_lr()

    assert program(micrograd) == program(torch) == ([{"factor": 0.5}, None], [0.05, 0.2])


def test_a_schedule_of_ones_own_needs_get_lr_alone():
    def make(torch, optimizer):
        class Halving(torch.optim.lr_scheduler.LRScheduler):
            def get_lr(self):
                return [base / 2**self.last_epoch for base in self.base_lrs]

        return Halving(optimizer)

    assert rates_of(micrograd, make, 3) == rates_of(torch, make, 3)


def test_two_schedules_of_one_optimizer_multiply():
    def program(torch):
        optimizer = optimizer_of(torch, 0.1)
        schedulers = [
            torch.optim.lr_scheduler.StepLR(optimizer, 2, 0.5),
            torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 10),
        ]
        seen = []
        for _ in range(8):
            optimizer.step()
            for scheduler in schedulers:
                scheduler.step()
            seen.append(optimizer.param_groups[0]["lr"])
        return seen

    assert program(micrograd) == program(torch)


def test_a_schedule_that_comes_later_goes_out_from_the_rates_at_first():
    def program(torch):
        optimizer = optimizer_of(torch, 0.1)
        rates = []
        for _ in range(2):
            scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 0.5**epoch)
            for _ in range(3):
                optimizer.step()
                scheduler.step()
                rates.append(scheduler.get_last_lr())
        return rates

    assert program(micrograd) == program(torch)


@pytest.mark.parametrize("kind", ["SGD", "Adam", "AdamW"])
def test_steps_in_the_right_order_do_not_warn(kind):
    optimizer = getattr(micrograd.optim, kind)([micrograd.ones(1)])
    scheduler = micrograd.optim.lr_scheduler.StepLR(optimizer, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        optimizer.step()
        scheduler.step()


def test_a_step_of_the_schedule_before_one_of_the_optimizer_warns_once():
    for torch_ in (micrograd, torch):
        scheduler = torch_.optim.lr_scheduler.StepLR(optimizer_of(torch_, 0.1), 2)
        with pytest.warns(UserWarning, match=r"optimizer.step\(\)"):
            scheduler.step()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            scheduler.step()


@pytest.mark.parametrize(
    "make",
    [
        lambda torch, o: torch.optim.lr_scheduler.StepLR(1.0, 2),
        lambda torch, o: torch.optim.lr_scheduler.StepLR(o, 2, last_epoch=3),
        lambda torch, o: torch.optim.lr_scheduler.LambdaLR(o, [lambda t: 1.0]),
        lambda torch, o: torch.optim.lr_scheduler.LRScheduler(o),
        lambda torch, o: torch.optim.lr_scheduler.ReduceLROnPlateau(1.0),
        lambda torch, o: torch.optim.lr_scheduler.ReduceLROnPlateau(o, factor=1.0),
        lambda torch, o: torch.optim.lr_scheduler.ReduceLROnPlateau(o, mode="least"),
        lambda torch, o: torch.optim.lr_scheduler.ReduceLROnPlateau(o, threshold_mode="some"),
        lambda torch, o: torch.optim.lr_scheduler.ReduceLROnPlateau(o, min_lr=[0.1]),
        lambda torch, o: torch.optim.lr_scheduler.OneCycleLR(1.0, 0.1, 5),
    ],
)
def test_what_pytorch_refuses_is_refused_in_its_class(make):
    def error_of(torch):
        try:
            make(torch, optimizer_of(torch, 0.1, 0.03))
        except Exception as error:
            return type(error)

    assert error_of(micrograd) is error_of(torch) is not None


def test_a_schedule_that_is_not_there_is_named():
    with pytest.raises(AttributeError, match=r"micrograd\.optim\.lr_scheduler has no 'CyclicLR'"):
        micrograd.optim.lr_scheduler.CyclicLR  # noqa: B018 - asking is what is tested
