"""Counting a month's records into figures by street and by way in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import attrs
import numpy as np

from wushe.model.storage import Array, unpack
from wushe.model.tables import Table
from wushe.network import LinkageNetwork
from wushe.report.month import (
    MEASURES,
    NO_STREET,
    TOTAL,
    WAY_MEASURES,
    WAYS,
    Figure,
    MonthFigures,
    MonthRow,
)
from wushe.text import Text

Tally = Counter[str]
_DATES = {
    "activities": "held_on",
    "services": "served_on",
    "needs": "asked_on",
    "wishes": "shown_from",
}


@attrs.frozen
class _Contact:
    """One visit or service: how many person-times (None: not recorded) and to whom."""

    way: str
    street: str | None
    person: str | None
    household: str | None
    times: int | None
    reached: bool | None


def count_month(network: LinkageNetwork, month: str) -> MonthFigures:
    """Return the figures of `month`, which is already checked."""
    where = _Where.of(network)
    gaps: Tally = Counter()
    contacts = [*_visits(network, where, month, gaps), *_services(network, where, month, gaps)]
    others = [
        *_activities(network, where, month),
        *_needs(network, where, month),
        *_wishes(network, where, month),
    ]
    streets = _streets(network)
    known = [_row(key, name, contacts, others) for key, name in streets.items()]
    loose = _row(None, NO_STREET, contacts, others)
    rows = (*known, loose) if any(f != Figure() for f in loose.figures) else tuple(known)
    ways = [
        MonthRow(way, name, _direct([c for c in contacts if c.way == way], records=True))
        for way, name in WAYS.items()
    ]
    return MonthFigures(
        month=month,
        rows=tuple(rows),
        total=MonthRow(None, TOTAL, _figures(contacts, others)),
        ways=tuple(ways),
        ways_total=MonthRow(None, TOTAL, _direct(contacts, records=True)),
        gaps=dict(sorted(gaps.items())),
        undated={
            name: int((~network.tables[name].known(field)).sum())
            for name, field in _DATES.items()
            if not network.tables[name].known(field).all()
        },
        versions=network.versions,
    )


# --- where ---------------------------------------------------------------------------------------


@attrs.frozen(eq=False)
class _Where:
    """Looks up the street of a place, and place and household of a subject, each by id."""

    network: LinkageNetwork
    rows: dict[str, dict[str, int]]

    @classmethod
    def of(cls, network: LinkageNetwork) -> _Where:
        names = ("places", "households", "persons", "institutions", "needs")
        return cls(
            network,
            {name: {key: i for i, key in enumerate(network.tables[name].ids)} for name in names},
        )

    def value(self, table: str, key: str | None, field: str) -> Any:
        """Return a field of the record with id `key`, None where either is unknown."""
        row = self.rows[table].get(key) if key is not None else None
        return None if row is None else unpack(self.network.tables[table][field], row)

    def street(self, place: str | None) -> str | None:
        """Return the id of the street of a place, None above street level."""
        row = self.rows["places"].get(place) if place is not None else None
        if row is None:
            return None
        found = int(self.network.places.at_level(np.array([row]), "street")[0])
        return None if found < 0 else str(self.network.places.ids[found])

    def home(
        self, household: str | None, person: str | None, institution: str | None = None
    ) -> str | None:
        """Return the street of whom a record is about: the person, the household, the institution."""
        own = self.value("persons", person, "household")
        places = (
            self.value("persons", person, "place"),
            self.value("households", own, "place"),
            self.value("households", household, "place"),
            self.value("institutions", institution, "place"),
        )
        return next((s for s in map(self.street, places) if s is not None), None)

    def lone(self, households: set[str]) -> dict[str, str]:
        """Return the person who lives alone in each of `households` where that is on record."""
        persons = self.network.tables["persons"]
        members: dict[str, list[str]] = {}
        for person, household in zip(persons.ids, persons["household"], strict=True):
            if household in households:
                members.setdefault(household, []).append(person)
        return {
            h: found[0]
            for h, found in members.items()
            if len(found) == 1 and self.value("households", h, "members_count") == 1
        }


def _streets(network: LinkageNetwork) -> dict[str, Text]:
    table = network.tables["places"]
    return {
        key: Text(name, name)
        for key, name, level in zip(table.ids, table["name"], table["level"], strict=True)
        if level == "street"
    }


def _records(table: Table, field: str, month: str) -> Iterator[Any]:
    """Yield the records dated in `month`."""
    dates: Array = table[field]
    # An unknown date (NaT) equals no month.
    for row in np.flatnonzero(dates.astype("datetime64[M]") == np.datetime64(month, "M")).tolist():
        yield table.record(row)


# --- what ----------------------------------------------------------------------------------------


def _visits(network: LinkageNetwork, where: _Where, month: str, gaps: Tally) -> Iterator[_Contact]:
    visits = list(_records(network.tables["visits"], "on", month))
    lone = where.lone({v.household for v in visits if v.household and not v.person})
    for visit in visits:
        if not visit.household and not visit.person:
            gaps["institution_contacts"] += 1
            yield _Contact(
                visit.kind, where.home(None, None, visit.institution), None, None, 0, False
            )
            continue
        reached = None if visit.outcome is None else visit.outcome == "met"
        gaps["visits_without_outcome"] += reached is None
        gaps["visits_to_nobody_met"] += reached is False
        person = visit.person or lone.get(visit.household)
        home = visit.household or where.value("persons", visit.person, "household")
        gaps["contacts_without_person"] += reached is not False and person is None
        gaps["contacts_without_household"] += reached is not False and home is None
        street = where.home(visit.household, visit.person)
        times = None if reached is None else int(reached)
        yield _Contact(visit.kind, street, person, home, times, reached)


def _services(
    network: LinkageNetwork, where: _Where, month: str, gaps: Tally
) -> Iterator[_Contact]:
    services = list(_records(network.tables["services"], "served_on", month))
    lone = where.lone({s.household for s in services if s.household})
    for service in services:
        street = where.home(service.household, None, service.institution)
        if not service.household:
            gaps["institution_contacts"] += service.institution is not None
            gaps["services_to_nobody"] += service.institution is None
            yield _Contact("service", street, None, None, 0, False)
            continue
        person = lone.get(service.household)
        gaps["contacts_without_person"] += person is None
        gaps["services_without_times"] += service.times is None
        yield _Contact("service", street, person, service.household, service.times, True)


Other = tuple[str | None, dict[str, Figure]]


def _known(value: int | None) -> Figure:
    return Figure(0, 1) if value is None else Figure(value)


def _activities(network: LinkageNetwork, where: _Where, month: str) -> Iterator[Other]:
    for activity in _records(network.tables["activities"], "held_on", month):
        yield (
            where.street(activity.place),
            {
                "activities.held": Figure(1),
                "activities.person_times": _known(activity.person_times),
                "activities.persons": _known(activity.persons),
                "activities.households": _known(activity.households),
            },
        )


def _needs(network: LinkageNetwork, where: _Where, month: str) -> Iterator[Other]:
    for need in _records(network.tables["needs"], "asked_on", month):
        yield (
            _need_street(where, need.id),
            {
                "needs.raised": Figure(1),
                "needs.met": _met(need.status),
            },
        )


def _wishes(network: LinkageNetwork, where: _Where, month: str) -> Iterator[Other]:
    for wish in _records(network.tables["wishes"], "shown_from", month):
        yield (
            _need_street(where, wish.need),
            {
                "wishes.shown": Figure(1),
                "wishes.granted": _met(where.value("needs", wish.need, "status")),
            },
        )


def _met(status: str | None) -> Figure:
    return _known(None if status is None else int(status == "met"))


def _need_street(where: _Where, need: str) -> str | None:
    fields = ("place", "household", "person", "institution")
    place, household, person, institution = (where.value("needs", need, f) for f in fields)
    return where.street(place) or where.home(household, person, institution)


# --- adding up -----------------------------------------------------------------------------------


def _row(
    street: str | None, name: Text, contacts: Sequence[_Contact], others: Sequence[Other]
) -> MonthRow:
    return MonthRow(
        street,
        name,
        _figures(
            [c for c in contacts if c.street == street], [o for o in others if o[0] == street]
        ),
    )


def _figures(contacts: Sequence[_Contact], others: Iterable[Other]) -> tuple[Figure, ...]:
    values: Tally = Counter()
    unrecorded: Tally = Counter()
    for _, figures in others:
        for name, figure in figures.items():
            values[name] += figure.value
            unrecorded[name] += figure.unrecorded
    return (
        *_direct(contacts),
        *(Figure(values[m.id], unrecorded[m.id]) for m in MEASURES[len(WAY_MEASURES) - 1 :]),
    )


def _direct(contacts: Sequence[_Contact], *, records: bool = False) -> tuple[Figure, ...]:
    """Return person-times, distinct persons and distinct households, after the number of records.

    Where nobody was met nothing is counted; where that is not recorded, nothing is known. A service
    whose times nobody recorded was given once at least.
    """
    met = [c for c in contacts if c.reached]
    unsure = sum(c.reached is None for c in contacts)
    times = sum(1 if c.times is None else c.times for c in met)
    figures = (
        Figure(times, unsure + sum(c.times is None for c in met)),
        Figure(len({c.person for c in met} - {None}), unsure + sum(c.person is None for c in met)),
        Figure(
            len({c.household for c in met} - {None}),
            unsure + sum(c.household is None for c in met),
        ),
    )
    return (Figure(len(contacts)), *figures) if records else figures
