"""Arguments have PyTorch's names: what can be called by name there can be called so here."""

import warnings

import pytest
import torch
from two_libraries import agree

import micrograd
from micrograd.nn import functional

torch.set_num_threads(1)  # the tensors are small

ROWS = [[0.5, 0.25], [0.75, 1.0]]


def arguments(library):
    """Sets of arguments by name; each function takes some of them."""
    square, places = library.tensor(ROWS), library.tensor([0, 1])
    return {
        "nothing": {},
        "other": {"other": square},
        "mat2": {"mat2": square},
        "vec": {"vec": square[0]},
        "end, weight": {"end": square, "weight": 0.5},
        "mask, value": {"mask": square > 0.5, "value": 0.0},
        "mask": {"mask": square > 0.5},
        "target": {"target": places},
        "dim, index": {"dim": 0, "index": places},
        "dim, int index": {"dim": 0, "index": 1},
        "dim": {"dim": 1},
        "dim, keepdim": {"dim": 0, "keepdim": True},
        "dim, dtype": {"dim": 0, "dtype": library.float64},
        "dim0, dim1": {"dim0": 0, "dim1": 1},
        "dims": {"dims": (1, 0)},
        "shape": {"shape": (4,)},
        "exponent": {"exponent": 2},
        "min, max": {"min": 0.3, "max": 0.6},
        "diagonal": {"diagonal": -1},
        "chunks": {"chunks": 2},
        "k": {"k": 1},
        "num_samples": {"num_samples": 2},
        "shifts": {"shifts": 1},
        "repeats": {"repeats": 2},
        "p": {"p": 2},
        "q": {"q": 0.5},
        "split_size_or_sections": {"split_size_or_sections": 1},
        "source, destination": {"source": 0, "destination": 1},
        "dim, start, length": {"dim": 0, "start": 0, "length": 1},
        "decimals": {"decimals": 1},
        "correction": {"correction": 0},
    }


def call(library, name, given):
    """The function `name` of the library or of its nn.functional, by name throughout; seeded, for those that draw."""
    function = library
    for part in name.split("."):
        function = getattr(function, part)
    library.manual_seed(1)
    return function(input=library.tensor(ROWS), **arguments(library)[given])


def taken_by_pytorch(name, given):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            call(torch, name, given)
        except (TypeError, RuntimeError, ValueError, IndexError, AttributeError, AssertionError):
            return False
        return True


NAMES = [name for name in vars(micrograd) if callable(getattr(torch, name, None)) and name != "empty_like"]
NAMES += [f"nn.functional.{name}" for name in vars(functional) if callable(getattr(torch.nn.functional, name, None))]
NOT_HERE = {("unique", "dim"), ("max", "other"), ("min", "other")}
CALLS = [(name, given) for name in NAMES for given in arguments(torch) if taken_by_pytorch(name, given)]


def test_there_are_many_such_calls():
    assert len(CALLS) > 150


@pytest.mark.parametrize(("name", "given"), [pair for pair in CALLS if pair not in NOT_HERE])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_what_pytorch_takes_by_name_is_taken_by_name(name, given):
    mine, theirs = call(micrograd, name, given), call(torch, name, given)
    agree(list(mine) if isinstance(mine, tuple) else mine, list(theirs) if isinstance(theirs, tuple) else theirs)


@pytest.mark.parametrize(("name", "given"), sorted(NOT_HERE))
def test_what_is_not_here_is_an_error(name, given):
    with pytest.raises(TypeError, match=given):
        call(micrograd, name, given)


def test_a_name_that_is_not_there_is_an_error_that_names_the_function():
    for function in (micrograd.exp, micrograd.eq, micrograd.isnan, micrograd.sum):
        with pytest.raises(TypeError, match=rf"^{function.__name__}\(\)"):
            function(micrograd.ones(2), frobnicate=1)
