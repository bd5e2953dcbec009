"""Which type of model for which list: what `--type auto` takes, and what a run that went badly is told.

It goes by what was measured on lists of 148 to 663,000 words, see docs/choosing-a-model.md.
"""

import argparse
import math
from typing import NamedTuple

from makemore.config import SIZES, TRAINING, flag_of
from makemore.corpus import Corpus
from makemore.models import FAMILIES, NGRAMS, TYPES

RANGES = {"gru": 600, "lstm": 50_000, "transformer": math.inf}
"""Up to how many words each is taken. The gru has the test perplexities 8.6, 9.6 and 14.2 on 148, 249 and 503 words,
and the lstm 9.0, 10.1 and 14.4; on 1,000 and 2,946 words it has 9.5 and 7.2, and the lstm 9.3 and 7.1. On 104,000 the
lstm has 7.7, and the transformer 7.0; on the bundled names the transformer has 7.3, and the lstm 7.5 in a third of its
time."""
FEW_WORDS = 2000
"""A net knows a list of fewer by heart before it has taken all its steps."""


class Choice(NamedTuple):
    """The type and fit of a run whose flags name no type, and why."""

    type: str
    fit: str
    why: str


def best_type(words: int) -> str:
    """The type that does best on a list of so many words, of those that take a minute or less on the bundled names."""
    return next(type_ for type_, most in RANGES.items() if words < most)


def choose(flags: argparse.Namespace, corpus: Corpus) -> Choice:
    """The best type for the list, if it has the sizes that flags give."""
    words = corpus.survey.words
    best = best_type(words)
    least = max([most for most in RANGES.values() if most <= words], default=0)
    most = RANGES[best]
    range_ = f"{least:,} words or more" if most == math.inf else f"{least:,} to {most - 1:,} words"
    range_ = range_ if least else f"fewer than {most:,} words"
    if flags.fit == "counts":
        return Choice("trigram", "counts", "the longer of those that are counted")
    given = [name for name in SIZES if getattr(flags, name) is not None]
    if any(not _has(best, name) for name in given):
        taker = next((type_ for type_ in ("mlp", *TYPES) if all(_has(type_, name) for name in given)), best)
        return Choice(taker, "gradient", "which has " + " and ".join(map(flag_of, given)))
    descent = [name for name in (*TRAINING[best], *given) if getattr(flags, name) is not None]
    if words < FEW_WORDS and "dev" not in corpus.parts and not descent:
        return Choice("trigram", "counts", "since no dev words tell when a net knows so short a list by heart")
    return Choice(best, "gradient", f"the best on lists of {range_}; --type names another")


def _has(type_: str, name: str) -> bool:
    """Whether a type takes a size: not the context of n-grams, nor that of models which read whole words."""
    sizes = FAMILIES[type_].sizes
    return name in sizes and not (name == "block_size" and (type_ in NGRAMS or sizes[name] is None))
