"""The independent checker: is this allocation allowed? It shares no code with solver or filters.

Everything is recomputed from the tables in plain Python, one item at a time, so that a mistake in the
column code cannot hide here as well.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from wushe.matching.check.groups import Helped, together
from wushe.matching.check.rules import Rule, Violation
from wushe.model.parties import LEVELS, WEEKDAYS
from wushe.model.tables import Table
from wushe.model.terms import NeedCategory
from wushe.model.units import parse_unit
from wushe.network import LinkageNetwork


@attrs.frozen
class Allocation:
    """What is checked: `amount` base units of dimension `unit` from `offer` to `need`.

    `role` is the position among the roles of a team need, None for other needs.
    """

    need: str
    offer: str
    amount: int
    unit: str
    role: int | None = None


_LOOKED_UP = ("places", "households", "persons", "institutions")
_OWN_TEAM = ("communities", "stations", "social_workers")


def check(
    network: LinkageNetwork,
    offers: Table,
    allocations: Iterable[Allocation],
    on: dt.date,
    *,
    default_rules: bool = True,
) -> list[Violation]:
    """Return every violation of `allocations`; an empty list means that they stand.

    `default_rules` False leaves out skill, vetting, window, restriction and consent, for plans made
    without the default plugin.
    """
    return list(_Checker.of(network, offers, on, default_rules).violations(allocations))


@attrs.frozen(eq=False)
class _Checker:
    network: LinkageNetwork
    needs: Mapping[str, Any]
    offers: Mapping[str, Any]
    kind_of: Mapping[str, str]
    on: dt.date
    default_rules: bool
    rows: Mapping[str, Mapping[str, int]]
    consents: Mapping[str, Sequence[Any]]

    @classmethod
    def of(
        cls, network: LinkageNetwork, offers: Table, on: dt.date, default_rules: bool
    ) -> _Checker:
        kinds = (
            "communities",
            "organizations",
            "stations",
            "social_workers",
            "volunteer_teams",
            "volunteers",
            "funds",
            "resources",
        )
        kind_of = {key: kind for kind in kinds for key in network.tables[kind].ids}
        needs = {need.id: need for need in network.tables["needs"].records()}
        rows = {
            name: {key: row for row, key in enumerate(network.tables[name].ids)}
            for name in _LOOKED_UP
        }
        consents: dict[str, list[Any]] = {}
        for consent in network.tables["consents"].records():
            if consent.purpose == "referral":
                consents.setdefault(consent.subject, []).append(consent)
        given = {o.id: o for o in offers.records()}
        return cls(network, needs, given, kind_of, on, default_rules, rows, consents)

    def violations(self, allocations: Iterable[Allocation]) -> Iterator[Violation]:
        seen: set[tuple[str, int | None, str]] = set()
        per_need: dict[tuple[str, int | None], int] = {}
        per_offer: dict[str, int] = {}
        known: list[Allocation] = []
        for item in allocations:
            if item.need not in self.needs or item.offer not in self.offers:
                yield Violation("unknown_id", item.need, item.offer)
                continue
            if self._part(item.need, item.role) is None:
                yield Violation("role", item.need, item.offer, str(item.role))
                continue
            if item.amount <= 0:
                yield Violation("negative", item.need, item.offer, str(item.amount))
            if (item.need, item.role, item.offer) in seen:
                yield Violation("duplicate", item.need, item.offer)
            seen.add((item.need, item.role, item.offer))
            part = item.need, item.role
            per_need[part] = per_need.get(part, 0) + item.amount
            per_offer[item.offer] = per_offer.get(item.offer, 0) + item.amount
            known.append(item)
            yield from self._item(item)
        for part, total in per_need.items():
            asked = self._asked(self._part(*part))
            if total > asked:
                yield Violation("over_need", part[0], None, f"{total} > {asked}")
        for key, total in per_offer.items():
            if total > _base(self.offers[key].quantity, self.offers[key].unit):
                yield Violation("over_capacity", None, key, f"{total}")
        yield from self._together(known, per_need)

    def _part(self, key: str, role: int | None) -> Any:
        """Return the need, or what it asks of one role as a need of its own; None if it has no such role."""
        need = self.needs[key]
        category = self.network.categories.get(need.category)
        roles = category.roles if category else ()
        if not roles:
            return need if role is None else None
        if role is None or not 0 <= role < len(roles):
            return None
        asked, part = roles[role], self.network.categories[roles[role].category]
        sessions = self._asked(need)
        return attrs.evolve(
            need,
            category=asked.category,
            quantity=sessions * (asked.quantity or part.typical),
            unit=part.dimension,
            skills=tuple(sorted({*(need.skills or ()), *asked.skills})),
        )

    def _together(
        self, items: Sequence[Allocation], served: Mapping[tuple[str, int | None], int]
    ) -> Iterator[Violation]:
        parts = {
            key: [(key, role) for role in range(len(self._roles(need))) or (None,)]
            for key, need in self.needs.items()
        }
        whole = {
            key: all(served.get(part, 0) == self._asked(self._part(*part)) for part in every)
            for key, every in parts.items()
        }
        helped = [
            Helped(
                i.need,
                i.role,
                self._person(i.offer),
                self._hours(self.needs[i.need]),
            )
            for i in items
        ]
        yield from together(self.needs, helped, whole, self._client_id)

    def _roles(self, need: Any) -> Sequence[Any]:
        category = self.network.categories.get(need.category)
        return category.roles if category else ()

    def _person(self, offer: str) -> tuple[str, bool]:
        """Return who serves, and whether that is one person, who can be in one place only."""
        provider = self.offers[offer].provider
        single = self.kind_of[provider] in ("social_workers", "volunteers")
        return (provider, True) if single else (offer, False)

    def _hours(self, need: Any) -> tuple[dt.date, str, str] | None:
        known = need.on_day is not None and need.starts is not None and need.ends is not None
        return (need.on_day, need.starts, need.ends) if known else None

    def _client_id(self, key: str) -> str:
        household, person, institution = self._client(self.needs[key])
        return str((household or person or institution).id)

    def _item(self, item: Allocation) -> Iterator[Violation]:
        need, offer = self._part(item.need, item.role), self.offers[item.offer]
        unit = parse_unit(offer.unit)
        category = self.network.categories.get(need.category)
        if (
            category is None
            or unit is None
            or not category.dimension == unit.dimension == item.unit
        ):
            yield Violation("unit", item.need, item.offer, item.unit)
            return
        if need.category not in offer.categories:
            yield Violation("category", item.need, item.offer, need.category)
        if need.status in ("met", "withdrawn"):
            yield Violation("closed", item.need, item.offer)
        if offer.per_need is not None and item.amount > offer.per_need * unit.factor:
            yield Violation("over_limit", item.need, item.offer, str(item.amount))
        if offer.pack is not None and item.amount % (offer.pack * unit.factor):
            yield Violation("pack", item.need, item.offer, str(item.amount))
        if not self._reaches(need, offer):
            yield Violation("reach", item.need, item.offer)
        if self.default_rules:
            for rule, broken in _DEFAULT_RULES.items():
                if broken(self, need, offer, category):
                    yield Violation(rule, item.need, item.offer)

    def _asked(self, need: Any) -> int:
        if need.quantity is None:
            return self.network.categories[need.category].typical
        return _base(need.quantity, need.unit)

    def _record(self, kind: str, key: str | None) -> Any:
        row = None if key is None else self.rows[kind].get(key)
        return None if row is None else self.network.tables[kind].record(row)

    def _client(self, need: Any) -> tuple[Any, Any, Any]:
        """Return (household, person, institution) that the need is for."""
        person = self._record("persons", need.person)
        household = self._record(
            "households", need.household or (person.household if person else None)
        )
        return household, person, self._record("institutions", need.institution)

    def _path(self, place: str | None) -> dict[str, str]:
        """Return the ids of a place and of its ancestors by level, following `parent` upwards."""
        path: dict[str, str] = {}
        table = self.network.tables["places"]
        row = -1 if place is None else self.rows["places"].get(place, -1)
        while row >= 0:  # a network refuses circular parents
            path.setdefault(table["level"][row], table.ids[row])
            row = int(self.network.places.parent[row])
        return path

    def _need_place(self, need: Any) -> str | None:
        household, person, institution = self._client(need)
        places = [need.place, *(r.place for r in (household, person, institution) if r is not None)]
        return next((p for p in places if p is not None), None)

    def _reaches(self, need: Any, offer: Any) -> bool:
        theirs = self._path(offer.place)
        if not theirs or offer.reach == "nation":
            return True
        own = max(theirs, key=list(LEVELS).index)
        reach = own if offer.reach is None else min(offer.reach, own, key=list(LEVELS).index)
        if reach not in theirs:
            return False
        return self._path(self._need_place(need)).get(reach) == theirs[reach]

    def _lacks_skill(self, need: Any, offer: Any, category: NeedCategory) -> bool:
        asked = {*(need.skills or ()), *category.skills}
        return not asked <= set(offer.skills or ())

    def _lacks_vetting(self, need: Any, offer: Any, category: NeedCategory) -> bool:
        if category.form != "service" or not (category.minors or self._may_be_minor(need)):
            return False
        age = None if offer.vetted_on is None else (self.on - offer.vetted_on).days
        return age is None or not 0 <= age <= 365

    def _may_be_minor(self, need: Any) -> bool:
        _, person, _ = self._client(need)
        if person is None:
            return False
        if person.birth is None:
            return True
        birth: dt.date = person.birth
        had_birthday = (self.on.month, self.on.day) >= (birth.month, birth.day)
        return self.on.year - birth.year - (not had_birthday) < 18

    def _out_of_time(self, need: Any, offer: Any, _: NeedCategory) -> bool:
        over = offer.available_to is not None and offer.available_to < self.on
        latest = None if need.due is None else max(need.due, self.on)
        late = (
            offer.available_from is not None
            and latest is not None
            and offer.available_from > latest
        )
        return over or late or self._wrong_hours(need, offer)

    def _wrong_hours(self, need: Any, offer: Any) -> bool:
        if need.on_day is not None:
            if need.on_day < self.on:
                return True
            if offer.weekdays and list(WEEKDAYS)[need.on_day.weekday()] not in offer.weekdays:
                return True
            if (offer.available_from or need.on_day) > need.on_day:
                return True
            if (offer.available_to or need.on_day) < need.on_day:
                return True
        early = need.starts is not None and (offer.starts or "00:00") > need.starts
        return early or (need.ends is not None and (offer.ends or "24:00") < need.ends)

    def _too_far(self, need: Any, offer: Any, _: NeedCategory) -> bool:
        """Great-circle distance by the spherical law of cosines."""
        if offer.travel_km is None:
            return False
        ends = [self._record("places", place) for place in (self._need_place(need), offer.place)]
        if any(e is None or e.lon is None or e.lat is None for e in ends):
            return False
        (lon1, lat1), (lon2, lat2) = ((math.radians(e.lon), math.radians(e.lat)) for e in ends)
        cosine = math.sin(lat1) * math.sin(lat2) + math.cos(lat1) * math.cos(lat2) * math.cos(
            lon2 - lon1
        )
        km = 6371.0 * math.acos(min(1.0, max(-1.0, cosine)))
        return bool(km > offer.travel_km + 0.001)  # the two formulas differ by less than a metre

    def _restricted(self, need: Any, offer: Any, _: NeedCategory) -> bool:
        household, person, institution = self._client(need)
        clients = [r for r in (household, person, institution) if r is not None]
        groups = {g for r in clients for g in r.target_groups or ()}
        if offer.for_groups and not groups & set(offer.for_groups):
            return True
        if offer.for_places and not set(self._path(self._need_place(need)).values()) & set(
            offer.for_places
        ):
            return True
        served = household or person or institution
        return bool(offer.for_clients) and served.id not in offer.for_clients

    def _without_consent(self, need: Any, offer: Any, category: NeedCategory) -> bool:
        if not category.refers or self.kind_of[offer.provider] in _OWN_TEAM:
            return False
        household, person, institution = self._client(need)
        if household is None and person is None:
            return institution is None
        client = household or person
        mine = [c for c in self.consents.get(client.id, ()) if c.given_on <= self.on]
        gone = [c.withdrawn_on for c in mine if c.withdrawn_on and c.withdrawn_on <= self.on]
        left = [c for c in mine if not (c.withdrawn_on and c.withdrawn_on <= self.on)]
        given = [c.given_on for c in left if not c.recipients]
        if gone and (not given or max(gone) >= max(given)):
            return True
        consent: object = client.referral_consent
        return consent is False or (not given and consent is not True)


def _base(quantity: int, unit: str) -> int:
    parsed = parse_unit(unit)
    return quantity * parsed.factor if parsed else 0


_Broken = Callable[[_Checker, Any, Any, NeedCategory], bool]
_DEFAULT_RULES: dict[Rule, _Broken] = {
    "skill": _Checker._lacks_skill,
    "vetting": _Checker._lacks_vetting,
    "reach": _Checker._too_far,
    "window": _Checker._out_of_time,
    "restriction": _Checker._restricted,
    "consent": _Checker._without_consent,
}
