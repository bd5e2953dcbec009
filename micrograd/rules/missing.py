"""The error for a name of PyTorch's that micrograd does not have: what to use instead, or what was probably meant."""

from collections.abc import Callable, Collection
from typing import Any

_CELLS = "the cells of the lectures, written with Linear, do the same"
_PICTURES = "layers for pictures are not here; Conv1d is"
_FLOAT32 = "float32 is the smallest float here"

INSTEAD = {
    **dict.fromkeys(("half", "bfloat16", "float16", "HalfTensor"), _FLOAT32),
    **dict.fromkeys(
        ("int8", "int16", "short", "char"), "int32 is the smallest signed int here, uint8 the unsigned one"
    ),
    **dict.fromkeys(("complex64", "complex128", "cfloat", "complex", "real", "imag"), "there are no complex numbers"),
    **dict.fromkeys(("RNN", "GRU", "LSTM", "RNNCell", "GRUCell", "LSTMCell"), _CELLS),
    **dict.fromkeys(("Conv2d", "Conv3d", "MaxPool2d", "AvgPool2d", "conv2d", "max_pool2d", "avg_pool2d"), _PICTURES),
    **dict.fromkeys(("BatchNorm2d", "BatchNorm3d"), f"{_PICTURES}; BatchNorm1d takes (N, C) and (N, C, L)"),
    "GroupNorm": "LayerNorm and BatchNorm1d are here",
    **dict.fromkeys(("PReLU", "prelu", "RReLU", "rrelu"), "LeakyReLU has a fixed slope"),
    **dict.fromkeys(("ReLU6", "relu6"), "x.clamp(0, 6)"),
    **dict.fromkeys(("SELU", "CELU"), "ELU, GELU and SiLU are here"),
    "selu": "elu, gelu and silu are here",
    **dict.fromkeys(("Softplus", "softplus"), "(1 + x.exp()).log()"),
    **dict.fromkeys(("L1Loss", "l1_loss"), "(x - y).abs().mean()"),
    **dict.fromkeys(("BCELoss", "binary_cross_entropy"), "-(y * p.log() + (1 - y) * (1 - p).log()).mean()"),
    "BCEWithLogitsLoss": "cross_entropy of two logits, or BCELoss written out",
    "kl_div": "(y * (y.log() - log_p)).sum()",
    "normalize": "x / x.norm(dim=1, keepdim=True)",
    "cosine_similarity": "(x * y).sum(1) / (x.norm(dim=1) * y.norm(dim=1))",
    **dict.fromkeys(("RMSprop", "Adagrad", "Adadelta", "NAdam", "RAdam", "LBFGS"), "SGD, Adam and AdamW are here"),
    **dict.fromkeys(("det", "inverse", "pinverse", "svd", "qr", "eig", "lu", "cholesky"), "numpy.linalg has it"),
    "linalg": "numpy.linalg has it, on x.detach().numpy()",
    "fft": "numpy.fft has it, on x.detach().numpy()",
    "sinh": "(x.exp() - (-x).exp()) / 2",
    "cosh": "(x.exp() + (-x).exp()) / 2",
    "exp2": "2 ** x",
    "erf": "nn.functional.gelu, which is made of it, is here",
    "sinc": "x.sin() / x",
    "addmv": "input + mat @ vec",
    "addr": "input + outer(x, y)",
    "addbmm": "input + (x @ y).sum(0)",
    "dstack": "stack(tensors, dim=2)",
    "logit": "(p / (1 - p)).log()",
    "vmap": "operations on whole batches, which broadcast",
    "jit": "micrograd.compile, which records a function, or drop the line",
    "tensorboard": "drop the line, or write the numbers to a file",
}

# Names of NumPy's arrays and of Python's lists.
OF_OTHERS = {
    "astype": "x.to(torch.float32), x.float() or x.long()",
    "copy": "x.clone()",
    "append": "torch.cat([x, y]), or torch.stack of tensors kept in a list",
    "len": "len(x)",
    "array": "torch.tensor(data), and x.numpy() for the other way",
}


def nearest(where: str, name: str, there: Callable[[], Collection[str]]) -> AttributeError:
    """The AttributeError for a name that is not among those that there() gives.

    It says what to use instead, where INSTEAD knows; else which name was probably meant, if one is that near.
    """
    if name.startswith("__"):  # asked by Python and NumPy themselves, to find out: np.asarray(x) asks for two
        return AttributeError(name)
    if name in OF_OTHERS:
        return AttributeError(f"{where} has no {name!r}; instead: {OF_OTHERS[name]}")
    hint = ""
    if instead := INSTEAD.get(name, INSTEAD.get(name.rstrip("_"))):
        hint = f"; instead: {instead}"
    elif meant := probably_meant(name, there()):
        hint = f"; the nearest there is {meant!r}"
    return AttributeError(f"{where} has no {name!r}: not all of PyTorch is here{hint}")


def probably_meant(name: str, there: Collection[str]) -> str:
    """The name of which this one is a slip of the fingers; empty where it may well be another function.

    It begins with the same letter, has the same digits, and one slip (two from eight letters on) makes one of the
    other; upper and lower case are the same, and so is what is written with and without underscores. Short names are
    near to many: up to four letters none is changed, and none added but one typed twice and an s at the end; up to
    three, two letters exchanged are the only slip. From eight letters on the beginning of one name alone is that name.
    """
    typed = name.lower()
    digits = [c for c in name if c.isdigit()]
    found = []
    for known in there:
        lower = known.lower()
        if known.startswith("_") or lower[:1] != typed[:1] or [c for c in known if c.isdigit()] != digits:
            continue
        n, exchanged = slips(typed, lower), sorted(typed) == sorted(lower)
        n = min(n, slips(_joined(typed), _joined(lower)) or 1)
        slurred = len(name) == 4 and (len(known) > 4 or typed in {lower + "s", *_stuttered(lower)})
        if n <= (2 if len(_joined(name)) >= 8 else 1) and (len(name) > 4 or exchanged or slurred):
            other_kind = known.islower() != name.islower() or known.endswith("_") != name.endswith("_")
            found.append((n, not exchanged, other_kind, -len(known), known))
    if found:
        return min(found)[-1]
    longer = [known for known in there if known.lower().startswith(typed)]
    return longer[0] if len(longer) == 1 and len(name) >= 8 else ""


def _joined(name: str) -> str:
    """The name without the underscores between its words."""
    return name[:-1].replace("_", "") + name[-1:]


def _stuttered(name: str) -> list[str]:
    """The name with each of its letters typed twice, one at a time."""
    return [name[:i] + name[i:][:1] + name[i:] for i in range(len(name))]


def slips(a: str, b: str) -> int:
    """How many letters left out, added, changed or exchanged with their neighbour make b of a (3 means 3 or more)."""
    if abs(len(a) - len(b)) > 2:
        return 3
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, before, row = before, row, [i]
        for j, y in enumerate(b, 1):
            n = min(row[-1] + 1, before[j] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                n = min(n, last[j - 2] + 1)
            row.append(n)
    return min(row[-1], 3)


def getattr_of(module: str, there: Callable[[], Collection[str]]) -> Callable[[str], Any]:
    """The __getattr__ of a module."""

    def __getattr__(name: str) -> Any:  # noqa: N807 - it becomes the module's
        raise nearest(module, name, there)

    return __getattr__
