"""Funds of mutual-aid societies (救急难互助社): first aid within their balance, purposes and reach."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import numpy as np
import numpy.typing as npt

from wushe.model.parties import LEVELS
from wushe.model.storage import UNKNOWN_INT, Array
from wushe.network import LinkageNetwork
from wushe.relief.consent import ConsentBook
from wushe.relief.open_needs import Ints, Needs

SOCIETY = "mutual_aid_society"
NATION = -1
_LEVELS = {**{level: code for code, level in enumerate(LEVELS)}, "nation": NATION}


@attrs.frozen(eq=False)
class Societies:
    """Funds to draw on, the most local first, then by id.

    `fund` their rows; `balance` what is left, drawn down in place; `cap` the limit per need (the
    balance where there is none); `may` bool (n_funds, n_money_needs).
    """

    fund: Ints
    balance: Ints
    cap: Ints
    may: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, network: LinkageNetwork, needs: Needs, money: Ints, book: ConsentBook) -> Societies:
        """Return the funds of `network` that societies keep. Unknown balances and purposes give nothing."""
        organizations, funds = network["organizations"], network["funds"]
        host = organizations.row_of(funds["host"])
        balance = np.where(funds["balance_fen"] == UNKNOWN_INT, 0, funds["balance_fen"])
        cap = np.where(funds["per_need_fen"] == UNKNOWN_INT, balance, funds["per_need_fen"])
        kept = organizations["kind"][host] == SOCIETY if len(host) else np.zeros(0, dtype=bool)
        rows = np.flatnonzero(kept & (balance > 0) & (cap > 0) & funds.known("purposes"))
        place = network["places"].row_of(funds["place"])
        home = np.append(network["places"].row_of(organizations["place"]), -1)[host]
        place = np.where(place >= 0, place, home)
        level = _reach(network, place, funds["reach"])
        rows = rows[np.lexsort((rows, -level[rows]))]
        may = np.zeros((len(rows), len(money)), dtype=bool)
        if len(rows) and len(money):
            willing = _not_refused(network, needs, money, book)
            for at, row in enumerate(rows):
                may[at] = willing & _admits(funds.record(int(row)), needs, money)
                may[at] &= _reaches(network, int(place[row]), int(level[row]), needs.place[money])
        return cls(rows, balance[rows].copy(), cap[rows], may)

    def give(self, need: Ints, rest: Ints) -> Iterator[tuple[Ints, Ints, Ints]]:
        """Yield (need, fund row, fen) for the needs in the order given; `rest` may shrink meanwhile."""
        for at in range(len(self.fund)):
            want = np.where(self.may[at, need], np.minimum(rest[need], self.cap[at]), 0)
            earlier = np.cumsum(want) - want
            given = np.clip(self.balance[at] - earlier, 0, want)
            some = given > 0
            self.balance[at] -= given.sum()
            yield need[some], np.full(int(some.sum()), self.fund[at]), given[some]


def _reach(network: LinkageNetwork, place: Ints, stated: Array) -> Ints:
    """Return the level within which each fund may go, as offers are read; NATION for anywhere.

    Without a stated reach a fund stays within its own place, without a place it may go anywhere.
    """
    if len(place) == 0 or len(network.places) == 0:
        return np.full(len(place), NATION)
    levels = np.where(network.places.ancestors >= 0, np.arange(len(LEVELS)), NATION)
    own = np.append(levels.max(axis=1), NATION)[place]
    wanted = np.array([_LEVELS[r] if r else len(LEVELS) for r in stated], dtype=np.int64)
    return np.where(own == NATION, NATION, np.minimum(wanted, own))


def _reaches(network: LinkageNetwork, home: int, level: int, place: Ints) -> npt.NDArray[np.bool_]:
    if level == NATION:
        return np.ones(len(place), dtype=bool)
    centre = network.places.ancestors[home, level]
    theirs = np.append(network.places.ancestors[:, level], -1)[place]
    return np.asarray((theirs == centre) & (centre >= 0))


def _admits(fund: object, needs: Needs, money: Ints) -> npt.NDArray[np.bool_]:
    purposes = getattr(fund, "purposes", None) or ()
    groups = set(getattr(fund, "for_groups", None) or ())
    return np.array(
        [
            c in purposes and (not groups or bool(groups & set(g)))
            for c, g in zip(needs.category[money], needs.groups[money], strict=True)
        ],
        dtype=bool,
    )


def _not_refused(
    network: LinkageNetwork, needs: Needs, money: Ints, book: ConsentBook
) -> npt.NDArray[np.bool_]:
    """Return who did not refuse: nobody's money is set aside for a household that said no."""
    subjects = subjects_of(network, needs, money)
    return np.asarray(book.answers(subjects, None, ("id",)) != 0)


def subjects_of(network: LinkageNetwork, needs: Needs, at: Ints) -> list[str | None]:
    """Return whose consent counts for each need: the person it names, else the household."""
    persons, homes = network["persons"].ids, network["households"].ids
    return [
        persons[p] if p >= 0 else homes[h] if h >= 0 else None
        for p, h in zip(needs.person[at], needs.household[at], strict=True)
    ]
