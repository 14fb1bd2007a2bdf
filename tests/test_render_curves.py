"""Lines, bands, small multiples, stocks and shares: readable, honest about gaps, in both languages."""

import datetime as dt
import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svg_reading import HOSTILE, assert_only_drawing, assert_tidy, elements, tips, written
from wushe.render import (
    Axis,
    Layer,
    Level,
    Panel,
    Period,
    Picture,
    Sample,
    Series,
    line_panels,
    lines,
    shares_up_to,
    stacks,
)
from wushe.text import Text

TITLE = Text("等待时间的变化", "How waits changed")
DAYS = Axis(Text("日期", "Date"), start=dt.date(2025, 1, 6))
WAIT = Axis(Text("等待", "Wait"), Text("天", "days"), low=0)
NAN = float("nan")
names = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=20), st.just("先来先服务"))
values = st.one_of(st.floats(-1e6, 1e6), st.just(NAN))


def draw(*series: Series, **options: Any) -> Picture:
    """Return lines over days."""
    return lines(series, **{"title": TITLE, "x": DAYS, "y": WAIT, **options})


def strokes(made: Picture, wide: str = "2.2") -> list[str]:
    """Return the paths that are drawn as lines of data."""
    found = [e for e in elements(made, "path") if e.get("stroke-width") == wide]
    return [e.attrib["d"] for e in found]


class TestLines:
    """Every line can be told apart and read off."""

    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_says_what_it_shows(self, lang: str) -> None:
        """Title, axes with units, each line's name and the note are written in one language."""
        made = draw(
            Series(Text("就近", "Nearest"), [0, 7, 14], [1, 2, 3], [0, 1, 2], [2, 3, 4]),
            levels=[Level(2.5, Text("目标", "Target"))],
            periods=[Period(3, 9, Text("洪水周", "Flood week"))],
            note=Text("阴影：区间", "Bands: intervals"),
            lang=lang,
        )
        texts = [
            TITLE,
            Text("等待（天）", "Wait (days)"),
            Text("就近", "Nearest"),
            Text("目标", "Target"),
        ]
        texts += [Text("洪水周", "Flood week"), Text("日期", "Date")]
        assert {text.say(lang) for text in texts} <= set(written(made))
        assert_tidy(made)

    def test_gaps_break_the_line(self) -> None:
        """A line is not drawn over days without data; a day alone between gaps is a point."""
        y = [1, 2, NAN, 4, 5, NAN, 7, NAN, *range(8, 40)]
        made = draw(Series("a", range(40), y))
        assert len(strokes(made)) == 3
        assert len(elements(made, "circle")) == 1

    def test_bands_break_too(self) -> None:
        """Where a limit is unknown there is no band."""
        low = np.where(np.arange(40) == 20, NAN, 0.0)
        made = draw(Series("a", range(40), np.ones(40), low, low + 2))
        assert len([e for e in elements(made, "path") if e.get("fill-opacity")]) == 2

    def test_few_points_are_marked_with_their_values(self) -> None:
        """Up to 26 points each says its date, value and interval; more are a line only."""
        few = draw(Series("a", [0, 1], [2, 3], [1, 2], [3, 4]))
        assert "a：2025-01-06，2（1 至 3）" in tips(few)
        assert not elements(draw(Series("a", range(40), np.arange(40))), "circle")

    def test_line_stands_where_its_values_are(self) -> None:
        """Half the value is half the height above the axis."""
        path = strokes(draw(Series("a", range(30), np.linspace(0, 10, 30))))[0]
        heights = [float(pair.split()[1]) for pair in path[1:].split("L")]
        assert heights[0] - heights[15] == pytest.approx(
            (heights[0] - heights[-1]) * 15 / 29, abs=0.1
        )

    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_nothing_to_show(self, lang: str) -> None:
        """Without values the picture says so instead of failing."""
        for series in ([], [Series("a", [], [])], [Series("a", [0, 1], [NAN, NAN])]):
            assert Text("没有数据", "No data").say(lang) in written(draw(*series, lang=lang))

    def test_one_point(self) -> None:
        """One point is a point on axes that have a length."""
        made = draw(Series("a", [3], [4]), x=Axis("x"), y=Axis("y"))
        assert len(elements(made, "circle")) == 1
        assert_tidy(made)

    def test_narrow_picture_has_a_legend(self) -> None:
        """Where there is no room beside the lines, keys stand above them."""
        made = draw(Series("a", [0, 9], [1, 2]), Series("b", [0, 9], [3, 4]), width=360)
        assert {"a", "b"} <= set(written(made))
        assert_tidy(made)

    @given(st.lists(st.lists(values, min_size=1, max_size=6), min_size=1, max_size=12), st.data())
    def test_texts_never_overlap(self, rows: list[list[float]], data: st.DataObject) -> None:
        """Whatever the values, names, language and width, no text lies on another."""
        labels = [data.draw(names) for _ in rows]
        series = [Series(label, range(len(r)), r) for label, r in zip(labels, rows, strict=True)]
        first = data.draw(st.integers(0, 4))
        made = draw(
            *series,
            periods=[Period(first, 5, labels[0]), Period(3, 4, "募捐"), Period(4, 5, "Campaign")],
            levels=[Level(7.5, "目标")] if len(rows) < 12 else [],
            lang=data.draw(st.sampled_from(["zh", "en"])),
            width=data.draw(st.sampled_from([360, 800])),
        )
        assert_only_drawing(made)
        assert_tidy(made)

    @pytest.mark.parametrize(
        ("x", "y", "low", "match"),
        [
            ([0, 1], [1], None, r"lengths \[1, 2\]"),
            ([1, 0], [1, 2], None, "does not rise"),
            ([0, 0], [1, 2], None, "does not rise"),
            ([0, 1], [1, 2], [0, 1], "low and high together"),
            ([0, 1], [1, np.inf], None, "NaN for gaps"),
        ],
    )
    def test_wrong_input(self, x: list[float], y: list[float], low: Any, match: str) -> None:
        """Lengths, order and values that cannot be drawn are named."""
        with pytest.raises(ValueError, match=match):
            Series("a", x, y, low)

    def test_same_input_same_bytes(self) -> None:
        """The picture depends on nothing but its input."""
        assert draw(Series("a", [0, 1], [1, 2])) == draw(Series("a", [0, 1], [1, 2]))

    def test_alt_text_has_the_figures(self) -> None:
        """Who cannot see the picture hears where each line begins and ends."""
        made = draw(Series("a", [0, 1, 2], [1, 2.5, NAN]), lang="en")
        assert made.alt == "1 lines. a: from 1 to 2.5."


class TestPanels:
    """Small multiples compare at a glance."""

    def test_one_look_per_label(self) -> None:
        """A line of one name has one colour in every plot, and one key in the legend."""
        a, b = Series("a", [0, 1], [1, 2]), Series("b", [0, 1], [3, 4])
        panels = [Panel("一", (a, b)), Panel("二", (b,))]
        made = line_panels(panels, title=TITLE, x=Axis(), y=Axis())
        assert written(made).count("a") == written(made).count("b") == 1
        colours = {e.get("stroke") for e in elements(made, "path") if len(e.attrib["d"]) > 20}
        assert len(colours) == 2
        assert_tidy(made)

    def test_heights_compare_unless_told_otherwise(self) -> None:
        """Plots share the y axis; quantities of different units need not."""
        panels = [Panel("abc"[top // 99], (Series("", [0, 1], [0, top]),)) for top in (1, 100)]
        together = line_panels(panels, title=TITLE, x=Axis(), y=Axis())
        apart = line_panels(panels, title=TITLE, x=Axis(), y=Axis(), shared=False)
        assert written(together).count("100") == 2
        assert written(apart).count("100") == 1

    @pytest.mark.parametrize("width", [360, 800])
    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_tidy(self, width: int, lang: str) -> None:
        """Seven plots with hostile names are as readable on a phone as on paper."""
        series = (Series("先到先得", range(90), np.arange(90)), Series(HOSTILE[0], [0], [3]))
        panels = [Panel(HOSTILE[i], series) for i in range(7)]
        made = line_panels(panels, title=TITLE, x=DAYS, y=WAIT, width=width, lang=lang)
        assert_only_drawing(made)
        assert_tidy(made)

    def test_nothing_to_show(self) -> None:
        """Without values the picture says so."""
        assert "没有数据" in written(line_panels([Panel("a", ())], title=TITLE, x=Axis(), y=Axis()))


class TestStacks:
    """Stocks lie on each other; their tops are the whole."""

    def draw(self, *layers: Layer, n: int = 3, **options: Any) -> Picture:
        """Return layers over n days."""
        return stacks(range(n), layers, **{"title": TITLE, "x": DAYS, "y": WAIT, **options})

    def test_layers_add_up(self) -> None:
        """The second layer begins where the first ends; the alternative text has the sum."""
        made = self.draw(Layer("a", [1, 1, 1]), Layer("b", [3, 3, 3]), lang="en")
        first, second = (
            e.attrib["d"] for e in elements(made, "path") if e.attrib["d"].endswith("Z")
        )
        assert first.split("L")[0][1:] == second[:-1].split("L")[-1]
        assert made.alt == "2 layers, 4 at the end. a: 1. b: 3."

    def test_a_sum_with_an_unknown_is_unknown(self) -> None:
        """Where one layer has a gap, nothing is drawn; a day alone is still seen."""
        made = self.draw(Layer("a", [1, NAN, 1]), Layer("b", [3, 3, 3]))
        assert len([e for e in elements(made, "path") if e.attrib["d"].endswith("Z")]) == 4

    @given(st.lists(st.lists(st.floats(0, 1e6), min_size=3, max_size=3), max_size=12), st.data())
    def test_tidy(self, rows: list[list[float]], data: st.DataObject) -> None:
        """Thin and empty layers keep their labels apart."""
        layers = [Layer(data.draw(names), row) for row in rows]
        periods = [Period(0, 1, "预热")] if rows else []
        made = self.draw(*layers, periods=periods, width=data.draw(st.sampled_from([360, 800])))
        assert_only_drawing(made)
        assert_tidy(made)

    def test_wrong_input(self) -> None:
        """Negative stocks, other lengths and falling days are named."""
        with pytest.raises(ValueError, match="negative"):
            Layer("a", [-1])
        with pytest.raises(ValueError, match="has 2 values; expected 3"):
            self.draw(Layer("a", [1, 2]))
        with pytest.raises(ValueError, match="does not rise"):
            stacks([1, 0], [Layer("a", [1, 2])], title=TITLE, x=DAYS, y=WAIT)


class TestShares:
    """How many cases are at or below each value."""

    def test_never_counts(self) -> None:
        """Cases in which it never came about keep the curve below 100 %."""
        made = shares_up_to([Sample("a", [1, 2, 3, 4], of=8)], title=TITLE, x=WAIT, lang="en")
        assert made.alt == "1 lines. a: from 0% to 50%."

    def test_curves_end_together(self) -> None:
        """A curve goes on to the greatest value of all, so that the right ends compare."""
        samples = [Sample("a", [1.0]), Sample("b", [9.0])]
        ends = [
            p.split("L")[-1].split()[0] for p in strokes(shares_up_to(samples, title=TITLE, x=WAIT))
        ]
        assert len(set(ends)) == 1

    def test_steps_rise_at_the_values(self) -> None:
        """A share holds until the next value."""
        made = shares_up_to([Sample("a", [1.0, 2.0])], title=TITLE, x=Axis(low=0, high=4))
        points = [tuple(map(float, p.split())) for p in strokes(made)[0][1:].split("L")]
        assert all(a[0] == b[0] or a[1] == b[1] for a, b in itertools.pairwise(points))
        assert len({y for _, y in points}) == 3

    def test_many_values_make_a_small_file(self) -> None:
        """A hundred thousand waits are thinned to what can be seen."""
        rng = np.random.Generator(np.random.PCG64(1))
        made = shares_up_to([Sample("a", rng.exponential(3, 100_000))], title=TITLE, x=WAIT)
        assert len(made.svg) < 40_000

    def test_nothing_to_show(self) -> None:
        """A sample without cases is left out; without any the picture says so."""
        assert "没有数据" in written(shares_up_to([Sample("a", [])], title=TITLE, x=WAIT))
        assert "b" in written(
            shares_up_to([Sample("a", []), Sample("b", [1])], title=TITLE, x=WAIT)
        )
