"""The loop of gradient descent, its evaluations, how it is stopped, and how a run goes on."""

import contextlib
import math
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

import micrograd
from makemore import processes, shards
from makemore.config import keeps_best
from makemore.corpus import Corpus
from makemore.display import progress_bar
from makemore.language_model import window_of
from makemore.run_folder import BEST, UNKNOWN_STEP, Checkpoint, RunFolder
from makemore.steps import Step, load_optimizer, on_threads, optimizer_arrays, optimizer_of, rate_at, threads_for
from micrograd.command import UsageError

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
        config, last = self.config, self.config["max_steps"]
        first, self.evaluated_at = self.step, self.step
        self.model.train()
        shown, smooth = time.monotonic(), math.nan
        total = None if last < 0 else last
        bar = progress_bar(total=total, initial=first, unit="step", desc="training", disable=not progress)
        threads = threads or threads_for(config, self.model)
        with StopAsked() as stop, bar, on_threads(threads), self._steps(compiled, threads) as steps:
            evaluated_before = bool(self.metrics) and self.metrics[-1]["step"] == first
            if (first % config["eval_every"] == 0 or first == last) and not evaluated_before:
                self._evaluate(evaluated)
            while self.step != last and not stop.asked and not self.has_stalled():
                rate = rate_at(self.step, config)
                loss = steps.take(rate)
                self.step += 1
                if not math.isfinite(loss):
                    bar.close()
                    raise UsageError(f"the loss became {loss} at step {self.step:,}; lower --learning-rate")
                smooth = loss if math.isnan(smooth) else 0.99 * smooth + 0.01 * loss
                if stepped is not None:
                    steps.gather_gradients()
                    stepped(self)
                bar.update()
                if time.monotonic() - shown > 0.1 or self.step == total:
                    bar.set_postfix_str(f"loss {smooth:.4f}, rate {rate:.3g}", refresh=False)
                    shown = time.monotonic()
                if self.step % config["eval_every"] == 0:
                    steps.gather_state()
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

    def _steps(self, compiled: bool, threads: int) -> Any:
        """What takes the steps: this process, or all processes of an mpiexec together."""
        if not processes.are_joined() or shards.why_whole(self.config, self.model):
            return contextlib.nullcontext(Step(self.config, self.corpus, self.model, self.optimizer, compiled))
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
