"""The rules of the graph: each test is a program that runs on micrograd and on PyTorch, and says the same on both."""

import contextlib
import gc
import warnings
import weakref

import numpy as np
import pytest
import torch
from two_libraries import error, same_on_both

import micrograd

torch.set_num_threads(1)  # the tensors are small

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # PyTorch's, about the grad of a tensor that is no leaf


@contextlib.contextmanager
def without_garbage_collector():
    """What is freed inside is freed by reference counting alone."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


# Leaves.


def test_a_leaf_adds_up_its_gradients_until_grad_is_set_to_none():
    def program(torch):
        w = torch.tensor([1.0, 2.0], requires_grad=True)
        seen = [w.grad]
        for _ in range(3):
            (w * w).sum().backward()
            seen.append(w.grad.tolist())
        w.grad = None
        (w * 5).sum().backward()
        return [*seen, w.grad]

    same_on_both(program)


def test_the_grad_of_a_leaf_is_one_tensor_that_later_backwards_add_to():
    def program(torch):
        w = torch.tensor([1.0, 2.0], requires_grad=True)
        (w * 2).sum().backward()
        first = w.grad
        (w * 3).sum().backward()
        return first is w.grad, first

    same_on_both(program)


def test_a_leaf_that_is_itself_the_root_gets_the_gradient_given():
    def program(torch):
        w, v = torch.tensor(3.0, requires_grad=True), torch.tensor([1.0, 2.0], requires_grad=True)
        w.backward()
        w.backward()
        given = torch.tensor([5.0, 7.0])
        v.backward(given)
        given[0] = 0
        return w.grad, v.grad

    same_on_both(program)


def test_a_variable_used_on_several_paths_gets_the_sum():
    def program(torch):
        a = torch.tensor([1.0, -2.0, 3.0], requires_grad=True)
        b = a * 2
        c = a + b
        d = b * c + a
        e = torch.cat([d, a, b]).sum() + (c * c).sum() + a[0] + a[0] + a.view(3, 1).sum()
        e.backward()
        return e, a.grad

    same_on_both(program)


def test_a_variable_added_to_itself_and_multiplied_by_itself_counts_twice():
    def program(torch):
        a = torch.tensor(3.0, requires_grad=True)
        (a + a).backward()
        first = a.grad.clone()
        (a * a - a).backward()
        return first, a.grad

    same_on_both(program)


def test_only_the_leaves_behind_the_root_get_a_gradient():
    def program(torch):
        a, b, c = (torch.tensor(x, requires_grad=True) for x in (1.0, 2.0, 3.0))
        beside = b * c
        (a * b.detach()).backward()
        return a.grad, b.grad, c.grad, beside

    same_on_both(program)


def test_each_leaf_gets_its_gradient_in_its_own_dtype():
    def program(torch):
        a = torch.tensor([1.0, 2.0], requires_grad=True)
        b = torch.tensor([3.0, 4.0], dtype=torch.float64, requires_grad=True)
        c = torch.tensor(5.0, dtype=torch.float64, requires_grad=True)
        out = (a * b + c) * a / c
        out.sum().backward()
        (a * c).sum().backward()
        torch.stack([a, b]).sum().backward()
        return out, a.grad, b.grad, c.grad

    same_on_both(program)


def test_a_gradient_goes_through_a_change_of_dtype():
    def program(torch):
        a = torch.tensor([1.0, 2.0], requires_grad=True)
        (a.double() * torch.tensor([0.1, 0.2], dtype=torch.float64)).sum().backward()
        (a.double().float() * 2).sum().backward()
        return a.grad

    same_on_both(program)


@pytest.mark.parametrize("name", ["long", "int", "bool"])
def test_a_change_to_integers_or_bools_leaves_the_graph(name):
    def program(torch):
        a = torch.tensor([1.0, 2.0], requires_grad=True)
        whole = getattr(a * 2, name)()
        return whole, whole.requires_grad, whole.is_leaf, (whole * a).requires_grad

    same_on_both(program)


# Twice through one graph.

ADDITIVE = {
    "sum": lambda torch, a, b: a.sum(0),
    "add": lambda torch, a, b: a + b,
    "sub": lambda torch, a, b: a - b,
    "rsub": lambda torch, a, b: 1 - a,
    "neg": lambda torch, a, b: -a,
    "mean": lambda torch, a, b: a.mean(),
    "cat": lambda torch, a, b: torch.cat([a, b]),
    "stack": lambda torch, a, b: torch.stack([a, b]),
    "view": lambda torch, a, b: a.view(-1),
    "T": lambda torch, a, b: a.T,
    "a row": lambda torch, a, b: a[0],
    "a slice": lambda torch, a, b: a[:, 1:],
    "expand": lambda torch, a, b: a[None].expand(3, 2, 2),
    "clone": lambda torch, a, b: a.clone(),
    "double": lambda torch, a, b: a.double(),
}
SAVING = {
    "mul": lambda torch, a, b: a * b,
    "mul by a number": lambda torch, a, b: a * 2,
    "div": lambda torch, a, b: a / b,
    "div by a number": lambda torch, a, b: a / 2,
    "pow": lambda torch, a, b: a**2,
    "exp": lambda torch, a, b: a.exp(),
    "log": lambda torch, a, b: a.log(),
    "sqrt": lambda torch, a, b: a.sqrt(),
    "tanh": lambda torch, a, b: a.tanh(),
    "sigmoid": lambda torch, a, b: a.sigmoid(),
    "relu": lambda torch, a, b: a.relu(),
    "abs": lambda torch, a, b: a.abs(),
    "matmul": lambda torch, a, b: a @ b,
    "max": lambda torch, a, b: a.max(),
    "max over a dim": lambda torch, a, b: a.max(1).values,
    "var": lambda torch, a, b: a.var(),
    "std": lambda torch, a, b: a.std(),
    "softmax": lambda torch, a, b: a.softmax(1),
    "log_softmax": lambda torch, a, b: a.log_softmax(1),
    "cross_entropy": lambda torch, a, b: torch.nn.functional.cross_entropy(a, torch.tensor([0, 1])),
}


def twice(operation, first=False, then=False):
    """A program that goes back through the operation twice, and says where it fails and what the gradient is."""

    def program(torch):
        a = torch.tensor([[1.0, 2.0], [3.0, 5.0]], requires_grad=True)
        b = torch.tensor([[2.0, 1.0], [0.5, 4.0]], requires_grad=True)
        out = operation(torch, a, b)
        gradient = torch.ones_like(out)
        errors = [error(out.backward, gradient, retain_graph=first), error(out.backward, gradient, retain_graph=then)]
        return errors, a.grad, b.grad

    return program


@pytest.mark.parametrize("name", ADDITIVE)
def test_a_second_backward_goes_through_where_nothing_was_saved(name):
    same_on_both(twice(ADDITIVE[name]))
    assert twice(ADDITIVE[name])(micrograd)[0] == [None, None]


@pytest.mark.parametrize("name", SAVING)
def test_a_second_backward_raises_where_a_value_was_saved(name):
    same_on_both(twice(SAVING[name]))
    assert twice(SAVING[name])(micrograd)[0] == [None, "RuntimeError"]


@pytest.mark.parametrize("name", SAVING)
def test_retain_graph_lets_backward_run_twice_and_doubles_the_gradients(name):
    same_on_both(twice(SAVING[name], first=True))
    _, once, _ = twice(SAVING[name])(micrograd)  # the second of the two raises, see above
    errors, doubled, _ = twice(SAVING[name], first=True)(micrograd)
    assert errors == [None, None]
    np.testing.assert_array_equal(doubled.numpy(), 2 * once.numpy())


def test_what_was_retained_once_is_released_by_the_next_backward():
    def program(torch):
        a = torch.tensor(2.0, requires_grad=True)
        out = (a * a).exp()
        keep = [{"retain_graph": True}, {"retain_graph": True}, {}, {}]
        return [error(out.backward, **options) for options in keep], a.grad

    same_on_both(program)


def test_a_part_shared_by_two_roots_is_released_by_the_first_of_them():
    def program(torch):
        a = torch.tensor(2.0, requires_grad=True)
        shared = a * a
        one, two, three = shared + 1, shared * 2, a + 3
        return error(one.backward), error(two.backward), error(three.backward), a.grad

    same_on_both(program)


def test_the_second_backward_says_what_to_do():
    a = micrograd.tensor(2.0, requires_grad=True)
    out = a.exp()
    out.backward()
    with pytest.raises(RuntimeError, match=r"^Trying to backward through the graph a second time.*retain_graph=True"):
        out.backward()


def test_a_backward_that_fails_leaves_the_leaves_without_a_gradient():
    a, b = (micrograd.tensor(x, requires_grad=True) for x in (2.0, 3.0))
    inner = a.exp()
    inner.backward()
    a.grad = None
    with pytest.raises(RuntimeError):
        (inner + b).backward()
    assert a.grad is None
    assert b.grad is None


# Inner gradients.


def test_inner_tensors_have_no_grad_unless_it_is_retained():
    def program(torch):
        a = torch.tensor([1.0, 2.0], requires_grad=True)
        b = a * 3
        c = b + 1
        c.retain_grad()
        c.retain_grad()  # once more is as good as once
        (c * c).sum().backward()
        return a.grad, b.grad, c.grad

    same_on_both(program)


def test_a_look_at_the_grad_of_an_inner_tensor_warns():
    b = micrograd.tensor(1.0, requires_grad=True) * 3
    with pytest.warns(UserWarning, match="retain_grad"):
        assert b.grad is None


def test_a_look_at_other_grads_does_not_warn():
    a = micrograd.tensor(1.0, requires_grad=True)
    b = a * 3
    b.retain_grad()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert a.grad is None
        assert b.grad is None
        assert micrograd.tensor(1.0).grad is None


def test_retained_gradients_add_up_over_backwards_in_new_memory():
    def program(torch):
        a = torch.tensor([1.0, 2.0], requires_grad=True)
        b = a * 3
        b.retain_grad()
        (b * b).sum().backward(retain_graph=True)
        first = b.grad
        (b * 5).sum().backward()
        return first, b.grad, a.grad

    same_on_both(program)


def test_the_root_can_retain_its_gradient():
    def program(torch):
        out = torch.tensor([1.0, 2.0], requires_grad=True).sum()
        out.retain_grad()
        out.backward()
        return out.grad

    same_on_both(program)


def test_retain_grad_needs_a_tensor_that_requires_grad_and_does_nothing_to_a_leaf():
    def program(torch):
        a = torch.tensor(2.0, requires_grad=True)
        a.retain_grad()
        (a * 3).backward()
        return a.grad, error(torch.tensor(1.0).retain_grad)

    same_on_both(program)


def test_retained_is_the_gradient_of_the_tensor_as_it_is_after_a_change_in_place():
    def program(torch):
        a = torch.tensor([1.0, 2.0], requires_grad=True)
        b = a * 2
        b.retain_grad()
        b *= 3
        b += a
        b[0] = 7
        (b * 10).sum().backward()
        return b.grad, a.grad

    same_on_both(program)


def test_the_gradients_of_the_lecture_on_backprop_by_hand():
    def program(torch):
        generator = torch.Generator().manual_seed(2147483647)
        C = torch.randn((5, 3), generator=generator)
        W = torch.randn((6, 4), generator=generator) * 0.1
        gain, bias = torch.randn((1, 4), generator=generator) * 0.1 + 1, torch.randn((1, 4), generator=generator) * 0.1
        parameters = [C, W, gain, bias]
        for p in parameters:
            p.requires_grad = True
        X, Y = torch.tensor([[0, 1], [2, 2], [4, 0]]), torch.tensor([1, 0, 3])
        n = X.shape[0]
        embcat = C[X].view(n, -1)
        hprebn = embcat @ W
        bnmeani = 1 / n * hprebn.sum(0, keepdim=True)
        bndiff = hprebn - bnmeani
        bnvar = 1 / (n - 1) * (bndiff**2).sum(0, keepdim=True)
        bnvar_inv = (bnvar + 1e-5) ** -0.5
        logits = torch.tanh(gain * (bndiff * bnvar_inv) + bias)
        logit_maxes = logits.max(1, keepdim=True).values
        counts = (logits - logit_maxes).exp()
        counts_sum_inv = counts.sum(1, keepdims=True) ** -1
        logprobs = (counts * counts_sum_inv).log()
        loss = -logprobs[range(n), Y].mean()
        inner = [logprobs, counts_sum_inv, counts, logit_maxes, logits, bnvar_inv, bnvar, bndiff, bnmeani, embcat]
        for p in parameters:
            p.grad = None
        for t in inner:
            t.retain_grad()
        loss.backward()
        return loss, [t.grad for t in inner], [p.grad for p in parameters]

    same_on_both(program)


# What requires a gradient.


def test_requires_grad_spreads_from_any_input_and_from_nowhere_else():
    def program(torch):
        a, b = torch.tensor([1.0, 2.0], requires_grad=True), torch.tensor([3.0, 4.0])
        results = [
            a + b,
            b + a,
            a + 1,
            b + 1,
            b * b,
            torch.cat([b, a]),
            torch.stack([b, b]),
            a[0],
            b[0],
            b @ a,
            a.view(2, 1),
        ]
        results += [a > b, a == a, a.argmax(), a.max(0).values, a.max(0).indices, a.clone(), a.detach(), a.data, 2 - a]
        results += [torch.zeros_like(a), torch.zeros_like(a, requires_grad=True), torch.tensor(1.0)]
        return [(x, x.requires_grad, x.is_leaf, x.grad_fn is None) for x in results]

    same_on_both(program)


def test_requires_grad_can_be_set_on_leaves_of_floats_only():
    def program(torch):
        a = torch.tensor([1.0, 2.0])
        seen = [a.requires_grad, a.requires_grad_() is a, a.requires_grad]
        b = a * 2
        seen += [error(b.requires_grad_, False), error(setattr, b, "requires_grad", False), b.requires_grad_() is b]
        a.requires_grad = False
        seen += [a.requires_grad, (a * 2).requires_grad, a.requires_grad_(True).requires_grad]
        for whole in (torch.tensor([1, 2]), torch.tensor([True]), torch.arange(3)):
            seen += [error(whole.requires_grad_), error(whole.requires_grad_, False), whole.requires_grad]
        return [*seen, error(torch.tensor, [1, 2], requires_grad=True)]

    same_on_both(program)


def test_detach_shares_the_numbers_and_not_the_graph():
    def program(torch):
        a = torch.tensor([1.0, 2.0], requires_grad=True)
        b = a * 3
        d = b.detach()
        (b * d).sum().backward()
        d[0] = 10
        return d.requires_grad, d.is_leaf, b, a.grad

    same_on_both(program)


def test_no_grad_as_context_manager_and_as_decorator_with_and_without_brackets():
    def program(torch):
        a = torch.tensor(2.0, requires_grad=True)
        seen = [torch.is_grad_enabled(), (a * 2).requires_grad]
        with torch.no_grad():
            seen += [
                torch.is_grad_enabled(),
                (a * 2).requires_grad,
                a.requires_grad,
                torch.tensor(1.0, requires_grad=True),
            ]
            with torch.enable_grad():
                seen += [torch.is_grad_enabled(), (a * 2).requires_grad]
            with torch.no_grad():
                pass
            seen.append(torch.is_grad_enabled())

        @torch.no_grad()
        def with_brackets(x, *, y):
            """Its words."""
            return (x * y).requires_grad, torch.is_grad_enabled()

        @torch.no_grad
        def without_brackets(x, *, y):
            return (x * y).requires_grad, torch.is_grad_enabled()

        @torch.enable_grad()
        def enabled(x):
            return (x * 2).requires_grad

        seen += [with_brackets(a, y=a), with_brackets.__name__, with_brackets.__doc__]
        seen += [without_brackets(a, y=a), without_brackets.__name__, torch.is_grad_enabled()]
        with torch.no_grad():
            seen += [enabled(a), torch.is_grad_enabled()]
        return [*seen, torch.is_grad_enabled()]

    same_on_both(program)


def test_a_decorated_function_may_call_itself():
    def program(torch):
        seen = []

        @torch.no_grad()
        def count(n):
            seen.append(torch.is_grad_enabled())
            if n:
                count(n - 1)
            seen.append(torch.is_grad_enabled())

        count(3)
        return [*seen, torch.is_grad_enabled()]

    same_on_both(program)


def test_an_error_inside_no_grad_turns_recording_on_again():
    def program(torch):
        def fail():
            with torch.no_grad():
                raise ValueError

        @torch.no_grad()
        def fail_decorated():
            raise ValueError

        return error(fail), torch.is_grad_enabled(), error(fail_decorated), torch.is_grad_enabled()

    same_on_both(program)


def test_no_grad_as_a_method_of_an_object():
    def program(torch):
        class Net:
            @torch.no_grad()
            def evaluate(self, x):
                return (x * 2).requires_grad

        return Net().evaluate(torch.tensor(1.0, requires_grad=True))

    same_on_both(program)


# Where the way back starts.


def test_backward_takes_a_gradient_of_the_shape_of_the_tensor():
    def program(torch):
        a = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
        given = torch.tensor([[1.0, 10.0], [100.0, 0.0]])
        (a * a).backward(given)
        (a + 0).backward(gradient=given.double())
        return a.grad, given

    same_on_both(program)


def test_backward_refuses_what_it_cannot_start_from():
    def program(torch):
        a = torch.tensor([1.0, 2.0], requires_grad=True)
        b = a * 2
        wrong = [torch.ones(3), torch.ones(2, 1), torch.tensor(1.0), 1.0, [1.0, 1.0]]
        seen = [error(b.backward), error(a.backward)] + [error(b.backward, gradient) for gradient in wrong]
        seen += [error(torch.tensor(1.0).backward), error((b * 2).detach().sum().backward)]
        with torch.no_grad():
            seen.append(error((b * 2).sum().backward))
        return seen, a.grad

    same_on_both(program)


def test_a_tensor_of_one_element_needs_no_gradient_whatever_its_shape():
    def program(torch):
        a = torch.tensor([[3.0]], requires_grad=True)
        (a * a).backward()
        (a * a).view(1).backward()
        return a.grad

    same_on_both(program)


# Memory.


@pytest.mark.parametrize(
    "program",
    [
        lambda a, b: a + b,
        lambda a, b: a + a,
        lambda a, b: a - b + a.view(3, 2).view(2, 3),
        lambda a, b: a.T.T + b.clone(),
        lambda a, b: (a.view(6) + b.view(6)).view(2, 3),
        lambda a, b: a[:] + b[:, :],
        lambda a, b: micrograd.cat([a, b])[:2] + micrograd.stack([b, a])[1],
        lambda a, b: a.expand(4, 2, 3)[0] + b,
        lambda a, b: a.unsqueeze(0).squeeze(0) + b.transpose(0, 1).permute(1, 0),
        lambda a, b: a.double() + b,
    ],
)
def test_no_two_gradients_share_memory_with_each_other_or_with_the_data(program):
    a, b = (micrograd.ones(2, 3, requires_grad=True) for _ in range(2))
    out = program(a, b)
    out.retain_grad()
    given = micrograd.ones_like(out)
    out.backward(given)
    tensors = [a, b, out, given, *[t.grad for t in (a, b, out) if t.grad is not None]]
    assert len(tensors) >= 6
    arrays = [t.detach().numpy() for t in tensors]
    for i, one in enumerate(arrays):
        for other in arrays[:i]:
            assert not np.shares_memory(one, other)
    for grad in arrays[4:]:
        grad += 1  # not a view that NumPy keeps from being written to


def test_the_gradient_of_a_leaf_is_not_that_of_the_other_when_one_is_changed():
    def program(torch):
        a, b = (torch.tensor([1.0, 2.0], requires_grad=True) for _ in range(2))
        (a + b).sum().backward()
        a.grad *= 0
        a.grad[1] = 7
        (a + b).sum().backward()
        return a.grad, b.grad

    same_on_both(program)


def chain(start, length):
    """A chain of `length` additions behind start.exp(), as the last tensor and a weak reference to what exp saved."""
    first = start.exp()
    saved = weakref.ref(first.detach().numpy())
    out = first
    for _ in range(length):
        out = out + 1
    return out, saved, weakref.ref(first)


@pytest.mark.parametrize("back", [False, True])
def test_a_chain_of_100_000_operations_works_and_is_freed_without_the_garbage_collector(back):
    start = micrograd.tensor([0.0, 0.0], requires_grad=True)
    with without_garbage_collector():
        out, saved, first = chain(start, 100_000)
        assert first() is None, "the graph holds on to a tensor"
        assert saved() is not None
        if back:
            out.sum().backward(retain_graph=True)
            assert start.grad.tolist() == [1, 1]
        del out
        assert saved() is None


def test_backward_releases_what_was_saved_while_the_result_lives():
    start = micrograd.tensor([0.0, 0.0], requires_grad=True)
    with without_garbage_collector():
        out, saved, _ = chain(start, 3)
        out.sum().backward(retain_graph=True)
        assert saved() is not None
        out.sum().backward()
        assert saved() is None
        assert out.requires_grad


def test_a_detached_tensor_does_not_keep_the_graph():
    start = micrograd.tensor([0.0, 0.0], requires_grad=True)
    with without_garbage_collector():
        out, saved, _ = chain(start, 3)
        kept = [out.detach(), out.data, out.detach()[0], out.sum().detach()]
        del out
        assert saved() is None
        assert kept[0].tolist() == [4, 4]


def test_a_view_keeps_the_graph():
    start = micrograd.tensor([0.0, 0.0], requires_grad=True)
    out, saved, _ = chain(start, 3)
    row = out[0]
    del out
    assert saved() is not None
    row.backward()
    assert start.grad.tolist() == [1, 0]


def test_a_graph_of_tensors_has_no_reference_cycles():
    def program():
        a, b = (micrograd.ones(2, 2, requires_grad=True) for _ in range(2))
        out = micrograd.zeros(2, 2)
        out[0] = (a @ b).tanh()[0]
        out[1] += (a * b / 2 - a**2).exp().log().sum(0)
        out *= b
        out /= out.sum(1, keepdim=True)
        out.retain_grad()
        views = [out.T, out.view(-1), out[0], out[None], out.unsqueeze(0).squeeze(), out.sum().transpose(0, 0), out.t()]
        parts = [micrograd.cat([out, a]), micrograd.stack([b, out]), out.max(0).values, out[[0, 1], [1, 0]], out.std()]
        loss = micrograd.nn.functional.cross_entropy(out, micrograd.tensor([0, 1]))
        for x in [*views, *parts, loss]:
            x.sum().backward(retain_graph=True)
        with contextlib.suppress(RuntimeError):
            a += 1
        with micrograd.no_grad():
            a += b
        return out.grad is not None

    with without_garbage_collector():
        assert program()
        gc.collect()  # what the first run of a function leaves behind, such as compiled regular expressions
        assert program()
        assert gc.collect() == 0


def test_a_gradient_keeps_nothing_but_itself():
    start = micrograd.tensor([0.0, 0.0], requires_grad=True)
    with without_garbage_collector():
        out, saved, _ = chain(start, 3)
        out.retain_grad()
        out.sum().backward(retain_graph=True)
        grads = [out.grad, start.grad]
        del out
        assert saved() is None
        assert [g.tolist() for g in grads] == [[1, 1], [1, 1]]


# What a tensor says of its place in the graph.

PRINTED = {
    "leaf": lambda torch, a, b: a,
    "data": lambda torch, a, b: a.data,
    "add": lambda torch, a, b: a + b,
    "radd": lambda torch, a, b: 1 + a,
    "sub": lambda torch, a, b: a - b,
    "rsub": lambda torch, a, b: 1 - a,
    "mul": lambda torch, a, b: a * b,
    "div": lambda torch, a, b: a / b,
    "rdiv": lambda torch, a, b: 1 / a,
    "pow": lambda torch, a, b: a**2,
    "pow of tensors": lambda torch, a, b: a**b,
    "neg": lambda torch, a, b: -a,
    "abs": lambda torch, a, b: a.abs(),
    "exp": lambda torch, a, b: (a * 0).exp(),
    "log": lambda torch, a, b: (b / b).log(),
    "sqrt": lambda torch, a, b: a.sqrt(),
    "tanh": lambda torch, a, b: (a * 0).tanh(),
    "sigmoid": lambda torch, a, b: (a * 0).sigmoid(),
    "relu": lambda torch, a, b: a.relu(),
    "sum": lambda torch, a, b: a.sum(),
    "sum over a dim": lambda torch, a, b: a.sum(1),
    "mean": lambda torch, a, b: a.mean(),
    "mean over a dim": lambda torch, a, b: a.mean(0, keepdim=True),
    "max": lambda torch, a, b: a.max(),
    "max over a dim": lambda torch, a, b: a.max(1),
    "var": lambda torch, a, b: a.var(),
    "std": lambda torch, a, b: a.std(0),
    "matmul": lambda torch, a, b: a @ b,
    "dot": lambda torch, a, b: a[0] @ b[0],
    "matrix times vector": lambda torch, a, b: a @ b[0],
    "batches of matrices": lambda torch, a, b: a[None] @ b[None],
    "view": lambda torch, a, b: a.view(-1),
    "reshape": lambda torch, a, b: a.reshape(4, 1),
    "T": lambda torch, a, b: a.T,
    "transpose": lambda torch, a, b: a.transpose(0, 1),
    "squeeze": lambda torch, a, b: a.squeeze(),
    "unsqueeze": lambda torch, a, b: a.unsqueeze(0),
    "expand": lambda torch, a, b: a.expand(2, 2, 2),
    "cat": lambda torch, a, b: torch.cat([a, b]),
    "stack": lambda torch, a, b: torch.stack([a, b]),
    "clone": lambda torch, a, b: a.clone(),
    "double": lambda torch, a, b: a.double(),
    "int index": lambda torch, a, b: a[0],
    "slice": lambda torch, a, b: a[1:],
    "new dimension": lambda torch, a, b: a[None],
    "index": lambda torch, a, b: a[[0, 0, 1]],
    "mask": lambda torch, a, b: a[a > 2],
    "softmax": lambda torch, a, b: (a * 0).softmax(1),
    "log_softmax": lambda torch, a, b: (a * 0).log_softmax(1),
    "cross_entropy": lambda torch, a, b: torch.nn.functional.cross_entropy(a * 0, torch.tensor([0, 1])),
}


@pytest.mark.parametrize("name", PRINTED)
def test_a_tensor_prints_the_name_of_its_operation_as_in_pytorch(name):
    def program(torch):
        a = torch.tensor([[1.0, 2.0], [4.0, 3.0]], requires_grad=True)
        b = torch.tensor([[2.0, 1.0], [1.0, 2.0]], requires_grad=True)
        return repr(PRINTED[name](torch, a, b))

    same_on_both(program)


def test_grad_fn_of_a_leaf_is_none_and_of_a_result_prints_its_name():
    def program(torch):
        a = torch.tensor(1.0, requires_grad=True)
        return a.grad_fn, repr((a * 2).grad_fn).split(" object")[0], a.is_leaf, (a * 2).is_leaf, a.detach().is_leaf

    same_on_both(program)


# The lines of the lectures.


def test_the_neuron_of_the_lecture():
    def program(torch):
        x1 = torch.Tensor([2.0]).double()
        x1.requires_grad = True
        x2 = torch.Tensor([0.0]).double()
        x2.requires_grad = True
        w1 = torch.Tensor([-3.0]).double()
        w1.requires_grad = True
        w2 = torch.Tensor([1.0]).double()
        w2.requires_grad = True
        b = torch.Tensor([6.8813735870195432]).double()
        b.requires_grad = True
        n = x1 * w1 + x2 * w2 + b
        o = torch.tanh(n)
        o.backward()
        return o.data.item().__round__(12), [v.grad.item().__round__(12) for v in (x2, w2, x1, w1)]

    same_on_both(program)


def test_gradient_descent_as_in_the_lecture_gives_the_same_losses():
    def program(torch):
        xs, ys = torch.tensor([0, 1, 2, 3, 1, 1]), torch.tensor([1, 2, 3, 0, 1, 2])
        W = torch.randn((4, 4), generator=torch.Generator().manual_seed(2147483647), requires_grad=True)
        losses = []
        for _ in range(20):
            logits = W[xs]
            counts = logits.exp()
            probs = counts / counts.sum(1, keepdims=True)
            loss = -probs[torch.arange(6), ys].log().mean() + 0.01 * (W**2).mean()
            W.grad = None
            loss.backward()
            W.data += -5 * W.grad
            losses.append(round(loss.item(), 5))
        return losses, W.is_leaf, W.requires_grad

    same_on_both(program)


def test_a_change_of_data_is_seen_by_the_next_step_and_keeps_the_leaf():
    def program(torch):
        w = torch.tensor([1.0, 2.0], requires_grad=True)
        (w * w).sum().backward()
        w.data -= 0.5 * w.grad
        w.data[1] = 4
        w.data = w.data * 2
        w.grad.data.zero_()
        (w * w).sum().backward()
        return w, w.grad, w.is_leaf, w.requires_grad

    same_on_both(program)


def test_grad_can_be_assigned_and_only_in_the_shape_of_its_tensor():
    def program(torch):
        w = torch.tensor([1.0, 2.0], requires_grad=True)
        w.grad = torch.tensor([5.0, 6.0])
        (w * 2).sum().backward()
        wrong = [torch.ones(3), torch.ones(2).double(), 0.0]
        return w.grad, *[error(setattr, w, "grad", value) for value in wrong], w.grad

    same_on_both(program)


def test_a_view_made_without_a_graph_says_that_it_requires_grad_and_is_not_to_be_changed():
    def program(torch):
        x = torch.ones(2, 3, requires_grad=True)
        with torch.no_grad():
            view, product = x.view(-1), x * 2
        return view.requires_grad, view.is_leaf, product.requires_grad, error(view.mul_, 2), x

    same_on_both(program)


def test_a_detached_tensor_goes_on_after_its_memory_was_changed_in_the_graph():
    def program(torch):
        w = torch.tensor([1.0, 2.0], requires_grad=True)
        x = torch.ones(2)
        outside = x.detach()
        x *= w
        result = (outside * w).sum()
        result.backward()
        return outside.requires_grad, result, w.grad

    same_on_both(program)


def test_detach_in_place_and_what_retains_a_gradient():
    def program(torch):
        x = torch.tensor([1.0, 2.0], requires_grad=True)
        y = x * 2
        y.retain_grad()
        seen = [y.retains_grad, x.retains_grad, (x * 2).retains_grad]
        return *seen, y.detach_().requires_grad, y.is_leaf, y

    same_on_both(program)


@pytest.mark.parametrize("kinds", [("slice", "array"), ("array", "slice")])
def test_an_assignment_is_let_go_of_by_backward_whatever_kind_of_index_was_seen_first(kinds):
    def program(torch):
        for kind in kinds:
            x, value = torch.zeros(3), torch.ones(1, requires_grad=True)
            x[slice(0, 1) if kind == "slice" else torch.tensor([0])] = value
            x.sum().backward()
            yield error(x.sum().backward)

    assert list(program(micrograd)) == list(program(torch)) == ["RuntimeError"] * 2


def test_a_function_of_a_tuple_of_one_and_one_without_zeros():
    def program(torch):
        seen = []

        class Pair(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x, materialize):
                ctx.set_materialize_grads(materialize)
                return x * 2, x * 3

            @staticmethod
            def backward(ctx, first, second):
                seen.append(second if second is None else second.tolist())
                return first * 2, None

        class Single(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return (x * 2,)

            @staticmethod
            def backward(ctx, grad):
                return grad * 2

        x = torch.ones(2, requires_grad=True)
        for materialize in (True, False):
            Pair.apply(x, materialize)[0].sum().backward()
        (y,) = Single.apply(x)
        y.sum().backward()
        return x.grad.tolist(), seen

    assert program(micrograd) == program(torch) == ([6.0, 6.0], [[0.0, 0.0], None])
