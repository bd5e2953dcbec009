"""The work folder of a run: what was asked for, the checkpoint, the losses, the words and the pictures.

Every file is written whole or not at all: under another name first, and then renamed.
"""

import contextlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import safetensors
import safetensors.numpy

from micrograd.command import Complaint

CONFIG, CHECKPOINT, BEST = "config.json", "model.safetensors", "best.safetensors"
METRICS, SAMPLES = "metrics.jsonl", "samples.txt"
PICTURES = ("loss.png", "bigram.png", "embedding.png", "find_lr.png", "activations.png", "gradients.png", "updates.png")
FILES = (CONFIG, CHECKPOINT, BEST, METRICS, SAMPLES, *PICTURES, "graph.svg", "graph.html")

CONFIG_TYPES: dict[str, Any] = {
    **dict.fromkeys(("type", "fit", "split", "input_file", "digest", "optimizer", "schedule"), str),
    **dict.fromkeys(("max_steps", "schedule_steps", "batch_size", "seed", "eval_every", "longest"), int),
    **dict.fromkeys(("block_size", "warmup", "early_stop"), int),
    **dict.fromkeys(("learning_rate", "weight_decay", "smoothing", "clip"), int | float),
    "vocabulary": list,
}


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

    # Choosing a folder.

    @classmethod
    def next_free(cls, parent: Path) -> "RunFolder":
        """The first of the folders 1, 2, 3, ... after the last in parent; made here, so that nobody else takes it."""
        parent.mkdir(parents=True, exist_ok=True)
        number = max(_numbers(parent), default=0)
        while True:
            number += 1
            with contextlib.suppress(FileExistsError):
                (parent / str(number)).mkdir()
                return cls(parent / str(number))

    @classmethod
    def latest(cls, parent: Path) -> "RunFolder":
        """The folder with the highest number in parent. Raises Complaint where there is none."""
        numbers = _numbers(parent)
        if not numbers:
            raise Complaint(f"there is no run under {parent}/ yet; name its folder with -o, or train one first")
        return cls(parent / str(max(numbers)))

    def claim(self, overwrite: bool) -> None:
        """Make the folder ready for a new run. Raises Complaint for other files, and for a run unless overwrite."""
        if self.path.exists() and not self.path.is_dir():
            raise Complaint(f"{self.path} is a file; name a folder with -o")
        held = sorted(entry.name for entry in self.path.iterdir()) if self.path.exists() else []
        strange = [name for name in held if name not in FILES]
        if strange or (set(held) - set(PICTURES) and CONFIG not in held):
            raise Complaint(
                f"{self.path} holds something that is no run ({(strange or held)[0]}); name another with -o"
            )
        if CONFIG in held and not overwrite:
            raise Complaint(
                f"{self.path} already holds a run: --resume goes on with it, --overwrite replaces it, "
                "and -o takes another folder"
            )
        self.path.mkdir(parents=True, exist_ok=True)
        for name in held:
            (self.path / name).unlink()

    # Its files.

    def write(self, name: str, content: str | bytes) -> None:
        """Put content into the file `name`, whole or not at all."""
        unfinished = self.path / f".{name}.{os.getpid()}"
        try:
            # The name of a file may hold bytes that are no text: JSON's own escapes stand for them.
            unfinished.write_bytes(content.encode(errors="backslashreplace") if isinstance(content, str) else content)
            unfinished.replace(self.path / name)
        finally:
            unfinished.unlink(missing_ok=True)

    def write_config(self, config: dict[str, Any]) -> None:
        """Record what was asked for."""
        self.write(CONFIG, json.dumps(config, indent=2, ensure_ascii=False) + "\n")

    def read_config(self) -> dict[str, Any]:
        """What was asked for. Raises Complaint where the folder holds no run or the file is damaged."""
        if not (self.path / CONFIG).is_file():
            what = "holds no run (it has no config.json)" if self.path.is_dir() else "is no folder"
            raise Complaint(f"{self.path} {what}; name a folder that makemore.train made with -o")
        try:
            config = json.loads((self.path / CONFIG).read_text(encoding="utf-8"))
            if not isinstance(config, dict):
                raise TypeError
        except (ValueError, TypeError):
            raise Complaint(f"{self.path / CONFIG} is damaged; train anew with --overwrite") from None
        wrong = [name for name, kind in CONFIG_TYPES.items() if not isinstance(config.get(name), kind)]
        if wrong or not all(isinstance(character, str) and len(character) == 1 for character in config["vocabulary"]):
            what = ", ".join(wrong or ["vocabulary"])
            raise Complaint(f"{self.path / CONFIG} lacks {what}, or has something else there; train anew")
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
        """The last checkpoint or the best model, whichever has the lower dev loss. Raises Complaint where damaged."""
        last = self.read_checkpoint()
        if not (self.path / BEST).is_file():
            return last
        best = self.read_checkpoint(BEST)
        dev_losses = {line["step"]: line["dev_loss"] for line in self.read_metrics() if "test_loss" not in line}
        best_loss, last_loss = dev_losses.get(best.step), dev_losses.get(last.step)
        return last if best_loss is None or (last_loss is not None and last_loss < best_loss) else best

    def read_checkpoint(self, name: str = CHECKPOINT) -> Checkpoint:
        """The checkpoint. Raises Complaint where there is none or it is damaged."""
        path = self.path / name
        if not path.is_file():
            raise Complaint(f"{path} is not there: the run was stopped before its first checkpoint; train anew")
        try:
            with safetensors.safe_open(path, framework="numpy") as file:
                step = int(file.metadata()["step"])
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no dict
        except (safetensors.SafetensorError, KeyError, TypeError, ValueError) as error:
            raise Complaint(f"{path} is damaged ({error!s:.60}); train anew with --overwrite") from None
        optimizer = {
            name.removeprefix("optimizer."): tensors.pop(name)
            for name in list(tensors)
            if name.startswith("optimizer.")
        }
        return Checkpoint(step, tensors, optimizer, tensors.pop("random.state", None))

    def write_metrics(self, lines: Iterable[dict[str, Any]]) -> None:
        """Replace the record of losses: a line of JSON per evaluation."""
        self.write(METRICS, "".join(json.dumps(line) + "\n" for line in lines))

    def append_metrics(self, line: dict[str, Any]) -> None:
        """Add a line to the record of losses; the rest of it is not written again, however long it has become."""
        with (self.path / METRICS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def read_metrics(self) -> list[dict[str, Any]]:
        """The record of losses. Raises Complaint where it is damaged."""
        path = self.path / METRICS
        try:
            text = path.read_text(encoding="utf-8") if path.exists() else ""
            whole = text[: text.rfind("\n") + 1]  # a last line without its end is one that a crash cut off
            lines = [json.loads(line) for line in whole.splitlines()]
            if not all(isinstance(line["step"], int) for line in lines):
                raise TypeError
        except (ValueError, TypeError, KeyError):
            raise Complaint(f"{path} is damaged; mend or remove it") from None
        return lines


def _numbers(parent: Path) -> list[int]:
    if not parent.is_dir():
        return []
    return [int(entry.name) for entry in parent.iterdir() if entry.name.isascii() and entry.name.isdigit()]
