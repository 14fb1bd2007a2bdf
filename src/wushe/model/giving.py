"""Matching pools (配捐) for plugins that split gifts: what a pool may add, whatever the city's own order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from wushe.model.terms import Columns

NO_CAP = -1
_GIFT = ("id", "fen", "donor", "fund", "project", "at")
Share = Callable[
    [Mapping[str, Any], "Sequence[MatchingPool]"], "Iterable[tuple[MatchingPool, int]]"
]


class MatchingPool:
    """One pool while a batch of donations is split: its ratio, its caps, its time, and what it has left."""

    def __init__(self, pools: Columns, row: int) -> None:
        self.id: str = pools["id"][row]
        self.fund: str | None = pools["fund"][row]
        self.left_fen = int(pools["left_fen"][row])
        self._opens, self._closes = pools["opens"][row], pools["closes"][row]
        self._ratio = int(pools["numerator"][row]), int(pools["denominator"][row])
        self._gift_cap = int(pools["gift_cap"][row])
        self._caps = {name: int(pools[f"{name}_cap"][row]) for name in ("donor", "project")}
        self._given = dict(pools["given"][row])

    def may_add(self, gift: Mapping[str, Any]) -> int:
        """Return how many fen the pool may add to `gift` by fund, time, ratio, caps and what is left, rounded down."""
        if not self._open_for(gift):
            return 0
        limits = [int(gift["fen"]) * self._ratio[0] // self._ratio[1], self.left_fen]
        if self._gift_cap != NO_CAP:
            limits.append(self._gift_cap)
        for name, key in _counted(gift):
            if self._caps[name] != NO_CAP:
                limits.append(self._caps[name] - self._given.get(key, 0))
        return max(min(limits), 0)

    def add(self, gift: Mapping[str, Any], fen: int) -> None:
        """Count `fen` as given: less is left, for the donor and the project of `gift` too."""
        self.left_fen -= fen
        for _, key in _counted(gift):
            self._given[key] = self._given.get(key, 0) + fen

    def _open_for(self, gift: Mapping[str, Any]) -> bool:
        return (
            (self.fund is None or self.fund == gift["fund"])
            and (self._opens is None or self._opens <= gift["at"])
            and (self._closes is None or gift["at"] < self._closes)
        )


def _counted(gift: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the caps that `gift` counts for: one who is not named has none."""
    return [(n, f"{n}:{gift[n]}") for n in ("donor", "project") if gift[n] is not None]


def split_in_turn(donations: Columns, pools: Columns, share: Share) -> list[tuple[str, str, int]]:
    """Return (donation id, pool id, fen) for `split_gifts`: donations by their instant, then by id.

    ``share(gift, pools)`` yields the pools that add to one donation and how many fen each; every amount is
    counted before the next is asked for, and nothing is no answer.
    """
    every = [MatchingPool(pools, row) for row in range(len(pools))]
    order = sorted(range(len(donations)), key=lambda i: (donations["at"][i], donations["id"][i]))
    found = []
    for i in order:
        gift = {name: donations[name][i] for name in _GIFT}
        for pool, fen in share(gift, every):
            if fen > 0:
                pool.add(gift, fen)
                found.append((gift["id"], pool.id, fen))
    return found
