"""The rules laid out for solvers: edges that can be used, units of rows, pairs that exclude each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from wushe.matching.combined.problem import Combined, none_array
from wushe.matching.kernel.problem import Array

CLOSE = 1 - 1e-12
"""Sums in floats may fall short of a huge demand by a rounding error."""


@dataclass(frozen=True, eq=False)
class Layout:
    """A combined problem without the edges and rules that can never matter.

    Edges (in the problem's order): `edge` number in the problem, `row`, `column`, `cost`, `most` units
    (what row, column and edge allow, a multiple of `step`), `pair`; `start` (n_rows + 1,) as CSR.
    Rows: `demand`, `penalty`, `none` (penalty times demand), `unit` (rows of a `strict` unit are all
    served in full or not at all), `visit`, `whole`, `one_of`, `after` (-1 or false where idle).
    A pair is an entity (`entity` of each row: below 0 its visit, else the row alone) with a person:
    `pair_entity`, `pair_person`. Of each clique (CSR `clique_start`, `clique_pair`) at most one pair may be used.
    """

    edge: Array
    row: Array
    column: Array
    cost: Array
    most: Array
    step: Array
    pair: Array
    start: Array
    capacity: Array
    demand: Array
    penalty: Array
    none: Array
    unit: Array
    strict: Array
    visit: Array
    whole: Array
    entity: Array
    one_of: Array
    after: Array
    person: Array
    pair_entity: Array
    pair_person: Array
    clique_start: Array
    clique_pair: Array

    @property
    def plain(self) -> bool:
        """Whether no rule is left that the kernel does not know."""
        idle = (self.visit < 0) & ~self.whole & (self.one_of < 0) & (self.after < 0)
        packed = bool(np.any(self.step > 1))
        return bool(idle.all()) and not self.strict.any() and not packed and self.cliques == 0

    @property
    def cliques(self) -> int:
        """Number of cliques."""
        return len(self.clique_start) - 1


def lay_out(given: Combined) -> Layout:
    """Return the layout of a combined problem."""
    p = given.problem
    n, m = len(p.penalty), len(p.capacity)
    demand = p.units
    real = demand > 0
    whole = np.zeros(n, dtype=bool) if given.whole is None else given.whole & (demand > 1)
    visit = _busy(none_array(given.visit, n), demand)
    team = _busy(none_array(given.team, n), demand)
    unit, strict = _units(team, visit, whole, demand)
    one_of = _busy(np.where(real, none_array(given.one_of, n), -1), np.ones(n, dtype=np.int64))
    after = np.where(real, none_array(given.after, n), -1)
    after = np.where((after >= 0) & (demand[after] == 0), -1, after)
    row, column = p.row, p.column.astype(np.int64)
    pack = np.ones(m, dtype=np.int64) if given.pack is None else given.pack
    step = np.where(whole[row], demand[row], pack[column])
    most = np.minimum(demand[row], p.capacity[column])
    most = most if p.limit is None else np.minimum(most, p.bounds)
    most = np.where(whole[row] & (demand[row] % pack[column] != 0), 0, most)
    most = most - most % step
    person = given.persons
    if given.distinct:  # two roles of a team in one visit: only many hands can do that
        most = np.where(_twins(team, visit)[row] & ~_crowds(given)[column], 0, most)
    dead = np.zeros(len(strict), dtype=bool)
    dead[unit[_twins(unit, one_of)]] = True
    rows = _Rows(demand, visit, unit, strict, after, dead)
    keep = np.flatnonzero(_useful(rows, row, person[column], most))
    row, column, most, step = row[keep], column[keep], most[keep], step[keep]
    entity = np.where(visit >= 0, -1 - visit, np.arange(n))
    pairs, pair = np.unique(np.stack([entity[row], person[column]]), axis=1, return_inverse=True)
    clique_start, clique_pair = _cliques(given, team, row, pair.ravel(), pairs)
    return Layout(
        edge=keep,
        row=row,
        column=column,
        cost=p.cost[keep].astype(np.int64),
        most=most,
        step=step,
        pair=pair.ravel(),
        start=np.concatenate([[0], np.cumsum(np.bincount(row, minlength=n))]),
        capacity=p.capacity,
        demand=demand,
        penalty=p.penalty,
        none=p.penalty * demand,
        unit=unit,
        strict=strict,
        visit=visit,
        whole=whole,
        entity=entity,
        one_of=one_of,
        after=after,
        person=person,
        pair_entity=pairs[0],
        pair_person=pairs[1],
        clique_start=clique_start,
        clique_pair=clique_pair,
    )


def _busy(group: Array, demand: Array) -> Array:
    """Return the groups, numbered anew, without rows and groups that the rule cannot touch."""
    group = np.where(demand > 0, group, -1)
    names, dense = np.unique(group, return_inverse=True)
    dense = dense - int(len(names) > 0 and names[0] < 0)
    size = np.bincount(dense[dense >= 0], minlength=len(names))
    alone = (dense >= 0) & (size[dense] == 1) & (demand == 1)
    return np.where(alone, -1, dense).astype(np.int64)


def _units(team: Array, visit: Array, whole: Array, demand: Array) -> tuple[Array, Array]:
    """Return the unit of each row, and whether each unit is all or none."""
    n = len(demand)
    row = np.arange(n)
    ties = [(row[g >= 0], n + k * n + g[g >= 0]) for k, g in enumerate((team, visit))]
    here, there = (np.concatenate([t[k] for t in ties]) for k in (0, 1))
    graph = coo_array((np.ones(len(here)), (here, there)), shape=(3 * n, 3 * n))
    label = connected_components(graph, directed=False)[1][:n]
    unit = np.unique(label, return_inverse=True)[1].astype(np.int64)
    strict = np.zeros(int(unit.max(initial=-1)) + 1, dtype=bool)
    strict[unit[(team >= 0) | (visit >= 0) | whole]] = True
    return unit, strict


def _twins(owner: Array, group: Array) -> Array:
    """Return rows of which another has the same owner and the same group, bool (n_rows,)."""
    rows = np.flatnonzero((owner >= 0) & (group >= 0))
    _, at, count = np.unique(
        np.stack([owner[rows], group[rows]]), axis=1, return_inverse=True, return_counts=True
    )
    twins = np.zeros(len(owner), dtype=bool)
    twins[rows[count[at.ravel()] > 1]] = True
    return twins


def _crowds(given: Combined) -> Array:
    """Return the columns whose person has many hands, bool (n_columns,)."""
    if given.many is None:
        return np.zeros(len(given.problem.capacity), dtype=bool)
    return np.isin(given.persons, given.persons[given.many])


@dataclass(frozen=True, eq=False)
class _Rows:
    demand: Array
    visit: Array
    unit: Array
    strict: Array
    after: Array
    dead: Array


def _useful(rows: _Rows, row: Array, person: Array, most: Array) -> Array:
    """Return which edges a feasible flow could use, as far as counting tells."""
    n = len(rows.demand)
    use = most > 0
    use &= ~rows.dead[rows.unit[row]]
    inside = rows.visit[row] >= 0
    size = np.bincount(rows.visit[rows.visit >= 0], minlength=n + 1)
    while True:
        before = int(use.sum())
        use &= ~inside | _able(rows, row, person, np.where(use, most, 0), size)
        reach = np.bincount(row, np.where(use, most, 0).astype(float), minlength=n)
        short = reach < rows.demand * CLOSE
        broken = np.zeros(len(rows.strict), dtype=bool)
        broken[rows.unit[short & rows.strict[rows.unit]]] = True
        shut = broken[rows.unit] | ((rows.after >= 0) & short[rows.after])
        use &= ~shut[row]
        if int(use.sum()) == before:
            return use


def _able(rows: _Rows, row: Array, person: Array, most: Array, size: Array) -> Array:
    """Return the edges of visits to persons who can serve every row of the visit."""
    inside = np.flatnonzero((rows.visit[row] >= 0) & (most > 0))
    able = np.zeros(len(row), dtype=bool)
    if not len(inside):
        return able
    slot, at = np.unique(np.stack([row[inside], person[inside]]), axis=1, return_inverse=True)
    full = np.bincount(at.ravel(), most[inside].astype(float)) >= rows.demand[slot[0]] * CLOSE
    both, to = np.unique(np.stack([rows.visit[slot[0]], slot[1]]), axis=1, return_inverse=True)
    served = np.bincount(to.ravel(), full, minlength=both.shape[1])
    able[inside] = (served == size[both[0]])[to.ravel()[at.ravel()]]
    return able


def _cliques(
    given: Combined, team: Array, row: Array, pair: Array, pairs: Array
) -> tuple[Array, Array]:
    """Return the cliques of pairs that exclude each other, as CSR."""
    single = ~np.isin(pairs[1][pair], given.persons[_crowds(given)])
    found = []
    if given.begins is not None:
        found.append(_overlaps(given, row[single], pair[single], pairs))
    if given.distinct:
        mine = (team[row] >= 0) & single
        members = np.unique(np.stack([team[row[mine]], pair[mine]]), axis=1)
        key = members[0] * (int(pairs[1].max(initial=0)) + 1) + pairs[1][members[1]]
        found.append((key, members[1]))
    sizes, entries = [np.zeros(1, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for key, member in found:
        order = np.lexsort((member, key))
        _, at, count = np.unique(key[order], return_inverse=True, return_counts=True)
        kept = count[at.ravel()] > 1
        entries.append(member[order][kept])
        sizes.append(count[count > 1])
    return np.cumsum(np.concatenate(sizes)), np.concatenate(entries)


def _overlaps(given: Combined, row: Array, pair: Array, pairs: Array) -> tuple[Array, Array]:
    """Return (clique, pair) for the maximal sets of windows of a person that share a minute.

    A person's windows are in such a set at the last begin before some window of theirs ends.
    """
    assert given.begins is not None
    assert given.ends is not None
    timed = given.begins[row] >= 0
    begins, ends = given.begins[row[timed]], given.ends[row[timed]] + given.travel
    member = pair[timed]
    windows = np.unique(np.stack([pairs[1][member], begins, ends, member]), axis=1)
    person, begins, ends, member = windows
    times = np.unique(np.concatenate([begins, ends]))
    span = len(times) + 1
    first = person * span + np.searchsorted(times, begins)
    last = person * span + np.searchsorted(times, ends)
    point = np.unique(first)
    until = np.append(point[1:], (point[-1:] // span + 1) * span)
    until = np.minimum(until, (point // span + 1) * span)
    closing = np.sort(last)
    some = np.searchsorted(closing, until, "right") > np.searchsorted(closing, point, "right")
    point = point[some]
    low, high = np.searchsorted(point, first), np.searchsorted(point, last)
    width = high - low
    clique = np.repeat(low - np.cumsum(width) + width, width) + np.arange(width.sum())
    both = np.unique(np.stack([clique, np.repeat(member, width)]), axis=1)
    return both[0], both[1]
