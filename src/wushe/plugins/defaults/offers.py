"""From parties to offers, column by column: what the helpers, lots and funds of a city can give now."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

import wushe
from wushe import Context, Table, hookimpl

Offers = dict[str, list[Any]]
"""Columns of the offers table; a column that is left out is unknown in every row."""
_HELPERS_SAY = (
    *("place", "reach", "available_from", "available_to", "skills", "vetted_on"),
    *("weekdays", "starts", "ends", "travel_km"),
)
_WORKERS_SAY = ("skills", "vetted_on", "weekdays", "starts", "ends", "travel_km")
_LOTS_SAY = (
    *("categories", "quantity", "unit", "place", "reach", "available_from"),
    *("for_places", "for_groups", "for_clients", "per_need", "pack"),
)


@hookimpl
def derive_offers(parties: Mapping[str, Table], context: Context) -> Table:
    """Volunteers' and social workers' weekly hours, lots of goods and slots, balances of funds.

    A party whose hours, quantity or balance is unknown offers nothing: unknown is not a guess.
    """
    parts = [
        _helpers(parties["volunteers"], context, "street"),
        _workers(parties, context),
        _resources(parties, context),
        _funds(parties),
    ]
    columns: Offers = {name: [] for part in parts for name in part}
    for part in parts:
        n = len(part["id"])
        for name, column in columns.items():
            column.extend(part.get(name) or [None] * n)
    return wushe.make_table("offers", columns)


def _values(table: Table, field: str, rows: Any) -> list[Any]:
    """Return the values of `field` at `rows` as Python has them, None where unknown."""
    values, known = table[field][rows].tolist(), table.known(field)[rows].tolist()
    return [value if k else None for value, k in zip(values, known, strict=True)]


def _positive(table: Table, field: str) -> Any:
    return table.known(field) & (table[field] > 0)


def _some(table: Table, field: str) -> Any:
    """Return where a field of tags is known and not empty."""
    return np.fromiter(map(bool, table[field]), dtype=bool, count=len(table))


def _offer_id(party: str, what: str) -> str:
    """Return the id of a derived offer; ids that would grow beyond 64 characters end in a digest."""
    if len(party) + len(what) < 64:
        return f"{party}:{what}"
    digest = hashlib.sha256(party.encode()).hexdigest()[:12]
    return f"{party[: 50 - len(what)]}~{digest}:{what}"


def _offers_of(table: Table, rows: Any, what: str, fields: tuple[str, ...]) -> Offers:
    """Return id and provider of one offer for each of `rows`, and `fields` as the party has them."""
    return {
        "id": [_offer_id(party, what) for party in table.ids[rows]],
        "provider": table.ids[rows].tolist(),
        **{name: _values(table, name, rows) for name in fields},
    }


def _hours(people: Table, able: Any, context: Context, fields: tuple[str, ...]) -> Offers:
    """Return the weekly hours of those who are `able`, for the categories that their skills suffice for."""
    services = [
        (category.id, frozenset(category.skills))
        for category in context.categories.values()
        if category.form == "service" and category.dimension == "minute" and category.skills
    ]

    @cache
    def served_by(skills: tuple[str, ...] | None) -> tuple[str, ...]:
        had = frozenset(skills or ())
        return tuple(category for category, asked in services if asked <= had)

    categories = [served_by(skills) for skills in people["skills"]]
    fit = np.fromiter(map(bool, categories), dtype=bool, count=len(people))
    rows = np.flatnonzero(able & fit & _positive(people, "weekly_hours"))
    return {
        **_offers_of(people, rows, "hours", fields),
        "categories": [categories[row] for row in rows.tolist()],
        "quantity": people["weekly_hours"][rows].tolist(),
        "unit": ["hour"] * len(rows),
    }


def _helpers(people: Table, context: Context, reach: str) -> Offers:
    offers = _hours(people, np.ones(len(people), dtype=bool), context, _HELPERS_SAY)
    return {**offers, "reach": [stated or reach for stated in offers["reach"]]}


def _workers(parties: Mapping[str, Table], context: Context) -> Offers:
    """Return workers' hours within the place of their station; without a station nobody knows where."""
    workers, stations = parties["social_workers"], parties["stations"]
    place_of = dict(zip(stations.ids, stations["place"], strict=True))
    station_of = dict(zip(workers.ids, workers["station"], strict=True))
    offers = _hours(workers, workers.known("station"), context, _WORKERS_SAY)
    return {**offers, "place": [place_of.get(station_of[w]) for w in offers["provider"]]}


def _homes(parties: Mapping[str, Table]) -> dict[str | None, str | None]:
    organizations = parties["organizations"]
    return dict(zip(organizations.ids, organizations["place"], strict=True))


def _resources(parties: Mapping[str, Table], context: Context) -> Offers:
    lots, home = parties["resources"], _homes(parties)
    rows = np.flatnonzero(lots.known("quantity") & _some(lots, "categories"))
    offers = _offers_of(lots, rows, "lot", _LOTS_SAY)
    holders = lots["holder"][rows]

    @cache
    def brought(categories: tuple[str, ...]) -> tuple[str, ...] | None:
        """Whoever gives slots of a service brings the people who can do it."""
        return tuple(sorted({s for c in categories for s in context.categories[c].skills})) or None

    return {
        **offers,
        "place": [p or home.get(h) for p, h in zip(offers["place"], holders, strict=True)],
        "available_to": _values(lots, "expires_on", rows),
        "skills": [brought(categories) for categories in offers["categories"]],
    }


def _funds(parties: Mapping[str, Table]) -> Offers:
    funds, home = parties["funds"], _homes(parties)
    gives = _positive(funds, "balance_fen") & _some(funds, "purposes")
    rows = np.flatnonzero(gives & (funds["per_need_fen"] != 0))
    offers = _offers_of(funds, rows, "balance", ("place", "reach", "for_groups"))
    hosts = funds["host"][rows]
    return {
        **offers,
        "categories": funds["purposes"][rows].tolist(),
        "quantity": funds["balance_fen"][rows].tolist(),
        "unit": ["fen"] * len(rows),
        "place": [p or home.get(h) for p, h in zip(offers["place"], hosts, strict=True)],
        "per_need": _values(funds, "per_need_fen", rows),
    }
