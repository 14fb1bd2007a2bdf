"""What the accounts say: balances, the trail from donor to use, and postings in columns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from wushe.journal import Event, State
from wushe.journal.event import day_of
from wushe.ledger.money.records import Gift

ENTRY_COLUMNS = (
    "no",
    "line",
    "day",
    "at",
    "kind",
    "stream",
    "account",
    "fen",
    "fund",
    "project",
    "category",
    "place",
)


def balances(state: State) -> dict[str, int]:
    """Return the balance of every account in fen (debits less credits), sorted by name."""
    return {account.id: account.fen for account in state.find("account")}


def trial_balance(state: State) -> dict[str, Any]:
    """Return ``account``, ``debit`` and ``credit`` columns, and the ``difference``, which must be 0."""
    held = balances(state)
    debit = [max(fen, 0) for fen in held.values()]
    credit = [max(-fen, 0) for fen in held.values()]
    return {
        "account": list(held),
        "debit": debit,
        "credit": credit,
        "difference": sum(debit) - sum(credit),
    }


def uses(state: State, gift: str) -> list[dict[str, Any]]:
    """Return what became of every fen of a gift that was paid, wherever it was moved to before.

    Each row: ``payment``, ``fund``, ``gift`` (the one that paid), ``day``, ``kind``, ``category``, ``place``,
    ``project``, ``fen`` (less what came back). Nothing in it tells who was helped.
    """
    held: Gift | None = state.get("gift", gift)
    if held is None:
        return []
    rows = []
    for use in state.find("use", gift=gift):
        payment = state.get("payment", use.payment)
        if use.fen > use.returned:
            names = ("fund", "day", "kind", "category", "place", "project")
            row = {name: getattr(payment, name) for name in names}
            rows.append({"payment": payment.id, "gift": gift, **row, "fen": use.fen - use.returned})
    rows.sort(key=lambda row: (row["day"], row["payment"]))
    for child in held.moved_to:
        rows += uses(state, child)
    return rows


def trace(state: State, donor: str) -> list[dict[str, Any]]:
    """Return every gift of a donor (an id), by day, with ``uses``, ``matched`` and what is left of it.

    fen = free + committed + refunded + the fen of all uses, wherever the money was moved.
    """
    gifts = [g for g in state.find("gift", donor=state.ref(donor)) if g.origin is None]
    gifts.sort(key=lambda gift: (gift.day, gift.id))
    return [_traced(state, gift) for gift in gifts]


def _traced(state: State, gift: Gift) -> dict[str, Any]:
    names = ("fund", "day", "nature", "fen", "receipt_no", "fed_back_on", "project", "pool")
    row = {name: getattr(gift, name) for name in names}
    held = {name: _everywhere(state, gift, name) for name in ("free", "committed", "refunded")}
    return {
        "gift": gift.id,
        **row,
        "earmark": gift.earmark.to_json(),
        **held,
        "uses": uses(state, gift.id),
    }


def _everywhere(state: State, gift: Gift, field: str) -> int:
    """Return a field summed over a gift and all that was moved from it to other funds."""
    below = (state.get("gift", child) for child in gift.moved_to)
    return int(getattr(gift, field)) + sum(_everywhere(state, child, field) for child in below)


def entries(events: Iterable[Event]) -> dict[str, list[Any]]:
    """Return all postings in columns (`ENTRY_COLUMNS`), one row a line, in the order of the log.

    ``no`` counts events from 1, ``line`` the lines of an event from 0; ``day`` is when the money moved, ``at``
    when that was recorded; ``fen`` is above 0 for a debit.
    """
    columns: dict[str, list[Any]] = {name: [] for name in ENTRY_COLUMNS}
    appends = [columns[name].append for name in ENTRY_COLUMNS]
    for no, event in enumerate(events, start=1):
        data = event.data
        lines = data.get("lines")
        if not lines:
            continue
        fund, target = data.get("fund"), data.get("target")
        day = data.get("day") or day_of(event.at).isoformat()
        about = (data.get("project"), data.get("category"), data.get("place"))
        for at, (account, fen) in enumerate(lines):
            # The lines of a move between funds: two of the source, then two of the target.
            of = target if target is not None and at > 1 else fund
            row = (no, at, day, event.at, event.kind, event.stream, account, fen, of, *about)
            for append, value in zip(appends, row, strict=True):
                append(value)
    return columns
