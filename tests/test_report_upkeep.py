"""Live lists: what of the needs list and the resource pool is past due, lies about, or finds no counterpart."""

import datetime as dt
from typing import Any

import pytest

import wushe
from wushe import Household, Institution, Need, Offer, Place, ServiceRecord, Visit, Volunteer
from wushe.report.upkeep import LiveLists, live_lists, upkeep

ON = dt.date(2025, 5, 22)
RULES = wushe.load_plugins()
D = dt.date.fromisoformat
PLACES = (
    Place(id="42", name="省", level="province"),
    Place(id="A", name="甲街道", level="street", parent="42"),
    Place(id="B", name="乙街道", level="street", parent="42"),
)
PEOPLE = (
    Household(id="H-A", name="甲", place="A"),
    Household(id="H-B", name="乙", place="B"),
    Household(id="H-X", name="丙"),
    Institution(id="I-A", name="站（虚构）", kind="station", place="A"),
    Volunteer(id="V-A", name="丁", place="A"),
)


def need(key: str, client: str = "H-A", category: str = "visit", **fields: Any) -> Need:
    """Return a need asked on 15 May, unless it says otherwise."""
    who = {"institution": client} if client.startswith("I") else {"household": client}
    return Need(id=key, category=category, **{**who, "asked_on": D("2025-05-15"), **fields})


def offer(key: str, category: str = "visit", **fields: Any) -> Offer:
    """Return two hours of V-A in street A, unless it says otherwise."""
    given = {"quantity": 120, "unit": "minute", "place": "A", "reach": "street", **fields}
    return Offer(id=key, provider="V-A", categories=(category,), **given)


def lists(*records: Any, rules: wushe.Plugins = RULES, **days: int) -> LiveLists:
    """Return the lists of a city with these needs and offers."""
    network = wushe.build_network_from_records(
        [*PLACES, *PEOPLE, *records], rules.categories, rules.target_groups
    )
    return live_lists(network, rules, ON, **days)


def test_a_need_is_past_due_the_day_after() -> None:
    """Due today is in time; what has no due date is never late; met and withdrawn needs are off the list."""
    found = lists(
        need("N1", due=D("2025-05-21")),
        need("N2", due=ON),
        need("N3"),
        need("N4", due=D("2025-05-20"), status="met"),
        need("N5", due=D("2025-05-20"), status="withdrawn"),
    )
    assert found.past_due == ("N1",)
    assert found.open_needs == ("N1", "N2", "N3")


def test_a_need_is_touched_by_asking_a_visit_or_a_service() -> None:
    """Thirty days without any of them and it is listed; a visit to another household does not count."""
    old = D("2025-03-01")
    found = lists(
        need("N1", asked_on=old),
        need("N2", "H-B", asked_on=old),
        need("N3", "I-A", asked_on=old),
        need("N4", "H-X", asked_on=D("2025-04-22")),
        Visit(id="VT-1", kind="door", on=D("2025-05-01"), household="H-B"),
        Visit(id="VT-2", kind="door", on=D("2025-06-01"), household="H-A"),
        ServiceRecord(id="SV-1", provider="V-A", institution="I-A", served_on=D("2025-05-02")),
    )
    assert found.untouched == ("N1",)  # 22 April is thirty days ago; a visit still to come is none
    assert "N4" in lists(need("N4", asked_on=D("2025-04-21"))).untouched


def test_what_is_appointed_for_later_is_not_forgotten() -> None:
    """An old need with a day agreed on is in hand; one whose day has passed is not."""
    old = D("2025-03-01")
    found = lists(
        need("N1", asked_on=old, on_day=D("2025-06-03")),
        need("N2", asked_on=old, on_day=D("2025-04-03")),
    )
    assert found.untouched == ("N2",)


def test_a_need_without_any_date_is_said_to_have_none() -> None:
    """Unknown is neither fresh nor stale: a list of its own."""
    found = lists(need("N1", asked_on=None))
    assert (found.undated, found.untouched) == (("N1",), ())


def test_offers_end_and_lapse() -> None:
    """Ending within two weeks is a reminder, ended is off the list of what lives."""
    found = lists(
        need("N1"),
        offer("G1", available_to=D("2025-05-21")),
        offer("G2", available_to=ON),
        offer("G3", available_to=D("2025-06-05")),
        offer("G4", available_to=D("2025-06-06")),
        offer("G5"),
    )
    assert found.lapsed == ("G1",)
    assert found.expiring == ("G2", "G3")
    assert found.live == ("G2", "G3", "G4", "G5")


def test_who_finds_nobody_is_listed_on_both_sides() -> None:
    """Category and reach decide: a need in street B is none for an offer that stays in street A."""
    found = lists(need("N1", "H-B"), offer("G1"))
    assert (found.unoffered, found.unasked) == (("N1",), ("G1",))
    wider = lists(need("N1", "H-B"), offer("G1", reach="province"))
    assert (wider.unoffered, wider.unasked) == ((), ())
    other = lists(need("N1"), offer("G1", "haircut"))
    assert (other.unoffered, other.unasked) == (("N1",), ("G1",))


def test_a_lapsed_offer_serves_nobody() -> None:
    """It is neither a counterpart of a need nor an offer that waits to be asked."""
    found = lists(need("N1"), offer("G1", available_to=D("2025-05-01")))
    assert (found.unoffered, found.unasked) == (("N1",), ())


def test_a_need_without_a_place_may_be_in_reach_of_anybody() -> None:
    """Unknown is not out of reach."""
    found = lists(need("N1", "H-X"), offer("G1"))
    assert (found.unoffered, found.unasked) == ((), ())


def test_of_a_team_every_role_must_be_offered() -> None:
    """A class with a teacher and nobody to help is listed; the teacher is asked for."""
    rules = wushe.load_plugins("pingliang")
    class_ = need("N1", "I-A", "craft_class", quantity=1, unit="time")
    found = lists(class_, offer("G1", "craft_teaching"), rules=rules)
    assert (found.unoffered, found.unasked) == (("N1",), ())
    assert found.open_needs == ("N1",)


def test_tables_count_needs_as_people_and_offers_once() -> None:
    """Needs are withheld where they are few; an offer of two categories is one in the total."""
    both = offer_of("G1", "haircut", "visit")
    found = lists(need("N1", due=D("2025-05-16")), need("N2", "H-B", "haircut"), both)
    needs, offers = found.tables()
    assert {column.unit for column in needs.columns} == {"people"}
    assert [(row.label.en, row.cells) for row in needs.rows] == [
        ("haircut at home", (1, 0, 0, 0, 1)),
        ("home visit", (1, 1, 0, 0, 0)),
    ]
    assert needs.total is not None
    assert needs.total.cells == (2, 1, 0, 0, 1)
    assert [row.cells[0] for row in offers.rows] == [1, 1]
    assert offers.total is not None
    assert offers.total.cells == (1, 0, 0, 0)


def offer_of(key: str, *categories: str) -> Offer:
    """Return an offer of several categories."""
    return Offer(
        id=key, provider="V-A", categories=categories, quantity=60, unit="minute", place="A", reach="street"
    )  # fmt: skip


def test_days_are_the_reader_s_to_choose() -> None:
    """Zero days: whatever was not touched today; below zero is refused with the name."""
    assert lists(need("N1"), stale_days=0).untouched == ("N1",)
    with pytest.raises(ValueError, match="soon_days: -1"):
        lists(need("N1"), soon_days=-1)


def test_an_empty_city_has_empty_lists() -> None:
    """No needs, no offers: tables without rows and totals of nought."""
    network = wushe.build_network({}, RULES.categories, RULES.target_groups)
    for table in upkeep(network, RULES, ON):
        assert table.rows == ()
        assert table.total is not None
        assert set(table.total.cells) == {0}
