"""What a run shows in TensorBoard: losses, rate, gradients and updates, new words, and the embedding."""

import itertools
import math
from typing import Any

import numpy as np

from makemore.language_model import Sampler
from makemore.training import Training, rate_at
from micrograd import Generator
from micrograd.command import UsageError
from micrograd.nn import Embedding

WORDS = 10
"""How many new words each evaluation shows."""


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
            after = _row(run.model)
            gradients = [p.grad.numpy() for p in run.model.parameters() if p.grad is not None]
            run.measured = {
                "learning_rate": rate_at(run.step - 1, run.config),
                "gradient_norm": math.hypot(*[norm_of(gradient) for gradient in gradients]),
                "update_ratio": norm_of(after - self.before) / max(norm_of(self.before), 1e-30),
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
        sampler = Sampler(run.model, vocabulary, Generator().manual_seed(run.config["seed"]), at_once=WORDS)
        words = list(itertools.islice(sampler.words(), WORDS))
        self.writer.add_text("new words", "  \n".join(words), run.step)  # so that Markdown keeps the lines
        self.writer.flush()

    def close(self, run: Training) -> None:
        """Write the embedding of the characters, and end."""
        embedding = next((module for module in run.model.modules() if isinstance(module, Embedding)), None)
        if embedding is not None:
            tokens = run.corpus.vocabulary.tokens
            points = embedding.weight.detach().numpy()[: len(tokens)].copy()
            self.writer.add_embedding(points, metadata=tokens, tag="embedding", global_step=run.step)
        self.writer.close()


def norm_of(array: np.ndarray) -> float:
    """The square root of the sum of squares."""
    return float(np.linalg.norm(array))


def _row(model: Any) -> np.ndarray:
    """All parameters side by side, a copy."""
    return np.concatenate([parameter.detach().numpy().reshape(-1) for parameter in model.parameters()])
