"""The text of a program: its names, its lines, and the functions that it needs from elsewhere.

Each line runs as it is written, on the recorded arrays: so shapes and dtypes are known.
"""

import ast
import builtins
import functools
import keyword
import math
import re
import types
from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from micrograd.compiling.recording import Obstacle
from micrograd.compiling.trees import nodes_of, renamed, stores, tree_of
from micrograd.rules import dtypes
from micrograd.tensors import Tensor

MODULES = {"numpy": "np"} | {name: name for name in ("math", "functools", "itertools", "operator", "warnings")}


def constant(value: Any) -> ast.expr:
    """A number, a string, a dtype or a ufunc as an expression. Raises Obstacle for what is none of these."""
    if value is None or value is ... or isinstance(value, bool | int | str):
        return ast.Constant(int(value) if type(value) not in (bool, int, str, type(None), type(...)) else value)  # type: ignore[arg-type]
    if isinstance(value, float):
        if math.isfinite(value):
            return ast.Constant(float(value))
        return ast.parse(f"float('{value}')", mode="eval").body
    if isinstance(value, np.dtype):
        return ast.parse(f"np.dtype('{value.name}')", mode="eval").body
    if isinstance(value, type) and value.__module__ == "numpy":
        return ast.parse(f"np.{value.__name__}", mode="eval").body
    if isinstance(value, type) and value.__module__ == "builtins":
        return ast.Name(value.__name__, ast.Load())
    if isinstance(value, np.generic):
        return ast.parse(f"np.{value.dtype.type.__name__}({value.item()!r})", mode="eval").body
    if isinstance(value, np.ufunc):
        return ast.parse(f"np.{value.__name__}", mode="eval").body
    raise Obstacle(f"{value!r:.60} has no text")


def composed(value: Any, part: Callable[[Any], ast.expr]) -> ast.expr:
    """The same for slices, tuples and lists too. part: writes what is in them."""
    if isinstance(value, tuple | list):
        items = [part(item) for item in value]
        return ast.Tuple(items, ast.Load()) if isinstance(value, tuple) else ast.List(items, ast.Load())
    if isinstance(value, slice):
        parts = [part(each) for each in (value.start, value.stop, value.step)]
        return ast.Call(ast.Name("slice", ast.Load()), parts, [])
    return constant(value)


class ConstantsCompared(ast.NodeTransformer):
    """Decides `-1 is not None` and `(0, 1) is not None`, which Python would warn of."""

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        left, right = node.left, node.comparators[0]
        if (
            isinstance(left, ast.Constant | ast.Tuple)
            and isinstance(right, ast.Constant)
            and isinstance(node.ops[0], ast.Is | ast.IsNot)
        ):
            is_same = isinstance(left, ast.Constant) and left.value is right.value
            return ast.Constant(is_same == isinstance(node.ops[0], ast.Is))
        return node


class Text:
    """Lines of Python, which run as they are added.

    inputs: the arrays that it begins with, by name. made: arrays that are the same each time, by id; before: as they
    were, where they are changed in place.
    scope: what the names stand for now. helpers, imports, constants: what the lines need, by name. The lines run with
    the engine's own helpers; the text of one is made when the program is known to need it, see `text_of`.
    """

    def __init__(self, inputs: dict[str, np.ndarray], made: dict[int, np.ndarray], before: dict[int, np.ndarray]):
        self.scope: dict[str, Any] = {"np": np, "math": math, "functools": functools}
        self.imports = {"np": "import numpy as np"}
        self.helpers: dict[str, tuple[Any, bool]] = {}
        self.texts: dict[str, str] = {}
        self.constants: dict[str, Any] = {}
        self.taken = {
            *dir(builtins),
            *keyword.kwlist,
            *keyword.softkwlist,
            "np",
            "math",
            "g",
            "functools",
            "run",
            "numpy",
        }
        self.names: dict[int, str] = {}
        self.kept: list[Any] = []
        self.copies: dict[str, str] = {}
        self.copied: dict[Any, str] = {}
        self.made, self.before = made, before
        self.computed: set[str] = set()  # variables that the lines set, whatever kind of thing they are
        self.forward_lines: list[str] = []
        self.backward_lines: list[str] = []
        self.lines = self.forward_lines
        self.derivatives: dict[int, list[Any]] = {}
        for name, array in inputs.items():
            self.taken.add(name)
            self.scope[name] = array
            self.names[id(array)] = name
        self.inputs = list(inputs)

    # Names and lines.

    def fresh(self, wanted: str, helper: bool = False) -> str:
        """A name like the wanted one that nothing else has; helpers keep theirs, which their own locals avoid."""
        wanted = wanted if helper else re.sub(r"\W+", "_", wanted).strip("_") or "x"
        if wanted[0].isdigit():
            wanted = f"x{wanted}"
        name, i = wanted, 2
        while name in self.taken:
            name, i = f"{wanted}_{i}", i + 1
        self.taken.add(name)
        return name

    def run(self, line: str, run: bool = True) -> None:
        """Add a line, and run it."""
        if " is " in line:
            line = ast.unparse(ConstantsCompared().visit(ast.parse(line)))
        if run:
            exec(compile(line, "<micrograd program>", "exec"), self.scope)
        match = re.match(r"(\w+)(?:, .*)?(?: = | [-+*/@]= )", line)
        value = self.scope.get(match[1]) if match else None
        comment = f"  # {value.shape}" if isinstance(value, np.ndarray | np.generic) and "\n" not in line else ""
        self.lines.append(line + comment)

    def value(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Name) and node.id in self.scope:
            return self.scope[node.id]
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in self.scope:
            return getattr(self.scope[node.value.id], node.attr)
        if any(isinstance(each, ast.Compare) for each in nodes_of(node)):
            node = ConstantsCompared().visit(renamed(node, {}))
        return eval(compile(ast.fix_missing_locations(ast.Expression(node)), "<static>", "eval"), self.scope)

    def expression(self, value: Any, copied: bool = False) -> ast.expr:
        """How the program writes an input or an option."""
        if isinstance(value, np.ndarray):
            name = self.names.get(id(value))
            if name is None:
                if id(value) not in self.made:
                    raise Obstacle("an array that no operation made enters the computation")
                name = self.fresh("made")
                self.constants[name] = self.scope[name] = before = self.before.get(id(value), value)
                if before is not value:  # it is changed in place
                    name, made = self.fresh("made"), name
                    self.run(f"{name} = {made}.copy(order='K')")
                self.names[id(value)] = name
            if copied:  # the way back reads it, and its owner may change it until then
                if name not in self.copies:
                    self.copies[name] = self.fresh(f"{name}_now")
                    self.run(f"{self.copies[name]} = {name}.copy()")
                name = self.copies[name]
            return ast.Name(name, ast.Load())
        if isinstance(value, types.FunctionType):
            return ast.Name(self.helper(value), ast.Load())
        return composed(value, lambda part: self.expression(part, copied))

    # Functions that the text needs.

    def helper(self, function: Callable, is_op: bool = False) -> str:
        """The name of a function that the lines call, which the text then has with all that it uses."""
        inner = getattr(function, "__wrapped__", function)
        name = self.copied.get((inner, is_op))
        if name is None:
            name = self.copied[inner, is_op] = self.fresh(inner.__name__, helper=True)
            self.helpers[name] = inner, is_op
            self.scope[name] = function if hasattr(function, "cache_info") else inner
            if is_op or getattr(inner, "__closure__", None):  # the engine has it otherwise: with `save`, or with arrays
                exec(compile(self.text_of(name), f"<micrograd {name}>", "exec"), self.scope)
        return name

    def text_of(self, name: str) -> str:
        """The text of a helper."""
        if name not in self.texts:
            function, is_op = self.helpers[name]
            tree = self._globals(tree_of(function, is_op), function)
            tree.name = name
            self.texts[name] = ast.unparse(tree)
        return self.texts[name]

    def needed(self, text: str, among: Collection[str] | None = None) -> dict[str, str]:
        """The texts of the helpers that a text needs, by name; what a helper needs comes before it.

        among: the names of those that are looked for, None for all.
        """
        found: dict[str, str] = {}
        new = text
        while new:
            words = set(re.findall(r"\w+", new)) - found.keys()
            names = [name for name in (self.helpers if among is None else among) if name in words]
            found |= {name: self.text_of(name) for name in names}
            new = "\n".join([found[name] for name in names])
        return dict(reversed(found.items()))

    def _globals(self, tree: ast.FunctionDef, function: Any) -> ast.FunctionDef:
        """A copy of a function's source with its globals under the names that they have in the program."""
        scope, nodes = function.__globals__, nodes_of(tree)
        local = stores(tree)
        for n in nodes:
            if isinstance(n, ast.arg | ast.FunctionDef):
                local.add(n.arg if isinstance(n, ast.arg) else n.name)
        cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
        closure = {name: cell.cell_contents for name, cell in cells}
        names: dict[str, ast.expr] = {}
        program = self

        class Dtypes(ast.NodeTransformer):
            def visit_Attribute(self, node: ast.Attribute) -> Any:
                if node.attr == "forward" and isinstance(node.value, ast.Attribute) and node.value.attr == "op":
                    return ast.Name(program.helper(eval(ast.unparse(node), scope)), ast.Load())
                self.generic_visit(node)
                if isinstance(node.value, ast.Name) and node.value.id in scope and node.value.id not in local:
                    holder = scope[node.value.id]
                    if isinstance(holder, dtypes.dtype):
                        return program.expression(getattr(holder, node.attr))
                    if holder is builtins:
                        local.add(node.attr)  # a builtin, whatever the file calls so
                        return ast.Name(node.attr, ast.Load())
                    if isinstance(holder, types.ModuleType) and holder.__name__.startswith("micrograd"):
                        return program._global(node.attr, getattr(holder, node.attr))
                return node

        attributes = [n for n in nodes if isinstance(n, ast.Attribute)]
        holders = [scope.get(n.value.id) for n in attributes if isinstance(n.value, ast.Name)]
        holders = [h for h in holders if isinstance(h, dtypes.dtype | types.ModuleType) and h not in (np, math)]
        if holders or any(n.attr == "forward" for n in attributes):
            tree = Dtypes().visit(renamed(tree, {}))
            nodes = nodes_of(tree)
        for node in nodes:
            if not isinstance(node, ast.Name) or node.id in local or node.id in names:
                continue
            if node.id in closure:
                names[node.id] = self._global(node.id, closure[node.id])
            elif node.id in scope and node.id not in self.helpers:
                names[node.id] = self._global(node.id, scope[node.id])
        return renamed(tree, names)

    def _global(self, name: str, value: Any) -> ast.expr:
        if isinstance(value, types.ModuleType) and value.__name__ in MODULES:
            short = MODULES[value.__name__]
            self.imports[short] = f"import {value.__name__}" + (f" as {short}" if short != value.__name__ else "")
            self.scope[short] = value
            self.taken.add(short)
            return ast.Name(short, ast.Load())
        if callable(value) and getattr(value, "__module__", "").startswith("micrograd") and not isinstance(value, type):
            return ast.Name(self.helper(value), ast.Load())
        if isinstance(value, type) and value is Tensor:
            raise Obstacle("an operation works on Tensors")
        module = getattr(value, "__module__", None) or "" if callable(value) else ""
        if module in ("functools", "itertools", "collections.abc", "_operator", "math"):
            return self._imported(module.strip("_"), value.__name__)
        if module.startswith("numpy"):
            path = f"np{module.removeprefix('numpy')}.{value.__name__}"
            if eval(path, self.scope) is value:
                return ast.parse(path, mode="eval").body
        if isinstance(value, dict):
            keys = [self.expression(key) for key in value]
            return ast.Dict(keys, [self.expression(item) for item in value.values()])  # type: ignore[arg-type]
        return self.expression(value)

    def _imported(self, module: str, name: str) -> ast.expr:
        top = module.split(".")[0]
        self.imports[top] = f"import {module}"
        self.scope[top] = __import__(module)
        self.taken.add(top)
        return ast.parse(f"{module}.{name}", mode="eval").body
