"""The type of model for a list, by its length: what `--type auto` chooses.

docs/choosing-a-model.md has the measurements, on lists of 148 to 663,000 words.
"""

import argparse
import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from makemore.config import SIZES, TRAINING, flag_of
from makemore.corpus import Corpus
from makemore.models import TYPES, has_size

FEW_WORDS = 2000
"""On fewer words a net overfits before its last step, so it needs dev words that show when to stop."""

SHORTEST = 148
"""On fewer words nothing was measured."""


class Best(NamedTuple):
    """The best type and settings for lists of fewer words than `end`."""

    end: float
    type: str
    settings: Mapping[str, Any] = {}

    @property
    def flags(self) -> str:
        """The flags that choose this type and these settings."""
        return " ".join([f"--type {self.type}", *[f"{flag_of(name)} {value}" for name, value in self.settings.items()]])


BEST = (Best(600, "gru"), Best(50_000, "lstm"), Best(math.inf, "lstm", {"n_embd2": 128}))


class Choice(NamedTuple):
    """The type and settings of a run whose flags name no type, and why."""

    type: str
    settings: Mapping[str, Any]
    why: str


def best_for(words: int) -> Best:
    """The best on a list of so many words, of the types that take a minute or less on the bundled names."""
    return next(each for each in BEST if words < each.end)


def choose(flags: argparse.Namespace, corpus: Corpus) -> Choice:
    """The type for the list in the corpus: the best for its length that takes the sizes which the flags name."""
    words = corpus.survey.words
    best = best_for(words)
    if flags.fit == "counts":
        return Choice("trigram", {"fit": "counts"}, "the longest context of the models that are counted")
    given = [name for name in SIZES if getattr(flags, name) is not None]
    if not all(has_size(best.type, name) for name in given):
        taker = next((type_ for type_ in ("mlp", *TYPES) if all(has_size(type_, name) for name in given)), best.type)
        return Choice(taker, {}, "which has " + " and ".join(map(flag_of, given)))
    descent = [name for name in (*TRAINING[best.type], *given) if getattr(flags, name) is not None]
    if words < FEW_WORDS and "dev" not in corpus.parts and not descent:
        why = "because no dev words show when a net overfits so short a list"
        return Choice("trigram", {"fit": "counts"}, why)
    start = max([each.end for each in BEST if each.end <= words], default=0)
    range_ = f"{start:,} to {best.end - 1:,} words" if start else f"fewer than {best.end:,} words"
    range_ = range_ if best.end < math.inf else f"{start:,} words or more"
    return Choice(best.type, best.settings, f"the best on lists of {range_}; --type names another")
