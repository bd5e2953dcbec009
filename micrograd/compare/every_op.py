"""Every op of the engine, called in the ways that reach it, each way with inputs of several shapes and dtypes."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

import micrograd
from micrograd.compare import step_by_step
from micrograd.compare.functions import compare_function
from micrograd.compare.report import DIFFERENT, Report
from micrograd.compare.runs import pytorch

EPS = 0.01  # of the normalizing layers: the usual 1e-5 magnifies the rounding of a small variance
FLOATS = ("float32", "float64")

Shapes = list[list[tuple[int, ...]]]

ANY: Shapes = [[()], [(1,)], [(5,)], [(0, 3)], [(3, 4)], [(2, 3, 4)]]
FILLED: Shapes = [[(5,)], [(3, 4)], [(2, 3, 4)]]
MATRIX: Shapes = [[(1, 1)], [(3, 4)], [(5, 2)]]
BATCH: Shapes = [[(3, 4)], [(2, 3, 4)]]
TWO: Shapes = [[(), ()], [(3, 4), (3, 4)], [(3, 1), (1, 4)], [(4,), (2, 3, 4)], [(2, 1, 4), (3, 1)], [(3, 4), ()]]


class Way(NamedTuple):
    """A function for both libraries that reaches an op, and what it is called with.

    shapes: lists of the shapes of its inputs. low, high: between which numbers they are drawn. indices: the inputs,
    by position, that are integers from 0 up to this number, less one, instead.
    """

    fn: Callable
    shapes: Sequence[Sequence[tuple[int, ...]]]
    low: float = -3.0
    high: float = 3.0
    indices: dict[int, int] = {}  # noqa: RUF012 - nobody changes it


def _assign(index: Any) -> Callable:
    def assign(t: Any, x: Any, y: Any) -> Any:
        x = x * 1
        x[index] = y
        return x

    return assign


def _ours(name: str, **options: Any) -> Callable:
    """A function that PyTorch has not, and there step by step."""

    def call(t: Any, *inputs: Any) -> Any:
        if t is micrograd:
            return getattr(F(t), name)(*inputs, **options)
        return getattr(step_by_step, name)(t, *inputs, **options)

    return call


def F(t: Any) -> Any:  # noqa: N802 - as everywhere
    return t.nn.functional


def _each(name: str, shapes: Shapes = ANY, low: float = -3.0) -> list[Way]:
    """The ways of a function of each element: as a method and, where it is one, as a function."""
    return [Way(lambda t, x: getattr(x, name)(), shapes, low), Way(lambda t, x: getattr(t, name)(x), shapes[-1:], low)]


WAYS: dict[str, list[Way]] = {
    # Arithmetic.
    "add": [Way(lambda t, x, y: x + y, TWO), Way(lambda t, x: x + 2, ANY), Way(lambda t, x: x + x, ANY)],
    "sub": [Way(lambda t, x, y: x - y, TWO), Way(lambda t, x: x - 2.5, ANY)],
    "rsub": [Way(lambda t, x: 1 - x, ANY)],
    "mul": [Way(lambda t, x, y: x * y, TWO), Way(lambda t, x: -3 * x, ANY), Way(lambda t, x: x * x, ANY)],
    "div": [Way(lambda t, x, y: x / y, TWO, 0.2), Way(lambda t, x: x / 7, ANY)],
    "reciprocal": [Way(lambda t, x: 2 / x, ANY, 0.2)],
    "pow": [Way(lambda t, x, n=n: x**n, ANY, 0.2) for n in (0, 1, 2, 3, 4, -1, 0.5, -1.5)],
    "pow_tensor": [Way(lambda t, x, y: x**y, TWO, 0.2), Way(lambda t, x: 2**x, ANY)],
    "neg": [Way(lambda t, x: -x, ANY)],
    **{name: _each(name) for name in ("abs", "exp", "tanh", "sigmoid", "relu", "sin", "cos", "expm1")},
    **{name: _each(name, low=0.2) for name in ("log", "sqrt", "rsqrt", "log2", "log10", "log1p")},
    "tan": [Way(lambda t, x: x.tan(), ANY, -1.2, 1.2)],
    **{name: _each(name) for name in ("sign", "floor", "ceil", "round", "trunc")},
    "remainder": [Way(lambda t, x, y: x.remainder(y), TWO, 0.2), Way(lambda t, x: x % 0.7, ANY)],
    "clamp": [Way(lambda t, x: x.clamp(-1, 2), ANY), Way(lambda t, x: x.clamp(min=0.5), ANY)],
    "maximum": [Way(lambda t, x, y: t.maximum(x, y), TWO)],
    "minimum": [Way(lambda t, x, y: t.minimum(x, y), TWO)],
    "where": [Way(lambda t, x, y: t.where(x > y, x, y * 2), TWO), Way(lambda t, x: t.where(x > 0, x, 0.5), ANY)],
    "masked_fill": [Way(lambda t, x: x.masked_fill(x > 0, 1.5), ANY)],
    # Reductions.
    "sum": [Way(lambda t, x: x.sum(), ANY)],
    "sum_dim": [Way(lambda t, x: x.sum(-1), FILLED), Way(lambda t, x: x.sum((0, -1), keepdim=True), BATCH)],
    "mean": [Way(lambda t, x: x.mean(), FILLED)],
    "mean_dim": [Way(lambda t, x: x.mean(0), FILLED), Way(lambda t, x: x.mean((0, -1), keepdim=True), BATCH)],
    "var": [Way(lambda t, x: x.var(), FILLED), Way(lambda t, x: x.var(0, correction=0, keepdim=True), BATCH)],
    "std": [Way(lambda t, x: x.std(), FILLED), Way(lambda t, x: x.std(-1, keepdim=True), BATCH)],
    "max": [Way(lambda t, x: x.max(), FILLED)],
    "min": [Way(lambda t, x: x.min(), FILLED)],
    "amax": [Way(lambda t, x: x.amax(-1), FILLED), Way(lambda t, x: x.amax((0, 1), keepdim=True), BATCH)],
    "amin": [Way(lambda t, x: x.amin(-1), FILLED), Way(lambda t, x: x.amin((0, 1), keepdim=True), BATCH)],
    "median": [Way(lambda t, x: x.median(), FILLED)],
    "max_dim": [Way(lambda t, x: x.max(0).values, FILLED), Way(lambda t, x: x.max(-1, keepdim=True)[0], FILLED)],
    "min_dim": [Way(lambda t, x: x.min(0).values, FILLED), Way(lambda t, x: x.min(-1, keepdim=True)[0], FILLED)],
    "logsumexp": [Way(lambda t, x: x.logsumexp(-1), FILLED), Way(lambda t, x: x.logsumexp((0, 1), True), BATCH)],
    "prod": [Way(lambda t, x: x.prod(), FILLED, -1.5, 1.5), Way(lambda t, x: x.prod(0, keepdim=True), FILLED)],
    "cumsum": [Way(lambda t, x: x.cumsum(0), FILLED), Way(lambda t, x: x.cumsum(-1), FILLED)],
    "cumprod": [Way(lambda t, x: x.cumprod(0), FILLED, -1.5, 1.5), Way(lambda t, x: x.cumprod(-1), FILLED, -1.5, 1.5)],
    "norm": [Way(lambda t, x: x.norm(), FILLED), Way(lambda t, x: x.norm(dim=-1, keepdim=True), FILLED)],
    # The matrix product.
    "mm": [Way(lambda t, x, y: x @ y, [[(3, 4), (4, 2)], [(1, 5), (5, 1)], [(0, 3), (3, 2)]])],
    "dot": [Way(lambda t, x, y: x @ y, [[(4,), (4,)], [(1,), (1,)]])],
    "mv": [Way(lambda t, x, y: x @ y, [[(3, 4), (4,)]])],
    "matmul_folded": [Way(lambda t, x, y: x @ y, [[(2, 3, 4), (4, 5)], [(2, 2, 3, 4), (4, 1)]])],
    "bmm": [Way(lambda t, x, y: t.bmm(x, y), [[(2, 3, 4), (2, 4, 5)]])],
    "matmul_broadcast": [Way(lambda t, x, y: x @ y, [[(2, 3, 4), (2, 4, 5)], [(3, 4), (2, 4, 5)]])],
    "einsum": [
        Way(lambda t, x, y: t.einsum("bij,bjk->bik", x, y), [[(2, 3, 4), (2, 4, 5)]]),
        Way(lambda t, x, y: t.einsum("ij,kj->", x, y), [[(3, 4), (2, 4)]]),
    ],
    # Shapes.
    "view": [Way(lambda t, x: x.view(-1), ANY), Way(lambda t, x: x.view(2, -1), [[(4, 3)]])],
    "reshape_copy": [Way(lambda t, x: x.T.reshape(-1), MATRIX[1:])],
    "unsqueeze": [Way(lambda t, x: x.unsqueeze(-1), ANY)],
    "squeeze": [Way(lambda t, x: x.squeeze(), [[(1, 3, 1)], [(2, 3)]])],
    "squeeze_dim": [Way(lambda t, x: x.squeeze(0), [[(1, 3, 1)], [(2, 3)]])],
    "permute": [Way(lambda t, x: x.permute(2, 0, 1), [[(2, 3, 4)]])],
    "transpose": [Way(lambda t, x: x.transpose(0, -1), BATCH)],
    "expand": [Way(lambda t, x: x.expand(2, 3, 4), [[(3, 1)], [(4,)], [(1, 3, 4)]])],
    "cat": [Way(lambda t, x, y: t.cat([x, y, x], 0), [[(2, 3), (4, 3)], [(1,), (2,)]])],
    "stack": [Way(lambda t, x, y: t.stack([x, y, x], -1), [[(2, 3), (2, 3)], [(), ()]])],
    "clone": [Way(lambda t, x: x.clone(), ANY)],
    "to": [Way(lambda t, x: x.double() * 2, ANY)],  # of float32; finite differences want float64 all the way
    "repeat": [Way(lambda t, x: x.repeat(2, 1, 3), BATCH)],
    "roll": [Way(lambda t, x: x.roll(2), FILLED), Way(lambda t, x: x.roll(-1, 0), FILLED)],
    "flip": [Way(lambda t, x: x.flip(0), FILLED), Way(lambda t, x: x.flip([0, -1]), BATCH)],
    "tril": [Way(lambda t, x: x.tril(), BATCH), Way(lambda t, x: x.tril(-1), BATCH)],
    "triu": [Way(lambda t, x: x.triu(), BATCH), Way(lambda t, x: x.triu(1), BATCH)],
    # Indexing.
    "select": [Way(lambda t, x: x[1], FILLED)],
    "slice": [Way(lambda t, x: x[1:, ..., ::2], BATCH)],
    "index_none": [Way(lambda t, x: x[None], ANY)],
    "index": [
        Way(lambda t, x, i: x[i], [[(5, 3), (2, 4)], [(5,), (7,)]], indices={1: 5}),
        Way(lambda t, x: x[x > 0], FILLED),
    ],
    "gather": [Way(lambda t, x, i: x.gather(1, i), [[(3, 4), (3, 6)]], indices={1: 4})],
    "put": [Way(_assign(1), [[(3, 4), (4,)], [(3, 4), ()]]), Way(_assign(np.s_[:, ::2]), [[(3, 4), (3, 1)]])],
    "index_put": [Way(_assign([0, 2]), [[(3, 4), (2, 4)], [(3, 4), (4,)]])],
    "add_at": [
        Way(lambda t, x, i, y: x.index_add(0, i, y), [[(5, 3), (4,), (4, 3)]], indices={1: 5}),
        Way(lambda t, x, i, y: x.scatter_add(1, i, y), [[(3, 4), (3, 6), (3, 6)]], indices={1: 4}),
    ],
    # Softmax and losses.
    "softmax": [Way(lambda t, x: x.softmax(-1), FILLED), Way(lambda t, x: t.softmax(x, 0), FILLED)],
    "log_softmax": [Way(lambda t, x: x.log_softmax(-1), FILLED), Way(lambda t, x: F(t).log_softmax(x, 0), FILLED)],
    **{
        name: [
            Way(lambda t, x, y, name=name, how=how: getattr(F(t), name)(x, y, reduction=how), [[(6, 4), (6,)]],
                indices={1: 4})
            for how in ("mean", "sum", "none")
        ]
        for name in ("cross_entropy", "nll_loss")
    },
    "weighted": [
        Way(lambda t, x, y, how=how: F(t).cross_entropy(x, y, ignore_index=2, reduction=how), [[(6, 4), (6,)]],
            indices={1: 4})
        for how in ("mean", "sum", "none")
    ] + [
        Way(lambda t, x, y: F(t).nll_loss(x, y, t.linspace(0.5, 2, 4, dtype=x.dtype)), [[(6, 4), (6,)]], indices={1: 4})
    ],
    "mse_loss": [
        Way(lambda t, x, y, how=how: F(t).mse_loss(x, y, reduction=how), [[(3, 4), (3, 4)]])
        for how in ("mean", "sum", "none")
    ],
    # Layers of nets.
    "linear": [Way(lambda t, x, w, b: F(t).linear(x, w, b), [[(3, 4), (5, 4), (5,)]])],
    "linear_folded": [Way(lambda t, x, w, b: F(t).linear(x, w, b), [[(2, 3, 4), (5, 4), (5,)]])],
    "linear_unbiased": [Way(lambda t, x, w: F(t).linear(x, w), [[(3, 4), (5, 4)]])],
    "linear_unbiased_folded": [Way(lambda t, x, w: F(t).linear(x, w), [[(2, 3, 4), (5, 4)]])],
    "embedding": [Way(lambda t, w, i: F(t).embedding(i, w), [[(5, 3), (2, 4)], [(150, 2), (7,)]], indices={1: 5})],
    "gelu": [Way(lambda t, x: F(t).gelu(x), ANY)],
    "gelu_tanh": [Way(lambda t, x: F(t).gelu(x, approximate="tanh"), ANY)],
    "layer_norm": [
        Way(lambda t, x, w, b: F(t).layer_norm(x, (4,), w, b, EPS), [[(3, 4), (4,), (4,)], [(2, 3, 4), (4,), (4,)]]),
        Way(lambda t, x: F(t).layer_norm(x, x.shape[1:], eps=EPS), BATCH),
    ],
    "batch_norm": [
        Way(lambda t, x, w, b: F(t).batch_norm(x, None, None, w, b, training=True, eps=EPS),
            [[(6, 3), (3,), (3,)], [(2, 3, 4), (3,), (3,)]]),
        Way(lambda t, x: F(t).batch_norm(x, *[t.linspace(*ends, 3, dtype=x.dtype) for ends in ((-1, 1), (0.5, 2))]),
            [[(6, 3)], [(2, 3, 4)]]),
    ],
    "conv1d": [
        Way(lambda t, x, w, b: F(t).conv1d(x, w, b, padding=1), [[(2, 3, 6), (4, 3, 3), (4,)]]),
        Way(lambda t, x, w, b: F(t).conv1d(x, w, b, stride=2, dilation=2), [[(2, 3, 7), (4, 3, 2), (4,)]]),
    ],
    "attention": [
        Way(lambda t, q, k, v, how=how: F(t).scaled_dot_product_attention(q, k, v, is_causal=how),
            [[(2, 3, 4), (2, 3, 4), (2, 3, 5)], [(2, 2, 3, 4), (2, 2, 3, 4), (2, 2, 3, 4)]])
        for how in (False, True)
    ],
    **{
        name: [Way(_ours(name), [[(4, 3, 2), *[(1, 5)] * starts, (5 * gates, 7), (5 * gates,)]], -1.0, 1.0)]
        for name, starts, gates in (("rnn", 1, 1), ("gru", 1, 3), ("lstm", 2, 4))
    },
    "causal_self_attention": [Way(_ours("causal_self_attention", n_head=2), [[(2, 3, 12)], [(1, 4, 6)]])],
    "pad": [Way(lambda t, x: F(t).pad(x, (1, 2)), FILLED), Way(lambda t, x: F(t).pad(x, (1, 0, 2, 1), value=7), BATCH)],
}  # fmt: skip


class Checked(NamedTuple):
    """What was found of an op: so many cases, the largest difference for each dtype, and the Report of the first that
    differs, if one does."""

    op: str
    cases: int
    largest: dict[str, float]
    wrong: Report | None

    @property
    def verdict(self) -> str:
        """'agrees', 'different', or 'no case' for an op that is not in WAYS."""
        return "no case" if not self.cases else DIFFERENT if self.wrong is not None else "agrees"


def cases_of(op: str) -> Iterator[tuple[Callable, list[np.ndarray], str]]:
    """What an op is called with: the function, its inputs, and their dtype."""
    for way in WAYS.get(op, []):
        for shapes in way.shapes:
            for dtype in FLOATS:
                rng = np.random.default_rng(0)
                inputs = [
                    rng.integers(0, way.indices[i], shape)
                    if i in way.indices
                    else np.asarray(rng.uniform(way.low, way.high, shape), dtype)
                    for i, shape in enumerate(shapes)
                ]
                yield way.fn, inputs, dtype


def check(op: str) -> Checked:
    """Compare an op with PyTorch, or with finite differences, all in float64, where PyTorch is not installed."""
    cases, wrong = 0, None
    largest: dict[str, float] = {}
    for fn, inputs, dtype in cases_of(op):
        if pytorch() is None and dtype != "float64":
            continue
        report = compare_function(fn, inputs, None)
        cases += 1
        largest[dtype] = float(np.max([largest.get(dtype, 0.0), *[row.largest for row in report.rows]]))
        if not report and wrong is None:
            wrong = report
    return Checked(op, cases, largest, wrong)
