"""What is special to an exported file that trains: the state that it starts from, its step, and its choices."""

import ast
import json
import math
import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np

from makemore.config import keeps_best
from makemore.exporting.recorded import Lines, Recorded
from makemore.language_model import loss_of
from makemore.models import NGRAMS
from makemore.run_folder import BEST
from makemore.steps import rate_at
from makemore.training import DEV_CHARACTERS, TRAIN_CHARACTERS, Training
from micrograd import Tensor, stream
from micrograd.optim import optimizers


class State:
    """What a file that trains starts from: the `arrays` of its weights, and whether there is a dev loss.

    has_best: whether the weights of the lowest dev loss are kept, and words are drawn with them.
    """

    def __init__(self, training: Training):
        config, folder, checkpoint = training.config, training.folder, training.checkpoint()
        evaluations = folder.evaluations()
        self.has_dev = any(line["dev_loss"] is not None for line in evaluations)
        self.has_best = keeps_best(config) and self.has_dev
        groups = {"last": checkpoint.model}
        self.arrays: dict[str, np.ndarray] = {"step": np.array(training.step)}
        if self.has_best:
            best, dev_losses = training.best(), {line["step"]: line["dev_loss"] for line in evaluations}
            has_one = best is not None and (folder.path / BEST).is_file()
            groups["best"] = folder.read_checkpoint(BEST).model if has_one else {}
            best_loss = best["dev_loss"] if best is not None and has_one else np.inf
            self.arrays["dev_losses"] = np.array([best_loss, dev_losses.get(training.step, np.inf)])
        if config["optimizer"] == "adamw":
            names = [name for name, parameter in training.model.named_parameters() if parameter.requires_grad]
            state = training.optimizer.state_dict()["state"]
            for of_adam, ours in (("exp_avg", "mean"), ("exp_avg_sq", "square")):
                zeros = {name: np.zeros_like(groups["last"][name]) for name in names}
                groups[ours] = zeros | {names[i]: state[i][of_adam].numpy() for i in state}
        for group, arrays in groups.items():
            self.arrays |= {f"{group}.{name}": array for name, array in arrays.items()}
        numbers = stream.Stream()
        numbers.set_state(checkpoint.random)  # type: ignore[arg-type]
        twister = numbers._bits.state["state"]
        self.arrays |= {"random_key": twister["key"], "random_pos": np.array(twister["pos"])}


def recorded_step(lines: Lines, config: Mapping[str, Any]) -> Recorded:
    """The loss of a training step, recorded with its backward."""
    model = lines.model.train()
    if not config["batch_size"]:
        table = np.full(model.W.shape, 1 / model.W.numel(), np.float32)

        def loss(frequencies: Tensor) -> Tensor:
            return model.loss_of_counts(frequencies) + model.penalty(config["weight_decay"])

        return lines.record(loss, {"frequencies": (table, table.copy())}, "loss")

    def loss_of_batch(contexts: Tensor, targets: Tensor) -> Tensor:
        found = loss_of(model, contexts, targets)
        return found + model.penalty(config["weight_decay"]) if config["type"] in NGRAMS else found

    contexts = lines.contexts()
    targets = [each.copy() if model.whole_words else each[:, 0] for each in contexts]
    if model.whole_words:
        for each in targets:  # some are padding
            each[: len(each) // 2, -1] = -1
    return lines.record(loss_of_batch, {"contexts": contexts, "targets": targets}, "loss")


def parts_of(
    lines: Lines, config: Mapping[str, Any], state: State, step: Recorded
) -> tuple[dict[str, bool], dict[str, Any]]:
    """Of the template the conditions and the gaps that are about training."""
    forward, backward, layer = step.written()
    adam = config["optimizer"] == "adamw"
    groups = ["last", *["best"] * state.has_best, *["mean", "square"] * adam]
    names, quoted = ["w", *groups[1:]], str((*groups,)).replace("'", '"')
    adam_step = ""
    if adam:  # for one parameter, without what these runs do not ask for
        lines.functions.calls[optimizers.adam_step.__code__] = [{"largest": None}]
        adam_step = lines.functions.texts.pop(lines.functions.needed(optimizers.adam_step, is_op=True)) + "\n\n\n"
    holds = {
        "batches": config["batch_size"] > 0,
        "early": state.has_best and config["early_stop"] > 0,
        "decay": config["type"] not in NGRAMS and config["weight_decay"] > 0,
        "clip": config["clip"] > 0,
        "adam": adam,
        "dev": state.has_dev,
        "best": state.has_best,
        "split": config["split"] != "none",
        "unique": config.get("unique", False),
        "warmup": config["warmup"] > 0,
        config["schedule"]: True,
    }
    warmup, steps = config["warmup"], config["schedule_steps"]
    values = {
        **{name: config[name] for name in ("batch_size", "eval_every", "early_stop", "weight_decay", "clip", "warmup")},
        "list": json.dumps(str(config["input_file"]), ensure_ascii=False),
        "digest": config["digest"],
        "lengths": indented([*lengths_in([*forward, *backward]), "grads = {}"], 1),
        "layer": f"{layer}\n\n\n" if layer else "",
        "steps": indented(forward, 1),
        "back": indented(backward, 1),
        "adam": adam_step,
        "first": "a warm-up, then " if warmup else "",
        "rate": config["learning_rate"],
        "half": f"{steps / 2:g}",
        "warmup_and_1": warmup + 1,
        "since": f"(step - {warmup})" if warmup else "step",
        "left": max(steps - warmup, 1),
        "train_characters": TRAIN_CHARACTERS,
        "dev_characters": DEV_CHARACTERS,
        "groups": ", ".join(names),
        "parts": f"[group(arrays, name) for name in {quoted}]" if groups[1:] else 'group(arrays, "last")',
        "kept": ", ".join(f'("{group}", {name})' for group, name in zip(groups, names, strict=True))
        + "," * (len(groups) == 1),
    }
    return holds, values


def check_rate(rate: Any, config: Mapping[str, Any]) -> None:
    """Raises RuntimeError if the file's learning rate is not that of the run at every step that is looked at."""
    last = 2 * config["schedule_steps"] + config["warmup"]
    for step in {*range(0, last, 1 + last // 1000), config["warmup"], math.ceil(config["schedule_steps"] / 2)}:
        if rate(step) != rate_at(step, config):
            raise RuntimeError("the exported learning rate is not that of the run: report this bug of makemore")


def lengths_in(lines: list[str]) -> list[str]:
    """A line with the lengths that lines of code read, the number n of contexts and their length T; or none."""
    nodes = ast.walk(ast.parse("\n".join(lines)))
    read = {node.id for node in nodes if isinstance(node, ast.Name)}
    if {"n", "T"} <= read:
        return ["n, T = contexts.shape"]
    return ["n = len(contexts)"] * ("n" in read) + ["T = contexts.shape[1]"] * ("T" in read)


def indented(lines: list[str], depth: int) -> str:
    return textwrap.indent("\n".join(lines), depth * "    ")
