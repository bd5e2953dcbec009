"""`python -m makemore.sample` and `python -m makemore.score`, and what they say of damaged runs."""

import json
import math
import re
import shutil

import numpy as np
import pytest
import safetensors.numpy

from makemore import data, plots
from makemore.data import WordList
from makemore.new_words import TRIES_PER_WORD
from makemore.run_folder import RunFolder, file_of_checkpoint


@pytest.fixture(scope="module")
def trained(command, short_list, tmp_path_factory):
    """The folders of a bigram by gradient descent and a trigram by counting, to be looked at but not changed."""
    parent = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plots, "_png", lambda figure, dpi: b"")
        for name, flags in {
            "gradient": ["--max-steps", 100],
            "counts": ["--type", "trigram", "--fit", "counts", "--smoothing", 0],
        }.items():
            assert command("train", "-i", short_list, "-o", parent / name, *flags).status == 0
    return parent


@pytest.fixture(params=["gradient", "counts"])
def run(request, trained):
    return trained / request.param


@pytest.fixture
def copy(trained, tmp_path):
    """Copies a run, so that it may be changed."""

    def copy(name):
        return shutil.copytree(trained / name, tmp_path / name)

    return copy


@pytest.fixture(scope="module")
def seen(short_list):
    return set(WordList(short_list).words())


def lines_of(outcome):
    assert outcome.status == 0
    return outcome.out.splitlines()


# sample


def test_it_prints_twenty_words_marked_new_or_seen(command, run, seen):
    marks = [line.split() for line in lines_of(command("sample", "-o", run))]
    assert len(marks) == 20
    for word, mark in marks:
        assert mark == ("seen" if word in seen else "new")


def test_its_words_are_those_the_training_showed(command, run):
    words = [line.split()[0] for line in lines_of(command("sample", "-o", run))]
    assert words == (run / "samples.txt").read_text().splitlines()
    words = [line.split()[0] for line in lines_of(command("train", "--sample-only", "-o", run))]
    assert words == (run / "samples.txt").read_text().splitlines()


def test_drawing_words_changes_nothing_in_the_folder(command, run):
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    command("sample", "-o", run, "--seed", 3)
    command("train", "--sample-only", "-o", run, "--seed", 3)
    command("score", "-o", run, "mila")
    assert {path.name: path.read_bytes() for path in run.iterdir()} == before


@pytest.mark.parametrize("how", [["sample"], ["train", "--sample-only"]], ids=" ".join)
def test_the_words_follow_the_flags(command, run, seen, how):
    flags = ["-n", 9, "--seed", 7, "--temperature", 1.5, "--top-k", 4, "--prompt", "an", "--only-new"]
    words = lines_of(command(*how, "-o", run, *flags))
    assert len(words) == 9
    assert all(re.fullmatch("an[aeilmn]*", word) for word in words)
    assert not seen & set(words)
    assert words == lines_of(command(*how, "-o", run, *flags))
    assert words != lines_of(command(*how, "-o", run, *flags, "--seed", 8))


def test_top_k_minus_1_draws_from_all_characters(command, run):
    assert command("sample", "-o", run, "--top-k", -1) == command("sample", "-o", run)


def test_no_words_at_all_may_be_asked_for(command, run):
    assert command("sample", "-o", run, "-n", 0).out == ""


def test_looking_for_new_words_ends_and_says_so(command, run, tmp_path):
    # At --top-k 1 there is but one word.
    word = command("sample", "-o", run, "--top-k", 1, "-n", 1).out.split()[0]
    config = json.loads((run / "config.json").read_text())
    (tmp_path / "one.txt").write_text(word + "\n")
    copied = shutil.copytree(run, tmp_path / "run")
    (copied / "config.json").write_text(json.dumps(config | {"input_file": str(tmp_path / "one.txt")}))
    outcome = command("sample", "-o", copied, "--top-k", 1, "--only-new", "-n", 2)
    assert (outcome.status, outcome.out) == (0, "")
    assert outcome.err.strip().endswith(f"only 0 of 2 words came in {2 * TRIES_PER_WORD:,} tries")


def test_without_a_folder_the_latest_run_is_taken(command, run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out" / "3").mkdir(parents=True)
    shutil.copytree(run, tmp_path / "out" / "12")
    assert command("sample") == command("sample", "-o", run)
    assert command("score", "mila") == command("score", "-o", run, "mila")


def test_after_the_list_is_gone_words_are_drawn_without_marks(command, copy, short_list, tmp_path):
    folder, gone = copy("gradient"), tmp_path / "gone.txt"
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"input_file": str(gone)}))
    outcome = command("sample", "-o", folder)
    assert lines_of(outcome) == (folder / "samples.txt").read_text().splitlines()
    assert str(gone) in outcome.err
    assert "not marked" in outcome.err
    assert lines_of(command("train", "--sample-only", "-o", folder)) == lines_of(outcome)
    assert "gone.txt is gone" in command("sample", "-o", folder, "--only-new").complaint
    assert command("score", "-o", folder, "mila").status == 0


def test_the_package_works_from_any_folder_with_what_it_brings(process, tmp_path):
    (tmp_path / "somewhere").mkdir()
    flags = ["-o", "../run", "--fit", "counts", "--type", "trigram"]
    assert "32,178" in process("train", *flags, cwd=tmp_path / "somewhere").out
    drawn = process("sample", "-o", "run", cwd=tmp_path)
    assert drawn.status == 0
    assert drawn.err == ""
    assert len(drawn.out.splitlines()) == 20


# score


def scores_of(lines):
    """The characters of a score, each with its probability and its surprise as printed."""
    pattern = re.compile(r" +(\S+) -> (\S+) +p ([\d.]+) +surprise +([\d.]+|inf)\b.*")
    return [match.groups() for line in lines if (match := pattern.fullmatch(line))]


def test_a_word_is_scored_character_by_character(command, trained, short_list):
    train = data.split_words(WordList(short_list).words()).train
    padded = [f"..{word}." for word in train]

    def probability(before, after):
        return sum(word.count(before + after) for word in padded) / sum(word[:-1].count(before) for word in padded)

    # str.count passes over overlapping pairs; of these three-character pieces none overlaps itself but "..".
    expected = [("..", "m"), (".m", "i"), ("mi", "l"), ("il", "a"), ("la", ".")]
    lines = lines_of(command("score", "-o", trained / "counts", "mila"))
    scored = scores_of(lines)
    assert [after for _, after, _, _ in scored] == list("mila.")
    assert [before for before, _, _, _ in scored] == [".", ".m", ".mi", ".mil", ".mila"]
    for (before, after), (_, _, p, surprise) in zip(expected, scored, strict=True):
        assert float(p) == pytest.approx(probability(before, after), abs=5.1e-5)
        assert float(surprise) == pytest.approx(-math.log(probability(before, after)), abs=5.1e-5)
    (total,) = re.findall(r"^mila +log-likelihood (-[\d.]+) nats", lines[0])
    assert float(total) == pytest.approx(sum(math.log(probability(*pair)) for pair in expected), abs=5.1e-5)


def test_the_greatest_surprise_is_marked(command, run):
    for word in ("mila", "nnaei"):
        lines = lines_of(command("score", "-o", run, word))
        surprises = [float(surprise) for _, _, _, surprise in scores_of(lines)]
        marked = [float(scores_of([line])[0][3]) for line in lines if "the greatest surprise" in line]
        assert set(marked) == {max(surprises)}


def test_several_words_are_scored_one_after_the_other(command, run):
    both = lines_of(command("score", "-o", run, "mila", "ana"))
    assert both == lines_of(command("score", "-o", run, "mila")) + lines_of(command("score", "-o", run, "ana"))


def test_a_word_the_model_thinks_impossible_has_minus_infinity_and_no_traceback(command, trained):
    model, vocabulary = RunFolder(trained / "counts").load()
    counts = model.counts.numpy()
    first, second, third = np.argwhere((counts == 0) & (counts.sum(2, keepdims=True) > 0))[-1]
    assert 0 not in (first, second, third)
    word = vocabulary.decode([first, second, third])
    lines = lines_of(command("score", "-o", trained / "counts", word))
    assert "log-likelihood -inf" in lines[0]
    assert "nan" not in "".join(lines)
    assert (scores_of(lines)[2][2:]) == ("0.0000", "inf")
    assert lines[5].startswith("inf: a pair that training never saw has probability 0")
    assert len([line for line in lines if "--smoothing 1" in line]) == 1


def test_what_training_never_saw_is_named_once(command, trained):
    model, vocabulary = RunFolder(trained / "counts").load()
    seen = model.counts.numpy().sum(2) > 0
    first, second = (vocabulary.decode(context + 1) for context in np.argwhere(~seen[1:, 1:])[:2])
    lines = lines_of(command("score", "-o", trained / "counts", first, second, first, "mila"))
    last = lines[-1]
    assert last.endswith(": never seen in training, so every character is equally likely to come next")
    assert [last.count(repr(context)) for context in (first, second)] == [1, 1]
    assert [line for line in lines if "never seen" in line] == [last]
    scored = dict(zip(("first", "second", "third"), scores_of(lines[1:4]), strict=True))
    assert scored["third"][3] == f"{math.log(7):.4f}"


def test_of_a_word_like_those_of_the_list_there_is_nothing_more_to_say(command, run):
    assert len(lines_of(command("score", "-o", run, "mila"))) == 1 + len("mila.")


def test_the_empty_word_is_scored_as_its_end_alone(command, run):
    lines = lines_of(command("score", "-o", run, ""))
    assert [after for _, after, _, _ in scores_of(lines)] == ["."]
    assert lines[0].startswith("''   log-likelihood ")


@pytest.mark.parametrize("length", [99, 300])
def test_words_go_on_from_a_prompt_however_long(command, run, length):
    words = [line.split()[0] for line in lines_of(command("sample", "-o", run, "--prompt", "a" * length))]
    ends = [word.removeprefix("a" * length) for word in words]
    assert len(set(ends)) > 5
    assert max(map(len, ends)) > 1


@pytest.mark.parametrize("name", ["score", "sample"])
def test_what_the_terminal_cannot_show_is_no_traceback(process, command, tmp_path, name):
    (tmp_path / "words.txt").write_text("太郎\n太一\n", encoding="utf-8")
    flags = ["-i", tmp_path / "words.txt", "-o", tmp_path / "run", "--fit", "counts"]
    assert command("train", *flags).status == 0
    word = ["太郎"] if name == "score" else []
    outcome = process(name, "-o", "run", *word, cwd=tmp_path, output="ascii")
    assert outcome.status == 0
    assert "Traceback" not in outcome.err


# Bad input


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["sample", "--prompt", "Émile"], "'É' of 'Émile'"),
        (["sample", "--prompt", "a.b"], "'.' of 'a.b'"),
        (["sample", "--temperature", "0"], "--temperature"),
        (["sample", "--top-k", "0"], "--top-k"),
        (["sample", "-n", "-1"], "--num-samples"),
        (["sample", "--seed", str(2**64)], "seed"),
        (["sample", "mila"], "mila"),
        (["score", "Zoë"], "'Z' of 'Zoë'"),
        (["score", "mi\nla"], r"'\n' of 'mi\nla'"),
        (["score"], "WORD"),
        (["score", "--nonsense", "mila"], "--nonsense"),
    ],
    ids=lambda value: repr(value) if isinstance(value, list) else "",
)
def test_bad_input_is_one_line(command, run, arguments, named):
    outcome = command(arguments[0], "-o", run, *arguments[1:])
    assert named in outcome.complaint
    assert outcome.out == "", "nothing is half done"


@pytest.mark.parametrize(
    "arguments", [["sample"], ["score", "mila"], ["train", "--sample-only"], ["train", "--resume"]]
)
def test_where_there_is_no_run_is_one_line(command, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("mine")
    assert "no run under out" in command(*arguments).complaint
    assert "missing is not a folder" in command(*arguments, "-o", "missing").complaint
    assert "file is not a folder" in command(*arguments, "-o", "file").complaint
    assert "empty holds no run" in command(*arguments, "-o", "empty").complaint


def config_with(**changes):
    def damage(folder):
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(config | changes))

    return damage


def config_without(name):
    def damage(folder):
        config = json.loads((folder / "config.json").read_text())
        del config[name]
        (folder / "config.json").write_text(json.dumps(config))

    return damage


def file_of(name, change):
    def damage(folder):
        (folder / name).write_bytes(change((folder / name).read_bytes()))

    return damage


def tensors_with(change):
    def damage(folder):
        (folder / "best.safetensors").unlink(missing_ok=True)  # it would be taken instead
        tensors = safetensors.numpy.load_file(folder / "model.safetensors")
        change(tensors)
        (folder / "model.safetensors").write_bytes(file_of_checkpoint(tensors, 100))

    return damage


def test_of_tensors_nothing_but_what_is_changed_makes_them_bad(command, copy):
    folder = copy("gradient")
    before = (folder / "model.safetensors").read_bytes()
    tensors_with(lambda tensors: None)(folder)
    assert (folder / "model.safetensors").read_bytes() == before


DAMAGED_CHECKPOINTS = {
    "empty": file_of("model.safetensors", lambda content: b""),
    "cut in the header": file_of("model.safetensors", lambda content: content[:50]),
    "cut in the numbers": file_of("model.safetensors", lambda content: content[:-10]),
    "something else": file_of("model.safetensors", lambda content: b"\x89PNG\r\n\x1a\n" + bytes(3000)),
    "gone": lambda folder: (folder / "model.safetensors").unlink(),
    "another model's": tensors_with(lambda tensors: tensors.update(W=tensors["W"][:3])),
    "without weights": tensors_with(lambda tensors: tensors.pop("W")),
    "not a number": tensors_with(lambda tensors: tensors["W"].fill(np.nan)),
    "with a number in place of another": file_of("model.safetensors", lambda content: content[:-1] + b"\xaa"),
    "of half the precision": tensors_with(lambda tensors: tensors.update(W=tensors["W"].astype(np.float16))),
    "of integers": tensors_with(lambda tensors: tensors.update(W=tensors["W"].astype(np.int8))),
}
DAMAGED_CONFIGS = {
    "empty": file_of("config.json", lambda content: b""),
    "cut": file_of("config.json", lambda content: content[:100]),
    "something else": file_of("config.json", lambda content: b"\xff\xfe\x00"),
    "a number": file_of("config.json", lambda content: b"5"),
    "a list": file_of("config.json", lambda content: b"[]"),
    "another type": config_with(type="mlp"),
    "no vocabulary": config_with(vocabulary=None),
    "words in the vocabulary": config_with(vocabulary=["ab", "c"]),
    "other characters": config_with(vocabulary=["a", "b"]),
    "a list with no possible name": config_with(input_file="\ud800"),
    "an endless block": config_with(block_size=2147483648),
    "endless words": config_with(longest=10**30),
    "steps without end": config_with(schedule_steps=10**30, warmup=10**30),
    "brackets without end": file_of("config.json", lambda content: b"[" * 100_000 + b"]" * 100_000),
} | {f"without {name}": config_without(name) for name in ("type", "fit", "vocabulary", "longest", "input_file")}
DAMAGED = {f"checkpoint {name}": damage for name, damage in DAMAGED_CHECKPOINTS.items()} | {
    f"config {name}": damage for name, damage in DAMAGED_CONFIGS.items()
}


@pytest.mark.parametrize("damage", DAMAGED.values(), ids=DAMAGED)
@pytest.mark.parametrize("arguments", [["sample"], ["score", "mila"], ["train", "--resume", "--max-steps", 150]])
def test_a_damaged_run_is_one_line_and_stays_as_it_is(command, copy, damage, arguments):
    folder = copy("gradient")
    damage(folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    outcome = command(*arguments, "-o", folder)
    assert str(folder) in outcome.complaint
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_weights_of_another_program_are_used_and_that_is_said(command, copy):
    folder = copy("gradient")
    words = command("sample", "-o", folder).out
    path = folder / "model.safetensors"
    path.write_bytes(safetensors.numpy.save(safetensors.numpy.load_file(path)))
    outcome = command("sample", "-o", folder)
    assert outcome.out == words
    (line,) = outcome.err.splitlines()
    assert line.startswith(f"{path} has no checksum")
    assert "another program's" in command("train", "-o", folder, "--resume", "--max-steps", 150).complaint


@pytest.mark.parametrize("counts", [np.zeros(343, np.int64), np.zeros((7, 7, 7), np.int64), np.zeros((0, 7), np.int64)])
def test_a_table_of_another_shape_is_one_line(command, copy, counts):
    folder = copy("counts")
    tensors_with(lambda tensors: tensors.update(counts=counts))(folder)
    assert "does not fit config.json" in command("sample", "-o", folder).complaint


DAMAGED_FOR_RESUMING = {
    f"config without {name}": config_without(name)
    for name in ("split", "batch_size", "learning_rate", "weight_decay", "smoothing", "seed", "eval_every", "digest")
} | {
    "config with a learning rate in words": config_with(learning_rate="fast"),
    "config with a batch size in words": config_with(batch_size="all"),
    "random state of zeros": tensors_with(lambda tensors: tensors["random.state"].fill(0)),
    "random state of floats": tensors_with(lambda tensors: tensors.update({"random.state": np.zeros(5, np.float32)})),
    "no random state": tensors_with(lambda tensors: tensors.pop("random.state")),
    "metrics cut": file_of("metrics.jsonl", lambda content: content[:-10] + b"\n"),
    "metrics of something else": file_of("metrics.jsonl", lambda content: b"5\n"),
    "metrics without steps": file_of("metrics.jsonl", lambda content: b"{}\n"),
    "metrics in bytes": file_of("metrics.jsonl", lambda content: b"\xff"),
}


@pytest.mark.parametrize("damage", DAMAGED_FOR_RESUMING.values(), ids=DAMAGED_FOR_RESUMING)
def test_a_run_that_cannot_go_on_is_one_line_and_stays_as_it_is(command, copy, damage):
    folder = copy("gradient")
    damage(folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    outcome = command("train", "--resume", "--max-steps", 150, "-o", folder)
    assert str(folder) in outcome.complaint
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
