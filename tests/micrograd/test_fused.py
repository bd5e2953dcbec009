"""What is fused, for speed, against the composition that it stands for: values and gradients in float64."""

import numpy as np
import pytest

import micrograd
from micrograd.compare import step_by_step
from micrograd.compare.examples import samples
from micrograd.ops import OPS

# For each op what calls it and the composition, both on the samples.
COMPOSITIONS = {
    "linear": [
        ("F.linear(x, weight, bias)", "x @ weight.T + bias"),
        ("F.linear(batch, weight)", "batch @ weight.T"),
        ("F.linear(batch, row)", "batch @ row"),
    ],
    "gelu": [
        ("F.gelu(x)", "x * 0.5 * (1 + erf(x / 2**0.5))"),
        (
            "F.gelu(x, approximate='tanh')",
            "0.5 * x * (1 + torch.tanh((2 / torch.pi) ** 0.5 * (x + 0.044715 * x**3)))",
        ),
    ],
    "layer_norm": [
        (
            "F.layer_norm(x, (4,), row, y[0], 0.01)",
            "(x - x.mean(1, True)) / (x.var(1, correction=0, keepdim=True) + 0.01).sqrt() * row + y[0]",
        ),
        (
            "F.layer_norm(batch, (3, 4), eps=0.01)",
            "(batch - batch.mean((1, 2), True)) / (batch.var((1, 2), correction=0, keepdim=True) + 0.01).sqrt()",
        ),
    ],
    "batch_norm": [
        (
            "F.batch_norm(x, None, None, row, y[0], training=True, eps=0.01)",
            "(x - x.mean(0)) / (x.var(0, correction=0) + 0.01).sqrt() * row + y[0]",
        ),
        (
            "F.batch_norm(signal, None, None, training=True, eps=0.01)",
            "(signal - signal.mean((0, 2), True)) / (signal.var((0, 2), correction=0, keepdim=True) + 0.01).sqrt()",
        ),
        (
            "F.batch_norm(x, row.detach(), positive[0].detach(), y[0], y[1], eps=0.01)",
            "(x - row.detach()) / (positive[0].detach() + 0.01).sqrt() * y[0] + y[1]",
        ),
    ],
    "conv1d": [
        (
            "F.conv1d(signal, kernel, row)",
            "torch.stack([(signal[:, None, :, i : i + 2] * kernel).sum((2, 3)) for i in range(7)], 2) + row[:, None]",
        ),
        (
            "F.conv1d(signal, kernel, stride=2, dilation=3)",
            "torch.stack([(signal[:, None, :, i : i + 4 : 3] * kernel).sum((2, 3)) for i in range(0, 5, 2)], 2)",
        ),
    ],
    "attention": [
        (
            "F.scaled_dot_product_attention(x, y, positive, square[:3, :3])",
            "(x @ y.mT * 0.5 + square[:3, :3]).softmax(-1) @ positive",
        ),
        (
            "F.scaled_dot_product_attention(batch, batch * 2, batch + 1, is_causal=True)",
            "(batch @ (batch * 2).mT * 0.5 + (1 - torch.ones(3, 3).tril()) * -1e30).softmax(-1) @ (batch + 1)",
        ),
    ],
    "cross_entropy": [
        ("F.cross_entropy(x, targets)", "F.nll_loss(x.log_softmax(1), targets)"),
        ("F.cross_entropy(x, targets, reduction='none')", "-x.log_softmax(1)[torch.arange(3), targets]"),
    ],
    "nll_loss": [("F.nll_loss(x, targets)", "-x[torch.arange(3), targets].mean()")],
    "mse_loss": [
        ("F.mse_loss(x, y)", "((x - y) ** 2).mean()"),
        ("F.mse_loss(x, y, reduction='sum')", "((x - y) ** 2).sum()"),
    ],
    "softmax": [("x.softmax(1)", "x.exp() / x.exp().sum(1, keepdim=True)")],
    "log_softmax": [("x.log_softmax(0)", "(x.exp() / x.exp().sum(0)).log()")],
    "rnn": [("F.rnn(sequence, state, gates[:2], gates_bias[:2])", "steps.rnn({})")],
    "gru": [("F.gru(sequence, state, gates[:6], gates_bias[:6])", "steps.gru({})")],
    "lstm": [("F.lstm(sequence, state, cell, gates, gates_bias)", "steps.lstm({})")],
    "causal_self_attention": [("F.causal_self_attention(qkv, 2)", "steps.causal_self_attention({})")],
}


def composition_of(call, composition):
    """The composition; one of a loop over time takes the arguments of the call."""
    return composition.format(f"torch, {call[call.index('(') + 1 : -1]}")


ROWS = [(name, call, composition_of(call, text)) for name, rows in COMPOSITIONS.items() for call, text in rows]


class Erf(micrograd.autograd.Function):
    """The error function, by its series: what gelu is put together from, and PyTorch has of its own."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        total = term = x.detach().clone()
        for n in range(1, 60):
            term = term * -(x.detach() ** 2) / n
            total = total + term / (2 * n + 1)
        return total * 2 / np.pi**0.5

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * (-(x**2)).exp() * 2 / np.pi**0.5


def value_and_gradients(line):
    names = samples(micrograd)
    out = eval(line, {**names, "steps": step_by_step, "erf": Erf.apply})
    out.backward(micrograd.linspace(0.5, 2, out.numel(), dtype=micrograd.float64).view(out.shape))
    gradients = {name: x.grad for name, x in names.items() if getattr(x, "requires_grad", False) and x.grad is not None}
    return out, gradients


@pytest.mark.parametrize(("name", "call", "composition"), ROWS, ids=[call for _, call, _ in ROWS])
def test_what_is_fused_gives_what_its_composition_gives(name, call, composition):
    out, gradients = value_and_gradients(call)
    expected, wanted = value_and_gradients(composition)
    assert out.grad_fn.op.name == name
    np.testing.assert_allclose(out.detach().numpy(), expected.detach().numpy(), rtol=1e-12, atol=1e-13)
    assert gradients.keys() == wanted.keys()
    for key, gradient in wanted.items():
        np.testing.assert_allclose(gradients[key].numpy(), gradient.numpy(), rtol=1e-11, atol=1e-12, err_msg=key)


FUSED = {name for name, op in OPS.items() if "Fused, for speed" in (op.forward.__doc__ or "")}


def test_every_fused_op_has_its_composition_here():
    assert set(COMPOSITIONS) >= FUSED
