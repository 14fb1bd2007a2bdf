"""The month's figures: persons, person-times and households apart, unknown never zero."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import wushe
from wushe.demos import demo_path
from wushe.model import Activity, Household, Need, Person, Place, ServiceRecord, Visit, Wish
from wushe.model.tables import Table, table_of
from wushe.network import LinkageNetwork, build_network
from wushe.report import Figure, month_figures
from wushe.report.month import MEASURES, WAYS

if TYPE_CHECKING:
    from playwright.sync_api import Page

MONTH, DAY, OTHER = "2025-09", dt.date(2025, 9, 15), dt.date(2025, 8, 31)
STREETS = ("S1", "S2", "S3")
PLACES = [
    Place(id="D", name="区", level="county"),
    *(Place(id=s, name=f"街道{s}", level="street", parent="D") for s in STREETS),
    *(Place(id=f"{s}C", name=f"社区{s}", level="community", parent=s) for s in STREETS),
]
HOMES = [
    Household(id="H1", place="S1C", members_count=1),
    Household(id="H2", place="S1C", members_count=3),
    Household(id="H3", place="S2C"),
    Household(id="H4"),
]
PEOPLE = [
    Person(id="P1", household="H1"),
    Person(id="P2", household="H2"),
    Person(id="P3", household="H2"),
    Person(id="P4", household="H3"),
    Person(id="P5"),  # a rough sleeper: no household, no place
    Person(id="P6", place="S3C"),
]


def _network(**records: Sequence[Any]) -> LinkageNetwork:
    known: dict[str, Sequence[Any]] = {
        "places": PLACES,
        "households": HOMES,
        "persons": PEOPLE,
        "communities": [wushe.Community(id="C1", name="社区", place="S1C")],
        **records,
    }
    tables: dict[str, Table] = {name: table_of(name, rows) for name, rows in known.items()}
    rules = wushe.load_plugins()
    return build_network(tables, rules.categories, rules.target_groups)


def _visit(number: int, **fields: Any) -> Visit:
    return Visit(id=f"V{number}", **{"kind": "door", "on": DAY, "outcome": "met", **fields})


def _direct(network: LinkageNetwork, street: str | None = None) -> list[Figure]:
    figures = month_figures(network, MONTH)
    return [figures.figure(f"direct.{name}", street) for name in ("person_times", "persons", "households")]  # fmt: skip


# --- the three counts ----------------------------------------------------------------------------


def test_seen_twice_is_one_person_two_times() -> None:
    """A person visited twice is one person, one household and two person-times."""
    network = _network(visits=[_visit(1, person="P2"), _visit(2, person="P2", household="H2")])
    assert _direct(network, "S1") == [Figure(2), Figure(1), Figure(1)]


def test_two_of_one_household_are_two_persons_in_one_household() -> None:
    """Households are distinct however many of their members were seen."""
    network = _network(visits=[_visit(1, person="P2"), _visit(2, person="P3")])
    assert _direct(network) == [Figure(2), Figure(2), Figure(1)]


def test_services_count_their_times() -> None:
    """A service four times is four person-times for one household; whom it reached is not said."""
    service = ServiceRecord(id="S", provider="C1", household="H2", served_on=DAY, times=4)
    assert _direct(_network(services=[service])) == [Figure(4), Figure(0, 1), Figure(1)]


def test_whoever_lives_alone_is_the_person_served() -> None:
    """For a household of one recorded member, visit and service reached that person, once."""
    service = ServiceRecord(id="S", provider="C1", household="H1", served_on=DAY, times=2)
    network = _network(services=[service], visits=[_visit(1, household="H1")])
    assert _direct(network) == [Figure(3), Figure(1), Figure(1)]


def test_nobody_met_is_nobody_served() -> None:
    """A visit to a closed door is a record, but no person-time, person or household."""
    figures = month_figures(_network(visits=[_visit(1, household="H2", outcome="not_home")]), MONTH)
    assert figures.figure("direct.person_times") == Figure(0)
    assert figures.ways_total.figures[0] == Figure(1)


def test_a_visit_without_outcome_is_unknown_not_zero() -> None:
    """Whether somebody was met is not recorded: the figures say so and show no zero."""
    figures = month_figures(_network(visits=[_visit(1, household="H2", outcome=None)]), MONTH)
    assert figures.figure("direct.person_times", "S1") == Figure(0, 1)
    row = figures.cells("internal")[0]
    assert [cell.say("zh") for cell in row[:3]] == ["未记录"] * 3
    assert "1 次走访没有记录结果" in figures.summary(audience="internal")


def test_activities_without_persons_are_said() -> None:
    """Activities add up what they recorded; what they did not record is counted as missing."""
    held = [
        Activity(id="A1", name="a", held_on=DAY, place="S1C", person_times=10, persons=8),
        *(Activity(id=f"A{n}", name="a", held_on=DAY, place="S1", person_times=5) for n in (2, 3, 4)),
    ]  # fmt: skip
    figures = month_figures(_network(activities=held), MONTH)
    assert figures.figure("activities.held", "S1") == Figure(4)
    assert figures.figure("activities.person_times", "S1") == Figure(25)
    assert figures.figure("activities.persons", "S1") == Figure(8, 3)
    assert figures.figure("activities.households", "S1") == Figure(0, 4)
    assert "3 activities without persons recorded" in figures.summary("en", audience="internal")
    assert "≥8 persons" in figures.summary("en", audience="internal")
    assert "households not recorded" in figures.summary("en", audience="internal")


def test_needs_and_wishes_follow_their_client() -> None:
    """Needs raised and wishes shown count in the client's street; an empty status is unknown."""
    needs = [
        Need(id="N1", category="meals", household="H3", asked_on=DAY, status="met"),
        Need(id="N2", category="meals", person="P4", asked_on=DAY),
        Need(id="N3", category="meals", person="P4", asked_on=OTHER, status="met"),
    ]
    wishes = [
        Wish(id="X1", need="N1", public_text="x", shown_from=DAY),
        Wish(id="X2", need="N3", public_text="x", shown_from=DAY),
    ]
    figures = month_figures(_network(needs=needs, wishes=wishes), MONTH)
    assert figures.figure("needs.raised", "S2") == Figure(2)
    assert figures.figure("needs.met", "S2") == Figure(1, 1)
    assert figures.figure("wishes.granted", "S2") == Figure(2)


def test_what_has_no_street_has_a_row_of_its_own() -> None:
    """A rough sleeper without a place is in the total and in the row without a street."""
    figures = month_figures(_network(visits=[_visit(1, person="P5")]), MONTH)
    assert [row.id for row in figures.rows] == [*STREETS, None]
    assert figures.rows[-1].figures[0] == Figure(1)
    assert figures.figure("direct.households") == Figure(0, 1)


def test_records_without_a_date_are_in_no_month_and_said() -> None:
    """An undated activity is not in September, and the report says that there is one."""
    figures = month_figures(_network(activities=[Activity(id="A", name="a", persons=9)]), MONTH)
    assert figures.figure("activities.held") == Figure(0)
    assert "1 场活动没有日期" in figures.summary(audience="internal")


@pytest.mark.parametrize("month", ["2025-13", "2025-9", "202509", "2025-09-01", "", "二〇二五"])
def test_a_month_is_written_one_way(month: str) -> None:
    """Any other spelling is refused with the one that is expected."""
    with pytest.raises(ValueError, match="2025-09"):
        month_figures(_network(), month)


# --- against a plain count -------------------------------------------------------------------------

HOME_OF = {p.id: p.household for p in PEOPLE}
STREET_OF = {"H1": "S1", "H2": "S1", "H3": "S2", "H4": None}
OWN_STREET = {"P6": "S3"}
VISITS = st.fixed_dictionaries(
    {
        "kind": st.sampled_from([way for way in WAYS if way != "service"]),
        "on": st.sampled_from([DAY, OTHER, dt.date(2025, 9, 1), dt.date(2025, 10, 1)]),
        "household": st.sampled_from([None, "H1", "H2", "H3", "H4"]),
        "person": st.sampled_from([None, *HOME_OF]),
        "outcome": st.sampled_from([None, "met", "met", "not_home", "refused"]),
    }
).filter(lambda v: v["household"] or v["person"])
SERVICES = st.fixed_dictionaries(
    {
        "household": st.sampled_from(["H1", "H2", "H3", "H4"]),
        "served_on": st.sampled_from([DAY, OTHER, None]),
        "times": st.sampled_from([None, 1, 2, 7]),
    }
)


def _plain(visits: list[dict[str, Any]], services: list[dict[str, Any]]) -> dict[Any, list[Any]]:
    """Count by hand: street -> [times, persons, households], and None-person counts beside them."""
    found: dict[Any, list[Any]] = {}
    for visit in visits:
        if (visit["on"].year, visit["on"].month) != (2025, 9):
            continue
        person, home = visit["person"], visit["household"]
        own = HOME_OF.get(person)
        street = OWN_STREET.get(person) or STREET_OF.get(own) or STREET_OF.get(home)
        for key in (street, "all"):
            row = found.setdefault(key, [0, set(), set(), 0, 0, 0])
            if visit["outcome"] is None:
                row[3:] = [n + 1 for n in row[3:]]
            elif visit["outcome"] == "met":
                row[0] += 1
                who, where = person or ("P1" if home == "H1" else None), home or own
                row[1].add(who)
                row[2].add(where)
                row[4] += who is None
                row[5] += where is None
    for service in services:
        if service["served_on"] != DAY:
            continue
        for key in (STREET_OF[service["household"]], "all"):
            row = found.setdefault(key, [0, set(), set(), 0, 0, 0])
            row[0] += service["times"] or 1
            row[3] += service["times"] is None
            row[1].add("P1" if service["household"] == "H1" else None)
            row[4] += service["household"] != "H1"
            row[2].add(service["household"])
    return found


@given(st.lists(VISITS, max_size=12), st.lists(SERVICES, max_size=8))
def test_figures_are_those_of_a_plain_count(
    visits: list[dict[str, Any]], services: list[dict[str, Any]]
) -> None:
    """Person-times, persons, households and what is missing agree with counting one by one."""
    network = _network(
        visits=[Visit(id=f"V{i}", **v) for i, v in enumerate(visits)],
        services=[ServiceRecord(id=f"S{i}", provider="C1", **s) for i, s in enumerate(services)],
    )
    figures = month_figures(network, MONTH)
    expected = _plain(visits, services)
    for row in (*figures.rows, figures.total):
        key = "all" if row is figures.total else row.id
        times, persons, homes, *missing = expected.get(key, [0, set(), set(), 0, 0, 0])
        values = (times, len(persons - {None}), len(homes - {None}))
        assert row.figures[:3] == tuple(map(Figure, values, missing))
    ways = [row.figures for row in figures.ways]
    assert sum(row[1].value for row in ways) == figures.total.figures[0].value
    assert figures.ways_total.figures[1:] == figures.total.figures[:3]


# --- for the public ----------------------------------------------------------------------------------


@given(
    st.lists(st.tuples(st.sampled_from([*HOME_OF]), st.sampled_from(["met", None])), max_size=25)
)
def test_no_small_count_is_published_nor_can_be_found(seen: list[tuple[str, Any]]) -> None:
    """No published figure of 1 to 4; no column gives a single withheld cell away by its total."""
    network = _network(visits=[_visit(i, person=p, outcome=o) for i, (p, o) in enumerate(seen)])
    figures = month_figures(network, MONTH)
    for table in (figures.cells(), figures.way_cells()):
        for column in zip(*table, strict=True):
            assert not [c for c in column if c.value is not None and 0 < c.value < 5]
            withheld = sum(c.state == "withheld" for c in column[:-1])
            assert withheld != 1 or column[-1].state == "withheld"


def test_what_is_withheld_looks_alike_and_inside_all_is_shown() -> None:
    """Public: small counts and those hidden beside them read ``*``; internal: every number."""
    seen = ["P2"] * 9 + ["P4"] * 2
    figures = month_figures(
        _network(visits=[_visit(i, person=p) for i, p in enumerate(seen)]), MONTH
    )
    public = [row[0].say() for row in figures.cells()]
    assert public == ["*", "*", "0", "11"]
    assert [row[0].say() for row in figures.cells("internal")] == ["9", "2", "0", "11"]
    assert "小于 5 的数" in figures.summary()
    assert "*" not in figures.summary(audience="internal")


def test_gaps_do_not_tell_a_withheld_total() -> None:
    """Records minus gaps would be the withheld count, so that then no number of gaps is given."""
    visits = [_visit(i, person="P2", outcome="not_home") for i in range(6)]
    figures = month_figures(_network(visits=[*visits, _visit(9, person="P2")]), MONTH)
    assert "若干 次走访没有见到人" in figures.summary()
    assert "6 次走访没有见到人" in figures.summary(audience="internal")


# --- what comes out ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def september() -> wushe.LinkageNetwork:
    """Return the demo district."""
    return wushe.read(demo_path("wuchang"), plugins=wushe.load_plugins("wuchang"))


def test_the_demo_september(september: LinkageNetwork) -> None:
    """Two activities with 56 person-times, 54 persons and 46 households, as their table says."""
    figures = month_figures(september, MONTH)
    said = [figures.figure(f"activities.{n}").value for n in ("held", "person_times", "persons", "households")]  # fmt: skip
    assert said == [2, 56, 54, 46]
    assert len(figures.rows) == 6


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("audience", ["masked", "internal"])
def test_the_workbook_reads_back_the_same_figures(
    september: LinkageNetwork, tmp_path: Path, lang: str, audience: Any
) -> None:
    """Every number in the .xlsx is the number of the figures, as a number; text where there is none."""
    openpyxl = pytest.importorskip("openpyxl")
    figures = month_figures(september, "2025-08")
    path = figures.to_xlsx(tmp_path / "month.xlsx", lang=lang, audience=audience)
    page = openpyxl.load_workbook(path).worksheets[0]
    cells = figures.cells(audience)
    for at, line in enumerate(cells):
        for column, cell in enumerate(line, start=2):
            found = page.cell(5 + at, column)
            if cell.value is None:
                assert found.value in ("*", "未记录", "not recorded")
            else:
                assert found.value == cell.value
                assert ("≥" in found.number_format) == (cell.state == "at_least")
    assert page.cell(4 + len(cells), 1).value in ("合计", "Total")
    assert page.freeze_panes == "B5"


def test_the_picture_has_a_bar_for_each_street_that_may_be_shown(september: LinkageNetwork) -> None:
    """Withheld streets have no bar: their length would be the number."""
    figures = month_figures(september, "2025-08")
    inside, outside = figures.plot(audience="internal"), figures.plot()
    assert "水果湖街道" in inside.svg
    assert "水果湖街道" not in outside.svg
    with pytest.raises(KeyError, match="direct"):
        figures.plot(measure="everything")


def test_a_street_name_is_inert() -> None:
    """Markup in a place's name is shown as text on paper and in the picture."""
    places = [Place(id="E", name="<script>alert(1)</script>", level="street")]
    network = _network(places=[*PLACES, *places])
    html = month_figures(network, MONTH).to_html()
    assert "<script" not in html
    assert "&lt;script&gt;" in html


@pytest.mark.browser
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_month_prints_lying_and_flows_over_no_page(page: "Page", lang: str) -> None:
    """Eighty streets take several lying pages of A4, none taller than the paper."""
    many = [Place(id=f"T{n:03}", name=f"示例街道办事处{n}", level="street") for n in range(80)]
    html = month_figures(_network(places=[*PLACES, *many]), MONTH).to_html(lang=lang)
    page.set_content(html)
    boxes = page.evaluate(
        "[...document.querySelectorAll('.page')].map(p => [p.offsetWidth, p.offsetHeight])"
    )
    assert len(boxes) >= 4
    assert {width for width, _ in boxes} == {1123}
    assert max(height for _, height in boxes) <= 794
    clipped = page.evaluate(
        "[...document.querySelectorAll('td,th')].filter(c => c.scrollWidth > c.clientWidth + 1).length"
    )
    assert clipped == 0


def test_measures_are_named_once() -> None:
    """Ids of measures are unique, so that a figure has one name."""
    assert len({m.id for m in MEASURES}) == len(MEASURES)
