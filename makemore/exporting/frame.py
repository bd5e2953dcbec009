"""The text of an exported file that draws words, with gaps for what is recorded and copied."""

import ast
import json
import re
import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np

from makemore import growing, run_folder
from makemore.data import Vocabulary
from makemore.exporting import training
from makemore.exporting.recorded import Lines, arrays_of, forward_and_probabilities, source_of
from makemore.language_model import CHARACTERS_AT_ONCE, LOGITS_AT_ONCE
from micrograd import stream

NAMES = {"read", "forward", "log_probabilities", "after", "stop", "main", "joined", "fractions_of", "exponentials_of"}
"""The functions of the text itself, whose names are not free."""


def text_of(
    model: Any, vocabulary: Vocabulary, settings: Mapping[str, Any], config: Mapping[str, Any] | None = None
) -> str:
    """The text of the file for a model. Recording the model changes its buffers.

    settings: `title`, a sentence on the model; `file` and `weights`, the names of the file and of that of its weights;
    `dtypes`, those of the weights; `seed`, the default; `at_once` and `longest`, see `Growing`. config: that of the
    run, for a file that trains as well. Raises RuntimeError if the file does not compute the model's numbers, Obstacle
    for a model that cannot be written as text.
    """
    weights = {name: array.copy() for name, array in arrays_of(model).items()}
    lines = Lines(model, config is not None, NAMES)
    functions = lines.functions
    forward, probabilities = forward_and_probabilities(lines)
    step = None if config is None else training.recorded_step(lines, config)
    body, (ends, _) = forward.written()[0], probabilities.written()
    trains = {} if step is None or config is None else training.parts_of(model, len(vocabulary), config, step)
    whole, size, window = model.whole_words, len(vocabulary), model.context_length
    numbers = ["n, T = contexts.shape" if whole else "n = len(contexts)"] if _uses(body, "n", "T") else []
    most = max(1, min(CHARACTERS_AT_ONCE, LOGITS_AT_ONCE // size))
    modules = {*STANDARD, *functions.modules, *(["math", "random"] if trains else [])} - {"numpy"}
    longest = settings["longest"]
    values = {
        **settings,
        **trains,
        **{name: re.sub(r'[\\"]', "_", settings[name]) for name in ("title", "file", "weights")},  # in a docstring
        "weights_name": json.dumps(settings["weights"], ensure_ascii=False),
        "tokens": _tokens(vocabulary),
        "size": size,
        "codes": repr({code: dtype for code, dtype in CODES.items() if dtype in settings["dtypes"]}).replace("'", '"'),
        "read": source_of(run_folder._checksum),
        "operations": "\n\n\n".join([*_constants(functions), *functions.texts.values()]),
        "gap": "" if functions.constants else "\n",
        "inputs": "(n, T)" if whole else f"(n, {window})",
        "outputs": f"(n, T, {size})" if whole else f"(n, {size})",
        "forward": _indented([*numbers, *body, "return logits"]),
        "ends": _indented([*ends[:-1], "return " + ends[-1].partition(" = ")[2]]),
        "last": ".reshape(len(contexts), -1, len(TOKENS))[:, -1]" if whole else "",
        "at_once": f"max(1, {most} // contexts.shape[1])" if whole else most,
        "rows": " * contexts.shape[1]" if whole else "",
        "random": "\n\n\n".join(map(source_of, (stream.joined, stream.fractions_of, stream.exponentials_of))),
        "cached": f"MOST_CACHED = {growing.MOST_CACHED}  # probabilities that a Growing keeps",
        "growing": source_of(growing.Growing),
        "draws_from": None if whole else window,
        "words": settings["at_once"],
        "longest": f"min({longest}, {window} - len(prompt))" if whole else longest,
        "fits": FITS.format(most=window - 1) if whole else "",
        "imports": "\n".join(f"import {name}" for name in sorted(modules)),
        "more": MORE if trains else "\nimport numpy as np\n",
        "usage": USAGE if trains else "",
        "flags": FLAGS if trains else "",
        "go": TRAIN if trains else DRAW,
        "training": training.FRAME if trains else "",
    }
    text = FRAME
    while "@" in text:
        filled = re.sub(r"@(\w+)@", lambda match: str(values.get(match[1], match[0])), text)
        if filled == text:
            break
        text = filled
    text = re.sub(r"\n{4,}", "\n\n\n", text)
    made: dict[str, Any] = {"__name__": "exported", "__file__": settings["file"]}
    with np.errstate():  # because the file calls np.seterr
        exec(compile(text, settings["file"], "exec"), made)
        forward.check(made["forward"], weights)
        probabilities.check(made["log_probabilities"], None)
        if step is not None:
            step.check(made["loss_and_gradients"], weights)
    return text


def _constants(functions: Any) -> list[str]:
    return ["\n".join(functions.constants.values())] if functions.constants else []


def _uses(lines: list[str], *names: str) -> bool:
    """Whether lines of code read one of the names, comments aside."""
    nodes = [node for line in lines for node in ast.walk(ast.parse(line))]
    return any(isinstance(node, ast.Name) and node.id in names for node in nodes)


def _indented(lines: list[str]) -> str:
    return textwrap.indent("\n".join(lines), "    ")


def _tokens(vocabulary: Vocabulary) -> str:
    """The tokens as Python text: the boundary, and the characters as one string."""
    return f"[{_quoted(vocabulary.boundary)}, *{_quoted(''.join(vocabulary.characters))}]"


def _quoted(text: str) -> str:
    """A string literal, in double quotes if there is none in it."""
    quoted = repr(text)
    return quoted if '"' in quoted or "'" in quoted[1:-1] else f'"{quoted[1:-1]}"'


STANDARD = ("argparse", "hashlib", "itertools", "json", "sys")

CODES = {"F32": "<f4", "F64": "<f8", "I64": "<i8"}

MORE = """from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
"""

USAGE = """
    python @file@ --train --max-steps 20000"""

FLAGS = """\
    parser.add_argument("--train", action="store_true", help="go on with the training first")
    parser.add_argument("--max-steps", type=int, default=MAX_STEPS, metavar="N", help=f"steps in total ({MAX_STEPS:,})")
    parser.add_argument("-i", "--input-file", default=LIST, metavar="FILE", help="the list of words")
"""

DRAW = """\
    try:
        w, _ = read(WEIGHTS)
    except (OSError, ValueError, KeyError, TypeError) as error:
        stop(f"{WEIGHTS} cannot be read ({error})")
"""

TRAIN = """\
    try:
        arrays, step = read(WEIGHTS)
        if flags.train:
            if 0 <= flags.max_steps <= step:
                stop(f"{step:,} steps are done; give a larger total with --max-steps")
            train(arrays, step, flags.max_steps, flags.input_file)
            arrays, step = read(WEIGHTS)
    except (OSError, ValueError, KeyError, TypeError) as error:
        stop(f"{WEIGHTS} cannot be read or written ({error})")
    except KeyboardInterrupt:
        print(f"\\nstopped; {WEIGHTS} is as it was at the last evaluation", file=sys.stderr)
        sys.exit(130)
    best, last = arrays["dev_losses"]
    prefix = "last." if last < best else ""
    w = {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
"""

FITS = """
    if len(prompt) > {most}:
        stop("the prompt is too long; the model takes up to {most} characters")"""

FRAME = '''"""@title@

Made by `python -m makemore.export`; it needs NumPy, and @weights@ beside it.

    python @file@ -n 10 --seed 3@usage@

From top to bottom: the vocabulary, the weights, the operations, the net, the random numbers, how words are drawn.
"""

@imports@
from pathlib import Path
@more@
np.seterr(all="ignore")  # log(0) is -inf, the log probability of what cannot come

TOKENS = @tokens@  # by token id; the first is the boundary before and after a word
WEIGHTS = Path(__file__).with_name(@weights_name@)


# The weights.

DTYPES = @codes@


def read(path):
    """The arrays in a safetensors file, and the step: length of the header, header in JSON, numbers."""
    content = path.read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    metadata = header.pop("__metadata__")
    arrays = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        array = np.frombuffer(content[start + begin : start + end], DTYPES[entry["dtype"]])
        arrays[name] = array.reshape(entry["shape"]).copy()
    if _checksum(arrays, int(metadata["step"])) != metadata["sha256"]:
        raise ValueError("its checksum is wrong")
    return arrays, int(metadata["step"])


@read@


# The operations, as they are in micrograd.
@gap@
@operations@


# The net.


def forward(w, contexts):
    """The logits of the next character: from contexts @inputs@ of token ids to @outputs@. w: the weights."""
@forward@


def log_probabilities(logits):
    """The log probabilities of the next character, float64: a row for each context, or each position of one."""
@ends@


def blocks(w, contexts):
    """The rows of log probabilities after contexts, in blocks to save memory, each with the index of its first."""
    at_once = @at_once@
    for i in range(0, len(contexts), at_once):
        yield i@rows@, log_probabilities(forward(w, contexts[i : i + at_once]))


def after(w, contexts):
    """The log probabilities of the character after each context: (n, @size@)."""
    return np.concatenate([rows for _, rows in blocks(w, contexts)])@last@


# The random numbers: those of PyTorch.

HALF_WIDTH, LOW_53_BITS = np.uint64(32), np.uint64(2**53 - 1)


@random@


def multinomial_from(seed):
    """The function that draws an index for each row of probabilities p: the largest p / e, with exponential e."""
    bits = np.random.MT19937()
    np.random.RandomState(bits).seed(seed & 0xFFFFFFFF)

    def multinomial(probabilities):
        fractions = fractions_of(joined(bits.random_raw(2 * probabilities.size)))
        e = exponentials_of(fractions).astype(np.float32).reshape(probabilities.shape)
        return (probabilities / e).argmax(1)

    return multinomial


# How words are drawn.

@cached@


@growing@


@training@


def stop(why):
    """Say what is wrong, in one line."""
    print(f"error: {why}", file=sys.stderr)
    sys.exit(2)


def main():
    """Draw words, one to a line."""
    parser = argparse.ArgumentParser(description="New words, one to a line.")
    parser.add_argument("-n", "--num-samples", type=int, default=20, metavar="N", help="how many (20)")
    parser.add_argument("--seed", type=int, default=@seed@, metavar="N", help="of the drawing (@seed@)")
    parser.add_argument("--temperature", type=float, default=1.0, metavar="T", help="divides the logits (1)")
    parser.add_argument("--top-k", type=int, default=-1, metavar="K", help="draw from the K most probable (-1: all)")
    parser.add_argument("--prompt", default="", metavar="TEXT", help="how each word starts")
@flags@    flags = parser.parse_args()
    if not 0 < flags.temperature < np.inf or flags.num_samples < 0 or (flags.top_k < 1 and flags.top_k != -1):
        stop("-n has to be 0 or more, --temperature above 0, --top-k 1 or more (or -1)")
    if strange := set(flags.prompt) - {*TOKENS[1:]}:
        stop(f"the model does not know the character {min(strange)!r}; give another --prompt")
    prompt = [TOKENS.index(character, 1) for character in flags.prompt]@fits@
@go@    growing = Growing(
        lambda contexts: after(w, contexts),
        multinomial_from(flags.seed),
        window=@draws_from@,
        at_once=@words@,
        temperature=flags.temperature,
        top_k=None if flags.top_k == -1 else flags.top_k,
        prompt=prompt,
        longest=@longest@,
    )
    tries = itertools.islice(growing.words(), 500 * flags.num_samples)
    for ids in itertools.islice(filter(len, tries), flags.num_samples):
        print("".join([TOKENS[i] for i in ids]))


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")
    main()
'''
