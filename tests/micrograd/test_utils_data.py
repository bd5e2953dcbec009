"""Datasets and loaders against torch.utils.data: the same program, the same seed, the same batches."""

import itertools
from collections import namedtuple

import numpy as np
import pytest
import torch
import torch.utils.data
from hypothesis import given, settings
from hypothesis import strategies as st
from two_libraries import tensor_like

import micrograd
import micrograd.utils.data


def plain(result):
    """What a program returned, with the tensors of either library as their dtype and numbers."""
    if tensor_like(result):
        return repr(result.dtype), tuple(result.shape), result.tolist()
    if isinstance(result, dict):
        return {key: plain(value) for key, value in result.items()}
    if isinstance(result, tuple | list):
        values = [plain(value) for value in result]
        return (type(result).__name__, *values) if hasattr(result, "_fields") else type(result)(values)
    return result


def alike(program, *args):
    """Run a program on both libraries, each after the same seed, and compare all that it returns; the common result.

    The place where the default stream stands in the end is compared as well.
    """
    results = []
    for torch_ in (micrograd, torch):
        torch_.manual_seed(5)
        results.append(plain([program(torch_, *args), torch_.randint(0, 1000, (3,))]))
    assert results[0] == results[1]
    return results[0][0]


def error_of(program):
    """The class of the error that a program raises on both libraries."""
    errors = []
    for torch_ in (micrograd, torch):
        try:
            program(torch_)
        except (TypeError, ValueError, RuntimeError, AssertionError) as error:
            errors.append(RuntimeError if isinstance(error, RuntimeError) else type(error))
        else:
            errors.append(None)
    assert errors[0] is errors[1] is not None
    return errors[0]


class Squares:
    """A dataset that is none of the library's: pairs of a number and its square."""

    def __init__(self, torch, n):
        self.torch, self.n = torch, n

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        return self.torch.tensor([i, i + 1]), i * i


def rows(torch, n):
    """A dataset of two tensors with n rows."""
    return torch.utils.data.TensorDataset(torch.arange(3 * n).reshape(n, 3), torch.arange(n) * 0.5)


# Loaders


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("make", [rows, Squares])
def test_a_loader_gives_pytorchs_batches_epoch_after_epoch(make, shuffle):
    def program(torch):
        loader = torch.utils.data.DataLoader(make(torch, 10), batch_size=4, shuffle=shuffle)
        return len(loader), [list(loader) for _ in range(3)]

    length, epochs = alike(program)
    assert length == 3
    assert [len(epoch) for epoch in epochs] == [3, 3, 3]
    assert (epochs[0] != epochs[1]) is shuffle


@settings(max_examples=100, deadline=None)
@given(
    n=st.integers(1, 12),
    batch_size=st.integers(1, 5),
    shuffle=st.booleans(),
    drop_last=st.booleans(),
    own_generator=st.booleans(),
    taken=st.lists(st.integers(0, 14), min_size=1, max_size=3),
)
def test_any_loader_that_is_left_at_any_place_draws_what_pytorchs_does(
    n, batch_size, shuffle, drop_last, own_generator, taken
):
    def program(torch):
        generator = torch.Generator().manual_seed(3) if own_generator else None
        loader = torch.utils.data.DataLoader(
            rows(torch, n), batch_size, shuffle, drop_last=drop_last, generator=generator
        )
        epochs = [list(itertools.islice(loader, count)) for count in taken]
        return len(loader), epochs, torch.rand(2, generator=generator)

    alike(program)


@settings(max_examples=100, deadline=None)
@given(
    n=st.integers(1, 12),
    replacement=st.booleans(),
    num_samples=st.none() | st.integers(1, 100),
    own_generator=st.booleans(),
    taken=st.lists(st.integers(0, 110), min_size=1, max_size=3),
)
def test_any_random_sampler_draws_what_pytorchs_does(n, replacement, num_samples, own_generator, taken):
    def program(torch):
        generator = torch.Generator().manual_seed(3) if own_generator else None
        sampler = torch.utils.data.RandomSampler(range(n), replacement, num_samples, generator)
        drawn = [list(itertools.islice(sampler, count)) for count in taken]
        return len(sampler), sampler.num_samples, drawn, torch.rand(2, generator=generator)

    alike(program)


def test_the_endless_loader_of_makemore_gives_pytorchs_batches():
    class CharDataset:
        def __init__(self, torch, words):
            self.torch, self.words = torch, words

        def __len__(self):
            return len(self.words)

        def __getitem__(self, i):
            ix = self.torch.tensor([ord(c) - 96 for c in self.words[i]], dtype=self.torch.long)
            x = self.torch.zeros(8, dtype=self.torch.long)
            y = self.torch.zeros(8, dtype=self.torch.long)
            x[1 : 1 + len(ix)] = ix
            y[: len(ix)] = ix
            y[len(ix) + 1 :] = -1
            return x, y

    class InfiniteDataLoader:
        def __init__(self, torch, dataset, **kwargs):
            train_sampler = torch.utils.data.RandomSampler(dataset, replacement=True, num_samples=int(1e10))
            self.train_loader = torch.utils.data.DataLoader(dataset, sampler=train_sampler, **kwargs)
            self.data_iter = iter(self.train_loader)

        def next(self):
            try:
                return next(self.data_iter)
            except StopIteration:
                self.data_iter = iter(self.train_loader)
                return next(self.data_iter)

    def program(torch):
        dataset = CharDataset(torch, ["emma", "olivia", "ava", "isabella"[:6], "sophia", "mia", "amelia"])
        batches = InfiniteDataLoader(torch, dataset, batch_size=32, pin_memory=False, num_workers=0)
        return [batches.next() for _ in range(4)], len(batches.train_loader)

    _, length = alike(program)
    assert length == 312_500_000


def test_workers_and_pinned_memory_change_nothing():
    def batches(**options):
        micrograd.manual_seed(5)
        return plain(list(micrograd.utils.data.DataLoader(rows(micrograd, 7), 2, shuffle=True, **options)))

    workers = {"num_workers": 4, "prefetch_factor": 2, "persistent_workers": True, "worker_init_fn": print}
    assert batches() == batches(**workers, pin_memory=True, timeout=1, in_order=False)


def test_rows_taken_at_once_are_those_taken_one_by_one():
    def program(torch, collate):
        dataset = rows(torch, 9)
        part = torch.utils.data.Subset(torch.utils.data.Subset(dataset, [8, 1, 2, 3, 5, 7]), range(5, 0, -1))
        return list(torch.utils.data.DataLoader(part, 2, collate_fn=collate and torch.utils.data.default_collate))

    def one_by_one(examples):
        return micrograd.utils.data.default_collate(examples)

    assert alike(program, None) == alike(program, True)
    dataset = rows(micrograd, 9)
    at_once, single = (micrograd.utils.data.DataLoader(dataset, 4, collate_fn=fn) for fn in (None, one_by_one))
    assert plain(list(at_once)) == plain(list(single))


def test_a_loader_leaves_the_dataset_its_memory():
    dataset = micrograd.utils.data.TensorDataset(micrograd.zeros(4, 2))
    for (batch,) in micrograd.utils.data.DataLoader(dataset, 2):
        batch += 1
    assert dataset.tensors[0].sum().item() == 0


def test_a_loader_takes_a_sampler_or_a_sampler_of_batches():
    def program(torch):
        loader_of, dataset = torch.utils.data.DataLoader, rows(torch, 5)
        batches = torch.utils.data.BatchSampler(torch.utils.data.SequentialSampler(dataset), 2, False)
        loaders = [
            loader_of(dataset, 2, sampler=[4, 0, 2]),
            loader_of(dataset, batch_sampler=[[4, 0], [1], [2, 3, 3]]),
            loader_of(dataset, batch_sampler=batches),
            loader_of(dataset, batch_size=None),
            loader_of(dataset, batch_size=None, shuffle=True),
        ]
        return [[len(loader), list(loader), loader.batch_size] for loader in loaders]

    alike(program)


def test_a_sampler_that_draws_when_it_begins_draws_before_the_loader_does():
    def program(torch):
        class Shuffled(torch.utils.data.Sampler):
            def __iter__(self):
                return iter(torch.randperm(6).reshape(3, 2).tolist())

            def __len__(self):
                return 3

        loader = torch.utils.data.DataLoader(rows(torch, 6), batch_sampler=Shuffled())
        return [list(loader) for _ in range(2)]

    alike(program)


def test_a_dataset_may_give_all_examples_of_a_batch_at_once():
    def program(torch):
        class Many(Squares):
            def __getitems__(self, indices):
                return [-i for i in indices]

        dataset = Many(torch, 5)
        part = torch.utils.data.Subset(dataset, [1, 3, 4])
        return [list(torch.utils.data.DataLoader(data, 2)) for data in (dataset, part)]

    alike(program)


def test_a_collate_function_of_ones_own_gets_the_list_of_examples():
    def program(torch):
        loader = torch.utils.data.DataLoader(rows(torch, 5), 2, collate_fn=lambda examples: [e[1] for e in examples])
        return list(loader)

    alike(program)


def test_a_loader_tells_how_it_was_made():
    def program(torch):
        dataset = rows(torch, 5)
        loader = torch.utils.data.DataLoader(dataset, 2, shuffle=True, drop_last=True)
        return (
            loader.dataset is dataset,
            loader.batch_size,
            loader.drop_last,
            loader.num_workers,
            type(loader.sampler).__name__,
            type(loader.batch_sampler).__name__,
            loader.generator,
        )

    alike(program)


def test_data_read_in_threes_trains_the_same_net():
    def program(torch):
        generator = torch.Generator().manual_seed(1)
        x = torch.rand(40, 3, generator=generator, dtype=torch.float64) - 0.5
        y = (x.sum(1) > 0).long()
        weights = torch.zeros(3, 2, requires_grad=True, dtype=torch.float64)
        optimizer = torch.optim.SGD([weights], lr=0.5)
        loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), batch_size=3, shuffle=True)
        for _ in range(2):
            for xs, ys in loader:
                loss = torch.nn.functional.cross_entropy(xs @ weights, ys)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        return [round(number, 9) for number in weights.detach().flatten().tolist()]

    alike(program)


# Datasets


def test_the_examples_of_tensors_are_tuples_of_their_rows():
    def program(torch):
        dataset = rows(torch, 4)
        return len(dataset), dataset[1], dataset[-1], dataset[1:3], [len(tensor) for tensor in dataset.tensors]

    alike(program)


def test_a_subset_has_the_examples_at_its_indices():
    def program(torch):
        part = torch.utils.data.Subset(rows(torch, 5), [3, 0, 4])
        return len(part), part[0], part[-1], part[[0, 2]], part.indices

    alike(program)


@pytest.mark.parametrize("lengths", [[6, 3, 1], [10], [0.5, 0.3, 0.2], [0.34, 0.33, 0.33], [1 / 6] * 6, [1]])
def test_a_random_split_is_pytorchs(lengths):
    def program(torch, generator):
        generator = generator and torch.Generator().manual_seed(42)
        parts = torch.utils.data.random_split(range(10), lengths, generator=generator)
        return [list(part.indices) for part in parts], [part[0] for part in parts]

    for generator in (None, True):
        parts, _ = alike(program, generator)
        assert sorted(itertools.chain(*parts)) == list(range(10))


def test_a_part_that_gets_nothing_is_warned_of():
    def program(torch):
        with pytest.warns(UserWarning, match="index 2 is 0"):
            parts = torch.utils.data.random_split(range(3), [0.6, 0.1, 0.3])
        return [list(part.indices) for part in parts]

    alike(program)


# Batches out of examples

Point = namedtuple("Point", ["x", "y"])

EXAMPLES = {
    "whole numbers": lambda torch: [1, 2, 3],
    "numbers": lambda torch: [0.1, 2.0],
    "truths": lambda torch: [True, False],
    "strings": lambda torch: ["a", "b"],
    "bytes": lambda torch: [b"a", b"b"],
    "tensors": lambda torch: [torch.ones(2, 3), torch.zeros(2, 3)],
    "tensors without dimensions": lambda torch: [torch.tensor(1), torch.tensor(2)],
    "arrays": lambda torch: [np.ones(2), np.zeros(2)],
    "whole arrays": lambda torch: [np.ones(2, np.int32), np.zeros(2, np.int32)],
    "numbers of NumPy": lambda torch: [np.float32(0.1), np.float32(0.2)],
    "doubles of NumPy": lambda torch: [np.float64(0.1), np.float64(0.2)],
    "whole numbers of NumPy": lambda torch: [np.int32(1), np.int32(2)],
    "truths of NumPy": lambda torch: [np.bool_(True), np.bool_(False)],
    "pairs": lambda torch: [(1, torch.ones(2)), (2, torch.zeros(2))],
    "lists": lambda torch: [[1, 0.5], [2, 1.5]],
    "dicts": lambda torch: [{"x": 1, "y": "a"}, {"y": "b", "x": 2}],
    "named tuples": lambda torch: [Point(1, 0.5), Point(2, 1.5)],
    "all together": lambda torch: [({"x": [1, (2.5, "a")]}, Point(torch.ones(1), 1))] * 2,
}


@pytest.mark.parametrize("make", EXAMPLES.values(), ids=EXAMPLES)
def test_examples_become_the_batch_that_they_become_in_pytorch(make):
    alike(lambda torch: torch.utils.data.default_collate(make(torch)))


@pytest.mark.parametrize("make", EXAMPLES.values(), ids=EXAMPLES)
def test_an_example_without_a_batch_is_converted_as_in_pytorch(make):
    alike(lambda torch: list(torch.utils.data.DataLoader(make(torch), batch_size=None)))


def test_the_gradient_goes_through_a_batch_of_rows():
    def program(torch):
        x = torch.ones(4, 2, requires_grad=True)
        for (batch,) in torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x), 3):
            (batch * 2).sum().backward()
        return x.grad

    alike(program)


# What is refused


@pytest.mark.parametrize(
    ("program", "error"),
    [
        (lambda torch, d: d.DataLoader(range(3), 0), ValueError),
        (lambda torch, d: d.DataLoader(range(3), 1.5), ValueError),
        (lambda torch, d: d.DataLoader(range(3), drop_last=1), ValueError),
        (lambda torch, d: d.DataLoader(range(3), num_workers=-1), ValueError),
        (lambda torch, d: d.DataLoader(range(3), shuffle=True, sampler=[1]), ValueError),
        (lambda torch, d: d.DataLoader(range(3), 2, batch_sampler=[[1]]), ValueError),
        (lambda torch, d: d.DataLoader(range(3), shuffle=True, batch_sampler=[[1]]), ValueError),
        (lambda torch, d: d.DataLoader(range(3), batch_size=None, drop_last=True), ValueError),
        (lambda torch, d: d.DataLoader([], shuffle=True), ValueError),
        (lambda torch, d: d.RandomSampler(range(3), num_samples=0), ValueError),
        (lambda torch, d: d.RandomSampler(range(3), num_samples=2.5), ValueError),
        (lambda torch, d: d.RandomSampler(range(3), replacement=1), TypeError),
        (lambda torch, d: d.random_split(range(3), [1, 1]), ValueError),
        (lambda torch, d: d.random_split(range(3), [0.5, 0.4]), ValueError),
        (lambda torch, d: d.random_split(range(3), [1.5, -0.5]), ValueError),
        (lambda torch, d: d.TensorDataset(torch.ones(3), torch.ones(2)), AssertionError),
        (lambda torch, d: d.Dataset()[0], RuntimeError),
        (lambda torch, d: d.default_collate([{1}, {2}]), TypeError),
        (lambda torch, d: d.default_collate([None, None]), TypeError),
        (lambda torch, d: d.default_collate([(1, 2), (1,)]), RuntimeError),
        (lambda torch, d: d.default_collate([torch.ones(2), torch.ones(3)]), RuntimeError),
        (lambda torch, d: d.default_collate([np.array(["a"]), np.array(["b"])]), TypeError),
    ],
)
def test_what_pytorch_refuses_is_refused_in_its_class(program, error):
    assert error_of(lambda torch: program(torch, torch.utils.data)) is error


def test_what_is_not_there_is_named():
    with pytest.raises(AttributeError, match=r"micrograd\.utils\.data has no 'IterableDataset'"):
        micrograd.utils.data.IterableDataset  # noqa: B018 - asking is what is tested
