"""Who stays a volunteer: work and calls tire, rest restores, some leave, some of those come back."""

from __future__ import annotations

import math

import numpy as np

from wushe.model.parties import LEVELS
from wushe.model.storage import Array
from wushe.orders.guards import VETTING_DAYS
from wushe.simulate.assumptions import Assumption, shares
from wushe.simulate.city import MONDAY, NO, VOLUNTEERS, WEEK, WORKERS, YEAR, City
from wushe.simulate.helpers import helping
from wushe.simulate.stage import Stage
from wushe.simulate.streams import exponential
from wushe.text import Text

DROP_OUT = (
    "Corporation for National and Community Service 2009, Pathways to Service: 35.5 per cent of volunteers in the "
    "United States serve with no organization in the following year"
)
LEADERS = (
    "direction: Forner et al. 2023, meta-analysis of volunteer turnover: organizational support rho -0.61, relation "
    "with the leader rho -0.55; the size is assumed"
)
ASSUMPTIONS = (
    *shares(
        ("staying.leave", 0.355, "一年内退出的志愿者比例（不累、无社工带领）", "volunteers who leave within a year, rested and not led", DROP_OUT),
        ("staying.vetted_again", 0.9, "每年再次作从业查询的志愿者比例", "vetted volunteers who are vetted again when the year is over"),
        ("staying.returns", 0.3, "退出者中以后会回来的比例", "of those who leave, the share that comes back"),
    ),
    Assumption("staying.pause", 180.0, "days, mean", Text("回来之前隔多久", "until those who come back do so"), high=36_525.0),
    Assumption("staying.newcomers", 90.0, "days", Text("算新志愿者的天数", "how long one is new")),
    Assumption("staying.new", 2.0, "times the rate of leaving", Text("新志愿者退出的倍数", "how much sooner the new leave")),
    Assumption("staying.led", 0.7, "times the rate of leaving", Text("有社工带领时退出的倍数", "how much less the led leave"), LEADERS),
    Assumption("staying.tired", 0.2, "log of rate per offered week of work", Text("疲劳对退出的作用", "effect of tiredness on leaving")),
    Assumption("staying.call", 0.05, "offered weeks of work per call", Text("每被派一次单的疲劳", "how much a call tires")),
    Assumption("staying.rest", 28.0, "days", Text("疲劳减半的天数", "after how long half of tiredness is gone"), low=0.1),
)  # fmt: skip

STREET, COMMUNITY = (tuple(LEVELS).index(level) for level in ("street", "community"))


def begin(city: City) -> None:
    """Note who is there on the eve of the first day, and how far each serves."""
    helping.note_first_volunteers(city)
    city.memory["staying"] = 0  # calls looked at so far
    city.volunteers["reach"][:] = reach_of(city, np.arange(len(city.volunteers)))


def step(city: City) -> None:
    """On Mondays look back on the week: who is tired, who leaves, who is back."""
    if city.on.weekday() != MONDAY or city.day == 0:
        return
    tire(city)
    come_back(city)
    leave(city)
    vet_again(city)


STAGE = Stage("staying", step, begin)


def tire(city: City) -> None:
    """Let a week's rest take its share of tiredness, and the week's calls add to it."""
    tired = city.volunteers["tired"]
    tired *= 0.5 ** (WEEK / city["staying.rest"])
    seen, city.memory["staying"] = city.memory["staying"], len(city.calls)
    called = city.calls["provider"][seen:][city.calls["kind"][seen:] == VOLUNTEERS]
    tired += city["staying.call"] * np.bincount(called, minlength=len(tired))


def leave(city: City) -> None:
    """Let some of those who have promised nothing leave, for a while or for good."""
    helpers = city.volunteers
    rows = np.flatnonzero(helpers["active"] & (helpers["open"] == 0))
    who, week = helping.persons(city, rows), city.day // WEEK
    gone = city.streams.draw("staying.leave", who, week) < -np.expm1(-weekly_rate(city, rows))
    rows, who = rows[gone], who[gone]
    helpers["active"][rows] = False
    helpers["left"][rows] = city.day
    pause = exponential(city.streams.draw("staying.pause", who, week)) * city["staying.pause"]
    returns = city.streams.draw("staying.returns", who, week) < city["staying.returns"]
    helpers["back"][rows] = np.where(returns, city.day + np.maximum(np.ceil(pause), 1), NO)
    _say(city, "volunteer_left", rows)


def weekly_rate(city: City, volunteers: Array) -> Array:
    """Return the rate at which each volunteer leaves, per week, float64 (n,)."""
    helpers = city.volunteers
    yearly = -math.log1p(-min(city["staying.leave"], 1 - 1e-9))
    strain = np.minimum(city["staying.tired"] * helpers["tired"][volunteers], 50.0)  # sure to leave
    rate = yearly * WEEK / YEAR * np.exp(strain)
    joined = helpers["joined"][volunteers]
    new = (joined > 0) & (city.day - joined < city["staying.newcomers"])
    rate *= np.where(new, city["staying.new"], 1.0)
    rate *= np.where(helping.led_by_worker(city, volunteers), city["staying.led"], 1.0)
    return rate


def come_back(city: City) -> None:
    """Let those return, rested, whose pause is over."""
    helpers = city.volunteers
    rows = np.flatnonzero(
        ~helpers["active"] & (helpers["back"] >= 0) & (helpers["back"] <= city.day)
    )
    helpers["active"][rows] = True
    helpers["tired"][rows] = 0.0
    helpers["left"][rows] = helpers["back"][rows] = NO
    _say(city, "volunteer_returned", rows)


def vet_again(city: City) -> None:
    """Vet those anew whose year is over within a week: all social workers, and most volunteers who are there.

    The law asks it of employers every year (未成年人保护法第62条); who misses the week is vetted no more.
    """
    helpers, workers = city.volunteers, city.workers
    due = np.flatnonzero(_year_is_over(helpers["vetted"], city.day) & helpers["active"])
    draws = city.streams.draw("staying.vetted_again", helping.persons(city, due), city.day // WEEK)
    again = due[draws < city["staying.vetted_again"]], np.flatnonzero(_year_is_over(workers["vetted"], city.day))  # fmt: skip
    for kind, rows, who in zip((VOLUNTEERS, WORKERS), (helpers, workers), again, strict=True):
        rows["vetted"][who] = city.day
        city.say("helper_vetted", city.now, n=len(who), helper_kind=kind, helper=who)


def _year_is_over(vetted: Array, day: int) -> Array:
    age = day - vetted
    found: Array = (age > VETTING_DAYS - WEEK) & (age <= VETTING_DAYS)
    return found


def reach_of(city: City, volunteers: Array) -> Array:
    """Return how far volunteers serve, positions in `LEVELS`: ``linkage.reach`` of them the whole street."""
    draws = city.streams.draw("linkage.reach", helping.persons(city, volunteers))
    return np.where(draws < city["linkage.reach"], STREET, COMMUNITY).astype(np.int8)


def _say(city: City, event: str, volunteers: Array) -> None:
    households = city.volunteers["household"][volunteers]
    city.say(
        event,
        city.now,
        n=len(volunteers),
        helper_kind=VOLUNTEERS,
        helper=volunteers,
        household=households,
    )
