"""Simulated helpers as `wushe.orders` enrolls them, for a city's own guards and for the replay."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from wushe.orders.city_guards import city_objections
from wushe.orders.records import Helper, Order, Slot
from wushe.simulate.city import HELPERS, KNOWN_FROM, URGENCY_WORDS, City
from wushe.simulate.names import ids_of
from wushe.simulate.orders.orderbook import Live


def helper_of(city: City, kind: int, row: int) -> Helper:
    """Return what is enrolled of a helper: a row of the table with code `kind` of `HELPERS`."""
    key = str(ids_of(HELPERS[kind], np.array([row]))[0])
    return Helper(key, HELPERS[kind], **_FACTS[kind](city, row))


def _volunteer(city: City, row: int) -> dict[str, Any]:
    rows, home = city.volunteers, int(city.volunteers["household"][row])
    return {
        "place": _community(city, int(rows["home"][row])),
        "vetted_on": date_text(city, int(rows["vetted"][row])),
        "weekly_minutes": int(rows["weekly"][row]),
        "skills": tuple(city.skill_sets[rows["skills"][row]]),
        "family": None if home < 0 else str(city.people.tables["households"].ids[home]),
    }


def _worker(city: City, row: int) -> dict[str, Any]:
    rows, stations = city.workers, city.people.tables["stations"]
    station, limit = int(rows["station"][row]), int(rows["limit"][row])
    return {
        "place": stations["place"][station] if station >= 0 else None,
        "vetted_on": date_text(city, int(rows["vetted"][row])),
        "caseload": int(rows["caseload"][row]),
        "caseload_limit": None if limit < 0 else limit,
        "weekly_minutes": int(rows["weekly"][row]),
        "skills": tuple(city.skill_sets[rows["skills"][row]]),
    }


def _lot(city: City, row: int) -> dict[str, Any]:
    lots = city.lots
    expires = int(lots["expires"][row])
    return {
        "place": _community(city, int(lots["home"][row])),
        "categories": (city.categories[lots["category"][row]],),
        "available_to": None if expires < 0 else date_text(city, expires),
    }


def _fund(city: City, row: int) -> dict[str, Any]:
    home = int(city.funds["home"][row])
    return {
        "place": None if home < 0 else str(city.people.tables["places"].ids[home]),
        "categories": tuple(city.purpose_sets[city.funds["purposes"][row]]),
    }


_FACTS = (_volunteer, _worker, _lot, _fund)


def date_text(city: City, day: int) -> str | None:
    """Return the date of a day as ISO text, None where it is not known."""
    return None if day < KNOWN_FROM else (city.scenario.start + dt.timedelta(days=day)).isoformat()


def _community(city: City, row: int) -> str | None:
    return None if row < 0 else str(city.people.communities[row])


def bar(city: City, orders: Sequence[Live]) -> None:
    """Mark the candidates of new orders whom the city's own guards refuse."""
    by_category: dict[int, list[Live]] = {}
    for live in orders:
        if live.rules.guarded:
            by_category.setdefault(live.category, []).append(live)
    for category, those in by_category.items():
        guards = city.plugins.order_rules_for(city.categories[category]).guards
        pairs = list(_pairs(city, those))
        against = iter(city_objections(guards, pairs))
        for live in those:
            live.candidates = [(*c[:3], bool(next(against))) for c in live.candidates]


def _pairs(city: City, orders: Sequence[Live]) -> Iterator[tuple[Order, Slot, Helper]]:
    """Yield each candidate of each order as guards see them."""
    helpers: dict[tuple[int, int], Helper] = {}
    for live in orders:
        order = order_of(city, live.order)
        for kind, row, _, _ in live.candidates:
            if (kind, row) not in helpers:
                helpers[kind, row] = helper_of(city, kind, row)
            yield order, order.slot(-1), helpers[kind, row]


def order_id(city: City, order: int) -> str:
    """Return the id that the store gives an order."""
    need, number = int(city.orders["need"][order]), int(city.orders["number"][order])
    key = f"O-{ids_of('needs', np.array([need]))[0]}"
    return key if number == 1 else f"{key}-{number}"


def order_of(city: City, order: int) -> Order:
    """Return an order as it is placed, without candidates."""
    need = int(city.orders["need"][order])
    household = int(city.needs["household"][need])
    kind = city.plugins.categories[city.categories[city.needs["category"][need]]]
    return Order(
        order_id(city, order), "plan", kind.id, kind.form, int(city.orders["amount"][order]), kind.dimension,
        str(city.people.tables["households"].ids[household]), "households", "", "",
        urgency=URGENCY_WORDS[city.needs["urgency"][need]],
        place=_community(city, int(city.people.home[household])), minor=kind.minors, skills=kind.skills,
    )  # fmt: skip
