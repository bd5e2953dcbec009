"""Lists of one's own: what is said of them, which model they get, and which new words are taken."""

import re
import shutil
import sys
import unicodedata

import numpy as np
import pytest

from makemore import display, run
from makemore.config import best_for, choose, config_of, parser_of_flags
from makemore.corpus import Corpus
from makemore.data import WordList, remarks
from makemore.language_model import evaluate
from makemore.models.ngram import Counts
from makemore.training import Training

# What is said of a list


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["ava", "eva", "ida"], []),
        (["ava", "eva", "ava", "ava"], ["2 repeated words; --unique keeps one of each"]),
        (["name", "ava", "eva"], ["the first word is 'name'; if that is the header of a table, remove it"]),
        (["Name,sex", "ava,F", "eva,F"], ["nearly every word has ',' in it", "the first word is 'Name'"]),
        (["Orléans", unicodedata.normalize("NFD", "Nîmes")], ["accents are characters of their own in 1 word"]),
        ([unicodedata.normalize("NFD", word) for word in ("Nîmes", "Sète")], []),
    ],
)
def test_what_a_list_should_not_have_is_said_in_a_line_each(words, said):
    found = remarks(words)
    assert len(found) == len(said)
    for line, beginning in zip(found, said, strict=True):
        assert line.startswith(beginning)


def test_unique_reads_each_word_once_however_far_apart(tmp_path, monkeypatch):
    monkeypatch.setattr("makemore.data.BLOCK_BYTES", 8)
    (tmp_path / "list.txt").write_text("ava\neva\nava\nida\nava\neva\nora\n")
    assert WordList(tmp_path / "list.txt", unique=True).words() == ["ava", "eva", "ida", "ora"]


def test_a_run_on_unique_words_goes_on_with_them(command, short_list, tmp_path):
    twice = tmp_path / "twice.txt"
    twice.write_text(short_list.read_text() * 2)
    flags = ["-o", tmp_path / "run", "--max-steps"]
    begun = command("train", "-i", twice, "--unique", "--type", "bigram", *flags, 20)
    assert f"words       {len({*short_list.read_text().split()}):,} from" in begun.out
    assert "note" not in begun.out
    assert command("train", "--resume", *flags, 40).status == 0
    assert "has changed" not in command("sample", "-o", tmp_path / "run").err


# Which model


@pytest.fixture
def corpus_of(tmp_path):
    def corpus_of(words, split="80/10/10"):
        path = tmp_path / "list.txt"
        path.write_text("".join(f"{'abcdefghij'[i % 10]}{i}\n" for i in range(words)))
        return Corpus.read(path, split)

    return corpus_of


@pytest.mark.parametrize(
    ("words", "flags", "type_"),
    [
        (100, [], "gru"),
        (599, [], "gru"),
        (600, [], "lstm"),
        (49_999, [], "lstm"),
        (100, ["--n-layer", "2"], "mlp"),
        (100, ["--block-size", "4"], "mlp"),
        (100, ["--n-head", "2"], "transformer"),
        (100, ["--n-embd", "8"], "gru"),
        (100, ["--fit", "counts"], "trigram"),
        (1999, ["--split", "none"], "trigram"),
        (100, ["--split", "none", "--max-steps", "9"], "gru"),
        (2000, ["--split", "none"], "lstm"),
    ],
)
def test_the_type_is_chosen_by_the_length_of_the_list_and_the_flags(corpus_of, words, flags, type_):
    given = parser_of_flags().parse_args(flags)
    corpus = corpus_of(words, given.split or "80/10/10")
    found = choose(given, corpus.survey.words, "dev" in corpus.parts)
    assert found.type == type_
    config = config_of(given, found)
    assert config["fit"] == ("counts" if type_ == "trigram" else "gradient")


def test_a_long_list_gets_a_larger_net():
    found = choose(parser_of_flags().parse_args([]), 50_000, has_dev=True)
    assert config_of(parser_of_flags().parse_args([]), found)["n_embd2"] == 128
    assert best_for(50_000).flags == "--type lstm --n-embd2 128"
    assert found.why == "the best on lists of 50,000 words or more; --type names another"


def test_the_type_that_was_chosen_is_said_and_kept(command, short_list, tmp_path):
    begun = command("train", "--type", "auto", "-i", short_list, "-o", tmp_path / "run", "--max-steps", 2)
    assert re.search(r"^chosen +lstm, the best on lists of 600 to 49,999 words; --type names another$", begun.out, re.M)
    assert re.search(r"^model +lstm ", command("train", "--resume", "-o", tmp_path / "run", "--max-steps", 3).out, re.M)


def test_a_run_that_is_worse_than_counting_says_so_first_and_what_would_be_better(command, short_list, tmp_path):
    outcome = command("train", "-i", short_list, "-o", tmp_path / "run", "--type", "mlp", "--max-steps", 30)
    line = next(line for line in outcome.out.splitlines() if line.startswith("worse"))
    assert outcome.out.index(line) < outcome.out.index("uniform")
    assert re.search(r"than \w+gram, counted, on dev: perplexity [\d.]+ against [\d.]+; better on this list: ", line)
    assert line.endswith("--fit counts, or --type lstm, or more --max-steps, since it was still learning")
    good = command("train", "-i", short_list, "-o", tmp_path / "good", "--type", "bigram")
    assert "\nworse" not in good.out
    (tmp_path / "three.txt").write_text("a\nb\nc\n")
    few = command("train", "-i", tmp_path / "three.txt", "-o", tmp_path / "three")
    assert re.search(r"^worse .* against 4.000; so few words teach a model little: give more$", few.out, re.MULTILINE)


# What counts and nets learn on dev


def test_interpolated_counts_mix_in_the_probabilities_of_shorter_contexts():
    counts = np.random.default_rng(0).integers(0, 3, (4, 4, 4))
    contexts = np.array([[0, 1], [3, 2]])
    from micrograd import from_numpy

    found = Counts(counts, interpolation=2.5)(from_numpy(contexts)).exp().numpy()
    for row, (first, second) in zip(found, contexts, strict=True):
        p = np.full(4, 1 / 4)
        for table in (counts.sum((0, 1)), counts.sum(0)[second], counts[first, second]):
            p = (table + 2.5 * p) / (table.sum() + 2.5)
        np.testing.assert_allclose(row, p, rtol=1e-12)


def test_interpolation_is_learned_on_dev_and_beats_what_is_added_to_counts(short_list):
    corpus = Corpus.read(short_list, "80/10/10")
    found, model = corpus.context_counts("dev", 2), run.counted(corpus, 3, None)
    loss = evaluate(model, found)
    assert loss < min(evaluate(run.counted(corpus, 3, smoothing), found) for smoothing in (0.1, 1.0))
    for strength in (model.interpolation / 2, 2 * model.interpolation):
        assert loss <= evaluate(Counts(corpus.counts("train", 3), interpolation=strength), found)


def test_a_list_with_next_to_no_dev_words_learns_nothing_on_them(tmp_path):
    (tmp_path / "list.txt").write_text("ava\neva\nida\nora\n" * 3)
    corpus = Corpus.read(tmp_path / "list.txt", "80/10/10")
    assert run.counted(corpus, 2, None).interpolation == run.INTERPOLATION
    assert run.weight_decay_for(corpus, 2) == run.LECTURE_DECAY


def test_the_weight_decay_of_an_n_gram_does_what_smoothing_does(names, tmp_path):
    (tmp_path / "list.txt").write_text("".join(name + "\n" for name in names[:300]))
    corpus = Corpus.read(tmp_path / "list.txt", "80/10/10")

    def dev_loss(*flags):
        config = run.complete(config_of(parser_of_flags().parse_args(["--type", "trigram", *flags])), corpus)
        training = Training(config | {"eval_every": config["max_steps"]}, corpus, run.new_model(config, corpus))
        training.take_steps(progress=False)
        return training.metrics[-1]["dev_loss"]

    learned = dev_loss("--max-steps", "1500")
    assert learned < dev_loss("--max-steps", "1500", "--weight-decay", "0.01") - 0.2
    smoothed = Counts(corpus.counts("train", 3), 0.1)
    assert learned == pytest.approx(evaluate(smoothed, corpus.context_counts("dev", 2)), abs=0.1)


def test_a_net_stops_when_its_dev_loss_has_not_fallen_for_long_and_goes_on_when_it_is_told_to(
    command, short_list, tmp_path
):
    flags = ["-o", tmp_path / "run", "--max-steps"]
    # A rate at which the first evaluation is the best one.
    more = ["--type", "rnn", "--n-embd", 4, "--n-embd2", 4, "--learning-rate", 2, "--schedule", "constant"]
    begun = command("train", "-i", short_list, *more, "--warmup", 0, *flags, 120)
    assert "the dev loss has not fallen since step" in begun.out
    assert "--early-stop 0 goes on" in begun.out
    assert "had stopped falling; give --max-steps" in command("train", "-o", tmp_path / "run", "--resume").complaint
    again = command("train", "--resume", *flags, 200)
    assert int(re.search(r"^trained +(\d+) steps", again.out, re.M).group(1)) > 0


# New words


@pytest.fixture(scope="module")
def trigram(command, short_list, tmp_path_factory):
    """The folder of counted trigrams, and their own copy of the list."""
    folder = tmp_path_factory.mktemp("trigram")
    shutil.copy(short_list, folder / "list.txt")
    flags = ["--type", "trigram", "--fit", "counts"]
    assert command("train", "-i", folder / "list.txt", "-o", folder / "run", *flags).status == 0
    return folder / "run"


def words_of(outcome):
    return [line.split()[0] for line in outcome.out.splitlines()]


def test_words_are_taken_as_the_flags_want_them(command, trigram):
    flags = ["--ending", "a", "--min-length", 4, "--all-different", "--prompt", "m"]
    words = words_of(command("sample", "-o", trigram, "-n", 30, *flags))
    assert len(words) == len({*words}) == 30
    assert all(word.startswith("m") and word.endswith("a") and len(word) >= 4 for word in words)


def test_the_likeliest_come_first(command, trigram):
    import makemore

    model = makemore.load(trigram)
    words = words_of(command("sample", "-o", trigram, "-n", 30, "--likeliest-first"))
    scores = [model.score(word).log_likelihood for word in words]
    assert scores == sorted(scores, reverse=True)
    assert sorted(words) == sorted(words_of(command("sample", "-o", trigram, "-n", 30)))
    assert words == model.sample(30, likeliest_first=True)


def test_an_ending_that_no_word_can_have_is_one_line(command, trigram, short_list, tmp_path):
    assert "'ß'" in command("sample", "-o", trigram, "--ending", "ß").complaint
    assert "'ß'" in command("train", "-i", short_list, "-o", tmp_path / "new", "--ending", "ß").complaint


def test_a_list_that_has_changed_is_said(command, trigram):
    assert command("sample", "-o", trigram, "-n", 2).err == ""
    with (trigram.parent / "list.txt").open("a") as file:
        file.write("mila\n")
    assert "list.txt has changed since the model learned" in command("sample", "-o", trigram, "-n", 2).err


def test_score_scores_what_it_can(command, trigram):
    outcome = command("score", "-o", trigram, "mia", "mÿa", "lena")
    assert outcome.status == 2
    assert outcome.err.startswith("error: the character 'ÿ' of 'mÿa'")
    assert [line.split()[0] for line in outcome.out.splitlines() if "log-likelihood" in line] == ["mia", "lena"]


# Flags, and progress in a log file


@pytest.mark.parametrize(
    ("name", "flag", "said"),
    [
        ("train", "--temprature", "there is no flag --temprature; the nearest is --temperature"),
        ("sample", "--only_new", "there is no flag --only_new; the nearest is --only-new"),
        ("ladder", "--bugdet=3", "there is no flag --bugdet; the nearest is --budget"),
        ("train", "--qwxyz", "there is no flag --qwxyz (--help"),
    ],
)
def test_a_flag_that_is_not_there_gets_the_nearest_that_is(command, name, flag, said):
    assert command(name, flag).complaint.startswith(said)


def test_progress_in_a_log_file_is_whole_lines(monkeypatch, capsys):
    monkeypatch.setattr(display, "LOG_SECONDS", 0.0)
    with display.progress_bar(total=3, unit="step", desc="training", miniters=1) as bar:
        for _ in range(3):
            bar.update()
            bar.set_postfix_str("loss 2.5", refresh=False)
    told = capsys.readouterr().err
    assert "\r" not in told
    assert re.match(r"training: \d+ %, \d of 3 steps, 00:00 gone, ", told)
    assert told.endswith("\n")


def test_a_log_file_gets_no_progress_of_what_is_done_soon(capsys):
    assert list(display.progress_bar(range(100))) == list(range(100))
    with display.progress_bar(total=3, unit="trial", desc="searching") as bar:
        for i in range(3):
            bar.set_postfix_str(f"trial {i}")
            bar.write(f"trial {i} ended", file=sys.stdout)
    assert capsys.readouterr() == ("trial 0 ended\ntrial 1 ended\ntrial 2 ended\n", "")
