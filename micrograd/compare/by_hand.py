"""Gradients written by hand, as in the lecture on backpropagation, beside those of backward; and what a wrong one
looks like."""

import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from micrograd.compare.report import DIFFERENT, EXACT, Pair, Report, judge, rounding
from micrograd.engine import Value, topological_order
from micrograd.graph import Edge, Node
from micrograd.rules.sums import unbroadcast
from micrograd.tensors import Tensor


def cmp(name: str, dt: Any, t: Any) -> None:
    """Print how a gradient written by hand, dt, compares with t.grad; below it, if it is wrong, what it looks like.

    dt: a tensor, an array or a number. t: a tensor or a Value after backward (call t.retain_grad() before, where it is
    not a leaf), or the right gradient, an array. Raises ValueError where t has no gradient.

    >>> w = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> (w**2).sum().backward()
    >>> cmp("w", torch.tensor([2.0, -4.0]), w)
    w               | exact: False | approximate: False | maxdiff: 8
                      it looks like a mistake in a few places: 1 of 2 elements are wrong
    """
    row = compare_by_hand({name: (dt, t)}).rows[0]
    exact, approximate = str(row.verdict == EXACT), str(row.verdict != DIFFERENT)
    print(f"{name:15s} | exact: {exact:5s} | approximate: {approximate:5s} | maxdiff: {row.largest:g}")
    if row.verdict == DIFFERENT:
        looks = row.remark or f"{row.mine:g} by hand, {row.theirs:g} by micrograd at {list(row.at or ())}"
        print(f"{'':15s}   {looks}")


def compare_by_hand(gradients: Mapping[str, tuple[Any, Any]]) -> Report:
    """The Report of gradients written by hand; see `micrograd.compare.compare`."""
    if not gradients:
        raise ValueError("the dict of gradients is empty; write {'h': (dh, h), ...}")
    hand, right, tensors = {}, {}, {}
    for name, given in gradients.items():
        if not isinstance(given, tuple) or len(given) != 2:
            raise TypeError(f"{name}: give the gradient and the tensor, {{{name!r}: (d{name}, {name})}}")
        tensors[name] = given[1]
        right[name] = _gradient_of(given[1], name)
        hand[name] = _numbers(given[0], f"the gradient of {name}")
    relative, floor = rounding([*hand.values(), *right.values()])
    hand = {name: array.astype(right[name].dtype, copy=False) for name, array in hand.items()}
    rows = judge([Pair(name, hand[name], right[name]) for name in hand], relative, floor)
    wrong = [row.name for row in rows if row.verdict == DIFFERENT]
    if wrong:
        graph = _Graph(tensors, right)
        known = {name: _numbers(t, name) for name, t in tensors.items() if not isinstance(t, np.ndarray)}
        for i, row in enumerate(rows):
            if (name := row.name) in wrong:
                case = _Wrong(name, hand[name], right[name], relative, known, graph.parts_of(name))
                looks = _different_shape(case) if case.hand.shape != case.right.shape else _same_shape(case)
                remark = looks and f"it looks like {looks}"
                if nearer := graph.nearest_to_the_loss(name, wrong):
                    remark = f"it may follow from {nearer}, which is nearer to the loss and wrong too: look there first"
                rows[i] = row._replace(remark=remark)
    return Report("gradients by hand beside those of backward", rows, ("by hand", "by backward"))


def _gradient_of(t: Any, name: str) -> np.ndarray:
    if isinstance(t, np.ndarray):
        return t
    if not hasattr(t, "grad"):
        raise TypeError(f"{name} has to be a tensor, a Value or an array, not a {type(t).__name__}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what it warns of is said below
        grad = t.grad
    if grad is None:
        raise ValueError(
            f"{name} has no gradient: call {name}.retain_grad() before loss.backward(), if backward was called at all"
        )
    return _numbers(grad, name)


def _numbers(x: Any, what: str) -> np.ndarray:
    """The numbers of a tensor, a Value, an array or a number. Raises TypeError for anything else."""
    if isinstance(x, Value):
        x = x.data
    if hasattr(x, "detach"):
        x = x.detach().numpy()
    array = np.asarray(x)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{what} has to be a tensor, an array or a number, not a {type(x).__name__}")
    return array


# The graph: which tensors are nearer to the loss, and of which parts a gradient is the sum.


class Part(NamedTuple):
    """What one use of a tensor adds to its gradient.

    through: the name of the use's result, or of its op. assigned: for a table that is indexed, what its gradient would
    be if what comes back were assigned to the rows rather than added to them.
    """

    through: str
    op: str
    gradient: np.ndarray
    assigned: np.ndarray | None = None


class _Graph:
    """The graph behind the tensors, as far as backward has left it there."""

    def __init__(self, tensors: Mapping[str, Any], gradients: Mapping[str, Any]):
        self.gradients = gradients
        self.nodes = {name: _node_of(t) for name, t in tensors.items()}
        self.ancestors = {name: _ancestors(node) for name, node in self.nodes.items()}
        self.names = {self.nodes[name]: name for name, t in tensors.items() if isinstance(t, Tensor)}
        self.parts: dict[Any, list[Part | None]] = {}  # None for a use of which nothing is known
        self._collect()

    def nearest_to_the_loss(self, name: str, among: Sequence[str]) -> str:
        """Of these tensors that which was made from the one of this name and is nearest to the loss; "" without one."""
        node = self.nodes[name]
        later = [other for other in among if node in self.ancestors[other] and self.nodes[other] is not node]
        return max(later, key=lambda other: len(self.ancestors[other]), default="")

    def parts_of(self, name: str) -> list[Part]:
        """The parts of a gradient that are known; a single one that is not is what the others leave."""
        parts = self.parts.get(self.nodes[name], [])
        known = [part for part in parts if part is not None]
        if len(parts) == len(known) + 1 and known:
            rest = self.gradients[name] - sum([part.gradient for part in known])
            known.append(Part("its other use", "", rest))
        return known

    def _collect(self) -> None:
        """Go back as backward does, from the gradients that are known, and keep what each use adds."""
        for node in reversed(topological_order(*[node for node in self.names if isinstance(node, Node)])):
            parts = self.parts.get(node) or [None]
            known = [part.gradient for part in parts if part is not None]
            g = sum(known) if len(known) == len(parts) else None
            if node in self.names:
                g = self.gradients[self.names[node]]
            g = None if g is None else np.array(g)  # one array for all edges, which may share work by it
            for edge in node.edges or ():
                self.parts.setdefault(edge.parent, []).append(None if g is None else self._part(node, edge, g))
            if node.edges is None:  # released: only who the parents are is known
                for parent in node._prev:
                    self.parts.setdefault(parent, []).append(None)

    def _part(self, node: Node, edge: Edge, g: np.ndarray) -> Part | None:
        gradient = edge.gradient(g)
        if gradient is None:
            return None
        op, assigned = node.name if node.op is None else node.op.name, None
        if op in ("index", "embedding"):
            assigned = np.zeros(edge.shape, g.dtype)
            options: Any = node.options
            assigned[node.inputs[1] if op == "embedding" else options["index"]] = g
        return Part(self.names.get(node, op), op, np.asarray(gradient), assigned)


def _node_of(t: Any) -> Any:
    """What stands for a tensor in its graph: the node that made it or, for a leaf, itself; an array has no graph."""
    if isinstance(t, np.ndarray):
        return object()
    return t if getattr(t, "grad_fn", None) is None else t.grad_fn


def _ancestors(node: Any) -> set[Any]:
    """All that a node or leaf was made from and the graph still knows, and itself: nodes and leaves."""
    todo, seen = [node], set()
    while todo:
        node = todo.pop()
        if node not in seen:
            seen.add(node)
            todo += getattr(node, "_prev", ())
            if isinstance(node, Node):
                todo += [edge.parent for edge in node.edges or ()]
            elif not isinstance(node, Tensor):  # PyTorch's
                todo += [parent for parent, _ in getattr(node, "next_functions", ()) if parent is not None]
                todo += [node.variable] if hasattr(node, "variable") else []
    return seen


# What a wrong gradient looks like.


class _Wrong(NamedTuple):
    """A wrong gradient. known: the numbers of the tensors at hand, by name; parts: those of the right gradient."""

    name: str
    hand: np.ndarray
    right: np.ndarray
    relative: float
    known: Mapping[str, np.ndarray]
    parts: Sequence[Part]

    def near(self, a: np.ndarray, b: np.ndarray) -> bool:
        """Whether these are equal up to rounding, and are not simply 0."""
        if a.shape != b.shape or not a.size:
            return False
        with np.errstate(all="ignore"):
            return bool(0 < np.abs(b).max() < math.inf and np.abs(a - b).max() <= self.relative * np.abs(b).max())


def _different_shape(case: _Wrong) -> str:
    hand, right = case.hand, case.right
    shapes = f"it is {list(hand.shape)}, and {case.name} is {list(right.shape)}"
    if hand.ndim >= right.ndim and _broadcasts(right.shape, hand.shape):
        summed = unbroadcast(hand, right.shape)
        dims = _stretched(right.shape, hand.shape)
        if dims:
            also = "" if case.near(summed, right) else ", and more is wrong besides"
            return f"a missing sum over {dims}, along which {case.name} was broadcast ({shapes}){also}"
    if case.near(hand.T, right):
        return f"the transpose of the gradient ({shapes})"
    if hand.size == right.size and case.near(hand.reshape(right.shape), right):
        return f"the right numbers in another shape ({shapes}): reshape it, or sum with keepdim=True"
    if hand.ndim <= right.ndim and _broadcasts(hand.shape, right.shape):
        dims = _stretched(hand.shape, right.shape)
        if dims and case.near(hand, unbroadcast(right, hand.shape)):
            return f"a sum over {dims} too much ({shapes})"
        if case.near(np.broadcast_to(hand, right.shape), right):
            return f"the right numbers, once in place of once for each element of {dims} ({shapes})"
    return f"a wrong shape: {shapes}"


def _broadcasts(small: tuple[int, ...], large: tuple[int, ...]) -> bool:
    try:
        return np.broadcast_shapes(small, large) == large
    except ValueError:
        return False


def _stretched(small: tuple[int, ...], large: tuple[int, ...]) -> str:
    """The dimensions of `large` along which `small` is stretched to it, in words."""
    padded = (1,) * (len(large) - len(small)) + small
    dims = [i for i in range(len(large)) if padded[i] != large[i]]
    return f"dimension{'s' * (len(dims) > 1)} {' and '.join(map(str, dims))}" if dims else ""


# What a derivative multiplies by, written with the tensor's name, and the function of its numbers.
FACTORS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "{}": lambda x: x,
    "1 / {}": lambda x: 1 / x,
    "2 * {}": lambda x: 2 * x,
    "(1 - {}**2)": lambda x: 1 - x * x,
    "({} > 0)": lambda x: (x > 0).astype(x.dtype),
}


def _same_shape(case: _Wrong) -> str:
    hand, right = case.hand, case.right
    if not np.isfinite(hand).all() and np.isfinite(right).all():
        at = [int(i) for i in np.argwhere(~np.isfinite(hand))[0]]
        return f"an overflow or a division by 0: it is {hand[tuple(at)]} at {at}"
    if not hand.any():
        return "a gradient that was never filled in: all of it is 0"
    with np.errstate(all="ignore"):
        return next((words for words, a, b in _hypotheses(case) if words and case.near(a, b)), _few_elements(case))


def _hypotheses(case: _Wrong) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """What may be wrong with a gradient, the likeliest first, and two arrays that are equal if it is."""
    name, hand, right = case.name, case.hand, case.right
    yield "a wrong sign: it is minus the gradient", -hand, right
    yield "the transpose of the gradient", hand.T, right
    for part in case.parts if len(case.parts) > 1 else ():
        what = f"through {part.through}" + f" ({part.op})" * (part.op not in ("", part.through))
        uses = f"{name} is used {len(case.parts)} times, and its gradient is the sum of what each use adds"
        yield f"a missing part, the one {what}: {uses}", right - hand, part.gradient
        yield f"a single part, the one {what}, and the others missing: {uses}", hand, part.gradient
        yield f"a part that is counted twice, the one {what}", hand - right, part.gradient
        yield f"a part with the wrong sign, the one {what}", right - hand, 2 * part.gradient
    for part in case.parts:
        if part.assigned is not None:
            assigned = "what comes back assigned to the rows of the table (=) rather than added to them (+=): of a row "
            yield assigned + "that is looked up several times only the last lookup counts", hand, part.assigned
    factor = float((hand * right).sum(dtype=np.float64) / np.square(right, dtype=np.float64).sum())
    if math.isfinite(factor):
        yield _factor(case, factor), hand, (factor * right).astype(hand.dtype)
    for known, x in case.known.items():
        if _broadcasts(x.shape, right.shape) and x.dtype.kind == "f":
            for text, of in FACTORS.items():
                yield f"a missing factor: times {text.format(known)} it is right", hand * of(x), right
    lacks = right - hand
    for dim, n in enumerate(lacks.shape):
        if n > 1:  # a part that goes through a sum or mean over a dimension is the same all along it
            words = f"a missing or wrong part: what it lacks is the same all along dimension {dim}, as what comes "
            words += f"through a sum, a mean or a broadcast along dimension {dim} is"
            yield words, lacks, np.broadcast_to(lacks.mean(dim, keepdims=True), lacks.shape)


# A wrong factor, from a length n at hand. Lengths of 2 and factors of 2 and one half have many other causes.
RATIOS: dict[str, Callable[[int], float]] = {
    "it is {n} times too large: 1/n is missing": lambda n: n,
    "it is {n} times too small: 1/n is there once too often, or a mean in place of a sum": lambda n: 1 / n,
    "it is n - 1 times too large: 1/(n - 1) is missing": lambda n: n - 1,
    "it is divided by n - 1 in place of n": lambda n: n / (n - 1),
    "it is divided by n in place of n - 1 (Bessel's correction)": lambda n: (n - 1) / n,
}


def _factor(case: _Wrong, factor: float) -> str:
    """What is said of a gradient that is a number times the right one; if that is a length at hand, which one."""
    size, sign = abs(factor), " and the wrong sign" * (factor < 0)
    for words, of in RATIOS.items():
        for n, where in _lengths(case):
            ratio = of(n) if n > 2 else 1.0
            if ratio not in (1, 2, 0.5) and math.isclose(size, ratio, rel_tol=case.relative):
                return f"a wrong factor{sign}: {words.format(n=n)} (n = {n}, {where})"
    if case.hand.size == 1 and not math.isclose(round(2 * factor), 2 * factor, rel_tol=case.relative):
        return ""  # two numbers always differ by a factor
    return f"a wrong factor: it is {factor:.6g} times the gradient"


def _lengths(case: _Wrong) -> Iterator[tuple[int, str]]:
    """The lengths of the tensors at hand, the tensor's own first, and their numbers of elements."""
    shapes = {case.name: case.right.shape} | {name: array.shape for name, array in case.known.items()}
    for name, shape in shapes.items():
        yield from [(n, f"the length of dimension {i} of {name}") for i, n in enumerate(shape)]
    for name, shape in shapes.items():
        yield math.prod(shape), f"the number of elements of {name}"


def _few_elements(case: _Wrong) -> str:
    bound = case.relative * np.abs(case.right).max(initial=0)
    wrong = ~(np.abs(case.right - case.hand) <= bound)
    n = int(wrong.sum())
    for dim in range(wrong.ndim if wrong.ndim > 1 else 0):
        lines = np.flatnonzero(wrong.any(tuple([i for i in range(wrong.ndim) if i != dim])))
        if len(lines) <= wrong.shape[dim] // 2:
            some = ", ".join(map(str, lines[:8])) + ", ..." * (len(lines) > 8)
            return f"a mistake in a few places: all that is wrong has index {some} in dimension {dim}"
    return f"a mistake in a few places: {n} of {wrong.size} elements are wrong" if n <= wrong.size // 2 else ""
