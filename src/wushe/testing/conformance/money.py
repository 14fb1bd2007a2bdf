"""Money is conserved: pools and their caps, balances and lots that are offered once only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from wushe.model.storage import UNKNOWN_INT
from wushe.model.tables import Table
from wushe.model.terms import Columns
from wushe.model.units import parse_unit
from wushe.testing.conformance import signs
from wushe.testing.conformance.answering import OVERDRAWN, RAISED, why
from wushe.testing.conformance.findings import Finding, found
from wushe.testing.conformance.kit import Kit
from wushe.testing.conformance.world import NO_CAP, World, gifts

ROOMS = (10**7, 2, 10**5, 0, 10**12)
"""What pools have left at most, in fen: from nothing to more than anybody gives."""
Split = Sequence[tuple[str, str, int]]


def gifts_conserved(kit: Kit, rng: np.random.Generator, world: World) -> Iterator[Finding]:
    """Yield what is wrong with `split_gifts` on drawn gifts and pools; each sort of mistake once."""
    seen = set()
    for room in ROOMS:
        donations, pools = gifts(rng, room=room)
        for finding in _one_round(kit, donations, pools, world):
            if finding.sign.code not in seen:
                seen.add(finding.sign.code)
                yield finding


def _one_round(kit: Kit, donations: Columns, pools: Columns, world: World) -> Iterator[Finding]:
    where = "split_gifts"
    try:
        split = kit.own.split_gifts(donations, pools, world.context)
    except RAISED as error:
        sign = signs.POOL_OVERDRAWN if OVERDRAWN in str(error) else signs.BAD_ANSWER
        yield found(sign, where, why=why(error))
        return
    for cap, most, fen in _beyond_caps(donations, pools, split):
        yield found(signs.CAP_BROKEN, where, cap=cap, most=most, fen=fen)
    if any(not _open(donations, pools, *pair) for *pair, fen in split if fen):
        yield found(signs.POOL_CLOSED, where)


def _row(columns: Columns, key: str) -> int:
    return int(np.flatnonzero(columns["id"] == key)[0])


def _beyond_caps(
    donations: Columns, pools: Columns, split: Split
) -> Iterator[tuple[str, int, int]]:
    """Yield (cap, its fen, what was given) where a total goes beyond a cap, what was given before included.

    The ratio of a pool is a cap as well: it adds no more to a gift than that part of it.
    """
    totals: defaultdict[tuple[int, str, str], int] = defaultdict(int)
    for donation, pool, fen in split:
        i, j = _row(donations, donation), _row(pools, pool)
        counted = (
            ("gift", donation),
            ("donor", donations["donor"][i]),
            ("project", donations["project"][i]),
        )
        for name, who in counted:
            if who is not None:
                totals[j, name, who] += fen
    for (j, name, who), fen in totals.items():
        if name == "gift":
            whole = int(donations["fen"][_row(donations, who)]) * int(pools["numerator"][j])
            if fen > whole // int(pools["denominator"][j]):
                yield "numerator/denominator", whole // int(pools["denominator"][j]), fen
        most = int(pools[f"{name}_cap"][j])
        total = fen + pools["given"][j].get(f"{name}:{who}", 0)
        if most != NO_CAP and fen and total > most:
            yield f"{name}_cap", most, total


def _open(donations: Columns, pools: Columns, donation: str, pool: str) -> bool:
    i, j = _row(donations, donation), _row(pools, pool)
    at, fund = donations["at"][i], pools["fund"][j]
    opens, closes = pools["opens"][j], pools["closes"][j]
    return (
        (fund is None or fund == donations["fund"][i])
        and (opens is None or opens <= at)
        and (closes is None or at < closes)
    )


# --- offers ------------------------------------------------------------------------------------


def offered_once(kit: Kit, world: World) -> Iterator[Finding]:
    """Yield the funds and lots of which the plugin, with the built-in rules, offers more than there is."""
    derived = kit.rules.derive_offers(world.network.tables, world.context)
    every = _offered([table for _, table in derived])
    mine = _offered([table for name, table in derived if name == kit.plugin.name])
    for table, amount, unit in (("funds", "balance_fen", "fen"), ("resources", "quantity", "base")):
        rows = world.network[table]
        factors = [1] * len(rows) if table == "funds" else [_factor(u) for u in rows["unit"]]
        for key, has, factor in zip(rows.ids.tolist(), rows[amount].tolist(), factors, strict=True):
            most = 0 if has == UNKNOWN_INT else has * factor
            if mine.get(key, 0) and every[key] > most:
                params = {"provider": key, "has": most, "offered": every[key], "unit": unit}
                yield found(signs.OFFERED_TWICE, "derive_offers", **params)
                return


def vouched(kit: Kit, world: World) -> Iterator[Finding]:
    """Yield that offers of volunteers or workers claim a vetting that is not on their record."""
    known: dict[str, Any] = {}
    for name in ("volunteers", "social_workers"):
        table = world.network[name]
        known |= dict(zip(table.ids.tolist(), table["vetted_on"].tolist(), strict=True))
    n = 0
    for name, table in kit.rules.derive_offers(world.network.tables, world.context):
        if name == kit.plugin.name:
            rows = zip(table["provider"].tolist(), table["vetted_on"].tolist(), strict=True)
            n += sum(day is not None and who in known and known[who] != day for who, day in rows)
    if n:
        yield found(signs.VOUCHES, "derive_offers", n=n)


def _offered(tables: Sequence[Table]) -> dict[str, int]:
    """Return the base units that each provider offers in `tables`."""
    amounts: defaultdict[str, int] = defaultdict(int)
    for table in tables:
        columns = (table[name].tolist() for name in ("provider", "quantity", "unit"))
        for provider, quantity, unit in zip(*columns, strict=True):
            amounts[provider] += quantity * _factor(unit)
    return dict(amounts)


def _factor(unit: str | None) -> int:
    known = parse_unit(unit) if unit else None
    return known.factor if known else 1
