"""The records of a live city as they are now, and which pairs the hooks give to a changed one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Protocol

import attrs
import numpy as np

from wushe.matching.live.changes import Parts, take_rows, with_records
from wushe.matching.prepare import NATION, Prepared
from wushe.matching.result import PRIORITY_STEPS, Matching, penalties
from wushe.model.help import PROVIDERS, Need, Offer
from wushe.model.storage import Array
from wushe.model.tables import Table, table_of
from wushe.model.terms import NeedCategory
from wushe.model.units import parse_unit
from wushe.network import LinkageNetwork
from wushe.plugins.manager import Plugins

NO_LIMIT = 2**60
_NAMED = (
    ("household", "households"), ("person", "persons"), ("institution", "institutions"),
    ("place", "places"),
)  # fmt: skip
_BOUND = ("visit", "one_of", "after", "starts")


class Planned(Protocol):
    """What a plan has: the network, the pool of offers and their matching."""

    @property
    def network(self) -> LinkageNetwork:
        """The city's tables."""

    @property
    def offers(self) -> Table:
        """The pool of offers."""

    @property
    def matching(self) -> Matching:
        """Who serves whom."""


@attrs.frozen
class Pair:
    """An eligible pair: what a unit costs and the most that one need may get."""

    need: str
    offer: str
    cost: int
    limit: int


@attrs.define(eq=False, slots=False)
class Records:
    """Needs and offers as changed since the matching; `parts` is what hooks see of the city."""

    network: LinkageNetwork
    pool: Table
    plugins: Plugins
    matching: Matching
    parts: Parts
    needs: dict[str, Need] = attrs.field(factory=dict)
    offers: dict[str, Offer] = attrs.field(factory=dict)
    declined: dict[tuple[str, str], bool] = attrs.field(factory=dict)

    def need(self, key: str) -> Need:
        """Return a need's record as it is now. Raises KeyError."""
        if key in self.needs:
            return self.needs[key]
        table = self.network.tables["needs"]
        row = int(table.row_of([key])[0])
        if row < 0:
            raise KeyError(f"{key!r} is no need here")
        record: Need = table.record(row)
        return record

    def offer(self, key: str) -> Offer:
        """Return an offer's record as it is now. Raises KeyError."""
        if key in self.offers:
            return self.offers[key]
        row = int(self.pool.row_of([key])[0])
        if row < 0:
            raise KeyError(f"{key!r} is no offer here")
        record: Offer = self.pool.record(row)
        return record

    def pairs_of_need(self, need: Need) -> tuple[list[Pair], int, int]:
        """Return the pairs of `need` with all offers, what it asks for and what an unserved unit costs.

        Raises ValueError where the need is closed, for nobody known or a team's.
        """
        table = table_of("needs", [need])
        alone = self.parts.prepared(table, table_of("offers", []))
        if len(alone.needs) != 1 or alone.needs["client"][0] is None:
            raise ValueError(f"need {need.id!r} is closed, a team's work or for nobody known here")
        small, found = self.parts.candidates(table, self._reaching(alone))
        steps = np.rint(
            self.plugins.prioritise_needs(small.needs, small.context) * PRIORITY_STEPS
        ).astype(np.int64)
        quantity = int(small.needs["quantity"][0])
        keys = small.offers["id"][found.offer].tolist()
        pairs = [
            Pair(need.id, key, cost, min(limit_of(self.offer(key)), quantity))
            for key, cost in zip(keys, found.cost.tolist(), strict=True)
            if (need.id, key) not in self.declined
        ]
        penalty = penalties(steps, self.matching.candidates.max_cost)
        return pairs, quantity, int(penalty[0])

    def check_need(self, need: Need) -> None:
        """Raise ValueError where a new `need` may be bound, names what is not there, or has a wrong unit."""
        if any(getattr(need, name) is not None for name in _BOUND):
            raise ValueError(
                f"need {need.id!r} is bound to others (visit, one_of, after) or to an appointment: "
                "make the plan anew to place it"
            )
        for field, table in _NAMED:
            self._check_id(f"need {need.id!r}", field, getattr(need, field), table)
        category = self._category(f"need {need.id!r}", need.category)
        unit = None if need.unit is None else parse_unit(need.unit)
        if unit is not None and unit.dimension != category.dimension:
            raise ValueError(
                f"need {need.id!r}: unit {need.unit!r}; expected one of {category.dimension}, "
                f"in which category {category.id!r} counts"
            )

    def check_offer(self, offer: Offer) -> None:
        """Raise ValueError where `offer` names a provider, category or place that is not there."""
        self._check_id(f"offer {offer.id!r}", "provider", offer.provider, *PROVIDERS)
        self._check_id(f"offer {offer.id!r}", "place", offer.place, "places")
        for name in offer.categories:
            self._category(f"offer {offer.id!r}", name)

    def _check_id(self, who: str, field: str, key: str | None, *names: str) -> None:
        tables = self.parts.network.tables
        if key is not None and all(tables[name].row_of([key])[0] < 0 for name in names):
            raise ValueError(
                f"{who}: {field} {key!r} is unknown; expected an id of {', '.join(names)}"
            )

    def _category(self, who: str, name: str) -> NeedCategory:
        known = self.parts.context.categories
        if name not in known:
            raise ValueError(
                f"{who}: category {name!r} is unknown; expected one that a plugin registers"
            )
        return known[name]

    def pair(self, need: Need, offer: Offer) -> Pair | None:
        """Return the pair of the two as the hooks see it, None where it is refused."""
        small, found = self.parts.candidates(table_of("needs", [need]), table_of("offers", [offer]))
        if not len(found.cost):
            return None
        limit = min(limit_of(offer), int(small.needs["quantity"][0]))
        return Pair(need.id, offer.id, int(found.cost[0]), limit)

    def pairs_of_offer(self, offer: Offer, is_open: Callable[[str], bool]) -> list[Pair]:
        """Return the pairs of `offer` with the needs that are open."""
        pool = table_of("offers", [offer])
        alone = self.parts.prepared(table_of("needs", []), pool).offers
        asked = self.matching.prepared.needs
        level = int(alone["reach"][0])
        near = _any_of(asked["category_code"], self._codes(offer.categories))
        if level != NATION:
            near &= asked["ancestors"][:, level] == alone["ancestors"][0, level]
        base = [key for key in asked["id"][near].tolist() if is_open(key) and key not in self.needs]
        table = self.network.tables["needs"]
        later = [need for key, need in self.needs.items() if is_open(key)]
        needs = with_records(take_rows(table, np.unique(table.row_of(base))), later)
        small, found = self.parts.candidates(needs, pool)
        ceiling = limit_of(offer)
        rows = np.repeat(np.arange(len(small.needs)), np.diff(found.start)).tolist()
        pairs = [
            Pair(
                small.needs["id"][row],
                offer.id,
                cost,
                min(ceiling, int(small.needs["quantity"][row])),
            )
            for row, cost in zip(rows, found.cost.tolist(), strict=True)
        ]
        return [pair for pair in pairs if (pair.need, offer.id) not in self.declined]

    def serving(self, category: str) -> Array:
        """Return the rows of the pool that list `category`, int64."""
        return self._serving.get(category, np.zeros(0, dtype=np.int64))

    def listing(self, category: str) -> Table:
        """Return all offers that list `category`, as they are now."""
        return self._as_now(category, self.serving(category))

    def _reaching(self, alone: Prepared) -> Table:
        """Return the offers that list the category of the one need prepared and reach its place."""
        category = alone.needs["category"][0]
        rows = self.serving(category)
        given = self.matching.prepared.offers
        level = given["reach"][rows].astype(np.int64)
        there = alone.needs["ancestors"][0][np.maximum(level, 0)]
        own = given["ancestors"][rows, np.maximum(level, 0)]
        return self._as_now(category, rows[(level == NATION) | ((own == there) & (own >= 0))])

    def _as_now(self, category: str, rows: Array) -> Table:
        if self.offers:
            ids = self.pool.ids[rows].tolist()
            rows = rows[np.array([key not in self.offers for key in ids], dtype=bool)]
        changed = [offer for offer in self.offers.values() if category in offer.categories]
        return with_records(take_rows(self.pool, rows), changed)

    def _codes(self, names: Sequence[str]) -> list[int]:
        known = {name: code for code, name in enumerate(self.parts.context.categories)}
        return [known[name] for name in names if name in known]

    @cached_property
    def _serving(self) -> dict[str, Array]:
        found: dict[str, list[int]] = {}
        for row, categories in enumerate(self.pool["categories"].tolist()):
            for category in categories:
                found.setdefault(category, []).append(row)
        return {category: np.array(rows, dtype=np.int64) for category, rows in found.items()}


def _any_of(codes: Array, wanted: list[int]) -> Array:
    return np.isin(codes, np.array(wanted, dtype=codes.dtype))


def amount_of(offer: Offer) -> int:
    """Return how much `offer` has, in base units."""
    return offer.quantity * factor_of(offer)


def limit_of(offer: Offer) -> int:
    """Return the most that one need may get of `offer`, in base units."""
    return NO_LIMIT if offer.per_need is None else offer.per_need * factor_of(offer)


def factor_of(offer: Offer) -> int:
    """Return how many base units the offer's unit holds."""
    unit = parse_unit(offer.unit)
    return unit.factor if unit else 1
