"""`python -m makemore.sample -o DIR`: new words from a trained model."""

import argparse
import itertools
import sys
from pathlib import Path
from typing import Any, NamedTuple

from tqdm import tqdm

from makemore.command_line import RUNS, add_sampling_flags, number, seed
from makemore.data import Vocabulary, WordList
from makemore.display import padded, shown, width
from makemore.language_model import Sampler
from makemore.models import NGRAMS, load
from makemore.run_folder import RunFolder
from micrograd import Generator
from micrograd.command import Complaint, Parser, run_command

TRIES_PER_WORD = 500
"""How many words are drawn, at the most, for each new one that is wanted."""

WORDS_AT_ONCE = 250
"""How many words of a net grow side by side."""


class Drawn(NamedTuple):
    """A word, and whether it is in the list that the model learned from (None where the list is not at hand)."""

    word: str
    seen: bool | None


def longest_word(config: dict[str, Any]) -> int:
    """Where a word that finds no end is cut: 100 characters behind the prompt, or twice the longest of the list."""
    return max(100, 2 * config["longest"])


def draw(sampler: Sampler, n: int, words: WordList | None, only_new: bool = False) -> list[Drawn]:
    """n words of one character or more from the sampler, each marked as seen or new; with only_new, those that are new.

    words: the list the model learned from; None leaves the marks out. With only_new there are fewer than n words where
    TRIES_PER_WORD * n drawn ones did not hold n that are new.
    """
    drawn: list[Drawn] = []
    tries, new_words = 0, sampler.words()
    with tqdm(total=n, unit="word", desc="drawing", delay=1, leave=False) as bar:
        while len(drawn) < n and tries < TRIES_PER_WORD * n:
            # Each time as many as all times before together, so that a long list is not read again and again.
            wanted = min(max(n - len(drawn), tries), TRIES_PER_WORD * n - tries)
            batch = []
            for word in itertools.islice(new_words, wanted):
                batch.append(word)
                bar.update(not only_new)
            tries += len(batch)
            seen = words.seen(batch) if words is not None else set()
            for word in filter(None, batch):
                if not (only_new and word in seen) and len(drawn) < n:
                    drawn.append(Drawn(word, None if words is None else word in seen))
            bar.update(len(drawn) - bar.n)
    return drawn


def sampler_of(model: Any, vocabulary: Vocabulary, config: dict[str, Any], flags: argparse.Namespace) -> Sampler:
    """The Sampler that the flags ask for, on a stream of its own from flags.seed.

    N-grams draw a word after the other, as in the lecture, and the others many at once, as makemore.py does.
    """
    return Sampler(
        model,
        vocabulary,
        Generator().manual_seed(flags.seed),
        at_once=1 if config["type"] in NGRAMS else WORDS_AT_ONCE,
        temperature=flags.temperature,
        top_k=None if flags.top_k == -1 else flags.top_k,
        prompt=flags.prompt,
        longest=longest_word(config),
    )


def word_list_of(config: dict[str, Any], needed: bool) -> WordList | None:
    """The list the model learned from; None where it is gone. Raises Complaint if it is needed."""
    path = Path(config["input_file"])
    if path.is_file():
        return WordList(path)
    if needed:
        raise Complaint(f"--only-new needs the list the model learned from, and {path} is gone")
    return None


def print_words(columns: dict[str, list[Drawn]], wanted: int, marks: bool = True, indent: str = "") -> None:
    """Print drawn words a line each, with their marks; several columns side by side under their names."""
    texts = []
    for name, column in columns.items():
        words = [shown(drawn.word) for drawn in column]
        room = max(map(width, words), default=0)
        if marks:
            words = [_marked(word, drawn.seen, room) for word, drawn in zip(words, column, strict=True)]
        lines = [name] * (len(columns) > 1) + words
        room = max(map(width, lines), default=0)
        texts.append([padded(line, room) for line in lines])
    for line in itertools.zip_longest(*texts, fillvalue=""):
        print(indent + "    ".join(line).rstrip())
    found = min(len(column) for column in columns.values())
    if found < wanted:
        print(f"only {found} of {wanted} words came in {TRIES_PER_WORD * wanted:,} tries", file=sys.stderr)


def _marked(word: str, seen: bool | None, room: int) -> str:
    return word if seen is None else f"{padded(word, room)}  {'seen' if seen else 'new'}"


def sample(folder: RunFolder, flags: argparse.Namespace) -> None:
    """Draw words from the run in the folder, as the flags have it, and print them."""
    config = folder.read_config()
    flags.seed = config["seed"] if flags.seed is None else flags.seed
    model, vocabulary = load(folder)
    words = word_list_of(config, needed=flags.only_new)
    drawn = draw(sampler_of(model, vocabulary, config, flags), flags.num_samples, words, flags.only_new)
    if words is None:
        print(f"{config['input_file']} is gone, so words are not marked as new or seen", file=sys.stderr)
    print_words({"model": drawn}, flags.num_samples, marks=not flags.only_new)


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    parser = Parser(prog="python -m makemore.sample", description="New words from a trained model, one to a line.")
    parser.add_argument("-o", "--work-dir", metavar="DIR", help="the run's folder (default: the latest under out/)")
    parser.add_argument("-n", "--num-samples", type=number(int, 0), default=20, metavar="N", help="how many (20)")
    parser.add_argument("--seed", type=seed, default=None, help="of the drawing (default: the run's)")
    add_sampling_flags(parser)
    flags = parser.parse_args(arguments)
    sample(RunFolder(flags.work_dir) if flags.work_dir else RunFolder.latest(RUNS), flags)
    return 0


if __name__ == "__main__":
    run_command(main)
