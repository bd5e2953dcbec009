"""What a run prints about its words, its model and its losses."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makemore import ladder, report
from makemore.corpus import SPLITS, Corpus
from micrograd.nn import Linear

BY_GRADIENT = {"fit": "gradient", "type": "mlp", "batch_size": 32, "max_steps": 1, "learning_rate": 0.1}
BY_GRADIENT |= {"schedule": "linear", "warmup": 1, "optimizer": "sgd", "weight_decay": 0.0}


def words_read(capsys, path, text):
    """What is printed of a list of these words, by the first word of its line."""
    path.write_text(text, encoding="utf-8", newline="")
    report.print_words_read(Corpus.read(path, "none"))
    return dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())


def ends_of(line):
    """Where each cell of a line of a table ends, and how many there are."""
    return [cell.end() for cell in re.finditer(r"\S+", line)]


# What was read


def test_every_character_of_the_vocabulary_can_be_seen(capsys, tmp_path):
    printed = words_read(capsys, tmp_path / "words.txt", "a b\nc\x1bd\te\u0301\n👩\u200d🚀❤\ufe0f\n")
    shown = r". \t \x1b ' ' a b c d e ◌" + "\u0301 U+200D ❤ U+FE0F 👩 🚀"
    assert printed["vocabulary"] == f"15: {shown}   (. is the boundary of a word)"


@pytest.mark.parametrize(
    ("text", "lengths"),
    [
        ("a\nb\n", "1 character long"),
        ("abc\nabd\n", "3 characters long"),
        ("ab\n" + "a" * 6000, "2 to 6,000 characters long"),
    ],
)
def test_the_lengths_of_the_words_are_said_in_good_english(capsys, tmp_path, text, lengths):
    assert words_read(capsys, tmp_path / "words.txt", text)["words"].endswith(f"words.txt, {lengths}")


# What is trained


def test_one_step_is_no_steps(capsys):
    report.print_model(BY_GRADIENT, Linear(2, 1))
    report.print_descent([{"step": 0, "train_loss": 3.5}, {"step": 1, "train_loss": 3.25}])
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split(", ")[0].strip() == "1 step"
    assert "warm-up of 1 step)" in lines[1]
    assert lines[2] == "train loss  3.5000 at 0, 3.2500 at 1 step"


# The tables


@pytest.fixture(scope="module")
def lines_of_table():
    """The lines that print_losses prints."""

    def lines(losses):
        with pytest.MonkeyPatch.context() as patch:
            printed = []
            patch.setattr("builtins.print", lambda text="": printed.append(text))
            report.print_losses(losses)
        return "\n".join(printed).lstrip("\n").split("\n")

    return lines


@given(
    st.integers(1, 3).flatmap(
        lambda n: st.lists(
            st.lists(st.floats(0, 2000) | st.just(math.inf), min_size=n, max_size=n), min_size=1, max_size=3
        )
    )
)
def test_the_columns_of_the_losses_line_up(lines_of_table, rows):
    losses = {f"model{i}": dict.fromkeys(SPLITS) | dict(zip(SPLITS, row, strict=False)) for i, row in enumerate(rows)}
    titles, heads, *lines = lines_of_table(losses)
    ends = ends_of(heads)
    assert len(ends) == 2 * len(rows[0])
    for line in lines:
        assert ends_of(line)[1:] == ends
    left, right = re.search("loss, nats a character", titles), re.search("perplexity", titles)
    assert left.end() <= ends[len(rows[0]) - 1]
    assert ends[len(rows[0]) - 1] < right.start() < right.end() <= ends[-1]


def test_a_large_perplexity_keeps_to_its_column(lines_of_table):
    losses = {"uniform": dict.fromkeys(SPLITS, math.log(3001)), "mlp, trained": dict.fromkeys(SPLITS, 124.0)}
    _, _, uniform, trained = lines_of_table(losses)
    assert uniform.split() == ["uniform", *["8.0067"] * 3, *["3,001"] * 3]
    assert trained.split() == ["mlp,", "trained", *["124.0000"] * 3, *["7.1e+53"] * 3]


@pytest.mark.parametrize(
    ("words", "said"),
    [("aa\n", "1 of 4 contexts was never seen; after it"), ("a\n", "2 of 4 contexts were never seen")],
)
def test_contexts_that_were_never_seen_are_counted_in_good_english(capsys, tmp_path, words, said):
    (tmp_path / "words.txt").write_text(words)
    config = {"type": "trigram", "fit": "counts", "smoothing": 0.0, "block_size": 2}
    report.print_hints({}, Corpus.read(tmp_path / "words.txt", "none"), config, [])
    assert capsys.readouterr().out.startswith(said)


def test_the_columns_of_the_ladder_line_up_and_its_words_keep_to_their_line():
    losses = [dict.fromkeys(SPLITS, 2.5), {"train": 7.0, "dev": None, "test": 2000.0}, dict.fromkeys(SPLITS, 124.0)]
    words = ["東京", "a\x1b[2Jb\nc"]
    rungs = [ladder.Rung("transformer", 204_544, each, 5000, 57.5, words) for each in losses]
    _, heads, *lines = ladder.table_of(rungs).split("\n")
    assert len(lines) == 3
    for line in lines:
        assert ends_of(line)[1:8] == ends_of(heads)[1:8]
        assert line.endswith(r"  東京, a\x1b[2Jb\nc")
    assert [line.split()[5] for line in lines] == ["12.182", "inf", "7.1e+53"]
