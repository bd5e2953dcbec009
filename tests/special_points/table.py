"""The calls of the table and their points: ties, 0, -0.0, bounds, nan, infinities, nothing at all, one element.

To add a line: write it here, and run `python tests/special_points/draw_up.py`, which asks PyTorch for the numbers.
"""

import itertools
from typing import Any, NamedTuple

nan, inf = float("nan"), float("inf")
FLOATS = ("float32", "float64")
WHOLE = ("int64", "uint8", "bool")


class Case(NamedTuple):
    """A call, its points (each a text of numbers by letter) and its dtypes.

    together: whether it works on each element by itself, so that all points are asked in one go.
    """

    call: str
    points: list[dict[str, str]]
    dtypes: tuple[str, ...] = FLOATS
    together: bool = False


def text(x: Any) -> str:
    return x if isinstance(x, str) else repr(x)


def at(call: str, *points: Any, dtypes: tuple[str, ...] = FLOATS) -> Case:
    """A call at points: each is the x of the call, or a dict of its letters."""
    named = [point if isinstance(point, dict) else {"x": point} for point in points]
    return Case(call, [{letter: text(x) for letter, x in point.items()} for point in named], dtypes)


def each(call: str, *columns: list[float], dtypes: tuple[str, ...] = FLOATS) -> Case:
    """A call that works on each element, at each number of a column, or at each pair of two."""
    letters = "xyz"[: len(columns)]
    points = [{letter: text(n) for letter, n in zip(letters, row, strict=True)} for row in itertools.product(*columns)]
    return Case(call, points, dtypes, together=True)


NUMBERS = [-inf, -1e30, -2.5, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 1.5, 2.5, 100.0, 1e30, inf, nan]
FEW = [-inf, -1.0, -0.0, 0.0, 1.5, inf, nan]
PAIR = [-inf, -1.5, -0.0, 0.0, 1.0, inf, nan]
SHORT = [-1.0, -0.0, inf, nan]

ROWS = [[], [2.0], [nan], [0.0], [inf], [-inf], [1.0, 1.0], [0.0, 0.0], [2.0, 2.0, 1.0], [nan, 1.0], [1.0, nan, nan]]
ROWS += [[inf, 1.0], [inf, inf], [-inf, -inf], [-inf, 1.0], [inf, -inf], [0.0, -0.0], [nan, inf]]
TABLES = [*[[row] for row in ROWS if row], [[3.0, 1.0], [3.0, nan]], "zeros((0, 2))", "zeros((2, 0))"]
WHOLE_ROWS = [[], [2], [0], [1, 1], [2, 2, 1], [0, 3, 0]]
SQUARES = [[[nan, 1.0], [0.0, inf]], "zeros((0, 0))", [[2.0]]]

# Functions of each element.

SMOOTH = ["abs", "ceil", "cos", "exp", "expm1", "floor", "log", "log10", "log1p", "log2", "neg", "reciprocal", "relu"]
SMOOTH += ["round", "rsqrt", "sigmoid", "sign", "sin", "sqrt", "square", "tan", "tanh", "trunc"]
OF_WHOLE = [name for name in SMOOTH if name not in ("square", "neg")]

ONE = [
    *[each(f"torch.{name}(x)", NUMBERS) for name in SMOOTH],
    *[at(f"torch.{name}(x)", [0, 1, 2], dtypes=WHOLE) for name in SMOOTH],
    *[at(f"torch.{name}(x)", "zeros((0, 3))") for name in SMOOTH],
    *[each(f"x.{name}()", SHORT) for name in SMOOTH],
    *[each(f"x.clone().{name}_()", SHORT) for name in SMOOTH],
    *[each(f"torch.{name}(x)", FEW) for name in ("absolute", "negative")],
    *[each(f"x.{name}()", FEW) for name in ("absolute", "negative")],
    *[each(f"x.clone().{name}_()", FEW) for name in ("absolute", "negative")],
    each("-x", NUMBERS),
    each("abs(x)", NUMBERS),
    each("+x", FEW),
    each("torch.round(x, decimals=1)", [-inf, -0.25, -0.05, 0.05, 0.15, 0.25, 0.35, 1e30, inf, nan]),
    each("x.round(decimals=-1)", [-15.0, -5.0, 5.0, 15.0, 25.0, 1e30, inf, nan]),
    each("torch.nan_to_num(x)", NUMBERS),
    each("x.nan_to_num(1.5, 2.0, -3.0)", NUMBERS),
    each("x.nan_to_num(nan=inf)", FEW),
    each("x.clone().nan_to_num_()", FEW),
    at("torch.bitwise_not(x)", [0, 1, 2], dtypes=WHOLE),
    each("torch.clone(x)", FEW),
    each("x.clone()", FEW),
    each("x.contiguous()", FEW),
    each("x.float()", [*NUMBERS, 1e300]),
    each("x.double()", NUMBERS),
    each("x.to(torch.float64)", FEW),
    each("x.type_as(torch.zeros(1))", FEW),
    each("x.type(torch.float64)", FEW),
    each("x.long()", [-2.5, -0.5, 0.5, 1.5, 1e10]),
    each("x.int()", [-2.5, -0.5, 0.5, 1.5]),
    each("x.bool()", NUMBERS),
    each("x.byte()", [0.0, 0.5, 1.5, 255.0]),
    each("x.cpu()", FEW),
    each("torch.zeros_like(x).copy_(x)", FEW),
    each("x.clone().fill_(3.0) * x", FEW),
    each("x.clone().zero_() + x", FEW),
    *[
        each(f"x.clone().{fill}", SHORT)
        for fill in ("normal_(2.0, 0.0)", "uniform_(1.0, 1.0)", "bernoulli_(1.0)", "random_(1)", "exponential_(inf)")
    ],
    at("torch.bernoulli(x)", [0.0, 1.0], [nan], [1.5], []),
    at("torch.normal(x, 0.0)", [1.0, nan, inf], []),
    each("x.detach()", FEW),
    *[each(f"torch.{name}(x)", NUMBERS) for name in ("isnan", "isinf", "isfinite", "logical_not")],
]

# Functions of two.

TWO_NAMES = ["add", "sub", "mul", "div", "remainder", "pow", "maximum", "minimum"]
SIGNS = ["+", "-", "*", "/", "%", "**"]
ALIASES = ["multiply", "subtract", "divide", "true_divide", "fmax", "fmin", "fmod", "atan2"][:4]
COMPARE = ["eq", "ne", "lt", "le", "gt", "ge"]
SIDES = [(x, y) for x in (-1.0, 0.0, inf, nan) for y in (-0.0, 2.0, -inf, nan)]


def pairs(call: str, rows: Any, dtypes: tuple[str, ...] = FLOATS) -> Case:
    """A call that works on each element, at these pairs of x and y."""
    return Case(call, [{"x": text(x), "y": text(y)} for x, y in rows], dtypes, together=True)


def whole_pairs(call: str, dtypes: tuple[str, ...] = ("int64", "uint8", "bool")) -> Case:
    return at(call, *[{"x": x, "y": y} for x, y in ((7, 2), (1, 1), (0, 0), (3, 0), (0, 3))], dtypes=dtypes)


TWO = [
    *[each(f"torch.{name}(x, y)", PAIR, PAIR) for name in TWO_NAMES],
    *[whole_pairs(f"torch.{name}(x, y)") for name in TWO_NAMES],
    *[
        at(f"torch.{name}(x, y)", {"x": -7, "y": 2}, {"x": 7, "y": -2}, {"x": -7, "y": -2}, dtypes=("int64",))
        for name in TWO_NAMES
    ],
    *[at(f"torch.{name}(x, y)", {"x": "zeros((0, 2))", "y": [1.0, nan]}) for name in TWO_NAMES],
    *[at(f"torch.{name}(x, y)", {"x": 1.0, "y": [[nan], [1.0]]}) for name in TWO_NAMES],
    *[pairs(f"x.{name}(y)", SIDES) for name in TWO_NAMES],
    *[pairs(f"x {sign} y", SIDES) for sign in SIGNS],
    *[pairs(f"x.clone().{name}_(y)", SIDES) for name in TWO_NAMES if name not in ("remainder", "maximum", "minimum")],
    *[pairs(f"y = y.clone(); x = x.clone(); x {sign}= y; x", SIDES) for sign in SIGNS],
    *[each(f"2.0 {sign} x", FEW) for sign in SIGNS if sign != "%"],
    *[each(f"-0.0 {sign} x", FEW) for sign in SIGNS if sign != "%"],
    *[each(f"x {sign} {n}", FEW) for sign in SIGNS for n in ("0.0", "inf", "nan", "-2")],
    *[at(f"x {sign} 0", [1, 0], dtypes=WHOLE) for sign in SIGNS],
    *[at(f"2 {sign} x", [1, 0], dtypes=WHOLE) for sign in SIGNS],
    *[pairs(f"torch.{name}(x, y)", SIDES) for name in ALIASES],
    *[pairs(f"x.{name}(y)", SIDES[:6]) for name in ALIASES],
    *[pairs(f"x.clone().{name}_(y)", SIDES[:6]) for name in ALIASES],
    *[pairs(f"torch.{name}(x, y)", [*itertools.product(FEW, FEW)]) for name in COMPARE],
    pairs("torch.add(x, y, alpha=0.0)", [(1.0, inf), (1.0, nan), (inf, -inf)]),
    pairs("torch.sub(x, y, alpha=2.0)", [(1.0, inf), (1.0, nan), (inf, inf)]),
    # The quotient that was rounded is the one of the value: 1 % 0.1 is 0.1 less an ulp, and its quotient 9.
    pairs(
        "torch.remainder(x, y)",
        [
            (1.0, 0.1),
            (-1.0, 0.1),
            (1.0, -0.1),
            (0.3, 0.1),
            (0.6, 0.2),
            (1e20, 3.0),
            (5e-324, 1.0),
            (1.0, 1e-30),
            (0.5, 0.5),
            (-1e-20, 1.0),
        ],
    ),
    # Of whole parts PyTorch has the value, and an error on the way back.
    each("torch.floor_divide(x.detach(), y.detach())", PAIR, PAIR),
    whole_pairs("torch.floor_divide(x, y)"),
    whole_pairs("x // y"),
    at("x // y", {"x": -7, "y": 2}, {"x": 7, "y": -2}, {"x": -7, "y": -2}, dtypes=("int64",)),
    at("x // 2", [0, 1, 5], dtypes=WHOLE),
    each("x.detach() // 0.0", FEW),
    each("x.detach() // inf", FEW),
    each("2.0 // x.detach()", FEW),
    each("2.0 % x.detach()", FEW),
    each("-0.0 % x.detach()", FEW),
    each("x.detach().floor_divide(2.0)", FEW),
    each("x.detach().clone().floor_divide_(2.0)", FEW),
    *[
        at(call, [5.0])
        for call in (
            "x // 2.0",
            "2.0 // x",
            "2.0 % x",
            "x.floor_divide(2.0)",
            "torch.floor_divide(x, 2.0)",
            "x.clone().floor_divide_(2.0)",
            "y = x.clone(); y //= 2.0; y",
            "x // 2.0 + x",
        )
    ],
    pairs(
        "torch.floor_divide(x.detach(), y.detach())",
        [(1.0, 0.1), (-1.0, 0.1), (1.0, -0.1), (0.3, 0.1), (0.6, 0.2), (1e20, 3.0), (-1e-20, 1.0), (1e30, 1e-30)],
    ),
    pairs(
        "torch.pow(x, y)",
        [
            (1.0, nan),
            (-1.0, inf),
            (-1.0, -inf),
            (0.0, -1.0),
            (-0.0, -1.0),
            (-0.0, -2.0),
            (-0.0, 3.0),
            (0.0, 0.5),
            (-2.0, 0.5),
            (-2.0, 3.0),
            (-2.0, 2.0),
            (0.0, 1.0),
            (0.0, 2.0),
            (-8.0, 1 / 3),
            (inf, 0.5),
            (-inf, 3.0),
            (-inf, 2.0),
            (-inf, -3.0),
            (0.5, inf),
            (0.5, -inf),
            (1.5, 1e30),
        ],
    ),
    *[each(f"x ** {n}", [*NUMBERS, 1e-30]) for n in (0, 1, 2, 3, 4, -1, -2, -3, 0.5, -0.5, 1.5, "inf", "-inf", "nan")],
    *[each(f"{n} ** x", NUMBERS) for n in (0, 1, 2, "0.5", "(-1)", "(-2.0)", "inf", "nan", "(-inf)")],
    *[at(f"x ** {n}", [0, 1, 2], dtypes=WHOLE) for n in (0, 1, 2, 3, -1, 0.5, -2.0)],
    *[at(f"torch.pow({n}, x)", [0, 1, 2], dtypes=("int64", "uint8")) for n in (0, 2, 0.5)],
    *[each(f"torch.lerp(x, y, {w})", SHORT, [0.0, 1.0, inf, nan]) for w in (0.0, 0.3, 0.5, 1.0, 2.0)],
    pairs("torch.lerp(x, y, 1.0)", [(1e8, 1.0), (1.0, 1e8), (1e30, -1e30), (0.1, 0.7)]),
    pairs("torch.lerp(x, y, 0.9)", [(1e8, 1.0), (1e30, -1e30)]),
    pairs("x.lerp(y, 1.0)", [(1e8, 1.0), (inf, 1.0), (nan, 1.0)]),
    pairs("x.clone().lerp_(y, 1.0)", [(1e8, 1.0), (inf, 1.0)]),
    at("torch.lerp(x, y, z)", *[{"x": [1e8], "y": [1.0], "z": [w]} for w in (0.0, 0.5, 1.0, nan, inf)]),
    *[
        pairs(f"torch.{name}(x, y)", itertools.product(SHORT, [0.0, 1.0, nan]))
        for name in ("logical_and", "logical_or", "logical_xor")
    ],
    *[
        pairs(f"torch.{name}(x, y)", SIDES)
        for name in ("isclose", "greater", "less", "greater_equal", "less_equal", "not_equal")
    ],
    pairs("torch.isclose(x, y, equal_nan=True)", [*SIDES, (inf, inf), (nan, nan)]),
    at(
        "torch.allclose(x, y)",
        {"x": [nan], "y": [nan]},
        {"x": [inf], "y": [inf]},
        {"x": [], "y": []},
        {"x": [inf], "y": [-inf]},
        {"x": [1.0], "y": [inf]},
    ),
    at(
        "torch.equal(x, y)",
        {"x": [nan], "y": [nan]},
        {"x": [0.0], "y": [-0.0]},
        {"x": [], "y": []},
        {"x": [], "y": "zeros((0, 1))"},
    ),
    pairs("torch.max(x, y)", SIDES),
    pairs("x.min(y)", SIDES),
    *[whole_pairs(f"x {sign} y", dtypes=("int64", "bool")) for sign in "&|^"],
    *[at(f"5 {sign} x", [6, 0], dtypes=("int64",)) for sign in "&|^"],
    *[at(f"x = x.clone(); x {sign}= 5; x", [6, 0], dtypes=("int64",)) for sign in "&|^"],
    *[whole_pairs(f"torch.bitwise_{name}(x, y)", dtypes=("int64", "bool")) for name in ("and", "or", "xor")],
    *[at(f"x.clone().bitwise_{name}_(5)", [6, 0], dtypes=("int64",)) for name in ("and", "or", "xor")],
    *[each(f"x.detach().clone().logical_{name}_(1.0)", SHORT) for name in ("and", "or", "xor")],
    pairs("x.clone().remainder_(y)", SIDES),
]

# Bounds, masks and choices. What is not chosen gets 0, however wild the way behind it: a mask selects.

BOUNDS = ["clamp(x, -1.0, 1.0)", "clamp(x, min=0.0)", "clamp(x, max=0.0)", "clamp(x, 1.0, -1.0)", "clamp(x, 1.0, 1.0)"]
BOUNDS += [
    "clamp(x, min=nan)",
    "clamp(x, max=nan)",
    "clamp(x, -inf, inf)",
    "clamp(x, nan, 0.0)",
    "clamp(x, inf, -inf)",
    "clip(x, -1.0, 1.0)",
]
BOUNDS += ["clamp_min(x, 0.0)", "clamp_max(x, 0.0)", "clamp_min(x, nan)", "clamp_max(x, nan)"]
CROSSED = [-inf, -1.0, 0.0, 1.0, inf, nan]
BEHIND = [-inf, -1.0, 0.0, 4.0, nan]

CHOICES = [
    *[each(f"torch.{call}", NUMBERS) for call in BOUNDS],
    each("torch.clamp(x, y, z)", [-1.0, 0.0, 0.5, 1.0, nan], [0.0, 1.0, nan], [0.0, 1.0, inf]),
    each("torch.clamp(x, min=y)", CROSSED, CROSSED),
    each("torch.clamp(x, max=y)", CROSSED, CROSSED),
    each("x.clamp(y, z)", [0.0, 0.5, 1.0], [1.0], [0.0]),
    each("x.clip(y, z)", [0.0, 0.5, 1.0], [1.0], [0.0]),
    each("x.clone().clamp_(-1.0, 1.0)", FEW),
    each("x.clone().clamp_(y, z)", [0.0, 0.5, 1.0, nan], [1.0, 0.0], [0.0, 1.0]),
    each("x.clone().clip_(-1.0, 1.0)", FEW),
    each("x.clamp_min(0.0)", FEW),
    each("x.clamp_max(0.0)", FEW),
    each("x.clone().clamp_min_(0.0)", FEW),
    each("x.clone().clamp_max_(0.0)", FEW),
    each("torch.clamp_min(x, y)", FEW, SHORT),
    each("torch.clamp_max(x, y)", FEW, SHORT),
    at("torch.clamp(x, 1, 2)", [0, 1, 2, 3], [], dtypes=("int64", "uint8", "bool")),
    at("torch.clamp(x, min=-1)", [0, 1], dtypes=("int64", "uint8")),
    at("torch.clamp(x, min=0.5)", [0, 1], dtypes=("int64", "uint8")),
    at("torch.clamp(x)", [1.0]),
    each("x.clamp(min=0.0).sqrt()", BEHIND),
    each("x.clamp(max=0.0).rsqrt()", [-inf, -1.0, 0.0, 4.0, nan]),
    each("x.clamp(0.0, 1.0).log()", BEHIND),
    each("torch.clamp(x, y, z).sqrt()", [-1.0, 0.0, 4.0], [0.0], [0.0, 2.0]),
    each("torch.maximum(x, y).sqrt()", BEHIND, [-1.0, 0.0]),
    each("torch.minimum(x, y).rsqrt()", [-inf, -1.0, 0.0, 4.0, nan], [0.0, 1.0]),
    each("x.relu().sqrt()", BEHIND),
    each("x.relu().log()", BEHIND),
    each("x.abs().sqrt()", BEHIND),
    each("x.sign().sqrt()", BEHIND),
    each("x.floor().sqrt()", BEHIND),
    each("x.square().sqrt()", BEHIND),
    each("(x ** 2).sqrt()", BEHIND),
    each("(x * 0.0).sqrt()", BEHIND),
    each("(x * 0.0) ** 0.5", BEHIND),
    each("x.masked_fill(x <= 0, 0.0).sqrt()", BEHIND),
    each("x.masked_fill(x <= 0, 1.0).log()", BEHIND),
    each("torch.where(x > 0, x, 0.0).sqrt()", BEHIND),
    each("torch.where(x > 0, x.sqrt(), 0.0)", BEHIND),
    each("torch.where(x > 0, x, y).sqrt()", BEHIND, [0.0, -1.0]),
    each("F.relu(x).rsqrt()", [-inf, -1.0, 0.0, 4.0, nan]),
    each("F.leaky_relu(x, 0.0).sqrt()", BEHIND),
    each("x.nan_to_num(0.0).sqrt()", BEHIND),
    at("x.max().sqrt()", [0.0, -1.0], [0.0, 0.0], [-1.0, -2.0], [nan, 0.0]),
    at("x.min().sqrt()", [0.0, 1.0], [0.0, 0.0], [-1.0, 2.0], [nan, 0.0]),
    at("x.median().sqrt()", [0.0, 1.0], [0.0, 0.0], [-1.0, 2.0]),
    at("x.amax(0).sqrt()", [0.0, -1.0], [0.0, 0.0], [-1.0, -2.0], [nan, 0.0]),
    at("x.amin(0).sqrt()", [0.0, 1.0], [0.0, 0.0], [-1.0, -2.0]),
    at("x.max(0)[0].sqrt()", [0.0, -1.0], [0.0, 0.0], [-1.0, -2.0]),
    at("x.sum().sqrt()", [0.0, 0.0], [-1.0, 0.0], []),
    at("x.prod().sqrt()", [0.0, 0.0], [0.0, 2.0], [-1.0, 2.0]),
    at("x.tril().sqrt()", [[0.0, -1.0], [4.0, 0.0]]),
    at("x.triu().rsqrt()", [[0.0, -1.0], [4.0, 0.0]]),
    at("x[:1].sqrt()", [0.0, -1.0]),
    at("x[i].sqrt()", {"x": [0.0, -1.0, 4.0], "i": [0, 0]}),
    at("x.gather(0, i).sqrt()", {"x": [0.0, -1.0, 4.0], "i": [0, 0]}),
    at("x.softmax(0).log()", [0.0, -inf], [0.0, -1000.0]),
    at("x.softmax(0).sqrt()", [0.0, -inf]),
    at("(x - x.max()).exp().sqrt()", [1.0, 1.0], [-inf, 0.0]),
    at("x.var(0).sqrt()", [1.0, 1.0], [1.0, 3.0]),
    at("x.norm().log()", [0.0, 0.0]),
    at("(x * x).sum().sqrt()", [0.0, 0.0]),
    at("torch.masked_fill(x, m, 5.0)", {"x": [nan, inf, 1.0], "m": [True, True, False]}, {"x": [], "m": []}),
    at(
        "x.masked_fill(m, y)",
        {"x": [nan, 1.0], "m": [True, False], "y": 2.0},
        {"x": [1.0], "m": [True], "y": nan},
        {"x": [1.0], "m": [True], "y": [2.0]},
    ),
    at("x.clone().masked_fill_(m, nan)", {"x": [nan, inf, 1.0], "m": [True, True, False]}),
    at("x.masked_fill(m, 300)", {"x": [1, 2], "m": [True, False]}, dtypes=("int64", "uint8")),
    at(
        "torch.where(m, x, y)",
        {"x": [nan, 1.0], "y": [1.0, nan], "m": [True, False]},
        {"x": [], "y": [], "m": []},
        {"x": 1.0, "y": [[inf], [nan]], "m": [True, False]},
    ),
    at("torch.where(m, x, nan)", {"x": [nan, 1.0], "m": [True, False]}),
    at("torch.where(m, 2.5, x)", {"x": [1, 0], "m": [True, False]}, dtypes=WHOLE),
    at("x.where(m, y)", {"x": [nan, 1.0], "y": [1.0, nan], "m": [True, False]}),
    at("torch.where(m, x, y) * inf", {"x": [0.0, 1.0], "y": [1.0, 0.0], "m": [True, False]}),
    at("torch.where(m, x, y).log()", {"x": [0.0, 1.0], "y": [1.0, 0.0], "m": [True, False]}),
    at("torch.where(x)", [nan, 0.0, 1.0], [], [-0.0]),
]

# Sums, means and the like.

WITHOUT_DIM = [
    "sum",
    "mean",
    "prod",
    "max",
    "min",
    "median",
    "amax",
    "amin",
    "var",
    "std",
    "norm",
    "count_nonzero",
    "any",
    "all",
    "argmax",
    "argmin",
]
WITH_DIM = [
    *WITHOUT_DIM,
    "logsumexp",
    "cumsum",
    "cumprod",
    "softmax",
    "log_softmax",
    "argsort",
    "sort",
    "diff",
    "flip",
    "unbind",
]
NO_DIM_ARGUMENT = {"diff", "flip"}

REDUCTIONS = [
    *[at(f"torch.{name}(x)", *ROWS, 3.0, nan, "zeros((0, 2))") for name in WITHOUT_DIM],
    *[
        at(f"torch.{name}(x, 0)", *ROWS[1:6], 3.0, nan)
        for name in WITH_DIM
        if name not in ("norm", "diff", "flip", "any", "all")
    ],
    *[at(f"torch.{name}(x, dim=1)", *TABLES) for name in WITH_DIM if name not in ("flip",)],
    *[
        at(f"x.{name}(dim=0)", [[nan, 1.0], [nan, 1.0]], [[1.0, -inf], [2.0, -inf]], "zeros((0, 2))")
        for name in WITH_DIM
        if name != "flip"
    ],
    *[at(f"torch.{name}(x)", *WHOLE_ROWS[name == "median" :], dtypes=WHOLE) for name in WITHOUT_DIM if name != "norm"],
    *[
        at(f"torch.{name}(x, 0)", *WHOLE_ROWS, dtypes=WHOLE)
        for name in (
            "max",
            "min",
            "amax",
            "amin",
            "median",
            "argmax",
            "sort",
            "cumsum",
            "cumprod",
            "prod",
            "sum",
            "logsumexp",
        )
    ],
    *[
        at(f"torch.{name}(x, dim=(0, 1))", [[3.0, 3.0], [nan, 1.0]], [[3.0, 3.0], [3.0, 1.0]], "zeros((2, 0))", [[5.0]])
        for name in ("sum", "mean", "var", "std", "amax", "amin", "logsumexp", "norm")
    ],
    at("x.sum((), True)", [nan, 1.0], []),
    at("torch.sum(x)", [1e30, 1e30, -1e30], [1e8, 1.0, -1e8], [inf, -inf]),
    at("torch.mean(x)", [1e38, 1e38, 1e38]),
    *[
        at(f"torch.{name}(x, 0, correction={n})", [1.0], [1.0, 3.0], [1.0, 1.0], [], [nan, 1.0], [inf, 1.0])
        for name in ("var", "std")
        for n in (0, 1, 2, 3)
    ],
    *[at(f"torch.{name}(x, unbiased=False)", [1.0], [1.0, 1.0], [], [1e20, -1e20]) for name in ("var", "std")],
    *[
        at(f"torch.{name}_mean(x)", [1.0], [1.0, 1.0], [], [nan, 1.0], [inf, 1.0], [1.0, 3.0])
        for name in ("var", "std")
    ],
    *[at(f"torch.{name}_mean(x, 0, correction=2)", [1.0], [1.0, 3.0], [1.0, 1.0]) for name in ("var", "std")],
    at("torch.var(x)", [1e8, 1e8 + 8, 1e8 + 16], [1e4, 1e4 + 1, 1e4 + 2]),
    at("torch.var(x, 0)", [[1e8], [1e8 + 8], [1e8 + 16]]),
    at("torch.var_mean(x)", [1e8, 1e8 + 8, 1e8 + 16]),
    at("torch.var(x, dim=1)", "full((2, 3), 0.1)"),
    at("torch.std(x, dim=1)", "full((2, 3), 0.1)"),
    *[
        at(
            f"torch.norm(x, {p})",
            [0.0, 0.0],
            [0.0, 3.0],
            [nan, 1.0],
            [inf, 1.0],
            [-inf, inf],
            [2.0, -2.0],
            [-3.0],
            [],
            0.0,
            -2.0,
            [nan],
            [-0.0],
        )
        for p in ("0", "0.5", "1", "1.5", "2", "3", "-1", "-2", "inf", "-inf")
    ],
    *[
        at(f"x.norm({p}, dim=1)", [[0.0, 0.0], [nan, 1.0], [inf, 1.0], [2.0, -2.0]], "zeros((2, 0))", "zeros((0, 2))")
        for p in ("0", "0.5", "1", "1.5", "2", "3", "-1", "inf", "-inf")
    ],
    at("x.norm()", [1e30, 1e30], [1e-30, 1e-30]),
    at(
        "torch.prod(x, 0)",
        [0.0, 2.0, 3.0],
        [0.0, 0.0, 3.0],
        [0.0, inf],
        [0.0, nan],
        [inf, 0.0, 0.0],
        [1e30, 1e30],
        [nan, 2.0],
    ),
    at(
        "torch.cumprod(x, 0)",
        [0.0, 2.0, 3.0],
        [2.0, 0.0, 3.0],
        [2.0, 0.0, 3.0, 0.0, 4.0],
        [0.0, inf],
        [nan, 2.0],
        [2.0, nan, 0.0],
        [inf, 2.0],
        [],
        [0.0, nan, 1.0],
    ),
    at("torch.cumsum(x, 0)", [inf, -inf, 1.0], [nan, 1.0], [1.0, nan, 2.0], 2.0),
    at("x.prod()", [0.0, 2.0, 3.0], [0.0, 0.0, 3.0]),
    at("x.prod(1)", [[0.0, 2.0], [0.0, 0.0]], "zeros((2, 0))"),
    *[
        at(f"torch.{name}(x, 0, keepdim=True)", [2.0, 2.0], [nan, 1.0])
        for name in ("max", "min", "median", "amax", "amin", "logsumexp", "sum")
    ],
    *[
        at(
            f"torch.median(x{dim})",
            [1.0, 2.0, 2.0, 3.0],
            [2.0, 2.0, 2.0],
            [inf, inf, -inf],
            [nan, nan, 1.0],
            [1.0, 2.0],
            [-0.0, 0.0, 0.0],
            [nan, 2.0, 2.0],
        )
        for dim in ("", ", 0")
    ],
    *[
        at(
            f"torch.quantile(x, {q})",
            [2.0, 2.0, 1.0],
            [1.0, 2.0, 3.0],
            [inf, 1.0],
            [-inf, inf],
            [inf, inf],
            [-inf, -inf, 1.0],
            [nan, 1.0],
            [2.0],
            [],
            [1.0, 1.0, 1.0, 1.0],
            3.0,
        )
        for q in ("0.0", "0.25", "0.5", "0.9", "1.0", "1.5", "-0.1")
    ],
    *[
        at(f"x.quantile({q}, 0)", [[2.0, nan], [2.0, 1.0], [1.0, 5.0]], [[inf], [inf]])
        for q in ("0.0", "0.25", "0.5", "1.0")
    ],
    at("torch.quantile(x, y)", {"x": [2.0, 1.0], "y": [0.0, 0.5]}),
    at(
        "torch.quantile(x, y.detach())",
        {"x": [2.0, 2.0, 1.0], "y": [0.0, 0.5, 1.0]},
        {"x": [inf, 1.0], "y": [0.0, 0.5, 1.0]},
        {"x": [2.0], "y": []},
    ),
    *[
        at(
            f"torch.{name}(x{dim})",
            [3.0, 3.0, 1.0],
            [1.0, 1.0, 1.0],
            [nan, 3.0, nan],
            [-0.0, 0.0],
            [inf, inf],
            [-inf, -inf],
            [[3.0, 3.0], [3.0, nan]],
        )
        for name in ("max", "min", "amax", "amin", "argmax", "argmin")
        for dim in ("", ", 0", ", -1")
    ],
    *[
        at(f"torch.topk(x, {k})", [nan, 1.0, 3.0], [2.0, 1.0, 3.0], [inf, -inf, nan], [nan, nan, 1.0], [5.0])
        for k in (0, 1, 2)
    ],
    at("torch.topk(x, 2, largest=False)", [nan, 1.0, 3.0], [inf, -inf, nan]),
    at("x.topk(1)", [nan], 3.0, [], [[1.0, nan], [2.0, 3.0]]),
    *[
        at(f"torch.sort(x{how})", [nan, 1.0, -inf, inf], [2.0, nan, 1.0, nan], [3.0], [], 3.0, [2.0, 1.0, 2.0])
        for how in (", stable=True", ", stable=True, descending=True")
    ],
    at("torch.sort(x, descending=True)[0]", [nan, 1.0], [0.0, inf, nan]),
    at("x.argsort(stable=True)", [nan, 1.0, nan], [], 3.0),
    at("x.sort()[0]", [nan, 1.0, 1.0]),
    at("torch.unique(x)", [2.0, 1.0, 2.0]),
    at(
        "torch.unique(x.detach())", [nan, 1.0, nan], [nan, nan], [0.0, -0.0], [inf, -inf, inf], [], [2.0, 1.0, 2.0], 5.0
    ),
    at(
        "torch.unique(x.detach(), return_inverse=True, return_counts=True)",
        [nan, 1.0, nan],
        [2.0, 1.0, 2.0],
        [],
        [inf, nan, inf],
    ),
    at("x.unique(return_counts=True)", [1, 0, 1], [], dtypes=WHOLE),
    *[
        at(
            f"torch.searchsorted(x, y, right={right})",
            *[{"x": [1.0, 2.0, 2.0, inf], "y": [y]} for y in (nan, 2.0, inf, -inf, 0.0)],
            *[{"x": [1.0, nan], "y": [y]} for y in (nan, 2.0, inf)],
            {"x": [], "y": [1.0]},
            {"x": [1.0], "y": []},
        )
        for right in (False, True)
    ],
    at("torch.searchsorted(x, 2.0)", [1.0, 2.0, 3.0], [], [nan]),
    at(
        "torch.isin(x, y)",
        {"x": [nan, 1.0], "y": [nan, 1.0]},
        {"x": [0.0, inf], "y": [-0.0, inf]},
        {"x": [1.0], "y": []},
    ),
    at("torch.histc(x, 3)", [1.0, 1.0], [0.0, 1.0, 2.0], [], [nan, 1.0], [inf, 1.0]),
    at("torch.histc(x, 2, 0, 1)", [0.0, 0.5, 1.0, 1.5], [nan, 0.5], [inf, 0.5]),
    at("torch.bincount(x)", [0, 2, 2], [], dtypes=("int64", "uint8")),
    at("torch.nonzero(x)", [nan, 0.0, -0.0, 1.0], [], 0.0, 3.0),
    at("torch.argwhere(x)", [nan, 0.0], 3.0),
    *[
        at(
            f"{call}",
            [0.0, 0.0],
            [nan, 1.0],
            [inf, 1.0],
            [-inf, 1.0],
            [-inf, -inf],
            [inf, inf],
            [1000.0, -1000.0],
            [5.0],
            [],
            2.0,
            [[-inf, -inf], [1.0, 1.0]],
        )
        for call in (
            "torch.softmax(x, -1)",
            "torch.log_softmax(x, -1)",
            "torch.logsumexp(x, -1)",
            "x.softmax(dim=-1)",
            "x.log_softmax(dim=-1)",
            "x.logsumexp(-1)",
            "F.softmax(x, dim=-1)",
            "F.log_softmax(x, dim=-1)",
        )
    ],
    at("torch.logsumexp(x, 0)", "zeros((0, 2))", [[-inf, 1.0], [-inf, inf]]),
    at("torch.trace(x)", *SQUARES, "zeros((2, 0))"),
    at("torch.diff(x, n=2)", [1.0, nan, 2.0, 3.0], [1.0], []),
    at("torch.diff(x)", [1, 3], [], dtypes=WHOLE),
]

# Shapes, views, joining.

SHAPED = [
    "torch.reshape(x, (-1,))",
    "x.reshape(2, -1)",
    "x.view(-1)",
    "x.view_as(torch.zeros(x.shape))",
    "torch.flatten(x)",
    "x.flatten()",
    "torch.ravel(x)",
    "x.ravel()",
]
SHAPED += [
    "torch.squeeze(x)",
    "x.squeeze()",
    "torch.unsqueeze(x, 0)",
    "x.unsqueeze(-1)",
    "x.T",
    "x.t()",
    "torch.t(x)",
    "x.mT",
    "torch.transpose(x, 0, 1)",
    "x.transpose(0, 1)",
]
SHAPED += [
    "torch.permute(x, (1, 0))",
    "x.permute(1, 0)",
    "torch.movedim(x, 0, 1)",
    "x.movedim(0, 1)",
    "torch.moveaxis(x, 0, 1)",
    "torch.swapdims(x, 0, 1)",
    "x.clone().swapaxes_(0, 1)",
    "torch.tensor_split(x, 2)",
    "x.unfold(0, 1, 1)",
    "torch.swapaxes(x, 0, 1)",
    "x.swapaxes(0, 1)",
]
SHAPED += [
    "x.expand(2, *x.shape)",
    "x.expand_as(x)",
    "torch.broadcast_to(x, (2, *x.shape))",
    "x.broadcast_to((2, *x.shape))",
    "x.repeat(2, 2)",
    "torch.tile(x, (2,))",
    "x.tile(2)",
    "x.tile(0)",
]
SHAPED += [
    "torch.roll(x, 1)",
    "x.roll(1, 0)",
    "torch.flip(x, (0,))",
    "x.flip(0)",
    "torch.tril(x)",
    "x.tril()",
    "torch.triu(x)",
    "x.triu()",
    "x.triu(1)",
    "torch.diagonal(x)",
    "x.diagonal()",
    "torch.diag(x)",
    "x.diag()",
]
SHAPED += [
    "torch.narrow(x, 0, 0, 0)",
    "x.narrow(0, 0, 1)",
    "torch.select(x, 0, 0)",
    "x.select(0, -1)",
    "torch.split(x, 1)",
    "x.split(1)",
    "torch.chunk(x, 2)",
    "x.chunk(2)",
    "torch.unbind(x)",
    "x.unbind()",
]
SHAPED += [
    "torch.unflatten(x, 0, (1, -1))",
    "x.unflatten(0, (-1, 1))",
    "torch.repeat_interleave(x, 2)",
    "x.repeat_interleave(2, 0)",
    "torch.cat([x, x])",
    "torch.concat([x, x])",
    "torch.concatenate([x, x], 0)",
]
SHAPED += [
    "torch.stack([x, x])",
    "torch.hstack([x, x])",
    "torch.vstack([x, x])",
    "x[0]",
    "x[None]",
    "x[..., 0]",
    "x[:0]",
    "x[:, 1:]",
    "x[x > 0]",
    "x[x.isnan()]",
    "x.masked_select(x > 0)",
    "torch.masked_select(x, x > 5)",
]
SHAPED += [
    "x.clone().squeeze_()",
    "x.clone().unsqueeze_(0)",
    "x.clone().t_()",
    "x.clone().transpose_(0, 1)",
    "x.clone().tril_()",
    "x.clone().triu_()",
    "torch.einsum('ij->ji', x)",
    "torch.einsum('ij->', x)",
    "torch.einsum('ii->i', x)",
]
SHAPED += [
    "torch.meshgrid(x[0], x[0], indexing='ij')",
    "x.trace()",
    "x.diff()",
    "x.data",
    "x.new_tensor([nan])",
    "torch.as_tensor(x)",
    "torch.asarray(x)",
    "x.clone().detach_()",
]

SHAPES = [
    *[at(call, SQUARES[0], "zeros((0, 2))", "zeros((2, 0))") for call in SHAPED],
    *[at(call, 3.0, []) for call in SHAPED if call != "x.T"],
]

# Indices: what is taken twice gets both gradients; where a place is written twice, the last stays or both add up.

PICKED = [
    at(
        "x[i]",
        {"x": [1.0, nan, inf], "i": [0, 0, 2]},
        {"x": [1.0, 2.0], "i": [-1, -1]},
        {"x": [1.0], "i": []},
        {"x": [1.0], "i": [1]},
        {"x": [[1.0, 2.0]], "i": [[0, 0]]},
        {"x": 1.0, "i": [0]},
        {"x": [], "i": []},
    ),
    at(
        "x[m]",
        {"x": [1.0, nan], "m": [False, True]},
        {"x": [1.0, 2.0], "m": [False, False]},
        {"x": [], "m": []},
        {"x": 2.0, "m": True},
        {"x": [1.0, 2.0], "m": [True]},
    ),
    at("x[i, i]", {"x": [[1.0, 2.0], [3.0, 4.0]], "i": [0, 0]}, {"x": [[1.0]], "i": [-1, 0]}),
    *[
        at(
            call,
            {"x": [1.0, nan, inf], "i": [0, 0, 2]},
            {"x": [1.0, 2.0], "i": []},
            {"x": [1.0, 2.0], "i": [-1]},
            {"x": [1.0, 2.0], "i": [2]},
            {"x": 1.0, "i": 0},
            {"x": [], "i": []},
        )
        for call in (
            "torch.gather(x, 0, i)",
            "x.gather(0, i)",
            "torch.take_along_dim(x, i, 0)",
            "x.take_along_dim(i, 0)",
            "torch.take_along_dim(x, i)",
            "torch.index_select(x, 0, i)",
            "x.index_select(0, i)",
        )
    ],
    at(
        "torch.gather(x, 1, i)",
        {"x": [[1.0, 2.0], [3.0, 4.0]], "i": [[0, 0], [1, 0]]},
        {"x": [[1.0, 2.0], [3.0, 4.0]], "i": [[1]]},
        {"x": "zeros((2, 0))", "i": "zeros((2, 0))"},
    ),
    *[
        at(
            call,
            {"x": [nan, 2.0, 3.0], "i": [0, 1], "y": [5.0, nan]},
            {"x": [1.0, 2.0], "i": [], "y": []},
            {"x": [1.0, 2.0], "i": [-1], "y": [3.0]},
            {"x": [1.0], "i": [1], "y": [3.0]},
            {"x": 1.0, "i": 0, "y": 2.0},
            {"x": [1.0, 2.0], "i": [1], "y": [3.0, 4.0]},
            {"x": [1.0, 2.0], "i": [1, 0], "y": [3.0]},
        )
        for call in (
            "torch.scatter(x, 0, i, y)",
            "x.scatter(0, i, y)",
            "x.clone().scatter_(0, i, y)",
            "torch.scatter_add(x, 0, i, y)",
            "x.scatter_add(0, i, y)",
            "x.clone().scatter_add_(0, i, y)",
            "torch.index_add(x, 0, i, y)",
            "x.index_add(0, i, y)",
            "x.clone().index_add_(0, i, y)",
        )
    ],
    *[
        at(
            call,
            {"x": [1.0, 2.0, 3.0], "i": [1, 1, 1], "y": [5.0, 6.0, nan]},
            {"x": [1.0, nan], "i": [1, 1], "y": [inf, -inf]},
        )
        for call in (
            "torch.scatter_add(x, 0, i, y)",
            "torch.index_add(x, 0, i, y)",
            "x.clone().index_put_((i,), y, accumulate=True)",
        )
    ],
    at("torch.scatter(x, 0, i, 2.5)", {"x": [nan, 1.0], "i": [0, 0]}, {"x": [1.0], "i": []}),
    at("torch.scatter(x, 0, i, 300)", {"x": [1, 1], "i": [0]}, dtypes=("int64",)),
    at(
        "x.clone().index_put_((i,), y)", {"x": [nan, 2.0], "i": [0], "y": [5.0]}, {"x": [1.0, 2.0], "i": [-1], "y": 3.0}
    ),
    at(
        "x = x.clone(); x[i] = y; x",
        {"x": [nan, 2.0], "i": [0], "y": [5.0]},
        {"x": [1.0, 2.0], "i": [], "y": []},
        {"x": [1.0, 2.0], "i": [-1], "y": nan},
    ),
    at(
        "x = x.clone(); x[m] = y; x",
        {"x": [nan, 2.0], "m": [True, False], "y": 5.0},
        {"x": [1.0, 2.0], "m": [False, False], "y": nan},
        {"x": [1.0, 2.0], "m": [True, True], "y": [inf, nan]},
    ),
    at("x = x.clone(); x[x.isnan()] = 0.0; x.sqrt()", [nan, 4.0]),
    at("x = x.clone(); x[x < 0] = 0.0; x.sqrt()", [-1.0, 4.0]),
    at("x = x.clone(); x[0] = nan; x", [1.0, 2.0], []),
    at("x = x.clone(); x[:0] = nan; x", [1.0, 2.0], []),
    at(
        "F.embedding(i, x)",
        {"x": [[1.0, nan], [2.0, 3.0]], "i": [0, 0]},
        {"x": [[1.0]], "i": []},
        {"x": [[1.0]], "i": [1]},
        {"x": [[1.0]], "i": [-1]},
        {"x": [[1.0]], "i": 0},
    ),
    *[
        at(
            f"F.embedding(i, x, padding_idx={n})",
            {"x": [[1.0, nan], [2.0, 3.0]], "i": [0, 1, 1]},
            {"x": [[1.0], [2.0], [3.0]], "i": [[2, 1], [1, 1]]},
        )
        for n in (0, 1, -1, 5)
    ],
    at("F.one_hot(i)", {"i": [0, 2]}, {"i": []}, {"i": 1}, {"i": [-1]}),
    at("F.one_hot(i, 3)", {"i": [0, 2]}, {"i": []}, {"i": [3]}),
]

# The matrix product.

MATRICES = [
    {"x": [[inf, 1.0], [nan, 0.0]], "y": [[0.0, 1.0], [1.0, 0.0]]},
    {"x": "zeros((0, 2))", "y": "ones((2, 3))"},
    {"x": "zeros((2, 0))", "y": "ones((0, 3))"},
    {"x": [[2.0]], "y": [[nan]]},
    {"x": [[1.0, 2.0]], "y": [[1.0, 2.0]]},
]
VECTORS = [
    {"x": [inf, 1.0], "y": [0.0, 1.0]},
    {"x": [], "y": []},
    {"x": [2.0], "y": [nan]},
    {"x": [1.0], "y": [1.0, 2.0]},
    {"x": 2.0, "y": 3.0},
]
BATCHES = [
    {"x": "zeros((0, 2, 3))", "y": "ones((0, 3, 2))"},
    {"x": "zeros((2, 1, 0))", "y": "ones((2, 0, 1))"},
    {"x": [[[inf]]], "y": [[[0.0]]]},
    {"x": "zeros((2, 1, 1))", "y": "ones((3, 1, 1))"},
]

PRODUCTS = [
    *[
        at(call, *MATRICES)
        for call in (
            "torch.mm(x, y)",
            "x.mm(y)",
            "torch.matmul(x, y)",
            "x.matmul(y)",
            "x @ y",
            "torch.einsum('ij,jk->ik', x, y)",
            "F.linear(x, y.t())",
            "torch.tensordot(x, y, dims=1)",
        )
    ],
    *[
        at(call, *VECTORS)
        for call in (
            "torch.dot(x, y)",
            "x.dot(y)",
            "x @ y",
            "torch.outer(x, y)",
            "x.outer(y)",
            "torch.einsum('i,i->', x, y)",
        )
    ],
    *[at(call, *BATCHES) for call in ("torch.bmm(x, y)", "x.bmm(y)", "x @ y", "torch.einsum('bij,bjk->bik', x, y)")],
    *[
        at(
            call,
            {"x": [[inf, 1.0]], "y": [0.0, 1.0]},
            {"x": "zeros((2, 0))", "y": []},
            {"x": "zeros((0, 2))", "y": [1.0, nan]},
        )
        for call in ("torch.mv(x, y)", "x.mv(y)", "x @ y", "F.linear(x, y)")
    ],
    *[
        at(
            call,
            {"x": [[inf, 1.0]], "y": [[1.0], [1.0]], "z": [[nan]]},
            {"x": "zeros((2, 0))", "y": "zeros((0, 2))", "z": [1.0, 2.0]},
        )
        for call in (
            "torch.addmm(z, x, y)",
            "torch.addmm(z, x, y, beta=0.0)",
            "torch.addmm(z, x, y, alpha=0.0)",
            "z.addmm(x, y)",
            "F.linear(x, y.t(), z.reshape(-1))",
        )
    ],
    *[
        at(
            call,
            {"x": [[[inf, 1.0]]], "y": [[[1.0], [1.0]]], "z": [[[nan]]]},
            {"x": "zeros((2, 1, 0))", "y": "zeros((2, 0, 1))", "z": [1.0]},
        )
        for call in ("torch.baddbmm(z, x, y)", "torch.baddbmm(z, x, y, beta=0.0)", "z.baddbmm(x, y)")
    ],
    at("torch.tensordot(x, y, dims=0)", {"x": [nan], "y": [1.0, 2.0]}, {"x": [], "y": [1.0]}),
    at("x @ y", {"x": [1, 2], "y": [3, 4]}, {"x": [], "y": []}, dtypes=WHOLE),
    at("torch.einsum('i,j->ij', x, y)", *VECTORS[:3]),
    at("1.0 @ x", [1.0]),
]

# Activations, losses, layers.

ACTIVATIONS = [
    "F.relu(x)",
    "F.gelu(x)",
    "F.gelu(x, approximate='tanh')",
    "F.elu(x)",
    "F.elu(x, 0.0)",
    "F.elu(x, -1.0)",
    "F.leaky_relu(x)",
    "F.leaky_relu(x, 0.0)",
    "F.leaky_relu(x, -1.0)",
    "F.silu(x)",
    "F.sigmoid(x)",
    "F.tanh(x)",
]
MODULES = ["GELU()", "ELU()", "LeakyReLU()", "SiLU()", "ReLU()", "Sigmoid()", "Tanh()", "Identity()"]
REDUCED = ["", ", reduction='sum'", ", reduction='none'"]
LOGITS = [
    [[1.0, 2.0], [nan, 1.0]],
    [[inf, 1.0], [-inf, 1.0]],
    [[-inf, -inf], [inf, inf]],
    [[1000.0, -1000.0], [1000.0, -1000.0]],
    [[0.0, 0.0], [1.0, 1.0]],
]
LOSS_POINTS = [{"x": x, "i": i} for x in LOGITS for i in ([0, 1], [0, -100], [-100, -100])]
LOSS_POINTS += [
    {"x": "zeros((0, 2))", "i": []},
    {"x": [[1.0]], "i": [0]},
    {"x": [[1.0, 2.0]], "i": [2]},
    {"x": [[1.0, 2.0]], "i": [-1]},
    {"x": [1.0, nan], "i": 0},
    {"x": [1.0, 2.0], "i": -100},
    {"x": "zeros((2, 0))", "i": [-100, -100]},
]
ATTENTION = [
    {"x": [[1.0, 2.0], [3.0, nan]], "y": [[1.0, 0.0], [0.0, 1.0]], "z": [[5.0], [6.0]]},
    {"x": [[1.0, 2.0], [3.0, 4.0]], "y": [[inf, 0.0], [0.0, 1.0]], "z": [[5.0], [6.0]]},
    {"x": [[1.0, 2.0], [3.0, 4.0]], "y": [[1.0, 0.0], [0.0, 1.0]], "z": [[nan], [6.0]]},
]
MASKED = [
    {**point, "m": m}
    for point in ({"x": [[1.0, 2.0], [3.0, 4.0]], "y": [[1.0, 0.0], [0.0, 1.0]], "z": [[5.0], [6.0]]}, ATTENTION[2])
    for m in ([[True, False], [True, True]], [[False, False], [True, True]], [[False, False], [False, False]])
]
NORM_ROWS = [
    [[1.0, 1.0], [2.0, 2.0]],
    [[0.0, 0.0]],
    [[nan, 1.0], [1.0, 3.0]],
    [[inf, 1.0]],
    "zeros((0, 2))",
    [[5.0]],
    [[1e20, -1e20]],
    [[1e-30, -1e-30]],
    [[3.0], [3.0]],
    [[1.0], [3.0]],
    "zeros((2, 0))",
]

NETS = [
    *[each(call, [*NUMBERS, -100.0, -20.0]) for call in ACTIVATIONS],
    *[at(call, [], [1, 2]) for call in ACTIVATIONS],
    *[at(call, [0, 1, 2], dtypes=("int64", "bool")) for call in ACTIVATIONS],
    *[each(f"F.{name}(x.clone(), inplace=True)", FEW) for name in ("relu", "elu", "leaky_relu", "silu")],
    *[each(f"torch.nn.{name}(x)", FEW) for name in MODULES],
    at("torch.nn.Softmax(-1)(x)", [-inf, -inf], [nan, 1.0], []),
    at("torch.nn.LogSoftmax(-1)(x)", [-inf, -inf], [nan, 1.0], []),
    *[at(f"F.cross_entropy(x, i{how})", *LOSS_POINTS) for how in REDUCED],
    *[at(f"F.nll_loss(x, i{how})", *LOSS_POINTS) for how in REDUCED],
    at("torch.nn.CrossEntropyLoss()(x, i)", *LOSS_POINTS[:3]),
    at("torch.nn.NLLLoss()(x, i)", *LOSS_POINTS[:3]),
    at("F.cross_entropy(x, i, ignore_index=1)", *LOSS_POINTS[:6]),
    at("F.cross_entropy(x, i, label_smoothing=0.1)", *LOSS_POINTS),
    *[
        at(
            "F.cross_entropy(x, i, y.detach())",
            *[{**p, "y": y} for p in LOSS_POINTS[:15] for y in ([1.0, 0.0], [0.0, 0.0])],
        )
    ],
    at("F.nll_loss(x, i, y.detach())", *[{**p, "y": [1.0, 0.0]} for p in LOSS_POINTS[:6]]),
    at(
        "F.cross_entropy(x, y)",
        {"x": [[1.0, nan]], "y": [[1.0, 0.0]]},
        {"x": [[1.0, -inf]], "y": [[1.0, 0.0]]},
        {"x": [[1.0, 2.0]], "y": [[0.0, 0.0]]},
    ),
    *[
        at(
            f"F.mse_loss(x, y{how})",
            {"x": [nan, 1.0], "y": [1.0, 1.0]},
            {"x": [inf], "y": [inf]},
            {"x": [], "y": []},
            {"x": 2.0, "y": 1.0},
            {"x": [1e30], "y": [-1e30]},
        )
        for how in REDUCED
    ],
    at("torch.nn.MSELoss()(x, y)", {"x": [nan, 1.0], "y": [1.0, 1.0]}, {"x": [], "y": []}),
    *[at(f"F.dropout(x, {p})", [1.0, nan, inf, -0.0], [], 2.0) for p in ("0.0", "1.0")],
    *[at(f"F.dropout(x, {p})", [1.0]) for p in ("-0.1", "1.1", "nan")],
    at("F.dropout(x, 1.0, training=False)", [1.0, nan]),
    at("torch.nn.Dropout(1.0)(x)", [1.0, nan, inf]),
    at("torch.nn.Dropout(0.0)(x)", [1.0, nan, inf]),
    at("F.dropout(x.clone(), 1.0, inplace=True)", [1.0, nan, inf]),
    *[at(f"F.layer_norm(x, x.shape[-1:]{how})", *NORM_ROWS, [2.0], [nan]) for how in ("", ", eps=0.0")],
    at(
        "F.layer_norm(x, x.shape[-1:], y, z)",
        {"x": [[1.0, 1.0]], "y": [0.0, nan], "z": [inf, 0.0]},
        {"x": [[nan, 1.0]], "y": [1.0, 1.0], "z": [0.0, 0.0]},
        {"x": "zeros((0, 2))", "y": [1.0, 1.0], "z": [0.0, 0.0]},
    ),
    at("torch.nn.LayerNorm(2).to(x.dtype)(x)", *NORM_ROWS[:5]),
    *[
        at(
            f"F.batch_norm(x, None, None, training=True{how})",
            *NORM_ROWS,
            [[[1.0, 1.0]]],
            [[[1.0]]],
            "zeros((2, 1, 0))",
        )
        for how in ("", ", eps=0.0")
    ],
    at(
        "F.batch_norm(x, y.detach(), z.detach())",
        {"x": [[1.0, nan]], "y": [0.0, 0.0], "z": [0.0, 1.0]},
        {"x": "zeros((0, 2))", "y": [0.0, 0.0], "z": [1.0, 1.0]},
        {"x": [[1.0]], "y": [nan], "z": [-1.0]},
    ),
    at(
        "y = y.detach(); z = z.detach(); F.batch_norm(x, y, z, training=True); [y, z]",
        {"x": [[1.0], [1.0]], "y": [0.0], "z": [1.0]},
        {"x": [[nan], [1.0]], "y": [0.0], "z": [1.0]},
        {"x": "zeros((0, 1))", "y": [0.0], "z": [1.0]},
    ),
    at("torch.nn.BatchNorm1d(2).to(x.dtype)(x)", *NORM_ROWS[:5]),
    at("torch.nn.BatchNorm1d(2).to(x.dtype).eval()(x)", *NORM_ROWS[:5]),
    at(
        "F.scaled_dot_product_attention(x, y, z)",
        *ATTENTION,
        {"x": "zeros((0, 2))", "y": [[1.0, 2.0]], "z": [[1.0]]},
        {"x": [[1.0, 2.0]], "y": "zeros((0, 2))", "z": "zeros((0, 1))"},
    ),
    at("F.scaled_dot_product_attention(x, y, z, is_causal=True)", *ATTENTION),
    at("F.scaled_dot_product_attention(x, y, z, scale=0.0)", *ATTENTION),
    at("F.scaled_dot_product_attention(x, y, z, attn_mask=m)", *MASKED),
    at("F.scaled_dot_product_attention(x[None, None], y[None, None], z[None, None], attn_mask=m)", *MASKED),
    at(
        "F.scaled_dot_product_attention(x, y, z, attn_mask=torch.zeros(2, 2, dtype=x.dtype).masked_fill(~m, -inf))",
        *MASKED,
    ),
    at("F.scaled_dot_product_attention(x, y, z, dropout_p=1.0)", *ATTENTION[:1]),
    at(
        "F.conv1d(x, y)",
        {"x": [[[1.0, nan, 2.0]]], "y": [[[1.0, 0.0]]]},
        {"x": [[[inf]]], "y": [[[0.0]]]},
        {"x": "zeros((0, 1, 3))", "y": [[[1.0, 0.0]]]},
        {"x": [[[1.0]]], "y": [[[1.0, 0.0]]]},
    ),
    at("F.conv1d(x, y, padding=1)", {"x": [[[1.0, nan]]], "y": [[[inf, 0.0]]]}),
    *[
        at(f"F.pad(x, {widths})", [1.0, nan], [], [5.0])
        for widths in ("(1, 0)", "(0, 0)", "(-1, 0)", "(-1, 2)", "(-3, 0)")
    ],
    at("F.pad(x, (1, 1), value=nan)", [1.0, 2.0], []),
    at(
        "F.linear(x, y)",
        {"x": [[1.0, nan]], "y": [[1.0, 2.0]]},
        {"x": "zeros((0, 2))", "y": [[1.0, 2.0]]},
        {"x": [1.0, inf], "y": [[0.0, 0.0]]},
        {"x": "zeros((2, 0))", "y": "zeros((3, 0))"},
    ),
    at("torch.nn.Flatten()(x)", [[1.0, nan]], "zeros((0, 2, 3))", [[[1.0, 2.0]]]),
]

SLOPES = [
    at("torch.gradient(x)", [1.0, 4.0], [nan, 1.0, 2.0, 3.0], [inf, 1.0, 2.0], [1.0], [], [[1.0, 2.0], [4.0, 8.0]]),
    at("torch.gradient(x, spacing=0.5, edge_order=2)", [1.0, 4.0, 9.0], [1.0, nan, 9.0, 16.0], [1.0, 4.0]),
]

CASES: list[Case] = [*SLOPES, *ONE, *TWO, *CHOICES, *REDUCTIONS, *SHAPES, *PICKED, *PRODUCTS, *NETS]
