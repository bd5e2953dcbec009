"""A second look at programs that seem to differ silently: by what do they differ?

These are no fault, and each is shown by a run, not by a name:

- Rounding. The two libraries run line by line, and after each line the numbers that agree but for rounding are made the
  same. Where the difference is gone then, two right roundings had fallen on two sides of a step, or had been widened.
  So it is where float64 takes it away, in programs whose products float32 has no room for: with or without an FMA an
  overflow meets another infinity or none.
- A convolution that leaves out the padding instead of multiplying it by 0, as PyTorch's library for some shapes and
  dtypes does and its own code does not: 0 times infinity is nan there. PyTorch runs again without that library.
- A derivative that PyTorch multiplies by a mask, which makes nan of 0 times infinity where micrograd selects. PyTorch
  runs again with these derivatives written out as a selection.
- A refusal of PyTorch's, because something that it saved was changed or is gone, where micrograd did not need it.
  PyTorch runs again, saves copies, and says what the gradient is.
- A choice among equal numbers, which PyTorch's quantile leaves to a sort that is not stable. It runs again with a sort
  that is.
- Gradients in one memory, which PyTorch gives to numbers that are stacked and added up (see findings). It runs again
  and gives each leaf a copy of its gradient.
- A refusal because x.data = y leaves x the version counter of what it was a view of, which it has nothing to do with
  any more. PyTorch runs again and gives x that of y, or micrograd runs again and leaves x its own. Or a gradient of
  numbers that were changed by way of x.data, which PyTorch does not notice: it runs again and saves copies as well.
  What both have spoiled, each in the way of what it saves, is gone where both run again with x.data.clone().
"""

import math
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import CodeType
from typing import Any
from unittest import mock

import numpy as np
import torch
from torch.autograd.graph import saved_tensors_hooks

import micrograd

Names = dict[str, Any]

ROUNDED = 2.0**-16
"""By how much of the largest number at hand one line's results may differ: 128 roundings in float32."""


@contextmanager
def in_float64() -> Iterator[None]:
    """Within it, what a program writes down is float64, in which squares of 1e30 have room."""
    patches = ExitStack()
    try:
        for library in (torch, micrograd):
            library.set_default_dtype(library.float64)
            for name in ("nan_to_num", "nan_to_num_"):
                of_float32 = with_largest_of_float32(getattr(library.Tensor, name))
                patches.enter_context(mock.patch.object(library.Tensor, name, of_float32))
        yield
    finally:
        patches.close()
        for library in (torch, micrograd):
            library.set_default_dtype(library.float32)


def with_largest_of_float32(nan_to_num: Callable) -> Callable:
    """The same in every dtype: infinity becomes the largest number of float32."""
    most = float(np.finfo(np.float32).max)

    def changed(x: Any, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Any:
        return nan_to_num(x, nan, most if posinf is None else posinf, -most if neginf is None else neginf)

    return changed


def in_step(mine: Names, theirs: Names, codes: list[CodeType], execute: Callable) -> tuple[list, list]:
    """Run a program in both, and make alike after each line what differs by rounding alone; what the lines raised."""
    errors: tuple[list, list] = ([], [])
    with sizes_of_gradients() as sizes:
        for code in codes:
            sizes.clear()
            errors[0].append(execute(code, mine))
            errors[1].append(execute(code, theirs))
            named = [theirs[name] for name in code.co_names if isinstance(theirs.get(name), torch.Tensor)]
            size = max([largest(x.detach().numpy()) for x in named], default=1.0)
            for x, y in pairs(mine, theirs):
                round_alike(x._array, y.detach().numpy(), size)
                if x._grad is not None and y.grad is not None:
                    round_alike(x._grad._array, y.grad.detach().numpy(), max([*sizes, 1.0]))
    return errors


def pairs(mine: Names, theirs: Names) -> Iterator[tuple[Any, Any]]:
    for name, y in theirs.items():
        x = mine.get(name)
        if isinstance(y, torch.Tensor) and isinstance(x, micrograd.Tensor):
            yield x, y


def round_alike(a: np.ndarray, b: np.ndarray, size: float) -> None:
    """Write b into a where all of it is rounding that keeps them apart."""
    if a.shape != b.shape or a.dtype != b.dtype or a.dtype.kind != "f":
        return
    apart = ~((a == b) | (np.isnan(a) & np.isnan(b)))
    if np.isfinite(a[apart]).all() and np.isfinite(b[apart]).all():
        error = np.abs(a[apart].astype(float) - b[apart])
        if (error <= ROUNDED * np.maximum(size, np.abs(b[apart]))).all():
            a[...] = b


def largest(array: np.ndarray) -> float:
    finite = np.abs(array[np.isfinite(array)]).astype(float) if array.dtype.kind == "f" else np.zeros(0)
    return float(finite.max(initial=1.0))


@contextmanager
def sizes_of_gradients() -> Iterator[list[float]]:
    """The sizes of all parts that PyTorch adds up to gradients: what is added may be larger than the sum."""
    sizes: list[float] = []
    backward = torch.Tensor.backward

    def note(parts: Any, results: Any) -> None:
        sizes.extend([largest(part.detach().numpy()) for part in parts if part is not None])

    def watched(self: torch.Tensor, *args: Any, **kwargs: Any) -> None:
        handles = [node.register_hook(note) for node in nodes_behind(self)]
        try:
            backward(self, *args, **kwargs)
        finally:
            for handle in handles:
                handle.remove()

    with mock.patch.object(torch.Tensor, "backward", watched):
        yield sizes


def nodes_behind(x: torch.Tensor) -> set:
    """The nodes of PyTorch's graph that a backward from x passes, those of the leaves among them."""
    nodes, seen = [x.grad_fn], set()
    while nodes:
        node = nodes.pop()
        if node is not None and node not in seen:
            seen.add(node)
            nodes += [parent for parent, _ in node.next_functions]
    return seen


# PyTorch's functions with derivatives that select.


def laid_over(g: torch.Tensor, x: torch.Tensor, dim: Any, keepdim: bool) -> torch.Tensor:
    """What belongs to a reduction of x, over its dimensions again."""
    if dim is None or dim == ():
        return g.reshape([1] * x.dim()).expand_as(x)
    for d in (
        () if keepdim else sorted([d % x.dim() for d in (dim if isinstance(dim, tuple) else (dim,))] if x.dim() else [])
    ):
        g = g.unsqueeze(d)
    return g.expand_as(x)


class Extreme(torch.autograd.Function):
    """amax and amin: the gradient goes to those that are it, in equal parts; of a nan it is nan everywhere.

    And norm(inf), the amax of |x|: there each gets it times its sign, which is 0 for nan.
    """

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, name: str, dim: Any, keepdim: bool, signed: bool = False) -> torch.Tensor:
        ctx.sign = (x > 0).to(x.dtype) - (x < 0).to(x.dtype) if signed else None
        x = x.abs() if signed else x
        out = getattr(torch, name)(x, dim, keepdim)
        ctx.save_for_backward(x, out.clone())
        ctx.dim, ctx.keepdim = dim, keepdim
        return out

    @staticmethod
    def backward(ctx: Any, g: torch.Tensor) -> Any:
        x, out = ctx.saved_tensors
        dim = None if ctx.dim == () else ctx.dim
        whole = laid_over(out, x, dim, ctx.keepdim)
        chosen = (x == whole) | (x.isnan() & whole.isnan())
        count = laid_over(chosen.sum(dim, keepdim=ctx.keepdim), x, dim, ctx.keepdim)
        shares = torch.where(chosen, laid_over(g, x, dim, ctx.keepdim) / count, 0)
        shares = torch.where(whole.isnan(), torch.nan, shares) if ctx.sign is None else shares * ctx.sign
        return shares, None, None, None, None


class Product(torch.autograd.Function):
    """prod: the derivative is the product of the others, and where that is 0 nothing comes back."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, dim: int) -> torch.Tensor:
        ctx.save_for_backward(x.clone())
        ctx.dim = dim
        return torch.prod(x, dim)

    @staticmethod
    def backward(ctx: Any, g: torch.Tensor) -> Any:
        (x,) = ctx.saved_tensors
        rows, g = x.movedim(ctx.dim, -1), g.unsqueeze(-1)
        others = [torch.cat([rows[..., :i], rows[..., i + 1 :]], -1).prod(-1) for i in range(rows.shape[-1])]
        slope = torch.stack(others, -1) if others else torch.ones_like(rows)
        return torch.where(slope != 0, g * slope, 0).movedim(-1, ctx.dim), None


class Products(torch.autograd.Function):
    """cumprod, likewise: what stands behind a zero has no part in any gradient."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, dim: int) -> torch.Tensor:
        ctx.save_for_backward(x.clone())
        ctx.dim = dim
        return torch.cumprod(x, dim)

    @staticmethod
    def backward(ctx: Any, g: torch.Tensor) -> Any:
        (x,) = ctx.saved_tensors
        rows, g = x.movedim(ctx.dim, -1), g.movedim(ctx.dim, -1)
        columns = []
        for i in range(rows.shape[-1]):
            before = rows[..., :i].prod(-1, keepdim=True)
            others = torch.cat([before, rows[..., i + 1 :]], -1).cumprod(-1)
            parts = torch.where(others != 0, g[..., i:] * others, 0)
            columns.append(torch.where(before[..., 0] == 0, 0, parts.sum(-1)))
        result = torch.stack(columns, -1) if columns else torch.zeros_like(rows)
        return result.movedim(-1, ctx.dim), None


def amax(x: torch.Tensor, dim: Any = (), keepdim: bool = False) -> torch.Tensor:
    return Extreme.apply(x, "amax", dim, keepdim)


def amin(x: torch.Tensor, dim: Any = (), keepdim: bool = False) -> torch.Tensor:
    return Extreme.apply(x, "amin", dim, keepdim)


def prod(x: torch.Tensor, dim: int | None = None, keepdim: bool = False, dtype: Any = None) -> torch.Tensor:
    x = x if dtype is None else x.to(dtype)
    if not x.dim() or dim is None:
        return Product.apply(x.reshape(-1), 0)
    out = Product.apply(x, dim)
    return out.unsqueeze(dim) if keepdim else out


def cumprod(x: torch.Tensor, dim: int) -> torch.Tensor:
    return Products.apply(x, dim) if x.dim() else x.clone()


def nan_to_num(x: torch.Tensor, *values: Any, **named: Any) -> torch.Tensor:
    plain = with_largest_of_float32(PLAIN["nan_to_num"])(x.detach(), *values, **named)
    return torch.where(x.isfinite(), x, plain) if x.is_floating_point() else plain


def nan_to_num_(x: torch.Tensor, *values: Any, **named: Any) -> torch.Tensor:
    return x.copy_(nan_to_num(x.clone(), *values, **named))


def norm(x: torch.Tensor, p: Any = 2, dim: Any = None, keepdim: bool = False) -> torch.Tensor:
    if abs(p) == torch.inf:
        return Extreme.apply(x, "amax" if p > 0 else "amin", () if dim is None else dim, keepdim, True)
    out = PLAIN["norm"](torch.where(x == 0, x.detach(), x) if p < 1 else x, p, dim, keepdim)
    return torch.where(out == 0, out.detach(), out) if p else out


class Ramp(torch.autograd.Function):
    """relu, with a gradient that is multiplied by 0 or 1."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x.clone())
        return x.relu()

    @staticmethod
    def backward(ctx: Any, g: torch.Tensor) -> Any:
        return g * (ctx.saved_tensors[0] > 0)


def gelu(x: torch.Tensor, approximate: str = "none") -> torch.Tensor:
    """It ends at 0 and at x, where PyTorch's is nan in some places."""
    inside = PLAIN["gelu"](torch.where(x.isinf(), 0, x), approximate=approximate)
    return (
        torch.where(x.isinf(), Ramp.apply(x), inside) if approximate == "none" else PLAIN["gelu"](x, approximate="tanh")
    )


def elu(x: torch.Tensor, alpha: float = 1.0, inplace: bool = False) -> torch.Tensor:
    """Through nan goes nan, where PyTorch's is 1 or nan by the place in memory."""
    before = x.clone() if inplace else x
    nan = before.isnan()
    inside = PLAIN["elu"](torch.where(nan, 0, before), alpha)
    out = torch.where(nan, torch.where(nan, before, 0) * torch.nan, inside)
    return x.copy_(out) if inplace else out


def var_mean(x: torch.Tensor, dim: Any = None, **options: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """The mean of infinity is infinity."""
    return torch.var(x, dim, **options), torch.mean(x, dim, keepdim=options.get("keepdim", False))


def var(x: torch.Tensor, *args: Any, **options: Any) -> torch.Tensor:
    """Of differences to one of the numbers, so that numbers that are all the same have no spread and no direction."""
    return PLAIN["var"](from_first(x), *args, **options).to(x.dtype)


def std(x: torch.Tensor, *args: Any, **options: Any) -> torch.Tensor:
    return PLAIN["std"](from_first(x), *args, **options).to(x.dtype)


def from_first(x: torch.Tensor) -> torch.Tensor:
    """The differences to the first number where all are the same, else x, in float64."""
    return x.double() - x.detach().reshape(-1)[0] if x.numel() > 1 and (x == x.reshape(-1)[0]).all() else x.double()


def quantile(x: torch.Tensor, q: Any, dim: int | None = None, keepdim: bool = False) -> torch.Tensor:
    """Among equal numbers the first is chosen, where PyTorch chooses by a sort that is not stable."""
    if isinstance(q, torch.Tensor):
        parts = [quantile(x, each.item(), dim, keepdim) for each in q.reshape(-1)]
        return torch.stack(parts) if q.dim() else parts[0]
    if not x.dim() or x.isnan().any():
        return PLAIN["quantile"](x, q, dim, keepdim)
    rows = x.reshape(-1) if dim is None else x.movedim(dim, -1)
    rows = rows.sort(dim=-1, stable=True).values
    below = math.floor(q * (rows.shape[-1] - 1))
    above = math.ceil(q * (rows.shape[-1] - 1))
    out = rows[..., below].lerp(rows[..., above], q * (rows.shape[-1] - 1) - below)
    if not keepdim:
        return out
    return out.reshape([1] * x.dim()) if dim is None else out.unsqueeze(dim)


class Power(torch.autograd.Function):
    """0 to a power has no slope along the exponent, whatever comes back."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, exponent: torch.Tensor) -> torch.Tensor:
        x, exponent = torch.broadcast_tensors(x, exponent)
        out = PLAIN["__pow__"](x, exponent)
        ctx.save_for_backward(x.to(out.dtype, copy=True), exponent.to(out.dtype, copy=True), out.clone())
        return out

    @staticmethod
    def backward(ctx: Any, g: torch.Tensor) -> Any:
        x, exponent, out = ctx.saved_tensors
        slope = torch.where(exponent == 0, 0, g * (exponent * PLAIN["__pow__"](x, exponent - 1)))
        return slope, torch.where((x == 0) & (exponent >= 0), 0, g * (out * x.log()))


def power(x: torch.Tensor, exponent: Any) -> Any:
    return Power.apply(x, exponent) if isinstance(exponent, torch.Tensor) else PLAIN["__pow__"](x, exponent)


def power_of_number(x: torch.Tensor, base: Any) -> Any:
    return torch.where((x >= 0) & (base == 0), PLAIN["__rpow__"](x.detach(), base), PLAIN["__rpow__"](x, base))


power.__name__, power_of_number.__name__ = "__pow__", "__rpow__"


class CrossEntropy(torch.autograd.Function):
    """The derivative by the logits is softmax - 1 at the class; PyTorch gets there through inf - inf."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        dim = min(x.dim() - 1, 1)
        ones = torch.nn.functional.one_hot(target, x.shape[dim]).movedim(-1, dim)
        ctx.save_for_backward(x.softmax(dim) - ones)
        ctx.count = target.numel()
        return PLAIN["cross_entropy"](x, target)

    @staticmethod
    def backward(ctx: Any, g: torch.Tensor) -> Any:
        (slope,) = ctx.saved_tensors
        return g * slope / ctx.count, None


def cross_entropy(x: torch.Tensor, target: torch.Tensor, **options: Any) -> torch.Tensor:
    if options or target.is_floating_point():
        return PLAIN["cross_entropy"](x, target, **options)
    return CrossEntropy.apply(x, target)


class LogSoftmax(torch.autograd.Function):
    """Of equal numbers the derivative along equal gradients is 0, where rounding may leave some 1e-8."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, dim: int) -> torch.Tensor:
        out = PLAIN["log_softmax"](x, dim)
        ctx.dim = dim
        ctx.save_for_backward(out.clone())
        return out

    @staticmethod
    def backward(ctx: Any, g: torch.Tensor) -> Any:
        out = g - ctx.saved_tensors[0].exp() * g.sum(ctx.dim, keepdim=True)
        noise = ROUNDED * g.abs().amax(ctx.dim, keepdim=True)
        return torch.where((out.abs() <= noise) & noise.isfinite(), 0, out), None


def log_softmax(x: torch.Tensor, dim: int) -> torch.Tensor:
    return LogSoftmax.apply(x, dim) if x.dim() and x.is_floating_point() else PLAIN["log_softmax"](x, dim)


class LayerNorm(torch.autograd.Function):
    """Without weights: the derivative is what is left of g without its mean and its part along the result."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, shape: Any) -> torch.Tensor:
        ctx.dims = tuple(range(-len(shape), 0))
        out = PLAIN["layer_norm"](x, shape)
        ctx.save_for_backward(out.clone(), (x.var(ctx.dims, unbiased=False, keepdim=True) + 1e-5).rsqrt())
        return out

    @staticmethod
    def backward(ctx: Any, g: torch.Tensor) -> Any:
        out, factor = ctx.saved_tensors
        rest = g - g.mean(ctx.dims, keepdim=True) - out * (g * out).mean(ctx.dims, keepdim=True)
        return rest * factor, None


def layer_norm(x: torch.Tensor, shape: Any, **options: Any) -> torch.Tensor:
    return PLAIN["layer_norm"](x, shape, **options) if options else LayerNorm.apply(x, shape)


def addmm(x: torch.Tensor, a: torch.Tensor, b: torch.Tensor, *, beta: float = 1, alpha: float = 1) -> torch.Tensor:
    """With beta=0, x has no part in the result, and none in the gradients."""
    return PLAIN["addmm"](x.detach() if beta == 0 else x, a, b, beta=beta, alpha=alpha)


METHODS, FUNCTIONS = (
    (amax, amin, prod, cumprod, nan_to_num, nan_to_num_, norm, var, std, quantile, log_softmax, power, power_of_number),
    (gelu, elu, cross_entropy, layer_norm),
)
PLAIN = {each.__name__: getattr(torch.Tensor, each.__name__) for each in METHODS}
PLAIN.update({each.__name__: getattr(torch.nn.functional, each.__name__) for each in FUNCTIONS})
PLAIN["addmm"] = torch.addmm


@contextmanager
def selecting(lines: list[str]) -> Iterator[None]:
    """Within it, PyTorch's derivatives select."""
    with ExitStack() as stack:
        for function in (*METHODS, *FUNCTIONS, var_mean, addmm):
            owner: Any = (
                torch.Tensor if function in METHODS else torch.nn.functional if function in FUNCTIONS else torch
            )
            sign = r"\*\*" if function in (power, power_of_number) else rf"\.{function.__name__}\("
            if any(re.search(sign, line) for line in lines):
                stack.enter_context(mock.patch.object(owner, function.__name__, function))
        yield


@contextmanager
def copying_gradients() -> Iterator[None]:
    """Within it, each leaf gets a copy of its gradient from PyTorch."""
    backward = torch.Tensor.backward

    def copied(gradients: Any) -> Any:
        return tuple([g if g is None else g.clone() for g in gradients])

    def copying(self: torch.Tensor, *args: Any, **kwargs: Any) -> None:
        leaves = [node for node in nodes_behind(self) if not node.next_functions]
        handles = [leaf.register_prehook(copied) for leaf in leaves]
        try:
            backward(self, *args, **kwargs)
        finally:
            for handle in handles:
                handle.remove()

    with mock.patch.object(torch.Tensor, "backward", copying):
        yield


@contextmanager
def counting_versions_of_data() -> Iterator[None]:
    """Within it, x.data = y gives a leaf x of PyTorch's the version counter of y."""
    data = torch._C.TensorBase.data

    def set_data(self: torch.Tensor, value: torch.Tensor) -> None:
        if self.grad_fn is not None or self._base is not None:
            data.__set__(self, value)
            return
        new = value.detach().requires_grad_(self.requires_grad)
        new.grad = self.grad
        torch.utils.swap_tensors(self, new)

    with mock.patch.object(torch.Tensor, "data", property(data.__get__, set_data), create=True):
        yield


@contextmanager
def leaving_versions_of_data() -> Iterator[None]:
    """Within it, x.data = y leaves x of micrograd its own version counter, as PyTorch does."""

    def share(self: Any, other: Any) -> None:
        self._array = other._array
        if getattr(self, "_version", None) is None:
            self._version = other._version

    with mock.patch.object(micrograd.Tensor, "_share", share):
        yield


@contextmanager
def keeping_what_is_saved() -> Iterator[None]:
    """Within it, PyTorch goes on with what it saved as it was, although it was changed or backward has been called.

    And the gradients that torch.autograd.grad hands out are no views of others.
    """
    backward, grad = torch.Tensor.backward, torch.autograd.grad

    def keeping(self: torch.Tensor, gradient: Any = None, retain_graph: Any = None) -> None:
        backward(self, gradient, retain_graph=True)

    def copying(*args: Any, **kwargs: Any) -> tuple:
        return tuple([g if g is None or g.requires_grad else g.clone() for g in grad(*args, **kwargs)])

    # PyTorch's allow_mutation_on_saved_tensors would do, but that it overlooks changes through a view.
    copied = saved_tensors_hooks(lambda x: x.detach().clone(), lambda x: x)
    patches = mock.patch.object(torch.Tensor, "backward", keeping), mock.patch.object(torch.autograd, "grad", copying)
    with copied, patches[0], patches[1]:
        yield
