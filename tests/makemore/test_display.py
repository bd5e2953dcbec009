"""How text and numbers are written for people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makemore.display import decimal, padded, quantity, shown, shown_token, width

FAMILY = "👨\u200d👩\u200d👧"


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("", 0),
        ("New York", 8),
        ("東京", 4),
        ("ﾄｳｷｮｳ", 5),
        ("é", 1),
        ("e\u0301", 1),
        ("서울", 4),
        ("\u1109\u1165\u110b\u116e\u11af", 4),  # the same as parts of syllables
        ("🌸", 2),
        (FAMILY, 6),
        ("ab\u200bc", 3),
    ],
)
def test_width_counts_the_columns_of_a_terminal(text, columns):
    assert width(text) == columns
    assert padded(text, 10) == text + " " * (10 - columns)
    assert padded(text, columns - 1) == text


def test_shown_makes_control_characters_visible_and_leaves_all_else():
    assert shown("a\x1b[2Jb\tc\x00\x85\u2028") == r"a\x1b[2Jb\tc\x00\x85\u2028"
    for text in ("New York", "東京", "e\u0301", FAMILY, "شيراز", "\\t", "A\u00a0B"):
        assert shown(text) == text


@given(st.text())
def test_what_is_shown_stays_on_its_line(text):
    assert len(shown(text).splitlines()) <= 1
    assert "\x1b" not in shown(text)


@pytest.mark.parametrize(
    ("token", "written"),
    [
        ("a", "a"),
        ("東", "東"),
        (".", "."),
        ("<end>", "<end>"),
        (" ", "' '"),
        ("\t", r"\t"),
        ("\x1b", r"\x1b"),
        ("\u00a0", "U+00A0"),
        ("\u200d", "U+200D"),
        ("\ufe0f", "U+FE0F"),
        ("\ue000", "U+E000"),
        ("\u0301", "◌\u0301"),
        ("\u093f", "◌\u093f"),
    ],
)
def test_a_token_is_written_so_that_it_can_be_seen(token, written):
    assert shown_token(token) == written


@pytest.mark.parametrize(
    ("value", "places", "written"),
    [
        (2.06704, 4, "2.0670"),
        (8.2813, 3, "8.281"),
        (999.9996, 3, "1,000"),
        (3000.9999, 3, "3,001"),
        (99999.7, 3, "100,000"),
        (5.7e53, 3, "5.7e+53"),
        (float("inf"), 3, "inf"),
    ],
)
def test_a_number_is_written_as_long_as_it_is_of_interest(value, places, written):
    assert decimal(value, places) == written


@given(st.floats(min_value=0, max_value=1e304) | st.just(float("inf")), st.integers(0, 4))
def test_a_number_has_room_in_a_column_of_nine(value, places):
    assert len(decimal(value, places)) <= 8
    assert float(decimal(value, places).replace(",", "")) == pytest.approx(value, rel=0.05, abs=0.5)


def test_a_quantity_has_its_plural():
    assert [quantity(n, "step") for n in (0, 1, 2, 200_000)] == ["0 steps", "1 step", "2 steps", "200,000 steps"]
