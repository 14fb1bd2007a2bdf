"""The tables of a live city as they are now, matched as a whole: nothing is held, all pairs are looked at again."""

from __future__ import annotations

import numpy as np

from wushe.matching.live.changes import evolved, take_rows, with_records, with_tables
from wushe.matching.live.city import LiveCity
from wushe.matching.live.edits import Edit
from wushe.matching.live.records import amount_of, factor_of
from wushe.matching.result import Matching, match
from wushe.model.help import Offer
from wushe.model.tables import Table
from wushe.model.units import parse_unit
from wushe.network import LinkageNetwork


def tables_now(live: LiveCity) -> tuple[LinkageNetwork, Table]:
    """Return the network and the pool of offers with all that has changed in `live` since its plan.

    A pair that was declined cannot be written into them.
    """
    if not live.changes:
        return live.network, live.offers
    records, planned = live.records, live.matching.prepared.needs["id"].tolist()
    changed = [record for key, record in records.needs.items() if live.has_need(key)]
    gone = [
        evolved(records.need(key), status="withdrawn")
        for key in dict.fromkeys(planned)
        if not (live.has_need(key) or live.held(key))
    ]
    network = records.parts.network
    needs = with_records(network.tables["needs"], [*changed, *gone])
    return with_tables(network, {"needs": needs}), _offers_now(live)


def match_anew(live: LiveCity, edit: Edit | None = None) -> Matching:
    """Return the matching of the tables as they are now, changed by `edit`, from scratch."""
    edit = Edit() if edit is None else edit
    return match(*edit.apply(*tables_now(live)), live.plugins, live.records.parts.context)


def served_in_full(matching: Matching) -> int:
    """Return how many needs are served in full; a team need where all its roles are."""
    whole = np.ones(int(matching.prepared.needs["need_row"].max(initial=-1)) + 1, dtype=bool)
    whole[matching.prepared.needs["need_row"][matching.unserved > 0]] = False
    return int(whole.sum())


def _offers_now(live: LiveCity) -> Table:
    records, pool = live.records, live.offers
    given = live.matching.prepared.offers["capacity"].tolist()
    planned = dict(zip(pool.ids.tolist(), given, strict=True))
    changed, empty = [], []
    for key in [*planned, *(key for key in records.offers if key not in planned)]:
        amount = live.capacity(key)
        if amount == 0:
            empty.append(key)
        elif key in records.offers or amount != planned[key]:
            changed.append(_holding(records.offer(key), amount))
    left = np.flatnonzero(~np.isin(pool.ids.astype(str), empty))
    return with_records(take_rows(pool, left), changed)


def _holding(offer: Offer, amount: int) -> Offer:
    """Return `offer` with `amount` base units, in which its unit may be no whole number."""
    unit = parse_unit(offer.unit)
    if amount == amount_of(offer) or unit is None:
        return offer
    parts = {"per_need": offer.per_need, "pack": offer.pack}
    scaled = {k: None if v is None else v * factor_of(offer) for k, v in parts.items()}
    held: Offer = evolved(offer, quantity=amount, unit=unit.dimension, **scaled)
    return held
