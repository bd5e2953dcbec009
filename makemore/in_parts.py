"""A long list of words read by several processes: each reads its part of the file, and what they find is put together.

What comes out is what one process finds, to the last bit. A short list is read by rank 0 alone, and so is every list
where there is one process only.
"""

import contextlib
import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from makemore import data, processes
from makemore.data import Survey, Vocabulary, WordList
from micrograd.distributed.group import current

LONG = 1 << 22
"""Bytes of a list that is worth the while."""

HASHING = 0.15
"""How long the digest of a file takes beside a look through its words (SHA-256 by the processor's own instructions)."""

Part = tuple[int, int]


def survey(words: WordList) -> Survey:
    """`data.survey` of a list. The digest is of the whole list in its order, so rank 0 alone works it out; for that its
    part is shorter."""
    if not _is_long(words):
        return data.survey(words.blocks())
    first = max(0.0, (1 + HASHING) / processes.size() - HASHING)
    found, plain, digests = zip(*_over_parts(words, _survey_part, first), strict=True)
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


def _survey_part(words: WordList, part: Part) -> tuple[Survey, bool, str]:
    """The survey of a part, whether the part is plain, and on rank 0 where it is the digest of the whole file, which is
    that of the words where all of them are."""
    found, digest = data.survey(words.blocks(*part), digested=False), ""
    if current().rank == 0 and words.is_plain:
        with words.path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    return found, words.is_plain, digest


def count_ngrams(words: WordList, vocabulary: Vocabulary, order: int) -> np.ndarray:
    """`data.count_ngrams` of a list."""
    if not _is_long(words):
        return data.count_ngrams(words.blocks(), vocabulary, order)
    data.check_table(len(vocabulary), order)
    _over_parts(words, _count_part, None, vocabulary, order)
    processes.together(_add_up)
    return _tables.pop()


_tables: list[np.ndarray] = []
"""The table of this process's part, until all are added up."""


def _count_part(words: WordList, part: Part, vocabulary: Vocabulary, order: int) -> None:
    _tables[:] = [data.count_ngrams(words.blocks(*part), vocabulary, order)]


def _add_up() -> None:
    """Add all ranks' tables to that of rank 0, some at a time to take little memory; that of the others goes."""
    group = current()
    rows = _tables[0].reshape(-1)
    for start in range(0, len(rows), 1 << 20):
        some = rows[start : start + (1 << 20)]
        group.comm.Reduce(group.MPI.IN_PLACE if group.rank == 0 else some, some if group.rank == 0 else None)
    if group.rank:
        _tables.clear()


def seen(words: WordList, candidates: Iterable[str], meanwhile: Callable[[], object] = lambda: None) -> set[str]:
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


def _is_long(words: WordList) -> bool:
    """Whether it is worth while to read the list in parts."""
    if processes.size() == 1 or words.unique:
        return False
    return words.path.is_file() and words.path.stat().st_size > LONG


def _over_parts(words: WordList, function: Callable[..., Any], first: float | None, *arguments: Any) -> list[Any]:
    """function(list, part, *arguments) of every rank, which reads its part of the list; first: see `WordList.cuts`."""
    return processes.together(_on_part, words.path, words.cuts(processes.size(), first), function, *arguments)


def _on_part(path: Path, parts: list[Part], function: Callable[..., Any], *arguments: Any) -> Any:
    return function(WordList(path), parts[current().rank], *arguments)
