"""What was open over a whole run, as the rounds show it: the material of look-ahead and of hindsight."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from wushe.matching.rounds import Round
from wushe.model.storage import Array

STOCK = ("resources", "funds")
"""Tables of providers whose offers do not come back: what is given is gone. Hours come back every week."""
ALWAYS = 0
"""Since when there was what the first round shows: nobody saw it arrive."""


@attrs.frozen(eq=False)
class Seen:
    """Every need, every parcel of an offer and every allowed pair of a run in which nobody was served.

    Days are ordinals (`datetime.date.toordinal`). Needs (n,): `needs` ids, `asked` int64 base units, `first` and
    `last` day on the list. Parcels (m,): `offers` ids, `capacity` int64, `since` and `until`; what is added to an
    offer later is a parcel of its own. Pairs (e,), by need: `row` of need, `offer` id code (position in `offer_ids`),
    `value` int64 per unit (penalty avoided less cost, on the first day on which both were there) and `limit` units.
    """

    needs: Array
    asked: Array
    first: Array
    last: Array
    offer_ids: Array
    parcel: Array
    capacity: Array
    since: Array
    until: Array
    row: Array
    offer: Array
    value: Array
    limit: Array


@attrs.define
class _Need:
    row: int
    asked: int
    first: int
    last: int


@attrs.define
class _Offer:
    code: int
    held: int
    parcels: list[tuple[int, int]]
    last: int


@attrs.define(eq=False)
class Watch:
    """A `choose` that serves nobody and remembers what it was shown; use one for one run.

    Raises ValueError for offers that come back, such as volunteers' hours: who would get them in hindsight
    depends on when, which is not remembered.
    """

    needs: dict[str, _Need] = attrs.field(factory=dict)
    offers: dict[str, _Offer] = attrs.field(factory=dict)
    pairs: dict[tuple[int, int], tuple[int, int]] = attrs.field(factory=dict)

    def __call__(self, round_: Round) -> Array:
        """Remember the round, and return the flow that serves nobody."""
        day, p = round_.on.toordinal(), round_.problem
        rows = self._see_needs(round_, day)
        codes = self._see_offers(round_, day)
        most = p.units[p.row] if p.limit is None else np.minimum(p.limit, p.units[p.row])
        keys = zip(rows[p.row].tolist(), codes[p.column].tolist(), strict=True)
        for key, value, limit in zip(keys, round_.value.tolist(), most.tolist(), strict=True):
            self.pairs.setdefault(key, (value, limit))
        return round_.empty()

    def _see_needs(self, round_: Round, day: int) -> Array:
        asked = round_.needs["quantity"].tolist()
        for key, units in zip(round_.needs["id"].tolist(), asked, strict=True):
            need = self.needs.setdefault(key, _Need(len(self.needs), units, day, day))
            need.last = day
        return np.array([self.needs[key].row for key in round_.needs["id"]], dtype=np.int64)

    def _see_offers(self, round_: Round, day: int) -> Array:
        self._refuse_hours(round_)
        since = day if self.offers else ALWAYS
        codes = np.zeros(len(round_.offers), dtype=np.int64)
        kinds, ids = round_.offers["provider_kind"], round_.offers["id"]
        for column in np.flatnonzero(np.isin(kinds, STOCK)).tolist():
            held = int(round_.problem.capacity[column])
            offer = self.offers.setdefault(ids[column], _Offer(len(self.offers), 0, [], day))
            if held > offer.held:
                offer.parcels.append((held - offer.held, since))
                offer.held = held
            offer.last = day
            codes[column] = offer.code
        return codes

    @staticmethod
    def _refuse_hours(round_: Round) -> None:
        used = np.unique(round_.problem.column)
        wrong = used[~np.isin(round_.offers["provider_kind"][used], STOCK)]
        if len(wrong):
            one = int(wrong[0])
            raise ValueError(
                f"offer {round_.offers['id'][one]} of {round_.offers['provider_kind'][one]} comes back after it was "
                f"given; expected a scenario in which only {' and '.join(STOCK)} serve the needs"
            )

    def seen(self) -> Seen:
        """Return what was remembered, as columns."""
        parcels = [
            (offer.code, units, since, offer.last)
            for offer in self.offers.values()
            for units, since in offer.parcels
        ]
        pairs = [(*key, *found) for key, found in sorted(self.pairs.items())]
        needs = list(self.needs.values())
        parcel, capacity, since, until = _columns(parcels, 4)
        row, offer, value, limit = _columns(pairs, 4)
        asked, first, last = _columns([(n.asked, n.first, n.last) for n in needs], 3)
        ids = _objects(list(self.needs)), _objects(list(self.offers))
        return Seen(
            ids[0], asked, first, last, ids[1], parcel, capacity, since, until, row, offer, value, limit
        )  # fmt: skip


def _columns(rows: Sequence[tuple[int, ...]], n: int) -> Array:
    return np.array(rows, dtype=np.int64).reshape(-1, n).T


def _objects(values: list[str]) -> Array:
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found
