"""What the guard costs on the lecture's MLP step, on and off: `pytest -m benchmark -n 0 -s`."""

import pytest
from benchmarks.timing import compare, report

import micrograd as torch
from micrograd.guard import guard
from micrograd.nn import functional as F  # noqa: N812 - as everywhere

STEPS = 20  # to a call, so that turning the guard on is not what is measured
RATE = 1e-3


def lecture_mlp():
    """A step of the lecture's MLP: a batch of 32 contexts of three characters, 200 neurons, 11,897 parameters."""
    g = torch.Generator().manual_seed(2147483647)
    C = torch.randn((27, 10), generator=g)
    W1, b1 = torch.randn((30, 200), generator=g) * 0.3, torch.zeros(200)
    W2, b2 = torch.randn((200, 27), generator=g) * 0.01, torch.zeros(27)
    parameters = [C, W1, b1, W2, b2]
    for p in parameters:
        p.requires_grad = True
    X, Y = torch.randint(0, 27, (32, 3), generator=g), torch.randint(0, 27, (32,), generator=g)

    def steps():
        for _ in range(STEPS):
            h = torch.tanh(C[X].view(32, 30) @ W1 + b1)
            loss = F.cross_entropy(h @ W2 + b2, Y)
            for p in parameters:
                p.grad = None
            loss.backward()
            for p in parameters:
                p.data += -RATE * p.grad
        return loss.item()

    return steps


@pytest.mark.benchmark
def test_a_step_of_the_lecture_s_mlp_with_the_guard_off_and_on():
    engine, off, on = lecture_mlp(), lecture_mlp(), guard()(lecture_mlp())
    assert engine() == off() == on()
    times = compare(engine=engine, guard_off=off, guard_on=on)
    report(f"{STEPS} lecture MLP steps", times, against="engine")
