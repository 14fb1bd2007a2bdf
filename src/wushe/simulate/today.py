"""The city as the library sees it on one day: open needs, and what every helper has free."""

from __future__ import annotations

import numpy as np

from wushe.model.parties import LEVELS
from wushe.model.storage import UNKNOWN_INT, Array
from wushe.model.tables import Table
from wushe.network import LinkageNetwork, build_network
from wushe.simulate.city import (
    DAY,
    KNOWN_FROM,
    LISTED,
    ROUND_AT,
    URGENCY_WORDS,
    VOLUNTEERS,
    WEEK,
    City,
)
from wushe.simulate.names import ids_of
from wushe.simulate.world.filled import filled_table, one_of, same

HOUR = 60
_URGENCY = np.array(URGENCY_WORDS, dtype=object)
_LEVEL = np.array(list(LEVELS), dtype=object)


def some_rows(whole: Table, rows: Array) -> Table:
    """Return the table of `rows`, ascending."""
    columns = {name: column[rows] for name, column in whole.columns.items()}
    return Table(whole.kind, columns, whole.rows[rows], whole.source)


def open_needs(city: City) -> Array:
    """Return the rows of needs on the needs list of which something is not ordered yet, int64."""
    needs = city.needs
    return np.flatnonzero((needs["state"] == LISTED) & (needs["left"] > needs["ordered"]))


def network_today(city: City, needs: Array) -> LinkageNetwork:
    """Return the network of `needs` (rows), those whom they are for, and all helpers with something free."""
    people = city.people
    homes = np.unique(city.needs["household"][needs])
    tables = {
        kind: people.tables[kind]
        for kind in ("places", "communities", "organizations", "stations", "volunteer_teams")
        if kind in people.tables
    }
    tables |= {
        "households": _households(city, homes),
        "needs": _needs(city, needs),
        "social_workers": _workers(city),
        "volunteers": _volunteers(city),
        "resources": _lots(city),
        "funds": _funds(city),
    }
    tables["services"] = _services(city, homes, tables["volunteers"])
    plugins = city.plugins
    return build_network(tables, plugins.categories, plugins.target_groups, plugins.versions)


def _households(city: City, rows: Array) -> Table:
    whole = some_rows(city.people.tables["households"], rows)
    columns = {**whole.columns, "referral_consent": city.house["consent"][rows]}
    return Table(whole.kind, columns, whole.rows, whole.source)


def date_of(city: City, instants: Array) -> Array:
    """Return the calendar date of instants or days, datetime64[D]; NaT for NaN."""
    days = np.floor(instants / DAY)
    found: Array = np.datetime64(city.scenario.start, "D") + np.where(np.isnan(days), 0, days).astype(np.int64)  # fmt: skip
    return np.where(np.isnan(days), np.datetime64("NaT", "D"), found)


def day_date(city: City, days: Array) -> Array:
    """Return the calendar date of day numbers, datetime64[D]; NaT where below 0."""
    return date_of(city, np.where(days < 0, np.nan, days * DAY))


def _needs(city: City, rows: Array) -> Table:
    n = city.needs
    dimension = [city.plugins.categories[c].dimension for c in city.categories]
    category = n["category"][rows]
    return filled_table(
        "needs",
        id=ids_of("needs", rows),
        category=np.array(city.categories, dtype=object)[category],
        household=city.people.tables["households"].ids[n["household"][rows]],
        quantity=n["left"][rows] - n["ordered"][rows],
        unit=np.array(dimension, dtype=object)[category],
        urgency=_URGENCY[n["urgency"][rows]],
        asked_on=date_of(city, n["known"][rows]),
        due=day_date(city, n["due"][rows]),
    )  # fmt: skip


def _volunteers(city: City) -> Table:
    v = city.volunteers
    free = v["weekly"] - v["open"] - v["done"]
    rows = np.flatnonzero(v["active"] & (free >= HOUR) & _may_be_asked(city))
    teams = city.people.tables["volunteer_teams"]
    in_team = np.full(len(rows), None, dtype=object)
    some = np.flatnonzero(v["team"][rows] >= 0)
    for at, team in zip(some.tolist(), v["team"][rows[some]].tolist(), strict=True):
        in_team[at] = (teams.ids[team],)
    return filled_table(
        "volunteers",
        id=ids_of("volunteers", rows),
        name=ids_of("volunteers", rows),
        place=city.people.communities[v["home"][rows]],
        teams=in_team,
        skills=one_of(city.skill_sets, v["skills"][rows]),
        weekly_hours=free[rows] // HOUR,
        reach=_LEVEL[v["reach"][rows]],
        vetted_on=_vetted(city, v["vetted"][rows]),
    )  # fmt: skip


def _may_be_asked(city: City) -> Array:
    """Return which volunteers were not asked as often in the last seven days as any rule allows, bool (n,)."""
    calls, rules_for = city.calls, city.plugins.order_rules_for
    most = max(rules_for(category).weekly_calls for category in city.categories)
    lately = (calls["kind"] == VOLUNTEERS) & (calls["at"] > city.now + ROUND_AT - WEEK * DAY)
    asked = np.bincount(calls["provider"][lately], minlength=len(city.volunteers))
    found: Array = asked < most
    return found


def _vetted(city: City, days: Array) -> Array:
    start = np.datetime64(city.scenario.start, "D")
    known = days > KNOWN_FROM
    found: Array = np.where(known, start + np.where(known, days, 0), np.datetime64("NaT", "D"))
    return found


def _workers(city: City) -> Table:
    w = city.workers
    free = np.maximum(w["weekly"] - w["open"] - w["done"], 0)
    rows = np.arange(len(w))  # those without a free hour offer nothing, but may lead a team
    limit = w["limit"][rows].astype(np.int64)
    return filled_table(
        "social_workers",
        id=ids_of("social_workers", rows),
        name=ids_of("social_workers", rows),
        station=city.people.tables["stations"].ids[w["station"][rows]],
        skills=one_of(city.skill_sets, w["skills"][rows]),
        weekly_hours=free[rows] // HOUR,
        caseload=w["caseload"][rows],
        caseload_limit=np.where(limit < 0, UNKNOWN_INT, limit),
        vetted_on=_vetted(city, w["vetted"][rows]),
    )  # fmt: skip


def _places(city: City, homes: Array) -> Array:
    found = np.full(len(homes), None, dtype=object)
    found[homes >= 0] = city.people.communities[homes[homes >= 0]]
    return found


def _lots(city: City) -> Table:
    lots = city.lots
    rows = np.flatnonzero(lots["on_hand"] > 0)
    category = lots["category"][rows]
    words = [(c,) for c in city.categories]
    dimension = [city.plugins.categories[c].dimension for c in city.categories]
    per_need = lots["per_need"][rows]
    return filled_table(
        "resources",
        id=ids_of("resources", rows),
        name=ids_of("resources", rows),
        categories=one_of(words, category),
        quantity=lots["on_hand"][rows],
        unit=np.array(dimension, dtype=object)[category],
        holder=city.people.tables["organizations"].ids[lots["organization"][rows]],
        place=_places(city, lots["home"][rows]),
        reach=_LEVEL[lots["reach"][rows]],
        expires_on=day_date(city, lots["expires"][rows]),
        per_need=np.where(per_need < 0, UNKNOWN_INT, per_need),
    )  # fmt: skip


def _funds(city: City) -> Table:
    funds, free = city.funds, city.money.free
    rows = np.flatnonzero(free[: len(funds)] > 0)
    per_need = funds["per_need"][rows]
    places, home = city.people.tables["places"].ids, funds["home"][rows]
    at = np.full(len(rows), None, dtype=object)
    at[home >= 0] = places[home[home >= 0]]
    return filled_table(
        "funds",
        id=ids_of("funds", rows),
        name=ids_of("funds", rows),
        host=city.people.tables["organizations"].ids[funds["organization"][rows]],
        nature=same("donation", len(rows)),
        balance_fen=free[rows],
        place=at,
        reach=_LEVEL[funds["reach"][rows]],
        purposes=one_of(city.purpose_sets, funds["purposes"][rows]),
        per_need_fen=np.where(per_need < 0, UNKNOWN_INT, per_need),
    )  # fmt: skip


def _services(city: City, homes: Array, volunteers: Table) -> Table:
    """Return who helped these households last, of those who have something free: continuity (同一帮扶人)."""
    last = city.house["last_helper"][homes]
    some = np.flatnonzero(last >= 0)
    provider = ids_of("volunteers", last[some])
    there = volunteers.row_of(provider) >= 0
    some, provider = some[there], provider[there]
    households = city.people.tables["households"].ids[homes[some]]
    ids = np.empty(len(some), dtype=object)
    ids[:] = [f"S-{key}" for key in households]
    return filled_table("services", id=ids, provider=provider, household=households)
