"""Who stays a volunteer, who leaves and who comes back."""

import numpy as np
import pytest

from helping_town import pass_days, town
from wushe.orders.guards import VETTING_DAYS
from wushe.simulate.city import EVENT_CODES, NO, VOLUNTEERS
from wushe.simulate.helpers import staying

MANY = 4000
FOR_GOOD = {"staying.returns": 0.0, "linkage.worker_led": 0.0}
YEAR = 365


def stayed(days=YEAR, change=None, **assume):
    """The share of a crowd of volunteers that is there after so many days."""
    city = town(MANY, MANY, **{**FOR_GOOD, **assume})
    if change is not None:
        change(city.volunteers)
    return pass_days(city, days, staying.STAGE).volunteers["active"].mean()


def test_the_stated_share_leaves_within_a_year():
    """Rested and not led, `staying.leave` of them are gone after a year's 52 Mondays."""
    assert stayed(**{"staying.leave": 0.355}) == pytest.approx(0.645, abs=0.025)


def test_nobody_leaves_where_the_scenario_says_so():
    """With a share of 0 everybody stays."""
    assert stayed(**{"staying.leave": 0.0}) == 1


def test_everybody_leaves_where_the_scenario_says_so():
    """A share of 1 is a rate like any other, and nobody is left in the end."""
    assert stayed(**{"staying.leave": 1.0}) == 0


@pytest.mark.parametrize(
    ("change", "assume", "more"),
    [
        (lambda v: v["tired"].fill(8), {"staying.rest": 1e6}, False),  # the tired leave sooner
        (lambda v: v["joined"].fill(1), {"staying.newcomers": YEAR}, False),  # so do the new
        (None, {"linkage.worker_led": 1.0}, True),  # those whom a worker leads stay longer
    ],
)
def test_tired_and_new_leave_sooner_and_led_later(change, assume, more):
    """What the rate of leaving depends on."""
    before, after = stayed(100), stayed(100, change, **assume)
    assert (after > before + 0.02) if more else (after < before - 0.02)


def test_who_has_promised_hours_does_not_leave_before_they_are_done():
    """A volunteer with an open promise keeps it."""
    busy = stayed(change=lambda v: v["open"].fill(60), **{"staying.leave": 1.0})
    assert busy == 1


def test_some_come_back_rested():
    """Of those who leave, the stated share has a day of return, and is there again on the Monday after it."""
    city = town(MANY, MANY, **{**FOR_GOOD, "staying.returns": 0.5, "staying.leave": 1.0})
    city.volunteers["tired"][:] = 3
    pass_days(city, 15, staying.STAGE)
    gone = ~city.volunteers["active"]
    assert gone.mean() > 0.4
    returns = gone & (city.volunteers["back"] != NO)
    assert returns.sum() / gone.sum() == pytest.approx(0.5, abs=0.05)
    city.volunteers["back"][returns] = city.day + 1
    before = len(city.log)
    city.scenario.values["staying.leave"] = 0.0
    pass_days(city, 7, staying.STAGE)
    assert city.volunteers["active"][returns].all()
    assert (city.volunteers["tired"][returns] == 0).all()
    assert not city.volunteers["active"][gone & ~returns].any()
    assert city.log["kind"][before:].tolist() == [EVENT_CODES["volunteer_returned"]] * returns.sum()


def test_the_pause_has_the_stated_mean():
    """Those who come back do so after `staying.pause` days on average."""
    city = town(MANY, MANY, **{"staying.returns": 1.0, "staying.leave": 1.0, "staying.pause": 90.0})
    pass_days(city, 8, staying.STAGE)
    left = city.volunteers["left"] != NO
    pause = city.volunteers["back"][left] - city.volunteers["left"][left]
    assert pause.mean() == pytest.approx(90.5, rel=0.1)


def test_half_of_tiredness_is_gone_after_the_stated_days():
    """Four weeks' rest halve it where `staying.rest` is 28 days."""
    city = town(**{"staying.leave": 0.0, "staying.rest": 28.0})
    city.volunteers["tired"][:] = 2.0
    pass_days(city, 29, staying.STAGE)
    assert city.volunteers["tired"] == pytest.approx(1.0)


def test_every_call_tires_once():
    """Calls of the past week count, those of volunteers only, and each once."""
    city = town(**{"staying.leave": 0.0, "staying.call": 0.1, "staying.rest": 1e9})
    staying.begin(city)
    city.calls.append(3, kind=VOLUNTEERS, provider=[4, 4, 5])
    city.calls.append(1, kind=VOLUNTEERS + 1, provider=6)
    city.day = 7
    staying.step(city)
    city.day = 14
    staying.step(city)
    assert city.volunteers["tired"][4:7] == pytest.approx([0.2, 0.1, 0.0])


def test_who_leaves_does_not_depend_on_the_others():
    """Common random numbers: the same people leave in the same weeks, however many more there are later on."""
    city, other = (town(MANY, 500, **FOR_GOOD) for _ in range(2))
    staying.begin(other)
    other.volunteers.append(40, household=np.arange(1000, 1040), home=0)
    for each in (city, other):
        pass_days(each, 100, staying.STAGE)
    assert np.array_equal(city.volunteers["left"], other.volunteers["left"][:500])
    assert (city.volunteers["left"] != NO).sum() > 20


def test_other_days_pass_without_a_look_back():
    """Nothing happens from Tuesday to Sunday, nor on a first day that is a Monday."""
    city = town(MANY, MANY, **{"staying.leave": 1.0})
    pass_days(city, 7, staying.STAGE)
    assert city.volunteers["active"].all()
    pass_days(city, 1, staying.STAGE)
    assert not city.volunteers["active"].all()
    assert city.log["at"].tolist() == [7 * 1440.0] * len(city.log)


def test_vetting_is_renewed_within_its_last_week():
    """Every day of the next two years the vetting of workers is good; the stated share of volunteers have theirs."""
    city = town(MANY, MANY, **{"staying.leave": 0.0, "staying.vetted_again": 0.8})
    staying.begin(city)
    vetted = -np.arange(MANY) % 300 - 299
    city.volunteers["vetted"][:] = vetted
    city.workers.append(300, vetted=np.arange(300) - 299)
    for day in range(1, 731):
        city.day = day
        staying.step(city)
        age = day - city.workers["vetted"]
        assert age.min() >= 0
        assert age.max() <= VETTING_DAYS
        if day == VETTING_DAYS:
            good = day - city.volunteers["vetted"] <= VETTING_DAYS
            assert good.mean() == pytest.approx(0.8, abs=0.03)


def test_who_was_never_vetted_is_not_vetted_by_renewal():
    """Renewal is of those who were vetted before."""
    city = town(**{"staying.leave": 0.0})
    pass_days(city, 2 * YEAR, staying.STAGE)
    assert (city.volunteers["vetted"] < -(10**5)).all()
