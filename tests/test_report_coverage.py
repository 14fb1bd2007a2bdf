"""Standards, coverage and programmes of any city: what is missing is named, what is unknown stays unknown."""

import datetime as dt
from typing import Any

import numpy as np
import pytest

import wushe
from wushe import Programme, Standard, StandardItem, TargetGroup, Text, hookimpl
from wushe.plugins.manager import Plugins
from wushe.report.coverage import coverage
from wushe.report.programmes import programme_figures, programme_tables
from wushe.report.standards import check_standards, rows_of

ON = dt.date(2025, 9, 15)
OLD, NEW = dt.date(2024, 9, 15), dt.date(2024, 9, 16)
"""The day before the year that ends on `ON`, and its first day."""


class City:
    """Two standards and three programmes."""

    name = "little"

    @hookimpl
    def register_standards(self) -> list[Standard]:
        """What a station has, and what a household has told."""
        return [
            Standard(
                "haves", Text("应有", "haves"),
                (
                    StandardItem("venue", Text("场地", "venue"), lambda rows, _: rows["has_venue"]),
                    StandardItem("staff", Text("人员", "staff"), lambda rows, _: (rows["workers"] > 0).astype(int)),
                    StandardItem("service", Text("服务", "service"), lambda rows, _: (rows["services"] > 0).astype(int)),
                ),
                source="示例文件",
            ),
            Standard(
                "told", Text("已告知", "told"),
                (StandardItem("permit", Text("居住证", "permit"), lambda rows, _: rows["residence_permit"]),),
                table="households",
            ),
        ]  # fmt: skip

    @hookimpl
    def register_target_groups(self) -> list[TargetGroup]:
        """One group more."""
        return [TargetGroup("hermit", "隐士", "hermit")]

    @hookimpl
    def register_programmes(self) -> list[Programme]:
        """For elders, for hermits, for everybody."""
        return [
            Programme("elders", Text("助老", "elders"), ("lone_elder",), ("visit",), ("door",)),
            Programme("hermits", Text("隐士", "hermits"), ("hermit",), ("visit",), ("street_round",)),
            Programme("all", Text("全体", "everybody"), (), ("food",)),
        ]  # fmt: skip


PLACES = [
    ("P", "province", None), ("P-A", "county", "P"), ("P-B", "county", "P"),
    ("P-A-1", "street", "P-A"), ("P-A-2", "street", "P-A"), ("P-B-1", "street", "P-B"),
    ("P-A-1-1", "community", "P-A-1"), ("P-B-1-1", "community", "P-B-1"),
]  # fmt: skip


@pytest.fixture(scope="module")
def rules() -> Plugins:
    """The defaults and the little city."""
    return wushe.load_plugins(City())


@pytest.fixture(scope="module")
def city(rules: Plugins) -> wushe.LinkageNetwork:
    """Two counties, three streets of which two have a station, and five doors."""

    def place(key: str, level: str, parent: str | None) -> wushe.Place:
        return wushe.Place(id=key, name=key, level=level, parent=parent)

    def service(key: str, by: str, on: dt.date, **more: Any) -> wushe.ServiceRecord:
        return wushe.ServiceRecord(id=key, provider=by, served_on=on, category="visit", **more)

    def visit(key: str, kind: str, outcome: str | None, **who: str) -> wushe.Visit:
        return wushe.Visit(id=key, kind=kind, on=dt.date(2025, 9, 1), outcome=outcome, **who)

    records = [
        *(place(*row) for row in PLACES),
        wushe.Station(id="S-1", name="一站", place="P-A-1", has_venue=True, serves_since=OLD),
        wushe.Station(id="S-2", name="二站", place="P-B-1", has_venue=False, serves_since=OLD),
        wushe.Station(id="S-3", name="三点", place="P-A-1-1"),
        wushe.SocialWorker(id="W-1", name="甲", station="S-1"),
        wushe.Household(id="H-1", place="P-A-1-1", target_groups=("lone_elder",)),
        wushe.Person(id="A", household="H-1"),
        wushe.Person(id="B", household="H-1", target_groups=()),
        wushe.Household(id="H-2", place="P-B-1-1", target_groups=("lone_elder",)),
        wushe.Household(id="H-3", place="P-B-1-1", residence_permit=True),
        wushe.Person(id="R", place="P-A-1-1", target_groups=("hermit",)),
        wushe.Person(id="D", place="P-A-1-1", target_groups=("hermit",), died_on=OLD),
        wushe.Person(id="Q", place="P-A-1-1", target_groups=("hermit",)),
        service("1", "W-1", NEW, household="H-1", times=3),
        service("2", "S-1", ON, household="H-1"),
        service("3", "S-2", OLD, household="H-2", times=9),
        service("4", "S-1", ON + dt.timedelta(1), household="H-2", times=9),
        visit("v1", "street_round", "met", person="R"),
        visit("v2", "street_round", "not_home", person="Q"),
        visit("v3", "street_round", None, person="Q"),
        visit("v4", "door", "met", household="H-3"),
        wushe.Need(id="n1", category="visit", household="H-1"),
        wushe.Need(id="n2", category="visit", household="H-1", status="met"),
        wushe.Need(id="n3", category="visit", person="R", status="open"),
        wushe.Need(id="n4", category="food", household="H-3"),
    ]
    return wushe.build_network_from_records(records, rules.categories, rules.target_groups)


# --- standards -----------------------------------------------------------------------------------


def test_stations_come_with_workers_services_of_the_year_and_level(
    city: wushe.LinkageNetwork,
) -> None:
    """A worker's service counts for the station; the year ends on the day, the day before it is too old."""
    rows = rows_of(city, "stations", ON)
    assert rows["workers"].tolist() == [1, 0, 0]
    assert rows["services"].tolist() == [2, 0, 0]
    assert rows["level"].tolist() == ["street", "street", "community"]


def test_what_is_missing_is_named_and_what_nobody_looked_at_is_not_missing(
    city: wushe.LinkageNetwork, rules: Plugins
) -> None:
    """Station 1 has everything; 2 lacks all three; of 3 nobody knows about the venue."""
    check = check_standards(city, rules, ON)
    assert check.missing("S-1") == check.unknown("S-1") == ()
    assert [s.item for s in check.missing("S-2")] == ["venue", "staff", "service"]
    assert [s.item for s in check.missing("S-3")] == ["staff", "service"]
    assert [s.item for s in check.unknown("S-3")] == ["venue"]
    assert check.explain("S-3") == "缺：人员、服务；不清楚：场地"
    assert check.explain("S-1", "en") == "everything is met"
    assert check.result("haves").all_met.tolist() == [1, 0, 0]
    assert check.result("told").all_met.tolist() == [-1, -1, 1]


def test_an_unknown_station_or_standard_is_an_error_that_says_so(
    city: wushe.LinkageNetwork, rules: Plugins
) -> None:
    """A misspelled id is never "nothing missing"."""
    check = check_standards(city, rules, ON)
    with pytest.raises(KeyError, match="S-9"):
        check.missing("S-9")
    with pytest.raises(KeyError, match="haves, told"):
        check.result("six")


def test_tables_count_each_item_and_list_stations_but_never_households(
    city: wushe.LinkageNetwork, rules: Plugins
) -> None:
    """Items and counties add up to the rows there are; a table of people has no list, and small cells to withhold."""
    tables = {table.id: table for table in check_standards(city, rules, ON).tables()}
    assert [row.cells for row in tables["standards.haves.items"].rows] == [
        (1, 1, 1),
        (1, 2, 0),
        (1, 2, 0),
    ]
    counties = tables["standards.haves.counties"]
    assert [row.cells[0] for row in counties.all_rows()] == [2, 1, 3]
    listed = tables["standards.haves.rows"].rows
    assert [row.label.zh for row in listed] == ["二站", "三点"]
    # Nothing missing is said in words: an empty cell would read "not recorded".
    assert all(cell is not None for row in listed for cell in row.cells)
    assert any(cell.zh == "无" for row in listed for cell in row.cells)
    assert "standards.told.rows" not in tables
    units = {c.unit for name in ("items", "counties") for c in tables[f"standards.told.{name}"].columns}  # fmt: skip
    assert units == {"people"}
    told = tables["standards.told.items"].rows[0].cells  # the sum beside its parts
    assert told[0] == sum(told[1:]) == len(city["households"])


# --- coverage ------------------------------------------------------------------------------------


def test_visible_coverage_counts_stations_and_effective_coverage_those_that_served(
    city: wushe.LinkageNetwork, rules: Plugins
) -> None:
    """County A: one of two streets has a station, and it served; B's station stands there and did not."""
    found = coverage(city, rules, ON)
    a, b = found.row("P-A"), found.row("P-B")
    assert (a.streets, a.with_station, a.with_service, a.stations, a.served) == (2, 1, 1, 2, 1)
    assert (b.streets, b.with_station, b.with_service) == (1, 1, 0)
    assert (b.visible_permille, b.effective_permille) == (1000, 0)
    assert (found.total.streets, found.total.with_station, found.total.begun) == (3, 2, 2)


def test_people_of_target_groups_are_reached_by_a_service_or_a_visit_that_met_them(
    city: wushe.LinkageNetwork, rules: Plugins
) -> None:
    """In A both of the served household and the person met; not the one not found, nor the dead. In B nobody."""
    found = coverage(city, rules, ON)
    assert (found.row("P-A").people, found.row("P-A").reached) == (4, 3)
    assert (found.row("P-B").people, found.row("P-B").reached) == (1, 0)
    assert [(x.level, x.places, x.with_station, x.with_service, x.reached) for x in found.levels] == [
        ("county", 2, 0, 0, 1),
        ("street", 3, 2, 1, 1),
        ("community", 2, 1, 0, 1),
    ]  # fmt: skip


def test_coverage_can_be_told_by_street_but_not_by_community(
    city: wushe.LinkageNetwork, rules: Plugins
) -> None:
    """What is covered are streets: below them there is nothing to count, and that is said."""
    assert [row.place for row in coverage(city, rules, ON, "street").rows] == ["P-A-1", "P-A-2", "P-B-1"]  # fmt: skip
    with pytest.raises(ValueError, match="street"):
        coverage(city, rules, ON, "community")


def test_shares_of_people_are_not_told(city: wushe.LinkageNetwork, rules: Plugins) -> None:
    """A share beside a withheld count would give it away: permille are of streets only."""
    visible, effective, _ = coverage(city, rules, ON).tables()
    assert [c.unit for c in visible.columns].count("permille") == 1
    assert [c.unit for c in effective.columns] == ["count", "count", "permille", "count", "people", "people"]  # fmt: skip


# --- programmes ----------------------------------------------------------------------------------


def test_a_programme_counts_its_own_people_services_visits_and_needs(
    city: wushe.LinkageNetwork, rules: Plugins
) -> None:
    """Person-times add up; a visit counts where somebody of the group was met; closed needs are not open."""
    found = {f.programme.id: f for f in programme_figures(city, rules, ON)}
    elders = found["elders"]
    assert (elders.persons, elders.served, elders.person_times, elders.open_needs) == (3, 2, 4, 1)
    hermits = found["hermits"]
    assert (hermits.persons, hermits.served, hermits.person_times, hermits.open_needs) == (2, 1, 1, 1)  # fmt: skip


def test_whose_groups_nobody_recorded_are_counted_apart(
    city: wushe.LinkageNetwork, rules: Plugins
) -> None:
    """H-3 has no groups on record: it is neither an elder's household nor surely none."""
    found = {f.programme.id: f for f in programme_figures(city, rules, ON)}
    assert found["elders"].unsure == 1
    assert (found["all"].persons, found["all"].unsure, found["all"].open_needs) == (6, 0, 1)


def test_a_households_group_is_the_members_who_is_recorded_in_it_else_everybodys(
    rules: Plugins,
) -> None:
    """A grandson is no lone elder because his grandmother is one; a household without such a record counts whole."""
    records = [
        wushe.Household(id="H", target_groups=("hermit", "lone_elder")),
        wushe.Person(id="1", household="H", target_groups=("lone_elder",)),
        wushe.Person(id="2", household="H", target_groups=()),
        wushe.Person(id="3", household="H"),
    ]
    little = wushe.build_network_from_records(records, rules.categories, rules.target_groups)
    found = {f.programme.id: f for f in programme_figures(little, rules, ON)}
    assert (found["elders"].persons, found["elders"].unsure) == (1, 1)
    assert (found["hermits"].persons, found["hermits"].unsure) == (3, 0)


def test_the_table_of_programmes_has_no_total_since_people_overlap(
    city: wushe.LinkageNetwork, rules: Plugins
) -> None:
    """All its columns are of people or their cases, so that small ones are withheld; none without programmes."""
    (table,) = programme_tables(city, rules, ON)
    assert table.total is None
    assert {column.unit for column in table.columns} == {"people"}
    assert programme_tables(city, wushe.load_plugins(), ON) == ()


def test_an_empty_city_has_empty_tables(rules: Plugins) -> None:
    """Nobody and nothing is 0 of 0, never a mistake or a hundred percent."""
    empty = wushe.build_network({}, rules.categories, rules.target_groups)
    total = coverage(empty, rules, ON).total
    assert (total.visible_permille, total.people) == (None, 0)
    assert all(f.persons == f.served == 0 for f in programme_figures(empty, rules, ON))
    check = check_standards(empty, rules, ON)
    assert all(len(r.answers) == 0 for r in check.results)
    assert len(check.tables()) == 5


def test_the_order_of_records_changes_nothing(city: wushe.LinkageNetwork, rules: Plugins) -> None:
    """The same records in reverse make the same tables."""
    records = [r for name in sorted(city.tables) for r in city.tables[name].records()]
    again = wushe.build_network_from_records(
        reversed(records), rules.categories, rules.target_groups
    )
    assert coverage(again, rules, ON) == coverage(city, rules, ON)
    assert programme_figures(again, rules, ON) == programme_figures(city, rules, ON)
    one, other = (check_standards(c, rules, ON).results for c in (city, again))
    assert all(np.array_equal(a.answers, b.answers) for a, b in zip(one, other, strict=True))
