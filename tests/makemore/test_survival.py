"""Runs survive: a kill at any change of a file, two commands at once, damaged files, odd lists, a config of other hands.

In a usual run of the tests a part of each is tried; MAKEMORE_SURVIVAL=full tries all: every crash point, 100 pairs of
commands, 500 damaged copies, 500 lists and 500 configs. They print how many.
"""

import importlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from makemore import data

FULL = os.environ.get("MAKEMORE_SURVIVAL") == "full"
ROOT = Path(data.__file__).resolve().parents[1]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT)}

RUN = ["--type", "mlp", "--n-embd2", 8, "--n-embd", 4, "--max-steps", 40, "--eval-every", 10, "-n", 3]
OTHER = ["--type", "bigram", "--max-steps", 30, "-n", 3]


def contents_of(folder: Path) -> dict[str, bytes]:
    """All files below a folder by their path, without those of the lists that ladders and runs learn from."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


# Killed at any change of a file.

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="a process is copied by fork")



class Watch:
    """Counts the changes of files below a folder, and kills the process at one of them."""

    def __init__(self, folder: Path, at: int):
        self.folder, self.at, self.count = str(folder), at, 0

    def reached(self, path) -> bool:
        """Count a change; whether it is the one before the last."""
        if isinstance(path, str | os.PathLike) and os.path.abspath(path).startswith(self.folder):
            self.count += 1
            if self.count == self.at:
                os.kill(os.getpid(), signal.SIGKILL)
        return self.count + 1 == self.at

    def begin(self) -> None:
        """From here on, of this process."""
        for name in ("rename", "replace", "unlink", "remove", "mkdir", "rmdir"):
            setattr(os, name, self.watched(getattr(os, name)))
        write_bytes, opened = Path.write_bytes, Path.open

        def half_written(path, content):
            if self.reached(path):
                write_bytes(path, content[: len(content) // 2])
            self.reached(path)
            return write_bytes(path, content)

        def half_appended(path, mode="r", *rest, **options):
            if mode == "a":
                if self.reached(path):
                    with opened(path, mode) as file:
                        file.write('{"step": 1')
                self.reached(path)
            return opened(path, mode, *rest, **options)

        Path.write_bytes, Path.open = half_written, half_appended

    def watched(self, function):
        def call(path, *rest, **options):
            self.reached(path)
            return function(path, *rest, **options)

        return call


def run_killed(name, arguments, at, cwd, points=None) -> int:
    """Run a command in a process of its own that is killed at that change of a file (0: at none); how it ended."""
    child = os.fork()
    if not child:  # nothing has to be imported again
        status = 99
        try:
            os.chdir(cwd)
            for descriptor in (1, 2):
                os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)
            watch = Watch(Path.cwd(), at)
            watch.begin()
            main = importlib.import_module(f"makemore.{name}").main
            try:
                status = main([str(word) for word in arguments])
            except SystemExit as ended:
                status = ended.code
            if points is not None:
                points.write_text(str(watch.count))
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


class Scene:
    """A command in a folder that may hold a run: what is there before, and what has to be there at the end."""

    def __init__(self, folder, name, arguments, finish, before=None):
        self.folder, self.name, self.arguments, self.finish = folder, name, arguments, finish
        self.before = before  # a folder that is copied first

    def fresh(self, where: Path) -> Path:
        shutil.rmtree(where, ignore_errors=True)
        where.mkdir()
        if self.before is not None:
            shutil.copytree(self.before, where / "run")
        return where


def crash_points(scene: Scene, tmp_path: Path, allowed) -> tuple[int, int]:
    """Kill the scene's command at its changes of files; how many there are, and how many were tried.

    allowed(contents): whether what the folder holds after the next command is right.
    """
    work = scene.fresh(tmp_path / "work")
    counted = tmp_path / "points"
    assert run_killed(scene.name, scene.arguments, 0, work, counted) == 0
    points = int(counted.read_text())
    tried = range(1, points + 1) if FULL else sorted(random.Random(points).sample(range(1, points + 1), 6))
    for at in tried:
        work = scene.fresh(tmp_path / "work")
        assert run_killed(scene.name, scene.arguments, at, work) == -9, at
        scene.finish(work)
        left = contents_of(work)
        assert allowed(left), (at, sorted(left))
    return points, len(tried)


@pytest.fixture
def told(capsys):
    def tell(what, points, tried):
        with capsys.disabled():
            print(f"\n{what}: {points} crash points, {tried} tried, 0 lost, 0 left over")

    return tell


def without(contents: dict[str, bytes], *names: str) -> dict[str, bytes]:
    return {name: content for name, content in contents.items() if not name.endswith(names)}


def go_on(command, folder: Path, *begin: object) -> None:
    """Go on with the run in the folder, or begin it where nothing was kept; do nothing where it has ended."""
    outcome = command("train", "-o", folder, "--resume", "-n", 3)
    if outcome.status == 2 and ("holds no run" in outcome.err or "is not a folder" in outcome.err):
        outcome = command("train", "-o", folder, *begin)
    assert outcome.status == 0 or "has done" in outcome.err, outcome


@forks
def test_a_new_run_that_is_killed_anywhere_comes_to_the_same_end(command, short_list, tmp_path, told):
    assert command("train", "-i", short_list, "-o", tmp_path / "whole", *RUN).status == 0
    whole = contents_of(tmp_path / "whole")
    arguments = ["-i", short_list, "-o", "run", *RUN]
    scene = Scene(tmp_path, "train", arguments, lambda work: go_on(command, work / "run", "-i", short_list, *RUN))
    told("train", *crash_points(scene, tmp_path, lambda left: left == {f"run/{name}": whole[name] for name in whole}))


@forks
def test_a_run_that_goes_on_and_is_killed_anywhere_comes_to_the_same_end(command, short_list, tmp_path, told):
    assert command("train", "-i", short_list, "-o", tmp_path / "half", *RUN).status == 0
    shutil.copytree(tmp_path / "half", tmp_path / "whole")
    more = ["--resume", "--max-steps", 80, "-n", 3]
    assert command("train", "-o", tmp_path / "whole", *more).status == 0
    whole = contents_of(tmp_path / "whole")

    def finish(work):
        outcome = command("train", "-o", work / "run", *more)
        assert outcome.status == 0 or "has done 80 steps" in outcome.err, outcome

    scene = Scene(tmp_path, "train", ["-o", "run", *more], finish, tmp_path / "half")
    told("--resume", *crash_points(scene, tmp_path, lambda left: left == {f"run/{name}": whole[name] for name in whole}))


@forks
def test_an_overwriting_run_that_is_killed_anywhere_leaves_the_one_or_the_other(command, short_list, tmp_path, told):
    assert command("train", "-i", short_list, "-o", tmp_path / "old", *RUN).status == 0
    assert command("train", "-i", short_list, "-o", tmp_path / "new", *OTHER).status == 0
    (tmp_path / "old" / "find_lr.png").write_bytes(b"a sweep")
    old, new = contents_of(tmp_path / "old"), contents_of(tmp_path / "new") | {"find_lr.png": b"a sweep"}

    def finish(work):
        assert command("sample", "-o", work / "run").status == 0
        if json.loads((work / "run" / "config.json").read_text())["type"] == "bigram":
            go_on(command, work / "run")

    ends = [{f"run/{name}": run[name] for name in run} for run in (old, new)]
    arguments = ["-i", short_list, "-o", "run", *OTHER, "--overwrite"]
    scene = Scene(tmp_path, "train", arguments, finish, tmp_path / "old")
    told("--overwrite", *crash_points(scene, tmp_path, lambda left: left in ends))


@forks
def test_a_ladder_that_is_killed_anywhere_comes_to_the_same_end(command, short_list, tmp_path, told):
    arguments = ["bigram", "-i", short_list, "-o"]

    def contents_but_times(folder):
        contents = {name: content for name, content in contents_of(folder).items() if name.startswith("run/")}
        record = json.loads(contents.pop("run/ladder.json"))
        for rung in record["rungs"]:
            del rung["seconds"]
        contents.pop("run/ladder.txt")
        return contents | {"record": record}

    (tmp_path / "once").mkdir()
    assert command("ladder", *arguments, tmp_path / "once" / "run").status == 0
    whole = contents_but_times(tmp_path / "once")

    def finish(work):
        outcome = command("ladder", *arguments, work / "run")
        assert outcome.status == 0, outcome

    scene = Scene(tmp_path, "ladder", [*arguments, "run"], finish)
    told("ladder", *crash_points(scene, tmp_path, lambda left: contents_but_times(tmp_path / "work") == whole))
