"""A program, a list of lines written for PyTorch, run on both libraries: how what they leave behind differs.

Each line is executed on its own in the names of the program, with `torch` being the library, so that a line that
raises leaves the rest to go on. Where only one of the two raises, this is noted, and the program is run once more
without that line: what comes behind it counts too.
"""

import functools
import math
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from types import CodeType
from typing import Any, NamedTuple

import numpy as np
import torch

import micrograd

from . import second_look

# Silent differences: both libraries run to the end.
VALUE, GRADIENT, DTYPE, SHAPE = "value", "gradient", "dtype", "shape"
REQUIRES_GRAD, IS_LEAF, GRAD_FN = "requires_grad", "is_leaf", "grad_fn"
STRIDE, MEMORY, TYPE = "stride", "shared memory", "type"
# PyTorch refuses what would make a gradient wrong, and micrograd runs: as bad as a wrong gradient.
UNREFUSED_GRADIENT = "gradient not refused"
SILENT = (
    *(VALUE, GRADIENT, DTYPE, SHAPE, REQUIRES_GRAD, IS_LEAF, GRAD_FN, STRIDE, MEMORY, TYPE),
    UNREFUSED_GRADIENT,
)
UNREFUSED, LOUD, ERROR_CLASS = "not refused", "loud", "class of error"
# What a second look (second_look.py) has shown to be no fault.
ROUNDING, SELECTION = "rounding alone", "0 times infinity, or one of equals, in PyTorch"
SHARED = "gradients in one memory in PyTorch"
NEEDLESS, INTEGERS = "refused or spoiled in PyTorch, and the gradient here is right", "a graph through integers"
SPOILED = "gradients of numbers that were changed by way of .data, which nobody notices"
KINDS = (*SILENT, UNREFUSED, LOUD, ERROR_CLASS, ROUNDING, SELECTION, SHARED, NEEDLESS, INTEGERS, SPOILED)

# Both libraries round in float32, 6e-8 of a number, and functions such as exp to a few of these; the programs take
# some ten steps on a few numbers of the size of 1, and steps such as 1 / (x - y) widen an error some ten times each.
# A wrong number of the kind that is looked for (a gradient counted twice, a change not seen) is off by 1e-2 and more,
# because the programs calculate with multiples of 1/4. 1e-3 of the largest number at hand lies between the two.
TOLERANCE = 1e-3

# What PyTorch says where a change or a call would leave a wrong gradient.
ABOUT_GRADIENTS = re.compile(
    "leaf|inplace|in-place|backward through|require grad|requires_grad|requires grad|differentiable|version|graph"
)


class Difference(NamedTuple):
    kind: str
    what: str  # the name of the tensor, or the line
    mine: str
    theirs: str


class Outcome(NamedTuple):
    """A program that has run: its names, and what each line raised."""

    names: dict[str, Any]
    errors: list[Exception | None]


def start(library: Any) -> dict[str, Any]:
    """The names that a program begins with."""
    return {"torch": library, "np": np, "math": math}


def run(library: Any, codes: list[CodeType]) -> Outcome:
    names = start(library)
    with quiet():
        return Outcome(names, [execute(code, names) for code in codes])


def execute(code: CodeType, names: dict[str, Any]) -> Exception | None:
    """Run a line in these names; what it raised."""
    try:
        exec(code, names)
    except Exception as error:
        error.__traceback__ = None
        return error
    return None


@contextmanager
def quiet() -> Iterator[None]:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


@functools.lru_cache(maxsize=256)
def compiled(line: str) -> CodeType:
    return compile(line, "<fuzz>", "exec", dont_inherit=True)


def differences(lines: list[str], theirs: Outcome | None = None) -> list[Difference]:
    """Everything in which micrograd differs from PyTorch in this program; [] where nothing does.

    theirs: what PyTorch made of it, where that is known.
    """
    found = compared(lines, theirs)
    if any(difference.kind in SILENT for difference in found) and any(".data" in line for line in lines):
        for around in (nullcontext, second_look.keeping_what_is_saved, second_look.leaving_versions_of_data):
            here = around is second_look.leaving_versions_of_data
            with nullcontext() if here else second_look.counting_versions_of_data(), around():
                if not any(difference.kind in SILENT for difference in compared(lines, None)):
                    return [d._replace(kind=NEEDLESS) if d.kind in SILENT else d for d in found]
        copying = [re.sub(r"\.data\b(?! =)", ".data.clone()", line) for line in lines]
        kinds = {d.kind for d in found if d.kind in SILENT}
        if kinds == {GRADIENT} and not any(d.kind in SILENT for d in compared(copying, None)):
            return [d._replace(kind=SPOILED) if d.kind == GRADIENT else d for d in found]
    return found


def compared(lines: list[str], theirs: Outcome | None) -> list[Difference]:
    """The same, but for the look at what `.data =` does."""
    codes = [compiled(line) for line in lines]
    lines = list(lines)
    found: list[Difference] = []
    while True:
        theirs = theirs or run(torch, codes)
        mine = run(micrograd, codes)
        drop = None
        for i, (error, expected) in enumerate(zip(mine.errors, theirs.errors, strict=True)):
            if error is None and expected is None:
                continue
            if error is None or expected is None:
                found.append(one_sided(lines, codes, i, error, expected))
                drop = i
            elif (
                PART_CHANGED.search(lines[i])
                or ".backward(" in lines[i]
                or isinstance(expected, IndexError)
                or "ZeroDivision" in str(expected)
            ):
                drop = i  # what fails in the middle leaves something in the leaves, or in what was to be changed
            elif builtin_class(error) != builtin_class(expected) and not isinstance(expected, NameError):
                found.append(Difference(ERROR_CLASS, lines[i], said(error), said(expected)))
            if drop is not None:
                break
        if drop is None:
            with quiet():
                found += left_behind(mine.names, theirs.names)
                return list(dict.fromkeys(looked_at_again(lines, codes, found)))
        del lines[drop], codes[drop]
        theirs = None


def looked_at_again(
    lines: list[str], codes: list[CodeType], found: list[Difference], around: Callable = nullcontext
) -> list[Difference]:
    """The differences; those of values and gradients under another kind where they are no fault.

    around: makes a context in which each look takes place.
    """
    numbers = [difference for difference in found if difference.kind in (VALUE, GRADIENT, SHAPE)]
    looks = [(ROUNDING, [nullcontext()]), (SELECTION, [second_look.selecting(lines)])]
    looks += [(SHARED, [second_look.copying_gradients()])]
    if any("conv1d" in line for line in lines):
        looks += [(SELECTION, [torch.backends.mkldnn.flags(enabled=False)])]
    if any(re.search("1e-?30|nan_to_num", line) for line in lines):
        looks += [(ROUNDING, [second_look.in_float64()])]
        looks += [(SELECTION, [second_look.in_float64(), second_look.selecting(lines)])]
    for kind, contexts in looks if numbers else ():
        mine, theirs = start(micrograd), start(torch)
        with ExitStack() as stack:
            stack.enter_context(around())
            for context in contexts:
                stack.enter_context(context)
            second_look.in_step(mine, theirs, codes, execute)
        still = {(difference.kind, difference.what) for difference in left_behind(mine, theirs)}
        if not any((difference.kind, difference.what) in still for difference in numbers):
            return [d._replace(kind=kind) if d in numbers else d for d in found]
    return found


def one_sided(
    lines: list[str], codes: list[CodeType], i: int, error: Exception | None, expected: Exception | None
) -> Difference:
    """That one of the libraries raises alone, in line i."""
    kind = LOUD if expected is None else UNREFUSED
    theirs = run(torch, codes[:i]).names
    named = [theirs[name] for name in NAMES.findall(lines[i]) if isinstance(theirs.get(name), torch.Tensor)]
    if any(goes_through_integers(x) for x in named):
        kind = INTEGERS
    empty = named and not any(x.numel() for x in named)  # numbers that are not there have no gradient to be wrong
    about_gradients = "not implemented" not in str(expected) and ABOUT_GRADIENTS.search(str(expected))
    if kind == UNREFUSED and about_gradients and not empty:
        kind = UNREFUSED_GRADIENT
        if of_a_stale_view(lines[i], str(expected), theirs):
            kind = NEEDLESS
        elif CHANGED.search(str(expected)):
            kind = without_refusal(lines, codes, i)
    return Difference(kind, lines[i], said(error), said(expected))


PART_CHANGED = re.compile(r"\] [-+*/@%]{1,2}= ")  # it is changed before the assignment is refused

NAMES = re.compile(r"\b[a-z]\b")

# What PyTorch says of something that it saved and that is not as it was, or gone.
CHANGED = re.compile(
    "modified by an inplace operation|has been detached in-place|through the graph a second time|modified inplace"
)


def without_refusal(lines: list[str], codes: list[CodeType], i: int) -> str:
    """The kind of a refusal in line i, by what the program leaves where PyTorch keeps what it saved as it was."""
    mine = run(micrograd, codes[: i + 1])
    with second_look.keeping_what_is_saved():
        theirs = run(torch, codes[: i + 1])
    with quiet():
        found = left_behind(mine.names, theirs.names)
        if theirs.errors[i] is not None:  # such as a derivative that PyTorch does not have
            return UNREFUSED if "not implemented" in str(theirs.errors[i]) else UNREFUSED_GRADIENT
        left = looked_at_again(lines, codes[: i + 1], found, second_look.keeping_what_is_saved)
        return UNREFUSED_GRADIENT if any(d.kind in (VALUE, GRADIENT) for d in left) else NEEDLESS


def of_a_stale_view(line: str, words: str, theirs: dict[str, Any]) -> bool:
    """Whether PyTorch takes a view for a leaf, which it does when its base was changed and nobody has asked since.

    Of a leaf that is a view it says "a view of a leaf".
    """
    if not words.startswith("a leaf Variable"):
        return False
    x = theirs[NAMES.search(line)[0]]
    return not (x.is_leaf and x.requires_grad and x._base is None)


def builtin_class(error: Exception) -> str:
    """The name of the first class of Python's own among the classes of an error."""
    return next(kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins")


def said(error: Exception | None) -> str:
    if error is None:
        return "runs"
    first = (str(error).splitlines() or [""])[0]
    return f"{builtin_class(error)}: {first}"


def left_behind(mine: dict[str, Any], theirs: dict[str, Any]) -> list[Difference]:
    """The differences between the names of two programs that have run."""
    found = []
    pairs = []
    for name, expected in theirs.items():
        if name.startswith("__") or name in ("torch", "np", "math"):
            continue
        value = mine.get(name)
        if isinstance(expected, tuple | list) and isinstance(value, tuple | list):
            parts = zip(value, expected, strict=False)
            pairs += [(f"{name}[{i}]", part, their_part) for i, (part, their_part) in enumerate(parts)]
        else:
            pairs.append((name, value, expected))
    tensors = []
    for name, value, expected in pairs:
        if not isinstance(expected, torch.Tensor):
            if type(value) is not type(expected) or not alike(value, expected):
                found.append(Difference(TYPE, name, repr(value), repr(expected)))
        elif not isinstance(value, micrograd.Tensor):
            found.append(Difference(TYPE, name, repr(value), repr(expected)))
        else:
            tensors.append((name, value, expected))
    arrays = [(name, value.detach().numpy(), expected.detach().numpy()) for name, value, expected in tensors]
    scale = largest([expected for _, _, expected in arrays])
    for (name, value, expected), (_, a, b) in zip(tensors, arrays, strict=True):
        different = Differ(name, found)
        if different(SHAPE, tuple(value.shape), tuple(expected.shape)):
            continue
        if different(DTYPE, str(value.dtype), str(expected.dtype)):
            continue
        if not close(a, b, scale):
            different(VALUE, a.tolist(), b.tolist())
        if b.size > 1 and strides(value.stride(), b.shape) != strides(expected.stride(), b.shape):
            different(STRIDE, tuple(value.stride()), expected.stride())
        if b.dtype.kind != "f":
            continue  # PyTorch leaves a graph in ints that it fills with a float; its backward refuses them
        if not value.requires_grad and goes_through_integers(expected):
            different(INTEGERS, False, True)
            continue
        different(REQUIRES_GRAD, asked(value, "requires_grad"), asked(expected, "requires_grad"))
        different(IS_LEAF, asked(value, "is_leaf"), asked(expected, "is_leaf"))
        different(GRAD_FN, made_by(value), made_by(expected))
        if asked(expected, "is_leaf") is True or asked(expected, "retains_grad") is True:
            g, h = value.grad, expected.grad
            if (g is None) != (h is None) and b.size == 0:
                continue  # there is nothing in it
            if g is None or h is None:
                different(GRADIENT, shown(g), shown(h))
                continue
            steps = [strides(x.stride(), x.shape) for x in (g, h)]
            g, h = g.detach().numpy(), h.detach().numpy()
            if g.shape == b.shape != h.shape and g.size == h.size:
                h = h.reshape(b.shape)  # PyTorch's has the shape that the leaf had when it was used
            if asked(expected, "is_leaf") is True and h.size > 1 and g.shape == h.shape and steps[0] != steps[1]:
                different(STRIDE, steps[0], steps[1])
            if g.dtype != h.dtype or g.shape != h.shape or not close(g, h, max(scale, largest([h]))):
                different(GRADIENT, g.tolist(), h.tolist())
    return found + memory_differences(tensors)


def goes_through_integers(x: Any) -> bool:
    """Whether PyTorch's graph of x has integers in it, into which a float was written: its own backward fails there."""
    if not isinstance(x, torch.Tensor):
        return False
    node = asked(x, "grad_fn")
    if node == "refused":
        node = asked(x._base, "grad_fn")
    nodes, seen = [node], {None, "refused", FAILED}
    while nodes:
        node = nodes.pop()
        if node in seen:
            continue
        seen.add(node)
        if any(not result.dtype.is_floating_point for result in node._input_metadata):
            return True
        nodes += [parent for parent, _ in node.next_functions]
    return False


class Differ:
    def __init__(self, name: str, found: list[Difference]):
        self.name, self.found = name, found

    def __call__(self, kind: str, mine: Any, theirs: Any) -> bool:
        if repr(mine) == repr(theirs) or theirs == FAILED:
            return False
        self.found.append(Difference(kind, self.name, repr(mine), repr(theirs)))
        return True


FAILED = "an assertion of PyTorch's own failed"


def asked(tensor: Any, name: str) -> Any:
    """An attribute of a tensor; PyTorch refuses it of some views whose memory was changed, and fails at some."""
    try:
        return getattr(tensor, name)
    except RuntimeError as error:
        return FAILED if "INTERNAL ASSERT" in str(error) else "refused"


def alike(value: Any, expected: Any) -> bool:
    """Whether two values that are no tensors, such as numbers and lists of them, are the same but for rounding."""
    if isinstance(expected, float | list):
        a, b = np.asarray(value), np.asarray(expected)
        return a.shape == b.shape and a.dtype == b.dtype and close(a, b, largest([b]))
    return bool(value == expected)


def made_by(tensor: Any) -> str:
    node = asked(tensor, "grad_fn")
    return node if node in ("refused", FAILED) else "none" if node is None else "an operation"


def shown(tensor: Any) -> Any:
    return None if tensor is None else tensor.tolist()


def largest(arrays: list[np.ndarray]) -> float:
    """The largest finite number among floats; at least 1."""
    size = 1.0
    for array in arrays:
        if array.dtype.kind == "f" and array.size:
            finite = np.abs(array[np.isfinite(array)])
            size = max(size, float(finite.max(initial=0)))
    return size


def close(a: np.ndarray, b: np.ndarray, scale: float) -> bool:
    if np.array_equal(a, b):
        return True
    if b.dtype.kind != "f":
        return False
    a, b = a.astype(float), b.astype(float)
    near = np.abs(a - b) <= TOLERANCE * np.maximum(min(scale, 1e4), np.abs(b))
    return bool(((a == b) | (np.isnan(a) & np.isnan(b)) | (near & np.isfinite(a) & np.isfinite(b))).all())


def strides(stride: tuple[int, ...], shape: tuple[int, ...]) -> list[int]:
    """Those of dimensions in which an index can move."""
    return [step for step, length in zip(stride, shape, strict=True) if length > 1]


def memory_differences(tensors: list[tuple[str, Any, Any]]) -> list[Difference]:
    """The pairs of names that share memory in one library and not in the other."""
    mine = [owner(value.detach().numpy()) for _, value, _ in tensors]
    theirs = [expected.untyped_storage().data_ptr() for _, _, expected in tensors]
    if not tensors or same_groups(mine, theirs):
        return []
    found = []
    for i, (name, _, x) in enumerate(tensors):
        for j in range(i):
            if not x.numel() or not tensors[j][2].numel():
                continue
            shared, expected = mine[i] == mine[j], theirs[i] == theirs[j]
            if shared != expected:
                found.append(Difference(MEMORY, f"{tensors[j][0]} and {name}", repr(shared), repr(expected)))
    return found


def owner(array: Any) -> int:
    """The array at the end of the chain of views, by its id."""
    while isinstance(getattr(array, "base", None), np.ndarray) or hasattr(getattr(array, "base", None), "base"):
        array = array.base
    return id(array)


def same_groups(mine: list[int], theirs: list[int]) -> bool:
    return len(set(mine)) == len(set(theirs)) == len(set(zip(mine, theirs, strict=True)))


def smallest(lines: list[str], wanted: Callable[[list[Difference]], bool]) -> list[str]:
    """The program without the lines that the wanted difference does not need."""
    lines = list(lines)
    shorter = True
    while shorter:
        shorter = False
        for i in reversed(range(len(lines))):
            fewer = lines[:i] + lines[i + 1 :]
            if wanted(differences(fewer)):
                lines, shorter = fewer, True
    return lines
