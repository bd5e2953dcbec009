"""torch.nn.functional, one function on both libraries: the options of each, its gradients, its draws and its errors."""

import inspect
import math

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from two_libraries import both, both_raise

import micrograd
from micrograd.nn import functional
from micrograd.ops.layers import shared

# NumPy warns of what neither library minds, such as the mean of nothing.
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

FLOATS = (np.float32, np.float64)
LENGTHS = st.sampled_from([2, 1, 3, 4, 5])
seeds = st.integers(0, 2**16)
floats = st.sampled_from(FLOATS)
flags = st.booleans()
reductions = st.sampled_from(["mean", "sum", "none"])


def some(examples):
    return settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))


def normal(seed, dtype, *shapes):
    """Arrays of standard normal numbers."""
    rng = np.random.default_rng(seed)
    return [np.asarray(rng.normal(size=shape), dtype) for shape in shapes]


def assume_apart(x, dims):
    """Leave out numbers that are nearly equal along dims: what normalizes these divides rounding by their spread."""
    assume(not x.size or x.size == x.sum(dims).size or x.std(dims).min() > 0.05)


def given_at(arrays, places):
    """The arrays where places is true, each with its place, and a function that puts them back: None for the rest."""
    kept = [array for array, there in zip(arrays, places, strict=True) if there]

    def put_back(tensors):
        rest = iter(tensors)
        return [next(rest) if there else None for there in places]

    return kept, put_back


def node_names(fn, *arrays):
    """What both libraries call the node of the result."""
    names = []
    for library in (micrograd, torch):
        node = fn(library, *[library.from_numpy(array).requires_grad_() for array in arrays]).grad_fn
        names.append(node.name if library is micrograd else node.name())
    return names


# Layers.


@some(60)
@given(seed=seeds, dtype=floats, leading=st.lists(st.integers(0, 4), max_size=3), n=LENGTHS, m=LENGTHS, bias=flags)
def test_linear_is_that_of_pytorch(seed, dtype, leading, n, m, bias):
    arrays, put_back = given_at(normal(seed, dtype, (*leading, n), (m, n), m), (True, True, bias))
    both(lambda torch, *given: torch.nn.functional.linear(*put_back(given)), *arrays)


def test_linear_takes_a_weight_of_one_row_and_a_bias_that_broadcasts():
    x, row, bias = normal(0, np.float32, (4, 3), 3, (4, 5))
    weight = normal(1, np.float32, (5, 3))[0]
    both(lambda torch, x, w: torch.nn.functional.linear(x, w), x, row)
    both(lambda torch, x, w, b: torch.nn.functional.linear(x, w, b), x, weight, bias)
    both(lambda torch, x, w, b: torch.nn.functional.linear(x, w, b), x, weight, bias[0, :1])


@some(40)
@given(seed=seeds, dtype=floats, rows=st.sampled_from([1, 3, 27, 200]), shape=st.lists(st.integers(0, 4), max_size=3))
def test_embedding_is_that_of_pytorch(seed, dtype, rows, shape):
    indices = np.random.default_rng(seed).integers(0, rows, shape)
    for kind in (np.int64, np.int32):
        both(
            lambda torch, i, w: torch.nn.functional.embedding(i, w),
            np.asarray(indices, kind),
            *normal(seed, dtype, (rows, 4)),
        )


@st.composite
def convolutions(draw):
    """The shapes of input and weight of a convolution that fit, and its options."""
    taps, dilation = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    padding = draw(st.sampled_from([0, 1, 2, (3,), "same", "valid"]))
    stride = 1 if padding == "same" else draw(st.sampled_from([1, 2, 3, (2,)]))
    span = dilation * (taps - 1) + 1
    channels, outs = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    length = draw(st.integers(span, span + 6))
    leading = draw(st.sampled_from([(), (1,), (3,)]))
    return (
        (*leading, channels, length),
        (outs, channels, taps),
        {
            "stride": stride,
            "padding": padding,
            "dilation": dilation,
        },
    )


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_conv1d_of_groups_is_that_of_pytorch(groups):
    for dtype in FLOATS:
        arrays = normal(0, dtype, (2, 4, 9), (8, 4 // groups, 3), 8)
        both(lambda torch, x, w, b: torch.nn.functional.conv1d(x, w, b, 2, 1, 2, groups), *arrays)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@some(100)
@given(seed=seeds, dtype=floats, drawn=convolutions(), bias=flags)
def test_conv1d_is_that_of_pytorch(seed, dtype, drawn, bias):
    x, weight, options = drawn
    arrays, put_back = given_at(normal(seed, dtype, x, weight, weight[0]), (True, True, bias))
    both(lambda torch, *given: torch.nn.functional.conv1d(*put_back(given), **options), *arrays)


@some(60)
@given(
    seed=seeds,
    dtype=floats,
    leading=st.lists(st.integers(0, 3), max_size=2),
    inner=st.lists(LENGTHS, min_size=1, max_size=2),
    weight=flags,
    bias=flags,
    eps=st.sampled_from([1e-5, 0.1]),
)
def test_layer_norm_is_that_of_pytorch(seed, dtype, leading, inner, weight, bias, eps):
    arrays, put_back = given_at(normal(seed, dtype, (*leading, *inner), inner, inner), (True, weight, bias))
    assume_apart(arrays[0], tuple(range(len(leading), arrays[0].ndim)))

    def layer_norm(torch, *given):
        x, w, b = put_back(given)
        return torch.nn.functional.layer_norm(x, inner, w, b, eps)

    # Of a row of one number only eps is left to divide by: rounding grows by its root.
    both(layer_norm, *arrays, scale=1 / math.sqrt(eps))


@st.composite
def batches(draw):
    """The shape (n, channels, ...) of a batch with more than one value per channel."""
    shape = (draw(st.integers(1, 5)), draw(st.integers(1, 4)), *draw(st.sampled_from([(), (1,), (4,), (2, 3)])))
    assume(math.prod(shape) > shape[1])
    return shape


@some(80)
@given(
    seed=seeds, dtype=floats, shape=batches(), weight=flags, bias=flags, momentum=st.sampled_from([0.1, 0.0, 1.0, 0.3])
)
def test_batch_norm_in_training_is_that_of_pytorch_and_so_are_its_running_statistics(
    seed, dtype, shape, weight, bias, momentum
):
    c = shape[1]
    arrays, put_back = given_at(normal(seed, dtype, shape, c, c), (True, weight, bias))
    assume_apart(arrays[0], (0, *range(2, len(shape))))
    mean, var = normal(seed + 1, dtype, c, c)

    def batch_norm(torch, *given):
        x, w, b = put_back(given)
        running = torch.from_numpy(mean.copy()), torch.from_numpy(var**2)
        out = torch.nn.functional.batch_norm(x, *running, w, b, training=True, momentum=momentum)
        return out, *running

    both(batch_norm, *arrays, scale=100)


@some(60)
@given(seed=seeds, dtype=floats, shape=batches(), weight=flags, bias=flags, eps=st.sampled_from([1e-5, 0.1]))
def test_batch_norm_outside_of_training_takes_the_running_statistics(seed, dtype, shape, weight, bias, eps):
    c = shape[1]
    arrays, put_back = given_at(normal(seed, dtype, shape, c, c), (True, weight, bias))
    mean, var = normal(seed + 1, dtype, c, c)

    def batch_norm(torch, *given):
        x, w, b = put_back(given)
        running = torch.from_numpy(mean.copy()), torch.from_numpy(var**2 + 0.1)
        return torch.nn.functional.batch_norm(x, *running, w, b, eps=eps), *running

    both(batch_norm, *arrays)


def test_batch_norm_of_no_rows_leaves_the_running_statistics_alone():
    def batch_norm(torch, x):
        running = torch.zeros(3), torch.ones(3)
        return torch.nn.functional.batch_norm(x, *running, training=True), *running

    both(batch_norm, np.ones((0, 3), np.float32))


@st.composite
def attentions(draw):
    """The shapes of query, key and value, and of the mask."""
    batch = draw(st.sampled_from([(), (2,), (2, 3), (2, 1, 2)]))
    queries, keys, e, f = (draw(st.integers(1, 5)) for _ in range(4))
    mask = draw(st.sampled_from([(queries, keys), (1, keys), (*batch, queries, keys), (queries, 1)]))
    return (*batch, queries, e), (*batch, keys, e), (*batch, keys, f), mask


@some(100)
@given(
    seed=seeds,
    dtype=floats,
    shapes=attentions(),
    kind=st.sampled_from(["none", "causal", "bools", "floats", "trained floats"]),
    scale=st.sampled_from([None, 1.0, 0.3]),
)
def test_attention_is_that_of_pytorch(seed, dtype, shapes, kind, scale):
    q, k, v, mask = normal(seed, dtype, *shapes)

    def attention(torch, q, k, v, *mask):
        options = {"is_causal": True} if kind == "causal" else {"attn_mask": mask[0]} if mask else {}
        if kind == "floats":
            options["attn_mask"] = mask[0].detach()
        return torch.nn.functional.scaled_dot_product_attention(q, k, v, scale=scale, **options)

    extra = [] if kind in ("none", "causal") else [mask > 0] if kind == "bools" else [mask]
    both(attention, q, k, v, *extra)


@pytest.mark.parametrize("kind", ["bools", "floats"])
def test_attention_in_four_dimensions_takes_a_mask_beside_is_causal(kind):
    q, k, v, mask = normal(0, np.float64, (2, 1, 4, 3), (2, 1, 4, 3), (2, 1, 4, 3), (4, 4))
    mask[:, 0] = 1  # no position that may look at none
    both(
        lambda torch, q, k, v, mask: torch.nn.functional.scaled_dot_product_attention(
            q, k, v, mask.detach(), is_causal=True
        ),
        *(q, k, v, mask > 0 if kind == "bools" else mask),
    )


@pytest.mark.parametrize("shape", [(4, 3), (2, 4, 3), (1, 2, 4, 3), (1, 1, 2, 4, 3)])
@pytest.mark.parametrize("dropout_p", [0.0, 0.5])
def test_attention_is_named_as_the_kernel_or_the_composition_that_pytorch_takes(shape, dropout_p):
    if dropout_p and len(shape) == 2:
        pytest.skip("PyTorch drops out of two dimensions by another product")
    mine, theirs = node_names(
        lambda t, q, k, v: t.nn.functional.scaled_dot_product_attention(q, k, v, dropout_p=dropout_p),
        *normal(0, np.float32, shape, shape, shape),
    )
    assert mine == theirs


def test_a_position_that_may_look_at_none_gets_zeros():
    q, k, v = normal(0, np.float32, (2, 3, 4), (2, 3, 4), (2, 3, 5))
    mask = np.ones((3, 3), bool)
    mask[1] = False
    for each in (mask, np.where(mask, 0, -np.inf).astype(np.float32)):
        both(
            lambda torch, q, k, v, mask: torch.nn.functional.scaled_dot_product_attention(q, k, v, mask.detach()),
            *(q, k, v, each),
        )


def test_keys_and_values_that_all_batches_share_broadcast():
    q, k, v = normal(0, np.float64, (2, 3, 4, 5), (3, 6, 5), (3, 6, 2))
    both(lambda torch, q, k, v: torch.nn.functional.scaled_dot_product_attention(q, k, v), q, k, v)


@some(30)
@given(seed=seeds, dtype=floats, p=st.sampled_from([0.1, 0.5, 1.0]))
def test_attention_drops_the_weights_that_pytorch_drops(seed, dtype, p):
    def attention(torch, q, k, v):
        torch.manual_seed(seed)
        out = torch.nn.functional.scaled_dot_product_attention(q, k, v, dropout_p=p, is_causal=True)
        return out, torch.rand(1)  # so many numbers were drawn

    both(attention, *normal(seed, dtype, (2, 3, 5, 4), (2, 3, 5, 4), (2, 3, 5, 2)))


@some(60)
@given(
    seed=seeds,
    dtype=floats,
    shape=st.lists(st.integers(0, 5), max_size=3),
    p=st.sampled_from([0.5, 0.1, 0.9, 0.0, 1.0]),
    training=flags,
)
def test_dropout_drops_what_pytorch_drops(seed, dtype, shape, p, training):
    def dropout(torch, x):
        torch.manual_seed(seed)
        return torch.nn.functional.dropout(x, p, training), torch.rand(1)

    both(dropout, *normal(seed, dtype, shape))


def test_dropout_that_drops_nothing_is_the_tensor_itself():
    x = micrograd.ones(3)
    assert functional.dropout(x, 0.0) is x
    assert functional.dropout(x, 0.5, training=False) is x


def test_what_is_in_place_changes_its_input():
    def relu(torch, x):
        y = x * 2
        out = torch.nn.functional.relu(y, inplace=True)
        assert out is y
        return out * out

    def dropout(torch, x):
        torch.manual_seed(1)
        y = x * 2
        out = torch.nn.functional.dropout(y, 0.5, inplace=True)
        assert out is y
        return out * out

    x = normal(0, np.float64, (4, 5))[0]
    both(relu, x)
    both(dropout, x)


@st.composite
def padded(draw):
    """A shape, and widths for some of its last dimensions that leave something of each, or nothing."""
    shape = draw(st.lists(st.integers(0, 4), min_size=1, max_size=3))
    widths = []
    for n in shape[: -draw(st.integers(1, len(shape))) - 1 : -1]:
        before = draw(st.integers(-n, 3))
        widths += [before, draw(st.integers(-n - min(before, 0), 3))]
    return shape, widths


@some(80)
@given(seed=seeds, dtype=floats, drawn=padded(), value=st.sampled_from([None, 0, 1.5]))
def test_pad_is_that_of_pytorch(seed, dtype, drawn, value):
    shape, widths = drawn
    both(lambda torch, x: torch.nn.functional.pad(x, widths, value=value), *normal(seed, dtype, shape))


# Activations.


@some(40)
@given(seed=seeds, dtype=floats, shape=st.lists(st.integers(0, 4), max_size=3), how=st.sampled_from(["none", "tanh"]))
def test_gelu_is_that_of_pytorch(seed, dtype, shape, how):
    # Far out tanh is 1 but for its last digit, and the derivative multiplies what 1 lacks by up to some 100.
    scale = 100.0 if how == "tanh" else 1.0
    both(lambda torch, x: torch.nn.functional.gelu(3 * x, approximate=how), *normal(seed, dtype, shape), scale=scale)


@pytest.mark.parametrize("dtype", FLOATS)
def test_gelu_is_exact_far_out_too(dtype):
    x = np.linspace(-14, 14, 2001).astype(dtype)
    chances = np.array([math.erfc(-t / math.sqrt(2)) / 2 for t in x.tolist()])
    slopes = chances + x * np.exp(-(x.astype(float) ** 2) / 2) / math.sqrt(2 * math.pi)
    t = micrograd.from_numpy(x.copy()).requires_grad_()
    out = functional.gelu(t)
    out.sum().backward()
    eps = float(np.finfo(dtype).eps)
    np.testing.assert_allclose(out.detach().numpy(), x * chances, rtol=2 * eps, atol=2 * eps)
    np.testing.assert_allclose(t.grad.numpy(), slopes, rtol=4 * eps, atol=4 * eps)


@pytest.mark.parametrize("dtype", FLOATS)
def test_gelu_of_what_is_huge_is_the_number_itself_or_zero(dtype):
    x = micrograd.from_numpy(np.array([np.inf, 1e30, -1e30, -np.inf, np.nan], dtype)).requires_grad_()
    out = functional.gelu(x)
    out.sum().backward()
    np.testing.assert_array_equal(out.detach().numpy(), np.array([np.inf, 1e30, 0, 0, np.nan], dtype))
    np.testing.assert_array_equal(x.grad.numpy()[:4], [1, 1, 0, 0])


ACTIVATIONS = ["relu", "tanh", "sigmoid", "gelu", "leaky_relu", "elu", "silu"]


@pytest.mark.parametrize("name", ["leaky_relu", "elu", "silu"])
def test_other_bends_are_those_of_pytorch_at_the_edges_too(name):
    x = np.array([-200.0, -3.0, -0.5, -0.0, 0.0, 1e-3, 2.0, 150.0, np.inf], np.float32)
    both(lambda torch, x: getattr(torch.nn.functional, name)(x), x)
    settings_ = {"leaky_relu": {"negative_slope": 0.3}, "elu": {"alpha": 2.0}, "silu": {}}[name]
    for dtype in FLOATS:
        both(lambda torch, x: getattr(torch.nn.functional, name)(x, **settings_), *normal(1, dtype, (4, 5)))
        both(
            lambda torch, x: getattr(torch.nn.functional, name)(x * 1, **settings_, inplace=True),
            *normal(2, dtype, (3,)),
        )


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_keep_the_shape_and_dtype(name):
    for dtype in FLOATS:
        for shape in [(), (3,), (2, 0), (2, 3, 4)]:
            both(lambda torch, x: getattr(torch.nn.functional, name)(x), *normal(0, dtype, shape))


@some(40)
@given(seed=seeds, dtype=floats, shape=st.lists(st.integers(1, 4), max_size=4), name=st.sampled_from(["", "log_"]))
def test_softmax_without_a_dim_warns_and_takes_that_of_pytorch(seed, dtype, shape, name):
    x = normal(seed, dtype, shape)[0]
    with pytest.warns(UserWarning, match="Implicit dimension choice"):
        both(lambda torch, x: getattr(torch.nn.functional, f"{name}softmax")(x), x)


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax_converts_to_a_dtype_first(name):
    x = normal(0, np.float32, (2, 3))[0]
    both(lambda torch, x: getattr(torch.nn.functional, name)(x, dim=-1, dtype=torch.float64), x)
    both(lambda torch, x: getattr(torch.nn.functional, name)(x, dim=0, dtype=torch.float32), np.arange(3))


# Losses.


@st.composite
def classified(draw, name, ignore_index):
    """Logits, their target classes, now and then some that do not count, and options."""
    classes = draw(st.integers(1, 5))
    inner = draw(st.sampled_from([(), (3,), (2, 2)]))
    leading = (draw(st.integers(0, 6)),) if inner or draw(flags) else ()
    dtype, seed = draw(floats), draw(seeds)
    shape = (*leading, classes, *inner)
    rng = np.random.default_rng(seed)
    target = np.asarray(rng.integers(0, classes, (*leading, *inner)))
    if draw(flags):
        target = np.where(rng.uniform(size=target.shape) < 0.3, ignore_index, target)
    options = {"reduction": draw(reductions)}
    if name == "cross_entropy":
        options["label_smoothing"] = draw(st.sampled_from([0.0, 0.0, 0.1, 1.0]))
    if draw(flags):
        options["weight"] = rng.uniform(0.1, 2, classes).astype(dtype)
    return np.asarray(rng.normal(size=shape), dtype), np.asarray(target), options


@pytest.mark.parametrize("name", ["cross_entropy", "nll_loss"])
@pytest.mark.parametrize("ignore_index", [-100, 0, 2])
@some(60)
@given(data=st.data())
def test_losses_of_class_indices_are_those_of_pytorch(name, ignore_index, data):
    x, target, options = data.draw(classified(name, ignore_index))
    weight = options.pop("weight", None)

    def loss(torch, x, target):
        given = {} if weight is None else {"weight": torch.from_numpy(weight)}
        return getattr(torch.nn.functional, name)(x, target, ignore_index=ignore_index, **given, **options)

    both(loss, x, target)


def test_an_ignored_target_is_ignored_by_default_if_it_is_minus_100():
    x, target = np.ones((3, 2), np.float32), np.array([1, -100, 0])
    both(lambda torch, x, y: torch.nn.functional.cross_entropy(x, y), x, target)
    for options in ({}, {"label_smoothing": 0.1}, {"reduction": "sum"}, {"reduction": "none"}):
        both(lambda torch, x, y, o=options: torch.nn.functional.cross_entropy(x, y, **o), x, np.full(3, -100))


def test_examples_whose_weights_are_zero_alone_have_no_mean():
    def loss(torch, x, y):
        return torch.nn.functional.cross_entropy(x, y, torch.tensor([1.0, 0.0]))

    both(loss, np.ones((2, 2), np.float32), np.array([1, 1]))


def test_what_an_ignored_row_holds_does_not_matter():
    x = micrograd.tensor([[1.0, 2.0], [math.nan, math.inf]], requires_grad=True)
    loss = functional.cross_entropy(x, micrograd.tensor([0, -100]))
    loss.backward()
    assert math.isfinite(loss.item())
    assert x.grad[1].tolist() == [0.0, 0.0]


@pytest.mark.parametrize("shape", [(3, 1), (1,), (0, 1), (3, 0), (0,)])
def test_a_loss_of_zero_has_the_sign_that_pytorch_gives_it(shape):
    def losses(torch):
        f, x, classes = torch.nn.functional, torch.zeros(shape), torch.full(shape[:-1], 0)
        options = [(reduction, smoothing) for reduction in ("mean", "sum", "none") for smoothing in (0, 0.25)]
        every = [f.cross_entropy(x, x.softmax(-1), reduction=r, label_smoothing=s) for r, s in options]
        if shape[-1]:
            every += [f.cross_entropy(x, classes, reduction=r, label_smoothing=s) for r, s in options]
            every += [f.nll_loss(x, classes, reduction=r) for r, _ in options]
        return [np.copysign(1, loss) * (loss == loss) for loss in map(np.asarray, every)]

    for mine, theirs in zip(losses(micrograd), losses(torch), strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.filterwarnings("ignore:TF32")
def test_the_padding_of_a_convolution_is_multiplied_as_by_pytorchs_own_code():
    x, w = np.ones((2, 1, 4), np.float32), np.full((1, 1, 3), -np.inf, np.float32)
    with torch.backends.mkldnn.flags(enabled=False):
        both(lambda torch, x, w: torch.nn.functional.conv1d(x, w, padding=1), x, w)


def test_the_weight_of_probabilities_gets_a_gradient():
    x, w = normal(0, np.float64, (4, 3), 3)
    both(lambda torch, x, w: torch.nn.functional.cross_entropy(x, x.softmax(1), w), x, w)


def test_logits_of_minus_infinity_stay_out_of_the_other_losses():
    x = np.array([[0.5, -np.inf, 1], [2, 3, 4]], np.float32)
    for options in ({}, {"ignore_index": 1}, {"label_smoothing": 0.1}):
        both(lambda torch, x, y, o=options: torch.nn.functional.cross_entropy(x, y, **o), x, np.array([0, 2]))


@some(80)
@given(
    seed=seeds,
    dtype=floats,
    shape=st.sampled_from([(3,), (4, 3), (2, 3, 4), (1, 2, 2, 2)]),
    smoothing=st.sampled_from([0.0, 0.2, 1.0]),
    reduction=reductions,
    weighted=flags,
)
def test_cross_entropy_takes_probabilities_as_targets(seed, dtype, shape, smoothing, reduction, weighted):
    x, target = normal(seed, dtype, shape, shape)
    weight = np.linspace(0.5, 2, shape[min(1, len(shape) - 1)]).astype(dtype)

    def loss(torch, x, target):
        given = {"weight": torch.from_numpy(weight)} if weighted else {}
        return torch.nn.functional.cross_entropy(
            x, target.softmax(-1), label_smoothing=smoothing, reduction=reduction, **given
        )

    both(loss, x, target)


@some(40)
@given(seed=seeds, dtypes=st.tuples(floats, floats), shape=st.lists(st.integers(0, 3), max_size=3), how=reductions)
def test_mse_loss_is_that_of_pytorch(seed, dtypes, shape, how):
    x, y = normal(seed, dtypes[0], shape)[0], normal(seed + 1, dtypes[1], shape)[0]
    both(lambda torch, x, y: torch.nn.functional.mse_loss(x, y, reduction=how), x, y)


def test_mse_loss_warns_where_it_broadcasts():
    x, y = normal(0, np.float32, (4, 1), 4)
    with pytest.warns(UserWarning, match="broadcast"):
        both(lambda torch, x, y: torch.nn.functional.mse_loss(x, y), x, y)
    both(lambda torch, x, y: torch.nn.functional.mse_loss(x, y), x, np.arange(4).reshape(4, 1))


# Nodes.

ONE_NODE = {
    "linear": (lambda t, x, w, b: t.nn.functional.linear(x, w, b), [(4, 3), (5, 3), (5,)]),
    "linear of three dimensions": (lambda t, x, w, b: t.nn.functional.linear(x, w, b), [(2, 4, 3), (5, 3), (5,)]),
    "linear of one dimension": (lambda t, x, w, b: t.nn.functional.linear(x, w, b), [(3,), (5, 3), (5,)]),
    "linear without bias": (lambda t, x, w: t.nn.functional.linear(x, w), [(4, 3), (5, 3)]),
    "linear of three dimensions without bias": (lambda t, x, w: t.nn.functional.linear(x, w), [(2, 4, 3), (5, 3)]),
    "linear of a row": (lambda t, x, w: t.nn.functional.linear(x, w), [(4, 3), (3,)]),
    "linear of two rows": (lambda t, x, w: t.nn.functional.linear(x, w), [(3,), (3,)]),
    "leaky_relu": (lambda t, x: t.nn.functional.leaky_relu(x), [(3,)]),
    "elu": (lambda t, x: t.nn.functional.elu(x), [(3,)]),
    "silu": (lambda t, x: t.nn.functional.silu(x), [(3,)]),
    "conv1d of two dimensions": (lambda t, x, w: t.nn.functional.conv1d(x, w), [(3, 5), (4, 3, 2)]),
    "cross_entropy of three dimensions": (
        lambda t, x: t.nn.functional.cross_entropy(x, t.tensor([[0, 2], [1, 1]])),
        [(2, 3, 2)],
    ),
    "embedding": (lambda t, w: t.nn.functional.embedding(t.tensor([0, 2]), w), [(3, 4)]),
    "conv1d": (lambda t, x, w, b: t.nn.functional.conv1d(x, w, b), [(2, 3, 5), (4, 3, 2), (4,)]),
    "layer_norm": (lambda t, x, w, b: t.nn.functional.layer_norm(x, (3,), w, b), [(4, 3), (3,), (3,)]),
    "batch_norm": (
        lambda t, x, w, b: t.nn.functional.batch_norm(x, None, None, w, b, training=True),
        [(4, 3), (3,), (3,)],
    ),
    "attention": (
        lambda t, q, k, v: t.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True),
        [(2, 2, 4, 3)] * 3,
    ),
    "gelu": (lambda t, x: t.nn.functional.gelu(x), [(3,)]),
    "gelu by tanh": (lambda t, x: t.nn.functional.gelu(x, approximate="tanh"), [(3,)]),
    "pad": (lambda t, x: t.nn.functional.pad(x, (1, 1)), [(3,)]),
    "mse_loss": (lambda t, x, y: t.nn.functional.mse_loss(x, y), [(3,), (3,)]),
    "cross_entropy": (lambda t, x: t.nn.functional.cross_entropy(x, t.tensor([0, 2])), [(2, 3)]),
}


@pytest.mark.parametrize("name", ONE_NODE)
def test_a_layer_is_one_node_of_the_graph_with_the_name_that_pytorch_prints(name):
    fn, shapes = ONE_NODE[name]
    arrays = normal(0, np.float32, *shapes)
    mine, theirs = node_names(fn, *arrays)
    assert mine == theirs
    node = fn(micrograd, *[micrograd.from_numpy(array).requires_grad_() for array in arrays]).grad_fn
    assert node._prev == []


@pytest.mark.parametrize("name", ONE_NODE)
def test_a_change_in_place_of_an_input_is_noticed_or_harmless(name):
    fn, shapes = ONE_NODE[name]
    arrays = normal(0, np.float64, *shapes)

    def gradients(changed, wanted):
        """The gradients of the inputs in `wanted`, where input number `changed` is changed before backward."""
        leaves = [micrograd.from_numpy(array.copy()).requires_grad_(i in wanted) for i, array in enumerate(arrays)]
        out = fn(micrograd, *leaves)
        if changed is not None:
            with micrograd.no_grad():
                (out if changed == len(leaves) else leaves[changed]).mul_(-3)
        out.backward(micrograd.ones_like(out) + out.detach() * 0)
        return [leaves[i].grad.numpy() for i in wanted]

    for only in range(len(arrays)):  # alone, so that no other derivative speaks up in its place
        right = gradients(None, [only])[0]
        for changed in range(len(arrays) + 1):
            try:
                found = gradients(changed, [only])[0]
            except RuntimeError:  # what it says is seen below
                continue
            np.testing.assert_array_equal(found, right)


def test_attention_notices_a_change_of_what_its_shared_work_looks_at():
    q, k, v = (micrograd.from_numpy(array) for array in normal(0, np.float32, (4, 3), (4, 3), (4, 2)))
    out = functional.scaled_dot_product_attention(q.requires_grad_(), k, v)
    v += 1
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        out.sum().backward()


def test_the_work_that_derivatives_share_is_done_once_for_each_gradient():
    calls = []
    work = shared(lambda g: calls.append(1) or 3 * g)
    g = np.ones(2)
    assert work(g) is work(g)
    assert len(calls) == 1
    np.testing.assert_array_equal(work(g + 1), [6.0, 6.0])
    assert len(calls) == 2


# What is refused.


def refused(*fns):
    return pytest.mark.parametrize(
        "fn", fns, ids=lambda fn: inspect.getsource(fn).strip(" ,\n").removeprefix("lambda ")
    )


@refused(
    lambda f, t, x: f.linear(x, t.ones(4, 2)),
    lambda f, t, x: f.linear(x, t.ones(4, 3).double()),
    lambda f, t, x: f.linear(x.long(), t.ones(4, 3)),
    lambda f, t, x: f.linear(x, t.ones(4, 3), t.ones(5)),
    lambda f, t, x: f.linear(x, t.ones(4, 3), t.ones(4).double()),
    lambda f, t, x: f.linear(x[0, 0], t.ones(4, 3)),
    lambda f, t, x: f.embedding(x, t.ones(3, 4)),
    lambda f, t, x: f.embedding(t.tensor([True]), t.ones(3, 4)),
    lambda f, t, x: f.embedding(t.tensor(3), t.ones(3, 4)),
    lambda f, t, x: f.embedding(t.tensor([[0, -1]]), t.ones(3, 4)),
    lambda f, t, x: f.gelu(x, approximate="exact"),
    lambda f, t, x: f.gelu(x.long()),
    lambda f, t, x: f.softmax(x, 2),
    lambda f, t, x: f.softmax(x.long(), 0),
    lambda f, t, x: f.log_softmax(x, -3),
    lambda f, t, x: f.dropout(x, -0.1),
    lambda f, t, x: f.dropout(x, 1.1),
    lambda f, t, x: f.dropout(x.long(), 0.5),
    lambda f, t, x: f.dropout([1.0], 0.5),
    lambda f, t, x: f.linear([1.0], x),
    lambda f, t, x: f.linear(x, [1.0]),
    lambda f, t, x: f.embedding(t.tensor([0]), t.ones(3)),
    lambda f, t, x: f.embedding([0], x),
    lambda f, t, x: f.one_hot([0]),
    lambda f, t, x: f.one_hot(t.tensor([0, 2]), num_classes=2),
    lambda f, t, x: f.one_hot(t.tensor([0, -2])),
    lambda f, t, x: f.one_hot(t.tensor([0.0, 2.0])),
    lambda f, t, x: f.one_hot(t.tensor([]).long()),
    lambda f, t, x: f.relu([1.0]),
    lambda f, t, x: f.gelu([1.0]),
    lambda f, t, x: f.leaky_relu([1.0]),
    lambda f, t, x: f.leaky_relu(x.long()),
    lambda f, t, x: f.elu(x.long()),
    lambda f, t, x: f.silu(x.long()),
    lambda f, t, x: f.silu([1.0], inplace=True),
)
def test_what_makes_no_sense_to_a_layer_raises_what_pytorch_raises(fn):
    both_raise(lambda torch, x: fn(torch.nn.functional, torch, x), np.ones((2, 3), np.float32))


@refused(
    lambda f, t, x: f.layer_norm(x, (4,)),
    lambda f, t, x: f.layer_norm(x, ()),
    lambda f, t, x: f.layer_norm(x, 3),
    lambda f, t, x: f.layer_norm(x, (3,), t.ones(2)),
    lambda f, t, x: f.layer_norm(x, (3,), None, t.ones(2)),
    lambda f, t, x: f.layer_norm(x.long(), (3,)),
    lambda f, t, x: f.layer_norm(x.double(), (3,), t.ones(3)),
    lambda f, t, x: f.batch_norm(x[:1], None, None, training=True),
    lambda f, t, x: f.batch_norm(x, None, None),
    lambda f, t, x: f.batch_norm(x, t.ones(2), t.ones(2)),
    lambda f, t, x: f.batch_norm(x, None, None, t.ones(2), training=True),
    lambda f, t, x: f.batch_norm(x.long(), None, None, training=True),
    lambda f, t, x: f.batch_norm(x[0], t.ones(3), t.ones(3)),
    lambda f, t, x: f.batch_norm(x, t.ones(3, requires_grad=True), t.ones(3)),
    lambda f, t, x: f.batch_norm(x, t.ones(3), None, training=True),
    lambda f, t, x: f.batch_norm(x, t.ones(3).double(), t.ones(3).double()),
    lambda f, t, x: f.layer_norm([1.0], (1,)),
)
def test_what_cannot_be_normalized_raises_what_pytorch_raises(fn):
    both_raise(lambda torch, x: fn(torch.nn.functional, torch, x), np.ones((2, 3), np.float32))


@refused(
    lambda f, t, x: f.conv1d(x, t.ones(4, 2, 2)),
    lambda f, t, x: f.conv1d(x, t.ones(4, 3, 6)),
    lambda f, t, x: f.conv1d(x, t.ones(4, 3, 3), dilation=3),
    lambda f, t, x: f.conv1d(x, t.ones(4, 3, 2).double()),
    lambda f, t, x: f.conv1d(x, t.ones(4, 3, 2), t.ones(3)),
    lambda f, t, x: f.conv1d(x, t.ones(4, 3)),
    lambda f, t, x: f.conv1d(x[None], t.ones(4, 3, 2)),
    lambda f, t, x: f.conv1d(x, t.ones(4, 3, 2), stride=0),
    lambda f, t, x: f.conv1d(x, t.ones(4, 3, 2), dilation=0),
    lambda f, t, x: f.conv1d(x, t.ones(4, 3, 2), padding=-1),
    lambda f, t, x: f.conv1d(x, t.ones(4, 3, 2), padding="same", stride=2),
    lambda f, t, x: f.conv1d(x, t.ones(4, 3, 2), padding="full"),
    lambda f, t, x: f.conv1d(x, t.ones(4, 3, 2), groups=2),
    lambda f, t, x: f.conv1d(x, t.ones(4, 1, 2), groups=3),
    lambda f, t, x: f.conv1d(x, t.ones(4, 3, 2), groups=0),
    lambda f, t, x: f.conv1d([1.0], t.ones(4, 3, 2)),
    lambda f, t, x: f.scaled_dot_product_attention([1.0], x, x),
    lambda f, t, x: f.scaled_dot_product_attention(x, x, x, t.ones(3, 3) > 0, is_causal=True),
    lambda f, t, x: f.scaled_dot_product_attention(x, x[..., :2], x),
    lambda f, t, x: f.scaled_dot_product_attention(x, x, x.double()),
    lambda f, t, x: f.scaled_dot_product_attention(x[0, 0], x[0, 0], x[0, 0]),
    lambda f, t, x: f.scaled_dot_product_attention(x, x, x, t.ones(3, 3).long()),
    lambda f, t, x: f.scaled_dot_product_attention(x, x, x, t.ones(4, 3)),
    lambda f, t, x: f.scaled_dot_product_attention(x, x, x, t.ones(3, 3), is_causal=True),
    lambda f, t, x: f.scaled_dot_product_attention(x, x, x, dropout_p=1.5),
    lambda f, t, x: f.pad(x, (1,)),
    lambda f, t, x: f.pad(x, (1,) * 8),
    lambda f, t, x: f.pad(x, (-9, 0)),
    lambda f, t, x: f.pad(x, (1, 1), mode="nonsense"),
)
def test_what_does_not_fit_a_sequence_raises_what_pytorch_raises(fn):
    both_raise(lambda torch, x: fn(torch.nn.functional, torch, x), np.ones((2, 3, 5), np.float32))


@refused(
    lambda loss, t, x: loss(x, t.tensor([0])),
    lambda loss, t, x: loss(x, t.tensor(0)),
    lambda loss, t, x: loss(x, t.tensor([[0], [1]])),
    lambda loss, t, x: loss(x, t.tensor([0.0, 1.0])),
    lambda loss, t, x: loss(x, t.tensor([0, 1]).int()),
    lambda loss, t, x: loss(x, t.tensor([True, False])),
    lambda loss, t, x: loss(x, t.tensor([0, 3])),
    lambda loss, t, x: loss(x, t.tensor([0, -1])),
    lambda loss, t, x: loss(x, t.tensor([0, -100]), ignore_index=-1),
    lambda loss, t, x: loss(x.long(), t.tensor([0, 1])),
    lambda loss, t, x: loss(x, t.tensor([0, 1]), reduction="average"),
    lambda loss, t, x: loss(x, [0, 1]),
    lambda loss, t, x: loss([1.0], t.tensor(0)),
    lambda loss, t, x: loss(x, t.tensor([0, 1]), weight=t.ones(3, requires_grad=True)),
    lambda loss, t, x: loss(x, t.tensor([0, 1]), weight=t.ones(2)),
    lambda loss, t, x: loss(x, t.tensor([0, 1]), weight=t.ones(3).double()),
    lambda loss, t, x: loss(x[:, :, None], t.tensor([0, 1])),
    lambda loss, t, x: loss(x[:, :, None], t.tensor([[0, 1], [0, 1]])),
    lambda loss, t, x: loss(x[:, :, None], t.tensor([[0], [1], [1]])),
)
@pytest.mark.parametrize("name", ["cross_entropy", "nll_loss"])
def test_targets_that_make_no_sense_raise_what_pytorch_raises(name, fn):
    both_raise(lambda torch, x: fn(getattr(torch.nn.functional, name), torch, x), np.ones((2, 3), np.float32))


@refused(
    lambda f, t, x: f.cross_entropy(x, t.tensor([0, 1]), label_smoothing=1.5),
    lambda f, t, x: f.cross_entropy(x, x.detach(), ignore_index=1),
    lambda f, t, x: f.mse_loss(x, t.ones(2)),
    lambda f, t, x: f.mse_loss(x.long(), x.long()),
    lambda f, t, x: f.mse_loss(x, x, reduction="average"),
)
@pytest.mark.filterwarnings("ignore:.*target size:UserWarning", "ignore:mse_loss:UserWarning")
def test_losses_that_make_no_sense_raise_what_pytorch_raises(fn):
    both_raise(lambda torch, x: fn(torch.nn.functional, torch, x), np.ones((2, 3), np.float32))


@pytest.mark.parametrize("options", [{}, {"batch_first": True, "padding_value": -1}, {"padding_side": "left"}])
def test_sequences_of_several_lengths_are_padded_to_one(options):
    def padded(torch, *tensors):
        return torch.nn.utils.rnn.pad_sequence(tensors, **options)

    both(padded, np.ones((3, 2), np.float32), np.full((1, 2), 2, np.float32))
    both(padded, np.array([1, 2, 3]), np.array([4]), np.array([], np.int64))


def test_a_loss_with_weights_or_ignored_targets_is_one_node_as_in_pytorch():
    def names(torch):
        logits, targets = torch.zeros(3, 2, requires_grad=True), torch.tensor([0, 1, -1])
        options = [{"ignore_index": -1}, {"ignore_index": -1, "weight": torch.ones(2), "reduction": "none"}]
        return [torch.nn.functional.cross_entropy(logits, targets, **each).grad_fn for each in options]

    mine, theirs = ([str(node).split()[0] for node in names(library)] for library in (micrograd, torch))
    assert mine == theirs == ["<NllLossBackward0"] * 2


@refused(
    lambda f: f.pad(micrograd.ones(3), (1, 1), mode="reflect"),
)
def test_what_is_not_there_says_so(fn):
    with pytest.raises(NotImplementedError, match="not there"):
        fn(functional)
