"""The functions on sequences at the sizes of real nets and at the edges, against what they stand for in PyTorch.

Their cases in `op_cases` put them through the rules of all ops.
"""

import numpy as np
import pytest
import sequences
from two_libraries import both

import micrograd
from micrograd.nn import functional as F  # noqa: N812 - as everywhere

GATES = {"rnn": 1, "gru": 3, "lstm": 4}


def inputs(name, steps=16, n=32, e=24, hidden=20, size=1.0, dtype=np.float32):
    """x, the first states, weight and bias, of numbers up to `size` or, of weight, that over the root of the inputs."""
    rng = np.random.default_rng(0)
    starts = [(1, hidden)] * (2 if name == "lstm" else 1)
    shapes = [(steps, n, e), *starts, (GATES[name] * hidden, e + hidden), (GATES[name] * hidden,)]
    arrays = [rng.uniform(-size, size, shape).astype(dtype) for shape in shapes]
    arrays[-2] /= np.sqrt(e + hidden).astype(dtype)
    return arrays


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", GATES)
def test_states_and_gradients_are_those_of_the_loop_over_time(name, dtype):
    # The largest array has 12,288 numbers, none of which is the sum of more than 1,024: less than the usual terms.
    both(getattr(sequences, name), *inputs(name, dtype=dtype), scale=0.01)


@pytest.mark.parametrize("steps", [0, 3])
@pytest.mark.parametrize("name", GATES)
def test_steps_after_the_last_one_with_a_gradient_add_nothing(name, steps):
    gradient = np.ones((5, 2, 3), np.float32)
    gradient[steps:] = 0
    both(getattr(sequences, name), *inputs(name, steps=5, n=2, e=4, hidden=3), gradient=gradient)


@pytest.mark.parametrize("name", GATES)
def test_gates_that_are_shut_or_wide_open_neither_overflow_nor_turn_nan(name):
    arrays = inputs(name, steps=3, n=2, e=4, hidden=3, size=1e4)
    both(getattr(sequences, name), *arrays)
    assert np.isfinite(getattr(F, name)(*map(micrograd.from_numpy, arrays)).numpy()).all()


@pytest.mark.parametrize("name", GATES)
def test_shapes_that_do_not_fit_are_refused_by_name(name):
    for changed in range(len(inputs(name))):
        tensors = [micrograd.from_numpy(array) for array in inputs(name, steps=2, n=2, e=4, hidden=3)]
        tensors[changed] = tensors[changed][..., :-1]
        with pytest.raises(RuntimeError, match=f"{name}: with an input"):
            getattr(F, name)(*tensors)


def test_dtypes_that_differ_are_refused():
    x, start, weight, bias = map(micrograd.from_numpy, inputs("rnn"))
    with pytest.raises(RuntimeError, match="rnn: all tensors must have the same dtype"):
        F.rnn(x.double(), start, weight, bias)


@pytest.mark.parametrize("n_head", [1, 4])
def test_attention_is_that_of_softmax_and_two_matrix_products(n_head):
    qkv = np.random.default_rng(0).normal(size=(8, 16, 96)).astype(np.float32)
    both(sequences.causal_self_attention, qkv, n_head=n_head, scale=0.01)  # sums of 96 terms at most, not of 12,288


def test_attention_to_scores_of_thousands_neither_overflows_nor_turns_nan():
    qkv = 100 * np.random.default_rng(0).normal(size=(2, 5, 12)).astype(np.float32)
    both(sequences.causal_self_attention, qkv, n_head=2)
    assert np.isfinite(F.causal_self_attention(micrograd.from_numpy(qkv), 2).numpy()).all()


def test_attention_does_not_look_ahead():
    qkv = np.random.default_rng(0).normal(size=(1, 6, 12)).astype(np.float32)
    changed = qkv.copy()
    changed[:, 4:] *= -3
    before, after = (F.causal_self_attention(micrograd.from_numpy(array), 2).numpy() for array in (qkv, changed))
    np.testing.assert_array_equal(before[:, :4], after[:, :4])
    assert (before[:, 4:] != after[:, 4:]).all()


@pytest.mark.parametrize(
    ("shape", "n_head"), [((2, 4), 1), ((1, 2, 10), 1), ((1, 2, 12), 3), ((1, 2, 12), 0), ((1, 0, 12), 1)]
)
def test_heads_that_do_not_divide_the_numbers_are_refused(shape, n_head):
    with pytest.raises(RuntimeError, match=r"causal_self_attention takes \(n, T, 3 \* c\)"):
        F.causal_self_attention(micrograd.zeros(*shape), n_head)
