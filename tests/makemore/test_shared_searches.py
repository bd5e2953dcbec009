"""A search that machines share: on a real PostgreSQL, and in a journal, with one process killed in mid-trial."""

import importlib.util
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import pytest

from makemore import data

pytest.importorskip("optuna")

ROOT = Path(data.__file__).resolve().parents[1]
PROGRAMS = max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)  # where Debian's package has them
TRIALS = 5

# The process of the second word kills itself in the middle of its first trial.
PROGRAM = """
import os, sys
from makemore import search, tune
from micrograd.command import run_command
search.HEARTBEAT = 1
train = search.dev_loss_of
def killed(trial, config, corpus, say):
    return train(trial, config, corpus, lambda text: os.kill(os.getpid(), 9))
if sys.argv[1] == "killed":
    search.dev_loss_of = killed
run_command(lambda: tune.main(sys.argv[2:]))
"""


@pytest.fixture(scope="module")
def postgres():
    """The URL of a database of a PostgreSQL of its own, in its own folder and on a free port of the loopback."""
    if PROGRAMS is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    if importlib.util.find_spec("psycopg") is None:
        pytest.skip("psycopg is not installed: pip install 'micrograd-makemore[tune-postgres]'")
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))  # which another user may enter, other than pytest's
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    as_user = {}
    if os.getuid() == 0:  # PostgreSQL refuses to be root's
        if shutil.which("runuser") is None:
            pytest.skip("PostgreSQL refuses to run as root, and there is no runuser")
        as_user = {"user": "nobody", "group": "nogroup", "extra_groups": []}
        shutil.chown(folder, "nobody", "nogroup")
    where = folder / "data"
    quick = f"-h 127.0.0.1 -p {port} -k {folder} -F -c shared_buffers=16MB"

    def run(*words):
        words = [str(word) for word in words]
        subprocess.run(words, check=True, capture_output=True, timeout=120, cwd=folder, env={"LC_ALL": "C"}, **as_user)

    run(PROGRAMS / "initdb", "-D", where, "-U", "tuner", "-A", "trust", "-E", "UTF8", "--no-sync")
    run(PROGRAMS / "pg_ctl", "-D", where, "-o", quick, "-l", folder / "log", "-w", "start")
    yield f"postgresql+psycopg://tuner:secret@127.0.0.1:{port}/postgres"
    run(PROGRAMS / "pg_ctl", "-D", where, "-m", "immediate", "stop")
    shutil.rmtree(folder)


def start(kind, *flags, cwd):
    words = [sys.executable, "-c", PROGRAM, kind, *map(str, flags)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    pipes = dict.fromkeys(("stdout", "stderr"), subprocess.PIPE)
    return subprocess.Popen(words, text=True, env=environment, cwd=cwd, **pipes)


def trials_in(url):
    import optuna

    from makemore.search import storage_of

    return optuna.load_study(study_name="bigram", storage=storage_of(url)).trials


@pytest.mark.filterwarnings("ignore:.* is experimental")
@pytest.mark.parametrize("kind", ["postgres", "journal"])
@pytest.mark.slow
def test_three_processes_search_and_the_trial_of_one_that_is_killed_is_taken_up(
    kind, request, tmp_path, short_list, command
):
    url = request.getfixturevalue("postgres") if kind == "postgres" else f"journal:{tmp_path / 'study.log'}"
    words = short_list.read_text().splitlines(keepends=True)[:300]
    (tmp_path / "few.txt").write_text("".join(words))
    flags = ["-i", "few.txt", "--type", "bigram", "--max-steps", 20, "--search", "learning_rate", "--storage", url]
    flags += ["--trials", TRIALS]
    killed = start("killed", *flags, "-o", "first", cwd=tmp_path)
    assert killed.wait(timeout=120) == -signal.SIGKILL, killed.communicate()
    others = [start("whole", *flags, "-o", f"other {i}", "--resume", cwd=tmp_path) for i in range(2)]
    outputs = [other.communicate(timeout=120) for other in others]
    said = [out for out, _ in outputs]
    assert [other.returncode for other in others] == [0, 0], outputs
    trials = trials_in(url)
    states = Counter(trial.state.name for trial in trials)
    assert states["COMPLETE"] + states["PRUNED"] == TRIALS
    assert states["RUNNING"] == states["WAITING"] == 0
    # A trial that both begin last of all is given up by one of them before it has chosen anything.
    assert [trial.number for trial in trials if trial.state.name == "FAIL" and trial.params] == [0]
    retried = [trial for trial in trials if trial.system_attrs.get("failed_trial") == 0]
    assert [trial.params for trial in retried] == [trials[0].params]
    assert "secret" not in "".join(said)
    numbers = [int(number) for text in said for number in re.findall(r"^trial +(\d+) ", text, re.M)]
    assert sorted(numbers) == [trial.number for trial in trials[1:] if trial.state.name != "FAIL"]

    best = shlex.split(said[0].split("train it:\n")[1].splitlines()[0])
    best[best.index("few.txt")] = str(tmp_path / "few.txt")
    assert command("train", *best[3:], "-o", tmp_path / "best", "-n", 0).status == 0
    last = json.loads((tmp_path / "best" / "metrics.jsonl").read_text().splitlines()[-1])
    assert last["dev_loss"] == min(trial.value for trial in trials if trial.state.name == "COMPLETE")


def test_a_journal_that_is_none_is_one_line(command, tmp_path, short_list):
    (tmp_path / "text.log").write_text("no journal\n")
    outcome = command("tune", "-i", short_list, "-o", tmp_path, "--storage", f"journal:{tmp_path / 'text.log'}")
    assert outcome.complaint.endswith("text.log cannot be used: the file is no journal of Optuna's")
