"""The draws of the package against PyTorch's after the same seed; the stream itself is tested in test_generator.py."""

import pytest
import torch
import two_libraries
from hypothesis import given, settings
from hypothesis import strategies as st
from two_libraries import agree, error, needs_torch_races

import micrograd

torch.set_num_threads(1)  # the tensors are small

some = settings(max_examples=100, deadline=None)

# randn in blocks of 16 takes PyTorch's own cosine there, which is off by a few units in float32's last place.
COSINE = 2e-6


def same_on_both(program):
    two_libraries.same_on_both(program, rtol=0, atol=COSINE)


# A draw in all the forms of its arguments; `own` is {} or {"generator": ...}.
DRAWS = {
    "rand": lambda torch, own: [
        torch.rand(2, 3, **own),
        torch.rand((2, 3), **own),
        torch.rand([4], **own),
        torch.rand(5, **own),
    ],
    "rand of nothing": lambda torch, own: [torch.rand(0, **own), torch.rand((2, 0), **own), torch.rand((), **own)],
    "rand of a Size": lambda torch, own: [torch.rand(torch.zeros(2, 3).shape, **own)],
    "rand in float64": lambda torch, own: [torch.rand(3, dtype=torch.float64, **own)],
    "randn": lambda torch, own: [torch.randn(2, 3, **own), torch.randn((27, 10), **own), torch.randn([17], **own)],
    "randn of nothing": lambda torch, own: [torch.randn(0, **own), torch.randn((), **own)],
    "randn in float64": lambda torch, own: [
        torch.randn(3, dtype=torch.float64, **own),
        torch.randn(20, dtype=torch.float64, **own),
    ],
    "randint": lambda torch, own: [
        torch.randint(5, (3,), **own),
        torch.randint(0, 5, (2, 3), **own),
        torch.randint(-3, 9, [4], **own),
    ],
    "randint by name": lambda torch, own: [
        torch.randint(low=2, high=7, size=(4,), **own),
        torch.randint(0, 10, size=(2,), **own),
    ],
    "randint of a dtype": lambda torch, own: [torch.randint(0, 5, (3,), dtype=torch.int32, **own)],
    "randint as float": lambda torch, own: [torch.randint(0, 5, (3,), dtype=torch.float32, **own)],
    "randint as an index of a batch": lambda torch, own: [torch.randint(0, 182625, (32,), **own)],
    "randperm": lambda torch, own: [torch.randperm(10, **own), torch.randperm(0, **own), torch.randperm(1, **own)],
    "multinomial of several": lambda torch, own: [
        torch.multinomial(torch.tensor([0.2, 0.5, 0.3]), num_samples=20, replacement=True, **own),
        torch.multinomial(torch.tensor([[0.2, 0.8], [3.0, 1.0]]), 4, replacement=True, **own),
    ],
    "normal": lambda torch, own: [
        torch.normal(0.5, 2.0, (3, 4), **own),
        torch.normal(torch.zeros(3), torch.ones(3), **own),
    ],
    "bernoulli": lambda torch, own: [torch.bernoulli(torch.tensor([0.1, 0.5, 0.9, 0.0, 1.0]), **own)],
    "normal_": lambda torch, own: [torch.zeros(2, 3).normal_(1.0, 0.1, **own), torch.zeros(20).normal_(**own)],
    "randint by names": lambda torch, own: [
        torch.randint(10, size=(2, 2), **own),
        torch.randint(low=2, high=9, size=[3], **own),
        torch.randint(high=4, size=(3,), dtype=torch.int32, **own),
    ],
    "size by name": lambda torch, own: [torch.rand(size=(2, 3), **own), torch.randn(size=(17,), **own)],
    "random_": lambda torch, own: [
        torch.empty(4, dtype=dtype).random_(*bounds, **own)
        for dtype in (torch.float32, torch.float64, torch.int32, torch.int64, torch.uint8)
        for bounds in ((), (10,), (3, 20))
    ],
    "multinomial, a method": lambda torch, own: [torch.tensor([0.2, 0.8]).multinomial(5, replacement=True, **own)],
    "uniform_": lambda torch, own: [torch.zeros(2, 3).uniform_(-1, 1, **own)],
    "bernoulli_": lambda torch, own: [torch.zeros(10).bernoulli_(0.3, **own)],
}
RACES = {
    "multinomial of one": lambda torch, own: [
        torch.multinomial(torch.tensor([0.2, 0.5, 0.3]), num_samples=1, replacement=True, **own),
        torch.multinomial(torch.softmax(torch.zeros(2, 27), 1), 1, **own),
    ],
    "multinomial without replacement": lambda torch, own: [torch.multinomial(torch.tensor([0.2, 0.5, 0.3]), 3, **own)],
}


def check(draw):
    def with_the_default_stream(torch):
        torch.manual_seed(42)
        return draw(torch, {}), torch.rand(1), draw(torch, {})

    def with_a_generator(torch):
        own = {"generator": torch.Generator().manual_seed(2147483647)}
        torch.manual_seed(1)
        return draw(torch, own), draw(torch, own), torch.rand(1, **own), torch.rand(1)

    same_on_both(with_the_default_stream)
    same_on_both(with_a_generator)


@pytest.mark.parametrize("name", DRAWS)
def test_a_draw_is_pytorchs_after_the_same_seed(name):
    check(DRAWS[name])


@needs_torch_races
@pytest.mark.parametrize("name", RACES)
def test_a_draw_by_exponentials_is_pytorchs_after_the_same_seed(name):
    check(RACES[name])


@some
@given(
    seed=st.integers(0, 2**64 - 1), steps=st.lists(st.tuples(st.sampled_from(sorted(DRAWS)), st.booleans()), max_size=5)
)
def test_any_row_of_draws_from_two_streams_is_pytorchs(seed, steps):
    def program(torch):
        torch.manual_seed(seed)
        own = {"generator": torch.Generator().manual_seed(seed // 2)}
        return [DRAWS[name](torch, own if uses_own else {}) for name, uses_own in steps] + [
            torch.rand(2),
            torch.rand(2, **own),
        ]

    same_on_both(program)


def test_draws_may_require_a_gradient():
    def program(torch):
        torch.manual_seed(3)
        W = torch.randn((2, 3), requires_grad=True)
        u = torch.rand(3, requires_grad=True)
        (W @ u).sum().backward()
        return W, u, W.is_leaf, W.grad, u.grad, torch.randn(3)

    same_on_both(program)


def test_draws_like_a_tensor_have_its_shape_and_dtype():
    def program(torch):
        torch.manual_seed(3)
        x, n = torch.zeros(2, 3, dtype=torch.float64), torch.zeros(4, dtype=torch.int64)
        return [
            torch.rand_like(x),
            torch.randn_like(x),
            torch.randint_like(n, 5),
            torch.rand_like(n, dtype=torch.float32),
        ]

    same_on_both(program)


@pytest.mark.filterwarnings("ignore:divide by zero")
def test_draws_that_cannot_be_are_refused():
    def program(torch):
        p = torch.tensor([0.5, 0.5])
        calls = [(torch.rand, (-1,)), (torch.randn, (2, -1)), (torch.randint, (0, (2,))), (torch.randint, (5, 5, (2,)))]
        calls += [
            (torch.randperm, (-1,)),
            (torch.multinomial, (p, 3)),
            (torch.multinomial, (p, 0)),
            (torch.multinomial, (-p, 1)),
        ]
        calls += [
            (torch.multinomial, (p * 0, 1)),
            (torch.multinomial, (p / 0, 1)),
            (torch.multinomial, (torch.tensor(1.0), 1)),
        ]
        calls += [(torch.bernoulli, (p * 3,)), (torch.zeros(2).uniform_, (2, 1)), (torch.normal, (0.0, -1.0, (2,)))]
        calls += [(torch.Generator, ("nowhere",)), (torch.Generator().manual_seed, ("a",)), (torch.randint, (5,))]
        return [error(function, *arguments) for function, arguments in calls]

    same_on_both(program)


@pytest.mark.parametrize("dtype", ["int64", "bool"])
def test_floats_are_not_drawn_in_other_dtypes(dtype):
    def program(torch):
        kind = getattr(torch, dtype)
        return [error(draw, 3, dtype=kind) is not None for draw in (torch.rand, torch.randn)]

    same_on_both(program)


def test_bounds_and_seeds_may_be_tensors():
    def program(torch):
        torch.manual_seed(torch.tensor(5))
        drawn = torch.randint(torch.tensor(2), torch.tensor(9), (4,))
        torch.manual_seed(5.0)
        return drawn, torch.randint(2, 9, (4,))

    same_on_both(program)


def test_manual_seed_returns_the_default_generator_and_starts_it_anew():
    def program(torch):
        generator = torch.manual_seed(5)
        first = torch.rand(3)
        again = torch.manual_seed(5) is generator is torch.default_generator
        return (
            again,
            first,
            torch.rand(3),
            generator.initial_seed(),
            torch.initial_seed(),
            torch.rand(2, generator=generator),
        )

    same_on_both(program)


def test_the_default_stream_goes_on_from_its_state():
    def program(torch):
        torch.manual_seed(7)
        torch.randn(3)
        state = torch.get_rng_state()
        first = torch.rand(4)
        torch.set_rng_state(state)
        return first, torch.rand(4), state, torch.initial_seed()

    same_on_both(program)
    assert micrograd.seed() == micrograd.initial_seed()


@needs_torch_races
def test_exponential_numbers_are_pytorchs():
    def program(torch):
        return torch.empty(3).exponential_(2.0, generator=torch.Generator().manual_seed(1))

    same_on_both(program)


def test_a_stream_goes_on_from_its_state():
    def program(torch):
        g = torch.Generator().manual_seed(7)
        torch.rand(5, generator=g)
        torch.randn(3, generator=g)
        state = g.get_state()
        first = torch.randn(4, generator=g), torch.rand(3, generator=g)
        g.set_state(state)
        second = torch.randn(4, generator=g), torch.rand(3, generator=g)
        other = torch.Generator()
        other.set_state(state)
        return first, second, torch.randn(4, generator=other), state.dtype == torch.uint8, tuple(state.shape)

    same_on_both(program)


def test_a_state_goes_from_pytorch_to_micrograd():
    theirs = torch.Generator().manual_seed(11)
    torch.randn(3, generator=theirs)
    mine = micrograd.Generator()
    mine.set_state(micrograd.from_numpy(theirs.get_state().numpy()))
    agree(
        [micrograd.randn(5, generator=mine), micrograd.rand(3, generator=mine)],
        [torch.randn(5, generator=theirs), torch.rand(3, generator=theirs)],
    )


def test_a_draw_under_no_grad_and_one_from_a_graph():
    def program(torch):
        torch.manual_seed(1)
        p = torch.tensor([0.3, 0.7], requires_grad=True)
        with torch.no_grad():
            w = torch.rand(2, requires_grad=True)
        return w, torch.bernoulli((p * 1).detach()), torch.multinomial(p, 2, replacement=True)

    same_on_both(program)


def test_two_programs_without_a_seed_draw_other_numbers():
    one, two = micrograd.Generator(), micrograd.Generator()
    assert one.initial_seed() == two.initial_seed() == torch.Generator().initial_seed()
    one.seed()
    two.seed()
    assert one.initial_seed() != two.initial_seed()
    assert micrograd.rand(4, generator=one).tolist() != micrograd.rand(4, generator=two).tolist()


# The lectures.


def test_three_probabilities_and_a_hundred_samples():
    def program(torch):
        g = torch.Generator().manual_seed(2147483647)
        p = torch.rand(3, generator=g)
        p = p / p.sum()
        return p, torch.multinomial(p, num_samples=100, replacement=True, generator=g)

    same_on_both(program)
    p, samples = program(micrograd)
    assert p.tolist() == pytest.approx([0.6064, 0.3033, 0.0903], abs=5e-5)
    assert samples[:10].tolist() == [1, 1, 2, 0, 0, 2, 1, 1, 0, 0]


def test_the_weights_of_the_lecture_on_multilayer_perceptrons():
    def program(torch):
        g = torch.Generator().manual_seed(2147483647)
        C = torch.randn((27, 10), generator=g)
        W1 = torch.randn((30, 200), generator=g) * (5 / 3) / (30**0.5)
        b1 = torch.randn(200, generator=g) * 0.01
        W2 = torch.randn((200, 27), generator=g) * 0.01
        ix = torch.randint(0, 182580, (32,), generator=g)
        return C, W1, b1, W2, ix

    same_on_both(program)


def test_shuffling_and_splitting():
    def program(torch):
        torch.manual_seed(42)
        order = torch.randperm(1000)
        return order, order[:800].sum(), torch.randint(3, 5, (4, 2))

    same_on_both(program)
