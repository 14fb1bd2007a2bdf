"""A page is one file that opens offline, runs only its own script, and finds what one seeks."""

import base64
import hashlib
import html
import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wushe.render import Badge, CoverageRow, Filter, Line, Page, Record, bars, coverage_bars
from wushe.render.browser import pack
from wushe.render.inert import json_block
from wushe.text import Text

if TYPE_CHECKING:
    from playwright.sync_api import Page as Tab

TITLE = Text(zh="一户一策", en="One plan per household")
ATTACK = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'></script><!--"
TEMPLATES = {
    "serve": Text(zh="{who}提供{what}{n:,}次", en="{what} from {who}, {n:,} times"),
    "skills": Text(zh="会{skills}", en="skilled in {skills}"),
    "meal": Text(zh="助餐", en="meals"),
    "care": Text(zh="护理", en="care"),
    "met": Text(zh="已满足", en="met"),
    "unmet": Text(zh="未满足", en="unmet"),
}
FILTERS = [
    Filter("street", Text(zh="街道", en="Street")),
    Filter("status", Text(zh="状态", en="Status")),
]
names = st.one_of(st.sampled_from([ATTACK, "]]>", "\u2028", "a\x00", "\ud800"]), st.text())


class Reader(HTMLParser):
    """Collects tags with attributes, and the text of each script and style."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.raw: list[tuple[str, str]] = []
        self._open = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag."""
        self.tags.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self.raw.append((tag, ""))
            self._open = tag

    def handle_endtag(self, tag: str) -> None:
        """Close a script or style."""
        if tag == self._open:
            self._open = ""

    def handle_data(self, data: str) -> None:
        """Add to the open script or style."""
        if self._open:
            self.raw[-1] = (self._open, self.raw[-1][1] + data)


def records(count: int) -> list[Record]:
    """Return `count` records of four lines; every hundredth is for a volunteer named 寻找."""
    made = []
    for i in range(count):
        met = Line("met" if i % 3 else "unmet")
        who = f"寻找{i}" if i % 100 == 7 else f"志愿者{i % 900}"
        lines = [
            Line("serve", {"who": who, "what": Line("meal"), "n": 1000 + i % 50}),
            Line("serve", {"who": f"W-{i}", "what": Line("care"), "n": i % 7}),
            Line("skills", {"skills": ["meal", "care"]}),
            Text(zh=f"备注{i}", en=f"note {i}"),
        ]
        made.append(
            Record(
                title=f"H-{i:05d}",
                subtitle=f"街道{i % 12}",
                badges=[Badge(met, "good" if i % 3 else "bad")],
                lines=lines,
                facets={"street": f"街道{i % 12}", "status": met},
            )
        )
    return made


def sample(count: int = 60, name: str = "李**", lang: str = "zh") -> Page:
    """Return a page with one part of every kind; `name` stands wherever a table's text can."""
    said = Text(zh=name.replace("{", "(").replace("}", ")"), en="x")
    first = Record(title=name, subtitle=name, lines=[Line("serve", _params(name))])
    page = Page(TITLE, subtitle=said, lang=lang)
    page.tiles([(TITLE, name, said)])
    page.heading(Text(zh="名单", en="List")).heading(said, level=3)
    page.paragraph(Text(zh="{who}", en="{who}"), who=name)
    page.picture(bars([(name, 1)], title=said), caption=said)
    page.chart(
        lambda lang, width: coverage_bars(
            [CoverageRow(name, 1, 2, 3)], title=TITLE, lang=lang, width=width
        )
    )
    page.table(
        [Text(zh="名称", en="Name"), Text(zh="数", en="Number"), said],
        [[name, 10, None], ["乙", 9, said], ["甲", 100, 1.5]],
        caption=said,
    )
    return page.browser([first, *records(count)], templates=TEMPLATES, filters=FILTERS)


def _params(name: str) -> dict[str, Any]:
    return {"who": name, "what": Text(zh="送餐", en="delivery"), "n": 2}


class TestInert:
    """Text from tables stays text."""

    @given(names)
    def test_hostile_text_adds_no_element(self, name: str) -> None:
        """Whatever a name holds, the page has the same elements and attributes' names."""
        plain, hostile = Reader(sample(2).html()), Reader(sample(2, name).html())
        # What is cut in a picture, or the same in both languages, has other helper elements.
        assert {tag for tag, _ in hostile.tags} <= {tag for tag, _ in plain.tags} | {"span"}
        assert [tag for tag, _ in hostile.raw] == [tag for tag, _ in plain.raw]
        for _, attributes in hostile.tags:
            assert not [key for key in attributes if key.startswith("on")]

    @given(st.recursive(names | st.integers(), st.lists))
    def test_json_block_reads_back(self, value: Any) -> None:
        """Data in a script element cannot end it, and is unchanged when read."""
        text = json_block(value)
        assert not re.search("[<>&\u2028\u2029]", text)
        assert json.loads(text) == value

    def test_no_requests(self, tmp_path: Path) -> None:
        """Nothing in the page points outside of it."""
        text = sample().save(tmp_path / "page.html").read_text(encoding="utf-8")
        addresses = set(re.findall(r"https?://[^\"'\s<)]*", text))
        assert addresses == {"http://www.w3.org/2000/svg"}  # a name space, never fetched
        for tag, attributes in Reader(text).tags:
            assert "src" not in attributes
            assert tag not in ("iframe", "object", "embed", "form", "base")
            assert attributes.get("href", "#")[:1] == "#" or attributes["href"] == "data:,"  # type: ignore[index]
        assert "@import" not in text
        assert "url(" not in text

    def test_policy_admits_only_the_page_itself(self) -> None:
        """The policy has the hashes of the one style and the one script, and no inline leave."""
        reader = Reader(sample().html())
        policy = next(
            a["content"] for t, a in reader.tags if "Content-Security-Policy" in a.values()
        )
        assert policy is not None
        scripts = [a for t, a in reader.tags if t == "script" and "type" not in a]
        styles = [text for tag, text in reader.raw if tag == "style"]
        assert (len(scripts), len(styles)) == (1, 1)
        for text in (styles[0], reader.raw[-1][1]):
            digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
            assert f"'sha256-{digest}'" in policy
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
        assert not [a for _, a in reader.tags if "style" in a]


class TestLanguages:
    """Both languages are in the file, whichever it opens in."""

    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_both_languages(self, lang: str) -> None:
        """Every label is there twice, marked with its language; `lang` only says which first."""
        text = sample(lang=lang).html()
        assert f'data-lang="{lang}"' in text
        assert f"<title>{TITLE.say(lang)}</title>" in text
        assert '<span data-l="zh" lang="zh-CN">名单</span>' in text
        assert '<span data-l="en" lang="en">List</span>' in text

    def test_unknown_language(self) -> None:
        """A language that is not there is refused."""
        with pytest.raises(ValueError, match="'zh' or 'en'"):
            Page(TITLE, lang="fr")


class TestParts:
    """Wrong input to a part is named; cut tables say so."""

    def test_long_table_says_what_is_left_out(self) -> None:
        """A table beyond `max_rows` tells how many rows there are."""
        rows = [[f"x{i}"] for i in range(3000)]
        text = Page(TITLE).table([TITLE], rows, max_rows=5).html()
        assert "只列出前5行，共3,000行" in text
        assert text.count("<td") == 5

    def test_numbers_in_a_column_line_up(self) -> None:
        """One number with decimals gives them to its column; None is a dash."""
        text = Page(TITLE).table([TITLE], [[1.25], [2.0], [None]]).html()
        assert re.findall("<td[^>]*>([^<]*)</td>", text) == ["1.25", "2.00", "—"]

    def test_money_has_two_decimals(self) -> None:
        """Amounts of yuan keep both decimals, also where all end in a round number; counts have none."""
        text = Page(TITLE).table([TITLE, TITLE], [[1500.0, 3], [0.5, 12]], least_decimals=2).html()
        assert re.findall("<td[^>]*>([^<]*)</td>", text) == ["1,500.00", "3", "0.50", "12"]

    def test_wrong_parts(self) -> None:
        """Short rows, half pictures and other heading levels are refused."""
        page, made = Page(TITLE), bars([], title=TITLE)
        with pytest.raises(ValueError, match="row 1: 2 cells; expected 1"):
            page.table([TITLE], [["a", "b"]])
        with pytest.raises(ValueError, match="both zh= and en="):
            page.picture(zh=made)
        with pytest.raises(ValueError, match="expected 2 or 3"):
            page.heading(TITLE, level=1)

    def test_headings_are_reachable(self) -> None:
        """Every link in the bar leads to a heading of the page."""
        reader = Reader(sample().html())
        ids = {a.get("id") for _, a in reader.tags}
        targets = [str(a["href"])[1:] for t, a in reader.tags if t == "a"]
        assert len(targets) == 2
        assert set(targets) <= ids


class TestPacking:
    """Records are packed once each, and mistakes are named by record."""

    def test_twenty_thousand_records_stay_small(self) -> None:
        """20,000 records of four lines make a page well under 10 MB."""
        assert len(sample(20_000).html().encode()) < 5_000_000

    def test_equal_values_are_stored_once(self) -> None:
        """A line that two records share stands once in the table."""
        line = Line("serve", {"who": "甲", "what": Line("meal"), "n": 1})
        packed = pack([Record("a", lines=[line]), Record("b", lines=[line])], TEMPLATES, [], 20)
        assert packed["r"][0][3] == packed["r"][1][3]

    def test_one_and_true_text_differ(self) -> None:
        """The number 1 and the text "1" are different values; huge numbers keep their digits."""
        packed = pack([Record("1", 1), Record("x", 2**60)], TEMPLATES, [], 20)
        assert packed["v"] == ["1", 1, "x", str(2**60)]

    @pytest.mark.parametrize(
        ("record", "match"),
        [
            (Record(Line("nope")), "template 'nope' is unknown"),
            (Record(Line("serve", {"who": "x"})), "needs parameter 'what'"),
            (Record("x", facets={"colour": "red"}), "facet 'colour' has no filter"),
            (Record("x", lines=[float("nan")]), "expected a finite number"),
            (Record(None), "value None"),  # type: ignore[arg-type]
            (Record(b"x"), "is bytes"),  # type: ignore[arg-type]
        ],
    )
    def test_mistakes_name_the_record(self, record: Record, match: str) -> None:
        """The second record is wrong, and the error says so."""
        with pytest.raises(ValueError, match=f"record 2: .*{match}"):
            Page(TITLE).browser([Record("ok"), record], templates=TEMPLATES, filters=FILTERS)

    @pytest.mark.parametrize("field", ["{a.b}", "{a[0]}", "{}", "{a!r}", "{a:>9}", "{a:{b}}"])
    def test_templates_have_plain_fields_only(self, field: str) -> None:
        """What the page's script could not fill in is refused when the page is made."""
        with pytest.raises(ValueError, match="template 'x'"):
            Page(TITLE).browser([], templates={"x": Text(zh=field, en=field)})

    def test_unknown_tone(self) -> None:
        """A badge's tone is one of five."""
        with pytest.raises(ValueError, match="expected one of good"):
            Badge("x", "red")  # type: ignore[arg-type]


def test_import_is_light() -> None:
    """Importing the package loads neither the template engine nor an XML parser nor numpy."""
    code = (
        "import sys, wushe.render; "
        "print([m for m in ('jinja2', 'xml.etree', 'numpy', 'resvg_py') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.browser
class TestInChromium:
    """The page as a reader meets it."""

    def open(self, page: "Tab", folder: Path, made: Page) -> list[str]:
        """Open `made` from its file; return the list in which trouble will appear."""
        trouble: list[str] = []
        page.on("dialog", lambda d: (trouble.append(f"dialog {d.message}"), d.dismiss()))
        page.on("pageerror", lambda e: trouble.append(f"error {e}"))
        page.on("console", lambda m: trouble.append(m.text) if m.type == "error" else None)
        page.on("request", lambda r: None if r.url[:5] == "file:" else trouble.append(r.url))
        page.goto(made.save(folder / "page.html").as_uri())
        return trouble

    def test_search_narrows(self, page: "Tab", tmp_path: Path) -> None:
        """Typing narrows the list at once, in either language, any case and width."""
        trouble = self.open(page, tmp_path, sample(20_000))
        assert page.inner_text("#count") == "20001 / 20001"
        assert page.locator("#list > li").count() == 20
        page.fill("#search", "寻找")
        assert page.inner_text("#count") == "200 / 20001"
        page.fill("#search", "寻找19907 助餐")
        assert page.inner_text("#count") == "1 / 20001"
        assert page.locator("#list h3").all_inner_texts() == ["H-19907"]
        assert page.locator("#list mark").first.inner_text() == "寻找19907"
        page.fill("#search", "ＮＯＴＥ 19999")
        assert page.inner_text("#count") == "1 / 20001"
        page.fill("#search", "no such words")
        assert page.inner_text("#count") == "0 / 20001"
        assert page.inner_text("#list") == "没有符合条件的记录"
        assert trouble == []

    def test_filters_and_search_combine(self, page: "Tab", tmp_path: Path) -> None:
        """A drop-down and the search narrow together."""
        self.open(page, tmp_path, sample(1200))
        page.get_by_label("街道").select_option(label="街道7 (100)")
        assert page.inner_text("#count") == "100 / 1201"
        page.fill("#search", "寻找")
        assert page.inner_text("#count") == "4 / 1201"
        page.get_by_label("状态").select_option(label="未满足 (400)")
        assert page.inner_text("#count") == "0 / 1201"

    def test_pages_turn(self, page: "Tab", tmp_path: Path) -> None:
        """Next, last and first lead where they say; at the ends the buttons are off."""
        self.open(page, tmp_path, sample(49))
        assert page.inner_text("#place") == "第 1 / 3 页"
        assert page.is_disabled("#previous")
        page.click("#next")
        assert page.locator("#list h3").first.inner_text() == "H-00019"
        page.click("#last")
        assert page.locator("#list > li").count() == 10
        assert page.is_disabled("#next")
        page.click("#first")
        assert page.inner_text("#place") == "第 1 / 3 页"

    def test_language_switches(self, page: "Tab", tmp_path: Path) -> None:
        """The button says everything in the other language, also by keyboard."""
        self.open(page, tmp_path, sample(5))
        assert page.inner_text("h1") == "一户一策"
        assert "志愿者3提供助餐1,003次\nW-3提供护理3次\n会助餐、护理\n备注3" in page.inner_text(
            "#list"
        )
        page.focus("#lang")
        page.keyboard.press("Enter")
        assert page.inner_text("h1") == "One plan per household"
        assert page.title() == "One plan per household"
        assert page.get_attribute("html", "lang") == "en"
        assert "meals from 志愿者3, 1,003 times" in page.inner_text("#list")
        assert "skilled in meals, care" in page.inner_text("#list")
        assert page.inner_text("#place") == "Page 1 / 1"
        assert page.is_visible("text=Met %")
        assert not page.is_visible("text=满足率")

    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_hostile_name_is_only_text(self, page: "Tab", tmp_path: Path, lang: str) -> None:
        """A name full of markup is shown as it is, and nothing runs or is requested."""
        trouble = self.open(page, tmp_path, sample(3, ATTACK, lang))
        page.fill("#search", "alert(1)")
        page.click("#lang")
        assert page.inner_text("#count") == "1 / 4"
        assert page.inner_text("#list h3") == ATTACK
        assert page.locator("img").count() == 0
        page.wait_for_timeout(100)
        assert trouble == []

    def test_policy_stops_injected_script(self, page: "Tab", tmp_path: Path) -> None:
        """Were markup ever to slip through, the policy would still refuse to run it."""
        made = sample(3).html().replace("</main>", "<script>window.ran = 1</script></main>")
        target = tmp_path / "page.html"
        target.write_text(made, encoding="utf-8")
        page.goto(target.as_uri())
        assert page.evaluate("window.ran === undefined")
        assert page.inner_text("#count") == "4 / 4"

    def test_tables_sort(self, page: "Tab", tmp_path: Path) -> None:
        """A column sorts by number, the other way on the second click, unknown always last."""
        self.open(page, tmp_path, sample(3))
        column = page.locator("table tbody td:nth-child(2)")
        page.click("th:nth-child(2) button")
        assert column.all_inner_texts() == ["9", "10", "100"]
        assert page.get_attribute("th:nth-child(2)", "aria-sort") == "ascending"
        page.click("th:nth-child(2) button")
        assert column.all_inner_texts() == ["100", "10", "9"]

    def test_phone_shows_narrow_charts(self, page: "Tab", tmp_path: Path) -> None:
        """On a phone the page does not scroll sideways and charts are the narrow ones."""
        page.set_viewport_size({"width": 390, "height": 844})
        self.open(page, tmp_path, sample(30))
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        assert page.locator(".plot.narrow:visible").count() == 1
        assert page.locator(".plot.wide:visible").count() == 0

    def test_without_scripts(self, chromium: Any, tmp_path: Path) -> None:
        """With scripts off, text, tables and charts are there and a line says what is not."""
        context = chromium.new_context(offline=True, java_script_enabled=False)
        tab = context.new_page()
        tab.goto(sample(3).save(tmp_path / "page.html").as_uri())
        assert "需要浏览器运行本页脚本" in tab.inner_text("[data-browser]")
        assert tab.is_visible("table")
        assert not tab.is_visible("#search")
        context.close()


def test_numbers_in_templates_are_escaped_once() -> None:
    """Ampersands in names are not escaped twice on the way into the page."""
    text = Page(TITLE).paragraph(Text(zh="{x}", en="{x}"), x="A & B").html()
    assert f"<p>{html.escape('A & B')}</p>" in text
