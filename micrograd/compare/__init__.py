"""Gradients side by side: micrograd's with PyTorch's, and those written by hand beside micrograd's.

>>> from micrograd import compare
>>> def loss(torch, x, w):
...     h = torch.tanh(x * w)
...     return (h**2).sum(), {"h": h}
>>> report = compare(loss, [1.0, 2.0], [0.5, -1.0])
>>> bool(report)
True

print(report) shows, where PyTorch is installed:

    micrograd beside PyTorch 2.13.0
                   shape  verdict      largest difference  at
    value          []     exact                         0
    h              [2]    approximate             3.0e-08  [0]
    gradient of x  [2]    approximate             3.0e-08  [0]
    gradient of w  [2]    approximate             6.0e-08  [0]
    gradient of h  [2]    approximate             6.0e-08  [0]

`python -m micrograd.compare` compares every op in this way, by the examples beside it, or one expression with
--expression. `compare.report` says when two numbers agree.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import micrograd.rules.public  # the first, for it may say why all others fail
from micrograd.compare.by_hand import cmp, compare_by_hand
from micrograd.compare.differences import compare_with_differences
from micrograd.compare.first_difference import first_difference
from micrograd.compare.report import Pair, Report, judge, rounding
from micrograd.compare.runs import Run, array_of, names_of, pytorch
from micrograd.rules.modules import make_callable

__all__ = ["Report", "cmp", "compare"]


def compare(fn: Callable | Mapping[str, tuple[Any, Any]], *inputs: Any, names: Sequence[str] | None = None) -> Report:
    """Compare a function on micrograd and on PyTorch, or gradients written by hand with those of backward.

    compare(fn, *inputs): runs fn(library, *inputs) on both libraries and compares the value and the gradient of each
    input of floats. inputs: tensors of either library, arrays, lists or numbers, none of which is changed; they reach
    fn as tensors of the library. fn returns a tensor, or a tensor and a dict of inner ones, (loss, {'h': h}), whose
    values and gradients are compared too. names: what to call the inputs; by default what fn calls them. Where the
    value is not one number, backward starts from random ones. A fn that draws random numbers seeds their stream first,
    torch.manual_seed(1). If something differs, fn runs a second time, and the first op that differs is named.
    Without PyTorch, finite differences take its place, in float64.

    compare({'h': (dh, h), ...}): each gradient written by hand beside that of the tensor, which backward has left in
    its .grad (call h.retain_grad() before, where h is not a leaf); in place of the tensor its gradient, an array, will
    do. Of a wrong one the Report says what it looks like: a factor, a sign, a transpose, a missing sum, a part of the
    gradient left out. That last one is seen in the graph, all of which loss.backward(retain_graph=True) leaves there.

    Returns a Report: true if all agree, printed as a table. Raises TypeError where fn is not to be called, an input is
    no numbers or fn returns no tensor, ValueError where names do not fit or a tensor has no gradient, and whatever fn
    raises.

    >>> from micrograd import compare
    >>> bool(compare(lambda torch, x: (x * x).sum(), [1.0, 2.0]))
    True
    """
    if isinstance(fn, Mapping):
        if inputs or names is not None:
            raise TypeError("compare takes a dict of gradients alone, {'h': (dh, h), ...}, and nothing beside it")
        return compare_by_hand(fn)
    if not callable(fn):
        raise TypeError(
            f"compare takes a function, fn(torch, x, y), or a dict of gradients, {{'h': (dh, h)}}, not what "
            f"is of type {type(fn).__name__}"
        )
    if names is None:
        names = names_of(fn, len(inputs))
    elif isinstance(names, str) or len(names) != len(inputs):
        raise ValueError(f"names: give a list of {len(inputs)} names, one for each input, not {names!r:.60}")
    arrays = [array_of(x, f"input {name}") for name, x in zip(names, inputs, strict=True)]
    torch = pytorch()
    if torch is None:
        return compare_with_differences(fn, arrays, names)
    mine = Run(micrograd, micrograd.Tensor, fn, arrays, names)
    theirs = Run(torch, torch.Tensor, fn, arrays, names)
    if list(mine.values) != list(theirs.values):
        raise ValueError(
            f"fn names other inner tensors on micrograd than on PyTorch: {list(mine.values)[1:]} and "
            f"{list(theirs.values)[1:]}"
        )
    pairs = [
        Pair(name, found[name], expected[name])
        for found, expected in ((mine.values, theirs.values), (mine.gradients, theirs.gradients))
        for name in found
    ]
    at_hand = [array for pair in pairs for array in pair[1:] if array is not None]
    rows = judge(pairs, *rounding([*arrays, *at_hand]))
    report = Report(f"micrograd beside PyTorch {torch.__version__}", rows, ("on micrograd", "on PyTorch"))
    if not report:
        report.remarks.append(first_difference(torch, fn, arrays, names))
    return report


make_callable(__name__)
