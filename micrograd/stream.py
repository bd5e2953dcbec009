"""The random stream of PyTorch's CPU generator, on NumPy arrays alone.

Underneath lies one endless row of 32-bit words: the Mersenne Twister of Matsumoto and Nishimura (1998), seeded the
classic way, so the words are those of `numpy.random.RandomState(seed & 0xFFFFFFFF)`. A draw takes words from the row
and turns them into numbers. How many words a draw takes, and in what order, matters as much as the formula: take one
too many and every later draw is another one. The rules were found by comparing with PyTorch 2.13.
"""

import math
import os
from typing import Self

import numpy as np
from numpy.typing import DTypeLike

Shape = int | tuple[int, ...]

F32, F64 = np.dtype(np.float32), np.dtype(np.float64)
LOW_24_BITS, LOW_53_BITS = np.uint64(2**24 - 1), np.uint64(2**53 - 1)  # as many as F32 and F64 hold exactly
HALF_WIDTH = np.uint64(32)

# The bytes of a PyTorch CPU generator's state.
STATE = np.dtype(
    [
        ("seed", "<u8"),
        ("left", "<i4"),  # the words left, plus one: at 1 the next draw renews all 624
        ("seeded", "<i4"),  # always 1
        ("next", "<u8"),  # the index of the next word
        ("words", "<u8", 624),
        ("normal_x", "<f8"),  # 0, as is normal_rho
        ("normal", "<f8"),  # the second of a pair of normal numbers, if it waits for the next call
        ("normal_rho", "<f8"),
        ("has_normal", "<i4"),
        ("unused", "V12"),
    ]
)


class Stream:
    """A stream of random numbers as arrays: it draws what `torch.Generator` draws on the CPU from the same seed.

    Every draw returns a fresh array; a shape is an int or a tuple of ints, and a negative one raises RuntimeError.

    `legacy_multinomial` chooses between two generations of PyTorch for `multinomial` with replacement and one sample:
    False is today's (a race of exponentials), True is PyTorch before 1.13 (a walk along the cumulative sum), which
    gives the invented names of the public lectures.
    """

    device = "cpu"

    def __init__(self, device: object = "cpu", *, legacy_multinomial: bool = False) -> None:
        """A generator with PyTorch's default seed; raises RuntimeError for any device but "cpu"."""
        if str(device) != "cpu":
            raise RuntimeError(f"a Generator lives on the CPU: use device='cpu', not {str(device)!r}")
        self.legacy_multinomial = legacy_multinomial
        self._bits = np.random.MT19937(0)
        self.manual_seed(67280421310721)

    def manual_seed(self, seed: int) -> Self:
        """Start the stream of `seed`, any 64-bit integer (-1 is 2**64 - 1), and return self.

        PyTorch keeps all 64 bits as the initial seed but feeds the low 32 alone to the stream. Raises RuntimeError if
        seed is no integer, ValueError if it needs more than 64 bits.
        """
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer):
            raise RuntimeError(f"manual_seed takes an integer, not {type(seed).__name__}")
        if not -(2**63) <= int(seed) < 2**64:
            raise ValueError(f"a seed must fit in 64 bits, from -2**63 to 2**64 - 1, got {seed}")
        self._seed = int(seed) % 2**64
        np.random.RandomState(self._bits).seed(self._seed & 0xFFFFFFFF)
        self._waiting: float | None = None  # the second of a pair of normal numbers, for the next call
        return self

    def initial_seed(self) -> int:
        """The seed the stream began with, 0 to 2**64 - 1."""
        return self._seed

    def seed(self) -> int:
        """Start the stream of a fresh seed, taken from the operating system, and return the seed."""
        return self.manual_seed(int.from_bytes(os.urandom(8), "little")).initial_seed()

    def get_state(self) -> np.ndarray:
        """Where the stream stands: 5056 uint8, the bytes of `torch.Generator.get_state()`."""
        twister = self._bits.state["state"]
        words, position = twister["key"], twister["pos"]
        fresh = position == 624 and words[0] == self._seed & 0xFFFFFFFF  # from the seed, nothing drawn yet
        state = np.zeros(1, STATE)
        state["seed"], state["seeded"], state["words"] = self._seed, 1, words
        state["left"], state["next"] = 625 - position, 0 if fresh else position
        if self._waiting is not None:
            state["normal"], state["has_normal"] = self._waiting, 1
        return state.view(np.uint8)

    def set_state(self, state: np.ndarray) -> None:
        """Go on where `state` stood: a uint8 array from `get_state` here or, as an array, from `torch.Generator`.

        Raises TypeError if it is no uint8 array, RuntimeError if it does not hold a generator's state.
        """
        if not isinstance(state, np.ndarray) or state.dtype != np.uint8:
            raise TypeError(f"a state is an array of uint8, got {getattr(state, 'dtype', type(state).__name__)}")
        if state.size != STATE.itemsize:
            raise RuntimeError(f"a state is {STATE.itemsize} bytes long, got {state.size}")
        fields = np.frombuffer(state.tobytes(), STATE)
        left = fields["left"].item()
        if fields["seeded"].item() != 1 or not 1 <= left <= 624:
            raise RuntimeError("these bytes are not the state of a CPU generator: pass what get_state() returned")
        words = fields["words"][0].astype(np.uint32)
        self._bits.state = {"bit_generator": "MT19937", "state": {"key": words, "pos": 625 - left}}
        self._seed = fields["seed"].item()
        self._waiting = fields["normal"].item() if fields["has_normal"].item() else None

    def uniform(self, shape: Shape, dtype: DTypeLike = np.float32, low: float = 0.0, high: float = 1.0) -> np.ndarray:
        """Uniform random numbers on [low, high): `torch.rand`, `tensor.uniform_(low, high)`.

        float32 or float64. Equal to PyTorch bit for bit, but for the last bit of float64 with bounds of one's own:
        there PyTorch rounds once or twice, depending on the processor. Raises RuntimeError for another dtype, and
        for bounds in the wrong order or too far apart for the dtype.
        """
        dtype = np.dtype(dtype)
        if low == 0 and high == 1:
            return self._fractions(_size(shape), dtype).reshape(shape)
        _check_dtype(dtype)
        if not 0 <= high - low <= float(np.finfo(dtype).max):
            raise RuntimeError(f"uniform needs finite bounds with low <= high, got low={low}, high={high}")
        start, end = np.array([low, high], dtype)
        # Multiplied and added in float64, a float32 is rounded once, as PyTorch's fused instruction does.
        draws = self._fractions(_size(shape), dtype).astype(np.float64) * float(end - start) + float(start)
        draws = draws.astype(dtype)
        draws[draws >= end] = start  # rounded up to high, which is excluded; PyTorch, too, takes low instead
        return draws.reshape(shape)

    def normal(self, shape: Shape, dtype: DTypeLike = np.float32, in_blocks: bool = True) -> np.ndarray:
        """Standard normal random numbers: `torch.randn`; float32 or float64.

        Box and Muller (1958) make two of them from two uniform numbers. Fewer than 16 are made pair by pair in float64,
        and the odd one out waits for the next call; 16 or more in blocks of 16, in `dtype`. in_blocks=False makes
        all of them pair by pair, as PyTorch does where a tensor does not lie in memory in order. The blocks agree with
        PyTorch to about 1e-6 in float32, whose cosine is PyTorch's own. Raises RuntimeError for another dtype.
        """
        dtype, size = np.dtype(dtype), _size(shape)
        if size < 16 or not in_blocks:
            _check_dtype(dtype)
            return np.array([self._next_normal() for _ in range(size)], dtype).reshape(shape)
        draws = self._fractions(size, dtype)
        _box_muller(draws[: size - size % 16])
        if size % 16:  # the last 16, some of them done already, are made again
            draws[-16:] = self._fractions(16, dtype)
            _box_muller(draws[-16:])
        return draws.reshape(shape)

    def integers(self, low: int, high: int, shape: Shape) -> np.ndarray:
        """Integers from low to high - 1, int64: `torch.randint`.

        A word modulo the range, or two words joined when the range is 2**28 or more. Raises RuntimeError unless
        low < high, ValueError if they do not fit in int64.
        """
        if low >= high:
            raise RuntimeError(f"integers are drawn from low up to high - 1: needs low < high, got {low} and {high}")
        if low < -(2**63) or high >= 2**63:
            raise ValueError(f"the bounds of integers must fit in int64, got {low} and {high}")
        span, size = high - low, _size(shape)
        draws = self._words(size) if span < 2**28 else self._long_words(size)
        draws %= span
        if low:
            draws += low % 2**64  # two's complement: a sum past 2**64 wraps to the right int64
        return draws.view(np.int64).reshape(shape)

    def permutation(self, n: int) -> np.ndarray:
        """The numbers 0 to n - 1 in random order, int64: `torch.randperm`, by the shuffle of Fisher and Yates.

        Raises RuntimeError if n is negative, or 2**32 // 20 or more, where PyTorch takes another way.
        """
        if not 0 <= n < 2**32 // 20:
            raise RuntimeError(f"a permutation has 0 to 2**32 // 20 - 1 entries, got {n}")
        order = list(range(n))
        jumps = self._words(max(n - 1, 0)) % np.arange(n, 1, -1, dtype=np.uint64)
        for i, jump in enumerate(jumps.tolist()):  # each swap needs the one before it: no array can do them at once
            j = i + jump
            order[i], order[j] = order[j], order[i]
        return np.array(order, np.int64)

    def exponential(self, shape: Shape, dtype: DTypeLike = np.float32) -> np.ndarray:
        """Exponential random numbers of rate 1: `tensor.exponential_()`; float32 or float64.

        -log(1 - u) of a uniform float64 u, rounded to `dtype`. Raises RuntimeError for another dtype.
        """
        dtype = np.dtype(dtype)
        _check_dtype(dtype)
        return exponentials_of(self._fractions(_size(shape), F64)).astype(dtype).reshape(shape)

    def multinomial(self, weights: np.ndarray, num_samples: int, replacement: bool = False) -> np.ndarray:
        """Indices drawn with probabilities in proportion to `weights`: `torch.multinomial`.

        weights: (categories,) or (rows, categories), float32 or float64, not necessarily summing to 1.
        Returns int64 of shape (num_samples,) or (rows, num_samples).

        One sample, or samples without replacement, come from a race: each category arrives after an exponential time
        divided by its weight, and the first win. Several with replacement each compare one uniform float64 with the
        cumulative sum. Raises RuntimeError for weights that are negative, not finite or all zero, for other dtypes
        and shapes, and for num_samples that cannot be had.
        """
        weights = np.asarray(weights)
        if weights.ndim not in (1, 2):
            raise RuntimeError(f"multinomial needs weights of 1 or 2 dimensions, got shape {weights.shape}")
        _check_dtype(weights.dtype)
        if num_samples <= 0:
            raise RuntimeError(f"multinomial needs num_samples of at least 1, got {num_samples}")
        if not replacement and num_samples > weights.shape[-1]:
            raise RuntimeError(
                f"multinomial cannot draw {num_samples} different samples of {weights.shape[-1]} categories: "
                "ask for fewer or pass replacement=True"
            )
        largest = weights.max(initial=0)
        if not (weights.min(initial=0) >= 0 and largest < np.inf):
            raise RuntimeError("multinomial needs weights that are finite and not negative")
        if not (largest > 0 if weights.ndim == 1 else weights.any(-1).all()):
            raise RuntimeError("multinomial needs a weight above zero in every row")
        if replacement and (num_samples > 1 or self.legacy_multinomial):
            return self._walk(weights, num_samples)
        # The exponentials are drawn in the order in which the weights lie in memory.
        turned = weights.ndim == 2 and abs(weights.strides[0]) < abs(weights.strides[1])
        speed = weights / (
            self.exponential(weights.shape[::-1], weights.dtype).T
            if turned
            else self.exponential(weights.shape, weights.dtype)
        )
        if num_samples == 1:
            return speed.argmax(-1, keepdims=True)
        return np.argsort(-speed, axis=-1, kind="stable")[..., :num_samples].copy()

    def bernoulli(self, p: np.ndarray) -> np.ndarray:
        """True with probability p, element by element, a bool array of p's shape: `torch.bernoulli(p)`.

        Compares uniform numbers of p's own dtype. Raises RuntimeError unless p is float32 or float64 within [0, 1].
        """
        if not ((p >= 0) & (p <= 1)).all():
            raise RuntimeError("bernoulli needs probabilities from 0 to 1")
        return self.uniform(p.shape, p.dtype) < p

    def bernoulli_scalar(self, p: float, shape: Shape) -> np.ndarray:
        """True with the one probability p, a bool array: `tensor.bernoulli_(p)` and dropout's mask.

        Compares uniform float64 numbers, whatever the tensor's dtype. Raises RuntimeError unless 0 <= p <= 1.
        """
        if not 0 <= p <= 1:
            raise RuntimeError(f"bernoulli needs a probability from 0 to 1, got {p}")
        return self.uniform(shape, np.float64) < p

    def _words(self, count: int) -> np.ndarray:
        """The next `count` words of the stream, 32 bits each in a uint64."""
        return self._bits.random_raw(count)

    def _long_words(self, count: int) -> np.ndarray:
        """The next `count` numbers of 64 bits, uint64; each takes two words, the high half first."""
        return joined(self._words(2 * count))

    def _fractions(self, count: int, dtype: np.dtype) -> np.ndarray:
        """`count` numbers in [0, 1): as many low bits of a (long) word as dtype's significand holds, as a fraction."""
        if dtype == F32:
            words = self._words(count)
            words &= LOW_24_BITS
            return words.astype(F32) * 2.0**-24
        _check_dtype(dtype)
        return fractions_of(self._long_words(count))

    def _next_normal(self) -> float:
        """One normal number: the one that waits, or the first of a new pair whose second then waits."""
        if self._waiting is not None:
            number, self._waiting = self._waiting, None
            return number
        u1, u2 = self._fractions(2, F64).tolist()
        radius, angle = math.sqrt(-2 * math.log1p(-u2)), 2 * math.pi * u1
        self._waiting = radius * math.sin(angle)
        return radius * math.cos(angle)

    def _walk(self, weights: np.ndarray, num_samples: int) -> np.ndarray:
        """Samples with replacement: the first category whose cumulative sum reaches a uniform number."""
        sums = np.cumsum(weights, axis=-1)  # in the dtype of the weights, as PyTorch adds them
        sums /= sums[..., -1:]
        sums[..., -1] = 1  # rounding must not leave a gap at the end
        levels = self._fractions(weights[..., 0].size * num_samples, F64)
        if weights.ndim == 1:
            return sums.searchsorted(levels)
        samples = np.empty((len(weights), num_samples), np.int64)
        for row, row_sums, row_levels in zip(samples, sums, levels.reshape(samples.shape), strict=True):
            row[:] = row_sums.searchsorted(row_levels)
        return samples


def joined(words: np.ndarray) -> np.ndarray:
    """Words of 32 bits as half as many of 64, uint64, the high half first."""
    return words[0::2] << HALF_WIDTH | words[1::2]


def fractions_of(words: np.ndarray) -> np.ndarray:
    """Numbers in [0, 1), float64: the low 53 bits of words of 64 bits, as a fraction."""
    return (words & LOW_53_BITS) * 2.0**-53


def exponentials_of(fractions: np.ndarray) -> np.ndarray:
    """Numbers of the exponential distribution with rate 1, from numbers spread evenly over [0, 1)."""
    return -np.log1p(-fractions)


def _size(shape: Shape) -> int:
    """How many numbers an array of this shape holds."""
    sides = (shape,) if isinstance(shape, int) else shape
    if min(sides, default=0) < 0:
        raise RuntimeError(f"a shape cannot have a negative dimension, got {shape}")
    return math.prod(sides)


def _check_dtype(dtype: np.dtype) -> None:
    if dtype != F32 and dtype != F64:
        raise NotImplementedError(f"random numbers are drawn as float32 or float64, not {dtype}")


def _box_muller(uniforms: np.ndarray) -> None:
    """Turn uniform numbers into normal ones, in place: of every 16, eight give the radii and eight the angles."""
    blocks = uniforms.reshape(-1, 2, 8)
    radius = np.sqrt(-2 * np.log(1 - blocks[:, 0]))
    angle = blocks[:, 1] * uniforms.dtype.type(2 * np.pi)
    blocks[:, 0] = radius * np.cos(angle)
    blocks[:, 1] = radius * np.sin(angle)
