"""`python -m makemore.compare`: every model's gradients, beside PyTorch's and beside finite differences."""

import re
import sys

import numpy as np
import pytest
import torch

import micrograd
from makemore import compare
from makemore.models import FAMILIES
from micrograd.ops import OPS

HEAD = "model parameters PyTorch float32 PyTorch float64 finite differences verdict"


def tanh_with_a_wrong_derivative(x):
    out = np.tanh(x)
    return out, lambda g: g * (1 - out)


def test_every_model_agrees(command):
    outcome = command("compare")
    assert outcome.status == 0
    title, head, *rows, last = outcome.out.splitlines()
    assert title.startswith(f"the loss and its gradients on micrograd beside PyTorch {torch.__version__} and finite")
    assert head.split() == [
        "model",
        "parameters",
        *["PyTorch", "float32", "PyTorch", "float64", "finite", "differences", "verdict"],
    ]
    assert list(dict.fromkeys([row.split()[0] for row in rows])) == list(FAMILIES)
    assert all(row.endswith("  agrees") for row in rows)
    assert last == f"{len(rows)} of {len(rows)} models agree"


def test_a_faulty_op_is_found_in_the_models_that_use_it(command, monkeypatch):
    monkeypatch.setattr(OPS["tanh"], "__code__", tanh_with_a_wrong_derivative.__code__)
    outcome = command("compare", "bigram", "bow")
    assert outcome.status == 1
    assert re.search(r"^bigram .* agrees$", outcome.out, re.MULTILINE)
    assert re.search(r"^bow .* different$", outcome.out, re.MULTILINE)
    assert re.search(r"^tanh \(op \d+ of \d+, TanhBackward0\) is where the ways part", outcome.out, re.MULTILINE)
    assert outcome.out.splitlines()[-1] == "1 of 2 models agree; not bow"


def test_without_pytorch_finite_differences_are_there_alone(command, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    outcome = command("compare", "mlp", "rnn")
    assert outcome.status == 0
    assert outcome.out.splitlines()[1].split() == HEAD.replace("PyTorch float32 PyTorch float64 ", "").split()
    assert "pip install torch" in outcome.out


def test_an_unknown_type_is_refused(command):
    assert command("compare", "gnu").complaint.startswith("there is no type 'gnu'; there are bigram, trigram, mlp")


@pytest.fixture(scope="module")
def models():
    return list(compare.small_models())


def test_every_parameter_of_every_model_has_a_gradient_to_compare(models):
    for _, model in models:
        contexts, targets = [micrograd.from_numpy(array) for array in compare.some_examples(model)]
        compare.language_model.loss_of(model, contexts, targets).backward()
        for name, parameter in model.named_parameters():
            assert parameter.grad is not None, name
            assert np.abs(parameter.grad.numpy()).max() > 0, name
        model.zero_grad()


def test_the_models_do_run_on_pytorch_and_are_as_they_were_afterwards(models):
    for _, model in models:
        before = [dict(vars(module)) for module in model.modules()]
        namespaces = [dict(namespace) for namespace in compare._namespaces(model)]
        contexts, _ = compare.some_examples(model)
        theirs = {p: torch.tensor(p.detach().numpy(), requires_grad=True) for p in model.parameters()}
        with compare.on_library(torch, model, theirs):
            logits = model(torch.from_numpy(contexts))
        assert isinstance(logits, torch.Tensor)
        logits.sum().backward()
        assert [dict(vars(module)) for module in model.modules()] == before
        assert [dict(namespace) for namespace in compare._namespaces(model)] == namespaces


def test_a_model_that_fails_on_pytorch_is_as_it_was_afterwards(models):
    _, model = models[0]
    theirs = {p: torch.tensor(p.detach().numpy()) for p in model.parameters()}
    with pytest.raises(IndexError), compare.on_library(torch, model, theirs):
        model(torch.full((2, 1), 99))
    assert all(isinstance(parameter, micrograd.nn.Parameter) for parameter in vars(model).values()
               if hasattr(parameter, "shape"))  # fmt: skip
    assert vars(sys.modules[type(model).__module__])["micrograd"] is micrograd


def test_making_the_models_leaves_the_stream_of_random_numbers_alone():
    micrograd.manual_seed(5)
    expected = micrograd.rand(3).tolist()
    micrograd.manual_seed(5)
    list(compare.small_models())
    assert micrograd.rand(3).tolist() == expected
