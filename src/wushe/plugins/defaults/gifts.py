"""Matching donations (配捐): the built-in `split_gifts`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wushe import Columns, hookimpl

NO_CAP = -1


@hookimpl
def split_gifts(donations: Columns, pools: Columns) -> list[tuple[str, str, int]]:
    """Each pool adds its ratio of each donation, rounded down to the fen, until a cap or its end is reached.

    Donations are taken by their instant, then by id; pools in the order given. The last match of a pool is what it has left.
    """
    rows = [_Pool(pools, row) for row in range(len(pools))]
    order = sorted(range(len(donations)), key=lambda i: (donations["at"][i], donations["id"][i]))
    found = []
    for i in order:
        gift = {
            name: donations[name][i] for name in ("id", "fen", "donor", "fund", "project", "at")
        }
        for pool in rows:
            fen = pool.match(gift)
            if fen:
                found.append((gift["id"], pool.id, fen))
    return found


class _Pool:
    """One pool while a batch of donations is split."""

    def __init__(self, pools: Columns, row: int) -> None:
        self.id: str = pools["id"][row]
        self._fund = pools["fund"][row]
        self._opens, self._closes = pools["opens"][row], pools["closes"][row]
        self._ratio = int(pools["numerator"][row]), int(pools["denominator"][row])
        self._left = int(pools["left_fen"][row])
        self._gift_cap = int(pools["gift_cap"][row])
        self._caps = {name: int(pools[f"{name}_cap"][row]) for name in ("donor", "project")}
        self._given = dict(pools["given"][row])

    def match(self, gift: Mapping[str, Any]) -> int:
        """Return what the pool adds to `gift`, and count it."""
        if self._left == 0 or not self._open_for(gift):
            return 0
        fen = min(int(gift["fen"]) * self._ratio[0] // self._ratio[1], self._left)
        if self._gift_cap != NO_CAP:
            fen = min(fen, self._gift_cap)
        counted = [(n, f"{n}:{gift[n]}") for n in ("donor", "project") if gift[n] is not None]
        for name, key in counted:
            if self._caps[name] != NO_CAP:
                fen = min(fen, max(self._caps[name] - self._given.get(key, 0), 0))
        for _, key in counted:
            self._given[key] = self._given.get(key, 0) + fen
        self._left -= fen
        return fen

    def _open_for(self, gift: Mapping[str, Any]) -> bool:
        return (
            (self._fund is None or self._fund == gift["fund"])
            and (self._opens is None or self._opens <= gift["at"])
            and (self._closes is None or gift["at"] < self._closes)
        )
