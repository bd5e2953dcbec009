"""Gradient descent on a model: its losses, its rates, the loop and its evaluations, and how a run goes on."""

import contextlib
import math
import signal
import threading
import time
from collections.abc import Callable, Mapping
from types import FrameType, TracebackType
from typing import Any

import numpy as np

import micrograd
from makemore import processes, shards
from makemore.config import keeps_best
from makemore.corpus import Corpus, window_of
from makemore.display import progress_bar
from makemore.language_model import loss_of
from makemore.models import NGRAMS
from makemore.models.ngram import frequencies_of
from makemore.optimizers import load_optimizer, optimizer_arrays, optimizer_of
from makemore.run_folder import BEST, UNKNOWN_STEP, Checkpoint, RunFolder
from makemore.threads import on_threads, threads_for
from micrograd import Tensor
from micrograd.command import UsageError
from micrograd.nn.utils import clip_grad_norm_

STOPPING = (signal.SIGINT, signal.SIGTERM)
"""The signals that ask a run to save what it has and end: Ctrl-C, and what `kill` and a machine that goes down send."""

TRAIN_CHARACTERS, DEV_CHARACTERS = 1 << 15, 1 << 16
"""At how much of a part the evaluations between steps look at most, its padding included."""

LAST_CHARACTERS = 1 << 22
"""At how much of a part the evaluation after the last step looks: at all of it on lists of up to some 100,000 words."""


class StopAsked:
    """Turns Ctrl-C and SIGTERM into `asked`, so that a step is always finished; a second one stops immediately.

    Where one is inside another, such as a run in a search, both are set.
    """

    def __enter__(self) -> "StopAsked":
        self.asked = False
        self.in_main_thread = threading.current_thread() is threading.main_thread()
        if self.in_main_thread:
            self.before = {number: signal.signal(number, self._ask) for number in STOPPING}
        return self

    def _ask(self, signum: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True

    def __exit__(self, kind: type | None, value: BaseException | None, trace: TracebackType | None) -> None:
        if self.in_main_thread:
            for number, before in self.before.items():
                signal.signal(number, before)
            outer = getattr(self.before[signal.SIGINT], "__self__", None)
            if self.asked and isinstance(outer, StopAsked):
                outer.asked = True


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


# The loss of a step.


def loss_on_everything(
    config: Mapping[str, Any], corpus: Corpus, model: Any, compiled: bool = False
) -> Callable[[], Tensor]:
    """The loss of an n-gram's step on all examples at once, through the table of their counts."""
    frequencies, decay = frequencies_of(corpus.counts("train", model.context_length + 1)), config["weight_decay"]

    def loss() -> Tensor:
        return model.loss_of_counts(frequencies) + model.penalty(decay)

    return micrograd.compile(loss) if compiled else loss


def loss_on_minibatches(
    config: Mapping[str, Any], corpus: Corpus, model: Any, compiled: bool = False
) -> Callable[[], Tensor]:
    """The loss of a step on batch_size examples, drawn from the default generator as in the lectures."""
    found = corpus.examples("train", window_of(model))
    n, size = len(found.contexts), config["batch_size"]
    loss_of_batch = micrograd.compile(loss_of) if compiled else loss_of

    def loss() -> Tensor:
        batch = found.at(micrograd.randint(0, n, (size,)).numpy())
        return loss_of_batch(model, *map(micrograd.from_numpy, batch))

    if config["type"] in NGRAMS:
        return lambda: loss() + model.penalty(config["weight_decay"])
    return loss


def loss_of_step(config: Mapping[str, Any], corpus: Corpus, model: Any, compiled: bool = False) -> Callable[[], Tensor]:
    """The loss of a step as config has it: on minibatches, or with a batch_size of 0 on everything.

    compiled: by `micrograd.compile`; the numbers are the same.
    """
    return (loss_on_minibatches if config["batch_size"] else loss_on_everything)(config, corpus, model, compiled)


# The loop.


class Training:
    """A run at some step of gradient descent: all that changes from step to step, and the losses so far.

    One by counting takes no steps: its model is finished from the start.

    model: what is trained; batches go on from where the default generator is once its weights are drawn.
    folder: where the run is kept; None keeps it nowhere.
    """

    def __init__(self, config: dict[str, Any], corpus: Corpus, model: Any, folder: RunFolder | None = None):
        self.config, self.corpus, self.model = config, corpus, model
        self.folder: Any = folder
        self.step = 0
        self.optimizer: Any = optimizer_of(config, model) if config["fit"] == "gradient" else None
        self.metrics: list[dict[str, Any]] = []
        self.measured: dict[str, float] = {}  # what else the next line of metrics says
        self.patient_from = 0  # the evaluation from which on has_stalled counts
        self.recorded = False  # whether the folder's record of losses is that of this run by now

    @classmethod
    def resumed(cls, config: dict[str, Any], corpus: Corpus, folder: RunFolder) -> "Training":
        """Gradient descent as the run in the folder left it. Raises UsageError where its files are damaged."""
        checkpoint = folder.read_checkpoint()
        if checkpoint.step == UNKNOWN_STEP:
            raise UsageError(f"the weights in {folder.path} are another program's, without a step to go on from")
        model, _ = folder.load(checkpoint)
        self = cls(config, corpus, model, folder)
        self.step = checkpoint.step
        try:
            micrograd.random.default_generator.set_state(checkpoint.random)
            load_optimizer(self.optimizer, checkpoint.optimizer)
        except (RuntimeError, TypeError, ValueError, AttributeError) as error:
            raise UsageError(f"the checkpoint in {folder.path} cannot be resumed ({error}); train anew") from None
        # The last evaluation stays only where a run that was not stopped would have made it.
        made_anyway = self.step % config["eval_every"] == 0 or self.step == config["max_steps"]
        kept = self.step if made_anyway else self.step - 1
        self.metrics = [line for line in folder.evaluations() if line["step"] <= kept]
        return self

    def best(self) -> dict[str, Any] | None:
        """The evaluation with the lowest dev loss, the first of them; None where there is no dev loss.

        Not the last one if it came between those every eval_every steps: a stop, which evaluates too, leaves no trace
        in what follows. And not that of step 0: the initial weights may be good by chance.
        """
        lines = [line for line in self.metrics if line["step"] and line["dev_loss"] is not None]
        if lines and lines[-1]["step"] % self.config["eval_every"]:
            del lines[-1]
        return min(lines, key=lambda line: line["dev_loss"], default=None)

    def take_steps(self, *, progress: bool = True, evaluated: Callable[["Training"], None] | None = None,
                   stepped: Callable[["Training"], None] | None = None, compiled: bool = True,
                   threads: int | None = None) -> bool:  # fmt: skip
        """Go on up to config["max_steps"] (-1: without end), and return whether it got there.

        progress: show a bar. evaluated, stepped: called after each evaluation and each step; what they raise ends it.
        compiled: run a step's loss as a recorded program; the numbers are the same. threads: for products of matrices;
        None takes `threads_for` the run.
        Ctrl-C ends it after the step under way, and early_stop where the dev loss no longer falls.
        Raises UsageError where the loss is not finite any more.
        """
        config, model, optimizer = self.config, self.model, self.optimizer
        last = config["max_steps"]
        next_loss = loss_of_step(config, self.corpus, model, compiled)
        first, self.evaluated_at = self.step, self.step
        model.train()
        shown, smooth = time.monotonic(), math.nan
        total = None if last < 0 else last
        bar = progress_bar(total=total, initial=first, unit="step", desc="training", disable=not progress)
        threads = threads or threads_for(config, model)
        with StopAsked() as stop, bar, on_threads(threads), self._shared_steps(compiled, threads) as shared:
            evaluated_before = bool(self.metrics) and self.metrics[-1]["step"] == first
            if (first % config["eval_every"] == 0 or first == last) and not evaluated_before:
                self._evaluate(evaluated)
            while self.step != last and not stop.asked and not self.has_stalled():
                if shared:
                    number = shared.take(rate_at(self.step, config))
                else:
                    optimizer.param_groups[0]["lr"] = rate_at(self.step, config)
                    loss = next_loss()
                    optimizer.zero_grad()
                    loss.backward()
                    if config["clip"]:
                        clip_grad_norm_(model.parameters(), config["clip"])
                    optimizer.step()
                    number = loss.item()
                self.step += 1
                if not math.isfinite(number):
                    bar.close()
                    raise UsageError(f"the loss became {number} at step {self.step:,}; lower --learning-rate")
                smooth = number if math.isnan(smooth) else 0.99 * smooth + 0.01 * number
                if stepped is not None:
                    if shared:
                        shared.gather_gradients()
                    stepped(self)
                bar.update()
                if time.monotonic() - shown > 0.1 or self.step == total:
                    bar.set_postfix_str(f"loss {smooth:.4f}, rate {optimizer.param_groups[0]['lr']:.3g}", refresh=False)
                    shown = time.monotonic()
                if self.step % config["eval_every"] == 0:
                    if shared:
                        shared.gather_state()
                    self._evaluate(evaluated)
        if stop.asked and self.step > self.evaluated_at and self.folder is not None:
            self.folder.write_checkpoint(self.checkpoint())  # before it evaluates: whoever stops it may not wait long
            self.folder.commit()
        if self.step > self.evaluated_at:
            self._evaluate(evaluated)
        return self.step == last or self.has_stalled()

    def used(self) -> dict[str, Any]:
        """The evaluation of the weights that are used: the best one's where it is kept, or the last one's if lower."""
        best = self.best() if keeps_best(self.config) else None
        lines = [self.metrics[-1]] if best is None else [best, self.metrics[-1]]
        return min(lines, key=lambda line: line["dev_loss"])

    def has_stalled(self) -> bool:
        """Whether the dev loss has not fallen for config["early_stop"] evaluations (0: never)."""
        patience = self.config["early_stop"]
        if not patience or (best := self.best()) is None:
            return False
        return len(self.metrics) - 1 - max(self.metrics.index(best), self.patient_from) >= patience

    def _shared_steps(self, compiled: bool, threads: int) -> Any:
        """Steps that the processes of an mpiexec take together; None where this one takes them alone."""
        if not processes.are_joined() or shards.why_whole(self.config, self.model):
            return contextlib.nullcontext()
        examples = self.corpus.examples("train", window_of(self.model))
        return shards.shared(self, self.corpus.token_ids("train"), examples, compiled, threads)

    def _evaluate(self, evaluated: Callable[["Training"], None] | None) -> None:
        train_loss = self.corpus.loss(self.model, "train", TRAIN_CHARACTERS)
        dev_loss = self.corpus.loss(self.model, "dev", DEV_CHARACTERS)
        line = {"step": self.step, "train_loss": train_loss, "dev_loss": dev_loss} | self.measured
        self.metrics.append(line)
        self.evaluated_at = self.step
        if self.folder is not None:
            checkpoint = self.checkpoint()
            self.folder.write_checkpoint(checkpoint)
            if keeps_best(self.config) and self.best() is line:
                self.folder.write_checkpoint(checkpoint._replace(optimizer={}, random=None), BEST)
            if self.recorded:
                self.folder.append_metrics(line)
            else:
                self.folder.write_metrics(self.metrics)
            self.recorded = True
            if line["train_loss"] < self.metrics[0]["train_loss"]:
                self.folder.commit()
        if evaluated is not None:
            evaluated(self)

    def checkpoint(self) -> Checkpoint:
        """The run as it is at this step."""
        state = {name: tensor.numpy() for name, tensor in self.model.state_dict().items()}
        random = micrograd.random.default_generator.get_state().numpy()
        return Checkpoint(self.step, state, optimizer_arrays(self.optimizer), random)
