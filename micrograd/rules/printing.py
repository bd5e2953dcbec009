"""The printed form of a tensor, PyTorch's to the character (checked against 2.13).

Three steps: choose the numbers to show, write them as cells of one width, set the cells in brackets and lines.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass
class Options:
    """How tensors are printed; `set_printoptions` changes it."""

    precision: int = 4  # digits after the point
    threshold: float = 1000  # a tensor with more elements than this is summarised
    edgeitems: int = 3  # what a summary keeps at either end of an axis
    linewidth: int = 80  # characters
    sci_mode: bool | None = None  # whether floats are scientific; None: where they are very large, small or different


OPTIONS = Options()
PROFILES = {
    "default": Options(),
    "short": Options(precision=2, edgeitems=2),
    "full": Options(threshold=math.inf),
}
OPENING = "tensor("


def set_printoptions(profile: str | None = None, *, sci_mode: bool | None = None, **options: Any) -> None:
    """Change how tensors are printed: precision, threshold, edgeitems, linewidth, and whether floats are scientific.

    profile: 'default', 'short' (less of everything) or 'full' (nothing left out), from which the other options start.
    Raises TypeError for an option that is not there.

    >>> torch.set_printoptions(precision=2)
    >>> torch.tensor([1 / 3])
    tensor([0.33])
    >>> torch.set_printoptions(profile='default')
    """
    start = vars(PROFILES[profile]) if profile is not None else {}
    for name, value in (start | options).items():
        if not hasattr(OPTIONS, name):
            raise TypeError(f"set_printoptions() has no option {name!r}; there are {', '.join(vars(OPTIONS))}")
        if value is not None:
            setattr(OPTIONS, name, value)
    OPTIONS.sci_mode = sci_mode  # unlike the others it goes back to None where it is not given, as in PyTorch


def name_of_node(tensor: Any) -> str | None:
    """What a tensor shows as its grad_fn; that of a view that cannot follow its base is invalid, and no error."""
    try:
        return None if tensor.grad_fn is None else tensor.grad_fn.name
    except RuntimeError:
        return "Invalid"


def tensor_text(array: np.ndarray, *, requires_grad: bool = False, grad_fn: str | None = None) -> str:
    """Return the text by which PyTorch shows a tensor of these values, `tensor([1., 2.], requires_grad=True)`.

    `array` may have any shape, and floats, integers or bools in it. `grad_fn` names the operation the tensor came from
    ("AddBackward0"); where it is given `requires_grad` goes without saying and is not shown.
    """
    remarks = []
    if array.size == 0:
        text = OPENING + "[]"
        if array.ndim != 1:
            remarks.append(f"size={array.shape}")
    else:
        cut = [array.size > OPTIONS.threshold and length > 2 * OPTIONS.edgeitems for length in array.shape]
        shown = _edges(array, cut) if any(cut) else array
        texts, width = _cells(shown.ravel())
        nested = np.array(texts, dtype=object).reshape(shown.shape).tolist()
        text = OPENING + _brackets(nested, width, cut, len(OPENING))
    if array.dtype != np.float32 and not (array.size and array.dtype in (np.int64, np.bool_)):  # which numbers tell
        remarks.append(f"dtype=torch.{array.dtype.name}")
    if grad_fn is not None:
        remarks.append(f"grad_fn=<{grad_fn}>")
    elif requires_grad:
        remarks.append("requires_grad=True")
    return _with_remarks(text, remarks)


def _edges(array: np.ndarray, cut: list[bool]) -> np.ndarray:
    """Keep the first and last few elements along each axis that is cut, and the other axes whole."""
    ends = np.r_[: OPTIONS.edgeitems, -OPTIONS.edgeitems : 0]
    return array[np.ix_(*(ends if c else np.arange(length) for c, length in zip(cut, array.shape, strict=True)))]


def _cells(values: np.ndarray) -> tuple[list[str], int]:
    """Write a row of numbers in the one notation that suits them all; return the texts and the width of a column.

    Floats are scientific if the largest is over 1e8 or over 1000 times the smallest, or the smallest below 1e-4 (in
    magnitude, zeros and non-finite values left out); else `1.` if all are whole; else with four digits after the
    point. `OPTIONS` changes all but the `1.`.
    """
    if values.dtype.kind != "f":
        texts = [str(value) for value in values.tolist()]
        width = max(map(len, texts))
    else:
        counts = np.isfinite(values) & (values != 0)
        sizes = np.abs(values[counts])
        whole = bool((sizes == np.ceil(sizes)).all())
        smallest, largest = (float(sizes.min()), float(sizes.max())) if sizes.size else (1.0, 1.0)
        wide = largest > 1e8 or smallest < 1e-4 or largest / smallest > 1000
        if sizes.size and (wide if OPTIONS.sci_mode is None else OPTIONS.sci_mode):
            spec, point = f".{OPTIONS.precision}e", ""
        elif whole:
            spec, point = ".0f", "."
        else:
            spec, point = f".{OPTIONS.precision}f", ""
        texts = [format(value, spec) + (point if math.isfinite(value) else "") for value in values.tolist()]
        # PyTorch measures only the numbers that count: 0., nan and inf may stick out of a narrow column.
        width = max((len(text) for text, count in zip(texts, counts.tolist(), strict=True) if count), default=1)
    return [text.rjust(width) for text in texts], width


def _brackets(cells: str | list, width: int, cut: list[bool], indent: int) -> str:
    """Join nested lists of cells, one level an axis; `cut` says at which axes the middle was left out.

    A row is broken where a line is full; n axes are set apart by n - 1 line ends, so that blocks have blank lines
    between them. `indent` is the column of the opening bracket.
    """
    if isinstance(cells, str):
        return cells
    parts = [_brackets(cell, width, cut[1:], indent + 1) for cell in cells]
    innermost = len(cut) == 1
    if cut[0]:
        parts.insert(OPTIONS.edgeitems, " ..." if innermost else "...")
    if innermost:
        per_line = max(1, (OPTIONS.linewidth - indent) // (width + len(", ")))
        parts = [", ".join(parts[i : i + per_line]) for i in range(0, len(parts), per_line)]
    line_ends = "\n" * max(1, len(cut) - 1)
    return "[" + ("," + line_ends + " " * (indent + 1)).join(parts) + "]"


def _with_remarks(text: str, remarks: list[str]) -> str:
    """Add the remarks and the closing bracket; a remark that would pass the line's width begins a new line."""
    used = len(text) - (text.rfind("\n") + 1) + 2  # PyTorch counts two characters more after the numbers than there are
    for remark in remarks:
        if used + len(", ") + len(remark) > OPTIONS.linewidth:
            text += ",\n" + " " * len(OPENING) + remark
            used = len(OPENING) + len(remark)
        else:
            text += ", " + remark
            used += len(", ") + len(remark)
    return text + ")"
