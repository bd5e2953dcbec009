"""The part of an exported file that trains: backward, the training loop, and the state it starts from."""

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
from makemore.training import DEV_CHARACTERS, TRAIN_CHARACTERS, Training, rate_at
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


def parts_of(lines: Lines, config: Mapping[str, Any], state: State, step: Recorded) -> dict[str, str]:
    """The texts for the gaps of FRAME, and of the places in the rest of the file that are about training."""
    forward, backward, layer = step.written()
    model, batch_size = lines.model, config["batch_size"]
    whole, window, size = model.whole_words, model.context_length, model.vocabulary_size
    adam = config["optimizer"] == "adamw"
    decay = 0.0 if config["type"] in NGRAMS else config["weight_decay"]
    groups = ["last", *["best"] * state.has_best, *["mean", "square"] * adam]
    quoted = str((*groups,)).replace("'", '"')
    early_stop = config["early_stop"] if state.has_best else 0
    constants = {
        "LIST": json.dumps(str(config["input_file"]), ensure_ascii=False) + "  # of words; -i names another path",
        "DIGEST": f'"{config["digest"]}"  # SHA-256 of its words',
        "BATCH_SIZE": batch_size,
        "EVAL_EVERY": config["eval_every"],
        "EARLY_STOP": early_stop and f"{early_stop}  # evaluations without a better dev loss",
        "WEIGHT_DECAY": decay,
        "CLIP": config["clip"] and f"{config['clip']}  # the largest norm of all gradients together",
    }
    update = ["g = g * scale"] * bool(config["clip"]) + (ADAMW if adam else SGD)[0 if decay else 1 :]
    read = [*(SPLIT if state.has_dev else TRAIN_ALONE)] if config.get("split") != "none" else [*NO_SPLIT]
    read += ["contexts, targets = examples(train_words)"]
    read += [f"train_sample = sample(contexts, targets, {TRAIN_CHARACTERS})"]
    read += [f"dev_sample = sample(*examples(dev_words), {DEV_CHARACTERS})"] * state.has_dev
    read += [] if batch_size else [line.format(size=size, order=window + 1) for line in TABLE]
    batch = ["loss, grads = loss_and_gradients(w, frequencies)"]
    if batch_size:
        batch = [*BATCH, *CUT * whole, "loss, grads = loss_and_gradients(w, x, y)"]
    values = {
        "constants": "\n".join(f"{name} = {value}" for name, value in constants.items() if value),
        "given": "contexts, targets" if batch_size else "frequencies",
        "lengths": indented([*lengths_in([*forward, *backward]), "grads = {}"], 1),
        "layer": f"{layer}\n\n\n" if layer else "",
        "steps": indented(forward, 1),
        "back": indented(backward, 1),
        "adam": f"{adam_of(lines)}\n\n\n" if adam else "",
        "rate_at": rate_text(config),
        "unique": UNIQUE if config.get("unique") else "",
        "examples": EXAMPLES_OF_WORDS if whole else EXAMPLES.format(window=window, both=window + 1),
        "sample": SAMPLE_OF_WORDS if whole else SAMPLE,
        "read": indented(read, 1),
        "groups": ", ".join("w" if group == "last" else group for group in groups),
        "parts": 'group(arrays, "last")' if len(groups) == 1 else f"[group(arrays, name) for name in {quoted}]",
        "best": indented(BEST_SO_FAR, 1) + "\n" if state.has_best else "",
        "going": "step != last_step" + " and since_best < EARLY_STOP" * bool(early_stop),
        "batch": indented(batch + CLIPPED * bool(config["clip"]), 2),
        "update": indented(update, 3),
        "losses": indented((WITH_DEV if state.has_dev else NO_DEV) + KEPT * state.has_best, 3),
        "kept": ", ".join(f'("{group}", {"w" if group == "last" else group})' for group in groups)
        + "," * (len(groups) == 1),
        "measured": MEASURED * state.has_best,
        "chosen": CHOSEN if state.has_best else '    w = group(arrays, "last")\n',
    }
    return {name: str(value) for name, value in values.items()}


def adam_of(lines: Lines) -> str:
    """The source of AdamW's step for one parameter, without what these runs do not ask for."""
    lines.functions.calls[optimizers.adam_step.__code__] = [{"largest": None}]
    return lines.functions.texts.pop(lines.functions.needed(optimizers.adam_step, is_op=True))


def rate_text(config: Mapping[str, Any]) -> str:
    """The source of the learning rate of each step, see `makemore.training.rate_at`."""
    rate, warmup, steps = config["learning_rate"], config["warmup"], config["schedule_steps"]
    first = "a warm-up, then " if warmup else ""
    lines = ["def rate_at(step):", f'    """The learning rate of a step: {first}{RATES[config["schedule"]]}."""']
    if warmup:
        lines += [f"    if step < {warmup}:", f"        return {rate} * (step + 1) / {warmup + 1}"]
    if config["schedule"] == "constant":
        lines += [f"    return {rate}"]
    elif config["schedule"] == "step":
        lines += [f"    return {rate} if step < {steps / 2:g} else {rate} / 10"]
    else:
        left = "(1 - done)" if config["schedule"] == "linear" else "((1 + math.cos(math.pi * done)) / 2)"
        done = f"(step - {warmup})" if warmup else "step"
        lines += [f"    done = min({done} / {max(steps - warmup, 1)}, 1.0)"]
        lines += [f"    return {rate} * (0.01 + 0.99 * {left})"]
    return "\n".join(lines)


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


RATES = {
    "constant": "always the same",
    "step": "a tenth from half of the steps on",
    "linear": "down to a hundredth in a line",
    "cosine": "down to a hundredth along a cosine",
}

# The examples, and the loss of some of them: of words as rows of a table, and of contexts of one length.

EXAMPLES_OF_WORDS = '''\
def examples(words):
    """Contexts (n, longest + 1) of token ids, a word to a row, and what comes next; -1 after the end of the word."""
    number = {token: i for i, token in enumerate(TOKENS)}
    shape = len(words), max(map(len, words)) + 1
    contexts, targets = np.zeros(shape, np.int64), np.full(shape, -1, np.int64)
    for row, word in enumerate(words):
        targets[row, : len(word)] = contexts[row, 1 : len(word) + 1] = [number[character] for character in word]
        targets[row, len(word)] = 0
    return contexts, targets'''
EXAMPLES = '''\
def examples(words):
    """Contexts (n, {window}) of token ids, and what comes next, (n,)."""
    number = {{token: i for i, token in enumerate(TOKENS)}}
    ids = [i for word in words for i in (*[0] * {window}, *[number[character] for character in word])]
    rows = sliding_window_view(np.array([*ids, 0], np.int64), {both})
    rows = rows[(rows[:, -2:] > 0).any(1)]  # none lies between two words
    return rows[:, :-1], rows[:, -1]'''
SAMPLE_OF_WORDS = '''\
def sample(contexts, targets, characters):
    """At most so many characters in some of the words, chosen at random and always the same."""
    n = max(1, characters // contexts.shape[1])
    if n >= len(contexts):
        return contexts, targets
    chosen = np.sort(np.random.default_rng(0).choice(len(contexts), n, replace=False))
    return contexts[chosen], targets[chosen]


def mean_loss(w, contexts, targets):
    """The mean negative log-likelihood of the targets that are not padding."""
    total, targets = 0.0, targets.reshape(-1)
    for i, rows in blocks(w, contexts):
        wanted = targets[i : i + len(rows)]
        total -= float(rows[np.flatnonzero(wanted >= 0), wanted[wanted >= 0]].sum())
    return total / np.count_nonzero(targets >= 0)'''
SAMPLE = '''\
def sample(contexts, targets, n):
    """At most n different contexts; row i of them is followed by a target so many times: i, targets, counts."""
    pairs, counts = np.unique(np.column_stack([contexts, targets]), axis=0, return_counts=True)
    contexts, i = np.unique(pairs[:, :-1], axis=0, return_inverse=True)
    if n < len(contexts):  # some at random, always the same
        chosen = np.sort(np.random.default_rng(0).choice(len(contexts), n, replace=False))
        kept = np.isin(i, chosen)
        contexts, i, pairs, counts = contexts[chosen], np.searchsorted(chosen, i[kept]), pairs[kept], counts[kept]
    return contexts, i, pairs[:, -1], counts


def mean_loss(w, contexts, i, targets, counts):
    """The mean negative log-likelihood of the targets."""
    total = 0.0
    for start, rows in blocks(w, contexts):
        here = (start <= i) & (i < start + len(rows))
        total -= float((counts[here] * rows[i[here] - start, targets[here]]).sum())
    return total / float(counts.sum())'''

# The loop.

UNIQUE = "\n    words = list(dict.fromkeys(words))"
SPLIT = [
    "random.Random(42).shuffle(words)  # as in the lecture",
    "train_words, dev_words = words[: int(0.8 * len(words))], words[int(0.8 * len(words)) : int(0.9 * len(words))]",
]
TRAIN_ALONE = ["random.Random(42).shuffle(words)  # as in the lecture", "train_words = words[: int(0.8 * len(words))]"]
NO_SPLIT = ["train_words = words"]
TABLE = [
    "frequencies = np.zeros(({size},) * {order}, np.int64)",
    "np.add.at(frequencies, (*contexts.T, targets), 1)",
    "frequencies = (frequencies / frequencies.sum()).astype(np.float32).reshape(-1, {size})",
]
BEST_SO_FAR = ['best_loss, dev_loss = arrays["dev_losses"]', "since_best = -1  # evaluations; patience starts again"]
BATCH = [
    "chosen = (bits.random_raw(BATCH_SIZE) % len(contexts)).astype(np.int64)",
    "x, y = contexts[chosen], targets[chosen]",
]
CUT = [
    "longest = (y >= 0).sum(1).max()  # no padding after the longest word of the batch",
    "x, y = x[:, :longest], np.ascontiguousarray(y[:, :longest])",
]
CLIPPED = [
    "norms = np.array([np.linalg.norm(grads[name].reshape(-1), 2) for name in w if name in grads])",
    "scale = min(float(CLIP / (np.linalg.norm(norms, 2) + 1e-6)), 1.0)  # Pascanu and others 2013",
]
SGD = ["g = g + WEIGHT_DECAY * w[name]", "w[name] -= rate * g"]
ADAMW = [
    "w[name] *= 1 - rate * WEIGHT_DECAY",
    "adam_step(w[name], g, mean[name], square[name], step + 1, rate, 0.9, 0.99, 1e-8)",
]
WITH_DEV = [
    "train_loss, dev_loss = mean_loss(w, *train_sample), mean_loss(w, *dev_sample)",
    'print(f"step {step:,}  train loss {train_loss:.4f}  dev loss {dev_loss:.4f}")',
]
NO_DEV = ['print(f"step {step:,}  train loss {mean_loss(w, *train_sample):.4f}")']
KEPT = [
    "since_best += 1",
    "if step % EVAL_EVERY == 0 and dev_loss < best_loss:",
    "    best, best_loss, since_best = {name: array.copy() for name, array in w.items()}, dev_loss, 0",
]
MEASURED = '            arrays["dev_losses"] = best_loss, dev_loss\n'
CHOSEN = """\
    best_loss, last_loss = arrays["dev_losses"]
    w = group(arrays, "last" if last_loss < best_loss else "best")
"""

FRAME = '''# Training: backward, and the loop.

@constants@


def loss_and_gradients(w, @given@):
    """The loss of a step, and its gradient for each weight, by name."""
@lengths@
    # forward
@steps@
    # backward
    g = np.ones((), np.float32)
@back@
    return loss, grads


@adam@@rate_at@


def read_words(path):
    """The words of the list, which have to be those the run started with."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        stop(f"{path} cannot be read ({error}); name the list of words with -i")
    words = [word for line in text.split("\\n") if (word := line.strip())]@unique@
    if hashlib.sha256("".join([word + "\\n" for word in words]).encode()).hexdigest() != DIGEST:
        stop(f"{path} does not hold the words that the run started with; name their list with -i")
    return words


@examples@


@sample@


def group(arrays, name):
    """The arrays of a group, by name: "last" are the weights after the last step."""
    return {key.partition(".")[2]: array for key, array in arrays.items() if key.startswith(name + ".")}


def train(arrays, last_step, path):
    """Take steps up to the last (-1: without end), and save the arrays at each evaluation; the last ones saved."""
    words = read_words(path)
@read@
    @groups@ = @parts@
@best@    step, bits = int(arrays["step"]), np.random.MT19937()
    bits.state = {"bit_generator": "MT19937", "state": {"key": arrays["random_key"], "pos": int(arrays["random_pos"])}}
    while @going@:
@batch@
        rate = rate_at(step)
        for name, g in grads.items():
@update@
        step += 1
        if not np.isfinite(loss):
            stop(f"the loss became {loss} at step {step:,}; {WEIGHTS.name} is as it was at the last evaluation")
        if step % EVAL_EVERY == 0 or step == last_step:
@losses@
            twister = bits.state["state"]
            arrays = {"step": step, "random_key": twister["key"], "random_pos": twister["pos"]}
@measured@            for kind, named in (@kept@):
                arrays |= {f"{kind}.{name}": array for name, array in named.items()}
            arrays["count"] = len(arrays) + 1  # with this one
            unfinished = WEIGHTS.with_name("unfinished." + WEIGHTS.name)
            np.savez(unfinished, **arrays)
            unfinished.replace(WEIGHTS)
    return arrays
'''
