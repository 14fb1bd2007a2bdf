"""What goods are worth, and the lines that keep the accounts in step with where they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from wushe.journal import State
from wushe.ledger.goods.records import Lot
from wushe.ledger.money.accounts import account_part


def goods_account(warehouse: str) -> str:
    """Return the account of what lies in a warehouse."""
    return f"Assets:Goods:{account_part(warehouse)}"


def given_account(warehouse: str) -> str:
    """Return the account of what a warehouse gave out."""
    return f"Expenses:Goods:{account_part(warehouse)}"


def loss_account(warehouse: str) -> str:
    """Return the account of what a warehouse wrote off, less what a stock-taking found."""
    return f"Expenses:Loss:{account_part(warehouse)}"


def in_kind_account(books: str, *, restricted: bool) -> str:
    """Return the account of gifts in kind; `books` is the fund or, without one, the warehouse."""
    kind = "Restricted" if restricted else "Unrestricted"
    return f"Income:InKind:{kind}:{account_part(books)}"


def value_of(lot: Lot, quantity: int) -> int | None:
    """Return what `quantity` base units of a lot are worth in fen, rounded down; None: not known."""
    fen = lot.unit_value_fen
    return None if fen is None else quantity * fen // lot.value_per


def family(state: State, lot: Lot) -> list[Lot]:
    """Return the lot as it came in, and what of it was moved to other warehouses, in that order."""
    root = lot if lot.origin is None else state.get("lot", lot.origin)
    return [root, *(state.get("lot", part) for part in root.parts)]


def worth(lots: Sequence[Lot], books: str) -> Counter[str]:
    """Return what `family` is worth, by account in fen (debit above 0); nothing where it is not known.

    The lines sum to 0. Where a base unit is no whole number of fen, the fen of the whole are dealt out in order:
    given out, written off, there; an account with no goods gets no fen.
    """
    root, found = lots[0], Counter[str]()
    fen, per = root.unit_value_fen, root.value_per
    if fen is None:
        return found
    at = 0

    def add(account: str, units: int, sign: int = 1) -> None:
        nonlocal at
        found[account] += sign * ((at + units) * fen // per - at * fen // per)
        at += units

    for lot in lots:
        add(given_account(lot.warehouse), lot.issued)
        add(loss_account(lot.warehouse), lot.written_off)
    for lot in lots:
        add(goods_account(lot.warehouse), lot.there)
    at = 0
    add(in_kind_account(books, restricted=root.earmark.restricted), root.received, -1)
    for lot in lots:
        add(loss_account(lot.warehouse), lot.found, -1)
    return found


def books_of(state: State, lot: Lot) -> str:
    """Return whose income the lot was: the fund of the warehouse where it came in, or that warehouse."""
    root = lot if lot.origin is None else state.get("lot", lot.origin)
    warehouse = state.get("warehouse", root.warehouse)
    return str(warehouse.fund or warehouse.id)


def lines_of(state: State, changed: Mapping[str, Lot]) -> list[list[Any]]:
    """Return the lines that lead from the state's accounts to those after lots are as in `changed`."""
    lines: Counter[str] = Counter()
    roots = dict.fromkeys(lot.origin or lot.id for lot in changed.values())
    for key in roots:
        held = state.get("lot", key)
        now = changed.get(key) or held
        before = [] if held is None else family(state, held)
        after = [changed.get(part) or state.get("lot", part) for part in (key, *now.parts)]
        books = books_of(state, now)
        lines.update(worth(after, books))
        if before:
            lines.subtract(worth(before, books))
    return [[account, lines[account]] for account in sorted(lines) if lines[account]]


def shifted(lot: Lot, **by: int) -> Lot:
    """Return the lot with its amounts changed by so much; it is open while anything is there."""
    after = attrs.evolve(lot, **{name: getattr(lot, name) + n for name, n in by.items()})
    is_open = "1" if after.there else None
    return after if after.open == is_open else attrs.evolve(after, open=is_open)


def taken(state: State, takes: Iterable[Sequence[Any]], source: str, to: str) -> dict[str, Lot]:
    """Return the lots after the base units of `takes` went from one bucket to another."""
    return {key: shifted(state.get("lot", key), **{source: -n, to: n}) for key, n in takes}
