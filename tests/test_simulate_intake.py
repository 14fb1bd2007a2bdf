"""Intake: which station, in what order, in which hours, with whose consent."""

import numpy as np
import pytest

from simulate_town import live, town
from wushe.simulate.city import DAY, EMERGENCY, KNOWN, LAPSED, LISTED, NO, NORMAL
from wushe.simulate.needs import arrivals, closing, finding
from wushe.simulate.needs.intake import intake_minutes, open_offices, promote, report, stations_of

MORNING, CLOSES = 510.0, 1050.0


def reported(at, homes=None, urgency=NORMAL, **town_arguments):
    """Return a town on Monday in which needs became known at minutes `at` of the day."""
    city = town(**town_arguments)
    open_offices(city)
    n = len(at)
    homes = np.zeros(n, dtype=int) if homes is None else homes
    rows = city.needs.append(
        n, household=homes, arose=np.arange(n, dtype=float), known=at, state=KNOWN, category=0, amount=60, left=60,
        urgency=urgency,
    )  # fmt: skip
    report(city, rows)
    return city


def test_a_report_is_taken_in_when_the_office_opens():
    """At 08:30 if it came in the night, after the working minutes that it takes."""
    city = reported([60.0], assume={"intake.spread": 0.0, "intake.minutes": 45.0})
    promote(city, MORNING + 44)
    assert city.needs["state"].tolist() == [KNOWN]
    promote(city, MORNING + 45)
    assert city.needs["state"].tolist() == [LISTED]
    assert city.needs["listed"].tolist() == [MORNING + 45]


def test_an_emergency_does_not_wait_for_the_office_to_open():
    """Somebody on duty looks at it at once; without anybody it waits like every other report, and nobody waits for it."""
    for duty, listed in ((1.0, 60.0 + 45), (0.0, MORNING + 45)):
        known = {"intake.spread": 0.0, "intake.minutes": 45.0, "intake.duty": duty}
        city = reported([60.0], assume=known, urgency=EMERGENCY)
        promote(city, DAY)
        assert city.needs["listed"].tolist() == [listed]
        assert (city.workers["free_at"] > 0).any() == (duty == 0.0)


def test_what_takes_no_time_is_not_done_before_it_was_reported():
    """A report of Saturday that takes no time is no report of Friday."""
    saturday = 5 * DAY + 600
    city = reported([saturday], assume={"intake.spread": 0.0, "intake.minutes": 1e-6})
    promote(city, 8 * DAY)
    assert city.needs["listed"].item() >= saturday


def test_first_come_first_served_with_two_workers():
    """The third report begins when the first worker has done."""
    city = reported([600.0, 610.0, 615.0], assume={"intake.spread": 0.0, "intake.minutes": 45.0})
    promote(city, DAY)
    assert city.needs["listed"].tolist() == [645.0, 655.0, 690.0]


def test_what_is_not_done_by_closing_goes_on_the_next_morning():
    """A report of 17:00 that takes 45 minutes has 15 left for Tuesday."""
    city = reported([1020.0], assume={"intake.spread": 0.0, "intake.minutes": 45.0})
    promote(city, 2 * DAY)
    assert city.needs["listed"].tolist() == [DAY + MORNING + 15]


def test_each_station_has_its_own_queue():
    """Four reports of one street wait for its two workers; one of the other street does not wait for them."""
    homes = np.array([0, 0, 0, 0, 39])
    at = [600.0, 600.0, 600.0, 600.0, 601.0]
    city = reported(at, homes, assume={"intake.spread": 0.0, "intake.minutes": 45.0})
    promote(city, DAY)
    assert city.needs["listed"].tolist() == [645.0, 645.0, 690.0, 690.0, 646.0]


def test_a_street_whose_station_has_nobody_goes_to_the_nearest_one():
    """And with workers at both, each street has its own."""
    city = town(workers=(1, 1))
    assert stations_of(city, np.array([1])).tolist() == [1, 1, 1, 1]
    assert stations_of(city, np.array([0, 1])).tolist() == [0, 0, 1, 1]


def test_a_household_is_asked_once_for_consent(seed):
    """What it said holds for later needs; the share that agrees is as assumed."""
    homes = np.repeat(np.arange(400), 2)
    city = reported(
        np.full(800, 600.0), homes, households=400, seed=seed, assume={"intake.consent": 0.75, "intake.minutes": 0.01}
    )  # fmt: skip
    assert (city.house["consent"] == NO).all()
    promote(city, 2 * DAY)
    first = city.house["consent"].copy()
    assert set(first.tolist()) == {0, 1}
    assert first.mean() == pytest.approx(0.75, abs=0.1)
    rows = city.needs.append(1, household=3, arose=900.0, known=900.0, state=KNOWN)
    report(city, rows)
    promote(city, 9 * DAY)
    assert np.array_equal(city.house["consent"], first)


def test_time_that_a_report_takes_has_the_mean_and_spread_assumed(seed):
    """Gamma distributed; the same whenever it is asked for."""
    city = reported(
        np.full(4000, 600.0), np.arange(4000) % 400, households=400, seed=seed,
        assume={"intake.spread": 0.5, "intake.minutes": 40.0},
    )  # fmt: skip
    rows = np.arange(4000)
    minutes = intake_minutes(city, rows)
    assert minutes.mean() == pytest.approx(40, rel=0.05)
    assert minutes.std() == pytest.approx(20, rel=0.1)
    assert np.array_equal(minutes[::-1], intake_minutes(city, rows[::-1]))


def test_a_need_that_lapsed_while_it_waited_is_not_listed():
    """The worker finds that there is nothing left to do."""
    city = reported([600.0])
    city.needs["state"][0] = LAPSED
    promote(city, 9 * DAY)
    assert city.needs["state"].tolist() == [LAPSED]
    assert np.isnan(city.needs["listed"]).all()


def test_nobody_can_take_in_reports_without_a_social_worker():
    """The scenario is refused before its first day."""
    with pytest.raises(ValueError, match="no social workers; expected at least one"):
        open_offices(town(workers=()))


def test_the_list_grows_only_by_what_has_happened():
    """Whatever is listed by tonight became known before, and nothing of tomorrow is told today."""
    city = town({"needs.per_household_year": 40.0})
    stages = (arrivals.STAGE, finding.STAGE, closing.STAGE)
    live(city, stages, 20)
    needs = city.needs
    listed = ~np.isnan(needs["listed"])
    assert listed.any()
    assert (needs["listed"][listed] >= needs["known"][listed]).all()
    assert (needs["listed"][listed] <= 20 * DAY).all()
    assert city.figures["need_listed"] == listed.sum()
