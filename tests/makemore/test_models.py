"""The neural language models against the same models written for PyTorch, which are in `pytorch_models`.

Where numbers are compared both libraries compute in float64, whose rounding is far below any mistake.
"""

import importlib.util
import itertools
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import safetensors.torch
import torch

import micrograd
from makemore.data import Vocabulary
from makemore.language_model import Sampler
from makemore.models.bow import BagOfWords
from makemore.models.mlp import MLP
from makemore.models.recurrent import GRU, LSTM, RNN
from makemore.models.transformer import Transformer
from makemore.models.wavenet import WaveNet

torch.set_num_threads(1)  # the nets are small

# The file beside this one; the folder is no package.
_spec = importlib.util.spec_from_file_location("pytorch_models", Path(__file__).with_name("pytorch_models.py"))
theirs = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(theirs)

CLOSE = {"rtol": 1e-9, "atol": 1e-12}


class Net(NamedTuple):
    """A model of both kinds, its sizes, how many parameters it has, and whether makemore.py has it."""

    mine: Any
    context_length: int
    sizes: dict[str, Any]
    parameters: int
    in_makemore_py: bool = True

    def make(self, library, vocabulary_size=27):
        kind = self.mine if library is micrograd else getattr(theirs, self.mine.__name__)
        return kind(vocabulary_size, self.context_length, **self.sizes)


LECTURE = {"n_embd": 10, "n_embd2": 200}
SIXTY_FOUR = {"n_embd": 64, "n_embd2": 64}
# The numbers of parameters are those that the lectures and makemore.py print; those with "own" are of nets that neither
# has, and were added up by hand.
NETS = {
    "mlp of part 2": Net(MLP, 3, LECTURE, 11_897, False),
    "mlp of part 3": Net(MLP, 3, LECTURE | {"batchnorm": True}, 12_097, False),
    "own mlp, deep": Net(MLP, 3, LECTURE | {"n_layer": 3}, 11_897 + 2 * (200 * 200 + 200), False),
    "own mlp, direct": Net(MLP, 3, LECTURE | {"direct": True}, 11_897 + 30 * 27, False),
    "own mlp, all": Net(
        MLP, 3, LECTURE | {"n_layer": 2, "batchnorm": True, "direct": True}, 12_097 + 200 * 200 + 400 + 30 * 27, False
    ),
    "mlp of makemore.py": Net(MLP, 16, SIXTY_FOUR | {"blank": True}, 69_147),
    "wavenet": Net(WaveNet, 8, {"n_embd": 24, "n_embd2": 128}, 76_579, False),
    "rnn": Net(RNN, 16, SIXTY_FOUR, 11_803),
    "gru": Net(GRU, 16, SIXTY_FOUR, 28_315),
    "own lstm": Net(LSTM, 16, SIXTY_FOUR, 27 * 64 + 2 * 64 + 4 * (128 * 64 + 64) + 64 * 27 + 27),
    "bow": Net(BagOfWords, 16, SIXTY_FOUR, 12_827),
    "transformer": Net(Transformer, 16, {"n_embd": 64, "n_layer": 4, "n_head": 4}, 204_544),
    "own sizes of words": Net(Transformer, 5, {"n_embd": 6, "n_layer": 1, "n_head": 2}, 876),
}
every_net = pytest.mark.parametrize("net", NETS.values(), ids=NETS)

# Where the size proves nothing: the same nets with at most 12 numbers to a character, 12 hidden units and two layers.
MOST = {"n_embd": 12, "n_embd2": 12, "n_layer": 2}
SMALL = [
    net._replace(sizes={k: min(size, MOST.get(k, size)) for k, size in net.sizes.items()}) for net in NETS.values()
]
every_small_net = pytest.mark.parametrize("net", SMALL, ids=NETS)


def pair(net):
    """The model on micrograd and on PyTorch, in float64, with the same weights."""
    micrograd.manual_seed(1)
    mine, other = net.make(micrograd).double(), net.make(torch).double()
    other.load_state_dict({name: torch.from_numpy(t.numpy().copy()) for name, t in mine.state_dict().items()})
    return mine, other


def batch(net, seed=0, n=32):
    """Words as the models of their kind see them, and what comes next, -1 where nothing does."""
    rng = np.random.default_rng(seed)
    length = net.context_length
    x = rng.integers(1, 27, (n, length))
    lengths = rng.integers(0, length, n)
    if net.mine.whole_words:
        after = np.arange(length) > lengths[:, None]
        x[after], x[:, 0] = 0, 0
        y = np.where(after, -1, np.roll(x, -1, 1))
        y[np.arange(n), lengths] = 0
        return x, y
    x[np.arange(length) < (length - lengths)[:, None]] = 0
    return x, rng.integers(0, 27, n)


def loss_of(library, model, x, y):
    logits = model(library.from_numpy(x))
    targets = library.from_numpy(y.reshape(-1))
    return library.nn.functional.cross_entropy(logits.view(-1, 27), targets, ignore_index=-1)


def same(mine, other):
    """Assert that two state_dicts or dicts of gradients are the same."""
    assert list(mine) == list(other)
    for name, tensor in mine.items():
        np.testing.assert_allclose(tensor.numpy(), other[name].numpy(), **CLOSE, err_msg=name)


@every_net
def test_names_shapes_and_dtypes_are_those_of_pytorch(net):
    mine, other = net.make(micrograd).state_dict(), net.make(torch).state_dict()
    assert [(k, tuple(t.shape), str(t.dtype).split(".")[-1]) for k, t in mine.items()] == [
        (k, tuple(t.shape), str(t.dtype).split(".")[-1]) for k, t in other.items()
    ]
    assert [name for name, _ in net.make(micrograd).named_parameters()] == [
        name for name, _ in net.make(torch).named_parameters()
    ]


@every_net
def test_it_has_as_many_parameters_as_the_lecture_s_or_makemore_py_s(net):
    assert sum(p.numel() for p in net.make(micrograd).parameters()) == net.parameters


def test_makemore_py_counts_its_transformer_without_the_last_layer_when_it_says_20m():
    model = NETS["transformer"].make(micrograd)
    assert sum(p.numel() for p in model.transformer.parameters()) == 204_544 - 27 * 64


@every_net
def test_the_first_weights_after_a_seed_are_those_of_pytorch(net):
    micrograd.manual_seed(42)
    torch.manual_seed(42)
    mine, other = net.make(micrograd).state_dict(), net.make(torch).state_dict()
    for name, tensor in mine.items():  # randn agrees with PyTorch's to some 1e-6: its cosine is its own
        np.testing.assert_allclose(tensor.numpy(), other[name].numpy(), rtol=1e-5, atol=2e-6, err_msg=name)
    assert micrograd.randint(0, 1000, (9,)).tolist() == torch.randint(0, 1000, (9,)).tolist(), "more was drawn, or less"


@pytest.mark.parametrize("batchnorm", [False, True])
def test_the_first_weights_are_drawn_as_in_the_lecture(batchnorm):
    torch.manual_seed(2147483647)
    micrograd.manual_seed(2147483647)
    model = MLP(27, 3, **LECTURE, batchnorm=batchnorm).state_dict()
    drawn = {
        "wte.weight": torch.randn((27, 10)),
        "mlp.0.weight": (torch.randn((30, 200)) * (5 / 3) / 30**0.5).T,
    }
    if not batchnorm:
        drawn["mlp.0.bias"] = torch.randn(200) * 0.01
    last = f"mlp.{2 + batchnorm}"
    drawn |= {f"{last}.weight": (torch.randn((200, 27)) * 0.01).T, f"{last}.bias": torch.randn(27) * 0}
    for name, expected in drawn.items():
        np.testing.assert_allclose(model[name].numpy(), expected.numpy(), rtol=1e-5, atol=2e-6, err_msg=name)


@every_small_net
@pytest.mark.parametrize("training", [True, False], ids=["training", "eval"])
def test_logits_and_gradients_are_those_of_pytorch(net, training):
    mine, other = pair(net)
    x, y = batch(net)
    if not training:  # so that the running statistics have seen something
        for seed in range(3):
            mine(micrograd.from_numpy(batch(net, seed)[0]))
            other(torch.from_numpy(batch(net, seed)[0]))
        mine.eval()
        other.eval()
    logits, expected = mine(micrograd.from_numpy(x)), other(torch.from_numpy(x))
    assert tuple(logits.shape) == ((32, 16, 27) if net.context_length == 16 and logits.ndim == 3 else expected.shape)
    np.testing.assert_allclose(logits.detach().numpy(), expected.detach().numpy(), **CLOSE)
    loss_of(micrograd, mine, x, y).backward()
    loss_of(torch, other, x, y).backward()
    same({k: p.grad for k, p in mine.named_parameters()}, {k: p.grad for k, p in other.named_parameters()})
    same(mine.state_dict(), other.state_dict())


@every_small_net
def test_twenty_steps_of_training_stay_together(net):
    mine, other = pair(net)
    optimizers = []
    for library, model in ((micrograd, mine), (torch, other)):
        if net.in_makemore_py:
            optimizers.append(library.optim.AdamW(model.parameters(), lr=5e-4, betas=(0.9, 0.99), weight_decay=0.01))
        else:
            optimizers.append(library.optim.SGD(model.parameters(), lr=0.1))
    losses = []
    for step in range(20):
        for library, model, optimizer in zip((micrograd, torch), (mine, other), optimizers, strict=True):
            loss = loss_of(library, model, *batch(net, step % 4, n=8))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    assert losses[0::2] == pytest.approx(losses[1::2], rel=1e-9)
    assert losses[-1] < losses[6]
    for name, tensor in mine.state_dict().items():  # Adam divides what is only rounding by its own size, and eps
        np.testing.assert_allclose(tensor.numpy(), other.state_dict()[name].numpy(), rtol=1e-7, atol=1e-9, err_msg=name)


@every_small_net
def test_a_checkpoint_goes_from_either_library_to_the_other(net, tmp_path):
    micrograd.manual_seed(7)
    torch.manual_seed(8)
    mine, other = net.make(micrograd).eval(), net.make(torch).eval()
    x, _ = batch(net)

    def logits():
        return mine(micrograd.from_numpy(x)).detach().numpy(), other(torch.from_numpy(x)).detach().numpy()

    assert not np.allclose(*logits(), atol=1e-4)
    micrograd.save(mine.state_dict(), tmp_path / "mine.safetensors")
    before = logits()[0]
    other.load_state_dict(safetensors.torch.load_file(tmp_path / "mine.safetensors"))
    np.testing.assert_allclose(logits()[1], before, rtol=1e-4, atol=1e-5)

    torch.manual_seed(9)
    other = net.make(torch).eval()
    safetensors.torch.save_file(other.state_dict(), tmp_path / "theirs.safetensors")
    mine.load_state_dict(micrograd.load(tmp_path / "theirs.safetensors"))
    np.testing.assert_allclose(*logits(), rtol=1e-4, atol=1e-5)


WORD_NETS = {name: net for name, net in NETS.items() if net.mine.whole_words}
every_net_of_words = pytest.mark.parametrize("net", WORD_NETS.values(), ids=WORD_NETS)


@every_net_of_words
def test_logits_depend_on_no_later_character_and_not_on_the_length(net):
    mine, _ = pair(net)
    x, _ = batch(net)
    whole = mine(micrograd.from_numpy(x)).detach().numpy()
    for length in (1, 3, net.context_length - 1):
        start = mine(micrograd.from_numpy(x[:, :length].copy())).detach().numpy()
        np.testing.assert_allclose(start, whole[:, :length], **CLOSE)


@every_net_of_words
def test_words_longer_than_the_context_are_refused(net):
    mine = net.make(micrograd)
    with pytest.raises(ValueError, match=rf"^{net.context_length + 1} characters are too many"):
        mine(micrograd.zeros(2, net.context_length + 1).long())


@pytest.mark.parametrize("prompt", ["", "ab", "ab" * 7 + "a"])
def test_a_word_that_finds_no_end_is_cut_where_the_context_ends(prompt):
    model = NETS["rnn"].make(micrograd, 3)
    model.lm_head.bias.data[0] = -1e9
    sampler = Sampler(model, Vocabulary("ab"), micrograd.Generator(), at_once=5, prompt=prompt)
    words = list(itertools.islice(sampler.words(), 5))
    assert {len(word) for word in words} == {16}
    assert all(word.startswith(prompt) for word in words)


def test_the_mlp_of_makemore_py_sees_a_word_as_makemore_py_shifts_it():
    mine, _ = pair(NETS["mlp of makemore.py"])
    word = np.array([[0, 5, 13, 13, 1, 7, 20, 9]])
    x = np.zeros((1, 16), np.int64)
    x[:, : word.shape[1]] = word
    # makemore.py looks at the whole word at once: for each position, it and those before, nearest first.
    shifted, seen = torch.from_numpy(x), []
    for _ in range(16):
        seen.append(shifted)
        shifted = torch.cat([torch.full((1, 1), 27), shifted[:, :-1]], 1)
    weights = {name: torch.from_numpy(t.numpy().copy()) for name, t in mine.state_dict().items()}
    embedded = torch.cat([weights["wte.weight"][positions] for positions in seen], 2)
    hidden = torch.tanh(embedded @ weights["mlp.0.weight"].T + weights["mlp.0.bias"])
    expected = (hidden @ weights["mlp.2.weight"].T + weights["mlp.2.bias"])[0, : word.shape[1]].numpy()

    contexts = np.zeros((word.shape[1], 16), np.int64)
    for end in range(word.shape[1]):
        contexts[end, 15 - end :] = word[0, : end + 1]
    np.testing.assert_allclose(mine(micrograd.from_numpy(contexts)).detach().numpy(), expected, **CLOSE)


def test_the_lstm_is_that_of_pytorch():
    mine, _ = pair(NETS["own lstm"])
    state = {name: torch.from_numpy(t.numpy().copy()) for name, t in mine.state_dict().items()}
    order = [f"cell.xh_to_{gate}" for gate in ("i", "f", "c", "o")]  # PyTorch's
    weight = torch.cat([state[f"{gate}.weight"] for gate in order])
    lstm = torch.nn.LSTM(64, 64, batch_first=True).double()
    own = {"weight_ih_l0": weight[:, :64], "weight_hh_l0": weight[:, 64:]}
    own |= {"bias_ih_l0": torch.cat([state[f"{gate}.bias"] for gate in order]), "bias_hh_l0": torch.zeros(256)}
    lstm.load_state_dict(own)
    x, _ = batch(NETS["own lstm"])
    states, _ = lstm(state["wte.weight"][torch.from_numpy(x)])  # the first state is 0, as PyTorch's
    expected = states @ state["lm_head.weight"].T + state["lm_head.bias"]
    np.testing.assert_allclose(mine(micrograd.from_numpy(x)).detach().numpy(), expected.detach().numpy(), **CLOSE)


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: MLP(27, 3, n_embd=0, n_embd2=200), "n_embd has to be 1 or more, and it is 0"),
        (lambda: MLP(27, 3, n_embd=10, n_embd2=200, n_layer=0), "n_layer has to be 1 or more, and it is 0"),
        (lambda: MLP(27, 0, n_embd=10, n_embd2=200), "context_length has to be 1 or more, and it is 0"),
        (lambda: MLP(27, 3, n_embd=10, n_embd2=200, blank=True, direct=True), "blank is makemore.py's net"),
        (lambda: MLP(27, 3, n_embd=10, n_embd2=200, blank=True, batchnorm=True), "blank is makemore.py's net"),
        (lambda: MLP(27, 3, n_embd=10, n_embd2=200, blank=True, n_layer=2), "blank is makemore.py's net"),
        (lambda: WaveNet(27, 6, n_embd=24, n_embd2=128), "the context of a WaveNet has to be 2, 4, 8, 16, "),
        (lambda: WaveNet(27, 1, n_embd=24, n_embd2=128), "the context of a WaveNet has to be 2, 4, 8, 16, "),
        (lambda: WaveNet(27, 8, n_embd=24, n_embd2=-1), "n_embd2 has to be 1 or more, and it is -1"),
        (lambda: RNN(27, 0, n_embd=64, n_embd2=64), "context_length has to be 1 or more, and it is 0"),
        (lambda: GRU(0, 16, n_embd=64, n_embd2=64), "vocabulary_size has to be 1 or more, and it is 0"),
        (lambda: LSTM(27, 16, n_embd=64, n_embd2=0), "n_embd2 has to be 1 or more, and it is 0"),
        (lambda: BagOfWords(27, 16, n_embd=64, n_embd2=0), "n_embd2 has to be 1 or more, and it is 0"),
        (lambda: Transformer(27, 16, n_embd=30, n_head=4, n_layer=4), "30 has to be a multiple of n_head, 4"),
        (lambda: Transformer(27, 16, n_embd=64, n_head=0, n_layer=4), "n_head has to be 1 or more, and it is 0"),
        (lambda: Transformer(27, 16, n_embd=64, n_head=4, n_layer=0), "n_layer has to be 1 or more, and it is 0"),
    ],
)
def test_sizes_that_do_not_fit_are_refused_in_one_line(make, complaint):
    with pytest.raises(ValueError, match=complaint) as raised:
        make()
    assert "\n" not in str(raised.value)


@every_net
def test_an_alphabet_of_one_character_will_do(net):
    sizes = {name: min(size, 4) for name, size in net.sizes.items()}
    model = net.mine(2, 2, **sizes)
    x = micrograd.tensor([[0, 0], [0, 1], [0, 1]])
    assert tuple(model(x).shape) == ((3, 2, 2) if net.mine.whole_words else (3, 2))
