"""A file that makemore.export has written, run where there is no micrograd, does what the package does."""

import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import makemore
from makemore import new_words, run
from makemore.config import config_of, parser_of_flags
from makemore.data import examples
from makemore.export import export
from makemore.exporting.template import TEMPLATE, filled
from makemore.language_model import ContextCounts, mean_loss
from makemore.run_folder import CHECKPOINT, RunFolder
from makemore.training import Training
from micrograd.serialization import arrays_of

NETS = {
    "bigram": ["--type", "bigram"],
    "trigram of counts, interpolated": ["--type", "trigram", "--fit", "counts"],
    "bigram of counts": ["--type", "bigram", "--fit", "counts", "--smoothing", 1],
    "bigram of counts, unsmoothed": ["--type", "bigram", "--fit", "counts", "--smoothing", 0],
    "trigram": ["--type", "trigram", "-l", 20],
    "trigram of counts": ["--type", "trigram", "--fit", "counts", "--smoothing", 2.5],
    "bigram on minibatches": ["--type", "bigram", "-b", 8, "-l", 5],
    "mlp": ["--type", "mlp", "--n-embd2", 8],
    "mlp of two characters": ["--type", "mlp", "--block-size", 2, "--n-embd2", 8, "--no-batchnorm"],
    "mlp, two layers": ["--type", "mlp", "--n-embd2", 8, "--n-layer", 2, "--direct", "--clip", 0.1],
    "mlp of makemore.py": ["--type", "mlp", "--blank", "--n-embd", 6, "--n-embd2", 8],
    "wavenet": ["--type", "wavenet", "--block-size", 4, "--n-embd", 4, "--n-embd2", 8],
    "bow": ["--type", "bow", "--n-embd", 8, "--n-embd2", 8],
    "rnn": [
        "--type",
        "rnn",
        "--n-embd",
        8,
        "--n-embd2",
        8,
        "--early-stop",
        1,
        "--warmup",
        0,
        "--schedule",
        "constant",
        "-l",
        0.2,
    ],
    "gru": ["--type", "gru", "--n-embd", 8, "--n-embd2", 8, "--clip", 0.5, "-w", 0.1],
    "lstm": ["--type", "lstm", "--n-embd", 8, "--n-embd2", 8, "--schedule", "linear", "--split", "none"],
    "transformer": ["--type", "transformer", "--n-embd", 8, "--n-layer", 2, "--n-head", 2, "--early-stop", 3],
}
DESCENT = [name for name, flags in NETS.items() if "counts" not in flags]
QUICK = ("trigram of counts, interpolated", "mlp", "lstm", "transformer")  # train chooses an lstm


def some_slow(names):
    """Names as parameters, most of which take long together."""
    return [pytest.param(name, marks=[pytest.mark.slow] * (name not in QUICK)) for name in names]


@pytest.fixture(scope="session")
def numpy_alone(tmp_path_factory):
    """A folder to import from, in which there is NumPy and nothing else."""
    folder = tmp_path_factory.mktemp("numpy_alone")
    site = Path(np.__file__).parents[1]
    for name in ("numpy", "numpy.libs"):
        if (site / name).exists():
            os.symlink(site / name, folder / name)
    return folder


@pytest.fixture(scope="session")
def words(tmp_path_factory):
    """A list, with a space, an accent and a dot in it."""
    path = tmp_path_factory.mktemp("list") / "words.txt"
    names = makemore.data.WordList(makemore.data.bundled_names()).words()
    path.write_text("\n".join([*names[::150], "é. a", "'\"\\"]), encoding="utf-8")
    return path


def begin(words, folder, flags, steps=6):
    """A run of some steps in the folder, without pictures."""
    flags = [str(flag) for flag in flags]
    descent = [] if "counts" in flags else ["--max-steps", str(steps), "--eval-every", "2"]
    config = config_of(parser_of_flags().parse_args([*flags, *descent]))
    corpus = run.read_corpus(config, str(words))
    config = run.complete(config, corpus)
    training = Training(config, corpus, run.new_model(config, corpus), RunFolder(folder))
    with training.folder.staged(False):
        run.train(training)
    return training


def alone(numpy_alone, path, *flags):
    """Run a file in a fresh Python that has NumPy and nothing else."""
    start = f"import sys; sys.path.insert(0, {str(numpy_alone)!r}); sys.argv = sys.argv[1:]\n"
    start += "try:\n    import micrograd\nexcept ImportError:\n    pass\nelse:\n    sys.exit('micrograd is there')\n"
    start += "import runpy; runpy.run_path(sys.argv[0], run_name='__main__')"
    line = [sys.executable, "-I", "-S", "-c", start, str(path), *map(str, flags)]
    environment = {"PYTHONIOENCODING": "utf-8"}
    return subprocess.run(line, capture_output=True, text=True, encoding="utf-8", env=os.environ | environment)


def drawn_by(folder, n, **flags):
    """The words that makemore.sample draws."""
    config, (model, vocabulary) = folder.read_config(), folder.load()
    sampler = new_words.sampler_of(model, vocabulary, config, new_words.Drawing(**flags))
    return [word.word for word in new_words.draw_words(sampler, n, None)]


def check_text(path, most):
    """A file is short, its lines too, and layers that are equal are a loop."""
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= most
    assert max(map(len, lines)) <= 120
    assert "transformer.h.1" not in "".join(lines)


@pytest.mark.parametrize("net", some_slow(NETS))
def test_the_file_draws_the_words_of_the_package(net, words, tmp_path, command, numpy_alone):
    folder = begin(words, tmp_path / "run", NETS[net]).folder
    assert command("export", "-o", folder.path, tmp_path / "model.py").status == 0
    check_text(tmp_path / "model.py", 250)
    for n, flags in ((12, {}), (260, {"seed": 7, "temperature": 0.8, "top_k": 5, "prompt": "a"})):
        given = [text for name, value in flags.items() for text in ("--" + name.replace("_", "-"), value)]
        found = alone(numpy_alone, tmp_path / "model.py", "-n", n, *given)
        assert found.stderr == ""
        assert found.stdout.splitlines() == drawn_by(folder, n, **flags)


@pytest.mark.parametrize("net", some_slow(DESCENT))
def test_the_file_goes_on_to_the_weights_and_losses_of_the_package(net, words, tmp_path, command, numpy_alone):
    begun = begin(words, tmp_path / "run", NETS[net])
    assert command("export", "--train", "-o", tmp_path / "run", tmp_path / "model.py").status == 0
    check_text(tmp_path / "model.py", 620)
    resumed = Training.resumed(begun.config | {"max_steps": 11}, begun.corpus, RunFolder(tmp_path / "run"))
    resumed.patient_from = len(resumed.metrics)  # as makemore.train --resume has it
    resumed.take_steps(progress=False)
    found = alone(numpy_alone, tmp_path / "model.py", "--max-steps", 11, "-n", 5)
    assert found.stderr == ""
    lines = found.stdout.splitlines()
    expected = [line_of(line) for line in resumed.metrics if line["step"] > begun.step]
    assert lines[: len(expected)] == expected
    assert lines[len(expected) :] == drawn_by(resumed.folder, 5)
    theirs, _ = arrays_of((tmp_path / "run" / CHECKPOINT).read_bytes())
    ours = np.load(tmp_path / "model.npz")
    assert ours["step"] == resumed.step
    for name, array in resumed.model.state_dict().items():
        assert ours[f"last.{name}"].tobytes() == theirs[name].tobytes() == array.numpy().tobytes()


def line_of(line):
    """A line of metrics as the file prints it."""
    losses = [
        f"{part} loss {line[f'{part}_loss']:.4f}" for part in ("train", "dev") if line[f"{part}_loss"] is not None
    ]
    return "  ".join([f"step {line['step']:,}", *losses])


@pytest.mark.parametrize(
    ("there", "wanted", "complaint"),
    [
        ("model.py", "model.py", "is there already"),
        ("model.npz", "model.py", "is there already"),
        (None, "model.txt", "has to end in .py"),
        (None, "nowhere/model.py", "No such file or directory"),
    ],
)
def test_nothing_is_written_over_and_nothing_is_written_elsewhere(there, wanted, complaint, words, tmp_path, command):
    begin(words, tmp_path / "run", NETS["bigram"])
    if there:
        (tmp_path / there).write_text("mine")
    before = {path.name for path in tmp_path.iterdir()}
    assert complaint in command("export", "-o", tmp_path / "run", tmp_path / wanted).complaint
    assert {path.name for path in tmp_path.iterdir()} == before
    assert there is None or (tmp_path / there).read_text() == "mine"


def test_what_cannot_be_exported_is_refused_in_a_line(words, tmp_path, command):
    assert "holds no run" in command("export", "-o", tmp_path, tmp_path / "model.py").complaint
    begin(words, tmp_path / "run", NETS["bigram of counts"])
    refused = command("export", "--train", "-o", tmp_path / "run", tmp_path / "model.py")
    assert "nothing to train" in refused.complaint
    (tmp_path / "run" / CHECKPOINT).write_bytes(b"damaged")
    assert "is damaged" in command("export", "-o", tmp_path / "run", tmp_path / "model.py").complaint


def test_names_may_hold_what_python_takes_for_its_own(words, tmp_path, command, numpy_alone):
    odd = tmp_path / 'a"b\\c@size@.txt'
    shutil.copy(words, odd)
    folder = begin(odd, tmp_path / "run", NETS["bigram on minibatches"]).folder
    path = tmp_path / 'mo"d\\el.py'
    assert command("export", "--train", "-o", folder.path, path).status == 0
    assert alone(numpy_alone, path, "-n", 3).stdout.splitlines() == drawn_by(folder, 3)


@pytest.fixture(scope="module")
def exported(words, tmp_path_factory):
    """A folder with a file that trains."""
    folder = tmp_path_factory.mktemp("exported")
    begin(words, folder / "run", NETS["bigram on minibatches"])
    export(RunFolder(folder / "run"), folder / "model.py", trains=True)
    return folder


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        (["--temperature", 0], "--temperature above 0"),
        (["--top-k", 0], "--top-k 1 or more"),
        (["--prompt", "Ω"], "does not know the character 'Ω'"),
        (["--max-steps", 6], "6 steps are done"),
        (["--max-steps", 9, "-i", "nowhere.txt"], "nowhere.txt"),
        (["--max-steps", 9, "-i", __file__], "does not hold the words"),
    ],
)
def test_the_file_says_in_a_line_what_it_cannot_do(flags, complaint, exported, numpy_alone):
    before = (exported / "model.npz").read_bytes()
    found = alone(numpy_alone, exported / "model.py", *flags)
    assert (found.returncode, found.stderr.count("\n"), found.stdout) == (2, 1, "")
    assert found.stderr.startswith("error: ")
    assert complaint in found.stderr
    assert (exported / "model.npz").read_bytes() == before


def test_damaged_weights_are_refused_by_the_file(exported, tmp_path, numpy_alone):
    content = (exported / "model.npz").read_bytes()
    shutil.copy(exported / "model.py", tmp_path)
    middle = content.index(b"last.W.npy") + 200  # in the numbers of W
    for damaged in (content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :], content[:100], b"", b"x"):
        (tmp_path / "model.npz").write_bytes(damaged)
        found = alone(numpy_alone, tmp_path / "model.py")
        assert (found.returncode, found.stderr.count("\n"), found.stdout) == (2, 1, "")
    arrays = dict(np.load(exported / "model.npz"))
    np.savez(tmp_path / "model.npz", **{name.replace("W", "V"): array for name, array in arrays.items()})
    assert "of another model" in alone(numpy_alone, tmp_path / "model.py").stderr
    (tmp_path / "model.npz").unlink()
    assert "No such file" in alone(numpy_alone, tmp_path / "model.py").stderr


def test_a_flipped_bit_in_the_weights_is_refused_or_changes_no_number(exported, tmp_path, capsys):
    with np.errstate():  # the file sets how NumPy treats errors
        scope = runpy.run_path(str(exported / "model.py"))
    path = scope["read"].__globals__["WEIGHTS"] = tmp_path / "model.npz"
    content = (exported / "model.npz").read_bytes()
    path.write_bytes(content)
    expected, refused = scope["read"](), 0
    for place in range(0, len(content), 11):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        try:
            found = scope["read"]()
        except SystemExit:
            refused += 1
            continue
        assert found.keys() == expected.keys()
        assert all(found[name].tobytes() == array.tobytes() for name, array in expected.items())
    assert refused == capsys.readouterr().err.count("\n") > len(content) / 11 * 0.9


@pytest.mark.parametrize("most", [40, 10**6])
@pytest.mark.parametrize("window", [1, 3, None])
def test_the_loss_of_a_sample_is_that_of_the_package(window, most):
    words = ["anna", "bob", "a", "nina", "abba", "ann", "a"] * 4 + ["babababab", "nnn"]
    vocabulary = makemore.data.Vocabulary("".join(words))
    ids = vocabulary.encode_text(makemore.data.text_of(words))
    theirs, size = examples(ids, window), len(vocabulary)
    scope = {"np": np, "sliding_window_view": np.lib.stride_tricks.sliding_window_view, "TOKENS": vocabulary.tokens}
    lengths = {"window": window, "order": (window or 0) + 1}
    text = filled(TEMPLATE, {"trains": True, "whole": window is None}, lengths)
    exec(text[text.index("def examples") : text.index("def group")], scope)
    contexts, targets = scope["examples"](words)
    assert (contexts == theirs.contexts).all()
    assert (targets == theirs.targets).all()
    counts = ContextCounts.of_words(theirs) if window is None else ContextCounts.of_examples(theirs, size)
    counts = counts.sample(most)
    rows = np.random.default_rng(1).normal(size=(counts.contexts.shape[0] * counts.rows_per_context, size))
    scope["blocks"] = lambda w, contexts: iter([(0, rows[:20]), (20, rows[20:])])
    sample = scope["sample"](contexts, targets, most)
    assert (sample[0] == counts.contexts).all()
    assert scope["mean_loss"](None, *sample) == mean_loss(counts, scope["blocks"](None, None))
