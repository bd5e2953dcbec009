"""Several threads: each has its grad mode and its Module to itself, as in PyTorch."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

import micrograd
from micrograd import nn


@pytest.fixture(autouse=True)
def _switch_often():
    """Let threads take turns so often that what they share shows."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def beside(work):
    """What work() returns while another thread turns grad mode off and on all the time."""
    done = threading.Event()

    def toggle():
        while not done.is_set():
            with micrograd.no_grad():
                assert not (micrograd.ones(1, requires_grad=True) * 2).requires_grad

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(toggle)
        try:
            return work()
        finally:
            done.set()
            other.result()


def test_backwards_beside_a_thread_without_grad_mode_all_arrive():
    def work():
        for _ in range(3000):
            leaves = [micrograd.tensor([2.0], requires_grad=True) for _ in range(6)]
            product = leaves[0]
            for leaf in leaves[1:]:
                product = product * leaf
            product.sum().backward()
            assert [leaf.grad.item() for leaf in leaves] == [32] * 6
        return micrograd.is_grad_enabled()

    assert beside(work)


def test_a_new_thread_records_even_where_the_one_that_made_it_does_not():
    with micrograd.no_grad(), ThreadPoolExecutor(1) as pool:
        assert pool.submit(micrograd.is_grad_enabled).result()
        assert not micrograd.is_grad_enabled()


def train(seed):
    """The losses of a small net, and the path of the Module that made each node of the last one."""
    generator = micrograd.Generator().manual_seed(seed)
    net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Sequential(nn.Linear(8, 3)))
    for p in net.parameters():
        p.data = micrograd.randn(*p.shape, generator=generator) * 0.3
    x, y = micrograd.randn(16, 4, generator=generator), micrograd.randint(3, (16,), generator=generator)
    losses = []
    for _ in range(60):
        loss = nn.functional.cross_entropy(net(x), y)
        net.zero_grad()
        loss.backward()
        with micrograd.no_grad():
            for p in net.parameters():
                p -= 0.5 * p.grad
        losses.append(loss.item())
    nodes, modules = [net(x).grad_fn], []
    while nodes:
        node = nodes.pop()
        modules.append(type(node.module[0]()).__name__ if node.module else None)
        nodes += node._prev
    return losses, modules


def test_nets_trained_in_two_threads_give_the_numbers_of_one():
    alone = [train(1), train(2)]
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(train, [1, 2])) == alone
    assert alone[0][1] == ["Linear", "Tanh", "Linear"]


@pytest.mark.parametrize("library", [torch, micrograd])
def test_the_threads_of_products_are_set_and_asked_for(library):
    before = library.get_num_threads()
    try:
        for n in (2, 1):
            library.set_num_threads(n)
            assert library.get_num_threads() == n
        for wrong in (0, -1, 1.5):
            with pytest.raises(RuntimeError, match=r"expects an? (positive integer|int, but got float)$"):
                library.set_num_threads(wrong)
        assert library.get_num_threads() == 1
    finally:
        library.set_num_threads(before)
