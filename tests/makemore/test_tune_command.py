"""`python -m makemore.tune`: what it searches, what it prints, how a study goes on and is shared, and how it fails."""

import json
import math
import os
import re
import shlex
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest
from matplotlib.image import imread

from makemore import data
from makemore.config import SETTINGS, config_of
from makemore.models import TYPES, make
from makemore.search import command_of
from makemore.search_space import USUAL, Between, space_of, usual_ranges
from makemore.training import Training
from makemore.tune import parser_of_flags

optuna = pytest.importorskip("optuna")
ROOT = Path(data.__file__).resolve().parents[1]

TRIAL = re.compile(r"^trial +(\d+) +[\d.]+ s  (.*): (dev loss|pruned:) (.*)$", re.M)
QUICK = ["--max-steps", 20, "--n-embd2", 8, "--eval-every", 10]
IN_MEMORY = ["--storage", "sqlite:///:memory:"]
"""For studies that nobody goes on with: a file costs time."""


@pytest.fixture(scope="module")
def few_words(short_list, tmp_path_factory):
    """Some hundred names of six letters."""
    path = tmp_path_factory.mktemp("lists") / "few.txt"
    path.write_text("".join(short_list.read_text().splitlines(keepends=True)[:300]))
    return path


@pytest.fixture(scope="module")
def study(command, few_words, tmp_path_factory):
    """A search with some trials, to be looked at and gone on with."""
    folder = tmp_path_factory.mktemp("tune")
    flags = ["-i", few_words, "-o", folder, *QUICK, "--search", "learning_rate", "batch_size=8,16"]
    return SimpleNamespace(folder=folder, flags=flags, outcome=command("tune", *flags, "--trials", 4))


def trials_of(out):
    """Number, hyperparameters, and "dev loss" or "pruned:" of each line about a trial."""
    return [match[:3] for match in TRIAL.findall(out)]


def trials_in(folder):
    """Number and state of each trial in the database."""
    with sqlite3.connect(folder / "study.db") as database:
        return database.execute("select number, state from trials order by number").fetchall()


# What it finds


def test_a_search_ends_with_the_best_trial_and_a_table(study):
    assert study.outcome.status == 0
    trials = TRIAL.findall(study.outcome.out)
    assert [int(number) for number, *_ in trials] == [0, 1, 2, 3]
    losses = [float(came) for *_, how, came in trials if how == "dev loss"]
    best = re.search(r"^best: trial (\d+), dev loss ([\d.]+) nats a character$", study.outcome.out, re.M)
    assert float(best[2]) == min(losses)
    assert float(trials[int(best[1])][3]) == min(losses)
    assert re.search(r"^  learning_rate +[\d.e-]+  0.01 to 1 ", study.outcome.out, re.M)
    assert re.search(r"^  batch_size +(8|16)  8, 16 ", study.outcome.out, re.M)


def check_the_command_it_prints(found, command, folder):
    """The command that a search prints trains a model with the dev loss that the search prints."""
    words = shlex.split(found.split("train it:\n")[1].splitlines()[0])
    assert words[:3] == ["python", "-m", "makemore.train"]
    assert command("train", *words[3:], "-o", folder, "-n", 0).status == 0
    last = json.loads((folder / "metrics.jsonl").read_text().splitlines()[-1])
    assert f"{last['dev_loss']:.4f}" == re.search(r"dev loss ([\d.]+) nats", found)[1]


def test_the_command_that_it_prints_trains_a_model_with_that_dev_loss(study, command, tmp_path):
    check_the_command_it_prints(study.outcome.out, command, tmp_path / "run")


def test_of_an_n_gram_the_dev_loss_is_that_of_its_last_weights(command, few_words, tmp_path):
    flags = [
        "-i",
        few_words,
        "-o",
        tmp_path / "tune",
        *IN_MEMORY,
        "--type",
        "trigram",
        "--max-steps",
        400,
        "--trials",
        2,
    ]
    found = command("tune", *flags, "--search", "learning_rate=10,40").out
    check_the_command_it_prints(found, command, tmp_path / "run")


def test_the_same_search_makes_the_same_trials(study, command, tmp_path):
    flags = [*study.flags, "-o", tmp_path, *IN_MEMORY]
    again = command("tune", *flags, "--trials", 3)
    assert trials_of(again.out) == trials_of(study.outcome.out)[:3]
    other = command("tune", *flags, "--trials", 3, "--seed", 5)
    assert [chosen for _, chosen, _ in trials_of(other.out)] != [chosen for _, chosen, _ in trials_of(again.out)]


def test_hopeless_trials_are_pruned(command, few_words, tmp_path):
    flags = ["-i", few_words, "-o", tmp_path, *IN_MEMORY, "--type", "bigram", "--max-steps", 12, "--eval-every", 2]
    outcome = command("tune", *flags, "--trials", 12, "--search", "learning_rate=1e-3..50", "schedule")
    pruned = [came for *_, how, came in TRIAL.findall(outcome.out) if how == "pruned:"]
    assert pruned
    for came in pruned:
        step = int(re.fullmatch(r"[\d.]+ at step (\d+), above the median of the others there", came)[1])
        assert 8 <= step < 12
    assert f"12 trials, {len(pruned)} of them pruned, in the study 'bigram'" in outcome.out


def test_a_loss_that_is_no_number_ends_a_trial_and_not_the_search(command, few_words, tmp_path):
    flags = ["-i", few_words, "-o", tmp_path, *IN_MEMORY, "--type", "bigram", "--max-steps", 4, "--trials", 6]
    outcome = command("tune", *flags, "--search", "learning_rate=10,1e37")
    assert outcome.status == 0
    came = dict.fromkeys(trial[1:] for trial in trials_of(outcome.out))
    assert set(came) == {("learning_rate 10", "dev loss"), ("learning_rate 1e+37", "pruned:")}
    assert re.search(r"pruned: (the loss|its dev loss) became (nan|inf)", outcome.out)


def test_where_no_trial_comes_to_its_end_it_says_why(command, few_words, tmp_path):
    flags = ["-i", few_words, "-o", tmp_path, *IN_MEMORY, "--type", "wavenet", "--max-steps", 5, "--trials", 2]
    outcome = command("tune", *flags, "--search", "block_size=3")
    assert outcome.status == 2
    assert "none ran to its end; the last: --type wavenet: the context of a WaveNet has to be 2, 4" in outcome.out


@pytest.mark.usefixtures("real_pictures")
def test_the_importance_of_each_hyperparameter_is_a_table_and_a_picture(command, few_words, tmp_path):
    flags = ["-i", few_words, "-o", tmp_path, *IN_MEMORY, *QUICK, "--trials", 6, "--search", "learning_rate", "n_embd"]
    outcome = command("tune", *flags)
    parts = re.findall(r"^  (?:learning_rate|n_embd) .* (\d+)%$", outcome.out, re.M)
    assert sum(map(int, parts)) == pytest.approx(100, abs=1)  # each is rounded
    assert "trials ran to their end: how important each is, is rough" in outcome.out
    picture = imread(tmp_path / "importance.png")
    assert picture.shape[1] == 960
    assert picture[..., :3].std() > 0.1


# A study that goes on


def test_a_name_that_is_taken_is_refused_and_nothing_is_overwritten(study, command):
    before = trials_in(study.folder)
    complaint = command("tune", *study.flags, "--trials", 9).complaint
    assert "there is a study 'mlp' in sqlite:///" in complaint
    assert "--resume goes on with it" in complaint
    assert trials_in(study.folder) == before


def test_a_study_goes_on_to_a_larger_total(command, few_words, tmp_path):
    flags = ["-i", few_words, *QUICK, "--search", "learning_rate", "-o"]
    command("tune", *flags, tmp_path / "twice", "--trials", 2)
    resumed = command("tune", *flags, tmp_path / "twice", "--trials", 4, "--resume")
    once = command("tune", *flags, tmp_path / "once", "--trials", 4)
    assert trials_of(resumed.out) == trials_of(once.out)[2:]
    complaint = command("tune", *flags, tmp_path / "once", "--trials", 4, "--resume").complaint
    assert complaint == "the study 'mlp' has 4 trials; give a larger total with --trials"


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        (["--n-embd", 5], "fixes other values than this command: n_embd nothing there, 5 here"),
        (["--search", "learning_rate"], "searches other values than this command: batch_size 8, 16 there, nothing"),
        (["--study-name", "other"], "there is no study 'other'"),
        (["-i", "other.txt"], "searches on another list of words"),
    ],
)
def test_going_on_with_other_settings_is_refused(study, command, tmp_path, monkeypatch, flags, complaint):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other.txt").write_text("anna\nlena\n" * 20)
    before = trials_in(study.folder)
    assert complaint in command("tune", *study.flags, "--trials", 9, "--resume", *flags).complaint
    assert trials_in(study.folder) == before


@pytest.mark.parametrize("when", ["at step 0", "at the last step", "where it is pruned"])
def test_ctrl_c_at_any_time_of_a_trial_ends_the_search(command, few_words, tmp_path, monkeypatch, when):
    evaluate = Training._evaluate

    def interrupted(run, *arguments):
        step = {"at step 0": 0, "at the last step": 20, "where it is pruned": 10}[when]
        if run.step == step:
            signal.raise_signal(signal.SIGINT)
            if when == "where it is pruned":
                run.corpus.loss = lambda *arguments: math.nan
        return evaluate(run, *arguments)

    monkeypatch.setattr(Training, "_evaluate", interrupted)
    flags = ["-i", few_words, "-o", tmp_path, *IN_MEMORY, *QUICK, "--search", "learning_rate"]
    outcome = command("tune", *flags, "--trials", 5)
    assert outcome.status == 130
    ended = {"at step 0": [], "at the last step": ["dev loss"], "where it is pruned": ["pruned:"]}[when]
    assert [how for *_, how in trials_of(outcome.out)] == ended
    assert "\nstopped after" in outcome.out


def test_two_processes_search_together_and_ctrl_c_says_what_is_best(start_process, few_words, tmp_path):
    flags = ["-i", few_words, "-o", "tune", *QUICK, "--search", "learning_rate", "--trials", 100_000]
    searches, outputs = [], []
    for more in ([], ["--resume"]):  # the second begins after a trial of the first, and the first goes on meanwhile
        searches.append(start_process("tune", *flags, *more, cwd=tmp_path))
        outputs.append(until_a_trial(searches[-1]))
    for i, search in enumerate(searches):
        search.send_signal(signal.SIGINT)
        out, err = search.communicate(timeout=120)
        outputs[i] += out
        assert search.returncode == 130, err
        assert "Traceback" not in err
        assert re.search(r"^stopped after [\d.]+ s; go on with: python -m makemore.tune .* --resume$", outputs[i], re.M)
        assert re.search(r"^best: trial \d+, dev loss ", outputs[i], re.M)
    numbers = [{number for number, *_ in TRIAL.findall(text)} for text in outputs]
    assert all(numbers)
    assert not numbers[0] & numbers[1]


def until_a_trial(search):
    """What a search says up to its first trial."""
    seen = [search.stdout.readline()]
    while not seen[-1].startswith("trial"):
        assert seen[-1], search.stderr.read()
        seen.append(search.stdout.readline())
    return "".join(seen)


# What is searched


@pytest.mark.parametrize("type_", TYPES)
def test_what_is_searched_of_a_type_makes_models_from_the_lowest_to_the_highest(type_):
    flags = parser_of_flags().parse_args(["--type", type_])
    space = space_of(flags, config_of(flags))
    assert {"learning_rate", "schedule", "weight_decay", "max_steps"} <= set(space)
    for end in (0, -1):
        for name, range_ in space.items():
            ends = range_ if isinstance(range_, Between) else range_.values
            setattr(flags, name, ends[end])
        config = config_of(flags)
        model = make(config | {"block_size": config["block_size"] or 5}, 7)
        assert sum(parameter.numel() for parameter in model.parameters()) > 0
    assert "n_embd2" not in space or space["n_embd2"].low < space["n_embd2"].high


def test_every_hyperparameter_has_a_flag_and_an_mlp_has_all():
    assert set(USUAL) <= set(vars(parser_of_flags().parse_args([])))
    assert set(usual_ranges("mlp", "sgd")) == set(USUAL)


def test_what_a_flag_fixes_is_not_searched():
    flags = parser_of_flags().parse_args(["-b", "64", "--n-embd", "3"])
    space = space_of(flags, config_of(flags))
    assert set(space) == {"n_embd2", "block_size", "learning_rate", "schedule", "weight_decay", "max_steps"}


def test_the_heads_of_a_transformer_divide_the_widths_that_are_searched():
    flags = parser_of_flags().parse_args(["--type", "transformer", "--n-head", "3"])
    assert space_of(flags, config_of(flags))["n_embd"].values == (48, 96)


@pytest.mark.parametrize("type_", TYPES)
def test_the_command_gives_back_the_config(type_):
    flags = parser_of_flags().parse_args(["--type", type_])
    config = config_of(flags) | {"learning_rate": 0.125}
    words = shlex.split(command_of({name: config[name] for name in SETTINGS if name in config}, "my names.txt"))
    assert words[3:5] == ["-i", "my names.txt"]
    assert config_of(parser_of_flags().parse_args(words[3:])) == config


# How it fails


def test_without_optuna_it_says_what_to_install(command, few_words, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    complaint = command("tune", "-i", few_words, "-o", tmp_path / "tune").complaint
    assert complaint == "makemore.tune needs Optuna, which is not installed: pip install optuna"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        (["--trials", "0"], "--trials"),
        (["--search", "depth"], "--search depth: --type mlp has n_embd2, n_embd"),
        (["--search", "n_embd=5..2"], "5 is above 2"),
        (["--search", "n_embd=a..2"], "low..high, or values with commas, all whole numbers above 0"),
        (["--search", "learning_rate=0..1"], "low..high, or values with commas, all numbers above 0"),
        (["--search", "schedule=slow"], "give some of constant,step,linear,cosine"),
        (["--search", "batch_size", "-b", "4"], "--search batch_size and --batch-size contradict each other"),
        (["--type", "bigram", "--search", "n_embd"], "--type bigram has learning_rate, schedule"),
        (["--type", "wavenet", "--search", "block_size=5..7"], "none of 2, 4, 8, 16 lies there"),
        (["--type", "transformer", "--n-head", "7"], "--n-head 7 divides none of"),
        (["--type", "bigram", "--fit", "counts"], "--fit counts"),
        (["--type", "bigram", "--n-embd", "4"], "--n-embd does not go with --type bigram"),
        (["--max-steps", "-1"], "--max-steps -1"),
        (["-i", "missing.txt"], "missing.txt: No such file"),
        (["-i", "two.txt"], "too few for a dev part"),
        (["-o", "two.txt"], "two.txt is a file"),
        (["--storage", "nonsense"], "the storage nonsense cannot be used: Could not parse"),
        (["--storage", "postgresql://me:secret@nowhere/x"], "the storage postgresql://me:***@nowhere/x cannot be used"),
        (["--storage", "sqlite:////nowhere/x.db"], "cannot be used: unable to open database file"),
        (["--storage", "sqlite:///two.txt"], "cannot be used: file is not a database"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input_is_a_line(command, few_words, tmp_path, monkeypatch, flags, complaint):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "two.txt").write_text("anna\nlena\n")
    assert complaint in command("tune", "-i", few_words, "--trials", 1, *flags).complaint
    assert (tmp_path / "two.txt").read_text() == "anna\nlena\n"


def test_another_database_takes_the_place_of_the_file(command, few_words, tmp_path, monkeypatch):
    monkeypatch.setattr("makemore.search.Search.run", lambda search: False)  # as after Ctrl-C
    storage = f"sqlite:///{tmp_path / 'shared.db'}"
    flags = ["-i", few_words, "-o", tmp_path, *QUICK, "--search", "schedule", "--storage", storage]
    outcome = command("tune", *flags)
    assert outcome.status == 130
    assert f"--storage {storage} --resume" in outcome.out
    assert not (tmp_path / "study.db").exists()


# Several processes, and killed ones


def states_of(folder, name="bigram"):
    study = optuna.load_study(study_name=name, storage=f"sqlite:///{folder / 'study.db'}")
    return Counter(trial.state.name for trial in study.trials)


@pytest.mark.slow
def test_four_processes_make_as_many_trials_as_are_asked_for_and_all_name_one_best(
    start_process, process, few_words, tmp_path
):
    flags = [
        "-i",
        few_words,
        "-o",
        tmp_path / "tune",
        "--max-steps",
        20,
        "--search",
        "learning_rate",
        "--type",
        "bigram",
    ]
    assert process("tune", *flags, "--trials", 1, cwd=tmp_path).status == 0
    searching = [start_process("tune", *flags, "--trials", 12, "--resume", cwd=tmp_path) for _ in range(4)]
    outputs = [each.communicate(timeout=120) for each in searching]
    assert [each.returncode for each in searching] == [0] * 4, outputs
    states = states_of(tmp_path / "tune")
    assert states["COMPLETE"] + states["PRUNED"] == 12
    assert states["RUNNING"] == 0
    assert len({re.search("best: trial .*", out)[0] for out, _ in outputs}) == 1


KILLED = """
import os, sys
from makemore import search, tune
search.dev_loss_of = lambda *arguments: os.kill(os.getpid(), 9)
tune.main(sys.argv[1:])
"""


def test_the_next_process_takes_up_the_trial_of_one_that_was_killed(command, few_words, tmp_path, monkeypatch):
    monkeypatch.setattr("makemore.search.HEARTBEAT", 1)
    flags = ["-i", few_words, "-o", tmp_path / "tune", "--max-steps", 20, "--search", "learning_rate"]
    flags += ["--type", "bigram", "--trials", "3"]
    words = [sys.executable, "-c", KILLED, *map(str, flags)]
    killed = subprocess.run(words, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert states_of(tmp_path / "tune") == {"RUNNING": 1}
    assert command("tune", *flags, "--resume").status == 0
    states = states_of(tmp_path / "tune")
    assert (states["COMPLETE"] + states["PRUNED"], states["FAIL"], states["RUNNING"]) == (3, 1, 0)
