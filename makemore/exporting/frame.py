"""The text of an exported file that draws words, with gaps for what is recorded and copied."""

import inspect
import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from makemore import growing, new_words
from makemore.data import Vocabulary
from makemore.exporting import training
from makemore.exporting.recorded import Lines, arrays_of, forward_and_probabilities, source_of
from makemore.exporting.training import indented
from makemore.language_model import CHARACTERS_AT_ONCE, LOGITS_AT_ONCE


def text_of(
    model: Any,
    vocabulary: Vocabulary,
    config: dict[str, Any],
    path: Path,
    state: training.State | None,
) -> str:
    """The text of the file for a model. Recording the model changes its buffers.

    config: that of the run. path: where the file goes, with its weights beside it as .npz. state: what a file that
    trains as well starts from. Raises RuntimeError if the file does not compute the model's numbers, Obstacle
    for a model that cannot be written as text.
    """
    weights = {name: array.copy() for name, array in arrays_of(model).items()}
    templates = [FRAME, training.FRAME, training.EXAMPLES, training.SAMPLE]
    taken = {"words_drawn", "rate_at", *re.findall(r"^def (\w+)", "\n".join(templates), re.MULTILINE)}
    lines = Lines(model, state is not None, taken)
    functions = lines.functions
    forward, probabilities = forward_and_probabilities(lines)
    step = None if state is None else training.recorded_step(lines, config)
    trains = {} if step is None or state is None else training.parts_of(lines, config, state, step)
    body, ends = forward.written()[0], probabilities.written()[0]
    whole, size, window = model.whole_words, len(vocabulary), model.context_length
    most = max(1, min(CHARACTERS_AT_ONCE, LOGITS_AT_ONCE // size))
    longest, weights_name = new_words.longest_word(config), path.with_suffix(".npz").name
    title = f"New words like those of {Path(config['input_file']).name}: --type {config['type']} of makemore."
    in_docstring = {"title": title, "file": path.name, "weights": weights_name}
    cached = next(line for line in inspect.getsource(growing).split("\n") if line.startswith("MOST_CACHED"))
    values = {
        "layer": "",
        **trains,
        **{name: re.sub(r'[\\"]', "_", text) for name, text in in_docstring.items()},
        "weights_name": json.dumps(weights_name, ensure_ascii=False),
        "seed": config["seed"],
        "tokens": f"[{_quoted(vocabulary.boundary)}, *{_quoted(''.join(vocabulary.characters))}]",
        "size": size,
        "operations": "\n\n\n".join(filter(None, ["\n".join(functions.constants.values()), *functions.texts.values()])),
        "gap": "" if functions.constants else "\n",
        "inputs": "(n, T)" if whole else f"(n, {window})",
        "outputs": f"(n, T, {size})" if whole else f"(n, {size})",
        "forward": indented([*training.lengths_in(body), *body, "return logits"], 1),
        "ends": indented([*ends[:-1], "return " + ends[-1].partition(" = ")[2]], 1),
        "last": ".reshape(len(contexts), -1, len(TOKENS))[:, -1]" if whole else "",
        "at_once": f"max(1, {most} // contexts.shape[1])" if whole else most,
        "rows": " * contexts.shape[1]" if whole else "",
        "drawing": f"{cached}\n\n\n{source_of(growing.words_drawn)}",
        "last_weights": 'group(arrays, "last")' if trains else "arrays",
        "window": 1 if whole else window,
        "draws_from": None if whole else window,
        "words": new_words.words_at_once(config),
        "longest": f"min({longest}, {window} - len(prompt))" if whole else longest,
        "fits": FITS.format(most=window - 1) if whole else "",
        "parts_of_it": ", backward and the training loop" if trains else "",
        "usage": USAGE if trains else "",
        "flags": FLAGS if trains else "",
        "go": TRAIN + trains["chosen"] if trains else "    w = arrays\n",
        "training": training.FRAME if trains else "",
    }
    text, filled = "", FRAME
    while filled != text:
        text, filled = filled, re.sub(r"@(\w+)@", lambda match: str(values.get(match[1], match[0])), filled)
    text = text.replace("\n@imports@", _imports(text, functions.modules))
    text = re.sub(r"\n{4,}", "\n\n\n", text)
    made: dict[str, Any] = {"__name__": "exported", "__file__": path.name}
    with np.errstate():  # because the file calls np.seterr
        exec(compile(text, path.name, "exec"), made)
        forward.check(made["forward"], weights)
        probabilities.check(made["log_probabilities"], None)
        if step is not None:
            step.check(made["loss_and_gradients"], weights)
            training.check_rate(made["rate_at"], config)
    return text


def _imports(text: str, modules: set[str]) -> str:
    """The import statements of what a text uses."""
    standard = ("argparse", "hashlib", "itertools", "math", "random", "sys")
    used = {name for name in standard if re.search(rf"(?<![\w.]){name}\.", text)} | modules - {"numpy", "functools"}
    lines = [f"import {name}" for name in sorted(used)]
    lines += ["from pathlib import Path", "", "import numpy as np"]
    if "sliding_window_view" in text:
        lines.append("from numpy.lib.stride_tricks import sliding_window_view")
    return "\n".join(["", *lines])


def _quoted(text: str) -> str:
    """A string literal, in double quotes if there is none in it."""
    quoted = repr(text)
    return quoted if '"' in quoted or "'" in quoted[1:-1] else f'"{quoted[1:-1]}"'


USAGE = """
    python @file@ --max-steps 20000"""

FLAGS = """\
    parser.add_argument("--max-steps", type=int, metavar="N", help="train first, up to N steps (-1: without end)")
    parser.add_argument("-i", "--input-file", default=LIST, metavar="FILE", help="the list of words to train on")
"""

TRAIN = """\
    if flags.max_steps is not None:
        if flags.max_steps != -1 and flags.max_steps <= arrays["step"]:
            stop(f"{arrays['step']:,} steps are done; give a larger total with --max-steps")
        try:
            arrays = train(arrays, flags.max_steps, flags.input_file)
        except OSError as error:
            stop(f"{WEIGHTS} cannot be written ({error})")
        except KeyboardInterrupt:
            print(f"\\nstopped; {WEIGHTS} is as it was at the last evaluation", file=sys.stderr)
            sys.exit(130)
"""

FITS = """
    if len(prompt) > {most}:
        stop("the prompt is too long; the model takes up to {most} characters")"""

FRAME = '''"""@title@

Made by `python -m makemore.export`; it needs NumPy 2, and @weights@ beside it.

    python @file@ -n 10 --seed 3@usage@

From top to bottom: the operations, the net, how words are drawn@parts_of_it@.
"""

@imports@

np.seterr(all="ignore")  # log(0) is -inf, the log probability of what cannot come

TOKENS = @tokens@  # by token id; the first is the boundary before and after a word
WEIGHTS = Path(__file__).with_name(@weights_name@)


# The operations: those of micrograd, without what this net does not ask of them.
@gap@
@operations@


# The net.


@layer@def forward(w, contexts):
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


# How words are drawn.


def multinomial(p, bits):
    """PyTorch's multinomial: of each row of probabilities the index of the largest p / e, with exponential e."""
    words = bits.random_raw(2 * p.size)  # of 32 bits; two of them make a number in [0, 1)
    uniform = (words[0::2] * 2**32 + words[1::2]) % 2**53 * 2.0**-53
    return (p / -np.log1p(-uniform).astype(np.float32).reshape(p.shape)).argmax(1)


@drawing@


@training@


def read():
    """The arrays in WEIGHTS, by name."""
    try:
        with np.load(WEIGHTS) as file:
            arrays = dict(file)
            if file.zip.testzip() or len(arrays) != arrays["count"]:
                raise ValueError
        after(@last_weights@, np.zeros((1, @window@), np.int64))  # raises where they are another net's
        return arrays
    except OSError as error:
        stop(f"{WEIGHTS} cannot be read ({error}); it belongs beside this file")
    except Exception:  # what is damaged may raise anything
        stop(f"{WEIGHTS} is damaged, or of another model; export it again")


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
    arrays = read()
@go@    bits = np.random.MT19937()
    np.random.RandomState(bits).seed(flags.seed & 0xFFFFFFFF)
    words = words_drawn(
        lambda contexts: after(w, contexts), lambda p: multinomial(p, bits), window=@draws_from@, at_once=@words@,
        temperature=flags.temperature, top_k=None if flags.top_k == -1 else flags.top_k,
        prompt=prompt, longest=@longest@,
    )
    for ids in itertools.islice(filter(len, itertools.islice(words, 500 * flags.num_samples)), flags.num_samples):
        print("".join([TOKENS[i] for i in ids]))


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")
    try:
        main()
    except (KeyboardInterrupt, BrokenPipeError):  # of Ctrl-C, and of a reader that has had enough
        sys.stderr.close()
        sys.exit(130)
'''
