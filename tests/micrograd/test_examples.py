"""Every op by the examples that stand beside it, on micrograd and on PyTorch."""

import pydoc

import numpy as np
import pytest
import torch
from two_libraries import UNITS, same, tensor_like

import micrograd
from micrograd.compare.examples import samples
from micrograd.ops import FUNCTIONAL, OPS, TORCH, op

EXAMPLES = [(name, example) for name, each in OPS.items() for example in each.examples]
COMPOSED = {
    made
    for made in (*TORCH.values(), *FUNCTIONAL.values())
    if made.__module__.startswith("micrograd.ops.") and not hasattr(made, "op")
}
EXAMPLES_OF_COMPOSED = sorted(
    (made.__name__, example) for made in COMPOSED for example in getattr(made, "examples", ())
)


def run(library, example):
    """What the example gives, and the samples that it was given; the gradients are in the samples by then."""
    names = samples(library)
    result = eval(example, names)
    if tensor_like(result) and result.requires_grad:
        result.backward(library.ones_like(result))
    return result, names


@pytest.mark.parametrize(("name", "example"), EXAMPLES, ids=[f"{name}: {example}" for name, example in EXAMPLES])
def test_an_example_gives_the_value_and_the_gradients_of_pytorch(name, example):
    reached = []
    micrograd.graph.observer.operation = lambda op, inputs, options, result: reached.append(op.name)
    try:
        mine, my_samples = run(micrograd, example)
    finally:
        micrograd.graph.observer.operation = None
    assert name in reached, f"{example} does not come to the op {name}, only to {reached}"
    compare_with_pytorch(mine, my_samples, example)


@pytest.mark.parametrize(("name", "example"), EXAMPLES_OF_COMPOSED)
def test_an_example_of_a_composed_function_gives_the_value_and_the_gradients_of_pytorch(name, example):
    assert name in example or "@" in example
    compare_with_pytorch(*run(micrograd, example), example)


def compare_with_pytorch(mine, my_samples, example):
    theirs, their_samples = run(torch, example)
    tolerance = UNITS * 24 * np.finfo(np.float64).eps
    same(mine, theirs, tolerance)
    for key, expected in their_samples.items():
        if tensor_like(expected) and expected.requires_grad:
            assert (my_samples[key].grad is None) == (expected.grad is None), f"the gradient of {key}"
            if expected.grad is not None:
                same(my_samples[key].grad, expected.grad, tolerance, what=f"the gradient of {key}")


def test_an_op_without_examples_cannot_be_registered():
    with pytest.raises(TypeError, match="an op needs examples"):
        op("CubeBackward0", examples=[])
    assert "cube" not in OPS


def test_every_function_shows_its_examples():
    for made in (*TORCH.values(), *FUNCTIONAL.values()):
        if made.__module__.startswith("micrograd.ops."):
            assert made.examples, f"{made.__name__} has no example"
            assert pydoc.render_doc(made).rstrip().endswith("; ".join(made.examples)[-40:])
    assert "Examples: x * y; " in pydoc.render_doc(micrograd.mul)
