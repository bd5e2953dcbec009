"""Runs survive a kill at any change of a file, two commands at once, damaged files, odd lists and odd configs.

In a usual run of the tests a part of each is tried; MAKEMORE_SURVIVAL=full tries all: every crash point, 100 pairs of
commands, 500 damaged copies, 500 lists and 500 configs. They print how many.
"""

import importlib
import json
import os
import random
import re
import shutil
import signal
import sys
import time
import warnings
from pathlib import Path

import pytest

from micrograd.command import run_command

FULL = os.environ.get("MAKEMORE_SURVIVAL") == "full"

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
    told(
        "--resume", *crash_points(scene, tmp_path, lambda left: left == {f"run/{name}": whole[name] for name in whole})
    )


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


# Two at once.


def start(name, arguments, cwd: Path, said: Path) -> int:
    """Begin a command in a process of its own, what it says of errors in a file; the number of the process."""
    child = os.fork()
    if not child:
        status = 99
        try:
            os.chdir(cwd)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os.dup2(os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
            sys.stderr = os.fdopen(2, "w")
            main = importlib.import_module(f"makemore.{name}").main
            try:
                run_command(lambda: main([str(word) for word in arguments]))
            except SystemExit as ended:
                status = ended.code
            sys.stderr.flush()
        finally:
            os._exit(status)
    return child


def one_line(said: Path) -> str:
    (line,) = [line for line in said.read_text().split("\n") if line.startswith("error:")]
    assert "Traceback" not in said.read_text()
    return line


@forks
def test_of_two_commands_in_one_folder_the_second_gets_a_line(command, short_list, tmp_path, capsys):
    starts = {"mlp": ["-i", short_list, *RUN], "bigram": ["-i", short_list, *OTHER]}
    more = ["--resume", "--max-steps", 60, "-n", 3]
    for kind, flags in starts.items():
        assert command("train", "-o", tmp_path / kind, *flags).status == 0
        shutil.copytree(tmp_path / kind, tmp_path / f"{kind}, longer")
        assert command("train", "-o", tmp_path / f"{kind}, longer", *more).status == 0
    ends = [contents_of(tmp_path / f"{kind}{longer}") for kind in starts for longer in ("", ", longer")]
    overwriting = [[*flags, "--overwrite"] for flags in starts.values()]
    kinds = [(*starts.values(), None), (*overwriting, "bigram"), (*overwriting, "mlp")]
    kinds += [(more, more, "mlp"), (overwriting[0], more, "bigram"), (more, overwriting[1], "mlp")]
    chance, refused, pairs = random.Random(3), 0, 100 if FULL else 6
    for i in range(pairs):
        first, second, before = kinds[i % len(kinds)]
        folder = tmp_path / "run"
        shutil.rmtree(folder, ignore_errors=True)
        if before:
            shutil.copytree(tmp_path / before, folder)
        said = [tmp_path / "first", tmp_path / "second"]
        one = start("train", ["-o", folder, *first], tmp_path, said[0])
        time.sleep(chance.choice([0, 0, chance.random() * 0.4]))
        two = start("train", ["-o", folder, *second], tmp_path, said[1])
        statuses = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in (one, two)]
        assert 0 in statuses, [each.read_text() for each in said]
        for status, text in zip(statuses, said, strict=True):
            assert status in (0, 2)
            if status == 2:
                line = one_line(text)
                assert any(each in line for each in ("another process", "already holds", "has done", "holds no run"))
                refused += "another process" in line
        assert contents_of(folder) in ends, (i, sorted(contents_of(folder)))
    with capsys.disabled():
        print(f"\n{pairs} pairs of commands at once: in {refused} one was refused for the other, 0 mixed")


# Damaged.


def damaged(content: bytes, chance: random.Random) -> bytes:
    """A file with a few bytes changed, cut out, put in, or its end missing."""
    changed = bytearray(content)
    at = chance.choice([chance.randrange(len(content)), chance.randrange(min(len(content), 900))])
    kind = chance.randrange(5)
    if kind == 0:
        changed[at] ^= 1 << chance.randrange(8)
    elif kind == 1:
        length = chance.choice([1, 4, 100])
        changed[at : at + length] = chance.randbytes(len(changed[at : at + length]))
    elif kind == 2:
        del changed[at : at + chance.choice([1, 4, 100])]
    elif kind == 3:
        changed[at:at] = chance.randbytes(chance.choice([1, 4, 100]))
    else:
        del changed[at:]
    return bytes(changed)


@pytest.fixture(scope="module")
def trained(command, short_list, tmp_path_factory):
    """A folder with a run of each of some types."""
    folder = tmp_path_factory.mktemp("trained")
    few = ["-i", short_list, "--max-steps", 20, "-n", 2]
    sizes = ["--n-embd", 8, "--eval-every", 10]
    for kind in ("mlp", "gru", "transformer"):
        size = sizes + (["--n-layer", 1, "--n-head", 2] if kind == "transformer" else ["--n-embd2", 8])
        assert command("train", "-o", folder / kind, *few, "--type", kind, *size).status == 0
    assert command("train", "-o", folder / "bigram", *few, "--type", "bigram").status == 0
    counts = ["--type", "trigram", "--fit", "counts", "-n", 2]
    assert command("train", "-o", folder / "counts", "-i", short_list, *counts).status == 0
    return folder


def test_damaged_weights_never_draw_other_words_in_silence(command, trained, tmp_path, capsys):
    chance, copies = random.Random(5), 500 if FULL else 14
    words = {kind: command("sample", "-o", trained / kind).out for kind in os.listdir(trained)}
    refused = told = same = 0
    for i in range(copies):
        kind = sorted(words)[i % len(words)]
        folder = tmp_path / "run"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(trained / kind, folder)
        path = folder / chance.choice([name for name in os.listdir(folder) if name.endswith(".safetensors")])
        path.write_bytes(damaged(path.read_bytes(), chance))
        outcome = command("sample", "-o", folder)
        if outcome.status == 2:
            assert str(folder) in outcome.complaint
            refused += 1
        elif outcome.err:
            (line,) = outcome.err.splitlines()
            assert "is damaged" in line or "has no checksum" in line
            told += 1
        else:
            assert outcome.out == words[kind], (i, kind)
            same += 1
    with capsys.disabled():
        print(f"\n{copies} damaged copies: {refused} refused, {told} told of, {same} with the same words, 0 other")


# Odd lists.

ODD = {
    "combining": [*map(chr, range(0x300, 0x330))],
    "faces": [*map(chr, range(0x1F600, 0x1F650)), "\u25cc", "\u200d", "\ufe0f"],
    "private": [*map(chr, range(0xE000, 0xE010)), *map(chr, range(0x10FFF0, 0x110000))],
    "controls": [chr(c) for c in range(32) if chr(c).strip()] + ["\x7f", "\x1b", "\x80", "\u202e", "\u2066"],
    "spaces": ["a", "b", "\u00a0", "\u3000", " ", "\t"],
    "marks": [".", "|", "¶", "<", ">", "$", "\\", "{", "%", "#", '"', "'"],
    "scripts": ["ß", "ﬁ", "東", "한", "\u0627", "ب", "א", "क", "्", "ष", "ก", "ำ", "\U0001d49c", "𐍈"],
    "letters": [*"aeilmn"],
}


def odd_list(chance: random.Random) -> bytes:
    letters = [each for name in chance.sample(sorted(ODD), chance.randint(1, 3)) for each in ODD[name]]
    letters = chance.sample(letters, min(len(letters), chance.choice([1, 2, 8, 40])))
    words = chance.choice([1, 2, 3, 9, 10, 11, 40])
    longest = chance.choice([1, 2, 5, 60])
    lines = ["".join(chance.choices(letters, k=chance.randint(1, longest))) for _ in range(words)]
    lines = lines * chance.choice([1, 1, 3])
    content = chance.choice(["\n", "\r\n", "\r", "\n\n"]).join(lines).encode()
    return chance.choice([b"", b"", b"\xef\xbb\xbf"]) + content + chance.choice([b"", b"\n", b"\xff", b"\x00"])


KINDS = [
    ["--type", "bigram"],
    ["--type", "trigram", "--fit", "counts"],
    ["--type", "mlp", "--direct", "--block-size", 1, "--n-embd2", 4],
    ["--type", "mlp", "--n-embd2", 4, "--no-batchnorm"],
    ["--type", "gru", "--n-embd", 4, "--n-embd2", 4],
    ["--type", "transformer", "--n-embd", 8, "--n-layer", 1],
]


def test_an_odd_list_is_learned_or_refused_in_a_line(command, tmp_path, capsys, real_pictures):
    chance, lists = random.Random(7), 500 if FULL else len(KINDS)
    refused = 0
    for i in range(lists):
        (tmp_path / "list.txt").write_bytes(odd_list(chance))
        flags = [*KINDS[i % len(KINDS)], "--split", chance.choice(["none", "80/10/10"]), "-n", 2]
        flags += [] if "counts" in flags else ["--max-steps", 3]
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            outcome = command("train", "-i", tmp_path / "list.txt", "-o", tmp_path / f"run {i}", *flags)
        if outcome.status:
            assert outcome.complaint
            refused += 1
        else:
            rest = re.sub(r"(training|drawing|reading[^:]*):.*?(\r|\n|$)", "", outcome.err).strip()
            assert not rest or "words came in" in rest, (i, rest)
            shutil.rmtree(tmp_path / f"run {i}")
    with capsys.disabled():
        print(f"\n{lists} odd lists: {refused} refused in a line, {lists - refused} learned, 0 tracebacks")


# A config of other hands.

ODD_VALUES = [
    *(None, True, False, 0, -1, 1, 2, 3, 7, 0.5, -0.0, 1e308, 1e-308, 10**30, -(10**30), 2**31, 2**63, 2**64),
    *("", "a", "mlp", "bigram", "counts", "\ud800", "\udc80", "\0", "/", [], {}, [[]], [1], ["a"], ["a", "a"], ["ab"]),
    *({"a": 1}, float("nan"), float("inf"), "x" * 10_000),
]


def odd_config(content: bytes, chance: random.Random) -> bytes:
    kind = chance.randrange(10)
    if kind == 0:
        return damaged(content, chance)
    if kind == 1:
        depth = chance.choice([10, 1000, 100_000])
        opening, closing = chance.choice([("[", "]"), ('{"a":', "}")])
        inner = opening * depth + "1" + closing * depth
        return b'{"type": ' + inner.encode() + b"," + content.lstrip()[1:] if chance.random() < 0.5 else inner.encode()
    if kind == 2:
        digits = chance.choice([b"1" * 10_000, b"1e999999", b"-1e999999"])
        return re.sub(rb'("(seed|max_steps|longest|warmup|block_size)": )[^,\n]+', rb"\g<1>" + digits, content, count=1)
    config = json.loads(content)
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        name = chance.choice([*config, "n_head", "n_layer", "blank", "new"])
        if chance.random() < 0.15:
            config.pop(name, None)
        else:
            config[name] = chance.choice(ODD_VALUES)
    return json.dumps(config).encode()


@pytest.mark.parametrize("name", ["n_layer", "n_embd", "n_embd2", "block_size", "batch_size", "warmup", "longest"])
def test_a_number_beyond_all_bounds_in_a_config_is_a_line(command, trained, tmp_path, name):
    shutil.copytree(trained / "mlp", tmp_path / "run")
    path = tmp_path / "run" / "config.json"
    config = json.loads(path.read_text())
    for number in (10**30, 2**31 if name != "warmup" and name != "longest" else 2**50, -2):
        path.write_text(json.dumps(config | {name: number}))
        for arguments in (["sample"], ["train", "--resume", "--max-steps", 22]):
            assert name in command(*arguments, "-o", tmp_path / "run").complaint
    if name == "batch_size":
        path.write_text(json.dumps(config | {name: 0}))
        assert name in command("train", "--resume", "--max-steps", 22, "-o", tmp_path / "run").complaint


def test_an_odd_config_is_used_or_refused_in_a_line(command, trained, tmp_path, capsys):
    chance, configs = random.Random(9), 500 if FULL else 60
    refused = 0
    kinds = sorted(os.listdir(trained))
    for i in range(configs):
        folder = tmp_path / "run"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(trained / kinds[i % len(kinds)], folder)
        path = folder / "config.json"
        path.write_bytes(odd_config(path.read_bytes(), chance))
        resume = ["train", "--resume", "--max-steps", 22, "-n", 2]
        arguments = chance.choice([["sample", "-n", 2], ["score", "mila"], resume])
        outcome = command(arguments[0], "-o", folder, *arguments[1:])
        if outcome.status:
            assert outcome.complaint, i
            refused += 1
    with capsys.disabled():
        print(f"\n{configs} odd configs: {refused} refused in a line, {configs - refused} used, 0 tracebacks")
