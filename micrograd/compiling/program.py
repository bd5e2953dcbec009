"""A recorded call as straight NumPy code, made from the source of the operations themselves.

An operation's function is read as Python: where its body is a row of assignments, it goes into the program with its
locals renamed, its conditions on shapes, dtypes and options decided, and its derivatives, where backward needs them,
with the gradient's name in place of `g`. Any other is copied as a function of its own, and called. So is every helper
that they use; the text then needs NumPy alone.

While it is written the program runs along, line by line, on the recorded arrays: so shapes and dtypes are known, and
whatever they decide is decided here.
"""

import ast
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from micrograd.compiling.bodies import Body
from micrograd.compiling.recording import Copy, Obstacle, Rerun, Step, Write
from micrograd.compiling.text import Text
from micrograd.compiling.trees import Unfit, nodes_of, renamed, tree_of
from micrograd.graph import Node, topological_order
from micrograd.rules.errors import silent
from micrograd.rules.layout import put_in_order
from micrograd.rules.sums import unbroadcast
from micrograd.tensors import Tensor


def same_bits(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two arrays have one shape and dtype, and the same numbers in every bit."""
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    bits = f"u{one.itemsize}"  # nan is nan here, and -0.0 is not 0.0
    return bool((one.view(bits) == other.view(bits)).all())


class Program(Text):
    """The program of a recorded call: what `steps` did to the arrays `inputs`, and the way back."""

    def __init__(self, steps: Sequence[Any], *arrays: dict[Any, np.ndarray]):
        super().__init__(*arrays)
        self.trees: dict[Any, ast.FunctionDef] = {}
        self.unfit: set[Any] = set()
        with silent():
            for step in steps:
                (self._rerun if isinstance(step, Rerun) else self._step)(step)

    # The steps.

    def _rerun(self, step: Rerun) -> None:
        """A function that runs anew: its results are those of the recording, for it may draw or change something."""
        arguments = ", ".join(ast.unparse(self._argument(argument)) for argument in step.arguments)
        try:
            name = self.helper(step.function)
            self.needed(name)
        except Obstacle:  # it draws random numbers, from the engine's stream
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

    def _argument(self, value: Any) -> ast.expr:
        """An argument of a function that runs anew; one without a text, such as a generator, goes in as it is."""
        try:
            return self.expression(value)
        except Obstacle:
            if isinstance(value, np.ndarray):
                raise
            name = self.fresh("draw" if callable(value) else type(value).__name__.lower())
            self.constants[name] = self.scope[name] = value
            return ast.Name(name, ast.Load())

    def _step(self, step: Step) -> None:
        op = step.op
        if isinstance(step, Copy):
            name = self.names[id(step.result)] = self.fresh("before")
            self.run(f"{name} = {ast.unparse(self.expression(step.arrays[0]))}.copy(order='K')")
            return
        if isinstance(step, Write):
            target, source = [ast.unparse(self.expression(array)) for array in step.arrays]
            self.run(f"{target}[...] = {source}")
            return
        wanted = step.node is not None and step.node.edges is not None and bool(step.node.edges)
        inputs = [self.expression(array) for array in step.arrays]
        copied = op.name in ("index", "add_at", "gather", "put", "sorted") and wanted
        options = {name: self.expression(value, copied) for name, value in step.options.items()}
        for value in step.options.values():
            for part in value if isinstance(value, tuple) else (value,):
                if isinstance(part, np.ndarray) and part.dtype == bool and op.name in ("index", "add_at"):
                    raise Obstacle("an index is a mask: the shape depends on numbers")
        marks = (len(self.lines), set(self.taken))
        kind = (op.name, *[np.shape(array) for array in step.arrays])
        try:
            if kind in self.unfit:
                raise Unfit
            out, derivatives = self._inlined(op, inputs, options)
        except Unfit:
            self.unfit.add(kind)  # not tried again
            del self.lines[marks[0] :]
            self.taken = marks[1] | set(self.helpers) | set(self.imports)
            out, derivatives = self._called(op, inputs, options, step)
        value = self.scope[out]
        if type(value) is not np.ndarray:
            array = self.fresh(op.name)
            self.run(f"{array} = np.asarray({out})")
            out = array
        elif (op.in_order or op.elementwise) and value.strides != step.result.strides:
            laid, call = self.fresh(op.name), f"{out}.copy()"
            if not op.in_order:
                call = f"{self.helper(op.elementwise)}({out}, [{', '.join(map(ast.unparse, inputs))}])"
            elif value.flags.c_contiguous:
                call = f"{self.helper(put_in_order)}({out})"
            self.run(f"{laid} = {call}")
            out = laid
        self.names[id(step.result)] = out
        self.kept.append(step.result)
        mine = self.scope[out]
        is_copied = op.name == "put"  # which may write to a copy first
        if (mine.strides != step.result.strides and not is_copied) or not same_bits(mine, step.first):
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
        parts = [part[0] if type(part) is tuple else part for part in found]
        self.scope.update(zip([out, *names], parts, strict=True))
        self.run(f"{', '.join([out, *targets])}{',' if not names else ''} = {call}", run=False)
        if step.node is None and names:
            self.lines[-1] = f"{out} = {call}[0]  # {np.shape(self.scope[out])}"
            return out, []
        return out, [ast.Name(name, ast.Load()) for name in names]

    def _inlined(self, op: Any, inputs: list[ast.expr], options: dict[str, ast.expr]) -> tuple[str, list[Any]]:
        """An operation's own lines."""
        tree = self._tree(op.forward)
        arguments = tree.args
        names: dict[str, ast.expr] = {}
        defaults = {p.name: p.default for p in op.parameters if p.default is not p.empty}
        for parameter, given in zip(arguments.posonlyargs, inputs, strict=False):
            names[parameter.arg] = given
        for parameter in (*arguments.posonlyargs[len(inputs) :], *arguments.args, *arguments.kwonlyargs):
            names[parameter.arg] = options.get(parameter.arg) or self.expression(defaults[parameter.arg])
        body = Body(self, names, op)
        result = body.follow(tree.body)
        if isinstance(result, ast.IfExp) and body.is_static(test := renamed(result.test, body.names)):
            result = result.body if self.value(test) else result.orelse
        if not isinstance(result, ast.Tuple):
            raise Unfit
        parts = result.elts
        first, *others = parts
        if any(isinstance(part, ast.Starred) for part in parts):
            raise Unfit
        first = body.expression(first)
        if isinstance(first, ast.Name) and first.id in self.scope and first.id not in self.inputs:
            out = first.id
        else:
            out = self.fresh(op.name)
            self.run(f"{out} = {ast.unparse(first)}")
        derivatives = []
        for derivative in others:
            if isinstance(derivative, ast.Name) and derivative.id in body.functions:
                derivative = body.functions[derivative.id]  # type: ignore[assignment]
            if isinstance(derivative, ast.FunctionDef):
                for node in nodes_of(derivative):
                    if isinstance(node, ast.Name) and node.id in body.functions:
                        raise Unfit
            derivatives.append((derivative, body.names))
        return out, derivatives

    def _tree(self, function: Any) -> ast.FunctionDef:
        """The source of an operation with the program's names for globals, which is not changed; read once."""
        if function not in self.trees:
            tree = tree_of(function, True)
            if tree.args.vararg or tree.decorator_list:
                raise Unfit
            self.trees[function] = self._globals(tree, function)
        return self.trees[function]

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
                if node.name in ("CopySlices", "AsStridedBackward0"):  # a change through a view, and a view after it
                    for edge in node.edges or ():
                        self._edge(edge, ast.Name(self.helper(edge.derivative)), g, gradients, leaves)
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
        tree, names = derivative
        if isinstance(tree, ast.Constant):
            return None
        given = ast.Name(g, ast.Load())
        if isinstance(tree, ast.Lambda):
            body = Body(self, {**names, tree.args.args[0].arg: given})
            return ast.unparse(body.expression(tree.body))
        if isinstance(tree, ast.FunctionDef) and not tree.decorator_list:
            body = Body(self, {**names, tree.args.args[0].arg: given})
            mark, taken = len(self.lines), set(self.taken)
            try:
                result = body.follow(tree.body)
                if result is None:
                    raise Unfit
                return ast.unparse(body.expression(result))
            except Unfit:
                del self.lines[mark:]
                self.taken = taken | set(self.helpers) | set(self.imports)
                inner = renamed(tree, {**names, tree.name: ast.Name(self.fresh(tree.name), ast.Load())})
                self.run(ast.unparse(inner))
                return f"{inner.name}({g})"
        written = ast.unparse(renamed(tree, names))
        found = self.scope.get(written)
        text = self.text_of(written) if found is not None and written in self.helpers else ""
        if text.endswith("return g"):
            return g
        if text.endswith("return None"):
            return None
        return f"{written}({g})"
