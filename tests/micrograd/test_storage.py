"""How tensors lie in memory: the same storage, strides and offsets as in PyTorch."""

import copy

import pytest
import torch
from two_libraries import TORCH_RACES, same_on_both

import micrograd

VIEWS = {
    "itself": lambda torch: torch.arange(18),
    "a view": lambda torch: torch.arange(18).view(3, 3, 2),
    "transposed": lambda torch: torch.arange(6.0).view(2, 3).t(),
    "a column": lambda torch: torch.arange(6.0).view(2, 3)[:, 1],
    "every other": lambda torch: torch.arange(7)[1::2],
    "expanded": lambda torch: torch.arange(3).view(3, 1).expand(3, 4),
    "permuted": lambda torch: torch.zeros(2, 3, 4, dtype=torch.float64).permute(2, 0, 1),
    "a number": lambda torch: torch.arange(5)[3],
    "of bools": lambda torch: torch.tensor([[True], [False]]),
}


@pytest.mark.filterwarnings("ignore")  # PyTorch's, of its storage()
@pytest.mark.parametrize("name", VIEWS)
def test_a_tensor_lies_in_memory_as_pytorchs_does(name):
    def program(torch):
        x = VIEWS[name](torch)
        row = x.storage()
        return x.stride(), x.storage_offset(), x.element_size(), x.is_contiguous(), repr(row), len(row), row.tolist()

    assert program(micrograd) == program(torch)


def test_views_share_their_storage_and_copies_do_not():
    x = micrograd.arange(6).view(2, 3)
    assert x.t().storage().data_ptr() == x.storage().data_ptr() == x.untyped_storage().data_ptr() == x.data_ptr()
    assert x[1].data_ptr() == x.data_ptr() + 3 * x.element_size()
    assert x.clone().storage().data_ptr() != x.storage().data_ptr()
    x.storage()[4] = 40
    assert x.tolist() == [[0, 1, 2], [3, 40, 5]]
    assert x.storage()[4] == 40
    assert x.stride(0) == 3


T = "torch.arange(12.0).view(3, 4).t()"
P = "torch.arange(24.0).view(2, 3, 4).permute(2, 0, 1)"
LAID_OUT = [
    *[f"{T}{call}" for call in (".clone()", ".sort().values", ".argsort()", ".flip(0)", ".exp()", ".nan_to_num()")],
    *[
        f"{T}{call}"
        for call in (".double()", ".long()", ".softmax(1)", ".sum(1)", ".masked_fill(torch.ones(4, 3) > 2, 1)")
    ],
    *[f"torch.{name}({T})" for name in ("zeros_like", "ones_like", "empty_like", "rand_like", "randn_like")],
    *[f"{T} + torch.ones(4, 3)", f"torch.ones(4, 3) + {T}", f"{T} > torch.ones(4, 3)", f"{T} * 2", f"0.5 ** {T}"],
    *[f"torch.maximum({T}, torch.ones(3))", f"torch.where({T} > 2, {T}, 0.0)", f"torch.full_like({T}, 2.0)"],
    *[f"{P}.clone()", f"{P}[:, [0, 1]]", f"{P}.index_select(1, torch.tensor([0, 0]))", f"{P} + {P}.mT.mT"],
    *[
        "torch.ones(4, 4)[..., [3]]",
        "torch.einsum('ij,kl->lijk', torch.ones(4, 4)[..., [3]], torch.ones(4, 4)[..., [3]])",
    ],
    *[f"torch.nn.functional.{name}(torch.ones(6).unfold(0, 5, 1))" for name in ("gelu", "silu", "elu", "leaky_relu")],
    *[f"torch.ones(6).unfold(0, 5, 1).{name}()" for name in ("isnan", "logical_not")],
    *["torch.ones(3, 1).expand(3, 4).clone()", "torch.arange(5.0).unfold(0, 2, 1) + 1"],
]


@pytest.mark.parametrize("line", LAID_OUT)
def test_a_result_lies_in_memory_as_pytorchs_does(line):
    assert eval(line, {"torch": micrograd}).stride() == eval(line, {"torch": torch}).stride()


@pytest.mark.parametrize("fill", ["uniform_()", "normal_()", "bernoulli_(0.5)", "exponential_()", "random_(0, 9)"])
@pytest.mark.parametrize(
    "shape", ["(2, 3).t()", "(4, 4).t()", "(8, 6)[:, ::2]", "(2, 3, 4).permute(2, 0, 1)", "(3, 7)"]
)
def test_random_numbers_are_drawn_in_the_order_of_memory(fill, shape):
    def program(torch):
        torch.manual_seed(1)
        return eval(f"torch.empty{shape}.{fill}", {"torch": torch}), torch.rand(1)

    if fill == "exponential_()" and not TORCH_RACES:
        return  # PyTorch draws these from another stream on this processor
    same_on_both(program)


def test_one_chance_for_all_is_drawn_for_each_element():
    def program(torch):
        torch.manual_seed(1)
        return torch.empty(2, 3).bernoulli_(torch.tensor(0.5)), torch.rand(1)

    same_on_both(program)


def test_deep_copies_share_memory_where_the_tensors_did():
    def program(torch):
        t = torch.zeros(4)
        whole, part, twin = copy.deepcopy([t, t[1:3], t.view(2, 2).t()])
        whole.fill_(1)
        part.zero_()
        return t, whole, part, twin, twin.stride()

    same_on_both(program)
