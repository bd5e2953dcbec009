"""A trained model as one file of Python that needs NumPy alone, made from the sources of the package itself.

What the model computes is recorded, and written as a list of operations with their functions (`micrograd.compiling`);
how words grow, how random words become draws and how a checksum is made are the package's own functions, as they stand.
Only the frame around them is written here.
"""

import ast
import inspect
import re
import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np

import micrograd
from makemore import drawing, run_folder
from makemore.data import Vocabulary
from makemore.language_model import CHARACTERS_AT_ONCE, LOGITS_AT_ONCE
from micrograd import Tensor, no_grad, stream
from micrograd.compiling.listing import Call, Line, Listing, for_any
from micrograd.compiling.plain import Functions
from micrograd.nn import functional as F  # noqa: N812 - as everywhere

NAMES = {"read", "forward", "log_probabilities", "after", "stop", "main", "joined", "fractions_of", "exponentials_of"}
"""The functions of the frame itself."""


def source_of(thing: Any) -> str:
    """The source of a function or class as it stands, without its types."""
    text = textwrap.dedent(inspect.getsource(thing))
    tree = ast.parse(text)
    lines = text.encode().split(b"\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)

    def place(node: Any, end: bool = False) -> int:
        return starts[(node.end_lineno if end else node.lineno) - 1] + (node.end_col_offset if end else node.col_offset)

    content, edits = text.encode(), []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            start = content.index(b"(", place(node)) + 1
            end = content.index(b":\n", place(node.returns, True) if node.returns else start)
            for argument in (*node.args.args, *node.args.kwonlyargs):
                argument.annotation = None
            edits.append((start, end, f"{ast.unparse(node.args)})".encode()))
        elif isinstance(node, ast.AnnAssign) and node.value:
            edits.append((place(node.target, True), place(node.annotation, True), b""))
    for start, end, new in sorted(edits, reverse=True):
        content = content[:start] + new + content[end:]
    return content.decode().rstrip()


class Lines:
    """The lines of a function of a model, for any number of examples and, of whole words, any length."""

    def __init__(self, model: Any, functions: Functions):
        self.model, self.functions = model, functions
        self.weights = {id(t._array): f'w["{name}"]' for name, t in model.state_dict(keep_vars=True).items()}
        self.modules = {id(module): _short(name) for name, module in model.named_modules()}
        longest = model.context_length
        self.lengths: dict[str, tuple[int, int]] = {"n": (4 * longest + 101, 4 * longest + 211)}
        if model.whole_words:
            self.lengths["T"] = (max(1, longest - 1), longest)

    def shapes(self) -> list[tuple[int, int]]:
        """The two shapes of contexts that the model is recorded with."""
        width = self.lengths.get("T", (self.model.context_length,) * 2)
        return list(zip(self.lengths["n"], width, strict=True))

    def record(self, function: Any, arguments: Mapping[str, tuple[np.ndarray, np.ndarray]], result: str) -> "Recorded":
        """The function of arrays, given by name as they are in each of two calls; result: what comes out is called."""
        calls, names = [], []
        for i in range(2):
            tensors = [micrograd.from_numpy(pair[i]) for pair in arguments.values()]
            calls.append(Call(function, *tensors))
            given = dict(zip([id(t._array) for t in tensors], arguments, strict=True))
            names.append(self.weights | given)
        for call in calls:
            call.watched_by(self.functions)
        return Recorded(self, calls, names, result)


class Recorded:
    """A function that was recorded twice. Its lines are written when all that the file does is recorded."""

    def __init__(self, lines: Lines, calls: list[Call], names: list[dict[int, str]], result: str):
        self.lines, self.calls, self.names, self.result = lines, calls, names, result

    def listing(self, i: int) -> Listing:
        return Listing(self.calls[i], self.lines.functions, self.names[i], self.lines.modules, self.result)

    def written(self) -> tuple[list[str], list[str]]:
        """The lines forward, and those back."""
        self.listing(0)  # so that the names of all functions are taken
        one, other = self.listing(0), self.listing(1)
        return self._any(one.forward, other.forward), self._any(one.backward, other.backward)

    def _any(self, one: list[Line], other: list[Line]) -> list[str]:
        return for_any(one, other, self.lines.lengths)


def _short(path: str) -> str:
    """A module's path as a name, without its first part where the rest will do."""
    first, _, rest = path.partition(".")
    return (rest if rest and not rest[0].isdigit() else path).replace(".", "_")


def arrays_of(model: Any) -> dict[str, np.ndarray]:
    """The weights and buffers of a model, by name."""
    arrays = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    if "counts" in arrays:
        arrays["counts"] = arrays["counts"].reshape(-1, model.vocabulary_size)
    return arrays


@no_grad()
def forward_and_probabilities(lines: Lines) -> tuple[Recorded, Recorded]:
    """The model in its eval mode, from contexts to logits, and from there to the logarithms of the probabilities."""
    model, size = lines.model.eval(), lines.model.vocabulary_size
    contexts = [np.resize(np.arange(size), shape) for shape in lines.shapes()]
    forward = lines.record(model, {"contexts": (contexts[0], contexts[1])}, "logits")
    logits = [call.result.numpy() for call in forward.calls]

    def log_probabilities(logits: Tensor) -> Tensor:
        return F.log_softmax(logits.view(-1, size).double(), 1)

    return forward, lines.record(log_probabilities, {"logits": (logits[0], logits[1])}, "log_probabilities")


def text_of(model: Any, vocabulary: Vocabulary, settings: Mapping[str, Any]) -> str:
    """The file of a model in eval mode.

    settings: what its words are drawn with: `title`, a sentence on the model; `weights`, the name of the file with
    them; `seed`, `at_once` and `longest`, see `Drawing`.
    """
    functions = Functions(False, {*NAMES, "w", "n", "T"})
    lines = Lines(model, functions)
    forward, probabilities = forward_and_probabilities(lines)
    body, (ends, _) = forward.written()[0], probabilities.written()
    whole = model.whole_words
    inputs, outputs = ("(n, T)", "(n, T, {size})") if whole else (f"(n, {model.context_length})", "(n, {size})")
    size = len(vocabulary)
    numbers = ["n, T = contexts.shape" if whole else "n = len(contexts)"] if _uses(body, "n", "T") else []
    most = max(1, min(CHARACTERS_AT_ONCE, LOGITS_AT_ONCE // size))
    values = {
        "title": settings["title"],
        "file": settings["file"],
        "weights": settings["weights"],
        "tokens": _tokens(vocabulary),
        "size": size,
        "seed": settings["seed"],
        "read": source_of(run_folder._checksum),
        "operations": "\n\n\n".join([*_constants(functions), *functions.texts.values()]),
        "inputs": inputs,
        "outputs": outputs.format(size=size),
        "forward": _indented([*numbers, *body, "return logits"]),
        "ends": _indented([line for line in ends][:-1] + ["return " + _value(ends[-1])]),
        "last": ".reshape(len(contexts), -1, len(TOKENS))[:, -1]" if whole else "",
        "at_once": f"max(1, {most} // contexts.shape[1])" if whole else most,
        "random": "\n\n\n".join(map(source_of, (stream.joined, stream.fractions_of, stream.exponentials_of))),
        "cached": f"MOST_CACHED = {drawing.MOST_CACHED}  # probabilities that a Drawing keeps",
        "drawing": source_of(drawing.Drawing),
        "window": None if whole else model.context_length,
        "words": settings["at_once"],
        "longest": f"min({settings['longest']}, {model.context_length} - len(prompt))" if whole else settings["longest"],
        "fits": FITS.format(most=model.context_length - 1) if whole else "",
        "imports": "\n".join(f"import {name}" for name in sorted({*STANDARD, *functions.modules} - {"numpy"})),
    }
    text = re.sub(r"@(\w+)@", lambda match: str(values[match[1]]), FRAME)
    return re.sub(r"\n{4,}", "\n\n\n", text)


def _constants(functions: Functions) -> list[str]:
    return ["\n".join(functions.constants.values())] if functions.constants else []


def _uses(lines: list[str], *names: str) -> bool:
    """Whether lines of code, their comments left out, read one of the names."""
    nodes = [node for line in lines for node in ast.walk(ast.parse(line))]
    return any(isinstance(node, ast.Name) and node.id in names for node in nodes)


def _value(line: str) -> str:
    return line.partition(" = ")[2]


def _indented(lines: list[str]) -> str:
    return textwrap.indent("\n".join(lines), "    ")


def _tokens(vocabulary: Vocabulary) -> str:
    """The tokens as Python: the boundary, and the characters as one string."""
    return f"[{ascii_or_as_is(vocabulary.boundary)}, *{ascii_or_as_is(''.join(vocabulary.characters))}]"


def ascii_or_as_is(text: str) -> str:
    """A string of Python, whose characters stand for themselves where they can be printed."""
    quoted = repr(text)
    return quoted if '"' in quoted or "'" in quoted[1:-1] else f'"{quoted[1:-1]}"'


STANDARD = ("argparse", "hashlib", "itertools", "json", "sys")

FITS = """
    if len(prompt) > {most}:
        stop(f"the prompt is too long: the model was made for {most} characters")"""

FRAME = '''"""@title@

Made by `python -m makemore.export`; it needs NumPy, and @weights@ beside it.

    python @file@ -n 10 --seed 3

From top to bottom: the vocabulary, the weights, the operations, the net, the random numbers, how words grow.
"""

@imports@
from pathlib import Path

import numpy as np

np.seterr(all="ignore")  # the logarithm of a probability of 0 is -inf, and no mistake

TOKENS = @tokens@  # by their ids; the first is the boundary before and after a word
WEIGHTS = Path(__file__).with_name("@weights@")


# The weights.

DTYPES = {"F32": "<f4", "F64": "<f8", "I64": "<i8", "U8": "u1"}


def read(path):
    """The arrays in a file of safetensors: the length of a header in JSON, the header, and then the numbers."""
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
        raise ValueError("its checksum is another")
    return arrays


@read@


# The operations, as they stand in micrograd.

@operations@


# The net.


def forward(w, contexts):
    """The logits of the next character: contexts @inputs@ of token ids to @outputs@. w: the weights."""
@forward@


def log_probabilities(logits):
    """Those of each next character, float64: a row for each context, or each position of one."""
@ends@


def after(w, contexts):
    """The logarithms of the probabilities of what comes after each context: (n, @size@), in blocks, to spare memory."""
    at_once = @at_once@
    starts = range(0, len(contexts), at_once)
    rows = np.concatenate([log_probabilities(forward(w, contexts[i : i + at_once])) for i in starts])
    return rows@last@


# The random numbers: those of PyTorch.

HALF_WIDTH, LOW_53_BITS = np.uint64(32), np.uint64(2**53 - 1)


@random@


def multinomial_from(seed):
    """The function that draws an index for each row of probabilities: a race, in which each has an exponential time."""
    bits = np.random.MT19937()
    np.random.RandomState(bits).seed(seed & 0xFFFFFFFF)

    def multinomial(probabilities):
        fractions = fractions_of(joined(bits.random_raw(2 * probabilities.size)))
        times = exponentials_of(fractions).astype(np.float32).reshape(probabilities.shape)
        return (probabilities / times).argmax(1)

    return multinomial


# How words grow.

@cached@


@drawing@


def stop(why):
    """Say what is wrong, in one line."""
    print(f"error: {why}", file=sys.stderr)
    sys.exit(2)


def main():
    """Draw words, one to a line."""
    parser = argparse.ArgumentParser(description="New words, one to a line.")
    parser.add_argument("-n", "--num-samples", type=int, default=20, metavar="N", help="how many (20)")
    parser.add_argument("--seed", type=int, default=@seed@, metavar="N", help="of the drawing (@seed@)")
    parser.add_argument("--temperature", type=float, default=1.0, metavar="T", help="below 1 the likely becomes likelier")
    parser.add_argument("--top-k", type=int, default=-1, metavar="K", help="draw only from the K likeliest (-1: from all)")
    parser.add_argument("--prompt", default="", metavar="TEXT", help="how each word begins")
    flags = parser.parse_args()
    if not 0 < flags.temperature < np.inf or flags.num_samples < 0 or (flags.top_k < 1 and flags.top_k != -1):
        stop("-n is 0 or more, --temperature above 0, --top-k 1 or more (or -1)")
    if strange := set(flags.prompt) - {*TOKENS[1:]}:
        stop(f"the model does not know the character {min(strange)!r}")
    prompt = [TOKENS.index(character, 1) for character in flags.prompt]@fits@
    try:
        w = read(WEIGHTS)
    except (OSError, ValueError, KeyError, TypeError) as error:
        stop(f"{WEIGHTS} cannot be read ({error})")
    growing = Drawing(
        lambda contexts: after(w, contexts),
        multinomial_from(flags.seed),
        window=@window@,
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
