"""A long list of words read by several processes: each reads its part of the file, and what they find is put together.

What comes out is what one process finds, to the last bit. A short list is read by rank 0 alone, and so is every list
where there is one process only.
"""

import functools
import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from makemore import data, processes
from makemore.data import Survey, Vocabulary, WordList
from micrograd.command import UsageError
from micrograd.distributed.group import current

HASHING = 0.3
"""What it takes to read a part of a list for its digest alone, of what it takes to look through it as well."""

Parts = list[tuple[int, int]]


def survey(words: WordList) -> Survey:
    """`data.survey` of a list. The digest is of the whole list in its order, so rank 0 works it out, and its part is
    the smaller."""
    others = processes.size() - 1
    if not _is_long(words):
        return data.survey(words.blocks())
    mine = max(0.0, (1 - HASHING * others) / ((1 - HASHING) * others + 1))
    parts = words.cuts([mine, *[(1 - mine) / others] * others])
    found = _over_parts(words, _survey_part, parts)
    if not any(each.words for each in found):
        return data.survey(words.blocks())  # raises that there are none
    characters = {character for each in found for character in each.vocabulary.characters}
    return Survey(
        sum(each.words for each in found),
        min(each.shortest for each in found),
        max(each.longest for each in found),
        Vocabulary(characters),
        found[0].digest,
    )


def _survey_part(path: Path, parts: Parts) -> Survey:
    words, rank = WordList(path), current().rank
    if rank:
        return data.look_through(words.blocks(*parts[rank]))
    digest = hashlib.sha256()
    found = data.look_through(words.blocks(*parts[0]), digest)
    for block in words.blocks(parts[0][1], parts[-1][1]):
        digest.update(block.encode())
    return found._replace(digest=digest.hexdigest())


def count_ngrams(words: WordList, vocabulary: Vocabulary, order: int) -> np.ndarray:
    """`data.count_ngrams` of a list."""
    if not _is_long(words):
        return data.count_ngrams(words.blocks(), vocabulary, order)
    data.check_table(len(vocabulary), order)
    _over_parts(words, _count_part, _even_parts(words), vocabulary, order)
    processes.together(_add_up)
    return _tables.pop()


_tables: list[np.ndarray] = []
"""The table of this process's part, until all are added up."""


def _count_part(path: Path, parts: Parts, vocabulary: Vocabulary, order: int) -> None:
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


def seen(words: WordList, candidates: Iterable[str]) -> set[str]:
    """`WordList.seen` of a list."""
    if not _is_long(words):
        return words.seen(candidates)
    return set().union(*_over_parts(words, _seen_in_part, _even_parts(words), set(candidates)))


def _seen_in_part(path: Path, parts: Parts, candidates: set[str]) -> set[str]:
    return WordList(path).seen(candidates, *parts[current().rank])


def _is_long(words: WordList) -> bool:
    """Whether it is worth while to read the list in parts."""
    return processes.size() > 1 and words.path.is_file() and words.path.stat().st_size > data.BLOCK_BYTES


def _even_parts(words: WordList) -> Parts:
    return words.cuts([1.0] * processes.size())


def _over_parts(words: WordList, function: Callable[..., Any], parts: Parts, *arguments: Any) -> list[Any]:
    """What the function gives on each rank."""
    try:
        return processes.together(functools.partial(function, words.path.resolve(), parts, *arguments))
    except UsageError:
        for _ in words.blocks():  # raises it as well, and knows how many lines were before
            pass
        raise
