"""A trained model as the text of a file: what is recorded and copied fills the template, and the result is checked."""

import inspect
import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from makemore import language_model, new_words
from makemore.data import Vocabulary
from makemore.exporting import training
from makemore.exporting.recorded import Lines, arrays_of, forward_and_probabilities, source_of
from makemore.exporting.template import TEMPLATE, filled
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
    taken = {"words_drawn", "rate_at", *re.findall(r"^def (\w+)", TEMPLATE, re.MULTILINE)}
    lines = Lines(model, state is not None, taken)
    functions = lines.functions
    forward, probabilities = forward_and_probabilities(lines)
    step: Any = None if state is None else training.recorded_step(lines, config)
    holds, values = ({}, {"layer": ""}) if state is None else training.parts_of(lines, config, state, step)
    body, ends = forward.written()[0], probabilities.written()[0]
    whole, size, window = model.whole_words, len(vocabulary), model.context_length
    longest, weights_name = new_words.longest_word(config), path.with_suffix(".npz").name
    title = f"New words like those of {Path(config['input_file']).name}: --type {config['type']} of makemore."
    in_docstring = {"title": title, "file": path.name, "weights": weights_name}
    cached = next(line for line in inspect.getsource(language_model).split("\n") if line.startswith("MOST_CACHED"))
    holds |= {"trains": step is not None, "whole": whole, "constants": bool(functions.constants)}
    values |= {
        **{name: re.sub(r'[\\"]', "_", text) for name, text in in_docstring.items()},
        "weights_name": json.dumps(weights_name, ensure_ascii=False),
        "seed": config["seed"],
        "tokens": f"[{_quoted(vocabulary.boundary)}, *{_quoted(''.join(vocabulary.characters))}]",
        "size": size,
        "operations": "\n\n\n".join(filter(None, ["\n".join(functions.constants.values()), *functions.texts.values()])),
        "inputs": "(n, T)" if whole else f"(n, {window})",
        "outputs": f"(n, T, {size})" if whole else f"(n, {size})",
        "forward": indented([*training.lengths_in(body), *body, "return logits"], 1),
        "ends": indented([*ends[:-1], "return " + ends[-1].partition(" = ")[2]], 1),
        "most_at_once": max(1, min(CHARACTERS_AT_ONCE, LOGITS_AT_ONCE // size)),
        "drawing": f"{cached}\n\n\n{source_of(language_model.words_drawn)}",
        "window": window,
        "order": window + 1,
        "width": 1 if whole else window,
        "draws_from": None if whole else window,
        "words": new_words.words_at_once(config),
        "longest": f"min({longest}, {window} - len(prompt))" if whole else longest,
        "longest_prompt": window - 1,
    }
    text = filled(TEMPLATE, holds, values)
    text = text.replace("\n@imports@", _imports(text, functions.modules))
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
