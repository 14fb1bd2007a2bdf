"""The stage ``visits``: hidden needs are found, by knocking on doors, by neighbours, grid workers, a call or an office.

A planned visit goes where the library's own list of who is due sends it; a random one is a street round. What
a visitor finds is looked at on the spot; what others report waits for intake at the station.
"""

from __future__ import annotations

import numpy as np

from wushe.model.storage import Array
from wushe.simulate.assumptions import Assumption, shares
from wushe.simulate.city import DAY, EMERGENCY, FOUND_BY, HIDDEN, KNOWN, ROUND_AT, City
from wushe.simulate.needs.doors import ASSUMPTIONS as DOOR_ASSUMPTIONS
from wushe.simulate.needs.doors import knock, plan_rounds
from wushe.simulate.needs.intake import ASSUMPTIONS as INTAKE_ASSUMPTIONS
from wushe.simulate.needs.intake import open_offices, promote, report, wait_until
from wushe.simulate.stage import Stage
from wushe.simulate.streams import exponential
from wushe.text import Text

_VISIT, _NEIGHBOUR, _GRID, _SELF, _OFFICE = range(len(FOUND_BY))

ASSUMPTIONS = (
    *shares(("finding.self_share", 0.2, "自己会来求助的需求占比", "needs for which the household will call by itself")),
    Assumption("finding.self_days", 10.0, "days, mean of an exponential", Text("自己来求助前的时间", "time until a household calls by itself")),
    *shares(("finding.emergency_share", 0.7, "急难时自己会来求助的占比（至少）", "at least so many emergencies for which the household will call")),
    Assumption("finding.emergency_days", 0.5, "days, mean of an exponential", Text("急难时自己来求助前的时间（至多）", "time until they call in an emergency, at most")),
    Assumption("finding.tie_rate", 0.001, "per tie and day", Text("每户熟识邻里每天发现并反馈的率", "rate at which a household that knows them notices and reports")),
    Assumption("finding.joined_factor", 3.0, "times", Text("参与社区慈善的邻里的关注倍数", "how much more often those who take part in community charity report")),
    Assumption("finding.grid_doors", 30.0, "households a day", Text("每名移动网格员每天经过并留意的户数", "households that a mobile grid worker passes and heeds")),
    Assumption("finding.grid_notices", 0.02, "chance at each household", Text("移动网格员每次留意而发现一项需求的概率", "chance that a mobile grid worker notices a need"), high=1.0),
    Assumption("finding.office_rate", 0.002, "per day", Text("其他部门比对推送困难家庭一项需求的率", "rate at which another office pushes a need of a household in hardship")),
    Assumption("finding.up_from", 480.0, "minute of the day", Text("每天开始反馈的时刻", "when neighbours, mobile grid workers and offices begin to report"), high=DAY),
    Assumption("finding.up_to", 1200.0, "minute of the day", Text("每天结束反馈的时刻", "when they have done for the day"), high=DAY),
    *DOOR_ASSUMPTIONS,
    *INTAKE_ASSUMPTIONS,
)  # fmt: skip


def begin(city: City) -> None:
    """Open the stations and plan their rounds. Raises ValueError."""
    open_offices(city)
    plan_rounds(city)
    n = len(city.people.communities)
    city.memory["finding"] = np.maximum(np.bincount(city.people.home, minlength=n), 1)


def find(city: City) -> None:
    """Let today's visits, neighbours, grid workers, callers and offices find hidden needs, and list what passed intake."""
    homes, at = knock(city)
    hidden = np.flatnonzero(city.needs["state"] == HIDDEN)
    ways = np.full((len(FOUND_BY), len(hidden)), np.inf)
    ways[_VISIT] = _by_visits(city, hidden, homes, at)
    ways[_NEIGHBOUR] = _by_people(city, "neighbour", hidden, _neighbours(city, hidden))
    ways[_GRID] = _by_people(city, "grid", hidden, _grid_workers(city, hidden))
    ways[_SELF] = _by_themselves(city, hidden)
    in_hardship = city.people.hardship[city.needs["household"][hidden]]
    ways[_OFFICE] = _by_people(city, "office", hidden, city["finding.office_rate"] * in_hardship)
    first = ways.min(axis=0)
    today = np.flatnonzero(first < city.now + DAY)
    order = today[np.argsort(first[today], kind="stable")]
    _found(city, hidden[order], first[order], ways[:, order].argmin(axis=0))
    promote(city, city.now + ROUND_AT)


def _found(city: City, rows: Array, known: Array, way: Array) -> None:
    """Note who found the needs `rows` and when, in order of time, and send them to intake."""
    needs = city.needs
    needs["state"][rows] = KNOWN
    needs["known"][rows] = known
    needs["found_by"][rows] = way
    homes = needs["household"][rows]
    city.house["found"][homes] = True
    city.say("need_found", known, n=len(rows), need=rows, household=homes)
    for code, name in enumerate(FOUND_BY):
        city.count(f"found_by_{name}", int((way == code).sum()))
    seen = way == _VISIT
    wait_until(city, rows[seen], known[seen] + city["visits.minutes"])
    report(city, rows[~seen])


def _draw(city: City, name: str, rows: Array, *keys: int) -> Array:
    """Return a uniform number for each need, by household and minute: rows may differ between scenarios."""
    if not len(rows):
        return np.zeros(0)
    minute = city.needs["arose"][rows].astype(np.int64)
    return city.streams.draw(f"finding.{name}", city.needs["household"][rows], minute, *keys)


def _by_visits(city: City, hidden: Array, homes: Array, at: Array) -> Array:
    """Return when a visit finds each need, float (n_hidden,); inf where none does."""
    visited = np.full(len(city.people), np.inf)
    visited[homes] = at
    when = visited[city.needs["household"][hidden]]
    there = np.flatnonzero((when < np.inf) & (city.needs["arose"][hidden] < when))
    seen = there[_draw(city, "visit", hidden[there], city.day) < city["visits.finds"]]
    found = np.full(len(hidden), np.inf)
    found[seen] = when[seen]
    return found


def _by_people(city: City, name: str, hidden: Array, hazard: Array) -> Array:
    """Return when somebody notices each need at `hazard` a day, float (n_hidden,); inf where nobody does today."""
    begins, ends = city["finding.up_from"], city["finding.up_to"]
    some = np.flatnonzero(hazard > 0)
    some = some[_draw(city, name, hidden[some], city.day) < -np.expm1(-hazard[some])]
    when = city.now + begins + (ends - begins) * _draw(city, f"{name}_at", hidden[some], city.day)
    found = np.full(len(hidden), np.inf)
    found[some] = np.where(city.needs["arose"][hidden[some]] < when, when, np.inf)
    return found


def _neighbours(city: City, hidden: Array) -> Array:
    """Return the rate at which those who know the household report, per day, float (n_hidden,)."""
    people, rate = city.people, city["finding.tie_rate"]
    home = city.needs["household"][hidden]
    begins, ends = people.ties_start[home], people.ties_start[home + 1]
    many = ends - begins
    nth = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
    tied = people.ties[np.repeat(begins, many) + nth]
    joined = np.bincount(
        np.repeat(np.arange(len(home)), many), city.house["joined"][tied], minlength=len(home)
    )
    hazard: Array = rate * (many + joined * (city["finding.joined_factor"] - 1))
    return hazard


def _grid_workers(city: City, hidden: Array) -> Array:
    """Return the rate at which mobile grid workers of the community notice, per day, float (n_hidden,)."""
    home, helpers = city.people.home, city.volunteers
    households: Array = city.memory["finding"]
    about = helpers["home"][helpers["grid"] & helpers["active"]]
    there = np.bincount(about, minlength=len(households))
    notices = there * city["finding.grid_doors"] / households * city["finding.grid_notices"]
    hazard: Array = notices[home[city.needs["household"][hidden]]]
    return hazard


def _by_themselves(city: City, hidden: Array) -> Array:
    """Return when each household calls by itself, float (n_hidden,); inf where it never would.

    In an emergency no fewer call, and no later.
    """
    share, days = city["finding.self_share"], city["finding.self_days"]
    emergency = city.needs["urgency"][hidden] == EMERGENCY
    most = np.where(emergency, max(share, city["finding.emergency_share"]), share)
    mean = np.where(emergency, min(days, city["finding.emergency_days"]), days)
    calls = np.flatnonzero(_draw(city, "self", hidden) < most)
    delay = exponential(_draw(city, "self_days", hidden[calls])) * mean[calls] * DAY
    found = np.full(len(hidden), np.inf)
    found[calls] = city.needs["arose"][hidden[calls]] + delay
    return found


STAGE = Stage("visits", find, begin)
