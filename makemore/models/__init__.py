"""The language models, one file a family; the table of their types, and how a run's model is made.

They know words as token ids, and nothing of files.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

import micrograd
from makemore.data import check_table
from makemore.models.bow import BagOfWords
from makemore.models.mlp import MLP
from makemore.models.ngram import Counts, NGram
from makemore.models.recurrent import GRU, LSTM, RNN
from makemore.models.transformer import Transformer
from makemore.models.wavenet import WaveNet
from micrograd import from_numpy
from micrograd.command import UsageError


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
NGRAMS = ("bigram", "trigram")


def has_size(type_: str, name: str) -> bool:
    """Whether one can choose a size of a type; n-grams, and models of whole words, have a context of their own."""
    sizes = FAMILIES[type_].sizes
    return name in sizes and not (name == "block_size" and (type_ in NGRAMS or sizes[name] is None))


def make(config: Mapping[str, Any], vocabulary_size: int) -> Any:
    """The model that config asks for, its initial weights drawn from the default generator.

    Raises UsageError where the sizes do not fit together.
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
        problem = str(error).replace("context_length", "--block-size")
        raise UsageError(f"--type {config['type']}: {problem}") from None


def set_weights(model: Any, arrays: Mapping[str, np.ndarray]) -> None:
    """Put arrays in place of a model's weights and buffers, by their names in its state_dict.

    Raises RuntimeError where names or shapes are others, ValueError where an element is not finite.
    """
    model.load_state_dict({name: from_numpy(array) for name, array in arrays.items()})
    if not all(np.isfinite(array).all() for array in arrays.values()):
        raise ValueError("some of its numbers are not finite")


def trained_model(config: Mapping[str, Any], vocabulary_size: int, arrays: Mapping[str, np.ndarray]) -> Any:
    """The model that config asks for, in eval mode, with the weights, or the counts, that a run ended with.

    The default generator stays as it is. Raises RuntimeError, ValueError or KeyError where they do not fit config.
    """
    if config["fit"] == "counts":
        table, context_length = arrays["counts"], FAMILIES[config["type"]].sizes["block_size"]
        if table.shape != (vocabulary_size**context_length, vocabulary_size):
            raise ValueError(f"its counts have the shape {table.shape}")
        table = table.reshape((vocabulary_size,) * (context_length + 1))
        model: Any = Counts(table, config.get("smoothing") or 0.0, config.get("interpolation"))
    else:
        state = micrograd.random.default_generator.get_state()  # weights are drawn, only to be replaced
        model = make(config, vocabulary_size)
        micrograd.random.default_generator.set_state(state)
        set_weights(model, arrays)
    if model.vocabulary_size != vocabulary_size or model.context_length != config["block_size"]:
        raise RuntimeError("the sizes differ")
    return model.eval()
