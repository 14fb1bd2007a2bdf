"""What lapses: given up after its due date, or solved by the household itself, never what somebody is at work on."""

import numpy as np
import pytest

from simulate_town import live, town
from wushe.simulate.city import BY_RELIEF, DAY, HIDDEN, KNOWN, LAPSED, LISTED, MET, ORDERED
from wushe.simulate.needs import arrivals, closing, finding
from wushe.simulate.needs.intake import open_offices

MANY = {"needs.per_household_year": 20.0}


def with_needs(**columns):
    """Return a town with needs that lapse on day 5."""
    city = town()
    open_offices(city)
    n = max(np.size(value) for value in columns.values())
    city.needs.append(n, household=0, category=0, amount=60, left=60, due=3, lapses=5, **columns)
    return city


def test_what_is_open_lapses_on_its_day():
    """Hidden, known or listed: closed that night, and not a day earlier."""
    city = with_needs(state=[HIDDEN, KNOWN, LISTED])
    city.day = 4
    closing.STAGE.step(city)
    assert city.needs["state"].tolist() == [HIDDEN, KNOWN, LISTED]
    city.day = 5
    closing.STAGE.step(city)
    assert city.needs["state"].tolist() == [LAPSED] * 3
    assert city.needs["closed"].tolist() == [6 * DAY] * 3
    assert city.figures["need_lapsed"] == 3
    assert city.figures["lapsed_hidden"] == 1


def test_what_is_closed_stays_as_it_is():
    """Met, met by relief, lapsed before."""
    city = with_needs(state=[MET, BY_RELIEF, LAPSED])
    city.day = 9
    closing.STAGE.step(city)
    assert city.needs["state"].tolist() == [MET, BY_RELIEF, LAPSED]
    assert np.isnan(city.needs["closed"]).all()


def test_what_somebody_is_at_work_on_does_not_lapse():
    """Once that has ended without service, it does."""
    city = with_needs(state=[ORDERED, LISTED], ordered=[60, 30])
    city.day = 8
    closing.STAGE.step(city)
    assert city.needs["state"].tolist() == [ORDERED, LISTED]
    city.needs["state"][:], city.needs["ordered"][:] = LISTED, 0
    closing.STAGE.step(city)
    assert city.needs["state"].tolist() == [LAPSED] * 2


def test_households_help_themselves_after_an_exponential_time(seed):
    """Within its mean 63 in 100 have; none is given up where there is no end to waiting."""
    assume = {**MANY, "closing.self_help_days": 10.0, "closing.grace_days": 1e6}
    city = town(assume, households=400, seed=seed)
    live(city, (arrivals.STAGE,), 28)
    days = city.needs["lapses"] - city.needs["arose"] / DAY
    assert (days > -1).all()
    assert (days < 9.5).mean() == pytest.approx(1 - np.exp(-1), abs=0.05)


def test_needs_are_given_up_some_days_after_they_were_due():
    """Where no household helps itself: grace after the due date, to the day."""
    city = town({**MANY, "closing.self_help_days": 1e9, "closing.grace_days": 14.0})
    live(city, (arrivals.STAGE,), 28)
    assert set((city.needs["lapses"] - city.needs["due"]).tolist()) == {14}


def test_both_reasons_are_counted_apart():
    """Together they are all that lapsed."""
    city = town({**MANY, "closing.self_help_days": 20.0, "closing.grace_days": 2.0})
    live(city, (arrivals.STAGE, finding.STAGE, closing.STAGE), 60)
    figures = city.figures
    assert figures["lapsed_unserved"] > 0
    assert figures["lapsed_by_itself"] > 0
    assert figures["lapsed_unserved"] + figures["lapsed_by_itself"] == figures["need_lapsed"]
    assert figures["need_lapsed"] == (city.needs["state"] == LAPSED).sum()
