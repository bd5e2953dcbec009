"""Written by `python -m micrograd.ops.stubs`: change the functions themselves, and run it again."""

import builtins
from collections.abc import Sequence
from micrograd.ops.extremes import ValuesAndIndices
from micrograd.ops.sorting import Histogram
from micrograd.rules.dtypes import dtype as DType, Size as Size, bool as bool, double as double, dtype as dtype, float as float, float32 as float32, float64 as float64, int as int, int32 as int32, int64 as int64, long as long, uint8 as uint8, get_default_dtype as get_default_dtype, set_default_dtype as set_default_dtype
from numpy import ndarray
from typing import Any, Literal, overload
from micrograd.random import Generator as Generator
from micrograd.compare import compare as compare
from micrograd.draw import draw as draw
from micrograd.guard import guard as guard
from math import e as e, inf as inf, nan as nan, pi as pi
from micrograd.engine import Value as Value
from micrograd.tensors import Tensor as Tensor
from micrograd import creation as creation, random as random, autograd as autograd, distributed as distributed, nn as nn, optim as optim, utils as utils
from micrograd.rules.device import amp as amp, autocast as autocast, backends as backends, cuda as cuda, device as device, get_default_device as get_default_device, get_num_threads as get_num_threads, profiler as profiler, set_default_device as set_default_device, set_float32_matmul_precision as set_float32_matmul_precision, set_num_threads as set_num_threads, use_deterministic_algorithms as use_deterministic_algorithms
from micrograd.rules.grad_mode import enable_grad as enable_grad, inference_mode as inference_mode, is_grad_enabled as is_grad_enabled, no_grad as no_grad, set_grad_enabled as set_grad_enabled
from micrograd.rules.printing import set_printoptions as set_printoptions
from micrograd.utils import for_einops as for_einops
from micrograd.serialization import load as load, save as save
from micrograd.compiling import compile as compile

__version__: builtins.str
default_generator: Generator
def BoolTensor(*data: Any) -> Tensor:
    """A tensor of torch.bool of data, or in a shape.

    >>> torch.BoolTensor([1, 0]).dtype
    torch.bool
    """
def ByteTensor(*data: Any) -> Tensor:
    """A tensor of torch.uint8 of data, or in a shape.

    >>> torch.ByteTensor([1, 0]).dtype
    torch.uint8
    """
def DoubleTensor(*data: Any) -> Tensor:
    """A tensor of torch.float64 of data, or in a shape.

    >>> torch.DoubleTensor([1, 0]).dtype
    torch.float64
    """
def FloatTensor(*data: Any) -> Tensor:
    """A tensor of torch.float32 of data, or in a shape.

    >>> torch.FloatTensor([1, 0]).dtype
    torch.float32
    """
def IntTensor(*data: Any) -> Tensor:
    """A tensor of torch.int32 of data, or in a shape.

    >>> torch.IntTensor([1, 0]).dtype
    torch.int32
    """
def LongTensor(*data: Any) -> Tensor:
    """A tensor of torch.int64 of data, or in a shape.

    >>> torch.LongTensor([1, 0]).dtype
    torch.int64
    """
def abs(input: Tensor) -> Tensor:
    """|input|; the derivative at 0 is 0. Raises RuntimeError for bools.

    Examples: x.abs()
    """
def absolute(input: Tensor) -> Tensor:
    """|input|; the derivative at 0 is 0. Raises RuntimeError for bools.

    Examples: x.abs()
    """
def add(input: Tensor, other: Tensor | builtins.float, *, alpha: builtins.float = 1) -> Tensor:
    """input + alpha * other. Raises RuntimeError for a float alpha of ints.

    Examples: x + y; x + row; 2 + x; x.add(y, alpha=3)
    """
def addmm(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: builtins.float = 1, alpha: builtins.float = 1) -> Tensor:
    """beta * input + alpha * mat1 @ mat2, with (n, k) @ (k, m); input broadcasts to (n, m).

    Examples: y.addmm(x, square)
    """
def all(input: Tensor, dim: builtins.int | Sequence[builtins.int] | None = None, keepdim: builtins.bool = False) -> Tensor:
    """Whether no element over dim is zero.

    Examples: mask.all(); mask.all(0); ints.all()
    """
def allclose(input: Tensor, other: Tensor, rtol: builtins.float = 1e-05, atol: builtins.float = 1e-08, equal_nan: builtins.bool = False) -> builtins.bool:
    """Whether isclose holds for every element. Raises RuntimeError for different dtypes.

    Examples: torch.allclose(x, x + 1e-9)
    """
def amax(input: Tensor, dim: builtins.int | Sequence[builtins.int] | None = ..., keepdim: builtins.bool = False) -> Tensor:
    """The largest element over dim, one or several; equal ones share the gradient equally.

    Examples: x.amax(0); batch.amax((0, 2), keepdim=True); x.amax()
    """
def amin(input: Tensor, dim: builtins.int | Sequence[builtins.int] | None = ..., keepdim: builtins.bool = False) -> Tensor:
    """The smallest element over dim, one or several; equal ones share the gradient equally.

    Examples: x.amin(0); batch.amin((0, 2), keepdim=True); x.amin()
    """
def any(input: Tensor, dim: builtins.int | Sequence[builtins.int] | None = None, keepdim: builtins.bool = False) -> Tensor:
    """Whether any element over dim is not zero.

    Examples: mask.any(); mask.any(0); ints.any()
    """
def arange(start: Any = 0, end: Any = None, step: Any = 1, *, dtype: DType | None = None, requires_grad: builtins.bool = False, device: Any = None) -> Tensor:
    """start, start + step, ... in [start, end); arange(n) counts from 0. int64 if all three are ints.

    With a dtype of integers start and step are rounded toward zero first, as in PyTorch. Raises RuntimeError where step
    is 0 or leads away from end, or one of the three is not finite, NotImplementedError for bools.

    >>> torch.arange(3)
    tensor([0, 1, 2])
    >>> torch.arange(1, 2, 0.25)
    tensor([1.0000, 1.2500, 1.5000, 1.7500])
    """
def argmax(input: Tensor, dim: builtins.int | Sequence[builtins.int] | None = None, keepdim: builtins.bool = False) -> Tensor:
    """The index (int64) of the largest element, of the first if there are several; without dim, as if flattened.

    Examples: x.argmax(); x.argmax(1); x.argmax(0, keepdim=True)
    """
def argmin(input: Tensor, dim: builtins.int | Sequence[builtins.int] | None = None, keepdim: builtins.bool = False) -> Tensor:
    """The index (int64) of the smallest element, of the first if there are several; without dim, as if flattened.

    Examples: x.argmin(); x.argmin(1); x.argmin(0, keepdim=True)
    """
def argsort(input: Tensor, dim: builtins.int = -1, descending: builtins.bool = False, stable: builtins.bool = False) -> Tensor:
    """The indices (int64) that sort input along dim.

    Examples: x.argsort()
    """
def argwhere(input: Tensor) -> Tensor:
    """The indices of what is not zero, a row each.

    Examples: torch.argwhere(ints)
    """
def as_tensor(data: Any, dtype: DType | None = None, *, requires_grad: builtins.bool = False, device: Any = None) -> Tensor:
    """data itself if it is a tensor of that dtype; of an array, a tensor that shares its memory; else `tensor(data)`.

    A tensor of another dtype is converted by `Tensor.to`, and stays part of its graph.

    >>> x = torch.ones(2)
    >>> torch.as_tensor(x) is x
    True
    """
def asarray(data: Any, dtype: DType | None = None, *, requires_grad: builtins.bool = False, device: Any = None) -> Tensor:
    """data itself if it is a tensor of that dtype; of an array, a tensor that shares its memory; else `tensor(data)`.

    A tensor of another dtype is converted by `Tensor.to`, and stays part of its graph.

    >>> x = torch.ones(2)
    >>> torch.as_tensor(x) is x
    True
    """
def baddbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: builtins.float = 1, alpha: builtins.float = 1) -> Tensor:
    """beta * input + alpha * bmm(batch1, batch2), with (b, n, k) and (b, k, m); input broadcasts to (b, n, m).

    Examples: torch.baddbmm(batch, batch, torch.ones(2, 4, 4, dtype=torch.float64))
    """
def bernoulli(input: Tensor, *, generator: Generator | None = None) -> Tensor:
    """1 with probability p, else 0, for each element p of input. Raises RuntimeError unless 0 <= p <= 1.

    >>> torch.bernoulli(torch.tensor([0.0, 1.0]))
    tensor([0., 1.])
    """
def bincount(input: Tensor, weights: Tensor | None = None, minlength: builtins.int = 0) -> Tensor:
    """How often each of 0, 1, 2, ... stands in input (1-D, integers, none negative), or the sum of its weights.

    Examples: ints.bincount()
    """
def bitwise_and(input: Tensor, other: Tensor | builtins.float) -> Tensor:
    """input & other, for ints and bools, element by element.

    Examples: (ints > 1).bitwise_and(ints < 3); ints.bitwise_and(ints + 1)
    """
def bitwise_not(input: Tensor) -> Tensor:
    """~input, for ints and bools. Raises TypeError for floats.

    Examples: ~(x > 0); ~ints
    """
def bitwise_or(input: Tensor, other: Tensor | builtins.float) -> Tensor:
    """input | other, for ints and bools, element by element.

    Examples: (ints > 1).bitwise_or(ints < 3); ints.bitwise_or(ints + 1)
    """
def bitwise_xor(input: Tensor, other: Tensor | builtins.float) -> Tensor:
    """input ^ other, for ints and bools, element by element.

    Examples: (ints > 1).bitwise_xor(ints < 3); ints.bitwise_xor(ints + 1)
    """
def bmm(input: Tensor, mat2: Tensor) -> Tensor:
    """The products of matrices pair by pair, (b, n, k) and (b, k, m): (b, n, m). Raises RuntimeError for others.

    Examples: batch.bmm(batch.transpose(1, 2))
    """
def broadcast_to(input: Tensor, *sizes: Any, size: Any = None) -> Tensor:
    """A view that repeats dimensions of length 1 to the given sizes; -1 keeps a dimension as it is.

    Raises RuntimeError where a dimension of another length would change.


    Examples: row.expand(3, 4)
    """
def cat(tensors: Sequence[Tensor], dim: builtins.int = 0) -> Tensor:
    """The tensors concatenated along dim; they agree in all other dimensions, or RuntimeError is raised.

    A tensor of shape (0,) goes with any other, and adds nothing.


    Examples: torch.cat([x, y], dim=1)
    """
def ceil(input: Tensor) -> Tensor:
    """The smallest integer that is not below each element; the derivative is 0. Raises RuntimeError for bools.

    Examples: x.ceil()
    """
def chunk(input: Tensor, chunks: builtins.int, dim: builtins.int = 0) -> builtins.tuple[Tensor, ...]:
    """At most `chunks` views of input along dim, of one length but for the last. Raises RuntimeError for none.

    Examples: x.chunk(2)[0]
    """
def clamp(input: Tensor, min: Tensor | builtins.float | None = None, max: Tensor | builtins.float | None = None) -> Tensor:
    """min(max(input, min), max), each bound a number, a tensor or None. The gradient at a bound goes to input.

    Raises RuntimeError where both bounds are None, or a number does not fit the dtype of input.


    Examples: x.clamp(-1, 1); x.clamp(max=0.5); x.clamp(-positive, y)
    """
def clamp_max(input: Tensor, max: Any) -> Tensor:
    """min(input, max).

    Examples: x.clamp_max(0.5)
    """
def clamp_min(input: Tensor, min: Any) -> Tensor:
    """max(input, min).

    Examples: x.clamp_min(-0.5)
    """
def clip(input: Tensor, min: Tensor | builtins.float | None = None, max: Tensor | builtins.float | None = None) -> Tensor:
    """min(max(input, min), max), each bound a number, a tensor or None. The gradient at a bound goes to input.

    Raises RuntimeError where both bounds are None, or a number does not fit the dtype of input.


    Examples: x.clamp(-1, 1); x.clamp(max=0.5); x.clamp(-positive, y)
    """
def clone(input: Tensor) -> Tensor:
    """A copy in memory of its own, still in the graph.

    Examples: x.clone(); x.T.clone()
    """
def concat(tensors: Sequence[Tensor], dim: builtins.int = 0) -> Tensor:
    """The tensors concatenated along dim; they agree in all other dimensions, or RuntimeError is raised.

    A tensor of shape (0,) goes with any other, and adds nothing.


    Examples: torch.cat([x, y], dim=1)
    """
def concatenate(tensors: Sequence[Tensor], dim: builtins.int = 0) -> Tensor:
    """The tensors concatenated along dim; they agree in all other dimensions, or RuntimeError is raised.

    A tensor of shape (0,) goes with any other, and adds nothing.


    Examples: torch.cat([x, y], dim=1)
    """
def contiguous(input: Tensor) -> Tensor:
    """input itself where it is contiguous, its elements in row-major order in memory; else a copy that is.

    Examples: x.t().contiguous()
    """
def cos(input: Tensor) -> Tensor:
    """The cosine of each element, in radians.

    Examples: x.cos()
    """
def count_nonzero(input: Tensor, dim: Any = None) -> Tensor:
    """How many elements over dim are not zero, int64.

    Examples: x.count_nonzero()
    """
def cumprod(input: Tensor, dim: builtins.int | Sequence[builtins.int] | None, *, dtype: DType | None = None) -> Tensor:
    """The cumulative products along dim. Integers and bools multiply in int64.

    The derivative of each product by an element is the product of the others in it, so a zero does not spoil it.


    Examples: x.cumprod(0); x.cumprod(1)
    """
def cumsum(input: Tensor, dim: builtins.int | Sequence[builtins.int] | None, *, dtype: DType | None = None) -> Tensor:
    """The cumulative sums along dim. Integers and bools add up in int64.

    float32 is added up in float64, as PyTorch does, so that long sums do not drift.


    Examples: x.cumsum(0); x.cumsum(1)
    """
def diag(input: Tensor, diagonal: builtins.int = 0) -> Tensor:
    """Of a matrix its diagonal, copied; of a vector the matrix that has it there and 0 elsewhere.

    Raises RuntimeError for anything else.


    Examples: square.diag()
    """
def diagonal(input: Tensor, offset: builtins.int = 0, dim1: builtins.int = 0, dim2: builtins.int = 1) -> Tensor:
    """A view of the elements whose index along dim2 is that along dim1 plus offset, in a new last dimension.

    Examples: square.diagonal(); batch.diagonal(1, dim1=0, dim2=2)
    """
def diff(input: Tensor, n: builtins.int = 1, dim: builtins.int = -1) -> Tensor:
    """The differences of adjacent elements along dim, taken n times; of bools, whether they differ.

    With n=0 a copy; where dim has no elements, the tensor itself. Raises RuntimeError for a tensor without dimensions,
    and for a negative n.


    Examples: x.diff()
    """
def div(input: Tensor, other: Tensor | builtins.float) -> Tensor:
    """input / other, in floats.

    Examples: x / positive; x / 3
    """
def divide(input: Tensor, other: Tensor | builtins.float) -> Tensor:
    """input / other, in floats.

    Examples: x / positive; x / 3
    """
def dot(input: Tensor, tensor: Tensor) -> Tensor:
    """The sum of the products of two vectors' elements, (n,) and (n,): (). Raises RuntimeError where they are not.

    Examples: row.dot(row)
    """
def einsum(equation: builtins.str, *operands: Any) -> Tensor:
    """A sum of products, written in letters: einsum('bij,bjk->bik', x, y) multiplies matrices.

    Each letter names a dimension, the same one wherever it stands; those not after the arrow are summed over.
    A letter that is repeated in one tensor means its diagonal. Three tensors and more are multiplied from the left.
    Raises RuntimeError for an equation that does not fit.


    Examples: torch.einsum('ij,jk->ik', x, square); torch.einsum('ij->j', x)
    """
def empty(*shape: Any, size: Any = ..., dtype: DType | None = None, requires_grad: builtins.bool = False, device: Any = None) -> Tensor:
    """A tensor of a shape whose numbers are whatever was in the memory.

    >>> torch.empty(2, 3).shape
    torch.Size([2, 3])
    """
def empty_like(input: Tensor, *args: Any, dtype: DType | None = None, **options: Any) -> Tensor:
    """empty in the shape of input, lying as it does, and in its dtype where none is given.

    >>> torch.empty_like(torch.ones(2, 3)).shape
    torch.Size([2, 3])
    """
def eq(input: Tensor, other: Tensor | builtins.float) -> Tensor:
    """input == other, element by element; bools.

    Examples: x == y; x == 0.5; ints == 2
    """
def equal(input: Tensor, other: Tensor) -> builtins.bool:
    """Whether two tensors have one shape and the same elements.

    Examples: torch.equal(x, y)
    """
def exp(input: Tensor) -> Tensor:
    """e**input.

    Examples: x.exp()
    """
def expand(input: Tensor, *sizes: Any, size: Any = None) -> Tensor:
    """A view that repeats dimensions of length 1 to the given sizes; -1 keeps a dimension as it is.

    Raises RuntimeError where a dimension of another length would change.


    Examples: row.expand(3, 4)
    """
def expand_as(input: Tensor, other: Tensor) -> Tensor:
    """A view expanded to the shape of other.

    Examples: row.expand_as(x)
    """
def expm1(input: Tensor) -> Tensor:
    """exp(input) - 1, accurate for small numbers too.

    Examples: x.expm1()
    """
def eye(n: builtins.int, m: builtins.int | None = None, *, dtype: DType | None = None, requires_grad: builtins.bool = False, device: Any = None) -> Tensor:
    """The n by m (by default n by n) matrix with ones on the diagonal. Raises RuntimeError if n or m is negative.

    >>> torch.eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
def fill_(input: Tensor, value: Any) -> Tensor:
    """Fill input with one number, or with a tensor without dimensions, in place.

    Examples: x.clone().fill_(3.0)
    """
def flatten(input: Tensor, start_dim: builtins.int = 0, end_dim: builtins.int = -1) -> Tensor:
    """The dimensions from start_dim to end_dim, that included, as one. Raises RuntimeError where they are exchanged.

    Examples: batch.flatten(1)
    """
def flip(input: Tensor, *axes: Any, dims: Any = None) -> Tensor:
    """The elements in the opposite order along dims, a copy.

    Examples: x.flip(0)
    """
def floor(input: Tensor) -> Tensor:
    """The largest integer that is not above each element; the derivative is 0. Raises RuntimeError for bools.

    Examples: x.floor()
    """
def floor_divide(input: Tensor, other: Tensor | builtins.float) -> Tensor:
    """floor(input / other); it has no derivative. Raises RuntimeError for bools, and for integers over 0.

    Examples: x.detach() // 0.7; ints // 2
    """
def from_dlpack(ext_tensor: Any, *, device: Any = None, copy: builtins.bool | None = None) -> Tensor:
    """A tensor in the memory of another library's. copy: True never shares it, False raises where it cannot be shared.

    What may not be written to there, such as an array of JAX, may not be changed in place here. Raises TypeError for
    dtypes that are not here, RuntimeError for another device than the CPU.

    >>> import numpy as np
    >>> torch.from_dlpack(np.arange(3.0))
    tensor([0., 1., 2.], dtype=torch.float64)


    Examples: torch.from_dlpack(x.detach())
    """
def from_numpy(array: ndarray) -> Tensor:
    """A tensor that shares the memory of a NumPy array. Raises TypeError for anything else, or a dtype not here.

    >>> import numpy as np
    >>> torch.from_numpy(np.array([1.0, 2.0]))
    tensor([1., 2.], dtype=torch.float64)
    """
def full(size: Any, fill_value: Any, *, dtype: DType | None = None, requires_grad: builtins.bool = False, device: Any = None) -> Tensor:
    """A tensor of the given shape filled with a number, fill_value, whose dtype it has unless one is given.

    Raises TypeError if fill_value is not a number, RuntimeError if it does not fit the dtype.

    >>> torch.full((2, 3), 7)
    tensor([[7, 7, 7],
            [7, 7, 7]])
    """
def full_like(input: Tensor, *args: Any, dtype: DType | None = None, **options: Any) -> Tensor:
    """full in the shape of input, lying as it does, and in its dtype where none is given.

    >>> torch.full_like(torch.ones(2, 3), 5.0).shape
    torch.Size([2, 3])
    """
def gather(input: Tensor, dim: builtins.int, index: Tensor) -> Tensor:
    """Elements of input by their index along dim: out[i, j] = input[index[i, j], j] for dim 0, and so on.

    index: int64, with as many dimensions as input, none but dim longer than input's. Raises RuntimeError where it is
    not, or points outside.


    Examples: x.gather(1, ints[:3].view(3, 1))
    """
def ge(input: Tensor, other: Tensor | builtins.float) -> Tensor:
    """input >= other, element by element; bools.

    Examples: x >= y; x >= 0.5; ints >= 2
    """
def get_rng_state() -> Tensor:
    """The state of the stream, 5056 bytes.

    >>> state = torch.get_rng_state()
    >>> first = torch.rand(3)
    >>> torch.set_rng_state(state)
    >>> torch.equal(torch.rand(3), first)
    True
    """
def gradient(input: Tensor, *, spacing: Any = 1, dim: Any = None, edge_order: builtins.int = 1) -> builtins.tuple[Tensor, ...]:
    """The gradient of input along each of dim, by default all: central differences, one-sided ones at the ends.

    spacing: the distance between neighbours, one for all dims or one for each. edge_order: 1, or 2 from two neighbours.
    Raises RuntimeError where a dimension has not more than edge_order elements.


    Examples: torch.gradient(row)[0]
    """
def greater(input: Tensor, other: Tensor | builtins.float) -> Tensor:
    """input > other, element by element; bools.

    Examples: x > y; x > 0.5; ints > 2
    """
def greater_equal(input: Tensor, other: Tensor | builtins.float) -> Tensor:
    """input >= other, element by element; bools.

    Examples: x >= y; x >= 0.5; ints >= 2
    """
def gt(input: Tensor, other: Tensor | builtins.float) -> Tensor:
    """input > other, element by element; bools.

    Examples: x > y; x > 0.5; ints > 2
    """
def histc(input: Tensor, bins: builtins.int = 100, min: builtins.float = 0, max: builtins.float = 0) -> Tensor:
    """How many elements fall into each of `bins` bins of equal width between min and max, as floats.

    Where min and max are equal, between the smallest and the largest element. Raises RuntimeError where there are no
    bins or the range is not finite.


    Examples: x.detach().histc(4)
    """
def histogram(input: Tensor, bins: Any = 100, *, range: builtins.tuple[builtins.float, builtins.float] | None = None, density: builtins.bool = False) -> Histogram:
    """How many elements fall into each of `bins` bins of equal width between the smallest and the largest element.

    bins: their number, or a 1-D tensor of the edges. range: other ends. density: the counts divided by their sum and by
    the width. Raises RuntimeError for no floats, and where there are no bins or the range is not finite.


    Examples: torch.histogram(x.detach(), 4).hist
    """
def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """The tensors concatenated along their second dimension, or the only one.

    Examples: torch.hstack([x, y])
    """
def index_add(input: Tensor, dim: builtins.int, index: Tensor, source: Tensor, *, alpha: builtins.float = 1) -> Tensor:
    """input with alpha * source added at the positions along dim that index (1-D) names.

    Raises RuntimeError where source does not have the shape of the chosen part.


    Examples: x.index_add(1, ints, y)
    """
def index_select(input: Tensor, dim: builtins.int, index: Tensor) -> Tensor:
    """The elements along dim that index (1-D, of ints) names, in its order. Raises IndexError where it is not so.

    Examples: x.index_select(1, ints)
    """
def initial_seed() -> builtins.int:
    """The seed the stream began with, 0 to 2**64 - 1."""
def is_contiguous(input: Tensor) -> builtins.bool:
    """Whether the elements lie in row-major order in memory, without gaps.

    Examples: x.t().is_contiguous()
    """
def is_floating_point(input: Tensor) -> builtins.bool:
    """Whether the elements are floats.

    Examples: torch.is_floating_point(x)
    """
def is_tensor(obj: Any) -> builtins.bool:
    """Whether obj is a Tensor.

    >>> torch.is_tensor([1.0])
    False
    """
def isclose(input: Tensor, other: Tensor, rtol: builtins.float = 1e-05, atol: builtins.float = 1e-08, equal_nan: builtins.bool = False) -> Tensor:
    """Whether |input - other| <= atol + rtol * |other|, by element. Raises RuntimeError for different dtypes.

    Examples: torch.isclose(x, x + 1e-9)
    """
def isfinite(input: Tensor) -> Tensor:
    """Whether each element is neither nan nor infinite.

    Examples: (x / 0).isfinite()
    """
def isin(elements: Any, test_elements: Any) -> Tensor:
    """Whether each of elements is among test_elements; one of the two may be a number, TypeError is raised for both.

    Examples: torch.isin(ints, ints[:2])
    """
def isinf(input: Tensor) -> Tensor:
    """Whether each element is inf or -inf.

    Examples: (x / 0).isinf()
    """
def isnan(input: Tensor) -> Tensor:
    """Whether each element is nan.

    Examples: (x / 0).isnan()
    """
def le(input: Tensor, other: Tensor | builtins.float) -> Tensor:
    """input <= other, element by element; bools.

    Examples: x <= y; x <= 0.5; ints <= 2
    """
def lerp(input: Tensor, end: Tensor | builtins.float, weight: Tensor | builtins.float) -> Tensor:
    """input + weight * (end - input), from whichever end is nearer, so that weight 1 gives end exactly.

    Raises RuntimeError where the elements are not floats of one dtype.


    Examples: x.lerp(y, 0.3); torch.lerp(x, y, positive)
    """
def less(input: Tensor, other: Tensor | builtins.float) -> Tensor:
    """input < other, element by element; bools.

    Examples: x < y; x < 0.5; ints < 2
    """
def less_equal(input: Tensor, other: Tensor | builtins.float) -> Tensor:
    """input <= other, element by element; bools.

    Examples: x <= y; x <= 0.5; ints <= 2
    """
def linspace(start: Any, end: Any, steps: builtins.int, *, dtype: DType | None = None, requires_grad: builtins.bool = False, device: Any = None) -> Tensor:
    """steps evenly spaced numbers from start to end, both included.

    >>> torch.linspace(0, 1, 5)
    tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])
    """
def log(input: Tensor) -> Tensor:
    """The natural logarithm of each element: -inf of 0, nan of a negative one.

    Examples: positive.log()
    """
def log10(input: Tensor) -> Tensor:
    """The logarithm to base 10.

    Examples: positive.log10()
    """
def log1p(input: Tensor) -> Tensor:
    """log(1 + input), accurate for small numbers too.

    Examples: positive.log1p()
    """
def log2(input: Tensor) -> Tensor:
    """The logarithm to base 2.

    Examples: positive.log2()
    """
def log_softmax(input: Tensor, dim: builtins.int | Sequence[builtins.int] | None, dtype: DType | None = None) -> Tensor:
    """softmax(input, dim).log(), in one node, without overflow. Raises RuntimeError for other dtypes than floats.

    Examples: x.log_softmax(1); batch.log_softmax(0)
    """
def logical_and(input: Tensor, other: Tensor | builtins.float) -> Tensor:
    """Whether both are not zero, element by element.

    Examples: (ints > 1).logical_and(ints < 3); ints.logical_and(ints + 1)
    """
def logical_not(input: Tensor) -> Tensor:
    """Whether each element is zero.

    Examples: (x / 0).logical_not()
    """
def logical_or(input: Tensor, other: Tensor | builtins.float) -> Tensor:
    """Whether one or both are not zero, element by element.

    Examples: (ints > 1).logical_or(ints < 3); ints.logical_or(ints + 1)
    """
def logical_xor(input: Tensor, other: Tensor | builtins.float) -> Tensor:
    """Whether exactly one of both is not zero, element by element.

    Examples: (ints > 1).logical_xor(ints < 3); ints.logical_xor(ints + 1)
    """
def logspace(start: Any, end: Any, steps: builtins.int, base: builtins.float = 10.0, *, dtype: DType | None = None, requires_grad: builtins.bool = False, device: Any = None) -> Tensor:
    """base to the power of the numbers of linspace(start, end, steps).

    >>> torch.logspace(0, 2, 3)
    tensor([  1.,  10., 100.])
    """
def logsumexp(input: Tensor, dim: builtins.int | Sequence[builtins.int] | None, keepdim: builtins.bool = False) -> Tensor:
    """exp(input).sum(dim).log(), in one node and without overflow.

    Examples: x.logsumexp(1); batch.logsumexp((0, 2), keepdim=True)
    """
def lt(input: Tensor, other: Tensor | builtins.float) -> Tensor:
    """input < other, element by element; bools.

    Examples: x < y; x < 0.5; ints < 2
    """
def manual_seed(seed: builtins.int) -> Generator:
    """Seed the default generator, and return it.

    >>> generator = torch.manual_seed(42)
    >>> torch.rand(2)
    tensor([0.8823, 0.9150])
    """
def masked_fill(input: Tensor, mask: Tensor | builtins.float, value: Tensor | builtins.float) -> Tensor:
    """input with value, a number or a tensor without dimensions, wherever mask is True; mask broadcasts to input.

    Raises RuntimeError where mask is not of bools, or value has dimensions or does not fit the dtype of input.


    Examples: x.masked_fill(y > 0, 0.5); x.masked_fill(y > 0, y.sum())
    """
def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """The elements where mask, of bools, is True, 1-D; the two broadcast. Raises RuntimeError for another mask.

    Examples: x.masked_select(mask)
    """
def matmul(input: Tensor, other: Tensor) -> Tensor:
    """input @ other: over the last dimension of input and the last but one of other, or the only one of a vector.

    (n, k) @ (k, m) is (n, m); leading dimensions broadcast: (b, n, k) @ (k, m) is (b, n, m). Raises RuntimeError where
    the sizes do not fit or the dtypes differ.


    Examples: x @ square
    """
@overload
def max(input: Tensor) -> Tensor:
    """The largest element; with dim, the values and indices of the largest along it.

    With a tensor in place of dim, `maximum` of the two. Raises RuntimeError or IndexError where there are no elements.


    Examples: x.max(1).values
    """
@overload
def max(input: Tensor, dim: builtins.int, keepdim: builtins.bool = False) -> ValuesAndIndices:
    """The largest element; with dim, the values and indices of the largest along it.

    With a tensor in place of dim, `maximum` of the two. Raises RuntimeError or IndexError where there are no elements.


    Examples: x.max(1).values
    """
@overload
def max(input: Tensor, other: Tensor) -> Tensor:
    """The largest element; with dim, the values and indices of the largest along it.

    With a tensor in place of dim, `maximum` of the two. Raises RuntimeError or IndexError where there are no elements.


    Examples: x.max(1).values
    """
def maximum(input: Tensor, other: Tensor | builtins.float) -> Tensor:
    """The larger of two, element by element; where both are equal each gets half of the gradient.

    Examples: torch.maximum(x, y); torch.maximum(x, x.detach().round())
    """
def mean(input: Tensor, dim: builtins.int | Sequence[builtins.int] | None = None, keepdim: builtins.bool = False, *, dtype: DType | None = None) -> Tensor:
    """The mean over dim. Raises RuntimeError where the elements are not floats.

    Examples: x.mean(); x.mean(0); batch.mean((0, 2)); x.mean(1, keepdim=True)
    """
@overload
def median(input: Tensor) -> Tensor:
    """The element in the middle, the lower of two; nan where there is one. With dim, values and indices along it.

    Raises RuntimeError for bools.


    Examples: x.median()
    """
@overload
def median(input: Tensor, dim: builtins.int, keepdim: builtins.bool = False) -> ValuesAndIndices:
    """The element in the middle, the lower of two; nan where there is one. With dim, values and indices along it.

    Raises RuntimeError for bools.


    Examples: x.median()
    """
def meshgrid(*tensors: Any, indexing: builtins.str = 'ij') -> builtins.tuple[Tensor, ...]:
    """A view of each 1-D tensor along a dimension of its own, expanded over all; 'xy' exchanges the first two.

    Examples: torch.meshgrid(row, row, indexing='ij')[0]
    """
@overload
def min(input: Tensor) -> Tensor:
    """The smallest element; with dim, the values and indices of the smallest along it.

    With a tensor in place of dim, `minimum` of the two. Raises RuntimeError or IndexError where there are no elements.


    Examples: x.min(1).values
    """
@overload
def min(input: Tensor, dim: builtins.int, keepdim: builtins.bool = False) -> ValuesAndIndices:
    """The smallest element; with dim, the values and indices of the smallest along it.

    With a tensor in place of dim, `minimum` of the two. Raises RuntimeError or IndexError where there are no elements.


    Examples: x.min(1).values
    """
@overload
def min(input: Tensor, other: Tensor) -> Tensor:
    """The smallest element; with dim, the values and indices of the smallest along it.

    With a tensor in place of dim, `minimum` of the two. Raises RuntimeError or IndexError where there are no elements.


    Examples: x.min(1).values
    """
def minimum(input: Tensor, other: Tensor | builtins.float) -> Tensor:
    """The smaller of two, element by element; where both are equal each gets half of the gradient.

    Examples: torch.minimum(x, y); torch.minimum(x, x.detach().round())
    """
def mm(input: Tensor, mat2: Tensor) -> Tensor:
    """The product of two matrices, (n, k) and (k, m): (n, m). Raises RuntimeError where they are not.

    Examples: x.mm(square)
    """
def moveaxis(input: Tensor, source: Any, destination: Any) -> Tensor:
    """A view with some dimensions, one or several, at other positions, the rest in the order they had.

    Examples: batch.movedim(0, 2)
    """
def movedim(input: Tensor, source: Any, destination: Any) -> Tensor:
    """A view with some dimensions, one or several, at other positions, the rest in the order they had.

    Examples: batch.movedim(0, 2)
    """
def mul(input: Tensor, other: Tensor | builtins.float) -> Tensor:
    """input * other.

    Examples: x * y; x * row; 3 * x; x * x
    """
def multinomial(input: Tensor, num_samples: builtins.int, replacement: builtins.bool = False, *, generator: Generator | None = None) -> Tensor:
    """Indices (int64) drawn with probabilities proportional to input, over its last dimension.

    input: weights of the shape (n,) or (rows, n); the result is (num_samples,) or (rows, num_samples). Which samples a
    seed gives has changed in PyTorch; see `Generator.legacy_multinomial` for those of the lectures.
    Raises RuntimeError for weights that are no floats, or negative, infinite or nan, and, without replacement, for more
    samples than weights above 0.

    >>> torch.multinomial(torch.tensor([0.0, 1.0, 0.0]), 3, replacement=True)
    tensor([1, 1, 1])
    """
def multiply(input: Tensor, other: Tensor | builtins.float) -> Tensor:
    """input * other.

    Examples: x * y; x * row; 3 * x; x * x
    """
def mv(input: Tensor, vec: Tensor) -> Tensor:
    """The product of a matrix (n, k) and a vector (k,): (n,). Raises RuntimeError where they are not.

    Examples: x.mv(row)
    """
def nan_to_num(input: Tensor, nan: builtins.float | None = 0.0, posinf: builtins.float | None = None, neginf: builtins.float | None = None) -> Tensor:
    """input with numbers in place of nan, inf and -inf; for the last two the largest and smallest if none are given.

    Examples: x.nan_to_num(); (x / 0).nan_to_num(nan=1.0, posinf=2.0)
    """
def narrow(input: Tensor, dim: builtins.int, start: Any, length: builtins.int) -> Tensor:
    """A view of `length` elements along dim, from start on, which may count from the end.

    Raises IndexError or RuntimeError where they are not there.


    Examples: x.narrow(1, 1, 2)
    """
def ne(input: Tensor, other: Tensor | builtins.float) -> Tensor:
    """input != other, element by element; bools.

    Examples: x != y; x != 0.5; ints != 2
    """
def neg(input: Tensor) -> Tensor:
    """-input. Raises RuntimeError for bools.

    Examples: -x
    """
def negative(input: Tensor) -> Tensor:
    """-input. Raises RuntimeError for bools.

    Examples: -x
    """
@overload
def nonzero(input: Tensor, as_tuple: Literal[False] = False) -> Tensor:
    """The indices of what is not zero: a row each, (n, input.ndim), or as_tuple a tensor (n,) for each dimension.

    Examples: ints.nonzero()
    """
@overload
def nonzero(input: Tensor, as_tuple: Literal[True]) -> builtins.tuple[Tensor, ...]:
    """The indices of what is not zero: a row each, (n, input.ndim), or as_tuple a tensor (n,) for each dimension.

    Examples: ints.nonzero()
    """
def norm(input: Tensor, p: builtins.float | builtins.str | None = 'fro', dim: builtins.int | Sequence[builtins.int] | None = None, keepdim: builtins.bool = False, dtype: DType | None = None) -> Tensor:
    """(|input|**p).sum(dim)**(1 / p); p=2, 'fro', is the Euclidean norm, p=inf the largest absolute value.

    p=0 counts what is not 0. Where the norm is 0, or does not depend on an element, the gradient is 0. Raises
    RuntimeError where the elements are not floats.


    Examples: x.norm(); x.norm(1, dim=0); x.norm(math.inf, dim=1)
    """
def normal(mean: Any, std: Any = 1.0, size: Any = None, *, generator: Generator | None = None) -> Tensor:
    """Normal random numbers: normal(mean, std, size), or with a tensor as mean or std, one number for each element.

    Raises RuntimeError for a negative standard deviation.

    >>> torch.normal(0.0, 1.0, (2, 3)).shape
    torch.Size([2, 3])
    """
def not_equal(input: Tensor, other: Tensor | builtins.float) -> Tensor:
    """input != other, element by element; bools.

    Examples: x != y; x != 0.5; ints != 2
    """
def numel(input: Tensor) -> builtins.int:
    """The number of elements.

    >>> torch.numel(torch.ones(2, 3))
    6
    """
def ones(*shape: Any, size: Any = ..., dtype: DType | None = None, requires_grad: builtins.bool = False, device: Any = None) -> Tensor:
    """Ones in a shape.

    >>> torch.ones(2, 3).shape
    torch.Size([2, 3])
    """
def ones_like(input: Tensor, *args: Any, dtype: DType | None = None, **options: Any) -> Tensor:
    """ones in the shape of input, lying as it does, and in its dtype where none is given.

    >>> torch.ones_like(torch.ones(2, 3)).shape
    torch.Size([2, 3])
    """
def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """The products of each element of (n,) and each of (m,): (n, m). Raises RuntimeError where they are no vectors.

    Examples: row.outer(row)
    """
def permute(input: Tensor, *order: Any, dims: Any = None) -> Tensor:
    """A view with the dimensions in the order of dims. Raises RuntimeError where they are not all named once.

    Examples: batch.permute(2, 0, 1)
    """
def pow(input: Tensor, exponent: Tensor | builtins.float) -> Tensor:
    """Each element to the power of a number or a tensor. Raises RuntimeError for ints to a negative int.

    Examples: x**2; positive**y; x**3; x**0
    """
def prod(input: Tensor, dim: builtins.int | Sequence[builtins.int] | None = None, keepdim: builtins.bool = False, *, dtype: DType | None = None) -> Tensor:
    """The product over dim, or of all elements. Integers and bools multiply in int64.

    The derivative is out / x or, beside a zero, the product of all the others.


    Examples: x.prod(); x.prod(0); x.prod(1, keepdim=True)
    """
def quantile(input: Tensor, q: Any, dim: builtins.int | None = None, keepdim: builtins.bool = False) -> Tensor:
    """The q-th quantile over dim, or over all elements, linearly interpolated; q: a number in [0, 1] or a 1-D tensor.

    Several q add a leading dimension. Raises RuntimeError where the dtypes differ or a q is not in [0, 1].


    Examples: x.quantile(0.5)
    """
def rand(*shape: Any, size: Any = ..., generator: Generator | None = None, dtype: DType | None = None, requires_grad: builtins.bool = False, device: Any = None) -> Tensor:
    """A tensor of the given shape, uniform on [0, 1).

    >>> torch.rand(2, 3, generator=torch.Generator().manual_seed(1)).shape
    torch.Size([2, 3])
    """
def rand_like(input: Tensor, **options: Any) -> Tensor:
    """rand with the shape, the order in memory and, unless given, the dtype of input.

    >>> torch.rand_like(torch.ones(2, 3)).shape
    torch.Size([2, 3])
    """
def randint(low: builtins.int = 0, high: Any = None, size: Any = None, *, generator: Generator | None = None, dtype: DType | None = None, requires_grad: builtins.bool = False, device: Any = None) -> Tensor:
    """Integers drawn uniformly from [low, high); randint(high, size) begins at 0.

    Raises RuntimeError unless low < high.

    >>> torch.randint(0, 10, (4,), generator=torch.Generator().manual_seed(1))
    tensor([5, 9, 4, 8])
    """
def randint_like(input: Tensor, low: builtins.int, high: builtins.int | None = None, *, dtype: DType | None = None) -> Tensor:
    """randint with the shape and, unless given, the dtype of input.

    >>> torch.randint_like(torch.ones(2, 3), 5).shape
    torch.Size([2, 3])
    """
def randn(*shape: Any, size: Any = ..., generator: Generator | None = None, dtype: DType | None = None, requires_grad: builtins.bool = False, device: Any = None) -> Tensor:
    """A tensor of the given shape from the standard normal distribution.

    >>> torch.randn(2, 3, generator=torch.Generator().manual_seed(1)).shape
    torch.Size([2, 3])
    """
def randn_like(input: Tensor, **options: Any) -> Tensor:
    """randn with the shape, the order in memory and, unless given, the dtype of input.

    >>> torch.randn_like(torch.ones(2, 3)).shape
    torch.Size([2, 3])
    """
def randperm(n: builtins.int, *, generator: Generator | None = None, dtype: DType | None = None, requires_grad: builtins.bool = False, device: Any = None) -> Tensor:
    """A random permutation of 0 to n - 1, int64.

    >>> torch.randperm(5, generator=torch.Generator().manual_seed(1)).sort().values
    tensor([0, 1, 2, 3, 4])
    """
def ravel(input: Tensor) -> Tensor:
    """The elements in one dimension: a view where they are contiguous, else a copy.

    Examples: x.ravel()
    """
def reciprocal(input: Tensor) -> Tensor:
    """1 / input.

    Examples: positive.reciprocal(); 2 / positive
    """
def relu(input: Tensor) -> Tensor:
    """max(input, 0). The derivative at 0 is 0, and that of nan 1, as in PyTorch. Raises RuntimeError for bools.

    Examples: x.relu()
    """
def remainder(input: Tensor, other: Tensor | builtins.float) -> Tensor:
    """input - floor(input / other) * other, which has the sign of other. Raises RuntimeError for integers over 0.

    Examples: x % positive; x % 0.7
    """
def repeat(input: Tensor, *sizes: Any, repeats: Any = None) -> Tensor:
    """input repeated sizes[d] times along each dimension; more sizes than dimensions add leading ones.

    Raises RuntimeError for fewer sizes than dimensions.


    Examples: row.repeat(3, 1)
    """
def repeat_interleave(input: Tensor, repeats: Any, dim: builtins.int | None = None) -> Tensor:
    """Each element along dim (of the flattened tensor without dim) repeats times, a number or a tensor of one each.

    Raises RuntimeError for repeats that are negative, no integers, or not as many as the elements along dim.


    Examples: row.repeat_interleave(2)
    """
def reshape(input: Tensor, *sizes: Any, shape: Any = ...) -> Tensor:
    """The elements in another shape: a view where the order in memory allows it, else a copy.

    Examples: x.reshape(-1)
    """
def roll(input: Tensor, shifts: builtins.int | Sequence[builtins.int] | None, dims: builtins.int | Sequence[builtins.int] | None = None) -> Tensor:
    """The elements moved by shifts along dims (along the flattened tensor without dims), the last ones to the front.

    Examples: x.roll(1); x.roll(1, 0); x.roll((1, 2), (0, 1))
    """
def round(input: Tensor, *, decimals: builtins.int = 0) -> Tensor:
    """Each element rounded to so many decimals, half to even; the derivative is 0.

    Raises RuntimeError for bools.


    Examples: x.round(); x.round(decimals=1)
    """
def rsqrt(input: Tensor) -> Tensor:
    """1 / sqrt(input).

    Examples: positive.rsqrt()
    """
def scatter(input: Tensor, dim: builtins.int, index: Tensor, src: Any = None, *, value: Any = None) -> Tensor:
    """A copy of input with src put into it by scatter_.

    Examples: x.scatter(1, ints.repeat(3, 1), y)
    """
def scatter_add(input: Tensor, dim: builtins.int, index: Tensor, src: Tensor) -> Tensor:
    """input with src added: input[index[i, j], j] + src[i, j] for dim 0 and so on; those of one index add up.

    Examples: x.scatter_add(1, ints.repeat(3, 1), y)
    """
def searchsorted(sorted_sequence: Tensor, input: Any, *, right: builtins.bool = False) -> Tensor:
    """The index (int64) at which each of input would go into a sorted sequence: before equals, or after if right.

    sorted_sequence: one dimension, or as many as input and in all but the last the same, a sequence to each row.
    Raises RuntimeError where the shapes do not fit.


    Examples: torch.searchsorted(torch.arange(4), ints)
    """
def seed() -> builtins.int:
    """Start the stream of a fresh seed, taken from the operating system, and return the seed."""
def select(input: Tensor, dim: builtins.int, index: builtins.int) -> Tensor:
    """A view of one index along dim, without that dimension.

    Examples: x.select(1, 2)
    """
def set_rng_state(new_state: Any) -> None:
    """Restore a state that get_state gave. Raises TypeError or RuntimeError for anything else."""
def sigmoid(input: Tensor) -> Tensor:
    """1 / (1 + exp(-input)).

    Examples: x.sigmoid()
    """
def sign(input: Tensor) -> Tensor:
    """-1, 0 or 1: the sign of each element; the derivative is 0.

    Examples: x.sign()
    """
def sin(input: Tensor) -> Tensor:
    """The sine of each element, in radians.

    Examples: x.sin()
    """
def softmax(input: Tensor, dim: builtins.int | Sequence[builtins.int] | None, dtype: DType | None = None) -> Tensor:
    """exp(input) / exp(input).sum(dim, keepdim=True), in one node. Raises RuntimeError for other dtypes than floats.

    Examples: x.softmax(1); batch.softmax(0); F.softmax(x, dim=-1)
    """
def sort(input: Tensor, dim: builtins.int = -1, descending: builtins.bool = False, stable: builtins.bool = False) -> ValuesAndIndices:
    """The values sorted along dim, and their indices. The sort is stable; nan counts as the largest.

    Examples: x.sort().values
    """
def split(input: Tensor, split_size_or_sections: Any, dim: builtins.int = 0) -> builtins.tuple[Tensor, ...]:
    """Consecutive views along dim: of one length (the last may be shorter), or of the lengths listed.

    Raises RuntimeError for a length of 0, lengths that do not add up to that of dim, and of a single number.


    Examples: x.split(2)[0]
    """
def sqrt(input: Tensor) -> Tensor:
    """The square root of each element: nan of a negative one.

    Examples: positive.sqrt()
    """
def square(input: Tensor) -> Tensor:
    """input**2.

    Examples: x.square()
    """
def squeeze(input: Tensor, dim: builtins.int | Sequence[builtins.int] | None = None) -> Tensor:
    """Without dimension dim, or several, where its length is 1; without dim, without all dimensions of length 1.

    Examples: x[None].squeeze(); x[None, :, None].squeeze(2); x[None].squeeze((0, 1))
    """
def stack(tensors: Sequence[Tensor], dim: builtins.int = 0) -> Tensor:
    """The tensors stacked along a new dimension dim; they have one shape, or RuntimeError is raised.

    Examples: torch.stack([x, y])
    """
def std(input: Tensor, dim: builtins.int | Sequence[builtins.int] | None = None, unbiased: Any = None, keepdim: builtins.bool = False, *, correction: builtins.float | None = None) -> Tensor:
    """The standard deviation over dim, the square root of `var`; where it is 0, its gradient is 0.

    Examples: x.std(); x.std(0); x.std(1, keepdim=True); x.std(0, correction=0)
    """
def std_mean(input: Tensor, *args: Any, **kwargs: Any) -> builtins.tuple[Tensor, Tensor]:
    """std and, over the same dims, mean.

    Examples: torch.std_mean(x, 1)[0]
    """
def sub(input: Tensor, other: Tensor | builtins.float, *, alpha: builtins.float = 1) -> Tensor:
    """input - alpha * other. Raises RuntimeError for bools, and for a float alpha of ints.

    Examples: x - y; x - row; x.sub(y, alpha=3)
    """
def subtract(input: Tensor, other: Tensor | builtins.float, *, alpha: builtins.float = 1) -> Tensor:
    """input - alpha * other. Raises RuntimeError for bools, and for a float alpha of ints.

    Examples: x - y; x - row; x.sub(y, alpha=3)
    """
def sum(input: Tensor, dim: builtins.int | Sequence[builtins.int] | None = None, keepdim: builtins.bool = False, *, dtype: DType | None = None) -> Tensor:
    """The sum over dim. Integers and bools add up in int64.

    Examples: x.sum(); x.sum(0); batch.sum((0, 2)); x.sum(1, keepdim=True)
    """
def swapaxes(input: Tensor, dim0: builtins.int, dim1: builtins.int) -> Tensor:
    """A view with two dimensions exchanged.

    Examples: x.transpose(0, 1); batch.transpose(-2, -1)
    """
def swapdims(input: Tensor, dim0: builtins.int, dim1: builtins.int) -> Tensor:
    """A view with two dimensions exchanged.

    Examples: x.transpose(0, 1); batch.transpose(-2, -1)
    """
def t(input: Tensor) -> Tensor:
    """The transpose of a tensor of at most two dimensions. Raises RuntimeError for more.

    Examples: x.t(); row.t()
    """
def take_along_dim(input: Tensor, indices: Tensor, dim: builtins.int | None = None) -> Tensor:
    """gather, with input and indices broadcast in the other dimensions; without dim, of the flattened tensors.

    With a dim, negative indices count from the end. Raises RuntimeError where the two have not equally many dimensions.


    Examples: torch.take_along_dim(x, ints[:3].view(3, 1), 1)
    """
def tan(input: Tensor) -> Tensor:
    """The tangent of each element, in radians.

    Examples: x.tan()
    """
def tanh(input: Tensor) -> Tensor:
    """The hyperbolic tangent of each element.

    Examples: x.tanh()
    """
def tensor(data: Any, *, dtype: DType | None = None, requires_grad: builtins.bool = False, device: Any = None) -> Tensor:
    """A tensor with its own copy of data: a number, nested lists of numbers or tensors of one element, or an array.

    Python floats become float32 and ints int64; arrays keep their dtype. Raises ValueError where the lists are ragged
    or hold something else than numbers, RuntimeError for a number that does not fit the dtype, TypeError where NumPy's
    dtype has no counterpart here.

    >>> torch.tensor([[1, 2], [3, 4]])
    tensor([[1, 2],
            [3, 4]])
    >>> torch.tensor([1.5, 2.0], requires_grad=True)
    tensor([1.5000, 2.0000], requires_grad=True)
    """
def tensor_split(input: Tensor, indices_or_sections: Any, dim: builtins.int = 0) -> builtins.tuple[Tensor, ...]:
    """Views along dim: so many of nearly one length, or those between the indices listed.

    >>> [part.tolist() for part in torch.arange(5).tensor_split((1, 3))]
    [[0], [1, 2], [3, 4]]


    Examples: x.tensor_split(2)[0]
    """
def tensordot(a: Tensor, b: Tensor, dims: Any = 2) -> Tensor:
    """The sum of products over dims: the last ones of a and first ones of b, or the ones listed for a and for b.

    (2, 3, 4) and (3, 4, 5) with dims=2: (2, 5). Raises RuntimeError for dims that are not there, or not equally many.


    Examples: torch.tensordot(x, square, 1)
    """
def tile(input: Tensor, *sizes: Any, dims: Any = None) -> Tensor:
    """input repeated as by `repeat`; of fewer dims than input has, the first are 1.

    Examples: row.tile(2)
    """
def topk(input: Tensor, k: builtins.int, dim: builtins.int = -1, largest: builtins.bool = True, sorted: builtins.bool = True) -> ValuesAndIndices:
    """The k largest (or smallest) elements along dim, and their indices. Raises RuntimeError for too large a k.

    Examples: x.topk(2).values
    """
def trace(input: Tensor) -> Tensor:
    """The sum of the diagonal of a matrix (n, m). Raises RuntimeError for other than two dimensions.

    Examples: square.trace()
    """
def transpose(input: Tensor, dim0: builtins.int, dim1: builtins.int) -> Tensor:
    """A view with two dimensions exchanged.

    Examples: x.transpose(0, 1); batch.transpose(-2, -1)
    """
def tril(input: Tensor, diagonal: builtins.int = 0) -> Tensor:
    """The elements on and below a diagonal of the last two dimensions, 0 elsewhere. Raises RuntimeError below 2-D.

    Examples: square.tril(); batch.tril(-1)
    """
def triu(input: Tensor, diagonal: builtins.int = 0) -> Tensor:
    """The elements on and above a diagonal of the last two dimensions, 0 elsewhere. Raises RuntimeError below 2-D.

    Examples: square.triu(); batch.triu(1)
    """
def true_divide(input: Tensor, other: Tensor | builtins.float) -> Tensor:
    """input / other, in floats.

    Examples: x / positive; x / 3
    """
def trunc(input: Tensor) -> Tensor:
    """Each element rounded toward zero; the derivative is 0. Raises RuntimeError for bools.

    Examples: x.trunc()
    """
def unbind(input: Tensor, dim: builtins.int = 0) -> builtins.tuple[Tensor, ...]:
    """The views of input at each index along dim.

    Examples: x.unbind()[0]
    """
def unflatten(input: Tensor, dim: builtins.int, sizes: Sequence[builtins.int]) -> Tensor:
    """One dimension as several of these sizes, one of which may be -1, for what is left.

    Raises RuntimeError where they do not make up the length of that dimension.


    Examples: row.unflatten(0, (2, 2))
    """
def unfold(input: Tensor, dimension: builtins.int, size: builtins.int, step: builtins.int) -> Tensor:
    """A view of the windows of `size` elements along a dimension, one every `step`, in a new last dimension.

    Raises RuntimeError where a window is longer than the dimension, or step is not above 0.


    Examples: x.unfold(1, 2, 1); signal.unfold(-1, 3, 2)
    """
@overload
def unique(input: Tensor, sorted: builtins.bool = True) -> Tensor:
    """The distinct elements, sorted, and where asked for the index of each element among them, and their counts.

    Examples: ints.unique()
    """
@overload
def unique(input: Tensor, sorted: builtins.bool = True, return_inverse: builtins.bool = False, return_counts: builtins.bool = False) -> Any:
    """The distinct elements, sorted, and where asked for the index of each element among them, and their counts.

    Examples: ints.unique()
    """
def unsqueeze(input: Tensor, dim: builtins.int | Sequence[builtins.int] | None) -> Tensor:
    """With one more dimension, of length 1, at position dim.

    Examples: x.unsqueeze(0); x.unsqueeze(-1)
    """
def var(input: Tensor, dim: builtins.int | Sequence[builtins.int] | None = None, unbiased: Any = None, keepdim: builtins.bool = False, *, correction: builtins.float | None = None) -> Tensor:
    """The variance over dim: the squared distances from the mean, added up and divided by n - correction.

    correction: 1 by default (Bessel's), which is what unbiased=True means, 0 for unbiased=False. The distances are
    taken first, so no digits are lost where the mean is large; PyTorch 2.13 loses some there. Raises RuntimeError where
    the elements are not floats.


    Examples: x.var(); x.var(0); x.var(1, keepdim=True); x.var(0, correction=0)
    """
def var_mean(input: Tensor, *args: Any, **kwargs: Any) -> builtins.tuple[Tensor, Tensor]:
    """var and, over the same dims, mean.

    Examples: torch.var_mean(x, 1)[0]
    """
def view(input: Tensor, *shape: Any, size: Any = ...) -> Tensor:
    """The elements in another shape, in the same memory; one of the lengths may be -1, for what is left.

    view(dtype), of a dtype with as many bytes, reads the same memory in that dtype. Raises RuntimeError where the
    number of elements differs, or where the order in memory does not allow a view.


    Examples: x.view(4, 3)
    """
def view_as(input: Tensor, other: Tensor) -> Tensor:
    """A view in the shape of other.

    Examples: x.reshape(4, 3).view_as(x)
    """
def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """The tensors concatenated along their first dimension; one of fewer than two dimensions is a row.

    Examples: torch.vstack([x, y])
    """
@overload
def where(condition: Tensor) -> builtins.tuple[Tensor, ...]:
    """input where condition is True, other elsewhere; with the condition alone, the indices where it is True.

    Raises RuntimeError where condition is not of bools or uint8, TypeError for one of input and other alone.


    Examples: torch.where(x > 0, x, y)
    """
@overload
def where(condition: Tensor, input: Tensor | builtins.float, other: Tensor | builtins.float) -> Tensor:
    """input where condition is True, other elsewhere; with the condition alone, the indices where it is True.

    Raises RuntimeError where condition is not of bools or uint8, TypeError for one of input and other alone.


    Examples: torch.where(x > 0, x, y)
    """
def zero_(input: Tensor) -> Tensor:
    """Fill input with zeros, in place.

    Examples: x.clone().zero_()
    """
def zeros(*shape: Any, size: Any = ..., dtype: DType | None = None, requires_grad: builtins.bool = False, device: Any = None) -> Tensor:
    """Zeros in a shape.

    >>> torch.zeros(2, 3).shape
    torch.Size([2, 3])
    """
def zeros_like(input: Tensor, *args: Any, dtype: DType | None = None, **options: Any) -> Tensor:
    """zeros in the shape of input, lying as it does, and in its dtype where none is given.

    >>> torch.zeros_like(torch.ones(2, 3)).shape
    torch.Size([2, 3])
    """
