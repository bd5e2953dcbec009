#!/usr/bin/env bash
# The probabilities that NLTK's Kneser-Ney trigrams give the first letters of words add up to more than 1.
#
# Versions: nltk 3.10.4.
# Expected: after each context the probabilities of all of the vocabulary add up to 1, as they do for bigrams, and for
#           trigrams that are smoothed by Witten-Bell or by absolute discounting.
# Seen: 1.7 after one <s>. Padding puts two <s> before a word, so <s> follows <s>; the weight of the shorter context counts this
#       follower, the discounted counts do not have it. Perplexities come out too low, the more so the larger the discount.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet nltk==3.10.4
"$work/venv/bin/python" - <<'EOF'
import sys
from importlib.metadata import version

from nltk.lm import AbsoluteDiscountingInterpolated, KneserNeyInterpolated, WittenBellInterpolated
from nltk.lm.preprocessing import padded_everygram_pipeline

print("nltk", version("nltk"))
words = [list(word) for word in ("anna", "ava", "amelia", "ada")]


def total(model, context):
    """The sum of the probabilities of all that may follow the context."""
    everygrams, vocabulary = padded_everygram_pipeline(model.order, words)
    model.fit(everygrams, vocabulary)
    return sum(model.score(letter, context) for letter in model.vocab)


ok = True
for name, model in (
    ("Witten-Bell trigrams", lambda: WittenBellInterpolated(3)),
    ("absolute discounting, trigrams", lambda: AbsoluteDiscountingInterpolated(3, discount=0.7)),
    ("Kneser-Ney bigrams", lambda: KneserNeyInterpolated(2, discount=0.7)),
    ("Kneser-Ney trigrams", lambda: KneserNeyInterpolated(3, discount=0.7)),
    ("Kneser-Ney trigrams, discount 0.1", lambda: KneserNeyInterpolated(3)),
):
    contexts = [["a"], ["<s>"]] + [["<s>", "<s>"], ["<s>", "a"]] * (model().order == 3)
    sums = {" ".join(context): round(total(model(), context), 4) for context in contexts}
    print(f"{name}: expected 1, seen {sums}")
    wrong = "Kneser-Ney trigrams" in name
    beside_start = sums["<s>"] > 1.05 and sums["<s> <s>"] > 1.001 and sums["a"] == 1
    ok = ok and (beside_start if wrong else set(sums.values()) == {1})
sys.exit(0 if ok else 1)
EOF
