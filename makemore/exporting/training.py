"""The rest of an exported file that trains as well: backward, the training loop, and the state it starts from."""

import inspect
import json
import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np

from makemore import data, language_model
from makemore.config import keeps_best
from makemore.corpus import TABLE_CONTEXT
from makemore.exporting.recorded import Lines, Recorded, source_of
from makemore.language_model import ContextCounts, loss_of
from makemore.models import NGRAMS
from makemore.run_folder import BEST, RunFolder
from makemore.training import DEV_CHARACTERS, TRAIN_CHARACTERS, Training, rate_at
from micrograd import Tensor, stream
from micrograd.optim import optimizers

OF_RATE = ("learning_rate", "schedule", "schedule_steps", "warmup")
OF_STEPS = ("batch_size", "max_steps", "eval_every", "early_stop", "clip")


def state_of(training: Training, folder: RunFolder) -> dict[str, np.ndarray]:
    """The state that the file resumes from: best and last weights, and the state of optimizer and random numbers."""
    last = {name: tensor.numpy() for name, tensor in training.model.state_dict().items()}
    best, losses = training.best(), [np.inf, 0.0]
    arrays: dict[str, np.ndarray] = {}
    if keeps_best(training.config) and best is not None and (folder.path / BEST).is_file():
        arrays |= folder.read_checkpoint(BEST).model
        dev_losses = {line["step"]: line["dev_loss"] for line in folder.evaluations()}
        losses = [best["dev_loss"], dev_losses.get(training.step, np.inf)]
    arrays |= {f"last.{name}": array for name, array in last.items()}
    names = [name for name, parameter in training.model.named_parameters() if parameter.requires_grad]
    state = training.optimizer.state_dict()["state"]
    for i, name in enumerate(names) if training.config["optimizer"] == "adamw" else ():
        for of_adam, ours in (("exp_avg", "mean"), ("exp_avg_sq", "square")):
            arrays[f"{ours}.{name}"] = state[i][of_adam].numpy() if i in state else np.zeros_like(last[name])
    numbers = stream.Stream()
    random: Any = folder.read_checkpoint().random
    numbers.set_state(random)
    twister = numbers._bits.state["state"]
    return arrays | {
        "dev_losses": np.array(losses),
        "mt19937_key": twister["key"].astype(np.int64),
        "mt19937_pos": np.array(twister["pos"]),
    }


def recorded_step(lines: Lines, config: Mapping[str, Any]) -> Recorded:
    """The loss of a training step, recorded with its backward."""
    model, size = lines.model.train(), lines.model.vocabulary_size
    if not config["batch_size"]:
        table = np.full(model.W.shape, 1 / model.W.numel(), np.float32)

        def loss(frequencies: Tensor) -> Tensor:
            return model.loss_of_counts(frequencies) + model.penalty(config["weight_decay"])

        return lines.record(loss, {"frequencies": (table, table.copy())}, "loss")

    def loss_of_batch(contexts: Tensor, targets: Tensor) -> Tensor:
        found = loss_of(model, contexts, targets)
        return found + model.penalty(config["weight_decay"]) if config["type"] in NGRAMS else found

    contexts = [np.resize(np.arange(size), shape) for shape in lines.shapes()]
    targets = [each % size if model.whole_words else each[:, 0] for each in contexts]
    if model.whole_words:
        targets = [each.copy() for each in targets]
        for each in targets:  # some are padding
            each[: len(each) // 2, -1] = -1
    pairs = {"contexts": (contexts[0], contexts[1]), "targets": (targets[0], targets[1])}
    return lines.record(loss_of_batch, pairs, "loss")


def parts_of(model: Any, vocabulary_size: int, config: Mapping[str, Any], step: Recorded) -> dict[str, str]:
    """The texts for the gaps of FRAME."""
    forward, backward = step.written()
    whole, window = model.whole_words, model.context_length
    table = not whole and window <= TABLE_CONTEXT
    parameters = [name for name, parameter in model.named_parameters() if parameter.requires_grad]
    given = "contexts, targets" if config["batch_size"] else "frequencies"
    lengths = "n, T = contexts.shape" if whole else "n = len(contexts)"
    uses = any(name in line.partition("#")[0] for line in [*forward, *backward] for name in ("(n,", ":n", "T", " n"))
    of_counts = "of_words" if whole else "of_table" if table else "of_examples"
    adam = config["optimizer"] == "adamw"
    decay = 0.0 if config["type"] in NGRAMS else config["weight_decay"]
    loop = BATCH if config["batch_size"] else ALL
    if whole:
        loop += CUT
    values = {
        "list": json.dumps(str(config["input_file"]), ensure_ascii=False),
        "digest": config["digest"],
        "unique": "\n    words = list(dict.fromkeys(words))" if config.get("unique") else "",
        "rate": json.dumps({name: config[name] for name in OF_RATE}),
        "constants": "\n".join(
            f"{name.upper()} = {config[name]!r}" for name in OF_STEPS if name != "clip" or config[name]
        ),
        "decay": decay,
        "parameters": textwrap.fill(repr(parameters).replace("'", '"'), 110, subsequent_indent=" " * 14),
        "adam": f"{source_of(optimizers.adam_step)}\n\n\n" if adam else "",
        "update": _indented((ADAMW if adam else SGD) if decay else (ADAMW if adam else SGD).partition("\n")[2], 12),
        "given": given,
        "lengths": f"    {lengths}\n" if config["batch_size"] and uses else "",
        "steps": _indented("\n".join(forward), 4),
        "back": _indented("\n".join(backward), 4),
        "split": SPLIT.format(text=source_of(data.split_words)) if config.get("split") != "none" else NO_SPLIT,
        "examples": source_of(data.word_examples if whole else data.examples),
        "examples_name": "word_examples" if whole else "examples",
        "window": "" if whole else f", {window}",
        "counted": COUNTED if table else "",
        "index": "" if whole or table else f"{source_of(data.context_index)}\n\n\n",
        "counts": _class_with(ContextCounts, [of_counts, "sample"]),
        "of": _of(of_counts, window, vocabulary_size),
        "loss": source_of(language_model.mean_loss),
        "rate_at": source_of(rate_at),
        "characters": f"{TRAIN_CHARACTERS}, {DEV_CHARACTERS}",
        "batch": _indented(loop, 8),
        "table": TABLE.format(size=vocabulary_size, order=window + 1) if not config["batch_size"] else "",
        "state": _indented(ADAM_STATE, 4) + "\n" if adam else "",
        "kept": " | moments" if adam else "",
        "best": keeps_best(config),
        "clip": CLIP if config["clip"] else "",
        "clipping": "\n        grads = clipped(grads)" if config["clip"] else "",
    }
    return {name: str(value) for name, value in values.items()}


def _of(method: str, window: int, size: int) -> str:
    if method == "of_words":
        return "ContextCounts.of_words(found)"
    if method == "of_examples":
        return f"ContextCounts.of_examples(found, {size})"
    return f"ContextCounts.of_table(counted(found, {window + 1}))"


def _class_with(thing: Any, methods: list[str]) -> str:
    """The source of a NamedTuple with some of its methods."""
    text = source_of(thing)
    first = min(text.index(f"    {line}") for line in ("@classmethod", "def ") if f"    {line}" in text)
    parts = [text[:first].rstrip()]
    parts += [textwrap.indent(source_of(inspect.unwrap(getattr(thing, name))), "    ") for name in methods]
    return "\n\n".join(parts)


def _indented(text: str, spaces: int) -> str:
    return textwrap.indent(text, " " * spaces)


SGD = """\
g = g + WEIGHT_DECAY * w[name]
w[name] -= rate * g"""
ADAMW = """\
w[name] *= 1 - rate * WEIGHT_DECAY
adam_step(w[name], g, moments[f"mean.{name}"], moments[f"square.{name}"], step + 1, rate, 0.9, 0.99, 1e-8)"""
ADAM_STATE = 'moments = {name: array for name, array in arrays.items() if name.startswith(("mean.", "square."))}'
ALL = "given = [frequencies]"
BATCH = """\
chosen = (bits.random_raw(BATCH_SIZE) % len(found.contexts)).astype(np.int64)
given = found.contexts[chosen], found.targets[chosen]"""
CUT = """
longest = (given[1] >= 0).sum(1).max()  # no padding after the longest word of the batch
given = given[0][:, :longest], np.ascontiguousarray(given[1][:, :longest])"""
SPLIT = """\
class Split(NamedTuple):
    train: list
    dev: list
    test: list


{text}
"""
NO_SPLIT = """\
def split_words(words):
    \"\"\"All words are for training.\"\"\"
    return [words]
"""
TABLE = """
    table = counted(found, {order})
    frequencies = (table / table.sum()).astype(np.float32).reshape(-1, {size})"""
CLIP = '''\
def clipped(grads):
    """The gradients, scaled so that their total norm is at most CLIP (Pascanu and others 2013)."""
    norms = np.array([np.linalg.norm(grads[name].reshape(-1), 2) for name in PARAMETERS])
    factor = CLIP / (np.linalg.norm(norms, 2) + 1e-6)
    return grads if factor >= 1 else {name: g * float(factor) for name, g in grads.items()}


'''
COUNTED = '''

def counted(found, order):
    """The counts of n-grams in examples: shape (size,) * order."""
    table = np.zeros((len(TOKENS),) * order, np.int64)
    np.add.at(table, (*found.contexts.T, found.targets), 1)
    return table
'''

FRAME = '''# Training: backward, and the loop.

LIST = @list@  # the list of words; -i names another path
DIGEST = "@digest@"  # SHA-256 of its words
@constants@
WEIGHT_DECAY = @decay@
KEEPS_BEST = @best@  # words are drawn with the weights of the lowest dev loss, not the last
CONFIG = @rate@
PARAMETERS = @parameters@


def loss_and_gradients(w, @given@):
    """The loss of a step, and its gradient for each weight, by name."""
@lengths@    grads = {}
    # forward
@steps@
    # backward
    g = np.ones((), np.float32)
@back@
    return loss, grads


@adam@@rate_at@


class Examples(NamedTuple):
    contexts: np.ndarray
    targets: np.ndarray


@examples@


@index@@split@

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


def examples_of(words):
    """The training examples of words: contexts and targets."""
    numbers = {token: i for i, token in enumerate(TOKENS)}
    ids = [0, *[i for word in words for i in (*[numbers[character] for character in word], 0)]]
    return @examples_name@(np.array(ids, np.int32)@window@)


@counts@
@counted@

@loss@


@clip@def write(path, arrays, step):
    """Write arrays to a safetensors file, whole or not at all."""
    header, end = {"__metadata__": {"step": str(step), "sha256": _checksum(arrays, step)}}, 0
    for name, array in arrays.items():
        dtype = next(dtype for dtype, code in DTYPES.items() if np.dtype(code) == array.dtype)
        header[name] = {"dtype": dtype, "shape": array.shape, "data_offsets": [end, end := end + array.nbytes]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    unfinished = path.with_name(path.name + ".unfinished")
    unfinished.write_bytes(len(text).to_bytes(8, "little") + text + b"".join([a.tobytes() for a in arrays.values()]))
    unfinished.replace(path)


def train(arrays, step, last_step, path):
    """Take steps up to the last (-1: without end), and save the weights at each evaluation."""
    parts = [examples_of(words) if words else None for words in split_words(read_words(path))]
    found = parts[0]
    measured = [@of@ if found else None for found in [*parts, None][:2]]
    measured = [counts and counts.sample(n) for counts, n in zip(measured, (@characters@), strict=True)]@table@
    w = {name.removeprefix("last."): array for name, array in arrays.items() if name.startswith("last.")}
    best = {name: arrays[name] for name in w if name in arrays}
    losses, since_best = arrays["dev_losses"], -1  # evaluations since then; patience starts again
@state@    bits = np.random.MT19937()
    twister = {"key": arrays["mt19937_key"].astype(np.uint32), "pos": int(arrays["mt19937_pos"])}
    bits.state = {"bit_generator": "MT19937", "state": twister}
    while step != last_step and not (EARLY_STOP and since_best >= EARLY_STOP):
        rate = rate_at(step, CONFIG)
@batch@
        loss, grads = loss_and_gradients(w, *given)@clipping@
        for name in PARAMETERS:
            g = grads[name]
@update@
        step += 1
        if not np.isfinite(loss):
            stop(f"the loss became {loss} at step {step:,}; {WEIGHTS.name} is as it was at the last evaluation")
        if step % EVAL_EVERY == 0 or step == last_step:
            now = [counts and mean_loss(counts, blocks(w, counts.contexts)) for counts in measured]
            shown = [f"{part} loss {x:.4f}" for part, x in zip(("train", "dev"), now) if x is not None]
            print("  ".join([f"step {step:,}", *shown]))
            if KEEPS_BEST and now[1] is not None:
                losses[1], since_best = now[1], since_best + 1
                if step % EVAL_EVERY == 0 and now[1] < losses[0]:
                    losses[0], since_best = now[1], 0
                    best = {name: array.copy() for name, array in w.items()}
            twister = bits.state["state"]
            kept = best | {f"last.{name}": array for name, array in w.items()}@kept@
            kept |= {"dev_losses": losses, "mt19937_pos": np.array(twister["pos"])}
            kept |= {"mt19937_key": twister["key"].astype(np.int64)}
            write(WEIGHTS, kept, step)
'''
