"""Intake (接案): a worker of the station looks at what was reported, then the need is on the needs list.

Each station is one queue, first come first served, in working time, see `wushe.simulate.needs.queue`. With offices
open day and night, Poisson reports, a spread of 1 and nobody on duty it is the queue M/M/c exactly. Emergencies do not
wait for an office to open: somebody on duty looks at them at once, beside the workers of the queue.
"""

from __future__ import annotations

import attrs
import numpy as np
from scipy.special import gammaincinv

from wushe.model.storage import Array
from wushe.simulate.assumptions import Assumption, shares
from wushe.simulate.city import DAY, EMERGENCY, KNOWN, LISTED, NO, City
from wushe.simulate.needs.queue import OfficeHours, serve
from wushe.text import Text

ASSUMPTIONS = (
    Assumption("intake.minutes", 45.0, "minutes, mean", Text("每件反馈的接案时间", "time that a worker takes for one report"), low=1e-6),
    Assumption("intake.spread", 0.6, "standard deviation over mean", Text("接案时间的离散度（1为指数分布）", "spread of that time (1: exponential)")),
    Assumption("intake.opens", 510.0, "minute of the day", Text("上班时刻", "when offices open"), high=DAY),
    Assumption("intake.closes", 1050.0, "minute of the day", Text("下班时刻", "when offices close"), high=DAY),
    Assumption("intake.days", 5.0, "days a week, from Monday on", Text("每周工作日数", "working days of a week"), low=1.0, high=7.0, whole=True),
    *shares(
        ("intake.duty", 1.0, "急难由值班人员随时接案的占比", "emergencies that somebody on duty looks at at once, day and night"),
        ("intake.consent", 0.9, "同意转介的家庭占比", "households that consent to be referred"),
    ),
)  # fmt: skip


@attrs.define(eq=False)
class Offices:
    """The stations' offices and what they have in hand.

    `station` int64 (n_communities,): the row of the station that serves each; `staff`: rows of the workers of each
    station. `waiting` int64 and `until` float (n,): rows of needs, and the instants at which their intake ends.
    """

    hours: OfficeHours
    station: Array
    staff: dict[int, Array]
    waiting: Array
    until: Array


def open_offices(city: City) -> None:
    """Set up the stations' queues. Raises ValueError where no station has a worker."""
    if not len(city.workers):
        raise ValueError(
            "the scenario has no social workers; expected at least one, since every report passes a station"
        )
    monday = -city.scenario.start.weekday()
    hours = OfficeHours(
        city["intake.opens"], city["intake.closes"], int(city["intake.days"]), monday
    )
    at = city.workers["station"]
    staff = {int(s): np.flatnonzero(at == s) for s in np.unique(at)}
    none = np.array([], dtype=np.int64), np.array([])
    city.memory["intake"] = Offices(hours, stations_of(city, np.unique(at)), staff, *none)


def stations_of(city: City, open_ones: Array) -> Array:
    """Return the station that serves each community, int64 (n_communities,): rows out of `open_ones`.

    That of the community itself or of its street (several take turns), else the nearest one.
    """
    people = city.people
    place = city.people.tables["stations"]["place"][open_ones]
    near = np.column_stack([people.lon * np.cos(np.radians(np.nanmean(people.lat))), people.lat])
    serves = (place[None, :] == people.communities[:, None]) | (
        place[None, :] == people.streets[people.street][:, None]
    )
    seat = np.array(
        [near[mine].mean(axis=0) if mine.any() else near.mean(axis=0) for mine in serves.T]
    )
    found = np.empty(len(near), dtype=np.int64)
    for community, mine in enumerate(serves):
        own = np.flatnonzero(mine)
        if len(own):
            found[community] = open_ones[own[community % len(own)]]
        else:
            found[community] = open_ones[((seat - near[community]) ** 2).sum(axis=1).argmin()]
    return found


def intake_minutes(city: City, rows: Array) -> Array:
    """Return how long a worker takes for the report of each need, float (n,): the same whenever it is asked."""
    needs, spread = city.needs, city["intake.spread"]
    if spread == 0:
        return np.full(len(rows), city["intake.minutes"])
    minute = needs["arose"][rows].astype(np.int64)
    uniform = city.streams.draw("intake.minutes", needs["household"][rows], minute)
    found: Array = gammaincinv(spread**-2, uniform) * spread**2 * city["intake.minutes"]
    return found


def report(city: City, rows: Array) -> None:
    """Queue needs that became known today, but for emergencies on duty; `rows` in the order in which they did."""
    offices: Offices = city.memory["intake"]
    needs, worked = city.needs, city.workers["free_at"]
    at_once = _on_duty(city, rows)
    urgent, rows = rows[at_once], rows[~at_once]
    wait_until(city, urgent, needs["known"][urgent] + intake_minutes(city, urgent))
    station = offices.station[city.people.home[needs["household"][rows]]]
    at, minutes = offices.hours.minutes(needs["known"][rows]), intake_minutes(city, rows)
    ends = np.empty(len(rows))
    for one in np.unique(station).tolist():
        mine, staff = np.flatnonzero(station == one), offices.staff[one]
        free_at = worked[staff]
        begins, _ = serve(at[mine], minutes[mine], free_at)
        worked[staff] = free_at
        ends[mine] = begins + minutes[mine]
    # What takes no time at all would end when the offices closed last, before anybody reported it.
    wait_until(city, rows, np.maximum(offices.hours.instants(ends), needs["known"][rows]))


def _on_duty(city: City, rows: Array) -> Array:
    """Return which needs somebody on duty looks at at once, bool (n,)."""
    needs = city.needs
    minute = needs["arose"][rows].astype(np.int64)
    draws = city.streams.draw("intake.duty", needs["household"][rows], minute)
    found: Array = (needs["urgency"][rows] == EMERGENCY) & (draws < city["intake.duty"])
    return found


def wait_until(city: City, rows: Array, instants: Array) -> None:
    """Have needs listed at `instants`, by `promote`."""
    offices: Offices = city.memory["intake"]
    offices.waiting = np.concatenate([offices.waiting, rows])
    offices.until = np.concatenate([offices.until, instants])


def promote(city: City, until: float) -> None:
    """List the needs whose intake ends by the instant `until`, and ask their households for consent once."""
    offices: Offices = city.memory["intake"]
    done = offices.until <= until
    rows, at = offices.waiting[done], offices.until[done]
    offices.waiting, offices.until = offices.waiting[~done], offices.until[~done]
    still = city.needs["state"][rows] == KNOWN  # some lapsed while they waited
    rows, at = rows[still], at[still]
    city.needs["state"][rows] = LISTED
    city.needs["listed"][rows] = at
    homes = city.needs["household"][rows]
    _ask(city, homes)
    city.say("need_listed", at, n=len(rows), need=rows, household=homes)


def _ask(city: City, homes: Array) -> None:
    new = np.unique(homes[city.house["consent"][homes] == NO])
    agreed = city.streams.draw("intake.consent", new) < city["intake.consent"]
    city.house["consent"][new] = agreed
