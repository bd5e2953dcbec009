"""How tensors lie in memory: the same storage, strides and offsets as in PyTorch."""

import pytest
import torch

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
