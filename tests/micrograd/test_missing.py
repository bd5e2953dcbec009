"""The hints for names that are not there: a slip of the fingers gets the name that was meant, a stranger gets none."""

import re

import pytest
import torch

import micrograd
from micrograd import nn, optim
from micrograd.nn import functional
from micrograd.rules.missing import INSTEAD, nearest, slips

PLACES = {"torch": micrograd, "nn": nn, "F": functional, "optim": optim, "x": micrograd.ones(2, 2)}

TYPOS = """
torch.zeroes zeros | torch.onse ones | torch.tnesor tensor | torch.tensr tensor | torch.aranage arange
torch.randnn randn | torch.radn rand | torch.randnit randint | torch.linsapce linspace | torch.linspce linspace
torch.concatt concat | torch.stakc stack | torch.stck stack | torch.wher where | torch.whre where
torch.mutlinomial multinomial | torch.multinominal multinomial | torch.manualseed manual_seed
torch.manual_sede manual_seed | torch.sigmod sigmoid | torch.sigmoidd sigmoid | torch.matmull matmul
torch.matmlu matmul | torch.maximun maximum | torch.minimun minimum | torch.cumsumm cumsum | torch.einsm einsum
torch.no_grd no_grad | torch.nograd no_grad | torch.set_printoption set_printoptions | torch.gather_ gather
torch.tahn tanh | torch.sqrtt sqrt | torch.lgo log | torch.Tensr Tensor | torch.Genrator Generator
torch.flaot32 float32 | torch.unsqeeze unsqueeze | torch.squeze squeeze | torch.transpse transpose
x.veiw view | x.reshpe reshape | x.resahpe reshape | x.backwards backward | x.bakward backward | x.itme item
x.detatch detach | x.detech detach | x.requires_grads_ requires_grad_ | x.retian_grad retain_grad
x.shpae shape | x.numell numel | x.tolsit tolist | x.smu sum | x.maen mean | x.argmx argmax | x.clam clamp
nn.Liner Linear | nn.linear Linear
nn.Embeding Embedding | nn.Sequental Sequential | nn.CrossEntropyLos CrossEntropyLoss
nn.Droput Dropout | nn.BatchNrom1d BatchNorm1d | nn.LayerNrom LayerNorm | nn.Relu ReLU | nn.Paramter Parameter
nn.ModulList ModuleList | F.crossentropy cross_entropy | F.cross_entorpy cross_entropy | F.sofmax softmax
F.onehot one_hot | F.log_sofmax log_softmax | optim.Adma Adam | optim.sgd SGD | optim.AdmW AdamW
torch.zeors zeros | torch.arrange arange | torch.tesnor tensor | torch.eyes eye | torch.zeros_liek zeros_like
torch.rand_int randint | torch.ranperm randperm | torch.bernouli bernoulli | torch.norml normal | torch.catt cat
torch.spilt split | torch.chunck chunk | torch.permut permute | torch.flaten flatten | torch.topkk topk
torch.exps exp | torch.cumsm cumsum | torch.logsumxp logsumexp | torch.allclsoe allclose | torch.outter outer
torch.trill tril | torch.nograds no_grad | torch.inference_mod inference_mode | x.backwrad backward
x.detch detach | x.numppy numpy | x.requires_gard requires_grad | x.fil_ fill_ | x.clnoe clone | x.sizes size
x.squeez squeeze | x.expnad expand | x.maskd_fill masked_fill | nn.BatchNorm BatchNorm1d
nn.CrossEntropy CrossEntropyLoss | nn.crossentropyloss CrossEntropyLoss | nn.MultiHeadAttention MultiheadAttention
nn.MSEloss MSELoss | nn.Gelu GELU | F.logsoftmax log_softmax | F.mseloss mse_loss | F.layernorm layer_norm
optim.SDG SGD | optim.lr_schedular lr_scheduler
"""

STRANGERS = """
x.half x.bfloat16 x.short x.char x.is_sparse x.coalesce
x.hardshrink x.geometric_ x.svd x.inverse x.det x.lu x.share_memory_
x.imag x.real x.angle x.cauchy_ x.new x.names x.sinh
x.acosh x.atan torch.asin torch.acos torch.atan torch.cosh torch.exp2
torch.erf torch.sinc torch.fft torch.linalg torch.vmap torch.jit torch.onnx torch.hub torch.fx torch.cov torch.mode
torch.lcm torch.gcd torch.kron torch.cdist torch.cross torch.inner torch.float16 torch.int8 torch.complex64 torch.logit
torch.addmv torch.vdot torch.dstack torch.hypot torch.trapz torch.rot90 torch.bucketize torch.digamma torch.cummax
nn.GRU nn.RNN nn.LSTM nn.Conv2d nn.GroupNorm nn.PReLU nn.SELU nn.CELU nn.ReLU6 nn.Softmin nn.L1Loss nn.BCELoss
nn.Bilinear nn.Dropout2d nn.Hardtanh nn.Upsample nn.EmbeddingBag F.conv2d F.selu F.celu F.glu F.logit F.relu6 F.mish
F.kl_div F.l1_loss F.interpolate F.grid_sample F.unfold F.fold optim.NAdam optim.RAdam optim.ASGD optim.LBFGS
"""


def said(place, name):
    with pytest.raises(AttributeError) as caught:
        getattr(PLACES[place], name)
    return str(caught.value)


@pytest.mark.parametrize("pair", re.findall(r"\w+\.\w+ \w+", TYPOS))
def test_a_slip_gets_the_name_that_was_meant(pair):
    typed, meant = pair.split()
    assert said(*typed.split(".")).endswith(f"the nearest there is {meant!r}")


@pytest.mark.parametrize("name", STRANGERS.split())
def test_a_stranger_gets_no_name_that_misleads(name):
    assert "the nearest there" not in said(*name.split("."))


# Of another name, and what is meant by it.
MEANT = {
    "compiler": "compile",
    "histogramdd": "histogram",
    "modules": "Module",
    "reshape_as": "reshape",
    "sgn_": "sign_",
}


@pytest.mark.parametrize("place", PLACES)
def test_no_name_of_pytorch_gets_another_function_s_name(place):
    """Its form in place or out of place may be named, and a name that differs in case alone."""
    theirs = {"torch": torch, "nn": torch.nn, "F": torch.nn.functional, "optim": torch.optim, "x": torch.ones(2, 2)}[
        place
    ]
    for name in dir(theirs):
        if not name.startswith("_") and not hasattr(PLACES[place], name):
            found = re.search(r"the nearest there is '(\w+)'", said(place, name))
            if found and found[1].lower().strip("_") != name.lower().strip("_"):
                assert found[1] == MEANT[name]


def test_there_are_sixty_of_each_at_least():
    assert len(re.findall(r"\w+\.\w+ \w+", TYPOS)) >= 60
    assert len(STRANGERS.split()) >= 60


def test_what_to_use_instead_is_for_names_of_pytorch_that_are_not_here():
    theirs = [torch, torch.nn, torch.nn.functional, torch.optim, torch.Tensor, torch.cuda, torch.utils]
    for name in INSTEAD:
        assert name == "tensorboard" or any(hasattr(place, name) for place in theirs), name
        for place in PLACES.values():
            assert not hasattr(place, name), f"{name} is here by now: take it out of INSTEAD"


def test_an_instead_is_said():
    assert said("nn", "GRU").endswith("instead: the cells of the lectures, written with Linear, do the same")
    assert "float32" in said("x", "half")


@pytest.mark.parametrize(
    ("a", "b", "n"),
    [
        ("sum", "sum", 0),
        ("sum", "smu", 1),
        ("sum", "sums", 1),
        ("sum", "sam", 1),
        ("zeros", "zreo", 2),
        ("a", "abcd", 3),
    ],
)
def test_slips_are_counted(a, b, n):
    assert slips(a, b) == slips(b, a) == n


def test_a_name_of_a_part_is_shown_the_way():
    assert said("torch", "cross_entropy").endswith("it is in micrograd.nn.functional")
    assert said("torch", "Linear").endswith("it is in micrograd.nn")
    assert said("torch", "AdamW").endswith("it is in micrograd.optim")
    assert said("torch", "DataLoader").endswith("it is in micrograd.utils.data")


def test_names_of_arrays_and_lists_get_the_tensor_s():
    for name, instead in {"astype": "x.float()", "copy": "x.clone()", "append": "torch.cat", "len": "len(x)"}.items():
        assert instead in said("x", name)
        assert "not all of PyTorch" not in said("x", name)
    assert "torch.tensor(data)" in said("torch", "array")


def test_numpy_s_questions_about_a_tensor_cost_no_list_of_its_names():
    """np.asarray asks for __array_interface__ and __array_struct__ first, at every call."""

    def listing():
        raise AssertionError

    assert "__array_struct__" in str(nearest("Tensor", "__array_struct__", listing))
