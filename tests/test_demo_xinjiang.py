"""Xinjiang: the six haves with the missing one named, 29 categories in 5 fields, coverage both ways."""

import datetime as dt
import json
from pathlib import Path

import numpy as np
import pytest

import wushe
from wushe.demos import demo_path, find_demo
from wushe.demos.stories import xinjiang as story
from wushe.model.storage import UNKNOWN_INT
from wushe.report.programmes import programme_figures
from wushe.report.standards import check_standards

ON = dt.date(2022, 11, 30)


@pytest.fixture(scope="module")
def found() -> story.Region:
    """The demo, measured."""
    return story.region()


def answers(item: str, **columns: list[object]) -> list[int]:
    """Return what one of the six haves says of made-up stations."""
    standard = wushe.load_plugins("xinjiang").standards["six_haves"]
    arrays = {name: np.array(values) for name, values in columns.items()}
    rows = wushe.Columns(len(next(iter(arrays.values()))), arrays)
    (test,) = (i.test for i in standard.items if i.id == item)
    result: list[int] = test(rows, wushe.Context(ON, {}, {})).tolist()
    return result


# --- rules ---------------------------------------------------------------------------------------


def test_there_are_six_haves_in_the_published_order(found: story.Region) -> None:
    """Venue, equipment, staff, rules, money, services; the document is named."""
    standard = found.rules.standards["six_haves"]
    assert [i.label.zh for i in standard.items] == ["场地", "设备", "人员", "制度", "资金", "服务"]
    assert "天山网" in standard.source


def test_what_nobody_looked_at_is_unknown_and_not_missing() -> None:
    """An empty cell is no answer, a no is a no."""
    assert answers("venue", has_venue=np.array([1, 0, -1], dtype=np.int8)) == [1, 0, -1]


def test_a_contract_of_nothing_is_no_money_and_no_contract_on_record_is_unknown() -> None:
    """Zero is not unknown."""
    assert answers("money", contract_fen=[6_000_000, 0, UNKNOWN_INT]) == [1, 0, -1]


def test_one_social_worker_is_staff_and_none_is_not() -> None:
    """Staff is counted from the table of social workers; without any such table nobody knows."""
    assert answers("staff", workers=[2, 1, 0]) == [1, 1, 0]
    assert answers("staff", workers=[0, 0]) == [-1, -1]
    assert answers("staff", workers=[]) == []


def test_a_station_that_is_yet_to_begin_has_no_services_one_without_records_may() -> None:
    """A recorded service is a yes; a beginning in the future a no; else nobody knows."""
    begins = np.array(["2021-05-01", "2023-03-01", "2021-05-01", "NaT"], dtype="datetime64[D]")
    assert answers("service", services=[3, 0, 0, 0], serves_since=begins) == [1, 0, -1, -1]


def test_each_of_the_29_made_up_categories_belongs_to_one_field_and_says_that_it_is_made_up(
    found: story.Region,
) -> None:
    """The report prints the numbers 5 and 29 and no names."""
    listed = [c for one in found.rules.programmes.values() for c in one.categories]
    assert len(found.rules.programmes) == story.FIELDS
    assert len(listed) == len(set(listed)) == story.CATEGORIES
    assert all("示例" in found.rules.categories[c].zh for c in listed)
    assert all("made up" in found.rules.categories[c].en for c in listed)


def test_work_with_children_asks_for_vetting(found: story.Region) -> None:
    """Every category of the field of children is work with minors; the volunteer who was not vetted is not sent."""
    children = found.rules.programmes["xinjiang_3_children"].categories
    assert all(found.rules.categories[c].minors for c in children)
    plan = wushe.make_plan(found.network, plugins=found.rules, on=ON)
    (open_need,) = plan["H-05"].unserved
    assert (open_need.category.id, open_need.reason) == ("xj_children_study", "vetting")


# --- the demo ------------------------------------------------------------------------------------


def test_the_missing_one_of_the_six_haves_is_named(found: story.Region) -> None:
    """One station lacks staff, one lacks two things, of one nobody wrote down the money."""
    assert [s.label.zh for s in found.check.missing("S-01108")] == ["人员"]
    assert [s.item for s in found.check.missing("S-11812")] == ["equipment", "money"]
    assert found.check.missing("S-01106") == ()
    assert [s.item for s in found.check.unknown("S-01106")] == ["money"]
    assert found.check.explain("S-01108", "en") == "lacks: staff"


def test_a_station_that_gets_what_it_lacked_meets_the_standard(found: story.Region) -> None:
    """One social worker more, and nothing is missing."""
    workers = [
        *found.network["social_workers"].records(),
        wushe.SocialWorker(id="W-NEW", name="示例新社工", station="S-01108"),
    ]
    tables = {**found.network.tables, "social_workers": wushe.table_of("social_workers", workers)}
    after = wushe.build_network(tables, found.rules.categories, found.rules.target_groups)
    assert check_standards(after, found.rules, ON).missing("S-01108") == ()


def test_visible_coverage_is_not_effective_coverage(found: story.Region) -> None:
    """Every town has a station; those without a service on record within the year are not effective."""
    total = found.cover.total
    assert total.visible_permille == 1000
    assert total.served == total.with_service < total.begun < total.stations
    weak = story.weakest(found.cover)
    assert all(
        row.effective_permille == min(r.effective_permille or 0 for r in found.cover.rows)
        for row in weak
    )


def test_the_weakest_county_names_the_stations_to_go_to_and_why(found: story.Region) -> None:
    """As many as are not effective, each with what is missing or unknown."""
    (row,) = story.weakest(found.cover, 1)
    stations = story.without_service(found, row.place or "")
    assert len(stations) == row.streets - row.with_service
    assert all("服务" in found.check.explain(key) for key in stations)


def test_the_demo_holds_the_published_totals(found: story.Region) -> None:
    """Fixtures, not results: 1,056 stations, 1,025 serving, 398 projects, 280,000 person-times, 5 fields, 29 categories."""
    for what, here, published in story.totals(found):
        assert here == published, what.en


def test_the_section_of_projects_adds_up_by_prefecture(found: story.Region) -> None:
    """Each project counts where its operator is; what begins or is held later does not count."""
    section = found.rules.report_sections["xinjiang_projects"]
    context = wushe.Context(ON, found.network.categories, found.network.target_groups)
    (table,) = section.make(found.network, context)
    assert table.total is not None
    assert table.total.cells == (story.PROJECTS, story.PERSON_TIMES)
    assert len(table.rows) == 11
    (early,) = section.make(found.network, wushe.Context(dt.date(2021, 1, 1), {}, {}))
    assert early.total is None or early.total.cells == (0, 0)


def test_a_field_counts_whom_it_reached(found: story.Region) -> None:
    """Elders were visited; a service of 2021 is older than a year and reaches nobody."""
    figures = {f.programme.id: f for f in programme_figures(found.network, found.rules, ON)}
    assert figures["xinjiang_2_elders"].served == 4
    affairs = figures["xinjiang_5_affairs"]
    assert (affairs.persons, affairs.served) == (2, 1)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_story_is_told_in_both_languages_and_names_nobody(lang: str) -> None:
    """Stations are named, people are not."""
    lines = list(story.tell(lang))
    assert any("S-11812" in line for line in lines)
    assert not any("奶奶" in line or "示例人员" in line or "示例社工0" in line for line in lines)


def test_it_says_what_is_made_up() -> None:
    """The folder and the list of demos say so in both languages."""
    folder = Path(demo_path("xinjiang"))
    package = json.loads((folder / "datapackage.json").read_text("utf-8"))
    assert package["wushe:made_up"] is True
    assert package["wushe:planning_date"] == find_demo("xinjiang").on
    about = find_demo("xinjiang").about
    assert "虚构" in about.zh
    assert "made up" in about.en
