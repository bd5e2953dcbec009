"""A recorded call as straight NumPy code, made from the source of the operations themselves.

An operation's function is read as Python: where its body is a row of assignments, it goes into the program with its
locals renamed, its conditions on shapes, dtypes and options decided, and its derivatives, where backward needs them,
with the gradient's name in place of `g`. Any other is copied as a function of its own, and called. So is every helper
that they use; the text then needs NumPy alone.

While it is written the program runs along, line by line, on the recorded arrays: so shapes and dtypes are known, and
whatever they decide is decided here.
"""

import ast
import builtins
import copy
import functools
import inspect
import keyword
import math
import pickle
import re
import textwrap
import types
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from micrograd.compiling.recording import STATIC, Obstacle, Rerun, Step
from micrograd.graph import Node, topological_order
from micrograd.rules import dtypes, errors
from micrograd.rules.errors import silent
from micrograd.rules.layout import laid_out
from micrograd.rules.sums import unbroadcast
from micrograd.tensors import Tensor

# Checks of dtypes and shapes alone: they were passed once, and are passed again.
CHECKS = {
    *(errors.refuse_bools, errors.need_floats, errors.need_one_dtype),
}
LAYOUT = ("_is_of_rows", "_all_in_order")  # ask for kinds and layouts alone
CASTS = {"promote", "floating"}  # their work is decided by dtypes alone
MODULES = {"numpy": "np", "math": "math", "functools": "functools", "itertools": "itertools", "operator": "operator"}


class Unfit(Exception):  # noqa: N818 - never leaves this file
    """The body of an operation is no row of assignments."""


def _tree_of(function: Callable, is_op: bool) -> ast.FunctionDef:
    """A copy of one's own of the source of a function, read once; see `_read`."""
    return pickle.loads(_read(function, is_op))  # several times as fast as copy.deepcopy


@functools.lru_cache(maxsize=512)
def _read(function: Callable, is_op: bool) -> bytes:
    """The source of a function without the engine's decorators, docstring and annotations; of an op, without save."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    except (OSError, TypeError, SyntaxError) as error:
        raise Obstacle(f"the source of {getattr(function, '__name__', function)} is not there") from error
    if not isinstance(tree, ast.FunctionDef):
        raise Obstacle(f"{getattr(function, '__name__', function)} is no function with a source of its own")
    tree = _Plain(is_op).visit(tree)
    if isinstance(tree.body[0], ast.Expr) and isinstance(tree.body[0].value, ast.Constant):
        tree.body = tree.body[1:] or [ast.Pass()]
    return pickle.dumps(ast.fix_missing_locations(tree))


class _Plain(ast.NodeTransformer):
    """Takes out what is about graphs and types: save(derivative, ...), annotations, @op."""

    def __init__(self, is_op: bool):
        self.is_op = is_op

    def visit_Call(self, node: ast.Call) -> Any:
        self.generic_visit(node)
        if not self.is_op:
            return node
        return node.args[0] if isinstance(node.func, ast.Name) and node.func.id == "save" else node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        self.generic_visit(node)
        node.returns = None
        node.decorator_list = [d for d in node.decorator_list if not _is_op(d)]
        for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
            argument.annotation = None
        if node.args.vararg:
            node.args.vararg.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        self.generic_visit(node)
        return ast.Assign([node.target], node.value) if node.value else None


def _is_op(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(called, ast.Name) and called.id in ("op", "function", "rerun")


def _stores(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


class _Rename(ast.NodeTransformer):
    """Puts other expressions in place of names."""

    def __init__(self, names: dict[str, ast.expr]):
        self.names = names

    def visit_Name(self, node: ast.Name) -> Any:
        found = self.names.get(node.id)
        if found is None:
            return node
        found = copy.deepcopy(found)
        if isinstance(found, ast.Name):
            found.ctx = node.ctx
        return found

    def visit_Lambda(self, node: ast.Lambda) -> Any:
        own = {a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)}
        node.body = _Rename({k: v for k, v in self.names.items() if k not in own}).visit(node.body)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        own = {a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)}
        own |= {name for statement in node.body for name in _stores(statement)}
        inner = _Rename({k: v for k, v in self.names.items() if k not in own})
        node.body = [inner.visit(statement) for statement in node.body]
        if node.name in self.names:
            node.name = self.names[node.name].id  # type: ignore[attr-defined]
        node.decorator_list = [self.visit(d) for d in node.decorator_list]
        return node


class Program:
    """The program of a recorded call.

    inputs: names of its arrays, in order; leaves: which of them want a gradient. text: the whole of it.
    forward: the function of the arrays that returns the result and, where a gradient is wanted, the way back.
    """

    def __init__(self, steps: Sequence[Any], inputs: dict[str, np.ndarray], made: dict[int, np.ndarray]):
        self.scope: dict[str, Any] = {"np": np, "math": math, "functools": functools}
        self.imports = {"np": "import numpy as np"}
        self.helpers: dict[str, str] = {}
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
        self.made = made
        self.forward_lines: list[str] = []
        self.backward_lines: list[str] = []
        self.lines = self.forward_lines
        self.derivatives: dict[int, list[Any]] = {}
        self.checks: list[str] = []
        for name, array in inputs.items():
            self.taken.add(name)
            self.scope[name] = array
            self.names[id(array)] = name
        self.inputs = list(inputs)
        with silent():
            for step in steps:
                (self._rerun if isinstance(step, Rerun) else self._step)(step)

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
        if run:
            exec(compile(line, "<micrograd program>", "exec"), self.scope)
        match = re.match(r"(\w+)(?:, .*)?(?: = | [-+*/@]= )", line)
        value = self.scope.get(match[1]) if match else None
        comment = f"  # {value.shape}" if isinstance(value, np.ndarray | np.generic) and "\n" not in line else ""
        self.lines.append(line + comment)

    def value(self, node: ast.expr) -> Any:
        return eval(
            compile(ast.Expression(ast.fix_missing_locations(copy.deepcopy(node))), "<static>", "eval"), self.scope
        )

    def expression(self, value: Any, copied: bool = False) -> ast.expr:
        """How the program writes an input or an option."""
        if isinstance(value, np.ndarray):
            name = self.names.get(id(value))
            if name is None:
                if id(value) not in self.made:
                    raise Obstacle("an array that no operation made enters the computation")
                name = self.fresh("made")
                self.constants[name] = self.scope[name] = value
                self.names[id(value)] = name
            if copied:  # the way back reads it, and its owner may change it until then
                if name not in self.copies:
                    self.copies[name] = self.fresh(f"{name}_now")
                    self.run(f"{self.copies[name]} = {name}.copy()")
                name = self.copies[name]
            return ast.Name(name, ast.Load())
        if isinstance(value, tuple | list):
            items = [self.expression(item, copied) for item in value]
            return ast.Tuple(items, ast.Load()) if isinstance(value, tuple) else ast.List(items, ast.Load())
        if isinstance(value, slice):
            parts = [self.expression(part) for part in (value.start, value.stop, value.step)]
            return ast.Call(ast.Name("slice", ast.Load()), parts, [])
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
        if isinstance(value, type) and value in (int, float, bool):
            return ast.Name(value.__name__, ast.Load())
        if isinstance(value, np.generic):
            return ast.parse(f"np.{value.dtype.type.__name__}({value.item()!r})", mode="eval").body
        if isinstance(value, np.ufunc):
            return ast.parse(f"np.{value.__name__}", mode="eval").body
        if isinstance(value, types.FunctionType):
            return ast.Name(self.helper(value), ast.Load())
        raise Obstacle(f"{value!r:.60} has no text")

    # Functions that the text needs.

    def helper(self, function: Callable, is_op: bool = False) -> str:
        """The name of a function that is copied into the text with all that it uses."""
        inner = getattr(function, "__wrapped__", function)
        name = self.copied.get((inner, is_op))
        if name is not None:
            return name
        tree = _tree_of(inner, is_op)
        name = self.copied[inner, is_op] = self.fresh(inner.__name__, helper=True)
        self._globals(tree, inner)
        tree.name = name
        text = ast.unparse(tree)
        exec(compile(text, f"<micrograd {name}>", "exec"), self.scope)
        self.helpers[name] = text
        return name

    def _globals(self, tree: ast.AST, function: Any) -> None:
        """Give the globals in a function's source the names that they have in the program."""
        scope = function.__globals__
        local = _stores(tree) | {a.arg for a in ast.walk(tree) if isinstance(a, ast.arg)}
        local |= {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}
        closure = inspect.getclosurevars(function).nonlocals if function.__closure__ else {}
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

        Dtypes().visit(tree)
        for node in ast.walk(tree):
            if not isinstance(node, ast.Name) or node.id in local or node.id in names or node.id in self.helpers:
                continue
            if node.id in closure:
                names[node.id] = self._global(node.id, closure[node.id])
            elif node.id in scope:
                names[node.id] = self._global(node.id, scope[node.id])
        _Rename(names).visit(tree)

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
        if callable(value) and getattr(value, "__module__", None) in ("functools", "itertools", "collections.abc"):
            return self._imported(value.__module__, value.__name__)
        if callable(value) and getattr(value, "__module__", None) in ("_operator", "math"):
            return self._imported(value.__module__.strip("_"), value.__name__)
        if callable(value) and (getattr(value, "__module__", None) or "").startswith("numpy"):
            path = f"np{value.__module__.removeprefix('numpy')}.{value.__name__}"
            if eval(path, self.scope) is value:
                return ast.parse(path, mode="eval").body
        if isinstance(value, (int | float | str | bool | type(None), tuple)):
            return self.expression(value)
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

    # The steps.

    def _rerun(self, step: Rerun) -> None:
        """A function that runs anew: its results are those of the recording, for it may draw or change something."""
        arguments = ", ".join(ast.unparse(self.expression(argument)) for argument in step.arguments)
        name = self.fresh(f"new_{step.function.__name__.strip('_')}")
        self.constants[name] = self.scope[name] = step.function
        results = step.result if isinstance(step.result, tuple) else (step.result,)
        if all(not isinstance(result, np.ndarray) for result in results):  # a look at numbers has to find the same
            self.run(f"same({name}({arguments}), {step.result!r})", run=False)
            return
        targets = []
        for result in results:
            target = self.fresh(step.function.__name__.strip("_"))
            self.scope[target] = self.names[id(result)] = result
            self.names[id(result)] = target
            self.kept.append(result)
            targets.append(target)
        self.run(f"{', '.join(targets)} = {name}({arguments})", run=False)

    def _step(self, step: Step) -> None:
        op = step.op
        wanted = step.node is not None and step.node.edges is not None and bool(step.node.edges)
        inputs = [self.expression(array) for array in step.arrays]
        copied = op.name in ("index", "add_at", "gather") and wanted
        options = {name: self.expression(value, copied) for name, value in step.options.items()}
        for value in step.options.values():
            for part in value if isinstance(value, tuple) else (value,):
                if isinstance(part, np.ndarray) and part.dtype == bool and op.name in ("index", "add_at"):
                    raise Obstacle("an index is a mask: the shape depends on numbers")
        marks = (len(self.lines), set(self.taken))
        try:
            out, derivatives = self._inlined(op, inputs, options)
        except Unfit:
            del self.lines[marks[0] :]
            self.taken = marks[1] | set(self.helpers) | set(self.imports)
            out, derivatives = self._called(op, inputs, options, step)
        value = self.scope[out]
        if type(value) is not np.ndarray:
            array = self.fresh(op.name)
            self.run(f"{array} = np.asarray({out})")
            out = array
        elif op.in_order and not value.flags.c_contiguous:
            ordered = self.fresh(op.name)
            self.run(f"{ordered} = {out}.copy()")
            out = ordered
        elif op.elementwise and value.strides != step.result.strides:
            ordered = self.fresh(op.name)
            arrays = ", ".join(ast.unparse(x) for x in inputs)
            self.run(f"{ordered} = {self.helper(laid_out)}({out}, [{arrays}])")
            out = ordered
        self.names[id(step.result)] = out
        self.kept.append(step.result)
        mine = self.scope[out]
        if (
            mine.strides != step.result.strides
            or mine.shape != step.result.shape
            or mine.dtype != step.result.dtype
            or mine.tobytes() != step.result.tobytes()
        ):
            raise Obstacle(f"{op.name} does not give the same numbers twice")
        if step.node is not None:
            self.derivatives[id(step.node)] = derivatives

    def _called(
        self, op: Any, inputs: list[ast.expr], options: dict[str, ast.expr], step: Step
    ) -> tuple[str, list[Any]]:
        """An operation as a function of its own."""
        function = self.helper(op.forward, True)
        written = [ast.unparse(x) for x in inputs] + [f"{name}={ast.unparse(v)}" for name, v in options.items()]
        out = self.fresh(op.name)
        call = f"{function}({', '.join(written)})"
        found = eval(call, self.scope)
        names = [self.fresh(f"{out}_d{i}") for i in range(1, len(found))]
        targets = [f"({n}, *_)" if type(d) is tuple else n for n, d in zip(names, found[1:], strict=True)]
        self.run(f"{', '.join([out, *targets])}{',' if not names else ''} = {call}")
        if step.node is None and names:
            self.lines[-1] = f"{out} = {call}[0]  # {np.shape(self.scope[out])}"
            return out, []
        return out, [ast.Name(name, ast.Load()) for name in names]

    def _inlined(self, op: Any, inputs: list[ast.expr], options: dict[str, ast.expr]) -> tuple[str, list[Any]]:
        """An operation's own lines."""
        tree = _tree_of(op.forward, True)
        arguments = tree.args
        if arguments.vararg or tree.decorator_list:
            raise Unfit
        self._globals(tree, op.forward)
        names: dict[str, ast.expr] = {}
        defaults = {p.name: p.default for p in op.parameters if p.default is not p.empty}
        for parameter, given in zip(arguments.posonlyargs, inputs, strict=False):
            names[parameter.arg] = given
        for parameter in (*arguments.posonlyargs[len(inputs) :], *arguments.args, *arguments.kwonlyargs):
            names[parameter.arg] = options.get(parameter.arg) or self.expression(defaults[parameter.arg])
        dynamic = {n.id for n in inputs if isinstance(n, ast.Name)}
        body = _Body(self, names, dynamic, op)
        result = body.follow(tree.body)
        if not isinstance(result, ast.Tuple):
            raise Unfit
        parts = result.elts if isinstance(result, ast.Tuple) else [result]
        first, *others = parts
        if any(isinstance(part, ast.Starred) for part in parts):
            raise Unfit
        first = _Rename(body.names).visit(copy.deepcopy(first))
        if isinstance(first, ast.Name) and first.id in self.scope and first.id not in self.inputs:
            out = first.id
        else:
            out = self.fresh(op.name)
            self.run(f"{out} = {ast.unparse(first)}")
        derivatives = []
        for derivative in others:
            if isinstance(derivative, ast.IfExp):
                test = _Rename(body.names).visit(copy.deepcopy(derivative.test))
                if not body.is_static(test):
                    raise Unfit
                derivative = derivative.body if self.value(test) else derivative.orelse
            if isinstance(derivative, ast.Name) and derivative.id in body.functions:
                derivative = body.functions[derivative.id]  # type: ignore[assignment]
            if isinstance(derivative, ast.FunctionDef):
                for node in ast.walk(derivative):
                    if isinstance(node, ast.Name) and node.id in body.functions:
                        raise Unfit
            derivatives.append((derivative, body.names, dynamic))
        return out, derivatives

    # The way back.

    def back(self, root: Node, leaves: dict[int, str]) -> list[str]:
        """Write the way back from a Node to leaves, by id; the names of their gradients in the order of `leaves`."""
        self.lines = self.backward_lines
        gradients: dict[int, str] = {id(root): "g"}
        with silent():
            for node in reversed(topological_order(root)):
                if id(node) in leaves:  # what made an argument is no part of this
                    continue
                g = gradients.pop(id(node), None)
                if g is None:
                    continue
                if id(node) not in self.derivatives:
                    raise Obstacle(f"{node.name} is no recorded operation: something was changed in place")
                if node.hooks or node.retained is not None:
                    raise Obstacle(f"a hook or retain_grad on the result of {node.name} needs the graph")
                edges = iter(node.edges or ())
                for given, derivative in zip(node.inputs, self.derivatives[id(node)], strict=False):
                    if isinstance(given, Node | Tensor):
                        self._edge(next(edges), derivative, g, gradients, leaves)
        found = []
        for leaf in leaves:
            found.append(gradients.get(leaf, "None"))
        return found

    def _edge(self, edge: Any, derivative: Any, g: str, gradients: dict[int, str], leaves: dict[int, str]) -> None:
        parent = edge.parent
        is_leaf = id(parent) in leaves
        if not is_leaf and type(parent) is not Node:
            raise Obstacle("a tensor that nothing names requires a gradient")
        wanted = "d_" + (leaves[id(parent)] if is_leaf else parent.name.replace("Backward0", "").lower())
        expression = self._derivative(derivative, g)
        if expression is None:
            return
        start = self.scope[g]
        name = self.fresh(wanted)
        if re.fullmatch(r"\w+", expression):
            dx = self.scope[expression]
            self.taken.discard(name)
            name = expression
        else:
            self.run(f"{name} = {expression}")
            dx = self.scope[name]
        if dx is None:
            return
        if dx.shape != edge.shape:
            undone = self.fresh(wanted)
            self.run(f"{undone} = {self.helper(unbroadcast)}({name}, {edge.shape})")
            name, dx = undone, self.scope[undone]
        if dx.dtype != edge.dtype:
            cast = self.fresh(wanted)
            self.run(f"{cast} = {name}.astype(np.dtype('{edge.dtype.name}'))")
            name, dx = cast, self.scope[cast]
        fresh = dx is not start and type(dx) is np.ndarray and dx.base is None
        others = gradients.get(id(parent))
        if others is not None:
            added = self.fresh(wanted)
            self.run(f"{added} = np.add({name}, {others}{f', out={name}' if fresh else ''})")
            name = added
        elif not fresh and is_leaf:
            copied = self.fresh(wanted)
            self.run(f"{copied} = {name}.copy()")
            name = copied
        gradients[id(parent)] = name

    def _derivative(self, derivative: Any, g: str) -> str | None:
        """The expression of a derivative at the gradient named g, after the lines that it needs."""
        if isinstance(derivative, ast.Name):
            return f"{derivative.id}({g})"
        tree, names, dynamic = derivative
        if isinstance(tree, ast.Constant):
            return None
        given = ast.Name(g, ast.Load())
        if isinstance(tree, ast.Lambda):
            body = _Body(self, {**names, tree.args.args[0].arg: given}, dynamic | {g}, None)
            return ast.unparse(body.expression(tree.body))
        if isinstance(tree, ast.FunctionDef) and not tree.decorator_list:
            body = _Body(self, {**names, tree.args.args[0].arg: given}, dynamic | {g}, None)
            mark, taken = len(self.lines), set(self.taken)
            try:
                result = body.follow(tree.body)
                if result is None:
                    raise Unfit
                return ast.unparse(body.expression(result))
            except Unfit:
                del self.lines[mark:]
                self.taken = taken | set(self.helpers) | set(self.imports)
                inner = copy.deepcopy(tree)
                inner.name = self.fresh(tree.name)
                inner = _Rename(dict(names.items())).visit(inner)
                self.run(ast.unparse(ast.fix_missing_locations(inner)))
                return f"{inner.name}({g})"
        written = ast.unparse(_Rename(names).visit(copy.deepcopy(tree)))
        found = self.scope.get(written)
        if found is not None and self.helpers.get(written, "").endswith("return g"):
            return g
        if found is not None and self.helpers.get(written, "").endswith("return None"):
            return None
        return f"{written}({g})"


class _Body:
    """Follows the body of an operation or derivative: writes its assignments, and decides what shapes decide."""

    def __init__(self, program: Program, names: dict[str, ast.expr], dynamic: set[str], op: Any):
        self.program, self.names, self.dynamic, self.op = program, names, dynamic, op
        self.functions: dict[str, ast.FunctionDef] = {}

    def is_static(self, node: ast.AST) -> bool:
        """Whether shapes, dtypes and options alone decide the value of an expression."""
        if isinstance(node, ast.Attribute) and node.attr in STATIC and isinstance(node.value, ast.Name):
            return True
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in ("isinstance", "len", "type") and isinstance(node.args[0], ast.Name):
                return True
            if node.func.id not in ("isinstance", "len", "type", "max", "min", "int", "tuple", "list", "range", "sum"):
                return node.func.id in self.program.helpers and node.func.id in LAYOUT
        elif isinstance(node, ast.Call):
            return False
        if isinstance(node, ast.Compare) and all(isinstance(o, ast.Is | ast.IsNot) for o in node.ops):
            return all(
                isinstance(n, ast.Name | ast.Constant) or self.is_static(n) for n in (node.left, *node.comparators)
            )
        if isinstance(node, ast.Name):
            if node.id not in self.program.scope and not hasattr(builtins, node.id):
                return False
            value = self.program.scope.get(node.id)
            return not isinstance(value, np.ndarray | np.generic) and not (
                isinstance(value, tuple | list) and any(isinstance(v, np.ndarray) for v in value)
            )
        return all(self.is_static(child) for child in ast.iter_child_nodes(node))

    def expression(self, node: ast.expr) -> ast.expr:
        """An expression with the program's names, its choices by shape made."""
        if any(isinstance(n, ast.Name) and n.id in self.functions for n in ast.walk(node)):
            raise Unfit  # an inner function that the way forward calls as well
        node = _Rename(self.names).visit(copy.deepcopy(node))
        body = self

        class Choose(ast.NodeTransformer):
            def visit_Call(self, node: ast.Call) -> Any:
                self.generic_visit(node)
                if (
                    isinstance(node.func, ast.Name)
                    and node.func.id == "floating"
                    and isinstance(node.args[0], ast.Name)
                ) and body.program.value(node) is body.program.value(node.args[0]):
                    return node.args[0]
                return node

            def visit_IfExp(self, node: ast.IfExp) -> Any:
                if body.is_static(node.test):
                    return self.visit(node.body if body.program.value(node.test) else node.orelse)
                return self.generic_visit(node)

        return ast.fix_missing_locations(Choose().visit(node))

    def follow(self, statements: list[ast.stmt]) -> ast.expr | None:
        """Write the statements up to a return, whose expression (with the function's own names) is given back."""
        program = self.program
        for statement in statements:
            if isinstance(statement, ast.Return):
                return statement.value
            if isinstance(statement, ast.If):
                test = self.expression(statement.test)
                if not self.is_static(test):
                    if statement.orelse or not isinstance(statement.body[-1], ast.Raise):
                        raise Unfit
                    refusal = _Rename(self.names).visit(copy.deepcopy(statement))  # of wrong numbers, on every call
                    program.run(ast.unparse(ast.fix_missing_locations(refusal)))
                    continue
                result = self.follow(statement.body if program.value(test) else statement.orelse)
                if result is not None:
                    return result
            elif isinstance(statement, ast.Expr):
                called = statement.value.func if isinstance(statement.value, ast.Call) else None
                checks = {check.__name__ for check in CHECKS}
                if isinstance(called, ast.Name) and called.id in checks and program.scope.get(called.id) is not None:
                    continue
                program.run(ast.unparse(self.expression(statement.value)))
            elif isinstance(statement, ast.Assign) and len(statement.targets) == 1:
                self._assign(statement.targets[0], statement.value)
            elif isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Subscript):
                statement = copy.deepcopy(statement)
                changed = ast.AugAssign(
                    self.expression(statement.target),  # type: ignore[arg-type]
                    statement.op,
                    self.expression(statement.value),  # type: ignore[arg-type]
                )
                program.run(ast.unparse(ast.fix_missing_locations(changed)))
            elif isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
                target = self.names[statement.target.id]
                if not isinstance(target, ast.Name):
                    raise Unfit
                changed = ast.AugAssign(target, statement.op, self.expression(statement.value))
                target.ctx = ast.Store()
                program.run(ast.unparse(ast.fix_missing_locations(changed)))
            elif isinstance(statement, ast.FunctionDef):
                if statement.decorator_list:
                    raise Unfit
                self.functions[statement.name] = statement
            else:
                raise Unfit
        return None

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        program = self.program
        written = self.expression(value)
        casts = isinstance(written, ast.Call) and ast.unparse(written.func) in CASTS
        if casts and self._cast(target, written):  # type: ignore[arg-type]
            return
        if isinstance(target, ast.Name):
            if isinstance(written, ast.Name | ast.Constant):
                self.names[target.id] = written
                return
            name = program.fresh(
                self.op.name if self.op is not None and target.id in ("out", "result", "found") else target.id
            )
            if isinstance(written, ast.Attribute) and written.attr == "shape" and self.is_static(written):
                self.names[target.id] = program.expression(program.value(written))
                program.taken.discard(name)
                return
            program.run(f"{name} = {ast.unparse(written)}")
            self.names[target.id] = ast.Name(name, ast.Load())
            return
        if isinstance(target, ast.Tuple) and all(isinstance(t, ast.Name) for t in target.elts):
            names = [program.fresh(t.id) for t in target.elts]  # type: ignore[attr-defined]
            program.run(f"{', '.join(names)} = {ast.unparse(written).strip('()') if False else ast.unparse(written)}")
            for t, name in zip(target.elts, names, strict=True):
                self.names[t.id] = ast.Name(name, ast.Load())  # type: ignore[attr-defined]
            return
        if isinstance(target, ast.Subscript):
            line = f"{ast.unparse(self.expression(target))} = {ast.unparse(written)}"
            program.run(line)
            return
        raise Unfit

    def _cast(self, target: ast.expr, call: ast.Call) -> bool:
        """promote and floating: what dtypes decide is decided here."""
        program = self.program
        results = program.value(call)
        results = results if isinstance(results, tuple) else (results,)
        targets = target.elts if isinstance(target, ast.Tuple) else [target]
        if len(targets) != len(results) or len(call.args) != len(results):
            return False
        new: dict[str, ast.expr] = {}
        for one, given, result in zip(targets, call.args, results, strict=True):
            old = program.value(given)
            if result is old or (not isinstance(result, np.ndarray) and type(result) is type(old)):
                new[one.id] = given  # type: ignore[attr-defined]
                continue
            name = program.fresh(
                f"{ast.unparse(given)}_as_{result.dtype.name}" if isinstance(given, ast.Name) else "number"
            )
            program.run(
                f"{name} = np.asarray({ast.unparse(given)}).astype(np.dtype('{result.dtype.name}'), copy=False)"
            )
            new[one.id] = ast.Name(name, ast.Load())  # type: ignore[attr-defined]
        self.names.update(new)
        return True
