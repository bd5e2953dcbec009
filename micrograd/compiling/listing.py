"""A recorded call as a list of lines to read, one operation each, for any number of examples.

`program.py` writes a call for speed, for its exact shapes; this file writes it for people (`sources.py` says why both
are needed). Operations are calls of functions from `plain.py`, and short ones are expressions. Which numbers are
lengths is found by recording the call twice, with different lengths, and comparing the two texts (`lengths.py`).
"""

import ast
import builtins
import copy
import inspect
import math
import re
import weakref
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from micrograd.compiling.comments import is_docstring
from micrograd.compiling.expressions import put, unparse
from micrograd.compiling.kinds import is_own
from micrograd.compiling.lengths import Line
from micrograd.compiling.plain import Functions
from micrograd.compiling.recording import Obstacle, Recording, Rerun, Step, arrays_in
from micrograd.compiling.sources import Source
from micrograd.compiling.text import composed
from micrograd.compiling.trees import tree_of
from micrograd.graph import Node, added, state, topological_order
from micrograd.ops import unchanged
from micrograd.rules.errors import silent
from micrograd.rules.sums import sum_of_first, sum_of_rows, sum_of_stretched
from micrograd.tensors import Tensor


class Call(Recording):
    """The recording of one call, with the module that each operation ran in."""

    def __init__(self, function: Callable, *arguments: Tensor):
        super().__init__()
        self.modules: dict[int, Any] = {}
        self.back: list[tuple[Any, ...]] | None = None
        self.arguments = [argument._array for argument in arguments]
        with self:
            self.result = function(*arguments)
        if self.written:
            self.stop("a tensor is changed in place")
        if self.obstacle is not None:
            raise Obstacle(self.obstacle)

    def operation(self, op: Any, inputs: Any, options: dict[str, Any], result: Tensor) -> None:
        super().operation(op, inputs, options, result)
        running = state.module
        module = running[0] if isinstance(running, tuple) else running
        self.modules[len(self.steps)] = module() if isinstance(module, weakref.ref) else module

    def rerun(self, function: Callable, arguments: tuple[Any, ...], result: Any) -> None:
        # `watched_by` runs the function again, and it may change its arguments in place.
        kept = tuple([a.copy() if isinstance(a, np.ndarray) else a for a in arguments])
        super().rerun(function, arguments, result)
        self.steps[-1].copies = kept
        running = state.module
        self.modules[len(self.steps)] = running[0]() if isinstance(running, tuple) else None

    def watch_named(self, scope: dict[str, Any], name: str, names: set[str]) -> None:
        pass

    def watched_by(self, functions: Functions) -> None:
        """Run all operations again, forward and backward, so that `functions` sees how they are called."""
        with silent(), functions.watching():
            for step in self.steps:
                if isinstance(step, Rerun):
                    inspect.unwrap(step.function)(*step.copies)
                else:
                    step.op.forward(*step.arrays, **step.options)
            self.way_back()

    def way_back(self) -> list[tuple[Any, ...]]:
        """Each edge of backward, in its order: (node, index of the input, edge, gradient of the node, of the input)."""
        if self.back is None:
            self.back = list(self._way_back())
        return self.back

    def _way_back(self) -> Any:
        root = self.result._node
        if root is None:
            return
        gradients: dict[Any, Any] = {root: np.ones_like(self.result._array)}
        for node in reversed(topological_order(root)):
            g = gradients.pop(node, None)
            if g is None:
                continue
            edges = iter(node.edges)
            for i, given in enumerate(node.inputs):
                if not isinstance(given, Node | Tensor):
                    continue
                edge = next(edges)
                raw = edge.derivative(g)
                yield node, i, edge, g, raw
                if raw is not None:
                    dx = raw if raw.ndim == len(edge.shape) else sum_of_first(raw, raw.ndim - len(edge.shape))
                    dx = dx if dx.shape == edge.shape else sum_of_stretched(dx, edge.shape)
                    dx, others = dx.astype(edge.dtype, copy=False), gradients.get(edge.parent)
                    gradients[edge.parent] = dx if others is None else added(dx, g, others)


class Listing:
    """The lines of a recorded call.

    known: the names of the arrays that the lines do not make, by id. modules: the names of modules, by id.
    result: the name of the result. forward, backward: the lines. Raises Obstacle for what cannot be written as text.
    """

    def __init__(
        self, call: Call, functions: Functions, known: Mapping[int, str], modules: Mapping[int, str], result: str
    ):
        self.result, self.call, self.functions, self.modules = result, call, functions, modules
        self.texts = dict(known)
        self.taken = {"np", "g", "n", "T", "w", "grads"}
        self.forward: list[Line] = []
        self.backward: list[Line] = []
        self.derivatives: dict[int, list[Any]] = {}
        self.sources: dict[int, int] = {}  # for each node the index of the line that made its result
        needed = self._needed()
        last = {id(call.modules[i + 1]): i for i in needed}
        with silent():
            for i in needed:
                step, module = call.steps[i], call.modules[i + 1]
                self.wanted = self._wanted(step, module, last[id(module)] == i)
                (self._rerun if isinstance(step, Rerun) else self._step)(step)
            self._back()

    def _needed(self) -> list[int]:
        """The indices of the steps that the result comes from, and of those that change something in place."""
        wanted, found = {id(self.call.result._array)}, []
        for i, step in reversed(list(enumerate(self.call.steps))):
            is_wanted = any(id(result) in wanted for result in arrays_in(step.result))
            if is_wanted or (isinstance(step, Rerun) and _changes(step.function)):
                found.append(i)
                wanted |= {id(array) for array in step.given()}
        return found[::-1]

    def _wanted(self, step: Any, module: Any, is_last: bool) -> str:
        """The name of a step's result: that of its module, with the operation's name unless it is the module's last."""
        if isinstance(step, Step) and step.result is self.call.result._array:
            return self.result
        name = step.op.name if isinstance(step, Step) else step.function.__name__.strip("_")
        name = {"slice": "part", "index": "rows", "to_dtype": "cast"}.get(name, name)
        path = self.modules.get(id(module), "")
        weight = (
            re.fullmatch(r'w\["(?:.*\.)?(\w+)\.\w+"\]', self.texts.get(id(step.arrays[0]), ""))
            if name == "part"
            else None
        )
        if weight:  # a part of it
            return weight[1]
        return name if not path else path if is_last else f"{path}_{name}"

    def fresh(self, wanted: str) -> str:
        if wanted in self.functions.names.values() or wanted in dir(builtins):
            wanted += "_out"
        name, i = wanted, 2
        while name in self.taken:
            name, i = f"{wanted}_{i}", i + 1
        self.taken.add(name)
        return name

    # Forward.

    def text(self, value: Any) -> ast.expr:
        """How the text writes an input or an option."""
        if isinstance(value, np.ndarray):
            made = self.call.made.get(id(value))
            if id(value) not in self.texts and made is not None and made.size and (made == made.flat[0]).all():
                text = f"np.full({made.shape}, {made.flat[0].item()!r}, np.{made.dtype.name})"
                return ast.parse(text, mode="eval").body
            if id(value) not in self.texts:
                raise Obstacle("an array that no operation made enters the computation")
            return ast.parse(self.texts[id(value)], mode="eval").body
        if isinstance(value, tuple) and any(isinstance(item, slice) for item in value):
            items = [self.text(item) for item in value]
            return ast.Subscript(ast.parse("np.s_", mode="eval").body, ast.Tuple(items, ast.Load()), ast.Load())
        if isinstance(value, np.dtype):
            return ast.parse(f"np.{value.name}", mode="eval").body
        return composed(value, self.text)

    def _step(self, step: Step) -> None:
        inputs = [self.text(array) for array in step.arrays]
        options = {name: self.text(value) for name, value in step.options.items()}
        short = self._short(step)
        name = self.fresh(self.wanted)
        if short is None:
            self._called(step, name, inputs, options)
        else:
            names: dict[str, ast.expr] = dict(zip(_inputs_of(step), inputs, strict=False))
            if step.op.parameters[0].kind is inspect.Parameter.VAR_POSITIONAL:
                names[step.op.parameters[0].name] = ast.Tuple(inputs, ast.Load())
            self._inlined(step, name, *short, names | options)
        self.texts[id(step.result)] = name
        self.sources[id(step.node)] = len(self.forward) - 1

    def _short(self, step: Step) -> tuple[Source, str, list[ast.expr]] | None:
        """An operation's source, its name for the result, and result and derivatives; None if one is no expression."""
        kinds = self._kinds(step)
        key = step.op, tuple(map(str, kinds)), tuple(map(_hashable, kinds.values())), step.node is not None
        if key not in self.functions.short:
            self.functions.short[key] = self._made_short(step, kinds)
        return self.functions.short[key]

    def _made_short(self, step: Step, kinds: dict[str, Any]) -> tuple[Source, str, list[ast.expr]] | None:
        source = Source(self.functions, step.op.forward, True, [kinds])
        source.casts, source.backward = False, step.node is not None
        source.simplify()
        *statements, last = [s for s in source.tree.body if not is_docstring(s)]
        if not isinstance(last, ast.Return) or (source.backward and not isinstance(last.value, ast.Tuple)):
            return None
        called = source.found(last.value.func) if isinstance(last.value, ast.Call) else None
        if self.functions.backward and is_own(called) and called in self.functions.ops:
            return None
        shapes: dict[str, Any] = {s.targets[0].id: s.value for s in statements if _is_shape(s)}
        rest = [s for s in statements if not _is_shape(s)]
        parts: list[Any] = last.value.elts if isinstance(last.value, ast.Tuple) else [last.value]
        out = parts[0].id if isinstance(parts[0], ast.Name) else ""
        if [ast.unparse(s).partition(" = ")[0] for s in rest] == [out]:
            parts[0] = rest[0].value
        elif rest:
            return None
        is_known = all(isinstance(part, ast.Lambda | ast.Name | ast.Constant) for part in parts[1:])
        return (source, out, [put(part, shapes) for part in parts]) if is_known else None

    def _kinds(self, step: Step) -> dict[str, Any]:
        kind_of = self.functions.kind_of
        kinds = {p.name: kind_of(p.default, True) for p in step.op.parameters if p.default is not p.empty}
        kinds |= {name: kind_of(value) for name, value in zip(_inputs_of(step), step.arrays, strict=False)}
        return kinds | {name: kind_of(value, True) for name, value in step.options.items()}

    def _inlined(
        self, step: Step, name: str, source: Source, out: str, parts: list[ast.expr], names: dict[str, ast.expr]
    ) -> None:
        for parameter in step.op.parameters:
            if parameter.default is not parameter.empty:
                names.setdefault(parameter.name, self.text(parameter.default))
        code = ast.unparse(put(source.with_names(copy.deepcopy(parts[0])), names))
        if step.op.in_order and not step.op.forward(*step.arrays, **step.options)[0].flags.c_contiguous:
            code += ".copy()"
        self.forward.append(Line([name], code, step.result.shape))
        names[out] = ast.Name(name, ast.Load())
        self.derivatives[id(step.node)] = [(derivative, names, source) for derivative in parts[1:]]

    def _called(self, step: Step, name: str, inputs: list[ast.expr], options: dict[str, ast.expr]) -> None:
        function = self.functions.needed(step.op.forward, is_op=True)
        dropped = self.functions.dropped.get(step.op.forward, set())
        written = [unparse(x) for given, x in zip(_inputs_of(step), inputs, strict=True) if given not in dropped]
        while written and written[-1] == "None" and step.op.parameters[len(written) - 1].default is None:
            written.pop()
        written += [f"{option}={unparse(v)}" for option, v in options.items() if option not in dropped]
        targets = [name]
        if self.functions.backward and step.op.forward not in self.functions.forward_only:
            if step.op not in self.functions.returns:
                derivatives = step.op.forward(*step.arrays, **step.options)[1:]
                while derivatives and derivatives[-1] is unchanged:
                    derivatives = derivatives[:-1]
                self.functions.returns[step.op] = len(derivatives)
            inputs_named = _inputs_of(step)[: self.functions.returns[step.op]]
            targets += [self.fresh(f"{name.removesuffix('_out')}_d{p}") for p in inputs_named] or [""]
        self.derivatives[id(step.node)] = targets[1:] + ["unchanged"] * len(inputs)
        self.forward.append(Line(targets, f"{function}({', '.join(written)})", step.result.shape))

    def _rerun(self, step: Rerun) -> None:
        function = inspect.unwrap(step.function)
        arguments = ", ".join(unparse(self.text(argument)) for argument in step.arguments)
        call = f"{self.functions.needed(function, is_op=True)}({arguments})"
        results = list(arrays_in(step.result))
        if not results:
            self.forward.append(Line([], call))
            return
        path = self.modules.get(id(self.call.modules[self.call.steps.index(step) + 1]), "")
        names = _returned_names(function) or [self.wanted] * len(results)
        targets = [self.fresh(f"{path}_{name}" if path else name) for name in names]
        for target, result in zip(targets, results, strict=True):
            self.texts[id(result)] = target
        self.forward.append(Line(targets, call, results[0].shape))

    # The way back.

    def _back(self) -> None:
        root = self.call.result._node
        steps = {id(step.node): step for step in self.call.steps if isinstance(step, Step) and step.node is not None}
        parents = {
            id(step.node): self.texts[id(step.result)] for step in steps.values() if id(step.result) in self.texts
        }
        gradients: dict[int, str] = {id(root): "g"}
        for node, i, edge, g, raw in self.call.way_back():
            if raw is None:
                continue
            if id(node) not in steps:
                raise Obstacle(f"{node.name} is no recorded operation")
            step, given = steps[id(node)], gradients[id(node)]
            code = given if raw is g else self._derivative(self.derivatives[id(node)][i], given)
            if raw.shape != edge.shape:
                if extra := raw.ndim - len(edge.shape):
                    code = self._summed(code, raw, extra)
                if raw.shape[extra:] != edge.shape:
                    array = unparse(self.text(step.arrays[i]))
                    code = f"{self.functions.needed(sum_of_stretched)}({code}, {array}.shape)"
            if raw.dtype != edge.dtype:
                code = f"({code}).astype(np.{edge.dtype.name})"
            parent = edge.parent
            is_leaf = type(parent) is not Node
            if is_leaf:
                if id(parent._array) not in self.texts:
                    raise Obstacle("a tensor that nothing names requires a gradient")
                target = self.texts[id(parent._array)].replace("w[", "grads[", 1)
            else:
                target = f"d_{parents[id(parent)]}"
            others = gradients.get(id(parent))
            if others is not None:
                code = f"{code} + {others}"
            elif code == given and not is_leaf:
                gradients[id(parent)] = code
                continue
            self.backward.append(Line([target], code, edge.shape, self.sources[id(node)]))
            gradients[id(parent)] = target
        used = {
            node.id for line in self.backward for node in ast.walk(ast.parse(line.value)) if isinstance(node, ast.Name)
        }
        for line in self.forward:  # derivatives that backward does not use
            line.targets[1:] = [t if t in used or not t or t in self.texts.values() else "_" for t in line.targets[1:]]
            if line.targets[1:] and {*line.targets[1:]} <= {"_", ""}:
                line.targets, line.value = line.targets[:1], f"{line.value}[0]"

    def _summed(self, code: str, gradient: np.ndarray, dims: int) -> str:
        """The sum of a gradient over the first dimensions, as `sum_of_first` has it."""
        if not gradient.flags.c_contiguous:
            return f"{self.functions.needed(sum_of_first)}({code}, {dims})"
        rest = gradient.shape[dims:]
        code = code if code.isidentifier() else f"({code})"
        rows = code if gradient.ndim == 2 else f"{code}.reshape(-1, {math.prod(rest)})"
        return f"{self.functions.needed(sum_of_rows)}({rows})" + (f".reshape{rest}" if len(rest) > 1 else "")

    def _derivative(self, derivative: Any, g: str) -> str:
        if isinstance(derivative, str):
            return f"{derivative}({g})"
        tree, names, source = derivative
        if isinstance(tree, ast.Name) and tree.id == "unchanged":
            return g
        tree = source.with_names(copy.deepcopy(tree))
        if isinstance(tree, ast.Name):
            return f"{tree.id}({g})"
        return unparse(put(tree.body, {**names, tree.args.args[0].arg: ast.Name(g, ast.Load())}))


def _is_shape(statement: Any) -> bool:
    """Whether a statement names the shape of an array."""
    value = statement.value if isinstance(statement, ast.Assign) else None
    return isinstance(value, ast.Attribute) and value.attr == "shape" and isinstance(statement.targets[0], ast.Name)


def _hashable(kind: Any) -> Any:
    return repr(kind) if isinstance(kind, tuple | slice) else kind


def _inputs_of(step: Step) -> list[str]:
    """The names of an operation's inputs."""
    parameters = step.op.parameters
    if parameters and parameters[0].kind is parameters[0].VAR_POSITIONAL:
        return [f"x{i}" for i in range(len(step.arrays))]
    return [p.name for p in parameters if p.kind is p.POSITIONAL_ONLY][: len(step.arrays)]


def _changes(function: Callable) -> bool:
    """Whether a function changes one of its arguments in place."""
    return any(isinstance(node, ast.AugAssign) for node in ast.walk(tree_of(inspect.unwrap(function), False)))


def _returned_names(function: Callable) -> list[str]:
    """The names that a function returns, where it returns names."""
    for node in ast.walk(tree_of(function, False)):
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
            return [element.id for element in node.value.elts if isinstance(element, ast.Name)]
    return []
