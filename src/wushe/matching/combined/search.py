"""A good feasible flow: from the prices' choice, conflicts parted, then single moves that pay.

The live matching keeps the flow optimal for what is switched on, so each move's worth is exact.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from wushe.matching.combined.audit import cost_of, crowd_of, keeps_rules, pairs_used, sums
from wushe.matching.combined.members import Members
from wushe.matching.combined.prices import Choice, Pricer
from wushe.matching.combined.state import Now, State
from wushe.matching.kernel.problem import Array

ENOUGH = 20_000
"""Passes go on while they lower the objective by more than one part in so many."""
CHOICES = 5
"""How many persons or columns are tried for a unit before it is given up."""


class Search:
    """Looks for a cheap feasible flow; `best` and `best_cost` are the cheapest seen."""

    def __init__(self, pricer: Pricer, choice: Choice, stop: Callable[[], bool]) -> None:
        self.layout = y = pricer.layout
        self.pricer, self.stop = pricer, stop
        self.members = Members(y)
        self.best = np.zeros(len(y.edge), dtype=np.int64)
        self.best_cost = pricer.none_sum
        self.visiting = y.visit[y.row] >= 0
        self.choosing = self.visiting | y.whole[y.row]
        self.packed = (y.step > 1) & ~y.whole[y.row]
        self.barred = np.zeros(len(y.edge), dtype=bool)
        on = self._consistent(choice)
        self.state = self._start(choice, on)
        self._drop_short(np.flatnonzero(self.state.forced & on).tolist(), again=False)

    def run(self, passes: int) -> None:
        """Part conflicts, fix packs, then improve in passes while they pay."""
        self._part()
        self._fix_packs()
        self._record(self.state.now())
        for _ in range(passes):
            if self.stop():
                return
            before = self.best_cost
            now = self.state.now()
            self._unbar(now)
            self._moves(now)
            self._part()
            self._record(self.state.now())
            if before - self.best_cost <= before // ENOUGH:
                return

    def _record(self, now: Now) -> None:
        cost = cost_of(self.layout, now.flow)
        if cost < self.best_cost and keeps_rules(self.layout, now.flow):
            self.best, self.best_cost = now.flow, cost

    # --- the start -------------------------------------------------------------------------

    def _consistent(self, choice: Choice) -> Array:
        """Return which rows are on: what the prices chose, less what breaks a chain or a group."""
        y = self.layout
        tied = y.strict[y.unit] | (y.one_of >= 0) | (y.after >= 0)
        on = np.where(tied, choice.mode[y.unit] > 0, True) & (y.demand > 0)
        for group in self.members.group.values():
            mine = sorted((r for r in group if on[r]), key=lambda r: (choice.gain[y.unit[r]], r))
            for r in mine[1:]:
                on[y.unit == y.unit[r]] = False
        while True:
            loose = on & (y.after >= 0) & ~on[y.after]
            if not loose.any():
                return on
            on[np.isin(y.unit, y.unit[loose])] = False

    def _start(self, choice: Choice, on: Array) -> State:
        y = self.layout
        forced = np.zeros(len(y.demand), dtype=bool)
        forced[on & y.strict[y.unit]] = True
        forced[y.after[on & (y.after >= 0)]] = True
        flow = np.zeros(len(y.edge), dtype=np.int64)
        flow[choice.edge] = choice.units
        chosen = pairs_used(y, flow)
        narrow = np.ones(len(y.edge), dtype=bool)
        narrow[self.visiting] = chosen[y.pair[self.visiting]]
        sole = y.whole[y.row] & ~self.visiting
        narrow[sole] = flow[sole] > 0
        return State(y, on, forced, narrow)

    # --- switching units -------------------------------------------------------------------

    def _off(self, unit: int) -> None:
        y, state = self.layout, self.state
        rows = self.members.rows(unit)
        for r in rows:
            for e in range(int(y.start[r]), int(y.start[r + 1])):
                if state.given[e]:
                    state.give(e, -int(state.given[e]))
            state.set_row(r, on=False, forced=False)
        for r in rows:
            before = int(y.after[r])
            if before >= 0 and state.on[before] and not self.members.held(before, state.on):
                state.set_row(before, forced=False)

    def _on(self, unit: int, rank: int = 0) -> None:
        """Switch a unit on with its cheapest choice at present prices (`rank` 0), or a dearer one."""
        y, state = self.layout, self.state
        rows = self.members.rows(unit)
        masks = self._masks(rows, rank)
        for r in rows:
            state.on[r], was = True, state.on[r]
            held = self.members.held(r, state.on)
            state.on[r] = was
            state.set_row(r, on=True, forced=held, narrow=masks[r])
        for r in rows:
            if y.after[r] >= 0 and not state.forced[y.after[r]]:
                state.set_row(int(y.after[r]), forced=True)

    def _masks(self, rows: list[int], rank: int = 0) -> dict[int, Array]:
        """Return the edges to open for each row: its visit's or its own choice, by rank."""
        y, live = self.layout, self.state.live
        costs: dict[int, dict[int, int]] = {}
        for r in rows:
            if self.choosing[self.state.span(r)].any():
                entity = costs.setdefault(int(y.entity[r]), {})
                edges = range(int(y.start[r]), int(y.start[r + 1]))
                for option, cost in self._options(r, edges, live).items():
                    entity[option] = entity.get(option, 0) + cost
        masks = {}
        for r in rows:
            span = self.state.span(r)
            shut = self.barred[span] | (self.packed[span] & self._packs_fixed)
            if not self.choosing[span].any():
                masks[r] = ~shut
                continue
            options = costs[int(y.entity[r])]
            ranked = sorted((cost, k) for k, cost in options.items() if cost < _NEVER)
            pick = ranked[min(rank, len(ranked) - 1)][1] if ranked else -1
            visiting = bool(self.visiting[span].any())
            here: Array = y.pair[span] if visiting else np.arange(span.start, span.stop)
            masks[r] = ~shut & (here == pick)
        return masks

    def _options(self, r: int, span: range, live: Any) -> dict[int, int]:
        """Return the cost of serving a row by each pair (in a visit) or edge (whole)."""
        y, found = self.layout, dict[int, int]()
        demand = int(y.demand[r])
        edges = [
            (int(y.cost[e]) + live.offer_price(int(y.column[e])), e)
            for e in span
            if not self.barred[e] and live.capacity(int(y.column[e])) > 0
        ]
        if not self.visiting[span.start]:
            return {e: demand * unit for unit, e in edges}
        left = dict.fromkeys(y.pair[span.start : span.stop].tolist(), demand)
        for unit, e in sorted(edges):
            pair = int(y.pair[e])
            take = min(left[pair], int(y.most[e]))
            found[pair] = found.get(pair, 0) + take * unit
            left[pair] -= take
        return {pair: _NEVER if short else found[pair] for pair, short in left.items()}

    def _try(self, off: list[int], on: list[int], rank: int = 0) -> bool:
        """Switch units; keep it if all they need is there and the objective falls."""
        state, before, mark = self.state, self.state.objective, self.state.mark()
        for unit in off:
            self._off(unit)
        for unit in on:
            self._on(unit, rank if unit == on[0] else 0)
        rows = [r for unit in on for r in self.members.rows(unit)]
        rows += [int(self.layout.after[r]) for r in rows if self.layout.after[r] >= 0]
        if state.objective < before and not state.short(rows):
            return True
        state.back(mark)
        return False

    def _drop_short(self, rows: list[int], *, again: bool = True) -> None:
        """Switch units off, one after another, until every forced row is served in full."""
        state, y = self.state, self.layout
        for r in rows:
            if state.short([r]) and not (again and self._other_choice(int(y.unit[r]))):
                for unit in self.members.leaning([int(y.unit[r])], state.on):
                    self._off(unit)
                if not y.strict[y.unit[r]]:
                    self._on(int(y.unit[r]))
        state.forget()

    def _other_choice(self, unit: int) -> bool:
        """Try to save a unit by another choice of its persons or columns."""
        if not any(self.choosing[self.state.span(r)].any() for r in self.members.rows(unit)):
            return False
        self._choose_again(unit)
        return not self.state.short(self.members.rows(unit))

    def _choose_again(self, unit: int, rank: int = 0) -> None:
        rows = self.members.rows(unit)
        for r, mask in self._masks(rows, rank).items():
            self.state.set_row(r, narrow=mask)

    # --- conflicts -------------------------------------------------------------------------

    def _part(self) -> None:
        """Bar the lesser of two pairs that exclude each other, until none do."""
        y = self.layout
        while y.cliques:
            now = self.state.now()
            used = pairs_used(y, now.flow)
            over = np.flatnonzero(crowd_of(y, used) > 1)
            if not len(over):
                return
            loss = self._losses(now, used)
            losers: list[int] = []
            gone = np.zeros(len(used), dtype=bool)
            for k in over.tolist():
                inside = y.clique_pair[y.clique_start[k] : y.clique_start[k + 1]]
                there = [int(q) for q in inside if used[q] and not gone[q]]
                for pair in sorted(there, key=lambda q: (-loss[q], q))[1:]:
                    losers.append(pair)
                    gone[pair] = True
            before = int(self.barred.sum())
            self._bar(losers)
            if int(self.barred.sum()) == before:
                return  # nothing left to bar: such a flow is never recorded

    def _losses(self, now: Now, used: Array) -> Array:
        """Return what each used pair would lose if barred, at present prices, int64 (n_pairs,)."""
        y = self.layout
        price = now.column_price[y.column]
        unit_cost = y.cost + price
        hot = used[y.pair] & (now.flow > 0)
        away = np.where(self.barred | hot, _NEVER, unit_cost)
        alt = np.full(len(y.demand), _NEVER, dtype=np.int64)
        np.minimum.at(alt, y.row, away)
        worst = np.where(self.state.forced, self.state.big, y.penalty)
        alt = np.minimum(alt, worst)
        return sums(y.pair[hot], (now.flow * (alt[y.row] - unit_cost))[hot], len(used))

    def _bar(self, pairs: list[int]) -> None:
        """Take persons from entities; units left short choose again or go off."""
        y, state = self.layout, self.state
        barred = np.isin(y.pair, pairs)
        self.barred |= barred
        for e in np.flatnonzero(barred & (state.given > 0)).tolist():
            state.give(e, -int(state.given[e]))
        rows = np.unique(y.row[barred]).tolist()
        done: set[int] = set()
        for r in rows:
            span, unit = state.span(r), int(y.unit[r])
            if self.choosing[span].any():
                if unit not in done and state.on[r]:
                    done.add(unit)
                    self._choose_again(unit)
            else:
                state.set_row(r, narrow=state.open[span] & ~self.barred[span])
        forced = state.forced & state.on
        self._drop_short([int(r) for r in np.flatnonzero(forced) if state.live.unserved(int(r))])
        state.forget()

    def _unbar(self, now: Now) -> None:
        """Open barred edges that conflict with nobody now and would pay."""
        y, state = self.layout, self.state
        used = pairs_used(y, now.flow)
        crowd = crowd_of(y, used)
        clique = np.repeat(np.arange(y.cliques), np.diff(y.clique_start))
        busy = sums(y.clique_pair, crowd[clique] - used[y.clique_pair], len(used)) > 0
        free = self.barred & ~busy[y.pair]
        self.barred &= ~free
        pays = y.cost + now.column_price[y.column] < now.row_price[y.row]
        rows = y.row[free & pays & ~self.choosing & state.on[y.row]]
        for r in np.unique(rows).tolist():
            span = state.span(r)
            state.set_row(r, narrow=state.open[span] | free[span])
        state.forget()

    # --- moves -----------------------------------------------------------------------------

    def _moves(self, now: Now) -> None:
        """Try units in, out and to another choice, where the prices say that it could pay."""
        y, state, s = self.layout, self.state, self.pricer.scale
        idle = np.zeros(y.cliques, dtype=np.int64)
        choice = self.pricer(now.column_price * s, idle)
        spent = (y.cost + now.column_price[y.column]) * now.flow
        worth = sums(y.unit[y.row], spent, len(y.strict)) - sums(y.unit, y.none, len(y.strict))
        live = np.zeros(len(y.strict), dtype=bool)
        live[y.unit[state.on]] = True
        tied = np.zeros(len(y.strict), dtype=bool)
        tied[y.unit[(y.demand > 0) & (y.strict[y.unit] | (y.one_of >= 0) | (y.after >= 0))]] = True
        self._note_holders(now)
        entering = np.flatnonzero(tied & ~live & (choice.gain < 0))
        for unit in entering[np.argsort(choice.gain[entering], kind="stable")].tolist():
            if self.stop():
                return
            self._enter(unit)
        for unit in np.flatnonzero(tied & live & (worth > 0)).tolist():
            self._try(self.members.leaning([unit], state.on), [])
        state.forget()
        chooses = np.zeros(len(y.strict), dtype=bool)
        chooses[y.unit[y.row[self.choosing]]] = True
        restless = np.flatnonzero(chooses & live & (worth * s > choice.gain))
        for unit in restless.tolist():
            if self.stop():
                return
            if state.on[self.members.rows(unit)[0]]:
                self._rechoose(unit)

    def _note_holders(self, now: Now) -> None:
        """Remember which units with a choice hold each column."""
        y = self.layout
        self.holders: dict[int, list[int]] = {}
        for e in np.flatnonzero(self.choosing & (now.flow > 0)).tolist():
            units = self.holders.setdefault(int(y.column[e]), [])
            if int(y.unit[y.row[e]]) not in units:
                units.append(int(y.unit[y.row[e]]))

    def _enter(self, unit: int) -> None:
        """Try to serve a unit, with all that it needs and without its rivals."""
        state = self.state
        needed = self.members.needed(unit)
        coming = [u for u in reversed(needed) if not state.on[self.members.rows(u)[0]]]
        rivals = [v for u in coming for v in self.members.rivals(u, state.on)]
        if any(v in needed for v in rivals) or unit not in coming:
            return
        off = self.members.leaning(list(dict.fromkeys(rivals)), state.on)
        choosing = self._is_choosing(unit)
        for rank in range(CHOICES if choosing else 1):
            if self._try(off, coming, rank):
                state.forget()
                return
        for other in self._in_the_way(unit) if choosing and not off and coming == [unit] else []:
            if self._try([other], [unit, other]):
                break
        state.forget()

    def _is_choosing(self, unit: int) -> bool:
        return any(self.choosing[self.state.span(r)].any() for r in self.members.rows(unit))

    def _in_the_way(self, unit: int) -> list[int]:
        """Return units with a choice of their own that hold what this one would take first."""
        y, state = self.layout, self.state
        rows = self.members.rows(unit)
        found: list[int] = []
        for r, mask in self._masks(rows).items():
            for j in y.column[state.span(r)][mask].tolist():
                for other in self.holders.get(j, []):
                    on = state.on[self.members.rows(other)[0]]
                    if other != unit and on and other not in found:
                        found.append(other)
        return [v for v in found if self.members.leaning([v], state.on) == [v]][:CHOICES]

    def _rechoose(self, unit: int) -> None:
        """Try other choices of persons or columns for a unit that is on."""
        state, before, mark = self.state, self.state.objective, self.state.mark()
        for rank in range(CHOICES):
            self._choose_again(unit, rank)
            if state.objective < before and not state.short(self.members.rows(unit)):
                break
            state.back(mark)
        state.forget()

    # --- packs -----------------------------------------------------------------------------

    _packs_fixed = False

    def _fix_packs(self) -> None:
        """Give whole packs of what flows on packed edges; shut these edges; then add packs that pay."""
        if not self.packed.any():
            return
        y, state = self.layout, self.state
        flow = state.now().flow
        self._packs_fixed = True
        for r in np.unique(y.row[self.packed]).tolist():
            span = state.span(r)
            state.set_row(r, narrow=state.open[span] & ~self.packed[span])
        whole = np.where(self.packed, flow - flow % y.step, 0)
        for e in np.flatnonzero(whole).tolist():
            state.give(e, int(whole[e]))
        for e in np.flatnonzero(self.packed).tolist():
            self._add_packs(e)
        forced = state.forced & state.on
        self._drop_short([int(r) for r in np.flatnonzero(forced) if state.live.unserved(int(r))])

    def _add_packs(self, e: int) -> None:
        """Give more packs on an edge while that lowers the objective: many at first, then half."""
        y, state = self.layout, self.state
        r, j, step = int(y.row[e]), int(y.column[e]), int(y.step[e])
        if not state.on[r] or self.visiting[e] or self.barred[e]:
            return
        left = int(y.demand[r]) - int(state.given[state.span(r)].sum())
        room = min(int(y.most[e] - state.given[e]), state.live.capacity(j))
        packs = min(room, left) // step
        while packs > 0:
            before, mark = state.objective, state.mark()
            state.give(e, packs * step)
            if state.objective < before:
                room, left = room - packs * step, left - packs * step
            else:
                state.back(mark)
                packs //= 2
            state.forget()
            packs = min(packs, min(room, left) // step)


_NEVER = 2**50
