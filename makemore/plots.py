"""Pictures of a run, as PNG bytes.

Matplotlib takes a second to load, so it is imported where something is drawn, and all else goes without it.
"""

import io
import re
import warnings
from collections.abc import Iterable, Set
from functools import cache
from typing import Any

import numpy as np

from makemore.corpus import SPLITS
from makemore.display import code_point, shown_token

MOST_CHARACTERS = 60
"""How many characters a bigram picture shows at most: those in the most pairs."""


def _figure(width: float, height: float, title: str, xlabel: str = "", ylabel: str = "") -> tuple[Any, Any]:
    """A figure of that size, in inches, and its axes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    axes.set(title=title, xlabel=xlabel, ylabel=ylabel)
    return figure, axes


def _png(figure: Any, dpi: int) -> bytes:
    """The figure drawn, its texts taken literally (a $ too), in fonts that have their characters."""
    from matplotlib import rcParams
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text

    figure.dpi = dpi
    canvas = FigureCanvasAgg(figure)
    missing: set[str] = set()
    while True:
        for text in filter(Text.get_text, figure.findobj(Text)):  # the numbers along an axis have no text yet
            drawable = "".join([_drawable(each, missing) for each in text.get_text()])
            families = dict.fromkeys([*rcParams["font.family"], *filter(None, map(_family_with, drawable))])
            text.set(text=drawable, parse_math=False, family=list(families))
        picture = io.BytesIO()
        with warnings.catch_warnings(record=True) as said:  # what Matplotlib says of a font is nothing to the user
            warnings.simplefilter("always")
            canvas.print_png(picture)  # savefig draws all of it twice, once to lay it out
        found = {chr(int(each)) for warning in said for each in re.findall(r"Glyph (\d+)", str(warning.message))}
        if found <= missing:
            return picture.getvalue()
        missing |= found  # a font that says it has them may lack them all the same


def _drawable(character: str, missing: Set[str]) -> str:
    """The character, or its code point where no font has it."""
    has_glyph = character == "\n" or (_family_with(character) and character not in missing)
    return character if has_glyph else code_point(character)


@cache
def _family_with(character: str) -> str | None:
    """The font family that a character is drawn in: the usual one, else the first that has it, else None."""
    return next((family for family, path in _fonts().items() if ord(character) in _code_points(path)), None)


@cache
def _fonts() -> dict[str, str]:
    """The file of each font family, upright and of normal weight: the usual one first, those without serifs next."""
    from matplotlib import rcParams
    from matplotlib.font_manager import FontProperties, findfont, fontManager

    usual = {family: findfont(FontProperties(family=[family])) for family in rcParams["font.family"]}
    # A font of last resort has a box for everything, and one of colours nothing that can be drawn here.
    others = {
        font.name: font.fname
        for font in sorted(fontManager.ttflist, key=lambda font: ("Sans" not in font.name, font.name))
        if font.style == "normal" and font.weight == 400 and not re.search("Last ?Resort|Color Emoji", font.name)
    }
    return usual | others


@cache
def _code_points(path: str) -> frozenset[int]:
    from matplotlib.font_manager import get_font

    return frozenset(get_font(path).get_charmap())


def loss_curve(metrics: list[dict[str, Any]], baselines: dict[str, float], title: str) -> bytes:
    """Train and dev loss over the steps, with the losses of other models as lines across.

    metrics: dicts with "step", "train_loss" and "dev_loss" (None without a dev part), in nats per character.
    """
    figure, axes = _figure(8, 5, title, "steps", "loss (nats per character)")
    steps = [line["step"] for line in metrics]
    for key, label, style in (("train_loss", "train", "-"), ("dev_loss", "dev", "--")):
        losses = _numbers(line[key] for line in metrics)
        if not np.isnan(losses).all():
            axes.plot(steps, losses, style, marker="." if len(steps) < 40 else "", label=label, linewidth=1.8)
    finite = [(name, loss) for name, loss in baselines.items() if np.isfinite(loss)]
    for i, (_, loss) in enumerate(finite):
        axes.axhline(loss, color=str(0.35 + 0.15 * i), linewidth=1, linestyle=(0, (1, 1 + i)))
    bottom, top = axes.get_ylim()
    height = -np.inf
    for name, loss in sorted(finite, key=lambda line: line[1]):  # from below, so that they do not overlap
        height = max(loss, height + 0.08 * (top - bottom))
        axes.annotate(
            f"{name}\n{loss:.4f}", (1.01, height), xycoords=("axes fraction", "data"), va="center", fontsize=9
        )
    if steps[-1] > 0:
        axes.set_xlim(0, steps[-1])
    axes.grid(alpha=0.25)
    axes.legend(loc="best")
    return _png(figure, dpi=120)


def loss_bars(losses: dict[str, dict[str, float | None]], title: str) -> bytes:
    """A bar for each model and split: losses[model][split] in nats per character, None for a part without words."""
    figure, axes = _figure(8, 5, title, ylabel="loss (nats per character)")
    splits = [split for split in SPLITS if any(row[split] is not None for row in losses.values())]
    width = 0.8 / len(splits)
    for i, split in enumerate(splits):
        heights = np.nan_to_num(_numbers(row[split] for row in losses.values()), posinf=0.0)
        positions = np.arange(len(losses)) + (i - (len(splits) - 1) / 2) * width
        bars = axes.bar(positions, heights, width * 0.92, label=split, color=str(0.3 + 0.22 * i))
        texts = ["" if row[split] is None else f"{row[split]:.3f}" for row in losses.values()]
        axes.bar_label(bars, texts, fontsize=8, padding=2)
    axes.set_xticks(np.arange(len(losses)), list(losses))
    axes.legend(loc="lower left")
    return _png(figure, dpi=120)


def bigram_heat_map(counts: np.ndarray, tokens: list[str], title: str) -> bytes:
    """The lecture's picture of a bigram: a cell for each pair, the darker the more often, pair and count written in it.

    counts: (n, n), rows the first character of the pair and columns the second. Of more than MOST_CHARACTERS those
    in the most pairs are shown.
    """
    if len(tokens) > MOST_CHARACTERS:
        often = np.argsort(-(counts.sum(0) + counts.sum(1)), kind="stable")[:MOST_CHARACTERS]
        chosen = np.sort(often)
        title += f": the {MOST_CHARACTERS} most frequent of {len(tokens)} characters"
        counts, tokens = counts[np.ix_(chosen, chosen)], [tokens[i] for i in chosen]
    n, names = len(tokens), [_label(token) for token in tokens]
    side = max(6.0, 0.62 * n + 1.5)
    figure, axes = _figure(side, side, title, "next character", "character")
    edges = np.arange(n + 1) - 0.5
    axes.pcolormesh(edges, edges, counts, cmap="Blues")  # a fraction of the time of imshow, which resamples
    axes.invert_yaxis()
    axes.set_aspect("equal")
    largest = counts.max() or 1
    text: dict[str, Any] = {"ha": "center", "in_layout": False}  # each is inside its cell: none needs room beside it
    for i in range(n):
        for j in range(n):
            color = "white" if counts[i, j] > 0.6 * largest else "0.25"
            fits = len(names[i] + names[j]) <= 5
            pair, size, middle = (names[i] + names[j], 9, i) if fits else (f"{names[i]}\n{names[j]}", 7, i + 0.15)
            axes.text(j, middle - 0.05, pair, va="bottom", color=color, fontsize=size, **text)
            axes.text(j, middle + 0.05, f"{counts[i, j]}", va="top", color=color, fontsize=8, **text)
    axes.set_xticks(range(n), names)
    axes.set_yticks(range(n), names)
    axes.tick_params(top=True, labeltop=True, length=0, labelsize=10 if max(map(len, names)) <= 4 else 8)
    return _png(figure, dpi=100)


def embedding(points: np.ndarray, tokens: list[str], title: str) -> bytes:
    """The lecture's scatter of letters: points (n, dimensions), each with its token written in it.

    More than two dimensions are seen from the side on which the points are spread the most (principal components).
    """
    name = ("first number", "second number")
    if points.shape[1] > 2:
        centred = points - points.mean(0)
        _, lengths, directions = np.linalg.svd(centred, full_matrices=False)
        points = centred @ directions[:2].T
        explained = lengths[:2] ** 2 / max((lengths**2).sum(), 1e-30)
        name = (
            f"first principal component ({explained[0]:.0%} of the spread)",
            f"second principal component ({explained[1]:.0%} of the spread)",
        )
    figure, axes = _figure(8, 8, title, name[0], name[1])
    axes.scatter(points[:, 0], points[:, 1], s=200)
    for (x, y), label in zip(points, map(_label, tokens), strict=True):
        if len(label) <= 2:
            axes.text(x, y, label, ha="center", va="center", color="white")
        else:  # above its circle, which is too small for it
            axes.annotate(label, (x, y), (0, 9), textcoords="offset points", ha="center", fontsize=7)
    axes.grid(alpha=0.25)
    return _png(figure, dpi=100)


def histograms(arrays: dict[str, np.ndarray], title: str, label: str) -> bytes:
    """How the numbers of each array are spread, a line each."""
    figure, axes = _figure(10, 5, title, label, "density")
    for i, (name, array) in enumerate(arrays.items()):
        density, edges = np.histogram(array, bins=100, density=True)
        legend = f"{name}: mean {array.mean():.2g}, std {array.std():.2g}"
        axes.plot((edges[:-1] + edges[1:]) / 2, density, _STYLES[i % len(_STYLES)], label=legend)
    axes.legend(fontsize=8)
    return _png(figure, dpi=110)


def update_ratios(steps: list[int], ratios: np.ndarray, names: list[str]) -> bytes:
    """How large the update of each parameter was beside its data: ratios (steps, parameters), on a log scale."""
    figure, axes = _figure(
        10, 5, "updates of each parameter beside its data", "steps", "log10 of std(update) / std(data)"
    )
    for i, name in enumerate(names):
        axes.plot(steps, np.log10(np.maximum(ratios[:, i], 1e-12)), _STYLES[i % len(_STYLES)], label=name)
    axes.axhline(-3, color="black", linewidth=1, linestyle=":")
    axes.annotate("1e-3", (1.005, -3), xycoords=("axes fraction", "data"), va="center", fontsize=9)
    axes.legend(fontsize=8)
    return _png(figure, dpi=110)


def rate_curve(rates: np.ndarray, losses: np.ndarray, smooth: np.ndarray, suggested: float) -> bytes:
    """The loss of a step at each learning rate, its running mean, and the suggested rate."""
    figure, axes = _figure(8, 5, "a step at each learning rate", "learning rate", "loss (nats per character)")
    axes.plot(rates, losses, color="0.75", linewidth=0.8, label="loss of the step")
    axes.plot(rates, smooth, color="C0", linewidth=2, label="running mean")
    axes.axvline(suggested, color="black", linestyle="--", linewidth=1, label=f"suggested: {suggested:g}")
    axes.set_xscale("log")
    axes.set_ylim(min(losses.min(), smooth.min()) - 0.1, min(np.quantile(losses, 0.97), smooth[0] * 2) + 0.2)
    axes.grid(alpha=0.25)
    axes.legend()
    return _png(figure, dpi=110)


def rungs(names: list[str], losses: dict[str, list[float | None]], title: str) -> bytes:
    """The loss of each model on each split: losses[split][model] in nats per character."""
    figure, axes = _figure(9, 5.5, title, "model, and its parameters", "loss (nats per character)")
    for (split, values), style in zip(losses.items(), ("o-", "s--", "^:"), strict=False):
        axes.plot(range(len(names)), _numbers(values), style, label=split)
    axes.set_xticks(range(len(names)), names, rotation=25, ha="right")
    axes.grid(alpha=0.25)
    axes.legend()
    return _png(figure, dpi=110)


def importance(importances: dict[str, float], title: str) -> bytes:
    """A bar for each hyperparameter, how much of the spread of the dev loss it explains, the most important on top."""
    figure, axes = _figure(
        8, 1.2 + 0.45 * len(importances), title, "importance for the dev loss (fraction, PED-ANOVA)", "hyperparameter"
    )
    names = list(importances)[::-1]
    bars = axes.barh(names, [importances[name] for name in names], color="0.45")
    axes.bar_label(bars, [f"{importances[name]:.0%}" for name in names], padding=3)
    axes.set_xlim(0, 1.08 * max(importances.values()))
    return _png(figure, dpi=120)


_STYLES = ("-", "--", ":", "-.")
"""Line styles that differ in black and white too; Matplotlib cycles the colours itself."""


def _numbers(losses: Iterable[float | None]) -> np.ndarray:
    return np.array([np.nan if loss is None else loss for loss in losses])


def _label(token: str) -> str:
    """How a token is written in a picture: `shown_token`, but ␣ for a space and the code point where no font has it."""
    label = "␣" if token == " " else shown_token(token)
    return label if all(map(_family_with, label)) else code_point(token)
