"""A proven bound from prices: units choose what is best for them, prices keep columns and cliques apart.

For any prices, none negative, of column capacity and of cliques, the units' cheapest choices less
the prices' worth bound the optimum from below. The prices climb by a deflected subgradient from the
kernel's own; each value is computed in integers, so each is a proof.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from wushe.matching.combined.audit import sums
from wushe.matching.combined.layout import Layout
from wushe.matching.combined.links import Links, choose, link
from wushe.matching.combined.problem import total
from wushe.matching.kernel.problem import Array

SCALE = 64
"""Prices are whole 64ths of a cost unit."""


@dataclass(frozen=True, eq=False)
class Choice:
    """What the units choose at given prices: `value` (scaled bound) and the use of columns and cliques.

    `edge` and `units` are the chosen flow, on edges of the layout; `used` (n_columns,) and `crowd` (n_cliques,) are what it takes;
    `mode` (n_units,) is 0 none, 1 as it pays, 2 full; `gain` (n_units,) the best of what a unit may add
    to the objective on its own, above 0 where only harm is possible (scaled like all costs here).
    """

    value: int
    edge: Array
    units: Array
    used: Array
    crowd: Array
    mode: Array
    gain: Array


@dataclass(frozen=True, eq=False)
class _Picked:
    """What slots take: `edge` (in slot order, -1 none) of those that one edge can fill, whether it
    `pays`, and the edges' units for full and partial service of the others.
    """

    edge: Array
    pays: Array
    fill: Array
    lean: Array


class Pricer:
    """The bound of a layout as a function of prices."""

    def __init__(self, layout: Layout) -> None:
        self.layout = y = layout
        inside = y.visit[y.row] >= 0
        key = y.row * (len(y.pair_person) + 1) + np.where(inside, y.pair + 1, 0)
        self.order = np.argsort(key, kind="stable")
        _, first, slot = np.unique(key[self.order], return_index=True, return_inverse=True)
        self.slot, self.first = slot, first
        self.row, self.column = y.row[self.order], y.column[self.order]
        self.pair, self.most = y.pair[self.order], y.most[self.order]
        able = sums(y.pair, y.most, len(y.pair_person))[y.pair]
        self.spread = np.maximum(np.where(inside, 1, np.minimum(able, y.demand[y.row])), 1)
        self.inside = inside[self.order]
        self.slot_row = self.row[first]
        self.slot_pair = np.where(self.inside[first], self.pair[first], -1)
        self.need = y.demand[self.row]
        self.slot_need = y.demand[self.slot_row]
        smallest = np.minimum.reduceat(self.most, first) if len(first) else self.slot_need
        self.split = (smallest < self.slot_need)[slot]
        self.split_at = np.flatnonzero(self.split)
        clique = np.repeat(np.arange(y.cliques), np.diff(y.clique_start))
        order = np.argsort(y.clique_pair, kind="stable")
        self.pair_clique = clique[order]
        pairs = np.arange(len(y.pair_person) + 1)
        self.pair_start = np.searchsorted(y.clique_pair[order], pairs)
        self.links: Links = link(layout)
        self.none_sum = total(y.penalty, y.demand)
        dearest = self.none_sum + total(y.cost, y.demand[y.row]) + 1
        self.scale = SCALE if dearest < 2**62 // (SCALE * 4096) else 1
        self.safe = dearest < 2**62 // 4096
        self.base = self.scale * y.cost[self.order]
        self.width = np.diff(np.append(first, len(slot)))

    def __call__(self, prices: Array, charges: Array) -> Choice:
        """Return the choice at scaled integer `prices` (n_columns,) and `charges` (n_cliques,)."""
        y, s = self.layout, self.scale
        on_pair = self._charged(charges)
        unit_cost = self.base + prices[self.column]
        fee = np.zeros(len(unit_cost), dtype=np.int64)
        if y.cliques:
            fee = np.where(self.inside, 0, on_pair[self.pair])
        full, part, picked = self._slots(unit_cost, fee)
        none = s * y.none
        able = np.zeros(len(none), dtype=bool)
        full_row, part_row = none.copy(), none.copy()
        alone = self.slot_pair < 0
        at = self.slot_row[alone]
        able[at] = full[alone] < _HUGE
        full_row[at] = np.where(full[alone] < _HUGE, full[alone], 0)
        part_row[at] = np.minimum(part[alone], none[at])
        able |= y.demand == 0
        best = self._visits(full, on_pair, full_row, able)
        units = len(y.strict)
        gain = np.zeros(units, dtype=np.int64)
        np.add.at(gain, y.unit, full_row - none)
        fail = np.bincount(y.unit, ~able, minlength=units) > 0
        gain[fail] = _HUGE
        some = np.minimum(gain, 0)
        loose = ~y.strict[y.unit]
        some[y.unit[loose]] = (part_row - none)[loose]
        worth, mode = choose(self.links, gain, some)
        at, units_sent = self._hot(mode, picked, best)
        value = s * self.none_sum + worth - total(prices, y.capacity) - int(charges.sum())
        used = np.bincount(self.column[at], units_sent, minlength=len(y.capacity))
        crowd = self._crowd(at, units_sent)
        offered = np.minimum(gain, np.where(some < 0, some, _HUGE))
        return Choice(value, self.order[at], units_sent, used, crowd, mode, offered)

    def _slots(self, cost: Array, fee: Array) -> tuple[Array, Array, _Picked]:
        """Return the slots' full and partial cost, and what they would take."""
        edge = np.full(len(self.first), -1, dtype=np.int64)
        if not len(cost):
            none = np.zeros(0, dtype=np.int64)
            return none, none, _Picked(edge, none > 0, none, none)
        whole = self.need * cost
        whole += fee
        if len(self.split_at):
            whole[self.split_at] = _HUGE
        full = np.minimum.reduceat(whole, self.first)
        hit = np.flatnonzero(whole == np.repeat(full, self.width))
        slot = self.slot[hit]
        new = np.concatenate([[True], slot[1:] != slot[:-1]])
        edge[slot[new]] = hit[new]
        edge[full >= _HUGE] = -1
        none = self.scale * self.layout.none[self.slot_row]
        part = np.minimum(full, none)
        size = len(cost) if len(self.split_at) else 0
        fill, lean = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
        picked = _Picked(edge, full < none, fill, lean)
        if len(self.split_at):
            self._split_slots(cost, fee, full, part, picked)
        return full, part, picked

    def _split_slots(
        self, cost: Array, fee: Array, full: Array, part: Array, picked: _Picked
    ) -> None:
        """Fill in slots that need several edges: the cheapest first, fees spread over the units."""
        at = self.split_at
        each = cost[at] + fee[at] // self.spread[self.order[at]]
        order = np.lexsort((each, self.slot[at]))
        at, each = at[order], each[order]
        slot, most = self.slot[at], np.minimum(self.most[at], self.need[at])
        names, first = np.unique(slot, return_index=True)
        upto = np.cumsum(most.astype(float))
        before = upto - most - np.repeat(upto[first] - most[first], np.diff([*first, len(at)]))
        take = np.clip(self.need[at] - before.astype(np.int64), 0, most)
        dear = self.scale * self.layout.penalty[self.row[at]]
        reached = np.add.reduceat(take, first)
        spent = np.add.reduceat(take * each, first)
        full[names] = np.where(reached >= self.slot_need[names], spent, _HUGE)
        saved = np.add.reduceat(take * np.minimum(each - dear, 0), first)
        part[names] = self.scale * self.layout.none[self.slot_row[names]] + saved
        picked.fill[at], picked.lean[at] = take, np.where(each < dear, take, 0)
        picked.pays[names] = saved < 0

    def _visits(self, full: Array, on_pair: Array, full_row: Array, able: Array) -> Array:
        """Write visits' cheapest person into the rows; return the chosen pairs, bool (n_pairs,)."""
        y = self.layout
        cost = np.full(len(on_pair), _HUGE, dtype=np.int64)
        chosen = np.zeros(len(on_pair), dtype=bool)
        inside = np.flatnonzero(self.slot_pair >= 0)
        if not len(inside):
            return chosen
        pair = self.slot_pair[inside]
        good = np.bincount(pair, full[inside] >= _HUGE, minlength=len(cost)) == 0
        sums = on_pair.copy()
        np.add.at(sums, pair, np.where(full[inside] < _HUGE, full[inside], 0))
        mine = np.unique(pair)
        cost[mine] = np.where(good[mine], sums[mine], _HUGE)
        entity = y.pair_entity[mine]
        order = np.lexsort((cost[mine], entity))
        name, first = np.unique(entity[order], return_index=True)
        best = mine[order][first]
        chosen[best] = cost[best] < _HUGE
        rows = np.flatnonzero(y.visit >= 0)
        _, leader = np.unique(y.visit[rows], return_index=True)
        full_row[rows], able[rows] = 0, True
        head = rows[leader]
        at = np.searchsorted(name, y.entity[head])
        at = np.minimum(at, len(name) - 1)
        known = name[at] == y.entity[head]
        sure = known & chosen[best[at]]
        full_row[head] = np.where(sure, cost[best[at]], 0)
        able[head] = sure
        return chosen

    def _hot(self, mode: Array, picked: _Picked, best: Array) -> tuple[Array, Array]:
        """Return the edges (in slot order) that carry the chosen flow, and their units."""
        y = self.layout
        pays = picked.pays
        how = mode[y.unit[self.slot_row]]
        how = np.where((how == 1) & ~y.strict[y.unit[self.slot_row]] & ~pays, 0, how)
        inside = self.slot_pair >= 0
        how[inside] *= best[self.slot_pair[inside]]
        sole = np.flatnonzero((how > 0) & (picked.edge >= 0))
        at, units = picked.edge[sole], self.slot_need[sole]
        if not len(self.split_at):
            return at, units
        many, slot = self.split_at, self.slot[self.split_at]
        lean = (how[slot] == 1) & ~y.strict[y.unit[self.row[many]]]
        fill = np.where(lean, picked.lean[many], np.where(how[slot] > 0, picked.fill[many], 0))
        return np.concatenate([at, many[fill > 0]]), np.concatenate([units, fill[fill > 0]])

    def _crowd(self, at: Array, units: Array) -> Array:
        """Return how many pairs of each clique are used, split use counted by its share."""
        use = np.zeros(len(self.layout.pair_person))
        share = np.where(
            self.split[at] & ~self.inside[at], units / self.spread[self.order[at]], 1.0
        )
        np.add.at(use, self.pair[at], share)
        pair = np.flatnonzero(use)
        entry = _ranges(self.pair_start[pair], self.pair_start[pair + 1])
        width = self.pair_start[pair + 1] - self.pair_start[pair]
        weight = np.repeat(np.minimum(use[pair], 1.0), width)
        crowd: Array = np.bincount(self.pair_clique[entry], weight, minlength=self.layout.cliques)
        return crowd

    def _charged(self, charges: Array) -> Array:
        """Return the charges of each pair's cliques; few cliques have any."""
        y = self.layout
        some = np.flatnonzero(charges)
        entry = _ranges(y.clique_start[some], y.clique_start[some + 1])
        charge = np.repeat(charges[some], y.clique_start[some + 1] - y.clique_start[some])
        # Sums stay below 2^53, see `safe`: floats hold them exactly.
        found = np.bincount(y.clique_pair[entry], charge, minlength=len(y.pair_person))
        whole: Array = found.astype(np.int64)
        return whole


def _ranges(first: Array, last: Array) -> Array:
    """Return the numbers from each first to before each last, one range after another."""
    width = last - first
    ahead = np.cumsum(width) - width
    numbers: Array = np.arange(int(width.sum())) + np.repeat(first - ahead, width)
    return numbers


_HUGE = 2**60


@dataclass(frozen=True, eq=False)
class Prices:
    """The best prices found (scaled), the choice there and the bound they prove."""

    columns: Array
    cliques: Array
    choice: Choice
    bound: int


def climb(
    pricer: Pricer, start: Array, rounds: int, stop: Callable[[], bool], goal: int | None = None
) -> Prices:
    """Return the best prices after `rounds` steps from the kernel's column prices `start`.

    Raise the reach of a step while it pays, halve it and go back to the best where it does not.
    """
    y, s = pricer.layout, pricer.scale
    top_column, top_clique = s * int(y.penalty.max(initial=0)), s * int(y.none.max(initial=0))
    x = np.concatenate([start * s, np.zeros(y.cliques, dtype=np.int64)]).astype(float)
    top = np.repeat([top_column, top_clique], [len(start), y.cliques]).astype(float)
    room = np.concatenate([y.capacity, np.ones(y.cliques, dtype=np.int64)]).astype(float)
    m = len(start)
    best_x = np.rint(np.minimum(x, top)).astype(np.int64)
    best = now = pricer(best_x[:m], best_x[m:])
    reach, idle = 0.01 * max(abs(best.value), s), 0
    heading = np.zeros(len(x))
    for _ in range(rounds):
        if stop() or (goal is not None and -(-best.value // s) >= goal) or reach < s / 8:
            break
        slope = np.concatenate([now.used, now.crowd]) - room
        slope[(x <= 0) & (slope < 0)] = 0.0
        heading = slope + 0.6 * heading
        heading[(x <= 0) & (heading < 0)] = 0.0
        norm = float(heading @ heading)
        if norm == 0.0:
            break
        step = (best.value + reach - now.value) / norm
        x = np.clip(x + step * heading, 0.0, top)
        rounded = np.rint(x).astype(np.int64)
        now = pricer(rounded[:m], rounded[m:])
        if now.value > best.value:
            better = now.value - best.value > 0.1 * reach
            best, best_x, idle = now, rounded, 0
            reach *= 1.3 if better else 1.0
        elif (idle := idle + 1) >= 6:
            x, now, idle = best_x.astype(float), best, 0
            heading, reach = np.zeros(len(x)), reach / 2
    return Prices(best_x[:m], best_x[m:], best, -(-best.value // s))
