"""Matching donations (配捐): pools of sponsors, and what they add to gifts. No pool gives a fen too much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from wushe.journal import Session, command
from wushe.ledger.money.accounts import free_cash, income, moved
from wushe.ledger.money.asking import (
    amount_problems,
    code_problems,
    instant,
    instant_problems,
    known,
    known_only,
    next_receipt,
    today,
)
from wushe.ledger.money.events import share_id
from wushe.ledger.money.problems import (
    BAD_SPLIT,
    NATURE_DIFFERS,
    NO_POOL,
    POOL_WINDOW,
    TAKEN,
    problem,
    refuse,
    refuse_if,
)
from wushe.ledger.money.records import Gift, Pool
from wushe.model.terms import Columns, Context

if TYPE_CHECKING:
    from wushe.plugins.manager import Plugins

_CAPS = ("gift_cap", "donor_cap", "project_cap")


@command
def open_pool(
    s: Session,
    *,
    id: str,  # noqa: A002
    sponsor: str,
    fen: int,
    numerator: int = 1,
    denominator: int = 1,
    fund: str | None = None,
    gift_cap: int | None = None,
    donor_cap: int | None = None,
    project_cap: int | None = None,
    opens: str | None = None,
    closes: str | None = None,
    sponsor_kind: str = "organization",
    nature: str = "donation",
) -> str:
    """Open a pool of `sponsor` (a donor's id) that matches donations, and return its id.

    It adds `numerator`/`denominator` of each donation to `fund` (any fund where None) from `opens` until
    before `closes` (instants), at most `gift_cap` for a gift, `donor_cap` for all of a donor's, `project_cap`
    for all of a project's, and `fen` in all. Money of the treasury or a collective needs a `fund`.
    """
    stream = f"pool/{id}"
    caps = {"gift_cap": gift_cap, "donor_cap": donor_cap, "project_cap": project_cap}
    whole = {"fen": fen, "numerator": numerator, "denominator": denominator}
    whole |= {name: cap for name, cap in caps.items() if cap is not None}
    found = [p for name, value in whole.items() for p in amount_problems(stream, name, value)]
    found += instant_problems(stream, "opens", opens) + instant_problems(stream, "closes", closes)
    found += code_problems(stream, "sponsor_kind", sponsor_kind, ("person", "organization"))
    found += code_problems(stream, "nature", nature, ("donation", "fiscal", "collective"))
    held = None if fund is None else known(s, "fund", fund)
    nature_of_fund = "donation" if held is None else held.nature
    if nature_of_fund not in ("mixed", nature):
        params = {"nature": nature, "fund": nature_of_fund}
        found.append(problem(NATURE_DIFFERS, stream, "nature", nature, **params))
    if not found and opens and closes and instant(closes) <= instant(opens):
        found.append(problem(POOL_WINDOW, stream, "closes", closes))
    if s.state.get("pool", id) is not None:
        found.append(problem(TAKEN, stream, "id"))
    refuse_if(found)
    ref = s.ref(sponsor)
    data = {
        "pool": id,
        "sponsor": ref,
        **whole,
        "fund": fund,
        "opens": None if opens is None else instant(opens),
        "closes": None if closes is None else instant(closes),
        "sponsor_kind": sponsor_kind,
        "nature": nature,
    }
    s.record("pool.opened", stream, known_only(data), ref=ref)
    return id


@command
def close_pool(s: Session, *, pool: str, day: str | None = None) -> dict[str, Any]:
    """Close a pool and return what it gave, what is left, and the sponsor's receipts, one per host."""
    held: Pool = known(s, "pool", pool)
    if held.status != "open":
        refuse(NO_POOL, f"pool/{pool}", "status", held.status)
    by_host: dict[str, int] = {}
    if held.nature == "donation":
        for gift in s.state.find("gift", donor=held.sponsor):
            if gift.pool == pool and gift.origin is None:
                host = s.state.get("fund", gift.fund).host
                by_host[host] = by_host.get(host, 0) + gift.fen - gift.refunded
    receipts = [[host, next_receipt(s, host), fen] for host, fen in sorted(by_host.items()) if fen]
    data = {"pool": pool, "given": held.given, "receipts": receipts, "day": today(s, day)}
    s.record("pool.closed", f"pool/{pool}", data, ref=held.sponsor)
    return {"given": held.given, "left": held.left, "receipts": receipts}


def match_gifts(s: Session, gifts: Sequence[tuple[str, str | None]]) -> list[list[Any]]:
    """Match donations (id, instant or None for the act's) from the open pools; return [gift, pool, fen]."""
    pools: list[Pool] = s.state.find("pool", status="open")
    pools = [pool for pool in pools if pool.left]
    donations: list[Gift] = [s.state.get("gift", key) for key, _ in gifts] if pools else []
    times = [s.act.at if at is None else instant(at) for _, at in gifts]
    rows = [(g, t) for g, t in zip(donations, times, strict=False) if g.nature == "donation"]
    if not rows:
        return []
    donations = [gift for gift, _ in rows]
    given = _given(s, pools, donations)
    plugins = s.plugins if s.plugins is not None else _built_in()
    context = Context(s.act.day, plugins.categories, plugins.target_groups)
    split = plugins.split_gifts(
        _donation_columns(donations, [at for _, at in rows]), _pool_columns(pools, given), context
    )
    by_id = {gift.id: gift for gift in donations}
    _check_caps(split, by_id, {pool.id: pool for pool in pools}, given)
    sums: dict[tuple[str, str], int] = {}
    for key, pool, fen in split:
        sums[key, pool] = sums.get((key, pool), 0) + fen
    return [_matched(s, by_id[key], pool, fen) for (key, pool), fen in sums.items() if fen]


@cache
def _built_in() -> Plugins:
    from wushe.plugins.manager import load_plugins

    return load_plugins()


def _keys(gift: Gift) -> list[str]:
    keys = [("donor", gift.donor), ("project", gift.project)]
    return [f"{name}:{value}" for name, value in keys if value is not None]


def _given(
    s: Session, pools: Sequence[Pool], donations: Sequence[Gift]
) -> dict[str, dict[str, int]]:
    """Return what each pool gave before to the donors and projects of this batch."""
    wanted = sorted({key for gift in donations for key in _keys(gift)})
    s.state.load("pool_share", "id", [share_id(p.id, key) for p in pools for key in wanted])
    given: dict[str, dict[str, int]] = {}
    for pool in pools:
        shares = ((key, s.state.get("pool_share", share_id(pool.id, key))) for key in wanted)
        given[pool.id] = {key: share.fen for key, share in shares if share is not None}
    return given


def _objects(values: Sequence[Any]) -> np.ndarray[Any, Any]:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def _donation_columns(gifts: Sequence[Gift], times: Sequence[str]) -> Columns:
    columns = {
        name: [getattr(g, name) for g in gifts] for name in ("id", "donor", "fund", "project")
    }
    arrays = {name: _objects(values) for name, values in columns.items()}
    arrays["fen"] = np.array([gift.fen for gift in gifts], dtype=np.int64)
    arrays["at"] = _objects(list(times))
    return Columns(len(gifts), arrays)


def _pool_columns(pools: Sequence[Pool], given: Mapping[str, Mapping[str, int]]) -> Columns:
    texts = ("id", "fund", "opens", "closes")
    arrays = {name: _objects([getattr(p, name) for p in pools]) for name in texts}
    numbers = {"left_fen": [p.left for p in pools]}
    numbers |= {name: [getattr(p, name) for p in pools] for name in ("numerator", "denominator")}
    for name in _CAPS:
        caps = [getattr(p, name) for p in pools]
        numbers[name] = [-1 if cap is None else cap for cap in caps]
    arrays |= {name: np.array(values, dtype=np.int64) for name, values in numbers.items()}
    arrays["given"] = _objects([dict(given[p.id]) for p in pools])
    return Columns(len(pools), arrays)


def _check_caps(
    split: Sequence[tuple[str, str, int]],
    gifts: Mapping[str, Gift],
    pools: Mapping[str, Pool],
    given: Mapping[str, Mapping[str, int]],
) -> None:
    """Refuse an answer that breaks what a pool's sponsor agreed to; what it has left was checked before."""
    sums: dict[tuple[str, str], int] = {}
    for key, pool, fen in split:
        for counted in (f"gift:{key}", *_keys(gifts[key])):
            before = given[pool].get(counted, 0)
            sums[pool, counted] = sums.get((pool, counted), before) + fen
    for (pool, counted), fen in sums.items():
        name = f"{counted.partition(':')[0]}_cap"
        cap = getattr(pools[pool], name)
        if cap is not None and fen > cap:
            refuse(BAD_SPLIT, f"pool/{pool}", name, fen, why=f"{name} {cap} < {fen}")


def _matched(s: Session, donation: Gift, pool: str, fen: int) -> list[Any]:
    held: Pool = s.state.get("pool", pool)
    fund = s.state.get("fund", donation.fund)
    key = f"{donation.id}+{pool}"
    restricted = donation.earmark.restricted
    data = {
        "gift": key,
        "fund": fund.id,
        "fen": fen,
        "day": donation.day,
        "donor": held.sponsor,
        "donor_kind": held.sponsor_kind,
        "nature": "matching",
        "earmark": donation.earmark.to_json(),
        "project": donation.project,
        "pool": pool,
        "matches": donation.id,
        "campaign": donation.campaign,
        "lines": moved(
            fen, credit=income(fund.id, "matching", restricted=restricted), debit=free_cash(fund.id)
        ),
    }
    data = {**known_only(data), "counts": _keys(donation)}
    s.record("gift.matched", f"gift/{key}", data, ref=held.sponsor)
    return [donation.id, pool, fen]
