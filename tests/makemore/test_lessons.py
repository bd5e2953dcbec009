"""makemore.lessons: every lesson runs and is true, every exercise knows right from wrong, and the command.

What the lessons are made with is tested in tests/micrograd/test_lessons.py.
"""

import importlib
import math
import re
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from lesson_checks import check_hints, check_lesson, check_right, exercises

import micrograd
from makemore import data, lessons
from makemore.language_model import evaluate
from makemore.lessons import counts_and_net, minibatches, softmax
from makemore.models.ngram import NGram
from micrograd.compare.runs import NO_PYTORCH


def module_of(name):
    return importlib.import_module(f"makemore.lessons.{name}")


@pytest.fixture
def lesson(command):
    """Runs the command: lesson("softmax") gives its Outcome."""
    return lambda *arguments: command("lessons.__main__", *arguments)


# The lessons.


def test_every_file_is_in_the_list_of_lessons():
    files = {path.stem for path in Path(lessons.__file__).parent.glob("*.py")}
    assert sorted(files - {"__init__", "__main__"}) == sorted(lessons.LESSONS)


@pytest.mark.parametrize("name", lessons.LESSONS)
def test_a_lesson_runs_through_and_ends_with_pytorch(name, lesson, tmp_path):
    outcome = lesson(name, "-o", tmp_path / "new folder")
    lines = outcome.out.splitlines()
    assert (outcome.status, outcome.err) == (0, "")
    check_lesson(module_of(name), lines, tmp_path / "new folder")
    assert lines.count(f"micrograd beside PyTorch {torch.__version__}") == 1


@pytest.mark.parametrize("name", lessons.LESSONS)
def test_without_pytorch_a_lesson_says_so_in_a_line(name, lesson, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    outcome = lesson(name, "-o", tmp_path)
    assert outcome.status == 0
    assert outcome.out.splitlines().count(NO_PYTORCH) == 1


def same_noise(net, contexts, targets):
    """The loss on one example, whichever the batch."""
    return micrograd.nn.functional.cross_entropy(net(contexts[:1]), targets[:1])


@pytest.mark.parametrize(
    ("name", "what", "instead"),
    [
        ("one_hot", "bigrams", lambda word: ([0, 5, 13, 1, 1], [5, 13, 1, 1, 0])),
        ("softmax", "softmax", lambda logits: (2 * logits).exp() / (2 * logits).exp().sum()),
        ("softmax", "softmax", lambda logits: logits.softmax(0)),
        ("counts_and_net", "evaluate", lambda model, found: 1.01 * evaluate(model, found)),
        ("counts_and_net", "backward", lambda net, loss: micrograd.zeros(27, 27)),
        ("smoothing", "trained", lambda frequencies, weight_decay: NGram(27, 2)),
        ("smoothing", "Counts", lambda counts, k: NGram(27, 3)),
        ("minibatches", "loss_on", same_noise),
        ("starting_loss", "BLOCK_SIZE", 1),
    ],
)
def test_a_claim_that_is_false_makes_a_lesson_fail(name, what, instead, tmp_path, monkeypatch):
    monkeypatch.setattr(module_of(name), what, instead)
    with pytest.raises(AssertionError, match="this does not hold: "):
        module_of(name).lesson(tmp_path)


# The exercises.

RIGHT = {
    ("one_hot", 1): "3",
    ("one_hot", 2): 10 * 27 * 100,
    ("softmax", 1): "5/8",
    ("softmax", 2): -0.75,
    ("counts_and_net", 1): "log(6)",
    ("counts_and_net", 2): -(0.6 * math.log(0.6) + 0.3 * math.log(0.3) + 0.1 * math.log(0.1)),
    ("smoothing", 1): "1/7",
    ("smoothing", 2): "3.912",
    ("minibatches", 1): 0.1,
    ("minibatches", 2): 3200,
    ("starting_loss", 1): "4.382",
    ("starting_loss", 2): 0.0199,
}


def test_every_exercise_is_tried_below():
    assert exercises({name: module_of(name) for name in lessons.LESSONS}) == list(RIGHT)


@pytest.mark.parametrize(("name", "number"), RIGHT)
def test_an_exercise_takes_the_right_answer_in_python_and_in_the_shell(name, number, lesson, capsys):
    answer = RIGHT[name, number]
    check_right(module_of(name), number, answer, capsys)
    outcome = lesson(name, "--answer", number, answer)
    assert outcome.status == 0
    assert outcome.out.startswith("right: ")


@pytest.mark.parametrize(("name", "number"), RIGHT)
def test_each_wrong_answer_gets_the_hint_that_is_meant_for_it(name, number, capsys):
    check_hints(getattr(module_of(name), f"exercise_{number}"), 12345.5, capsys)


def test_a_wrong_answer_in_the_shell_has_the_status_1(lesson):
    outcome = lesson("minibatches", "--answer", 1, "0.05")
    assert (outcome.status, outcome.err) == (1, "")
    assert outcome.out == ("not yet: 4 times as many examples divide the noise by sqrt(4) only\n")


# The command.


def test_without_a_name_the_command_lists_the_lessons(lesson):
    outcome = lesson()
    lines = outcome.out.splitlines()
    assert outcome.status == 0
    assert [line.split()[0] for line in lines[: len(lessons.LESSONS)]] == list(lessons.LESSONS)
    assert lines[1] == f"  {'softmax':<14}  {softmax.__doc__.splitlines()[0]}"
    assert lines[-1] == "run one: python -m makemore.lessons one_hot"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["softmaxx"], "there is no lesson 'softmaxx'; the nearest is softmax"),
        (["minibatch"], "there is no lesson 'minibatch'; the nearest is minibatches"),
        (["qqq"], "there is no lesson 'qqq'; there are one_hot, softmax"),
        (["softmax", "--answer", "1"], "--answer takes the number of an exercise of softmax, 1 or 2"),
        (["softmax", "--answer", "1", "most"], "'most' is no number"),
    ],
)
def test_what_the_command_cannot_use_is_one_line(arguments, words, lesson):
    assert lesson(*arguments).complaint.startswith(words)


def test_a_folder_that_cannot_be_made_is_one_line(lesson, tmp_path):
    (tmp_path / "file").write_text("")
    assert lesson("softmax", "-o", tmp_path / "file").complaint.startswith(str(tmp_path / "file"))


def test_without_a_folder_pictures_go_to_out(lesson, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "torch", None)
    assert lesson("softmax").status == 0
    assert (tmp_path / "out" / "lessons" / "softmax.svg").exists()


def test_the_command_runs_in_a_process_of_its_own(process, tmp_path):
    outcome = process("lessons", "softmax", "--answer", 1, "5/8", cwd=tmp_path)
    assert outcome == (0, "right: 0.625\n", "")


# What the lessons say of the names.


def test_the_loss_of_the_counts_is_the_entropy_of_the_next_character(names, tmp_path, capsys):
    counts_and_net.lesson(tmp_path)
    pairs = [pair for name in names for pair in zip(f".{name}", f"{name}.", strict=True)]
    rows = {}
    for first, second in pairs:
        row = rows.setdefault(first, {})
        row[second] = row.get(second, 0) + 1
    loss = -sum([n * math.log(n / sum(row.values())) for row in rows.values() for n in row.values()]) / len(pairs)
    assert f"{loss:.4f} nats a character" in capsys.readouterr().out


def test_the_spread_of_one_example_is_that_of_the_whole_list(tmp_path, capsys):
    minibatches.lesson(tmp_path)
    printed = capsys.readouterr().out
    net = NGram(27, 2, micrograd.Generator().manual_seed(2147483647))
    ids = data.Vocabulary("abcdefghijklmnopqrstuvwxyz").encode_text(
        data.text_of(data.WordList(data.bundled_names()).words())
    )
    logits = torch.tensor(net.W.detach().numpy())
    each = torch.nn.functional.cross_entropy(
        logits[ids[:-1].astype(np.int64)], torch.tensor(ids[1:].astype(np.int64)), reduction="none"
    )
    assert f"all {len(each):,} examples is {each.mean().item():.4f}" in printed
    spread = re.search(r"the std of one example: \S+ ~ ([\d.]+)", printed).group(1)
    assert float(spread) == pytest.approx(each.std().item(), rel=1e-5)
