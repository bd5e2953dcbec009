"""makemore in Python: makemore.train and makemore.load do what the commands do."""

import json
import subprocess
import sys

import pytest

import makemore
from makemore.data import bundled_names
from makemore.run_folder import WORDS

NAMES = ["emma", "olivia", "ava", "isabella", "sophia", "mia", "amelia", "ella", "mila", "aria", "luna", "nora"]


@pytest.fixture
def names(tmp_path):
    """A file of the NAMES."""
    path = tmp_path / "names.txt"
    path.write_text("\n".join(NAMES) + "\n", encoding="utf-8")
    return path


def test_to_import_makemore_reads_nothing_else():
    lines = "import sys, makemore; print(sorted(sys.modules.keys() & {'numpy', 'matplotlib', 'micrograd', 'tqdm'}))"
    done = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr


def test_the_versions_are_those_of_the_distribution():
    import micrograd

    assert makemore.__version__ == micrograd.__version__


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="makemore has no 'fit'"):
        _ = makemore.fit


def test_train_stays_a_function_once_its_module_is_imported():
    import makemore.train
    from makemore.train import main

    assert callable(main)
    assert makemore.train(NAMES, type="bigram", fit="counts").sample(0) == []


@pytest.mark.parametrize(
    ("flags", "settings"),
    [
        (["--type", "bigram", "--fit", "counts"], {"type": "bigram", "fit": "counts"}),
        (["--type", "mlp", "--max-steps", 30, "--n-embd2", 8], {"type": "mlp", "max_steps": 30, "n_embd2": 8}),
        (["--type", "gru", "--max-steps", 12, "--seed", 7], {"type": "gru", "max_steps": 12, "seed": 7}),
    ],
)
def test_train_learns_what_the_command_does(flags, settings, names, tmp_path, command):
    assert command("train", "-i", names, "-o", tmp_path / "command", *flags).status == 0
    model = makemore.train(names, folder=tmp_path / "python", **settings)
    files = [json.loads((tmp_path / name / "config.json").read_text()) for name in ("command", "python")]
    assert files[0] == files[1]
    assert (tmp_path / "command/metrics.jsonl").read_text() == (tmp_path / "python/metrics.jsonl").read_text()
    assert (tmp_path / "python/loss.png").exists()
    printed = command("sample", "-o", tmp_path / "command", "-n", 5, "--prompt", "a", "--seed", 3).out.split()
    assert model.sample(5, prompt="a", seed=3) == printed[::2]
    assert makemore.load(tmp_path / "command").sample(5, prompt="a", seed=3) == printed[::2]
    in_memory = makemore.train(NAMES, **settings)
    assert in_memory.folder is None
    assert in_memory.score("ava") == model.score("ava") == makemore.load(tmp_path / "command").score("ava")


def test_a_run_from_words_in_memory_is_one_that_the_commands_go_on_with(tmp_path, command):
    folder = tmp_path / "run"
    makemore.train(NAMES, type="bigram", max_steps=20, folder=folder)
    assert (folder / WORDS).read_text().split() == NAMES
    assert command("train", "-o", folder, "--resume", "--max-steps", 30).status == 0
    assert "new" in command("sample", "-o", folder).out.split()
    again = makemore.train(NAMES[:5], type="bigram", fit="counts", folder=folder, overwrite=True)
    assert (folder / WORDS).read_text().split() == NAMES[:5]
    assert again.folder == folder


def test_a_list_in_the_folder_outlives_the_run_that_is_replaced(tmp_path, command):
    folder = tmp_path / "run"
    makemore.train(NAMES, type="bigram", fit="counts", folder=folder)
    flags = ["--overwrite", "--type", "bigram", "--fit", "counts"]
    assert command("train", "-i", folder / WORDS, "-o", folder, *flags).status == 0
    assert (folder / WORDS).read_text().split() == NAMES


def test_train_without_words_takes_the_bundled_names():
    model = makemore.train(type="bigram", fit="counts")
    assert model.config["input_file"] == str(bundled_names().resolve())
    assert "".join(model.vocabulary.characters) == "abcdefghijklmnopqrstuvwxyz"


def test_only_new_words_are_not_in_the_list():
    model = makemore.train(NAMES, type="trigram", fit="counts", smoothing=0.0, split="none")
    assert set(model.sample(20)) & set(NAMES)
    assert not set(model.sample(20, only_new=True)) & set(NAMES)


def test_a_score_adds_up():
    scored = makemore.train(NAMES, type="bigram", fit="counts").score("mia")
    assert scored.tokens == ["m", "i", "a", "."]
    assert scored.log_likelihood == pytest.approx(sum(scored.log_probabilities))


@pytest.mark.parametrize(
    ("words", "settings", "error", "message"),
    [
        (NAMES, {"type": "mpl"}, ValueError, "type is auto or one of bigram"),
        (NAMES, {"n_emb": 3}, TypeError, "no setting 'n_emb'"),
        (NAMES, {"n_embd": 0}, ValueError, "n_embd cannot be 0"),
        (NAMES, {"seed": "x"}, ValueError, "seed cannot be 'x'"),
        (NAMES, {"type": "bigram", "n_embd": 3}, ValueError, "does not go with --type bigram"),
        ([], {}, ValueError, "there are no words"),
        (["emma"], {}, ValueError, "the list holds a single word"),
        ([3], {}, TypeError, "words are strings"),
        (["a\nb"], {}, ValueError, "more than a word"),
        ("not/there.txt", {}, OSError, "not/there.txt"),
    ],
)
def test_what_cannot_be_used_is_one_clear_error(words, settings, error, message, tmp_path):
    with pytest.raises(error, match=message):
        makemore.train(words, folder=tmp_path / "run", **settings)
    assert not (tmp_path / "run").exists()


def test_a_folder_with_a_run_is_not_replaced_unasked(tmp_path):
    makemore.train(NAMES, type="bigram", fit="counts", folder=tmp_path / "run")
    with pytest.raises(ValueError, match="already holds a run"):
        makemore.train(NAMES, type="bigram", fit="counts", folder=tmp_path / "run")


def test_load_of_a_folder_without_a_run_is_a_value_error(tmp_path):
    with pytest.raises(ValueError, match="holds no run"):
        makemore.load(tmp_path)


@pytest.mark.parametrize("settings", [{"n": -1}, {"temperature": 0}, {"top_k": 0}, {"prompt": "Q"}])
def test_sample_refuses_what_it_cannot_do(settings):
    model = makemore.train(NAMES, type="bigram", fit="counts")
    with pytest.raises(ValueError, match=r".+"):
        model.sample(**settings)
