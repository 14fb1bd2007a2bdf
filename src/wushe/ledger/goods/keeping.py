"""Goods are kept: counted, moved, written off, recalled; what expires is seen in time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from wushe.errors import Problem
from wushe.journal import Session, State, command
from wushe.ledger.goods import events
from wushe.ledger.goods.book import family, lines_of, taken
from wushe.ledger.goods.choose import turn
from wushe.ledger.goods.problems import (
    BLOCKED,
    COUNT_RESERVED,
    PACKS,
    amount,
    known,
    refuse,
    word,
)
from wushe.ledger.goods.records import Lot
from wushe.model.units import MAX_AMOUNT
from wushe.text import Text

COUNTS = {
    "agrees": Text("账实相符", "as in the books"),
    "miscounted": Text("原记数有误", "was miscounted before"),
    "lost": Text("遗失", "lost"),
    "damaged": Text("破损", "damaged"),
    "not_recorded": Text("漏记", "was not recorded"),
}
"""Why a stock-taking differs from the books."""
WRITE_OFFS = {
    "expired": Text("过期", "expired"),
    "damaged": Text("破损", "damaged"),
    "lost": Text("遗失", "lost"),
    "recalled": Text("召回", "recalled"),
    "unfit": Text("不合用", "not fit for use"),
}
"""Why goods are written off."""
RECALLS = {
    "maker": Text("生产商召回", "recalled by the maker"),
    "authority": Text("监管部门要求", "asked by the authority"),
    "defect": Text("发现质量问题", "a defect was found"),
    "donor": Text("捐赠人要求", "asked by the donor"),
}
"""Why a lot is recalled."""
_BUCKETS = ("on_hand", "unchecked", "rejected")
_SAME = Text("已在这个仓库", "it is in this warehouse already")


@command
def count(s: Session, *, lot: str, counted: int, reason: str = "agrees") -> int:
    """Book what a stock-taking found of a lot (all of it: free, reserved, not inspected, rejected).

    Returns the difference from the books: what is missing is written off, more is free goods of the lot.
    `reason` is a key of `COUNTS`, ``agrees`` only without a difference. Raises RefusedError.
    """
    held: Lot = known(s.state, "lot", lot)
    problems = amount(held.stream, "counted", counted, 0, MAX_AMOUNT)
    refuse(*problems)
    missing = held.there - counted
    allowed = ("agrees",) if not missing else tuple(COUNTS)[1:]
    problems = word(held.stream, "reason", reason, allowed)
    if counted < held.reserved:
        reserved = {"reserved": held.reserved}
        problems.append(
            Problem(COUNT_RESERVED, held.stream, None, "counted", str(counted), reserved)
        )
    refuse(*problems)
    data: dict[str, Any] = {"lot": lot, "counted": counted, "reason": reason}
    data |= {"missing": _from(held, max(missing, 0)), "found": max(-missing, 0)}
    data["lines"] = lines_of(s.state, dict(events.counted(s.state, data)))
    s.record("lot.counted", held.stream, data)
    return -missing


def _from(lot: Lot, missing: int) -> list[list[Any]]:
    """Return from which buckets so much is missing: from what is free first."""
    parts = []
    for bucket in _BUCKETS:
        some = min(missing, getattr(lot, bucket))
        missing -= some
        parts += [[bucket, some]] if some else []
    return parts


@command
def write_off(
    s: Session, *, lot: str, reason: str, quantity: int | None = None, bucket: str = "on_hand"
) -> int:
    """Write off goods of a lot (all that is in `bucket`, or `quantity` of it) and return how much.

    `bucket`: on_hand, unchecked or rejected; reserved goods are released first. `reason` is a key of
    `WRITE_OFFS`; a lot is written off as expired only when it is. Raises RefusedError.
    """
    held: Lot = known(s.state, "lot", lot)
    day = s.act.day.isoformat()
    allowed = [
        code
        for code in WRITE_OFFS
        if (code != "expired" or (held.expires_on is not None and held.expires_on < day))
        and (code != "recalled" or held.status == "recalled")
    ]
    problems = word(held.stream, "reason", reason, allowed)
    refuse(*problems, *word(held.stream, "bucket", bucket, _BUCKETS))
    most = getattr(held, bucket)
    n = most if quantity is None else quantity
    refuse(*amount(held.stream, "quantity", n, 1, most))
    data: dict[str, Any] = {"lot": lot, "quantity": n, "bucket": bucket, "reason": reason}
    data["lines"] = lines_of(s.state, taken(s.state, [(lot, n)], bucket, "written_off"))
    s.record("lot.written_off", held.stream, data)
    return n


@command
def transfer(s: Session, *, lot: str, to: str, quantity: int | None = None) -> str:
    """Move free goods of a lot (all, or `quantity`) to another warehouse; return the lot's id there.

    Value, donor, restriction and expiry go with them; a recall of either finds both. Raises RefusedError.
    """
    held: Lot = known(s.state, "lot", lot)
    known(s.state, "warehouse", to)
    problems = []
    if to == held.warehouse:
        problems.append(Problem(BLOCKED, held.stream, None, "to", to, {"why": _SAME}))
    n = held.on_hand if quantity is None else quantity
    problems += amount(held.stream, "quantity", n, 1, held.on_hand)
    if not problems and n % (held.pack or 1) and n != held.on_hand:
        packs = {"item": held.item, "asked": n, "packs": held.pack}
        problems.append(Problem(PACKS, held.stream, None, "quantity", str(n), packs))
    refuse(*problems)
    target = _there(s.state, held, to)
    data: dict[str, Any] = {"lot": lot, "to": target, "warehouse": to, "quantity": n}
    data["lines"] = lines_of(s.state, dict(events.moved(s.state, data)))
    s.record("lot.moved", held.stream, data)
    return target


def _there(state: State, lot: Lot, warehouse: str) -> str:
    """Return the id that a lot has in a warehouse: the one it has there already, or a new one."""
    lots = family(state, lot)
    for one in lots:
        if one.warehouse == warehouse:
            return one.id
    number, known_ids = len(lots), {one.id for one in lots}
    while (key := f"{lots[0].id}@{number}") in known_ids or state.get("lot", key) is not None:
        number += 1
    return key


@command
def recall(s: Session, *, lot: str, reason: str) -> dict[str, Any]:
    """Block a lot wherever it lies, release what is set aside of it, and return who is to be told.

    The answer: ``lots``, ``blocked`` (base units there), ``released`` (reservations), ``orders`` that lose
    goods, and ``issues``: see `who_got`. `reason` is a key of `RECALLS`. Raises RefusedError.
    """
    held: Lot = known(s.state, "lot", lot)
    refuse(*word(held.stream, "reason", reason, RECALLS))
    lots = family(s.state, held)
    ids = [one.id for one in lots]
    aside = [
        one
        for house in sorted({one.warehouse for one in lots})
        for one in s.state.find("reservation", warehouse=house, status="open")
        if any(key in ids for key, _ in one.takes)
    ]
    s.record("lot.recalled", held.stream, {"lot": lot, "lots": ids, "reason": reason})
    for one in aside:
        data = {"reservation": one.id, "reason": "recalled"}
        s.record("goods.released", f"reservation/{one.id}", data)
    return {
        "lots": ids,
        "blocked": sum(one.there for one in lots),
        "released": [one.id for one in aside],
        "orders": sorted({one.order for one in aside if one.order is not None}),
        "issues": who_got(s.state, lot),
    }


def who_got(state: State, lot: str) -> list[dict[str, Any]]:
    """Return the issues that gave out goods of a lot and were not brought back, by id.

    Each with issue, order, recipient (a reference for households and persons: `state.subject` tells
    who), recipient_kind, quantity, status. Raises RefusedError for an unknown lot.
    """
    lots = family(state, known(state, "lot", lot))
    ids = {one.id for one in lots}
    rows = []
    for house in sorted({one.warehouse for one in lots}):
        for one in state.find("issue", warehouse=house):
            back = dict(one.returned)
            n = sum(n - back.get(key, 0) for key, n in one.takes if key in ids)
            if n:
                names = ("order", "recipient", "recipient_kind", "status")
                said = {name: getattr(one, name) for name in names}
                rows.append({"issue": one.id, **said, "quantity": n})
    return sorted(rows, key=lambda row: str(row["issue"]))


def expiring(state: State, until: dt.date, warehouse: str | None = None) -> list[Lot]:
    """Return the lots of which something is there that expire by `until`, first expiring first."""
    keys = {"open": "1"} if warehouse is None else {"open": "1", "warehouse": warehouse}
    lots: Iterable[Lot] = state.find("lot", **keys)
    limit = until.isoformat()
    due = [lot for lot in lots if lot.expires_on is not None and lot.expires_on <= limit]
    return sorted(due, key=turn)
