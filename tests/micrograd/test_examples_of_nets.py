"""The examples in the docstrings of nets, optimizers and data give what they show."""

import doctest
import importlib

import pytest

import micrograd

MODULES = [
    "nn.module",
    "nn.containers",
    "nn.layers",
    "nn.activations",
    "nn.losses",
    "nn.transformer",
    "nn.scalar",
    "nn.utils",
    "optim.optimizers",
]
MODULES += ["optim.lr_scheduler", "utils.data.dataloader", "serialization", "nn.init"]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_give_what_they_show(name):
    module = importlib.import_module(f"micrograd.{name}")
    results = doctest.testmod(module, extraglobs={"micrograd": micrograd})
    assert results.attempted > 0
    assert results.failed == 0
