"""Why a need is not fully served: one reason of the closed list for each."""

from __future__ import annotations

import numpy as np

from wushe.matching.candidates import ORDER, Candidates
from wushe.matching.expand import BLOCKED, NONE, Groups
from wushe.matching.kernel import Problem
from wushe.matching.prepare import Prepared
from wushe.model.storage import Array


def find_reasons(
    prepared: Prepared,
    candidates: Candidates,
    problem: Problem,
    flow: Array,
    unserved: Array,
    steps: Array,
) -> Array:
    """Return for every need that is not fully served the position of its reason in `ORDER`, else -1.

    `flow` int64 (n_pairs,); `unserved` and `steps` (priority) int64 (n_needs,).
    """
    needs, row = prepared.needs, problem.row
    reason = candidates.blocked.copy()
    short = (unserved > 0) & (reason < 0)
    reason[unserved == 0] = -1
    reason[short] = np.where(
        needs["dimension"][short] == "fen", ORDER.index("budget"), ORDER.index("capacity")
    )
    lowest, room = _served_by(prepared, candidates, flow, steps, row)
    pressing = np.full(len(needs), np.iinfo(np.int64).max)
    np.minimum.at(pressing, row, lowest[candidates.offer])
    reason[short & (pressing > steps)] = ORDER.index("gives_way")
    reason[short & _restricted(prepared, candidates, row, flow, room)] = ORDER.index("restriction")
    if prepared.groups.bind:
        _group_reasons(prepared.groups, unserved, needs["quantity"], reason)
    return reason


def _restricted(
    prepared: Prepared, candidates: Candidates, row: Array, flow: Array, room: Array
) -> Array:
    """Return where a limit per need or a whole pack holds back what offers still have, bool (n_needs,).

    A need that is bound to others gets nothing by halves: for it the limits of all its offers count.
    """
    needs, offer = prepared.needs, candidates.offer
    asked, pack = needs["quantity"][row], prepared.groups.pack[offer]
    limit = candidates.limit - candidates.limit % pack
    most = np.minimum(asked, prepared.offers["capacity"][offer])
    held_back = np.zeros(len(needs), dtype=bool)
    held_back[row[(limit < most) & room[offer] & (flow >= limit)]] = True
    sums = np.zeros((2, len(needs)), dtype=np.int64)
    np.add.at(sums[0], row, limit)
    np.add.at(sums[1], row, most)
    never = (sums[0] < needs["quantity"]) & (sums[1] >= needs["quantity"])
    found: Array = held_back | never
    return found


def _group_reasons(groups: Groups, unserved: Array, quantity: Array, reason: Array) -> None:
    """Correct `reason` where a need is unserved for what it is bound to, not for its own offers."""
    short, some = unserved > 0, unserved < quantity
    for codes in (groups.team, groups.visit):
        for code in np.unique(codes[short & (codes != NONE)]).tolist():
            together = np.flatnonzero(codes == code)
            # All fail for the one that can be helped least: reasons are in the order of looking.
            found = reason[together]
            reason[together] = found[found >= 0].min()
    chosen = np.unique(groups.one_of[some & (groups.one_of >= 0)])
    taken = (groups.one_of == BLOCKED) | (np.isin(groups.one_of, chosen) & ~some)
    reason[short & taken] = ORDER.index("alternative")
    waits = (groups.after == BLOCKED) | ((groups.after >= 0) & short[np.maximum(groups.after, 0)])
    reason[short & waits] = ORDER.index("waits")


def _served_by(
    prepared: Prepared, candidates: Candidates, flow: Array, steps: Array, row: Array
) -> tuple[Array, Array]:
    """Return per offer the lowest priority it serves (-1: nobody) and whether it has room left."""
    used = flow > 0
    lowest = np.full(len(prepared.offers), np.iinfo(np.int64).max)
    np.minimum.at(lowest, candidates.offer[used], steps[row[used]])
    load = np.zeros(len(prepared.offers), dtype=np.int64)
    np.add.at(load, candidates.offer, flow)
    idle = lowest == np.iinfo(np.int64).max
    return np.where(idle, -1, lowest), load < prepared.offers["capacity"]
