"""A list of words, split, in the forms that models and evaluations want; each is made once, when it is asked for.

A long list is read by all processes of an mpiexec: each reads its part of the file, and what they find is put together.
What comes out is what one process finds, to the last bit.
"""

import contextlib
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from makemore import data, processes
from makemore.data import Examples, Split, Survey, Vocabulary, WordList
from makemore.language_model import ContextCounts, evaluate, window_of
from micrograd.command import UsageError
from micrograd.distributed.group import current

SPLITS = Split._fields
TABLE_CONTEXT = 2
"""The longest context that is counted in a table; the examples of a longer one are sorted."""


class Corpus:
    """The words of a list, its survey, and its parts.

    parts: for each part that has words its text in blocks, see `WordList.blocks`. remarks: what `data.remarks` finds;
    nothing in a list that is a stream.
    """

    def __init__(
        self, words: WordList, survey: Survey, parts: Mapping[str, Iterable[str]], remarks: Sequence[str] = ()
    ):
        self.list, self.survey, self.parts, self.remarks = words, survey, parts, remarks
        self.vocabulary = survey.vocabulary
        self._tables: dict[tuple[str, int], np.ndarray] = {}
        self.counts = cache(self._counts)
        self.token_ids = cache(self._token_ids)
        self.examples = cache(self._examples)
        self.context_counts = cache(self._context_counts)

    @classmethod
    def read(cls, path: Path | WordList, split: str, unique: bool = False) -> "Corpus":
        """Read a list of words and split it. With split "none" it is a stream until examples are asked for.

        Raises OSError and UsageError where the list cannot be read, and UsageError where it is too short to split.
        """
        words = path if isinstance(path, WordList) else WordList(path, unique)
        survey = survey_of(words)
        if split == "none":
            return cls(words, survey, {"train": words})
        if survey.words < 2:
            raise UsageError(
                f"{words.name} holds a single word, too few to split; give more, or train on it all the same with "
                "makemore.train --split none"
            )
        every = words.words()
        parts = data.split_words(every)._asdict()
        texts = {name: [data.text_of(part)] for name, part in parts.items() if part}
        return cls(words, survey, texts, data.remarks(every))

    def _counts(self, part: str, order: int) -> np.ndarray:
        """How often each n-gram of that order stands in the part: (size,) * order, int64."""
        more = next((table for (p, n), table in self._tables.items() if p == part and n > order), None)
        if more is not None:  # what comes next is the same, whatever was before
            table = more.sum(tuple(range(more.ndim - order)))
        elif self.parts[part] is self.list:
            table = ngrams_of(self.list, self.vocabulary, order)
        else:
            table = data.count_ngrams(self.parts[part], self.vocabulary, order)
        self._tables[part, order] = table
        return table

    def _token_ids(self, part: str) -> np.ndarray:
        """The token ids of the part, (examples + 1,) int32."""
        return self.vocabulary.encode_text("".join(self.parts[part]))

    def _examples(self, part: str, context_length: int | None) -> Examples:
        """The examples of the part: windows of that many token ids, or whole words for None."""
        return data.examples(self.token_ids(part), context_length)

    def _context_counts(self, part: str, context_length: int | None) -> ContextCounts:
        """The examples of the part, each different one once."""
        if context_length is not None and context_length <= TABLE_CONTEXT:
            return ContextCounts.of_table(self.counts(part, context_length + 1))
        found = self.examples(part, context_length)
        if context_length is None:
            return ContextCounts.of_words(found)
        return ContextCounts.of_examples(found, len(self.vocabulary))

    def context_counts_for(self, model: Any, part: str, characters: int | None = None) -> ContextCounts | None:
        """The examples of a part as the model reads them, all or a sample; None for a part without words.

        characters: at how many the model has to look at most, see `ContextCounts.sample`.
        """
        if part not in self.parts:
            return None
        found = self.context_counts(part, window_of(model))
        return found if characters is None else found.sample(characters)

    def loss(self, model: Any, part: str, characters: int | None = None) -> float | None:
        """The model's loss on a part, or a sample of it, in nats a character; None for a part without words."""
        found = self.context_counts_for(model, part, characters)
        return None if found is None else evaluate(model, found)


# A long list, read by several processes.

LONG = 1 << 22
"""Bytes of a list that is worth the while."""

HASHING = 0.15
"""How long the digest of a file takes beside a look through its words (SHA-256 by the processor's own instructions)."""

Part = tuple[int, int]


def _is_long(words: WordList) -> bool:
    """Whether it is worth while to read the list in parts."""
    if processes.size() == 1 or words.unique:
        return False
    return words.path.is_file() and words.path.stat().st_size > LONG


def survey_of(words: WordList) -> Survey:
    """`data.survey` of a list. The digest is of the whole list in its order, so rank 0 alone works it out; for that its
    part is shorter."""
    if not _is_long(words):
        return data.survey(words.blocks())
    parts = words.cuts(processes.size(), max(0.0, (1 + HASHING) / processes.size() - HASHING))
    found, plain, digests = zip(*processes.together(_survey_part, words.path, parts), strict=True)
    digest = digests[0]
    if not all(plain):
        of_words = hashlib.sha256()
        for block in words.blocks():
            of_words.update(block.encode())
        digest = of_words.hexdigest()
    return Survey(
        sum(each.words for each in found),
        min(each.shortest for each in found),
        max(each.longest for each in found),
        Vocabulary(character for each in found for character in each.vocabulary.characters),
        digest,
    )


def _survey_part(path: Path, parts: list[Part]) -> tuple[Survey, bool, str]:
    """The survey of this rank's part, whether the part is plain, and on rank 0 where it is the digest of the whole
    file, which is that of the words where all parts are."""
    words, rank, digest = WordList(path), current().rank, ""
    found = data.survey(words.blocks(*parts[rank]), digested=False)
    if rank == 0 and words.is_plain:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    return found, words.is_plain, digest


def ngrams_of(words: WordList, vocabulary: Vocabulary, order: int) -> np.ndarray:
    """`data.count_ngrams` of a list."""
    if not _is_long(words):
        return data.count_ngrams(words.blocks(), vocabulary, order)
    data.check_table(len(vocabulary), order)
    processes.together(_count_part, words.path, words.cuts(processes.size()), vocabulary, order)
    processes.together(_add_up)
    return _tables.pop()


_tables: list[np.ndarray] = []
"""The table of this process's part, until all are added up."""


def _count_part(path: Path, parts: list[Part], vocabulary: Vocabulary, order: int) -> None:
    _tables[:] = [data.count_ngrams(WordList(path).blocks(*parts[current().rank]), vocabulary, order)]


def _add_up() -> None:
    """Add all ranks' tables to that of rank 0, some at a time to take little memory; that of the others goes."""
    group = current()
    rows = _tables[0].reshape(-1)
    for start in range(0, len(rows), 1 << 20):
        some = rows[start : start + (1 << 20)]
        group.comm.Reduce(group.MPI.IN_PLACE if group.rank == 0 else some, some if group.rank == 0 else None)
    if group.rank:
        _tables.clear()


def seen_in(words: WordList, candidates: Iterable[str], meanwhile: Callable[[], object] = lambda: None) -> set[str]:
    """`WordList.seen` of a list. meanwhile: what else there is to do, which rank 0 does while the others look."""
    if not _is_long(words):
        meanwhile()
        return words.seen(candidates)
    parts = words.cuts(8 * processes.size())  # a rank that is free takes the next
    with contextlib.closing(processes.each(_seen_in_part, parts, words.path, set(candidates))) as results:
        _, found = next(results)
        meanwhile()
        return found.union(*[others for _, others in results])


def _seen_in_part(part: Part, path: Path, candidates: set[str]) -> set[str]:
    return WordList(path).seen(candidates, *part)
