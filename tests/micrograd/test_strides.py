"""How views and results lie in memory: PyTorch's strides, also those of dimensions of length 1.

No index moves along a dimension of length 1, so that its stride seems to be of no account; but the order in which later
results are written depends on it, and with that whether they have views, and what their strides are.
"""

import functools
import itertools
import math
from typing import Any

import numpy as np
import pytest
import torch

import micrograd

SHAPES = [(3,), (1, 3), (1, 1, 3), (2, 1, 3), (3, 2, 1), (1, 1), (2, 1, 1, 3)]
"""Of the tensors that the lines are about, as they lie in memory: each has its dimensions in every order."""

VIEWS = """
x.squeeze()
x.squeeze(0)
x.squeeze(-1)
x.unsqueeze(0)
x.unsqueeze(1)
x.unsqueeze(-1)
x.flatten()
x.flatten(0, 1)
x.flatten(-2)
x.ravel()
x.reshape(-1, 1)
x.unflatten(0, (1, -1))
x.unflatten(-1, (-1, 1, 1))
x.view_as(x)
x.expand(1, *x.shape)
x.expand(1, 2, 1, *x.shape)
x.expand([2 if n == 1 else n for n in x.shape])
x[None]
x[:, None]
x[..., None, None]
x[::2, ..., None]
x.movedim(0, -1).view(x.movedim(0, -1).shape)
x.unfold(-1, 1, 1).flatten(1)
x.split(1)[0].reshape(1, -1)
x.diagonal().unflatten(-1, (1, -1))
""".strip().splitlines()

RESULTS = """
x.clone()
torch.as_tensor(x, dtype=torch.float64)
x.contiguous()
x.double()
x.long()
torch.zeros_like(x)
x.flip(0)
x.nan_to_num()
x.sort(dim=-1, stable=True).values
x.sort(dim=0, stable=True).indices
x.argsort(dim=0, stable=True)
x.topk(1, 0).values
x.max(0, keepdim=True).indices
x.cumsum(0)
x.sum(-1, keepdim=True)
x.any(0, keepdim=True)
x.any(-1)
x.exp()
x * 2
x**2
2**x
1 - x
x + x
x * x.clone()
x + x.contiguous()
x * torch.ones(2, 1, 1, 1)
torch.ones(2, 1, 1) - x
x.clamp(-1, 1)
x.clamp(max=x)
x.lerp(x, 0.5)
~(x > 0)
x.where(x > 0, 0.0)
x.masked_fill(x > 0, 1.0)
x.scatter(0, x.argsort(dim=0, stable=True), 1.0)
x.gather(0, x.argsort(dim=0, stable=True))
x[[0]]
torch.stack([x, x])
torch.stack([x, x], 1)
torch.stack([x, x, x], -1)
torch.stack([x, x], -2)
torch.cat([x, x], -1)
-0.25 // x
torch.einsum('...i,...i->...', x, x)
torch.einsum('ij,kj->ki', x, x)
torch.einsum('bij,bkj->ikb', x, x)
torch.nn.functional.conv1d(x, x)
torch.nn.functional.conv1d(x.contiguous(), x, padding=1)
""".strip().splitlines()


@functools.cache
def arranged(library: Any) -> list[Any]:
    """Tensors of the SHAPES with their dimensions in every order, whole and with gaps."""
    tensors = []
    for shape in SHAPES:
        for order in itertools.permutations(range(len(shape))):
            x = library.arange(float(math.prod(shape))).reshape(shape).permute(order)
            tensors += [x, library.stack([x, x], -1)[..., 0]] if len(shape) < 4 else [x]
    return tensors


def strides(library: Any, line: str) -> list[Any]:
    """What the line gives for each tensor: the strides, or that it raises."""
    code, found = compile(line, line, "eval"), []
    for x in arranged(library):
        try:
            found.append(eval(code, {"torch": library, "x": x}).stride())
        except (RuntimeError, IndexError):
            found.append(None)
    return found


@pytest.mark.parametrize("line", VIEWS + RESULTS)
def test_strides_are_pytorchs_also_where_a_length_is_1(line):
    expected = strides(torch, line)
    assert any(steps is not None for steps in expected)
    different = [
        f"{tuple(x.shape)} {x.stride()}: {mine}, PyTorch {theirs}"
        for x, mine, theirs in zip(arranged(torch), strides(micrograd, line), expected, strict=True)
        if mine != theirs
    ]
    assert different == []


DTYPES = ["torch.int64", "torch.float32", "torch.float64", "torch.bool"]

MIXED = [
    "x + y",
    "x / y",
    "y < x",
    "x.clamp(min=y)",
    "x.clamp(y, x)",
    "torch.maximum(x, y)",
    "torch.where(x > 0, y, x)",
]


@pytest.mark.parametrize("line", [*MIXED, "torch.isclose(y, y)", "x.sqrt()", "torch.where(x > 0, y, y.mT)"])
def test_what_is_brought_to_another_dtype_counts_as_the_copy_that_pytorch_makes(line):
    def results(torch: Any) -> list[Any]:
        found = []
        for order, dtypes in itertools.product(itertools.permutations(range(3)), itertools.permutations(DTYPES, 2)):
            x, y = [torch.arange(4).view(2, 1, 2).to(eval(dtype)) for dtype in dtypes]
            operands = {"torch": torch, "x": x.expand(2, 2, 2).permute(order), "y": y.permute(order).expand(2, 2, 2)}
            found.append(eval(line, operands).stride())
        return found

    assert results(micrograd) == results(torch)


def test_a_tensor_of_one_dimension_has_its_strides_in_each_of_its_shapes():
    for shape in [(6,), (1, 6), (6, 1), (2, 1, 3), (1, 2, 3, 1)]:
        for x, theirs in zip(arranged(micrograd), arranged(torch), strict=True):
            if x.numel() == 6 and theirs.is_contiguous():
                assert x.view(shape).stride() == theirs.view(shape).stride()


def test_a_convolution_over_no_channels_has_none():
    def shapes(torch: Any) -> list[Any]:
        x, w = (torch.ones(2, 0, 3, requires_grad=True) for _ in range(2))
        b = torch.ones(2, requires_grad=True)
        out = torch.nn.functional.conv1d(x, w, b, padding=1)
        out.sum().backward()
        return [out.shape, x.grad.shape, w.grad.shape, b.grad.tolist()]

    assert shapes(micrograd) == shapes(torch)


@pytest.mark.parametrize(
    "overlapping",
    [
        lambda x: x[:5].unfold(0, 3, 1)[..., None],
        lambda x: x.view(2, 2, 3).broadcast_to((2, 2, 2, 3)).diagonal(-1, -3, -1),
        lambda x: x[:1].expand(4, 1),
    ],
    ids=["unfold", "diagonal of a broadcast", "expand"],
)
def test_results_of_views_that_overlap_have_a_place_for_each_element(overlapping):
    for result in ("neg", "clone", "exp"):
        mine, theirs = (getattr(overlapping(library.arange(1.0, 13.0)), result)() for library in (micrograd, torch))
        assert mine.stride() == theirs.stride()
        np.testing.assert_allclose(mine.numpy(), theirs.numpy(), rtol=1e-6)
    for by_number in (lambda x: -0.25 // x, lambda x: 1 - x, lambda x: 2**x, lambda x: x % 2):
        mine, theirs = (by_number(overlapping(library.arange(1.0, 13.0))) for library in (micrograd, torch))
        assert mine.stride() == theirs.stride()
