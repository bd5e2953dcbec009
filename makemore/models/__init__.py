"""The language models, one file a family; the table of their types, and how a run's model is made and loaded."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

import micrograd
from makemore.config import NGRAMS
from makemore.data import Vocabulary, check_table
from makemore.models.bow import BagOfWords
from makemore.models.mlp import MLP
from makemore.models.ngram import Counts, NGram
from makemore.models.recurrent import GRU, LSTM, RNN
from makemore.models.transformer import Transformer
from makemore.models.wavenet import WaveNet
from makemore.run_folder import CHECKPOINT, Checkpoint, RunFolder
from micrograd import from_numpy
from micrograd.command import Complaint


class Family(NamedTuple):
    """A type of model: its class, and its sizes with what they are where no flag says otherwise.

    A block_size of None is that of the longest word and its end.
    """

    model: Any
    sizes: dict[str, Any]


FAMILIES = {
    "bigram": Family(NGram, {"block_size": 1}),
    "trigram": Family(NGram, {"block_size": 2}),
    "mlp": Family(
        MLP,
        {"block_size": 3, "n_embd": 10, "n_embd2": 200, "n_layer": 1, "batchnorm": True, "direct": False}
        | {"blank": False},
    ),
    "wavenet": Family(WaveNet, {"block_size": 8, "n_embd": 24, "n_embd2": 128}),
    "bow": Family(BagOfWords, {"block_size": None, "n_embd": 64, "n_embd2": 64}),
    "rnn": Family(RNN, {"block_size": None, "n_embd": 64, "n_embd2": 64}),
    "gru": Family(GRU, {"block_size": None, "n_embd": 64, "n_embd2": 64}),
    "lstm": Family(LSTM, {"block_size": None, "n_embd": 64, "n_embd2": 64}),
    "transformer": Family(Transformer, {"block_size": None, "n_embd": 64, "n_layer": 4, "n_head": 4}),
}
TYPES = list(FAMILIES)


def make(config: Mapping[str, Any], vocabulary_size: int) -> Any:
    """The model that config asks for, its first weights drawn from the default generator.

    Raises Complaint where the sizes do not fit together.
    """
    family = FAMILIES[config["type"]]
    if config["type"] in NGRAMS:
        order = config["block_size"] + 1
        check_table(vocabulary_size, order)
        return NGram(vocabulary_size, order)
    sizes = {name: config[name] for name in family.sizes if name != "block_size"}
    try:
        return family.model(vocabulary_size, config["block_size"], **sizes)
    except ValueError as error:
        raise Complaint(f"--type {config['type']}: {error}") from None


def load(folder: RunFolder, checkpoint: Checkpoint | None = None) -> tuple[Any, Vocabulary]:
    """The trained model of a run and its vocabulary: that of the checkpoint, else the best one of those kept.

    Raises Complaint where the folder's files do not fit together.
    """
    config = folder.read_config()
    checkpoint = checkpoint or folder.read_chosen()
    vocabulary = Vocabulary(config["vocabulary"])
    try:
        if config["fit"] == "counts":
            model: Any = Counts(checkpoint.model["counts"], config["smoothing"])
        else:
            state = micrograd.random.default_generator.get_state()  # drawn only to be replaced: nobody should notice
            model = make(config, len(vocabulary))
            micrograd.random.default_generator.set_state(state)
            model.load_state_dict({name: from_numpy(array) for name, array in checkpoint.model.items()})
        if not all(np.isfinite(array).all() for array in checkpoint.model.values()):
            raise ValueError("it holds numbers that are none")
        if model.vocabulary_size != len(vocabulary) or model.context_length != config["block_size"]:
            raise RuntimeError("the sizes differ")
    except (RuntimeError, KeyError, ValueError) as error:
        text = " ".join(str(error).split())
        raise Complaint(f"{folder.path / CHECKPOINT} does not fit config.json beside it: {text:.300}") from None
    return model.eval(), vocabulary
