"""How a run is doing: a look inside its net, as the third lecture takes it, TensorBoard, and a search for a rate."""

import copy
import itertools
import math
from typing import Any, NamedTuple

import numpy as np

import micrograd
from makemore import plots
from makemore.corpus import Corpus
from makemore.display import progress_bar, table
from makemore.language_model import Sampler, embedding_of, loss_of, window_of
from makemore.models import NGRAMS
from makemore.models.ngram import Counts, NGram
from makemore.run_folder import SWEEP, RunFolder
from makemore.steps import Step, optimizer_of, rate_at
from makemore.training import Training
from micrograd import Generator, Tensor, graph
from micrograd.command import UsageError

SATURATED = 0.97
"""A tanh beyond this lets less than six percent of the gradient through; the lecture's bound."""

BOUNDED = ("tanh", "rnn")
NONLINEAR = (*BOUNDED, "relu", "sigmoid", "gelu", "gelu_tanh", "gru", "lstm")
RATES_TRIED = 1000
RECORDS = 200
"""At about how many steps the updates are recorded."""
WORDS_SHOWN = 10
"""How many new words each evaluation shows in TensorBoard."""


class LayerOutput(NamedTuple):
    """What a nonlinear layer gives for some examples: its name in the net, the op, and its Tensor, (..., units)."""

    name: str
    op: str
    output: Tensor

    def saturated(self) -> np.ndarray | None:
        """Whether each activation is saturated, (examples, units); None for an op that has no bounds."""
        if self.op not in BOUNDED:
            return None
        output = self.output.detach().numpy()
        return np.abs(output.reshape(-1, output.shape[-1])) > SATURATED


def look_inside(model: Any, corpus: Corpus) -> tuple[float, list[LayerOutput], Any]:
    """The loss of a model in training on its first 1000 examples, its nonlinear layers, and the copy of the model that
    was looked into, with its gradients."""
    contexts, targets = (
        micrograd.from_numpy(array[:1000].copy()) for array in corpus.examples("train", window_of(model))
    )
    model = copy.deepcopy(model).train()
    names = {id(module): name for name, module in model.named_modules()}
    layers: list[LayerOutput] = []

    def watch(op: Any, inputs: Any, options: Any, result: Tensor) -> None:
        if op.name in NONLINEAR:
            result.retain_grad()
            inside = graph.state.module
            layers.append(LayerOutput(names.get(id(inside[0]()), "") if inside else "", op.name, result))

    model.zero_grad()
    outside, graph.observer.operation = graph.observer.operation, watch
    try:
        loss = loss_of(model, contexts, targets)
    finally:
        graph.observer.operation = outside
    loss.backward()
    return loss.item(), layers, model


def print_first_look(model: Any, corpus: Corpus) -> None:
    """What is wrong with a net before its first step, a line each, and nothing where all is well."""
    if isinstance(model, NGram | Counts):
        return
    loss, layers, _ = look_inside(model, corpus)
    size = len(corpus.vocabulary)
    if loss > math.log(size) + 1:
        print(f"            the loss begins at {loss:.2f}, far over ln({size}) = {math.log(size):.2f}: "
              "the initial weights make the net sure of wrong characters")  # fmt: skip
    for layer in layers:
        saturated = layer.saturated()
        if saturated is not None and saturated.all(0).any():
            dead, units = int(saturated.all(0).sum()), saturated.shape[1]
            print(f"            {dead} of {units} units of {layer.name or layer.op} "
                  "are saturated for every example from the start and cannot learn")  # fmt: skip


class Watch:
    """Follows a training: how large the updates of each parameter are beside its data, and at the end the layers."""

    def __init__(self, run: Training):
        self.model, self.corpus = run.model, run.corpus
        self.every = max(1, run.config["max_steps"] // RECORDS) if run.config["max_steps"] > 0 else 100
        self.before: dict[str, np.ndarray] = {}
        self.steps: list[int] = []
        self.ratios: list[list[float]] = []
        self._keep(run.step)

    def _matrices(self) -> dict[str, np.ndarray]:
        return {name: p.detach().numpy() for name, p in self.model.named_parameters() if p.ndim >= 2}

    def _keep(self, step: int) -> None:
        kept = self._matrices() if (step + 1) % self.every == 0 else {}
        self.before = {name: array.copy() for name, array in kept.items()}

    def stepped(self, run: Training) -> None:
        """Called after each step."""
        if self.before:
            pairs = [(array, self.before[name]) for name, array in self._matrices().items()]
            self.steps.append(run.step)
            self.ratios.append([float((after - before).std() / max(after.std(), 1e-30)) for after, before in pairs])
        self._keep(run.step)

    def finish(self, folder: RunFolder) -> None:
        """Print the tables and draw the pictures."""
        _, layers, looked_into = look_inside(self.model, self.corpus)
        if layers:
            rows = [("layer", "mean", "std", "saturated", "std of gradient")]
            outputs = {}
            for layer in layers:
                name, output, gradient = f"{layer.name} ({layer.op})", layer.output.detach().numpy(), layer.output.grad
                outputs[name], saturated = output, layer.saturated()
                fraction = "-" if saturated is None else f"{saturated.mean():.2%}"
                spread = "-" if gradient is None else f"{gradient.std().item():.3e}"
                rows.append((name, f"{output.mean():.4f}", f"{output.std():.4f}", fraction, spread))
            print("", *table(rows, "<>>>>"), sep="\n")
            folder.write("activations.png", plots.histograms(outputs, "activations of each layer", "activation"))
        data = self._matrices()
        gradients = {
            name: np.zeros(p.shape) if p.grad is None else p.grad.numpy()
            for name, p in looked_into.named_parameters()
            if name in data
        }
        last = self.ratios[-1] if self.ratios else [math.nan] * len(data)
        parameters = [("parameter", "shape", "std", "std of gradient", "gradient:data", "update:data")]
        for (name, array), ratio in zip(data.items(), last, strict=True):
            std, std_of_gradient = array.std(), gradients[name].std()
            shape, relative = " x ".join(map(str, array.shape)), std_of_gradient / max(std, 1e-30)
            parameters.append((name, shape, f"{std:.4f}", f"{std_of_gradient:.3e}", f"{relative:.3e}", f"{ratio:.2e}"))
        print("", *table(parameters, "<>>>>>"), sep="\n")
        print(
            "update:data is about 1e-03 where the learning rate suits; far below it learns slowly, far above it jumps"
        )
        folder.write("gradients.png", plots.histograms(gradients, "gradients of each parameter", "gradient"))
        if self.ratios:
            folder.write("updates.png", plots.update_ratios(self.steps, np.array(self.ratios), list(data)))


# TensorBoard.


class Board:
    """Writes to the folder that `tensorboard --logdir` reads, at each evaluation of a run.

    What it measures of the last step before an evaluation goes into the run's record of losses as well: learning_rate;
    gradient_norm, of all gradients as one vector, after --clip; update_ratio, the norm of the update over that of the
    parameters. Raises UsageError where tensorboardX is not installed.
    """

    def __init__(self, run: Training, folder: str):
        try:
            from tensorboardX import SummaryWriter
        except ImportError:
            raise UsageError(
                "--tensorboard needs tensorboardX: pip install 'micrograd-makemore[tensorboard]'"
            ) from None
        # What a run that was stopped had written beyond the step that it goes on from is not shown.
        suffix = f".{run.step}"  # two runs within a second would write one file
        purged = run.step + 1 if run.step else None
        self.writer: Any = SummaryWriter(folder, purge_step=purged, filename_suffix=suffix)
        self.before: np.ndarray | None = None
        self._keep(run)

    def stepped(self, run: Training) -> None:
        """Called after each step."""
        run.measured = {}
        if self.before is not None:
            after, norm = _row(run.model), np.linalg.norm
            gradients = [p.grad.numpy() for p in run.model.parameters() if p.grad is not None]
            run.measured = {
                "learning_rate": rate_at(run.step - 1, run.config),
                "gradient_norm": math.hypot(*[float(norm(gradient)) for gradient in gradients]),
                "update_ratio": float(norm(after - self.before)) / max(float(norm(self.before)), 1e-30),
            }
        self._keep(run)

    def _keep(self, run: Training) -> None:
        """Keep the parameters where an evaluation follows the next step."""
        following = run.step + 1
        wanted = following % run.config["eval_every"] == 0 or following == run.config["max_steps"]
        self.before = _row(run.model) if wanted else None

    def evaluated(self, run: Training) -> None:
        """Called after each evaluation."""
        line = run.metrics[-1]
        for name, number in line.items():
            if name != "step" and number is not None:
                title = f"loss/{name.removesuffix('_loss')}" if name.endswith("_loss") else name
                self.writer.add_scalar(title, number, run.step)
        vocabulary = run.corpus.vocabulary
        sampler = Sampler(run.model, vocabulary, Generator().manual_seed(run.config["seed"]), at_once=WORDS_SHOWN)
        words = list(itertools.islice(sampler.words(), WORDS_SHOWN))
        self.writer.add_text("new words", "  \n".join(words), run.step)  # so that Markdown keeps the lines
        self.writer.flush()

    def close(self, run: Training) -> None:
        """Write the embedding of the characters, and end."""
        points, tokens = embedding_of(run.model), run.corpus.vocabulary.tokens
        if points is not None:
            self.writer.add_embedding(points, metadata=tokens, tag="embedding", global_step=run.step)
        self.writer.close()


def _row(model: Any) -> np.ndarray:
    """All parameters side by side, a copy."""
    return np.concatenate([parameter.detach().numpy().reshape(-1) for parameter in model.parameters()])


# A learning rate.


def find_learning_rate(config: dict[str, Any], corpus: Corpus, model: Any, folder: RunFolder) -> None:
    """The lecture's sweep: a step at each of a thousand rates, from small to large; draws them and suggests one.

    Where the loss is lowest the rate is already about to be too large: a third of it is suggested, as measured in
    docs/choosing-a-model.md. Raises UsageError where the loss is not finite after a few steps.
    """
    low, high = (0, 3) if config["type"] in NGRAMS else (-3, 0)
    exponents = np.linspace(low, high, RATES_TRIED)
    steps = Step(config, corpus, model, optimizer_of(config, model))
    losses: list[float] = []
    for exponent in progress_bar(exponents, unit="step", desc="trying rates"):
        loss = steps.take(float(10**exponent))
        if not math.isfinite(loss):
            break
        losses.append(loss)
    tried = np.array(losses)
    if len(tried) < 10:
        after = len(tried) + 1
        raise UsageError(f"the loss became {loss} after {after} steps: the sizes or the words do not train")
    smooth = smoothed(tried)
    best = int(smooth.argmin())
    suggested = float(f"{10 ** exponents[best] / 3:.1g}")
    rows = [("learning rate", "loss, nats a character")]
    rows += [(f"{10 ** exponents[i]:.3g}", f"{smooth[i]:.4f}") for i in np.linspace(0, len(tried) - 1, 13).astype(int)]
    print("", *table(rows, ">>"), sep="\n")
    folder.write(SWEEP, plots.rate_curve(10 ** exponents[: len(tried)], tried, smooth, suggested))
    lowest = 10 ** exponents[best]
    print(f"\nthe loss is lowest, {smooth[best]:.4f}, at a rate of about {lowest:.1g}: see {folder.path / SWEEP}")
    print("a third of it is safely below; train with it:")
    print(f"the same command without --find-lr, and with --learning-rate {suggested:g}")


def smoothed(values: np.ndarray) -> np.ndarray:
    """The running mean of the 61 values around each, fewer at the ends."""
    width = min(61, len(values))
    ones = np.ones(width)
    return np.convolve(values, ones, "same") / np.convolve(np.ones_like(values), ones, "same")
