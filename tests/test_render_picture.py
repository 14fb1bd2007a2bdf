"""Pictures are inert, well-formed, readable SVG, and become PNG where a renderer is there."""

import itertools
import pickle
import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wushe.errors import MissingExtraError
from wushe.render import (
    CoverageRow,
    LinkEdge,
    LinkNode,
    MissingFontError,
    Picture,
    bars,
    coverage_bars,
    linkage,
    picture,
)
from wushe.render.canvas import Canvas, number, percent, shorten, text_width
from wushe.text import Text

TITLE = Text(zh="标题", en="Title")
HOSTILE = [
    "<script>alert(1)</script>",
    "]]>",
    '"><image href="http://example.org/x.png"/>',
    "&lt;&amp;&#0;",
    "a\x00b\x1b[31m\x85c",
    "\ud800 lone surrogate",
    "\u202egnp.exe",
    "<!DOCTYPE svg [<!ENTITY x 'y'>]>",
]
names = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=30))
SVG = "{http://www.w3.org/2000/svg}"
DRAWING = {SVG + tag for tag in ("svg", "rect", "line", "path", "text", "title", "g")}


def shown_texts(svg: str) -> list[str]:
    """Return what the picture writes, in order, without the titles."""
    return [(e.text or "") + "".join(t.tail or "" for t in e) for e in texts(svg)]


def texts(svg: str) -> list[ElementTree.Element]:
    """Return the picture's text elements."""
    return list(ElementTree.fromstring(svg).iter(SVG + "text"))


def assert_only_drawing(svg: str) -> None:
    """Check that the picture is well-formed, can be written and holds nothing active."""
    svg.encode("utf-8")
    for element in ElementTree.fromstring(svg).iter():
        assert element.tag in DRAWING
        assert not [name for name in element.attrib if name.startswith("on") or "href" in name]


def city(parties: int = 2, households: int = 2) -> tuple[list[LinkNode], list[LinkEdge]]:
    """Return `parties` nodes of each party and `households` groups, everyone linked to the first."""
    sides = ("community", "organization", "worker", "volunteer", "resource")
    nodes = [LinkNode(f"{s}-{i}", f"{s}{i}", s, 10 + i) for s in sides for i in range(parties)]
    edges = [LinkEdge(node.id, "h-0", 3) for node in nodes]
    edges += [LinkEdge("worker-0", "volunteer-0", 2), LinkEdge("community-0", "worker-0", 1)]
    nodes += [LinkNode(f"h-{i}", f"家庭{i}", "household", 5) for i in range(households)]
    return nodes, edges


class TestInert:
    """No name that comes from a table can be anything but text in a picture."""

    @given(names, names)
    def test_bars(self, label: str, other: str) -> None:
        """Hostile labels in bars are text, in both layouts."""
        for width in (800, 360):
            made = bars([(label, 3), (other, 1)], title=Text(label, other), width=width)
            assert_only_drawing(made.svg)

    @given(names)
    def test_coverage(self, label: str) -> None:
        """Hostile labels in coverage bars are text."""
        assert_only_drawing(coverage_bars([CoverageRow(label, 1, 2, 3)], title=TITLE).svg)

    @given(names)
    def test_linkage(self, label: str) -> None:
        """Hostile names and ids in the linkage picture are text."""
        nodes = [LinkNode(label, label, "worker", 1), LinkNode(label + "h", label, "household", 1)]
        made = linkage(nodes, [LinkEdge(label, label + "h", 1)], title=TITLE)
        assert_only_drawing(made.svg)

    @pytest.mark.parametrize(
        "body",
        [
            "<script/>",
            "<foreignObject/>",
            "<style/>",
            "<rect onclick='x'/>",
            "<rect style='fill:red'/>",
            "<a xlink:href='http://example.org' xmlns:xlink='http://www.w3.org/1999/xlink'/>",
            "<rect fill='url(http://example.org)'/>",
            "<!-- comment -->",
            "<rect>",
        ],
    )
    def test_picture_refuses_active_content(self, body: str) -> None:
        """A picture made by hand is refused if it holds more than drawing."""
        with pytest.raises(ValueError, match="svg:"):
            Picture(f"<svg xmlns='http://www.w3.org/2000/svg'>{body}</svg>", 1, 1, "", "")


class TestText:
    """Text is measured, shortened with the whole kept in reach, and numbers read well."""

    @given(st.text(max_size=60), st.integers(20, 300))
    def test_shortened_text_fits(self, text: str, room: int) -> None:
        """What is cut fits its room; what fits is not cut."""
        cut = shorten(text, 14, room)
        assert text_width(cut, 14) <= room
        assert (cut == text) == (text_width(text, 14) <= room)

    def test_whole_text_stays_in_the_title(self) -> None:
        """A label that was cut keeps its full text as the element's title."""
        long = "东湖生态旅游风景区管理委员会驻地社区居民委员会服务中心"
        made = bars([(long, 3)], title=TITLE)
        assert any(e.text == long for e in ElementTree.fromstring(made.svg).iter(SVG + "title"))
        assert long not in shown_texts(made.svg)

    def test_chinese_stays_searchable_text(self) -> None:
        """Chinese is written as characters, with common Chinese fonts asked for."""
        made = bars([("水果湖街道", 3)], title=TITLE)
        assert "水果湖街道" in shown_texts(made.svg)
        assert "Noto Sans CJK SC" in made.svg
        assert "Microsoft YaHei" in made.svg

    @pytest.mark.parametrize(
        ("part", "whole", "said"),
        [
            (0, 0, "—"),  # nothing to share
            (0, 9, "0%"),
            (1, 1000, "<1%"),  # not none
            (999, 1000, ">99%"),  # not all
            (9, 9, "100%"),
        ],
    )
    def test_percent_never_rounds_to_all_or_none(self, part: int, whole: int, said: str) -> None:
        """Only all is 100 % and only none is 0 %."""
        assert percent(part, whole) == said

    def test_numbers_are_grouped(self) -> None:
        """Thousands are separated, needless decimals dropped, minus is a minus."""
        assert [number(v) for v in (1234567, 2.50, -3)] == ["1,234,567", "2.5", "\u22123"]


class TestBars:
    """Longest first, the tail folded into one honest row."""

    def test_rest_is_folded_and_counted(self) -> None:
        """Rows beyond `top` become one that says how many they are and what they add up to."""
        made = bars([(f"r{i}", i) for i in range(1, 21)], title=TITLE, top=5)
        said = shown_texts(made.svg)
        assert "其余15项合计" in said
        assert "120" in said
        assert "r15" not in said

    @pytest.mark.parametrize("value", [-1, float("nan"), float("inf")])
    def test_values_that_cannot_be_drawn(self, value: float) -> None:
        """Negative and non-finite values are refused by name."""
        with pytest.raises(ValueError, match="bar 'x'"):
            bars([("x", value)], title=TITLE)

    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_no_rows(self, lang: str) -> None:
        """Without rows the picture says so instead of failing."""
        said = shown_texts(bars([], title=TITLE, lang=lang).svg)
        assert Text(zh="没有数据", en="No data").say(lang) in said

    def test_all_zero(self) -> None:
        """Rows that are all zero are drawn."""
        assert "0" in shown_texts(bars([("a", 0), ("b", 0)], title=TITLE).svg)

    def test_narrow_picture_keeps_its_width(self) -> None:
        """On a phone's width nothing is drawn outside the picture."""
        made = bars([(f"街道{i}", 1000 * i) for i in range(9)], title=TITLE, width=360)
        for element in ElementTree.fromstring(made.svg).iter(SVG + "rect"):
            assert float(element.attrib["x"]) >= 0
            assert float(element.attrib["x"]) + float(element.attrib["width"]) <= 360


class TestCoverage:
    """Shares per row, with counts, totals and the sum of everything."""

    def test_all_and_others(self) -> None:
        """The first row is everything; the last holds the folded rows and says how many."""
        rows = [CoverageRow(f"c{i}", i, 1, 2) for i in range(30)]
        made = coverage_bars(rows, title=TITLE, top=10, lang="en")
        said = shown_texts(made.svg)
        assert "All" in said
        assert "20 others together" in said
        assert number(sum(row.total for row in rows)) in said
        assert "30 rows, 525 in all; 435 met, 30 partly met, 60 unmet." in made.alt

    def test_empty_row_is_drawn(self) -> None:
        """A row without needs has a dash, not a division by zero."""
        assert "—" in shown_texts(coverage_bars([CoverageRow("x", 0, 0, 0)], title=TITLE).svg)

    def test_negative_counts_are_refused(self) -> None:
        """A count below zero is refused."""
        with pytest.raises(ValueError, match="negative"):
            CoverageRow("x", -1, 0, 0)


class TestLinkage:
    """Five parties in their places around the households."""

    def test_every_party_has_its_place(self) -> None:
        """All five parties are named even where one has no members."""
        made = linkage([LinkNode("w", "社工站", "worker", 3)], [], title=TITLE)
        said = shown_texts(made.svg)
        parties = ["社区", "社会组织", "社会工作者", "社区志愿者", "社会慈善资源"]
        assert [name for name in said if name in parties] == parties
        assert said.count("尚无") == 4

    def test_ribbons_are_as_wide_as_their_weights(self) -> None:
        """Twice the links, twice the width; edges of one pair are added up."""
        nodes = [LinkNode(i, i, "worker", 1) for i in "ab"] + [LinkNode("h", "h", "household", 1)]
        edges = [LinkEdge("a", "h", 40), LinkEdge("b", "h", 50), LinkEdge("h", "b", 30)]
        root = ElementTree.fromstring(linkage(nodes, edges, title=TITLE).svg)
        widths = sorted(float(e.attrib["stroke-width"]) for e in root.iter(SVG + "path"))
        assert len(widths) == 2
        assert widths[1] == pytest.approx(2 * widths[0], abs=0.02)

    def test_crowded_sides_are_folded(self) -> None:
        """More nodes than a side holds become one that counts them; no link is lost."""
        nodes, edges = city(parties=20)
        made = linkage(nodes, edges, title=TITLE, per_side=6, lang="en")
        assert shown_texts(made.svg).count("15 others") == 5
        assert made.svg.count('class="wx-node"') == 5 * 6 + 2
        assert f"{sum(e.weight for e in edges)} links in all" in made.alt

    @given(st.integers(0, 14), st.integers(1, 14))
    def test_labels_do_not_overlap(self, parties: int, households: int) -> None:
        """No two lines of text in one column are closer than their height."""
        nodes, edges = city(parties, households)
        known = {node.id for node in nodes}
        edges = [e for e in edges if e.source in known and e.target in known]
        columns: dict[str, list[float]] = {}
        for element in texts(linkage(nodes, edges, title=TITLE).svg):
            place = element.attrib["x"] + element.attrib.get("text-anchor", "start")
            columns.setdefault(place, []).append(float(element.attrib["y"]))
        for ys in columns.values():
            ys.sort()
            assert all(b - a >= 14 for a, b in itertools.pairwise(ys))

    @pytest.mark.parametrize(
        ("nodes", "edges", "match"),
        [
            (["a", "a"], [], "given twice"),
            (["a"], [("a", "b")], "no node 'b'"),
            (["h1", "h2"], [("h1", "h2")], "joins two households"),
        ],
    )
    def test_wrong_input(self, nodes: list[str], edges: list[tuple[str, str]], match: str) -> None:
        """Double ids, unknown ends and household-to-household links are named."""
        made = [LinkNode(i, i, "household" if i[0] == "h" else "worker", 1) for i in nodes]
        with pytest.raises(ValueError, match=match):
            linkage(made, [LinkEdge(a, b, 1) for a, b in edges], title=TITLE)

    def test_unknown_side_and_weight(self) -> None:
        """A side outside the five parties and a weight that is not positive are refused."""
        with pytest.raises(ValueError, match="expected one of community"):
            LinkNode("a", "a", "firm", 1)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="expected > 0"):
            LinkEdge("a", "b", 0)

    def test_same_input_same_bytes(self) -> None:
        """The picture depends on nothing but its input."""
        assert linkage(*city(), title=TITLE) == linkage(*city(), title=TITLE)


class TestFiles:
    """SVG needs nothing; PNG says what is missing."""

    def test_svg_file(self, tmp_path: Path) -> None:
        """The file holds the picture and nothing else; notebooks get the same."""
        made = bars([("社区", 1)], title=TITLE)
        assert made.save(tmp_path / "a.svg").read_text(encoding="utf-8") == made.svg
        assert made._repr_svg_() == made.svg
        assert pickle.loads(pickle.dumps(made)) == made

    def test_other_endings(self, tmp_path: Path) -> None:
        """An ending that cannot be written is named with those that can."""
        with pytest.raises(ValueError, match=r"expected \.svg or \.png"):
            bars([], title=TITLE).save(tmp_path / "a.gif")

    def test_missing_renderer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without the extra the error says how to install it."""
        monkeypatch.setitem(sys.modules, "resvg_py", None)
        with pytest.raises(MissingExtraError, match=r'pip install "wushe\[report\]"'):
            Canvas(10).picture(10, title="x", alt="x").png()

    def test_missing_font(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where Chinese would be drawn as boxes, the error names packages with fonts."""
        monkeypatch.setattr(picture, "_has_chinese_font", lambda: False)
        with pytest.raises(MissingFontError, match="fonts-noto-cjk") as caught:
            bars([("社区", 1)], title=TITLE).png()
        assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)

    def test_missing_font_is_found_by_drawing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A renderer that draws two characters alike has no font for them."""
        monkeypatch.setattr(picture, "_rasterise", lambda svg, scale: b"box")
        assert picture._has_chinese_font.__wrapped__() is False
        monkeypatch.setattr(picture, "_rasterise", lambda svg, scale: svg.encode())
        assert picture._has_chinese_font.__wrapped__() is True

    def test_png(self, tmp_path: Path) -> None:
        """The PNG has the picture's size times the scale."""
        pytest.importorskip("resvg_py", reason='needs pip install "wushe[report]"')
        made = bars([("Street", 1)], title=Text(zh="Title", en="Title"), lang="en")
        data = made.save(tmp_path / "a.png", scale=3).read_bytes()
        assert data.startswith(b"\x89PNG")
        assert int.from_bytes(data[16:20], "big") == made.width * 3
        assert int.from_bytes(data[20:24], "big") == made.height * 3


def test_alt_text_has_the_figures() -> None:
    """Who cannot see the picture hears what it shows."""
    made = bars([("甲", 1200), ("乙", 3)], title=TITLE)
    assert made.alt == "2项；最大：甲，1,200。"
    assert re.search('role="img" aria-label="标题: 2项', made.svg)
