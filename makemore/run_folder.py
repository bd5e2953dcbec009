"""The work folder of a run: what was asked for, the checkpoint, the losses, the words and the pictures.

Every file is written whole or not at all: under another name first, and then renamed. Only a line of losses is added
to those before it; what a crash leaves of one is passed over.

The files of a new run are staged in a folder inside until it has something to show. Then it is committed: they take
the place of those of the run that was there before.
"""

import contextlib
import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import safetensors
import safetensors.numpy

from makemore.config import RUNS, keeps_best, wrong_settings
from makemore.data import Vocabulary
from makemore.models import set_weights, trained_model
from micrograd.command import UsageError

CONFIG, CHECKPOINT, BEST = "config.json", "model.safetensors", "best.safetensors"
METRICS, SAMPLES = "metrics.jsonl", "samples.txt"
WORDS = "words.txt"  # where the list came from Python, and not from a file
FILES: tuple[str, ...] = (CONFIG, CHECKPOINT, BEST, METRICS, SAMPLES, WORDS, "loss.png", "bigram.png", "embedding.png")
FILES += ("activations.png", "gradients.png", "updates.png", "graph.svg", "graph.html")
SWEEP = "find_lr.png"
"""The picture that --find-lr leaves, which belongs to no run."""

STAGED, COMMITTING = ".new-", ".settling"
"""Folders inside: of a run that has nothing to show yet, and of one whose files are about to be moved up."""


class Checkpoint(NamedTuple):
    """step: how many steps are done. model, optimizer: their state_dicts. random: the state of the generator."""

    step: int
    model: dict[str, np.ndarray]
    optimizer: dict[str, np.ndarray]
    random: np.ndarray | None


class RunFolder:
    """A folder with one run in it. Raises OSError where the folder cannot be read or written."""

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self.stage = self.path  # where its files are; until a new run is committed, a folder inside
        self.made_here = False

    # Choosing a folder.

    @classmethod
    def next_free(cls, parent: Path) -> "RunFolder":
        """The next of the folders 1, 2, 3, ... in parent, made here so that only one process takes it."""
        parent.mkdir(parents=True, exist_ok=True)
        number = max(_run_numbers(parent), default=0)
        while True:
            number += 1
            with contextlib.suppress(FileExistsError):
                (parent / str(number)).mkdir()
                folder = cls(parent / str(number))
                folder.made_here = True
                return folder

    @classmethod
    def trained(cls, path: str | None, parent: Path = RUNS) -> "RunFolder":
        """The folder at path, else the one with the highest number in parent that holds a run.

        Raises UsageError where no folder does.
        """
        if path:
            return cls(path)
        numbers = _run_numbers(parent)
        numbers = [n for n in numbers if any((parent / str(n) / name).exists() for name in (CONFIG, COMMITTING))]
        if not numbers:
            raise UsageError(f"there is no run under {parent}/ yet; name its folder with -o, or train one first")
        return cls(parent / str(max(numbers)))

    def check_free(self, overwrite: bool) -> None:
        """Raises UsageError where the folder holds something else than a run, or a run and not overwrite."""
        if self.path.exists() and not self.path.is_dir():
            raise UsageError(f"{self.path} is a file; name a folder with -o")
        self._finish_commit()
        passing = {SWEEP, *map(_unfinished, (*FILES, SWEEP))}
        entries = self.path.iterdir() if self.path.exists() else []
        held = {entry.name for entry in entries if not entry.name.startswith(STAGED)} - passing
        strange = held - {*FILES} if self._holds_run() else held
        if strange:
            raise UsageError(
                f"{self.path} holds something else than a run ({min(strange)}); name another folder with -o"
            )
        if held and not overwrite:
            raise UsageError(
                f"{self.path} already holds a run: --resume goes on with it, --overwrite replaces it, "
                "and -o takes another folder"
            )

    def _holds_run(self) -> bool:
        """Whether there is a run, damaged as it may be: a config, with a checkpoint beside it or a vocabulary in it."""
        config = self.path / CONFIG
        return config.is_file() and ((self.path / CHECKPOINT).is_file() or b'"vocabulary"' in config.read_bytes())

    @contextlib.contextmanager
    def staged(self, overwrite: bool) -> Iterator[None]:
        """The folder for a new run, made where it is not there; a run that it holds gives way if overwrite.

        The new run is staged until `commit` is called or the block ends, and the old one stays as it was; where the
        block fails before, the folder is left as it was found. Raises UsageError as check_free does.
        """
        self.check_free(overwrite)
        missing = [path for path in (self.path, *self.path.parents) if not path.exists()]
        missing += [self.path] * self.made_here
        self.path.mkdir(parents=True, exist_ok=True)
        self.stage = Path(tempfile.mkdtemp(prefix=STAGED, dir=self.path))
        try:
            yield
            self.commit()
        finally:
            if not self.committed:
                shutil.rmtree(self.stage, ignore_errors=True)
                self.stage = self.path
                for path in missing:
                    with contextlib.suppress(OSError):
                        path.rmdir()

    @property
    def committed(self) -> bool:
        """Whether the run's files are in the folder itself."""
        return self.stage == self.path

    def commit(self) -> None:
        """Put the files of a staged run in place of those of the run that was here."""
        if self.committed:
            return
        self._refuse_if_taken()
        gone = [name for name in FILES if name != WORDS and not (self.stage / name).exists()]
        for name in (*gone, *map(_unfinished, FILES)):
            (self.path / name).unlink(missing_ok=True)
        self.stage.rename(
            self.path / COMMITTING
        )  # from here on it is the run, and whoever comes next moves up what is left
        self.stage = self.path
        self._finish_commit()
        for other in self.path.glob(f"{STAGED}*"):  # of runs that were killed, or come second
            shutil.rmtree(other, ignore_errors=True)

    def _refuse_if_taken(self) -> None:
        if not (self.committed or self.stage.exists()):
            raise UsageError(f"another run has taken {self.path} meanwhile; name another folder with -o")

    def _finish_commit(self) -> None:
        committing = self.path / COMMITTING
        if committing.is_dir():
            for entry in committing.iterdir():
                entry.replace(self.path / entry.name)
            committing.rmdir()

    # Its files.

    def write(self, name: str, content: str | bytes) -> None:
        """Write the file `name`, whole or not at all. Raises UsageError where another run has taken the folder."""
        path, unfinished = self.stage / name, self.stage / _unfinished(name)
        try:
            # The name of a file may hold bytes that are not text: JSON's own escapes stand for them.
            unfinished.write_bytes(content.encode(errors="backslashreplace") if isinstance(content, str) else content)
            unfinished.replace(path)
        except OSError as error:
            self._refuse_if_taken()
            raise OSError(error.errno, error.strerror, str(path)) from None  # a full disk does not say which file
        finally:
            unfinished.unlink(missing_ok=True)

    def write_config(self, config: dict[str, Any]) -> None:
        """Record what was asked for."""
        self.write(CONFIG, json.dumps(config, indent=2, ensure_ascii=False) + "\n")

    def read_config(self) -> dict[str, Any]:
        """What was asked for. Raises UsageError where the folder holds no run or the file is damaged."""
        self._finish_commit()
        if not (self.stage / CONFIG).is_file():
            what = "holds no run (it has no config.json)" if self.path.is_dir() else "is not a folder"
            raise UsageError(f"{self.path} {what}; name a folder that makemore.train made with -o")
        try:
            config = json.loads((self.stage / CONFIG).read_text(encoding="utf-8"))
            if not isinstance(config, dict):
                raise TypeError
        except (ValueError, TypeError):
            raise UsageError(f"{self.stage / CONFIG} is damaged; train anew with --overwrite") from None
        if wrong := wrong_settings(config):
            raise UsageError(f"{self.stage / CONFIG} lacks {', '.join(wrong)}, or has something else there; train anew")
        return config

    def write_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Replace the checkpoint: weights by their own names, beside them the optimizer's and the generator's state."""
        tensors = dict(checkpoint.model)
        tensors |= {f"optimizer.{name}": array for name, array in checkpoint.optimizer.items()}
        if checkpoint.random is not None:
            tensors["random.state"] = checkpoint.random
        self.write(CHECKPOINT, safetensors.numpy.save(tensors, metadata={"step": str(checkpoint.step)}))

    def write_best(self, checkpoint: Checkpoint) -> None:
        """Replace the best model so far: its weights alone, by their own names."""
        self.write(BEST, safetensors.numpy.save(checkpoint.model, metadata={"step": str(checkpoint.step)}))

    def read_chosen(self) -> Checkpoint:
        """The last checkpoint or the best model, whichever has the lower dev loss. Raises UsageError where damaged."""
        last = self.read_checkpoint()
        if not keeps_best(self.read_config()) or not (self.stage / BEST).is_file():
            return last
        best = self.read_checkpoint(BEST)
        dev_losses = {line["step"]: line["dev_loss"] for line in self.evaluations()}
        best_loss, last_loss = dev_losses.get(best.step), dev_losses.get(last.step)
        return last if best_loss is None or (last_loss is not None and last_loss < best_loss) else best

    def read_checkpoint(self, name: str = CHECKPOINT) -> Checkpoint:
        """The checkpoint. Raises UsageError where it is missing or damaged."""
        path = self.stage / name
        if not path.is_file():
            raise UsageError(f"{path} is not there: the run was stopped before its first checkpoint; train anew")
        try:
            with safetensors.safe_open(path, framework="numpy") as file:
                step = int(file.metadata()["step"])
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is not a dict
            if step < 0:
                raise ValueError(f"step {step}")
        except (safetensors.SafetensorError, KeyError, TypeError, ValueError) as error:
            cure = "train anew with --overwrite" if name == CHECKPOINT else "remove it to use the last checkpoint"
            raise UsageError(f"{path} is damaged ({error!s:.60}); {cure}") from None
        random = tensors.pop("random.state", None)
        model = {key: array for key, array in tensors.items() if not key.startswith("optimizer.")}
        optimizer = {key.removeprefix("optimizer."): tensors[key] for key in tensors.keys() - model.keys()}
        return Checkpoint(step, model, optimizer, random)

    def load(self, checkpoint: Checkpoint | None = None) -> tuple[Any, Vocabulary]:
        """The trained model, in eval mode, and its vocabulary: of the checkpoint, else with the lowest dev loss.

        Raises UsageError where the files do not fit together.
        """
        config = self.read_config()
        checkpoint = checkpoint or self.read_chosen()
        vocabulary = Vocabulary(config["vocabulary"])
        with self._fitting():
            return trained_model(config, len(vocabulary), checkpoint.model), vocabulary

    def restore(self, model: Any) -> int:
        """Give a model of this run the weights with the lowest dev loss, and return the step that they are of.

        Raises UsageError where they do not fit it, or are not finite.
        """
        chosen = self.read_chosen()
        with self._fitting():
            set_weights(model, chosen.model)
        return chosen.step

    @contextlib.contextmanager
    def _fitting(self) -> Iterator[None]:
        try:
            yield
        except (RuntimeError, KeyError, ValueError) as error:
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


def _unfinished(name: str) -> str:
    """The name of a file while it is written."""
    return f".{name}.unfinished"


def _run_numbers(parent: Path) -> list[int]:
    if not parent.is_dir():
        return []
    return [int(entry.name) for entry in parent.iterdir() if entry.name.isascii() and entry.name.isdigit()]
