"""New words: how they are drawn, which are kept, and how they are printed."""

import argparse
import contextlib
import itertools
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from makemore import data
from makemore.corpus import seen_in
from makemore.data import Vocabulary, WordList
from makemore.display import progress_bar, shown, table
from makemore.language_model import Sampler, score
from makemore.models import NGRAMS
from makemore.run_folder import RunFolder
from micrograd import Generator
from micrograd.command import UsageError

TRIES_PER_WORD = 500
"""At most so many words are drawn for each that is wanted."""

MOST_CHECKED = 1 << 24
"""Lists of up to so many bytes are read before words are drawn, to check that the model learned from them."""

WORDS_AT_ONCE = 250
"""How many words a net draws together."""


class Drawing(NamedTuple):
    """How new words are drawn and which are kept, by the flags of the same names."""

    seed: int | None = None
    temperature: float = 1.0
    top_k: int = -1
    prompt: str = ""
    only_new: bool = False
    all_different: bool = False
    min_length: int = 1
    ending: str = ""
    likeliest_first: bool = False

    @classmethod
    def of(cls, flags: argparse.Namespace) -> "Drawing":
        """From the flags of a command."""
        return cls(*[getattr(flags, name) for name in cls._fields])


_ANY = Drawing()


class Drawn(NamedTuple):
    """A word, and whether it is in the list that the model learned from (None where the list is not at hand)."""

    word: str
    seen: bool | None


def draw_words(
    sampler: Sampler,
    n: int,
    words: WordList | None,
    how: Drawing = _ANY,
    meanwhile: Callable[[], object] = lambda: None,
) -> list[Drawn]:
    """n words of one character or more from the sampler that fit `how`, each marked as seen or new.

    words: the list the model learned from; None leaves the marks out. meanwhile: called, once or more often, while
    other processes look into the list. There are fewer than n words if fewer among TRIES_PER_WORD * n drawn ones fit.
    Raises UsageError for an ending with characters that the model does not know.
    """
    sampler.vocabulary.encode(how.ending)  # raises
    drawn: list[Drawn] = []
    taken: set[str] = set()
    tries, new_words = 0, sampler.words()
    with progress_bar(total=n, unit="word", desc="drawing", delay=1, leave=False) as bar:
        while len(drawn) < n and tries < TRIES_PER_WORD * n:
            # Twice as many each time, so that a long list is read a few times only.
            wanted = min(max(n - len(drawn), tries), TRIES_PER_WORD * n - tries)
            batch = list(itertools.islice(new_words, wanted))
            tries += len(batch)
            fitting = [word for word in batch if len(word) >= max(1, how.min_length) and word.endswith(how.ending)]
            seen = seen_in(words, fitting, meanwhile) if words is not None else set()
            for word in fitting:
                unwanted = (how.only_new and word in seen) or (how.all_different and word in taken)
                if not unwanted and len(drawn) < n:
                    drawn.append(Drawn(word, None if words is None else word in seen))
                    taken.add(word)
            bar.update(len(drawn) - bar.n)
    return sorted(drawn, key=lambda each: -_likelihood(sampler, each.word)) if how.likeliest_first else drawn


def _likelihood(sampler: Sampler, word: str) -> float:
    """The log probability of a drawn word at temperature 1; -inf for one that was cut off."""
    try:
        return score(sampler.model, sampler.vocabulary, word).log_likelihood
    except UsageError:
        return -math.inf


def words_at_once(config: dict[str, Any]) -> int:
    """How many words are drawn together: one for n-grams, as in the lecture, else as in makemore.py."""
    return 1 if config["type"] in NGRAMS else WORDS_AT_ONCE


def longest_word(config: dict[str, Any]) -> int:
    """After how many characters a word without an end is cut off: 100, or twice the longest word of the list."""
    return max(100, 2 * config["longest"])


def sampler_of(model: Any, vocabulary: Vocabulary, config: dict[str, Any], how: Drawing) -> Sampler:
    """The Sampler for `how`, seeded with how.seed or, if that is None, with the seed of the run."""
    return Sampler(
        model,
        vocabulary,
        Generator().manual_seed(config["seed"] if how.seed is None else how.seed),
        at_once=words_at_once(config),
        temperature=how.temperature,
        top_k=None if how.top_k == -1 else how.top_k,
        prompt=how.prompt,
        longest=longest_word(config),
    )


def print_words(columns: dict[str, list[Drawn]], wanted: int, marks: bool = True, indent: str = "") -> None:
    """Print drawn words, one a line, with their marks; several columns side by side under their names."""
    texts = []
    for name, column in columns.items():
        rows = [(shown(word), "seen" if seen else "new") if marks and seen is not None else (shown(word),)
                for word, seen in column]  # fmt: skip
        texts.append([name] * (len(columns) > 1) + table(rows, "<<"))
    for line in table(list(itertools.zip_longest(*texts, fillvalue="")), "<<", gap="    "):
        print(indent + line)
    found = min(len(column) for column in columns.values())
    if found < wanted:
        print(f"only {found} of {wanted} words came in {TRIES_PER_WORD * wanted:,} tries", file=sys.stderr)


def list_of(config: dict[str, Any]) -> WordList | None:
    """The list that a run learned from; None if it is gone. If it has changed, a line on stderr says so."""
    path = Path(config["input_file"])
    if not path.is_file():
        return None
    words = WordList(path, config.get("unique", False))
    with contextlib.suppress(UsageError, OSError):
        if words.path.stat().st_size <= MOST_CHECKED and data.survey(words.blocks()).digest != config["digest"]:
            print(f"{path} has changed since the model learned from it: new and seen are by the list of today",
                  file=sys.stderr)  # fmt: skip
    return words


def sample(folder: RunFolder, flags: argparse.Namespace) -> None:
    """Draw words from the run in the folder by the flags, and print them.

    Raises UsageError if --only-new needs a list that is gone.
    """
    config = folder.read_config()
    model, vocabulary = folder.load()
    words = list_of(config)
    if words is None and flags.only_new:
        raise UsageError(f"--only-new needs the list the model learned from, and {config['input_file']} is gone")
    how = Drawing.of(flags)
    drawn = draw_words(sampler_of(model, vocabulary, config, how), flags.num_samples, words, how)
    if words is None:
        print(f"{config['input_file']} is gone, so words are not marked as new or seen", file=sys.stderr)
    print_words({"model": drawn}, flags.num_samples, marks=not flags.only_new)
