"""The books as Beancount text, for an accountant's tools: accounts, transactions, final balances.

Every event that moves money is one transaction, dated by the day it tells of. It names the kind of the event
and ids of funds, gifts, orders and the like, never a person, a reference, or free text. It lists single
payments: it is for those who check the books, not for publication (that is `statement`).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from wushe.journal import Event
from wushe.journal.event import day_of

CURRENCY = "CNY"
_FIELDS = ("fund", "gift", "commitment", "payment", "refund", "order", "project", "lot", "issue")
_LINKED = frozenset((*_FIELDS, "change", "pool", "campaign", "warehouse", "reservation"))
"""Streams and fields whose ids are nobody's; all others are left out."""
_PART = re.compile(r"[A-Z0-9][A-Za-z0-9-]*", re.ASCII)
_ROOTS = ("Assets", "Liabilities", "Equity", "Income", "Expenses")
_HEAD = 'option "title" "wushe"\noption "operating_currency" "CNY"\n\n'


def to_beancount(events: Iterable[Event]) -> str:
    """Return the money that `events` move as Beancount text. For long logs use `write_beancount`."""
    return "".join(beancount_lines(events))


def write_beancount(events: Iterable[Event], path: str | Path) -> Path:
    """Write the text of `to_beancount` without ever holding more than one event; return the path."""
    target = Path(path)
    with target.open("w", encoding="utf-8", newline="\n") as out:
        out.writelines(beancount_lines(events))
    return target


def beancount_lines(events: Iterable[Event]) -> Iterator[str]:
    """Yield the text in pieces: transactions first, then the accounts with their first days and balances.

    Beancount sorts by date itself. Raises ValueError for an event whose lines do not sum to 0, naming it.
    """
    first: dict[str, str] = {}
    balances: dict[str, int] = {}
    last = ""
    yield _HEAD
    for event in events:
        lines = event.data.get("lines")
        if not lines:
            continue
        day = posted_on(event)
        yield _transaction(event, day)
        total = 0
        for name, fen in lines:
            account = account_name(name)
            balances[account] = balances.get(account, 0) + fen
            if day < first.get(account, "9999"):
                first[account] = day
            total += fen
        if total:
            raise ValueError(f"event {event.kind} of {event.stream}: its lines do not sum to 0")
        last = max(last, day)
    for account in sorted(first):
        yield f"{first[account]} open {account} {CURRENCY}\n"
    if last:
        yield "\n"
        after = (dt.date.fromisoformat(last) + dt.timedelta(days=1)).isoformat()
        for account in sorted(balances):
            yield f"{after} balance {account} {yuan(balances[account])} ~ 0.00 {CURRENCY}\n"


def posted_on(event: Event) -> str:
    """Return the day under which an event's money is booked: the one it tells of, else its own."""
    day = event.data.get("day")
    return day if isinstance(day, str) else day_of(event.at).isoformat()


def yuan(fen: int) -> str:
    """Return fen as yuan with exactly two decimals."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"


@lru_cache(maxsize=65_536)
def account_name(account: str) -> str:
    """Return a name of the ledger as Beancount accepts it; different names stay different.

    Parts that it accepts stay as they are. Raises ValueError for a root that it does not know.
    """
    root, *parts = account.split(":")
    if root not in _ROOTS or not parts:
        raise ValueError(f"account {account!r}: expected one below {', '.join(_ROOTS)}")
    return ":".join([root, *map(_part, parts)])


def _part(part: str) -> str:
    if _PART.fullmatch(part) and not part.startswith("X-"):
        return part
    return "X-" + part.encode().hex()


@lru_cache(maxsize=65_536)
def link_name(text: str) -> str:
    """Return an id as part of a link; different ids give different links."""
    return "".join(
        c
        if c.isascii() and (c.isalnum() or c in "-.")
        else "".join(f"_{b:02x}" for b in c.encode())
        for c in text
    )


def _transaction(event: Event, day: str) -> str:
    links: dict[str, None] = {}
    kind, _, key = event.stream.partition("/")
    if kind in _LINKED and key:
        links[f"{kind}-{link_name(key)}"] = None
    for name in _FIELDS:
        value = event.data.get(name)
        if isinstance(value, str):
            links[f"{name}-{link_name(value)}"] = None
    named = "".join(f" ^{link}" for link in links)
    postings = "".join(
        f"  {account_name(name)} {yuan(fen)} {CURRENCY}\n" for name, fen in event.data["lines"]
    )
    return f'{day} * "{event.kind}"{named}\n{postings}\n'
