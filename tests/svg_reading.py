"""Reading pictures in tests: what they write and draw, and whether anything overlaps or is active."""

import itertools
from xml.etree import ElementTree

from wushe.render import Picture
from wushe.render.canvas import text_width

SVG = "{http://www.w3.org/2000/svg}"
DRAWING = {SVG + tag for tag in ("svg", "rect", "line", "path", "circle", "text", "title", "g")}
_PLACES = {"x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "d", "width", "height"}
HOSTILE = (
    "<script>alert(1)</script>",
    "]]>",
    '"><image href="http://example.org/x.png"/>',
    "&lt;&amp;&#0;",
    "a\x00b\x1b[31m\x85c",
    "\ud800 lone surrogate",
    "\u202egnp.exe",
    "{zh} {0} %s",
)


def elements(made: Picture, tag: str) -> list[ElementTree.Element]:
    """Return the picture's elements of one kind."""
    return list(ElementTree.fromstring(made.svg).iter(SVG + tag))


def written(made: Picture) -> list[str]:
    """Return what the picture writes, in order, without the titles that show on pointing."""
    return [_shown(e) for e in elements(made, "text")]


def tips(made: Picture) -> list[str]:
    """Return what shows while the pointer rests on something."""
    return [e.text or "" for e in elements(made, "title")]


def assert_only_drawing(made: Picture) -> None:
    """Check that the picture is well-formed, can be written and holds nothing active."""
    made.svg.encode("utf-8")
    for element in ElementTree.fromstring(made.svg).iter():
        assert element.tag in DRAWING
        assert not [name for name in element.attrib if name.startswith("on") or "href" in name]


def assert_tidy(made: Picture) -> None:
    """Check that no text lies on another or beyond the picture's edge, and that everything is a number."""
    for element in ElementTree.fromstring(made.svg).iter():
        drawn = (v for name, v in element.attrib.items() if name in _PLACES)
        assert not any("nan" in v or "inf" in v for v in drawn)
    placed = [(_place(e), _shown(e)) for e in elements(made, "text")]
    for (left, top, right, bottom), text in placed:
        assert left >= -1, text
        assert right <= made.width + 1, text
        assert top >= 0, text
        assert bottom <= made.height, text
    for (a, said), (b, other) in itertools.combinations(placed, 2):
        over = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
        assert min(over) <= 0, f"{said!r} lies on {other!r}"


def _shown(element: ElementTree.Element) -> str:
    return (element.text or "") + "".join(t.tail or "" for t in element)


def _place(element: ElementTree.Element) -> tuple[float, float, float, float]:
    """Return left, top, right, bottom of a text; widths are estimated large, so a tenth is taken off."""
    size = float(element.attrib["font-size"])
    wide = text_width(_shown(element), size) * 0.9
    x, y = float(element.attrib["x"]), float(element.attrib["y"])
    left = x - {"start": 0.0, "middle": wide / 2, "end": wide}[element.get("text-anchor", "start")]
    return left, y - 0.75 * size, left + wide, y + 0.1 * size
