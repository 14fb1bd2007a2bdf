"""Axes have round ticks that can be read, labels keep apart, colours can be told apart."""

import datetime as dt
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wushe.render.axes import TICK, Axis, amount, checked, date_ticks, number_ticks, x_ticks
from wushe.render.canvas import text_width
from wushe.render.captions import spread, wrap
from wushe.render.palette import MOST, RAMP, SERIES, key
from wushe.text import Text

numbers = st.floats(-1e9, 1e9, allow_nan=False)


class TestSpan:
    """An axis shows all values there are, and something sensible where there are few."""

    def test_gaps_do_not_count(self) -> None:
        """NaN are left out; what the axis shall reach at least is reached."""
        assert Axis(low=0).span(np.array([np.nan, 3.0, 7.0])) == (0, 7)
        assert Axis(high=9).span(np.array([3.0, 7.0])) == (3, 9)

    def test_one_value_and_none(self) -> None:
        """One value gets room on both sides, but counts do not go below zero; nothing is 0 to 1."""
        assert Axis().span(np.array([4.0])) == (3, 5)
        assert Axis().span(np.array([0.5])) == (0.45, 0.55)
        assert Axis().span(np.array([0.0])) == (0, 1)
        assert Axis().span(np.array([np.nan])) == (0, 1)

    @pytest.mark.parametrize("wrong", [[np.inf], [1e16], [[1.0]], ["many"]])
    def test_what_no_axis_shows(self, wrong: list[object]) -> None:
        """Infinite, enormous and nested values are refused by name."""
        with pytest.raises(ValueError, match=r"waits: .*expected"):
            checked(wrong, "waits")


class TestTicks:
    """Ticks are at round numbers and days, and their texts do not touch."""

    @given(numbers, st.floats(1e-6, 1), st.integers(2, 12))
    def test_numbers(self, low: float, share: float, most: int) -> None:
        """No more than asked for, inside the span, each with a text of its own."""
        wide = share * max(abs(low), 1.0)
        ticks = number_ticks(low, low + wide, most)
        assert len(ticks) <= most + 1
        assert all(low - 1e-6 * wide <= t.at <= low + wide + 1e-6 * wide for t in ticks)
        assert len({t.text for t in ticks}) == len(ticks)

    def test_numbers_read_well(self) -> None:
        """Decimals are as many as the step needs; minus is a minus; shares are per cent."""
        assert [t.text for t in number_ticks(-1, 1, 4)] == ["−1.0", "−0.5", "0", "0.5", "1.0"]
        assert [t.text for t in number_ticks(0, 3000, 3)] == ["0", "1,000", "2,000", "3,000"]
        assert [t.text for t in number_ticks(0, 0.05, 5, percent=True)][-1] == "5%"

    @pytest.mark.parametrize(
        ("days", "lang", "said"),
        [
            (6, "zh", "1月6日"),  # days
            (60, "zh", "1月6日"),  # Mondays
            (300, "en", "Feb"),  # months
            (3000, "en", "2026"),  # years
        ],
    )
    def test_days_become_weeks_months_years(self, days: int, lang: str, said: str) -> None:
        """The longer the time, the coarser the ticks; the first one says the year."""
        ticks = date_ticks(dt.date(2025, 1, 6), 0, days, 12, lang)
        assert len(ticks) <= 12
        assert ticks[0].text == said
        assert ticks[0].below == ("" if said == "2026" else "2025")

    def test_year_is_said_where_it_changes(self) -> None:
        """Only the first tick and the first of another year carry the year."""
        ticks = date_ticks(dt.date(2025, 10, 1), 0, 200, 12, "en")
        assert [t.below for t in ticks if t.below] == ["2025", "2026"]
        assert [t.text for t in ticks] == ["Oct", "Nov", "Dec", "Jan", "Feb", "Mar", "Apr"]

    @given(st.integers(0, 20000), st.floats(120, 900), st.booleans(), st.sampled_from(["zh", "en"]))
    def test_texts_keep_apart(self, days: int, width: float, dates: bool, lang: str) -> None:
        """However wide and long, neighbours' texts leave a gap."""
        axis = Axis(start=dt.date(2024, 2, 29) if dates else None)
        ticks = x_ticks(axis, 0, days + 1, width, lang)
        assert ticks
        for a, b in itertools.pairwise(ticks):
            room = (b.at - a.at) * width / (days + 1)
            assert room > (text_width(a.text, TICK) + text_width(b.text, TICK)) / 2

    @pytest.mark.parametrize(
        ("value", "wide", "said"),
        [
            (12.345, None, "12.3"),
            (1234.5, None, "1,234"),
            (0.0, None, "0"),
            (-0.001, 20.0, "0.0"),  # no minus before nothing
            (2.9, 9.0, "2.90"),  # as many decimals as its neighbours
        ],
    )
    def test_amounts(self, value: float, wide: float | None, said: str) -> None:
        """Three digits, or the decimals of the values around."""
        assert amount(value, wide) == said

    def test_units_are_said(self) -> None:
        """Label and unit stand together, in the brackets of the language."""
        axis = Axis(Text("等待", "Wait"), Text("天", "days"))
        assert [axis.say(lang) for lang in ("zh", "en")] == ["等待（天）", "Wait (days)"]


class TestLabels:
    """Labels beside line ends keep apart and stay near."""

    @given(st.lists(st.floats(0, 300), min_size=1, max_size=12))
    def test_spread(self, wanted: list[float]) -> None:
        """Never closer than the gap, in order, inside the span; where there is room nothing moves."""
        wanted.sort()
        found = spread(wanted, 16, 0, 300)
        assert all(b - a >= 16 - 1e-6 for a, b in itertools.pairwise(found))
        assert found[0] >= 0
        assert found[-1] <= 300
        if all(b - a >= 16 for a, b in itertools.pairwise(wanted)):
            assert found == pytest.approx(wanted)

    def test_spread_moves_least(self) -> None:
        """Two at one height part evenly."""
        assert spread([100, 100], 16, 0, 300) == [92, 108]

    @given(st.text(max_size=80), st.integers(60, 300))
    def test_wrapped_lines_fit(self, text: str, room: int) -> None:
        """No line of a note is wider than its room."""
        assert all(text_width(line, 12) <= room for line in wrap(text, 12, room))

    def test_wrapping_keeps_words_and_punctuation(self) -> None:
        """English breaks at spaces; Chinese anywhere but before a full stop."""
        assert wrap("bands are intervals", 12, 90) == ["bands are", "intervals"]
        assert all(line[0] not in "，。" for line in wrap("一二三，四五六。七八九", 12, 37))


# Machado, Oliveira and Fernandes (2009), severity 1.0, linear RGB.
_VISION = {
    "usual": np.eye(3),
    "no red cones": np.array(
        [[0.1523, 1.0526, -0.2049], [0.1145, 0.7863, 0.0992], [-0.0039, -0.0481, 1.0520]]
    ),
    "no green cones": np.array(
        [[0.3673, 0.8606, -0.2280], [0.2801, 0.6725, 0.0474], [-0.0118, 0.0429, 0.9689]]
    ),
}
_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def linear(colour: str) -> np.ndarray:
    """Return a colour as linear RGB."""
    raw = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(raw <= 0.04045, raw / 12.92, ((raw + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    """Return linear RGB as CIELAB (D65)."""
    t = _XYZ @ np.clip(rgb, 0, 1) / np.array([0.9505, 1, 1.089])
    f = np.where(t > 0.008856, np.cbrt(t), 7.787 * t + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


class TestPalette:
    """Colour is never the only thing that tells lines apart, and can be told apart itself."""

    @pytest.mark.parametrize("vision", list(_VISION))
    def test_colours_differ(self, vision: str) -> None:
        """Any two series colours are 18 CIELAB units apart, for colour-blind readers too."""
        seen = [lab(_VISION[vision] @ linear(colour)) for colour in SERIES]
        assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > 18

    def test_colours_stand_out_from_paper(self) -> None:
        """Lines have a contrast of at least 3:1 on white (WCAG 1.4.11)."""
        assert min(1.05 / (_XYZ[1] @ linear(colour) + 0.05) for colour in SERIES) >= 3

    def test_ramp_grows_darker(self) -> None:
        """Classes of a map are told apart by lightness alone."""
        lightness = [lab(linear(colour))[0] for colour in RAMP]
        assert all(a - b > 8 for a, b in itertools.pairwise(lightness))

    def test_keys_are_unique(self) -> None:
        """As many lines or layers as fit in one chart all look different; one more is refused."""
        lines = [key(i, "") for i in range(MOST)]
        assert len({(k.colour, k.dash) for k in lines}) == MOST
        assert len({key(i, "", sign="fill").colour for i in range(MOST)}) == MOST
        with pytest.raises(ValueError, match="expected at most 12"):
            key(MOST, "one more")
