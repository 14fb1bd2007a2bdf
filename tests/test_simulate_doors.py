"""Whose door is knocked on: how many, when, by the library's list, at random, and again later."""

import numpy as np
import pytest

from simulate_town import live, town
from wushe.identify import due_list
from wushe.simulate.city import DAY, EVENT_CODES
from wushe.simulate.needs import arrivals, finding
from wushe.simulate.needs.doors import network_of_doors, on_list
from wushe.simulate.needs.intake import Offices

ELDERS = {"lone_elder": list(range(0, 400, 8))}


def walked(days, assume=None, **arguments):
    """Return a town in which doors were knocked on for some days, and the day's visits in order."""
    city = town(
        {"visits.doors_per_worker_week": 10.0, **(assume or {})}, households=400, **arguments
    )
    live(city, (finding.STAGE,), days)
    return city


def visits(city):
    """Return household and instant of each visit."""
    made = city.log["kind"] == EVENT_CODES["visit_made"]
    return city.log["household"][made], city.log["at"][made]


def test_each_worker_knocks_on_as_many_doors_a_week_as_assumed():
    """Four workers, ten doors: forty a week, less the few doors that a random walk meets twice a day."""
    homes, at = visits(
        walked(14, {"visits.planned": 1.0}, groups=ELDERS | {"disabled": list(range(1, 400, 4))})
    )
    assert len(homes) == 80
    assert (at % DAY >= 510).all()
    assert (at % DAY <= 1050).all()


def test_nobody_knocks_on_days_off():
    """Saturday and Sunday are quiet where a week has five working days."""
    _, at = visits(walked(21))
    assert set((at // DAY % 7).astype(int).tolist()) == {0, 1, 2, 3, 4}


def test_planned_visits_follow_the_librarys_list():
    """Those who go by the list visit exactly its first doors, station by station."""
    city = walked(5, {"visits.planned": 1.0}, groups=ELDERS)
    homes, _ = visits(city)
    fresh = town(households=400, groups=ELDERS)
    due = due_list(network_of_doors(fresh, on_list(fresh)), fresh.plugins, fresh.on)
    ranked = fresh.people.tables["households"].row_of(due.household)
    of_first_street = ranked[fresh.people.home[ranked] < 2][:20]
    expected = {*of_first_street.tolist(), *ranked[fresh.people.home[ranked] >= 2][:20].tolist()}
    assert set(homes.tolist()) == expected


def test_a_list_that_is_used_up_leaves_the_rest_to_street_rounds():
    """Workers do not stop knocking: with nobody on the list all doors are drawn."""
    homes, _ = visits(walked(14, {"visits.planned": 1.0}))
    assert len(homes) > 70


def test_random_visits_go_everywhere(seed):
    """Without a list every household is as likely as another."""
    homes, _ = visits(walked(182, {"visits.planned": 0.0}, seed=seed))
    often = np.bincount(homes, minlength=400)
    assert often.mean() == pytest.approx(40 * 26 / 400, rel=0.05)
    assert often.var() == pytest.approx(often.mean(), rel=0.35)


def test_who_was_visited_lately_comes_last_on_the_next_list():
    """With a review every four weeks each on the list is visited before any is visited again."""
    groups = {"lone_elder": list(range(160))}
    city = walked(28, {"visits.planned": 1.0, "visits.review_days": 7.0}, groups=groups)
    homes, _ = visits(city)
    first_street = homes[homes < 160]
    assert len(np.unique(first_street)) == len(first_street)


def test_the_list_holds_groups_that_are_visited_regularly_and_who_was_found():
    """A courier is of a target group, but nobody's list sends a visitor there until something is found."""
    city = town(groups={"lone_elder": [1], "new_employment": [2], "dibao": [3]})
    assert on_list(city).tolist() == [1, 3]
    city.house["found"][2] = True
    assert on_list(city).tolist() == [1, 2, 3]


def test_visits_by_the_list_find_more_than_random_ones(seed):
    """Where those on the list are at risk: more needs found for the same number of doors."""
    found = []
    for planned in (0.0, 1.0):
        city = town(
            {
                "needs.per_household_year": 3.0, "visits.planned": planned, "visits.review_days": 7.0, "finding.self_share": 0.0, "finding.emergency_share": 0.0, "finding.office_rate": 0.0,
                "finding.tie_rate": 0.0, "finding.grid_notices": 0.0,
            },
            households=400, groups=ELDERS, seed=seed,
        )  # fmt: skip
        city.people.risk[ELDERS["lone_elder"]] = 8.0
        live(city, (arrivals.STAGE, finding.STAGE), 42)
        found.append(city.figures["found_by_visit"])
    assert found[1] > 1.5 * found[0]


def test_parts_of_a_door_are_carried_over():
    """A worker who knocks on one door in two weeks does so; nothing is rounded away."""
    city = walked(70, {"visits.doors_per_worker_week": 0.5, "visits.planned": 0.0}, workers=(0, 1))
    offices: Offices = city.memory["intake"]
    assert offices.hours.days == 5
    assert len(visits(city)[0]) == 10
