"""micrograd.compare and cmp on gradients written by hand: silence on right ones, words on what wrong ones look like."""

import re
import sys

import numpy as np
import pytest
import torch

import micrograd
from micrograd.compare import cmp, compare

X = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]], np.float32)

# The exercise of the lecture on backpropagation, a net with batch normalization.

N, CONTEXT, SIZE, EMBEDDING, HIDDEN = 16, 3, 11, 4, 8


def exercise(torch, retain_graph, seed=0):
    """The tensors of the net, after backward, and the right gradients by hand, both by name."""
    rng = np.random.default_rng(seed)

    def drawn(*shape, scale=1.0):
        return torch.tensor((rng.normal(size=shape) * scale).astype(np.float32), requires_grad=True)

    c, w1, b1 = drawn(SIZE, EMBEDDING), drawn(CONTEXT * EMBEDDING, HIDDEN, scale=0.5), drawn(HIDDEN, scale=0.1)
    w2, b2, gain = drawn(HIDDEN, SIZE, scale=0.3), drawn(SIZE, scale=0.1), drawn(1, HIDDEN)
    shift = drawn(1, HIDDEN, scale=0.1)
    x = torch.tensor(rng.integers(0, SIZE, (N, CONTEXT)))
    y = torch.tensor(rng.integers(0, SIZE, N))
    emb = c[x]
    embcat = emb.view(N, -1)
    hprebn = embcat @ w1 + b1
    mean = hprebn.sum(0, keepdim=True) / N
    diff = hprebn - mean
    diff2 = diff**2
    var = diff2.sum(0, keepdim=True) / (N - 1)
    var_inv = (var + 1e-5) ** -0.5
    raw = diff * var_inv
    hpreact = gain * raw + shift
    h = torch.tanh(hpreact)
    logits = h @ w2 + b2
    counts = logits.exp()
    counts_sum = counts.sum(1, keepdim=True)
    probs = counts / counts_sum
    logprobs = probs.log()
    loss = -logprobs[torch.arange(N), y].mean()
    tensors = {"logprobs": logprobs, "probs": probs, "counts_sum": counts_sum, "counts": counts, "logits": logits}
    tensors |= {"h": h, "hpreact": hpreact, "raw": raw, "var_inv": var_inv, "var": var, "diff2": diff2, "diff": diff}
    tensors |= {"mean": mean, "hprebn": hprebn, "embcat": embcat, "emb": emb, "W2": w2, "b2": b2, "gain": gain}
    tensors |= {"shift": shift, "W1": w1, "b1": b1, "C": c}
    for tensor in tensors.values():
        tensor.retain_grad()
    loss.backward(retain_graph=retain_graph)
    t = {name: tensor.detach().numpy() for name, tensor in tensors.items()}
    d = {"logprobs": np.zeros_like(t["logprobs"])}
    d["logprobs"][np.arange(N), y.numpy()] = -1 / N
    d["probs"] = d["logprobs"] / t["probs"]
    d["counts_sum"] = (-t["counts"] / t["counts_sum"] ** 2 * d["probs"]).sum(1, keepdims=True)
    d["counts"] = d["probs"] / t["counts_sum"] + d["counts_sum"]
    d["logits"] = d["counts"] * t["counts"]
    d["h"], d["W2"], d["b2"] = d["logits"] @ t["W2"].T, t["h"].T @ d["logits"], d["logits"].sum(0)
    d["hpreact"] = (1 - t["h"] ** 2) * d["h"]
    d["gain"], d["shift"] = (t["raw"] * d["hpreact"]).sum(0, keepdims=True), d["hpreact"].sum(0, keepdims=True)
    d["raw"] = t["gain"] * d["hpreact"]
    d["var_inv"] = (t["diff"] * d["raw"]).sum(0, keepdims=True)
    d["var"] = -0.5 * (t["var"] + np.float32(1e-5)) ** -1.5 * d["var_inv"]
    d["diff2"] = np.ones_like(t["diff2"]) / (N - 1) * d["var"]
    d["diff"] = t["var_inv"] * d["raw"] + 2 * t["diff"] * d["diff2"]
    d["mean"] = -d["diff"].sum(0, keepdims=True)
    d["hprebn"] = d["diff"] + d["mean"] / N
    d["embcat"], d["W1"], d["b1"] = d["hprebn"] @ t["W1"].T, t["embcat"].T @ d["hprebn"], d["hprebn"].sum(0)
    d["emb"] = d["embcat"].reshape(t["emb"].shape)
    d["C"] = np.zeros_like(t["C"])
    np.add.at(d["C"], x.numpy(), d["emb"])
    d["C, put"] = np.zeros_like(t["C"])
    d["C, put"][x.numpy()] = d["emb"]
    return tensors, d, t


@pytest.fixture(scope="module", params=[True, False], ids=["graph kept", "graph released"])
def by_hand(request):
    return request.param, exercise(micrograd, retain_graph=request.param)


@pytest.mark.parametrize("library", [micrograd, torch], ids=["micrograd", "torch"])
@pytest.mark.parametrize("seed", range(3))
def test_of_right_gradients_nothing_is_said(library, seed, capsys):
    tensors, d, _ = exercise(library, retain_graph=True, seed=seed)
    report = compare({name: (d[name], tensor) for name, tensor in tensors.items()})
    assert report
    assert not any(row.remark for row in report.rows)
    for name, tensor in tensors.items():
        cmp(name, d[name], tensor)
    assert all(
        re.fullmatch(r"\w+ +\| exact: (True |False) \| approximate: True  \| maxdiff: [\d.e-]+", line)
        for line in capsys.readouterr().out.splitlines()
    )


# The tensor, its gradient by hand gone wrong, and what is said of it.
MISTAKES = {
    "1/n is missing": ("logprobs", lambda d, t: d["logprobs"] * N, r"16 times too large: 1/n .*\(n = 16, the l"),
    "1/n too often": ("b2", lambda d, t: d["b2"] / SIZE, r"11 times too small: 1/n .* \(n = 11, .* dimension 0 of b2"),
    "a mean for a sum": (
        "shift",
        lambda d, t: d["shift"] / N,
        "16 times too small: 1/n .* or a mean in place of a sum",
    ),
    "n for n - 1": ("diff2", lambda d, t: d["diff2"] * (N - 1) / N, "divided by n in place of n - 1"),
    "n - 1 for n": ("mean", lambda d, t: d["mean"] * N / (N - 1), "divided by n - 1 in place of n"),
    "1/(n - 1) is missing": ("diff2", lambda d, t: d["diff2"] * (N - 1), r"n - 1 times too large: 1/\(n - 1\) is miss"),
    "the 2 of a square": ("diff2", lambda d, t: d["diff2"] * 2, "a wrong factor: it is 2 times the gradient"),
    "the sign": ("counts_sum", lambda d, t: -d["counts_sum"], "a wrong sign: it is minus the gradient"),
    "sign and 1/n": ("logprobs", lambda d, t: -N * d["logprobs"], "a wrong factor and the wrong sign: it is 16 times"),
    "the transpose": (
        "W2",
        lambda d, t: d["W2"].T,
        r"the transpose of the gradient \(it is \[11, 8\], and W2 is \[8, 11\]",
    ),
    "no sum for a row": ("b2", lambda d, t: d["logits"], r"a missing sum over dimension 0, .* \(it is \[16, 11\]"),
    "no sum, dimension kept": (
        "shift",
        lambda d, t: d["hpreact"],
        "a missing sum over dimension 0, along which shift was",
    ),
    "no sum, and a factor": (
        "shift",
        lambda d, t: d["h"],
        "a missing sum over dimension 0.*, and more is wrong besides",
    ),
    "no keepdim": ("shift", lambda d, t: d["shift"][0], "the right numbers in another shape.*keepdim=True"),
    "summed too often": ("gain", lambda d, t: d["gain"].sum(), "a sum over dimension 1 too much"),
    "not broadcast": ("diff2", lambda d, t: d["var"] / (N - 1), "the right numbers, once in place of once for each"),
    "another shape": ("W1", lambda d, t: d["C"], "a wrong shape: it is"),
    "nothing in it": ("h", lambda d, t: 0 * d["h"], "never filled in: all of it is 0"),
    "a division by 0": (
        "h",
        lambda d, t: d["h"] / np.eye(*d["h"].shape),
        "an overflow or a division by 0: it is -?inf at",
    ),
    "the slope of tanh": ("hpreact", lambda d, t: d["h"], r"a missing factor: times \(1 - h\*\*2\) it is right"),
    "the gain": ("raw", lambda d, t: d["hpreact"], "a missing factor: times gain it is right"),
    "the derivative of log": ("probs", lambda d, t: d["logprobs"], "a missing factor: times 1 / probs it is right"),
    "no part through the sum": ("counts", lambda d, t: d["probs"] / t["counts_sum"], "counts is used 2 times"),
    "no part through the mean": (
        "hprebn",
        lambda d, t: d["diff"],
        "the one through diff .sub., and the others missing",
    ),
    "a part too often": ("hprebn", lambda d, t: d["hprebn"] + d["diff"], "counted twice, the one through diff"),
    "a part's sign": ("hprebn", lambda d, t: d["diff"] - d["mean"] / N, "a part with the wrong sign"),
    "a part's factor": ("hprebn", lambda d, t: d["diff"] + d["mean"], "is the same all along dimension 0"),
    "put, not added": (
        "C",
        lambda d, t: d["C, put"],
        r"assigned to the rows of the table \(=\) rather than added to them \(\+=\)",
    ),
    "a row": (
        "W2",
        lambda d, t: d["W2"] * (np.arange(8) != 2)[:, None],
        "all that is wrong has index 2 in dimension 0",
    ),
    "an element": ("b2", lambda d, t: d["b2"] + np.eye(11, dtype="f4")[3], "1 of 11 elements are wrong"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_of_a_wrong_gradient_is_said_what_it_looks_like(mistake, by_hand):
    graph_is_kept, (tensors, d, t) = by_hand
    name, wrong, words = MISTAKES[mistake]
    with np.errstate(divide="ignore"):
        hand = d | {name: wrong(d, t)}
    report = compare({key: (hand[key], tensor) for key, tensor in tensors.items()})
    assert [row.name for row in report.rows if row.verdict == "different"] == [name]
    if mistake == "put, not added" and not graph_is_kept:
        words = ""  # what was looked up is in the graph alone
    assert report[name].remark.startswith("it looks like ") == bool(words)
    assert re.search(words, report[name].remark), report[name].remark


def test_parts_that_only_the_graph_knows_are_named_where_it_was_kept():
    tensors, d, t = exercise(micrograd, retain_graph=True)
    hand = d | {"diff": t["var_inv"] * d["raw"]}
    remark = compare({name: (hand[name], tensor) for name, tensor in tensors.items()})["diff"].remark
    assert "a single part, the one through raw (mul), and the others missing: diff is used 2 times" in remark


@pytest.mark.parametrize("library", [micrograd, torch], ids=["micrograd", "torch"])
def test_the_mistake_nearest_to_the_loss_is_to_be_looked_at_first(library):
    tensors, d, _ = exercise(library, retain_graph=True)
    hand = d | {name: 2 * d[name] for name in ("h", "hpreact", "W1")}
    report = compare({name: (hand[name], tensor) for name, tensor in tensors.items()})
    assert report["h"].remark == "it looks like a wrong factor: it is 2 times the gradient"
    for name in ("hpreact", "W1"):
        assert report[name].remark.startswith("it may follow from h, which is nearer to the loss")


def test_cmp_prints_the_line_of_the_lecture_and_what_a_wrong_gradient_looks_like(capsys):
    x = micrograd.tensor([[1.0, 2.0], [3.0, 5.0]], requires_grad=True)
    (x * x).sum().backward()
    cmp("x", 2 * x.detach(), x)
    cmp("x", -2 * x.detach(), x)
    cmp("x", x.detach() ** 3, x)
    assert capsys.readouterr().out.splitlines() == [
        "x               | exact: True  | approximate: True  | maxdiff: 0",
        "x               | exact: False | approximate: False | maxdiff: 20",
        "                  it looks like a wrong sign: it is minus the gradient",
        "x               | exact: False | approximate: False | maxdiff: 115",
        "                  125 by hand, 10 by micrograd at [1, 1]",
    ]


def test_gradients_of_values_and_bare_arrays_are_compared_too():
    a, b = micrograd.Value(2.0), micrograd.Value(-3.0)
    product = a * b
    (product + a).backward()
    report = compare({"product": (1.0, product), "a": (-2.0, a), "b": (2, b), "array": (X, X)})
    assert report
    assert not compare({"a": (-3.0, a)})
    assert compare({"array": (2 * X, X)})["array"].remark == "it looks like a wrong factor: it is 2 times the gradient"
    assert compare({"product": (2.0, product), "a": (3.0, a)})["a"].remark.startswith("it may follow from product")


def test_gradients_in_float32_of_a_tensor_in_float64_need_only_agree_as_float32_does():
    x = micrograd.tensor(X, dtype=micrograd.float64, requires_grad=True)
    (x / 3).sum().backward()
    assert compare({"x": (np.ones_like(X) / 3, x)})
    assert not compare({"x": (np.float64(1 / 3 + 1e-9) * np.ones(X.shape), x)})


def test_a_function_of_the_user_s_own_with_two_outputs_is_part_of_the_graph():
    class Both(micrograd.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2, x * 3

        @staticmethod
        def backward(ctx, a, b):
            return a * 2 + b * 3

    x = micrograd.tensor(X, requires_grad=True)
    y = x * x
    first, second = Both.apply(y)
    for tensor in (y, first, second):
        tensor.retain_grad()
    (first * second + y).sum().backward(retain_graph=True)
    product_only = 12 * y.detach()
    assert compare({"second": (first.detach(), second), "y": (product_only + 1, y)})
    remark = compare({"first": (second.detach(), first), "second": (first.detach(), second), "y": (product_only, y)})[
        "y"
    ].remark
    assert remark.startswith("it looks like a ")


def test_gradients_by_hand_need_no_pytorch(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    x = micrograd.tensor(X, requires_grad=True)
    (x * x).sum().backward()
    assert compare({"x": (2 * X, x)})
    assert compare({"x": (X, x)})["x"].remark == "it looks like a wrong factor: it is 0.5 times the gradient"


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: compare({"h": (1.0, micrograd.tensor(1.0))}, 3), TypeError, "a dict of gradients alone"),
        (lambda: compare({}), ValueError, "the dict of gradients is empty"),
        (lambda: compare({"h": 3}), TypeError, "h: give the gradient and the tensor"),
        (lambda: compare({"h": (1.0, "h")}), TypeError, "h has to be a tensor, a Value or an array, not a str"),
        (lambda: compare({"h": ("x", np.ones(1))}), TypeError, "the gradient of h has to be a tensor"),
        (lambda: compare({"h": (1.0, micrograd.tensor(1.0))}), ValueError, "h has no gradient: call h.retain_grad"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_line(call, error, words):
    with pytest.raises(error, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)
