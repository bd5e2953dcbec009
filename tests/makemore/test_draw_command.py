"""`python -m makemore.draw` draws what a trained model predicts, of every type, and complains in one line."""

import re

import numpy as np
import pytest

from makemore.data import Vocabulary
from makemore.draw import picture_of
from makemore.language_model import score
from makemore.models import FAMILIES, TYPES, make
from makemore.run_folder import RunFolder

WORDS = ["emil", "mila", "lena", "anne", "emma", "lia", "mia", "ella", "alan", "liam", "neil", "eli"]


@pytest.fixture(scope="module")
def runs(command, tmp_path_factory):
    """The folder of a short run of a type, trained when first asked for: runs("mlp", "--n-embd", 4)."""
    made = {}
    words = tmp_path_factory.mktemp("lists") / "words.txt"
    words.write_text("\n".join(WORDS))

    def run(kind, *flags):
        if (kind, flags) not in made:
            folder = tmp_path_factory.mktemp("runs") / kind
            outcome = command("train", "-i", words, "--type", kind, "-o", folder, *flags)
            assert outcome.status == 0, outcome.err
            made[kind, flags] = folder
        return made[kind, flags]

    return run


def loss_in(svg):
    return float(re.search(r"<title>loss\n\[\] float32\ndata ([-.\de]+)", svg)[1])


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_of_model_is_drawn_with_the_loss_of_the_word_and_of_each_prediction(kind):
    vocabulary = Vocabulary("".join(WORDS))
    sizes = FAMILIES[kind].sizes
    config = sizes | {"type": kind, "block_size": sizes["block_size"] or 8}
    model = make(config | ({"n_layer": 1} if kind == "transformer" else {}), len(vocabulary)).eval()
    scored = score(model, vocabulary, "emil").log_probabilities
    svg = picture_of(model, vocabulary, "emil").svg()
    for name, _ in model.named_parameters():
        assert f">{name}<" in svg
    assert f">{type(model).__name__}<" in svg
    # score adds up in float64, the graph in float32.
    assert loss_in(svg) == pytest.approx(-np.mean(scored), rel=1e-4)
    for at in (1, 5):
        assert loss_in(picture_of(model, vocabulary, "emil", at).svg()) == pytest.approx(-scored[at - 1], rel=1e-4)


def test_the_command_draws_into_the_folder_of_the_run(runs, command):
    folder = runs("bigram", "--max-steps", 3)
    outcome = command("draw", "-o", folder, "--word", "emil")
    assert (outcome.status, outcome.out) == (0, f"saved {folder / 'graph.svg'}\n")
    model, vocabulary = RunFolder(folder).load()
    mean = -np.mean(score(model, vocabulary, "emil").log_probabilities)
    assert loss_in((folder / "graph.svg").read_text(encoding="utf-8")) == pytest.approx(mean, rel=1e-4)


def test_a_run_that_was_drawn_is_still_a_run(runs, command, tmp_path):
    folder = runs("bigram", "--max-steps", 3)
    assert command("draw", "-o", folder, "--word", "mila").status == 0
    assert command("draw", "-o", folder, "--word", "mila", "-s", folder / "graph.html").status == 0
    assert command("train", "--resume", "--max-steps", 4, "-o", folder).status == 0


def test_the_page_of_steps_and_the_dot_text_go_where_they_are_asked_to(runs, command, tmp_path):
    folder = runs("bigram", "--max-steps", 3)
    for name, beginning in (("page.html", "<!doctype html>"), ("graph.dot", "digraph")):
        outcome = command("draw", "-o", folder, "--word", "mila", "--at", 2, "--save", tmp_path / name)
        assert outcome.out == f"saved {tmp_path / name}\n"
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(beginning)


def test_what_cannot_be_drawn_is_one_line(runs, command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = runs("bigram", "--max-steps", 3)
    here = ["-o", folder, "--word"]
    assert "'q' of 'quinn'" in command("draw", *here, "quinn").complaint
    assert "'mila' has 5 predictions" in command("draw", *here, "mila", "--at", 6).complaint
    assert "at least 1" in command("draw", *here, "mila", "--at", 0).complaint
    assert ".svg, .png or .pdf" in command("draw", *here, "mila", "-s", "graph.jpg").complaint
    assert "no/such/graph.svg: No such file" in command("draw", *here, "mila", "-s", "no/such/graph.svg").complaint
    assert "--word" in command("draw", "-o", folder).complaint
    assert "no run" in command("draw", "-o", tmp_path, "--word", "mila").complaint
    counted = runs("bigram", "--fit", "counts")
    assert "no gradients" in command("draw", "-o", counted, "--word", "mila").complaint
    assert list(tmp_path.iterdir()) == []
