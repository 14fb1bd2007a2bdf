"""The array form of fund postings: many funds and many postings at a time, in the same double entry.

Every method posts what the command of its name posts (`receive`, `commit`, `release`, `pay`, `refund`,
`transfer`), to the same accounts, without the log, the gifts and the earmarks: for whoever needs balances of
thousands of postings a second, such as a simulation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from wushe.ledger.money.accounts import (
    INCOME,
    SPENDING,
    TRANSFER,
    committed_cash,
    free_cash,
    income,
    refunds,
    spending,
)
from wushe.model.storage import Array
from wushe.model.units import MAX_AMOUNT

_FREE, _COMMITTED, _REFUND, _TRANSFER = range(4)
_INCOME = {nature: 4 + i for i, nature in enumerate(INCOME)}
_SPENDING = {kind: 4 + len(INCOME) + i for i, kind in enumerate(SPENDING)}
_ACCOUNTS = 4 + len(INCOME) + len(SPENDING)
_OWN = [row for nature, row in _INCOME.items() if nature != "matching"]


class FundColumns:
    """Funds numbered from 0, each with accounts in fen; debits count up, credits down.

    ``received + matched + moved_in == free + committed + spent + refunded + moved_out`` for every fund. `fund` of a
    method is a number or an integer array (n,), `fen` whole fen of 1 to `MAX_AMOUNT`, of the same length or one for
    all. All methods raise ValueError for anything else, and then post nothing.
    """

    def __init__(self, n: int = 0) -> None:
        self._books = np.zeros((_ACCOUNTS, 0), dtype=np.int64)
        self._moved_in = np.zeros(0, dtype=np.int64)
        self.open(n)

    def __len__(self) -> int:
        return self._books.shape[1]

    def __repr__(self) -> str:
        return f"<FundColumns: {len(self)} funds, {int(self.free.sum())} fen free>"

    def open(self, n: int) -> Array:
        """Open `n` empty funds and return their numbers, int64 (n,)."""
        if n < 0:
            raise ValueError(f"n is {n}; expected how many funds to open, 0 or more")
        first = len(self)
        self._books = np.pad(self._books, ((0, 0), (0, n)))
        self._moved_in = np.pad(self._moved_in, (0, n))
        return np.arange(first, first + n)

    @property
    def received(self) -> Array:
        """What donors, the treasury and collectives gave, and interest, int64 (n_funds,)."""
        total: Array = -self._books[_OWN].sum(axis=0)
        return total

    @property
    def matched(self) -> Array:
        """What sponsors' pools added, int64 (n_funds,)."""
        total: Array = -self._books[_INCOME["matching"]]
        return total

    @property
    def free(self) -> Array:
        """What is promised to nobody, int64 (n_funds,)."""
        held: Array = self._books[_FREE].copy()
        return held

    @property
    def committed(self) -> Array:
        """What is set aside, int64 (n_funds,)."""
        held: Array = self._books[_COMMITTED].copy()
        return held

    @property
    def spent(self) -> Array:
        """What was paid out, int64 (n_funds,)."""
        total: Array = self._books[list(_SPENDING.values())].sum(axis=0)
        return total

    @property
    def refunded(self) -> Array:
        """What donors got back, int64 (n_funds,)."""
        held: Array = self._books[_REFUND].copy()
        return held

    @property
    def moved_in(self) -> Array:
        """What came from other funds, int64 (n_funds,)."""
        return self._moved_in.copy()

    @property
    def moved_out(self) -> Array:
        """What went to other funds, int64 (n_funds,)."""
        out: Array = self._books[_TRANSFER] + self._moved_in
        return out

    def receive(self, fund: Any, fen: Any, *, nature: str = "donation") -> None:
        """Take money in. `nature`: donation, fiscal, collective, interest, or matching for what a pool adds."""
        if nature not in _INCOME:
            raise ValueError(f"nature is {nature!r}; expected one of {', '.join(_INCOME)}")
        self._post(*self._checked(fund, fen), credit=_INCOME[nature], debit=_FREE)

    def commit(self, fund: Any, fen: Any) -> Array:
        """Set money aside, and return for which rows it was enough, bool (n,).

        Rows are taken in their order; one that is more than what is then free is refused whole, and later ones
        may still fit.
        """
        fund, fen = self._checked(fund, fen)
        done = in_turn(fund, fen, self._books[_FREE])
        self._post(fund[done], fen[done], credit=_FREE, debit=_COMMITTED)
        return done

    def release(self, fund: Any, fen: Any) -> None:
        """Give back what is not needed of what was set aside."""
        self._take(fund, fen, credit=_COMMITTED, debit=_FREE)

    def pay(self, fund: Any, fen: Any, *, kind: str = "aid") -> None:
        """Pay out of what was set aside. `kind`: aid, project, management."""
        if kind not in _SPENDING:
            raise ValueError(f"kind is {kind!r}; expected one of {', '.join(_SPENDING)}")
        self._take(fund, fen, credit=_COMMITTED, debit=_SPENDING[kind])

    def refund(self, fund: Any, fen: Any) -> None:
        """Give free money back to donors."""
        self._take(fund, fen, credit=_FREE, debit=_REFUND)

    def move(self, source: Any, target: Any, fen: Any) -> None:
        """Transfer free money from fund to fund, as `transfer` does.

        What comes in with a batch cannot leave again with it. Raises ValueError also where both are one fund.
        """
        source, out = self._checked(source, fen)
        target, into = self._checked(target, fen)
        if len(source) != len(target) or (source == target).any():
            raise ValueError(
                "target is as many funds as source, and each another one than its source"
            )
        self._enough(source, out, _FREE)
        self._post(source, out, credit=_FREE, debit=_TRANSFER)
        self._post(target, into, credit=_TRANSFER, debit=_FREE)
        np.add.at(self._moved_in, target, into)

    def residual(self) -> int:
        """Return by how many fen the books do not balance, over all funds: 0 always."""
        per_fund = np.abs(self._books.sum(axis=0)).sum()
        return int(per_fund + abs(self._books[_TRANSFER].sum()))

    def balances(self, ids: Sequence[str]) -> dict[str, int]:
        """Return every account that is not 0, sorted by name, as `wushe.ledger.money.balances` names them.

        `ids` are the ids of the funds, in order; income is unrestricted. Raises ValueError for too few or many.
        """
        if len(ids) != len(self):
            raise ValueError(f"ids are {len(ids)}; expected one for each of the {len(self)} funds")
        found: dict[str, int] = {}
        for i, key in enumerate(ids):
            names = _account_names(key)
            found.update(
                {names[row]: int(self._books[row, i]) for row in names if self._books[row, i]}
            )
        total = int(self._books[_TRANSFER].sum())
        return dict(sorted((found | ({TRANSFER: total} if total else {})).items()))

    def _take(self, fund: Any, fen: Any, *, credit: int, debit: int) -> None:
        fund, fen = self._checked(fund, fen)
        self._enough(fund, fen, credit)
        self._post(fund, fen, credit=credit, debit=debit)

    def _post(self, fund: Array, fen: Array, *, credit: int, debit: int) -> None:
        np.subtract.at(self._books[credit], fund, fen)
        np.add.at(self._books[debit], fund, fen)

    def _enough(self, fund: Array, fen: Array, account: int) -> None:
        asked = np.zeros(len(self), dtype=np.int64)
        np.add.at(asked, fund, fen)
        short = np.flatnonzero(asked > self._books[account])
        if len(short):
            one, name = int(short[0]), ("free", "committed")[account]
            raise ValueError(
                f"fund {one}: {int(asked[one])} fen asked for, {int(self._books[account, one])} fen "
                f"{name}; expected at most what is {name}"
            )

    def _checked(self, fund: Any, fen: Any) -> tuple[Array, Array]:
        rows, amounts = np.atleast_1d(np.asarray(fund)), np.atleast_1d(np.asarray(fen))
        rows, amounts = (a.astype(np.int64) if not a.size else a for a in (rows, amounts))
        if rows.dtype.kind not in "iu" or amounts.dtype.kind not in "iu":
            raise ValueError(
                f"fund is {rows.dtype} and fen {amounts.dtype}; expected whole numbers"
            )
        if rows.size and not 0 <= int(rows.min()) <= int(rows.max()) < len(self):
            raise ValueError(f"fund is {rows.min()} to {rows.max()}; expected 0 to {len(self) - 1}")
        if amounts.size and not 1 <= int(amounts.min()) <= int(amounts.max()) <= MAX_AMOUNT:
            raise ValueError(
                f"fen is {amounts.min()} to {amounts.max()}; expected 1 to {MAX_AMOUNT}"
            )
        if amounts.size not in (1, rows.size):
            raise ValueError(f"fen has {amounts.size} rows; expected {rows.size}, or one for all")
        return rows.astype(np.int64), np.broadcast_to(amounts.astype(np.int64), rows.shape)


def in_turn(holder: Array, wanted: Array, free: Array) -> Array:
    """Return which of `wanted` are had from what the holders have free, each row in its turn, bool (n,).

    `holder` int64 (n,) are positions in `free`. A row that asks for more than is then free gets nothing, and later
    ones may still fit.
    """
    asked = np.zeros(len(free), dtype=np.int64)
    np.add.at(asked, holder, wanted)
    done = np.ones(len(holder), dtype=bool)
    for one in np.flatnonzero(asked > free).tolist():
        left = int(free[one])
        for row in np.flatnonzero(holder == one).tolist():
            done[row] = wanted[row] <= left
            left -= int(wanted[row]) if done[row] else 0
    return done


def _account_names(key: str) -> dict[int, str]:
    """Return the names of a fund's own accounts, by row of the books."""
    names = {_FREE: free_cash(key), _COMMITTED: committed_cash(key), _REFUND: refunds(key)}
    names |= {row: income(key, nature, restricted=False) for nature, row in _INCOME.items()}
    return names | {row: spending(key, kind) for kind, row in _SPENDING.items()}
