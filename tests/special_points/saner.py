"""Where micrograd is deliberately saner than PyTorch: by reason, the calls and points, and what is right there."""

from math import inf, nan
from typing import Any, NamedTuple

BY_REASON: dict[str, dict[str, dict[str, Any]]] = {
    "What is ignored gets no gradient, whatever is in it; PyTorch's is nan where the row is.": {
        "F.cross_entropy(x, i)": {
            "x = [[-inf, -inf], [inf, inf]], i = [-100, -100]": [nan, [[[0.0, 0.0], [0.0, 0.0]]]],
            "x = [[-inf, -inf], [inf, inf]], i = [0, -100]": [nan, [[[nan, nan], [0.0, 0.0]]]],
            "x = [[1.0, 2.0], [nan, 1.0]], i = [-100, -100]": [nan, [[[0.0, 0.0], [0.0, 0.0]]]],
            "x = [[1.0, 2.0], [nan, 1.0]], i = [0, -100]": [1.313262, [[[-0.7310586, 0.7310586], [0.0, 0.0]]]],
            "x = [[inf, 1.0], [-inf, 1.0]], i = [-100, -100]": [nan, [[[0.0, 0.0], [0.0, 0.0]]]],
        },
        "F.cross_entropy(x, i, ignore_index=1)": {
            "x = [[1.0, 2.0], [nan, 1.0]], i = [0, 1]": [1.313262, [[[-0.7310586, 0.7310586], [0.0, 0.0]]]],
        },
        "F.cross_entropy(x, i, reduction='none')": {
            "x = [[-inf, -inf], [inf, inf]], i = [-100, -100]": [[0.0, 0.0], [[[0.0, 0.0], [0.0, 0.0]]]],
            "x = [[-inf, -inf], [inf, inf]], i = [0, -100]": [[nan, 0.0], [[[nan, nan], [0.0, 0.0]]]],
            "x = [[1.0, 2.0], [nan, 1.0]], i = [-100, -100]": [[0.0, 0.0], [[[0.0, 0.0], [0.0, 0.0]]]],
            "x = [[1.0, 2.0], [nan, 1.0]], i = [0, -100]": [[1.313262, 0.0], [[[-0.7310586, 0.7310586], [0.0, 0.0]]]],
            "x = [[inf, 1.0], [-inf, 1.0]], i = [-100, -100]": [[0.0, 0.0], [[[0.0, 0.0], [0.0, 0.0]]]],
        },
        "F.cross_entropy(x, i, reduction='sum')": {
            "x = [[-inf, -inf], [inf, inf]], i = [-100, -100]": [0.0, [[[0.0, 0.0], [0.0, 0.0]]]],
            "x = [[-inf, -inf], [inf, inf]], i = [0, -100]": [nan, [[[nan, nan], [0.0, 0.0]]]],
            "x = [[1.0, 2.0], [nan, 1.0]], i = [-100, -100]": [0.0, [[[0.0, 0.0], [0.0, 0.0]]]],
            "x = [[1.0, 2.0], [nan, 1.0]], i = [0, -100]": [1.313262, [[[-0.7310586, 0.7310586], [0.0, 0.0]]]],
            "x = [[inf, 1.0], [-inf, 1.0]], i = [-100, -100]": [0.0, [[[0.0, 0.0], [0.0, 0.0]]]],
        },
        "F.cross_entropy(x, i, y.detach())": {
            "x = [[-inf, -inf], [inf, inf]], i = [-100, -100], y = [0.0, 0.0]": [nan, [[[0.0, 0.0], [0.0, 0.0]], None]],
            "x = [[-inf, -inf], [inf, inf]], i = [-100, -100], y = [1.0, 0.0]": [nan, [[[0.0, 0.0], [0.0, 0.0]], None]],
            "x = [[-inf, -inf], [inf, inf]], i = [0, -100], y = [0.0, 0.0]": [nan, [[[nan, nan], [0.0, 0.0]], None]],
            "x = [[-inf, -inf], [inf, inf]], i = [0, -100], y = [1.0, 0.0]": [nan, [[[nan, nan], [0.0, 0.0]], None]],
            "x = [[1.0, 2.0], [nan, 1.0]], i = [-100, -100], y = [0.0, 0.0]": [nan, [[[0.0, 0.0], [0.0, 0.0]], None]],
            "x = [[1.0, 2.0], [nan, 1.0]], i = [-100, -100], y = [1.0, 0.0]": [nan, [[[0.0, 0.0], [0.0, 0.0]], None]],
            "x = [[1.0, 2.0], [nan, 1.0]], i = [0, -100], y = [0.0, 0.0]": [nan, [[[nan, nan], [0.0, 0.0]], None]],
            "x = [[1.0, 2.0], [nan, 1.0]], i = [0, -100], y = [1.0, 0.0]": [
                1.313262,
                [[[-0.7310586, 0.7310586], [0.0, 0.0]], None],
            ],
            "x = [[inf, 1.0], [-inf, 1.0]], i = [-100, -100], y = [0.0, 0.0]": [nan, [[[0.0, 0.0], [0.0, 0.0]], None]],
            "x = [[inf, 1.0], [-inf, 1.0]], i = [-100, -100], y = [1.0, 0.0]": [nan, [[[0.0, 0.0], [0.0, 0.0]], None]],
        },
        "torch.nn.CrossEntropyLoss()(x, i)": {
            "x = [[1.0, 2.0], [nan, 1.0]], i = [-100, -100]": [nan, [[[0.0, 0.0], [0.0, 0.0]]]],
            "x = [[1.0, 2.0], [nan, 1.0]], i = [0, -100]": [1.313262, [[[-0.7310586, 0.7310586], [0.0, 0.0]]]],
        },
    },
    "gelu ends at 0 and at x; PyTorch's is nan at infinity, in float32 or in some places only.": {
        "F.gelu(x)": {
            "x = -inf": [0.0, [0.0]],
            "x = inf": [inf, [1.0]],
        },
        "torch.nn.GELU()(x)": {
            "x = -inf": [0.0, [0.0]],
            "x = inf": [inf, [1.0]],
        },
    },
    "The row less its mean is 0; PyTorch's mean of the two numbers is off by rounding.": {
        "F.batch_norm(x, None, None, training=True)": {
            "x = [[3.0], [3.0]] in float32": [[[0.0], [0.0]], [[[-158.1139], [158.1139]]]],
        },
    },
    "A product's derivative is the product of the others; PyTorch divides by the element, inf by inf.": {
        "torch.cumprod(x, 0)": {
            "x = [0.0, nan, 1.0]": [[0.0, nan, nan], [[nan, 0.0, nan]]],
            "x = [2.0, nan, 0.0]": [[2.0, nan, nan], [[nan, 4.0, nan]]],
            "x = [inf, 2.0]": [[inf, inf], [[5.0, inf]]],
            "x = [nan, 2.0]": [[nan, nan], [[5.0, nan]]],
        },
        "torch.cumprod(x, dim=1)": {
            "x = [[-inf, -inf]]": [[[-inf, inf]], [[[-inf, -inf]]]],
            "x = [[-inf, 1.0]]": [[[-inf, -inf]], [[[3.0, -inf]]]],
            "x = [[3.0, 1.0], [3.0, nan]]": [[[3.0, 3.0], [3.0, nan]], [[[3.0, 6.0], [nan, 12.0]]]],
            "x = [[inf, -inf]]": [[[inf, -inf]], [[[-inf, inf]]]],
            "x = [[inf, 1.0]]": [[[inf, inf]], [[[3.0, inf]]]],
            "x = [[inf, inf]]": [[[inf, inf]], [[[inf, inf]]]],
            "x = [[nan, 1.0]]": [[[nan, nan]], [[[3.0, nan]]]],
            "x = [[nan, inf]]": [[[nan, nan]], [[[inf, nan]]]],
        },
        "torch.prod(x)": {
            "x = [-inf, -inf]": [inf, [[-inf, -inf]]],
            "x = [-inf, 1.0]": [-inf, [[1.0, -inf]]],
            "x = [-inf]": [-inf, [[1.0]]],
            "x = [inf, -inf]": [-inf, [[-inf, inf]]],
            "x = [inf, 1.0]": [inf, [[1.0, inf]]],
            "x = [inf, inf]": [inf, [[inf, inf]]],
            "x = [inf]": [inf, [[1.0]]],
            "x = [nan, 1.0]": [nan, [[1.0, nan]]],
            "x = [nan, inf]": [nan, [[inf, nan]]],
            "x = [nan]": [nan, [[1.0]]],
        },
        "torch.prod(x, 0)": {
            "x = [-inf]": [-inf, [[1.0]]],
            "x = [1e+30, 1e+30] in float32": [inf, [[1e30, 1e30]]],
            "x = [inf]": [inf, [[1.0]]],
            "x = [nan, 2.0]": [nan, [[2.0, nan]]],
            "x = [nan]": [nan, [[1.0]]],
        },
        "torch.prod(x, dim=1)": {
            "x = [[-inf, -inf]]": [[inf], [[[-inf, -inf]]]],
            "x = [[-inf, 1.0]]": [[-inf], [[[1.0, -inf]]]],
            "x = [[-inf]]": [[-inf], [[[1.0]]]],
            "x = [[3.0, 1.0], [3.0, nan]]": [[3.0, nan], [[[1.0, 3.0], [nan, 6.0]]]],
            "x = [[inf, -inf]]": [[-inf], [[[-inf, inf]]]],
            "x = [[inf, 1.0]]": [[inf], [[[1.0, inf]]]],
            "x = [[inf, inf]]": [[inf], [[[inf, inf]]]],
            "x = [[inf]]": [[inf], [[[1.0]]]],
            "x = [[nan, 1.0]]": [[nan], [[[1.0, nan]]]],
            "x = [[nan, inf]]": [[nan], [[[inf, nan]]]],
            "x = [[nan]]": [[nan], [[[1.0]]]],
        },
        "x.cumprod(dim=0)": {
            "x = [[1.0, -inf], [2.0, -inf]]": [[[1.0, -inf], [2.0, inf]], [[[7.0, -inf], [3.0, -inf]]]],
        },
        "x.prod(dim=0)": {
            "x = [[1.0, -inf], [2.0, -inf]]": [[2.0, inf], [[[2.0, -inf], [1.0, -inf]]]],
        },
    },
    "Through nan goes nan; PyTorch's gradient there is 1 or nan, by the place of the element in memory.": {
        "F.elu(x)": {
            "x = nan in float32": [nan, [nan]],
        },
        "F.elu(x, -1.0)": {
            "x = nan in float32": [nan, [nan]],
        },
        "F.elu(x, 0.0)": {
            "x = nan in float32": [nan, [nan]],
        },
        "F.elu(x.clone(), inplace=True)": {
            "x = nan": [nan, [nan]],
        },
        "torch.nn.ELU()(x)": {
            "x = nan": [nan, [nan]],
        },
    },
    "A mask selects: what was replaced gets 0; PyTorch multiplies the gradient by a mask.": {
        "x.nan_to_num(0.0).sqrt()": {
            "x = -inf": [nan, [0.0]],
            "x = nan": [0.0, [0.0]],
        },
        "x.amax(0).sqrt()": {
            "x = [-1.0, -2.0]": [nan, [[nan, 0.0]]],
            "x = [0.0, -1.0]": [0.0, [[inf, 0.0]]],
        },
        "x.amin(0).sqrt()": {
            "x = [-1.0, -2.0]": [nan, [[0.0, nan]]],
            "x = [0.0, 1.0]": [0.0, [[inf, 0.0]]],
        },
    },
    "The slope is 0, whatever comes back: of a norm of zeros, of a product with a zero; PyTorch multiplies it.": {
        "x.prod().sqrt()": {
            "x = [0.0, 2.0]": [0.0, [[inf, 0.0]]],
        },
        "x.norm().log()": {
            "x = [0.0, 0.0]": [-inf, [[0.0, 0.0]]],
        },
    },
    "An index that is out of range is refused; PyTorch takes the remainder.": {
        "torch.take_along_dim(x, i, 0)": {
            "x = [1.0, 2.0], i = [2]": "RuntimeError",
        },
        "x.take_along_dim(i, 0)": {
            "x = [1.0, 2.0], i = [2]": "RuntimeError",
        },
    },
    "nan is no probability: a ValueError as for the others; PyTorch's first check lets it pass.": {
        "F.dropout(x, nan)": {
            "x = [1.0]": "ValueError",
        },
    },
    "The variance of numbers far from 0, exact to the digit; PyTorch's loses digits.": {
        "torch.var(x)": {
            "x = [100000000.0, 100000008.0, 100000016.0] in float32": [64.0, [[-8.0, 0.0, 8.0]]],
        },
        "torch.var(x, 0)": {
            "x = [[100000000.0], [100000008.0], [100000016.0]] in float32": [[64.0], [[[-8.0], [0.0], [8.0]]]],
        },
        "torch.var_mean(x)": {
            "x = [100000000.0, 100000008.0, 100000016.0] in float32": [
                [64.0, 100000000.0],
                [[-7.666667, 0.3333333, 8.333333]],
            ],
        },
    },
    "The mean of infinity is infinity, as mean() has it; PyTorch's is nan where it comes before another number.": {
        "torch.std_mean(x)": {
            "x = [inf, 1.0]": [[nan, inf], [[nan, nan]]],
        },
        "torch.var_mean(x)": {
            "x = [inf, 1.0]": [[nan, inf], [[nan, -inf]]],
        },
    },
    "The derivative for the divisor is known; PyTorch has none where a number is divided.": {
        "2.0 % x": {
            "x = [5.0]": [[2.0], [[0.0]]],
        },
    },
    "Of a src longer than the index a part is put, and the rest gets the gradient 0; PyTorch's backward fails.": {
        "torch.scatter(x, 0, i, y)": {
            "x = [1.0, 2.0], i = [1], y = [3.0, 4.0]": [[1.0, 3.0], [[1.0, 0.0], [2.0, 0.0]]],
        },
        "x.clone().scatter_(0, i, y)": {
            "x = [1.0, 2.0], i = [1], y = [3.0, 4.0]": [[1.0, 3.0], [[1.0, 0.0], [2.0, 0.0]]],
        },
        "x.scatter(0, i, y)": {
            "x = [1.0, 2.0], i = [1], y = [3.0, 4.0]": [[1.0, 3.0], [[1.0, 0.0], [2.0, 0.0]]],
        },
        "torch.scatter_add(x, 0, i, y)": {
            "x = [1.0, 2.0], i = [1], y = [3.0, 4.0]": [[1.0, 5.0], [[1.0, 2.0], [2.0, 0.0]]],
        },
        "x.clone().scatter_add_(0, i, y)": {
            "x = [1.0, 2.0], i = [1], y = [3.0, 4.0]": [[1.0, 5.0], [[1.0, 2.0], [2.0, 0.0]]],
        },
        "x.scatter_add(0, i, y)": {
            "x = [1.0, 2.0], i = [1], y = [3.0, 4.0]": [[1.0, 5.0], [[1.0, 2.0], [2.0, 0.0]]],
        },
    },
}


class Saner(NamedTuple):
    right: Any
    reason: str


SANER: dict[str, dict[str, Saner]] = {}
for reason, calls in BY_REASON.items():
    for call, points in calls.items():
        SANER.setdefault(call, {}).update({name: Saner(right, reason) for name, right in points.items()})
