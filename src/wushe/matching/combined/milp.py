"""The exact model for small parts: integer programming with HiGHS, through scipy."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from wushe.matching.combined.layout import Layout
from wushe.matching.combined.problem import total
from wushe.matching.kernel.problem import Array

Terms = list[tuple[int, int]]
"""Variables with their coefficients."""


@dataclass(eq=False)
class Model:
    """Variables (the edges' steps first) and rows of an integer program under construction."""

    top: list[int]
    entries: list[tuple[int, int, int]] = field(default_factory=list)
    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)

    def switch(self) -> int:
        """Return a new variable that is 0 or 1."""
        self.top.append(1)
        return len(self.top) - 1

    def add(self, terms: Terms, lower: float, upper: float) -> None:
        """Add lower <= terms <= upper."""
        self.entries.extend((len(self.lower), variable, factor) for variable, factor in terms)
        self.lower.append(lower)
        self.upper.append(upper)

    def equal(self, left: Terms, right: Terms) -> None:
        """Add left = right."""
        self.add([*left, *((v, -c) for v, c in right)], 0, 0)

    def at_most(self, left: Terms, right: Terms) -> None:
        """Add left <= right."""
        self.add([*left, *((v, -c) for v, c in right)], -math.inf, 0)


class Builder:
    """Turns a layout into a model."""

    def __init__(self, layout: Layout) -> None:
        self.layout = y = layout
        self.model = Model((y.most // y.step).tolist())
        n = len(y.demand)
        self.sent: list[Terms] = [[] for _ in range(n)]
        self.by_pair: list[list[int]] = [[] for _ in range(len(y.pair_person))]
        by_column: list[Terms] = [[] for _ in range(len(y.capacity))]
        edges = zip(
            y.row.tolist(), y.column.tolist(), y.step.tolist(), y.pair.tolist(), strict=True
        )
        for e, (r, j, step, pair) in enumerate(edges):
            self.sent[r].append((e, step))
            by_column[j].append((e, step))
            self.by_pair[pair].append(e)
        for j, terms in enumerate(by_column):
            if terms:
                self.model.add(terms, -math.inf, int(y.capacity[j]))
        self.pair_use: dict[int, Terms] = {}
        self._visits()
        self.full: dict[int, Terms] = {}
        self._rows()
        self._cliques()
        self._links()

    def _visits(self) -> None:
        """All rows of a visit in full by the one person whose pair is switched on."""
        y, model = self.layout, self.model
        edge_row = y.row.tolist()
        for pair in np.flatnonzero(y.pair_entity < 0).tolist():
            on = model.switch()
            self.pair_use[pair] = [(on, 1)]
            rows: dict[int, Terms] = {}
            for e in self.by_pair[pair]:
                rows.setdefault(edge_row[e], []).append((e, int(y.step[e])))
            for r, terms in rows.items():
                model.equal(terms, [(on, int(y.demand[r]))])

    def _rows(self) -> None:
        """Demand; strict units all or none."""
        y, model = self.layout, self.model
        switches: dict[int, int] = {}
        seen: set[int] = set()
        by_visit: dict[int, Terms] = {}
        for pair, use in self.pair_use.items():
            by_visit.setdefault(int(y.pair_entity[pair]), []).extend(use)
        for r in np.flatnonzero(y.demand > 0).tolist():
            unit, entity, demand = int(y.unit[r]), int(y.entity[r]), int(y.demand[r])
            if not y.strict[unit]:
                model.add(self.sent[r], 0, demand)
                continue
            if unit not in switches:
                switches[unit] = model.switch()
            self.full[r] = [(switches[unit], 1)]
            if entity >= 0:
                model.equal(self.sent[r], [(switches[unit], demand)])
            elif entity not in seen:
                seen.add(entity)
                model.equal(by_visit.get(entity, []), self.full[r])

    def _use(self, pair: int) -> Terms:
        """Return terms that are 1 (or more) when the pair is used, else free to be 0."""
        y, model = self.layout, self.model
        if pair not in self.pair_use:
            edges = self.by_pair[pair]
            if len(edges) == 1 and model.top[edges[0]] == 1:
                self.pair_use[pair] = [(edges[0], 1)]
                return self.pair_use[pair]
            on = model.switch()
            self.pair_use[pair] = [(on, 1)]
            demand = int(y.demand[y.row[edges[0]]])
            model.at_most([(e, int(y.step[e])) for e in edges], [(on, demand)])
            for e in edges if len(edges) > 1 else []:
                model.at_most([(e, 1)], [(on, model.top[e])])
        return self.pair_use[pair]

    def _cliques(self) -> None:
        y = self.layout
        for k in range(y.cliques):
            members = y.clique_pair[y.clique_start[k] : y.clique_start[k + 1]].tolist()
            self.model.add([t for pair in members for t in self._use(pair)], -math.inf, 1)

    def _active(self, r: int) -> Terms:
        """Return terms that are 1 when the row gets something, else free to be 0."""
        demand = int(self.layout.demand[r])
        if r in self.full:
            return self.full[r]
        if demand == 1:
            return self.sent[r]
        on = [(self.model.switch(), 1)]
        self.model.at_most(self.sent[r], [(v, c * demand) for v, c in on])
        return on

    def _served(self, r: int) -> Terms:
        """Return terms that are at most 1, and 1 only when the row is served in full."""
        demand = int(self.layout.demand[r])
        if r not in self.full:
            if demand == 1:
                return self.sent[r]
            on = self.model.switch()
            self.model.at_most([(on, demand)], self.sent[r])
            self.full[r] = [(on, 1)]
        return self.full[r]

    def _links(self) -> None:
        y = self.layout
        active = {
            r: self._active(r) for r in np.flatnonzero((y.one_of >= 0) | (y.after >= 0)).tolist()
        }
        groups: dict[int, Terms] = {}
        for r in np.flatnonzero(y.one_of >= 0).tolist():
            groups.setdefault(int(y.one_of[r]), []).extend(active[r])
        for group in sorted(groups):
            self.model.add(groups[group], -math.inf, 1)
        for r in np.flatnonzero(y.after >= 0).tolist():
            self.model.at_most(active[r], self._served(int(y.after[r])))


@dataclass(frozen=True, eq=False)
class Exact:
    """What HiGHS found: a flow on the layout's edges (None if none) and a bound in integers."""

    flow: Array | None
    bound: int


def solve_exactly(layout: Layout, nodes: int, seconds: float | None) -> Exact:
    """Return HiGHS's flow and bound; the bound is rounded so that its float errors do no harm.

    HiGHS keeps rows to 1e-6 at best: where the penalties at stake are so large that this could
    move the objective by a unit, the bound is lowered accordingly and stays short of a proof.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    y = layout
    none = total(y.penalty, y.demand)
    if not len(y.edge):
        return Exact(np.zeros(0, dtype=np.int64), none)
    model = Builder(y).model
    size = len(model.top)
    rows, columns, factors = np.array(model.entries, dtype=np.int64).T
    cost = np.zeros(size)
    cost[: len(y.edge)] = y.step * (y.cost - y.penalty[y.row])
    matrix = csr_array((factors.astype(float), (rows, columns)), shape=(len(model.lower), size))
    options: dict[str, Any] = {"node_limit": nodes, "mip_rel_gap": 0.0}
    if seconds is not None:
        options["time_limit"] = max(seconds, 0.01)
    found = milp(
        cost,
        integrality=np.ones(size, dtype=np.int64),
        bounds=Bounds(0, np.array(model.top, dtype=float)),
        constraints=LinearConstraint(matrix, model.lower, model.upper),
        options=options,  # type: ignore[arg-type]
    )
    flow = None
    if found.x is not None:
        flow = np.rint(found.x[: len(y.edge)]).astype(np.int64) * y.step
    reported = getattr(found, "mip_dual_bound", None)
    if reported is None or not math.isfinite(reported):
        return Exact(flow, 0)
    margin = 1e-6 + 1e-9 * float(none)
    return Exact(flow, max(0, none + math.ceil(reported - margin)))
