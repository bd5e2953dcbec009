"""Where the ways of the two libraries part: the op nearest the leaves whose result, or else whose derivative, differs.

Both runs are listened to, micrograd's ops by `graph.observer`, PyTorch's calls by a TorchFunctionMode. A call of
PyTorch's is paired with the op whose node has the same name (`TanhBackward0`) and whose result has the same shape, in
the order in which they came. Two that got the same inputs can be judged each by itself. What finds no partner, because
one library does in one step what the other does in two, is named as that.
"""

from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from typing import Any, NamedTuple

import numpy as np

import micrograd
from micrograd import graph
from micrograd.compare.report import DIFFERENT, Pair, Row, both_numbers, judge, rounding
from micrograd.compare.runs import leaf


class Call(NamedTuple):
    """One operation of a run.

    op: its name; node: the name of the graph's node. inputs: those that are tensors of floats; value: the result.
    gradients: from the gradient of the result to those of `inputs`, None for one that has none.
    """

    op: str
    node: str
    inputs: list[np.ndarray]
    value: np.ndarray
    gradients: Callable[[np.ndarray], list[Any]]


def where_they_part(torch: Any, fn: Callable, arrays: Sequence[np.ndarray]) -> str:
    """Run fn once more on both libraries, listening, and say which op is the first to differ."""
    mine, theirs = _calls_on_micrograd(fn, arrays), _calls_on_pytorch(torch, fn, arrays)
    keys = [[(call.node, call.value.shape) for call in calls] for calls in (mine, theirs)]
    blocks = SequenceMatcher(a=keys[0], b=keys[1], autojunk=False).get_matching_blocks()
    pairs = [(block.a + i, block.b + i) for block in blocks for i in range(block.size)]
    known = {(a, b): places for a, b in pairs if (places := _same_inputs(mine[a].inputs, theirs[b].inputs)) is not None}
    for a, b in pairs:
        if row := _difference([(mine[a].value, theirs[b].value)]):
            if (a, b) in known:
                return f"{_named(mine, a)} is where the ways part: of the same inputs it makes {_numbers(row)}"
            alone = [call.op for i, call in enumerate(mine[:a]) if i not in {a for a, _ in pairs}]
            before = f"; no partner on PyTorch was found for {_listed(alone)}" if alone else ""
            return f"the ways part at {_named(mine, a)} or before it, for its inputs are not those on PyTorch{before}"
    for (a, b), places in known.items():
        if row := _differing_gradient(mine[a], theirs[b], places):
            what = f"{_named(mine, a)} is where the ways part: its value is right, its derivative is not"
            return f"{what}; for one gradient of its result, {row.name} gets {_numbers(row)}"
    unpaired = [call.op for i, call in enumerate(mine) if i not in {a for a, _ in known}]
    if unpaired:
        return (
            f"every op that could be paired with PyTorch agrees; without a partner were {_listed(unpaired)}: look there"
        )
    return "every op agrees with its partner on PyTorch: look at what is detached, and at Functions of one's own"


def _named(calls: Sequence[Call], i: int) -> str:
    return f"{calls[i].op} (op {i + 1} of {len(calls)}, {calls[i].node})"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(names))


def _numbers(row: Row) -> str:
    place = f" at {list(row.at)}" if row.at else ""
    mine, theirs = both_numbers(row.mine, row.theirs)
    return f"{mine} on micrograd, {theirs} on PyTorch{place}"


def _difference(found: Sequence[Sequence[np.ndarray]]) -> Row | None:
    """The first of these pairs of arrays that differ."""
    pairs = [Pair(f"its input {i}", a, b) for i, (a, b) in enumerate(found)]
    rows = judge(pairs, *rounding([array for pair in found for array in pair]))
    return next((row for row in rows if row.verdict == DIFFERENT), None)


def _same_inputs(mine: Sequence[np.ndarray], theirs: Sequence[np.ndarray]) -> list[int] | None:
    """For each of my inputs the place of the one on PyTorch with its numbers; None where they are not the same ones."""
    left, places = list(range(len(theirs))), []
    for array in mine:
        place = next((i for i in left if not _difference([(array, theirs[i])])), None)
        if place is None:
            return None
        left.remove(place)
        places.append(place)
    return None if left else places


def _differing_gradient(mine: Call, theirs: Call, places: Sequence[int]) -> Row | None:
    g = np.asarray(np.random.default_rng(0).standard_normal(mine.value.shape), mine.value.dtype)
    try:
        expected = theirs.gradients(g)
    except RuntimeError:
        return None  # PyTorch cannot do this call again on its own: a change in place, for example
    found = [
        [np.zeros_like(x) if gradient is None else gradient for gradient in (a, expected[i])]
        for x, a, i in zip(mine.inputs, mine.gradients(g), places, strict=True)
    ]
    return _difference(found)


def _calls_on_micrograd(fn: Callable, arrays: Sequence[np.ndarray]) -> list[Call]:
    calls: list[Call] = []

    def note(op: Any, inputs: Sequence[Any], options: dict[str, Any], result: Any) -> None:
        if result.grad_fn is None:
            return
        taken = [x._array.copy() if isinstance(x, micrograd.Tensor) else x for x in inputs]
        places = [i for i, x in enumerate(inputs) if isinstance(x, micrograd.Tensor) and x._array.dtype.kind == "f"]

        def gradients(g: np.ndarray) -> list[Any]:
            _, *derivatives = op(*[x.copy() if isinstance(x, np.ndarray) else x for x in taken], **options)
            found = [derivatives[i](g) if i < len(derivatives) and derivatives[i] else None for i in places]
            return [
                None if x is None else graph.unbroadcast(np.asarray(x), taken[i].shape).astype(taken[i].dtype)
                for i, x in zip(places, found, strict=True)
            ]

        value = result._array.copy()
        calls.append(Call(op.__name__, result.grad_fn.name, [taken[i] for i in places], value, gradients))

    before = graph.observer[0]
    graph.observer[0] = note
    try:
        fn(micrograd, *[leaf(micrograd, array) for array in arrays])
    finally:
        graph.observer[0] = before
    return calls


def _calls_on_pytorch(torch: Any, fn: Callable, arrays: Sequence[np.ndarray]) -> list[Call]:
    from torch.overrides import TorchFunctionMode

    calls: list[Call] = []

    class Listener(TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            taken = _copied(torch, (args, kwargs or {}))
            result = func(*args, **(kwargs or {}))
            made = args[0] if result is None and args else result[0] if isinstance(result, tuple) and result else result
            if isinstance(made, torch.Tensor) and made.grad_fn is not None:
                inputs = [t.numpy() for t in _floats(torch, taken)]

                def gradients(g: np.ndarray) -> list[Any]:
                    again = _copied(torch, taken)
                    leaves = [t.requires_grad_() for t in _floats(torch, again)]
                    out = func(*again[0], **again[1])
                    out = out[0] if isinstance(out, tuple) else out
                    found = torch.autograd.grad(out, leaves, torch.from_numpy(g), allow_unused=True)
                    return [None if t is None else t.numpy() for t in found]

                value = made.detach().clone().numpy()
                calls.append(Call(func.__name__, made.grad_fn.name(), inputs, value, gradients))
            return result

    with Listener():
        fn(torch, *[leaf(torch, array) for array in arrays])
    return calls


def _copied(torch: Any, x: Any) -> Any:
    """The arguments of a call, with a copy outside the graph in place of each tensor."""
    if isinstance(x, torch.Tensor):
        return x.detach().clone()
    if type(x) in (tuple, list):
        return type(x)([_copied(torch, item) for item in x])
    return {key: _copied(torch, item) for key, item in x.items()} if type(x) is dict else x


def _floats(torch: Any, x: Any) -> list[Any]:
    """The tensors of floats among the arguments of a call, in their order."""
    if isinstance(x, torch.Tensor):
        return [x] if x.is_floating_point() else []
    items = x.values() if type(x) is dict else x if type(x) in (tuple, list) else ()
    return [tensor for item in items for tensor in _floats(torch, item)]
