"""Runs of the neural models: how they train, stop, go on, are looked into, and complain."""

import json
import math
import re
import signal

import numpy as np
import pytest
import safetensors.numpy

import micrograd
from makemore import diagnosis
from makemore.config import config_of, parser_of_flags
from makemore.corpus import Corpus
from makemore.data import Vocabulary, examples, word_examples
from makemore.language_model import ContextCounts, Sampler, evaluate, log_probabilities, score
from makemore.models import NGRAMS, TYPES, make
from makemore.run import complete, new_model
from makemore.run_folder import RunFolder
from makemore.steps import rate_at
from makemore.training import Training
from micrograd import Generator

NEURAL = [type_ for type_ in TYPES if type_ not in NGRAMS]
SMALL = {
    "mlp": ["--n-embd2", 16, "--n-embd", 4],
    "wavenet": ["--n-embd", 4, "--n-embd2", 8],
    "transformer": ["--n-embd", 8, "--n-head", 2, "--n-layer", 1],
} | {type_: ["--n-embd", 8, "--n-embd2", 8] for type_ in ("bow", "rnn", "gru", "lstm")}
neural = pytest.mark.parametrize("type_", NEURAL)
pytestmark = pytest.mark.filterwarnings("error:compile")  # that it runs as it is


def flags_of(type_, *more):
    return ["--type", type_, *SMALL[type_], "--batch-size", 8, "--eval-every", 10, *more]


def run_of(list_, *arguments, folder=None):
    """The Training that makemore.train would make of these flags."""
    flags = parser_of_flags().parse_args([str(argument) for argument in arguments])
    config = config_of(flags)
    corpus = Corpus.read(list_, config["split"])
    config = complete(config, corpus)
    if folder is not None:
        folder.path.mkdir()
        folder.write_config(config)
    return Training(config, corpus, new_model(config, corpus), folder)


def contents_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def metrics_of(folder):
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


# Training


@neural
def test_every_type_learns_makes_words_and_scores_them(command, short_list, tmp_path, type_):
    flags = flags_of(type_, "--max-steps", 80, "--optimizer", "adamw", "--learning-rate", 0.03, "--warmup", 0)
    outcome = command("train", "-i", short_list, "-o", tmp_path / "run", *flags)
    assert outcome.status == 0, outcome.err
    metrics = metrics_of(tmp_path / "run")
    assert metrics[-2]["train_loss"] < metrics[0]["train_loss"] - 0.2
    assert (tmp_path / "run" / "samples.txt").read_text().count("\n") == 20
    sampled = command("sample", "-o", tmp_path / "run", "-n", 5, "--prompt", "ma")
    assert [line[:2] for line in sampled.out.splitlines()] == ["ma"] * 5
    scored = command("score", "-o", tmp_path / "run", "mila")
    assert "log-likelihood" in scored.out


@neural
def test_a_run_that_was_stopped_goes_on_exactly(command, short_list, tmp_path, type_):
    flags = flags_of(type_, "--max-steps", 40, "--warmup", 7, "--clip", 0.5)
    assert command("train", "-i", short_list, "-o", tmp_path / "once", *flags).status == 0

    def stop(run):
        if run.step == 23:
            signal.raise_signal(signal.SIGINT)

    run = run_of(short_list, *flags, folder=RunFolder(tmp_path / "run"))
    assert not run.take_steps(stepped=stop, progress=False)
    assert command("train", "-o", tmp_path / "run", "--resume").status == 0
    once, resumed = contents_of(tmp_path / "once"), contents_of(tmp_path / "run")
    assert {name for name in once if once[name] != resumed[name]} == set()


def test_the_best_dev_model_is_kept_beside_the_last_and_used(command, short_list, tmp_path):
    folder = tmp_path / "run"
    few = tmp_path / "few.txt"  # so few words that the net soon overfits
    few.write_text("".join(short_list.read_text().splitlines(keepends=True)[:60]))
    flags = flags_of("mlp", "--learning-rate", 0.5, "--schedule", "constant", "--max-steps", 300)
    outcome = command("train", "-i", few, "-o", folder, *flags)
    lines = metrics_of(folder)
    best = min(lines[:-1], key=lambda line: line["dev_loss"])
    assert best["step"] < 300
    assert f"weights     those of step {best['step']}, where the dev loss was lowest" in outcome.out
    with safetensors.safe_open(folder / "best.safetensors", framework="numpy") as file:
        assert int(file.metadata()["step"]) == best["step"]
    assert lines[-1]["dev_loss"] == pytest.approx(best["dev_loss"], abs=1e-9)
    last = safetensors.numpy.load_file(folder / "model.safetensors")
    kept = safetensors.numpy.load_file(folder / "best.safetensors")
    assert set(kept) == {name for name in last if not name.startswith(("optimizer.", "random."))}
    model, _ = RunFolder(folder).load()
    np.testing.assert_array_equal(model.wte.weight.detach().numpy(), kept["wte.weight"])
    assert (kept["wte.weight"] != last["wte.weight"]).any()


def test_early_stop_ends_a_run_whose_dev_loss_no_longer_falls(command, short_list, tmp_path):
    flags = flags_of("mlp", "--learning-rate", 1, "--schedule", "constant", "--early-stop", 3, "--max-steps", 100_000)
    outcome = command("train", "-i", short_list, "-o", tmp_path / "run", *flags)
    lines = metrics_of(tmp_path / "run")[:-1]
    best = min(lines, key=lambda line: line["dev_loss"])
    assert lines[-1]["step"] == best["step"] + 30
    assert f"the dev loss has not fallen since step {best['step']:,}" in outcome.out


def test_every_rate_of_the_schedules():
    config = {"learning_rate": 1.0, "warmup": 0, "schedule_steps": 100}

    def rates(schedule, steps, **more):
        return [rate_at(step, config | {"schedule": schedule} | more) for step in steps]

    assert rates("constant", [0, 50, 1000]) == [1, 1, 1]
    assert rates("step", [0, 49, 50, 99, 1000]) == [1, 1, 0.1, 0.1, 0.1]
    assert rates("linear", [0, 50, 100, 1000]) == pytest.approx([1, 0.505, 0.01, 0.01])
    assert rates("cosine", [0, 50, 100, 1000]) == pytest.approx([1, 0.505, 0.01, 0.01])
    assert rates("cosine", [25]) == pytest.approx([0.01 + 0.99 * (1 + math.sqrt(0.5)) / 2])
    assert rates("linear", [0, 1, 2, 3], warmup=3) == pytest.approx([0.25, 0.5, 0.75, 1.0])


def test_a_gradient_is_clipped_to_the_norm_that_was_asked_for(short_list):
    run = run_of(short_list, *flags_of("mlp", "--max-steps", 5, "--clip", 0.01, "--learning-rate", 1))
    before = [p.detach().clone() for p in run.model.parameters()]
    norms = []

    def follow(run):
        changes = [(p.detach() - q) for p, q in zip(run.model.parameters(), before, strict=True)]
        norms.append(math.sqrt(sum((change**2).sum().item() for change in changes)))
        before[:] = [p.detach().clone() for p in run.model.parameters()]

    run.take_steps(stepped=follow, progress=False)
    assert len(norms) == 5
    assert max(norms) == pytest.approx(0.01, rel=1e-2)


@pytest.mark.parametrize(
    ("type_", "words", "steps"), [("mlp", 20, 1000), ("mlp", 300, None), ("gru", 300, 1000), ("bigram", 20, 1000)]
)
def test_on_a_short_list_a_net_takes_fewer_steps(short_list, tmp_path, type_, words, steps):
    few = tmp_path / "few.txt"
    few.write_text("".join(short_list.read_text().splitlines(keepends=True)[:words]))
    run = run_of(few, "--type", type_)
    assert run.config["max_steps"] == (steps or 40 * int(run.corpus.counts("train", 1).sum()) // 32)
    assert run.config["schedule_steps"] == (0 if type_ == "bigram" else run.config["max_steps"])


@pytest.mark.parametrize(
    ("flags", "parameters"),
    [
        (["--type", "mlp"], 12_097),
        (["--type", "mlp", "--no-batchnorm"], 11_897),
        (["--type", "mlp", "--blank"], 69_147),
        (["--type", "wavenet"], 76_579),
        (["--type", "rnn"], 11_803),
        (["--type", "gru"], 28_315),
        (["--type", "bow"], 12_827),
    ],
)
def test_the_default_sizes_are_those_of_the_lectures_and_of_makemore_py(flags, parameters):
    config = config_of(parser_of_flags().parse_args(flags))
    config["block_size"] = config["block_size"] or 16  # the longest name has 15 letters
    assert sum(p.numel() for p in make(config, 27).parameters()) == parameters


# Evaluating and drawing, by the protocol


@pytest.fixture(scope="module")
def corpus(short_list):
    return Corpus.read(short_list, "80/10/10")


def model_of(type_, size, words_of=10):
    micrograd.manual_seed(1)
    config = config_of(parser_of_flags().parse_args([str(flag) for flag in flags_of(type_)]))
    config["block_size"] = config["block_size"] or words_of + 1
    return make(config, size).eval()


@neural
def test_the_loss_of_a_part_is_the_mean_surprise_of_its_characters(corpus, type_):
    model = model_of(type_, len(corpus.vocabulary))
    words = "".join(corpus.parts["dev"]).split()
    scores = [score(model, corpus.vocabulary, word) for word in words]
    by_word = -sum(s.log_likelihood for s in scores) / sum(len(s.tokens) for s in scores)
    assert evaluate(model, corpus.context_counts_for(model, "dev")) == pytest.approx(by_word, rel=1e-6)


@neural
def test_a_sample_of_context_counts_keeps_whole_contexts(corpus, type_):
    model = model_of(type_, len(corpus.vocabulary))
    found = corpus.context_counts_for(model, "train")
    part = found.sample(len(found.contexts) * found.rows_per_context // 3)
    assert 0 < len(part.contexts) <= len(found.contexts) // 3
    whole = dict(zip(zip(found.rows, found.targets, strict=True), found.counts, strict=True))
    index = {row.tobytes(): i for i, row in enumerate(found.contexts)}
    for row, target, count in zip(part.rows, part.targets, part.counts, strict=True):
        of, at = divmod(row, part.rows_per_context)
        there = index[part.contexts[of].tobytes()] * found.rows_per_context + at
        assert whole[there, target] == count
    assert found.sample(10**9) is found


def test_the_last_evaluation_of_a_long_part_is_that_of_a_sample_and_says_so(
    corpus, short_list, command, tmp_path, monkeypatch
):
    flags = ["-i", short_list, *flags_of("rnn", "--schedule", "constant", "--warmup", 0, "-n", 3), "-o"]
    train = corpus.context_counts("train", None)
    words = len(train.contexts) // 2
    outcomes = {"whole": command("train", *flags, tmp_path / "whole", "--max-steps", 20)}
    monkeypatch.setattr("makemore.run.LAST_CHARACTERS", words * train.rows_per_context)
    outcomes["sample"] = command("train", *flags, tmp_path / "sample", "--max-steps", 20)
    command("train", *flags, tmp_path / "resumed", "--max-steps", 10)
    outcomes["resumed"] = command("train", "-o", tmp_path / "resumed", "--resume", "--max-steps", 20, "-n", 3)
    line = f"the train loss of the rnn is that of {words} of the {len(train.contexts)} words, drawn at random\n"
    assert {name: line in outcome.out for name, outcome in outcomes.items()} == {
        "whole": False, "sample": True, "resumed": True,
    }  # fmt: skip
    files = {name: {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in outcomes}
    assert files["resumed"]["metrics.jsonl"] == files["sample"]["metrics.jsonl"]
    for name in ("best.safetensors", "samples.txt"):  # it takes nothing from the stream of random numbers
        assert files["whole"][name] == files["sample"][name]
    whole, sample = (json.loads(files[name]["metrics.jsonl"].splitlines()[-1]) for name in ("whole", "sample"))
    model, _ = RunFolder(tmp_path / "sample").load()
    assert sample["train_loss"] == evaluate(model, train.sample(words * train.rows_per_context))
    assert sample["train_loss"] != whole["train_loss"] == pytest.approx(sample["train_loss"], abs=0.1)
    assert [sample[f"{part}_loss"] for part in ("dev", "test")] == [whole[f"{part}_loss"] for part in ("dev", "test")]


def test_examples_of_whole_words_name_each_character_once(corpus):
    ids = corpus.token_ids("dev")
    contexts, targets = word_examples(ids)
    rows, columns = np.nonzero(targets >= 0)
    np.testing.assert_array_equal(targets[rows, columns], ids[1:])
    np.testing.assert_array_equal(contexts[rows, columns], ids[:-1])
    assert (contexts[targets < 0] == 0).all()


def test_long_windows_are_counted_as_short_ones_are():
    ids = np.random.default_rng(0).integers(0, 3, 300)
    ids[0] = ids[-1] = 0
    found = examples(ids, 4)
    short, long = (
        ContextCounts.of_examples(found, 3),
        ContextCounts.of_examples(found, 2**20),
    )  # of the second no key fits 64 bits
    assert short.counts.sum() == long.counts.sum() == 299
    assert short.contexts.tolist() == long.contexts.tolist()
    assert short.counts.tolist() == long.counts.tolist()


@pytest.mark.parametrize("type_", ["mlp", "gru"])
def test_words_drawn_many_at_once_come_as_often_as_the_model_says(type_):
    vocabulary = Vocabulary("ab")
    model = model_of(type_, 3, words_of=5)
    sampler = Sampler(model, vocabulary, Generator().manual_seed(3), at_once=500, longest=3)
    words = [word for word, _ in zip(sampler.words(), range(20_000), strict=False)]
    for word in ("", "a", "b", "ab"):
        probability = math.exp(score(model, vocabulary, word).log_likelihood)
        deviation = math.sqrt(probability * (1 - probability) / len(words))
        assert abs(words.count(word) / len(words) - probability) < 5 * deviation  # one seed, so it cannot flicker


@neural
def test_a_model_is_asked_in_its_eval_mode_and_left_as_it_was(corpus, type_):
    model = model_of(type_, len(corpus.vocabulary)).train()
    before = {name: tensor.numpy().copy() for name, tensor in model.state_dict().items()}
    contexts = corpus.context_counts_for(model, "dev").contexts
    log_probabilities(model, contexts)
    assert model.training
    for name, tensor in model.state_dict().items():
        np.testing.assert_array_equal(tensor.numpy(), before[name])


# Looking inside


@pytest.mark.usefixtures("real_pictures")
def test_find_lr_draws_its_sweep_and_suggests_a_rate_and_the_folder_stays_free(command, short_list, tmp_path):
    folder = tmp_path / "run"
    outcome = command("train", "-i", short_list, "-o", folder, "--find-lr", *flags_of("mlp"))
    assert outcome.status == 0
    rate = float(re.search(r"--learning-rate ([\d.e-]+)$", outcome.out, re.M).group(1))
    assert 1e-3 <= rate <= 1
    assert (folder / "find_lr.png").read_bytes().startswith(b"\x89PNG")
    flags = flags_of("mlp", "--learning-rate", rate, "--max-steps", 5)
    assert command("train", "-i", short_list, "-o", folder, *flags).status == 0


@pytest.mark.usefixtures("real_pictures")
@pytest.mark.parametrize("type_", ["mlp", "transformer", "rnn"])
def test_diagnose_shows_each_layer_and_each_parameter(command, short_list, tmp_path, type_):
    folder = tmp_path / "run"
    outcome = command("train", "-i", short_list, "-o", folder, *flags_of(type_, "--max-steps", 30), "--diagnose")
    assert outcome.status == 0, outcome.err
    config = json.loads((folder / "config.json").read_text())
    model = make(config, len(config["vocabulary"]) + 1)
    for name, parameter in model.named_parameters():
        assert parameter.ndim < 2 or re.search(rf"^{re.escape(name)} +[\dx ]+ [\d.]+", outcome.out, re.M)
    assert re.search(r"^\S+ \(\w+\) .*%|^\S+ \(\w+\) .* - ", outcome.out, re.M)
    for picture in ("activations.png", "gradients.png", "updates.png", "embedding.png"):
        assert (folder / picture).read_bytes().startswith(b"\x89PNG"), picture


def test_a_first_loss_far_too_high_and_units_that_cannot_learn_are_said(corpus, capsys):
    model = model_of("mlp", len(corpus.vocabulary))
    diagnosis.print_first_look(model, corpus)
    assert capsys.readouterr().out == ""
    for layer in model.mlp:
        if hasattr(layer, "weight") and layer.weight.ndim == 1:
            layer.bias.data += 30.0  # batch norm's: every tanh is at its end
        elif hasattr(layer, "weight"):
            layer.weight.data *= 100
    diagnosis.print_first_look(model, corpus)
    said = capsys.readouterr().out
    assert f"far over ln({len(corpus.vocabulary)}) = {math.log(len(corpus.vocabulary)):.2f}" in said
    assert "16 of 16 units" in said


# Bad input


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--type", "transformer", "--n-embd", 10, "--n-head", 4], "10"),
        (["--type", "wavenet", "--block-size", 6], "6"),
        (["--type", "mlp", "--block-size", 0], "1 or more"),
        (["--type", "mlp", "--n-head", 2], "--n-head does not go with --type mlp"),
        (["--type", "rnn", "--batchnorm"], "--batchnorm does not go with --type rnn"),
        (["--type", "mlp", "--blank", "--n-layer", 2], "blank"),
        (["--type", "mlp", "--fit", "counts"], "gradient descent"),
        (["--type", "mlp", "--optimizer", "adagrad"], "adagrad"),
        (["--type", "mlp", "--max-steps", -1, "--schedule", "cosine"], "needs an end"),
        (["--type", "rnn", "--block-size", 5], "too short"),
    ],
)
def test_sizes_and_flags_that_do_not_fit_are_one_line_and_no_folder(command, short_list, tmp_path, flags, says):
    outcome = command("train", "-i", short_list, "-o", tmp_path / "run", *flags)
    assert says in outcome.complaint
    assert not (tmp_path / "run").exists()


@pytest.fixture(scope="module")
def small_run(command, short_list, tmp_path_factory):
    folder = tmp_path_factory.mktemp("small") / "run"
    assert command("train", "-i", short_list, "-o", folder, *flags_of("mlp", "--max-steps", 10)).status == 0
    return folder


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--type", "rnn"], "mlp"),
        (["--n-embd2", 17], "16"),
        (["--optimizer", "adamw"], "sgd"),
        (["--n-head", 2], "none"),
        (["--max-steps", 5], "larger total"),
    ],
)
def test_a_flag_that_contradicts_the_run_that_goes_on_is_one_line(command, small_run, flags, says):
    before = contents_of(small_run)
    assert says in command("train", "-o", small_run, "--resume", *flags).complaint
    assert contents_of(small_run) == before


def test_a_checkpoint_of_another_vocabulary_is_one_line(command, small_run, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    for name, content in contents_of(small_run).items():
        (folder / name).write_bytes(content)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"vocabulary": ["a", "b"]}))
    for arguments in (["sample"], ["score", "ab"], ["train", "--resume", "--max-steps", 20]):
        assert str(folder) in command(*arguments, "-o", folder).complaint


def test_a_word_that_is_too_long_for_a_model_of_whole_words_is_one_line(command, short_list, tmp_path):
    folder = tmp_path / "run"
    assert command("train", "-i", short_list, "-o", folder, *flags_of("bow", "--max-steps", 2)).status == 0
    assert "too long" in command("score", "-o", folder, "a" * 40).complaint
    assert "too long" in command("sample", "-o", folder, "--prompt", "a" * 40).complaint


# The ladder


def test_the_ladder_compares_its_rungs_and_trains_none_twice(command, short_list, tmp_path):
    flags = ["-i", short_list, "-o", tmp_path / "ladder", "--budget", 0.2, "bigram", "mlp"]
    outcome = command("ladder", *flags)
    assert outcome.status == 0, outcome.err
    rows = re.findall(r"^(bigram|mlp) +([\d,]+) +([\d.]+) +([\d.]+) +([\d.]+) .*  (.*)$", outcome.out, re.M)
    assert [row[0] for row in rows] == ["bigram", "mlp"]

    for row in rows:
        assert len(row[5].split(", ")) == 5
        assert float(row[2]) < math.log(7)
    before = contents_of(tmp_path / "ladder" / "mlp")
    again = command("ladder", *flags)
    assert again.out.count("is trained already") == 2
    assert re.findall(r"^(?:bigram|mlp) .*$", again.out, re.M)[-1] == re.findall(r"^mlp .*$", outcome.out, re.M)[-1]
    assert contents_of(tmp_path / "ladder" / "mlp") == before
    for name in ("ladder.json", "ladder.txt", "ladder.png"):
        assert (tmp_path / "ladder" / name).exists()


def test_a_ladder_on_other_words_or_of_an_unknown_rung_is_one_line(command, short_list, tmp_path):
    flags = ["-o", tmp_path / "ladder", "--budget", 0.05, "bigram"]
    assert command("ladder", "-i", short_list, *flags).status == 0
    (tmp_path / "others.txt").write_text("ab\nba\naab\nbab\n" * 5)
    assert "other words" in command("ladder", "-i", tmp_path / "others.txt", *flags).complaint
    assert "perceptron" in command("ladder", "-i", short_list, "perceptron").complaint


# Under the guard


@pytest.mark.usefixtures("compiled")
@neural
def test_neither_the_guard_nor_the_compiler_changes_anything_of_a_right_run(command, short_list, tmp_path, type_):
    flags = flags_of(type_, "--max-steps", 12)
    assert command("train", "-i", short_list, "-o", tmp_path / "plain", *flags).status == 0
    guarded = command("train", "-i", short_list, "-o", tmp_path / "guarded", *flags, "--guard")
    assert guarded.status == 0, guarded.err
    plain = contents_of(tmp_path / "plain")
    assert {name for name, content in contents_of(tmp_path / "guarded").items() if content != plain[name]} == set()


def test_what_the_guard_catches_is_one_line(command, short_list, tmp_path):
    flags = flags_of("mlp", "--max-steps", 12, "--learning-rate", 1e30, "--schedule", "constant")
    outcome = command("train", "-i", short_list, "-o", tmp_path / "run", *flags, "--guard")
    assert outcome.complaint.startswith("the guard stopped step ")
