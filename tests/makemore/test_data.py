"""From words to numbers: reading a list, the vocabulary, the splits, the examples and the counts."""

import itertools
import os
import random
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from makemore import data
from makemore.corpus import Corpus
from makemore.data import Vocabulary, WordList
from micrograd.command import UsageError

WORDS = st.lists(st.text("abc é", min_size=1).map(str.strip).filter(bool), min_size=1, max_size=12)
BLOCKS = pytest.mark.parametrize("block_bytes", [1, 2, 3, 7, 64, 1 << 22])


@pytest.fixture
def word_list(tmp_path):
    """Writes bytes, or text as UTF-8, into a file and gives it as a WordList."""

    def write(content, name="words.txt"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return WordList(path)

    return write


def vocabulary_of(words):
    return Vocabulary(character for word in words for character in word)


# The vocabulary


def test_the_boundary_is_number_0_and_written_as_in_the_lecture():
    vocabulary = vocabulary_of(["emma", "ava"])
    assert vocabulary.tokens == [".", "a", "e", "m", "v"]
    assert vocabulary.boundary == "."
    assert len(vocabulary) == 5


@pytest.mark.parametrize(
    ("words", "boundary"),
    [(["emma"], "."), (["St. Paul"], "|"), (["a.b", "c|d"], "¶"), ([".|¶"], "<end>"), (["<end>", ".|¶"], "<end>")],
)
def test_the_boundary_is_written_otherwise_where_its_sign_is_in_the_words(words, boundary):
    vocabulary = vocabulary_of(words)
    assert vocabulary.tokens[0] == vocabulary.boundary == boundary
    for word in words:
        assert 0 not in vocabulary.encode(word)
        assert vocabulary.decode(vocabulary.encode(word)) == word


def test_a_list_with_st_paul_counts_the_dot_as_a_character(word_list):
    words = word_list("St. Paul\nSt. Louis\nParis\n")
    vocabulary = data.survey(words.blocks()).vocabulary
    counts = data.count_ngrams(words.blocks(), vocabulary, 2)
    dot, t, space = vocabulary.encode(".t ")
    assert dot != 0
    assert counts[t, dot] == 2
    assert counts[dot, space] == 2
    assert counts[:, 0].sum() == counts[0].sum() == 3


@pytest.mark.parametrize(
    "word",
    [
        "O'Neil-Smith",
        "日本 太郎",
        "محمد",
        "שרה",
        "cafe\u0301",
        "café",
        "👩\u200d👩\u200d👧",
        "🇩🇪",
        "\U0010ffff",
        "a\tb",
        "\x00",
    ],
)
def test_any_unicode_goes_to_numbers_and_back(word_list, word):
    words = word_list(f"{word}\nemma\n")
    found = data.survey(words.blocks())
    assert words.words() == [word, "emma"]
    assert found.vocabulary.characters == sorted(set(word + "emma"))
    assert found.vocabulary.decode(found.vocabulary.encode(word)) == word


@given(WORDS)
def test_a_text_becomes_token_ids_with_a_boundary_before_and_after_each_word(words):
    vocabulary = vocabulary_of(words)
    expected = [0]
    for word in words:
        expected += [vocabulary.tokens.index(character) for character in word] + [0]
    numbers = vocabulary.encode_text(data.text_of(words))
    assert numbers.tolist() == expected
    assert vocabulary.encode(words[0]) == expected[1 : 1 + len(words[0])]


@pytest.mark.parametrize("unknown", ["X", ".", "\n", "é", "\U0010ffff", "\udcff"])
def test_a_character_the_vocabulary_lacks_is_named_beside_those_it_has(unknown):
    with pytest.raises(UsageError, match=re.escape(repr(unknown)) + r".*aemv"):
        vocabulary_of(["emma", "ava"]).encode("em" + unknown)


@pytest.mark.parametrize("character", ["\x01", "\t", "\U0010ffff"])
def test_an_alphabet_of_one_character_is_one_whichever_it_is(character):
    vocabulary = Vocabulary(character)
    assert vocabulary.encode("") == []
    assert vocabulary.encode(2 * character) == [1, 1]
    assert vocabulary.encode_text(character + "\n").tolist() == [0, 1, 0]


def test_of_a_large_alphabet_the_complaint_shows_the_beginning():
    with pytest.raises(UsageError) as caught:
        Vocabulary(map(chr, range(0x4E00, 0x5E00))).encode("x")
    assert len(str(caught.value)) < 200
    assert "…" in str(caught.value)


# Reading a list


@BLOCKS
@pytest.mark.parametrize(
    "content",
    [
        "emma\nava\nSt. Paul\n",
        "emma\nava\nSt. Paul",
        "emma\r\nava\r\nSt. Paul\r\n",
        "emma\rava\rSt. Paul\r",
        "\ufeffemma\nava\nSt. Paul\n",
        "\n\nemma\n\n\n \t\nava\nSt. Paul\n\n",
        "  emma\nava\t\n \u00a0 St. Paul\u3000\r\n",
    ],
    ids=["plain", "no last line end", "CRLF", "CR", "byte-order mark", "blank lines", "spaces around"],
)
def test_the_same_words_are_read_however_the_file_is_laid_out(word_list, monkeypatch, content, block_bytes):
    monkeypatch.setattr(data, "BLOCK_BYTES", block_bytes)
    words = word_list(content)
    assert words.words() == ["emma", "ava", "St. Paul"]
    assert words.words() == ["emma", "ava", "St. Paul"], "a list can be read again"


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    return tmp_path_factory.mktemp("scratch") / "words.txt"


@given(
    st.text("ab é😀\r\n\t\ufeff\u2028\x85\x0b\x1c", max_size=40),
    st.sampled_from([1, 2, 3, 5, 8, 13, 1000]),
    st.booleans(),
)
@settings(max_examples=300)
def test_words_are_the_stripped_lines_that_are_not_blank(scratch, text, block_bytes, mark):
    scratch.write_bytes(b"\xef\xbb\xbf" * mark + text.encode())
    lines = re.split("\r\n|\r|\n", text if mark else text.removeprefix("\ufeff"))
    expected = [line.strip() for line in lines if line.strip()]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data, "BLOCK_BYTES", block_bytes)
        if not expected:
            with pytest.raises(UsageError, match="holds no words"):
                WordList(scratch).words()
            return
        assert WordList(scratch).words() == expected
        found = data.survey(WordList(scratch).blocks())
    assert found.words == len(expected)
    assert (found.shortest, found.longest) == (min(map(len, expected)), max(map(len, expected)))
    assert found.vocabulary.characters == sorted(set("".join(expected)))


def test_repeated_words_are_kept_in_the_order_of_the_file(word_list):
    assert word_list("b\na\nb\n").words() == ["b", "a", "b"]


@BLOCKS
def test_seen_finds_the_candidates_that_are_words(word_list, monkeypatch, block_bytes):
    monkeypatch.setattr(data, "BLOCK_BYTES", block_bytes)
    assert word_list("emma\nava maria\nmia\n").seen(["mia", "emma", "maria", "a", "", "emm"]) == {"mia", "emma"}


def test_the_digest_tells_lists_apart_and_minds_only_the_words(word_list, monkeypatch):
    def digest(content):
        return data.survey(word_list(content).blocks()).digest

    original = digest("emma\nava\nmia\n")
    assert digest("\ufeffemma\r\n\r\n ava\r\nmia") == original
    assert digest("ava\nemma\nmia\n") != original
    assert digest("emma\navamia\n") != original
    monkeypatch.setattr(data, "BLOCK_BYTES", 5)
    assert digest("emma\nava\nmia\n") == original


@pytest.mark.parametrize("content", ["", "\n\n", " \t\r\n\u3000\n", "\ufeff", "\ufeff\n"])
def test_a_file_without_words_is_refused(word_list, content):
    words = word_list(content)
    for read in (words.words, lambda: data.survey(words.blocks())):
        with pytest.raises(UsageError, match=r"words\.txt holds no words; it should have one word to a line"):
            read()


@pytest.mark.parametrize("line_end", ["\n", "\r", "\r\n"], ids=repr)
def test_a_list_is_held_a_block_at_a_time_whatever_its_line_ends(word_list, monkeypatch, line_end):
    monkeypatch.setattr(data, "BLOCK_BYTES", 64)
    words = word_list(f"emma{line_end}" * 500)
    assert max(map(len, words.blocks())) < 64 + len("emma\r\n")
    assert words.words() == ["emma"] * 500


@pytest.mark.skipif(not os.path.isdir("/dev/fd"), reason="a pipe has no path")
def test_a_pipe_and_a_device_are_refused_before_anything_is_read():
    pipe, end = os.pipe()
    os.write(end, b"emma\n")
    os.close(end)
    for path in (f"/dev/fd/{pipe}", os.devnull):
        with pytest.raises(UsageError, match=f"^{path} is a pipe or a device, and .*: save it to a file$"):
            WordList(path).words()
    assert os.read(pipe, 100) == b"emma\n"
    os.close(pipe)


def test_a_missing_file_and_a_folder_raise_the_system_s_errors(tmp_path):
    with pytest.raises(FileNotFoundError):
        WordList(tmp_path / "missing.txt").words()
    with pytest.raises(IsADirectoryError):
        WordList(tmp_path).words()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read every file")
def test_an_unreadable_file_raises_the_system_s_error(word_list):
    words = word_list("emma\n")
    words.path.chmod(0)
    with pytest.raises(PermissionError):
        words.words()


@BLOCKS
@pytest.mark.parametrize(
    ("content", "line", "byte"),
    [
        (b"\xffmma\nava\n", 1, "0xff"),
        (b"\xef\xbb\xbfemma\nav\xe9\n", 2, "0xe9"),
        (b"emma\n\n\nava\nzo\xeb\nmia\n", 5, "0xeb"),
        (b"emma\r\nava\r\nzo\xeb", 3, "0xeb"),
        (b"emma\rava\rzo\xeb\rmia\r", 3, "0xeb"),
        ("zoë\n".encode() * 300 + b"\x80\n" + "zoë\n".encode() * 300, 301, "0x80"),
        (b"emma\nava\xc3", 2, "0xc3"),
        ("emma\n".encode("utf-16"), 1, "0xff"),
    ],
)
def test_bytes_that_are_not_utf_8_are_told_with_their_line(word_list, monkeypatch, content, line, byte, block_bytes):
    monkeypatch.setattr(data, "BLOCK_BYTES", block_bytes)
    with pytest.raises(UsageError, match=rf"words\.txt: line {line} is not UTF-8 \(byte {byte}\)"):
        word_list(content).words()


def test_the_bundled_names_are_found():
    names = WordList(data.bundled_names()).words()
    assert len(names) == 32178
    assert names[0] == "emma"
    assert set("".join(names)) == set("abcdefghijklmnopqrstuvwxyz")


# The splits


@pytest.mark.parametrize("n", [2, 3, 5, 9, 10, 11, 97, 1000])
def test_the_splits_are_those_of_the_lecture(n):
    words = [f"word{i}" for i in range(n)]
    shuffled = list(words)
    random.seed(42)
    random.shuffle(shuffled)
    n1, n2 = int(0.8 * len(shuffled)), int(0.9 * len(shuffled))
    split = data.split_words(words)
    assert split.train == shuffled[:n1]
    assert split.dev == shuffled[n1:n2]
    assert split.test == shuffled[n2:]
    assert words == [f"word{i}" for i in range(n)], "the words given are left as they are"


def test_splitting_leaves_python_s_own_random_numbers_alone():
    random.seed(1)
    state = random.getstate()
    data.split_words(["a", "b", "c"])
    assert random.getstate() == state


def test_of_the_bundled_names_every_one_is_in_one_split(names):
    split = data.split_words(names)
    assert [len(part) for part in split] == [25742, 3218, 3218]
    assert sorted(split.train + split.dev + split.test) == sorted(names)


def test_reading_for_training_gives_the_splits_as_text(word_list, names):
    words = word_list(data.text_of(names[:50]))
    parts = Corpus.read(words.path, "80/10/10").parts
    assert {name: "".join(blocks) for name, blocks in parts.items()} == {
        name: data.text_of(part) for name, part in data.split_words(names[:50])._asdict().items()
    }


def test_without_a_split_everything_is_for_training(word_list):
    parts = Corpus.read(word_list("emma\nava\n").path, "none").parts
    assert {name: "".join(blocks) for name, blocks in parts.items()} == {"train": "emma\nava\n"}


def test_a_single_word_is_too_few_to_split_but_not_to_train_on(word_list):
    path = word_list("emma\n").path
    with pytest.raises(UsageError, match=r"holds a single word.*--split none"):
        Corpus.read(path, "80/10/10")
    assert Corpus.read(path, "none").survey.words == 1


# Examples


def naive_examples(words, vocabulary, context_length):
    """A double loop: for each character of each word, and its end, what stands before it."""
    contexts, targets = [], []
    for word in words:
        before = [0] * context_length
        for number in [*vocabulary.encode(word), 0]:
            contexts.append(before)
            targets.append(number)
            before = [*before, number][1:]
    return contexts, targets


@given(WORDS, st.integers(0, 5))
def test_examples_are_those_of_a_double_loop(words, context_length):
    vocabulary = vocabulary_of(words)
    found = data.examples(vocabulary.encode_text(data.text_of(words)), context_length)
    contexts, targets = naive_examples(words, vocabulary, context_length)
    assert found.contexts.shape == (len(targets), context_length)
    assert found.contexts.tolist() == contexts
    assert found.targets.tolist() == targets
    assert found.contexts.dtype == found.targets.dtype == np.int64


@pytest.mark.parametrize("context_length", [0, 1, 2, 3])
def test_the_index_of_a_context_is_its_position_among_all(context_length):
    contexts = np.array(list(itertools.product(range(4), repeat=context_length)), np.int64).reshape(
        4**context_length, context_length
    )
    assert data.context_index(contexts, 4).tolist() == list(range(4**context_length))
    assert data.context_index(contexts[::-3], 4).tolist() == list(range(4**context_length))[::-3]


# Counting


def found_in(counts):
    """The n-grams that occur, and how often."""
    return {tuple(ngram): counts[tuple(ngram)] for ngram in np.argwhere(counts).tolist()}


def naive_counts(words, vocabulary, order):
    counts = Counter()
    for word in words:
        numbers = [0] * (order - 1) + vocabulary.encode(word) + [0]
        counts.update(zip(*(numbers[i:] for i in range(order)), strict=False))
    return counts


@given(WORDS, st.integers(1, 4), st.integers(1, 4))
def test_ngrams_are_counted_as_a_dictionary_counts_them(words, order, words_in_a_block):
    vocabulary = vocabulary_of(words)
    blocks = [data.text_of(words[i : i + words_in_a_block]) for i in range(0, len(words), words_in_a_block)]
    counts = data.count_ngrams(blocks, vocabulary, order)
    size = len(vocabulary)
    assert counts.dtype == np.int64
    assert counts.shape == (size,) * order
    assert found_in(counts) == naive_counts(words, vocabulary, order)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_the_bundled_names_are_counted_alike_in_one_block_and_in_many(names, monkeypatch, order):
    words = WordList(data.bundled_names())
    found = data.survey(words.blocks())
    whole = data.count_ngrams(words.blocks(), found.vocabulary, order)
    monkeypatch.setattr(data, "BLOCK_BYTES", 30_000)
    assert len(list(words.blocks())) > 5
    np.testing.assert_array_equal(data.count_ngrams(words.blocks(), found.vocabulary, order), whole)
    assert whole.sum() == sum(map(len, names)) + len(names)
    assert found_in(whole) == naive_counts(names, found.vocabulary, order)


def test_a_table_that_would_be_too_large_is_refused_before_it_is_made():
    vocabulary = Vocabulary(map(chr, range(0x4E00, 0x4E00 + 7000)))

    def blocks():
        raise AssertionError("the text is read before the size is checked")
        yield

    with pytest.raises(UsageError, match=r"n-grams of 3 out of 7,001 characters has 343,147,021,001 cells"):
        data.count_ngrams(blocks(), vocabulary, 3)
    data.check_table(5431, 2)
    with pytest.raises(UsageError, match="lower order or a smaller alphabet"):
        data.check_table(5432, 2)


# The peak of a process's memory, in bytes. Linux keeps the peak of ru_maxrss across exec, so that a child would begin
# with that of pytest; VmHWM is the program's own.
PEAK = """
import sys, resource
def peak():
    if sys.platform == "linux":
        return next(int(line.split()[1]) * 1024 for line in open("/proc/self/status") if line.startswith("VmHWM"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
"""


def peak_of_counting(type_, text, folder, block_bytes=data.BLOCK_BYTES):
    """The peak of the memory, in bytes, of counting a list of this text, read in blocks of so many bytes."""
    folder.mkdir()
    (folder / "words.txt").write_text(text, encoding="utf-8")
    flags = ["--type", type_, "-i", folder / "words.txt", "-o", folder / "run", "--split", "none", "--fit", "counts"]
    flags += ["-n", "0"]
    code = f"""{PEAK}
from makemore import data, run, train
data.BLOCK_BYTES = {block_bytes}
run.draw_pictures = lambda *arguments: None  # they take the same 100 MB for any list, and would hide the counting
train.main({[*map(str, flags)]})
print(peak())"""
    environment = os.environ | {"PYTHONPATH": str(Path(data.__file__).parents[1]), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, encoding="utf-8", check=True
    )
    return int(done.stdout.split()[-1])


@pytest.mark.skipif(sys.platform == "win32", reason="there is no resource module")
@pytest.mark.parametrize(("type_", "order"), [("trigram", 3), pytest.param("bigram", 2, marks=pytest.mark.slow)])
def test_the_largest_table_is_counted_in_a_gigabyte(tmp_path, type_, order):
    size = int(data.MAX_CELLS ** (1 / order) + 1e-9)
    assert (size + 1) ** order > data.MAX_CELLS
    alphabet = [chr(0x4E00 + i) for i in range(size - 1)]
    assert peak_of_counting(type_, data.text_of(alphabet), tmp_path / "list") < 1e9


@pytest.mark.skipif(sys.platform == "win32", reason="there is no resource module")
def test_a_list_is_counted_in_a_stream_in_less_memory_than_its_words_would_take(names, tmp_path):
    def peak_of(copies):
        text = data.text_of(names) * copies
        return peak_of_counting("bigram", text, tmp_path / str(copies), block_bytes=data.BLOCK_BYTES // 8)

    copies = 40
    as_strings = copies * sum(sys.getsizeof(name) + 8 for name in names)  # an object each, and its pointer in a list
    # A block of 4 MB is a text, a list of its words and some arrays at a time, 160 MB in all, so for 512 KB 20 MB.
    # That is what a long list may cost more than a short one, however long it is; here its words alone would be 74 MB.
    assert as_strings > 70e6
    assert peak_of(copies) - peak_of(1) < 45e6


@pytest.mark.parametrize("change", ["replaced", "appended to"])
def test_a_list_that_changes_between_two_readings_is_refused(tmp_path, change):
    path = tmp_path / "list.txt"
    path.write_text("anna\nbela\n")
    words = WordList(path)
    assert words.words() == ["anna", "bela"]
    if change == "replaced":
        (tmp_path / "new.txt").write_text("zoe!\nbela\n")
        (tmp_path / "new.txt").replace(path)
    else:
        with path.open("a") as file:
            file.write("zoe!\n")
    with pytest.raises(UsageError, match="was changed while it was read"):
        words.words()
    assert words.seen(["zoe!"]) == {"zoe!"}, "marks go by the list as it is now"


def test_a_list_that_changes_while_it_is_read_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(data, "BLOCK_BYTES", 10)
    path = tmp_path / "list.txt"
    path.write_text("anna\nbela\n" * 5)
    blocks = WordList(path).blocks()
    next(blocks)
    path.write_text("zoe!\n")
    with pytest.raises(UsageError, match="was changed while it was read"):
        list(blocks)
