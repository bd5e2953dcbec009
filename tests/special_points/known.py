"""Points at which micrograd is wrong today, by kind: call -> points; to be emptied."""

BY_KIND: dict[str, dict[str, list[str]]] = {
    "indices: 0-d, negative, repeated, of another length than the source": {
        "torch.index_add(x, 0, i, y)": ["x = [1.0, 2.0], i = [-1], y = [3.0]"],
        "torch.scatter(x, 0, i, y)": ["x = [1.0, 2.0], i = [1], y = [3.0, 4.0]"],
        "torch.scatter_add(x, 0, i, y)": ["x = [1.0, 2.0], i = [1], y = [3.0, 4.0]"],
        "torch.take_along_dim(x, i, 0)": ["x = [1.0, 2.0], i = [-1]"],
        "x.clone().index_add_(0, i, y)": ["x = [1.0, 2.0], i = [-1], y = [3.0]"],
        "x.clone().scatter_(0, i, y)": ["x = [1.0, 2.0], i = [1], y = [3.0, 4.0]"],
        "x.clone().scatter_add_(0, i, y)": ["x = [1.0, 2.0], i = [1], y = [3.0, 4.0]"],
        "x.index_add(0, i, y)": ["x = [1.0, 2.0], i = [-1], y = [3.0]"],
        "x.scatter(0, i, y)": ["x = [1.0, 2.0], i = [1], y = [3.0, 4.0]"],
        "x.scatter_add(0, i, y)": ["x = [1.0, 2.0], i = [1], y = [3.0, 4.0]"],
        "x.take_along_dim(i, 0)": ["x = [1.0, 2.0], i = [-1]"],
    },
    "dtypes that PyTorch refuses or takes: bool and whole numbers": {
        "torch.diff(x)": ["x = [1, 3] in bool", "x = [] in bool"],
    },
    "0 dimensions, 1 dimension and no elements: the class of the error, or what is accepted": {
        "torch.bernoulli(x)": ["x = [0.0, 1.0]", "x = []"],
        "torch.chunk(x, 2)": ["x = 3.0", "x = []", "x = zeros((0, 2))"],
        "torch.diag(x)": ["x = 3.0"],
        "torch.narrow(x, 0, 0, 0)": ["x = 3.0"],
        "torch.normal(x, 0.0)": ["x = [1.0, nan, inf]"],
        "torch.permute(x, (1, 0))": ["x = 3.0", "x = []"],
        "torch.split(x, 1)": ["x = 3.0"],
        "torch.unflatten(x, 0, (1, -1))": ["x = 3.0", "x = zeros((2, 0))"],
        "x.chunk(2)": ["x = 3.0", "x = []", "x = zeros((0, 2))"],
        "x.diag()": ["x = 3.0"],
        "x.diff()": ["x = 3.0"],
        "x.mT": ["x = []"],
        "x.narrow(0, 0, 1)": ["x = 3.0"],
        "x.permute(1, 0)": ["x = 3.0", "x = []"],
        "x.split(1)": ["x = 3.0"],
        "x.unflatten(0, (-1, 1))": ["x = 3.0", "x = zeros((2, 0))"],
    },
}

KNOWN: dict[str, list[str]] = {}
for calls in BY_KIND.values():
    for call, points in calls.items():
        KNOWN.setdefault(call, []).extend(points)
