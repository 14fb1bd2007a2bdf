"""Participation: from household to household, by activities, and from those helped to those who help.

A household takes part (``house["joined"]``) once somebody of it gives time, money or a hand in community charity;
some of those who take part enrol as volunteers who can be sent.
"""

from __future__ import annotations

import numpy as np

from wushe.model.storage import Array
from wushe.simulate.assumptions import Assumption, shares
from wushe.simulate.city import KNOWN_FROM, MONDAY, NEVER_VETTED, NO, VOLUNTEERS, WEEK, YEAR, City
from wushe.simulate.helpers import helping, staying
from wushe.simulate.stage import Stage
from wushe.text import Text

DIFFUSION = (
    "averages of many diffusion studies, p 0.03 and q 0.38 a year: Sultan, Farley and Lehmann 1990, Journal of Marketing "
    "Research 27(1); Mahajan, Muller and Bass 1995, Marketing Science 14(3): of new products, not of charity"
)
HEFEI = "participation in Hefei three years before the end of 2024 (published figure of the city)"
NANQI = "Nanqi Street, Hefei: over 4,100 person-times at 278 activities (published figures of the street)"
ASSUMPTIONS = (
    *shares(
        ("spreading.start", 0.18, "第一天参与社区慈善的家庭比例", "households that take part on the first day", HEFEI),
        ("spreading.helped", 0.05, "每受助一次后参与的概率", "chance to take part after being helped once"),
        ("spreading.enrol", 0.1, "新参与家庭中登记为志愿者的比例", "of households that begin to take part, the share that enrols a volunteer"),
        ("spreading.family", 0.05, "有家庭积分时另外登记的比例", "further share that enrols where points go to the family"),
        ("activities.converts", 0.02, "参加一次活动后参与的概率", "chance to take part after attending an activity"),
    ),
    Assumption("spreading.own", 0.03, "per household and year", Text("自发参与", "taking part of one's own accord"), DIFFUSION),
    Assumption("spreading.ties", 0.38, "per household and year if all one knows take part", Text("受相识家庭影响", "following households one knows"), DIFFUSION),
    Assumption("spreading.lapse", 0.04, "per household and year", Text("不再参与", "ceasing to take part")),
    Assumption("spreading.later", 0.02, "per participating household and year", Text("参与家庭以后登记志愿者", "enrolling a volunteer later on")),
    Assumption("activities.held", 12.0, "per community and year", Text("社区活动场次", "activities held")),
    Assumption("activities.attendance", 14.75, "person-times per activity", Text("每场人次", "attendance"), NANQI),
)  # fmt: skip
WEEK_OF_YEAR = WEEK / YEAR


def begin(city: City) -> None:
    """Let the stated share of households take part, those of volunteers among them."""
    helping.note_first_volunteers(city)
    home, n = city.people.home, len(city.people)
    order = np.argsort(home, kind="stable")
    edges = np.searchsorted(home[order], np.arange(len(city.people.communities) + 1))
    city.memory["spreading"] = {
        "order": order,
        "edges": edges,
        "helped": city.house["helped"].copy(),
    }
    joined = city.house["joined"]
    joined[_households_of(city, np.arange(len(city.volunteers)))] = True
    still = city["spreading.start"] * n - joined.sum()
    others = np.maximum(n - joined.sum(), 1)
    joined |= city.streams.draw("spreading.start", np.arange(n)) < still / others


def step(city: City) -> None:
    """On Mondays look back on the week: who attended, who takes part from now on, who no more, who enrols."""
    if city.on.weekday() != MONDAY or city.day == 0:
        return
    joined = city.house["joined"]
    before = joined.copy()
    week = city.day // WEEK
    draws = city.streams.of("spreading.join", city.day).random(len(before))
    chance = chance_to_join(city, hold_activities(city), newly_helped(city))
    joined |= ~before & (draws < chance)
    lapse(city, before)
    new = np.flatnonzero(joined & ~before)
    city.count("households_joined", len(new))
    enrol(city, new, week)


STAGE = Stage("spreading", step, begin)


def participation(city: City) -> float:
    """Return the share of households that take part."""
    return float(city.house["joined"].mean())


def chance_to_join(city: City, attended: Array, helped: Array) -> Array:
    """Return each household's chance to begin to take part this week, float64 (n_h,).

    `attended` and `helped`: how often each was at an activity and was helped this week. What comes of one's own
    accord, what comes along ties, each activity and each help act independently of each other.
    """
    rate = city["spreading.own"] + city["spreading.ties"] * share_of_ties(city)
    stays_out = np.exp(-rate * WEEK_OF_YEAR)
    stays_out *= (1 - city["activities.converts"]) ** attended
    stays_out *= (1 - city["spreading.helped"]) ** helped
    chance: Array = 1 - stays_out
    return chance


def newly_helped(city: City) -> Array:
    """Return how often each household was helped since this was last asked, int (n_h,)."""
    kept, now = city.memory["spreading"], city.house["helped"].copy()
    before, kept["helped"] = kept["helped"], now
    found: Array = np.maximum(now - before, 0)
    return found


def share_of_ties(city: City) -> Array:
    """Return, of the households that each household knows, the share that takes part; 0 where it knows none."""
    start, ties = city.people.ties_start, city.people.ties
    before = np.zeros(len(ties) + 1, dtype=np.int64)
    np.cumsum(city.house["joined"][ties], out=before[1:])
    known = np.diff(start)
    found: Array = (before[start[1:]] - before[start[:-1]]) / np.maximum(known, 1)
    return found


def hold_activities(city: City) -> Array:
    """Return how often each household was at an activity this week, int64 (n_h,), and count person-times."""
    rng = city.streams.of("spreading.activities", city.day)
    kept, n = city.memory["spreading"], len(city.people)
    held = rng.poisson(city["activities.held"] * WEEK_OF_YEAR, len(city.people.communities))
    there = np.diff(kept["edges"]) > 0
    guests = rng.poisson(held * city["activities.attendance"]) * there
    of = np.repeat(np.arange(len(held)), guests)
    first, last = kept["edges"][of], kept["edges"][of + 1]
    who = kept["order"][first + (rng.random(len(of)) * (last - first)).astype(np.int64)]
    city.count("activities", held.sum())
    city.count("activity_times", len(who))
    return np.bincount(who, minlength=n)


def lapse(city: City, before: Array) -> None:
    """Let some of those who took part `before` cease to; households with an active volunteer never do."""
    draws = city.streams.of("spreading.lapse", city.day).random(len(before))
    stops = before & (draws < -np.expm1(-city["spreading.lapse"] * WEEK_OF_YEAR))
    stops[_households_of(city, np.flatnonzero(city.volunteers["active"]))] = False
    city.house["joined"][stops] = False
    city.count("households_lapsed", stops.sum())


def enrol(city: City, new: Array, week: int) -> None:
    """Let some households enrol a volunteer: some of the `new` participants, a few of those of longer standing."""
    every = np.arange(len(city.people))
    chance = np.where(city.house["joined"], -np.expm1(-city["spreading.later"] * WEEK_OF_YEAR), 0.0)
    family = any(rule.family for rule in city.plugins.point_rules)
    chance[new] = 1 - (1 - city["spreading.enrol"]) * (1 - city["spreading.family"] * family)
    chance[_households_of(city, np.arange(len(city.volunteers)))] = 0.0  # one to a household
    add_volunteers(city, every[city.streams.draw("spreading.enrol", every, week) < chance])


def add_volunteers(city: City, households: Array) -> Array:
    """Add a volunteer of each of `households`, like one of the first day drawn at random; return their rows.

    Mobile grid workers are no example: they come from their trades. Nobody is added where there is no example.
    """
    helpers = city.volunteers
    examples = np.flatnonzero(~helpers["grid"][: city.memory["first_volunteers"]])
    if len(examples) == 0 or len(households) == 0:
        return np.zeros(0, dtype=np.int64)
    draws = city.streams.draw("spreading.like", households)
    like = examples[(draws * len(examples)).astype(np.int64)]
    same = {name: helpers[name][like] for name in ("skills", "weekly", "keen")}
    vetted = np.where(helpers["vetted"][like] > KNOWN_FROM, city.day, NEVER_VETTED)
    home = city.people.home[households]
    rows = helpers.append(
        len(households),
        household=households,
        home=home,
        vetted=vetted,
        joined=city.day,
        team=_team_at(city, home),
        helped_before=city.house["helped"][households] > 0,
        **same,
    )
    helpers["reach"][rows] = staying.reach_of(city, rows)
    city.house["joined"][households] = True
    city.say(
        "volunteer_joined", city.now, helper_kind=VOLUNTEERS, helper=rows, household=households
    )
    return rows


def _team_at(city: City, home: Array) -> Array:
    """Return the team that the first volunteer of each community is in, -1 for none."""
    teams = np.full(len(city.people.communities), NO, dtype=np.int64)
    first = city.memory["first_volunteers"]
    at, team = city.volunteers["home"][:first][::-1], city.volunteers["team"][:first][::-1]
    teams[at[team >= 0]] = team[team >= 0]
    return teams[home]


def _households_of(city: City, volunteers: Array) -> Array:
    """Return the households of these volunteers, for those who live in the city."""
    households = city.volunteers["household"][volunteers]
    return households[households >= 0]
