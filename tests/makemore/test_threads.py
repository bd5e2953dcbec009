"""On how many threads a run multiplies matrices: by the size of its work, or as many as are asked for."""

import pytest

import micrograd
from makemore import run
from makemore.config import config_of, parser_of_flags
from makemore.models import TYPES
from makemore.steps import threads_for
from makemore.training import Training


@pytest.fixture(autouse=True)
def _two_threads():
    before = micrograd.get_num_threads()
    micrograd.set_num_threads(2)
    yield
    micrograd.set_num_threads(before)


@pytest.fixture(scope="module")
def made(short_list):
    """A config, its words and its model, out of flags."""

    def of(*flags):
        config = config_of(parser_of_flags().parse_args(["-i", str(short_list), *flags]))
        corpus = run.read_corpus(config, str(short_list))
        config = run.complete(config, corpus)
        return config, corpus, run.new_model(config, corpus)

    return of


@pytest.mark.parametrize("type_", TYPES)
def test_every_type_in_its_usual_size_takes_one_thread(made, type_):
    config, _, model = made("--type", type_)
    assert threads_for(config, model) == 1


def test_a_large_net_takes_all_and_every_process_of_an_mpiexec_one(made, monkeypatch):
    config, _, model = made("--type", "transformer", "--n-embd", "256", "--n-layer", "1")
    assert threads_for(config, model) == 2
    monkeypatch.setenv("OMPI_COMM_WORLD_SIZE", "2")
    assert threads_for(config, model) == 1


@pytest.mark.parametrize(("flags", "wanted"), [([], 1), (["--threads", "2"], 2)])
def test_a_run_takes_its_steps_on_its_threads_and_restores_the_number_after(made, flags, wanted):
    asked = parser_of_flags().parse_args(flags).threads
    found = []
    training = Training(*made("--type", "rnn", "--max-steps", "1"))
    training.take_steps(progress=False, threads=asked, stepped=lambda _: found.append(micrograd.get_num_threads()))
    assert found == [wanted]
    assert micrograd.get_num_threads() == 2


def test_a_number_of_threads_that_makes_no_sense_is_one_line(command):
    for text, why in (("0", "has to be at least 1"), ("two", "is not a whole number")):
        outcome = command("train", "--threads", text)
        assert (outcome.status, why in outcome.complaint) == (2, True)
