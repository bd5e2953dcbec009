"""`python -m makemore.compare`: the gradients of every model, beside PyTorch's and beside finite differences.

A model's own forward is what runs on either library: it is written in PyTorch's names, so on PyTorch the library and
the parameters are changed under it, and nothing else (`on_library`). What PyTorch has not, such as
a recurrent net as one function, is done there step by step.
"""

import contextlib
import functools
import itertools
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

import micrograd
from makemore import language_model
from makemore.models import FAMILIES, TYPES, make
from micrograd.command import Parser, run_command
from micrograd.compare import Report, step_by_step
from micrograd.compare.functions import compare_function, compare_with_differences
from micrograd.compare.report import aligned, number_text
from micrograd.compare.runs import NO_PYTORCH, pytorch

VOCABULARY_SIZE = 6
SMALL = {"block_size": 4, "n_embd": 4, "n_embd2": 5, "n_layer": 2, "n_head": 2}
"""The sizes of the models here: finite differences take their time, and no derivative knows how large a model is."""

VARIANTS: dict[str, list[dict[str, Any]]] = {
    "mlp": [{"batchnorm": False}, {"direct": True}, {"batchnorm": False, "n_layer": 1, "blank": True}]
}
"""Other forms of a type than that which its flags make where nobody says otherwise."""


def small_models() -> Iterator[tuple[str, Any]]:
    """Every type of model in each of its forms, by name, small, with all its parameters drawn."""
    for name, family in FAMILIES.items():
        sizes = {
            key: min(size or SMALL[key], SMALL[key]) if key in SMALL else size for key, size in family.sizes.items()
        }
        for variant in [{}, *VARIANTS.get(name, [])]:
            flags = [f"--{key.replace('_', '-')}" for key, value in variant.items() if value is True]
            flags += [f"--no-{key}" for key, value in variant.items() if value is False and "blank" not in variant]
            rng = np.random.default_rng(0)
            before = micrograd.random.default_generator.get_state()
            micrograd.manual_seed(0)
            model = make({"type": name} | sizes | variant, VOCABULARY_SIZE)
            micrograd.random.default_generator.set_state(before)
            with micrograd.no_grad():
                for parameter in model.parameters():  # some are 0 at first, and much has no gradient then
                    parameter += micrograd.from_numpy(rng.normal(0, 0.3, parameter.shape)).float()
            yield " ".join([name, *flags]), model


def some_examples(model: Any) -> tuple[np.ndarray, np.ndarray]:
    """Contexts and targets for a model: windows, or whole words of which one is shorter (a target of -1 is none)."""
    rng = np.random.default_rng(1)
    if not model.whole_words:
        return rng.integers(0, VOCABULARY_SIZE, (16, model.context_length)), rng.integers(0, VOCABULARY_SIZE, 16)
    contexts, targets = rng.integers(0, VOCABULARY_SIZE, (2, 4, model.context_length))
    targets[0, -1] = -1
    return contexts, targets


class Checked(NamedTuple):
    """What was found of a model: its number of parameters, and the Reports, by what it was compared with."""

    name: str
    parameters: int
    reports: dict[str, Report]

    @property
    def agrees(self) -> bool:
        return all(self.reports.values())


def check(name: str, model: Any) -> Checked:
    """Compare the loss and the gradient of every parameter, in float32 and float64 with PyTorch, if it is installed."""
    named = dict(model.named_parameters())
    arrays = [parameter.detach().numpy().copy() for parameter in named.values()]
    examples = some_examples(model)
    names = [*named, "contexts", "targets"]

    def loss(library: Any, *inputs: Any) -> Any:
        *parameters, contexts, targets = inputs
        with on_library(library, model, dict(zip(named.values(), parameters, strict=True))):
            return language_model.loss_of(model, contexts, targets)

    doubles = [array.astype(np.float64) for array in arrays]
    reports = {}
    if pytorch() is not None:
        reports["PyTorch float32"] = compare_function(loss, [*arrays, *examples], names)
        reports["PyTorch float64"] = compare_function(loss, [*doubles, *examples], names)
    reports["finite differences"] = compare_with_differences(loss, [*doubles, *examples], names)
    return Checked(name, sum([array.size for array in arrays]), reports)


@contextlib.contextmanager
def on_library(library: Any, model: Any, parameters: dict[Any, Any]) -> Iterator[None]:
    """Inside it the model has other tensors in the place of its parameters, and runs on the library they belong to.

    Buffers get the dtype of the parameters. On PyTorch, wherever a file of the model or of its layers says micrograd,
    functional, Tensor, or has a function of micrograd's, PyTorch's stands there meanwhile.
    """
    dtype = next(iter(parameters.values())).dtype
    undo = []
    for module in model.modules():
        for name, value in list(vars(module).items()):
            if isinstance(value, micrograd.Tensor):
                undo.append((vars(module), name, value))
                vars(module)[name] = parameters[value] if value in parameters else _buffer(library, value, dtype)
    if library is not micrograd:
        for namespace in _namespaces(model):
            for name, value in list(namespace.items()):
                if (other := _counterpart(library, value)) is not None:
                    undo.append((namespace, name, value))
                    namespace[name] = other
    try:
        yield
    finally:
        for namespace, name, value in undo:
            namespace[name] = value


def _buffer(library: Any, value: Any, dtype: Any) -> Any:
    tensor = library.from_numpy(value.detach().numpy().copy())
    return tensor.to(dtype) if tensor.is_floating_point() else tensor


def _namespaces(model: Any) -> list[dict[str, Any]]:
    """The global names of the files in which the loss, the model and its layers are written."""
    classes = itertools.chain(*[type(module).__mro__ for module in model.modules()])
    files = dict.fromkeys([language_model.__name__, *[each.__module__ for each in classes if each is not object]])
    return [vars(sys.modules[name]) for name in files]


class _Functional:
    """PyTorch's nn.functional, and step by step what only micrograd's has."""

    def __init__(self, torch: Any):
        self._torch = torch

    def __getattr__(self, name: str) -> Any:
        if name in vars(step_by_step):
            return functools.partial(getattr(step_by_step, name), self._torch)
        return getattr(self._torch.nn.functional, name)


def _counterpart(torch: Any, value: Any) -> Any:
    """What PyTorch has in the place of something of micrograd's: the library itself, its functions, its Tensor."""
    if value is micrograd:
        return torch
    if value is micrograd.nn.functional:
        return _Functional(torch)
    if value is micrograd.Tensor:
        return torch.Tensor
    name = getattr(value, "__name__", None)
    if callable(value) and not isinstance(value, type) and name and vars(micrograd).get(name) is value:
        return getattr(torch, name, None)
    return None


def main(arguments: list[str] | None = None) -> int:
    """The command. Returns 0 if all agree, 1 if not."""
    parser = Parser(
        prog="python -m makemore.compare",
        description="Compare the loss and the gradients of the models, made small, with those of the PyTorch that is "
        "installed, and with finite differences, (f(x + h) - f(x - h)) / 2h.",
    )
    parser.add_argument("types", nargs="*", metavar="TYPE", help=f"{', '.join(TYPES)} (default: all)")
    flags = parser.parse_args(arguments)
    for type_ in flags.types:
        if type_ not in TYPES:
            parser.error(f"there is no type {type_!r}; there are {', '.join(TYPES)}")
    models = [(name, model) for name, model in small_models() if not flags.types or name.split()[0] in flags.types]
    found = [check(name, model) for name, model in tqdm(models, desc="comparing", unit="model", delay=1, leave=False)]
    torch = pytorch()
    beside = "finite differences" if torch is None else f"PyTorch {torch.__version__} and finite differences"
    print(f"the loss and its gradients on micrograd beside {beside}: the largest difference")
    print("\n".join(table(found)))
    for checked in found:
        for report in checked.reports.values():
            if not report:
                print(f"\n{checked.name}: {report}")
    if torch is None:
        print(NO_PYTORCH)
    wrong = [checked.name for checked in found if not checked.agrees]
    print(f"{len(found) - len(wrong)} of {len(found)} models agree" + f"; not {', '.join(wrong)}" * bool(wrong))
    return 1 if wrong else 0


def table(found: list[Checked]) -> list[str]:
    """A line for each model: its parameters, the largest difference by what it was compared with, and the verdict."""
    against = list(found[0].reports)
    rows = [["model", "parameters", *against, "verdict"]]
    for checked in found:
        largest = [
            number_text(float(np.max([row.largest for row in checked.reports[other].rows]))) for other in against
        ]
        rows.append([checked.name, str(checked.parameters), *largest, "agrees" if checked.agrees else "different"])
    return aligned(rows, right=range(1, len(rows[0]) - 1))


if __name__ == "__main__":
    run_command(main)
