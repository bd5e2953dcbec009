"""What stands in the pictures, and that it can be read."""

import itertools
import warnings

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from makemore import plots

SCRIPT_A = "\U0001d49c"
"""A letter that the usual font lacks, and a font that comes with Matplotlib has."""


@pytest.fixture
def drawn_figures(monkeypatch, real_pictures):
    """plots gives its figures, drawn, instead of their PNGs."""

    def drawn(figure, dpi):
        FigureCanvasAgg(figure).draw()
        return figure

    monkeypatch.setattr(plots, "_png", drawn)


@pytest.fixture
def few_fonts(monkeypatch):
    """A machine whose fonts have European letters alone."""
    monkeypatch.setattr(plots, "_family_with", lambda character: "sans-serif" if character < "\u3000" else None)


def text_in_picture(title):
    """What stands over a picture whose title this is; nothing may be missing from it."""
    figure = Figure(figsize=(3, 1))
    figure.suptitle(title)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert plots._png(figure, dpi=50).startswith(b"\x89PNG")
    return figure.get_suptitle()


@pytest.mark.usefixtures("real_pictures")
@pytest.mark.parametrize("title", ["names.txt", "Москва", f"usual and {SCRIPT_A}", "$x^2$ and $\\frac$", "two\nlines"])
def test_text_is_drawn_as_it_stands_in_fonts_that_have_it(title):
    assert text_in_picture(title) == title


@pytest.mark.usefixtures("real_pictures")
def test_a_character_that_no_font_has_is_drawn_as_its_code_point():
    assert text_in_picture("a\U0003fffeb\tc") == "aU+3FFFEbU+0009c"


def test_a_font_that_only_draws_boxes_is_no_font_with_a_character():
    assert plots._family_with("\U0003fffe") is None
    assert plots._family_with("a") == "sans-serif"
    assert plots._family_with(SCRIPT_A) not in (None, "sans-serif")


@pytest.mark.usefixtures("few_fonts", "drawn_figures")
def test_every_cell_of_the_heat_map_holds_its_own_text():
    tokens = ["<end>", "\t", "\x1b", " ", "a", "é", "\u0301", "\u200d", "東", "🌸"]
    shown = ["<end>", r"\t", r"\x1b", "␣", "a", "é", "◌\u0301", "U+200D", "U+6771", "U+1F338"]
    figure = plots.bigram_heat_map(np.full((10, 10), 12345), tokens, "title")
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == shown
    pairs = [text.get_text().replace("\n", "") for text in axes.texts[::2]]
    assert pairs == [first + second for first, second in itertools.product(shown, shown)]
    for text in axes.texts:
        box = text.get_window_extent().transformed(axes.transData.inverted())
        column, row = map(round, text.get_position())
        assert column - 0.5 < box.x0 < box.x1 < column + 0.5, text.get_text()
        assert row - 0.5 < min(box.y0, box.y1) < max(box.y0, box.y1) < row + 0.5, text.get_text()
    ticks = [label.get_window_extent() for label in axes.get_xticklabels()[:10]]  # those below; then those above
    assert all(left.x1 < right.x0 for left, right in itertools.pairwise(ticks))


@pytest.mark.usefixtures("few_fonts", "drawn_figures")
def test_a_label_too_long_for_its_point_in_the_embedding_stands_above_it_in_black():
    tokens = ["<end>", " ", "a", "東"]
    (axes,) = plots.embedding(np.arange(8.0).reshape(4, 2), tokens, "title").axes
    assert [text.get_text() for text in axes.texts] == ["<end>", "␣", "a", "U+6771"]
    assert [text.get_color() for text in axes.texts] == ["black", "white", "white", "black"]
    for text, point in zip(axes.texts, axes.collections[0].get_offsets(), strict=True):
        y = axes.transData.transform(point)[1]
        box = text.get_window_extent()
        assert box.y0 > y if text.get_color() == "black" else box.y0 < y < box.y1


@pytest.mark.usefixtures("drawn_figures")
@pytest.mark.parametrize("sign", [1, -1])
def test_the_legend_covers_no_loss_whether_it_rises_or_falls(sign):
    metrics = [{"step": i, "train_loss": 2 - i / 30, "dev_loss": 2 + sign * i / 20} for i in range(31)]
    (axes,) = plots.loss_curve(metrics, {"unigram": 2.8}, "title").axes
    box = axes.get_legend().get_window_extent()
    for line in axes.lines[:2]:
        assert not any(box.contains(x, y) for x, y in axes.transData.transform(line.get_xydata()))


@pytest.mark.usefixtures("drawn_figures")
def test_the_names_of_equal_baselines_do_not_cover_each_other():
    metrics = [{"step": i, "train_loss": 3 - i / 30, "dev_loss": None} for i in range(31)]
    (axes,) = plots.loss_curve(metrics, {"unigram": 2.51, "bigram": 2.5, "trigram": 2.5}, "title").axes
    assert [text.get_text() for text in axes.texts] == ["bigram\n2.5000", "trigram\n2.5000", "unigram\n2.5100"]
    boxes = [text.get_window_extent() for text in axes.texts]
    assert all(lower.y1 <= upper.y0 for lower, upper in itertools.pairwise(boxes))


@pytest.mark.usefixtures("real_pictures")
def test_the_powers_of_ten_of_a_log_axis_stay_mathematics(monkeypatch):
    figures, figure = [], plots._figure
    monkeypatch.setattr(plots, "_figure", lambda *given: figures.append(figure(*given)) or figures[-1])
    rates = np.logspace(-3, 0, 50)
    plots.rate_curve(rates, rates, rates, 0.1)
    labels = [label for label in figures[0][1].get_xticklabels() if "$" in label.get_text()]
    assert labels
    assert all(label.get_parse_math() for label in labels)


@pytest.mark.usefixtures("drawn_figures")
def test_a_run_without_a_dev_part_has_no_dev_curve():
    metrics = [{"step": 0, "train_loss": 3.0, "dev_loss": None}]
    (axes,) = plots.loss_curve(metrics, {}, "title").axes
    assert [line.get_label() for line in axes.lines] == ["train"]


def test_a_character_that_a_font_lacks_after_all_is_written_in_words_and_in_silence(monkeypatch, real_pictures):
    drawn, code_point = [], plots.code_point
    monkeypatch.setattr(plots, "_family_with", lambda character: "DejaVu Sans")
    monkeypatch.setattr(plots, "code_point", lambda character: drawn.append(character) or code_point(character))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plots.loss_bars({"model": {"train": 1.0, "dev": None, "test": None}}, "on 東\U0001f9ff.txt")
    assert set(drawn) == {"東", "\U0001f9ff"}
