"""A recorded call of a function of Values as straight Python: a line for each node, forward and then backward.

This suits a graph with few nodes, or few alike; value_arrays.py writes wide ones as arrays, from the same table.
The order of every sum is that of the engine, so the numbers are the engine's too, to the last bit.
"""

import builtins
import inspect
import keyword
import math
import re
import textwrap
from collections.abc import Callable, Sequence
from typing import Any

from micrograd.compiling.recording import Obstacle
from micrograd.engine import topological_order

BY_EXPONENT = "0.0 if x == 0 else math.nan if x < 0 else r * math.log(x)"

# By the op of the engine: the value r of the inputs x and y, or of x and the constants n and m = n - 1, and the
# derivative by each input.
DERIVATIVES = {
    "+": ("x + y", "1.0", "1.0"),
    "-": ("x - y", "1.0", "-1.0"),
    "*": ("x * y", "y", "x"),
    "/": ("x / y", "1.0 / y", "-r / y"),
    "**": ("math.pow(x, y)", "y * math.pow(x, y - 1.0) if y != 0 else 0.0", BY_EXPONENT),
    "**n": ("math.pow(x, n)", "n * math.pow(x, m)"),
    "neg": ("-x", "-1.0"),
    "exp": ("math.exp(x)", "r"),
    "log": ("math.log(x)", "1.0 / x"),
    "sqrt": ("math.sqrt(x)", "0.5 / r"),
    "tanh": ("math.tanh(x)", "1.0 - r * r"),
    "sigmoid": ("(1.0 if x >= 0 else math.exp(-abs(x))) / (1.0 + math.exp(-abs(x)))", "r * (1.0 - r)"),
    "ReLU": ("0.0 if x <= 0 else x", "0.0 if x <= 0 else 1.0"),
    "abs": ("abs(x)", "1.0 if x > 0 else -1.0 if x < 0 else 0.0"),
}
# Whose derivatives may be no number. They are computed with the value, so that a call that has none is left to the
# engine, which says what is wrong with it once backward needs it.
RISKY = ("**", "**n", "sqrt")

WORDS = {"+": "add", "-": "sub", "*": "mul", "/": "div", "**": "pow", "**n": "pow", "ReLU": "relu", "abs": "absolute"}


class Step:
    """A node of the recorded graph.

    op: "input", "constant", "own" (of `autograd.scalar_op`), or the key of a table. parameter: the exponent of "**n",
    the number of a constant, the function of an operation of one's own.
    """

    __slots__ = ("_prev", "label", "name", "op", "parameter")

    def __init__(self, op: str, parents: Sequence["Step"] = (), parameter: Any = None, label: str = ""):
        self.op, self._prev, self.parameter, self.label, self.name = op, tuple(parents), parameter, label, ""


MOST_LINES = 20_000

RESERVED = ("math", "np", "run", "each", "total", "nonzero", "grid", "kept", "given", "starts")


class Names:
    """Names for a program, each given once."""

    def __init__(self) -> None:
        self.taken = {*dir(builtins), *keyword.kwlist, *keyword.softkwlist, *RESERVED}
        self.last: dict[str, int] = {}

    def fresh(self, wanted: str) -> str:
        wanted = re.sub(r"\W+", "_", wanted).strip("_") or "x"
        if wanted[0].isdigit() or wanted.startswith("g_"):  # those are the gradients
            wanted = f"x{wanted}"
        name = wanted
        while name in self.taken:
            self.last[wanted] = i = self.last.get(wanted, 1) + 1
            name = f"{wanted}_{i}"
        self.taken.add(name)
        return name


def written(template: str, **names: str) -> str:
    """An entry of the table, with names in place of its letters."""
    return re.sub(r"\b[xyrnm]\b", lambda letter: names.get(letter[0], letter[0]), template)


def number(x: float) -> str:
    """A number as Python writes it."""
    if math.isnan(x) or math.isinf(x):
        return "math.nan" if math.isnan(x) else "math.inf" if x > 0 else "(-math.inf)"
    return repr(float(x)) if math.copysign(1.0, x) > 0 else f"({float(x)!r})"


class Program:
    """Straight Python for a recorded call.

    inputs, outs: Steps; outs are what the call gives; failing: those that can raise, needed or not. forward(*numbers)
    gives the numbers of outs, and what the way back needs. back(which) is the function of this, of the gradients of the
    outs in `which` (their indices, in the order of a topological walk from them), and of what the inputs hold in their
    grad. It gives the gradients of the inputs, and those of all outs on the way by their index.
    """

    def __init__(self, inputs: Sequence[Step], outs: Sequence[Step], failing: Sequence[Step]):
        self.inputs, self.outs = list(inputs), list(outs)
        self.functions: dict[str, Callable] = {}
        self.ways_back: dict[tuple[int, ...], Callable] = {}
        names = Names()
        order = topological_order(*outs, *failing)
        for step in [*inputs, *order]:
            if step.op == "constant":
                step.name = number(step.parameter)
            elif step.name == "":
                step.name = names.fresh(label_of(step))
        self.lines: list[str] = []
        self.local: dict[Step, list[str]] = {}
        if len(order) > MOST_LINES:
            raise Obstacle(f"a program of {len(order):,} lines is too long: few of its nodes can be computed together")
        for step in order:
            if step._prev:
                self._step(step, names)
        made = [step.name for step in order if step._prev]
        early = [name for step, local in self.local.items() for name in local if name.isidentifier()]
        self.kept = "".join(f"{name}, " for name in dict.fromkeys([*(step.name for step in inputs), *made, *early]))
        outs_text = "".join(f"{step.name}, " for step in outs)
        given = ", ".join(step.name for step in inputs)
        self.forward = self._made("forward", given, [*self.lines, f"return ({outs_text}), ({self.kept})"])

    def _made(self, name: str, arguments: str, lines: Sequence[str]) -> Callable:
        text = f"def {name}({arguments}):\n" + textwrap.indent("\n".join(lines), "    ")
        scope: dict[str, Any] = {"math": math, **self.functions}
        exec(compile(text, "<micrograd compiled>", "exec"), scope)
        return scope[name]

    def _step(self, step: Step, names: Names) -> None:
        """The line of a node, and its derivatives, as text, in `local`."""
        parents = [parent.name for parent in step._prev]
        if step.op == "dot":
            half = len(parents) // 2
            ws, xs = parents[:half], parents[half:-1]
            products = [f"{w} * {x}" for w, x in zip(ws, xs, strict=True)]
            self.lines.append(f"{step.name} = {' + '.join([parents[-1], *products])}")
            self.local[step] = [*xs, *ws, "1.0"]
            return
        if step.op == "own":
            name = next((name for name, f in self.functions.items() if f is step.parameter), "")
            if not name:
                name = names.fresh(f"{step.parameter.__name__}_of_numbers")
                self.functions[name] = step.parameter
            self.local[step] = [names.fresh(f"d_{step.name}") for _ in parents]
            self.lines.append(f"{', '.join([step.name, *self.local[step]])} = {name}({', '.join(parents)})")
            return
        x, y = parents[0], parents[-1]
        n, m = (number(step.parameter), number(step.parameter - 1.0)) if step.op == "**n" else ("", "")
        value, *local = [written(part, x=x, y=y, r=step.name, n=n, m=m) for part in DERIVATIVES[step.op]]
        if step.op == "**n" and step.parameter == 0:
            local = ["0.0"]
        self.lines.append(f"{step.name} = {value}")
        if step.op in RISKY:
            for i, derivative in enumerate(local):
                name = names.fresh(f"d_{step.name}")
                self.lines.append(f"{name} = {derivative}")
                local[i] = name
        self.local[step] = local

    def _back_lines(self, roots: Sequence[Step], known: set[Step]) -> list[str]:
        """The lines of backward. known: Steps that have a gradient already, to which others are added."""
        lines = []
        wanted = {step for step in topological_order(*roots) if step.op != "constant"}
        for step in reversed(topological_order(*roots)):
            if step not in known or not step._prev:
                continue
            for parent, local in zip(step._prev, self.local[step], strict=True):
                if parent not in wanted:
                    continue
                minus = "-" if local == "-1.0" else ""
                simple = re.fullmatch(r"[\w.()-]+", local)
                part = f"g_{step.name}"
                if local not in ("1.0", "-1.0"):
                    part = f"{local if simple else f'({local})'} * {part}"
                if parent in known:
                    lines.append(f"g_{parent.name} {minus or '+'}= {part}")
                else:
                    lines.append(f"g_{parent.name} = {minus}{part}")
                    known.add(parent)
        return lines

    def back(self, which: tuple[int, ...]) -> Callable:
        """Backward from some of the outs."""
        if which not in self.ways_back:
            roots = [self.outs[i] for i in which]
            gradients = "".join(f"g_{step.name}, " for step in self.inputs)
            lines = [f"({self.kept}) = kept", f"({gradients}) = starts"]
            lines.append(f"({''.join(f'g_{step.name}, ' for step in roots)}) = given")
            known = {*self.inputs, *roots}
            lines += self._back_lines(roots, known)
            found = ", ".join(f"{i}: g_{step.name}" for i, step in enumerate(self.outs) if step in known and step._prev)
            lines.append(f"return ({gradients}), {{{found}}}")
            self.ways_back[which] = self._made("backward", "kept, given, starts", lines)
        return self.ways_back[which]

    def given(self, kept: Any) -> Sequence[float]:
        """The numbers of the inputs in a call, from what it saved."""
        return kept[: len(self.inputs)]

    def source(self) -> str:
        """The program as text: run(*numbers) -> (value, [gradients]), those of the first value where there are more."""
        out = self.outs[0]
        known = {out}
        back = self._back_lines([out], known)
        gradients = ", ".join(f"g_{step.name}" if step in known else "0.0" for step in self.inputs)
        values = ", ".join(step.name for step in self.outs)
        body = ["# forward", *self.lines, "# backward", f"g_{out.name} = 1.0", *back]
        body.append(f"return {values if len(self.outs) == 1 else f'({values})'}, [{gradients}]")
        parts = ["import math", *texts_of(self.functions)]
        parts.append(
            f"def run({', '.join(step.name for step in self.inputs)}):\n" + textwrap.indent("\n".join(body), "    ")
        )
        return "\n\n\n".join(parts) + "\n"


def label_of(step: Step) -> str:
    """The name of a Step: its label, else its op."""
    return step.label or (step.parameter.__name__ if step.op == "own" else WORDS.get(step.op, step.op))


def texts_of(functions: dict[str, Callable]) -> list[str]:
    """The source of the operations that users define."""
    texts = []
    for name, function in functions.items():
        try:
            lines = textwrap.dedent(inspect.getsource(function)).splitlines()
        except (OSError, TypeError):
            lines = []
        start = next((i for i, line in enumerate(lines) if line.startswith("def ")), None)
        code = function.__code__
        outside = [n for n in code.co_names if n in function.__globals__ and n not in ("math", "np")]
        if start is None or code.co_freevars or outside:
            raise Obstacle(f"{function.__name__} needs more than its own lines")
        texts.append("\n".join([re.sub(r"def \w+", f"def {name}", lines[start]), *lines[start + 1 :]]))
    return texts
