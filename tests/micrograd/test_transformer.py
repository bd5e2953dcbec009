"""Attention and transformer layers beside PyTorch's: initial weights, names, printed forms, numbers and gradients."""

import numpy as np
import pytest
import torch
from two_libraries import error, same, tensor_like

import micrograd

LIBRARIES = (micrograd, torch)
INF = float("inf")

# A few dozen products and sums of numbers of the size of 1 in float32, through two layers and back.
TOLERANCE = 2e-5


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def bools(*shape, seed=0):
    """A mask with about a third True, and False at the first position, so that every position looks somewhere."""
    mask = np.random.default_rng(seed).random(shape) < 0.3
    mask[..., 0] = False
    return mask


def floats(*shape):
    return np.where(bools(*shape), -INF, numbers(*shape)).astype(np.float32)


def causal(torch, n):
    return torch.nn.Transformer.generate_square_subsequent_mask(n)


def outcome(torch, make, call, arrays, training):
    """What the net gives for tensors of the arrays, the gradients of them and of its parameters, its names and form."""
    torch.manual_seed(3)
    net = make(torch)
    weights = {name: p.detach().numpy().copy() for name, p in net.state_dict().items()}
    net.train(training)
    torch.manual_seed(4)
    inputs = [torch.from_numpy(array.copy()) for array in arrays]
    leaves = [x.requires_grad_() for x in inputs if x.dtype.is_floating_point] + list(net.parameters())
    results = call(torch, net, *inputs)
    results = [x for x in results if x is not None] if isinstance(results, tuple) else [results]
    sum((result * result + result).sum() for result in results).backward()
    stream = torch.rand(1).item()
    return weights, [*results, *[leaf.grad for leaf in leaves]], repr(net), stream


def check(make, call, *arrays, training=True):
    mine, theirs = (outcome(library, make, call, arrays, training) for library in LIBRARIES)
    assert list(mine[0]) == list(theirs[0])
    for name, weight in mine[0].items():
        if "bias_k" in name or "bias_v" in name:  # normal numbers: PyTorch's cosine is its own
            np.testing.assert_allclose(weight, theirs[0][name], rtol=1e-5, atol=2e-6)
        elif weight.dtype == np.float64:  # there PyTorch rounds once or twice, depending on the processor
            np.testing.assert_allclose(weight, theirs[0][name], rtol=0, atol=8 * np.finfo(float).eps)
        else:
            np.testing.assert_array_equal(weight, theirs[0][name], err_msg=name)
    for i, (a, b) in enumerate(zip(mine[1], theirs[1], strict=True)):
        if tensor_like(b):
            same(a, b, TOLERANCE, 4.0, f"number {i}")
        else:
            assert a is b is None
    assert mine[2:] == theirs[2:]


ATTENTION = {
    "as it is by default": {},
    "with the batch first": {"batch_first": True},
    "without bias": {"bias": False},
    "with other sizes of keys and values": {"kdim": 3, "vdim": 5},
    "with another size of values, without bias": {"vdim": 5, "bias": False},
    "with a learned position": {"add_bias_kv": True},
    "with a position of zeros": {"add_zero_attn": True},
    "with both": {"add_bias_kv": True, "add_zero_attn": True, "batch_first": True},
    "with dropout": {"dropout": 0.4},
    "of one head": {"num_heads": 1},
}
MASKS = {
    "no mask": {},
    "bools": {"attn_mask": bools(4, 6)},
    "floats": {"attn_mask": floats(4, 6)},
    "a mask for each head": {"attn_mask": bools(6, 4, 6)},
    "padding": {"key_padding_mask": bools(3, 6)},
    "padding of floats": {"key_padding_mask": floats(3, 6), "attn_mask": floats(4, 6)},
    "both masks": {"key_padding_mask": bools(3, 6), "attn_mask": bools(6, 4, 6)},
}


@pytest.mark.parametrize("need_weights", [True, False])
@pytest.mark.parametrize("masks", MASKS)
@pytest.mark.parametrize("kind", ATTENTION)
def test_attention_is_pytorchs_and_so_are_its_weights_and_gradients(kind, masks, need_weights):
    options = {"embed_dim": 8, "num_heads": 2} | ATTENTION[kind]
    given = dict(MASKS[masks])
    if options["num_heads"] == 1 and np.ndim(given.get("attn_mask")) == 3:
        given["attn_mask"] = given["attn_mask"][:3]

    def call(torch, net, query, key, value):
        tensors = {name: torch.from_numpy(mask) for name, mask in given.items()}
        return net(query, key, value, need_weights=need_weights, **tensors)

    shapes = [(4, 3, 8), (6, 3, options.get("kdim", 8)), (6, 3, options.get("vdim", 8))]
    if options.get("batch_first"):
        shapes = [(n, length, size) for length, n, size in shapes]
    arrays = [numbers(*shape, seed=i) for i, shape in enumerate(shapes)]
    check(lambda torch: torch.nn.MultiheadAttention(**options), call, *arrays)


@pytest.mark.parametrize("average", [True, False])
@pytest.mark.parametrize("batch_first", [True, False])
def test_a_sequence_without_a_batch_is_attended_to(batch_first, average):
    def call(torch, net, x):
        mask = torch.from_numpy(bools(2, 5, 5))
        return net(x, x, x, torch.from_numpy(bools(5)), attn_mask=mask, average_attn_weights=average)

    check(lambda torch: torch.nn.MultiheadAttention(8, 2, batch_first=batch_first), call, numbers(5, 8))


@pytest.mark.parametrize("need_weights", [True, False])
def test_a_causal_mask_may_be_said_to_be_one(need_weights):
    def call(torch, net, x):
        return net(x, x, x, attn_mask=causal(torch, 5), is_causal=True, need_weights=need_weights)

    check(lambda torch: torch.nn.MultiheadAttention(8, 2), call, numbers(5, 3, 8))


def test_where_all_is_masked_the_weights_are_nan_as_in_pytorch():
    def run(torch):
        torch.manual_seed(0)
        x = torch.ones(2, 1, 4)
        net = torch.nn.MultiheadAttention(4, 2)
        return net(x, x, x, torch.tensor([[True, True]]))

    assert [np.isnan(x.detach().numpy()).all() for x in (*run(micrograd), *run(torch))] == [True] * 4


def test_attention_in_float64_and_after_eval():
    check(
        lambda torch: torch.nn.MultiheadAttention(4, 2, dropout=0.5, dtype=torch.float64, device="cpu"),
        lambda torch, net, x: net(x, x, x),
        numbers(3, 2, 4).astype(float),
        training=False,
    )


LAYER = {
    "as it is by default": {},
    "normalized first": {"norm_first": True},
    "with gelu, without dropout": {"activation": "gelu", "dropout": 0.0},
    "with the batch first": {"batch_first": True},
    "without bias": {"bias": False, "layer_norm_eps": 1e-3},
}


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("kind", LAYER)
def test_an_encoder_layer_is_pytorchs(kind, training):
    options = {"d_model": 8, "nhead": 2, "dim_feedforward": 12} | LAYER[kind]

    def call(torch, net, x):
        length, n = (3, 5) if net.self_attn.batch_first else (5, 3)
        return net(x, causal(torch, length), torch.where(torch.from_numpy(bools(n, length)), -INF, 0.0))

    check(lambda torch: torch.nn.TransformerEncoderLayer(**options), call, numbers(5, 3, 8), training=training)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("kind", LAYER)
def test_a_decoder_layer_is_pytorchs(kind, training):
    options = {"d_model": 8, "nhead": 2, "dim_feedforward": 12} | LAYER[kind]

    def call(torch, net, x, memory):
        return net(x, memory, causal(torch, x.shape[1 if net.self_attn.batch_first else 0]), tgt_is_causal=True)

    memory = numbers(5, 4, 8) if options.get("batch_first") else numbers(4, 3, 8)
    check(lambda torch: torch.nn.TransformerDecoderLayer(**options), call, numbers(5, 3, 8), memory, training=training)


def test_an_activation_may_be_a_function_or_a_module():
    def call(torch, net, x):
        return net(x)

    def of_a_module(torch):
        return torch.nn.TransformerEncoderLayer(4, 2, 6, activation=torch.nn.Tanh())

    def of_a_function(torch):
        return torch.nn.TransformerEncoderLayer(4, 2, 6, activation=lambda x: x.sigmoid())

    check(of_a_module, call, numbers(3, 2, 4))
    check(of_a_function, call, numbers(3, 2, 4))


def test_without_gradients_after_eval_the_layers_give_what_pytorchs_fused_kernel_gives():
    def run(torch, norm_first):
        torch.manual_seed(0)
        net = torch.nn.TransformerEncoderLayer(8, 2, 12, batch_first=True, norm_first=norm_first).eval()
        x = torch.from_numpy(numbers(3, 5, 8))
        with torch.no_grad():
            return net(x, causal(torch, 5)), *net.self_attn(x, x, x)

    for norm_first in (True, False):
        for a, b in zip(run(micrograd, norm_first), run(torch, norm_first), strict=True):
            same(a, b, TOLERANCE)


@pytest.mark.filterwarnings("ignore:enable_nested_tensor")
@pytest.mark.parametrize("norm", [True, False])
def test_layers_in_sequence_are_pytorchs(norm):
    def encoder(torch):
        layer = torch.nn.TransformerEncoderLayer(8, 2, 12)
        return torch.nn.TransformerEncoder(layer, 2, torch.nn.LayerNorm(8) if norm else None)

    def decoder(torch):
        layer = torch.nn.TransformerDecoderLayer(8, 2, 12, batch_first=True)
        return torch.nn.TransformerDecoder(layer, num_layers=2, norm=torch.nn.LayerNorm(8) if norm else None)

    check(encoder, lambda torch, net, x: net(x, mask=causal(torch, 5)), numbers(5, 3, 8))
    check(decoder, lambda torch, net, x, m: net(x, m, causal(torch, 3)), numbers(5, 3, 8), numbers(5, 4, 8))


@pytest.mark.parametrize("options", [{}, {"dtype": "float64"}, {"device": "cpu"}])
@pytest.mark.parametrize("n", [0, 1, 4])
def test_the_causal_mask_is_pytorchs(n, options):
    def mask(torch):
        given = {name: getattr(torch, value) if name == "dtype" else value for name, value in options.items()}
        return torch.nn.Transformer.generate_square_subsequent_mask(n, **given)

    same(mask(micrograd), mask(torch), 0)


X = numbers(4, 3, 8)


@pytest.mark.parametrize(
    "fn",
    [
        lambda t: t.nn.MultiheadAttention(0, 2),
        lambda t: t.nn.MultiheadAttention(8, 3),
        lambda t: t.nn.TransformerEncoderLayer(8, 2, activation="tanh"),
        lambda t: t.nn.MultiheadAttention(8, 2)(*[t.from_numpy(X)] * 3, is_causal=True),
        lambda t: t.nn.MultiheadAttention(8, 2)(*[t.from_numpy(X)] * 3, attn_mask=t.ones(3, 4)),
        lambda t: t.nn.MultiheadAttention(8, 2)(*[t.from_numpy(X)] * 3, attn_mask=t.ones(3, 4, 4)),
        lambda t: t.nn.MultiheadAttention(8, 2)(*[t.from_numpy(X)] * 3, attn_mask=t.ones(4, 4).long()),
        lambda t: t.nn.MultiheadAttention(8, 2)(*[t.from_numpy(X)] * 3, attn_mask=t.ones(4, 4).double()),
        lambda t: t.nn.MultiheadAttention(8, 2)(*[t.from_numpy(X)] * 3, t.ones(4, 3)),
        lambda t: t.nn.MultiheadAttention(8, 2)(*[t.from_numpy(X[:, :, :4])] * 3),
        lambda t: t.nn.MultiheadAttention(8, 2)(*[t.from_numpy(X[0, 0])] * 3),
        lambda t: t.nn.MultiheadAttention(8, 2)(t.from_numpy(X), t.from_numpy(X), t.from_numpy(X[:2])),
        lambda t: t.nn.MultiheadAttention(8, 2)(t.from_numpy(X), *[t.from_numpy(X[:, :1])] * 2),
        lambda t: t.nn.MultiheadAttention(8, 2)(t.from_numpy(X), t.from_numpy(X[0]), t.from_numpy(X[0])),
    ],
)
def test_what_pytorch_refuses_is_refused_in_its_class(fn):
    assert error(fn, micrograd) == error(fn, torch) is not None


def test_a_whole_encoder_decoder_is_not_there_and_says_so():
    with pytest.raises(NotImplementedError, match="TransformerEncoder"):
        micrograd.nn.Transformer(d_model=8)
