"""The work folder of a run: what was asked for, the checkpoint, the losses, the words and the pictures.

Every file is written whole or not at all: under another name first, and then renamed. Only a line of losses is added
to those before it; what a crash leaves of one is passed over.

The files of a new run are staged in a folder inside until it has something to show. Then it is committed in one step:
that folder is renamed, and from then on what is in it is the run. Only after that are the files of the run that was
there before deleted and the new ones moved up; where a process is killed in the middle, the next one does the rest.

One process at a time works in a folder. It holds a lock on the folder itself, which leaves no file behind and which the
system gives up for a process that is killed. Drawing words takes no lock.
"""

import contextlib
import hashlib
import json
import os
import shutil
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import safetensors
import safetensors.numpy

from makemore.config import RUNS, keeps_best, wrong_settings
from makemore.data import Vocabulary
from makemore.models import set_weights, trained_model
from micrograd.command import UsageError
from micrograd.rules.files import write_whole
from micrograd.serialization import arrays_of

try:
    import fcntl
except ImportError:  # Windows: nothing is locked there
    fcntl = None  # type: ignore[assignment]

CONFIG, CHECKPOINT, BEST = "config.json", "model.safetensors", "best.safetensors"
METRICS, SAMPLES = "metrics.jsonl", "samples.txt"
WORDS = "words.txt"  # where the list came from Python, and not from a file
FILES: tuple[str, ...] = (CONFIG, CHECKPOINT, BEST, METRICS, SAMPLES, WORDS, "loss.png", "bigram.png", "embedding.png")
FILES += ("activations.png", "gradients.png", "updates.png", "graph.svg", "graph.html")
SWEEP = "find_lr.png"
"""The picture that --find-lr leaves, which belongs to no run."""

STAGED, COMMITTED, MOVING_UP = ".new", ".committed", ".moving-up"
"""Folders inside: of a run that has nothing to show yet, of one that takes the place of the files beside it, and of one
for which these are deleted."""
UNFINISHED = ".*.unfinished"
"""What `write_whole` calls a file while it is written."""

STEP, CHECKSUM = "step", "sha256"
"""What the metadata of a checkpoint says."""
UNKNOWN_STEP = -1
"""Of weights that another program wrote."""


class Checkpoint(NamedTuple):
    """A run at some step.

    step: how many are done, or UNKNOWN_STEP. model, optimizer: their state_dicts. random: the generator's state.
    note: what the user should know of the file.
    """

    step: int
    model: dict[str, np.ndarray]
    optimizer: dict[str, np.ndarray]
    random: np.ndarray | None
    note: str = ""


class RunFolder:
    """A folder with one run in it. Raises OSError where the folder cannot be read or written."""

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self.stage = self.path  # where its files are; until a new run is committed, a folder inside
        self.made_here = False
        self._is_held = False  # by this process, see `held`
        self._descriptor: int | None = None  # of the folder, while it is locked
        self._said: set[str] = set()

    # Choosing a folder.

    @classmethod
    def next_free(cls) -> "RunFolder":
        """The next of the folders 1, 2, 3, ... in RUNS, made here so that only one process takes it."""
        RUNS.mkdir(parents=True, exist_ok=True)
        number = max(_run_numbers(), default=0)
        while True:
            number += 1
            folder = cls(RUNS / str(number))
            with contextlib.suppress(FileExistsError):
                folder.path.mkdir()
                folder.made_here = True
                return folder

    @classmethod
    def trained(cls, path: str | None) -> "RunFolder":
        """The folder at path, else the one with the highest number in RUNS that holds a run.

        Raises UsageError where no folder does.
        """
        if path:
            return cls(path)
        signs = (CONFIG, COMMITTED, MOVING_UP)
        numbers = [n for n in _run_numbers() if any((RUNS / str(n) / name).exists() for name in signs)]
        if not numbers:
            raise UsageError(f"there is no run under {RUNS}/ yet; name its folder with -o, or train one first")
        return cls(RUNS / str(max(numbers)))

    def check_free(self, overwrite: bool) -> None:
        """Raises UsageError where the folder is not free for a new run.

        It holds something else than a run, or a run and not overwrite, or another process works in it.
        """
        if not self.path.exists():
            return
        if not self.path.is_dir():
            raise UsageError(f"{self.path} is a file; name a folder with -o")
        with self.held():
            found = {entry.name for entry in self.path.iterdir()} - {SWEEP}
        strange = found - {*FILES} if self._holds_run() else found
        if strange:
            raise UsageError(
                f"{self.path} holds something else than a run ({min(strange)}); name another folder with -o"
            )
        if found and not overwrite:
            raise UsageError(
                f"{self.path} already holds a run: --resume goes on with it, --overwrite replaces it, "
                "and -o takes another folder"
            )

    def _holds_run(self) -> bool:
        """Whether there is a run, damaged as it may be: a config, with a checkpoint beside it or a vocabulary in it."""
        config = self.path / CONFIG
        return config.is_file() and ((self.path / CHECKPOINT).is_file() or b'"vocabulary"' in config.read_bytes())

    # One process at a time, and one run in the place of another.

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Keeps other processes out of the folder, made where it is not there, and clears what a killed one left.

        Raises UsageError where another process holds it.
        """
        if self._is_held:
            yield
            return
        missing = [path for path in (self.path, *self.path.parents) if not path.exists()]
        missing += [self.path] * self.made_here
        for wait in (0.02, 0.1, 0.0):  # one that only clears up is done in no time
            if self._take():
                break
            time.sleep(wait)
        else:
            raise UsageError(
                f"another process is at work in {self.path}; wait for its end, or name another folder with -o"
            )
        try:
            self._clear()
            yield
        finally:
            for path in missing:  # those that nothing came into
                with contextlib.suppress(OSError):
                    path.rmdir()
            self._give_back()

    def _take(self) -> bool:
        """Lock the folder, and return whether no other process holds it."""
        while not self._is_held:
            self.path.mkdir(parents=True, exist_ok=True)
            descriptor = None
            if fcntl is not None:
                descriptor = os.open(self.path, os.O_RDONLY)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    os.close(descriptor)
                    return False
                except OSError:  # some network file systems lock no folders
                    pass
                if not self.path.exists() or not os.path.samestat(os.fstat(descriptor), self.path.stat()):
                    os.close(descriptor)  # whoever held it has removed it
                    continue
            self._is_held, self._descriptor = True, descriptor
        return True

    def _give_back(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._is_held, self._descriptor = False, None

    @contextlib.contextmanager
    def staged(self, overwrite: bool) -> Iterator[None]:
        """The folder for a new run, made where it is not there; a run that it holds gives way if overwrite.

        The new run is staged until `commit` is called or the block ends, and the old one stays as it was; where the
        block fails before, the folder is left as it was found. Raises UsageError as check_free does.
        """
        with self.held():
            self.check_free(overwrite)
            self.stage = self.path / STAGED
            self.stage.mkdir()
            try:
                yield
                self.commit()
            finally:
                if not self.committed:
                    shutil.rmtree(self.stage, ignore_errors=True)
                    self.stage = self.path

    @property
    def committed(self) -> bool:
        """Whether the run's files are in the folder itself."""
        return self.stage == self.path

    def commit(self) -> None:
        """Put the files of a staged run in place of those of the run that was here."""
        if not self.committed:
            self.stage.rename(self.path / COMMITTED)
            self.stage = self.path
            self._finish_commit()

    def _finish_commit(self) -> None:
        """Do what is left to do for a run that is committed; each step may be done again after a kill."""
        committed, moving_up = self.path / COMMITTED, self.path / MOVING_UP
        if committed.is_dir():
            for name in FILES:
                if name != WORDS:  # the new run may learn from it
                    (self.path / name).unlink(missing_ok=True)
            committed.rename(moving_up)
        if moving_up.is_dir():
            for entry in moving_up.iterdir():
                entry.replace(self.path / entry.name)
            moving_up.rmdir()

    def _left_over(self) -> list[Path]:
        """What a killed process has left in the folder, or one that works in it needs for now."""
        names = (STAGED, COMMITTED, MOVING_UP, UNFINISHED)
        return [found for name in names for found in self.path.glob(name)]

    def _clear(self) -> None:
        """Finish or remove what a killed process has left. Only for who holds the folder."""
        if self._left_over():
            self._finish_commit()
            for path in self._left_over():
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def settle(self) -> None:
        """Clear what a killed process has left, unless another is at work: then wait while it commits its run."""
        deadline = time.monotonic() + 10
        while not self._is_held and self._left_over():
            if self._take():
                try:
                    self._clear()
                finally:
                    self._give_back()
            elif time.monotonic() > deadline or not any((self.path / name).exists() for name in (COMMITTED, MOVING_UP)):
                return
            else:
                time.sleep(0.01)

    # Its files.

    def write(self, name: str, content: str | bytes) -> None:
        """Write the file `name`, whole or not at all."""
        # The name of a file may hold bytes that are not text: JSON's own escapes stand for them.
        encoded = content.encode(errors="backslashreplace") if isinstance(content, str) else content
        write_whole(self.stage / name, encoded)

    def write_config(self, config: dict[str, Any]) -> None:
        """Record what was asked for."""
        self.write(CONFIG, json.dumps(config, indent=2, ensure_ascii=False) + "\n")

    def read_config(self) -> dict[str, Any]:
        """What was asked for. Raises UsageError where the folder holds no run or the file is damaged."""
        self.settle()
        if not (self.stage / CONFIG).is_file():
            self.settle()  # it may have been on its way just now
        if not (self.stage / CONFIG).is_file():
            what = "holds no run (it has no config.json)" if self.path.is_dir() else "is not a folder"
            raise UsageError(f"{self.path} {what}; name a folder that makemore.train made with -o")
        try:
            config = json.loads((self.stage / CONFIG).read_text(encoding="utf-8"))
            if not isinstance(config, dict):
                raise TypeError
        except (ValueError, TypeError, RecursionError):
            raise UsageError(f"{self.stage / CONFIG} is damaged; train anew with --overwrite") from None
        if wrong := wrong_settings(config):
            raise UsageError(f"{self.stage / CONFIG} lacks {', '.join(wrong)}, or has something else there; train anew")
        return config

    def write_checkpoint(self, checkpoint: Checkpoint, name: str = CHECKPOINT) -> None:
        """Replace a checkpoint: weights by their own names, beside them the optimizer's and the generator's state."""
        tensors = dict(checkpoint.model)
        tensors |= {f"optimizer.{name}": array for name, array in checkpoint.optimizer.items()}
        if checkpoint.random is not None:
            tensors["random.state"] = checkpoint.random
        self.write(name, file_of_checkpoint(tensors, checkpoint.step))

    def read_chosen(self) -> Checkpoint:
        """The last checkpoint or the best model, whichever has the lower dev loss; the other where one is damaged.

        Raises UsageError where both are.
        """
        if not keeps_best(self.read_config()) or not (self.stage / BEST).is_file():
            return self.read_checkpoint()
        found: dict[str, Checkpoint] = {}
        damaged: dict[str, str] = {}
        for name in (CHECKPOINT, BEST):
            try:
                found[name] = self.read_checkpoint(name)
            except UsageError as error:
                damaged[name] = str(error)
        if not found:
            raise UsageError(damaged[CHECKPOINT])
        if damaged:
            (name, checkpoint), (problem,) = found.popitem(), damaged.values()
            return checkpoint._replace(note=f"{problem.partition(';')[0]}; {name} is used instead")
        last, best = found[CHECKPOINT], found[BEST]
        dev_losses = {line["step"]: line["dev_loss"] for line in self.evaluations()}
        best_loss, last_loss = dev_losses.get(best.step), dev_losses.get(last.step)
        return last if best_loss is None or (last_loss is not None and last_loss < best_loss) else best

    def read_checkpoint(self, name: str = CHECKPOINT) -> Checkpoint:
        """The checkpoint, with a note where it has no checksum. Raises UsageError where it is missing or damaged."""
        path = self.stage / name
        if not path.is_file():
            raise UsageError(f"{path} is not there: the run was stopped before its first checkpoint; train anew")
        try:
            tensors, metadata = arrays_of(path.read_bytes())
            step = int(metadata.get(STEP, UNKNOWN_STEP))
            if STEP in metadata and step < 0:
                raise ValueError(f"step {step}")
            if metadata.get(CHECKSUM, checksum := _checksum(tensors, step)) != checksum:
                raise ValueError("its checksum is wrong")
        except (safetensors.SafetensorError, KeyError, TypeError, ValueError) as error:
            cure = "train anew with --overwrite" if name == CHECKPOINT else "remove it to use the last checkpoint"
            raise UsageError(f"{path} is damaged ({error!s:.100}); {cure}") from None
        note = f"{path} has no checksum, so another program wrote it: damage in it would not be noticed"
        random = tensors.pop("random.state", None)
        model = {key: array for key, array in tensors.items() if not key.startswith("optimizer.")}
        optimizer = {key.removeprefix("optimizer."): tensors[key] for key in tensors.keys() - model.keys()}
        return Checkpoint(step, model, optimizer, random, "" if CHECKSUM in metadata else note)

    def _say_note(self, checkpoint: Checkpoint) -> None:
        """Print the note on stderr, once."""
        if checkpoint.note and checkpoint.note not in self._said:
            self._said.add(checkpoint.note)
            print(checkpoint.note, file=sys.stderr)

    def load(self, checkpoint: Checkpoint | None = None) -> tuple[Any, Vocabulary]:
        """The trained model, in eval mode, and its vocabulary: of the checkpoint, else with the lowest dev loss.

        Raises UsageError where the files do not fit together.
        """
        config = self.read_config()
        if checkpoint is None:
            config, checkpoint = self._read_pair()
        vocabulary = Vocabulary(config["vocabulary"])
        with self._fitting():
            model = trained_model(config, len(vocabulary), checkpoint.model)
        self._say_note(checkpoint)
        return model, vocabulary

    def _read_pair(self) -> tuple[dict[str, Any], Checkpoint]:
        """The config, and the chosen weights that belong to it: read again where a new run came in between."""
        while True:
            config = self.read_config()
            try:
                checkpoint = self.read_chosen()
            except UsageError:
                if self.read_config() == config:
                    raise
                continue
            if self.read_config() == config:
                return config, checkpoint

    def restore(self, model: Any) -> int:
        """Give a model of this run the weights with the lowest dev loss, and return the step that they are of.

        Raises UsageError where they do not fit it, or are not finite.
        """
        chosen = self.read_chosen()
        with self._fitting():
            set_weights(model, chosen.model)
        self._say_note(chosen)
        return chosen.step

    @contextlib.contextmanager
    def _fitting(self) -> Iterator[None]:
        try:
            yield
        except (RuntimeError, KeyError, ValueError, TypeError, OverflowError) as error:
            text = " ".join(str(error).split())
            raise UsageError(f"{self.path / CHECKPOINT} does not fit config.json beside it: {text:.300}") from None

    def write_metrics(self, lines: Iterable[dict[str, Any]]) -> None:
        """Replace the record of losses: a line of JSON per evaluation."""
        self.write(METRICS, "".join(json.dumps(line) + "\n" for line in lines))

    def append_metrics(self, line: dict[str, Any]) -> None:
        """Add a line to the record of losses; the rest of it is not written again, however long it has become."""
        with (self.stage / METRICS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def read_metrics(self) -> list[dict[str, Any]]:
        """The record of losses. Raises UsageError where it is damaged."""
        path = self.stage / METRICS
        try:
            text = path.read_text(encoding="utf-8") if path.exists() else ""
            whole = text[: text.rfind("\n") + 1]  # a last line without its end is one that a crash cut off
            lines = [json.loads(line) for line in whole.splitlines()]
            for line in lines:
                if type(line["step"]) is not int:
                    raise TypeError
                for part in ("train", "dev"):
                    if not isinstance(line[f"{part}_loss"], int | float | None):
                        raise TypeError
        except (ValueError, TypeError, KeyError):
            raise UsageError(f"{path} is damaged; mend or remove it") from None
        return lines

    def evaluations(self) -> list[dict[str, Any]]:
        """The record of losses without its last line, which a run writes when it has ended."""
        return [line for line in self.read_metrics() if "test_loss" not in line]

    def has_ended(self, step: int) -> bool:
        """Whether a run of that many steps has come to its end: its losses, pictures and words are there."""
        lines = self.read_metrics()
        return bool(lines) and "test_loss" in lines[-1] and lines[-1]["step"] == step


def file_of_checkpoint(tensors: dict[str, np.ndarray], step: int) -> bytes:
    """The tensors in the safetensors format, with a checksum."""
    tensors = {name: np.asarray(array, order="C") for name, array in tensors.items()}
    content = safetensors.numpy.save(tensors, {STEP: str(step), CHECKSUM: _checksum(tensors, step)})
    # safetensors writes the metadata in any order, and the same run is to give the same bytes.
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:end])
    header["__metadata__"] = {key: header["__metadata__"][key] for key in (STEP, CHECKSUM)}
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    return content[:8] + text.ljust(end - 8) + content[end:]


def _checksum(tensors: Mapping[str, np.ndarray], step: int) -> str:
    """The SHA-256 of the step and of each tensor: its name, dtype, shape and numbers."""
    digest = hashlib.sha256(str(step).encode())
    for name in sorted(tensors):
        array = tensors[name]
        digest.update(f"\n{name!r} {array.dtype.str} {array.shape}\n".encode(errors="surrogatepass"))
        digest.update(array.data if array.size else b"")
    return digest.hexdigest()


def _run_numbers() -> list[int]:
    """Those of the folders in RUNS."""
    names = [entry.name for entry in RUNS.iterdir()] if RUNS.is_dir() else []
    return [int(name) for name in names if name.isascii() and name.isdigit()]
