"""`mpiexec -n 4 python -m makemore.train`: the run of one process, shared by several; and the other commands."""

import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from makemore import corpus as corpora
from makemore import data, processes, report, run, shards
from makemore.config import config_of, parser_of_flags
from makemore.data import WordList
from makemore.language_model import window_of
from makemore.shards import SharedStep, _shards_of, add_in_pairs, cuts_of_batch
from makemore.steps import optimizer_of

ROOT = Path(data.__file__).resolve().parents[1]
PROGRAM = Path(__file__).with_name("on_processes.py")
MPIEXEC = Path(sys.executable).with_name("mpiexec")
# Root has to ask Open MPI twice; NumPy's own threads would only wait for each other.
ASKED = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OPENBLAS_NUM_THREADS": "1"}
ENVIRONMENT = {**os.environ, **ASKED, "PYTHONPATH": str(ROOT)}
SECONDS = 240  # for any wait: the runs take some seconds on an idle machine
SMALL = ["--type", "transformer", "--n-embd", "16", "--n-layer", "1", "--n-head", "2", "-n", "3"]
TRAIN = ["train", "-i", "few.txt", *SMALL, "--schedule", "constant", "--warmup", 3, "--eval-every", 10, "--clip", 1]
COUNT = ["train", "-i", "long.txt", "--type", "bigram", "--fit", "counts", "--split", "none", "-n", 3]

needs_mpi = pytest.mark.skipif(
    importlib.util.find_spec("mpi4py") is None or not MPIEXEC.exists(),
    reason="mpi4py and an MPI are not installed: pip install 'micrograd-makemore[distributed]'",
)


def start(size, *words, **options):
    """Start a Python program on as many processes."""
    command = [str(word) for word in [MPIEXEC, "--oversubscribe", "-n", size, sys.executable, *words]]
    pipes = dict.fromkeys(("stdout", "stderr"), subprocess.PIPE)
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, text=True, env=ENVIRONMENT, **pipes, **options)


def finish(process):
    """Its status and what it said, within SECONDS; none is left over, whatever happens."""
    try:
        out, err = process.communicate(timeout=SECONDS)
    finally:
        if process.poll() is None:
            process.terminate()  # mpiexec ends its ranks then
            process.wait(timeout=SECONDS)
    return process.returncode, out, err


def run_all(size, commands, folder):
    """Run commands one after the other on the same processes: of each its status, output and errors."""
    words = json.dumps([[name, [str(word) for word in arguments]] for name, *arguments in commands])
    status, out, err = finish(start(size, PROGRAM, words, cwd=folder))
    assert status == 0, err
    return [json.loads(line.partition("ended ")[2]) for line in out.splitlines() if "ended " in line]


@pytest.fixture(scope="module")
def folder(short_list, tmp_path_factory):
    """A folder with a short list, few.txt, and one of 300 kilobytes, long.txt, some of whose words are Greek."""
    path = tmp_path_factory.mktemp("processes")
    words = short_list.read_text().splitlines()
    short = [word for word in words if len(word) <= 5]  # of each length each shard compiles a program
    (path / "few.txt").write_text("".join([word + "\n" for word in short[:200]]))
    draw = np.random.default_rng(0)
    chosen = draw.choice([*words, "αβγ", " with space", ""], 50_000)
    (path / "long.txt").write_bytes("\r\n".join(chosen.tolist()).encode())
    (path / "bytes.txt").write_bytes((path / "long.txt").read_bytes() + b"\r\n\xff\r\nanna")
    return path


def board(size):
    """TensorBoard is shown gradients, and metrics.jsonl has their norm; the step gathers them for it alone."""
    return ["--tensorboard", f"board {size}"] if importlib.util.find_spec("tensorboardX") else []


@pytest.fixture(scope="module")
def found(folder, command):
    """What the commands say on one, two and three processes of an mpiexec, and without one (0), by their numbers."""
    run = [*TRAIN, "--max-steps", 20]
    before = os.getcwd()
    os.chdir(folder)
    try:
        found = {0: [tuple(command(*words, "-o", f"{name} 0")) for name, words in (("run", run), ("counts", COUNT))]}
    finally:
        os.chdir(before)
    found[1] = run_all(1, [[*run, *board(1), "-o", "run 1"], [*TRAIN, "--max-steps", 10, "-o", "half"]], folder)
    (folder / "damaged").mkdir()
    for name in ("config.json", "model.safetensors"):
        (folder / "damaged" / name).write_bytes((folder / "half" / name).read_bytes()[: None if "j" in name else 999])
    unlike = ["train", "-i", "few.txt", "--type", "rnn", "--optimizer", "sgd", "--learning-rate", 1e30]
    found[2] = run_all(
        2,
        [
            [*run, *board(2), "-o", "run 2"],
            [*COUNT, "-o", "counts 2"],
            ["train", "-o", "half", "--resume", "--max-steps", 20, "-n", 3],
            ["train", "-o", "damaged", "--resume", "--max-steps", 20],
            [*unlike, "-o", "nan"],
            ["train", "-i", "bytes.txt", "--split", "none"],
            ["ladder", "-i", "few.txt", "--budget", 0.05, "-o", "ladder", "bigram", "trigram", "bow"],
            ["tune", "-i", "few.txt", "--max-steps", 10, "--n-embd2", 4, "--trials", 4, "-o", "tune"],
            ["train", "-i", "few.txt", "--type", "bigram", "--max-steps", 5, "--seed", 1, "-o", "other/bigram"],
            ["ladder", "-i", "few.txt", "-o", "other", "gru", "bigram"],
        ],
        folder,
    )
    return found


@pytest.fixture(scope="module")
def found_on_three(folder, found):
    """Adds what they say on three."""
    run = [*TRAIN, "--max-steps", 20, *board(3), "-o", "run 3"]
    found[3] = run_all(3, [run, [*COUNT, "-o", "counts 3"]], folder)


def files_of(path):
    return {entry.name: entry.read_bytes() for entry in sorted(path.iterdir())}


def losses_of(path):
    lines = [json.loads(line) for line in (path / "metrics.jsonl").read_text().splitlines()]
    return np.array([[line["step"], line["train_loss"], line["dev_loss"]] for line in lines])


@pytest.fixture
def size(request):
    """A number of processes, whose commands have been run."""
    request.getfixturevalue("found" if request.param == 2 else "found_on_three")
    return request.param


two_or_three = pytest.mark.parametrize("size", [2, pytest.param(3, marks=pytest.mark.slow)], indirect=True)


@needs_mpi
@two_or_three
def test_any_number_of_processes_takes_the_steps_of_one_to_the_last_bit(found, folder, size):
    files = files_of(folder / "run 1")
    assert files_of(folder / f"run {size}") == files
    assert files.keys() == files_of(folder / "run 0").keys()
    said = [found[n][0][1].replace(f"run {n}", "run") for n in (1, size)]
    first, other = (re.sub(r" in [\d.]+ s", "", text) for text in said)
    assert first == other
    assert [found[n][0][0] for n in (1, size)] == [0, 0]


@needs_mpi
def test_they_are_the_steps_of_a_process_without_mpi_but_for_how_sums_are_rounded(found, folder):
    np.testing.assert_allclose(losses_of(folder / "run 2"), losses_of(folder / "run 0"), rtol=0, atol=1e-5)
    assert (folder / "run 2" / "samples.txt").read_text() == (folder / "run 0" / "samples.txt").read_text()
    assert (folder / "run 2" / "config.json").read_text() == (folder / "run 0" / "config.json").read_text()


@needs_mpi
def test_a_run_goes_on_on_another_number_of_processes_as_if_it_had_not_been_stopped(found, folder):
    assert found[2][2][0] == 0, found[2][2]
    whole, half = files_of(folder / "run 1"), files_of(folder / "half")
    for name in ("model.safetensors", "best.safetensors", "samples.txt"):
        assert half[name] == whole[name], name
    assert losses_of(folder / "half").tolist() == losses_of(folder / "run 1").tolist()


@needs_mpi
@two_or_three
def test_a_list_counted_in_parts_gives_the_same_table_and_digest(found, folder, size):
    expected, files = files_of(folder / "counts 0"), files_of(folder / f"counts {size}")
    for name in ("config.json", "model.safetensors", "metrics.jsonl", "samples.txt"):
        assert files[name] == expected[name], name
    assert found[size][1][1].replace(f"counts {size}", "counts 0") == found[0][1][1]


@needs_mpi
def test_what_goes_wrong_is_one_line_and_the_processes_go_on(found):
    damaged, nan, not_utf8 = found[2][3:6]
    assert damaged[0] == nan[0] == not_utf8[0] == 2
    assert re.fullmatch(r"error: damaged/model.safetensors is damaged .*; train anew with --overwrite\n", damaged[2])
    assert "error: the loss became nan at step " in nan[2]
    assert nan[2].count("error: ") == 1
    lines = not_utf8[2].splitlines()
    assert lines[-1] == "error: bytes.txt: line 50001 is not UTF-8 (byte 0xff); save the file as UTF-8"


@needs_mpi
def test_ladder_and_tune_spread_what_they_do(found, folder):
    ladder, tune, failed = (*found[2][6:8], found[2][9])
    assert (ladder[0], tune[0], failed[0]) == (0, 0, 2), (ladder, tune, failed)
    record = json.loads((folder / "ladder" / "ladder.json").read_text())
    assert [row["type"] for row in record["rungs"]] == ["bigram", "trigram", "bow"]
    assert {"bigram", "trigram", "bow"} < {entry.name for entry in (folder / "ladder").iterdir()}
    assert re.search(r"^[4-9] trials, ", tune[1], re.M)
    assert failed[2].splitlines()[-1].startswith("error: other/bigram was trained with the seed 1")


WHOLE = "            one of the 2 processes takes every step alone: "


@needs_mpi
def test_a_run_that_is_not_split_says_so(found):
    [line] = [line for line in found[2][8][1].splitlines() if line.startswith(WHOLE)]
    assert line == WHOLE + "a step on all examples at once is as quick as sending it (--batch-size 32 splits it)"
    assert not any(WHOLE in said for _, said, _ in (found[0][0], found[1][0], found[2][0], found[2][1]))


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        ("--type mlp", "batch norm looks at the whole batch (--no-batchnorm splits it)"),
        ("--type wavenet", "batch norm looks at the whole batch"),
        ("--type mlp --no-batchnorm -b 3", "a batch of 3 is too small for 4 parts"),
        ("--type mlp --no-batchnorm -b 4", None),
        ("--type bigram -b 32", None),
    ],
)
def test_whatever_keeps_a_step_whole_is_named(flags, why, short_list, monkeypatch, capsys):
    config = config_of(parser_of_flags().parse_args(flags.split()))
    corpus = run.read_corpus(config, str(short_list))
    config = run.complete(config, corpus)
    monkeypatch.setattr(shards, "current", lambda: SimpleNamespace(rank=0, size=2))
    monkeypatch.setattr(processes, "size", lambda: 2)
    report.print_model(config, run.new_model(config, corpus))
    assert [line for line in capsys.readouterr().out.splitlines() if WHOLE in line] == ([WHOLE + why] if why else [])


@needs_mpi
def test_ctrl_c_keeps_the_run_and_ends_all(folder):
    words = ["-m", "makemore.train", "-i", "few.txt", *SMALL, "--max-steps", -1, "--eval-every", 10, "-o", "stopped"]
    process = start(2, *words, cwd=folder)
    until = time.monotonic() + SECONDS
    while not (folder / "stopped" / "best.safetensors").exists() and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(signal.SIGUSR1)  # which Open MPI hands on; SIGINT leaves a fifth of a second
    status, out, err = finish(process)
    assert status == 130
    assert "the run is kept in stopped\ngo on with: python -m makemore.train -o stopped --resume" in out
    assert "Traceback" not in err
    assert losses_of(folder / "stopped")[-1, 0] > 0


@needs_mpi
def test_flags_that_differ_from_rank_to_rank_end_all_with_one_line(tmp_path):
    words = ["-m", "makemore.train", "-n", "3", ":", "-n", "1", sys.executable, "-m", "makemore.train", "-n", "4"]
    status, _, err = finish(start(1, *words, cwd=tmp_path))
    assert status == 2
    assert err == "error: rank 1 was started with other flags than rank 0; give all ranks the same\n"


@pytest.mark.parametrize("name", ["OMPI_COMM_WORLD", "PMI"])
def test_the_mpiexec_of_another_mpi_is_told_on_one_rank_in_one_line(name, tmp_path):
    if importlib.util.find_spec("mpi4py") is None:
        pytest.skip("mpi4py is not installed: pip install 'micrograd-makemore[distributed]'")
    text = "from makemore import processes; processes.run_command(lambda: 0)"
    ranks = [
        subprocess.Popen([sys.executable, "-c", text], env=environment, stderr=subprocess.PIPE, text=True)
        for environment in [{**ENVIRONMENT, f"{name}_SIZE": "2", f"{name}_RANK": rank} for rank in "01"]
    ]
    (first, _, of_0), (second, _, of_1) = [finish(rank) for rank in ranks]
    assert (first, second, of_1) == (2, 0, "")  # of two that fail mpiexec would say more
    assert of_0.count("\n") == 1
    assert of_0.startswith("error: mpiexec has started 2 processes, and mpi4py's")


def test_without_mpiexec_mpi_is_not_loaded_and_every_job_is_done_here():
    assert not processes.launched()
    assert processes.together(len, "abc") == [3]
    assert list(processes.each(len, ["a", "bc"])) == [("a", 1), ("bc", 2)]
    assert "mpi4py.MPI" not in sys.modules


@pytest.mark.parametrize("size", range(1, 17))
def test_the_shards_of_any_number_of_processes_are_added_in_the_same_order(size):
    count = max(4, 1 << (size - 1).bit_length())
    shards = [_shards_of(rank, size, count) for rank in range(size)]
    assert [shard for each in shards for shard in each] == list(range(count))
    assert max(map(len, shards)) <= -(-count // size) or size % 2
    rows = np.random.default_rng(size).normal(size=(count, 50)).astype(np.float32)
    alone = add_in_pairs([*rows.copy()])
    of_ranks = [add_in_pairs([*rows[each.start : each.stop].copy()]) for each in shards]
    assert (add_in_pairs(of_ranks) == alone).all()
    np.testing.assert_allclose(alone, rows.sum(0), rtol=0, atol=1e-5)  # float32, sixteen at most


def test_a_batch_is_cut_where_its_words_have_about_as_many_characters():
    assert cuts_of_batch(32, 4, None).tolist() == [0, 8, 16, 24, 32]
    assert cuts_of_batch(32, 4, np.repeat([5, 6, 8, 12], 8)).tolist() == [0, 12, 20, 27, 32]
    assert cuts_of_batch(4, 4, np.array([1, 1, 1, 90])).tolist() == [0, 1, 2, 3, 4]  # none is empty
    assert cuts_of_batch(9, 8, np.array([90, 1, 1, 1])).tolist() == [0, *range(2, 10)]


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize("type_", ["transformer", "trigram"])
def test_a_rank_that_compiles_gets_the_gradients_of_one_that_does_not(type_, short_list, monkeypatch):
    monkeypatch.setattr(shards, "current", lambda: SimpleNamespace(rank=1, size=2))
    flags = SMALL if type_ == "transformer" else ["--type", type_, "-b", "32"]
    config = config_of(parser_of_flags().parse_args(flags))
    corpus = run.read_corpus(config, str(short_list))
    config = run.complete(config, corpus)
    found = {}
    for compiled in (True, False):
        model = run.new_model(config, corpus)
        examples = corpus.examples("train", window_of(model))
        step = SharedStep(config, examples, model, optimizer_of(config, model), compiled)
        found[compiled] = []
        for _ in range(6):
            step._gradients()
            found[compiled].append(step.rows.copy())
        assert compiled == (getattr(step.loss_of, "_last", None) is not None)  # a program ran
    for one, other in zip(found[True], found[False], strict=True):
        assert one.any()
        assert one.tobytes() == other.tobytes()


@pytest.mark.parametrize("line_end", ["\n", "\r", "\r\n"])
@pytest.mark.parametrize("parts", [1, 2, 3, 7])
def test_the_parts_of_a_list_are_its_lines(tmp_path, line_end, parts):
    words = ["anna", "", "bé", "x" * 150_000, "lena"] * 5
    path = tmp_path / "words.txt"
    for end in ("", line_end):
        path.write_bytes(line_end.join(words).encode() + end.encode())
        cuts = WordList(path).cuts(parts)
        assert len(cuts) == parts
        text = ["".join(WordList(path).blocks(*cut)) for cut in cuts]
        assert "".join(text) == "".join([word + "\n" for word in words if word])


@pytest.mark.parametrize("size", [2, 3, 9])
@pytest.mark.parametrize("last", ["lena\n", "lena", " lena \n"])  # the digest of the file is that of its words, or not
def test_a_survey_in_parts_finds_what_one_of_the_whole_list_does(size, last, tmp_path, monkeypatch):
    path = tmp_path / "words.txt"
    path.write_text("anna\nbé\n" * 500 + "emmanuelle\n" + last)

    def together(function, *arguments):
        found = []
        for rank in range(size):
            monkeypatch.setattr(corpora, "current", lambda rank=rank: SimpleNamespace(rank=rank))
            found.append(function(*arguments))
        return found

    expected = corpora.survey_of(WordList(path))
    monkeypatch.setattr(corpora, "LONG", 0)
    monkeypatch.setattr(corpora.processes, "size", lambda: size)
    monkeypatch.setattr(corpora.processes, "together", together)
    found = corpora.survey_of(WordList(path))
    assert found.vocabulary.characters == expected.vocabulary.characters
    assert found._replace(vocabulary=None) == expected._replace(vocabulary=None)
    start, end = WordList(path).cuts(size, max(0.0, 1.15 / size - 0.15))[0]
    assert end - start < path.stat().st_size / size  # rank 0 has the digest to work out as well
