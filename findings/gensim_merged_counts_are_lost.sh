#!/usr/bin/env bash
# Merging two dictionaries in Gensim adds up in how many documents a word is, and forgets how often it is there.
#
# Versions: gensim 4.4.0.
# Expected: Dictionary(a).merge_with(Dictionary(b)) has the counts of Dictionary(a + b): its document frequencies (dfs), its
#           collection frequencies (cfs) and the number of all words (num_pos).
# Seen: dfs and num_pos are added up, cfs stay those of the first. A word of the second alone has no count and is missing from
#       most_common, and one can be in more documents than it has occurrences.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet gensim==4.4.0
"$work/venv/bin/python" - <<'EOF'
import sys
from importlib.metadata import version

from gensim.corpora import Dictionary

print("gensim", version("gensim"))
first, second = [["anna", "anna", "ava"]], [["anna"], ["zoe", "anna", "zoe"]]


def counts(dictionary):
    documents = {word: dictionary.dfs[index] for word, index in sorted(dictionary.token2id.items())}
    return documents, dictionary.num_pos, dict(dictionary.most_common())


merged = Dictionary(first)
merged.merge_with(Dictionary(second))
(documents, words, expected), (seen_documents, seen_words, seen) = counts(Dictionary(first + second)), counts(merged)
print("documents of each word: expected", documents, "seen", seen_documents)
print("number of words:        expected", words, "seen", seen_words)
print("most common words:      expected", expected, "seen", seen)
right = documents == seen_documents and words == seen_words == sum(expected.values())
sys.exit(0 if right and expected == {"anna": 4, "zoe": 2, "ava": 1} and seen == {"anna": 2, "ava": 1} else 1)
EOF
