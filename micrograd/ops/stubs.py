"""What editors and type checkers know of the functions that decorators make: stubs, written from those functions.

    python -m micrograd.ops.stubs          writes them
    python -m micrograd.ops.stubs --check  says whether they are what it would write, with exit status 1 where not

Three files: `micrograd/__init__.pyi`, all names of the package; `micrograd/nn/functional.pyi`; and
`micrograd/rules/methods.pyi`, a class of all methods that operations attach to Tensor, which Tensor is told to inherit
from where type checkers read it. What a person has annotated is taken over, and the docstrings, which editors
show. Of an op the inputs are tensors or numbers, the options of the type of their default, and the result is a Tensor.
"""

import ast
import inspect
import math
import re
import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import micrograd
from micrograd.ops import FUNCTIONAL, OPERATORS, TORCH
from micrograd.rules.signatures import PYTORCHS
from micrograd.tensors import Tensor

PACKAGE = Path(inspect.getfile(micrograd)).parent
FILES = ("__init__.pyi", "nn/functional.pyi", "rules/methods.pyi")
HEAD = '"""Written by `python -m micrograd.ops.stubs`: change the functions themselves, and run it again."""\n'

# The package and Tensor have functions of these names themselves.
BUILTINS = re.compile(r"(?<![\w.])(bool|float|int|list|str|tuple)\b")
QUALIFIED = re.compile(r"((?:[a-z]\w*\.)+)([A-Za-z]\w*)")
RENAMED = {"dtype": "DType", "device": "Device"}

TENSOR, PAIR = "micrograd.tensors.Tensor", "micrograd.ops.extremes.ValuesAndIndices"
DIMS = "int | collections.abc.Sequence[int] | None"

# Options of ops of which their default does not say everything; all others are of the type of the default.
OPTIONS = {
    **{"dim": DIMS, "dims": DIMS, "shifts": DIMS, "pad": "collections.abc.Sequence[int]", "p": "float | str | None"},
    **{"dtype": "micrograd.rules.dtypes.dtype | None", "alpha": "float", "correction": "float | None"},
    **{"dim0": "int", "dim1": "int", "dimension": "int", "size": "int", "step": "int", "n_head": "int"},
    **{"nan": "float | None", "posinf": "float | None", "neginf": "float | None", "padding_idx": "int | None"},
    **{"stride": "typing.Any", "padding": "typing.Any", "dilation": "typing.Any", "value": "float | None"},
}
PROPERTIES = {"device": "micrograd.rules.device.device"}  # all others are Tensors

# Where the result depends on the arguments: those after the first, and the result.
OR_ALONG = [("", TENSOR), ("dim: int, keepdim: bool = False", PAIR)]
AS_TUPLE = ("as_tuple: typing.Literal[True]", f"tuple[{TENSOR}, ...]")
OVERLOADS = {
    "draw_dot": [("format: str = 'svg', rankdir: str = 'LR'", "micrograd.draw.Picture")],
    "max": [*OR_ALONG, (f"other: {TENSOR}", TENSOR)],
    "min": [*OR_ALONG, (f"other: {TENSOR}", TENSOR)],
    "median": OR_ALONG,
    "nonzero": [("as_tuple: typing.Literal[False] = False", TENSOR), AS_TUPLE],
    "stride": [("", "tuple[int, ...]"), ("dim: int", "int")],
    "type": [("", "str"), ("dtype: typing.Any", TENSOR)],
    "unique": [
        ("sorted: bool = True", TENSOR),
        ("sorted: bool = True, return_inverse: bool = False, return_counts: bool = False", "typing.Any"),
    ],
    "where": [("", f"tuple[{TENSOR}, ...]"), (f"input: {TENSOR} | float, other: {TENSOR} | float", TENSOR)],
}


def is_in_place(name: str) -> bool:
    """Whether a method of this name changes self and returns it: add_, __iadd__."""
    return name.endswith("_") if not name.startswith("__") else name[:3] == "__i" and name[3:-2] in OPERATORS.values()


def spelled(annotation: Any) -> str:
    """An annotation as text, in which Python's own types are qualified."""
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    return BUILTINS.sub(r"builtins.\1", text)


def written(parameter: inspect.Parameter, inputs: set[str]) -> str:
    """A parameter as a stub has it; inputs are the names of those that may be tensors."""
    name, default, kind = parameter.name, parameter.default, parameter.annotation
    if kind is not parameter.empty:
        pass
    elif name in inputs:
        kind = TENSOR if name == "input" else f"{TENSOR} | float" + (" | None" if default is None else "")
    else:
        kind = OPTIONS.get(name) or (type(default).__name__ if isinstance(default, bool | int | str) else "typing.Any")
    stars = "*" * str(parameter)[:2].count("*")
    known = type(default) in (int, bool, str, type(None)) or (isinstance(default, float) and math.isfinite(default))
    shown = repr(default) if known else "..."
    return f"{stars}{name}: {spelled(kind)}" + ("" if default is parameter.empty else f" = {shown}")


def parameters_of(function: Any) -> list[inspect.Parameter]:
    """Its own, and what a decorator around it takes besides; without those that only bind a function."""
    own = [p for p in inspect.signature(function).parameters.values() if not inspect.isfunction(p.default)]
    around = inspect.signature(function, follow_wrapped=False).parameters.values()
    more = [p for p in around if p.kind is p.KEYWORD_ONLY and p.name not in [each.name for each in own]]
    return sorted(
        [p for p in [*own, *more] if p.name != "numpys"], key=lambda p: p.kind
    )  # PyTorch's stubs lack them too


def declared(name: str, function: Any, of: str = "") -> Iterator[str]:
    """The lines that declare a function, or with of="self" a method of Tensor."""
    parameters = parameters_of(function)
    op = getattr(function, "op", None)
    inputs = {PYTORCHS.get(p.name, p.name) for p in op.parameters if p.kind is p.POSITIONAL_ONLY} if op else set()
    result = inspect.signature(function).return_annotation
    if of and is_in_place(name):
        result = "typing.Self"
    elif result in (inspect.Signature.empty, Any):
        result = TENSOR
    first = of or (written(parameters[0], inputs) if parameters else "")
    if name.startswith("__"):
        parameters = [p for p in parameters if p.default is p.empty and p.kind is not p.VAR_KEYWORD]
        parameters = [p.replace(annotation=p.empty) if p.name in ("other", "base") else p for p in parameters]
        inputs |= {"other", "base"}
    rest: list[str] = []
    keywords = False
    for p in parameters[1:]:
        if p.kind is p.KEYWORD_ONLY and not keywords and not any(part.startswith("*") for part in [first, *rest]):
            rest.append("*")
        keywords = keywords or p.kind is p.KEYWORD_ONLY
        rest.append(written(p, inputs))
    forms = [(", ".join(rest), result)]
    ignored = ""
    if name in ("__eq__", "__ne__"):
        forms, ignored = [("other: object", TENSOR)], "  # type: ignore[override]"
    elif name in OVERLOADS and not (of and name == "where"):
        forms = OVERLOADS[name]
    for arguments, kind in forms:
        if len(forms) > 1:
            yield "@typing.overload"
        head = f"def {name}({', '.join(filter(None, [first, spelled(arguments)]))}) -> {spelled(kind)}:"
        yield f"{head} ...{ignored}" if name.startswith("__") else documented(head, function)


def documented(head: str, function: Any) -> str:
    """A declaration, with the docstring of the function below it, which editors show where the pointer rests."""
    text = inspect.getdoc(function)
    if not text:
        return f"{head} ..."
    raw = "r" if "\\" in text else ""
    end = '\n"""' if "\n" in text else '"""'
    return head + "\n" + textwrap.indent(f'{raw}"""{text}{end}', "    ")


def with_imports(lines: list[str], exports: Sequence[tuple[str, str]] = ()) -> str:
    """The file of these lines: each name by its last part, imported at the top. exports: (module, name) for users."""
    imports: set[tuple[str, str]] = set()

    def imported(found: re.Match[str]) -> str:
        module, name = found[1].rstrip("."), found[2]
        if module == "builtins":
            return found[0]
        if name in RENAMED:
            imports.add((module, f"{name} as {RENAMED[name]}"))
        elif (module, name) not in exports:
            imports.add((module, name))
        return RENAMED.get(name, name)

    parts = [line.partition("\n") for line in lines]  # the names in a docstring are those of its reader
    body = [QUALIFIED.sub(imported, head) + end + text for head, end, text in parts]
    names: dict[str, list[str]] = {}
    for module, name in [*sorted(imports), *[(module, f"{name} as {name}") for module, name in exports]]:
        names.setdefault(module, []).append(name)
    head = [f"from {module} import {', '.join(each)}" for module, each in names.items()]
    return "\n".join([HEAD, "import builtins", *head, "", *body, ""])


def package_stub() -> str:
    """All names of the package: those that `__init__.py` imports, and the functions."""
    exports = [("micrograd.random", "Generator"), *[(f"micrograd.{name}", name) for name in CALLED]]
    for node in ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and node.module not in INTERNAL:
            exports += [(str(node.module), alias.name) for alias in node.names if alias.name not in CALLED]
    lines = ["__version__: builtins.str", "default_generator: micrograd.random.Generator"]
    for name, function in sorted(TORCH.items()):
        if inspect.isroutine(function) and not name.startswith("__"):
            lines += declared(name, function)
    return with_imports(lines, exports)


CALLED = ("compare", "draw", "guard")  # modules that are called as their function
RULES = ("memory", "missing", "modules")  # those that nobody calls
INTERNAL = ("importlib", "typing", "micrograd.ops", "micrograd.rules", *[f"micrograd.rules.{name}" for name in RULES])


def functional_stub() -> str:
    """The functions of nn.functional."""
    lines: list[str] = []
    for name, function in sorted(FUNCTIONAL.items()):
        lines += declared(name, function)
    return with_imports(lines)


PYTHONS_OWN = ("__reduce_ex__", "__copy__", "__deepcopy__")  # which type checkers know of every object


def methods_stub() -> str:
    """A class of the methods and properties that are attached to Tensor from outside."""
    lines = ["class Methods:"]
    for name, member in sorted(vars(Tensor).items()):
        made_by = getattr(member.fget if isinstance(member, property) else member, "__module__", "")
        if not made_by or made_by == Tensor.__module__ or (name.startswith("_") and not name.startswith("__")):
            continue
        if name in PYTHONS_OWN:
            continue
        if isinstance(member, property):
            lines += ["    @property", f"    def {name}(self) -> {PROPERTIES.get(name, TENSOR)}: ..."]
        else:
            lines += [textwrap.indent(line, "    ") for line in declared(name, member, of="self")]
    lines.append("    is_cuda: builtins.bool")
    return with_imports(lines)


def stubs() -> dict[Path, str]:
    """The text of each stub, by its path."""
    texts = (package_stub(), functional_stub(), methods_stub())
    return {PACKAGE / name: text for name, text in zip(FILES, texts, strict=True)}


def main(arguments: list[str]) -> int:
    old = [path for path, text in stubs().items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    for path in old:
        if "--check" in arguments:
            print(f"{path} is not what `python -m micrograd.ops.stubs` writes: run it", file=sys.stderr)
        else:
            path.write_text(stubs()[path], encoding="utf-8")
            print(path)
    return 1 if old and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
