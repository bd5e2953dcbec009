"""`python -m makemore.export -o DIR FILE.py`: a trained model as one file to read, that needs NumPy alone."""

if __name__ == "__main__":
    import makemore.interrupt  # noqa: F401 - before the rest loads

import argparse
from pathlib import Path

from makemore import exported, run
from makemore.config import add_folder_flag
from makemore.run_folder import RunFolder, file_of_checkpoint
from micrograd.command import Parser, UsageError, not_empty, run_command


def export(folder: RunFolder, path: Path) -> None:
    """Write the file, and the weights beside it. Raises UsageError and OSError where that cannot be."""
    weights = path.with_suffix(".safetensors")
    if path.suffix != ".py":
        raise UsageError(f"{path} has to end in .py")
    for each in (path, weights):
        if each.exists():
            raise UsageError(f"{each} is there already; name another file, or remove it")
    config = folder.read_config()
    model, vocabulary = folder.load()
    settings = {
        "title": f"New words like those of {Path(config['input_file']).name}, from a model of the type {config['type']}.",
        "file": path.name,
        "weights": weights.name,
        "seed": config["seed"],
        "at_once": run.words_at_once(config),
        "longest": run.longest_word(config),
    }
    text = exported.text_of(model, vocabulary, settings)
    content = file_of_checkpoint(exported.arrays_of(model), 0)
    path.write_text(text, encoding="utf-8")
    weights.write_bytes(content)
    print(f"{path} draws words with the weights in {weights}: python {path} -n 20")


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    parser = Parser(prog="python -m makemore.export", description="A trained model as one file that needs NumPy alone.")
    add_folder_flag(parser)
    parser.add_argument("file", type=not_empty, metavar="FILE.py", help="where to write it; its weights go beside it")
    flags: argparse.Namespace = parser.parse_args(arguments)
    export(RunFolder.trained(flags.work_dir), Path(flags.file))
    return 0


if __name__ == "__main__":
    run_command(main)
