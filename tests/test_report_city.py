"""The city's report: what every city has, the plugins' own sections, and what of them may be shown."""

import csv
import datetime as dt
import io
import pickle
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import wushe
from rules_once import share_rules
from wushe import ReportColumn, ReportRow, ReportSection, ReportTable, Text
from wushe.cli import main
from wushe.demos import demo_path
from wushe.errors import PluginError
from wushe.report.city import CityReport, city_report
from wushe.report.city_cells import shown_cells
from wushe.report.city_page import LISTED

ON = "2023-02-06"
PEOPLE = ReportColumn(Text("人", "persons"), "people")
YUAN = ReportColumn(Text("金额", "yuan"), "fen")
SHARE = ReportColumn(Text("比例", "share"), "permille")
COUNT = ReportColumn(Text("站点", "stations"))


def table(
    columns: Sequence[ReportColumn],
    *rows: Sequence[int | Text | None],
    total: Sequence[int | Text | None] | None = None,
    key: str = "t",
) -> ReportTable:
    """Return a table whose rows are called a, b, c and so on."""
    made = tuple(
        ReportRow(Text(chr(97 + n % 26), chr(97 + n % 26)), tuple(r)) for n, r in enumerate(rows)
    )
    last = None if total is None else ReportRow(Text("合计", "total"), tuple(total))
    return ReportTable(key, Text("表", "table"), Text("行", "row"), tuple(columns), made, last)


Made = ReportTable | Callable[[], Any]


def plugin(*tables: Made) -> Any:
    """Return a plugin with one section of these tables, or of what a function makes."""

    def make(network: Any, context: Any) -> Any:
        return tables[0]() if callable(tables[0]) else tables

    @wushe.hookimpl
    def register_report_sections() -> list[ReportSection]:
        return [ReportSection("own", Text("自己的", "its own"), make)]

    return SimpleNamespace(name="qingshi", register_report_sections=register_report_sections)


def report(*tables: Made) -> CityReport:
    """Return the report of an empty city with the section of `tables`; no defaults, so that loading is quick."""
    rules = wushe.load_plugins(plugin(*tables), defaults=False)
    return city_report(
        wushe.build_network({}, rules.categories, rules.target_groups), rules, dt.date(2025, 3, 10)
    )


def programmes_of(**categories: tuple[str, ...]) -> Any:
    """Return a plugin with programmes of these categories, for everybody."""

    @wushe.hookimpl
    def register_programmes() -> list[wushe.Programme]:
        return [
            wushe.Programme(key, Text(key, key), (), words) for key, words in categories.items()
        ]

    return SimpleNamespace(name="qingshi", register_programmes=register_programmes)


def said(made: ReportTable, audience: Any = "masked") -> list[list[str]]:
    """Return the cells of one table as they are read."""
    (lines,) = shown_cells([made], audience)
    return [[cell.say("en") for cell in line] for line in lines]


@pytest.fixture(scope="module")
def rules() -> wushe.Plugins:
    """Return Ezhou's rules."""
    return wushe.load_plugins("ezhou")


@pytest.fixture(scope="module")
def city(rules: wushe.Plugins) -> wushe.LinkageNetwork:
    """Return the tables of the demo ``ezhou``."""
    return wushe.read(demo_path("ezhou"), plugins=rules)


@pytest.fixture(scope="module")
def ezhou(city: wushe.LinkageNetwork, rules: wushe.Plugins) -> CityReport:
    """Return the report of the demo ``ezhou``."""
    return city_report(city, rules, ON)


# --- what it holds -----------------------------------------------------------------------------


def test_a_city_has_its_programmes_coverage_and_lists_then_what_its_plugins_tell(
    ezhou: CityReport,
) -> None:
    """What nobody registers has no section: Ezhou has no standard of stations."""
    keys = [section.id for section in ezhou.sections]
    assert keys == ["programmes", "coverage", "upkeep", "ezhou_funds", "ezhou_goods", "ezhou_ways"]
    assert [section.plugin for section in ezhou.sections][2:] == [None, *["ezhou"] * 3]


def test_it_names_the_plugins_that_were_active(ezhou: CityReport) -> None:
    """Every report prints the active plugins and their versions."""
    assert f"ezhou {dict(ezhou.versions)['ezhou']}" in ezhou.summary("en").splitlines()[-1]


def test_coverage_is_by_the_level_that_was_asked_for(
    city: wushe.LinkageNetwork, rules: wushe.Plugins
) -> None:
    """Streets make more rows than counties; a level that is none is refused."""
    rows = [
        len(city_report(city, rules, ON, level=level).section("coverage").tables[0].rows)
        for level in ("county", "street")
    ]
    assert rows == [3, 8]
    with pytest.raises(ValueError, match="level"):
        city_report(city, rules, ON, level="galaxy")


def test_an_unknown_section_or_table_names_those_there_are(ezhou: CityReport) -> None:
    """A misspelled key is answered with the keys."""
    with pytest.raises(KeyError, match="ezhou_ways"):
        ezhou.section("ways")
    with pytest.raises(KeyError, match="published"):
        ezhou.section("ezhou_ways").table("publish")


def test_it_survives_pickling_and_writes_the_same_bytes_again(ezhou: CityReport) -> None:
    """A report made again is the same report."""
    again = pickle.loads(pickle.dumps(ezhou))
    assert again.to_html() == ezhou.to_html()
    assert again.to_csv("en") == ezhou.to_csv("en")


# --- what of it is shown -----------------------------------------------------------------------


def test_a_small_count_of_people_is_withheld_with_the_one_that_would_give_it_away() -> None:
    """3 and 9 of 32 go; 20 and the total stay, so that nothing can be taken off the total."""
    made = table([PEOPLE], [3], [20], [9], total=[32])
    assert said(made) == [["*"], ["20"], ["*"], ["32"]]
    assert said(made, "internal") == [["3"], ["20"], ["9"], ["32"]]


def test_counts_of_things_are_never_withheld() -> None:
    """One station is no person."""
    assert said(table([COUNT], [1], [2], total=[3])) == [["1"], ["2"], ["3"]]


def test_an_amount_goes_with_the_count_it_tells_of() -> None:
    """700 yuan to fewer than five people are somebody's 700 yuan; a row of many keeps its amount."""
    made = table([PEOPLE, YUAN], [1, 70_000], [4, 80_000], [30, 900_000], total=[35, 1_050_000])
    assert said(made) == [["*", "*"], ["*", "*"], ["30", "9,000.00"], ["35", "10,500.00"]]


def test_a_share_is_withheld_unless_it_is_of_counts_that_are_shown() -> None:
    """Two of ten people would give the two away; one of four stations tells nothing of the people."""
    people = ReportColumn(Text("对象", "target"), "people")
    share = table([people, PEOPLE, SHARE], [10, 2, 200])
    assert said(share) == [["10", "*", "*"]]
    stations = ReportColumn(Text("有服务的", "served"))
    of_stations = table([COUNT, stations, SHARE, PEOPLE], [4, 1, 250, 2])
    assert said(of_stations) == [["4", "1", "25.0%", "*"]]


def test_the_same_count_told_twice_keeps_its_total_in_both_or_neither() -> None:
    """Five streets with one each: the total of 5, told by group, would give every street away."""
    by_street = table([PEOPLE], [1], [1], [1], [1], [1], total=[5], key="street")
    by_group = table([PEOPLE], [2], [3], total=[5], key="group")
    other = table([PEOPLE], [30], [20], total=[50], key="other")
    assert said(by_group)[-1] == ["5"]
    shown = shown_cells([by_street, by_group, other], "masked")
    assert [lines[-1][0].withheld for lines in shown] == [True, True, False]


def test_rows_of_a_total_that_must_go_go_with_it() -> None:
    """Six streets with one each are known once 6 is: the table whose one row is 6 may not show it either."""
    by_street = table([PEOPLE], *[[1]] * 6, total=[6], key="street")
    by_group = table([PEOPLE], [6], total=[6], key="group")
    for tables in ([by_street, by_group], [by_group, by_street]):
        shown = shown_cells(tables, "masked")
        assert {cell.say() for lines in shown for line in lines for cell in line} == {"*"}


def test_what_columns_that_add_up_would_tell_goes_too() -> None:
    """20 asked and 17 of them met are 3 not met: the row goes, and another one that hides it."""
    met, lack = (ReportColumn(Text(word, word), "people") for word in ("met", "lack"))
    rows = [20, 17, 3], [40, 30, 10], [90, 50, 40]
    found = said(table([PEOPLE, met, lack], *rows, total=[150, 97, 53]))
    assert found == [["*", "*", "*"], ["*", "*", "*"], ["90", "50", "40"], ["150", "97", "53"]]
    only = said(table([PEOPLE, met, lack], [20, 17, 3], [8, 8, 0], total=[28, 25, 3]))
    assert only == [["*", "*", "*"], ["*", "*", "0"], ["*", "*", "*"]]


def test_columns_of_which_one_is_not_recorded_add_up_where_they_are() -> None:
    """An unknown cell tells nothing, and hides nothing of the other rows."""
    met, lack = (ReportColumn(Text(word, word), "people") for word in ("met", "lack"))
    found = said(table([PEOPLE, met, lack], [20, 17, 3], [40, 30, 10], [9, None, 9]))
    assert found[0] == ["*", "*", "*"]
    assert found[2][1] == "not recorded"


@given(st.lists(st.tuples(*[st.integers(0, 9)] * 3), min_size=1, max_size=5), st.booleans())
def test_no_small_count_follows_from_sums_down_and_across(
    parts: list[tuple[int, int, int]], with_total: bool
) -> None:
    """Linear algebra over all that is shown, with each row's and each column's sum, determines no withheld count."""
    words = ("all", "met", "lack", "unknown")
    columns = [ReportColumn(Text(word, word), "people") for word in words]
    rows = [[sum(part), *part] for part in parts]
    total = [sum(column) for column in zip(*rows, strict=True)]
    made = table(columns, *rows, total=total if with_total else None)
    (lines,) = shown_cells([made], "masked")
    every = [*rows, total]
    shown = np.zeros((len(every), 4), dtype=bool)
    for at, line in enumerate(lines):
        shown[at] = [not cell.withheld for cell in line]
    size = shown.size
    known = []
    for at in range(len(every)):
        across = np.zeros((len(every), 4))
        across[at] = [-1, 1, 1, 1]
        known.append(across.ravel())
    for column in range(4):
        down = np.zeros((len(every), 4))
        down[:, column] = [1] * len(rows) + [-1]
        known.append(down.ravel())
    known += list(np.eye(size)[shown.ravel()])
    rank = np.linalg.matrix_rank(np.array(known))
    for at in np.flatnonzero(~shown.ravel()).tolist():
        if 0 < every[at // 4][at % 4] < 5:
            assert np.linalg.matrix_rank(np.array([*known, np.eye(size)[at]])) > rank


def test_a_programme_does_not_tell_what_the_needs_list_withholds() -> None:
    """2 visits and 9 errands are withheld; a programme of errands alone would give both away, one of both does not."""
    rules = wushe.load_plugins(
        programmes_of(both=("errand", "visit"), errands=("errand",), food=("food",))
    )
    asked = {"visit": 2, "errand": 9, "food": 20}
    keys = [(word, n) for word, many in asked.items() for n in range(many)]
    needs = [wushe.Need(id=f"N-{w}-{n}", category=w, household="H") for w, n in keys]
    home = (
        wushe.Place(id="A", name="甲街道", level="street"),
        wushe.Household(id="H", name="甲", place="A"),
    )
    city = wushe.build_network_from_records([*home, *needs], rules.categories, rules.target_groups)
    made = city_report(city, rules, ON)
    listed = [line[0].say() for line in made.cells("upkeep")["upkeep_needs"]]
    assert listed == ["*", "20", "*", "31"]
    told = [line[-1].say() for line in made.cells("programmes")["programmes"]]
    assert told == ["11", "*", "20"]
    inside = [line[-1].say() for line in made.cells("programmes", "internal")["programmes"]]
    assert inside == ["11", "9", "20"]
    assert ",9,人或件" not in made.to_csv()


def test_an_amount_alone_is_not_told_by_its_total() -> None:
    """Nobody recorded the other row's amount: the total would be the amount of the three."""
    found = said(table([PEOPLE, YUAN], [3, 70_000], [9, None], [30, 50_000], total=[42, 120_000]))
    assert [line[1] for line in found] == ["*", "not recorded", "500.00", "*"]


def test_a_share_that_may_be_of_what_is_withheld_is_withheld() -> None:
    """6 of 100 stations are 6.0 per cent, and so are the 3 of 50 people that must not be told."""
    whole = ReportColumn(Text("对象", "target"), "people")
    found = said(table([COUNT, COUNT, whole, PEOPLE, SHARE], [6, 100, 50, 3, 60]))
    assert found == [["6", "100", "50", "*", "*"]]


def test_a_withheld_count_is_no_share_of_itself_and_none_of_it_tells_nothing() -> None:
    """100 % and 0 % of streets that are shown stay, however many people are withheld beside them."""
    columns = [COUNT, COUNT, SHARE, PEOPLE, PEOPLE]
    made = table(columns, [3, 3, 1000, 17, 15], [2, 0, 0, 2, 0], total=[5, 3, 600, 19, 15])
    assert said(made)[:2] == [["3", "3", "100.0%", "*", "15"], ["2", "0", "0.0%", "*", "0"]]
    assert said(table([PEOPLE, PEOPLE, SHARE], [2, 2, 1000])) == [["*", "*", "*"]]


def test_unknown_is_neither_zero_nor_withheld() -> None:
    """What nobody recorded is published as not recorded."""
    assert said(table([PEOPLE, YUAN], [None, None], [30, 5])) == [
        ["not recorded", "not recorded"],
        ["30", "0.05"],
    ]


@given(st.lists(st.integers(0, 12), min_size=1, max_size=6))
def test_no_small_count_is_shown_nor_can_be_taken_off_the_total(counts: list[int]) -> None:
    """With the total shown, what is withheld is at least two counts and five people together."""
    (lines,) = shown_cells([table([PEOPLE], *[[n] for n in counts], total=[sum(counts)])], "masked")
    *rows, total = (line[0] for line in lines)
    assert all(not 0 < cell.value < 5 for cell in (*rows, total) if isinstance(cell.value, int))
    hidden = [n for n, cell in zip(counts, rows, strict=True) if cell.withheld]
    assert total.withheld or not hidden or (len(hidden) > 1 and sum(hidden) >= 5)


# --- what a plugin does wrong ------------------------------------------------------------------


def test_people_below_zero_are_the_plugin_s_mistake() -> None:
    """The message names plugin, section, table, row and column."""
    with pytest.raises(
        PluginError, match=r"qingshi.*section own.*'t'.*'a'.*'persons'.*-1; expected 0"
    ):
        report(lambda: table([PEOPLE], [-1]))
    with pytest.raises(
        PluginError, match=r"qingshi.*section own.*'total'.*'stations'.*-3; expected 0"
    ):
        report(lambda: table([COUNT], [1], total=[-3]))


def test_a_section_that_fails_as_it_is_read_is_the_plugin_s_mistake() -> None:
    """A generator runs only once somebody asks it for tables."""

    def late() -> Any:
        yield table([COUNT], [1])
        raise ArithmeticError("too late")

    with pytest.raises(PluginError, match=r"qingshi.*section own.*ArithmeticError: too late"):
        report(late)


def test_words_in_one_language_are_the_plugin_s_mistake() -> None:
    """A label is a text in both languages; the message says which and what it was."""
    with pytest.raises(TypeError, match=r"ReportColumn: label is '人'; expected Text"):
        ReportColumn("人", "people")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"Demo 'd': about is 'short'; expected Text"):
        wushe.Demo("d", "short", (), "2025-01-01", "x")  # type: ignore[arg-type]


def test_two_tables_of_one_id_are_the_plugin_s_mistake() -> None:
    """Nobody could say which of the two is meant."""
    with pytest.raises(PluginError, match=r"qingshi.*two tables have the id 't'"):
        report(table([COUNT], [1]), table([COUNT], [2]))


# --- as people read it -------------------------------------------------------------------------


def test_a_long_table_is_cut_in_the_text_only() -> None:
    """The text lists the first rows and the total; the CSV holds every row."""
    made = report(table([COUNT], *[[n] for n in range(30)], total=[435]))
    text = made.summary("en")
    assert f"{30 - LISTED} more rows" in text
    assert "total: stations 435" in text
    assert made.to_csv("en").count("its own,table,") == 31


def test_an_empty_table_says_that_there_is_nothing() -> None:
    """A heading without rows would look like a mistake."""
    assert "nothing" in report(table([COUNT])).summary("en")


def test_figures_stand_in_their_units() -> None:
    """Fen are read as yuan, thousandths as per cent; the CSV has no separators and names the unit."""
    made = report(table([YUAN, SHARE, COUNT], [123_456_789, 125, 7]))
    rows = list(csv.reader(io.StringIO(made.to_csv("en").removeprefix("\ufeff"))))[-3:]
    assert [row[4:] for row in rows] == [
        ["1234567.89", "yuan"],
        ["12.5%", "share"],
        ["7", "count"],
    ]


def test_words_of_tables_are_inert_everywhere(tmp_path: Path) -> None:
    """A label that looks like a script or a formula is neither, in a page, a CSV and a workbook."""
    openpyxl = pytest.importorskip("openpyxl")
    evil = Text("=HYPERLINK(1)", "=HYPERLINK(1)")
    script = Text("<script>x</script>", "<script>x</script>")
    columns = (ReportColumn(Text("词", "words"), "words"),)
    made = report(
        ReportTable(
            "t", Text("表", "table"), Text("行", "row"), columns, (ReportRow(evil, (script,)),)
        )
    )
    assert "<script>x" not in made.to_html()
    assert "'=HYPERLINK(1)" in made.to_csv()
    book = openpyxl.load_workbook(made.to_xlsx(tmp_path / "x.xlsx"))
    cells = [cell for row in book.worksheets[-1].iter_rows() for cell in row]
    assert [c.data_type for c in cells if c.value == evil.zh] == ["s"]


def test_a_workbook_has_a_sheet_a_table_with_numbers_that_count(tmp_path: Path) -> None:
    """Amounts are numbers in yuan, and what is withheld is an asterisk."""
    openpyxl = pytest.importorskip("openpyxl")
    rows = [30, 150, 500], [2, 50, 10], [9, 70, 20]
    made = report(table([PEOPLE, YUAN, SHARE], *rows, total=[41, 270, 400]))
    sheet = openpyxl.load_workbook(made.to_xlsx(tmp_path / "x.xlsx")).worksheets[-1]
    read = {row[0].value: [cell.value for cell in row[1:]] for row in sheet.iter_rows()}
    assert read["a"] == [30, 1.5, 0.5]
    assert read["b"] == read["c"] == ["*", "*", "*"]
    assert read["合计"] == [41, 2.7, 0.4]


def test_the_page_has_both_languages_and_says_for_whom_it_is(ezhou: CityReport) -> None:
    """A page for the own team says that it must not be published."""
    assert "seven ways of working" in ezhou.to_html()
    assert "七种做法" in ezhou.to_html()
    assert "请勿公开" in ezhou.to_html(audience="internal")
    assert "请勿公开" not in ezhou.to_html()


def test_no_name_of_a_person_is_in_it(ezhou: CityReport, city: wushe.LinkageNetwork) -> None:
    """Households, workers and volunteers of the tables occur nowhere, not even for the own team."""
    names = {
        name
        for kind in ("households", "persons", "social_workers", "volunteers")
        for name in city[kind]["name"].tolist()
    }
    page = ezhou.to_html(audience="internal")
    assert len(names) > 10
    assert [name for name in names if name in page] == []


# --- the command -------------------------------------------------------------------------------


@pytest.fixture
def _rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of the many commands would load the same rules."""
    share_rules(monkeypatch)


def run(*arguments: str) -> Any:
    """Run ``wushe report city`` on the demo ``ezhou``."""
    folder = str(demo_path("ezhou"))
    return CliRunner().invoke(
        main, ["report", "city", folder, "--on", ON, "-p", "ezhou", *arguments]
    )


@pytest.mark.usefixtures("_rules")
def test_the_command_prints_the_report() -> None:
    """Chinese by default, for publication by default."""
    done = run()
    assert done.exit_code == 0
    assert done.output.startswith("城市报告（2023-02-06）\n公开版")
    assert "Internal: shows small counts" in run("--lang", "en", "--internal").output


@pytest.mark.usefixtures("_rules")
@pytest.mark.parametrize("ending", ["html", "xlsx", "csv"])
def test_the_command_writes_what_the_ending_says(ending: str, tmp_path: Path) -> None:
    """A page, a workbook or CSV, and it says where."""
    out = tmp_path / f"city.{ending}"
    done = run("--out", str(out))
    assert (done.exit_code, str(out) in done.output) == (0, True)
    assert out.stat().st_size > 1000


@pytest.mark.usefixtures("_rules")
def test_the_command_says_what_it_was_called_wrongly_with(tmp_path: Path) -> None:
    """Exit code 2 for another ending and for a date that is none."""
    wrong = run("--out", str(tmp_path / "city.pdf"))
    assert (wrong.exit_code, ".html" in wrong.output) == (2, True)
    assert run("--on", "2023-02-30").exit_code == 2


def test_a_section_that_fails_names_its_plugin(tmp_path: Path) -> None:
    """Exit code 3, no traceback, and the plugin and section in the message."""
    broken = tmp_path / "broken.py"
    broken.write_text(
        "import wushe\n"
        "def fail(network, context):\n    return 1 / 0\n"
        "@wushe.hookimpl\ndef register_report_sections():\n"
        "    return [wushe.ReportSection('b', wushe.Text('坏', 'bad'), fail)]\n",
        "utf-8",
    )
    done = run("-p", str(broken))
    assert done.exit_code == 3
    assert "broken" in done.output
    assert "section b" in done.output
