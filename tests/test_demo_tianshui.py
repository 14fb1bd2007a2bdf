"""The Tianshui story runs as told: partners only, live lists, the rhythm of the year, a pairing that is explained."""

import csv
import datetime as dt
import json
import re
from pathlib import Path

import attrs
import pytest

import wushe
from wushe.demos import demo_path, find_demo
from wushe.demos.stories import tianshui as story
from wushe.report.upkeep import LiveLists

FOLDER = demo_path("tianshui")
FILES = sorted(p for p in FOLDER.iterdir() if p.suffix in (".csv", ".json", ".md"))


@pytest.fixture(scope="module")
def desk() -> story.Desk:
    """The desk, with nothing done."""
    return story.Desk()


@attrs.frozen
class Told:
    """The desk after the whole year, and what it said on the way."""

    desk: story.Desk
    refused: list[wushe.RefusedError]
    level: str
    lists: LiveLists


@pytest.fixture(scope="module")
def told() -> Told:
    """The story, told."""
    made = story.Desk()
    story.ordered(made)
    found = Told(made, story.refusals(made), story.answered(made), story.upkept(made))
    story.held(made, dt.date(2025, 5, 23), dt.date(2025, 12, 31))
    return found


def _cells(name: str, heading: str) -> list[str]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8-sig", newline="") as stream:
        return [row[heading] for row in csv.DictReader(stream)]


# --- the demo's tables -------------------------------------------------------------------------


def test_the_tables_have_no_mistakes(desk: story.Desk) -> None:
    """`check` has nothing to say about them."""
    assert wushe.check(FOLDER, plugins=desk.rules) == ()


def test_the_data_package_describes_the_files_as_they_are() -> None:
    """Every table is listed, and every column of it, in order."""
    package = json.loads((FOLDER / "datapackage.json").read_text("utf-8"))
    listed = {r["path"]: [f["name"] for f in r["schema"]["fields"]] for r in package["resources"]}
    found = {}
    for path in FOLDER.glob("*.csv"):
        with path.open(encoding="utf-8-sig", newline="") as stream:
            found[path.name] = next(csv.reader(stream))
    assert listed == found


def test_it_says_what_is_made_up_and_what_is_published() -> None:
    """README and data package, in both languages; the published numbers stand there."""
    package = json.loads((FOLDER / "datapackage.json").read_text("utf-8"))
    assert package["wushe:made_up"] is True
    assert package["wushe:planning_date"] == find_demo("tianshui").on
    for text in ((FOLDER / "README.md").read_text("utf-8"), package["description"]):
        for word in ("虚构", "made up", "10", "17", "26", "350", "32", "126", "190"):
            assert word in text, word


@pytest.mark.parametrize("table", ["organizations", "stations", "institutions", "activities"])
def test_every_record_that_could_be_taken_for_real_is_marked(table: str) -> None:
    """虚构, or 示例 where the body exists somewhere but not this one."""
    assert [c for c in _cells(table, "名称") if not re.search("虚构|示例", c)] == []


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_no_number_looks_like_a_person(path: Path) -> None:
    """No ID number, no phone."""
    assert re.findall(r"(?<![\d.])\d{11,}[Xx]?(?![\d.])", path.read_text("utf-8-sig")) == []


def test_published_figures_are_fixtures(desk: story.Desk) -> None:
    """《天水日报》: ten stations, 17 activities, 26 medical staff, over 350 elders, 32 + 126 sets, nearly 190."""
    assert len(desk.city["stations"]) == 10
    expected = {"activities": 17, "staff": 26, "elders": 350, "books": 32 + 126, "family": 190}
    assert story.published(desk.city) == expected


# --- the story ---------------------------------------------------------------------------------


def test_every_service_comes_from_an_appointed_partner(desk: story.Desk) -> None:
    """No organization serves a station that it is not paired with; 17 needs are served."""
    pairs = story.appointed(desk.city)
    where = dict(zip(desk.city["needs"].ids, desk.city["needs"]["institution"], strict=True))
    for item in desk.plan.items:
        if item.provider.kind == "organizations":
            assert item.provider.id in pairs["S" + where[item.need][1:]]
    assert len({item.need for item in desk.plan.items}) == 17


def test_a_clinic_is_refused_where_the_partner_is_no_hospital(told: Told) -> None:
    """Three hospitals would do; all are paired elsewhere. Nor may the station's worker take it."""
    short = {o.need: o.reason for c in told.desk.plan.clients.values() for o in c.unserved}
    assert short[story.NOT_PAIRED] == "reach"
    hospital, worker = (error.problems[0] for error in told.refused)
    assert (hospital.code, hospital.value) == ("guard-city", story.HOSPITAL)
    assert (worker.code, worker.value) == ("guard-city", story.WORKER)


def test_a_partner_without_time_is_dealt_with_in_the_district(told: Told) -> None:
    """Declined, passed up, agreed on for later, done."""
    assert told.level == "county"
    order = told.desk.store.state.get("order", story.DECLINED)
    assert order.status == "confirmed"


def test_both_lists_are_put_in_order_before_the_check(told: Told) -> None:
    """One need past due and forgotten, one without date and offer; offers ending, lapsed, never asked."""
    found = told.lists
    assert (found.past_due, found.untouched) == (("N-19",), ("N-19",))
    assert (found.undated, found.unoffered) == (("N-20",), ("N-20",))
    assert (found.expiring, found.lapsed) == (("G-09",), ("G-10",))
    assert story.never_asked(told.desk, found) == ["G-11", "O-S10:elder_outreach"]


def test_the_check_of_may_is_before_the_25th_a_sunday(told: Told) -> None:
    """Held on Friday the 23rd; the quarter has what came after."""
    check, quarter, year = story.reports(told.desk)
    assert check.until == dt.date(2025, 5, 23)
    assert check.table("places").figure("confirmed").value == 13
    assert quarter.table("places").figure("confirmed").value == 17
    assert quarter.table("places").figure("activities").value == 17
    names = [row.name.zh for row in year.table("partners").rows]
    assert len(names) == 12
    assert {n[:2] for n in names[:3]} == {"1."}  # the three hospitals, two orders each
    assert all("医院" in n for n in names[:3])


def test_the_pairing_by_preferences_is_stable(desk: story.Desk) -> None:
    """Looked for one by one: nobody of the one side and somebody of the other would both rather be paired."""
    wanted = story.wishes(desk.city)
    of = wanted.found.partner
    for who, liked in wanted.organizations.items():
        mine = of[who]
        for station in liked[: None if mine is None else liked.index(mine)]:
            choices = wanted.stations[station]
            members = [o for o in choices if of[o] == station]
            assert len(members) == wanted.places[station]
            assert all(choices.index(o) < choices.index(who) for o in members)


def test_what_a_village_asks_counts_for_the_station_of_its_town(desk: story.Desk) -> None:
    """Every body that asks lies in a village of its town: what both sides would like is the same."""
    city = desk.city
    bodies = list(city["institutions"].records())
    villages = [
        wushe.Place(id=f"{place}-1", name="虚构村", level="community", parent=place)
        for place in sorted({body.place for body in bodies})
    ]
    changed = {
        "places": [*city["places"].records(), *villages],
        "institutions": [attrs.evolve(body, place=f"{body.place}-1") for body in bodies],
    }
    tables = {kind: wushe.table_of(kind, rows) for kind, rows in changed.items()}
    below = wushe.build_network({**city.tables, **tables}, city.categories, city.target_groups)
    assert story.wishes(below).found == story.wishes(city).found


def test_the_pairing_is_explained_with_who_was_preferred(desk: story.Desk) -> None:
    """A third choice names both stations that it would rather have, and whom those prefer."""
    wanted = story.wishes(desk.city)
    assert story.kept(desk.city, wanted.found) == 10
    said = [line.strip() for line in story.preferences(desk, "zh")]
    at = next(i for i, line in enumerate(said) if line.startswith("仁和医院（示例） –"))
    assert "第 3 志愿" in said[at]
    assert "忠和中医骨伤医院（示例） 是它的第 1 志愿" in said[at + 1]
    assert "锻压职工医院（示例） 是它的第 1 志愿" in said[at + 2]


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("zh", ("17 次活动", "26 人", "2025-05 月调度 2025-05-23", "已过期的需求：N-19", "二季度确认 17 单", "10 个组织与指定的结对相同")),
        ("en", ("17 activities", "26 medical staff", "2025-05 monthly progress check 2025-05-23", "needs past due: N-19", "17 orders confirmed", "10 of 12 as appointed")),
    ],
)  # fmt: skip
def test_the_story_is_told_in_both_languages(lang: str, words: tuple[str, ...]) -> None:
    """As `wushe demo tianshui` tells it."""
    said = "\n".join(story.tell(lang))
    for word in words:
        assert word in said, word
