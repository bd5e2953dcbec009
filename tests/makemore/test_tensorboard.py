"""--tensorboard, read back by TensorBoard's own reader."""

import json
import sys

import numpy as np
import pytest

import micrograd
from makemore.run_folder import RunFolder

pytest.importorskip("tensorboardX")
RUN = ["--type", "mlp", "--n-embd2", 8, "--n-embd", 4, "--eval-every", 20, "--tensorboard", "board", "-o", "run"]


@pytest.fixture
def events(tmp_path, short_list, command, monkeypatch):
    """What TensorBoard reads of a run of 60 steps that was stopped at 40, by its own reader; the folder."""
    reader = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    monkeypatch.chdir(tmp_path)
    for flags in (["-i", short_list, "--schedule", "constant", "--max-steps", 40], ["--resume", "--max-steps", 60]):
        first = RUN if "-i" in flags else RUN[-4:]
        assert command("train", *first, *flags, "-n", 2, "--type", "mlp").status == 0
    found = reader.EventAccumulator(
        str(tmp_path / "board"),
        size_guidance={"tensors": 0, "scalars": 0},
        purge_orphaned_data=False,  # two runs in one second leave files that it takes for a restart
    )
    return found.Reload(), tmp_path


def test_tensorboard_reads_the_numbers_of_the_record_the_words_and_the_embedding(events):
    found, folder = events
    lines = [json.loads(line) for line in (folder / "run" / "metrics.jsonl").read_text().splitlines()][:-1]
    assert [line["step"] for line in lines] == [0, 20, 40, 60]
    names = {"loss/train": "train_loss", "loss/dev": "dev_loss"}
    names |= {name: name for name in ("learning_rate", "gradient_norm", "update_ratio")}
    assert set(found.Tags()["scalars"]) == set(names)
    for title, name in names.items():
        expected = [(line["step"], np.float32(line[name])) for line in lines if name in line]
        assert [(event.step, np.float32(event.value)) for event in found.Scalars(title)] == expected
        assert len(expected) >= 3
    assert [line["learning_rate"] for line in lines[1:]] == [0.1, 0.1, 0.1]
    texts = found.Tensors("new words/text_summary")
    assert [event.step for event in texts] == [0, 20, 40, 60]
    assert len(texts[-1].tensor_proto.string_val[0].decode().split("  \n")) == 10
    first, tensors = sorted(folder.glob("board/*/embedding/tensors.tsv"))
    assert [path.parts[-3] for path in (first, tensors)] == ["00040", "00060"]
    model, vocabulary = RunFolder(folder / "run").load(RunFolder(folder / "run").read_checkpoint())
    np.testing.assert_allclose(np.loadtxt(tensors), model.wte.weight.detach().numpy(), rtol=1e-6)
    assert tensors.with_name("metadata.tsv").read_text().split() == vocabulary.tokens
    # Plain gradient descent: the update is the rate times the gradient, and the parameters before it are as large as
    # those after it, to within the update.
    last = lines[-1]
    size = np.linalg.norm(np.concatenate([parameter.detach().numpy().ravel() for parameter in model.parameters()]))
    expected = 0.1 * last["gradient_norm"] / float(size)
    assert last["update_ratio"] == pytest.approx(expected, rel=2 * expected)


def test_a_run_takes_the_same_steps_with_it(tmp_path, short_list, command, monkeypatch):
    monkeypatch.chdir(tmp_path)
    flags = ["-i", short_list, "--max-steps", 20, "-n", 0, *RUN[:-4]]
    assert command("train", *flags, "--tensorboard", "board", "-o", "with").status == 0
    state = micrograd.random.default_generator.get_state().numpy()
    assert command("train", *flags, "-o", "without").status == 0
    assert (micrograd.random.default_generator.get_state().numpy() == state).all()
    with_it, without = (tmp_path / name / "model.safetensors" for name in ("with", "without"))
    assert with_it.read_bytes() == without.read_bytes()


def test_without_tensorboardx_it_says_what_to_install(tmp_path, short_list, command, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    outcome = command(
        "train", "-i", short_list, "--max-steps", 5, "--tensorboard", tmp_path / "b", "-o", tmp_path / "r"
    )
    assert outcome.complaint == "--tensorboard needs tensorboardX: pip install 'micrograd-makemore[tensorboard]'"
    assert not (tmp_path / "r").exists()
