"""The generator draws what PyTorch's CPU generator draws: value by value, and byte by byte of its state."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from two_libraries import TORCH_RACES, needs_torch_races

from micrograd.stream import Stream as Generator

LECTURE_SEED = 2147483647
SEEDS = [0, 1, 42, 1337, LECTURE_SEED, 2**32 - 1, 2**32 + 5, -1, -(2**63), 2**64 - 1]
SIZES = [0, 1, 2, 15, 16, 17, 20, 31, 32, 1000]
DTYPES = [np.float32, np.float64]
TORCH_DTYPE = {np.float32: torch.float32, np.float64: torch.float64}

# PyTorch's kernels for AVX2 and above multiply and add with one rounding, and work out randn in float32 throughout.
# Its plain kernels round twice, and differ from the others by up to 2.1e-6 in randn.
FAST_KERNELS = torch.backends.cpu.get_cpu_capability() in ("AVX2", "AVX512")
NORMAL_TOLERANCE = {np.float32: 1e-6 if FAST_KERNELS else 4e-6, np.float64: 1e-14}


def pair(seed):
    """The same seed on both sides."""
    return Generator().manual_seed(seed), torch.Generator().manual_seed(seed)


def assert_same_state(ours, theirs):
    np.testing.assert_array_equal(ours.get_state(), theirs.get_state().numpy())


# The streams, draw by draw


@pytest.mark.parametrize(("low", "high"), [(1, 1 + 2**-22), (100, 101), (-1, -1 + 2**-23)])
def test_uniform_never_gives_the_upper_bound(low, high):
    ours, theirs = pair(5)
    drawn = ours.uniform(300_000, np.float32, low, high)
    assert drawn.max() < high
    np.testing.assert_array_equal(drawn, torch.empty(300_000).uniform_(low, high, generator=theirs).numpy())


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_uniform_equals_rand_bit_for_bit(seed, dtype):
    ours, theirs = pair(seed)
    for size in SIZES:
        drawn = ours.uniform(size, dtype)
        assert drawn.dtype == dtype
        np.testing.assert_array_equal(drawn, torch.rand(size, dtype=TORCH_DTYPE[dtype], generator=theirs).numpy())
    assert_same_state(ours, theirs)


@pytest.mark.parametrize(("low", "high"), [(-1, 1), (0.1, 0.7), (-3.3, -1.1), (0, 2), (5, 5), (-(27**-0.5), 27**-0.5)])
@pytest.mark.parametrize("dtype", DTYPES)
def test_uniform_between_bounds_equals_uniform_(low, high, dtype):
    ours, theirs = pair(LECTURE_SEED)
    drawn = ours.uniform((100, 30), dtype, low, high)
    expected = torch.empty(100, 30, dtype=TORCH_DTYPE[dtype]).uniform_(low, high, generator=theirs).numpy()
    assert drawn.dtype == dtype
    if dtype == np.float32 and FAST_KERNELS:
        np.testing.assert_array_equal(drawn, expected)
    else:  # one rounding or two: half a unit of the largest number that takes part
        limit = np.finfo(dtype).eps * max(abs(low), abs(high), high - low)
        np.testing.assert_allclose(drawn, expected, rtol=0, atol=limit)
    assert_same_state(ours, theirs)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_normal_equals_randn(seed, dtype):
    ours, theirs = pair(seed)
    for size in SIZES:
        drawn = ours.normal(size, dtype)
        expected = torch.randn(size, dtype=TORCH_DTYPE[dtype], generator=theirs).numpy()
        assert drawn.dtype == dtype
        np.testing.assert_allclose(drawn, expected, rtol=0, atol=NORMAL_TOLERANCE[dtype])
    assert_same_state(ours, theirs)


def test_fewer_than_16_normal_numbers_equal_randn_bit_for_bit():
    ours, theirs = pair(LECTURE_SEED)
    for size in [1, 3, 1, 15, 2, 7, 14]:
        expected = torch.randn(size, dtype=torch.float64, generator=theirs).numpy()
        np.testing.assert_array_equal(ours.normal(size, np.float64), expected)


def test_the_second_of_a_normal_pair_waits_until_the_seed_is_set_again():
    ours = Generator().manual_seed(3)
    first, second = ours.normal(2)
    ours.manual_seed(3)
    assert ours.normal(1) == first
    ours.uniform(5)
    ours.normal(16)
    assert ours.normal(1) == second
    ours.normal(1)
    ours.manual_seed(3)
    assert ours.normal(1) == first


@pytest.mark.parametrize(
    ("low", "high"),
    [
        (0, 2),
        (-5, 5),
        (3, 4),
        (0, 182625),
        (0, 2**28 - 1),
        (0, 2**28),
        (-(2**27), 2**27 + 1),
        (0, 2**32),
        (-(2**62), 2**62 + 5),
        (2**62, 2**63 - 1),
        (-(2**63), 2**63 - 1),
    ],
)
def test_integers_equal_randint(low, high):
    ours, theirs = pair(LECTURE_SEED)
    for size in SIZES:
        drawn = ours.integers(low, high, size)
        assert drawn.dtype == np.int64
        np.testing.assert_array_equal(drawn, torch.randint(low, high, (size,), generator=theirs).numpy())
    assert_same_state(ours, theirs)


@pytest.mark.parametrize("seed", SEEDS)
def test_permutation_equals_randperm(seed):
    ours, theirs = pair(seed)
    for n in SIZES:
        drawn = ours.permutation(n)
        assert drawn.dtype == np.int64
        np.testing.assert_array_equal(drawn, torch.randperm(n, generator=theirs).numpy())
    assert_same_state(ours, theirs)


def test_a_long_permutation_equals_randperm():
    ours, theirs = pair(LECTURE_SEED)
    np.testing.assert_array_equal(ours.permutation(70_000), torch.randperm(70_000, generator=theirs).numpy())


@needs_torch_races
@pytest.mark.parametrize("dtype", DTYPES)
def test_exponential_equals_exponential_(dtype):
    ours, theirs = pair(LECTURE_SEED)
    for size in SIZES:
        expected = torch.empty(size, dtype=TORCH_DTYPE[dtype]).exponential_(generator=theirs).numpy()
        # One unit in the last place: NumPy's log1p and the C library's may round differently.
        np.testing.assert_array_max_ulp(ours.exponential(size, dtype), expected, maxulp=1)
    assert_same_state(ours, theirs)


@pytest.mark.parametrize("dtype", DTYPES)
def test_bernoulli_of_an_array_equals_torch_bernoulli(dtype):
    ours, theirs = pair(LECTURE_SEED)
    for size in SIZES:
        p = np.linspace(0, 1, size, dtype=dtype)
        drawn = ours.bernoulli(p)
        assert drawn.dtype == np.bool_
        np.testing.assert_array_equal(drawn, torch.bernoulli(torch.from_numpy(p), generator=theirs).numpy() == 1)
    assert_same_state(ours, theirs)


@pytest.mark.parametrize("p", [0, 0.1, 0.5, 0.9999, 1])
def test_bernoulli_of_a_number_equals_bernoulli_(p):
    ours, theirs = pair(LECTURE_SEED)
    for size in SIZES:
        drawn = ours.bernoulli_scalar(p, size)
        assert drawn.dtype == np.bool_
        np.testing.assert_array_equal(drawn, torch.empty(size).bernoulli_(p, generator=theirs).numpy() == 1)
    assert_same_state(ours, theirs)


# multinomial


def weight_tables(dtype):
    """Weights of many kinds: counts, fractions, one category, zeros here and there, rows, every other column."""
    source = np.random.default_rng(5)
    yield np.array([0.6064, 0.3033, 0.0903], dtype)
    yield np.array([3], dtype)
    yield np.array([0, 0, 1, 0, 2, 0], dtype)
    yield source.random(27).astype(dtype)
    yield source.integers(0, 1000, 27).astype(dtype)
    yield source.random(1000).astype(dtype)
    yield source.random((5, 27)).astype(dtype)
    yield source.random((0, 3)).astype(dtype)
    yield source.random((4, 18)).astype(dtype)[:, ::2]


@pytest.mark.parametrize("dtype", DTYPES)
def test_several_samples_with_replacement_equal_torch(dtype):
    ours, theirs = pair(LECTURE_SEED)
    for weights in weight_tables(dtype):
        for num_samples in [2, 3, 20, 1000]:
            drawn = ours.multinomial(weights, num_samples, replacement=True)
            expected = torch.multinomial(torch.from_numpy(weights), num_samples, replacement=True, generator=theirs)
            assert drawn.dtype == np.int64
            np.testing.assert_array_equal(drawn, expected.numpy())
    assert_same_state(ours, theirs)


@needs_torch_races
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("replacement", [False, True])
def test_one_sample_equals_torch(dtype, replacement):
    ours, theirs = pair(LECTURE_SEED)
    for weights in weight_tables(dtype):
        for _ in range(50):
            drawn = ours.multinomial(weights, 1, replacement)
            assert drawn.dtype == np.int64
            expected = torch.multinomial(torch.from_numpy(weights), 1, replacement, generator=theirs)
            np.testing.assert_array_equal(drawn, expected.numpy())
    assert_same_state(ours, theirs)


@needs_torch_races
@pytest.mark.parametrize("dtype", DTYPES)
def test_samples_without_replacement_equal_torch(dtype):
    ours, theirs = pair(LECTURE_SEED)
    for weights in weight_tables(dtype):
        # As many as have a weight: in which order PyTorch hands out categories of weight zero is not settled.
        most = (weights > 0).sum(-1).min(initial=weights.shape[-1])
        for num_samples in {min(2, most), most}:
            expected = torch.multinomial(torch.from_numpy(weights), int(num_samples), generator=theirs)
            np.testing.assert_array_equal(ours.multinomial(weights, num_samples), expected.numpy())
    assert_same_state(ours, theirs)


def test_a_legacy_sample_is_the_first_of_several():
    weights = np.random.default_rng(6).random((4, 27)).astype(np.float32)
    for row in weights:
        today, legacy = Generator().manual_seed(8), Generator(legacy_multinomial=True).manual_seed(8)
        one_by_one = np.concatenate([legacy.multinomial(row, 1, replacement=True) for _ in range(50)])
        np.testing.assert_array_equal(one_by_one, today.multinomial(row, 50, replacement=True))
    legacy.manual_seed(8)
    one_each = legacy.multinomial(weights, 1, replacement=True)
    legacy.manual_seed(8)
    np.testing.assert_array_equal(one_each, [legacy.multinomial(row, 1, replacement=True) for row in weights])


def test_without_replacement_the_legacy_switch_changes_nothing():
    weights = np.random.default_rng(7).random((4, 27)).astype(np.float32)
    today, legacy = Generator().manual_seed(8), Generator(legacy_multinomial=True).manual_seed(8)
    np.testing.assert_array_equal(today.multinomial(weights, 1), legacy.multinomial(weights, 1))
    np.testing.assert_array_equal(today.multinomial(weights, 5), legacy.multinomial(weights, 5))


def test_multinomial_leaves_the_weights_alone():
    weights = np.array([1, 2, 3], np.float32)
    for num_samples, replacement in [(1, False), (3, False), (3, True)]:
        Generator().multinomial(weights, num_samples, replacement)
    np.testing.assert_array_equal(weights, [1, 2, 3])


@pytest.mark.parametrize(
    ("weights", "num_samples", "replacement", "says"),
    [
        ([1.0, -1.0], 1, False, "not negative"),
        ([1.0, -1.0], 3, True, "not negative"),
        ([1.0, math.inf], 1, False, "finite"),
        ([1.0, math.inf], 3, True, "finite"),
        ([1.0, math.nan], 1, False, "finite"),
        ([math.nan, 1.0], 3, True, "finite"),
        ([0.0, 0.0], 1, False, "above zero"),
        ([[1.0, 0.0], [0.0, 0.0]], 1, False, "above zero in every row"),
        ([[1.0, 0.0], [0.0, 0.0]], 2, True, "above zero in every row"),
        ([1.0, 2.0], 3, False, "replacement=True"),
        ([1.0, 2.0], 0, False, "at least 1"),
        ([1.0, 2.0], -1, True, "at least 1"),
        ([[[1.0, 2.0]]], 1, False, "1 or 2 dimensions"),
        (1.0, 1, False, "1 or 2 dimensions"),
        ([1, 2], 1, False, "float32 or float64"),
        ([], 1, False, "0 categories"),
    ],
)
def test_weights_that_torch_refuses_are_refused_before_anything_is_drawn(weights, num_samples, replacement, says):
    ours = Generator()
    with pytest.raises(RuntimeError, match=says):
        ours.multinomial(np.array(weights), num_samples, replacement)
    with pytest.raises(RuntimeError):
        torch.multinomial(torch.tensor(weights), num_samples, replacement)
    np.testing.assert_array_equal(ours.get_state(), Generator().get_state())


# What the public lectures show, without PyTorch's help


def test_the_lectures_first_draws_come_out():
    ours = Generator().manual_seed(LECTURE_SEED)
    p = ours.uniform(3)
    p /= p.sum()
    np.testing.assert_array_equal(p.round(4), np.array([0.6064, 0.3033, 0.0903], np.float32))
    samples = ours.multinomial(p, 100, replacement=True)
    np.testing.assert_array_equal(samples[:20], [1, 1, 2, 0, 0, 2, 1, 1, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1])


@pytest.mark.parametrize(
    ("legacy", "names"),
    [
        (True, ["mor.", "axx.", "minaymoryles.", "kondlaisah.", "anchshizarie."]),
        (False, ["cexze.", "momasurailezitynn.", "konimittain.", "llayn.", "ka."]),
    ],
)
def test_the_lectures_invented_names_come_out_as_in_old_and_new_pytorch(legacy, names):
    characters = ".abcdefghijklmnopqrstuvwxyz"
    counts = np.zeros((27, 27), np.float32)
    text = (Path(__file__).parents[2] / "data" / "names.txt").read_text().split()
    codes = np.array([characters.index(c) for c in "." + ".".join(text) + "."])
    np.add.at(counts, (codes[:-1], codes[1:]), 1)
    chances = counts / counts.sum(1, keepdims=True)

    ours = Generator(legacy_multinomial=legacy).manual_seed(LECTURE_SEED)
    for name in names:
        at, drawn = 0, ""
        while not drawn.endswith("."):
            at = ours.multinomial(chances[at], 1, replacement=True).item()
            drawn += characters[at]
        assert drawn == name


def test_every_kind_of_draw_gives_the_frozen_numbers():
    ours = Generator().manual_seed(7)
    np.testing.assert_array_equal(
        ours.uniform(3), np.array([0.5349225401878357, 0.19880318641662598, 0.6592116951942444], np.float32)
    )
    np.testing.assert_allclose(
        ours.normal(3, np.float64), [-0.03255197380793775, 1.0110543491216955, 1.7714937440580887], rtol=1e-14
    )
    np.testing.assert_array_equal(ours.integers(-5, 10**12, 3), [868285857994, 948107119824, 844348785686])
    np.testing.assert_array_equal(ours.permutation(8), [0, 3, 2, 4, 1, 7, 5, 6])
    np.testing.assert_allclose(ours.exponential(2), [0.18325071036815643, 0.038360174745321274], rtol=1e-6)


# Seeds and states


def test_a_new_generator_has_torchs_default_seed_and_state():
    ours, theirs = Generator(), torch.Generator()
    assert ours.initial_seed() == theirs.initial_seed() == 67280421310721
    assert_same_state(ours, theirs)


@pytest.mark.parametrize("seed", SEEDS)
def test_manual_seed_keeps_64_bits_and_returns_the_generator(seed):
    ours, theirs = pair(seed)
    assert ours.initial_seed() == theirs.initial_seed()
    assert ours.manual_seed(seed) is ours
    assert_same_state(ours, theirs)


@pytest.mark.parametrize("seed", [2**64, -(2**63) - 1, 1.5, "3", None, True])
def test_seeds_that_torch_refuses_raise_its_error(seed):
    ours, theirs = pair(1)
    with pytest.raises((RuntimeError, ValueError)) as refusal:
        theirs.manual_seed(seed)
    with pytest.raises(refusal.type):
        ours.manual_seed(seed)


def test_a_seed_may_be_a_numpy_integer():
    assert Generator().manual_seed(np.int64(-3)).initial_seed() == 2**64 - 3


def test_a_fresh_seed_is_the_one_that_gives_its_stream():
    ours = Generator()
    seeds = [ours.seed() for _ in range(4)]
    assert len(set(seeds)) == 4
    assert all(0 <= seed < 2**64 for seed in seeds)
    assert ours.initial_seed() == seeds[-1]
    np.testing.assert_array_equal(ours.uniform(5), Generator().manual_seed(seeds[-1]).uniform(5))


@pytest.mark.parametrize("drawn_before", [0, 1, 623, 624, 625, 5000])
@pytest.mark.parametrize("normal_waits", [False, True])
def test_a_state_goes_on_in_either_library(drawn_before, normal_waits):
    ours, theirs = pair(2**40 + 11)
    ours.uniform(drawn_before)
    torch.rand(drawn_before, generator=theirs)
    if normal_waits:
        ours.normal(1)
        torch.randn(1, generator=theirs)
    assert_same_state(ours, theirs)

    from_torch = Generator()
    from_torch.set_state(theirs.get_state().numpy())
    from_here = torch.Generator()
    from_here.set_state(torch.from_numpy(ours.get_state()))
    assert from_torch.initial_seed() == from_here.initial_seed() == 2**40 + 11
    assert_same_state(from_torch, theirs)
    expected = [torch.randn(1, generator=theirs).item(), torch.rand(1, generator=theirs).item()]
    assert [from_torch.normal(1).item(), from_torch.uniform(1).item()] == expected
    assert [torch.randn(1, generator=from_here).item(), torch.rand(1, generator=from_here).item()] == expected


def test_a_state_is_a_copy_that_later_draws_do_not_change():
    ours = Generator().manual_seed(4)
    state = ours.get_state()
    kept = state.copy()
    first = ours.uniform(700)
    np.testing.assert_array_equal(state, kept)
    ours.set_state(state)
    np.testing.assert_array_equal(ours.uniform(700), first)
    np.testing.assert_array_equal(state, kept)


@pytest.mark.parametrize(
    ("state", "error", "says"),
    [
        (np.zeros(5055, np.uint8), RuntimeError, "5056 bytes long, got 5055"),
        (np.zeros(5056, np.uint8), RuntimeError, "not the state"),
        (np.zeros(5056, np.float32), TypeError, "uint8, got float32"),
        (bytes(5056), TypeError, "uint8, got bytes"),
    ],
)
def test_a_state_that_is_none_is_refused_and_changes_nothing(state, error, says):
    ours = Generator().manual_seed(4)
    with pytest.raises(error, match=says):
        ours.set_state(state)
    np.testing.assert_array_equal(ours.get_state(), Generator().manual_seed(4).get_state())


# Shapes and wrong calls


def test_draws_take_any_shape_in_reading_order():
    for draw in [
        lambda g, shape: g.uniform(shape),
        lambda g, shape: g.uniform(shape, np.float64, -1, 1),
        lambda g, shape: g.normal(shape),
        lambda g, shape: g.integers(0, 9, shape),
        lambda g, shape: g.exponential(shape),
        lambda g, shape: g.bernoulli_scalar(0.5, shape),
    ]:
        flat = draw(Generator(), 24)
        cube = draw(Generator(), (2, 3, 4))
        np.testing.assert_array_equal(cube, flat.reshape(2, 3, 4))
        assert draw(Generator(), ()).shape == ()
        assert draw(Generator(), (3, 0)).shape == (3, 0)


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda g: Generator("cuda"), RuntimeError, "use device='cpu'"),
        (lambda g: g.uniform(3, np.int64), RuntimeError, "float32 or float64, not int64"),
        (lambda g: g.uniform(3, np.float16, -1, 1), RuntimeError, "float32 or float64, not float16"),
        (lambda g: g.normal(3, np.int64), RuntimeError, "float32 or float64, not int64"),
        (lambda g: g.normal(30, np.int64), RuntimeError, "float32 or float64, not int64"),
        (lambda g: g.exponential(3, np.int64), RuntimeError, "float32 or float64, not int64"),
        (lambda g: g.uniform(-1), RuntimeError, "negative dimension"),
        (lambda g: g.normal((-2, -3)), RuntimeError, "negative dimension"),
        (lambda g: g.uniform(3, low=1.0, high=0.0), RuntimeError, "low <= high"),
        (lambda g: g.uniform(3, low=0.0, high=math.inf), RuntimeError, "finite bounds"),
        (lambda g: g.uniform(3, low=math.nan), RuntimeError, "finite bounds"),
        (lambda g: g.uniform(3, low=-3e38, high=3e38), RuntimeError, "finite bounds"),
        (lambda g: g.integers(5, 5, 3), RuntimeError, "low < high"),
        (lambda g: g.integers(5, 3, 0), RuntimeError, "low < high"),
        (lambda g: g.integers(0, 2**63, 3), ValueError, "int64"),
        (lambda g: g.permutation(-1), RuntimeError, "got -1"),
        (lambda g: g.permutation(2**32 // 20), RuntimeError, "got 214748364"),
        (lambda g: g.bernoulli(np.array([0.5, 1.1])), RuntimeError, "from 0 to 1"),
        (lambda g: g.bernoulli(np.array([0.5, math.nan])), RuntimeError, "from 0 to 1"),
        (lambda g: g.bernoulli(np.array([0, 1])), RuntimeError, "float32 or float64, not int64"),
        (lambda g: g.bernoulli_scalar(-0.1, 3), RuntimeError, "got -0.1"),
        (lambda g: g.bernoulli_scalar(math.nan, 3), RuntimeError, "got nan"),
    ],
)
def test_a_wrong_call_says_what_was_wrong_and_draws_nothing(call, error, says):
    ours = Generator()
    with pytest.raises(error, match=says):
        call(ours)
    np.testing.assert_array_equal(ours.get_state(), Generator().get_state())


# Programs of draws

sizes = st.sampled_from(SIZES)
dtypes = st.sampled_from(DTYPES)
weights = st.lists(st.floats(2**-7, 1, width=32), min_size=1, max_size=30)
steps = [
    st.tuples(st.just("uniform"), sizes, dtypes),
    st.tuples(st.just("normal"), sizes, dtypes),
    st.tuples(st.just("integers"), st.integers(-(2**40), 2**40), st.integers(1, 2**33), sizes),
    st.tuples(st.just("permutation"), sizes),
    st.tuples(st.just("bernoulli"), sizes, dtypes),
    st.tuples(st.just("bernoulli_scalar"), st.floats(0, 1), sizes),
    st.tuples(st.just("samples"), weights, dtypes, st.integers(2, 40)),
    st.tuples(st.just("manual_seed"), st.integers(-(2**63), 2**64 - 1)),
]
if TORCH_RACES:
    steps.append(st.tuples(st.just("sample"), weights, dtypes))


def both(ours, theirs, kind, *args):
    """One step of a program on both generators: our array and PyTorch's."""
    match kind, args:
        case "uniform", (size, dtype):
            return ours.uniform(size, dtype), torch.rand(size, dtype=TORCH_DTYPE[dtype], generator=theirs)
        case "normal", (size, dtype):
            return ours.normal(size, dtype), torch.randn(size, dtype=TORCH_DTYPE[dtype], generator=theirs)
        case "integers", (low, span, size):
            return ours.integers(low, low + span, size), torch.randint(low, low + span, (size,), generator=theirs)
        case "permutation", (n,):
            return ours.permutation(n), torch.randperm(n, generator=theirs)
        case "bernoulli", (size, dtype):
            p = np.linspace(0, 1, size, dtype=dtype)
            return ours.bernoulli(p), torch.bernoulli(torch.from_numpy(p), generator=theirs)
        case "bernoulli_scalar", (p, size):
            return ours.bernoulli_scalar(p, size), torch.empty(size).bernoulli_(p, generator=theirs)
        case "samples", (values, dtype, count):
            w = np.array(values, dtype)
            return ours.multinomial(w, count, True), torch.multinomial(
                torch.from_numpy(w), count, True, generator=theirs
            )
        case "sample", (values, dtype):
            w = np.array(values, dtype)
            return ours.multinomial(w, 1), torch.multinomial(torch.from_numpy(w), 1, generator=theirs)
        case "manual_seed", (seed,):
            return ours.manual_seed(seed).uniform(1), torch.rand(1, generator=theirs.manual_seed(seed))


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(-(2**63), 2**64 - 1), program=st.lists(st.one_of(steps), max_size=8))
def test_any_program_of_draws_agrees_with_torch_step_for_step(seed, program):
    ours, theirs = pair(seed)
    for kind, *args in program:
        drawn, expected = both(ours, theirs, kind, *args)
        tolerance = NORMAL_TOLERANCE[args[1]] if kind == "normal" else 0
        np.testing.assert_allclose(drawn, expected.numpy(), rtol=0, atol=tolerance)
        assert_same_state(ours, theirs)
