"""`python -m makemore.draw -o DIR --word emma`: the compute graph behind what a trained model predicts."""

from pathlib import Path
from typing import Any

from makemore.config import Bounds, add_folder_flag
from makemore.data import Vocabulary
from makemore.language_model import examples_of_word, loss_of
from makemore.run_folder import RunFolder
from micrograd import from_numpy
from micrograd.command import Parser, UsageError, not_empty, run_command
from micrograd.draw import Picture, draw
from micrograd.draw.flags import FILES, add_look_flags, check_suffix, look, write

GRAPH = "graph.svg"


def picture_of(model: Any, vocabulary: Vocabulary, word: str, at: int | None = None, **look: Any) -> Picture:
    """The graph of the loss of a word, in nats a character, or of its prediction number `at` (from 1); `look` for draw.

    Raises UsageError for a character that the model does not know, a number that the word has no prediction for, and a
    model that has no gradients.
    """
    contexts, targets = examples_of_word(model, vocabulary, word)
    n = targets.size
    if at is not None and at > n:
        raise UsageError(f"--at {at}: {word!r} has {n} predictions, one for each character and one for its end")
    if at and model.whole_words:
        contexts, targets = contexts[:, :at].copy(), targets[:, :at].copy()
        targets[:, : at - 1] = -1  # left out of the loss
    elif at:
        contexts, targets = contexts[at - 1 : at], targets[at - 1 : at]
    contexts_in, targets_in = from_numpy(contexts), from_numpy(targets)
    loss = loss_of(model, contexts_in, targets_in)
    if not loss.requires_grad:
        raise UsageError(
            "this model was counted, not trained, so it has no gradients to draw; train one with --fit gradient"
        )
    return draw(loss, **look, loss=loss, contexts=contexts_in, targets=targets_in)


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    parser = Parser(
        prog="python -m makemore.draw",
        description="Draw the compute graph behind a prediction of a trained model, with every gradient.",
    )
    add_folder_flag(parser)
    parser.add_argument("--word", required=True, help="the word whose loss is drawn")
    parser.add_argument("--at", type=Bounds(int, 1), metavar="N", help="only the prediction of its Nth character")
    parser.add_argument("-s", "--save", type=not_empty, metavar="FILE",
                        help=f"{FILES} (default: {GRAPH} in the folder)")  # fmt: skip
    add_look_flags(parser)
    flags = parser.parse_args(arguments)
    folder = RunFolder.trained(flags.work_dir)
    path = Path(flags.save) if flags.save else folder.path / GRAPH
    check_suffix(path, "--save")
    model, vocabulary = folder.load()
    write(picture_of(model, vocabulary, flags.word, flags.at, **look(flags)), path)
    print(f"saved {path}")
    return 0


if __name__ == "__main__":
    run_command(main)
