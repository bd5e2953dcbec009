"""The test perplexity of every type of model, and of what `--type auto` takes, on lists of words:

    OPENBLAS_NUM_THREADS=1 python tests/benchmarks/word_lists.py [--splits N] [--types a,b] LIST...

It prints a line for each list, of which docs/choosing-a-model.md is made. On a short list a few test words decide, so
that it is split N times (3 for fewer than 2,000 words), and the perplexity is that of the mean loss.
"""

import argparse
import math
import random
from pathlib import Path
from time import perf_counter

import makemore
from makemore.data import WordList
from makemore.models import NGRAMS, TYPES


def test_loss(words: list[str], type_: str) -> float:
    """In nats a character, of a model of the type with its default settings; n-grams are counted."""
    model = makemore.train(words, type=type_, **({"fit": "counts"} if type_ in NGRAMS else {}))
    loss = list(model.losses.values())[-1]["test"]
    assert loss is not None
    return loss


def main() -> None:
    """The table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lists", nargs="+", type=Path)
    parser.add_argument("--splits", type=int)
    parser.add_argument("--types", default=",".join(["auto", *TYPES]))
    flags = parser.parse_args()
    for path in flags.lists:
        words = WordList(path, unique=True).words()
        splits = flags.splits or (3 if len(words) < 2000 else 1)
        found, seconds = {}, {}
        for type_ in flags.types.split(","):
            losses, began = [], perf_counter()
            for seed in range(splits):
                losses.append(test_loss(random.Random(seed).sample(words, len(words)), type_))
            found[type_] = math.exp(sum(losses) / splits)
            seconds[type_] = (perf_counter() - began) / splits
        cells = [f"{type_} {found[type_]:.2f} ({seconds[type_]:.0f} s)" for type_ in found]
        above = f"; auto {found['auto'] / min(found.values()) - 1:+.1%}" if "auto" in found else ""
        print(f"{path.stem}, {len(words):,} words: {', '.join(cells)}{above}", flush=True)


if __name__ == "__main__":
    main()
