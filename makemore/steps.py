"""What a step of gradient descent is made of: its loss, its learning rate, its optimizer, and the threads it takes."""

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

import micrograd
from makemore import processes
from makemore.corpus import Corpus
from makemore.language_model import loss_of, window_of
from makemore.models import NGRAMS
from makemore.models.ngram import frequencies_of
from micrograd import Tensor
from micrograd.nn import Embedding
from micrograd.nn.utils import clip_grad_norm_
from micrograd.optim import SGD, AdamW, Optimizer

# The loss.


def loss_of_step(config: Mapping[str, Any], corpus: Corpus, model: Any, compiled: bool = False) -> Callable[[], Tensor]:
    """The loss of a step: on batch_size examples, drawn from the default generator as in the lectures.

    With a batch_size of 0 it is that of an n-gram on all examples at once, through the table of their counts.
    compiled: by `micrograd.compile`; the numbers are the same.
    """
    size, decay = config["batch_size"], config["weight_decay"]
    if not size:
        frequencies = frequencies_of(corpus.counts("train", model.context_length + 1))

        def loss_on_everything() -> Tensor:
            return model.loss_of_counts(frequencies) + model.penalty(decay)

        return micrograd.compile(loss_on_everything) if compiled else loss_on_everything

    found = corpus.examples("train", window_of(model))
    loss_of_batch = micrograd.compile(loss_of) if compiled else loss_of

    def loss_on_minibatch() -> Tensor:
        batch = found.at(micrograd.randint(0, len(found.contexts), (size,)).numpy())
        loss = loss_of_batch(model, *map(micrograd.from_numpy, batch))
        return loss + model.penalty(decay) if config["type"] in NGRAMS else loss

    return loss_on_minibatch


class Step:
    """Takes the steps of a run, in this process alone. compiled: see `loss_of_step`."""

    def __init__(
        self, config: Mapping[str, Any], corpus: Corpus, model: Any, optimizer: Optimizer, compiled: bool = False
    ):
        self.model, self.optimizer, self.clip = model, optimizer, config["clip"]
        self.next_loss = loss_of_step(config, corpus, model, compiled)

    def take(self, rate: float) -> float:
        """Take a step, and return its loss."""
        self.optimizer.param_groups[0]["lr"] = rate
        loss = self.next_loss()
        self.optimizer.zero_grad()
        loss.backward()
        if self.clip:
            clip_grad_norm_(self.model.parameters(), self.clip)
        self.optimizer.step()
        return loss.item()

    def gather_gradients(self) -> None:
        """All of them are here, other than where processes share a step, see `shards.SharedStep`."""

    def gather_state(self) -> None:
        """All of it is here."""


# The learning rate.


def rate_for(counts: np.ndarray, batch_size: int, weight_decay: float) -> float:
    """The learning rate of an n-gram where the user gives none: the lecture's 50, or less where it would overshoot.

    counts: (size,) * order. At its minimum the loss has a curvature along a row of logits of at most the row's part of
    the examples times its largest probability, or times 1/2 where that is less, and the penalty one of twice its
    coefficient over the number of weights; a rate of 2 / curvature or more diverges. On minibatches the noise of rate r
    keeps the loss at most r / (4 * batch_size) nats above the minimum (the stationary covariance of the logits is
    r / (2 * batch_size) times the identity: Mandt, Hoffman and Blei 2017), and 1/16 nat is allowed.
    """
    rows = counts.sum(-1)
    curvature = (rows * np.minimum(counts.max(-1) / np.maximum(rows, 1), 0.5)).max() / rows.sum()
    rate = min(50.0, 1.9 / (float(curvature) + 2 * weight_decay / counts.size))
    return float(f"{min(rate, batch_size / 4) if batch_size else rate:.4g}")


def rate_at(step: int, config: Mapping[str, Any]) -> float:
    """The learning rate of step 0, 1, 2, ...: a warm-up, and then as config["schedule"] has it.

    step: a tenth from half of config["schedule_steps"] on, as in the lecture. linear, cosine: down to a hundredth at
    the end of schedule_steps (cosine: Loshchilov and Hutter 2017). It stays there for steps beyond.
    """
    rate, warmup, steps = config["learning_rate"], config["warmup"], config["schedule_steps"]
    if step < warmup:
        return rate * (step + 1) / (warmup + 1)
    if config["schedule"] == "constant":
        return rate
    if config["schedule"] == "step":
        return rate if step < steps / 2 else rate / 10
    done = min((step - warmup) / max(steps - warmup, 1), 1.0)
    left = 1 - done if config["schedule"] == "linear" else (1 + math.cos(math.pi * done)) / 2
    return rate * (0.01 + 0.99 * left)


# The optimizer.


def optimizer_of(config: Mapping[str, Any], model: Any) -> Optimizer:
    """The optimizer that config asks for. An n-gram's weight decay is a penalty of its loss instead."""
    decay = 0.0 if config["type"] in NGRAMS else config["weight_decay"]
    rate = config["learning_rate"]
    if config["optimizer"] == "sgd":
        return SGD(model.parameters(), lr=rate, weight_decay=decay)
    return AdamW(model.parameters(), lr=rate, betas=(0.9, 0.99), weight_decay=decay)  # makemore.py's betas


def optimizer_arrays(optimizer: Optimizer) -> dict[str, np.ndarray]:
    """The optimizer's state of each parameter, by the parameter's index and its own name: "0.momentum_buffer"."""
    state = optimizer.state_dict()["state"]
    return {f"{i}.{name}": tensor.numpy() for i, values in state.items() for name, tensor in values.items()}


def load_optimizer(optimizer: Optimizer, arrays: dict[str, np.ndarray]) -> None:
    """Put back what `optimizer_arrays` gave. Raises ValueError where it does not fit the optimizer's parameters."""
    state: dict[int, dict[str, np.ndarray]] = {}
    for key, array in arrays.items():
        index, name = key.split(".")
        state.setdefault(int(index), {})[name] = array
    if isinstance(optimizer, AdamW) and arrays:
        for i in range(len(optimizer.param_groups[0]["params"])):
            if lacking := {"step", "exp_avg", "exp_avg_sq"} - state.get(i, {}).keys():
                raise ValueError(f"the optimizer's {i}.{min(lacking)} is not there")
    optimizer.load_state_dict(optimizer.state_dict() | {"state": state})


# The threads.

MOST_ON_ONE = 1 << 24
"""How many multiplications a product of matrices has at most that takes one thread: those of every type in its default
size, on words of up to thirty characters.

Several threads wait for the slowest of them after each product, so a small net gains little from two, and may become a
hundred times slower beside other programs: docs/several-processes.md has the measurements. Sizes alone decide, not what
runs beside, because the number of threads can change how a sum is rounded.
"""


def threads_for(config: Mapping[str, Any], model: Any) -> int:
    """The number of threads for the steps of a run: all of NumPy's if the largest product is worth it, else one.

    Each process of an mpiexec takes one, because they share the cores.
    """
    tables = {id(module.weight) for module in model.modules() if isinstance(module, Embedding)}
    weights = [p.numel() for p in model.parameters() if p.ndim == 2 and id(p) not in tables]
    largest = config["batch_size"] * config["block_size"] * max(weights, default=0)
    if processes.launched() or config["type"] in NGRAMS or largest <= MOST_ON_ONE:
        return 1
    return micrograd.get_num_threads()


@contextlib.contextmanager
def on_threads(n: int) -> Iterator[None]:
    """A block in which products of matrices use n threads."""
    before = micrograd.get_num_threads()
    micrograd.set_num_threads(n)
    try:
        yield
    finally:
        micrograd.set_num_threads(before)
