"""`python -m makemore.lectures`: its tables, how it fails; and the lecture's nets that are only there.

The figures themselves need the lecture's list of 32,033 names, which is not part of the project: MAKEMORE_LECTURE_NAMES
says where it is (names.txt of the repository karpathy/makemore).
"""

import os
import re

import numpy as np
import pytest
import torch

import micrograd
from makemore import data, display
from makemore.lectures import __main__ as lectures
from makemore.lectures import part4, part5
from makemore.lectures.descent import Outcome, descend
from makemore.lectures.figures import PUBLISHED, rows_of
from micrograd import Generator

LECTURE_NAMES = os.environ.get("MAKEMORE_LECTURE_NAMES")
COMMAND = "lectures.__main__"


@pytest.fixture(scope="module")
def few_words(short_list, tmp_path_factory):
    """Some hundred names of six letters."""
    path = tmp_path_factory.mktemp("lists") / "few.txt"
    path.write_text("".join(short_list.read_text().splitlines(keepends=True)[:300]))
    return path


def verdicts_of(out):
    """The verdicts of the tables, by part and figure; a figure that is a list has its first line's."""
    found, part = {}, 0
    for line in out.split("\nsummary")[0].splitlines():
        part = int(line[5]) if line.startswith("part ") else part
        if part and "new words:" not in line and (match := re.fullmatch(r"  (\S.*?)(?: \*)?  +(\S.*)", line)):
            found[part, match[1]] = re.split(r"  +", match[2])[-1]
    return found


# What it prints


def test_every_part_has_a_table_and_a_line_of_the_summary(command, few_words, monkeypatch):
    monkeypatch.setattr(display, "LOG_SECONDS", 0.0)
    outcome = command(COMMAND, "--names", few_words, "--steps", 30)
    assert outcome.status == 0
    assert "This list holds 300 words, not the lectures' 32,033." in outcome.out
    assert "Parts 2 to 5 take 30 steps here; published losses are those after 200,000." in outcome.out
    for number, part in PUBLISHED["parts"].items():
        assert f"\npart {number}: {part['title']} ({part['notebook']})\n" in outcome.out
    found = verdicts_of(outcome.out)
    names = {(int(number), each["name"]) for number, part in PUBLISHED["parts"].items() for each in part["figures"]}
    later = {(2, "loss of the batch of step 100"), (2, "loss of the batch of step 200")}
    assert set(found) == names - later
    assert set(found.values()) == {"another list"}
    summary = outcome.out.split("\nsummary\n")[1].splitlines()
    assert [line.split()[0] for line in summary[1:6]] == ["1", "2", "3", "4", "5"]
    assert re.fullmatch(r"\d+ cannot be compared; [\d.]+ s in all", summary[-1])
    assert [f"part {n}: 100 %" in outcome.err for n in (1, 2, 3, 4, 5)] == [False, True, True, True, True]


def test_only_the_parts_that_are_named_are_done(process, few_words, tmp_path):
    outcome = process("lectures", "--names", few_words, "--steps", 5, "--part", 4, 3, "--part", 3, cwd=tmp_path)
    assert outcome.status == 0
    assert re.findall(r"^part (\d)", outcome.out, re.M) == ["3", "4"]
    assert list(tmp_path.iterdir()) == []


def test_a_figure_that_does_not_come_out_is_said_to_be_off_and_so_says_the_status(command, few_words, monkeypatch):
    digest = data.survey(data.WordList(few_words).blocks()).digest
    monkeypatch.setitem(PUBLISHED, "list", {"words": 300, "digest": digest})
    outcome = command(COMMAND, "--names", few_words, "--part", 1)
    assert outcome.status == 1
    verdicts = verdicts_of(outcome.out)
    assert verdicts[1, "words"] == "OFF: not the same"
    assert verdicts[1, "counts: loss"] == "OFF: not within 0.0001"
    assert verdicts[1, "rand(3), normalised"] == "same"
    assert "words" in outcome.out.split("\nsummary\n")[1]


@pytest.mark.parametrize(
    ("here", "steps", "is_lecture", "verdict", "ok"),
    [
        (2.10568, 200_000, True, "same", True),
        (2.1148, 200_000, True, "within 0.01", True),
        (2.0952, 200_000, True, "OFF: not within 0.01", False),
        (float("nan"), 200_000, True, "OFF: not within 0.01", False),
        (2.1057, 1000, True, "that is after 200,000 steps", None),
        (2.1057, 200_000, False, "another list", None),
    ],
)
def test_the_verdict_on_the_dev_loss_of_part_3(here, steps, is_lecture, verdict, ok):
    (row,) = rows_of(3, {"dev loss": here}, steps, is_lecture)
    assert (row.published, row.verdict, row.ok) == ("2.1057", verdict, ok)


# How it fails


def test_ctrl_c_says_where_it_was_and_how_to_do_the_rest(command, few_words, monkeypatch):
    def run_part(part, path, steps):
        if part == 3:
            raise KeyboardInterrupt
        return Outcome({"parameters": 11897}, ["ann"])

    monkeypatch.setattr(lectures, "run_part", run_part)
    outcome = command(COMMAND, "--names", few_words, "--steps", 5, "--part", 2, 3, 5)
    assert outcome.status == 130
    assert outcome.out.endswith("\nstopped in part 3; for the rest add --part 3 5\n")


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        (["--part", "6"], "--part"),
        (["--part", "one"], "--part"),
        (["--steps", "0"], "--steps"),
        (["--names", "missing.txt"], "missing.txt: No such file"),
        (["--names", "one.txt"], "single word"),
    ],
)
def test_bad_input_is_a_line(command, tmp_path, monkeypatch, flags, complaint):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one.txt").write_text("emma\n")
    assert complaint in command(COMMAND, "--steps", 5, *flags).complaint


# The nets


def test_the_learning_rate_falls_after_its_share_of_the_steps():
    rates = []
    assert descend(lambda rate: rates.append(rate) or 1.0, 8, "test", 0.75) == [1.0] * 8
    assert rates == [0.1] * 6 + [0.01] * 2


def test_the_gradients_of_part_4_are_those_of_pytorch():
    net = part4.Net(27, Generator().manual_seed(3))
    rng = np.random.default_rng(0)
    contexts, targets = rng.integers(0, 27, (32, 3)), rng.integers(0, 27, 32)
    loss, gradients = part4.loss_and_gradients(net.arrays(), contexts, targets)

    w = {name: torch.tensor(getattr(net, name).detach().numpy(), requires_grad=True) for name in part4.NAMES}
    hpreact = w["C"][torch.tensor(contexts)].view(32, -1) @ w["W1"] + w["b1"]
    bnraw = (hpreact - hpreact.mean(0)) / (hpreact.var(0) + 1e-5).sqrt()
    logits = torch.tanh(w["bngain"] * bnraw + w["bnbias"]) @ w["W2"] + w["b2"]
    expected = torch.nn.functional.cross_entropy(logits, torch.tensor(targets))
    expected.backward()
    assert loss == pytest.approx(expected.item(), rel=1e-6)
    for name, gradient in zip(part4.NAMES, gradients, strict=True):
        # the bias before batch normalization has no effect: its gradient is rounding alone
        np.testing.assert_allclose(gradient, w[name].grad.numpy(), rtol=1e-4, atol=1e-7, err_msg=name)
    assert part4.largest_difference(net, contexts, targets) < 1e-6


def test_the_batch_norm_of_part_5_divides_by_the_variance_of_n_minus_1():
    rng = np.random.default_rng(0)
    values, weight, bias = (rng.normal(1, 2, shape).astype(np.float32) for shape in ((6, 4), 4, 4))
    norm = part5.LectureBatchNorm1d(4)
    norm.weight.data.copy_(micrograd.from_numpy(weight))
    norm.bias.data.copy_(micrograd.from_numpy(bias))
    x = micrograd.tensor(values, requires_grad=True)
    (norm(x) ** 3).sum().backward()

    y, w, b = (torch.tensor(array, requires_grad=True) for array in (values, weight, bias))
    expected = w * (y - y.mean(0)) / (y.var(0) + 1e-5).sqrt() + b
    (expected**3).sum().backward()
    np.testing.assert_allclose(norm(x).detach().numpy(), expected.detach().numpy(), rtol=1e-5, atol=1e-6)
    for here, there in ((x, y), (norm.weight, w), (norm.bias, b)):
        np.testing.assert_allclose(here.grad.numpy(), there.grad.numpy(), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(norm.running_var.numpy(), 0.81 + 0.19 * values.var(0, ddof=1), rtol=1e-5)
    norm.eval()
    plain = weight * (values - norm.running_mean.numpy()) / np.sqrt(norm.running_var.numpy() + 1e-5) + bias
    np.testing.assert_allclose(norm(x).detach().numpy(), plain, rtol=1e-5, atol=1e-6)


@pytest.mark.skipif(not LECTURE_NAMES, reason="MAKEMORE_LECTURE_NAMES does not say where the lecture's names.txt is")
def test_what_does_not_take_the_full_length_comes_out_as_published(command):
    outcome = command(COMMAND, "--names", LECTURE_NAMES, "--steps", 20)
    verdicts = verdicts_of(outcome.out)
    assert outcome.status == 0, outcome.out
    for part in (3, 5):
        assert verdicts[part, "loss of the batch of step 0"] == "same"
    waiting = {name for name, verdict in verdicts.items() if verdict == "that is after 200,000 steps"}
    assert waiting == {(part, f"{name} loss") for part in (2, 3, 4, 5) for name in ("train", "dev")}
