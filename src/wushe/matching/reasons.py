"""Why a need is not fully served: one reason of the closed list for each."""

from __future__ import annotations

import numpy as np

from wushe.matching.candidates import ORDER, Candidates
from wushe.matching.decide import bound_rows
from wushe.matching.expand import BLOCKED, NONE, Groups
from wushe.matching.prepare import Prepared
from wushe.model.storage import Array


def find_reasons(
    prepared: Prepared,
    candidates: Candidates,
    row: Array,
    flow: Array,
    unserved: Array,
    steps: Array,
) -> Array:
    """Return for every need that is not fully served the position of its reason in `ORDER`, else -1.

    `row` int64 and `flow` int64 (n_pairs,); `unserved` and `steps` (priority) int64 (n_needs,).
    """
    needs = prepared.needs
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
    has_room = np.bincount(row[room[candidates.offer]], minlength=len(needs)) > 0
    # Room that stays empty beside a need that is short can only be a donor's limit per need.
    reason[short & has_room & ~bound_rows(prepared.groups)] = ORDER.index("restriction")
    if prepared.groups.bind:
        _group_reasons(prepared.groups, unserved, reason)
    return reason


def _group_reasons(groups: Groups, unserved: Array, reason: Array) -> None:
    """Correct `reason` where a need is unserved for what it is bound to, not for its own offers."""
    short = unserved > 0
    for codes in (groups.team, groups.visit):
        for code in np.unique(codes[short & (codes != NONE)]).tolist():
            together = np.flatnonzero(codes == code)
            # All fail for the one that can be helped least: reasons are in the order of looking.
            found = reason[together]
            reason[together] = found[found >= 0].min()
    chosen = np.unique(groups.one_of[~short & (groups.one_of != NONE)])
    reason[short & np.isin(groups.one_of, chosen)] = ORDER.index("alternative")
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
