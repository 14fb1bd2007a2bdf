"""A live matching: every change is repaired to the exact optimum, and every change can be undone."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Iterator
from operator import index
from typing import Any

import numpy as np

from wushe.matching.kernel.checked import Numbers, integers, units_of
from wushe.matching.kernel.compile import Notify, compiled, mark_compiled, to_stderr
from wushe.matching.kernel.exact import SMALL, Problem, Solution, certified, plain_functions, solve
from wushe.matching.kernel.net import ROOM, make_net
from wushe.matching.kernel.paths import COST, SCANS, Net
from wushe.matching.kernel.problem import HIGHEST_COST, LARGEST, Array
from wushe.matching.kernel.store import DONE, Store
from wushe.matching.kernel.warm import PATIENCE, feasible, fits

Row = tuple[Any, Any, Any, int, int]
"""Columns, costs, limits (empty where edges have none), demand and penalty of a need."""


class LiveMatching:
    """A problem at its optimum, kept there through changes.

    Needs and offers keep their row and column numbers; new ones get the next. Every change returns
    when `objective` is the optimum again, or, after `work_limit` edge scans, with `settled` false:
    `repair` goes on. The objective is exact; which of several optimal assignments is found depends
    on the changes' order. Not safe for use by several threads at a time.

    A `solution` that is given is proved and built on; one of an earlier version of the problem (over the
    same edges, else `carry` it) is repaired where it is near. It is never believed.

    Raises ValueError on numbers out of range, IndexError on an unknown need or offer.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        solution: Solution | None = None,
        history: int = 10_000,
        work_limit: int = 10**10,
        notify: Notify | None = to_stderr,
    ) -> None:
        self._notify = notify
        self._work = work_limit
        self._log: deque[tuple[str, int, Any]] = deque()
        self._history, self._floor = history, 0
        self.settled = True
        if solution is not None and fits(problem, solution):
            self._start(problem, solution)
        else:
            self._begin(problem)

    def _begin(self, problem: Problem) -> None:
        """Solve from nothing."""
        found = solve(problem, notify=self._notify)
        self._build(problem, found.flow, found.row_price, found.column_price)
        self.settled = found.status == "optimal" or self.repair()

    def _start(self, problem: Problem, solution: Solution) -> None:
        """Build on a solution that is proved, repair one that is near, else solve from nothing."""
        run = self._functions(problem)
        flow, u, p = solution.flow, solution.row_price, solution.column_price
        found = certified(problem, run, flow, u, p, solution.work)
        if found is None or found.status != "optimal":
            flow, u, p = feasible(problem, flow, p)
        self._build(problem, flow, u, p)
        if found is not None and found.status == "optimal":
            return
        patience = PATIENCE * len(problem.cost)
        if not self.repair(min(self._work, patience)) and self._work > patience:
            self._begin(problem)

    def _functions(self, problem: Problem) -> Any:
        small = len(problem.cost) < SMALL
        return plain_functions() if small else compiled("live", self._notify)

    def _build(self, problem: Problem, flow: Array, u: Array, p: Array) -> None:
        """Lay the columns out anew, with room to grow."""
        self._lists = len(problem.cost) < SMALL
        self._run = self._functions(problem)
        net = make_net(problem, self._run, lists=self._lists, slack=True)
        n, m = len(problem.penalty), len(problem.capacity)
        sent: Any = flow.tolist() if self._lists else np.require(flow, np.int64, ["C", "W"])
        self._run.load_flow(net, n, sent)
        net.u[:n], net.p[:m] = (u.tolist(), p.tolist()) if self._lists else (u, p)
        self._net: Net = net
        degree = np.bincount(problem.column, minlength=m).astype(np.int64)
        room = degree + degree // 4 + ROOM
        slots = np.minimum(room, problem.capacity)
        self._rows, self._columns, self._edges = n, m, len(problem.cost)
        self._entries, self._slots = int(room.sum()), int(slots.sum())
        self._store = Store(
            croom=self._padded(room, net.columns),
            sroom=self._padded(slots, net.columns),
            cap=self._padded(problem.capacity, net.columns),
            demand=self._padded(problem.units, len(net.begin)),
        )
        self._units = sum(problem.units.tolist())
        self._dearest = int(problem.penalty.max(initial=0))
        self._costliest = int(problem.cost.max(initial=0))
        self._bounded = net.bounded
        net.reg[COST] = int((problem.cost * flow).sum()) + sum(
            a * b for a, b in zip(net.left[:n], net.pen[:n], strict=True) if a
        )
        if not self._lists:
            mark_compiled("live")

    def _padded(self, values: Array, size: int) -> Any:
        whole = np.zeros(size, dtype=np.int64)
        whole[: len(values)] = values
        return whole.tolist() if self._lists else whole

    @property
    def objective(self) -> int:
        """Costs of the flow plus penalties of what is unserved: the optimum while `settled`."""
        return int(self._net.reg[COST])

    @property
    def needs(self) -> int:
        """Number of rows, withdrawn ones included."""
        return self._rows

    @property
    def offers(self) -> int:
        """Number of columns."""
        return self._columns

    @property
    def undoable(self) -> int:
        """Number of changes that `undo` can take back."""
        return len(self._log) - self._floor

    def served_by(self, need: int) -> list[tuple[int, int]]:
        """Return (offer, units) of each offer that serves `need`, cheapest first."""
        net = self._net
        span = range(net.begin[self._row(need)], net.end[need])
        return [(int(net.col[e]), int(net.flow[e])) for e in span if net.flow[e] > 0]

    def flow_of(self, need: int) -> tuple[Array, Array]:
        """Return (columns, units) of the offers that serve `need`, int64 both, cheapest first."""
        pairs = np.array(self.served_by(need), dtype=np.int64).reshape(-1, 2)
        return pairs[:, 0], pairs[:, 1]

    def users_of(self, offer: int) -> list[tuple[int, int]]:
        """Return (need, units) of each need that `offer` serves, by need."""
        net = self._net
        first = net.sbegin[self._column(offer)]
        units: dict[int, int] = {}
        for at in range(first, first + net.nslot[offer]):
            need = int(net.slot_row[at])
            units[need] = units.get(need, 0) + int(net.flow[net.slot_edge[at]])
        return sorted(units.items())

    def unserved(self, need: int) -> int:
        """Return how many units of `need` nobody serves."""
        return int(self._net.left[self._row(need)])

    def capacity(self, offer: int) -> int:
        """Return how many units `offer` has."""
        return int(self._store.cap[self._column(offer)])

    def demand(self, need: int) -> int:
        """Return how many units `need` asks for."""
        return int(self._store.demand[self._row(need)])

    def need_price(self, need: int) -> int:
        """Return what one unit of `need` costs at the margin; its penalty where some is unserved."""
        return int(self._net.u[self._row(need)])

    def offer_price(self, offer: int) -> int:
        """Return a price of `offer` in the proof; what more units really save says `value_of`."""
        return int(self._net.p[self._column(offer)])

    def value_of(self, offer: int, units: int = 1) -> int:
        """Return how much lower the objective is with `units` more of `offer`, found by trying.

        Where the duals are degenerate `offer_price` may say more than this.
        """
        before = self.objective
        with self.what_if():
            self.set_capacity(offer, self.capacity(offer) + units)
            return before - self.objective

    def cost_of(self, need: int, units: int = 1) -> int:
        """Return how much higher the objective is with `units` more of `need`, found by trying."""
        before = self.objective
        with self.what_if():
            self.change(need, demand=self.demand(need) + units)
            return self.objective - before

    @contextlib.contextmanager
    def what_if(self) -> Iterator[LiveMatching]:
        """Take back on leaving, also by an error, whatever was changed inside; can be nested.

        Changes made before cannot be undone inside, and inside any number is remembered.
        """
        floor, self._floor = self._floor, len(self._log)
        try:
            yield self
        finally:
            try:
                self.undo(self.undoable)
            finally:
                self._floor = floor

    def insert(
        self,
        columns: Numbers,
        costs: Numbers,
        *,
        penalty: int,
        demand: int = 1,
        limits: Numbers | None = None,
    ) -> int:
        """Add a need with its candidate edges (any order); return its row number."""
        new = self._need(columns, costs, limits, index(demand), index(penalty))
        if self._rows == len(self._net.begin):
            self._rebuild()
        row = self._rows
        self._rows += 1
        self._place(row, new)
        self._remember("insert", row, None)
        return row

    def withdraw(self, need: int) -> None:
        """Take a need and its edges out; its row number stays taken."""
        old = self._row_of(need)
        self._place(need, self._need((), (), None, 0, 0))
        self._remember("row", need, old)

    def change(
        self,
        need: int,
        *,
        demand: int | None = None,
        penalty: int | None = None,
        columns: Numbers | None = None,
        costs: Numbers | None = None,
        limits: Numbers | None = None,
    ) -> None:
        """Change a need's demand or penalty, or replace all its edges (`columns` and `costs`)."""
        old = self._row_of(need)
        if (columns is None) != (costs is None) or (limits is not None and columns is None):
            raise ValueError("columns, costs and limits describe edges together: give them all")
        units = old[3] if demand is None else index(demand)
        worth = old[4] if penalty is None else index(penalty)
        if columns is None:
            self._check(units, worth, 0)
            self._place(need, (*old[:3], units, worth))
        else:
            self._place(need, self._need(columns, costs, limits, units, worth))
        self._remember("row", need, old)

    def add_edges(
        self, need: int, columns: Numbers, costs: Numbers, limits: Numbers | None = None
    ) -> None:
        """Give a need more candidate offers."""
        old = self._row_of(need)
        more = self._need(columns, costs, limits, 0, 0)
        col, cost, limit = (
            np.concatenate([np.asarray(mine, np.int64), np.asarray(new, np.int64)])
            for mine, new in zip(old[:3], more[:3], strict=True)
        )
        self._place(need, self._need(col, cost, limit, old[3], old[4]))
        self._remember("row", need, old)

    def set_capacity(self, offer: int, capacity: int) -> None:
        """Change how many units `offer` has; 0 removes it."""
        old = self.capacity(offer)
        self._place_capacity(offer, capacity)
        self._remember("capacity", offer, old)

    def add_offer(self, capacity: int) -> int:
        """Add an offer without candidate edges yet; return its column number."""
        capacity = units_of(capacity)
        if self._columns == self._net.columns:
            self._rebuild()
        column = self._columns
        self._columns += 1
        self._place_capacity(column, capacity)
        self._remember("offer", column, None)
        return column

    def undo(self, steps: int = 1) -> None:
        """Take back the last `steps` changes, the latest first; the objective is as it was before.

        Raises ValueError where fewer are remembered.
        """
        if not 0 <= steps <= self.undoable:
            raise ValueError(f"cannot undo {steps} changes: {self.undoable} are remembered")
        for _ in range(steps):
            kind, at, old = self._log.pop()
            if kind == "capacity":
                self._place_capacity(at, old)
            elif kind == "offer":
                self._place_capacity(at, 0)
                self._columns -= 1
            elif kind == "insert":
                self._place(at, self._need((), (), None, 0, 0))
                self._rows -= 1
            else:
                self._place(at, old)

    def _remember(self, kind: str, at: int, old: Any) -> None:
        self._log.append((kind, at, old))
        if self._floor == 0 and len(self._log) > self._history:
            self._log.popleft()

    def repair(self, work_limit: int | None = None) -> bool:
        """Go on where a work limit stopped; return whether the optimum is reached."""
        work = self._net.reg[SCANS] + (self._work if work_limit is None else work_limit)
        order: Any = np.argsort(-np.array(self._net.pen[: self._rows]), kind="stable")
        if self._lists:
            order = order.tolist()
        self.settled = bool(self._run.run_flow(self._net, order, self._columns, work))
        return self.settled

    def problem(self) -> Problem:
        """Return the problem as it is now; withdrawn needs are rows without edges and demand."""
        return self._export()[0]

    def solution(self) -> Solution:
        """Return the flow over the edges of `problem()` with a certificate computed anew."""
        problem, flow = self._export()
        u, p = (np.array(v[:k], dtype=np.int64) for v, k in self._prices())
        found = certified(problem, self._functions(problem), flow, u, p, int(self._net.reg[SCANS]))
        if found is None:
            raise RuntimeError("the live matching broke a bound: please report this as a bug")
        return found

    def _prices(self) -> tuple[tuple[Any, int], tuple[Any, int]]:
        return (self._net.u, self._rows), (self._net.p, self._columns)

    def _export(self) -> tuple[Problem, Array]:
        net, n = self._net, self._rows
        begin, end = np.array(net.begin[:n], dtype=np.int64), np.array(net.end[:n], dtype=np.int64)
        width = end - begin
        start = np.concatenate([[0], np.cumsum(width)]).astype(np.int64)
        edge = np.arange(start[-1]) + np.repeat(begin - start[:-1], width)
        col, cost, flow = (np.asarray(v)[edge] for v in (net.col, net.cost, net.flow))
        problem = Problem(
            start,
            col,
            cost,
            np.array(self._store.cap[: self._columns], dtype=np.int64),
            np.array(net.pen[:n], dtype=np.int64),
            np.array(self._store.demand[:n], dtype=np.int64),
            np.asarray(net.limit)[edge] if self._bounded else None,
        )
        return problem, flow.astype(np.int64)

    def _rebuild(self) -> None:
        """Lay everything out anew: room has run out."""
        problem, flow = self._export()
        u, p = (np.array(v[:k], dtype=np.int64) for v, k in self._prices())
        self._build(problem, flow, u, p)

    def _row(self, need: int) -> int:
        if not 0 <= need < self._rows:
            raise IndexError(f"need {need}: expected 0 to {self._rows - 1}")
        return need

    def _column(self, offer: int) -> int:
        if not 0 <= offer < self._columns:
            raise IndexError(f"offer {offer}: expected 0 to {self._columns - 1}")
        return offer

    def _row_of(self, need: int) -> Row:
        """Return a copy of what a need is now."""
        net = self._net
        span = slice(int(net.begin[self._row(need)]), int(net.end[need]))
        limits = net.limit[span] if self._bounded else net.limit[:0]
        edges = [
            values if self._lists else values.copy()
            for values in (net.col[span], net.cost[span], limits)
        ]
        return edges[0], edges[1], edges[2], int(self._store.demand[need]), int(net.pen[need])

    def _need(self, columns: Any, costs: Any, limits: Any, demand: int, penalty: int) -> Row:
        """Return a checked need with its edges sorted, in the form the functions take."""
        col, cost = integers(columns), integers(costs)
        limit = integers(() if limits is None else limits)
        if len(col) != len(cost) or len(limit) != (len(col) if self._bounded else 0):
            raise ValueError(
                "columns, costs and (only where the problem has them) limits differ in length"
            )
        if len(col) and (col.min() < 0 or col.max() >= self._columns):
            raise IndexError(f"an edge names an unknown offer: expected 0 to {self._columns - 1}")
        if len(col) and (cost.min() < 0 or cost.max() > HIGHEST_COST):
            raise ValueError("an edge's cost is out of range: expected 0 to 2^31 - 1")
        if limit.min(initial=0) < 0:
            raise ValueError("limits must not be negative")
        self._check(demand, penalty, int(cost.max(initial=0)))
        order = np.lexsort((col, cost))
        if len(col) > 1 and len(first := np.unique(col[order], return_index=True)[1]) < len(col):
            order = self._once(col, order, first)
        col, cost = col[order].astype(np.uint32), cost[order].astype(np.int32)
        limit = limit[order] if len(limit) else limit
        if self._lists:
            return col.tolist(), cost.tolist(), limit.tolist(), demand, penalty
        return col, cost, limit, demand, penalty

    def _check(self, demand: int, penalty: int, costliest: int) -> None:
        """Raise ValueError where a need's numbers are out of range."""
        if demand < 0 or penalty < 0:
            raise ValueError("demand and penalty must not be negative")
        dearest = max(self._dearest, penalty) + max(self._costliest, costliest) + 1
        if max(self._units + demand, 1) * dearest >= LARGEST:
            raise ValueError("demands times costs exceed 2^62: use larger units")

    def _once(self, col: Array, order: Array, first: Array) -> Array:
        """Return the edges to keep of a need that lists an offer several times, `first` the cheapest of each.

        Without limits the cheapest carries all. Raises ValueError where limits make more than `ROOM` count.
        """
        if not self._bounded:
            found: Array = order[np.sort(first)]
            return found
        if np.bincount(np.unique(col, return_inverse=True)[1]).max() > ROOM:
            raise ValueError(f"an offer is listed more than {ROOM} times by one need")
        return order

    def _place(self, row: int, new: Row) -> None:
        columns, costs, limits, demand, penalty = new
        size, more = len(columns), ROOM if self._bounded else 1
        if self._edges + size > len(self._net.col):
            self._rebuild()
        self._units += demand - int(self._store.demand[row])
        self._dearest = max(self._dearest, penalty)
        self._costliest = max(self._costliest, int(max(costs[-1:], default=0)))
        short = 0
        while short >= 0:
            net = self._net
            at, width = int(net.begin[row]), int(net.end[row] - net.begin[row])
            if size > width:
                at = self._edges
            kept, out = self._blank(size), self._blank(width + 2 * size)
            work = net.reg[SCANS] + self._work
            short = self._run.place_row(
                net, self._store, row, at, columns, costs, limits, demand, penalty,
                more, kept, out, work,
            )  # fmt: skip
            if short >= 0:
                self._make_room(int(columns[short]), more)
        if size > width:
            self._edges += size
        self.settled = short == DONE if self.settled else self.repair()

    def _blank(self, size: int) -> Any:
        return [0] * size if self._lists else np.zeros(size, dtype=np.int64)

    def _place_capacity(self, column: int, capacity: int) -> None:
        capacity, net = units_of(capacity), self._net
        degree = int(net.cend[column] - net.cbegin[column])
        if min(degree, capacity) > self._store.sroom[column]:
            self._move_slots(column, min(degree + degree // 4 + 4, capacity))
            net = self._net
        size = int(net.nslot[column]) if capacity < self._store.cap[column] else 0
        out = self._blank(size)
        work = net.reg[SCANS] + self._work
        done = self._run.place_capacity(net, self._store, column, capacity, out, work)
        self.settled = bool(done) if self.settled else self.repair()

    def _make_room(self, k: int, more: int) -> None:
        """See to it that column `k` has room for `more` more edges."""
        net = self._net
        degree = int(net.cend[k] - net.cbegin[k]) + more
        room = degree + degree // 2 + 8
        if room > self._store.croom[k]:
            if self._entries + room > len(net.crow):
                self._rebuild()
                return
            self._run.move_entries(net, k, self._entries)
            self._entries += room
            self._store.croom[k] = room
        self._move_slots(k, min(room, int(self._store.cap[k])))

    def _move_slots(self, k: int, room: int) -> None:
        """Give column `k` room for `room` slots."""
        if room <= self._store.sroom[k]:
            return
        if self._slots + room > len(self._net.slot_edge):
            self._rebuild()
            if room <= self._store.sroom[k]:
                return
        self._run.move_slots(self._net, k, self._slots)
        self._slots += room
        self._store.sroom[k] = room
