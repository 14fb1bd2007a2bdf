"""Whether a flow keeps every rule of its layout, and what it costs, in integers."""

from __future__ import annotations

import numpy as np

from wushe.matching.combined.layout import Layout
from wushe.matching.kernel.problem import Array


def sums(where: Array, values: Array, size: int) -> Array:
    """Return the integer sums of `values` by `where`, int64 (size,)."""
    out = np.zeros(size, dtype=np.int64)
    np.add.at(out, where, values)
    return out


def pairs_used(layout: Layout, flow: Array) -> Array:
    """Return which pairs carry flow, bool (n_pairs,)."""
    used = np.zeros(len(layout.pair_person), dtype=bool)
    used[layout.pair[flow > 0]] = True
    return used


def crowd_of(layout: Layout, used: Array) -> Array:
    """Return how many pairs of each clique are used, int64 (n_cliques,)."""
    if not layout.cliques:
        return np.zeros(0, dtype=np.int64)
    counts: Array = np.add.reduceat(
        used[layout.clique_pair].astype(np.int64), layout.clique_start[:-1]
    )
    return counts


def cost_of(layout: Layout, flow: Array) -> int:
    """Return the objective of a flow on the layout's edges."""
    left = layout.demand - sums(layout.row, flow, len(layout.demand))
    return int((layout.cost * flow).sum()) + int((layout.penalty * left).sum())


def keeps_rules(layout: Layout, flow: Array) -> bool:
    """Return whether a flow on the layout's edges is feasible."""
    y, n = layout, len(layout.demand)
    got = sums(y.row, flow, n)
    if np.any((flow < 0) | (flow > y.most) | (flow % y.step != 0)) or np.any(got > y.demand):
        return False
    if np.any(sums(y.column, flow, len(y.capacity)) > y.capacity):
        return False
    some, full = got > 0, got == y.demand
    units = len(y.strict)
    begun = sums(y.unit, some, units) > 0
    short = sums(y.unit, ~full, units) > 0
    if np.any(begun & short & y.strict):
        return False
    chained = some & (y.after >= 0)
    if not full[y.after[chained]].all():
        return False
    rivals = y.one_of[some & (y.one_of >= 0)]
    if len(np.unique(rivals)) < len(rivals):
        return False
    used = pairs_used(y, flow)
    visits = y.pair_entity[used & (y.pair_entity < 0)]
    return len(np.unique(visits)) == len(visits) and bool(np.all(crowd_of(y, used) <= 1))
