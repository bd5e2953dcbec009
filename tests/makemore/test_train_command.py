"""`python -m makemore.train`: what it prints, what it keeps, how it goes on, and how it fails."""

import functools
import itertools
import json
import math
import os
import re
import signal
import struct
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import safetensors.numpy
from matplotlib.image import imread

import makemore.run
from makemore import data, plots
from makemore.config import config_of, parser_of_flags
from makemore.corpus import Corpus
from makemore.data import WordList
from makemore.new_words import TRIES_PER_WORD
from makemore.run import complete, new_model
from makemore.run_folder import RunFolder, file_of_checkpoint
from makemore.training import StopAsked, Training

FILES = ["bigram.png", "config.json", "loss.png", "metrics.jsonl", "model.safetensors"]
FILES += ["samples.txt"]
ROOT = Path(data.__file__).resolve().parents[1]
NUMBER = r" +(?:[\d.]+|inf|-)"
ROW = re.compile(rf"(uniform|(?:uni|bi|tri)gram, (?:counted|trained))((?:{NUMBER})+)")


def files_of(folder):
    return sorted(path.name for path in folder.iterdir())


def contents_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def metrics_of(folder):
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def table_of(out):
    """The rows of the printed table: the model, and its numbers."""
    rows = [match.groups() for line in out.splitlines() if (match := ROW.fullmatch(line))]
    return {name: [float(number) for number in numbers.split()] for name, numbers in rows}


def marks_of(out):
    """The printed new words and their marks."""
    block = out.split("new words")[1].split("\n\n")[0]
    return [tuple(line.strip().rsplit(maxsplit=1)) for line in block.splitlines()[1:]]


@pytest.fixture(scope="module")
def default_run(process, tmp_path_factory):
    """`python -m makemore.train --type bigram` in an empty folder."""
    folder = tmp_path_factory.mktemp("default")
    return SimpleNamespace(outcome=process("train", cwd=folder), cwd=folder, folder=folder / "out" / "1")


@pytest.fixture(scope="module")
def small_run(command, short_list, tmp_path_factory):
    """A short run, to be looked at and copied but not changed."""
    folder = tmp_path_factory.mktemp("small") / "run"
    assert command("train", "-i", short_list, "-o", folder, "--max-steps", 60).status == 0
    return folder


@pytest.fixture
def run(small_run, tmp_path):
    """A folder with a copy of the short run."""
    folder = tmp_path / "run"
    folder.mkdir()
    for name, content in contents_of(small_run).items():
        (folder / name).write_bytes(content)
    return folder


# The default run


def test_the_default_run_ends_well(default_run):
    assert default_run.outcome.status == 0
    assert "Traceback" not in default_run.outcome.err


def test_it_prints_what_was_read(default_run):
    out = default_run.outcome.out
    assert re.search(r"^words +32,178 from .*names\.txt, 2 to 15 characters", out, re.M)
    assert re.search(r"^vocabulary +27: \. a b c d e f g h i j k l m n o p q r s t u v w x y z ", out, re.M)
    assert re.search(r"^examples +train 183,430 +dev 22,953 +test 22,818$", out, re.M)
    assert re.search(r"^model +bigram by gradient descent, 729 parameters", out, re.M)


def test_a_short_run_tells_a_log_file_nothing(default_run):
    assert default_run.outcome.err == ""  # no terminal, and it takes less than half a minute


def test_a_table_compares_it_with_the_baselines(default_run):
    table = table_of(default_run.outcome.out)
    assert list(table) == ["uniform", "unigram, counted", "bigram, counted", "bigram, trained"]
    for row in table.values():
        losses, perplexities = row[:3], row[3:]
        np.testing.assert_allclose(perplexities, np.exp(losses), rtol=1e-4)
    assert table["uniform"] == [3.2958] * 3 + [27.0] * 3
    for part in range(3):
        uniform, unigram, counted, trained = (row[part] for row in table.values())
        assert uniform > unigram + 0.4
        assert unigram > counted + 0.3
        assert trained == pytest.approx(counted, abs=0.01)


def test_the_losses_printed_are_right(default_run, names):
    pairs = [[pair for word in part for pair in itertools.pairwise(f".{word}.")] for part in data.split_words(names)]
    count = Counter(pairs[0])
    of_context, single = Counter(before for before, _ in pairs[0]), Counter(after for _, after in pairs[0])

    def loss(part, strength):
        surprises = []
        for before, after in part:
            alone = (single[after] + strength / 27) / (len(pairs[0]) + strength)
            surprises.append(-math.log((count[before, after] + strength * alone) / (of_context[before] + strength)))
        return sum(surprises) / len(surprises)

    learned = min([2**n for n in range(9)], key=lambda strength: loss(pairs[1], strength))
    for part, printed in zip(pairs, table_of(default_run.outcome.out)["bigram, counted"], strict=False):
        assert f"{loss(part, learned):.4f}" == f"{printed:.4f}"


def test_twenty_new_words_are_marked_new_or_seen(default_run, names):
    marks = marks_of(default_run.outcome.out)
    assert len(marks) == 20
    assert {mark for _, mark in marks} <= {"new", "seen"}
    for word, mark in marks:
        assert mark == ("seen" if word in set(names) else "new")
    assert (default_run.folder / "samples.txt").read_text().split("\n") == [word for word, _ in marks] + [""]


def test_the_run_goes_to_the_first_numbered_folder_and_says_so(default_run):
    assert files_of(default_run.cwd) == ["out"]
    assert files_of(default_run.cwd / "out") == ["1"]
    assert files_of(default_run.folder) == FILES
    assert default_run.outcome.out.rstrip().endswith("python -m makemore.sample -o out/1")


def test_the_metrics_are_a_line_per_evaluation_and_a_last_one_with_all_losses(default_run):
    *lines, last = metrics_of(default_run.folder)
    assert [line["step"] for line in lines] == list(range(0, 1001, 20))
    for line in lines:
        assert set(line) == {"step", "train_loss", "dev_loss"}
    losses = [line["train_loss"] for line in lines]
    assert losses == sorted(losses, reverse=True)
    trained = table_of(default_run.outcome.out)["bigram, trained"]
    for part, loss in zip(("train", "dev", "test"), trained, strict=False):
        assert f"{last[f'{part}_loss']:.4f}" == f"{loss:.4f}"


def test_the_config_says_what_the_run_is_made_of(default_run):
    config = json.loads((default_run.folder / "config.json").read_text())
    expected = {"type": "bigram", "fit": "gradient", "max_steps": 1000, "learning_rate": 50.0, "seed": 2147483647}
    assert expected.items() <= config.items()
    assert config["vocabulary"] == list("abcdefghijklmnopqrstuvwxyz")


def pixels_of(path):
    content = path.read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    assert content.endswith(b"IEND\xaeB\x60\x82")
    image = imread(path)
    assert struct.unpack(">II", content[16:24]) == (image.shape[1], image.shape[0])
    return image[..., :3]


def test_the_pictures_are_pngs_of_a_legible_size(default_run):
    heat_map = pixels_of(default_run.folder / "bigram.png")
    assert min(heat_map.shape[:2]) >= 27 * 50, "fifty pixels for a cell and its two lines of text"
    loss = pixels_of(default_run.folder / "loss.png")
    assert min(loss.shape[:2]) >= 400
    for picture in (heat_map, loss):
        assert picture.min() < 0.4, "something dark is drawn"
        assert picture.max() == 1, "on white"


@pytest.fixture
def drawn_figures(monkeypatch, real_pictures):
    """plots gives its figures themselves instead of their PNGs."""
    monkeypatch.setattr(plots, "_png", lambda figure, dpi: figure)


@pytest.mark.usefixtures("drawn_figures")
def test_each_cell_of_the_heat_map_holds_its_pair_and_its_count(names):
    tokens = list(".abcdefghijklmnopqrstuvwxyz")
    counts = data.count_ngrams([data.text_of(names)], data.Vocabulary(tokens[1:]), 2)
    (axes,) = plots.bigram_heat_map(counts, tokens, "title").axes
    cells = {}
    for text in axes.texts:
        column, row = (round(position) for position in text.get_position())
        cells.setdefault((row, column), set()).add(text.get_text())
    assert cells == {(i, j): {tokens[i] + tokens[j], str(counts[i, j])} for i in range(27) for j in range(27)}
    np.testing.assert_array_equal(axes.collections[0].get_array(), counts)


@pytest.mark.usefixtures("drawn_figures")
def test_the_heat_map_of_a_large_alphabet_shows_the_frequent_characters_and_says_so(monkeypatch):
    monkeypatch.setattr(plots, "MOST_CHARACTERS", 8)  # 60 take a second to draw
    counts = np.diag(np.arange(100))
    (axes,) = plots.bigram_heat_map(counts, [chr(0x4E00 + i) for i in range(100)], "title").axes
    assert axes.collections[0].get_array().shape == (8, 8)
    np.testing.assert_array_equal(np.diag(axes.collections[0].get_array()), np.arange(92, 100))
    assert "100" in axes.get_title()


@pytest.mark.usefixtures("drawn_figures")
def test_the_loss_curve_shows_train_and_dev_and_the_baselines():
    metrics = [{"step": step, "train_loss": 3 - step / 10, "dev_loss": 3.1 - step / 10} for step in range(5)]
    (axes,) = plots.loss_curve(metrics, {"unigram": 2.8, "impossible": math.inf}, "title").axes
    lines = {line.get_label(): line.get_ydata() for line in axes.lines}
    np.testing.assert_allclose(lines["train"], [3, 2.9, 2.8, 2.7, 2.6])
    np.testing.assert_allclose(lines["dev"], [3.1, 3.0, 2.9, 2.8, 2.7])
    assert any("2.8000" in text.get_text() for text in axes.texts)
    assert not any("impossible" in text.get_text() for text in axes.texts)


# Other runs


def test_a_trigram_run_keeps_the_same_files_but_the_heat_map(command, short_list, tmp_path):
    outcome = command("train", "-i", short_list, "-o", tmp_path / "run", "--type", "trigram", "--max-steps", 60)
    assert outcome.status == 0
    assert files_of(tmp_path / "run") == [name for name in FILES if name != "bigram.png"]
    assert list(table_of(outcome.out))[3:] == ["trigram, counted", "trigram, trained"]


@pytest.mark.parametrize("kind", ["bigram", "trigram"])
def test_a_run_by_counting(command, short_list, tmp_path, kind):
    outcome = command("train", "-i", short_list, "-o", tmp_path / "run", "--type", kind, "--fit", "counts")
    assert outcome.status == 0
    table = table_of(outcome.out)
    assert (
        list(table) == ["uniform", "unigram, counted", "bigram, counted", "trigram, counted"][: 3 + (kind == "trigram")]
    )
    (last,) = metrics_of(tmp_path / "run")
    assert last["train_loss"] == pytest.approx(table[f"{kind}, counted"][0], abs=5.1e-5)
    words = data.split_words(WordList(short_list).words()).train
    found = data.survey([data.text_of(words)]).vocabulary
    counts = safetensors.numpy.load_file(tmp_path / "run" / "model.safetensors")["counts"]
    expected = data.count_ngrams([data.text_of(words)], found, 2 if kind == "bigram" else 3)
    np.testing.assert_array_equal(counts, expected.reshape(-1, len(found)))


def test_without_a_split_there_is_no_dev_and_no_test_loss(command, short_list, tmp_path):
    outcome = command("train", "-i", short_list, "-o", tmp_path / "run", "--split", "none", "--max-steps", 40)
    assert re.search(r"^examples +train [\d,]+$", outcome.out, re.M)
    assert [len(row) for row in table_of(outcome.out).values()] == [2] * 4
    last = metrics_of(tmp_path / "run")[-1]
    assert last["dev_loss"] is last["test_loss"] is None
    assert last["train_loss"] > 1


def test_what_training_never_saw_is_inf_with_a_hint_and_never_nan(command, tmp_path):
    (tmp_path / "words.txt").write_text("".join(f"{word}\n" for word in ["ab"] * 9 + ["ba", "cab", "bca"]))
    outcome = command(
        "train", "-i", tmp_path / "words.txt", "-o", tmp_path / "run", "--fit", "counts", "--smoothing", 0
    )
    assert outcome.status == 0
    assert math.inf in table_of(outcome.out)["bigram, counted"]
    assert re.search(r"^inf: .*--smoothing 1", outcome.out, re.M)
    assert "nan" not in outcome.out.lower()


def test_contexts_never_seen_are_told(command, short_list, tmp_path):
    flags = ["-i", short_list, "-o", tmp_path / "run", "--type", "trigram", "--fit", "counts", "--smoothing", 0]
    outcome = command("train", *flags, "--split", "none")
    text = WordList(short_list).words()
    seen = {f"..{word}"[i : i + 2] for word in text for i in range(len(word) + 1)}
    assert re.search(rf"^{49 - len(seen)} of 49 contexts were never seen; .*equally likely$", outcome.out, re.M)


def test_the_uniform_model_s_words_stand_beside_on_request(command, short_list, tmp_path):
    flags = ["-i", short_list, "--max-steps", 40, "-n", 5]
    alone = command("train", *flags, "-o", tmp_path / "alone").out.split("new words")[1].splitlines()
    beside = command("train", *flags, "-o", tmp_path / "beside", "--uniform").out.split("new words")[1].splitlines()
    assert re.fullmatch(r" +model +uniform model", beside[1])
    for line, both in zip(alone[1:6], beside[2:7], strict=True):
        assert both.startswith(line)
        assert re.search(r"\S+ +(new|seen)$", both.removeprefix(line))
    assert (tmp_path / "alone" / "samples.txt").read_text() == (tmp_path / "beside" / "samples.txt").read_text()


def test_the_words_drawn_follow_the_flags(command, short_list, tmp_path):
    flags = ["-i", short_list, "-o", tmp_path / "run", "--max-steps", 40, "-n", 7, "--prompt", "mi", "--only-new"]
    outcome = command("train", *flags, "--temperature", 0.7, "--top-k", 4)
    words = (tmp_path / "run" / "samples.txt").read_text().splitlines()
    assert len(words) == 7
    assert all(word.startswith("mi") for word in words)
    assert not set(words) & set(WordList(short_list).words())
    assert "temperature 0.7" in outcome.out


def test_the_seed_decides_everything_that_is_drawn(command, short_list, tmp_path):
    def run(name, *flags):
        assert command("train", "-i", short_list, "-o", tmp_path / name, "--max-steps", 40, *flags).status == 0
        return contents_of(tmp_path / name)

    first, again, other = run("first", "--seed", 5), run("again", "--seed", 5), run("other", "--seed", 6)
    assert first == again
    for name in ("model.safetensors", "samples.txt"):
        assert first[name] != other[name]


@pytest.mark.parametrize(
    "words",
    [
        ["solo"],
        ["ab"] * 50,
        ["a b", "b a", "c c"],
        ["a\tb", "c\td", "ab\tcd"],
        ["emma", "ava", "olivia"],
        ["St. Paul", "St. Louis", "New York"],
        ["太郎", "花子", "一郎", "さくら"],
        [str(i * 7919 % 1000) for i in range(60)],
    ],
    ids=lambda words: words[0],
)
def test_the_defaults_learn_any_list(command, tmp_path, words):
    (tmp_path / "words.txt").write_text(data.text_of(words), encoding="utf-8")
    outcome = command("train", "-i", tmp_path / "words.txt", "-o", tmp_path / "run", "--split", "none", "-n", 3)
    assert outcome.status == 0
    table = table_of(outcome.out)
    counted, trained = table["bigram, counted"][0], table["bigram, trained"][0]
    assert trained < counted + 0.01, "the counts, with one added to each, are what it has to reach"


@pytest.mark.parametrize("kind", ["bigram", "trigram"])
def test_the_defaults_learn_on_minibatches_too(command, short_list, tmp_path, kind):
    outcome = command("train", "-i", short_list, "-o", tmp_path / "run", "--type", kind, "-b", 32, "-n", 0)
    table = table_of(outcome.out)
    assert table[f"{kind}, trained"][0] < table[f"{kind}, counted"][0] + 0.15


def test_a_run_four_times_as_long_writes_about_four_times_as_much(command, short_list, tmp_path, monkeypatch):
    written, amounts, write = [], [], RunFolder.write

    def counted(folder, name, content):
        written.append(len(content))
        write(folder, name, content)

    monkeypatch.setattr(RunFolder, "write", counted)
    for steps in (80, 320):
        written.clear()
        flags = ["-i", short_list, "-o", tmp_path / str(steps), "--eval-every", 1, "-n", 0, "--max-steps", steps]
        assert command("train", *flags).status == 0
        amounts.append(sum(written))
    assert amounts[1] < 8 * amounts[0], "a run may go on without end"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names of files are text")
def test_the_list_s_name_may_be_no_text_at_all(command, tmp_path):
    path = tmp_path / os.fsdecode(b"\xff.txt")
    path.write_text("emma\nava\nmia\n")
    assert command("train", "-i", path, "-o", tmp_path / "run", "--max-steps", 5).status == 0
    assert command("train", "-o", tmp_path / "run", "--max-steps", 6, "--resume").status == 0


@pytest.mark.usefixtures("real_pictures")
@pytest.mark.parametrize("name", ["cost $_$.txt", "a_b^c{d}\\e.txt", "naïve 名前.txt", "%s{0}.txt"])
def test_the_list_s_name_may_be_anything(command, tmp_path, name):
    (tmp_path / name).write_text("emma\nava\nmia\n")
    assert command("train", "-i", tmp_path / name, "-o", tmp_path / "run", "--max-steps", 5).status == 0
    assert files_of(tmp_path / "run") == FILES


# The folder


def test_runs_go_to_the_number_after_the_last(command, short_list, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for number in (1, 2):
        assert command("train", "-i", short_list, "--fit", "counts").out.rstrip().endswith(f"-o out/{number}")
    (tmp_path / "out" / "7").mkdir()
    (tmp_path / "out" / "notes").mkdir()
    assert command("train", "-i", short_list, "--fit", "counts").out.rstrip().endswith("-o out/8")


def test_a_folder_with_a_run_is_refused_in_a_line_that_names_the_ways_out(command, short_list, run):
    before = contents_of(run)
    complaint = command("train", "-i", short_list, "-o", run).complaint
    assert "already holds a run" in complaint
    for way in ("--resume", "--overwrite", "-o"):
        assert way in complaint
    assert contents_of(run) == before


def test_overwrite_replaces_a_run(command, short_list, run):
    flags = ["-i", short_list, "-o", run, "--type", "trigram", "--max-steps", 20, "--overwrite"]
    assert command("train", *flags).status == 0
    assert files_of(run) == [name for name in FILES if name != "bigram.png"], "no picture of the old run is left"
    assert json.loads((run / "config.json").read_text())["type"] == "trigram"


@pytest.mark.parametrize("flags", [["-l", "1e30"], ["-l", "1e30", "-b", "8"], ["-b", "99999999999"], ["-n", "x"]])
def test_a_run_that_fails_before_it_has_learned_anything_replaces_nothing(command, short_list, run, flags):
    (run / "find_lr.png").write_bytes(b"a picture")
    before = contents_of(run)
    assert command("train", "-i", short_list, "-o", run, "--overwrite", *flags).status == 2
    assert contents_of(run) == before


def test_a_run_that_fails_before_it_has_learned_anything_leaves_no_folder(command, short_list, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert command("train", "-i", short_list, "-o", "mine", "-l", "1e30").status == 2
    assert command("train", "-i", short_list, "-l", "1e30").status == 2
    assert files_of(tmp_path) == ["out"]
    assert files_of(tmp_path / "out") == []


def test_a_run_that_is_killed_before_it_has_learned_anything_leaves_the_old_one_as_it_was(process, short_list, run):
    before = contents_of(run)
    kill = "makemore.train.Training.take_steps = lambda *a, **b: os.kill(os.getpid(), 9)"
    code = f"import os, sys, makemore.train; {kill}; makemore.train.main(sys.argv[1:])"
    words = [sys.executable, "-c", code, "-i", short_list, "-o", run, "--type", "bigram", "--overwrite"]
    killed = subprocess.run(words, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert {name for name in files_of(run) if name not in before} <= {".new"}
    assert {path.name: path.read_bytes() for path in run.iterdir() if path.is_file()} == before
    outcome = process("train", "-i", short_list, "-o", run, "--overwrite", "--max-steps", 30, cwd=run.parent)
    assert outcome.status == 0
    assert files_of(run) == FILES


def test_files_that_a_killed_run_had_yet_to_move_up_are_moved_up(command, run, tmp_path):
    before = contents_of(run)
    (run / ".moving-up").mkdir()
    for name in ("config.json", "metrics.jsonl"):
        (run / name).rename(run / ".moving-up" / name)
    assert command("sample", "-o", run).status == 0
    assert contents_of(run) == before


@pytest.mark.skipif(os.name != "posix", reason="nothing is locked on Windows")
@pytest.mark.parametrize("flags", [[], ["--overwrite"], ["--resume", "--max-steps", 60], ["--find-lr"]])
def test_who_comes_second_into_a_folder_is_refused(command, short_list, tmp_path, monkeypatch, flags):
    folder = tmp_path / "run"
    tried = []

    def meanwhile(*arguments):
        monkeypatch.undo()
        listed = [] if "--resume" in flags else ["-i", short_list]
        tried.append(command("train", *listed, "-o", folder, *flags).complaint)

    monkeypatch.setattr("makemore.diagnosis.print_first_look", meanwhile)
    assert command("train", "-i", short_list, "-o", folder, "--max-steps", 40).status == 0
    (complaint,) = tried
    assert "another process is at work in" in complaint
    assert files_of(folder) == FILES
    assert metrics_of(folder)[-1]["step"] == 40


def test_ctrl_c_before_the_first_step_leaves_the_old_run(command, short_list, run, monkeypatch):
    before, evaluate = contents_of(run), Training._evaluate

    def stop(*arguments):
        signal.raise_signal(signal.SIGINT)
        evaluate(*arguments)

    monkeypatch.setattr(Training, "_evaluate", stop)
    outcome = command("train", "-i", short_list, "-o", run, "--overwrite", "--type", "mlp")
    assert (outcome.status, "nothing is kept" in outcome.out) == (130, True)
    assert contents_of(run) == before


def test_ctrl_c_before_the_losses_of_counts_leaves_the_old_run(command, short_list, run, monkeypatch):
    before = contents_of(run)

    def stop(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("makemore.run.losses_of", stop)
    assert command("train", "-i", short_list, "-o", run, "--overwrite", "--fit", "counts").status == 130
    assert contents_of(run) == before


@pytest.mark.parametrize("flags", [(), ("--overwrite",)])
@pytest.mark.parametrize(
    "held",
    [["thesis.tex"], ["config.json", "thesis.tex"], ["model.safetensors"], ["data/"], ["config.json"], ["loss.png"]],
)
def test_a_folder_with_something_else_is_refused_and_left_as_it_is(command, short_list, tmp_path, held, flags):
    folder = tmp_path / "folder"
    folder.mkdir()
    for name in held:
        (folder / name).mkdir() if name.endswith("/") else (folder / name).write_text("mine")
    before = sorted((path.name, path.is_file() and path.read_text()) for path in folder.iterdir())
    complaint = command("train", "-i", short_list, "-o", folder, *flags).complaint
    assert "holds something else than a run" in complaint
    assert "-o" in complaint
    assert sorted((path.name, path.is_file() and path.read_text()) for path in folder.iterdir()) == before


def test_a_file_in_place_of_the_folder_is_refused_and_left_as_it_is(command, short_list, tmp_path):
    (tmp_path / "file").write_text("mine")
    assert "is a file" in command("train", "-i", short_list, "-o", tmp_path / "file").complaint
    assert "file" in command("train", "-i", short_list, "-o", tmp_path / "file" / "run").complaint
    assert (tmp_path / "file").read_text() == "mine"


def test_an_empty_folder_and_folders_not_there_yet_are_taken(command, short_list, tmp_path):
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "empty", tmp_path / "a" / "b"):
        assert command("train", "-i", short_list, "-o", folder, "--fit", "counts").status == 0


def test_overwrite_wants_to_be_told_what(command, short_list, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "-o" in command("train", "-i", short_list, "--overwrite").complaint
    assert files_of(tmp_path) == []


# Written whole or not at all


def test_a_write_that_fails_in_the_middle_leaves_the_old_content(tmp_path, monkeypatch):
    folder = RunFolder(tmp_path)
    folder.write("samples.txt", "old\n")
    write_bytes = type(tmp_path).write_bytes

    def half(path, content):
        write_bytes(path, content[: len(content) // 2])
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(type(tmp_path), "write_bytes", half)
    with pytest.raises(OSError, match="No space left"):
        folder.write("samples.txt", "new and longer\n")
    assert contents_of(tmp_path) == {"samples.txt": b"old\n"}


WRITER = """
import itertools, sys
from makemore.new_words import TRIES_PER_WORD
from makemore.run import complete, new_model
from makemore.run_folder import RunFolder
for i in itertools.count():
    RunFolder(sys.argv[1]).write("model.safetensors", bytes([i % 256]) * 10_000_000)
"""


def test_a_writer_that_is_killed_leaves_a_whole_file(tmp_path):
    for wait in (0.01, 0.031, 0.06):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, tmp_path], env=os.environ | {"PYTHONPATH": str(ROOT)})
        deadline = time.monotonic() + 60
        while not (tmp_path / "model.safetensors").exists():
            assert time.monotonic() < deadline
        time.sleep(wait)
        writer.kill()
        writer.wait()
        content = (tmp_path / "model.safetensors").read_bytes()
        assert content == content[:1] * 10_000_000
        (tmp_path / "model.safetensors").unlink()


def test_what_a_killed_run_left_half_written_goes_with_the_next_run(command, short_list, run):
    (run / ".model.safetensors.unfinished").write_bytes(b"half")
    assert command("train", "-i", short_list, "-o", run, "--max-steps", 20, "--overwrite").status == 0
    assert files_of(run) == FILES


@pytest.mark.skipif(os.name != "posix", reason="a limit on the size of files is POSIX's")
def test_a_run_whose_checkpoint_cannot_be_written_keeps_the_old_one(process, run):
    import resource

    before = contents_of(run)
    limit = len(before["model.safetensors"]) - 1000
    assert len(before["config.json"]) < limit
    flags = ["-o", run, "--resume", "--max-steps", 100]
    no_longer = functools.partial(resource.setrlimit, resource.RLIMIT_FSIZE, (limit, limit))
    limited = process("train", *flags, cwd=run.parent, preexec_fn=no_longer)
    assert "File too large" in limited.complaint
    after = contents_of(run)
    assert sorted(after) == sorted(before), "nothing half written is left"
    for name in set(before) - {"config.json"}:  # that one is short enough
        assert after[name] == before[name]
    assert process("train", *flags, cwd=run.parent).status == 0


# Going on


@pytest.mark.parametrize("kind", ["bigram", "trigram"])
@pytest.mark.parametrize("batch", [(), ("-b", 32, "-l", 5)], ids=["full batch", "minibatch"])
def test_500_steps_and_then_1000_are_1000_in_one_go_bit_for_bit(command, short_list, tmp_path, kind, batch):
    flags = ["-i", short_list, "--type", kind, *batch]
    assert command("train", *flags, "-o", tmp_path / "twice", "--max-steps", 500).status == 0
    halfway = (tmp_path / "twice" / "model.safetensors").read_bytes()
    assert command("train", "-o", tmp_path / "twice", "--resume", "--max-steps", 1000).status == 0
    assert command("train", *flags, "-o", tmp_path / "once", "--max-steps", 1000).status == 0
    twice, once = contents_of(tmp_path / "twice"), contents_of(tmp_path / "once")
    assert twice["model.safetensors"] != halfway
    assert twice == once


@pytest.mark.usefixtures("real_pictures")
def test_going_on_from_a_step_between_evaluations_is_exact_too(command, short_list, tmp_path):
    flags = ["-i", short_list, "-b", 8, "-l", 5, "--eval-every", 50]
    for folder, totals in (("thrice", [33, 61, 120]), ("once", [120])):
        for i, total in enumerate(totals):
            more = ["--resume"] if i else flags
            assert command("train", "-o", tmp_path / folder, "--max-steps", total, *more).status == 0
    assert contents_of(tmp_path / "thrice") == contents_of(tmp_path / "once")


def test_resume_without_a_folder_takes_the_latest(command, short_list, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        command("train", "-i", short_list, "--max-steps", 20)
    assert command("train", "--resume", "--max-steps", 40).out.rstrip().endswith("-o out/2")
    assert metrics_of(tmp_path / "out" / "2")[-1]["step"] == 40
    assert metrics_of(tmp_path / "out" / "1")[-1]["step"] == 20


def test_a_list_that_has_moved_may_be_named_again(command, short_list, run):
    moved = run.parent / "moved.txt"
    moved.write_text(short_list.read_text().replace("\n", "\r\n\r\n"))
    assert command("train", "-o", run, "--resume", "--max-steps", 80, "-i", moved).status == 0


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (["--type", "trigram"], "--type"),
        (["--fit", "counts"], "--fit"),
        (["--split", "none"], "--split"),
        (["-b", "5"], "--batch-size"),
        (["-l", "5"], "--learning-rate"),
        (["-w", "5"], "--weight-decay"),
        (["--seed", "5"], "--seed"),
        (["--smoothing", "5"], "--smoothing"),
    ],
)
def test_a_flag_that_contradicts_the_run_is_refused(command, run, flags, named):
    before = contents_of(run)
    complaint = command("train", "-o", run, "--resume", "--eval-every", 30, *flags).complaint
    assert re.search(rf"{named} \S+ contradicts the run", complaint)
    assert contents_of(run) == before


def test_flags_that_repeat_the_run_s_are_no_contradiction(command, run):
    rate = json.loads((run / "config.json").read_text())["learning_rate"]
    flags = ["--type", "bigram", "--fit", "gradient", "-l", rate, "-w", 0.01, "--seed", 2147483647]
    assert command("train", "-o", run, "--resume", "--max-steps", 80, *flags).status == 0


@pytest.mark.parametrize("every", [20, 50, 1000])
def test_a_run_that_was_stopped_after_its_last_step_is_finished(command, short_list, tmp_path, every):
    run = tmp_path / "run"
    flags = ["-i", short_list, "--max-steps", 60, "--eval-every", every, "--early-stop", 99]
    assert command("train", *flags, "-o", run).status == 0
    before = contents_of(run)
    lines = (run / "metrics.jsonl").read_text().splitlines(keepends=True)
    (run / "metrics.jsonl").write_text("".join(lines[:-1]))
    for name in ("samples.txt", "loss.png"):
        (run / name).unlink()
    outcome = command("train", "-o", run, "--resume")
    assert outcome.status == 0
    assert "bigram, trained" in outcome.out
    assert contents_of(run) == before


def test_ctrl_c_after_the_last_step_says_how_to_finish(command, short_list, tmp_path, monkeypatch):
    def stopped(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("makemore.run.draw_pictures", stopped)
    outcome = command("train", "-i", short_list, "-o", tmp_path / "my run", "--max-steps", 60)
    assert outcome.status == 130
    assert "bigram, trained" in outcome.out
    assert f"python -m makemore.train -o '{tmp_path}/my run' --resume" in outcome.out
    monkeypatch.undo()
    assert "new words" in command("train", "-o", tmp_path / "my run", "--resume").out


def test_beyond_the_end_of_its_schedule_a_run_says_at_which_rate_it_goes_on(command, short_list, tmp_path):
    flags = ["--schedule", "linear", "-l", 5, "--max-steps"]
    assert "the schedule" not in command("train", "-i", short_list, "-o", tmp_path / "run", *flags, 40).out
    out = command("train", "-o", tmp_path / "run", "--resume", "--max-steps", 60).out
    assert "the schedule was made for 40 steps; those beyond go at a rate of 0.05" in out


@pytest.mark.parametrize(("total", "ended"), [(0, True), (30, True), (60, True), (30, False)])
def test_a_total_that_is_reached_already_is_refused(command, run, total, ended):
    if not ended:
        lines = (run / "metrics.jsonl").read_text().splitlines(keepends=True)
        (run / "metrics.jsonl").write_text("".join(lines[:-1]))
    before = contents_of(run)
    assert "has done 60 steps" in command("train", "-o", run, "--resume", "--max-steps", total).complaint
    assert contents_of(run) == before


def test_a_changed_list_is_refused(command, run, tmp_path):
    before = contents_of(run)
    (tmp_path / "other.txt").write_text("emma\nava\n")
    complaint = command("train", "-o", run, "--resume", "--max-steps", 80, "-i", tmp_path / "other.txt").complaint
    assert "does not hold the words that the run began with" in complaint
    assert contents_of(run) == before


def test_what_cannot_go_on_is_refused(command, short_list, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command("train", "-i", short_list, "-o", "counted", "--fit", "counts")
    assert "counted" in command("train", "--resume", "-o", "counted", "--max-steps", 5).complaint
    assert "--overwrite" in command("train", "--resume", "--overwrite", "-o", "counted").complaint


# Ctrl-C


@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_saves_says_how_to_go_on_and_the_run_goes_on_exactly(
    start_process, command, short_list, tmp_path, monkeypatch, asked
):
    flags = ["-i", short_list, "-b", 32, "-l", 5]
    running = start_process("train", *flags, "-o", "run", "--max-steps", -1, cwd=tmp_path)
    metrics = tmp_path / "run" / "metrics.jsonl"
    deadline = time.monotonic() + 60
    while running.poll() is None and not (metrics.exists() and metrics.read_text().count("\n") > 2):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    running.send_signal(asked)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "Traceback" not in err
    assert "python -m makemore.train -o run --resume" in out
    (done,) = re.findall(r"stopped at step ([\d,]+)", out)
    done = int(done.replace(",", ""))
    assert metrics_of(tmp_path / "run")[-1]["step"] == done

    monkeypatch.chdir(tmp_path)
    total = ["--max-steps", done + 100]
    assert command("train", "-o", "run", "--resume", *total).status == 0
    assert command("train", *flags, "-o", "once", *total).status == 0
    resumed, once = contents_of(tmp_path / "run"), contents_of(tmp_path / "once")
    for name in ("model.safetensors", "samples.txt", "metrics.jsonl"):
        assert resumed[name] == once[name]


@pytest.mark.parametrize("module", ["makemore.train", "makemore.lessons", "micrograd.draw", "micrograd.lessons"])
def test_ctrl_c_while_modules_load_is_a_line(module, tmp_path):
    # What stands in for NumPy is the first that takes a while to load.
    (tmp_path / "numpy.py").write_text("import signal; signal.raise_signal(signal.SIGINT)")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    stopped = subprocess.run([sys.executable, "-m", module], env=environment, capture_output=True)
    assert (stopped.returncode, stopped.stdout, stopped.stderr) == (130, b"", b"\nstopped\n")


def test_ctrl_c_at_any_moment_is_a_line(start_process, short_list, tmp_path):
    flags = ["-i", short_list, "--max-steps", 300, "-n", 2]
    processes = [start_process("train", *flags, "-o", tmp_path / f"{i}", cwd=tmp_path) for i in range(4)]
    for i, running in enumerate(processes):
        maps = Path(f"/proc/{running.pid}/maps")
        while maps.exists() and running.poll() is None and "numpy" not in maps.read_text():
            time.sleep(0.01)  # up to then a signal meets Python's own start, and not the command
        time.sleep(0.2 * i if maps.exists() else 0.4)
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=60)
        assert running.returncode in (0, 130), err
        assert len([line for line in err.splitlines() if line.strip() and "step/s" not in line]) <= 1, err


@pytest.mark.parametrize("moment", ["new_words.print_words", "run.losses_of"])
def test_ctrl_c_after_the_last_step_is_status_0_where_all_is_saved(command, short_list, tmp_path, monkeypatch, moment):
    def stop(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(f"makemore.{moment}", stop)
    folder = tmp_path / "run"
    saved = command("train", "-i", short_list, "-o", folder, "--max-steps", 20)
    monkeypatch.undo()
    assert saved.status == (130 if moment == "run.losses_of" else 0)
    resumed = command("train", "-o", folder, "--resume")
    assert resumed.status == 0 if moment == "run.losses_of" else "has done 20 steps" in resumed.complaint


def test_a_list_that_is_gone_when_the_steps_are_done_ends_no_run(command, short_list, tmp_path, monkeypatch):
    own = tmp_path / "own.txt"
    own.write_bytes(short_list.read_bytes())
    losses_of = makemore.run.losses_of

    def meanwhile(*arguments):
        own.unlink()
        return losses_of(*arguments)

    monkeypatch.setattr("makemore.run.losses_of", meanwhile)
    outcome = command("train", "-i", own, "-o", tmp_path / "run", "--max-steps", 20, "-n", 3)
    assert outcome.status == 0
    assert len((tmp_path / "run" / "samples.txt").read_text().splitlines()) == 3


@pytest.mark.parametrize("when", [0, 4])
def test_ctrl_c_during_an_evaluation_does_not_repeat_it(short_list, when):
    config = config_of(parser_of_flags().parse_args(["--type", "bigram", "--max-steps", "-1", "--eval-every", "2"]))
    corpus = Corpus.read(short_list, config["split"])
    config = complete(config, corpus)
    run = Training(config, corpus, new_model(config, corpus))

    def stop(run):
        if run.step == when:
            signal.raise_signal(signal.SIGINT)

    assert not run.take_steps(evaluated=stop, progress=False)
    assert [line["step"] for line in run.metrics] == list(range(0, when + 1, 2))


def test_a_second_ctrl_c_does_not_wait():
    before = signal.getsignal(signal.SIGINT)
    with StopAsked() as stop:
        signal.raise_signal(signal.SIGINT)
        assert stop.asked
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


# Bad input


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "words.txt holds no words"),
        (b"\n \r\n\t\n", "words.txt holds no words"),
        (b"emma\nav\xe9\n", "words.txt: line 2 is not UTF-8 (byte 0xe9)"),
        (b"emma\n", "words.txt holds a single word, too few to split; give more"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "words.txt: line 1 is not UTF-8 (byte 0x89)"),
    ],
    ids=["empty", "blank", "Latin-1", "single word", "binary"],
)
def test_a_list_that_cannot_be_used_is_a_line_and_no_folder(command, tmp_path, monkeypatch, content, complaint):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "words.txt").write_bytes(content)
    assert complaint in command("train", "-i", "words.txt").complaint
    assert files_of(tmp_path) == ["words.txt"]


def test_what_was_probably_meant_is_in_the_line(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "words.txt").write_text("Rome\nOslo\nNimes\n")
    assert "a list of words is given as -i words.txt" in command("train", "words.txt").complaint
    assert "as -i" not in command("train", "wrods.txt").complaint
    quick = ("train", "-i", "words.txt", "--type", "bigram", "--fit", "counts", "--split", "none")
    assert "'r' of 'ro' is not one the model knows; it knows 'R'" in command(*quick, "--prompt", "ro").complaint
    assert "'E' of 'E' is not one the model knows; it knows 'e'" in command(*quick, "--prompt", "E").complaint
    assert "'q' of 'q' is not one the model knows: " in command(*quick, "--prompt", "q").complaint
    assert "--block-size has to be 1 or more" in command(*quick[:3], "--type", "mlp", "--block-size", "0").complaint
    assert files_of(tmp_path) == ["words.txt"]


def test_a_list_that_is_not_there_or_a_folder_is_a_line(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert command("train", "-i", "missing.txt").complaint == "missing.txt: No such file or directory"
    assert command("train", "-i", ".").complaint == ".: Is a directory"
    assert files_of(tmp_path) == []


@pytest.mark.skipif(os.name != "posix", reason="a pipe that nobody reads is POSIX's")
def test_words_that_nobody_reads_are_no_traceback(start_process, run, tmp_path):
    sampling = start_process("sample", "-o", run, cwd=tmp_path)
    sampling.stdout.close()
    assert sampling.stderr.read() == ""
    assert sampling.wait(timeout=60) == 141


@pytest.mark.skipif(os.name != "posix", reason="closing the output of a child is POSIX's")
def test_without_an_output_a_command_does_its_work(process, short_list, tmp_path):
    closed = functools.partial(os.close, 1)
    outcome = process("train", "-i", short_list, "-o", "run", "--max-steps", 20, cwd=tmp_path, preexec_fn=closed)
    assert (outcome.status, "Traceback" in outcome.err) == (0, False)
    assert (tmp_path / "run" / "samples.txt").exists()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read every file")
def test_a_list_that_may_not_be_read_is_a_line(command, tmp_path):
    (tmp_path / "words.txt").write_text("emma\nava\n")
    (tmp_path / "words.txt").chmod(0)
    assert "words.txt: Permission denied" in command("train", "-i", tmp_path / "words.txt").complaint


def test_a_table_that_would_not_fit_is_a_line(command, tmp_path):
    characters = [chr(0x4E00 + i) for i in range(800)]
    (tmp_path / "words.txt").write_text(data.text_of(characters), encoding="utf-8")
    flags = ["-i", tmp_path / "words.txt", "-o", tmp_path / "run", "--type", "trigram"]
    assert "513,922,401 cells" in command("train", *flags).complaint
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (["--max-steps", "-2"], "--max-steps"),
        (["--max-steps", "many"], "--max-steps"),
        (["--temperature", "0"], "--temperature"),
        (["--temperature", "-1"], "--temperature"),
        (["--temperature", "nan"], "--temperature"),
        (["--temperature", "inf"], "--temperature"),
        (["--top-k", "0"], "--top-k"),
        (["--top-k", "-2"], "--top-k"),
        (["-b", "0"], "--batch-size"),
        (["-l", "0"], "--learning-rate"),
        (["-l", "nan"], "--learning-rate"),
        (["-w", "-1"], "--weight-decay"),
        (["--smoothing", "-1"], "--smoothing"),
        (["--smoothing", "inf"], "--smoothing"),
        (["-n", "-1"], "--num-samples"),
        (["--eval-every", "0"], "--eval-every"),
        (["--seed", "x"], "--seed"),
        (["--seed", str(2**64)], "seed"),
        (["--split", "50/50"], "--split"),
        (["--type", "mpl"], "--type"),
        (["--fit", "magic"], "--fit"),
        (["--fit", "counts", "--max-steps", "5"], "--max-steps"),
        (["--prompt", "Émile"], "'É' of 'Émile'"),
        (["--prompt", "a.b"], "'.' of 'a.b'"),
        (["--nonsense"], "--nonsense"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_flag_that_makes_no_sense_is_a_line_and_no_folder(command, short_list, tmp_path, monkeypatch, flags, named):
    monkeypatch.chdir(tmp_path)
    assert named in command("train", "-i", short_list, *flags).complaint
    assert files_of(tmp_path) == []


@pytest.mark.parametrize(
    "batch",
    [(), ("-b", 8), *[("--type", kind, "--n-embd", 4, "--n-embd2", 8) for kind in ("mlp", "gru")]],
    ids=["full batch", "minibatch", "mlp", "gru"],
)
def test_a_loss_that_is_no_number_any_more_is_a_line(command, short_list, tmp_path, batch):
    for rate in ("1e30", "1e300"):
        outcome = command("train", "-i", short_list, "-o", tmp_path / "run", "-l", rate, *batch)
        assert re.search(r"the loss became (nan|inf) at step \d+; lower --learning-rate", outcome.complaint)


@pytest.mark.parametrize("decay", [20, 1e4, 1e12])
def test_however_large_the_penalty_the_default_rate_goes_down_to_uniform(command, short_list, tmp_path, decay):
    out = command("train", "-i", short_list, "-o", tmp_path / "run", "-w", decay, "--max-steps", 300).out
    table = table_of(out)
    assert table["bigram, trained"][:3] == pytest.approx(table["uniform"][:3], abs=0.02)


def test_a_resumed_run_whose_loss_is_no_number_keeps_its_last_checkpoint(command, run):
    tensors = safetensors.numpy.load_file(run / "model.safetensors")
    tensors["W"] = np.full_like(tensors["W"], 3e38)
    (run / "model.safetensors").write_bytes(file_of_checkpoint(tensors, 60))
    before = contents_of(run)
    assert "the loss became" in command("train", "-o", run, "--resume", "--max-steps", 100).complaint
    after = contents_of(run)
    for name in ("model.safetensors", "metrics.jsonl", "samples.txt"):
        assert after[name] == before[name]


@pytest.mark.parametrize("size", [10**8, 10**15, 10**22])
def test_a_batch_larger_than_any_memory_is_a_line(command, short_list, tmp_path, size):
    outcome = command("train", "-i", short_list, "-o", tmp_path / "run", "-b", size)
    assert outcome.complaint.startswith(f"argument -b/--batch-size: {size} is too large")


@pytest.mark.parametrize("length", [5, 12])
@pytest.mark.parametrize("kind", ["bigram", "trigram"])
def test_a_list_of_a_few_words_is_learned_too(command, tmp_path, kind, length):
    (tmp_path / "few.txt").write_text(
        "\n".join(["東京", "大阪", "京都", "横浜", "名古屋", "札幌", "神戸", "福岡"][:length])
    )
    out = command("train", "-i", tmp_path / "few.txt", "-o", tmp_path / "run", "--type", kind, "--max-steps", 500).out
    uniform, *_, trained = table_of(out).values()
    assert trained[0] < uniform[0] - 1
    last = metrics_of(tmp_path / "run")[-2]
    assert trained[0] == pytest.approx(last["train_loss"], abs=1e-4)


DAMAGED_METRICS = [
    '{"step": 0}',
    '{"step": true, "train_loss": 1, "dev_loss": 1}',
    "[1]",
    '{"step": 1, "train_loss": "x"}',
]
DAMAGED_METRICS += ['{"step": 1, "train_loss": 2.5, "dev_loss": "y"}']


@pytest.mark.parametrize("line", DAMAGED_METRICS)
def test_damaged_metrics_are_a_line(command, short_list, tmp_path, line):
    flags = ["-i", short_list, "-o", tmp_path / "run", "--max-steps", 60, "--early-stop", 99]  # so the best is kept
    assert command("train", *flags).status == 0
    (tmp_path / "run" / "metrics.jsonl").write_text(line + "\n")
    for name, *words in (["train", "--resume", "--max-steps", 80], ["sample"], ["score", "anna"]):
        assert "metrics.jsonl is damaged" in command(name, "-o", tmp_path / "run", *words).complaint


DAMAGED_CONFIG = [("block_size", -1), ("seed", 10**30), ("seed", True), ("eval_every", 0), ("batch_size", -3)]
DAMAGED_CONFIG += [("learning_rate", -1.0), ("learning_rate", math.nan), ("fit", "foo"), ("schedule", "foo")]
DAMAGED_CONFIG += [
    ("optimizer", None),
    ("block_size", 1.5),
    ("split", 3),
    ("vocabulary", ["ab"]),
    ("max_steps", -2),
    ("smoothing", "1"),
]


@pytest.mark.parametrize(("name", "value"), DAMAGED_CONFIG)
def test_a_damaged_config_is_a_line_that_names_what_is_wrong(command, run, name, value):
    config = json.loads((run / "config.json").read_text())
    (run / "config.json").write_text(json.dumps(config | {name: value}))
    for command_, *flags in (["train", "--resume", "--max-steps", 80], ["sample"]):
        assert f"lacks {name}, or has something else there" in command(command_, "-o", run, *flags).complaint


def test_a_type_that_is_not_there_is_a_line(command, run):
    config = json.loads((run / "config.json").read_text())
    (run / "config.json").write_text(json.dumps(config | {"type": "foo"}))
    assert (
        "the type 'foo', which does not exist" in command("train", "-o", run, "--resume", "--max-steps", 80).complaint
    )
    assert "does not fit config.json" in command("sample", "-o", run).complaint


def test_other_evaluations_from_here_on_do_not_make_another_model_the_best(command, short_list, tmp_path):
    few = tmp_path / "few.txt"
    few.write_text("".join(short_list.read_text().splitlines(keepends=True)[:60]))
    flags = ["--type", "mlp", "--n-embd2", 50, "-l", 0.5, "--schedule", "constant", "--eval-every", 30]
    assert command("train", "-i", few, "-o", tmp_path / "run", *flags, "--max-steps", 300).status == 0
    best = (tmp_path / "run" / "best.safetensors").read_bytes()
    more = ["--resume", "--max-steps", 600, "--eval-every", 200]
    assert command("train", "-o", tmp_path / "run", *more).status == 0
    assert (tmp_path / "run" / "best.safetensors").read_bytes() == best


def test_a_model_whose_weights_have_run_away_is_a_line(command, short_list, tmp_path):
    flags = ["-i", short_list, "-o", tmp_path / "run", "--type", "mlp", "-l", "1e30", "--max-steps", 1]
    assert "its weights are too large" in command("train", *flags).complaint
    assert "its weights are too large" in command("sample", "-o", tmp_path / "run").complaint


def test_a_transformer_whose_weights_have_run_away_is_a_line(command, short_list, tmp_path):
    flags = ["-i", short_list, "-o", tmp_path / "run", "--type", "transformer", "-l", "1e20", "--max-steps", 1]
    flags += ["--n-layer", 1, "--n-embd", 8, "--n-head", 2]
    assert "its weights are too large" in command("train", *flags).complaint
    for arguments in (["sample"], ["score", "mila"]):
        assert "its weights are too large" in command(arguments[0], "-o", tmp_path / "run", *arguments[1:]).complaint


@pytest.mark.parametrize("flag", ["-i", "-o"])
def test_an_empty_name_is_refused(command, short_list, tmp_path, monkeypatch, flag):
    monkeypatch.chdir(tmp_path)
    assert "it is empty" in command("train", "-i", short_list, flag, "").complaint
    assert files_of(tmp_path) == []


@pytest.mark.parametrize(
    "flag",
    [
        "--n-embd",
        "--n-embd2",
        "--n-layer",
        "--n-head",
        "--block-size",
        "--max-steps",
        "-b",
        "--warmup",
        "--seed",
        "-n",
        "--eval-every",
    ],
)
def test_a_number_beyond_all_bounds_is_a_line(command, short_list, tmp_path, flag):
    for number in (10**30, -(10**30), "9" * 5000):
        assert "argument" in command("train", "-i", short_list, "-o", tmp_path / "run", flag, number).complaint
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", ["optimizer.0.exp_avg", "optimizer.1.step", "optimizer.3.exp_avg_sq"])
def test_a_missing_tensor_of_the_optimizer_is_a_line(command, short_list, tmp_path, name):
    folder = tmp_path / "run"
    flags = ["-i", short_list, "--type", "gru", "--n-embd2", 8, "--n-embd", 4, "--max-steps", 10]
    assert command("train", *flags, "-o", folder).status == 0
    tensors = safetensors.numpy.load_file(folder / "model.safetensors")
    del tensors[name]
    (folder / "model.safetensors").write_bytes(file_of_checkpoint(tensors, 10))
    complaint = command("train", "-o", folder, "--resume", "--max-steps", 20).complaint
    assert f"{name.removeprefix('optimizer.')} is not there" in complaint


def test_a_prompt_that_is_too_long_is_refused_before_anything_is_trained(command, short_list, run):
    before = contents_of(run)
    flags = ["-i", short_list, "-o", run, "--overwrite", "--type", "bow", "--prompt", "a" * 30]
    assert "is too long" in command("train", *flags).complaint
    assert contents_of(run) == before


def test_a_sweep_leaves_the_run_of_its_folder_alone(command, short_list, run):
    before = contents_of(run)
    assert command("train", "-i", short_list, "-o", run, "--find-lr", "--overwrite").status == 0
    assert contents_of(run) == before | {"find_lr.png": b""}
    for flag in ("--resume", "--sample-only"):
        assert "leave out --resume and --sample-only" in command("train", "-o", run, "--find-lr", flag).complaint


@pytest.mark.parametrize(("damaged", "whole"), [("best", "model"), ("model", "best")])
def test_what_is_whole_is_used_in_place_of_what_is_damaged_and_that_is_said(
    command, short_list, tmp_path, damaged, whole
):
    folder = tmp_path / "run"
    flags = ["-i", short_list, "--type", "mlp", "--n-embd2", 10, "--max-steps", 40, "--eval-every", 10]
    assert command("train", *flags, "-o", folder).status == 0
    (folder / f"{damaged}.safetensors").write_bytes(b"half")
    outcome = command("sample", "-o", folder)
    assert outcome.status == 0
    (line,) = outcome.err.splitlines()
    assert f"{damaged}.safetensors is damaged" in line
    assert line.endswith(f"{whole}.safetensors is used instead")
    (folder / f"{whole}.safetensors").write_bytes(b"half")
    assert "model.safetensors is damaged" in command("sample", "-o", folder).complaint


@pytest.mark.parametrize("list_of", ["short", "abc"])
@pytest.mark.parametrize("temperature", ["1e-300", "1e-320", "1e300"])
def test_a_temperature_may_be_as_small_or_large_as_a_number(command, short_list, tmp_path, temperature, list_of):
    (tmp_path / "abc.txt").write_text("abc\nabd\n")
    path = short_list if list_of == "short" else tmp_path / "abc.txt"
    flags = ["-i", path, "-o", tmp_path / "run", "--fit", "counts", "--temperature", temperature]
    assert command("train", *flags).status == 0
    assert len((tmp_path / "run" / "samples.txt").read_text().splitlines()) == 20


def test_looking_for_new_words_ends_and_says_so_where_the_model_just_repeats_the_list(command, tmp_path):
    (tmp_path / "words.txt").write_text("abcd\n")
    flags = ["-i", tmp_path / "words.txt", "-o", tmp_path / "run", "--split", "none", "--fit", "counts"]
    outcome = command("train", *flags, "--smoothing", 0, "--only-new", "-n", 3)
    assert outcome.status == 0
    assert f"only 0 of 3 words came in {3 * TRIES_PER_WORD:,} tries" in outcome.err
    assert (tmp_path / "run" / "samples.txt").read_text() == ""
