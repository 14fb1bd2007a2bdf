"""Estimates with intervals, boxes, and places on a map."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svg_reading import HOSTILE, assert_only_drawing, assert_tidy, elements, tips, written
from wushe.render import Axis, Interval, Picture, Sample, Spot, boxes, intervals, place_map
from wushe.render.palette import MISSING, RAMP
from wushe.text import Text

TITLE = Text("与先到先得相比", "Against first come, first served")
WAIT = Axis(Text("等待之差", "Difference in wait"), Text("天", "days"))
SIDES = (Text("更短", "shorter"), Text("更长", "longer"))
NAN = float("nan")
names = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=30), st.just("每天统一派单"))


def forest(*rows: Interval, **options: Any) -> Picture:
    """Return differences around zero."""
    given = {"title": TITLE, "x": WAIT, "reference": 0.0, "sides": SIDES, **options}
    return intervals(rows, **given)


class TestIntervals:
    """One row for each estimate, with its figures."""

    def test_filled_where_the_interval_decides(self) -> None:
        """A dot is hollow where the interval holds the reference, filled where it leaves it out."""
        made = forest(Interval("a", -2, -3, -1), Interval("b", 1, -1, 3), Interval("c", 1))
        assert [e.get("fill") == "#ffffff" for e in elements(made, "circle")] == [False, True, True]

    def test_figures_have_the_same_decimals(self) -> None:
        """Numbers beside the rows line up to be compared, with a true minus."""
        made = forest(Interval("a", -2.534, -10.1, 5.01), Interval("b", 0.0447, -3, 2.9), lang="en")
        assert {"−2.5 (−10.1 to 5.0)", "0.0 (−3.0 to 2.9)"} <= set(written(made))

    def test_unknown_rows_stay(self) -> None:
        """A row without a value is listed with a dash; one without limits shows its value."""
        made = forest(Interval("a", NAN), Interval("b", -5), Interval("c", 1, 0.5, 2))
        assert {"—", "−5.00"} <= set(written(made))
        assert len(elements(made, "circle")) == 2

    def test_groups_have_headings(self) -> None:
        """Rows of one group stand under its name, which is written once."""
        rows = [Interval(n, 1, 0, 2, Text("小区", "Estate")) for n in "ab"] + [Interval("c", 1)]
        assert written(forest(*rows)).count("小区") == 1

    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_sides_say_what_is_better(self, lang: str) -> None:
        """Left and right of the reference are named with arrows."""
        said = written(forest(Interval("a", 1, -1, 3), lang=lang))
        assert f"← {SIDES[0].say(lang)}" in said
        assert f"{SIDES[1].say(lang)} →" in said

    @given(
        st.lists(st.tuples(names, names, st.floats(-1e6, 1e6), st.floats(0, 1e6)), max_size=8),
        st.sampled_from(["zh", "en"]),
        st.sampled_from([360, 800]),
    )
    def test_tidy(self, rows: list[tuple[str, str, float, float]], lang: str, width: int) -> None:
        """Whatever the figures and names, no text lies on another, nothing is active."""
        made = forest(
            *(Interval(a, m, m - h, m + h, g) for a, g, m, h in rows), lang=lang, width=width
        )
        assert_only_drawing(made)
        assert_tidy(made)

    def test_wrong_limits(self) -> None:
        """Limits the wrong way round and infinite ones are refused."""
        with pytest.raises(ValueError, match="low 2 is above high 1"):
            Interval("a", 1, 2, 1)
        with pytest.raises(ValueError, match="interval 'a'"):
            Interval("a", 1, -np.inf, np.inf)

    def test_nothing_to_show(self) -> None:
        """Without figures the picture says so."""
        assert "没有数据" in written(forest())
        assert "没有数据" in written(forest(Interval("a", NAN)))


class TestBoxes:
    """How values spread."""

    def test_box_is_the_middle_half(self) -> None:
        """Ends of box and whiskers are the percentiles of the values; the rest is told in words."""
        made = boxes(
            [Sample("a", np.arange(101.0))], title=TITLE, x=Axis(low=0, high=104), lang="en"
        )
        box = next(e for e in elements(made, "rect") if e.get("height") == "16")
        whisker = next(e.attrib["d"] for e in elements(made, "path"))
        ends = [float(pair.split()[0]) for pair in whisker[1:].split("L")]
        assert float(box.attrib["width"]) / (ends[1] - ends[0]) == pytest.approx(50 / 90, abs=0.01)
        assert "median 50, n=101" in written(made)

    def test_empty_and_single(self) -> None:
        """A sample of none is a dash, of one a line; without any the picture says so."""
        made = boxes([Sample("a", []), Sample("b", [3.0])], title=TITLE, x=WAIT, lang="en")
        assert "median —, n=0" in written(made)
        assert_tidy(made)
        assert "No data" in written(boxes([Sample("a", [NAN])], title=TITLE, x=WAIT, lang="en"))

    def test_wrong_whole(self) -> None:
        """There cannot be more values than cases."""
        with pytest.raises(ValueError, match="2 values out of 1"):
            Sample("a", [1, 2], of=1)


DISTRICTS = [
    Spot("江岸区", 114.309, 30.600, 0.41, 96),
    Spot("江汉区", 114.270, 30.601, 0.46, 65),
    Spot("武昌区", 114.316, 30.554, 0.52, 109),
    Spot("汉南区", 114.085, 30.309, NAN, 14),
    Spot("新洲区", 114.801, 30.841, 0.22, 86),
]
PART = Axis(Text("参与率", "Participation"), percent=True)


class TestMap:
    """Places where they lie, darker for more."""

    def draw(self, *spots: Spot, **options: Any) -> Picture:
        """Return a map of shares."""
        return place_map(spots, **{"title": TITLE, "value": PART, **options})

    def discs(self, made: Picture) -> dict[str, Any]:
        """Return the discs by what they say on pointing."""
        return {next(iter(e)).text or "": e.attrib for e in elements(made, "circle") if len(e)}

    def test_where_and_how_dark(self) -> None:
        """East is right, north is up, higher values are darker, unknown ones are hollow."""
        found = self.discs(self.draw(*DISTRICTS, lang="en"))
        west, east = found["江岸区: 41%"], found["新洲区: 22%"]
        assert float(west["cx"]) < float(east["cx"])
        assert float(west["cy"]) > float(east["cy"])
        assert RAMP.index(west["fill"]) > RAMP.index(east["fill"])
        assert found["汉南区: no data"]["fill"] == MISSING

    def test_distances_are_true(self) -> None:
        """A kilometre east is as long as a kilometre north, and as the scale bar says."""
        degree = 1 / np.cos(np.radians(30.05))
        spots = [
            Spot("o", 114, 30, 1),
            Spot("n", 114, 30.1, 1),
            Spot("e", 114 + 0.1 * degree, 30, 1),
        ]
        found = {
            k[0]: (float(v["cx"]), float(v["cy"])) for k, v in self.discs(self.draw(*spots)).items()
        }
        north = found["o"][1] - found["n"][1]
        assert found["e"][0] - found["o"][0] == pytest.approx(north, abs=0.2)
        bar = next(e for e in elements(self.draw(*spots), "path")).attrib["d"]
        ends = [float(pair.split()[0]) for pair in bar[1:].split("L")]
        assert "5 公里" in written(self.draw(*spots))
        assert (ends[2] - ends[1]) / north == pytest.approx(5 / 11.1195, abs=0.005)

    def test_area_follows_size(self) -> None:
        """Four times the households, twice the radius."""
        spots = [Spot("a", 114, 30, 1, 100), Spot("b", 114.5, 30.5, 1, 25)]
        radii = [float(v["r"]) for v in self.discs(self.draw(*spots)).values()]
        assert radii[0] == pytest.approx(2 * radii[1])

    def test_legend_covers_the_values(self) -> None:
        """Classes begin at or below the least and end at or above the greatest value."""
        said = written(self.draw(*DISTRICTS, size=Text("户数", "households")))
        assert [t for t in said if t.endswith("%")] == ["20%", "30%", "40%", "50%", "60%"]
        assert {"无数据", "面积：户数"} <= set(said)

    @pytest.mark.parametrize("most", [1.2e-7, 1e-4, 0.5])
    def test_limits_of_classes_stay_in_a_narrow_picture(self, most: float) -> None:
        """Limits too long to stand beside each other leave some out."""
        spots = [Spot("a", 114, 30, 0), Spot("b", 114.1, 30.1, most)]
        made = self.draw(*spots, width=360)
        assert_tidy(made)
        assert len([text for text in written(made) if text.endswith("%")]) >= 3

    @given(
        st.lists(
            st.tuples(
                names,
                st.floats(113, 115),
                st.floats(30, 31),
                st.one_of(st.floats(0, 1), st.just(NAN)),
            ),
            max_size=30,
        ),
        st.sampled_from([360, 800]),
    )
    def test_tidy(self, places: list[tuple[str, float, float, float]], width: int) -> None:
        """Names that have no room are left to pointing; none lies on another; one place is enough."""
        made = self.draw(*(Spot(*place) for place in places), width=width)
        assert_only_drawing(made)
        assert_tidy(made)
        if not places:
            assert "没有数据" in written(made)

    def test_every_place_can_be_pointed_at(self) -> None:
        """All places say name and value on pointing, named on the map or not."""
        spots = [Spot(f"p{i}", 114 + i % 10 / 100, 30 + i // 10 / 100, i / 99) for i in range(100)]
        assert sum(tip.startswith("p") for tip in tips(self.draw(*spots))) == 100

    @pytest.mark.parametrize(
        "wrong", [(200, 30, 1, 1), (114, 95, 1, 1), (114, 30, np.inf, 1), (114, 30, 1, -1)]
    )
    def test_wrong_input(self, wrong: tuple[float, ...]) -> None:
        """What cannot be on a map is named."""
        with pytest.raises(ValueError, match="place 'x'"):
            Spot("x", *wrong)
