"""The language models, one file a family, and how a run's model is made and loaded."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from makemore.complaint import Complaint
from makemore.data import Vocabulary, check_table
from makemore.models.ngram import Counts, NGram
from makemore.run_folder import CHECKPOINT, Checkpoint, RunFolder
from micrograd import Generator, from_numpy

ORDERS = {"bigram": 2, "trigram": 3}


def make(config: Mapping[str, Any], vocabulary_size: int, generator: Generator | None = None) -> NGram:
    """The model that config asks for, with its first weights drawn from the generator."""
    order = ORDERS[config["type"]]
    check_table(vocabulary_size, order)
    return NGram(vocabulary_size, order, generator)


def load(folder: RunFolder, checkpoint: Checkpoint | None = None) -> tuple[Any, Vocabulary]:
    """The trained model of a run and its vocabulary. Raises Complaint where the folder's files do not fit together."""
    config = folder.read_config()
    checkpoint = checkpoint or folder.read_checkpoint()
    vocabulary = Vocabulary(config["vocabulary"])
    tensors = {name: from_numpy(array) for name, array in checkpoint.model.items()}
    try:
        if config["fit"] == "counts":
            model: Any = Counts(checkpoint.model["counts"], config["smoothing"])
        else:
            model = make(config, len(vocabulary))
            model.load_state_dict(tensors)
        if not all(np.isfinite(array).all() for array in checkpoint.model.values()):
            raise ValueError("it holds numbers that are none")
        if model.vocabulary_size != len(vocabulary) or model.context_length != ORDERS[config["type"]] - 1:
            raise RuntimeError("the sizes differ")
    except (RuntimeError, KeyError, ValueError) as error:
        raise Complaint(f"{folder.path / CHECKPOINT} does not fit config.json beside it: {error}") from None
    return model, vocabulary
