"""A model's computation, recorded and written as lines; and sources of the package, copied."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import micrograd
from micrograd import Tensor, no_grad
from micrograd.compiling import folding
from micrograd.compiling.lengths import for_any
from micrograd.compiling.listing import Call, Listing
from micrograd.compiling.plain import Functions
from micrograd.compiling.recording import Step
from micrograd.compiling.simplifying import SimplifiedSource
from micrograd.graph import run_backward
from micrograd.nn import functional as F  # noqa: N812 - as everywhere


def source_of(function: Any) -> str:
    """The source of a function without its annotations and all but the first paragraph of its docstring."""
    return SimplifiedSource(Functions(False, set(), {}, set()), function, is_op=False, calls=[]).source.written()


class Lines:
    """Records functions of a model, for any number of examples and, for models of whole words, any length."""

    def __init__(self, model: Any, backward: bool, taken: set[str]):
        self.model, longest = model, model.context_length
        self.weights = {id(t._array): f'w["{name}"]' for name, t in model.state_dict(keep_vars=True).items()}
        self.weights |= _of_shorter_contexts(model)
        self.modules = _names_of_modules(model)
        self.lengths: dict[str, tuple[int, int]] = {"n": (101, 103)}
        if model.whole_words:
            self.lengths["T"] = (max(1, longest - 1), longest)
        varying = {n: longest if name == "T" else None for name, pair in self.lengths.items() for n in pair}
        self.layers: dict[str, Any] = {}  # the functions of equal layers, see `folding.written`
        self.back: set[Any] = set()
        self.forward_only: set[Any] = set()
        self.functions = Functions(backward, taken, varying, {*self.weights})

    def layer_name(self, prefix: str | None) -> str:
        """What layers are called whose weights' names start like this: their class, in small letters."""
        path = prefix[2:-1].format(i=0) if prefix else ""
        found = dict(self.model.named_modules()).get(path.rstrip("."))
        return type(found).__name__.lower() if path and found is not None else "layer"

    def contexts(self) -> list[np.ndarray]:
        """Contexts (n, T) of two shapes, which the model is recorded with."""
        widths, size = self.lengths.get("T", (self.model.context_length,) * 2), self.model.vocabulary_size
        return [np.resize(np.arange(size), shape) for shape in zip(self.lengths["n"], widths, strict=True)]

    def record(self, function: Any, arguments: Mapping[str, Sequence[np.ndarray]], result: str) -> "Recorded":
        """Record a function in two calls. arguments: its arrays in each, by name. result: the name of its result."""
        calls, names = [], []
        for i in range(2):
            tensors = [micrograd.from_numpy(pair[i]) for pair in arguments.values()]
            calls.append(Call(function, *tensors))
            given = dict(zip([id(t._array) for t in tensors], arguments, strict=True))
            names.append(self.weights | given)
        for call in calls:
            call.watched_by(self.functions)
            for step in call.steps:
                if isinstance(step, Step):
                    (self.back if step.node is not None else self.forward_only).add(step.op.forward)
        self.functions.forward_only = self.forward_only - self.back
        return Recorded(self, calls, names, result)


class Recorded:
    """A function that was recorded twice. Its lines are written once everything in the file is recorded."""

    def __init__(self, lines: Lines, calls: list[Call], names: list[dict[int, str]], result: str):
        self.lines, self.calls, self.names, self.result = lines, calls, names, result
        self.given = [[array.copy() for array in call.arguments] for call in calls]

    def check(self, function: Any, w: dict[str, np.ndarray] | None) -> None:
        """Raises RuntimeError if the exported function differs from the recorded calls in any bit.

        w: the weights as they were, its first argument; None for a function without them.
        """
        for call, given in zip(self.calls, self.given, strict=True):
            first = [] if w is None else [{name: array.copy() for name, array in w.items()}]
            found = function(*first, *given)
            pairs = [(found[0] if isinstance(found, tuple) else found, call.result.detach().numpy())]
            if isinstance(found, tuple):
                leaves = run_backward([call.result], [np.ones_like(pairs[0][1])], True)
                grads = {f'w["{name}"]': array for name, array in found[1].items()}
                pairs += [(grads.get(self.lines.weights[id(leaf._array)]), g) for leaf, g in leaves.items()]
            for made, expected in pairs:
                value = np.asarray(made)
                same = value.shape == expected.shape and value.dtype == expected.dtype
                if not same or value.tobytes() != expected.tobytes():
                    raise RuntimeError(
                        f"the exported {self.result} is not that of the model: report this bug of makemore"
                    )

    def listing(self, i: int) -> Listing:
        return Listing(self.calls[i], self.lines.functions, self.names[i], self.lines.modules, self.result)

    def written(self) -> tuple[list[str], list[str], str]:
        """The lines of forward, those of backward, and the function of layers that are equal, "" without them."""
        self.listing(0)  # takes the names of all functions
        one, other = self.listing(0), self.listing(1)
        forward = for_any(one.forward, other.forward, self.lines.lengths)
        backward = for_any(one.backward, other.backward, self.lines.lengths)
        return folding.written(forward, backward, self.lines.layer_name, self.lines.layers)


def _names_of_modules(model: Any) -> dict[int, str]:
    """What the modules are called whose path says more than the operation does, by their ids.

    A layer in a Sequential has a number for a name. The first part of a path is left out if the rest is a name, too.
    """
    names = {}
    for path, module in model.named_modules():
        rest = path.partition(".")[2]
        if not path.rpartition(".")[2].isdigit() or [*module.children()]:
            names[id(module)] = (rest if rest and not rest[0].isdigit() else path).replace(".", "_")
    return names


def _of_shorter_contexts(model: Any) -> dict[int, str]:
    """The tables of shorter n-grams that counts are interpolated with, as sums of the counts, by array id."""
    if getattr(model, "interpolation", None) is None:
        return {}
    with no_grad():
        model(micrograd.zeros(1, model.context_length, dtype=micrograd.int64))  # makes them
    shape = (model.vocabulary_size,) * (model.context_length + 1)
    names = {}
    for length, table in enumerate(model._shorter):
        axes = tuple(range(model.context_length - length))
        names[id(table._array)] = f'w["counts"].reshape({shape}).sum({axes})'
    return names


def arrays_of(model: Any) -> dict[str, np.ndarray]:
    """The weights and buffers of a model, by name."""
    arrays = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    if "counts" in arrays:
        arrays["counts"] = arrays["counts"].reshape(-1, model.vocabulary_size)
    return arrays


@no_grad()
def forward_and_probabilities(lines: Lines) -> tuple[Recorded, Recorded]:
    """The model in eval mode, from contexts to logits, and from logits to log probabilities."""
    model, size = lines.model.eval(), lines.model.vocabulary_size
    forward = lines.record(model, {"contexts": lines.contexts()}, "logits")
    logits = [call.result.numpy() for call in forward.calls]

    def log_probabilities(logits: Tensor) -> Tensor:
        return F.log_softmax(logits.view(-1, size).double(), 1)

    return forward, lines.record(log_probabilities, {"logits": logits}, "log_probabilities")
