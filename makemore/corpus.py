"""A list of words, split, in the forms that models and evaluations want; each is made once, when it is asked for."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from makemore import data, in_parts
from makemore.data import Examples, Split, Survey, WordList
from makemore.language_model import ContextCounts, evaluate
from micrograd.command import UsageError

SPLITS = Split._fields
TABLE_CONTEXT = 2
"""The longest context that is counted in a table; the examples of a longer one are sorted."""


class Corpus:
    """The words of a list, its survey, and its parts.

    parts: for each part that has words a function that gives its text in blocks, see `WordList.blocks`. remarks: what
    `data.remarks` finds; nothing in a list that is a stream.
    """

    def __init__(
        self,
        words: WordList,
        survey: Survey,
        parts: dict[str, Callable[[], Iterable[str]]],
        remarks: Sequence[str] = (),
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
        survey = in_parts.survey(words)
        if split == "none":
            return cls(words, survey, {"train": words.blocks})
        if survey.words < 2:
            raise UsageError(
                f"{words.name} holds a single word, too few to split; --split none trains on it all the same"
            )
        every = words.words()
        parts = data.split_words(every)._asdict()
        texts = {name: data.text_of(part) for name, part in parts.items() if part}
        return cls(words, survey, {name: partial(list, [text]) for name, text in texts.items()}, data.remarks(every))

    def _counts(self, part: str, order: int) -> np.ndarray:
        """How often each n-gram of that order stands in the part: (size,) * order, int64."""
        more = next((table for (p, n), table in self._tables.items() if p == part and n > order), None)
        if more is not None:  # what comes next is the same, whatever was before
            table = more.sum(tuple(range(more.ndim - order)))
        elif self.parts[part] == self.list.blocks:
            table = in_parts.count_ngrams(self.list, self.vocabulary, order)
        else:
            table = data.count_ngrams(self.parts[part](), self.vocabulary, order)
        self._tables[part, order] = table
        return table

    def _token_ids(self, part: str) -> np.ndarray:
        """The token ids of the part, (examples + 1,) int32."""
        return self.vocabulary.encode_text("".join(self.parts[part]()))

    def _examples(self, part: str, context_length: int | None) -> Examples:
        """The examples of the part: windows of that many token ids, or whole words for None."""
        return examples_of(self.token_ids(part), context_length)

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


def examples_of(ids: np.ndarray, context_length: int | None) -> Examples:
    """The examples of the token ids of a text: windows of that many, or whole words for None."""
    return data.word_examples(ids) if context_length is None else data.examples(ids, context_length)


def window_of(model: Any) -> int | None:
    """How many token ids a model reads at a time; None for one that reads whole words."""
    return None if model.whole_words else model.context_length
