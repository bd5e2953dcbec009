"""From a list of words to token ids: the words, the vocabulary, the splits, the examples, and the counts of n-grams.

Text is encoded a block at a time, each character by one look-up in a table. The token ids of a text are one array in
which 0, the boundary, stands before, between and after the words:

    emma, ava  ->  . e m m a . a v a .

so that every id but the first is an example: what comes next after the ids before it, which are seen back to the
beginning of its word.
"""

import hashlib
import io
import itertools
import os
import random
import re
import stat
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from makemore.display import progress_bar, quantity
from micrograd.command import UsageError

BLOCK_BYTES = 1 << 20
"""How much of a file is read at a time: what is made of it stays in the processor's cache."""

MAX_CELLS = 29_500_000
"""The largest table of counts, of a trigram of 308 characters or a bigram of 5,431: 236 MB, and two copies of it while
it is saved."""

_HAS_PADDING = re.compile(r"\n\s|\s\n")
_ASCII_SPACES = " \t\v\f\x1c\x1d\x1e\x1f"


def bundled_names() -> Path:
    """The list of names that comes with the package, wherever it is installed."""
    here = Path(__file__).parent
    installed, checkout = here / "names.txt", here.parent / "data" / "names.txt"
    return installed if installed.exists() else checkout


class WordList:
    """A text file with one word to a line, in UTF-8.

    Blank lines, white space around words, CRLF and a byte-order mark are ignored; white space inside a word is
    part of it. Nothing is read before it is asked for, and blocks() never holds more than some megabytes.
    Reading raises OSError where the file cannot be read, UsageError where it is a pipe or a device, is not UTF-8,
    holds no word, or is another than at the first reading.
    unique: a word that stands in it more than once is read once; then all the words are held while it is read.
    """

    def __init__(self, path: str | Path, unique: bool = False):
        self.path, self.unique = Path(path), unique
        self.name = str(path)  # in messages
        self.is_plain = True  # whether all that was read is the text of its blocks, byte for byte
        self._first_read: tuple[int, ...] | None = None

    def blocks(self, start: int = 0, end: int | None = None, same: bool = True) -> Iterator[str]:
        """The words in blocks of text, a line end after each word and no white space around it.

        start, end: only the words between these bytes of the file, see `cuts`; there need not be any. same: raise
        UsageError where the file has changed since it was read first.
        """
        found = start > 0 or end is not None
        known: set[str] = set()
        for raw, place in self._raw_blocks(same, start, end):
            try:
                text = read = raw.decode()
            except UnicodeDecodeError as error:
                before = self._raw_blocks(False, 0, place) if place else ()
                line = 1 + sum(_line_ends(block) for block, _ in before) + _line_ends(raw[: error.start])
                raise UsageError(
                    f"{self.path}: line {line} is not UTF-8 (byte 0x{raw[error.start]:02x}); save the file as UTF-8"
                ) from None
            if "\r" in text:
                text = text.replace("\r\n", "\n").replace("\r", "\n")
            if not text.endswith("\n"):
                text += "\n"
            if _has_padding(text):
                text = text_of([word for line in text.split("\n") if (word := line.strip())])
            if self.unique and text:
                words = [word for word in dict.fromkeys(text[:-1].split("\n")) if word not in known]
                known.update(words)
                text = text_of(words)
            self.is_plain = self.is_plain and text is read
            if text:
                found = True
                yield text
        if not found:
            raise UsageError(f"{self.path} holds no words; it should have one word to a line")

    def __iter__(self) -> Iterator[str]:
        return self.blocks()

    def cuts(self, parts: int, first: float | None = None) -> list[tuple[int, int]]:
        """Where that many parts of the file start and end, in bytes; each is cut at a line end.

        They are about as large; first: how much of the file the first has where it is another, from 0 to 1.
        """
        size = self._status().st_size
        first = 1 / parts if first is None else first
        after = [first + (1 - first) * i / max(parts - 1, 1) for i in range(parts - 1)]
        with self.path.open("rb") as file:
            self._check_same(os.fstat(file.fileno()))
            ends = [min(size, _after_line(file, int(size * part))) for part in after]
        return list(itertools.pairwise([0, *itertools.accumulate(ends, max), size]))

    def _check_same(self, status: os.stat_result) -> None:
        """Raise UsageError where the file is another than at the first reading."""
        seen = status.st_ino, status.st_size, status.st_mtime_ns
        self._first_read = self._first_read or seen
        if seen != self._first_read:
            raise UsageError(f"{self.path} was changed while it was read; start again when it is whole")

    def _status(self) -> os.stat_result:
        status = self.path.stat()
        if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):  # opening a directory says what it is
            raise UsageError(
                f"{self.path} is a pipe or a device, and the list is read more than once: save it to a file"
            )
        return status

    def _raw_blocks(self, same: bool, start: int, end: int | None) -> Iterator[tuple[bytes, int]]:
        """The file in blocks of whole lines, each with its place in the file."""
        size = self._status().st_size
        end = size if end is None else end
        place, rest = start, b""
        bar = progress_bar(
            total=end - start, unit="B", unit_scale=True, desc=f"reading {self.path.name}", delay=1, leave=False,
            disable=start > 0,
        )  # fmt: skip
        with self.path.open("rb") as file, bar:
            if same:
                self._check_same(os.fstat(file.fileno()))
            if start or file.read(3) != b"\xef\xbb\xbf":  # the byte-order mark
                file.seek(start)
            else:
                place, self.is_plain = 3, False
            # What is written to the file meanwhile is read as well, where it is read to its end.
            while more := file.read(BLOCK_BYTES if end == size else min(BLOCK_BYTES, end - file.tell())):
                bar.update(len(more))
                block = rest + more
                cut = max(block.rfind(b"\n"), block.rfind(b"\r", 0, -1)) + 1  # after a last CR there may come an LF
                if cut:
                    yield block[:cut], place
                place += cut
                rest = block[cut:]
            if same:
                self._check_same(os.fstat(file.fileno()))
        if rest:
            yield rest, place

    def words(self) -> list[str]:
        """All the words, in the file's order."""
        return [word for block in self.blocks() for word in block[:-1].split("\n")]

    def seen(self, candidates: Iterable[str], start: int = 0, end: int | None = None) -> set[str]:
        """Those of the candidates that are words of the list as it is now, or of a part of it."""
        wanted, found = {word + "\n" for word in candidates}, set()
        for block in self.blocks(start, end, same=False):
            found |= wanted.intersection(io.StringIO(block))  # line by line, in less memory than a list of all of them
        return {line[:-1] for line in found}


def _has_padding(text: str) -> bool:
    """Whether there are empty lines, or white space around words."""
    if text.isascii() and "\n\n" not in text and not any(space in text for space in _ASCII_SPACES):
        return text.startswith("\n")  # what most lists are is found out ten times as fast
    return text[0].isspace() or _HAS_PADDING.search(text) is not None


def _after_line(file: BinaryIO, place: int) -> int:
    """The place after the first line end from a place of the file on; the end of the file where there is none."""
    file.seek(place)
    while more := file.read(1 << 16):
        line_end = re.search(rb"\n|\r(?=[^\n])", more)
        if line_end:
            return place + line_end.end()
        place += len(more) - 1  # a CR at the end may have an LF after it
        file.seek(place)
        if len(more) == 1:
            return place + 1
    return place


def _line_ends(raw: bytes) -> int:
    return raw.count(b"\n") + raw.count(b"\r") - raw.count(b"\r\n")


class Vocabulary:
    """The characters of a list of words, and the boundary before and after a word, whose token id is 0.

    The boundary is a token, not a character: it is written '.', as in the lecture, unless the words have that
    character themselves; then '|', '¶' or, last, '<end>'.
    """

    def __init__(self, characters: Iterable[str]):
        self.characters = sorted(set(characters))
        self.boundary = next(mark for mark in (".", "|", "¶", "<end>") if mark not in self.characters)
        self.tokens = [self.boundary, *self.characters]
        points = [ord(character) for character in self.characters]
        # By code point, -1 for those that are no character of the words; the last stands for all that are larger.
        self._id_of = np.full(max([ord("\n"), *points]) + 2, -1, np.int32)
        self._id_of[points] = np.arange(1, len(points) + 1)
        self._id_of[ord("\n")] = 0

    def __len__(self) -> int:
        return len(self.tokens)

    def encode(self, word: str) -> list[int]:
        """The token ids of the characters of a word. Raises UsageError for a character that the vocabulary lacks."""
        ids = self._id_of.take(np.array([*map(ord, word)], np.int64), mode="clip")
        for character, id_ in zip(word, ids, strict=True):
            if id_ < 1:
                shown = "".join(self.characters[:60]) + ("…" if len(self.characters) > 60 else "")
                other = [c for c in (character.lower(), character.upper()) if c in self.characters]
                hint = f"; it knows {other[0]!r}" if other else ""
                raise UsageError(f"the character {character!r} of {word!r} is not one the model knows{hint}: {shown}")
        return ids.tolist()

    def encode_text(self, text: str) -> np.ndarray:
        """The token ids, (n,) int32, of a block of text, one boundary before and one after each word."""
        ids = np.zeros(len(text) + 1, np.int32)
        self._id_of.take(_code_points(text), out=ids[1:], mode="clip")
        return ids

    def decode(self, ids: Iterable[int]) -> str:
        """The word that the token ids spell."""
        return "".join([self.tokens[id_] for id_ in ids])


class Survey(NamedTuple):
    """What a look through a list of words finds: how many words, the lengths in characters, the vocabulary, and the
    SHA-256 of the words, which tells whether a list is the same as before."""

    words: int
    shortest: int
    longest: int
    vocabulary: Vocabulary
    digest: str


def survey(blocks: Iterable[str], digested: bool = True) -> Survey:
    """Look through blocks of text as WordList gives them, once, holding one block at a time.

    digested: whether the digest is wanted, which takes some time.
    """
    words, shortest, longest = 0, 0x7FFFFFFF, 0
    present = np.zeros(0x110000, bool)
    digest = hashlib.sha256()
    for block in blocks:
        points = _code_points(block)
        times = np.bincount(points)
        present[: len(times)] |= times > 0
        lengths = np.diff(np.flatnonzero(points == ord("\n")), prepend=-1) - 1
        words += len(lengths)
        shortest, longest = min(shortest, int(lengths.min())), max(longest, int(lengths.max()))
        if digested:
            digest.update(block.encode())
    present[ord("\n")] = False
    return Survey(words, shortest, longest, Vocabulary(map(chr, np.flatnonzero(present))), digest.hexdigest())


def _code_points(text: str) -> np.ndarray:
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)


class Split(NamedTuple):
    """The three parts of a list of words."""

    train: list[str]
    dev: list[str]
    test: list[str]


def split_words(words: Sequence[str]) -> Split:
    """80, 10 and 10 percent of the words, shuffled as in the lecture: by Python's random, seeded with 42."""
    shuffled = list(words)
    random.Random(42).shuffle(shuffled)
    first, second = int(0.8 * len(shuffled)), int(0.9 * len(shuffled))
    return Split(shuffled[:first], shuffled[first:second], shuffled[second:])


HEADERS = {"name", "names", "word", "words", "title", "label", "term", "text", "city", "country", "first name"}


def remarks(words: Sequence[str]) -> list[str]:
    """What a list of words should not have, a line for each thing found.

    They are repeated words, the columns and the header of a table, and accents written in two ways.
    """
    found, first = [], words[0].strip("\ufeff\"'")
    if again := len(words) - len(set(words)):
        found.append(f"{quantity(again, 'repeated word')}; --unique keeps one of each")
    for mark in ",;\t":
        if len(words) > 2 and 10 * sum(mark in word for word in words) > 9 * len(words):
            column = "cut -f 1" if mark == "\t" else f"cut -d '{mark}' -f 1"
            found.append(f"nearly every word has {mark!r} in it, as in a table; a list has one column: {column}")
            first = first.split(mark)[0].strip("\"'")
    if first.replace("_", " ").casefold() in HEADERS:
        found.append(f"the first word is {first!r}; if that is the header of a table, remove it")
    other = sum(not unicodedata.is_normalized("NFC", word) for word in words)
    if other and not all(unicodedata.is_normalized("NFD", word) for word in words):
        several = quantity(other, "word")
        found.append(
            f"accents are characters of their own in {several}, and parts of letters in others; "
            "unicodedata.normalize('NFC', text) makes them all alike"
        )
    return found


def text_of(words: Sequence[str]) -> str:
    """The words as a block of text."""
    return "".join([word + "\n" for word in words])


class Examples(NamedTuple):
    """contexts: (n, context_length) token ids, the latest last; targets: (n,) the id that comes next. int64."""

    contexts: np.ndarray
    targets: np.ndarray

    def at(self, chosen: np.ndarray) -> "Examples":
        """Those of these numbers; of whole words without the padding after the longest, of which nothing is learned."""
        contexts, targets = self.contexts[chosen], self.targets[chosen]
        if targets.ndim == 2:
            longest = (targets >= 0).sum(1).max()
            contexts, targets = contexts[:, :longest], np.ascontiguousarray(targets[:, :longest])
        return Examples(contexts, targets)


def examples(ids: np.ndarray, context_length: int | None) -> Examples:
    """Every example of the token ids of a text, (n + 1,); before the beginning of a word the context is boundaries.

    context_length: None for whole words, see `word_examples`.
    """
    if context_length is None:
        return word_examples(ids)
    targets = ids[1:].astype(np.int64)
    if not context_length:
        return Examples(np.zeros((len(targets), 0), np.int64), targets)
    padded = np.concatenate([np.zeros(context_length - 1, np.int64), ids[:-1]])
    windows = sliding_window_view(padded, context_length)
    same_word = np.logical_and.accumulate(windows[:, ::-1] != 0, axis=1)[:, ::-1]
    return Examples(windows * same_word, targets)


def word_examples(ids: np.ndarray) -> Examples:
    """The examples of the token ids of a text, a word to a row: contexts and targets (words, longest word + 1), int64.

    A row of contexts is the boundary and the characters of a word, then zeros; the target of each position is the id
    that comes next, and -1 after the word's end.
    """
    inputs, outputs = ids[:-1], ids[1:]
    starts = np.flatnonzero(inputs == 0)
    rows = np.cumsum(inputs == 0) - 1
    columns = np.arange(len(inputs)) - starts[rows]
    shape = len(starts), int(columns.max(initial=-1)) + 1
    contexts, targets = np.zeros(shape, np.int64), np.full(shape, -1, np.int64)
    contexts[rows, columns], targets[rows, columns] = inputs, outputs
    return Examples(contexts, targets)


def context_index(contexts: np.ndarray, vocabulary_size: int) -> np.ndarray:
    """The flat index of each context (n, length) in an array of (vocabulary_size,) * length: (n,) int64."""
    if not contexts.shape[1]:
        return np.zeros(len(contexts), np.int64)
    return np.ravel_multi_index(tuple(contexts.T), (vocabulary_size,) * contexts.shape[1])


def check_table(vocabulary_size: int, order: int) -> None:
    """Raises UsageError where a table of n-grams of that order would have more than MAX_CELLS cells."""
    cells = vocabulary_size**order
    if cells > MAX_CELLS:
        raise UsageError(
            f"a table of n-grams of {order} out of {vocabulary_size:,} characters has {cells:,} cells, "
            f"and {MAX_CELLS:,} are the most; take a lower order or a smaller alphabet"
        )


def count_ngrams(blocks: Iterable[str], vocabulary: Vocabulary, order: int) -> np.ndarray:
    """How often each n-gram stands in the text: (size,) * order, int64, the context first and what comes next last.

    A word begins after order - 1 boundaries. Raises UsageError where the table would be too large.
    """
    size = len(vocabulary)
    check_table(size, order)
    counts = np.zeros(size**order, np.int64)
    for block in blocks:
        ids = vocabulary.encode_text(block)  # int32, which holds the number of any cell
        index, before = ids[1:].copy(), ids[:-1]
        for i in range(1, order):
            if i > 1:  # what is before the beginning of a word is the boundary
                before = np.concatenate([ids[: i - 1], ids[:-i]])[: len(index)] * (before != 0)
            index += before * np.int32(size**i)
        if len(index) * 4 < len(counts):
            cells, times = np.unique(index, return_counts=True)
            counts[cells] += times
        else:
            counts += np.bincount(index, minlength=len(counts))
    return counts.reshape((size,) * order)
