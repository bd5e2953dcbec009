"""A recorded call of a function of Values as NumPy code: nodes of one op, depth and number of inputs in one line.

Every number has an index in one array, v: inputs, constants, then group after group. Its gradient has the same index
in g, and after these g holds what each node adds to the gradients of its inputs. A sum `a + b + c + ...` is one node
here. All sums are added up in the engine's order, and exp, log, tanh and powers are Python's, so the numbers are the
engine's to the last bit.
"""

import ast
import functools
import math
import re
import textwrap
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from micrograd.compiling.value_program import (
    DERIVATIVES,
    RISKY,
    Names,
    Program,
    Step,
    label_of,
    number,
    texts_of,
    written,
)
from micrograd.engine import topological_order

# What the programs use beside NumPy.


def each(f, *xs):
    """f of each number. NumPy's own exp, log and tanh may differ from Python's in the last digit."""
    return np.array(list(map(f, *[x.tolist() for x in np.broadcast_arrays(*xs)])))


def total(rows):
    """The sum of the rows, added one after the other."""
    return np.add.reduce(rows) if rows.shape[1] > 1 else np.add.accumulate(rows)[-1]


def nonzero(x):
    """x, by which something is divided."""
    if not np.all(x):
        raise ZeroDivisionError("division by zero")
    return x


def grid(start, *steps):
    """The numbers from start on in as many steps as each (count, step) says, the last one innermost."""
    for count, step in steps:
        start = np.add.outer(start, step * np.arange(count))
    return np.ravel(start)


HELPERS = (each, total, nonzero, grid)


class Unit:
    """A node, or a sum of many. step: the node whose value it is; rows: its inputs; edges: for each of them the node
    that it is an input of, and which one."""

    __slots__ = ("edges", "rows", "step")

    def __init__(self, step: Step, rows: list[Step], edges: list[tuple[Step, int]]):
        self.step, self.rows, self.edges = step, rows, edges


class Group:
    """Units of one kind, in v[start:stop]. local: the text of the derivative by each row (dot: by ws, xs and bias)."""

    def __init__(self, units: list[Unit], start: int, op: str, n_rows: int, parameter: Any):
        self.units, self.start, self.stop = units, start, start + len(units)
        self.op, self.n_rows, self.parameter = op, n_rows, parameter
        self.local: list[str] = []


def units_of(order: Sequence[Step], outs: Sequence[Step]) -> list[Unit]:
    """The nodes in their order, with sums of many as one."""
    users: dict[Step, int] = {}
    for step in order:
        for parent in step._prev:
            users[parent] = users.get(parent, 0) + 1
    ends, units = set(outs), dict[Step, Unit]()
    for step in order:
        if not step._prev:
            continue
        rows, edges = list(step._prev), [(step, i) for i in range(len(step._prev))]
        if step.op == "+":
            for i, parent in enumerate(step._prev):
                if parent.op == "+" and users[parent] == 1 and parent not in ends:
                    before = units.pop(parent)
                    rows, edges = [*before.rows, rows[1 - i]], [*before.edges, edges[1 - i]]
                    break
        units[step] = Unit(step, rows, edges)
    return list(units.values())


def program_of(inputs: Sequence[Step], outs: Sequence[Step], failing: Sequence[Step]) -> Any:
    """The program of a recorded call, in the form that suits it: a group takes the time of some ten lone nodes."""
    order = topological_order(*outs, *failing)
    units = units_of(order, outs)
    if len(units) >= 10 * len({(depth, op) for depth, op, *_ in kinds_of(units)}):
        return Arrays(inputs, outs, failing)
    return Program(inputs, outs, failing)


def kinds_of(units: Sequence[Unit]) -> list[tuple[int, str, int, Any]]:
    """What nodes in one group have in common: depth, op, number of rows, and exponent or function."""
    depth: dict[Step, int] = {}
    kinds = []
    for unit in units:
        step = unit.step
        depth[step] = 1 + max(depth.get(row, 0) for row in unit.rows)
        op = "sum" if step.op == "+" and len(unit.rows) > 2 else step.op
        kinds.append((depth[step], op, len(unit.rows), step.parameter))
    return kinds


class Arrays:
    """The same as `value_program.Program`, as NumPy code."""

    def __init__(self, inputs: Sequence[Step], outs: Sequence[Step], failing: Sequence[Step]):
        self.inputs, self.outs = list(inputs), list(outs)
        self.ways_back: dict[tuple[int, ...], Callable] = {}
        self.arrays: dict[str, np.ndarray] = {}
        self.names_of_arrays: dict[bytes, str] = {}
        self.functions: dict[str, Callable] = {}
        self.names = Names()
        order = topological_order(*outs, *failing)
        self.index_of: dict[Step, int] = {step: i for i, step in enumerate(inputs)}
        self.constants: list[float] = []
        known: dict[str, int] = {}
        for step in order:
            if step.op == "constant":
                text = number(step.parameter)
                if text not in known:
                    known[text] = len(inputs) + len(self.constants)
                    self.constants.append(step.parameter)
                self.index_of[step] = known[text]
        self.groups = self._grouped(units_of(order, outs))
        self.size = self.groups[-1].stop
        self.lines: list[str] = []
        self.kept: list[str] = ["v"]
        for group in self.groups:
            self._forward_of(group)
        ends = self._read([self.index_of[step] for step in outs])
        kept = ", ".join(self.kept)
        start = np.zeros(self.size)
        start[len(inputs) : len(inputs) + len(self.constants)] = self.constants
        lines = ["v = start.copy()", f"v[: {len(inputs)}] = numbers", *self.lines, f"return {ends}.tolist(), ({kept},)"]
        self.forward = self._made("forward", "*numbers", lines, start=start)

    def _grouped(self, units: list[Unit]) -> list[Group]:
        kinds: dict[Any, list[Unit]] = {}
        for unit, kind in zip(units, kinds_of(units), strict=True):
            kinds.setdefault(kind, []).append(unit)
        groups, start = [], len(self.inputs) + len(self.constants)
        for key in sorted(kinds, key=lambda key: key[0]):
            groups.append(Group(kinds[key], start, *key[1:]))
            for i, unit in enumerate(kinds[key]):
                self.index_of[unit.step] = start + i
            start = groups[-1].stop
        return groups

    def _made(self, name: str, arguments: str, lines: Sequence[str], **scope: Any) -> Callable:
        body = textwrap.indent("\n".join(lines), "        ")
        text = f"def {name}({arguments}):\n    with np.errstate(all='ignore'):\n{body}"
        scope |= {"np": np, "math": math, **{f.__name__: f for f in HELPERS}, **self.functions, **self.arrays}
        exec(compile(text, "<micrograd compiled>", "exec"), scope)
        return scope[name]

    # Indices of an array, as text.

    def _index(self, indices: np.ndarray) -> str:
        """The index in v[...] as text: a slice, or the name of an array."""
        flat = indices.reshape(-1)
        step = int(flat[1] - flat[0]) if len(flat) > 1 else 1
        if indices.ndim == 1 and step > 0 and (np.diff(flat) == step).all():
            return f"{flat[0]}:{flat[-1] + 1}" + (f":{step}" if step > 1 else "")
        return self._array("i", indices)

    def _array(self, letter: str, array: np.ndarray) -> str:
        """The name of an array of indices (i) or of constants (k), each of which the program has once."""
        key = f"{letter} {array.shape}".encode() + array.tobytes()
        if key not in self.names_of_arrays:
            self.names_of_arrays[key] = name = self.names.fresh(letter)
            self.arrays[name] = array
        return self.names_of_arrays[key]

    def _read(self, indices: Any, scalars: bool = False) -> str:
        """Numbers of v, as text. scalars: if all are the same, one is enough."""
        indices = np.array(indices)
        constants = indices - len(self.inputs)
        same = scalars and (indices == indices.flat[0]).all()
        if (constants >= 0).all() and (constants < len(self.constants)).all():
            numbers = np.array(self.constants)[constants]
            return number(self.constants[constants[0]]) if same else self._array("k", numbers)
        return f"v[{indices[0]}]" if same else f"v[{self._index(indices)}]"

    def _operand(self, group: Group, rows: Sequence[int], scalars: bool, name: str = "xs") -> str:
        """The text of one or more rows of a group; rows that are indexed get a name, for backward to use again."""
        indices = [[self.index_of[unit.rows[row]] for unit in group.units] for row in rows]
        text = self._read(indices if len(rows) > 1 else indices[0], scalars)
        if text.startswith("v[i"):
            name = self.names.fresh(name)
            self.lines.append(f"{name} = {text}")
            self.kept.append(name)
            return name
        return text

    # Forward.

    def _forward_of(self, group: Group) -> None:
        out = f"v[{group.start}:{group.stop}]"
        n = group.n_rows
        comment = f"  # {len(group.units)} of {group.op}"
        if group.op == "dot":
            half = n // 2
            ws = self._operand(group, range(half), False, "ws")
            xs = self._operand(group, range(half, n - 1), False)
            bias = self._operand(group, [n - 1], False, "bias")
            self.lines.append(f"{out} = total(np.vstack([{bias}, {ws} * {xs}])){comment} of {half}")
            group.local = [xs, ws, "1.0"]
        elif group.op == "sum":
            self.lines.append(f"{out} = total({self._operand(group, range(n), False)}){comment} of {n}")
        elif group.op == "own":
            name = self.names.fresh(f"{group.parameter.__name__}_of_numbers")
            self.functions[name] = group.parameter
            given = [self._operand(group, [i], False) for i in range(n)]
            group.local = [self.names.fresh("d") for _ in range(n)]
            self.kept += group.local
            self.lines.append(f"{', '.join([out, *group.local])} = each({', '.join([name, *given])}).T{comment}")
        else:
            operands = [self._operand(group, [i], group.op in "+-*/") for i in range(n)]
            power = {"n": number(group.parameter), "m": number(group.parameter - 1.0)} if group.op == "**n" else {}
            letters = {"x": operands[0], "y": operands[-1], "r": out, **power}
            value, *local = [written(part, **letters) for part in on_arrays(group.op)]
            self.lines.append(f"{out} = {value}{comment}")
            if group.op == "**n" and group.parameter == 0:
                local = ["0.0"]
            elif group.op in RISKY:
                for i, derivative in enumerate(local):
                    local[i] = self.names.fresh("d")
                    self.kept.append(local[i])
                    self.lines.append(f"{local[i]} = {derivative}")
            group.local = local

    # Backward.

    def _back_lines(self, roots: Sequence[Step], starts: bool) -> tuple[list[str], int, list[int]]:
        """The lines of backward from roots, the size of g, and the inputs that get a gradient.

        The gradients of the roots stand in g behind those of v, and where `starts` says so those of the inputs behind
        them.
        """
        order = topological_order(*roots)
        position = {step: i for i, step in enumerate(order)}
        size = self.size
        # For each node what is added to its gradient: two numbers that order it, and its index in g.
        handed: dict[Step, list[tuple[int, int, int]]] = {}
        for root in roots:
            handed.setdefault(root, []).append((-len(order), 0, size))
            size += 1
        if starts:
            for step in self.inputs:
                handed.setdefault(step, []).append((-len(order) - 1, 0, size))
                size += 1
        blocks: list[tuple[Group, list[str]]] = []
        for group in self.groups:
            if any(unit.step in position for unit in group.units):
                lines, size = self._hand_on(group, position, handed, size)
                blocks.append((group, lines))
        lines = []
        for group, block in reversed(blocks):
            added = self._add_up([unit.step for unit in group.units], handed)
            lines += [f"{added[0]}  # {len(group.units)} of {group.op}", *added[1:], *block]
        reached = [i for i, step in enumerate(self.inputs) if step in position]
        added = self._add_up([self.inputs[i] for i in reached], handed)
        lines += [f"{added[0]}  # the inputs", *added[1:]]
        return lines, size, reached

    def _hand_on(self, group: Group, position: Any, handed: Any, size: int) -> tuple[list[str], int]:
        """The lines that compute what a group adds to its inputs' gradients, in g from `size` on; the size after."""
        g, width = f"g[{group.start}:{group.stop}]", len(group.units)
        half = group.n_rows // 2
        rows = [(i, [i]) for i in range(group.n_rows)]
        if group.op == "dot":
            rows = [(0, list(range(half))), (1, list(range(half, 2 * half))), (2, [2 * half])]
        lines = []
        for which, members in rows:
            if all(unit.rows[i].op == "constant" for unit in group.units for i in members):
                continue
            local = group.local[which] if group.local else "1.0"
            indices = [group.start] * len(members)  # where the derivative is 1, what is added is the gradient itself
            if local != "1.0":
                indices = [size + j * width for j in range(len(members))]
                target = f"g[{size}:{size + len(members) * width}]"
                size += len(members) * width
                part = f"-{g}" if local == "-1.0" else f"{bracketed(local)} * {g}"
                lines.append(f"{target} = {part}" if len(members) == 1 else f"{target} = np.ravel({part})")
            for i, index in zip(members, indices, strict=True):
                for j, unit in enumerate(group.units):
                    node, slot = unit.edges[i]
                    if node in position and unit.rows[i].op != "constant":
                        handed.setdefault(unit.rows[i], []).append((-position[node], slot, index + j))
        return lines, size

    def _add_up(self, steps: Sequence[Step], handed: Any) -> list[str]:
        """The lines that add up the gradients of these nodes, in the engine's order."""
        alike: dict[Any, list[Step]] = {}
        for step in steps:
            if step in handed:
                alike.setdefault(len(handed[step]), []).append(step)
        lines = []
        for count, members in alike.items():
            each_of = [[index for *_, index in sorted(handed[step])] for step in members]
            indices = np.ascontiguousarray(np.transpose(each_of))  # else reduce would take pairs, then pairs of pairs
            target = self._index(np.array([self.index_of[step] for step in members]))
            source = f"g[{self._index(indices if count > 1 else indices[0])}]"
            lines.append(f"g[{target}] = {source if count == 1 else f'total({source})'}")
        return lines

    def back(self, which: tuple[int, ...]) -> Callable:
        """Backward from some of the outs; see `Program`."""
        if which not in self.ways_back:
            roots = [self.outs[i] for i in which]
            lines, size, reached = self._back_lines(roots, True)
            n, start = len(self.inputs), self.size + len(which)
            untouched = sorted({*range(n)} - {*reached})
            above = set(topological_order(*roots))
            inner = [i for i, step in enumerate(self.outs) if step in above]
            ends = [self.index_of[self.outs[i]] for i in inner]
            body = [f"({', '.join(self.kept)},) = kept", f"g = np.zeros({size})"]
            body += [f"g[{self.size}:{start}] = given", f"g[{start}:{start + n}] = starts", *lines]
            body.append("return g, g[inner].tolist()")
            run = self._made("backward", "kept, given, starts", body, inner=np.array(ends))
            self.ways_back[which] = functools.partial(_back, run, n, inner, untouched)
        return self.ways_back[which]

    def given(self, kept: Any) -> Sequence[float]:
        return kept[0][: len(self.inputs)].tolist()

    # The text.

    def source(self) -> str:
        """The program as text; see `Program`."""
        n, m = len(self.inputs), len(self.constants)
        back, size, _ = self._back_lines(self.outs[:1], False)
        values = ", ".join(f"v[{self.index_of[step]}].item()" for step in self.outs)
        body = [f'"""x: {described(self.inputs)}."""', f"v = np.zeros({self.size})", f"v[:{n}] = x"]
        if m:
            body.append(f"v[{n}:{n + m}] = {', '.join(map(number, self.constants))}")
        body += ["# forward", *self.lines, "# backward", f"g = np.zeros({size})", f"g[{self.size}] = 1.0", *back]
        body.append(f"return {values if len(self.outs) == 1 else f'({values})'}, g[:{n}].tolist()")
        text = "\n".join(body)
        used = [name for name in self.arrays if re.search(rf"\b{name}\b", text)]
        indices = [f"{name} = {array_text(self.arrays[name])}" for name in used]
        everything = "\n".join([text, *indices])
        parts = ["import math\n\nimport numpy as np" if "math." in text else "import numpy as np"]
        parts += [texts_of({f.__name__: f})[0] for f in HELPERS if f"{f.__name__}(" in everything]
        parts += texts_of(self.functions)
        if indices:
            parts.append("\n".join(indices))
        parts.append("def run(*x):\n" + textwrap.indent(text, "    "))
        return "\n\n\n".join(parts) + "\n"


def _back(run: Callable, n: int, inner: list[int], untouched: list[int], kept: Any, given: Any, starts: Any) -> Any:
    g, found = run(kept, given, starts)
    grads = g[:n].tolist()
    for i in untouched:
        grads[i] = starts[i]
    return grads, dict(zip(inner, found, strict=True))


def bracketed(text: str) -> str:
    return text if re.fullmatch(r"[\w.]+|v\[[\d:]+\]|np\.where\([^()]*\)", text) else f"({text})"


def described(inputs: Sequence[Step]) -> str:
    labels = [label_of(step) for step in inputs]
    return (
        ", ".join(labels) if len(labels) <= 8 else f"{', '.join(labels[:4])}, ..., {labels[-1]}: {len(labels)} numbers"
    )


def array_text(array: np.ndarray) -> str:
    """An array of indices or constants as text: a grid, if it is one, or np.r_ of slices."""
    shape = f".reshape{array.shape}" if array.ndim > 1 else ""
    if array.dtype.kind == "f":
        return f"np.array([{', '.join(map(number, array.reshape(-1)))}]){shape}"
    flat = array.reshape(-1)
    steps: list[tuple[int, int]] = []
    while len(flat) > 1:
        step = flat[1] - flat[0]
        apart = np.flatnonzero(np.diff(flat) != step)
        count = int(apart[0]) + 1 if len(apart) else len(flat)
        if len(flat) % count or count == 1:
            break
        rows = flat.reshape(-1, count)
        if (rows - rows[:, :1] != rows[0] - rows[0, 0]).any():
            break
        steps.insert(0, (count, int(step)))
        flat = rows[:, 0]
    if len(flat) == 1:
        return f"grid({', '.join([str(flat[0]), *map(str, steps)])}){shape}"
    runs = np.split(array.reshape(-1), np.flatnonzero(np.diff(array.reshape(-1)) != 1) + 1)
    return f"np.r_[{', '.join(f'{run[0]}:{run[-1] + 1}' if len(run) > 1 else str(run[0]) for run in runs)}]{shape}"


@functools.cache
def on_arrays(op: str) -> list[str]:
    """The entry of the table, for arrays: x if c else y is np.where(c, x, y), math.f(x) is each(math.f, x)."""
    early = 1 if op not in RISKY else 3
    return [_expression(part, i < early) for i, part in enumerate(DERIVATIVES[op])]


def _expression(text: str, checked: bool) -> str:
    return ast.unparse(ast.fix_missing_locations(_OnArrays(checked).visit(ast.parse(text, mode="eval"))))


class _OnArrays(ast.NodeTransformer):
    def __init__(self, checked: bool):
        self.checked = checked

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        self.generic_visit(node)
        return ast.Call(ast.parse("np.where", mode="eval").body, [node.test, node.body, node.orelse], [])

    def visit_Call(self, node: ast.Call) -> Any:
        self.generic_visit(node)
        if not isinstance(node.func, ast.Attribute):
            return node
        return ast.Call(ast.Name("each", ast.Load()), [node.func, *node.args], [])

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        self.generic_visit(node)
        if self.checked and isinstance(node.op, ast.Div) and isinstance(node.right, ast.Name):
            node.right = ast.Call(ast.Name("nonzero", ast.Load()), [node.right], [])
        return node
