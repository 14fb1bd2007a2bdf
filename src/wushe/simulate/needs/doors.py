"""Whose door is knocked on today (敲门行动): planned visits by the library's own list, and street rounds."""

from __future__ import annotations

import attrs
import numpy as np

from wushe.identify.due import due_list
from wushe.model.storage import Array
from wushe.model.tables import Table
from wushe.network import LinkageNetwork, build_network
from wushe.simulate.assumptions import Assumption, shares
from wushe.simulate.city import NO, WEEK, City
from wushe.simulate.needs.intake import Offices
from wushe.simulate.today import day_date, some_rows
from wushe.simulate.world.filled import filled_table, same
from wushe.text import Text

ASSUMPTIONS = (
    Assumption("visits.doors_per_worker_week", 10.0, "households a week", Text("每名社工每周敲门户数", "doors that a social worker knocks on")),
    *shares(
        ("visits.planned", 0.8, "按名单走访的占比，其余为随机入户", "doors that are taken from the list of who is due; the rest at random"),
        ("visits.finds", 0.8, "一次走访能发现某项需求的概率", "chance that a visit finds a hidden need"),
    ),
    Assumption("visits.review_days", 91.0, "days", Text("走访名单更新间隔", "days after which the list of who is due is made anew"), low=1.0),
    Assumption("visits.minutes", 30.0, "minutes", Text("一次走访的时长", "how long a visit takes")),
)  # fmt: skip


RELIEF_LISTS = ("dibao", "low_income", "tekun")
"""Groups that government relief keeps lists of."""


@attrs.define(eq=False)
class Rounds:
    """Who goes where, station by station.

    `open` int64 (n,): stations that have workers; `doors` float (n,): on how many doors each knocks a working day.
    `homes`: households, those of ``open[i]`` are ``homes[first[i] : first[i + 1]]``. `listed`: households that are due,
    most pressing first, those of ``open[i]`` are ``listed[upto[i] : upto[i + 1]]``, of which the first ``used[i]`` were
    visited. `made`: the day of that list.
    """

    open: Array
    doors: Array
    homes: Array
    first: Array
    listed: Array
    upto: Array
    used: Array
    made: int = NO


def plan_rounds(city: City) -> None:
    """Set up the stations' rounds; after `wushe.simulate.needs.intake.open_offices`."""
    offices: Offices = city.memory["intake"]
    open_ones = np.array(sorted(offices.staff), dtype=np.int64)
    staff = np.array([len(offices.staff[s]) for s in open_ones.tolist()])
    homes, first = _by_station(city, open_ones, np.arange(len(city.people)))
    none = np.array([], dtype=np.int64)
    city.memory["visits"] = Rounds(
        open=open_ones,
        doors=staff * (city["visits.doors_per_worker_week"] / offices.hours.days),
        homes=homes,
        first=first,
        listed=none,
        upto=np.zeros(len(open_ones) + 1, dtype=np.int64),
        used=np.zeros(len(open_ones), dtype=np.int64),
    )


def _by_station(city: City, open_ones: Array, homes: Array) -> tuple[Array, Array]:
    """Return households grouped by their station, order kept, and where each group begins and the last one ends."""
    offices: Offices = city.memory["intake"]
    station = np.searchsorted(open_ones, offices.station[city.people.home[homes]])
    order = np.argsort(station, kind="stable")
    first = np.searchsorted(station[order], np.arange(len(open_ones) + 1))
    return homes[order], first


def knock(city: City) -> tuple[Array, Array]:
    """Return the households that are visited today, and when, float (n,); none on days off."""
    offices: Offices = city.memory["intake"]
    rounds: Rounds = city.memory["visits"]
    none = np.array([], dtype=np.int64), np.array([])
    weekday = (city.day - offices.hours.monday) % WEEK
    if weekday >= offices.hours.days or not rounds.doors.any():
        return none
    if rounds.made == NO or city.day - rounds.made >= city["visits.review_days"]:
        renew_list(city)
    n, planned = _numbers(city, rounds)
    planned = np.minimum(planned, np.diff(rounds.upto) - rounds.used)
    which = np.repeat(np.arange(len(n)), planned)
    nth = np.arange(len(which)) - np.repeat(np.cumsum(planned) - planned, planned)
    due = rounds.listed[(rounds.upto[:-1] + rounds.used)[which] + nth]
    rounds.used += planned
    homes = np.unique(np.concatenate([due, _street_round(city, rounds, n - planned)]))
    hours = offices.hours
    at = city.now + hours.opens + hours.length * city.streams.draw("visits.at", homes, city.day)
    _note(city, homes, at)
    return homes, at


def _numbers(city: City, rounds: Rounds) -> tuple[Array, Array]:
    """Return how many doors each station knocks on today, and how many of them by the list.

    Parts of a door are carried over to the next working day.
    """
    offices: Offices = city.memory["intake"]
    week, weekday = divmod(city.day - offices.hours.monday, WEEK)
    before = week * offices.hours.days + weekday
    upto = np.floor(rounds.doors * np.array([[before], [before + 1]])).astype(np.int64)
    by_list = np.floor(upto * city["visits.planned"]).astype(np.int64)
    return upto[1] - upto[0], by_list[1] - by_list[0]


def _street_round(city: City, rounds: Rounds, n: Array) -> Array:
    """Return households anywhere in each station's area, `n` draws for each station."""
    which = np.repeat(np.arange(len(n)), n)
    nth = np.arange(len(which)) - np.repeat(np.cumsum(n) - n, n)
    uniform = city.streams.draw("visits.door", rounds.open[which], city.day, nth)
    there = np.diff(rounds.first)[which]
    found: Array = rounds.homes[
        (rounds.first[which] + np.floor(uniform * there).astype(np.int64))[there > 0]
    ]
    return found


def _note(city: City, homes: Array, at: Array) -> None:
    city.house["visited"][homes] = city.day
    city.house["found"][homes] = True
    city.say("visit_made", at, n=len(homes), household=homes)


def on_list(city: City) -> Array:
    """Return the households that a station has on its list (在册), rows.

    They are of a group that the plugins want visited regularly or that government relief has on its own list,
    or were found before.
    """
    regular = [
        group for group in city.people.group_ids if f"group_{group}" in city.plugins.risk_signals
    ]
    bits = [
        city.people.group_ids.index(g)
        for g in (*regular, *RELIEF_LISTS)
        if g in city.people.group_ids
    ]
    mask = np.bitwise_or.reduce(
        np.uint32(1) << np.array(bits, dtype=np.uint32), initial=np.uint32(0)
    )
    return np.flatnonzero((city.people.groups & mask != 0) | city.house["found"])


def renew_list(city: City) -> None:
    """Make the list of who is due anew: the library's `due_list` of everybody on the stations' lists."""
    rounds: Rounds = city.memory["visits"]
    network = network_of_doors(city, on_list(city))
    due = due_list(network, city.plugins, city.on)
    homes = city.people.tables["households"].row_of(due.household)
    rounds.listed, rounds.upto = _by_station(city, rounds.open, homes)
    rounds.used = np.zeros(len(rounds.open), dtype=np.int64)
    rounds.made = city.day


def network_of_doors(city: City, homes: Array) -> LinkageNetwork:
    """Return the network of some households, those who live in them and when each was visited last."""
    people, plugins = city.people, city.plugins
    households = some_rows(people.tables["households"], homes)
    persons = people.tables["persons"]
    inside = np.flatnonzero(households.row_of(persons["household"]) >= 0)
    kinds = ("places", "communities", "organizations", "stations")
    tables = {kind: people.tables[kind] for kind in kinds} | {
        "households": households,
        "persons": some_rows(persons, inside),
        "visits": _visits(city, homes),
    }
    return build_network(tables, plugins.categories, plugins.target_groups, plugins.versions)


def _visits(city: City, homes: Array) -> Table:
    seen = homes[city.house["visited"][homes] != NO]
    household = city.people.tables["households"].ids[seen]
    ids = np.empty(len(seen), dtype=object)
    ids[:] = [f"B-{key}" for key in household]
    rest = filled_table(
        "visits", id=ids, on=day_date(city, city.house["visited"][seen]), household=household, outcome=same("met", len(seen))
    )  # fmt: skip
    # A column of visits is called as the first argument is.
    return Table(rest.kind, {**rest.columns, "kind": same("door", len(seen))}, rest.rows, "")
