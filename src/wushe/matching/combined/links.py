"""Which units go with which: chains (after) as a forest, exclusive groups (one_of) among the rest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wushe.matching.combined.layout import Layout
from wushe.matching.kernel.problem import Array


@dataclass(frozen=True, eq=False)
class Links:
    """The part of the units' rules that has an exact minimum in passing.

    `parent` (n_units,) -1 none: one predecessor of each unit; `levels` the units by depth, roots first.
    `group` (n_units,) -1 none: one exclusive group of units without chains. What is left out only
    lowers the bound.
    """

    parent: Array
    levels: tuple[Array, ...]
    group: Array
    groups: int


def link(layout: Layout) -> Links:
    """Return the links of a layout's units."""
    y, units = layout, len(layout.strict)
    parent = np.full(units, -1, dtype=np.int64)
    rows = np.flatnonzero(y.after >= 0)[::-1]
    rows = rows[y.unit[y.after[rows]] != y.unit[rows]]
    parent[y.unit[rows]] = y.unit[y.after[rows]]
    chained = parent >= 0
    chained[parent[parent >= 0]] = True
    levels = []
    level = np.flatnonzero(chained & (parent < 0))
    done = np.zeros(units, dtype=bool)
    while len(level):
        levels.append(level)
        done[level] = True
        level = np.flatnonzero(chained & ~done & (parent >= 0) & done[parent])
    parent[chained & ~done] = -1  # units in a circle through different rows
    if (chained & ~done).any():
        levels.insert(0, np.flatnonzero(chained & ~done))
    group = np.full(units, -1, dtype=np.int64)
    rows = np.flatnonzero(y.one_of >= 0)[::-1]
    group[y.unit[rows]] = y.one_of[rows]
    group[chained] = -1
    return Links(parent, tuple(levels), group, int(group.max(initial=-1)) + 1)


def choose(links: Links, full: Array, some: Array) -> tuple[int, Array]:
    """Return the least sum of gains and each unit's mode: 0 none, 1 as it pays, 2 full.

    `full` is what full service adds (above 0 if it does not pay), `some` the best of anything the
    unit may do on its own, at most 0.
    """
    mode = (some < 0).astype(np.int64)
    best = some.copy()
    below = np.zeros(len(some), dtype=np.int64)
    for level in reversed(links.levels):
        whole = full[level] + below[level]
        best[level] = np.minimum(some[level], whole)
        mode[level[whole < some[level]]] = 2
        up = links.parent[level]
        np.add.at(below, up[up >= 0], best[level[up >= 0]])
    for level in links.levels[1:]:
        up = links.parent[level]
        mode[level[(up >= 0) & (mode[up] != 2)]] = 0
    members = np.flatnonzero(links.group >= 0)
    order = members[np.lexsort((best[members], links.group[members]))]
    winner = order[np.unique(links.group[order], return_index=True)[1]]
    lost = np.ones(len(some), dtype=bool)
    lost[winner] = False
    lost &= links.group >= 0
    mode[lost] = 0
    child = links.parent >= 0
    worth = int(best[~child & ~lost].sum())
    return worth, mode
