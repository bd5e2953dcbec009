"""Counting the bigrams of the bundled names, against the lecture's double loop on a PyTorch tensor:
`pytest -m benchmark -n 0 -s`."""

import pytest
import torch
from benchmarks.timing import compare, report

from makemore import data


def lecture_loop(words, number_of):
    """N[ix1, ix2] += 1 for each pair of each word, as the lecture writes it."""
    counts = torch.zeros((27, 27), dtype=torch.int32)
    for word in words:
        characters = [".", *word, "."]
        for ch1, ch2 in zip(characters, characters[1:], strict=False):  # noqa: RUF007 - as the lecture has it
            counts[number_of[ch1], number_of[ch2]] += 1
    return counts


@pytest.mark.benchmark
def test_counting_the_bigrams_of_the_names_against_the_lecture_s_loop():
    words = data.WordList(data.bundled_names())
    vocabulary = data.survey(words.blocks()).vocabulary
    number_of = {token: number for number, token in enumerate(vocabulary.tokens)}
    in_memory, text = words.words(), list(words.blocks())

    def from_the_file():
        return data.count_ngrams(words.blocks(), data.survey(words.blocks()).vocabulary, 2)

    assert (data.count_ngrams(text, vocabulary, 2) == lecture_loop(in_memory, number_of).numpy()).all()
    # A call of the loop takes about a second, so the words are one eighth of it each time: the ratio is put right.
    eighth = in_memory[::8]
    times = compare(
        lecture_loop=lambda: lecture_loop(eighth, number_of),
        counting=lambda: data.count_ngrams(text, vocabulary, 2),
        reading_the_file_twice_and_counting=from_the_file,
    )
    times["lecture_loop"] *= sum(len(word) + 1 for word in in_memory) / sum(len(word) + 1 for word in eighth)
    report("bigrams of names.txt", times, against="counting")
