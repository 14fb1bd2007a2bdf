"""How hidden needs become known: by a visit, a neighbour, a mobile grid worker, or the household's own call."""

import numpy as np
import pytest

from simulate_town import live, town
from wushe.simulate.city import DAY, EMERGENCY, FOUND_BY, HIDDEN, KNOWN, LISTED
from wushe.simulate.needs import arrivals, closing, finding

OFF = {
    "finding.self_share": 0.0, "finding.emergency_share": 0.0, "finding.tie_rate": 0.0, "finding.grid_notices": 0.0,
    "finding.office_rate": 0.0, "visits.doors_per_worker_week": 0.0, "closing.self_help_days": 1e9, "closing.grace_days": 1e9,
}  # fmt: skip
MANY = {"needs.per_household_year": 20.0}
STAGES = (arrivals.STAGE, finding.STAGE, closing.STAGE)


def lived(days=28, **town_arguments):
    """Return a town of 200 households after some days."""
    assume = {**OFF, **MANY, **town_arguments.pop("assume", {})}
    city = town(assume, households=200, **town_arguments)
    live(city, STAGES, days)
    return city


def ways(city):
    """Return how many needs were found in each way."""
    codes = city.needs["found_by"]
    return {way: int((codes == code).sum()) for code, way in enumerate(FOUND_BY)}


def test_a_need_stays_hidden_where_nobody_looks():
    """Nothing finds itself."""
    city = lived()
    assert len(city.needs) > 100
    assert (city.needs["state"] == HIDDEN).all()


@pytest.mark.parametrize(
    ("way", "assume"),
    [
        ("self", {"finding.self_share": 1.0, "finding.self_days": 2.0}),
        ("neighbour", {"finding.tie_rate": 0.1}),
        ("grid_worker", {"finding.grid_notices": 0.5}),
        ("visit", {"visits.doors_per_worker_week": 200.0}),
        ("office", {"finding.office_rate": 1.0}),
    ],
)
def test_each_way_finds_needs_after_they_arose(way, assume):
    """And by that way only; the household is then known to the station."""
    city = town({**OFF, **MANY, **assume}, households=200)
    city.volunteers["grid"][:] = True
    live(city, STAGES, 28)
    found = ways(city)
    assert found[way] > 20
    assert sum(found.values()) == found[way] == city.figures[f"found_by_{way}"]
    needs = city.needs
    known = needs["state"] != HIDDEN
    assert (needs["known"][known] >= needs["arose"][known]).all()
    assert np.isnan(needs["known"][~known]).all()
    assert city.house["found"][needs["household"][known]].all()


def test_as_many_call_by_themselves_as_assumed(seed):
    """Three in ten, after two days on average; the others never."""
    city = lived(60, seed=seed, assume={"finding.self_share": 0.3, "finding.self_days": 2.0})
    early = city.needs["arose"] < 30 * DAY
    known = ~np.isnan(city.needs["known"])
    assert known[early].mean() == pytest.approx(0.3, abs=0.06)
    delay = (city.needs["known"] - city.needs["arose"])[early & known] / DAY
    assert delay.mean() == pytest.approx(2.0, rel=0.25)


def test_in_an_emergency_more_call_and_sooner(seed):
    """Nobody waits ten days with an emergency; a shorter time for all needs holds for emergencies too."""
    city = lived(
        seed=seed,
        assume={
            "finding.emergency_share": 1.0,
            "finding.emergency_days": 0.5,
            "needs.emergency": 0.5,
        },
    )
    needs = city.needs
    emergency, known = needs["urgency"] == EMERGENCY, ~np.isnan(needs["known"])
    assert not known[~emergency].any()
    assert known[emergency & (needs["arose"] < 20 * DAY)].all()
    delay = (needs["known"] - needs["arose"])[emergency & known] / DAY
    assert delay.mean() == pytest.approx(0.5, rel=0.3)
    at_once = lived(assume={"finding.self_share": 1.0, "finding.self_days": 0.0}).needs
    assert np.array_equal(at_once["known"], at_once["arose"])


def test_offices_push_only_households_in_hardship():
    """What they compare are lists of low incomes."""
    city = lived(assume={"finding.office_rate": 1.0})
    found = city.needs["household"][city.needs["state"] != HIDDEN]
    assert city.people.hardship[found].all()


def test_neighbours_report_at_the_rate_of_each_tie(seed):
    """One tie of rate 0.05 a day finds about five in a hundred needs a day; two ties twice that."""
    city = lived(40, seed=seed, assume={"finding.tie_rate": 0.05})
    needs, people = city.needs, city.people
    ties = np.diff(people.ties_start)[needs["household"]]
    day = np.floor(needs["arose"] / DAY)
    age = np.where(np.isnan(needs["known"]), 40, np.floor(needs["known"] / DAY)) - day
    for many in (1, 2):
        mine = (ties == many) & (day < 30)
        rate = (~np.isnan(needs["known"][mine])).sum() / age[mine].sum()
        assert rate == pytest.approx(0.05 * many, rel=0.3)


def test_neighbours_who_take_part_look_more_closely():
    """Three times as often, as assumed."""
    before, after = [], []
    for joined, into in ((False, before), (True, after)):
        city = town({**OFF, **MANY, "finding.tie_rate": 0.01}, households=200)
        city.house["joined"][:] = joined
        live(city, STAGES, 28)
        into.append(ways(city)["neighbour"])
    assert after[0] > 2 * before[0]


def test_grid_workers_notice_only_where_they_pass():
    """A grid worker of the first community finds nothing in the others; one who left finds nothing at all."""
    for active in (True, False):
        city = town({**OFF, **MANY, "finding.grid_notices": 0.5}, households=200)
        city.volunteers["grid"][0] = True
        city.volunteers["active"][0] = active
        live(city, STAGES, 28)
        found = city.needs["household"][city.needs["state"] != HIDDEN]
        assert set(city.people.home[found].tolist()) == ({0} if active else set())


def test_what_a_visitor_finds_is_on_the_list_after_the_visit():
    """Nobody looks at it a second time: known when knocked, listed half an hour later."""
    city = lived(assume={"visits.doors_per_worker_week": 200.0, "visits.minutes": 30.0})
    listed = city.needs["state"] == LISTED
    assert listed.sum() > 30
    assert (city.needs["listed"] - city.needs["known"])[listed] == pytest.approx(30)


def test_what_is_reported_passes_intake_first():
    """In the evening the reports of the day's end are still with the station."""
    city = lived(
        3, assume={"finding.self_share": 1.0, "finding.self_days": 0.0, "intake.minutes": 60.0}
    )
    states = city.needs["state"]
    assert (states == KNOWN).any()
    assert (states == LISTED).any()
    assert not (states == HIDDEN).any()


def test_a_visit_may_miss_a_need():
    """With a chance of 0.5 about half of the hidden needs behind the doors are found."""
    found = {
        chance: ways(
            lived(7, assume={"visits.doors_per_worker_week": 200.0, "visits.finds": chance})
        )["visit"]
        for chance in (0.0, 0.5, 1.0)
    }
    assert found[0.0] == 0
    assert 0.3 < found[0.5] / found[1.0] < 0.8


def test_more_doors_find_the_same_needs_or_more_at_least_as_early():
    """Common random numbers: a second way of finding never delays what a first one would have found."""
    slow = lived(assume={"finding.self_share": 0.5})
    fast = lived(assume={"finding.self_share": 0.5, "finding.tie_rate": 0.05})
    before, after = (np.nan_to_num(city.needs["known"], nan=np.inf) for city in (slow, fast))
    assert (after <= before).all()
    assert (after < before).any()
