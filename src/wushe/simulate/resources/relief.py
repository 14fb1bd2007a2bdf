"""The stage ``relief``: once a week a desk assesses households in hardship that were found; the office decides later.

Emergencies are filed on the day after somebody told. Who may be eligible for what, and for how much, say the library's
own policies (`wushe.assess`); how long the office has, their procedure (`timetable`); what a grant takes over, the
linkage (`link_relief`).
"""

from __future__ import annotations

import datetime as dt
import math

import attrs
import numpy as np

from wushe.model.storage import Array
from wushe.relief.procedure import timetable
from wushe.rules.calendar import add_working_days, working_days_between
from wushe.rules.parameters import chain_of
from wushe.simulate.assumptions import Assumption, shares
from wushe.simulate.city import DAY, NO, City
from wushe.simulate.resources.assessing import (
    EMERGENCY,
    URGENT,
    Homes,
    chance,
    claims,
    urgent_needs,
)
from wushe.simulate.resources.granting import grant, money_needs
from wushe.simulate.rows import Rows
from wushe.simulate.stage import Stage
from wushe.text import Text

AT = 8 * 60 + 30.0
"""Minute of the day at which applications are filed and decisions arrive."""
ASSUMPTIONS = (
    Assumption("relief.weekday", 2.0, "0 Monday to 6 Sunday",
               Text("救助评估日", "day of the week on which the desk assesses"), high=6.0, whole=True),
    Assumption("relief.desk", 200.0, "households a week",
               Text("每周最多评估户数", "households that the desk assesses in a week at most"), high=1e6, whole=True),
    Assumption("relief.again", 365.0, "days",
               Text("再次评估的间隔", "days after which a household is assessed again"), low=7.0, high=36_525.0),
    Assumption("relief.pace", 0.8, "share of the lawful time",
               Text("办理用时占法定时限的比例", "time that the office takes, as a share of what it has"), high=1.0),
    Assumption("relief.days", 20.0, "working days",
               Text("文件没有规定时限的办理用时", "time that the office has where no document says"), high=1_000.0),
    Assumption("relief.at_once", 3.0, "working days",
               Text("文件没有规定时限的急难救助办理用时", "the same for relief in emergencies"), high=1_000.0),
    *shares(
        ("relief.agree", 0.9, "同意申请并授权核对的家庭占比", "households that agree to apply and to be checked"),
        ("relief.facts", 0.8, "情况已问全的家庭占比", "households whose facts are complete when assessed"),
        ("relief.running", 0.4, "可能符合且早已享受的占比", "claims that were paid before the household was found"),
        ("relief.within", 0.5, "急难救助金在幅度内的位置", "where in its range relief in emergencies lies"),
        ("relief.confirmed", 0.8, "审核后予以确认的占比", "applications that the office confirms"),
    ),
)  # fmt: skip
DECIDED_BY = ("confirm", "approve", "decide", "pay", "total")
"""Steps of a procedure that bring the decision; the first one that is dated counts."""
APPLICATION = {
    "household": ("int32", NO), "policy": ("int16", NO), "fen": ("int64", 0),
    "filed": ("int32", NO), "decides": ("int32", NO), "granted": ("bool", False),
}  # fmt: skip
"""Columns of applications; `policy` is a position in `Desk.policies`, `decides` the day of the decision, -1 after it."""


@attrs.define(eq=False)
class Desk:
    """What the desk keeps, as ``city.memory["relief"]``.

    `policies`: those that pay for needs, the first `regular` of them after a survey, the others in emergencies. `chain`:
    codes of the places whose limits hold, nearest first.
    """

    policies: tuple[str, ...]
    regular: int
    homes: Homes
    chain: tuple[str, ...]
    applications: Rows = attrs.field(factory=lambda: Rows(APPLICATION))


def begin(city: City) -> None:
    """Set up the desk: who lives with whom, and which policies pay for needs."""
    paying = [p for p in city.plugins.policies if p.amounts and p.covers]
    urgent = [p.id for p in paying if p.kind == EMERGENCY and URGENT in p.covers]
    regular = [p.id for p in paying if p.id not in urgent]
    desk = Desk((*regular, *urgent), len(regular), Homes.of(city), _chain(city))
    city.memory["relief"] = desk


def _chain(city: City) -> tuple[str, ...]:
    """Return the codes of the places that the whole city shares: their limits hold for everybody."""
    chains = [chain_of(str(code)) for code in city.people.streets.tolist()]
    first = chains[0] if chains else ()
    return tuple(code for code in first if all(code in chain for chain in chains))


def step(city: City) -> None:
    """Give out what the office decided, file yesterday's emergencies, and on the desk's day assess and file."""
    desk: Desk = city.memory["relief"]
    _decide(city, desk)
    needs = urgent_needs(city)
    told = needs[city.needs["known"][needs] // DAY == city.day - 1]
    if len(told) and desk.regular < len(desk.policies):
        _file(city, desk, np.unique(city.needs["household"][told]).astype(np.int64), emergency=True)
    if city.on.weekday() == int(city["relief.weekday"]):
        rows = to_assess(city)
        city.house["assessed"][rows] = city.day
        city.count("assessed", len(rows))
        if len(rows):
            _file(city, desk, rows, emergency=False)


def to_assess(city: City) -> Array:
    """Return the households that the desk looks at this week, int64: in hardship, found, and not assessed of late.

    Those with an open need for money come first.
    """
    house = city.house
    due = (house["assessed"] < 0) | (city.day - house["assessed"] >= city["relief.again"])
    rows = np.flatnonzero(house["found"] & city.people.hardship & due)
    in_need = np.isin(rows, city.needs["household"][money_needs(city, rows)])
    most = int(city["relief.desk"])
    found: Array = np.sort(rows[np.argsort(~in_need, kind="stable")][:most])
    return found


def _file(city: City, desk: Desk, rows: Array, *, emergency: bool) -> None:
    """Assess households, and file what they are possibly eligible for and agree to."""
    asked = slice(desk.regular, None) if emergency else slice(desk.regular)
    household, policy, fen = claims(city, rows, desk.homes, desk.policies[asked])
    policy += asked.start or 0
    keep = chance(city, "agree", household) & ~_pending(desk, household, policy)
    if not emergency:
        keep &= ~_running(city, desk, household, policy)
    household, policy, fen = household[keep], policy[keep], fen[keep]
    by_policy = {p: _decision_day(city, desk, p) for p in np.unique(policy).tolist()}
    decides = np.array([by_policy[p] for p in policy.tolist()], dtype=np.int32)
    n = len(household)
    desk.applications.append(
        n, household=household, policy=policy, fen=fen, filed=city.day, decides=decides
    )
    city.say("relief_filed", city.now + AT, n, household=household, amount=fen)


def _running(city: City, desk: Desk, household: Array, policy: Array) -> Array:
    """Return which claims were paid before anybody came, bool (n,): the household's status says so, or chance."""
    statuses = city.people.tables["households"]["statuses"][household].tolist()
    named = [desk.policies[p] in (s or ()) for s, p in zip(statuses, policy.tolist(), strict=True)]
    return np.array(named, dtype=bool) | chance(city, "running", household, policy)


def _pending(desk: Desk, household: Array, policy: Array) -> Array:
    """Return which claims wait for the office already, or are paid regularly since it granted them, bool (n,)."""
    held, n = desk.applications, len(desk.policies)
    live = (held["decides"] >= 0) | (held["granted"] & (held["policy"] < desk.regular))
    keys = held["household"].astype(np.int64) * n + held["policy"]
    found: Array = np.isin(household * n + policy, keys[live])
    return found


def _decision_day(city: City, desk: Desk, policy: int) -> int:
    """Return the day on which an application that is filed today is decided."""
    on = city.on
    found = city.plugins.policies[desk.policies[policy]]
    steps = {s.id: s for s in timetable(found, city.plugins.parameters, desk.chain, on)}
    due = next(
        (s.due.on for name in DECIDED_BY if (s := steps.get(name)) and s.due is not None), None
    )
    assumed = "relief.at_once" if found.kind == EMERGENCY else "relief.days"
    limit = city[assumed] if due is None else working_days_between(on, due)
    decided: dt.date = add_working_days(on, max(1, math.ceil(limit * city["relief.pace"]))).on
    return (decided - city.scenario.start).days


def _decide(city: City, desk: Desk) -> None:
    """Give out today's decisions: money that is granted takes over open needs."""
    held = desk.applications
    rows = np.flatnonzero(held["decides"] == city.day)
    if not len(rows):
        return
    keys = (held[name][rows] for name in ("household", "policy", "filed"))
    yes = chance(city, "confirmed", *keys)
    held["granted"][rows] = yes
    held["decides"][rows] = NO
    rows = rows[yes]
    household, fen = held["household"][rows].astype(np.int64), held["fen"][rows]
    policy = [desk.policies[p] for p in held["policy"][rows].tolist()]
    city.say("relief_granted", city.now + AT, len(rows), household=household, amount=fen)
    need, part = grant(city, household, policy, fen)
    city.count("relief_fen", part.sum())
    city.say(
        "need_reduced", city.now + AT, len(need),
        need=need, household=city.needs["household"][need], amount=part,
    )  # fmt: skip


STAGE = Stage("relief", step, begin)
