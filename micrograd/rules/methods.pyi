"""Written by `python -m micrograd.ops.stubs`: change the functions themselves, and run it again."""

import builtins
from collections.abc import Callable, Iterator, Sequence
from micrograd.autograd import HookHandle
from micrograd.draw import Picture
from micrograd.ops.extremes import ValuesAndIndices
from micrograd.ops.sorting import Histogram
from micrograd.random import Generator
from micrograd.rules.device import device as Device
from micrograd.rules.dtypes import dtype as DType
from micrograd.rules.storage import Storage
from micrograd.tensors import Tensor
from numpy import ndarray
from typing import Any, Literal, Self, overload

class Methods:
    @property
    def T(self) -> Tensor: ...
    def __abs__(self) -> Tensor: ...
    def __add__(self, other: Tensor | builtins.float) -> Tensor: ...
    def __and__(self, other: Tensor | builtins.float) -> Tensor: ...
    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Tensor: ...
    def __contains__(self, element: Any) -> builtins.bool: ...
    def __delitem__(self, index: Any) -> None: ...
    def __dlpack__(self) -> Tensor: ...
    def __dlpack_device__(self) -> builtins.tuple[builtins.int, builtins.int]: ...
    def __eq__(self, other: object) -> Tensor: ...  # type: ignore[override]
    def __floordiv__(self, other: Tensor | builtins.float) -> Tensor: ...
    def __ge__(self, other: Tensor | builtins.float) -> Tensor: ...
    def __getitem__(self, index: Any) -> Tensor: ...
    def __gt__(self, other: Tensor | builtins.float) -> Tensor: ...
    def __iadd__(self, other: Tensor | builtins.float) -> Self: ...
    def __iand__(self, other: Tensor | builtins.float) -> Self: ...
    def __ifloordiv__(self, other: Tensor | builtins.float) -> Self: ...
    def __imod__(self, other: Tensor | builtins.float) -> Self: ...
    def __imul__(self, other: Tensor | builtins.float) -> Self: ...
    def __invert__(self) -> Tensor: ...
    def __ior__(self, other: Tensor | builtins.float) -> Self: ...
    def __ipow__(self, exponent: Tensor | builtins.float) -> Self: ...
    def __isub__(self, other: Tensor | builtins.float) -> Self: ...
    def __iter__(self) -> Iterator[Tensor]: ...
    def __itruediv__(self, other: Tensor | builtins.float) -> Self: ...
    def __ixor__(self, other: Tensor | builtins.float) -> Self: ...
    def __le__(self, other: Tensor | builtins.float) -> Tensor: ...
    def __lt__(self, other: Tensor | builtins.float) -> Tensor: ...
    def __matmul__(self, other: Tensor | builtins.float) -> Tensor: ...
    def __mod__(self, other: Tensor | builtins.float) -> Tensor: ...
    def __mul__(self, other: Tensor | builtins.float) -> Tensor: ...
    def __ne__(self, other: object) -> Tensor: ...  # type: ignore[override]
    def __neg__(self) -> Tensor: ...
    def __or__(self, other: Tensor | builtins.float) -> Tensor: ...
    def __pos__(self) -> Tensor: ...
    def __pow__(self, exponent: Tensor | builtins.float) -> Tensor: ...
    def __radd__(self, other: Tensor | builtins.float) -> Tensor: ...
    def __rand__(self, other: Tensor | builtins.float) -> Tensor: ...
    def __rfloordiv__(self, other: Tensor | builtins.float) -> Tensor: ...
    def __rmatmul__(self, other: Tensor | builtins.float) -> Tensor: ...
    def __rmod__(self, other: Tensor | builtins.float) -> Tensor: ...
    def __rmul__(self, other: Tensor | builtins.float) -> Tensor: ...
    def __ror__(self, other: Tensor | builtins.float) -> Tensor: ...
    def __rpow__(self, base: Tensor | builtins.float) -> Tensor: ...
    def __rsub__(self, other: Tensor | builtins.float) -> Tensor: ...
    def __rtruediv__(self, other: Tensor | builtins.float) -> Tensor: ...
    def __rxor__(self, other: Tensor | builtins.float) -> Tensor: ...
    def __setitem__(self, index: Any, value: Any) -> None: ...
    def __sub__(self, other: Tensor | builtins.float) -> Tensor: ...
    def __truediv__(self, other: Tensor | builtins.float) -> Tensor: ...
    def __xor__(self, other: Tensor | builtins.float) -> Tensor: ...
    def abs(self) -> Tensor:
        """|input|; the derivative at 0 is 0. Raises RuntimeError for bools.

        Examples: x.abs()
        """
    def abs_(self) -> Self:
        """The same as `abs`, in place."""
    def absolute(self) -> Tensor:
        """|input|; the derivative at 0 is 0. Raises RuntimeError for bools.

        Examples: x.abs()
        """
    def absolute_(self) -> Self:
        """The same as `abs`, in place."""
    def add(self, other: Tensor | builtins.float, *, alpha: builtins.float = 1) -> Tensor:
        """input + alpha * other. Raises RuntimeError for a float alpha of ints.

        Examples: x + y; x + row; 2 + x; x.add(y, alpha=3)
        """
    def add_(self, other: Any, *, alpha: Any = 1) -> Self:
        """The same as `add`, in place."""
    def addmm(self, mat1: Tensor, mat2: Tensor, *, beta: builtins.float = 1, alpha: builtins.float = 1) -> Tensor:
        """beta * input + alpha * mat1 @ mat2, with (n, k) @ (k, m); input broadcasts to (n, m).

        Examples: y.addmm(x, square)
        """
    def all(self, dim: builtins.int | Sequence[builtins.int] | None = None, keepdim: builtins.bool = False) -> Tensor:
        """Whether no element over dim is zero.

        Examples: mask.all(); mask.all(0); ints.all()
        """
    def allclose(self, other: Tensor, rtol: builtins.float = 1e-05, atol: builtins.float = 1e-08, equal_nan: builtins.bool = False) -> builtins.bool:
        """Whether isclose holds for every element. Raises RuntimeError for different dtypes.

        Examples: torch.allclose(x, x + 1e-9)
        """
    def amax(self, dim: builtins.int | Sequence[builtins.int] | None = ..., keepdim: builtins.bool = False) -> Tensor:
        """The largest element over dim, one or several; equal ones share the gradient equally.

        Examples: x.amax(0); batch.amax((0, 2), keepdim=True); x.amax()
        """
    def amin(self, dim: builtins.int | Sequence[builtins.int] | None = ..., keepdim: builtins.bool = False) -> Tensor:
        """The smallest element over dim, one or several; equal ones share the gradient equally.

        Examples: x.amin(0); batch.amin((0, 2), keepdim=True); x.amin()
        """
    def any(self, dim: builtins.int | Sequence[builtins.int] | None = None, keepdim: builtins.bool = False) -> Tensor:
        """Whether any element over dim is not zero.

        Examples: mask.any(); mask.any(0); ints.any()
        """
    def argmax(self, dim: builtins.int | Sequence[builtins.int] | None = None, keepdim: builtins.bool = False) -> Tensor:
        """The index (int64) of the largest element, of the first if there are several; without dim, as if flattened.

        Examples: x.argmax(); x.argmax(1); x.argmax(0, keepdim=True)
        """
    def argmin(self, dim: builtins.int | Sequence[builtins.int] | None = None, keepdim: builtins.bool = False) -> Tensor:
        """The index (int64) of the smallest element, of the first if there are several; without dim, as if flattened.

        Examples: x.argmin(); x.argmin(1); x.argmin(0, keepdim=True)
        """
    def argsort(self, dim: builtins.int = -1, descending: builtins.bool = False, stable: builtins.bool = False) -> Tensor:
        """The indices (int64) that sort input along dim.

        Examples: x.argsort()
        """
    def argwhere(self) -> Tensor:
        """The indices of what is not zero, a row each.

        Examples: torch.argwhere(ints)
        """
    def baddbmm(self, batch1: Tensor, batch2: Tensor, *, beta: builtins.float = 1, alpha: builtins.float = 1) -> Tensor:
        """beta * input + alpha * bmm(batch1, batch2), with (b, n, k) and (b, k, m); input broadcasts to (b, n, m).

        Examples: torch.baddbmm(batch, batch, torch.ones(2, 4, 4, dtype=torch.float64))
        """
    def bernoulli(self, *, generator: Generator | None = None) -> Tensor:
        """1 with probability p, else 0, for each element p of input. Raises RuntimeError unless 0 <= p <= 1.

        >>> torch.bernoulli(torch.tensor([0.0, 1.0]))
        tensor([0., 1.])
        """
    def bernoulli_(self, p: Any = 0.5, *, generator: Generator | None = None) -> Self:
        """Fill x with 1 with probability p (a number, or a tensor that broadcasts to x), else 0, in place.

        >>> torch.empty(2).bernoulli_(1.0)
        tensor([1., 1.])
        """
    def bincount(self, weights: Tensor | None = None, minlength: builtins.int = 0) -> Tensor:
        """How often each of 0, 1, 2, ... stands in input (1-D, integers, none negative), or the sum of its weights.

        Examples: ints.bincount()
        """
    def bitwise_and(self, other: Tensor | builtins.float) -> Tensor:
        """input & other, for ints and bools, element by element.

        Examples: (ints > 1).bitwise_and(ints < 3); ints.bitwise_and(ints + 1)
        """
    def bitwise_and_(self, other: Tensor | builtins.float) -> Self:
        """The same as `bitwise_and`, in place."""
    def bitwise_not(self) -> Tensor:
        """~input, for ints and bools. Raises TypeError for floats.

        Examples: ~(x > 0); ~ints
        """
    def bitwise_or(self, other: Tensor | builtins.float) -> Tensor:
        """input | other, for ints and bools, element by element.

        Examples: (ints > 1).bitwise_or(ints < 3); ints.bitwise_or(ints + 1)
        """
    def bitwise_or_(self, other: Tensor | builtins.float) -> Self:
        """The same as `bitwise_or`, in place."""
    def bitwise_xor(self, other: Tensor | builtins.float) -> Tensor:
        """input ^ other, for ints and bools, element by element.

        Examples: (ints > 1).bitwise_xor(ints < 3); ints.bitwise_xor(ints + 1)
        """
    def bitwise_xor_(self, other: Tensor | builtins.float) -> Self:
        """The same as `bitwise_xor`, in place."""
    def bmm(self, mat2: Tensor) -> Tensor:
        """The products of matrices pair by pair, (b, n, k) and (b, k, m): (b, n, m). Raises RuntimeError for others.

        Examples: batch.bmm(batch.transpose(1, 2))
        """
    def bool(self) -> Tensor:
        """x in torch.bool."""
    def broadcast_to(self, *sizes: Any, size: Any = None) -> Tensor:
        """A view that repeats dimensions of length 1 to the given sizes; -1 keeps a dimension as it is.

        Raises RuntimeError where a dimension of another length would change.


        Examples: row.expand(3, 4)
        """
    def byte(self) -> Tensor:
        """x in torch.uint8."""
    def ceil(self) -> Tensor:
        """The smallest integer that is not below each element; the derivative is 0. Raises RuntimeError for bools.

        Examples: x.ceil()
        """
    def ceil_(self) -> Self:
        """The same as `ceil`, in place."""
    def chunk(self, chunks: builtins.int, dim: builtins.int = 0) -> builtins.tuple[Tensor, ...]:
        """At most `chunks` views of input along dim, of one length but for the last. Raises RuntimeError for none.

        Examples: x.chunk(2)[0]
        """
    def clamp(self, min: Tensor | builtins.float | None = None, max: Tensor | builtins.float | None = None) -> Tensor:
        """min(max(input, min), max), each bound a number, a tensor or None. The gradient at a bound goes to input.

        Raises RuntimeError where both bounds are None, or a number does not fit the dtype of input.


        Examples: x.clamp(-1, 1); x.clamp(max=0.5); x.clamp(-positive, y)
        """
    def clamp_(self, min: Tensor | builtins.float | None = None, max: Tensor | builtins.float | None = None) -> Self:
        """The same as `clamp`, in place."""
    def clamp_max(self, max: Any) -> Tensor:
        """min(input, max).

        Examples: x.clamp_max(0.5)
        """
    def clamp_max_(self, max: Any) -> Self:
        """The same as `clamp_max`, in place."""
    def clamp_min(self, min: Any) -> Tensor:
        """max(input, min).

        Examples: x.clamp_min(-0.5)
        """
    def clamp_min_(self, min: Any) -> Self:
        """The same as `clamp_min`, in place."""
    def clip(self, min: Tensor | builtins.float | None = None, max: Tensor | builtins.float | None = None) -> Tensor:
        """min(max(input, min), max), each bound a number, a tensor or None. The gradient at a bound goes to input.

        Raises RuntimeError where both bounds are None, or a number does not fit the dtype of input.


        Examples: x.clamp(-1, 1); x.clamp(max=0.5); x.clamp(-positive, y)
        """
    def clip_(self, min: Tensor | builtins.float | None = None, max: Tensor | builtins.float | None = None) -> Self:
        """The same as `clamp`, in place."""
    def clone(self) -> Tensor:
        """A copy in memory of its own, still in the graph.

        Examples: x.clone(); x.T.clone()
        """
    def contiguous(self) -> Tensor:
        """input itself where it is contiguous, its elements in row-major order in memory; else a copy that is.

        Examples: x.t().contiguous()
        """
    def copy_(self, source: Tensor) -> Self:
        """Copy the numbers of source, which broadcasts to input's shape, into input, in place."""
    def cos(self) -> Tensor:
        """The cosine of each element, in radians.

        Examples: x.cos()
        """
    def cos_(self) -> Self:
        """The same as `cos`, in place."""
    def count_nonzero(self, dim: Any = None) -> Tensor:
        """How many elements over dim are not zero, int64.

        Examples: x.count_nonzero()
        """
    def cpu(self) -> Tensor:
        """x itself: the one device is the CPU."""
    def cuda(self, *device: Any) -> Tensor:
        """Raises RuntimeError: there is no other device than the CPU."""
    def cumprod(self, dim: builtins.int | Sequence[builtins.int] | None, *, dtype: DType | None = None) -> Tensor:
        """The cumulative products along dim. Integers and bools multiply in int64.

        The derivative of each product by an element is the product of the others in it, so a zero does not spoil it.


        Examples: x.cumprod(0); x.cumprod(1)
        """
    def cumsum(self, dim: builtins.int | Sequence[builtins.int] | None, *, dtype: DType | None = None) -> Tensor:
        """The cumulative sums along dim. Integers and bools add up in int64.

        float32 is added up in float64, as PyTorch does, so that long sums do not drift.


        Examples: x.cumsum(0); x.cumsum(1)
        """
    def data_ptr(self) -> builtins.int:
        """The address of x's first element."""
    @property
    def device(self) -> Device: ...
    def diag(self, diagonal: builtins.int = 0) -> Tensor:
        """Of a matrix its diagonal, copied; of a vector the matrix that has it there and 0 elsewhere.

        Raises RuntimeError for anything else.


        Examples: square.diag()
        """
    def diagonal(self, offset: builtins.int = 0, dim1: builtins.int = 0, dim2: builtins.int = 1) -> Tensor:
        """A view of the elements whose index along dim2 is that along dim1 plus offset, in a new last dimension.

        Examples: square.diagonal(); batch.diagonal(1, dim1=0, dim2=2)
        """
    def diff(self, n: builtins.int = 1, dim: builtins.int = -1) -> Tensor:
        """The differences of adjacent elements along dim, taken n times; of bools, whether they differ.

        With n=0 a copy; where dim has no elements, the tensor itself. Raises RuntimeError for a tensor without dimensions,
        and for a negative n.


        Examples: x.diff()
        """
    def div(self, other: Tensor | builtins.float) -> Tensor:
        """input / other, in floats.

        Examples: x / positive; x / 3
        """
    def div_(self, other: Any, *, alpha: Any = 1) -> Self:
        """The same as `div`, in place."""
    def divide(self, other: Tensor | builtins.float) -> Tensor:
        """input / other, in floats.

        Examples: x / positive; x / 3
        """
    def divide_(self, other: Any, *, alpha: Any = 1) -> Self:
        """The same as `div`, in place."""
    def dot(self, tensor: Tensor) -> Tensor:
        """The sum of the products of two vectors' elements, (n,) and (n,): (). Raises RuntimeError where they are not.

        Examples: row.dot(row)
        """
    def double(self) -> Tensor:
        """x in torch.float64."""
    def draw_dot(self, format: builtins.str = 'svg', rankdir: builtins.str = 'LR') -> Picture:
        """The picture of the graph behind a Value or Tensor, as `micrograd.draw(root, direction=rankdir)` makes it.

        It shows itself in a notebook, and render("graph") writes graph.svg, or .png or .pdf. Raises ValueError for another
        format.
        """
    def element_size(self) -> builtins.int:
        """The number of bytes of an element."""
    def eq(self, other: Tensor | builtins.float) -> Tensor:
        """input == other, element by element; bools.

        Examples: x == y; x == 0.5; ints == 2
        """
    def equal(self, other: Tensor) -> builtins.bool:
        """Whether two tensors have one shape and the same elements.

        Examples: torch.equal(x, y)
        """
    def exp(self) -> Tensor:
        """e**input.

        Examples: x.exp()
        """
    def exp_(self) -> Self:
        """The same as `exp`, in place."""
    def expand(self, *sizes: Any, size: Any = None) -> Tensor:
        """A view that repeats dimensions of length 1 to the given sizes; -1 keeps a dimension as it is.

        Raises RuntimeError where a dimension of another length would change.


        Examples: row.expand(3, 4)
        """
    def expand_as(self, other: Tensor) -> Tensor:
        """A view expanded to the shape of other.

        Examples: row.expand_as(x)
        """
    def expm1(self) -> Tensor:
        """exp(input) - 1, accurate for small numbers too.

        Examples: x.expm1()
        """
    def expm1_(self) -> Self:
        """The same as `expm1`, in place."""
    def exponential_(self, lambd: builtins.float = 1.0, *, generator: Generator | None = None) -> Self:
        """Fill x from the exponential distribution with that rate, in place. Raises RuntimeError for a rate not above 0.

        >>> bool((torch.empty(9).exponential_() > 0).all())
        True
        """
    def fill_(self, value: Any) -> Self:
        """Fill input with one number, or with a tensor without dimensions, in place.

        Examples: x.clone().fill_(3.0)
        """
    def flatten(self, start_dim: builtins.int = 0, end_dim: builtins.int = -1) -> Tensor:
        """The dimensions from start_dim to end_dim, that included, as one. Raises RuntimeError where they are exchanged.

        Examples: batch.flatten(1)
        """
    def flip(self, *axes: Any, dims: Any = None) -> Tensor:
        """The elements in the opposite order along dims, a copy.

        Examples: x.flip(0)
        """
    def float(self) -> Tensor:
        """x in torch.float32."""
    def floor(self) -> Tensor:
        """The largest integer that is not above each element; the derivative is 0. Raises RuntimeError for bools.

        Examples: x.floor()
        """
    def floor_(self) -> Self:
        """The same as `floor`, in place."""
    def floor_divide(self, other: Tensor | builtins.float) -> Tensor:
        """floor(input / other); it has no derivative. Raises RuntimeError for bools, and for integers over 0.

        Examples: x.detach() // 0.7; ints // 2
        """
    def floor_divide_(self, other: Tensor | builtins.float) -> Self:
        """The same as `floor_divide`, in place."""
    def gather(self, dim: builtins.int, index: Tensor) -> Tensor:
        """Elements of input by their index along dim: out[i, j] = input[index[i, j], j] for dim 0, and so on.

        index: int64, with as many dimensions as input, none but dim longer than input's. Raises RuntimeError where it is
        not, or points outside.


        Examples: x.gather(1, ints[:3].view(3, 1))
        """
    def ge(self, other: Tensor | builtins.float) -> Tensor:
        """input >= other, element by element; bools.

        Examples: x >= y; x >= 0.5; ints >= 2
        """
    def greater(self, other: Tensor | builtins.float) -> Tensor:
        """input > other, element by element; bools.

        Examples: x > y; x > 0.5; ints > 2
        """
    def greater_equal(self, other: Tensor | builtins.float) -> Tensor:
        """input >= other, element by element; bools.

        Examples: x >= y; x >= 0.5; ints >= 2
        """
    def gt(self, other: Tensor | builtins.float) -> Tensor:
        """input > other, element by element; bools.

        Examples: x > y; x > 0.5; ints > 2
        """
    def histc(self, bins: builtins.int = 100, min: builtins.float = 0, max: builtins.float = 0) -> Tensor:
        """How many elements fall into each of `bins` bins of equal width between min and max, as floats.

        Where min and max are equal, between the smallest and the largest element. Raises RuntimeError where there are no
        bins or the range is not finite.


        Examples: x.detach().histc(4)
        """
    def histogram(self, bins: Any = 100, *, range: builtins.tuple[builtins.float, builtins.float] | None = None, density: builtins.bool = False) -> Histogram:
        """How many elements fall into each of `bins` bins of equal width between the smallest and the largest element.

        bins: their number, or a 1-D tensor of the edges. range: other ends. density: the counts divided by their sum and by
        the width. Raises RuntimeError for no floats, and where there are no bins or the range is not finite.


        Examples: torch.histogram(x.detach(), 4).hist
        """
    def index_add(self, dim: builtins.int, index: Tensor, source: Tensor, *, alpha: builtins.float = 1) -> Tensor:
        """input with alpha * source added at the positions along dim that index (1-D) names.

        Raises RuntimeError where source does not have the shape of the chosen part.


        Examples: x.index_add(1, ints, y)
        """
    def index_add_(self, dim: builtins.int, index: Tensor, source: Tensor, *, alpha: builtins.float = 1) -> Self:
        """The same as `index_add`, in place."""
    def index_put_(self, indices: Sequence[Tensor], values: Any, accumulate: builtins.bool = False) -> Self:
        """input[indices] = values, or input[indices] += values where values with the same index add up."""
    def index_select(self, dim: builtins.int, index: Tensor) -> Tensor:
        """The elements along dim that index (1-D, of ints) names, in its order. Raises IndexError where it is not so.

        Examples: x.index_select(1, ints)
        """
    def int(self) -> Tensor:
        """x in torch.int32."""
    def is_contiguous(self) -> builtins.bool:
        """Whether the elements lie in row-major order in memory, without gaps.

        Examples: x.t().is_contiguous()
        """
    def is_floating_point(self) -> builtins.bool:
        """Whether the elements are floats.

        Examples: torch.is_floating_point(x)
        """
    def isclose(self, other: Tensor, rtol: builtins.float = 1e-05, atol: builtins.float = 1e-08, equal_nan: builtins.bool = False) -> Tensor:
        """Whether |input - other| <= atol + rtol * |other|, by element. Raises RuntimeError for different dtypes.

        Examples: torch.isclose(x, x + 1e-9)
        """
    def isfinite(self) -> Tensor:
        """Whether each element is neither nan nor infinite.

        Examples: (x / 0).isfinite()
        """
    def isinf(self) -> Tensor:
        """Whether each element is inf or -inf.

        Examples: (x / 0).isinf()
        """
    def isnan(self) -> Tensor:
        """Whether each element is nan.

        Examples: (x / 0).isnan()
        """
    def le(self, other: Tensor | builtins.float) -> Tensor:
        """input <= other, element by element; bools.

        Examples: x <= y; x <= 0.5; ints <= 2
        """
    def lerp(self, end: Tensor | builtins.float, weight: Tensor | builtins.float) -> Tensor:
        """input + weight * (end - input), from whichever end is nearer, so that weight 1 gives end exactly.

        Raises RuntimeError where the elements are not floats of one dtype.


        Examples: x.lerp(y, 0.3); torch.lerp(x, y, positive)
        """
    def lerp_(self, end: Tensor | builtins.float, weight: Tensor | builtins.float) -> Self:
        """The same as `lerp`, in place."""
    def less(self, other: Tensor | builtins.float) -> Tensor:
        """input < other, element by element; bools.

        Examples: x < y; x < 0.5; ints < 2
        """
    def less_equal(self, other: Tensor | builtins.float) -> Tensor:
        """input <= other, element by element; bools.

        Examples: x <= y; x <= 0.5; ints <= 2
        """
    def log(self) -> Tensor:
        """The natural logarithm of each element: -inf of 0, nan of a negative one.

        Examples: positive.log()
        """
    def log10(self) -> Tensor:
        """The logarithm to base 10.

        Examples: positive.log10()
        """
    def log10_(self) -> Self:
        """The same as `log10`, in place."""
    def log1p(self) -> Tensor:
        """log(1 + input), accurate for small numbers too.

        Examples: positive.log1p()
        """
    def log1p_(self) -> Self:
        """The same as `log1p`, in place."""
    def log2(self) -> Tensor:
        """The logarithm to base 2.

        Examples: positive.log2()
        """
    def log2_(self) -> Self:
        """The same as `log2`, in place."""
    def log_(self) -> Self:
        """The same as `log`, in place."""
    def log_softmax(self, dim: builtins.int | Sequence[builtins.int] | None, dtype: DType | None = None) -> Tensor:
        """softmax(input, dim).log(), in one node, without overflow. Raises RuntimeError for other dtypes than floats.

        Examples: x.log_softmax(1); batch.log_softmax(0)
        """
    def logical_and(self, other: Tensor | builtins.float) -> Tensor:
        """Whether both are not zero, element by element.

        Examples: (ints > 1).logical_and(ints < 3); ints.logical_and(ints + 1)
        """
    def logical_and_(self, other: Tensor | builtins.float) -> Self:
        """The same as `logical_and`, in place."""
    def logical_not(self) -> Tensor:
        """Whether each element is zero.

        Examples: (x / 0).logical_not()
        """
    def logical_or(self, other: Tensor | builtins.float) -> Tensor:
        """Whether one or both are not zero, element by element.

        Examples: (ints > 1).logical_or(ints < 3); ints.logical_or(ints + 1)
        """
    def logical_or_(self, other: Tensor | builtins.float) -> Self:
        """The same as `logical_or`, in place."""
    def logical_xor(self, other: Tensor | builtins.float) -> Tensor:
        """Whether exactly one of both is not zero, element by element.

        Examples: (ints > 1).logical_xor(ints < 3); ints.logical_xor(ints + 1)
        """
    def logical_xor_(self, other: Tensor | builtins.float) -> Self:
        """The same as `logical_xor`, in place."""
    def logsumexp(self, dim: builtins.int | Sequence[builtins.int] | None, keepdim: builtins.bool = False) -> Tensor:
        """exp(input).sum(dim).log(), in one node and without overflow.

        Examples: x.logsumexp(1); batch.logsumexp((0, 2), keepdim=True)
        """
    def long(self) -> Tensor:
        """x in torch.int64."""
    def lt(self, other: Tensor | builtins.float) -> Tensor:
        """input < other, element by element; bools.

        Examples: x < y; x < 0.5; ints < 2
        """
    @property
    def mT(self) -> Tensor: ...
    def masked_fill(self, mask: Tensor | builtins.float, value: Tensor | builtins.float) -> Tensor:
        """input with value, a number or a tensor without dimensions, wherever mask is True; mask broadcasts to input.

        Raises RuntimeError where mask is not of bools, or value has dimensions or does not fit the dtype of input.


        Examples: x.masked_fill(y > 0, 0.5); x.masked_fill(y > 0, y.sum())
        """
    def masked_fill_(self, mask: Tensor | builtins.float, value: Tensor | builtins.float) -> Self:
        """The same as `masked_fill`, in place."""
    def masked_select(self, mask: Tensor) -> Tensor:
        """The elements where mask, of bools, is True, 1-D; the two broadcast. Raises RuntimeError for another mask.

        Examples: x.masked_select(mask)
        """
    def matmul(self, other: Tensor) -> Tensor:
        """input @ other: over the last dimension of input and the last but one of other, or the only one of a vector.

        (n, k) @ (k, m) is (n, m); leading dimensions broadcast: (b, n, k) @ (k, m) is (b, n, m). Raises RuntimeError where
        the sizes do not fit or the dtypes differ.


        Examples: x @ square
        """
    @overload
    def max(self) -> Tensor:
        """The largest element; with dim, the values and indices of the largest along it.

        With a tensor in place of dim, `maximum` of the two. Raises RuntimeError or IndexError where there are no elements.


        Examples: x.max(1).values
        """
    @overload
    def max(self, dim: builtins.int, keepdim: builtins.bool = False) -> ValuesAndIndices:
        """The largest element; with dim, the values and indices of the largest along it.

        With a tensor in place of dim, `maximum` of the two. Raises RuntimeError or IndexError where there are no elements.


        Examples: x.max(1).values
        """
    @overload
    def max(self, other: Tensor) -> Tensor:
        """The largest element; with dim, the values and indices of the largest along it.

        With a tensor in place of dim, `maximum` of the two. Raises RuntimeError or IndexError where there are no elements.


        Examples: x.max(1).values
        """
    def maximum(self, other: Tensor | builtins.float) -> Tensor:
        """The larger of two, element by element; where both are equal each gets half of the gradient.

        Examples: torch.maximum(x, y); torch.maximum(x, x.detach().round())
        """
    def mean(self, dim: builtins.int | Sequence[builtins.int] | None = None, keepdim: builtins.bool = False, *, dtype: DType | None = None) -> Tensor:
        """The mean over dim. Raises RuntimeError where the elements are not floats.

        Examples: x.mean(); x.mean(0); batch.mean((0, 2)); x.mean(1, keepdim=True)
        """
    @overload
    def median(self) -> Tensor:
        """The element in the middle, the lower of two; nan where there is one. With dim, values and indices along it.

        Raises RuntimeError for bools.


        Examples: x.median()
        """
    @overload
    def median(self, dim: builtins.int, keepdim: builtins.bool = False) -> ValuesAndIndices:
        """The element in the middle, the lower of two; nan where there is one. With dim, values and indices along it.

        Raises RuntimeError for bools.


        Examples: x.median()
        """
    @overload
    def min(self) -> Tensor:
        """The smallest element; with dim, the values and indices of the smallest along it.

        With a tensor in place of dim, `minimum` of the two. Raises RuntimeError or IndexError where there are no elements.


        Examples: x.min(1).values
        """
    @overload
    def min(self, dim: builtins.int, keepdim: builtins.bool = False) -> ValuesAndIndices:
        """The smallest element; with dim, the values and indices of the smallest along it.

        With a tensor in place of dim, `minimum` of the two. Raises RuntimeError or IndexError where there are no elements.


        Examples: x.min(1).values
        """
    @overload
    def min(self, other: Tensor) -> Tensor:
        """The smallest element; with dim, the values and indices of the smallest along it.

        With a tensor in place of dim, `minimum` of the two. Raises RuntimeError or IndexError where there are no elements.


        Examples: x.min(1).values
        """
    def minimum(self, other: Tensor | builtins.float) -> Tensor:
        """The smaller of two, element by element; where both are equal each gets half of the gradient.

        Examples: torch.minimum(x, y); torch.minimum(x, x.detach().round())
        """
    def mm(self, mat2: Tensor) -> Tensor:
        """The product of two matrices, (n, k) and (k, m): (n, m). Raises RuntimeError where they are not.

        Examples: x.mm(square)
        """
    def moveaxis(self, source: Any, destination: Any) -> Tensor:
        """A view with some dimensions, one or several, at other positions, the rest in the order they had.

        Examples: batch.movedim(0, 2)
        """
    def movedim(self, source: Any, destination: Any) -> Tensor:
        """A view with some dimensions, one or several, at other positions, the rest in the order they had.

        Examples: batch.movedim(0, 2)
        """
    def mul(self, other: Tensor | builtins.float) -> Tensor:
        """input * other.

        Examples: x * y; x * row; 3 * x; x * x
        """
    def mul_(self, other: Any, *, alpha: Any = 1) -> Self:
        """The same as `mul`, in place."""
    def multinomial(self, num_samples: builtins.int, replacement: builtins.bool = False, *, generator: Generator | None = None) -> Tensor:
        """Indices (int64) drawn with probabilities proportional to input, over its last dimension.

        input: weights of the shape (n,) or (rows, n); the result is (num_samples,) or (rows, num_samples). Which samples a
        seed gives has changed in PyTorch; see `Generator.legacy_multinomial` for those of the lectures.
        Raises RuntimeError for weights that are no floats, or negative, infinite or nan, and, without replacement, for more
        samples than weights above 0.

        >>> torch.multinomial(torch.tensor([0.0, 1.0, 0.0]), 3, replacement=True)
        tensor([1, 1, 1])
        """
    def multiply(self, other: Tensor | builtins.float) -> Tensor:
        """input * other.

        Examples: x * y; x * row; 3 * x; x * x
        """
    def multiply_(self, other: Any, *, alpha: Any = 1) -> Self:
        """The same as `mul`, in place."""
    def mv(self, vec: Tensor) -> Tensor:
        """The product of a matrix (n, k) and a vector (k,): (n,). Raises RuntimeError where they are not.

        Examples: x.mv(row)
        """
    def nan_to_num(self, nan: builtins.float | None = 0.0, posinf: builtins.float | None = None, neginf: builtins.float | None = None) -> Tensor:
        """input with numbers in place of nan, inf and -inf; for the last two the largest and smallest if none are given.

        Examples: x.nan_to_num(); (x / 0).nan_to_num(nan=1.0, posinf=2.0)
        """
    def nan_to_num_(self, nan: builtins.float | None = 0.0, posinf: builtins.float | None = None, neginf: builtins.float | None = None) -> Self:
        """The same as `nan_to_num`, in place."""
    def narrow(self, dim: builtins.int, start: Any, length: builtins.int) -> Tensor:
        """A view of `length` elements along dim, from start on, which may count from the end.

        Raises IndexError or RuntimeError where they are not there.


        Examples: x.narrow(1, 1, 2)
        """
    def ne(self, other: Tensor | builtins.float) -> Tensor:
        """input != other, element by element; bools.

        Examples: x != y; x != 0.5; ints != 2
        """
    def neg(self) -> Tensor:
        """-input. Raises RuntimeError for bools.

        Examples: -x
        """
    def neg_(self) -> Self:
        """The same as `neg`, in place."""
    def negative(self) -> Tensor:
        """-input. Raises RuntimeError for bools.

        Examples: -x
        """
    def negative_(self) -> Self:
        """The same as `neg`, in place."""
    def new_empty(self, *args: Any, dtype: DType | None = None, **options: Any) -> Tensor:
        """empty in the dtype of x where none is given."""
    def new_full(self, *args: Any, dtype: DType | None = None, **options: Any) -> Tensor:
        """full in the dtype of x where none is given."""
    def new_ones(self, *args: Any, dtype: DType | None = None, **options: Any) -> Tensor:
        """ones in the dtype of x where none is given."""
    def new_tensor(self, *args: Any, dtype: DType | None = None, **options: Any) -> Tensor:
        """tensor in the dtype of x where none is given."""
    def new_zeros(self, *args: Any, dtype: DType | None = None, **options: Any) -> Tensor:
        """zeros in the dtype of x where none is given."""
    @overload
    def nonzero(self, as_tuple: Literal[False] = False) -> Tensor:
        """The indices of what is not zero: a row each, (n, input.ndim), or as_tuple a tensor (n,) for each dimension.

        Examples: ints.nonzero()
        """
    @overload
    def nonzero(self, as_tuple: Literal[True]) -> builtins.tuple[Tensor, ...]:
        """The indices of what is not zero: a row each, (n, input.ndim), or as_tuple a tensor (n,) for each dimension.

        Examples: ints.nonzero()
        """
    def norm(self, p: builtins.float | builtins.str | None = 'fro', dim: builtins.int | Sequence[builtins.int] | None = None, keepdim: builtins.bool = False, dtype: DType | None = None) -> Tensor:
        """(|input|**p).sum(dim)**(1 / p); p=2, 'fro', is the Euclidean norm, p=inf the largest absolute value.

        p=0 counts what is not 0. Where the norm is 0, or does not depend on an element, the gradient is 0. Raises
        RuntimeError where the elements are not floats.


        Examples: x.norm(); x.norm(1, dim=0); x.norm(math.inf, dim=1)
        """
    def normal_(self, mean: builtins.float = 0.0, std: builtins.float = 1.0, *, generator: Generator | None = None) -> Self:
        """Fill x from the normal distribution of that mean and standard deviation, in place.

        Raises RuntimeError for a negative standard deviation.

        >>> torch.empty(2).normal_(0.0, 0.0)
        tensor([0., 0.])
        """
    def not_equal(self, other: Tensor | builtins.float) -> Tensor:
        """input != other, element by element; bools.

        Examples: x != y; x != 0.5; ints != 2
        """
    def outer(self, vec2: Tensor) -> Tensor:
        """The products of each element of (n,) and each of (m,): (n, m). Raises RuntimeError where they are no vectors.

        Examples: row.outer(row)
        """
    def permute(self, *order: Any, dims: Any = None) -> Tensor:
        """A view with the dimensions in the order of dims. Raises RuntimeError where they are not all named once.

        Examples: batch.permute(2, 0, 1)
        """
    def pow(self, exponent: Tensor | builtins.float) -> Tensor:
        """Each element to the power of a number or a tensor. Raises RuntimeError for ints to a negative int.

        Examples: x**2; positive**y; x**3; x**0
        """
    def pow_(self, exponent: Tensor | builtins.float) -> Self:
        """The same as `pow`, in place."""
    def prod(self, dim: builtins.int | Sequence[builtins.int] | None = None, keepdim: builtins.bool = False, *, dtype: DType | None = None) -> Tensor:
        """The product over dim, or of all elements. Integers and bools multiply in int64.

        The derivative is out / x or, beside a zero, the product of all the others.


        Examples: x.prod(); x.prod(0); x.prod(1, keepdim=True)
        """
    def quantile(self, q: Any, dim: builtins.int | None = None, keepdim: builtins.bool = False) -> Tensor:
        """The q-th quantile over dim, or over all elements, linearly interpolated; q: a number in [0, 1] or a 1-D tensor.

        Several q add a leading dimension. Raises RuntimeError where the dtypes differ or a q is not in [0, 1].


        Examples: x.quantile(0.5)
        """
    def random_(self, low: builtins.int | None = None, high: builtins.int | None = None, *, generator: Generator | None = None) -> Self:
        """Fill x with integers from [low, high), in place; random_(high) begins at 0.

        Without bounds: from 0 to the largest number of an integer dtype; of a float dtype, to the largest up to which every
        integer is exact. Raises RuntimeError unless low < high.

        >>> torch.empty(9).random_(0, 1)
        tensor([0., 0., 0., 0., 0., 0., 0., 0., 0.])
        """
    def ravel(self) -> Tensor:
        """The elements in one dimension: a view where they are contiguous, else a copy.

        Examples: x.ravel()
        """
    def reciprocal(self) -> Tensor:
        """1 / input.

        Examples: positive.reciprocal(); 2 / positive
        """
    def reciprocal_(self) -> Self:
        """The same as `reciprocal`, in place."""
    def register_hook(self, hook: Callable[[Tensor], Any]) -> HookHandle:
        """Call hook(grad) whenever backward has the gradient of this tensor; what it returns, if anything, goes on.

        Returns a handle whose remove() takes the hook away. Raises RuntimeError where the tensor does not require grad.

        >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
        >>> handle = x.register_hook(lambda grad: grad * 10)
        >>> x.sum().backward()
        >>> x.grad
        tensor([10., 10.])
        """
    def register_post_accumulate_grad_hook(self, hook: Callable[[Tensor], None]) -> HookHandle:
        """Call hook(input) after backward has added to this leaf's grad. Raises RuntimeError if it is not a leaf."""
    def relu(self) -> Tensor:
        """max(input, 0). The derivative at 0 is 0, and that of nan 1, as in PyTorch. Raises RuntimeError for bools.

        Examples: x.relu()
        """
    def relu_(self) -> Self:
        """The same as `relu`, in place."""
    def remainder(self, other: Tensor | builtins.float) -> Tensor:
        """input - floor(input / other) * other, which has the sign of other. Raises RuntimeError for integers over 0.

        Examples: x % positive; x % 0.7
        """
    def remainder_(self, other: Tensor | builtins.float) -> Self:
        """The same as `remainder`, in place."""
    def repeat(self, *sizes: Any, repeats: Any = None) -> Tensor:
        """input repeated sizes[d] times along each dimension; more sizes than dimensions add leading ones.

        Raises RuntimeError for fewer sizes than dimensions.


        Examples: row.repeat(3, 1)
        """
    def repeat_interleave(self, repeats: Any, dim: builtins.int | None = None) -> Tensor:
        """Each element along dim (of the flattened tensor without dim) repeats times, a number or a tensor of one each.

        Raises RuntimeError for repeats that are negative, no integers, or not as many as the elements along dim.


        Examples: row.repeat_interleave(2)
        """
    def reshape(self, *sizes: Any, shape: Any = ...) -> Tensor:
        """The elements in another shape: a view where the order in memory allows it, else a copy.

        Examples: x.reshape(-1)
        """
    def roll(self, shifts: builtins.int | Sequence[builtins.int] | None, dims: builtins.int | Sequence[builtins.int] | None = None) -> Tensor:
        """The elements moved by shifts along dims (along the flattened tensor without dims), the last ones to the front.

        Examples: x.roll(1); x.roll(1, 0); x.roll((1, 2), (0, 1))
        """
    def round(self, *, decimals: builtins.int = 0) -> Tensor:
        """Each element rounded to so many decimals, half to even; the derivative is 0.

        Raises RuntimeError for bools.


        Examples: x.round(); x.round(decimals=1)
        """
    def round_(self, *, decimals: builtins.int = 0) -> Self:
        """The same as `round`, in place."""
    def rsqrt(self) -> Tensor:
        """1 / sqrt(input).

        Examples: positive.rsqrt()
        """
    def rsqrt_(self) -> Self:
        """The same as `rsqrt`, in place."""
    def scatter(self, dim: builtins.int, index: Tensor, src: Any = None, *, value: Any = None) -> Tensor:
        """A copy of input with src put into it by scatter_.

        Examples: x.scatter(1, ints.repeat(3, 1), y)
        """
    def scatter_(self, dim: builtins.int, index: Tensor, src: Any = None, *, value: Any = None) -> Self:
        """Put src, a tensor or number, into input: input[index[i, j], j] = src[i, j] for dim 0, and so on."""
    def scatter_add(self, dim: builtins.int, index: Tensor, src: Tensor) -> Tensor:
        """input with src added: input[index[i, j], j] + src[i, j] for dim 0 and so on; those of one index add up.

        Examples: x.scatter_add(1, ints.repeat(3, 1), y)
        """
    def scatter_add_(self, dim: builtins.int, index: Tensor, src: Tensor) -> Self:
        """The same as `scatter_add`, in place."""
    def searchsorted(self, input: Any, *, right: builtins.bool = False) -> Tensor:
        """The index (int64) at which each of input would go into a sorted sequence: before equals, or after if right.

        sorted_sequence: one dimension, or as many as input and in all but the last the same, a sequence to each row.
        Raises RuntimeError where the shapes do not fit.


        Examples: torch.searchsorted(torch.arange(4), ints)
        """
    def select(self, dim: builtins.int, index: builtins.int) -> Tensor:
        """A view of one index along dim, without that dimension.

        Examples: x.select(1, 2)
        """
    def sigmoid(self) -> Tensor:
        """1 / (1 + exp(-input)).

        Examples: x.sigmoid()
        """
    def sigmoid_(self) -> Self:
        """The same as `sigmoid`, in place."""
    def sign(self) -> Tensor:
        """-1, 0 or 1: the sign of each element; the derivative is 0.

        Examples: x.sign()
        """
    def sign_(self) -> Self:
        """The same as `sign`, in place."""
    def sin(self) -> Tensor:
        """The sine of each element, in radians.

        Examples: x.sin()
        """
    def sin_(self) -> Self:
        """The same as `sin`, in place."""
    def softmax(self, dim: builtins.int | Sequence[builtins.int] | None, dtype: DType | None = None) -> Tensor:
        """exp(input) / exp(input).sum(dim, keepdim=True), in one node. Raises RuntimeError for other dtypes than floats.

        Examples: x.softmax(1); batch.softmax(0); F.softmax(x, dim=-1)
        """
    def sort(self, dim: builtins.int = -1, descending: builtins.bool = False, stable: builtins.bool = False) -> ValuesAndIndices:
        """The values sorted along dim, and their indices. The sort is stable; nan counts as the largest.

        Examples: x.sort().values
        """
    def split(self, split_size_or_sections: Any, dim: builtins.int = 0) -> builtins.tuple[Tensor, ...]:
        """Consecutive views along dim: of one length (the last may be shorter), or of the lengths listed.

        Raises RuntimeError for a length of 0, lengths that do not add up to that of dim, and of a single number.


        Examples: x.split(2)[0]
        """
    def sqrt(self) -> Tensor:
        """The square root of each element: nan of a negative one.

        Examples: positive.sqrt()
        """
    def sqrt_(self) -> Self:
        """The same as `sqrt`, in place."""
    def square(self) -> Tensor:
        """input**2.

        Examples: x.square()
        """
    def square_(self) -> Self:
        """The same as `square`, in place."""
    def squeeze(self, dim: builtins.int | Sequence[builtins.int] | None = None) -> Tensor:
        """Without dimension dim, or several, where its length is 1; without dim, without all dimensions of length 1.

        Examples: x[None].squeeze(); x[None, :, None].squeeze(2); x[None].squeeze((0, 1))
        """
    def squeeze_(self, *args: Any) -> Self:
        """The same as `squeeze`, in place."""
    def std(self, dim: builtins.int | Sequence[builtins.int] | None = None, unbiased: Any = None, keepdim: builtins.bool = False, *, correction: builtins.float | None = None) -> Tensor:
        """The standard deviation over dim, the square root of `var`; where it is 0, its gradient is 0.

        Examples: x.std(); x.std(0); x.std(1, keepdim=True); x.std(0, correction=0)
        """
    def storage(self) -> Storage:
        """The storage of x, which its views share."""
    def storage_offset(self) -> builtins.int:
        """The index of x's first element in its storage."""
    @overload
    def stride(self) -> builtins.tuple[builtins.int, ...]:
        """How many elements of the storage lie between neighbours along each dimension, or along dim."""
    @overload
    def stride(self, dim: builtins.int) -> builtins.int:
        """How many elements of the storage lie between neighbours along each dimension, or along dim."""
    def sub(self, other: Tensor | builtins.float, *, alpha: builtins.float = 1) -> Tensor:
        """input - alpha * other. Raises RuntimeError for bools, and for a float alpha of ints.

        Examples: x - y; x - row; x.sub(y, alpha=3)
        """
    def sub_(self, other: Any, *, alpha: Any = 1) -> Self:
        """The same as `sub`, in place."""
    def subtract(self, other: Tensor | builtins.float, *, alpha: builtins.float = 1) -> Tensor:
        """input - alpha * other. Raises RuntimeError for bools, and for a float alpha of ints.

        Examples: x - y; x - row; x.sub(y, alpha=3)
        """
    def subtract_(self, other: Any, *, alpha: Any = 1) -> Self:
        """The same as `sub`, in place."""
    def sum(self, dim: builtins.int | Sequence[builtins.int] | None = None, keepdim: builtins.bool = False, *, dtype: DType | None = None) -> Tensor:
        """The sum over dim. Integers and bools add up in int64.

        Examples: x.sum(); x.sum(0); batch.sum((0, 2)); x.sum(1, keepdim=True)
        """
    def swapaxes(self, dim0: builtins.int, dim1: builtins.int) -> Tensor:
        """A view with two dimensions exchanged.

        Examples: x.transpose(0, 1); batch.transpose(-2, -1)
        """
    def swapaxes_(self, *args: Any) -> Self:
        """The same as `transpose`, in place."""
    def swapdims(self, dim0: builtins.int, dim1: builtins.int) -> Tensor:
        """A view with two dimensions exchanged.

        Examples: x.transpose(0, 1); batch.transpose(-2, -1)
        """
    def t(self) -> Tensor:
        """The transpose of a tensor of at most two dimensions. Raises RuntimeError for more.

        Examples: x.t(); row.t()
        """
    def t_(self, *args: Any) -> Self:
        """The same as `t`, in place."""
    def take_along_dim(self, indices: Tensor, dim: builtins.int | None = None) -> Tensor:
        """gather, with input and indices broadcast in the other dimensions; without dim, of the flattened tensors.

        With a dim, negative indices count from the end. Raises RuntimeError where the two have not equally many dimensions.


        Examples: torch.take_along_dim(x, ints[:3].view(3, 1), 1)
        """
    def tan(self) -> Tensor:
        """The tangent of each element, in radians.

        Examples: x.tan()
        """
    def tan_(self) -> Self:
        """The same as `tan`, in place."""
    def tanh(self) -> Tensor:
        """The hyperbolic tangent of each element.

        Examples: x.tanh()
        """
    def tanh_(self) -> Self:
        """The same as `tanh`, in place."""
    def tensor_split(self, indices_or_sections: Any, dim: builtins.int = 0) -> builtins.tuple[Tensor, ...]:
        """Views along dim: so many of nearly one length, or those between the indices listed.

        >>> [part.tolist() for part in torch.arange(5).tensor_split((1, 3))]
        [[0], [1, 2], [3, 4]]


        Examples: x.tensor_split(2)[0]
        """
    def tile(self, *sizes: Any, dims: Any = None) -> Tensor:
        """input repeated as by `repeat`; of fewer dims than input has, the first are 1.

        Examples: row.tile(2)
        """
    def to(self, *args: Any, dtype: Any = None, device: Any = None, copy: Any = False, non_blocking: Any = False) -> Tensor:
        """x in another dtype, or in that of another tensor; x itself where it has it already. The one device is the CPU.

        The gradient comes back in x's own dtype. Raises RuntimeError for another device.
        """
    def to_numpy(self) -> ndarray:
        """numpy() under the name by which Matplotlib and pandas ask for it."""
    def topk(self, k: builtins.int, dim: builtins.int = -1, largest: builtins.bool = True, sorted: builtins.bool = True) -> ValuesAndIndices:
        """The k largest (or smallest) elements along dim, and their indices. Raises RuntimeError for too large a k.

        Examples: x.topk(2).values
        """
    def trace(self) -> Tensor:
        """The sum of the diagonal of a matrix (n, m). Raises RuntimeError for other than two dimensions.

        Examples: square.trace()
        """
    def transpose(self, dim0: builtins.int, dim1: builtins.int) -> Tensor:
        """A view with two dimensions exchanged.

        Examples: x.transpose(0, 1); batch.transpose(-2, -1)
        """
    def transpose_(self, *args: Any) -> Self:
        """The same as `transpose`, in place."""
    def tril(self, diagonal: builtins.int = 0) -> Tensor:
        """The elements on and below a diagonal of the last two dimensions, 0 elsewhere. Raises RuntimeError below 2-D.

        Examples: square.tril(); batch.tril(-1)
        """
    def tril_(self, diagonal: builtins.int = 0) -> Self:
        """The same as `tril`, in place."""
    def triu(self, diagonal: builtins.int = 0) -> Tensor:
        """The elements on and above a diagonal of the last two dimensions, 0 elsewhere. Raises RuntimeError below 2-D.

        Examples: square.triu(); batch.triu(1)
        """
    def triu_(self, diagonal: builtins.int = 0) -> Self:
        """The same as `triu`, in place."""
    def true_divide(self, other: Tensor | builtins.float) -> Tensor:
        """input / other, in floats.

        Examples: x / positive; x / 3
        """
    def true_divide_(self, other: Any, *, alpha: Any = 1) -> Self:
        """The same as `div`, in place."""
    def trunc(self) -> Tensor:
        """Each element rounded toward zero; the derivative is 0. Raises RuntimeError for bools.

        Examples: x.trunc()
        """
    def trunc_(self) -> Self:
        """The same as `trunc`, in place."""
    @overload
    def type(self) -> builtins.str:
        """x in another dtype, or the one that torch.LongTensor, or its name, stands for; without one, the name of x's own.

        Raises ValueError for another name or class, TypeError for anything else.
        """
    @overload
    def type(self, dtype: Any) -> Tensor:
        """x in another dtype, or the one that torch.LongTensor, or its name, stands for; without one, the name of x's own.

        Raises ValueError for another name or class, TypeError for anything else.
        """
    def type_as(self, other: Tensor) -> Tensor:
        """x in the dtype of other."""
    def unbind(self, dim: builtins.int = 0) -> builtins.tuple[Tensor, ...]:
        """The views of input at each index along dim.

        Examples: x.unbind()[0]
        """
    def unflatten(self, dim: builtins.int, sizes: Sequence[builtins.int]) -> Tensor:
        """One dimension as several of these sizes, one of which may be -1, for what is left.

        Raises RuntimeError where they do not make up the length of that dimension.


        Examples: row.unflatten(0, (2, 2))
        """
    def unfold(self, dimension: builtins.int, size: builtins.int, step: builtins.int) -> Tensor:
        """A view of the windows of `size` elements along a dimension, one every `step`, in a new last dimension.

        Raises RuntimeError where a window is longer than the dimension, or step is not above 0.


        Examples: x.unfold(1, 2, 1); signal.unfold(-1, 3, 2)
        """
    def uniform_(self, a: builtins.float = 0.0, b: builtins.float = 1.0, *, generator: Generator | None = None) -> Self:
        """Fill x from the uniform distribution on [a, b), in place.

        >>> torch.empty(2).uniform_(3.0, 3.0)
        tensor([3., 3.])
        """
    @overload
    def unique(self, sorted: builtins.bool = True) -> Tensor:
        """The distinct elements, sorted, and where asked for the index of each element among them, and their counts.

        Examples: ints.unique()
        """
    @overload
    def unique(self, sorted: builtins.bool = True, return_inverse: builtins.bool = False, return_counts: builtins.bool = False) -> Any:
        """The distinct elements, sorted, and where asked for the index of each element among them, and their counts.

        Examples: ints.unique()
        """
    def unsqueeze(self, dim: builtins.int | Sequence[builtins.int] | None) -> Tensor:
        """With one more dimension, of length 1, at position dim.

        Examples: x.unsqueeze(0); x.unsqueeze(-1)
        """
    def unsqueeze_(self, *args: Any) -> Self:
        """The same as `unsqueeze`, in place."""
    def untyped_storage(self) -> Storage:
        """The storage of x as bytes."""
    def var(self, dim: builtins.int | Sequence[builtins.int] | None = None, unbiased: Any = None, keepdim: builtins.bool = False, *, correction: builtins.float | None = None) -> Tensor:
        """The variance over dim: the squared distances from the mean, added up and divided by n - correction.

        correction: 1 by default (Bessel's), which is what unbiased=True means, 0 for unbiased=False. The distances are
        taken first, so no digits are lost where the mean is large; PyTorch 2.13 loses some there. Raises RuntimeError where
        the elements are not floats.


        Examples: x.var(); x.var(0); x.var(1, keepdim=True); x.var(0, correction=0)
        """
    def view(self, *shape: Any, size: Any = ...) -> Tensor:
        """The elements in another shape, in the same memory; one of the lengths may be -1, for what is left.

        view(dtype), of a dtype with as many bytes, reads the same memory in that dtype. Raises RuntimeError where the
        number of elements differs, or where the order in memory does not allow a view.


        Examples: x.view(4, 3)
        """
    def view_as(self, other: Tensor) -> Tensor:
        """A view in the shape of other.

        Examples: x.reshape(4, 3).view_as(x)
        """
    def where(self, condition: Any, other: Any) -> Tensor: ...
    def zero_(self) -> Self:
        """Fill input with zeros, in place.

        Examples: x.clone().zero_()
        """
    is_cuda: builtins.bool
