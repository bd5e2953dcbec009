"""`python -m makemore.export -o DIR FILE.py`: a trained model as one file to read, that needs NumPy alone."""

import io
import shlex
from pathlib import Path
from typing import Any

import numpy as np

from makemore.config import add_folder_flag
from makemore.exporting import recorded, training
from makemore.exporting.text import text_of
from makemore.run_folder import RunFolder
from makemore.training import Training
from micrograd.command import Parser, UsageError, not_empty, run_command


def export(folder: RunFolder, path: Path, trains: bool = False) -> None:
    """Write a trained model to `path`, a .py, and its weights beside it, a .npz.

    trains: the file can go on with the training. Raises UsageError for another suffix, for files that exist, and with
    trains for a model that was counted; OSError if they cannot be written.

    >>> export(RunFolder.trained("out"), Path("model.py"))  # doctest: +SKIP
    """
    weights = path.with_suffix(".npz")
    if path.suffix != ".py":
        raise UsageError(f"{path} has to end in .py; name another file")
    for each in (path, weights):
        if each.exists():
            raise UsageError(f"{each} is there already; name another file, or remove it")
    config = folder.read_config()
    if trains and config["fit"] == "counts":
        raise UsageError(
            f"{folder.path} holds a model that was counted, with nothing to train; export it without --train"
        )
    model, vocabulary = folder.load()
    step, state = folder.read_chosen().step, None
    arrays = recorded.arrays_of(model)
    if trains:
        no_corpus: Any = None  # the file reads the list itself
        going_on = Training.resumed(config, no_corpus, folder)
        model, step, state = going_on.model, going_on.step, training.State(going_on)
        arrays = state.arrays
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **arrays, count=np.array(len(arrays) + 1))
    text = text_of(model, vocabulary, config, path, state)
    weights.write_bytes(content.getvalue())
    try:
        path.write_bytes(text.encode(errors="backslashreplace"))  # the path of a list may hold lone surrogates
    except OSError:
        weights.unlink()
        raise
    print(f"wrote {path}, and {weights} with the weights of step {step:,}; new words: python {shlex.quote(str(path))}")


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    parser = Parser(prog="python -m makemore.export", description="A trained model as one file that needs NumPy alone.")
    add_folder_flag(parser)
    parser.add_argument("--train", action="store_true", help="the file can go on with the training, too")
    parser.add_argument("file", type=not_empty, metavar="FILE.py", help="where to write it; its weights go beside it")
    flags = parser.parse_args(arguments)
    export(RunFolder.trained(flags.work_dir), Path(flags.file), flags.train)
    return 0


if __name__ == "__main__":
    run_command(main)
