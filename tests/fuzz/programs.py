"""Random programs for PyTorch's names: a list of lines each, that one can paste behind `import torch`.

The lines are written one after the other while PyTorch runs them, so that each knows the shapes and dtypes of the
names before it, and most lines run; some are wrong on purpose or by chance, since what is refused counts as well.
Numbers are multiples of 1/4 between -2 and 2: sums and products of a few are exact, and ties and zeros abound.

A program has a topic, which says what most of its lines are about; the topics are the rows of WEIGHTS.
"""

import math
import random
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch

import micrograd

from . import calls
from .differential import ABOUT_GRADIENTS, Outcome, asked, compiled, execute, quiet

FLOATS = (torch.float32, torch.float64)
SHAPES = ((3,), (4,), (2, 3), (3, 3), (2, 2), (2, 2, 3), (1, 3), (3, 1), (), (2, 1, 2), (1,), (6,), (4, 3))
DTYPES = ("float64", "int32", "int64", "uint8", "bool")
LETTERS = "abcdpqrstuvwxyz"


def has(name: str) -> bool:
    """Whether micrograd has a method of this name; what it has not is left out of the programs."""
    return hasattr(micrograd.Tensor, name)


class Program(NamedTuple):
    lines: list[str]
    outcome: Outcome | None  # of PyTorch, if it is known already


class Writer:
    """A program in the writing."""

    def __init__(self, seed: int, topic: str):
        self.rng = random.Random(f"{topic} {seed}")
        self.topic = topic
        self.lines: list[str] = []
        self.errors: list[Exception | None] = []
        self.left_out = False
        self.leaves_too = False  # whether leaves that require grad are changed: under no_grad they may be
        self.names: dict[str, Any] = {"torch": torch, "np": np, "math": math}
        self.fresh = 0

    # Choices.

    def one_of(self, *choices: Any) -> Any:
        return self.rng.choice(choices)

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def new_name(self) -> str:
        """A name that is free; at times one that is taken, which frees what it stood for."""
        if self.fresh >= len(LETTERS) or (self.fresh > 4 and self.chance(0.1)):
            return self.rng.choice(self.tensors() or ["a"])
        self.fresh += 1
        return LETTERS[self.fresh - 1]

    def tensors(self, want: Callable[[torch.Tensor], bool] = lambda t: True) -> list[str]:
        return [name for name, x in self.names.items() if isinstance(x, torch.Tensor) and want(x)]

    def pick(self, want: Callable[[torch.Tensor], bool] = lambda t: True) -> str | None:
        """A tensor that fits; the last ones more often, so that what was made is used."""
        fitting = self.tensors(want)
        if not fitting:
            return None
        return fitting[-1] if self.chance(0.3) else self.rng.choice(fitting)

    def shape_of(self, expression: str) -> tuple[int, ...] | None:
        """The shape that an expression without side effects has; None where it has none."""
        try:
            value = eval(expression, self.names)
        except Exception:
            return None
        return tuple(value.shape) if isinstance(value, torch.Tensor) else None

    # Numbers and operands.

    def number(self) -> str:
        if self.topic == "special values" and self.chance(0.25):
            return self.one_of("math.nan", "math.inf", "-math.inf", "0.0", "1e30", "1e-30")
        return repr(self.rng.randint(-8, 8) / 4)

    def whole(self, dtype: str) -> str:
        if dtype == "bool":
            return self.one_of("True", "False")
        if self.topic == "dtypes" and self.chance(0.1):
            return self.one_of("100", "200", "255") if dtype == "uint8" else self.one_of("-7", "1000", "2147483647")
        return repr(self.rng.randint(0, 3) if dtype == "uint8" else self.rng.randint(-3, 3))

    def nested(self, shape: tuple[int, ...], number: Callable[[], str]) -> str:
        if not shape:
            return number()
        return "[" + ", ".join([self.nested(shape[1:], number) for _ in range(shape[0])]) + "]"

    def fitting(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """A shape that broadcasts to this one, mostly this one."""
        if self.chance(0.6):
            return shape
        shape = shape[self.rng.randint(0, len(shape)) :]
        return tuple([1 if self.chance(0.2) else n for n in shape])

    def literal(self, shape: tuple[int, ...], dtype: str = "float32") -> str:
        number = self.number if dtype.startswith("float") else lambda: self.whole(dtype)
        words = "" if dtype in ("float32", "int64", "bool") else f", dtype=torch.{dtype}"
        return f"torch.tensor({self.nested(shape, number)}{words})"

    def dtype(self) -> str:
        if self.topic == "dtypes":
            return self.one_of("float32", "float32", "float32", *DTYPES)
        return "float32" if self.chance(0.95) else self.one_of(*DTYPES)

    def operand(self, shape: tuple[int, ...]) -> str:
        """What can be combined with a tensor of this shape: a tensor, a number, a NumPy scalar."""
        kind = self.rng.random()
        if kind < 0.5:
            name = self.pick(lambda t: broadcasts(tuple(t.shape), shape) and t.dtype != torch.bool)
            if name is not None:
                return name + (self.view_of(name) if self.chance(0.1) else "")
        if kind < 0.7:
            return self.literal(self.fitting(shape), self.dtype())
        if kind < 0.85 or self.topic != "dtypes":
            return self.number() if self.chance(0.8) else self.whole("int64")
        numpys = self.one_of("float64", "float32", "int64", "int32", "uint8")
        return f"np.{numpys}({self.rng.randint(0, 3)})"

    def name_of_floats(self) -> str | None:
        return self.pick(lambda t: t.dtype in FLOATS)

    # Lines. Each of these gives one, or None where nothing fits.

    def leaf(self) -> str:
        name, shape, dtype = self.new_name(), self.rng.choice(SHAPES), self.dtype()
        grad = dtype.startswith("float") and self.chance(0.65)
        kind = self.rng.random()
        if kind < 0.65:
            text = self.literal(shape, dtype)
            if grad and self.chance(0.5):
                text, grad = text[:-1] + ", requires_grad=True)", False
        else:
            maker = self.one_of("zeros", "ones", "zeros", "full")
            size = ", ".join(map(str, shape)) if shape else "()"
            text = f"torch.full({shape}, {self.number()}" if maker == "full" else f"torch.{maker}({size}"
            text += ")" if dtype == "float32" else f", dtype=torch.{dtype})"
        if grad or (kind >= 0.65 and self.chance(0.3)):
            if len(shape) > 1 and self.chance(0.3):
                text += ".t()" if len(shape) == 2 else ".transpose(0, 2)"
            if self.chance(0.2):
                text += ".detach()" if ", requires" not in text else ""
            text += ".requires_grad_()" if grad else ""
        return f"{name} = {text}"

    def view(self) -> str | None:
        name = self.pick()
        if name is None:
            return None
        if self.chance(0.08):
            parts = self.parts_of(name)
            if parts:
                return f"{self.new_name()} = {name}{parts}"
        return f"{self.new_name()} = {name}{self.view_of(name)}"

    def view_of(self, name: str) -> str:
        """What makes a view of a tensor, to stand behind its name."""
        text, shape = "", tuple(self.names[name].shape)
        for _ in range(2 if self.chance(0.2) else 1):
            text += self.one_view(shape, self.names[name])
            made = self.shape_of(name + text)
            if made is None:
                break
            shape = made
        return text

    def one_view(self, shape: tuple[int, ...], x: torch.Tensor) -> str:
        n, size = len(shape), math.prod(shape)
        kinds = ["index", "view", "reshape", "unsqueeze", "squeeze", "flatten", "ravel", "detach", "expand"]
        kinds += ["view_as", "expand_as", "broadcast_to", "contiguous", "T", "t", "transpose", "index", "index"]
        if n:
            kinds += ["transpose", "swapaxes", "permute", "movedim", "narrow", "select", "split", "chunk", "unbind"]
            kinds += ["unflatten", "unfold", "tensor_split"]
        if n > 1:
            kinds += ["mT", "diagonal", "diagonal", "t", "T"]
        kind = self.rng.choice([k for k in kinds if k == "index" or has(k)])
        d = self.rng.randint(-n, n - 1) if n else 0
        e = self.rng.randint(-n, n - 1) if n else 0
        length = shape[d] if n else 1
        if kind == "index":
            return self.basic_index(shape)
        if kind in ("T", "mT"):
            return f".{kind}"
        if kind in ("t", "detach", "ravel", "contiguous"):
            return f".{kind}()"
        if kind in ("view", "reshape"):
            wanted = self.rng.choice(shapes_of(size))
            if self.chance(0.4) and size:
                wanted = (-1,)
            return f".{kind}({', '.join(map(str, wanted)) or '()'})"
        if kind == "unsqueeze":
            return f".unsqueeze({self.rng.randint(-n - 1, n)})"
        if kind == "squeeze":
            return f".squeeze({d})" if n and self.chance(0.5) else ".squeeze()"
        if kind == "flatten":
            return ".flatten()" if self.chance(0.6) or not n else f".flatten({min(d % n, e % n)}, {max(d % n, e % n)})"
        if kind in ("expand", "broadcast_to"):
            wanted = tuple([self.one_of(2, 3) if length == 1 and self.chance(0.7) else length for length in shape])
            wanted = (2, *wanted) if self.chance(0.4) else wanted
            return f".{kind}({wanted})"
        if kind in ("view_as", "expand_as"):
            other = self.pick(lambda t: t.numel() == size if kind == "view_as" else broadcasts(shape, tuple(t.shape)))
            return f".{kind}({other})" if other else f".{kind}(torch.ones({size}))"
        if kind in ("transpose", "swapaxes"):
            return f".{kind}({d}, {e})"
        if kind == "permute":
            dims = self.rng.sample(range(n), n)
            return f".permute({', '.join(map(str, dims))})"
        if kind == "movedim":
            return f".movedim({d}, {e})"
        if kind == "narrow":
            start = self.rng.randint(0, length)
            return f".narrow({d}, {start}, {self.rng.randint(0, length - start)})"
        if kind == "select":
            return f".select({d}, {self.rng.randint(-length, max(length - 1, 0))})"
        if kind in ("split", "chunk", "unbind", "tensor_split"):
            return self.parts(kind, d, length) + f"[{self.one_of(0, 0, -1)}]"
        if kind == "unflatten":
            sizes = self.rng.choice([s for s in shapes_of(length) if s] or [(-1,)])
            return f".unflatten({d}, {sizes})"
        if kind == "unfold":
            window = self.rng.randint(1, max(length, 1))
            return f".unfold({d}, {window}, {self.one_of(1, 1, 2)})"
        offset = self.one_of(0, 0, 1, -1)
        if n > 2 and d % n != e % n and self.chance(0.6):
            return f".diagonal({offset}, {d}, {e})"
        return f".diagonal({offset})" if offset else ".diagonal()"

    def parts(self, kind: str, d: int, length: int) -> str:
        if kind == "unbind":
            return f".unbind({d})"
        if kind == "split" and self.chance(0.4) and length:
            first = self.rng.randint(0, length)
            return f".split([{first}, {length - first}], {d})"
        return f".{kind}({self.rng.randint(1, 3)}, {d})"

    def parts_of(self, name: str) -> str | None:
        shape = self.names[name].shape
        if not len(shape):
            return None
        d = self.rng.randint(-len(shape), len(shape) - 1)
        part = self.rng.randint(0, 1)
        return self.parts(self.one_of("split", "chunk", "unbind"), d, shape[d]) + f"[{part}]"

    def basic_index(self, shape: tuple[int, ...]) -> str:
        items = [self.slice_or_int(n) for n in shape[: self.rng.randint(min(len(shape), 1), len(shape))]]
        if self.chance(0.15):
            items.insert(self.rng.randint(0, len(items)), "None")
        if self.chance(0.15) or not items:
            items.insert(self.rng.randint(0, len(items)), "...")
        return f"[{', '.join(items)}]"

    def slice_or_int(self, n: int) -> str:
        kind = self.rng.random()
        if kind < 0.3 and n:
            return str(self.rng.randint(-n, n - 1))
        if kind < 0.5:
            return ":"
        start, stop = self.one_of("", "", "0", "1", "-1"), self.one_of("", "", "1", "2", "-1")
        return f"{start}:{stop}" + (f":{self.one_of(1, 2)}" if self.chance(0.2) else "")

    def advanced_index(self, name: str, shape: tuple[int, ...]) -> str:
        """Lists, tensors and masks; the places that a list names are different ones, else the last writer wins."""
        kind, n = self.rng.random(), len(shape)
        if kind < 0.35 and name in self.names:
            return f"[{name} {self.one_of('>', '<', '==', '>=')} {self.number()}]"
        if not n or not shape[0]:
            return "[...]"
        places = self.rng.sample(range(shape[0]), self.rng.randint(1, shape[0]))
        if kind < 0.5:
            return f"[{places}]"
        if kind < 0.7:
            return f"[torch.tensor({[p - shape[0] if self.chance(0.3) else p for p in places]})]"
        if kind < 0.8:
            return f"[torch.tensor({[self.chance(0.5) for _ in range(shape[0])]})]"
        if n > 1 and shape[1]:
            seconds = [self.rng.randint(0, shape[1] - 1) for _ in places]
            if self.chance(0.5):
                return f"[{places}, {seconds}]"
            return f"[:, {sorted(set(seconds))}]" if self.chance(0.7) else f"[{places}, {self.slice_or_int(shape[1])}]"
        return f"[{places}]"

    def any_index(self, name: str, shape: tuple[int, ...]) -> str:
        return self.basic_index(shape) if self.chance(0.6) else self.advanced_index(name, shape)

    def target(self) -> tuple[str, tuple[int, ...]] | None:
        """What is changed in place: a tensor, or a view of it made on the spot."""
        name = self.pick() if self.leaves_too or self.chance(0.1) else self.pick(changeable)
        if name is None:
            return None
        if self.chance(0.75):
            return name, tuple(self.names[name].shape)
        text = name + self.view_of(name)
        shape = self.shape_of(text)
        return None if shape is None else (text, shape)

    def change(self) -> str | None:
        """A change in place."""
        target = self.target()
        if target is None:
            return None
        x, shape = target
        kind = self.rng.random()
        if kind < 0.22:
            return f"{x}{self.any_index(x, shape)} = {self.value_for(x, shape)}"
        if kind < 0.37:
            index = self.any_index(x, shape)
            made = self.shape_of(x + index)
            return (
                f"{x}{index} {self.one_of('+', '-', '*', '*', '/')}= {self.operand(made if made is not None else ())}"
            )
        if kind < 0.47 and x.isalpha():
            return f"{x} {self.one_of('+', '-', '*', '*', '/')}= {self.operand(shape)}"
        if kind < 0.54 and shape and shape[0] > 1:
            step = self.one_of("+", "-", "*", "")
            if step:
                return f"{x}[1:] {step}= {x}[:-1]"
            return self.one_of(f"{x}[1:] = {x}[:-1]", f"{x}[:-1] = {x}[1:]", f"{x}.add_({x}[0])", f"{x}.mul_({x}[-1:])")
        if kind < 0.7:
            step = self.one_of("add_", "sub_", "mul_", "div_", "add_", "mul_", "copy_", "pow_", "lerp_", "remainder_")
            other = self.operand(shape)
            if step in ("add_", "sub_") and self.chance(0.25):
                return f"{x}.{step}({other}, alpha={self.one_of('2', '-1', '0.5')})"
            if step == "copy_":
                other = self.pick(lambda t: broadcasts(tuple(t.shape), shape)) or self.literal(shape)
            if step == "pow_":
                other = self.one_of("2", "3", "2.0")
            if step == "lerp_":
                return f"{x}.lerp_({self.tensor_for(shape)}, {self.one_of('0.25', '0.5', '1.0')})"
            return f"{x}.{step}({other})"
        return self.named_change(x, shape)

    def tensor_for(self, shape: tuple[int, ...]) -> str:
        name = self.pick(lambda t: broadcasts(tuple(t.shape), shape) and t.dtype in FLOATS)
        return name if name is not None and self.chance(0.7) else self.literal(self.fitting(shape))

    def filled(self, template: str, x: str, shape: tuple[int, ...]) -> str:
        """A template of `calls.py` about the tensor x."""
        n = len(shape)
        d, e = (self.rng.randint(-n, n - 1) if n else 0 for _ in range(2))
        length = shape[d] if n else 1
        return template.format(
            x=x,
            y=self.pick(lambda t: tuple(t.shape) == shape) or x,
            t=self.tensor_for(shape),
            o=self.operand(shape),
            n=self.number(),
            m=f"{x} {self.one_of('>', '<=', '==')} {self.number()}",
            d=d,
            e=e,
            p=self.rng.sample(range(length), self.rng.randint(min(length, 1), length)),
            v=self.new_name(),
        )

    def named_change(self, x: str, shape: tuple[int, ...]) -> str:
        n = len(shape)
        if self.chance(0.6 if self.topic == "functions" else 0.15):
            templates = [template for template in calls.CHANGES if x.isalpha() or not template.startswith("{x} =")]
            return self.filled(self.rng.choice(templates), x, shape)
        kinds = ["zero_", "fill_", "fill_", "clamp_", "masked_fill_", "unary", "unary", "reshape", "clamp_t"]
        if n:
            kinds += ["index_add_", "scatter_", "scatter_add_", "index_put_", "index_fill_", "index_copy_"]
        if n > 1:
            kinds += ["tril_", "fill_diagonal_"]
        kind = self.rng.choice([k for k in kinds if not k.endswith("_") or has(k)])
        if kind == "zero_":
            return f"{x}.zero_()"
        if kind == "fill_":
            return f"{x}.fill_({self.tensor_for(()) if self.chance(0.3) else self.number()})"
        if kind == "clamp_":
            return f"{x}.clamp_({self.one_of('min=0', 'max=0.5', '-1, 1', 'min=0.25')})"
        if kind == "clamp_t":
            return f"{x}.clamp_({self.one_of('min', 'max')}={self.tensor_for(shape)})"
        if kind == "masked_fill_":
            value = self.tensor_for(()) if self.chance(0.3) else self.number()
            return f"{x}.masked_fill_({x} {self.one_of('>', '<', '==')} {self.number()}, {value})"
        if kind == "unary":
            steps = ["exp_", "neg_", "abs_", "relu_", "sqrt_", "tanh_", "sigmoid_", "square_", "reciprocal_", "sin_"]
            return f"{x}.{self.rng.choice(steps)}()"
        d = self.rng.randint(-n, n - 1) if n else 0
        if kind == "reshape":
            if self.leaves_too and self.in_graph(x):
                return f"{x}.zero_()"  # PyTorch goes on with the graph of the shape before, and to wrong gradients
            ways = [f"unsqueeze_({self.rng.randint(-n - 1, n)})", "squeeze_()", "t_()"]
            if n:
                ways += [f"squeeze_({d})", f"transpose_({d}, {self.rng.randint(-n, n - 1)})"]
            return f"{x}.{self.rng.choice(ways)}"
        if kind in ("tril_", "fill_diagonal_"):
            return f"{x}.{kind}({'' if kind == 'tril_' else self.number()})"
        length = shape[d]
        places = [self.rng.randint(0, max(length - 1, 0)) for _ in range(self.rng.randint(1, 3))]
        if kind == "index_put_":
            # PyTorch writes a part before it refuses a place that is not there, and that is not what it is held to.
            places = [self.rng.randint(0, max(shape[0] - 1, 0)) for _ in places]
            return f"{x}.index_put_((torch.tensor({places}),), {self.literal(())}, accumulate=True)"
        if kind in ("index_fill_", "index_copy_"):
            places = sorted(set(places))
        if kind == "index_fill_":
            return f"{x}.index_fill_({d}, torch.tensor({places}), {self.number()})"
        source = (*shape[: d % n], len(places), *shape[d % n + 1 :])
        if kind in ("index_add_", "index_copy_"):
            alpha = ", alpha=0.5" if kind == "index_add_" and self.chance(0.2) else ""
            name = self.pick(lambda t: tuple(t.shape) == source)
            return f"{x}.{kind}({d}, torch.tensor({places}), {name or self.literal(source)}{alpha})"
        distinct = iter(self.rng.sample(range(length), length) * 1000)
        rows = [1 if i == d % n else k for i, k in enumerate(shape)]
        index = self.nested(tuple(rows), lambda: str(next(distinct, 0)))
        name = self.pick(lambda t: tuple(t.shape) == tuple(rows))
        source_text = self.number() if kind == "scatter_" and self.chance(0.3) else name or self.literal(tuple(rows))
        return f"{x}.{kind}({d}, torch.tensor({index}), {source_text})"

    def in_graph(self, x: str) -> bool:
        """Whether an expression without side effects is a tensor of the graph."""
        return asked(eval(x, self.names), "grad_fn") is not None

    def value_for(self, x: str, shape: tuple[int, ...]) -> str:
        """What may be written into a part of a tensor of this shape."""
        if self.chance(0.4):
            return self.number()
        return self.operand(shape[1:] if self.chance(0.7) else shape)

    def calculate(self) -> str | None:
        name = self.pick(lambda t: t.dtype in FLOATS or self.topic == "dtypes" or self.chance(0.2))
        if name is None:
            return None
        shape = tuple(self.names[name].shape)
        return f"{self.new_name()} = {self.expression(name, shape)}"

    def expression(self, x: str, shape: tuple[int, ...]) -> str:
        n = len(shape)
        if self.chance(0.7 if self.topic == "functions" else 0.15):
            return self.filled(self.rng.choice(calls.FUNCTIONS), x, shape)
        d = self.rng.randint(-n, n - 1) if n else 0
        kind = self.rng.random()
        other = self.operand(shape)
        if kind < 0.35:
            sign = self.one_of("+", "-", "*", "*", "/", "**", "//", "%") if self.chance(0.4) else self.one_of("+", "*")
            if sign == "**" and self.chance(0.7):
                other = self.one_of("2", "3", "0.5")
            return f"{x} {sign} {other}" if self.chance(0.8) else f"{other} {sign} {x}"
        if kind < 0.42:
            names = ("maximum", "minimum", "add", "sub", "mul", "div", "where", "lerp")
            name = self.rng.choice(names)
            if name == "where":
                return f"torch.where({x} {self.one_of('>', '<=', '==')} {self.number()}, {x}, {other})"
            if name == "lerp":
                return f"torch.lerp({x}, {self.tensor_for(shape)}, {self.one_of('0.25', '1.0')})"
            if name in ("add", "sub") and self.chance(0.5):
                return f"torch.{name}({x}, {other}, alpha={self.one_of('2', '-1', '0.5', '-2')})"
            if name in ("maximum", "minimum"):
                return f"torch.{name}({x}, {self.tensor_for(shape)})"
            return f"torch.{name}({x}, {other})"
        if kind < 0.6:
            names = ["exp", "abs", "relu", "tanh", "sqrt", "sigmoid", "neg", "square", "sin", "reciprocal", "log"]
            names += ["sign", "floor", "clone", "clone", "rsqrt", "log1p", "round", "double", "float", "long"]
            names += ["isnan", "nan_to_num", "bool"]
            return f"{x}.{self.rng.choice(names)}()"
        if kind < 0.67:
            bound = self.one_of("min=0", "max=0.5", "-1, 1", "min=0.25", "0.5, -0.5")
            if self.chance(0.3):
                bound = f"{self.one_of('min', 'max')}={self.tensor_for(shape)}"
            return f"{x}.clamp({bound})" + self.one_of("", ".sqrt()", ".log()")
        if kind < 0.85:
            names = ["sum", "mean", "prod", "max", "min", "amax", "amin", "cumsum", "cumprod", "logsumexp", "softmax"]
            names += ["var", "std", "norm", "argmax", "argmin", "median", "all", "any", "log_softmax"]
            name = self.rng.choice(names)
            if name == "median" and 0 in self.names[x].stride():
                name = "mean"  # PyTorch's median of an expanded tensor reads and writes what is not its own
            keep = self.one_of("", "", ", keepdim=True")
            if name == "norm":
                return f"{x}.norm({self.one_of('', '1', '2', 'math.inf')})"
            if name in ("cumsum", "cumprod", "logsumexp", "softmax", "log_softmax"):
                return f"{x}.{name}({d if n or self.chance(0.5) else 0})"
            if not n or self.chance(0.4):
                return f"{x}.{name}()"
            if name in ("max", "min", "median"):
                return f"{x}.{name}({d}{keep}).values" if name != "median" else f"{x}.median({d}{keep})[0]"
            if name in ("var", "std"):
                return f"{x}.{name}({d}{self.one_of('', ', unbiased=False')}{keep})"
            return f"{x}.{name}({d}{keep})"
        if kind < 0.93:
            return f"{x}{self.advanced_index(x, shape)}"
        return self.arrangement(x, shape, d)

    def arrangement(self, x: str, shape: tuple[int, ...], d: int) -> str:
        kinds = ["cat", "stack", "flip", "roll", "repeat", "masked_fill", "outer", "index_select", "tril", "matmul"]
        kinds += ["sort", "diag", "gather", "einsum", "unique"]
        kind = self.rng.choice(kinds)
        same = self.pick(lambda t: tuple(t.shape) == shape) or x
        n = len(shape)
        if kind == "cat":
            return f"torch.cat([{x}, {same}], {d})"
        if kind == "stack":
            return f"torch.stack([{x}, {same}])"
        if kind == "flip":
            return f"{x}.flip({d})" if n else f"{x}.flip(())"
        if kind == "roll":
            return f"{x}.roll(1, {d})" if n else f"{x}.roll(1)"
        if kind == "repeat":
            return f"{x}.repeat({', '.join(['2', *['1'] * max(n - 1, 0)])})"
        if kind == "masked_fill":
            return f"{x}.masked_fill({x} {self.one_of('>', '<')} {self.number()}, {self.number()})"
        if kind == "outer":
            return f"torch.outer({x}.flatten(), {same}.flatten())"
        if kind == "index_select":
            return f"{x}.index_select({d}, torch.tensor([0, 0]))"
        if kind == "tril":
            return f"{x}.{self.one_of('tril', 'triu')}()"
        if kind == "matmul":
            return f"{x} @ {same}{'.mT' if n > 1 else ''}"
        if kind == "sort":
            return f"{x}.sort(dim={d}, stable=True).values" if n else f"{x}.flatten().sort().values"
        if kind == "diag":
            return f"{x}.diag()"
        if kind == "gather" and n:
            return f"{x}.gather({d}, torch.zeros({shape}, dtype=torch.int64))"
        if kind == "unique":
            return f"{x}.unique()"
        letters = "ijkl"[:n]
        return f"torch.einsum('{letters},{letters}->{self.one_of('', letters, letters[::-1])}', {x}, {same})"

    def mode(self) -> str | None:
        """Toggles and detachments."""
        name = self.pick()
        if name is None:
            return None
        if self.chance(0.9 if self.topic == "training" else 0.15):
            line = self.rng.choice(calls.STEPS)
            if "register_hook" in line and self.names[name]._base is not None:
                return None  # PyTorch 2.13 can end the whole process here
            return self.filled(line, name, tuple(self.names[name].shape))
        kind = self.rng.random()
        if kind < 0.2:
            return f"{self.new_name()} = {name}.detach()"
        if kind < 0.3:
            # A change through .data is not noticed, so what it does to gradients depends on what is saved for them.
            return f"{self.new_name()} = {name}.data" + (".clone()" if self.names[name].requires_grad else "")
        if kind < 0.45:
            return f"{name}.requires_grad_({self.one_of('', 'False', 'False')})"
        if kind < 0.5:
            return f"{name}.requires_grad = {self.one_of('True', 'False')}"
        if kind < 0.56:
            return f"{name}.detach_()"
        if kind < 0.62:
            if any(x._base is not None for x in self.names.values() if isinstance(x, torch.Tensor)):
                return None  # views do not follow, and what becomes of their gradients is an accident
            other = self.pick(lambda t: t.shape == self.names[name].shape) or name
            return f"{name}.data = {other}{self.one_of('', '.clone()', '.detach() * 2')}"
        if kind < 0.68:
            return f"{name}.retain_grad()"
        if kind < 0.74:
            return f"{name}.grad = None"
        mode = self.one_of("no_grad", "no_grad", "no_grad", "enable_grad")
        self.leaves_too = mode == "no_grad"
        line = self.rng.choice([self.view, self.change, self.change, self.calculate])()
        self.leaves_too = False
        if line is None:
            return None
        return f"with torch.{mode}(): {line}"

    def backward(self) -> str | None:
        name = self.pick(lambda t: t.requires_grad and not leaf(t))
        if name is None:
            name = self.pick(lambda t: t.requires_grad)
        if name is None:
            return None
        keep = self.one_of("", "retain_graph=True")
        kind = self.rng.random()
        x = self.names[name]
        if kind < 0.2:
            return f"{name}.backward({self.literal(tuple(x.shape))}{', ' if keep else ''}{keep})"
        if kind < 0.4 or not x.dim():
            total = name if not x.dim() else f"{name}.sum()"
            return f"{total}.backward({keep})"
        if kind < 0.75:
            return f"({name} * {name}).sum().backward({keep})"
        other = self.pick(lambda t: t.requires_grad) or name
        return f"({name}.sum() + ({other} ** 2).sum()).backward({keep})"

    def last_backward(self) -> str | None:
        """A way back from all that hangs on the graph, with another gradient for each element."""
        wanted = self.tensors(lambda t: t.requires_grad and t.dtype == torch.float32 and not leaf(t))
        if not wanted:
            return None
        self.rng.shuffle(wanted)
        terms = [f"({name} * {name}).sum()" if i % 2 else f"(3 * {name}).sum()" for i, name in enumerate(wanted[:4])]
        return f"({' + '.join(terms)}).backward()"

    # The program.

    def add(self, line: str | None) -> None:
        if line is None:
            return
        error = execute(compiled(line), self.names)
        if error is not None and not ABOUT_GRADIENTS.search(str(error)) and self.chance(0.7):
            # Mistakes of shapes and dtypes are not what the programs are about: some are enough.
            self.left_out = True  # and its traces are in the names: PyTorch may have written a part
            return
        self.lines.append(line)
        self.errors.append(error)

    def program(self) -> "Program":
        kinds = (self.leaf, self.view, self.change, self.calculate, self.mode, self.backward)
        self.add(self.leaf())
        self.add(self.leaf())
        if self.chance(0.6):
            self.add(self.calculate())
        for _ in range(self.rng.randint(3, 9)):
            (kind,) = self.rng.choices(kinds, WEIGHTS[self.topic])
            self.add(kind())
        self.add(self.last_backward())
        if self.chance(0.2):
            self.add(self.backward())
        return Program(self.lines, None if self.left_out else Outcome(self.names, self.errors))


# How often a line is: a leaf, a view, a change in place, a calculation, a mode, a backward.
WEIGHTS = {
    "views": (1, 6, 2, 2, 0.3, 0.7),
    "changes in place": (1, 2, 6, 2, 0.3, 0.7),
    "detached memory": (1, 3, 4, 1.5, 4, 1),
    "several backwards": (1, 1.5, 2, 3, 1, 4),
    "special values": (1, 1, 1.5, 6, 0.2, 1),
    "dtypes": (2, 1, 3, 4, 0.3, 1.5),
    "functions": (1, 1, 1, 7, 0.2, 1),
    "training": (1, 1, 1, 2, 4, 3),
}
TOPICS = tuple(WEIGHTS)


def leaf(t: torch.Tensor) -> bool:
    return asked(t, "is_leaf") is True


def changeable(t: torch.Tensor) -> bool:
    """Whether neither t nor what it is a view of is a leaf that requires grad, which PyTorch lets nobody change."""
    base = t if t._base is None else t._base
    return not (base.requires_grad and leaf(base))


def broadcasts(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    """Whether a tensor of this shape can be added to one of the other without making it larger."""
    if len(shape) > len(to):
        return False
    return all(n in (1, m) for n, m in zip(reversed(shape), reversed(to), strict=False))


def shapes_of(size: int) -> list[tuple[int, ...]]:
    """Shapes with so many elements."""
    pairs = [(n, size // n) for n in range(1, size + 1) if size % n == 0]
    return [(size,), *pairs, *[(1, *pair) for pair in pairs[1:2]]] + ([()] if size == 1 else [])


def program(topic: str, seed: int) -> Program:
    """A program; the same topic and seed give the same."""
    with quiet():
        return Writer(seed, topic).program()
