"""One obstacle of one offer taken away: how its record would have to differ to serve a need."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

import attrs
import numpy as np

from wushe.matching.prepare import NATION, Prepared
from wushe.model.help import Offer
from wushe.model.parties import LEVELS, REACHES, WEEKDAYS
from wushe.network import LinkageNetwork


@attrs.frozen(eq=False)
class Case:
    """Need row `need` and offer row `row` of the columns in `small`, with the offer's record."""

    network: LinkageNetwork
    small: Prepared
    need: int
    row: int
    offer: Offer


@attrs.frozen(eq=False)
class Widening:
    """Other `values` for the offer; `amount` of `unit` (days, levels, ...) says how much; `what` is named."""

    values: Mapping[str, Any]
    amount: int
    unit: str
    what: str = ""


def _reach(case: Case) -> Widening:
    """The lowest level whose place both share; where that is reached already, the way may be longer."""
    offers = case.small.offers
    mine = case.small.needs["ancestors"][case.need]
    theirs = offers["ancestors"][case.row]
    shared = [level for level in range(len(LEVELS)) if mine[level] == theirs[level] >= 0]
    target, now = max(shared, default=NATION), int(offers["reach"][case.row])
    level = list(REACHES)[target]
    if now != NATION and target < now:
        return Widening({"reach": level}, now - target, "level", level)
    if case.offer.travel_km is not None:
        return Widening({"travel_km": None}, len(LEVELS), "level", level)
    return Widening({}, 0, "level")


def _skill(case: Case) -> Widening:
    has = set(case.offer.skills or ())
    missing = sorted(set(case.small.needs["skills"][case.need]) - has)
    skills = tuple(sorted(has | set(missing)))
    return Widening({"skills": skills}, len(missing), "skill", "、".join(missing))


def _vetting(case: Case) -> Widening:
    return Widening({"vetted_on": case.small.context.on}, 1, "vetting")


def _window(case: Case) -> Widening:
    """Dates first; where they fit, all days of the week and all hours of the day."""
    needs, on, offer = case.small.needs, case.small.context.on, case.offer
    day, due = _date(needs["on_day"][case.need]), _date(needs["due"][case.need])
    latest = day or (max(due, on) if due else None)
    until = max(day or on, on)
    values: dict[str, Any] = {}
    days = 0
    if offer.available_to is not None and offer.available_to < until:
        values["available_to"], days = until, (until - offer.available_to).days
    if offer.available_from is not None and latest is not None and offer.available_from > latest:
        values["available_from"], days = latest, days + (offer.available_from - latest).days
    if not values and day is not None:
        free = {"weekdays": tuple(WEEKDAYS), "starts": None, "ends": None}
        values = {name: new for name, new in free.items() if getattr(offer, name) is not None}
        days = 7
    return Widening(values, days, "day")


def _restriction(case: Case) -> Widening:
    """The need's own group, place or household is added to whatever the donor has restricted to."""
    needs, offer, values = case.small.needs, case.offer, {}
    groups = needs["groups"][case.need]
    if offer.for_groups and not set(groups) & set(offer.for_groups):
        values["for_groups"] = (*offer.for_groups, groups[0]) if groups else None
    places = case.network.tables["places"].ids
    path = [str(places[row]) for row in needs["ancestors"][case.need] if row >= 0]
    if offer.for_places and not set(path) & set(offer.for_places):
        values["for_places"] = (*offer.for_places, path[-1]) if path else None
    client = needs["client"][case.need]
    if offer.for_clients and client not in offer.for_clients:
        named = needs["client_kind"][case.need] != "person"
        values["for_clients"] = (*offer.for_clients, client) if named else None
    return Widening(values, len(values), "restriction")


def _date(day: np.datetime64) -> dt.date | None:
    return None if np.isnat(day) else dt.date.fromisoformat(str(day))


WIDEN: dict[str, Callable[[Case], Widening]] = {
    "reach": _reach,
    "skill": _skill,
    "vetting": _vetting,
    "window": _window,
    "restriction": _restriction,
}
"""By reason; no values where nothing of the offer could be widened."""
