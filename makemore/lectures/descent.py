"""What parts 2 to 5 share: batches, gradient descent, and the outcome of a trained net."""

import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import micrograd
from makemore.config import LECTURE_SEED
from makemore.corpus import Corpus
from makemore.data import Examples
from makemore.display import progress_bar
from makemore.language_model import Sampler
from micrograd import Generator, Tensor
from micrograd.nn import functional as F  # noqa: N812 - as everywhere
from micrograd.optim import SGD

BATCH_SIZE = 32
LONGEST_WORD = 40


class Outcome(NamedTuple):
    """The results of a part: values, by their names in published.json, and new words."""

    values: dict[str, Any]
    words: list[str]


Draw = Callable[[], Examples]


def batches(corpus: Corpus, context_length: int, generator: Generator | None = None) -> Draw:
    """Draws 32 examples each time it is called: contexts (32, context_length) and targets (32,), int64."""
    found = corpus.examples("train", context_length)

    def draw() -> Examples:
        return found.at(micrograd.randint(0, len(found.contexts), (BATCH_SIZE,), generator=generator).numpy())

    return draw


def descend(step: Callable[[float], float], steps: int, name: str, at_first_rate: float = 0.5) -> list[float]:
    """Take steps and return the loss of each, (steps,).

    step: takes one step with the learning rate it is given, and returns the loss of its batch before it.
    at_first_rate: the fraction of the steps that have a learning rate of 0.1; the rest have 0.01.
    """
    losses = []
    with progress_bar(total=steps, unit="step", desc=name) as bar:
        for i in range(steps):
            losses.append(step(0.1 if i < at_first_rate * steps else 0.01))
            bar.update()
            if i % 200 == 0:
                bar.set_postfix_str(f"loss {np.mean(losses[-1000:]):.4f}", refresh=False)
    return losses


def step_of(model: Any, draw: Draw) -> Callable[[float], float]:
    """A step of gradient descent by loss.backward()."""
    optimizer = SGD(model.parameters())

    def step(rate: float) -> float:
        loss = loss_on(model, *draw())
        optimizer.zero_grad()
        loss.backward()
        optimizer.param_groups[0]["lr"] = rate
        optimizer.step()
        return loss.item()

    return step


def loss_on(model: Any, contexts: np.ndarray, targets: np.ndarray) -> Tensor:
    """The mean cross-entropy of a batch, in nats a character."""
    return F.cross_entropy(model(micrograd.from_numpy(contexts)), micrograd.from_numpy(targets))


def outcome_of(model: Any, corpus: Corpus, values: dict[str, Any]) -> Outcome:
    """The values, the trained model's losses on all of train and dev, and ten words of it, less the empty ones."""
    model.eval()
    for part in ("train", "dev"):
        loss = corpus.loss(model, part)
        if loss is not None:
            values[f"{part} loss"] = loss
    sampler = Sampler(model, corpus.vocabulary, Generator().manual_seed(LECTURE_SEED + 10), longest=LONGEST_WORD)
    return Outcome(values, [word for word in itertools.islice(sampler.words(), 10) if word])
