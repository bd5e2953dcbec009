"""A table of what every op of micrograd can be asked to do: the op, a function for both libraries, and its inputs.

The inputs are hypothesis strategies for a pair: the arrays, and the other arguments of the function by name.
"""

import math
from typing import Any, NamedTuple

import numpy as np
import sequences
import torch
from hypothesis import strategies as st

FLOATS = (np.float32, np.float64)
DTYPES = (*FLOATS, np.int64, np.int32, np.uint8, np.bool_)
SPECIAL = [0.0, -0.0, 1.0, -1.0, 1e-30, -1e-30, 0.5, 20.0, -20.0, 88.0, -87.0, 1e4, -1e4, 1e30, -1e30]
SPECIAL += [math.inf, -math.inf, math.nan]

LENGTHS = st.sampled_from([2, 1, 3, 4, 2, 1, 3, 0])
SHAPES = st.lists(LENGTHS, max_size=4).map(tuple)
NUMBERS = st.one_of(st.sampled_from([2, 3.0, -1, 0.5, 1, 0, True]), st.floats(-3, 3, allow_subnormal=False))


def shapes(min_dims=0, max_dims=4, lengths=LENGTHS):
    return st.lists(lengths, min_size=min_dims, max_size=max_dims).map(tuple)


def numbers(draw, shape, dtype, low=-3.0, high=3.0):
    """An array of random numbers, now and then of whole ones (so that there are ties), in either order of memory."""
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    array = rng.uniform(low, high, shape)
    if draw(st.booleans()):
        array = np.ceil(array)
    return np.asarray(array, dtype, order="C" if draw(st.booleans()) else "F")


@st.composite
def array(draw, shape=SHAPES, dtype=None, low=-3.0, high=3.0):
    """A single array of floats."""
    return numbers(draw, draw(shape), dtype or draw(st.sampled_from(FLOATS)), low, high)


@st.composite
def one(draw, shape=SHAPES, /, low=-3.0, high=3.0, **options):
    """One array, and options of which each is drawn from a strategy, or from a function of the shape that gives one."""
    x = draw(array(shape, low=low, high=high))
    given = {name: draw(option(x.shape) if callable(option) else option) for name, option in options.items()}
    return (x,), given


@st.composite
def broadcast(draw, shape):
    """A shape that broadcasts to `shape`: without some of the leading dimensions, and with others of length 1."""
    kept = shape[draw(st.integers(0, len(shape))) :]
    return tuple([n if draw(st.booleans()) else 1 for n in kept])


@st.composite
def two(draw, low=-3.0, high=3.0, same_dtype=False):
    """Two arrays whose shapes broadcast, now and then of two dtypes."""
    shape = draw(SHAPES)
    pair = [draw(broadcast(shape)), shape]
    dtypes = draw(st.sampled_from(FLOATS)), draw(st.sampled_from(FLOATS))
    arrays = [numbers(draw, s, d, low, high) for s, d in zip(draw(st.permutations(pair)), dtypes, strict=True)]
    return tuple(arrays), {}


# Dimensions.


def a_dim(shape):
    n = max(len(shape), 1)
    return st.integers(-n, n - 1)


def new_dim(shape):
    return st.integers(-len(shape) - 1, len(shape))


@st.composite
def some_dims(draw, shape, at_least=0):
    """One dim, or several as a tuple or a list."""
    if not shape or draw(st.booleans()):
        return draw(a_dim(shape))
    chosen = draw(st.lists(st.sampled_from(range(len(shape))), min_size=at_least, unique=True))
    dims = [d - len(shape) if draw(st.booleans()) else d for d in chosen]
    return tuple(dims) if draw(st.booleans()) else dims


def several_dims(shape):
    """At least one dim: for none at all, PyTorch's var gives a gradient that is not that of its value."""
    return some_dims(shape, at_least=1)


@st.composite
def two_dims(draw, shape, rising=False):
    """Two dims, now and then the same one unless they are rising."""
    pair = st.tuples(a_dim(shape), a_dim(shape))
    if not rising:
        return draw(pair)
    return sorted(draw(pair.filter(lambda dims: (dims[0] - dims[1]) % len(shape))), key=lambda d: d % len(shape))


@st.composite
def order(draw, shape):
    """All dims, permuted, some counted from the end."""
    return [d - len(shape) if draw(st.booleans()) else d for d in draw(st.permutations(range(len(shape))))]


@st.composite
def other_shape(draw, shape):
    """A shape of as many elements, with one length left open now and then."""
    left = math.prod(shape)
    result = []
    while left > 1 and len(result) < 4:
        n = draw(st.sampled_from([d for d in range(1, left + 1) if left % d == 0]))
        result.append(n)
        left //= n
    result += [left] if left != 1 else []
    result.insert(draw(st.integers(0, len(result))), 1)
    if left and draw(st.booleans()):
        result[draw(st.integers(0, len(result) - 1))] = -1
    return result


@st.composite
def times(draw, shape):
    """How often to repeat along each dimension, and along more in front."""
    return draw(st.lists(st.integers(0, 3), min_size=len(shape), max_size=len(shape) + 1))


@st.composite
def larger_shape(draw, shape):
    """Sizes for expand: more dimensions in front, other lengths in place of 1, -1 to keep one."""
    own = [draw(LENGTHS) if n == 1 else draw(st.sampled_from([n, -1])) for n in shape]
    return draw(st.lists(LENGTHS, max_size=2)) + own


# Matrices.


@st.composite
def matrices(draw, dims, same_batch=False):
    """Two arrays for @, of (one of) the numbers of dimensions in dims; the leading ones broadcast, or are the same."""
    x_dims, y_dims = draw(st.sampled_from(dims))
    rows, inner, columns = draw(LENGTHS), draw(LENGTHS), draw(LENGTHS)
    leading = tuple(draw(st.lists(LENGTHS, min_size=2, max_size=2)))

    def leads(n):
        each = leading[len(leading) - max(n, 0) :]
        return each if same_batch else tuple([draw(st.sampled_from([length, 1])) for length in each])

    dtype = draw(st.sampled_from(FLOATS))
    x = (inner,) if x_dims == 1 else (*leads(x_dims - 2), rows, inner)
    y = (inner,) if y_dims == 1 else (*leads(y_dims - 2), inner, columns)
    return (numbers(draw, x, dtype), numbers(draw, y, dtype)), {}


# Lists of arrays.


@st.composite
def arrays_to_cat(draw, new=False):
    """Up to three arrays that agree but in one dim; for stack (new) in all of them."""
    shape = draw(shapes(0 if new else 1, 3))
    dim = draw(new_dim(shape) if new else a_dim(shape))
    dtypes = [draw(st.sampled_from(FLOATS)) for _ in range(draw(st.integers(1, 3)))]
    if not new:
        at = dim % len(shape)
        each = [(*shape[:at], draw(LENGTHS), *shape[at + 1 :]) for _ in dtypes]
    else:
        each = [shape for _ in dtypes]
    return tuple([numbers(draw, s, d) for s, d in zip(each, dtypes, strict=True)]), {"dim": dim}


# Arrays of whole numbers and bools beside those of floats.


@st.composite
def with_mask(draw, n_arrays):
    """Bools and arrays of floats, all broadcast together; a single array is as large as the result."""
    shape = draw(SHAPES)
    mask = numbers(draw, draw(broadcast(shape)), np.float64) > 0
    wanted = [draw(broadcast(shape)) for _ in range(n_arrays)] if n_arrays > 1 else [shape]
    return (np.asarray(mask), *[numbers(draw, each, draw(st.sampled_from(FLOATS))) for each in wanted]), {}


@st.composite
def gathered(draw):
    """An array, indices for gather and their dim."""
    x = draw(array(shapes(1, 3, st.sampled_from([2, 1, 3, 4]))))
    dim = draw(a_dim(x.shape))
    shape = [draw(st.integers(0, n)) for n in x.shape]
    shape[dim] = draw(st.integers(0, 5))
    index = np.random.default_rng(draw(st.integers(0, 99))).integers(0, x.shape[dim], shape)
    return (x, index), {"dim": dim}


EQUATIONS = ["ij,jk->ik", "bij,bjk", "i,i->", "ij->", "ij,ij->i", "i,j->ij", "bij,kj->bik", "ij,k->jk"]
EQUATIONS += ["...ij,...j->...i", "ab,bc,cd->ad"]


@st.composite
def summed(draw):
    """An einsum equation, and arrays for it."""
    equation = draw(st.sampled_from(EQUATIONS))
    lengths = {letter: draw(LENGTHS) for letter in "abcdijk"}
    dtype = draw(st.sampled_from(FLOATS))
    inputs = equation.split("->")[0].replace("...", "ab").split(",")
    arrays = [numbers(draw, [lengths[letter] for letter in letters], dtype) for letters in inputs]
    return tuple(arrays), {"equation": equation}


# Indices: their arrays are NumPy's; `index_for` makes them tensors of the library.


def index_for(torch, index):
    if isinstance(index, tuple):
        return tuple([index_for(torch, item) for item in index])
    return torch.from_numpy(index) if isinstance(index, np.ndarray) else index


@st.composite
def basic_item(draw, n):
    """An int or a slice for a dimension of length n."""
    if n and draw(st.booleans()):
        i = draw(st.integers(-n, n - 1))
        return np.array(i) if draw(st.sampled_from([False, False, True])) else i
    ends = st.one_of(st.none(), st.integers(-n - 1, n + 1))
    return slice(draw(ends), draw(ends), draw(st.sampled_from([None, 1, 2, 3])))


@st.composite
def array_item(draw, n, common, repeats):
    """Integers for a dimension of length n, as an array, a list or a range, of a shape that broadcasts to common."""
    shape = draw(broadcast(common)) if repeats else common
    if len(shape) == 1 and shape[0] <= n and draw(st.booleans()):
        start = draw(st.integers(0, n - shape[0]))
        return range(start, start + shape[0])
    if repeats:
        values = [draw(st.integers(-n, n - 1)) for _ in range(math.prod(shape))]
    else:
        values = draw(st.permutations(range(n)))[: math.prod(shape)]
    array = np.array(values, draw(st.sampled_from([np.int64, np.int32]))).reshape(shape)
    return array.tolist() if len(shape) == 1 and draw(st.booleans()) else array


@st.composite
def mask_item(draw, shape, trues):
    """A mask with so many Trues."""
    places = draw(st.permutations(range(math.prod(shape))))[:trues]
    mask = np.zeros(math.prod(shape), bool)
    mask[list(places)] = True
    mask = mask.reshape(shape)
    return mask.tolist() if len(shape) == 1 and draw(st.booleans()) else mask


@st.composite
def items(draw, dims, common, advanced, repeats):
    """Items of an index for some neighbouring dimensions, in their order."""
    result: list[Any] = []
    while dims:
        kind, taken = draw(st.sampled_from("amb" if advanced else "b")), 1
        if kind == "a" and (dims[0] if repeats else math.prod(common) <= dims[0]):
            result.append(draw(array_item(dims[0], common, repeats)))
        elif kind == "m" and len(common) == 1 and common[0] <= math.prod(dims):
            enough = [n for n in range(1, len(dims) + 1) if common[0] <= math.prod(dims[:n])]
            taken = draw(st.sampled_from(enough))
            result.append(draw(mask_item(dims[:taken], common[0])))
        else:
            result.append(draw(basic_item(dims[0])))
        dims = dims[taken:]
    if draw(st.sampled_from([False, False, True])):
        result.insert(draw(st.integers(0, len(result))), None)
    return result


@st.composite
def indices(draw, shape, advanced, repeats=True):
    """An index into a tensor of the shape: ints, slices, None, ... and, if advanced, arrays, lists, ranges and masks.

    repeats: whether arrays may take an element twice.
    """
    front = draw(st.integers(0, len(shape)))
    back = draw(st.integers(0, len(shape) - front))
    common = draw(shapes(1, 2 if repeats else 1, st.sampled_from([2, 1, 3, 0])))
    index = draw(items(shape[:front], common, advanced, repeats))
    if back or draw(st.booleans()):
        index += [..., *draw(items(shape[len(shape) - back :], common, advanced, repeats))]
    if advanced and not any(isinstance(item, list | range | np.ndarray) and np.ndim(item) for item in index):
        index = [draw(mask_item(shape[:1], draw(st.integers(0, shape[0]))))]
    return index[0] if len(index) == 1 and draw(st.booleans()) else tuple(index)


@st.composite
def indexed(draw, advanced, **options):
    """An array and an index into it."""
    x = draw(array(shapes(1 if advanced else 0)))
    given = {name: draw(option) for name, option in options.items()}
    return (x,), {"index": draw(indices(x.shape, advanced)), **given}


@st.composite
def assigned(draw, advanced):
    """An array, the values to put at an index into it, and that index."""
    x = draw(array(shapes(1 if advanced else 0, 3)))
    index = draw(indices(x.shape, advanced, repeats=False))
    place = torch.zeros(x.shape)[index_for(torch, index)].shape
    dtype = x.dtype if advanced else draw(st.sampled_from(FLOATS))
    value = numbers(draw, draw(broadcast(tuple(place))), dtype)
    return (x, value), {"index": index}


def assign(torch, x, value, index):
    x = x * 1
    x[index_for(torch, index)] = value
    return x


def assign_number(torch, x, index, number):
    x = x * 1
    x[index_for(torch, index)] = number
    return x


# Losses.


@st.composite
def classified(draw):
    """Logits (n, classes) or (classes,), their target classes, and a reduction."""
    x = draw(array(shapes(1, 2, st.sampled_from([3, 1, 2, 4, 7]))))
    targets = np.random.default_rng(draw(st.integers(0, 99))).integers(0, x.shape[-1], x.shape[:-1])
    return (x, np.asarray(targets)), {"reduction": draw(st.sampled_from(["mean", "sum", "none"]))}


FILLED = shapes(lengths=st.sampled_from([2, 1, 3, 4]))  # some functions want elements
FILLED_1 = shapes(1, lengths=st.sampled_from([2, 1, 3, 4]))
MANY = shapes(1, 3, st.sampled_from([4, 5, 9]))
SOME = shapes(1)  # at least one dimension
EPS = 0.01  # the usual 1e-5 magnifies the rounding of a variance of 0 by 300
KEEPDIM = st.booleans()


# Layers of nets.


@st.composite
def of_shapes(draw, *names, low=-3.0, **options):
    """Arrays of one dtype whose shapes are written in letters, a length for each; a capital stands for 1 or more."""
    lengths = {letter: draw(LENGTHS) for letter in "abcdefgh"} | {
        letter: draw(st.integers(1, 4)) for letter in "ABCDEFGH"
    }
    dtype = draw(st.sampled_from(FLOATS))
    arrays = [numbers(draw, [lengths[letter] for letter in name], dtype, low) for name in names]
    return tuple(arrays), {name: draw(option) for name, option in options.items()}


@st.composite
def embedded(draw):
    """Indices of rows, and a matrix."""
    weight = draw(array(shapes(2, 2, st.sampled_from([3, 1, 2, 4, 150]))))
    indices = np.random.default_rng(draw(st.integers(0, 99))).integers(0, len(weight), draw(shapes(0, 3)))
    return (np.asarray(indices), weight), {}


@st.composite
def convolved(draw):
    """A signal (n, channels, length), weights (outs, channels, taps), a bias, and how they meet."""
    n, channels, outs, taps = draw(LENGTHS), *[draw(st.integers(1, 3)) for _ in range(3)]
    options = {
        "stride": draw(st.integers(1, 3)),
        "padding": draw(st.integers(0, 2)),
        "dilation": draw(st.integers(1, 2)),
    }
    length = draw(st.integers(1 + options["dilation"] * (taps - 1), 8))
    dtype = draw(st.sampled_from(FLOATS))
    return tuple([numbers(draw, s, dtype) for s in ((n, channels, length), (outs, channels, taps), (outs,))]), options


@st.composite
def padded(draw):
    """An array, and how many elements to put before and behind in its last dimensions."""
    x = draw(array(SOME))
    widths = [draw(st.integers(0, 3)) for _ in range(2 * draw(st.integers(1, len(x.shape))))]
    return (x,), {"widths": widths, "value": draw(st.sampled_from([0.0, 1.5]))}


@st.composite
def sequence(draw, gates, starts=1):
    """What a recurrent net takes: x (T, n, e), its first states, and the weight and bias of so many gates."""
    steps, hidden, n, e = draw(st.integers(1, 4)), draw(st.integers(1, 4)), draw(LENGTHS), draw(LENGTHS)
    rows, dtype = gates * hidden, draw(st.sampled_from(FLOATS))
    sizes = [(steps, n, e), *[(1, hidden)] * starts, (rows, e + hidden), (rows,)]
    return tuple([numbers(draw, size, dtype) for size in sizes]), {}


@st.composite
def attending(draw):
    """Queries, keys and values side by side, and the number of heads."""
    n_head, size = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    shape = (draw(LENGTHS), draw(st.integers(1, 4)), 3 * n_head * size)
    return (numbers(draw, shape, draw(st.sampled_from(FLOATS))),), {"n_head": n_head}


@st.composite
def picked(draw, axis_only=False):
    """An array, a tensor of places along one dim, as many values to put there, and the dim."""
    (x, index), given = draw(gathered().filter(lambda drawn: drawn[0][1].size))
    values = numbers(draw, index.shape, x.dtype)
    if axis_only:
        index = index.reshape(-1)
        shape = list(x.shape)
        shape[given["dim"]] = len(index)
        values = numbers(draw, shape, x.dtype)
    return (x, index, values), given


def once(drawn):
    """Whether no place is named twice: which of two values stays is not said."""
    (_, index, _), given = drawn
    dim = given["dim"] % index.ndim
    return all(len(set(row)) == len(row) for row in np.moveaxis(index, dim, -1).reshape(-1, index.shape[dim]).tolist())


@st.composite
def in_parts(draw):
    """An array and the start and length of a part along a dim."""
    x = draw(array(FILLED_1))
    dim = draw(a_dim(x.shape))
    start = draw(st.integers(0, x.shape[dim]))
    return (x,), {"dim": dim, "start": start, "length": draw(st.integers(0, x.shape[dim] - start))}


def distinct(draw, shape):
    """An array without equal elements: which of equal ones a function takes is its own affair."""
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    return rng.permutation(math.prod(shape)).reshape(shape).astype(draw(st.sampled_from(FLOATS))) - 3


@st.composite
def no_ties(draw, shape=FILLED_1, /, **options):
    x = distinct(draw, draw(shape))
    return (x,), {name: draw(option(x.shape) if callable(option) else option) for name, option in options.items()}


P = st.sampled_from([0, 1, 2, 3, 1.5, 0.5, -1, math.inf, -math.inf, "fro"])  # for norm


class Case(NamedTuple):
    """A function, the op that it reaches (or several, one of which it reaches), and the inputs of the function."""

    op: str
    fn: Any
    inputs: Any


CASES = [
    # Arithmetic.
    Case("add", lambda torch, x, y: x + y, two()),
    Case("add", lambda torch, x, number: x + number, one(number=NUMBERS)),
    Case("add", lambda torch, x, number: number + x, one(number=NUMBERS)),
    Case("add", lambda torch, x: x + x, one()),
    Case("sub", lambda torch, x, y: x - y, two()),
    Case("sub", lambda torch, x, number: x - number, one(number=NUMBERS.filter(lambda n: n is not True))),
    Case("sub", lambda torch, x, number: number - x, one(number=NUMBERS.filter(lambda n: n is not True))),
    Case("mul", lambda torch, x, y: x * y, two()),
    Case("mul", lambda torch, x, number: x * number, one(number=NUMBERS)),
    Case("mul", lambda torch, x, number: number * x, one(number=NUMBERS)),
    Case("mul", lambda torch, x: x * x, one()),
    Case("div", lambda torch, x, y: x / y, two(low=0.2)),
    Case("div", lambda torch, x, y: -x / y, two(low=0.2)),
    Case("div", lambda torch, x, number: x / number, one(number=NUMBERS.filter(lambda n: abs(n) > 0.1))),
    Case("div", lambda torch, x: x / x, one(low=0.2)),
    Case("reciprocal", lambda torch, x, number: number / x, one(low=0.2, number=NUMBERS)),
    Case("pow", lambda torch, x, exponent: x**exponent, one(low=0.2, exponent=NUMBERS)),
    Case("pow", lambda torch, x, exponent: x.pow(exponent), one(exponent=st.integers(0, 5))),
    Case("pow", lambda torch, x, exponent: torch.pow(x, exponent), one(low=0.2, exponent=st.integers(-4, 5))),
    Case("pow", lambda torch, x, y: x**y, two(low=0.2)),
    Case("pow", lambda torch, x, number: number**x, one(number=st.floats(0.1, 3))),
    Case("pow", lambda torch, x: x**x, one(low=0.2)),
    Case("neg", lambda torch, x: -x, one()),
    Case("abs", lambda torch, x: x.abs(), one()),
    Case("abs", lambda torch, x: abs(x) + torch.abs(x), one()),
    Case("exp", lambda torch, x: x.exp(), one()),
    Case("log", lambda torch, x: torch.log(x), one(low=0.2)),
    Case("sqrt", lambda torch, x: x.sqrt(), one(low=0.2)),
    Case("tanh", lambda torch, x: torch.tanh(x), one()),
    Case("sigmoid", lambda torch, x: x.sigmoid(), one()),
    Case("relu", lambda torch, x: torch.nn.functional.relu(x), one()),
    Case("rsqrt", lambda torch, x: torch.rsqrt(x), one(low=0.2)),
    Case("log2", lambda torch, x: x.log2(), one(low=0.2)),
    Case("log10", lambda torch, x: x.log10(), one(low=0.2)),
    Case("log1p", lambda torch, x: x.log1p(), one(low=-0.9)),
    Case("sin", lambda torch, x: x.sin(), one()),
    Case("cos", lambda torch, x: x.cos(), one()),
    Case("expm1", lambda torch, x: x.expm1(), one()),
    Case("tan", lambda torch, x: x.tan(), one(low=-1, high=1)),
    Case("trunc", lambda torch, x: x.trunc(), one()),
    Case("sign", lambda torch, x: x.sign(), one()),
    Case("floor", lambda torch, x: x.floor(), one()),
    Case("ceil", lambda torch, x: x.ceil(), one()),
    Case("round", lambda torch, x: x.round(), one()),
    Case("remainder", lambda torch, x, y: x.remainder(y), two(low=0.2)),
    Case("remainder", lambda torch, x, number: x % number, one(number=st.sampled_from([2, -3, 0.7]))),
    Case("clamp", lambda torch, x, a, b: x.clamp(a, b), one(a=NUMBERS, b=NUMBERS)),
    Case("clamp", lambda torch, x, bound: torch.clamp(x, min=bound), one(bound=NUMBERS)),
    Case("clamp", lambda torch, x, bound: x.clamp(max=bound), one(bound=NUMBERS)),
    Case("maximum", lambda torch, x, y: torch.maximum(x, y), two()),
    Case("minimum", lambda torch, x, y: x.minimum(y), two()),
    Case("where", lambda torch, mask, x, y: torch.where(mask, x, y), with_mask(2)),
    Case("where", lambda torch, mask, x: torch.where(mask, x, 0.5), with_mask(1)),
    Case("where", lambda torch, mask, x: torch.where(mask, 2.0, x), with_mask(1)),
    Case("masked_fill", lambda torch, mask, x: x.masked_fill(mask, float("-inf")), with_mask(1)),
    Case("masked_fill", lambda torch, mask, x: x.masked_fill(mask, x.sum()), with_mask(1)),
    # Reductions.
    Case("sum", lambda torch, x: x.sum(), one()),
    Case("sum", lambda torch, x: torch.sum(x), one()),
    Case("sum", lambda torch, x, dim, keepdim: x.sum(dim, keepdim), one(dim=some_dims, keepdim=KEEPDIM)),
    Case("sum", lambda torch, x, dim, keepdim: torch.sum(x, dim, keepdims=keepdim), one(dim=a_dim, keepdim=KEEPDIM)),
    Case("mean", lambda torch, x: x.mean(), one()),
    Case("mean", lambda torch, x, dim, keepdim: x.mean(dim, keepdim=keepdim), one(dim=some_dims, keepdim=KEEPDIM)),
    Case("var", lambda torch, x: x.var(), one()),
    Case("var", lambda torch, x, unbiased: x.var(unbiased), one(unbiased=st.booleans())),
    Case("var", lambda torch, x, dim, keepdim: x.var(dim, True, keepdim), one(dim=several_dims, keepdim=KEEPDIM)),
    Case("var", lambda torch, x, dim: torch.var(x, dim, correction=0), one(dim=several_dims)),
    Case("var", lambda torch, x, dim, n: torch.var(x, dim, correction=n), one(MANY, dim=a_dim, n=st.integers(0, 3))),
    Case("std", lambda torch, x: x.std(), one()),
    Case("std", lambda torch, x, unbiased: torch.std(x, unbiased), one(unbiased=st.booleans())),
    Case("std", lambda torch, x, dim, keepdim: x.std(dim, keepdim=keepdim), one(dim=several_dims, keepdim=KEEPDIM)),
    Case("std", lambda torch, x, dim, n: torch.std(x, dim, correction=n), one(MANY, dim=a_dim, n=st.integers(0, 3))),
    Case("largest", lambda torch, x: x.max(), one(FILLED)),
    Case("smallest", lambda torch, x: torch.min(x), one(FILLED)),
    Case("pick", lambda torch, x, dim, keepdim: x.max(dim, keepdim), one(FILLED_1, dim=a_dim, keepdim=KEEPDIM)),
    Case("pick", lambda torch, x, dim, keepdim: x.min(dim, keepdim), one(FILLED_1, dim=a_dim, keepdim=KEEPDIM)),
    Case("logsumexp", lambda torch, x, dim: x.logsumexp(dim), one(dim=a_dim)),
    Case("logsumexp", lambda torch, x, dim: torch.logsumexp(x, dim, True), one(dim=several_dims)),
    Case("prod", lambda torch, x: x.prod(), one()),
    Case("prod", lambda torch, x, dim, keepdim: torch.prod(x, dim, keepdim), one(SOME, dim=a_dim, keepdim=KEEPDIM)),
    Case("cumsum", lambda torch, x, dim: x.cumsum(dim), one(SOME, dim=a_dim)),
    Case("norm", lambda torch, x: x.norm(), one()),
    Case("norm", lambda torch, x, dim, keepdim: x.norm(dim=dim, keepdim=keepdim), one(dim=a_dim, keepdim=KEEPDIM)),
    Case("norm", lambda torch, x: x.norm(dim=(-1, 0)), one(shapes(2))),
    Case("cumprod", lambda torch, x, dim: x.cumprod(dim), one(SOME, dim=a_dim)),
    Case("median", lambda torch, x: x.median(), one(FILLED)),
    Case("amax", lambda torch, x, dim, keepdim: x.amax(dim, keepdim), one(FILLED, dim=several_dims, keepdim=KEEPDIM)),
    Case("amin", lambda torch, x, dim: torch.amin(x, dim), one(FILLED, dim=several_dims)),
    Case("norm", lambda torch, x, p: x.norm(p), one(FILLED, p=P)),
    # The matrix product.
    Case("dot", lambda torch, x, y: x @ y, matrices([(1, 1)])),
    Case("dot", lambda torch, x: x @ x, one(shapes(1, 1))),
    Case("mv", lambda torch, x, y: x @ y, matrices([(2, 1)])),
    Case("mm", lambda torch, x, y: torch.matmul(x, y), matrices([(2, 2)])),
    Case("mm", lambda torch, x: x @ x.T, one(shapes(2, 2))),
    Case("mm", lambda torch, x, y: x @ y, matrices([(1, 2)])),
    Case("matmul", lambda torch, x, y: x @ y, matrices([(3, 2), (4, 2), (3, 1), (4, 1)])),
    Case("matmul", lambda torch, x, y: torch.bmm(x, y), matrices([(3, 3)], same_batch=True)),
    Case("matmul", lambda torch, x, y: x @ y, matrices([(3, 3), (2, 3), (1, 3), (4, 4)])),
    Case("matmul", lambda torch, x, y: x @ y, matrices([(2, 4), (3, 4), (4, 3), (1, 4)])),
    Case("matmul or mul or sum", lambda torch, *xs, equation: torch.einsum(equation, *xs), summed()),
    # Shapes.
    Case("view or reshape_copy", lambda torch, x, shape: x.reshape(shape), one(shape=other_shape)),
    Case("view", lambda torch, x, shape: x.reshape(-1).view(*shape), one(shape=other_shape)),
    Case("view or reshape_copy", lambda torch, x: x.flatten(), one(shapes(2))),
    Case(
        "view or reshape_copy",
        lambda torch, x, dims: torch.flatten(x, *dims),
        one(shapes(2), dims=lambda shape: two_dims(shape, rising=True)),
    ),
    Case("reshape_copy", lambda torch, x: x.expand(3, *x.shape).reshape(-1), one(shapes(1, 3, st.integers(2, 4)))),
    Case("unsqueeze", lambda torch, x, dim: x.unsqueeze(dim), one(dim=new_dim)),
    Case("squeeze", lambda torch, x: x.squeeze(), one()),
    Case("squeeze", lambda torch, x, dim: torch.squeeze(x, dim), one(dim=a_dim)),
    Case("permute", lambda torch, x, dims: x.permute(dims), one(dims=order)),
    Case("permute", lambda torch, x, dims: torch.permute(x, dims), one(dims=order)),
    Case("permute", lambda torch, x, dims: x.permute(*dims), one(SOME, dims=order)),
    Case("permute", lambda torch, x: x.T, one(shapes(2, 2))),
    Case("permute", lambda torch, x: torch.einsum("ij->ji", x), one(shapes(2, 2))),
    Case("transpose", lambda torch, x, dims: x.transpose(*dims), one(SOME, dims=two_dims)),
    Case("transpose", lambda torch, x: x.mT, one(shapes(2))),
    Case("t", lambda torch, x: x.t(), one(shapes(2, 2))),
    Case("expand", lambda torch, x, shape: x.expand(shape), one(shape=larger_shape)),
    Case("expand", lambda torch, x, shape: x.expand(*shape), one(SOME, shape=larger_shape)),
    Case("cat", lambda torch, *xs, dim: torch.cat(xs, dim), arrays_to_cat()),
    Case("cat", lambda torch, x, dim: torch.cat([x, x * 2, x], dim=dim), one(SOME, dim=a_dim)),
    Case("stack", lambda torch, *xs, dim: torch.stack(xs, dim), arrays_to_cat(new=True)),
    Case("stack", lambda torch, x, dim: torch.stack([x, -x], dim=dim), one(dim=new_dim)),
    Case("clone or in_order", lambda torch, x: x.clone(), one()),
    Case("to_dtype", lambda torch, x: x.double() * x.float(), one()),
    Case("to_dtype", lambda torch, x: x.to(torch.float64) + x.to(torch.float32), one()),
    Case("repeat", lambda torch, x, n: x.repeat(n), one(n=times)),
    Case("repeat", lambda torch, x, n: x.repeat(*n), one(SOME, n=times)),
    Case("roll", lambda torch, x, n: x.roll(n), one(n=st.integers(-5, 5))),
    Case("roll", lambda torch, x, n, dim: torch.roll(x, n, dim), one(SOME, n=st.integers(-5, 5), dim=a_dim)),
    Case("flip", lambda torch, x, dims: x.flip(dims), one(dims=order)),
    Case("flip", lambda torch, x, dim: x.flip(dim), one(SOME, dim=a_dim)),
    Case("tril", lambda torch, x, n: x.tril(n), one(shapes(2), n=st.integers(-3, 3))),
    Case("triu", lambda torch, x, n: torch.triu(x, n), one(shapes(2), n=st.integers(-3, 3))),
    # Indexing.
    Case("slice", lambda torch, x, i: x[i], one(FILLED_1, i=lambda shape: st.integers(-shape[0], shape[0] - 1))),
    Case("slice", lambda torch, x: x[None], one()),
    Case("slice", lambda torch, x: x[..., None], one()),
    Case("slice", lambda torch, x: x[1:, ..., ::2], one(shapes(2))),
    Case(
        "slice or select or index_none",
        lambda torch, x, index: x[index_for(torch, index)],
        indexed(advanced=False),
    ),
    Case("index", lambda torch, x, index: x[index_for(torch, index)], indexed(advanced=True)),
    Case("index", lambda torch, x, index: x[index_for(torch, index)], indexed(advanced=True)),
    Case("gather", lambda torch, x, i, dim: x.gather(dim, i), gathered()),
    Case("add_at", lambda torch, x, i, values, dim: x.scatter_add(dim, i, values), picked()),
    Case("put", assign, assigned(advanced=False)),
    Case("put", assign_number, indexed(advanced=False, number=NUMBERS)),
    Case("put", assign, assigned(advanced=True)),
    Case("put", assign_number, indexed(advanced=True, number=NUMBERS)),
    # Softmax and losses.
    Case("softmax", lambda torch, x, dim: x.softmax(dim), one(dim=a_dim)),
    Case("softmax", lambda torch, x, dim: torch.nn.functional.softmax(x, dim=dim), one(dim=a_dim)),
    Case("log_softmax", lambda torch, x, dim: x.log_softmax(dim=dim), one(dim=a_dim)),
    Case(
        "nll_loss or loss_of_classes",
        lambda torch, x, y, reduction: torch.nn.functional.nll_loss(x, y, reduction=reduction),
        classified(),
    ),
    Case(
        "cross_entropy or loss_of_classes",
        lambda torch, x, y, reduction: torch.nn.functional.cross_entropy(x, y, reduction=reduction),
        classified(),
    ),
    Case(
        "cross_entropy or loss_of_classes",
        lambda torch, x, y, reduction: torch.nn.functional.cross_entropy(
            x, y, torch.arange(1, x.shape[-1] + 1).to(x.dtype), reduction=reduction
        ),
        classified(),
    ),
    # Layers of nets.
    Case("linear", lambda torch, x, w, b: torch.nn.functional.linear(x, w, b), of_shapes("ab", "cb", "c")),
    Case("linear", lambda torch, x, w, b: torch.nn.functional.linear(x, w, b), of_shapes("dab", "cb", "c")),
    Case("linear", lambda torch, x, w: torch.nn.functional.linear(x, w), of_shapes("ab", "cb")),
    Case("linear", lambda torch, x, w: torch.nn.functional.linear(x, w), of_shapes("dab", "cb")),
    Case("embedding", lambda torch, i, w: torch.nn.functional.embedding(i, w), embedded()),
    Case("gelu", lambda torch, x: torch.nn.functional.gelu(x), one()),
    Case("gelu", lambda torch, x: torch.nn.functional.gelu(x, approximate="tanh"), one()),
    Case(
        "layer_norm",
        lambda torch, x, w, b: torch.nn.functional.layer_norm(x, x.shape[-1:], w, b, EPS),
        of_shapes("abC", "C", "C"),
    ),
    Case("layer_norm", lambda torch, x: torch.nn.functional.layer_norm(x, x.shape[1:], eps=EPS), of_shapes("aBC")),
    Case(
        "batch_norm",
        lambda torch, x, w, b: torch.nn.functional.batch_norm(x, None, None, w, b, training=True, eps=EPS),
        of_shapes("ABC", "B", "B").filter(lambda drawn: drawn[0][0].shape[0] * drawn[0][0].shape[2] > 1),
    ),
    Case(
        "batch_norm",
        lambda torch, x, m, v: torch.nn.functional.batch_norm(x, m.detach(), v.detach()),
        of_shapes("AB", "B", "B", low=0.2),
    ),
    Case("conv1d", lambda torch, x, w, b, **how: torch.nn.functional.conv1d(x, w, b, **how), convolved()),
    Case(
        "attention",
        lambda torch, q, k, v: torch.nn.functional.scaled_dot_product_attention(q, k, v),
        of_shapes("AbCE", "AbDE", "AbDF"),
    ),
    Case("pad", lambda torch, x, widths, value: torch.nn.functional.pad(x, widths, value=value), padded()),
    Case(
        "mse_loss",
        lambda torch, x, y, reduction: torch.nn.functional.mse_loss(x, y, reduction=reduction),
        of_shapes("abc", "abc", reduction=st.sampled_from(["mean", "sum", "none"])),
    ),
    # Sequences.
    Case("rnn", sequences.rnn, sequence(1)),
    Case("gru", sequences.gru, sequence(3)),
    Case("lstm", sequences.lstm, sequence(4, starts=2)),
    Case("causal_self_attention", sequences.causal_self_attention, attending()),
]


# Functions that are put together from ops: what they are called, a function for both libraries, and its inputs.


def named(form, *names):
    """Functions of one tensor alone, as methods or of the library, at numbers where all of them are finite."""
    how = {
        "method": lambda name: lambda torch, x: getattr(x, name)(),
        "function": lambda name: lambda torch, x: getattr(torch, name)(x),
    }
    return [(name, how[form](name), one(low=0.2)) for name in names]


DIM = {"dim": a_dim, "keepdim": KEEPDIM}
NUMPYS = ("sum", "mean", "std", "var", "amax", "amin", "logsumexp")
FUNCTIONS = [
    *named("method", "square", "expm1", "tan", "trunc", "absolute", "negative", "ravel"),
    *named("function", "expm1", "tan", "trunc", "absolute", "negative", "ravel", "square"),
    ("clip", lambda torch, x: [x.clip(-1, 1), torch.clip(x, min=0), x.clamp_min(0.5), torch.clamp_max(x, 1)], one()),
    (
        "aliases",
        lambda torch, x, y: [torch.multiply(x, y), x.subtract(y), x.divide(y), torch.true_divide(x, y)],
        two(low=0.2),
    ),
    (
        "comparisons",
        lambda torch, x, y: [x.greater(y), x.less(y), torch.greater_equal(x, y), x.less_equal(y), x.not_equal(y)],
        two(),
    ),
    ("logical_xor", lambda torch, x, y: [torch.logical_xor(x > 0, y > 0), x.logical_and(y), x.logical_or(y)], two()),
    ("round to decimals", lambda torch, x: [torch.round(x, decimals=1), x.round(decimals=-1)], one()),
    ("lerp", lambda torch, x: torch.lerp(x, x * x, 0.3), one()),
    ("Tensor.where", lambda torch, mask, x, y: x.where(mask, y.to(x.dtype)), with_mask(2)),
    ("nan_to_num", lambda torch, x: (1 / x).nan_to_num(1.5, 2.0), one()),
    ("%", lambda torch, x, number: number % x.detach(), one(low=0.2, number=st.sampled_from([5, -7, 2.5]))),
    ("//", lambda torch, x, number: number // x.detach(), one(low=0.2, number=st.sampled_from([5, -7, 2.5]))),
    *[
        (
            f"{name} of NumPy's words",
            lambda torch, x, dim, keepdim, name=name: getattr(x, name)(axis=dim, keepdims=keepdim),
            one(MANY, **DIM),
        )
        for name in NUMPYS
    ],
    (
        "sum of a dtype",
        lambda torch, x, dim: [torch.sum(x, dim, dtype=torch.float64), x.mean(dtype=torch.float32)],
        one(dim=a_dim),
    ),
    (
        "prod of a dtype",
        lambda torch, x: [x.prod(dtype=torch.float64), x.cumsum(0, dtype=torch.float64)],
        one(FILLED_1),
    ),
    ("var_mean", lambda torch, x, dim, keepdim: torch.var_mean(x, dim, keepdim=keepdim), one(MANY, **DIM)),
    (
        "std_mean",
        lambda torch, x, dim: [*torch.std_mean(x, dim=dim, correction=0), *torch.std_mean(x)],
        one(MANY, dim=a_dim),
    ),
    ("norm", lambda torch, x, p: x.norm(p), one(FILLED, p=P)),
    ("norm of dims", lambda torch, x, p, dim, keepdim: torch.norm(x, p, dim, keepdim), one(FILLED, p=P, **DIM)),
    ("norm of zeros", lambda torch, x, p: (x * 0).norm(p, 0), one(FILLED_1, p=P)),
    ("cumsum", lambda torch, x: [x.sum().cumsum(0), (x > 0).cumsum(0), (x.sum() > 0).cumsum(0)], one(SOME)),
    (
        "any and all",
        lambda torch, x, dim: [(x > 0).any(dim), (x > 0).all(dim, keepdim=True), x.any(axis=0)],
        one(SOME, dim=several_dims),
    ),
    ("count_nonzero", lambda torch, x, dim: [x.count_nonzero(), torch.count_nonzero(x, dim)], one(dim=a_dim)),
    (
        "amax and amin",
        lambda torch, x, dim: [x.amax(dim), torch.amin(x, dim, keepdim=True), x.amax()],
        one(FILLED, dim=several_dims),
    ),
    ("max of two", lambda torch, x, y: [torch.max(x, y), x.min(y)], two()),
    ("median of a dim", lambda torch, x, dim, keepdim: x.median(dim, keepdim), no_ties(**DIM)),
    ("quantile", lambda torch, x, q: x.quantile(q), no_ties(FILLED, q=st.floats(0, 1))),
    ("quantile of a dim", lambda torch, x, dim, keepdim: torch.quantile(x, 0.3, dim, keepdim), no_ties(**DIM)),
    (
        "quantiles",
        lambda torch, x, dim, keepdim: x.quantile(torch.tensor([0.2, 1.0, 0.5], dtype=x.dtype), dim, keepdim),
        no_ties(**DIM),
    ),
    (
        "sort",
        lambda torch, x, dim, down: [*x.sort(dim, down), x.argsort(axis=dim)],
        no_ties(dim=a_dim, down=st.booleans()),
    ),
    ("topk", lambda torch, x, dim, most: [*x.topk(1, dim, most)], no_ties(dim=a_dim, most=st.booleans())),
    ("nonzero", lambda torch, x: [x.nonzero(), *x.nonzero(as_tuple=True), torch.argwhere(x)], one()),
    ("unique", lambda torch, x: [x.detach().unique(), *torch.unique(x.detach(), return_counts=True)], one()),
    ("bincount", lambda torch, x: x.detach().abs().long().reshape(-1).bincount(minlength=4), one()),
    ("histc", lambda torch, x: [x.detach().histc(4), torch.histc(x.detach(), bins=3, min=-1, max=1)], one(FILLED)),
    ("isin", lambda torch, x: torch.isin(x, torch.tensor([1.0, 2.0])), one()),
    (
        "searchsorted",
        lambda torch, x: [
            torch.searchsorted(torch.arange(-3.0, 3.0), x.detach().float(), right=r) for r in (True, False)
        ],
        one(),
    ),
    ("squeeze of dims", lambda torch, x, dims: x.squeeze(tuple(dims)), one(dims=order)),
    ("in place", lambda torch, x: (x * 2).unsqueeze_(0).transpose_(0, 1).squeeze_(1).triu_() + x, one(shapes(2, 2))),
    (
        "movedim",
        lambda torch, x, dims: [x.movedim(*dims), torch.movedim(x, (0, 1), (1, 0))],
        one(shapes(2), dims=two_dims),
    ),
    ("broadcast_to", lambda torch, x: torch.broadcast_to(x, (2, *x.shape)), one()),
    ("unflatten", lambda torch, x: x.unflatten(-1, (1, -1)), one(FILLED_1)),
    ("tile", lambda torch, x, n: x.tile(n), one(n=times)),
    (
        "repeat_interleave",
        lambda torch, x, dim: [x.repeat_interleave(2), torch.repeat_interleave(x, 3, dim=dim)],
        one(SOME, dim=a_dim),
    ),
    ("narrow", lambda torch, x, dim, start, length: x.narrow(dim, start, length), in_parts()),
    ("select", lambda torch, x, dim: x.select(dim, 0), one(FILLED_1, dim=a_dim)),
    ("flip", lambda torch, x: [x.sum().flip(0), torch.flip(x, (0,))], one(SOME)),
    (
        "diagonal",
        lambda torch, x, n: [torch.diagonal(x, n), x.diagonal(0, -1, 0)],
        one(FILLED.filter(lambda s: len(s) > 1), n=st.integers(-1, 1)),
    ),
    ("diag", lambda torch, x, n: [x.diag(n), x[0].diag(n)], one(shapes(2, 2, st.integers(2, 4)), n=st.integers(-1, 1))),
    ("trace", lambda torch, x: x.trace(), one(shapes(2, 2))),
    ("diff", lambda torch, x, dim: [x.diff(dim=dim), torch.diff(x, n=2)], one(SOME, dim=a_dim)),
    (
        "cat with nothing",
        lambda torch, x, dim: torch.cat([torch.tensor([]), x, x[:0].detach().reshape(-1)[:0].float()], axis=dim),
        one(SOME, dim=a_dim),
    ),
    ("stack", lambda torch, x: [torch.stack([x, x], axis=0), torch.hstack([x, x]), torch.vstack([x, x])], one()),
    (
        "meshgrid",
        lambda torch, x, how: torch.meshgrid(x, 2 * x, x[:1], indexing=how),
        one(shapes(1, 1), how=st.sampled_from(["ij", "xy"])),
    ),
    ("take_along_dim", lambda torch, x, i, values, dim: torch.take_along_dim(x, x.argsort(dim)[:1], dim), picked()),
    ("index_select", lambda torch, x, i, values, dim: torch.index_select(x, dim, i), picked(axis_only=True)),
    (
        "index_add",
        lambda torch, x, i, values, dim: [x.index_add(dim, i, values), x.clone().index_add_(dim, i, values)],
        picked(axis_only=True),
    ),
    (
        "index_put_",
        lambda torch, x: (x * 1).index_put_((torch.tensor([0, 1, 0]),), x[:1] * 2, accumulate=True),
        one(shapes(1, 3, st.integers(2, 3))),
    ),
    ("masked_select", lambda torch, mask, x: x.masked_select(mask), with_mask(1)),
    (
        "scatter",
        lambda torch, x, i, values, dim: [x.scatter(dim, i, values), torch.scatter(x, dim, i, 2.5)],
        picked().filter(once),
    ),
    ("scatter_", lambda torch, x, i, values, dim: (x * 1).scatter_(dim, i, values), picked().filter(once)),
    (
        "scatter_add",
        lambda torch, x, i, values, dim: [x.scatter_add(dim, i, values), (x * 1).scatter_add_(dim, i, values)],
        picked(),
    ),
    (
        "addmm",
        lambda torch, x, y: torch.addmm(x[:, :1] + y[:1], x, y, beta=0.5, alpha=2),
        matrices([(2, 2)]).filter(lambda d: d[0][0].shape[1] and len(d[0][1])),
    ),
    (
        "baddbmm",
        lambda torch, x, y: torch.baddbmm(torch.ones(1, dtype=x.dtype), x, y),
        matrices([(3, 3)], same_batch=True),
    ),
    (
        "tensordot",
        lambda torch, x: [torch.tensordot(x, x, dims=x.ndim), torch.tensordot(x, x, ([0], [0]))],
        one(shapes(1, 3)),
    ),
]
